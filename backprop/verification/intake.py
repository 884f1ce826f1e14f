"""Read arrays in any of the common conventions, and convert them to the convention of this package.

Here rows are examples and W has the shape (in, out). Elsewhere examples may be columns and W may be (out, in). A
`Problem` holds the arrays as one of the four conventions reads them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from backprop import checks
from backprop.network import Gradients

#: The conventions, the likelier first, each with its forward pass.
CONVENTIONS: Mapping[str, str] = {
    "rows, (in, out)": "Z = X W",
    "rows, (out, in)": "Z = X Wᵀ",
    "columns, (out, in)": "Z = W X",
    "columns, (in, out)": "Z = Wᵀ X",
}


#: The bits of numbers that say nothing of the precision in which they were computed; float32 has 24.
SHORT = 18


class Problem(NamedTuple):
    """The arrays as one convention reads them, converted to the convention of this package.

    Attributes:
        convention: a name of CONVENTIONS.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        weights: each (in, out).
        biases: each (1, out), or None.
        gradients: those of the weights, each (in, out).
        bias_gradients: each (1, out), or (N, out) if it has not been summed; None if there are none.
        turned: for each layer, whether the gradient had the transposed shape of the weights.
        after: the weights after the update, each (in, out), or None.
        bias_row: "last" or "first" if that row of each W holds the biases; "" if none does.
        classes_from: 0 or 1, the number of the first class, if y consists of class numbers; None if not.
    """

    convention: str
    X: np.ndarray
    y: np.ndarray
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...] | None
    gradients: tuple[np.ndarray, ...]
    bias_gradients: tuple[np.ndarray, ...] | None
    turned: tuple[bool, ...]
    after: tuple[np.ndarray, ...] | None = None
    bias_row: str = ""
    classes_from: int | None = None


def arrays(name: str, value: Any, n: int | None = None, other: str = "weights") -> list[np.ndarray]:
    """Read a list of arrays.

    Args:
        name: the name of the caller's argument, for messages.
        value: a list of arrays or of nested lists; at its ends there may be more entries that are None.
        n: how many arrays there must be, if that is known.
        other: the name of the argument that has as many, for messages.

    Returns:
        Float64 arrays of one or two dimensions.

    Raises:
        TypeError: if it is not a list, or the entries are not real numbers.
        ValueError: if it is empty, or a number is NaN or infinite, or an array has more than two dimensions, or there
            are more arrays or fewer.

    Examples:
        >>> from backprop.verification.intake import arrays
        >>> arrays("weights", [[[1, 2]], [[3], [4]]])[1].shape
        (2, 1)
    """
    if isinstance(value, np.ndarray) and value.dtype != object and value.ndim != 3:
        raise TypeError(f"{name} is one array of shape {value.shape}; expected a list of one array for each layer")
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes):
        raise TypeError(f"{name} is {type(value).__name__}; expected a list of one array for each layer")
    value = _without_none(value, n)
    if len(value) == 0:
        raise ValueError(f"{name} is empty; expected at least one array, one for each layer")
    for i, array in enumerate(value):
        if array is None:
            raise ValueError(f"{name}[{i}] is None; expected an array of numbers for each layer")
    found = [np.atleast_1d(checks.real_array(f"{name}[{i}]", plain(array))) for i, array in enumerate(value)]
    for i, array in enumerate(found):
        if array.ndim > 2:
            raise ValueError(f"{name}[{i}] has shape {array.shape}; expected one or two dimensions")
    if n is not None and len(found) != n:
        raise ValueError(f"{name} has {len(found)} arrays; expected {n}, as {other} has")
    return found


def _without_none(value: Any, n: int | None = None) -> Any:
    """Drop entries that are None from both ends of a list, unless it has n entries; anything else stays as it is."""
    if not isinstance(value, list | tuple) or len(value) == n:
        return value
    there = [i for i, entry in enumerate(value) if entry is not None]
    return list(value[there[0] : there[-1] + 1]) if there else []


def data(name: str, value: Any) -> np.ndarray:
    """Read inputs or targets.

    Args:
        name: the name of the caller's argument, for messages.
        value: a matrix, a vector, or a single number for one example.

    Returns:
        A float64 array of one or two dimensions.

    Raises:
        TypeError: if the entries are not real numbers.
        ValueError: if it is empty, a number is NaN or infinite, or there are more than two dimensions.

    Examples:
        >>> from backprop.verification.intake import data
        >>> data("y", 1).shape, data("X", [[0, 1]]).shape
        ((1,), (1, 2))
    """
    array = np.atleast_1d(checks.real_array(name, plain(value)))
    if array.ndim > 2:
        raise ValueError(f"{name} has shape {array.shape}; expected one or two dimensions")
    return array


def plain(value: Any) -> Any:
    """Detach a tensor from the graph of its framework.

    Args:
        value: an array, nested lists, or a tensor with a method `detach`, such as PyTorch's.

    Returns:
        The detached tensor as an array; anything else unchanged.

    Examples:
        >>> from backprop.verification.intake import plain
        >>> plain([1, 2])
        [1, 2]
    """
    return np.asarray(value.detach()) if hasattr(value, "detach") else value


def split(gradients: Any, layers: int, with_bias: bool) -> tuple[Any, Any]:
    """Split gradients into those of the weights and those of the biases.

    Args:
        gradients: `backprop.Gradients`; a dictionary with "weights" and "biases"; a list of one array for each layer;
            or, with biases, a pair of two lists, one pair (W, b) for each layer, as programs in JAX have it, or one
            list W₁, b₁, W₂, b₂, … as PyTorch's parameters() has it.
        layers: the number of layers of weights.
        with_bias: whether biases were passed.

    Returns:
        The gradients with respect to the weights, and those with respect to the biases or None.

    Raises:
        TypeError: if gradients has none of these forms.
        ValueError: if gradients of biases came without biases, or the number of arrays does not fit.

    Examples:
        >>> from backprop.verification.intake import split
        >>> split(["dW1", "db1", "dW2", "db2"], layers=2, with_bias=True)
        (['dW1', 'dW2'], ['db1', 'db2'])
        >>> split([([[1.0], [2.0]], [3.0])], layers=1, with_bias=True)
        ([[[1.0], [2.0]]], [[3.0]])
    """
    weights: Any = gradients
    biases: Any = None
    if isinstance(gradients, Gradients):
        weights, biases = gradients
    elif isinstance(gradients, Mapping):
        unknown = [key for key in gradients if key not in ("weights", "biases")]
        if unknown or "weights" not in gradients:
            raise ValueError(f"gradients has the keys {list(gradients)}; expected 'weights' and perhaps 'biases'")
        weights, biases = gradients["weights"], gradients.get("biases")
    elif isinstance(gradients, Sequence) and not isinstance(gradients, str | bytes):
        parts = [_without_none(part, layers) for part in gradients]
        if with_bias and all(map(_is_layer, gradients)):
            weights, biases = ([part[i] for part in gradients] for i in (0, 1))
        elif len(gradients) == 2 and all(_is_list_of_arrays(part, layers, with_bias) for part in parts):
            weights, biases = parts
        elif len(gradients) == 2 and gradients[0] is not None is gradients[1] and getattr(gradients[0], "ndim", 0) != 2:
            weights = gradients[0]
        elif with_bias and len(order := _without_none(list(gradients), 2 * layers)) == 2 * layers:
            weights, biases = order[::2], order[1::2]
    weights, biases = _without_none(weights, layers), _without_none(biases, layers)
    if isinstance(biases, list | tuple) and not _without_none(biases):
        biases = None
    if biases is not None and not with_bias:
        raise ValueError("gradients has gradients of biases and biases is None; expected the biases themselves as well")
    for what, part in (("weights", weights), ("biases", biases)):
        several = isinstance(part, Sequence) or (isinstance(part, np.ndarray) and part.ndim > 0)
        if several and len(part) != layers:
            raise ValueError(
                f"gradients has {len(part)} arrays for {what}; expected {layers}, one for each layer of weights"
            )
    return weights, biases


def _is_layer(value: Any) -> bool:
    """Tell whether a value is a pair of a matrix and a vector, of one layer."""
    try:
        return isinstance(value, list | tuple) and [np.ndim(part) for part in value] == [2, 1]
    except ValueError:  # rows of different lengths
        return False


def _is_list_of_arrays(value: Any, n: int, numbers: bool) -> bool:
    """Tell whether a value is a list of n arrays rather than a matrix; single numbers may count as arrays."""
    if not isinstance(value, list | tuple) or len(value) != n:
        return False
    try:
        return all(np.ndim(array) >= (not numbers) for array in value) and (n == 1 or not _is_matrix(value))
    except ValueError:
        return True


def _is_matrix(value: Any) -> bool:
    """Tell whether nested lists form one matrix."""
    if any(isinstance(array, np.ndarray) or np.ndim(array) != 1 for array in value):
        return False
    return len({len(row) for row in value}) == 1


def precision_of(gradients: Sequence[Any], others: Sequence[Any] = ()) -> type[np.floating[Any]]:
    """Find the precision in which gradients were computed.

    If every number of float64 arrays can be represented in float32, we assume that they were computed in float32,
    unless all are as short as whole numbers are. The same holds if everything they were computed from is float32.

    Args:
        gradients: the arrays as they were passed.
        others: the weights and the inputs as they were passed.

    Returns:
        np.float64, np.float32 or np.float16: the coarsest found.

    Examples:
        >>> import numpy as np
        >>> from backprop.verification.intake import precision_of
        >>> precision_of([np.array([0.1, 0.2], np.float32).astype(float)]).__name__
        'float32'
        >>> precision_of([[0.1, 0.2]]).__name__
        'float64'
    """
    found = [np.asarray(plain(g)) for g in gradients]
    floats = [g for g in found if g.dtype.kind == "f"]
    if any(g.dtype == np.float16 for g in floats):
        return np.float16
    numbers = np.concatenate([g.ravel().astype(float) for g in floats]) if floats else np.zeros(0)
    with np.errstate(over="ignore"):
        single = numbers.astype(np.float32).astype(float)
    short = np.ldexp(np.frexp(numbers)[0], SHORT)
    coarse = (single == numbers).all() and (short != np.round(short)).any()
    coarse = coarse or any(g.dtype == np.float32 for g in floats)
    coarse = coarse or (len(others) > 0 and all(np.asarray(plain(a)).dtype == np.float32 for a in others))
    return np.float32 if coarse else np.float64


def told_conventions(convention: str | None) -> list[str]:
    """List the conventions that agree with the caller's.

    Args:
        convention: a name of `CONVENTIONS`, a part of one, or None.

    Returns:
        Their names.

    Raises:
        TypeError: if it is not text.
        ValueError: if there is no such convention.
    """
    if convention is None:
        return list(CONVENTIONS)
    if not isinstance(convention, str):
        raise TypeError(
            f"convention is {checks.shown(convention)}, of type {type(convention).__name__}; expected a name"
        )
    fitting = [name for name in CONVENTIONS if convention in (name, *name.split(", ", 1))]
    if not fitting:
        names = ", ".join(map(repr, CONVENTIONS))
        raise ValueError(f"convention is {convention!r}; expected one of {names}, or 'rows', 'columns', '(in, out)', …")
    return fitting


class Handed(NamedTuple):
    """The arrays that were passed, before a convention is chosen."""

    X: np.ndarray
    y: np.ndarray
    weights: list[np.ndarray]
    biases: list[np.ndarray] | None
    gradients: list[np.ndarray]
    bias_gradients: list[np.ndarray] | None
    after: list[np.ndarray] | None = None


def problems(handed: Handed, convention: str | None = None) -> list[Problem]:
    """Read the arrays in every convention that their shapes allow.

    If the shapes fit no convention as they are, the biases may be inside W, as its first or last row. Then W has one
    row more than the layer has inputs.

    Args:
        handed: the arrays.
        convention: as for `diagnose`.

    Returns:
        One problem for each convention that fits, the likelier first.

    Raises:
        ValueError: if none fits. The message names the shapes and, for the convention that fits best, the array that
            does not fit.

    Examples:
        >>> import numpy as np
        >>> from backprop.verification.intake import Handed, problems
        >>> w, x, y = [np.ones((3, 2)), np.ones((1, 3))], np.ones((2, 10)), np.ones(10)
        >>> [p.convention for p in problems(Handed(x, y, w, None, w, None))]
        ['columns, (out, in)']

        The first W has three rows for two inputs, and the second has four for three units, so one row is the bias:

        >>> w, x, y = [np.ones((3, 3)), np.ones((4, 1))], np.ones((10, 2)), np.ones(10)
        >>> found = problems(Handed(x, y, w, None, w, None), "rows, (in, out)")
        >>> [(p.bias_row, p.weights[0].shape, p.biases[0].shape) for p in found]
        [('last', (2, 3), (1, 3)), ('first', (2, 3), (1, 3))]
    """
    _match_parameters(handed)
    names = told_conventions(convention)
    readings = [_read(handed, name) for name in names]
    fitting = [problem for problem in readings if isinstance(problem, Problem)]
    if not fitting and handed.biases is None:
        folded = [_read(handed, name, row) for name in names for row in ("last", "first")]
        fitting = [problem for problem in folded if isinstance(problem, Problem)]
    if fitting:
        return fitting
    shapes = ", ".join(f"weights[{i}] {w.shape}" for i, w in enumerate(handed.weights))
    which = "no convention" if convention is None else f"not the convention {convention!r}"
    nearest = min((misfit for misfit in readings if isinstance(misfit, Misfit)), key=lambda misfit: misfit.broken)
    raise ValueError(
        f"shapes fit {which}: X {handed.X.shape}, y {handed.y.shape}, {shapes}; "
        f"nearest is {nearest.convention}: {nearest.words}"
    )


def assumptions(problem: Problem) -> tuple[str, ...]:
    """List what was inferred from the shapes besides the convention.

    Args:
        problem: how the arrays were read.

    Returns:
        Phrases such as "the last row of each W as the bias"; none if nothing else was inferred.

    Examples:
        >>> import numpy as np
        >>> from backprop.verification.intake import Handed, assumptions, problems
        >>> w = [np.ones((2, 3))]
        >>> assumptions(problems(Handed(np.ones((5, 2)), np.array([0, 2, 1, 0, 1]), w, None, w, None))[0])
        ('y as class numbers from 0, made one-hot',)
    """
    found = []
    if problem.bias_row:
        side = "row" if problem.convention.endswith("(in, out)") else "column"
        found.append(f"the {problem.bias_row} {side} of each W as the bias")
    if problem.classes_from is not None:
        found.append(f"y as class numbers from {problem.classes_from}, made one-hot")
    return tuple(found)


def _match_parameters(handed: Handed) -> None:
    """Check that every gradient could belong to its parameter, whatever the convention."""
    n_columns = set(handed.X.shape)
    for i, (w, g) in enumerate(zip(handed.weights, handed.gradients, strict=True)):
        if g.shape != w.shape and g.shape != w.shape[::-1] and not (1 in (g.ndim, w.ndim) and g.size == w.size):
            stretched = g.ndim == 2 and w.ndim == 2 and min(w.shape) == 1 and set(g.shape) & n_columns - set(w.shape)
            hint = "; one of its axes counts the examples: is y (N,) where ŷ is (N, 1)?" if stretched else ""
            raise ValueError(f"gradients[{i}] has shape {g.shape}; expected {w.shape}, as weights[{i}] has{hint}")
    for i, (w, b) in enumerate(zip(handed.weights, handed.biases or [], strict=False)):
        if b.size not in w.shape and w.ndim == 2:
            raise ValueError(f"biases[{i}] has shape {b.shape}; expected one entry for each output of weights[{i}]")


class Misfit(NamedTuple):
    """The reason why a convention does not fit.

    Attributes:
        convention: its name.
        broken: how many pairs of arrays have shapes that do not match.
        words: which array does not fit, its shape and the shape expected.
    """

    convention: str
    broken: int
    words: str


def _read(handed: Handed, convention: str, bias_row: str = "") -> Problem | Misfit:
    """Read the arrays in one convention, with or without a bias row in W, or say what does not fit."""
    in_out, extra = convention.endswith("(in, out)"), int(bool(bias_row))
    weights, gradients, turned = [], [], []
    X, width = _examples(handed, convention, extra)
    for w, g in zip(handed.weights, handed.gradients, strict=True):
        shape = w.shape
        w = _oriented(w, width + extra, in_out)
        turn = g.ndim == 2 and len(shape) == 2 and g.shape != shape
        turned.append(turn)
        g = g.reshape(w.shape) if 1 in (g.ndim, len(shape)) else g if in_out else g.T
        weights.append(w)
        gradients.append(g.T if turn else g)
        width = w.shape[1]
    if bias_row:
        if any(len(w) < 2 for w in weights):
            return Misfit(convention, 9, "looked for a bias in each W")
        X = _without_ones(X, len(weights[0]), bias_row)
    y, classes_from = _targets(handed.y, len(X), width, convention.startswith("rows"))
    words = _misfits(X, y, [(len(w) - extra, w.shape[1]) for w in weights], handed, convention)
    if words or y is None:
        return Misfit(convention, len(words), words[0])
    biases, bias_gradients, after = handed.biases, handed.bias_gradients, handed.after
    if after is not None:
        after = [(b if in_out else b.T) if b.ndim == 2 else b for b in after]
        after = [b.reshape(w.shape) for b, w in zip(after, weights, strict=True)]
    if bias_row:
        row = -1 if bias_row == "last" else 0
        biases, bias_gradients = ([a[row][None] for a in arrays] for arrays in (weights, gradients))
        weights, gradients = ([np.delete(a, row, axis=0) for a in arrays] for arrays in (weights, gradients))
        after = None if after is None else [np.delete(a, row, axis=0) for a in after]
    widths = [w.shape[1] for w in weights]
    bias_rows, bias_gradient_rows = _bias_rows(biases, widths, 1), _bias_rows(bias_gradients, widths, len(X))
    for what, wanted, got in (
        ("biases", biases, bias_rows),
        ("gradients of biases", bias_gradients, bias_gradient_rows),
    ):
        if wanted is not None and got is None:
            shapes = ", ".join(str(b.shape) for b in wanted)
            outputs = ", ".join(map(str, widths))
            return Misfit(convention, 1, f"{what} have shapes {shapes} where layers have {outputs} outputs")
    return Problem(
        convention,
        X,
        y,
        tuple(weights),
        bias_rows,
        tuple(gradients),
        bias_gradient_rows,
        tuple(turned),
        None if after is None else tuple(after),
        bias_row,
        classes_from,
    )


def _examples(handed: Handed, convention: str, extra: int) -> tuple[np.ndarray, int]:
    """Bring inputs to the shape (N, d₀). A vector is one example if there are several inputs, otherwise N examples."""
    X, w = handed.X, handed.weights[0]
    if X.ndim < 2:
        takes = w.shape[0 if convention.endswith("(in, out)") else -1] - extra if w.ndim == 2 else w.size - extra
        X = X.reshape(1, -1) if X.size == takes and handed.y.size in (1, *handed.weights[-1].shape) else X[:, None]
    elif convention.startswith("columns"):
        X = X.T
    return X, X.shape[1]


def _without_ones(X: np.ndarray, rows: int, bias_row: str) -> np.ndarray:
    """Remove the column of ones that inputs may have for the bias inside W."""
    column = -1 if bias_row == "last" else 0
    carries = X.shape[1] == rows and X.shape[1] > 1 and (X[:, column] == 1).all()
    return np.delete(X, column, axis=1) if carries else X


def _misfits(
    X: np.ndarray, y: np.ndarray | None, layers: Sequence[tuple[int, int]], handed: Handed, convention: str
) -> list[str]:
    """List the pairs of neighbouring arrays whose shapes do not match, the array that fits worst first."""
    lie = "columns" if convention.startswith("rows") else "rows"
    examples = "rows" if convention.startswith("rows") else "columns"
    found: list[tuple[tuple[str, str], str]] = []
    n, d = X.shape
    if d != layers[0][0]:
        inputs = f"looked for {layers[0][0]} {lie} in X, as weights[0] takes {layers[0][0]} inputs, and X has {d}"
        found.append((("X", "weights[0]"), inputs))
    for i in range(1, len(layers)):
        if layers[i][0] != layers[i - 1][1]:
            words = f"weights[{i}] takes {layers[i][0]} inputs; weights[{i - 1}] gives {layers[i - 1][1]}"
            found.append(((f"weights[{i}]", f"weights[{i - 1}]"), f"looked for an axis of {layers[i - 1][1]}: {words}"))
    if y is None:
        width, last = layers[-1][1], f"weights[{len(layers) - 1}]"
        alone = f" or ({n},)" if width == 1 else f", or of ({n},) class numbers from 0 to {width - 1}"
        words = (
            f"looked for y of shape ({n}, {width}) or ({width}, {n}){alone}, as X has {n} {examples} and {last} gives"
        )
        words += f" {width} output{'s' * (width > 1)}"
        # y may lack the number of examples, the number of outputs, or both; the one it has is no evidence against it
        found += [(("y", "X"), words)] if n not in handed.y.shape else []
        found += [(("y", last), words)] if n in handed.y.shape or width not in (1, *handed.y.shape) else []
    blame = {name: sum(name in names for names, _ in found) for names, _ in found for name in names}
    return [words for _, words in sorted(found, key=lambda pair: -max(blame[name] for name in pair[0]))]


def _oriented(w: np.ndarray, width: int, in_out: bool) -> np.ndarray:
    """Bring weights to the shape (in, out). A vector belongs to a layer with one input or one output."""
    if w.ndim == 1:
        return w[:, None] if w.size == width else w[None]
    return w if in_out else w.T


def _targets(y: np.ndarray, n: int, width: int, rows: bool) -> tuple[np.ndarray | None, int | None]:
    """Bring targets to the shape (N, d_L). If both layouts fit, take that of the inputs.

    Class numbers become one-hot; the second value is the first class's number, or None if there were none.
    """
    if y.ndim < 2 and y.size == n * width and 1 in (n, width):
        return y.reshape(n, width), None
    for candidate in () if y.ndim < 2 else (y, y.T) if rows else (y.T, y):
        if candidate.shape == (n, width):
            return candidate, None
    if width > 1 and y.size == n and max(y.shape, default=1) == n:
        numbers = y.reshape(n)
        first = 1 if numbers.min() >= 1 and numbers.max() == width else 0
        if (numbers == np.round(numbers)).all() and numbers.min() >= first and numbers.max() < width + first:
            return np.eye(width)[numbers.astype(int) - first], first
    return None, None


def _bias_rows(biases: Sequence[np.ndarray] | None, widths: Sequence[int], n: int) -> tuple[np.ndarray, ...] | None:
    """Bring biases to the shape (1, out). A gradient may also be one number for all units, or n rows for n examples."""
    if biases is None:
        return None
    found = []
    for b, d in zip(biases, widths, strict=True):
        if b.size == d:
            found.append(b.reshape(1, d))
        elif n > 1 and b.size == 1:
            found.append(np.full((1, d), b.item()))
        elif n > 1 and b.shape in ((n, d), (d, n)):
            found.append(b if b.shape == (n, d) else b.T)
        else:
            return None
    return tuple(found)


def given_back(problem: Problem, gradients: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Convert the gradients with respect to the weights back to the convention in which the arrays were passed.

    Args:
        problem: how the arrays were read.
        gradients: each (in, out).

    Returns:
        Each in the layout of its weights as they were passed.
    """
    return tuple(g if problem.convention.endswith("(in, out)") else g.T for g in gradients)
