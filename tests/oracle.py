"""A second opinion: a network written down without a line of the package's, and slopes measured from it.

The network takes `xp`, NumPy or `autograd.numpy`, and adds a shift to every z, so that the slope with respect to the
shift is δ.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

BENDS: dict[str, Callable[[Any, Any], Any]] = {
    "sigmoid": lambda xp, z: 1 / (1 + xp.exp(-z)),
    "tanh": lambda xp, z: xp.tanh(z),
    "relu": lambda xp, z: xp.where(z > 0, z, 0.0),
    "identity": lambda xp, z: z,
    "leaky_relu": lambda xp, z: xp.where(z > 0, z, z / 100),
    "softplus": lambda xp, z: xp.log(1 + xp.exp(z)),
    "silu": lambda xp, z: z / (1 + xp.exp(-z)),
    "softmax": lambda xp, z: xp.exp(z) / xp.sum(xp.exp(z), axis=-1, keepdims=True),
}

LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "mse": lambda xp, y, p: xp.mean((p - y) ** 2, axis=(-2, -1)),
    "binary_cross_entropy": lambda xp, y, p: xp.mean(-y * xp.log(p) - (1 - y) * xp.log(1 - p), axis=(-2, -1)),
    "cross_entropy": lambda xp, y, p: -xp.sum(y * xp.log(p), axis=(-2, -1)) / len(y),
}


def loss_of(
    xp: Any,
    X: Any,
    y: Any,
    weights: Sequence[Any],
    biases: Sequence[Any] | None,
    names: Sequence[str],
    loss: str = "mse",
    shifts: Sequence[Any] | None = None,
) -> Any:
    """Compute the loss of a network, from the inputs on; parameters with a leading axis give as many losses."""
    a = X
    for layer, (w, name) in enumerate(zip(weights, names, strict=True)):
        z = xp.matmul(a, w)
        z = z if biases is None else z + biases[layer][..., None, :]
        z = z if shifts is None else z + shifts[layer]
        a = BENDS[name](xp, z)
    return LOSSES[loss](xp, y, a)


def by_complex_step(f: Callable[[Any], Any], x: Any, h: float = 1e-30, stacked: bool = False) -> np.ndarray:
    """Measure the gradient of an analytic f, entry by entry, or at once if f takes many x along a leading axis."""
    x = np.asarray(x, dtype=float)
    changed = x + 1j * h * _unit_steps(x)
    return (np.imag(f(changed) if stacked else np.array([f(one) for one in changed])) / h).reshape(x.shape)


def by_central_difference(f: Callable[[Any], Any], x: Any, h: float = 1e-5, stacked: bool = False) -> np.ndarray:
    """Measure the gradient of any smooth f, entry by entry, or at once if f takes many x along a leading axis."""
    x = np.asarray(x, dtype=float)
    above, below = x + h * _unit_steps(x), x - h * _unit_steps(x)
    up, down = (f(many) if stacked else np.array([f(one) for one in many]) for many in (above, below))
    return ((up - down) / (2 * h)).reshape(x.shape)


def _unit_steps(x: np.ndarray) -> np.ndarray:
    return np.eye(x.size).reshape(x.size, *x.shape)


def apart(got: Any, wanted: Any) -> float:
    """Say how far two gradients are apart, relative to the longer one."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    assert got.shape == wanted.shape, f"shape {got.shape}, wanted {wanted.shape}"
    scale = max(np.linalg.norm(got.ravel()), np.linalg.norm(wanted.ravel()))
    return float(np.linalg.norm((got - wanted).ravel()) / scale) if scale else 0.0
