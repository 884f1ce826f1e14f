r"""Walk against the gradient.

A network is a function with many adjustable numbers. Collect them in one vector $\theta$, measure how bad
the network is by one number $L(\theta)$, and ask of every parameter: if it grew a little, would $L$ rise or fall,
and how fast? The answers form the gradient. Everything after this chapter is about computing it.
"""

from collections.abc import Sequence

import numpy as np


def parameter_vector(parameters: Sequence[np.ndarray]) -> np.ndarray:
    r"""Stack weights and biases into the one vector θ.

    $$\theta = \bigl(w_1, w_2, \dots, b_1, b_2, \dots\bigr)^\top \tag{1.1}\label{eq:theta}$$

    $$\nabla L(\theta) = \left[\frac{\partial L(\theta)}{\partial w_1}, \frac{\partial L(\theta)}{\partial w_2},
    \dots, \frac{\partial L(\theta)}{\partial b_1}, \dots\right]^\top \tag{1.2}\label{eq:gradient}$$

    The slope $\partial L/\partial w_1$ is the ordinary derivative when $w_1$ varies and all other parameters are held
    still. The order of the entries is free, but it must be the same for both vectors: entry $k$ of $\nabla L$ is the
    slope of the loss along entry $k$ of $\theta$. The same function therefore stacks the partial derivatives.
    Each array is read row by row.

    Args:
        parameters: the arrays to stack, all weights before all biases; any shapes. Not one array: a list of them.

    Returns:
        $\theta$, or $\nabla L$ if partial derivatives were given, shape (P,), where P counts every entry.

    Examples:
        One neuron with two weights and a bias:

        >>> import numpy as np
        >>> from backprop.derivation import parameter_vector
        >>> parameter_vector([np.array([[0.5], [-0.2]]), np.array([0.1])])
        array([ 0.5, -0.2,  0.1])

        A 2-3-5-1 network, that is two inputs, hidden layers of 3 and 5 units, and one output, has 2·3 + 3·5 + 5·1
        weights if there are no biases:

        >>> parameter_vector([np.ones((2, 3)), np.ones((3, 5)), np.ones((5, 1))]).shape
        (26,)

    Source:
        The source report, *Gradient descent*, equation (1).

    Next:
        `gradient_descent_step` uses the gradient.
    """
    return np.concatenate([np.ravel(p) for p in parameters])


def gradient_descent_step(theta: np.ndarray, gradient: np.ndarray, eta: float | np.ndarray) -> np.ndarray:
    r"""Take one step of gradient descent.

    $$\theta^{1} = \theta^{0} - \eta\,\nabla L(\theta^{0}) \tag{1.3}\label{eq:gradient-descent-step}$$

    A positive slope says that a larger parameter means a larger loss, so the parameter must shrink: hence the
    minus. The learning rate $\eta$ sets how far to go. The rule acts on each entry alone, so it may be applied to
    $\theta$ as a whole or to one weight matrix at a time. The superscript counts steps; it is not a power.

    Args:
        theta: the parameters $\theta^0$, any shape.
        gradient: $\nabla L(\theta^0)$, same shape, with its true sign. Not $-\nabla L$: the source report's code
            computes that, and adds it.
        eta: the learning rate $\eta > 0$, in units of parameter² per unit of loss; a number, or an array that
            broadcasts, shape (S, 1, 1) for S runs at once.

    Returns:
        $\theta^1$, a new array of the same shape. The argument is not changed.

    Examples:
        The parabola $L(\theta) = \theta^2$ has slope $2\theta$; from 2, a rate of 0.25 makes a step of 1:

        >>> from backprop.derivation import gradient_descent_step
        >>> gradient_descent_step(2.0, 2 * 2.0, eta=0.25)
        1.0

        A weight matrix is updated entry by entry:

        >>> import numpy as np
        >>> gradient_descent_step(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 0.0, -1.0]]), eta=0.5)
        array([[0.5, 2. , 3.5]])

        Steps of the right sign lower the loss, and the wrong sign raises it:

        >>> L = lambda theta: theta**2
        >>> L(gradient_descent_step(2.0, 4.0, 0.25)) < L(2.0) < L(gradient_descent_step(2.0, -4.0, 0.25))
        True

    Source:
        The source report, *Gradient descent*: θ¹ = θ⁰ − η∇L(θ⁰). Its code adds a negative gradient instead.

    Next:
        `predicted_decrease` says how much one step gains.
    """
    return theta - eta * gradient


def predicted_decrease(gradient: np.ndarray, eta: float) -> float:
    r"""Predict how much a small step lowers the loss.

    $$L\bigl(\theta - \eta\,\nabla L\bigr) = L(\theta) - \eta\,\lVert\nabla L\rVert^2 + O(\eta^2)
    \tag{1.4}\label{eq:decrease}$$

    Along any direction $d$ the loss changes by $\nabla L \cdot d$, to first order. With $d = -\eta\nabla L$ this is
    $-\eta\lVert\nabla L\rVert^2$, which is never positive. Of all directions of one length it is the best:
    $\nabla L \cdot d$ is the product of the lengths and the cosine between them, least where $d$ points against the
    gradient. It is a promise about small steps only. The remainder $O(\eta^2)$ is at most a constant times $\eta^2$,
    and a large step may land higher than it started.

    Args:
        gradient: $\nabla L(\theta)$, any shape.
        eta: the learning rate $\eta > 0$, a number.

    Returns:
        $\eta\lVert\nabla L\rVert^2$, the predicted decrease, a number in units of the loss.

    Examples:
        A gradient of length 5 and a rate of 0.01:

        >>> import numpy as np
        >>> from backprop.derivation import predicted_decrease, gradient_descent_step
        >>> predicted_decrease(np.array([3.0, 4.0]), eta=0.01)
        0.25

        It does not matter in which shape the gradient comes:

        >>> predicted_decrease(np.array([[3.0], [0.0], [4.0]]), eta=0.01)
        0.25

        On $L = \theta_1^2 + 2\theta_2^2$ a rate ten times smaller leaves a remainder a hundred times smaller:

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
        Not in the source report, which claims only that the step goes downhill.

    Next:
        `central_difference` measures a gradient before we derive one.
    """
    return float(eta * np.sum(gradient**2))
