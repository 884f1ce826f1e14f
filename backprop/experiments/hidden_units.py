"""Discussion B of the report, the part that needs no clock: what more hidden units do to the loss on XOR."""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import accuracy, squared_error, total_loss
from backprop.ensemble import follow, spread_over_seeds
from backprop.network import Model

#: The report's numbers of units, and fewer and more.
WIDTHS, SEEDS, ETA, EPOCHS, EVERY, ENOUGH = (1, 2, 3, 4, 8, 16, 64), 64, 1.0, 10_000, 50, 0.05


def run() -> dict[str, Any]:
    """Train 2-h-1 on XOR, one network for each seed, for each number h of hidden units.

    Returns:
        The settings, and "units": for each number the "losses" over the epochs, the "last_loss", how many seeds
        "reached" the loss ENOUGH, the median epoch "first" at which they do, or None, and how many end with every
        answer right ("solved").
    """
    X, y = xor()
    epochs = list(range(0, EPOCHS + 1, EVERY))
    units = []
    for hidden in WIDTHS:
        models = [Model.random([2, hidden, 1], seed) for seed in range(SEEDS)]
        _, answers = follow(models, X, y, ETA, epochs)
        losses = total_loss(squared_error(y, answers)).T
        reached = (losses < ENOUGH).any(axis=1)
        first = np.argmax(losses < ENOUGH, axis=1)[reached] * EVERY
        units.append(
            {
                "hidden": hidden,
                "losses": spread_over_seeds(losses),
                "last_loss": spread_over_seeds(losses[:, -1:]),
                "reached": int(reached.sum()),
                "first": float(np.median(first)) if reached.any() else None,
                "solved": int(np.sum(accuracy(y, answers[-1]) == 1)),
            }
        )
    return {"seeds": SEEDS, "eta": ETA, "epochs": EPOCHS, "every": EVERY, "enough": ENOUGH, "units": units}
