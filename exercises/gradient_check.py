r"""Check a gradient.

Time: twenty minutes
Chapter: numerical-derivatives

Write a gradient check for a whole network: measure $\partial L/\partial W_l$ of every layer, compare it with what
`backward` returns, and give the largest relative error. It must pass a right 2-3-5-1 network and catch one whose
slope is wrong.

Hint:
    To measure one layer, rebuild the network with that layer's weights changed:
    `backprop.Model([*weights[:i], v, *weights[i + 1:]], activations=model.activations)`. The measuring itself is
    `central_difference`, the comparison `relative_error`.

Solution:
    For each layer the loss is a function of that layer's weights, the others held still. A right network stays below
    about $10^{-7}$, a wrong slope gives 0.1 and more, so any limit between will do. Take widths that differ: on
    square layers a wrong transpose fits.
"""

import numpy as np

import backprop
from backprop.derivation import central_difference, relative_error, sigmoid


def wrong_derivative(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Take the slope from a where it wants z: the commonest mistake."""
    return sigmoid(a) * (1 - sigmoid(a))


def largest_error(model: backprop.Model, x: np.ndarray, y: np.ndarray) -> float:
    """Compare the gradients of a network without biases with measured ones.

    Args:
        model: the network.
        x: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).

    Returns:
        The largest relative error of a layer.

    Examples:
        >>> X, y = backprop.xor()
        >>> largest_error(backprop.Model.random([2, 3, 5, 1], seed=0), X, y) < 1e-6
        True
        >>> wrong = backprop.Activation("wrong", sigmoid, wrong_derivative)
        >>> largest_error(backprop.Model.random([2, 3, 5, 1], seed=0, activations=wrong), X, y) > 1e-3
        True
        >>> first_layer_only = [wrong, "sigmoid", "sigmoid"]
        >>> model = backprop.Model.random([2, 3, 5, 1], seed=0, activations=first_layer_only)
        >>> largest_error(model, X, y) > 1e-3
        True
    """
    gradients, weights, errors = model.backward(model.forward(x), y), list(model.weights), []
    for i, derived in enumerate(gradients.weights):

        def loss(v: np.ndarray, i: int = i) -> float:
            changed = backprop.Model([*weights[:i], v, *weights[i + 1 :]], activations=model.activations)
            return changed.loss(changed.forward(x), y)

        errors.append(relative_error(derived, central_difference(loss, weights[i])))
    return max(errors)
