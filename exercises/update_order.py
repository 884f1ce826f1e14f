r"""Find the mistake.

Time: fifteen minutes
Chapter: parameter-gradients

With this training step the loss falls and XOR is learned. Nevertheless the step is incorrect:

```python
delta2 = (y_hat - y) * (2 / len(y)) * y_hat * (1 - y_hat)
w2 = w2 - eta * a1.T @ delta2
delta1 = (delta2 @ w2.T) * a1 * (1 - a1)
w1 = w1 - eta * x.T @ delta1
```

Say what is incorrect, write the correct step, and explain why a gradient check does not notice the mistake.

Hint:
    Which $W_2$ did the forward pass use?

Solution:
    The second line changes `w2`, so the third propagates δ back through the changed weights. The gradient belongs to
    the point $\theta^0$, and therefore all of it must be known before any weight changes
    $\eqref{eq:simultaneous-update}$. A gradient check compares the gradients that a backward pass returns, whereas this
    mistake lies between the gradient and the step. To find it, compare one whole step with $\theta^0 - \eta\nabla
    L(\theta^0)$.
"""

import numpy as np

import backprop
from backprop.derivation import sigmoid


def step(w1: np.ndarray, w2: np.ndarray, x: np.ndarray, y: np.ndarray, eta: float) -> tuple[np.ndarray, np.ndarray]:
    """Take one step of training a network with one hidden layer, sigmoids and no biases.

    Args:
        w1: the first weights, shape (2, H).
        w2: the second weights, shape (H, 1).
        x: the inputs, shape (N, 2).
        y: the targets, shape (N, 1).
        eta: the learning rate.

    Returns:
        The new w1 and w2.

    Examples:
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> correct = model.update(model.backward(model.forward(X), y), eta=1.0)
        >>> new = step(*model.weights, X, y, eta=1.0)
        >>> [bool(np.allclose(ours, theirs)) for ours, theirs in zip(new, correct.weights, strict=True)]
        [True, True]
    """
    a1 = sigmoid(x @ w1)
    y_hat = sigmoid(a1 @ w2)
    delta2 = (y_hat - y) * (2 / len(y)) * y_hat * (1 - y_hat)
    delta1 = (delta2 @ w2.T) * a1 * (1 - a1)
    return w1 - eta * x.T @ delta1, w2 - eta * a1.T @ delta2
