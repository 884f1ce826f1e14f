"""Training: forward pass, loss, backward pass and update, repeated for every epoch."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import prod
from typing import Any

import numpy as np

from backprop import checks, fast
from backprop.network import Model, Trace

#: The losses of several epochs are computed in one call, along leading axes. At most this many predictions are kept
#: until then, from at most this many epochs. This saves time and changes no number.
PREDICTIONS, BLOCK = 2**20, 100


@dataclass(frozen=True, eq=False)  # because arrays have no single truth value
class Run:
    """The result of a training run of one network, or of an ensemble of S.

    Attributes:
        losses: L before each update, shape (epochs,), or shorter if the run diverged. For an ensemble the shape is
            (S, epochs), with NaN from the epoch on at which a run diverged.
        model: the network after the last update or, if the run diverged, the last one whose loss is finite. For an
            ensemble it is the stack of these networks, which `backprop.ensemble.unstack` separates.
        diverged_at: the first epoch whose loss is not finite, or None. For an ensemble it is a tuple of S such values.
    """

    losses: np.ndarray
    model: Model
    diverged_at: Any


def states(
    model: Model, X: np.ndarray, y: np.ndarray, eta: float | np.ndarray, loss: str = "mse"
) -> Iterator[tuple[Model, Trace]]:
    """Train without checks and without end, and yield the network before the first update and after each one.

    Args:
        model: the network to start from, or a stack of S.
        X: the inputs, shape (N, d₀), or for each run its own, (S, N, d₀).
        y: the targets, shape (N, d_L) or (S, N, d_L).
        eta: the learning rate, or one for each run, shape (S, 1, 1).
        loss: "mse", "binary_cross_entropy" or "cross_entropy".

    Yields:
        The model and the trace of its output layer alone, first before any update and then after each one. The
        predictions `y_hat` of this trace have the shape (N, d_L) or (S, N, d_L).

    Examples:
        >>> import backprop
        >>> from itertools import islice
        >>> from backprop.training import states
        >>> X, y = backprop.xor()
        >>> start = backprop.Model.random([2, 4, 1], seed=0)
        >>> [output.y_hat.shape for model, output in islice(states(start, X, y, eta=1.0), 3)]
        [(21, 1), (21, 1), (21, 1)]
    """
    while True:
        trace = model._forward(X)
        yield model, Trace(trace.z[-1:], trace.a[-1:])
        model = model._update(model._backward(trace, y, loss), eta)


def log_line(epoch: int, loss: float) -> str:
    """Write a line of the training log as the report prints it.

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
    """Write a sentence which says that training diverged.

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
    """Write a sentence which says how many runs of an ensemble diverged, and which.

    Args:
        epochs: for each run the first epoch whose loss is not finite, or None.
        eta: the learning rate, or one for each run.

    Returns:
        The sentence, which names ten runs at most.

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

    An ensemble has a leading axis of length S, in a stack of networks, in the learning rates, in the data, or in more
    than one of these. The same functions train it, and run i is the run of network i alone, with its own learning rate
    and data.

    The functions of the derivation can train every network. For layers of sigmoids, one output and the mean squared
    error there are also the faster functions of `backprop.fast`, whose numbers differ by rounding only; an ensemble
    needs two layers for them.

    Args:
        model: the network to start from, or a stack of S. It is not changed.
        X: the inputs, shape (N, d₀), or for each run its own, (S, N, d₀).
        y: the targets, shape (N, d_L), or (S, N, d_L); for "cross_entropy" also class numbers, shape (N,).
        eta: the learning rate, positive, or one for each run, shape (S,) or (S, 1, 1). It is the learning rate
            for a loss that is a mean over the examples.
        epochs: the number of updates, at least 0.
        loss: "mse", "binary_cross_entropy" or "cross_entropy".
        engine: "reference" for the functions of the derivation, "fast" for those of `backprop.fast`, or "auto" for the
            fast ones wherever they support the network. With "reference", run i of an ensemble equals the single run
            to the last bit, and with "fast" up to rounding.
        progress: a function that is called now and then with the completed fraction, from 0 to 1.

    Returns:
        The losses, the trained model, and the epoch at which it diverged, if it did. A run that diverges does not
        affect the others.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes do not fit, a number is out of range, a name is unknown, or the engine does not support
            what is asked.

    Warns:
        RuntimeWarning: once, if the training diverges. It names the epoch, and for an ensemble the runs.

    Examples:
        The report's network is trained on XOR:

        >>> import backprop
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 4, 1], seed=0)
        >>> run = backprop.train(model, X, y, eta=1.0, epochs=2000)
        >>> run.losses.shape, bool(run.losses[-1] < run.losses[0]), run.diverged_at
        ((2000,), True, None)

        The same network is trained at three learning rates:

        >>> run = backprop.train(model, X, y, eta=[0.1, 1.0, 3.0], epochs=2000)
        >>> run.losses.shape, run.losses[:, -1].round(3), run.diverged_at
        ((3, 2000), array([0.243, 0.055, 0.009]), (None, None, None))
    """
    checks.of_type("model", model, Model, "a Model")
    if progress is not None:
        checks.of_type("progress", progress, Callable, "a function")
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
    trained = _by_reference if engine == "reference" or obstacle is not None else _fast
    losses, ends, last = trained(model, X, y, eta, epochs, loss, progress or (lambda fraction: None))
    at = [None if end > epochs else int(end) for end in ends.flat]
    if model.n_networks is not None:
        if any(epoch is not None for epoch in at):
            warnings.warn(divergences(at, eta), RuntimeWarning, stacklevel=2)
        return Run(losses[:, :epochs], last, tuple(at))
    if at[0] is not None:
        warnings.warn(divergence(at[0], float(eta)), RuntimeWarning, stacklevel=2)
    return Run(losses[: min(int(ends), epochs)], last, at[0])


def _by_reference(
    model: Model,
    X: np.ndarray,
    y: np.ndarray,
    eta: float | np.ndarray,
    epochs: int,
    loss: str,
    tell: Callable[[float], None],
) -> tuple[np.ndarray, np.ndarray, Model]:
    """Train with the steps of the derivation.

    Returns the losses, shape (..., epochs + 1); how many of them are finite, shape (...); and the model after the
    last update or, for a run that diverged, the last one whose loss is finite. The axis ... is that of the runs, if
    there are several.
    """
    runs = model.weights[0].shape[:-2]
    losses, ends = np.full((*runs, epochs + 1), np.nan), np.full(runs, epochs + 1)
    block = max(1, min(BLOCK, PREDICTIONS // prod((*runs, *y.shape[-2:]))))
    steps, last, done = states(model, X, y, eta, loss), model, 0
    kept: list[tuple[tuple[int, ...], list[np.ndarray]]] = []
    with np.errstate(all="ignore"):  # one warning at the end replaces those of NumPy from every layer
        while done <= epochs and (ends > done).any():
            models, outputs = zip(*islice(steps, min(block, epochs + 1 - done)), strict=True)
            z, y_hat = (np.array(parts) for parts in zip(*((out.z[0], out.y_hat) for out in outputs), strict=True))
            values = model._loss(Trace((z,), (y_hat,)), y, loss)
            finite = np.isfinite(values)
            for run in map(tuple, np.argwhere((ends > epochs) & ~finite.all(axis=0))):  # it has just diverged
                count = int(np.argmin(finite[:, *run]))
                ends[run] = done + count
                kept.append((run, [p[run].copy() for p in (models[count - 1] if count else last).parameters]))
            losses[..., done : done + len(values)] = np.moveaxis(values, 0, -1)
            done, last = done + len(values), models[-1]
            tell(min(1.0, done / max(epochs, 1)))
    losses[np.arange(epochs + 1) >= ends[..., None]] = np.nan
    if kept or not epochs:  # without an update these are still the arrays that were passed
        last = last._map(np.copy)
    for run, parameters in kept:
        for mixed, of_run in zip(last.parameters, parameters, strict=True):
            mixed[run] = of_run
    return losses, ends, last


def _fast(
    model: Model,
    X: np.ndarray,
    y: np.ndarray,
    eta: float | np.ndarray,
    epochs: int,
    loss: str,
    tell: Callable[[float], None],
) -> tuple[np.ndarray, np.ndarray, Model]:
    """Train with `backprop.fast`, and repeat each run that diverged with the reference, which finds the epoch."""
    losses, last = fast.train(model, X, y, eta, epochs, tell)
    ends = np.full(losses.shape[:-1], epochs + 1)
    again = ~np.isfinite(losses).all(axis=-1)
    if again.any():
        if model.n_networks is None:
            return _by_reference(model, X, y, eta, epochs, loss, tell)
        X, y = (array[again] if array.ndim == 3 else array for array in (X, y))
        eta = eta[again] if isinstance(eta, np.ndarray) else eta
        these = model._map(lambda p: p[again])
        losses[again], ends[again], ended = _by_reference(these, X, y, eta, epochs, loss, lambda fraction: None)
        for whole, its in zip(last.parameters, ended.parameters, strict=True):
            whole[again] = its
    return losses, ends, last
