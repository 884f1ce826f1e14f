"""Compare initial weights from {0, 1}, as in the report's text, with N(0, 1), as in its code."""

from itertools import product
from typing import Any

import numpy as np

from backprop.data import streams, xor
from backprop.derivation import binary_accuracy, mse_contributions, total_loss
from backprop.ensemble import snapshots, stack
from backprop.experiments.report import XOR_LOG
from backprop.network import Model

SEEDS, ETA, EPOCHS = 64, 1.0, 10_000


def of_zeros_and_ones(seed: int) -> Model:
    """Draw the weights of 2-4-1 from {0, 1}.

    Args:
        seed: the seed.

    Returns:
        The network.

    Examples:
        >>> from backprop.experiments.start_weights import of_zeros_and_ones
        >>> sorted({float(w) for layer in of_zeros_and_ones(0).weights for w in layer.ravel()})
        [0.0, 1.0]
    """
    _, for_weights = streams(seed)
    return Model([for_weights.integers(0, 2, size=shape) for shape in ((2, 4), (4, 1))])


def solved(models: list[Model]) -> int:
    """Train on XOR and count the networks that end with every prediction correct.

    Args:
        models: one network for each seed.

    Returns:
        Their number.
    """
    X, y = xor()
    _, answers = snapshots(models, X, y, ETA, [EPOCHS])
    return int(np.sum(binary_accuracy(y, answers[-1]) == 1))


def run() -> dict[str, Any]:
    """Compute the initial losses of all 4,096 networks with weights in {0, 1}, and train some networks of either kind.

    Returns:
        The settings; "networks", their number; "printed", the initial loss that the report prints on XOR; "closest",
        the nearest initial loss of any of them, and "miss", how far off it is; the "lowest" and the "highest" initial
        loss; "solved_zero_one" and "solved_normal", how many seeds solve XOR from either start.
    """
    X, y = xor()
    bits = np.array(list(product((0.0, 1.0), repeat=12)))
    every = stack([Model([row[:8].reshape(2, 4), row[8:].reshape(4, 1)]) for row in bits])
    losses = total_loss(mse_contributions(y, every.forward(X).y_hat))
    closest = losses[np.argmin(np.abs(losses - XOR_LOG[0]))]
    return {
        "seeds": SEEDS,
        "eta": ETA,
        "epochs": EPOCHS,
        "networks": len(bits),
        "printed": XOR_LOG[0],
        "closest": float(closest),
        "miss": float(abs(closest - XOR_LOG[0])),
        "lowest": float(losses.min()),
        "highest": float(losses.max()),
        "solved_zero_one": solved([of_zeros_and_ones(seed) for seed in range(SEEDS)]),
        "solved_normal": solved([Model.random([2, 4, 1], seed) for seed in range(SEEDS)]),
    }
