"""Gradients of random networks against three opinions that know nothing of the derivation.

HIPS autograd and the complex step agree to the last digits, the central difference to about nine. Widths are distinct,
so that no transpose fits by chance. The oracle's network is in `tests/oracle.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count, islice, pairwise
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

import backprop
from backprop import derivation as step
from backprop import network
from tests.oracle import apart, by_central_difference, by_complex_step, loss_of

ACTIVATIONS = [phi.name for phi in network.ACTIVATIONS.values() if phi.elementwise]
DEPTHS = [1, 2, 3, 4]
KINKED = ["relu", "leaky_relu"]
ANALYTIC = [name for name in ACTIVATIONS if name not in KINKED]
OUTPUTS = [(name, "mse") for name in network.ACTIVATIONS]
OUTPUTS += [("sigmoid", "binary_cross_entropy"), ("softmax", "cross_entropy")]

#: How many networks are drawn for each depth and output.
NETWORKS = 60


class Case(NamedTuple):
    seed: int
    model: backprop.Model
    X: np.ndarray
    y: np.ndarray
    loss: str
    names: list[str]

    @property
    def gradients(self) -> list[np.ndarray]:
        """The package's answer: weights, then biases."""
        weights, biases = self.model.backward(self.model.forward(self.X), self.y, self.loss)
        return [*weights, *(biases or ())]

    @property
    def parameters(self) -> list[np.ndarray]:
        return list(self.model.parameters)

    def oracle(self, xp: Any, parameters: Sequence[Any], shifts: Sequence[Any] | None = None) -> Any:
        """The oracle's loss as a function of the parameters."""
        depth = len(self.names)
        biases = parameters[depth:] if self.model.biases else None
        return loss_of(xp, self.X, self.y, parameters[:depth], biases, self.names, self.loss, shifts)

    def measured(self, measure: Callable[..., np.ndarray]) -> list[np.ndarray]:
        """The gradients by a numerical derivative of the oracle."""
        p = self.parameters

        def loss(k: int, changed: Any) -> Any:
            return self.oracle(np, [*p[:k], changed, *p[k + 1 :]])

        return [measure(partial(loss, k), p[k], stacked=True) for k in range(len(p))]


def draw(depth: int, output: tuple[str, str], seed: int, pool: list[str]) -> Case:
    """Draw a network of that many weight layers, hidden activations of the pool, and 1 to 50 examples."""
    rng = np.random.default_rng(seed)
    widths = [int(d) for d in rng.permutation(np.arange(1, 8))[: depth + 1]]
    if output[0] == "softmax" and widths[-1] == 1:  # one class has no alternative
        widths[-1] = 8
    names = [*(str(name) for name in rng.choice(pool, size=depth - 1)), output[0]]
    weights = [rng.normal(size=(i, o)) / np.sqrt(i) for i, o in pairwise(widths)]
    biases = [rng.normal(size=o) / 2 for o in widths[1:]] if seed % 2 else None
    n = int(rng.integers(2, 51)) if seed > 3 else 1
    X = rng.uniform(0.2, 1, size=(n, widths[0])) * rng.choice([-1, 1], size=(n, widths[0]))
    y = rng.normal(size=(n, widths[-1]))
    if output[1] == "binary_cross_entropy":  # half of them with hard labels, half with probabilities
        y = np.where(y > 0, 1.0, 0.0) if rng.uniform() < 0.5 else rng.uniform(size=y.shape)
    if output[1] == "cross_entropy":  # half of them one-hot, half with probabilities
        hard = rng.uniform() < 0.5
        y = np.eye(widths[-1])[y.argmax(axis=1)] if hard else rng.dirichlet(np.ones(widths[-1]), size=n)
    return Case(seed, backprop.Model(weights, biases, names), X, y, output[1], names)


def far_from_kinks(case: Case) -> bool:
    """No ReLU, leaky or not, sits near 0. Exactly 0, behind dead units, is no kink: no small step leaves it."""
    z = [z for z, name in zip(case.model.forward(case.X).z, case.names, strict=True) if name in KINKED]
    return all(np.abs(one[one != 0]).min(initial=1.0) > 2e-4 for one in z)


def drawn(depth: int, output: tuple[str, str], pool: list[str]) -> Iterator[Case]:
    """Draw networks, half of them with biases, none near a kink."""
    return islice(filter(far_from_kinks, (draw(depth, output, seed, pool) for seed in count())), NETWORKS)


@pytest.mark.parametrize("output", OUTPUTS, ids="-".join)
@pytest.mark.parametrize("depth", DEPTHS)
def test_autograd(depth: int, output: tuple[str, str]) -> None:
    for case in drawn(depth, output, ACTIVATIONS):
        trace = case.model.forward(case.X)
        shifts = [np.zeros_like(z) for z in trace.z]
        loss = case.model.loss(trace, case.y, case.loss)
        assert loss == pytest.approx(case.oracle(np, case.parameters), rel=1e-12), case.seed

        gradients, deltas = grad(lambda p, s, case=case: case.oracle(anp, p, s), (0, 1))(case.parameters, shifts)
        for got, wanted in zip(case.gradients, gradients, strict=True):
            assert apart(got, wanted) < 1e-10, case.seed
        for got, wanted in zip(case.model.deltas(trace, case.y, case.loss), deltas, strict=True):
            assert apart(got, wanted) < 1e-10, case.seed


@pytest.mark.parametrize("output", [o for o in OUTPUTS if o[0] not in KINKED], ids="-".join)
@pytest.mark.parametrize("depth", DEPTHS)
def test_complex_step(depth: int, output: tuple[str, str]) -> None:
    for case in drawn(depth, output, ANALYTIC):
        for got, wanted in zip(case.gradients, case.measured(by_complex_step), strict=True):
            assert apart(got, wanted) < 1e-10, case.seed


@pytest.mark.parametrize("output", OUTPUTS, ids="-".join)
@pytest.mark.parametrize("depth", DEPTHS)
def test_central_difference(depth: int, output: tuple[str, str]) -> None:
    for case in drawn(depth, output, ACTIVATIONS):
        got, wanted = (
            np.concatenate([g.ravel() for g in gs]) for gs in (case.gradients, case.measured(by_central_difference))
        )
        assert apart(got, wanted) < 1e-6, case.seed


@pytest.mark.parametrize("n", [1, 4, 50])
def test_several_outputs_average_over_examples_and_outputs(n: int) -> None:
    rng = np.random.default_rng(n)
    w, X, y = rng.normal(size=(2, 3)), rng.normal(size=(n, 2)), rng.normal(size=(n, 3))
    model = backprop.Model([w], activations="identity")
    trace = model.forward(X)
    assert model.loss(trace, y) == pytest.approx(np.mean((X @ w - y) ** 2), rel=1e-14)
    by_hand = sum(2 * np.outer(X[i], X[i] @ w - y[i]) for i in range(n)) / (n * 3)
    assert apart(model.backward(trace, y).weights[0], by_hand) < 1e-14


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
@pytest.mark.parametrize("bias", [False, True])
def test_layers_one_by_one_are_the_model(bias: bool, loss: str) -> None:
    X, y = backprop.xor()
    model = backprop.Model.random([2, 3, 5, 1], seed=1, activations=["tanh", "relu", "sigmoid"], bias=bias)
    layers, trace = model.layers, model.forward(X)

    a, z = [X], []
    for layer in layers:
        pair = layer.forward(a[-1])
        z.append(pair[0])
        a.append(pair[1])
    assert all(map(np.array_equal, z, trace.z))
    assert all(map(np.array_equal, a, trace.a))

    if loss == "binary_cross_entropy":
        deltas = [step.output_delta_sigmoid_bce(y, a[-1])]
    else:
        deltas = [step.output_delta(layers[-1].derivative(z[-1], a[-1]), step.mse_derivative(y, a[-1]))]
    for i in (1, 0):
        deltas.insert(0, layers[i].backward(z[i], a[i + 1], deltas[0], layers[i + 1].weights))
    assert all(map(np.array_equal, deltas, model.deltas(trace, y, loss)))

    gradients = model.backward(trace, y, loss)
    for i, layer in enumerate(layers):
        by_weight, by_bias = layer.gradients(a[i], deltas[i])
        assert np.array_equal(by_weight, gradients.weights[i])
        if gradients.biases is None:
            assert by_bias is None
        else:
            assert by_bias is not None
            assert np.array_equal(by_bias, gradients.biases[i])


# One set of functions for one network and for many: a leading axis changes not one bit.

S, N, IN, OUT = 3, 7, 4, 5
Z, A, ANSWERS = (S, N, OUT), (S, N, IN), (S, N, 2)
LEADING: list[tuple[Callable[..., Any], list[tuple[int, ...]]]] = [
    (step.sigmoid, [Z]),
    (step.sigmoid_derivative, [Z]),
    (step.sigmoid_derivative_from_output, [Z]),
    (step.tanh, [Z]),
    (step.tanh_derivative, [Z]),
    (step.tanh_derivative_from_output, [Z]),
    (step.relu, [Z]),
    (step.relu_derivative, [Z]),
    (step.identity, [Z]),
    (step.identity_derivative, [Z]),
    (step.leaky_relu, [Z]),
    (step.leaky_relu_derivative, [Z]),
    (step.softplus, [Z]),
    (step.softplus_derivative, [Z]),
    (step.silu, [Z]),
    (step.silu_derivative, [Z]),
    (step.logsumexp, [Z]),
    (step.softmax, [Z]),
    (step.softmax_jacobian, [Z]),
    (step.mse_contributions, [ANSWERS, ANSWERS]),
    (step.mse_derivative, [ANSWERS, ANSWERS]),
    (step.bce_contributions, [ANSWERS, ANSWERS]),
    (step.bce_derivative, [ANSWERS, ANSWERS]),
    (step.bce_contributions_from_logits, [ANSWERS, ANSWERS]),
    (step.cross_entropy_contributions_from_logits, [ANSWERS, ANSWERS]),
    (step.cross_entropy_contributions, [ANSWERS, ANSWERS]),
    (step.cross_entropy_derivative, [ANSWERS, ANSWERS]),
    (step.categorical_accuracy, [ANSWERS, ANSWERS]),
    (step.binary_accuracy, [ANSWERS, ANSWERS]),
    (step.total_loss, [(S, N)]),
    (step.preactivation, [A, (S, IN, OUT)]),
    (step.preactivation, [A, (S, IN, OUT), (S, 1, OUT)]),
    (step.forward_gradient, [A]),
    (step.append_ones, [A]),
    (step.chain_rule, [Z, Z]),
    (step.backward_gradient, [Z, Z]),
    (step.output_delta, [Z, Z]),
    (step.output_delta_sigmoid_bce, [ANSWERS, ANSWERS]),
    (step.output_delta_jacobian, [(S, N, OUT, OUT), Z]),
    (step.output_delta_softmax_cross_entropy, [ANSWERS, ANSWERS]),
    (step.activation_gradient, [Z, (S, IN, OUT)]),
    (step.hidden_delta, [A, Z, (S, IN, OUT)]),
    (step.weight_gradient, [A, Z]),
    (step.bias_gradient, [Z]),
    (step.gradient_descent_step, [Z, Z, (S, 1, 1)]),
    (step.dead_units, [Z]),
]


@pytest.mark.parametrize(("function", "shapes"), LEADING, ids=[f"{f.__name__}-{len(s)}" for f, s in LEADING])
def test_a_leading_axis_changes_no_bit(function: Callable[..., Any], shapes: list[tuple[int, ...]]) -> None:
    rng = np.random.default_rng(0)
    arguments = [rng.uniform(0.01, 0.99, size=shape) for shape in shapes]
    if function in (step.dead_units, step.relu, step.relu_derivative, step.leaky_relu, step.leaky_relu_derivative):
        arguments[0] -= 0.9
    one_by_one = [function(*(argument[s] for argument in arguments)) for s in range(S)]
    assert np.array_equal(function(*arguments), np.stack(one_by_one))


def test_an_ensemble_trains_bit_for_bit_as_its_members() -> None:
    X, y = backprop.xor()
    members = [backprop.Model.random([2, 3, 5, 1], seed=seed, bias=True) for seed in range(4)]
    etas = [0.1, 1.0, 3.0, 10.0]
    weights = [np.stack([m.weights[i] for m in members]) for i in range(3)]
    biases = [np.stack([m.biases[i] for m in members if m.biases]) for i in range(3)]
    eta = np.array(etas)[:, None, None]
    losses = []
    for _ in range(60):
        a = [X]
        for w, b in zip(weights, biases, strict=True):
            a.append(step.sigmoid(step.preactivation(a[-1], w, b)))
        losses.append(step.total_loss(step.mse_contributions(y, a[-1])))
        deltas = [step.output_delta(step.sigmoid_derivative_from_output(a[-1]), step.mse_derivative(y, a[-1]))]
        for i in (2, 1):
            deltas.insert(0, step.hidden_delta(step.sigmoid_derivative_from_output(a[i]), deltas[0], weights[i]))
        weights = list(step.simultaneous_update(weights, list(map(step.weight_gradient, a, deltas)), eta))
        biases = list(step.simultaneous_update(biases, list(map(step.bias_gradient, deltas)), eta))

    for s, (member, rate) in enumerate(zip(members, etas, strict=True)):
        run = backprop.train(member, X, y, eta=rate, epochs=60, engine="reference")
        assert np.array_equal(run.losses, np.array(losses)[:, s])
        assert all(np.array_equal(mine[s], alone) for mine, alone in zip(weights, run.model.weights, strict=True))
        assert all(np.array_equal(mine[s], alone) for mine, alone in zip(biases, run.model.biases or (), strict=True))


def test_the_exponent_of_the_sigmoid_is_clipped_at_700() -> None:
    assert step.sigmoid(np.array([-701.0, -1e4])).tolist() == [1 / (1 + np.exp(700.0))] * 2
    assert step.sigmoid(np.array(-699.0)) == 1 / (1 + np.exp(699.0))


@pytest.mark.parametrize(
    ("model", "y", "loss", "cost"),
    [
        (backprop.Model([[[60.0]]]), [[0], [1]], "binary_cross_entropy", 60.0),
        (backprop.Model([[[900.0, 0.0]]], activations="softmax"), [1, 0], "cross_entropy", 900.0),
    ],
)
def test_a_saturated_output_that_is_incorrect_has_a_loss_and_learns(
    model: backprop.Model, y: list[Any], loss: str, cost: float
) -> None:
    X = np.array([[1.0], [-1.0]])
    assert model.loss(model.forward(X), y, loss) == cost
    assert backprop.gradient_check(model, X, y, loss=loss).verdict == "agrees"
    run = backprop.train(model, X, y, eta=1.0, epochs=1000, loss=loss)
    assert run.diverged_at is None
    assert run.losses[0] == cost > 1000 * run.losses[-1]
