"""The measured gradient of a whole network, and the check with it: kinks, smallness, bad input."""

import functools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Activation, Gradients, Model
from backprop.derivation import central_difference, finite_difference_error, optimal_step_size, relative_error
from backprop.experiments import step_size
from backprop.figures.verification import step_size as figure
from backprop.network import ACTIVATIONS
from backprop.tables.table import shown
from backprop.verification import gradient_check, numerical, numerical_gradients
from backprop.verification.numerical import SMOOTH, TOLERANCE, GradientCheck, _Loss
from tests.oracle import apart, by_complex_step, loss_of

X, Y = backprop.xor()
POINTS, LABELS = backprop.linear(40, seed=1)

#: Below this relative error a correct gradient stays: the page on gradient checking says "pass".
CORRECT = {"central": 1e-7, "complex": 1e-12}
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def doubled(gradients: Gradients) -> Gradients:
    return Gradients(
        tuple(2 * g for g in gradients.weights),
        None if gradients.biases is None else tuple(2 * g for g in gradients.biases),
    )


# A right gradient agrees, a wrong one differs


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("loss", "output"), [("mse", "identity"), ("mse", "sigmoid"), ("binary_cross_entropy", "sigmoid")]
)
@pytest.mark.parametrize("hidden", [phi.name for phi in ACTIVATIONS.values() if phi.elementwise])
def test_the_models_own_gradient_agrees(hidden: str, loss: str, output: str, bias: bool) -> None:
    model = Model.random([2, 3, 5, 1], seed=0, activations=[hidden, hidden, output], bias=bias)
    right = model.backward(model.forward(POINTS), LABELS, loss)
    for method in ["central", *(["complex"] if hidden in SMOOTH else [])]:
        found = gradient_check(model, POINTS, LABELS, loss=loss, method=method)
        assert (found.verdict, found.method) == ("agrees", method)
        assert found.error < CORRECT[method]
        wrong = gradient_check(model, POINTS, LABELS, doubled(right), loss=loss, method=method)
        assert wrong.verdict == "differs"
        assert wrong.error == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_the_gradient_of_a_softmax_network_agrees(loss: str, bias: bool) -> None:
    model = Model.random([2, 3, 5, 3], seed=0, activations=["sigmoid", "tanh", "softmax"], bias=bias)
    targets = np.eye(3)[np.arange(len(POINTS)) % 3]
    right = model.backward(model.forward(POINTS), targets, loss)
    for method in ("central", "complex"):
        found = gradient_check(model, POINTS, targets, loss=loss, method=method)
        assert (found.verdict, found.method) == ("agrees", method)
        assert found.error < CORRECT[method]
        assert gradient_check(model, POINTS, targets, doubled(right), loss=loss, method=method).verdict == "differs"
    assert gradient_check(model, POINTS, targets, loss=loss).method == "complex"


def test_what_is_measured_is_the_oracles_gradient() -> None:
    model = Model.random([2, 3, 1], seed=0)
    measured = numerical_gradients(model, X, Y)
    w1, w2 = model.weights
    wanted = by_complex_step(lambda w: loss_of(np, X, Y, [w, w2], None, ["sigmoid"] * 2), w1)
    assert apart(measured.weights[0], wanted) < 1e-14
    assert measured.biases is None


def test_the_wrong_layer_is_told() -> None:
    model = Model.random([2, 3, 5, 1], seed=0, bias=True)
    right = model.backward(model.forward(X), Y)
    assert right.biases is not None
    wrong = Gradients((right.weights[0], 2 * right.weights[1], right.weights[2]), right.biases)
    found = gradient_check(model, X, Y, wrong)
    assert {name for name, error in found.errors.items() if error > 1e-6} == {"W2"}
    assert list(found.errors) == ["W1", "W2", "W3", "b1", "b2", "b3"]
    assert re.search(r"^differs.*\n  W1: \d.*\n  W2: 5\.0e-01\n", str(found))


# Kinks


def test_exactly_the_entries_with_a_kink_within_reach_are_left_out() -> None:
    model, h = Model.random([2, 3, 5, 1], seed=3, activations=["relu", "relu", "sigmoid"], bias=True), 0.02
    found = gradient_check(model, POINTS, LABELS, h=h)
    assert found.kinks.biases is not None
    assert model.biases is not None
    flagged = [*found.kinks.weights, *found.kinks.biases]
    for k, parameter in enumerate([*model.weights, *model.biases]):
        for entry in np.ndindex(parameter.shape):
            on = []
            for sign in (1, -1):
                arrays = [p.copy() for p in [*model.weights, *model.biases]]
                arrays[k][entry] += sign * h
                z = Model(arrays[:3], arrays[3:], model.activations).forward(POINTS).z
                on.append(np.concatenate([z[0].ravel(), z[1].ravel()]) > 0)
            assert flagged[k][entry] == np.any(on[0] != on[1])
    assert 0 < found.left_out == sum(int(k.sum()) for k in flagged) < 47
    assert found.verdict == "differs"  # a step of 0.02 is too coarse for 1e-6, kinks or not
    assert (
        found.error
        < 1e-3
        < relative_error(
            *(np.concatenate([g.ravel() for g in side.weights]) for side in (found.analytic, found.numerical))
        )
    )


def test_with_the_default_step_kinks_are_rare_and_the_rest_agrees() -> None:
    for seed in range(20):
        model = Model.random([2, 3, 5, 1], seed, activations=["relu", "leaky_relu", "sigmoid"], bias=True)
        found = gradient_check(model, POINTS, LABELS)
        assert found.verdict == "agrees"
        assert found.left_out < 3


def test_an_activation_of_ones_own_is_watched() -> None:
    absolute = Activation("absolute", np.abs, lambda z, a: np.sign(z))
    model = Model([np.eye(2), np.ones((2, 1))], [np.zeros(2), np.zeros(1)], [absolute, "identity"])
    found = gradient_check(model, X, Y)
    assert (found.verdict, found.method, found.left_out) == ("agrees", "central", 4)
    impostor = Activation("sigmoid", np.abs, lambda z, a: np.sign(z))  # the name alone proves nothing
    model = Model([np.eye(2), np.ones((2, 1))], [np.zeros(2), np.zeros(1)], [impostor, "identity"])
    assert gradient_check(model, X, Y).left_out == 4


def test_where_every_entry_is_left_out_nothing_can_be_told() -> None:
    model = Model([np.zeros((2, 1))], [np.zeros(1)], "relu")
    found = gradient_check(model, [[1.0, 2.0]], [[1.0]])
    assert (found.verdict, found.left_out) == ("cannot tell", 3)
    assert "left out" in str(found)
    assert "nan" not in str(found)


def test_the_ends_of_a_step_come_in_the_order_that_is_relied_on() -> None:
    seen = []

    def f(x: np.ndarray) -> float:
        seen.append(x.copy())
        return 0.0

    central_difference(f, np.zeros((2, 2)), 1.0)
    for k, (one, other) in enumerate(zip(seen[::2], seen[1::2], strict=True)):
        assert np.array_equal(one, -other)
        assert np.flatnonzero(one).tolist() == [k]
    assert _Loss(Model.random([2, 1]), 0, X, Y, "mse").crossed((0,)).size == 0


# Too small to be measured


def test_a_gradient_below_rounding_cannot_be_told_by_the_central_difference() -> None:
    far_out = Model([np.ones((2, 3)), np.full((3, 1), -18.0)])  # answers and slopes below 1e-11, a loss near ½
    found = gradient_check(far_out, X, Y, method="central")
    assert found.verdict == "cannot tell"
    assert gradient_check(far_out, X, Y, method="complex").verdict == "agrees"
    wrong = doubled(far_out.backward(far_out.forward(X), Y))
    assert gradient_check(far_out, X, Y, wrong, method="central").verdict == "cannot tell"
    assert gradient_check(far_out, X, Y, wrong, method="complex").verdict == "differs"


# What is reported


def test_the_report_is_whole() -> None:
    gradients = Gradients((np.ones((2, 2)),), None)
    kinks = Gradients((np.zeros((2, 2), dtype=bool),), None)
    errors = {"W1": 0.25, "b1": float("nan")}
    one = GradientCheck("differs", 0.5, errors, gradients, gradients, kinks, 1, 0.0, "central", 6e-6)
    assert str(one) == (
        "differs: relative error 5.0e-01 against the central difference, h = 6e-06\n"
        "  W1: 2.5e-01\n"
        "  b1: left out\n"
        "  left out: 1 entry, because a kink was within reach of the step"
    )
    assert str(replace(one, left_out=2)).endswith(
        "\n  left out: 2 entries, because a kink was within reach of the step"
    )
    agrees = replace(one, verdict="agrees", errors={}, left_out=0, method="complex", h=1e-20)
    assert str(agrees) == "agrees: relative error 5.0e-01 against the complex step, h = 1e-20"


def test_a_step_that_is_given_is_taken() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    coarse = numerical_gradients(model, X, Y, method="central", h=0.5)
    assert relative_error(coarse.weights[0], numerical_gradients(model, X, Y).weights[0]) > 1e-3
    found = gradient_check(model, X, Y, method="central", h=np.float64(0.5))
    assert (found.method, found.h, type(found.h)) == ("central", 0.5, float)
    assert np.array_equal(found.numerical.weights[0], coarse.weights[0])
    long = numerical_gradients(model, X, Y, method="complex", h=0.5)
    assert relative_error(long.weights[0], numerical_gradients(model, X, Y).weights[0]) > 1e-3
    assert (gradient_check(model, X, Y).h, gradient_check(model, X, Y, method="central").h) == (1e-20, 6e-6)


def test_the_floor_is_the_rounding_of_two_losses_over_all_entries() -> None:
    model, h = Model.random([2, 3, 1], seed=0), 1e-3
    found = gradient_check(model, X, Y, method="central", h=h)
    loss = model.loss(model.forward(X), Y)
    assert found.floor == pytest.approx(np.finfo(float).eps * loss / h * np.sqrt(9), rel=1e-12)
    assert gradient_check(model, X, Y, method="complex").floor == 0.0


def test_an_error_at_the_tolerance_still_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model.random([2, 3, 1], seed=0)
    wrong = doubled(model.backward(model.forward(X), Y))
    error = gradient_check(model, X, Y, wrong).error
    monkeypatch.setattr(numerical, "TOLERANCE", error)
    assert gradient_check(model, X, Y, wrong).verdict == "agrees"
    monkeypatch.setattr(numerical, "TOLERANCE", np.nextafter(error, 0))
    assert gradient_check(model, X, Y, wrong).verdict == "differs"


def test_a_difference_of_ten_floors_is_the_largest_that_cannot_be_told() -> None:
    flat, h = Model([np.zeros((2, 3)), np.zeros((3, 1))], activations="identity"), 2.0**-20
    options: Any = {"X": X, "y": np.ones_like(Y), "method": "central", "h": h}  # the gradient is 0 and the loss 1
    floor = gradient_check(flat, **options).floor
    assert floor == pytest.approx(3 * np.finfo(float).eps / h)
    for entry, verdict in ((10 * floor, "cannot tell"), (10.01 * floor, "differs")):
        gradients = Gradients((np.diag([entry, 0.0, 0.0])[:2], np.zeros((3, 1))), None)
        assert gradient_check(flat, gradients=gradients, **options).verdict == verdict


def test_a_step_so_small_that_rounding_hides_the_gradient_tells_nothing() -> None:
    found = gradient_check(Model.random([2, 3, 1], seed=0), X, Y, method="central", h=1e-10)
    assert found.error > TOLERANCE
    assert found.verdict == "cannot tell"
    assert np.linalg.norm(found.analytic.weights[1]) > 100 * found.floor


def test_the_gradient_of_another_loss_is_measured_on_its_own_targets() -> None:
    model = Model.random([2, 3, 3], seed=0, activations=["tanh", "softmax"])
    numbers = np.arange(len(X)) % 3
    of_numbers, of_rows = (numerical_gradients(model, X, y, "cross_entropy") for y in (numbers, np.eye(3)[numbers]))
    assert all(map(np.array_equal, of_numbers.weights, of_rows.weights))
    with pytest.raises(ValueError, match=r"^loss is 'hinge'; expected one of "):
        numerical_gradients(model, X, numbers, "hinge")


def test_an_array_of_which_every_entry_is_left_out_has_no_error() -> None:
    model = Model([np.full((1, 1), 1e-9), np.ones((1, 1))], activations=["relu", "identity"])
    found = gradient_check(model, [[1.0]], [[1.0]])  # its only unit is at the kink
    assert (found.left_out, list(found.errors)) == (1, ["W1", "W2"])
    assert np.isnan(found.errors["W1"])
    assert not np.isnan(found.errors["W2"])


def test_a_difference_of_ten_floors_cannot_be_told_and_a_larger_one_can() -> None:
    model, h = Model.random([2, 3, 1], seed=0), 1e-7
    found = gradient_check(model, X, Y, method="central", h=h)
    direction = np.zeros((2, 3))
    direction[0, 0] = 1.0
    for floors, verdict in ((9.99, "cannot tell"), (10.01, "differs")):
        first, second = found.numerical.weights
        moved = Gradients((first + floors * found.floor * direction, second), None)
        again = gradient_check(model, X, Y, moved, method="central", h=h)
        wanted = verdict if again.error > TOLERANCE else "agrees"
        assert again.verdict == wanted
        tiny = Gradients((floors * found.floor * direction, 0 * second), None)
        flat = Model([np.zeros((2, 3)), np.zeros((3, 1))], activations="identity")
        assert gradient_check(flat, X, 0 * Y, tiny, method="central", h=h).verdict == "differs"  # its loss is 0


# Bad input


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"h": 0}, ValueError, "h is 0; expected a positive, finite number"),
        ({"h": float("nan")}, ValueError, "h is nan"),
        ({"h": "small"}, TypeError, "h is 'small', of type str; expected a number"),
        ({"h": True}, TypeError, "h is True"),
        ({"method": "forward"}, ValueError, "method is 'forward'; expected one of 'central', 'complex'"),
        ({"method": 3}, TypeError, "method is 3"),
        ({"loss": "hinge"}, ValueError, "loss is 'hinge'"),
        ({"y": Y[:-1]}, ValueError, "y has shape"),
        ({"X": X[:, :1]}, ValueError, "X has shape"),
        ({"gradients": 1.0}, TypeError, "gradients is float; expected Gradients"),
        ({"gradients": Gradients((np.ones((2, 3)),), None)}, ValueError, "gradients.weights have shapes"),
    ],
)
def test_bad_input(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    model = Model.random([2, 3, 1], seed=0)
    with pytest.raises(error, match=re.escape(message)):
        gradient_check(**{"model": model, "X": X, "y": Y, **arguments})


def test_the_complex_step_is_refused_where_it_cannot_pass() -> None:
    model = Model.random([2, 3, 1], seed=0, activations=["relu", "sigmoid"])
    with pytest.raises(ValueError, match="expected 'central', because activation 'relu' does not take complex numbers"):
        numerical_gradients(model, X, Y, method="complex")


# The U-curve


@functools.cache
def result() -> dict[str, Any]:
    return step_size.run()


@pytest.mark.parametrize("method", ["forward", "central"])
def test_the_law_holds_and_its_minimum_is_where_the_error_is_least(method: str) -> None:
    r = result()[method]
    assert r["within"] == r["checked"] > 40
    large = [(e, law) for h, e, law in zip(r["h"], r["error"], r["law"], strict=True) if 10 * r["best_h"] < h < 0.1]
    assert all(0.8 < e / law <= 1 for e, law in large)  # where truncation rules the law is exact, not only a bound
    assert 1 / 3 < r["least_h"] / r["best_h"] < 3
    assert r["error_at_best"] <= r["best_error"]
    assert optimal_step_size(r["c"], r["p"], r["r"]) == r["best_h"]


def test_the_slopes_of_the_two_branches() -> None:
    def derivative(method: str, low: float, high: float) -> float:
        h, e = np.array(result()[method]["h"]), np.array(result()[method]["error"])
        chosen = (h >= low) & (h <= high)
        return float(np.polyfit(np.log10(h[chosen]), np.log10(e[chosen]), 1)[0])

    assert derivative("central", 1e-3, 1e-1) == pytest.approx(2, abs=0.02)
    assert derivative("forward", 1e-4, 1e-2) == pytest.approx(1, abs=0.02)
    assert derivative("complex", 1e-5, 1e-1) == pytest.approx(2, abs=0.02)
    assert derivative("central", 1e-12, 1e-7) == pytest.approx(-1, abs=0.1)
    assert derivative("forward", 1e-12, 1e-9) == pytest.approx(-1, abs=0.1)
    assert (
        max(e for h, e in zip(result()["complex"]["h"], result()["complex"]["error"], strict=True) if h < 1e-8) < 1e-15
    )


def test_what_the_page_says_of_the_default_step() -> None:
    central = result()["central"]
    assert 5 < central["best_h"] / 6e-6 < 20
    assert min((abs(h / 6e-6 - 1), e) for h, e in zip(central["h"], central["error"], strict=True))[1] < 1e-9
    assert set(ACTIVATIONS) - set(SMOOTH) == {"relu", "leaky_relu"}


def test_kinks_in_the_experiment() -> None:
    coarse, _, fine = result()["kinks"]
    assert coarse["left_out"] > fine["left_out"]
    assert coarse["error"] < coarse["error_with"] / 10
    assert fine["error"] < 1e-8


def test_the_figure_states_what_was_computed() -> None:
    drawn = figure(result())
    assert shown(result()["central"]["least_error"], ".0e") in drawn.title
    assert drawn.experiment == "step_size"
    law = finite_difference_error(np.array(result()["central"]["h"]), *(result()["central"][key] for key in "cpr"))
    assert [
        v for m, v in zip(drawn.table["method"], drawn.table["law"], strict=True) if m == "central difference"
    ] == law.tolist()


# The thresholds that the page prints


def test_the_thresholds_of_the_page_are_those_of_the_tests() -> None:
    page = (Path(__file__).parents[1] / "docs" / "verification" / "gradient-checking.md").read_text(encoding="utf-8")
    rows = {
        name: [[-int(power.translate(DIGITS)) for power in re.findall("10⁻([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", cell)] for cell in cells]
        for name, *cells in re.findall(r"^\| \*\*(\w+)\*\* \| ([^|]*) \| ([^|]*) \|", page, flags=re.MULTILINE)
    }
    for k, method in enumerate(("central", "complex")):
        (passed,), (low, high), (failed,) = rows["pass"][k], rows["investigate"][k], rows["fail"][k]
        assert (passed, failed) == (low, high)
        assert 10.0**passed == CORRECT[method]
        assert passed < np.log10(TOLERANCE) <= failed
    assert 10.0 ** rows["fail"][1][0] == TOLERANCE
    assert "a relative error of 10⁻⁶ and *differs* above" in " ".join(page.split())
