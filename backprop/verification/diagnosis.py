"""Diagnosis: name the mistake in a gradient that any program computed.

`diagnose` takes weights, data and the gradient that your code computed for them; `steps.diagnose_step` takes the
weights before and after one update. Both infer whatever you do not specify. The verdict is "correct", "mistake" or
"unknown". A mistake is named only if the numbers agree to the last digits.

Each array is first judged by itself as correct, incorrect, or not tested by these data. Then explanations of the
incorrect arrays compete, in this order:

1. correct for the loss that was named; if none was, for the first that fits among the mean, half the mean, the sum and
   half the sum of squares, then the cross-entropies. −∇L is correct as well, with `sign` −1, because a program may add
   it to the weights; in a step it is the mistake `uphill`;
2. correct for a common loss other than the one named;
3. one mistake at one place, or the same mistake in several layers;
4. factors by N, by widths and by 2;
5. two mistakes.

Explanations that give the same numbers are alternatives. A mistake without a name in the catalogue is described by its
place and by a line of code that gives the numbers. Under "unknown" nothing is named, but the arrays are still judged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from backprop import checks
from backprop.network import ACTIVATIONS, Model
from backprop.verification.answers import apart_from, is_correct, is_mistake, skipping, with_decay, with_term
from backprop.verification.catalogue import OF_THE_SCALE
from backprop.verification.comparison import (
    Baseline,
    Case,
    comparisons,
    drowned,
    evidence_for,
    fitting,
    likeliest,
    losses_for,
    read,
)
from backprop.verification.explanation import LIMIT, Explanation, explanations, named_factors
from backprop.verification.findings import Diagnosis
from backprop.verification.hints import hints
from backprop.verification.intake import Handed, arrays, data, precision_of, problems, split
from backprop.verification.logarithms import with_clipping, with_epsilon
from backprop.verification.optimizers import told_fraction
from backprop.verification.remarks import remarks, told_printed
from backprop.verification.search import COARSE, MANY, MOST, LossReading, Reading, Search, State, losses, norm
from backprop.verification.told import networks_for, told_activations, told_losses
from backprop.verification.unexplained import ALMOST, TOO_SMALL_TO_TELL, all_zero, is_unknown, nothing

#: The largest number of readings that are searched for a mistake: of those that some array supports, the likeliest
#: first, and of the others if their activations are unlikely.
SEARCHED, FEW = 24, 8
#: How often the searches of one diagnosis may go one layer down; the decisions say how often they need to.
STEPS = 2000
#: The largest number of networks that are tried in each group if there are many inputs.
LARGE = 16


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
    weight_decay: float = 0.0,
) -> Diagnosis:
    """Name the mistake in a gradient.

    Args:
        weights: one array for each layer, (in, out) or (out, in); or a `backprop.Model`.
        X: the inputs, with one example in each row or in each column.
        y: the targets; for one output they may have shape (N,).
        gradients: what a backward pass computed for these weights, as one array for each layer, in the shapes of the
            weights. With biases, you can also pass `backprop.Gradients`, {"weights": …, "biases": …}, a pair of lists,
            a pair (W, b) for each layer, or one list in PyTorch's order W₁, b₁, W₂, b₂, …
        biases: one for each layer, (out,), (1, out) or (out, 1), if the network has any.
        activations: a name for all layers, a list with one for each, or None in place of whatever is not known;
            "sigmoid", "tanh", "relu", "identity" and the others of the network. If they are not specified, these four
            are tried first.
        loss: a name of `LOSS_NAMES` in `backprop.verification.loss_values`, such as "mse", "mse_half_sum",
            "binary_cross_entropy" or "cross_entropy", or one of its other names, such as "bce"; or None.
        convention: "rows, (in, out)" and so on, or a part of it such as "columns", or None.
        printed_loss: the loss that the program printed for these weights; a remark says which loss that is.
        weight_decay: λ, if the program adds a term λW to the gradient. If λ is not given, such a term is a mistake, and
            the diagnosis says which λ fits.

    Returns:
        The diagnosis.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes fit no convention, a number is NaN or infinite, a name is unknown, or every gradient is
            zero.

    Examples:
        >>> import backprop
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> right = model.backward(model.forward(X), y).weights
        >>> backprop.diagnose(model.weights, X, y, right).verdict
        'correct'

        Half of this gradient is the gradient of half the loss. If you name the loss, the missing factor is a mistake:

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
    if printed_loss is not None:
        told_printed(printed_loss)
    w = arrays("weights", weights)
    given_w, given_b = split(gradients, len(w), biases is not None)
    b = None if biases is None else arrays("biases", biases, len(w))
    g = arrays("gradients", given_w, len(w))
    gb = None if given_b is None else arrays("gradients of biases", given_b, len(w))
    handed = Handed(data("X", X), data("y", y), w, b, g, gb)
    told = told_activations(activations, len(w), loss)
    read_as = problems(handed, convention)
    precision = precision_of([*given_w, *(given_b or ())], [*weights, X])
    if precision is np.float16:
        return nothing(len(w), "float16 holds three digits, too few to tell; compute in float32 or float64")
    case = Case(read_as, told, loss, float(np.finfo(precision).eps), COARSE[precision], {}, True, convention=convention)
    if not any(array.any() for array in (*g, *(gb or ()))):
        return all_zero(case)
    decay = told_fraction("weight_decay", weight_decay)
    case, found = under_decay(case, decay) if decay else (case, diagnosed(case))
    return with_remarks(case, found, printed_loss, decay)


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
    """Raise an error unless a gradient is correct, for use in tests that grade a program.

    Args:
        weights: as for `diagnose`.
        X: as for `diagnose`.
        y: as for `diagnose`.
        gradients: as for `diagnose`.
        biases: as for `diagnose`.
        activations: as for `diagnose`.
        loss: as for `diagnose`.
        convention: as for `diagnose`.
        sign: 1 to require ∇L, −1 to require −∇L, None to accept either.
        strict: whether these data must leave nothing open, see `Diagnosis.left_open`: they must have tested every
            array and excluded every mistake of the catalogue.

    Returns:
        The diagnosis, if it is "correct".

    Raises:
        AssertionError: if it is not, or if `strict` or `sign` is not satisfied; the message contains the diagnosis.
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
    if not (sign is None or (isinstance(sign, int | np.integer) and sign in (1, -1))):
        raise ValueError(f"sign is {checks.shown(sign)}; expected 1, -1 or None")
    checks.of_type("strict", strict, bool, "True or False")
    found = diagnose(weights, X, y, gradients, biases=biases, activations=activations, loss=loss, convention=convention)
    if found.verdict != "correct":
        raise AssertionError(f"\n{found}")
    if strict and found.left_open:
        raise AssertionError(f"\nThese data leave something open, which strict does not accept.\n{found}")
    if sign is not None and found.sign != sign:
        raise AssertionError(f"\nThe sign is {found.sign}; expected {sign}.\n{found}")
    return found


@np.errstate(all="ignore")
def with_remarks(
    case: Case, found: Diagnosis, printed_loss: float | None, decay: float = 0.0, momentum: float = 0.0
) -> Diagnosis:
    """Add remarks on why the network may not learn; if nothing fits, add hints on other arrays to pass."""
    if found.verdict == "unknown":
        if found.evidence or found.reason == TOO_SMALL_TO_TELL:  # the numbers agree, as far as rounding lets us see
            return found
        networks = [n for group in networks_for(case.told, case.depth, "") for n in group][:8]
        arrays = found.arrays.values()
        almost = len(arrays) > 0 and all(array.relative_error < ALMOST for array in arrays)
        correct = almost or any(array.verdict == "correct" for array in arrays)
        family = "" if case.loss is None else told_losses(case.loss, 2, 2)[0].family
        tried = hints(case.problems, networks, case.unit, case.step, correct, family)
        if tried.everything:
            return replace(found, reason="; ".join(tried.texts), alternatives=(), place=None)
        return replace(found, reason="; ".join((found.reason, *tried.texts)))
    problem = next(p for p in case.problems if p.convention == found.convention)
    told = {phi.name: phi for layer in case.told or [] for phi in layer}
    phis = [told.get(name) or ACTIVATIONS[name] for name in cast(tuple[str, ...], found.activations)]
    model, loss = Model(problem.weights, problem.biases, phis), cast(str, found.loss)
    X, y, eta = problem.X, problem.y, case.eta
    more = remarks(model, X, y, loss, eta=eta, momentum=momentum, printed_loss=printed_loss, weight_decay=decay)
    return replace(found, remarks=more)


def explained(
    case: Case, readings: Sequence[Reading], few: int, steps: Iterator[int], again: bool = False
) -> list[Explanation]:
    """List the explanations that assume a mistake, the simplest first.

    Args:
        case: the arrays and options.
        readings: the ways to read the arrays.
        few: how many readings that no array supports are searched.
        steps: as for `Search`; when it is empty, the search ends.
        again: whether the readings that some array supports have been searched before.

    Returns:
        The explanations; none if the steps run out, because a better one might have been missed.
    """
    if not readings:  # no forward pass is finite
        return []
    found: list[Explanation] = []
    tasks = []
    for reading in readings:
        candidates = losses_for(case, reading)
        own = {loss.family: [one for one in candidates if one.family == loss.family] for loss in candidates}
        evidence = max((evidence_for(reading, family) for family in own), default=0) if len(readings) > 1 else 0
        tasks.append((evidence, reading, own))
    tasks.sort(key=lambda task: -task[0])
    few = min(few, 1) if readings[0].problem.X.size > MANY else few
    likely = [] if again else [task for task in tasks if task[0]][:SEARCHED]
    tasks = [*likely, *[task for task in tasks if not task[0]][:few]]
    least = 0
    for evidence, reading, own in tasks:
        if found and evidence < least:
            break
        for family, candidates in own.items():
            search = Search(reading, family, named_factors(reading), steps)
            more: list[Explanation] = []
            for most in (1, MOST):
                states: list[State] = []
                for s in _scales_to_try(case, reading, candidates):
                    if next(steps, None) is None:
                        return []
                    states += search.explain(s, most)
                states.sort(key=search.cost)
                more = list(explanations(search, states, candidates, case.loss is not None, case.known, case.step))
                if more:
                    break
            least = max(least, evidence) if more else least
            found += more
        reading.forget()
    found = [one for one in found if one.cost <= LIMIT]
    return sorted(found, key=lambda one: one.cost)


def _scales_to_try(case: Case, reading: Reading, candidates: Sequence[LossReading]) -> list[float | None]:
    """List the factors of the whole gradient with which a search begins; None takes the factor from the first array."""
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
def diagnosed(case: Case) -> Diagnosis:
    """Try the verdicts in order: correct, a mistake, unknown."""
    family = "" if case.loss is None else told_losses(case.loss, 2, 2)[0].family
    groups, steps = [], iter(range(STEPS))
    for number, network in enumerate(networks_for(case.told, case.depth, family)):
        large = case.told is None and case.problems[0].X.size > MANY
        groups.append(read(case, network[:LARGE] if large else network))
        fits = fitting(case, groups[-1])
        if fits:
            at_kinks = hiding(fits[0], groups[-1])
            found = explained(case, at_kinks, 0, steps)
            return is_mistake(case, found) if found else is_correct(case, fits)
        near = with_epsilon(case, groups[-1])
        if near is not None:
            return apart_from(case, *near)
        if not number and case.step:
            best = likeliest(case, groups[0])
            if best is not None and drowned(case, best):
                return nothing(case.depth, TOO_SMALL_TO_TELL)
        if not number and case.told is None:  # an array that is correct is evidence enough for the activations
            found = explained(case, groups[0], 0, steps)
            if found:
                return concluded(case, found)
    for number, readings in enumerate(groups):
        again = not number and case.told is None
        found = explained(case, readings, FEW if number else len(readings), steps, again)
        if found:
            return concluded(case, found)
    if case.told is not None or case.problems[0].X.size <= MANY:
        for reading in groups[0]:
            clipped = with_clipping(case, reading)
            other = apart_from(case, *clipped) if clipped else skipping(case, reading) if case.told else None
            if other is not None:
                return other
    far = with_epsilon(case, groups[0], small=False) if case.told is not None and case.loss is not None else None
    return is_unknown(case, groups[0]) if far is None else apart_from(case, *far)


def hiding(fit: Baseline, readings: Sequence[Reading]) -> list[Reading]:
    """List the readings with a derivative at a kink, if rounding there hides an array of the gradient that fits."""
    blocks = fit.reading.correct(fit.loss.family)
    hidden = any(blocks[name].given.any() for name in fit.agree - fit.tested)
    return [one for one in readings if hidden and one.kinks]


def concluded(case: Case, found: Sequence[Explanation]) -> Diagnosis:
    """Answer what explains the numbers best, which need not be a mistake if rounding hides an array."""
    best = found[0]
    all_fits = comparisons(case, best.reading, [best.loss]) if best.correct else ()
    fits = [one for one in all_fits if abs(one.s / best.s - 1) < 1e-6]
    return is_correct(case, fits) if fits else is_mistake(case, found)


def under_decay(case: Case, decay: float) -> tuple[Case, Diagnosis]:
    """Diagnose a gradient to which the program adds a term λW.

    The term is subtracted first. If the rest is not correct, the gradient is diagnosed as it came, because the term may
    be missing, have another λ, or be in the biases as well, or both may have one factor. If none of this is so, the
    diagnosis is that of the rest.

    Args:
        case: the arrays and options.
        decay: λ, not 0.

    Returns:
        What was diagnosed, and the diagnosis.
    """

    def saying(words: str, found: Diagnosis) -> Diagnosis:
        return replace(found, reason="; ".join(filter(None, (words, found.reason))), correct=None)

    rest, opposite = (_without(case, sign * decay) for sign in (1, -1))
    found = diagnosed(rest)
    if (found.verdict == "correct" and found.sign == 1) or found.mistakes == ("uphill",):
        return rest, saying(with_term(decay), found)
    negative = diagnosed(opposite)
    if negative.sign == -1 and (negative.verdict == "correct" or negative.mistakes == ("uphill",)):
        return opposite, saying(with_term(decay), negative)
    if all(problem.bias_gradients is not None for problem in case.problems):
        both = _without(case, decay, of_biases=True)
        if (of_both := diagnosed(both)).verdict == "correct" and of_both.sign == 1:
            return both, saying(f"{with_term(decay)}, and a term λb", replace(of_both, weight_decay=decay))
    whole = diagnosed(case)
    fits = whole.weight_decay is not None and not whole.mistakes and abs((whole.scale or 0.0) - 1) < 1e-6
    if whole.verdict == "correct" or fits:
        return case, with_decay(whole, decay)
    if not found.mistakes and whole.mistakes and whole.weight_decay is None:  # these explain all, without a term λW
        return case, saying(f"the term λW with λ = {decay:g} is missing as well", whole)
    n = len(case.problems[0].X)
    for factor in () if found.mistakes else (2.0, 0.5, n, 1 / n):  # of the gradient and of the term alike
        scaled = _without(case, factor * decay)
        fit = diagnosed(scaled)
        if fit.mistakes and set(fit.mistakes) <= OF_THE_SCALE and abs((fit.scale or 0.0) / factor - 1) < 1e-6:
            return scaled, saying(f"{with_term(decay)}, which contains the factor as well", fit)
    return rest, saying(f"the term λW with λ = {decay:g} was subtracted before", found)


def _without(case: Case, decay: float, of_biases: bool = False) -> Case:
    """Subtract λW, and perhaps λb, from the gradients, unless they are zero, because a layer is not updated, say."""
    parts, floors = [], dict(case.floors)
    for problem in case.problems:
        terms = [decay * w if g.any() else 0.0 * w for w, g in zip(problem.weights, problem.gradients, strict=True)]
        parts.append(problem._replace(gradients=tuple(map(np.subtract, problem.gradients, terms))))
        for k, term in enumerate(terms):
            floors[f"W{k + 1}"] = case.floors.get(f"W{k + 1}", 0.0) + 4 * case.unit * norm(term)
        if of_biases and problem.biases is not None and problem.bias_gradients is not None:
            terms = [decay * b for b in problem.biases]
            parts[-1] = parts[-1]._replace(bias_gradients=tuple(map(np.subtract, problem.bias_gradients, terms)))
            for k, term in enumerate(terms):
                floors[f"b{k + 1}"] = case.floors.get(f"b{k + 1}", 0.0) + 4 * case.unit * norm(term)
    return case._replace(problems=parts, floors=floors)
