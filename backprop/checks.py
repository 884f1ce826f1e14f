"""Check arguments once, when they enter the package.

`Model`, `train`, the data sets and the command line call these functions, whereas the steps of the derivation do not.
Every message names the argument, the value that was passed and the value that was expected.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

#: The largest distance between 1 and the sum of an example's probabilities; single precision stays below it.
PROBABILITY_TOLERANCE = 1e-6


def shown(value: Any) -> str:
    """Write a value for a message, in one line and not too long.

    Args:
        value: anything.

    Returns:
        Its representation, cut if it is long.

    Examples:
        >>> import numpy as np
        >>> from backprop.checks import shown
        >>> shown("mes"), shown(np.eye(2))
        ("'mes'", 'array([[1., 0.], [0., 1.]])')
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= 120 else f"{text[:117]}..."


def plain(text: str) -> str:
    r"""Write text from a file that nobody vouches for on one line, with everything escaped that a terminal obeys.

    Args:
        text: such as the name of an array.

    Returns:
        The text on one line, with escapes in place of characters that are not printable.

    Examples:
        >>> from backprop.checks import plain
        >>> print(plain("loss\nCorrect: \x1b[1mα"))
        loss Correct: \x1b[1mα
    """
    line = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def real_array(name: str, value: Any) -> np.ndarray:
    """Return value as a float64 array of finite numbers.

    Args:
        name: the name of the argument, for the message.
        value: an array, or a nested list, of bool, int or float.

    Returns:
        The array, float64; it is a copy unless value was a float64 array.

    Raises:
        TypeError: if the entries are not real numbers.
        ValueError: if the rows differ in length, the array is empty, or an entry is NaN, infinite or masked.

    Examples:
        >>> from backprop.checks import real_array
        >>> real_array("X", [[0, 1], [1, 0]])
        array([[0., 1.],
               [1., 0.]])
        >>> real_array("X", [[0.0, float("nan")]])
        Traceback (most recent call last):
            ...
        ValueError: X has nan at index (0, 1); expected finite numbers
    """
    if value is None:
        raise TypeError(f"{name} is None; expected an array of real numbers")
    if np.ma.is_masked(value):
        index = tuple(int(i) for i in np.argwhere(np.ma.getmaskarray(value))[0])
        raise ValueError(f"{name} is masked at index {index}; expected a number in every place")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths; expected a rectangular array") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has entries of type {array.dtype}; expected real numbers")
    if array.size == 0:
        raise ValueError(f"{name} is empty, shape {array.shape}; expected at least one entry")
    with np.errstate(over="ignore"):  # a number too large for float64 becomes infinite, which is refused below
        array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} has {array[index]} at index {index}; expected finite numbers")
    return array


def matrix(
    name: str, value: Any, columns: int | None = None, rows: int | None = None, runs: int | None = None
) -> np.ndarray:
    """Return value as a float64 matrix of finite numbers, or as a stack of them.

    Args:
        name: the name of the argument, for the message.
        value: a matrix, whose rows are examples or the inputs of a layer.
        columns: the number of columns it must have, if any.
        rows: the number of rows it must have, if any.
        runs: for an ensemble, the number of matrices that a stack of them must have; None allows no stack.

    Returns:
        The matrix, or the stack, float64.

    Raises:
        TypeError: as `real_array`.
        ValueError: as `real_array`, and if it has another number of dimensions or another size.

    Examples:
        >>> from backprop.checks import matrix
        >>> matrix("y", [0, 1, 1])
        Traceback (most recent call last):
            ...
        ValueError: y has shape (3,); expected two dimensions (rows, columns), such as (3, 1)
        >>> matrix("X", [[0, 1, 1]], columns=2)
        Traceback (most recent call last):
            ...
        ValueError: X has shape (1, 3); expected (1, 2)
    """
    array = real_array(name, value)
    if array.ndim != 2 and not (runs is not None and array.ndim == 3):
        hint = f", such as ({len(array)}, 1)" if array.ndim == 1 else ""
        raise ValueError(f"{name} has shape {array.shape}; expected two dimensions (rows, columns){hint}")
    expected = (*[runs] * (array.ndim - 2), rows or array.shape[-2], columns or array.shape[-1])
    if array.shape != expected:
        raise ValueError(f"{name} has shape {array.shape}; expected {expected}")
    return array


def class_targets(name: str, value: Any, classes: int, rows: int, runs: int | None = None) -> np.ndarray:
    """Return class numbers as one-hot rows, or value itself if its rows are probabilities.

    Args:
        name: the name of the argument, for the message.
        value: class numbers, whole and from 0, shape (N,); or one-hot rows or other probabilities that sum to 1 in
            each row, shape (N, classes).
        classes: the number of classes.
        rows: the number N of examples.
        runs: for an ensemble, the number of matrices that a stack of them must have; None allows no stack.

    Returns:
        The targets, one row for each example, float64.

    Raises:
        TypeError: as `real_array`.
        ValueError: as `real_array`, and if the shape is another, a class number is not whole or out of range, a
            probability is negative, or a row does not sum to 1.

    Examples:
        >>> from backprop.checks import class_targets
        >>> class_targets("y", [2, 0], classes=3, rows=2)
        array([[0., 0., 1.],
               [1., 0., 0.]])
        >>> class_targets("y", [3, 1], classes=3, rows=2)
        Traceback (most recent call last):
            ...
        ValueError: y has 3 at index 0; expected class numbers from 0 to 2
        >>> class_targets("y", [[2], [0]], classes=3, rows=2)
        Traceback (most recent call last):
            ...
        ValueError: y has shape (2, 1); expected one-hot rows, shape (2, 3), or class numbers, shape (2,)
    """
    array = real_array(name, value)
    stacked = () if array.ndim < 3 or runs is None else (runs,)
    if array.shape not in ((rows,), (*stacked, rows, classes)):
        expected = f"one-hot rows, shape {(*stacked, rows, classes)}, or class numbers, shape {(rows,)}"
        raise ValueError(f"{name} has shape {array.shape}; expected {expected}")
    if array.ndim == 1:
        invalid = np.flatnonzero((array < 0) | (array >= classes) | (array != np.floor(array)))
        if invalid.size:
            number, index = array[invalid[0]], invalid[0]
            raise ValueError(f"{name} has {number:g} at index {index}; expected class numbers from 0 to {classes - 1}")
        return np.eye(classes)[array.astype(int)]
    sums = array.sum(axis=-1)
    unfit = np.argwhere((array < 0).any(axis=-1) | (abs(sums - 1) > PROBABILITY_TOLERANCE))
    if unfit.size:
        index = tuple(map(int, unfit[0]))
        row = index[0] if len(index) == 1 else index
        if array[index].min() < 0:
            raise ValueError(
                f"{name} has {array[index].min()} in row {row}; expected probabilities, such as one-hot rows"
            )
        raise ValueError(f"{name} sums to {sums[index]} in row {row}; expected 1, as in one-hot rows")
    return array


def positive_number(name: str, value: Any) -> float:
    """Return value as a positive, finite number.

    Args:
        name: the name of the argument, for the message.
        value: the number, such as a learning rate.

    Returns:
        value, a float.

    Raises:
        TypeError: if it is not a real number.
        ValueError: if it is not positive and finite.

    Examples:
        >>> from backprop.checks import positive_number
        >>> positive_number("eta", 1)
        1.0
        >>> positive_number("eta", -0.1)
        Traceback (most recent call last):
            ...
        ValueError: eta is -0.1; expected a positive, finite number
    """
    if isinstance(value, bool | np.bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} is {shown(value)}, of type {type(value).__name__}; expected a number")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"{name} is {value}; expected a positive, finite number")
    return number


def learning_rates(eta: Any) -> float | np.ndarray:
    """Return eta as a positive, finite number, or as one for each run of an ensemble.

    Args:
        eta: the learning rate, or S of them, shape (S,) or (S, 1, 1).

    Returns:
        A float, or the learning rates in the shape (S, 1, 1), which broadcasts against weights.

    Raises:
        TypeError: if eta does not consist of real numbers.
        ValueError: if one is not positive and finite, eta is empty, or its shape is another.

    Examples:
        >>> from backprop.checks import learning_rates
        >>> learning_rates(1), learning_rates([0.1, 1.0]).shape
        (1.0, (2, 1, 1))
        >>> learning_rates([0.1, -1.0])
        Traceback (most recent call last):
            ...
        ValueError: eta[1] is -1.0; expected a positive, finite number
    """
    try:
        rates = np.asarray(eta)
    except ValueError:
        raise ValueError("eta has rows of different lengths; expected a number, (S,) or (S, 1, 1)") from None
    if rates.ndim == 0:
        return positive_number("eta", eta)
    if rates.dtype.kind not in "iuf":
        raise TypeError(f"eta has entries of type {rates.dtype}; expected numbers")
    if rates.size == 0 or rates.shape not in ((rates.size,), (rates.size, 1, 1)):
        raise ValueError(f"eta has shape {rates.shape}; expected a number, (S,) or (S, 1, 1): one for each run")
    bad = np.flatnonzero(~(np.isfinite(rates) & (rates > 0)))
    if bad.size:
        raise ValueError(f"eta[{bad[0]}] is {rates.flat[bad[0]]}; expected a positive, finite number")
    return rates.astype(np.float64).reshape(-1, 1, 1)


def whole_number(name: str, value: Any, least: int) -> int:
    """Return value as an int, after checking that it is large enough.

    Args:
        name: the name of the argument, for the message.
        value: the number.
        least: the smallest value allowed.

    Returns:
        value, an int.

    Raises:
        TypeError: if it is not a whole number.
        ValueError: if it is smaller than least.

    Examples:
        >>> from backprop.checks import whole_number
        >>> whole_number("epochs", 10_000, least=0)
        10000
        >>> whole_number("epochs", -1, least=0)
        Traceback (most recent call last):
            ...
        ValueError: epochs is -1; expected a whole number, at least 0
    """
    if isinstance(value, bool | np.bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} is {shown(value)}, of type {type(value).__name__}; expected a whole number")
    if value < least:
        raise ValueError(f"{name} is {value}; expected a whole number, at least {least}")
    return int(value)


def of_type(name: str, value: Any, kind: Any, expected: str) -> None:
    """Check the type of a value.

    Args:
        name: the name of the argument, for the message.
        value: what was passed.
        kind: the type it must have.
        expected: what was expected, in words.

    Raises:
        TypeError: if it has another type.

    Examples:
        >>> from backprop.checks import of_type
        >>> of_type("bias", "no", bool, "True or False")
        Traceback (most recent call last):
            ...
        TypeError: bias is 'no', of type str; expected True or False
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {shown(value)}, of type {type(value).__name__}; expected {expected}")


def one_of(name: str, value: Any, names: Sequence[str]) -> str:
    """Return value if it is one of the names.

    Args:
        name: the name of the argument, for the message.
        value: the name that was passed.
        names: the names that exist.

    Returns:
        value.

    Raises:
        TypeError: if it is not text.
        ValueError: if it is not one of the names.

    Examples:
        >>> from backprop.checks import one_of
        >>> one_of("loss", "mse", ["mse", "binary_cross_entropy"])
        'mse'
        >>> one_of("loss", "mes", ["mse", "binary_cross_entropy"])
        Traceback (most recent call last):
            ...
        ValueError: loss is 'mes'; expected one of 'mse', 'binary_cross_entropy'
    """
    of_type(name, value, str, "a name")
    if value not in names:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(repr, names))}")
    return str(value)
