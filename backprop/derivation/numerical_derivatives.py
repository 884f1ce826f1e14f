r"""Compute a gradient numerically before you derive it.

How do we know that a derivation is correct? This chapter computes derivatives numerically, from values of the function
alone, so that every later chapter can compare its formula with a result that does not depend on it.

A derivation may contain an incorrect sign, an extra transpose or a missing factor of two, and the network will often
still train. We therefore compute the *numerical* gradient first, from the definition of the derivative and without the
chain rule. The *analytic* gradient is what our formulas give, and a gradient check compares the two. The numerical
gradient is far too slow for training (`finite_difference_cost`), but a mistake in the derivation does not affect it.
"""

from collections.abc import Callable

import numpy as np


def central_difference(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    h: float = 6e-6,
) -> np.ndarray:
    r"""Compute the numerical gradient of f by the central difference, with a step to both sides.

    $$\frac{\partial f}{\partial x_k} = \frac{f(x + h e_k) - f(x - h e_k)}{2h} + O(h^2)
    \tag{2.1}\label{eq:central-difference}$$

    Here $e_k$ is the vector that is 1 in entry $k$ and 0 elsewhere. By Taylor's formula, which for one variable says
    $f(x \pm h) = f(x) \pm hf'(x) + \tfrac12h^2f''(x) \pm \dots$, the terms with $f''$ cancel in the difference. The
    error that the remaining terms cause is called the truncation error, and it falls with $h^2$. The rounding error,
    however, grows with $1/h$, because a computer keeps only about 16 digits and the small difference is divided by $h$.
    Their sum is least near $h = 6\times10^{-6}$, the cube root of the machine precision $2\times10^{-16}$, as
    $\eqref{eq:optimal-step-size}$ will show, and there about ten digits are correct.

    Args:
        f: a function of one array that returns one number.
        x: the point, any shape, real. It must not be near a kink of f, where the derivative jumps, as
            that of the absolute value does at 0.
        h: the step size, in units of x.

    Returns:
        The numerical gradient, shape of x.

    Examples:
        The derivative of $x^2$ at 3 is 6:

        >>> import numpy as np
        >>> from backprop.derivation import central_difference
        >>> float(central_difference(lambda x: float(x**2), np.array(3.0)).round(6))
        6.0

        The gradient has the shape of the point, here for $f = x_{11} + 2x_{12} + 3x_{13}$:

        >>> central_difference(lambda x: float(np.sum(x * [[1, 2, 3]])), np.zeros((1, 3))).round(6)
        array([[1., 2., 3.]])

        A step ten times smaller makes the error a hundred times smaller, until rounding dominates:

        >>> for h in (1e-1, 1e-2, 1e-3):
        ...     error = abs(float(central_difference(np.sin, np.array(1.0), h)) - np.cos(1.0))
        ...     print(f"{error:.0e}")
        9e-04
        9e-06
        9e-08

    Source:
        The report computes no numerical gradient and checks its gradients only by training.

    Next:
        `complex_step` avoids the rounding error of the subtraction.
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
    r"""Compute the numerical gradient of an analytic f by the complex step, without a subtraction.

    $$\frac{\partial f}{\partial x_k} = \frac{\operatorname{Im} f(x + i h e_k)}{h} + O(h^2)
    \tag{2.2}\label{eq:complex-step}$$

    Here $i$ is the imaginary unit, so $i^2 = -1$. A function is called *analytic* if Taylor's formula with all its
    terms holds for complex numbers as well. This sense of the word has nothing to do with the analytic gradient. We
    expand $f(x + ih) = f(x) + ih f'(x) - \tfrac12 h^2 f''(x) - \dots$ and take the imaginary part, which does not
    contain $f(x)$. Nothing is subtracted, so no digits cancel. We can therefore choose $h$ so small that the truncation
    error vanishes, and the result is correct to the last digits.

    Args:
        f: a function of one array that returns one number, analytic: made of sums, products, exp, tanh and the
            like. ReLU and abs are not analytic, nor is anything else that depends on the sign of a number.
        x: the point, any shape, real.
        h: the step size, in units of x.

    Returns:
        The numerical gradient, shape of x, real.

    Examples:
        The derivative of $x^2$ at 3 is 6, and no rounding is needed to show it:

        >>> import numpy as np
        >>> from backprop.derivation import complex_step
        >>> float(complex_step(lambda x: x**2, np.array(3.0)))
        6.0

        The gradient has the shape of the point:

        >>> complex_step(lambda x: np.sum(x * [[1, 2, 3]]), np.zeros((1, 3)))
        array([[1., 2., 3.]])

        The central difference has about ten correct digits, whereas the complex step has sixteen:

        >>> bool(abs(complex_step(np.sin, np.array(1.0)) - np.cos(1.0)) < 1e-15)
        True

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


def relative_error(g: np.ndarray, g_numerical: np.ndarray) -> float:
    r"""Compare two gradients by one number, their relative error.

    $$\varepsilon = \frac{\lVert g - \tilde g\rVert}{\max\bigl(\lVert g\rVert, \lVert \tilde g\rVert\bigr)}
    \tag{2.3}\label{eq:relative-error}$$

    A difference means little without a scale, because the gradient of a trained network is tiny, and so is its absolute
    error, whether the formula is correct or not. We therefore divide by the larger of the two norms. A correct formula
    then usually gives $10^{-9}$ or less against the central difference and about $10^{-15}$ against the complex step.
    If every sign is reversed, the relative error is 2, and most other mistakes give 0.1 to 1.

    Args:
        g: the analytic gradient $g$, any shape.
        g_numerical: the numerical gradient $\tilde g$, same shape.

    Returns:
        $\varepsilon$, between 0 and 2. Two zero gradients have error 0. If one entry is NaN, so is the error.

    Examples:
        We compare three gradients with $g$: $g$ itself, one that is 10% too large, and one of the opposite sign:

        >>> import numpy as np
        >>> from backprop.derivation import relative_error
        >>> g = np.array([3.0, 4.0])
        >>> relative_error(g, g), round(relative_error(1.1 * g, g), 3), relative_error(-g, g)
        (0.0, 0.091, 2.0)

        A matrix counts as one vector, and the error does not depend on the size of the gradients:

        >>> relative_error(np.zeros((2, 3)), np.ones((2, 3))), relative_error(np.array(1e-200), np.array(-1e-200))
        (1.0, 2.0)

        The correct gradient agrees with the numerical one, and a missing factor of two is detected:

        >>> from backprop.derivation import central_difference
        >>> numerical = central_difference(lambda x: float(np.sum(x**2)), g)
        >>> relative_error(2 * g, numerical) < 1e-9, relative_error(g, numerical) < 1e-9
        (True, False)

    Next:
        `forward_difference` needs about half as many values of f.
    """
    a, b = np.ravel(g), np.ravel(g_numerical)
    largest = np.max(np.abs([a, b]), initial=0.0)
    if largest == 0:
        return 0.0
    a, b = a / largest, b / largest  # the squares of very small or very large entries would be 0 or infinite
    return float(np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b)))


def forward_difference(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    h: float = 1.5e-8,
) -> np.ndarray:
    r"""Compute the numerical gradient of f by the forward difference, with a step to one side.

    $$\frac{\partial f}{\partial x_k} = \frac{f(x + h e_k) - f(x)}{h} + O(h) \tag{2.4}\label{eq:forward-difference}$$

    This is the definition of the derivative, with a small $h$ in place of the limit. Since $f(x)$ is the same for all
    entries, the forward difference needs only one further value of f for each entry rather than two. However, the term
    with $f''$ remains, so the truncation error falls only with $h$, whereas it falls with $h^2$ in
    $\eqref{eq:central-difference}$. With the best step size, eight digits are correct rather than ten.

    Args:
        f: a function of one array that returns one number.
        x: the point, any shape, real.
        h: the step size, in units of x. Its best value differs from that of the central difference.

    Returns:
        The numerical gradient, shape of x.

    Examples:
        For $x^2$ at 3 with $h = \tfrac12$ we obtain $(12.25 - 9)/0.5$, which differs from 6 by $h$:

        >>> import numpy as np
        >>> from backprop.derivation import forward_difference
        >>> float(forward_difference(lambda x: float(x**2), np.array(3.0), h=0.5))
        6.5

        The gradient has the shape of the point, here for $f = x_{11} + 2x_{12} + 3x_{13}$:

        >>> forward_difference(lambda x: float(np.sum(x * [[1, 2, 3]])), np.zeros((1, 3))).round(6)
        array([[1., 2., 3.]])

        A step ten times smaller makes the error only ten times smaller:

        >>> for h in (1e-1, 1e-2, 1e-3):
        ...     error = abs(float(forward_difference(np.sin, np.array(1.0), h)) - np.cos(1.0))
        ...     print(f"{error:.0e}")
        4e-02
        4e-03
        4e-04

    Next:
        `finite_difference_error` adds the truncation error and the rounding error.
    """
    x = np.asarray(x, dtype=float)
    gradient = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[k] = h
        gradient[k] = (f(x + step) - f(x)) / h
    return gradient


def finite_difference_error(h: np.ndarray, c: float, p: int, r: float) -> np.ndarray:
    r"""Compute the error of a finite difference, the sum of its truncation error and its rounding error.

    $$E(h) = c\,h^{p} + \frac{r}{h} \tag{2.5}\label{eq:finite-difference-error}$$

    Expand $f(x \pm h) = f \pm hf' + \tfrac12h^2f'' \pm \tfrac16h^3f''' + \dots$ and insert it into the quotient. The
    first term that remains besides $f'$ is the truncation error, $c\,h^p$. In floating point each value of f has a
    rounding error of about $\varepsilon\lvert f\rvert$, where $\varepsilon \approx 2\times10^{-16}$ is the machine
    precision rather than the relative error of $\eqref{eq:relative-error}$. The subtraction keeps these errors while
    the equal digits cancel, and the division by $h$ makes them large, so they contribute $r/h$. Each quotient contains
    two such errors. The central difference, which divides them by $2h$, has $c = \tfrac16\lvert f'''\rvert$, $p = 2$
    and $r = \varepsilon\lvert f\rvert$, and the forward difference, which divides them by $h$, has
    $c = \tfrac12\lvert f''\rvert$, $p = 1$ and $r = 2\varepsilon\lvert f\rvert$. The complex step
    $\eqref{eq:complex-step}$ subtracts nothing, so it has the same $c$ and $p$ as the central difference, but $r = 0$.

    The model leaves out that $x \pm h$ is rounded as well. This adds about $\varepsilon\lvert x f'\rvert/h$, which is
    the larger part if $\lvert x\rvert$ is large or $f$ is near zero.

    Args:
        h: the step size, any shape, positive.
        c: the factor of the truncation error, from a higher derivative of f.
        p: the power of h in the truncation error.
        r: what is divided by h in the rounding error: for the forward difference the rounding error of the difference,
            for the central difference half of it.

    Returns:
        $E(h)$, same shape: an estimate of the largest error of the numerical derivative, to leading order.

    Examples:
        Here the truncation error and the rounding error are both 0.5:
        >>> import numpy as np
        >>> from backprop.derivation import finite_difference_error
        >>> finite_difference_error(0.5, c=2.0, p=2, r=0.25)
        1.0

        Of three steps, the middle one has the least error:

        >>> finite_difference_error(np.array([0.5, 1.0, 2.0]), c=1.0, p=2, r=2.0)
        array([4.25, 3.  , 5.  ])

        The actual error for sin at 1, whose third derivative is −cos, stays below this bound:

        >>> from backprop.derivation import central_difference
        >>> eps = np.finfo(float).eps
        >>> for h in (1e-2, 1e-4, 1e-6, 1e-8):
        ...     error = abs(float(central_difference(np.sin, np.array(1.0), h)) - np.cos(1.0))
        ...     print(bool(error < finite_difference_error(h, np.cos(1.0) / 6, 2, eps * np.sin(1.0))))
        True
        True
        True
        True

    Next:
        `optimal_step_size` finds the step size at which this error is least.
    """
    return c * h**p + r / h


def optimal_step_size(c: float, p: int, r: float) -> float:
    r"""Find the optimal step size of a finite difference, the one with the least error.

    $$h^{*} = \left(\frac{r}{p\,c}\right)^{1/(p+1)}, \qquad E(h^{*}) = \Bigl(1 + \frac{1}{p}\Bigr)\frac{r}{h^{*}}
    \tag{2.6}\label{eq:optimal-step-size}$$

    At the minimum of $\eqref{eq:finite-difference-error}$ the derivative $p\,c\,h^{p-1} - r/h^2$ is zero, so we
    multiply by $h^2$ and solve for $h$. If f and its derivatives are all about 1, then $r$ is about $\varepsilon$.
    Apart from factors such as $c$ and $p$, the best step size is therefore $\varepsilon^{1/3} = 6\times10^{-6}$ for the
    central difference, with an error of about $\varepsilon^{2/3} = 4\times10^{-11}$. For the forward difference both
    are about $\varepsilon^{1/2} = 1.5\times10^{-8}$. Near its minimum $E$ is flat, so a step three times too large
    costs at most one digit. If the step is far smaller than $h^*$, however, even a correct formula seems incorrect.

    Args:
        c: the factor of the truncation error, as in `finite_difference_error`, greater than 0.
        p: the power of h in the truncation error: 2 for the central difference, 1 for the forward difference.
        r: as for `finite_difference_error`.

    Returns:
        The best step size $h^*$, a number.

    Examples:
        With $c = 1$, $p = 2$ and $r = 16$ the error is $h^2 + 16/h$, which is least at 2:

        >>> from backprop.derivation import optimal_step_size, finite_difference_error
        >>> optimal_step_size(c=1.0, p=2, r=16.0), finite_difference_error(2.0, 1.0, 2, 16.0)
        (2.0, 12.0)

        A smaller and a larger step both have a larger error:

        >>> finite_difference_error(1.9, 1.0, 2, 16.0) > 12.0, finite_difference_error(2.1, 1.0, 2, 16.0) > 12.0
        (True, True)

        If f and its derivatives equal 1, the central difference has $c = \tfrac16$ and $r = \varepsilon$, so its best
        step is $(3\varepsilon)^{1/3}$. The forward difference has $c = \tfrac12$ and $r = 2\varepsilon$, so its best
        step is $2\varepsilon^{1/2}$. In double precision these are:

        >>> import numpy as np
        >>> eps = np.finfo(float).eps
        >>> print(f"{optimal_step_size(1 / 6, 2, eps):.0e} {optimal_step_size(1 / 2, 1, 2 * eps):.0e}")
        9e-06 3e-08

    Next:
        `relu_central_difference` is a case in which no step size helps.
    """
    return float((r / (p * c)) ** (1 / (p + 1)))


def relu_central_difference(z: np.ndarray, h: float) -> np.ndarray:
    r"""Compute the central difference of ReLU across its kink.

    $$\frac{\max(0, z + h) - \max(0, z - h)}{2h} = \frac{1}{2}\Bigl(1 + \frac{z}{h}\Bigr) \quad\text{where}\quad
    -h \le z \le h \tag{2.7}\label{eq:relu-central-difference}$$

    ReLU is the activation function $\max(0, z)$ of chapter 4, and its kink is at $z = 0$, where its derivative jumps
    from 0 to 1. If the step reaches across the kink, the left end lies where ReLU is 0, and the right end gives $z +
    h$. The quotient is then a mixture of the two derivatives 0 and 1, and it may be off by up to one half. This is
    neither a rounding error nor a mistake in the formula that you check. In a network, a step in one weight changes the
    $z$ of many units. If one of them crosses 0, the corresponding entry of the numerical gradient proves nothing, so a
    gradient check must leave it out and say so. A smaller step makes such entries rarer, but at exactly $z = 0$ no step
    size helps.

    Args:
        z: the pre-activation of a ReLU unit at the point itself, any shape, real.
        h: how far the step moves z to each side, positive.

    Returns:
        The central difference, same shape: 0 or 1 where the step does not reach the kink, in between where it does.

    Examples:
        The three points lie on the kink, half a step away, and out of reach:

        >>> import numpy as np
        >>> from backprop.derivation import relu_central_difference
        >>> relu_central_difference(np.array([0.0, 0.05, 0.2]), h=0.1)
        array([0.5 , 0.75, 1.  ])

        A matrix is treated element-wise:

        >>> relu_central_difference(np.array([[-0.3, -0.05], [0.1, 7.0]]), h=0.1)
        array([[0.  , 0.25],
               [1.  , 1.  ]])

        The result is that of the central difference:

        >>> from backprop.derivation import central_difference
        >>> z = np.array([-0.3, -0.05, 0.0, 0.08, 0.1, 7.0])
        >>> numerical = central_difference(lambda v: float(np.sum(np.maximum(v, 0))), z, h=0.1)
        >>> bool(np.allclose(relu_central_difference(z, 0.1), numerical))
        True

    Next:
        `mse_contributions` begins with the first function that we differentiate, the loss.
    """
    return np.clip((1 + z / h) / 2, 0.0, 1.0)
