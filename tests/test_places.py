"""Answers that name a place rather than a mistake, and what must not be said beside them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprop import Diagnosis, Model, diagnose, diagnose_step
from backprop.__main__ import main
from backprop.data import xor
from backprop.network import Gradients
from backprop.verification.catalogue import incorrect_gradients

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(8, 3)), RNG.random((8, 2))
MODEL = Model.random([3, 5, 4, 2], seed=3, activations=["tanh", "tanh", "sigmoid"], bias=True)
PHIS = [phi.name for phi in MODEL.activations]


def gradients(**how: Any) -> Gradients:
    """Go back through the network; what is incorrect is given by name."""
    x, a, b, out = MODEL.forward(X).a
    d3 = 2 / Y.size * (out - Y) * out * (1 - out)
    if "ones" in how:
        d3 = np.ones_like(d3) / 8
    each = float(how.get("each", 1.0))
    phi = how.get("phi", lambda a: 1 - a**2)
    stored = how.get("stored", b)
    d2 = each * d3 @ MODEL.weights[2].T * phi(stored)
    d1 = each * d2 @ MODEL.weights[1].T * phi(a)
    return Gradients(
        (x.T @ d1, a.T @ d2, stored.T @ d3),
        tuple(d.sum(axis=0, keepdims=True) for d in (d1, d2, d3)),
    )


def found_for(g: Gradients, **more: Any) -> Diagnosis:
    return diagnose(MODEL.weights, X, Y, g, biases=MODEL.biases, activations=PHIS, **{"loss": "mse", **more})


def test_the_gradient_itself_is_correct() -> None:
    assert found_for(gradients()).verdict == "correct"


@pytest.mark.parametrize("factor", [1 / 8, 2.0, 0.37])
def test_a_factor_in_every_layer_is_one_mistake_without_a_name(factor: float) -> None:
    found = found_for(gradients(each=factor))
    assert (found.verdict, found.mistakes, found.place) == ("mistake", (), "delta2")
    assert [place for place, _, _ in found.lines] == ["delta2", "delta1"]
    assert "δ of layer 2 and δ of layer 1 are incorrect" in str(found)


def test_a_derivative_that_all_hidden_layers_share() -> None:
    found = found_for(gradients(phi=np.exp))
    assert (found.verdict, found.mistakes, found.place) == ("unknown", (), "delta2")


def test_two_mistakes_in_one_line_are_told_by_their_place() -> None:
    found = found_for(gradients(ones=True))
    assert (found.verdict, found.mistakes, found.place) == ("mistake", (), "delta3")
    text = str(found)
    assert "Mistake: δ of layer 3 is incorrect." in text
    assert "the factor is that of another loss" not in text


def test_other_activations_in_the_backward_pass_are_not_blamed_on_delta_alone() -> None:
    found = found_for(gradients(stored=np.tanh(MODEL.forward(X).a[2])))
    assert (found.verdict, found.place) == ("unknown", None)
    assert [one.place for one in found.alternatives] == ["delta3", "dW3"]
    assert "other activations of layer 2 in the backward pass than in the forward pass" in str(found)


def test_zeros_are_no_clipping() -> None:
    model = Model.random([3, 4, 3], seed=1, activations=["tanh", "softmax"], bias=True)
    y = np.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]]
    g = model.backward(model.forward(X), y, loss="cross_entropy")
    assert g.biases is not None
    none = Gradients(tuple(1e-17 * w for w in g.weights), tuple(1e-17 * b for b in g.biases))
    found = diagnose(
        model.weights, X, y, none, biases=model.biases, activations=["tanh", "softmax"], loss="cross_entropy"
    )
    assert found.verdict != "correct"


# Hints


def test_a_hint_is_of_the_loss_that_was_named() -> None:
    model = Model.random([3, 4, 1], seed=2, activations=["tanh", "sigmoid"])
    y = np.array([0.0, 1, 1, 0, 1, 0, 0, 1])[:, None]
    part = model.backward(model.forward(X[4:]), y[4:], loss="binary_cross_entropy").weights
    told: dict[str, Any] = {"activations": ["tanh", "sigmoid"]}
    text = "it is the gradient of the last 4 examples only"
    assert text in diagnose(model.weights, X, y, part, loss="binary_cross_entropy", **told).reason
    assert text in diagnose(model.weights, X, y, part, **told).reason
    assert text not in diagnose(model.weights, X, y, part, loss="mse", **told).reason


def test_a_mini_batch_explains_everything() -> None:
    g = MODEL.backward(MODEL.forward(X[:5]), Y[:5])
    found = found_for(g)
    assert found.reason == "it is the gradient of the first 5 examples only, so pass X and y of that mini-batch"
    assert (found.alternatives, found.place) == ((), None)
    assert g.biases is not None
    other = Gradients(g.weights, tuple(2 * b for b in g.biases))  # not of that mini-batch, if one looks at the biases
    assert "mini-batch" not in found_for(other).reason


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_where_an_array_is_correct_the_data_and_the_weights_are_those_handed_in(kind: Any) -> None:
    rng = np.random.default_rng(5)
    g = MODEL.backward(MODEL.forward(X), Y)
    weights: list[Any]
    biases: list[Any]
    weights, biases = ([np.asarray(a, kind) for a in part] for part in (MODEL.weights, MODEL.biases or ()))
    noise: list[Any] = [np.asarray(rng.normal(size=b.shape), kind) for b in biases]
    given: Any = ([np.asarray(w, kind) for w in g.weights], noise)
    found = diagnose(weights, X, Y, given, biases=biases, activations=PHIS, loss="mse")
    assert (found.verdict, found.place) == ("unknown", "db")
    assert "difference divided by a small number" not in found.reason
    assert "update" not in found.reason


# Steps


def test_evidence_leaves_out_what_is_too_small_to_tell() -> None:
    model = Model.random([3, 4, 1], seed=2, activations=["relu", "identity"], bias=True)
    g = model.backward(model.forward(X), Y[:, :1])
    assert g.biases is not None
    after = [w - 0.5 * dw for w, dw in zip(model.weights, g.weights, strict=True)]
    before = [model.weights[0] + 1e16, model.weights[1]]  # its change is lost in rounding
    assert diagnose_step(model.weights, after, X, Y[:, :1], 0.5, loss="mse", activations=["relu", "identity"])
    small = [w * 1.0 for w in after]
    small[0] = before[0]
    found = diagnose_step(before, small, X / 1e16, Y[:, :1], 0.5, loss="mse", activations=["relu", "identity"])
    assert "1e+00" not in found.evidence


def test_weight_decay_without_a_learning_rate() -> None:
    g = MODEL.backward(MODEL.forward(X), Y)
    after = [w - 0.5 * (dw + 0.01 * w) for w, dw in zip(MODEL.weights, g.weights, strict=True)]
    before = list(MODEL.weights)
    told: dict[str, Any] = {"activations": PHIS, "loss": "mse"}
    new = [b - 0.5 * db for b, db in zip(MODEL.biases or (), g.biases or (), strict=True)]
    biases = (list(MODEL.biases or ()), new)
    found = diagnose_step(before, after, X, Y, biases=biases, **told)
    assert found.weight_decay == pytest.approx(0.01)
    assert "λ = 0.01 if η is 0.5, that is ηλ = 0.005" in found.reason
    assert "if η is" not in diagnose_step(before, after, X, Y, 0.5, biases=biases, **told).reason


@pytest.mark.parametrize(("seed", "verdict"), [(1, "not tested"), (4, "incorrect")])
def test_a_single_number_is_not_correct_by_a_factor_of_its_own(seed: int, verdict: str) -> None:
    """Its sign still counts: with the second seed, the bias moves uphill."""
    rng = np.random.default_rng(seed)
    model = Model.random([3, 4, 1], seed=2, activations=["tanh", "identity"], bias=True)
    after = [w - rng.normal(size=w.shape) for w in model.weights]
    biases = (list(model.biases or ()), [b - rng.normal(size=b.shape) for b in model.biases or ()])
    found = diagnose_step(
        list(model.weights), after, X, Y[:, :1], biases=biases, activations=["tanh", "identity"], loss="mse"
    )
    assert (found.verdict, found.arrays["b2"].verdict) == ("unknown", verdict)
    assert "b2 is correct" not in found.reason


def test_no_change_has_two_places() -> None:
    found = diagnose_step(list(MODEL.weights), list(MODEL.weights), X, Y, activations=PHIS, loss="mse")
    assert [one.place for one in found.alternatives] == ["update", "delta3"]


# The command line


@pytest.mark.parametrize(("decay", "status"), [(None, 1), ("0.01", 0), ("0.02", 1), ("2", 2)])
def test_weight_decay_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], decay: str | None, status: int
) -> None:
    model = Model.random([3, 4, 2], seed=0)
    g = model.backward(model.forward(X), Y).weights
    arrays: dict[str, Any] = {f"W{k}": w for k, w in enumerate(model.weights, 1)}
    options = ["--loss", "mse", "--activations", "sigmoid", *(() if decay is None else ("--weight-decay", decay))]
    terms = [dw + 0.01 * w for w, dw in zip(model.weights, g, strict=True)]
    given: dict[str, Any] = {f"g{k}": t for k, t in enumerate(terms, 1)}
    np.savez(tmp_path / "run.npz", X=X, y=Y, **arrays, **given)
    assert main(["diagnose", str(tmp_path / "run.npz"), *options]) == status
    after: dict[str, Any] = {
        f"after{k}": w - 0.5 * t for k, (w, t) in enumerate(zip(model.weights, terms, strict=True), 1)
    }
    np.savez(tmp_path / "step.npz", X=X, y=Y, **arrays, **after)
    assert main(["diagnose", str(tmp_path / "step.npz"), "--eta", "0.5", *options]) == status
    assert ("--weight-decay" in capsys.readouterr().err) is (status == 2)


def test_an_example_of_zeros_shows_its_delta_in_the_bias_alone() -> None:
    model = Model.random([3, 4, 2], seed=1, bias=True)
    x = np.vstack([np.zeros(3), X[:6]])
    trace = model.forward(x)
    right = model.backward(trace, Y[:7])
    assert right.biases is not None
    delta = model.deltas(trace, Y[:7])[0].copy()
    delta[0] *= 3
    wrong = Gradients((x.T @ delta, right.weights[1]), (delta.sum(axis=0, keepdims=True), right.biases[1]))
    found = diagnose(model.weights, x, Y[:7], wrong, biases=model.biases, activations=["sigmoid"] * 2, loss="mse")
    assert (found.verdict, found.place) == ("unknown", None)
    assert [name for name, array in found.arrays.items() if array.verdict == "incorrect"] == ["b1"]
    assert [other.place for other in found.alternatives] == ["db1", "delta1"]


def test_below_the_lowest_delta_one_function_may_make_both_gradients() -> None:
    g = gradients()
    assert g.biases is not None
    other = np.flip(MODEL.deltas(MODEL.forward(X), Y)[0], axis=1)
    wrong = Gradients((X.T @ other, *g.weights[1:]), (other.sum(axis=0, keepdims=True), *g.biases[1:]))
    found = found_for(wrong)
    assert (found.verdict, found.place) == ("unknown", None)
    assert [(other.place, other.text) for other in found.alternatives] == [
        ("dW1", "a mistake in what makes dW1 and db1 from delta1"),
        ("delta1", "a mistake in delta1, or in what it is computed from"),
    ]


def weighted(weights: Any) -> Gradients:
    """Go back through the network, and let each example count with a weight of its own."""
    d3, d2, d1 = (np.asarray(weights)[:, None] * d for d in reversed(MODEL.deltas(MODEL.forward(X), Y)))
    x, a, b, _ = MODEL.forward(X).a
    return Gradients((x.T @ d1, a.T @ d2, b.T @ d3), tuple(d.sum(axis=0, keepdims=True) for d in (d1, d2, d3)))


@pytest.mark.parametrize(
    ("weights", "places"),
    [
        (1 / np.arange(1, 9), ["delta3", "dW"]),  # a running mean that is none
        (0.9 ** np.arange(8), ["delta3", "dW"]),
        ([1.0, 2, 0, 3, 1, 1, 1, 1], ["delta3", "dW"]),
        ([1.0, 2, -1, 3, 1, 1, 1, 1], []),  # which no sum would make
    ],
)
def test_examples_that_count_unequally(weights: Any, places: list[str]) -> None:
    found = found_for(weighted(weights))
    assert (found.verdict, found.place) == ("unknown", None if places else "delta3")
    assert [other.place for other in found.alternatives] == places
    assert ("sums over the examples" in str(found)) is bool(places)


def test_a_delta_that_is_no_multiple_of_the_correct_one_is_no_sum() -> None:
    assert found_for(gradients(phi=np.exp)).place == "delta2"  # nor one of another layer
    flipped = MODEL.deltas(MODEL.forward(X), Y)[2][:, ::-1] * np.linspace(1, 2, 8)[:, None]
    x, a, b, _ = MODEL.forward(X).a
    d2 = flipped @ MODEL.weights[2].T * (1 - b**2)
    d1 = d2 @ MODEL.weights[1].T * (1 - a**2)
    each = (d1, d2, flipped)
    g = Gradients((x.T @ d1, a.T @ d2, b.T @ flipped), tuple(d.sum(axis=0, keepdims=True) for d in each))
    assert (found_for(g).place, found_for(g).alternatives) == ("delta3", ())


@pytest.mark.parametrize("eta", [None, 0.5])
def test_learning_rates_that_shrink_from_layer_to_layer_may_be_those_of_the_update(eta: float | None) -> None:
    g = MODEL.backward(MODEL.forward(X), Y)
    rates = [0.5 * 0.1**2, 0.5 * 0.1, 0.5]
    after, biases = (
        [w - rate * dw for w, rate, dw in zip(part, rates, grads or (), strict=True)]
        for part, grads in ((MODEL.weights, g.weights), (MODEL.biases or (), g.biases))
    )
    told: dict[str, Any] = {"activations": PHIS, "loss": "mse", "biases": (list(MODEL.biases or ()), biases)}
    found = diagnose_step(list(MODEL.weights), after, X, Y, eta, **told)
    assert (found.verdict, found.mistakes, found.place) == ("mistake", (), None)
    assert [other.place for other in found.alternatives] == ["delta2", "update"]


@pytest.mark.parametrize(
    ("phi", "derivative", "slug", "place"),
    [
        ("tanh", lambda a: (1 - a**2) ** 2, "derivative-applied-twice", "delta2"),
        ("tanh", lambda a: a * (1 - a), "wrong-activation-derivative", "phi2"),
        ("relu", lambda a: a * (1 - a), "wrong-activation-derivative", "delta2"),  # as if times the correct one
        ("relu", lambda a: 1 - a**2, "wrong-activation-derivative", "phi2"),  # which is 1 where a ReLU is off
    ],
)
def test_a_factor_may_stand_beside_the_derivative(phi: str, derivative: Any, slug: str, place: str) -> None:
    model = Model(MODEL.weights, MODEL.biases, ["tanh", phi, "sigmoid"])
    x, a, b, _ = model.forward(X).a
    d3 = model.deltas(model.forward(X), Y)[2]
    d2 = d3 @ model.weights[2].T * derivative(b)
    d1 = d2 @ model.weights[1].T * (1 - a**2)
    each = (d1, d2, d3)
    g = Gradients((x.T @ d1, a.T @ d2, b.T @ d3), tuple(d.sum(axis=0, keepdims=True) for d in each))
    found = diagnose(model.weights, X, Y, g, biases=model.biases, activations=["tanh", phi, "sigmoid"], loss="mse")
    assert (found.mistakes, found.place) == ((slug,), place)


# What another line, or another layout, would give as well


def scaled(g: Gradients, factor: float, *layers: int) -> Gradients:
    """Multiply both gradients of some layers."""
    assert g.biases is not None
    by = [factor if k in layers else 1.0 for k in (1, 2, 3)]
    weights, biases = (tuple(f * own for f, own in zip(by, part, strict=True)) for part in (g.weights, g.biases))
    return Gradients(weights, biases)


def in_columns(g: Gradients, first: bool) -> Diagnosis:
    """Hand a gradient in as (out, in), with the biases as a column of each array."""
    joined = []
    for weights, biases in ((MODEL.weights, MODEL.biases), (g.weights, g.biases)):
        assert biases is not None
        pairs = zip(weights, biases, strict=True)
        joined.append([np.vstack((b, w) if first else (w, b)).T for w, b in pairs])
    return diagnose(joined[0], X, Y, joined[1], activations=PHIS, loss="mse")


@pytest.mark.parametrize("first", [True, False])
def test_one_delta_of_the_output_decides_where_the_biases_are(first: bool) -> None:
    other = MODEL.backward(MODEL.forward(X), np.random.default_rng(2).random(Y.shape) ** 3)  # so no array is correct
    found = in_columns(other, first)
    assert (found.verdict, found.place) == ("unknown", "delta3"), str(found)
    assert f"the {'first' if first else 'last'} column of each W as the bias" in str(found)


@pytest.mark.parametrize(
    ("layers", "factor", "columns", "name", "place"),
    [
        ((1,), 0.37, True, "layer-scale", None),  # in δ, or in what makes both gradients from it
        ((1,), 0.37, False, "layer-scale", None),
        ((1,), 0.0, True, "layer-not-updated", None),
        ((1,), 0.0, False, "layer-not-updated", None),
        ((1, 2), 0.0, True, "layer-not-updated", None),
        ((1, 2), 0.37, True, "layer-scale", "delta2"),  # one line rather than four
        ((1, 2), 0.37, False, "layer-scale", "delta2"),
        ((2,), 0.0, True, "layer-not-updated", "dW2"),  # layer 1 shows that δ is correct
        ((2,), 0.37, True, "layer-scale", "dW2"),
    ],
)
def test_a_factor_of_the_lowest_layers_has_no_one_place(
    layers: tuple[int, ...], factor: float, columns: bool, name: str, place: str | None
) -> None:
    g = scaled(gradients(), factor, *layers)
    found = in_columns(g, first=True) if columns else found_for(g)
    assert found.mistakes == (name,), str(found)
    assert found.place == place


@pytest.mark.parametrize(("layer", "name"), [(1, "layer-scale"), (2, "layer-scale"), (3, "factor-two-missing")])
def test_the_two_of_the_squares_is_missing_at_the_output_alone(layer: int, name: str) -> None:
    found = found_for(scaled(gradients(), 0.5, layer))
    assert found.mistakes == (name,), str(found)


def test_without_biases_one_place_stands_for_both_lines_of_the_first_layer() -> None:
    plain = Model(MODEL.weights, activations=MODEL.activations)
    right = plain.backward(plain.forward(X), Y).weights
    found = diagnose(plain, X, Y, [0.4 * right[0], *right[1:]], activations=PHIS, loss="mse")
    assert (found.mistakes, found.place) == (("layer-scale",), "dW1")


def test_a_term_of_the_weights_in_the_first_layer_is_not_in_delta() -> None:
    g = gradients()
    assert g.biases is not None
    assert MODEL.biases is not None
    more = Gradients(
        (g.weights[0] + 0.1 * MODEL.weights[0], *g.weights[1:]), (g.biases[0] + 0.1 * MODEL.biases[0], *g.biases[1:])
    )
    assert in_columns(more, first=True).place == "dW1"


def test_an_unknown_weight_decay_is_fitted_and_in_very_small_networks_only_if_the_loss_is_named() -> None:
    x, y = xor()
    for widths in ([2, 3, 1], [2, 4, 1], [2, 3, 5, 1]):
        model = Model.random(widths, seed=0)
        g = [g + 0.01 * w for g, w in zip(model.backward(model.forward(x), y).weights, model.weights, strict=True)]
        named, unnamed = (diagnose(model.weights, x, y, g, loss=loss) for loss in ("mse", None))
        assert named.verdict == "mistake"
        assert named.weight_decay == pytest.approx(0.01)
        assert unnamed.verdict == ("unknown" if widths == [2, 3, 1] else "mistake")


@pytest.mark.parametrize("bias", [False, True])
def test_a_step_uphill_is_one_with_weight_decay_as_well(bias: bool) -> None:
    model, (x, y), eta, lam = Model.random([2, 3, 5, 1], seed=0, bias=bias), xor(), 0.1, 0.02
    g, gb = model.backward(model.forward(x), y)
    after = [w + eta * d - eta * lam * w for w, d in zip(model.weights, g, strict=True)]
    new = Model(after, [b + eta * d for b, d in zip(model.biases or (), gb or (), strict=True)] or None)
    told: dict[str, Any] = {"loss": "mse", "optimizer": {"name": "sgd", "lr": eta, "weight_decay": lam}}
    found = diagnose_step(model, new, x, y, **told)
    assert (found.verdict, found.mistakes, found.sign) == ("mistake", ("uphill",), -1)
    assert found.reason == "with a term λW, λ = 0.02"
    right = [w - eta * (d + lam * w) for w, d in zip(model.weights, g, strict=True)]
    new = Model(right, [b - eta * d for b, d in zip(model.biases or (), gb or (), strict=True)] or None)
    assert diagnose_step(model, new, x, y, **told).verdict == "correct"


def test_a_mini_batch_from_the_middle_leaves_open_what_counts_for_more() -> None:
    x, y = xor()
    for seed in range(4):
        model = Model.random([2, 4, 4, 1], seed)
        g = model.backward(model.forward(x[5:10]), y[5:10]).weights
        found = diagnose(model, x, y, g, loss="mse")
        assert (found.verdict, found.place) == ("unknown", None)
        assert any("count for more than others" in other.text for other in found.alternatives)


@pytest.mark.parametrize("phi", ["relu", "leaky_relu"])
def test_another_slope_in_the_forward_pass_is_not_ruled_out(phi: str) -> None:
    rng = np.random.default_rng(0)
    w, x, y = [rng.normal(size=(4, 3)), rng.normal(size=(3, 2))], rng.normal(size=(12, 4)), rng.normal(size=(12, 2))
    z = x @ w[0]
    a = np.where(z > 0, z, 0.2 * z)
    d2 = 2 * (a @ w[1] - y) / y.size
    g = [x.T @ (d2 @ w[1].T * np.where(z > 0, 1, 0.2)), a.T @ d2]
    found = diagnose(w, x, y, g, activations=[phi, "identity"], loss="mse")
    assert (found.verdict, found.place) == ("unknown", None)
    assert {other.place for other in found.alternatives} >= {"delta2", "forward"}


def test_clipped_entries_are_no_difference_of_weights() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        w, x, y = [rng.normal(size=(4, 3)), rng.normal(size=(3, 2))], rng.normal(size=(12, 4)), rng.normal(size=(12, 2))
        model = Model(w, activations=["tanh", "identity"])
        g = [np.clip(g, -0.01, 0.01) for g in model.backward(model.forward(x), y).weights]
        assert "difference" not in diagnose(model, x, y, g, loss="mse").reason


@pytest.mark.parametrize(("factor", "words"), [(0.5, "0.5 times"), (0.3, "0.3 times"), (1.5, "1.5 times"), (1, "")])
def test_a_second_step_of_another_length_is_said_to_be_one(factor: float, words: str) -> None:
    x, y = xor()
    model = Model.random([2, 3, 1], seed=0)
    one = model.update(model.backward(model.forward(x), y), 0.5)
    two = one.update(one.backward(one.forward(x), y), factor * 0.5)
    found = diagnose_step(model, one, x, y, 0.5, after2=two, loss="mse")
    assert (found.verdict, found.mistakes) == ("unknown" if words else "correct", ())
    assert f"the second is {words} as long as it should be" in found.reason or not words


@pytest.mark.parametrize("factor", [-2, -0.7, 0.5])
def test_a_second_step_that_is_not_right_but_for_its_length_is_not_said_to_be_longer(factor: float) -> None:
    x, y = xor()
    model = Model.random([2, 3, 1], seed=0)
    one = model.update(model.backward(model.forward(x), y), 0.5)
    g = one.backward(one.forward(x), y).weights
    if factor > 0:  # not backwards, but with another mistake
        g = incorrect_gradients(one, x, y, "hidden-derivative-missing").weights
    after = [w - factor * 0.5 * d for w, d in zip(one.weights, g, strict=True)]
    found = diagnose_step(model, one, x, y, 0.5, after2=Model(after), loss="mse")
    assert found.verdict == "mistake"
    assert "as long as" not in found.reason
