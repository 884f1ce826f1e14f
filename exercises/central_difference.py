r"""A numerical derivative.

Time: ten minutes
Chapter: numerical-derivatives

Write a function that computes the derivative of $f$ at $x$ from values of $f$ alone. When the step becomes ten times
smaller, its error must become a hundred times smaller. Then say in one sentence why $(f(x + h) - f(x))/h$ does not
satisfy this.

Hint:
    Write out the Taylor series of $f(x + h)$ and of $f(x - h)$, and subtract one from the other.

Solution:
    The two series are

    $$f(x \pm h) = f \pm hf' + \tfrac12h^2f'' \pm \tfrac16h^3f'''\dots$$

    In the difference the terms with $f$ and $f''$ cancel, so $2hf' + \tfrac13h^3f'''$ is left. After the division by
    $2h$ the error is of the order $h^2$ $\eqref{eq:central-difference}$. In the one-sided difference $\tfrac12hf''$
    remains, and therefore its error becomes only ten times smaller.
"""

from collections.abc import Callable

import numpy as np


def numerical_derivative(f: Callable[[float], float], x: float, h: float) -> float:
    """Compute the derivative of f numerically.

    Args:
        f: a function of one number.
        x: the point.
        h: the step size.

    Returns:
        f′(x), nearly.

    Examples:
        >>> bool(abs(numerical_derivative(np.exp, 0.0, h=1e-5) - 1.0) < 1e-9)
        True
        >>> errors = [abs(numerical_derivative(np.exp, 1.0, h) - np.e) for h in (1e-2, 1e-3)]
        >>> bool(90 < errors[0] / errors[1] < 110)
        True
    """
    return (f(x + h) - f(x - h)) / (2 * h)
