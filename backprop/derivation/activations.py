r"""Define the activation functions and their derivatives.

What does a unit compute from its weighted sum, and what is the derivative of this step? This chapter defines the
activation functions used here, each together with its derivative, which is all that backpropagation needs of it.

An activation function $\phi$ is applied to the weighted sum of a unit and makes the unit *nonlinear*. Without it, all
layers of weights collapse into one (`collapse_linear_layers`). Its input $z$ is called the *pre-activation*, because it
is the weighted sum before the function is applied, and the next chapter computes it. Its output $a$ is called the
activation. Because the function acts on each unit separately, its derivative is one number for each unit. Where
possible, we also compute the derivative from $a$, because the forward pass has kept $a$ and this saves an exponential.
The last function, softmax, does not act on each unit separately, because each of its activations depends on all units
of the layer.
"""

import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    r"""Apply the sigmoid, which maps a number to a value between 0 and 1.

    $$\sigma(z) = \frac{1}{1 + e^{-z}} \tag{4.1}\label{eq:sigmoid}$$

    The sigmoid, also called the logistic function, maps a large $z$ to almost 1 and a very negative $z$ to almost 0,
    and $\sigma(0) = \tfrac12$. The values at $z$ and $-z$ add up to one, so $\sigma(-z) = 1 - \sigma(z)$. In the code
    the exponent is clipped at 700, because $e^{710}$ overflows in double precision, and beyond this point the result
    stays below $10^{-304}$.

    Args:
        z: the pre-activation $z$, any shape, real or complex.

    Returns:
        The activation $a = \sigma(z)$, same shape.

    Examples:
        At 0 the sigmoid is one half:
        >>> import numpy as np
        >>> from backprop.derivation import sigmoid
        >>> float(sigmoid(0.0))
        0.5

        A matrix is treated element-wise:

        >>> sigmoid(np.array([[0.0, np.log(3.0), -np.log(3.0)]])).round(2)
        array([[0.5 , 0.75, 0.25]])

        In double precision it neither overflows nor warns, however large its argument is:

        >>> sigmoid(np.array([-1000.0, 1000.0])).round(300)
        array([0., 1.])

    Source:
        The report, `sigmoid(x) = 1/(1 + exp(−x))`, which does not clip the exponent.

    Next:
        `sigmoid_derivative` is its derivative.
    """
    return 1.0 / (1.0 + np.exp(np.minimum(-z, 700.0)))


def sigmoid_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate the sigmoid with respect to z, given z.

    $$\sigma'(z) = \frac{e^{-z}}{(1 + e^{-z})^2}
    = \frac{1}{1 + e^{-z}}\cdot\frac{e^{-z}}{1 + e^{-z}}
    = \sigma(z)\bigl(1 - \sigma(z)\bigr) \tag{4.2}\label{eq:sigmoid-derivative}$$

    The derivative of $1/u$ is $-u'/u^2$, and $u = 1 + e^{-z}$ has $u' = -e^{-z}$. We split the quotient into two
    factors, which have the same denominator. The first factor is $\sigma(z)$. The two numerators, 1 and $e^{-z}$, add
    up to this denominator, so the second factor is $1 - \sigma(z)$.

    Args:
        z: the pre-activation $z$, any shape. If you have the activation $a$ instead, call
            `sigmoid_derivative_from_output`.

    Returns:
        $\partial a/\partial z = \sigma'(z)$, same shape.

    Examples:
        At 0 the derivative is a quarter:
        >>> import numpy as np
        >>> from backprop.derivation import sigmoid_derivative
        >>> float(sigmoid_derivative(0.0))
        0.25

        The derivative is the same on both sides of 0:

        >>> sigmoid_derivative(np.array([[-np.log(3.0), 0.0, np.log(3.0)]])).round(4)
        array([[0.1875, 0.25  , 0.1875]])

        The result equals the numerical derivative:

        >>> from backprop.derivation import complex_step, relative_error, sigmoid
        >>> z = np.array([[-3.0, 0.5, 2.0]])
        >>> relative_error(sigmoid_derivative(z), complex_step(lambda v: np.sum(sigmoid(v)), z)) < 1e-14
        True

    Source:
        The report, *Backward pass*: ∂a/∂z = σ′(z).

    Next:
        `sigmoid_derivative_from_output` computes the same derivative from $a$.
    """
    return sigmoid(z) * (1.0 - sigmoid(z))


def sigmoid_derivative_from_output(a: np.ndarray) -> np.ndarray:
    r"""Differentiate the sigmoid with respect to z, given its output a.

    $$\sigma'(z) = a(1 - a) \le \tfrac14, \qquad a = \sigma(z) \tag{4.3}\label{eq:sigmoid-derivative-from-output}$$

    The forward pass has already computed $a = \sigma(z)$, so the derivative costs only one multiplication. The parabola
    $a(1-a)$ has its maximum $\tfrac14$ at $a = \tfrac12$. In the backward pass the gradient that arrives at a
    sigmoid is multiplied by this derivative, and the product is what we shall call δ $\eqref{eq:delta}$. Each sigmoid
    therefore reduces the gradient to at most a quarter, although the weights may enlarge it again
    $\eqref{eq:delta-bound}$. If $z$ is so large or so
    negative that the curve is almost flat, the unit is called saturated.

    Args:
        a: the activation $a = \sigma(z)$, any shape, between 0 and 1. Do not pass $z$, for which the parabola would be
            unbounded, or $\sigma(a)$.

    Returns:
        $\partial a/\partial z$, same shape, between 0 and ¼.

    Examples:
        The derivative is largest at $a = 0.5$:
        >>> import numpy as np
        >>> from backprop.derivation import sigmoid_derivative_from_output
        >>> sigmoid_derivative_from_output(0.5), round(sigmoid_derivative_from_output(0.9), 2)
        (0.25, 0.09)

        A saturated unit has a derivative near 0:

        >>> sigmoid_derivative_from_output(np.array([[0.5, 0.99, 1.0]])).round(4)
        array([[0.25  , 0.0099, 0.    ]])

        The result agrees with the derivative from $z$, whereas the parabola of $z$ does not:

        >>> from backprop.derivation import relative_error, sigmoid, sigmoid_derivative
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> relative_error(sigmoid_derivative_from_output(sigmoid(z)), sigmoid_derivative(z)) < 1e-15
        True
        >>> relative_error(sigmoid_derivative_from_output(z), sigmoid_derivative(z)) < 1e-1
        False

    Source:
        The report, `derivative_sigmoid(x) = x(1 − x)`, which expects the activation, although its name does not say so.

    Next:
        `tanh` is a scaled and centred sigmoid.
    """
    return a * (1.0 - a)


def tanh(z: np.ndarray) -> np.ndarray:
    r"""Apply tanh, which maps a number to a value between −1 and 1.

    $$\tanh(z) = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}} = 2\,\sigma(2z) - 1 \tag{4.4}\label{eq:tanh}$$

    If we divide numerator and denominator by $e^{z}$, we obtain $(1 - e^{-2z})/(1 + e^{-2z}) = 2/(1 + e^{-2z}) - 1$. A
    comparison with $\eqref{eq:sigmoid}$ shows that tanh is a sigmoid of twice the height and half the width, so it is
    four times as steep, and it is centred at 0.

    Args:
        z: the pre-activation $z$, any shape, real or complex.

    Returns:
        The activation $a = \tanh(z)$, same shape.

    Examples:
        At ln 2 the value is 0.6:
        >>> import numpy as np
        >>> from backprop.derivation import tanh
        >>> float(tanh(np.log(2.0)).round(12))
        0.6

        The function is odd, and it saturates far from 0:

        >>> tanh(np.array([[-1000.0, 0.0, 1000.0]]))
        array([[-1.,  0.,  1.]])

        The result equals the scaled sigmoid:

        >>> from backprop.derivation import sigmoid
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(tanh(z), 2 * sigmoid(2 * z) - 1, rtol=1e-14))
        True

    Next:
        `tanh_derivative` is its derivative.
    """
    return np.tanh(z)


def tanh_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate tanh with respect to z, given z.

    $$\tanh'(z) = 2\cdot 2\,\sigma(2z)\bigl(1 - \sigma(2z)\bigr) = 1 - \tanh^2(z) \tag{4.5}\label{eq:tanh-derivative}$$

    One factor 2 is the height in $\eqref{eq:tanh}$, and the other is the inner derivative of $2z$. Because
    $\sigma(2z) = \tfrac12(1 + \tanh z)$, the product becomes $(1 + \tanh z)(1 - \tanh z)$.

    Args:
        z: the pre-activation $z$, any shape. Do not pass $a$.

    Returns:
        $\partial a/\partial z = \tanh'(z)$, same shape.

    Examples:
        The derivative is 1 at 0 and smaller elsewhere:
        >>> import numpy as np
        >>> from backprop.derivation import tanh_derivative
        >>> float(tanh_derivative(0.0)), float(tanh_derivative(np.log(2.0)).round(12))
        (1.0, 0.64)

        A matrix is treated element-wise:

        >>> tanh_derivative(np.zeros((2, 3))).shape
        (2, 3)

        The result equals the numerical derivative:

        >>> from backprop.derivation import complex_step, relative_error, tanh
        >>> z = np.array([[-3.0, 0.5, 2.0]])
        >>> relative_error(tanh_derivative(z), complex_step(lambda v: np.sum(tanh(v)), z)) < 1e-13
        True

    Next:
        `tanh_derivative_from_output` computes the same derivative from $a$.
    """
    return 1.0 - np.tanh(z) ** 2


def tanh_derivative_from_output(a: np.ndarray) -> np.ndarray:
    r"""Differentiate tanh with respect to z, given its output a.

    $$\tanh'(z) = 1 - a^2 \le 1, \qquad a = \tanh(z) \tag{4.6}\label{eq:tanh-derivative-from-output}$$

    The largest derivative is 1, at $a = 0$, which is four times that of the sigmoid. A tanh unit whose activation is
    near 0 can therefore propagate δ almost undiminished.

    Args:
        a: the activation $a = \tanh(z)$, any shape, between −1 and 1. Do not pass $z$, or tanh of $a$.

    Returns:
        $\partial a/\partial z$, same shape, between 0 and 1.

    Examples:
        The derivative is largest at a = 0:
        >>> import numpy as np
        >>> from backprop.derivation import tanh_derivative_from_output
        >>> tanh_derivative_from_output(0.0), round(tanh_derivative_from_output(0.6), 2)
        (1.0, 0.64)

        A row of three units has three derivatives:

        >>> tanh_derivative_from_output(np.array([[-1.0, 0.0, 0.5]]))
        array([[0.  , 1.  , 0.75]])

        The result agrees with the derivative from $z$:

        >>> from backprop.derivation import relative_error, tanh, tanh_derivative
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> relative_error(tanh_derivative_from_output(tanh(z)), tanh_derivative(z)) < 1e-15
        True

    Next:
        `relu` is linear on each side of 0.
    """
    return 1.0 - a**2


def relu(z: np.ndarray) -> np.ndarray:
    r"""Apply ReLU, which keeps the positive part of a number.

    $$R(z) = \max(0, z) \tag{4.7}\label{eq:relu}$$

    ReLU stands for rectified linear unit. It does not saturate for positive $z$, and it needs no exponential. Its
    outputs are never negative, so they are not centred at 0 as those of tanh are.

    Args:
        z: the pre-activation $z$, any shape, real rather than complex, because a maximum needs an order.

    Returns:
        The activation $a = R(z)$, same shape.

    Examples:
        Negative numbers become 0, and positive ones stay as they are:
        >>> import numpy as np
        >>> from backprop.derivation import relu
        >>> relu(np.array([-2.0, 0.0, 3.0]))
        array([0., 0., 3.])

        A matrix is treated element-wise:

        >>> relu(np.array([[1.0, -1.0, 2.0], [-3.0, 4.0, -5.0]]))
        array([[1., 0., 2.],
               [0., 4., 0.]])

        The difference of two ReLUs is the identity, so a layer of ReLUs can still represent a linear function:

        >>> z = np.array([-2.0, 0.5, 3.0])
        >>> relu(z) - relu(-z)
        array([-2. ,  0.5,  3. ])

    Source:
        The report, *Different activation functions*: R(z) = max(0, z).

    Next:
        `relu_derivative` is its derivative, with a choice at the kink.
    """
    return np.maximum(z, 0.0)


def relu_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate ReLU with respect to z, choosing 0 at the kink.

    $$R'(z) = \begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases} \tag{4.8}\label{eq:relu-derivative}$$

    At the kink, $z = 0$, the derivative from the left is 0 and the one from the right is 1, so ReLU has no derivative
    there. Every number from 0 to 1 is a subgradient, which is the slope of a line through the kink that lies nowhere
    above the curve. We take 0, as most libraries do. Because $a > 0$ exactly where $z > 0$, the derivative can be
    computed from the output as well.

    Args:
        z: the pre-activation $z$ or the activation $a$, any shape, real. Both give the same result.

    Returns:
        $\partial a/\partial z$, same shape, 0 or 1. The result is a new array, and the argument keeps its values.

    Examples:
        The derivative is 0 up to the kink and 1 beyond it:
        >>> import numpy as np
        >>> from backprop.derivation import relu, relu_derivative
        >>> relu_derivative(np.array([-2.0, 0.0, 3.0]))
        array([0., 0., 1.])

        Computed from the output, the result is the same:

        >>> z = np.array([[1.0, -1.0, 0.0], [-3.0, 4.0, -5.0]])
        >>> bool(np.all(relu_derivative(relu(z)) == relu_derivative(z)))
        True

        Away from the kink it equals the numerical derivative:

        >>> from backprop.derivation import central_difference, relative_error
        >>> z = np.array([-2.0, 0.5, 3.0])
        >>> numerical = central_difference(lambda v: float(np.sum(relu(v))), z)
        >>> relative_error(relu_derivative(z), numerical) < 1e-9
        True

    Source:
        The report, `derivative_ReLU(x) = 1.0·(x > 0)`.

    Next:
        `identity` is linear everywhere.
    """
    return 1.0 * (z > 0)


def identity(z: np.ndarray) -> np.ndarray:
    r"""Apply the identity, which leaves a number unchanged.

    $$\phi(z) = z \tag{4.9}\label{eq:identity}$$

    With the identity, a unit is linear. At the output of a network, predictions are then not limited to the range of
    the sigmoid. Between layers, however, the identity makes two layers equivalent to one (`collapse_linear_layers`).

    Args:
        z: the pre-activation $z$, any shape.

    Returns:
        The activation $a = z$, the same array.

    Examples:
        A number stays as it is:
        >>> import numpy as np
        >>> from backprop.derivation import identity
        >>> identity(-2.5)
        -2.5

        >>> identity(np.array([[1.0, -1.0, 2.0]]))
        array([[ 1., -1.,  2.]])

    Source:
        The report, *Without activation functions*: a = z.

    Next:
        `identity_derivative` is the derivative that belongs to the identity. The report removed the sigmoid and kept
        its derivative instead.
    """
    return z


def identity_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate the identity with respect to z.

    $$\phi'(z) = 1 \tag{4.10}\label{eq:identity-derivative}$$

    If you remove an activation function, remove its derivative as well. The report removed only $\sigma$ and kept the
    factor $a(1-a)$, although $a$ was no longer between 0 and 1. This is one of the two reasons why its loss overflowed,
    and the other is the learning rate of 1.

    Args:
        z: the pre-activation $z$ or the activation $a$, any shape.

    Returns:
        An array of ones, same shape as $z$.

    Examples:
        The derivative is 1 everywhere:
        >>> import numpy as np
        >>> from backprop.derivation import identity_derivative
        >>> identity_derivative(np.array([[3.0, -1.0, 0.0]]))
        array([[1., 1., 1.]])

        The derivative of the sigmoid, applied to the same numbers, is far from 1:

        >>> from backprop.derivation import sigmoid_derivative_from_output
        >>> sigmoid_derivative_from_output(np.array([3.0, -1.0, 0.0]))
        array([-6., -2.,  0.])

        The result equals the numerical derivative:

        >>> from backprop.derivation import complex_step, identity, relative_error
        >>> z = np.array([[-3.0, 0.5, 2.0]])
        >>> numerical = complex_step(lambda v: np.sum(identity(v)), z)
        >>> relative_error(identity_derivative(z), numerical) < 1e-15
        True

    Source:
        The report, *Without activation functions*, where this derivative is missing.

    Next:
        `leaky_relu` combines ReLU with a small part of the identity.
    """
    return np.ones_like(z)


def leaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    r"""Apply leaky ReLU, which keeps the positive part of a number and a fraction of the negative part.

    $$R_\alpha(z) = \begin{cases} z & z > 0 \\ \alpha z & z \le 0 \end{cases} \tag{4.11}\label{eq:leaky-relu}$$

    ReLU maps negative numbers to 0, so its derivative there is 0. Leaky ReLU multiplies them by a small $\alpha$
    instead, so its derivative there is small but not 0. Therefore no unit can die, as a ReLU unit does when it is 0 for
    every example $\eqref{eq:dead-unit}$. With $\alpha = 0$, leaky ReLU is ReLU, and with $\alpha = 1$ it is the
    identity.

    Args:
        z: the pre-activation $z$, any shape, real rather than complex, because the question $z > 0$ needs an order.
        alpha: the derivative $\alpha$ for negative $z$, between 0 and 1.

    Returns:
        The activation $a = R_\alpha(z)$, same shape.

    Examples:
        Negative numbers are multiplied by 0.01:
        >>> import numpy as np
        >>> from backprop.derivation import leaky_relu
        >>> leaky_relu(np.array([-2.0, 0.0, 3.0]))
        array([-0.02,  0.  ,  3.  ])

        A matrix is treated element-wise:

        >>> leaky_relu(np.array([[1.0, -1.0, 2.0], [-3.0, 4.0, -5.0]]), alpha=0.5)
        array([[ 1. , -0.5,  2. ],
               [-1.5,  4. , -2.5]])

        The limiting cases are ReLU and the identity:

        >>> from backprop.derivation import relu
        >>> z = np.array([-2.0, 0.5, 3.0])
        >>> bool(np.all(leaky_relu(z, alpha=0.0) == relu(z))), bool(np.all(leaky_relu(z, alpha=1.0) == z))
        (True, True)

    Source:
        The report does not have leaky ReLU, which prevents the dead units that its *ReLU* section describes.

    Next:
        `leaky_relu_derivative` is its derivative.
    """
    return np.where(z > 0, z, alpha * z)


def leaky_relu_derivative(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    r"""Differentiate leaky ReLU with respect to z, choosing the derivative from the left at the kink.

    $$R'_\alpha(z) = \begin{cases} 1 & z > 0 \\ \alpha & z \le 0 \end{cases}
    \tag{4.12}\label{eq:leaky-relu-derivative}$$

    The function consists of two straight lines, which meet at $z = 0$. There every number from $\alpha$ to 1 is a
    subgradient, and we take $\alpha$, as we took 0 for ReLU. Where $z$ is negative, the
    gradient that arrives is multiplied by $\alpha$, so a small part of it is still propagated.

    Args:
        z: the pre-activation $z$ or the activation $a$, any shape, real. Both give the same result, because $a > 0$
            exactly where $z > 0$.
        alpha: the derivative $\alpha$ for negative $z$, between 0 and 1.

    Returns:
        $\partial a/\partial z$, same shape, 1 or $\alpha$.

    Examples:
        The derivative is 0.01 up to the kink and 1 beyond it:
        >>> import numpy as np
        >>> from backprop.derivation import leaky_relu, leaky_relu_derivative
        >>> leaky_relu_derivative(np.array([-2.0, 0.0, 3.0]))
        array([0.01, 0.01, 1.  ])

        Computed from the output, the result is the same:

        >>> z = np.array([[1.0, -1.0, 0.0], [-3.0, 4.0, -5.0]])
        >>> bool(np.all(leaky_relu_derivative(leaky_relu(z)) == leaky_relu_derivative(z)))
        True

        Away from the kink it equals the numerical derivative:

        >>> from backprop.derivation import central_difference, relative_error
        >>> z = np.array([-2.0, 0.5, 3.0])
        >>> numerical = central_difference(lambda v: float(np.sum(leaky_relu(v))), z)
        >>> relative_error(leaky_relu_derivative(z), numerical) < 1e-9
        True

    Next:
        `softplus` is a smooth ReLU.
    """
    return np.where(z > 0, 1.0, alpha)


def softplus(z: np.ndarray) -> np.ndarray:
    r"""Apply softplus, a smooth version of ReLU.

    $$s(z) = \ln(1 + e^{z}) = \max(0, z) + \ln\bigl(1 + e^{-\lvert z\rvert}\bigr) \tag{4.13}\label{eq:softplus}$$

    For large $z$ the 1 hardly counts, so $s(z) \approx z$, and for very negative $z$ the value is almost 0. In between,
    the function passes smoothly from one to the other. Where $z > 0$, the second form takes $e^{z}$ out of the
    logarithm, because $\ln\bigl(e^{z}(e^{-z} + 1)\bigr) = z + \ln(1 + e^{-z})$. Its exponent is never positive, so it
    cannot overflow. The code computes $-\lvert z\rvert$ as the smaller of $z$ and $-z$, which also works for a complex
    step.

    Args:
        z: the pre-activation $z$, any shape, real or complex.

    Returns:
        The activation $a = s(z)$, same shape, positive.

    Examples:
        At 0 softplus is ln 2, whereas ReLU is 0 there:

        >>> import numpy as np
        >>> from backprop.derivation import softplus
        >>> float(softplus(np.array(0.0)).round(4))
        0.6931

        A matrix is treated element-wise, and large arguments cause no warning:

        >>> softplus(np.array([[-1000.0, -1.0, 0.0], [1.0, 2.0, 1000.0]])).round(1)
        array([[0.0e+00, 3.0e-01, 7.0e-01],
               [1.3e+00, 2.1e+00, 1.0e+03]])

        Both forms give the same number:

        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(softplus(z), np.log(1 + np.exp(z)), rtol=1e-14))
        True

    Next:
        `softplus_derivative` is its derivative.
    """
    return np.maximum(z, 0.0) + np.log1p(np.exp(np.minimum(z, -z)))


def softplus_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate softplus with respect to z.

    $$s'(z) = \frac{e^{z}}{1 + e^{z}} = \frac{1}{1 + e^{-z}} = \sigma(z) \tag{4.14}\label{eq:softplus-derivative}$$

    The derivative of $\ln u$ is $u'/u$ with $u = 1 + e^{z}$ and $u' = e^{z}$. If we divide numerator and denominator by
    $e^{z}$, we obtain the sigmoid $\eqref{eq:sigmoid}$. It is a smooth version of the step from 0 to 1 in the
    derivative of ReLU, and it is never 0.

    Args:
        z: the pre-activation $z$, any shape, real or complex. Do not pass $a$, from which the derivative would be
            $1 - e^{-a}$.

    Returns:
        $\partial a/\partial z = \sigma(z)$, same shape, between 0 and 1.

    Examples:
        At 0 the derivative is one half:
        >>> import numpy as np
        >>> from backprop.derivation import softplus_derivative
        >>> float(softplus_derivative(0.0))
        0.5

        A row of three units has three derivatives:

        >>> softplus_derivative(np.array([[-np.log(3.0), 0.0, np.log(3.0)]])).round(2)
        array([[0.25, 0.5 , 0.75]])

        The result equals the numerical derivative and can be computed from the output:

        >>> from backprop.derivation import complex_step, relative_error, softplus
        >>> z = np.array([[-3.0, 0.0, 2.0]])
        >>> relative_error(softplus_derivative(z), complex_step(lambda v: np.sum(softplus(v)), z)) < 1e-14
        True
        >>> relative_error(softplus_derivative(z), 1 - np.exp(-softplus(z))) < 1e-14
        True

    Next:
        `silu` multiplies a number by its own sigmoid.
    """
    return sigmoid(z)


def silu(z: np.ndarray) -> np.ndarray:
    r"""Apply SiLU, which multiplies a number by its own sigmoid.

    $$u(z) = z\,\sigma(z) \tag{4.15}\label{eq:silu}$$

    The sigmoid acts as a gate that is open for large $z$ and closed for very negative $z$. Far from 0 the function is
    therefore close to ReLU. In between, the function is smooth, and for negative $z$ its values lie a little below
    0. SiLU stands for sigmoid linear unit, and the function is also called swish.

    Args:
        z: the pre-activation $z$, any shape, real or complex.

    Returns:
        The activation $a = z\,\sigma(z)$, same shape.

    Examples:
        At ln 3 the sigmoid is 0.75, so the value is 0.75 ln 3:
        >>> import numpy as np
        >>> from backprop.derivation import silu
        >>> float(silu(np.log(3.0)).round(4)), float((0.75 * np.log(3.0)).round(4))
        (0.824, 0.824)

        A matrix is treated element-wise:

        >>> silu(np.array([[-5.0, -1.0, 0.0], [1.0, 5.0, 9.0]])).round(3)
        array([[-0.033, -0.269,  0.   ],
               [ 0.731,  4.967,  8.999]])

        Since σ(z) + σ(−z) = 1, the values at $z$ and $-z$ differ by $z$:

        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(silu(z) - silu(-z), z, rtol=1e-14))
        True

    Next:
        `silu_derivative` is its derivative.
    """
    return z * sigmoid(z)


def silu_derivative(z: np.ndarray) -> np.ndarray:
    r"""Differentiate SiLU with respect to z.

    $$u'(z) = \sigma(z) + z\,\sigma'(z) = \sigma(z)\bigl(1 + z\,(1 - \sigma(z))\bigr)
    \tag{4.16}\label{eq:silu-derivative}$$

    The product rule gives two terms, one for the factor $z$ and one for the factor $\sigma(z)$. In the second form,
    $\sigma' = \sigma(1 - \sigma)$ from $\eqref{eq:sigmoid-derivative}$ has been inserted. The derivative is 0 near
    $z = -1.28$, where the function has its minimum, and it is a little above 1 for some positive $z$.

    Args:
        z: the pre-activation $z$, any shape, real or complex. Do not pass $a$, because two values of $z$, left and
            right of the minimum, have the same $a$.

    Returns:
        $\partial a/\partial z$, same shape, between −0.1 and 1.1.

    Examples:
        At ln 3 the derivative is 0.75 (1 + ln 3 / 4):
        >>> import numpy as np
        >>> from backprop.derivation import silu_derivative
        >>> float(silu_derivative(0.0)), float(silu_derivative(np.log(3.0)).round(3))
        (0.5, 0.956)
        >>> float((0.75 * (1 + np.log(3.0) / 4)).round(3))
        0.956

        The first of three units is at the minimum:

        >>> silu_derivative(np.array([[-1.2784645, 0.0, 1000.0]])).round(6)
        array([[0. , 0.5, 1. ]])

        The result equals the numerical derivative:

        >>> from backprop.derivation import complex_step, relative_error, silu
        >>> z = np.array([[-3.0, 0.5, 2.0]])
        >>> relative_error(silu_derivative(z), complex_step(lambda v: np.sum(silu(v)), z)) < 1e-14
        True

    Next:
        `logsumexp` combines the pre-activations of all units of a layer.
    """
    return sigmoid(z) * (1.0 + z * (1.0 - sigmoid(z)))


def logsumexp(z: np.ndarray) -> np.ndarray:
    r"""Compute the logarithm of a sum of exponentials without overflow.

    $$\operatorname{lse}(z) = \ln\sum_{k} e^{z_k} = z_{\max} + \ln\sum_{k} e^{z_k - z_{\max}},
    \qquad z_{\max} = \max_k z_k \tag{4.17}\label{eq:log-sum-exp}$$

    The sum runs over the units of one layer, separately for each example. If we evaluated the first form directly, an
    exponential such as $e^{710}$ would overflow. Therefore we take the factor $e^{z_{\max}}$ out of the sum: its
    logarithm is $z_{\max}$, and the largest exponent that remains is 0. The result exceeds the maximum by at most the
    logarithm of the number of units, so it is a smooth maximum. For the two numbers $z$ and 0 it is softplus
    $\eqref{eq:softplus}$.

    Args:
        z: the pre-activations $z$, shape (..., d), real or complex. The shift is real, so complex steps work.

    Returns:
        $\operatorname{lse}(z)$, shape (...): one number for each row.

    Examples:
        The exponentials of ln 1, ln 2 and ln 3 add up to 6:

        >>> import numpy as np
        >>> from backprop.derivation import logsumexp
        >>> z = np.log(np.array([[1.0, 2.0, 3.0]]))
        >>> np.exp(logsumexp(z)).round(12)
        array([6.])

        Two examples with three units have two results, and large numbers do not overflow:

        >>> logsumexp(np.array([[1000.0, 0.0, -1000.0], [0.0, 0.0, 0.0]])).round(4)
        array([1000.    ,    1.0986])

        For one number and 0 the result is softplus:

        >>> from backprop.derivation import softplus
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(logsumexp(np.stack([z, 0 * z], axis=-1)), softplus(z), rtol=1e-14))
        True

    Next:
        `softmax` is its derivative.
    """
    z_max = np.max(np.real(z), axis=-1, keepdims=True)
    return z_max[..., 0] + np.log(np.sum(np.exp(z - z_max), axis=-1))


def softmax(z: np.ndarray) -> np.ndarray:
    r"""Apply softmax, which turns the pre-activations of a layer into probabilities.

    $$a_k = \frac{e^{z_k}}{\sum_{j} e^{z_j}} = e^{z_k - \operatorname{lse}(z)} \tag{4.18}\label{eq:softmax}$$

    The exponentials make every number positive, and the division makes them sum to 1, so $a_k$ can be read as the
    probability of class $k$. Unlike the activations above, softmax is not element-wise: if one $z_k$ grows, all other
    activations shrink. Only differences count, because a constant $c$ added to every $z_k$ gives the factor $e^{c}$ in
    numerator and denominator. Therefore the code may subtract the maximum, so that nothing overflows. With the two
    pre-activations $z$ and 0 the first activation is $e^{z}/(e^{z} + 1) = \sigma(z)$, so the sigmoid is the softmax of
    two classes.

    Args:
        z: the pre-activations $z$, shape (..., d), real or complex: one row for each example. The shape is not (d, N),
            because the sum runs over the last axis.

    Returns:
        The activations $a$, same shape; each row is positive and sums to 1.

    Examples:
        The exponentials of ln 1, ln 2 and ln 5 have the ratio 1 : 2 : 5:

        >>> import numpy as np
        >>> from backprop.derivation import softmax
        >>> softmax(np.log(np.array([[1.0, 2.0, 5.0]]))).round(12)
        array([[0.125, 0.25 , 0.625]])

        There are two examples and three classes. Equal pre-activations give equal probabilities, and large ones do
        not overflow:

        >>> softmax(np.array([[1000.0, 1000.0, 1000.0], [1000.0, 0.0, -1000.0]])).round(4)
        array([[0.3333, 0.3333, 0.3333],
               [1.    , 0.    , 0.    ]])

        A constant added to a row changes nothing:

        >>> z = np.array([[0.3, -1.2, 2.0]])
        >>> bool(np.allclose(softmax(z + 5.0), softmax(z), rtol=1e-14))
        True

        For one pre-activation and 0, the first probability is the sigmoid:

        >>> from backprop.derivation import sigmoid
        >>> z = np.array([-3.0, 0.5, 2.0])
        >>> bool(np.allclose(softmax(np.stack([z, 0 * z], axis=-1))[:, 0], sigmoid(z), rtol=1e-14))
        True

        Softmax is the derivative of `logsumexp`, as the sigmoid is that of softplus:

        >>> from backprop.derivation import complex_step, logsumexp, relative_error
        >>> z = np.array([[0.3, -1.2, 2.0], [1.0, 0.0, -0.5]])
        >>> relative_error(softmax(z), complex_step(lambda v: np.sum(logsumexp(v)), z)) < 1e-14
        True

    Next:
        `softmax_jacobian` is its derivative, a matrix for each example.
    """
    e = np.exp(z - np.max(np.real(z), axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_jacobian(a: np.ndarray) -> np.ndarray:
    r"""Compute the Jacobian matrix of softmax from its output.

    $$\frac{\partial a_k}{\partial z_j} = a_k\bigl([k = j] - a_j\bigr) \tag{4.19}\label{eq:softmax-jacobian}$$

    Every activation depends on every pre-activation, so the derivative is a matrix for each example, the Jacobian
    matrix. The bracket is 1 if $k = j$ and 0 otherwise. To see where it comes from, differentiate the exponent
    $z_k - \operatorname{lse}(z)$ of $\eqref{eq:softmax}$ with respect to $z_j$: the first term gives $[k = j]$, and the
    second gives $-a_j$, because softmax is the derivative of $\operatorname{lse}$. The derivative of the exponential
    itself gives the factor $a_k$. With $a$ as a column, the matrix is $\operatorname{diag}(a) - a\,a^\top$, where
    $\operatorname{diag}(a)$ has the entries of $a$ on its diagonal and zeros elsewhere. It is symmetric, and its rows
    sum to 0 because a constant added to all $z_j$ changes nothing.

    Args:
        a: the activations $a$ of a softmax layer, rather than its pre-activations $z$, shape (..., d).

    Returns:
        The Jacobian matrices, shape (..., d, d): entry $(k, j)$ is $\partial a_k/\partial z_j$.

    Examples:
        If two classes have the probability ½ each, the diagonal contains ¼, the derivative of the sigmoid:

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

        The second row of the first example equals the numerical gradient of its activation $a_2$, `[1]` in Python:

        >>> from backprop.derivation import complex_step, relative_error
        >>> relative_error(jacobian[0, 1], complex_step(lambda v: softmax(v)[1], z[0])) < 1e-14
        True

    Next:
        `weighted_sum` computes the pre-activation of a unit.
    """
    return a[..., :, None] * (np.eye(a.shape[-1]) - a[..., None, :])
