r"""Measure how δ shrinks when it is propagated back through ten layers, and compare it with its bound."""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import delta_bound
from backprop.ensemble import spread_over_seeds
from backprop.network import Model

WIDTHS, SEEDS = [2, *[4] * 9, 1], 200

#: The largest derivative of each activation.
STEEPEST = {"sigmoid": 0.25, "tanh": 1.0}


def norms(name: str, seed: int) -> tuple[list[float], list[float]]:
    r"""Measure δ of every layer of one random network, and bound it.

    The norm is taken over all 21 points of XOR at once. The bound holds for each row of $\Delta_l$, so it also holds
    for the root of the sum of their squares.

    Args:
        name: the activation, "sigmoid" or "tanh".
        seed: the seed of the weights.

    Returns:
        $\lVert\Delta_L\rVert, \dots, \lVert\Delta_1\rVert$, from the output backward, and the bound on each.
    """
    X, y = xor()
    model = Model.random(WIDTHS, seed, activations=name)
    deltas = model.deltas(model.forward(X), y)[::-1]
    depth = len(deltas)
    bounds = [delta_bound(model.weights[depth - back :], deltas[0], STEEPEST[name]) for back in range(depth)]
    return [float(np.linalg.norm(delta)) for delta in deltas], bounds


def over_seeds(name: str) -> dict[str, Any]:
    """Measure and bound δ of many random networks.

    Args:
        name: the activation, "sigmoid" or "tanh".

    Returns:
        "low", "median" and "high" of the norm of δ, and "bound", the median of the bounds, each from the output
        backward; "checked", the number of comparisons of δ below the output with its bound, "within", how many hold;
        "end_to_end", the median over the seeds of the ratio of the first layer's δ to the output's, and "per_layer",
        the equivalent factor for one layer; "bound_end_to_end" and "bound_per_layer", the same of the bounds.
    """
    measured, bounds = np.array([norms(name, seed) for seed in range(SEEDS)]).transpose(1, 0, 2)
    steps = measured.shape[1] - 1
    end_to_end = float(np.median(measured[:, -1] / measured[:, 0]))
    bound_end_to_end = float(np.median(bounds[:, -1] / bounds[:, 0]))
    return {
        **spread_over_seeds(measured),
        "bound": np.median(bounds, axis=0).tolist(),
        "checked": measured[:, 1:].size,
        "within": int(np.sum((measured <= bounds * (1 + 1e-12))[:, 1:])),
        "end_to_end": end_to_end,
        "per_layer": end_to_end ** (1 / steps),
        "bound_end_to_end": bound_end_to_end,
        "bound_per_layer": bound_end_to_end ** (1 / steps),
    }


def run() -> dict[str, Any]:
    r"""Propagate δ back through ten layers of untrained networks.

    Returns:
        The settings; "back", the number of layers that δ was propagated back through, $L - l$; and for "sigmoid" and
        "tanh" what `over_seeds` returns.
    """
    return {
        "network": "2-4-…-4-1",
        "widths": WIDTHS,
        "weight_layers": len(WIDTHS) - 1,
        "seeds": SEEDS,
        "points": len(xor()[0]),
        "back": list(range(len(WIDTHS) - 1)),
        "sigmoid": over_seeds("sigmoid"),
        "tanh": over_seeds("tanh"),
    }
