"""The third stage of a diagnosis: what it says about a correct gradient, and about one that a mistake explains."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from backprop import derivation as step
from backprop.network import ACTIVATIONS, Activation
from backprop.verification import grammar, words
from backprop.verification.catalogue import BY_SLUG, Known, gives, planted
from backprop.verification.comparison import (
    Baseline,
    Case,
    answer,
    comparisons,
    fitting,
    judged_arrays,
    judged_layers,
    losses_for,
    nearest,
    resembles,
)
from backprop.verification.explanation import AHEAD, NEAR, ONE, Explanation, equivalents
from backprop.verification.findings import Alternative, Array, Diagnosis
from backprop.verification.loss_values import LOSS_NAMES, loss_values
from backprop.verification.search import MANY, Block, LossReading, Reading, losses
from backprop.verification.unexplained import ELSEWHERE, elsewhere, possible_places


def is_correct(case: Case, fits: Sequence[Baseline]) -> Diagnosis:
    """Answer that a gradient is correct."""
    best = fits[0]
    reading = best.reading
    found = judged_arrays(best)
    vague = [name for name, array in found.items() if array.verdict == "not tested" and array.relative_error > 0]
    numbers = sum(g.size for name, g in reading.given.items() if name not in vague)
    off = max((array.relative_error for name, array in found.items() if name not in vague), default=0.0)
    layers = judged_layers(found, reading.depth, {})
    small = [str(layer.number) for layer in layers if layer.verdict == "unknown"]
    unseen, reasons = _unseen(case, reading), []
    if small or vague:
        what = f"layer {', '.join(small)}" if small else ", ".join(vague)
        reasons.append(f"the {'change' if case.step else 'gradient'} of {what} is too small to be told from rounding")
        unseen = _unseen(case._replace(known=True), reading)
    losses_of = {(one.loss.name, one.reading.activations): one for one in reversed(fits)}  # each in its first layout
    others = [
        Alternative("correct", (), None, one.loss.name, f"correct for {one.loss.name}{_where(one.reading, reading)}")
        for one in fits[1:]
        if losses_of[one.loss.name, one.reading.activations] is one
    ]
    return answer(
        case,
        best,
        "unknown" if small else "correct",
        found,
        {},
        scale=abs(best.s) / best.loss.factor,
        alternatives=tuple(others[:4]),
        reason="; ".join([*reasons, *unseen]),
        evidence=_agreement(numbers, off, case.step),
        cannot_tell=() if small else _cannot_tell(case, best),
        unseen=tuple(unseen),
    )


def apart_from(case: Case, one: Baseline, made: Mapping[str, Block], what: str, harmless: float) -> Diagnosis:
    """Answer that a gradient is correct apart from a deliberate change; if that exceeds `harmless`, it is a mistake."""
    found = replace(is_correct(case, [one]), cannot_tell=(), evidence="")
    plain = judged_arrays(one)
    off = max(array.relative_error for array in plain.values())
    if off > harmless:
        reason = f"your numbers fit {what}, which changes the gradient by {off:.0%}"
        layers = judged_layers(plain, one.reading.depth, {})
        place = f"delta{one.reading.depth}"
        return replace(found, verdict="mistake", reason=reason, arrays=plain, layers=layers, place=place)
    errors = {name: step.relative_error(block.given, one.s * block.made) for name, block in made.items()}
    judged = {name: Array("correct", error, 1.0, 1) for name, error in errors.items()}
    layers = judged_layers(judged, one.reading.depth, {})
    return replace(found, verdict="correct", reason=f"correct apart from {what}", arrays=judged, layers=layers)


def skipping(case: Case, reading: Reading) -> Diagnosis | None:
    """Find an activation function that the forward pass skips, though it is differentiated; None if there is none."""
    slug, hidden = "forward-without-activation", range(reading.depth - 1)
    nonlinear = [k for k in hidden if reading.activations[k].name != "identity"]
    for layers in (*([k] for k in nonlinear), nonlinear):
        for derivative in (lambda phi: phi.derivative, lambda phi: lambda z, a: phi.derivative(z, phi.value(z))):
            phis = [
                Activation(phi.name, step.identity, derivative(phi)) if k in layers else phi
                for k, phi in enumerate(reading.activations)
            ]
            other = Reading(reading.problem, tuple(phis), reading.unit, reading.coarse, reading.floors)
            if not any(resembles(other, loss.family) for loss in losses_for(case, other)):
                continue
            if fits := fitting(case, [other]):
                fit = fits[0]
                base = next(one for one in comparisons(case, reading, [fit.loss]) if case.known <= (one.s == fit.s))
                judged = judged_arrays(base)
                names = {k + 1: reading.activations[k].name for k in layers}
                if any(array.verdict == "incorrect" for array in judged.values()):
                    return answer(
                        case,
                        base,
                        "mistake",
                        judged,
                        {slug: list(names)},
                        scale=abs(fit.s) / fit.loss.factor,
                        sign=int(np.sign(fit.s)),
                        evidence="every number agrees with a network that lacks this activation function",
                        lines=tuple((f"forward{k}", f"A{k} = Z{k}", f"A{k} = {phi}(Z{k})") for k, phi in names.items()),
                    )
    return None


def _unseen(case: Case, reading: Reading) -> list[str]:
    """List what was not passed and therefore cannot be judged."""
    found = []
    if not case.known:
        found.append("without eta, only eta × scale can be seen, so a factor of 2, a sum and a mean look the same")
    if reading.problem.biases is not None and reading.problem.bias_gradients is None:
        found.append("the gradients of the biases were not given, so they were not checked")
    return found


def is_mistake(case: Case, found: Sequence[Explanation]) -> Diagnosis:
    """Answer that a gradient is incorrect, and say why."""
    best = found[0]
    reading, loss = best.reading, best.loss
    options = list(comparisons(case, reading, [loss]))
    options.sort(key=lambda one: (f"W{reading.depth}" not in one.agree, np.sign(one.s) != best.sign))
    base = nearest(options)
    judged = judged_arrays(base)
    clear = [block for block in best.blocks.values() if not block.vague(best.s) or not block.given.any()]
    numbers = sum(block.given.size for block in clear)
    off = max((step.relative_error(block.given, best.s * block.made) for block in clear), default=0.0)
    reasons = _unseen(case, reading)
    if best.other_loss and best.state.terms:
        reasons.append(f"the scale is that of {best.other_loss.name}, {best.other_loss.words}")
    reasons += _where_from(best)
    decay = _decay(best)
    if decay is not None and not case.known:  # if the scale is nothing but η
        decay /= best.scale
    if decay is not None and len({term.form for term in best.state.terms}) == 1 and not best.extra:
        sign = "which weight decay adds" if decay > 0 else "whose sign is opposite to that of weight decay"
        what = f"λ = {decay:.4g}"
        what += "" if case.known else f" if η is {best.scale:.4g}, that is ηλ = {decay * best.scale:.4g}"
        reasons.append(f"the gradient is correct for {loss.name}, apart from a term λW with {what}, {sign}")
        reasons.append(
            "whether that λ is the one you meant, or twice or half of it, shows only if you pass `weight_decay`"
        )
    rivals = [one for one in found if one.cost <= best.cost + AHEAD]
    other = case.loss is not None and losses_for(case, reading)[0].name != loss.name  # which may not have been meant
    ambiguous = best.assumes > ONE or (other and bool(set(best.extra) - {"uphill"}))
    ambiguous |= any(
        (one.slugs, one.layers) != (best.slugs, best.layers) and (one.place != best.place or not best.place)
        for one in rivals
    )
    afterwards = case.step and best.anew  # factors that the update may have put in
    ambiguous |= afterwards
    others = tuple(_alternatives(case, found, ambiguous))
    place = None if ambiguous or best.undecided else best.place
    if ambiguous and len({one.place for one in rivals}) == 1:  # they differ in what is written there
        place = best.place
    wrong = [name for name, array in judged.items() if array.verdict == "incorrect"]
    said = place or (best.slugs and not ambiguous) or any(one.place or one.verdict == "correct" for one in others)
    if wrong and not said:
        where = list(possible_places(case, base, wrong))
        place = where[0] if len(where) == 1 and where[0] not in ELSEWHERE else None
        others += () if place else tuple(elsewhere(case, base, where))
    others = others[:FEW] if place and ambiguous else others
    if case.loss is None and not ambiguous and f"W{reading.depth}" in wrong:
        others += tuple(_output_correct(case, reading, loss))
    if afterwards:
        place, others = None, (*others, *elsewhere(case, base, ["update"]))
    return answer(
        case,
        base,
        "mistake",
        judged,
        {} if ambiguous else best.layers,
        mistakes=() if ambiguous else best.slugs,
        scale=best.scale,
        sign=-1 if "uphill" in best.slugs else int(np.sign(base.s)),
        alternatives=others,
        reason="; ".join(reasons),
        evidence=_agreement(numbers, off, case.step),
        place=place,
        weight_decay=decay,
        lines=() if ambiguous else tuple(words.lines(best)),
    )


def with_term(decay: float) -> str:
    """Say that a gradient contains the term of weight decay that was specified."""
    return f"with a term λW, λ = {decay:g}"


def with_decay(found: Diagnosis, told: float) -> Diagnosis:
    """Compare the weight-decay term λW that was found in the gradient with the specified one.

    A gradient that has been judged correct contains no such term.
    """
    if found.verdict == "correct":
        reason = f"correct without weight decay: the term λW with λ = {told:g} is missing"
        return replace(found, verdict="mistake", place="update", reason=reason, cannot_tell=(), correct=None)
    if found.weight_decay is None or found.mistakes:
        return found
    ratio = (found.sign or 1) * found.weight_decay / told  # of −∇L the term is −λW
    if abs(ratio - 1) < 1e-4:
        left = abs(ratio - 1)  # the part of the relative errors that is left, as they include the term
        arrays = {
            name: array._replace(verdict="correct", relative_error=left * array.relative_error, factor=1.0, sign=1)
            for name, array in found.arrays.items()
        }
        layers = tuple(
            layer._replace(verdict="correct", relative_error=left * layer.relative_error) for layer in found.layers
        )
        return replace(
            found,
            verdict="correct",
            arrays=arrays,
            layers=layers,
            place=None,
            lines=(),
            alternatives=(),
            reason=with_term(told),
            correct=None,
        )
    known = {-1.0: "its sign is opposite", 2.0: "there is an extra factor 2", 0.5: "it is half as large"}
    said = next((words for r, words in known.items() if abs(ratio - r) < 1e-4), f"it is {ratio:.4g} times as large")
    return replace(found, place="update", reason=f"the term λW is not the one with λ = {told:g}: {said}", correct=None)


def _decay(best: Explanation) -> float | None:
    """Return λ if a term λW alone explains all deviations, otherwise None."""
    terms = best.state.terms
    if not terms or not all(term.form.startswith("~decay") for term in terms):
        return None
    weights = [term for term in terms if term.place.startswith("dW")]
    if len(weights) != best.reading.depth:
        return None
    return weights[0].factor * best.s


def _alternatives(case: Case, found: Sequence[Explanation], ambiguous: bool) -> Iterator[Alternative]:
    """List the other explanations, each once, beginning with the losses for which the gradient is correct."""
    best = found[0]
    if case.known and case.loss is not None:
        for one in _other_losses(case, best):
            yield Alternative("correct", (), None, one.loss.name, f"correct for {one.loss.name}, {one.loss.words}")

    if best.slugs == ("wrong-scale",) and _is_of_root(best.reading, best.s):
        yield Alternative("correct", (), None, "rmse", f"correct for rmse, {LOSS_NAMES['rmse'].words}")

    def key_of(one: Explanation) -> tuple[object, ...]:
        return one.slugs, tuple(one.layers.items()) if one.slugs else one.place, one.loss.name

    told = set() if ambiguous else {key_of(best)}
    for other in found if ambiguous else found[1:]:
        key = key_of(other)
        if key in told or other.cost > best.cost + NEAR or len(told) > 6:
            continue
        if other is not best and key[:2] == key_of(best)[:2]:
            continue
        told.add(key)
        yield Alternative(
            "mistake",
            other.slugs,
            other.place,
            other.loss.name,
            f"under {other.loss.name}, {words.short(other)}{_where(other.reading, best.reading)}",
        )
    if best.state.terms and not best.state.decays and not ambiguous:
        for slug, place in equivalents(best).items():
            if slug not in {name for other in found if key_of(other) in told for name in other.slugs}:
                text = f"{BY_SLUG[slug].title} ({slug}), which gives the same numbers on these data"
                yield Alternative("mistake", (slug,), place, best.loss.name, text)


def _other_losses(case: Case, best: Explanation) -> list[Baseline]:
    """List the other losses whose gradient agrees with every array."""
    reading = best.reading
    others = [loss for loss in losses(reading.n, reading.widths[-1]) if loss.name != best.loss.name]
    return [
        one
        for one in comparisons(case, reading, others)
        if len(one.agree) == len(reading.given) and one.tested and not any(reading.problem.turned)
    ]


def _where(other: Reading, best: Reading) -> str:
    """Write the condition under which an alternative holds; the text is empty for the best reading."""
    if other is best:
        return ""
    names = ", ".join(phi.name for phi in other.activations)
    return f", if the arrays are read as {other.problem.convention} with the activations {names}"


def _is_of_root(reading: Reading, s: float) -> bool:
    """Tell whether a factor makes the gradient of half the sum of squares that of the root of their mean."""
    mse = loss_values(reading.problem.y, reading.exact("mse").a[-1])["mse"]
    return mse > 0 and abs(s * reading.problem.y.size * np.sqrt(mse) - 1) < SAME_FACTOR


def _where_from(best: Explanation) -> Iterator[str]:
    """Say where a factor of the whole gradient, or a sign in place of an error, may come from."""
    if any(term.form == "~sign" for term in best.state.terms):
        yield "np.sign(y_hat - y) belongs to the absolute error, which is none of the losses that are compared"
    if best.slugs == ("wrong-scale",) and best.scale < 1:
        norm = float(np.sqrt(sum(np.vdot(g, g) for g in best.reading.given.values())))
        if abs(float(f"{norm:.1g}") / norm - 1) < SAME_FACTOR:
            yield f"the norm of all gradients together is {norm:.1g}, as if they had been clipped to it"


def _output_correct(case: Case, reading: Reading, loss: LossReading) -> Iterator[Alternative]:
    """Yield the losses of another family under which the last weights, called incorrect, have the correct gradient."""
    name = f"W{reading.depth}"
    others = [other for other in losses(reading.n, reading.widths[-1]) if other.family != loss.family]
    for one in comparisons(case, reading, others):
        if name in one.agree & one.tested and one.loss.mean:
            text = f"under {one.loss.name}, d{name} is correct, and the mistake is elsewhere"
            yield Alternative("mistake", (), None, one.loss.name, text)


#: How many explanations are listed if all of them share one place.
FEW = 3
#: A factor is explained by a number if they differ by at most this fraction.
SAME_FACTOR = 1e-6
#: Gradients count as the same if they differ by at most ten times this many units of the last digit.
UNIT_SHARE = 100.0


def with_other_numbers(reading: Reading) -> Reading:
    """Make the same network with other weights and data, where a mistake shows unless it is none in such a network."""
    rng = np.random.default_rng(0)
    widths = reading.widths
    few = reading.problem._replace(
        X=rng.standard_normal((5, widths[0])),
        y=rng.random((5, widths[-1])),
        weights=tuple(rng.standard_normal(w.shape) for w in reading.problem.weights),
        after=None,
    )
    return Reading(few, reading.activations, reading.unit, reading.coarse, {})


def _cannot_tell(case: Case, best: Baseline) -> tuple[str, ...]:
    """List the mistakes that give the correct numbers on these data, though not on others."""
    reading, loss = best.reading, best.loss
    if any(phi.name not in ACTIVATIONS for phi in reading.activations):
        return ()
    here, there = (one.exact(loss.family) for one in (reading, with_other_numbers(reading)))
    passes = [here.part(slice(100)), here] if reading.problem.X.size > MANY else [here]
    right, *rights = (
        {name: made[name] for name in reading.given} for made in (grammar.backward(p, {}) for p in (there, *passes))
    )
    seen = [(p, own, Known()) for p, own in zip(passes, rights, strict=True)]
    tolerance, found, seen_there = 10 * UNIT_SHARE * reading.unit, [], Known()
    for slug, plan, _ in planted(there, 5):
        if not plan or slug in ("updated-too-early", "activation-not-transposed"):
            continue
        if any(gives(p, plan, {}, own, tolerance, known) is False for p, own, known in seen):
            continue
        if gives(there, plan, {}, right, 1e-9, seen_there) is False:  # otherwise it is not a mistake in such a network
            found.append(slug)
    if reading.n == 1 and case.known and loss.mean:
        found.append("sum-instead-of-mean")
    return tuple(found)


def _agreement(n: int, off: float, step: bool) -> str:
    """Say how closely all numbers agree or, in a step, all changes."""
    closely = f"up to a relative error of {off:.0e} in each array" if off else "to the last bit"
    what = "change" if step else "number"
    return f"{f'all {n} {what}s agree' if n > 1 else f'the only {what} agrees'} {closely}"
