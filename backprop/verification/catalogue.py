r"""The catalogue of mistakes: what people write instead of each step, why they do, and which check detects it.

The incorrect formulas themselves stand in the grammar of backward passes. Each belongs to one place of the backward
pass, so `incorrect_gradients` replaces the correct step at that place and takes all other steps from the derivation. We
train networks with these backward passes, and we test the diagnosis with them.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache

import numpy as np

from backprop import derivation as step
from backprop.network import Gradients, Model, Trace
from backprop.verification import grammar
from backprop.verification.grammar import Flow, Pass, Plan
from backprop.verification.search import norm

# The catalogue


@dataclass(frozen=True)
class Mistake:
    """A mistake.

    Attributes:
        slug: its permanent name.
        title: what is incorrect, in half a sentence.
        equations: the labels of the equations it breaks, without "eq:".
        incorrect: what people write.
        correct: what it should be.
        why: why people make it.
        seen: which checks detect it.
        unseen: which checks miss it.
    """

    slug: str
    title: str
    equations: tuple[str, ...]
    incorrect: str
    correct: str
    why: str
    seen: str
    unseen: str


_GRADIENT_CHECK = "a gradient check of almost any network"
_TRAINING = "training, because the loss falls all the same"
_SCALE = "a gradient check against the loss that is printed"
_LEARNING_RATE = "training over enough epochs, because the effect is that of another learning rate"

#: The catalogue, in the order of the backward pass.
MISTAKES: tuple[Mistake, ...] = (
    # the forward pass
    Mistake(
        "forward-without-activation",
        "the forward pass skips an activation function that the backward pass differentiates",
        ("activation", "collapse-linear-layers"),
        "A = X @ W + b                   # and later delta * A * (1 - A)",
        "A = phi(X @ W + b)",
        "The line of the activation function was left out, or its result was stored under another name. The network "
        "then has a linear layer, and the backward pass belongs to another network.",
        "a gradient check and by printing the activations, which leave the range of the function",
        "a gradient check in which the forward pass is written once more, with the activation function",
    ),
    # the error
    Mistake(
        "targets-broadcast",
        "the targets have one axis, so each prediction is compared with every target",
        ("mse-derivative", "shapes"),
        "y_hat - y                       # (N, 1) - (N,) is (N, N)",
        "y_hat - y                       # (N, 1) - (N, 1)",
        "The subtraction broadcasts (N, 1) and (N,) to (N, N) without a warning, in NumPy and in PyTorch, and the loss "
        "is still one number. Its gradient pulls every prediction towards the mean of the targets.",
        "a gradient check against a loss of your own and by printing the shape of the difference",
        "a gradient check against the same incorrect loss and by the loss, which falls",
    ),
    Mistake(
        "error-averaged-first",
        "the error is averaged over the examples before it is propagated back",
        ("sum-gradients", "output-delta"),
        "error = np.mean(y_hat - y)",
        "error = y_hat - y               # one row for each example",
        "The loss is a mean, so a mean error looks correct. The mean of products is not the product of means, however,"
        " because the error of each example belongs to its own activations.",
        _GRADIENT_CHECK,
        "a gradient check with one example",
    ),
    Mistake(
        "loss-instead-of-derivative",
        "the squared error is propagated back instead of its derivative",
        ("mse-derivative",),
        "delta = (y_hat - y) ** 2 * derivative",
        "delta = 2 * (y_hat - y) / N * derivative",
        "The value that is printed as the loss is propagated back as if it were the derivative. A square has no sign, "
        "so predictions that are too high and predictions that are too low are changed in the same direction.",
        _GRADIENT_CHECK,
        "training on targets that all lie on the same side of the predictions, because the loss falls",
    ),
    # the derivative at the output
    Mistake(
        "one-prediction-for-all",
        "the prediction for one example is compared with every target",
        ("mse-derivative", "sum-gradients"),
        "error = y_hat[-1] - y           # after a loop over the examples",
        "error = y_hat - y               # one row for each example",
        "After a loop its variable still holds the last prediction, and the subtraction broadcasts it to all targets.",
        _GRADIENT_CHECK,
        "a gradient check with one example",
    ),
    Mistake(
        "output-differentiated",
        "the output is differentiated instead of the loss",
        ("output-delta", "chain-rule"),
        "delta = y_hat * (1 - y_hat)",
        "delta = 2 * (y_hat - y) / N * y_hat * (1 - y_hat)",
        "The derivative of the network is not the derivative of its loss, because the factor ∂L/∂ŷ, which contains the"
        " targets, is missing.",
        _GRADIENT_CHECK,
        "nothing, because the gradient does not depend on the targets and the network does not learn them",
    ),
    Mistake(
        "output-derivative-missing",
        "the derivative of the output's activation function is missing",
        ("output-delta",),
        "delta = 2 * (y_hat - y) / N",
        "delta = 2 * (y_hat - y) / N * y_hat * (1 - y_hat)",
        "Many texts print the formula without the derivative for cross-entropy, where it is correct. Under the squared "
        "error it is not the gradient, although the loss falls even faster on XOR.",
        _GRADIENT_CHECK,
        "training, because the network solves XOR, and in a network with a linear output",
    ),
    Mistake(
        "output-derivative-not-cancelled",
        "under cross-entropy the derivative of the output's activation function has not been cancelled",
        ("output-delta-sigmoid-bce",),
        "delta = (y_hat - y) / N * y_hat * (1 - y_hat)",
        "delta = (y_hat - y) / N",
        "Every other layer is multiplied by its derivative, so this one seems to be missing. In fact it has been "
        "cancelled by the derivative of the loss.",
        "a gradient check against cross-entropy",
        "training over enough epochs, because the loss falls all the same",
    ),
    # any derivative
    Mistake(
        "derivative-given-a",
        "a derivative that expects z is given the activation",
        ("sigmoid-derivative", "tanh-derivative"),
        "sigmoid(a) * (1 - sigmoid(a))   # or 1 - np.tanh(a) ** 2",
        "a * (1 - a)                     # or 1 - a ** 2",
        "The function expects z, but the forward pass has stored a. Both are matrices of the same shape.",
        _GRADIENT_CHECK,
        "a gradient check with ReLU units, because the derivative of ReLU is the same for both",
    ),
    Mistake(
        "derivative-given-z",
        "a derivative that expects the activation is given z",
        ("sigmoid-derivative-from-output", "tanh-derivative-from-output"),
        "z * (1 - z)                     # or 1 - z ** 2",
        "a * (1 - a)                     # or 1 - a ** 2",
        "`derivative_sigmoid(x) = x * (1 - x)` does not say which x it expects. For z the parabola has no lower bound,"
        " so the derivative becomes negative and large.",
        "a gradient check and by training, which often ends in NaN",
        "a gradient check of a tanh network with very small weights, where z and a are almost the same",
    ),
    Mistake(
        "wrong-activation-derivative",
        "the derivative belongs to another activation function",
        ("backward-gradient",),
        "delta = activation_gradient * a * (1 - a) # with tanh, ReLU or no activation",
        "delta = activation_gradient * (1 - a ** 2)",
        "The activation function was replaced in the forward pass but not in the backward pass, or it was removed in "
        "the forward pass only.",
        _GRADIENT_CHECK,
        "an inspection of the predictions, which are correct",
    ),
    Mistake(
        "derivative-applied-twice",
        "the derivative of the activation function is applied twice",
        ("backward-gradient", "hidden-delta"),
        "delta = derivative * (delta_next @ W_next.T)\ndW = A.T @ (derivative * delta)",
        "dW = A.T @ delta",
        "Two functions multiply by the derivative, because each was written as if it alone had to.",
        _GRADIENT_CHECK,
        "a gradient check with ReLU units, because the derivative of ReLU is 0 or 1",
    ),
    # the way back
    Mistake(
        "hidden-derivative-missing",
        "the derivative of the hidden units' activation function is missing",
        ("hidden-delta",),
        "delta = delta_next @ W_next.T",
        "delta = derivative * (delta_next @ W_next.T)",
        "The step looks complete after the product, but only the derivative turns ∂L/∂a into ∂L/∂z.",
        _GRADIENT_CHECK,
        "a gradient check without hidden layers or of the output layer alone, whose gradient is correct",
    ),
    Mistake(
        "derivative-of-wrong-layer",
        "the derivative of the next layer is used instead of this layer's",
        ("hidden-delta",),
        "delta = derivative_next * (delta_next @ W_next.T)",
        "delta = derivative * (delta_next @ W_next.T)",
        "An index is off by one. With one output, or layers of equal width, the shapes still fit.",
        _GRADIENT_CHECK,
        "a comparison of the shapes, if widths are equal or there is one output",
    ),
    Mistake(
        "delta-without-derivative",
        "∂L/∂a is propagated back instead of δ",
        ("delta", "activation-gradient"),
        "error = error_next @ W_next.T",
        "error = delta_next @ W_next.T",
        "The gradient with respect to the activation seems to be what is propagated. It must first be multiplied by "
        "the derivative of the layer's activation function.",
        _GRADIENT_CHECK,
        "training, because the network solves XOR, and by a gradient check with one hidden layer and a linear output",
    ),
    Mistake(
        "weights-not-transposed",
        "δ is multiplied by W instead of its transpose",
        ("activation-gradient",),
        "delta_next @ W_next             # W_next square",
        "delta_next @ W_next.T",
        "The forward pass multiplies by W. NumPy raises an error if the layers differ in width, but not if their "
        "widths are equal.",
        "a gradient check on layers of equal width",
        "a gradient check of a 2-4-1 network and by " + _TRAINING,
    ),
    Mistake(
        "inverse-instead-of-transpose",
        "δ is multiplied by the inverse of W instead of its transpose",
        ("activation-gradient",),
        "delta_next @ np.linalg.pinv(W_next)",
        "delta_next @ W_next.T",
        "Going backward sounds like undoing the forward pass. The product propagates derivatives, however, rather than"
        " values.",
        _GRADIENT_CHECK,
        "a gradient check at weights whose inverse is their transpose",
    ),
    Mistake(
        "weights-missing",
        "δ is propagated back without the weights",
        ("activation-gradient-unit", "activation-gradient"),
        "delta = derivative * delta_next.sum(axis=1, keepdims=True)",
        "delta = derivative * (delta_next @ W_next.T)",
        "With one output, (N, 1) broadcasts to any width, and with equal widths the shapes fit anyway.",
        _GRADIENT_CHECK,
        "a comparison of the shapes",
    ),
    Mistake(
        "one-path-only",
        "where paths meet, only one is kept instead of their sum",
        ("multivariable-chain-rule", "activation-gradient-unit"),
        "activation_gradient = w[k] * delta_next[k]   # in a loop over k: = for +=",
        "activation_gradient += w[k] * delta_next[k]",
        "An assignment in a loop overwrites the paths before it.",
        "a gradient check with at least two units in the next layer",
        "a gradient check of a network with one hidden layer and one output, because there is only one path",
    ),
    Mistake(
        "updated-too-early",
        "a layer was updated before its δ was propagated back",
        ("simultaneous-update",),
        "W2 -= eta * dW2\ndelta1 = derivative1 * (delta2 @ W2.T)",
        "delta1 = derivative1 * (delta2 @ W2.T)\nW2 -= eta * dW2",
        "It is shorter to compute δ and update the weights in one loop over the layers than in two.",
        "a comparison of one whole step, at a learning rate that is not small",
        "a gradient check that runs the backward pass without the update, and by training",
    ),
    # the gradient with respect to the weights
    Mistake(
        "gradient-transposed",
        "the gradient with respect to the weights is transposed",
        ("weight-gradient", "shapes"),
        "dW = delta.T @ A",
        "dW = A.T @ delta",
        "Texts whose examples are columns write ΔAᵀ for a W of shape (out, in). If both conventions are mixed, the "
        "shapes of a square layer fit all the same.",
        "a gradient check on layers of equal width and elsewhere by a shape error",
        "training, because some networks learn all the same",
    ),
    Mistake(
        "activation-not-transposed",
        "the activations are not transposed in the gradient with respect to the weights",
        ("weight-gradient", "shapes"),
        "dW = A @ delta                  # as many examples as inputs",
        "dW = A.T @ delta",
        "If there are as many examples as the layer has inputs, the shapes fit without the transpose.",
        "a gradient check with another number of examples, for which NumPy raises an error",
        "a comparison of the shapes, if N equals the width",
    ),
    Mistake(
        "weight-gradient-without-derivative",
        "the gradient with respect to the weights uses the error instead of δ",
        ("weight-gradient", "delta"),
        "dW = A.T @ error",
        "dW = A.T @ delta",
        "Both have the same shape. The error is ∂L/∂a, whereas δ = ∂L/∂z has been multiplied by the derivative of the "
        "activation function.",
        _GRADIENT_CHECK,
        "a gradient check of layers without an activation function",
    ),
    Mistake(
        "delta-instead-of-activation",
        "the gradient with respect to the weights uses δ of the layer below instead of its activations",
        ("forward-gradient", "weight-gradient"),
        "dW = delta_below.T @ delta",
        "dW = A_below.T @ delta",
        "Both have the same shape, and both belong to the layer below.",
        _GRADIENT_CHECK,
        "a comparison of the shapes and by a gradient check of the first layer alone, whose gradient is correct",
    ),
    Mistake(
        "preactivation-instead-of-activation",
        "the gradient with respect to the weights uses z of the layer below instead of a",
        ("forward-gradient", "weight-gradient"),
        "dW = Z_below.T @ delta",
        "dW = A_below.T @ delta",
        "Both were stored by the forward pass, in the same shape.",
        "a gradient check, although the first layer's gradient is correct",
        "a gradient check without hidden layers or with linear ones",
    ),
    Mistake(
        "activation-of-own-layer",
        "the gradient with respect to the weights uses the layer's output instead of its input",
        ("forward-gradient", "weight-gradient"),
        "dW = A_own.T @ delta",
        "dW = A_below.T @ delta",
        "An index is off by one. If a layer has as many outputs as inputs, the shapes still fit.",
        "a gradient check on layers of equal width",
        "a comparison of the shapes, if widths are equal",
    ),
    Mistake(
        "input-missing",
        "the gradient with respect to the weights is δ alone, without the input",
        ("chain-rule", "weight-gradient-example"),
        "dW += delta.sum(axis=0)",
        "dW += A.T @ delta",
        "δ broadcasts over the rows of W, so every input gets the gradient of a bias.",
        _GRADIENT_CHECK,
        "a comparison of the shapes",
    ),
    Mistake(
        "one-example-only",
        "only one example contributes",
        ("sum-gradients", "weight-gradient"),
        "dW = np.outer(a, delta)         # in a loop over examples: = for +=",
        "dW += np.outer(a, delta)",
        "An assignment in a loop over the examples overwrites the examples before it.",
        "a gradient check with at least two examples",
        "a gradient check with one example",
    ),
    Mistake(
        "arrays-aliased",
        "two layers share one array for their gradients",
        ("weight-gradient", "gradient"),
        "dW = [np.zeros((4, 4))] * 2\ndW[0] += ...; dW[1] += ... # both are the sum",
        "dW = [np.zeros_like(W) for W in weights]",
        "Multiplying a list repeats its entries and does not copy them. What one layer adds appears in the other.",
        "a gradient check on layers of equal shape and by the comparison `dW[0] is dW[1]`",
        "a gradient check of a network in which no two layers have the same shape",
    ),
    # the gradient of the biases
    Mistake(
        "bias-not-summed",
        "the gradient with respect to the bias is δ of one example, or δ of all examples without the sum",
        ("bias-gradient",),
        "db = delta                      # or delta[0]",
        "db = delta.sum(axis=0)",
        "δ has the width of the bias, so the step seems to be complete.",
        "a gradient check of the biases and by their shape",
        "a gradient check of the weights alone",
    ),
    Mistake(
        "bias-averaged",
        "the gradient with respect to the bias is divided by the number of examples once more",
        ("bias-gradient",),
        "db = delta.mean(axis=0)",
        "db = delta.sum(axis=0)",
        "The loss is a mean, but δ contains its 1/N already.",
        "a gradient check of the biases",
        "a gradient check of the weights alone and by " + _TRAINING,
    ),
    Mistake(
        "bias-summed-over-units",
        "the bias of every unit gets the sum over all units",
        ("bias-gradient",),
        "db = np.sum(delta)",
        "db = np.sum(delta, axis=0)",
        "Without an axis the sum runs over everything, and one number is broadcast to all units.",
        "a gradient check of the biases in layers of at least two units",
        "a gradient check in layers of one unit",
    ),
    Mistake(
        "bias-without-derivative",
        "the gradient with respect to the bias uses the error instead of δ",
        ("bias-gradient", "delta"),
        "db = error.sum(axis=0)",
        "db = delta.sum(axis=0)",
        "It is easy to think that the bias is added after the activation function, but it is added before.",
        "a gradient check of the biases",
        "a gradient check of the weights alone",
    ),
    # the scale
    Mistake(
        "bias-scale",
        "the gradient with respect to a bias is too large or too small by a factor, or has the opposite sign",
        ("bias-gradient",),
        "db = delta.sum(axis=0) * N      # or / 2, or with a minus",
        "db = delta.sum(axis=0)",
        "The factor of the loss is applied to the weights in one line and to the biases in another.",
        "a gradient check of the biases",
        "a gradient check of the weights alone and by " + _TRAINING,
    ),
    Mistake(
        "factor-two-missing",
        "the 2 of the square's derivative is missing",
        ("mse-derivative",),
        "delta = (y_hat - y) / N * derivative",
        "delta = 2 * (y_hat - y) / N * derivative",
        "Half the squared error has no 2 in its derivative, and many texts derive that loss. The formula is correct "
        "for it.",
        _SCALE,
        _LEARNING_RATE,
    ),
    Mistake(
        "extra-factor-two",
        "there is an extra factor 2",
        ("mse-derivative", "output-delta-sigmoid-bce"),
        "delta = 2 * (y_hat - y) / N     # under cross-entropy, or half a square",
        "delta = (y_hat - y) / N",
        "The 2 comes from the derivative of a square. Cross-entropy has no square, and in half a square the 2 cancels.",
        _SCALE,
        _LEARNING_RATE,
    ),
    Mistake(
        "sum-instead-of-mean",
        "the gradient belongs to the sum over the examples rather than to the mean",
        ("mean-and-sum", "mse-derivative"),
        "delta = 2 * (y_hat - y) * derivative",
        "delta = 2 * (y_hat - y) / N * derivative",
        "AᵀΔ adds the examples by itself, so the 1/N of the loss is easily forgotten. The effect is that of a learning"
        " rate N times as large.",
        _SCALE,
        "training with a learning rate that is small enough",
    ),
    Mistake(
        "mean-instead-of-sum",
        "the gradient belongs to the mean over the examples rather than to the sum",
        ("mean-and-sum", "total-loss"),
        "dW = A.T @ delta / N",
        "dW = A.T @ delta",
        "The loss is a sum, but the gradient is averaged, as it would be for a mean.",
        _SCALE,
        "training over enough epochs, because it only becomes slower",
    ),
    Mistake(
        "averaged-twice",
        "the gradient is divided by the number of examples twice",
        ("weight-gradient", "mean-and-sum"),
        "dW = A.T @ delta / N            # delta carries 1/N already",
        "dW = A.T @ delta",
        "The loss and the gradient are computed in different places, and both divide by N.",
        _SCALE,
        "training over enough epochs, because it only becomes slower",
    ),
    Mistake(
        "divided-by-units",
        "the gradient is divided by a number of units instead of the number of examples",
        ("mse-derivative", "shapes"),
        "dW = A.T @ delta / units        # the same number of units for every dW",
        "dW = A.T @ delta / N            # the N of the loss, unless delta contains it",
        "The program uses `shape[1]` instead of `shape[0]`, or the `len` of another array.",
        _SCALE,
        _LEARNING_RATE,
    ),
    Mistake(
        "wrong-scale",
        "the gradient has the correct direction but is too large or too small by a factor",
        ("mean-and-sum", "mse-derivative"),
        "dW = c * A.T @ delta            # for some c",
        "dW = A.T @ delta",
        "A factor of the loss is missing in the gradient, or a factor of the gradient is missing in the loss.",
        _SCALE,
        _LEARNING_RATE,
    ),
    Mistake(
        "layer-scale",
        "one layer's gradient is too large or too small by a factor of its own",
        ("weight-gradient",),
        "dW2 = A1.T @ delta2 / N         # and dW1 without / N",
        "the same factor in every layer",
        "A correction was made in one layer but not in the others.",
        _GRADIENT_CHECK,
        _TRAINING,
    ),
    Mistake(
        "layer-sign",
        "one layer's gradient has the opposite sign",
        ("mse-derivative", "gradient-descent-step"),
        "dW2 = -A1.T @ delta2            # and dW1 without the minus",
        "the same sign in every layer",
        "If y − ŷ replaces ŷ − y, every sign changes, and a minus is easily left in or left out in one layer.",
        _GRADIENT_CHECK,
        "an inspection of one layer alone",
    ),
    Mistake(
        "layer-not-updated",
        "a layer's gradient is zero, or the layer was not updated",
        ("gradient", "simultaneous-update"),
        "for W, dW in zip(weights[1:], gradients[1:]):",
        "for W, dW in zip(weights, gradients):",
        "A loop ends one layer early, or the gradient was cleared before it was used.",
        f"{_GRADIENT_CHECK}, and by a comparison of one whole step",
        "a gradient check of the other layers alone, whose gradients are correct",
    ),
    # the update
    Mistake(
        "biases-not-updated",
        "the gradients with respect to the biases are zero, or the biases were not updated",
        ("gradient", "bias-gradient"),
        "W = W - eta * dW                # and b stays as it is",
        "W = W - eta * dW\nb = b - eta * db",
        "The update was written before the network had biases.",
        "a gradient check of the biases and by a comparison of one whole step",
        "a gradient check of the weights alone and by training, which often succeeds without biases",
    ),
    Mistake(
        "uphill",
        "the step increases the loss",
        ("gradient-descent-step",),
        "W = W + eta * dW                # dW is the gradient of the loss",
        "W = W - eta * dW",
        "With y − ŷ the plus is correct, and with ŷ − y the minus. If the two are mixed, the step is gradient ascent.",
        "a comparison of one whole step and by the loss, which rises",
        "a gradient check, because the gradient itself is correct",
    ),
    Mistake(
        "gradients-not-zeroed",
        "the gradients of earlier steps have not been set to zero",
        ("gradient-descent-step",),
        "dW += A.T @ delta               # without dW = 0 before each step",
        "dW = A.T @ delta",
        "PyTorch adds to `.grad` until `zero_grad()` is called, and a `+=` outside the loop does the same.",
        "a gradient check at the second step",
        "a gradient check at the first step and, for a while, by training",
    ),
)

#: The catalogue by slug.
BY_SLUG: Mapping[str, Mistake] = {mistake.slug: mistake for mistake in MISTAKES}


#: The place of each mistake in the backward pass, which is at the output or in each layer.
PLACES: Mapping[str, str] = {
    **dict.fromkeys(
        (name for name in grammar.ERRORS if not name.startswith("~")),
        "error",
    ),
    **dict.fromkeys(
        (
            "output-derivative-missing",
            "output-derivative-not-cancelled",
            "hidden-derivative-missing",
            "derivative-given-a",
            "derivative-given-z",
            "wrong-activation-derivative",
            "derivative-applied-twice",
            "derivative-of-wrong-layer",
        ),
        "phi",
    ),
    **dict.fromkeys(
        (
            "delta-without-derivative",
            "weights-not-transposed",
            "inverse-instead-of-transpose",
            "weights-missing",
            "weights-missing:wide",
            "one-path-only",
            "updated-too-early",
        ),
        "back",
    ),
    **dict.fromkeys(
        (
            "gradient-transposed",
            "activation-not-transposed",
            "preactivation-instead-of-activation",
            "activation-of-own-layer",
            "delta-instead-of-activation",
            "weight-gradient-without-derivative",
            "input-missing",
            "one-example-only",
            "arrays-aliased",
        ),
        "dW",
    ),
    **dict.fromkeys(
        ("bias-not-summed", "bias-averaged", "bias-summed-over-units", "bias-without-derivative"),
        "db",
    ),
}


def plan_with(
    slug: str,
    activations: Sequence[str],
    loss: str = "mse",
    layers: Sequence[int] | None = None,
) -> dict[str, str]:
    """Plan a backward pass with one mistake in it.

    Args:
        slug: a mistake of the backward pass; the plan is empty for a mistake of scale, sign or update.
        activations: their names, one for each layer.
        loss: "mse", "binary_cross_entropy" or "cross_entropy".
        layers: the layers in which to make it, from 0; None for all in which it can be made.

    Returns:
        The incorrect form at each place that the mistake changes.

    Examples:
        >>> from backprop.verification.catalogue import plan_with
        >>> plan_with("hidden-derivative-missing", ["sigmoid"] * 3)
        {'phi1': 'derivative-missing', 'phi2': 'derivative-missing'}
    """
    depth, place = len(activations), PLACES.get(slug, "")
    cancelled = loss != "mse"
    found = {}
    for k in range(depth) if layers is None else layers:
        output = k == depth - 1
        form = "derivative-missing" if slug.endswith("-derivative-missing") else slug
        if slug == "wrong-activation-derivative":
            form = f"{slug}:{'tanh' if activations[k] == 'sigmoid' else 'sigmoid'} of a"
        if place == "error":
            if output:
                found["error"] = slug
        elif place == "phi":
            if slug.startswith(("output-", "hidden-")) and output != slug.startswith("output"):
                continue
            if slug == "output-derivative-not-cancelled" and not cancelled:
                continue
            if slug == "output-derivative-not-cancelled" and activations[k] == "softmax":
                found["error"] = slug
            elif output and (slug == "derivative-of-wrong-layer" or (cancelled and slug[:6] != "output")):
                continue
            else:
                found[f"phi{k + 1}"] = form
        elif place == "back":
            if not output:
                found[f"back{k + 1}"] = form
        elif place == "dW" and not (k == 0 and slug in BELOW):
            found[f"dW{k + 1}"] = form
        elif place == "db":
            found[f"db{k + 1}"] = form
        if slug == "one-example-only":
            found[f"db{k + 1}"] = "bias-not-summed"
    return found


#: Mistakes that can only be made in a layer with another layer below it.
BELOW = ("preactivation-instead-of-activation", "delta-instead-of-activation")


def layers_for(slug: str, widths: Sequence[int], n: int = 0) -> list[int]:
    """List the layers in which a mistake can be made without a shape error.

    Args:
        slug: the mistake.
        widths: the numbers of units, inputs first.
        n: the number of examples.

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
        return [k for k in own_square if widths[k] > 1 or slug != "gradient-transposed"]
    if slug == "arrays-aliased":
        pairs = [[k, k + 1] for k in own_square if widths[k] > 1 and k + 1 in own_square]
        return pairs[0] if pairs else []
    if slug == "activation-not-transposed":
        return [k for k in range(depth) if widths[k] == n > 1]
    if slug in ("weights-not-transposed", "weights-missing:wide"):
        return [k - 1 for k in own_square if k > 0 and widths[k] > 1]
    if slug == "one-path-only":
        return [k for k in range(depth - 1) if widths[k + 2] > 1]
    if slug == "bias-summed-over-units":
        return [k for k in range(depth) if widths[k + 1] > 1]
    if slug == "derivative-of-wrong-layer":
        return [k for k in range(depth - 1) if widths[k + 2] in (1, widths[k + 1])]
    if PLACES.get(slug) == "back" or slug in ("hidden-derivative-missing", "forward-without-activation"):
        return list(range(depth - 1))
    if slug in BELOW:
        return list(range(1, depth))
    if PLACES.get(slug) == "error" or slug.startswith("output-derivative"):
        return [depth - 1] if slug != "targets-broadcast" or widths[-1] == 1 else []
    return list(range(depth))


def factors_with(slug: str, widths: Sequence[int], n: int, layers: Sequence[int] | None = None) -> dict[str, float]:
    """List the factors by which a mistake of scale or sign multiplies the arrays.

    Args:
        slug: the mistake; the result is empty for a mistake of another kind.
        widths: the numbers of units, inputs first.
        n: the number of examples.
        layers: the layers, from 0, in which the mistake is made; None for the first, or for all with "bias-scale".

    Returns:
        The factors by place, such as "dW1"; the place "" stands for the whole gradient.

    Examples:
        >>> from backprop.verification.catalogue import factors_with
        >>> factors_with("sum-instead-of-mean", [2, 3, 1], n=21)
        {'': 21.0}
        >>> factors_with("biases-not-updated", [2, 3, 1], n=21)
        {'db1': 0.0, 'db2': 0.0}
    """
    d = widths[-1]
    everywhere = {
        "factor-two-missing": 0.5,
        "extra-factor-two": 2.0,
        "sum-instead-of-mean": float(n * d),
        "mean-instead-of-sum": 1 / (n * d),
        "averaged-twice": 1 / n,
        "wrong-scale": 0.37,
        "divided-by-units": n / widths[0],
    }
    here = {"layer-scale": 0.37, "layer-sign": -1.0, "layer-not-updated": 0.0}
    if slug in here:
        return {f"d{letter}{k + 1}": here[slug] for k in layers or [0] for letter in "Wb"}
    if slug == "bias-scale":
        return {f"db{k + 1}": 2.0 for k in (range(len(widths) - 1) if layers is None else layers)}
    if slug == "biases-not-updated":
        return {f"db{k + 1}": 0.0 for k in range(len(widths) - 1)}
    return {"": everywhere[slug]} if slug in everywhere else {}


#: What `planted` yields: a slug, its plan, and its factors by place.
Planted = tuple[str, dict[str, str], dict[str, float]]


def planted(p: Pass, n: int, singly: bool = False) -> Iterator[Planted]:
    """List the mistakes of the catalogue that the widths of a network allow.

    Args:
        p: a forward pass.
        n: the number of examples.
        singly: whether a mistake that can be made in several layers is also listed for each of them alone.

    Yields:
        Slugs, plans and factors.
    """
    widths = [p.weights[0].shape[-2], *(w.shape[-1] for w in p.weights)]
    names = [phi.name for phi in p.activations]
    for slug in BY_SLUG:
        possible = layers_for(slug, widths, n)
        for layers in (possible, *([k] for k in possible if singly and len(possible) > 1)):
            plan = plan_with(slug, names, p.family, layers)
            factors = factors_with(slug, widths, n, _single(slug, layers, p.depth))
            if plan or factors:
                yield slug, plan, factors


def _single(slug: str, layers: Sequence[int], depth: int) -> Sequence[int] | None:
    """Return the layers for `factors_with`, or None if one layer's mistake would otherwise be made in every layer."""
    return None if len(layers) == depth and slug.startswith("layer-") else layers


@cache
def _places(k: int) -> tuple[str, ...]:
    """List the places of a layer."""
    return "error", *(f"{place}{k + 1}" for place in ("back", "phi", "delta", "dW", "db"))


#: What `gives` has found out: for the forms from the output down to a layer, the flow, and whether its arrays agree.
Known = dict[tuple[str | float | None, ...], tuple[Flow, bool]]


def gives(
    p: Pass,
    plan: Plan,
    factors: Mapping[str, float],
    wanted: Mapping[str, np.ndarray],
    tolerance: float,
    known: Known | None = None,
) -> bool | None:
    """Tell whether a backward pass gives the wanted gradients.

    Args:
        p: the forward pass.
        plan: the backward pass.
        factors: as for `grammar.backward`.
        wanted: the gradients, by name.
        tolerance: the largest relative error that counts as agreement.
        known: keeps what calls that differ in `plan` and `factors` alone have in common, as most layers are the same.

    Returns:
        Whether it does; None if the shapes or the number of examples rule out such a backward pass before an array
        differs.
    """

    def agree(made: np.ndarray, g: np.ndarray) -> bool:
        return made.shape == g.shape and norm(made - g) <= tolerance * norm(g)

    def layer(k: int) -> tuple[Flow, bool]:
        below = grammar.scaled_delta_of(p, k, plan, factors, flow)
        made = grammar.parameters_of(p, k, plan, factors, below, biased="b1" in wanted)
        return below, all(agree(one, wanted[name]) for name, one in made if name in wanted)

    known, flow = Known() if known is None else known, Flow()
    forms: tuple[str | float | None, ...] = ()
    try:
        for k in range(p.depth - 1, -1, -1):
            forms = (*forms, *map(plan.get, _places(k)), *map(factors.get, _places(k)))
            if forms not in known:
                known[forms] = layer(k)
            flow, same = known[forms]
            if not same:
                return False
    except ValueError:
        return None
    return True


def incorrect_gradients(
    model: Model,
    X: np.ndarray,
    y: np.ndarray,
    slug: str,
    loss: str = "mse",
    layers: Sequence[int] | None = None,
    after: Sequence[np.ndarray] | None = None,
) -> Gradients:
    """Compute the gradient that a program with a mistake obtains for a network.

    Args:
        model: the network; its arrays may have leading axes.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        slug: a mistake of the catalogue, or "" for none.
        loss: "mse", "binary_cross_entropy" or "cross_entropy".
        layers: the layers in which to make it, from 0; None for all in which it can be made.
        after: the weights after the update; "updated-too-early" needs them.

    Returns:
        The gradients, of whatever shape the mistake gives them.

    Raises:
        ValueError: if the shapes of the network rule out the mistake.

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
    possible = layers_for(slug, widths, n)
    layers = possible if layers is None or PLACES.get(slug) == "error" else layers
    if slug == "forward-without-activation":
        trace = _without_activation(model, X, layers)
    if not possible or not layers:
        raise ValueError(f"mistake {slug!r} cannot be made in a network of widths {widths}: the shapes do not allow it")
    p = Pass(trace.z, trace.a, y, model.weights, model.activations, after, loss)
    names = [phi.name for phi in model.activations]
    factors = factors_with(slug, widths, n, _single(slug, layers, depth))
    found = grammar.backward(p, plan_with(slug, names, loss, layers), factors, model.biases is not None)
    scale = factors.get("", 1.0) * _scale(loss, n, d)
    if slug == "loss-instead-of-derivative":  # the square's 2 belongs to its derivative
        scale /= 2
    return Gradients(
        tuple(scale * found[f"W{k + 1}"] for k in range(depth)),
        None if model.biases is None else tuple(scale * found[f"b{k + 1}"] for k in range(depth)),
    )


def _scale(loss: str, n: int, d: int) -> float:
    """Return the factor of a loss."""
    return {"mse": 2 / (n * d), "binary_cross_entropy": 1 / (n * d), "cross_entropy": 1 / n}[loss]


def _without_activation(model: Model, X: np.ndarray, layers: Sequence[int]) -> Trace:
    """Run a network forward without the activation of some layers, which the backward pass still differentiates."""
    a, z = [X], []
    for k, (w, phi) in enumerate(zip(model.weights, model.activations, strict=True)):
        z.append(step.preactivation(a[-1], w, None if model.biases is None else model.biases[k]))
        a.append(z[-1] if k in layers else phi.value(z[-1]))
    return Trace(tuple(z), tuple(a))


def early_step(model: Model, X: np.ndarray, y: np.ndarray, eta: float, loss: str = "mse") -> Model:
    """Take one step of the mistake "updated-too-early": each layer is updated before its δ is propagated back.

    Args:
        model: the network; its arrays may have leading axes.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        eta: the learning rate.
        loss: "mse", "binary_cross_entropy" or "cross_entropy".

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
    p = Pass(trace.z, trace.a, y, model.weights, model.activations, after, loss)
    scale, flow = _scale(loss, n, d), Flow()
    biases = None if model.biases is None else list(model.biases)
    plan = plan_with("updated-too-early", [phi.name for phi in model.activations], loss)
    for k in range(len(after) - 1, -1, -1):
        flow = grammar.delta_of(p, k, plan, flow)
        weights, bias = grammar.gradients_of(p, k, plan, flow)
        after[k] = step.gradient_descent_step(model.weights[k], scale * weights, eta)
        if biases is not None:
            biases[k] = step.gradient_descent_step(biases[k], scale * bias, eta)
    new = copy(model)
    new.weights, new.biases = tuple(after), None if biases is None else tuple(biases)
    return new


# Training

#: Mistakes that are made in the update, so that the gradient of one step is correct.
OF_THE_UPDATE = ("updated-too-early", "uphill", "gradients-not-zeroed")

#: Mistakes that change nothing but the length of a step.
OF_THE_SCALE = {slug for slug in BY_SLUG if "" in factors_with(slug, [1, 1], 1)}


def gradients_in_training(model: Model, X: np.ndarray, y: np.ndarray, slug: str, loss: str = "mse") -> Gradients:
    """Compute the gradient of a training run with a mistake.

    A mistake in the update leaves the gradient correct. A mistake that concerns a single layer is made in the first.

    Args:
        model: the network; its arrays may have leading axes.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        slug: the mistake, or "" for none.
        loss: "mse", "binary_cross_entropy" or "cross_entropy".

    Returns:
        The gradients, of whatever shape the mistake gives them.

    Raises:
        ValueError: if the shapes of the network rule out the mistake.

    Examples:
        >>> import backprop
        >>> from backprop.verification.catalogue import gradients_in_training
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> gradients = gradients_in_training(model, X, y, "layer-not-updated")
        >>> [bool(g.any()) for g in gradients.weights]
        [False, True]
    """
    layers = [0] if slug.startswith("layer-") else None
    return incorrect_gradients(model, X, y, "" if slug in OF_THE_UPDATE else slug, loss, layers)


def states_with(
    slug: str,
    model: Model,
    X: np.ndarray,
    y: np.ndarray,
    eta: float,
    loss: str = "mse",
    total: Gradients | None = None,
) -> Iterator[tuple[Model, Gradients | None]]:
    """Train with a mistake, endlessly and without checks.

    Args:
        slug: the mistake, or "" for none.
        model: the network to start from, or a stack of networks.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        eta: the learning rate.
        loss: "mse", "binary_cross_entropy" or "cross_entropy".
        total: the sum of all gradients so far, for a mistake that never sets them to zero; None at the beginning.

    Yields:
        The network and that sum, first before any update and then after each one.

    Examples:
        >>> import backprop
        >>> from backprop.verification.catalogue import states_with
        >>> X, y = backprop.xor()
        >>> states = states_with("uphill", backprop.Model.random([2, 3, 1], seed=0), X, y, eta=1.0)
        >>> losses = [model.loss(model.forward(X), y) for model, _ in (next(states), next(states))]
        >>> bool(losses[1] > losses[0])
        True
    """
    while True:
        yield model, total
        if slug == "updated-too-early":
            model = early_step(model, X, y, eta, loss)
            continue
        gradients = gradients_in_training(model, X, y, slug, loss)
        if slug == "gradients-not-zeroed":
            gradients = total = gradients if total is None else _added(total, gradients)
        model = model._update(gradients, -eta if slug == "uphill" else eta)


def _added(first: Gradients, second: Gradients) -> Gradients:
    """Add two gradients."""
    biases = None
    if first.biases is not None and second.biases is not None:
        biases = tuple(a + b for a, b in zip(first.biases, second.biases, strict=True))
    return Gradients(tuple(a + b for a, b in zip(first.weights, second.weights, strict=True)), biases)
