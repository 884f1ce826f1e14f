r"""Two names for one slope.

Time: two minutes
Chapter: activations

A unit has $z = \ln 4$. Its sigmoid is $a = \sigma(z) = 0.8$. Without a computer: how steep is the sigmoid there? And
which number comes out if a function that expects $a$ is fed $z \approx 1.386$ by mistake?

Solution:
    The slope is $a(1 - a) = 0.8 \cdot 0.2 = 0.16$ $\eqref{eq:sigmoid-derivative-from-output}$. Fed $z$, the same
    formula gives $z(1 - z) \approx 1.386 \cdot (-0.386) \approx -0.535$. No sigmoid falls, so a negative slope betrays
    the mistake at once. The other way round is harder to see: every $\sigma(a)(1 - \sigma(a))$ looks like a decent
    slope.
"""

import numpy as np

from backprop.derivation import complex_step, sigmoid, sigmoid_derivative_from_output


def derivative() -> float:
    """Give the slope of the sigmoid at z = ln 4.

    Returns:
        σ′(ln 4), to two digits.

    Examples:
        >>> bool(abs(derivative() - complex_step(sigmoid, np.array(np.log(4.0)))) < 0.005)
        True
    """
    return 0.16


def fed_z() -> float:
    """Give what a(1 − a) says if z = ln 4 is put in for a.

    Returns:
        The wrong number, to two digits.

    Examples:
        >>> bool(abs(fed_z() - sigmoid_derivative_from_output(np.log(4.0))) < 0.005)
        True
    """
    return 1.386 * (1 - 1.386)
