"""The grammar of backward passes: a line of code gives the numbers of its form, and shapes decide which forms fit."""

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backprop import Model
from backprop import derivation as step
from backprop.network import ACTIVATIONS
from backprop.verification import grammar, words
from backprop.verification.grammar import Flow, Pass, backward, bias_forms, correct_derivative, weight_forms

N = 5
WIDTHS = {"pointed": [2, 3, 3, 1], "square": [3, 3, 3, 3], "rising": [5, 1, 2, 4], "one layer": [2, 2]}


def a_pass(widths: list[int], phi: str = "sigmoid", family: str = "mse") -> Pass:
    rng = np.random.default_rng(len(widths) + widths[0])
    model = Model.random(widths, seed=3, activations=phi, bias=True)
    trace = model.forward(rng.normal(size=(N, widths[0])))
    after = [w + rng.normal(size=w.shape) for w in model.weights]
    return Pass(trace.z, trace.a, rng.random((N, widths[-1])), model.weights, model.activations, after, family)


def flow_to(p: Pass, k: int) -> Flow:
    flow = Flow()
    for j in range(p.depth - 1, k - 1, -1):
        flow = grammar.delta_of(p, j, {}, flow)
    return flow


def names_of(p: Pass, k: int) -> dict[str, Any]:
    """What a line of code in layer k can name."""
    phi = p.activations[0]
    flow = flow_to(p, max(k - 1, 0))
    known: dict[str, Any] = {"np": np, "X": p.a[0], "y": p.y, "y_hat": p.a[-1], "y_row": p.y.ravel()}
    known |= {f"{letter}{j}": a for j, a in enumerate(p.a) for letter in "aA"}
    known |= {f"{letter}{j + 1}": z for j, z in enumerate(p.z) for letter in "zZ"}
    for j, (error, delta) in enumerate(zip(flow.errors, flow.deltas, strict=True)):
        known |= {f"error{p.depth - j}": error, f"delta{p.depth - j}": delta}
        known[f"dW{p.depth - j}"] = p.a[p.depth - j - 1].T @ delta
    for j, (w, after) in enumerate(zip(p.weights, p.after or (), strict=True)):
        known |= {f"W{j + 1}": w, f"W{j + 1}_after": after}
    known["derivative"] = lambda z: phi.derivative(z, phi.value(z))
    known["derivative_from_output"] = lambda a: phi.derivative(a, a)
    for name, other in ACTIVATIONS.items():
        known[name] = other.value
        known[f"{name}_derivative"] = lambda z, other=other: other.derivative(z, other.value(z))
    return known


def value(code: str, p: Pass, k: int) -> Any:
    return eval(code.format(k=k + 1, n=k + 2, b=k), names_of(p, k))


layers = pytest.mark.parametrize(("shape", "k"), [(s, k) for s, w in WIDTHS.items() for k in range(len(w) - 1)])


def below_of(p: Pass, k: int) -> np.ndarray | None:
    return flow_to(p, k - 1).deltas[-1] if k else None


@layers
def test_a_line_for_the_gradient_of_weights_gives_it(shape: str, k: int) -> None:
    p = a_pass(WIDTHS[shape])
    for name, code, a, b in weight_forms(p, k, flow_to(p, k), below_of(p, k)):
        made = value(code, p, k) + np.zeros(p.weights[k].shape) if "summed" in name else value(code, p, k)
        np.testing.assert_allclose(step.weight_gradient(a, b), made, rtol=1e-12, err_msg=name)


@layers
def test_a_line_for_the_gradient_of_biases_gives_it(shape: str, k: int) -> None:
    p = a_pass(WIDTHS[shape])
    for name, code, made in bias_forms(p, k, flow_to(p, k), below_of(p, k)):
        assert made.shape == (N if name == "bias-not-summed:all" else 1, WIDTHS[shape][k + 1])
        np.testing.assert_allclose(made, np.zeros_like(made) + value(code, p, k), rtol=1e-12, err_msg=name)


@layers
def test_a_line_for_what_is_propagated_back_gives_it(shape: str, k: int) -> None:
    p = a_pass(WIDTHS[shape])
    if k == p.depth - 1:
        return
    for name, made in grammar.backs(p, k, flow_to(p, k + 1)):
        assert made.shape == p.a[k + 1].shape
        code = grammar.back_code(name).replace("{d}", str(p.depth))
        np.testing.assert_allclose(made, 0 * made + value(code, p, k), rtol=1e-12, err_msg=name)
    found = dict(grammar.backs(p, k, flow_to(p, k + 1)))
    assert [name for name, _ in grammar.backs(p, k, flow_to(p, k + 1), lambda name: name[:2] == "~o")] == ["~ones"]
    assert np.array_equal(found["~ones"], np.ones((N, WIDTHS[shape][k + 1])))
    if "~summed over units" in found:
        np.testing.assert_allclose(found["~summed over units"], 0 * made + found[""].sum(axis=1, keepdims=True))


@pytest.mark.parametrize("phi", ["sigmoid", "tanh"])
@pytest.mark.parametrize("k", range(3))
def test_a_line_for_a_derivative_gives_it(phi: str, k: int) -> None:
    p = a_pass(WIDTHS["pointed"], phi)
    reading: Any = SimpleNamespace(activations=p.activations, depth=p.depth)
    for name, made in grammar.derivatives(p, k):
        assert made.shape == p.z[k].shape
        if name in ("~divided", "derivative-missing", ""):
            expected = {"~divided": 1 / correct_derivative(p, k), "": correct_derivative(p, k)}.get(name, np.ones(1))
        else:
            expected = value(words._derivative_form(name, reading, k + 1, False), p, k)
        np.testing.assert_allclose(made, 0 * made + expected, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("family", ["mse", "binary_cross_entropy"])
@pytest.mark.parametrize("widths", WIDTHS.values())
def test_a_line_for_the_error_gives_it(family: str, widths: list[int]) -> None:
    p = a_pass(widths, family=family)
    for name, made in grammar.errors(p):
        if name == "targets-broadcast":  # N predictions against N targets: the sum over the targets, N times too large
            expected = (p.a[-1] - p.y.T).mean(axis=1, keepdims=True)
        elif name == "error-averaged-first":
            expected = (p.a[-1] - p.y).mean(axis=0) + 0 * made
        else:
            expected = value(grammar.ERRORS[name].code, p, p.depth - 1) if name else p.a[-1] - p.y
        np.testing.assert_allclose(made, expected, rtol=1e-12, err_msg=name)
    parts = {"~first part", "~second part", "~parts added"}
    assert parts & dict(grammar.errors(p)).keys() == (parts if family == "binary_cross_entropy" else set())


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "silu"])
def test_the_derivative_of_another_activation_is_taken_of_z_or_of_a(name: str) -> None:
    p, phi = a_pass([2, 3, 3, 1], "softplus"), ACTIVATIONS[name]
    of_z: Any = grammar._other(name, "z")(p, 1)
    of_a: Any = grammar._other(name, "a")(p, 1)
    assert np.array_equal(of_z, phi.derivative(p.z[1], phi.value(p.z[1])))
    assert np.array_equal(of_a, phi.derivative(p.a[2], p.a[2]))


def forms(p: Pass) -> dict[str, np.ndarray]:
    """Make every form of every layer, by its place and name."""
    found = {f"error {name}": made for name, made in grammar.errors(p)}
    for k in range(p.depth):
        flow, below = flow_to(p, k), below_of(p, k)
        found |= {f"phi{k} {name}": made for name, made in grammar.derivatives(p, k)}
        for number, (name, _, a, b) in enumerate(weight_forms(p, k, flow, below)):  # a name may occur twice
            found[f"dW{k} {name} {number}"] = step.weight_gradient(a, b)
        found |= {f"db{k} {name}": made for name, _, made in bias_forms(p, k, flow, below)}
        if k < p.depth - 1:
            found |= {f"back{k} {name}": made for name, made in grammar.backs(p, k, flow_to(p, k + 1))}
    return found


def test_the_derivatives_of_other_activations_are_of_a_and_of_z() -> None:
    found = grammar._others("tanh", "relu")
    known = [f"wrong-activation-derivative:{name} of {of}" for name in ("tanh", "relu") for of in "az"]
    assert list(found) == known
    assert [form.code for form in found.values()] == [
        f"{n}_derivative({of}{{k}})" for n in ("tanh", "relu") for of in "az"
    ]
    p = a_pass([2, 3, 1])
    for name, form in found.items():
        made, expected = form.make(p, 0), grammar.DERIVATIVES[name].make(p, 0)
        assert made is not None
        assert expected is not None
        assert np.array_equal(made, expected)


@pytest.mark.parametrize("k", [0, 1])
def test_one_number_has_no_transpose(k: int) -> None:
    for width, has in ((1, False), (2, True)):
        p = a_pass([width] * 3)
        names = [name for name, *_ in weight_forms(p, k, flow_to(p, k), below_of(p, k))]
        assert ("gradient-transposed" in names) is has


@pytest.mark.parametrize("which", ["divided", "zeroed"])
def test_the_error_of_clipped_classes_is_a_product_with_the_jacobian(which: str) -> None:
    p = a_pass([2, 4], "tanh", "cross_entropy")
    a = ACTIVATIONS["softmax"].value(3 * p.z[0])
    y = np.eye(4)[[0, 1, 2, 3, 0]]
    p = p._replace(a=[p.a[0], a], y=y, activations=[ACTIVATIONS["softmax"]])
    found = grammar.error_with_clipping(p, 0.2, which)
    for row, target, made in zip(a, y, found, strict=True):
        clipped = np.clip(row, 0.2, 0.8)
        g = -target / clipped * ((clipped == row) | (which == "divided"))
        np.testing.assert_allclose(made, (np.diag(row) - np.outer(row, row)) @ g, atol=1e-15)


def test_the_code_of_a_derivative_of_softmax_is_one() -> None:
    p = a_pass([2, 3, 2], "tanh")
    p = p._replace(activations=[ACTIVATIONS["tanh"], ACTIVATIONS["softmax"]])
    assert [grammar._derivative_call(p, k) for k in (0, 1)] == ["tanh_derivative(z1)", "np.ones_like(Z2)"]


@pytest.mark.parametrize(
    ("widths", "output", "family"),
    [
        ([2, 3, 1], "tanh", "mse"),
        *(
            (widths, *last)
            for widths in ([2, 3, 3, 2], [2, 3, 2, 3], [2, 1, 2], [3, 3], [3, 3, 3])
            for last in (("tanh", "mse"), ("softmax", "mse"), ("softmax", "cross_entropy"))
        ),
    ],
)
def test_copies_with_a_leading_axis_give_each_its_own_forms(widths: list[int], output: str, family: str) -> None:
    activations = [ACTIVATIONS["tanh"]] * (len(widths) - 2) + [ACTIVATIONS[output]]
    passes = []
    for seed in (0, 1):
        rng, n = np.random.default_rng(seed), 3  # as many examples as units, so that a transpose fits
        model = Model.random(widths, seed=seed, activations=activations)
        trace = model.forward(rng.normal(size=(n, widths[0])))
        passes.append(Pass(trace.z, trace.a, rng.random((n, widths[-1])), model.weights, activations, None, family))
    one, two = passes
    two = two._replace(y=one.y)  # the targets are not disturbed
    z, a, weights = (
        [np.stack(pair) for pair in zip(*arrays, strict=True)]
        for arrays in ((one.z, two.z), (one.a, two.a), (one.weights, two.weights))
    )
    stacked = one._replace(z=z, a=a, weights=weights)
    both, (first, second) = forms(stacked), (forms(one), forms(two))
    assert list(both) == list(first) == list(second)
    for name, made in both.items():
        for part, expected in zip(np.broadcast_to(made, (2, *first[name].shape)), (first, second), strict=True):
            np.testing.assert_allclose(part, expected[name], rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("copies", [(), (1,)])
def test_the_derivative_of_a_neighbour_fits_if_it_has_as_many_units_or_one(copies: tuple[int, ...]) -> None:
    p = a_pass([2, 3, 3, 1], "tanh")
    p = p._replace(z=[z.reshape(*copies, *z.shape) for z in p.z], a=[a.reshape(*copies, *a.shape) for a in p.a])
    above: Any = grammar._of_layer(1)
    below: Any = grammar._of_layer(-1)
    assert np.array_equal(above(p, 0), correct_derivative(p, 1))
    assert np.array_equal(above(p, 1), np.zeros_like(p.z[1]) + correct_derivative(p, 2))
    assert above(p, 2) is None
    assert below(p, 0) is None
    assert np.array_equal(below(p, 1), correct_derivative(p, 0))
    assert below(p, 2) is None


@pytest.mark.parametrize(
    ("a", "which", "expected"),
    [
        (0.2, "used", -0.8),
        (0.2, "divided", -0.8),
        (0.2, "zeroed", -0.8),
        (0.05, "used", -0.9),
        (0.05, "divided", -0.05 * 0.95 / 0.1),
        (0.05, "zeroed", 0.0),
        (0.95, "divided", -0.05 * 0.95 / 0.9),
    ],
)
def test_the_error_of_a_clipped_prediction(a: float, which: str, expected: float) -> None:
    made, z = np.array([[a]]), np.array([[np.log(a / (1 - a))]])
    for y, sign, p_of_a in ((1.0, 1.0, made), (0.0, -1.0, 1 - made)):
        z_of_a = sign * z
        p = Pass([z_of_a], [z, p_of_a], np.array([[y]]), [z], [ACTIVATIONS["sigmoid"]], None, "binary_cross_entropy")
        assert grammar.error_with_clipping(p, 0.1, which) == pytest.approx(sign * expected)
    two = np.array([[a, 1 - a]])
    p = Pass([two], [z, two], np.array([[1.0, 0.0]]), [z], [ACTIVATIONS["softmax"]], None, "cross_entropy")
    assert grammar.error_with_clipping(p, 0.1, which)[0, 0] == pytest.approx(
        expected if which != "divided" else -a * (1 - a) / max(0.1, min(0.9, a))
    )


def test_what_is_kept_at_the_output_is_the_gradient_with_respect_to_the_predictions() -> None:
    for family, divisor in (("binary_cross_entropy", True), ("mse", False)):
        p = a_pass([2, 3, 1], "sigmoid", family)
        flow = grammar.delta_of(p, 1, {}, Flow())
        own = grammar.correct_error(p) / (correct_derivative(p, 1) if divisor else 1)
        np.testing.assert_allclose(flow.errors[-1], own)


def test_every_delta_above_can_be_propagated_back_in_place_of_the_next() -> None:
    p = a_pass([3, 3, 3, 3, 3])
    found = {name for name, _ in grammar.backs(p, 0, flow_to(p, 1))}
    assert {name for name in found if name.startswith("~delta") and "+" not in name} == {"~delta4", "~delta3"}
    found = {name for name, _ in grammar.backs(p, 2, flow_to(p, 3))}
    assert not any(name.startswith("~delta") for name in found)


def test_what_is_special_about_softmax() -> None:
    p = a_pass([3, 3, 3], "tanh")
    p = p._replace(activations=(p.activations[0], ACTIVATIONS["softmax"]))
    p = p._replace(a=(*p.a[:-1], ACTIVATIONS["softmax"].value(p.z[-1])))
    e, a = p.a[-1] - p.y, p.a[-1]
    jacobian = np.array([(np.diag(row) - np.outer(row, row)) @ error for row, error in zip(a, e, strict=True)])
    squares, entropy = (dict(grammar.errors(p._replace(family=family))) for family in ("mse", "cross_entropy"))
    np.testing.assert_allclose(squares[""], jacobian)
    np.testing.assert_allclose(squares["output-derivative-missing"], e)
    np.testing.assert_allclose(entropy[""], e)
    np.testing.assert_allclose(entropy["output-derivative-not-cancelled"], jacobian)
    assert np.array_equal(correct_derivative(p, 1), np.ones((N, 3)))
    assert not {"derivative-given-a", "derivative-given-z"} & {name for name, _ in grammar.derivatives(p, 1)}
    diagonal = dict(grammar.derivatives(p._replace(family="cross_entropy"), 1))
    np.testing.assert_allclose(diagonal["output-derivative-not-cancelled:diagonal"], a * (1 - a))
    assert {name for name in diagonal if name and name[0] != "~"} == {"output-derivative-not-cancelled:diagonal"}
    with_epsilon = grammar.error_with_epsilon(p._replace(family="cross_entropy"), 0.01)
    g = -p.y / (a + 0.01)
    np.testing.assert_allclose(
        with_epsilon, [(np.diag(row) - np.outer(row, row)) @ error for row, error in zip(a, g, strict=True)]
    )


def test_under_cross_entropy_the_derivative_of_the_output_has_cancelled() -> None:
    p = a_pass(WIDTHS["pointed"], family="binary_cross_entropy")
    phi = p.a[-1] * (1 - p.a[-1])
    found = dict(grammar.derivatives(p, 2))
    assert np.array_equal(found[""], np.ones((N, 1)))
    np.testing.assert_allclose(found["output-derivative-not-cancelled"], phi)
    np.testing.assert_allclose(found["derivative-missing"], 1 / phi)
    assert "output-derivative-not-cancelled+derivative-missing" not in found
    np.testing.assert_allclose(found["~activation"], p.a[-1] / phi)
    np.testing.assert_allclose(found["output-derivative-not-cancelled+~activation"], p.a[-1])
    error = grammar.correct_error(p)
    np.testing.assert_allclose(grammar.kept_error(p, 2, error), error / phi)
    assert grammar.kept_error(p, 1, error) is error
    assert grammar.kept_error(p._replace(family="mse"), 2, error) is error
    epsilon = 0.01
    slope = -p.y / (p.a[-1] + epsilon) + (1 - p.y) / (1 - p.a[-1] + epsilon)
    np.testing.assert_allclose(grammar.error_with_epsilon(p, epsilon), slope * phi)


# Which forms fit


def singles(names: Any) -> list[str]:
    return [name for name in names if "+" not in name]


def test_the_shapes_decide_what_can_come_back() -> None:
    def names(shape: str, k: int) -> list[str]:
        p = a_pass(WIDTHS[shape])
        return singles(dict(grammar.backs(p, k, flow_to(p, k + 1))))

    always = ["~summed over units", "~ones", "~weights alone", "~gradient instead of weights"]
    wide = ["weights-not-transposed", "weights-missing:wide"]
    plain = ["inverse-instead-of-transpose", "weights-missing"]
    paths, early, error = ["one-path-only", "one-path-only:first"], ["updated-too-early"], ["delta-without-derivative"]
    assert names("pointed", 1) == ["", *plain, *early, *error, "~activation", *always, "~mean over examples"]
    assert names("pointed", 0) == ["", *wide, *plain, *paths, *early, *error, "~activation", *always]
    others = ["~W1", "~W1 not transposed", "~W3", "~W3 not transposed"]
    assert names("square", 0) == [
        *["", *wide, *plain, *paths, *early, *others, *error, "~delta3", "~error", "~activation", *always]
    ]
    assert names("rising", 0) == ["", *plain, *paths, *early, *error, "~activation", *always[1:]]
    assert "updated-too-early" not in dict(
        grammar.backs(a_pass(WIDTHS["pointed"])._replace(after=None), 1, flow_to(a_pass(WIDTHS["pointed"]), 2))
    )


def test_two_units_above_two_are_enough_for_weights_that_are_not_transposed_or_missing() -> None:
    p = a_pass([3, 2, 2, 1])
    assert {"weights-not-transposed", "weights-missing:wide"} <= dict(grammar.backs(p, 0, flow_to(p, 1))).keys()


def test_the_inverse_is_that_of_weights_in_single_precision_too() -> None:
    p = a_pass([2, 3, 2])
    p = p._replace(weights=[w.astype(np.float32) for w in p.weights])
    found = dict(grammar.backs(p, 0, flow_to(p, 1)))["inverse-instead-of-transpose"]
    np.testing.assert_allclose(found, flow_to(p, 1).deltas[-1] @ np.linalg.pinv(p.weights[1]), rtol=1e-5)


def test_below_the_first_layer_there_is_no_delta() -> None:
    p = a_pass([3, 3, 3])
    grammar.gradients_of(p, 1, {"dW2": "~delta below"}, flow_to(p, 1))
    with pytest.raises(ValueError, match="does not fit layer 1"):
        grammar.gradients_of(p, 0, {"dW1": "~delta below"}, flow_to(p, 0))


def test_the_shapes_decide_what_can_be_a_gradient_of_weights() -> None:
    def names(shape: str, k: int, n: int = N) -> list[str]:
        p = a_pass(WIDTHS[shape])
        p = p._replace(z=[z[:n] for z in p.z], a=[a[:n] for a in p.a], y=p.y[:n])
        return singles(name for name, *_ in weight_forms(p, k, flow_to(p, k), below_of(p, k)))

    right = ["", "weight-gradient-without-derivative"]
    own = ["~derivative", "~activation", "~ones"]
    output = ["~residual", "~targets"]
    one = ["one-example-only", "one-example-only:first"]
    below = ["preactivation-instead-of-activation", "input-missing", "delta-instead-of-activation", "~derivative"]
    second = ["~delta2", "~error2"]
    assert names("pointed", 0) == [*right, *second, *own, "input-missing", *one, "~summed over units"]
    assert names("pointed", 0, 1) == [*right, *second, *own, "input-missing", "~summed over units"]
    assert names("pointed", 0, 2) == [
        *[*right, *second, *own, "input-missing", "activation-not-transposed", *one, "~summed over units"]
    ]
    assert names("pointed", 1) == [
        *[*right, "~delta below", *own, below[0], "activation-of-own-layer", *below[1:]],
        *["gradient-transposed", *one, "~summed over units"],
    ]
    assert names("pointed", 2) == [*right, *own, *output, *below[:3], "~A1", below[3], *one]
    assert names("one layer", 0) == [
        *[*right, *own, *output, "activation-of-own-layer", "input-missing", "gradient-transposed"],
        *[*one, "~summed over units"],
    ]
    above = ["~delta3", "~error3", "~delta2", "~error2"]
    assert names("square", 0) == [
        *[*right, *above, *own, "activation-of-own-layer", "input-missing", "~A2", "~A3", "gradient-transposed"],
        *["arrays-aliased", *one, "~summed over units"],
    ]


def test_the_shapes_decide_what_can_be_a_gradient_of_biases() -> None:
    def names(shape: str, k: int, n: int = N) -> list[str]:
        p = a_pass(WIDTHS[shape])
        p = p._replace(z=[z[:n] for z in p.z], a=[a[:n] for a in p.a], y=p.y[:n])
        found = [name for name, *_ in bias_forms(p, k, flow_to(p, k), below_of(p, k))]
        return [name for name in found if not name.endswith(" summed")]

    some = ["bias-not-summed", "bias-not-summed:first", "bias-not-summed:all", "bias-averaged"]
    own, output = ["~derivative", "~activation", "~ones"], ["~residual", "~targets"]
    units, error = "bias-summed-over-units", "bias-without-derivative"
    above = ["~delta3", "~error3", "~delta2", "~error2"]
    assert names("square", 0) == ["", *some, units, error, *above, *own]
    assert names("square", 2, 1) == ["", units, error, "~delta below", *own, *output]
    assert names("pointed", 2) == ["", *some, error, *own, *output]
    assert names("pointed", 0) == ["", *some, units, error, *above, *own]  # the output's δ is one column: it is spread
    assert names("rising", 1) == ["", *some, units, error, "~delta below", *own]
    p = a_pass(WIDTHS["rising"])
    summed = [name for name, *_ in bias_forms(p, 1, flow_to(p, 1), below_of(p, 1)) if name.endswith(" summed")]
    assert summed == [f"{name} summed" for name in own]


# A whole backward pass


@pytest.mark.parametrize("family", ["mse", "binary_cross_entropy"])
@pytest.mark.parametrize("widths", WIDTHS.values())
def test_without_a_plan_it_is_the_networks_own(widths: list[int], family: str) -> None:
    p = a_pass(widths, family=family)
    model = Model(p.weights, [np.zeros(w.shape[1]) for w in p.weights], "sigmoid")
    model.biases = Model.random(widths, seed=3, activations="sigmoid", bias=True).biases
    right = model.backward(model.forward(p.a[0]), p.y, family)
    scale = {"mse": 2, "binary_cross_entropy": 1}[family] / p.y.size
    found = backward(p, {})
    assert list(found) == [f"{letter}{k}" for k in range(len(widths) - 1, 0, -1) for letter in "Wb"]
    for k, (w, b) in enumerate(zip(right.weights, right.biases or (), strict=True), start=1):
        np.testing.assert_allclose(scale * found[f"W{k}"], w, rtol=1e-11)
        np.testing.assert_allclose(scale * found[f"b{k}"], b, rtol=1e-11)


def test_factors_multiply_an_array_or_all_that_follows() -> None:
    p = a_pass(WIDTHS["pointed"])
    plain, made = backward(p, {}), backward(p, {}, {"dW3": 3.0, "db1": 5.0, "delta2": 7.0})
    wanted = {"W3": 3, "b3": 1, "W2": 7, "b2": 7, "W1": 7, "b1": 35}
    for name, factor in wanted.items():
        np.testing.assert_allclose(made[name], factor * plain[name], rtol=1e-14)


def test_a_factor_of_delta_leaves_the_errors_above_as_they_are() -> None:
    p = a_pass(WIDTHS["pointed"])
    made = backward(p, {"dW1": "~error2"}, {"delta1": 2.0})
    np.testing.assert_allclose(made["W1"], p.a[0].T @ flow_to(p, 1).errors[-1])


def test_a_factor_of_delta_carries_to_the_error_as_well() -> None:
    p = a_pass(WIDTHS["pointed"])
    plan = {"back1": "delta-without-derivative"}
    np.testing.assert_allclose(backward(p, plan, {"delta2": 7.0})["W1"], 7 * backward(p, plan)["W1"])


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"error": "none"}, "the forms ('none', '') do not fit layer 3: the shapes do not allow it"),
        ({"back2": "none"}, "the forms ('none', '') do not fit layer 2: the shapes do not allow it"),
        ({"phi1": "none"}, "the forms ('', 'none') do not fit layer 1: the shapes do not allow it"),
        ({"dW2": "none"}, "the form 'none' does not fit layer 2: the shapes do not allow it"),
        ({"db2": "none"}, "the form 'none' does not fit layer 2: the shapes do not allow it"),
    ],
)
def test_a_form_that_does_not_fit_is_named(plan: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        backward(a_pass(WIDTHS["pointed"]), plan)


def test_gradients_of_biases_that_nobody_asks_for_are_left_out_unless_the_plan_names_them() -> None:
    p, plan = a_pass(WIDTHS["pointed"]), {"db2": "bias-not-summed", "dW1": "input-missing"}
    whole = backward(p, plan)
    found = grammar.backward(p, plan, {"db2": 2.0}, biased=False)
    assert list(whole) == ["W3", "b3", "W2", "b2", "W1", "b1"]
    assert list(found) == ["W3", "W2", "b2", "W1"]
    assert all(np.array_equal(array, whole[name] * (1 + (name == "b2"))) for name, array in found.items())


# Lines of code


@pytest.mark.parametrize(
    ("code", "layout", "written"),
    [
        ("dW1 = X.T @ delta1", "rows, (in, out)", "dW1 = X.T @ delta1"),
        ("dW2 = A1.T @ delta2 * 3", "rows, (out, in)", "dW2 = delta2.T @ A1 * 3"),
        ("dW2 = A1.T @ delta2 * 3", "columns, (out, in)", "dW2 = delta2 @ A1.T * 3"),
        ("dW2 = A1.T @ delta2 * 3", "columns, (in, out)", "dW2 = A1 @ delta2.T * 3"),
        ("dW2 = 0 * delta2", "columns, (in, out)", "dW2 = 0 * delta2"),
        ("delta1 = (delta2 @ W2.T) * a1", "columns, (in, out)", "delta1 = (W2 @ delta2) * a1"),
        ("delta1 = (delta2 @ W2.T) * a1", "columns, (out, in)", "delta1 = (W2.T @ delta2) * a1"),
        ("delta1 = delta2 @ W2_after.T", "rows, (out, in)", "delta1 = delta2 @ W2_after"),
        ("delta1 = delta2 @ W2", "rows, (out, in)", "delta1 = delta2 @ W2.T"),
        ("db1 = delta1[-1]", "columns, (in, out)", "db1 = delta1[:, -1]"),
        ("db1 = delta1[-1]", "rows, (out, in)", "db1 = delta1[-1]"),
        ("A1 = A1[:, 0] * W2[:, 1]", "columns, (out, in)", "A1 = A1[0] * W2[1]"),
        ("A1 = A1[:, 0] * W2[:, -1]", "columns, (in, out)", "A1 = A1[0] * W2[:, -1]"),  # which has one axis
        ("A1 = A1[:, 0] * W2[1]", "rows, (out, in)", "A1 = A1[:, 0] * W2[:, 1]"),
        ("A1 = A1[:, :1] * W2[:, :1]", "columns, (in, out)", "A1 = A1[:1] * W2[:, :1].T"),
        ("db1 = delta1.sum(axis=0)", "columns, (in, out)", "db1 = delta1.sum(axis=1)"),
        (
            "delta1 = delta2.sum(axis=1, keepdims=True)",
            "columns, (out, in)",
            "delta1 = delta2.sum(axis=0, keepdims=True)",
        ),
    ],
)
def test_a_line_is_written_for_the_layout_that_was_handed_in(code: str, layout: str, written: str) -> None:
    assert grammar.laid_out(code, layout) == written


@pytest.mark.parametrize("phi", [phi for phi in ACTIVATIONS.values() if phi.elementwise], ids=lambda phi: phi.name)
def test_the_code_of_a_derivative_is_the_derivative(phi: Any) -> None:
    z = np.array([-2.0, -0.3, 0.4, 3.0])
    code = grammar.derivative_code(phi.name, 2) or "1"
    np.testing.assert_allclose(
        eval(code, {"np": np, "z2": z, "a2": phi.value(z)}) * np.ones(4), phi.derivative(z, phi.value(z)), rtol=1e-12
    )


def test_an_activation_of_ones_own_is_called_by_its_name() -> None:
    assert grammar.derivative_code("mine", 3) == "mine_derivative(z3)"


def test_a_factor_of_the_first_delta_changes_the_first_layer_alone() -> None:
    p = a_pass([2, 3, 3, 1])
    plain, scaled = backward(p, {}), backward(p, {}, {"delta1": 2.0})
    for name, made in scaled.items():
        np.testing.assert_allclose(made, (2 if name[1:] == "1" else 1) * plain[name])


@pytest.mark.parametrize("n", [1, 2])
def test_one_example_alone_is_not_one_of_several(n: int) -> None:
    p = a_pass([2, 3, 1])
    p = p._replace(z=[z[:n] for z in p.z], a=[a[:n] for a in p.a], y=p.y[:n])
    assert (grammar._row(p, 0) is None) is (n == 1)
    found = [name for name, *_ in bias_forms(p, 1, flow_to(p, 1), None)]
    assert any(name.startswith("bias-not-summed") for name in found) is (n > 1)
