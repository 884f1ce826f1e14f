r"""What a loss that stays put says.

A training that rests at 0.25 is not at some accident of the weights. On given data a few answers have a loss that can
be computed beforehand: one half everywhere, the best constant, the best line, all zeros, all ones. Whoever knows these
numbers can read from the loss alone what the network answers, and then why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprop import checks, data
from backprop.derivation import accuracy, append_ones, preactivation
from backprop.network import LOSSES

#: A loss is named after a value if it is no farther from it than this part of it.
WITHIN = 5e-4

#: A loss rests if it stays within this part of itself over the last quarter of the training.
FLAT = 1e-6

#: The answers that are the best of their kind: no answer of the kind has a lower loss, so a lower loss is not theirs.
FLOORS = ("constant", "affine", "linear")

#: By how much rounding may take a loss below a floor, as a part of it.
ROUNDING = 1e-9

#: A loss below this part of the best constant's has learned something: it is not stuck.
LEARNED = 0.1

#: Fewer losses than this say nothing.
LEAST = 8

#: For each answer that has a loss of its own: in words, and what usually leads to it.
MEANINGS = {
    "half": (
        "every answer is ½",
        "nothing moves: the update is not applied or the rate is far too small, or all weights started at zero under "
        "an activation that is zero there, such as tanh",
    ),
    "constant": (
        "every answer is the mean of the targets, the best constant",
        "the inputs do not reach the output: hidden units dead, saturated or equal, or targets of shape (N,) that "
        "broadcast against answers of shape (N, 1)",
    ),
    "affine": (
        "the answers are the best plane through the data",
        "the network is linear: no activation between the layers, or units that stay in the straight part of theirs",
    ),
    "linear": (
        "the answers are the best plane through the origin",
        "the network is linear and has no bias",
    ),
    "zeros": (
        "every answer is 0",
        "a dead ReLU: the output's own, or every unit of a hidden layer without biases after it; or a sigmoid output "
        "far on its negative side",
    ),
    "ones": (
        "every answer is 1",
        "a sigmoid output far on its positive side, where its slope is gone: too large a rate, or an update uphill",
    ),
}


@dataclass(frozen=True)
class KnownLoss:
    """One answer whose loss is known.

    Attributes:
        name: "half", "constant", "affine", "linear", "zeros" or "ones".
        loss: the loss of this answer on the data.
        accuracy: the share of labels it gets right; None if the targets are not all 0 or 1, or an answer is ½.
        answer: what the network answers, in words.
        causes: what usually leads to it.
    """

    name: str
    loss: float
    accuracy: float | None
    answer: str
    causes: str


@dataclass(frozen=True)
class LossDiagnosis:
    """What the losses of a training say.

    Attributes:
        verdict: "stuck" at a loss that has a name, "plateau" at one that has none, "converged" if it is less than a
            tenth of the best constant's, "still changing", "diverged", or "too short".
        loss: the last finite loss; None if there is none.
        drift: by how much the loss changed over the last quarter, its largest less its smallest; None if unknown.
        readings: the answers that have this loss, nearest first; more than one if they cannot be told apart.
        nearest: the known answer whose loss is nearest, whatever the verdict; None if unknown.
        epoch: for "diverged" the first entry that is not finite, else None.
    """

    verdict: str
    loss: float | None
    drift: float | None
    readings: tuple[KnownLoss, ...]
    nearest: KnownLoss | None
    epoch: int | None

    def __str__(self) -> str:
        """Say it in a few lines."""
        if self.verdict == "diverged":
            return f"diverged: loss {self.epoch} is not finite. Usual causes: too large a rate, or a wrong slope."
        if self.verdict == "too short":
            return f"too short: fewer than {LEAST} losses say nothing."
        if self.verdict == "still changing":
            return (
                f"still changing: the loss is {self.loss:.6g} and changed by {self.drift:.2g} in the last "
                "quarter. Train on."
            )
        if self.verdict == "converged":
            return f"converged: the loss is {self.loss:.6g}, far below what any constant answer reaches."
        if self.verdict == "plateau":
            known = f" The nearest one known is {self.nearest.loss:.6g}: {self.nearest.answer}." if self.nearest else ""
            return f"plateau: the loss stays at {self.loss:.6g}, which belongs to no known answer.{known}"
        lines = [f"stuck: the loss stays at {self.loss:.6g}."]
        for reading in self.readings:
            right = "" if reading.accuracy is None else f", accuracy {reading.accuracy:.3f}"
            lines += [f"  {reading.loss:.6f}: {reading.answer}{right}", f"    Usual causes: {reading.causes}."]
        return "\n".join(lines)


def _best(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Answer as the best linear network does."""
    w = np.linalg.lstsq(x, y, rcond=None)[0]
    return preactivation(x, w)


def _accuracy(y: np.ndarray, y_hat: np.ndarray) -> float | None:
    """Count the right answers, unless the targets are no labels or an answer is ½ up to rounding."""
    undecided = np.any(np.abs(y_hat - 0.5) < 1e-9)
    return None if undecided or not np.isin(y, (0, 1)).all() else float(accuracy(y, y_hat))


def known_losses(X: Any = None, y: Any = None, loss: str = "mse") -> tuple[KnownLoss, ...]:
    """Compute the losses that have a name on the given data.

    Args:
        X: the inputs, shape (N, d₀); None for XOR's 21 points.
        y: the targets, shape (N, d_L); None together with X only. y alone is enough for the constant answers.
        loss: "mse" or "binary_cross_entropy"; cross-entropy has no losses for the planes, and infinite ones for 0
            and 1.

    Returns:
        One reading for each, in the order of `MEANINGS`.

    Raises:
        TypeError: if X or y is not of real numbers.
        ValueError: if shapes do not fit, X comes without y, or the loss is unknown.

    Examples:
        >>> from backprop.verification.loss_diagnosis import known_losses
        >>> for reading in known_losses():
        ...     print(f"{reading.name:8} {reading.loss:.6f} {reading.accuracy}")
        half     0.250000 None
        constant 0.249433 0.5238095238095238
        affine   0.249433 0.5238095238095238
        linear   0.288714 0.3333333333333333
        zeros    0.476190 0.5238095238095238
        ones     0.523810 0.47619047619047616
    """
    checks.one_of("loss", loss, ["mse", "binary_cross_entropy"])
    if y is None:
        if X is not None:
            raise ValueError("X is given without y; expected both, or y alone, or neither for XOR's points")
        X, y = data.xor()
    y = checks.matrix("y", y)
    answers: dict[str, np.ndarray] = {
        "half": np.full_like(y, 0.5),
        "constant": np.broadcast_to(y.mean(axis=0), y.shape),
        "zeros": np.zeros_like(y),
        "ones": np.ones_like(y),
    }
    if loss == "binary_cross_entropy":
        if y.min() < 0 or y.max() > 1:
            raise ValueError(f"y reaches from {y.min()} to {y.max()}; cross-entropy expects targets from 0 to 1")
        answers = {name: answers[name] for name in ("half", "constant")}
    elif X is not None:
        X = checks.matrix("X", X, rows=len(y))
        answers |= {"affine": _best(append_ones(X), y), "linear": _best(X, y)}
    return tuple(
        KnownLoss(name, float(LOSSES[loss].value(y, answers[name])), _accuracy(y, answers[name]), *MEANINGS[name])
        for name in MEANINGS
        if name in answers
    )


def diagnose_loss(
    losses: Sequence[float] | np.ndarray,
    X: Any = None,
    y: Any = None,
    loss: str = "mse",
    within: float = WITHIN,
    flat: float = FLAT,
) -> LossDiagnosis:
    """Say what a loss that stays put means.

    A loss counts as resting if, over the last quarter of the losses, its largest and its smallest differ by no more
    than `flat` times its last value. It is named after an answer if it is within `within` of that answer's loss,
    relative to it, and not below it if the answer is the best of its kind. All of it must hold before anything is
    called stuck; a plateau that is still falling is not.

    Args:
        losses: the losses in the order of training, evenly spaced: every epoch's, or one of a log's lines each.
        X: the inputs that were trained on; None for XOR's 21 points.
        y: the targets; None together with X only.
        loss: which loss the numbers are, "mse" (the mean over the examples) or "binary_cross_entropy".
        within: how near a loss must be to be named, relative to the known one.
        flat: how little it may move, relative to itself.

    Returns:
        The diagnose_loss; `print` shows it.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if losses is empty or not a list, a tolerance is not positive, or the data do not fit.

    Examples:
        A linear network without bias, at a rate that converges:

        >>> import backprop
        >>> X, y = backprop.xor()
        >>> linear = backprop.Model.random([2, 1], seed=0, activations="identity")
        >>> run = backprop.train(linear, X, y, eta=0.5, epochs=500)
        >>> print(backprop.diagnose_loss(run.losses))
        stuck: the loss stays at 0.288714.
          0.288714: the answers are the best plane through the origin, accuracy 0.333
            Usual causes: the network is linear and has no bias.

        A network that is learning is not stuck, however long it takes:

        >>> model = backprop.Model.random([2, 4, 1], seed=0)
        >>> backprop.diagnose_loss(backprop.train(model, X, y, eta=0.01, epochs=1000).losses).verdict
        'still changing'
    """
    values = _numbers(losses)
    for name, tolerance in (("within", within), ("flat", flat)):
        if isinstance(tolerance, bool) or not isinstance(tolerance, int | float):
            raise TypeError(f"{name} is {tolerance!r}, of type {type(tolerance).__name__}; expected a number")
        if not (np.isfinite(tolerance) and tolerance > 0):
            raise ValueError(f"{name} is {tolerance}; expected a positive, finite number")
    known = [r for r in known_losses(X, y, loss) if np.isfinite(r.loss)]
    finite = np.isfinite(values)
    if not finite.all():
        epoch = int(np.argmin(finite))
        return LossDiagnosis("diverged", float(values[epoch - 1]) if epoch else None, None, (), None, epoch)
    last = float(values[-1])
    by_distance = sorted(known, key=lambda r: round(abs(last - r.loss), 12))  # equal ones in the order of MEANINGS
    if len(values) < LEAST:
        return LossDiagnosis("too short", last, None, (), by_distance[0], None)
    tail = values[-max(len(values) // 4, LEAST // 2) :]
    drift = float(tail.max() - tail.min())
    readings = tuple(r for r in by_distance if _is_near(last, r, within))
    constant = next(r.loss for r in known if r.name == "constant")
    rests = drift <= flat * abs(last)
    if rests and readings:
        return LossDiagnosis("stuck", last, drift, readings, by_distance[0], None)
    verdict = "converged" if last < LEARNED * constant else "plateau" if rests else "still changing"
    return LossDiagnosis(verdict, last, drift, (), by_distance[0], None)


def _is_near(loss: float, reading: KnownLoss, within: float) -> bool:
    """Tell whether a loss may be an answer's: near it, and not below what is the least of its kind."""
    below = ROUNDING if reading.name in FLOORS else within
    return -below * reading.loss <= loss - reading.loss <= within * reading.loss


def _numbers(losses: Any) -> np.ndarray:
    """Check that losses are a row of numbers; nan and infinity are allowed."""
    try:
        values = np.asarray(losses)
    except ValueError:
        raise ValueError("losses has rows of different lengths; expected one row of numbers") from None
    if values.dtype.kind not in "iuf":
        raise TypeError(f"losses has entries of type {values.dtype}; expected numbers")
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"losses has shape {values.shape}; expected (epochs,), at least one number")
    return values.astype(np.float64)
