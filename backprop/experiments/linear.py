"""Repeat the report's first result, on 100 points that a line separates."""

from typing import Any

from backprop.data import linear
from backprop.experiments.report import LINEAR_LOG
from backprop.experiments.result import SEED, training_result


def run() -> dict[str, Any]:
    """Train the report's network and the assignment's on the linear data.

    Returns:
        "one" for 2-4-1, "two" for 2-4-4-1, and "report", the log that the report printed.
    """
    X, y = linear(100, SEED)
    return {
        "one": training_result(X, y, [2, 4, 1]),
        "two": training_result(X, y, [2, 4, 4, 1]),
        "report": [list(line) for line in LINEAR_LOG.items()],
    }
