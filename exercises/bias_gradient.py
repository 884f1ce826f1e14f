r"""The gradient of a bias.

Time: five minutes
Chapter: parameter-gradients

The bias $b_j$ is added to $z_j$ of *every* example. Derive $\partial L/\partial b_j$, and write it for a whole
layer.

Hint:
    What is $\partial z_j/\partial b_j$, and along how many paths does one bias reach the loss?

Solution:
    The derivative $\partial z^n_j/\partial b_j$ is 1, and there is one path through every example, so the gradient is
    $\sum_n \delta^n_j$ $\eqref{eq:bias-gradient}$. The result is one row, which is the shape of $b$. If you forget the
    sum, you keep a matrix of $N$ rows, and the update turns the bias into such a matrix without a warning.
"""

import numpy as np

from backprop.derivation import complex_step


def gradient(delta: np.ndarray) -> np.ndarray:
    """Compute the gradient with respect to the biases.

    Args:
        delta: δ of the layer, shape (N, out).

    Returns:
        ∂L/∂b, shape (1, out).

    Examples:
        The result agrees with the numerical gradient of a loss whose δ is 2z:

        >>> rng = np.random.default_rng(0)
        >>> aw, b = rng.normal(size=(4, 5)), rng.normal(size=(1, 5))
        >>> found = gradient(2 * (aw + b))
        >>> found.shape
        (1, 5)
        >>> bool(np.allclose(found, complex_step(lambda v: np.sum((aw + v) ** 2), b)))
        True
    """
    return delta.sum(axis=0, keepdims=True)
