r"""Check a gradient.

Time: twenty minutes
Chapter: numerical-derivatives

Write a gradient check for a whole network. It computes $\partial L/\partial W_l$ of every layer numerically, compares
it with what `backward` returns, and gives the largest relative error. A correct 2-3-5-1 network must pass, and a
network with an incorrect derivative must fail.

Hint:
    To differentiate with respect to one layer, rebuild the network with that layer's weights changed:
    `backprop.Model([*weights[:i], v, *weights[i + 1:]], activations=model.activations)`. The numerical derivative
    itself is `central_difference`, and the comparison is `relative_error`.

Solution:
    For each layer, the loss is a function of that layer's weights while the others are held fixed. A correct network
    stays below about $10^{-7}$, whereas `incorrect_derivative` nearly always gives more than $10^{-2}$, even if a
    single layer uses it. A limit such as $10^{-5}$ therefore separates the two. Use widths that differ as well. Then
    most missing transposes raise an error before anything is compared.
"""

import numpy as np

import backprop
from backprop.derivation import central_difference, relative_error, sigmoid


def incorrect_derivative(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Compute the derivative by a formula that expects z but is given a, which is a common mistake."""
    return sigmoid(a) * (1 - sigmoid(a))


def largest_error(model: backprop.Model, x: np.ndarray, y: np.ndarray) -> float:
    """Compare the gradients of a network without biases with numerical gradients.

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
        >>> incorrect = backprop.Activation("incorrect", sigmoid, incorrect_derivative)
        >>> largest_error(backprop.Model.random([2, 3, 5, 1], seed=0, activations=incorrect), X, y) > 1e-3
        True
        >>> first_layer_only = [incorrect, "sigmoid", "sigmoid"]
        >>> model = backprop.Model.random([2, 3, 5, 1], seed=0, activations=first_layer_only)
        >>> largest_error(model, X, y) > 1e-3
        True
    """
    gradients, weights, errors = model.backward(model.forward(x), y), list(model.weights), []
    for i, analytic in enumerate(gradients.weights):

        def loss(v: np.ndarray, i: int = i) -> float:
            changed = backprop.Model([*weights[:i], v, *weights[i + 1 :]], activations=model.activations)
            return changed.loss(changed.forward(x), y)

        errors.append(relative_error(analytic, central_difference(loss, weights[i])))
    return max(errors)
