"""Train a network as the report did, and describe the outcome."""

from typing import Any

import numpy as np

from backprop.derivation import binary_accuracy
from backprop.network import Model
from backprop.training import train

ETA, EPOCHS, LOG_EVERY, SEED = 1.0, 10_000, 500, 0


def training_result(X: np.ndarray, y: np.ndarray, widths: list[int]) -> dict[str, Any]:
    """Train as the report and the command line do, with the reference engine, and describe the outcome.

    Args:
        X: the inputs, shape (N, 2).
        y: the labels, shape (N, 1).
        widths: the numbers of units, inputs first.

    Returns:
        The settings, the log, the learning curve, the accuracy, the predictions on the points and on a grid.

    Examples:
        >>> import backprop
        >>> from backprop.experiments.result import training_result
        >>> result = training_result(*backprop.xor(), [2, 4, 1])
        >>> result["network"], len(result["log"]), result["accuracy"]
        ('2-4-1', 20, 1.0)
    """
    run = train(Model.random(widths, SEED), X, y, ETA, EPOCHS, engine="reference")
    answers = run.model.forward(X).y_hat
    ticks = np.linspace(0, 1, 26)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    below = np.flatnonzero(run.losses < 0.05)
    return {
        "network": "-".join(map(str, widths)),
        "eta": ETA,
        "epochs": EPOCHS,
        "seed": SEED,
        "log": [[epoch, float(run.losses[epoch])] for epoch in range(0, EPOCHS, LOG_EVERY)],
        "curve_every": 20,
        "curve": run.losses[::20].tolist(),
        "initial_loss": float(run.losses[0]),
        "final_loss": float(run.losses[-1]),
        "epoch_below_0_05": int(below[0]) if below.size else None,
        "accuracy": float(binary_accuracy(y, answers)),
        "X": X.tolist(),
        "y": y.ravel().tolist(),
        "y_hat": answers.ravel().tolist(),
        "ticks": ticks.tolist(),
        "surface": run.model.forward(grid).y_hat.reshape(26, 26).tolist(),
    }
