"""Arrays in the shapes that people have: all are read, and what does not fit is blamed on the right array."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Model, diagnose, diagnose_step
from backprop.verification.intake import CONVENTIONS, Handed, assumptions, data, problems, split

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(7, 3)), RNG.random((7, 2))
ONE, OUTPUT = RNG.normal(size=3), RNG.random(2)
BIASED = Model.random([3, 4, 2], seed=1, bias=True)
PLAIN = Model.random([3, 4, 1], seed=1)
GRADIENTS = BIASED.backward(BIASED.forward(X), Y)
assert BIASED.biases is not None
assert GRADIENTS.biases is not None

FOLDED: dict[str, tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], str]] = {
    "last row": (lambda w, b: np.vstack([w, b]), "last"),
    "first row": (lambda w, b: np.vstack([b, w]), "first"),
    "last column": (lambda w, b: np.hstack([w.T, b.T]), "last"),
    "first column": (lambda w, b: np.hstack([b.T, w.T]), "first"),
}


# One example


@pytest.mark.parametrize("y", [OUTPUT, OUTPUT[None], OUTPUT[:, None], list(OUTPUT)])
@pytest.mark.parametrize("x", [ONE, ONE[None], ONE[:, None], list(ONE)])
@pytest.mark.parametrize("turned", [False, True])
def test_one_example_in_any_shape(x: Any, y: Any, turned: bool) -> None:
    g = BIASED.backward(BIASED.forward(ONE[None]), OUTPUT[None])
    assert BIASED.biases is not None
    weights, gradients = (([w.T for w in ws] if turned else list(ws)) for ws in (BIASED.weights, g.weights))
    found = diagnose(weights, x, y, (gradients, list(g.biases or ())), biases=list(BIASED.biases))
    assert (found.verdict, found.loss) == ("correct", "mse")


@pytest.mark.parametrize("y", [1, 1.0, np.float64(1), np.array(1.0), [1], [[1.0]]])
def test_a_target_may_be_a_number(y: Any) -> None:
    g = PLAIN.backward(PLAIN.forward(ONE[None]), [[1.0]])
    assert diagnose(PLAIN.weights, ONE, y, g.weights).verdict == "correct"


def test_one_input_and_many_examples_are_not_one_example() -> None:
    rng = np.random.default_rng(3)
    model, x, y = Model.random([1, 3, 1], seed=0), rng.normal(size=5), rng.random(5)
    g = model.backward(model.forward(x[:, None]), y[:, None])
    assert diagnose(model.weights, x, y, g.weights).verdict == "correct"
    assert data("y", 3).shape == (1,)


@pytest.mark.parametrize("widths", [[1, 1], [1, 1, 1], [3, 1, 1], [1, 1, 1, 1]])
def test_networks_with_one_unit_in_each_layer(widths: list[int]) -> None:
    """Case 9: these broke off with an IndexError."""
    rng = np.random.default_rng(3)
    model, x, y = Model.random(widths, seed=1), rng.normal(size=(5, widths[0])), rng.random((5, 1))
    g = model.backward(model.forward(x), y)
    assert diagnose(model.weights, x, y, g.weights, activations="sigmoid", loss="mse").verdict == "correct"
    for factor in (2.0, 5.0, -0.5, 0.3):
        found = diagnose(model.weights, x, y, [factor * a for a in g.weights], activations="sigmoid", loss="mse")
        assert found.verdict != "correct"


def test_case_9() -> None:
    x, w = np.linspace(0, 1, 5)[:, None], np.array([[0.1]])
    found = diagnose([w], x, 2 * x, [2 * x.T @ (x @ w - 2 * x)], loss="mse")
    assert found.verdict != "correct"  # it is the gradient of the sum, and the mean was named
    assert str(found)


# Lists with unused places


@pytest.mark.parametrize("ends", [([], [None]), ([None], []), ([None], [None, None])])
def test_lists_that_begin_or_end_in_none(ends: tuple[list[None], list[None]]) -> None:
    before, after = ends
    g = PLAIN.backward(PLAIN.forward(X), Y[:, :1])
    weights = [*before, *PLAIN.weights, *after]
    assert diagnose(weights, X, Y[:, :1], [*before, *g.weights, *after]).verdict == "correct"
    assert BIASED.biases is not None
    found = diagnose(
        [*before, *BIASED.weights, *after],
        X,
        Y,
        ([*before, *GRADIENTS.weights, *after], [*before, *(GRADIENTS.biases or ()), *after]),
        biases=[*before, *BIASED.biases, *after],
    )
    assert found.verdict == "correct"


@pytest.mark.parametrize(
    ("gradients", "name"),
    [
        ([GRADIENTS.weights, [GRADIENTS.biases[0], None]], "gradients of biases[1]"),
        ([[None, GRADIENTS.weights[1]], GRADIENTS.biases], "gradients[0]"),
        ([GRADIENTS.weights[0], GRADIENTS.biases[0], GRADIENTS.weights[1], None], "gradients of biases[1]"),
        ([GRADIENTS.weights[0], None], "gradients[1]"),
        ({"weights": GRADIENTS.weights, "biases": [None, GRADIENTS.biases[1]]}, "gradients of biases[0]"),
    ],
)
def test_none_in_place_of_an_array_is_named(gradients: Any, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(name)} is None; expected an array of numbers for each layer$"):
        diagnose(BIASED.weights, X, Y, gradients, biases=BIASED.biases)


def test_after_the_gradient_of_one_layer_none_is_no_gradient() -> None:
    line = Model.random([3, 1], seed=0)
    g = line.backward(line.forward(X), Y[:, :1]).weights
    assert diagnose(line.weights, X, Y[:, :1], [g[0], None]).verdict == "correct"


def test_none_in_place_of_a_bias_is_named() -> None:
    with pytest.raises(ValueError, match=r"^biases\[1\] is None; expected an array of numbers for each layer$"):
        diagnose(BIASED.weights, X, Y, GRADIENTS, biases=[np.zeros(3), None])


@pytest.mark.parametrize("biases", [None, [], (), [None, None], (None, None)])
def test_gradients_of_biases_that_are_all_none_are_none(biases: Any) -> None:
    gradients: list[Any] = [{"weights": GRADIENTS.weights, "biases": biases}]
    for g in [*gradients, *([(GRADIENTS.weights, biases)] if biases is None or biases else [])]:
        assert set(diagnose(BIASED.weights, X, Y, g, biases=BIASED.biases).arrays) == {"W1", "W2"}


def test_none_in_the_middle_is_named() -> None:
    with pytest.raises(ValueError, match=r"^gradients\[1\] is None; expected an array"):
        diagnose([np.ones((2, 3)), np.ones((3, 3)), np.ones((3, 1))], X[:, :2], Y[:, :1], [np.ones((2, 3)), None, X])
    with pytest.raises(ValueError, match=r"^weights is empty"):
        diagnose([None, None], X, Y, [None, None])


# Biases inside W


@pytest.mark.parametrize("fold", FOLDED)
@pytest.mark.parametrize("ones", [False, True])
def test_a_bias_inside_w(fold: str, ones: bool) -> None:
    put, side = FOLDED[fold]
    assert BIASED.biases is not None
    assert GRADIENTS.biases is not None
    weights = [put(w, b) for w, b in zip(BIASED.weights, BIASED.biases, strict=True)]
    gradients = [put(w, b) for w, b in zip(GRADIENTS.weights, GRADIENTS.biases, strict=True)]
    column = np.ones((len(X), 1))
    inputs = X if not ones else np.hstack([X, column] if side == "last" else [column, X])
    found = diagnose(weights, inputs, Y, gradients)
    assert (found.verdict, found.loss) == ("correct", "mse")
    after = [w - 0.1 * g for w, g in zip(weights, gradients, strict=True)]
    assert diagnose_step(weights, after, inputs, Y, eta=0.1).verdict == "correct"
    read = problems(Handed(inputs, Y, weights, None, gradients, None))
    assert side in [problem.bias_row for problem in read]
    assert f"the {side} {fold.split()[1]} of each W as the bias" in [s for p in read for s in assumptions(p)]


def test_a_wrong_bias_inside_w_is_found() -> None:
    assert BIASED.biases is not None
    assert GRADIENTS.biases is not None
    weights = [np.vstack(pair) for pair in zip(BIASED.weights, BIASED.biases, strict=True)]
    gradients = [np.vstack([w, 7 * b]) for w, b in zip(GRADIENTS.weights, GRADIENTS.biases, strict=True)]
    found = diagnose(weights, X, Y, gradients, activations="sigmoid", loss="mse")
    assert found.verdict != "correct"
    assert {name for name, array in found.arrays.items() if array.verdict == "incorrect"} == {"b1", "b2"}


# Class numbers and targets in a row


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("shape", ["(N,)", "(N, 1)", "(1, N)", "integers"])
@pytest.mark.parametrize("columns", [False, True])
def test_class_numbers_become_one_hot(first: int, shape: str, columns: bool) -> None:
    numbers = np.array([0, 1, 2, 1, 0, 2, 1])
    model = Model.random([3, 4, 3], seed=2, activations=["tanh", "softmax"])
    g = model.backward(model.forward(X), np.eye(3)[numbers], "cross_entropy")
    y: Any = numbers + float(first)
    y = {"(N,)": y, "(N, 1)": y[:, None], "(1, N)": y[None], "integers": numbers + first}[shape]
    weights, gradients = (([w.T for w in ws] if columns else list(ws)) for ws in (model.weights, g.weights))
    found = diagnose(weights, X.T if columns else X, y, gradients, activations=["tanh", "softmax"])
    assert (found.verdict, found.loss) == ("correct", "cross_entropy")


@pytest.mark.parametrize("y", [Y[:, :1], Y[:, :1].T, Y[:, 0]])
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_targets_of_one_output_may_lie_any_way(y: np.ndarray, convention: str) -> None:
    g = PLAIN.backward(PLAIN.forward(X), Y[:, :1])
    turn = convention.endswith("(out, in)")
    weights, gradients = (([w.T for w in ws] if turn else list(ws)) for ws in (PLAIN.weights, g.weights))
    inputs = X.T if convention.startswith("columns") else X
    assert diagnose(weights, inputs, y, gradients, convention=convention).verdict == "correct"


# What does not fit

W = [np.ones((3, 4)), np.ones((4, 1))]


@pytest.mark.parametrize(
    ("x", "y", "weights", "words"),
    [
        ((20, 2), (20,), [(3, 4), (4, 1)], "looked for 3 columns in X, as weights[0] takes 3 inputs, and X has 2"),
        ((2, 20), (20,), [(4, 3), (1, 4)], "looked for 3 rows in X, as weights[0] takes 3 inputs, and X has 2"),
        ((20, 3), (19,), [(3, 4), (4, 1)], "looked for y of shape (20, 1) or (1, 20) or (20,), as X has 20 rows"),
        ((3, 20), (1, 19), [(3, 4), (4, 1)], "looked for y of shape (20, 1) or (1, 20) or (20,), as X has 20 columns"),
        ((20, 3), (20, 2), [(3, 4), (4, 1)], "looked for y of shape (20, 1)"),
        ((20, 3), (20,), [(3, 4), (5, 7), (4, 1)], "weights[1] takes 5 inputs; weights[0] gives 4"),
        ((20, 3), (20,), [(3, 4), (4, 7), (9, 1)], "weights[2] takes 9 inputs; weights[1] gives 7"),
        ((20, 4), (20, 5), [(4, 5), (5, 3)], "class numbers from 0 to 2"),
    ],
)
def test_the_message_blames_the_array_that_does_not_fit(
    x: tuple[int, ...], y: tuple[int, ...], weights: list[tuple[int, int]], words: str
) -> None:
    rng = np.random.default_rng(3)
    arrays = [np.full(shape, 0.5) for shape in weights]
    with pytest.raises(ValueError, match=r"^shapes fit no convention: X ") as raised:
        diagnose(arrays, rng.normal(size=x), np.full(y, 0.25), arrays)
    assert words in str(raised.value)
    assert re.search(r"nearest is (rows|columns), \((in, out|out, in)\): ", str(raised.value))


def test_class_numbers_out_of_range_are_explained() -> None:
    rng = np.random.default_rng(3)
    arrays = [np.full((4, 5), 0.5), np.full((5, 3), 0.5)]
    with pytest.raises(ValueError, match=r"or of \(20,\) class numbers from 0 to 2"):
        diagnose(arrays, rng.normal(size=(20, 4)), np.full(20, 7), arrays)


def test_biases_that_fit_no_layer_are_named() -> None:
    with pytest.raises(ValueError, match=r"biases\[1\] has shape \(3,\)"):
        diagnose(W, X, Y[:, :1], (W, [np.ones(4), np.ones(3)]), biases=[np.ones(4), np.ones(3)])


def test_biases_after_an_update_may_be_unknown() -> None:
    assert BIASED.biases is not None
    after = BIASED.update(GRADIENTS, eta=0.1)
    found = diagnose_step(BIASED.weights, after.weights, X, Y, 0.1, biases=(list(BIASED.biases), None))
    assert found.verdict == "correct"
    assert "not checked" in found.reason
    assert (
        backprop.diagnose_step(
            BIASED.weights, after.weights, X, Y, 0.1, biases=(list(BIASED.biases), list(after.biases or ()))
        ).verdict
        == "correct"
    )


@pytest.mark.parametrize("widths", [[2, 3, 1], [2, 3, 5, 1], [4, 2]], ids=str)
def test_gradients_may_come_as_a_pair_for_each_layer(widths: list[int]) -> None:
    rng = np.random.default_rng(0)
    model = backprop.Model.random(widths, seed=0, bias=True)
    x, y = rng.normal(size=(9, widths[0])), rng.random((9, widths[-1]))
    g = model.backward(model.forward(x), y)
    pairs = [(w, b.ravel()) for w, b in zip(g.weights, g.biases or (), strict=True)]
    assert diagnose(model, x, y, pairs).verdict == "correct"
    assert diagnose(model, x, y, [[w.tolist(), b.tolist()] for w, b in pairs]).verdict == "correct"
    weights, biases = split(pairs, len(pairs), with_bias=True)
    assert all(a is b for a, b in zip(weights, g.weights, strict=True))
    assert [b.shape for b in biases] == [b.ravel().shape for b in g.biases or ()]
    with pytest.raises(ValueError, match="gradients"):
        diagnose(model, x, y, [(w, b[:, None, None]) for w, b in pairs])
    for wrong in ([*pairs, pairs[0]], pairs[1:]):
        words = f"gradients has {len(wrong)} arrays for weights; expected {len(pairs)}, one for each layer of weights"
        with pytest.raises(ValueError, match=words):
            diagnose(model, x, y, wrong)


def test_two_lists_are_no_pairs_of_two_layers() -> None:
    lists = [[np.ones((2, 3)), np.ones((3, 1))], [np.ones(3), np.ones(1)]]
    assert split(lists, 2, with_bias=True) == tuple(lists)
    ragged = [[[[1.0], [2.0, 3.0]], [1.0]], [[[1.0]], [1.0]]]
    assert split(ragged, 2, with_bias=True) == tuple(ragged)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: diagnose(PLAIN.weights, X, Y[:, :1], [None, None]),
            "gradients[0] is None; expected an array of numbers",
        ),
        (lambda: diagnose(PLAIN.weights, None, Y, PLAIN.weights), "X is None; expected an array of real numbers"),
        (
            lambda: diagnose(PLAIN.weights, X, Y, PLAIN.weights, activations=[np.eye(2), "tanh"]),
            "activations[0] is array([[1., 0.], [0., 1.]]), of type ndarray; expected a name",
        ),
        (
            lambda: diagnose(PLAIN, X, Y[:, :1], PLAIN.backward(PLAIN.forward(X), Y[:, :1]), printed_loss=10**400),
            "expected a finite number",
        ),
    ],
)
def test_what_is_missing_or_swapped_is_named(call: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(words)):
        call()


def test_a_step_is_taken_from_models_too() -> None:
    one, two = BIASED, BIASED.update(GRADIENTS, 0.5)
    told: Any = {"biases": (one.biases, two.biases), "activations": one.activations}
    assert str(diagnose_step(one, two, X, Y, 0.5)) == str(diagnose_step(one.weights, two.weights, X, Y, 0.5, **told))
    zero = [np.zeros(4), np.zeros(2)]
    others = Model(one.weights, zero).backward(Model(one.weights, zero).forward(X), Y).weights
    after = Model([w - 0.5 * g for w, g in zip(one.weights, others, strict=True)], two.biases)
    assert diagnose_step(one, after, X, Y, 0.5, biases=(zero, None)).verdict == "correct"
    three = two.update(two.backward(two.forward(X), Y), 0.5)
    found = diagnose_step(one, two, X, Y, 0.5, after2=three)
    assert found.evidence.endswith("the second step is correct as well")
    assert str(diagnose_step(PLAIN, PLAIN, X, Y[:, :1], 0.5)).startswith("Unknown: ")
