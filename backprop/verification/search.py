"""The search: which backward pass, right or with mistakes, gives the numbers that were handed in.

Layer after layer, from the output down. At each layer every combination of right and wrong steps is computed with the
functions of the derivation and of the catalogue, and compared with the gradient up to a factor; the combinations that
fit go on to the layer below. So two mistakes in different places cost no more than one, and nothing is tried that the
layers above have ruled out. The factors are explained at the end, by a loss or by a mistake of scale.

What rounding can do is measured and not guessed: the forward pass is repeated with every number disturbed in its last
digit, and what that does to a gradient is how closely it can be compared.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import NamedTuple

import numpy as np

from backprop import derivation as step
from backprop.network import Activation
from backprop.verification import catalogue
from backprop.verification.catalogue import Choice, Pass
from backprop.verification.intake import Problem

#: Disturbed copies of the forward pass, how many of their deviations are let pass, and the least that is let pass, in
#: units of the last digit.
COPIES, DEVIATIONS, UNITS = 6, 40.0, 100.0
#: With more inputs than this, two copies must do.
MANY = 200_000
#: How closely a combination must fit to go on to the layer below; the exact comparison comes at the end.
COARSE: Mapping[type, float] = {np.float64: 1e-6, np.float32: 3e-3}
#: A layer whose rounding is this share of its gradient is too small to tell.
TOO_SMALL = 0.02
#: Below this length the square of a length underflows.
TINY = 1e-150
#: How many combinations go on, how many of them with the same mistakes, and how many mistakes one may hold.
BEAM, ALIKE, MOST = 64, 4, 2

#: Mistakes that are named second if another gives the same numbers.
UNLIKELY = ("derivative-of-wrong-layer", "one-example-only")


class LossReading(NamedTuple):
    """A loss that a gradient may belong to.

    Attributes:
        name: what it is called here.
        family: "mse" or "binary_cross_entropy".
        factor: its gradient divided by that of half the sum of squares (of the sum of cross-entropies).
        mean: whether it divides by the number of examples.
        words: what it is.
    """

    name: str
    family: str
    factor: float
    mean: bool
    words: str


def losses(n: int, d: int) -> list[LossReading]:
    """List the common losses, the likelier first.

    Args:
        n: the number of examples N.
        d: the number of outputs d_L.

    Returns:
        The losses. Means over the examples alone are listed only if there are several outputs.

    Examples:
        >>> from backprop.verification.search import losses
        >>> [(loss.name, loss.factor) for loss in losses(10, 1)][:3]
        [('mse', 0.2), ('mse_half', 0.1), ('mse_sum', 2.0)]
    """
    found = [
        LossReading("mse", "mse", 2 / (n * d), True, "mean squared error"),
        LossReading("mse_examples", "mse", 2 / n, True, "squared error, mean over the examples, sum over the outputs"),
        LossReading("mse_half", "mse", 1 / (n * d), True, "half the mean squared error"),
        LossReading("mse_half_examples", "mse", 1 / n, True, "half the squared error, mean over the examples"),
        LossReading("mse_sum", "mse", 2.0, False, "sum of squared errors"),
        LossReading("mse_half_sum", "mse", 1.0, False, "half the sum of squared errors"),
        LossReading("binary_cross_entropy", "binary_cross_entropy", 1 / (n * d), True, "mean cross-entropy"),
        LossReading(
            "binary_cross_entropy_examples",
            "binary_cross_entropy",
            1 / n,
            True,
            "cross-entropy, mean over the examples",
        ),
        LossReading("binary_cross_entropy_sum", "binary_cross_entropy", 1.0, False, "sum of cross-entropies"),
    ]
    return [loss for loss in found if d > 1 or not loss.name.endswith("_examples")]


# The slope at the output means one thing under the squared error and another under cross-entropy.
_OUTPUT: Mapping[str, tuple[tuple[str, ...] | None, tuple[str, ...] | None]] = {
    "": ((), ("output-derivative-not-cancelled",)),
    "derivative-missing": (("output-derivative-missing",), ()),
    "derivative-given-a": (("derivative-given-a",), ("output-derivative-not-cancelled", "derivative-given-a")),
    "derivative-given-z": (("derivative-given-z",), ("output-derivative-not-cancelled", "derivative-given-z")),
    "wrong-activation-derivative": (
        ("wrong-activation-derivative",),
        ("output-derivative-not-cancelled", "wrong-activation-derivative"),
    ),
    "derivative-applied-twice": (
        ("derivative-applied-twice",),
        ("output-derivative-not-cancelled", "derivative-applied-twice"),
    ),
    "cross-entropy:derivative-missing": (None, ("output-derivative-missing",)),
    "cross-entropy:derivative-given-a": (None, ("derivative-given-a",)),
    "cross-entropy:derivative-given-z": (None, ("derivative-given-z",)),
}
# Wrong errors come with a factor of their own, depending on how they are written.
_ERROR_FACTORS: Mapping[str, Sequence[tuple[float, int]]] = {
    "targets-broadcast": ((1.0, 0), (1.0, 1)),
    "error-averaged-first": ((1.0, 0), (1.0, 1)),
    "loss-instead-of-derivative": ((1.0, 0), (0.5, 0)),
}


def slug_of(name: str, output: bool) -> str:
    """Turn the name of a wrong step into a slug of the catalogue.

    Args:
        name: a name from a table of wrong steps.
        output: whether it stands at the output.

    Returns:
        The slug.

    Examples:
        >>> from backprop.verification.search import slug_of
        >>> slug_of("derivative-missing", output=False), slug_of("one-path-only:first", output=False)
        ('hidden-derivative-missing', 'one-path-only')
    """
    base = name.removeprefix("cross-entropy:").partition(":")[0]
    return ("output-" if output else "hidden-") + base if base == "derivative-missing" else base


def forward(problem: Problem, activations: Sequence[Activation], unit: float = 0.0) -> Pass:
    """Run the network forward, once, or several times with every number disturbed.

    Args:
        problem: the arrays.
        activations: one for each layer.
        unit: how much to disturb, relative; 0 for not at all.

    Returns:
        The pass; disturbed, its arrays have a leading axis of copies.
    """
    rng = np.random.default_rng(0)
    copies = COPIES if problem.X.size <= MANY else 2

    def disturbed(array: np.ndarray, size: np.ndarray | None = None) -> np.ndarray:
        if not unit:
            return array
        noise = rng.standard_normal((copies, *array.shape[-2:]))
        return array + unit * noise * (array if size is None else size)

    weights = [disturbed(w) for w in problem.weights]
    after = None if problem.after is None else [disturbed(w) for w in problem.after]
    a, z = [disturbed(problem.X)], []
    for k, (w, phi) in enumerate(zip(weights, activations, strict=True)):
        b = None if problem.biases is None else problem.biases[k]
        size = np.abs(a[-1]) @ np.abs(w) if unit else None
        z.append(disturbed(step.preactivation(a[-1], w, b), size))
        a.append(disturbed(step.activation(z[-1], phi.value)))
    return Pass(z, a, problem.y, weights, activations, after)


@dataclass
class Reading:
    """A problem, read with certain activations.

    Attributes:
        problem: the arrays in one convention.
        activations: one for each layer.
        unit: the relative size of the last digit.
        coarse: how closely a combination must fit to go on.
        floors: for each layer, what rounding in the update alone does to its gradient.
    """

    problem: Problem
    activations: tuple[Activation, ...]
    unit: float
    coarse: float
    floors: tuple[float, ...]

    @cached_property
    def exact(self) -> Pass:
        """The forward pass."""
        return forward(self.problem, self.activations)

    @cached_property
    def disturbed(self) -> Pass:
        """The forward pass, repeated with disturbed numbers."""
        return forward(self.problem, self.activations, self.unit)

    @property
    def depth(self) -> int:
        """The number of layers."""
        return len(self.activations)

    @property
    def n(self) -> int:
        """The number of examples."""
        return len(self.problem.X)

    @property
    def widths(self) -> tuple[int, ...]:
        """The numbers of units, inputs first."""
        return (self.problem.X.shape[1], *(w.shape[1] for w in self.problem.weights))

    def too_small(self, k: int) -> bool:
        """Tell whether a layer's gradient drowns in the rounding of the update, or its square underflows.

        Args:
            k: the layer, from 0.

        Returns:
            True if nothing can be said about it.
        """
        g = self.problem.gradients[k]
        size = float(np.linalg.norm(g))
        return (size < TINY and bool(g.any())) or (self.floors[k] > 0 and self.floors[k] > TOO_SMALL * size)


class Block(NamedTuple):
    """One array that was handed in, beside what a backward pass gives.

    Attributes:
        layer: the layer, from 0.
        given: the array that was handed in.
        made: what the backward pass gives, up to a factor.
        slack: how far rounding can move it.
        floor: what rounding in the update adds.
        factor: the factor that fits best; nan if there is none.
        doubt: the relative error of the factor; infinite if nothing can be said.
    """

    layer: int
    given: np.ndarray
    made: np.ndarray
    slack: float
    floor: float
    factor: float
    doubt: float

    def off(self, s: float) -> float:
        """Say by how much it misses, in units of what rounding allows.

        Args:
            s: the factor.

        Returns:
            At most 1 if it fits.
        """
        difference = self.given - s * self.made
        miss = float(np.vdot(difference, difference)) ** 0.5
        allowed = abs(s) * self.slack + self.floor
        return miss / allowed if allowed else (0.0 if miss == 0 else np.inf)


def blocks_of(reading: Reading, choices: Sequence[Choice]) -> list[Block]:
    """Compute a backward pass, and how far rounding can move it.

    Args:
        reading: the problem.
        choices: one for each layer.

    Returns:
        A block for each array that was handed in, weights first.
    """
    exact, disturbed = (catalogue.backward(p, choices) for p in (reading.exact, reading.disturbed))
    problem, found = reading.problem, []
    kinds = [(problem.gradients, 0)]
    if problem.bias_gradients is not None:
        kinds.append((problem.bias_gradients, 1))
    for given, kind in kinds:
        for k, g in enumerate(given):
            made = exact[kind][k]
            if made.shape != g.shape:
                made = np.broadcast_to(made, g.shape)
            spread = disturbed[kind][k] - made
            deviation = float(np.vdot(spread, spread) / len(spread)) ** 0.5
            size = float(np.vdot(made, made)) ** 0.5
            slack, floor = DEVIATIONS * deviation + UNITS * reading.unit * size, reading.floors[k]
            s = float(np.vdot(g, made)) / size**2 if size > TINY else np.nan
            told = size > TINY and s != 0 and (np.vdot(g, g) > TINY**2 or not g.any())
            doubt = (abs(s) * slack + floor) / (abs(s) * size) if told else np.inf
            found.append(Block(k, g, made, slack, floor, s, doubt))
    return found


def _fit(g: np.ndarray, made: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compare an array with many, each up to a factor: the factors and the relative misses."""
    flat = made.reshape(len(made), -1)
    size = np.einsum("ij,ij->i", flat, flat)
    with np.errstate(all="ignore"):
        s = flat @ g.ravel() / size
        miss = np.linalg.norm(g.ravel() - s[:, None] * flat, axis=1) / np.linalg.norm(g)
    return s, miss


class State(NamedTuple):
    """A backward pass, chosen down to some layer.

    Attributes:
        choices: the choices so far, from the output down.
        above: δ and error of the last layer done.
        s: the factor, once a layer has fixed it.
        slugs: the mistakes so far; what the slope at the output means is left open.
        left_out: the layers whose gradient is zero and should not be.
    """

    choices: tuple[Choice, ...]
    above: tuple[np.ndarray, np.ndarray] | None
    s: float | None
    slugs: frozenset[str]
    left_out: tuple[int, ...]


def _derivatives(p: Pass, k: int) -> dict[str, np.ndarray]:
    """Compute the slopes of a layer, right and wrong; wrong ones only where they differ."""
    output, name = k == len(p.z) - 1, p.activations[k].name
    found = {"": catalogue.correct_derivative(p, k)}
    for wrong, function in catalogue.DERIVATIVES.items():
        if wrong.startswith("cross-entropy") and not (output and name == "sigmoid"):
            continue
        if wrong == "derivative-of-wrong-layer" and (output or p.z[k + 1].shape[1] not in (1, p.z[k].shape[1])):
            continue
        derivative = function(p, k)
        if not np.array_equal(derivative, found[""]):
            found[wrong] = derivative
    return found


def _errors(p: Pass, k: int, above: tuple[np.ndarray, np.ndarray] | None) -> dict[str, np.ndarray]:
    """Compute what can come to a layer from above, rightly and wrongly; wrong ones only where they differ."""
    if above is None:
        found = {"": catalogue.correct_error(p)}
        for wrong, make in catalogue.ERRORS.items():
            if wrong != "targets-broadcast" or p.y.shape[1] == 1:
                found[wrong] = make(p)
    else:
        h, h_next = p.weights[k + 1].shape
        found = {"": step.activation_gradient(above[0], p.weights[k + 1])}
        fits = {
            "weights-not-transposed": h == h_next > 1,
            "weights-missing:wide": h == h_next > 1,
            "one-path-only": h_next > 1,
            "one-path-only:first": h_next > 1,
            "updated-too-early": p.after is not None,
        }
        for wrong, send in catalogue.ACTIVATION_GRADIENTS.items():
            if fits.get(wrong, True):
                found[wrong] = send(p, k, *above)
    return {name: e for name, e in found.items() if not name or not np.array_equal(e, found[""])}


def _weight_names(p: Pass, k: int) -> Iterator[str]:
    """List the ways to make the gradient of a layer's weights that can differ."""
    d_in, d_out = p.weights[k].shape
    square, several = d_in == d_out, len(p.a[0]) > 1
    yield ""
    if square and d_in > 1:
        yield "gradient-transposed"
    if several:
        yield from ("one-example-only", "one-example-only:first")
    if k > 0 and p.activations[k - 1].name != "identity":
        yield "preactivation-instead-of-activation"
    if square:
        yield "activation-of-own-layer"
    yield "input-missing"


def _bias_names(reading: Reading, k: int, s: float, way: str, delta: np.ndarray, error: np.ndarray) -> list[str]:
    """List the ways in which the gradient of a bias can have been made."""
    given, found = reading.problem.bias_gradients, []
    if given is None:
        return [""]
    g = given[k]
    allowed = reading.coarse * abs(s) * float(np.sqrt(np.sum(np.abs(delta).sum(axis=0) ** 2))) + 3 * reading.floors[k]
    one = {"one-example-only": "bias-not-summed", "one-example-only:first": "bias-not-summed:first"}.get(way)
    for name in ([one] if one else []) + ["", *catalogue.BIAS_GRADIENTS]:
        made = catalogue.BIAS_GRADIENTS[name](delta, error) if name else step.bias_gradient(delta)
        if made.shape == g.shape and np.linalg.norm(g - s * made) <= allowed + reading.coarse * np.linalg.norm(g):
            found.append(name)
    return found


def _named_ratio(ratio: float, n: int, widths: Sequence[int], k: int, tolerance: float) -> bool:
    """Tell whether the factors of two neighbouring layers stand in a ratio that has a name."""
    named = [1.0, n, 1 / n, 2.0, 0.5, widths[k + 2] / widths[k + 1], widths[k + 1] / widths[k]]
    return any(abs(abs(ratio) / r - 1) < tolerance for r in named)


def _below(reading: Reading, state: State) -> Iterator[State]:
    """Go one layer down in every way that fits."""
    p, problem = reading.exact, reading.problem
    k = reading.depth - 1 - len(state.choices)
    g, output = problem.gradients[k], state.above is None
    derivatives, errors = _derivatives(p, k), _errors(p, k, state.above)
    if reading.too_small(k) and g.any():
        choices = (*state.choices, Choice())
        yield State(choices, (derivatives[""] * errors[""], errors[""]), state.s, state.slugs, state.left_out)
        return
    pairs = list(product(derivatives, errors))
    delta_all = np.stack([derivatives[derivative] * errors[error] for derivative, error in pairs])
    if not g.any():
        yield from _silent(reading, state, k, pairs, delta_all, errors)
        return
    tolerance = max(reading.coarse, 3 * reading.floors[k] / float(np.linalg.norm(g)))
    for way in _weight_names(p, k):
        made = catalogue.WEIGHT_GRADIENTS[way](p, k, delta_all) if way else step.weight_gradient(p.a[k], delta_all)
        factors, misses = _fit(g, made)
        for i in np.flatnonzero(misses <= tolerance).tolist():
            s, above = float(factors[i]), (delta_all[i], errors[pairs[i][1]])
            ratio = 1.0 if state.s is None else s / state.s
            lonely = _entries(problem, k) < 2  # one number alone says little
            if lonely and not _named_ratio(ratio, reading.n, reading.widths, k, 10 * tolerance):
                continue
            for bias in _bias_names(reading, k, s, way, *above):
                yield from _extended(state, output, pairs[i], way, bias, above, s)


def _entries(problem: Problem, k: int) -> int:
    """Count the numbers that came for a layer."""
    biases = problem.bias_gradients
    return problem.gradients[k].size + (0 if biases is None else biases[k].size)


def _extended(
    state: State,
    output: bool,
    pair: tuple[str, str],
    way: str,
    bias: str,
    above: tuple[np.ndarray, np.ndarray],
    s: float | None,
) -> Iterator[State]:
    """Add a layer to a state, unless there are too many mistakes."""
    derivative, error = pair
    names = {slug_of(name, output) for name in (derivative, error, way, bias) if name}
    if way.startswith("one-example-only"):
        names.discard("bias-not-summed")
    slugs = state.slugs | (names - {"output-derivative-missing"})
    if len(slugs) <= MOST:
        choice = Choice(error if output else "", derivative, "" if output else error, way, bias)
        yield State((*state.choices, choice), above, s if state.s is None else state.s, slugs, state.left_out)


def _silent(
    reading: Reading,
    state: State,
    k: int,
    pairs: Sequence[tuple[str, str]],
    delta_all: np.ndarray,
    errors: Mapping[str, np.ndarray],
) -> Iterator[State]:
    """Go down past a layer whose gradient is zero: as it should be, by a mistake, or because it was left out."""
    p, biases = reading.exact, reading.problem.bias_gradients
    for way in _weight_names(p, k):
        made = catalogue.WEIGHT_GRADIENTS[way](p, k, delta_all) if way else step.weight_gradient(p.a[k], delta_all)
        for i in np.flatnonzero(~made.any(axis=(1, 2))).tolist():
            above = (delta_all[i], errors[pairs[i][1]])
            for bias in _bias_names(reading, k, 1.0 if state.s is None else state.s, way, *above):
                yield from _extended(state, state.above is None, pairs[i], way, bias, above, None)
    if biases is None or not biases[k].any():
        slugs, above = state.slugs | {"layer-not-updated"}, (delta_all[0], errors[""])
        yield State((*state.choices, Choice()), above, state.s, slugs, (*state.left_out, k))


def explain(reading: Reading) -> tuple[list[State], list[State]]:
    """Search for the backward passes that give the numbers, up to factors.

    Args:
        reading: the problem.

    Returns:
        The complete ones, those with fewest mistakes first; and, if there is none, the incomplete ones that reach
        lowest.
    """
    states = [State((), None, None, frozenset(), ())]
    with np.errstate(all="ignore"):
        for _ in range(reading.depth):
            lower = [below for state in states for below in _below(reading, state)]
            if not lower:
                return [], states
            states = _fewest(lower)
    return states, []


def _fewest(states: Sequence[State]) -> list[State]:
    """Keep the states with the fewest mistakes, and few that make the same ones."""
    kept: dict[frozenset[str], list[State]] = {}
    for state in sorted(states, key=lambda state: len(state.slugs)):
        group = kept.setdefault(state.slugs, [])
        if len(group) < ALIKE:
            group.append(state)
    return [state for group in kept.values() for state in group][:BEAM]


@dataclass(frozen=True)
class Fit:
    """An explanation of the numbers.

    Attributes:
        reading: the problem as it was read.
        loss: the loss.
        mistakes: for each slug the layers, from 0, where it was made.
        sign: 1, or −1 if what was handed in points against the gradient.
        scale: its length, as a multiple of the loss's gradient.
        cost: how much is assumed: one for each mistake, and a little for what is less likely.
        choices: the backward pass.
        numbers: how many numbers agree.
        off: by how much the worst of them misses, relative to its array.
    """

    reading: Reading
    loss: LossReading
    mistakes: dict[str, tuple[int, ...]]
    sign: int
    scale: float
    cost: float
    choices: tuple[Choice, ...]
    numbers: int
    off: float = field(default=0.0)

    @property
    def slugs(self) -> frozenset[str]:
        """The mistakes."""
        return frozenset(self.mistakes)


def _slug_if_any(derivative: str) -> tuple[str, ...]:
    """Name the mistake in a hidden layer's slope, if there is one."""
    return (slug_of(derivative, output=False),) if derivative else ()


def _mistakes_of(reading: Reading, state: State, family: str) -> dict[str, tuple[int, ...]] | None:
    """Say which mistakes a backward pass makes under a loss, and where; None if the loss does not go with it."""
    found: dict[str, list[int]] = {}
    for k, choice in zip(range(reading.depth - 1, -1, -1), state.choices, strict=True):
        output = k == reading.depth - 1
        derivatives = (
            _OUTPUT[choice.derivative][family != "mse"]
            if output
            else tuple(filter(None, [slug_of(choice.derivative, False)]))
        )
        if derivatives is None or (family != "mse" and reading.activations[-1].name != "sigmoid"):
            return None
        others = [slug_of(name, output) for name in (choice.error, choice.back, choice.weights, choice.bias) if name]
        if "one-example-only" in others and "bias-not-summed" in others:
            others.remove("bias-not-summed")
        for slug in (*derivatives, *others):
            found.setdefault(slug, []).append(k)
    for k in state.left_out:
        found.setdefault("layer-not-updated", []).append(k)
    for k, turned in enumerate(reading.problem.turned):
        if turned:
            found.setdefault("gradient-transposed", []).append(k)
    return {slug: tuple(sorted(layers)) for slug, layers in found.items()}


class Pattern(NamedTuple):
    """Factors of the layers, relative to one of them, and the mistakes that make them."""

    factors: tuple[float, ...]
    mistakes: dict[str, tuple[int, ...]]
    base: float
    generic: bool
    doubt: float


def _patterns(reading: Reading, blocks: Sequence[Block]) -> Iterator[Pattern]:
    """List what the factors of the layers can mean."""
    depth, n, widths = reading.depth, reading.n, reading.widths
    best: dict[int, Block] = {}
    for block in blocks:
        if np.isfinite(block.doubt) and (block.layer not in best or block.doubt < best[block.layer].doubt):
            best[block.layer] = block
    if not best:
        return
    surest = min(best.values(), key=lambda block: block.doubt)
    equal = Pattern((1.0,) * depth, {}, surest.factor, False, surest.doubt)
    yield equal
    if _fits(blocks, equal, 1.0):
        return
    every = tuple(range(depth))
    for side in (1, 0):  # each layer divided by its own width, of outputs or of inputs
        factors = tuple(n / widths[k + side] for k in every)
        yield Pattern(factors, {"divided-by-units": every}, surest.factor / factors[surest.layer], False, surest.doubt)
    factors = tuple(float(n) ** (k + 1 - depth) for k in every)
    yield Pattern(factors, {"averaged-twice": every[:-1]}, surest.factor / factors[surest.layer], False, surest.doubt)
    named = {
        float(n): "sum-instead-of-mean",
        1 / n: "averaged-twice",
        2.0: "extra-factor-two",
        0.5: "factor-two-missing",
    }
    for base in best.values():
        ratios, mistakes, generic = [1.0] * depth, dict[str, tuple[int, ...]](), False
        for k, block in best.items():
            ratio, doubt = block.factor / base.factor, 2 * (block.doubt + base.doubt)
            if abs(ratio - 1) <= doubt:
                continue
            if abs(abs(ratio) - 1) <= doubt:
                ratio, slugs = np.sign(ratio), ["layer-sign"]
            else:
                near = [r for r in named if abs(abs(ratio) / r - 1) <= doubt]
                slugs = [named[near[0]]] if near else ["layer-scale"]
                generic = generic or not near
                ratio = np.sign(ratio) * near[0] if near else ratio
                if ratio < 0:
                    slugs.append("layer-sign")
            for slug in slugs:
                mistakes[slug] = (*mistakes.get(slug, ()), k)
            ratios[k] = float(ratio)
        if generic and any(_entries(reading.problem, k) < 2 for k in mistakes.get("layer-scale", ())):
            continue
        yield Pattern(tuple(ratios), mistakes, base.factor, generic, base.doubt)


def _fits(blocks: Sequence[Block], pattern: Pattern, ratio: float, left_out: Sequence[int] = ()) -> bool:
    """Tell whether every array agrees with a backward pass, with these factors, within rounding."""
    return all(
        block.off(pattern.base * ratio * pattern.factors[block.layer]) <= 1
        for block in blocks
        if block.layer not in left_out
    )


def _scales(loss: LossReading, n: int, d: int, widths: Sequence[int], named: bool) -> Iterator[tuple[float, list[str]]]:
    """List the factors that a gradient can have against a loss's own, and the mistakes that make them."""
    twos: list[tuple[float, list[str]]] = [(1.0, []), (2.0, ["extra-factor-two"])]
    if named and loss.family == "mse" and not loss.name.startswith("mse_half"):
        twos.append((0.5, ["factor-two-missing"]))
    others: list[tuple[float, list[str]]] = [(1.0, [])]
    sizes = sorted({1, d})
    if loss.mean:
        others += [(1 / (n * m), ["averaged-twice"]) for m in sizes]
        others += [(n * m / h, ["divided-by-units"]) for m in sizes for h in sorted(set(widths[:-1]))]
        others += [(float(n * m), ["sum-instead-of-mean"]) for m in sizes if named or m < d]
    elif named:
        others += [(1 / (n * m), ["mean-instead-of-sum"]) for m in sizes]
    for (two, first), (other, second) in product(twos, others):
        yield two * other, first + second


def fits_of(reading: Reading, state: State, candidates: Sequence[LossReading], named: bool, known: bool) -> list[Fit]:
    """Explain the factors of a backward pass by losses and mistakes of scale.

    Args:
        reading: the problem.
        state: the backward pass.
        candidates: the losses that it may belong to.
        named: whether the loss was named.
        known: whether the factor can be seen at all: not in a step whose learning rate is unknown.

    Returns:
        Every explanation that holds within rounding.
    """
    with np.errstate(all="ignore"):
        blocks = blocks_of(reading, state.choices[::-1])
    used = [block for block in blocks if block.layer not in state.left_out]
    silent = [block for block in blocks if block.layer in state.left_out]
    numbers = sum(block.given.size for block in used)
    error = next((choice.error for choice in state.choices[:1] if choice.error), "")
    found = []
    patterns = [pattern for pattern in _patterns(reading, used) if _fits(used, pattern, 1.0)]
    for order, loss in enumerate(candidates if patterns else ()):
        made = _mistakes_of(reading, state, loss.family)
        if made is None:
            continue
        for pattern in patterns:
            if any(block.off(pattern.base) <= 1 for block in silent):
                continue
            sign = -1 if pattern.base < 0 else 1
            own = [part * reading.n**power for part, power in _ERROR_FACTORS.get(error, ((1.0, 0),))]
            explained = False
            if not known:
                scales: list[tuple[float, list[str]]] = []
            else:
                scales = list(_scales(loss, reading.n, reading.widths[-1], reading.widths, named))
            for (ratio, slugs), part in product(scales, own):
                exact = abs(loss.factor * ratio * part / pattern.base)
                if abs(exact - 1) > max(0.5, 3 * pattern.doubt) or not _fits(used, pattern, exact):
                    continue
                mistakes = {**made, **pattern.mistakes}
                mistakes |= {slug: tuple(range(reading.depth)) for slug in slugs if slug not in mistakes}
                cost = _cost(mistakes, order, generic=pattern.generic)
                found.append(_made(reading, loss, mistakes, sign, ratio * part, cost, state, numbers, used, pattern))
                explained = True
            if not explained and (not known or (numbers >= 4 and pattern.doubt < 0.1)):
                mistakes = {**made, **pattern.mistakes}
                if known:
                    mistakes["wrong-scale"] = tuple(range(reading.depth))
                cost = _cost(mistakes, order, generic=pattern.generic or known)
                scale = abs(pattern.base) / loss.factor
                found.append(_made(reading, loss, mistakes, sign, scale, cost, state, numbers, used, pattern))
    return found


def _cost(mistakes: Mapping[str, object], order: int, generic: bool) -> float:
    """Say how much an explanation assumes: one for each mistake, and a little more for what explains less."""
    return len(mistakes) + 0.4 * generic + 0.1 * any(slug in mistakes for slug in UNLIKELY) + 0.001 * order


def _made(
    reading: Reading,
    loss: LossReading,
    mistakes: dict[str, tuple[int, ...]],
    sign: int,
    scale: float,
    cost: float,
    state: State,
    numbers: int,
    blocks: Sequence[Block],
    pattern: Pattern,
) -> Fit:
    """Write an explanation down."""
    off = max(
        step.relative_error(block.given, pattern.base * pattern.factors[block.layer] * block.made) for block in blocks
    )
    return Fit(reading, loss, mistakes, sign, float(scale), cost, state.choices[::-1], numbers, off)
