r"""Count the ReLU units that are dead at initialisation and after training, and those that recover."""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import binary_accuracy, dead_unit_probability, dead_units, preactivation
from backprop.ensemble import log_spaced, snapshots
from backprop.network import Model

WIDTHS, SEEDS, ETAS, EPOCHS = [2, 4, 1], 200, (0.01, 0.1, 1.0), 2000


def training(output: str, eta: float) -> dict[str, Any]:
    """Train ReLU networks from many seeds and count the dead units of their first layer.

    Args:
        output: the activation of the output unit; the hidden ones are ReLU.
        eta: the learning rate.

    Returns:
        "eta"; "dead", the fraction of dead units at each counted epoch, which begins with "start" and ends with "end";
        "dead_at_initialisation", their number at initialisation; "unchanged", how many of these end with exactly their
        initial weights, and "revived", how many recover; "networks_dead", the fraction of networks without a living
        unit; "networks_dead_at_initialisation", how many have none at initialisation, and "networks_unmoved", how many
        of these end with all their initial weights; "accuracy", the median over the seeds.
    """
    X, y = xor()
    start = [Model.random(WIDTHS, seed, activations=["relu", output]) for seed in range(SEEDS)]
    stacks, answers = snapshots(start, X, y, eta, log_spaced(EPOCHS))
    first, last = stacks[0].weights[0], stacks[-1].weights[0]
    ends = zip(stacks[0].weights, stacks[-1].weights, strict=True)
    unmoved = np.all([np.all(before == after, axis=(-2, -1)) for before, after in ends], axis=0)
    dead = [dead_units(preactivation(X, stacked.weights[0])) for stacked in stacks]
    return {
        "eta": eta,
        "dead": [float(now.mean()) for now in dead],
        "start": float(dead[0].mean()),
        "end": float(dead[-1].mean()),
        "dead_at_initialisation": int(dead[0].sum()),
        "unchanged": int(np.sum(dead[0] & np.all(first == last, axis=-2))),
        "revived": int(np.sum(dead[0] & ~dead[-1])),
        "networks_dead": float(dead[-1].all(axis=-1).mean()),
        "networks_dead_at_initialisation": int(dead[0].all(axis=-1).sum()),
        "networks_unmoved": int(np.sum(dead[0].all(axis=-1) & unmoved)),
        "accuracy": float(np.median(binary_accuracy(y, answers[-1]))),
    }


def run() -> dict[str, Any]:
    """Train ReLU networks on XOR at three learning rates, with a sigmoid output and with a linear one.

    Returns:
        The settings; "predicted", the expected fraction dead at initialisation; "one_in", the number of networks of
        which one is expected to start with all its hidden units dead; "units", the number of first-layer units;
        "counted", the epochs at which they are counted; and "sigmoid" and "identity", named after the output, a list of
        what `training` returns for each learning rate.
    """
    return {
        "network": "-".join(map(str, WIDTHS)),
        "seeds": SEEDS,
        "epochs": EPOCHS,
        "units": SEEDS * WIDTHS[1],
        "predicted": dead_unit_probability(WIDTHS[0]),
        "one_in": round(1 / dead_unit_probability(WIDTHS[0]) ** WIDTHS[1]),
        "counted": log_spaced(EPOCHS),
        "sigmoid": [training("sigmoid", eta) for eta in ETAS],
        "identity": [training("identity", eta) for eta in ETAS],
    }
