"""What the arrays show besides the gradient: each remark where it belongs, and none where it does not."""

from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Model, diagnose, diagnose_step
from backprop.network import ACTIVATIONS
from backprop.verification.hints import hints
from backprop.verification.intake import Handed, problems
from backprop.verification.loss_values import LOSS_NAMES, loss_values
from backprop.verification.remarks import curvature, printed, remarks
from backprop.verification.words import address

X, Y = backprop.xor()
RNG = np.random.default_rng(5)


def slugs(model: Model, x: Any = X, y: Any = Y, loss: str = "mse", **options: Any) -> list[str]:
    return [remark.slug for remark in remarks(model, x, y, loss, **options)]


# Remarks


def test_identical_units_are_counted() -> None:
    rng = np.random.default_rng(5)
    w = rng.normal(size=(2, 4))
    w[:, 2] = w[:, 0]
    out = rng.normal(size=(4, 1))
    assert slugs(Model([w, out])) == []  # equal in, different out: the gradients differ
    out[2] = out[0]
    found = remarks(Model([w, out]), X, Y)
    assert [remark.slug for remark in found] == ["identical-units"]
    assert "2 of the 4 units of layer 1" in found[0].text
    assert slugs(Model([w, out], [np.arange(4.0), np.zeros(1)])) == []


def test_dead_units_and_a_layer_of_zeros() -> None:
    rng = np.random.default_rng(5)
    w = np.array([[-1.0, 1.0, 0.5], [-1.0, 2.0, -0.2]])
    one = Model([w, np.array([[1.0], [1.0], [2.0]])], None, ["relu", "identity"])
    x = np.abs(X) + 0.1
    found = remarks(one, x, Y)
    assert [remark.slug for remark in found] == ["dead-units"]
    assert "1 of 3 units of layer 1 is dead" in found[0].text
    every = Model([-np.abs(w), np.ones((3, 1))], None, ["relu", "identity"])
    assert "dead-units" in slugs(every, x)
    assert "zero-gradient" in slugs(every, x)
    zero_above = Model([rng.normal(size=(2, 3)), np.zeros((3, 1))], None, "sigmoid")
    found = remarks(zero_above, X, Y)
    assert any("layer 1 is exactly zero" in remark.text for remark in found)


def test_saturated_units() -> None:
    rng = np.random.default_rng(5)
    far = Model([30 * np.ones((2, 3)), rng.normal(size=(3, 1))], None, ["tanh", "sigmoid"])
    x = X + 1
    text = next(remark.text for remark in remarks(far, x, Y) if remark.slug == "saturated-units")
    assert "All 3 units of layer 1 are saturated" in text
    output = Model([rng.normal(size=(2, 3)), 40 * np.ones((3, 1))])
    assert "The output is saturated" in next(r.text for r in remarks(output, x, Y) if r.slug == "saturated-units")


def test_inputs_that_are_not_scaled() -> None:
    model = Model.random([2, 4, 1], seed=0, activations=["relu", "identity"])
    assert "inputs-not-scaled" in slugs(model, 255 * X)
    assert "inputs-not-scaled" in slugs(model, X * [1, 100])
    assert "inputs-not-scaled" not in slugs(model, X)
    assert "inputs-not-scaled" not in slugs(model, np.hstack([X[:, :1], np.ones((21, 1))]))


@pytest.mark.parametrize(
    ("activation", "y", "outside"),
    [
        ("sigmoid", 2 * Y, True),
        ("sigmoid", Y, False),
        ("tanh", 2 * Y - 1, False),
        ("tanh", 3 * Y - 1, True),
        ("relu", -Y, True),
        ("identity", 100 * Y, False),
    ],
)
def test_targets_that_the_output_cannot_reach(activation: str, y: np.ndarray, outside: bool) -> None:
    model = Model.random([2, 3, 1], seed=0, activations=["tanh", activation])
    assert ("targets-out-of-range" in slugs(model, X, y)) is outside


def test_weights_so_small_that_all_predictions_are_equal() -> None:
    rng = np.random.default_rng(5)
    small = Model([1e-4 * rng.normal(size=(2, 4)), 1e-4 * rng.normal(size=(4, 1))])
    assert slugs(small) == ["predictions-equal"]
    assert slugs(Model.random([2, 4, 1], seed=0)) == []


@pytest.mark.parametrize("loss", ["mse", "mse_half_sum", "mse_sum", "binary_cross_entropy"])
def test_the_curvature_is_the_largest_eigenvalue_of_the_hessian(loss: str) -> None:
    model = Model.random([2, 3, 1], seed=1, bias=True)
    start = np.concatenate([a.ravel() for a in model.parameters])

    def value(p: np.ndarray) -> float:
        parts = [p[:6].reshape(2, 3), p[6:9].reshape(3, 1)], [p[9:12], p[12:]]
        return loss_values(Y, Model(*parts).forward(X).y_hat)[loss]

    h, n = 1e-3, len(start)
    hessian = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            e, f = h * np.eye(n)[i], h * np.eye(n)[j]
            hessian[i, j] = (
                value(start + e + f) - value(start + e - f) - value(start - e + f) + value(start - e - f)
            ) / (4 * h * h)
    largest = np.linalg.eigvalsh((hessian + hessian.T) / 2).max()
    found = curvature(model, X, Y, loss)
    assert found is not None
    assert found == pytest.approx(largest, rel=2e-2)
    assert found < largest * 1.001
    assert curvature(model, X, Y, loss) == pytest.approx(found, rel=1e-9)  # it is no matter of chance


def test_a_learning_rate_above_the_limit() -> None:
    model = Model.random([2, 3, 1], seed=0, activations=["tanh", "identity"])
    limit = 2 / (curvature(model, X, Y) or 1)
    assert slugs(model, eta=1.2 * limit) == ["learning-rate-too-large"]
    assert slugs(model, eta=0.8 * limit) == []
    line = Model.random([2, 1], seed=0, activations="identity")
    limit = 2 / (curvature(line, X, Y) or 1)
    assert slugs(line, eta=0.8 * limit) == []
    assert slugs(line, 100 * X, eta=0.8 * limit) == ["inputs-not-scaled", "learning-rate-too-large"]


def test_a_kink_is_no_curvature() -> None:
    model = Model([np.array([[1e-7]]), np.array([[1.0]])], None, ["relu", "identity"])
    assert curvature(model, np.array([[1.0], [2.0]]), np.array([[-1.0], [-2.0]])) is None


def test_every_remark_links_to_something_that_exists() -> None:
    rng = np.random.default_rng(5)
    models = [
        Model([np.full((2, 3), 0.5), np.full((3, 1), 0.5)]),
        Model([-np.ones((2, 3)), np.ones((3, 1))], None, ["relu", "identity"]),
        Model([40 * np.ones((2, 3)), np.ones((3, 1))], None, ["tanh", "tanh"]),
        Model([1e-4 * rng.normal(size=(2, 3)), 1e-4 * rng.normal(size=(3, 1))], None, ["tanh", "sigmoid"]),
    ]
    found = {r.slug: r for m in models for r in remarks(m, 300 * X, 9 * Y, eta=1e9, printed_loss=0.3)}
    assert len(found) >= 7
    for remark in found.values():
        assert remark.text.endswith((".", "?"))
        if remark.equation:
            assert address(remark.equation)[0]


# The loss that was printed


@pytest.mark.parametrize("name", [name for name in LOSS_NAMES if "examples" not in name and name != "mse"])
def test_the_printed_loss_is_recognised(name: str) -> None:
    rng = np.random.default_rng(5)
    y = np.eye(3)[[0, 1, 2, 1, 0]]
    y_hat = rng.dirichlet(np.ones(3), size=5)
    value = loss_values(y, y_hat)[name]
    for shown in (value, round(value, 6)):
        text = printed(shown, y, y_hat, "mse").text
        assert f"({name})" in text
        assert "while the gradient is that of the mean squared error" in text
    assert "the one that is minimised" in printed(value, y, y_hat, name).text
    assert "none of the known losses" in printed(value * 1.37, y, y_hat, name).text


def test_targets_that_broadcast_in_the_loss_only() -> None:
    rng = np.random.default_rng(5)
    y_hat = rng.uniform(size=(21, 1))
    value = float(np.mean((Y.ravel() - y_hat) ** 2))
    assert "N × N" in printed(value, Y, y_hat, "mse").text


def test_remarks_are_attached_to_a_diagnosis() -> None:
    equal = Model([np.full((2, 3), 0.5), np.full((3, 1), 0.5)])
    g = equal.backward(equal.forward(X), Y)
    found = diagnose(equal, X, Y, g.weights, loss="mse", printed_loss=0.3)
    assert [remark.slug for remark in found.remarks] == ["identical-units", "printed-loss"]
    assert "Remark: All 3 units of layer 1 are identical" in str(found)
    after = equal.update(g, eta=200.0)
    step = diagnose_step(equal.weights, after.weights, X, Y, eta=200.0)
    assert "learning-rate-too-large" in [remark.slug for remark in step.remarks]


def test_remarks_on_a_step_know_momentum_and_weight_decay() -> None:
    model = Model.random([2, 3, 1], seed=0, activations=["tanh", "identity"])
    eta = 3 / (curvature(model, X, Y) or 1)
    g = model.backward(model.forward(X), Y).weights
    after = [w - eta * (g + 0.125 * w) for w, g in zip(model.weights, g, strict=True)]
    told: dict[str, Any] = {"activations": model.activations, "loss": "mse"}
    told["printed_loss"] = model.loss(model.forward(X), Y) + 0.125 / 2 * sum(np.sum(w**2) for w in model.weights)
    for name, slugs_seen in (("sgd", ["learning-rate-too-large", "printed-loss"]), ("momentum", ["printed-loss"])):
        told["optimizer"] = {"name": name, "lr": eta, "weight_decay": 0.125}
        found = diagnose_step(model.weights, after, X, Y, **told)
        assert (found.verdict, [remark.slug for remark in found.remarks]) == ("correct", slugs_seen)
        assert found.remarks[-1].text.endswith("the squared weights, the one that is minimised.")


# Hints

MODEL = Model.random([2, 3, 1], seed=0)
G = MODEL.backward(MODEL.forward(X), Y)
SIGMOID = [[ACTIVATIONS["sigmoid"]] * 2]


def hinted(weights: Any, gradients: Any, x: Any = X, y: Any = Y) -> str:
    read = problems(Handed(x, y, list(weights), None, list(gradients), None), "rows, (in, out)")
    return "; ".join(hints(read, SIGMOID, 2.0**-52).texts)


@pytest.mark.parametrize("eta", [0.1, 0.01, 0.5, 0.001])
def test_gradients_made_by_subtraction(eta: float) -> None:
    after = MODEL.update(G, eta)
    gradients = [(b - a) / eta for b, a in zip(MODEL.weights, after.weights, strict=True)]
    assert "difference divided by a small number" in hinted(MODEL.weights, gradients)
    assert "difference divided by a small number" not in hinted(MODEL.weights, G.weights)


@pytest.mark.parametrize("eta", [0.1, 0.01, 0.5, 2.0])
def test_weights_from_after_the_update(eta: float) -> None:
    after = MODEL.update(G, eta)
    assert f"update with η = {eta:g}" in hinted(after.weights, G.weights)
    assert "η =" not in hinted(MODEL.weights, [1.1 * G.weights[0], G.weights[1]])


@pytest.mark.parametrize("k", [1, 4, 10, 20])
@pytest.mark.parametrize("end", ["first", "last"])
def test_the_gradient_of_a_mini_batch(k: int, end: str) -> None:
    part = slice(k) if end == "first" else slice(21 - k, 21)
    g = MODEL.backward(MODEL.forward(X[part]), Y[part])
    assert f"the {end} {f'{k} examples' if k > 1 else 'example'} only" in hinted(MODEL.weights, g.weights)


def test_biases_that_were_not_handed_in() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    g = model.backward(model.forward(X), Y)
    assert "if the network has biases" in hinted(model.weights, g.weights)


def test_noise_gets_no_hint_but_biases() -> None:
    for seed in range(20):
        noise = [np.random.default_rng(seed).normal(size=w.shape) for w in MODEL.weights]
        assert hinted(MODEL.weights, noise) == "if the network has biases, pass them as well"
