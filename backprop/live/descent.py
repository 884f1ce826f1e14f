"""Train under the microscope, some epochs at a time, with and without a planted mistake."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

import numpy as np

import backprop
from backprop import training
from backprop.live.scene import Scene, parameters_of, read, write
from backprop.network import Gradients, Model
from backprop.verification.catalogue import states_with

#: The decision surface reaches this far beyond the data, which lie between 0 and 1.
MARGIN = 0.1

#: How many points of the surface there are in a row.
CELLS = 41


@cache
def grid(cells: int) -> np.ndarray:
    """List the points at which the decision surface is computed, row by row from the top.

    Args:
        cells: how many there are in a row.

    Returns:
        The points, shape (cells², 2).

    Examples:
        >>> from backprop.live.descent import grid
        >>> grid(2).tolist()
        [[-0.1, 1.1], [1.1, 1.1], [-0.1, -0.1], [1.1, -0.1]]
    """
    along = np.linspace(-MARGIN, 1 + MARGIN, cells)
    across, up = np.meshgrid(along, along[::-1])
    return np.stack([across.ravel(), up.ravel()], axis=1)


def surface(model: Model, cells: int) -> np.ndarray:
    """Compute the prediction at every point of the grid; with several outputs, that for class 1.

    Args:
        model: the network.
        cells: how many points there are in a row.

    Returns:
        The predictions, shape (cells²,), float32, because they become colours.
    """
    with np.errstate(all="ignore"):
        y_hat = model._forward(grid(cells)).y_hat
        return y_hat[:, min(1, y_hat.shape[1] - 1)].astype(np.float32)


def points(address: str) -> dict[str, Any]:
    """Return the examples and the decision surface, for the drawing.

    Args:
        address: the query string of the URL.

    Returns:
        x, shape (N, 2) as one list; label, shape (N,); surface, as `surface` returns it for `CELLS`; the loss.

    Examples:
        >>> from backprop.live.descent import points
        >>> len(points("")["label"])
        21
    """
    scene, _ = read(address)
    X, y = scene.whole
    label = y[:, -1] if scene.net[-1] < 2 else y[:, 1]
    loss = scene.model.loss(scene.model.forward(X), y, scene.loss)
    return {"x": X.ravel(), "label": label.astype(float), "surface": surface(scene.model, CELLS), "loss": loss}


def train(address: str, epochs: int, cells: int = CELLS, beside: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Train on all examples for some epochs, and train a second network with the planted mistake, if there is one.

    Args:
        address: the query string of the URL.
        epochs: how many.
        cells: the points in a row of the decision surface; 0 for no surface.
        beside: what the last call returned as `beside`; None at the beginning.

    Returns:
        address: the query string after training; losses: L before each update; wrong_losses: those with the mistake;
        surface; epoch: how many updates have been made; beside: the state of the training with the mistake; words: ""
        or, if training diverged, the sentence that says so.

    Examples:
        >>> from backprop.live.descent import train
        >>> answer = train("net=2-4-1", 1000)
        >>> answer["losses"].shape, answer["epoch"], answer["words"]
        ((1000,), 1000, '')
    """
    scene, _ = read(address)
    X, y = scene.whole
    wrong, state = np.empty(0), dict[str, Any]()
    if scene.mistake:
        wrong, state = _train_with(scene, epochs, beside)
    model, losses, words = _train(scene, X, y, epochs)
    done = scene.epoch + len(losses)
    after = replace(scene, w=parameters_of(model), epoch=done)
    return {
        "address": write(after),
        "losses": losses,
        "wrong_losses": wrong,
        "surface": surface(model, cells) if cells else np.empty(0, dtype=np.float32),
        "epoch": done,
        "beside": state,
        "words": words,
    }


def _train(scene: Scene, X: np.ndarray, y: np.ndarray, epochs: int) -> tuple[Model, np.ndarray, str]:
    """Train as `backprop.train` does, and keep the last network whose loss is finite."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        run = backprop.train(scene.model, X, y, eta=scene.eta, epochs=epochs, loss=scene.loss)
    words = ""
    if run.diverged_at is not None:
        words = training.divergence(scene.epoch + run.diverged_at, scene.eta) + "."
        words = words[0].upper() + words[1:]
    return run.model, run.losses, words


def _train_with(scene: Scene, epochs: int, beside: Mapping[str, Any] | None) -> tuple[np.ndarray, dict[str, Any]]:
    """Train with the planted mistake."""
    if beside and not np.isfinite([*beside["w"], *beside["total"]]).all():  # it has diverged, and the other goes on
        return np.full(epochs, np.nan), dict(beside)
    X, y = scene.whole
    model = replace(scene, w=tuple(beside["w"])).model if beside else scene.model
    sums = replace(scene, w=tuple(beside["total"])).model if beside and len(beside["total"]) else None
    total = None if sums is None else Gradients(sums.weights, sums.biases)
    losses = np.full(epochs, np.nan)
    with np.errstate(all="ignore"):
        states = states_with(scene.mistake, model, X, y, scene.eta, scene.loss, total)
        for k, (state, added) in enumerate(islice(states, epochs + 1)):
            model, total = state, added
            if k < epochs:
                losses[k] = _loss(scene, state, X, y)
    kept = [] if total is None else parameters_of(total)
    return losses, {"w": list(parameters_of(model)), "total": list(kept)}


def _loss(scene: Scene, model: Model, X: np.ndarray, y: np.ndarray) -> float:
    """Compute the loss of a network that may have diverged."""
    return float(model._loss(model._forward(X), y, scene.loss))
