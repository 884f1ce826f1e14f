"""How arrays are read: each convention gives the same problem, and what does not fit is told word for word."""

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backprop import Gradients, Model
from backprop.verification.intake import (
    CONVENTIONS,
    Handed,
    Misfit,
    Problem,
    _bias_rows,
    _examples,
    _match_parameters,
    _misfits,
    _read,
    _without_none,
    arrays,
    assumptions,
    data,
    given_back,
    plain,
    precision_of,
    problems,
    split,
    told_conventions,
)

RNG = np.random.default_rng(8)
MODEL = Model.random([2, 3, 4], seed=0, bias=True)
X, Y = RNG.normal(size=(7, 2)), RNG.random((7, 4))
G = MODEL.backward(MODEL.forward(X), Y)
assert MODEL.biases is not None
assert G.biases is not None
AFTER = [w + 1 for w in MODEL.weights]
ROWS, COLUMNS = "rows, (in, out)", "columns, (out, in)"


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(np.array_equal(one, other)) if isinstance(one, np.ndarray) else one == other


def laid_out(convention: str, bias_shape: Any = (-1,)) -> Handed:
    rows, in_out = convention.startswith("rows"), convention.endswith("(in, out)")
    turn: Any = (lambda w: w) if in_out else np.transpose
    lie: Any = (lambda a: a) if rows else np.transpose
    return Handed(
        lie(X),
        lie(Y),
        [turn(w) for w in MODEL.weights],
        [b.reshape(bias_shape) for b in MODEL.biases or ()],
        [turn(g) for g in G.weights],
        [b.reshape(bias_shape) for b in G.biases or ()],
        [turn(w) for w in AFTER],
    )


@pytest.mark.parametrize("bias_shape", [(-1,), (1, -1), (-1, 1)])
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_is_the_same_problem(convention: str, bias_shape: Any) -> None:
    (found,) = problems(laid_out(convention, bias_shape), convention)
    expected = Problem(
        *(convention, X, Y, MODEL.weights, MODEL.biases, G.weights, G.biases, (False, False), tuple(AFTER))
    )
    assert equal(tuple(found), tuple(expected))
    assert found.convention in [one.convention for one in problems(laid_out(convention, bias_shape))]
    assert assumptions(found) == ()
    assert equal(given_back(found, G.weights), tuple(laid_out(convention).gradients))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_gradient_that_came_turned_is_marked(convention: str) -> None:
    handed = laid_out(convention)
    turned = handed._replace(gradients=[handed.gradients[0], handed.gradients[1].T])
    (found,) = problems(turned, convention)
    assert found.turned == (False, True)
    assert equal(found.gradients, G.weights)


@pytest.mark.parametrize("row", ["last", "first"])
@pytest.mark.parametrize("ones", [False, True])
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_biases_inside_the_weights_are_taken_out(convention: str, ones: bool, row: str) -> None:
    rows, in_out = convention.startswith("rows"), convention.endswith("(in, out)")

    def fold(w: np.ndarray, b: np.ndarray) -> np.ndarray:
        whole = np.vstack([w, b] if row == "last" else [b, w])
        return whole if in_out else whole.T

    x = X if not ones else np.hstack([X, np.ones((7, 1))] if row == "last" else [np.ones((7, 1)), X])
    pairs = [
        zip(ws, bs, strict=True)
        for ws, bs in ((MODEL.weights, MODEL.biases or ()), (G.weights, G.biases or ()), (AFTER, MODEL.biases or ()))
    ]
    weights, gradients, after = ([fold(w, b) for w, b in pair] for pair in pairs)
    handed = Handed(x if rows else x.T, Y if rows else Y.T, weights, None, gradients, None, after)
    found = next(one for one in problems(handed, convention) if one.bias_row == row)
    expected = Problem(
        *(convention, X, Y, MODEL.weights, MODEL.biases, G.weights, G.biases, (False, False), tuple(AFTER), row, None)
    )
    assert equal(tuple(found), tuple(expected))
    assert assumptions(found) == (f"the {row} {'row' if in_out else 'column'} of each W as the bias",)


@pytest.mark.parametrize(
    ("y", "first"),
    [([0, 1, 2, 3, 0, 1, 2], 0), ([1, 2, 3, 4, 1, 2, 3], 1), ([1, 2, 3, 1, 1, 2, 3], 0)],
)
def test_class_numbers_begin_at_zero_or_one(y: list[int], first: int) -> None:
    for shape in ((7,), (7, 1), (1, 7)):
        handed = laid_out(ROWS)._replace(y=np.array(y, float).reshape(shape))
        (found,) = problems(handed, ROWS)
        assert found.classes_from == first
        assert equal(found.y, np.eye(4)[np.array(y) - first])
        assert assumptions(found) == (f"y as class numbers from {first}, made one-hot",)


def test_two_classes_are_numbered_too() -> None:
    weights = [np.ones((2, 2))]
    (found,) = problems(Handed(X[:3], np.array([1.0, 0.0, 1.0]), weights, None, weights, None), ROWS)
    assert equal((found.y, found.classes_from), (np.eye(2)[[1, 0, 1]], 0))


def test_targets_that_fit_either_way_lie_as_the_inputs_do() -> None:
    rng = np.random.default_rng(8)
    square = rng.random((4, 4))
    for convention, y in ((ROWS, square), ("columns, (in, out)", square.T)):
        handed = laid_out(convention)
        x = handed.X[:4] if convention == ROWS else handed.X[:, :4]
        assert equal(problems(handed._replace(X=x, y=square), convention)[0].y, y)


def test_targets_of_as_many_numbers_in_another_shape_are_refused() -> None:
    weights = [np.ones((2, 1))]
    found = _read(Handed(np.ones((6, 2)), np.ones((2, 3)), weights, None, weights, None), ROWS)
    assert isinstance(found, Misfit)


@pytest.mark.parametrize(
    "y", [[0, 1, 2, 3, 0, 1, 0.5], [-1, 1, 2, 3, 0, 1, 2], [0, 1, 2, 3, 0, 1, 4], [1, 2, 3, 4, 5, 1, 1]]
)
def test_other_numbers_are_no_classes(y: list[float]) -> None:
    with pytest.raises(ValueError, match=r"or of \(7,\) class numbers from 0 to 3, as X has 7 rows and weights\[1\]"):
        problems(laid_out(ROWS)._replace(y=np.array(y)), ROWS)


def test_gradients_of_biases_may_be_unsummed_or_one_number() -> None:
    rng = np.random.default_rng(8)
    many, one = rng.normal(size=(7, 3)), rng.normal(size=(1,))
    handed = laid_out(ROWS)
    for b in (many, many.T):
        found = problems(handed._replace(bias_gradients=[b, one]), ROWS)[0].bias_gradients
        assert equal(found, (many, np.full((1, 4), one[0])))
    wide = Handed(X[:, :1], np.ones((7, 3)), [np.ones((1, 3))], [one], [np.ones((1, 3))], [one])
    with pytest.raises(ValueError, match=r": biases have shapes \(1,\) where layers have 3 outputs$"):
        problems(wide, ROWS)
    with pytest.raises(ValueError, match="gradients of biases have shapes"):
        problems(handed._replace(bias_gradients=[np.ones((6, 3)), one]), ROWS)
    with pytest.raises(
        ValueError,
        match=r"nearest is rows, \(in, out\): biases have shapes \(2,\), \(4,\) where layers have 3, 4 outputs$",
    ):
        problems(handed._replace(biases=[np.ones(2), np.ones(4)]), ROWS)
    with pytest.raises(
        ValueError, match=r"^biases\[0\] has shape \(5,\); expected one entry for each output of weights\[0\]$"
    ):
        problems(handed._replace(biases=[np.ones(5), np.ones(4)]), ROWS)


@pytest.mark.parametrize(
    ("changes", "convention", "message"),
    [
        (
            {"X": np.ones((7, 5))},
            ROWS,
            "shapes fit not the convention 'rows, (in, out)': X (7, 5), y (7, 4), weights[0] (2, 3), weights[1] (3, 4)"
            "; nearest is rows, (in, out): looked for 2 columns in X, as weights[0] takes 2 inputs, and X has 5",
        ),
        (
            {"X": np.ones((7, 5))},
            None,
            "shapes fit no convention: X (7, 5), y (7, 4), weights[0] (2, 3), weights[1] (3, 4); "
            "nearest is rows, (in, out): looked for 2 columns in X, as weights[0] takes 2 inputs, and X has 5",
        ),
        (
            {"y": np.ones((7, 5))},
            ROWS,
            "shapes fit not the convention 'rows, (in, out)': X (7, 2), y (7, 5), weights[0] (2, 3), weights[1] (3, 4)"
            "; nearest is rows, (in, out): looked for y of shape (7, 4) or (4, 7), or of (7,) class numbers from 0 "
            "to 3, as X has 7 rows and weights[1] gives 4 outputs",
        ),
        (
            {"gradients": [np.ones((2, 3)), np.ones((2, 4))]},
            ROWS,
            "gradients[1] has shape (2, 4); expected (3, 4), as weights[1] has",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(changes: Any, convention: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        problems(laid_out(ROWS)._replace(**changes), convention)


def test_the_axis_that_counts_the_examples_is_explained() -> None:
    handed = Handed(X, np.ones(7), [np.ones((2, 1))], None, [np.ones((2, 7))], None)
    message = (
        "gradients[0] has shape (2, 7); expected (2, 1), as weights[0] has; one of its axes counts the examples: is y "
        "(N,) where ŷ is (N, 1)?"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        problems(handed)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([(2, 3), (5, 1)], "looked for an axis of 3: weights[1] takes 5 inputs; weights[0] gives 3"),
        ([(3, 3), (3, 1)], "looked for 3 columns in X, as weights[0] takes 3 inputs, and X has 2"),
        ([(2, 1)], "looked for y of shape (7, 1) or (1, 7) or (7,), as X has 7 rows and weights[0] gives 1 output"),
        (
            [(2, 2)],
            "looked for y of shape (7, 2) or (2, 7), or of (7,) class numbers from 0 to 1, as X has 7 rows and "
            "weights[0] gives 2 outputs",
        ),
    ],
)
def test_neighbours_that_do_not_go_together(layers: list[tuple[int, int]], message: str) -> None:
    weights = [np.ones(shape) for shape in layers]
    y = np.ones(6) if len(layers) == 1 else np.ones(7)
    with pytest.raises(ValueError, match=f"nearest is {re.escape(ROWS)}: {re.escape(message)}$"):
        problems(Handed(X, y, weights, None, weights, None), ROWS)


OUT_IN = "rows, (out, in)"


@pytest.mark.parametrize(
    ("x", "w", "last", "y", "convention", "extra", "shape"),
    [
        ((3,), (3, 5), (5, 1), 1, ROWS, 0, (1, 3)),  # one example, as the weights take three inputs
        ((3,), (3, 5), (5, 4), 4, ROWS, 0, (1, 3)),
        ((3,), (3, 5), (5, 4), 3, ROWS, 0, (3, 1)),  # three targets are no outputs
        ((7,), (1, 5), (5, 1), 1, ROWS, 0, (7, 1)),
        ((3,), (5, 3), (1, 5), 1, ROWS, 0, (3, 1)),
        ((3,), (5, 3), (1, 5), 1, OUT_IN, 0, (1, 3)),
        ((3,), (3, 5), (1, 5), 1, OUT_IN, 0, (3, 1)),
        ((3,), (4, 5), (5, 1), 1, ROWS, 1, (1, 3)),
        ((3,), (4, 5), (5, 1), 1, ROWS, 0, (3, 1)),
        ((3,), (3,), (3,), 1, ROWS, 0, (1, 3)),
        ((3,), (4,), (4,), 1, ROWS, 1, (1, 3)),
        ((3, 2), (2, 5), (5, 1), 3, ROWS, 0, (3, 2)),
        ((2, 3), (2, 5), (5, 1), 3, COLUMNS, 0, (3, 2)),
    ],
)
def test_what_is_an_example(x: Any, w: Any, last: Any, y: int, convention: str, extra: int, shape: Any) -> None:
    inputs = np.arange(np.prod(x, dtype=float)).reshape(x)
    weights = [np.ones(w), np.ones(last)]
    found, width = _examples(Handed(inputs, np.ones(y), weights, None, weights, None), convention, extra)
    assert (found.shape, width) == (shape, shape[1])
    assert np.array_equal(found, inputs.T if convention == COLUMNS else inputs.reshape(shape))


@pytest.mark.parametrize(
    ("y", "broken"),
    [((7, 5), 1), ((6, 4), 1), ((6, 5), 2), ((4, 6), 1), ((5, 7), 1), ((6,), 2), ((7, 4), 0), ((6, 1), 2)],
)
def test_targets_misfit_examples_or_outputs_or_both(y: Any, broken: int) -> None:
    found = _read(laid_out(ROWS)._replace(y=np.full(y, 0.5)), ROWS)
    assert (found.broken if isinstance(found, Misfit) else 0) == broken


def test_a_gradient_of_as_many_numbers_in_another_shape_is_refused() -> None:
    for first, fits in (((6,), True), ((3, 2), True), ((1, 6), False), ((6, 1), False)):
        handed = laid_out(ROWS)._replace(gradients=[np.ones(first), G.weights[1]])
        if fits:
            _match_parameters(handed)
        else:
            with pytest.raises(ValueError, match=rf"^{re.escape(f'gradients[0] has shape {first}; expected (2, 3)')}"):
                _match_parameters(handed)


def test_a_vector_of_weights_belongs_to_one_unit() -> None:
    weights = [np.ones(2), np.ones(3)]
    (found,) = problems(Handed(X, np.ones((7, 3)), weights, None, weights, None, weights), ROWS)
    assert [w.shape for w in found.after or ()] == [(2, 1), (1, 3)]
    assert [w.shape for w in found.weights] == [(2, 1), (1, 3)]
    assert [g.shape for g in found.gradients] == [(2, 1), (1, 3)]


@pytest.mark.parametrize("vector", [X[0], X[1]])
def test_one_example_for_one_unit_with_its_bias_inside(vector: np.ndarray) -> None:
    weights = [np.array([1.0, 2.0, 3.0])]
    found = next(p for p in problems(Handed(vector, np.ones(1), weights, None, weights, None)) if p.bias_row == "last")
    assert equal(
        (found.X, found.weights, found.biases), (vector[None], (np.array([[1.0], [2.0]]),), (np.ones((1, 1)) * 3,))
    )


def test_targets_that_miss_examples_and_outputs_are_told_first() -> None:
    weights = [np.ones(shape) for shape in ((2, 3), (4, 5), (5, 3))]
    message = (
        "shapes fit not the convention 'rows, (in, out)': X (7, 2), y (6, 2), weights[0] (2, 3), weights[1] (4, 5), "
        "weights[2] (5, 3); nearest is rows, (in, out): looked for y of shape (7, 3) or (3, 7), or of (7,) class "
        "numbers from 0 to 2, as X has 7 rows and weights[2] gives 3 outputs"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        problems(Handed(np.ones((7, 2)), np.ones((6, 2)), weights, None, weights, None), ROWS)


def test_the_array_that_misfits_both_its_neighbours_is_told_first() -> None:
    weights = [np.ones(shape) for shape in ((2, 3), (3, 4), (7, 5), (6, 1))]
    message = (
        "shapes fit not the convention 'rows, (in, out)': X (7, 5), y (7,), weights[0] (2, 3), weights[1] (3, 4), "
        "weights[2] (7, 5), weights[3] (6, 1); nearest is rows, (in, out): looked for an axis of 4: weights[2] takes 7 "
        "inputs; weights[1] gives 4"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        problems(Handed(np.ones((7, 5)), np.ones(7), weights, None, weights, None), ROWS)


def test_what_misfits_most_of_its_neighbours_is_told_first() -> None:
    weights = [np.ones(shape) for shape in ((2, 3), (3, 3), (4, 1))]
    x, y = np.ones((5, 3)), np.ones((6, 1))
    inputs = "looked for 2 columns in X, as weights[0] takes 2 inputs, and X has 3"
    axis = "looked for an axis of 3: weights[2] takes 4 inputs; weights[1] gives 3"
    targets = "looked for y of shape (5, 1) or (1, 5) or (5,), as X has 5 rows and weights[2] gives 1 output"
    handed = Handed(x, y, weights, None, weights, None)
    layers: Any = [w.shape for w in weights]
    assert _misfits(x, None, layers, handed, ROWS) == [inputs, targets, axis]
    assert _misfits(x, y, layers, handed, ROWS) == [inputs, axis]


def test_the_first_weights_may_misfit_both_their_neighbours() -> None:
    weights = [np.ones(shape) for shape in ((2, 3), (4, 5), (6, 1))]
    layers: Any = [w.shape for w in weights]
    found = _misfits(np.ones((7, 3)), np.ones((7, 1)), layers, Handed(X, X, weights, None, weights, None), ROWS)
    assert [words.partition(",")[0].partition(":")[0] for words in found] == [
        "looked for 2 columns in X",
        "looked for an axis of 3",
        "looked for an axis of 5",
    ]


def test_gradients_of_biases_become_rows() -> None:
    ones = np.ones((1, 3))
    assert _bias_rows(None, [3], 2) is None
    for n in (1, 2, 5):
        assert equal(_bias_rows([np.ones(3), np.ones((2, 1))], [3, 2], n), (ones, ones[:, :2]))
        assert equal(_bias_rows([np.ones((n, 3))], [3], n), (np.ones((n, 3)),))
        assert equal(_bias_rows([np.ones((3, n))], [3], n), (np.ones((n, 3)),))
        assert _bias_rows([np.ones((n, 2))], [3], n) is None
    for n in (2, 5):
        assert equal(_bias_rows([np.ones(1)], [3], n), (ones,))
    assert _bias_rows([np.ones(1)], [3], 1) is None  # one example has no row of numbers to be one number of


# Lists


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.ones((2, 2)), TypeError, "w is one array of shape (2, 2); expected a list of one array for each layer"),
        (3, TypeError, "w is int; expected a list of one array for each layer"),
        ("ab", TypeError, "w is str; expected a list of one array for each layer"),
        (b"ab", TypeError, "w is bytes; expected a list of one array for each layer"),
        ([], ValueError, "w is empty; expected at least one array, one for each layer"),
        ([None], ValueError, "w is empty; expected at least one array, one for each layer"),
        ([[1], None, [1]], ValueError, "w[1] is None; expected an array of numbers for each layer"),
        ([[1], [[[1]]]], ValueError, "w[1] has shape (1, 1, 1); expected one or two dimensions"),
        ([[1], ["a"]], TypeError, "w[1] has entries of type <U1; expected real numbers"),
    ],
)
def test_what_is_no_list_of_arrays(value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        arrays("w", value)


def test_lists_of_arrays() -> None:
    assert [a.tolist() for a in arrays("w", [None, 1, [[2, 3]], None])] == [[1.0], [[2.0, 3.0]]]
    assert [a.shape for a in arrays("w", np.ones((2, 3, 4)))] == [(3, 4), (3, 4)]
    objects = np.empty(2, dtype=object)
    objects[:] = [np.ones((1, 2)), np.ones((2, 1))]
    assert [a.shape for a in arrays("w", objects)] == [(1, 2), (2, 1)]
    assert _without_none((None, 1, None, 2)) == [1, None, 2]
    assert _without_none([None]) == []
    tensor = SimpleNamespace(detach=lambda: [1.0])
    assert plain(tensor).tolist() == [1.0]
    assert arrays("w", [tensor])[0].tolist() == [1.0]


def test_data() -> None:
    assert data("y", 3).tolist() == [3.0]
    for value, error, message in (
        (np.ones((1, 1, 1)), ValueError, "y has shape (1, 1, 1); expected one or two dimensions"),
        (["a"], TypeError, "y has entries of type <U1; expected real numbers"),
    ):
        with pytest.raises(error, match=f"^{re.escape(message)}$"):
            data("y", value)


A, B, C, D = (np.full((2, 2), float(k)) for k in range(4))


@pytest.mark.parametrize(
    ("gradients", "with_bias", "weights", "biases"),
    [
        ([A, B], False, [A, B], None),
        ([A, B], True, [A, B], None),
        ([A, B, C, D], True, [A, C], [B, D]),
        ([None, A, B, C, D, None], True, [A, C], [B, D]),
        (([A, B], [C, D]), True, [A, B], [C, D]),
        (([A, B], None), True, [A, B], None),
        (([None, A, B], [C, D, None]), True, [A, B], [C, D]),
        ({"weights": [A, B]}, False, [A, B], None),
        ({"weights": [A, B], "biases": [C, D]}, True, [A, B], [C, D]),
        ({"weights": [A, B], "biases": [None, None]}, True, [A, B], None),
        ({"weights": [A, B], "biases": ()}, True, [A, B], None),
        (Gradients((A, B), (C, D)), True, [A, B], [C, D]),
        (Gradients((A, B), None), False, [A, B], None),
        (([[[1.0]], [[2.0]]], [3.0, 4.0]), True, [[[1.0]], [[2.0]]], [3.0, 4.0]),
        (
            [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]],
            True,
            [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]],
            None,
        ),
    ],
)
def test_gradients_in_every_packing(gradients: Any, with_bias: bool, weights: Any, biases: Any) -> None:
    found = split(gradients, 2, with_bias)
    assert equal(list(found[0]), weights)
    assert (found[1] is None) == (biases is None)
    assert biases is None or equal(list(found[1]), biases)


def test_what_is_no_list_is_not_split() -> None:
    assert split(3, 2, True) == (3, None)  # it is refused where the arrays are read
    for value in (np.ones((4, 2, 2)), "abcd"):
        with pytest.raises(ValueError, match=r"^gradients has 4 arrays for weights; expected 2"):
            split(value, 2, True)


def test_a_pair_stays_a_pair_if_an_array_in_it_is_ragged() -> None:
    ragged = [[[1.0, 2.0], [3.0]], [[1.0]]]
    assert split((ragged, [1.0, 2.0]), 2, True) == (ragged, [1.0, 2.0])


@pytest.mark.parametrize(
    ("gradients", "with_bias", "message"),
    [
        ({"w": [A]}, True, "gradients has the keys ['w']; expected 'weights' and perhaps 'biases'"),
        (
            {"weights": [A], "b": 1},
            True,
            "gradients has the keys ['weights', 'b']; expected 'weights' and perhaps 'biases'",
        ),
        ({"biases": [A]}, True, "gradients has the keys ['biases']; expected 'weights' and perhaps 'biases'"),
        (
            ([A, B], [C, D]),
            False,
            "gradients has gradients of biases and biases is None; expected the biases themselves as well",
        ),
        ([A], True, "gradients has 1 arrays for weights; expected 2, one for each layer of weights"),
        (
            {"weights": [A, B], "biases": [C]},
            True,
            "gradients has 1 arrays for biases; expected 2, one for each layer of weights",
        ),
    ],
)
def test_packings_that_do_not_fit(gradients: Any, with_bias: bool, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        split(gradients, 2, with_bias)


@pytest.mark.parametrize(
    ("gradients", "kind"),
    [
        ([np.array([0.1])], np.float64),
        ([np.array([0.1], np.float32)], np.float32),
        ([np.array([0.1], np.float16), np.array([0.1])], np.float16),
        ([np.array([0.1]), np.array([0.1], np.float32)], np.float32),
        ([np.array([0.1], np.float32).astype(float)], np.float32),
        ([np.array([0.5]), np.array([0.1])], np.float64),
        ([np.array([0.0])], np.float64),
        ([np.array([1])], np.float64),
        ([np.array([1e300])], np.float64),
    ],
)
def test_the_precision_that_was_computed_with(gradients: Any, kind: Any) -> None:
    assert precision_of(gradients) is kind


def test_the_precision_of_what_gradients_were_computed_from() -> None:
    g, single, double = [np.array([0.1])], np.ones(2, np.float32), np.ones(2)
    assert [precision_of(g, others) for others in ([], [single, single], [single, double], [double])] == [
        *(np.float64, np.float32, np.float64, np.float64),
    ]


@pytest.mark.parametrize(
    ("told", "names"),
    [
        (None, list(CONVENTIONS)),
        (ROWS, [ROWS]),
        ("rows", [name for name in CONVENTIONS if name.startswith("rows")]),
        ("(out, in)", [name for name in CONVENTIONS if name.endswith("(out, in)")]),
    ],
)
def test_the_conventions_that_are_left_open(told: str | None, names: list[str]) -> None:
    assert told_conventions(told) == names


def test_conventions_that_do_not_exist() -> None:
    names = ", ".join(map(repr, CONVENTIONS))
    unknown = f"convention is 'x'; expected one of {names}, or 'rows', 'columns', '(in, out)', …"
    with pytest.raises(ValueError, match=f"^{re.escape(unknown)}$"):
        told_conventions("x")
    wrong: Any = 3
    with pytest.raises(TypeError, match=r"^convention is 3, of type int; expected a name$"):
        told_conventions(wrong)


@pytest.mark.parametrize("row", ["last", "first"])
def test_a_bias_inside_the_weights_of_one_input(row: str) -> None:
    rng = np.random.default_rng(8)
    model, x = Model.random([1, 2, 1], seed=0, bias=True), rng.normal(size=(5, 1))
    pairs = zip(model.weights, model.biases or (), strict=True)
    weights = [np.vstack([w, b] if row == "last" else [b, w]) for w, b in pairs]
    handed = Handed(x, np.ones((5, 1)), weights, None, weights, None)
    found = next(one for one in problems(handed, ROWS) if one.bias_row == row)
    assert equal((found.weights, found.biases), (model.weights, model.biases))


@pytest.mark.parametrize("y", [np.array(3.0), np.array([3.0])])
def test_one_example_and_its_class_number(y: np.ndarray) -> None:
    handed = laid_out(ROWS)._replace(X=X[0], y=y)
    (found,) = problems(handed, ROWS)
    assert equal((found.X, found.y, found.classes_from), (X[:1], np.eye(4)[3:], 0))
    weights = [np.ones(2)]
    (one,) = problems(Handed(X[0], np.array([1.0]), weights, None, weights, None), ROWS)
    assert equal((one.X, one.weights), (X[:1], (np.ones((2, 1)),)))
