r"""Two paths to the loss.

Time: three minutes
Chapter: chain-rule

The activation $a = \sigma(z)$ of a unit is used twice, in $C = (3a)^2 - 4a$. At $z = 0$, what is $\partial C/\partial
a$, and what is $\partial C/\partial z$?

Solution:
    Along the first path, $3a$ has the derivative 3 and the square has the derivative $2 \cdot 3a$, so together they
    give $18a = 9$ at $a = \tfrac12$. Along the second path the derivative is $-4$. The products of both paths are added
    $\eqref{eq:multivariable-chain-rule}$, which gives 5. From $a$ back to $z$ there is only one path, so this sum is
    multiplied by the derivative of the sigmoid $\eqref{eq:backward-gradient}$, and the result is $\tfrac14 \cdot 5 =
    1.25$.
"""

import numpy as np

from backprop.derivation import complex_step, sigmoid


def dc_da() -> float:
    """Give ∂C/∂a at z = 0.

    Returns:
        The derivative.

    Examples:
        >>> bool(abs(dc_da() - complex_step(lambda a: (3 * a) ** 2 - 4 * a, np.array(0.5))) < 1e-9)
        True
    """
    return 2 * 3 * 0.5 * 3 - 4


def dc_dz() -> float:
    """Give ∂C/∂z at z = 0.

    Returns:
        The derivative.

    Examples:
        >>> C = lambda z: (3 * sigmoid(z)) ** 2 - 4 * sigmoid(z)
        >>> bool(abs(dc_dz() - complex_step(C, np.array(0.0))) < 1e-9)
        True
    """
    return 0.25 * dc_da()
