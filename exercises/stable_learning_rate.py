r"""A learning rate that is too large.

Time: three minutes
Chapter: consequences

One linear unit without bias, $\hat y = wx$, learns two examples with the inputs 1 and 3 under the mean squared error.
Above which learning rate does training diverge?

Hint:
    What does one step do to the distance of $w$ from its best value? The targets do not matter.

Solution:
    The loss is a parabola in $w$ with the second derivative $H = \tfrac2N\sum_n x_n^2 = \tfrac22(1 + 9) = 10$. A step
    multiplies the distance by $1 - \eta H$, so the distance decreases as long as $\eta < 2/H = 0.2$
    $\eqref{eq:stability-threshold}$.
"""

import numpy as np

from backprop.derivation import gradient_descent_step, mse_derivative, weight_gradient


def distance_after(eta: float) -> float:
    """Compute how far w is from its best value after a thousand steps."""
    x, y, w = np.array([[1.0], [3.0]]), np.array([[2.0], [6.0]]), np.array([[0.0]])
    for _ in range(1000):
        w = gradient_descent_step(w, weight_gradient(x, mse_derivative(y, x @ w)), eta)
    return float(np.abs(w - 2).max())


def largest_rate() -> float:
    """Give the learning rate above which training diverges.

    Returns:
        The learning rate.

    Examples:
        Just below this learning rate the distance from the best weight, 2, decreases, and just above it increases:

        >>> distance_after(0.99 * largest_rate()) < 2 < distance_after(1.01 * largest_rate())
        True
    """
    return 2 / 10
