"""What people hand in: each case of the field with the answer that it should have."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Diagnosis, diagnose, diagnose_step
from backprop.network import ACTIVATIONS
from backprop.verification import assert_gradient
from backprop.verification.catalogue import incorrect_gradients
from backprop.verification.intake import Handed, problems
from backprop.verification.search import Reading, losses
from backprop.verification.words import correct_line

X, Y = backprop.xor()
RNG = np.random.default_rng(0)
W = [RNG.normal(size=(2, 3)), RNG.normal(size=(3, 1))]
B = [RNG.normal(size=(1, 3)), RNG.normal(size=(1, 1))]


def s(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


A = s(X @ W[0])
P = s(A @ W[1])


def gradients(d2: np.ndarray) -> list[np.ndarray]:
    d1 = d2 @ W[1].T * A * (1 - A)
    return [X.T @ d1, A.T @ d2]


def with_biases() -> tuple[list[np.ndarray], list[np.ndarray]]:
    a = s(X @ W[0] + B[0])
    p = s(a @ W[1] + B[1])
    d2 = 2 * (p - Y) * p * (1 - p) / len(Y)
    d1 = d2 @ W[1].T * a * (1 - a)
    return [X.T @ d1, a.T @ d2], [d1.sum(0), d2.sum(0)]


def verdicts(found: Diagnosis) -> dict[str, str]:
    return {name: array.verdict for name, array in found.arrays.items()}


# 1. Factors, loss named


@pytest.mark.parametrize("corners", [False, True])
def test_half_the_sum_comes_before_numerology(corners: bool) -> None:
    x, y = (X, Y) if not corners else (np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0.0]]))
    a = s(x @ W[0])
    p = s(a @ W[1])
    d2 = (p - y) * p * (1 - p)
    d1 = d2 @ W[1].T * a * (1 - a)
    found = diagnose(W, x, y, [x.T @ d1, a.T @ d2], loss="mse")
    assert str(found).startswith("You named the loss mse, but this is the gradient of mse_half_sum.")
    assert found.alternatives[0].verdict == "correct"
    assert found.alternatives[0].loss == "mse_half_sum"
    assert found.mistakes == ()  # the other loss says it: a 2 and a sum are not added up


# 2. "Either … or" is not "and"


def test_two_readings_of_a_sum_are_not_added_up() -> None:
    h = X @ W[0]
    e = s(h @ W[1]) - Y
    told: dict[str, Any] = {"activations": ["identity", "sigmoid"], "loss": "binary_cross_entropy"}
    found = diagnose(W, X, Y, [X.T @ (e @ W[1].T), h.T @ e], **told)
    assert found.mistakes == ("sum-instead-of-mean",)
    assert found.alternatives[0].loss == "binary_cross_entropy_sum"


def test_a_learning_rate_that_was_forgotten_is_one_thing() -> None:
    gw, gb = with_biases()
    new = [w - g for w, g in zip(W, gw, strict=True)], [b - g for b, g in zip(B, gb, strict=True)]
    found = diagnose_step(W, new[0], X, Y, 0.5, biases=(B, new[1]), activations="sigmoid", loss="mse")
    assert found.mistakes == ("extra-factor-two",)
    assert all(array.factor == pytest.approx(2) for array in found.arrays.values())


# 3. One incorrect line is one mistake, and an array that agrees is correct


def test_the_error_in_the_gradient_of_the_output_weights() -> None:
    d2 = (P - Y) / len(Y)
    g = gradients(d2)
    g[1] = A.T @ (d2 / (P * (1 - P)))
    found = diagnose(W, X, Y, g, loss="binary_cross_entropy")
    assert (found.mistakes, found.place) == (("weight-gradient-without-derivative",), "dW2")
    assert verdicts(found) == {"W1": "correct", "W2": "incorrect"}


# 4. One example, one output

ONE = X[3:4], Y[3:4]
A1 = s(ONE[0] @ W[0])


def one_example(d2: np.ndarray) -> list[np.ndarray]:
    return [ONE[0].T @ (d2 @ W[1].T * A1 * (1 - A1)), A1.T @ d2]


def test_a_step_of_one_example_is_correct_and_says_what_it_cannot_tell() -> None:
    g = one_example(2 * (A1 @ W[1] - ONE[1]))
    new = [w - 0.1 * g for w, g in zip(W, g, strict=True)]
    settings: list[dict[str, Any]] = [{}, {"activations": ["sigmoid", "identity"], "loss": "mse"}]
    for told in settings:
        found = diagnose_step(W, new, *ONE, **told)
        assert (found.verdict, found.mistakes) == ("correct", ())
        assert "one-example-only" in found.cannot_tell


def test_nonsense_for_delta_is_not_correct() -> None:
    told: dict[str, Any] = {"activations": ["sigmoid", "identity"], "loss": "mse"}
    found = diagnose(W, *ONE, one_example(np.array([[-7.0]])), **told)
    assert (found.verdict, found.mistakes, found.place) == ("unknown", (), "delta2")


def test_strict_demands_that_nothing_is_left_open() -> None:
    told: dict[str, Any] = {"activations": ["sigmoid", "identity"], "loss": "mse"}
    g = one_example(2 * (A1 @ W[1] - ONE[1]))
    assert_gradient(W, *ONE, g, **told)
    with pytest.raises(AssertionError, match="leave something open"):
        assert_gradient(W, *ONE, g, **told, strict=True)
    assert_gradient(W, X, Y, gradients(2 * (P - Y) * P * (1 - P) / len(Y)), loss="mse", strict=True)


# 5. Biases off by a factor


@pytest.mark.parametrize("factor", [21.0, 2.0, 0.5, -1.0, 0.0, 1 / 21])
def test_biases_off_by_a_factor_leave_the_weights_correct(factor: float) -> None:
    gw, gb = with_biases()
    found = diagnose(W, X, Y, (gw, [factor * g for g in gb]), biases=B, loss="mse")
    assert verdicts(found) == {"W1": "correct", "W2": "correct", "b1": "incorrect", "b2": "incorrect"}
    assert found.arrays["b1"].factor == pytest.approx(factor)
    named = {*found.mistakes, *(slug for one in found.alternatives for slug in one.mistakes)}
    assert named & {"bias-scale", "bias-averaged", "biases-not-updated"}


def test_weights_off_by_n_leave_the_biases_correct() -> None:
    gw, gb = with_biases()
    found = diagnose(W, X, Y, ([21 * g for g in gw], gb), biases=B, loss="mse")
    assert verdicts(found) == {"W1": "incorrect", "W2": "incorrect", "b1": "correct", "b2": "correct"}
    assert found.mistakes == ("sum-instead-of-mean",)


# 6. Unknown names nothing


def test_adams_first_step_names_nothing() -> None:
    gw, gb = with_biases()

    def moved(old: list[np.ndarray], g: list[np.ndarray]) -> list[np.ndarray]:
        return [w - 0.1 * d / (abs(d) + 1e-8) for w, d in zip(old, g, strict=True)]

    biases = B, moved(B, gb)
    found = diagnose_step(W, moved(W, gw), X, Y, 0.1, biases=biases, activations="sigmoid", loss="mse")
    assert (found.verdict, found.mistakes, found.place) == ("unknown", (), None)
    assert [layer.mistakes for layer in found.layers] == [(), ()]


def test_the_output_differentiated() -> None:
    found = diagnose(W, X, Y, gradients(P * (1 - P)), loss="mse")
    assert found.mistakes == ("output-differentiated",)


# 7. Advice for this network


def test_the_advice_for_a_tanh_output_is_that_of_tanh() -> None:
    p = np.tanh(A @ W[1])
    found = diagnose(W, X, Y, gradients(2 * (p - Y) / len(Y)), activations=["sigmoid", "tanh"], loss="mse")
    assert found.mistakes == ("output-derivative-missing",)
    ((_, _, should),) = found.lines
    assert should == "delta2 = 2 * (y_hat - y) / y.size * (1 - y_hat ** 2)"


def test_the_advice_for_relu_is_that_of_relu() -> None:
    z = X @ W[0]
    a = np.maximum(z, 0)
    p = s(a @ W[1])
    d2 = 2 * (p - Y) * p * (1 - p) / len(Y)
    g = [X.T @ (d2 @ W[1].T * a * (1 - a)), a.T @ d2]
    found = diagnose(W, X, Y, g, activations=["relu", "sigmoid"], loss="mse")
    assert found.mistakes == ("wrong-activation-derivative",)
    assert found.lines[0][1:] == ("delta1 = (delta2 @ W2.T) * a1 * (1 - a1)", "delta1 = (delta2 @ W2.T) * (z1 > 0)")


VALUES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": s,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "identity": lambda z: z,
}


@pytest.mark.parametrize("hidden", [*VALUES])
@pytest.mark.parametrize(
    ("output", "loss"),
    [
        *(
            (o, loss)
            for o in ("sigmoid", "tanh", "identity")
            for loss in ("mse", "mse_half", "mse_sum", "mse_half_sum")
        ),
        ("sigmoid", "binary_cross_entropy"),
    ],
)
@pytest.mark.parametrize("columns", [False, True])
def test_advice_that_is_followed_leads_to_correct(hidden: str, output: str, loss: str, columns: bool) -> None:
    def turn(w: np.ndarray) -> np.ndarray:
        return w.T if columns else w

    def forward(w: np.ndarray, a: np.ndarray) -> np.ndarray:
        return w @ a if columns else a @ w

    space: dict[str, Any] = {"np": np, "X": turn(X), "y": turn(Y)}
    space |= {"W1": turn(W[0]), "W2": turn(W[1])}
    space["z1"] = forward(space["W1"], space["X"])
    space["a1"] = space["A1"] = VALUES[hidden](space["z1"])
    space["z2"] = forward(space["W2"], space["a1"])
    space["y_hat"] = VALUES[output](space["z2"])
    for place in ("delta2", "delta1", "dW2", "dW1"):
        exec(should(place, hidden, output, loss, columns, space), space)
    given = [space["dW1"], space["dW2"]]
    told: dict[str, Any] = {"activations": [hidden, output], "loss": loss}
    found = diagnose([space["W1"], space["W2"]], space["X"], space["y"], given, **told)
    assert found.verdict == "correct", str(found)


def should(place: str, hidden: str, output: str, loss: str, columns: bool, space: dict[str, Any]) -> str:
    w = [space["W1"], space["W2"]]
    handed = Handed(space["X"], space["y"], w, None, w, None)
    (problem,) = problems(handed, "columns, (out, in)" if columns else "rows, (in, out)")
    reading = Reading(problem, (ACTIVATIONS[hidden], ACTIVATIONS[output]), 1e-16, 1e-7, {})
    named = next(one for one in losses(len(Y), 1) if one.name == loss)
    return correct_line(place, reading, named)


# 8. "Same numbers" lists nothing that changes nothing here


def test_after_correct_nothing_is_listed_that_changes_nothing() -> None:
    found = diagnose(W, X, Y, gradients(2 * (P - Y) * P * (1 - P) / len(Y)), loss="mse")
    assert (found.verdict, found.alternatives, found.cannot_tell) == ("correct", (), ())


# 9. Layers of one unit


@pytest.mark.parametrize("widths", [[1, 1], [1, 1, 1], [3, 1, 1]])
def test_layers_of_one_unit(widths: list[int]) -> None:
    x = np.linspace(0, 1, 5)[:, None] ** np.arange(1, widths[0] + 1)
    w = [np.full(shape, 0.3) for shape in pairwise(widths)]
    y, a = 2 * x[:, :1], [x]
    for one in w:
        a.append(a[-1] @ one)
    d = 2 * (a[-1] - y) / 5
    g: list[np.ndarray] = []
    for k in range(len(w) - 1, -1, -1):
        g.insert(0, a[k].T @ d)
        d = d @ w[k].T
    found = diagnose(w, x, y, g, activations="identity", loss="mse")
    assert found.verdict == "correct"
    assert diagnose(w, x, y, [5 * one for one in g], activations="identity", loss="mse").verdict != "correct"


def test_one_weight() -> None:
    x = np.linspace(0, 1, 5)[:, None]
    w = np.array([[0.1]])
    found = diagnose([w], x, 2 * x, [2 * x.T @ (x @ w - 2 * x)], loss="mse")
    assert found.alternatives[0].loss == "mse_sum"


# 10. ε in the logarithm


@pytest.mark.parametrize("epsilon", [1e-12, 1e-8, 1e-5, 3.7e-4])
def test_an_epsilon_in_the_logarithm_is_reported(epsilon: float) -> None:
    e = -(Y / (P + epsilon) - (1 - Y) / (1 - P + epsilon)) / len(Y)
    found = diagnose(W, X, Y, gradients(e * P * (1 - P)), activations="sigmoid", loss="binary_cross_entropy")
    assert found.verdict == "correct"
    assert f"an ε of {epsilon:.3g} inside the logarithm" in found.reason


# 12. Terms that people add, mini-batches


@pytest.mark.parametrize("on_biases", [False, True])
@pytest.mark.parametrize("decay", [0.01, 0.02, -0.01])
def test_weight_decay(decay: float, on_biases: bool) -> None:
    gw, gb = with_biases()
    gw = [g + decay * w for g, w in zip(gw, W, strict=True)]
    gb = [g + decay * on_biases * b.ravel() for g, b in zip(gb, B, strict=True)]
    found = diagnose(W, X, Y, (gw, gb), biases=B, activations="sigmoid", loss="mse")
    assert found.weight_decay == pytest.approx(decay)
    assert f"λ = {decay:.4g}" in str(found)
    assert (verdicts(found)["b1"] == "correct") != on_biases


@pytest.mark.parametrize("part", [slice(0, 8), slice(-8, None)])
def test_the_gradient_of_a_mini_batch(part: slice) -> None:
    d2 = 2 * (P - Y) * P * (1 - P) / 8
    d1 = d2 @ W[1].T * A * (1 - A)
    g = [X[part].T @ d1[part], A[part].T @ d2[part]]
    found = diagnose(W, X, Y, g, activations="sigmoid", loss="mse")
    assert found.verdict == "unknown"
    assert f"of the {'first' if part.start == 0 else 'last'} 8 examples only" in found.reason


def in_single_precision(seed: int, n: int) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    w1, b1, w2, b2, x = (rng.normal(size=size).astype(np.float32) for size in ((4, 6), 6, (6, 1), 1, (n, 4)))
    return [w1, w2], [b1, b2], x, (rng.random((n, 1)) > 0.5).astype(np.float32)


def gradient_in_single_precision(
    w: list[np.ndarray], b: list[np.ndarray], x: np.ndarray, y: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    a = np.tanh(x @ w[0] + b[0])
    d2 = (s(a @ w[1] + b[1]) - y) / np.float32(len(y))
    d1 = d2 @ w[1].T * (1 - a**2)
    return [x.T @ d1, a.T @ d2], [d1.sum(0), d2.sum(0)]


BCE: Any = {"activations": ["tanh", "sigmoid"], "loss": "binary_cross_entropy"}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [500, 3000])
def test_a_small_difference_is_not_explained_by_arrays_that_do_little_better(seed: int, n: int) -> None:
    w, b, x, y = in_single_precision(seed, n)
    found = diagnose(w, x, y, gradient_in_single_precision(w, b, x, 0.999 * y + 0.0005), biases=b, **BCE)
    assert found.verdict == "unknown"
    assert "before an update" not in found.reason
    assert "examples only" not in found.reason


@pytest.mark.parametrize("eta", [1e-3, 0.1])
def test_weights_after_the_update_are_seen_in_single_precision(eta: float) -> None:
    w, b, x, y = in_single_precision(0, 500)
    dw, db = gradient_in_single_precision(w, b, x, y)
    after, afterwards = (
        [p - np.float32(eta) * g for p, g in zip(old, d, strict=True)] for old, d in ((w, dw), (b, db))
    )
    found = diagnose(after, x, y, (dw, db), biases=afterwards, **BCE)
    assert f"at the weights before an update with η = {eta:g}" in found.reason


def test_the_first_examples_are_seen_in_single_precision() -> None:
    w, b, x, y = in_single_precision(0, 3000)
    found = diagnose(w, x, y, gradient_in_single_precision(w, b, x[:2990], y[:2990]), biases=b, **BCE)
    assert "it is the gradient of the first 2990 examples only" in found.reason


def clipped(which: str, bound: float, p: np.ndarray) -> np.ndarray:
    q = np.clip(p, bound, 1 - bound)
    inside = (q == p) if which == "zeroed" else 1
    return (q - Y if which == "used" else ((1 - Y) / (1 - q) - Y / q) * inside * p * (1 - p)) / len(Y)


@pytest.mark.parametrize(
    ("which", "bound", "scale"),
    [
        *[(which, bound, 1) for which in ("used", "divided") for bound in (0.05, 0.021, 0.08)],
        *[("zeroed", bound, 1.5) for bound in (0.009, 0.004)],
    ],
)
def test_clipped_predictions(which: str, bound: float, scale: float) -> None:
    large = [W[0], scale * np.array([[8.0], [-7.0], [3.0]])]
    p = s(A @ large[1])
    assert 0 < np.sum(np.minimum(p, 1 - p) < bound) < len(p)
    d2 = clipped(which, bound, p)
    g = [X.T @ (d2 @ large[1].T * A * (1 - A)), A.T @ d2]
    found = diagnose(large, X, Y, g, activations="sigmoid", loss="binary_cross_entropy")
    right = backprop.Model(large).backward(backprop.Model(large).forward(X), Y, "binary_cross_entropy").weights
    off = max(backprop.derivation.relative_error(one, other) for one, other in zip(g, right, strict=True))
    assert found.verdict == ("mistake" if which == "zeroed" and off > 0.1 else "correct")
    assert "clipping of" in found.reason
    assert ("as if these examples were left out" in found.reason) == (which == "zeroed")
    if which != "zeroed":
        assert f"at {bound:.3g} from" in found.reason
    g[1] = g[1] * 1.001
    assert diagnose(large, X, Y, g, activations="sigmoid", loss="binary_cross_entropy").verdict != "correct"


@pytest.mark.parametrize("some", [slice(1, None), slice(2, None), slice(-1)])
@pytest.mark.parametrize("seed", range(8))
def test_examples_that_are_left_out_are_no_clipping(some: slice, seed: int) -> None:
    rng = np.random.default_rng(seed)
    w, x, y = [rng.normal(size=(2, 4)), rng.normal(size=(4, 1))], rng.normal(size=(9, 2)), rng.integers(0, 2, (9, 1))
    a = np.tanh(x @ w[0])
    d2 = np.zeros_like(y, dtype=float)
    d2[some] = (s(a @ w[1]) - y)[some] / len(y)
    g = [x.T @ (d2 @ w[1].T * (1 - a**2)), a.T @ d2]
    found = diagnose(w, x, y, g, activations=["tanh", "sigmoid"], loss="binary_cross_entropy")
    assert found.verdict != "correct"
    assert "clipping" not in found.reason


@pytest.mark.parametrize("factor", [0.999, 0.95, 0.91])
@pytest.mark.parametrize("copies", [1, 4])
def test_a_factor_is_no_epsilon_where_all_examples_are_alike(factor: float, copies: int) -> None:
    rng = np.random.default_rng(7)
    w, x, y = [rng.normal(size=(3, 4)), rng.normal(size=(4, 1))], rng.normal(size=(1, 3)), np.ones((copies, 1))
    x = np.repeat(x, copies, axis=0)
    a = np.tanh(x @ w[0])
    d2 = factor * (s(a @ w[1]) - y) / copies
    g = [x.T @ (d2 @ w[1].T * (1 - a**2)), a.T @ d2]
    found = diagnose(w, x, y, g, activations=["tanh", "sigmoid"], loss="binary_cross_entropy")
    assert found.verdict != "correct"
    assert "ε" not in found.reason


# 13. The way back in its combinations: described by place and line, whether the catalogue has a name or not

WAYS: dict[str, tuple[Any, str]] = {
    "the error without W": (lambda d, e, w: np.zeros_like(A) + e, "back1"),
    "δ without W": (lambda d, e, w: np.zeros_like(A) + d, "back1"),
    "the error through W": (lambda d, e, w: e @ w.T, "back1"),
    "W alone": (lambda d, e, w: np.zeros_like(A) + w.T, "back1"),
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_back(way: str) -> None:
    e = 2 * (P - Y) / len(Y)
    d2 = e * P * (1 - P)
    make, place = WAYS[way]
    d1 = make(d2, e, W[1]) * A * (1 - A)
    if way == "W alone":
        d1 = d1 * 2 / len(Y)
    found = diagnose(W, X, Y, [X.T @ d1, A.T @ d2], activations="sigmoid", loss="mse")
    assert found.verdict == "mistake"
    assert place in (found.place, *(other.place for other in found.alternatives))
    assert verdicts(found) == {"W1": "incorrect", "W2": "correct"}


# 14. Biases never updated


def test_biases_never_updated() -> None:
    gw, _ = with_biases()
    new = [w - 0.1 * g for w, g in zip(W, gw, strict=True)]
    for eta in (0.1, None):
        found = diagnose_step(W, new, X, Y, eta, biases=(B, B), activations="sigmoid", loss="mse")
        assert found.mistakes == ("biases-not-updated",)
        assert verdicts(found) == {"W1": "correct", "W2": "correct", "b1": "incorrect", "b2": "incorrect"}


# 15. Gradients made by subtraction


def test_subtraction_is_hinted_at() -> None:
    g = gradients(2 * (P - Y) * P * (1 - P) / len(Y))
    made = [(w - (w - 1e-3 * d)) / 1e-3 for w, d in zip(W, g, strict=True)]
    found = diagnose(W, X, Y, made, activations="sigmoid", loss="mse")
    assert found.verdict == "unknown"
    assert "diagnose_step" in found.reason
    step = diagnose_step(W, [w - 1e-3 * d for w, d in zip(W, g, strict=True)], X, Y, 1e-3, loss="mse")
    assert step.verdict == "correct"


# 19. What else gives the same numbers, and where a mistake can be


def test_the_same_numbers_of_another_mistake_are_an_alternative() -> None:
    model = backprop.Model.random([2, 3, 1], seed=0, activations=["tanh", "identity"])
    wrong = incorrect_gradients(model, X, Y, "derivative-of-wrong-layer")  # φ′ of the linear output is 1
    found = diagnose(model.weights, X, Y, wrong, activations=["tanh", "identity"], loss="mse")
    assert found.mistakes == ("hidden-derivative-missing",)
    assert ("derivative-of-wrong-layer",) in [other.mistakes for other in found.alternatives]


def test_one_array_of_the_first_layer_leaves_two_places() -> None:
    gw, gb = with_biases()
    told: dict[str, Any] = {"biases": B, "activations": "sigmoid", "loss": "mse"}
    wrong = diagnose(W, X, Y, ([gw[0] + 0.01, gw[1]], gb), **told)
    assert (wrong.verdict, wrong.place) == ("unknown", None)
    assert [other.place for other in wrong.alternatives] == ["dW1", "delta1"]
    assert diagnose(W, X, Y, ([gw[0], gw[1] + 0.01], gb), **told).place == "dW2"  # what is below follows from δ


def test_a_factor_of_the_biases_is_not_taken_for_one_of_the_weights() -> None:
    gw, gb = with_biases()
    found = diagnose(W, X, Y, (gw, [-b for b in gb]), biases=B, activations="sigmoid", loss="mse")
    assert found.mistakes == ("bias-scale",)
    assert verdicts(found) == {"W1": "correct", "W2": "correct", "b1": "incorrect", "b2": "incorrect"}


def test_a_factor_and_another_loss_are_two_things() -> None:
    gw, gb = with_biases()
    eighth = ([gw[0] / 8, gw[1] / 2], [gb[0] / 8, gb[1] / 2])
    found = diagnose(W, X, Y, eighth, biases=B, activations="sigmoid", loss="mse")
    assert (found.verdict, found.mistakes) == ("mistake", ())
    assert ("layer-scale", "factor-two-missing") in [other.mistakes for other in found.alternatives]


def test_a_term_with_the_opposite_sign_is_said() -> None:
    gw, gb = with_biases()
    less = [g - 0.1 * w for g, w in zip(gw, W, strict=True)]
    found = diagnose(W, X, Y, (less, gb), biases=B, activations="sigmoid", loss="mse")
    assert found.weight_decay == pytest.approx(-0.1)
    assert "sign is opposite" in found.reason


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("layers", [[0, 1], [0], [1]])
@pytest.mark.parametrize("loss", ["mse", None])
def test_a_forward_pass_that_skips_an_activation(activation: str, layers: list[int], loss: str | None) -> None:
    names = [activation, activation, "sigmoid"]
    model = backprop.Model.random([2, 4, 3, 1], seed=2, activations=names, bias=True)
    wrong = incorrect_gradients(model, X, Y, "forward-without-activation", layers=layers)
    found = diagnose(model.weights, X, Y, wrong, biases=model.biases, activations=names, loss=loss)
    assert found.mistakes == ("forward-without-activation",)
    assert [layer.number - 1 for layer in found.layers if layer.mistakes] == layers
    untold = diagnose(model.weights, X, Y, wrong, biases=model.biases, loss=loss)
    assert untold.mistakes == ("wrong-activation-derivative",)  # of layers that are then linear


@pytest.mark.parametrize("bias", [True, False])
def test_two_layers_that_share_an_array(bias: bool) -> None:
    model = backprop.Model.random([2, 2, 2, 1], seed=1, bias=bias)
    wrong = incorrect_gradients(model, X, Y, "arrays-aliased")
    np.testing.assert_allclose(wrong.weights[0], wrong.weights[1], rtol=1e-12)
    found = diagnose(model.weights, X, Y, wrong, biases=model.biases, activations="sigmoid", loss="mse")
    assert found.mistakes == ("arrays-aliased",)
    assert {name for name, array in found.arrays.items() if array.verdict == "incorrect"} == {"W1", "W2"}


@pytest.mark.parametrize(("few", "places"), [(4, ["phi2", "forward"]), (21, ["delta2", "forward"])])
def test_all_arrays_of_other_weights_are_not_blamed_on_one_line(few: int, places: list[str]) -> None:
    other = backprop.Model([w + 0.3 for w in W], B)
    g = other.backward(other.forward(X[:few]), Y[:few])
    found = diagnose(W, X[:few], Y[:few], g, biases=B, activations="sigmoid", loss="mse")
    assert (found.verdict, found.mistakes, found.place) == ("unknown", (), None)
    assert [one.place for one in found.alternatives] == places


def test_nothing_is_clipped_between_predictions_that_rounding_alone_tells_apart() -> None:
    rng = np.random.default_rng(5)
    model = backprop.Model.random([2, 4, 2], seed=3, activations=["sigmoid", "softmax"], bias=True)
    x, y = rng.normal(size=(15, 2)).astype(np.float32), np.eye(2)[rng.integers(0, 2, 15)]
    g = model.backward(model.forward(x), y, "cross_entropy")
    assert g.biases is not None
    for wrong in (-g.biases[1], g.biases[1] + 1):
        biases = [g.biases[0].astype(np.float32), wrong.astype(np.float32)]
        arrays = ([w.astype(np.float32) for w in g.weights], biases)
        told: dict[str, Any] = {"activations": ["sigmoid", "softmax"], "loss": "cross_entropy"}
        found = diagnose(model.weights, x, y, arrays, biases=model.biases, **told)
        assert found.verdict != "correct"
        assert found.arrays["b2"].verdict == "incorrect"


@pytest.mark.parametrize("seed", range(4))
def test_a_confident_example_that_is_left_out_does_not_pass_as_clipping(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(12, 2)), [2 * rng.normal(size=(2, 3)), 3 * rng.normal(size=(3, 1))]
    p = s(np.tanh(x @ w[0]) @ w[1])
    last = np.abs(p - 0.5).argmax()
    x = x[[*np.delete(np.arange(12), last), last]]
    a = np.tanh(x @ w[0])
    p, y = s(a @ w[1]), (rng.random((12, 1)) > 0.5) * 1.0
    y[-1] = 1 - p[-1].round()  # it is confident, and incorrect
    d2 = (p - y) / 12
    d2[-1] = 0
    told: Any = {"activations": ["tanh", "sigmoid"], "loss": "binary_cross_entropy"}
    found = diagnose(w, x, y, [x.T @ (d2 @ w[1].T * (1 - a**2)), a.T @ d2], **told)
    assert found.verdict != "correct"


def test_an_activation_of_one_s_own_is_not_taken_for_the_one_whose_name_it_has() -> None:
    rng = np.random.default_rng(3)
    w, x, y = [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))], rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
    own = backprop.Activation("leaky_relu", lambda z: np.where(z > 0, z, 0.2 * z), lambda z, a: np.where(z > 0, 1, 0.2))
    z = x @ w[0]
    a = np.where(z > 0, z, 0.2 * z)
    d2 = 2 * (a @ w[1] - y) / y.size
    d1 = d2 @ w[1].T * np.where(z > 0, 1, 0.01)  # the derivative of the other
    found = diagnose(w, x, y, [x.T @ d1, a.T @ d2], activations=[own, "identity"], loss="mse")
    assert (found.verdict, found.activations) == ("mistake", ("own_leaky_relu", "identity"))
    assert "own_leaky_relu_derivative(z1)" in found.lines[0][2]
    wide = backprop.Activation("tanh", lambda z: 1.7 * np.tanh(z), lambda z, a: 1.7 * (1 - np.tanh(z) ** 2))
    model = backprop.Model(w, activations=["tanh", wide])
    assert diagnose(model, x, y, model.backward(model.forward(x), y), loss="mse").remarks == ()
    for part in (
        backprop.Activation("tanh", lambda z: 1.7 * np.tanh(z), lambda z, a: 1 - np.tanh(z) ** 2),
        backprop.Activation("tanh", np.tanh, lambda z, a: 1.7 * (1 - a**2)),
    ):
        model = backprop.Model(w, activations=[part, "identity"])
        found = diagnose(model, x, y, model.backward(model.forward(x), y), loss="mse")
        assert found.activations == ("own_tanh", "identity")
    same = backprop.Activation("tanh", np.tanh, lambda z, a: 1 - a**2)
    model = backprop.Model(w, activations=[same, "identity"])
    found = diagnose(model, x, y, model.backward(model.forward(x), y), loss="mse")
    assert (found.verdict, found.activations) == ("correct", ("tanh", "identity"))


def test_whole_numbers_are_no_evidence_of_single_precision() -> None:
    x = np.array([[10, 20, 30], [40, 10, 20], [30, 30, 10], [20, 40, 50], [50, 10, 40]])
    y = np.array([[900], [400], [100], [700], [300]])
    w = [np.array([[1, 2, 3, 1], [2, 1, 1, 3], [3, 2, 1, 2]]), np.array([[1], [2], [1], [3]])]
    a = np.maximum(x @ w[0], 0)
    d2 = 2 * (a @ w[1] - y)
    g = [x.T @ (d2 @ w[1].T * (a > 0)), a.T @ d2]
    told: Any = {"activations": ["relu", "identity"], "loss": "mse_sum"}
    assert diagnose(w, x, y, [one.astype(float) for one in g], **told).verdict == "correct"
    g[0][0, 0] += 1
    assert diagnose(w, x, y, [one.astype(float) for one in g], **told).verdict == "unknown"


def test_what_was_computed_from_single_precision_is_judged_in_it() -> None:
    rng, f = np.random.default_rng(3), np.float32
    x, y = rng.normal(size=(12, 2)).astype(f), rng.normal(size=(12, 1)).astype(f)
    w = [rng.normal(size=size).astype(f) for size in ((2, 3), (3, 5), (5, 1))]
    a = np.tanh(x @ w[0])
    c = np.tanh(a @ w[1])
    d3 = 2 * (c @ w[2] - y)
    d2 = d3 @ w[2].T * (1 - c**2)
    d1 = d2 @ w[1].T * (1 - a**2)
    g = [one / np.float64(12) for one in (x.T @ d1, a.T @ d2, c.T @ d3)]  # the mean alone is taken in float64
    assert diagnose(w, x, y, g, activations=["tanh", "tanh", "identity"], loss="mse").verdict == "correct"
    told: Any = {"activations": ["tanh", "tanh", "identity"], "loss": "mse"}
    assert diagnose(w, x.astype(float), y, g, **told).verdict == "unknown"
    assert diagnose([w[0].astype(float), *w[1:]], x, y, g, **told).verdict == "unknown"
