"""Answers that were wrong or misleading once: each with what must be said instead."""

import functools
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Activation, Model, diagnose, diagnose_step
from backprop.verification import answers
from backprop.verification.answers import (
    _agreement,
    _alternatives,
    _cannot_tell,
    _decay,
    apart_from,
    is_correct,
    is_mistake,
    with_decay,
)
from backprop.verification.catalogue import BY_SLUG
from backprop.verification.comparison import Baseline, judged_arrays
from backprop.verification.explanation import AHEAD, NEAR, ONE, Explanation
from backprop.verification.findings import Alternative
from backprop.verification.intake import Problem
from backprop.verification.search import Reading, Term, least_squares, losses
from backprop.verification.told import told_activations
from tests.oracle import by_central_difference
from tests.test_diagnosis_units import a_case, a_reading, block
from tests.test_explanation import explained

X, Y = backprop.xor()
MODEL = Model.random([2, 3, 1], seed=0)
G = MODEL.backward(MODEL.forward(X), Y).weights
W = MODEL.weights
ALMOST = "as a gradient from single precision or from finite differences would be"
NOISE = [np.random.default_rng(3).normal(size=w.shape) for w in W]


def decayed(factor: float) -> list[np.ndarray]:
    return [g + factor * w for g, w in zip(G, W, strict=True)]


def test_one_example_lists_each_loss_once() -> None:
    one = MODEL.backward(MODEL.forward(X[7:8]), Y[7:8]).weights
    found = diagnose(W, X[7], Y[7], one)
    assert [other.loss for other in found.alternatives] == ["mse_sum"]
    assert "columns" not in str(found)


def test_weight_decay_without_biases_is_no_mistake_of_biases() -> None:
    text = str(diagnose(MODEL, X, Y, decayed(0.01), loss="mse"))
    assert "bias" not in text
    assert "dW1 = X.T @ delta1 + 0.01 * W1" in text  # not multiplied by N / 2


@pytest.mark.parametrize(
    ("factor", "verdict", "words"),
    [
        (0.01, "correct", "with a term λW, λ = 0.01"),
        (0.02, "mistake", "there is an extra factor 2"),
        (0.005, "mistake", "it is half as large"),
        (-0.01, "mistake", "its sign is opposite"),
        (0.0, "mistake", "the term λW with λ = 0.01 is missing"),
    ],
)
def test_weight_decay_that_is_told(factor: float, verdict: str, words: str) -> None:
    found = diagnose(MODEL, X, Y, decayed(factor), loss="mse", weight_decay=0.01)
    assert (found.verdict, words in found.reason) == (verdict, True)


def test_a_factor_of_weight_decay_is_not_known_untold() -> None:
    assert "shows only if you pass `weight_decay`" in diagnose(MODEL, X, Y, decayed(0.02), loss="mse").reason


@pytest.mark.parametrize("decay", [-0.1, 1, np.nan])
def test_weight_decay_that_is_none(decay: Any) -> None:
    with pytest.raises(ValueError, match=r"^weight_decay is .*; expected a number from 0 to below 1$"):
        diagnose(MODEL, X, Y, G, weight_decay=decay)


@pytest.mark.parametrize("decay", [True, "0.1", None, 0.1j])
def test_weight_decay_that_is_no_number(decay: Any) -> None:
    with pytest.raises(TypeError, match=r"^weight_decay is .*, of type \w+; expected a number$"):
        diagnose(MODEL, X, Y, G, weight_decay=decay)


def step(moves: Any, **told: Any) -> backprop.Diagnosis:
    after = [w - 0.5 * m for w, m in zip(W, moves, strict=True)]
    options: dict[str, Any] = {"eta": 0.5, "activations": "sigmoid", "loss": "mse"} | told
    return diagnose_step(W, after, X, Y, **options)


def test_gradients_of_earlier_steps_in_one_step() -> None:
    before = Model([w + 3 * g for w, g in zip(W, G, strict=True)])  # a step earlier
    earlier = before.backward(before.forward(X), Y).weights
    summed = [g + e for g, e in zip(G, earlier, strict=True)]
    for told in ({}, {"loss": None}, {"activations": None}):
        found = step(summed, **told)
        assert (found.verdict, "the gradients of earlier steps" in found.reason) == ("unknown", True), told
        assert not found.mistakes
    assert "after2" in found.reason
    for other in (NOISE, [0.3 * g + 0.01 * n * np.linalg.norm(g) for g, n in zip(G, NOISE, strict=True)]):
        assert "earlier" not in step(other).reason
    assert "earlier" not in diagnose(MODEL, X, Y, summed, loss="mse").reason  # it is no step
    assert "earlier" not in step(summed, eta=None).reason  # how long it is cannot be seen


def test_a_single_number_has_no_factor_beside_an_array_that_has_none() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    g = model.backward(model.forward(X), Y)
    assert g.biases is not None
    wrong = [g.weights[0], g.weights[1] + 0.01 * NOISE[1]], [g.biases[0], 1.3 * g.biases[1]]
    found = diagnose(model, X, Y, wrong, loss="mse")
    assert "1.3 times" not in str(found)
    assert found.arrays["b2"].factor == pytest.approx(1.3)
    assert "db2 is 1.3 times" in str(diagnose(model, X, Y, (g.weights, [g.biases[0], 1.3 * g.biases[1]]), loss="mse"))


def test_biases_are_not_asked_for_where_a_layer_is_correct() -> None:
    assert "biases" not in diagnose(MODEL, X, Y, [NOISE[0], G[1]], loss="mse").reason
    assert "biases" in diagnose(MODEL, X, Y, NOISE, loss="mse").reason
    assert "biases" not in step([1e-16 * g for g in G], eta=0.5).reason  # too small to tell


def test_a_factor_of_another_loss_is_called_that() -> None:
    text = str(diagnose(MODEL, X, Y, [len(Y) / 2 * g for g in G], loss="mse"))
    assert "Mistake: the factor is that of another loss." in text
    assert "explanation below" not in text


def test_zeros_come_from_no_other_forward_pass() -> None:
    found = diagnose(MODEL, X, Y, [0 * g for g in G], loss="mse")
    assert (found.verdict, found.place, found.alternatives) == ("unknown", "delta2", ())
    assert "cleared too early, or δ of the output is zero" in found.reason


def test_no_square_is_missing_in_a_cross_entropy() -> None:
    model = Model.random([3, 3, 3], seed=1, activations=["tanh", "softmax"])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 3)), np.eye(3)[rng.integers(0, 3, size=7)]
    g = model.backward(model.forward(x), y, "cross_entropy").weights
    text = str(diagnose(model, x, y, [0.5 * part for part in g], loss="cross_entropy"))
    assert "the 2 of the square" not in text


def test_the_scale_of_a_step_without_eta_is_explained_beside_a_mistake() -> None:
    found = step([-G[0], G[1]], eta=None)
    assert found.verdict == "mistake"
    assert "without eta" in found.reason


def test_a_forward_pass_without_an_activation_is_shown_in_lines_of_this_network() -> None:
    model = Model.random([2, 3, 1], seed=0, activations=["tanh", "sigmoid"])
    z = X @ model.weights[0]
    p = 1 / (1 + np.exp(-z @ model.weights[1]))
    delta = 2 * (p - Y) / len(Y) * p * (1 - p)
    g = [X.T @ (delta @ model.weights[1].T * (1 - z**2)), z.T @ delta]
    found = diagnose(model, X, Y, g, loss="mse")
    assert found.mistakes == ("forward-without-activation",)
    assert found.lines == (("forward1", "A1 = Z1", "A1 = tanh(Z1)"),)
    assert found.sign == 1


@pytest.mark.parametrize(("many", "looks"), [(X.size, 1), (X.size - 1, 2)])
def test_with_many_inputs_the_first_hundred_are_looked_at_before_all(
    monkeypatch: pytest.MonkeyPatch, many: int, looks: int
) -> None:
    seen: dict[tuple[str, ...], list[int]] = {}

    def gives(p: Any, plan: dict[str, str], factors: Any, wanted: Any, tolerance: float, *_: Any) -> bool:
        seen.setdefault((*plan, *plan.values()), []).append(len(p.y))
        return len(p.y) != 5  # the five examples of a network drawn at random are those in which it is a mistake

    monkeypatch.setattr(answers, "MANY", many)
    monkeypatch.setattr(answers, "gives", gives)
    found = diagnose(W, X, Y, G, activations="sigmoid", loss="mse")
    assert len(found.cannot_tell) == len(seen) > 10
    assert list(seen.values()) == [[*[len(X)] * looks, 5]] * len(seen)


def test_what_agrees_is_counted() -> None:
    assert _agreement(9, 3e-7, False) == "all 9 numbers agree up to a relative error of 3e-07 in each array"
    assert _agreement(2, 0.0, True) == "all 2 changes agree to the last bit"
    assert _agreement(1, 0.0, False) == "the only number agrees to the last bit"
    assert _agreement(1, 3e-7, True) == "the only change agrees up to a relative error of 3e-07 in each array"


@pytest.mark.parametrize(
    ("terms", "decay"),
    [
        ([], None),
        ([Term("dW1", "~decay:W", 0.1)], None),  # in every layer, or it is none
        ([Term(f"dW{k}", "~decay:W", 0.1) for k in (1, 2, 3)], -0.06),
        ([*(Term(f"dW{k}", "~decay:W", 0.1) for k in (1, 2, 3)), Term("db1", "~decay:b", 0.2)], -0.06),
        ([Term("db1", "~decay:b", 0.2), *(Term(f"dW{k}", "~decay:W", 0.1) for k in (1, 2, 3))], -0.06),
        ([*(Term(f"dW{k}", "~decay:W", 0.1) for k in (1, 2, 3)), Term("phi1", "derivative-missing")], None),
    ],
)
def test_weight_decay_is_a_term_in_every_layer(terms: list[Term], decay: float | None) -> None:
    assert _decay(explained(*terms)) == (decay and pytest.approx(decay))


@pytest.mark.parametrize(
    ("ratio", "verdict", "words"),
    [
        (1 + 0.9e-4, "correct", "with a term λW, λ = 0.01"),
        (1 - 0.9e-4, "correct", "with a term λW, λ = 0.01"),
        (1 + 1.1e-4, "mistake", "the term λW is not the one with λ = 0.01: it is 1 times as large"),
        (2 - 0.9e-4, "mistake", "the term λW is not the one with λ = 0.01: there is an extra factor 2"),
        (2 - 1.1e-4, "mistake", "the term λW is not the one with λ = 0.01: it is 2 times as large"),
        (0.51234, "mistake", "the term λW is not the one with λ = 0.01: it is 0.5123 times as large"),
    ],
)
def test_how_closely_weight_decay_must_agree(ratio: float, verdict: str, words: str) -> None:
    found = diagnose(MODEL, X, Y, decayed(0.01), loss="mse")
    known = with_decay(replace(found, weight_decay=0.01 * ratio), 0.01)
    correct = verdict == "correct"
    assert (known.verdict, known.reason, known.place) == (verdict, words, None if correct else "update")
    assert known.lines == (() if correct else found.lines)
    assert known.alternatives == (() if correct else found.alternatives)
    assert {array.verdict for array in known.arrays.values()} == {"correct" if correct else "incorrect"}
    assert {layer.verdict for layer in known.layers} == {"correct" if correct else "incorrect"}
    left = abs(ratio - 1) if correct else 1.0  # of the deviation, which was the term itself
    for part in ("layers", "arrays"):
        (now, before) = (getattr(one, part) for one in (known, found))
        pairs = zip(now.values(), before.values(), strict=True) if part == "arrays" else zip(now, before, strict=True)
        assert all(a.relative_error == pytest.approx(left * b.relative_error, rel=1e-9) for a, b in pairs)
    assert {array.factor for array in known.arrays.values()} == {1.0 if correct else None}


def test_weight_decay_that_is_missing_is_a_mistake_in_the_update() -> None:
    found = diagnose(MODEL, X, Y, G, loss="mse")
    reason = "correct without weight decay: the term λW with λ = 0.01 is missing"
    changed: Any = {"verdict": "mistake", "place": "update", "reason": reason, "cannot_tell": (), "correct": None}
    assert vars(with_decay(replace(found, cannot_tell=("uphill",)), 0.01)) == vars(replace(found, **changed))


def test_weight_decay_changes_no_other_answer() -> None:
    for gradients in (NOISE, [G[0], 3 * G[1]]):
        found = diagnose(MODEL, X, Y, gradients, loss="mse")
        assert with_decay(found, 0.01) is found
    found = replace(diagnose(MODEL, X, Y, decayed(0.01), loss="mse"), mistakes=("layer-sign",))
    assert with_decay(found, 0.01) is found


@pytest.mark.parametrize(
    "loss", ["mse_examples", "mse_half_examples", "binary_cross_entropy_examples", "Binary cross-entropy examples"]
)
def test_a_mean_over_examples_may_be_named_where_there_is_one_output(loss: str) -> None:
    """It is the mean over all entries then, and found under that name."""
    model = Model.random([2, 3, 1], seed=4)
    x, y = backprop.xor()
    plain = loss.lower().replace(" ", "_").replace("-", "_").removesuffix("_examples")
    g = model.backward(model.forward(x), y, plain.replace("_half", ""))
    gradients = [w / 2 for w in g.weights] if "half" in loss else g.weights
    found = diagnose(model, x, y, gradients, loss=loss)
    assert (found.verdict, found.loss, found.sign) == ("correct", plain, 1)
    assert diagnose(model, x, y, [3 * w for w in gradients], loss=loss).verdict == "mistake"


def test_where_no_loss_is_possible_nothing_is_named() -> None:
    """The output of a softmax of one unit is 1, and its squared error is no loss that is known."""
    found = diagnose([[[-0.98]]], [[-1.3]], [[0.7]], [[[0.04]]], activations="softmax", loss="mse")
    assert (found.verdict, found.reason) == (
        "unknown",
        "no common loss goes with this output activation and these targets; if the network has biases, pass them as "
        "well",
    )


def test_weights_whose_squares_underflow_are_no_division_by_zero() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 2)), rng.normal(size=(7, 2))
    gradients = [rng.normal(size=(2, 1)), rng.normal(size=(1, 2))]
    found = diagnose(
        [[[-0.6], [0.6]], [[1e-248, 4e-249]]], x, y, gradients, activations=["sigmoid", "tanh"], loss="mse"
    )
    assert found.verdict == "unknown"


def test_nothing_is_printed_where_numbers_are_not_finite(capfd: pytest.CaptureFixture[str]) -> None:
    """LAPACK would complain on the terminal."""
    assert np.isnan(least_squares(np.array([[1.0, np.inf], [2.0, 1.0]]), np.ones(2))).all()
    assert capfd.readouterr() == ("", "")
    np.testing.assert_allclose(
        least_squares(np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 2.0]]), np.array([3.0, 1.0, 3.0])), [3, 1]
    )


def test_where_one_array_holds_both_the_line_of_either_part_may_be_wrong() -> None:
    """Found in a program that keeps all gradients in one buffer, and adds those of the biases one entry too far."""
    rng = np.random.default_rng(3)
    model = Model.random([2, 3, 2], seed=1, bias=True)
    x, y = rng.normal(size=(7, 2)), rng.random((7, 2))
    gradients = model.backward(model.forward(x), y)
    assert model.biases is not None
    assert gradients.biases is not None
    weights = [np.vstack(pair) for pair in zip(model.biases, model.weights, strict=True)]
    folded = [np.vstack(pair) for pair in zip(gradients.biases, gradients.weights, strict=True)]
    folded[1] = rng.normal(size=folded[1].shape)
    found = diagnose(weights, x, y, folded, loss="mse", activations="sigmoid")
    assert (found.verdict, found.place) == ("unknown", None)
    assert [other.place for other in found.alternatives] == ["dW2", "db2"]


@pytest.mark.parametrize("letter", ["W", "b"])
@pytest.mark.parametrize("eta", [None, 0.3])
def test_where_every_delta_is_correct_the_line_that_every_layer_runs_is_named(letter: str, eta: float | None) -> None:
    """Gradients of biases normalised by their length, or those of weights reversed, in each of three layers."""
    rng = np.random.default_rng(8)
    model = Model.random([3, 5, 4, 2], seed=2, bias=True)
    x, y = rng.normal(size=(9, 3)), rng.random((9, 2))
    g = model.backward(model.forward(x), y)
    assert model.biases is not None
    assert g.biases is not None
    weights = [w[::-1] for w in g.weights] if letter == "W" else list(g.weights)
    biases = [b / np.linalg.norm(b) for b in g.biases] if letter == "b" else list(g.biases)
    words = f"; there is a mistake in d{letter} of each of these layers"
    if eta is None:
        found = diagnose(model, x, y, (weights, biases), loss="mse")
    else:
        after = [w - eta * d for w, d in zip(model.weights, weights, strict=True)]
        moved = [b - eta * d for b, d in zip(model.biases, biases, strict=True)]
        pair = (model.biases, moved)
        found = diagnose_step(model.weights, after, x, y, eta, biases=pair, activations="sigmoid", loss="mse")
        words += ", or in its update"
    assert (found.verdict, found.place, found.mistakes) == ("unknown", f"d{letter}", ())
    assert found.reason.endswith(words)
    assert {name for name, array in found.arrays.items() if array.verdict == "incorrect"} == {
        f"{letter}{k}" for k in (1, 2, 3)
    }


def test_steps_of_weights_whose_squares_are_infinite_are_diagnosed() -> None:
    model = Model.random([2, 3, 1], seed=0)
    x, y = backprop.xor()
    weights = [1e200 * w for w in model.weights]
    found = diagnose_step(weights, [w * (1 + 1e-9) for w in weights], x, y, 0.1, activations="sigmoid", loss="mse")
    assert found.verdict == "unknown"


# The stages, each by itself

MISSING, ONES, OTHER = Term("phi1", "derivative-missing"), Term("dW1", "~ones"), Term("db2", "bias-averaged")


def said(*found: Explanation, loss: str | None = None, **more: Any) -> backprop.Diagnosis:
    return is_mistake(a_case(found[0].reading, loss=loss, **more), found)


@pytest.mark.parametrize(("assumes", "named"), [(ONE, True), (ONE + 0.01, False)])
def test_one_mistake_is_named_and_two_are_listed(assumes: float, named: bool) -> None:
    found = said(replace(explained(MISSING), assumes=assumes))
    assert found.mistakes == (("hidden-derivative-missing",) if named else ())
    assert found.alternatives[0].text.startswith("under ") is not named


@pytest.mark.parametrize(
    ("other", "cost", "named", "place"),
    [
        (Term("phi2", "derivative-missing"), AHEAD, False, None),
        (Term("phi2", "derivative-missing"), AHEAD + 0.01, True, "phi1"),
        (Term("phi1", "derivative-given-a"), 0.0, True, "phi1"),  # at the same place
    ],
)
def test_a_mistake_is_named_if_every_other_place_costs_clearly_more(
    other: Term, cost: float, named: bool, place: str | None
) -> None:
    found = said(explained(MISSING), replace(explained(other), assumes=cost))
    assert found.mistakes == (("hidden-derivative-missing",) if named else ())
    assert found.place == place
    assert bool(found.lines) is named


def test_where_all_explanations_have_one_place_it_is_named_though_none_of_them_is() -> None:
    forms = (
        "derivative-missing",
        "derivative-given-a",
        "derivative-given-z",
        "~complement",
    )
    found = said(*(replace(explained(Term("phi1", form)), assumes=ONE + 0.01) for form in forms))
    assert (found.mistakes, found.place, found.lines) == ((), "phi1", ())
    assert [other.place for other in found.alternatives] == ["phi1"] * 3


def test_a_scale_beside_a_mistake_is_that_of_another_loss() -> None:
    one = replace(explained(MISSING, extra=("sum-instead-of-mean",)), scale=10.0)  # for ten examples
    assert said(one).reason == "the scale is that of mse_sum, the sum of squared errors"
    assert said(explained(MISSING)).reason == ""


@pytest.mark.parametrize("step", [False, True])
def test_several_factors_of_a_step_may_be_those_of_its_update(step: bool) -> None:
    found = said(explained(Term("delta3", "", 2.0), Term("delta1", "", 3.0)), step=step)
    assert ("update" in [other.place for other in found.alternatives]) is step
    if step:
        assert (found.mistakes, found.place) == ((), None)


@pytest.mark.parametrize(("extra", "named"), [((), True), (("uphill",), True), (("uphill", "wrong-scale"), False)])
def test_a_mistake_in_the_scale_of_another_loss_than_the_one_named_is_open(extra: Any, named: bool) -> None:
    one = explained(MISSING, extra=extra)
    other = replace(one, loss=next(loss for loss in losses(10, 1) if loss.name == "mse_sum"))
    assert bool(said(other, loss="mse").mistakes) is named
    assert said(one, loss="mse").mistakes == ("hidden-derivative-missing", *extra)  # those of the scale come last


@pytest.mark.parametrize(
    ("where", "place", "others"),
    [
        (["dW1"], "dW1", []),
        (["update"], None, ["update"]),
        (["dW1", "delta2"], None, ["dW1", "delta2"]),
    ],
)
def test_where_no_explanation_has_a_place_the_arrays_are_asked(
    where: list[str], place: str | None, others: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "possible_places", lambda case, base, wrong: iter(where))
    found = said(explained(ONES, OTHER))
    assert (found.place, [other.place for other in found.alternatives]) == (place, others)


@pytest.mark.parametrize(
    ("factor", "sign"), [(-0.1, "which weight decay adds"), (0.1, "whose sign is opposite to that of weight decay")]
)
def test_a_term_of_weight_decay_is_told_with_its_sign(factor: float, sign: str) -> None:
    one = explained(*(Term(f"dW{k}", "~decay:W", factor) for k in (1, 2, 3)))
    decay = factor * one.s
    told = f"the gradient is correct for {one.loss.name}, apart from a term λW with λ = {decay:.4g}{{}}, {sign}; "
    told += "whether that λ is the one you meant, or twice or half of it, shows only if you pass `weight_decay`"
    assert said(one).reason == told.format("")
    eta = "without eta, only eta × scale can be seen, so a factor of 2, a sum and a mean look the same; "
    rate = f" if η is 3, that is ηλ = {decay:.4g}"
    assert said(one, known=False).reason == eta + told.replace(f"{decay:.4g}", f"{decay / 3:.4g}").format(rate)


def test_the_evidence_is_the_largest_deviation_of_what_can_be_seen() -> None:
    one = explained(MISSING)
    blocks = {
        "W1": block("W1", [one.s * (1 + 2e-7), one.s], [1.0, 1.0]),
        "W2": block("W2", [one.s * (1 + 3e-9)], [1.0]),
        "W3": block("W3", [2 * one.s], [1.0], slack=2.0),  # smaller than its rounding error
    }
    assert said(replace(one, blocks=blocks)).evidence == (
        "all 3 numbers agree up to a relative error of 1e-07 in each array"
    )


@pytest.mark.parametrize(("cost", "many"), [(NEAR, 1), (NEAR + 0.01, 0)])
def test_another_explanation_is_listed_if_it_costs_little_more(cost: float, many: int) -> None:
    best, other = explained(MISSING), replace(explained(ONES), assumes=cost)
    found = list(_alternatives(a_case(best.reading), [best, other], False))
    assert sum(one.text.startswith("under ") for one in found) == many


def test_an_explanation_is_listed_with_its_loss_and_its_mistakes() -> None:
    best = explained(MISSING)
    found = said(best, replace(explained(Term("dW2", "", 0.37)), reading=best.reading))
    text = f"under mse, {BY_SLUG['layer-scale'].title} (layer-scale)"
    assert Alternative("mistake", ("layer-scale",), "dW2", "mse", text) in found.alternatives
    uphill = said(explained(extra=("uphill",)))
    assert (uphill.verdict, uphill.mistakes, uphill.sign) == ("mistake", ("uphill",), -1)


def test_losses_for_which_a_gradient_is_correct_as_well_are_listed() -> None:
    one = a_reading(block("W1", [1.0], [1.0]), block("W2", [1.0], [1.0]))
    every = [Baseline(one, loss, 1.0, frozenset({"W1", "W2"}), frozenset({"W1", "W2"})) for loss in losses(2, 1)[:6]]
    found = is_correct(a_case(one, known=False), every)
    assert found.alternatives == tuple(
        Alternative("correct", (), None, base.loss.name, f"correct for {base.loss.name}") for base in every[1:5]
    )
    without_eta = "without eta, only eta × scale can be seen, so a factor of 2, a sum and a mean look the same"
    assert found.reason == without_eta
    biased = replace(one, problem=one.problem._replace(biases=(np.zeros((1, 3)), np.zeros((1, 1)))))
    without_biases = "the gradients of the biases were not given, so they were not checked"
    found = is_correct(a_case(biased, known=False), [every[0]._replace(reading=biased)])
    assert found.reason == f"{without_eta}; {without_biases}"


def test_a_deliberate_change_is_harmless_up_to_a_limit() -> None:
    small = block("W1", np.full((2, 3), 1.25), np.ones((2, 3)), slack=1.0)
    one = a_reading(small, block("W2", np.ones((3, 1)), np.ones((3, 1))))
    base = Baseline(one, losses(2, 1)[0], 1.0, frozenset({"W1", "W2"}), frozenset({"W1", "W2"}))
    off = judged_arrays(base)["W1"].relative_error
    assert off == pytest.approx(0.2)
    assert apart_from(a_case(one), base, {}, "a clipping", off).verdict == "correct"
    found = apart_from(a_case(one), base, {}, "a clipping", np.nextafter(off, 0))
    told = "your numbers fit a clipping, which changes the gradient by 20%"
    assert (found.verdict, found.place, found.reason) == ("mistake", "delta2", told)
    assert is_correct(a_case(one), [base]).cannot_tell != found.cannot_tell == ()


def test_arrays_that_are_too_small_are_listed_beside_what_agrees() -> None:
    vague = [block(name, [1.1], [1.0], slack=1.0) for name in ("W1", "b2")]
    clear = [block("b1", [1.0], [1.0]), block("W2", [1.0 + 2e-7, 1.0], [1.0, 1.0], slack=1.0)]
    one, tested = a_reading(*vague, *clear), frozenset({"b1", "W2"})
    found = is_correct(a_case(one), [Baseline(one, losses(2, 1)[0], 1.0, frozenset({"W1", "b2"}) | tested, tested)])
    assert (found.verdict, found.reason) == ("correct", "the gradient of W1, b2 is too small to be told from rounding")
    assert found.evidence == "all 2 numbers agree up to a relative error of 1e-07 in each array"
    zero = a_reading(block("W1", [0.0], [0.0]), block("W2", [1.0], [1.0]))  # as it should be
    base = Baseline(zero, losses(2, 1)[0], 1.0, frozenset({"W1", "W2"}), frozenset({"W2"}))
    assert is_correct(a_case(zero), [base]).reason == ""


@pytest.mark.parametrize(("apart", "unseen"), [(0.0, True), (1e-14, True), (1e-11, False)])
def test_weights_that_are_symmetric_up_to_rounding_hide_that_they_are_not_transposed(
    apart: float, unseen: bool
) -> None:
    model = Model.random([2, 3, 3, 1], seed=0)
    middle = model.weights[1] + model.weights[1].T
    middle[0, 2] += apart
    weights = (model.weights[0], middle, model.weights[2])
    problem = Problem("rows, (in, out)", X, Y, weights, None, weights, None, (False,) * 3)
    one = Reading(problem, model.activations, 2**-52, 1e-7, {})
    base = Baseline(one, losses(21, 1)[0], 1.0, frozenset(), frozenset())
    assert _cannot_tell(a_case(one), base) == (("weights-not-transposed",) if unseen else ())


# A term of weight decay that was specified is subtracted before anything else is judged

LAM = 0.01
ARGUMENTS: dict[str, Any] = {"activations": ["tanh", "identity"], "loss": "mse"}


def regression() -> tuple[list[np.ndarray], np.ndarray, np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Make 3-4-2 on ten examples, its gradient, and that without the derivative of the hidden units."""
    rng = np.random.default_rng(7)
    w1, w2, x, y = (rng.normal(size=size) for size in ((3, 4), (4, 2), (10, 3), (10, 2)))
    a = np.tanh(x @ w1)
    d2 = 2 * (a @ w2 - y) / y.size
    return [w1, w2], x, y, [x.T @ (d2 @ w2.T * (1 - a**2)), a.T @ d2], [x.T @ (d2 @ w2.T), a.T @ d2]


def with_term(gradients: list[np.ndarray], weights: list[np.ndarray], *lams: float) -> list[np.ndarray]:
    return [g + lam * w for g, lam, w in zip(gradients, lams, weights, strict=True)]


@pytest.mark.parametrize("lam", [LAM, 1e-8, 1e-16])
@pytest.mark.parametrize("sign", [1, -1])
def test_under_weight_decay_a_gradient_is_correct_whatever_its_sign(lam: float, sign: int) -> None:
    w, x, y, g, _ = regression()
    found = diagnose(w, x, y, [sign * one for one in with_term(g, w, lam, lam)], **ARGUMENTS, weight_decay=lam)
    assert (found.verdict, found.sign, found.reason) == ("correct", sign, f"with a term λW, λ = {lam:g}")
    assert found.correct is None


@pytest.mark.parametrize("sign", [1, -1])
def test_a_term_whose_sign_is_not_that_of_the_gradient_is_a_mistake(sign: int) -> None:
    w, x, y, g, _ = regression()
    given = [sign * (one - LAM * v) for one, v in zip(g, w, strict=True)]
    found = diagnose(w, x, y, given, **ARGUMENTS, weight_decay=LAM)
    assert (found.verdict, found.sign, found.place) == ("mistake", sign, "update")
    assert found.reason == "the term λW is not the one with λ = 0.01: its sign is opposite"


def test_under_weight_decay_in_single_precision_a_gradient_is_correct() -> None:
    w, x, y, g, _ = regression()
    single = [one.astype(np.float32) for one in (*w, x, y)]
    a = np.tanh(single[2] @ single[0])
    d2 = 2 * (a @ single[1] - single[3]) / np.float32(y.size)
    g = [single[2].T @ (d2 @ single[1].T * (1 - a**2)), a.T @ d2]
    for lam in (1e-4, 1e-5):
        decayed = [one + np.float32(lam) * v for one, v in zip(g, single, strict=False)]
        found = diagnose(single[:2], single[2], single[3], decayed, **ARGUMENTS, weight_decay=lam)
        assert found.verdict == "correct"


def test_a_mistake_is_named_beside_a_term_of_weight_decay_that_is_far_larger() -> None:
    """Rounding in the term, which is subtracted, is then larger than that in the gradient."""
    w, x, y, _, _ = regression()
    x = 1e-9 * x
    a = np.tanh(x @ w[0])
    d2 = 2 * (a @ w[1] - y) / y.size
    g = [x.T @ (d2 @ w[1].T * (1 - a**2)), a.T @ d2]
    for k in (0, 1):
        given = with_term([one * (5 if j == k else 1) for j, one in enumerate(g)], w, 0.5, 0.5)
        found = diagnose(w, x, y, given, **ARGUMENTS, weight_decay=0.5)
        assert (found.mistakes, found.layers[k].mistakes) == (("layer-scale",), ("layer-scale",))


def test_a_gradient_is_no_more_precise_than_all_that_it_was_computed_from() -> None:
    w, x, y, _, _ = regression()
    w1, w2, x = (one.astype(np.float32) for one in (*w, x))
    a = np.tanh(x @ w1)
    d2 = 2 * (a @ w2 - y) / y.size
    assert d2.dtype == np.float64
    g = [x.T @ (d2 @ w2.T * (1 - a**2)), a.T @ d2]
    assert diagnose([w1, w2], x, y, g, **ARGUMENTS).verdict == "correct"
    assert diagnose([w1, w2], x.astype(float), y, g, **ARGUMENTS).verdict == "unknown"


def test_under_weight_decay_a_mistake_is_named_and_a_correct_array_stays_correct() -> None:
    w, x, y, g, missing = regression()
    subtracted = "the term λW with λ = 0.01 was subtracted before"
    cases: list[tuple[list[np.ndarray], tuple[str, ...], str | None, list[str], str]] = [
        (with_term([one / 2 for one in g], w, LAM, LAM), ("factor-two-missing",), None, ["incorrect"] * 2, subtracted),
        (with_term(g, w, LAM, 0), (), "dW2", ["correct", "incorrect"], subtracted),
        (
            with_term(missing, w, LAM, LAM),
            ("hidden-derivative-missing",),
            "phi1",
            ["incorrect", "correct"],
            subtracted,
        ),
        (
            missing,
            ("hidden-derivative-missing",),
            "phi1",
            ["incorrect", "correct"],
            "the term λW with λ = 0.01 is missing as well",
        ),
    ]
    for gradients, mistakes, place, verdicts, words in cases:
        found = diagnose(w, x, y, gradients, **ARGUMENTS, weight_decay=LAM)
        assert (found.verdict, found.mistakes, found.place) == ("mistake", mistakes, place)
        assert [array.verdict for array in found.arrays.values()] == verdicts
        assert found.reason.startswith(words)
        assert found.correct is None


def test_under_weight_decay_noise_is_unknown() -> None:
    w, x, y, g, _ = regression()
    noise = [np.random.default_rng(0).normal(size=one.shape) for one in g]
    found = diagnose(w, x, y, noise, **ARGUMENTS, weight_decay=LAM)
    assert found.verdict == "unknown"
    assert found.reason.startswith("the term λW with λ = 0.01 was subtracted before; no array is correct")


def test_a_step_under_weight_decay_is_judged_without_it() -> None:
    w, x, y, g, _ = regression()
    moves: list[tuple[list[np.ndarray], tuple[str, ...], list[str]]] = [
        ([-one for one in with_term(g, w, LAM, LAM)], ("uphill",), ["incorrect"] * 2),
        (with_term([one / 2 for one in g], w, LAM, LAM), ("factor-two-missing",), ["incorrect"] * 2),
        (with_term(g, w, LAM, 0), (), ["correct", "incorrect"]),
        ([with_term(g, w, LAM, LAM)[0], 0 * g[1]], ("layer-not-updated",), ["correct", "incorrect"]),
    ]
    for move, mistakes, verdicts in moves:
        after = [old - 0.1 * one for old, one in zip(w, move, strict=True)]
        rule = {"name": "sgd", "lr": 0.1, "weight_decay": LAM}
        found = backprop.diagnose_step(w, after, x, y, **ARGUMENTS, optimizer=rule)
        assert (found.verdict, found.mistakes) == ("mistake", mistakes)
        assert [array.verdict for array in found.arrays.values()] == verdicts


def test_under_weight_decay_the_rounding_of_the_term_is_allowed_for() -> None:
    w, x, y, _, _ = regression()
    w, x = [1e4 * w[0], w[1]], 1e-4 * x  # so that the gradient is much smaller than the term
    a = np.tanh(x @ w[0])
    d2 = 2 * (a @ w[1] - y) / y.size
    g = [x.T @ (d2 @ w[1].T * (1 - a**2)), a.T @ d2]
    found = diagnose(w, x, y, with_term(g, w, 0.5, 0.5), **ARGUMENTS, weight_decay=0.5)
    assert (found.verdict, found.sign) == ("correct", 1)


def factor_of_the_whole(widths: list[int], n: int, factor: float, loss: str) -> backprop.Diagnosis:
    rng = np.random.default_rng(0)
    last = "softmax" if loss == "cross_entropy" else "identity"
    model = Model.random(widths, seed=0, activations=["tanh", last])
    x, y = rng.normal(size=(n, widths[0])), np.eye(widths[-1])[rng.integers(0, widths[-1], n)]
    g = model.backward(model.forward(x), y, loss).weights
    return diagnose(model, x, y, [factor * one for one in g], loss=loss)


def test_one_example_is_never_averaged_twice() -> None:
    for factor in (1 / 3, 2 / 3, 0.5 / 3):
        found = factor_of_the_whole([4, 5, 3], 1, factor, "cross_entropy")
        assert (found.verdict, found.mistakes) == ("mistake", ("wrong-scale",))
    assert factor_of_the_whole([4, 5, 3], 6, 1 / 6, "cross_entropy").mistakes == ("averaged-twice",)


@pytest.mark.parametrize(("n", "slug"), [(1, "layer-scale"), (6, "averaged-twice")])
def test_in_one_layer_too_one_example_is_never_averaged_twice(n: int, slug: str) -> None:
    model = Model.random([4, 5, 3], seed=0, activations=["tanh", "identity"])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, 4)), rng.normal(size=(n, 3))
    g = model.backward(model.forward(x), y).weights
    found = diagnose(model, x, y, [g[0], g[1] / (3 * n)], loss="mse")
    assert (found.mistakes, found.place) == ((slug,), "dW2")


def test_divided_by_units_is_divided_by_one_number_in_every_layer() -> None:
    for units in (3, 4):
        found = factor_of_the_whole([3, 4, 1], 12, 12 / units, "mse")
        assert found.mistakes == ("divided-by-units",)
        assert "the same number of units for every dW" in str(found)


SCALAR = "returns shape () for z of shape (1, 2); expected (1, 2)"


@pytest.mark.parametrize(
    ("value", "derivative", "kind", "words"),
    [
        (lambda z: 3 * z, lambda z, a: 3.0, ValueError, f"derivative {SCALAR}"),
        (lambda z: z.sum(), lambda z, a: 3 + 0 * z, ValueError, f"value {SCALAR}"),
        (lambda z: 3 * z, lambda z: 3 + 0 * z, TypeError, "derivative(z, a) raises TypeError: "),
        (lambda: 3, lambda z, a: 3 + 0 * z, TypeError, "value(z) raises TypeError: "),
    ],
)
def test_an_error_in_an_activation_of_ones_own_is_told_as_such(
    value: Any, derivative: Any, kind: type[Exception], words: str
) -> None:
    own = backprop.Activation("lin3", value, derivative)
    for activations in ([own, "sigmoid"], own):
        with pytest.raises(kind, match=re.escape(f"activation 'lin3': {words}")):
            diagnose(W, X, Y, G, activations=activations)


def test_an_activation_of_ones_own_that_is_not_elementwise_has_jacobians() -> None:
    soft = backprop.network.ACTIVATIONS["softmax"]
    mine = backprop.Activation("mine", soft.value, soft.derivative, elementwise=False)
    assert told_activations([mine], 1, None) == [[mine]]
    flat = backprop.Activation("flat", soft.value, lambda z, a: a, elementwise=False)
    words = "activation 'flat': derivative returns shape (1, 2) for z of shape (1, 2); expected (1, 2, 2)"
    with pytest.raises(ValueError, match=re.escape(words)):
        told_activations([flat], 1, None)


@pytest.mark.parametrize("told", [{}, {"loss": "mse"}, {"activations": ["tanh", "sigmoid"]}])
def test_a_term_that_the_biases_have_as_well(told: dict[str, Any]) -> None:
    """PyTorch's optimizers decay biases too, unless they are told not to."""
    rng = np.random.default_rng(0)
    x, y, decay = rng.normal(size=(9, 2)), rng.random((9, 1)), 0.01
    weights, biases = [rng.normal(size=(2, 3)), rng.normal(size=(3, 1))], [rng.normal(size=3), rng.normal(size=1)]
    model = Model(weights, biases, ["tanh", "sigmoid"])
    g = model.backward(model.forward(x), y)
    pairs = zip(g.parameters, model.parameters, strict=True)
    given = [gradient + decay * parameter for gradient, parameter in pairs]
    found = diagnose(weights, x, y, (given[:2], given[2:]), biases=biases, weight_decay=decay, **told)
    assert (found.verdict, found.reason) == ("correct", "with a term λW, λ = 0.01, and a term λb")
    given[3] += decay * model.parameters[3]  # one of them twice
    assert diagnose(weights, x, y, (given[:2], given[2:]), biases=biases, weight_decay=decay).verdict != "correct"


def test_an_output_that_is_correct_under_a_loss_that_was_not_named() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(10, 2))
    y = (x[:, :1] * x[:, 1:] > 0) * 1.0
    model = Model.random([2, 4, 1], seed=0)
    (_, a, y_hat), weights = model.forward(x).a, model.weights
    delta = (y_hat - y) / 10  # of binary cross-entropy
    first = x.T @ ((delta * y_hat * (1 - y_hat)) @ weights[1].T * a * (1 - a))  # a derivative too many on the way back
    text = "under binary_cross_entropy, dW2 is correct, and the mistake is elsewhere"
    given = [first, a.T @ delta]
    assert text in [other.text for other in diagnose(weights, x, y, given, activations="sigmoid").alternatives]
    named = diagnose(weights, x, y, given, activations="sigmoid", loss="mse_half")
    assert text not in [other.text for other in named.alternatives]


@pytest.mark.parametrize(("places", "off"), [(8, " but off by"), (4, ""), (9, ""), (3, "")])
def test_numbers_that_were_printed(places: int, off: str) -> None:
    found = diagnose(MODEL, X, Y, [np.round(g, places) for g in G], loss="mse")
    words = f"; the gradients have no more than {places} decimals, as if they had been printed: pass them unrounded"
    assert (words in found.reason) is (4 <= places <= 8)
    assert off in found.reason
    assert (ALMOST in found.reason) is (places == 9)


@pytest.mark.parametrize("loss", ["mse", "mse_half", "binary_cross_entropy"])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("told", [True, False])
def test_a_gradient_by_central_differences_is_almost_the_correct_one(loss: str, hidden: str, told: bool) -> None:
    rng = np.random.default_rng(0)
    model = Model.random([2, 3, 5, 1], seed=1, activations=[hidden, hidden, "sigmoid"], bias=True)
    x, y, family = rng.normal(size=(9, 2)), (rng.random((9, 1)) < 0.5) * 1.0, loss.removesuffix("_half")
    p = list(model.parameters)

    def of(k: int, changed: np.ndarray) -> float:
        other = [*p[:k], changed, *p[k + 1 :]]
        network = Model(other[:3], other[3:], model.activations)
        return network.loss(network.forward(x), y, family) * (0.5 if loss == "mse_half" else 1)

    gradients = [by_central_difference(functools.partial(of, k), one) for k, one in enumerate(p)]
    options: Any = {"activations": [phi.name for phi in model.activations], "loss": loss} if told else {}
    found = diagnose(model.weights, x, y, (gradients[:3], gradients[3:]), biases=model.biases, **options)
    assert found.verdict == "unknown"
    assert found.reason.startswith(f"close to the correct gradient of {loss}, but off by ")
    assert f", {ALMOST}" in found.reason
    assert "which rounding cannot explain" not in found.reason
    assert found.activations == (hidden, hidden, "sigmoid")
    assert (found.alternatives, found.place) == ((), None)


@pytest.mark.parametrize(
    ("off", "words"),
    [(9e-7, ALMOST), (1.1e-6, "which rounding cannot explain"), (9e-4, "cannot explain"), (1.1e-3, "no array agrees")],
)
def test_how_close_a_gradient_is(off: float, words: str) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=g.shape) for g in G]
    given = [g + off * np.linalg.norm(g) * n / np.linalg.norm(n) for g, n in zip(G, noise, strict=True)]
    found = diagnose(MODEL.weights, X, Y, given)
    assert words in found.reason
    assert ("if the network has biases" in found.reason) is (words != ALMOST)
    assert bool(found.alternatives) is ("cannot" in words)


def test_one_array_that_is_almost_correct_beside_others_that_are_is_no_matter_of_precision() -> None:
    given = [G[0] * (1 + 5e-7 * np.random.default_rng(0).normal(size=G[0].shape)), *G[1:]]
    found = diagnose(MODEL, X, Y, given, loss="mse")
    assert "which rounding cannot explain; there is a mistake in dW1" in found.reason
    assert ALMOST not in found.reason


@pytest.mark.parametrize(
    ("factor", "named"),
    [(0.9 * 21e5, True), (1.1 * 21e5, False), (1.1 * 0.5e-5, True), (0.9 * 0.5e-5, False)],
)
def test_an_extreme_multiple_of_a_loss_that_was_not_named_is_none_of_it(factor: float, named: bool) -> None:
    """The sum of the squares of 21 examples has 21 times the gradient of the mean, and half the mean has half of it."""
    given = [factor * 1.03 * g for g in G]
    mistakes = [diagnose(MODEL, X, Y, given, loss=loss).mistakes for loss in (None, "mse")]
    assert mistakes == [("wrong-scale",) if named else (), ("wrong-scale",)]


def test_of_losses_under_which_nothing_agrees_the_near_one_is_chosen() -> None:
    one = diagnose(MODEL.weights, X, Y, [g / 2 * (1 + 1e-8 * np.sin(np.arange(g.size)).reshape(g.shape)) for g in G])
    assert one.reason.startswith("close to the correct gradient of mse_half, but off by ")


def test_what_is_not_known_of_an_activation_is_not_guessed() -> None:
    """ELU is none of the activations that are tried in place of None."""
    x, y = np.random.default_rng(0).normal(size=(9, 2)), np.random.default_rng(1).normal(size=(9, 1))
    elu = Activation(
        "elu", lambda z: np.where(z > 0, z, np.expm1(z)), lambda z, a: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))
    )
    model = Model.random([2, 3, 1], 0, [elu, "identity"])
    gradients = model.backward(model.forward(x), y).weights
    found = diagnose(model.weights, x, y, gradients, activations=[None, "identity"], loss="mse")
    assert (found.verdict, found.layers[0].verdict, found.place) == ("unknown", "unknown", None)


def test_what_a_factor_or_a_sign_may_come_from() -> None:
    y_hat, (x, a, _) = MODEL.forward(X).y_hat, MODEL.forward(X).a
    told: dict[str, Any] = {"activations": "sigmoid"}
    mse = MODEL.loss(MODEL.forward(X), Y)
    rooted = diagnose(MODEL, X, Y, [g / (2 * np.sqrt(mse)) for g in G], **told)
    text = "correct for rmse, the root of the mean squared error"
    assert Alternative("correct", (), None, "rmse", text) in rooted.alternatives
    near = diagnose(MODEL, X, Y, [1.00001 * g / (2 * np.sqrt(mse)) for g in G], loss="mse", **told)
    assert not any("rmse" in other.text for other in near.alternatives)

    norm = float(np.sqrt(sum(np.vdot(g, g) for g in G)))
    for limit, named in ((0.5 * 10 ** np.floor(np.log10(norm)), True), (0.123 * norm, False)):
        clipped = diagnose(MODEL, X, Y, [limit / norm * g for g in G], loss="mse", **told)
        assert clipped.mistakes == ("wrong-scale",)
        assert (
            f"the norm of all gradients together is {limit:.1g}, as if they had been clipped" in clipped.reason
        ) is named

    delta = np.sign(y_hat - Y) / len(Y) * y_hat * (1 - y_hat)
    signs = [x.T @ (delta @ MODEL.weights[1].T * a * (1 - a)), a.T @ delta]
    assert "belongs to the absolute error" in diagnose(MODEL, X, Y, signs, loss="mse", **told).reason
