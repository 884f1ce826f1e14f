"""The worked example and the four consequences: what their results and figures state holds."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import backprop
from backprop.derivation import complex_step, dead_units, delta_bound, relative_error, units_identical
from backprop.experiments import collapse, symmetry, vanishing, worked_example
from backprop.figures import consequences as figures
from backprop.figures.style import Figure, house_style, svg

DRAWINGS: list[tuple[str, str, Callable[[dict[str, Any]], Figure]]] = [
    ("vanishing", "vanishing", figures.vanishing),
    ("collapse", "linear-collapse", figures.linear_collapse),
    ("dead_units", "dead-units", figures.dead_units),
    ("symmetry", "symmetry", figures.symmetry),
]


@cache
def result(name: str) -> dict[str, Any]:
    """Run an experiment once for all tests, through JSON as on the site; with fewer seeds where that is enough."""
    module = import_module(f"backprop.experiments.{name}")
    with pytest.MonkeyPatch.context() as patch:
        if name in ("collapse", "symmetry"):
            patch.setattr(module, "SEEDS", 20)
        stored: dict[str, Any] = json.loads(json.dumps(module.run(), allow_nan=False))
    return stored


def sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


class TestWorkedExample:
    def test_the_numbers_are_followable(self) -> None:
        numbers = [*np.ravel(worked_example.X), *(w for layer in worked_example.WEIGHTS for w in np.ravel(layer))]
        assert len(set(numbers)) == len(numbers) == 12
        assert all(round(float(n), 1) == n for n in numbers)
        assert min(numbers) < 0 < max(numbers)
        points, labels = backprop.xor()
        found = np.isclose(points, worked_example.X).all(axis=1)
        assert labels[found].tolist() == worked_example.Y.tolist()

    def test_gradients_agree_with_the_model_and_with_measured_derivative(self) -> None:
        r = result("worked_example")
        assert r["error_model"] < 1e-14
        assert r["error_measured"] < 1e-8
        w1, w2, w3 = (np.array(w) for w in r["w"])
        x, y = np.array([r["x"]]), r["y"]
        losses = [
            lambda w: ((sigma(sigma(sigma(x @ w) @ w2) @ w3) - y) ** 2)[0, 0],
            lambda w: ((sigma(sigma(sigma(x @ w1) @ w) @ w3) - y) ** 2)[0, 0],
            lambda w: ((sigma(sigma(sigma(x @ w1) @ w2) @ w) - y) ** 2)[0, 0],
        ]
        for g, w, loss in zip(r["gradients"], (w1, w2, w3), losses, strict=True):
            assert relative_error(np.array(g), complex_step(loss, w)) < 1e-14

    def test_every_intermediate_number_follows_from_its_neighbours(self) -> None:
        r = result("worked_example")
        a = [r["x"], *r["a"]]
        for layer, w in enumerate(r["w"]):
            assert np.allclose(np.array(a[layer]) @ np.array(w), r["z"][layer])
            assert np.allclose(sigma(np.array(r["z"][layer])), r["a"][layer])
            assert np.allclose(np.outer(a[layer], r["deltas"][layer]), r["gradients"][layer])
            assert np.allclose(w - r["eta"] * np.array(r["gradients"][layer]), r["new_w"][layer])
        for layer in (0, 1):
            assert np.allclose(np.array(r["w"][layer + 1]) @ r["deltas"][layer + 1], r["activation_gradient"][layer])
            assert np.allclose(
                np.multiply(r["derivatives"][layer], r["activation_gradient"][layer]), r["deltas"][layer]
            )
        assert r["dl_dy_hat"] == pytest.approx(2 * (r["y_hat"] - r["y"]))
        assert r["deltas"][2] == pytest.approx([r["derivatives"][2][0] * r["dl_dy_hat"]])

    def test_a_step_lowers_the_loss_by_about_what_is_predicted(self) -> None:
        r = result("worked_example")
        assert r["decrease"] == r["loss"] - r["new_loss"]
        assert r["decrease"] == pytest.approx(r["predicted_decrease"], rel=0.1)


class TestVanishing:
    @pytest.mark.parametrize("name", ["sigmoid", "tanh"])
    def test_the_bound_holds_for_every_seed_and_layer(self, name: str) -> None:
        r = result("vanishing")
        assert r[name]["within"] == r[name]["checked"] == r["seeds"] * (r["weight_layers"] - 1)

    @pytest.mark.parametrize("name", ["sigmoid", "tanh"])
    def test_the_bound_holds_for_every_point(self, name: str) -> None:
        X, y = backprop.xor()
        model = backprop.Model.random(vanishing.WIDTHS, seed=3, activations=name)
        deltas = model.deltas(model.forward(X), y)
        for layer, delta in enumerate(deltas):
            for point, last in zip(delta, deltas[-1], strict=True):
                bound = delta_bound(model.weights[layer + 1 :], last, vanishing.STEEPEST[name])
                assert np.linalg.norm(point) <= bound * (1 + 1e-12)

    def test_sigmoid_vanishes_geometrically_and_tanh_does_not(self) -> None:
        r = result("vanishing")
        medians = np.array(r["sigmoid"]["median"])
        assert np.all(medians[1:] < 0.5 * medians[:-1])
        assert 1e-5 < r["sigmoid"]["end_to_end"] < 2e-4
        assert r["sigmoid"]["per_layer"] ** r["back"][-1] == pytest.approx(r["sigmoid"]["end_to_end"])
        assert r["tanh"]["end_to_end"] > 0.1
        assert np.all(np.array(r["sigmoid"]["bound"])[1:] > medians[1:])


class TestCollapse:
    def test_every_seed_reaches_the_floor_and_none_goes_below(self) -> None:
        r = result("collapse")
        assert r["floor"] == pytest.approx((10 - 500 / 127) / 21, abs=1e-14)
        assert r["minimum_with_bias"] == pytest.approx(110 / 441, abs=1e-14)
        assert r["reached"] == r["seeds"]
        assert r["furthest"] < 1e-6
        assert min(r["losses"]["low"]) > r["floor"] - 1e-12

    def test_the_product_is_the_least_squares_solution(self) -> None:
        r = result("collapse")
        assert r["solution"] == pytest.approx([50 / 127, 50 / 127], abs=1e-12)
        assert r["largest_w_error"] < 1e-5
        assert r["w"] == pytest.approx(r["solution"], abs=1e-6)

    def test_the_network_answers_as_the_one_matrix(self) -> None:
        r = result("collapse")
        assert r["largest_y_hat_error"] < 1e-12
        assert np.allclose(np.array(r["X"]) @ r["w"], r["y_hat"], atol=1e-12)
        assert r["accuracy"] == pytest.approx(7 / 21)

    def test_all_seeds_of_the_site_reach_the_floor(self) -> None:
        assert collapse.run()["reached"] == collapse.SEEDS


class TestDeadUnits:
    @pytest.mark.parametrize("output", ["sigmoid", "identity"])
    def test_a_quarter_starts_dead_and_no_dead_unit_moves(self, output: str) -> None:
        r = result("dead_units")
        for training in r[output]:
            assert training["start"] == pytest.approx(r["predicted"], abs=0.05)
            assert training["dead_at_initialisation"] == round(training["start"] * r["units"])
            assert training["unchanged"] == training["dead_at_initialisation"] > 0
            assert training["revived"] == 0

    @pytest.mark.parametrize("output", ["sigmoid", "identity"])
    def test_the_share_never_falls(self, output: str) -> None:
        for training in result("dead_units")[output]:
            assert np.all(np.diff(training["dead"]) >= 0)
            assert training["dead"][-1] == training["end"] > training["start"]

    def test_too_large_a_rate_kills_with_a_linear_output(self) -> None:
        r = result("dead_units")
        assert r["identity"][-1]["end"] > 0.6 > 0.45 > r["identity"][0]["end"]
        assert r["sigmoid"][-1]["end"] < 0.4

    def test_a_network_whose_hidden_units_all_start_dead_never_moves(self) -> None:
        r = result("dead_units")
        assert r["one_in"] == 256
        for training in [*r["sigmoid"], *r["identity"]]:
            assert training["networks_unmoved"] == training["networks_dead_at_initialisation"] == 1
        X, y = backprop.xor()
        model = backprop.Model([-np.ones((2, 4)), np.ones((4, 1))], activations=["relu", "sigmoid"])
        gradients = model.backward(model.forward(X), y)
        assert not any(g.any() for g in gradients.weights)

    def test_one_dead_unit_keeps_its_bits(self) -> None:
        X, y = backprop.xor()
        w1 = np.array([[0.3, -0.7, 0.2, -0.1], [0.1, -0.4, -0.9, 0.8]])
        model = backprop.Model([w1, np.ones((4, 1))], activations=["relu", "sigmoid"])
        after = backprop.train(model, X, y, eta=1.0, epochs=500).model.weights[0]
        assert dead_units(X @ w1).tolist() == [False, True, False, False]
        assert (after == w1).all(axis=0).tolist() == [False, True, False, False]


class TestSymmetry:
    def test_equal_units_stay_twins(self) -> None:
        equal = result("symmetry")["equal"]
        assert equal["identical"] == 1
        assert max(equal["apart"]["high"]) < 1e-9
        assert equal["final_loss"] == pytest.approx(0.2494, abs=1e-4)
        assert equal["accuracy"] < 0.77

    def test_noise_and_random_weights_break_the_symmetry(self) -> None:
        r = result("symmetry")
        for kind in ("noise", "random"):
            assert r[kind]["identical"] == 0
            assert r[kind]["solved"] >= 0.9 * r[kind]["seeds"]
            assert r[kind]["final_loss"] < 0.02
        assert r["noise"]["apart"]["median"][0] < 0.05 < 10 < r["noise"]["apart"]["median"][-1]

    def test_noise_is_small_and_depends_on_the_seed(self) -> None:
        first, second = symmetry.nearly_equal(0), symmetry.nearly_equal(1)
        assert not units_identical(*first.weights)
        assert np.abs(first.weights[0] - 0.5).max() < 0.05
        assert not np.allclose(first.weights[0], second.weights[0], atol=1e-6)


@cache
def drawn(draw: Callable[[dict[str, Any]], Figure], experiment: str) -> Figure:
    """Draw a figure once for all tests, which change nothing in it."""
    with house_style():
        return draw(result(experiment))


class TestFigures:
    @pytest.mark.parametrize(("experiment", "name", "draw"), DRAWINGS)
    def test_drawn_twice_it_is_the_same_valid_svg(
        self, experiment: str, name: str, draw: Callable[[dict[str, Any]], Figure]
    ) -> None:
        figure = drawn(draw, experiment)
        with house_style():
            first, second = svg(figure), svg(draw(result(experiment)))
        assert first == second
        assert figure.name == name
        assert ET.fromstring(first).attrib["role"] == "img"
        assert len(first) < 100_000

    @pytest.mark.parametrize(("experiment", "name", "draw"), DRAWINGS)
    def test_its_words_hold_numbers_and_nothing_unset(
        self, experiment: str, name: str, draw: Callable[[dict[str, Any]], Figure]
    ) -> None:
        figure = drawn(draw, experiment)
        for words in (figure.title, figure.description, figure.caption):
            assert any(c.isdigit() for c in words), name
            assert not {"nan", "inf"} & set(words.replace(",", " ").replace(".", " ").split())

    @pytest.mark.parametrize(("experiment", "name", "draw"), DRAWINGS)
    def test_every_axis_is_labelled(self, experiment: str, name: str, draw: Callable[[dict[str, Any]], Figure]) -> None:
        axes = drawn(draw, experiment).canvas.axes
        assert all(a.get_xlabel() for a in axes), name
        assert axes[0].get_ylabel()
        assert axes[0].get_legend() is not None


@pytest.mark.parametrize("name", ["worked_example", "vanishing"])
def test_results_repeat(name: str) -> None:
    assert json.loads(json.dumps(import_module(f"backprop.experiments.{name}").run())) == result(name)
