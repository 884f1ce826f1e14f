r"""Say what the losses of a training run mean.

On given data, the loss of some predictions can be computed before anything is trained: ½ for every example, the
mean of the targets, the best plane, zeros, ones. If a training run stalls at such a loss, you know what the network
predicts, and from that the usual causes. `diagnose_loss` compares the losses of a run with these known values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

import numpy as np

from backprop import checks
from backprop.data import xor
from backprop.derivation import append_ones, binary_accuracy, preactivation
from backprop.verification.loss_values import LOSS_NAMES, are_distributions, loss_values, usual_name

#: A loss is given the name of a known value if the difference is no larger than this fraction of the value.
WITHIN = 5e-4

#: A loss is stationary if it varies by less than this fraction of itself over the last quarter of the run.
FLAT = 1e-6

#: A loss that falls by less than the first fraction over the last quarter, ever more slowly, approaches a plateau. We
#: look for the plateau below the loss, down to the second number times the fall, because a loss like 1/t still has
#: three times its fall to go.
CREEPING, AHEAD = 1e-3, 4.0

#: These predictions are the best of their kind: a lower loss cannot belong to them.
MINIMA = ("constant", "affine", "linear", "best-per-input")

#: The largest fraction of a minimum by which rounding may take a loss below it.
ROUNDING = 1e-9

#: A loss below this fraction of the best constant's has converged.
CONVERGED = 0.1

#: With fewer losses than this, no verdict is given.
LEAST = 8

#: With more examples than this, plateaus at which some of the examples share a prediction have too many values.
FEW = 8

#: With more targets than this, the fractions of saturated predictions are too close together to be distinguished.
MANY = 200

#: For each prediction with a known loss, the prediction in words and its usual causes.
MEANINGS = {
    "half": (
        "every prediction is ½",
        "nothing changes: the update is not applied, the learning rate is far too small, or all weights began at zero "
        "under an activation that is zero there, such as tanh",
    ),
    "uniform": (
        "every class gets the same probability",
        "nothing has been learned yet: the initial weights are very small, the update is not applied, or the learning "
        "rate is far too small",
    ),
    "constant": (
        "every prediction is the mean of the targets, the best constant",
        "the inputs do not reach the output: hidden units are dead, saturated or identical, or targets of shape (N,) "
        "broadcast against predictions of shape (N, 1)",
    ),
    "affine": (
        "the predictions are the best plane through the data",
        "the network is linear: there is no activation between the layers, or the units stay where theirs is straight",
    ),
    "linear": (
        "the predictions are the best plane through the origin",
        "the network is linear and has no bias",
    ),
    "best-per-input": (
        "every prediction is the mean of the targets that belong to the same input",
        "the data hold equal inputs with different targets, so no network can go lower",
    ),
    "zeros": (
        "every prediction is 0",
        "a ReLU is dead: the output's own, or every unit of a hidden layer without biases after it; or a sigmoid "
        "output is saturated on its negative side",
    ),
    "ones": (
        "every prediction is 1",
        "a sigmoid output is saturated on its positive side, where its derivative vanishes: the learning rate is too "
        "large, or the update goes uphill",
    ),
}

_SATURATED = (
    "the outputs are saturated on the incorrect side, where the derivative of the sigmoid vanishes: the initial "
    "weights or the learning rate are too large; cross-entropy does not stall there"
)
_SHARED = (
    "training no longer separates these examples, because it has reached a symmetric plateau or a local minimum, which "
    "is common with too few hidden units; try another seed or more hidden units"
)


@dataclass(frozen=True)
class KnownLoss:
    """Predictions whose loss is known before training.

    Attributes:
        name: "half", "uniform", "constant", "affine", "linear", "best-per-input", "zeros", "ones", "saturated" or
            "shared".
        loss: the loss of these predictions on the data.
        accuracy: the fraction of labels they get right; None if the targets are not labels, or a prediction is a tie.
        prediction: what the network predicts, in words.
        causes: what usually leads to it.
        loss_name: the name of the loss function, such as "mse"; None if it is the one that was specified.
        data: the data in words, if none were passed; otherwise empty.
    """

    name: str
    loss: float
    accuracy: float | None
    prediction: str
    causes: str
    loss_name: str | None = None
    data: str = ""

    def __str__(self) -> str:
        """Write the prediction and its loss in one line."""
        right = "" if self.accuracy is None else f", accuracy {self.accuracy:.3f}"
        name = self.loss_name
        which = f", as {LOSS_NAMES[name].words}" if name and name != "mse" else ""
        on = f" on {self.data}" if self.data else ""
        return f"{self.loss:.6f}: {self.prediction}{right}{which}{on}"


@dataclass(frozen=True)
class LossDiagnosis:
    """The diagnosis of the losses of a training run.

    Attributes:
        verdict: "negative", "diverged", "too short", "rising", "oscillating", "converged" if the loss is less than a
            tenth of the best constant's, "plateau", or "still changing".
        final_loss: the last finite loss; None if there is none.
        change: the largest loss of the last quarter minus its smallest; None if unknown.
        known: for a plateau, the predictions that have this loss, nearest first; more than one if they cannot be
            distinguished; empty if the loss has no name.
        nearest: the known loss that is nearest, whatever the verdict; None if unknown.
        distance: the final loss minus the nearest known one; None if unknown.
        stationary: whether the loss has stopped changing, rather than changing very slowly.
        epoch: for "diverged" the first entry that is not finite, for "negative" the first below 0, else None.
    """

    verdict: str
    final_loss: float | None
    change: float | None = None
    known: tuple[KnownLoss, ...] = ()
    nearest: KnownLoss | None = None
    distance: float | None = None
    stationary: bool = False
    epoch: int | None = None

    def __str__(self) -> str:
        """Write the diagnosis in a few lines."""
        return "\n".join(_text(self))


#: For each verdict other than a plateau, the sentence for it and the usual causes.
VERDICTS = {
    "diverged": ("loss {epoch} is not finite", "the learning rate is too large, or a derivative is incorrect"),
    "negative": (
        "loss {epoch} is below 0, which is impossible for squared errors and cross-entropies",
        "the minus sign of the cross-entropy is missing, targets lie outside 0 to 1, or errors were averaged without "
        "being squared",
    ),
    "too short": (f"fewer than {LEAST} losses say nothing", ""),
    "rising": (
        "the loss is {loss:.6g} and rose by {change:.2g} in the last quarter",
        "the update adds the gradient rather than subtracting it, the learning rate is too large, or the losses are "
        "not those of the data that the network is trained on",
    ),
    "oscillating": (
        "the loss is {loss:.6g} and goes up and down by {change:.2g} in the last quarter",
        "the learning rate is too large, or every step uses another mini-batch",
    ),
    "still changing": ("the loss is {loss:.6g} and changed by {change:.2g} in the last quarter. Train on", ""),
    "converged": ("the loss is {loss:.6g}, far below that of any constant prediction", ""),
}


def _text(found: LossDiagnosis) -> Iterator[str]:
    """Yield the lines of a diagnosis."""
    loss, change = found.final_loss, found.change
    if found.verdict in VERDICTS:
        words, causes = VERDICTS[found.verdict]
        yield f"{found.verdict}: {words.format(epoch=found.epoch, loss=loss, change=change)}."
        if causes:
            yield f"  Usual causes: {causes}."
        return
    if found.stationary:
        yield f"plateau: the loss stays at {loss:.6g}."
    else:
        yield f"plateau: the loss is {loss:.6g} and changed by only {change:.2g} in the last quarter, ever more slowly."
        yield "  A network can leave such a plateau; if longer training does not help, look at the causes."
    for known in found.known:
        yield f"  {known}"
        yield f"    Usual causes: {known.causes}."
    if found.nearest is not None and found.distance is not None:
        if not found.known:
            yield f"  It belongs to no known prediction. The nearest is {found.nearest}."
        if abs(found.distance) > ROUNDING * found.nearest.loss:
            side = "below" if found.distance < 0 else "above"
            yield f"  The loss is {abs(found.distance):.2g} {side} {found.nearest.loss:.6f}."


def _best(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Compute the predictions of the best linear network."""
    w = np.linalg.lstsq(x, y, rcond=None)[0]
    return preactivation(x, w)


def _best_per_input(X: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Compute the mean of the targets for each input; None if these predictions are exact."""
    _, group = np.unique(X, axis=0, return_inverse=True)
    group = group.ravel()
    sums = np.zeros((group.max() + 1, y.shape[1]))
    np.add.at(sums, group, y)
    means = (sums / np.bincount(group)[:, None])[group]
    return None if np.allclose(means, y) else means


def _accuracy(y: np.ndarray, y_hat: np.ndarray) -> float | None:
    """Compute the accuracy; None if the targets are not labels, or a prediction is a tie up to rounding."""
    if not np.isin(y, (0, 1)).all():
        return None
    if not are_distributions(y):
        return None if np.any(np.abs(y_hat - 0.5) < 1e-9) else float(binary_accuracy(y, y_hat))
    largest = y_hat >= y_hat.max(axis=1, keepdims=True) - 1e-9
    if (largest.sum(axis=1) == 1).all():
        return float((y_hat.argmax(axis=1) == y.argmax(axis=1)).mean())
    shares = {float(y[:, c].mean()) for c in np.flatnonzero(largest[0])} if (largest == largest[0]).all() else set()
    return shares.pop() if len(shares) == 1 else None  # every way to break the tie gives the same


def _data(X: Any, y: Any, loss: str | None) -> tuple[np.ndarray | None, np.ndarray]:
    """Bring inputs and targets to rows of examples."""
    targets = checks.real_array("y", y)
    inputs = None if X is None else checks.real_array("X", X)
    if inputs is not None and inputs.ndim == 1:
        inputs = inputs[:, None]
    if targets.ndim < 2:
        targets = targets.reshape(-1, 1)
        if loss is not None and LOSS_NAMES[loss].family == "cross_entropy":
            if (targets != np.round(targets)).any() or targets.min() < 0 or targets.max() > 10_000:
                raise ValueError(f"y has shape {np.shape(y)}; expected class numbers for {loss}, or one-hot (N, C)")
            numbers = targets[:, 0].astype(int) - int(targets.min() >= 1)
            targets = (numbers[:, None] == np.arange(numbers.max() + 1)).astype(float)
    elif targets.ndim == 2 and targets.shape[0] == 1 and (inputs is None or targets.shape[1] in inputs.shape):
        targets = targets.T
    y = checks.matrix("y", targets)
    if inputs is not None and inputs.ndim == 2 and len(inputs) != len(y) == inputs.shape[1]:
        inputs = inputs.T
    return None if inputs is None else checks.matrix("X", inputs, rows=len(y)), y


def _check_pair(X: Any, y: Any) -> None:
    """Refuse inputs without targets."""
    if y is None and X is not None:
        raise ValueError("X is given without y; expected both, or y alone, or neither for XOR's examples")


def known_losses(X: Any = None, y: Any = None, loss: str = "mse") -> tuple[KnownLoss, ...]:
    """Compute the known losses on the given data.

    Args:
        X: the inputs, shape (N, d₀); None for XOR's 21 examples.
        y: the targets, shape (N, d_L), (N,) or (1, N); class numbers for "cross_entropy". None together with X only;
            y alone is enough for the constant predictions.
        loss: a name that `diagnose` uses, such as "mse", "mse_half_sum", "rmse", "binary_cross_entropy" or
            "cross_entropy". The cross-entropies are listed neither for the planes nor for the predictions 0 and 1.

    Returns:
        One known loss for each prediction, in the order of `MEANINGS`.

    Raises:
        TypeError: if X or y is not of real numbers.
        ValueError: if shapes do not fit, X comes without y, or the loss is unknown.

    Examples:
        >>> from backprop.verification.loss_diagnosis import known_losses
        >>> for known in known_losses():
        ...     print(f"{known.name:8} {known.loss:.6f} {known.accuracy}")
        half     0.250000 None
        constant 0.249433 0.5238095238095238
        affine   0.249433 0.5238095238095238
        linear   0.288714 0.3333333333333333
        zeros    0.476190 0.5238095238095238
        ones     0.523810 0.47619047619047616

        With four classes that occur equally often, every constant has a loss of at least ln 4:

        >>> [(known.name, round(known.loss, 4)) for known in known_losses(y=[0, 1, 2, 3], loss="cross_entropy")]
        [('uniform', 1.3863), ('constant', 1.3863)]
    """
    loss = checks.one_of("loss", usual_name(loss), list(LOSS_NAMES))
    _check_pair(X, y)
    if y is None:
        X, y = xor()
    inputs, targets = _data(X, y, loss)
    family = LOSS_NAMES[loss].family
    if family == "cross_entropy" and not are_distributions(targets):
        raise ValueError(f"y has shape {targets.shape}; {loss} expects class numbers (N,) or one-hot rows")
    if family == "binary_cross_entropy" and (targets.min() < 0 or targets.max() > 1):
        raise ValueError(
            f"y reaches from {targets.min()} to {targets.max()}; cross-entropy expects targets from 0 to 1"
        )
    return tuple(_known(inputs, targets)[_name_for(loss, targets.shape[1])])


@np.errstate(over="ignore", invalid="ignore")
def _known(X: np.ndarray | None, y: np.ndarray) -> dict[str, list[KnownLoss]]:
    """Compute the known losses, including infinite ones, grouped by the name of the loss."""
    d, labels = y.shape[1], are_distributions(y)
    predictions: dict[str, np.ndarray | None] = {
        "half": np.full_like(y, 0.5),
        "uniform": np.full_like(y, 1 / d) if labels else None,
        "constant": np.broadcast_to(y.mean(axis=0), y.shape),
        "zeros": np.zeros_like(y),
        "ones": np.ones_like(y),
    }
    if X is not None:
        predictions["best-per-input"] = _best_per_input(X, y)
        predictions |= {"affine": _best(append_ones(X), y), "linear": _best(X, y)}
    found: dict[str, list[KnownLoss]] = {}
    for name in MEANINGS:
        y_hat = predictions.get(name)
        if y_hat is None or not np.isfinite(y_hat).all():  # numbers near the largest overflow
            continue
        for loss, value in loss_values(y, y_hat).items():
            family = LOSS_NAMES[loss].family
            same = name == "uniform" and d == 2 and family != "cross_entropy"  # one half is already listed
            other = name == "half" and family == "cross_entropy"
            planes = name in ("affine", "linear", "zeros", "ones") and family != "mse"
            if not (same or other or planes):
                known = KnownLoss(name, value, _accuracy(y, y_hat), *MEANINGS[name])
                found.setdefault(loss, []).append(known)
    return found


def _name_for(loss: str, d: int) -> str:
    """Drop the ending "_examples" of a name if there is one output, because it then makes no difference."""
    return loss.removesuffix("_examples") if d == 1 else loss


def _partial(y: np.ndarray, loss: str, value: float) -> Iterator[KnownLoss]:
    """Yield known losses near a value: those of saturated outputs that miss some labels, or of shared predictions."""
    n, d = y.shape
    if LOSS_NAMES[loss].family != "mse" or not np.isin(y, (0, 1)).all():
        return
    unit = loss_values(np.zeros((n, d)), np.eye(n, d, k=0) * (np.arange(n) == 0)[:, None])[_name_for(loss, d)]
    power = 2 if loss == "rmse" else 1  # the losses are proportional to the sum of squared errors, or to its root
    missed = round((value / unit) ** power) if value < unit * y.size else 0  # of a huge loss no power is finite
    if y.size <= MANY and 0 < missed < y.size:
        of = f"{missed} of {y.size} {'targets' if d > 1 else 'examples'} {'is' if missed == 1 else 'are'}"
        right = None if d > 1 else 1 - missed / n
        yield KnownLoss(
            "saturated", unit * missed ** (1 / power), right, f"{of} predicted as 0 for 1 or as 1 for 0", _SATURATED
        )
    if d > 1 or n > FEW:
        return
    ones = int(y.sum())
    for k in range(2, n):
        for m in range(max(1, k - (n - ones)), min(ones, k - 1) + 1):
            words = (
                f"{k} of {n} examples share the prediction {m}/{k}, the mean of their targets; the others are correct"
            )
            right = None if 2 * m == k else (n - min(m, k - m)) / n
            yield KnownLoss("shared", unit * (m * (k - m) / k) ** (1 / power), right, words, _SHARED)


@cache
def _known_of_xor() -> list[tuple[np.ndarray, dict[str, list[KnownLoss]], str]]:
    """Compute the known losses of XOR, of this package's examples and of the four corners."""
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    sets = [(*xor(), "XOR's 21 examples"), (*corners, "XOR's four corners")]
    return [(y, _known(X, y), words) for X, y, words in sets]


def _candidates(X: Any, y: Any, loss: str | None, value: float) -> Iterator[list[KnownLoss]]:
    """Yield groups of known losses, the likelier group first: that of the loss specified, or one for each loss."""
    if y is None:
        sets = _known_of_xor()
    else:
        known_losses(X, y, loss or "mse")  # this checks that the data suit the loss
        inputs, targets = _data(X, y, loss)
        sets = [(targets, _known(inputs, targets), "")]
    for name in LOSS_NAMES if loss is None else [loss]:
        group: list[KnownLoss] = []
        for targets, known, words in sets:
            found = list(known.get(_name_for(name, targets.shape[1]), ()))
            if name in (loss, "mse") and words != "XOR's 21 examples":
                found += _partial(targets, name, value)
            specified = name if loss is None else None
            group += [replace(k, loss_name=specified, data=words) for k in found if np.isfinite(k.loss)]
        if group:
            yield group


def diagnose_loss(
    losses: Sequence[float] | np.ndarray,
    X: Any = None,
    y: Any = None,
    loss: str | None = None,
    within: float = WITHIN,
    flat: float = FLAT,
) -> LossDiagnosis:
    """Say what the losses of a training run mean.

    A loss is stationary if its largest and its smallest value over the last quarter of the run differ by no more than
    `flat` times the last one. A loss that falls by less than a thousandth over that quarter, ever
    more slowly, towards a known value is on a plateau as well. A plateau is given the names of the predictions whose
    loss is within `within` of it, relative to that loss, unless they are the best of their kind and the loss is lower.

    Args:
        losses: the losses in the order of training, evenly spaced: one for each epoch, or one for each line of a log.
        X: the inputs that were trained on; None for XOR's 21 examples or its four corners.
        y: the targets, (N, d_L), (N,) or (1, N); class numbers for "cross_entropy"; None together with X only.
        loss: which loss the numbers are, by a name that `diagnose` uses, or "rmse"; if None, the mean squared error is
            tried first, then the others.
        within: how near a loss must be to be named, relative to the known one.
        flat: the largest change of a stationary loss, relative to itself.

    Returns:
        The diagnosis; `print` shows it.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if losses is empty or not a list, a tolerance is not positive, or the data do not fit.

    Examples:
        A linear network without biases is trained at a learning rate at which it converges:

        >>> import backprop
        >>> X, y = backprop.xor()
        >>> linear = backprop.Model.random([2, 1], seed=0, activations="identity")
        >>> run = backprop.train(linear, X, y, eta=0.5, epochs=500)
        >>> print(backprop.diagnose_loss(run.losses, X, y, "mse"))
        plateau: the loss stays at 0.288714.
          0.288714: the predictions are the best plane through the origin, accuracy 0.333
            Usual causes: the network is linear and has no bias.

        The loss of a network that is learning is not stationary, however slowly it falls:

        >>> model = backprop.Model.random([2, 4, 1], seed=0)
        >>> backprop.diagnose_loss(backprop.train(model, X, y, eta=0.01, epochs=1000).losses).verdict
        'still changing'
    """
    values = _numbers(losses)
    for name, tolerance in (("within", within), ("flat", flat)):
        checks.positive_number(name, tolerance)
    if loss is not None:
        loss = checks.one_of("loss", usual_name(loss), list(LOSS_NAMES))
    _check_pair(X, y)
    finite = np.isfinite(values)
    last = float(values[finite][-1]) if finite.any() else 0.0
    groups = _candidates(X, y, loss, last)
    first = next(groups, None)
    if first is None:
        raise ValueError("y has entries so large that no known loss is finite; expected targets of usual size")
    if (below := np.flatnonzero(finite & (values < -ROUNDING))).size:
        return LossDiagnosis("negative", last, epoch=int(below[0]))
    if not finite.all():
        epoch = int(np.argmin(finite))
        return LossDiagnosis("diverged", float(values[epoch - 1]) if epoch else None, epoch=epoch)
    nearest = _by_distance(first, last)[0]
    if len(values) < LEAST:
        return LossDiagnosis("too short", last, None, (), nearest, last - nearest.loss)
    verdict, change, ahead = _trend(values, flat)
    constant = next(known.loss for known in first if known.name == "constant")
    size = max(len(values) // 4, LEAST // 2)
    highest = values[-size:].max()
    if verdict != "rising" and (highest < CONVERGED * constant or highest == 0):  # a constant may be correct
        return LossDiagnosis("converged", last, change, (), nearest, last - nearest.loss, verdict == "stationary")
    found: tuple[KnownLoss, ...] = ()
    if verdict in ("stationary", "creeping"):
        for group in chain([first], groups):
            near = tuple(known for known in _by_distance(group, last) if _is_near(last, known, within, ahead))
            if near:
                found, nearest = near, near[0]
                break
    stationary = verdict == "stationary"
    named = "plateau" if stationary or (verdict == "creeping" and found) else verdict
    named = "still changing" if named == "creeping" else named
    return LossDiagnosis(named, last, change, found, nearest, last - nearest.loss, stationary)


def _by_distance(known: Sequence[KnownLoss], value: float) -> list[KnownLoss]:
    """Sort known losses by their distance, and equal ones in the order of MEANINGS."""
    return sorted(known, key=lambda k: round(abs(value - k.loss), 12))


def _trend(values: np.ndarray, flat: float) -> tuple[str, float, float]:
    """Describe the last quarter: its trend, the change over it, and how far below it a plateau may lie."""
    size = max(len(values) // 4, LEAST // 2)
    tail, before = values[-size:], values[-2 * size : -size]
    last, change = float(values[-1]), float(tail.max() - tail.min())
    if change <= flat * abs(last):
        return "stationary", change, 0.0
    steps = np.diff(tail)
    moved = steps[np.abs(steps) > ROUNDING * abs(last)]
    turns = np.count_nonzero(np.sign(moved[1:]) != np.sign(moved[:-1])) if moved.size > 1 else 0
    net = float(tail[-1] - tail[0])
    if moved.size > 2 and turns >= (moved.size - 1) / 3 and abs(float(tail.mean() - before.mean())) < change:
        return "oscillating", change, 0.0
    if net > 0.5 * change and net > 1e-3 * abs(last):
        return "rising", change, 0.0
    fell = float(before[0] - before[-1])
    if net < 0 and change <= CREEPING * abs(last) and change <= 0.8 * fell:
        return "creeping", change, AHEAD * change
    return "still changing", change, 0.0


def _is_near(loss: float, known: KnownLoss, within: float, ahead: float) -> bool:
    """Tell whether a loss is near a known one and, where that is a minimum, not below it."""
    near = within * (min(known.loss, 1.0) if known.name == "saturated" else known.loss)
    if ahead and known.name in ("half", "uniform"):  # a loss falls past these, not towards them
        return False
    below = ROUNDING * known.loss if known.name in MINIMA or ahead else near
    return -below <= loss - known.loss <= near + ahead


def _numbers(losses: Any) -> np.ndarray:
    """Return losses as one row of numbers, in which NaN and infinity are allowed."""
    try:
        values = np.asarray(losses)
    except ValueError:
        raise ValueError("losses has rows of different lengths; expected one row of numbers") from None
    if values.dtype.kind not in "iuf":
        raise TypeError(f"losses has entries of type {values.dtype}; expected numbers")
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"losses has shape {values.shape}; expected (epochs,), at least one number")
    return values.astype(np.float64)
