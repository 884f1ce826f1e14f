r"""Plus or minus.

Time: one minute
Chapter: gradient-descent

The backward pass of the lab report starts from $(y - \hat y)\cdot 2/N$, so what it calls `gradient` is *minus* the
gradient of the loss. Which line must the report's update contain? Write it for one weight matrix `w`.

Solution:
    The step is $w - \eta\,\partial L/\partial w$ $\eqref{eq:gradient-descent-step}$, and `negative_gradient` is
    $-\partial L/\partial w$, so the update must add it. The two signs cancel. It is easier, however, to keep the true
    sign everywhere and to write the minus once.
"""

import numpy as np

from backprop.derivation import complex_step, gradient_descent_step


def report_update(w: np.ndarray, negative_gradient: np.ndarray, eta: float) -> np.ndarray:
    """Take one step, given the negative gradient.

    Args:
        w: the weights, any shape.
        negative_gradient: −∂L/∂w, same shape.
        eta: the learning rate.

    Returns:
        The new weights.

    Examples:
        >>> w = np.array([[1.0, -2.0, 0.5]])
        >>> gradient = complex_step(lambda v: np.sum(v**2), w)
        >>> bool(np.allclose(report_update(w, -gradient, eta=0.1), gradient_descent_step(w, gradient, eta=0.1)))
        True
    """
    return w + eta * negative_gradient
