"""The report's discussions: what their pages say in words holds for the stored results, and figures hand over data."""

import importlib
import time
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import derivation as step
from backprop.experiments import no_activation, relu, thresholds, timing
from backprop.experiments.store import KEPT
from backprop.figures import drawing
from backprop.figures.style import Figure, csv_text, house_style, png
from backprop.training import states

ROOT = Path(__file__).parents[1]
X, Y = backprop.xor()


# Learning rates


@pytest.mark.parametrize(
    ("case", "value"), [("mean", 1.653543), ("mean_with_bias", 0.650794), ("sum", 0.0787402)], ids=str
)
def test_the_threshold_is_exact(results: dict[str, Any], case: str, value: float) -> None:
    found = results["thresholds"][case]
    assert found["threshold"] == pytest.approx(value, rel=1e-6)
    for rate in found["rates"]:
        assert (rate["excess"][-1] < rate["excess"][0]) == (rate["part"] < 1)
    if case == "mean":  # whose lines are drawn
        for rate in found["rates"]:
            excess, factor = np.array(rate["excess"]), 1 - 2 * rate["part"]  # 1 − ηλ
            before = excess[:-1][excess[:-1] > 1e-6]
            after = excess[1 : len(before) + 1]
            np.testing.assert_allclose(after / before, factor ** (2 * thresholds.EVERY), rtol=1e-6)


def test_a_tenth_of_a_per_cent_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "EPOCHS", 20_000)
    threshold = step.max_stable_learning_rate(X)
    below, above = (thresholds.excess(X, Y, part * threshold) for part in (0.999, 1.001))
    assert below[-1] < 1e-9 < 1 < above[-1]


def test_too_small_a_rate_gets_nowhere_and_a_larger_one_is_faster(results: dict[str, Any]) -> None:
    rates = results["learning_rates"]["rates"]
    assert rates[0]["eta"] <= 0.01
    assert rates[-1]["eta"] >= 100
    assert all(rate["first"] is None for rate in rates[:3])  # the page's table says "none"
    firsts = [rate["first"] for rate in rates[3:8]]
    assert firsts == sorted(firsts, reverse=True)
    seeds = results["learning_rates"]["seeds"]
    assert [rate["reached"] > 0.95 * seeds for rate in rates] == 4 * [False] + 4 * [True] + [False]  # "nearly all"
    assert results["learning_rates"]["detour"] < 0.01


# Hidden units


def test_more_units_take_longer_and_the_work_grows_with_them(results: dict[str, Any]) -> None:
    t = results["timing"]
    assert t["training_runs"][-1]["seconds"] > t["training_runs"][0]["seconds"]
    assert t["machine"]["processor"]
    assert t["machine"]["numpy"]
    by_hidden = {one["hidden"]: one for one in t["steps"]}
    assert 3.5 < by_hidden[64]["multiplications"] / by_hidden[16]["multiplications"] <= 4  # "the work grows fourfold"
    assert t["work"] == 4 < 14 < t["work_two"] == pytest.approx(12_736 / 880)
    assert all(one[part] > 0 for one in t["steps"] for part in ("forward", "backward", "update"))


def test_interleaved_timings_are_medians_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    clock = [0.0]

    def work(name: str, seconds: list[float]) -> None:
        calls.append(name)
        clock[0] += seconds.pop(0)

    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    a, b = [90.0, 1.0, 1.0, 2.0, 2.0, 70.0, 70.0], [90.0, 3.0, 5.0, 4.0, 4.0, 0.0, 1.0]
    times = timing.interleaved([lambda: work("a", a), lambda: work("b", b)], repeats=3, calls=2)
    assert calls == ["a", "b", *(["a", "a", "b", "b"] * 3)]
    assert times == [2.0, 4.0]


def test_few_units_do_not_solve_xor_and_eight_always_do(results: dict[str, Any]) -> None:
    h = results["hidden_units"]
    solved = {one["hidden"]: one["solved"] for one in h["units"]}
    assert solved[1] == solved[2] == 0
    assert 0 < solved[3] < solved[4]
    assert solved[4] > 0.95 * h["seeds"]  # "nearly always"
    assert solved[8] == solved[16] == solved[64] == h["seeds"]


# Without activation


def test_the_reports_variant_is_the_reports(results: dict[str, Any]) -> None:
    n = results["no_activation"]
    lines = n["log"].splitlines()
    assert lines[1:] == [f"epoch : {epoch} loss : nan" for epoch in (500, 1000, 1500, 2000)]
    assert n["warnings"].count("\n") == 2
    assert all(kind in n["warnings"] for kind in no_activation.REPORTED)
    assert 0.25 < n["linear"]["all_three"] < n["xor"]["all_three"] < 0.55  # "typical"


def test_the_kept_derivative_is_the_incorrect_one() -> None:
    model = backprop.Model.random([2, 3, 5, 1], seed=0, activations=no_activation.DERIVATIVE_KEPT)
    right = backprop.Model(model.weights, activations="identity")
    incorrect_gradient, gradient = (m.backward(m.forward(X), Y).weights[0] for m in (model, right))

    def loss(w: np.ndarray) -> float:
        changed = backprop.Model([w, *right.weights[1:]], activations="identity")
        return float(changed.loss(changed.forward(X), Y))

    measured = step.central_difference(loss, right.weights[0])
    assert step.relative_error(gradient, measured) < 1e-7
    assert step.relative_error(incorrect_gradient, measured) > 0.1


def test_what_is_filled_in_after_the_last_number_is_what_training_gives() -> None:
    losses, _ = no_activation.overflowing(X, Y, seed=0, epochs=300)
    start = backprop.Model.random([2, 4, 1], 0, no_activation.DERIVATIVE_KEPT)
    with np.errstate(all="ignore"):
        walked = [
            float(step.total_loss(step.mse_contributions(Y, output.y_hat)))
            for _, output in islice(states(start, X, Y, eta=1.0), 301)
        ]
    assert np.isnan(walked[-1])
    np.testing.assert_array_equal(losses, walked)


def test_the_kept_derivative_overflows_at_every_rate_and_the_correct_one_at_large_ones(results: dict[str, Any]) -> None:
    n = results["no_activation"]
    kept, bare, biased = n["kept"], n["without_bias"], n["with_bias"]
    assert [one["eta"] for one in kept] == [one["eta"] for one in bare] == [one["eta"] for one in biased]
    assert all(one["diverged"] > 0.75 for one in kept)  # "at every rate tried"
    assert not any(one["reached"] for one in kept)  # "never reach the floor"
    assert [one["diverged"] for one in bare if one["eta"] <= 0.1] == [0, 0, 0]
    assert [one["diverged"] for one in biased if one["eta"] <= 0.03] == [0, 0]
    for one in (bare[-1], biased[-1]):  # "enough by itself", and as early as the report's nan
        assert one["eta"] == 1
        assert one["diverged"] == one["diverged_early"] > 0.9


def test_the_right_derivative_reaches_the_floor_at_small_rates(results: dict[str, Any]) -> None:
    n = results["no_activation"]
    assert n["floor"] == pytest.approx((10 - 500 / 127) / 21, abs=1e-12)
    assert n["minimum_with_bias"] == pytest.approx(110 / 441, abs=1e-12)
    for key in ("without_bias", "with_bias"):
        assert n[key][0]["reached"] > 0  # at the least rate the others are on their way
        assert n[key][0]["diverged"] == 0
        rates = n[key][1:]
        assert rates[0]["reached"] == 1  # "every seed"
        assert all(a["reached"] >= b["reached"] for a, b in pairwise(rates))
        assert all(one["reached"] + one["diverged"] == pytest.approx(1) for one in rates)  # "the rest overflow"
    assert [one["reached"] for one in n["without_bias"] if 0.03 <= one["eta"] <= 0.1] == [1, 1]
    assert n["without_bias"][3]["reached"] < 1 > n["with_bias"][2]["reached"]  # above the rates that the page names
    assert n["without_bias"][2]["largest_w_error"] < 1e-9


def test_no_line_solves_xor(results: dict[str, Any]) -> None:
    assert results["no_activation"]["best_line"] == 16
    rng = np.random.default_rng(0)
    best = 0.0
    for _ in range(2000):  # against random lines, none of which is better
        direction, shift = rng.normal(size=(2, 1)), rng.normal()
        right = float(step.binary_accuracy(Y, np.where(X @ direction > shift, 1.0, 0.0)))
        best = max(best, right, 1 - right)
    assert 12 / 21 < best <= 16 / 21


# ReLU


def test_dead_outputs_stay_and_second_layer_units_may_wake(results: dict[str, Any]) -> None:
    r = results["relu"]
    for data, kind in (("xor", "one"), ("xor", "two"), ("linear", "one"), ("linear", "two")):
        for training in r[data][kind]:
            assert (
                training["zero_gradients"]
                == training["stuck"]
                >= training["stuck_at_initialisation"]
                == training["unmoved"]
            )
            assert training["layers"][0]["revived"] == training["layers"][-1]["revived"] == 0
    for training in (r["xor"]["two"][0], r["xor"]["two"][4], *r["linear"]["two"]):  # those that the page names
        assert training["layers"][1]["revived"] > 0
    assert r["constant"] == pytest.approx(10 / 21)


def test_the_forty_per_cent_are_mostly_older_than_the_rate(results: dict[str, Any]) -> None:
    r = results["relu"]["xor"]
    for kind in ("one", "two"):
        fast = r[kind][-1]
        hidden = fast["layers"][:-1]
        assert 0.3 < fast["hidden_dead"] < 0.5
        assert np.mean([layer["start"] for layer in hidden]) > fast["hidden_dead"] / 2  # "more than half"
        grown = [layer["end"] - layer["start"] for layer in fast["layers"]]
        assert max(grown) == grown[-1]  # "above all the output"


def test_with_a_linear_output_the_rate_is_the_main_cause(results: dict[str, Any]) -> None:
    d = results["dead_units"]
    slow, fast = d["identity"][1:]
    assert fast["end"] - slow["end"] > slow["end"] - slow["start"]
    assert fast["end"] - slow["end"] > fast["start"]  # more than were born so
    assert fast["end"] > 0.6  # "40 % is too low"


def test_a_dead_network_is_counted_as_one() -> None:
    dead = relu.training([2, 4, 1], 0.1, [(X, Y)] * 8)
    models = [backprop.Model.random([2, 4, 1], seed, "relu") for seed in range(8)]
    by_hand = [np.all(model.forward(X).y_hat == 0) for model in models]
    assert dead["stuck_at_initialisation"] == sum(map(bool, by_hand))


def test_relu_is_fastest_where_it_arrives_and_arrives_least_often(results: dict[str, Any]) -> None:
    training_runs = {one["name"]: one for one in results["activations"]["training_runs"]}
    assert min(training_runs.values(), key=lambda one: one["solved"])["name"] == "relu"
    assert min(training_runs.values(), key=lambda one: one["first"])["name"] == "relu"
    assert training_runs["leaky_relu"]["solved"] > 1.3 * training_runs["relu"]["solved"]  # "mends much of that"


def test_the_activations_are_drawn_as_they_are(results: dict[str, Any]) -> None:
    a = results["activations"]
    z = np.array(a["z"])
    for one in a["training_runs"]:
        value, derivative = np.array(one["value"]), np.array(one["derivative"])
        between = (value[2:] - value[:-2]) / (z[2:] - z[:-2])
        smooth = (np.abs(z[1:-1]) > 0.15) & (np.diff(z)[1:] > 0.01) & (np.diff(z)[:-1] > 0.01)
        assert np.allclose(derivative[1:-1][smooth], between[smooth], atol=5e-3)


# Starting weights


def test_no_network_of_zeros_and_ones_prints_the_reports_first_loss(results: dict[str, Any]) -> None:
    s = results["start_weights"]
    assert s["networks"] == 2**12
    assert s["miss"] > 1e-5
    assert s["solved_zero_one"] < s["solved_normal"]


# Figures: every one drawn from an experiment hands over what it shows


def figures() -> list[Figure]:
    with house_style():
        return [draw() for draw in drawing.drawings(ROOT / "build" / "results")]


@pytest.fixture(scope="module")
def drawn(results: dict[str, Any]) -> list[Figure]:
    assert results
    return figures()


def test_every_figure_of_an_experiment_has_its_table(drawn: list[Figure]) -> None:
    bare = [figure.name for figure in drawn if not figure.experiment]
    assert all(name.startswith(("diagram-", "worked-example-")) for name in bare)
    assert len({figure.name for figure in drawn}) == len(drawn)


def test_what_a_line_shows_is_in_the_table(drawn: list[Figure]) -> None:
    lines = 0
    for figure in drawn:
        if not figure.experiment:
            continue
        numbers = [v for column in figure.table.values() for v in column if isinstance(v, int | float)]
        known = np.unique(np.array([*numbers, *(100 * np.array(numbers))], dtype=float))
        for axes in figure.canvas.axes:
            for line in axes.get_lines():
                shown = np.asarray(line.get_ydata(), dtype=float)
                if len(shown) < 12:  # a mark, a rule or a legend's sample
                    continue
                lines += 1
                shown = shown[np.isfinite(shown)]
                nearest = known[np.clip(np.searchsorted(known, shown), 1, len(known) - 1)]
                below = known[np.clip(np.searchsorted(known, shown) - 1, 0, len(known) - 1)]
                off = np.minimum(np.abs(nearest - shown), np.abs(below - shown))
                assert np.all(off <= 1e-9 * np.maximum(1, np.abs(shown))), f"{figure.name}: {line.get_label()}"
    assert lines > 30


def test_axes_have_names_and_titles_are_sentences(drawn: list[Figure]) -> None:
    for figure in drawn:
        assert figure.title.endswith((".", ":")), figure.name
        assert "nan" not in figure.description.split(), figure.name
        if figure.experiment:
            for axes in figure.canvas.axes:
                assert axes.get_xlabel() or axes.get_ylabel() or axes.get_title("left"), figure.name


def test_a_picture_gives_the_same_bytes_twice(drawn: list[Figure]) -> None:
    figure = next(figure for figure in drawn if figure.name == "relu")
    with house_style():
        assert png(figure) == png(figure)
    assert csv_text(figure.table).count("\n") == 1 + len(figure.table["eta"])


def test_every_experiment_of_a_figure_exists(drawn: list[Figure]) -> None:
    for name in {figure.experiment for figure in drawn} - {"", "speed"}:
        assert callable(importlib.import_module(f"backprop.experiments.{name}").run)
    assert KEPT.is_dir()
