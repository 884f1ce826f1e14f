"""Training: forward, loss, backward, update, and again."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from backprop import checks
from backprop.network import LOSSES, Model

#: How many epochs' losses are computed in one call, along a leading axis. It saves time and changes no number.
BLOCK = 100


@dataclass(frozen=True)
class Run:
    """The result of a training.

    Attributes:
        losses: L before each update, shape (epochs,); shorter if the training diverged.
        model: the network after the last update; if it diverged, the last one whose loss is finite.
        diverged_at: the first epoch whose loss is not finite, or None.
    """

    losses: np.ndarray
    model: Model
    diverged_at: int | None


def states(
    model: Model, X: np.ndarray, y: np.ndarray, eta: float, loss: str = "mse"
) -> Iterator[tuple[Model, np.ndarray]]:
    """Walk along the training, one state of the network after the other, without end and without checks.

    Args:
        model: the network to start from.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        eta: the learning rate.
        loss: "mse" or "cross_entropy".

    Yields:
        The model and its answers ŷ, shape (N, d_L): before the first update, after it, after the second, …

    Examples:
        >>> import backprop
        >>> from itertools import islice
        >>> from backprop.training import states
        >>> X, y = backprop.xor()
        >>> start = backprop.Model.random([2, 4, 1], seed=0)
        >>> [answers.shape for model, answers in islice(states(start, X, y, eta=1.0), 3)]
        [(21, 1), (21, 1), (21, 1)]
    """
    while True:
        trace = model._forward(X)
        yield model, trace.y_hat
        model = model._update(model._backward(trace, y, loss), eta)


def log_line(epoch: int, loss: float) -> str:
    """Write a line of the training log as the source report prints it.

    Args:
        epoch: the number of updates made.
        loss: the loss L.

    Returns:
        The line.

    Examples:
        >>> from backprop.training import log_line
        >>> log_line(0, 0.45013681053040233)
        'epoch : 0 loss : 0.45013681053040233'
    """
    return f"epoch : {epoch} loss : {loss}"


def divergence(epoch: int, eta: float) -> str:
    """Say in one sentence that training diverged.

    Args:
        epoch: the first epoch whose loss is not finite.
        eta: the learning rate.

    Returns:
        The sentence.

    Examples:
        >>> from backprop.training import divergence
        >>> divergence(37, 100.0)
        'training diverged: the loss is not finite at epoch 37 with eta 100.0; try a smaller eta'
    """
    return f"training diverged: the loss is not finite at epoch {epoch} with eta {eta}; try a smaller eta"


def train(model: Model, X: Any, y: Any, eta: float, epochs: int, loss: str = "mse") -> Run:
    """Train a network by gradient descent on all examples at once.

    Args:
        model: the network to start from. It is not changed.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        eta: the learning rate, positive. It belongs to the mean over the examples.
        epochs: the number of updates, at least 0.
        loss: "mse" or "cross_entropy".

    Returns:
        The losses, the trained model, and where it diverged if it did.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes do not fit, a number is out of range, or a name is unknown.

    Warns:
        RuntimeWarning: once, if the training diverges; it names the epoch.

    Examples:
        The report's network on XOR:

        >>> import backprop
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 4, 1], seed=0)
        >>> run = backprop.train(model, X, y, eta=1.0, epochs=2000)
        >>> run.losses.shape, bool(run.losses[-1] < run.losses[0]), run.diverged_at
        ((2000,), True, None)
    """
    if not isinstance(model, Model):
        raise TypeError(f"model is {type(model).__name__}; expected a Model")
    X, y = model.check_data(X, y, loss)
    eta, epochs = checks.learning_rate(eta), checks.whole_number("epochs", epochs, least=0)
    walk, losses, diverged_at, done = states(model, X, y, eta, loss), [], None, 0
    with np.errstate(all="ignore"):  # one warning at the end says more than NumPy's from every layer
        while done <= epochs and diverged_at is None:
            models, answers = zip(*islice(walk, min(BLOCK, epochs + 1 - done)), strict=True)
            values = LOSSES[loss].value(y, np.array(answers))
            finite = len(values) if np.isfinite(values).all() else int(np.argmin(np.isfinite(values)))
            losses.append(values[:finite])
            model = models[finite - 1] if finite else model
            done += finite
            diverged_at = None if finite == len(values) else done
    if diverged_at is not None:
        warnings.warn(divergence(diverged_at, eta), RuntimeWarning, stacklevel=2)
    return Run(np.concatenate(losses)[:epochs], model, diverged_at)
