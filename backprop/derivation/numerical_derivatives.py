r"""Measure a slope before you derive it.

A derivation can go wrong in a sign, a transpose or a factor of two, and a network will often train all the same.
So we first learn to *measure* a gradient, from the definition of the derivative and without any chain rule. Every
later chapter compares its formula with this measurement. It is far too slow to train with (see `numerical_cost`),
but it knows nothing of our mistakes.
"""

from collections.abc import Callable

import numpy as np


def central_difference(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    h: float = 6e-6,
) -> np.ndarray:
    r"""Measure the gradient of f by stepping a little to both sides.

    $$\frac{\partial f}{\partial x_k} = \frac{f(x + h e_k) - f(x - h e_k)}{2h} + O(h^2)
    \tag{2.1}\label{eq:central-difference}$$

    Here $e_k$ is the vector that is 1 in entry $k$ and 0 elsewhere. Stepping to both sides cancels the term in
    $f''$, so the error of the formula falls with $h^2$. The error of rounding grows with $1/h$. The two balance
    near $h = 6\cdot10^{-6}$, the cube root of the machine precision $2\cdot10^{-16}$: about ten digits are then right.

    Args:
        f: a function of one array that returns one number.
        x: the point, any shape, real. Not near a kink of f, such as the 0 of ReLU.
        h: the step, in units of x.

    Returns:
        The measured gradient, shape of x.

    Examples:
        The slope of $x^2$ at 3 is 6:

        >>> import numpy as np
        >>> from backprop.derivation import central_difference
        >>> float(central_difference(lambda x: float(x**2), np.array(3.0)).round(6))
        6.0

        The gradient has the shape of the point. Here $f = x_{11} + 2x_{12} + 3x_{13}$:

        >>> central_difference(lambda x: float(np.sum(x * [[1, 2, 3]])), np.zeros((1, 3))).round(6)
        array([[1., 2., 3.]])

        A step ten times smaller makes the error a hundred times smaller, until rounding takes over:

        >>> for h in (1e-1, 1e-2, 1e-3):
        ...     error = abs(float(central_difference(np.sin, np.array(1.0), h)) - np.cos(1.0))
        ...     print(f"{error:.0e}")
        9e-04
        9e-06
        9e-08

    Source:
        Not in the source report, which checks its gradients only by training.

    Next:
        `complex_step` measures without cancellation.
    """
    x = np.asarray(x, dtype=float)
    gradient = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[k] = h
        gradient[k] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


def complex_step(
    f: Callable[[np.ndarray], complex],
    x: np.ndarray,
    h: float = 1e-20,
) -> np.ndarray:
    r"""Measure the gradient of an analytic f by stepping into the complex plane.

    $$\frac{\partial f}{\partial x_k} = \frac{\operatorname{Im} f(x + i h e_k)}{h} + O(h^2)
    \tag{2.2}\label{eq:complex-step}$$

    Here $i$ is the imaginary unit, $i^2 = -1$. Expand $f(x + ih) = f(x) + ih f'(x) - \tfrac12 h^2 f''(x) - \dots$ and
    take the imaginary part: $f(x)$ drops out. Nothing is subtracted, so nothing cancels, and $h$ can be so small that
    the error of the formula vanishes. The result is right to the last digits.

    Args:
        f: a function of one array that returns one number, analytic: made of sums, products, exp, tanh and the
            like. Not ReLU, abs or anything else that cuts a number at its sign.
        x: the point, any shape, real.
        h: the step, in units of x.

    Returns:
        The measured gradient, shape of x, real.

    Examples:
        The slope of $x^2$ at 3 is 6, with no rounding to hide:

        >>> import numpy as np
        >>> from backprop.derivation import complex_step
        >>> float(complex_step(lambda x: x**2, np.array(3.0)))
        6.0

        The gradient has the shape of the point:

        >>> complex_step(lambda x: np.sum(x * [[1, 2, 3]]), np.zeros((1, 3)))
        array([[1., 2., 3.]])

        Where the central difference stops at ten digits, this goes on to sixteen:

        >>> bool(abs(complex_step(np.sin, np.array(1.0)) - np.cos(1.0)) < 1e-15)
        True

    Source:
        Not in the source report.

    Next:
        `relative_error` compares two gradients.
    """
    x = np.asarray(x, dtype=float)
    gradient = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        step = np.zeros_like(x, dtype=complex)
        step[k] = 1j * h
        gradient[k] = np.imag(f(x + step)) / h
    return gradient


def relative_error(g: np.ndarray, g_measured: np.ndarray) -> float:
    r"""Compare two gradients by one number.

    $$\varepsilon = \frac{\lVert g - \tilde g\rVert}{\max\bigl(\lVert g\rVert, \lVert \tilde g\rVert\bigr)}
    \tag{2.3}\label{eq:relative-error}$$

    A difference means nothing without a scale: gradients of a trained network are tiny, and so are their absolute
    errors, right or wrong. Divided by the longer of the two, a right formula gives about $10^{-9}$ against the
    central difference and $10^{-15}$ against the complex step, a sign error 2, and most other mistakes 0.1 to 1.

    Args:
        g: the derived gradient $g$, any shape.
        g_measured: the measured gradient $\tilde g$, same shape.

    Returns:
        $\varepsilon$, between 0 and 2. Two zero gradients have error 0.

    Examples:
        Equal, ten per cent too long, and of the wrong sign:

        >>> import numpy as np
        >>> from backprop.derivation import relative_error
        >>> g = np.array([3.0, 4.0])
        >>> relative_error(g, g), round(relative_error(1.1 * g, g), 3), relative_error(-g, g)
        (0.0, 0.091, 2.0)

        A matrix counts as one vector:

        >>> relative_error(np.zeros((2, 3)), np.ones((2, 3)))
        1.0

        A measured gradient passes, a forgotten factor of two does not:

        >>> from backprop.derivation import central_difference
        >>> measured = central_difference(lambda x: float(np.sum(x**2)), g)
        >>> relative_error(2 * g, measured) < 1e-9, relative_error(g, measured) < 1e-9
        (True, False)

    Source:
        Not in the source report.

    Next:
        `squared_error` is the first thing whose slope we need.
    """
    a, b = np.ravel(g), np.ravel(g_measured)
    scale = max(np.linalg.norm(a), np.linalg.norm(b))
    return float(np.linalg.norm(a - b) / scale) if scale > 0 else 0.0
