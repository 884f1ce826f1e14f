"""The lines of code that a diagnosis prints: each is run, in each layout, and must give what it explains."""

import re
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backprop import Gradients, Model
from backprop.network import ACTIVATIONS
from backprop.verification import grammar, words
from backprop.verification.catalogue import BY_SLUG
from backprop.verification.findings import Alternative, Array, Diagnosis, Layer
from backprop.verification.intake import CONVENTIONS, Handed, problems
from backprop.verification.remarks import Remark
from backprop.verification.search import Reading, Term, losses
from tests.test_explanation import explained

#: Every layer is square but the last, so that every form fits somewhere; the last two for one output.
NETWORKS: dict[str, tuple[list[int], list[str], str]] = {
    "square, softmax": ([3, 3, 3, 3], ["tanh", "sigmoid", "softmax"], "cross_entropy"),
    "square, softmax, squares": ([3, 3, 3, 3], ["relu", "tanh", "softmax"], "mse"),
    "square, sigmoid": ([4, 4, 4, 4], ["silu", "softplus", "sigmoid"], "binary_cross_entropy"),
    "pointed": ([2, 3, 3, 1], ["tanh", "sigmoid", "sigmoid"], "mse"),
    "pointed, linear": ([2, 3, 1], ["leaky_relu", "identity"], "mse_half"),
}


def read(name: str) -> tuple[Reading, Any]:
    """Make a network and its loss."""
    widths, phis, told = NETWORKS[name]
    rng = np.random.default_rng(4)
    model = Model.random(widths, seed=1, activations=phis, bias=True)
    n = 5 if widths[0] != 4 else 4  # as many examples as inputs, once
    X, y = rng.normal(size=(n, widths[0])), rng.integers(0, 2, size=(n, widths[-1])).astype(float)
    if phis[-1] == "softmax":
        y = np.eye(widths[-1])[rng.integers(0, widths[-1], size=n)]
    zeros = [np.ones_like(w) for w in model.weights], [np.ones_like(b) for b in model.biases or ()]
    after = [w + 0.1 * rng.normal(size=w.shape) for w in model.weights]
    handed = Handed(X, y, list(model.weights), list(model.biases or ()), *zeros, after)
    problem = problems(handed, "rows, (in, out)")[0]
    reading = Reading(problem, tuple(ACTIVATIONS[phi] for phi in phis), 1e-16, 1e-7, {})
    return reading, next(loss for loss in losses(n, widths[-1]) if loss.name == told)


def names(reading: Reading, loss: Any, convention: str) -> dict[str, Any]:
    """Give the arrays of a correct program the names that lines use, laid out as told."""
    p, columns, turned = reading.exact(loss.family), convention.startswith("columns"), convention.endswith("(out, in)")
    flow = grammar.Flow()
    space: dict[str, Any] = {"y": p.y, "y_hat": p.a[-1], "X": p.a[0]}
    for k in range(p.depth - 1, -1, -1):
        flow = grammar.delta_of(p, k, {}, flow)
        space |= {f"delta{k + 1}": loss.factor * flow.deltas[-1], f"error{k + 1}": loss.factor * flow.errors[-1]}
        space |= {f"dW{k + 1}": p.a[k].T @ flow.deltas[-1]}
        space |= {f"A{k + 1}": p.a[k + 1], f"a{k + 1}": p.a[k + 1], f"Z{k + 1}": p.z[k], f"z{k + 1}": p.z[k]}
    space = {name: array.T if columns and name[:2] != "dW" else array for name, array in space.items()}
    for k, w in enumerate(p.weights):
        space |= {f"W{k + 1}": w.T if turned else w}
        space[f"dW{k + 1}"] = space[f"dW{k + 1}"].T if turned else space[f"dW{k + 1}"]
        if p.after is not None:
            space |= {f"W{k + 1}_after": p.after[k].T if turned else p.after[k]}
    for name, phi in ACTIVATIONS.items():
        space[name] = phi.value
        space[f"{name}_derivative"] = lambda z, phi=phi: phi.derivative(z, phi.value(z))
    return space | {"np": np}


@np.errstate(all="ignore")
def forms(reading: Reading, family: str) -> list[tuple[str, str]]:
    """List every form at every place."""
    p, flow, found = reading.exact(family), grammar.Flow(), []
    for k in range(p.depth - 1, -1, -1):
        output = k == p.depth - 1
        come = grammar.errors(p) if output else grammar.backs(p, k, flow)
        found += [("error" if output else f"back{k + 1}", name) for name, _ in come]
        found += [(f"phi{k + 1}", name) for name, _ in grammar.derivatives(p, k)]
        flow = grammar.delta_of(p, k, {}, flow)
        below = grammar.delta_of(p, k - 1, {}, flow).deltas[-1] if k else None
        found += [(f"dW{k + 1}", name) for name, *_ in grammar.weight_forms(p, k, flow, below)]
        found += [(f"db{k + 1}", name) for name, *_ in grammar.bias_forms(p, k, flow, below)]
    return found


@np.errstate(all="ignore")
def wanted(reading: Reading, loss: Any, place: str, name: str) -> Any:
    """Compute what a form gives."""
    p, flow, term = reading.exact(loss.family), grammar.Flow(), Term(place)
    k = (term.layer or p.depth) - 1
    for j in range(p.depth - 1, k, -1):
        flow = grammar.delta_of(p, j, {}, flow)
    flow = grammar.delta_of(p, k, {} if place[0] == "d" else {place: name}, flow)
    if place[0] != "d":
        return loss.factor * flow.deltas[-1]
    return loss.factor * grammar.gradients_of(p, k, {place: name}, flow)[place[1] == "b"]


@pytest.mark.parametrize(
    ("network", "layout"),
    [
        *((name, "rows, (in, out)") for name in NETWORKS),
        *product(("square, softmax", "pointed"), [name for name in CONVENTIONS if name != "rows, (in, out)"]),
    ],
)
def test_each_line_gives_the_numbers_that_it_explains(network: str, layout: str) -> None:
    reading, loss = read(network)
    space = names(reading, loss, layout)
    reading.problem = reading.problem._replace(convention=layout)
    columns, turned = layout.startswith("columns"), layout.endswith("(out, in)")
    wrong, tried = [], 0
    for (place, name), correct in product(forms(reading, loss.family), (False, True)):
        if (not name) != correct:
            continue
        line = (
            words.correct_line(place, reading, loss) if correct else words._line(Term(place, name), reading, loss, name)
        )
        should = wanted(reading, loss, place, name)
        if not np.isfinite(should).all():  # a division by a derivative that is 0
            continue
        try:
            made = eval(line.partition(" = ")[2], dict(space)) * np.ones(1)
        except Exception as error:  # a line that does not run is wrong
            wrong.append(f"{place} {name}: {line}: {error}")
            continue
        if turned if place[:2] == "dW" else columns:
            should = should.T
        tried += 1
        if place[:2] == "db" and made.ndim == 1:
            made = made.reshape(should.shape if made.size == should.size else -1)
        with np.errstate(all="ignore"):
            made = made + np.zeros_like(should)
        exactly = "delta-i" not in name and ("~" not in name or (place[0] == "d" and place[:5] != "delta"))
        if made.shape != should.shape or not alike(made, should, exactly):
            wrong.append(f"{place} {name}: {line}")
    assert not wrong, "\n".join(wrong)
    assert tried > 60


def alike(made: np.ndarray, should: np.ndarray, exactly: bool) -> bool:
    """Compare; up to a factor where a line that is in no catalogue has none of its own."""
    one, other = made.ravel(), should.ravel()
    if not exactly and min(np.linalg.norm(one), np.linalg.norm(other)) > 1e-12:
        one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    return bool(np.allclose(one, other, rtol=1e-9, atol=1e-12))


def test_a_form_that_names_the_layer_below_has_a_line_whatever_the_widths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NETWORKS, "waist", ([4, 2, 3, 1], ["tanh", "sigmoid", "sigmoid"], "mse"))
    reading, loss = read("waist")
    listed = [(place, name) for place, name in forms(reading, loss.family) if place[0] == "d" and name]
    assert {"dW2", "dW3", "db1"} <= {place for place, _ in listed}
    for place, name in listed:
        known = grammar.weight_forms if place[1] == "W" else grammar.bias_forms
        assert words._form_code(name, known, reading, loss, int(place[2:])) != "…"


def test_what_a_mean_divides_by_is_written_for_the_layout() -> None:
    reading, _ = read("pointed")
    assert list(words._counts(reading)) == [("y.size", 5), ("len(y)", 5)]
    reading.problem = reading.problem._replace(convention="columns, (in, out)")
    assert list(words._counts(reading)) == [("y.size", 5), ("y.shape[1]", 5)]
    wide, _ = read("square, sigmoid")
    assert list(words._counts(wide)) == [("y.size", 16), ("len(y)", 4)]
    of_rows, loss = read("square, softmax")
    assert words.correct_line("delta3", of_rows, loss) == "delta3 = (y_hat - y) / len(y)"
    of_rows.problem = of_rows.problem._replace(convention="columns, (in, out)")
    assert words.correct_line("delta3", of_rows, loss) == "delta3 = (y_hat - y) / y.shape[1]"


@pytest.mark.parametrize(
    ("s", "scale", "line"),
    [
        (1.0, 16.0, "delta3 = (y_hat - y)"),
        (0.123, 16.0, "delta3 = (y_hat - y)"),
        (0.123, 16.0 * (1 + 0.9e-6), "delta3 = (y_hat - y)"),
        (0.123, 16.0 * (1 - 1.1e-6), "delta3 = 16 * (y_hat - y) / y.size"),
        (0.25, 4.0, "delta3 = (y_hat - y) / len(y)"),
        (0.123, 1.968, "delta3 = 1.968 * (y_hat - y) / y.size"),
    ],
)
def test_a_scale_is_written_as_the_loss_that_has_it_or_as_a_mean_left_out(s: float, scale: float, line: str) -> None:
    reading, loss = read("square, sigmoid")
    best: Any = SimpleNamespace(reading=reading, loss=loss, s=s, scale=scale)
    assert words._scaled(best, "delta3 = (y_hat - y) / y.size") == line


@pytest.mark.parametrize(("size", "whole"), [(40, True), (41, False)])
def test_a_gradient_of_more_than_forty_numbers_is_shortened(size: int, whole: bool) -> None:
    text = list(words._correct(Gradients((np.arange(float(size))[:, None],), None)))
    assert text[0] == f"Correct gradient of W1, shape ({size}, 1):"
    assert (len(text) == size + 1) is whole
    assert any("..." in line for line in text) is not whole


def test_the_error_of_a_layer_is_told_if_it_is_known() -> None:
    layers = (Layer(1, "unknown", (), np.nan), Layer(2, "correct", (), 0.0), Layer(3, "correct", (), 3e-8))
    found = Diagnosis("correct", (), "mse", 1.0, 1, None, layers)
    assert list(words._judged(found)) == [
        "Layer 1: unknown.",
        "Layer 2: correct, equal to the last bit.",
        "Layer 3: correct, relative error 3.0e-08.",
    ]


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        (["dW1"], "dW1 is incorrect"),
        (["error"], "the derivative of the loss with respect to the predictions is incorrect"),
        (["phi2"], "the derivative of the activation function in layer 2 is incorrect"),
        (["back1", "delta2"], "the gradient that is propagated back to layer 1 and δ of layer 2 are incorrect"),
        (["dW1", "dW1"], "dW1 is incorrect"),
    ],
)
def test_a_mistake_without_a_name_is_told_by_its_places(places: list[str], sentence: str) -> None:
    found = Diagnosis("mistake", (), "mse", 1.0, 1, None, ())
    several = replace(found, lines=tuple((place, "written", "correct") for place in places))
    lines = ["  Your numbers fit: written", "  The correct line: correct"]
    assert list(words._mistakes(several)) == [f"Mistake: {sentence}.", *lines * len(places)]
    if len(places) == 1:
        assert list(words._mistakes(replace(found, place=places[0]))) == [f"Mistake: {sentence}."]


@pytest.mark.parametrize(
    ("many", "sentence"),
    [
        (0, "the factor is that of another loss"),
        (1, "the explanation below fits, but is not certain"),
        (2, "several explanations fit"),
    ],
)
def test_explanations_that_fit_are_counted(many: int, sentence: str) -> None:
    others = [Alternative("mistake", (), None, "mse", "a text")] * many
    found = Diagnosis(
        "mistake",
        (),
        "mse",
        1.0,
        1,
        None,
        (),
        alternatives=(*others, Alternative("correct", (), None, "mse", "a text")),
    )
    assert list(words._mistakes(found)) == [f"Mistake: {sentence}."]
    assert list(words._mistakes(replace(found, place="update"))) == ["Mistake: the update is incorrect."]


def test_a_form_that_does_not_exist_in_this_network_has_no_line() -> None:
    reading, loss = read("pointed")
    assert words._form_code("~no such form", grammar.weight_forms, reading, loss, 1) == "…"


def test_what_is_incorrect_in_half_a_sentence() -> None:
    missing = explained(Term("phi1", "derivative-missing"), extra=("uphill",))
    title, uphill = BY_SLUG["hidden-derivative-missing"].title, BY_SLUG["uphill"].title
    assert words.short(missing) == f"{title}; {uphill} (hidden-derivative-missing, uphill)"
    unnamed = words.short(explained(Term("dW1", "~ones")))
    assert re.fullmatch(r"dW1 is incorrect, and your numbers fit dW1 = .+", unnamed)
    assert words.short(explained()) == ""


# The whole text

PLAIN = Diagnosis("correct", (), "mse", 1.0, 1, None, ())
CHANGED = replace(PLAIN, verdict="mistake", place="update")
UPDATE = "Mistake: the update is incorrect."


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (PLAIN, ["Correct: this is the gradient of mse."]),
        (
            replace(
                PLAIN, sign=-1, scale=None, cannot_tell=("uphill", "layer-sign"), reason="a note", evidence="proof"
            ),
            [
                "Correct: this is the gradient of mse.",
                "These data cannot reveal some mistakes, however: uphill, layer-sign.",
                "To test for these as well, use other weights, at least five examples, and different widths.",
                "The sign is reversed: this is −∇L, which is correct if your update adds it to the weights.",
                "Note: a note.",
                "Evidence: proof.",
            ],
        ),
        (replace(PLAIN, scale=2.5), ["Correct: this is the gradient of mse.", "Scale: 2.5 times the gradient of mse."]),
        (
            replace(CHANGED, sign=-1),
            [UPDATE, "Scale: 1 times the gradient of mse, with the opposite sign."],
        ),
        (replace(PLAIN, verdict="unknown", scale=3.0, reason="too little"), ["Unknown: too little."]),
        (
            replace(CHANGED, assumed=("the loss mse", "the activations relu"), reason="a note"),
            [UPDATE, "Note: a note.", "Inferred, because you did not specify it: the loss mse; the activations relu."],
        ),
        (
            replace(CHANGED, alternatives=(Alternative("mistake", (), "dW1", "mse", "another"),) * 2),
            [UPDATE, "Possible explanation: another."],
        ),
        (
            replace(CHANGED, alternatives=(Alternative("correct", (), None, "mse_sum", "correct for mse_sum"),)),
            [
                "You named the loss mse, but this is the gradient of mse_sum.",
                UPDATE,
                "The same numbers would also be correct for mse_sum.",
            ],
        ),
        (
            replace(CHANGED, alternatives=(Alternative("correct", ("uphill",), None, "mse_sum", "correct"),)),
            [UPDATE, "The same numbers would also be correct."],
        ),
        (
            replace(CHANGED, correct=Gradients((np.ones((1, 2)),), (np.zeros((1, 2)),))),
            [
                UPDATE,
                "Correct gradient of W1, shape (1, 2):",
                "  [[1., 1.]]",
                "Correct gradient of b1, shape (1, 2):",
                "  [[0., 0.]]",
            ],
        ),
        (replace(PLAIN, correct=Gradients((np.ones((1, 2)),), None)), ["Correct: this is the gradient of mse."]),
        (
            replace(
                PLAIN, remarks=(Remark("slow", "It is slow.", "", ""), Remark("far", "Far.", "hidden-delta", "a/page/"))
            ),
            [
                "Correct: this is the gradient of mse.",
                "Remark: It is slow. (slow)",
                "Remark: Far. (far)",
                "  Equation ({}): {}",
                "  More:  https://site/a/page/",
            ],
        ),
    ],
)
def test_a_whole_diagnosis_in_words(found: Diagnosis, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "SITE", "https://site/")
    equation = words.address("hidden-delta")
    assert list(words.text(found)) == [line.format(*equation) for line in lines]


WRONG = Layer(1, "incorrect", (), 0.5)


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (replace(CHANGED, layers=(WRONG,)), ["Layer 1: incorrect, relative error 5.0e-01."]),
        (
            replace(
                CHANGED, mistakes=("uphill",), layers=(WRONG, Layer(2, "incorrect", ("uphill", "layer-sign"), 0.25))
            ),
            [
                "Layer 1: incorrect (because of the mistake above), relative error 5.0e-01.",
                "Layer 2: incorrect (uphill, layer-sign), relative error 2.5e-01.",
            ],
        ),
        (
            replace(PLAIN, verdict="unknown", layers=(Layer(1, "unknown", (), 0.0), Layer(2, "correct", (), 0.0))),
            ["Layer 2: correct, equal to the last bit."],
        ),
        (
            replace(
                CHANGED,
                layers=(WRONG, Layer(2, "correct", (), 0.0)),
                arrays={
                    "W1": Array("incorrect", 0.5, 2.5, 1),
                    "b1": Array("incorrect", 0.5, 0.0, None),
                    "W2": Array("correct", 0.0, 1.0, 1),
                    "b2": Array("not tested", 0.0, 1.0, 1),
                },
            ),
            [
                "Layer 1: incorrect, relative error 5.0e-01.",
                "  dW1 is 2.5 times what it should be; db1 is zero.",
                "Layer 2: correct, equal to the last bit.",
                "  dW2 is correct; db2 is not tested.",
            ],
        ),
        (
            replace(
                CHANGED,
                layers=(WRONG,),
                arrays={"W1": Array("incorrect", 0.5, None, None), "b1": Array("incorrect", 0.5, 3.0, 1)},
            ),
            ["Layer 1: incorrect, relative error 5.0e-01."],
        ),
        (
            replace(
                CHANGED,
                layers=(WRONG,),
                arrays={"W1": Array("incorrect", 0.5, None, None), "b1": Array("correct", 0.0, 1.0, 1)},
            ),
            ["Layer 1: incorrect, relative error 5.0e-01.", "  dW1 is incorrect; db1 is correct."],
        ),
    ],
)
def test_each_layer_and_its_arrays_in_words(found: Diagnosis, lines: list[str]) -> None:
    assert list(words._judged(found)) == lines


def test_a_mistake_with_a_name_is_told_with_its_lines_and_where_to_read_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "SITE", "https://site/")
    slug, layers = "hidden-derivative-missing", [Layer(k, "incorrect", (), 0.5) for k in (1, 2, 3)]
    named = [layer._replace(mistakes=(slug,)) for layer in layers[:2]]
    mistake = BY_SLUG[slug]
    equations = [f"  Equation ({n}): {url}" for n, url in map(words.address, mistake.equations)]
    assert equations
    more = f"  More:  https://site/verification/mistakes/#{slug}"
    own = (("phi1", "delta1 = wrong", "delta1 = right"), ("phi2", "delta2 = wrong", "delta2 = right"))
    fits = [
        f"  {text}: delta{k} = {word}"
        for k in (1, 2)
        for text, word in (("Your numbers fit", "wrong"), ("The correct line", "right"))
    ]
    found = replace(CHANGED, mistakes=(slug,), layers=(*named, layers[2]), lines=own)
    assert list(words._mistakes(found)) == [
        f"Mistake in layers 1 and 2: {mistake.title} ({slug}).",
        *fits,
        *equations,
        more,
    ]
    of_one = replace(found, layers=tuple(named[:1]), lines=())
    title, *code = list(words._mistakes(of_one))
    assert title == f"Mistake in layer 1: {mistake.title} ({slug})."
    assert code[0].startswith("  Your numbers fit: ")
    assert code[1].startswith("  The correct line: ")
    assert code[2:] == [*equations, more]
    uphill = BY_SLUG["uphill"]
    two = list(words._mistakes(replace(found, mistakes=(slug, "uphill"))))
    assert two[: 2 + len(equations)] == [f"Mistake in layers 1 and 2: {mistake.title} ({slug}).", *equations, more]
    assert two[2 + len(equations)] == f"Mistake: {uphill.title} (uphill)."
    assert two[-4:] == fits
