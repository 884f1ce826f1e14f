r"""A hidden delta by hand.

Time: five minutes
Chapter: hidden-to-hidden

A hidden sigmoid unit has put out $a = 0.6$. It feeds three units of the next layer with the weights 2, −1 and 0.5.
Their δ are 0.1, 0.3 and −0.2. What is δ of the hidden unit? And the unit's own input was $x = 3$: what is the
gradient of that weight?

Hint:
    First what comes back to $a$, then through the activation function. Do you need $z$?

Solution:
    Back to $a$ comes $2 \cdot 0.1 - 1 \cdot 0.3 + 0.5 \cdot (-0.2) = -0.2$ $\eqref{eq:activation-gradient-unit}$. The
    sigmoid has slope $0.6 \cdot 0.4 = 0.24$, so $\delta = 0.24 \cdot (-0.2) = -0.048$ $\eqref{eq:hidden-delta}$. The
    weight's gradient is the value at its start times δ at its end $\eqref{eq:weight-gradient-example}$: $3 \cdot
    (-0.048) = -0.144$.
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
    """Give the gradient of the weight between x = 3 and the hidden unit.

    Returns:
        ∂C/∂w.

    Examples:
        >>> w = np.array(np.log(1.5) / 3)
        >>> bool(abs(gradient() - complex_step(lambda v: loss(3 * v), w)) < 1e-9)
        True
    """
    return 3 * delta()
