r"""Measure a slope before you derive it.

A derivation can go wrong in a sign, a transpose or a factor of two, and a network will often train all the same.
So we first learn to *measure* a gradient, from the definition of the derivative and without any chain rule. Every
later chapter compares its formula with this measurement. It is far too slow to train with (see
`finite_difference_cost`), but it knows nothing of our mistakes.
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
        `forward_difference` is the cheaper measurement.
    """
    a, b = np.ravel(g), np.ravel(g_measured)
    scale = max(np.linalg.norm(a), np.linalg.norm(b))
    return float(np.linalg.norm(a - b) / scale) if scale > 0 else 0.0


def forward_difference(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    h: float = 1.5e-8,
) -> np.ndarray:
    r"""Measure the gradient of f by stepping a little to one side.

    $$\frac{\partial f}{\partial x_k} = \frac{f(x + h e_k) - f(x)}{h} + O(h) \tag{2.4}\label{eq:forward-difference}$$

    This is the definition of the derivative, with a small $h$ in place of the limit. It runs f once for each entry
    instead of twice. But the term in $f''$ stays: the error of the formula falls with $h$ only, not with $h^2$ as in
    $\eqref{eq:central-difference}$. At its best step it has eight digits right, where the central difference has ten.

    Args:
        f: a function of one array that returns one number.
        x: the point, any shape, real.
        h: the step, in units of x. Its best size differs from the central difference's.

    Returns:
        The measured gradient, shape of x.

    Examples:
        The slope of $x^2$ at 3, with $h = \tfrac12$: $(12.25 - 9)/0.5$, off by $h$:

        >>> import numpy as np
        >>> from backprop.derivation import forward_difference
        >>> float(forward_difference(lambda x: float(x**2), np.array(3.0), h=0.5))
        6.5

        The gradient has the shape of the point. Here $f = x_{11} + 2x_{12} + 3x_{13}$:

        >>> forward_difference(lambda x: float(np.sum(x * [[1, 2, 3]])), np.zeros((1, 3))).round(6)
        array([[1., 2., 3.]])

        A step ten times smaller makes the error ten times smaller, not a hundred times:

        >>> for h in (1e-1, 1e-2, 1e-3):
        ...     error = abs(float(forward_difference(np.sin, np.array(1.0), h)) - np.cos(1.0))
        ...     print(f"{error:.0e}")
        4e-02
        4e-03
        4e-04

    Source:
        Not in the source report.

    Next:
        `finite_difference_error` weighs the error of the formula against the error of rounding.
    """
    x = np.asarray(x, dtype=float)
    gradient = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[k] = h
        gradient[k] = (f(x + step) - f(x)) / h
    return gradient


def finite_difference_error(h: np.ndarray, c: float, p: int, r: float) -> np.ndarray:
    r"""Add up the two errors of a difference: the formula's and rounding's.

    $$E(h) = c\,h^{p} + \frac{r}{h} \tag{2.5}\label{eq:finite-difference-error}$$

    Expand $f(x \pm h) = f \pm hf' + \tfrac12h^2f'' \pm \tfrac16h^3f''' + \dots$ and put it into the quotient. The first
    term that is left beside $f'$ is the truncation error, $c\,h^p$. In floating point each value of f is off by about
    $\varepsilon\lvert f\rvert$, where $\varepsilon \approx 2\cdot10^{-16}$ is the machine precision. The subtraction
    keeps these errors and loses the digits that agree; the division by $h$ makes them large: $r/h$. The central
    difference has $c = \tfrac16\lvert f'''\rvert$, $p = 2$ and $r = \varepsilon\lvert f\rvert$, the forward difference
    $c = \tfrac12\lvert f''\rvert$, $p = 1$ and $r = 2\varepsilon\lvert f\rvert$. The complex step
    $\eqref{eq:complex-step}$ subtracts nothing: it has the central difference's $c$ and $p$, and $r = 0$.

    Args:
        h: the step, any shape, positive.
        c: the factor of the truncation error, from a higher derivative of f.
        p: its power.
        r: the rounding error of the difference, before the division by h.

    Returns:
        $E(h)$, same shape: a bound on the error of the measured slope, to leading order.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import finite_difference_error
        >>> finite_difference_error(0.5, c=2.0, p=2, r=0.25)
        1.0

        Three steps at once; both a smaller and a larger one may be worse:

        >>> finite_difference_error(np.array([0.5, 1.0, 2.0]), c=1.0, p=2, r=2.0)
        array([4.25, 3.  , 5.  ])

        The measured error of sin at 1 keeps within it; its third derivative is −cos:

        >>> from backprop.derivation import central_difference
        >>> eps = np.finfo(float).eps
        >>> for h in (1e-2, 1e-4, 1e-6, 1e-8):
        ...     error = abs(float(central_difference(np.sin, np.array(1.0), h)) - np.cos(1.0))
        ...     print(bool(error < finite_difference_error(h, np.cos(1.0) / 6, 2, eps * np.sin(1.0))))
        True
        True
        True
        True

    Source:
        Not in the source report.

    Next:
        `optimal_step_size` finds where the two are in balance.
    """
    return c * h**p + r / h


def optimal_step_size(c: float, p: int, r: float) -> float:
    r"""Find the step at which the error of a difference is least.

    $$h^{*} = \left(\frac{r}{p\,c}\right)^{1/(p+1)}, \qquad E(h^{*}) = \Bigl(1 + \frac{1}{p}\Bigr)\frac{r}{h^{*}}
    \tag{2.6}\label{eq:optimal-step-size}$$

    At the minimum of $\eqref{eq:finite-difference-error}$ its slope $p\,c\,h^{p-1} - r/h^2$ is zero; multiply by $h^2$
    and solve. Where f and its derivatives are all about 1, $r$ is about $\varepsilon$. Then the best step is about
    $\varepsilon^{1/3} = 6\cdot10^{-6}$ for the central difference, with an error of about $\varepsilon^{2/3} =
    4\cdot10^{-11}$. For the forward difference both are about $\varepsilon^{1/2} = 1.5\cdot10^{-8}$. Around its minimum
    $E$ is flat: a step three times too large costs one digit at most. Far below it a right formula looks wrong.

    Args:
        c: the factor of the truncation error, as in `finite_difference_error`. Not 0.
        p: its power: 2 for the central difference, 1 for the forward difference.
        r: the rounding error of the difference.

    Returns:
        The best step $h^*$, a number.

    Examples:
        With $c = 1$, $p = 2$ and $r = 16$ the error is $h^2 + 16/h$, least at 2:

        >>> from backprop.derivation import optimal_step_size, finite_difference_error
        >>> optimal_step_size(c=1.0, p=2, r=16.0), finite_difference_error(2.0, 1.0, 2, 16.0)
        (2.0, 12.0)

        Steps to both sides of it are worse:

        >>> finite_difference_error(1.9, 1.0, 2, 16.0) > 12.0, finite_difference_error(2.1, 1.0, 2, 16.0) > 12.0
        (True, True)

        In double precision, where f and its derivatives are 1, for the central and the forward difference:

        >>> import numpy as np
        >>> eps = np.finfo(float).eps
        >>> print(f"{optimal_step_size(1 / 6, 2, eps):.0e} {optimal_step_size(1 / 2, 1, 2 * eps):.0e}")
        9e-06 3e-08

    Source:
        Not in the source report.

    Next:
        `relu_central_difference` is the case that no step cures.
    """
    return float((r / (p * c)) ** (1 / (p + 1)))


def relu_central_difference(z: np.ndarray, h: float) -> np.ndarray:
    r"""Tell what the central difference measures across the kink of ReLU.

    $$\frac{\max(0, z + h) - \max(0, z - h)}{2h} = \frac{1}{2}\Bigl(1 + \frac{z}{h}\Bigr) \quad\text{where}\quad
    -h \le z \le h \tag{2.7}\label{eq:relu-central-difference}$$

    Within reach of the step the left end lies on the flat side and gives 0, the right end gives $z + h$. The quotient
    is a mixture of the two slopes 0 and 1 and may be off by up to one half. This is neither rounding nor a mistake in
    the formula that is checked. An entry whose step carries some unit's $z$ across 0 proves nothing, and a gradient
    check must leave it out and say so. A smaller step makes such entries rarer. At exactly $z = 0$ no step helps.

    Args:
        z: the pre-activation of a ReLU unit at the point itself, any shape, real.
        h: how far the step moves z to each side, positive.

    Returns:
        What is measured, same shape: 0 or 1 out of reach of the kink, between them within.

    Examples:
        On the kink, half way out, and out of reach:

        >>> import numpy as np
        >>> from backprop.derivation import relu_central_difference
        >>> relu_central_difference(np.array([0.0, 0.05, 0.2]), h=0.1)
        array([0.5 , 0.75, 1.  ])

        Each entry of a matrix goes its own way:

        >>> relu_central_difference(np.array([[-0.3, -0.05], [0.1, 7.0]]), h=0.1)
        array([[0.  , 0.25],
               [1.  , 1.  ]])

        It is what the central difference gives:

        >>> from backprop.derivation import central_difference
        >>> z = np.array([-0.3, -0.05, 0.0, 0.08, 0.1, 7.0])
        >>> measured = central_difference(lambda v: float(np.sum(np.maximum(v, 0))), z, h=0.1)
        >>> bool(np.allclose(relu_central_difference(z, 0.1), measured))
        True

    Source:
        Not in the source report, which checks no gradient by measuring it.

    Next:
        `mse_contributions` is the first thing whose slope we need.
    """
    return np.clip((1 + z / h) / 2, 0.0, 1.0)
