"""Training: forward, loss, backward, update, and again."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import prod
from typing import Any

import numpy as np

from backprop import checks, fast
from backprop.network import LOSSES, Model

#: How many answers are kept at most until their losses are computed in one call, along leading axes, and for how many
#: epochs at most. It saves time and changes no number.
ANSWERS, BLOCK = 2**20, 100


@dataclass(frozen=True)
class Run:
    """The result of a training: of one network, or of an ensemble of S.

    Attributes:
        losses: L before each update, shape (epochs,); shorter if the training diverged. Of an ensemble (S, epochs),
            with nan from the epoch on at which a run diverged.
        model: the network after the last update; if it diverged, the last one whose loss is finite. Of an ensemble the
            stack of these; `backprop.ensemble.unstack` takes it apart.
        diverged_at: the first epoch whose loss is not finite, or None. Of an ensemble a tuple of S of these.
    """

    losses: np.ndarray
    model: Model
    diverged_at: Any


def states(
    model: Model, X: np.ndarray, y: np.ndarray, eta: float | np.ndarray, loss: str = "mse"
) -> Iterator[tuple[Model, np.ndarray]]:
    """Walk along the training, one state of the network after the other, without end and without checks.

    Args:
        model: the network to start from, or a stack of S.
        X: the inputs, shape (N, d₀), or for each run its own, (S, N, d₀).
        y: the targets, shape (N, d_L) or (S, N, d_L).
        eta: the learning rate, or one for each run, shape (S, 1, 1).
        loss: "mse", "binary_cross_entropy" or "cross_entropy".

    Yields:
        The model and its answers ŷ, shape (N, d_L) or (S, N, d_L): before the first update, after it, after the
        second, …

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


def divergences(epochs: Sequence[int | None], eta: float | np.ndarray) -> str:
    """Say in one sentence how many runs of an ensemble diverged, and which.

    Args:
        epochs: for each run the first epoch whose loss is not finite, or None.
        eta: the learning rate, or one for each run.

    Returns:
        The sentence; it names ten runs at most.

    Examples:
        >>> import numpy as np
        >>> from backprop.training import divergences
        >>> divergences([None, 37, 40], np.array([[[1.0]], [[100.0]], [[90.0]]]))
        '2 of 3 runs diverged: run 1 at epoch 37 with eta 100.0, run 2 at epoch 40 with eta 90.0; try a smaller eta'
    """
    rates = np.broadcast_to(np.ravel(eta), len(epochs))
    which = [f"run {i} at epoch {e} with eta {rates[i]}" for i, e in enumerate(epochs) if e is not None]
    more = f" and {len(which) - 10} more" if len(which) > 10 else ""
    return f"{len(which)} of {len(epochs)} runs diverged: {', '.join(which[:10])}{more}; try a smaller eta"


def train(
    model: Model,
    X: Any,
    y: Any,
    eta: Any,
    epochs: int,
    loss: str = "mse",
    engine: str = "auto",
    progress: Callable[[float], None] | None = None,
) -> Run:
    """Train a network, or an ensemble of S, by gradient descent on all examples at once.

    An ensemble is a stack of networks, learning rates, data, or several of these: whatever has a leading axis of length
    S. The same functions compute it, and run i is the one that network i has alone, with its rate and data.

    The specification's functions can train every network. For two layers of sigmoids, one output and the mean squared
    error there are also the rewritten ones of `backprop.fast`, whose numbers differ by rounding only.

    Args:
        model: the network to start from, or a stack of S. It is not changed.
        X: the inputs, shape (N, d₀), or for each run its own, (S, N, d₀).
        y: the targets, shape (N, d_L), or (S, N, d_L); for "cross_entropy" also class numbers, shape (N,).
        eta: the learning rate, positive, or one for each run, shape (S,) or (S, 1, 1). It belongs to the mean over the
            examples.
        epochs: the number of updates, at least 0.
        loss: "mse", "binary_cross_entropy" or "cross_entropy".
        engine: "reference", "fast", or "auto": fast where it can be. By the specification, run i of an ensemble is
            the single run to the last bit; fast, up to rounding.
        progress: called now and then with the share that is done, from 0 to 1.

    Returns:
        The losses, the trained model, and where it diverged if it did. A run that diverges leaves the others alone.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes do not fit, a number is out of range, a name is unknown, or the engine cannot do it.

    Warns:
        RuntimeWarning: once, if the training diverges; it names the epoch, and the runs of an ensemble.

    Examples:
        The report's network on XOR:

        >>> import backprop
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 4, 1], seed=0)
        >>> run = backprop.train(model, X, y, eta=1.0, epochs=2000)
        >>> run.losses.shape, bool(run.losses[-1] < run.losses[0]), run.diverged_at
        ((2000,), True, None)

        The same network at three rates:

        >>> run = backprop.train(model, X, y, eta=[0.1, 1.0, 3.0], epochs=2000)
        >>> run.losses.shape, run.losses[:, -1].round(3), run.diverged_at
        ((3, 2000), array([0.243, 0.055, 0.009]), (None, None, None))
    """
    if not isinstance(model, Model):
        raise TypeError(f"model is {type(model).__name__}; expected a Model")
    X, y, eta = checks.real_array("X", X), checks.real_array("y", y), checks.learning_rates(eta)
    sizes = [len(array) for array in (eta, X, y) if np.ndim(array) == 3]
    if model.n_networks is None and sizes:
        model = model._map(lambda p: np.broadcast_to(p, (sizes[0], *p.shape)))
    X, y = model.check_data(X, y, loss)
    eta, epochs = model.check_learning_rates(eta), checks.whole_number("epochs", epochs, least=0)
    checks.one_of("engine", engine, ["auto", "reference", "fast"])
    obstacle = fast.unsupported(model, eta, loss)
    if engine == "fast" and obstacle is not None:
        raise ValueError(f"engine is 'fast', which does not support {obstacle}; expected 'auto' or 'reference'")
    walked = _walked if engine == "reference" or obstacle is not None else _hurried
    losses, ends, last = walked(model, X, y, eta, epochs, loss, progress or (lambda share: None))
    at = [None if end > epochs else int(end) for end in ends.flat]
    if model.n_networks is not None:
        if any(epoch is not None for epoch in at):
            warnings.warn(divergences(at, eta), RuntimeWarning, stacklevel=2)
        return Run(losses[:, :epochs], last, tuple(at))
    if at[0] is not None:
        warnings.warn(divergence(at[0], float(eta)), RuntimeWarning, stacklevel=2)
    return Run(losses[: min(int(ends), epochs)], last, at[0])


def _walked(
    model: Model,
    X: np.ndarray,
    y: np.ndarray,
    eta: float | np.ndarray,
    epochs: int,
    loss: str,
    tell: Callable[[float], None],
) -> tuple[np.ndarray, np.ndarray, Model]:
    """Train with the steps of the specification.

    Returns the losses, shape (..., epochs + 1); how many of them are finite, shape (...); and the model after the
    last update, or for a run that diverged the last one whose loss is finite. The axis ... is that of the runs, if any.
    """
    runs = model.weights[0].shape[:-2]
    losses, ends = np.full((*runs, epochs + 1), np.nan), np.full(runs, epochs + 1)
    block = max(1, min(BLOCK, ANSWERS // prod((*runs, *y.shape[-2:]))))
    walk, last, done = states(model, X, y, eta, loss), model, 0
    kept: list[tuple[tuple[int, ...], list[np.ndarray]]] = []
    with np.errstate(all="ignore"):  # one warning at the end says more than NumPy's from every layer
        while done <= epochs and (ends > done).any():
            models, answers = zip(*islice(walk, min(block, epochs + 1 - done)), strict=True)
            values = LOSSES[loss].value(y, np.array(answers))
            finite = np.isfinite(values)
            for run in map(tuple, np.argwhere((ends > epochs) & ~finite.all(axis=0))):  # it has just diverged
                count = int(np.argmin(finite[:, *run]))
                ends[run] = done + count
                kept.append((run, [p[run].copy() for p in (models[count - 1] if count else last)._parameters]))
            losses[..., done : done + len(values)] = np.moveaxis(values, 0, -1)
            done, last = done + len(values), models[-1]
            tell(min(1.0, done / max(epochs, 1)))
    losses[np.arange(epochs + 1) >= ends[..., None]] = np.nan
    if kept:
        last = last._map(np.copy)
    for run, parameters in kept:
        for mixed, of_run in zip(last._parameters, parameters, strict=True):
            mixed[run] = of_run
    return losses, ends, last


def _hurried(
    model: Model,
    X: np.ndarray,
    y: np.ndarray,
    eta: float | np.ndarray,
    epochs: int,
    loss: str,
    tell: Callable[[float], None],
) -> tuple[np.ndarray, np.ndarray, Model]:
    """Train with `backprop.fast`, and a run that diverged again with the specification, which says where it ended."""
    losses, last = fast.snapshots(model, X, y, eta, epochs, tell)
    ends = np.full(losses.shape[:-1], epochs + 1)
    again = ~np.isfinite(losses).all(axis=-1)
    if again.any():
        if model.n_networks is None:
            return _walked(model, X, y, eta, epochs, loss, tell)
        X, y = (array[again] if array.ndim == 3 else array for array in (X, y))
        eta = eta[again] if isinstance(eta, np.ndarray) else eta
        these = model._map(lambda p: p[again])
        losses[again], ends[again], ended = _walked(these, X, y, eta, epochs, loss, lambda share: None)
        for whole, its in zip(last._parameters, ended._parameters, strict=True):
            whole[again] = its
    return losses, ends, last
