"""What strangers hand in: arrays in anybody's convention, brought into this package's.

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


class Problem(NamedTuple):
    """Arrays as one convention reads them, brought into this package's.

    Attributes:
        convention: a name of CONVENTIONS.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        weights: each (in, out).
        biases: each (1, out), or None.
        gradients: those of the weights, each (in, out).
        bias_gradients: each (1, out), or (N, out) if it came unsummed; None if none came.
        turned: for each layer, whether its gradient came in the transpose of its weights' shape.
        after: the weights after the update, each (in, out), or None.
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


def arrays(name: str, value: Any) -> list[np.ndarray]:
    """Read a list of arrays.

    Args:
        name: how the caller calls the argument.
        value: a list of arrays or of nested lists.

    Returns:
        Float64 arrays of one or two dimensions.

    Raises:
        TypeError: if it is no list, or the entries are not real numbers.
        ValueError: if it is empty, or a number is nan or infinite, or an array has more than two dimensions.

    Examples:
        >>> from backprop.verification.intake import arrays
        >>> arrays("weights", [[[1, 2]], [[3], [4]]])[1].shape
        (2, 1)
    """
    if isinstance(value, np.ndarray) and value.dtype != object and value.ndim != 3:
        raise TypeError(f"{name} is one array of shape {value.shape}; expected a list of one array for each layer")
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes):
        raise TypeError(f"{name} is {type(value).__name__}; expected a list of one array for each layer")
    if len(value) == 0:
        raise ValueError(f"{name} is empty; expected at least one array, one for each layer")
    found = [np.atleast_1d(checks.real_array(f"{name}[{i}]", plain(array))) for i, array in enumerate(value)]
    for i, array in enumerate(found):
        if array.ndim > 2:
            raise ValueError(f"{name}[{i}] has shape {array.shape}; expected one or two dimensions")
    return found


def plain(value: Any) -> Any:
    """Free a tensor from the framework that computes gradients through it.

    Args:
        value: an array, nested lists, or a tensor with a method `detach`, such as PyTorch's.

    Returns:
        The same without that link; anything else as it is.

    Examples:
        >>> from backprop.verification.intake import plain
        >>> plain([1, 2])
        [1, 2]
    """
    return np.asarray(value.detach()) if hasattr(value, "detach") else value


def split(gradients: Any, layers: int, with_bias: bool) -> tuple[Any, Any]:
    """Find the gradients of weights and biases in what was handed in.

    Args:
        gradients: `backprop.Gradients`; a dictionary with "weights" and "biases"; a list of one array for each layer;
            or, with biases, a pair of two lists, or one list W₁, b₁, W₂, b₂, … as PyTorch's parameters() has it.
        layers: the number of layers of weights.
        with_bias: whether biases were handed in.

    Returns:
        The gradients of the weights, and those of the biases or None.

    Raises:
        TypeError: if it is nothing of the kind.
        ValueError: if gradients of biases came without biases, or the number of arrays does not fit.

    Examples:
        >>> from backprop.verification.intake import split
        >>> split(["dW1", "db1", "dW2", "db2"], layers=2, with_bias=True)
        (['dW1', 'dW2'], ['db1', 'db2'])
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
        if len(gradients) == 2 and all(_is_list_of_arrays(part, layers, with_bias) for part in gradients):
            weights, biases = gradients
        elif len(gradients) == 2 and gradients[1] is None:
            weights = gradients[0]
        elif with_bias and len(gradients) == 2 * layers:
            weights, biases = list(gradients[::2]), list(gradients[1::2])
    if biases is not None and not with_bias:
        raise ValueError("gradients has gradients of biases and biases is None; expected the biases themselves as well")
    for what, part in (("weights", weights), ("biases", biases)):
        if isinstance(part, Sequence | np.ndarray) and len(part) != layers:
            raise ValueError(
                f"gradients has {len(part)} arrays for {what}; expected {layers}, one for each layer of weights"
            )
    return weights, biases


def _is_list_of_arrays(value: Any, n: int, numbers: bool) -> bool:
    """Tell a list of n arrays from a matrix; single numbers count as arrays if they are allowed."""
    if not isinstance(value, list | tuple) or len(value) != n:
        return False
    try:
        return all(np.ndim(array) >= (not numbers) for array in value) and (n == 1 or not _is_matrix(value))
    except ValueError:
        return True


def _is_matrix(value: Any) -> bool:
    """Tell whether nested lists are one matrix."""
    if any(isinstance(array, np.ndarray) or np.ndim(array) != 1 for array in value):
        return False
    return len({len(row) for row in value}) == 1


def precision_of(gradients: Sequence[Any]) -> type[np.floating[Any]]:
    """Tell how precisely gradients were computed.

    An array that is float64 but holds numbers of 24 bits only was computed in float32 and converted.

    Args:
        gradients: the arrays as they came.

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
    coarse = any(g.dtype == np.float32 for g in floats) or (np.count_nonzero(numbers) > 0 and (single == numbers).all())
    return np.float32 if coarse else np.float64


def told_conventions(convention: str | None) -> list[str]:
    """List the conventions that a caller leaves open.

    Args:
        convention: a name of CONVENTIONS, a part of one such as "columns" or "(out, in)", or None.

    Returns:
        The names.

    Raises:
        TypeError: if it is not text.
        ValueError: if it is unknown.

    Examples:
        >>> from backprop.verification.intake import told_conventions
        >>> told_conventions("columns")
        ['columns, (out, in)', 'columns, (in, out)']
    """
    if convention is None:
        return list(CONVENTIONS)
    if not isinstance(convention, str):
        raise TypeError(f"convention is {convention!r}, of type {type(convention).__name__}; expected a name")
    fitting = [name for name in CONVENTIONS if convention in (name, *name.split(", ", 1))]
    if not fitting:
        names = ", ".join(map(repr, CONVENTIONS))
        raise ValueError(f"convention is {convention!r}; expected one of {names}, or 'rows', 'columns', '(in, out)', …")
    return fitting


class Handed(NamedTuple):
    """What was handed in, as arrays, in nobody's convention yet."""

    X: np.ndarray
    y: np.ndarray
    weights: list[np.ndarray]
    biases: list[np.ndarray] | None
    gradients: list[np.ndarray]
    bias_gradients: list[np.ndarray] | None
    after: list[np.ndarray] | None = None


def problems(handed: Handed, convention: str | None = None) -> list[Problem]:
    """Read what was handed in, in every convention that its shapes allow.

    Args:
        handed: the arrays.
        convention: as for `told_conventions`.

    Returns:
        One problem for each convention that fits, the likelier first.

    Raises:
        ValueError: if none fits. The message names the shapes and what was looked for.

    Examples:
        >>> import numpy as np
        >>> from backprop.verification.intake import Handed, problems
        >>> w, x, y = [np.ones((3, 2)), np.ones((1, 3))], np.ones((2, 10)), np.ones(10)
        >>> [p.convention for p in problems(Handed(x, y, w, None, w, None))]
        ['columns, (out, in)']
    """
    _match_parameters(handed)
    found = [_read(handed, name) for name in told_conventions(convention)]
    fitting = [problem for problem in found if isinstance(problem, Problem)]
    if fitting:
        return fitting
    shapes = ", ".join(f"weights[{i}] {w.shape}" for i, w in enumerate(handed.weights))
    which = "no convention" if convention is None else f"not the convention {convention!r}"
    raise ValueError(f"shapes fit {which}: X {handed.X.shape}, y {handed.y.shape}, {shapes}; {found[0]}")


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


def _read(handed: Handed, convention: str) -> Problem | str:
    """Read the arrays in one convention, or say what does not fit."""
    rows, in_out = convention.startswith("rows"), convention.endswith("(in, out)")
    X = handed.X if handed.X.ndim == 2 else handed.X[:, None] if rows else handed.X[None]
    X = X if rows else X.T
    n, width = X.shape
    weights, gradients, turned = [], [], []
    for i, (w, g) in enumerate(zip(handed.weights, handed.gradients, strict=True)):
        w = _oriented(w, width, in_out)
        if w.shape[0] != width:
            if i == 0:
                looked = " or ".join(str(d) for d in sorted(set(handed.weights[0].shape)))
                return f"looked for {looked} columns or rows in X, as weights[0] has"
            return f"looked for an axis of {width} in weights[{i}]"
        width = w.shape[1]
        weights.append(w)
        turn = g.ndim == 2 and handed.weights[i].ndim == 2 and g.shape != handed.weights[i].shape
        turned.append(turn)
        gradients.append(g.reshape(w.shape) if g.ndim == 1 or handed.weights[i].ndim == 1 else g if in_out else g.T)
        gradients[-1] = gradients[-1].T if turn else gradients[-1]
    y = _targets(handed.y, n, width, rows)
    if y is None:
        return f"looked for y of shape ({n}, {width}) or ({width}, {n}){f' or ({n},)' if width == 1 else ''}"
    widths = [w.shape[1] for w in weights]
    biases = _bias_rows(handed.biases, widths, 1)
    bias_gradients = _bias_rows(handed.bias_gradients, widths, n)
    for what, wanted, got in (
        ("biases", handed.biases, biases),
        ("gradients of biases", handed.bias_gradients, bias_gradients),
    ):
        if wanted is not None and got is None:
            shapes = ", ".join(str(b.shape) for b in wanted)
            return f"{what} have shapes {shapes} where layers have {', '.join(map(str, widths))} outputs"
    after = handed.after
    if after is not None:
        after = [(b if in_out else b.T) if b.ndim == 2 else b for b in after]
        after = [b.reshape(w.shape) for b, w in zip(after, weights, strict=True)]
    return Problem(
        convention,
        X,
        y,
        tuple(weights),
        biases,
        tuple(gradients),
        bias_gradients,
        tuple(turned),
        None if after is None else tuple(after),
    )


def _oriented(w: np.ndarray, width: int, in_out: bool) -> np.ndarray:
    """Turn weights to (in, out). A vector belongs to a layer with one unit on one of its sides."""
    if w.ndim == 1:
        return w[:, None] if w.size == width else w[None]
    return w if in_out else w.T


def _targets(y: np.ndarray, n: int, width: int, rows: bool) -> np.ndarray | None:
    """Turn targets to (N, d_L), whichever way they lie; if both fit, as the inputs lie."""
    if y.ndim == 1:
        return y.reshape(n, width) if y.size == n * width and 1 in (n, width) else None
    for candidate in (y, y.T) if rows else (y.T, y):
        if candidate.shape == (n, width):
            return candidate
    return None


def _bias_rows(biases: Sequence[np.ndarray] | None, widths: Sequence[int], n: int) -> tuple[np.ndarray, ...] | None:
    """Turn biases to (1, out). Gradients may also be one number for all units, or one row for each of n examples."""
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
    """Turn gradients of weights back to the convention they came in.

    Args:
        problem: how they were read.
        gradients: each (in, out).

    Returns:
        Each as its weights came.
    """
    return tuple(g if problem.convention.endswith("(in, out)") else g.T for g in gradients)
