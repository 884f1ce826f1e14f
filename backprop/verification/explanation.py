"""Turn a backward pass that gives the numbers into an explanation, with a loss, mistakes, places and a cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backprop.verification import grammar
from backprop.verification.catalogue import BY_SLUG, Known, gives, planted
from backprop.verification.search import (
    FACTOR,
    Block,
    LossReading,
    Reading,
    Search,
    State,
    Term,
    losses,
)

#: The cost of assuming that the gradient belongs to a common loss other than the one named.
OTHER_LOSS = 0.7
#: An explanation is listed beside the best one if its cost exceeds the best cost by no more than this.
NEAR = 0.65
#: A mistake is named only if the cost of every other explanation exceeds its own by more than this.
AHEAD = 0.35
#: In place of the error, these forms may have any factor.
FREE = ("output-differentiated", "loss-instead-of-derivative")
#: The largest cost of one mistake; two mistakes that explain the numbers are listed but not named.
ONE = 1.9
#: From a factor so large, or from its inverse, no loss is inferred: where outputs are saturated, the gradients of two
#: losses may have the same direction.
EXTREME = 1e5
#: The largest cost of an explanation.
LIMIT = 2.75


@dataclass(frozen=True)
class Explanation:
    """An explanation of the numbers: a loss, a sign, a scale and perhaps mistakes.

    Attributes:
        reading: the problem as it was read.
        loss: the loss.
        state: the backward pass.
        sign: 1, or −1 if the arrays have the opposite direction of the gradient.
        scale: the factor by which the arrays are larger than the loss's gradient.
        extra: slugs for the scale of the whole gradient.
        assumes: how much is assumed to be incorrect.
        unlikely: what is added to the cost for an unlikely loss or sign.
        blocks: the arrays beside what the explanation gives for half the sum of squares.
    """

    reading: Reading
    loss: LossReading
    state: State
    sign: int
    scale: float
    extra: tuple[str, ...]
    assumes: float
    unlikely: float
    blocks: dict[str, Block]

    @property
    def cost(self) -> float:
        """The cost, by which explanations are ordered."""
        return self.assumes + self.unlikely

    @property
    def s(self) -> float:
        """The factor by which the blocks are multiplied."""
        return self.sign * self.scale * self.loss.factor

    @cached_property
    def parts(self) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
        """For each mistake its slug or "", its place, and the layers in which it was made."""
        return tuple(self._parts())

    def _parts(self) -> Iterator[tuple[str, str, tuple[int, ...]]]:
        depth = self.reading.depth
        for slug in self.extra:
            yield slug, "", tuple(range(1, depth + 1))
        for number, turned in enumerate(self.reading.problem.turned, start=1):
            if turned:
                yield "gradient-transposed", f"dW{number}", (number,)
        scaled = {term.place: term.factor for term in self.state.terms if not term.form}
        for term in self.state.terms:
            layers = (term.layer or depth,)
            beside = scaled.get(f"dW{term.layer}", np.nan) if not term.form and term.place[:2] == "db" else np.nan
            if beside == term.factor or abs(beside / (term.factor or np.nan) - 1) < 1e-6:
                continue
            if self.anew and term.place.startswith("delta"):
                yield "layer-sign" if term.factor == -1 else "", term.place, layers
            elif term.form:
                slugs = [_slug_of(part, layers[0] == depth) for part in term.form.split("+")]
                if len(slugs) > 1 or slugs[0] not in BY_SLUG:
                    yield "", term.place, layers
                else:
                    yield from ((slug, term.place, layers) for slug in slugs)
            else:
                below = tuple(range(1, layers[0] + 1)) if term.place.startswith("delta") else layers
                output = {t.factor for t in self.state.terms if not t.form and t.layer in (0, depth)}
                squares = self.loss.family == "mse" and term.factor in output  # whose derivative is in the output's δ
                yield from ((slug, term.place, below) for slug in _factor_slugs(term, self.reading, squares))

    @property
    def anew(self) -> bool:
        """Whether δ is multiplied by a factor in more than one layer, which is a mistake without a name."""
        return sum(place.startswith("delta") for place in self.state.factors) > 1

    @cached_property
    def slugs(self) -> tuple[str, ...]:
        """The names of the mistakes, those of the backward pass first."""
        found = [slug for slug, _, _ in self.parts]
        if "" in found:
            return ()
        if "one-example-only" in found:
            found = [slug for slug in found if slug != "bias-not-summed"]
        if self.other_loss and len(set(self.extra) - {"uphill"}) > 1:  # the other loss says the same in one name
            found = [slug for slug in found if slug not in self.extra or slug == "uphill"]
        return tuple(dict.fromkeys(sorted(found, key=lambda slug: slug in self.extra)))

    @cached_property
    def other_loss(self) -> LossReading | None:
        """The common loss, other than the one named, that accounts for the scale; None if there is none."""
        factor = self.loss.factor * self.scale
        near = (o for o in losses(self.reading.n, self.reading.widths[-1]) if abs(o.factor / factor - 1) < 1e-9)
        return next((o for o in near if self.extra and o.family == self.loss.family), None)

    @property
    def layers(self) -> dict[str, tuple[int, ...]]:
        """The layers in which each mistake was made."""
        found: dict[str, set[int]] = {}
        for slug, _, layers in self.parts:
            if slug in self.slugs:
                found.setdefault(slug, set()).update(layers)
        return {slug: tuple(sorted(layers)) for slug, layers in found.items()}

    @property
    def place(self) -> str | None:
        """The place of the mistake, the uppermost if it occurs in several layers; None if there is no single place."""
        terms, depth = self.state.terms, self.reading.depth
        words = {"back" if term.place == "error" else term.place.rstrip("0123456789") for term in terms}
        if self.reading.problem.bias_row and all(term.form[:6] in ("", "~decay") for term in terms):
            words = {"dW" if word == "db" else word for word in words}  # they are one array
        layers = {term.layer or depth for term in terms}
        if not terms or (len(words) > 1 and (len(layers) > 1 or not words <= {"back", "phi", "delta"})):
            return None
        top = max(terms, key=lambda term: term.layer or depth)
        unsure = (layers == {depth} and not self.slugs) or len({term.place == "error" for term in terms}) > 1
        unsure |= words == {"phi"} and self._beside(top)
        return f"delta{max(layers)}" if len(words) > 1 or (unsure and words <= {"back", "phi"}) else top.place

    @property
    def undecided(self) -> bool:
        """Whether a factor of the lowest layers may be in δ or in the lines that use δ; no array shows which."""
        terms, given = self.state.terms, self.reading.given
        places, top = {term.place for term in terms}, max((term.layer for term in terms), default=0)
        if "b1" not in given or any(term.form for term in terms):
            return False
        return places == {"delta1"} or places == {f"d{name}" for name in given if int(name[1:]) <= top}

    def _beside(self, term: Term) -> bool:
        """Tell whether an incorrect φ′ gives the same numbers as an extra factor beside a correct φ′."""
        p, k = self.reading.exact(self.loss.family), term.layer - 1
        made = dict(grammar.derivatives(p, k))[term.form]
        return term.form == "derivative-applied-twice" or np.array_equal(made, made * grammar.correct_derivative(p, k))

    @property
    def correct(self) -> bool:
        """Whether nothing is assumed to be incorrect."""
        return not self.parts


def _slug_of(name: str, output: bool) -> str:
    """Turn the name of a form, at the output or elsewhere, into a slug of the catalogue."""
    base = name.partition(":")[0]
    return ("output-" if output else "hidden-") + base if base == "derivative-missing" else base


def _factor_slugs(term: Term, reading: Reading, squares: bool = True) -> list[str]:
    """List the slugs for a factor of a single array; only for squared errors can it be the missing 2."""
    f, d = term.factor, reading.widths[-1]
    if term.place.startswith("db"):
        return ["biases-not-updated" if f == 0 else "bias-scale"]
    if f == 0:
        return ["layer-not-updated"]
    named = {2.0: "extra-factor-two"} | ({0.5: "factor-two-missing"} if squares else {})
    for m in {1, d}:
        named |= {float(reading.n * m): "sum-instead-of-mean"}
        named |= {1 / (reading.n * m): "averaged-twice"} if reading.n > 1 else {}
    named.pop(1.0, None)
    slugs = [slug for one, slug in named.items() if abs(abs(f) / one - 1) < 1e-6][:1]
    if f == -1:
        return ["layer-sign"]
    return [*(slugs or ["layer-scale"]), *(["layer-sign"] if f < 0 else [])]


def named_factors(reading: Reading) -> list[float]:
    """List the factors that have a name.

    Args:
        reading: the problem.

    Returns:
        The factors, such as 2, N and their inverses.
    """
    n, d = reading.n, reading.widths[-1]
    found = {2.0, float(n), float(n * d), float(d)} - {1.0}
    return sorted(found | {1 / f for f in found})


def scales(loss: LossReading, reading: Reading, named: bool) -> Iterator[tuple[float, tuple[str, ...], float]]:
    """List the factors by which a whole gradient can differ from the gradient of a loss.

    Args:
        loss: the loss.
        reading: the problem.
        named: whether the loss was named.

    Yields:
        Factors, the mistakes that cause them, and their costs.
    """
    n, widths = reading.n, reading.widths
    d = widths[-1]
    yield 1.0, (), 0.0
    if named:
        for other in losses(n, d):
            if other.family == loss.family and other.name != loss.name:
                slugs = between(loss, other)
                if slugs:
                    yield other.factor / loss.factor, slugs, OTHER_LOSS + 0.1 * len(slugs)
    yield 2.0, ("extra-factor-two",), 1.0
    if loss.family == "mse" and named:
        yield 0.5, ("factor-two-missing",), 1.0
    sizes = sorted({1, d})
    if loss.mean:
        for m in sizes:
            if n > 1:  # a single example is no average
                yield 1 / (n * m), ("averaged-twice",), 1.0
            if named or m < d:
                yield float(n * m), ("sum-instead-of-mean",), 1.0
            for h in sorted(set(widths[:-1])):
                yield n * m / h, ("divided-by-units",), FACTOR
                yield 2 * n * m / h, ("extra-factor-two", "divided-by-units"), 1 + FACTOR
            if n > 1:
                yield 2 / (n * m), ("extra-factor-two", "averaged-twice"), 2.0
                yield 0.5 / (n * m), ("factor-two-missing", "averaged-twice"), 2.0
    elif named:
        for m in sizes:
            yield 1 / (n * m), ("mean-instead-of-sum",), 1.0


def between(named: LossReading, other: LossReading) -> tuple[str, ...]:
    """List the mistakes that turn one loss of a family into another.

    Args:
        named: the loss that was named.
        other: the loss that the gradient belongs to.

    Returns:
        Slugs.
    """
    halves = ("half" in named.name, "half" in other.name)
    slugs = []
    if halves[0] != halves[1]:
        slugs.append("factor-two-missing" if halves[1] else "extra-factor-two")
    if named.mean != other.mean:
        slugs.append("sum-instead-of-mean" if named.mean else "mean-instead-of-sum")
    if named.mean and other.mean and "examples" in named.name + other.name and not slugs:
        return ()
    return tuple(slugs)


def explanations(
    search: Search, states: Sequence[State], candidates: Sequence[LossReading], named: bool, known: bool, step: bool
) -> Iterator[Explanation]:
    """Combine states with losses and scales into explanations, and keep those that hold within rounding.

    Args:
        search: the search that found them.
        states: the states, the simplest first.
        candidates: the losses that the gradient may belong to.
        named: whether the loss was named.
        known: whether the factor of the whole gradient can be seen.
        step: whether a step was passed, so that the sign counts.

    Yields:
        The explanations.
    """
    reading, best = search.reading, LIMIT
    for state in states:
        base = search.cost(state)
        if state.s is None or base > min(best + NEAR, LIMIT):
            continue
        if any(sum(reading.given[t.place[1:]].size for t in own) < 4 for own in _decays(state).values()):
            continue
        if set(state.factors) == {f"d{name}" for name in reading.given}:  # the factor of the whole says the same
            continue
        blocks = reading.blocks(search.family, state.plan, state.factors, state.decays)
        if not all(block.off(state.s) <= 1.5 for block in blocks.values()):
            s = _refit(blocks)
            if s is None:
                continue
        else:
            s = state.s
        if all(block.vague(s) for block in blocks.values()):
            continue
        sign = int(np.sign(s))
        uphill = ("uphill",) if step and sign < 0 else ()
        base += 0.6 * len(uphill)
        turned = [f"dW{k + 1}" for k in range(reading.depth)] if sign < 0 else []
        if turned and all(state.factors.get(place) == -1 for place in turned):  # then the biases have the wrong sign
            base += AHEAD
        for order, loss in enumerate(candidates):
            doubt = 0.1 * (loss.family != "mse") * (not named) + (0.1 if named else 0.01) * order + 0.05 * (sign < 0)
            for ratio, slugs, price in _scales_of(state, blocks, s, loss, reading, named) if known else FREE_SCALE:
                scale = abs(s) / loss.factor if ratio is None else ratio
                found = Explanation(reading, loss, state, sign, scale, (*slugs, *uphill), base + price, doubt, blocks)
                best = min(best, found.cost)
                yield found
            if not known:
                break


#: If the factor of the whole gradient cannot be seen, nothing is assumed about it.
FREE_SCALE: tuple[tuple[None, tuple[str, ...], float], ...] = ((None, (), 0.0),)


def _scales_of(
    state: State, blocks: dict[str, Block], s: float, loss: LossReading, reading: Reading, named: bool
) -> Iterator[tuple[float | None, tuple[str, ...], float]]:
    """Yield the items of `scales` with which a state holds within rounding, with ratio None for a nameless scale."""
    single = reading.n * reading.widths[-1] == 1  # with one number for δ, every factor would do
    if single and any(term.place == "error" for term in state.terms):
        return
    free = any(term.place == "error" and (term.form in FREE or "~" in term.form) for term in state.terms)
    for ratio, slugs, price in sorted(scales(loss, reading, named), key=lambda one: one[2]):
        exact = np.sign(s) * loss.factor * ratio
        if abs(exact / s - 1) < 1e-2 and all(block.off(exact) <= 1 for block in blocks.values()):
            yield ratio, () if free else slugs, 0.1 * (ratio != 1) if free else price
            return
    if single or not all(block.off(s) <= 1 for block in blocks.values()):
        return
    if free:
        yield None, (), 0.5
        return
    plain = not any("~" in t.form[:1] for t in state.terms) and sum(block.given.size for block in blocks.values()) >= 4
    if plain and (named or 1 / EXTREME < abs(s) / loss.factor < EXTREME):
        yield None, ("wrong-scale",), 1.8


def _decays(state: State) -> dict[str, list[Term]]:
    """Group the terms that add a multiple of the parameters, by that multiple."""
    found: dict[str, list[Term]] = {}
    for term in state.terms:
        if term.form.startswith("~decay"):
            found.setdefault(term.form, []).append(term)
    return found


def _refit(blocks: dict[str, Block]) -> float | None:
    """Find one factor with which all arrays fit; None if there is none."""
    surest = min(blocks.values(), key=lambda block: block.doubt)
    s = surest.factor
    return s if s == s and s != 0 and all(block.off(s) <= 1 for block in blocks.values()) else None


def equivalents(one: Explanation) -> dict[str, str | None]:
    """List the other mistakes of the catalogue that give the same numbers on these data.

    Args:
        one: an explanation.

    Returns:
        The slugs, each with its place, or with None if it has no single place.
    """
    reading, p = one.reading, one.reading.exact(one.loss.family)
    passes = [p.part(slice(100)), p] if reading.n > 100 else [p]
    whole = [grammar.backward(part, one.state.plan, one.state.factors) for part in passes]
    given = [{name: made[name] for name in reading.given} for made in whole]
    seen = [(part, own, Known()) for part, own in zip(passes, given, strict=True)]
    found: dict[str, str | None] = {}
    for slug, plan, factors in planted(p, reading.n, singly=True):
        if slug in one.slugs or slug in found or (slug == "updated-too-early" and p.after is None):
            continue
        if not plan and slug not in ("layer-not-updated", "biases-not-updated"):
            continue
        if all(gives(part, plan, factors, own, 1e-12, known) for part, own, known in seen):
            found[slug] = next(iter(plan)) if len(plan) == 1 else None
    return found
