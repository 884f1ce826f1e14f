r"""Measure with one number how far the predictions are from the targets.

How far are the predictions of a network from the targets? This chapter defines the loss, one number that answers this
question, and it derives the gradient of the loss with respect to every prediction.

For each example the network computes a prediction $\hat y$, and the data contain the target $y$ of this example, which
in classification is called the label. Each example makes a contribution $C^n$, and the loss $L$ is the sum of the
contributions. This is useful because the derivative of a sum is the sum of the derivatives, so it is enough to derive
everything for one example. The loss depends on the weights only through the predictions. The backward pass, which
computes the gradient from the output back to the inputs, therefore begins with the derivative
$\partial L/\partial\hat y$.
"""

import numpy as np


def mse_contributions(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Compute each example's contribution to the mean squared error.

    $$C^n = \frac{1}{N\,d_L}\sum_{k=1}^{d_L}{\bigl(\hat y^{\,n}_k - y^n_k\bigr)}^2
    \tag{3.1}\label{eq:mse-contributions}$$

    Here $N$ is the number of examples, and $d_L$ is the number of outputs, which is the width of the last layer, number
    $L$. The superscript $n$ says which example is meant, and the subscript $k$ says which output. Because of the
    square, errors in both directions count, and large errors count more. Most texts write the factor $1/N$ outside the
    sum over the examples, whereas we put it into each contribution. Both give the same loss, because

    $$\frac{1}{N}\sum_{n=1}^{N}\Bigl[\frac{1}{d_L}\sum_{k=1}^{d_L}{\bigl(\hat y^{\,n}_k - y^n_k\bigr)}^2\Bigr]
    = \sum_{n=1}^{N} C^n$$

    The left side is the usual form, a mean over examples, and the right side is ours, a sum of contributions. In our
    form every gradient is a plain sum over the examples, so nothing has to be divided at the end. With one output, as
    in the report, $d_L = 1$ and $C^n = (\hat y^{\,n} - y^n)^2/N$.

    Args:
        y: the targets $y$, shape (..., N, d_L), where the dots are leading axes for several networks, absent for one.
            Targets of shape (N,), subtracted from (N, 1), would broadcast to (N, N).
        y_hat: the network's predictions $\hat y$, same shape.

    Returns:
        The contributions $C^n$, shape (..., N).

    Examples:
        Two predictions are off by 1 and by 0.5:

        >>> import numpy as np
        >>> from backprop.derivation import mse_contributions
        >>> mse_contributions(y=np.array([[0.0], [1.0]]), y_hat=np.array([[1.0], [0.5]]))
        array([0.5  , 0.125])

        Three examples with two outputs make three contributions:

        >>> mse_contributions(np.zeros((3, 2)), np.ones((3, 2))).round(4)
        array([0.3333, 0.3333, 0.3333])

        The sum of the contributions equals NumPy's mean of the squared errors:

        >>> y, y_hat = np.array([[0.0, 1.0, 2.0]]).T, np.array([[0.3, 0.3, 0.3]]).T
        >>> bool(np.isclose(mse_contributions(y, y_hat).sum(), np.mean((y - y_hat) ** 2)))
        True

    Source:
        The report, *Computing ∇L* (Cⁿ, "the distance") and *Implementation* (`MSE`).

    Next:
        `total_loss` adds the contributions.
    """
    n, d = y_hat.shape[-2:]
    return ((y_hat - y) ** 2).sum(axis=-1) / (n * d)


def total_loss(c: np.ndarray) -> np.ndarray:
    r"""Compute the total loss, the sum of the contributions of all examples.

    $$L(\theta) = \sum_{n=1}^{N} C^n(\theta) \tag{3.2}\label{eq:total-loss}$$

    Every loss in this specification is such a sum, and only the contributions $C^n$ differ. With those of
    $\eqref{eq:mse-contributions}$, the loss is the mean squared error.

    Args:
        c: the contributions $C^n$, shape (..., N). Unlike a matrix of errors, they have no output axis.

    Returns:
        The loss $L$, shape (...): one number for one network.

    Examples:
        The two contributions of the example above add up to the loss:
        >>> import numpy as np
        >>> from backprop.derivation import mse_contributions, total_loss
        >>> float(total_loss(np.array([0.5, 0.125])))
        0.625

        Two networks at once have two losses:

        >>> total_loss(np.array([[0.5, 0.125, 0.0], [0.25, 0.25, 0.5]]))
        array([0.625, 1.   ])

        A constant prediction of ½ for targets 0 and 1 has the loss ¼. On the report's XOR data, whose two classes no
        straight line separates, training often stays near this value for a long time:

        >>> y = np.array([[0.0], [1.0], [1.0], [0.0]])
        >>> float(total_loss(mse_contributions(y, np.full((4, 1), 0.5))))
        0.25

    Source:
        The report, *Computing ∇L*: L(θ) = Σ Cⁿ(θ).

    Next:
        `sum_gradients` adds the derivatives in the same way.
    """
    return c.sum(axis=-1)


def sum_gradients(per_example: np.ndarray) -> np.ndarray:
    r"""Sum the gradients of all examples, which gives the gradient of the loss.

    $$\frac{\partial L(\theta)}{\partial w} = \sum_{n=1}^{N} \frac{\partial C^n(\theta)}{\partial w}
    \tag{3.3}\label{eq:sum-gradients}$$

    The derivative of a sum is the sum of the derivatives. It is therefore enough to derive the gradient for one example
    and to sum over the examples at the end. In chapter 9, this sum becomes part of a matrix product
    $\eqref{eq:weight-gradient}$.

    Args:
        per_example: $\partial C^n/\partial w$ for each example, shape (N, ...): the examples come first, then the
            shape of the parameter. Do not average them, because the contributions contain 1/N already.

    Returns:
        $\partial L/\partial w$, the shape of the parameter.

    Examples:
        The gradients of two examples for one weight have opposite signs:

        >>> import numpy as np
        >>> from backprop.derivation import sum_gradients
        >>> float(sum_gradients(np.array([0.5, -0.2])))
        0.3

        Four examples have four gradients with respect to a 2 × 3 weight matrix:

        >>> sum_gradients(np.ones((4, 2, 3)))
        array([[4., 4., 4.],
               [4., 4., 4.]])

        For $\hat y = wx$ under the mean squared error, the sum equals the numerical gradient:

        >>> from backprop.derivation import central_difference, relative_error
        >>> from backprop.derivation import mse_contributions, total_loss
        >>> x, y = np.array([[1.0], [2.0], [3.0]]), np.array([[2.0], [3.0], [5.0]])
        >>> L = lambda w: float(total_loss(mse_contributions(y, x * w)))
        >>> contributions = 2 * x * (x * 1.2 - y) / 3
        >>> relative_error(sum_gradients(contributions), central_difference(L, np.array([1.2]))) < 1e-9
        True

    Source:
        The report, *Computing ∇L*: ∂L/∂w = Σ ∂Cⁿ/∂w.

    Next:
        `learning_rate_for_sum` shows how the factor 1/N affects the learning rate.
    """
    return per_example.sum(axis=0)


def learning_rate_for_sum(eta_mean: float, n: int) -> float:
    r"""Translate a learning rate for the mean into one for the sum.

    $$L_{\text{sum}} = N\,L_{\text{mean}}, \qquad \nabla L_{\text{sum}} = N\,\nabla L_{\text{mean}},
    \qquad \eta_{\text{sum}} = \frac{\eta_{\text{mean}}}{N} \tag{3.4}\label{eq:mean-and-sum}$$

    Some texts leave the $1/N$ out altogether, so their loss and their gradient are $N$ times ours. The same step
    $\eta\nabla L$ then needs a learning rate that is $N$ times smaller. Both choices are correct, but you can compare
    two learning rates only if you know whether each belongs to a mean or to a sum. With several outputs, the mean
    squared error and binary cross-entropy also divide by $d_L$, so $N$ must be replaced by $N d_L$. Categorical
    cross-entropy $\eqref{eq:cross-entropy}$ divides by $N$ alone.

    Args:
        eta_mean: the learning rate $\eta$ for a loss that is a mean, as everywhere in this package.
        n: the number N of examples in the batch, or of terms in the mean.

    Returns:
        The learning rate that makes the same step with the sum.

    Examples:
        The report's learning rate of 1 on 100 examples corresponds to 0.01 for the sum:
        >>> from backprop.derivation import learning_rate_for_sum
        >>> learning_rate_for_sum(1.0, 100)
        0.01

        On the report's XOR data, which are 21 points on the two diagonals of a square, it corresponds to 1/21:

        >>> round(learning_rate_for_sum(1.0, 21), 4)
        0.0476

        Both learning rates make the same step:

        >>> import numpy as np
        >>> gradient_of_mean = np.array([0.3, -0.1])
        >>> step_of_sum = learning_rate_for_sum(1.0, 21) * (21 * gradient_of_mean)
        >>> bool(np.allclose(1.0 * gradient_of_mean, step_of_sum))
        True

    Source:
        The report sums in the text and averages in the code.

    Next:
        `mse_derivative` begins the backward pass.
    """
    return eta_mean / n


def mse_derivative(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Differentiate the mean squared error with respect to each prediction.

    $$\frac{\partial L}{\partial \hat y^{\,n}_k} = \frac{\partial C^n}{\partial \hat y^{\,n}_k}
    = \frac{2}{N\,d_L}\bigl(\hat y^{\,n}_k - y^n_k\bigr) \tag{3.5}\label{eq:mse-derivative}$$

    Only the contribution $C^n$ contains $\hat y^{\,n}$, so one term of the sum over examples remains. The power rule
    gives the factor 2, and the inner derivative of $\hat y - y$ is $+1$. The derivative is positive if the prediction
    is too large, because then a smaller prediction would lower the loss.

    Args:
        y: the targets $y$, shape (..., N, d_L) rather than (N,).
        y_hat: the predictions $\hat y$, same shape.

    Returns:
        $\partial L/\partial\hat y$, shape (..., N, d_L), with its true sign.

    Examples:
        Two predictions are off by +1 and by −0.5:

        >>> import numpy as np
        >>> from backprop.derivation import mse_derivative
        >>> mse_derivative(y=np.array([[0.0], [1.0]]), y_hat=np.array([[1.0], [0.5]]))
        array([[ 1. ],
               [-0.5]])

        The gradient has the shape of the predictions:

        >>> mse_derivative(np.zeros((3, 2)), np.ones((3, 2))).shape
        (3, 2)

        The derivative equals the numerical gradient:

        >>> from backprop.derivation import central_difference, relative_error
        >>> from backprop.derivation import mse_contributions, total_loss
        >>> y = np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
        >>> y_hat = np.array([[0.2, 0.9, 0.4], [0.5, 0.1, 0.8]])
        >>> numerical = central_difference(lambda v: float(total_loss(mse_contributions(y, v))), y_hat)
        >>> relative_error(mse_derivative(y, y_hat), numerical) < 1e-9
        True

    Source:
        The report, `derivative_loss(y, ŷ) = (y − ŷ)·2/N`, which has the opposite sign. Its update adds with `+=`
        instead, so the step is the same.

    Next:
        `bce_contributions` is for the other common loss, binary cross-entropy.
    """
    n, d = y_hat.shape[-2:]
    return (y_hat - y) * (2.0 / (n * d))


def bce_contributions(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Compute each example's contribution to the binary cross-entropy.

    $$C^n = \frac{1}{N\,d_L}\sum_{k=1}^{d_L} c^n_k, \qquad
    c^n_k = -y^n_k\ln\hat y^{\,n}_k - (1-y^n_k)\ln\bigl(1-\hat y^{\,n}_k\bigr)
    \tag{3.6}\label{eq:binary-cross-entropy}$$

    Read $\hat y$ as the probability that the label is 1. The network gives some probability to the label that occurs,
    and $c^n_k$, the negative logarithm of this probability, measures how surprising the label was. Binary
    cross-entropy, also called log loss, is the mean of $c^n_k$ over the examples and outputs. A term whose factor $y$
    or $1-y$ is 0 counts as 0, even where its logarithm is infinite. A prediction that is certain and incorrect makes
    the loss infinite.

    Args:
        y: the targets $y$ in [0, 1], shape (..., N, d_L).
        y_hat: the predictions $\hat y$, strictly between 0 and 1 except where certain and correct, same shape. Do not
            pass the output of tanh, ReLU or the identity.

    Returns:
        The contributions $C^n$, shape (..., N), in nats, the unit of information for the natural logarithm.

    Examples:
        The prediction ½ costs ln 2, whatever the label is:

        >>> import numpy as np
        >>> from backprop.derivation import bce_contributions
        >>> bce_contributions(np.array([[1.0]]), np.array([[0.5]])).round(4)
        array([0.6931])

        A certain and correct prediction costs nothing, so only the third example contributes, with $\tfrac13\ln 2$:

        >>> y, y_hat = np.array([[1.0], [0.0], [1.0]]), np.array([[1.0], [0.0], [0.5]])
        >>> contributions = bce_contributions(y, y_hat)
        >>> contributions.shape, float(contributions.sum().round(4))
        ((3,), 0.231)

        The loss is convex in the prediction, which means that the mean of two predictions costs no more than the mean
        of their costs:

        >>> cost = lambda p: float(bce_contributions(np.array([[1.0]]), np.array([[p]]))[0])
        >>> cost(0.5) < (cost(0.2) + cost(0.8)) / 2
        True

    Source:
        The report uses the mean squared error alone. We add this loss because the backward pass begins with a simpler
        formula for it $\eqref{eq:output-delta-sigmoid-bce}$.

    Next:
        `bce_derivative` is its derivative.
    """
    n, d = y_hat.shape[-2:]
    ones = np.where(y == 0, 1.0, y_hat)
    zeros = np.where(y == 1, 1.0, 1 - y_hat)
    return -(y * np.log(ones) + (1 - y) * np.log(zeros)).sum(axis=-1) / (n * d)


def bce_derivative(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Differentiate the binary cross-entropy with respect to each prediction.

    $$\frac{\partial L}{\partial \hat y^{\,n}_k}
    = \frac{1}{N\,d_L}\left[-\frac{y^n_k}{\hat y^{\,n}_k} + \frac{1-y^n_k}{1-\hat y^{\,n}_k}\right]
    = \frac{1}{N\,d_L}\cdot\frac{\hat y^{\,n}_k - y^n_k}{\hat y^{\,n}_k\bigl(1-\hat y^{\,n}_k\bigr)}
    \tag{3.7}\label{eq:bce-derivative}$$

    The derivative of $\ln u$ is $1/u$, and the inner derivative of $1-\hat y$ is $-1$, so the second term becomes
    positive. Over the common denominator the products $y\hat y$ cancel. If $\hat y$ is the output of a sigmoid
    $\sigma$, an activation function of the next chapter, the denominator that remains is the derivative of this sigmoid
    $\eqref{eq:sigmoid-derivative-from-output}$, so it cancels against $\sigma'$ $\eqref{eq:output-delta-sigmoid-bce}$.

    Args:
        y: the targets $y$ in [0, 1], shape (..., N, d_L).
        y_hat: the predictions $\hat y$, strictly between 0 and 1, same shape. At exactly 0 or 1 the derivative of an
            incorrect prediction is infinite, and for a correct one the formula is 0/0, which gives NaN.

    Returns:
        $\partial L/\partial\hat y$, shape (..., N, d_L).

    Examples:
        One example of label 1 with the prediction ½ has the derivative −1/½ = −2:

        >>> import numpy as np
        >>> from backprop.derivation import bce_derivative
        >>> bce_derivative(np.array([[1.0]]), np.array([[0.5]]))
        array([[-2.]])

        Five examples with three outputs have fifteen derivatives:

        >>> bce_derivative(np.zeros((5, 3)), np.full((5, 3), 0.5)).shape
        (5, 3)

        The result equals the numerical gradient:

        >>> from backprop.derivation import complex_step, bce_contributions, relative_error, total_loss
        >>> y = np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
        >>> y_hat = np.array([[0.2, 0.9, 0.4], [0.5, 0.1, 0.8]])
        >>> numerical = complex_step(lambda v: total_loss(bce_contributions(y, v)), y_hat)
        >>> relative_error(bce_derivative(y, y_hat), numerical) < 1e-14
        True

    Next:
        `binary_accuracy` counts correct predictions.
    """
    n, d = y_hat.shape[-2:]
    return (y_hat - y) / (y_hat * (1 - y_hat)) / (n * d)


def binary_accuracy(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Compute the binary accuracy, the fraction of predictions on the correct side of one half.

    $$\text{accuracy} = \frac{1}{N\,d_L}\sum_{n}\sum_{k}
    \bigl[(\hat y^{\,n}_k > \tfrac12) = (y^n_k > \tfrac12)\bigr]
    \tag{3.8}\label{eq:binary-accuracy}$$

    The sums run over all examples and outputs. The bracket is 1 where the statement inside is true and 0 where it is
    not, and a prediction of exactly ½ counts as label 0. Accuracy is what you want to know in the end. However, it is
    piecewise constant, so wherever its gradient exists it is 0 and gives no direction for a step. Training therefore
    needs a loss, which changes smoothly with the predictions.

    Args:
        y: the targets $y$, 0 or 1, shape (..., N, d_L) rather than (N,).
        y_hat: the predictions $\hat y$, same shape.

    Returns:
        The fraction of correct predictions, between 0 and 1, shape (...).

    Examples:
        Two of three predictions are on the correct side of ½:

        >>> import numpy as np
        >>> from backprop.derivation import binary_accuracy
        >>> y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.4], [0.9], [0.2]])
        >>> float(binary_accuracy(y, y_hat).round(4))
        0.6667

        Of two predictions of exactly ½, the one with target 0 is correct:

        >>> float(binary_accuracy(np.array([[0.0], [1.0]]), np.full((2, 1), 0.5)))
        0.5

        Two networks at once make four predictions each:

        >>> binary_accuracy(np.zeros((2, 4, 1)), np.array([[[0.1]] * 4, [[0.9]] * 4]))
        array([1., 0.])

        A small change of a prediction changes nothing, so the numerical gradient is 0:

        >>> from backprop.derivation import central_difference
        >>> y, y_hat = np.array([[0.0], [1.0]]), np.array([[0.8], [0.9]])
        >>> central_difference(lambda v: float(binary_accuracy(y, v)), y_hat).ravel()
        array([0., 0.])

    Source:
        The assignment asks for the accuracy, whereas the report shows pictures of the predictions.

    Next:
        `cross_entropy_contributions` is the loss for several classes.
    """
    return ((y_hat > 0.5) == (y > 0.5)).mean(axis=(-2, -1))


def cross_entropy_contributions(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Compute each example's contribution to the categorical cross-entropy.

    $$C^n = -\frac{1}{N}\sum_{k=1}^{d_L} y^n_k\ln\hat y^{\,n}_k \tag{3.9}\label{eq:cross-entropy}$$

    Here each output stands for a class, $\hat y^{\,n}_k$ is the predicted probability of class $k$, and the predictions
    for one example sum to 1. The target is 1 for the true class and 0 for the others, which is called *one-hot*, so one
    term of the sum is left: minus the logarithm of the probability that was predicted for the true class. The
    contribution is divided by $N$ only, because the outputs of one example together answer one question. For two
    classes write $\hat y$ and $1 - \hat y$ for the two predictions, and $y$ and $1 - y$ for the targets. Then the sum
    becomes the binary cross-entropy $\eqref{eq:binary-cross-entropy}$ of a single output.

    Args:
        y: the targets $y$, one-hot or other probabilities, each row summing to 1, shape (..., N, d_L). This
            function does not take class numbers of shape (N,), which `Model` turns into one-hot rows.
        y_hat: the predictions $\hat y$, same shape; probabilities that sum to 1 in each row, rather than
            pre-activations.

    Returns:
        The contributions $C^n$, shape (..., N), in nats.

    Examples:
        One example of the first class, whose predicted probability is ½, costs ln 2:

        >>> import numpy as np
        >>> from backprop.derivation import cross_entropy_contributions
        >>> cross_entropy_contributions(np.array([[1.0, 0.0, 0.0]]), np.array([[0.5, 0.25, 0.25]])).round(4)
        array([0.6931])

        There are two examples and three classes. The first prediction is certain and correct, so all of the loss,
        $\tfrac12\ln 4$, comes from the second:

        >>> y = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        >>> contributions = cross_entropy_contributions(y, np.array([[0.0, 1.0, 0.0], [0.25, 0.5, 0.25]]))
        >>> contributions.shape, float(contributions.sum().round(4))
        ((2,), 0.6931)

        If all $K$ classes get equal probabilities, the loss is $\ln K$, whatever the targets are. An untrained network
        with small weights has nearly this loss, and one with large weights has a higher one:

        >>> from backprop.derivation import total_loss
        >>> uniform = float(total_loss(cross_entropy_contributions(y, np.full((2, 3), 1 / 3))))
        >>> round(uniform, 4), bool(np.isclose(uniform, np.log(3), rtol=1e-14))
        (1.0986, True)

        With two classes, the loss is the binary cross-entropy of the first output:

        >>> from backprop.derivation import bce_contributions
        >>> y, y_hat = np.array([[1.0], [0.0], [0.3]]), np.array([[0.9], [0.2], [0.6]])
        >>> two = cross_entropy_contributions(np.hstack([y, 1 - y]), np.hstack([y_hat, 1 - y_hat]))
        >>> bool(np.allclose(two, bce_contributions(y, y_hat), rtol=1e-14))
        True

    Source:
        The report has no such loss, because its networks have one output.

    Next:
        `cross_entropy_derivative` is its derivative.
    """
    terms = y * np.log(np.where(y == 0, 1.0, y_hat))
    return -terms.sum(axis=-1) / y_hat.shape[-2]


def cross_entropy_derivative(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Differentiate the categorical cross-entropy with respect to each prediction.

    $$\frac{\partial L}{\partial \hat y^{\,n}_k} = -\frac{1}{N}\cdot\frac{y^n_k}{\hat y^{\,n}_k}
    \tag{3.10}\label{eq:cross-entropy-derivative}$$

    Only one term of $\eqref{eq:cross-entropy}$ contains $\hat y^{\,n}_k$, and the derivative of $\ln u$ is $1/u$. This
    is a partial derivative: the other predictions are held fixed, although softmax would change them too. The
    condition that they sum to 1 enters later, with the Jacobian matrix of softmax, which collects all its partial
    derivatives $\eqref{eq:softmax-jacobian}$. There the division by $\hat y$ cancels
    $\eqref{eq:output-delta-softmax-cross-entropy}$.

    Args:
        y: the targets $y$, one-hot or other probabilities, shape (..., N, d_L).
        y_hat: the predictions $\hat y$, greater than 0, same shape. At exactly 0 the derivative is infinite, unless the
            target is 0 as well. Then the formula is 0/0, which gives NaN.

    Returns:
        $\partial L/\partial\hat y$, shape (..., N, d_L).

    Examples:
        The targets of one example may be probabilities:

        >>> import numpy as np
        >>> from backprop.derivation import cross_entropy_derivative
        >>> cross_entropy_derivative(np.array([[0.5, 0.25, 0.25]]), np.array([[0.25, 0.5, 0.25]]))
        array([[-2. , -0.5, -1. ]])

        The derivative has the shape of the predictions:

        >>> cross_entropy_derivative(np.eye(3)[[0, 2, 2, 1, 0]], np.full((5, 3), 1 / 3)).shape
        (5, 3)

        The derivative equals the numerical gradient:

        >>> from backprop.derivation import complex_step, cross_entropy_contributions, relative_error, total_loss
        >>> y, y_hat = np.array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]]), np.array([[0.2, 0.7, 0.1], [0.5, 0.1, 0.4]])
        >>> numerical = complex_step(lambda v: total_loss(cross_entropy_contributions(y, v)), y_hat)
        >>> relative_error(cross_entropy_derivative(y, y_hat), numerical) < 1e-14
        True

    Next:
        `categorical_accuracy` counts the examples whose class is predicted correctly.
    """
    return -y / (y_hat.shape[-2] * y_hat)


def categorical_accuracy(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    r"""Compute the categorical accuracy, the fraction of examples whose class is predicted correctly.

    $$\text{accuracy} = \frac{1}{N}\sum_{n=1}^{N}
    \Bigl[\operatorname{argmax}_k\hat y^{\,n}_k = \operatorname{argmax}_k y^n_k\Bigr]
    \tag{3.11}\label{eq:categorical-accuracy}$$

    The predicted class is the one with the largest prediction, even if that is below ½, which can happen with three
    classes or more. This is why the threshold of $\eqref{eq:binary-accuracy}$ does not serve here. If two predictions
    are equal, the first of them counts.

    Args:
        y: the targets $y$, one-hot or other probabilities rather than class numbers, shape (..., N, d_L).
        y_hat: the predictions $\hat y$, same shape. Pre-activations give the same result, because softmax keeps
            their order.

    Returns:
        The fraction of examples that are correct, between 0 and 1, shape (...).

    Examples:
        The first example is correct, although no prediction exceeds ½, and the second is not:

        >>> import numpy as np
        >>> from backprop.derivation import categorical_accuracy
        >>> y = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        >>> float(categorical_accuracy(y, np.array([[0.4, 0.3, 0.3], [0.2, 0.5, 0.3]])))
        0.5

        Two networks at once have two accuracies, here for four examples and three classes:

        >>> y = np.eye(3)[[0, 1, 2, 2]]
        >>> categorical_accuracy(y, np.stack([y, np.full((4, 3), 1 / 3)]))
        array([1.  , 0.25])

        A small change of a prediction changes nothing, so the numerical derivative is 0:

        >>> from backprop.derivation import central_difference
        >>> central_difference(lambda v: float(categorical_accuracy(y[:1], v)), np.array([[0.4, 0.3, 0.3]])).ravel()
        array([0., 0., 0.])

    Next:
        `sigmoid` is the activation function of the report.
    """
    return (np.argmax(y_hat, axis=-1) == np.argmax(y, axis=-1)).mean(axis=-1)
