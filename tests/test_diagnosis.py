"""Diagnosis of gradients that this package did not compute: other hands, other layouts, other losses."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise, product
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

import backprop
from backprop import Activation, Gradients, Model, diagnose, diagnose_step
from backprop.verification import MISTAKES, assert_gradient, catalogue, grammar
from backprop.verification.catalogue import incorrect_gradients
from backprop.verification.words import address
from tests.oracle import BENDS

X, Y = backprop.xor()

# A network of a stranger: every loss written out, differentiated by autograd, in any layout.

LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "mse": lambda y, p: anp.mean((p - y) ** 2),
    "mse_examples": lambda y, p: anp.sum((p - y) ** 2) / len(y),
    "mse_half": lambda y, p: 0.5 * anp.mean((p - y) ** 2),
    "mse_half_examples": lambda y, p: anp.sum((p - y) ** 2) / (2 * len(y)),
    "mse_sum": lambda y, p: anp.sum((p - y) ** 2),
    "mse_half_sum": lambda y, p: 0.5 * anp.sum((p - y) ** 2),
    "binary_cross_entropy": lambda y, p: -anp.mean(y * anp.log(p) + (1 - y) * anp.log(1 - p)),
    "binary_cross_entropy_examples": lambda y, p: -anp.sum(y * anp.log(p) + (1 - y) * anp.log(1 - p)) / len(y),
    "binary_cross_entropy_sum": lambda y, p: -anp.sum(y * anp.log(p) + (1 - y) * anp.log(1 - p)),
}


def forward(weights: Sequence[Any], biases: Sequence[Any] | None, x: Any, names: Sequence[str]) -> Any:
    for i, (w, name) in enumerate(zip(weights, names, strict=True)):
        x = BENDS[name](anp, anp.dot(x, w) + (0.0 if biases is None else biases[i]))
    return x


class Stranger:
    """A network with its gradient, laid out as its author likes it."""

    def __init__(
        self, widths: Sequence[int], names: Sequence[str], loss: str, n: int = 12, bias: bool = False, seed: int = 0
    ) -> None:
        rng = np.random.default_rng(seed)
        self.weights = [rng.normal(size=shape) for shape in pairwise(widths)]
        self.biases = [rng.normal(size=d) for d in widths[1:]] if bias else None
        self.X = rng.normal(size=(n, widths[0]))
        self.y = rng.integers(0, 2, size=(n, widths[-1])).astype(float)
        self.names, self.loss = list(names), loss
        self.gradients = grad(lambda w: LOSSES[loss](self.y, forward(w, self.biases, self.X, names)))(self.weights)
        self.bias_gradients = None
        if self.biases is not None:
            self.bias_gradients = grad(
                lambda b: LOSSES[loss](self.y, forward(self.weights, b, self.X, names))
            )(self.biases)  # fmt: skip

    def laid_out(self, rows: bool, in_out: bool, flat: bool = False) -> dict[str, Any]:
        turn: Callable[[Any], Any] = (lambda w: w) if in_out else (lambda w: w.T)
        found: dict[str, Any] = {
            "weights": [turn(w) for w in self.weights],
            "X": self.X if rows else self.X.T,
            "y": self.y.ravel() if flat else self.y if rows else self.y.T,
            "gradients": [turn(g) for g in self.gradients],
        }
        if self.biases is not None and self.bias_gradients is not None:
            shape = (-1,) if rows else (-1, 1)
            found["biases"] = [b.reshape(shape) for b in self.biases]
            found["gradients"] = (found["gradients"], [g.reshape(shape) for g in self.bias_gradients])
        return found


LAYOUTS = {
    "rows, (in, out)": (True, True),
    "rows, (out, in)": (True, False),
    "columns, (out, in)": (False, False),
    "columns, (in, out)": (False, True),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize(
    ("output", "loss"),
    [(o, loss) for loss in LOSSES for o in ("sigmoid", "identity") if loss.startswith("mse") or o == "sigmoid"],
)
def test_a_correct_gradient_is_recognised_untold(layout: str, hidden: str, output: str, loss: str) -> None:
    d = 3 if loss.endswith("_examples") else 1
    stranger = Stranger([2, 3, 5, d], [hidden, hidden, output], loss, bias=hidden == "tanh")
    found = diagnose(**stranger.laid_out(*LAYOUTS[layout], flat=d == 1))
    assert (found.verdict, found.mistakes, found.loss, found.sign) == ("correct", (), loss, 1), str(found)
    assert found.convention == layout
    assert found.activations == (hidden, hidden, output)
    assert found.scale == pytest.approx(1)
    assert [layer.verdict for layer in found.layers] == ["correct"] * 3
    assert layout in str(found)


@pytest.mark.parametrize("loss", [*LOSSES])
def test_a_correct_gradient_is_recognised_told(loss: str) -> None:
    stranger = Stranger([2, 3, 3], ["tanh", "sigmoid"], loss, bias=True)
    told = loss.removesuffix("_examples")
    found = diagnose(**stranger.laid_out(True, False), activations=["tanh", "sigmoid"], loss=told, convention="rows")
    assert (found.verdict, found.loss) == ("correct", loss)
    assert_gradient(**stranger.laid_out(True, False), activations=["tanh", "sigmoid"], loss=told)


@pytest.mark.parametrize("widths", [[1, 1, 1], [2, 2, 2], [1, 4, 1], [3, 1], [5, 5, 5, 5]])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_correct_gradient_of_few_numbers_is_never_called_wrong(widths: list[int], n: int) -> None:
    names = ["tanh"] * (len(widths) - 2) + ["sigmoid"]
    for layout in LAYOUTS.values():
        assert diagnose(**Stranger(widths, names, "mse", n=n).laid_out(*layout), loss="mse").verdict == "correct"


def test_mixed_activations_are_found() -> None:
    names = ["tanh", "relu", "sigmoid"]
    found = diagnose(**Stranger([2, 3, 5, 1], names, "binary_cross_entropy", bias=True).laid_out(False, False))
    assert (found.verdict, found.activations) == ("correct", tuple(names))


def test_an_activation_of_ones_own() -> None:
    own = Activation("cube", lambda z: z**3, lambda z, a: 3 * z**2)
    model = Model.random([2, 3, 1], seed=0, activations=[own, "sigmoid"])
    gradients = model.backward(model.forward(X), Y)
    assert diagnose(model.weights, X, Y, gradients, activations=[own, "sigmoid"]).verdict == "correct"
    assert diagnose(model.weights, X, Y, gradients).verdict == "unknown"


def test_activations_told_wrongly() -> None:
    stranger = Stranger([2, 3, 5, 1], ["tanh", "tanh", "sigmoid"], "mse")
    found = diagnose(**stranger.laid_out(True, True), activations="sigmoid", loss="mse")
    assert found.verdict == "unknown"
    (other,) = found.alternatives
    assert other.verdict == "correct"
    assert str(other) == "correct for mse, if the activations are tanh, tanh, sigmoid"


def test_a_model_brings_its_biases_and_activations() -> None:
    model = Model.random([2, 3, 1], seed=0, activations=["silu", "sigmoid"], bias=True)
    found = diagnose(model, X, Y, model.backward(model.forward(X), Y))
    assert (found.verdict, found.activations) == ("correct", ("silu", "sigmoid"))


class Tensor:
    """An array that must be detached before it can be read, as PyTorch's parameters."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def detach(self) -> np.ndarray:
        return self.array

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")


def test_tensors_are_detached() -> None:
    assert TRUE.biases is not None
    assert MODEL.biases is not None
    w, b, gw, gb = ([Tensor(a) for a in part] for part in (MODEL.weights, MODEL.biases, TRUE.weights, TRUE.biases))
    pairs = [part for pair in zip(gw, gb, strict=True) for part in pair]
    assert diagnose(w, Tensor(DATA[0]), Tensor(DATA[1]), pairs, biases=b).verdict == "correct"


@pytest.mark.parametrize("told", [None, "cross_entropy"])
@pytest.mark.parametrize("total", [False, True])
@pytest.mark.parametrize("targets", ["one-hot", "classes"])
def test_softmax(told: str | None, total: bool, targets: str) -> None:
    rng = np.random.default_rng(0)
    w, b = [rng.normal(size=s) for s in ((2, 4), (4, 3))], [rng.normal(size=d) for d in (4, 3)]
    x, classes = rng.normal(size=(10, 2)), rng.integers(0, 3, size=10)
    y = np.eye(3)[classes]

    def loss(parameters: Any) -> Any:
        z = forward(parameters[:2], parameters[2:], x, ["tanh", "identity"])
        return -anp.sum(y * (z - anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True)))) / (1 if total else len(y))

    g = grad(loss)([*w, *b])
    name = None if told is None else told + "_sum" * total
    found = diagnose(w, x, y if targets == "one-hot" else classes, (g[:2], g[2:]), biases=b, loss=name)
    assert (found.verdict, found.mistakes, found.loss) == ("correct", (), "cross_entropy" + "_sum" * total)
    assert found.activations == ("tanh", "softmax")


@pytest.mark.parametrize("addition", [1e-1, 1e-4, 1e-6])
def test_weight_decay_is_found(addition: float) -> None:
    stranger = Stranger([2, 3, 5, 1], ["sigmoid"] * 3, "mse")
    stranger.gradients = [g + addition * w for g, w in zip(stranger.gradients, stranger.weights, strict=True)]
    for told in (None, "mse"):
        found = diagnose(**stranger.laid_out(True, True), activations="sigmoid", loss=told)
        assert found.weight_decay == pytest.approx(addition, rel=1e-3)
        assert found.mistakes == ()
        assert "weight decay" in str(found)


def test_float32_is_no_false_alarm() -> None:
    for seed in range(20):
        s = Stranger([2, 4, 4, 1], ["tanh", "tanh", "sigmoid"], "mse", n=60, seed=seed)
        single = [w.astype(np.float32) for w in s.weights]
        x, y = s.X.astype(np.float32), s.y.astype(np.float32)
        a = [x]
        for w in single[:2]:
            a.append(np.tanh(a[-1] @ w))
        p = 1 / (1 + np.exp(-a[-1] @ single[2]))
        delta = 2 * (p - y) * p * (1 - p) / np.float32(len(y))
        gradients: list[np.ndarray] = []
        for i in (2, 1, 0):
            gradients.insert(0, a[i].T @ delta)
            delta = (delta @ single[i].T) * (1 - a[i] ** 2)
        assert gradients[0].dtype == np.float32
        assert diagnose(single, x, y, gradients, loss="mse").verdict == "correct"
        converted = [g.astype(float) for g in gradients]
        assert diagnose(single, x, y, converted, loss="mse").verdict == "correct"


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("size", [0.01, 1.0, 5.0, 20.0])
def test_no_false_alarm_however_small_or_saturated(size: float, single: bool) -> None:
    verdicts = []
    for seed in range(24):
        names = [["sigmoid", "tanh", "relu"][seed % 3]] * 2 + [["sigmoid", "identity"][seed % 2]]
        drawn = Model.random([3, 4, 5, 1], seed, names, bias=seed % 4 < 2)
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(30, 3)), rng.integers(0, 2, size=(30, 1)) * 1.0
        kind = np.float32 if single else np.float64
        model = Model(drawn.weights, drawn.biases, drawn.activations)
        model.weights = tuple((size * w).astype(kind) for w in drawn.weights)
        model.biases = None if drawn.biases is None else tuple((size * b).astype(kind) for b in drawn.biases)
        with np.errstate(over="ignore"):  # exp in float32
            g = incorrect_gradients(model, x.astype(kind), y.astype(kind), "")
        given = [[a.astype(kind) for a in part or ()] for part in g]
        if any(a.any() for a in given[0]):
            for told in (None, names):
                biases = model.biases
                gradients = given if biases is not None else given[0]
                verdicts.append(diagnose(model.weights, x, y, gradients, biases=biases, activations=told).verdict)
    assert "mistake" not in verdicts
    assert verdicts.count("correct") > (0.95 if size <= 1 else 0.6) * len(verdicts) > 20


# Documented answers where several readings give the same numbers

RNG = np.random.default_rng(1)
DATA = RNG.normal(size=(11, 2)), RNG.integers(0, 2, size=(11, 1)).astype(float)
MODEL = Model.random([2, 3, 5, 1], seed=3, bias=True)
TRUE = MODEL.backward(MODEL.forward(DATA[0]), DATA[1])
CROSS = MODEL.backward(MODEL.forward(DATA[0]), DATA[1], "binary_cross_entropy")


def scaled(gradients: Gradients, factor: float) -> Gradients:
    return Gradients(
        tuple(factor * g for g in gradients.weights), tuple(factor * g for g in gradients.biases or ())
    )  # fmt: skip


def of(gradients: Any, loss: str | None = None, **more: Any) -> backprop.Diagnosis:
    return diagnose(MODEL.weights, *DATA, gradients, biases=MODEL.biases, loss=loss, **more)


@pytest.mark.parametrize(
    ("gradients", "loss", "verdict", "mistakes", "read_as"),
    [
        (TRUE, None, "correct", (), "mse"),
        (scaled(TRUE, 0.5), None, "correct", (), "mse_half"),
        (scaled(TRUE, 0.5), "mse", "mistake", ("factor-two-missing",), "mse"),
        (scaled(TRUE, 11), None, "correct", (), "mse_sum"),
        (scaled(TRUE, 11), "mse", "mistake", ("sum-instead-of-mean",), "mse"),
        (scaled(TRUE, 5.5), None, "correct", (), "mse_half_sum"),
        (scaled(TRUE, 1 / 11), None, "mistake", ("averaged-twice",), "mse"),
        (scaled(TRUE, 11 / 5), None, "mistake", ("divided-by-units",), "mse"),
        (scaled(TRUE, 1 / 11), "mse_sum", "mistake", (), "mse_sum"),
        (TRUE, "mse_sum", "mistake", ("mean-instead-of-sum",), "mse_sum"),
        (scaled(TRUE, 0.3), None, "mistake", ("wrong-scale",), "mse"),
        (CROSS, None, "correct", (), "binary_cross_entropy"),
        (CROSS, "mse", "mistake", ("output-derivative-missing", "factor-two-missing"), "mse"),
        (scaled(CROSS, 2), None, "mistake", ("output-derivative-missing",), "mse"),
        (scaled(CROSS, 2), "mse", "mistake", ("output-derivative-missing",), "mse"),
        (scaled(CROSS, 2), "binary_cross_entropy", "mistake", ("extra-factor-two",), "binary_cross_entropy"),
        (
            scaled(TRUE, 0.5),
            "binary_cross_entropy",
            "mistake",
            ("output-derivative-not-cancelled",),
            "binary_cross_entropy",
        ),
    ],
)
def test_the_documented_answer(
    gradients: Gradients, loss: str | None, verdict: str, mistakes: tuple[str, ...], read_as: str
) -> None:
    for sign in (1, -1):
        found = of(scaled(gradients, sign), loss)
        assert (found.verdict, found.loss, found.sign) == (verdict, read_as, sign), str(found)
        answers = [found.mistakes, *(other.mistakes for other in found.alternatives)]
        assert mistakes in answers or (not mistakes and verdict == "mistake")
        assert found.mistakes in ((), mistakes) or not mistakes


def test_the_other_readings_are_told() -> None:
    other = of(CROSS, "mse").alternatives[0]
    assert (other.verdict, other.loss) == ("correct", "binary_cross_entropy")
    assert "which is correct if your update adds it" in str(of(scaled(TRUE, -1)))


def test_mistakes_with_the_same_numbers_are_named_together() -> None:
    model = Model.random([2, 2, 1], seed=0, activations=["identity", "sigmoid"])
    square = Model([model.weights[0], np.array([[1.0, 2.0], [2.0, 0.5]]), np.ones((2, 1))], None, "tanh")
    wrong = incorrect_gradients(square, *DATA, "weights-not-transposed", layers=[0])  # W is its own transpose
    assert diagnose(square.weights, *DATA, wrong, activations="tanh", loss="mse").verdict == "correct"
    wrong = incorrect_gradients(model, *DATA, "hidden-derivative-missing")  # the slope of a linear unit is 1
    assert diagnose(model.weights, *DATA, wrong, activations=["identity", "sigmoid"]).verdict == "correct"
    eight = np.tile(DATA[0], (2, 1))[:8], np.tile(DATA[1], (2, 1))[:8]
    model = Model.random([2, 4, 1], seed=0)
    twice = scaled_weights(model.backward(model.forward(eight[0]), eight[1]), 2)
    found = diagnose(model.weights, *eight, twice, loss="mse")  # 2 is N divided by the number of hidden units
    answers = {*found.mistakes, *(slug for one in found.alternatives for slug in one.mistakes)}
    assert answers == {"extra-factor-two"}  # and no numerology over widths


def scaled_weights(gradients: Gradients, factor: float) -> tuple[np.ndarray, ...]:
    return tuple(factor * g for g in gradients.weights)


# Two at once, and what is not recognised

PAIRS = [
    ("output-derivative-missing", "weights-not-transposed"),
    ("hidden-derivative-missing", "bias-averaged"),
    ("derivative-given-a", "one-path-only"),
    ("targets-broadcast", "preactivation-instead-of-activation"),
    ("delta-without-derivative", "factor-two-missing"),
    ("weights-missing", "sum-instead-of-mean"),
    ("gradient-transposed", "layer-sign"),
]


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_two_mistakes_at_once(pair: tuple[str, str]) -> None:
    model = Model.random([2, 4, 4, 1], seed=1, bias=True)
    trace = model.forward(DATA[0])
    p = grammar.Pass(trace.z, trace.a, DATA[1], model.weights, model.activations)
    widths, names = [2, 4, 4, 1], ["sigmoid"] * 3
    plan: dict[str, str] = {}
    for slug in pair:
        plan |= catalogue.plan_with(slug, names, layers=catalogue.layers_for(slug, widths))
    factors = catalogue.factors_with(pair[1], widths, 11, layers=[1])
    made = grammar.backward(p, plan, factors)
    scale = 2 / 11 * factors.get("", 1.0)
    wrong = [[scale * made[f"{letter}{k}"] for k in (1, 2, 3)] for letter in "Wb"]
    found = diagnose(model.weights, *DATA, wrong, biases=model.biases, activations="sigmoid", loss="mse")
    answers = [found.mistakes, *(other.mistakes for other in found.alternatives)]
    assert set(pair) in [set(answer) for answer in answers], str(found)


def test_what_is_not_recognised_is_not_named() -> None:
    rng = np.random.default_rng(0)
    weights = list(TRUE.weights)
    weights[0] = rng.normal(size=weights[0].shape)
    found = of((weights, TRUE.biases), "mse", activations="sigmoid")
    assert (found.verdict, found.mistakes) == ("unknown", ())
    assert [layer.verdict for layer in found.layers] == ["incorrect", "correct", "correct"]
    nonsense = [rng.normal(size=w.shape) for w in MODEL.weights]
    found = diagnose(
        MODEL.weights, *DATA, (nonsense, TRUE.biases), biases=MODEL.biases, activations="sigmoid", loss="mse"
    )
    assert found.verdict == "unknown"
    assert "correct" not in [layer.verdict for layer in found.layers]


def test_one_number_changed_in_its_ninth_digit_is_not_correct() -> None:
    weights = [g.copy() for g in TRUE.weights]
    weights[1][0, 0] *= 1 + 1e-8
    assert of((weights, TRUE.biases), "mse").verdict == "unknown"


def test_every_way_to_hand_in_biases() -> None:
    w, b = TRUE.weights, TRUE.biases
    assert b is not None
    pairs = [part for pair in zip(w, b, strict=True) for part in pair]
    for gradients in (TRUE, {"weights": w, "biases": b}, (list(w), list(b)), pairs, [g.tolist() for g in pairs]):
        assert of(gradients, "mse").verdict == "correct"
    assert "not checked" in of(list(w), "mse").reason


def test_the_shape_of_a_bias_gradient_names_the_mistake() -> None:
    deltas = MODEL.deltas(MODEL.forward(DATA[0]), DATA[1])
    assert of((TRUE.weights, deltas), "mse").mistakes == ("bias-not-summed",)
    totals = [np.sum(d) for d in deltas]
    assert of((TRUE.weights, totals), "mse").mistakes == ("bias-summed-over-units",)


def test_a_gradient_in_the_shape_of_the_transpose() -> None:
    turned = [g.T for g in TRUE.weights]
    assert of((turned, TRUE.biases), "mse", convention="rows, (in, out)").mistakes == ("gradient-transposed",)


def bent(w: Sequence[Any], b: Sequence[Any], slope: float, at_zero: float) -> tuple[list[Any], list[Any]]:
    """Differentiate by hand a hidden layer of (leaky) ReLUs with a slope of their own at z = 0."""
    z = X @ w[0] + b[0]
    a = np.where(z > 0, z, slope * z)
    p = 1 / (1 + np.exp(-(a @ w[1] + b[1])))
    d2 = 2 / 21 * (p - Y) * p * (1 - p)
    d1 = d2 @ w[1].T * np.where(z == 0, at_zero, np.where(z > 0, 1.0, slope))
    return [X.T @ d1, a.T @ d2], [d1.sum(0), d2.sum(0)]


KINKED: dict[str, tuple[Any, float]] = {
    "relu": ("relu", 0.0),
    "leaky_relu": ("leaky_relu", 0.01),
    "its own": (Activation("bent", lambda z: np.where(z > 0, z, z / 4), lambda z, a: np.where(a > 0, 1.0, 0.25)), 0.25),
}


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("name", "told"), [(name, told) for name in KINKED for told in (True, False) if told or name != "its own"]
)
def test_any_slope_that_is_used_at_a_kink_is_correct(name: str, share: float, told: bool) -> None:
    """At (0, 0) every hidden unit is at its kink; with whole weights, also where the two products cancel."""
    phi, slope = KINKED[name]
    at_zero = slope + share * (1 - slope)
    more: dict[str, Any] = {"activations": [phi, "sigmoid"], "loss": "mse"} if told else {}
    for seed in range(2):
        rng = np.random.default_rng(seed)
        drawn = rng.normal(size=(2, 3))
        for first in (drawn, np.hstack([drawn[:, :2], [[2.0], [-2.0]]])):
            w, b = [first, rng.normal(size=(3, 1))], [np.zeros(3), np.zeros(1)]
            g = bent(w, b, slope, at_zero)
            found = diagnose(w, X, Y, g, biases=b, **more)
            said = [words for words in found.assumed if "kink" in words]
            assert (found.verdict, found.mistakes) == ("correct", ())
            assert all(array.verdict != "not tested" for array in found.arrays.values())
            if share:
                assert said == [
                    f"the derivative {at_zero:g} of {'bent' if told and slope == 0.25 else name} at its kink, z = 0"
                ]
            five = diagnose(w, X, Y, ([5 * g[0][0], g[0][1]], g[1]), biases=b, **more)
            assert five.mistakes == ("layer-scale",) or (five.verdict == "mistake" and not told)
            assert five.arrays["W1"].factor == pytest.approx(5)


@pytest.mark.parametrize("name", KINKED)
def test_where_every_unit_is_at_its_kink_a_mistake_is_seen_nevertheless(name: str) -> None:
    phi, slope = KINKED[name]
    w, b = (
        [np.array([[2.0, -2.0, 1.0], [-2.0, 2.0, -1.0]]), np.array([[1.0], [-2.0], [0.7]])],
        [np.zeros(3), np.zeros(1)],
    )
    nearly = [
        w[0] - 2.0**-51 * np.array([[1.0], [0.0]]),
        w[1],
    ]  # so that z is not 0, but no larger than its rounding error
    for at_zero, given in product((slope, 1.0), (w, nearly)):
        g = bent(w, b, slope, at_zero)[0]
        for factor, verdict in ((1, "correct"), (5, "mistake")):
            found = diagnose(given, X, Y, [factor * g[0], g[1]], activations=[phi, "sigmoid"], loss="mse")
            assert found.verdict == verdict
            assert found.arrays["W1"].factor == pytest.approx(factor)


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_an_unusual_slope_at_a_kink_is_no_mistake_where_rounding_might_have_chosen_it(name: str) -> None:
    slope = KINKED[name][1]
    for seed in range(2):
        rng = np.random.default_rng(seed)
        w = [np.hstack([rng.normal(size=(2, 2)), [[2.0], [-2.0]]]), rng.normal(size=(3, 1))]
        g = bent(w, [np.zeros(3), np.zeros(1)], slope, 0.3)[0]
        assert diagnose(w, X, Y, g).verdict == "unknown"
        assert diagnose(w, X, Y, g, activations=[name, "sigmoid"], loss="mse").verdict == "unknown"


# One step

STEP = Model.random([2, 4, 4, 1], seed=2, bias=True)


def stepped(slug: str, eta: float, model: Model = STEP) -> Model:
    gradients = incorrect_gradients(model, X, Y, "" if slug == "updated-too-early" else slug)
    if slug == "updated-too-early":
        right = model._update(model._backward(model._forward(X), Y, "mse"), eta)
        after: list[np.ndarray] = list(right.weights)
        for _ in range(3):  # layer by layer, down: each sees the weights above it as they are after the update
            gradients = incorrect_gradients(model, X, Y, slug, after=after)
            after = [w - eta * g for w, g in zip(model.weights, gradients.weights, strict=True)]
    return model._update(gradients, eta)


@pytest.mark.parametrize(
    "slug", ["", "hidden-derivative-missing", "updated-too-early", "weights-not-transposed", "sum-instead-of-mean"]
)
def test_a_step(slug: str) -> None:
    new = stepped(slug, 0.5)
    assert STEP.biases is not None
    pair = (STEP.biases, new.biases)
    found = diagnose_step(STEP.weights, new.weights, X, Y, 0.5, biases=pair, activations="sigmoid", loss="mse")
    assert (found.verdict, found.mistakes) == (("mistake", (slug,)) if slug else ("correct", ())), str(found)


def test_a_step_without_eta() -> None:
    new = stepped("", 0.25)
    found = diagnose_step(STEP.weights, new.weights, X, Y, biases=(STEP.biases, new.biases))
    assert (found.verdict, found.loss) == ("correct", "mse")
    assert found.scale == pytest.approx(0.25)
    assert "eta × scale" in found.reason
    assert diagnose_step(STEP.weights, stepped("updated-too-early", 1.0).weights, X, Y).mistakes == ()


def test_a_step_uphill() -> None:
    uphill = [2 * old - new for old, new in zip(STEP.weights, stepped("", 0.5).weights, strict=True)]
    plain = Model(STEP.weights)
    assert diagnose_step(STEP.weights, uphill, X, Y).verdict == "unknown"  # its biases were left out
    new = stepped("", 0.5, plain)
    uphill = [2 * old - new for old, new in zip(plain.weights, new.weights, strict=True)]
    for eta in (0.5, None):
        found = diagnose_step(plain.weights, uphill, X, Y, eta)
        assert (found.mistakes, found.sign) == (("uphill",), -1)


def test_a_step_too_small_to_tell() -> None:
    plain = Model(STEP.weights)
    for eta, single in ((1e-14, False), (1e-6, True)):
        gradients = incorrect_gradients(plain, X, Y, "")
        old = [w.astype(np.float32) if single else w for w in plain.weights]
        new = [(w - eta * g).astype(w.dtype) for w, g in zip(old, gradients.weights, strict=True)]
        for given in (eta, None):
            start = time.process_time()
            found = diagnose_step(old, new, X, Y, given)
            assert time.process_time() - start < 0.5  # no search, which took seconds
            assert found.verdict == "unknown"
            assert "too small" in str(found)


def test_a_layer_left_out_of_a_step() -> None:
    plain = Model(STEP.weights)
    new = list(stepped("", 0.5, plain).weights)
    new[0] = plain.weights[0]
    found = diagnose_step(plain.weights, new, X, Y, 0.5, loss="mse")
    assert found.mistakes == ("layer-not-updated",)
    assert [layer.verdict for layer in found.layers] == ["incorrect", "correct", "correct"]


# What it says


def test_the_text_of_a_mistake() -> None:
    model = Model.random([2, 3, 1], seed=0)
    found = diagnose(model.weights, X, Y, incorrect_gradients(model, X, Y, "hidden-derivative-missing"), loss="mse")
    text = str(found)
    for part in (
        "hidden-derivative-missing",
        "layer 1",
        "(8.4)",
        "hidden-to-hidden/#eq-hidden-delta",
        "Evidence",
        "sigmoid",
    ):
        assert part in text
    assert found.correct is not None
    right = model.backward(model.forward(X), Y)
    np.testing.assert_allclose(found.correct.weights[0], right.weights[0])
    turned = diagnose([w.T for w in model.weights], X.T, Y.T, [g.T for g in right.weights], loss="mse")
    assert turned.correct is not None
    np.testing.assert_allclose(turned.correct.weights[0], right.weights[0].T)


def test_check_raises_the_diagnosis() -> None:
    model = Model.random([2, 3, 1], seed=0)
    wrong = incorrect_gradients(model, X, Y, "hidden-derivative-missing")
    with pytest.raises(AssertionError, match="hidden-derivative-missing"):
        assert_gradient(model.weights, X, Y, wrong, activations="sigmoid", loss="mse")
    negative = [-g for g in model.backward(model.forward(X), Y).weights]
    assert assert_gradient(model.weights, X, Y, negative, loss="mse").sign == -1
    with pytest.raises(AssertionError, match="sign"):
        assert_gradient(model.weights, X, Y, negative, loss="mse", sign=1)


def test_every_mistake_names_equations_that_exist() -> None:
    assert len(MISTAKES) >= 20
    assert len({mistake.slug for mistake in MISTAKES}) == len(MISTAKES)
    for mistake in MISTAKES:
        assert mistake.equations
        for label in mistake.equations:
            number, url = address(label)
            assert number
            assert url.endswith(f"/#eq-{label}")
    with pytest.raises(KeyError):
        address("nothing")


def test_one_diagnosis_takes_less_than_a_tenth_of_a_second() -> None:
    x, y = backprop.linear(100)
    model = Model.random([2, 4, 4, 1], seed=0)
    for slug in ("", "hidden-derivative-missing"):
        gradients = incorrect_gradients(model, x, y, slug)
        seconds = []
        for _ in range(5):
            start = time.process_time()  # a busy machine is not what is measured
            diagnose(model.weights, x, y, gradients)
            seconds.append(time.process_time() - start)
        assert min(seconds) < 0.1


# Bad input

W = [np.ones((2, 3)), np.ones((3, 1))]
BAD: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no list": (lambda: diagnose(W[0], X, Y, W), TypeError, "weights"),
    "empty": (lambda: diagnose([], X, Y, []), ValueError, "weights is empty"),
    "too few": (lambda: diagnose(W, X, Y, W[:1]), ValueError, "gradients has 1 arrays"),
    "nan": (lambda: diagnose(W, X, Y, [W[0] * np.nan, W[1]]), ValueError, r"gradients\[0\] has nan"),
    "text": (lambda: diagnose(W, X, Y, [["a"], ["b"]]), TypeError, r"gradients\[0\]"),
    "zeros": (lambda: diagnose(W, X, Y, [0 * w for w in W]), ValueError, "all zero"),
    "no convention": (lambda: diagnose(W, np.ones((21, 5)), Y, W), ValueError, "shapes fit no convention"),
    "not the convention": (lambda: diagnose(W, X, Y, W, convention="columns"), ValueError, "'columns'"),
    "targets": (lambda: diagnose(W, X, Y[:5], W), ValueError, r"looked for y of shape \(21, 1\)"),
    "shape": (lambda: diagnose(W, X, Y, [W[0], np.ones((3, 7))]), ValueError, r"gradients\[1\] has shape \(3, 7\)"),
    "stretched": (lambda: diagnose(W, X, Y, [W[0], np.ones((3, 21))]), ValueError, r"is y \(N,\)"),
    "loss": (lambda: diagnose(W, X, Y, W, loss="mes"), ValueError, "loss is 'mes'"),
    "activation": (lambda: diagnose(W, X, Y, W, activations="sigmod"), ValueError, "activations is 'sigmod'"),
    "activations": (lambda: diagnose(W, X, Y, W, activations=["tanh"]), ValueError, "expected 2"),
    "convention": (lambda: diagnose(W, X, Y, W, convention="diagonal"), ValueError, "convention is 'diagonal'"),
    "biases missing": (lambda: diagnose(W, X, Y, Gradients(tuple(W), tuple(W))), ValueError, "biases is None"),
    "biases": (lambda: diagnose(W, X, Y, W, biases=[np.ones(4), np.ones(1)]), ValueError, r"biases\[0\]"),
    "loss and output": (
        lambda: diagnose(W, X, Y, W, loss="binary_cross_entropy", activations=["tanh", "identity"]),
        ValueError,
        "sigmoid output",
    ),
    "keys": (lambda: diagnose(W, X, Y, {"dW": W}), ValueError, "dW"),
    "three axes": (lambda: diagnose(W, X[None], Y, W), ValueError, r"X has shape \(1, 21, 2\)"),
    "eta": (lambda: diagnose_step(W, W, X, Y, eta=-1.0), ValueError, "eta"),
    "after": (lambda: diagnose_step(W, [W[0], W[0]], X, Y), ValueError, r"after\[1\]"),
    "pair": (lambda: diagnose_step(W, W, X, Y, biases=W[0]), TypeError, "pair"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_in_one_line(case: str) -> None:
    call, error, words = BAD[case]
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_dead_network_is_no_bad_input_if_it_was_told() -> None:
    w = [-np.ones((2, 3)), np.ones((3, 1))]
    zeros = [0 * v for v in w]
    found = diagnose(w, X, Y, zeros, activations=["relu", "sigmoid"], loss="mse")
    assert (found.verdict, found.mistakes) == ("correct", ())
    assert "dead" in found.reason


def test_importing_the_package_is_enough() -> None:
    program = "import backprop; print(backprop.diagnose.__name__, backprop.diagnose_step.__name__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["diagnose", "diagnose_step"]


def test_a_factor_close_to_one_is_written_with_the_digits_that_differ() -> None:
    told: Any = {"biases": MODEL.biases, "activations": "sigmoid", "loss": "mse"}
    said = str(diagnose(MODEL.weights, *DATA, scaled(TRUE, 1 + 1e-7), **told))
    assert "delta3 = 1.0000001 * 2 * (y_hat - y)" in said
    assert "dW1 is 1.0000001 times what it should be" in said
    weights = (1.000004 * TRUE.weights[0], *TRUE.weights[1:])
    assert "dW1 = 1.000004 * X.T @ delta1" in str(
        diagnose(MODEL.weights, *DATA, TRUE._replace(weights=weights), **told)
    )


LONE = {
    "the biases of two classes": (["tanh", "softmax"], "cross_entropy", None, "b2"),
    "the weights from units that are equal": (["tanh", "sigmoid"], "binary_cross_entropy", 0.5, "W2"),
}


@pytest.mark.parametrize("what", LONE)
@pytest.mark.parametrize("told", [True, False])
def test_what_holds_one_number_in_several_entries_has_no_factor_of_its_own(what: str, told: bool) -> None:
    """Such an array is a multiple of the correct one whatever it was computed from: here, from the first examples."""
    phi, loss, equal, name = LONE[what]
    start = Model.random([3, 4, 1 + (equal is None)], 3, phi, bias=True)
    weights = start.weights if equal is None else [np.full_like(w, equal) for w in start.weights]
    model = Model(weights, [np.full_like(b, equal or 0.3) for b in start.biases or ()], phi)
    rng = np.random.default_rng(1)
    x, labels = rng.normal(size=(9, 3)), rng.integers(0, 2, 9)
    y = np.eye(2)[labels] if equal is None else labels[:, None].astype(float)
    g = model.backward(model.forward(x), y, loss)
    first = model.backward(model.forward(x[:3]), y[:3], loss)
    w, b = list(g.weights), list(g.biases or ())
    if name == "b2":
        b[1] = (first.biases or ())[1]
    else:
        w[1] = first.weights[1]
    options: Any = {"activations": phi, "loss": loss} if told else {}
    found = diagnose(model.weights, x, y, (w, b), biases=model.biases, **options)
    assert (found.verdict, found.mistakes, found.place) == ("unknown", (), f"d{name}")
    assert diagnose(model.weights, x, y, (g.weights, g.biases), biases=model.biases, **options).verdict == "correct"


@pytest.mark.parametrize("widths", [[2, 3, 1], [2, 3, 5, 1]])
@pytest.mark.parametrize(
    ("factor", "of_the_term", "slug", "said"),
    [
        (2.0, 0.0, "extra-factor-two", "the term λW with λ = 0.1 is missing as well"),
        (0.5, 0.0, "factor-two-missing", "the term λW with λ = 0.1 is missing as well"),
        (21.0, 0.0, "sum-instead-of-mean", "the term λW with λ = 0.1 is missing as well"),
        (2.0, 1.0, "extra-factor-two", "the term λW with λ = 0.1 was subtracted before"),
        (2.0, 2.0, "extra-factor-two", "with a term λW, λ = 0.1, which contains the factor as well"),
    ],
)
def test_a_factor_beside_weight_decay_is_told_from_one_of_the_term(
    widths: list[int], factor: float, of_the_term: float, slug: str, said: str
) -> None:
    model = Model.random(widths, 7)
    right = model.backward(model.forward(X), Y).weights
    passed = [factor * g + of_the_term * 0.1 * w for g, w in zip(right, model.weights, strict=True)]
    found = diagnose(model.weights, X, Y, passed, activations="sigmoid", loss="mse", weight_decay=0.1)
    assert (found.verdict, found.mistakes, found.reason) == ("mistake", (slug,), said)
    assert found.scale == pytest.approx(factor)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sign": "1"}, "sign is '1'; expected 1, -1 or None"),
        ({"sign": 0}, "sign is 0; expected 1, -1 or None"),
        ({"strict": "no"}, "strict is 'no'"),
    ],
)
def test_what_a_gradient_is_asserted_with_is_checked(options: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        assert_gradient(MODEL.weights, *DATA, TRUE, biases=MODEL.biases, **options)
