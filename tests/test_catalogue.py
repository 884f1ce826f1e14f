"""Where a mistake can be made, what it changes, and by which factor: every entry of the catalogue."""

import re
from itertools import islice
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Model
from backprop.ensemble import stack
from backprop.verification import MISTAKES, grammar
from backprop.verification.catalogue import (
    BELOW,
    OF_THE_UPDATE,
    PLACES,
    Known,
    early_step,
    factors_with,
    gives,
    gradients_in_training,
    incorrect_gradients,
    layers_for,
    plan_with,
    planted,
    states_with,
)
from backprop.verification.grammar import Flow, Pass

X, Y = backprop.xor()
SLUGS = [mistake.slug for mistake in MISTAKES]


# Where it can be made

#: For widths (2, 3, 3, 1), (3, 3, 3, 3) and (4, 1, 2, 2), and three examples.
POSSIBLE: dict[str, tuple[list[int], list[int], list[int]]] = {
    "gradient-transposed": ([1], [0, 1, 2], [2]),
    "activation-of-own-layer": ([1], [0, 1, 2], [2]),
    "activation-not-transposed": ([1, 2], [0, 1, 2], []),
    "weights-not-transposed": ([0], [0, 1], [1]),
    "weights-missing:wide": ([0], [0, 1], [1]),
    "one-path-only": ([0], [0, 1], [0, 1]),
    "bias-summed-over-units": ([0, 1], [0, 1, 2], [1, 2]),
    "derivative-of-wrong-layer": ([0, 1], [0, 1], [1]),
    "targets-broadcast": ([2], [], []),
    "forward-without-activation": ([0, 1], [0, 1], [0, 1]),
    "arrays-aliased": ([], [0, 1], []),  # two neighbours of one shape
} | dict.fromkeys(BELOW, ([1, 2], [1, 2], [1, 2]))
for slug in SLUGS:
    if PLACES.get(slug) == "back" or slug == "hidden-derivative-missing":
        POSSIBLE.setdefault(slug, ([0, 1], [0, 1], [0, 1]))
    elif PLACES.get(slug) == "error" or slug.startswith("output-derivative"):
        POSSIBLE.setdefault(slug, ([2], [2], [2]))
    else:
        POSSIBLE.setdefault(slug, ([0, 1, 2],) * 3)


@pytest.mark.parametrize("slug", POSSIBLE)
def test_the_shapes_decide_where_a_mistake_can_be_made(slug: str) -> None:
    found = tuple(layers_for(slug, widths, 3) for widths in ([2, 3, 3, 1], [3, 3, 3, 3], [4, 1, 2, 2]))
    assert found == POSSIBLE[slug]


def test_one_unit_is_its_own_transpose_and_one_example_too() -> None:
    assert layers_for("gradient-transposed", [1, 1, 1]) == []
    assert layers_for("activation-of-own-layer", [1, 1, 1]) == [0, 1]
    assert layers_for("weights-not-transposed", [1, 1, 1]) == []
    assert layers_for("activation-not-transposed", [1, 1, 1], 1) == []
    assert layers_for("derivative-of-wrong-layer", [1, 3, 2]) == []
    assert layers_for("one-path-only", [2, 3, 1]) == []
    assert (layers_for("arrays-aliased", [1, 1, 1]), layers_for("arrays-aliased", [2, 2, 2])) == ([], [0, 1])


# What it changes


@pytest.mark.parametrize(
    ("slug", "activations", "loss", "layers", "plan"),
    [
        ("", ["sigmoid"] * 3, "mse", None, {}),
        ("uphill", ["sigmoid"] * 3, "mse", None, {}),
        ("targets-broadcast", ["sigmoid"] * 3, "mse", None, {"error": "targets-broadcast"}),
        ("targets-broadcast", ["sigmoid"] * 3, "mse", [0, 1], {}),
        ("output-derivative-missing", ["sigmoid"] * 3, "mse", None, {"phi3": "derivative-missing"}),
        ("output-derivative-not-cancelled", ["sigmoid"] * 2, "mse", None, {}),
        (
            *("output-derivative-not-cancelled", ["tanh", "sigmoid"], "binary_cross_entropy", None),
            {"phi2": "output-derivative-not-cancelled"},
        ),
        (
            *("output-derivative-not-cancelled", ["tanh", "softmax"], "cross_entropy", None),
            {"error": "output-derivative-not-cancelled"},
        ),
        ("derivative-given-z", ["tanh"] * 2, "mse", None, {"phi1": "derivative-given-z", "phi2": "derivative-given-z"}),
        ("derivative-given-z", ["tanh"] * 2, "mse", [1], {"phi2": "derivative-given-z"}),
        ("derivative-given-z", ["tanh", "sigmoid"], "binary_cross_entropy", None, {"phi1": "derivative-given-z"}),
        (
            *("wrong-activation-derivative", ["sigmoid", "relu"], "mse", None),
            {"phi1": "wrong-activation-derivative:tanh of a", "phi2": "wrong-activation-derivative:sigmoid of a"},
        ),
        ("derivative-of-wrong-layer", ["sigmoid"] * 2, "mse", None, {"phi1": "derivative-of-wrong-layer"}),
        ("derivative-of-wrong-layer", ["sigmoid"] * 2, "mse", [1, 0], {"phi1": "derivative-of-wrong-layer"}),
        ("hidden-derivative-missing", ["sigmoid"] * 2, "mse", [1, 0], {"phi1": "derivative-missing"}),
        ("weights-missing", ["sigmoid"] * 3, "mse", None, {"back1": "weights-missing", "back2": "weights-missing"}),
        (
            "gradient-transposed",
            ["sigmoid"] * 2,
            "mse",
            None,
            {"dW1": "gradient-transposed", "dW2": "gradient-transposed"},
        ),
        (
            *("delta-instead-of-activation", ["sigmoid"] * 2, "mse", None),
            {"dW2": "delta-instead-of-activation"},
        ),
        ("input-missing", ["sigmoid"] * 2, "mse", [0], {"dW1": "input-missing"}),
        ("bias-averaged", ["sigmoid"] * 2, "mse", None, {"db1": "bias-averaged", "db2": "bias-averaged"}),
        ("one-example-only", ["sigmoid"], "mse", None, {"dW1": "one-example-only", "db1": "bias-not-summed"}),
    ],
)
def test_a_mistake_changes_these_places(
    slug: str, activations: list[str], loss: str, layers: list[int] | None, plan: dict[str, str]
) -> None:
    assert plan_with(slug, activations, loss, layers) == plan
    if (loss, layers) == ("mse", None):
        assert plan_with(slug, activations) == plan


@pytest.mark.parametrize(
    ("slug", "layers", "factors"),
    [
        ("factor-two-missing", None, {"": 0.5}),
        ("extra-factor-two", None, {"": 2.0}),
        ("sum-instead-of-mean", None, {"": 30.0}),
        ("mean-instead-of-sum", None, {"": 1 / 30}),
        ("averaged-twice", None, {"": 0.1}),
        ("wrong-scale", None, {"": 0.37}),
        ("divided-by-units", None, {"": 2.5}),
        ("layer-scale", None, {"dW1": 0.37, "db1": 0.37}),
        ("layer-sign", [1], {"dW2": -1.0, "db2": -1.0}),
        ("layer-not-updated", [0, 1], {"dW1": 0.0, "db1": 0.0, "dW2": 0.0, "db2": 0.0}),
        ("bias-scale", None, {"db1": 2.0, "db2": 2.0}),
        ("bias-scale", [1], {"db2": 2.0}),
        ("biases-not-updated", [0], {"db1": 0.0, "db2": 0.0}),
        ("weights-missing", None, {}),
        ("", None, {}),
    ],
)
def test_a_mistake_of_scale_multiplies_by_this(slug: str, layers: list[int] | None, factors: dict[str, float]) -> None:
    assert factors_with(slug, [4, 5, 3], 10, layers) == factors


def test_mistakes_are_planted_in_all_layers_at_once_and_in_each_by_itself() -> None:
    model = Model.random([2, 3, 2], seed=0)
    trace = model.forward(X)
    p = Pass(trace.z, trace.a, np.hstack([Y, Y]), model.weights, model.activations, None, "mse")

    def parts(of: str, singly: bool, n: int = len(X)) -> list[Any]:
        return [(plan, factors) for slug, plan, factors in planted(p, n, singly) if slug == of]

    scale = [{"dW1": 0.37, "db1": 0.37}, {"dW2": 0.37, "db2": 0.37}]
    # in every layer a factor of a layer would be one of the whole, so it is made in the first
    assert parts("layer-scale", singly=True) == [({}, factors) for factors in (scale[0], *scale)]
    assert parts("layer-scale", singly=False) == [({}, scale[0])]
    twice = [{"db1": 2.0, "db2": 2.0}, {"db1": 2.0}, {"db2": 2.0}]
    assert parts("bias-scale", singly=True) == [({}, factors) for factors in twice]
    assert parts("bias-scale", singly=False) == [({}, twice[0])]
    whole = {"dW1": "input-missing", "dW2": "input-missing"}
    assert parts("input-missing", singly=True) == [(whole, {}), *(({place: way}, {}) for place, way in whole.items())]
    assert parts("hidden-derivative-missing", singly=True) == [({"phi1": "derivative-missing"}, {})]
    assert parts("sum-instead-of-mean", singly=True) == [({}, {"": 42.0})] * 3
    assert parts("uphill", singly=True) == parts("output-derivative-not-cancelled", singly=True) == []
    assert parts("divided-by-units", singly=False) == [({}, {"": 10.5})]  # 21 examples of two inputs
    assert parts("activation-not-transposed", singly=False, n=3) == [({"dW2": "activation-not-transposed"}, {})]
    assert list(planted(p, len(X))) == list(planted(p, len(X), singly=False))


def a_pass(widths: list[int]) -> Pass:
    model = Model.random(widths, seed=0)
    trace = model.forward(X)
    return Pass(trace.z, trace.a, np.tile(Y, widths[-1]), model.weights, model.activations)


def test_in_a_stack_of_networks_the_same_mistakes_can_be_made_as_in_one() -> None:
    p = a_pass([2, 3, 2])
    one = p._replace(z=[z[None] for z in p.z], a=[a[None] for a in p.a], weights=[w[None] for w in p.weights])
    assert list(planted(one, len(X))) == list(planted(p, len(X)))


@pytest.mark.parametrize(
    ("plan", "factors", "found"),
    [
        ({}, {"dW1": 2.0}, True),
        ({}, {}, False),
        ({"phi2": "derivative-missing"}, {"dW1": 2.0}, False),
        ({"dW1": "gradient-transposed"}, {"dW1": 2.0}, None),  # which the shapes rule out
    ],
)
def test_whether_a_backward_pass_gives_what_is_wanted(
    plan: dict[str, str], factors: dict[str, float], found: bool | None
) -> None:
    p = a_pass([2, 3, 1])
    right = grammar.backward(p, {})
    wanted = {"W1": 2 * right["W1"], "W2": right["W2"]}
    assert gives(p, plan, factors, wanted, 1e-12) is found
    assert not gives(p, plan, factors, wanted | {"b1": np.repeat(right["b1"], 2, axis=0)}, 1e9)  # of another shape
    assert gives(p, {}, {}, right, 0.0)
    for off, within in ((0.9e-3, True), (1.1e-3, False)):
        assert gives(p, {}, {}, {"W2": (1 - off) * right["W2"], "W1": right["W1"]}, 1e-3) is within


def test_what_backward_passes_have_in_common_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    p, layers, delta_of = a_pass([2, 3, 3, 2]), list[int](), grammar.scaled_delta_of

    def seen(p: Pass, k: int, *more: Any) -> Flow:
        layers.append(k)
        return delta_of(p, k, *more)

    monkeypatch.setattr(grammar, "scaled_delta_of", seen)
    mistakes = [(plan, factors) for _, plan, factors in planted(p, len(X), singly=True)]
    mistakes += [({}, {place: 2.0}) for place in ("delta3", "delta2", "delta1", "db2")]
    for wanted in (grammar.backward(p, {}), grammar.backward(p, {"phi2": "derivative-missing"})):
        known = Known()
        together = [gives(p, plan, factors, wanted, 1e-12, known) for plan, factors in mistakes]
        few = len(layers)
        assert together == [gives(p, plan, factors, wanted, 1e-12) for plan, factors in mistakes]
        assert set(together) >= {True, False}
        assert few < 0.75 * (len(layers) - few)
        layers.clear()


# The gradient with the mistake in it


@pytest.mark.parametrize(
    ("loss", "output"), [("mse", "identity"), ("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax")]
)
def test_without_a_mistake_it_is_the_gradient(loss: str, output: str) -> None:
    model = Model.random([2, 3, 2], seed=0, activations=["tanh", output], bias=True)
    y = np.eye(2)[np.arange(len(X)) % 2]
    right, made = model.backward(model.forward(X), y, loss), incorrect_gradients(model, X, y, "", loss)
    assert made.biases is not None
    for mine, its in zip((*made.weights, *made.biases), right.parameters, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-12)
    assert incorrect_gradients(Model(model.weights, None, model.activations), X, y, "", loss).biases is None


@pytest.mark.parametrize(
    ("slug", "layers", "factors"),
    [
        ("extra-factor-two", None, [2, 2, 2, 2]),
        ("layer-sign", None, [-1, 1, -1, 1]),
        ("layer-sign", [1], [1, -1, 1, -1]),
        ("bias-scale", None, [1, 1, 2, 2]),
        ("bias-scale", [1], [1, 1, 1, 2]),
    ],
)
def test_a_factor_is_the_gradients(slug: str, layers: list[int] | None, factors: list[float]) -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    right, made = model.backward(model.forward(X), Y), incorrect_gradients(model, X, Y, slug, layers=layers)
    arrays = zip(made.parameters, right.parameters, factors, strict=True)
    for mine, its, factor in arrays:
        np.testing.assert_allclose(mine, factor * its, rtol=1e-12)


def test_an_error_is_made_at_the_output_wherever_it_is_asked_for() -> None:
    model = Model.random([2, 3, 1], seed=0)
    mistaken = incorrect_gradients(model, X, Y, "output-differentiated").weights
    elsewhere = incorrect_gradients(model, X, Y, "output-differentiated", layers=[0]).weights
    assert all(map(np.array_equal, mistaken, elsewhere))


def test_the_squared_error_has_no_two_to_propagate() -> None:
    model = Model([np.eye(2)], activations="identity")
    error = X - Y
    expected = X.T @ error**2 / error.size
    y = np.hstack([Y, Y])
    np.testing.assert_allclose(incorrect_gradients(model, X, y, "loss-instead-of-derivative").weights[0], expected)


def test_with_as_many_examples_as_inputs_the_activations_need_no_transpose() -> None:
    x, y, model = X[:2] + 0.5 * np.eye(2), Y[:2], Model.random([2, 1], seed=0, activations="identity")
    made = incorrect_gradients(model, x, y, "activation-not-transposed").weights[0]
    np.testing.assert_allclose(made, x @ (x @ model.weights[0] - y))


def test_where_it_cannot_be_made_the_widths_are_named() -> None:
    message = (
        "mistake 'gradient-transposed' cannot be made in a network of widths [2, 3, 1]: the shapes do not allow it"
    )
    for layers in (None, [0]):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            incorrect_gradients(Model.random([2, 3, 1]), X, Y, "gradient-transposed", layers=layers)


def test_in_a_stack_each_network_has_the_gradient_that_it_has_alone() -> None:
    models = [Model.random([2, 3, 3, 1], seed=seed) for seed in (0, 1)]
    both = incorrect_gradients(stack(models), X, Y, "gradient-transposed")
    for i, model in enumerate(models):
        alone = incorrect_gradients(model, X, Y, "gradient-transposed")
        for mine, its in zip(both.weights, alone.weights, strict=True):
            np.testing.assert_allclose(mine[i], its)


def test_a_mistake_is_made_in_the_layers_that_are_named_and_beside_the_output_under_its_loss() -> None:
    model = Model.random([2, 3, 1], seed=0)
    trace, right = model.forward(X), model.backward(model.forward(X), Y).weights
    first, second = incorrect_gradients(model, X, Y, "input-missing", layers=[0]).weights
    np.testing.assert_allclose(second, right[1])
    assert not np.allclose(first, right[0])
    error, z = 2 / len(Y) * (trace.y_hat - Y), trace.z[1]
    made = incorrect_gradients(model, X, Y, "derivative-given-z").weights[1]
    np.testing.assert_allclose(made, trace.a[1].T @ (error * z * (1 - z)))


def test_weights_after_the_update_are_those_that_were_passed() -> None:
    model = Model.random([2, 3, 1], seed=0)
    trace, after = model.forward(X), [w + 1 for w in model.weights]
    delta = 2 / len(Y) * (trace.y_hat - Y) * trace.y_hat * (1 - trace.y_hat)
    made = incorrect_gradients(model, X, Y, "updated-too-early", after=after).weights
    np.testing.assert_allclose(made[0], X.T @ (delta @ after[1].T * trace.a[1] * (1 - trace.a[1])))


def test_a_forward_pass_skips_the_activations_of_the_layers_that_are_named() -> None:
    model = Model.random([2, 3, 2, 1], seed=0)
    z = X @ model.weights[0]
    a = 1 / (1 + np.exp(-z @ model.weights[1]))
    y_hat = 1 / (1 + np.exp(-a @ model.weights[2]))
    made = incorrect_gradients(model, X, Y, "forward-without-activation", layers=[0]).weights[2]
    np.testing.assert_allclose(made, a.T @ (2 / len(Y) * (y_hat - Y) * y_hat * (1 - y_hat)))


def test_a_forward_pass_without_its_first_activation() -> None:
    model = Model.random([2, 3, 1], seed=0, activations=["tanh", "identity"], bias=True)
    assert model.biases is not None
    z = X @ model.weights[0] + model.biases[0]
    error = 2 / len(Y) * (z @ model.weights[1] + model.biases[1] - Y)
    made = incorrect_gradients(model, X, Y, "forward-without-activation").weights
    np.testing.assert_allclose(made[1], z.T @ error)
    np.testing.assert_allclose(made[0], X.T @ (error @ model.weights[1].T * (1 - z**2)))


def test_an_early_step_goes_down_layer_by_layer() -> None:
    model: Any = Model.random([2, 3, 4, 2, 1], seed=0, bias=True)
    eta, trace = 0.7, model.forward(X)
    delta, after = 2 / len(Y) * (trace.y_hat - Y) * trace.y_hat * (1 - trace.y_hat), list(model.weights)
    biases = list(model.biases)
    for k in (3, 2, 1, 0):
        after[k] = model.weights[k] - eta * trace.a[k].T @ delta
        biases[k] = model.biases[k] - eta * delta.sum(axis=0, keepdims=True)
        delta = delta @ after[k].T * trace.a[k] * (1 - trace.a[k])
    early: Any = early_step(model, X, Y, eta)
    for mine, its in zip((*early.weights, *early.biases), (*after, *biases), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-12)
    assert early_step(Model(model.weights), X, Y, eta).biases is None


def after_one_step(slug: str, model: Model, loss: str) -> tuple[np.ndarray, ...]:
    _, (after, _) = islice(states_with(slug, model, X, Y, 0.7, loss), 2)
    return after.weights


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
def test_a_network_is_trained_with_the_mistake_under_the_loss_that_is_named(loss: str) -> None:
    model = Model.random([2, 3, 4, 1], seed=0)
    trace = model.forward(X)
    delta, output = trace.y_hat - Y, trace.y_hat * (1 - trace.y_hat)
    delta = delta / len(Y) if loss != "mse" else 2 / len(Y) * delta * output
    middle = delta @ model.weights[2].T
    missing = X.T @ (middle @ model.weights[1].T)  # in both hidden layers
    np.testing.assert_allclose(
        after_one_step("hidden-derivative-missing", model, loss)[0], model.weights[0] - 0.7 * missing
    )
    early = after_one_step("updated-too-early", model, loss)
    np.testing.assert_allclose(early[2], model.weights[2] - 0.7 * trace.a[2].T @ delta)
    middle = delta @ early[2].T * trace.a[2] * (1 - trace.a[2])
    np.testing.assert_allclose(early[1], model.weights[1] - 0.7 * trace.a[1].T @ middle)


@pytest.mark.parametrize("slug", OF_THE_UPDATE)
def test_a_mistake_in_the_update_leaves_the_gradient_correct(slug: str) -> None:
    model = Model.random([2, 3, 1], seed=0)
    right = model.backward(model.forward(X), Y).weights
    for mine, its in zip(gradients_in_training(model, X, Y, slug).weights, right, strict=True):
        np.testing.assert_allclose(mine, its)


@pytest.mark.parametrize("bias", [False, True])
def test_gradients_that_are_not_zeroed_are_added_up(bias: bool) -> None:
    model = Model.random([2, 3, 1], seed=0, bias=bias)
    steps = [
        (one, total)
        for (one, total), _ in zip(states_with("gradients-not-zeroed", model, X, Y, 0.5), "123", strict=False)
    ]
    first, second = (one.backward(one.forward(X), Y) for one, _ in steps[:2])
    (last, total), parts = steps[2], [g.parameters for g in (first, second)]
    assert total is not None
    assert (total.biases is None) is not bias
    for mine, a, b in zip(total.parameters, *parts, strict=True):
        np.testing.assert_allclose(mine, a + b, rtol=1e-12)
    for new, old, g in zip(last.parameters, steps[1][0].parameters, total.parameters, strict=True):
        np.testing.assert_allclose(new, old - 0.5 * g, rtol=1e-12)
