"""Train one linear layer on XOR just below and just above its largest stable learning rate."""

from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import (
    append_ones,
    gradient_descent_step,
    learning_rate_for_sum,
    least_squares_minimum,
    max_stable_learning_rate,
    mse_contributions,
    mse_derivative,
    preactivation,
    total_loss,
    weight_gradient,
)

#: The learning rates tried, as fractions of the threshold.
PARTS, EPOCHS, EVERY = (0.8, 0.9, 0.99, 1.01, 1.1), 400, 10


def excess(x: np.ndarray, y: np.ndarray, eta: float, terms: int = 1) -> list[float]:
    """Train one linear layer and record how far its loss is above the minimum.

    Args:
        x: the inputs, shape (N, d₀).
        y: the targets, shape (N, 1).
        eta: the learning rate.
        terms: 1 for the loss as a mean; N for the sum, whose gradient is N times the mean's.

    Returns:
        The loss, as a mean, minus the smallest possible one, every EVERY epochs.

    Examples:
        >>> from backprop.data import xor
        >>> from backprop.experiments.thresholds import excess
        >>> below, above = excess(*xor(), eta=1.6), excess(*xor(), eta=1.7)
        >>> below[-1] < below[0], above[-1] > above[0]
        (True, True)
    """
    w, floor, found = np.ones((x.shape[1], 1)), least_squares_minimum(x, y), []
    for epoch in range(EPOCHS + 1):
        answers = preactivation(x, w)
        if epoch % EVERY == 0:
            found.append(float(total_loss(mse_contributions(y, answers))) - floor)
        w = gradient_descent_step(w, terms * weight_gradient(x, mse_derivative(y, answers)), eta)
    return found


def run() -> dict[str, Any]:
    """Train below and above the threshold: without a bias, with one, and for the sum instead of the mean.

    Returns:
        The settings, and "mean", "mean_with_bias" and "sum", each with its "threshold" and, for each fraction of it,
        the "eta" and the "excess" over the minimum.
    """
    X, y = xor()
    ones = append_ones(X)
    cases = {
        "mean": (X, 1, max_stable_learning_rate(X)),
        "mean_with_bias": (ones, 1, max_stable_learning_rate(ones)),
        "sum": (X, len(X), learning_rate_for_sum(max_stable_learning_rate(X), len(X))),
    }
    return {"epochs": EPOCHS, "every": EVERY} | {
        name: {
            "threshold": threshold,
            "rates": [
                {"part": part, "eta": part * threshold, "excess": excess(x, y, part * threshold, terms)}
                for part in PARTS
            ],
        }
        for name, (x, terms, threshold) in cases.items()
    }
