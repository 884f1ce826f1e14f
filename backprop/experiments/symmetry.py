r"""Train on XOR from equal, nearly equal and random initial weights."""

from typing import Any

import numpy as np

from backprop.data import streams, xor
from backprop.derivation import binary_accuracy, mse_contributions, total_loss, units_identical
from backprop.ensemble import snapshots, spread_over_seeds
from backprop.network import Model

WIDTHS, WEIGHT, NOISE, SEEDS, ETA, EPOCHS, EVERY = [2, 4, 1], 0.5, 0.01, 100, 1.0, 10_000, 50


def equal() -> Model:
    """Make the network whose weights are all the same.

    Returns:
        The model.
    """
    return Model([np.full(w.shape, WEIGHT) for w in Model.random(WIDTHS).weights])


def nearly_equal(seed: int) -> Model:
    """Make the network of `equal` with a little noise on every weight.

    Args:
        seed: the seed of the noise.

    Returns:
        The model.
    """
    _, for_weights = streams(seed)
    return Model([w + for_weights.normal(0, NOISE, size=w.shape) for w in equal().weights])


def apart(w_in: np.ndarray, w_out: np.ndarray) -> np.ndarray:
    """Measure how far the units of a layer are from being identical.

    Args:
        w_in: the weights into the layer, shape (..., in, H).
        w_out: the weights out of it, shape (..., H, out).

    Returns:
        The largest difference between two units in one of their weights, shape (...).

    Examples:
        >>> import numpy as np
        >>> from backprop.experiments.symmetry import apart
        >>> float(apart(np.array([[1.0, 1.0], [2.0, 2.5]]), np.array([[3.0], [3.25]])))
        0.5
    """
    return np.ptp(np.concatenate([w_in, w_out.mT], axis=-2), axis=-1).max(axis=-1)


def training(models: list[Model]) -> dict[str, Any]:
    """Train networks on XOR and measure how far apart their hidden units are.

    Args:
        models: the networks to start from.

    Returns:
        "seeds", their number; "losses" and "apart", each with "low", "median" and "high" at every logged epoch;
        "final_loss" and "accuracy", medians over the networks; "solved", the number with every prediction correct;
        "identical", the number whose hidden units are still identical after training.
    """
    X, y = xor()
    stacks, answers = snapshots(models, X, y, ETA, range(0, EPOCHS + 1, EVERY))
    losses = total_loss(mse_contributions(y, answers)).T
    right = binary_accuracy(y, answers[-1])
    return {
        "seeds": len(models),
        "losses": spread_over_seeds(losses),
        "apart": spread_over_seeds(np.array([apart(*stacked.weights) for stacked in stacks]).T),
        "final_loss": float(np.median(losses[:, -1])),
        "accuracy": float(np.median(right)),
        "solved": int(np.sum(right == 1)),
        "identical": sum(units_identical(*pair) for pair in zip(*stacks[-1].weights, strict=True)),
    }


def run() -> dict[str, Any]:
    """Train 2-4-1 on XOR from three kinds of initial weights.

    Returns:
        The settings, and for "equal" weights, for equal weights with "noise" and for "random" weights what `training`
        returns.
    """
    return {
        "network": "-".join(map(str, WIDTHS)),
        "weight": WEIGHT,
        "noise_deviation": NOISE,
        "eta": ETA,
        "epochs": EPOCHS,
        "every": EVERY,
        "equal": training([equal()]),
        "noise": training([nearly_equal(seed) for seed in range(SEEDS)]),
        "random": training([Model.random(WIDTHS, seed) for seed in range(SEEDS)]),
    }
