r"""The catalogue of mistakes: what people write in place of each step, why, and which check sees it.

Here, and nowhere else in this package, wrong formulas stand. Each belongs to one place of the backward pass, so
`incorrect_gradients` makes a whole backward pass with a mistake in it from the steps of the derivation and one wrong
step. That is how the mistakes are trained, how the diagnosis is tested, and how it works: it compares gradients with
these.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backprop import derivation as step
from backprop.network import Activation, Gradients, Model


class Pass(NamedTuple):
    """A forward pass, and all that a backward pass could read, rightly or wrongly.

    Layers are counted from 0 here: layer k goes from a[k] through weights[k] to z[k] and a[k + 1].

    Attributes:
        z: the pre-activations.
        a: the activations; a[0] is X.
        y: the targets, shape (N, d_L).
        weights: the weights of the forward pass, each of shape (..., in, out).
        activations: one for each layer.
        after: the weights after the update, if they are known.
    """

    z: Sequence[np.ndarray]
    a: Sequence[np.ndarray]
    y: np.ndarray
    weights: Sequence[np.ndarray]
    activations: Sequence[Activation]
    after: Sequence[np.ndarray] | None = None


class Choice(NamedTuple):
    """What one layer of a backward pass does at each place: "" for the right step, or the name of a wrong one.

    Attributes:
        error: a name of ERRORS; at the output only.
        derivative: a name of DERIVATIVES.
        back: a name of ACTIVATION_GRADIENTS; below the output only.
        weights: a name of WEIGHT_GRADIENTS.
        bias: a name of BIAS_GRADIENTS.
    """

    error: str = ""
    derivative: str = ""
    back: str = ""
    weights: str = ""
    bias: str = ""


# The wrong steps. A name is a mistake's slug; what follows a colon tells apart several ways to make it.


def correct_error(p: Pass) -> np.ndarray:
    """Return ŷ − y: ∂L/∂ŷ for half the sum of squares."""
    n, d = p.a[-1].shape[-2:]
    return step.output_delta_bce(p.y, p.a[-1]) * (n * d)


def _targets_broadcast(p: Pass) -> np.ndarray:
    """ŷ (N, 1) minus y (N,) is (N, N); its mean over the second axis compares each answer with the mean target."""
    return p.a[-1] - p.y.mean(axis=-2, keepdims=True)


def _error_averaged_first(p: Pass) -> np.ndarray:
    """One mean error for all examples."""
    return np.zeros_like(p.a[-1]) + correct_error(p).mean(axis=-2, keepdims=True)


def _loss_instead_of_derivative(p: Pass) -> np.ndarray:
    """The squared error itself."""
    return correct_error(p) ** 2


#: In place of ŷ − y.
ERRORS: Mapping[str, Callable[[Pass], np.ndarray]] = {
    "targets-broadcast": _targets_broadcast,
    "error-averaged-first": _error_averaged_first,
    "loss-instead-of-derivative": _loss_instead_of_derivative,
}


def correct_derivative(p: Pass, k: int) -> np.ndarray:
    """Return φ′(z) of layer k."""
    return p.activations[k].derivative(p.z[k], p.a[k + 1])


def _ones(p: Pass, k: int) -> np.ndarray:
    return np.ones_like(p.z[k])


def _derivative_given_a(p: Pass, k: int) -> np.ndarray:
    phi = p.activations[k]
    return phi.derivative(p.a[k + 1], phi.value(p.a[k + 1]))


def _derivative_given_z(p: Pass, k: int) -> np.ndarray:
    return p.activations[k].derivative(p.z[k], p.z[k])


def _derivative_of_another(p: Pass, k: int) -> np.ndarray:
    a = p.a[k + 1]
    return (
        step.tanh_derivative_from_output(a)
        if p.activations[k].name == "sigmoid"
        else step.sigmoid_derivative_from_output(a)
    )


def _derivative_twice(p: Pass, k: int) -> np.ndarray:
    return correct_derivative(p, k) ** 2


def _derivative_of_next_layer(p: Pass, k: int) -> np.ndarray:
    return np.zeros_like(p.z[k]) + correct_derivative(p, k + 1)


def _bce_factor(p: Pass) -> np.ndarray:
    """1/(ŷ(1 − ŷ)): with the error it makes the slope of cross-entropy."""
    with np.errstate(divide="ignore"):
        return 1 / step.sigmoid_derivative_from_output(p.a[-1])


#: In place of φ′(z). The last three divide by ŷ(1 − ŷ) first, as the slope of cross-entropy does.
DERIVATIVES: Mapping[str, Callable[[Pass, int], np.ndarray]] = {
    "derivative-missing": _ones,
    "derivative-given-a": _derivative_given_a,
    "derivative-given-z": _derivative_given_z,
    "wrong-activation-derivative": _derivative_of_another,
    "derivative-applied-twice": _derivative_twice,
    "derivative-of-wrong-layer": _derivative_of_next_layer,
    "cross-entropy:derivative-missing": lambda p, k: _bce_factor(p),
    "cross-entropy:derivative-given-a": lambda p, k: _bce_factor(p) * _derivative_given_a(p, k),
    "cross-entropy:derivative-given-z": lambda p, k: _bce_factor(p) * _derivative_given_z(p, k),
}


def _not_transposed(p: Pass, k: int, delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return delta @ p.weights[k + 1]


def _inverse(p: Pass, k: int, delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return delta @ np.linalg.pinv(p.weights[k + 1])


def _last_path(p: Pass, k: int, delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return step.activation_gradient(delta[..., -1:], p.weights[k + 1][..., -1:])


def _first_path(p: Pass, k: int, delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return step.activation_gradient(delta[..., :1], p.weights[k + 1][..., :1])


def _no_weights(p: Pass, k: int, delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return step.activation_gradient(delta, np.ones_like(p.weights[k + 1]))


def _delta_unchanged(p: Pass, k: int, delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return np.zeros_like(p.a[k + 1]) + delta


def _delta_without_derivative(p: Pass, k: int, delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return step.activation_gradient(error, p.weights[k + 1])


def _updated_too_early(p: Pass, k: int, delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    if p.after is None:
        raise ValueError("after is None; expected the weights after the update")
    return step.activation_gradient(delta, p.after[k + 1])


#: In place of ΔWᵀ, sent back to layer k from δ and error of layer k + 1.
ACTIVATION_GRADIENTS: Mapping[str, Callable[[Pass, int, np.ndarray, np.ndarray], np.ndarray]] = {
    "weights-not-transposed": _not_transposed,
    "inverse-instead-of-transpose": _inverse,
    "one-path-only": _last_path,
    "one-path-only:first": _first_path,
    "weights-missing": _no_weights,
    "weights-missing:wide": _delta_unchanged,
    "delta-without-derivative": _delta_without_derivative,
    "updated-too-early": _updated_too_early,
}


def _transposed(p: Pass, k: int, delta: np.ndarray) -> np.ndarray:
    return step.weight_gradient(delta, p.a[k])


def _last_example(p: Pass, k: int, delta: np.ndarray) -> np.ndarray:
    return step.weight_gradient(p.a[k][..., -1:, :], delta[..., -1:, :])


def _first_example(p: Pass, k: int, delta: np.ndarray) -> np.ndarray:
    return step.weight_gradient(p.a[k][..., :1, :], delta[..., :1, :])


def _preactivation(p: Pass, k: int, delta: np.ndarray) -> np.ndarray:
    return step.weight_gradient(p.z[k - 1], delta)


def _own_activation(p: Pass, k: int, delta: np.ndarray) -> np.ndarray:
    return step.weight_gradient(p.a[k + 1], delta)


def _inputs_summed(p: Pass, k: int, delta: np.ndarray) -> np.ndarray:
    return step.weight_gradient(np.ones_like(p.a[k]), delta)


#: In place of AᵀΔ.
WEIGHT_GRADIENTS: Mapping[str, Callable[[Pass, int, np.ndarray], np.ndarray]] = {
    "gradient-transposed": _transposed,
    "one-example-only": _last_example,
    "one-example-only:first": _first_example,
    "preactivation-instead-of-activation": _preactivation,
    "activation-of-own-layer": _own_activation,
    "input-missing": _inputs_summed,
}


def _bias_last_example(delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return delta[..., -1:, :]


def _bias_first_example(delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return delta[..., :1, :]


def _bias_rows(delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return delta


def _bias_averaged(delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return delta.mean(axis=-2, keepdims=True)


def _bias_over_units(delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return np.zeros_like(delta[..., :1, :]) + delta.sum(axis=(-2, -1), keepdims=True)


def _bias_error(delta: np.ndarray, error: np.ndarray) -> np.ndarray:
    return step.bias_gradient(error)


#: In place of the sum of δ over the examples.
BIAS_GRADIENTS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "bias-not-summed": _bias_last_example,
    "bias-not-summed:first": _bias_first_example,
    "bias-not-summed:all": _bias_rows,
    "bias-averaged": _bias_averaged,
    "bias-summed-over-units": _bias_over_units,
    "bias-without-derivative": _bias_error,
}


def delta_of(
    p: Pass, k: int, choice: Choice, above: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Compute δ of a layer, with the mistakes chosen.

    Args:
        p: the forward pass.
        k: the layer, from 0.
        choice: which steps to take.
        above: δ and error of the layer above, or None at the output.

    Returns:
        δ, and the error: what came to the layer before its slope was multiplied on. At the output it is ŷ − y, so what
        comes out belongs to half the sum of squares (or the sum of the cross-entropies).
    """
    if above is None:
        error = ERRORS[choice.error](p) if choice.error else correct_error(p)
    elif choice.back:
        error = ACTIVATION_GRADIENTS[choice.back](p, k, *above)
    else:
        error = step.activation_gradient(above[0], p.weights[k + 1])
    derivative = DERIVATIVES[choice.derivative](p, k) if choice.derivative else correct_derivative(p, k)
    return step.backward_gradient(derivative, error), error


def gradients_of(
    p: Pass, k: int, choice: Choice, delta: np.ndarray, error: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the gradients of a layer's weights and bias, with the mistakes chosen.

    Args:
        p: the forward pass.
        k: the layer, from 0.
        choice: which steps to take.
        delta: δ of the layer.
        error: its error.

    Returns:
        The two gradients.
    """
    weights = WEIGHT_GRADIENTS[choice.weights](p, k, delta) if choice.weights else step.weight_gradient(p.a[k], delta)
    bias = BIAS_GRADIENTS[choice.bias](delta, error) if choice.bias else step.bias_gradient(delta)
    return weights, bias


def backward(p: Pass, choices: Sequence[Choice]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Go back through the network with the mistakes chosen.

    Args:
        p: the forward pass.
        choices: one for each layer, first to last.

    Returns:
        The gradients of the weights and those of the biases, first layer to last, for half the sum of squares.
    """
    weights, biases = [], []
    above = None
    for k in range(len(choices) - 1, -1, -1):
        delta, error = delta_of(p, k, choices[k], above)
        w, b = gradients_of(p, k, choices[k], delta, error)
        weights.append(w)
        biases.append(b)
        above = (delta, error)
    return weights[::-1], biases[::-1]


# The catalogue


@dataclass(frozen=True)
class Mistake:
    """A mistake.

    Attributes:
        slug: its permanent name.
        title: what is wrong, in half a sentence.
        equations: the labels of the equations it breaks, without "eq:".
        wrong: what people write.
        right: what it should be.
        why: why it tempts.
        seen: which check sees it.
        unseen: which does not.
    """

    slug: str
    title: str
    equations: tuple[str, ...]
    incorrect: str
    correct: str
    why: str
    seen: str
    unseen: str


_GRADIENT_CHECK = "a gradient check, on any network"
_TRAINING = "training: the loss falls all the same"
_SCALE = "a gradient check against the loss that is printed"
_LEARNING_RATE = "training: it looks like another learning rate"

#: The catalogue, in the order of the backward pass.
MISTAKES: tuple[Mistake, ...] = (
    # the error
    Mistake(
        "targets-broadcast",
        "the targets have one axis, so each answer is compared with every target",
        ("mse-derivative", "shapes"),
        "y_hat - y                       # (N, 1) - (N,) is (N, N)",
        "y_hat - y                       # (N, 1) - (N, 1)",
        "NumPy and PyTorch stretch (N,) to (N, N) without a word, and the loss is still one number. Its gradient pulls "
        "every answer to the mean of the targets.",
        "a gradient check against a loss of your own; printing the shape of the difference",
        "a gradient check against the same wrong loss; the falling loss",
    ),
    Mistake(
        "error-averaged-first",
        "the error is averaged over the examples before it is sent back",
        ("sum-gradients", "output-delta"),
        "error = np.mean(y_hat - y)",
        "error = y_hat - y               # one row for each example",
        "The loss is a mean, so a mean error looks right. But the mean of products is not the product of means: each "
        "example's error belongs to its own activations.",
        _GRADIENT_CHECK,
        "a gradient check with one example",
    ),
    Mistake(
        "loss-instead-of-derivative",
        "the squared error is sent back in place of its slope",
        ("mse-derivative",),
        "delta = (y_hat - y) ** 2 * slope",
        "delta = 2 * (y_hat - y) / N * slope",
        "What is printed as the loss gets back-propagated as its slope. A square has no sign: answers too high and "
        "answers too low are pushed the same way.",
        _GRADIENT_CHECK,
        "targets that all lie on the same side of the answers: the loss falls",
    ),
    # the slope at the output
    Mistake(
        "output-derivative-missing",
        "the slope of the output unit is missing",
        ("output-delta",),
        "delta = y_hat - y",
        "delta = (y_hat - y) * y_hat * (1 - y_hat)",
        "The formula without the slope is printed everywhere, for cross-entropy, where it is right. Under the squared "
        "error it follows another loss, and on XOR even faster.",
        _GRADIENT_CHECK,
        "training: it solves XOR; a network with a linear output",
    ),
    Mistake(
        "output-derivative-not-cancelled",
        "under cross-entropy the slope of the output unit is multiplied on again",
        ("output-delta-bce",),
        "delta = (y_hat - y) * y_hat * (1 - y_hat)",
        "delta = y_hat - y",
        "Every other layer has its slope, so this one seems forgotten. It has cancelled against the slope of the loss.",
        "a gradient check against cross-entropy",
        _TRAINING,
    ),
    # any slope
    Mistake(
        "derivative-given-a",
        "a slope that wants z is given the activation",
        ("sigmoid-derivative", "tanh-derivative"),
        "sigmoid(a) * (1 - sigmoid(a))   # or 1 - np.tanh(a) ** 2",
        "a * (1 - a)                     # or 1 - a ** 2",
        "The function was written for z; the forward pass kept a. Both are matrices of the same shape.",
        _GRADIENT_CHECK,
        "ReLU, whose slope is the same for both",
    ),
    Mistake(
        "derivative-given-z",
        "a slope that wants the activation is given z",
        ("sigmoid-derivative-from-output", "tanh-derivative-from-output"),
        "z * (1 - z)                     # or 1 - z ** 2",
        "a * (1 - a)                     # or 1 - a ** 2",
        "`derivative_sigmoid(x) = x * (1 - x)` does not say which x. For z the parabola has no lower bound: the slope "
        "becomes negative and large.",
        "a gradient check; training, which often ends in nan",
        "very small weights under tanh, where z and a are almost the same",
    ),
    Mistake(
        "wrong-activation-derivative",
        "the slope belongs to another activation",
        ("backward-gradient",),
        "delta = activation_gradient * a * (1 - a) # with tanh, ReLU or no activation",
        "delta = activation_gradient * (1 - a ** 2)",
        "The activation was exchanged in the forward pass and not in the backward pass, or was removed there only.",
        _GRADIENT_CHECK,
        "the forward pass",
    ),
    Mistake(
        "derivative-applied-twice",
        "the slope of a unit is multiplied on twice",
        ("backward-gradient", "hidden-delta"),
        "delta = slope * (delta_next @ W_next.T)\ndW = A.T @ (slope * delta)",
        "dW = A.T @ delta",
        "Two functions each believe that the slope is their business.",
        _GRADIENT_CHECK,
        "ReLU, whose slope is 0 or 1",
    ),
    # the way back
    Mistake(
        "hidden-derivative-missing",
        "the slope of the hidden units is missing",
        ("hidden-delta",),
        "delta = delta_next @ W_next.T",
        "delta = slope * (delta_next @ W_next.T)",
        "Sending back looks finished after the product. The slope turns ∂L/∂a into ∂L/∂z.",
        _GRADIENT_CHECK,
        "a network without hidden layers; the output layer's gradient, which is right",
    ),
    Mistake(
        "derivative-of-wrong-layer",
        "the slope of the next layer stands where this layer's belongs",
        ("hidden-delta",),
        "delta = slope_next * (delta_next @ W_next.T)",
        "delta = slope * (delta_next @ W_next.T)",
        "An index is off by one. With one output, or layers of equal width, the shapes still fit.",
        _GRADIENT_CHECK,
        "the shapes, if widths are equal or there is one output",
    ),
    Mistake(
        "delta-without-derivative",
        "∂L/∂a is sent back in place of δ",
        ("delta", "activation-gradient"),
        "error = error_next @ W_next.T",
        "error = delta_next @ W_next.T",
        "The slope at the activation seems to be what is propagated. What a layer sends back has passed its own slope "
        "first.",
        _GRADIENT_CHECK,
        "training: it solves XOR; a linear output with one hidden layer",
    ),
    Mistake(
        "weights-not-transposed",
        "the error goes back through W in place of its transpose",
        ("activation-gradient",),
        "delta_next @ W_next             # W_next square",
        "delta_next @ W_next.T",
        "Forward it was W. Where layers differ in width an error message says so; where they are equal nothing does.",
        "a gradient check on layers of equal width",
        "a 2-4-1 network; " + _TRAINING,
    ),
    Mistake(
        "inverse-instead-of-transpose",
        "the error goes back through the inverse of W",
        ("activation-gradient",),
        "delta_next @ np.linalg.pinv(W_next)",
        "delta_next @ W_next.T",
        "Going back sounds like undoing. The product sends slopes back, not values.",
        _GRADIENT_CHECK,
        "weights whose inverse is their transpose",
    ),
    Mistake(
        "weights-missing",
        "the error goes back without the weights",
        ("activation-gradient-unit", "activation-gradient"),
        "delta = slope * delta_next.sum(axis=1, keepdims=True)",
        "delta = slope * (delta_next @ W_next.T)",
        "With one output, (N, 1) stretches to any width, and with equal widths nothing needs stretching.",
        _GRADIENT_CHECK,
        "the shapes",
    ),
    Mistake(
        "one-path-only",
        "where paths meet, one is kept in place of their sum",
        ("multivariable-chain-rule", "activation-gradient-unit"),
        "activation_gradient = w[k] * delta_next[k]   # in a loop over k: = for +=",
        "activation_gradient += w[k] * delta_next[k]",
        "An assignment in a loop overwrites what came before.",
        "a gradient check with at least two units in the next layer",
        "a network with one hidden layer and one output: there is one path",
    ),
    Mistake(
        "updated-too-early",
        "a layer was updated before its δ was sent back",
        ("simultaneous-update",),
        "W2 -= eta * dW2\ndelta1 = slope1 * (delta2 @ W2.T)",
        "delta1 = slope1 * (delta2 @ W2.T)\nW2 -= eta * dW2",
        "One loop backward over the layers that does everything in one go is shorter than two.",
        "a comparison of one whole step, at a rate that is not small",
        "any gradient check, because it moves nothing; training",
    ),
    # the gradient of the weights
    Mistake(
        "gradient-transposed",
        "the gradient is the transpose of the gradient",
        ("weight-gradient", "shapes"),
        "dW = delta.T @ A",
        "dW = A.T @ delta",
        "Texts with columns for examples write ΔAᵀ for a W of shape (out, in). Mixed, a square layer hides it.",
        "a gradient check on layers of equal width; elsewhere the shapes",
        "training, sometimes",
    ),
    Mistake(
        "preactivation-instead-of-activation",
        "the gradient of the weights takes z of the layer below in place of a",
        ("forward-gradient", "weight-gradient"),
        "dW = Z_below.T @ delta",
        "dW = A_below.T @ delta",
        "Both were kept by the forward pass, in the same shape.",
        "a gradient check; the first layer's gradient is right",
        "a network without hidden layers, or with linear ones",
    ),
    Mistake(
        "activation-of-own-layer",
        "the gradient of the weights takes the layer's output in place of its input",
        ("forward-gradient", "weight-gradient"),
        "dW = A_own.T @ delta",
        "dW = A_below.T @ delta",
        "An index is off by one; where a layer has as many outputs as inputs, the shapes fit.",
        "a gradient check on layers of equal width",
        "the shapes, if widths are equal",
    ),
    Mistake(
        "input-missing",
        "the gradient of the weights is δ alone, without the input",
        ("chain-rule", "weight-gradient-example"),
        "dW += delta.sum(axis=0)",
        "dW += A.T @ delta",
        "δ stretches over the rows of W, so that every input gets the gradient of a bias.",
        _GRADIENT_CHECK,
        "the shapes",
    ),
    Mistake(
        "one-example-only",
        "only one example counts",
        ("sum-gradients", "weight-gradient"),
        "dW = np.outer(a, delta)         # in a loop over examples: = for +=",
        "dW += np.outer(a, delta)",
        "An assignment in a loop over the examples overwrites what came before.",
        "a gradient check with at least two examples",
        "a gradient check with one example",
    ),
    # the gradient of the biases
    Mistake(
        "bias-not-summed",
        "the bias gets the δ of one example, or all of them unsummed",
        ("bias-gradient",),
        "db = delta                      # or delta[0]",
        "db = delta.sum(axis=0)",
        "δ has the width of the bias, so it seems to be finished.",
        "a gradient check of the biases; the shape",
        "a gradient check of the weights alone",
    ),
    Mistake(
        "bias-averaged",
        "the gradient of the bias is divided by the examples once more",
        ("bias-gradient",),
        "db = delta.mean(axis=0)",
        "db = delta.sum(axis=0)",
        "The loss is a mean, and δ carries its 1/N already.",
        "a gradient check of the biases",
        "a gradient check of the weights alone; " + _TRAINING,
    ),
    Mistake(
        "bias-summed-over-units",
        "every unit's bias gets the sum of all units",
        ("bias-gradient",),
        "db = np.sum(delta)",
        "db = np.sum(delta, axis=0)",
        "Without an axis the sum runs over everything, and one number stretches over all units.",
        "a gradient check of the biases in layers of at least two units",
        "layers of one unit",
    ),
    Mistake(
        "bias-without-derivative",
        "the bias gets the error in place of δ",
        ("bias-gradient", "delta"),
        "db = error.sum(axis=0)",
        "db = delta.sum(axis=0)",
        "A bias looks as if it came after the activation. It is added before.",
        "a gradient check of the biases",
        "a gradient check of the weights alone",
    ),
    # the scale
    Mistake(
        "factor-two-missing",
        "the 2 of the square's derivative is missing",
        ("mse-derivative",),
        "delta = (y_hat - y) / N * slope",
        "delta = 2 * (y_hat - y) / N * slope",
        "Half the squared error has no 2, and many texts derive that. It is right for the loss that they print.",
        _SCALE,
        _LEARNING_RATE,
    ),
    Mistake(
        "extra-factor-two",
        "there is a 2 too many",
        ("mse-derivative", "output-delta-bce"),
        "delta = 2 * (y_hat - y) / N     # under cross-entropy, or half a square",
        "delta = (y_hat - y) / N",
        "The 2 comes from a square; cross-entropy has none, and half a square has lost it.",
        _SCALE,
        _LEARNING_RATE,
    ),
    Mistake(
        "sum-instead-of-mean",
        "the gradient belongs to the sum over the examples, not to the mean",
        ("mean-and-sum", "mse-derivative"),
        "delta = 2 * (y_hat - y) * slope",
        "delta = 2 * (y_hat - y) / N * slope",
        "AᵀΔ sums by itself, and the 1/N of the loss is forgotten. It acts as a learning rate N times as large.",
        _SCALE,
        "training, while the rate is small enough",
    ),
    Mistake(
        "mean-instead-of-sum",
        "the gradient belongs to the mean over the examples, not to the sum",
        ("mean-and-sum", "total-loss"),
        "dW = A.T @ delta / N",
        "dW = A.T @ delta",
        "The other way round: the loss adds up, the gradient averages.",
        _SCALE,
        "training, which is slower",
    ),
    Mistake(
        "averaged-twice",
        "the gradient is divided by the number of examples twice",
        ("weight-gradient", "mean-and-sum"),
        "dW = A.T @ delta / N            # delta carries 1/N already",
        "dW = A.T @ delta",
        "Loss and gradient are written on different days, and each averages.",
        _SCALE,
        "training, which is slower",
    ),
    Mistake(
        "divided-by-units",
        "the gradient is divided by a number of units in place of the number of examples",
        ("mse-derivative", "shapes"),
        "dW = A.T @ delta / A.shape[1]",
        "dW = A.T @ delta / A.shape[0]",
        "`shape[1]` for `shape[0]`, or `len` of the wrong array.",
        _SCALE,
        _LEARNING_RATE,
    ),
    Mistake(
        "wrong-scale",
        "the gradient points the right way and is too long or too short by a factor",
        ("mean-and-sum", "mse-derivative"),
        "dW = c * A.T @ delta            # for some c",
        "dW = A.T @ delta",
        "A factor of the loss is not in the gradient, or one of the gradient is not in the loss.",
        _SCALE,
        _LEARNING_RATE,
    ),
    Mistake(
        "layer-scale",
        "one layer's gradient is too long or too short by a factor of its own",
        ("weight-gradient",),
        "dW2 = A1.T @ delta2 / N         # and dW1 without / N",
        "the same factor in every layer",
        "A correction was made in one place and not in the others.",
        _GRADIENT_CHECK,
        _TRAINING,
    ),
    Mistake(
        "layer-sign",
        "one layer's gradient has the opposite sign",
        ("mse-derivative", "gradient-descent-step"),
        "dW2 = -A1.T @ delta2            # and dW1 without the minus",
        "the same sign in every layer",
        "With y − ŷ for ŷ − y everything changes its sign, and one minus too many or too few remains.",
        _GRADIENT_CHECK,
        "a look at one layer alone",
    ),
    Mistake(
        "layer-not-updated",
        "a layer's gradient is zero, or the layer was not updated",
        ("gradient", "simultaneous-update"),
        "for W, dW in zip(weights[1:], gradients[1:]):",
        "for W, dW in zip(weights, gradients):",
        "A loop ends one layer early, or the gradient was cleared before it was used.",
        _GRADIENT_CHECK + "; a comparison of one whole step",
        "the gradients of the other layers, which are right",
    ),
    # the update
    Mistake(
        "uphill",
        "the step goes uphill",
        ("gradient-descent-step",),
        "W = W + eta * dW                # dW the slope of the loss",
        "W = W - eta * dW",
        "With y − ŷ the plus is right, with ŷ − y the minus. Half of each is ascent.",
        "a comparison of one whole step; the rising loss",
        "a gradient check: the gradient is right",
    ),
    Mistake(
        "gradients-not-zeroed",
        "the gradients of earlier steps are still in the sum",
        ("gradient-descent-step",),
        "dW += A.T @ delta               # without dW = 0 before each step",
        "dW = A.T @ delta",
        "PyTorch adds to `.grad` until `zero_grad()` is called; so does a `+=` outside the loop.",
        "a gradient check at the second step",
        "a gradient check at the first step; training, for a while",
    ),
)

#: The catalogue by slug.
BY_SLUG: Mapping[str, Mistake] = {mistake.slug: mistake for mistake in MISTAKES}


def choices_with(slug: str, depth: int, loss: str = "mse", layers: Sequence[int] | None = None) -> tuple[Choice, ...]:
    """Choose the steps of a backward pass with one mistake in it.

    Args:
        slug: a mistake of the backward pass; a mistake of scale, sign or update changes no choice.
        depth: the number of layers.
        loss: "mse" or "binary_cross_entropy".
        layers: where to make it, from 0; None for everywhere it can be made.

    Returns:
        One choice for each layer, first to last.

    Examples:
        >>> from backprop.verification.catalogue import choices_with
        >>> [choice.derivative for choice in choices_with("hidden-derivative-missing", depth=3)]
        ['derivative-missing', 'derivative-missing', '']
    """
    crossed = loss == "binary_cross_entropy"
    found = [Choice() for _ in range(depth)]
    if crossed and slug != "output-derivative-not-cancelled":  # its slope has cancelled
        found[-1] = Choice(derivative="derivative-missing")
    for k in range(depth) if layers is None else layers:
        output = k == depth - 1
        if slug in ERRORS and output:
            found[k] = found[k]._replace(error=slug)
        elif slug in ("output-derivative-missing", "hidden-derivative-missing") and output == slug.startswith("output"):
            found[k] = found[k]._replace(
                derivative="cross-entropy:derivative-missing" if output and crossed else "derivative-missing"
            )
        elif slug in DERIVATIVES and not (output and (crossed or slug == "derivative-of-wrong-layer")):
            found[k] = found[k]._replace(derivative=slug)
        elif slug in ACTIVATION_GRADIENTS and not output:
            found[k] = found[k]._replace(back=slug)
        elif slug in WEIGHT_GRADIENTS and not (k == 0 and slug == "preactivation-instead-of-activation"):
            found[k] = found[k]._replace(weights=slug)
        elif slug in BIAS_GRADIENTS:
            found[k] = found[k]._replace(bias=slug)
        if slug == "one-example-only":
            found[k] = found[k]._replace(bias="bias-not-summed")
    return tuple(found)


def layers_for(slug: str, widths: Sequence[int]) -> list[int]:
    """List the layers in which a mistake can be made without an error of shapes.

    Args:
        slug: the mistake.
        widths: the numbers of units, inputs first.

    Returns:
        The layers, from 0.

    Examples:
        >>> from backprop.verification.catalogue import layers_for
        >>> layers_for("weights-not-transposed", [2, 4, 4, 1]), layers_for("gradient-transposed", [2, 4, 4, 1])
        ([0], [1])
    """
    depth = len(widths) - 1
    own_square = [k for k in range(depth) if widths[k] == widths[k + 1]]
    if slug in ("gradient-transposed", "activation-of-own-layer"):
        return own_square
    if slug in ("weights-not-transposed", "weights-missing:wide"):
        return [k - 1 for k in own_square if k > 0]
    if slug == "derivative-of-wrong-layer":
        return [k for k in range(depth - 1) if widths[k + 2] in (1, widths[k + 1])]
    if slug in ACTIVATION_GRADIENTS or slug == "hidden-derivative-missing":
        return list(range(depth - 1))
    if slug == "preactivation-instead-of-activation":
        return list(range(1, depth))
    if slug in ERRORS or slug.startswith("output-slope"):
        return [depth - 1] if slug != "targets-broadcast" or widths[-1] == 1 else []
    return list(range(depth))


def factors_with(slug: str, widths: Sequence[int], n: int, layer: int = 0) -> tuple[float, ...]:
    """List the factors by which a mistake of scale or sign multiplies the gradients of the layers.

    Args:
        slug: the mistake; one of another kind has factors of 1.
        widths: the numbers of units, inputs first.
        n: the number of examples.
        layer: the layer, from 0, in which a mistake of one layer is made.

    Returns:
        A factor for each layer.

    Examples:
        >>> from backprop.verification.catalogue import factors_with
        >>> factors_with("sum-instead-of-mean", [2, 3, 1], n=21)
        (21.0, 21.0)
        >>> factors_with("divided-by-units", [2, 3, 1], n=21)
        (7.0, 21.0)
    """
    depth = len(widths) - 1
    everywhere = {
        "factor-two-missing": 0.5,
        "extra-factor-two": 2.0,
        "sum-instead-of-mean": float(n * widths[-1]),
        "mean-instead-of-sum": 1 / (n * widths[-1]),
        "averaged-twice": 1 / n,
        "wrong-scale": 0.37,
    }
    here = {"layer-scale": 0.37, "layer-sign": -1.0, "layer-not-updated": 0.0}
    if slug == "divided-by-units":
        return tuple(n / d for d in widths[1:])
    if slug in here:
        return tuple(here[slug] if k == layer else 1.0 for k in range(depth))
    return (everywhere.get(slug, 1.0),) * depth


def incorrect_gradients(
    model: Model,
    X: np.ndarray,
    y: np.ndarray,
    slug: str,
    loss: str = "mse",
    layers: Sequence[int] | None = None,
    after: Sequence[np.ndarray] | None = None,
) -> Gradients:
    """Compute the gradient that a network gets if somebody makes a mistake.

    Args:
        model: the network; its arrays may have leading axes.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        slug: a mistake of the catalogue, or "" for none.
        loss: "mse" or "binary_cross_entropy".
        layers: where to make it, from 0; None for everywhere it can be made.
        after: the weights after the update; "updated-too-early" needs them.

    Returns:
        The gradients, of whatever shape the mistake gives them.

    Raises:
        ValueError: if the shapes of the network do not let the mistake happen.

    Examples:
        >>> import backprop, numpy as np
        >>> from backprop.verification.catalogue import incorrect_gradients
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> wrong = incorrect_gradients(model, X, y, "hidden-derivative-missing")
        >>> right = model.backward(model.forward(X), y)
        >>> [bool(np.allclose(a, b)) for a, b in zip(wrong.weights, right.weights)]
        [False, True]
    """
    trace, depth, (n, d) = model._forward(X), len(model.weights), y.shape
    widths = [model.weights[0].shape[-2], *(w.shape[-1] for w in model.weights)]
    layers = layers_for(slug, widths) if layers is None or slug in ERRORS else layers
    if not layers:
        raise ValueError(f"mistake {slug!r} cannot be made in a network of widths {widths}: the shapes do not allow it")
    p = Pass(trace.z, trace.a, y, model.weights, model.activations, after)
    weights, biases = backward(p, choices_with(slug, depth, loss, layers))
    scale = (2 if loss == "mse" else 1) / (n * d)
    if slug == "loss-instead-of-derivative":  # the square's 2 belongs to its slope
        scale /= 2
    factors = factors_with(slug, widths, n, layers[0])
    return Gradients(
        tuple(scale * f * g for f, g in zip(factors, weights, strict=True)),
        None if model.biases is None else tuple(scale * f * b for f, b in zip(factors, biases, strict=True)),
    )


def early_step(model: Model, X: np.ndarray, y: np.ndarray, eta: float, loss: str = "mse") -> Model:
    """Take one step of the mistake "updated-too-early": each layer is updated before its δ is sent back.

    Args:
        model: the network; its arrays may have leading axes.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        eta: the learning rate.
        loss: "mse" or "binary_cross_entropy".

    Returns:
        The network after the step.

    Examples:
        >>> import backprop, numpy as np
        >>> from backprop.verification.catalogue import early_step
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> early = early_step(model, X, y, eta=1.0)
        >>> right = backprop.train(model, X, y, eta=1.0, epochs=1).model
        >>> [bool(np.allclose(a, b)) for a, b in zip(early.weights, right.weights)]
        [False, True]
    """
    trace, (n, d) = model._forward(X), y.shape
    after = list(model.weights)
    p = Pass(trace.z, trace.a, y, model.weights, model.activations, after)
    scale, above = (2 if loss == "mse" else 1) / (n * d), None
    biases = None if model.biases is None else list(model.biases)
    for k, choice in reversed(list(enumerate(choices_with("updated-too-early", len(after), loss)))):
        above = delta_of(p, k, choice, above)
        weights, bias = gradients_of(p, k, choice, *above)
        after[k] = step.gradient_descent_step(model.weights[k], scale * weights, eta)
        if biases is not None:
            biases[k] = step.gradient_descent_step(biases[k], scale * bias, eta)
    new = copy(model)
    new.weights, new.biases = tuple(after), None if biases is None else tuple(biases)
    return new
