"""The names, shapes and behaviours that other tools rely on."""

import copy
import inspect
import pickle
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Activation, Gradients, Layer, Model, Run, Trace, derivation
from backprop.__main__ import main as program
from backprop.network import ACTIVATIONS

X, Y = backprop.xor()

#: How far numbers of two processes may be apart, relatively: NumPy's BLAS may have another kernel in each, and then the
#: last digits differ.
ACROSS = 1e-9


def same(first: Sequence[np.ndarray] | None, second: Sequence[np.ndarray] | None) -> bool:
    """Tell whether two lists of arrays are equal to the last bit."""
    if first is None or second is None:
        return first is second
    return len(first) == len(second) and all(map(np.array_equal, first, second))


def finite(model: Model) -> bool:
    return all(np.isfinite(p).all() for p in model.parameters)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "backprop", *arguments], capture_output=True, encoding="utf-8")


def defaults(function: Callable[..., Any]) -> dict[str, object]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.name != "self"}


# Names and signatures

REQUIRED = inspect.Parameter.empty


def test_names() -> None:
    names = {"Activation", "Gradients", "Layer", "Model", "Run", "Trace", "derivation", "linear", "train", "xor"}
    assert names <= set(backprop.__all__)
    assert all(hasattr(backprop, name) for name in backprop.__all__)


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (backprop.xor, {}),
        (backprop.linear, {"n": 100, "seed": 0}),
        (Model, {"weights": REQUIRED, "biases": None, "activations": "sigmoid"}),
        (Model.random, {"widths": REQUIRED, "seed": 0, "activations": "sigmoid", "bias": False}),
        (Model.forward, {"X": REQUIRED}),
        (Model.backward, {"trace": REQUIRED, "y": REQUIRED, "loss": "mse"}),
        (Model.loss, {"trace": REQUIRED, "y": REQUIRED, "loss": "mse"}),
        (Model.update, {"gradients": REQUIRED, "eta": REQUIRED}),
        (
            backprop.train,
            {"model": REQUIRED, "X": REQUIRED, "y": REQUIRED, "eta": REQUIRED, "epochs": REQUIRED, "loss": "mse"}
            | {"engine": "auto", "progress": None},
        ),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_signatures(function: Callable[..., Any], wanted: dict[str, object]) -> None:
    assert defaults(function) == wanted


# Data


def test_xor_points_and_their_order() -> None:
    points, labels = [], []
    for i in range(11):
        points.append([0.1 * i, 0.1 * i])
        labels.append([0.0])
        if i != 5:
            points.append([0.1 * i, 1 - 0.1 * i])
            labels.append([1.0])
    assert X.shape == (21, 2)
    assert Y.shape == (21, 1)
    assert X.dtype == Y.dtype == np.float64
    assert X.tolist() == points
    assert Y.tolist() == labels
    assert Y.sum() == 10


def test_xor_is_new_every_time() -> None:
    first, _ = backprop.xor()
    first[0] = 9.0
    assert backprop.xor()[0][0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("n", [1, 2, 100, 1000])
def test_linear_points_and_labels(n: int) -> None:
    x, y = backprop.linear(n, seed=3)
    assert x.shape == (n, 2)
    assert y.shape == (n, 1)
    assert x.dtype == y.dtype == np.float64
    assert x.min() >= 0
    assert x.max() <= 1
    assert y.ravel().tolist() == [0.0 if x1 > x2 else 1.0 for x1, x2 in x]


def test_linear_gives_a_tie_label_1(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ties:
        def uniform(self, low: float, high: float, size: tuple[int, int]) -> np.ndarray:
            return np.full(size, 0.5)

    monkeypatch.setattr("backprop.data.streams", lambda seed: (Ties(), None))
    assert backprop.linear(3)[1].tolist() == [[1.0], [1.0], [1.0]]


# Seeds


def test_the_same_seed_gives_the_same_data_and_weights() -> None:
    assert same(backprop.linear(50, seed=7), backprop.linear(50, seed=7))
    assert same(backprop.linear(), backprop.linear(100, seed=0))
    assert not same(backprop.linear(50, seed=7), backprop.linear(50, seed=8))
    assert same(Model.random([2, 3, 1], seed=7).weights, Model.random([2, 3, 1], seed=7).weights)
    assert not same(Model.random([2, 3, 1], seed=7).weights, Model.random([2, 3, 1], seed=8).weights)
    assert same(Model.random([2, 3, 1]).weights, Model.random([2, 3, 1], seed=0).weights)


def test_data_and_weights_come_from_separate_streams() -> None:
    for_data, for_weights = map(np.random.default_rng, np.random.SeedSequence(7).spawn(2))
    assert np.array_equal(backprop.linear(50, seed=7)[0], for_data.uniform(size=(50, 2)))
    assert np.array_equal(Model.random([2, 3, 1], seed=7).weights[0], for_weights.normal(size=(2, 3)))


def test_no_seed_is_global() -> None:
    np.random.seed(0)  # noqa: NPY002  # the point is that it has no influence
    first = Model.random([2, 3, 1], seed=7)
    np.random.seed(1)  # noqa: NPY002  # another seed, and still no influence
    assert same(first.weights, Model.random([2, 3, 1], seed=7).weights)


# Models


def test_random_weights_are_standard_normal() -> None:
    w = Model.random([300, 400, 1], seed=0).weights[0]
    assert abs(w.mean()) < 0.01
    assert abs(w.std() - 1) < 0.01
    assert 0.95 < np.mean(np.abs(w) < 2) < 0.96


def test_random_model() -> None:
    without, with_bias = Model.random([2, 4, 3, 1], seed=0), Model.random([2, 4, 3, 1], seed=0, bias=True)
    assert without.biases is None
    assert [w.shape for w in without.weights] == [(2, 4), (4, 3), (3, 1)]
    assert [b.shape for b in with_bias.biases or ()] == [(1, 4), (1, 3), (1, 1)]
    assert same(without.weights, with_bias.weights)
    assert [a.name for a in without.activations] == ["sigmoid"] * 3
    assert without.widths == (2, 4, 3, 1)


def test_model_from_weights() -> None:
    w1, w2 = np.ones((2, 3)), np.ones((3, 1))
    model = Model([w1, w2], biases=None, activations="sigmoid")
    assert same(model.weights, [w1, w2])
    w1[0, 0] = 9.0
    assert model.weights[0][0, 0] == 1.0  # the model has its own copy


def test_biases_may_be_rows_or_vectors() -> None:
    weights = [np.ones((2, 3)), np.ones((3, 1))]
    flat = Model(weights, biases=[np.array([1.0, 2.0, 3.0]), np.array([4.0])])
    rows = Model(weights, biases=[np.array([[1.0, 2.0, 3.0]]), np.array([[4.0]])])
    assert same(flat.biases, rows.biases)
    assert [b.shape for b in flat.biases or ()] == [(1, 3), (1, 1)]
    assert same(flat.forward(X).a, rows.forward(X).a)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "identity", "leaky_relu", "softplus", "silu"])
def test_activations_by_name(name: str) -> None:
    by_hand: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": np.tanh,
        "relu": lambda z: z * (z > 0),
        "identity": lambda z: z,
        "leaky_relu": lambda z: z * (z > 0) + 0.01 * z * (z <= 0),
        "softplus": lambda z: np.log(1 + np.exp(z)),
        "silu": lambda z: z / (1 + np.exp(-z)),
    }
    trace = Model.random([2, 3, 1], seed=0, activations=name).forward(X)
    for z, a in zip(trace.z, trace.a[1:], strict=True):
        assert np.allclose(a, by_hand[name](z), rtol=1e-14)


def test_activations_one_for_each_layer() -> None:
    mixed = Model.random([2, 3, 5, 1], seed=0, activations=["tanh", "relu", "identity"])
    assert [a.name for a in mixed.activations] == ["tanh", "relu", "identity"]
    assert [layer.activation.name for layer in mixed.layers] == ["tanh", "relu", "identity"]


def test_an_activation_of_ones_own() -> None:
    softplus = Activation("softplus", lambda z: np.log1p(np.exp(z)), lambda z, a: 1 / (1 + np.exp(-z)))
    model = Model.random([2, 3, 1], seed=0, activations=[softplus, "sigmoid"])
    trace = model.forward(X)
    gradient = model.backward(trace, Y).weights[0]

    def loss_of(w: np.ndarray) -> float:
        changed = Model([w, model.weights[1]], activations=[softplus, "sigmoid"])
        return changed.loss(changed.forward(X), Y)

    assert derivation.relative_error(gradient, derivation.central_difference(loss_of, model.weights[0])) < 1e-7
    assert repr(model) == "Model 2-3-1: softplus, sigmoid; without bias"


@pytest.mark.parametrize("convert", [np.ndarray.tolist, lambda a: a.astype(int), lambda a: a.astype(bool)])
def test_lists_integers_and_booleans_become_float64(convert: Callable[[np.ndarray], Any]) -> None:
    x, y = np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [0.0], [1.0]])
    w, b = [np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]), np.ones((3, 1))], [np.ones((1, 3)), np.zeros((1, 1))]
    floats, others = Model(w, b), Model([convert(p) for p in w], [convert(p) for p in b])
    trace = others.forward(convert(x))
    assert {p.dtype for p in (*others.parameters, *trace.a, *trace.z)} == {np.dtype(np.float64)}
    assert same(trace.a, floats.forward(x).a)
    assert same(others.backward(trace, convert(y)).weights, floats.backward(trace, y).weights)
    runs = [backprop.train(m, p, q, eta=1, epochs=3) for m, p, q in ((floats, x, y), (others, convert(x), convert(y)))]
    assert np.array_equal(runs[0].losses, runs[1].losses)
    assert runs[1].losses.dtype == np.float64


def test_complex_numbers_stop_at_the_door_of_the_model_only() -> None:
    with pytest.raises(TypeError, match="weights"):
        Model([np.ones((2, 1), dtype=complex)])
    with pytest.raises(TypeError, match="X"):
        Model.random([2, 1]).forward(X.astype(complex))
    step = derivation.sigmoid(derivation.preactivation(X + 1e-30j, np.ones((2, 1))))
    assert np.all(step.imag > 0)


# Forward, backward, update


@pytest.mark.parametrize("bias", [False, True])
def test_trace(bias: bool) -> None:
    trace = Model.random([2, 4, 3, 1], seed=0, bias=bias).forward(X)
    assert isinstance(trace, Trace)
    assert np.array_equal(trace.a[0], X)
    assert trace.a[-1] is trace.y_hat
    assert [a.shape for a in trace.a] == [(21, 2), (21, 4), (21, 3), (21, 1)]
    assert [z.shape for z in trace.z] == [(21, 4), (21, 3), (21, 1)]


@pytest.mark.parametrize("bias", [False, True])
def test_gradients(bias: bool) -> None:
    model = Model.random([2, 4, 3, 1], seed=0, bias=bias)
    gradients = model.backward(model.forward(X), Y)
    assert isinstance(gradients, Gradients)
    assert [g.shape for g in gradients.weights] == [(2, 4), (4, 3), (3, 1)]
    if bias:
        assert [g.shape for g in gradients.biases or ()] == [(1, 4), (1, 3), (1, 1)]
    else:
        assert gradients.biases is None


def test_a_gradient_has_its_true_sign() -> None:
    model = Model([np.zeros((2, 1))])  # all answers ½, too high for label 0
    gradient = model.backward(model.forward([[1.0, 0.0]]), [[0.0]]).weights[0]
    assert gradient.tolist() == [[0.25], [0.0]]  # 2 (½ − 0) · ¼ · 1


def test_backward_keeps_nothing_from_the_time_before() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    trace = model.forward(X)
    first = model.backward(trace, Y)
    model.backward(model.forward(X[:5]), Y[:5])
    second = model.backward(trace, Y)
    assert same(first.weights, second.weights)
    assert same(first.biases, second.biases)


def test_update_makes_a_new_model() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    before = [p.copy() for p in model.parameters]
    gradients = model.backward(model.forward(X), Y)
    new = model.update(gradients, eta=0.5)
    assert isinstance(new, Model)
    assert new is not model
    assert same(model.parameters, before)
    assert same(new.weights, [w - 0.5 * g for w, g in zip(model.weights, gradients.weights, strict=True)])
    assert gradients.biases is not None
    assert same(new.biases, [b - 0.5 * g for b, g in zip(model.biases or (), gradients.biases, strict=True)])


def test_layer() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    layer = model.layers[0]
    assert isinstance(layer, Layer)
    assert same([layer.weights, np.asarray(layer.bias)], [model.weights[0], (model.biases or ())[0]])
    z, a = layer.forward(X)
    assert z.shape == a.shape == layer.derivative(z, a).shape == (21, 3)
    assert layer.backward(z, a, np.ones((21, 1)), np.ones((3, 1))).shape == (21, 3)
    by_weight, by_bias = layer.gradients(X, z)
    assert by_bias is not None
    assert (by_weight.shape, by_bias.shape) == ((2, 3), (1, 3))
    assert Layer(layer.weights, None, layer.activation).gradients(X, z)[1] is None


def test_cross_entropy_is_the_mean_surprise() -> None:
    model = Model.random([2, 3, 1], seed=0)
    trace = model.forward(X)
    surprise = -np.log(np.where(Y == 1, trace.y_hat, 1 - trace.y_hat))
    assert model.loss(trace, Y, loss="binary_cross_entropy") == pytest.approx(surprise.mean(), rel=1e-14)


# Softmax and categorical cross-entropy

CLASSES = np.arange(21) % 3
SOFTMAX = Model.random([2, 3, 5, 3], seed=0, activations=["sigmoid", "tanh", "softmax"], bias=True)


def test_categorical_cross_entropy_is_the_mean_surprise_of_the_true_class() -> None:
    trace = SOFTMAX.forward(X)
    assert np.allclose(trace.y_hat.sum(axis=1), 1, rtol=1e-14)
    surprise = -np.log(trace.y_hat[np.arange(21), CLASSES])
    assert SOFTMAX.loss(trace, CLASSES, "cross_entropy") == pytest.approx(surprise.mean(), rel=1e-14)
    nothing = Model([np.zeros((2, 3))], activations="softmax")
    assert nothing.loss(nothing.forward(X), CLASSES, "cross_entropy") == pytest.approx(np.log(3), rel=1e-14)


def test_class_numbers_are_one_hot_rows() -> None:
    rows = np.eye(3)[CLASSES]
    trace = SOFTMAX.forward(X)
    for numbers in (CLASSES, CLASSES.tolist(), CLASSES.astype(np.uint8), CLASSES.astype(float)):
        assert SOFTMAX.loss(trace, numbers, "cross_entropy") == SOFTMAX.loss(trace, rows, "cross_entropy")
        one, other = (SOFTMAX.backward(trace, y, "cross_entropy") for y in (numbers, rows))
        assert same(one.weights, other.weights)
        assert same(one.biases, other.biases)
    run, again = (backprop.train(SOFTMAX, X, y, 0.5, 30, "cross_entropy") for y in (CLASSES, rows))
    assert np.array_equal(run.losses, again.losses)
    probabilities = np.full((21, 3), np.float32(1) / np.float32(3))  # single precision does not sum to 1 exactly
    assert np.isfinite(SOFTMAX.loss(trace, probabilities, "cross_entropy"))


def test_two_classes_with_softmax_train_as_one_sigmoid() -> None:
    one = Model.random([2, 4, 1], seed=0)
    first, last = one.weights
    two = Model([first, np.hstack([last, -last])], activations=["sigmoid", "softmax"])  # σ(2z) = softmax(z, −z)
    half = Model([first, 2 * last])
    both = np.hstack([Y, 1 - Y])
    binary = half.loss(half.forward(X), Y, "binary_cross_entropy")
    assert two.loss(two.forward(X), both, "cross_entropy") == pytest.approx(binary, rel=1e-14)
    of_one = half.backward(half.forward(X), Y, "binary_cross_entropy").weights
    of_two = two.backward(two.forward(X), both, "cross_entropy").weights
    assert np.allclose(of_two[0], of_one[0], rtol=1e-12)
    assert np.allclose(of_two[1], np.hstack([of_one[1], -of_one[1]]), rtol=1e-12)


def test_three_classes_are_learned() -> None:
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    model = Model.random([2, 6, 3], seed=0, activations=["sigmoid", "softmax"], bias=True)
    run = backprop.train(model, corners, [0, 1, 1, 2], eta=1.0, epochs=2000, loss="cross_entropy")
    assert run.losses[-1] < 0.05 < np.log(3) / 2 < run.losses[0]
    assert derivation.categorical_accuracy(np.eye(3)[[0, 1, 1, 2]], run.model.forward(corners).y_hat) == 1


def test_an_activation_of_ones_own_that_is_not_element_wise() -> None:
    def jacobian(z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return derivation.softmax_jacobian(a)

    own = Activation("own", derivation.softmax, jacobian, elementwise=False)
    mine, theirs = (Model(SOFTMAX.weights, SOFTMAX.biases, ["sigmoid", "tanh", last]) for last in (own, "softmax"))
    for loss in ("mse", "cross_entropy"):
        pair = [m.backward(m.forward(X), np.eye(3)[CLASSES], loss) for m in (mine, theirs)]
        both = zip(*(gradients.weights for gradients in pair), strict=True)
        assert all(np.allclose(one, other, rtol=1e-10, atol=1e-14) for one, other in both)


def test_a_layer_of_softmax_goes_backward_through_its_jacobian() -> None:
    rng = np.random.default_rng(0)
    layer, x, upstream = SOFTMAX.layers[-1], rng.normal(size=(3, 5)), rng.normal(size=(3, 2))  # as many rows as units
    z, a = layer.forward(x)
    w_next = rng.normal(size=(3, 2))
    measured = derivation.complex_step(lambda v: np.sum(upstream * (derivation.softmax(v) @ w_next)), z)
    assert derivation.relative_error(layer.backward(z, a, upstream, w_next), measured) < 1e-14


# Training


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("epochs", [1, 99, 100, 101, 250])
def test_train_is_forward_loss_backward_update(epochs: int, bias: bool, loss: str) -> None:
    model, losses = Model.random([2, 3, 5, 1], seed=0, bias=bias), []
    run = backprop.train(model, X, Y, eta=0.5, epochs=epochs, loss=loss, engine="reference")
    for _ in range(epochs):
        trace = model.forward(X)
        losses.append(model.loss(trace, Y, loss))
        model = model.update(model.backward(trace, Y, loss), eta=0.5)
    assert isinstance(run, Run)
    assert run.losses.shape == (epochs,)
    assert run.losses.dtype == np.float64
    assert run.losses.tolist() == losses  # before each update, to the last bit
    assert same(run.model.weights, model.weights)
    assert same(run.model.biases, model.biases)
    assert run.diverged_at is None


def test_no_epochs() -> None:
    model = Model.random([2, 3, 1], seed=0)
    run = backprop.train(model, X, Y, eta=1.0, epochs=0)
    assert run.losses.shape == (0,)
    assert same(run.model.weights, model.weights)
    assert run.diverged_at is None


def test_train_changes_neither_the_model_nor_the_data() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    before = [p.copy() for p in (*model.parameters, X, Y)]
    first = backprop.train(model, X, Y, eta=1.0, epochs=120)
    assert same([*model.parameters, X, Y], before)
    assert np.array_equal(first.losses, backprop.train(model, X, Y, eta=1.0, epochs=120).losses)


def test_training_in_two_parts_is_training_at_once() -> None:
    model = Model.random([2, 4, 1], seed=0)
    whole = backprop.train(model, X, Y, eta=1.0, epochs=300)
    first = backprop.train(model, X, Y, eta=1.0, epochs=130)
    second = backprop.train(first.model, X, Y, eta=1.0, epochs=170)
    assert np.array_equal(whole.losses, [*first.losses, *second.losses])


@pytest.mark.parametrize("widths", [[2, 4, 1], [2, 4, 4, 1]], ids=str)
def test_the_networks_of_the_assignment_learn_both_data_sets(widths: list[int]) -> None:
    for x, y, epochs in ((X, Y, 10_000), (*backprop.linear(100, seed=0), 3000)):
        run = backprop.train(Model.random(widths, seed=0), x, y, eta=1.0, epochs=epochs)
        assert derivation.binary_accuracy(y, run.model.forward(x).y_hat) >= 0.95
        assert run.losses[-1] < 0.05


# Divergence

LINE = Model([np.ones((2, 1))], activations="identity")


def diverge(model: Model, x: Any, y: Any, eta: float, epochs: int) -> tuple[Run, list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return backprop.train(model, x, y, eta=eta, epochs=epochs), caught


@pytest.mark.parametrize("eta", [2.0, 3.0, 100.0, 1e10, 1e200])
@pytest.mark.parametrize("widths", [[2, 1], [2, 4, 1], [2, 3, 5, 1]], ids=str)
@pytest.mark.parametrize("activations", ["identity", "relu"])
def test_divergence_ends_the_losses_and_warns_once(activations: str, widths: list[int], eta: float) -> None:
    for seed in range(4):
        run, caught = diverge(Model.random(widths, seed, activations, bias=True), X, Y, eta, 2000)
        assert np.isfinite(run.losses).all()
        assert finite(run.model)
        if activations == "identity":  # a ReLU network may die instead
            assert run.diverged_at is not None
        if run.diverged_at is None:
            assert len(run.losses) == 2000
            assert not caught
        else:
            assert len(run.losses) == run.diverged_at < 2000
            assert [warning.category for warning in caught] == [RuntimeWarning]
            assert f"epoch {run.diverged_at} " in str(caught[0].message)
            assert f"eta {eta}" in str(caught[0].message)
            assert caught[0].filename == __file__


def test_the_epoch_of_divergence_is_the_first_whose_loss_is_not_finite() -> None:
    run, _ = diverge(LINE, X, Y, 2.0, 5000)
    assert run.diverged_at is not None
    assert run.diverged_at > 200  # past a block of losses or two
    last, caught = diverge(LINE, X, Y, 2.0, run.diverged_at - 1)
    assert last.diverged_at is None
    assert not caught
    assert np.array_equal(last.losses, run.losses[:-1])
    assert same(last.model.weights, run.model.weights)  # the last one whose loss is finite
    at_once, caught = diverge(LINE, X, Y, 2.0, run.diverged_at)
    assert at_once.diverged_at == run.diverged_at  # the update after the last loss leads out: that is told
    assert len(caught) == 1


def test_divergence_before_the_first_update() -> None:
    run, caught = diverge(LINE, X * 1e200, Y, 1.0, 10)
    assert run.diverged_at == 0
    assert run.losses.shape == (0,)
    assert same(run.model.weights, LINE.weights)
    assert len(caught) == 1


# The command line


def printed(log: list[str]) -> dict[int, float]:
    """Read the lines of a log, which have the form of the report's."""
    found = [re.fullmatch(r"epoch : (\d+) loss : (\S+)", line) for line in log]
    assert all(found), log
    return {int(match[1]): float(match[2]) for match in found if match}


def test_the_log_of_the_report() -> None:
    done = command("train", "xor")
    assert done.returncode == 0
    assert done.stderr == ""
    *log, last = done.stdout.splitlines()
    model = Model.random([2, 4, 1], seed=0)
    losses = backprop.train(model, X, Y, eta=1.0, epochs=10_000, engine="reference").losses
    expected = {epoch: float(losses[epoch]) for epoch in range(0, 10_000, 500)}
    assert printed(log) == pytest.approx(expected, rel=ACROSS)
    assert last == "accuracy : 1.0"


def test_the_log_has_every_digit(capsys: pytest.CaptureFixture[str]) -> None:
    """In one process, which has one BLAS kernel, the command and the function compute the same to the last bit."""
    assert program(["train", "xor", "--epochs", "1001"]) == 0
    losses = backprop.train(Model.random([2, 4, 1], seed=0), X, Y, 1.0, 1001, engine="reference").losses
    log = capsys.readouterr().out.splitlines()[:-1]
    assert log == [f"epoch : {epoch} loss : {float(losses[epoch])}" for epoch in (0, 500, 1000)]


def test_every_option() -> None:
    done = command(
        *("train", "linear", "--hidden", "3", "5", "--eta", "0.5", "--epochs", "7", "--seed", "3"),
        *("--activations", "tanh", "relu", "sigmoid", "--log-every", "3"),
    )
    assert done.returncode == 0
    assert done.stderr == ""
    model = Model.random([2, 3, 5, 1], seed=3, activations=["tanh", "relu", "sigmoid"])
    losses = backprop.train(model, *backprop.linear(100, seed=3), eta=0.5, epochs=7).losses
    expected = {epoch: float(losses[epoch]) for epoch in (0, 3, 6)}
    assert printed(done.stdout.splitlines()[:-1]) == pytest.approx(expected, rel=ACROSS)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_softmax_on_the_command_line_has_an_output_for_each_class(loss: str) -> None:
    done = command("train", "xor", "--activations", "sigmoid", "softmax", "--loss", loss, "--epochs", "2001")
    assert done.returncode == 0
    assert done.stderr == ""
    model = Model.random([2, 4, 2], seed=0, activations=["sigmoid", "softmax"])
    run = backprop.train(model, X, np.hstack([1 - Y, Y]), eta=1.0, epochs=2001, loss=loss)
    *log, last = done.stdout.splitlines()
    assert log == [f"epoch : {epoch} loss : {float(run.losses[epoch])}" for epoch in range(0, 2001, 500)]
    right = np.mean(run.model.forward(X).y_hat.argmax(axis=1) == Y[:, 0])
    assert last == f"accuracy : {float(right)}"


def test_divergence_on_the_command_line() -> None:
    done = command("train", "xor", "--activations", "identity", "--eta", "100", "--log-every", "3")
    assert done.returncode == 1
    assert [line.split()[:3] for line in done.stdout.splitlines()] == [["epoch", ":", "0"], ["epoch", ":", "3"]]
    assert "nan" not in done.stdout
    assert "inf" not in done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert "epoch 4 " in done.stderr


# Copies and comparisons


@dataclass
class Slope:  # a dataclass has no hash
    alpha: float

    def __call__(self, z: Any, a: Any = None) -> Any:
        return np.where(z > 0, 1.0 if a is not None else z, self.alpha if a is not None else self.alpha * z)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_copy_of_a_model_is_the_same_network(copied: Callable[[Any], Any]) -> None:
    model = copied(Model.random([2, 3, 1], seed=0))
    assert all(phi is ACTIVATIONS["sigmoid"] for phi in model.activations)
    assert backprop.train(model, X, Y, 1.0, 2, engine="fast").losses.shape == (2,)
    own = copied(Activation("sigmoid", Slope(0.1), Slope(0.1)))  # named like another one
    assert own == Activation("sigmoid", Slope(0.1), Slope(0.1)) != ACTIVATIONS["sigmoid"]


def test_an_activation_without_a_hash_is_diagnosed() -> None:
    model = Model.random([2, 3, 1], 0, [Activation("slope", Slope(0.3), Slope(0.3)), "sigmoid"])
    assert backprop.diagnose(model, X, Y, model.backward(model.forward(X), Y)).verdict == "correct"


def test_results_can_be_compared_and_kept_in_a_set() -> None:
    model = Model.random([2, 3, 1], seed=0)
    gradients = model.backward(model.forward(X), Y)
    for make in (
        lambda: backprop.train(model, X, Y, 1.0, 2),
        lambda: backprop.diagnose(model, X, Y, gradients),
        lambda: backprop.gradient_check(model, X, Y),
    ):
        one, other = make(), make()
        assert one == one != other
        assert len({one, other, one}) == 2


def test_neither_a_trace_nor_a_result_shares_memory_with_what_was_passed() -> None:
    batch, start = X.copy(), Model.random([2, 3, 1], seed=0)
    trace = start.forward(batch)
    before = start.backward(trace, Y).weights[0]
    batch *= 0
    assert np.array_equal(start.backward(trace, Y).weights[0], before)
    run = backprop.train(start, X, Y, [0.1, 1.0], epochs=0, engine="reference")
    assert all(p.flags.writeable for p in run.model.parameters)
    assert not any(map(np.shares_memory, run.model.parameters, start.parameters))


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_gradients_of_lists_and_matrices_make_a_model_of_arrays() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    weights, biases = model.backward(model.forward(X), Y)
    right = model.update(Gradients(weights, biases), 1.0)
    makes: list[Any] = [np.ndarray.tolist, np.asmatrix, np.longdouble, np.ma.array]
    for make in makes:
        given: Any = Gradients(tuple(map(make, weights)), tuple(map(make, biases or ())))
        made = model.update(given, 1.0)
        assert all(type(p) is np.ndarray and p.dtype == float for p in made.parameters)
        assert same(made.parameters, right.parameters)


def test_snapshots_of_another_loss() -> None:
    models = [Model.random([2, 3, 1], seed) for seed in range(2)]
    stacks, _ = backprop.ensemble.snapshots(models, X, Y, 1.0, [5], loss="binary_cross_entropy")
    alone = backprop.train(models[1], X, Y, 1.0, 5, loss="binary_cross_entropy").model
    assert same([p[1] for p in stacks[0].parameters], alone.parameters)
