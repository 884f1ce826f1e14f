r"""Discussion C of the report, no activation: its own variant and the one with the right slope, over the same rates.

The report took the sigmoid out of the forward pass, $a = z$, and left its slope $a(1 - a)$ in the backward pass. That
slope belongs to a number between 0 and 1; of a number without bounds it is a parabola that falls without bound. With it
training overflows at almost every rate; with the right slope, at large rates only.
"""

import warnings
from itertools import islice
from typing import Any

import numpy as np

from backprop import derivation as step
from backprop.data import linear, xor
from backprop.ensemble import snapshots
from backprop.network import Activation, Model
from backprop.training import log_line, states

WIDTHS, SEEDS, EPOCHS = [2, 4, 1], 300, 500

#: For both slopes: the rates, how many seeds at each, for how long, and how close to the floor counts as there.
RATES, RATE_SEEDS, RATE_EPOCHS, CLOSE = (0.003, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0), 200, 3000, 1e-6

#: a = z forward, and backward the slope of the sigmoid that is no longer there.
SLOPE_KEPT = Activation("slope kept", step.identity, lambda z, a: step.sigmoid_derivative_from_output(a))

#: The three kinds of warning that the report shows.
REPORTED = (
    "overflow encountered in square",
    "overflow encountered in multiply",
    "invalid value encountered in matmul",
)


def overflowing(X: np.ndarray, y: np.ndarray, seed: int, epochs: int) -> tuple[list[float], list[str]]:
    """Train the report's variant at its rate, 1, and listen to NumPy.

    Once every weight is nan nothing else can come, so what is left is filled in.

    Args:
        X: the inputs, shape (N, 2).
        y: the targets, shape (N, 1).
        seed: the seed of the weights.
        epochs: the number of updates.

    Returns:
        The loss before each update and after the last, and the different warnings, in the order in which they came.

    Examples:
        >>> import backprop
        >>> from backprop.experiments.no_activation import overflowing
        >>> losses, heard = overflowing(*backprop.xor(), seed=0, epochs=500)
        >>> str(losses[500]), "invalid value encountered in matmul" in heard
        ('nan', True)
    """
    losses: list[float] = []
    with warnings.catch_warnings(record=True) as heard, np.errstate(all="warn"):
        warnings.simplefilter("default")
        for model, answers in islice(states(Model.random(WIDTHS, seed, SLOPE_KEPT), X, y, eta=1.0), epochs + 1):
            losses.append(float(step.total_loss(step.mse_contributions(y, answers))))
            if np.isnan(losses[-1]) and all(np.isnan(w).all() for w in model.weights):
                losses += [float("nan")] * (epochs + 1 - len(losses))
                break
    return losses, list(dict.fromkeys(str(warning.message) for warning in heard))


def counted(data: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """Train the report's variant once for each seed, and count what happens.

    Args:
        data: X and y for each seed.

    Returns:
        "nan", the share of seeds whose loss is nan at the report's first line after 0; for each of its warnings the
        share that shows it, in "warned"; "all_three", the share that shows all of them; and "first", the first such
        seed.
    """
    runs = [overflowing(X, y, seed, EPOCHS) for seed, (X, y) in enumerate(data)]
    all_three = [set(REPORTED) <= set(heard) for _, heard in runs]
    return {
        "nan": float(np.mean([np.isnan(losses[EPOCHS]) for losses, _ in runs])),
        "warned": [[kind, float(np.mean([kind in heard for _, heard in runs]))] for kind in REPORTED],
        "all_three": float(np.mean(all_three)),
        "first": all_three.index(True),
    }


def at_rate(eta: float, derivative: str | Activation, bias: bool = False) -> dict[str, Any]:
    """Train on XOR with a = z from many seeds.

    Args:
        eta: the learning rate.
        derivative: "identity" for the slope that belongs to a = z, or SLOPE_KEPT.
        bias: whether the layers have biases.

    Returns:
        "eta"; the shares of seeds whose loss has overflowed at the report's first line after 0, "diverged_early", and
        at the end, "diverged"; "reached", the share that ends at the floor; the best "accuracy" of any seed at the
        floor, or None; "largest_w_error", over the seeds at the floor without biases the largest difference between an
        entry of the trained W₁W₂ and the least-squares solution, or None.
    """
    X, y = xor()
    inputs = step.append_ones(X) if bias else X
    models = [Model.random(WIDTHS, seed, derivative, bias) for seed in range(RATE_SEEDS)]
    with np.errstate(all="ignore"):
        stacks, answers = snapshots(models, X, y, eta, [EPOCHS, RATE_EPOCHS])
        early, losses = step.total_loss(step.mse_contributions(y, answers))
        right = step.accuracy(y, answers[-1])
    there = np.abs(losses - step.least_squares_minimum(inputs, y)) < CLOSE
    error = None
    if there.any() and not bias:
        product = step.linear_collapse([w[there] for w in stacks[-1].weights])
        error = float(np.max(np.abs(product - np.linalg.lstsq(X, y, rcond=None)[0])))
    return {
        "eta": eta,
        "reached": float(there.mean()),
        "diverged_early": float(np.mean(~np.isfinite(early))),
        "diverged": float(np.mean(~np.isfinite(losses))),
        "accuracy": float(right[there].max()) if there.any() else None,
        "largest_w_error": error,
    }


def run() -> dict[str, Any]:
    """Train both variants.

    Returns:
        The settings; "xor" and "linear", what `counted` says; "log", what one run prints, with "seed", and "warnings",
        what NumPy says of it; "floor" and "minimum_with_bias"; for each rate what `at_rate` says, "kept" of the kept
        slope, "without_bias" and "with_bias" of the right one; "best_line", the most of XOR's answers that any line
        gets right.
    """
    X, y = xor()
    on_xor, on_linear = counted([(X, y)] * SEEDS), counted([linear(100, seed) for seed in range(SEEDS)])
    losses, heard = overflowing(X, y, on_xor["first"], 4 * EPOCHS)
    return {
        "network": "-".join(map(str, WIDTHS)),
        "seeds": SEEDS,
        "epoch": EPOCHS,
        "xor": on_xor,
        "linear": on_linear,
        "seed": on_xor["first"],
        "log": "\n".join(log_line(epoch, losses[epoch]) for epoch in range(0, 4 * EPOCHS + 1, EPOCHS)),
        "warnings": "\n".join(f"RuntimeWarning: {words}" for words in heard),
        "rate_seeds": RATE_SEEDS,
        "rate_epochs": RATE_EPOCHS,
        "close": CLOSE,
        "floor": step.least_squares_minimum(X, y),
        "minimum_with_bias": step.least_squares_minimum(step.append_ones(X), y),
        "kept": [at_rate(eta, SLOPE_KEPT) for eta in RATES],
        "without_bias": [at_rate(eta, "identity") for eta in RATES],
        "with_bias": [at_rate(eta, "identity", bias=True) for eta in RATES],
        "best_line": best_line(X, y),
    }


def best_line(X: np.ndarray, y: np.ndarray) -> int:
    """Count how many answers the best of all straight lines gets right.

    A line can be turned and shifted, without passing a point, until it goes through two points; so it is enough to
    look at the lines through two points, with the points on the line on either side.

    Args:
        X: the inputs, shape (N, 2), different points.
        y: the labels, 0 or 1, shape (N, 1).

    Returns:
        The number of right answers.

    Examples:
        Three of XOR's four corners:

        >>> import numpy as np
        >>> from backprop.experiments.no_activation import best_line
        >>> best_line(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0], [1], [1], [0]]))
        3
    """
    ways = (X[:, None] - X[None, :]).reshape(-1, 2)
    ways = ways[np.any(ways != 0, axis=1)]
    critical = np.unique(np.round(np.arctan2(ways[:, 0], -ways[:, 1]) % np.pi, 9))  # here two points are level
    between = (critical + np.append(critical[1:], critical[0] + np.pi)) / 2
    heights = step.preactivation(X, np.array([np.cos(between), np.sin(between)]))
    labels = y[np.argsort(heights, axis=0), 0]  # from the lowest point to the highest, for each direction
    zeros_below, ones_below = np.cumsum(1 - labels, axis=0), np.cumsum(labels, axis=0)
    right = zeros_below + ones_below[-1] - ones_below
    return int(max(right.max(), (len(y) - right).max()))
