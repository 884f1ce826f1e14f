"""Diagnosis of one update of the weights, or of two, by gradient descent, momentum or Adam."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from backprop import checks
from backprop import derivation as step
from backprop.network import Model
from backprop.verification import grammar
from backprop.verification.answers import with_other_numbers
from backprop.verification.catalogue import BY_SLUG, OF_THE_SCALE, planted
from backprop.verification.comparison import Baseline, Case, answer, losses_for, read
from backprop.verification.diagnosis import diagnosed, under_decay, with_remarks
from backprop.verification.findings import Alternative, Array, Diagnosis
from backprop.verification.intake import Handed, arrays, data, precision_of, problems
from backprop.verification.optimizers import Optimizer, adam_direction, told_optimizer
from backprop.verification.remarks import told_printed
from backprop.verification.search import COARSE, LossReading, Reading
from backprop.verification.told import told_activations
from backprop.verification.unexplained import EARLIER, no_change, nothing

#: Weights and biases: two lists of arrays, of which the second is empty if there are no biases.
Parameters = tuple[list[np.ndarray], list[np.ndarray]]


def diagnose_step(
    before: Any,
    after: Any,
    X: Any,
    y: Any,
    eta: float | None = None,
    *,
    biases: Any = None,
    activations: Any = None,
    loss: str | None = None,
    convention: str | None = None,
    printed_loss: float | None = None,
    optimizer: Any = None,
    after2: Any = None,
) -> Diagnosis:
    """Name the mistake in one update of the weights, or in two.

    It detects what `diagnose` detects, and also a step that increases the loss and a layer that was updated before its
    δ was propagated back. Two steps also show whether gradients are added up, computed only once, or kept in a
    velocity.

    Args:
        before: the weights before the update, as for `diagnose`; or a `backprop.Model`.
        after: the weights after it, or a `Model`.
        X: the inputs.
        y: the targets.
        eta: the learning rate, or None. Without it, the learning rate cannot be distinguished from a factor of the
            gradient.
        biases: None, or the biases before and after the update as a pair, in which None stands for unknown ones after
            it; with after2, the biases at all three times.
        activations: as for `diagnose`; Adam needs them.
        loss: as for `diagnose`; Adam needs it.
        convention: as for `diagnose`.
        printed_loss: as for `diagnose`.
        optimizer: "sgd", "momentum" or "adam", or a mapping with PyTorch's names, such as {"name": "adam", "lr": 0.01},
            {"name": "momentum", "lr": 0.1, "momentum": 0.9}. The step is the first one, from a state of zeros.
        after2: the weights after a second update with the same data, or None.

    Returns:
        The diagnosis. Its verdict is "unknown" if the weights changed by little more than their own rounding.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes fit no convention, a number is NaN or infinite, or a name is unknown.

    Examples:
        >>> import backprop
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> new = model.update(model.backward(model.forward(X), y), eta=0.5)
        >>> backprop.diagnose_step(model.weights, new.weights, X, y, eta=0.5).verdict
        'correct'
        >>> uphill = [2 * old - new for old, new in zip(model.weights, new.weights)]
        >>> backprop.diagnose_step(model.weights, uphill, X, y, eta=0.5).mistakes
        ('uphill',)

        The second step adds the first gradient once more:

        >>> first = model.backward(model.forward(X), y).weights
        >>> second = new.backward(new.forward(X), y).weights
        >>> added = [w - 0.5 * (f + s) for w, f, s in zip(new.weights, first, second)]
        >>> backprop.diagnose_step(model.weights, new.weights, X, y, eta=0.5, after2=added).mistakes
        ('gradients-not-zeroed',)
    """
    if isinstance(before, Model):
        activations = before.activations if activations is None else activations
        given = [one for one in (before, after, after2) if one is not None]
        if biases is None and before.biases is not None:
            biases = [one.biases if isinstance(one, Model) else None for one in given]
    before, after, after2 = (one.weights if isinstance(one, Model) else one for one in (before, after, after2))
    if printed_loss is not None:
        told_printed(printed_loss)
    rule = told_optimizer(optimizer, eta)
    states = _states(before, after, after2, biases)
    told = told_activations(activations, len(states[0][0]), loss)
    if rule.name == "adam" and (activations is None or loss is None):
        raise ValueError("optimizer 'adam' shows little more than signs; expected activations and loss as well")
    precision = precision_of(after)
    if precision is np.float16:
        return nothing(len(states[0][0]), "float16 holds three digits, too few to tell; compute in float32 or float64")

    def case_of(k: int, carried: Parameters | None = None) -> Case:
        """Read step k, after subtracting what an earlier step carried into it."""
        moved = _moved(states[k], states[k + 1], rule.lr or 1.0)
        given = moved if carried is None else _combined(moved, carried, -1.0)
        (w, b), (new, _) = states[k], states[k + 1]
        handed = Handed(data("X", X), data("y", y), w, b or None, given[0], given[1] or None, new)
        unit = float(np.finfo(precision).eps)
        floors = _floors(states[k], states[k + 1], unit / (rule.lr or 1.0))
        found, known = problems(handed, convention), rule.lr is not None
        return Case(found, told, loss, unit, COARSE[precision], floors, known, True, rule.lr, convention)

    def answered(case: Case) -> Diagnosis:
        """Diagnose a step, with the weight decay that was specified."""
        return under_decay(case, rule.weight_decay)[1] if rule.weight_decay else diagnosed(case)

    if rule.name == "adam":
        case = case_of(0)._replace(eta=None)  # the limit of a learning rate is that of gradient descent
        found = _adam(case, case_of(1) if after2 is not None else None, rule)
        return found if found.verdict == "unknown" else with_remarks(case, found, printed_loss)
    case = case_of(0)
    if not any(array.any() for part in _moved(states[0], states[1], 1.0) for array in part):
        return no_change(case)
    found = with_remarks(case, answered(case), printed_loss, rule.weight_decay, rule.momentum)
    if rule.momentum and rule.lr and found.verdict != "correct":  # the velocity may be an average
        rule = rule._replace(lr=(1 - rule.momentum) * rule.lr)
        case = case_of(0)
        average = answered(case)
        if average.verdict == "correct":
            reason = "correct for a velocity that is an average, v ← μv + (1 − μ) ∇L, whose steps are 1 − μ as long"
            average = replace(average, reason=reason)
            found = with_remarks(case, average, printed_loss, rule.weight_decay, rule.momentum)
    if after2 is None or found.verdict != "correct":
        return found

    def second(carried: Parameters, under: str | None = loss) -> Diagnosis:
        return answered(case_of(1, carried)._replace(loss=under))

    return _second(found, states, rule, second)


def _states(before: Any, after: Any, after2: Any, biases: Any) -> list[Parameters]:
    """Read the parameters at every time, and check that their shapes do not change."""
    w = [arrays("before", before)]
    w.append(arrays("after", after, len(w[0]), "before"))
    if after2 is not None:
        w.append(arrays("after2", after2, len(w[0]), "before"))
    b: list[list[np.ndarray]] = [[] for _ in w]
    if biases is not None:
        if not isinstance(biases, Sequence) or len(biases) != len(w):
            got = f"has {len(biases)} entries" if isinstance(biases, Sequence) else f"is {checks.shown(biases)}"
            many, how = ("a pair", "after the update") if len(w) == 2 else ("three", "after each update")
            raise TypeError(f"biases {got}; expected {many}, the biases before and {how}")
        for i, part in enumerate(biases):
            if part is not None or i == 0:
                b[i] = arrays(f"biases[{i}]", part, len(w[0]), "before")
            elif len(w) > 2:
                raise ValueError(f"biases[{i}] is None; expected the biases at every time, as after2 was given")
    for i in range(1, len(w)):
        for name, old, new in ((f"after{'2' * (i - 1)}", w[0], w[i]), (f"biases[{i}]", b[0], b[i])):
            for k, (o, n) in enumerate(zip(old, new, strict=False)):
                if o.shape != n.shape:
                    raise ValueError(f"{name}[{k}] has shape {n.shape}; expected {o.shape}, as before the update")
    return list(zip(w, b, strict=True))


def _moved(old: Parameters, new: Parameters, rate: float) -> Parameters:
    """Compute what a step subtracted, divided by the learning rate; unknown biases are left out."""
    weights, biases = ([(o - n) / rate for o, n in zip(*pair, strict=False)] for pair in zip(old, new, strict=True))
    return weights, biases


def _combined(one: Parameters, other: Parameters, f: float) -> Parameters:
    """Add a multiple of the second parameters to the first."""
    weights, biases = ([a + f * b for a, b in zip(*pair, strict=True)] for pair in zip(one, other, strict=True))
    return weights, biases


@np.errstate(over="ignore")  # weights of 1e200, say, whose squares are infinite
def _floors(old: Parameters, new: Parameters, unit: float) -> dict[str, float]:
    """Compute the error that rounding in the update causes in each array."""
    return {
        f"{letter}{i + 1}": unit * float(np.linalg.norm(np.maximum(np.abs(o), np.abs(n))))
        for letter, olds, news in zip("Wb", old, new, strict=True)
        for i, (o, n) in enumerate(zip(olds, news, strict=False))
    }


def _second(
    first: Diagnosis, states: Sequence[Parameters], rule: Optimizer, ask: Callable[..., Diagnosis]
) -> Diagnosis:
    """Diagnose the second step, after a correct first one."""
    rate = rule.lr or 1.0
    one, two = _moved(states[0], states[1], rate), _moved(states[1], states[2], rate)

    scale = first.scale or 1.0

    def size(parameters: Parameters) -> float:
        return float(np.sqrt(sum(np.vdot(a, a) for part in parameters for a in part)))

    def fits(carried: Parameters) -> bool:
        """Tell whether the second step is correct, with the scale of the first, after subtracting what was carried."""
        found = ask(carried)
        same = found.loss == first.loss and found.activations == first.activations
        return found.verdict == "correct" and same and abs((found.scale or 0) - (first.scale or 0)) < 1e-3 * scale

    def mistake(reason: str, *slugs: str) -> Diagnosis:
        return replace(first, verdict="mistake", mistakes=slugs, place="update", reason=reason, cannot_tell=())

    none = _combined(one, one, -1.0)
    velocity = _combined(none, one, rule.momentum)
    if size(two) == 0:
        return mistake("the second update changed nothing: it changes a copy of the weights")
    if fits(velocity):
        return replace(first, evidence=f"{first.evidence}; the second step is correct as well")
    if fits(_combined(one, states[0], -rule.weight_decay)):
        return mistake("the first step is correct; the second adds its gradient once more", "gradients-not-zeroed")
    if size(_combined(two, one, -1.0)) <= 1e-6 * size(one):
        return mistake("the second step repeats the first: the forward pass, or the gradient, was not computed again")
    if rule.momentum and fits(none):
        return mistake("the second step is plain gradient descent: the velocity of the first is lost")
    for beta in (0.9, 0.95, 0.99, 0.8, 0.5):
        if fits(_combined(none, one, beta)):
            return mistake(f"the second step is one with momentum {beta:g}")
    again: Diagnosis = ask(velocity, first.loss)  # both steps have one loss, which the first has shown
    length = (again.scale or scale) / scale
    if again.sign == first.sign and abs(length - 1) > 1e-3 and set(again.mistakes) <= OF_THE_SCALE:
        reason = f"the first step is correct; the second is {length:.4g} times as long as it should be"
        reason += ", as if the learning rate had changed between them"
        return replace(first, verdict="unknown", reason=reason, scale=None, cannot_tell=())
    found: Diagnosis = ask(velocity)
    if found.verdict == "correct":
        found = replace(found, verdict="unknown", scale=None, cannot_tell=())
    more = found.reason.removesuffix(f"; {EARLIER}")
    return replace(found, reason="; ".join(filter(None, ["the first step is correct, the second is not", more])))


def _adam(case: Case, second: Case | None, rule: Optimizer) -> Diagnosis:
    """Diagnose the first step of Adam, or the first two; signs alone are not enough to name a mistake."""
    moved = [g.any() for p in case.problems for g in (*p.gradients, *(p.bias_gradients or ()))]
    if case.told is None or not any(moved):
        return no_change(case)
    tried: list[tuple[int, Reading, LossReading, dict[str, np.ndarray], dict[str, bool | None]]] = []
    for reading in read(case, list(product(*case.told))):
        for loss in losses_for(case, reading)[:1]:
            made = grammar.backward(reading.exact(loss.family), {})
            agree = _agreeing(reading, loss, made, rule)
            tried.append((sum(map(bool, agree.values())), reading, loss, made, agree))
    if not tried:
        return nothing(case.depth, "no common loss goes with this output activation and these targets")
    _, reading, loss, made, agree = max(tried, key=lambda one: one[0])
    judged = {
        name: Array(
            "not tested" if good is None else "correct" if good else "incorrect",
            step.relative_error(reading.given[name], adam_direction([loss.factor * made[name]], rule)),
            1.0 if good else None,
            1 if good else None,
        )
        for name, good in agree.items()
    }
    found = answer(
        case,
        Baseline(reading, loss, loss.factor, frozenset(), frozenset()),
        "correct",
        judged,
        {},
        correct=None,
        reason="the first step of Adam shows the sign of each number, and little of its size",
    )
    there = with_other_numbers(reading)
    right, with_mistake = grammar.backward(there.exact(loss.family), {}), dict(_mistaken(there, loss))
    same = tuple(
        slug
        for slug, other in _mistaken(reading, loss)
        if _all(_agreeing(reading, loss, other, rule))
        and slug in with_mistake
        # what never changes a number is no mistake in such a network
        and not all(np.allclose(with_mistake[slug][name], right[name]) for name in reading.given)
    )
    if _all(agree):
        found = replace(found, cannot_tell=same)
        return found if second is None else _adam_again(found, reading, loss, second, rule)
    one, two = rule.betas
    updates = {
        "it is a step of plain gradient descent": lambda g: g,
        "the bias correction is missing": lambda g: (1 - one) * g / (np.sqrt(1 - two) * np.abs(g) + rule.eps),
        "the step increases the loss": lambda g: -adam_direction([g], rule),
    }
    for reason, update in updates.items():
        if _all(_agreeing(reading, loss, made, rule, update)):
            slugs = ("uphill",) if "increases" in reason else ()
            return replace(found, verdict="mistake", mistakes=slugs, place="update", sign=None, reason=reason)
    others = tuple(
        Alternative("mistake", (slug,), None, loss.name, f"the same signs: {BY_SLUG[slug].title} ({slug})")
        for slug in same
    )
    wrong = ", ".join(name for name, good in agree.items() if good is False)
    reason = f"the change of {wrong} is not that of Adam; its first step shows too little to name a mistake"
    return replace(found, verdict="unknown", sign=None, alternatives=others[:4], reason=reason)


def _all(agree: Mapping[str, bool | None]) -> bool:
    """Tell whether some arrays were tested and all of those agree."""
    return True in agree.values() and False not in agree.values()


def _agreeing(
    reading: Reading,
    loss: LossReading,
    made: Mapping[str, np.ndarray],
    rule: Optimizer,
    update: Callable[[np.ndarray], np.ndarray] | None = None,
) -> dict[str, bool | None]:
    """Compare the changes with those that Adam makes from a gradient; None if rounding hides every sign."""
    found: dict[str, bool | None] = {}
    for name, block in reading.correct(loss.family).items():
        g, slack = loss.factor * made[name], loss.factor * block.slack + 1e-300
        wanted = adam_direction([g], rule) if update is None else update(g)
        seen = np.abs(g) > 10 * slack
        # the effect of rounding in the gradient on its direction, where ε counts, and that of rounding in the weights
        allowed = (
            rule.eps * slack / np.maximum(np.abs(g) + rule.eps, 1e-150) ** 2
            + 4 * block.floor
            + 1e3 * reading.unit * np.abs(wanted)
        )
        off = np.abs(block.given - wanted) > allowed
        tested = seen.any() or (not g.any() and block.given.any())
        found[name] = None if not tested else not off[seen | (g == 0)].any()
    return found


def _mistaken(reading: Reading, loss: LossReading) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """List the gradients that mistakes of the catalogue would give."""
    p = reading.exact(loss.family)
    for slug, plan, factors in planted(p, reading.n):
        if slug != "updated-too-early":
            whole = factors.get("", 1.0)
            with suppress(ValueError):  # the number of examples rules it out
                yield slug, {name: whole * g for name, g in grammar.backward(p, plan, factors).items()}


def _adam_again(found: Diagnosis, reading: Reading, loss: LossReading, case: Case, rule: Optimizer) -> Diagnosis:
    """Diagnose the second step of Adam, after a correct first one."""
    problem = next(p for p in case.problems if p.convention == reading.problem.convention)
    later = Reading(problem, reading.activations, case.unit, case.coarse, case.floors)
    g1, g2 = (
        {name: loss.factor * g for name, g in grammar.backward(one.exact(loss.family), {}).items()}
        for one in (reading, later)
    )
    slack = {name: loss.factor * block.slack for name, block in reading.correct(loss.family).items()}
    again = rule._replace(betas=(0.0, 0.0))  # without its state, Adam's step is the sign

    def off(name: str, direction: np.ndarray) -> bool:
        clear = np.minimum(np.abs(g1[name]), np.abs(g2[name])) > 1e6 * slack[name]
        allowed = 1e-5 + 4 * case.floors[name]
        return bool((np.abs(later.given[name] - direction)[clear] > allowed).any())

    readings: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
        "": lambda a, b: adam_direction([a, b], rule),
        "the averages of the first step are lost in the second": lambda a, b: adam_direction([b], again),
        "the second step adds the gradient of the first once more": lambda a, b: adam_direction([a, a + b], rule),
    }
    for reason, direction in readings.items():
        if not any(off(name, direction(g1[name], g2[name])) for name in later.given):
            if not reason:
                return replace(found, cannot_tell=(), reason="", evidence="both steps are those of Adam")
            slugs = ("gradients-not-zeroed",) if "adds" in reason else ()
            return replace(found, verdict="mistake", mistakes=slugs, place="update", cannot_tell=(), reason=reason)
    reason = "the first step is correct, the second is not that of Adam"
    return replace(found, verdict="unknown", cannot_tell=(), reason=reason)
