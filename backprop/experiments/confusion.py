"""Plant mistakes in random networks and record how each is diagnosed."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from backprop.derivation import relative_error
from backprop.network import Gradients, Model
from backprop.verification.catalogue import MISTAKES, incorrect_gradients, layers_for
from backprop.verification.diagnosis import diagnose
from backprop.verification.findings import Diagnosis

#: The number of networks, of mistakes that are planted in each, and of networks that a test repeats.
NETWORKS, EACH, SAMPLE = 2000, 5, 40

#: Mistakes that a gradient does not show, or that need a loss which is a sum.
NOT_HERE = ("updated-too-early", "uphill", "gradients-not-zeroed", "mean-instead-of-sum")
#: The ways in which a gradient is diagnosed: in float64 with the loss specified or not, and in float32.
WAYS = ("named", "unnamed", "single")


class Case(NamedTuple):
    """A network with data, laid out at random.

    Attributes:
        model: the network.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        loss: "mse" or "binary_cross_entropy".
        told: its activations, or None if they are not to be specified.
        rows: whether examples are given as rows.
        in_out: whether weights are given as (in, out).
        rng: the generator of further random choices.
    """

    model: Model
    X: np.ndarray
    y: np.ndarray
    loss: str
    told: list[str] | None
    rows: bool
    in_out: bool
    rng: np.random.Generator


def case(seed: int) -> Case:
    """Draw a network of two to four layers, with equal or different widths, and 5 to 100 examples.

    Args:
        seed: a whole number, at least 0.

    Returns:
        The case.

    Examples:
        >>> from backprop.experiments.confusion import case
        >>> case(0).model.widths == case(0).model.widths
        True
    """
    rng = np.random.default_rng(seed)
    depth, n, outputs = int(rng.integers(2, 5)), int(rng.integers(5, 101)), int(rng.choice([1, 1, 2, 3]))
    hidden = [int(rng.integers(2, 7))] * (depth - 1) if rng.random() < 0.5 else rng.permutation(7)[: depth - 1] + 2
    widths = [int(rng.integers(1, 6)), *map(int, hidden), outputs]
    output = str(rng.choice(["sigmoid", "identity"]))
    names = [str(rng.choice(["sigmoid", "tanh", "relu"]))] * (depth - 1) + [output]
    loss = "binary_cross_entropy" if output == "sigmoid" and rng.random() < 0.5 else "mse"
    model = Model.random(widths, int(rng.integers(2**31)), names, bias=bool(rng.random() < 0.5))
    X = rng.normal(size=(n, widths[0]))
    y = rng.integers(0, 2, size=(n, outputs)) * 1.0 if output == "sigmoid" else rng.normal(size=(n, outputs))
    told = names if rng.random() < 0.5 else None
    return Case(model, X, y, loss, told, bool(rng.random() < 0.5), bool(rng.random() < 0.5), rng)


def classes(seed: int) -> Case:
    """Draw a case as `case` does, but with a softmax output.

    Args:
        seed: a whole number, at least 0.

    Returns:
        The case; its loss is the categorical cross-entropy or, in one case out of four, the mean squared error.

    Examples:
        >>> from backprop.experiments.confusion import classes
        >>> classes(0).model.activations[-1].name
        'softmax'
    """
    this = case(seed)
    rng, widths = this.rng, [*this.model.widths[:-1], int(this.rng.integers(2, 5))]
    names = [*(phi.name for phi in this.model.activations[:-1]), "softmax"]
    model = Model.random(widths, int(rng.integers(2**31)), names, bias=this.model.biases is not None)
    y = np.eye(widths[-1])[rng.integers(0, widths[-1], len(this.X))]
    loss = "mse" if rng.random() < 0.25 else "cross_entropy"
    return this._replace(model=model, y=y, loss=loss, told=None if this.told is None else names)


def asked(this: Case, gradients: Gradients, way: str) -> Diagnosis:
    """Diagnose a gradient, laid out as the case specifies.

    Args:
        this: the case.
        gradients: the gradient.
        way: one of WAYS.

    Returns:
        The diagnosis.
    """
    kind = np.float32 if way == "single" else np.float64

    def laid_out(w: np.ndarray) -> np.ndarray:
        return (w if this.in_out else w.T).astype(kind)

    weights, biases = this.model.weights, this.model.biases
    both = ([laid_out(g) for g in gradients.weights], [g.astype(kind) for g in gradients.biases or ()] or None)
    return diagnose(
        [laid_out(w) for w in weights],
        (this.X if this.rows else this.X.T).astype(kind),
        (this.y if this.rows else this.y.T).astype(kind),
        both,
        biases=None if biases is None else [b.astype(kind) for b in biases],
        activations=this.told,
        loss=None if way == "unnamed" else this.loss,
    )


def planted(this: Case, way: str) -> Iterator[tuple[str, Gradients]]:
    """Compute the correct gradient of a case and some incorrect ones.

    Args:
        this: the case.
        way: one of WAYS; "single" computes in float32.

    Yields:
        The mistake, "" for none, and the gradient. A mistake that does not change the gradient is left out,
        because it cannot be seen in this network. So is a gradient that is all zero or contains NaN.
    """
    model, X, y = this.model, this.X, this.y
    if way == "single":
        model = Model(model.weights, model.biases, model.activations)
        model.weights = tuple(w.astype(np.float32) for w in model.weights)
        model.biases = None if model.biases is None else tuple(b.astype(np.float32) for b in model.biases)
        X, y = X.astype(np.float32), y.astype(np.float32)
    right = incorrect_gradients(model, X, y, "", this.loss)
    if not any(g.any() for g in right.weights):
        return
    yield "", right
    slugs = [mistake.slug for mistake in MISTAKES if mistake.slug not in NOT_HERE]
    for slug in this.rng.permutation(slugs)[:EACH].tolist():
        layers = layers_for(slug, model.widths, len(X))
        if not layers or not possible(slug, this):
            continue
        if slug.startswith("layer-") or this.rng.random() < 0.3:
            layers = [int(this.rng.choice(layers))]
        with np.errstate(all="ignore"):
            wrong = incorrect_gradients(model, X, y, slug, this.loss, layers)
            pairs = zip(wrong.parameters, right.parameters, strict=True)
            apart = max(relative_error(a.astype(float), b.astype(float)) for a, b in pairs)
        whole = all(np.isfinite(g).all() for g in wrong.parameters) and any(g.any() for g in wrong.weights)
        if whole and apart > (1e-6 if way == "single" else 1e-12):
            yield slug, wrong


def possible(slug: str, this: Case) -> bool:
    """Tell whether a mistake makes sense in a case.

    Args:
        slug: the mistake.
        this: the case.

    Returns:
        False for a mistake in biases that the network does not have, or in a loss that it does not use.
    """
    if slug.startswith("bias"):
        return this.model.biases is not None
    return slug != "factor-two-missing" or this.loss == "mse"


def documented(slug: str, this: Case, way: str) -> tuple[str, ...]:
    """List the diagnoses that count as correct, because several mistakes can give the same numbers.

    Args:
        slug: the mistake that was planted.
        this: the case.
        way: one of WAYS.

    Returns:
        The slugs, of which any one is accepted; "correct" can be among them.
    """
    d, inputs = this.y.shape[1], this.X.shape[1]
    if not slug:
        return ("correct",)
    if slug == "divided-by-units" and inputs * d in ((1, 2) if this.loss == "mse" else (1,)):
        return (slug, "correct")  # N/inputs makes the gradient of the sum, or of half the sum
    if slug == "forward-without-activation" and this.told is None:
        return (slug, "wrong-activation-derivative")  # of a linear layer
    if slug == "divided-by-units" and inputs == 1:
        return (slug, "sum-instead-of-mean")  # N/1 adds the examples up
    if slug == "extra-factor-two" and d == 2:  # 2 · 2/(N d) is the mean over the examples alone
        return ("correct",) if way != "unnamed" or this.loss == "mse" else ("output-derivative-missing", "correct")
    if way == "unnamed":
        others = {
            "factor-two-missing": "correct",  # half the squared error
            "sum-instead-of-mean": "correct",
            "output-derivative-not-cancelled": "correct"
            if this.loss == "binary_cross_entropy"
            else slug,  # half the squared error
            "extra-factor-two": slug if this.loss == "mse" else "output-derivative-missing",
        }
        if slug == "output-derivative-missing" and d == 2 and this.loss == "mse":  # 2/(N d) is cross-entropy's 1/N
            return ("correct",)
        return (others.get(slug, slug),)
    return (slug,)


def tried(seeds: range, way: str) -> dict[str, Any]:
    """Plant mistakes in networks and diagnose them.

    Args:
        seeds: the networks.
        way: one of WAYS.

    Returns:
        "asked", the number of diagnoses, "correct_asked" of them correct; "false_alarms", correct gradients not
        called correct, and "called_incorrect", those called a mistake; "missed", incorrect ones called correct although
        that is not the documented diagnosis; "named", mistakes diagnosed as documented, and "share", their fraction of
        the "incorrect_asked"; "together", those of them that were named together with others; "unknown", those not
        recognised; "matrix", for each planted mistake how often each diagnosis was given.
    """
    matrix: dict[str, Counter[str]] = {}
    found: Counter[str] = Counter()
    for seed in seeds:
        this = case(seed)
        for slug, gradients in planted(this, way):
            answer = asked(this, gradients, way)
            wanted = documented(slug, this, way)
            told = answer.mistakes or (answer.verdict,)
            others = {slug for other in answer.alternatives for slug in other.mistakes or (other.verdict,)}
            named = bool(set(wanted) & {*told, *others})
            named = named and answer.verdict != "unknown" and (answer.verdict == "correct") <= ("correct" in wanted)
            row = matrix.setdefault(slug or "correct", Counter())
            row[(slug or "correct") if named else told[0]] += 1
            found["asked"] += 1
            found["named" if named else "not_named"] += bool(slug)
            found["together"] += bool(slug) and named and len({*told, *others} - {"correct"}) > 1
            found["correct_asked"] += not slug
            found["false_alarms"] += not slug and not named
            found["called_incorrect"] += not slug and answer.verdict == "mistake"
            found["missed"] += bool(slug) and answer.verdict == "correct" and "correct" not in wanted
            found["unknown"] += bool(slug) and answer.verdict == "unknown"
    found["incorrect_asked"] = found["asked"] - found["correct_asked"]
    keys = (
        "asked",
        "correct_asked",
        "incorrect_asked",
        "false_alarms",
        "called_incorrect",
        "missed",
        "named",
        "together",
        "unknown",
    )
    return {
        **{key: int(found[key]) for key in keys},
        "share": found["named"] / max(1, found["incorrect_asked"]),
        "matrix": {slug: dict(sorted(row.items())) for slug, row in sorted(matrix.items())},
    }


def alarms(seeds: range) -> dict[str, int]:
    """Diagnose correct gradients of networks with a softmax output, in every way.

    Args:
        seeds: the networks.

    Returns:
        "asked", the number of diagnoses, and "false_alarms", those that are not "correct".
    """
    found: Counter[str] = Counter(asked=0, false_alarms=0)
    for seed in seeds:
        this = classes(seed)
        for way in WAYS:
            for slug, gradients in planted(this, way):
                if not slug:
                    found["asked"] += 1
                    found["false_alarms"] += asked(this, gradients, way).verdict != "correct"
                break
    return dict(found)


def run() -> dict[str, Any]:
    """Try all networks in all ways.

    Returns:
        "networks", "each", "slugs" in the order of the catalogue, and for each way what `tried` returns; "softmax":
        what `alarms` returns; "sample": the same for the first few networks, for a test to repeat.
    """
    return {
        "networks": NETWORKS,
        "each": EACH,
        "slugs": [mistake.slug for mistake in MISTAKES if mistake.slug not in NOT_HERE],
        "sample": {**{way: tried(range(SAMPLE), way) for way in WAYS}, "softmax": alarms(range(SAMPLE))},
        "softmax": alarms(range(NETWORKS)),
        **{way: tried(range(NETWORKS), way) for way in WAYS},
    }
