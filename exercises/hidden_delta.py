r"""δ of a hidden unit by hand.

Time: five minutes
Chapter: hidden-to-hidden

A hidden sigmoid unit has the activation $a = 0.6$. It feeds three units of the next layer through the weights 2, −1 and
0.5, and their δ are 0.1, 0.3 and −0.2. What is δ of the hidden unit? The input $x = 3$ reaches the hidden unit through
a weight of its own, so what is the gradient with respect to that weight?

Hint:
    First compute the gradient with respect to $a$, and then multiply by the derivative of the activation function. Do
    you need $z$?

Solution:
    The gradient with respect to $a$ is $2 \cdot 0.1 - 1 \cdot 0.3 + 0.5 \cdot (-0.2) = -0.2$
    $\eqref{eq:activation-gradient-unit}$. The derivative of the sigmoid is $0.6 \cdot 0.4 = 0.24$, so $\delta = 0.24
    \cdot (-0.2) = -0.048$ $\eqref{eq:hidden-delta}$. The gradient with respect to the weight is the input times δ
    $\eqref{eq:weight-gradient-example}$, and therefore $3 \cdot (-0.048) = -0.144$.
"""

import numpy as np

from backprop.derivation import complex_step, sigmoid


def loss(z: np.ndarray) -> np.ndarray:
    """Compute a loss whose δ in the next layer are 0.1, 0.3 and −0.2."""
    return np.sum(sigmoid(z) * np.array([2.0, -1.0, 0.5]) * np.array([0.1, 0.3, -0.2]))


def delta() -> float:
    """Give δ of the hidden unit.

    Returns:
        ∂C/∂z.

    Examples:
        >>> bool(abs(delta() - complex_step(loss, np.array(np.log(1.5)))) < 1e-9)
        True
    """
    return 0.6 * (1 - 0.6) * (2 * 0.1 - 1 * 0.3 + 0.5 * -0.2)


def gradient() -> float:
    """Give the gradient with respect to the weight between x = 3 and the hidden unit.

    Returns:
        ∂C/∂w.

    Examples:
        >>> w = np.array(np.log(1.5) / 3)
        >>> bool(abs(gradient() - complex_step(lambda v: loss(3 * v), w)) < 1e-9)
        True
    """
    return 3 * delta()
