"""Hands a case to the diagnosis as its author would, and judges the answer by the truth."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

import backprop
from backprop.verification.catalogue import BY_SLUG
from benchmarks.open_world import truth
from benchmarks.open_world.cases import Case, gradient_of
from benchmarks.open_world.running import ETA, data_of
from benchmarks.open_world.truth import Compared


class Answer(NamedTuple):
    """What the diagnosis said, in whichever interface.

    Attributes:
        verdict: "correct", "mistake", "unknown"; "refused" if it would not read the arrays, "traceback" if it broke.
        mistakes: the slugs of the best explanation.
        others: the slugs of each alternative.
        layers: for each slug the layers where it was made, as far as the answer says.
        place: where the change is said to be, or None.
        other_places: where it is said to be by alternatives.
        incorrect: the arrays, or the layers, that are called incorrect.
        whole_layers: whether only layers are judged, and not arrays.
        loss: the loss that is reported, or None.
        other_losses: losses for which alternatives call the gradient correct.
        sign: the sign that is reported, or None.
        text: the whole answer.
    """

    verdict: str
    mistakes: tuple[str, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
    layers: Mapping[str, frozenset[int]] = {}
    place: str | None = None
    other_places: tuple[str, ...] = ()
    incorrect: frozenset[str] = frozenset()
    whole_layers: bool = False
    loss: str | None = None
    other_losses: tuple[str, ...] = ()
    sign: int | None = None
    text: str = ""


def ask(case: Case) -> Answer:
    """Hand a case in.

    Args:
        case: the case.

    Returns:
        The answer.
    """
    program, outcome = case.program, case.outcome
    kind = np.float32 if case.setting == "float32" else np.float64
    X, y = data_of(program, case.inputs)
    X, y = X.astype(kind), y if program.targets == "classes" else y.astype(kind)
    y = y.item() if program.single and y.size == 1 else y

    def listed(arrays: Mapping[str, np.ndarray], letter: str) -> list[np.ndarray]:
        return [array for name, array in arrays.items() if name[0] == letter]

    named: dict[str, Any] = {"loss": program.loss, "activations": list(program.activations)}
    with_bias = bool(listed(outcome.before, "b"))
    before = listed(outcome.before, "W")
    try:
        if case.setting.startswith("step"):
            named["biases"] = (listed(outcome.before, "b"), listed(outcome.after, "b")) if with_bias else None
            eta = ETA if case.setting == "step-eta" else None
            found = backprop.diagnose_step(before, listed(outcome.after, "W"), X, y, eta, **named)
        else:
            gradients: Any = listed(outcome.gradients, "W")
            if with_bias:
                gradients = (gradients, listed(outcome.gradients, "b"))
            named["biases"] = listed(outcome.before, "b") if with_bias else None
            found = backprop.diagnose(before, X, y, gradients, **named)
    except (TypeError, ValueError) as error:
        return Answer("refused", text=f"{type(error).__name__}: {error}")
    except Exception as error:
        return Answer("traceback", text=f"{type(error).__name__}: {error}")
    return read(found)


def read(found: Any) -> Answer:
    """Read a diagnosis, of today's interface or with `arrays` and `place`.

    Args:
        found: the diagnosis. `arrays["W2"].verdict` is "correct", "incorrect" or "not tested"; `mistakes` are the
            slugs of the best explanation; `place` is such as "dW2", "delta1", "db1", "error" or "update", or a tuple
            of several for either … or, or None; `alternatives` are texts with slugs in brackets, tuples of slugs, or
            things with `mistakes`, `place`, `verdict` and `loss`.

    Returns:
        The answer.
    """
    arrays = getattr(found, "arrays", None)
    layers: dict[str, frozenset[int]] = {}
    for layer in found.layers or ():
        for slug in getattr(layer, "mistakes", ()):
            layers[slug] = layers.get(slug, frozenset()) | {layer.number}
    if arrays is not None:
        incorrect = frozenset(name for name, part in arrays.items() if part.verdict == "incorrect")
    else:
        incorrect = frozenset(str(layer.number) for layer in found.layers or () if layer.verdict == "incorrect")
    others, other_places, other_losses = [], [], []
    for other in found.alternatives:
        if isinstance(other, str):
            correct = re.search(r"correct for (\w+)", other)
            other_losses += [correct[1]] if correct else []
            groups = [tuple(group.split(", ")) for group in re.findall(r"\(([a-z0-9-]+(?:, [a-z0-9-]+)*)\)", other)]
            others += [group for group in groups if set(group) <= set(BY_SLUG)]
        elif isinstance(other, tuple | list) and all(isinstance(slug, str) for slug in other):
            others.append(tuple(other))
        else:
            others += [tuple(other.mistakes)] if other.mistakes else []
            other_places += [other.place] if getattr(other, "place", None) else []
            other_losses += [other.loss] if getattr(other, "verdict", "") == "correct" and other.loss else []
    place = getattr(found, "place", None)
    if isinstance(place, tuple | list):  # either … or
        place, other_places = (place[0], [*place[1:], *other_places]) if place else (None, other_places)
    return Answer(
        found.verdict,
        tuple(found.mistakes),
        tuple(others),
        layers,
        place,
        tuple(other_places),
        incorrect,
        arrays is None,
        found.loss,
        tuple(other_losses),
        found.sign,
        str(found),
    )


# Where mistakes are

#: The kinds of places at which a mistake of the catalogue, by the beginning of its slug, can stand. A line that
#: computes δ takes a factor from above and a derivative, so either can be wrong there.
PLACES: Sequence[tuple[str, tuple[str, ...]]] = (
    (r"targets-|error-averaged|loss-instead", ("error", "delta")),
    (r"output-differentiated|one-prediction", ("error", "delta")),
    (r"output-derivative", ("phi", "error", "delta")),
    (r"hidden-derivative|derivative-|wrong-activation-derivative", ("phi", "delta")),
    (r"delta-without|weights-(not|missing)|inverse-|one-path", ("back", "delta")),
    (r"updated-", ("back", "delta", "uW", "ub")),
    (r"weight-gradient-|activation-not-|delta-instead", ("dW",)),
    (r"gradient-transposed|preactivation-|activation-of-own|input-missing", ("dW",)),
    (r"one-example", ("dW", "db")),
    (r"bias", ("db", "ub")),
    (r"gradients-not-zeroed", ("dW", "db", "uW", "ub")),
)
#: Mistakes of scale and sign, and the factors that they give: two, N, their inverses, any.
SCALES: Mapping[str, str] = {
    "factor-two-missing": "half",
    "extra-factor-two": "two",
    "sum-instead-of-mean": "N",
    "mean-instead-of-sum": "1/N",
    "averaged-twice": "1/N",
    "divided-by-units": "units",
    "wrong-scale": "any",
    "layer-scale": "any",
    "layer-sign": "sign",
    "uphill": "uphill",
    "layer-not-updated": "zero",
}


def _layer(place: str) -> int:
    """Give the number at the end of a place; 0 if it has none."""
    number = re.search(r"\d+$", place)
    return int(number[0]) if number else 0


def fits(slug: str, case: Case, answer: Answer, compared: Mapping[str, Compared]) -> bool | None:
    """Tell whether a mistake stands at the changed place.

    Args:
        slug: the mistake.
        case: the case.
        answer: the answer, which may say in which layers.
        compared: the arrays beside the correct ones.

    Returns:
        True or False; None if this benchmark does not know the mistake.
    """
    layers = answer.layers.get(slug, frozenset())
    if slug in SCALES:
        return _scaled(SCALES[slug], layers, case, compared)
    kinds = next((kinds for start, kinds in PLACES if re.match(start, slug)), None)
    if kinds is None:
        return None
    if case.setting.startswith("step"):  # a gradient that is wrong, or a wrong one that is subtracted
        kinds += tuple(f"u{kind[1]}" for kind in kinds if kind in ("dW", "db"))
    depth = case.program.depth
    possible = (
        {depth}
        if slug.startswith("output-") or "error" in kinds
        else set(range(1, depth + (not slug.startswith("hidden-"))))
    )
    possible &= layers or possible
    if "phi" in kinds and answer.place in {f"delta{k}" for k in possible}:  # a product, in whichever line its factors
        kinds += ("back", *(["error"] if depth in possible else []))
    return any(place.rstrip("0123456789") in kinds and _layer(place) in {0, *possible} for place in case.places)


def _scaled(factor: str, layers: frozenset[int], case: Case, compared: Mapping[str, Compared]) -> bool:
    """Tell whether the arrays that differ do so by a factor of the kind that a mistake of scale gives."""
    common = abs(_common(compared)) if case.setting == "step" else 1.0
    low, high = case.rounding
    n, widths = len(case.inputs.X), case.data.widths
    many = [n * m for m in {1, widths[-1]}]
    wanted = {
        "half": [0.5],
        "two": [2.0],
        "N": [float(m) for m in many],
        "1/N": [1 / m for m in many],
        "units": [m / w for m in many for w in widths],
        "zero": [0.0],
    }
    met = False
    for name, array in compared.items():
        if layers and _layer(name) not in layers:
            continue
        if array.factor is None:
            if array.error > high:
                return False
            continue
        ratio = array.factor / common
        if abs(ratio - 1) <= low and factor != "uphill":
            continue
        if factor in ("sign", "uphill"):
            good = ratio < 0
        elif factor == "any":
            good = True
        else:
            good = any(abs(abs(ratio) - w) <= high * max(w, 1) for w in wanted[factor])
        if not good:
            return False
        met = met or good
    return met


def _fitting(reading: Sequence[str], case: Case, answer: Answer, compared: Mapping[str, Compared]) -> list[bool | None]:
    """Tell which mistakes of one reading stand at the changed place.

    A factor beside another mistake cannot be compared with the correct gradient. It stands there if the other does, and
    if all arrays of its layers differ.
    """
    found = [fits(slug, case, answer, compared) for slug in reading]
    if any(good for slug, good in zip(reading, found, strict=True) if slug not in SCALES):
        differ = {_layer(name) for name, array in compared.items() if array.error > case.rounding[0]}
        for i, slug in enumerate(reading):
            if slug in SCALES and answer.layers.get(slug, frozenset()) <= differ:
                found[i] = True
    return found


def _common(compared: Mapping[str, Compared]) -> float:
    """Find the factor that most arrays have in common; 1 if none has any."""
    given = (array.factor for array in compared.values())
    factors: list[float] = [float(factor) for factor in given if factor]
    factors = [factor for factor in factors if factor > 0] or factors  # the learning rate is positive
    if not factors:
        return 1.0
    commonest: float = max(factors, key=lambda f: sum(abs(f - other) <= 1e-6 * abs(f) for other in factors))
    return abs(commonest)


def at(place: str, case: Case) -> bool:
    """Tell whether a place that was named is the one that was changed.

    Args:
        place: such as "dW2", "delta1", "db1", "error" or "update".
        case: the case.

    Returns:
        Whether it is, or cannot be told from it by any numbers.
    """
    depth, step = case.program.depth, case.setting.startswith("step")
    word, k = place.rstrip("0123456789"), _layer(place)
    if place in ("dW", "db"):  # in every layer
        return any(at(f"{place}{k}", case) for k in range(1, depth + 1))
    if place == "update":
        same = {p for p in case.places if p[0] == "u" or (step and p[:2] in ("dW", "db"))}
        return bool(same)
    top = f"delta{depth}"
    meant = {
        "error": {"error", top},
        "loss": {"error", top},
        "scale": {"error", top},
        "delta": {f"delta{k}", f"phi{k}", f"back{k}", *(["error"] if k == depth else [])},
        "phi": {f"phi{k}", f"delta{k}"},
        "back": {f"back{k}", f"delta{k}"},
        "uW": {f"uW{k}", f"dW{k}"},
        "ub": {f"ub{k}", f"db{k}"},
    }.get(word, {place})
    if word in ("dW", "db") and step:
        meant |= {f"u{word[1]}{k}"}
    if k == 1 and not case.program.bias and word in ("dW", "uW", "delta", "phi", "back"):
        meant |= {"dW1", "delta1", "phi1", "back1", *(["uW1"] if step else [])}
    return bool(meant & case.places)


# Judging

#: More readings, or more places, than so many name nothing.
READINGS, GROUP = 8, 4


class Judgement(NamedTuple):
    """One answer, judged.

    Attributes:
        differs: whether the numbers differ from the gradient of the loss that was named.
        false: why the answer is false: any of "array", "name", "place".
        silent: whether it says "correct", though the numbers are those of no loss that it reports.
        located: whether exactly the arrays that differ are called incorrect.
        named: whether the mistake, or its place, is named.
        first: whether the first reading alone, without its alternatives, is at the changed place.
        unjudged: mistakes that this benchmark does not know.
    """

    differs: bool
    false: tuple[str, ...]
    silent: bool
    located: bool
    named: bool
    first: bool
    unjudged: tuple[str, ...]


def _standard(loss: str | None) -> str | None:
    """Bring the name of a loss to one of `truth.LOSSES`."""
    if loss is None:
        return None
    if loss.startswith("cross_entropy"):
        loss = f"categorical_{loss}"
    return loss if loss in truth.LOSSES else None


def _sets(case: Case, answer: Answer, loss: str | None) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """List what can rightly be called incorrect: the arrays that differ, and those of which nothing is asked."""
    single = case.setting == "float32"
    losses = [case.program.loss]
    other = _standard(loss)
    if other is not None and other != case.program.loss:
        losses.append(other)
    low, high = case.rounding
    for name in losses:
        right = case.right if name == case.program.loss else gradient_of(case.program, case.data, single, name)
        compared = case.compared(right)
        factors = [a.factor for a in compared.values() if a.factor is not None and a.factor != 0]
        if case.setting == "step":
            groups = [[f for f in factors if abs(f - c) <= high * abs(c)] for c in factors if c > 0]
            most = max(map(len, groups), default=0)
            allowed = [group[0] for group in groups if len(group) == most] or [1.0]
        else:
            allowed = [1.0]
            opposite = sum(abs(f + 1) <= high for f in factors) >= max(1, sum(abs(f - 1) <= high for f in factors))
            if case.setting != "step-eta" and (case.program.sign == -1 or (opposite and answer.sign == -1)):
                allowed.append(-1.0)  # the gradient as it is, of a program that adds −∇L; or −∇L, of one that does not
        for c in allowed:
            errors = {n: truth.compare(case.numbers[n], c * g, low).error for n, g in right.items()}
            differ = frozenset(n for n, e in errors.items() if e > high)
            vague = frozenset(n for n, e in errors.items() if low < e <= high)
            yield differ, vague


def _within(case: Case, answer: Answer, arrays: frozenset[str]) -> frozenset[str]:
    """Speak of arrays as the answer does: by name, by layer, or with the biases inside the weights."""
    if answer.whole_layers:
        return frozenset(name[1:] for name in arrays)
    return arrays


def judge(case: Case, answer: Answer) -> Judgement:
    """Judge an answer.

    Args:
        case: what was handed in.
        answer: what was said.

    Returns:
        The judgement.
    """
    compared = case.compared(case.right)
    own = next(_sets(case, answer, None))
    differs = bool(own[0])
    agreed = not own[0] and not own[1]
    incorrect = answer.incorrect
    inside = case.program.bias in ("last row", "first column") and not any(name[0] == "b" for name in incorrect)
    options = []
    for differ, vague in _sets(case, answer, answer.loss):
        differ, vague = _within(case, answer, differ), _within(case, answer, vague)
        if inside and not answer.whole_layers:
            differ, vague = (frozenset(f"W{name[1:]}" for name in part) for part in (differ, vague))
        options.append((differ, vague - differ))
    located = differs and any(not (differ ^ incorrect) - vague for differ, vague in options)
    false = []
    if incorrect and all(incorrect - differ - vague for differ, vague in options):
        false.append("array")
    right_for_reported = any(not differ for differ, _ in options)
    silent = answer.verdict == "correct" and not right_for_reported
    other_loss = any(not differ for loss in answer.other_losses for differ, _ in list(_sets(case, answer, loss))[1:])
    readings = [answer.mistakes, *answer.others] if answer.mistakes else list(answer.others)
    fitting = [_fitting(reading, case, answer, compared) for reading in readings]
    unjudged = tuple(
        {slug for r, f in zip(readings, fitting, strict=True) for slug, good in zip(r, f, strict=True) if good is None}
    )
    places = [place for place in (answer.place, *answer.other_places) if place]
    there = any(at(place, case) for place in places)
    if agreed:
        if answer.mistakes or answer.verdict == "mistake":
            false.append("name")
        return Judgement(False, tuple(false), silent, False, False, False, unjudged)
    by_name = any(reading and all(good for good in reading) for reading in fitting)
    open_name = any(reading and all(good is not False for good in reading) for reading in fitting)
    if answer.mistakes and not by_name and not (open_name and (there or not places)) and not other_loss:
        false.append("name")
    if answer.place and not there and not by_name and not other_loss:
        false.append("place")
    first = (bool(answer.mistakes) and all(fitting[0])) or (
        not answer.mistakes and bool(answer.place and at(answer.place, case))
    )
    correct = answer.verdict == "correct" and not silent
    by_name = by_name and bool(answer.mistakes) and len(readings) <= READINGS
    there = there and "name" not in false and len(places) <= GROUP
    named = answer.verdict not in ("refused", "traceback") and (by_name or there or correct or other_loss)
    return Judgement(
        differs, tuple(false), silent, located, differs and named, differs and (first or correct), unjudged
    )
