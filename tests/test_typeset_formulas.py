r"""The typeset formula is tested: the LaTeX of a docstring, read as mathematics, is what the body computes.

For each numbered equation a case gives values to its symbols: random numbers to what goes in, and what the function's
body returned to what comes out. Then the equation, as it is printed on the page, must be true. The same LaTeX with one
sign, number, index, transpose, prime or function changed must not be; the few changes that leave it true are listed
with the reason.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from backprop import derivation
from tests import latex
from tests.latex import truth

Function = Callable[..., Any]
Case = tuple[Mapping[str, Any], Mapping[str, Sequence[int]]]

CASES: dict[str, Callable[[Function], Case]] = {}

#: Equations that no case covers, each with the reason.
NOT_COVERED: dict[str, str] = {}

#: The key of a piece of LaTeX that is appended to the first statement, where no symbol stands for what is computed.
APPEND = "append"

#: Cases for which an equation must be false: beside a bound. Of an implication every statement must be false.
FALSE: dict[str, Callable[[Function], Case]] = {}

N, IN, OUT, NEXT = 4, 3, 5, 2  # examples, and units of three layers: all different


def typeset(label: str) -> Callable[[Callable[[Function], Case]], Callable[[Function], Case]]:
    """Register the values of an equation's symbols."""

    def register(case: Callable[[Function], Case]) -> Callable[[Function], Case]:
        CASES[label] = case
        return case

    return register


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([7, seed, *shape]).normal(size=shape)


def share(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([8, seed, *shape]).uniform(0.1, 0.9, size=shape)


def upto(**sizes: int) -> dict[str, range]:
    return {index: range(1, size + 1) for index, size in sizes.items()}


def sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def sigma_derivative(z: Any) -> Any:
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


def curve(x: Any) -> Any:
    return np.sin(x[0]) * np.exp(x[1]) + x[2] ** 3


# 1 Gradient descent


@typeset("theta")
def _(fn: Function) -> Case:
    w, b = numbers(2, 3), numbers(4)
    return {"\\theta": fn([w, b]), "w": w.ravel(), "b": b}, {}


@typeset("gradient")
def _(fn: Function) -> Case:
    w, b = numbers(2, 3), numbers(4)
    stack = fn([w, b])
    return {"\\nabla L": lambda theta: stack, "\\theta": 0.0, "∂L/∂w": w.ravel(), "∂L/∂b": b}, {}


@typeset("gradient-descent-step")
def _(fn: Function) -> Case:
    theta, eta = numbers(3), 0.3
    return {
        "\\theta^1": fn(theta, 2 * theta + 1, eta),
        "\\theta^0": theta,
        "\\eta": eta,
        "\\nabla L": lambda at: 2 * at + 1,
    }, {}


@typeset("decrease")
def _(fn: Function) -> Case:
    curvature, theta, eta = share(3), numbers(3), 0.3
    gradient = 2 * curvature * theta

    def loss(at: Any) -> Any:
        """The loss; one step down the gradient it is what the function predicts, and the remainder."""
        if np.array_equal(at, theta):
            return np.sum(curvature * theta**2)
        assert np.allclose(at, theta - eta * gradient)
        return np.sum(curvature * theta**2) - fn(gradient, eta) + eta**2 * np.sum(curvature * gradient**2)

    return {
        "L": loss,
        "\\theta": theta,
        "\\eta": eta,
        "\\nabla L": gradient,
        "O": lambda square: square * np.sum(curvature * gradient**2),
    }, {}


# 2 Numerical derivatives


def differences(power: int) -> Callable[[Function], Case]:
    """Let the slope be what the function measures and a remainder, 3 times a power of the step."""

    def case(fn: Function) -> Case:
        x, h = numbers(3), 0.25
        values = {"f": curve, "x": x, "h": h, "e": np.eye(3), "i": 1j, "O": lambda of_h: 3 * of_h}
        return values | {"∂f/∂x": fn(curve, x, h) + 3 * h**power}, upto(k=3)

    return case


CASES |= {"central-difference": differences(2), "complex-step": differences(2), "forward-difference": differences(1)}


@typeset("relative-error")
def _(fn: Function) -> Case:
    g, measured = numbers(3), 2 * numbers(3, seed=1)
    return {"\\varepsilon": fn(g, measured), "g": g, "\\tilde g": measured}, {}


@typeset("finite-difference-error")
def _(fn: Function) -> Case:
    c, p, r = 0.7, 3, 0.2
    return {"E": lambda h: fn(h, c, p, r), "h": 0.4, "c": c, "p": p, "r": r}, {}


@typeset("optimal-step-size")
def _(fn: Function) -> Case:
    c, p, r = 0.7, 3, 0.2
    return {"h^*": fn(c, p, r), "E": lambda h: c * h**p + r / h, "c": c, "p": p, "r": r}, {}


@typeset("relu-central-difference")
def _(fn: Function) -> Case:
    h, z = 0.3, np.array([-0.2, 0.1, 0.25])
    return {"z": z, "h": h, APPEND: "= \\text{body}", "\\text{body}": fn(z, h)}, {}


# 3 Loss


def answers() -> dict[str, Any]:
    return {"N": N, "d": {"L": NEXT, NEXT: NEXT}, "L": NEXT, "\\hat y": share(N, NEXT), "y": share(N, NEXT, seed=1)}


@typeset("mse-contributions")
def _(fn: Function) -> Case:
    values = answers()
    return values | {"C": fn(values["y"], values["\\hat y"])}, upto(n=N, k=NEXT)


@typeset("total-loss")
def _(fn: Function) -> Case:
    shares = numbers(N)
    return {
        "L": lambda theta: fn(shares),
        "\\theta": 0.0,
        "N": N,
        "C": [lambda theta, c=c: c for c in shares],
    }, upto(n=N)


@typeset("sum-gradients")
def _(fn: Function) -> Case:
    shares = numbers(N, 3)
    return {"∂L/∂w": fn(shares), "∂C/∂w": shares, "N": N}, upto(n=N)


@typeset("mean-and-sum")
def _(fn: Function) -> Case:
    n, gradient, eta = 21, numbers(3), 0.7
    return {
        "N": n,
        "L_\\text{mean}": 0.3,
        "L_\\text{sum}": 6.3,
        "\\nabla L_\\text{mean}": gradient,
        "\\nabla L_\\text{sum}": n * gradient,
        "\\eta_\\text{mean}": eta,
        "\\eta_\\text{sum}": fn(eta, n),
    }, {}


@typeset("mse-derivative")
def _(fn: Function) -> Case:
    values = answers()
    derivative = fn(values["y"], values["\\hat y"])
    return values | {"∂L/∂\\hat y": derivative, "∂C/∂\\hat y": np.eye(N)[:, :, None] * derivative}, upto(n=N, k=NEXT)


@typeset("binary-cross-entropy")
def _(fn: Function) -> Case:
    values = answers()
    y, y_hat = values["y"], values["\\hat y"]
    alone = fn(y[..., None, None], y_hat[..., None, None])[..., 0]  # each prediction as a network of its own
    return values | {"C": fn(y, y_hat), "c": alone}, upto(n=N, k=NEXT)


@typeset("bce-derivative")
def _(fn: Function) -> Case:
    values = answers()
    return values | {"∂L/∂\\hat y": fn(values["y"], values["\\hat y"])}, upto(n=N, k=NEXT)


@typeset("binary-accuracy")
def _(fn: Function) -> Case:
    values = answers()
    values["\\hat y"] = np.array([[0.6, 0.2], [0.4, 0.9], [0.8, 0.3], [0.7, 0.1]])
    values["y"] = np.array([[1, 0], [0, 1], [0.4, 1], [1, 0]])
    return values | {"\\text{accuracy}": fn(values["y"], values["\\hat y"])}, upto(n=N, k=NEXT)


def classes() -> dict[str, Any]:
    """Four examples of five classes: predictions and targets that are probabilities."""
    y_hat, y = share(N, OUT), share(N, OUT, seed=1)
    both = {"\\hat y": y_hat / y_hat.sum(axis=1, keepdims=True), "y": y / y.sum(axis=1, keepdims=True)}
    return {"N": N, "d": {"L": OUT, OUT: OUT}, "L": OUT, **both}


@typeset("cross-entropy")
def _(fn: Function) -> Case:
    values = classes()
    return values | {"C": fn(values["y"], values["\\hat y"])}, upto(n=N, k=OUT)


@typeset("cross-entropy-derivative")
def _(fn: Function) -> Case:
    values = classes()
    return values | {"∂L/∂\\hat y": fn(values["y"], values["\\hat y"])}, upto(n=N, k=OUT)


@typeset("categorical-accuracy")
def _(fn: Function) -> Case:
    values = answers()
    values["\\hat y"] = np.array([[0.4, 0.35, 0.25], [0.1, 0.4, 0.5], [0.3, 0.3, 0.4], [0.2, 0.7, 0.1]])
    values["y"] = np.array([[1, 0, 0], [0, 1, 0], [0.1, 0.2, 0.7], [0, 0, 1]])
    return values | {"\\text{accuracy}": fn(values["y"], values["\\hat y"])}, upto(n=N, k=3)


# 4 Activations

Z = np.array([-2.0, -0.3, 0.4, 1.7])


def of_z(name: str, more: Mapping[str, Any] = {}) -> Callable[[Function], Case]:  # never changed
    """Give a name to the function, and the symbols that its equation uses."""

    def case(fn: Function) -> Case:
        return {
            "z": Z,
            "e": np.e,
            "\\sigma": sigma,
            "\\sigma'": sigma_derivative,
            "\\tanh": np.tanh,
            **more,
            name: fn,
        }, {}

    return case


def of_a(name: str, function: str, phi: Function) -> Callable[[Function], Case]:
    """Give the slope, as a function of z, the value that it has from the output."""
    return lambda fn: ({"z": Z, "a": phi(Z), function: phi, name: lambda z: fn(phi(z))}, {})


CASES |= {
    "sigmoid": of_z("\\sigma"),
    "sigmoid-derivative": of_z("\\sigma'"),
    "sigmoid-derivative-from-output": of_a("\\sigma'", "\\sigma", sigma),
    "tanh": of_z("\\tanh"),
    "tanh-derivative": of_z("\\tanh'"),
    "tanh-derivative-from-output": of_a("\\tanh'", "\\tanh", np.tanh),
    "relu": of_z("R"),
    "relu-derivative": of_z("R'", {"z": np.array([-1.5, 0.0, 0.3])}),
    "identity": of_z("\\phi"),
    "identity-derivative": of_z("\\phi'"),
    "softplus": of_z("s"),
    "softplus-derivative": of_z("s'"),
    "silu": of_z("u"),
    "silu-derivative": of_z("u'"),
}


def leaky(name: str) -> Callable[[Function], Case]:
    z = {"z": np.array([-1.5, 0.0, 0.3]), "\\alpha": 0.2}
    return lambda fn: (z | {name: lambda at: fn(at, 0.2)}, {})


CASES |= {"leaky-relu": leaky("R_\\alpha"), "leaky-relu-derivative": leaky("R'_\\alpha")}


@typeset("log-sum-exp")
def _(fn: Function) -> Case:
    return {"\\operatorname{lse}": fn, "z": Z, "z_\\max": Z.max(), "e": np.e}, upto(k=len(Z))


@typeset("softmax")
def _(fn: Function) -> Case:
    lse = np.log(np.sum(np.exp(Z)))
    return {"a": fn(Z), "\\operatorname{lse}": lambda z: lse, "z": Z, "e": np.e}, upto(j=len(Z), k=len(Z))


@typeset("softmax-jacobian")
def _(fn: Function) -> Case:
    a = np.exp(Z) / np.sum(np.exp(Z))
    return {"a": a, "∂a/∂z": fn(a)}, upto(j=len(Z), k=len(Z))


# 5 Forward pass


@typeset("weighted-sum")
def _(fn: Function) -> Case:
    a, w, b = numbers(IN), numbers(IN, OUT), numbers(OUT)
    return {"a": a, "w": w, "b": b, "z": np.array([fn(a, w[:, j], b[j]) for j in range(OUT)])}, upto(i=IN, j=OUT)


@typeset("preactivation")
def _(fn: Function) -> Case:
    a, w, b = numbers(N, IN), numbers(IN, OUT), numbers(1, OUT)
    return {"l": 2, "A": {1: a}, "W": {2: w}, "b": {2: b}, "Z": {2: fn(a, w, b)}}, {}


@typeset("activation")
def _(fn: Function) -> Case:
    z = numbers(N, OUT)
    return {"l": 2, "Z": {2: z}, "A": {2: fn(z, np.tanh)}, "\\phi": np.tanh}, {}


@typeset("forward-gradient")
def _(fn: Function) -> Case:
    a, w = numbers(IN), numbers(IN, OUT)
    measured = np.zeros((OUT, IN, OUT))  # z_j by the weight from i to m
    for i, m in np.ndindex(w.shape):
        step = np.zeros(w.shape, dtype=complex)
        step[i, m] = 1e-20j
        measured[:, i, m] = (a @ (w + step)).imag / 1e-20
    return {"∂z/∂w": measured, "a": fn(a)}, upto(i=IN, j=OUT)


@typeset("bias-column")
def _(fn: Function) -> Case:
    a, w, b = numbers(N, IN), numbers(IN, OUT), numbers(1, OUT)
    return {"A": a, "W": w, "b": b, "\\mathbf 1": fn(a)[:, IN:]}, {}


# 6 Chain rule


@typeset("chain-rule")
def _(fn: Function) -> Case:
    dz_dw, dc_dz = numbers(3), 0.7
    return {"∂C/∂w": fn(dz_dw, dc_dz), "∂z/∂w": dz_dw, "∂C/∂z": dc_dz}, {}


@typeset("multivariable-chain-rule")
def _(fn: Function) -> Case:
    dz_da, dc_dz = numbers(OUT), numbers(OUT, seed=1)
    return {"∂C/∂a": fn(dz_da, dc_dz), "∂z/∂a": dz_da, "∂C/∂z": dc_dz}, upto(k=OUT)


@typeset("delta")
def _(fn: Function) -> Case:
    z = numbers(N)
    measured = np.diag((np.tanh(z + 1e-20j) ** 2).imag / 1e-20)  # C = tanh², example by example
    return {"\\delta": fn(1 - np.tanh(z) ** 2, 2 * np.tanh(z)), "∂C/∂z": measured}, upto(n=N)


@typeset("backward-gradient")
def _(fn: Function) -> Case:
    z, dc_da = numbers(OUT), numbers(OUT, seed=1)
    return {
        "∂C/∂z": fn(sigma_derivative(z), dc_da),
        "∂a/∂z": sigma_derivative(z),
        "∂C/∂a": dc_da,
        "\\phi'": sigma_derivative,
        "z": z,
    }, {}


# 7 Output → hidden


@typeset("output-delta-unit")
def _(fn: Function) -> Case:
    z, derivative = 0.8, -0.6
    return {
        "∂C/∂z": fn(z, derivative),
        "∂C/∂\\hat y": derivative,
        "z": z,
        "\\hat y": sigma(z),
        "\\sigma": sigma,
        "\\sigma'": sigma_derivative,
    }, {}


@typeset("output-delta")
def _(fn: Function) -> Case:
    z, derivative = numbers(N, NEXT), numbers(N, NEXT, seed=1)
    return {
        "L": 3,
        "\\Delta": {3: fn(sigma_derivative(z), derivative)},
        "Z": {3: z},
        "\\phi'": sigma_derivative,
        "∂L/∂\\hat Y": derivative,
    }, {}


@typeset("bce-from-logits")
def _(fn: Function) -> Case:
    y, z = share(N, NEXT), numbers(N, NEXT)
    alone = fn(y[..., None, None], z[..., None, None])[..., 0]  # each output as a network of its own
    values = {"L": 3, "N": N, "d": {3: NEXT, "L": NEXT}, "s": lambda z: np.log(1 + np.exp(z))}
    return values | {"y": y, "z": z, "C": fn(y, z), "c": alone}, upto(n=N, k=NEXT)


@typeset("output-delta-sigmoid-bce")
def _(fn: Function) -> Case:
    y, y_hat = share(N, NEXT), share(N, NEXT, seed=1)
    return {"L": 3, "N": N, "d": {3: NEXT}, "\\hat Y": y_hat, "Y": y, "\\Delta": {3: fn(y, y_hat)}}, {}


@typeset("output-delta-jacobian")
def _(fn: Function) -> Case:
    jacobian, derivative = numbers(N, OUT, OUT), numbers(N, OUT)
    return {
        "L": OUT,
        "d": {OUT: OUT},
        "\\delta": fn(jacobian, derivative),
        "∂\\hat y/∂z": np.eye(N)[:, None, :, None] * jacobian[:, :, None, :],
        "∂L/∂\\hat y": derivative,
    }, upto(n=N, j=OUT, k=OUT)


@typeset("cross-entropy-from-logits")
def _(fn: Function) -> Case:
    values, z = classes(), numbers(N, OUT)
    lse = {"\\operatorname{lse}": lambda z: np.log(np.sum(np.exp(z)))}
    return values | lse | {"z": z, "C": fn(values["y"], z)}, upto(n=N, k=OUT)


@typeset("output-delta-softmax-cross-entropy")
def _(fn: Function) -> Case:
    values = classes()
    return values | {"\\delta": fn(values["y"], values["\\hat y"])}, upto(n=N, j=OUT, k=OUT)


# 8 Hidden → hidden


@typeset("activation-gradient-unit")
def _(fn: Function) -> Case:
    w, delta = numbers(IN, OUT), numbers(OUT)
    return {
        "∂C/∂a": np.array([fn(w[j], delta) for j in range(IN)]),
        "∂z/∂a": w.T,
        "∂C/∂z": delta,
        "w": w,
        "\\delta": delta,
    }, upto(j=IN, k=OUT)


@typeset("hidden-delta-unit")
def _(fn: Function) -> Case:
    z, w3, w4, first, second = 0.7, 1.5, -0.4, 0.3, 0.9
    return {
        "∂C/∂z": fn(z, w3, w4, first, second),
        "∂C/∂z_1": {1: first},
        "∂C/∂z_2": {2: second},
        "w": {3: w3, 4: w4},
        "z": z,
        "\\sigma'": sigma_derivative,
    }, {}


@typeset("activation-gradient")
def _(fn: Function) -> Case:
    delta, w = numbers(N, OUT), numbers(IN, OUT)
    return {"l": 1, "∂L/∂A": {1: fn(delta, w)}, "\\Delta": {2: delta}, "W": {2: w}}, {}


@typeset("hidden-delta")
def _(fn: Function) -> Case:
    z, delta, w = numbers(N, IN), numbers(N, OUT), numbers(IN, OUT)
    return {
        "l": 1,
        "Z": {1: z},
        "\\phi'": sigma_derivative,
        "W": {2: w},
        "\\Delta": {1: fn(sigma_derivative(z), delta, w), 2: delta},
    }, {}


@typeset("unrolled")
def _(fn: Function) -> Case:
    widths = {1: 3, 2: 5, 3: 2, 4: 6}  # with four layers, from the last to the first, the dots leave nothing out
    z = {m: numbers(d) for m, d in widths.items()}
    w = {m: numbers(widths[m - 1], widths[m]) for m in (2, 3, 4)}
    out = numbers(6, seed=1)
    delta = fn([sigma_derivative(z[m]) for m in (3, 2, 1)], [w[m] for m in (4, 3, 2)], out)
    return {
        "L": 4,
        "l": 1,
        "\\delta": {4: out, 1: delta},
        "W": w,
        "D": {m: np.diag(sigma_derivative(z[m])) for m in z},
        "z": z,
        "\\phi'": sigma_derivative,
    }, {"m": (1, 2, 3, 4)}


def bound(factor: float) -> Callable[[Function], Case]:
    """Give δ a length beside the bound."""
    w, out = {m: numbers(m, m + 1) for m in (2, 3, 4)}, numbers(5)
    return lambda fn: (
        {"L": 4, "l": 1, "\\delta": {1: np.array([factor * fn(list(w.values()), out)]), 4: out}, "W": w},
        {},
    )


CASES["delta-bound"] = bound(1 - 1e-6)
FALSE["delta-bound"] = bound(1 + 1e-6)


# 9 Parameter gradients


@typeset("weight-gradient-example")
def _(fn: Function) -> Case:
    a, delta = numbers(N, IN), numbers(N, OUT)
    dz_dw = np.einsum("ni,jm->njim", a, np.eye(OUT))  # z_j of example n, by the weight from i to m
    return {
        "∂C/∂w": np.array([fn(a[n], delta[n]) for n in range(N)]),
        "∂z/∂w": dz_dw,
        "∂C/∂z": np.einsum("nm,nj->nmj", np.eye(N), delta),
        "a": a,
        "\\delta": delta,
    }, upto(n=N, i=IN, j=OUT)


@typeset("weight-gradient")
def _(fn: Function) -> Case:
    a, delta = numbers(N, IN), numbers(N, OUT)
    return {"l": 2, "A": {1: a}, "\\Delta": {2: delta}, "∂L/∂W": {2: fn(a, delta)}}, {}


@typeset("bias-gradient")
def _(fn: Function) -> Case:
    delta = numbers(N, OUT)
    gradient = fn(delta)
    return {
        "N": N,
        "l": 2,
        "\\delta": delta,
        "\\Delta": {2: delta},
        "∂L/∂b_j": gradient[0],
        "∂L/∂b_l": {2: gradient},
        "∂z/∂b": np.broadcast_to(np.eye(OUT), (N, OUT, OUT)),
        "\\mathbf 1": np.ones((N, 1)),
    }, upto(n=N, j=OUT)


@typeset("simultaneous-update")
def _(fn: Function) -> Case:
    old, eta = {1: numbers(2, 3), 2: numbers(3, 5)}, 0.3
    gradients = {layer: numbers(*w.shape, seed=1) for layer, w in old.items()}
    new = fn([old[1], old[2]], [gradients[1], gradients[2]], eta)
    return {
        "W^1": {1: new[0], 2: new[1]},
        "W^0": old,
        "\\eta": eta,
        "\\theta^0": "here",
        "∂L/∂W": {layer: (lambda theta, g=g: g if theta == "here" else None) for layer, g in gradients.items()},
    }, upto(l=2)


def costs(fn: Function) -> Case:
    widths = [2, 3, 5, 1]
    return {
        "\\text{cost}": fn(widths, N),
        "N": N,
        "L": 3,
        "d": dict(enumerate(widths)),
        "P": 26,
    }, {}


CASES |= {"backpropagation-cost": costs, "finite-difference-cost": costs}


# 10 Consequences


@typeset("shapes")
def _(fn: Function) -> Case:
    widths = [2, 3, 5, 1]
    layers = dict(enumerate(fn(widths, N), start=1))
    z = {layer: np.zeros(shapes["z"]) for layer, shapes in layers.items()}
    w = {layer: np.zeros(shapes["w"]) for layer, shapes in layers.items()}
    b = {layer: np.zeros(shapes["b"]) for layer, shapes in layers.items()}
    a = {layer - 1: np.zeros(shapes["a_in"]) for layer, shapes in layers.items()} | {3: z[3]}
    values = {"A": a, "W": w, "b": b, "Z": z, "\\Delta": z, "∂L/∂W": w, "∂L/∂b": b}
    return values | {"N": N, "d": dict(enumerate(widths))}, upto(l=3)


# 10 Consequences


@typeset("collapse-linear-layers")
def _(fn: Function) -> Case:
    x, w = numbers(N, 2), {1: numbers(2, 3), 2: numbers(3, 5), 3: numbers(5, 1)}
    return {"X": x, "L": 3, "W_": w, "W": fn(list(w.values())), "\\hat Y": ((x @ w[1]) @ w[2]) @ w[3]}, {}


@typeset("least-squares-minimum")
def _(fn: Function) -> Case:
    x, y = numbers(6, 2), numbers(6, 3)
    w = np.linalg.solve(x.T @ x, x.T @ y)
    values = {"X": x, "Y": y, "W": w, "N": 6, "L": 1, "d": {1: 3}}
    return values | {APPEND: "= \\text{body}", "\\text{body}": fn(x, y)}, {}


def rate(factor: float) -> Callable[[Function], Case]:
    """Give η a value beside the largest stable rate."""

    def case(fn: Function) -> Case:
        x, y, start = 5 * share(6, 2), numbers(6, 3), numbers(2, 3)
        floor, eta = np.linalg.solve(x.T @ x, x.T @ y), factor * fn(x, 3)
        return {
            "W^0": start,
            "W^1": start - eta * 2 / 18 * x.T @ (x @ start - y),
            "W^*": floor,
            "I": np.eye(2),
            "\\eta": eta,
            "H": 2 / 18 * x.T @ x,
            "N": 6,
            "L": 1,
            "d": {1: 3},
            "X": x,
            "\\lambda_\\max": lambda h: np.linalg.eigvalsh(h)[-1],
        }, {}

    return case


CASES["stability-threshold"] = rate(1 - 1e-6)
FALSE["stability-threshold"] = rate(1 + 1e-6)


def relu_layer(dead: bool) -> Callable[[Function], Case]:
    """Give a layer's numbers, the index j running through the units that the function calls dead, or the others."""

    def case(fn: Function) -> Case:
        a = share(N, 6)
        w = np.where(np.arange(7) < 5, 0.2, -4.0) * share(6, 7)  # more inputs than examples; units 6 and 7 are dead
        z = a @ w
        delta = np.where(z > 0, 1.0, 0.0) * numbers(N, 7)
        units = [j for j, off in enumerate(fn(z), start=1) if off == dead]
        assert units == ([6, 7] if dead else [1, 2, 3, 4, 5])
        return {"z": z, "a": a, "\\delta": delta, "∂L/∂w": a.T @ delta}, upto(n=N, i=6) | {"j": units}

    return case


CASES["dead-unit"] = relu_layer(dead=True)
FALSE["dead-unit"] = relu_layer(dead=False)


@typeset("dead-unit-probability")
def _(fn: Function) -> Case:
    signs = np.array(np.meshgrid(*[[-0.5, 0.5]] * 3)).reshape(3, -1)  # all equally likely
    return {
        "P": lambda event: fn(3) if isinstance(event, str) else np.mean(event),
        "\\text{dead}": "dead",
        "w": signs,
        "d": {0: 3},
    }, {}


def two_layers(identical: bool) -> Callable[[Function], Case]:
    """Give the numbers of a layer of identical, or of different units, and the layer after it."""

    def case(fn: Function) -> Case:
        x, w_in, b, w_out = numbers(N, 5), numbers(5, 3), numbers(1, 3), numbers(3, 4)
        if identical:
            w_in, w_out = np.repeat(w_in[:, :1], 3, axis=1), np.repeat(w_out[:1], 3, axis=0)
            b = np.repeat(b[:, :1], 3, axis=1)
        assert fn(w_in, w_out, b) is identical
        a = np.tanh(x @ w_in + b)
        delta_out = a @ w_out
        delta = (1 - a**2) * (delta_out @ w_out.T)
        return {
            "w": w_in,
            "b": b[0],
            "w_jm": w_out,
            "w_km": w_out,
            "a": a.T,
            "\\delta": delta.T,
            "∂L/∂w": x.T @ delta,
            "∂L/∂b": delta.sum(axis=0),
            "∂L/∂w_jm": a.T @ delta_out,
            "∂L/∂w_km": a.T @ delta_out,
        }, upto(i=5, j=3, k=3, m=4)

    return case


CASES["symmetry"] = two_layers(identical=True)
FALSE["symmetry"] = two_layers(identical=False)


# Equations without a number: steps of a proof, and from indices to matrices. They go by the name of their function.


@typeset("mse_contributions")
def _(fn: Function) -> Case:
    values = answers()
    return values | {"C": fn(values["y"], values["\\hat y"])}, upto(n=N, k=NEXT)


@typeset("multivariable_chain_rule")
def _(fn: Function) -> Case:
    z, derivatives, h, moves = numbers(2), numbers(2, seed=1), 0.3, numbers(2, seed=2)

    def loss(*at: float) -> Any:
        """The loss; after both changes it is what the function says of one path after the other, and a remainder."""
        if np.array_equal(at, z):
            return 0.7
        assert np.allclose(at, z + moves)
        return 0.7 + fn(moves, derivatives) + 2 * h**2

    partial = {"∂C/∂z": derivatives, "z": z, "h_": moves, "h": h, "O": lambda square: 2 * square}
    return partial | {"C": loss}, {}


@typeset("unrolled_delta")
def _(fn: Function) -> Case:
    widths = {1: 3, 2: 5, 3: 2}
    derivatives = {m: sigma_derivative(numbers(widths[m])) for m in (1, 2)}
    w = {m: numbers(widths[m - 1], widths[m]) for m in (2, 3)}
    out = numbers(2, seed=1)
    delta = {3: out, 2: fn([derivatives[2]], [w[3]], out), 1: fn([derivatives[2], derivatives[1]], [w[3], w[2]], out)}
    return {"L": 3, "\\delta": delta, "W": w, "D": {m: np.diag(one) for m, one in derivatives.items()}}, {}


@typeset("max_stable_learning_rate")
def _(fn: Function) -> Case:
    x, y, start = share(6, 2), numbers(6, 3), numbers(2, 3)
    square = x.T @ x
    hessian = square * 2 / fn(x, 3) / np.linalg.eigvalsh(square)[-1]  # its largest eigenvalue is what the function says
    values = {"X": x, "Y": y, "N": 6, "L": 1, "d": {1: 3}, "W^0": start, "W^*": np.linalg.solve(square, x.T @ y)}
    return values | {"H": hessian}, {}


@typeset("activation_gradient")
def _(fn: Function) -> Case:
    delta, w = numbers(N, OUT), numbers(IN, OUT)
    values = {"\\delta": delta, "\\Delta": delta, "w": w, "W": w, APPEND: "= \\text{body}_{nj}"}
    values |= {"\\text{body}": fn(delta, w), "N": N, "l": 1, "d": {1: IN, 2: OUT}}
    return values, upto(n=N, j=IN, k=OUT)


@typeset("hidden_delta")
def _(fn: Function) -> Case:
    z, delta, w = numbers(N, IN), numbers(N, OUT), numbers(IN, OUT)
    values = {
        "z": z,
        "\\phi'": sigma_derivative,
        "w": w,
        "\\delta_k": delta,
        "\\delta_j": fn(sigma_derivative(z), delta, w),
    }
    return values, upto(n=N, j=IN, k=OUT)


@typeset("weight_gradient")
def _(fn: Function) -> Case:
    a, delta = numbers(N, IN), numbers(N, OUT)
    values = {"a": a, "A": a, "\\delta": delta, "\\Delta": delta, APPEND: "= \\text{body}_{ij}"}
    values |= {"\\text{body}": fn(a, delta), "N": N, "l": 1, "d": {0: IN, 1: OUT}}
    return values, upto(n=N, i=IN, j=OUT)


# The equations as they stand in the docstrings


class Equation(NamedTuple):
    key: str
    function: str
    text: str


def equations() -> Iterator[Equation]:
    """Read every displayed equation of the derivation; one without a number goes by its function's name."""
    for name in sorted(set(derivation.__all__) - {"CHAPTERS"}):
        for text in re.findall(r"\$\$(.*?)\$\$", inspect.getdoc(getattr(derivation, name)) or "", re.DOTALL):
            label = re.search(r"\\label\{eq:([^}]*)\}", text)
            yield Equation(label[1] if label else name, name, text)


EQUATIONS = list(equations())
COVERED = [equation for equation in EQUATIONS if equation.key in CASES]
covered = pytest.mark.parametrize("equation", COVERED, ids=lambda equation: equation.key)
NOT_TRUE = (AssertionError, ArithmeticError, AttributeError, LookupError, RuntimeWarning, TypeError, ValueError)


def extended(text: str, values: Mapping[str, Any]) -> str:
    """Append to the first statement what the case wants appended."""
    first, *rest = re.split(r"(?=,?\s*\\qquad|\s*\\quad\\text|\s*\\tag)", text, maxsplit=1)
    return first + values.get(APPEND, "") + "".join(rest)


def stands(equation: Equation, text: str, fn: Function | None = None) -> bool:
    """Tell whether some LaTeX agrees with the body: true where it should be true, false where it should be false."""
    fn = fn or getattr(derivation, equation.function)
    values, ranges = CASES[equation.key](fn)
    if not truth(extended(text, values), values, ranges):
        return False
    if equation.key not in FALSE:
        return True
    values, ranges = FALSE[equation.key](fn)
    parts = latex.statements(extended(text, values))
    found = [latex.holds(one, values, ranges) for part in parts for one in part]
    return not (any(found) if len(parts) > 1 else all(found))


def test_every_equation_is_covered_or_listed_with_the_reason() -> None:
    keys = [equation.key for equation in EQUATIONS]
    assert len(set(keys)) == len(keys)
    assert sorted(keys) == sorted([*CASES, *NOT_COVERED])
    assert all(NOT_COVERED.values())
    assert FALSE.keys() <= CASES.keys()


@covered
def test_the_typeset_formula_is_what_the_body_computes(equation: Equation) -> None:
    assert stands(equation, equation.text)


# Every change of the LaTeX is seen, and every change of the body

FRACTION = r"\\frac\{([^{}]*)\}\{([^{}]*)\}"
RULES: list[tuple[str, Callable[[re.Match[str]], str]]] = [
    (r"\+", lambda m: "-"),
    (r"-", lambda m: "+"),
    (r"\d", lambda m: str(int(m[0]) + 1)),
    (r"\^\\top", lambda m: ""),
    (r"\\odot", lambda m: ""),
    (r"'", lambda m: ""),
    (r"\\hat", lambda m: ""),
    (r"\\ln", lambda m: ""),
    (r"\\max(?!\})", lambda m: "\\min"),
    (r"\\le(?![a-z])", lambda m: "\\ge"),
    (r"[<>]", lambda m: {"<": ">", ">": "<"}[m[0]]),
    (r"\\sum", lambda m: "\\prod"),
    (r"\\prod", lambda m: "\\sum"),
    (FRACTION, lambda m: rf"\frac{{{m[2]}}}{{{m[1]}}}"),
    (r"\\eta|\\,[NcrhXYa](?![a-z])|\\frac\{[rz]\}\{[^{}]*\}", lambda m: "1 "),
]


def always(text: str) -> Callable[[re.Match[str]], str]:
    """Put the same text in place of every match."""
    return lambda m: text


LOOKS = r"(?:[bB]ig[lr]|left|right|cdots?|q?quad)(?![A-Za-z])"  # what only a reader sees
RULES += [(r"[A-Za-z]", lambda m: ""), (rf"\\(?!{LOOKS})[A-Za-z]+", lambda m: "")]
INDICES = "ijkmn"
RULES += [
    (rf"(?<=[_^{{,a-z]){one}(?=[}}a-z_ ^)\\])", always(other)) for one in INDICES for other in INDICES if one != other
]

WEAKER = "a weaker bound is true as well; that this one is reached is checked where its mistakes are planted"
ZERO = "every δ of a dead unit is 0, so any sum or product of them is"
ALIKE = "the weights are alike, and as often negative as positive"

#: Changes that leave an equation true, with the reason.
STILL_TRUE: dict[tuple[str, str], str] = {
    ("theta", "^\\top →"): "an array of one axis is its own transpose",
    ("gradient", "^\\top →"): "an array of one axis is its own transpose",
    ("relu-central-difference", "- → +"): "within reach the left end gives 0, whether it is added or subtracted",
    ("relu-central-difference", "z →"): "within reach the left end gives 0 without z as well",
    ("relu-central-difference", "\\le →"): "−hz ≤ h is true as well where |z| ≤ h < 1",
    ("sigmoid-derivative-from-output", "1 → 2"): WEAKER,
    ("sigmoid-derivative-from-output", "\\tfrac →"): WEAKER,
    ("tanh-derivative-from-output", "1 → 2"): WEAKER,
    ("tanh-derivative-from-output", "\\le →"): "without the sign 1 is a factor",
    ("backpropagation-cost", "2 → 3"): WEAKER,
    ("identity", "\\phi →"): "z = z",
    ("dead-unit", "\\sum → \\prod"): ZERO,
    ("dead-unit", "i → n"): ZERO,
    ("dead-unit", "n → i"): ZERO,
    ("dead-unit", "n → j"): ZERO,
    ("dead-unit-probability", "1 → 2"): ALIKE,
    ("dead-unit-probability", "2 → 3"): ALIKE,
    ("dead-unit-probability", "< → >"): ALIKE,
}


def changed(text: str) -> Iterator[tuple[str, str]]:
    """Change one thing at a time: a sign, a number, an index, a transpose, a prime, a function, a hat, a fraction."""
    text = re.sub(r"\s*\\tag\{[^}]*\}\s*\\label\{[^}]*\}", "", text)
    words = [m.span() for m in re.finditer(r"\\(?:begin|end|text|operatorname)\{[^}]*\}|\\[A-Za-z]+", text)]
    letters = set(re.sub(r"\\(?:begin|end|text|operatorname)\{[^}]*\}|\\[A-Za-z]+", "", text)) & set(INDICES)
    for pattern, replacement in RULES:
        for match in re.finditer(pattern, text):
            within_word = any(start < match.start() and match.end() <= end for start, end in words)
            new = replacement(match)
            if within_word or (new in INDICES and new not in letters | {"i", "j", ""}):
                continue
            yield f"{match[0]} → {new}".strip(), text[: match.start()] + new + text[match.end() :]


@covered
def test_any_change_of_the_latex_is_seen(equation: Equation) -> None:
    unseen = []
    for change, text in changed(equation.text):
        try:
            if stands(equation, text):
                unseen.append((change, " ".join(text.split())))
        except NOT_TRUE:
            continue
    listed = {change for key, change in STILL_TRUE if key == equation.key}
    assert {change for change, _ in unseen} == listed, unseen


def test_many_changes_were_tried() -> None:
    assert sum(1 for equation in COVERED for _ in changed(equation.text)) > 1000


def spoiled(value: Any) -> Any:
    """Change what a body computes."""
    if isinstance(value, dict):
        return {key: spoiled(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([spoiled(one) for one in value])
    if isinstance(value, bool | np.bool) or np.asarray(value).dtype == bool:
        return np.logical_not(value)
    return value + 1 if isinstance(value, int) else value * 1.01 + 0.01


@covered
def test_any_change_of_the_body_is_seen(equation: Equation) -> None:
    function = getattr(derivation, equation.function)
    try:
        seen = not stands(equation, equation.text, lambda *arguments: spoiled(function(*arguments)))
    except NOT_TRUE:
        seen = True
    assert seen


# The reader itself


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"1 + 2 \cdot 3 - 4", 3),
        (r"-x^2 + \frac{x}{2}", -7.5),
        (r"2^{x/3}", 2),
        (r"\sum_{k=1}^{3} k^2", 14),
        (r"\sum_{k=2}^{3} k\,x - 1", 14),
        (r"\prod_{k=1}^{3} (k + 1)", 24),
        (r"\sum_k v_k", 60),
        (r"v_{k-1}", 20),
        (r"f(x)^2", 144),
        (r"x(1 + 1)", 6),
        (r"\bigl[x > 2\bigr] + [x > 4]", 1),
        (r"(AB)_{ij}", 22),
        (r"(A \odot B)_{ij}", 12),
        (r"(A^\top B)_{ij}", 30),
        (r"\tfrac12 x", 1.5),
        (r"\begin{cases} 7 & x > 2 \\ 8 & x \le 2 \end{cases}", 7),
        (r"\frac{\partial u^i_j}{\partial x}", 4),
        (r"\max_k v_k - 1", 29),
        (r"\operatorname{argmax}_k v_k + 1", 4),
    ],
)
def test_the_reader_computes(text: str, value: float) -> None:
    a, b = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])
    values: dict[str, Any] = {"x": 3, "v": [10, 20, 30], "f": lambda x: 4 * x, "A": a, "B": b, "i": 1, "j": 2}
    values |= {"∂u/∂x": 2 * a, latex.RANGES: {"i": (1, 2), "j": (1, 2), "k": (1, 2, 3)}}
    values |= {"k": 3} if "k-1" in text else {}
    assert latex.Reader(latex.TOKEN.findall(text)).relation()(values) == value


@pytest.mark.parametrize("text", ["x +", "(x", "x)", r"\frac{x}", "x = = x", r"\unknown", "x_{4}", "y", "x 2", ""])
def test_the_reader_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises((latex.Unreadable, IndexError, TypeError)):
        truth(text, {"x": [1, 2, 3]})


def test_a_free_index_runs_through_all_its_values() -> None:
    values = {"a": np.array([1, 2, 3]), "b": np.array([1, 2, 4])}
    assert truth("a_i = b_i", values, {"i": (1, 2)})
    assert not truth("a_i = b_i", values, {"i": (1, 2, 3)})
