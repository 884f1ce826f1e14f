r"""Train with ReLU in every unit (extra B) and record which units die and whether they recover."""

from typing import Any

import numpy as np

from backprop.data import linear, xor
from backprop.derivation import binary_accuracy, dead_unit_probability, dead_units, mse_contributions, total_loss
from backprop.ensemble import log_spaced, snapshots, spread_over_seeds
from backprop.network import Model

#: The report's two learning rates stand at the ends, and those between are tried on XOR only.
RATES, SEEDS, EPOCHS = (0.001, 0.01, 0.1, 0.3, 1.0), 64, 10_000
NETWORKS = ([2, 4, 1], [2, 4, 4, 1])


def training(widths: list[int], eta: float, data: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """Train ReLU networks, one for each seed, and count the units that are dead.

    Args:
        widths: the numbers of units, inputs first.
        eta: the learning rate.
        data: X and y for each seed.

    Returns:
        "network" and "eta"; "losses" over the epochs "looked"; "solved", the fraction of seeds with every prediction
        correct; "layers", for each layer, the output last, the fraction of dead units at the "start" and at the "end",
        and how many of those "dead_at_initialisation" are alive at the end ("revived"); "hidden_dead", the fraction at
        the end among the units of all hidden layers; "stuck", how many networks end with a dead output, and
        "zero_gradients", how many of these have a gradient of exactly 0; "stuck_at_initialisation", how many outputs
        are dead at initialisation, and "unmoved", how many of these networks end with their initial weights.
    """
    X, y = (np.stack(arrays) for arrays in zip(*data, strict=True))
    models = [Model.random(widths, seed, "relu") for seed in range(len(data))]
    epochs = log_spaced(EPOCHS)
    stacks, answers = snapshots(models, X, y, eta, epochs)
    first, last = stacks[0], stacks[-1]
    start, end = ([dead_units(z) for z in stacked.forward(X).z] for stacked in (first, last))
    gradients = last.backward(last.forward(X), y).weights
    zero = np.all([np.all(g == 0, axis=(-2, -1)) for g in gradients], axis=0)
    same = np.all([np.all(p == q, axis=(-2, -1)) for p, q in zip(first.weights, last.weights, strict=True)], axis=0)
    stuck_at_initialisation, stuck = start[-1][:, 0], end[-1][:, 0]
    return {
        "network": "-".join(map(str, widths)),
        "eta": eta,
        "looked": epochs,
        "losses": spread_over_seeds(total_loss(mse_contributions(y, answers)).T),
        "solved": float(np.mean(binary_accuracy(y, answers[-1]) == 1)),
        "layers": [
            {
                "start": float(before.mean()),
                "end": float(after.mean()),
                "dead_at_initialisation": int(before.sum()),
                "revived": int(np.sum(before & ~after)),
            }
            for before, after in zip(start, end, strict=True)
        ],
        "hidden_dead": float(np.concatenate(end[:-1], axis=-1).mean()),
        "stuck": int(stuck.sum()),
        "zero_gradients": int(np.sum(stuck & zero)),
        "stuck_at_initialisation": int(stuck_at_initialisation.sum()),
        "unmoved": int(np.sum(stuck_at_initialisation & same)),
    }


def run() -> dict[str, Any]:
    """Train ReLU networks on both data sets.

    Returns:
        The settings; "predicted", the expected fraction of first-layer units dead at initialisation; "slow" and "fast",
        the report's two learning rates; "xor" and "linear", each with "one" for 2-4-1 and "two" for 2-4-4-1: a list of
        what `training` returns for each learning rate; "constant", the loss of a network whose output is dead, on XOR.
    """
    X, y = xor()
    on_xor, on_linear = [(X, y)] * SEEDS, [linear(100, seed) for seed in range(SEEDS)]
    return {
        "seeds": SEEDS,
        "epochs": EPOCHS,
        "slow": RATES[0],
        "fast": RATES[-1],
        "predicted": dead_unit_probability(2),
        "constant": float(total_loss(mse_contributions(y, np.zeros_like(y)))),
        "xor": {
            name: [training(widths, eta, on_xor) for eta in RATES]
            for name, widths in zip(("one", "two"), NETWORKS, strict=True)
        },
        "linear": {
            name: [training(widths, eta, on_linear) for eta in (RATES[0], RATES[-1])]
            for name, widths in zip(("one", "two"), NETWORKS, strict=True)
        },
    }
