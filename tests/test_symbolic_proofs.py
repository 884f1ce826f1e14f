r"""Proofs by algebra: networks 2-2-2-1 and 2-3-2-1 with symbols for every number and a general activation.

The activation is a function σ of which nothing is known but that its derivative is called σ′. SymPy differentiates the
loss of the whole network; the functions of the derivation are called on arrays of the same symbols; both expressions
must be one. Two kinds of proof are told apart:

- *through the body*: the function itself runs on symbols, and its result is what is proven. Such a proof must fail when
  the function's result is doubled.
- *as stated*: the function makes floating-point numbers on its way, so the equation of its docstring is proven instead.
  That the body computes what the equation says is checked in `test_typeset_formulas`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import sympy

from backprop import derivation
from backprop.derivation import activations, hidden_to_hidden, loss, output_to_hidden
from tests.test_planted_mistakes import homes

NETWORKS = [(2, 2, 2, 1), (2, 3, 2, 1)]
EXAMPLES = 2  # a power of two: then 2/(N d_L) is exact in floating point

Steps = Any  # the functions of the derivation, or some of them replaced


class Proof(NamedTuple):
    label: str
    through_the_body: bool
    run: Callable[[Steps], None]


PROOFS: list[Proof] = []

#: Equations that are not proven by algebra, each with the reason.
NOT_PROVEN = {
    "gradient": "a definition; the function is the one of eq:theta",
    "relative-error": "a definition of a number",
    "binary-accuracy": "a count",
    "categorical-accuracy": "a count",
    "delta": "a definition; that the functions compute this δ is what the proofs of chapters 7 and 8 say",
    "delta-bound": "an inequality of norms; its steps are eq:unrolled and the largest slope and stretch",
    "shapes": "a list of shapes",
    "finite-difference-cost": "a count; the number of forward passes is counted where its mistakes are planted",
    "dead-unit-probability": "a probability; counted in its examples",
}


def proves(label: str, through_the_body: bool = True) -> Callable[[Callable[[Steps], None]], Callable[[Steps], None]]:
    """Register a proof of an equation."""

    def register(run: Callable[[Steps], None]) -> Callable[[Steps], None]:
        PROOFS.append(Proof(label, through_the_body, run))
        return run

    return register


# A general activation, symbols, and NumPy's functions on symbols


class Sigma(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """Any differentiable function."""

    def fdiff(self, argindex: int = 1) -> Any:
        return SigmaDerivative(self.args[0])


class SigmaDerivative(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """Its derivative."""


def entrywise(function: Any) -> Any:
    return np.vectorize(function, otypes=[object])


phi, phi_derivative = entrywise(Sigma), entrywise(SigmaDerivative)


SHIFT = sympy.Symbol("shift", real=True)


class SymbolicNumPy:
    """NumPy, but for the functions that SymPy must compute.

    An exponent never reaches the cut at 700, and the maximum of a row may be any number: where it is used, it must not
    change the result.
    """

    exp = staticmethod(entrywise(sympy.exp))
    log = staticmethod(entrywise(sympy.log))
    log1p = staticmethod(entrywise(lambda x: sympy.log(1 + x)))
    tanh = staticmethod(entrywise(sympy.tanh))
    maximum = staticmethod(entrywise(lambda a, b: sympy.Max(a, sympy.nsimplify(b))))
    max = staticmethod(lambda array, axis, keepdims: entrywise(lambda _: SHIFT)(array[..., :1]))
    minimum = staticmethod(entrywise(lambda a, b: a if b == 700.0 else sympy.Min(a, b)))

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


@pytest.fixture(autouse=True)
def _symbolic(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (activations, loss):
        monkeypatch.setattr(module, "np", SymbolicNumPy())
    for module in (hidden_to_hidden, output_to_hidden):  # the equations for one unit name σ: let it be the general one
        monkeypatch.setattr(module, "sigmoid_derivative", phi_derivative)


def symbols(name: str, *shape: int, **assumed: bool) -> Any:
    assumed = {"real": True, **assumed}
    array = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        array[index] = sympy.Symbol(name + "_".join(map(str, index)), **assumed)
    return array


def by(expression: Any, variables: Any) -> Any:
    """Differentiate by each of some variables, in their shape."""
    return entrywise(lambda v: sympy.diff(expression, v))(variables)


def same(got: Any, wanted: Any) -> None:
    """Demand that two arrays of expressions are equal, by expanding the difference."""
    got, wanted = np.asarray(got, dtype=object), np.asarray(wanted, dtype=object)
    assert got.shape == wanted.shape
    for one, other in zip(got.flat, wanted.flat, strict=True):
        difference = sympy.nsimplify(sympy.expand(one - other), rational=True)
        assert difference == 0, f"{one} is not {other}"


class Network:
    """The symbols of one network, and its loss through the functions of the derivation."""

    def __init__(self, widths: Sequence[int]) -> None:
        self.widths, self.depth = widths, len(widths) - 1
        self.x, self.y = symbols("x", EXAMPLES, widths[0]), symbols("y", EXAMPLES, widths[-1])
        self.w = [symbols(f"w{m}", *shape) for m, shape in enumerate(pairwise(widths), start=1)]
        self.b = [symbols(f"b{m}", 1, d) for m, d in enumerate(widths[1:], start=1)]

    def forward(self, start: int = 0, z: Any = None, a: Any = None) -> tuple[list[Any], list[Any]]:
        """Compute every z and a from layer start on, whose a, or z, is given."""
        zs, activity = ([] if z is None else [z]), [phi(z) if z is not None else self.x if a is None else a]
        for w, b in zip(self.w[start:], self.b[start:], strict=True):
            zs.append(derivation.preactivation(activity[-1], w, b))
            activity.append(derivation.activation(zs[-1], phi))
        return zs, activity

    def loss_of(self, y_hat: Any) -> Any:
        """The mean squared error, written down here."""
        return sum(((y_hat - self.y) ** 2).flat) / self.y.size

    def deltas(self, step: Steps, zs: Sequence[Any], y_hat: Any, start: int) -> list[Any]:
        """Compute δ of the layers from start on, by the functions, from the output backward."""
        delta = [step.output_delta(phi_derivative(zs[-1]), step.mse_derivative(self.y, y_hat))]
        for z, w in zip(zs[-2::-1], self.w[:start:-1], strict=True):
            delta.insert(0, step.hidden_delta(phi_derivative(z), delta[0], w))
        return delta


def networks() -> Iterator[Network]:
    yield from map(Network, NETWORKS)


# 1 Gradient descent


@proves("theta")
def _(step: Steps) -> None:
    w, b = symbols("w", 2, 3), symbols("b", 1, 3)
    theta = step.parameter_vector([w, b])
    same(theta, [*w.flat, *b.flat])


@proves("gradient-descent-step")
def _(step: Steps) -> None:
    theta, gradient, eta = symbols("t", 3), symbols("g", 3), sympy.Symbol("eta")
    same(step.gradient_descent_step(theta, gradient, eta), [t - eta * g for t, g in zip(theta, gradient, strict=True)])


@proves("decrease", through_the_body=False)
def _(step: Steps) -> None:
    eta = sympy.Symbol("eta")
    theta = symbols("t", 2)
    value = sympy.Function("L")(*theta)
    gradient = by(value, theta)
    moved = value.subs(dict(zip(theta, theta - eta * gradient, strict=True)), simultaneous=True)
    same(sympy.diff(moved, eta).subs(eta, 0).doit(), -sum(gradient**2))


# 2 Numerical derivatives

X, H, F0, F1, F2, F3, F4 = sympy.symbols("x h f0 f1 f2 f3 f4", real=True)


def taylor(at: Any) -> Any:
    """A function with given derivatives at 0, to the fourth."""
    return F0 + F1 * at + F2 * at**2 / 2 + F3 * at**3 / 6 + F4 * at**4 / 24


@proves("central-difference", through_the_body=False)
def _(step: Steps) -> None:
    same((taylor(H) - taylor(-H)) / (2 * H) - F1, F3 / 6 * H**2)


@proves("complex-step", through_the_body=False)
def _(step: Steps) -> None:
    same(sympy.im(sympy.expand(taylor(sympy.I * H))) / H - F1, -F3 / 6 * H**2)


@proves("forward-difference", through_the_body=False)
def _(step: Steps) -> None:
    error = sympy.expand((taylor(H) - taylor(0)) / H - F1)
    same(error.coeff(H, 1), F2 / 2)
    assert error.coeff(H, 0) == 0


@proves("finite-difference-error")
def _(step: Steps) -> None:
    u = sympy.Symbol("u", positive=True)  # the rounding error of one value of f
    truncation = (taylor(H) - taylor(-H)) / (2 * H) - F1
    same(step.finite_difference_error(H, F3 / 6, 2, u), truncation + 2 * u / (2 * H))


@proves("optimal-step-size", through_the_body=False)
def _(step: Steps) -> None:
    c, p, r, h = sympy.symbols("c p r h", positive=True)
    error, balanced = c * h**p + r / h, {r: p * c * h ** (p + 1)}  # so that h is (r/pc)^(1/(p+1))
    assert sympy.powdenest(((r / (p * c)) ** (1 / (p + 1))).subs(balanced)) == h
    assert sympy.simplify(sympy.diff(error, h).subs(balanced)) == 0
    assert sympy.simplify((error - (1 + 1 / p) * r / h).subs(balanced)) == 0


@proves("relu-central-difference", through_the_body=False)
def _(step: Steps) -> None:
    ahead, behind = sympy.symbols("ahead behind", positive=True)  # z + h and −(z − h): both positive within reach
    z, h = (ahead - behind) / 2, (ahead + behind) / 2
    measured = (sympy.Max(0, sympy.expand(z + h)) - sympy.Max(0, sympy.expand(z - h))) / (2 * h)
    assert sympy.simplify(measured - (1 + z / h) / 2) == 0


# 3 Loss


@proves("mse-contributions")
def _(step: Steps) -> None:
    y, y_hat = symbols("y", 2, 2), symbols("p", 2, 2)
    same(step.mse_contributions(y, y_hat), [sum((y_hat[n] - y[n]) ** 2) / 4 for n in range(2)])


@proves("total-loss")
def _(step: Steps) -> None:
    shares = symbols("c", 3)
    same(step.total_loss(shares), shares[0] + shares[1] + shares[2])


@proves("sum-gradients")
def _(step: Steps) -> None:
    w = symbols("w", 2, 3)
    shares = [sympy.Function(f"C{n}")(*w.flat) for n in range(3)]
    same(step.sum_gradients(np.array([by(c, w) for c in shares])), by(sum(shares), w))


@proves("mean-and-sum")
def _(step: Steps) -> None:
    eta, n, w = sympy.Symbol("eta"), sympy.Symbol("N", positive=True), sympy.Symbol("w")
    mean = sympy.Function("L")(w)
    same(step.learning_rate_for_sum(eta, n) * sympy.diff(n * mean, w), eta * sympy.diff(mean, w))


@proves("mse-derivative")
def _(step: Steps) -> None:
    y, y_hat = symbols("y", 2, 2), symbols("p", 2, 2)
    same(step.mse_derivative(y, y_hat), by(sum(derivation.mse_contributions(y, y_hat)), y_hat))


@proves("binary-cross-entropy")
def _(step: Steps) -> None:
    y, p = symbols("y", 2, 2), symbols("p", 2, 2, positive=True)
    terms = [[y[n, k] * sympy.log(p[n, k]) + (1 - y[n, k]) * sympy.log(1 - p[n, k]) for k in (0, 1)] for n in (0, 1)]
    same(step.bce_contributions(y, p), [-sum(row) / 4 for row in terms])


@proves("bce-derivative")
def _(step: Steps) -> None:
    y, p = symbols("y", 2, 2), symbols("p", 2, 2, positive=True)
    difference = step.bce_derivative(y, p) - by(sum(derivation.bce_contributions(y, p)), p)
    same(entrywise(sympy.cancel)(difference), np.zeros((2, 2), dtype=int))


@proves("cross-entropy")
def _(step: Steps) -> None:
    y, p = symbols("y", 2, 3), symbols("p", 2, 3, positive=True)
    wanted = [-sum(y[n, k] * sympy.log(p[n, k]) for k in range(3)) / 2 for n in (0, 1)]
    same(step.cross_entropy_contributions(y, p), wanted)
    y, p = symbols("y", 2, 1), symbols("p", 2, 1, positive=True)  # two classes are the binary one
    two = step.cross_entropy_contributions(np.hstack([y, 1 - y]), np.hstack([p, 1 - p]))
    same(two, derivation.bce_contributions(y, p))


@proves("cross-entropy-derivative")
def _(step: Steps) -> None:
    y, p = symbols("y", 2, 3), symbols("p", 2, 3, positive=True)
    same(step.cross_entropy_derivative(y, p), by(sum(derivation.cross_entropy_contributions(y, p)), p))


# 4 Activations

Z = sympy.Symbol("z", real=True)
ON, OFF = sympy.Symbol("on", positive=True), sympy.Symbol("off", negative=True)
SIGMOID = 1 / (1 + sympy.exp(-Z))
TANH = (sympy.exp(Z) - sympy.exp(-Z)) / (sympy.exp(Z) + sympy.exp(-Z))


def at(function: Any, z: Any = Z) -> Any:
    """Call a function of the derivation on one symbol."""
    return np.asarray(function(np.array([z], dtype=object)), dtype=object)[0]


def equal(got: Any, wanted: Any) -> None:
    assert sympy.simplify((got - wanted).rewrite(sympy.exp)) == 0


@proves("sigmoid")
def _(step: Steps) -> None:
    equal(at(step.sigmoid), SIGMOID)


@proves("sigmoid-derivative")
def _(step: Steps) -> None:
    equal(at(step.sigmoid_derivative), sympy.diff(SIGMOID, Z))


@proves("sigmoid-derivative-from-output")
def _(step: Steps) -> None:
    equal(at(step.sigmoid_derivative_from_output, SIGMOID), sympy.diff(SIGMOID, Z))
    a = sympy.Symbol("a", real=True)
    same(sympy.Rational(1, 4) - at(derivation.sigmoid_derivative_from_output, a), (a - sympy.Rational(1, 2)) ** 2)


@proves("tanh")
def _(step: Steps) -> None:
    equal(at(step.tanh), TANH)
    equal(TANH, 2 * SIGMOID.subs(Z, 2 * Z) - 1)


@proves("tanh-derivative")
def _(step: Steps) -> None:
    equal(at(step.tanh_derivative), sympy.diff(TANH, Z))


@proves("tanh-derivative-from-output")
def _(step: Steps) -> None:
    equal(at(step.tanh_derivative_from_output, TANH), sympy.diff(TANH, Z))


@proves("relu")
def _(step: Steps) -> None:
    assert (at(step.relu, ON), at(step.relu, OFF)) == (ON, 0)


@proves("relu-derivative")
def _(step: Steps) -> None:
    assert (at(step.relu_derivative, ON), at(step.relu_derivative, OFF)) == (1, 0)


@proves("identity")
def _(step: Steps) -> None:
    assert at(step.identity) == Z


@proves("identity-derivative")
def _(step: Steps) -> None:
    assert at(step.identity_derivative) == sympy.diff(Z, Z)


@proves("leaky-relu")
def _(step: Steps) -> None:
    alpha = sympy.Symbol("alpha")
    assert (at(lambda z: step.leaky_relu(z, alpha), ON), at(lambda z: step.leaky_relu(z, alpha), OFF)) == (
        ON,
        alpha * OFF,
    )


@proves("leaky-relu-derivative")
def _(step: Steps) -> None:
    alpha = sympy.Symbol("alpha")
    assert (
        at(lambda z: step.leaky_relu_derivative(z, alpha), ON),
        at(lambda z: step.leaky_relu_derivative(z, alpha), OFF),
    ) == (
        1,
        alpha,
    )


@proves("softplus")
def _(step: Steps) -> None:
    for z in (ON, OFF):
        assert sympy.simplify(sympy.exp(at(step.softplus, z)) - (1 + sympy.exp(z))) == 0


@proves("softplus-derivative")
def _(step: Steps) -> None:
    equal(at(step.softplus_derivative), sympy.diff(sympy.log(1 + sympy.exp(Z)), Z))


@proves("silu")
def _(step: Steps) -> None:
    equal(at(step.silu), Z * SIGMOID)


@proves("silu-derivative")
def _(step: Steps) -> None:
    equal(at(step.silu_derivative), sympy.diff(Z * SIGMOID, Z))


def softmax_of(z: Any) -> Any:
    e = SymbolicNumPy.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def simple(difference: Any) -> None:
    for entry in np.ravel(difference):
        assert sympy.simplify(entry) == 0


@proves("log-sum-exp")
def _(step: Steps) -> None:
    z = symbols("z", 2, 3)
    e = SymbolicNumPy.exp(step.logsumexp(z))
    simple(entrywise(sympy.expand)(e) - SymbolicNumPy.exp(z).sum(axis=-1))


@proves("softmax")
def _(step: Steps) -> None:
    z = symbols("z", 2, 3)
    simple(step.softmax(z) - softmax_of(z))
    simple(step.softmax(z) - by(sum(derivation.logsumexp(z)), z))
    simple(step.softmax(z + sympy.Symbol("c")) - softmax_of(z))
    simple(step.softmax(np.array([[Z, sympy.Integer(0)]], dtype=object))[0, 0] - SIGMOID)


@proves("softmax-jacobian")
def _(step: Steps) -> None:
    z = symbols("z", 3)
    a = softmax_of(z)
    simple(step.softmax_jacobian(a) - np.array([by(a[k], z) for k in range(3)]))


# 5 Forward pass


@proves("weighted-sum")
def _(step: Steps) -> None:
    a, w, b = symbols("a", 3), symbols("w", 3), sympy.Symbol("b")
    same(step.weighted_sum(a, w, b), a[0] * w[0] + a[1] * w[1] + a[2] * w[2] + b)


@proves("preactivation")
def _(step: Steps) -> None:
    a, w, b = symbols("a", 2, 3), symbols("w", 3, 2), symbols("b", 1, 2)
    units = [[derivation.weighted_sum(a[n], w[:, j], b[0, j]) for j in range(2)] for n in range(2)]
    same(step.preactivation(a, w, b), units)


@proves("activation")
def _(step: Steps) -> None:
    z = symbols("z", 2, 3)
    same(step.activation(z, phi), [[Sigma(entry) for entry in row] for row in z])


@proves("forward-gradient")
def _(step: Steps) -> None:
    a, w, b = symbols("a", 3), symbols("w", 3), sympy.Symbol("b")
    same(step.forward_gradient(a), by(derivation.weighted_sum(a, w, b), w))


@proves("bias-column")
def _(step: Steps) -> None:
    a, w, b = symbols("a", 2, 3), symbols("w", 3, 2), symbols("b", 1, 2)
    same(step.append_ones(a) @ np.concatenate([w, b]), derivation.preactivation(a, w, b))


# 6 Chain rule


@proves("chain-rule")
def _(step: Steps) -> None:
    w, x = sympy.symbols("w x", real=True)
    same(step.chain_rule(x, SigmaDerivative(w * x)), sympy.diff(Sigma(w * x), w))


@proves("multivariable-chain-rule")
def _(step: Steps) -> None:
    a, u, v = sympy.symbols("a u v", real=True)
    first, second = sympy.Function("f")(a), sympy.Function("g")(a)
    cost = sympy.Function("C")(u, v)
    there = {u: first, v: second}
    dc_dz = np.array([sympy.diff(cost, k).subs(there, simultaneous=True) for k in (u, v)])
    dz_da = np.array([sympy.diff(first, a), sympy.diff(second, a)])
    wanted = sympy.diff(cost.subs(there, simultaneous=True), a)
    assert sympy.simplify((step.multivariable_chain_rule(dz_da, dc_dz) - wanted).doit()) == 0


@proves("backward-gradient")
def _(step: Steps) -> None:
    z, other = symbols("z", 2, 3), symbols("c", 2, 3)
    cost = sum((other * phi(z) ** 3).flat)
    same(step.backward_gradient(phi_derivative(z), 3 * other * phi(z) ** 2), by(cost, z))


# 7 and 8 The way back, in the whole network


@proves("output-delta-unit")
def _(step: Steps) -> None:
    z, y = sympy.symbols("z y", real=True)
    same(step.output_delta_unit(z, 2 * (Sigma(z) - y)), sympy.diff((Sigma(z) - y) ** 2, z))


@proves("output-delta")
def _(step: Steps) -> None:
    for net in networks():
        z = symbols("z", EXAMPLES, net.widths[-1])
        delta = step.output_delta(phi_derivative(z), derivation.mse_derivative(net.y, phi(z)))
        same(delta, by(net.loss_of(phi(z)), z))


@proves("bce-from-logits")
def _(step: Steps) -> None:
    y, z = symbols("y", 2, 2), symbols("z", 2, 2)
    alone = entrywise(lambda y, z: step.bce_contributions_from_logits(np.array([[y]]), np.array([[z]]))[0])
    same(step.bce_contributions_from_logits(y, z), alone(y, z).sum(axis=-1) / 4)
    label = y[0, 0]
    for number in (ON, OFF):  # the body uses a maximum, and is linear in the label
        cost = alone(label, number)[()]
        assert sympy.diff(cost, label, 2) == 0
        y_hat = 1 / (1 + sympy.exp(-number))
        for value, wanted in ((1, y_hat), (0, 1 - y_hat)):
            assert sympy.simplify(sympy.exp(-cost.subs(label, value)) - wanted) == 0


@proves("output-delta-sigmoid-bce")
def _(step: Steps) -> None:
    y, z = symbols("y", 2, 2), symbols("z", 2, 2)
    y_hat = 1 / (1 + SymbolicNumPy.exp(-z))
    cost = -sum((y * SymbolicNumPy.log(y_hat) + (1 - y) * SymbolicNumPy.log(1 - y_hat)).flat) / 4
    for got, wanted in zip(step.output_delta_sigmoid_bce(y, y_hat).flat, by(cost, z).flat, strict=True):
        assert sympy.simplify(got - wanted) == 0
    p = symbols("p", 2, 2, positive=True)
    long_way = derivation.output_delta(p * (1 - p), derivation.bce_derivative(y, p))
    same(step.output_delta_sigmoid_bce(y, p), entrywise(sympy.cancel)(long_way))


@proves("output-delta-jacobian")
def _(step: Steps) -> None:
    z, w, y = symbols("z", 2, 3), symbols("w", 3, 3), symbols("y", 2, 3)
    y_hat = phi(z @ w)
    jacobian = np.array([[by(one, row) for one in answers] for answers, row in zip(y_hat, z, strict=True)])
    same(step.output_delta_jacobian(jacobian, 2 * (y_hat - y)), by(sum(((y_hat - y) ** 2).flat), z))


@proves("cross-entropy-from-logits")
def _(step: Steps) -> None:
    y, z = symbols("y", 2, 3), symbols("z", 2, 3)
    y[:, 2] = 1 - y[:, 0] - y[:, 1]  # the targets of an example sum to 1
    exponentials = SymbolicNumPy.exp(z)
    wanted = -(y * SymbolicNumPy.log(exponentials / exponentials.sum(axis=-1, keepdims=True))).sum(axis=-1) / 2
    difference = step.cross_entropy_contributions_from_logits(y, z) - wanted
    simple([sympy.expand_log(entry, force=True) for entry in difference])


@proves("output-delta-softmax-cross-entropy")
def _(step: Steps) -> None:
    y, z = symbols("y", 2, 3), symbols("z", 2, 3)
    y[:, 2] = 1 - y[:, 0] - y[:, 1]  # the targets of an example sum to 1
    cost = -sum((y * SymbolicNumPy.log(softmax_of(z))).flat) / 2
    simple(step.output_delta_softmax_cross_entropy(y, softmax_of(z)) - by(cost, z))
    p = symbols("p", 2, 3, positive=True)
    long_way = derivation.output_delta_jacobian(
        derivation.softmax_jacobian(p), derivation.cross_entropy_derivative(y, p)
    )
    simple(step.output_delta_softmax_cross_entropy(y, p) - entrywise(sympy.nsimplify)(long_way))
    simple(step.output_delta_softmax_cross_entropy(y, p) - 3 * derivation.output_delta_sigmoid_bce(y, p))


@proves("activation-gradient-unit")
def _(step: Steps) -> None:
    a, w, cost = symbols("a", 3), symbols("w", 3, 2), Sigma
    total = sum(cost(z) for z in a @ w)
    delta = phi_derivative(a @ w)
    same([step.activation_gradient_unit(w[j], delta) for j in range(3)], by(total, a))


@proves("hidden-delta-unit")
def _(step: Steps) -> None:
    z, w3, w4, b1, b2 = sympy.symbols("z w3 w4 b1 b2", real=True)
    first, second = w3 * Sigma(z) + b1, w4 * Sigma(z) + b2
    derived = step.hidden_delta_unit(z, w3, w4, 2 * first, SigmaDerivative(second))
    same(derived, sympy.diff(first**2 + Sigma(second), z))


@proves("activation-gradient")
def _(step: Steps) -> None:
    for net in networks():
        for layer in range(1, net.depth):
            a = symbols("a", EXAMPLES, net.widths[layer])
            zs, activity = net.forward(layer, a=a)
            delta = net.deltas(derivation, zs, activity[-1], layer)
            same(step.activation_gradient(delta[0], net.w[layer]), by(net.loss_of(activity[-1]), a))


@proves("hidden-delta")
def _(step: Steps) -> None:
    for net in networks():
        for layer in range(1, net.depth):
            z = symbols("z", EXAMPLES, net.widths[layer])
            zs, activity = net.forward(layer, z=z)
            delta = net.deltas(step, zs, activity[-1], layer - 1)
            same(delta[0], by(net.loss_of(activity[-1]), z))


@proves("unrolled")
def _(step: Steps) -> None:
    for net in networks():
        z = symbols("z", EXAMPLES, net.widths[1])
        zs, activity = net.forward(1, z=z)
        delta = net.deltas(derivation, zs, activity[-1], 0)
        for n in range(EXAMPLES):
            derivatives = [phi_derivative(one[n]) for one in zs[-2::-1]]
            same(step.unrolled_delta(derivatives, net.w[:0:-1], delta[-1][n]), by(net.loss_of(activity[-1]), z[n]))


# 9 Gradients of the parameters, in the whole network


def gradients(net: Network, step: Steps) -> Iterator[tuple[int, Any, Any]]:
    """For each layer its number, its input and its δ, as the functions find them."""
    zs, activity = net.forward()
    yield from zip(range(net.depth), activity, net.deltas(step, zs, activity[-1], 0), strict=False)


@proves("weight-gradient-example")
def _(step: Steps) -> None:
    a, w, y = symbols("a", 3), symbols("w", 3, 2), symbols("y", 2)
    z = a @ w
    cost = sum((phi(z) - y) ** 2)
    same(step.weight_gradient_example(a, 2 * (phi(z) - y) * phi_derivative(z)), by(cost, w))


@proves("weight-gradient")
def _(step: Steps) -> None:
    for net in networks():
        cost = net.loss_of(net.forward()[1][-1])
        for layer, a, delta in gradients(net, derivation):
            gradient = step.weight_gradient(a, delta)
            same(gradient, by(cost, net.w[layer]))
            one_by_one = [derivation.weight_gradient_example(a[n], delta[n]) for n in range(EXAMPLES)]
            same(gradient, derivation.sum_gradients(np.array(one_by_one)))


@proves("bias-gradient")
def _(step: Steps) -> None:
    for net in networks():
        cost = net.loss_of(net.forward()[1][-1])
        for layer, a, delta in gradients(net, derivation):
            same(step.bias_gradient(delta), by(cost, net.b[layer]))
            same(step.bias_gradient(delta), derivation.weight_gradient(derivation.append_ones(a), delta)[-1:])


@proves("simultaneous-update")
def _(step: Steps) -> None:
    eta = sympy.Symbol("eta")
    old, derivatives = [symbols("w", 2, 3), symbols("v", 3, 1)], [symbols("g", 2, 3), symbols("k", 3, 1)]
    for new, w, g in zip(step.simultaneous_update(old, derivatives, eta), old, derivatives, strict=True):
        same(new, w - eta * g)


@proves("backpropagation-cost")
def _(step: Steps) -> None:
    n, *d = sympy.symbols("N d0 d1 d2 d3", positive=True)
    for_weights, for_deltas = d[0] * d[1] + d[1] * d[2] + d[2] * d[3], d[1] * d[2] + d[2] * d[3]
    same(step.backpropagation_cost(d, n), n * (for_weights + for_deltas))
    same(2 * n * for_weights - derivation.backpropagation_cost(d, n), n * d[0] * d[1])  # positive


# 10 Consequences


@proves("collapse-linear-layers")
def _(step: Steps) -> None:
    x, weights = symbols("x", 2, 2), [symbols("u", 2, 3), symbols("v", 3, 2), symbols("w", 2, 1)]
    same(x @ step.collapse_linear_layers(weights), reduce(np.matmul, weights, x))


@proves("least-squares-minimum", through_the_body=False)
def _(step: Steps) -> None:
    x, y, w = symbols("x", 2, 2), symbols("y", 2, 2), symbols("w", 2, 2)
    cost = sum(((x @ w - y) ** 2).flat) / 4
    same(by(cost, w), 2 * (x.T @ x @ w - x.T @ y) / 4)  # zero exactly where the normal equations hold


@proves("stability-threshold", through_the_body=False)
def _(step: Steps) -> None:
    x, y, start, floor = symbols("x", 2, 2), symbols("y", 2, 1), symbols("w", 2, 1), symbols("v", 2, 1)
    eta, curvature = sympy.Symbol("eta"), 2 * x.T @ x / 2

    def derivative(w: Any) -> Any:
        return derivation.weight_gradient(x, derivation.mse_derivative(y, x @ w))

    moved = derivation.gradient_descent_step(
        start, derivative(start) - derivative(floor), eta
    )  # at the floor the slope is zero
    same(moved - floor, (np.eye(2, dtype=int) - eta * curvature) @ (start - floor))


@proves("dead-unit", through_the_body=False)
def _(step: Steps) -> None:
    x, delta, w = symbols("x", 2, 2), symbols("d", 2, 3), symbols("w", 2, 3)
    derivative = phi_derivative(symbols("z", 2, 2))
    derivative[:, 1] = 0  # the second unit is off for both examples
    sent = derivation.hidden_delta(derivative, delta, w)
    assert not sent[:, 1].any()
    assert not derivation.weight_gradient(x, sent)[:, 1].any()


@proves("symmetry", through_the_body=False)
def _(step: Steps) -> None:
    x, delta = symbols("x", 2, 2), symbols("d", 2, 2)
    w_in, w_out = np.repeat(symbols("w", 2, 1), 2, axis=1), np.repeat(symbols("v", 1, 2), 2, axis=0)
    z = derivation.preactivation(x, w_in, np.repeat(symbols("b", 1, 1), 2, axis=1))
    sent = derivation.hidden_delta(phi_derivative(z), delta, w_out)
    same(phi(z)[:, 0], phi(z)[:, 1])
    same(sent[:, 0], sent[:, 1])
    same(derivation.weight_gradient(x, sent)[:, 0], derivation.weight_gradient(x, sent)[:, 1])
    same(derivation.bias_gradient(sent)[:, 0], derivation.bias_gradient(sent)[:, 1])
    same(derivation.weight_gradient(phi(z), delta)[0], derivation.weight_gradient(phi(z), delta)[1])


# Every equation has a proof, and every proof through a body depends on it


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.label)
def test_proof(proof: Proof) -> None:
    proof.run(derivation)


def doubled(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [doubled(one) for one in value]
    return 2 * np.asarray(value, dtype=object) if isinstance(value, np.ndarray) else 2 * value


@pytest.mark.parametrize("proof", [p for p in PROOFS if p.through_the_body], ids=lambda proof: proof.label)
def test_the_proof_fails_for_another_body(proof: Proof) -> None:
    name = homes()[proof.label]
    function = getattr(derivation, name)
    spoiled = SimpleNamespace(**{one: getattr(derivation, one) for one in derivation.__all__})
    setattr(spoiled, name, lambda *arguments: doubled(function(*arguments)))
    with pytest.raises(AssertionError):
        proof.run(spoiled)


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    (
        "hidden-delta",
        "hidden_delta",
        lambda derivative, d, w: derivative * (d @ (w if w.shape[0] == w.shape[1] else w.T)),
    ),
    ("hidden-delta", "hidden_delta", lambda derivative, d, w: d @ w.T),
    ("hidden-delta", "hidden_delta", lambda derivative, d, w: derivative * (d[:, -1:] @ w[:, -1:].T)),
    ("output-delta", "output_delta", lambda derivative, dl_dy_hat: dl_dy_hat),
    ("weight-gradient", "weight_gradient", lambda a, d: a.T @ d / len(a)),
    ("bias-gradient", "bias_gradient", lambda d: d[:1]),
    ("output-delta-sigmoid-bce", "output_delta_sigmoid_bce", lambda y, p: p * (1 - p) * (p - y) / y.size),
    ("output-delta-softmax-cross-entropy", "output_delta_softmax_cross_entropy", lambda y, p: (p - y) / y.size),
    ("output-delta-jacobian", "output_delta_jacobian", lambda j, d: np.sum(j * d[..., None, :], axis=-1)),
    ("softmax-jacobian", "softmax_jacobian", lambda a: np.eye(len(a), dtype=int) * a * (1 - a)),
]


@pytest.mark.parametrize(("label", "function", "mistake"), MISTAKES, ids=[one[0] for one in MISTAKES])
def test_the_proof_fails_for_a_mistake(label: str, function: str, mistake: Callable[..., Any]) -> None:
    spoiled = SimpleNamespace(**{one: getattr(derivation, one) for one in derivation.__all__})
    setattr(spoiled, function, mistake)
    (proof,) = (p for p in PROOFS if p.label == label)
    with pytest.raises(AssertionError):
        proof.run(spoiled)


def test_every_equation_is_proven_or_listed_with_the_reason() -> None:
    labels = [proof.label for proof in PROOFS]
    assert len(set(labels)) == len(labels)
    assert sorted([*labels, *NOT_PROVEN]) == sorted(homes())
    assert all(NOT_PROVEN.values())
