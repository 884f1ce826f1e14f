"""Summarise learning curves over many seeds: when the loss is low enough, and for how many seeds."""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import binary_accuracy, mse_contributions, total_loss
from backprop.ensemble import snapshots, spread_over_seeds
from backprop.network import Model


def reaching(losses: np.ndarray, enough: float, every: int) -> dict[str, Any]:
    """Say how many runs reach a loss, and when.

    Args:
        losses: one row for each run, shape (S, K).
        enough: the loss.
        every: the epochs from one column to the next.

    Returns:
        "reached", how many runs have a loss below it at some time; "first", the median epoch at which these first do,
        or None.

    Examples:
        >>> import numpy as np
        >>> from backprop.experiments.curves import reaching
        >>> reaching(np.array([[0.3, 0.2, 0.04], [0.3, 0.03, 0.01], [0.3, 0.3, 0.3]]), enough=0.05, every=50)
        {'reached': 2, 'first': 75.0}
        >>> reaching(np.array([[0.3, 0.2]]), enough=0.05, every=50)
        {'reached': 0, 'first': None}
    """
    reached = (losses < enough).any(axis=1)
    first = np.argmax(losses < enough, axis=1)[reached] * every
    return {"reached": int(reached.sum()), "first": float(np.median(first)) if reached.any() else None}


def on_xor(
    models: list[Model], eta: float, epochs: int, every: int, enough: float
) -> tuple[dict[str, Any], np.ndarray]:
    """Train on XOR and describe the curves.

    Args:
        models: one network for each seed.
        eta: the learning rate.
        epochs: the number of updates.
        every: the epochs from one record to the next.
        enough: the loss to reach.

    Returns:
        "losses" over the epochs, what `reaching` returns, and how many seeds end with every prediction correct
        ("solved"); and the losses of all runs, shape (S, K).
    """
    X, y = xor()
    _, answers = snapshots(models, X, y, eta, list(range(0, epochs + 1, every)))
    losses = total_loss(mse_contributions(y, answers)).T
    solved = int(np.sum(binary_accuracy(y, answers[-1]) == 1))
    return {"losses": spread_over_seeds(losses), **reaching(losses, enough, every), "solved": solved}, losses
