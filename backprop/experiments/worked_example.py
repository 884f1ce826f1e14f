r"""Compute one step of a 2-2-2-1 network whose numbers you can follow on paper.

There is a single example, one of XOR's 21 points, $x = (0.6, 0.4)$ with label 1. Every unit is a sigmoid without bias,
the loss is the squared error, and the step has $\eta = \tfrac12$. Since $N = 1$, the contribution $C$ is the loss.
"""

from typing import Any

import numpy as np

from backprop.derivation import (
    activation,
    activation_gradient,
    central_difference,
    hidden_delta,
    mse_contributions,
    mse_derivative,
    output_delta,
    parameter_vector,
    preactivation,
    predicted_decrease,
    relative_error,
    sigmoid,
    sigmoid_derivative_from_output,
    simultaneous_update,
    total_loss,
    weight_gradient,
)
from backprop.network import Model

X, Y, ETA = np.array([[0.6, 0.4]]), np.array([[1.0]]), 0.5

#: W₁, W₂, W₃: row i holds the weights out of unit i, column j those into unit j.
WEIGHTS = (
    np.array([[1.0, -1.5], [0.5, -0.5]]),
    np.array([[-1.0, 2.0], [1.5, -2.0]]),
    np.array([[3.0], [-2.5]]),
)


def forward(weights: tuple[np.ndarray, ...]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Compute every z and a of the example.

    Args:
        weights: W₁, W₂, W₃.

    Returns:
        z₁, z₂, z₃, and x, a₁, a₂, ŷ: rows of shape (1, d).
    """
    z, a = [], [X]
    for w in weights:
        z.append(preactivation(a[-1], w))
        a.append(activation(z[-1], sigmoid))
    return z, a


def loss(weights: tuple[np.ndarray, ...]) -> float:
    """Compute the loss of the example.

    Args:
        weights: W₁, W₂, W₃.

    Returns:
        C, a number.
    """
    return float(total_loss(mse_contributions(Y, forward(weights)[1][-1])))


def numerical_gradients() -> list[np.ndarray]:
    """Compute the numerical gradient with respect to each weight matrix by central differences, without the chain rule.

    Returns:
        Three arrays of the shapes of W₁, W₂, W₃.
    """
    w1, w2, w3 = WEIGHTS
    return [
        central_difference(lambda w: loss((w, w2, w3)), w1),
        central_difference(lambda w: loss((w1, w, w3)), w2),
        central_difference(lambda w: loss((w1, w2, w)), w3),
    ]


def run() -> dict[str, Any]:
    r"""Compute the forward pass, the backward pass and one step, and keep every number.

    Returns:
        The numbers, one entry for each layer of weights and, within it, one for each unit: "w" ($w_{ij}$ as nested
        lists), "x", "y", "z", "a", "y_hat", "loss", "dl_dy_hat", "derivatives" ($\sigma'(z)$), "deltas",
        "activation_gradient"
        ($\partial C/\partial a$ of the two hidden layers), "gradients"; "eta", "new_w", "new_y_hat", "new_loss",
        "decrease" of the loss and "predicted_decrease", to first order; and the relative errors "error_model" against
        `Model.backward` and "error_measured" against the central difference.

    Examples:
        The forward pass computes weighted sums and activations, layer by layer:

        >>> import numpy as np
        >>> from backprop.experiments.worked_example import run
        >>> result = run()
        >>> rounded = lambda rows: [np.round(row, 4).tolist() for row in rows]
        >>> rounded(result["z"])
        [[0.8, -1.1], [-0.3154, 0.8805], [-0.5019]]
        >>> rounded(result["a"])
        [[0.69, 0.2497], [0.4218, 0.7069], [0.3771]]
        >>> round(result["y_hat"], 4), round(result["loss"], 4)
        (0.3771, 0.388)

        The backward pass computes ∂L/∂ŷ and then δ of each layer, the last one first:

        >>> round(result["dl_dy_hat"], 4)
        -1.2458
        >>> rounded(result["derivatives"])
        [[0.2139, 0.1874], [0.2439, 0.2072], [0.2349]]
        >>> rounded(result["activation_gradient"])
        [[0.5173, -0.6243], [-0.8779, 0.7316]]
        >>> rounded(result["deltas"])
        [[0.1106, -0.117], [-0.2141, 0.1516], [-0.2926]]

        The gradients are products of activations and δ, and one step changes the weights:

        >>> for gradient, w in zip(result["gradients"], result["new_w"]):
        ...     print(rounded(gradient), rounded(w))
        [[0.0664, -0.0702], [0.0443, -0.0468]] [[0.9668, -1.4649], [0.4779, -0.4766]]
        [[-0.1477, 0.1046], [-0.0535, 0.0379]] [[-0.9261, 1.9477], [1.5267, -2.0189]]
        [[-0.1234], [-0.2069]] [[3.0617], [-2.3966]]
        >>> round(result["new_y_hat"], 4), round(result["new_loss"], 4)
        (0.4216, 0.3345)

        The network's own backward pass gives the same gradients, and so do central differences:

        >>> result["error_model"] < 1e-15, result["error_measured"] < 1e-9
        (True, True)
    """
    _, w2, w3 = WEIGHTS
    z, (x, a1, a2, y_hat) = forward(WEIGHTS)
    slope1, slope2, slope3 = (sigmoid_derivative_from_output(a) for a in (a1, a2, y_hat))

    dl_dy_hat = mse_derivative(Y, y_hat)
    delta3 = output_delta(slope3, dl_dy_hat)
    delta2 = hidden_delta(slope2, delta3, w3)
    delta1 = hidden_delta(slope1, delta2, w2)

    gradients = [weight_gradient(x, delta1), weight_gradient(a1, delta2), weight_gradient(a2, delta3)]
    new = simultaneous_update(WEIGHTS, gradients, ETA)

    model = Model(WEIGHTS)
    by_model = model.backward(model.forward(X), Y).weights
    flat = parameter_vector(gradients)
    return {
        "network": "2-2-2-1",
        "x": x[0].tolist(),
        "y": float(Y[0, 0]),
        "eta": ETA,
        "w": [w.tolist() for w in WEIGHTS],
        "z": [row[0].tolist() for row in z],
        "a": [row[0].tolist() for row in (a1, a2, y_hat)],
        "y_hat": float(y_hat[0, 0]),
        "loss": loss(WEIGHTS),
        "dl_dy_hat": float(dl_dy_hat[0, 0]),
        "derivatives": [row[0].tolist() for row in (slope1, slope2, slope3)],
        "deltas": [row[0].tolist() for row in (delta1, delta2, delta3)],
        "activation_gradient": [
            activation_gradient(delta2, w2)[0].tolist(),
            activation_gradient(delta3, w3)[0].tolist(),
        ],
        "gradients": [g.tolist() for g in gradients],
        "new_w": [w.tolist() for w in new],
        "new_y_hat": float(forward(new)[1][-1][0, 0]),
        "new_loss": loss(new),
        "decrease": loss(WEIGHTS) - loss(new),
        "predicted_decrease": predicted_decrease(flat, ETA),
        "error_model": relative_error(flat, parameter_vector(by_model)),
        "error_measured": relative_error(flat, parameter_vector(numerical_gradients())),
    }
