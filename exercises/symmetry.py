r"""Four identical units.

Time: one minute
Chapter: consequences

All weights of a 2-4-1 network are 0.5. The first column of $\partial L/\partial W_1$ has been computed. What is the
whole matrix? After a thousand epochs, how many distinct hidden units does the network have?

Solution:
    The four units compute the same $a$ and receive the same δ, so the four columns are equal $\eqref{eq:symmetry}$.
    Every update keeps them equal, so the network still has only one distinct hidden unit. Initial weights are drawn at
    random to break this symmetry.
"""

import numpy as np

import backprop


def whole_gradient(first_column: np.ndarray) -> np.ndarray:
    """Complete the gradient with respect to the weights of the first layer.

    Args:
        first_column: the gradient with respect to the weights into the first hidden unit, shape (2, 1).

    Returns:
        ∂L/∂W₁, shape (2, 4).

    Examples:
        >>> X, y = backprop.xor()
        >>> model = backprop.Model([np.full((2, 4), 0.5), np.full((4, 1), 0.5)])
        >>> gradient = model.backward(model.forward(X), y).weights[0]
        >>> bool(np.allclose(whole_gradient(gradient[:, :1]), gradient))
        True
    """
    return np.repeat(first_column, 4, axis=1)


def distinct_units() -> int:
    """Give the number of distinct hidden units after a thousand epochs.

    Returns:
        The number.

    Examples:
        >>> X, y = backprop.xor()
        >>> model = backprop.Model([np.full((2, 4), 0.5), np.full((4, 1), 0.5)])
        >>> trained = backprop.train(model, X, y, eta=1.0, epochs=1000).model
        >>> distinct_units() == len(np.unique(trained.weights[0].round(9), axis=1).T)
        True
    """
    return 1
