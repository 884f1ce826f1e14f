"""Train at learning rates from far too small to far too large, as in discussion A of the report."""

from typing import Any

import numpy as np

from backprop.experiments.curves import on_xor
from backprop.network import Model

RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
SEEDS, EPOCHS, EVERY, ENOUGH = 64, 10_000, 50, 0.05


def run() -> dict[str, Any]:
    """Train 2-4-1 on XOR at each learning rate, one network for each seed.

    Returns:
        The settings, and "rates": for each learning rate the losses over the epochs, how many seeds reach the loss
        ENOUGH, the median epoch at which they first do, how many end with every prediction correct ("solved"), and how
        many have a loss that rises by more than a tenth between two records ("unsteady"). "detour", the largest
        relative difference over the seeds between the loss at η = 0.1 at the end and that at η = 1 after a tenth of the
        epochs.
    """
    models = [Model.random([2, 4, 1], seed) for seed in range(SEEDS)]
    rates, at = [], {}
    for eta in RATES:
        curves, losses = on_xor(models, eta, EPOCHS, EVERY, ENOUGH)
        at[eta] = losses
        unsteady = (losses[:, 1:] > 1.1 * losses[:, :-1]).any(axis=1)
        rates.append({"eta": eta, **curves, "unsteady": int(unsteady.sum())})
    slow, fast = at[0.1][:, -1], at[1.0][:, EPOCHS // 10 // EVERY]
    return {
        "network": "2-4-1",
        "seeds": SEEDS,
        "epochs": EPOCHS,
        "every": EVERY,
        "enough": ENOUGH,
        "rates": rates,
        "detour": float(np.max(np.abs(fast / slow - 1))),
    }
