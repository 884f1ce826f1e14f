"""Hints for a gradient that no mistake explains: was it computed from arrays other than those that were passed?

Four habits give numbers that no mistake explains: gradients computed as a difference of weights, weights from after the
update, the gradient of a mini-batch with all the data, and biases that were not passed. `hints` tries the first
three, and names the fourth if it is possible.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from backprop.network import Activation
from backprop.verification.grammar import Flow, Pass, delta_of, gradients_of
from backprop.verification.intake import Problem
from backprop.verification.search import families, forward, norm

#: Common learning rates.
LEARNING_RATES = (*(f * 10.0**e for e in range(0, -6, -1) for f in (1.0, 0.5, 0.3, 0.2)), 2.0, 3.0, 5.0, 10.0)
#: The largest number of multiplications that may be spent.
MOST_WORK = 3e8
#: The largest difference at which two gradients count as equal, in units of the last digit, and relative; and how many
#: times as large it must be with the arrays that were passed, because in single precision these may nearly do as well.
UNITS, CLOSELY, CLEARLY = 1e5, 1e-4, 10.0


class Hints(NamedTuple):
    """The arrays from which the gradient may have been computed instead.

    Attributes:
        texts: sentences that say what was found and what to pass instead; none if nothing was found.
        everything: whether these arrays explain the gradients of all weights.
    """

    texts: tuple[str, ...]
    everything: bool = False


def hints(
    problems: Sequence[Problem],
    networks: Sequence[Sequence[Activation]],
    unit: float,
    is_step: bool = False,
    some_correct: bool = False,
    family: str = "",
) -> Hints:
    """Try other arrays from which the gradient may have been computed.

    Args:
        problems: the arrays, in each convention that fits.
        networks: the activations to try, one for each layer; the likelier first.
        unit: the relative rounding error of the gradient, 2⁻⁵² or 2⁻²³.
        is_step: whether the gradients are a difference of weights because a step was passed.
        some_correct: whether some array is correct, so that the data, the weights and the biases must be the right
            ones.
        family: the family of the loss that was named; "" if none was.

    Returns:
        What was found.

    Examples:
        A gradient is that of the first ten examples, but all 21 are passed:

        >>> import backprop
        >>> from backprop.network import ACTIVATIONS
        >>> from backprop.verification.hints import hints
        >>> from backprop.verification.intake import Handed, problems
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> g = model.backward(model.forward(X[:10]), y[:10]).weights
        >>> handed = problems(Handed(X, y, list(model.weights), None, list(g), None))
        >>> hints(handed, [[ACTIVATIONS["sigmoid"]] * 2], 2.0**-52).texts
        ('it is the gradient of the first 10 examples only, so pass X and y of that mini-batch',)
    """
    found: list[str] = []
    with np.errstate(all="ignore"):
        if not is_step and any(_is_difference(problem, unit) for problem in problems):
            found.append(
                "the gradient seems to be a difference divided by a small number, which costs digits; if it is one of "
                "weights, pass those before and after the step to `diagnose_step` instead"
            )
        spent = 0.0
        for problem in () if some_correct else problems:
            cost = 6.0 * problem.X.shape[0] * sum(w.size for w in problem.weights)
            for network in networks:
                wanted = [one for one in families(network[-1].name) if family in ("", one)]
                for sentence in _tried(problem, network, wanted, unit, MOST_WORK - spent, is_step):
                    return Hints((*found, sentence), everything=True)
                spent += cost * len(LEARNING_RATES)
                if spent > MOST_WORK:
                    break
    if not found and not some_correct and all(problem.biases is None for problem in problems):
        found.append("if the network has biases, pass them as well")
    return Hints(tuple(found))


def accumulated(given: Mapping[str, np.ndarray], made: Mapping[str, np.ndarray]) -> bool:
    """Tell whether a step may contain earlier gradients, because it is too large but points roughly the right way.

    Args:
        given: what was subtracted from each array, divided by the learning rate.
        made: the correct gradients.

    Returns:
        Whether each array is longer than its gradient, at less than 60 degrees from it.
    """
    pairs = [(g, made[name], float(np.linalg.norm(g)), float(np.linalg.norm(made[name]))) for name, g in given.items()]
    return all(
        g.shape == m.shape and long > short and np.vdot(g, m) > 0.5 * long * short for g, m, long, short in pairs
    )


def _is_difference(problem: Problem, unit: float = 2.0**-52) -> bool:
    """Tell whether, for one of LEARNING_RATES, η · gradients are multiples of the last digit of the weights."""
    kind = np.float64 if unit < 1e-10 else np.float32
    weights = np.concatenate([w.ravel() for w in problem.weights])
    gradients = np.concatenate([g.ravel() for g in problem.gradients])
    for eta in LEARNING_RATES:
        move = eta * gradients
        small = (np.abs(move) < np.abs(weights) / 64) & (move != 0)
        if len(np.unique(np.abs(move[small]))) < 4:  # entries of the same size may have been clipped
            continue
        w, m = weights[small], move[small]
        for after in (w - m, w + m):  # the weights that were passed are those before, or those after
            if (np.abs(np.abs(w - after.astype(kind)) - np.abs(m)) <= 4 * unit * np.abs(m)).all():
                return True
    return False


def _tried(
    problem: Problem, network: Sequence[Activation], wanted: Sequence[str], unit: float, work: float, is_step: bool
) -> Iterator[str]:
    """Yield a sentence if the gradient belongs to a mini-batch, or to the weights before an update."""
    left, p = work, forward(problem, network, "mse")
    closely = min(UNITS * unit, CLOSELY, _deviation(problem, p, wanted) / CLEARLY)
    cost = 6.0 * len(p.y) * sum(w.size for w in problem.weights)
    for k, part, words in _batches(problem, p, wanted, unit):
        left -= cost * k / len(p.y)
        if left < 0:
            return
        if _deviation(problem, p.part(part), wanted, closely) <= closely:
            yield f"it is the gradient of the {words} only, so pass X and y of that mini-batch"
            return
    if is_step:
        return
    for eta in LEARNING_RATES:
        left -= cost
        if left < 0:
            return
        before = problem._replace(weights=tuple(map(lambda w, g: w + eta * g, problem.weights, problem.gradients)))
        if problem.biases is not None and problem.bias_gradients is not None:
            biases = tuple(map(lambda b, g: b + eta * g, problem.biases, problem.bias_gradients))
            before = before._replace(biases=biases)
        if _deviation(problem, forward(before, network, "mse"), wanted, closely) <= closely:
            yield (
                f"it is the gradient at the weights before an update with η = {eta:g}, but the weights are those after "
                "it, so pass a copy of the weights that was made before the update"
            )
            return


def _batches(problem: Problem, p: Pass, wanted: Sequence[str], unit: float) -> Iterator[tuple[int, slice, str]]:
    """List the mini-batches at either end of the data that may have the last layer's gradient, by two projections."""
    n, rng, closely = len(p.y), np.random.default_rng(0), min(UNITS * unit, CLOSELY)
    u, v = (rng.standard_normal((2, size)) for size in p.weights[-1].shape)
    seen = np.sum(u @ problem.gradients[-1] * v, axis=1)
    for family in wanted:
        delta = delta_of(p._replace(family=family), p.depth - 1, {}, Flow()).deltas[-1]
        each = (p.a[-2] @ u.T) * (delta @ v.T)
        for end, some in (("first", each), ("last", each[::-1])):
            off = np.abs(np.cumsum(some, axis=0) @ (seen[::-1] * (1, -1)))
            room = np.cumsum(np.abs(some), axis=0) @ np.abs(seen[::-1])
            fits = (off <= closely * room) & (room > 0)
            for k in (np.flatnonzero(fits[: n - 1]) + 1).tolist():
                part = slice(k) if end == "first" else slice(n - k, n)
                yield k, part, f"{end} {k} examples" if k > 1 else f"{end} example"


def _deviation(problem: Problem, p: Pass, wanted: Sequence[str], limit: float = np.inf) -> float:
    """Compute how far the gradients are, up to one factor, from those of a common loss for a forward pass.

    The deviation is relative to the sum of the absolute values of what is added up; it is infinite beyond the limit.
    """
    least = np.inf
    for family in wanted:
        p, flow, factor, largest = p._replace(family=family), Flow(), 0.0, 0.0
        for k in range(p.depth - 1, -1, -1):
            flow = delta_of(p, k, {}, flow)
            given = [problem.gradients[k], *([problem.bias_gradients[k]] if problem.bias_gradients else [])]
            made, sizes = gradients_of(p, k, {}, flow), (np.abs(p.a[k]).T, np.ones((1, len(p.y))))
            own = float(np.vdot(made[0], made[0]))
            if not factor and own > 0 and given[0].size > 1:
                factor = float(np.vdot(given[0], made[0])) / own
            room = [norm(size @ np.abs(flow.deltas[-1])) * abs(factor) + 1e-300 for size in sizes]
            off = [norm(g - factor * m) / r for g, m, r in zip(given, made, room, strict=False)]
            if not factor or not all(one <= limit for one in off):
                break
            largest = max(largest, *off)
        else:
            least = min(least, largest)
    return least
