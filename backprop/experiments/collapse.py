r"""Train a network without activations on XOR and show that it computes the same as one matrix."""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import (
    append_ones,
    binary_accuracy,
    collapse_linear_layers,
    least_squares_minimum,
    mse_contributions,
    preactivation,
    total_loss,
)
from backprop.ensemble import log_spaced, snapshots, spread_over_seeds
from backprop.network import Model

WIDTHS, ETA, EPOCHS, SEEDS, CLOSE = [2, 3, 5, 1], 0.02, 4000, 200, 1e-6


def run() -> dict[str, Any]:
    r"""Train 2-3-5-1 without activations or biases from many seeds, and compare it with one matrix.

    Returns:
        The settings; "floor" and "minimum_with_bias", the lowest losses that linear algebra allows; "losses" ("low",
        "median", "high", at the epochs "logged"); "reached", the number of seeds that end within "close" of the
        minimum, and "furthest", the largest distance; "solution", the least-squares weights; "w", seed 0's product
        $W_1 W_2 W_3$; "largest_w_error" and "largest_y_hat_error", over all seeds the largest difference of an entry
        of the product from the solution, and of the network's predictions from $X W$; and "X", "y", seed 0's
        predictions "y_hat" and their "accuracy".
    """
    X, y = xor()
    start = [Model.random(WIDTHS, seed, activations="identity") for seed in range(SEEDS)]
    stacks, answers = snapshots(start, X, y, ETA, log_spaced(EPOCHS))
    losses = total_loss(mse_contributions(y, answers)).T
    floor = least_squares_minimum(X, y)
    solution = np.linalg.lstsq(X, y, rcond=None)[0]
    product = collapse_linear_layers(stacks[-1].weights)
    return {
        "network": "-".join(map(str, WIDTHS)),
        "eta": ETA,
        "epochs": EPOCHS,
        "seeds": SEEDS,
        "close": CLOSE,
        "floor": floor,
        "minimum_with_bias": least_squares_minimum(append_ones(X), y),
        "logged": log_spaced(EPOCHS),
        "losses": spread_over_seeds(losses),
        "reached": int(np.sum(np.abs(losses[:, -1] - floor) < CLOSE)),
        "furthest": float(np.max(np.abs(losses[:, -1] - floor))),
        "solution": solution.ravel().tolist(),
        "w": product[0].ravel().tolist(),
        "largest_w_error": float(np.max(np.abs(product - solution))),
        "largest_y_hat_error": float(np.max(np.abs(answers[-1] - preactivation(X, product)))),
        "X": X.tolist(),
        "y": y.ravel().tolist(),
        "y_hat": answers[-1][0].ravel().tolist(),
        "accuracy": float(binary_accuracy(y, answers[-1][0])),
    }
