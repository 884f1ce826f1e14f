"""Repeat the report's results over many seeds, because a single run proves little."""

from typing import Any

import numpy as np

from backprop.data import linear, xor
from backprop.derivation import binary_accuracy, mse_contributions, total_loss
from backprop.ensemble import snapshots, spread_over_seeds
from backprop.experiments.report import LINEAR_LOG, XOR_LOG
from backprop.network import Model

SEEDS, ETA, EPOCHS, EVERY = 256, 1.0, 10_000, 100


def over_seeds(
    data: list[tuple[np.ndarray, np.ndarray]], widths: list[int], report: dict[int, float]
) -> dict[str, Any]:
    """Train one network for each seed and summarise the losses.

    Args:
        data: X and y for each seed.
        widths: the numbers of units, inputs first.
        report: the losses that the report printed, by epoch.

    Returns:
        "losses" over the epochs; "below", for each printed value the fraction of seeds whose loss is lower at that
        epoch; the losses and accuracies at the end, and how many seeds "solved" the task, with every prediction
        correct.
    """
    X, y = (np.stack(arrays) for arrays in zip(*data, strict=True))
    epochs = list(range(0, EPOCHS + 1, EVERY))
    _, answers = snapshots([Model.random(widths, seed) for seed in range(len(data))], X, y, ETA, epochs)
    losses = total_loss(mse_contributions(y, answers)).T
    right = binary_accuracy(y, answers[-1])
    return {
        "network": "-".join(map(str, widths)),
        "losses": spread_over_seeds(losses),
        "below": [[epoch, float(np.mean(losses[:, epoch // EVERY] < value))] for epoch, value in report.items()],
        "final_loss": spread_over_seeds(losses[:, -1:]),
        "accuracy": spread_over_seeds(right[:, None]),
        "solved": int(np.sum(right == 1)),
    }


def run() -> dict[str, Any]:
    """Train the report's network and the assignment's on both data sets, one network for each seed.

    Returns:
        The settings, and "linear" and "xor", each with "one" for 2-4-1 and "two" for 2-4-4-1.
    """
    return {
        "seeds": SEEDS,
        "eta": ETA,
        "epochs": EPOCHS,
        "every": EVERY,
    } | {
        name: {
            "one": over_seeds(data, [2, 4, 1], report),
            "two": over_seeds(data, [2, 4, 4, 1], report),
            "report": [list(line) for line in report.items()],
        }
        for name, data, report in (
            ("linear", [linear(100, seed) for seed in range(SEEDS)], LINEAR_LOG),
            ("xor", [xor()] * SEEDS, XOR_LOG),
        )
    }
