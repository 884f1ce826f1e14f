r"""Momentum.

Time: thirty minutes
Chapter: gradient-descent

In a long, narrow valley, plain gradient descent oscillates between the walls and moves slowly along the bottom.
Momentum adds a fraction $\mu$ of the previous step, where $0 \le \mu < 1$. The new step is $v^1 = \mu v^0 - \eta\nabla
L(\theta^0)$, and it leads to $\theta^1 = \theta^0 + v^1$. Write this step. Then answer on paper: if the gradient $g$
stays the same for many steps, how large does each step become?

Hint:
    A step that no longer changes satisfies $v = \mu v - \eta g$.

Solution:
    Since $v(1 - \mu) = -\eta g$, the step is $v = -\eta g/(1 - \mu)$, so with $\mu = 0.9$ the step is ten times the
    plain one. If the sign of the gradient alternates, the terms partly cancel, and the step shrinks to $\eta g/(1 +
    \mu)$, which is about half the plain one. With $\mu = 0$ the step is that of the plain update
    $\eqref{eq:gradient-descent-step}$. Momentum changes how the gradient is used, whereas the gradient itself, and
    therefore backpropagation, stays the same.
"""

import numpy as np

from backprop.derivation import gradient_descent_step


def momentum_step(
    theta: np.ndarray, v: np.ndarray, gradient: np.ndarray, eta: float, mu: float
) -> tuple[np.ndarray, np.ndarray]:
    """Take one step of gradient descent with momentum.

    Args:
        theta: the parameters θ, any shape.
        v: the previous step, same shape; zeros at the start.
        gradient: ∇L(θ), same shape.
        eta: the learning rate.
        mu: the fraction of the previous step that is kept.

    Returns:
        The new parameters and the new step.

    Examples:
        With μ = 0 the step is the plain update:

        >>> theta, derivatives = np.array([1.0, 1.0]), np.array([1.0, 50.0])
        >>> new, _ = momentum_step(theta, np.zeros(2), derivatives * theta, eta=0.03, mu=0.0)
        >>> bool(np.allclose(new, gradient_descent_step(theta, derivatives * theta, eta=0.03)))
        True

        In a valley whose curvature across is fifty times the one along it, we compare a hundred steps without and with
        momentum:

        >>> distances = []
        >>> for mu in (0.0, 0.8):
        ...     theta, v = np.array([1.0, 1.0]), np.zeros(2)
        ...     for _ in range(100):
        ...         theta, v = momentum_step(theta, v, derivatives * theta, eta=0.03, mu=mu)
        ...     distances.append(float(np.linalg.norm(theta)))
        >>> distances[1] < distances[0] / 1000
        True
    """
    v = mu * v - eta * gradient
    return theta + v, v


def steady_step(gradient: float, eta: float, mu: float) -> float:
    """Give the step that results when the gradient stays the same.

    Args:
        gradient: g.
        eta: the learning rate.
        mu: the fraction of the previous step that is kept.

    Returns:
        The step v, with its sign.

    Examples:
        >>> theta, v = np.array(0.0), np.array(0.0)
        >>> for _ in range(500):
        ...     theta, v = momentum_step(theta, v, np.array(2.0), eta=0.1, mu=0.9)
        >>> bool(np.isclose(steady_step(2.0, eta=0.1, mu=0.9), v))
        True
    """
    return -eta * gradient / (1 - mu)
