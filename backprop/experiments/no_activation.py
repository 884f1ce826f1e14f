r"""Train without activation, with the derivative that the report kept and with the correct one (discussion C).

The report took the sigmoid out of the forward pass, $a = z$, and kept its derivative $a(1 - a)$ in the backward pass.
That derivative is correct only if $a$ is the output of a sigmoid, between 0 and 1. For any other number it is a
parabola that falls without bound, so training overflows at almost every learning rate. With the correct derivative it
overflows at large learning rates only.
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

#: For both derivatives: the learning rates, the seeds at each, the epochs, and how near the minimum counts as there.
RATES, RATE_SEEDS, RATE_EPOCHS, CLOSE = (0.003, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0), 200, 3000, 1e-6

#: The forward pass computes a = z, but the backward pass uses the derivative of the sigmoid that has been removed.
DERIVATIVE_KEPT = Activation("derivative kept", step.identity, lambda z, a: step.sigmoid_derivative_from_output(a))

#: The three kinds of warning that the report shows.
REPORTED = (
    "overflow encountered in square",
    "overflow encountered in multiply",
    "invalid value encountered in matmul",
)


def overflowing(X: np.ndarray, y: np.ndarray, seed: int, epochs: int) -> tuple[list[float], list[str]]:
    """Train the report's variant at its learning rate, 1, and record NumPy's warnings.

    Once every weight is NaN, the loss cannot change any more, so the remaining losses are filled in.

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
        for model, output in islice(states(Model.random(WIDTHS, seed, DERIVATIVE_KEPT), X, y, eta=1.0), epochs + 1):
            losses.append(float(model._loss(output, y, "mse")))
            if np.isnan(losses[-1]) and all(np.isnan(w).all() for w in model.weights):
                losses += [float("nan")] * (epochs + 1 - len(losses))
                break
    return losses, list(dict.fromkeys(str(warning.message) for warning in heard))


def counted(data: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """Train the report's variant once for each seed, and count what happens.

    Args:
        data: X and y for each seed.

    Returns:
        "nan", the fraction of seeds whose loss is NaN at the report's first line after 0; "warned", for each of its
        warnings the fraction that shows it; "all_three", the fraction that shows all of them; and "first", the first
        such seed.
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
        derivative: "identity" for the correct derivative of a = z, or DERIVATIVE_KEPT.
        bias: whether the layers have biases.

    Returns:
        "eta"; the fractions of seeds whose loss has overflowed at the report's first line after 0, "diverged_early",
        and at the end, "diverged"; "reached", the fraction that ends at the minimum; the best "accuracy" of any seed at
        the minimum, or None; "largest_w_error", over the seeds at the minimum without biases the largest difference
        between an entry of the trained W₁W₂ and the least-squares solution, or None.
    """
    X, y = xor()
    inputs = step.append_ones(X) if bias else X
    models = [Model.random(WIDTHS, seed, derivative, bias) for seed in range(RATE_SEEDS)]
    with np.errstate(all="ignore"):
        stacks, answers = snapshots(models, X, y, eta, [EPOCHS, RATE_EPOCHS])
        early, losses = step.total_loss(step.mse_contributions(y, answers))
        right = step.binary_accuracy(y, answers[-1])
    there = np.abs(losses - step.least_squares_minimum(inputs, y)) < CLOSE
    error = None
    if there.any() and not bias:
        product = step.collapse_linear_layers([w[there] for w in stacks[-1].weights])
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
        The settings; "xor" and "linear", what `counted` returns; "log", what one run prints, with "seed", and
        "warnings", the warnings; "floor" and "minimum_with_bias"; for each learning rate what `at_rate` returns, "kept"
        for the derivative that was kept, "without_bias" and "with_bias" for the correct one; "best_line", the largest
        number of XOR's points that any line classifies correctly.
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
        "kept": [at_rate(eta, DERIVATIVE_KEPT) for eta in RATES],
        "without_bias": [at_rate(eta, "identity") for eta in RATES],
        "with_bias": [at_rate(eta, "identity", bias=True) for eta in RATES],
        "best_line": best_line(X, y),
    }


def best_line(X: np.ndarray, y: np.ndarray) -> int:
    """Count how many points the best of all straight lines classifies correctly.

    A line can be turned and shifted, without passing a point, until it goes through two points. Therefore it is enough
    to look at the lines through two points, with the points on the line on either side.

    Args:
        X: the inputs, shape (N, 2), different points.
        y: the labels, 0 or 1, shape (N, 1).

    Returns:
        The number of points classified correctly.

    Examples:
        A line classifies three of XOR's four corners correctly:

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
