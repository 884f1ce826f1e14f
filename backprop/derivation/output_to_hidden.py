r"""Compute δ of the output layer, where the backward pass begins.

Where does the backward pass begin? The δ of a hidden layer is computed from the δ of the next layer, as the next
chapter will show, but no layer follows the output. This chapter therefore computes δ of the output directly from the
loss.

At the output only the loss follows the activation, so the upstream gradient $\partial C/\partial a$ is the derivative
of the loss with respect to the prediction, which chapter 3 has derived. To get from the prediction to its
pre-activation, we only need to multiply by the derivative of the output's activation function. We keep the report's
name for this step, *output → hidden*, because its result is what the output passes back to the hidden layer. The
report's text leaves out the derivative of the activation function, although its code has it.
"""

import numpy as np

from backprop.derivation.activations import logsumexp, sigmoid_derivative, softplus
from backprop.derivation.chain_rule import backward_gradient


def output_delta_unit(z: np.ndarray, dc_dy_hat: np.ndarray) -> np.ndarray:
    r"""Compute δ of one output unit with a sigmoid.

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
        At $z = 0$ the prediction is ½ and $\sigma'(z)$ is ¼. With target 1 and $N = 1$, $\partial C/\partial\hat y$ is
        $2(\tfrac12 - 1) = -1$:

        >>> from backprop.derivation import output_delta_unit
        >>> float(output_delta_unit(z=0.0, dc_dy_hat=-1.0))
        -0.25

        The result equals the numerical derivative of $(\sigma(z) - 1)^2$ at $z = 0.8$:

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

    As a subscript, $L$ is the last layer. Row $n$ of $\Delta_L$ is $\delta^n$ of this layer, with one column for each
    output, and $\partial L/\partial\hat Y$ contains the derivative of the loss with respect to each prediction. For a
    prediction of example $n$ it equals the derivative of $C^n$, because no other contribution contains this prediction
    $\eqref{eq:mse-derivative}$. The sign $\odot$ stands for the element-wise product, also called the Hadamard product.
    The product is element-wise because each prediction depends on its own pre-activation only, so only one path leads
    from each entry of $Z_L$ to the loss. All three matrices have the shape $(N \times d_L)$.

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

        For five examples with two outputs, tanh and the mean squared error, the result equals the numerical gradient:

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
        `bce_contributions_from_logits` is the loss of a sigmoid output, without rounding to 0 and 1.
    """
    return backward_gradient(derivative, dl_dy_hat)


def bce_contributions_from_logits(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    r"""Compute the contributions to the binary cross-entropy from the pre-activations of sigmoid outputs.

    $$C^n = \frac{1}{N\,d_L}\sum_{k=1}^{d_L} c^n_k, \qquad
    c^n_k = y^n_k\,s(-z^n_k) + (1-y^n_k)\,s(z^n_k)
    \tag{7.3}\label{eq:bce-from-logits}$$

    In exact arithmetic this is the loss of chapter 3, $\eqref{eq:binary-cross-entropy}$. With $\hat y = \sigma(z)$
    we have $-\ln\hat y = \ln(1 + e^{-z}) = s(-z)$, where $s$ is softplus $\eqref{eq:softplus}$, and
    $-\ln(1 - \hat y) = s(z)$, because $1 - \sigma(z) = \sigma(-z)$. A computer, however, rounds the sigmoid to exactly
    1 from about $z = 37$ on. If the target is 0, the loss of the rounded prediction is infinite, whereas this form
    gives the true value, which is about $z$. Such pre-activations are called *logits*, and libraries have a loss that
    takes them for the same reason.

    Args:
        y: the targets $Y$ in [0, 1], shape (..., N, d_L).
        z: the pre-activations $Z_L$ of a *sigmoid* output, same shape, real or complex. Do not pass the predictions.

    Returns:
        The contributions $C^n$, shape (..., N), in nats.

    Examples:
        At $z = 0$ the prediction is ½, which costs ln 2, whatever the label is:

        >>> import numpy as np
        >>> from backprop.derivation import bce_contributions_from_logits
        >>> bce_contributions_from_logits(np.array([[1.0]]), np.array([[0.0]])).round(4)
        array([0.6931])

        A saturated output that is incorrect costs about $|z|$ rather than infinity, here for two of three examples:

        >>> y, z = np.array([[0.0], [1.0], [1.0]]), np.array([[60.0], [-900.0], [60.0]])
        >>> 3 * bce_contributions_from_logits(y, z).round(6)
        array([ 60., 900.,   0.])

        Where nothing is saturated, the result is that of `bce_contributions`:

        >>> from backprop.derivation import bce_contributions, sigmoid
        >>> z, y = np.linspace(-2, 2, 6).reshape(3, 2), np.array([[0.0, 1.0], [1.0, 0.3], [0.0, 0.0]])
        >>> both = bce_contributions_from_logits(y, z), bce_contributions(y, sigmoid(z))
        >>> bool(np.allclose(*both, rtol=1e-14))
        True

    Next:
        `output_delta_sigmoid_bce` is its derivative.
    """
    n, d = z.shape[-2:]
    return (y * softplus(-z) + (1 - y) * softplus(z)).sum(axis=-1) / (n * d)


def output_delta_sigmoid_bce(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Compute δ of the output layer for a sigmoid with binary cross-entropy.

    $$\Delta_L = \hat Y\odot(1-\hat Y)\odot\frac{1}{N\,d_L}\cdot\frac{\hat Y - Y}{\hat Y\odot(1-\hat Y)}
    = \frac{1}{N\,d_L}\bigl(\hat Y - Y\bigr) \tag{7.4}\label{eq:output-delta-sigmoid-bce}$$

    The derivative of the sigmoid, $\eqref{eq:sigmoid-derivative-from-output}$, equals the denominator in the derivative
    of binary cross-entropy, $\eqref{eq:bce-derivative}$. The division is element-wise, so the two cancel. Leaving out
    $\sigma'$ is therefore correct here, whereas under the mean squared error it is a mistake. The cancellation has a
    practical advantage, because an output that is saturated near 1 although its target is 0, or near 0 although its
    target is 1, still receives a large δ.

    Args:
        y: the targets $Y$ in [0, 1], shape (..., N, d_L) rather than (N,).
        y_hat: the predictions $\hat Y$ of a *sigmoid* output (no other activation is allowed), same shape.

    Returns:
        $\Delta_L$, shape (..., N, d_L).

    Examples:
        Two predictions are off by 1 and by −½, and each error is divided by N = 2:
        >>> import numpy as np
        >>> from backprop.derivation import output_delta_sigmoid_bce
        >>> output_delta_sigmoid_bce(np.array([[0.0], [1.0]]), np.array([[1.0], [0.5]]))
        array([[ 0.5 ],
               [-0.25]])

        For three examples with two outputs, the result equals the product of the two derivatives:

        >>> from backprop.derivation import bce_derivative, output_delta
        >>> from backprop.derivation import sigmoid, sigmoid_derivative
        >>> z = np.linspace(-2, 2, 6).reshape(3, 2)
        >>> y = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
        >>> long_way = output_delta(sigmoid_derivative(z), bce_derivative(y, sigmoid(z)))
        >>> bool(np.allclose(output_delta_sigmoid_bce(y, sigmoid(z)), long_way, rtol=1e-14))
        True

        The result also equals the numerical gradient:

        >>> from backprop.derivation import complex_step, bce_contributions, relative_error, total_loss
        >>> numerical = complex_step(lambda v: total_loss(bce_contributions(y, sigmoid(v))), z)
        >>> relative_error(output_delta_sigmoid_bce(y, sigmoid(z)), numerical) < 1e-14
        True

    Next:
        `output_delta_jacobian` computes δ for outputs that depend on each other.
    """
    n, d = y_hat.shape[-2:]
    return (y_hat - y) / (n * d)


def output_delta_jacobian(jacobian: np.ndarray, dl_dy_hat: np.ndarray) -> np.ndarray:
    r"""Compute δ of the output layer from the Jacobian matrix of its activation function.

    $$\delta^n_j = \sum_{k=1}^{d_L} \frac{\partial \hat y^{\,n}_k}{\partial z^n_j}\,
    \frac{\partial L}{\partial \hat y^{\,n}_k} \tag{7.5}\label{eq:output-delta-jacobian}$$

    A pre-activation $z_j$ of a softmax layer reaches the loss through all $d_L$ predictions, so the contributions of
    all paths add up $\eqref{eq:multivariable-chain-rule}$. For each example, the sum is the product of a row and the
    Jacobian matrix. If the activation is element-wise, this matrix is diagonal, which means that its entries with $k
    \ne j$ are 0. Then only the term with $k = j$ is left, and the sum becomes $\eqref{eq:output-delta}$.

    Args:
        jacobian: the Jacobian matrices, shape (..., N, d_L, d_L): entry $(k, j)$ is
            $\partial\hat y_k/\partial z_j$, as `softmax_jacobian` returns it, without a transpose.
        dl_dy_hat: $\partial L/\partial\hat Y$, shape (..., N, d_L).

    Returns:
        $\Delta_L$, shape (..., N, d_L).

    Examples:
        For one example with two classes of probability ½, δ of the first output is ¼ · 3 − ¼ · 1:

        >>> import numpy as np
        >>> from backprop.derivation import output_delta_jacobian, softmax_jacobian
        >>> output_delta_jacobian(softmax_jacobian(np.array([[0.5, 0.5]])), np.array([[3.0, 1.0]]))
        array([[ 0.5, -0.5]])

        For five examples with three classes, softmax and the mean squared error, the result equals the numerical
        gradient:

        >>> from backprop.derivation import complex_step, mse_contributions, mse_derivative
        >>> from backprop.derivation import relative_error, softmax, total_loss
        >>> z, y = np.linspace(-2, 2, 15).reshape(5, 3) ** 2, np.eye(3)[[0, 2, 2, 1, 0]]
        >>> derived = output_delta_jacobian(softmax_jacobian(softmax(z)), mse_derivative(y, softmax(z)))
        >>> numerical = complex_step(lambda v: total_loss(mse_contributions(y, softmax(v))), z)
        >>> derived.shape, relative_error(derived, numerical) < 1e-14
        ((5, 3), True)

        With a diagonal Jacobian matrix the result is that of `output_delta`:

        >>> from backprop.derivation import output_delta
        >>> derivative, upstream = np.array([[0.25, 0.1]]), np.array([[1.0, -0.5]])
        >>> output_delta_jacobian(np.array([np.diag(derivative[0])]), upstream) - output_delta(derivative, upstream)
        array([[0., 0.]])

    Next:
        `cross_entropy_contributions_from_logits` is the loss of a softmax output, without rounding to 0.
    """
    return np.sum(jacobian * dl_dy_hat[..., :, None], axis=-2)


def cross_entropy_contributions_from_logits(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    r"""Compute the contributions to the categorical cross-entropy from the pre-activations of a softmax output.

    $$C^n = \frac{1}{N}\sum_{k=1}^{d_L} y^n_k\bigl(\operatorname{lse}(z^n) - z^n_k\bigr)
    \tag{7.6}\label{eq:cross-entropy-from-logits}$$

    In exact arithmetic this is the loss of chapter 3, $\eqref{eq:cross-entropy}$, because the logarithm of softmax
    $\eqref{eq:softmax}$ is $\ln\hat y_k = z_k - \operatorname{lse}(z)$. If $z_k$ is more than about 745 below the
    largest pre-activation, a computer rounds $\hat y_k$ to exactly 0, whose logarithm is infinite. Here no exponential
    is followed by a logarithm, so the result stays finite, as in $\eqref{eq:bce-from-logits}$.

    Args:
        y: the targets $Y$, one-hot or other probabilities, each row summing to 1, rather than class numbers,
            shape (..., N, d_L).
        z: the pre-activations $Z_L$ of a *softmax* output, same shape, real or complex. Do not pass the predictions.

    Returns:
        The contributions $C^n$, shape (..., N), in nats.

    Examples:
        Four equal pre-activations make four equal probabilities, each of which costs ln 4:

        >>> import numpy as np
        >>> from backprop.derivation import cross_entropy_contributions_from_logits
        >>> cross_entropy_contributions_from_logits(np.eye(4)[:1], np.zeros((1, 4))).round(4)
        array([1.3863])

        The first of two examples is saturated and incorrect, so it costs the difference of two pre-activations:

        >>> y, z = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), np.array([[900.0, 0.0, 0.0], [0.0, 0.0, 900.0]])
        >>> 2 * cross_entropy_contributions_from_logits(y, z)
        array([900.,   0.])

        Where nothing is saturated, the result is that of `cross_entropy_contributions`:

        >>> from backprop.derivation import cross_entropy_contributions, softmax
        >>> z, y = np.linspace(-2, 2, 15).reshape(5, 3) ** 2, np.eye(3)[[0, 2, 2, 1, 0]]
        >>> both = cross_entropy_contributions_from_logits(y, z), cross_entropy_contributions(y, softmax(z))
        >>> bool(np.allclose(*both, rtol=1e-14))
        True

    Next:
        `output_delta_softmax_cross_entropy` is its derivative.
    """
    return (y * (logsumexp(z)[..., None] - z)).sum(axis=-1) / z.shape[-2]


def output_delta_softmax_cross_entropy(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Compute δ of the output layer for softmax with categorical cross-entropy.

    $$\delta^n_j = \sum_{k=1}^{d_L} \hat y^{\,n}_k\bigl([k = j] - \hat y^{\,n}_j\bigr)
    \cdot\Bigl(-\frac{1}{N}\cdot\frac{y^n_k}{\hat y^{\,n}_k}\Bigr)
    = \frac{1}{N}\Bigl(\hat y^{\,n}_j\sum_{k=1}^{d_L} y^n_k - y^n_j\Bigr)
    = \frac{1}{N}\bigl(\hat y^{\,n}_j - y^n_j\bigr) \tag{7.7}\label{eq:output-delta-softmax-cross-entropy}$$

    The factors are the Jacobian matrix of softmax $\eqref{eq:softmax-jacobian}$ and the derivative of the loss
    $\eqref{eq:cross-entropy-derivative}$. In every term $\hat y_k$ cancels, so that
    $-\tfrac{1}{N}\bigl([k = j]\,y_k - \hat y_j\,y_k\bigr)$ is left to be added over $k$. The bracket $[k = j]$ is 1 if
    $k = j$ and 0 otherwise, so only $y_j$ remains of the first product. In the second product $\hat y_j$ is a common
    factor, and the targets of one example sum to 1. The result is the error, prediction minus target, as for the
    sigmoid with binary cross-entropy $\eqref{eq:output-delta-sigmoid-bce}$. The two formulas differ only in the mean,
    which there runs over examples and outputs but here over examples alone, because the outputs of one example together
    answer one question.

    Args:
        y: the targets $Y$, one-hot or other probabilities, each row summing to 1, rather than class numbers,
            shape (..., N, d_L).
        y_hat: the predictions $\hat Y$ of a *softmax* output (no other activation is allowed), same shape.

    Returns:
        $\Delta_L$, shape (..., N, d_L); every row sums to 0.

    Examples:
        For two examples with three classes, every error is divided by N = 2:

        >>> import numpy as np
        >>> from backprop.derivation import output_delta_softmax_cross_entropy
        >>> y = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        >>> output_delta_softmax_cross_entropy(y, np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]]))
        array([[-0.25 ,  0.125,  0.125],
               [ 0.   ,  0.5  , -0.5  ]])

        For five examples with three classes, the result equals the one from the Jacobian matrix:

        >>> from backprop.derivation import cross_entropy_derivative, output_delta_jacobian
        >>> from backprop.derivation import softmax, softmax_jacobian
        >>> z, y = np.linspace(-2, 2, 15).reshape(5, 3) ** 2, np.eye(3)[[0, 2, 2, 1, 0]]
        >>> long_way = output_delta_jacobian(softmax_jacobian(softmax(z)), cross_entropy_derivative(y, softmax(z)))
        >>> bool(np.allclose(output_delta_softmax_cross_entropy(y, softmax(z)), long_way, rtol=1e-13))
        True

        The result equals the numerical gradient:

        >>> from backprop.derivation import complex_step, cross_entropy_contributions, relative_error, total_loss
        >>> numerical = complex_step(lambda v: total_loss(cross_entropy_contributions(y, softmax(v))), z)
        >>> relative_error(output_delta_softmax_cross_entropy(y, softmax(z)), numerical) < 1e-14
        True

        With three outputs, δ is three times that of `output_delta_sigmoid_bce`, which also divides by the number of
        outputs:

        >>> from backprop.derivation import output_delta_sigmoid_bce
        >>> per_output = output_delta_sigmoid_bce(y, softmax(z))
        >>> bool(np.allclose(output_delta_softmax_cross_entropy(y, softmax(z)), 3 * per_output, rtol=1e-14))
        True

        With the pre-activations $z$ and 0, softmax gives the first of two classes the probability $\sigma(z)$. So δ of
        the first output is that of `output_delta_sigmoid_bce`, and δ of the second is its negative:

        >>> from backprop.derivation import sigmoid
        >>> z, y = np.array([[-1.0], [0.5], [2.0]]), np.array([[1.0], [0.0], [1.0]])
        >>> two = output_delta_softmax_cross_entropy(np.hstack([y, 1 - y]), softmax(np.hstack([z, 0 * z])))
        >>> one = output_delta_sigmoid_bce(y, sigmoid(z))
        >>> bool(np.allclose(two, np.hstack([one, -one]), rtol=1e-14))
        True

    Next:
        `activation_gradient_unit` passes δ to the layer before.
    """
    return (y_hat - y) / y_hat.shape[-2]
