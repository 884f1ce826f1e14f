r"""Half the loss.

Time: two minutes
Chapter: loss

Many texts put a ½ before the squared error, so that it cancels the 2 of the derivative: $L = \frac{1}{2N}\sum_n(\hat
y^n - y^n)^2$. What is the derivative of this loss with respect to each prediction? Which learning rate makes the same
steps with this loss as $\eta = 1$ makes with ours?

Solution:
    The 2 of the power rule cancels the ½, so $\partial L/\partial\hat y^n = (\hat y^n - y^n)/N$. This is half of
    $\eqref{eq:mse-derivative}$. Therefore every gradient is half as large, and the learning rate must be twice as
    large. Both losses are in use, but if you take the derivative of one and the value of the other, a gradient check
    fails by a factor of exactly 2.
"""

import numpy as np

from backprop.derivation import complex_step, mse_derivative


def half_derivative(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    """Differentiate half the mean squared error with respect to each prediction.

    Args:
        y: the targets, shape (N, 1).
        y_hat: the predictions, shape (N, 1).

    Returns:
        ∂L/∂ŷ, shape (N, 1).

    Examples:
        >>> y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.3], [0.4], [0.9]])
        >>> numerical = complex_step(lambda v: np.sum((v - y) ** 2) / 6, y_hat)
        >>> bool(np.allclose(half_derivative(y, y_hat), numerical))
        True
    """
    return (y_hat - y) / len(y)


def same_steps() -> float:
    """Give the learning rate that makes the same steps as ours with η = 1.

    Returns:
        The learning rate.

    Examples:
        >>> y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.3], [0.4], [0.9]])
        >>> bool(np.allclose(same_steps() * half_derivative(y, y_hat), 1.0 * mse_derivative(y, y_hat)))
        True
    """
    return 2.0
