"""Diagnosis: name the mistake in anybody's gradient.

`diagnose` takes weights, data and the gradient that somebody's code gave for them; `diagnose_step` takes the weights
before and after one update. What they are not told they work out. The answer is "correct", "mistake" or "unknown", and
the last is meant: what is not recognised to the last digits is not named.

Readings that give the same numbers have one answer. In this order:

1. The gradient of a loss, exactly, is correct: for the loss that was named; if none was, for the first that fits among
   the mean, half the mean, the sum and half the sum of squares, then the mean and the sum of cross-entropies. A loss
   named "mse" or "binary_cross_entropy" may divide by N · d_L or by N alone.
2. −∇L, exactly, is correct as well, with `sign` −1: it is right if it is added. In a step, it is the mistake `uphill`.
3. Otherwise the explanation with the fewest mistakes counts; among equals the squared error goes before cross-entropy.
   So 2/N · Aᵀ(ŷ − y) under a sigmoid output is the squared error with the output's slope dropped, though it is also
   twice the gradient of cross-entropy.
4. Mistakes that give the same numbers under the same loss are named together.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from backprop import checks
from backprop import derivation as step
from backprop.network import ACTIVATIONS, Activation, Gradients, Model
from backprop.verification import catalogue
from backprop.verification.catalogue import BY_SLUG, Choice
from backprop.verification.intake import (
    CONVENTIONS,
    Handed,
    Problem,
    arrays,
    given_back,
    plain,
    precision_of,
    problems,
    split,
)
from backprop.verification.search import (
    COARSE,
    Fit,
    LossReading,
    Reading,
    State,
    blocks_of,
    explain,
    fits_of,
    losses,
    slug_of,
)

#: Where the site stands: the setting that the site's build reads as well. Without it, addresses begin at its root.
SITE = os.environ.get("SITE_URL", "")

#: What is tried if activations are not told: first those of the assignment, then any, one for each layer.
HIDDEN, OUTPUT = ("sigmoid", "tanh", "relu", "identity"), ("sigmoid", "identity", "tanh", "relu")
#: How many networks of mixed activations are tried at most.
MIXED = 260

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
    "binary_cross_entropy": "binary_cross_entropy",
    "bce_sum": "binary_cross_entropy_sum",
}


class Layer(NamedTuple):
    """What was found about one layer of weights.

    Attributes:
        number: its number, from 1.
        verdict: "correct", "incorrect" or "unknown".
        mistakes: the slugs of the mistakes made here. A wrong layer without any is wrong because of one above.
        relative_error: between what was handed in and the correct gradient; nan if that is not known.
    """

    number: int
    verdict: str
    mistakes: tuple[str, ...]
    relative_error: float


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a gradient, or that nothing is.

    Its text, `str(diagnosis)`, says it in words.

    Attributes:
        verdict: "correct", "mistake" or "unknown".
        mistakes: slugs of the catalogue, the surest first.
        loss: the loss it belongs to, such as "mse", "mse_half", "mse_sum", "binary_cross_entropy"; None if unknown.
        scale: the length of what was handed in, as a multiple of that loss's gradient; None if unknown. In a step
            without eta it is eta times that.
        sign: 1, or −1 if it points against the gradient; None if unknown.
        convention: how it was read, such as "rows, (in, out)"; None if unknown.
        layers: what was found about each layer of weights.
        alternatives: other readings that give the same numbers, and mistakes that cannot be told from these.
        activations: the activations it was read with; None if unknown.
        correct: the correct gradient, laid out as the weights were; None if unknown.
        reason: in one sentence, why nothing can be said, or what should be known besides; may be empty.
        assumed: what was not told and worked out.
        evidence: how many numbers agree, and how closely.
    """

    verdict: str
    mistakes: tuple[str, ...]
    loss: str | None
    scale: float | None
    sign: int | None
    convention: str | None
    layers: tuple[Layer, ...]
    alternatives: tuple[str, ...] = ()
    activations: tuple[str, ...] | None = None
    correct: Gradients | None = None
    reason: str = ""
    assumed: tuple[str, ...] = ()
    evidence: str = ""

    def __str__(self) -> str:
        """Say it in words."""
        return "\n".join(_text(self))


def address(label: str) -> tuple[str, str]:
    """Find where an equation stands.

    Args:
        label: its label, without "eq:".

    Returns:
        Its number, and its address on the site.

    Raises:
        KeyError: if there is no such equation.

    Examples:
        >>> from backprop.verification.diagnosis import address
        >>> address("hidden-delta")[0], address("hidden-delta")[1].endswith("hidden-to-hidden/#eq-hidden-delta")
        ('8.4', True)
    """
    mark = rf"\label{{eq:{label}}}"
    for name in step.__all__:
        function = getattr(step, name)
        before, found, _ = (function.__doc__ or "").partition(mark) if callable(function) else ("", "", "")
        if found:
            chapter = function.__module__.rpartition(".")[2].replace("_", "-")
            return before.rpartition(r"\tag{")[2].partition("}")[0], f"{SITE}derivation/{chapter}/#eq-{label}"
    raise KeyError(label)


def _told_losses(loss: str | None, n: int, d: int) -> list[LossReading]:
    """List the losses that a caller leaves open."""
    known = losses(n, d)
    if loss is None:
        return known
    if not isinstance(loss, str):
        raise TypeError(f"loss is {loss!r}, of type {type(loss).__name__}; expected a name")
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
    names = [phi.name for phi in ACTIVATIONS.values() if phi.elementwise]
    return ACTIVATIONS[checks.one_of("activations", "identity" if name == "linear" else name, names)]


def _told_activations(activations: Any, depth: int, loss: str | None) -> list[list[Activation]] | None:
    """List what each layer's activation may be, as told; None if nothing was told. Check that the loss goes with it."""
    family = _told_losses(loss, 2, 2)[0].family
    if activations is None:
        return None
    if isinstance(activations, str | Activation):
        activations = [activations] * depth
    if not isinstance(activations, Sequence):
        raise TypeError(f"activations is {activations!r}; expected a name or a sequence of one for each layer")
    if len(activations) != depth:
        raise ValueError(f"activations has {len(activations)} entries; expected {depth}, one for each layer of weights")
    everything = [ACTIVATIONS[name] for name in HIDDEN]
    told = [everything if a is None else [_one(a)] for a in activations]
    if loss is not None and family == "binary_cross_entropy" and "sigmoid" not in (names := [a.name for a in told[-1]]):
        raise ValueError(f"loss {loss!r} is known for a sigmoid output; the output activation is {names[0]!r}")
    return told


def _networks(told: list[list[Activation]] | None, depth: int, family: str) -> Iterator[list[tuple[Activation, ...]]]:
    """List the activations to try: a likely group first, then, if that fails, a larger one."""
    outputs = [ACTIVATIONS[name] for name in (("sigmoid",) if family == "binary_cross_entropy" else OUTPUT)]
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
    """Yield the reading, and, where a ReLU stands exactly on its kink, the same with slope 1 there."""
    yield reading
    hit = [
        k
        for k, (phi, z) in enumerate(zip(reading.activations, reading.exact.z, strict=True))
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
    floors: tuple[float, ...]
    known: bool  # whether the factor of the whole gradient can be seen


def _readings(case: _Case, activations: Sequence[tuple[Activation, ...]]) -> list[Reading]:
    """Read the problem in every convention with all of the activations."""
    with np.errstate(all="ignore"):
        return [
            reading
            for problem in case.problems
            for network in activations
            for reading in _with_other_kink(Reading(problem, network, case.unit, case.coarse, case.floors))
        ]


def _candidates(case: _Case, reading: Reading) -> list[LossReading]:
    """List the losses that a reading may belong to."""
    found = _told_losses(case.loss, reading.n, reading.widths[-1])
    if not case.known:  # a sum cannot be told from a mean
        found = [loss for loss in found if loss.mean] or found
        found = list({loss.family: loss for loss in reversed(found)}.values())[::-1]
    y = reading.problem.y
    if case.loss is None and (reading.activations[-1].name != "sigmoid" or y.min() < 0 or y.max() > 1):
        found = [loss for loss in found if loss.family == "mse"]
    return found


def _right(reading: Reading) -> Iterator[State]:
    """List the backward passes without a mistake under one loss or another, if they come near at the output."""
    errors = 1 + np.abs(catalogue.correct_error(reading.exact))
    for derivative in ("", "derivative-missing") if reading.activations[-1].name == "sigmoid" else ("",):
        choices = (Choice(derivative=derivative), *(Choice(),) * (reading.depth - 1))
        weights, _ = catalogue.backward(reading.exact, choices[::-1])
        g, made = reading.problem.gradients[-1], weights[-1]
        size, length = float(np.sum(made * made)), float(np.linalg.norm(g))
        miss = np.linalg.norm(g - made * (np.sum(g * made) / size)) if size > 0 else length
        possible = np.linalg.norm(step.weight_gradient(np.abs(reading.exact.a[-2]), np.abs(errors)))
        drowned = length <= 1e4 * reading.unit * possible + 100 * reading.floors[-1]  # the output is saturated
        if miss <= 0.3 * length or drowned:
            yield State(choices, None, None, frozenset(), ())


def _all_fits(case: _Case, readings: Sequence[Reading]) -> tuple[list[Fit], list[tuple[Reading, State]]]:
    """Explain the numbers: without a mistake if possible, else with the fewest; or say how far it went."""
    named, partial = case.loss is not None, []
    found = []
    with np.errstate(all="ignore"):
        for reading in readings:
            for state in _right(reading):
                found += fits_of(reading, state, _candidates(case, reading), named, case.known)
        if any(not fit.mistakes for fit in found):
            return found, []
        for reading in readings:
            complete, incomplete = explain(reading)
            partial += [(reading, state) for state in incomplete]
            for state in complete:
                found += fits_of(reading, state, _candidates(case, reading), named, case.known)
    return found, partial


def _solve(case: _Case, layers: int) -> tuple[list[Fit], list[tuple[Reading, State]], list[Reading]]:
    """Search the likely activations, and the others if that fails."""
    family = "" if case.loss is None else _told_losses(case.loss, 2, 2)[0].family
    partial: list[tuple[Reading, State]] = []
    readings: list[Reading] = []
    for activations in _networks(case.told, layers, family):
        group = _readings(case, activations)
        readings = readings or group
        fits, more = _all_fits(case, group)
        partial += more
        fits = [fit for fit in fits if len(fit.mistakes) <= 3]
        if fits:
            return sorted(fits, key=lambda fit: fit.cost), [], readings
    return [], partial, readings


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
) -> Diagnosis:
    """Name the mistake in a gradient.

    Args:
        weights: one array for each layer, (in, out) or (out, in); or a `backprop.Model`.
        X: the inputs, one example a row or a column.
        y: the targets; (N,) will do for one output.
        gradients: what somebody's backward pass gave for these weights: one array for each layer, in the shapes of the
            weights. With biases also `backprop.Gradients`, {"weights": …, "biases": …}, a pair of lists, or one list
            in PyTorch's order W₁, b₁, W₂, b₂, …
        biases: one for each layer, (out,), (1, out) or (out, 1), if the network has any.
        activations: a name for all layers or one for each, or None for what is not known; "sigmoid", "tanh", "relu",
            "identity" and the others of the network. Not told, these four are tried first.
        loss: "mse", "mse_half", "mse_sum", "mse_half_sum", "binary_cross_entropy" or
            "binary_cross_entropy_sum", or None.
        convention: "rows, (in, out)" and so on, or a part of it such as "columns", or None.

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

        Half as long, it is the gradient of half the loss. If the loss is named, it is a mistake:

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
    b = None if biases is None else _as_many("biases", arrays("biases", _atleast(biases)), len(w))
    g = _as_many("gradients", arrays("gradients", given_w), len(w))
    gb = None if given_b is None else arrays("gradients of biases", _atleast(given_b))
    handed = Handed(_data("X", X), _data("y", y), w, b, g, gb)
    told = _told_activations(activations, len(w), loss)
    found = problems(handed, convention)
    precision = precision_of([*given_w, *(given_b or ())])
    if precision is np.float16:
        return _unknown(len(w), "float16 holds three digits, too few to tell; compute in float32 or float64")
    case = _Case(found, told, loss, float(np.finfo(precision).eps), COARSE[precision], (0.0,) * len(w), True)
    if not any(array.any() for array in (*g, *(gb or ()))):
        return _all_zero(case, len(w))
    return _answer(case, len(w), convention)


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
) -> Diagnosis:
    """Name the mistake in one update of the weights.

    It sees what `diagnose` sees, and also a step uphill and a layer that was updated before its δ was sent back.

    Args:
        before: the weights before the update, as for `diagnose`.
        after: the weights after it.
        X: the inputs.
        y: the targets.
        eta: the learning rate, or None. Without it, η times the scale of the gradient is seen, and neither alone.
        biases: None, or a pair: the biases before and after.
        activations: as for `diagnose`.
        loss: as for `diagnose`.
        convention: as for `diagnose`.

    Returns:
        The diagnosis. Where the weights moved too little against the rounding of the weights themselves, "unknown".

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes fit no convention, a number is nan or infinite, or a name is unknown.

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
    """
    first, raw = arrays("before", before), after
    second = _as_many("after", arrays("after", raw), len(first), "before")
    rate = 1.0 if eta is None else checks.learning_rate(eta)
    pairs = [(first, second)]
    precision = precision_of(raw)
    if biases is not None:
        if not isinstance(biases, Sequence) or len(biases) != 2:
            raise TypeError("biases is not a pair; expected the biases before and those after the update")
        b, b_after = (arrays(f"biases[{i}]", _atleast(part)) for i, part in enumerate(biases))
        pairs.append((_as_many("biases[0]", b, len(first)), _as_many("biases[1]", b_after, len(first))))
    for name, (old, new) in zip(("after", "biases[1]"), pairs, strict=False):
        for i, (o, n) in enumerate(zip(old, new, strict=True)):
            if o.shape != n.shape:
                raise ValueError(f"{name}[{i}] has shape {n.shape}; expected {o.shape}, as before the update")
    if precision is np.float16:
        return _unknown(len(first), "float16 holds three digits, too few to tell; compute in float32 or float64")
    moved = [[(o - n) / rate for o, n in zip(old, new, strict=True)] for old, new in pairs]
    unit = float(np.finfo(precision).eps)
    floors = tuple(
        unit * float(np.sqrt(sum(np.sum(np.maximum(old[i] ** 2, new[i] ** 2)) for old, new in pairs))) / rate
        for i in range(len(first))
    )
    with_bias = biases is not None
    handed = Handed(
        _data("X", X),
        _data("y", y),
        first,
        pairs[1][0] if with_bias else None,
        moved[0],
        moved[1] if with_bias else None,
        second,
    )
    told = _told_activations(activations, len(first), loss)
    case = _Case(problems(handed, convention), told, loss, unit, COARSE[precision], floors, eta is not None)
    if not any(array.any() for part in moved for array in part):
        return _unknown(len(first), "too small to tell: no weight changed")
    return _answer(case, len(first), convention, step_taken=True)


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
) -> Diagnosis:
    """Fail unless a gradient is correct; for tests that grade.

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
    if sign is not None and found.sign != sign:
        raise AssertionError(f"\nThe sign is {found.sign}; expected {sign}.\n{found}")
    return found


def _data(name: str, value: Any) -> np.ndarray:
    """Read data of one or two dimensions."""
    array = checks.real_array(name, plain(value))
    if array.ndim not in (1, 2):
        raise ValueError(f"{name} has shape {array.shape}; expected one or two dimensions")
    return array


def _atleast(value: Any) -> Any:
    """Let single numbers pass as biases of layers with one unit."""
    return [np.atleast_1d(np.asarray(plain(b))) for b in value] if isinstance(value, list | tuple) else value


def _as_many(name: str, found: list[np.ndarray], n: int, other: str = "weights") -> list[np.ndarray]:
    """Check the number of arrays."""
    if len(found) != n:
        raise ValueError(f"{name} has {len(found)} arrays; expected {n}, as {other} has")
    return found


def _unknown(layers: int, reason: str, **more: Any) -> Diagnosis:
    """Say that nothing can be said."""
    nothing = tuple(Layer(i + 1, "unknown", (), float("nan")) for i in range(layers))
    return Diagnosis("unknown", (), None, None, None, None, more.pop("found", nothing), reason=reason, **more)


def _all_zero(case: _Case, layers: int) -> Diagnosis:
    """Answer for a gradient of nothing but zeros: an error, unless the network was told and is dead."""
    if case.told is not None:
        for reading in _readings(case, list(product(*case.told))):
            weights, biases = catalogue.backward(reading.exact, (Choice(),) * layers)
            if not any(array.any() for array in (*weights, *(biases if reading.problem.biases else ()))):
                right = tuple(Layer(i + 1, "correct", (), 0.0) for i in range(layers))
                reason = "every slope is zero: no change of any weight changes an answer; with ReLU, a layer is dead"
                name = _candidates(case, reading)[0].name
                names = tuple(phi.name for phi in reading.activations)
                return Diagnosis(
                    "correct", (), name, 1.0, 1, reading.problem.convention, right, activations=names, reason=reason
                )
    raise ValueError(
        "gradients are all zero; expected the gradient before it was cleared: looked for one number that is not zero"
    )


def _answer(case: _Case, layers: int, convention: str | None, step_taken: bool = False) -> Diagnosis:
    """Search, choose and put into words."""
    fits, partial, readings = _solve(case, layers)
    if not fits:
        nearest = _closest(case, partial, readings, layers)
        return nearest if case.told is None else replace(nearest, alternatives=tuple(_if_untold(case, layers)))
    best = fits[0]
    equal = [
        fit
        for fit in fits
        if fit.reading is best.reading and fit.loss == best.loss and round(fit.cost, 1) == round(best.cost, 1)
    ]
    slugs = list(dict.fromkeys(slug for fit in equal for slug in sorted(fit.slugs, key=list(BY_SLUG).index)))
    if step_taken and best.sign < 0:
        slugs.append("uphill")
    found, correct = _layers(case, best)
    small = [layer.number for layer in found if layer.verdict == "unknown"]
    numbers = ", ".join(map(str, small))
    reason = f"the change of layer {numbers} is too small against rounding to tell" if small and step_taken else ""
    reason = reason or (f"the gradient of layer {numbers} is too small against rounding to tell" if small else "")
    verdict = "mistake" if slugs else "unknown" if small else "correct"
    if not reason and not case.known:
        reason = "without eta only eta × scale can be seen: a factor 2, a sum or a mean would look the same"
    if best.reading.problem.biases is not None and best.reading.problem.bias_gradients is None:
        reason = "; ".join(filter(None, [reason, "gradients of biases were not given and not checked"]))
    return Diagnosis(
        verdict,
        tuple(slugs),
        best.loss.name,
        best.scale,
        best.sign,
        best.reading.problem.convention,
        found,
        tuple(_alternatives(fits, equal, case)),
        tuple(phi.name for phi in best.reading.activations),
        correct,
        reason,
        tuple(_assumed(case, best, convention)),
        f"all {best.numbers} numbers agree; the array that agrees least is off by {best.off:.0e}, relative",
    )


def _if_untold(case: _Case, layers: int) -> Iterator[str]:
    """Say with which activations, other than those told, the gradient would be correct."""
    fits, _, _ = _solve(case._replace(told=None), layers)
    if fits and not fits[0].mistakes:
        yield f"correct for {fits[0].loss.name}, if the activations are " + ", ".join(
            phi.name for phi in fits[0].reading.activations
        )


def _layers(case: _Case, fit: Fit) -> tuple[tuple[Layer, ...], Gradients]:
    """Compare each layer with the correct gradient under the reading found, and give that gradient."""
    reading = fit.reading
    derivative = "derivative-missing" if fit.loss.family == "binary_cross_entropy" else ""
    choices = (*(Choice(),) * (reading.depth - 1), Choice(derivative=derivative))
    with np.errstate(all="ignore"):
        right = blocks_of(reading, choices)
        made = blocks_of(reading, fit.choices)
    factor = fit.sign * fit.loss.factor * (1.0 if case.known else fit.scale)
    found = []
    for k in range(reading.depth):
        own = [block for block in right if block.layer == k]
        slugs = tuple(slug for slug, layers in fit.mistakes.items() if k in layers)
        fits = all(block.off(factor) <= 1 for block in own) and not slugs
        vague = any(block.slack * abs(factor) + block.floor > 0.5 * np.linalg.norm(block.given) for block in own[:1])
        vague = vague or reading.too_small(k)
        silent = all(not block.given.any() and not block.made.any() for block in made if block.layer == k)
        verdict = "unknown" if vague and not silent and not slugs else "correct" if fits else "incorrect"
        error = max(step.relative_error(block.given, factor * block.made) for block in own)
        found.append(Layer(k + 1, verdict, slugs, error))
    weights, biases = catalogue.backward(reading.exact, choices)
    back = given_back(reading.problem, [fit.loss.factor * g for g in weights])
    with_bias = reading.problem.biases is not None
    return tuple(found), Gradients(back, tuple(fit.loss.factor * b for b in biases) if with_bias else None)


def _closest(
    case: _Case, partial: Sequence[tuple[Reading, State]], readings: Sequence[Reading], layers: int
) -> Diagnosis:
    """Say which layers are right though the whole is not understood."""
    best: tuple[int, tuple[Layer, ...], Reading, str] | None = None
    for reading in readings:
        if all(reading.too_small(k) for k in range(layers)):
            return _unknown(layers, "too small to tell: nothing but rounding can be seen")
        for family, derivative in (("mse", ""), ("binary_cross_entropy", "derivative-missing")):
            if not any(loss.family == family for loss in _candidates(case, reading)):
                continue
            with np.errstate(all="ignore"):
                blocks = blocks_of(reading, (*(Choice(),) * (layers - 1), Choice(derivative=derivative)))
            found = []
            for k in range(layers):
                own = [block for block in blocks if block.layer == k]
                s = own[0].factor
                fits = bool(np.isfinite(s)) and all(block.off(s) <= 1 for block in own)
                error = (
                    max(step.relative_error(block.given, s * block.made) for block in own) if np.isfinite(s) else 1.0
                )
                fits = fits and own[0].given.size > 1
                found.append(Layer(k + 1, "correct" if fits else "incorrect", (), error))
            score = sum(layer.verdict == "correct" for layer in found)
            nearer = best is not None and max(f.relative_error for f in found) < max(f.relative_error for f in best[1])
            if best is None or score > best[0] or (score == best[0] and nearer):
                best = (score, tuple(found), reading, family)
    told = case.told is not None and case.loss is not None
    if best is None or (best[0] == 0 and not told):
        reason = "no reading fits any layer: another activation, another loss, a regulariser, or a mistake not listed"
        near = max(layer.relative_error for layer in best[1]) if best else 1.0
        if near < 0.1:
            names = ", ".join(phi.name for phi in best[2].activations) if best else ""
            reason = f"close to the correct gradient (read as {names}), off by {near:.0e}: more than rounding explains"
        return _unknown(layers, reason)
    score, found_layers, reading, family = best
    if partial:
        found_layers = _partly(found_layers, reading, partial)
    right = [str(layer.number) for layer in found_layers if layer.verdict == "correct"]
    close = max(layer.relative_error for layer in found_layers)
    reason = f"right up to a common factor: layer {', '.join(right)}; the others fit nothing in the catalogue"
    if not right:
        reason = "no layer is right, and together they fit nothing in the catalogue"
    if close < 1e-3:
        reason = f"close to the correct gradient, off by {close:.0e}: more than rounding explains"
    if len(right) == layers:
        reason = "each layer is right up to a factor, but the factors fit nothing in the catalogue"
    return _unknown(
        layers,
        reason,
        found=found_layers,
        activations=tuple(phi.name for phi in reading.activations),
    )


def _partly(found: tuple[Layer, ...], reading: Reading, partial: Sequence[tuple[Reading, State]]) -> tuple[Layer, ...]:
    """Add what the search understood of the upper layers before it got stuck."""
    states = [state for other, state in partial if other is reading and len(state.slugs) == 1]
    if not states:
        return found
    state = min(states, key=lambda state: (-len(state.choices), len(state.slugs)))
    changed = list(found)
    for k, choice in zip(range(reading.depth - 1, -1, -1), state.choices, strict=False):
        names = (choice.error, choice.derivative, choice.back, choice.weights, choice.bias)
        slugs = tuple(dict.fromkeys(slug_of(name, k == reading.depth - 1) for name in names if name))
        if slugs and changed[k].verdict == "incorrect":
            changed[k] = changed[k]._replace(mistakes=slugs)
    return tuple(changed)


def _assumed(case: _Case, fit: Fit, convention: str | None) -> Iterator[str]:
    """List what was not told."""
    reading = fit.reading
    if len(case.problems) > 1 or convention is None:
        name = reading.problem.convention
        yield f"{name}: {CONVENTIONS[name]}"
    if case.told is None or any(len(names) > 1 for names in case.told):
        yield f"activations {', '.join(phi.name for phi in reading.activations)}"
    if case.loss is None:
        yield f"loss {fit.loss.name}, {fit.loss.words}"


def _alternatives(fits: Sequence[Fit], equal: Sequence[Fit], case: _Case) -> Iterator[str]:
    """Describe the other readings that give the same numbers."""
    best, told = fits[0], set()
    for fit in fits:
        key = (fit.loss.name, fit.slugs, fit.reading.activations, fit.reading.problem.convention)
        if fit in equal or key in told or fit.cost > max(best.cost + 1.05, 1.05) or "wrong-scale" in fit.slugs:
            continue
        told.add(key)
        where = (
            ""
            if fit.reading is best.reading
            else f", read as {fit.reading.problem.convention}, "
            + ", ".join(phi.name for phi in fit.reading.activations)
        )
        if not fit.mistakes:
            yield f"correct for {fit.loss.name}{where}"
        else:
            titles = "; ".join(BY_SLUG[slug].title for slug in fit.mistakes)
            yield f"under {fit.loss.name}: {titles} ({', '.join(fit.mistakes)}){where}"
        if len(told) == 6:
            return
    if case.loss is not None and best.mistakes and case.known:
        yield from _other_losses(best)


def _other_losses(best: Fit) -> Iterator[str]:
    """Say for which losses, other than the one named, the gradient is correct."""
    reading = best.reading
    with np.errstate(all="ignore"):
        for state in _right(reading):
            for fit in fits_of(reading, state, losses(reading.n, reading.widths[-1]), False, True):
                if not fit.mistakes:
                    yield f"correct for {fit.loss.name}, which was not the loss named"


def _text(found: Diagnosis) -> Iterator[str]:
    """Write a diagnosis for a student."""
    if found.verdict == "correct":
        yield f"Correct, for the loss {found.loss}."
        if found.sign == -1:
            yield "It is −∇L: correct, if you add it."
    elif found.verdict == "unknown":
        yield f"Unknown: {found.reason}."
    for slug in found.mistakes:
        yield from _mistake_text(found, slug)
    if found.verdict != "unknown" and found.reason:
        yield f"Note: {found.reason}."
    for layer in found.layers:
        if found.verdict == "unknown" and layer.verdict == "unknown":
            continue
        error = layer.relative_error
        off = "" if np.isnan(error) else f", relative error {error:.1e}" if error else ", to the last bit"
        because = f" ({', '.join(layer.mistakes)})" if layer.mistakes else ""
        if layer.verdict == "incorrect" and not layer.mistakes and found.verdict == "mistake":
            because = " (because of the mistake above it)"
        yield f"Layer {layer.number}: {layer.verdict}{because}{off}."
    if found.verdict == "mistake" and found.correct is not None:
        yield from _correct_text(found.correct)
    if found.scale is not None and found.verdict != "unknown":
        yield f"Scale: {found.scale:.6g} times the gradient of {found.loss}; sign {found.sign:+d}."
    if found.assumed:
        yield f"Not told, and read as: {'; '.join(found.assumed)}."
    if found.evidence:
        yield f"How sure: {found.evidence}."
    for alternative in found.alternatives:
        yield f"Same numbers: {alternative}."


def _mistake_text(found: Diagnosis, slug: str) -> Iterator[str]:
    """Describe one mistake."""
    mistake = BY_SLUG[slug]
    where = [str(layer.number) for layer in found.layers if slug in layer.mistakes]
    place = f", layer {', '.join(where)}" if where else ""
    yield f"Mistake: {mistake.title} ({slug}){place}."
    for label in mistake.equations:
        number, url = address(label)
        yield f"  Equation ({number}): {url}"
    yield f"  As if: {'; '.join(part.strip() for part in mistake.incorrect.splitlines())}"
    yield f"  Right: {'; '.join(part.strip() for part in mistake.correct.splitlines())}"
    yield f"  More:  {SITE}verification/mistakes/#{slug}"


def _correct_text(correct: Gradients) -> Iterator[str]:
    """Print the correct gradient, as far as it is short."""
    for name, part in (("W", correct.weights), ("b", correct.biases or ())):
        for i, g in enumerate(part, start=1):
            shown = np.array2string(g, precision=6, separator=", ", threshold=40, max_line_width=100)
            yield f"Correct gradient of {name}{i}, shape {g.shape}:"
            yield from (f"  {line}" for line in shown.splitlines())
