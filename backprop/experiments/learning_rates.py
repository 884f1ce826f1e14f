"""Discussion A of the report, learning rates: from far too small to far too large, over many seeds."""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import accuracy, squared_error, total_loss
from backprop.ensemble import follow, spread_over_seeds
from backprop.network import Model

RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
SEEDS, EPOCHS, EVERY, ENOUGH = 64, 10_000, 50, 0.05


def run() -> dict[str, Any]:
    """Train 2-4-1 on XOR at each rate, one network for each seed.

    Returns:
        The settings, and "rates": for each rate the losses over the epochs, how many seeds reach the loss ENOUGH, the
        median epoch at which they first do, how many end with every answer right ("solved"), and how many have a loss
        that rises between two looks by more than a tenth ("unsteady").
    """
    X, y = xor()
    models = [Model.random([2, 4, 1], seed) for seed in range(SEEDS)]
    epochs = list(range(0, EPOCHS + 1, EVERY))
    rates = []
    for eta in RATES:
        _, answers = follow(models, X, y, eta, epochs)
        losses = total_loss(squared_error(y, answers)).T
        reached = (losses < ENOUGH).any(axis=1)
        first = np.argmax(losses < ENOUGH, axis=1)[reached] * EVERY
        rates.append(
            {
                "eta": eta,
                "losses": spread_over_seeds(losses),
                "reached": int(reached.sum()),
                "first": float(np.median(first)) if reached.any() else None,
                "solved": int(np.sum(accuracy(y, answers[-1]) == 1)),
                "unsteady": int(np.sum((losses[:, 1:] > 1.1 * losses[:, :-1]).any(axis=1))),
            }
        )
    return {
        "network": "2-4-1",
        "seeds": SEEDS,
        "epochs": EPOCHS,
        "every": EVERY,
        "enough": ENOUGH,
        "rates": rates,
    }
