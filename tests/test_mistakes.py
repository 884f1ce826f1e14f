"""The catalogue trained, and planted in random networks."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import derivation as step
from backprop.experiments import confusion, diagnoses, mistakes
from backprop.experiments.store import KEPT, read_result
from backprop.verification import MISTAKES, catalogue

X, Y = backprop.xor()


@pytest.mark.parametrize(
    "mistake", [one for one in MISTAKES if one.slug not in mistakes.NOT_HERE], ids=lambda mistake: mistake.slug
)
def test_every_mistake_changes_the_first_or_a_later_step(mistake: catalogue.Mistake) -> None:
    model = backprop.Model.random([2, 4, 4, 1], seed=0, bias=True)
    loss = "binary_cross_entropy" if mistake.slug in mistakes.UNDER_CROSS_ENTROPY else "mse"
    right, wrong = (states(slug, model, loss) for slug in ("", mistake.slug))
    ways = zip(right, wrong, strict=False)
    apart = [
        any(not np.allclose(a, b, rtol=1e-6, atol=1e-12) for a, b in zip(all_of(one), all_of(other), strict=True))
        for (one, other), _ in zip(ways, range(3), strict=False)
    ]
    assert apart == [False, mistake.slug != "gradients-not-zeroed", True]


def states(slug: str, model: backprop.Model, loss: str) -> Iterator[backprop.Model]:
    """Train with a mistake."""
    return (state for state, _ in catalogue.states_with(slug, model, X, Y, mistakes.ETA, loss))


def all_of(model: backprop.Model) -> list[np.ndarray]:
    return list(model.parameters)


def test_without_a_mistake_it_is_training() -> None:
    model = backprop.Model.random([2, 4, 4, 1], seed=0)
    for loss in ("mse", "binary_cross_entropy"):
        *_, last = (state for state, _ in zip(states("", model, loss), range(101), strict=False))
        run = backprop.train(model, X, Y, eta=mistakes.ETA, epochs=100, loss=loss)
        for a, b in zip(last.weights, run.model.weights, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9)


def test_a_stack_goes_where_each_goes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mistakes, "EPOCHS", 20)
    monkeypatch.setattr(mistakes, "SEEDS", 3)
    losses = []
    for seed in range(3):
        model = backprop.Model.random([2, 4, 4, 1], seed)
        *_, last = (s for s, _ in zip(states("updated-too-early", model, "mse"), range(21), strict=False))
        losses.append(last.loss(last.forward(X), Y))
    assert mistakes.trained("updated-too-early", "plain")["loss"] == pytest.approx(np.median(losses), rel=1e-9)


def test_each_mistake_is_compared_with_the_right_gradient_of_its_kind(results: dict[str, Any]) -> None:
    m = results["mistakes"]
    assert m["correct"]["under_binary_cross_entropy"]["solved"] == m["seeds"]  # "all"
    assert max(one["gradient"] for one in m["correct"].values()) < 1e-12
    half = [
        slug
        for slug, one in m["mistakes"].items()
        if slug != "mean-instead-of-sum" and 2 * one["solved"] >= m["correct"][one["group"]]["solved"]
    ]
    assert m["silent"] == len(half)
    same = ("solved", "loss", "accuracy")
    assert [m["mistakes"]["mean-instead-of-sum"][key] for key in same] == [m["correct"]["plain"][key] for key in same]
    assert {slug for slug, one in m["mistakes"].items() if one["group"] == "under_binary_cross_entropy"} == {
        "output-derivative-not-cancelled",
        "extra-factor-two",
    }  # the two that the page names


def test_the_kept_rates_of_softmax_are_what_the_code_gives() -> None:
    kept = read_result(KEPT, "confusion")
    assert kept["networks"] == confusion.NETWORKS == 2000
    assert confusion.alarms(range(confusion.SAMPLE)) == kept["sample"]["softmax"]


@pytest.mark.parametrize("way", confusion.WAYS)
def test_the_kept_rates_are_what_the_code_gives(way: str) -> None:
    assert confusion.tried(range(confusion.SAMPLE), way) == read_result(KEPT, "confusion")["sample"][way]


def test_the_kept_rates_are_good_enough() -> None:
    kept = read_result(KEPT, "confusion")
    for way, least in (("named", 0.99), ("unnamed", 0.99), ("single", 0.99)):
        one = kept[way]
        assert one["called_incorrect"] == 0
        assert one["missed"] == 0 or way == "single"
        assert one["share"] == one["named"] / one["incorrect_asked"] >= least
    assert kept["named"]["false_alarms"] == 0  # "called no right gradient wrong"
    assert kept["named"]["correct_asked"] == kept["networks"] - 6  # whose ReLUs are dead, see below
    assert kept["softmax"]["asked"] > 2 * kept["networks"]
    assert kept["softmax"]["false_alarms"] == 0


def test_the_networks_without_a_gradient_are_dead_relus() -> None:
    for seed in (323, 1056, 1078, 1262, 1630, 1746):
        case = confusion.case(seed)
        gradients = catalogue.incorrect_gradients(case.model, case.X, case.y, "", case.loss)
        assert not any(g.any() for g in gradients.weights)
        assert any(step.dead_units(z).all() for z in case.model.forward(case.X).z)


def test_a_diagnosis_that_guesses_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def guess(*_: object, **__: object) -> backprop.Diagnosis:
        return backprop.Diagnosis("mistake", ("hidden-derivative-missing",), "mse", 1.0, 1, None, ())

    monkeypatch.setattr(confusion, "diagnose", guess)
    found = confusion.tried(range(20), "named")
    assert found["called_incorrect"] == found["false_alarms"] == found["correct_asked"] > 0
    assert found["share"] < 0.3


def test_the_examples_of_the_page() -> None:
    shown = diagnoses.run()
    assert (shown["mistake_slug"], shown["report_slug"], shown["step_slug"]) == (
        "hidden-derivative-missing",
        "",
        "updated-too-early",
    )
    assert "which is correct if your update adds it" in shown["report"]


def test_mistakes_that_do_not_fit_are_refused() -> None:
    model = backprop.Model.random([2, 3, 1], seed=0)
    with pytest.raises(ValueError, match=r"'weights-not-transposed' cannot be made in a network of widths \[2, 3, 1\]"):
        catalogue.incorrect_gradients(model, X, Y, "weights-not-transposed")
