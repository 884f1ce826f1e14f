r"""The gradient of a bias.

Time: five minutes
Chapter: parameter-gradients

The bias $b_j$ is added to $z_j$ of *every* example. Derive $\partial L/\partial b_j$, and write it for a whole
layer.

Hint:
    How fast does $z_j$ move with $b_j$? Along how many paths does one bias reach the loss?

Solution:
    The slope $\partial z^n_j/\partial b_j$ is 1, and there is a path through every example: $\sum_n \delta^n_j$
    $\eqref{eq:bias-gradient}$. One row comes out, the shape of $b$. Whoever forgets the sum keeps a matrix of $N$
    rows, and NumPy turns the bias into such a matrix without a word when it is updated.
"""

import numpy as np

from backprop.derivation import complex_step


def gradient(delta: np.ndarray) -> np.ndarray:
    """Find the gradient of the biases.

    Args:
        delta: δ of the layer, shape (N, out).

    Returns:
        ∂L/∂b, shape (1, out).

    Examples:
        Against the measured gradient of a loss whose δ is 2z:

        >>> rng = np.random.default_rng(0)
        >>> aw, b = rng.normal(size=(4, 5)), rng.normal(size=(1, 5))
        >>> found = gradient(2 * (aw + b))
        >>> found.shape
        (1, 5)
        >>> bool(np.allclose(found, complex_step(lambda v: np.sum((aw + v) ** 2), b)))
        True
    """
    return delta.sum(axis=0, keepdims=True)
