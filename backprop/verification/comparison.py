"""The first stage of a diagnosis: read the arrays in every way, and compare each with the correct gradient.

A `Case` holds the arrays that were passed and the options that were specified. Together with
activations it gives a `Reading`. A reading, a loss and a factor give a `Baseline`, which tells which arrays agree,
which do not, and which these data do not test.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from backprop import derivation as step
from backprop.network import Activation, Gradients
from backprop.verification import grammar
from backprop.verification.findings import Array, Diagnosis, Layer
from backprop.verification.grammar import Flow, Pass
from backprop.verification.intake import CONVENTIONS, Problem, assumptions, given_back
from backprop.verification.search import AT_KINK, MANY, LossReading, Reading, families, lone, norm
from backprop.verification.told import told_losses

#: A gradient is close to the correct one if the relative error of every array is smaller than this.
CLOSE = 1e-3


class Case(NamedTuple):
    """The arrays and options of one diagnosis."""

    problems: list[Problem]
    told: list[list[Activation]] | None
    loss: str | None
    unit: float
    coarse: float
    floors: Mapping[str, float]
    known: bool  # whether the factor of the whole gradient can be seen
    step: bool = False
    eta: float | None = None
    convention: str | None = None  # as it was specified

    @property
    def depth(self) -> int:
        """The number of layers."""
        return len(self.problems[0].weights)


@lru_cache(maxsize=100)
def derivatives_at_kink(phi: Activation) -> tuple[float, ...]:
    """Return the derivatives that programs use at z = 0 if there is a kink: from the left, the right, and halfway."""
    z = np.array([[-1e-9, 1e-9]])
    left, right = phi.derivative(z, phi.value(z))[0] if phi.elementwise else (0.0, 0.0)
    return (float(left), float(right), float(left + right) / 2) if abs(right - left) > 1e-6 else ()


def _derivative_at_zero(phi: Activation) -> float:
    """Return the derivative that an activation has at z = 0."""
    return float(phi.derivative(*np.zeros((2, 1, 1)))[0, 0])


def _with_derivative(phi: Activation, at_zero: float) -> Activation:
    return replace(phi, derivative=lambda z, a: np.where(z == 0, at_zero, phi.derivative(z, a)))


def with_kinks(reading: Reading) -> Iterator[Reading]:
    """Yield the reading and, if units are at a kink up to rounding, a reading for each derivative there."""
    yield reading
    at_zero = [derivatives_at_kink(phi) for phi in reading.activations]
    if not any(at_zero):
        return
    p, kinks, disturbed = reading.exact("mse"), [], False
    for z, a, w, some in zip(p.z, p.a, p.weights, at_zero, strict=False):
        near, rounding = np.zeros(1, bool), AT_KINK * reading.unit
        if some and np.abs(z).min() <= rounding * norm(a) * norm(w):
            size = np.abs(a) @ np.abs(w)  # a bias that cancels is no larger
            near = np.abs(z) <= rounding * size
            disturbed |= bool(size[near].any())
        kinks.append(near)
    for which in range(3) if any(map(np.any, kinks)) else ():
        phis = [
            _with_derivative(phi, s[which]) if s else phi for phi, s in zip(reading.activations, at_zero, strict=True)
        ]
        other = Reading(reading.problem, tuple(phis), reading.unit, reading.coarse, reading.floors, kinks)
        if disturbed or _differ(reading, other):
            yield other


def _differ(one: Reading, other: Reading) -> bool:
    """Tell whether the gradients of two readings differ in an array that was passed."""
    a, b = (grammar.backward(reading.exact("mse"), {}) for reading in (one, other))
    return any(not np.array_equal(a[name], b[name]) for name in one.given)


def read(case: Case, activations: Sequence[tuple[Activation, ...]]) -> list[Reading]:
    """Combine every convention with every choice of activations."""
    with np.errstate(all="ignore"):
        return [
            reading
            for problem in case.problems
            for network in activations
            if network[-1].name != "softmax" or problem.y.shape[1] > 1
            for reading in with_kinks(Reading(problem, network, case.unit, case.coarse, case.floors))
        ]


def losses_for(case: Case, reading: Reading) -> list[LossReading]:
    """List the losses that are possible for a reading."""
    found = told_losses(case.loss, reading.n, reading.widths[-1])
    if not case.known:  # a sum and a mean look the same
        found = [loss for loss in found if loss.mean] or found
        found = list({loss.family: loss for loss in reversed(found)}.values())[::-1]
    possible, y = families(reading.activations[-1].name), reading.problem.y
    if case.loss is None and (y.min() < 0 or y.max() > 1):
        possible = ("mse",)
    found = [loss for loss in found if loss.family in possible]
    return sorted(found, key=lambda loss: possible.index(loss.family))


class Baseline(NamedTuple):
    """The correct gradient of a loss, times a factor, with which the arrays are compared."""

    reading: Reading
    loss: LossReading
    s: float
    agree: frozenset[str]
    tested: frozenset[str]

    @property
    def error(self) -> float:
        """The largest relative error of an array."""
        blocks = self.reading.correct(self.loss.family).values()
        return max((step.relative_error(block.given, self.s * block.made) for block in blocks), default=0.0)


def comparisons(case: Case, reading: Reading, candidates: Sequence[LossReading]) -> Iterator[Baseline]:
    """List the baselines with which the arrays may be compared."""
    for loss in candidates:
        blocks = reading.correct(loss.family) if loss.family in families(reading.activations[-1].name) else None
        if blocks is None:
            continue
        if case.known:
            scales: list[float] = [loss.factor] if case.step else [loss.factor, -loss.factor]
        else:
            sure = [b for b in blocks.values() if b.proportional and b.given.any() and np.isfinite(b.doubt)]
            single = [b for b in blocks.values() if lone(b.made) and b.off(b.factor) <= 1 and np.isfinite(b.doubt)]
            scales = [b.factor for b in sorted(sure, key=lambda b: b.doubt) if b.factor > 0]
            scales = scales or [b.factor for b in single if b.factor > 0] or [loss.factor]
        for s in scales:
            agree = frozenset(n for n, b in blocks.items() if b.off(s) <= 1)
            tested = frozenset(n for n, b in blocks.items() if not (n in agree and b.vague(s)))
            yield Baseline(reading, loss, s, agree, tested)


def nearest(baselines: Sequence[Baseline]) -> Baseline:
    """Choose the baseline that explains the most arrays; of several, one that all are close to, or the first."""
    return max(baselines, key=lambda one: (len(one.agree & one.tested), one.error < CLOSE))


def fitting(case: Case, readings: Sequence[Reading]) -> list[Baseline]:
    """List the baselines with which every array agrees; of derivatives at a kink, the one that tests the most."""
    best = dict[object, Baseline]()
    for reading in readings:
        if any(reading.problem.turned):
            continue
        quick, candidates = case.told is None, losses_for(case, reading)
        likely = [loss for loss in candidates if not quick or resembles(reading, loss.family)]
        for one in comparisons(case, reading, likely):
            uphill = case.step and one.s <= 0  # a mistake, which the search finds
            if len(one.agree) == len(reading.given) and one.tested and not uphill:
                which = id(one.reading.problem), *(phi.name for phi in one.reading.activations), one.loss, one.s
                best[which] = max(best.get(which, one), one, key=lambda fit: len(fit.tested))
    return list(best.values())


def resembling(reading: Reading, family: str) -> dict[str, bool]:
    """Tell quickly which arrays may be multiples of the correct gradient."""
    found, rest = _begun(reading, family)
    found |= dict(rest)
    return found


def resembles(reading: Reading, family: str) -> bool:
    """Tell quickly whether all arrays may be multiples of the correct gradient; the first that may not decides."""
    found, rest = _begun(reading, family)
    if not all(found.values()):
        return False
    for name, alike in rest:
        found[name] = alike
        if not alike:
            return False
    return True


@np.errstate(all="ignore")
def _begun(reading: Reading, family: str) -> tuple[dict[str, bool], Iterator[tuple[str, bool]]]:
    """Return what is known about the arrays, and what finds out about the rest of them."""
    if family not in reading.resembling:
        p = reading.exact(family)
        reading.resembling[family] = {}, _resembling(reading, p, 1 + norm(grammar.correct_error(p)))
    return reading.resembling[family]


def _resembling(reading: Reading, p: Pass, size: float) -> Iterator[tuple[str, bool]]:
    """Compare the arrays with the correct gradient, from the output down."""
    flow, found = Flow(), dict[str, bool]()
    for k in range(p.depth - 1, -1, -1):
        if reading.problem.X.size > MANY and found and not any(found.values()):  # nothing supports these activations
            yield from dict.fromkeys(reading.given, False).items()
            return
        flow, layer = _layer_resembling(reading, p, k, flow, size)
        found |= layer
        yield from layer.items()


@np.errstate(all="ignore")
def _layer_resembling(reading: Reading, p: Pass, k: int, flow: Flow, size: float) -> tuple[Flow, dict[str, bool]]:
    """Compare the arrays of a layer with the correct gradient."""
    flow, found = grammar.delta_of(p, k, {}, flow), {}
    delta, a = flow.deltas[-1], norm(p.a[k])
    for name in (f"W{k + 1}", f"b{k + 1}"):
        if name not in reading.given:
            continue
        g = reading.given[name]
        m = step.weight_gradient(p.a[k], delta) if name[0] == "W" else step.bias_gradient(delta)
        m = m if m.shape == g.shape else np.broadcast_to(m, g.shape)
        length, own = norm(g), float(np.vdot(m, m))
        drowned = 1e4 * reading.unit * (1 + a) * size + 100 * reading.floors.get(name, 0.0)
        miss = norm(g - m * (np.vdot(g, m) / own)) if 0 < own < np.inf else length
        found[name] = miss <= 1e-3 * length + drowned
    return flow, found


def evidence_for(reading: Reading, family: str) -> int:
    """Count the numbers in arrays that have the direction of the correct gradient."""
    found = resembling(reading, family)
    return sum(g.size for name, g in reading.given.items() if found[name] and g.size > 1 and g.any())


def likeliest(case: Case, readings: Sequence[Reading]) -> Baseline | None:
    """Find the correct gradient nearest to the numbers; None if no loss suits the targets."""
    if case.told is None:  # only activations that some array supports, or else the likeliest
        evidence = {
            id(reading): max((evidence_for(reading, loss.family) for loss in losses_for(case, reading)), default=0)
            for reading in readings
        }
        readings = sorted(readings, key=lambda reading: -evidence[id(reading)])[:2]
    baselines = [one for reading in readings for one in comparisons(case, reading, losses_for(case, reading))]
    return nearest(baselines) if baselines else None


def drowned(case: Case, best: Baseline) -> bool:
    """Tell whether only rounding errors can be seen, so that a search would be pointless."""
    blocks = best.reading.correct(best.loss.family).values()
    return not best.tested or (case.step and all(block.vague(best.s) for block in blocks))


def judged_arrays(one: Baseline) -> dict[str, Array]:
    """Judge every array by itself."""
    found = {}
    for name, block in one.reading.correct(one.loss.family).items():
        error = step.relative_error(block.given, one.s * block.made)
        turned = one.reading.problem.turned[int(name[1:]) - 1] and name[0] == "W"
        if name in one.agree and not turned:
            found[name] = Array("correct" if name in one.tested else "not tested", error, 1.0, 1)
        else:
            factor = block.factor / one.s if np.isfinite(block.factor) and block.off(block.factor) <= 1 else None
            sign = int(np.sign(factor)) if factor else None
            found[name] = Array("incorrect", error, factor, sign)
    return found


def judged_layers(found: Mapping[str, Array], depth: int, mistakes: Mapping[str, Sequence[int]]) -> tuple[Layer, ...]:
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


def answer(
    case: Case, one: Baseline, verdict: str, judged: Mapping[str, Array], at: Mapping[str, Sequence[int]], **more: Any
) -> Diagnosis:
    """Write a diagnosis that judges each array and each layer against a baseline."""
    reading, loss = one.reading, one.loss
    known: dict[str, Any] = {
        "loss": loss.name,
        "scale": None,
        "sign": int(np.sign(one.s)),
        "convention": reading.problem.convention,
        "layers": judged_layers(judged, reading.depth, at),
        "activations": tuple(phi.name for phi in reading.activations),
        "correct": _correct_gradients(one),
        "assumed": tuple(assumed(case, reading, loss)),
        "arrays": judged,
    }
    return Diagnosis(verdict, **{"mistakes": tuple(at), **known, **more})


def _correct_gradients(one: Baseline) -> Gradients:
    """Return the correct gradient in the layout of the weights that were passed."""
    reading, loss = one.reading, one.loss
    made = grammar.backward(reading.exact(loss.family), {})
    depth = range(1, reading.depth + 1)
    back = given_back(reading.problem, [loss.factor * made[f"W{k}"] for k in depth])
    with_bias = reading.problem.biases is not None
    return Gradients(back, tuple(loss.factor * made[f"b{k}"] for k in depth) if with_bias else None)


def assumed(case: Case, reading: Reading, loss: LossReading) -> Iterator[str]:
    """List what was inferred because it was not specified."""
    if len(case.problems) > 1 or case.convention is None:
        name = reading.problem.convention
        yield f"the convention {name}, that is {CONVENTIONS[name]}"
    yield from assumptions(reading.problem)
    if case.told is None or any(len(names) > 1 for names in case.told):
        yield f"the activations {', '.join(phi.name for phi in reading.activations)}"
    if case.loss is None:
        yield f"the loss {loss.name}, {loss.words}"
    at = [phi for phi, kink in zip(reading.activations, reading.kinks, strict=False) if kink.any()]
    yield from dict.fromkeys(
        f"the derivative {_derivative_at_zero(phi):g} of {phi.name} at its kink, z = 0" for phi in at
    )
