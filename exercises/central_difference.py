r"""Measure a slope.

Time: ten minutes
Chapter: numerical-derivatives

Write a function that measures the slope of $f$ at $x$ without knowing a derivative. Its error must fall a
hundredfold when the step gets ten times smaller. Then say in one sentence why $(f(x + h) - f(x))/h$ does not do.

Hint:
    Write out the Taylor series of $f(x + h)$ and of $f(x - h)$, and subtract.

Solution:
    The two series:

    $$f(x \pm h) = f \pm hf' + \tfrac12h^2f'' \pm \tfrac16h^3f'''\dots$$

    In the difference the terms with $f$ and $f''$ cancel, and $2hf' + \tfrac13h^3f'''$ is left. Divided by $2h$ the
    error is of the order $h^2$ $\eqref{eq:central-difference}$. One-sided, $\tfrac12hf''$ stays, and the error falls
    only tenfold.
"""

from collections.abc import Callable

import numpy as np


def measured_derivative(f: Callable[[float], float], x: float, h: float) -> float:
    """Measure the slope of f.

    Args:
        f: a function of one number.
        x: the place.
        h: the step.

    Returns:
        f′(x), nearly.

    Examples:
        >>> bool(abs(measured_derivative(np.exp, 0.0, h=1e-5) - 1.0) < 1e-9)
        True
        >>> errors = [abs(measured_derivative(np.exp, 1.0, h) - np.e) for h in (1e-2, 1e-3)]
        >>> bool(90 < errors[0] / errors[1] < 110)
        True
    """
    return (f(x + h) - f(x - h)) / (2 * h)
