"""Discussion A of the report, learning rates: from far too small to far too large, over many seeds."""

from typing import Any

from backprop.experiments.curves import on_xor
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
    models = [Model.random([2, 4, 1], seed) for seed in range(SEEDS)]
    rates = []
    for eta in RATES:
        curves, losses = on_xor(models, eta, EPOCHS, EVERY, ENOUGH)
        unsteady = (losses[:, 1:] > 1.1 * losses[:, :-1]).any(axis=1)
        rates.append({"eta": eta, **curves, "unsteady": int(unsteady.sum())})
    return {
        "network": "2-4-1",
        "seeds": SEEDS,
        "epochs": EPOCHS,
        "every": EVERY,
        "enough": ENOUGH,
        "rates": rates,
    }
