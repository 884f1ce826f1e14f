"""A grammar of backward passes: for each place, the correct step and what people write instead of it.

A plan describes a backward pass. It maps each place to the name of the form that stands there and leaves out the places
whose form is correct. The places of layer 1 are what is propagated back to it ("back1", or "error" at the output), the
derivative of its activation ("phi1"), the gradient of its weights ("dW1") and that of its biases ("db1"). A form whose
name begins with a slug of the catalogue is one that people write often; the others begin with "~" and have no name but
their line of code.

This is the only module of the package that contains incorrect formulas.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from backprop import derivation as step
from backprop.network import ACTIVATIONS, Activation

#: The name of the form at each place.
Plan = Mapping[str, str]
#: Computes a form when it is needed; None if it does not fit the shapes.
Make = Callable[[], np.ndarray | None]


class Pass(NamedTuple):
    """A forward pass, with everything that a correct or incorrect backward pass could read.

    Layers are counted from 0 here: layer k goes from a[k] through weights[k] to z[k] and a[k + 1]. Arrays may have a
    leading axis of copies.

    Attributes:
        z: the pre-activations.
        a: the activations; a[0] is X.
        y: the targets, shape (N, d_L).
        weights: the weights of the forward pass, each of shape (..., in, out).
        activations: one for each layer.
        after: the weights after the update, if they are known.
        family: "mse", "binary_cross_entropy" or "cross_entropy".
    """

    z: Sequence[np.ndarray]
    a: Sequence[np.ndarray]
    y: np.ndarray
    weights: Sequence[np.ndarray]
    activations: Sequence[Activation]
    after: Sequence[np.ndarray] | None = None
    family: str = "mse"

    @property
    def depth(self) -> int:
        """The number of layers."""
        return len(self.weights)

    def part(self, examples: slice) -> "Pass":
        """Return the pass for some of the examples only."""
        return self._replace(z=[z[examples] for z in self.z], a=[a[examples] for a in self.a], y=self.y[examples])


class Flow(NamedTuple):
    """The state of a backward pass: the upstream gradient and δ of each layer reached so far, from the output down."""

    errors: tuple[np.ndarray, ...] = ()
    deltas: tuple[np.ndarray, ...] = ()


class Form(NamedTuple):
    """A line of code for a place, correct or not.

    Attributes:
        code: the expression, with {k} for the layer's number, {n} for the next one's and {b} for the one below.
        make: a function that computes its value.
    """

    code: str
    make: Callable[..., np.ndarray | None]


def residual(p: Pass) -> np.ndarray:
    """Return ŷ − y."""
    n, d = p.a[-1].shape[-2:]
    return step.output_delta_sigmoid_bce(p.y, p.a[-1]) * (n * d)


def _jacobian(p: Pass) -> np.ndarray:
    """Multiply ŷ − y by the Jacobian of the softmax."""
    e, a = residual(p), p.a[-1]
    return a * (e - np.sum(e * a, axis=-1, keepdims=True))


def correct_error(p: Pass) -> np.ndarray:
    """Return ∂L/∂ŷ for half the sum of squares, ŷ − y; for a softmax output, multiply it by the Jacobian.

    For cross-entropy the result is ŷ − y as well, because the derivative of the output cancels.
    """
    return _jacobian(p) if p.activations[-1].name == "softmax" and p.family == "mse" else residual(p)


def _averaged(p: Pass) -> np.ndarray:
    return np.zeros_like(p.a[-1]) + residual(p).mean(axis=-2, keepdims=True)


def _row(p: Pass, n: int) -> np.ndarray | None:
    return p.a[-1][..., [n], :] - p.y if len(p.y) > 1 else None


#: What people write in place of ŷ − y.
ERRORS: Mapping[str, Form] = {
    "targets-broadcast": Form(
        "(y_hat - np.mean(y))",
        lambda p: p.a[-1] - p.y.mean(axis=-2, keepdims=True) if p.y.shape[1] == 1 else None,
    ),
    "error-averaged-first": Form("np.mean(y_hat - y, axis=0, keepdims=True) * np.ones_like(y_hat)", _averaged),
    "loss-instead-of-derivative": Form("(y_hat - y) ** 2", lambda p: residual(p) ** 2),
    "output-differentiated": Form("np.ones_like(y_hat)", lambda p: np.ones_like(p.a[-1])),
    "one-prediction-for-all": Form("y_hat[-1:] - y", lambda p: _row(p, -1)),
    "one-prediction-for-all:first": Form("y_hat[:1] - y", lambda p: _row(p, 0)),
    "~prediction": Form("y_hat", lambda p: p.a[-1]),
    "~targets": Form("y", lambda p: p.y + np.zeros_like(p.a[-1])),
    "~sum": Form("(y_hat + y)", lambda p: p.a[-1] + p.y),
    "~z": Form("(z{k} - y)", lambda p: p.z[-1] - p.y),
    "~sign": Form("np.sign(y_hat - y)", lambda p: np.sign(residual(p))),
    "~first part": Form("-y * (1 - y_hat)", lambda p: -p.y * (1 - p.a[-1]) if p.family[:3] == "bin" else None),
    "~second part": Form("y_hat * (1 - y)", lambda p: p.a[-1] * (1 - p.y) if p.family[:3] == "bin" else None),
    "~parts added": Form(
        "-(y * (1 - y_hat) + y_hat * (1 - y))",
        lambda p: -p.y * (1 - p.a[-1]) - p.a[-1] * (1 - p.y) if p.family[:3] == "bin" else None,
    ),
}


def kept_error(p: Pass, k: int, error: np.ndarray) -> np.ndarray:
    """Return ∂L/∂a of a layer; under binary cross-entropy divide at the output by φ′, which has cancelled there."""
    if k == p.depth - 1 and p.family == "binary_cross_entropy":
        with np.errstate(all="ignore"):  # a saturated output
            return error / correct_derivative(p, k)
    return error


def _other(name: str, of: str) -> Callable[..., np.ndarray | None]:
    """Return a function that computes the derivative of another activation function from z or from a."""

    def make(p: Pass, k: int) -> np.ndarray | None:
        z, a = p.z[k], p.a[k + 1]
        if of == "z":
            return ACTIVATIONS[name].derivative(z, ACTIVATIONS[name].value(z))
        return ACTIVATIONS[name].derivative(a, a)

    return make


def correct_derivative(p: Pass, k: int) -> np.ndarray:
    """Return φ′(z) of layer k; ones for a softmax, whose Jacobian belongs to the error."""
    phi = p.activations[k]
    return np.ones_like(p.z[k]) if phi.name == "softmax" else phi.derivative(p.z[k], p.a[k + 1])


def _given_a(p: Pass, k: int) -> np.ndarray | None:
    phi = p.activations[k]
    return None if phi.name == "softmax" else phi.derivative(p.a[k + 1], phi.value(p.a[k + 1]))


def _given_z(p: Pass, k: int) -> np.ndarray | None:
    return None if p.activations[k].name == "softmax" else p.activations[k].derivative(p.z[k], p.z[k])


def _of_layer(j: int) -> Callable[..., np.ndarray | None]:
    def make(p: Pass, k: int) -> np.ndarray | None:
        if not 0 <= k + j < p.depth or p.z[k + j].shape[-1] not in (1, p.z[k].shape[-1]):
            return None
        return np.zeros_like(p.z[k]) + correct_derivative(p, k + j)

    return make


def _others(*names: str) -> dict[str, Form]:
    return {
        f"wrong-activation-derivative:{name} of {of}": Form(f"{name}_derivative({of}{{k}})", _other(name, of))
        for name in names
        for of in ("a", "z")
    }


#: What people write in place of φ′(z).
DERIVATIVES: Mapping[str, Form] = {
    "derivative-missing": Form("", lambda p, k: np.ones_like(p.z[k])),
    "derivative-given-a": Form("derivative(a{k})", _given_a),
    "derivative-given-z": Form("derivative_from_output(z{k})", _given_z),
    **_others("sigmoid", "tanh", "relu"),
    "derivative-applied-twice": Form("derivative(z{k}) ** 2", lambda p, k: correct_derivative(p, k) ** 2),
    "derivative-of-wrong-layer": Form("derivative(z{n})", _of_layer(1)),
    "derivative-of-wrong-layer:below": Form("derivative(z{b})", _of_layer(-1)),
    "~activation": Form("a{k}", lambda p, k: p.a[k + 1]),
    "~z": Form("z{k}", lambda p, k: p.z[k]),
    "~one minus a": Form("(1 - a{k})", lambda p, k: 1 - p.a[k + 1]),
    "~a squared": Form("a{k} ** 2", lambda p, k: p.a[k + 1] ** 2),
    "~one plus a": Form("a{k} * (1 + a{k})", lambda p, k: p.a[k + 1] * (1 + p.a[k + 1])),
    "~one plus square": Form("(1 + a{k} ** 2)", lambda p, k: 1 + p.a[k + 1] ** 2),
    "~complement": Form("(1 - derivative(z{k}))", lambda p, k: 1 - correct_derivative(p, k)),
    "~divided": Form("/ derivative(z{k})", lambda p, k: 1 / correct_derivative(p, k)),
    **_others("leaky_relu", "softplus", "silu"),
}


def error_with_epsilon(p: Pass, epsilon: float | np.ndarray) -> np.ndarray:
    """Return δ of the output under a cross-entropy with ε added inside its logarithms.

    Args:
        p: the forward pass, whose family is a cross-entropy.
        epsilon: ε, or several, shape (S, 1, 1).

    Returns:
        The array, of the shape of ŷ, or S of them.
    """
    a, y = p.a[-1], p.y
    g = -y / (a + epsilon)
    if p.family == "cross_entropy":
        return a * (g - np.sum(g * a, axis=-1, keepdims=True))
    return (g + (1 - y) / (1 - a + epsilon)) * correct_derivative(p, p.depth - 1)


#: The ways to compute a gradient from clipped predictions, in words.
CLIPPINGS: Mapping[str, str] = {
    "used": "ŷ − y with the clipped predictions",
    "divided": "the derivative of the loss at the clipped predictions",
    "zeroed": "the derivative through the clipping, which is zero where it acts",
}


def error_with_clipping(p: Pass, bound: float | np.ndarray, which: str) -> np.ndarray:
    """Return δ of the output under a cross-entropy of predictions that are clipped to [bound, 1 − bound].

    Args:
        p: the forward pass, whose family is a cross-entropy.
        bound: the bound, or several, shape (S, 1, 1).
        which: a name of CLIPPINGS.

    Returns:
        The array, of the shape of ŷ, or S of them.
    """
    a, y = p.a[-1], p.y
    q = np.clip(a, bound, 1 - bound)
    if which == "used":
        return q - y
    inside = q == a if which == "zeroed" else np.ones_like(a)
    if p.family == "cross_entropy":
        g = -y / q * inside
        return a * (g - np.sum(g * a, axis=-1, keepdims=True))
    return ((1 - y) / (1 - q) - y / q) * inside * correct_derivative(p, p.depth - 1)


def derivatives(p: Pass, k: int) -> Iterator[tuple[str, np.ndarray]]:
    """List what people write for the derivative of a layer's activation, the correct form first under the name "".

    Under cross-entropy the derivative of the output has cancelled. Each form at the output is therefore divided by the
    correct φ′.

    Args:
        p: the forward pass.
        k: the layer, from 0.

    Yields:
        Names and arrays of the shape of z.
    """
    return _computed(_derivatives(p, k))


def _derivatives(p: Pass, k: int) -> Iterator[tuple[str, Make]]:
    phi = correct_derivative(p, k)
    cancelled = k == p.depth - 1 and p.family != "mse"
    yield "", lambda: np.ones_like(phi) if cancelled else phi
    if cancelled and p.activations[k].name != "softmax":
        yield "output-derivative-not-cancelled", lambda: phi
    for name, form in DERIVATIVES.items():
        make: Make = partial(form.make, p, k)
        if not cancelled:
            yield name, make
        elif p.activations[k].name == "softmax":
            if name == "wrong-activation-derivative:sigmoid of a":
                yield "output-derivative-not-cancelled:diagonal", make
            elif name.startswith("~"):
                yield name, make
        else:
            yield name, partial(_divided, make, phi)
            if name != "derivative-missing":
                yield f"output-derivative-not-cancelled+{name}", make


def errors(p: Pass) -> Iterator[tuple[str, np.ndarray]]:
    """List what people write for ŷ − y, the correct form first under the name "".

    Args:
        p: the forward pass.

    Yields:
        Names and arrays of the shape of ŷ.
    """
    return _computed(_errors(p))


def _errors(p: Pass) -> Iterator[tuple[str, Make]]:
    yield "", lambda: correct_error(p)
    if p.activations[-1].name == "softmax":
        if p.family == "mse":
            yield "output-derivative-missing", lambda: residual(p)
        else:
            yield "output-derivative-not-cancelled", lambda: _jacobian(p)
    for name, form in ERRORS.items():
        yield name, partial(form.make, p)


def _divided(make: Make, by: np.ndarray) -> np.ndarray | None:
    made = make()
    return None if made is None else made / by


def _computed(forms: Iterable[tuple[str, Make]]) -> Iterator[tuple[str, np.ndarray]]:
    """Compute the forms that fit the shapes."""
    return ((name, made) for name, make in forms if (made := make()) is not None)


def _named(forms: Iterable[tuple[str, Make]], name: str) -> np.ndarray | None:
    """Compute the form of a name and no other; None if there is none that fits the shapes."""
    for other, make in forms:
        if other == name:
            return make()
    return None


def _as_large(zero: np.ndarray, through: Callable[[np.ndarray], np.ndarray], s: np.ndarray) -> np.ndarray:
    made = through(s)
    return made if made.shape == zero.shape else made + zero


def _with(weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda s: step.activation_gradient(s, weights)


@lru_cache(maxsize=20)
def _inverse(w: bytes, kind: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """Compute the pseudo-inverse of weights, once for all δ; they come as bytes because no array can be looked up."""
    return np.linalg.pinv(np.frombuffer(w, kind).reshape(shape))


def _ways_back(p: Pass, k: int) -> Iterator[tuple[str, Callable[[np.ndarray], np.ndarray]]]:
    """List the ways through the weights above layer k."""
    w = p.weights[k + 1]
    h, h_next = w.shape[-2:]
    yield "", _with(w)
    if h == h_next > 1:
        yield "weights-not-transposed", lambda s: s @ w
        yield "weights-missing:wide", lambda s: s
    yield "inverse-instead-of-transpose", lambda s: s @ _inverse(w.tobytes(), w.dtype, w.shape)
    yield "weights-missing", _with(np.ones_like(w))
    if h_next > 1:
        yield "one-path-only", lambda s: step.activation_gradient(s[..., -1:], w[..., -1:])
        yield "one-path-only:first", lambda s: step.activation_gradient(s[..., :1], w[..., :1])
    if p.after is not None:
        yield "updated-too-early", _with(p.after[k + 1])
    for j in range(p.depth):
        if j != k + 1 and p.weights[j].shape[-2:] == (h, h_next):
            yield f"~W{j + 1}", _with(p.weights[j])
        if j != k + 1 and p.weights[j].shape[-2:] == (h_next, h):
            yield f"~W{j + 1} not transposed", _with(p.weights[j].mT)


def backs(
    p: Pass, k: int, flow: Flow, wanted: Callable[[str], bool] = lambda name: True
) -> Iterator[tuple[str, np.ndarray]]:
    """List the gradients that can be propagated back to a hidden layer, the correct form first under the name "".

    Args:
        p: the forward pass.
        k: the layer, from 0.
        flow: the upstream gradients and δ of the layers above.
        wanted: tells of a name whether its form is to be computed.

    Yields:
        Names and arrays of the shape of the layer's activation.
    """
    return _computed((name, make) for name, make in _backs(p, k, flow) if wanted(name))


def _backs(p: Pass, k: int, flow: Flow) -> Iterator[tuple[str, Make]]:
    delta, error = flow.deltas[-1], flow.errors[-1]
    w = p.weights[k + 1]
    yield "", partial(step.activation_gradient, delta, w)  # before the others are prepared, as it is asked for most
    zero = np.zeros_like(p.a[k + 1])
    sources = {"": delta, "delta-without-derivative": error}
    if len(flow.deltas) > 1:
        for j, other in enumerate(flow.deltas[:-1]):
            sources[f"~delta{p.depth - j}"] = other
        sources["~error"] = flow.errors[0]
    sources["~activation"] = p.a[k + 2]
    for source, s in sources.items():
        fits = s.shape[-1] == w.shape[-1]
        for way, through in _ways_back(p, k):
            if fits and (source or way):
                yield "+".join(filter(None, (source, way))), partial(_as_large, zero, through, s)
        if source and not fits and s.shape[-1] in (1, w.shape[-2]):
            yield f"{source}+weights-missing", partial(np.add, s, zero)
    if w.shape[-2] > 1:
        yield "~summed over units", lambda: zero + step.activation_gradient(delta, w).sum(axis=-1, keepdims=True)
    yield "~ones", lambda: zero + 1.0
    yield "~weights alone", lambda: zero + w.sum(axis=-1)[..., None, :]
    made = np.swapaxes(p.a[k + 1], -1, -2)
    yield "~gradient instead of weights", lambda: step.activation_gradient(delta, made @ delta)
    if delta.shape[-1] == 1:
        mean = delta.mean(axis=-2, keepdims=True)
        yield "~mean over examples", lambda: zero + step.activation_gradient(mean, w)


def _derivative_call(p: Pass, k: int) -> str:
    """Write φ′(z) of layer k as the call of a function."""
    name = p.activations[k].name
    return f"np.ones_like(Z{k + 1})" if name == "softmax" else f"{name}_derivative(z{k + 1})"


def _instead(p: Pass, k: int, flow: Flow, below: np.ndarray | None) -> dict[str, tuple[str, np.ndarray]]:
    """List what is used by mistake instead of δ in the gradients of a layer, as lines of code and arrays."""
    found = {}
    for j, (e, d) in enumerate(zip(flow.errors[:-1], flow.deltas[:-1], strict=True)):
        found[f"~delta{p.depth - j}"] = (f"delta{p.depth - j}", d)
        found[f"~error{p.depth - j}"] = (f"error{p.depth - j}", e)
    if below is not None:
        found["~delta below"] = ("delta{b}", below)
    found["~derivative"] = (_derivative_call(p, k), correct_derivative(p, k))
    found["~activation"] = ("A{k}", p.a[k + 1])
    found["~ones"] = ("np.ones_like(Z{k})", np.ones_like(p.a[k + 1]))
    if k == p.depth - 1:
        found["~residual"] = ("(y_hat - y)", residual(p))
        found["~targets"] = ("y", p.y + np.zeros_like(p.a[-1]))
    return found


def weight_forms(
    p: Pass, k: int, flow: Flow, below: np.ndarray | None
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """List what people write for AᵀΔ, each form as a product of two arrays, the correct one first under the name "".

    Args:
        p: the forward pass.
        k: the layer, from 0.
        flow: the upstream gradients and δ of this layer and those above.
        below: δ of the layer below, or None.

    Yields:
        Names, lines of code, and the two arrays; the product is the transpose of the first times the second.
    """
    d_in, d_out = p.weights[k].shape[-2:]
    n = len(p.y)
    delta, error = flow.deltas[-1], flow.errors[-1]
    lefts = {"": ("A{b}", p.a[k])}
    if k > 0:
        lefts["preactivation-instead-of-activation"] = ("Z{b}", p.z[k - 1])
    if d_in == d_out:
        lefts["activation-of-own-layer"] = ("A{k}", p.a[k + 1])
    lefts["input-missing"] = ("np.ones_like(A{b})", np.ones_like(p.a[k]))
    if below is not None:
        lefts["delta-instead-of-activation"] = ("delta{b}", below)
    for j in range(p.depth + 1):
        if j not in (k, k + 1) and p.a[j].shape[-1] == d_in:
            lefts[f"~A{j}"] = (f"A{j}", p.a[j])
    if k > 0:
        lefts["~derivative"] = (_derivative_call(p, k - 1), correct_derivative(p, k - 1))
    rights = {"": ("delta{k}", delta), "weight-gradient-without-derivative": ("error{k}", error)}
    rights |= {name: one for name, one in _instead(p, k, flow, below).items() if one[1].shape[-1] == d_out}
    for left, (code, a) in lefts.items():
        for right, (its, b) in rights.items():
            yield "+".join(filter(None, (left, right))), f"{code}.T @ {its}", a, b
    if d_in == d_out > 1:
        yield "gradient-transposed", "delta{k}.T @ A{b}", delta, p.a[k]
    if n == d_in and n > 1:
        yield "activation-not-transposed", "A{b} @ delta{k}", np.swapaxes(p.a[k], -1, -2), delta
    for other in (below, flow.deltas[-2] if len(flow.deltas) > 1 else None):
        j = k - 1 if other is below else k + 1
        if other is not None and p.a[j].shape[-1] == d_in > 1 and other.shape[-1] == d_out:
            both = np.concatenate(np.broadcast_arrays(p.a[k], p.a[j]), axis=-2)
            code = f"A{{b}}.T @ delta{{k}} + A{j}.T @ delta{j + 1}"
            yield "arrays-aliased", code, both, np.concatenate([delta, other], axis=-2)
    if n > 1:
        for name, at in (("one-example-only", slice(-1, None)), ("one-example-only:first", slice(0, 1))):
            i = at.start
            yield name, f"np.outer(A{{b}}[{i}], delta{{k}}[{i}])", p.a[k][..., at, :], delta[..., at, :]
    if d_out > 1:
        total = delta.sum(axis=-1, keepdims=True) + np.zeros_like(delta)
        yield "~summed over units", "(A{b}.T @ delta{k}).sum(axis=1, keepdims=True)", p.a[k], total


def bias_forms(p: Pass, k: int, flow: Flow, below: np.ndarray | None) -> Iterator[tuple[str, str, np.ndarray]]:
    """List what people write for the sum of δ over the examples, the correct form first under the name "".

    Args:
        p: the forward pass.
        k: the layer, from 0.
        flow: the upstream gradients and δ of this layer and those above.
        below: δ of the layer below, or None.

    Yields:
        Names, lines of code, and arrays of the shape (1, out), or (N, out).
    """
    delta, error = flow.deltas[-1], flow.errors[-1]
    d_out = delta.shape[-1]
    yield "", "delta{k}.sum(axis=0)", step.bias_gradient(delta)
    if len(p.y) > 1:
        yield "bias-not-summed", "delta{k}[-1]", delta[..., -1:, :]
        yield "bias-not-summed:first", "delta{k}[0]", delta[..., :1, :]
        yield "bias-not-summed:all", "delta{k}", delta
        yield "bias-averaged", "delta{k}.mean(axis=0)", delta.mean(axis=-2, keepdims=True)
    if d_out > 1:
        total = delta.sum(axis=(-2, -1), keepdims=True)
        yield "bias-summed-over-units", "delta{k}.sum()", np.zeros_like(delta[..., :1, :]) + total
    yield "bias-without-derivative", "error{k}.sum(axis=0)", step.bias_gradient(error)
    for name, (code, b) in _instead(p, k, flow, below).items():
        if b.shape[-1] in (1, d_out):
            made = step.bias_gradient(b)
            yield name, f"{code}.sum(axis=0)", made + np.zeros_like(delta[..., :1, :])
            if b.shape[-1] == d_out and d_out > 1:
                yield f"{name} summed", f"{code}.sum()", made.sum(axis=-1, keepdims=True) + np.zeros_like(made)


def delta_of(p: Pass, k: int, plan: Plan, flow: Flow) -> Flow:
    """Compute a layer's δ as a plan says, and add it to the flow.

    Args:
        p: the forward pass.
        k: the layer, from 0.
        plan: the plan.
        flow: the state after the layers above; empty at the output.

    Returns:
        The flow, extended by this layer.

    Raises:
        ValueError: if the plan names a form that does not fit the shapes.
    """
    output = k == p.depth - 1
    wanted = plan.get("error" if output else f"back{k + 1}", ""), plan.get(f"phi{k + 1}", "")
    if wanted[0].startswith("~epsilon:"):
        error: np.ndarray | None = error_with_epsilon(p, float(wanted[0].partition(":")[2]))
    elif wanted[0].startswith("~clipped:"):
        _, which, bound = wanted[0].split(":")
        error = error_with_clipping(p, float(bound), which)
    else:
        error = _named(_errors(p) if output else _backs(p, k, flow), wanted[0])
    factor = _named(_derivatives(p, k), wanted[1])
    if error is None or factor is None:
        raise ValueError(f"the forms {wanted} do not fit layer {k + 1}: the shapes do not allow it")
    return Flow((*flow.errors, kept_error(p, k, error)), (*flow.deltas, step.backward_gradient(factor, error)))


def gradients_of(p: Pass, k: int, plan: Plan, flow: Flow) -> tuple[np.ndarray, np.ndarray]:
    """Compute the gradients of a layer as a plan says.

    Args:
        p: the forward pass.
        k: the layer, from 0.
        plan: the plan.
        flow: the upstream gradients and δ of this layer and those above.

    Returns:
        The gradients with respect to the weights and to the biases.

    Raises:
        ValueError: if the plan names a form that does not fit the shapes.
    """
    return _weights_of(p, k, plan, flow), _biases_of(p, k, plan, flow)


def _weights_of(p: Pass, k: int, plan: Plan, flow: Flow) -> np.ndarray:
    wanted = plan.get(f"dW{k + 1}", "")
    if not wanted:
        return step.weight_gradient(p.a[k], flow.deltas[-1])
    for name, _, a, b in weight_forms(p, k, flow, _below(p, k, flow)):
        if name == wanted:
            return step.weight_gradient(a, b)
    raise _misfit(wanted, k)


def _biases_of(p: Pass, k: int, plan: Plan, flow: Flow) -> np.ndarray:
    wanted = plan.get(f"db{k + 1}", "")
    if not wanted:
        return step.bias_gradient(flow.deltas[-1])
    for name, _, made in bias_forms(p, k, flow, _below(p, k, flow)):
        if name == wanted:
            return made
    raise _misfit(wanted, k)


def _misfit(form: str, k: int) -> ValueError:
    return ValueError(f"the form {form!r} does not fit layer {k + 1}: the shapes do not allow it")


def _below(p: Pass, k: int, flow: Flow) -> np.ndarray | None:
    return delta_of(p, k - 1, {}, flow).deltas[-1] if k else None


def backward(
    p: Pass, plan: Plan, factors: Mapping[str, float] | None = None, biased: bool = True
) -> dict[str, np.ndarray]:
    """Run a backward pass as a plan says.

    Args:
        p: the forward pass.
        plan: the plan.
        factors: the extra factors of arrays ("dW1", "db1") or of a δ ("delta1").
        biased: whether the gradients with respect to biases are asked for; those that the plan names are always given.

    Returns:
        The gradient by parameter, "W1", "b1", …, of half the sum of squares or of the sum of the cross-entropies.

    Raises:
        ValueError: if the plan names a form that does not fit the shapes.
    """
    flow, factors, made = Flow(), factors or {}, dict[str, np.ndarray]()
    for k in range(p.depth - 1, -1, -1):
        flow = scaled_delta_of(p, k, plan, factors, flow)
        made |= parameters_of(p, k, plan, factors, flow, biased)
    return made


def scaled_delta_of(p: Pass, k: int, plan: Plan, factors: Mapping[str, float], flow: Flow) -> Flow:
    """Compute a layer's δ as `delta_of` does, times its extra factor, if it has one."""
    flow, f = delta_of(p, k, plan, flow), factors.get(f"delta{k + 1}", 1.0)
    if f == 1.0:
        return flow
    return Flow((*flow.errors[:-1], f * flow.errors[-1]), (*flow.deltas[:-1], f * flow.deltas[-1]))


def parameters_of(
    p: Pass, k: int, plan: Plan, factors: Mapping[str, float], flow: Flow, biased: bool
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the parameters of a layer and their gradients, times their extra factors."""
    yield f"W{k + 1}", factors.get(f"dW{k + 1}", 1.0) * _weights_of(p, k, plan, flow)
    if biased or f"db{k + 1}" in plan:
        yield f"b{k + 1}", factors.get(f"db{k + 1}", 1.0) * _biases_of(p, k, plan, flow)


# Lines of code

_FROM_OUTPUT = {
    "sigmoid": "a{k} * (1 - a{k})",
    "tanh": "(1 - a{k} ** 2)",
    "relu": "(z{k} > 0)",
    "identity": "",
    "leaky_relu": "np.where(z{k} > 0, 1, 0.01)",
    "softplus": "1 / (1 + np.exp(-z{k}))",
    "silu": "(1 + np.exp(-z{k}) * (1 + z{k})) / (1 + np.exp(-z{k})) ** 2",
}


def derivative_code(activation: str, k: int) -> str:
    """Write the derivative of an activation as code.

    Args:
        activation: its name.
        k: the layer's number.

    Returns:
        The code; "" for the identity.

    Examples:
        >>> from backprop.verification.grammar import derivative_code
        >>> derivative_code("tanh", 1)
        '(1 - a1 ** 2)'
    """
    return _FROM_OUTPUT.get(activation, f"{activation}_derivative(z{k})").format(k=k)


#: Lines of code for the gradient that is propagated back; {s} stands for what is multiplied by the weights.
BACK_CODES: Mapping[str, str] = {
    "": "{s} @ W{n}.T",
    "weights-not-transposed": "{s} @ W{n}",
    "weights-missing:wide": "{s}",
    "inverse-instead-of-transpose": "{s} @ np.linalg.pinv(W{n})",
    "weights-missing": "{s}.sum(axis=1, keepdims=True)",
    "one-path-only": "{s}[:, -1:] @ W{n}[:, -1:].T",
    "one-path-only:first": "{s}[:, :1] @ W{n}[:, :1].T",
    "updated-too-early": "{s} @ W{n}_after.T",
    "~summed over units": "({s} @ W{n}.T).sum(axis=1, keepdims=True)",
    "~ones": "np.ones_like(a{k})",
    "~weights alone": "np.ones_like({s}) @ W{n}.T",
    "~gradient instead of weights": "{s} @ dW{n}.T",
    "~mean over examples": "{s}.mean(axis=0, keepdims=True) @ W{n}.T",
}


def back_code(form: str) -> str:
    """Write the gradient that is propagated back to a layer as code.

    Args:
        form: a form of `backs`; "" for the correct one.

    Returns:
        The code, with {k} for the layer's number, {n} for the next one's and {d} for the last one's.

    Examples:
        >>> from backprop.verification.grammar import back_code
        >>> back_code("delta-without-derivative+weights-not-transposed")
        'error{n} @ W{n}'
    """
    sources = {"delta-without-derivative": "error{n}", "~error": "error{d}", "~activation": "A{n}"}
    first, _, rest = form.partition("+")
    source, way = sources.get(first, "delta{n}"), rest if first in sources else form
    if first.startswith("~delta"):
        source, way = first.lstrip("~"), rest
    other, turned = way.lstrip("~").partition(" ")[0], way.endswith("not transposed")
    return BACK_CODES.get(way, f"{{s}} @ {other}{'' if turned else '.T'}").replace("{s}", source)


def laid_out(code: str, convention: str) -> str:
    """Rewrite a line of code for another layout.

    Args:
        code: the line, for examples in rows and W of shape (in, out).
        convention: a name of `intake.CONVENTIONS`.

    Returns:
        The line for that layout.

    Examples:
        >>> from backprop.verification.grammar import laid_out
        >>> laid_out("dW1 = X.T @ delta1", "columns, (out, in)")
        'dW1 = delta1 @ X.T'
        >>> laid_out("delta1 = (delta2 @ W2.T) * a1", "rows, (out, in)")
        'delta1 = (delta2 @ W2) * a1'
    """
    columns, turned = convention.startswith("columns"), convention.endswith("(out, in)")
    left, equals, right = code.partition(" = ")
    weights = left.startswith("dW")

    def turned_index(at: re.Match[str]) -> str:
        """Exchange the axes of an index, as in a[-1], a[:1] or a[:, -1:]."""
        if not (turned if at[1].startswith("W") else columns):
            return at[0]
        inside = at[2].removeprefix(":, ")
        return f"{at[1]}[{inside if at[2] != inside else f':, {inside}'}]"

    right = re.sub(r"(\b[a-zA-Z]\w*|\))\[([^\]]*)\]", turned_index, right)
    if turned if weights else columns:
        right = re.sub(r"axis=([01])", lambda m: f"axis={1 - int(m[1])}", right)
    if columns:
        right = re.sub(rf"({_OPERAND}) @ ({_OPERAND})", r"\2 @ \1", right)
    if weights and turned:
        right = re.sub(r"np\.outer\((\w+\[[^\]]*\]), (.*)\)", r"np.outer(\2, \1)", right)
    if columns == turned:
        return left + equals + right
    if weights:  # W and dW have the layout opposite to that of the data
        right = re.sub(rf"({_OPERAND}) @ ({_OPERAND})", lambda m: f"{_flipped(m[2])} @ {_flipped(m[1])}", right)
    else:
        right = re.sub(r"\bd?W\d+(?:_after)?(?:\[[^\]]*\])?(?:\.T)?", lambda m: _flipped(m[0]), right)
    return left + equals + right


#: The factors that a product can have: names, calls and indices.
_OPERAND = r"(?:[\w.]|\([^()]*\)|\[[^\]]*\])+"


def _flipped(code: str) -> str:
    """Transpose an expression, unless its index leaves a vector, which cannot be transposed."""
    if re.search(r"\[(:, )?-?\d+\]$", code):
        return code
    return code.removesuffix(".T") if code.endswith(".T") else f"{code}.T"
