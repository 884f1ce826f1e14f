r"""Half the loss.

Time: two minutes
Chapter: loss

Many texts put a ½ before the squared error, so that the 2 of the derivative disappears:
$L = \frac{1}{2N}\sum_n(\hat y^n - y^n)^2$. Give the slope of this loss for each answer. With which learning rate
does it make the same steps as ours at $\eta = 1$?

Solution:
    The power rule's 2 meets the ½: $\partial L/\partial\hat y^n = (\hat y^n - y^n)/N$. That is half of
    $\eqref{eq:mse-derivative}$, so every gradient is half as long and the rate must be twice as large. Neither loss is
    wrong, but whoever mixes the slope of one with the value of the other fails a gradient check by a factor of
    exactly 2.
"""

import numpy as np

from backprop.derivation import complex_step, mse_derivative


def half_derivative(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    """Differentiate half the mean squared error with respect to each answer.

    Args:
        y: the targets, shape (N, 1).
        y_hat: the answers, shape (N, 1).

    Returns:
        ∂L/∂ŷ, shape (N, 1).

    Examples:
        >>> y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.3], [0.4], [0.9]])
        >>> measured = complex_step(lambda v: np.sum((v - y) ** 2) / 6, y_hat)
        >>> bool(np.allclose(half_derivative(y, y_hat), measured))
        True
    """
    return (y_hat - y) / len(y)


def same_steps() -> float:
    """Give the learning rate that makes the same steps as ours with η = 1.

    Returns:
        The rate.

    Examples:
        >>> y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.3], [0.4], [0.9]])
        >>> bool(np.allclose(same_steps() * half_derivative(y, y_hat), 1.0 * mse_derivative(y, y_hat)))
        True
    """
    return 2.0
