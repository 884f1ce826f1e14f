r"""One step by hand.

Time: one minute
Chapter: gradient-descent

The loss is $L(\theta) = (\theta - 3)^2$, the current parameter is $\theta = 5$, and the learning rate is $\eta = 0.25$.
Where does one step of gradient descent take you?

Solution:
    The derivative is $2(\theta - 3) = 4$. It is positive, so the step goes to the left, to $5 - 0.25 \cdot 4 = 4$. The
    distance to the minimum has halved, and with $\eta = 0.5$ the step would have reached the minimum exactly.
"""

import numpy as np

from backprop.derivation import complex_step, gradient_descent_step


def new_theta() -> float:
    """Give the parameter after one step.

    Returns:
        The new θ.

    Examples:
        The result agrees with a step along the numerical derivative:

        >>> derivative = complex_step(lambda theta: (theta - 3) ** 2, np.array(5.0))
        >>> bool(abs(new_theta() - gradient_descent_step(5.0, derivative, eta=0.25)) < 1e-9)
        True
    """
    return 5 - 0.25 * 2 * (5 - 3)
