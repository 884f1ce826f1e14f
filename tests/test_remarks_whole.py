"""Remarks and hints word for word, with their equations and pages, and every threshold at its boundary."""

import re
from typing import Any

import numpy as np
import pytest

from backprop import Model
from backprop.checks import shown
from backprop.network import ACTIVATIONS
from backprop.verification import hints as hints_module
from backprop.verification import remarks as module
from backprop.verification.hints import _batches, _is_difference, hints
from backprop.verification.intake import Problem
from backprop.verification.remarks import (
    Remark,
    _equal_predictions,
    _gradient,
    _half_digit,
    _inputs,
    curvature,
    printed,
    remarks,
)
from backprop.verification.search import forward

RNG = np.random.default_rng(2)
X = RNG.normal(size=(6, 2))
Y = np.array([[0.0], [1.0], [0.0], [1.0], [1.0], [0.0]])
W = [RNG.normal(size=(2, 3)), RNG.normal(size=(3, 1))]
IDENTICAL = "in the weights they receive and in those they give, so they get the same gradient and stay identical."
SCALE = "Bring each to mean 0 and standard deviation 1."


def only(slug: str, model: Model, x: Any = X, y: Any = Y, **options: Any) -> list[Remark]:
    return [remark for remark in remarks(model, x, y, **options) if remark.slug == slug]


def same(columns: list[int], h: int = 3) -> Model:
    """A network whose hidden units are copies of these."""
    first, last = RNG.normal(size=(2, h)), RNG.normal(size=(h, 1))
    return Model([first[:, columns], last[columns]], [np.zeros(h), np.zeros(1)])


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([0, 0, 0], f"All 3 units of layer 1 are identical, {IDENTICAL}"),
        ([0, 1, 0], f"2 of the 3 units of layer 1 are identical, {IDENTICAL}"),
        ([0, 1, 0, 1, 2], f"4 of the 5 units of layer 1 are identical in 2 groups, {IDENTICAL}"),
        ([0, 0, 1, 1], f"4 of the 4 units of layer 1 are identical in 2 groups, {IDENTICAL}"),
    ],
)
def test_identical_units(columns: list[int], words: str) -> None:
    found = only("identical-units", same(columns, len(columns)))
    assert found == [Remark("identical-units", words, "symmetry", "consequences/symmetry/")]


def test_identical_units_of_the_second_layer_with_and_without_biases() -> None:
    rng = np.random.default_rng(2)
    second = np.repeat(rng.normal(size=(3, 1)), 2, axis=1)
    weights = [W[0], second, np.full((2, 1), 0.3)]
    words = f"All 2 units of layer 2 are identical, {IDENTICAL}"
    assert [remark.text for remark in only("identical-units", Model(weights))] == [words]
    biases = [np.zeros(3), np.array([0.0, 0.1]), np.zeros(1)]
    assert only("identical-units", Model(weights, biases)) == []


def relu(first: np.ndarray, last: np.ndarray) -> Model:
    return Model([first, last], activations=["relu", "identity"])


DEAD = "dead: φ′ is 0 for all 6 examples, so no weight into it changes."


@pytest.mark.parametrize(
    ("first", "output", "words"),
    [
        ([[-1, -1, -1]] * 2, False, [f"All 3 units of layer 1 are {DEAD}"]),
        ([[-1, 1, -1]] * 2, False, [f"2 of 3 units of layer 1 are {DEAD}"]),
        ([[-1, 1, 1]] * 2, False, [f"1 of 3 units of layer 1 is {DEAD}"]),
        ([[-1]] * 2, False, [f"The unit of layer 1 is {DEAD}"]),
        ([[1, 1, 1]] * 2, True, [f"The output is {DEAD}"]),
        ([[1, 1, 1]] * 2, False, []),
    ],
)
def test_dead_units(first: Any, output: bool, words: list[str]) -> None:
    first = np.array(first, float) * [1.0, 1.1, 1.2][: len(first[0])]
    model = Model([first, np.full((first.shape[1], 1), -1.0 if output else 1.0)], activations="relu")
    found = only("dead-units", model, np.abs(X) + 0.1)
    wanted = [remark for remark in found if ("output" in remark.text) == output]
    assert wanted == [Remark("dead-units", text, "dead-unit", "consequences/dead-units/") for text in words]
    assert only("dead-units", model, np.abs(X[:1]) + 0.1, Y[:1]) == []  # for one example, many units are inactive


@pytest.mark.parametrize(("phi", "largest", "shown"), [("sigmoid", 0.25, "0.25"), ("tanh", 1.0, "1")])
def test_saturated_units(phi: str, largest: float, shown: str) -> None:
    values = {"sigmoid": lambda s: np.log(1 / s), "tanh": lambda s: np.arccosh(1 / np.sqrt(s))}
    far = values[phi](0.0099 * largest)  # where φ′ is a hundredth
    x = np.ones((6, 1))
    model = Model([np.array([[2 * far, 1.0]]), np.array([[1.0], [0.5]])], activations=[phi, "identity"])
    (found,) = only("saturated-units", model, x)
    z = 2 * far
    slope = ACTIVATIONS[phi].derivative(np.array(z), ACTIVATIONS[phi].value(np.array(z)))
    assert found == Remark(
        "saturated-units",
        f"1 of 2 units of layer 1 is saturated: φ′ is at most {float(slope):.1e} for any example, while the "
        f"largest φ′ of {phi} is {shown}.",
        f"{phi}-derivative",
        "consequences/vanishing/",
    )


@pytest.mark.parametrize(("phi", "stretch"), [("tanh", 1), ("sigmoid", 2)])
def test_a_unit_is_saturated_below_a_hundredth_of_the_largest_derivative_for_every_example(
    phi: str, stretch: int
) -> None:
    def saturated(fraction: float, x: Any) -> int:
        z = stretch * float(np.arccosh(1 / np.sqrt(fraction)))
        model = Model([np.array([[z]]), np.array([[1.0]])], activations=[phi, "identity"])
        return len(only("saturated-units", model, x, [[0.0], [1.0]]))

    assert [saturated(0.0099, [[1.0], [1.0]]), saturated(0.0101, [[1.0], [1.0]])] == [1, 0]
    assert saturated(0.0099, [[1.0], [0.1]]) == 0


@pytest.mark.parametrize(
    ("weights", "phis", "x", "words"),
    [
        (
            [W[0], np.zeros((3, 1))],
            "sigmoid",
            X,
            "layer 1 is exactly zero in every entry, so this step does not change it.",
        ),
        (
            [W[0], np.zeros((3, 3)), np.zeros((3, 1))],
            "sigmoid",
            X,
            "layers 1, 2, 3 is exactly zero in every entry, so this step does not change it.",
        ),
        (
            [-np.ones((2, 3)) * [1, 2, 3], W[1]],
            ["relu", "identity"],
            np.abs(X),
            "layers 1, 2 is exactly zero in every entry, so this step does not change it.",
        ),
    ],
)
def test_layers_whose_gradient_is_zero(weights: Any, phis: Any, x: Any, words: str) -> None:
    found = only("zero-gradient", Model(weights, activations=phis), x)
    assert found == [
        Remark("zero-gradient", f"The correct gradient of {words}", "hidden-delta", "consequences/vanishing/")
    ]


def columns(*spreads: float) -> np.ndarray:
    """Inputs with these standard deviations, and mean 0."""
    return np.array([[1.0], [-1.0]]) * spreads


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (columns(10.0, 10.0), None),
        (columns(10.01, 10.01), "they reach from -10.01 to 10.01"),
        (columns(0.3, 9.0), None),
        (columns(9.03, 0.3), "input 1 varies 30.1 times as much as input 2"),
        (columns(1.0, 31.0), "they reach from -31 to 31, and input 2 varies 31 times as much as input 1"),
        (columns(1.0, 0.0), None),
        (columns(1.0, *([0.01] * 49)), "input 1 varies 100 times as much as input 2"),
        (columns(1.0, *([0.01] * 50)), None),
    ],
)
def test_inputs_that_are_not_scaled(x: np.ndarray, text: str | None) -> None:
    rng = np.random.default_rng(2)
    model = Model([rng.normal(size=(x.shape[1], 1)) / 100])
    found = only("inputs-not-scaled", model, x, [[0.0], [1.0]])
    expected = Remark(
        *("inputs-not-scaled", f"The inputs are not scaled, because {text}. {SCALE}", "stability-threshold"),
        "results/learning-rates/",
    )
    assert found == ([] if text is None else [expected])


@pytest.mark.parametrize(
    ("phi", "y", "text"),
    [
        ("sigmoid", [0.0, 1.0], None),
        (
            "sigmoid",
            [-0.25, 1.5],
            "2 of 2 targets cannot be predicted, because sigmoid gives values from 0 to 1, while the "
            "targets reach from -0.25 to 1.5",
        ),
        ("tanh", [-1.0, 1.0], None),
        (
            "tanh",
            [-1.0, 1.25],
            "1 of 2 targets cannot be predicted, because tanh gives values from -1 to 1, while the "
            "targets reach from -1 to 1.25",
        ),
        (
            "relu",
            [-1.0, 9.0],
            "1 of 2 targets cannot be predicted, because relu gives values from 0 upwards, while the "
            "targets reach from -1 to 9",
        ),
        (
            "silu",
            [-0.28, 9.0],
            "1 of 2 targets cannot be predicted, because silu gives values from -0.2785 upwards, while the "
            "targets reach from -0.28 to 9",
        ),
        ("silu", [-0.27, 9.0], None),
        (
            "softplus",
            [-0.1, 9.0],
            "1 of 2 targets cannot be predicted, because softplus gives values from 0 upwards, while the "
            "targets reach from -0.1 to 9",
        ),
        ("identity", [-99.0, 9.0], None),
    ],
)
def test_targets_out_of_range(phi: str, y: list[float], text: str | None) -> None:
    found = only("targets-out-of-range", Model([np.ones((1, 1))], activations=phi), [[0.5], [1.0]], np.array([y]).T)
    expected = Remark(
        *("targets-out-of-range", f"{text}. Scale the targets or use a linear output.", phi, "derivation/activations/"),
    )
    assert found == ([] if text is None else [expected])


def test_a_softmax_has_a_range_and_no_equation() -> None:
    model = Model([np.ones((1, 2)) * [1, 2]], activations="softmax")
    (found,) = only("targets-out-of-range", model, [[1.0]], [[2.0, -1.0]])
    assert found.equation == ""


def test_predictions_that_are_equal() -> None:
    def found(size: float, x: Any = ((1.0,), (2.0,)), y: Any = ((0.0,), (1.0,)), layers: int = 2) -> list[Remark]:
        # each layer but the first adds up a hundred units with the same weights, so that it only passes on
        weights = [np.full((1, 100), size), np.full((100, 1), 0.01)] if layers == 2 else [np.array([[size]])]
        return only("predictions-equal", Model(weights, activations="identity"), x, y)

    assert found(9e-4) == [
        Remark(
            "predictions-equal",
            "The predictions for the 2 examples differ by at most 9.0e-04, because the weights are so small (at most "
            "1.0e-02) that the inputs hardly change the output. Draw larger initial weights.",
            "symmetry",
            "verification/loss-plateaus/",
        )
    ]
    assert found(9e-4, layers=1) == []  # of one layer, the loss has no other minimum
    assert found(1.1e-3) == []
    assert len(found(1.1e-3, y=[[0.0], [2.0]])) == 1  # in units of the range of the targets
    assert found(9e-4, y=[[0.0], [0.1]]) == []
    assert len(found(0.0, y=[[1.0], [1.0]])) == 1
    assert found(9e-4, [[1.0]], [[0.0]]) == found(9e-4, [[1.0], [1.0]]) == []
    assert len(found(0.099, [[1.0], [1.001]])) == 1
    assert found(0.101, [[1.0], [1.001]]) == []


@pytest.mark.parametrize(
    ("loss", "factor"),
    [
        ("mse", 1.0),
        ("mse_examples", 2.0),
        ("mse_half", 0.5),
        ("mse_sum", 12.0),
        ("mse_half_sum", 6.0),
        ("binary_cross_entropy", 1.0),
        ("binary_cross_entropy_examples", 2.0),
        ("binary_cross_entropy_sum", 12.0),
    ],
)
def test_the_gradient_of_a_loss_with_another_factor(loss: str, factor: float) -> None:
    rng = np.random.default_rng(2)
    model, y = Model([W[0], rng.normal(size=(3, 2))], [np.ones(3), np.ones(2)]), np.hstack([Y, 1 - Y])
    own = model.backward(model.forward(X), y, "mse" if loss.startswith("mse") else "binary_cross_entropy")
    found = _gradient(model, X, y, loss)
    for mine, its in zip(found.parameters, own.parameters, strict=True):
        np.testing.assert_allclose(mine, factor * its, rtol=1e-13)
    assert _gradient(Model(model.weights), X, y, loss).biases is None


@pytest.mark.parametrize(("loss", "factor"), [("cross_entropy", 1.0), ("cross_entropy_sum", 6.0)])
def test_the_gradient_of_a_cross_entropy_of_classes(loss: str, factor: float) -> None:
    rng = np.random.default_rng(2)
    model, y = Model([W[0], rng.normal(size=(3, 2))], activations=["tanh", "softmax"]), np.hstack([Y, 1 - Y])
    own = model.backward(model.forward(X), y, "cross_entropy")
    for mine, its in zip(_gradient(model, X, y, loss).weights, own.weights, strict=True):
        np.testing.assert_allclose(mine, factor * its, rtol=1e-13)


# The learning rate


LINE = Model([np.array([[0.3]])], activations="identity")
AT, TARGETS = np.array([[1.0], [2.0]]), np.array([[1.0], [0.0]])  # L″ = 2 · mean(x²) = 5


def test_the_curvature_of_a_parabola_is_its_second_derivative() -> None:
    assert curvature(LINE, AT, TARGETS) == pytest.approx(5.0, rel=1e-8)
    assert curvature(LINE, AT, TARGETS, "mse_half_sum") == pytest.approx(5.0, rel=1e-8)
    assert curvature(Model(LINE.weights, [np.zeros(1)], "identity"), AT, TARGETS) == pytest.approx(
        np.linalg.eigvalsh(np.array([[5.0, 3.0], [3.0, 2.0]]))[-1], rel=1e-6
    )


def test_too_much_work_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WORK", 36)  # six gradients, of three times two examples and one weight
    assert curvature(LINE, AT, TARGETS) == pytest.approx(5.0)
    monkeypatch.setattr(module, "MOST_WORK", 35)
    assert curvature(LINE, AT, TARGETS) is None


def test_the_step_is_small_beside_small_weights_so_that_it_does_not_cross_a_kink() -> None:
    assert curvature(Model([np.array([[5e-6]])], activations="relu"), AT, TARGETS) == pytest.approx(5.0)
    assert curvature(Model([np.array([[5e-9]])], activations="relu"), AT, TARGETS) is None


def test_a_kink_within_the_step_is_seen_by_a_smaller_one_and_a_kink_beyond_it_is_not() -> None:
    within, beyond = (Model([np.array([[w]])], activations="relu") for w in (5e-9, 5e-8))
    assert curvature(within, AT, -AT) is None  # the gradient jumps by 5, and the first step takes this for a curvature
    assert curvature(beyond, AT, -AT) == pytest.approx(5.0)


def test_work_grows_with_the_examples_and_the_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    model, (x, y) = Model.random([2, 3, 1], seed=0, bias=True), (np.ones((5, 2)), np.zeros((5, 1)))
    monkeypatch.setattr(module, "MOST_WORK", 6 * 3 * 5 * 13)
    assert curvature(model, x, y) is not None
    monkeypatch.setattr(module, "MOST_WORK", 6 * 3 * 5 * 13 - 1)
    assert curvature(model, x, y) is None


def test_nothing_is_said_of_the_gradient_of_a_root() -> None:
    zero = Model([np.zeros((1, 1)), np.zeros((1, 1))], activations="identity")
    assert only("zero-gradient", zero, AT, TARGETS, loss="mse") != []
    assert only("zero-gradient", zero, AT, TARGETS, loss="rmse") == []
    assert only("learning-rate-too-large", LINE, AT, TARGETS, eta=9.0, loss="rmse") == []


def test_a_learning_rate_more_than_a_twentieth_above_the_limit() -> None:
    assert only("learning-rate-too-large", LINE, AT, TARGETS, eta=0.419) == []
    assert only("learning-rate-too-large", LINE, AT, TARGETS, eta=0.421) == [
        Remark(
            "learning-rate-too-large",
            "The learning rate 0.421 is above 2/λ_max = 0.4, where λ_max = 5 is the largest eigenvalue of the Hessian "
            "at these weights, so the step overshoots in that direction.",
            "stability-threshold",
            "results/learning-rates/",
        )
    ]
    assert only("learning-rate-too-large", LINE, AT, TARGETS) == []
    with pytest.raises(ValueError, match=r"^eta is 0; expected a positive, finite number$"):
        remarks(LINE, AT, TARGETS, eta=0)


def test_momentum_raises_the_limit() -> None:
    assert only("learning-rate-too-large", LINE, AT, TARGETS, eta=0.629, momentum=0.5) == []
    (one,) = only("learning-rate-too-large", LINE, AT, TARGETS, eta=0.631, momentum=0.5)
    assert one.text == (
        "The learning rate 0.631 is above 2(1 + μ)/λ_max = 0.6 with μ = 0.5, where λ_max = 5 is the largest eigenvalue "
        "of the Hessian at these weights, so the step overshoots in that direction."
    )


@pytest.mark.parametrize(("eta", "grows"), [(0.599, False), (0.601, True)])
def test_the_limit_with_momentum_is_where_steps_begin_to_grow(eta: float, grows: bool) -> None:
    model, velocity, losses = LINE, np.zeros((1, 1)), list[float]()
    for _ in range(2000):
        trace = model.forward(AT)
        losses.append(model.loss(trace, TARGETS))
        velocity = 0.5 * velocity + model.backward(trace, TARGETS).weights[0]
        model = Model([model.weights[0] - eta * velocity], activations="identity")
    assert (losses[-1] > losses[0]) == grows


# The printed loss: predictions 0.25, 0.5 and 0.75 for the targets 0, 1, 1

THREE, GUESS = np.array([[0.0], [1.0], [1.0]]), np.array([[0.25], [0.5], [0.75]])
MEAN = "the mean squared error"


@pytest.mark.parametrize(
    ("value", "loss", "text"),
    [
        (0.125, "mse", f"0.125 is {MEAN}, the one that is minimised."),
        (0.125, None, f"0.125 is {MEAN} (mse)."),
        (0.375, "mse", f"0.375 is the sum of squared errors (mse_sum), while the gradient is that of {MEAN}."),
        (0.0625, None, "0.0625 is half the mean squared error (mse_half)."),
        (0.33, None, "0.33 is the mean absolute error."),
        (-0.1667, None, "-0.1667 is the mean error, which is not squared."),
        (
            0.292,
            None,
            "0.292 is the mean over N × N differences, as targets (N,) against predictions (N, 1) give it.",
        ),
        (
            7.0,
            None,
            "7 is none of the known losses of these predictions; the nearest is 1.26851, the sum of binary "
            "cross-entropies. Is it from other weights, or from other data?",
        ),
    ],
)
def test_the_printed_loss(value: float, loss: str | None, text: str) -> None:
    assert printed(value, THREE, GUESS, loss) == Remark(
        "printed-loss", f"The printed loss {text}", "total-loss", "derivation/loss/"
    )


HALF = f"{MEAN} plus λ/2 times the sum of the squared weights"


@pytest.mark.parametrize(
    ("value", "loss", "text"),
    [
        (1.125, "mse", f"1.125 is {HALF}, the one that is minimised."),
        (0.125, "mse", f"0.125 is {MEAN} (mse), while the gradient is that of {HALF}."),
        (2.125, "mse", f"2.125 is {HALF.replace('/2', '')}, while the gradient is that of {HALF}."),
        (1.375, None, f"1.375 is {HALF.replace('mean squared error', 'sum of squared errors')}."),
        (1.33, None, f"1.33 is {HALF.replace('squared', 'absolute', 1)}."),
    ],
)
def test_a_printed_loss_may_include_the_penalty(value: float, loss: str | None, text: str) -> None:
    assert printed(value, THREE, GUESS, loss, 1.0).text == f"The printed loss {text}"


def test_the_penalty_is_made_of_the_weights() -> None:
    model = Model([np.array([[3.0]]), np.array([[-2.0]])], [np.array([5.0]), np.array([7.0])], "identity")
    trace = model.forward(AT)
    value = model.loss(trace, TARGETS) + 0.25 / 2 * 13
    (one,) = only("printed-loss", model, AT, TARGETS, printed_loss=value, weight_decay=0.25)
    assert one.text == f"The printed loss {value:.10g} is {HALF}, the one that is minimised."


def test_several_losses_that_fit_are_all_named() -> None:
    one = printed(0.25, np.array([[0.0]]), np.array([[0.5]]))
    assert one.text == f"The printed loss 0.25 is {MEAN} (mse) or the sum of squared errors (mse_sum)."


def test_the_mean_over_all_differences_of_any_targets_is_known() -> None:
    y, y_hat = np.array([[-2.0], [0.5], [3.0]]), np.array([[0.25], [0.5], [1.0]])
    told = printed(float(np.mean((y[:, 0] - y_hat) ** 2)), y, y_hat)
    assert "the mean over N × N differences" in told.text
    for large in (10**20, 10**300):  # which NumPy takes for objects
        assert printed(large, y, y_hat).text.startswith(
            f"The printed loss {float(large):g} is none of the known losses"
        )


@pytest.mark.parametrize("size", [1.0, 1e-6])
def test_inputs_are_compared_with_their_own_size(size: float) -> None:
    x = size * np.array([[1.0, 1e-5], [-1.0, -1e-5], [1.0, -1e-5]])
    assert ["varies 1e+05 times" in remark.text for remark in _inputs(x)] == [True]


@pytest.mark.parametrize(
    ("value", "half"),
    [
        (0.25, 0.00501),
        (3.0, 0.0501),
        (3, 0.501),
        (0.0, 0.0501),
        (1e-7, 0.501e-7),
        (1.5e-7, 0.0501e-7),
        (-0.5, 0.0501),
        (2e22, 0.501e22),
    ],
)
def test_half_a_digit(value: float, half: float) -> None:
    assert _half_digit(value) == pytest.approx(half, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("1", TypeError, "printed_loss is '1', of type str; expected a number"),
        (True, TypeError, "printed_loss is True, of type bool; expected a number"),
        (np.inf, ValueError, "printed_loss is inf; expected a finite number"),
        (10**300 + 1, ValueError, f"printed_loss is {shown(10**300 + 1)}; expected a finite number"),
    ],
)
def test_what_is_no_printed_loss(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        printed(value, THREE, GUESS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, Y, "mes"), "loss is 'mes'; expected one of 'mse', "),
        ((X[:, :1], Y), "X has shape (6, 1); expected (6, 2)"),
        ((X, Y[1:]), "y has shape (5, 1); expected (6, 1)"),
        ((X, np.hstack([Y, Y])), "y has shape (6, 2); expected (6, 1)"),
        ((X, Y[1:], "rmse"), "y has shape (5, 1); expected (6, 1)"),
        ((X, np.hstack([Y, Y]), "rmse"), "y has shape (6, 2); expected (6, 1)"),
    ],
)
def test_what_does_not_fit_is_named(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        remarks(Model(W), *arguments)


# Hints

SIGMOID = [[ACTIVATIONS["sigmoid"]] * 2]
EPS = 2.0**-52
BATCH = "pass X and y of that mini-batch"
BIASES = "if the network has biases, pass them as well"
EARLIER = (
    "it is the gradient at the weights before an update with η = {:g}, but the weights are those after it, so pass "
    "a copy of the weights that was made before the update"
)
DIFFERENCE = (
    "the gradient seems to be a difference divided by a small number, which costs digits; if it is one of weights, "
    "pass those before and after the step to `diagnose_step` instead"
)
N = 30
MANY = RNG.normal(size=(N, 2)), RNG.random((N, 1))
BIASED = Model(W, [RNG.normal(size=3), RNG.normal(size=1)])


def handed(model: Model, gradients: Any, biases: Any = None) -> list[Problem]:
    turned = (False,) * len(model.weights)
    return [Problem("rows, (in, out)", *MANY, model.weights, model.biases, gradients, biases, turned)]


def of(part: slice, model: Model = BIASED) -> Any:
    return model.backward(model.forward(MANY[0][part]), MANY[1][part])


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (slice(1), "the first example only"),
        (slice(2), "the first 2 examples only"),
        (slice(16), "the first 16 examples only"),
        (slice(N - 1, N), "the last example only"),
        (slice(N - 7, N), "the last 7 examples only"),
    ],
)
def test_the_gradient_of_a_batch(part: slice, words: str) -> None:
    for is_step in (False, True):
        found = hints(handed(BIASED, of(part).weights), SIGMOID, EPS, is_step)
        assert found == ((f"it is the gradient of {words}, so {BATCH}",), True)


@pytest.mark.parametrize("eta", [0.1, 0.01, 1.0])
def test_the_gradient_from_before_the_update(eta: float) -> None:
    for model in (BIASED, Model(W)):
        gradients = of(slice(N), model)
        after = model.update(gradients, eta)
        assert hints(handed(after, *gradients), SIGMOID, EPS).texts == (EARLIER.format(eta),)
        assert hints(handed(after, *gradients), SIGMOID, EPS, is_step=True).texts == (() if model.biases else (BIASES,))


def test_biases_are_asked_for_where_none_came_and_nothing_else_was_found() -> None:
    rng = np.random.default_rng(2)
    noise = [rng.normal(size=w.shape) for w in W]
    assert hints(handed(Model(W), noise), SIGMOID, EPS) == ((BIASES,), False)
    assert hints(handed(BIASED, noise), SIGMOID, EPS).texts == ()


def test_a_difference_of_weights() -> None:
    gradients, eta = of(slice(N)).weights, 0.01
    rounded = tuple((w - (w - eta * g)) / eta for w, g in zip(W, gradients, strict=True))
    for problem in (
        handed(BIASED, rounded),
        handed(Model([w - eta * g for w, g in zip(W, gradients, strict=True)]), rounded),
    ):
        assert _is_difference(problem[0])
        assert hints(problem, SIGMOID, EPS).texts[0] == DIFFERENCE
        assert DIFFERENCE not in hints(problem, SIGMOID, EPS, is_step=True).texts
    assert not _is_difference(handed(BIASED, gradients)[0])
    few = tuple(np.where(np.arange(g.size).reshape(g.shape) < 1, g, 0.0) for g in rounded)
    assert not _is_difference(handed(BIASED, few)[0])


def test_no_more_work_is_spent_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, size = handed(BIASED, of(slice(2)).weights), 9  # nine weights
    monkeypatch.setattr(hints_module, "MOST_WORK", 6.0 * size * 2)  # two examples
    assert hints(problem, SIGMOID, EPS).texts == (f"it is the gradient of the first 2 examples only, so {BATCH}",)
    monkeypatch.setattr(hints_module, "MOST_WORK", 6.0 * size * 2 - 1)
    assert hints(problem, SIGMOID, EPS).texts == ()


def test_all_examples_are_no_batch() -> None:
    for n in (1, 10, 64):  # 64 is a usual size
        x, y = np.resize(MANY[0], (n, 2)), np.linspace(0, 1, n)[:, None]
        gradients = BIASED.backward(BIASED.forward(x), y).weights
        assert hints([handed(BIASED, gradients)[0]._replace(X=x, y=y)], SIGMOID, EPS).texts == ()


def test_what_one_network_has_cost_is_missing_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = [[ACTIVATIONS["tanh"]] * 2, *SIGMOID]
    problem = handed(BIASED, of(slice(2)).weights)
    assert len(hints(problem, networks, EPS).texts) == 1
    each = 6.0 * N * 9 * len(hints_module.LEARNING_RATES)
    monkeypatch.setattr(hints_module, "MOST_WORK", 1.1 * each)
    assert len(hints(problem, networks, EPS).texts) == 1
    monkeypatch.setattr(hints_module, "MOST_WORK", each)
    assert hints(problem, networks, EPS).texts == ()


def test_a_tiny_gradient_must_agree_as_closely() -> None:
    rng = np.random.default_rng(2)
    noise = [1e-13 * rng.normal(size=w.shape) for w in W]
    assert hints(handed(BIASED, noise), SIGMOID, EPS).texts == ()


@pytest.mark.parametrize(
    ("off", "unit", "many"), [(0.0, EPS, 1), (1e-7, EPS, 0), (1e-7, 2.0**-23, 1), (1e-3, 2.0**-23, 0)]
)
def test_a_mini_batch_is_tried_if_it_fits_up_to_rounding(off: float, unit: float, many: int) -> None:
    rng = np.random.default_rng(2)
    given = [(1 + off * rng.normal(size=g.shape)) * g for g in of(slice(7)).weights]
    (problem,) = handed(BIASED, given)
    found = [words for _, _, words in _batches(problem, forward(problem, SIGMOID[0], "mse"), ["mse"], unit)]
    assert found == ["first 7 examples"] * many


@pytest.mark.parametrize("zero", [0, 1])
def test_a_gradient_of_zeros_is_that_of_no_mini_batch(zero: int) -> None:
    given = [np.zeros_like(w) if k == zero else w for k, w in enumerate(W)]
    (problem,) = handed(BIASED, given)
    batches = list(_batches(problem, forward(problem, SIGMOID[0], "mse"), ["mse"], EPS))
    assert batches == []


def test_mini_batches_are_looked_for_along_the_same_directions_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints_module, "CLOSELY", 0.3)  # so that the directions decide
    noise = np.random.default_rng(0)
    given = [handed(BIASED, [noise.normal(size=w.shape) for w in W])[0] for _ in range(9)]
    p = forward(given[0], SIGMOID[0], "mse")
    found, again = ([list(_batches(problem, p, ["mse"], 1.0)) for problem in given] for _ in range(2))
    assert found == again
    assert 0 < sum(map(len, found)) < 9 * (2 * N - 2)


def test_a_single_number_is_no_evidence_of_other_data() -> None:
    line = Problem("rows, (in, out)", AT, TARGETS, LINE.weights, None, (np.array([[7.0]]),), None, (False,))
    assert hints([line], [LINE.activations], EPS) == ((BIASES,), False)


def test_numbers_beyond_the_range_give_no_hint_and_no_warning() -> None:
    huge = Model([1e308 * np.sign(w) for w in W], BIASED.biases)
    assert hints(handed(huge, W), SIGMOID, EPS) == ((), False)


def test_targets_have_a_row_for_each_example() -> None:
    with pytest.raises(ValueError, match=r"^y has shape \(1, 1\); expected \(2, 1\)"):
        remarks(LINE, AT, TARGETS[:1])


def test_outputs_that_differ_from_one_another_may_each_be_equal_for_all_examples() -> None:
    weights, biases = [np.full((1, 10), 0.01), np.full((10, 2), 1e-5)], [np.zeros((1, 10)), np.array([[0.0, 1.0]])]
    model, x, y = Model(weights, biases, "identity"), np.array([[1.0], [2.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    (found,) = _equal_predictions(model, model.forward(x), y)
    assert found.slug == "predictions-equal"
    assert found.text.startswith("The predictions for the 2 examples differ by at most 1.0e-06, ")
