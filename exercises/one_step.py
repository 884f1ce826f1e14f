r"""One step by hand.

Time: one minute
Chapter: gradient-descent

The loss is $L(\theta) = (\theta - 3)^2$. You stand at $\theta = 5$ and the learning rate is $\eta = 0.25$. Where
does one step of gradient descent take you?

Solution:
    The slope is $2(\theta - 3) = 4$. Uphill is to the right, so the step goes left: $5 - 0.25 \cdot 4 = 4$. The
    distance to the minimum has halved; with $\eta = 0.5$ the step would have landed on it.
"""

import numpy as np

from backprop.derivation import complex_step, gradient_descent_step


def new_theta() -> float:
    """Give the parameter after one step.

    Returns:
        The new θ.

    Examples:
        Against the same step with a measured slope:

        >>> derivative = complex_step(lambda theta: (theta - 3) ** 2, np.array(5.0))
        >>> bool(abs(new_theta() - gradient_descent_step(5.0, derivative, eta=0.25)) < 1e-9)
        True
    """
    return 5 - 0.25 * 2 * (5 - 3)
