"""What the checks of arguments let through, and what they say: every message whole, every limit at its boundary."""

import re
from typing import Any

import numpy as np
import pytest

from backprop import checks
from backprop.checks import (
    class_targets,
    learning_rates,
    matrix,
    one_of,
    positive_number,
    real_array,
    shown,
    whole_number,
)

TOLERANCE = checks.PROBABILITY_TOLERANCE
STACK = np.zeros((2, 3, 4))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        # real_array
        (
            lambda: real_array("X", [[1], [1, 2]]),
            ValueError,
            "X has rows of different lengths; expected a rectangular array",
        ),
        (lambda: real_array("X", ["a"]), TypeError, "X has entries of type <U1; expected real numbers"),
        (
            lambda: real_array("X", np.ma.array(STACK[0], mask=np.arange(12).reshape(3, 4) > 5)),
            ValueError,
            "X is masked at index (1, 2); expected a number in every place",
        ),
        (lambda: real_array("X", [1j]), TypeError, "X has entries of type complex128; expected real numbers"),
        (lambda: real_array("X", []), ValueError, "X is empty, shape (0,); expected at least one entry"),
        (
            lambda: real_array("X", [[0, 1], [np.inf, np.nan]]),
            ValueError,
            "X has inf at index (1, 0); expected finite numbers",
        ),
        # matrix
        (
            lambda: matrix("X", [1, 2]),
            ValueError,
            "X has shape (2,); expected two dimensions (rows, columns), such as (2, 1)",
        ),
        (lambda: matrix("X", STACK), ValueError, "X has shape (2, 3, 4); expected two dimensions (rows, columns)"),
        (lambda: matrix("X", 1.0, runs=2), ValueError, "X has shape (); expected two dimensions (rows, columns)"),
        (lambda: matrix("X", STACK[0], rows=2), ValueError, "X has shape (3, 4); expected (2, 4)"),
        (lambda: matrix("X", STACK[0], columns=2), ValueError, "X has shape (3, 4); expected (3, 2)"),
        (lambda: matrix("X", STACK, runs=3), ValueError, "X has shape (2, 3, 4); expected (3, 3, 4)"),
        # class_targets
        (lambda: class_targets("y", "012", 3, 3), TypeError, "y has entries of type <U3; expected real numbers"),
        (
            lambda: class_targets("y", [0.5, 0], 3, 2),
            ValueError,
            "y has 0.5 at index 0; expected class numbers from 0 to 2",
        ),
        (
            lambda: class_targets("y", [0, -1], 3, 2),
            ValueError,
            "y has -1 at index 1; expected class numbers from 0 to 2",
        ),
        (
            lambda: class_targets("y", [0, 3], 3, 2),
            ValueError,
            "y has 3 at index 1; expected class numbers from 0 to 2",
        ),
        (
            lambda: class_targets("y", [0, 1, 2], 3, 2, runs=4),
            ValueError,
            "y has shape (3,); expected one-hot rows, shape (2, 3), or class numbers, shape (2,)",
        ),
        (
            lambda: class_targets("y", STACK, 4, 3),
            ValueError,
            "y has shape (2, 3, 4); expected one-hot rows, shape (3, 4), or class numbers, shape (3,)",
        ),
        (
            lambda: class_targets("y", STACK, 4, 3, runs=5),
            ValueError,
            "y has shape (2, 3, 4); expected one-hot rows, shape (5, 3, 4), or class numbers, shape (3,)",
        ),
        (
            lambda: class_targets("y", [[0, 1], [-0.5, 1.5]], 2, 2),
            ValueError,
            "y has -0.5 in row 1; expected probabilities, such as one-hot rows",
        ),
        (
            lambda: class_targets("y", [[0, 1], [1, 1]], 2, 2),
            ValueError,
            "y sums to 2.0 in row 1; expected 1, as in one-hot rows",
        ),
        (
            lambda: class_targets("y", STACK, 4, 3, 2),
            ValueError,
            "y sums to 0.0 in row (0, 0); expected 1, as in one-hot rows",
        ),
        # learning rates
        (lambda: positive_number("eta", "1"), TypeError, "eta is '1', of type str; expected a number"),
        (lambda: positive_number("eta", True), TypeError, "eta is True, of type bool; expected a number"),
        (lambda: positive_number("eta", np.True_), TypeError, "eta is np.True_, of type bool; expected a number"),
        (lambda: positive_number("eta", 0), ValueError, "eta is 0; expected a positive, finite number"),
        (lambda: positive_number("eta", np.inf), ValueError, "eta is inf; expected a positive, finite number"),
        (
            lambda: learning_rates([[1], [1, 2]]),
            ValueError,
            "eta has rows of different lengths; expected a number, (S,) or (S, 1, 1)",
        ),
        (lambda: learning_rates([True]), TypeError, "eta has entries of type bool; expected numbers"),
        (
            lambda: learning_rates([]),
            ValueError,
            "eta has shape (0,); expected a number, (S,) or (S, 1, 1): one for each run",
        ),
        (
            lambda: learning_rates([[1.0, 2.0]]),
            ValueError,
            "eta has shape (1, 2); expected a number, (S,) or (S, 1, 1): one for each run",
        ),
        (lambda: learning_rates([1.0, 0.0, -1.0]), ValueError, "eta[1] is 0.0; expected a positive, finite number"),
        (
            lambda: learning_rates([[[1.0]], [[np.inf]]]),
            ValueError,
            "eta[1] is inf; expected a positive, finite number",
        ),
        # the rest
        (lambda: whole_number("epochs", 1.0, 0), TypeError, "epochs is 1.0, of type float; expected a whole number"),
        (lambda: whole_number("epochs", True, 0), TypeError, "epochs is True, of type bool; expected a whole number"),
        (
            lambda: whole_number("epochs", np.False_, 0),
            TypeError,
            "epochs is np.False_, of type bool; expected a whole number",
        ),
        (lambda: whole_number("epochs", 1, 2), ValueError, "epochs is 1; expected a whole number, at least 2"),
        (lambda: one_of("loss", 3, ["a"]), TypeError, "loss is 3, of type int; expected a name"),
        (lambda: one_of("loss", "c", ["a", "b"]), ValueError, "loss is 'c'; expected one of 'a', 'b'"),
    ],
)
def test_what_is_refused_is_named_with_what_came_and_what_is_expected(
    call: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (real_array("X", [True, False]), [1.0, 0.0]),
        (real_array("X", np.array([3], dtype=np.uint8)), [3.0]),
        (real_array("X", 2), 2.0),
        (matrix("X", STACK, columns=4, rows=3, runs=2), STACK),
        (matrix("X", STACK[0], columns=4, rows=3, runs=2), STACK[0]),
        (class_targets("y", [2, 0], 3, 2, runs=7), [[0, 0, 1], [1, 0, 0]]),
        (class_targets("y", [[[0.5, 0.5]], [[0, 1]]], 2, 1, runs=2), [[[0.5, 0.5]], [[0, 1]]]),
        (class_targets("y", [[0.25, 0.75]], 2, 1, runs=2), [[0.25, 0.75]]),
        (learning_rates(2), 2.0),
        (learning_rates([1, 2]), [[[1.0]], [[2.0]]]),
        (learning_rates([[[1.0]], [[2.0]]]), [[[1.0]], [[2.0]]]),
        (positive_number("eta", np.int32(3)), 3.0),
        (positive_number("eta", np.float32(0.5)), 0.5),
        (positive_number("eta", 5e-324), 5e-324),
        (whole_number("epochs", np.int64(2), least=2), 2),
    ],
)
def test_what_is_let_through_is_the_same_numbers(made: Any, expected: Any) -> None:
    assert np.array_equal(made, expected)
    assert type(made) in (float, int) or made.dtype == np.float64


def test_an_array_is_copied_only_if_its_entries_change() -> None:
    assert real_array("X", STACK) is STACK
    assert real_array("X", STACK.astype(np.float32)).dtype == np.float64


def test_probabilities_may_miss_one_by_the_tolerance_and_no_more() -> None:
    edge = 1 + TOLERANCE
    assert class_targets("y", [[edge - 1e-9, 0.0]], 2, 1).shape == (1, 2)
    assert class_targets("y", [[1 - TOLERANCE + 1e-9, 0.0]], 2, 1).shape == (1, 2)
    for wrong in (edge + 1e-9, 1 - TOLERANCE - 1e-9):
        with pytest.raises(ValueError, match="sums to"):
            class_targets("y", [[wrong, 0.0]], 2, 1)


def test_a_number_too_large_for_a_float_is_infinite() -> None:
    with pytest.raises(ValueError, match=r"^eta is 10{400}; expected a positive, finite number$"):
        positive_number("eta", 10**400)
    if np.finfo(np.longdouble).max > np.finfo(float).max:
        with pytest.raises(ValueError, match=r"^X has inf at index \(0,\); expected finite numbers$"):
            real_array("X", np.array([np.longdouble("1e400")]))


def test_a_long_value_is_cut_to_a_hundred_and_twenty_characters() -> None:
    assert shown("a" * 118) == repr("a" * 118)
    assert len(repr("a" * 118)) == 120
    assert shown("a" * 119) == "'" + "a" * 116 + "..."
    assert shown("a \n b") == r"'a \n b'"
    assert shown(np.zeros((2, 1))) == "array([[0.], [0.]])"
