"""Losses by value: every common loss of two small matrices, what counts as a trend, and the thresholds between."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import backprop
from backprop.verification import diagnose_loss
from backprop.verification.loss_diagnosis import (
    _SATURATED,
    _SHARED,
    AHEAD,
    CONVERGED,
    CREEPING,
    LEAST,
    MEANINGS,
    ROUNDING,
    KnownLoss,
    LossDiagnosis,
    _accuracy,
    _best_per_input,
    _by_distance,
    _data,
    _is_near,
    _known_of_xor,
    _name_for,
    _partial,
    _trend,
    known_losses,
)
from backprop.verification.loss_values import LOSS_NAMES, are_distributions, loss_values

ANY: Any = diagnose_loss  # what is handed in may be of any type
TREND: Any = _trend

# Values


def test_the_squared_errors_of_two_outputs() -> None:
    found = loss_values([[0.0, 2.0], [1.0, -1.0]], [[1.0, 2.0], [1.0, 1.0]])  # 1 + 4
    assert found == {
        "mse": 5 / 4,
        "mse_examples": 5 / 2,
        "mse_half": 5 / 8,
        "mse_half_examples": 5 / 4,
        "mse_sum": 5.0,
        "mse_half_sum": 5 / 2,
        "rmse": np.sqrt(5 / 4),
    }


def test_the_cross_entropies_of_two_classes() -> None:
    found = loss_values([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], [[0.25, 0.75], [0.5, 0.5], [0.0, 1.0]])
    each = -np.log(0.75) - np.log(0.5)
    assert found["cross_entropy"] == pytest.approx(each / 3)
    assert found["cross_entropy_sum"] == pytest.approx(each)
    assert found["binary_cross_entropy"] == pytest.approx(2 * each / 6)
    assert found["binary_cross_entropy_examples"] == pytest.approx(2 * each / 3)
    assert found["binary_cross_entropy_sum"] == pytest.approx(2 * each)


@pytest.mark.parametrize(
    ("y", "y_hat", "binary", "categorical"),
    [
        ([[0.0], [1.0]], [[0.5], [0.5]], True, False),
        ([[0.0], [1.0]], [[1.5], [0.5]], False, False),
        ([[0.0], [1.0]], [[-0.5], [0.5]], False, False),
        ([[0.0], [2.0]], [[0.5], [0.5]], False, False),
        ([[-1.0], [1.0]], [[0.5], [0.5]], False, False),
        ([[0.0, 1.0]], [[0.5, 0.5]], True, True),
        ([[0.0, 1.0]], [[0.5, 0.4]], True, False),
        ([[1.0, 1.0]], [[0.5, 0.5]], True, False),
    ],
)
def test_which_losses_go_with_which_numbers(y: Any, y_hat: Any, binary: bool, categorical: bool) -> None:
    found = loss_values(y, y_hat)
    assert ("binary_cross_entropy" in found, "cross_entropy" in found) == (binary, categorical)


def test_a_target_of_zero_adds_nothing_whatever_was_in_memory_before(monkeypatch: pytest.MonkeyPatch) -> None:
    log: Any = np.log

    def into(values: np.ndarray, out: np.ndarray | None = None, where: Any = True) -> np.ndarray:
        """Compute logarithms; what is not computed may be anything, unless it is given."""
        out = np.full(values.shape, np.nan) if out is None else out
        return np.asarray(log(values, out=out, where=where))

    monkeypatch.setattr(np, "log", into)
    y, y_hat = np.eye(3)[[0, 1, 2, 0, 1]], np.full((5, 3), 1 / 3)
    assert loss_values(y, y_hat)["cross_entropy"] == pytest.approx(math.log(3))


def test_what_is_infinite_is_no_warning() -> None:
    found = loss_values([[0.0, 1.0], [0.5, 0.5]], [[1.0, 0.0], [0.5, 0.5]])
    assert found["binary_cross_entropy"] == found["cross_entropy"] == np.inf
    assert loss_values([[1e200]], [[-1e200]])["mse"] == np.inf
    for y_hat in ([[0.5]], [[0.5], [0.5], [0.5]], [[0.5, 0.5], [0.5, 0.5]]):
        with pytest.raises(ValueError, match=r"^y_hat has shape .*; expected \(2, 1\)$"):
            loss_values([[0.0], [1.0]], y_hat)


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        ([[0.5, 0.5]], True),
        ([[1.0]], False),
        ([[1.5, -0.5]], False),
        ([[0.0, 1.0]], True),
        ([[0.5, 0.5 + 0.9e-6]], True),
        ([[0.5, 0.5 + 1.1e-6]], False),
        ([[0.5, 0.5], [0.5, 0.6]], False),
        ([[1.7e308, 1.7e308]], False),  # whose sum would overflow, which is a warning
    ],
)
def test_rows_that_are_distributions(values: Any, answer: bool) -> None:
    assert are_distributions(np.array(values)) is answer


# Trends: of 40 losses the last quarter is 10, and so is the least that is looked at


def ten(values: Any) -> np.ndarray:
    """Put ten losses at the end of forty that fell linearly."""
    return np.concatenate([np.linspace(3, 2, 30), values])


def test_stationary_to_the_tolerance() -> None:
    steady = np.full(10, 2.0)
    for change, trend in ((0.99e-6, "stationary"), (1.01e-6, "creeping")):
        steady[0] = 2.0 + 2 * change
        assert _trend(ten(steady), 1e-6)[0] == trend
    name, change, ahead = _trend(ten(np.full(10, 2.0)), 1e-6)
    assert (name, change, ahead) == ("stationary", 0.0, 0.0)
    assert _trend(-ten(np.full(10, 2.0)), 1e-6)[0] == "stationary"


def test_the_last_quarter_decides_and_never_fewer_than_half_the_least() -> None:
    assert LEAST == 8
    values = np.full(80, 2.0)
    values[59] = 5.0
    assert _trend(values, 1e-6)[0] == "stationary"
    values[60] = 5.0
    assert _trend(values, 1e-6)[:2] == ("still changing", 3.0)
    few = np.full(10, 2.0)
    few[5] = 5.0
    assert _trend(few, 1e-6)[0] == "stationary"
    few[6] = 5.0
    assert _trend(few, 1e-6)[0] != "stationary"


@pytest.mark.parametrize(
    ("tail", "trend"),
    [
        (np.linspace(1.0, 1.01, 10), "rising"),
        (np.linspace(1.0, 1.0009, 10), "still changing"),  # a rise is more than a thousandth
        (np.linspace(999.0, 1000.0, 10), "still changing"),
        ([1, 3, 2.5, 2.2, 2, 1.9, 1.8, 1.75, 1.7, 2.0], "still changing"),  # no more than half of what it changes by
        ([1, 3, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.1], "rising"),
        (np.linspace(2.0, 1.0, 10), "still changing"),
    ],
)
def test_rising(tail: Any, trend: str) -> None:
    assert _trend(ten(np.array(tail, float)), 1e-6)[::2] == (trend, 0.0)


def test_creeping_is_at_most_four_fifths_of_the_fall_before() -> None:
    fell = np.linspace(100_005, 100_000, 10)
    for change, trend in ((4.0, "creeping"), (4.001, "still changing")):
        values = np.concatenate([np.full(20, 100_010.0), fell, np.linspace(100_000, 100_000 - change, 10)])
        assert _trend(values, 1e-9)[0] == trend


def test_oscillating_needs_turns_in_a_third_of_its_steps_about_one_mean() -> None:
    before = np.full(30, 2.0)
    three = np.array([2, 3, 2, 3, 4, 5, 4, 3, 2, 1.0])  # turns: up down up up up down down down down: three of nine
    assert _trend(np.concatenate([before, three]), 1e-6)[0] == "oscillating"
    two = np.array([2, 3, 4, 5, 6, 5, 4, 3, 4, 5.0])
    assert _trend(np.concatenate([before, two]), 1e-6)[0] != "oscillating"
    assert _trend(np.array([*[2.0] * 36, 3.0, 4.0, 3.0, 2.0]), 1e-6)[0] == "oscillating"  # one turn of three
    moved = np.concatenate([np.full(30, 9.0), three])  # five below what came before: it falls
    assert _trend(moved, 1e-6)[0] != "oscillating"
    up_down = np.concatenate([np.full(38, 2.0), [3.0, 2.0]])
    assert _trend(up_down, 1e-6)[0] == "still changing"  # two steps that moved are no oscillation
    assert _trend(np.concatenate([np.full(37, 2.0), [3.0, 2.0, 3.0]]), 1e-6)[0] == "oscillating"


def test_creeping_is_slow_and_ever_slower() -> None:
    def falling(first: float, second: float) -> np.ndarray:
        return np.concatenate([np.full(20, 2.0), 2 - np.linspace(0, first, 10), 2 - first - np.linspace(0, second, 10)])

    slow = CREEPING * 1.9
    name, change, ahead = TREND(falling(slow, 0.7 * slow), 1e-9)
    assert (name, change, ahead) == ("creeping", pytest.approx(0.7 * slow), pytest.approx(AHEAD * 0.7 * slow))
    assert _trend(falling(slow, 0.79 * slow), 1e-9)[0] == "creeping"
    assert TREND(falling(slow, 0.81 * slow), 1e-9) == ("still changing", pytest.approx(0.81 * slow), 0.0)
    assert _trend(falling(10 * slow, 1.2 * slow), 1e-9)[0] == "still changing"
    assert _trend(4 - falling(slow, 0.7 * slow), 1e-9)[0] == "still changing"
    thousandth = np.concatenate([np.full(20, 1003.0), np.linspace(1003, 1001, 10), np.linspace(1001, 1000, 10)])
    assert TREND(thousandth, 1e-9) == ("creeping", 1.0, AHEAD)
    back = np.full(10, 2.0)
    back[5] -= CREEPING
    assert _trend(ten(back), 1e-9)[0] == "still changing"  # it ends where it began
    late = np.concatenate([np.linspace(9, 3, 20), falling(slow, 0.81 * slow)[20:]])
    assert _trend(late, 1e-9)[0] == "still changing"  # what came before the last half does not count


KNOWN = {name: KnownLoss(name, 0.5, None, "", "") for name in (*MEANINGS, "saturated", "shared")}


@pytest.mark.parametrize(
    ("name", "loss", "ahead", "near"),
    [
        ("half", 0.505, 0.0, True),
        ("half", 0.5051, 0.0, False),
        ("half", 0.495, 0.0, True),
        ("half", 0.4949, 0.0, False),
        ("half", 0.5, 0.1, False),
        ("uniform", 0.5, 0.1, False),
        ("constant", 0.505, 0.0, True),
        ("constant", 0.5 * (1 - 0.9 * ROUNDING), 0.0, True),
        ("constant", 0.5 * (1 - 1.1 * ROUNDING), 0.0, False),
        ("constant", 0.6, 0.1, True),
        ("constant", 0.606, 0.1, False),
        ("zeros", 0.495, 0.0, True),
        ("zeros", 0.499, 0.1, False),
    ],
)
def test_how_near_a_known_loss_must_be(name: str, loss: float, ahead: float, near: bool) -> None:
    assert _is_near(loss, KNOWN[name], 0.01 * (1 + 1e-9), ahead) is near


def test_a_large_sum_of_missed_targets_must_be_near_in_itself() -> None:
    many = KnownLoss("saturated", 30.0, None, "", "")
    assert _is_near(30.01, many, 0.01 + 1e-9, 0.0)
    assert not _is_near(30.02, many, 0.01, 0.0)
    assert _is_near(30.29, KnownLoss("shared", 30.0, None, "", ""), 0.01, 0.0)


# Known losses


@pytest.mark.parametrize(
    ("y", "y_hat", "right"),
    [
        ([[0], [1], [1]], [[0.2], [0.3], [0.9]], 2 / 3),
        ([[0], [1], [1]], [[0.2], [0.5], [0.9]], None),
        ([[0], [1], [1]], [[0.2], [0.5 + 2e-9], [0.9]], 1.0),
        ([[0], [1], [2]], [[0.2], [0.3], [0.9]], None),
        ([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]], 0.5),
        ([[0, 1], [1, 0]], [[0.5, 0.5], [0.5, 0.5]], 0.5),
        ([[0, 1], [0, 1], [1, 0]], [[0.5, 0.5]] * 3, None),
        ([[0, 1], [1, 0]], [[0.5, 0.5], [0.3, 0.7]], None),
        ([[0, 1], [1, 1]], [[0.2, 0.8], [0.7, 0.6]], 1.0),
    ],
)
def test_the_accuracy_is_told_where_it_is_no_tie(y: Any, y_hat: Any, right: float | None) -> None:
    assert _accuracy(np.array(y, float), np.array(y_hat, float)) == right


def test_the_best_for_equal_inputs_is_their_mean() -> None:
    x = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    best = _best_per_input(x, np.array([[0.0], [1.0], [1.0]]))
    assert best is not None
    assert best.tolist() == [[0.5], [1.0], [0.5]]
    assert _best_per_input(x, np.array([[0.0], [1.0], [0.0]])) is None


CORNERS = np.array([[0.0], [1.0], [1.0], [0.0]])


def test_what_some_examples_can_share() -> None:
    found = [known for known in _partial(CORNERS, "mse_sum", 1.0) if known.name == "shared"]
    assert [(k.name, k.loss, k.accuracy, k.prediction) for k in found] == [
        (
            "shared",
            0.5,
            None,
            "2 of 4 examples share the prediction 1/2, the mean of their targets; the others are correct",
        ),
        (
            "shared",
            2 / 3,
            0.75,
            "3 of 4 examples share the prediction 1/3, the mean of their targets; the others are correct",
        ),
        (
            "shared",
            2 / 3,
            0.75,
            "3 of 4 examples share the prediction 2/3, the mean of their targets; the others are correct",
        ),
    ]
    saturated = next(iter(_partial(CORNERS, "mse", 0.26)))
    assert (saturated.name, saturated.loss, saturated.accuracy) == ("saturated", 0.25, 0.75)
    assert {k.causes for k in found} == {_SHARED}
    assert saturated.causes == _SATURATED
    assert saturated.prediction == "1 of 4 examples is predicted as 0 for 1 or as 1 for 0"
    root: Any = next(iter(_partial(CORNERS, "rmse", np.sqrt(0.5))))
    assert (root.loss, root.accuracy) == (pytest.approx(np.sqrt(0.5)), 0.5)
    assert root.prediction == "2 of 4 examples are predicted as 0 for 1 or as 1 for 0"
    roots, means = ([k.loss for k in _partial(CORNERS, name, 0.7) if k.name == "shared"] for name in ("rmse", "mse"))
    assert roots == pytest.approx(np.sqrt(means))
    assert len(set(roots)) > 1
    two = next(iter(_partial(np.hstack([CORNERS, CORNERS]), "mse_sum", 3.1)))
    assert (two.loss, two.accuracy) == (3.0, None)
    assert two.prediction == "3 of 8 targets are predicted as 0 for 1 or as 1 for 0"


def test_a_mean_of_one_half_is_a_tie() -> None:
    six = np.array([[1.0], [1.0], [1.0], [0.0], [0.0], [0.0]])
    found = {k.prediction.partition(",")[0]: k.accuracy for k in _partial(six, "mse", 0.1) if k.name == "shared"}
    assert found["4 of 6 examples share the prediction 2/4"] is None
    assert found["2 of 6 examples share the prediction 1/2"] is None
    assert found["4 of 6 examples share the prediction 1/4"] == 5 / 6
    assert found["5 of 6 examples share the prediction 3/5"] == 4 / 6
    assert len(found) == 1 + 2 + 3 + 2


@pytest.mark.parametrize(("many", "names"), [(200, ["saturated"]), (201, [])])
def test_up_to_two_hundred_targets_those_that_are_missed_can_be_counted(many: int, names: list[str]) -> None:
    y = (np.arange(many) < 50).astype(float)[:, None]
    assert [known.name for known in _partial(y, "mse_sum", 30.0)] == names


def test_nothing_is_shared_where_it_would_mean_nothing() -> None:
    assert list(_partial(CORNERS, "binary_cross_entropy", 0.5)) == []
    assert list(_partial(CORNERS / 2, "mse", 0.25)) == []
    assert [k.name for k in _partial(CORNERS, "mse", 1.0) if k.name == "saturated"] == []  # all would be missed
    assert [k.name for k in _partial(CORNERS, "mse", 0.01) if k.name == "saturated"] == []
    for two in (np.tile(CORNERS, (1, 2)), np.eye(4)[:, :2]):
        assert {k.name for k in _partial(two, "mse", 0.3)} == {"saturated"}


def test_data_are_turned_to_rows() -> None:
    x, y = _data([1.0, 2.0, 3.0], [0, 1, 2], None)
    assert x is not None
    assert (x.tolist(), y.tolist()) == ([[1.0], [2.0], [3.0]], [[0.0], [1.0], [2.0]])
    x, y = _data([[1.0, 2.0, 3.0], [4, 5, 6]], [[0, 1, 2]], "mse")
    assert x is not None
    assert (x.shape, y.shape) == ((3, 2), (3, 1))
    assert _data(None, [[0, 1, 2]], "mse")[1].shape == (3, 1)
    assert _data(None, 1.0, None)[1].shape == (1, 1)
    assert _data(None, [1, 3, 2], "cross_entropy")[1].tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert _data(None, [0, 2], "cross_entropy")[1].tolist() == [[1, 0, 0], [0, 0, 1]]
    assert _data([[1.0, 2.0]], [[0, 1]], None)[1].shape == (2, 1)
    assert _data(None, [0, 10_000], "cross_entropy")[1].shape == (2, 10_001)
    for numbers in ([0, 10_001], [-1, 0], [0, 0.5]):
        with pytest.raises(
            ValueError, match=r"^y has shape \(2,\); expected class numbers for cross_entropy, or one-hot"
        ):
            _data(None, numbers, "cross_entropy")
    with pytest.raises(TypeError, match=r"^y has entries of type <U1; expected real numbers$"):
        _data(None, ["a"], None)


@pytest.mark.parametrize(
    ("classes", "loss", "names"),
    [
        (2, "mse", ["half", "constant", "zeros", "ones"]),
        (2, "binary_cross_entropy", ["half", "constant"]),
        (2, "cross_entropy", ["uniform", "constant"]),
        (3, "mse", ["half", "uniform", "constant", "zeros", "ones"]),
        (3, "cross_entropy", ["uniform", "constant"]),
    ],
)
def test_one_half_for_two_classes_is_listed_once(classes: int, loss: str, names: list[str]) -> None:
    assert [known.name for known in known_losses(y=np.eye(classes), loss=loss)] == names


def test_the_losses_of_the_four_corners() -> None:
    (_, _, twenty_one), (y, known, words) = _known_of_xor()
    assert (twenty_one, words, y.tolist()) == ("XOR's 21 examples", "XOR's four corners", [[0], [1], [1], [0]])
    found = {one.name: (one.loss, one.accuracy) for one in known["mse"]}
    assert found == {
        "half": (0.25, None),
        "constant": (0.25, None),
        "affine": (pytest.approx(0.25), None),
        "linear": (pytest.approx(1 / 3), 0.25),
        "zeros": (0.5, 0.5),
        "ones": (0.5, 0.5),
    }


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: loss_values(np.ones((1, 1, 1)), [[1.0]]),
            ValueError,
            "y has shape (1, 1, 1); expected two dimensions (rows, columns)",
        ),
        (lambda: known_losses([["a"]], [0]), TypeError, "X has entries of type <U1; expected real numbers"),
        (
            lambda: known_losses(loss="mes"),
            ValueError,
            f"loss is 'mes'; expected one of {', '.join(map(repr, LOSS_NAMES))}",
        ),
        (
            lambda: known_losses([[1.0]]),
            ValueError,
            "X is given without y; expected both, or y alone, or neither for XOR's examples",
        ),
        (
            lambda: ANY([1.0], np.ones((2, 2, 2)), [0, 1]),
            ValueError,
            "X has shape (2, 2, 2); expected two dimensions (rows, columns)",
        ),
        (
            lambda: ANY([1.0], [[1.0]]),
            ValueError,
            "X is given without y; expected both, or y alone, or neither for XOR's examples",
        ),
        (
            lambda: known_losses(y=[0.5, 1], loss="cross_entropy"),
            ValueError,
            "y has shape (2,); expected class numbers for cross_entropy, or one-hot (N, C)",
        ),
        (
            lambda: known_losses(y=[-1, 1], loss="cross_entropy"),
            ValueError,
            "y has shape (2,); expected class numbers for cross_entropy, or one-hot (N, C)",
        ),
        (
            lambda: known_losses(y=[0, 10_001], loss="cross_entropy_sum"),
            ValueError,
            "y has shape (2,); expected class numbers for cross_entropy_sum, or one-hot (N, C)",
        ),
        (
            lambda: known_losses(y=[[0, 0]] * 2, loss="cross_entropy"),
            ValueError,
            "y has shape (2, 2); cross_entropy expects class numbers (N,) or one-hot rows",
        ),
        (
            lambda: known_losses(y=[0, 2], loss="binary_cross_entropy"),
            ValueError,
            "y reaches from 0.0 to 2.0; cross-entropy expects targets from 0 to 1",
        ),
        (
            lambda: known_losses(y=[-1, 1], loss="binary_cross_entropy"),
            ValueError,
            "y reaches from -1.0 to 1.0; cross-entropy expects targets from 0 to 1",
        ),
        (lambda: ANY([1.0], within=True), TypeError, "within is True, of type bool; expected a number"),
        (lambda: ANY([1.0], flat="a"), TypeError, "flat is 'a', of type str; expected a number"),
        (lambda: ANY([1.0], within=0), ValueError, "within is 0; expected a positive, finite number"),
        (lambda: ANY([1.0], flat=np.inf), ValueError, "flat is inf; expected a positive, finite number"),
        (
            lambda: ANY([[1.0], [1.0, 2.0]]),
            ValueError,
            "losses has rows of different lengths; expected one row of numbers",
        ),
        (lambda: ANY(["a"]), TypeError, "losses has entries of type <U1; expected numbers"),
        (lambda: ANY([]), ValueError, "losses has shape (0,); expected (epochs,), at least one number"),
        (
            lambda: ANY([[1.0]]),
            ValueError,
            "losses has shape (1, 1); expected (epochs,), at least one number",
        ),
        (
            lambda: ANY([1.0], y=[1e200, 0]),
            ValueError,
            "y has entries so large that no known loss is finite; expected targets of usual size",
        ),
        (
            lambda: ANY([1.0], y=[1.7e308, 1.7e308]),  # whose sum overflows
            ValueError,
            "y has entries so large that no known loss is finite; expected targets of usual size",
        ),
    ],
)
def test_what_does_not_fit_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


def test_predictions_that_overflow_are_left_out() -> None:
    """The weights that fit such inputs and targets would be larger than any number."""
    names = [known.name for known in known_losses([[1e-300], [2e-300], [1e-300]], [1e150, 2e150, 0.0])]
    assert names == ["half", "constant", "affine", "best-per-input", "zeros", "ones"]  # and not "linear"


def test_converged_is_less_than_a_tenth_of_the_best_constant() -> None:
    x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    for loss, verdict in ((0.025, "plateau"), (0.0249, "converged")):
        assert diagnose_loss([loss] * 40, x, y, "mse").verdict == verdict
    assert CONVERGED * 0.25 == 0.025
    few = [0.5, 0.5, 0.5, 0.5, 0.03, 0.02, 0.01, 0.01]  # of eight losses half are looked at
    assert diagnose_loss(few, x, y, "mse").verdict == "still changing"


def test_what_has_converged_is_told_with_the_nearest_known_loss() -> None:
    found = diagnose_loss([0.01] * 40, y=[0, 0, 0, 1], loss="mse_sum")
    assert found.nearest is not None
    assert (found.verdict, found.nearest.name, found.nearest.loss) == ("converged", "shared", 0.5)
    assert found.distance == pytest.approx(-0.49)


def test_the_ending_for_several_outputs_means_nothing_for_one() -> None:
    assert [_name_for("mse_examples", d) for d in (1, 2)] == ["mse", "mse_examples"]
    assert known_losses(y=[0, 1, 1, 0], loss="mse_examples") == known_losses(y=[0, 1, 1, 0], loss="mse")
    assert list(_partial(CORNERS, "mse_examples", 0.26)) == list(_partial(CORNERS, "mse", 0.26))
    both = [diagnose_loss([0.25] * 40, y=CORNERS, loss=loss) for loss in ("mse", "mse_examples")]
    assert both[0] == both[1]


def test_as_far_below_as_above_is_near_unless_it_is_a_minimum() -> None:
    half, best = (replace(BEST, name=name) for name in ("half", "constant"))
    for loss, near in ((0.125, True), (0.1249, False), (0.375, True), (0.3751, False)):
        assert _is_near(loss, half, 0.5, 0.0) is near
    assert _is_near(0.25 * (1 - ROUNDING), best, 0.5, 0.0) is True
    assert _is_near(0.25 * (1 - 1.1 * ROUNDING), best, 0.5, 0.0) is False
    assert _is_near(0.38, best, 0.5, 0.01) is True


def test_each_row_has_its_own_largest_prediction() -> None:
    y = np.eye(3)[[0, 1, 2, 2]]
    assert _accuracy(y, np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.3, 0, 0.7], [0.6, 0.4, 0]])) == 0.75


@pytest.mark.parametrize(("less", "accuracy"), [(0.0, None), (1e-9, None), (1.1e-9, 1.0)])
def test_a_tie_in_one_example_has_no_accuracy(less: float, accuracy: float | None) -> None:
    assert _accuracy(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5 - less]])) == accuracy


# What is said

BEST = KnownLoss("constant", 0.25, 0.5, "every prediction is the mean", "many", "mse_half", "XOR")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (BEST, "0.250000: every prediction is the mean, accuracy 0.500, as half the mean squared error on XOR"),
        (KnownLoss("half", 0.5, None, "p", "c", "mse"), "0.500000: p"),
        (KnownLoss("half", 0.5, None, "p", "c"), "0.500000: p"),
        (
            LossDiagnosis("diverged", None, epoch=3),
            "diverged: loss 3 is not finite.\n"
            "  Usual causes: the learning rate is too large, or a derivative is incorrect.",
        ),
        (LossDiagnosis("too short", 0.5), "too short: fewer than 8 losses say nothing."),
        (
            LossDiagnosis("still changing", 0.5, 0.125),
            "still changing: the loss is 0.5 and changed by 0.12 in the last quarter. Train on.",
        ),
        (
            LossDiagnosis("plateau", 0.25, 0.0, (BEST,), BEST, 0.0, True),
            f"plateau: the loss stays at 0.25.\n  {BEST}\n    Usual causes: many.",
        ),
        (
            LossDiagnosis("plateau", 0.26, 0.001, (), BEST, 0.01, False),
            "plateau: the loss is 0.26 and changed by only 0.001 in the last quarter, ever more slowly.\n"
            "  A network can leave such a plateau; if longer training does not help, look at the causes.\n"
            f"  It belongs to no known prediction. The nearest is {BEST}.\n"
            "  The loss is 0.01 above 0.250000.",
        ),
        (
            LossDiagnosis("plateau", 0.24, 0.0, (BEST,), BEST, -0.01, True),
            f"plateau: the loss stays at 0.24.\n  {BEST}\n    Usual causes: many.\n  The loss is 0.01 below 0.250000.",
        ),
        (LossDiagnosis("plateau", 0.24, 0.0, (), None, None, True), "plateau: the loss stays at 0.24."),
        (
            LossDiagnosis("plateau", 0.25, 0.0, (BEST,), BEST, 0.3e-9, True),
            f"plateau: the loss stays at 0.25.\n  {BEST}\n    Usual causes: many.\n  The loss is 3e-10 above 0.250000.",
        ),
        (
            LossDiagnosis("plateau", 0.25, 0.0, (BEST,), BEST, ROUNDING * 0.25, True),
            f"plateau: the loss stays at 0.25.\n  {BEST}\n    Usual causes: many.",
        ),
    ],
)
def test_the_whole_text(found: Any, text: str) -> None:
    assert str(found) == text


X, Y = backprop.xor()


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([0.5] * 7, ("too short", 0.5, None, None, False)),
        ([0.5] * 8, ("plateau", 0.5, 0.0, None, True)),
        ([0.3, np.nan, np.inf], ("diverged", 0.3, None, 1, False)),
        ([np.nan, 0.3], ("diverged", None, None, 0, False)),
        ([0.3, -0.1, np.nan], ("negative", -0.1, None, 1, False)),
        ([0.3, -ROUNDING], ("too short", -ROUNDING, None, None, False)),
        ([0.0] * 20, ("converged", 0.0, 0.0, None, True)),
        ([*[0.5] * 30, *np.linspace(0.02, 0.01, 10)], ("converged", 0.01, 0.01, None, False)),
        ([*[0.5] * 30, 0.03, *[0.01] * 9], ("still changing", 0.01, 0.02, None, False)),
        ([*[0.5] * 30, *np.linspace(0.03, 0.01, 10)], ("still changing", 0.01, 0.02, None, False)),
        ([*[1e-3] * 30, *np.linspace(1e-3, 2e-2, 10)], ("rising", 0.02, 0.019, None, False)),
    ],
)
def test_the_verdict_and_its_numbers(losses: Any, expected: Any) -> None:
    found = diagnose_loss(losses, X, Y, "mse")
    assert (found.verdict, found.final_loss, found.epoch, found.stationary) == (*expected[:2], *expected[3:])
    assert found.change == (expected[2] if expected[2] is None else pytest.approx(expected[2]))


def test_too_few_losses_are_still_beside_a_known_one() -> None:
    found = diagnose_loss([0.26] * 7, X, Y, "mse")
    assert found.nearest is not None
    expected = LossDiagnosis("too short", 0.26, None, (), found.nearest, 0.26 - found.nearest.loss)
    assert (found, found.nearest.name) == (expected, "half")


@pytest.mark.parametrize(("apart", "names"), [(4e-13, ["a", "b"]), (6e-13, ["b", "a"]), (-6e-13, ["b", "a"])])
def test_equally_near_is_to_twelve_digits(apart: float, names: list[str]) -> None:
    known = [KnownLoss("a", 0.25 + apart, None, "", ""), KnownLoss("b", 0.25, None, "", "")]
    assert [one.name for one in _by_distance(known, 0.25)] == names


def test_a_loss_is_named_by_the_nearest_of_its_group() -> None:
    known = {k.name: k.loss for k in known_losses(X, Y)}
    found = diagnose_loss([known["zeros"] * 1.0001] * 40, X, Y, "mse")
    assert [k.name for k in found.known] == ["zeros", "saturated"]  # ten errors cost as much
    assert found.nearest is found.known[0]
    assert found.nearest.loss_name is None  # it was specified
    assert found.distance == pytest.approx(1e-4 * known["zeros"])
    assert diagnose_loss([0.4] * 40, X, Y, "mse").nearest is not None
    other = diagnose_loss([known["linear"] / 2] * 40)
    assert [(k.name, k.loss_name, k.data) for k in other.known][:1] == [("linear", "mse_half", "XOR's 21 examples")]
