"""Diagnosis: name the mistake in a gradient that any program computed.

`diagnose` takes weights, data and the gradient that your code computed for them; `steps.diagnose_step` takes the
weights before and after one update. Both infer whatever you do not specify. The answer is "correct", "mistake" or
"unknown", because a mistake is named only if the numbers agree to the last digits.

Each array is first judged by itself as correct, incorrect, or not tested by these data. Then explanations of the
incorrect arrays compete, in this order:

1. correct for the loss that was named; if none was, for the first that fits among the mean, half the mean, the sum and
   half the sum of squares, then the cross-entropies. −∇L is correct as well, with `sign` −1, because a program may add
   it to the weights; in a step it is the mistake `uphill`;
2. correct for another common loss than the one named;
3. one mistake at one place, or the same mistake in several layers;
4. factors by N, by widths and by 2;
5. two mistakes.

Explanations that give the same numbers are alternatives. A mistake without a name in the catalogue is described by its
place and by a line of code that gives the numbers. Under "unknown" nothing is named, but the arrays are still judged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from backprop import checks
from backprop import derivation as step
from backprop.network import ACTIVATIONS, Activation, Gradients, Model
from backprop.verification import catalogue, grammar, words
from backprop.verification.catalogue import BY_SLUG
from backprop.verification.explanation import (
    AHEAD,
    LIMIT,
    NEAR,
    ONE,
    Explanation,
    equivalents,
    explanations,
    named_factors,
)
from backprop.verification.grammar import Flow
from backprop.verification.hints import hints
from backprop.verification.intake import (
    CONVENTIONS,
    Handed,
    Problem,
    arrays,
    assumptions,
    data,
    given_back,
    precision_of,
    problems,
    split,
)
from backprop.verification.remarks import Remark, remarks
from backprop.verification.search import (
    COARSE,
    MANY,
    MOST,
    Block,
    LossReading,
    Reading,
    Search,
    State,
    families,
    losses,
)

#: What is tried if activations are not told: first those of the assignment, then any, one for each layer.
HIDDEN, OUTPUT = ("sigmoid", "tanh", "relu", "identity"), ("sigmoid", "identity", "softmax", "tanh", "relu")
#: How many networks of mixed activations are tried at most.
MIXED = 320
#: How many readings for which an array speaks are searched for a mistake at most, the likeliest first; and how many
#: of the others, if their activations are not likely.
SEARCHED, FEW = 24, 8
#: How many networks are tried at most in each group if there are many inputs.
LARGE = 16

TOO_SMALL_TO_TELL = "too small to tell: nothing but rounding can be seen"

_ALIASES = {
    "mse_mean": "mse",
    "mean_squared_error": "mse",
    "half_mse": "mse_half",
    "mse_half_mean": "mse_half",
    "sse": "mse_sum",
    "sum_squared_error": "mse_sum",
    "half_sse": "mse_half_sum",
    "bce": "binary_cross_entropy",
    "binary_cross_entropy_mean": "binary_cross_entropy",
    "bce_sum": "binary_cross_entropy_sum",
    "categorical_cross_entropy": "cross_entropy",
    "categorical_cross_entropy_sum": "cross_entropy_sum",
    "softmax_cross_entropy": "cross_entropy",
}


class Array(NamedTuple):
    """What was found about one array that was handed in.

    Attributes:
        verdict: "correct", "incorrect", or "not tested" if nothing can be said about it: it is zero as it should be,
            or smaller than its rounding.
        relative_error: between what was handed in and the correct gradient.
        factor: the factor by which it is off, 1 if it is correct; None if it is off in another way.
        sign: the sign of that factor; None if the factor is None.
    """

    verdict: str
    relative_error: float
    factor: float | None
    sign: int | None


class Layer(NamedTuple):
    """What was found about one layer of weights; it follows from the layer's arrays.

    Attributes:
        number: its number, from 1.
        verdict: "correct", "incorrect" or "unknown".
        mistakes: the names of the mistakes made here. An incorrect layer without any is incorrect because of one above.
        relative_error: between what was handed in and the correct gradient; NaN if that is not known.
    """

    number: int
    verdict: str
    mistakes: tuple[str, ...]
    relative_error: float


class Alternative(NamedTuple):
    """Another explanation of the same numbers.

    Attributes:
        verdict: "correct" or "mistake".
        mistakes: names of the catalogue.
        place: where the mistake is, such as "dW2"; None if that is not one place.
        loss: the loss.
        text: the explanation in words.
    """

    verdict: str
    mistakes: tuple[str, ...]
    place: str | None
    loss: str
    text: str

    def __str__(self) -> str:
        """Give the explanation."""
        return self.text


@dataclass(frozen=True)
class Diagnosis:
    """What is incorrect in a gradient, or that nothing is.

    Print it to read the explanation.

    Attributes:
        verdict: "correct", "mistake" or "unknown".
        mistakes: names of the catalogue. A mistake that has no name there is described in the text, with its place.
        loss: the loss that the gradient belongs to, such as "mse", "mse_half", "mse_sum" or
            "binary_cross_entropy"; None if unknown.
        scale: the factor by which the gradient handed in is larger than that loss's gradient; None if unknown. In a
            step without eta it is multiplied by the learning rate.
        sign: 1, or −1 if the gradient has the opposite direction; None if unknown.
        convention: how the arrays were read, such as "rows, (in, out)"; None if unknown.
        layers: what was found about each layer of weights.
        alternatives: other explanations of the same numbers.
        activations: the activation of each layer; None if unknown.
        correct: the correct gradient, laid out as the weights were; None if unknown.
        reason: why nothing can be said, or what else you should know; may be empty.
        assumed: what was inferred because it was not specified.
        evidence: how many numbers agree, and how closely.
        arrays: what was found about each array, by name: "W1", "b1", …
        place: where the mistake is: "error" (∂L/∂ŷ), "phi2" (the derivative of layer 2's activation), "back1" (what is
            propagated back to layer 1), "delta1", "dW2", "db1", "update"; None if that is not one place.
        cannot_tell: names of mistakes that would give these very numbers on these data.
        weight_decay: λ, if a term λW has been added; otherwise None.
        lines: for each mistake its place, a line of code that gives the numbers, and the correct line.
        remarks: what else keeps the network from learning, or would if the gradient were correct.
    """

    verdict: str
    mistakes: tuple[str, ...]
    loss: str | None
    scale: float | None
    sign: int | None
    convention: str | None
    layers: tuple[Layer, ...]
    alternatives: tuple[Alternative, ...] = ()
    activations: tuple[str, ...] | None = None
    correct: Gradients | None = None
    reason: str = ""
    assumed: tuple[str, ...] = ()
    evidence: str = ""
    arrays: Mapping[str, Array] = field(default_factory=dict)
    place: str | None = None
    cannot_tell: tuple[str, ...] = ()
    weight_decay: float | None = None
    lines: tuple[tuple[str, str, str], ...] = ()
    remarks: tuple[Remark, ...] = ()

    def __str__(self) -> str:
        """Write the diagnosis as text."""
        return "\n".join(words.text(self))


def _told_losses(loss: str | None, n: int, d: int) -> list[LossReading]:
    """List the losses that a caller leaves open."""
    known = losses(n, d)
    if loss is None:
        return known
    if not isinstance(loss, str):
        raise TypeError(f"loss is {checks.shown(loss)}, of type {type(loss).__name__}; expected a name")
    name = loss.strip().lower().replace("-", "_").replace(" ", "_")
    name = _ALIASES.get(name, name)
    found = [reading for reading in known if reading.name in (name, f"{name}_examples")]
    if not found:
        names = ", ".join(repr(reading.name) for reading in losses(2, 2))
        raise ValueError(f"loss is {loss!r}; expected one of {names}, or None")
    return found


def _one(name: Any) -> Activation:
    """Look up one activation."""
    if isinstance(name, Activation):
        return name
    return ACTIVATIONS[checks.one_of("activations", "identity" if name == "linear" else name, list(ACTIVATIONS))]


def _told_activations(activations: Any, depth: int, loss: str | None) -> list[list[Activation]] | None:
    """List what each layer's activation may be, as told; None if nothing was told. Check that the loss goes with it."""
    family = _told_losses(loss, 2, 2)[0].family
    if activations is None:
        return None
    if isinstance(activations, str | Activation):
        activations = [activations] * depth
    if not isinstance(activations, Sequence):
        raise TypeError(
            f"activations is {checks.shown(activations)}; expected a name or a sequence of one for each layer"
        )
    if len(activations) != depth:
        raise ValueError(f"activations has {len(activations)} entries; expected {depth}, one for each layer of weights")
    everything = [ACTIVATIONS[name] for name in HIDDEN]
    told = [everything if a is None else [_one(a)] for a in activations]
    if activations[-1] is None:
        told[-1] = [*everything, ACTIVATIONS["softmax"]]
    for i, layer in enumerate(told[:-1]):
        if not layer[0].elementwise:
            raise ValueError(f"activations[{i}] is {layer[0].name!r}, which can stand at the output only")
    wanted = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}.get(family)
    names = [a.name for a in told[-1]]
    if loss is not None and wanted and wanted not in names:
        raise ValueError(f"loss {loss!r} is known for a {wanted} output; the output activation is {names[0]!r}")
    return told


def _networks(told: list[list[Activation]] | None, depth: int, family: str) -> Iterator[list[tuple[Activation, ...]]]:
    """List the activations to try: a likely group first, then, if that fails, a larger one."""
    fitting = {"binary_cross_entropy": ("sigmoid",), "cross_entropy": ("softmax",)}.get(family, OUTPUT)
    outputs = [ACTIVATIONS[name] for name in fitting]
    if told is not None:
        yield list(product(*told))
        return
    if depth == 1:
        yield [(out,) for out in outputs]
        return
    yield [(*(ACTIVATIONS[h],) * (depth - 1), out) for h, out in product(HIDDEN, outputs)]
    others = [a.name for a in ACTIVATIONS.values() if a.elementwise and a.name not in HIDDEN]
    alike = [(*(ACTIVATIONS[h],) * (depth - 1), out) for h, out in product(others, outputs)]
    mixed = [
        (*(ACTIVATIONS[name] for name in names), out)
        for names in product(HIDDEN, repeat=depth - 1)
        if len(set(names)) > 1
        for out in outputs
    ]
    yield [*alike, *mixed][:MIXED]


def _with_other_kink(reading: Reading) -> Iterator[Reading]:
    """Yield the reading, and, where a ReLU is exactly at its kink, the same with derivative 1 there."""
    yield reading
    hit = [
        k
        for k, (phi, z) in enumerate(zip(reading.activations, reading.exact("mse").z, strict=True))
        if phi.name == "relu" and np.any(z == 0)
    ]
    if hit:
        other = Activation("relu", step.relu, lambda z, a: np.where(z >= 0, 1.0, 0.0))
        changed = tuple(other if k in hit else phi for k, phi in enumerate(reading.activations))
        yield Reading(reading.problem, changed, reading.unit, reading.coarse, reading.floors)


class _Case(NamedTuple):
    """Everything that a search needs to know."""

    problems: list[Problem]
    told: list[list[Activation]] | None
    loss: str | None
    unit: float
    coarse: float
    floors: Mapping[str, float]
    known: bool  # whether the factor of the whole gradient can be seen
    step: bool = False
    eta: float | None = None


def diagnose(
    weights: Any,
    X: Any,
    y: Any,
    gradients: Any,
    *,
    biases: Any = None,
    activations: Any = None,
    loss: str | None = None,
    convention: str | None = None,
    printed_loss: float | None = None,
) -> Diagnosis:
    """Name the mistake in a gradient.

    Args:
        weights: one array for each layer, (in, out) or (out, in); or a `backprop.Model`.
        X: the inputs, one example a row or a column.
        y: the targets; for one output they may have shape (N,).
        gradients: what a backward pass computed for these weights, as one array for each layer, in the shapes of the
            weights. With biases also `backprop.Gradients`, {"weights": …, "biases": …}, a pair of lists, or one list
            in PyTorch's order W₁, b₁, W₂, b₂, …
        biases: one for each layer, (out,), (1, out) or (out, 1), if the network has any.
        activations: a name for all layers or one for each, or None for what is not known; "sigmoid", "tanh", "relu",
            "identity" and the others of the network. If they are not specified, these four are tried first.
        loss: "mse", "mse_half", "mse_sum", "mse_half_sum", "binary_cross_entropy" or
            "binary_cross_entropy_sum", or None.
        convention: "rows, (in, out)" and so on, or a part of it such as "columns", or None.
        printed_loss: the loss that the program printed for these weights; a remark says which loss that is.

    Returns:
        The diagnosis.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes fit no convention, a number is nan or infinite, a name is unknown, or every gradient is
            zero.

    Examples:
        >>> import backprop
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> right = model.backward(model.forward(X), y).weights
        >>> backprop.diagnose(model.weights, X, y, right).verdict
        'correct'

        Half of it is the gradient of half the loss. If you name the loss, the missing factor is a mistake:

        >>> half = [g / 2 for g in right]
        >>> backprop.diagnose(model.weights, X, y, half).loss
        'mse_half'
        >>> backprop.diagnose(model.weights, X, y, half, loss="mse").mistakes
        ('factor-two-missing',)
    """
    if isinstance(weights, Model):
        biases = weights.biases if biases is None else biases
        activations = weights.activations if activations is None else activations
        weights = weights.weights
    w = arrays("weights", weights)
    given_w, given_b = split(gradients, len(w), biases is not None)
    b = None if biases is None else _as_many("biases", arrays("biases", biases), len(w))
    g = _as_many("gradients", arrays("gradients", given_w), len(w))
    gb = None if given_b is None else arrays("gradients of biases", given_b)
    handed = Handed(data("X", X), data("y", y), w, b, g, gb)
    told = _told_activations(activations, len(w), loss)
    found = problems(handed, convention)
    precision = precision_of([*given_w, *(given_b or ())])
    if precision is np.float16:
        return _nothing(len(w), "float16 holds three digits, too few to tell; compute in float32 or float64")
    case = _Case(found, told, loss, float(np.finfo(precision).eps), COARSE[precision], {}, True)
    if not any(array.any() for array in (*g, *(gb or ()))):
        return _all_zero(case, len(w))
    return _with_remarks(case, _answer(case, len(w), convention), printed_loss)


def assert_gradient(
    weights: Any,
    X: Any,
    y: Any,
    gradients: Any,
    *,
    biases: Any = None,
    activations: Any = None,
    loss: str | None = None,
    convention: str | None = None,
    sign: int | None = None,
    strict: bool = False,
) -> Diagnosis:
    """Raise an error unless a gradient is correct; for tests that grade.

    Args:
        weights: as for `diagnose`.
        X: as for `diagnose`.
        y: as for `diagnose`.
        gradients: as for `diagnose`.
        biases: as for `diagnose`.
        activations: as for `diagnose`.
        loss: as for `diagnose`.
        convention: as for `diagnose`.
        sign: 1 to insist on ∇L, −1 on −∇L, None to take either.
        strict: whether these data must also have tested every array and excluded every mistake of the catalogue.

    Returns:
        The diagnosis, if it is "correct".

    Raises:
        AssertionError: if it is not; its message is the diagnosis.
        TypeError: as `diagnose`.
        ValueError: as `diagnose`.

    Examples:
        >>> import backprop
        >>> from backprop.verification import assert_gradient
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> gradients = model.backward(model.forward(X), y).weights
        >>> assert_gradient(model.weights, X, y, gradients, loss="mse").verdict
        'correct'
    """
    found = diagnose(weights, X, y, gradients, biases=biases, activations=activations, loss=loss, convention=convention)
    if found.verdict != "correct":
        raise AssertionError(f"\n{found}")
    untested = [name for name, array in found.arrays.items() if array.verdict == "not tested"]
    if strict and (found.cannot_tell or untested or "not checked" in found.reason):
        raise AssertionError(f"\nThese data leave something open, which strict does not accept.\n{found}")
    if sign is not None and found.sign != sign:
        raise AssertionError(f"\nThe sign is {found.sign}; expected {sign}.\n{found}")
    return found


def _as_many(name: str, found: list[np.ndarray], n: int, other: str = "weights") -> list[np.ndarray]:
    """Check the number of arrays."""
    if len(found) != n:
        raise ValueError(f"{name} has {len(found)} arrays; expected {n}, as {other} has")
    return found


@np.errstate(all="ignore")
def _with_remarks(case: _Case, found: Diagnosis, printed_loss: float | None) -> Diagnosis:
    """Add what else the arrays show: why it will not learn, or, if nothing fits, what else may have been handed in."""
    if found.verdict == "unknown" or found.activations is None or found.loss is None:
        depth = len(case.problems[0].weights)
        networks = [n for group in _networks(case.told, depth, "") for n in group][:8]
        tried = hints(case.problems, networks, case.unit, case.step)
        return replace(found, reason="; ".join((found.reason, *tried))) if found.verdict == "unknown" else found
    problem = next(p for p in case.problems if p.convention == found.convention)
    told = {phi.name: phi for layer in case.told or [] for phi in layer}
    phis = [told.get(name) or ACTIVATIONS[name] for name in found.activations]
    model = Model(problem.weights, problem.biases, phis)
    return replace(
        found, remarks=remarks(model, problem.X, problem.y, found.loss, eta=case.eta, printed_loss=printed_loss)
    )


def _readings(case: _Case, activations: Sequence[tuple[Activation, ...]]) -> list[Reading]:
    """Read the problem in every convention with all of the activations."""
    with np.errstate(all="ignore"):
        return [
            reading
            for problem in case.problems
            for network in activations
            if network[-1].name != "softmax" or problem.y.shape[1] > 1
            for reading in _with_other_kink(Reading(problem, network, case.unit, case.coarse, case.floors))
        ]


def _candidates(case: _Case, reading: Reading) -> list[LossReading]:
    """List the losses that a reading may belong to."""
    found = _told_losses(case.loss, reading.n, reading.widths[-1])
    if not case.known:  # a sum cannot be told from a mean
        found = [loss for loss in found if loss.mean] or found
        found = list({loss.family: loss for loss in reversed(found)}.values())[::-1]
    possible, y = families(reading.activations[-1].name), reading.problem.y
    if case.loss is None and (y.min() < 0 or y.max() > 1):
        possible = ("mse",)
    found = [loss for loss in found if loss.family in possible]
    return sorted(found, key=lambda loss: possible.index(loss.family)) if case.loss is None else found


class _Baseline(NamedTuple):
    """What the arrays are compared with: the correct gradient of a loss, times a factor."""

    reading: Reading
    loss: LossReading
    s: float
    agree: frozenset[str]
    tested: frozenset[str]


def _baselines(case: _Case, reading: Reading, candidates: Sequence[LossReading]) -> Iterator[_Baseline]:
    """List what the arrays may be compared with."""
    for loss in candidates:
        blocks = reading.correct(loss.family) if loss.family in families(reading.activations[-1].name) else None
        if blocks is None:
            continue
        if case.known:
            scales: list[float] = [loss.factor] if case.step else [loss.factor, -loss.factor]
        else:
            sure = [b for b in blocks.values() if b.proportional and b.given.any() and np.isfinite(b.doubt)]
            lone = [b for b in blocks.values() if b.given.size == 1 and np.isfinite(b.doubt)]
            scales = [b.factor for b in sorted(sure, key=lambda b: b.doubt) if b.factor > 0]
            scales = scales or [b.factor for b in lone if b.factor > 0] or [loss.factor]
        for s in scales:
            agree = frozenset(n for n, b in blocks.items() if b.off(s) <= 1)
            tested = frozenset(n for n, b in blocks.items() if not (n in agree and b.vague(s)))
            yield _Baseline(reading, loss, s, agree, tested)


def _nearest(baselines: Sequence[_Baseline]) -> _Baseline:
    """Choose the one that explains the most arrays; among equals the first."""
    return max(baselines, key=lambda one: len(one.agree & one.tested))


def _correct(case: _Case, readings: Sequence[Reading]) -> list[_Baseline]:
    """List the losses of which the arrays are the gradient."""
    found = []
    for reading in readings:
        quick = case.told is None
        if any(reading.problem.turned):
            continue
        candidates = _candidates(case, reading)
        wanted = {loss.family: 0 for loss in candidates}
        possible = [f for f in wanted if not quick or all(_resembling(reading, f).values())]
        candidates = [loss for loss in candidates if loss.family in possible]
        if not candidates:
            continue
        scan = list(_baselines(case, reading, candidates))
        if case.step:  # a step uphill is a mistake, and found as such
            scan = [one for one in scan if one.s > 0]
        found += [one for one in scan if len(one.agree) == len(reading.given) and one.tested]
    return found


def _resembling(reading: Reading, family: str) -> dict[str, bool]:
    """Tell quickly which arrays may have the direction of the correct gradient, with any factor."""
    if family in reading.resembling:
        return reading.resembling[family]
    found = reading.resembling[family] = {}
    large = reading.problem.X.size > MANY
    with np.errstate(all="ignore"):
        p = reading.exact(family)
        size, flow = 1 + float(np.linalg.norm(grammar.correct_error(p))), Flow()
        for k in range(p.depth - 1, -1, -1):
            if large and found and not any(found.values()):  # nothing above speaks for these activations
                found |= dict.fromkeys(reading.given, False)
                break
            flow = grammar.delta_of(p, k, {}, flow)
            weights, biases = grammar.gradients_of(p, k, {}, flow)
            for name, m in ((f"W{k + 1}", weights), (f"b{k + 1}", biases)):
                if name not in reading.given:
                    continue
                g = reading.given[name]
                m = m if m.shape == g.shape else np.broadcast_to(m, g.shape)
                length, own = float(np.linalg.norm(g)), float(np.vdot(m, m))
                a = float(np.linalg.norm(p.a[k]))
                drowned = 1e4 * reading.unit * (1 + a) * size + 100 * reading.floors.get(name, 0.0)
                miss = float(np.linalg.norm(g - m * (np.vdot(g, m) / own))) if own > 0 else length
                found[name] = miss <= 1e-3 * length + drowned
    return found


def _evidence(reading: Reading, family: str) -> int:
    """Count the numbers in arrays that have the direction of the correct gradient."""
    found = _resembling(reading, family)
    return sum(g.size for name, g in reading.given.items() if found[name] and g.size > 1 and g.any())


def _explained(case: _Case, readings: Sequence[Reading], few: int) -> list[Explanation]:
    """List the explanations that assume a mistake, the cheapest first; if no array speaks for a reading, of a few."""
    found: list[Explanation] = []
    tasks = []
    for reading in readings:
        candidates = _candidates(case, reading)
        own = {loss.family: [one for one in candidates if one.family == loss.family] for loss in candidates}
        evidence = max((_evidence(reading, family) for family in own), default=0) if len(readings) > 1 else 0
        tasks.append((evidence, reading, own))
    tasks.sort(key=lambda task: -task[0])
    few = min(few, 1) if readings[0].problem.X.size > MANY else few
    tasks = [*[task for task in tasks if task[0]][:SEARCHED], *[task for task in tasks if not task[0]][:few]]
    least = 0
    for evidence, reading, own in tasks:
        if found and evidence < least:
            break
        for family, candidates in own.items():
            search = Search(reading, family, named_factors(reading))
            more: list[Explanation] = []
            for most in (1, MOST):
                states: list[State] = []
                for s in _scales_to_try(case, reading, candidates):
                    states += search.explain(s, most)
                states.sort(key=search.cost)
                more = list(explanations(search, states, candidates, case.loss is not None, case.known, case.step))
                if more:
                    break
            least = max(least, evidence) if more else least
            found += more
    found = [one for one in found if one.cost <= LIMIT]
    return sorted(found, key=lambda one: one.cost)


def _scales_to_try(case: _Case, reading: Reading, candidates: Sequence[LossReading]) -> list[float | None]:
    """List the factors of the whole with which a search begins; None for the one that the first array gives."""
    blocks = reading.correct(candidates[0].family)
    found: list[float | None] = [None]
    if not case.known:
        factors = [b.factor for b in blocks.values() if b.proportional and b.given.any() and b.factor]
        for f in factors:
            if not any(other is not None and abs(other / f - 1) < 1e-6 for other in found):
                found.append(f)
        return found
    for other in losses(reading.n, reading.widths[-1]) if case.loss is not None else ():
        if other.family == candidates[0].family and all(b.off(other.factor) <= 1 for b in blocks.values()):
            found.append(other.factor)
    for i, loss in enumerate(candidates):
        for s in (loss.factor, -loss.factor):
            if (case.loss is not None and i == 0) or any(b.off(s) <= 1 and b.given.any() for b in blocks.values()):
                found.append(s)
    return found


@np.errstate(all="ignore")
def _answer(case: _Case, layers: int, convention: str | None) -> Diagnosis:
    """Search, choose and put into words."""
    with np.errstate(all="ignore"):
        return _answered(case, layers, convention)


def _answered(case: _Case, layers: int, convention: str | None) -> Diagnosis:
    """Go through what may be: correct, a mistake, unknown."""
    family = "" if case.loss is None else _told_losses(case.loss, 2, 2)[0].family
    groups = []
    for number, network in enumerate(_networks(case.told, layers, family)):
        large = case.told is None and case.problems[0].X.size > MANY
        groups.append(_readings(case, network[:LARGE] if large else network))
        fits = _correct(case, groups[-1])
        if fits:
            return _is_correct(case, fits, convention)
        near = _with_epsilon(case, groups[-1], convention)
        if near is not None:
            return near
        if not number and case.step:
            best = _likeliest(case, groups[0])
            if best is not None and _drowned(case, best):
                return _nothing(layers, TOO_SMALL_TO_TELL)
        if not number and case.told is None:  # an array that is correct is evidence enough for the activations
            found = _explained(case, groups[0], few=0)
            if found:
                return _is_mistake(case, found, convention)
    for number, readings in enumerate(groups):
        found = _explained(case, readings, FEW if number else len(readings))
        if found:
            return _is_mistake(case, found, convention)
    for reading in groups[0] if case.told is not None else ():
        other = _with_clipping(case, reading, convention) or _skipping(case, reading, convention)
        if other is not None:
            return other
    return _is_unknown(case, groups[0], layers, convention)


def _likeliest(case: _Case, readings: Sequence[Reading]) -> _Baseline | None:
    """Find the correct gradient that the numbers are nearest to; None if no loss goes with the targets."""
    if case.told is None:  # only activations for which something speaks, or the likeliest
        evidence = {
            id(reading): max((_evidence(reading, loss.family) for loss in _candidates(case, reading)), default=0)
            for reading in readings
        }
        readings = sorted(readings, key=lambda reading: -evidence[id(reading)])[:2]
    baselines = [one for reading in readings for one in _baselines(case, reading, _candidates(case, reading))]
    return _nearest(baselines) if baselines else None


def _drowned(case: _Case, best: _Baseline) -> bool:
    """Tell whether nothing but rounding can be seen: then no search says more."""
    blocks = best.reading.correct(best.loss.family).values()
    return not best.tested or (case.step and all(block.vague(best.s) for block in blocks))


def _skipping(case: _Case, reading: Reading, convention: str | None) -> Diagnosis | None:
    """Answer that the forward pass skips an activation function that the backward pass differentiates, if it does."""
    slug, hidden = "forward-without-activation", range(reading.depth - 1)
    nonlinear = [k for k in hidden if reading.activations[k].name != "identity"]
    for layers in (*([k] for k in nonlinear), nonlinear):
        for derivative in (lambda phi: phi.derivative, lambda phi: lambda z, a: phi.derivative(z, phi.value(z))):
            phis = [
                Activation(phi.name, step.identity, derivative(phi)) if k in layers else phi
                for k, phi in enumerate(reading.activations)
            ]
            other = Reading(reading.problem, tuple(phis), reading.unit, reading.coarse, reading.floors)
            if not any(all(_resembling(other, loss.family).values()) for loss in _candidates(case, other)):
                continue
            for fit in _correct(case, [other])[:1]:
                base = next(one for one in _baselines(case, reading, [fit.loss]) if case.known <= (one.s == fit.s))
                judged = _arrays(base)
                if any(array.verdict == "incorrect" for array in judged.values()):
                    return Diagnosis(
                        "mistake",
                        (slug,),
                        fit.loss.name,
                        abs(fit.s) / fit.loss.factor,
                        1 if fit.s > 0 else -1,
                        reading.problem.convention,
                        _layers(judged, reading.depth, {slug: [k + 1 for k in layers]}),
                        (),
                        tuple(phi.name for phi in reading.activations),
                        _gradients(base),
                        "",
                        tuple(_assumed(case, reading, fit.loss, convention)),
                        "every number agrees with a network that lacks this activation function",
                        judged,
                    )
    return None


def _arrays(one: _Baseline) -> dict[str, Array]:
    """Judge every array by itself."""
    found = {}
    for name, block in one.reading.correct(one.loss.family).items():
        error = step.relative_error(block.given, one.s * block.made)
        turned = one.reading.problem.turned[int(name[1:]) - 1] and name[0] == "W"
        if name in one.agree and not turned:
            found[name] = Array("correct" if name in one.tested else "not tested", error, 1.0, 1)
        else:
            factor = block.factor / one.s if np.isfinite(block.factor) and block.off(block.factor) <= 1 else None
            sign = None if not factor else 1 if factor > 0 else -1
            found[name] = Array("incorrect", error, factor, sign)
    return found


def _layers(found: Mapping[str, Array], depth: int, mistakes: Mapping[str, Sequence[int]]) -> tuple[Layer, ...]:
    """Judge the layers by their arrays."""
    result = []
    for number in range(1, depth + 1):
        own = [found[name] for name in (f"W{number}", f"b{number}") if name in found]
        verdicts = {array.verdict for array in own}
        slugs = tuple(slug for slug, layers in mistakes.items() if number in layers)
        verdict = "incorrect" if "incorrect" in verdicts else "correct" if "correct" in verdicts else "unknown"
        if own and verdict == "unknown" and all(array.relative_error == 0 for array in own):
            verdict = "correct"
        error = max((array.relative_error for array in own), default=float("nan"))
        result.append(Layer(number, verdict, slugs if verdict != "correct" else (), error))
    return tuple(result)


def _gradients(one: _Baseline) -> Gradients:
    """Give the correct gradient, laid out as the weights were."""
    reading, loss = one.reading, one.loss
    made = grammar.backward(reading.exact(loss.family), {})
    depth = range(1, reading.depth + 1)
    back = given_back(reading.problem, [loss.factor * made[f"W{k}"] for k in depth])
    with_bias = reading.problem.biases is not None
    return Gradients(back, tuple(loss.factor * made[f"b{k}"] for k in depth) if with_bias else None)


def _agreement(n: int, off: float, step: bool) -> str:
    """Say that all numbers agree, and how closely; in a step, that all changes do."""
    closely = f"up to a relative error of {off:.0e} in each array" if off else "to the last bit"
    what = "change" if step else "number"
    return f"{f'all {n} {what}s agree' if n > 1 else f'the only {what} agrees'} {closely}"


def _is_correct(case: _Case, fits: Sequence[_Baseline], convention: str | None) -> Diagnosis:
    """Answer that a gradient is correct."""
    best = fits[0]
    reading = best.reading
    found = _arrays(best)
    numbers = sum(block.given.size for block in reading.correct(best.loss.family).values())
    off = max(array.relative_error for array in found.values())
    vague = [name for name, array in found.items() if array.verdict == "not tested" and array.relative_error > 0]
    reasons = []
    layers = _layers(found, reading.depth, {})
    small = [str(layer.number) for layer in layers if layer.verdict == "unknown"]
    if small or vague:
        what = f"layer {', '.join(small)}" if small else ", ".join(vague)
        reasons.append(f"the {'change' if case.step else 'gradient'} of {what} is too small to be told from rounding")
    elif not case.known:
        reasons.append("without eta, only eta × scale can be seen, so a factor of 2, a sum and a mean look the same")
    if reading.problem.biases is not None and reading.problem.bias_gradients is None:
        reasons.append("the gradients of the biases were not given, so they were not checked")
    others = [
        Alternative("correct", (), None, one.loss.name, f"correct for {one.loss.name}{_where(one.reading, reading)}")
        for one in fits[1:]
        if (one.loss.name, one.reading.activations) != (best.loss.name, reading.activations)
    ]
    return Diagnosis(
        "unknown" if small else "correct",
        (),
        best.loss.name,
        abs(best.s) / best.loss.factor,
        1 if best.s > 0 else -1,
        reading.problem.convention,
        layers,
        tuple(others[:4]),
        tuple(phi.name for phi in reading.activations),
        _gradients(best),
        "; ".join(reasons),
        tuple(_assumed(case, reading, best.loss, convention)),
        _agreement(numbers, off, case.step),
        found,
        None,
        () if small else _cannot_tell(case, best),
    )


#: What is tried as the ε inside a logarithm.
EPSILONS = (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)


def _with_epsilon(case: _Case, readings: Sequence[Reading], convention: str | None) -> Diagnosis | None:
    """Answer that a gradient is correct apart from an ε inside the logarithm of a cross-entropy, if it is."""
    for reading in readings:
        likely = [x for x in _candidates(case, reading) if x.family != "mse" and _near(reading, x.family)]
        for one in _baselines(case, reading, likely):
            blocks = reading.correct(one.loss.family)
            if max(step.relative_error(b.given, one.s * b.made) for b in blocks.values()) > 0.1:
                continue
            for epsilon in (*EPSILONS, _fitted(one)):
                if not epsilon:
                    continue
                made = reading.blocks(one.loss.family, {"error": f"~epsilon:{epsilon!r}"})
                if all(block.off(one.s) <= 1 for block in made.values()):
                    return _apart_from(case, one, made, f"an ε of {epsilon:.3g} inside the logarithm", convention)
    return None


def _near(reading: Reading, family: str) -> bool:
    """Tell quickly whether the last layer's gradient has nearly the correct direction."""
    p, given = reading.exact(family), reading.given[f"W{reading.depth}"]
    made = step.weight_gradient(p.a[-2], grammar.correct_error(p))
    own = float(np.vdot(made, made))
    miss = np.linalg.norm(given - made * (np.vdot(given, made) / own)) if own > 0 else np.inf
    return bool(miss <= 0.1 * np.linalg.norm(given))


def _apart_from(case: _Case, one: _Baseline, made: Mapping[str, Block], what: str, convention: str | None) -> Diagnosis:
    """Answer that a gradient is correct apart from something that a program adds on purpose."""
    errors = {name: step.relative_error(block.given, one.s * block.made) for name, block in made.items()}
    judged = {name: Array("correct", error, 1.0, 1) for name, error in errors.items()}
    return replace(
        _is_correct(case, [one], convention),
        verdict="correct",
        reason=f"correct apart from {what}",
        arrays=judged,
        layers=_layers(judged, one.reading.depth, {}),
        cannot_tell=(),
        evidence="",
    )


def _with_clipping(case: _Case, reading: Reading, convention: str | None) -> Diagnosis | None:
    """Answer that a gradient is correct apart from predictions that are clipped before a logarithm, if it is."""
    for one in _baselines(case, reading, [x for x in _candidates(case, reading) if x.family != "mse"]):
        family, name = one.loss.family, f"W{reading.depth}"
        p, g = reading.exact(family), reading.given[name] / one.s
        if sum(given.size for given in reading.given.values()) < 4:
            continue
        away = np.unique(np.minimum(p.a[-1], 1 - p.a[-1]).clip(1e-16))
        some = away[:: len(away) // FEW_BOUNDS + 1]
        starts = (*BOUNDS, *np.sqrt(some * np.append(some[1:], 0.5)).tolist())
        direction = np.random.default_rng(0).standard_normal(g.shape[0])
        left, target = p.a[-2] @ direction, direction @ g
        for which in grammar.CLIPPINGS:
            for start in starts:
                bound = start if which == "zeroed" else _refined(p, left, target, which, start)
                made = left @ grammar.error_with_clipping(p, bound, which)
                if not np.linalg.norm(target - made) <= reading.coarse * np.linalg.norm(target):
                    continue
                many = int(np.sum(np.minimum(p.a[-1], 1 - p.a[-1]) < bound))
                if not many or np.min(np.abs(away / bound - 1)) < 1e4 * reading.unit:  # rounding would decide
                    continue
                blocks = reading.blocks(family, {"error": f"~clipped:{which}:{bound!r}"})
                if all(block.off(one.s) <= 1 for block in blocks.values()):
                    about = "about " if which == "zeroed" else ""  # which shows only how many are clipped
                    what = f"clipping of {many} predictions, at {about}{bound:.3g} from 0 and 1: "
                    return _apart_from(case, one, blocks, what + grammar.CLIPPINGS[which], convention)
    return None


#: From which bounds the search for one begins, and how many of the data's own are added at most.
BOUNDS, FEW_BOUNDS = (*EPSILONS, 1e-2, 0.05, 0.1), 60


def _refined(p: grammar.Pass, left: np.ndarray, g: np.ndarray, which: str, bound: float) -> float:
    """Fit the bound of a clipping to the gradient of the last layer, as long as the same predictions are clipped."""

    def made(e: float) -> np.ndarray:
        return left @ grammar.error_with_clipping(p, e, which)

    for _ in range(4):
        base, h = made(bound), 1e-6 * bound
        slope = (made(bound + h) - base) / h
        size = float(np.vdot(slope, slope))
        moved = float(np.vdot(g - base, slope)) / size if size > 0 else 0.0
        better = bound + moved
        if not 1e-16 < better < 0.5 or abs(moved) <= 1e-14 * bound:
            break
        bound = better
    return bound


def _fitted(one: _Baseline) -> float:
    """Fit the ε inside a logarithm to the gradient of the last layer; 0 if that is not possible."""
    reading, family = one.reading, one.loss.family
    name = f"W{reading.depth}"
    p, g = reading.exact(family), reading.given[name] / one.s
    plain, epsilon = grammar.backward(p, {})[name], 1e-4
    for _ in range(30):
        moved = grammar.backward(p, {"error": f"~epsilon:{epsilon!r}"})[name] - plain
        size = float(np.vdot(moved, moved))
        better = epsilon * float(np.vdot(g - plain, moved)) / size if size > 0 else 0.0
        if not 1e-16 < better < 0.1:
            return 0.0
        if abs(better / epsilon - 1) < 1e-12:
            break
        epsilon = better
    return epsilon


def _where(other: Reading, best: Reading) -> str:
    """Say how a reading differs from the best."""
    if other is best:
        return ""
    names = ", ".join(phi.name for phi in other.activations)
    return f", if the arrays are read as {other.problem.convention} with the activations {names}"


def _is_mistake(case: _Case, found: Sequence[Explanation], convention: str | None) -> Diagnosis:
    """Answer that a gradient is incorrect, and why."""
    best = found[0]
    reading, loss = best.reading, best.loss
    options = list(_baselines(case, reading, [loss]))
    options.sort(key=lambda one: (f"W{reading.depth}" not in one.agree, np.sign(one.s) != best.sign))
    base = _nearest(options)
    judged = _arrays(base)
    numbers = sum(block.given.size for block in best.blocks.values())
    off = max(step.relative_error(block.given, best.s * block.made) for block in best.blocks.values())
    reasons = []
    if reading.problem.biases is not None and reading.problem.bias_gradients is None:
        reasons.append("the gradients of the biases were not given, so they were not checked")
    if best.other_loss and best.state.terms:
        reasons.append(f"the scale is that of {best.other_loss.name}, {best.other_loss.words}")
    decay = _decay(best)
    if decay is not None and len({term.form for term in best.state.terms}) == 1 and not best.extra:
        sign = "which weight decay adds" if decay > 0 else "whose sign is opposite to that of weight decay"
        reasons.append(f"the gradient is correct for {loss.name}, apart from a term λW with λ = {decay:.4g}, {sign}")
    rivals = [one for one in found if one.cost <= best.cost + AHEAD]
    ambiguous = best.assumes > ONE or any(
        (one.slugs, one.layers) != (best.slugs, best.layers) and (one.place != best.place or not best.place)
        for one in rivals
    )
    others = tuple(_alternatives(case, found, ambiguous))
    return Diagnosis(
        "mistake",
        () if ambiguous else best.slugs,
        loss.name,
        best.scale,
        1 if base.s > 0 and "uphill" not in best.slugs else -1,
        reading.problem.convention,
        _layers(judged, reading.depth, {} if ambiguous else best.layers),
        others,
        tuple(phi.name for phi in reading.activations),
        _gradients(base),
        "; ".join(reasons),
        tuple(_assumed(case, reading, loss, convention)),
        _agreement(numbers, off, case.step),
        judged,
        None if ambiguous else best.place,
        (),
        decay,
        () if ambiguous else tuple(words.lines(best)),
    )


def _decay(best: Explanation) -> float | None:
    """Give λ if a term λW explains what is incorrect."""
    terms = best.state.terms
    if not terms or not all(term.form.startswith("~decay") for term in terms):
        return None
    weights = [term for term in terms if term.place.startswith("dW")]
    if len(weights) != best.reading.depth:
        return None
    return weights[0].factor * best.s


def _alternatives(case: _Case, found: Sequence[Explanation], ambiguous: bool) -> Iterator[Alternative]:
    """List the other explanations, each once: first a loss that makes the gradient correct, then what is near."""
    best = found[0]
    if case.known and case.loss is not None:
        for one in _other_losses(case, best):
            yield Alternative("correct", (), None, one.loss.name, f"correct for {one.loss.name}, {one.loss.words}")
    told = set() if ambiguous else {(best.slugs, best.place, best.loss.name)}
    for other in found if ambiguous else found[1:]:
        key = (other.slugs, other.place, other.loss.name)
        if key in told or other.cost > best.cost + NEAR or len(told) > 6:
            continue
        if other is not best and (other.slugs, other.place) == (best.slugs, best.place):
            continue
        told.add(key)
        yield Alternative(
            "mistake",
            other.slugs,
            other.place,
            other.loss.name,
            f"under {other.loss.name}: {words.short(other)}{_where(other.reading, best.reading)}",
        )
    if best.state.terms and not ambiguous:
        for slug, place in equivalents(best):
            if slug not in {name for slugs, *_ in told for name in slugs}:
                text = f"on these data the same as: {BY_SLUG[slug].title} ({slug})"
                yield Alternative("mistake", (slug,), place, best.loss.name, text)


def _other_losses(case: _Case, best: Explanation) -> list[_Baseline]:
    """List the losses, other than the one named, of which the arrays are the gradient."""
    reading = best.reading
    others = [loss for loss in losses(reading.n, reading.widths[-1]) if loss.name != best.loss.name]
    return [
        one
        for one in _baselines(case, reading, others)
        if len(one.agree) == len(reading.given) and one.tested and not any(reading.problem.turned)
    ]


def _is_unknown(case: _Case, readings: Sequence[Reading], layers: int, convention: str | None) -> Diagnosis:
    """Answer that nothing explains the numbers, and judge the arrays all the same."""
    best = _likeliest(case, readings)
    if best is None:
        return _nothing(layers, "no common loss goes with this output activation and these targets")
    if _drowned(case, best):
        return _nothing(layers, TOO_SMALL_TO_TELL)
    agree = best.agree & best.tested
    alternatives = tuple(_if_untold(case, layers)) if case.told is not None else ()
    if not agree and (case.told is None or case.loss is None):
        reason = "no array fits; there may be another activation, another loss, a regulariser, or a mistake not listed"
        return _nothing(layers, reason, alternatives=alternatives)
    judged = _arrays(best)
    wrong = [name for name, array in judged.items() if array.verdict == "incorrect"]
    right = [name for name, array in judged.items() if array.verdict == "correct"]
    error = max(array.relative_error for array in judged.values())
    if right:
        reason = f"the gradient with respect to {', '.join(right)} is correct for {best.loss.name}, "
        reason += f"but no known mistake explains that with respect to {', '.join(wrong)}"
    else:
        reason = "no array is correct, and no known mistake explains the numbers"
    if error < 1e-3:
        reason = (
            f"close to the correct gradient of {best.loss.name}, but off by {error:.0e}, which rounding cannot explain"
        )
    places = tuple(_places(case, best, wrong))
    if len(places) > 1:
        alternatives += tuple(
            Alternative("mistake", (), place, best.loss.name, ELSEWHERE.get(place, f"a mistake in the line of {place}"))
            for place in places
        )
    return Diagnosis(
        "unknown",
        (),
        best.loss.name if agree else None,
        None,
        1 if best.s > 0 else -1,
        best.reading.problem.convention,
        _layers(judged, layers, {}),
        alternatives,
        tuple(phi.name for phi in best.reading.activations),
        _gradients(best),
        reason,
        tuple(_assumed(case, best.reading, best.loss, convention)),
        "",
        judged,
        places[0] if len(places) == 1 else None,
    )


#: Places that are no line of the backward pass, in words.
ELSEWHERE = {
    "update": "a mistake in the update",
    "forward": "a forward pass other than the one that these weights and activations give",
}


def _places(case: _Case, best: _Baseline, wrong: Sequence[str]) -> Iterator[str]:
    """List the places where the mistake can be, from the arrays that are incorrect alone; none if it is not one."""
    reading, bias = best.reading, best.reading.problem.bias_gradients is not None
    apart = bias and not reading.problem.bias_row
    seen = [name for name in best.agree & best.tested if case.known or reading.given[name].size > 1]
    top = max(int(name[1:]) for name in wrong)
    own = [name for name in wrong if int(name[1:]) == top]
    below = {name for name in reading.given if int(name[1:]) < top}
    rest = wrong[0][0] == "b" or bool(below & best.tested)  # whether δ is seen elsewhere, in what follows from it
    if not reading.correct(best.loss.family)[wrong[0]].given.any() and case.step and not seen:
        return
    if len(wrong) == 1 and (rest or not bias):
        yield f"d{wrong[0]}"
        return
    if not below & set(wrong):  # the layers below follow from a correct δ
        if len(own) == 1:  # a δ whose examples are exchanged, say, has the same sum
            yield from (f"d{own[0]}", f"delta{top}", *([] if seen else [f"db{top}"]))
        elif not apart and below & best.tested:
            yield f"dW{top}"
        elif top == 1:
            yield "delta1"
            if case.step:
                yield "update"
        return
    if (below | set(own)) - set(wrong) & best.tested:
        return
    follows = _follows(best, top)
    if follows is False and top == reading.depth:
        return
    yield f"delta{top}"
    if not follows and case.step:
        yield "update"
    if follows is None and top == reading.depth:
        yield "forward"


def _follows(best: _Baseline, top: int) -> bool | None:
    """Tell whether all arrays up to a layer follow from one δ of that layer; None if they always would, or too many."""
    reading, k = best.reading, top - 1
    p = reading.exact(best.loss.family)
    n, d = p.z[k].shape
    names = [name for name in reading.given if int(name[1:]) <= top]
    equations = sum(reading.given[name].size for name in names)
    if n * d * equations > 200_000 or n * d > 400:
        return None
    delta = np.eye(n * d).reshape(n * d, n, d)
    rows = {}
    for j in range(k, -1, -1):
        rows[f"W{j + 1}"] = step.weight_gradient(p.a[j], delta)
        rows[f"b{j + 1}"] = step.bias_gradient(delta)
        if j:
            delta = step.activation_gradient(delta, p.weights[j]) * grammar.correct_derivative(p, j - 1)
    if any(reading.given[name].shape != rows[name].shape[1:] for name in names):
        return None
    scale = {name: float(np.linalg.norm(reading.given[name])) or 1.0 for name in names}
    matrix = np.hstack([rows[name].reshape(n * d, -1) / scale[name] for name in names]).T
    target = np.concatenate([reading.given[name].ravel() / scale[name] for name in names])
    solution, _, rank, _ = np.linalg.lstsq(matrix, target, rcond=1e-9)
    if equations - rank < 2:
        return None
    return float(np.linalg.norm(matrix @ solution - target)) < max(reading.coarse, 1e-7)


def _nothing(layers: int, reason: str, **more: Any) -> Diagnosis:
    """Say that nothing can be said."""
    unknown = tuple(Layer(i + 1, "unknown", (), float("nan")) for i in range(layers))
    return Diagnosis("unknown", (), None, None, None, None, unknown, reason=reason, **more)


@np.errstate(all="ignore")
def _all_zero(case: _Case, layers: int) -> Diagnosis:
    """Answer for a gradient of nothing but zeros: an error, unless the network was told and is dead."""
    if case.told is not None:
        for reading in _readings(case, list(product(*case.told))):
            candidates = _candidates(case, reading)
            made = grammar.backward(reading.exact(candidates[0].family), {})
            if not any(made[name].any() for name in reading.given):
                base = _Baseline(reading, candidates[0], candidates[0].factor, frozenset(reading.given), frozenset())
                judged = _arrays(base)
                names = tuple(phi.name for phi in reading.activations)
                reason = "every derivative is zero, because a layer is dead: no small change changes a prediction"
                return Diagnosis(
                    "correct",
                    (),
                    candidates[0].name,
                    1.0,
                    1,
                    reading.problem.convention,
                    _layers(judged, layers, {}),
                    activations=names,
                    reason=reason,
                    arrays=judged,
                )
            if case.loss is not None:
                answer = _is_unknown(case, [reading], layers, reading.problem.convention)
                reason = "the gradients are all zero, so they were never computed, or were cleared too early"
                return replace(answer, reason=reason)
    raise ValueError(
        "gradients are all zero; expected the gradient before it was cleared: looked for one number that is not zero"
    )


@np.errstate(all="ignore")
def _no_change(case: _Case, layers: int) -> Diagnosis:
    """Answer for a step in which nothing changed."""
    reason = "too small to tell: no weight changed"
    if case.told is None or case.loss is None:
        return _nothing(layers, reason)
    answer = _is_unknown(case, _readings(case, list(product(*case.told)))[:1], layers, None)
    return (
        replace(
            answer, reason="no weight changed although the gradient is not zero, or the change is too small to tell"
        )
        if answer.arrays
        else answer
    )


def _if_untold(case: _Case, layers: int) -> Iterator[Alternative]:
    """Say with which activations, other than those told, the gradient would be correct."""
    free = case._replace(told=None)
    family = "" if case.loss is None else _told_losses(case.loss, 2, 2)[0].family
    for group in _networks(None, layers, family):
        fits = _correct(free, _readings(free, group)[: 4 * MIXED])
        if fits:
            names = ", ".join(phi.name for phi in fits[0].reading.activations)
            text = f"correct for {fits[0].loss.name}, if the activations are {names}"
            yield Alternative("correct", (), None, fits[0].loss.name, text)
            return


def _assumed(case: _Case, reading: Reading, loss: LossReading, convention: str | None) -> Iterator[str]:
    """List what was not told."""
    if len(case.problems) > 1 or convention is None:
        name = reading.problem.convention
        yield f"the convention {name}, that is {CONVENTIONS[name]}"
    yield from assumptions(reading.problem)
    if case.told is None or any(len(names) > 1 for names in case.told):
        yield f"the activations {', '.join(phi.name for phi in reading.activations)}"
    if case.loss is None:
        yield f"the loss {loss.name}, {loss.words}"


def _cannot_tell(case: _Case, best: _Baseline) -> tuple[str, ...]:
    """List the mistakes that would give these very numbers on these data, though not on others."""
    reading, loss = best.reading, best.loss
    names, widths = [phi.name for phi in reading.activations], reading.widths
    if any(phi.name not in ACTIVATIONS for phi in reading.activations):
        return ()
    rng = np.random.default_rng(0)
    few = reading.problem._replace(
        X=rng.standard_normal((5, widths[0])),
        y=rng.random((5, widths[-1])),
        weights=tuple(rng.standard_normal(w.shape) for w in reading.problem.weights),
        after=None,
    )
    other = Reading(few, reading.activations, reading.unit, reading.coarse, {})
    here, there = (one.exact(loss.family) for one in (reading, other))
    right, elsewhere = (grammar.backward(p, {}) for p in (here, there))
    first = _some(here) if reading.problem.X.size > MANY else None
    found = []
    for slug in BY_SLUG:
        layers = catalogue.layers_for(slug, widths, 5)
        plan = catalogue.plan_with(slug, names, loss.family, layers)
        if not plan or slug in ("updated-too-early", "activation-not-transposed"):
            continue
        if not any(name[0] == "b" for name in reading.given) and all(place[:2] == "db" for place in plan):
            continue
        if not _changes(there, plan, elsewhere, 1e-9, reading):
            continue  # it is no mistake in such a network
        tolerance = 10 * UNIT_SHARE * reading.unit
        if first is not None and _changes(first, plan, grammar.backward(first, {}), tolerance, reading):
            continue
        if not _changes(here, plan, right, tolerance, reading):
            found.append(slug)
    if reading.n == 1 and case.known and loss.mean:
        found.append("sum-instead-of-mean")
    return tuple(found)


def _some(p: grammar.Pass) -> grammar.Pass:
    """Take the first examples of a forward pass."""
    return p._replace(z=[z[:100] for z in p.z], a=[a[:100] for a in p.a], y=p.y[:100])


def _changes(
    p: grammar.Pass, plan: grammar.Plan, right: Mapping[str, np.ndarray], tolerance: float, reading: Reading
) -> bool:
    """Tell whether a plan gives other numbers; with one example a plan that needs several does not."""
    try:
        made = grammar.backward(p, plan)
    except ValueError:
        return False
    return not all(_same(made[name], right[name], tolerance) for name in reading.given)


#: Numbers that differ by less than so many units of the last digit are the same.
UNIT_SHARE = 100.0


def _same(one: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    """Tell whether two arrays are the same."""
    if one.shape != other.shape:
        return len(one) == 1 == len(other)
    return bool(np.linalg.norm(one - other) <= tolerance * np.linalg.norm(other))
