"""Draw one training run, as `python -m backprop train --plot` does."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as Canvas

from backprop.figures.results import surface
from backprop.figures.style import INK, PAPER, WIDE, canvas, house_style, thousands
from backprop.network import Model


def formats() -> list[str]:
    """List the formats in which a picture can be written.

    Returns:
        The endings of the files, such as "png".
    """
    return sorted(canvas(1.0).canvas.get_supported_filetypes())


def drawing(losses: np.ndarray, model: Model, X: np.ndarray, y: np.ndarray) -> Canvas:
    """Draw the learning curve, and beside it the decision surface with the labels of the points.

    Args:
        losses: the loss before each update, shape (epochs,).
        model: the trained network, with two inputs, and with one output or one for each of two classes.
        X: the points, shape (N, 2), between 0 and 1.
        y: their labels, 0 or 1, shape (N, 1), or one-hot, shape (N, 2).

    Returns:
        The drawing, made inside ``with house_style():``.
    """
    drawn = canvas(2.6, WIDE)
    curve, plane = drawn.subplots(1, 2)
    curve.plot(losses, color=INK)
    curve.set(title="learning curve", yscale="log", xlabel="epoch", ylabel="loss $L$")
    thousands(curve)
    ticks = np.linspace(0, 1, 101)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    predictions = model.forward(grid).y_hat[:, -1].reshape(101, 101).clip(0, 1)  # an identity output may lie outside
    surface(plane, ticks, predictions, X, y[:, -1] > 0.5)
    plane.set(title="decision surface and labels")
    return drawn


def write(path: Path, losses: np.ndarray, model: Model, X: np.ndarray, y: np.ndarray) -> None:
    """Draw a training run and write the picture to a file.

    Args:
        path: the file, whose ending determines the format.
        losses: the loss before each update, shape (epochs,).
        model: the trained network, with two inputs, and with one output or one for each of two classes.
        X: the points, shape (N, 2), between 0 and 1.
        y: their labels, 0 or 1, shape (N, 1), or one-hot, shape (N, 2).

    Raises:
        OSError: if the file cannot be written.
    """
    with house_style():
        drawing(losses, model, X, y).savefig(path, dpi=200, facecolor=PAPER)
