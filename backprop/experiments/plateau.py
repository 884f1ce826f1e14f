r"""Explain the plateau on XOR: measure how linear the first hidden layer is and what the network predicts.

Where the pre-activations are small, a sigmoid is nearly a straight line. A layer whose activations are linear functions
of its inputs adds nothing, so the network can do no better than a linear one.
"""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import append_ones, mse_contributions, total_loss
from backprop.ensemble import snapshots, spread_over_seeds
from backprop.experiments.curves import reaching
from backprop.network import Model

NETWORKS, SEEDS, ETA, LOOKED, EVERY = ([2, 4, 1], [2, 4, 4, 1]), 64, 1.0, (0, 100, 1000, 3000), 50

#: The loss below which the plateau has been left, and the factor that enlarges the first layer's initial weights.
LEFT, FACTOR = 0.2, 3.0


def straightness(X: np.ndarray, a: np.ndarray) -> np.ndarray:
    r"""Compute R², the fraction of the activations' variance that linear functions of the inputs explain.

    Args:
        X: the inputs, shape (N, d₀), not all on a line.
        a: the activations of a layer, shape (..., N, h).

    Returns:
        R² of the whole layer, shape (...): 1 if every unit is a plane.

    Examples:
        R² is 1 for a plane, and 0 for activations that no plane explains:

        >>> import numpy as np
        >>> from backprop.experiments.plateau import straightness
        >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> float(straightness(X, X @ [[2.0], [3.0]]).round(9)), float(straightness(X, X[:, :1] * X[:, 1:]).round(9))
        (1.0, 0.666666667)
        >>> float(straightness(X, np.array([[0.0], [1.0], [1.0], [0.0]])).round(9))
        0.0
    """
    columns = np.moveaxis(a, -2, 0)
    _, residuals, *_ = np.linalg.lstsq(append_ones(X), columns.reshape(len(X), -1), rcond=None)
    left = residuals.reshape(columns.shape[1:]).sum(axis=-1)
    whole = np.sum((a - a.mean(axis=-2, keepdims=True)) ** 2, axis=(-2, -1))
    return np.asarray(1 - left / whole)


def training(widths: list[int], factor: float = 1.0) -> dict[str, Any]:
    """Train from many seeds on XOR, and look at the first hidden layer and the predictions.

    Args:
        widths: the numbers of units, inputs first.
        factor: the factor by which the first layer's initial weights are multiplied.

    Returns:
        "network"; how many seeds leave the plateau, with a loss below LEFT ("reached"), and the median epoch at which
        they do ("first"); and for each epoch of LOOKED, in "at": the "loss", the "mean" prediction, the "smallest" and
        the "largest" one, "r2" of the first hidden layer, and the size of its weights ("weights", root mean square),
        each over the seeds.
    """
    X, y = xor()
    models = [Model.random(widths, seed) for seed in range(SEEDS)]
    models = [Model([factor * model.weights[0], *model.weights[1:]]) for model in models]
    epochs = list(range(0, LOOKED[-1] + 1, EVERY))
    stacks, answers = snapshots(models, X, y, ETA, epochs)
    losses = total_loss(mse_contributions(y, answers))
    at = []
    for epoch in LOOKED:
        stacked, y_hat = stacks[epoch // EVERY], answers[epoch // EVERY]
        seen = {
            "loss": losses[epoch // EVERY],
            "mean": y_hat.mean(axis=(-2, -1)),
            "smallest": y_hat.min(axis=(-2, -1)),
            "largest": y_hat.max(axis=(-2, -1)),
            "r2": straightness(X, stacked.forward(X).a[1]),
            "weights": np.sqrt(np.mean(stacked.weights[0] ** 2, axis=(-2, -1))),
        }
        at.append({"epoch": epoch} | {name: spread_over_seeds(values[:, None]) for name, values in seen.items()})
    return {"network": "-".join(map(str, widths)), **reaching(losses.T, LEFT, EVERY), "at": at}


def run() -> dict[str, Any]:
    """Train the report's network and the assignment's, and both again with larger weights in the first layer.

    Returns:
        The settings; "mean_label", the mean of the labels, and "floor", the loss of predicting it for every input;
        "one" for 2-4-1 and "two" for 2-4-4-1, what `training` returns, and the same with larger weights as "one_larger"
        and "two_larger".
    """
    _, y = xor()
    one, two = NETWORKS
    return {
        "seeds": SEEDS,
        "eta": ETA,
        "every": EVERY,
        "left": LEFT,
        "factor": FACTOR,
        "mean_label": float(y.mean()),
        "floor": float(total_loss(mse_contributions(y, np.full_like(y, y.mean())))),
        "one": training(one),
        "two": training(two),
        "one_larger": training(one, FACTOR),
        "two_larger": training(two, FACTOR),
    }
