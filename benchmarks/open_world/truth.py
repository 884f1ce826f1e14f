"""The truth: gradients of every loss by complex steps, without a line of the package's."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.open_world.running import Inputs

#: Relative differences: below the first, arrays agree; above the second, they differ; between them nothing is asked.
ROUNDING: Mapping[str, tuple[float, float]] = {"double": (1e-10, 1e-7), "single": (2e-6, 2e-3)}


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.real.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


BENDS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "identity": lambda z: z,
    "softmax": _softmax,
}


def _squares(y: np.ndarray, z: np.ndarray, p: np.ndarray) -> np.ndarray:
    return np.sum((p - y) ** 2)


def _two_classes(y: np.ndarray, z: np.ndarray, p: np.ndarray) -> np.ndarray:
    """−y ln p − (1 − y) ln(1 − p) for p = σ(z), so that nothing cancels where p is near 1."""
    size = np.where(z.real > 0, z, -z)
    return np.sum(np.log(1 + np.exp(-size)) + np.where(z.real > 0, z, 0) - y * z)


def _many_classes(y: np.ndarray, z: np.ndarray, p: np.ndarray) -> np.ndarray:
    """−Σ y ln p for p = softmax(z)."""
    top = z.real.max(axis=1, keepdims=True)
    return np.sum(y.sum(axis=1) * np.log(np.exp(z - top).sum(axis=1))) + np.sum(y * (top - z))


#: Every loss by name: what is summed, and what the sum is multiplied by for N examples and d outputs.
LOSSES: Mapping[str, tuple[Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray], Callable[[int, int], float]]] = {
    "mse": (_squares, lambda n, d: 1 / (n * d)),
    "mse_examples": (_squares, lambda n, d: 1 / n),
    "mse_half": (_squares, lambda n, d: 0.5 / (n * d)),
    "mse_half_examples": (_squares, lambda n, d: 0.5 / n),
    "mse_sum": (_squares, lambda n, d: 1.0),
    "mse_half_sum": (_squares, lambda n, d: 0.5),
    "binary_cross_entropy": (_two_classes, lambda n, d: 1 / (n * d)),
    "binary_cross_entropy_examples": (_two_classes, lambda n, d: 1 / n),
    "binary_cross_entropy_sum": (_two_classes, lambda n, d: 1.0),
    "categorical_cross_entropy": (_many_classes, lambda n, d: 1 / n),
    "categorical_cross_entropy_sum": (_many_classes, lambda n, d: 1.0),
}


def loss_of(
    name: str,
    activations: Sequence[str],
    X: np.ndarray,
    y: np.ndarray,
    weights: Sequence[np.ndarray],
    biases: Sequence[np.ndarray],
) -> np.ndarray:
    """Compute a loss from the inputs on; complex parameters will do.

    Args:
        name: a name of LOSSES.
        activations: one for each layer.
        X: shape (N, d₀).
        y: shape (N, d_L).
        weights: each (in, out).
        biases: each (1, out), or none.

    Returns:
        The loss.
    """
    a = z = X
    for k, (w, bend) in enumerate(zip(weights, activations, strict=True)):
        z = a @ w + biases[k] if biases else a @ w
        a = BENDS[bend](z)
    total, factor = LOSSES[name]
    return factor(*y.shape) * total(y, z, a)


def gradient(name: str, activations: Sequence[str], inputs: Inputs) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Differentiate a loss with respect to every parameter, by complex steps.

    Args:
        name: a name of LOSSES.
        activations: one for each layer.
        inputs: where.

    Returns:
        The gradients of the weights, and those of the biases.
    """
    parameters = [*inputs.weights, *inputs.biases]
    depth, found = len(inputs.weights), []
    for i, array in enumerate(parameters):
        g = np.zeros(array.shape)
        for at in np.ndindex(array.shape):
            moved = [p.astype(complex) if j == i else p for j, p in enumerate(parameters)]
            moved[i][at] += 1e-30j
            with np.errstate(all="ignore"):
                value = loss_of(name, activations, inputs.X, inputs.y, moved[:depth], moved[depth:])
            g[at] = np.imag(value) / 1e-30
        found.append(g)
    return found[:depth], found[depth:]


class Compared(NamedTuple):
    """One array beside the correct one.

    Attributes:
        error: the relative difference, of the longer one.
        factor: the factor by which it is off, 0 if it is zero; None if it points elsewhere or both are zero.
        zero: whether the correct one is zero.
    """

    error: float
    factor: float | None
    zero: bool


def compare(given: np.ndarray, correct: np.ndarray, rounding: float) -> Compared:
    """Compare an array with the correct one.

    Args:
        given: the array.
        correct: the correct one.
        rounding: the relative difference up to which they agree.

    Returns:
        How they differ.

    Examples:
        >>> import numpy as np
        >>> compare(np.array([0.0, 4.0]), np.array([0.0, 2.0]), 1e-10)
        Compared(error=0.5, factor=2.0, zero=False)
    """
    size, length = float(np.linalg.norm(correct)), float(np.linalg.norm(given))
    if size == 0 or length == 0:
        error = 0.0 if size == length else 1.0
        return Compared(error, 0.0 if size else None, size == 0)
    error = float(np.linalg.norm(given - correct)) / max(size, length)
    factor = float(np.vdot(correct, given)) / size**2
    off = float(np.linalg.norm(given - factor * correct)) / length
    return Compared(error, factor if off <= rounding else None, False)
