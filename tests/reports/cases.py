"""What is submitted. The answers stand in `answers.txt`; `python -m tests.reports` writes them again, for review."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import backprop
from backprop import Model, diagnose, diagnose_step
from backprop.claims import CLAIMS
from backprop.verification import MISTAKES
from backprop.verification.catalogue import early_step, incorrect_gradients, layers_for
from backprop.verification.grammar import CLIPPINGS
from tests.test_bad_input import CASES

ANSWERS = Path(__file__).with_name("answers.txt")
REASONS = Path(__file__).with_name("claims.txt")
REFUSALS = Path(__file__).with_name("refusals.txt")
Case = Callable[[], object]

#: Mistakes that are not seen in a gradient.
NO_GRADIENT = {"updated-too-early", "uphill", "gradients-not-zeroed"}
#: Lines that stand in every report of a planted mistake: they are left to the other cases.
USUAL = ("Correct gradient of", "  [", "   ", "  Equation", "  More:", "Not specified")

X, Y = backprop.xor()
RNG = np.random.default_rng(5)
SMALL = Model.random([2, 3, 1], seed=0, bias=True)
#: Every layer is square, so that every mistake of shapes can be made; the loss goes with softmax.
SQUARE = Model.random([3, 3, 3, 3], seed=1, activations=["tanh", "tanh", "softmax"], bias=True)
POINTS, CLASSES = RNG.normal(size=(7, 3)), np.eye(3)[RNG.integers(0, 3, size=7)]
#: Two outputs, and a kink.
WIDE = Model.random([2, 4, 3, 2], seed=2, activations=["relu", "tanh", "sigmoid"], bias=True)
MANY, LABELS = RNG.normal(size=(9, 2)), RNG.integers(0, 2, size=(9, 2)).astype(float)
PLAIN = Model(SMALL.weights)
RIGHT = SMALL.backward(SMALL.forward(X), Y)
BARE = [*PLAIN.backward(PLAIN.forward(X), Y).weights]
NOISE = [RNG.normal(size=w.shape) for w in PLAIN.weights]
EARLIER = Model([w + 3 * g for w, g in zip(PLAIN.weights, BARE, strict=True)])
BCE = [*PLAIN.backward(PLAIN.forward(X), Y, "binary_cross_entropy").weights]
TWO = Model.random([2, 2, 1], seed=0)
RELU = Model(PLAIN.weights, activations=["relu", "tanh"])
TANH = Model(PLAIN.weights, activations=["tanh", "identity"])
#: Some predictions are near 0 and 1.
CERTAIN = Model([3 * PLAIN.weights[0], 8 * PLAIN.weights[1]])
DEEP = Model.random([2, 3, 4, 3, 1], seed=2, activations=["tanh", "relu", "identity", "sigmoid"])
#: Every z is positive, so that a ReLU is the identity.
POSITIVE = Model([abs(w) for w in PLAIN.weights], activations=["relu", "identity"])
#: Two units are at the kink for the examples whose first input is 0.
KINKED = Model([np.array([[1.0, -1.0, 0.5], [0.0, 0.0, 0.5]]), PLAIN.weights[1]], activations=["relu", "sigmoid"])
#: In layer 1, 1 − a is no more than a few units of the last digit of a.
SATURATED = Model(PLAIN.weights, [np.full((1, 3), 35.0), np.zeros((1, 1))])


def planted(model: Model, x: Any, y: Any, slug: str, loss: str, layers: list[int] | None, named: bool) -> str:
    """Diagnose a gradient with a mistake in it; the loss is named or not. Say what does not hold for every mistake."""
    gradients = incorrect_gradients(model, x, y, slug, loss, layers)
    found = diagnose(model, x, y, gradients, loss=loss if named else None)
    lines = [line for line in str(found).splitlines() if not line.startswith(USUAL)]
    return "\n".join([*lines, *facts(found)])


def facts(found: backprop.Diagnosis) -> list[str]:
    """List what the text does not say; of the correct gradient one number for each array, which any change changes."""
    scale = "" if found.scale is None else f" × {found.scale:.4g}"
    phis = ", ".join(found.activations or ["None"])
    whole = f"[{found.verdict}: {found.loss}{scale}, sign {found.sign}; {found.convention}; {phis}]"
    arrays = [
        f"{name} {array.verdict}" + ("" if array.factor is None else f" × {array.factor:.4g}, sign {array.sign}")
        for name, array in found.arrays.items()
    ]
    layers = [f"{one.number} {one.verdict} {' '.join(one.mistakes)}".strip() for one in found.layers]
    right = [] if found.correct is None else list(found.correct.parameters)
    sums = [f"{round(float(g.ravel() @ np.arange(1, g.size + 1)), 12) + 0:.4g}" for g in right]
    others = [
        f"[also {one.verdict}: {' '.join(one.mistakes) or None} at {one.place}, {one.loss}; {one.text}]"
        for one in found.alternatives
    ]
    parts = {
        "mistakes": " ".join(found.mistakes),
        "place": found.place,
        "weight decay": found.weight_decay and f"{found.weight_decay:.4g}",
        "layers": "; ".join(layers),
        "arrays": "; ".join(arrays),
        "correct": " ".join(sums),
        "cannot tell": " ".join(found.cannot_tell),
        "lines": " ".join(place for place, *_ in found.lines),
    }
    return [whole, *(f"[{key}: {value}]" for key, value in parts.items() if value), *others]


def bare(gradients: Any, **told: Any) -> object:
    """Diagnose a gradient of the small network without biases."""
    return diagnose(PLAIN.weights, X, Y, gradients, **told)


def stepped(model: Model, gradients: Any, eta: float = 0.5, told: float | None = 0.5, **more: Any) -> object:
    """Diagnose the step with these gradients."""
    after = [w - eta * g for w, g in zip(model.weights, gradients, strict=True)]
    return diagnose_step(model.weights, after, X, Y, told, **more)


def early(told: float | None) -> object:
    """Diagnose a step in which each layer was updated before its δ was propagated back."""
    return diagnose_step(PLAIN.weights, early_step(PLAIN, X, Y, 2.0).weights, X, Y, told, loss="mse")


def with_epsilon(epsilon: float, **told: Any) -> object:
    """Diagnose the gradient of −mean(y log(ŷ + ε) + (1 − y) log(1 − ŷ + ε))."""
    trace = PLAIN.forward(X)
    p = trace.y_hat
    error = ((1 - Y) / (1 - p + epsilon) - Y / (p + epsilon)) / len(Y)
    delta = error * p * (1 - p)
    below = delta @ PLAIN.weights[1].T * trace.a[1] * (1 - trace.a[1])
    return bare([X.T @ below, trace.a[1].T @ delta], **told)


def folded(slug: str, **told: Any) -> object:
    """Diagnose a gradient whose biases are the last row of each W."""
    gradients = incorrect_gradients(SMALL, X, Y, slug)
    both = (zip(part.weights, part.biases or (), strict=True) for part in (SMALL, gradients))
    weights, wrong = ([np.vstack(pair) for pair in pairs] for pairs in both)
    return diagnose(weights, X, Y, wrong, loss="mse", **told)


def biased_step(slug: str, known: bool = True, **told: Any) -> object:
    """Diagnose a step of a network with biases, those after it known or not."""
    new = SMALL._update(incorrect_gradients(SMALL, X, Y, slug), 0.5)
    pair = (SMALL.biases, new.biases if known else None)
    return diagnose_step(SMALL.weights, new.weights, X, Y, 0.5, biases=pair, loss="mse", **told)


def of_network(phis: list[str], named: bool, widths: tuple[int, ...] = (2, 3, 2)) -> object:
    """Diagnose a correct gradient of the mean squared error."""
    model = Model.random(list(widths), seed=3, activations=phis, bias=True)
    y = LABELS[:, : widths[-1]]
    gradients = model.backward(model.forward(MANY), y)
    return diagnose(model.weights, MANY, y, gradients, biases=model.biases, activations=phis if named else None)


def of_delta(k: int, **told: Any) -> object:
    """Diagnose a gradient that follows from a δ of layer k made of noise."""
    trace, weights = WIDE.forward(MANY), WIDE.weights
    delta, arrays = (trace.y_hat - LABELS) / len(LABELS), []
    slopes = [None, (trace.z[0] > 0) * 1.0, 1 - trace.a[2] ** 2]
    for j in (2, 1, 0):
        if j + 1 == k:
            delta = np.random.default_rng(k).normal(size=delta.shape)
        arrays.append((trace.a[j].T @ delta, delta.sum(axis=0)))
        delta = delta @ weights[j].T * slopes[j] if j else delta
    gradients = ([w for w, _ in arrays[::-1]], [b for _, b in arrays[::-1]])
    return diagnose(WIDE, MANY, LABELS, gradients, loss="binary_cross_entropy_examples", **told)


def one_number(change: float) -> list[np.ndarray]:
    """Change one number of the correct gradient."""
    changed = [g.copy() for g in BARE]
    changed[0][1, 2] *= change
    return changed


def clipped(which: str, bound: float, **told: Any) -> object:
    """Diagnose a gradient of the cross-entropy of predictions that are clipped to [bound, 1 − bound]."""
    _, a, p = (trace := CERTAIN.forward(X)).a
    q = np.clip(p, bound, 1 - bound)
    derivative = ((1 - Y) / (1 - q) - Y / q) * p * (1 - p)
    delta = {"used": q - Y, "divided": derivative, "zeroed": derivative * (q == p)}[which] / len(Y)
    below = delta @ CERTAIN.weights[1].T * a * (1 - a)
    return diagnose(CERTAIN.weights, X, Y, [trace.a[0].T @ below, a.T @ delta], **told)


def noisy(names: str, eta: float = 0.0, told: float | None = None) -> object:
    """Diagnose a gradient, or a step, that is correct but for noise in some arrays."""
    rng, noise = np.random.default_rng(4), names.split()
    right = WIDE.backward(WIDE.forward(MANY), LABELS, "binary_cross_entropy")
    pairs = (("W", right.weights), ("b", right.biases or ()))
    both = [
        [2 * g + rng.normal(size=g.shape) * (f"{name}{k}" in noise) for k, g in enumerate(arrays, start=1)]
        for name, arrays in pairs
    ]
    options: Any = {"loss": "binary_cross_entropy_examples", "activations": [phi.name for phi in WIDE.activations]}
    if not eta:
        return diagnose(WIDE.weights, MANY, LABELS, both, biases=WIDE.biases, **options)
    new = [
        [w - eta * g for w, g in zip(arrays or (), gs, strict=True)]
        for arrays, gs in zip((WIDE.weights, WIDE.biases), both, strict=True)
    ]
    return diagnose_step(WIDE.weights, new[0], MANY, LABELS, told, biases=(WIDE.biases, new[1]), **options)


def skipped(layers: list[int], sign: int = 1, later: bool = False) -> object:
    """Diagnose a gradient whose forward pass skips activation functions; if `later`, the derivatives are given φ(z)."""
    z, a, gradients = [], [MANY], list[np.ndarray]()
    for k, (w, phi) in enumerate(zip(DEEP.weights, DEEP.activations, strict=True), start=1):
        z.append(a[-1] @ w)
        a.append(z[-1] if k in layers else phi.value(z[-1]))
    delta = 2 * (a[-1] - LABELS[:, :1]) / len(MANY) * DEEP.activations[-1].derivative(z[-1], a[-1])
    for k in (3, 2, 1, 0):
        gradients.insert(0, sign * a[k].T @ delta)
        if k:
            phi = DEEP.activations[k - 1]
            delta = delta @ DEEP.weights[k].T * phi.derivative(z[k - 1], phi.value(z[k - 1]) if later else a[k])
    return diagnose(DEEP, MANY, LABELS[:, :1], gradients, loss="mse")


def correct(model: Model, x: Any, y: Any, **told: Any) -> object:
    """Diagnose a correct gradient of the mean squared error."""
    gradients = model.backward(model.forward(x), y)
    handed = gradients.weights if gradients.biases is None else gradients
    return diagnose(model.weights, x, y, handed, biases=model.biases, **told)


def saturated_step(eta: float | None, known: bool) -> object:
    """Diagnose a correct step of a network with a saturated layer, the biases after it known or not."""
    new = SATURATED._update(SATURATED.backward(SATURATED.forward(X), Y), 0.5)
    pair = (SATURATED.biases, new.biases if known else None)
    return diagnose_step(SATURATED.weights, new.weights, X, Y, eta, biases=pair, loss="mse", activations="sigmoid")


def single_layer(slug: str) -> object:
    """Diagnose a gradient of one layer, of which nothing is named."""
    model = Model.random([3, 2], seed=4, activations=["tanh"], bias=True)
    gradients = incorrect_gradients(model, POINTS, CLASSES[:, :2], slug)
    return diagnose(model.weights, POINTS, CLASSES[:, :2], gradients, biases=model.biases)


def at_kink(derivative: float) -> object:
    """Diagnose a gradient of a network with ReLUs, some of which are exactly at their kink."""
    x, y = np.array([[0, 1], [1, 2], [-1, 1.5], [0, -1], [-0.5, 1]]), Y[:5]
    trace = KINKED.forward(x)
    p = trace.y_hat
    delta = 2 * (p - y) / len(y) * p * (1 - p)
    slope = np.where(trace.z[0] == 0, derivative, trace.z[0] > 0)
    gradients = [x.T @ (delta @ KINKED.weights[1].T * slope), trace.a[1].T @ delta]
    return diagnose(KINKED, x, y, gradients, loss="mse")


def shifted(share: float) -> object:
    """Diagnose a gradient of which one number is off, by a share of the norm of its array."""
    changed = BARE[0].copy()
    changed[1, 1] += share * np.linalg.norm(changed)
    return bare([changed, BARE[1]], loss="mse")


def decayed(factor: float, told: float = 0.0) -> object:
    """Diagnose a gradient to which a multiple of the weights was added, under a weight decay that is named."""
    return bare([g + factor * w for g, w in zip(BARE, PLAIN.weights, strict=True)], loss="mse", weight_decay=told)


def moved(eta: float) -> list[np.ndarray]:
    """Return the weights after a correct step."""
    return [w - eta * g for w, g in zip(PLAIN.weights, BARE, strict=True)]


def cases() -> dict[str, Case]:
    """List what is submitted, by title."""
    found: dict[str, Case] = {}
    for slug in ["", *(mistake.slug for mistake in MISTAKES)]:
        name = slug or "correct"
        if slug in NO_GRADIENT:
            continue
        if layers_for(slug, [2, 3, 1], len(X)):
            found[f"{name}; all layers, the loss named"] = partial(planted, SMALL, X, Y, slug, "mse", None, True)
        if 1 in layers_for(slug, [3, 3, 3, 3], len(POINTS)):
            found[f"{name}; the second of three square layers, the loss named"] = partial(
                planted, SQUARE, POINTS, CLASSES, slug, "cross_entropy", [1], True
            )
        if 0 in layers_for(slug, [2, 4, 3, 2], len(MANY)):
            found[f"{name}; the first of three layers, the loss not named"] = partial(
                planted, WIDE, MANY, LABELS, slug, "binary_cross_entropy", [0], False
            )
    columns: dict[str, Any] = {"biases": [b.T for b in SMALL.biases or ()], "convention": "columns, (out, in)"}
    turned = [w.T for w in SMALL.weights]
    gradients = ([g.T for g in RIGHT.weights], [g.T for g in RIGHT.biases or ()])
    single = [[part.astype(np.float32) for part in arrays] for arrays in (PLAIN.weights, BARE)]
    dead = [-np.ones((2, 3)), np.ones((3, 1))]
    relu = ["relu", "sigmoid"]
    zeros = [0 * w for w in PLAIN.weights]
    return found | {
        # other ways to hand in
        "examples are columns": lambda: diagnose(turned, X.T, Y.T, gradients, loss="mse", **columns),
        "a model brings what it has": lambda: diagnose(SMALL, X, Y, RIGHT, loss="mse"),
        "float32": lambda: diagnose(single[0], X, Y, single[1], loss="mse"),
        "float16": lambda: bare([g.astype(np.float16) for g in BARE]),
        "gradients of biases are missing": lambda: diagnose(SMALL, X, Y, RIGHT.weights, loss="mse"),
        "a mistake, and gradients of biases are missing": lambda: diagnose(
            SMALL, X, Y, incorrect_gradients(SMALL, X, Y, "hidden-derivative-missing").weights, loss="mse"
        ),
        "the network has biases that were not handed in": lambda: bare(RIGHT.weights, loss="mse"),
        "one example": lambda: diagnose(
            PLAIN.weights, X[7], Y[7], PLAIN.backward(PLAIN.forward(X[7:8]), Y[7:8]).weights
        ),
        "the printed loss is that of the sum": lambda: bare(
            BARE, printed_loss=PLAIN.loss(PLAIN.forward(X), Y) * len(Y)
        ),
        # losses and signs
        "the gradient of half the sum": lambda: bare([g * len(Y) / 2 for g in BARE]),
        "minus the gradient": lambda: bare([-g for g in BARE], loss="mse"),
        "weight decay": lambda: bare([g + 0.01 * w for g, w in zip(BARE, PLAIN.weights, strict=True)], loss="mse"),
        "weight decay, and a factor": lambda: bare(
            [2 * g + 0.01 * w for g, w in zip(BARE, PLAIN.weights, strict=True)], loss="mse"
        ),
        "an ε inside the logarithm": lambda: with_epsilon(1e-5, loss="binary_cross_entropy"),
        "an odd ε inside the logarithm": lambda: with_epsilon(3.3e-6),
        "activations named that are not those": lambda: bare(BARE, loss="mse", activations="tanh"),
        **{
            f"clipped predictions, {which}, at {bound}": partial(clipped, which, bound, **named)
            for which in CLIPPINGS
            for bound, named in (
                (0.05, {"activations": "sigmoid"}),
                (0.0371, {"activations": "sigmoid", "loss": "binary_cross_entropy"}),
            )
        },
        "clipped predictions, not named": lambda: clipped("used", 0.05),
        **{
            f"weight decay of {factor}, told {told}": partial(decayed, factor, told)
            for factor, told in [*((f, 0.01) for f in (0.0, 0.01, 0.02, 0.005, -0.01, 0.03)), (-0.01, 0.0)]
        },
        "weight decay, and minus the gradient": lambda: bare(
            [-g - 0.01 * w for g, w in zip(BARE, PLAIN.weights, strict=True)], loss="mse"
        ),
        # what another network would have too
        "every z is positive": lambda: correct(POSITIVE, abs(MANY), LABELS[:, :1] + 1),
        "every z is positive, and one example": lambda: correct(POSITIVE, abs(MANY[:1]), LABELS[:1, :1] + 1),
        "targets below 0": lambda: correct(PLAIN, X, Y - 0.5),
        "targets above 1": lambda: correct(PLAIN, X, Y + 0.5),
        "at the kink, with derivative 0": lambda: at_kink(0.0),
        "at the kink, with derivative 1": lambda: at_kink(1.0),
        "at the kink, with derivative 1/2": lambda: at_kink(0.5),
        "saturated": lambda: correct(SATURATED, X, Y, activations="sigmoid", loss="mse"),
        "a layer of five units": lambda: correct(Model.random([2, 5, 1], seed=0, bias=True), X, Y, loss="mse"),
        "a layer that is as wide as there are examples": lambda: correct(
            Model.random([2, 9, 1], seed=0), MANY, LABELS[:, :1], loss="mse"
        ),
        "units that are dead because of their biases": lambda: correct(
            Model(SMALL.weights, [np.array([[-9.0, 1, 1]]), np.ones((1, 1))], ["relu", "sigmoid"]), X, Y
        ),
        "the output not named, and a mistake": lambda: bare(
            [-BCE[0], BCE[1]], loss="binary_cross_entropy", activations=["sigmoid", None]
        ),
        "several activations not named, and a mistake": lambda: bare([2 * BARE[0], BARE[1]], activations=[None, None]),
        **{
            f"the forward pass skips layers {layers}, sign {sign}": partial(skipped, layers, sign, later)
            for layers, sign, later in (([1], 1, False), ([2], 1, False), ([1, 2], 1, False), ([1], -1, True))
        },
        # not known
        "noise": lambda: bare(NOISE),
        "noise, and a softmax of one output": lambda: bare(NOISE, activations=["sigmoid", "softmax"]),
        "noise, all named": lambda: bare(NOISE, loss="mse", activations="sigmoid"),
        "noise in the first layer": lambda: bare([NOISE[0], BARE[1]], loss="mse"),
        "noise in the last layer": lambda: bare([BARE[0], NOISE[1]], loss="mse", activations="sigmoid"),
        "one number off by a millionth": lambda: bare(one_number(1 + 1e-6), loss="mse"),
        "one number off by a tenth": lambda: bare(one_number(1.1), loss="mse"),
        "rounded to nine digits": lambda: bare([np.round(g, 11) for g in BARE], loss="mse"),
        "the first five examples alone": lambda: bare(PLAIN.backward(PLAIN.forward(X[:5]), Y[:5]).weights, loss="mse"),
        "the last six examples alone": lambda: bare(PLAIN.backward(PLAIN.forward(X[-6:]), Y[-6:]).weights, loss="mse"),
        "the first example alone": lambda: bare(
            PLAIN.backward(PLAIN.forward(X[:1]), Y[:1]).weights, loss="mse", activations="sigmoid"
        ),
        "the first five examples alone, of a network of two hidden units": lambda: diagnose(
            TWO.weights, X, Y, TWO.backward(TWO.forward(X[:5]), Y[:5]).weights, loss="mse", activations="sigmoid"
        ),
        "the first five examples alone, of a cross-entropy": lambda: bare(
            PLAIN.backward(PLAIN.forward(X[:5]), Y[:5], "binary_cross_entropy").weights, loss="binary_cross_entropy"
        ),
        "the first five examples alone, of another network": lambda: bare(
            RELU.backward(RELU.forward(X[:5]), Y[:5]).weights, loss="mse", activations=["relu", "tanh"]
        ),
        **{f"a number off by {share} of its array": partial(shifted, share) for share in (0.9e-3, 1.1e-3)},
        "the weights are those after the update": lambda: diagnose(
            moved(0.3), X, Y, BARE, loss="mse", activations="sigmoid"
        ),
        "a difference of weights": lambda: bare(
            [(w - new) / 0.1 for w, new in zip(PLAIN.weights, moved(0.1), strict=True)], loss="mse"
        ),
        "two mistakes with several explanations": lambda: bare(
            [
                incorrect_gradients(PLAIN, X, Y, "hidden-derivative-missing").weights[0],
                incorrect_gradients(PLAIN, X, Y, "output-derivative-missing").weights[1],
            ]
        ),
        "two mistakes": lambda: bare(
            [
                incorrect_gradients(PLAIN, X, Y, "hidden-derivative-missing").weights[0],
                3 * BARE[1],
            ],
            loss="mse",
        ),
        # places, from the arrays that are incorrect alone
        **{
            f"noise in {names}": partial(noisy, names)
            for names in (
                *("W1", "b1", "W1 b1", "W2", "b2", "W2 b2", "W3", "b3", "W3 b3"),
                *("b1 b2", "W1 W2 b1 b2", "W1 W2 W3", "W1 b1 W3", "W1 W2 W3 b1 b2 b3"),
            )
        },
        **{
            f"a step with noise in {names}, the learning rate {'told' if told else 'not told'}": partial(
                noisy, names, 0.3, told
            )
            for names in ("W1", "W1 b1", "W2 b2", "W3 b3", "W1 W2 W3 b1 b2 b3")
            for told in (0.3, None)
        },
        # zeros
        "all zero": lambda: bare(zeros),
        "all zero, all named": lambda: bare(zeros, loss="mse", activations="sigmoid"),
        "all zero, and the output is saturated": lambda: diagnose(
            [np.full((2, 1), 50.0)],
            np.ones((4, 2)),
            np.zeros((4, 1)),
            [zeros[1][:2]],
            activations="sigmoid",
            loss="mse",
        ),
        "all zero, and the network is dead": lambda: diagnose(dead, X, Y, zeros, activations=relu, loss="mse"),
        # networks
        **{
            f"a correct gradient of {', '.join(phis)}; {'named' if named else 'not named'}": partial(
                of_network, phis, named
            )
            for phis in (["tanh", "identity"], ["relu", "relu"], ["silu", "sigmoid"], ["identity", "softmax"])
            for named in (False, True)
        },
        "one layer, not named": lambda: of_network(["identity"], False, (2, 1)),
        "one layer, not named, and noise": lambda: diagnose(TANH.weights[1:], POINTS, CLASSES[:, :1], [NOISE[1]]),
        **{
            f"one layer, not named: {slug}": partial(single_layer, slug)
            for slug in ("output-derivative-missing", "input-missing", "extra-factor-two", "bias-scale")
        },
        "not named, and the first layer incorrect": lambda: diagnose(
            TANH.weights, X, Y, incorrect_gradients(TANH, X, Y, "hidden-derivative-missing").weights
        ),
        "biases inside W": lambda: folded(""),
        "biases inside W, and a mistake": lambda: folded("bias-scale", activations="sigmoid"),
        "biases inside W, and another": lambda: folded("output-derivative-missing"),
        **{f"noise in place of δ{k}": partial(of_delta, k) for k in (1, 2, 3)},
        "class numbers": lambda: diagnose(
            SQUARE, POINTS, CLASSES.argmax(axis=1), SQUARE.backward(SQUARE.forward(POINTS), CLASSES, "cross_entropy")
        ),
        "the gradient of another family": lambda: bare(
            PLAIN.backward(PLAIN.forward(X), Y, "binary_cross_entropy").weights, loss="mse"
        ),
        "the mean, where the sum was named": lambda: bare(BARE, loss="mse_sum"),
        "weight decay in one layer": lambda: bare([BARE[0] + 0.3 * PLAIN.weights[0], BARE[1]], loss="mse"),
        "noise, its convention told": lambda: bare(NOISE, convention="rows, (in, out)"),
        # steps
        "a correct step with biases": lambda: biased_step(""),
        "a correct step, the biases after it not known": lambda: biased_step("", known=False),
        "a step in which the biases stood still": lambda: biased_step("biases-not-updated"),
        "a step with a mistake": lambda: biased_step("weights-missing"),
        "a correct step": lambda: stepped(PLAIN, BARE, loss="mse"),
        "a correct step, the learning rate not told": lambda: stepped(PLAIN, BARE, told=None),
        "a step uphill": lambda: stepped(PLAIN, [-g for g in BARE], loss="mse"),
        "a step with twice the learning rate": lambda: stepped(PLAIN, [2 * g for g in BARE], loss="mse"),
        "a step in which the first layer stood still": lambda: stepped(PLAIN, [zeros[0], BARE[1]], loss="mse"),
        "no step": lambda: stepped(PLAIN, zeros),
        "no step, all named": lambda: stepped(PLAIN, zeros, loss="mse", activations="sigmoid"),
        "a step too small to tell": lambda: stepped(
            PLAIN, BARE, eta=1e-14, told=1e-14, loss="mse", activations="sigmoid"
        ),
        "a step with the gradients of an earlier one": lambda: stepped(
            PLAIN,
            [g + e for g, e in zip(BARE, EARLIER.backward(EARLIER.forward(X), Y).weights, strict=True)],
            loss="mse",
            activations="sigmoid",
        ),
        "a noisy step": lambda: stepped(PLAIN, NOISE, loss="mse"),
        **{
            f"a step of a saturated network, the learning rate {eta}, biases {known}": partial(
                saturated_step, eta, known
            )
            for eta in (0.5, None)
            for known in (True, False)
        },
        "updated too early": lambda: early(2.0),
        "updated too early, the learning rate not told": lambda: early(None),
    }


def report(case: Case) -> str:
    """Write the report of a case; errors too, and no digits that rounding decides."""
    try:
        found = case()
        text = "\n".join([str(found), *(facts(found) if isinstance(found, backprop.Diagnosis) else [])])
    except (TypeError, ValueError, AssertionError) as error:
        text = f"{type(error).__name__}: {error}"
    tiny = r"e-(?:09|1\d)"
    rounding = rf"relative error \d\.\d{tiny}|up to a relative error of \d{tiny} in each array|(equal )?to the last bit"
    text = re.sub(rounding, "up to rounding", text)
    text = re.sub(rf"off by \d{tiny}", "off by little", text)
    text = re.sub(r"(relative error of) (\de-1\d|0e\+00)", r"\1 rounding", text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def reasons(results: dict[str, Any]) -> str:
    """Write the verdict on each claim of the report, with its reason, but for those that a clock decides."""
    judged = [claim for claim in CLAIMS if claim.check != "experiment:timing"]
    return "".join(f"{claim.number}. {': '.join(claim.judge(results))}\n" for claim in judged)


def refusals() -> str:
    """Write what is said of each bad input of `test_bad_input`."""
    found = []
    for title, bad in CASES.items():
        try:
            bad.call()
        except (TypeError, ValueError) as error:
            found.append(f"{title}: {type(error).__name__}: {error}\n")
    return "".join(found)


def answers(path: Path = ANSWERS) -> dict[str, str]:
    """Read the answers of a file."""
    parts = path.read_text(encoding="utf-8").split("## ")[1:]
    return {title: text.strip("\n") for title, _, text in (part.partition("\n") for part in parts)}
