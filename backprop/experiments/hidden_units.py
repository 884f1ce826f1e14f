"""Train with more and more hidden units and record the loss on XOR, as in discussion B of the report."""

from typing import Any

from backprop.ensemble import spread_over_seeds
from backprop.experiments.curves import on_xor
from backprop.network import Model

#: The report's numbers of hidden units, and three smaller ones.
WIDTHS, SEEDS, ETA, EPOCHS, EVERY, ENOUGH = (1, 2, 3, 4, 8, 16, 64), 64, 1.0, 10_000, 50, 0.05


def run() -> dict[str, Any]:
    """Train 2-h-1 on XOR, one network for each seed, for each number h of hidden units.

    Returns:
        The settings, and "units": for each number the "losses" over the epochs, the "final_loss", how many seeds
        "reached" the loss ENOUGH, the median epoch "first" at which they do, or None, and how many end with every
        prediction correct ("solved").
    """
    units = []
    for hidden in WIDTHS:
        models = [Model.random([2, hidden, 1], seed) for seed in range(SEEDS)]
        curves, losses = on_xor(models, ETA, EPOCHS, EVERY, ENOUGH)
        units.append({"hidden": hidden, **curves, "final_loss": spread_over_seeds(losses[:, -1:])})
    return {"seeds": SEEDS, "eta": ETA, "epochs": EPOCHS, "every": EVERY, "enough": ENOUGH, "units": units}
