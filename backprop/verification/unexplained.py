"""The last stage of a diagnosis: what it says if no explanation fits, and where the mistake can be."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from backprop import derivation as step
from backprop.verification import grammar
from backprop.verification.comparison import (
    CLOSE,
    Baseline,
    Case,
    answer,
    drowned,
    fitting,
    judged_arrays,
    likeliest,
    losses_for,
    read,
)
from backprop.verification.findings import Alternative, Diagnosis, Layer
from backprop.verification.grammar import Flow
from backprop.verification.hints import accumulated
from backprop.verification.search import Reading, lone, norm
from backprop.verification.told import MIXED, networks_for, told_losses

TOO_SMALL_TO_TELL = "too small to tell: nothing but rounding can be seen"
#: The sentence for a step that is too long.
EARLIER = (
    "the step is longer than the gradient, as if momentum or the gradients of earlier steps were in it; the first two "
    "steps of the program would show that, if you pass the weights after the second one as `after2`"
)
#: The sentence for a gradient that is almost the correct one.
INEXACT = "as a gradient from single precision or from finite differences would be"
#: A relative error of every array below which we take it for such a gradient.
ALMOST = 1e-6
#: Numbers with no more than eight decimals, as NumPy prints, but with at least this many, have probably been printed.
PRINTED = 4
#: The largest norm of a fitted δ, relative to what it explains; a larger one would fit mere rounding errors.
LARGEST = 1e4
#: Activations for which φ(cz) = cφ(z) if c is positive.
HOMOGENEOUS = {"relu", "leaky_relu", "identity"}
#: The largest number of layouts for which we try whether one δ explains all arrays.
LAYOUTS = 8
#: Places that are not a single line of the backward pass, in words.
ELSEWHERE = {
    "update": "a mistake in the update",
    "forward": "a forward pass other than the one that these weights and activations give",
    "sum": "a mistake in the sums over the examples, in which some count for more than others",
}


def is_unknown(case: Case, readings: Sequence[Reading]) -> Diagnosis:
    """Report that nothing explains the numbers, but judge each array nevertheless."""
    best = likeliest(case, readings)
    if best is None:
        return nothing(case.depth, "no common loss goes with this output activation and these targets")
    if drowned(case, best):
        return nothing(case.depth, TOO_SMALL_TO_TELL)
    best = _in_one_delta(case, readings, best)
    agree = best.agree & best.tested
    blocks = best.reading.correct(best.loss.family)
    made = {name: best.s * block.made for name, block in blocks.items()}
    more = f"; {EARLIER}" if case.step and case.known and accumulated(best.reading.given, made) else ""
    alternatives = tuple(_if_untold(case)) if case.told is not None else ()
    open_to_all = case.told is None or case.loss is None or any(len(names) > 1 for names in case.told)
    printed = _if_printed(case)
    more += printed
    if not agree and open_to_all and not best.error < CLOSE:
        reason = (
            "no array agrees with the correct gradient; perhaps another activation or another loss was used, a "
            "regulariser was added, or the mistake is not in the catalogue"
        )
        return nothing(case.depth, reason + more, alternatives=alternatives)
    inexact = not agree and best.error < ALMOST and not printed
    judged = judged_arrays(best)
    if not case.known:  # a single number always agrees if it may have a factor of its own
        judged |= {n: judged[n]._replace(verdict="not tested") for n in best.agree if lone(best.reading.given[n])}
    wrong = [name for name, array in judged.items() if array.verdict == "incorrect"]
    right = [name for name, array in judged.items() if array.verdict == "correct"]
    reason = "no array is correct, and no known mistake explains the numbers"
    if best.error < CLOSE:
        reason = f"close to the correct gradient of {best.loss.name}, but off by {best.error:.0e}"
        reason += f", {INEXACT}" if inexact else "" if printed else ", which rounding cannot explain"
    elif right:
        reason = f"the gradient with respect to {', '.join(right)} is correct for {best.loss.name}, "
        reason += f"but no known mistake explains that with respect to {', '.join(wrong)}"
    where = tuple(possible_places(case, best, wrong)) if wrong and not alternatives and not inexact else ()
    sure = len(where) == 1 and where[0] not in ELSEWHERE
    if sure:
        reason += f"; there is {in_words(where[0], case, best)}"
    elif not inexact:
        alternatives += tuple(elsewhere(case, best, where))
    reason += more
    return answer(
        case,
        best,
        "unknown",
        judged,
        {},
        loss=best.loss.name if agree else None,
        alternatives=alternatives,
        reason=reason,
        place=where[0] if sure else None,
    )


def _if_printed(case: Case) -> str:
    """Say that numbers have as few decimals as numbers that were printed, if they have."""
    numbers = np.concatenate(
        [g.ravel() for g in (*case.problems[0].gradients, *(case.problems[0].bias_gradients or ()))]
    )
    places = next((k for k in range(9) if (np.round(numbers, k) == numbers).all()), 0)
    if case.step or places < PRINTED:
        return ""
    return f"; the gradients have no more than {places} decimals, as if they had been printed: pass them unrounded"


def _in_one_delta(case: Case, readings: Sequence[Reading], best: Baseline) -> Baseline:
    """Prefer a layout in which all arrays follow from one δ of the output, if in none of them an array is correct."""
    if best.agree & best.tested or case.told is None or _follows(best, case.depth) is not False:
        return best
    others = (likeliest(case, [one]) for one in readings[:LAYOUTS] if one is not best.reading)
    return next((one for one in others if one is not None and _follows(one, case.depth)), best)


def in_words(place: str, case: Case, best: Baseline) -> str:
    """Say where a mistake without a name is."""
    given = best.reading.given
    if place in ELSEWHERE:
        return ELSEWHERE[place]
    if place.startswith("delta"):
        return f"a mistake in {place}, or in what it is computed from"
    if place.startswith("A"):
        return f"other activations of layer {place[1:]} in the backward pass than in the forward pass"
    if place.startswith("phi"):
        return "a mistake in what all layers share, such as a function for the derivatives of the activations"
    update = ", or in its update" if case.step else ""
    if place == "dW1" and "b1" not in given:
        return f"a mistake in dW1 or in delta1{update} (no other array shows which)"
    what = f"{place} of each of these layers" if place in ("dW", "db") else place
    if place == "dW1" and {"W1", "b1"} <= set(given) - best.agree:  # and no other array depends on delta1
        what = "what makes dW1 and db1 from delta1"
    return f"a mistake in {what}{update}"


def elsewhere(case: Case, best: Baseline, where: Sequence[str]) -> Iterator[Alternative]:
    """List possible places of the mistake as alternatives."""
    for place in where:
        line = f"dW{int(place[1:]) + 1}" if place[0] == "A" else place  # of the two that use these activations
        line = "dW" if place == "sum" else line
        yield Alternative("mistake", (), line, best.loss.name, in_words(place, case, best))


def possible_places(case: Case, best: Baseline, wrong: Sequence[str]) -> Iterator[str]:
    """List the places where a single mistake can be, given which arrays are incorrect; none if one is not enough."""
    reading, bias = best.reading, best.reading.problem.bias_gradients is not None
    apart = bias and not reading.problem.bias_row
    right = {name for name in best.agree & best.tested if case.known or not lone(reading.given[name])}
    top = max(int(name[1:]) for name in wrong)
    own = [name for name in wrong if int(name[1:]) == top]
    below = {name for name in reading.given if int(name[1:]) < top}
    rest = wrong[0][0] == "b" or bool(below & best.tested)  # whether another array depends on δ
    if not reading.correct(best.loss.family)[wrong[0]].given.any() and case.step and not right:
        return
    if len(wrong) == 1 and (rest or not bias):
        yield f"d{wrong[0]}"
        if wrong[0][0] == "b" and not reading.exact(best.loss.family).a[top - 1].any(axis=1).all():
            yield f"delta{top}"  # of an example whose activations are all 0, so that it changes the bias gradient alone
        return
    kinds, other = {name[0] for name in wrong}, {"W": "b", "b": "W"}
    if len(wrong) > 1 and len(kinds) == 1 and {other[name[0]] + name[1:] for name in wrong} <= best.agree & best.tested:
        yield f"d{kinds.pop()}"  # every δ is correct
        return
    update = ["update"] * case.step
    if not below & set(wrong):  # the layers below follow from a correct δ
        if len(own) == 1:  # a δ whose examples are exchanged, say, has the same sum
            yield from (f"d{own[0]}", f"delta{top}", *([] if right else [f"db{top}"]))
        elif below & best.tested or not all(reading.given[name].any() for name in own):  # in one line or in two
            yield from (f"dW{top}", f"db{top}", *([f"delta{top}"] if apart else []))
        elif top == 1:  # one array may hold both, or one function make both
            yield from ("dW1", "delta1", *update)
        return
    some = {name for name in right if int(name[1:]) <= top}
    follows = False if some else _follows(best, top)
    stored = [f"A{top - 1}"] if some or (top > 1 and not follows and f"b{top}" not in wrong) else []  # in dW and φ′
    if follows is False and not right:  # the mistake is in a line that serves every layer, or in the forward pass
        yield from (f"phi{top}", *([] if apart else ["dW"]), "forward", *update)
    elif below <= set(wrong) or not some:
        unequal = ["sum"] * (top == reading.depth and reading.n > 1 and follows is True and _weighted(best))
        yield from (f"delta{top}", *stored, *unequal, *([] if follows else update))
        hidden = {phi.name for phi in reading.activations[:-1]}
        alike = bool(hidden) and hidden <= HOMOGENEOUS  # then another slope leaves what all gradients have in common
        if top == reading.depth and (follows is None or alike):
            yield "forward"
    else:
        yield from update


def _follows(best: Baseline, top: int) -> bool | None:
    """Tell whether all arrays up to a layer follow from one δ of that layer; None if that cannot be decided."""
    n, d = best.reading.exact(best.loss.family).z[top - 1].shape
    equations = sum(g.size for name, g in best.reading.given.items() if int(name[1:]) <= top)
    if n * d * equations > 200_000 or n * d > 400:
        return None
    found = _fitted(best, top, np.eye(n * d).reshape(n * d, n, d))
    if found is None:
        return None
    solution, meant, _ = found
    return False if solution is None else meant or None


def _weighted(best: Baseline) -> bool:
    """Tell whether all arrays may be sums in which each example has its own weight and no weight is negative."""
    p = best.reading.exact(best.loss.family)
    delta = grammar.delta_of(p, p.depth - 1, {}, Flow()).deltas[-1]
    solution, _, only = _fitted(best, p.depth, delta * np.eye(len(delta))[:, :, None]) or (None, False, True)
    return solution is not None and (not only or bool((1 + solution / best.s >= -1e-6).all()))


def _fitted(best: Baseline, top: int, delta: np.ndarray) -> tuple[np.ndarray | None, bool, bool] | None:
    """Fit the errors of all arrays up to a layer by multiples of many δ of it; None if any errors could be fitted.

    Returns:
        The multiple of each δ, or None if none fit; whether these multiples are small enough to be plausible; and
        whether no others fit.
    """
    reading = best.reading
    p, many = reading.exact(best.loss.family), len(delta)
    names = [name for name in reading.given if int(name[1:]) <= top]
    rows = {}
    for j in range(top - 1, -1, -1):
        rows[f"W{j + 1}"] = step.weight_gradient(p.a[j], delta)
        rows[f"b{j + 1}"] = step.bias_gradient(delta)
        if j:
            delta = step.activation_gradient(delta, p.weights[j]) * grammar.correct_derivative(p, j - 1)
    if any(reading.given[name].shape != rows[name].shape[1:] for name in names):
        return None
    blocks = reading.correct(best.loss.family)  # what differs from the correct gradient must follow from a δ
    scale = {n: max(norm(reading.given[n]), abs(best.s) * norm(blocks[n].made)) or 1.0 for n in names}
    matrix = np.hstack([rows[name].reshape(many, -1) / scale[name] for name in names]).T
    target = np.concatenate([(reading.given[n] - best.s * blocks[n].made).ravel() / scale[n] for n in names])
    if not np.isfinite(matrix).all():
        return None
    solution, _, rank, sizes = np.linalg.lstsq(matrix, target, rcond=1e-9)
    length = np.linalg.norm(target)
    if len(target) - rank < 2:
        return None
    fits = np.linalg.norm(matrix @ solution - target) < max(reading.coarse, 1e-7) * length
    return solution if fits else None, bool(np.linalg.norm(solution) * sizes[0] <= LARGEST * length), rank == many


def nothing(layers: int, reason: str, **more: Any) -> Diagnosis:
    """Return a diagnosis that judges nothing."""
    unknown = tuple(Layer(i + 1, "unknown", (), float("nan")) for i in range(layers))
    return Diagnosis("unknown", (), None, None, None, None, unknown, reason=reason, **more)


@np.errstate(all="ignore")
def all_zero(case: Case) -> Diagnosis:
    """Diagnose a gradient of zeros; raise an error if too little was specified to judge it."""
    if case.told is not None:
        for reading in read(case, list(product(*case.told))):
            candidates = losses_for(case, reading)
            made = grammar.backward(reading.exact(candidates[0].family), {})
            if not any(made[name].any() for name in reading.given):
                base = Baseline(reading, candidates[0], candidates[0].factor, frozenset(reading.given), frozenset())
                plain: dict[str, Any] = {"correct": None, "assumed": ()}
                reason = "every derivative is zero, because a layer is dead: no small change changes a prediction"
                return answer(case, base, "correct", judged_arrays(base), {}, scale=1.0, reason=reason, **plain)
            if case.loss is not None:
                found = is_unknown(case, [reading])
                reason = "the gradients are all zero, so they were never computed, or were cleared too early"
                reason += ", or δ of the output is zero"
                return replace(found, reason=reason, alternatives=(), place=f"delta{case.depth}")
    raise ValueError(
        "gradients are all zero; expected the gradient before it was cleared: looked for one number that is not zero"
    )


@np.errstate(all="ignore")
def no_change(case: Case) -> Diagnosis:
    """Diagnose a step in which nothing changed."""
    reason = "too small to tell: no weight changed"
    if case.told is None or case.loss is None:
        return nothing(case.depth, reason)
    found = is_unknown(case, read(case, list(product(*case.told)))[:1])
    if not found.arrays:
        return found
    reason = "no weight changed although the gradient is not zero, or the change is too small to tell"
    texts = {"update": ELSEWHERE["update"], f"delta{case.depth}": f"a delta{case.depth} that is zero"}
    others = (Alternative("mistake", (), place, str(case.loss), text) for place, text in texts.items())
    return replace(found, reason=reason, alternatives=tuple(others))


def _if_untold(case: Case) -> Iterator[Alternative]:
    """List the activations, other than those specified, for which the gradient would be correct."""
    free = case._replace(told=None)
    family = "" if case.loss is None else told_losses(case.loss, 2, 2)[0].family
    for group in networks_for(None, case.depth, family):
        fits = fitting(free, read(free, group)[: 4 * MIXED])
        if fits:
            names = ", ".join(phi.name for phi in fits[0].reading.activations)
            text = f"correct for {fits[0].loss.name}, if the activations are {names}"
            yield Alternative("correct", (), None, fits[0].loss.name, text)
            return
