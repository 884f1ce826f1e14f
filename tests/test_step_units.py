"""The parts of the diagnosis of steps: what is read, what rounding may do, and when a step is one of Adam."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import backprop
from backprop import diagnose_step
from backprop.verification.catalogue import incorrect_gradients
from backprop.verification.comparison import Case
from backprop.verification.findings import Diagnosis
from backprop.verification.intake import Problem
from backprop.verification.optimizers import Optimizer, adam_direction
from backprop.verification.search import Block, LossReading, Reading, losses
from backprop.verification.steps import (
    _adam_again,
    _agreeing,
    _all,
    _combined,
    _floors,
    _mistaken,
    _moved,
    _second,
    _states,
)
from backprop.verification.unexplained import nothing

X, Y = backprop.xor()
W, B = [np.ones((2, 3)), np.ones((3, 1))], [np.ones((1, 3)), np.ones((1, 1))]


def message(text: str) -> str:
    return f"^{re.escape(text)}$"


@pytest.mark.parametrize(
    ("after", "after2", "biases", "error", "text"),
    [
        (W[:1], None, None, ValueError, "after has 1 arrays; expected 2, as before has"),
        (W, W[:1], None, ValueError, "after2 has 1 arrays; expected 2, as before has"),
        (W, None, [B, B[:1]], ValueError, "biases[1] has 1 arrays; expected 2, as before has"),
        (W, None, [B[:1], B], ValueError, "biases[0] has 1 arrays; expected 2, as before has"),
        (W[::-1], None, None, ValueError, "after[0] has shape (3, 1); expected (2, 3), as before the update"),
        (W, [W[0], W[0]], None, ValueError, "after2[1] has shape (2, 3); expected (3, 1), as before the update"),
        (W, None, [B, B[::-1]], ValueError, "biases[1][0] has shape (1, 1); expected (1, 3), as before the update"),
        (W, None, 3, TypeError, "biases is 3; expected a pair, the biases before and after the update"),
        (W, None, [B], TypeError, "biases has 1 entries; expected a pair, the biases before and after the update"),
        (W, W, [B, B], TypeError, "biases has 2 entries; expected three, the biases before and after each update"),
        (W, None, [B, [B[0], None]], ValueError, "biases[1][1] is None; expected an array of numbers for each layer"),
        ([None, W[1]], None, None, ValueError, "after[0] is None; expected an array of numbers for each layer"),
        (W, [W[0], None], None, ValueError, "after2[1] is None; expected an array of numbers for each layer"),
        (
            *(W, W, [B, B, None], ValueError),
            "biases[2] is None; expected the biases at every time, as after2 was given",
        ),
        (W, None, [None, B], TypeError, "biases[0] is NoneType; expected a list of one array for each layer"),
        (W, [["a"], W[1]], None, TypeError, "after2[0] has entries of type <U1; expected real numbers"),
        (W, None, [B, [["a"], B[1]]], TypeError, "biases[1][0] has entries of type <U1; expected real numbers"),
        ([*W[:1], 1j * W[1]], None, None, TypeError, "after[1] has entries of type complex128; expected real numbers"),
    ],
)
def test_what_is_no_step_is_told_in_one_line(
    after: Any, after2: Any, biases: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=message(text)):
        _states(W, after, after2, biases)


def test_the_loss_of_a_step_must_go_with_its_output() -> None:
    text = "loss 'bce' is known for a sigmoid output; the output activation is 'relu'"
    with pytest.raises(ValueError, match=message(text)):
        diagnose_step(W, W, X, Y, 0.1, activations="relu", loss="bce")


def test_the_parameters_at_every_time() -> None:
    twice, thrice = [2 * w for w in W], [3 * w for w in W]
    assert [[len(part) for part in state] for state in _states(W, twice, None, None)] == [[2, 0], [2, 0]]
    assert [[len(part) for part in state] for state in _states(W, twice, None, (B, None))] == [[2, 2], [2, 0]]
    found = _states(W, twice, thrice, [B, B, B])
    assert [state[0][0][0, 0] for state in found] == [1, 2, 3]
    assert [len(state[1]) for state in found] == [2, 2, 2]


def test_adam_needs_both_activations_and_loss() -> None:
    text = "optimizer 'adam' shows little more than signs; expected activations and loss as well"
    for activations, loss in (("sigmoid", None), (None, "mse"), (None, None)):
        with pytest.raises(ValueError, match=message(text)):
            diagnose_step(W, W, X, Y, 0.1, optimizer="adam", activations=activations, loss=loss)


def test_what_was_subtracted_is_divided_by_the_learning_rate() -> None:
    old, new = ([np.array([5.0, 3.0])], [np.array([1.0])]), ([np.array([4.0, 5.0])], [np.array([0.0])])
    weights, biases = _moved(old, new, 0.5)
    assert (weights[0].tolist(), biases[0].tolist()) == ([2.0, -4.0], [2.0])
    assert _moved(old, (new[0], []), 0.5)[1] == []
    weights, biases = _combined(old, new, -2.0)
    assert (weights[0].tolist(), biases[0].tolist()) == ([-3.0, -7.0], [1.0])


def test_rounding_of_an_update_is_that_of_the_larger_number() -> None:
    old, new = ([np.array([3.0, 1.0])], [np.array([-2.0])]), ([np.array([1.0, -4.0])], [np.array([1.0])])
    assert dict(_floors(old, new, 0.5)) == {"W1": 2.5, "b1": 1.0}
    assert list(dict(_floors((old[0] * 2, []), (new[0] * 2, []), 1.0))) == ["W1", "W2"]


@pytest.mark.parametrize(
    ("verdicts", "all_"),
    [([True], True), ([True, None], True), ([None], False), ([True, False], False), ([], False)],
)
def test_arrays_agree_if_one_was_tested_and_none_differs(verdicts: list[bool | None], all_: bool) -> None:
    assert _all({f"W{k}": verdict for k, verdict in enumerate(verdicts)}) is all_


#: Half the gradient is made of the array, so that the factor of the loss counts.
LOSS = LossReading("mse", "mse", 0.5, True, "")


def agreeing(
    g: float, given: float, slack: float = 0.0, floor: float = 0.0, unit: float = 0.0, eps: float = 0.0, **more: Any
) -> bool | None:
    """Judge one number; beside it stands one that is zero, as it should be."""
    made = np.array([2 * g, 0.0])
    block = Block("W1", np.array([given, 0.0]), made, 2 * slack, floor, 1.0)
    reading: Any = SimpleNamespace(correct=lambda family: {"W1": block}, unit=unit)
    return _agreeing(reading, LOSS, {"W1": made}, Optimizer("adam", 0.1, eps=eps), **more)["W1"]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_direction_of_adam_is_compared_as_closely_as_rounding_allows(sign: float) -> None:
    assert agreeing(sign, sign) is True
    assert agreeing(sign, -sign) is False
    # what rounding of the weights does counts four times
    assert agreeing(sign, sign * 1.4375, floor=0.109375 + 1e-9) is True
    assert agreeing(sign, sign * 1.4375, floor=0.109375 - 1e-9) is False
    # a thousand units of the last digit
    assert agreeing(sign, sign * (1 + 0.9999e-3), unit=1e-6) is True
    assert agreeing(sign, sign * (1 + 1.0001e-3), unit=1e-6) is False
    # with ε = 1 and g = 1 the direction is 1/2, and moves by slack ε / (|g| + ε)² = slack / 4
    assert agreeing(sign, sign * (0.5 + 0.0249), slack=0.0999, eps=1.0) is True
    assert agreeing(sign, sign * (0.5 + 0.0251), slack=0.0999, eps=1.0) is False
    assert agreeing(sign, sign * (0.5 + 0.0249), slack=0.0999, eps=0.0) is False


def test_a_number_that_rounding_hides_is_not_compared() -> None:
    assert agreeing(1.0, -1.0, slack=0.0999) is False
    assert agreeing(1.0, -1.0, slack=0.1001) is None
    assert agreeing(0.0, 0.0) is None
    assert agreeing(0.0, 1e-3) is False
    assert agreeing(0.0, 1.0, floor=0.26) is True


@pytest.mark.parametrize("n", [1, 4])
def test_the_gradients_of_mistakes_that_the_number_of_examples_allows(n: int) -> None:
    model = backprop.Model.random([2, 3, 1], seed=0, bias=True)
    problem = Problem("", X[:n], Y[:n], model.weights, model.biases, model.weights, model.biases, (False, False))
    loss = losses(n, 1)[0]
    found = dict(_mistaken(Reading(problem, model.activations, 1e-16, 1e-7, {}), loss))
    assert "updated-too-early" not in found
    assert ("bias-averaged" in found) is (n > 1)
    for slug in set(found) - {"loss-instead-of-derivative"}:  # whose sum has a factor 2 for the squared error
        wrong = incorrect_gradients(model, X[:n], Y[:n], slug)
        for k, (w, b) in enumerate(zip(wrong.weights, wrong.biases or (), strict=True), start=1):
            np.testing.assert_allclose(loss.factor * found[slug][f"W{k}"], w, err_msg=slug)
            np.testing.assert_allclose(loss.factor * found[slug][f"b{k}"], b, err_msg=slug)


def test_another_update_than_adams() -> None:
    assert agreeing(3.0, 3.0, update=lambda g: g) is True
    assert agreeing(3.0, 1.0, update=lambda g: g) is False


@pytest.mark.parametrize(
    ("factor", "verdict", "reason"),
    [
        (1.0, "correct", ""),
        (
            0.1,
            "correct",
            "correct for a velocity that is an average, v ← μv + (1 − μ) ∇L, whose steps are 1 − μ as long",
        ),
        (0.2, "unknown", ""),
    ],
)
def test_a_first_step_of_momentum_may_be_a_tenth_as_long(factor: float, verdict: str, reason: str) -> None:
    model = backprop.Model.random([2, 1], seed=0)
    after = [
        w - factor * 0.5 * g for w, g in zip(model.weights, model.backward(model.forward(X), Y).weights, strict=True)
    ]
    optimizer = {"name": "momentum", "lr": 0.5, "momentum": 0.9}
    found = diagnose_step(list(model.weights), after, X, Y, optimizer=optimizer, activations="sigmoid", loss="mse")
    assert (found.verdict, found.reason if verdict == "correct" else "") == (verdict, reason)
    assert found.scale == (None if verdict == "unknown" else pytest.approx(1.0))


def test_arrays_of_a_dead_layer_are_not_tested_by_a_step_of_adam() -> None:
    weights, biases = (
        [-np.ones((2, 2)), np.eye(2), np.ones((2, 1))],
        [np.zeros((1, 2)), np.full((1, 2), 0.5), np.ones((1, 1))],
    )
    phis, x = ["relu", "relu", "sigmoid"], np.abs(X) + 0.1
    model = backprop.Model(weights, biases, phis)
    g = model.backward(model.forward(x), Y)
    new, new_biases = (
        [old - 0.1 * adam_direction([its], Optimizer("adam", 0.1)) for old, its in zip(part, grads, strict=True)]
        for part, grads in ((weights, g.weights), (biases, g.biases or ()))
    )
    told: Any = {"activations": phis, "loss": "mse", "optimizer": "adam"}
    found = diagnose_step(weights, new, x, Y, 0.1, biases=(biases, new_biases), **told)
    assert found.verdict == "correct"
    tested = {name: array.verdict for name, array in found.arrays.items()}
    dead, alive = dict.fromkeys(("W1", "W2", "b1"), "not tested"), dict.fromkeys(("W3", "b2", "b3"), "correct")
    assert tested == dead | alive


def test_a_convention_that_is_told_is_not_called_assumed() -> None:
    rng = np.random.default_rng(3)
    model, x, y = backprop.Model.random([3, 3, 3], seed=0), rng.normal(size=(3, 3)), rng.random((3, 3))
    after = model.update(model.backward(model.forward(x), y), 0.5)
    told: Any = {"activations": "sigmoid", "loss": "mse", "convention": "columns, (out, in)"}
    found = diagnose_step([w.T for w in model.weights], [w.T for w in after.weights], x.T, y.T, 0.5, **told)
    assert (found.verdict, found.convention, found.assumed) == ("correct", "columns, (out, in)", ())


def test_activations_that_are_left_open_are_those_with_which_most_arrays_are_of_adam() -> None:
    model = backprop.Model.random([2, 3, 1], seed=0, activations=["tanh", "sigmoid"])
    g = model.backward(model.forward(X), Y).weights
    after = [w - 0.1 * adam_direction([part], Optimizer("adam", 0.1)) for w, part in zip(model.weights, g, strict=True)]
    told: Any = {"activations": [None, "sigmoid"], "loss": "mse", "optimizer": "adam"}
    found = diagnose_step(model.weights, after, X, Y, 0.1, **told)
    assert (found.verdict, found.activations) == ("correct", ("tanh", "sigmoid"))
    of_none = [w + 0.05 for w in model.weights]
    found = diagnose_step(model.weights, of_none, X, Y, 0.1, **told)
    assert (found.verdict, found.activations) == ("unknown", ("sigmoid", "sigmoid"))  # the likelier of equals


@pytest.mark.parametrize(("scale", "correct"), [(1000.99, True), (1001.0, False), (999.01, True), (999.0, False)])
def test_the_scale_of_a_second_step_is_that_of_the_first_to_less_than_a_thousandth(scale: float, correct: bool) -> None:
    first = replace(nothing(1, ""), verdict="correct", scale=1000.0, evidence="all agree")
    states: Any = [([np.full((1, 1), w)], []) for w in (3.0, 2.0, 0.5)]
    found = _second(first, states, Optimizer("sgd", 1.0), lambda *_: replace(first, scale=scale))
    assert found.verdict == ("correct" if correct else "unknown")


# The second step of Adam

ADAM, FIRST = Optimizer("adam", 0.1, eps=0.01), replace(nothing(2, "the first"), cannot_tell=("layer-scale",))
ONE_LAYER = np.array([[1.0, 2.0], [3.0, -1.0], [-0.5, 1.0]]), np.array([[1.0], [0.0], [2.0]])


def second_step(
    rule: Any, floor: float = 0.0, slack: float = 0.0, moved: float = 0.0, swapped: bool = False
) -> Diagnosis:
    """Judge a second step that a rule makes of both gradients, the first number of it moved.

    Rounding is as large as is said: in the gradients slack, in parts of what would hide the number that is moved.
    """
    (x, y), weights = ONE_LAYER, [(np.array([[0.3], [-0.2]]),), (np.array([[0.1], [0.4]]),)]
    weights = weights[::-1] if swapped else weights  # so that the smaller gradient is the first, or the second
    loss = losses(3, 1)[1]
    assert (loss.family, loss.factor) == ("mse", 2 / 3 / 2)
    problems = [Problem("rows, (in, out)", x, y, w, None, w, None, (False,)) for w in weights]
    phis = (backprop.network.ACTIVATIONS["tanh"],)
    g1, g2 = (x.T @ (loss.factor * (np.tanh(x @ w) - y) * (1 - np.tanh(x @ w) ** 2)) for (w,) in weights)
    hidden = np.zeros_like(g1)
    hidden[0] = slack * min(abs(g1[0]), abs(g2[0])) / 1e6 / loss.factor
    first: Any = Reading(problems[0], phis, 2**-52, 1e-7, {})
    first._correct["mse"] = {"W1": Block("W1", g1, g1, cast(Any, hidden), 0.0, 1.0)}
    given = rule(g1, g2)
    given[0] += moved
    other = problems[1]._replace(convention="columns, (out, in)", gradients=(given + 1,))
    case = Case(
        [other, problems[1]._replace(gradients=(given,))],
        *([[phis[0]]], "mse", 2**-52, 1e-7, {"W1": floor}, True, True, 0.1, None),
    )
    return _adam_again(FIRST, first, loss, case, ADAM)


BOTH = replace(FIRST, cannot_tell=(), reason="", evidence="both steps are those of Adam")
NEITHER = replace(
    *[FIRST], verdict="unknown", cannot_tell=(), reason="the first step is correct, the second is not that of Adam"
)


def of_adam(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return adam_direction([a, b], ADAM)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        (of_adam, None),
        (
            lambda a, b: b / (np.abs(b) + 0.01),
            {"mistakes": (), "reason": "the averages of the first step are lost in the second"},
        ),
        (
            lambda a, b: adam_direction([a, a + b], ADAM),
            {
                "mistakes": ("gradients-not-zeroed",),
                "reason": "the second step adds the gradient of the first once more",
            },
        ),
    ],
)
def test_the_whole_answer_about_a_second_step_of_adam(rule: Any, changes: Any) -> None:
    named = BOTH if changes is None else replace(FIRST, verdict="mistake", place="update", cannot_tell=(), **changes)
    for swapped in (False, True):
        assert vars(second_step(rule, swapped=swapped)) == vars(named)
        assert vars(second_step(lambda a, b: rule(a, b) + 0.3, swapped=swapped)) == vars(NEITHER)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("sign", [1, -1])
def test_how_near_a_second_step_of_adam_must_be(swapped: bool, sign: int) -> None:
    for floor, allowed in ((0.0, 1e-5), (0.25e-5, 2e-5), (1e-3, 4.01e-3)):
        for part, found in ((0.9999, BOTH), (1.0001, NEITHER)):
            moved = sign * part * allowed
            assert vars(second_step(of_adam, floor, moved=moved, swapped=swapped)) == vars(found)
    # a number that is no more than a million times what rounding does to it is not compared
    for slack, found in ((1 + 1e-7, BOTH), (1 - 1e-7, NEITHER)):
        assert vars(second_step(of_adam, slack=slack, moved=sign * 0.3, swapped=swapped)) == vars(found)
