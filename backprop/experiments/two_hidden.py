"""Repeat the report's discussions with two hidden layers, 2-4-4-1, as the assignment asks."""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import mse_contributions, total_loss
from backprop.ensemble import snapshots
from backprop.experiments.curves import on_xor
from backprop.experiments.no_activation import DERIVATIVE_KEPT
from backprop.network import Activation, Model

SEEDS, EPOCHS, EVERY, ENOUGH = 64, 10_000, 50, 0.05
RATES, UNITS = (0.1, 1.0, 10.0, 30.0), (2, 8)

#: Without activation: the learning rates, the seeds, and the epochs.
SMALL, MIDDLE, LARGE, LINEAR_SEEDS, LINEAR_EPOCHS = 0.01, 0.1, 1.0, 200, 3000


def trained(widths: list[int], eta: float) -> dict[str, Any]:
    """Train on XOR, one network for each seed.

    Args:
        widths: the numbers of units, inputs first.
        eta: the learning rate.

    Returns:
        "eta" and "network"; how many seeds reach the loss ENOUGH, "reached", the median epoch at which these do,
        "first", and how many end with every prediction correct, "solved".
    """
    curves, _ = on_xor([Model.random(widths, seed) for seed in range(SEEDS)], eta, EPOCHS, EVERY, ENOUGH)
    of_them = {key: curves[key] for key in ("reached", "first", "solved")}
    return {"eta": eta, "network": "-".join(map(str, widths)), **of_them}


def diverged(widths: list[int], eta: float, derivative: str | Activation) -> float:
    """Train on XOR with a = z and compute the fraction of seeds that overflow.

    Args:
        widths: the numbers of units, inputs first.
        eta: the learning rate.
        derivative: "identity" for the correct derivative of a = z, or DERIVATIVE_KEPT.

    Returns:
        The fraction whose loss is no longer finite at the end.
    """
    X, y = xor()
    models = [Model.random(widths, seed, derivative) for seed in range(LINEAR_SEEDS)]
    with np.errstate(all="ignore"):
        _, answers = snapshots(models, X, y, eta, [LINEAR_EPOCHS])
        losses = total_loss(mse_contributions(y, answers[-1]))
    return float(np.mean(~np.isfinite(losses)))


def run() -> dict[str, Any]:
    """Train 2-4-4-1 at each learning rate, 2-h-h-1 at η = 1, and 2-4-4-1 without activation.

    Returns:
        The settings; "rates" and "units", what `trained` returns; "small", "middle" and "large", the learning rate and,
        for the derivative that was kept and for the correct one, the fraction that overflows.
    """
    none = {
        name: {
            "eta": eta,
            "kept": diverged([2, 4, 4, 1], eta, DERIVATIVE_KEPT),
            "right": diverged([2, 4, 4, 1], eta, "identity"),
        }
        for name, eta in (("small", SMALL), ("middle", MIDDLE), ("large", LARGE))
    }
    return {
        "seeds": SEEDS,
        "epochs": EPOCHS,
        "enough": ENOUGH,
        "rates": [trained([2, 4, 4, 1], eta) for eta in RATES],
        "units": [trained([2, h, h, 1], 1.0) for h in UNITS],
        "linear_seeds": LINEAR_SEEDS,
        "linear_epochs": LINEAR_EPOCHS,
        **none,
    }
