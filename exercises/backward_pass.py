r"""The whole backward pass.

Time: an hour
Chapter: hidden-to-hidden

Write the forward and the backward pass of a network of any depth in NumPy alone, with sigmoid units, without biases,
and with the mean squared error as its loss. Use no function of this package, because this is the core of the lab. The
check compares your gradients with numerical gradients on a 2-3-5-1 network.

Hint:
    Keep the output of every layer in a list `a` that begins with the data. Go back through the layers with one
    `delta`, starting at the output. In each iteration, first compute the gradient with respect to the weights of the
    layer and then propagate `delta` back, except at the first layer.

Solution:
    The solution follows the [chain in eight lines](../derivation/index.md#the-chain-in-eight-lines) without its last
    two, because there are no biases and nothing is updated. The derivative $a(1 - a)$ is computed from the stored
    outputs.
"""

import numpy as np

import backprop


def loss_and_gradients(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> tuple[float, list[np.ndarray]]:
    """Compute the loss and the gradient with respect to every weight matrix.

    Args:
        weights: the matrices, inputs first, each of shape (in, out).
        x: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).

    Returns:
        The loss, and ∂L/∂W for each matrix, in the same order and shapes.

    Examples:
        >>> from backprop.derivation import central_difference, relative_error
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.uniform(size=(4, 2)), np.array([[0.0], [1.0], [1.0], [0.0]])
        >>> w = [rng.normal(size=shape) for shape in [(2, 3), (3, 5), (5, 1)]]
        >>> loss, gradients = loss_and_gradients(w, x, y)
        >>> model = backprop.Model(w)
        >>> bool(np.isclose(loss, model.loss(model.forward(x), y)))
        True
        >>> for i in range(3):
        ...     f = lambda v: loss_and_gradients([*w[:i], v, *w[i + 1:]], x, y)[0]
        ...     print(gradients[i].shape, relative_error(gradients[i], central_difference(f, w[i])) < 1e-7)
        (2, 3) True
        (3, 5) True
        (5, 1) True
    """
    a = [x]
    for w in weights:
        a.append(1 / (1 + np.exp(-a[-1] @ w)))
    loss = float(np.mean((a[-1] - y) ** 2))
    delta = (a[-1] - y) * (2 / y.size) * a[-1] * (1 - a[-1])
    gradients = []
    for i in reversed(range(len(weights))):
        gradients.append(a[i].T @ delta)
        if i > 0:
            delta = (delta @ weights[i].T) * a[i] * (1 - a[i])
    return loss, gradients[::-1]
