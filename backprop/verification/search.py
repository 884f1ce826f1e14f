"""Search for a backward pass, correct or not, that gives the numbers that were passed.

The arrays that were passed are the evidence. Each is first compared with the correct gradient by itself. Then the
search goes from the output down. At each layer it keeps the correct δ and every other δ of the grammar that
gives the gradient of the layer's weights or of its biases. An array that does not follow from the δ of its layer must
have been computed in another way. One mistake therefore explains every array that follows from it, and the search ends
at an array that remains unexplained.

To measure the effect of rounding, we repeat the forward pass with every number disturbed in its last digit. The change
of a gradient shows how closely it can be compared.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import product
from math import isfinite
from typing import NamedTuple

import numpy as np

from backprop import derivation as step
from backprop.network import Activation
from backprop.verification import grammar
from backprop.verification.grammar import Flow, Pass
from backprop.verification.intake import Problem
from backprop.verification.loss_values import LOSS_NAMES

#: The number of disturbed copies of the forward pass, how many times their root-mean-square deviation is accepted, and
#: what is accepted in addition, in units of the last digit.
COPIES, DEVIATIONS, UNITS = 6, 40.0, 100.0
#: With more inputs than this, two copies are made.
MANY = 200_000
#: How closely a form must fit in the first comparison; the exact comparison comes at the end.
COARSE: Mapping[type, float] = {np.float64: 1e-7, np.float32: 3e-3}
#: A gradient cannot be judged if its rounding error is larger than this fraction of it.
TOO_SMALL = 0.1
#: How far from 0, in units of its last digit, rounding takes the z of a unit that is at its kink.
AT_KINK = 8.0
#: Below this norm the square of a norm underflows.
TINY = 1e-150
#: The largest number of states that go on to the next layer, and of kinds of mistakes in one explanation.
BEAM, MOST = 40, 2

#: Forms of the first layer's weight gradient that another δ cannot reproduce.
ALONE = ("gradient-transposed", "one-example-only", "arrays-aliased")
#: Mistakes that are listed second if another mistake gives the same numbers.
UNLIKELY = ("derivative-of-wrong-layer", "one-example-only")


class LossReading(NamedTuple):
    """A loss that a gradient may belong to.

    Attributes:
        name: its name in `diagnose`.
        family: "mse", "binary_cross_entropy" or "cross_entropy".
        factor: its gradient divided by that of half the sum of squares, or of the sum of cross-entropies.
        mean: whether it divides by the number of examples.
        words: its name in words.
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
    return [
        LossReading(name, one.family, (2 if one.family == "mse" else 1) * one.scale(n, d), one.per_example, one.words)
        for name, one in LOSS_NAMES.items()
        if name != "rmse" and (d > 1 or not name.endswith("_examples"))
    ]


def forward(
    problem: Problem,
    activations: Sequence[Activation],
    family: str,
    unit: float = 0.0,
    kinks: Sequence[np.ndarray] = (),
) -> Pass:
    """Run the network forward, once, or several times with every number disturbed.

    Args:
        problem: the arrays.
        activations: one for each layer.
        family: the family of the loss.
        unit: the relative size of the disturbance; 0 for none.
        kinks: for each layer, where z is set to 0; none to set it nowhere.

    Returns:
        The pass; if it is disturbed, its arrays have a leading axis of copies.
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
        made = disturbed(step.preactivation(a[-1], w, b), size)
        z.append(np.where(kinks[k], 0.0, made) if kinks else made)
        a.append(disturbed(step.activation(z[-1], phi.value)))
    return Pass(z, a, problem.y, weights, activations, after, family)


def lone(array: np.ndarray) -> bool:
    """Tell whether an array holds no more than one number, up to signs and zeros, so that any other is a multiple.

    Args:
        array: such as the gradient of one bias, of the two biases of a softmax, or of units that are equal.

    Returns:
        Whether it does.

    Examples:
        >>> import numpy as np
        >>> from backprop.verification.search import lone
        >>> [lone(np.array(numbers)) for numbers in ([0.3], [0.3, -0.3], [0.3, 0.0, 0.3], [0.3, 0.2])]
        [True, True, True, False]
    """
    sizes = np.abs(array)
    largest = sizes.max(initial=0.0)
    sizes = sizes[sizes > 1e-9 * largest]
    return sizes.size == 0 or bool(sizes.min() > (1 - 1e-9) * largest)


class Block(NamedTuple):
    """One array that was passed, beside the one that a backward pass gives.

    Attributes:
        name: "W1", "b1", …
        given: the array that was passed.
        made: the array that the backward pass gives.
        slack: the largest error that rounding can make in it.
        floor: the error that rounding in the update adds.
        factor: the factor that fits best; NaN if there is none.
    """

    name: str
    given: np.ndarray
    made: np.ndarray
    slack: float
    floor: float
    factor: float

    def off(self, s: float) -> float:
        """Compute the deviation under a factor s, in units of the largest rounding error: at most 1 if they agree."""
        difference = self.given - s * self.made
        miss = float(np.vdot(difference, difference)) ** 0.5
        allowed = abs(s) * self.slack + self.floor
        return miss / allowed if allowed else (0.0 if miss == 0 else np.inf)

    def vague(self, s: float) -> bool:
        """Tell whether the array is zero, as it should be, or smaller than its rounding error under a factor s."""
        size = norm(self.given)
        if not self.given.any() and not self.made.any():
            return True
        should = abs(s) * norm(self.made)
        return abs(s) * self.slack + self.floor > TOO_SMALL * max(size, should) or (
            size < TINY and bool(self.given.any())
        )

    @property
    def doubt(self) -> float:
        """The relative error of the factor; infinite if nothing can be said."""
        if not self.factor or not np.isfinite(self.factor):
            return np.inf
        size = norm(self.made)
        return (abs(self.factor) * self.slack + self.floor) / (abs(self.factor) * size)

    @property
    def proportional(self) -> bool:
        """Whether the array agrees with a multiple of the computed one and has at least two numbers."""
        return bool(np.isfinite(self.factor)) and self.off(self.factor) <= 1 and not lone(self.made)


@dataclass
class Reading:
    """A problem, read with certain activations.

    Attributes:
        problem: the arrays in one convention.
        activations: one for each layer.
        unit: the relative size of the last digit.
        coarse: how closely a form must fit in the first comparison.
        floors: for each array, the error in its gradient that comes from rounding in the update alone.
        kinks: as for `forward`; the activations have derivatives of their own there.
        resembling: for each family, which arrays resemble the correct gradient at first sight, and what tells the rest.
    """

    problem: Problem
    activations: tuple[Activation, ...]
    unit: float
    coarse: float
    floors: Mapping[str, float]
    kinks: Sequence[np.ndarray] = ()
    resembling: dict[str, tuple[dict[str, bool], Iterator[tuple[str, bool]]]] = field(default_factory=dict, repr=False)
    _correct: dict[str, dict[str, Block]] = field(default_factory=dict, repr=False)

    def exact(self, family: str) -> Pass:
        """Return the forward pass, for a family of losses."""
        return self._exact._replace(family=family)

    def disturbed(self, family: str) -> Pass:
        """Return the forward pass with disturbed numbers, for a family of losses."""
        return self._disturbed._replace(family=family)

    @cached_property
    def _exact(self) -> Pass:
        return forward(self.problem, self.activations, "mse", kinks=self.kinks)

    @cached_property
    def _disturbed(self) -> Pass:
        return forward(self.problem, self.activations, "mse", self.unit, self.kinks)

    def forget(self) -> None:
        """Let go of the disturbed forward pass, which takes the most memory; it is computed anew when it is needed."""
        self.__dict__.pop("_disturbed", None)

    @cached_property
    def given(self) -> dict[str, np.ndarray]:
        """The arrays that were passed, by name."""
        found = {f"W{k + 1}": g for k, g in enumerate(self.problem.gradients)}
        return found | {f"b{k + 1}": g for k, g in enumerate(self.problem.bias_gradients or ())}

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

    def correct(self, family: str) -> dict[str, Block]:
        """Compare each array that was passed with the correct gradient, for a family of losses."""
        if family not in self._correct:
            self._correct[family] = self.blocks(family, {})
        return self._correct[family]

    def blocks(
        self,
        family: str,
        plan: grammar.Plan,
        factors: Mapping[str, float] | None = None,
        decays: Mapping[str, float] | None = None,
    ) -> dict[str, Block]:
        """Compare the arrays with those of a backward pass, and measure the effect of rounding on these.

        Args:
            family: the family of the loss.
            plan: the backward pass.
            factors: as for `grammar.backward`.
            decays: multiples of the parameters that are added to their gradients, in units of the loss's factor.

        Returns:
            A block for each array that was passed.
        """
        with np.errstate(all="ignore"):
            biased = self.problem.bias_gradients is not None
            exact = grammar.backward(self.exact(family), plan, factors, biased)
            disturbed = grammar.backward(self.disturbed(family), plan, factors, biased)
            return {
                name: self._block(name, given, exact[name], disturbed[name], (decays or {}).get(name, 0.0))
                for name, given in self.given.items()
            }

    def _block(self, name: str, given: np.ndarray, made: np.ndarray, copies: np.ndarray, decay: float) -> Block:
        if decay:
            parameters = self.problem.weights if name[0] == "W" else self.problem.biases or ()
            w = parameters[int(name[1:]) - 1]
            made, copies = made + decay * w, copies + decay * w
        if made.shape != given.shape:
            made = np.broadcast_to(made, np.broadcast_shapes(given.shape, made.shape))
            if made.shape != given.shape:
                given = np.broadcast_to(given, made.shape)
        spread = copies - made
        deviation = float(np.vdot(spread, spread) / len(spread)) ** 0.5
        size = float(np.vdot(made, made)) ** 0.5
        s = float(np.vdot(given, made)) / size**2 if size > TINY else np.nan
        slack = DEVIATIONS * deviation + UNITS * self.unit * size
        return Block(name, given, made, slack, self.floors.get(name, 0.0), s)


def families(output: str) -> tuple[str, ...]:
    """List the families of losses that suit an output activation.

    Args:
        output: the name of the activation.

    Returns:
        The families.

    Examples:
        >>> from backprop.verification.search import families
        >>> families("sigmoid")
        ('mse', 'binary_cross_entropy')
    """
    return {"sigmoid": ("mse", "binary_cross_entropy"), "softmax": ("cross_entropy", "mse")}.get(output, ("mse",))


class Term(NamedTuple):
    """One deviation from the correct backward pass: an incorrect form, or a factor.

    Attributes:
        place: "error", "back1", "phi1", "dW1", "db1", "delta1", "loss" or "update".
        form: the name of a form of the grammar, or "" for a factor.
        factor: the factor, if form is "".
    """

    place: str
    form: str = ""
    factor: float = 1.0

    @property
    def layer(self) -> int:
        """The number of the layer; 0 for the output's."""
        return int("".join(filter(str.isdigit, self.place)) or 0)

    @property
    def kind(self) -> str:
        """The kind of deviation, whatever its layer."""
        if self.form.startswith("~decay"):
            return self.form
        if "~" in self.form:
            return f"~{self.place.rstrip('0123456789')} {self.form}"
        if self.form:
            return self.form.partition(":")[0] if not self.form.startswith("wrong") else self.form
        word = "array" if self.place[:2] in ("dW", "db") else self.place.rstrip("0123456789")
        return f"×{word}{self.factor:.6g}"


@lru_cache(maxsize=10_000)
def _kinds_of(place: str, form: str) -> frozenset[str]:
    """List the kinds of deviations that a form is, kept because the search asks for the same ones again and again."""
    return frozenset(Term(place, form).kind.split("+"))


def norm(array: np.ndarray) -> float:
    """Compute the Euclidean norm of all numbers, for small arrays in a third of the time of `np.linalg.norm`."""
    return float(np.vdot(array, array)) ** 0.5


def least_squares(matrix: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Solve a least-squares problem; return NaN if a number is not finite, because LAPACK would warn of it."""
    if not (np.isfinite(matrix).all() and np.isfinite(target).all()):
        return np.full(matrix.shape[1], np.nan)
    return np.linalg.lstsq(matrix, target, rcond=None)[0]


def distinct(forms: Iterator[tuple[str, np.ndarray]]) -> list[tuple[str, np.ndarray]]:
    """Remove forms, except for the correct one, named "", that are not finite or give the numbers of a simpler one."""
    found: dict[bytes, tuple[str, np.ndarray]] = {}
    for name, array in sorted(forms, key=lambda form: form[0].count("+")):
        # The first is quick, and may overflow.
        if not name or isfinite(np.vdot(array, array)) or np.isfinite(array).all():
            found.setdefault((array + 0.0).tobytes(), (name, array))
    return list(found.values())


#: The cost of a nameless form, of a factor with a name and of any other factor.
UNUSUAL, FACTOR, ANY_FACTOR = 1.3, 1.2, 1.5
#: The additional cost of a factor in both arrays of a layer, and of one in some of the layers only.
BOTH, SOME = 0.3, 0.4


def _cost_of(terms: Sequence[Term], named: Sequence[float] = ()) -> float:
    """Compute the cost of an explanation: about one for each kind of mistake, more for factors and nameless forms."""
    kinds = {part: term for term in terms for part in term.kind.split("+")}
    total, decays = 0.0, set()
    for kind, term in kinds.items():
        if kind.startswith("×"):
            total += (
                FACTOR
                if any(abs(abs(term.factor) / f - 1) < 1e-6 for f in (1.0, *named)) or not term.factor
                else ANY_FACTOR
            )
        elif kind.startswith("~decay"):
            decays.add(kind)
        else:
            total += UNUSUAL if kind.startswith("~") else 1.0 + 0.1 * (kind in UNLIKELY)
    if {"one-example-only", "bias-not-summed"} <= kinds.keys():
        total -= 1.0
    return total + 1.4 * len(decays) + 0.001 * len(terms)


class State(NamedTuple):
    """A backward pass, determined from the output down to some layer.

    Attributes:
        terms: its deviations from the correct backward pass.
        flow: the upstream gradients and δ of these layers.
        s: the factor of the whole gradient, once an array has determined it.
        numbers: how many numbers are explained.
    """

    terms: tuple[Term, ...] = ()
    flow: Flow = Flow()
    s: float | None = None
    numbers: int = 0

    @property
    def kinds(self) -> set[str]:
        """The kinds of deviations, whatever their layers."""
        return {part for term in self.terms for part in term.kind.split("+")}

    @property
    def plan(self) -> dict[str, str]:
        """The plan for `grammar.backward`."""
        return {term.place: term.form for term in self.terms if term.form and not term.form.startswith("~decay")}

    @property
    def factors(self) -> dict[str, float]:
        """The factors for `grammar.backward`."""
        return {term.place: term.factor for term in self.terms if not term.form}

    @property
    def decays(self) -> dict[str, float]:
        """The multiples of the parameters that are added."""
        return {term.place[1:]: term.factor for term in self.terms if term.form.startswith("~decay")}


class Sketch(NamedTuple):
    """The arrays of a layer, projected onto a few directions, so that many forms can be compared quickly."""

    left: np.ndarray  # (N, q): the inputs along the directions; ones for the biases
    size: float  # the sum of their squares
    targets: tuple[np.ndarray, ...]  # with respect to the weights (q, out), and to the biases (1, out) if that came
    directions: np.ndarray


class Products(NamedTuple):
    """The products of an upstream gradient and a derivative that the search tries for the δ of a layer."""

    place: str  # of the upstream gradient, in a plan
    correct: np.ndarray  # the correct upstream gradient
    tried: list[tuple[str, np.ndarray]]  # the upstream gradients
    made: list[np.ndarray]  # sketches for each of them with each derivative, and their rounding errors
    wanted: np.ndarray  # which of these are few enough mistakes


class Search:
    """A search through the backward passes of one reading, for one family of losses."""

    def __init__(
        self, reading: Reading, family: str, named: Sequence[float], steps: Iterator[int] | None = None
    ) -> None:
        """Prepare a search.

        Args:
            reading: the problem.
            family: the family of the loss.
            named: the factors that have a name.
            steps: an iterator from which one number is taken whenever the search goes one layer down.
        """
        self.reading, self.family, self.named = reading, family, named
        self._steps = iter(()) if steps is None else steps
        self.p = reading.exact(family)
        self.correct = reading.correct(family)
        self._forms: dict[str, list[tuple[str, np.ndarray]]] = {}
        self._tops: dict[float | None, list[State]] = {}
        self._plain: dict[tuple[int, int], Products] = {}
        self._sketches: dict[int, Sketch] = {}
        self._floor = max(reading.floors.values(), default=0.0)

    def explain(self, s: float | None, most: int = MOST) -> list[State]:
        """List the states that explain the arrays.

        Args:
            s: the factor of the whole gradient; None takes it from the first array that fits.
            most: the largest number of kinds of mistakes in one explanation.

        Returns:
            The states that reach the first layer, those of lowest cost first.
        """
        with np.errstate(all="ignore"):
            if s not in self._tops:
                self._tops[s] = list(self._below(State(s=s), self.p.depth - 1, MOST))
            states = self._kept([state for state in self._tops[s] if len(state.kinds) <= most])
            for k in range(self.p.depth - 2, -1, -1):
                states = self._kept([below for state in states for below in self._below(state, k, most)])
        return states

    def cost(self, state: State) -> float:
        """Compute the cost of a state; a factor in only some layers, or in both arrays of one, costs more."""
        scaled = [term for term in state.terms if not term.form and term.place[:2] in ("dW", "db")]
        layers = {term.layer for term in scaled}
        both = len({term.place[:2] for term in scaled}) > 1 and not self.reading.problem.bias_row
        return _cost_of(state.terms, self.named) + BOTH * both + SOME * (1 < len(layers) < self.p.depth)

    def _kept(self, states: Sequence[State]) -> list[State]:
        seen, kept = set(), []
        for state in sorted(states, key=lambda state: (self.cost(state), -state.numbers)):
            key = tuple((t.place, t.form, round(t.factor, 9)) for t in state.terms)
            if key not in seen:
                seen.add(key)
                kept.append(state)
        return kept[:BEAM]

    def _sketch(self, k: int) -> Sketch:
        a = self.p.a[k]
        rng = np.random.default_rng(k)
        directions = np.eye(a.shape[1]) if a.shape[1] <= 4 else rng.standard_normal((a.shape[1], 3))
        left, targets = a @ directions, [directions.T @ self.reading.given[f"W{k + 1}"]]
        bias = self.reading.given.get(f"b{k + 1}")
        if bias is not None and bias.shape == (1, self.p.z[k].shape[1]):
            left, targets = np.hstack([left, np.ones((len(a), 1))]), [*targets, bias]
        return Sketch(left, float(np.vdot(left, left)), tuple(targets), directions)

    def _below(self, state: State, k: int, most: int) -> Iterator[State]:
        """Extend a state by one layer in every way that fits."""
        next(self._steps, 0)
        p, derivatives = self.p, self._derivatives(k)
        place, upstream, tried, made, wanted = self._products(state, k, most - len(state.kinds))
        correct = upstream * derivatives[0][1]
        flow = Flow((*state.flow.errors, grammar.kept_error(p, k, upstream)), (*state.flow.deltas, correct))
        yield from self._arrays(state._replace(flow=flow), k)
        if not tried:
            return
        sketch = self._sketches[k]
        for at_once in self._matching(sketch, made, wanted, state.s):
            i, j = divmod(at_once, len(derivatives))
            (name, error), (other, phi) = tried[i], derivatives[j]
            delta = phi * error
            if np.max(np.abs(delta - correct)) <= 1e-9 * np.max(np.abs(correct)):
                continue
            wrong = [Term(place, name)] if name else []
            wrong += [Term(f"phi{k + 1}", other)] if other else []
            flow = Flow((*state.flow.errors, grammar.kept_error(p, k, error)), (*state.flow.deltas, delta))
            yield from self._arrays(state._replace(terms=(*state.terms, *wrong), flow=flow), k, firm=True)

    def _products(self, state: State, k: int, left: int) -> Products:
        """List the products that a layer's δ may be; kept where nothing deviates, as the search comes there often."""
        if state.terms or (k < self.p.depth - 1 and self.reading.problem.X.size > MANY):  # which takes memory
            return self._new_products(state, k, left)
        if (k, left) not in self._plain:
            self._plain[k, left] = self._new_products(state, k, left)
        return self._plain[k, left]

    def _new_products(self, state: State, k: int, left: int) -> Products:
        kinds, most = state.kinds, max(left, 0)
        place = "error" if k == self.p.depth - 1 else f"back{k + 1}"

        def new(name: str) -> int:
            return self._new(Term(place, name), kinds)

        come = self._come(state.flow, k, lambda name: new(name) <= most)
        if k not in self._sketches:
            self._sketches[k] = self._sketch(k)
        more = np.array([self._new(Term(f"phi{k + 1}", other), kinds) for other, _ in self._derivatives(k)])
        tried, wanted = [], list[np.ndarray]()
        for name, error in come:
            at = new(name) + more <= most
            at[0] &= bool(name)  # both correct
            if at.any():
                tried.append((name, error))
                wanted.append(at)
        made = zip(*(self._made(self._sketches[k], k, error) for _, error in tried), strict=True)
        parts = map(np.concatenate, made)
        return Products(place, come[0][1], tried, list(parts), np.concatenate(wanted or [np.zeros(0)]))

    def _come(self, flow: Flow, k: int, wanted: Callable[[str], bool]) -> list[tuple[str, np.ndarray]]:
        """List the upstream gradients that a layer can have, below the output those alone whose names are wanted."""
        if k == self.p.depth - 1:
            return self._kept_forms("error", lambda: grammar.errors(self.p))
        return distinct(grammar.backs(self.p, k, flow, wanted))

    def _derivatives(self, k: int) -> list[tuple[str, np.ndarray]]:
        return self._kept_forms(f"phi{k}", lambda: grammar.derivatives(self.p, k))

    def _kept_forms(
        self, key: str, make: Callable[[], Iterator[tuple[str, np.ndarray]]]
    ) -> list[tuple[str, np.ndarray]]:
        if key not in self._forms:
            self._forms[key] = distinct(make())
        return self._forms[key]

    @staticmethod
    def _new(term: Term, kinds: set[str]) -> int:
        """Count the kinds of mistakes that a term adds."""
        return len(_kinds_of(term.place, term.form) - kinds) if term.form else 0

    def _made(self, sketch: Sketch, k: int, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute sketches of a layer's arrays for an upstream gradient and each derivative, and rounding errors."""
        deltas = np.array([d for _, d in self._derivatives(k)]) * error
        made = np.matmul(sketch.left.T, deltas)
        flat = deltas.reshape(len(deltas), -1)
        return made, 1e3 * self.reading.unit * np.sqrt(sketch.size * np.vecdot(flat, flat))

    def _matching(self, sketch: Sketch, made: Sequence[np.ndarray], at: np.ndarray, s: float | None) -> Sequence[int]:
        """List the products, among those marked in `at`, that give the gradient with respect to weights or biases."""
        q = sketch.directions.shape[1]
        fits = np.zeros(len(at), bool)
        for target, m in zip(sketch.targets, (made[0][:, :q], made[0][:, q:]), strict=False):
            flat, t = m.reshape(len(m), -1), target.ravel()
            length = norm(t)
            if length == 0 or (s is None and t.size < 2):
                continue
            f = flat @ t / np.sum(flat * flat, axis=1) if s is None else np.full(len(m), s)
            miss = np.linalg.norm(t - f[:, None] * flat, axis=1)
            fits |= miss <= self.reading.coarse * length + np.abs(f) * made[1] + self._floor * 3
        found: list[int] = np.flatnonzero(fits & at).tolist()
        return found

    def _fits(self, given: np.ndarray, made: np.ndarray, size: float = 0.0) -> bool:
        """Tell whether two arrays agree roughly."""
        return norm(given - made) <= self._allowed(given, size)

    def _allowed(self, given: np.ndarray, size: float = 0.0) -> float:
        """Compute up to which deviation an array agrees roughly with the given one."""
        return self.reading.coarse * max(norm(given), size) + 3 * self._floor

    def _arrays(self, state: State, k: int, firm: bool = False) -> Iterator[State]:
        """Explain the arrays of a layer by its δ; if `firm`, at least one of them must follow from it."""
        given = {name: self.reading.given[name] for name in (f"W{k + 1}", f"b{k + 1}") if name in self.reading.given}
        delta = state.flow.deltas[-1]
        made = {f"W{k + 1}": step.weight_gradient(self.p.a[k], delta), f"b{k + 1}": step.bias_gradient(delta)}
        sizes = {name: self._size(name, k, delta) for name in given}
        s = state.s
        if s is None:
            for name, g in given.items():
                size = float(np.vdot(made[name], made[name]))
                if g.shape != made[name].shape or g.size < 2 or size <= TINY or self._drowned(name):
                    continue
                f = float(np.vdot(g, made[name])) / size
                if f and self._fits(g, f * made[name], abs(f) * sizes[name]):
                    s = f
                    break
        if s is None and not firm:
            s = self._under_decay(k, made)
        if s is None:
            if not firm:
                yield from self._formed(state, k, given)
            return
        options: list[list[tuple[Term, ...]]] = []
        matched = 0
        for name, g in given.items():
            block = self.correct[name]
            plain = not state.terms and np.array_equal(block.made, made[name])
            if block.vague(s):
                options.append([()])
            elif g.shape == made[name].shape and (
                block.off(s) <= 1 if plain else self._fits(g, s * made[name], abs(s) * sizes[name])
            ):
                options.append([()])
                matched += g.size
            else:
                beside = [t.factor for ways in options for way in ways for t in way if not t.form]
                options.append(list(self._ways(name, k, g, made[name], s, state.flow, sizes[name], beside)))
        if firm and not matched:
            return
        base = state._replace(s=s)
        numbers = state.numbers + sum(g.size for g in given.values())
        for choice in product(*options):
            terms = tuple(term for part in choice for term in part)
            yield base._replace(terms=(*base.terms, *terms), numbers=numbers)
        if not firm and not matched and k < self.p.depth - 1:
            yield from self._scaled(base, k, given, made, s)

    def _formed(self, state: State, k: int, given: Mapping[str, np.ndarray]) -> Iterator[State]:
        """Determine the factor of the whole gradient from a weight gradient of incorrect form."""
        name, flow = f"W{k + 1}", state.flow
        g = given[name]
        least = 2 if self.reading.coarse < 1e-5 else 3  # two numbers have one direction, which could be a coincidence
        if g.size < least or self._drowned(name) or g.size * len(self.p.y) > 200_000:
            return
        below = grammar.delta_of(self.p, k - 1, {}, flow).deltas[-1] if k else None
        for form, _, a, b in grammar.weight_forms(self.p, k, flow, below):
            made = step.weight_gradient(a, b)
            size = float(np.vdot(made, made))
            f = float(np.vdot(g, made)) / size if form and size > TINY else 0.0
            if f and "~" not in form and self._fits(g, f * made):
                fixed = state._replace(s=f)
                yield from self._arrays(fixed, k)

    def _under_decay(self, k: int, made: Mapping[str, np.ndarray]) -> float | None:
        """Determine the factor of the whole gradient from a weight gradient that contains a weight decay."""
        g, w = self.reading.given[f"W{k + 1}"], self.reading.problem.weights[k]
        if g.size < 4:
            return None
        both = np.stack([made[f"W{k + 1}"].ravel(), w.ravel()], axis=1)
        own, decay = least_squares(both, g.ravel())
        return float(own) if own and self._fits(g.ravel(), both @ np.array([own, decay])) else None

    def _drowned(self, name: str) -> bool:
        """Tell whether an array is smaller than the rounding error of the update."""
        size = norm(self.reading.given[name])
        return size <= TINY or self.reading.floors.get(name, 0.0) > TOO_SMALL * size

    def _size(self, name: str, k: int, delta: np.ndarray) -> float:
        """Estimate the norm of an array without cancellation, in units of the precision of the first comparison."""
        left = norm(self.p.a[k]) if name[0] == "W" else len(delta) ** 0.5
        return 1e3 * self.reading.unit / self.reading.coarse * left * norm(delta)

    def _scaled(
        self, state: State, k: int, given: Mapping[str, np.ndarray], made: Mapping[str, np.ndarray], s: float
    ) -> Iterator[State]:
        """Multiply δ by a factor with which an array fits, so that the layers below are multiplied as well."""
        pairs = [
            (g, s * made[name]) for name, g in given.items() if g.shape == made[name].shape and not lone(made[name])
        ]
        factors = {self._rounded(float(np.vdot(g, m)) / (float(np.vdot(m, m)) or np.nan)) for g, m in pairs}
        for f in sorted(f for f in factors if f and np.isfinite(f)):
            *errors, error = state.flow.errors
            *deltas, delta = state.flow.deltas
            scaled = Flow((*errors, f * error), (*deltas, f * delta))
            terms = (*state.terms, Term(f"delta{k + 1}", "", f))
            yield from self._arrays(state._replace(terms=terms, flow=scaled), k, firm=True)

    def _ways(
        self,
        name: str,
        k: int,
        g: np.ndarray,
        made: np.ndarray,
        s: float,
        flow: Flow,
        size: float,
        beside: Sequence[float],
    ) -> Iterator[tuple[Term, ...]]:
        """List the incorrect forms, factors and decays from which an array can have been computed."""
        place = f"d{name}"
        below = grammar.delta_of(self.p, k - 1, {}, flow).deltas[-1] if k else None
        if not g.any():
            if made.any() and g.shape == made.shape:
                yield (Term(place, "", 0.0),)
            return
        if name[0] == "W":
            alone = k == 0 and f"b{k + 1}" not in self.reading.given  # then δ in its stead gives the same numbers
            directions = (
                np.eye(g.shape[0]) if g.shape[0] <= 16 else np.random.default_rng(k).standard_normal((g.shape[0], 3))
            )
            target, seen = directions.T @ g, dict[int, np.ndarray]()
            allowed = self._allowed(target)
            forms = list(grammar.weight_forms(self.p, k, flow, below))  # kept, so that each array has its own id
            for form, _, a, b in forms:
                if not form or (alone and b is not flow.deltas[-1] and form not in ALONE):
                    continue
                if id(a) not in seen:
                    seen[id(a)] = s * (a @ directions).T
                if norm(target - seen[id(a)] @ b) <= allowed:
                    yield (Term(place, form),)
        else:
            for form, _, b in grammar.bias_forms(self.p, k, flow, below):
                if form and b.shape == g.shape and self._fits(g, s * b):
                    yield (Term(place, form),)
        if g.shape != made.shape:
            return
        length = float(np.vdot(made, made))
        divisor = s * length
        f = float(np.vdot(g, made)) / divisor if length > TINY and divisor else np.nan
        f = self._rounded(f)
        scaled = np.isfinite(f) and self._fits(g, s * f * made, abs(f * s) * size if f else 0.0)
        f = next((other for other in beside if abs(f / (other or np.nan) - 1) < 1e-6), f)
        if scaled and (self._named(f) or f in beside or not lone(made)):
            yield (Term(place, "", f),)
        w = (self.reading.problem.weights if name[0] == "W" else self.reading.problem.biases or ())[k]
        length = float(np.vdot(w, w))
        if length > TINY and (g.size < 3 or not scaled):
            decay = float(np.vdot(g - s * made, w)) / length
            if self._fits(g, s * made + decay * w):
                yield (Term(place, f"~decay:{decay / s:.5g}", float(decay / s)),)

    def _rounded(self, f: float) -> float:
        """Replace a factor by the one with a name that it nearly equals, if there is one."""
        exact = (sign * one for one in (1.0, *self.named) for sign in (1, -1))
        return next((one for one in exact if abs(f / one - 1) < 10 * self.reading.coarse), f)

    def _named(self, f: float) -> bool:
        return f in (0.0, -1.0) or any(abs(abs(f) / one - 1) < 1e-6 for one in self.named)
