r"""Each unit applies one activation function; the way back needs only its slope.

An activation function bends what a unit has added up; it is also called a *non-linearity*. Without it, layers of
weights collapse to one (`linear_collapse`). It is one function of one number, applied to each unit alone, and
back-propagation needs only its slope. What goes in is called $z$, the *pre-activation*: the sum that a unit makes of
its inputs, in the next chapter. What comes out is $a$, the activation. Each function here stands beside its slope;
where the slope can be had from $a$, which the forward pass has kept, it is, because that saves an exponential. The
last function, softmax, is an exception, because each of its activations depends on all units of the layer.
"""

import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    r"""Squash a number to between 0 and 1.

    $$\sigma(z) = \frac{1}{1 + e^{-z}} \tag{4.1}\label{eq:sigmoid}$$

    Large $z$ gives almost 1, very negative $z$ almost 0, and $\sigma(0) = \tfrac12$. Mirror images add to one:
    $\sigma(-z) = 1 - \sigma(z)$. In the code the exponent is cut at 700, because $e^{710}$ overflows; beyond the cut
    the answer stays below $10^{-304}$.

    Args:
        z: the pre-activation $z$, any shape, real or complex.

    Returns:
        The activation $a = \sigma(z)$, same shape.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import sigmoid
        >>> float(sigmoid(0.0))
        0.5

        Each entry of a matrix goes its own way:

        >>> sigmoid(np.array([[0.0, np.log(3.0), -np.log(3.0)]])).round(2)
        array([[0.5 , 0.75, 0.25]])

        Far out it neither overflows nor warns:

        >>> sigmoid(np.array([-1000.0, 1000.0])).round(300)
        array([0., 1.])

    Source:
        The source report, `sigmoid(x) = 1/(1 + exp(−x))`, without the cut.

    Next:
        `sigmoid_derivative` is its slope.
    """
    return 1.0 / (1.0 + np.exp(np.minimum(-z, 700.0)))


def sigmoid_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate the sigmoid, given its input.

    $$\sigma'(z) = \frac{e^{-z}}{(1 + e^{-z})^2}
    = \frac{1}{1 + e^{-z}}\cdot\frac{e^{-z}}{1 + e^{-z}}
    = \sigma(z)\bigl(1 - \sigma(z)\bigr) \tag{4.2}\label{eq:sigmoid-derivative}$$

    The derivative of $1/u$ is $-u'/u^2$, and $u = 1 + e^{-z}$ has $u' = -e^{-z}$. The quotient splits into two factors;
    the second is $1 - \sigma(z)$, because the two numerators 1 and $e^{-z}$ add up to the denominator.

    Args:
        z: the pre-activation $z$, any shape. Not the activation $a$: for that there is
            `sigmoid_derivative_from_output`.

    Returns:
        $\partial a/\partial z = \sigma'(z)$, same shape.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import sigmoid_derivative
        >>> float(sigmoid_derivative(0.0))
        0.25

        The slope is the same on both sides of 0:

        >>> sigmoid_derivative(np.array([[-np.log(3.0), 0.0, np.log(3.0)]])).round(4)
        array([[0.1875, 0.25  , 0.1875]])

        Against the measured slope:

        >>> from backprop.derivation import complex_step, relative_error, sigmoid
        >>> z = np.array([[-3.0, 0.5, 2.0]])
        >>> relative_error(sigmoid_derivative(z), complex_step(lambda v: np.sum(sigmoid(v)), z)) < 1e-14
        True

    Source:
        The source report, *Backward pass*: ∂a/∂z = σ′(z).

    Next:
        `sigmoid_derivative_from_output` is the same slope from $a$.
    """
    return sigmoid(z) * (1.0 - sigmoid(z))


def sigmoid_derivative_from_output(a: np.ndarray) -> np.ndarray:
    r"""Differentiate the sigmoid, given its output.

    $$\sigma'(z) = a(1 - a) \le \tfrac14, \qquad a = \sigma(z) \tag{4.3}\label{eq:sigmoid-derivative-from-output}$$

    The forward pass has computed $a = \sigma(z)$ already, so the slope costs one product. The parabola $a(1-a)$ is
    highest at $a = \tfrac12$, where it is $\tfrac14$: every sigmoid that δ passes makes it at least four times
    smaller $\eqref{eq:delta-bound}$. A unit so far out that its curve is almost flat is called saturated.

    Args:
        a: the activation $a = \sigma(z)$, any shape, between 0 and 1. Not $z$: the parabola would fall without bound.
            Not $\sigma$ of $a$.

    Returns:
        $\partial a/\partial z$, same shape, between 0 and ¼.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import sigmoid_derivative_from_output
        >>> sigmoid_derivative_from_output(0.5), round(sigmoid_derivative_from_output(0.9), 2)
        (0.25, 0.09)

        A saturated unit passes almost nothing back:

        >>> sigmoid_derivative_from_output(np.array([[0.5, 0.99, 1.0]])).round(4)
        array([[0.25  , 0.0099, 0.    ]])

        It agrees with the slope from $z$, and not with the parabola of $z$:

        >>> from backprop.derivation import relative_error, sigmoid, sigmoid_derivative
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> relative_error(sigmoid_derivative_from_output(sigmoid(z)), sigmoid_derivative(z)) < 1e-15
        True
        >>> relative_error(sigmoid_derivative_from_output(z), sigmoid_derivative(z)) < 1e-1
        False

    Source:
        The source report, `derivative_sigmoid(x) = x(1 − x)`, which takes the activation though its name does not
        say so.

    Next:
        `tanh` is the sigmoid, stretched and centred.
    """
    return a * (1.0 - a)


def tanh(z: np.ndarray) -> np.ndarray:
    r"""Squash a number to between −1 and 1.

    $$\tanh(z) = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}} = 2\,\sigma(2z) - 1 \tag{4.4}\label{eq:tanh}$$

    Divide numerator and denominator by $e^{z}$: $(1 - e^{-2z})/(1 + e^{-2z}) = 2/(1 + e^{-2z}) - 1$. Compare with
    $\eqref{eq:sigmoid}$: it is the sigmoid, twice as tall, squeezed to half the width, so four times as steep, and
    centred at 0.

    Args:
        z: the pre-activation $z$, any shape, real or complex.

    Returns:
        The activation $a = \tanh(z)$, same shape.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import tanh
        >>> float(tanh(np.log(2.0)).round(12))
        0.6

        Odd, and flat far out:

        >>> tanh(np.array([[-1000.0, 0.0, 1000.0]]))
        array([[-1.,  0.,  1.]])

        The sigmoid in disguise:

        >>> from backprop.derivation import sigmoid
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(tanh(z), 2 * sigmoid(2 * z) - 1, rtol=1e-14))
        True

    Source:
        Not in the source report.

    Next:
        `tanh_derivative` is its slope.
    """
    return np.tanh(z)


def tanh_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate tanh, given its input.

    $$\tanh'(z) = 2\cdot 2\,\sigma(2z)\bigl(1 - \sigma(2z)\bigr) = 1 - \tanh^2(z) \tag{4.5}\label{eq:tanh-derivative}$$

    One factor 2 is the height in $\eqref{eq:tanh}$, the other the inner derivative of $2z$. With
    $\sigma(2z) = \tfrac12(1 + \tanh z)$ the product becomes $(1 + \tanh z)(1 - \tanh z)$.

    Args:
        z: the pre-activation $z$, any shape. Not $a$.

    Returns:
        $\partial a/\partial z = \tanh'(z)$, same shape.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import tanh_derivative
        >>> float(tanh_derivative(0.0)), float(tanh_derivative(np.log(2.0)).round(12))
        (1.0, 0.64)

        Each entry of a matrix goes its own way:

        >>> tanh_derivative(np.zeros((2, 3))).shape
        (2, 3)

        Against the measured slope:

        >>> from backprop.derivation import complex_step, relative_error, tanh
        >>> z = np.array([[-3.0, 0.5, 2.0]])
        >>> relative_error(tanh_derivative(z), complex_step(lambda v: np.sum(tanh(v)), z)) < 1e-13
        True

    Source:
        Not in the source report.

    Next:
        `tanh_derivative_from_output` is the same slope from $a$.
    """
    return 1.0 - np.tanh(z) ** 2


def tanh_derivative_from_output(a: np.ndarray) -> np.ndarray:
    r"""Differentiate tanh, given its output.

    $$\tanh'(z) = 1 - a^2 \le 1, \qquad a = \tanh(z) \tag{4.6}\label{eq:tanh-derivative-from-output}$$

    The largest slope is 1, at $a = 0$, four times the sigmoid's. A δ can pass an unsaturated tanh undiminished.

    Args:
        a: the activation $a = \tanh(z)$, any shape, between −1 and 1. Not $z$, and not tanh of $a$.

    Returns:
        $\partial a/\partial z$, same shape, between 0 and 1.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import tanh_derivative_from_output
        >>> tanh_derivative_from_output(0.0), round(tanh_derivative_from_output(0.6), 2)
        (1.0, 0.64)

        A row of three units:

        >>> tanh_derivative_from_output(np.array([[-1.0, 0.0, 0.5]]))
        array([[0.  , 1.  , 0.75]])

        It agrees with the slope from $z$:

        >>> from backprop.derivation import relative_error, tanh, tanh_derivative
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> relative_error(tanh_derivative_from_output(tanh(z)), tanh_derivative(z)) < 1e-15
        True

    Source:
        Not in the source report.

    Next:
        `relu` bends only once.
    """
    return 1.0 - a**2


def relu(z: np.ndarray) -> np.ndarray:
    r"""Keep the positive part of a number.

    $$R(z) = \max(0, z) \tag{4.7}\label{eq:relu}$$

    It does not saturate for positive $z$ and costs no exponential. Its outputs are never negative, so they are not
    centred at 0.

    Args:
        z: the pre-activation $z$, any shape, real. Not complex: a maximum needs an order.

    Returns:
        The activation $a = R(z)$, same shape.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import relu
        >>> relu(np.array([-2.0, 0.0, 3.0]))
        array([0., 0., 3.])

        Each entry of a matrix goes its own way:

        >>> relu(np.array([[1.0, -1.0, 2.0], [-3.0, 4.0, -5.0]]))
        array([[1., 0., 2.],
               [0., 4., 0.]])

        Two of them make the identity, so a ReLU layer can still be linear where it needs to be:

        >>> z = np.array([-2.0, 0.5, 3.0])
        >>> relu(z) - relu(-z)
        array([-2. ,  0.5,  3. ])

    Source:
        The source report, *Different activation functions*: R(z) = max(0, z).

    Next:
        `relu_derivative` is its slope, also at the kink.
    """
    return np.maximum(z, 0.0)


def relu_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate ReLU, choosing 0 at the kink.

    $$R'(z) = \begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases} \tag{4.8}\label{eq:relu-derivative}$$

    At $z = 0$ the slope is 0 from the left and 1 from the right, and no derivative exists; every number from 0 to 1 is
    a subgradient, the slope of a line through the kink that stays below the curve. We take 0, as most do. Because
    $a > 0$ exactly where $z > 0$, the question may be asked of the output as well.

    Args:
        z: the pre-activation $z$ or the activation $a$, any shape, real: the answer is the same.

    Returns:
        $\partial a/\partial z$, same shape, 0 or 1. A new array: the argument keeps its values.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import relu, relu_derivative
        >>> relu_derivative(np.array([-2.0, 0.0, 3.0]))
        array([0., 0., 1.])

        From the output it is the same, and the shape stays:

        >>> z = np.array([[1.0, -1.0, 0.0], [-3.0, 4.0, -5.0]])
        >>> bool(np.all(relu_derivative(relu(z)) == relu_derivative(z)))
        True

        Away from the kink it agrees with the measured slope:

        >>> from backprop.derivation import central_difference, relative_error
        >>> z = np.array([-2.0, 0.5, 3.0])
        >>> measured = central_difference(lambda v: float(np.sum(relu(v))), z)
        >>> relative_error(relu_derivative(z), measured) < 1e-9
        True

    Source:
        The source report, `derivative_ReLU(x) = 1.0·(x > 0)`.

    Next:
        `identity` does not bend at all.
    """
    return np.where(z > 0, 1.0, 0.0)


def identity(z: np.ndarray) -> np.ndarray:
    r"""Leave a number as it is.

    $$\phi(z) = z \tag{4.9}\label{eq:identity}$$

    A unit without activation. At the output of a network it lets answers leave the range of the sigmoid; between
    layers it makes two of them one (`linear_collapse`).

    Args:
        z: the pre-activation $z$, any shape.

    Returns:
        The activation $a = z$, the same array.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import identity
        >>> identity(-2.5)
        -2.5

        >>> identity(np.array([[1.0, -1.0, 2.0]]))
        array([[ 1., -1.,  2.]])

    Source:
        The source report, *Without activation functions*: a = z.

    Next:
        `identity_derivative` is the slope that the report forgot to change.
    """
    return z


def identity_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate the identity.

    $$\phi'(z) = 1 \tag{4.10}\label{eq:identity-derivative}$$

    Whoever removes an activation must remove its slope too. The source report removed only $\sigma$ and kept
    $a(1-a)$ of an $a$ that no longer stays between 0 and 1; its training overflowed.

    Args:
        z: the pre-activation $z$ or the activation $a$, any shape.

    Returns:
        Ones, same shape.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import identity_derivative
        >>> identity_derivative(np.array([[3.0, -1.0, 0.0]]))
        array([[1., 1., 1.]])

        The sigmoid's slope would have said something else, and far from 1:

        >>> from backprop.derivation import sigmoid_derivative_from_output
        >>> sigmoid_derivative_from_output(np.array([3.0, -1.0, 0.0]))
        array([-6., -2.,  0.])

        Against the measured slope:

        >>> from backprop.derivation import complex_step, identity, relative_error
        >>> z = np.array([[-3.0, 0.5, 2.0]])
        >>> measured = complex_step(lambda v: np.sum(identity(v)), z)
        >>> relative_error(identity_derivative(z), measured) < 1e-15
        True

    Source:
        The source report, *Without activation functions*, where it is missing.

    Next:
        `leaky_relu` is ReLU with a little of the identity.
    """
    return np.ones_like(z)


def leaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    r"""Keep the positive part of a number and a little of the negative.

    $$R_\alpha(z) = \begin{cases} z & z > 0 \\ \alpha z & z \le 0 \end{cases} \tag{4.11}\label{eq:leaky-relu}$$

    ReLU cuts negative numbers off, and its slope there is 0. Here they are only made small, so the slope is small and
    not 0, and no unit can die $\eqref{eq:dead-unit}$. With $\alpha = 0$ it is ReLU, with $\alpha = 1$ the identity.

    Args:
        z: the pre-activation $z$, any shape, real. Not complex: the question $z > 0$ needs an order.
        alpha: the slope $\alpha$ for negative $z$, between 0 and 1.

    Returns:
        The activation $a = R_\alpha(z)$, same shape.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import leaky_relu
        >>> leaky_relu(np.array([-2.0, 0.0, 3.0]))
        array([-0.02,  0.  ,  3.  ])

        Each entry of a matrix goes its own way:

        >>> leaky_relu(np.array([[1.0, -1.0, 2.0], [-3.0, 4.0, -5.0]]), alpha=0.5)
        array([[ 1. , -0.5,  2. ],
               [-1.5,  4. , -2.5]])

        Between ReLU and the identity:

        >>> from backprop.derivation import relu
        >>> z = np.array([-2.0, 0.5, 3.0])
        >>> bool(np.all(leaky_relu(z, alpha=0.0) == relu(z))), bool(np.all(leaky_relu(z, alpha=1.0) == z))
        (True, True)

    Source:
        Not in the source report; it mends the dead units that its *ReLU* section describes.

    Next:
        `leaky_relu_derivative` is its slope.
    """
    return np.where(z > 0, z, alpha * z)


def leaky_relu_derivative(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    r"""Differentiate leaky ReLU, choosing the slope from the left at the kink.

    $$R'_\alpha(z) = \begin{cases} 1 & z > 0 \\ \alpha & z \le 0 \end{cases}
    \tag{4.12}\label{eq:leaky-relu-derivative}$$

    Each piece is a line. At $z = 0$ every number from $\alpha$ to 1 is a subgradient; we take $\alpha$, as with ReLU we
    took 0. A δ that passes a unit that is off is multiplied by $\alpha$: it arrives, a hundred times weaker.

    Args:
        z: the pre-activation $z$ or the activation $a$, any shape, real: both have the same sign.
        alpha: the slope $\alpha$ for negative $z$, between 0 and 1; for $a$ in place of $z$, not 0 below.

    Returns:
        $\partial a/\partial z$, same shape, 1 or $\alpha$.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import leaky_relu, leaky_relu_derivative
        >>> leaky_relu_derivative(np.array([-2.0, 0.0, 3.0]))
        array([0.01, 0.01, 1.  ])

        From the output it is the same, and the shape stays:

        >>> z = np.array([[1.0, -1.0, 0.0], [-3.0, 4.0, -5.0]])
        >>> bool(np.all(leaky_relu_derivative(leaky_relu(z)) == leaky_relu_derivative(z)))
        True

        Away from the kink it agrees with the measured slope:

        >>> from backprop.derivation import central_difference, relative_error
        >>> z = np.array([-2.0, 0.5, 3.0])
        >>> measured = central_difference(lambda v: float(np.sum(leaky_relu(v))), z)
        >>> relative_error(leaky_relu_derivative(z), measured) < 1e-9
        True

    Source:
        Not in the source report.

    Next:
        `softplus` rounds the kink off.
    """
    return np.where(z > 0, 1.0, alpha)


def softplus(z: np.ndarray) -> np.ndarray:
    r"""Keep the positive part of a number, with the kink rounded off.

    $$s(z) = \ln(1 + e^{z}) = \max(0, z) + \ln\bigl(1 + e^{-\lvert z\rvert}\bigr) \tag{4.13}\label{eq:softplus}$$

    For large $z$ the 1 hardly counts and $s(z) \approx z$; for very negative $z$ it is almost 0. In between it goes
    smoothly from one to the other. The second form takes $e^{z}$ out of the bracket where $z > 0$:
    $\ln\bigl(e^{z}(e^{-z} + 1)\bigr) = z + \ln(1 + e^{-z})$. Its exponent is never positive, so it cannot overflow. In
    the code $-\lvert z\rvert$ is the smaller of $z$ and $-z$, which complex steps can pass.

    Args:
        z: the pre-activation $z$, any shape, real or complex.

    Returns:
        The activation $a = s(z)$, same shape, positive.

    Examples:
        At 0 it is ln 2; a ReLU is 0 there:

        >>> import numpy as np
        >>> from backprop.derivation import softplus
        >>> float(softplus(np.array(0.0)).round(4))
        0.6931

        Each entry of a matrix goes its own way, far out without a warning:

        >>> softplus(np.array([[-1000.0, -1.0, 0.0], [1.0, 2.0, 1000.0]])).round(1)
        array([[0.0e+00, 3.0e-01, 7.0e-01],
               [1.3e+00, 2.1e+00, 1.0e+03]])

        Both forms are the same number:

        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(softplus(z), np.log(1 + np.exp(z)), rtol=1e-14))
        True

    Source:
        Not in the source report.

    Next:
        `softplus_derivative` is its slope, an old acquaintance.
    """
    return np.maximum(z, 0.0) + np.log1p(np.exp(np.minimum(z, -z)))


def softplus_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate softplus: its slope is the sigmoid.

    $$s'(z) = \frac{e^{z}}{1 + e^{z}} = \frac{1}{1 + e^{-z}} = \sigma(z) \tag{4.14}\label{eq:softplus-derivative}$$

    The derivative of $\ln u$ is $u'/u$ with $u = 1 + e^{z}$ and $u' = e^{z}$. Dividing numerator and denominator by
    $e^{z}$ leaves the sigmoid $\eqref{eq:sigmoid}$. It is ReLU's step from 0 to 1, made smooth, and it is never 0.

    Args:
        z: the pre-activation $z$, any shape, real or complex. Not $a$: from the output the slope is $1 - e^{-a}$.

    Returns:
        $\partial a/\partial z = \sigma(z)$, same shape, between 0 and 1.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import softplus_derivative
        >>> float(softplus_derivative(0.0))
        0.5

        A row of three units:

        >>> softplus_derivative(np.array([[-np.log(3.0), 0.0, np.log(3.0)]])).round(2)
        array([[0.25, 0.5 , 0.75]])

        Against the measured slope, and from the output:

        >>> from backprop.derivation import complex_step, relative_error, softplus
        >>> z = np.array([[-3.0, 0.0, 2.0]])
        >>> relative_error(softplus_derivative(z), complex_step(lambda v: np.sum(softplus(v)), z)) < 1e-14
        True
        >>> relative_error(softplus_derivative(z), 1 - np.exp(-softplus(z))) < 1e-14
        True

    Source:
        Not in the source report.

    Next:
        `silu` lets a number through a gate.
    """
    return sigmoid(z)


def silu(z: np.ndarray) -> np.ndarray:
    r"""Let a number through a gate that it opens itself.

    $$u(z) = z\,\sigma(z) \tag{4.15}\label{eq:silu}$$

    The sigmoid is the gate: open for large $z$, shut for very negative $z$. So far out it is ReLU, in between it is
    smooth, and for negative $z$ it dips a little below 0. Its name is SiLU, sigmoid linear unit; it is also called
    swish.

    Args:
        z: the pre-activation $z$, any shape, real or complex.

    Returns:
        The activation $a = z\,\sigma(z)$, same shape.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import silu
        >>> float(silu(np.log(3.0)).round(4)), float((0.75 * np.log(3.0)).round(4))
        (0.824, 0.824)

        Each entry of a matrix goes its own way:

        >>> silu(np.array([[-5.0, -1.0, 0.0], [1.0, 5.0, 9.0]])).round(3)
        array([[-0.033, -0.269,  0.   ],
               [ 0.731,  4.967,  8.999]])

        The two gates add up to open, so a value and its mirror image differ by $z$:

        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(silu(z) - silu(-z), z, rtol=1e-14))
        True

    Source:
        Not in the source report.

    Next:
        `silu_derivative` is its slope.
    """
    return z * sigmoid(z)


def silu_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate SiLU.

    $$u'(z) = \sigma(z) + z\,\sigma'(z) = \sigma(z)\bigl(1 + z\,(1 - \sigma(z))\bigr)
    \tag{4.16}\label{eq:silu-derivative}$$

    The product rule: the number changes while the gate stands, and the gate changes while the number stands. The second
    form puts $\sigma' = \sigma(1 - \sigma)$ in $\eqref{eq:sigmoid-derivative}$. The slope passes 0 near $z = -1.28$,
    where the curve is lowest, and rises a little above 1 for positive $z$.

    Args:
        z: the pre-activation $z$, any shape, real or complex. Not $a$: two values of $z$ have the same $a$ left of
            the lowest point and right of it.

    Returns:
        $\partial a/\partial z$, same shape, between −0.1 and 1.1.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import silu_derivative
        >>> float(silu_derivative(0.0)), float(silu_derivative(np.log(3.0)).round(3))
        (0.5, 0.956)
        >>> float((0.75 * (1 + np.log(3.0) / 4)).round(3))
        0.956

        A row of three units, the first at the lowest point:

        >>> silu_derivative(np.array([[-1.2784645, 0.0, 1000.0]])).round(6)
        array([[0. , 0.5, 1. ]])

        Against the measured slope:

        >>> from backprop.derivation import complex_step, relative_error, silu
        >>> z = np.array([[-3.0, 0.5, 2.0]])
        >>> relative_error(silu_derivative(z), complex_step(lambda v: np.sum(silu(v)), z)) < 1e-14
        True

    Source:
        Not in the source report.

    Next:
        `log_sum_exp` looks at all units of a layer together.
    """
    return sigmoid(z) * (1.0 + z * (1.0 - sigmoid(z)))


def log_sum_exp(z: np.ndarray) -> np.ndarray:
    r"""Compute the logarithm of a sum of exponentials without overflow.

    $$\operatorname{lse}(z) = \ln\sum_{k} e^{z_k} = z_{\max} + \ln\sum_{k} e^{z_k - z_{\max}},
    \qquad z_{\max} = \max_k z_k \tag{4.17}\label{eq:log-sum-exp}$$

    The sum runs over the units of one layer, for each example alone. Computed as written first, $e^{710}$ overflows.
    Therefore we take the factor $e^{z_{\max}}$ out of the sum: its logarithm is $z_{\max}$, and the largest exponent
    that remains is 0. The result is larger than the maximum by the logarithm of the number of units at most, so it is a
    smooth maximum. For the two numbers $z$ and 0 it is softplus $\eqref{eq:softplus}$.

    Args:
        z: the pre-activations $z$, shape (..., d), real or complex. The shift is real, so complex steps work.

    Returns:
        $\operatorname{lse}(z)$, shape (...): one number for each row.

    Examples:
        The exponentials of ln 1, ln 2 and ln 3 add up to 6:

        >>> import numpy as np
        >>> from backprop.derivation import log_sum_exp
        >>> z = np.log(np.array([[1.0, 2.0, 3.0]]))
        >>> np.exp(log_sum_exp(z)).round(12)
        array([6.])

        Two examples with three units have two results, and large numbers do not overflow:

        >>> log_sum_exp(np.array([[1000.0, 0.0, -1000.0], [0.0, 0.0, 0.0]])).round(4)
        array([1000.    ,    1.0986])

        Beside 0, one number gives softplus:

        >>> from backprop.derivation import softplus
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(log_sum_exp(np.stack([z, 0 * z], axis=-1)), softplus(z), rtol=1e-14))
        True

    Source:
        Not in the source report.

    Next:
        `softmax` is its derivative.
    """
    z_max = np.max(np.real(z), axis=-1, keepdims=True)
    return z_max[..., 0] + np.log(np.sum(np.exp(z - z_max), axis=-1))


def softmax(z: np.ndarray) -> np.ndarray:
    r"""Turn the pre-activations of a layer into probabilities.

    $$a_k = \frac{e^{z_k}}{\sum_{j} e^{z_j}} = e^{z_k - \operatorname{lse}(z)} \tag{4.18}\label{eq:softmax}$$

    The exponentials make every number positive, and the division makes them sum to 1, so $a_k$ can be read as the
    probability of class $k$. Unlike the activations above, softmax is not element-wise: if one $z_k$ grows, all other
    activations shrink. Only differences count, because a constant $c$ added to every $z_k$ gives the factor $e^{c}$ in
    numerator and denominator. Therefore the code may subtract the maximum, so that nothing overflows. With the two
    pre-activations $z$ and 0 the first activation is $e^{z}/(e^{z} + 1) = \sigma(z)$, so the sigmoid is the softmax of
    two classes.

    Args:
        z: the pre-activations $z$, shape (..., d), real or complex: one row for each example. Not (d, N): the sum runs
            over the last axis.

    Returns:
        The activations $a$, same shape; each row is positive and sums to 1.

    Examples:
        Exponentials in the ratio 1 : 2 : 5:

        >>> import numpy as np
        >>> from backprop.derivation import softmax
        >>> softmax(np.log(np.array([[1.0, 2.0, 5.0]]))).round(12)
        array([[0.125, 0.25 , 0.625]])

        Two examples, each with three classes. Equal pre-activations give equal probabilities, and large ones do not
        overflow:

        >>> softmax(np.array([[1000.0, 1000.0, 1000.0], [1000.0, 0.0, -1000.0]])).round(4)
        array([[0.3333, 0.3333, 0.3333],
               [1.    , 0.    , 0.    ]])

        A constant added to a row changes nothing:

        >>> z = np.array([[0.3, -1.2, 2.0]])
        >>> bool(np.allclose(softmax(z + 5.0), softmax(z), rtol=1e-14))
        True

        Beside 0, one pre-activation gives the sigmoid:

        >>> from backprop.derivation import sigmoid
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(softmax(np.stack([z, 0 * z], axis=-1))[:, 0], sigmoid(z), rtol=1e-14))
        True

        It is the derivative of `log_sum_exp`, as the sigmoid is that of softplus:

        >>> from backprop.derivation import complex_step, log_sum_exp, relative_error
        >>> z = np.array([[0.3, -1.2, 2.0], [1.0, 0.0, -0.5]])
        >>> relative_error(softmax(z), complex_step(lambda v: np.sum(log_sum_exp(v)), z)) < 1e-14
        True

    Source:
        Not in the source report.

    Next:
        `softmax_jacobian` is its derivative, a matrix for each example.
    """
    e = np.exp(z - np.max(np.real(z), axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_jacobian(a: np.ndarray) -> np.ndarray:
    r"""Differentiate softmax, given its output.

    $$\frac{\partial a_k}{\partial z_j} = a_k\bigl([k = j] - a_j\bigr) \tag{4.19}\label{eq:softmax-jacobian}$$

    Every activation depends on every pre-activation, so the derivative is a matrix for each example, the Jacobian
    matrix. The bracket is 1 if $k = j$ and 0 otherwise. To see where it comes from, differentiate the exponent
    $z_k - \operatorname{lse}(z)$ of $\eqref{eq:softmax}$ with respect to $z_j$: the first term gives $[k = j]$, and the
    second gives $a_j$, because softmax is the derivative of $\operatorname{lse}$. The exponential brings the factor
    $a_k$. With $a$ as a column, the matrix is $\operatorname{diag}(a) - a\,a^\top$. It is symmetric, and its rows sum
    to 0 because a constant added to all $z_j$ changes nothing.

    Args:
        a: the activations $a$ of a softmax layer, shape (..., d). Not the pre-activations $z$.

    Returns:
        The Jacobian matrices, shape (..., d, d): entry $(k, j)$ is $\partial a_k/\partial z_j$.

    Examples:
        Two classes of probability ½. The diagonal holds the sigmoid's ¼:

        >>> import numpy as np
        >>> from backprop.derivation import softmax_jacobian
        >>> softmax_jacobian(np.array([0.5, 0.5]))
        array([[ 0.25, -0.25],
               [-0.25,  0.25]])

        Five examples with three classes have five matrices, and every row of each sums to 0:

        >>> from backprop.derivation import softmax
        >>> z = np.linspace(-2, 2, 15).reshape(5, 3) ** 2
        >>> jacobian = softmax_jacobian(softmax(z))
        >>> jacobian.shape, bool(abs(jacobian.sum(axis=-1)).max() < 1e-15)
        ((5, 3, 3), True)

        Row 1 of the first example against the numerical derivative of its activation $a_1$:

        >>> from backprop.derivation import complex_step, relative_error
        >>> relative_error(jacobian[0, 1], complex_step(lambda v: softmax(v)[1], z[0])) < 1e-14
        True

    Source:
        Not in the source report.

    Next:
        `weighted_sum` puts a unit together.
    """
    return a[..., :, None] * (np.eye(a.shape[-1]) - a[..., None, :])
