r"""A mini-batch.

Time: thirty minutes
Chapter: loss

So far every step has used all examples. Write one epoch in mini-batches, which means a forward pass, a backward pass
and an update for each batch in turn. Before you do, answer a question on paper. Five examples are split into batches of
2 and 3. How must the gradients of the two batches be combined to give the gradient of the mean over all five?

Hint:
    Each batch divides by its own number of examples. Undo this division, add, and divide by five.

Solution:
    A batch of $N_b$ examples gives the mean over its own examples, so $N_b$ times this mean is their sum. If we add
    these sums and divide by $N$, we obtain $\nabla L = \sum_b \frac{N_b}{N}\nabla L_b$, here with the weights ⅖ and ⅗.
    This is the sum over examples $\eqref{eq:sum-gradients}$ in two parts. In training, however, nothing is combined,
    because the gradient of each batch makes its own step from the point that the previous step has reached.
"""

import numpy as np

import backprop


def combined(gradients: list[np.ndarray], sizes: list[int]) -> np.ndarray:
    """Combine the gradients of batches into the gradient of the mean over all examples.

    Args:
        gradients: the gradient of each batch's mean loss, all of one shape.
        sizes: the number of examples in each batch.

    Returns:
        The gradient of the mean loss of all examples, same shape.

    Examples:
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> g = lambda rows: model.backward(model.forward(X[rows]), y[rows]).weights[0]
        >>> parts = [g(slice(0, 2)), g(slice(2, 5))]
        >>> bool(np.allclose(combined(parts, [2, 3]), g(slice(0, 5))))
        True
    """
    return np.average(gradients, axis=0, weights=sizes)


def epoch(model: backprop.Model, x: np.ndarray, y: np.ndarray, eta: float, batches: list[np.ndarray]) -> backprop.Model:
    """Train for one epoch, batch by batch.

    Args:
        model: the network.
        x: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        eta: the learning rate.
        batches: the row numbers of each batch.

    Returns:
        The network after one step for each batch.

    Examples:
        One batch of all examples is one step of full-batch training:

        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 4, 1], seed=0)
        >>> one = epoch(model, X, y, 1.0, [np.arange(21)])
        >>> bool(np.allclose(one.weights[0], backprop.train(model, X, y, eta=1.0, epochs=1).model.weights[0]))
        True

        Three batches of seven are three steps, each from the point that the previous one has reached:

        >>> rows = np.random.default_rng(0).permutation(21).reshape(3, 7)
        >>> by_hand = model
        >>> for batch in rows:
        ...     by_hand = backprop.train(by_hand, X[batch], y[batch], eta=1.0, epochs=1).model
        >>> bool(np.allclose(epoch(model, X, y, 1.0, list(rows)).weights[0], by_hand.weights[0]))
        True
    """
    for rows in batches:
        model = model.update(model.backward(model.forward(x[rows]), y[rows]), eta)
    return model
