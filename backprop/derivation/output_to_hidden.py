r"""Compute δ of the output layer, where the backward pass begins.

Where does the backward pass begin, if every δ follows from the δ of the next layer? It begins at the output, and this
chapter shows that δ can be computed there directly.

At the output only the loss follows the activation, so the upstream gradient $\partial C/\partial a$ is the derivative
of the loss with respect to the prediction, which chapter 3 has derived. Only the derivative of the output's activation
function is missing, and multiplying by it leads from the prediction to its pre-activation. The report's text leaves
this factor out, although its code has it.
"""

import numpy as np

from backprop.derivation.activations import sigmoid_derivative
from backprop.derivation.chain_rule import backward_gradient


def output_delta_unit(z: np.ndarray, dc_dy_hat: np.ndarray) -> np.ndarray:
    r"""Compute δ of one sigmoid output.

    $$\frac{\partial C}{\partial z} = \sigma'(z)\,\frac{\partial C}{\partial \hat y}, \qquad \hat y = \sigma(z)
    \tag{7.1}\label{eq:output-delta-unit}$$

    This is $\eqref{eq:backward-gradient}$ for the last activation, $a = \hat y$. The second factor is the derivative
    of the loss with respect to the prediction, so it is $\eqref{eq:mse-derivative}$ for the mean squared error and
    $\eqref{eq:bce-derivative}$ for binary cross-entropy.

    Args:
        z: the output unit's pre-activation $z$, a number.
        dc_dy_hat: $\partial C/\partial\hat y$, a number, with its true sign.

    Returns:
        $\delta = \partial C/\partial z$ of the output, a number.

    Examples:
        At z = 0 the prediction is ½ and σ′ is ¼. With target 1 and N = 1, ∂C/∂ŷ is 2(½ − 1) = −1:

        >>> from backprop.derivation import output_delta_unit
        >>> float(output_delta_unit(z=0.0, dc_dy_hat=-1.0))
        -0.25

        It equals the numerical derivative of $(\sigma(z) - 1)^2$ at z = 0.8:

        >>> import numpy as np
        >>> from backprop.derivation import complex_step, relative_error, sigmoid
        >>> z = 0.8
        >>> numerical = complex_step(lambda v: (sigmoid(v) - 1) ** 2, np.array(z))
        >>> relative_error(output_delta_unit(z, 2 * (sigmoid(z) - 1)), numerical) < 1e-14
        True

        The report's text has $L'$ alone, and without the factor σ′(z) the result is different:

        >>> relative_error(2 * (sigmoid(z) - 1), numerical) < 0.5
        False

    Source:
        The report, *output → hidden*: ∂C/∂z = L′(y, ŷ). We add the factor σ′(z), which its code has.

    Next:
        `output_delta` computes δ for all examples and outputs.
    """
    return backward_gradient(sigmoid_derivative(z), dc_dy_hat)


def output_delta(derivative: np.ndarray, dl_dy_hat: np.ndarray) -> np.ndarray:
    r"""Compute δ of the output layer for all examples and outputs.

    $$\Delta_L = \phi'(Z_L) \odot \frac{\partial L}{\partial \hat Y} \tag{7.2}\label{eq:output-delta}$$

    Row $n$ of $\Delta_L$ is $\delta^n$ of the output layer. The sign $\odot$ stands for the element-wise product, also
    called the Hadamard product. The product is element-wise because each prediction depends on its own pre-activation
    only, so there is one path from each entry of $Z_L$. All three matrices have the shape $(N \times d_L)$.

    Args:
        derivative: $\phi'(Z_L)$, shape (..., N, d_L).
        dl_dy_hat: $\partial L/\partial\hat Y$, same shape, from `mse_derivative` or `bce_derivative`.

    Returns:
        $\Delta_L$, shape (..., N, d_L).

    Examples:
        Two examples have the derivative ¼ each:

        >>> import numpy as np
        >>> from backprop.derivation import output_delta
        >>> output_delta(np.array([[0.25], [0.25]]), np.array([[1.0], [-0.5]]))
        array([[ 0.25 ],
               [-0.125]])

        Five examples with two outputs, tanh and the mean squared error give the numerical gradient:

        >>> from backprop.derivation import complex_step, relative_error, mse_contributions
        >>> from backprop.derivation import mse_derivative, tanh, tanh_derivative, total_loss
        >>> z, y = np.linspace(-2, 2, 10).reshape(5, 2), np.zeros((5, 2))
        >>> numerical = complex_step(lambda v: total_loss(mse_contributions(y, tanh(v))), z)
        >>> analytic = output_delta(tanh_derivative(z), mse_derivative(y, tanh(z)))
        >>> relative_error(analytic, numerical) < 1e-14
        True

    Source:
        The report, `layer.backward` of the last layer: `derivative_sigmoid(a) * derivative_C`.

    Next:
        `output_delta_bce` is the case in which the derivative of the sigmoid cancels.
    """
    return backward_gradient(derivative, dl_dy_hat)


def output_delta_bce(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Compute δ of the output layer for a sigmoid with binary cross-entropy.

    $$\Delta_L = \hat Y\odot(1-\hat Y)\odot\frac{1}{N\,d_L}\cdot\frac{\hat Y - Y}{\hat Y\odot(1-\hat Y)}
    = \frac{1}{N\,d_L}\bigl(\hat Y - Y\bigr) \tag{7.3}\label{eq:output-delta-bce}$$

    The derivative of the sigmoid, $\eqref{eq:sigmoid-derivative-from-output}$, is the denominator in the derivative of
    binary cross-entropy, $\eqref{eq:bce-derivative}$. The division is element-wise, so the two cancel. A missing
    $\sigma'$ is therefore correct here, whereas under the mean squared error it is a mistake. The cancellation has a
    practical advantage, because an output that is certain and incorrect still receives a large δ.

    Args:
        y: the targets $Y$ in [0, 1], shape (..., N, d_L). Not (N,).
        y_hat: the predictions $\hat Y$ of a *sigmoid* output, same shape. Not of any other activation.

    Returns:
        $\Delta_L$, shape (..., N, d_L).

    Examples:
        Two examples are off by 1 and by −½, and each is divided by N = 2:
        >>> import numpy as np
        >>> from backprop.derivation import output_delta_bce
        >>> output_delta_bce(np.array([[0.0], [1.0]]), np.array([[1.0], [0.5]]))
        array([[ 0.5 ],
               [-0.25]])

        Three examples with two outputs give the same as the product of the two derivatives:

        >>> from backprop.derivation import bce_derivative, output_delta
        >>> from backprop.derivation import sigmoid, sigmoid_derivative
        >>> z = np.linspace(-2, 2, 6).reshape(3, 2)
        >>> y = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
        >>> long_way = output_delta(sigmoid_derivative(z), bce_derivative(y, sigmoid(z)))
        >>> bool(np.allclose(output_delta_bce(y, sigmoid(z)), long_way, rtol=1e-14))
        True

        It also equals the numerical gradient:

        >>> from backprop.derivation import complex_step, bce_contributions, relative_error, total_loss
        >>> numerical = complex_step(lambda v: total_loss(bce_contributions(y, sigmoid(v))), z)
        >>> relative_error(output_delta_bce(y, sigmoid(z)), numerical) < 1e-14
        True

    Next:
        `activation_gradient_unit` passes δ to the layer before.
    """
    n, d = y_hat.shape[-2:]
    return (y_hat - y) / (n * d)
