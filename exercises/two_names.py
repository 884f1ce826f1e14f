r"""Two names for one derivative.

Time: two minutes
Chapter: activations

A unit has $z = \ln 4$, so its sigmoid is $a = \sigma(z) = 0.8$. Without a computer, what is the derivative of the
sigmoid there? What is the result if a function that expects $a$ is given $z \approx 1.386$ by mistake?

Solution:
    The derivative is $a(1 - a) = 0.8 \cdot 0.2 = 0.16$ $\eqref{eq:sigmoid-derivative-from-output}$. If the same formula
    is given $z$, it returns $z(1 - z) \approx 1.386 \cdot (-0.386) \approx -0.535$. Because the sigmoid never
    decreases, a negative derivative reveals the mistake at once. The opposite mistake is harder to see, because every
    $\sigma(a)(1 - \sigma(a))$ looks like a plausible derivative.
"""

import numpy as np

from backprop.derivation import complex_step, sigmoid, sigmoid_derivative_from_output


def derivative() -> float:
    """Give the derivative of the sigmoid at z = ln 4.

    Returns:
        σ′(ln 4), to two digits.

    Examples:
        >>> bool(abs(derivative() - complex_step(sigmoid, np.array(np.log(4.0)))) < 0.005)
        True
    """
    return 0.16


def derivative_given_z() -> float:
    """Give the value of a(1 − a) if z = ln 4 is inserted for a.

    Returns:
        The incorrect number, to two digits.

    Examples:
        >>> bool(abs(derivative_given_z() - sigmoid_derivative_from_output(np.log(4.0))) < 0.005)
        True
    """
    return 1.386 * (1 - 1.386)
