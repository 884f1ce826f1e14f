r"""Take steps in the direction of the negative gradient.

In which direction should we change the weights of a network, and how far? This chapter defines the gradient of the
loss, which gives the direction, and the learning rate, which sets the size of the step.

A network is a function with many parameters, its weights and biases, which we collect in one vector $\theta$. The loss
$L(\theta)$ is one number that says how large the errors are. For every parameter we ask how fast $L$ changes if only
this parameter changes, and the answer is a partial derivative. All partial derivatives together form the gradient, and
the other chapters show how to compute it.
"""

from collections.abc import Sequence

import numpy as np


def parameter_vector(parameters: Sequence[np.ndarray]) -> np.ndarray:
    r"""Stack all weights and biases into the parameter vector θ.

    $$\theta = {\bigl(w_1, w_2, \dots, b_1, b_2, \dots\bigr)}^\top \tag{1.1}\label{eq:theta}$$

    $$\nabla L(\theta) = \left[\frac{\partial L(\theta)}{\partial w_1}, \frac{\partial L(\theta)}{\partial w_2},
    \dots, \frac{\partial L(\theta)}{\partial b_1}, \dots\right]^\top \tag{1.2}\label{eq:gradient}$$

    The symbol $\nabla L$ denotes the gradient, and the superscript ᵀ turns the row into a column. The entry $\partial
    L/\partial w_1$ is a partial derivative, which is the ordinary derivative with respect to $w_1$ while all other
    parameters are held fixed. The order of the entries is arbitrary, but it must be the same in both vectors, because
    entry $k$ of $\nabla L$ belongs to entry $k$ of $\theta$. Therefore this function stacks the partial derivatives as
    well. Each array is read row by row.

    Args:
        parameters: the arrays to stack, all weights before all biases; any shapes. Pass a list, even if it holds a
            single array.

    Returns:
        $\theta$, or $\nabla L$ if partial derivatives were given, shape (P,), where P counts every entry.

    Examples:
        One unit has two weights and a bias:

        >>> import numpy as np
        >>> from backprop.derivation import parameter_vector
        >>> parameter_vector([np.array([[0.5], [-0.2]]), np.array([0.1])])
        array([ 0.5, -0.2,  0.1])

        A 2-3-5-1 network has two inputs, hidden layers of 3 and 5 units, and one output. Without biases it has
        2·3 + 3·5 + 5·1 weights:

        >>> parameter_vector([np.ones((2, 3)), np.ones((3, 5)), np.ones((5, 1))]).shape
        (26,)

    Source:
        The report, *Gradient descent*, equation (1).

    Next:
        `gradient_descent_step` uses the gradient.
    """
    return np.concatenate([np.ravel(p) for p in parameters])


def gradient_descent_step(theta: np.ndarray, gradient: np.ndarray, eta: float | np.ndarray) -> np.ndarray:
    r"""Take one step of gradient descent.

    $$\theta^{1} = \theta^{0} - \eta\,\nabla L(\theta^{0}) \tag{1.3}\label{eq:gradient-descent-step}$$

    If a partial derivative is positive, a slightly larger parameter means a larger loss, so the parameter must become
    smaller. If it is negative, the parameter must become larger. This is the reason for the minus sign. The learning
    rate $\eta$, in other texts also called the step size, is the factor that sets how far we go. The rule acts
    element-wise, so you can apply it to the whole of $\theta$ or to one weight matrix at a time. The superscript counts
    steps and is not a power.

    Args:
        theta: the parameters $\theta^0$, any shape.
        gradient: $\nabla L(\theta^0)$, same shape, with its true sign. Do not pass $-\nabla L$, which the report's code
            computes and adds.
        eta: the learning rate $\eta > 0$, in units of parameter² per unit of loss, because a gradient is loss per
            parameter and the step is a change of the parameter; a number, or an array of shape (S, 1, 1) for S runs at
            once.

    Returns:
        $\theta^1$, a new array of the same shape. The argument is not changed.

    Examples:
        The parabola $L(\theta) = \theta^2$ has the derivative $2\theta$. With a learning rate of 0.25, the step from 2
        is −0.25 · 4 = −1 and leads to 1:

        >>> from backprop.derivation import gradient_descent_step
        >>> gradient_descent_step(2.0, 2 * 2.0, eta=0.25)
        1.0

        A weight matrix is updated element-wise:

        >>> import numpy as np
        >>> gradient_descent_step(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 0.0, -1.0]]), eta=0.5)
        array([[0.5, 2. , 3.5]])

        A step with the correct sign lowers the loss, and one with the opposite sign raises it:

        >>> L = lambda theta: theta**2
        >>> L(gradient_descent_step(2.0, 4.0, 0.25)) < L(2.0) < L(gradient_descent_step(2.0, -4.0, 0.25))
        True

    Source:
        The report, *Gradient descent*: θ¹ = θ⁰ − η∇L(θ⁰). Its code adds a negative gradient instead.

    Next:
        `predicted_decrease` predicts how much one step lowers the loss.
    """
    return theta - eta * gradient


def predicted_decrease(gradient: np.ndarray, eta: float) -> float:
    r"""Predict the decrease in the loss after one small step.

    $$L\bigl(\theta - \eta\,\nabla L\bigr) = L(\theta) - \eta\,\lVert\nabla L\rVert^2 + O(\eta^2)
    \tag{1.4}\label{eq:decrease}$$

    If the parameters change by a small vector $d$, each of them changes the loss by its partial derivative times its
    entry of $d$. *To first order*, which means apart from products of two small numbers, the sum of these changes is
    the dot product $\nabla L \cdot d$. For $d = -\eta\nabla L$ this product is $-\eta\lVert\nabla L\rVert^2$. The
    squared norm $\lVert\nabla L\rVert^2$ is the sum of the squared entries, so the product is never positive. Among all
    $d$ of the same norm, the one in the direction of the negative gradient lowers the loss most, to first order. The
    reason is that $\nabla L \cdot d$ is the product of the two norms and the cosine of the angle between the two
    vectors, and the cosine is least, −1, if $d$ points in the direction opposite to $\nabla L$. However, this holds for
    small steps only. The remainder $O(\eta^2)$ is at most a constant times $\eta^2$ if $\eta$ is small. After a large
    step it can be larger than the predicted decrease, and then the loss is higher than before.

    Args:
        gradient: $\nabla L(\theta)$, any shape.
        eta: the learning rate $\eta > 0$, a number.

    Returns:
        $\eta\lVert\nabla L\rVert^2$, the predicted decrease, a number in units of the loss.

    Examples:
        The gradient has norm 5, and the learning rate is 0.01:

        >>> import numpy as np
        >>> from backprop.derivation import predicted_decrease, gradient_descent_step
        >>> predicted_decrease(np.array([3.0, 4.0]), eta=0.01)
        0.25

        The shape of the gradient does not matter:

        >>> predicted_decrease(np.array([[3.0], [0.0], [4.0]]), eta=0.01)
        0.25

        On $L = \theta_1^2 + 2\theta_2^2$, a learning rate ten times smaller leaves a remainder a hundred times smaller:

        >>> L = lambda theta: theta[0] ** 2 + 2 * theta[1] ** 2
        >>> theta = np.array([1.0, 1.0])
        >>> gradient = np.array([2.0, 4.0])
        >>> for eta in (0.1, 0.01, 0.001):
        ...     decrease = L(theta) - L(gradient_descent_step(theta, gradient, eta))
        ...     print(f"{predicted_decrease(gradient, eta) - decrease:.6f}")
        0.360000
        0.003600
        0.000036

    Source:
        The report says only that the step leads downhill.

    Next:
        `central_difference` computes a gradient numerically, before we derive one.
    """
    return float(eta * np.sum(gradient**2))
