"""Losses that have a name, and that nothing is called stuck which is not."""

import re
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Model
from backprop.derivation import append_ones, least_squares_minimum, mse_contributions, total_loss
from backprop.ensemble import snapshots
from backprop.experiments import stuck
from backprop.verification import LossDiagnosis, diagnose_loss
from backprop.verification.loss_diagnosis import MEANINGS, known_losses
from backprop.verification.loss_values import loss_values
from backprop.verification.search import losses

X, Y = backprop.xor()
KNOWN = {reading.name: reading for reading in known_losses()}


def steady(value: float, n: int = 100) -> np.ndarray:
    return np.full(n, value)


def on_xor(losses: Any, **options: Any) -> LossDiagnosis:
    return diagnose_loss(losses, X, Y, "mse", **options)


def names(found: LossDiagnosis) -> list[str]:
    return [reading.name for reading in found.known]


# The values


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("half", Fraction(1, 4), None),
        ("constant", Fraction(110, 441), Fraction(11, 21)),
        ("affine", Fraction(110, 441), Fraction(11, 21)),
        ("linear", (10 - Fraction(500, 127)) / 21, Fraction(7, 21)),
        ("zeros", Fraction(10, 21), Fraction(11, 21)),
        ("ones", Fraction(11, 21), Fraction(10, 21)),
    ],
)
def test_the_losses_of_xor_are_these_fractions(name: str, value: Fraction, right: Fraction | None) -> None:
    assert KNOWN[name].loss == pytest.approx(float(value), rel=1e-13)
    assert KNOWN[name].accuracy == (None if right is None else pytest.approx(float(right)))
    assert names(on_xor(steady(float(value))))[0] in (name, "constant")
    assert name in names(on_xor(steady(float(value))))


def test_there_are_no_others_and_each_has_words() -> None:
    assert set(KNOWN) == set(MEANINGS) - {"uniform", "best-per-input"}
    assert all(reading.prediction and reading.causes for reading in KNOWN.values())


def test_other_data() -> None:
    x, y = backprop.linear(100, seed=0)
    found = {reading.name: reading.loss for reading in known_losses(x, y)}
    assert found["affine"] == pytest.approx(least_squares_minimum(append_ones(x), y), rel=1e-12)
    assert found["linear"] == pytest.approx(least_squares_minimum(x, y), rel=1e-12)
    assert found["constant"] == pytest.approx(float(np.var(y)), rel=1e-12)
    assert found["zeros"] == pytest.approx(float(y.mean()), rel=1e-12)
    assert names(diagnose_loss(steady(found["affine"]), x, y)) == ["affine"]
    assert on_xor(steady(found["affine"])).verdict == "plateau"  # on XOR it means nothing


def test_several_outputs() -> None:
    y = np.hstack([Y, 1 - Y, Y])
    found = {reading.name: reading.loss for reading in known_losses(X, y)}
    assert found["half"] == pytest.approx(0.25)
    assert found["zeros"] == pytest.approx(31 / 63)
    assert found["linear"] == pytest.approx(least_squares_minimum(X, y), rel=1e-12)


def test_cross_entropy() -> None:
    found = {reading.name: reading.loss for reading in known_losses(X, Y, "binary_cross_entropy")}
    p = 10 / 21
    assert found == {
        "half": pytest.approx(np.log(2)),
        "constant": pytest.approx(-p * np.log(p) - (1 - p) * np.log(1 - p)),
    }
    assert names(diagnose_loss(steady(np.log(2)), X, Y, "binary_cross_entropy")) == ["half"]


def test_without_inputs_the_constant_answers_are_known() -> None:
    assert [reading.name for reading in known_losses(y=Y)] == ["half", "constant", "zeros", "ones"]


def test_the_accuracy_of_a_tie_is_what_the_page_says(results: dict[str, Any]) -> None:
    assert results["stuck"]["tie"] == pytest.approx(11 / 21)


def test_no_accuracy_where_it_would_be_a_tie_or_the_targets_are_no_labels() -> None:
    balanced = np.array([[0.0], [1.0]])
    by_name = {reading.name: reading for reading in known_losses([[1.0], [2.0]], balanced)}
    assert by_name["constant"].accuracy is None
    assert all(reading.accuracy is None for reading in known_losses(X, Y / 3))
    assert names(diagnose_loss(steady(0.25), [[1.0], [1.0]], balanced)) == [
        *("half", "constant", "affine", "linear", "best-per-input"),
    ]


# What is stuck


@pytest.mark.parametrize(("what", "model", "eta"), stuck.cases(), ids=[case[0] for case in stuck.cases()])
def test_a_training_that_is_stuck_is_read(what: str, model: Model, eta: float) -> None:
    wanted = {
        "tanh hidden units, every weight 0": ["half"],
        "sigmoid hidden units, every weight 0": ["constant", "affine"],
        "no activation, no bias": ["linear"],
        "no activation, with bias": ["constant", "affine"],
        "ReLU hidden units, all dead; linear output": ["zeros", "saturated"],  # the loss alone cannot tell
        "a saturated sigmoid output": ["ones", "saturated"],
    }
    found = on_xor(backprop.train(model, X, Y, eta, 4000).losses)
    assert found.verdict == "plateau"
    assert names(found) == wanted[what]
    assert all(f"{reading.loss:.6f}: {reading.prediction}" in str(found) for reading in found.known)


def test_a_network_that_is_learning_is_never_called_stuck() -> None:
    for widths in ([2, 4, 1], [2, 4, 4, 1]):  # seeds 10, 16, 20 of the second linger on a plateau near 110/441
        models = [Model.random(widths, seed) for seed in range(24)]
        for eta in (0.1, 1.0):
            _, answers = snapshots(models, X, Y, eta, list(range(1000)))
            losses = total_loss(mse_contributions(Y, answers)).T
            for run in losses:
                for n in (8, 20, 50, 200, 500, 1000):
                    found = on_xor(run[:n])
                    assert found.verdict in ("still changing", "converged", "plateau")
                    assert not found.stationary or found.verdict == "converged"
                    assert found.verdict != "plateau" or names(found)[0] == "constant"


def test_a_loss_that_five_digits_cannot_tell_from_a_known_one_may_still_move() -> None:
    model = Model.random([2, 4, 4, 1], stuck.SLOW_SEED)
    losses = backprop.train(model, X, Y, eta=1.0, epochs=10_000).losses
    assert round(losses[stuck.PLATEAU - 1], 5) == round(110 / 441, 5)
    assert on_xor(losses[: stuck.PLATEAU]).verdict == "still changing"
    assert losses[-1] < 0.1


def test_the_sums_from_which_the_page_derives_the_plane_through_the_origin() -> None:
    s = X.sum(axis=1, keepdims=True)
    assert float((s[Y == 0] ** 2).sum()) == pytest.approx(15.4)
    assert float((s**2).sum()) == pytest.approx(25.4)
    assert float((s * Y).sum()) == pytest.approx(10)
    assert np.linalg.lstsq(X, Y, rcond=None)[0] == pytest.approx(np.full((2, 1), 50 / 127))


def test_the_plateau_of_the_reports_own_log_is_not_stuck() -> None:
    printed = [0.25013681, 0.24814995, 0.24780, 0.24702, 0.24635, 0.24550, 0.24402, 0.24258]
    assert diagnose_loss(printed).verdict == "still changing"


def test_near_is_not_enough() -> None:
    assert on_xor(steady(0.2490)).verdict == "plateau"  # below the floor of every plane
    assert names(on_xor(steady(0.24944))) == ["constant", "affine"]
    assert names(on_xor(steady(110 / 441 * (1 - 1e-7)))) == []
    assert names(on_xor(steady(0.25 * (1 - 4e-4)))) == ["half"]
    assert names(on_xor(steady(0.25 * (1 - 6e-4)))) == []
    assert names(on_xor(steady(0.25 * (1 - 6e-4)), within=1e-3)) == ["half"]
    assert "The nearest is 0.249433" in str(on_xor(steady(0.2490)))


def test_flat_is_judged_over_the_last_quarter() -> None:
    falling = np.concatenate([np.linspace(0.5, 0.25, 75, endpoint=False), steady(0.25, 25)])
    assert on_xor(falling).verdict == "plateau"
    assert on_xor(falling[:90]).verdict == "still changing"  # of its last 22 losses 15 rest
    wave = 0.25 * (1 + 4e-7 * (-1.0) ** np.arange(100))
    assert on_xor(wave).verdict == "plateau"
    assert on_xor(wave, flat=1e-7).verdict == "oscillating"


def test_a_network_that_has_learned() -> None:
    losses = backprop.train(Model.random([2, 4, 1], seed=0), X, Y, eta=1.0, epochs=10_000).losses
    found = diagnose_loss(losses)
    assert found.verdict == "converged"
    assert str(found).startswith("converged: the loss is 0.00")


def test_divergence_is_read_from_the_first_loss_that_is_not_finite() -> None:
    for bad in (np.nan, np.inf):
        found = diagnose_loss([0.3, 0.9, bad, 0.25])
        assert (found.verdict, found.epoch, found.final_loss) == ("diverged", 2, 0.9)
        assert "loss 2 is not finite" in str(found)
    assert diagnose_loss([np.nan]).final_loss is None
    assert diagnose_loss([1.0, 1e40, 1e160, np.inf], X, Y, "rmse").verdict == "diverged"
    assert diagnose_loss([1.0, 1e160, 6e307, np.inf]).verdict == "diverged"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = backprop.train(Model.random([2, 4, 1], activations="identity"), X, Y, eta=3.0, epochs=500)
    assert run.diverged_at is not None
    assert diagnose_loss([*run.losses, np.inf]).verdict == "diverged"


def test_too_few_losses_say_nothing() -> None:
    assert on_xor(steady(0.25, 7)).verdict == "too short"
    assert on_xor(steady(0.25, 8)).verdict == "plateau"
    assert "too short" in str(diagnose_loss([0.25]))


def test_targets_that_broadcast_end_at_the_best_constant() -> None:
    """The mistake (N,) for (N, 1): y − ŷ is (N, N), every answer is pulled to the mean of the targets."""
    rng, y = np.random.default_rng(0), Y.ravel()
    w1, w2 = rng.normal(size=(2, 4)), rng.normal(size=(4, 1))
    losses = []
    for _ in range(20_000):
        a = 1 / (1 + np.exp(-X @ w1))
        y_hat = 1 / (1 + np.exp(-a @ w2))
        losses.append(np.mean((y_hat - y) ** 2))
        delta = 2 * np.mean(y_hat - y, axis=1, keepdims=True) * y_hat * (1 - y_hat) / len(X)
        w1, w2 = w1 - X.T @ (delta @ w2.T * a * (1 - a)), w2 - a.T @ delta
    assert names(on_xor(losses, within=1e-2, flat=1e-3)) == ["constant", "affine", "half"]


# The cases from the field, and their kinds

T = np.arange(1, 401)
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
EIGHT = np.eye(8)


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        (0.2 + 0.01 * T, "rising"),
        (0.25 * 1.01**T, "rising"),
        (0.249 + 1e-5 * T, "rising"),
        (0.3 - 0.01 * T, "negative"),
        (-steady(0.5), "negative"),
        (0.3 + 0.1 * (-1.0) ** T, "oscillating"),
        (0.3 + 0.05 * np.random.default_rng(0).normal(size=400), "oscillating"),
        (1e-6 * (2 + (-1.0) ** T), "converged"),
        (1 / T, "converged"),
        (0.3 / T**0.2, "still changing"),
        (0.4 - 1e-4 * T, "still changing"),
        (steady(0.2), "plateau"),
        (np.r_[0.3, np.nan], "diverged"),
        ([0.2, 0.3, 0.4], "too short"),
    ],
)
def test_each_verdict(losses: Any, verdict: str) -> None:
    found = on_xor(losses)
    assert found.verdict == verdict
    assert str(found).startswith(f"{verdict}: ")


def test_a_negative_loss_is_never_praised() -> None:
    found = on_xor(-steady(0.5))
    assert found.epoch == 0
    assert "impossible" in str(found)


@pytest.mark.parametrize(
    ("losses", "data", "loss", "wanted"),
    [
        (steady(0.499991), CORNERS, "mse", ["zeros", "ones", "saturated"]),
        (steady(0.499991), (None, None), None, ["zeros", "ones", "saturated"]),
        (steady(3.50003), (EIGHT, EIGHT), "mse_half_sum", ["uniform", "constant", "saturated"]),
        (0.125 + 1.4e-4 * 400 / T, CORNERS, "mse", ["shared"]),
        (0.125 + 1.4e-4 * 400 / T, (None, None), None, ["shared"]),
        (steady(0.125), CORNERS, "mse_half", ["half", "constant", "affine", "saturated"]),
        (steady(0.25), CORNERS, "mse", ["half", "constant", "affine", "saturated"]),
        (steady(1.0), CORNERS, "mse_sum", ["half", "constant", "affine", "saturated"]),
        (steady(0.5), CORNERS, "rmse", ["half", "constant", "affine", "saturated"]),
        (steady(110 / 882), (X, Y), "mse_half", ["constant", "affine"]),
        (steady(110 / 21), (X, Y), "mse_sum", ["constant", "affine"]),
        (steady(21 * np.log(2)), (X, Y), "binary_cross_entropy_sum", ["half"]),
        (steady(np.log(10)), (None, np.arange(50) % 10), "cross_entropy", ["uniform", "constant"]),
        (steady(np.log(3)), (None, np.array([1, 2, 3, 3, 3])), "cross_entropy", ["uniform"]),
        (steady(2 / 21), (X, Y), "mse", ["saturated"]),
    ],
)
def test_plateaus_that_have_a_name(losses: Any, data: Any, loss: str | None, wanted: list[str]) -> None:
    found = diagnose_loss(losses, data[0], data[1], loss)
    assert found.verdict == "plateau"
    assert names(found) == wanted
    assert found.distance == pytest.approx(losses[-1] - found.known[0].loss)


def test_seven_saturated_and_the_constant_of_eight_classes_agree_by_accident() -> None:
    """Half the sum of squares of 8 one-hot targets: the constant ⅛ has 8 · (7/64 + 49/64) / 2, which is 7 / 2."""
    assert 8 * (7 / 64 + 49 / 64) / 2 == 3.5


def test_a_plateau_that_is_left_at_the_end_is_still_changing() -> None:
    leaving = 110 / 441 + 1e-4 - 1e-10 * np.exp(T / 40.0)
    assert on_xor(leaving).verdict == "still changing"


def test_targets_in_any_orientation() -> None:
    for y in (Y, Y.T, Y.ravel()):
        assert [known.loss for known in known_losses(X, y)] == [known.loss for known in known_losses(X, Y)]
        assert [known.loss for known in known_losses(X.T, y)] == [known.loss for known in known_losses(X, Y)]
        assert known_losses(y=y)[1].loss == pytest.approx(110 / 441)


def test_the_accuracy_of_a_constant_for_classes_is_the_share_of_the_most_frequent() -> None:
    y = np.eye(3)[[0, 1, 1, 2, 1]]
    found = {known.name: known for known in known_losses(y=y, loss="cross_entropy")}
    assert found["constant"].accuracy == pytest.approx(3 / 5)
    assert found["uniform"].accuracy is None
    assert {known.name: known.accuracy for known in known_losses(y=EIGHT)}["constant"] == pytest.approx(1 / 8)


def test_equal_inputs_with_different_targets_have_a_minimum() -> None:
    x = np.array([[0.0], [0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [7.0], [8.0]])
    y = np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0], [0.0], [1.0], [0.0], [1.0]])
    assert names(diagnose_loss(steady(0.05), x, y, "mse")) == ["best-per-input"]


def test_the_factor_of_each_loss_agrees_with_its_gradient() -> None:
    """`loss_values` and `losses` of the search describe the same losses: one by value, the other by gradient."""
    rng = np.random.default_rng(0)
    y, y_hat = rng.integers(0, 2, (5, 3)).astype(float), rng.uniform(0.2, 0.8, (5, 3))
    values = loss_values(y, y_hat)
    for loss in losses(5, 3):
        if loss.family == "cross_entropy":
            continue
        whole = values["mse_half_sum" if loss.family == "mse" else "binary_cross_entropy_sum"]
        assert values[loss.name] == pytest.approx(loss.factor * whole)


# Bad input


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"losses": []}, ValueError, "losses has shape (0,); expected (epochs,), at least one number"),
        ({"losses": [[0.1, 0.2]]}, ValueError, "losses has shape (1, 2)"),
        ({"losses": 0.25}, ValueError, "losses has shape ()"),
        ({"losses": [[0.1], [0.1, 0.2]]}, ValueError, "losses has rows of different lengths"),
        ({"losses": "0.25 0.25"}, TypeError, "losses has entries of type"),
        ({"losses": [0.25j] * 9}, TypeError, "losses has entries of type complex128; expected numbers"),
        ({"X": X}, ValueError, "X is given without y"),
        ({"X": X, "y": Y[:-1]}, ValueError, "X has shape (21, 2); expected (20, 2)"),
        ({"y": Y[None]}, ValueError, "y has shape (1, 21, 1)"),
        ({"loss": "hinge"}, ValueError, "loss is 'hinge'"),
        ({"y": 2 * Y, "loss": "binary_cross_entropy"}, ValueError, "cross-entropy expects targets from 0 to 1"),
        ({"within": 0}, ValueError, "within is 0; expected a positive, finite number"),
        ({"flat": "very"}, TypeError, "flat is 'very', of type str; expected a number"),
        ({"flat": True}, TypeError, "flat is True"),
    ],
)
def test_bad_input(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        diagnose_loss(**{"losses": [0.25] * 20, **arguments})


@pytest.mark.parametrize("name", ["bce", " Binary Cross-Entropy ", "binary_cross_entropy"])
def test_a_loss_is_known_by_its_other_names(name: str) -> None:
    plateau = [np.log(2.0)] * 30
    assert diagnose_loss(plateau, loss=name) == diagnose_loss(plateau, loss="binary_cross_entropy")
    assert known_losses(loss=name) == known_losses(loss="binary_cross_entropy")
    assert known_losses(loss=name)[0].loss == pytest.approx(np.log(2.0))
