"""Names and options of the diagnosis: each alias, each message whole, and what holds for large data."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import backprop
from backprop import Activation, Model, diagnose, diagnose_step
from backprop.verification import assert_gradient, comparison, diagnosis, grammar, logarithms, unexplained
from backprop.verification import hints as hints_module
from backprop.verification.answers import apart_from, is_correct
from backprop.verification.comparison import (
    Baseline,
    Case,
    assumed,
    comparisons,
    drowned,
    evidence_for,
    fitting,
    judged_arrays,
    judged_layers,
    losses_for,
    nearest,
    resembles,
    resembling,
)
from backprop.verification.diagnosis import diagnosed
from backprop.verification.explanation import Explanation, named_factors
from backprop.verification.findings import Alternative, Array
from backprop.verification.grammar import Pass
from backprop.verification.hints import Hints, _deviation, _is_difference, _tried, accumulated
from backprop.verification.intake import Problem
from backprop.verification.logarithms import STARTS, _fitted, _near, _refined, with_clipping, with_epsilon
from backprop.verification.search import Block, LossReading, Reading, Search, State, forward, losses
from backprop.verification.told import MIXED, networks_for, told_activations, told_losses
from backprop.verification.unexplained import (
    TOO_SMALL_TO_TELL,
    _follows,
    _if_untold,
    in_words,
    is_unknown,
    nothing,
    possible_places,
)

X, Y = backprop.xor()
MODEL = Model.random([2, 3, 1], seed=0)
G = MODEL.backward(MODEL.forward(X), Y).weights
W = MODEL.weights


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("mse", ["mse", "mse_examples"]),
        (" Mean-Squared Error ", ["mse", "mse_examples"]),
        ("mse_mean", ["mse", "mse_examples"]),
        ("half mse", ["mse_half", "mse_half_examples"]),
        ("mse_half_mean", ["mse_half", "mse_half_examples"]),
        ("SSE", ["mse_sum"]),
        ("sum_squared_error", ["mse_sum"]),
        ("half-sse", ["mse_half_sum"]),
        ("bce", ["binary_cross_entropy", "binary_cross_entropy_examples"]),
        ("binary cross-entropy mean", ["binary_cross_entropy", "binary_cross_entropy_examples"]),
        ("bce_sum", ["binary_cross_entropy_sum"]),
        ("categorical_cross_entropy", ["cross_entropy"]),
        ("cross-entropy entries", ["cross_entropy_entries"]),
        ("categorical_cross_entropy_sum", ["cross_entropy_sum"]),
        ("softmax cross-entropy", ["cross_entropy"]),
        ("mse_examples", ["mse_examples"]),
    ],
)
def test_a_loss_has_several_names(told: str, names: list[str]) -> None:
    assert [loss.name for loss in told_losses(told, 5, 3)] == names
    assert [loss.name for loss in told_losses(told, 5, 1)] == [names[0].removesuffix("_examples")]
    assert len(told_losses(None, 5, 3)) == 12
    assert len(told_losses(None, 5, 1)) == 9


SIGMOID, RELU = (backprop.network.ACTIVATIONS[name] for name in ("sigmoid", "relu"))
MINE = Activation("mine", np.abs, lambda z, a: np.sign(z))


def told(activations: Any, depth: int = 2, loss: str | None = None) -> Any:
    found = told_activations(activations, depth, loss)
    return found and [[phi.name for phi in layer] for layer in found]


def test_activations_may_be_named_once_or_for_each_layer_or_left_open() -> None:
    hidden = ["sigmoid", "tanh", "relu", "identity"]
    assert told(None) is None
    assert told("relu") == [["relu"], ["relu"]]
    assert told(MINE, 3) == [["mine"]] * 3
    assert told(["linear", SIGMOID]) == [["identity"], ["sigmoid"]]
    assert told([None, None]) == [hidden, [*hidden, "softmax"]]
    assert told([None] * 3, 3) == [hidden, hidden, [*hidden, "softmax"]]
    assert told([None], 1) == [[*hidden, "softmax"]]
    assert told([None, "softmax"], loss="cross_entropy") == [hidden, ["softmax"]]
    assert told(["relu", None], loss="bce") == [["relu"], [*hidden, "softmax"]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: diagnose(MODEL, X, Y, G, activations=3),  # what is named comes before what a model brings
            TypeError,
            "activations is 3; expected a name or a sequence of one for each layer",
        ),
        (
            lambda: diagnose(Model(W, [np.ones(3), np.ones(1)]), X, Y, G, biases=[np.ones(3)]),
            ValueError,
            "biases has 1 arrays; expected 2, as weights has",
        ),
        (lambda: told(3), TypeError, "activations is 3; expected a name or a sequence of one for each layer"),
        (
            lambda: told(["relu"]),
            ValueError,
            "activations has 1 entries; expected 2, one for each layer of weights",
        ),
        (
            lambda: told(["softmax", "sigmoid"]),
            ValueError,
            "activations[0] is 'softmax', which is allowed at the output only",
        ),
        (
            lambda: told("relu", loss="bce"),
            ValueError,
            "loss 'bce' is known for a sigmoid output; the output activation is 'relu'",
        ),
        (
            lambda: told(["relu", "tanh"], loss="cross_entropy"),
            ValueError,
            "loss 'cross_entropy' is known for a softmax output; the output activation is 'tanh'",
        ),
        (lambda: told_losses(cast(str, 3), 1, 1), TypeError, "loss is 3, of type int; expected a name"),
        (
            lambda: told_losses("mes", 1, 1),
            ValueError,
            "loss is 'mes'; expected one of 'mse', 'mse_examples', 'mse_half', 'mse_half_examples', 'mse_sum', "
            "'mse_half_sum', 'binary_cross_entropy', 'binary_cross_entropy_examples', 'binary_cross_entropy_sum', "
            "'cross_entropy', 'cross_entropy_entries', 'cross_entropy_sum', or None",
        ),
        (
            lambda: diagnose(W, X, Y, G[:1]),
            ValueError,
            "gradients has 1 arrays for weights; expected 2, one for each layer of weights",
        ),
        (
            lambda: diagnose(W, X, Y, G, biases=[np.ones(3), ["a"]]),
            TypeError,
            "biases[1] has entries of type <U1; expected real numbers",
        ),
        (
            lambda: diagnose(W, X, Y, ["a", G[1]]),
            TypeError,
            "gradients[0] has entries of type <U1; expected real numbers",
        ),
        (
            lambda: diagnose([["a"], W[1]], X, Y, G),
            TypeError,
            "weights[0] has entries of type <U1; expected real numbers",
        ),
        (
            lambda: diagnose(W, X, Y, G, biases=[np.ones(3)]),
            ValueError,
            "biases has 1 arrays; expected 2, as weights has",
        ),
        (
            lambda: diagnose(W, X, Y, (G, [np.ones(3), ["a"]]), biases=[np.ones(3), np.ones(1)]),
            TypeError,
            "gradients of biases[1] has entries of type <U1; expected real numbers",
        ),
        (
            lambda: diagnose(W, X, Y, G, weight_decay=-1),
            ValueError,
            "weight_decay is -1; expected a number from 0 to below 1",
        ),
        (
            lambda: diagnose(W, X, Y, 3),
            TypeError,
            "gradients is int; expected a list of one array for each layer",
        ),
        (
            lambda: diagnose(W, X, Y, {"weights": np.array(3.0)}),
            TypeError,
            "gradients is one array of shape (); expected a list of one array for each layer",
        ),
        (
            lambda: diagnose(W, X, Y, {"weights": G, "biases": np.ones((2, 3))}, biases=[np.ones(3), np.ones(1)]),
            TypeError,
            "gradients of biases is one array of shape (2, 3); expected a list of one array for each layer",
        ),
        (
            lambda: diagnose(W, X, Y, {"weights": G, "biases": np.ones(3)}, biases=[np.ones(3), np.ones(1)]),
            ValueError,
            "gradients has 3 arrays for biases; expected 2, one for each layer of weights",
        ),
        (
            lambda: diagnose(W, X, Y, G, activations="relu", loss="bce"),
            ValueError,
            "loss 'bce' is known for a sigmoid output; the output activation is 'relu'",
        ),
        (lambda: diagnose_step(W, W[:1], X, Y), ValueError, "after has 1 arrays; expected 2, as before has"),
        (lambda: diagnose_step(W, W, [["a"]], Y), TypeError, "X has entries of type <U1; expected real numbers"),
        (lambda: diagnose_step(W, W, X, [["a"]]), TypeError, "y has entries of type <U1; expected real numbers"),
        (lambda: diagnose(W, [["a"]], Y, G), TypeError, "X has entries of type <U1; expected real numbers"),
        (lambda: diagnose(W, X, [["a"]], G), TypeError, "y has entries of type <U1; expected real numbers"),
        (lambda: diagnose_step(["a"], W, X, Y), TypeError, "before[0] has entries of type <U1; expected real numbers"),
        (
            lambda: diagnose_step(W, [W[0], "a"], X, Y),
            TypeError,
            "after[1] has entries of type <U1; expected real numbers",
        ),
    ],
)
def test_what_does_not_fit_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


def test_which_networks_are_tried() -> None:
    def names(*arguments: Any) -> list[list[tuple[str, ...]]]:
        return [[tuple(phi.name for phi in network) for network in group] for group in networks_for(*arguments)]

    outputs = ["sigmoid", "identity", "softmax", "tanh", "relu"]
    assert names(None, 1, "mse") == [[(name,) for name in outputs]]
    assert names(None, 1, "cross_entropy") == [[("softmax",)]]
    assert names(None, 1, "binary_cross_entropy") == [[("sigmoid",)]]
    assert names([[SIGMOID, RELU], [MINE]], 2, "mse") == [[("sigmoid", "mine"), ("relu", "mine")]]
    first, second = names(None, 3, "binary_cross_entropy")
    assert first == [(h, h, "sigmoid") for h in ("sigmoid", "tanh", "relu", "identity")]
    assert second[:3] == [(h, h, "sigmoid") for h in ("leaky_relu", "softplus", "silu")]
    assert len(second) == 3 + 4 * 3
    assert ("tanh", "relu", "sigmoid") in second
    assert len(names(None, 5, "mse")[1]) == MIXED


def test_a_correct_gradient_of_many_inputs_leaves_nothing_open() -> None:
    rng = np.random.default_rng(0)
    x, model = rng.normal(size=(1001, 200)), Model.random([200, 2, 1], seed=0)
    y = rng.random((1001, 1))
    g = model.backward(model.forward(x), y).weights
    found = diagnose(model.weights, x, y, g, activations="sigmoid", loss="mse")
    assert (found.verdict, found.cannot_tell) == ("correct", ())


def test_what_is_told_is_not_called_assumed() -> None:
    told_all: Any = {"activations": "sigmoid", "loss": "mse", "convention": "rows, (in, out)"}
    noise = [np.random.default_rng(0).normal(size=w.shape) for w in W]
    for gradients in (G, [2 * g for g in G], noise):
        assert diagnose(W, X, Y, gradients, **told_all).assumed == ()
        assert diagnose(W, X, Y, gradients, **told_all).convention == "rows, (in, out)"


def test_a_dead_network_is_told_with_its_activations() -> None:
    dead = [-np.ones((2, 3)), np.ones((3, 1))]
    found = diagnose(dead, X, Y, [0 * w for w in dead], activations=["relu", "sigmoid"], loss="mse")
    assert (found.activations, found.scale, found.sign, found.loss) == (("relu", "sigmoid"), 1.0, 1, "mse")
    assert [layer.verdict for layer in found.layers] == ["correct", "correct"]
    assert {name: array.verdict for name, array in found.arrays.items()} == dict.fromkeys(("W1", "W2"), "not tested")


def test_the_messages_of_a_check_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    told_all: Any = {"activations": "sigmoid", "loss": "mse"}
    found = diagnose(W, X, Y, G, **told_all)
    assert assert_gradient(W, X, Y, G, **told_all, strict=True, sign=1).verdict == "correct"
    with pytest.raises(AssertionError) as caught:
        assert_gradient(W, X, Y, [2 * g for g in G], **told_all)
    assert str(caught.value) == f"\n{diagnose(W, X, Y, [2 * g for g in G], **told_all)}"
    with pytest.raises(AssertionError) as caught:
        assert_gradient(W, X, Y, G, **told_all, sign=-1)
    assert str(caught.value) == f"\nThe sign is 1; expected -1.\n{found}"
    untested = {"W1": Array("not tested", 0.0, 1.0, 1)}
    for part in ({"cannot_tell": ("uphill",)}, {"unseen": ("biases were not checked",)}, {"arrays": untested}):
        changed: Any = replace(found, **part)
        monkeypatch.setattr(diagnosis, "diagnose", lambda *_, changed=changed, **__: changed)
        assert assert_gradient(W, X, Y, G) is changed
        with pytest.raises(AssertionError) as caught:
            assert_gradient(W, X, Y, G, strict=True)
        assert str(caught.value) == f"\nThese data leave something open, which strict does not accept.\n{changed}"


def test_a_mistake_that_only_some_layers_can_have_is_left_open_where_the_weights_are_symmetric() -> None:
    model = Model.random([2, 3, 3, 1], seed=0)
    middle = model.weights[1] + model.weights[1].T
    for w, unseen in ((middle, ("weights-not-transposed",)), (model.weights[1], ())):
        network = Model([model.weights[0], w, model.weights[2]])
        g = network.backward(network.forward(X), Y).weights
        found = diagnose(network.weights, X, Y, g, activations="sigmoid", loss="mse")
        assert (found.verdict, found.cannot_tell) == ("correct", unseen)


def test_every_argument_reaches_the_stage_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "diagnosed", lambda case: case)
    monkeypatch.setattr(diagnosis, "with_remarks", lambda case, found, *told: (found, case, *told))
    monkeypatch.setattr(diagnosis, "under_decay", lambda case, decay: (case, decay))
    model = Model([np.eye(2), np.eye(2)], [np.ones(2), np.zeros(2)], "tanh")
    g, rows = Model.random([2, 2, 2], seed=0, bias=True), "rows, (out, in)"
    arguments: Any = (model, X, np.hstack([Y, Y]), (g.weights, g.biases))
    found: Any = diagnose(*arguments, loss="mse", convention=rows, printed_loss=0.25, weight_decay=0.125)
    decay, case, printed, same = found
    assert (decay, same, printed, case.convention, case.loss) == (0.125, 0.125, 0.25, rows, "mse")
    (problem,) = case.problems
    assert (problem.convention, case.told) == (rows, [[phi] for phi in model.activations])
    for mine, its in zip(problem.bias_gradients, cast(Any, g.biases), strict=True):
        assert np.array_equal(mine, its)
    found = diagnose(*arguments)
    assert found[0] is found[1]
    assert (found[1].convention, found[1].loss, found[2:]) == (None, None, (None, 0.0))


def test_three_digits_are_too_few() -> None:
    found = diagnose(W, X, Y, [g.astype(np.float16) for g in G])
    assert (found.verdict, len(found.layers)) == ("unknown", 2)
    assert found.reason == "float16 holds three digits, too few to tell; compute in float32 or float64"


def test_a_check_says_to_the_diagnosis_all_that_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, found = list[Any](), diagnose(W, X, Y, G, activations="sigmoid", loss="mse")

    def told(*arguments: Any, **more: Any) -> Any:
        seen.append((arguments, more))
        return found

    monkeypatch.setattr(diagnosis, "diagnose", told)
    more = {"biases": "b", "activations": "phi", "loss": "mse", "convention": "rows"}
    assert assert_gradient("W", "X", "y", "g", **cast(Any, more)) is found
    assert seen == [(("W", "X", "y", "g"), more)]


# The stages, each by itself


def answer_of_stages(monkeypatch: pytest.MonkeyPatch, case: Case, fruitful: str) -> Any:
    """Diagnose with stages of which one alone finds something."""

    def finding(stage: str) -> Any:
        return lambda which, *more: stage if which is case and stage == fruitful else None

    def saying(verdict: str) -> Any:
        return lambda which, *more: (verdict, *more) if which is case else None

    def epsilon(which: Case, readings: Any, small: bool = True) -> Any:
        assert small or readings == ["a reading"]
        return finding("with_epsilon" if small else "large_epsilon")(which)

    def explained(which: Case, readings: Any, few: int, *more: Any) -> Any:
        return finding("explained" if few else "at once")(which)

    monkeypatch.setattr(diagnosis, "explained", explained)
    for stage in ("fitting", "with_clipping", "skipping"):
        monkeypatch.setattr(diagnosis, stage, finding(stage))
    for stage in ("is_correct", "apart_from", "is_mistake", "is_unknown"):
        monkeypatch.setattr(diagnosis, stage, saying(stage))
    monkeypatch.setattr(diagnosis, "with_epsilon", epsilon)
    monkeypatch.setattr(diagnosis, "concluded", saying("is_mistake"))
    monkeypatch.setattr(diagnosis, "hiding", lambda fit, readings: [])
    monkeypatch.setattr(diagnosis, "networks_for", lambda *_: [["a reading"], ["another"]])

    def read(which: Case, network: Any) -> Any:
        assert (which is case, fruitful == "at once" and network == ["another"]) == (True, False)
        return network

    monkeypatch.setattr(diagnosis, "read", read)
    return diagnosed(case)


@pytest.mark.parametrize(
    ("told", "loss", "fruitful", "answer"),
    [
        (True, "bce", "fitting", ("is_correct", "fitting")),
        (True, "bce", "with_epsilon", ("apart_from", *"with_epsilon")),
        (True, "bce", "explained", ("is_mistake", "explained")),
        (False, None, "explained", ("is_mistake", "explained")),
        (False, None, "at once", ("is_mistake", "at once")),  # from the readings for which an array speaks
        (True, "bce", "with_clipping", ("apart_from", *"with_clipping")),
        (True, "bce", "skipping", "skipping"),
        (False, "bce", "skipping", ("is_unknown", ["a reading"])),  # only of a network that was specified
        (True, "bce", "large_epsilon", ("apart_from", *"large_epsilon")),
        (False, "bce", "large_epsilon", ("is_unknown", ["a reading"])),  # only if both were specified
        (True, None, "large_epsilon", ("is_unknown", ["a reading"])),
        (True, "bce", "", ("is_unknown", ["a reading"])),
    ],
)
def test_the_first_stage_that_fits_answers(
    monkeypatch: pytest.MonkeyPatch, told: bool, loss: str | None, fruitful: str, answer: Any
) -> None:
    case = a_case(a_reading(), [[SIGMOID], [SIGMOID]] if told else None, loss)
    assert answer_of_stages(monkeypatch, case, fruitful) == answer


@pytest.mark.parametrize(("told", "more", "looked"), [(True, 1, True), (False, 1, False), (False, 0, True)])
def test_with_many_inputs_a_clipping_is_looked_for_only_under_activations_that_were_specified(
    monkeypatch: pytest.MonkeyPatch, told: bool, more: int, looked: bool
) -> None:
    case = a_case(a_reading(), [[SIGMOID], [SIGMOID]] if told else None, "bce")
    monkeypatch.setattr(diagnosis, "MANY", case.problems[0].X.size - more)
    answer = answer_of_stages(monkeypatch, case, "with_clipping")
    assert answer[0] == ("apart_from" if looked else "is_unknown")


def a_reading(*blocks: Block, phis: tuple[str, ...] = ("sigmoid", "sigmoid"), n: int = 2, d: int = 1) -> Reading:
    """Read a problem whose comparison with the correct gradient is given."""
    weights = (np.ones((2, 3)), np.ones((3, d)))[-len(phis) :]
    gradients = tuple(block.given for block in blocks if block.name[0] == "W") or weights
    x, y = np.ones((n, weights[0].shape[0])), np.full((n, d), 0.5)
    problem = Problem("rows, (in, out)", x, y, weights, None, gradients, None, (False,) * len(phis))
    found = {block.name: block for block in blocks}
    activations = tuple(backprop.network.ACTIVATIONS[name] for name in phis)
    families = ("mse", "binary_cross_entropy", "cross_entropy")
    return Reading(problem, activations, 1e-16, 1e-7, {}, _correct=dict.fromkeys(families, found))


def a_case(reading: Reading, told: Any = None, loss: str | None = None, known: bool = True, step: bool = False) -> Case:
    return Case([reading.problem], told, loss, 1e-16, 1e-7, {}, known, step, convention="rows, (in, out)")


def block(name: str, given: Any, made: Any, slack: float = 0.0, factor: float = np.nan, floor: float = 0.0) -> Block:
    return Block(name, np.array(given, float, ndmin=2), np.array(made, float, ndmin=2), slack, floor, factor)


def test_which_arrays_agree_and_which_are_tested() -> None:
    one = a_reading(
        block("W1", 3.0, 2.0, slack=1.0),  # at the edge of what rounding allows, and vague
        block("W2", 3.0, 2.0, slack=0.999),  # off, and therefore tested
        block("b1", [10.0, 10.0], [10.0, 9.0], slack=1.0),
        block("b2", 0.0, 0.0),  # zero as it should be
    )
    known, away = comparisons(a_case(one), one, losses(2, 1)[:1])
    assert (known.s, set(known.agree), set(known.tested)) == (1.0, {"W1", "b1", "b2"}, {"W2", "b1"})
    assert (away.s, set(away.agree), set(away.tested)) == (-1.0, {"b2"}, {"W1", "W2", "b1"})
    assert (known.reading, known.loss.name) == (one, "mse")
    assert [base.s for base in comparisons(a_case(one, step=True), one, losses(2, 1)[:1])] == [1.0]
    softmax = a_reading(phis=("sigmoid", "softmax"))
    assert not list(comparisons(a_case(softmax), softmax, [loss for loss in losses(2, 1) if "binary" in loss.family]))


@pytest.mark.parametrize(
    ("blocks", "factors"),
    [
        ([("W1", [2, 4], [1, 2], 0.2, 2.0), ("W2", [3, 6], [1, 2], 0.1, 3.0)], [3.0, 2.0]),  # the surest first
        ([("W1", [2, 4], [1, 2], 0.1, 2.0), ("W2", [3, 6], [1, 2], 0.1, -3.0)], [2.0]),  # uphill is no factor
        ([("W1", [2, 9], [1, 1], 0.1, 2.0), ("b2", 3, 1, 0.1, 3.0)], [3.0]),  # one number, if no array has a factor
        ([("W1", [2, 9], [1, 1], 0.1, 2.0), ("b2", 0.3, 1, 0.01, 0.3)], [0.3]),
        ([("W1", [2, 4], [1, 2], 0.1, 2.0), ("b2", 3, 1, 0.0, 3.0)], [2.0]),
        ([("W1", [2, 9], [1, 1], 0.1, 2.0), ("b2", -3, 1, 0.1, -3.0)], [0.5]),  # then that of the loss
        ([("W1", [0, 0], [0, 0], 0.1, np.nan)], [0.5]),
        ([("W1", [0, 0], [1, 1], 0.1, 0.0), ("b2", 3, 1, 0.1, np.nan)], [0.5]),
    ],
)
def test_the_factor_of_a_step_without_a_learning_rate(blocks: Any, factors: list[float]) -> None:
    one = a_reading(*(block(*parts) for parts in blocks), n=4)
    found = list(comparisons(a_case(one, known=False), one, losses(4, 1)[:1]))
    assert [base.s for base in found] == factors


def test_each_array_is_judged_by_itself() -> None:
    one = a_reading(
        block("W1", [2.0, 2.0], [1.0, 1.0], 0.1, 2.0),
        block("W2", [-3.0, -3.0], [1.0, 1.0], 0.1, -3.0),
        block("b1", [1.0, 2.0], [1.0, 1.0], 0.1, 1.5),  # in no ratio
        block("b2", [0.0, 0.0], [1.0, 1.0], 0.1, 0.0),
    )
    judged = judged_arrays(Baseline(one, losses(2, 1)[0], 2.0, frozenset({"W1"}), frozenset({"W1"})))
    assert {name: (a.verdict, a.factor, a.sign) for name, a in judged.items()} == {
        "W1": ("correct", 1.0, 1),
        "W2": ("incorrect", -1.5, -1),
        "b1": ("incorrect", None, None),
        "b2": ("incorrect", 0.0, None),
    }
    assert [judged[name].relative_error for name in ("W1", "W2", "b2")] == pytest.approx([0.0, 5 / 3, 1.0])
    edge = a_reading(block("W1", 2.5, 1.0, 0.25, 2.0), block("W2", 2.5, 1.0, 0.24, 2.0), block("b1", 2, 1, 1, np.nan))
    judged = judged_arrays(Baseline(edge, losses(2, 1)[0], 2.0, frozenset(), frozenset()))
    assert [a.factor for a in judged.values()] == [1.0, None, None]  # as far off as rounding allows, and farther
    turned = replace(one, problem=one.problem._replace(turned=(False, True)))
    agree = frozenset({"W1", "W2", "b1"})
    judged = judged_arrays(Baseline(turned, losses(2, 1)[0], 2.0, agree, frozenset({"b1"})))
    assert [judged[name].verdict for name in ("W1", "W2", "b1")] == ["not tested", "incorrect", "correct"]


def an_array(verdict: str, error: float = 0.5) -> Array:
    return Array(verdict, error, None, None)


@pytest.mark.parametrize(
    ("arrays", "layers"),
    [
        ({"W1": an_array("incorrect"), "b1": an_array("correct", 0.7)}, [("incorrect", ("slug",), 0.7)]),
        ({"W1": an_array("not tested"), "b1": an_array("correct")}, [("correct", (), 0.5)]),
        ({"W1": an_array("not tested"), "b1": an_array("not tested")}, [("unknown", ("slug",), 0.5)]),
        ({"W1": an_array("not tested", 0), "b1": an_array("not tested", 0)}, [("correct", (), 0)]),
        ({"W1": an_array("not tested", 0), "b1": an_array("not tested", 0.1)}, [("unknown", ("slug",), 0.1)]),
        ({"W1": an_array("correct"), "W2": an_array("incorrect")}, [("correct", (), 0.5), ("incorrect", (), 0.5)]),
    ],
)
def test_a_layer_is_judged_by_its_arrays(arrays: Any, layers: Any) -> None:
    found = judged_layers(arrays, len(layers), {"slug": [1], "other": [3]})
    assert [tuple(layer) for layer in found] == [(k, *layer) for k, layer in enumerate(layers, start=1)]


def test_a_layer_without_arrays_is_unknown() -> None:
    (layer,) = judged_layers({}, 1, {})
    assert (layer.verdict, layer.mistakes, layer.relative_error != layer.relative_error) == ("unknown", (), True)


def test_the_best_comparison_is_the_first_that_explains_the_most_arrays() -> None:
    one, loss = a_reading(), losses(2, 1)[0]
    bases = [
        Baseline(one, loss, s, frozenset(agree), frozenset(tested))
        for s, agree, tested in (
            (1.0, ["W1", "b1", "b2"], ["W2"]),
            (2.0, ["W1"], ["W1", "W2"]),
            (3.0, ["W2"], ["W2"]),
        )
    ]
    assert nearest(bases).s == 2.0
    assert nearest(bases[::-1]).s == 3.0


@pytest.mark.parametrize(
    ("phis", "y", "loss", "known", "names"),
    [
        ("sigmoid", 0.5, None, True, "mse mse_half mse_sum mse_half_sum bce bce_sum"),
        ("sigmoid", 0.5, None, False, "mse bce"),
        ("sigmoid", 1.5, None, False, "mse"),
        ("sigmoid", -0.5, None, False, "mse"),
        ("sigmoid", 1.0, None, False, "mse bce"),
        ("sigmoid", 0.0, None, False, "mse bce"),
        ("sigmoid", 1.5, "bce", True, "bce"),
        ("sigmoid", 0.5, "mse_sum", False, "mse_sum"),
        ("identity", 0.5, None, True, "mse mse_half mse_sum mse_half_sum"),
        ("identity", 0.5, "bce", True, ""),
        ("tanh", 0.5, "mse_half", True, "mse_half"),
    ],
)
def test_which_losses_go_with_a_reading(phis: str, y: float, loss: str | None, known: bool, names: str) -> None:
    one = a_reading(phis=("sigmoid", phis))
    one = replace(one, problem=one.problem._replace(y=np.array([[0.5], [y]])))
    found = [
        loss.name.replace("binary_cross_entropy", "bce") for loss in losses_for(a_case(one, None, loss, known), one)
    ]
    assert found == names.split()


def test_which_arrays_resemble_the_correct_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    g = model.backward(model.forward(X), Y)
    b1, b2 = cast(Any, g.biases)
    noise = np.random.default_rng(0).normal(size=(2, 3))
    across = noise - g.weights[0] * np.vdot(noise, g.weights[0]) / np.vdot(g.weights[0], g.weights[0])
    across *= np.linalg.norm(g.weights[0]) / np.linalg.norm(across)
    for share, alike in ((0.99e-3, True), (1.01e-3, False)):
        arrays = (-3 * (g.weights[0] + share * across), 0 * g.weights[1])
        problem = Problem("", X, Y, model.weights, model.biases, arrays, (7 * b1, 1 + b2), (False, False))
        one = Reading(problem, model.activations, 1e-16, 1e-7, {})
        assert resembling(one, "mse") == {"W2": True, "b2": True, "W1": alike, "b1": True}
        assert evidence_for(one, "mse") == 6 * alike + 3  # a single number speaks for nothing, and zeros neither
    floored = Reading(problem, model.activations, 1e-16, 1e-7, {"W1": 1.0})
    assert resembling(floored, "mse")["W1"]
    above = replace(one, problem=problem._replace(gradients=(g.weights[0], np.arange(3.0)[:, None])), resembling={})
    assert resembling(above, "mse") == {"W2": False, "b2": True, "W1": True, "b1": True}
    for one, first in (
        (above, {"W2": False}),
        (replace(above, problem=problem), {"W2": True, "b2": True, "W1": False}),
    ):
        one = replace(one, resembling={})
        assert not resembles(one, "mse")
        assert one.resembling["mse"][0] == first
        assert not resembles(one, "mse")  # when it is asked again
    above = replace(above, problem=above.problem._replace(bias_gradients=None), resembling={})
    assert resembling(above, "mse") == {"W2": False, "W1": True}  # the output may be the one that is incorrect
    for many, seen in ((X.size, True), (X.size - 1, False)):  # with many inputs, the layers below are not looked at
        monkeypatch.setattr(comparison, "MANY", many)
        assert resembling(replace(above, resembling={}), "mse") == {"W2": False, "W1": seen}


@pytest.mark.parametrize(("floor", "digits"), [(0.0, 1.0), (2e-3, 1.0), (2e-3, 0.0)])
def test_what_rounding_can_hide_resembles_everything(floor: float, digits: float) -> None:
    model = Model.random([2, 3, 1], seed=0)
    right = model.backward(model.forward(X), Y).weights[0]
    across = np.random.default_rng(0).normal(size=right.shape)
    across -= right * np.vdot(across, right) / np.vdot(right, right)
    across /= np.linalg.norm(across)
    unit = 1e-7 * digits
    for share, hidden in ((0.99, True), (1.01, False)):
        one = Reading(a_problem([across, right[:, :1]], model.weights), model.activations, unit, 1e-7, {"W1": floor})
        p = one.exact("mse")
        # a hundred times what rounding of the weights does, and a relative error of ten thousand units in a and in δ
        least = 100 * floor + 1e4 * unit * (1 + np.linalg.norm(X)) * (1 + np.linalg.norm(grammar.correct_error(p)))
        size = share * least / (1 - 1e-3)  # beside a thousandth of its own length
        one = replace(one, problem=a_problem([size * across, np.ones((3, 1))], model.weights))
        assert resembling(one, "mse")["W1"] is hidden


def test_biases_that_were_not_summed_are_compared_row_by_row() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    g = model.backward(model.forward(X), Y)
    b1, b2 = (np.repeat(b, len(X), axis=0) for b in cast(Any, g.biases))
    problem = Problem("", X, Y, model.weights, model.biases, g.weights, (b1, b2), (False, False))
    one = Reading(problem, model.activations, 1e-16, 1e-7, {})
    assert resembling(one, "mse") == dict.fromkeys(("W2", "b2", "W1", "b1"), True)
    b1[3, 1] *= 2
    assert resembling(replace(one, resembling={}), "mse") == {"W2": True, "b2": True, "W1": True, "b1": False}


def test_where_the_correct_gradient_is_zero_only_zeros_resemble_it() -> None:
    weights = (-np.ones((2, 3)), np.ones((3, 1)))
    for first, alike in ((0 * weights[0], True), (np.ones((2, 3)), False)):
        one = Reading(a_problem([first, np.ones((3, 1))], weights), (RELU, SIGMOID), 1e-16, 1e-7, {})
        assert resembling(one, "mse") == {"W2": False, "W1": alike}


def test_numbers_beyond_the_range_may_be_anything_and_warn_of_nothing() -> None:
    huge = [np.full((2, 3), 1e200), np.full((3, 1), 1e200)]  # all positive: no kernel has ∞ − ∞ in a sum
    one = Reading(a_problem(huge, huge), (RELU, RELU), 1e-16, 1e-7, {})
    assert resembling(one, "mse") == {"W2": True, "W1": True}
    power = Activation("power", lambda z: np.exp(1e3 + z), lambda z, a: a)
    with np.errstate(all="raise"):
        assert len(comparison.read(a_case(a_reading()), [(power, power)])) == 1


def test_a_unit_at_its_kink_is_read_with_every_slope_that_is_used_there() -> None:
    weights = (np.array([[1.0, -1.0], [1.0, 1.0]]), np.ones((2, 1)))
    problem = a_problem(weights, weights)
    one = Reading(problem, (RELU, RELU), 1e-16, 1e-7, {"W1": 3.0})
    same, *others = comparison.with_kinks(one)
    assert same is one
    z = np.array([-1.0, 0.0, 1.0])
    for other, slope in zip(others, (0.0, 1.0, 0.5), strict=True):
        assert (other.problem is problem, other.unit, other.coarse, other.floors) == (True, 1e-16, 1e-7, {"W1": 3.0})
        assert [phi.derivative(z, z).tolist() for phi in other.activations] == [[0, slope, 1], [0, slope, 1]]
        assert [phi.name for phi in other.activations] == ["relu", "relu"]
        assert [kink.any(axis=0).tolist() for kink in other.kinks] == [[True, True], [True]]
        kept = other.disturbed("mse").z[0][:, other.kinks[0]]
        assert not kept.any()
    apart = Reading(problem._replace(X=X + np.array([0.05, 0.017])), (RELU, RELU), 1e-16, 1e-7, {})
    assert list(comparison.with_kinks(apart)) == [apart]
    assert len(list(comparison.with_kinks(replace(one, activations=(SIGMOID, SIGMOID))))) == 1


def test_where_nothing_disturbs_a_unit_at_its_kink_only_slopes_that_change_the_gradient_are_read() -> None:
    weights, biases = (np.array([[1.0, 2.0], [1.0, 1.0]]), np.ones((2, 1))), (np.zeros(2), np.zeros(1))
    problem = Problem("", X[:3], Y[:3], weights, biases, weights, biases, (False, False))
    one = Reading(problem, (RELU, SIGMOID), 1e-16, 1e-7, {})
    assert not X[0].any()
    for biased, slopes in ((biases, [1.0, 0.5]), (None, [])):  # dW1 is not changed where the inputs are 0
        other = replace(one, problem=problem._replace(bias_gradients=biased))
        assert [comparison._derivative_at_zero(found.activations[0]) for found in comparison.with_kinks(other)][
            1:
        ] == slopes
    moved = replace(one, problem=problem._replace(biases=(np.array([0.1, 0.0]), biases[1])))
    assert [len(list(found.kinks)) for found in comparison.with_kinks(moved)] == [0, 2, 2]
    cancelled = problem._replace(weights=(np.array([[1.0, 2.0], [-1.0, 1.0]]), weights[1]), X=np.full((3, 2), 3.0))
    assert len(list(comparison.with_kinks(replace(one, problem=cancelled)))) == 4  # rounding may take z away from 0


@pytest.mark.parametrize(
    ("name", "slopes"),
    [("relu", (0, 1, 0.5)), ("leaky_relu", (0.01, 1, 0.505)), ("softplus", ()), ("silu", ()), ("softmax", ())],
)
def test_the_slopes_at_a_kink(name: str, slopes: tuple[float, ...]) -> None:
    assert comparison.derivatives_at_kink(backprop.network.ACTIVATIONS[name]) == pytest.approx(slopes)


@pytest.mark.parametrize(("told", "chosen"), [(None, 2), ([[SIGMOID], [SIGMOID]], 3)])
def test_the_likeliest_is_one_of_two_for_which_most_speaks(
    monkeypatch: pytest.MonkeyPatch, told: Any, chosen: int
) -> None:
    readings, evidence = [a_reading() for _ in range(5)], {"mse": [1, 3, 1, 2, 9], "binary_cross_entropy": [0, 0, 2, 0]}
    number = {id(one): i for i, one in enumerate(readings)}

    def agreeing(case: Case, one: Reading, candidates: Any) -> list[Baseline]:
        names = frozenset("abcd"[: number[id(one)] + 1])  # the later, the more arrays agree
        return [Baseline(one, loss, 1.0, names, names) for loss in candidates]

    def fitting_losses(case: Case, one: Reading) -> list[Any]:
        return [] if number[id(one)] == 4 else list({loss.family: loss for loss in losses(2, 1)}.values())

    monkeypatch.setattr(comparison, "evidence_for", lambda one, family: evidence.get(family, [0] * 4)[number[id(one)]])
    monkeypatch.setattr(comparison, "comparisons", agreeing)
    monkeypatch.setattr(comparison, "losses_for", fitting_losses)
    best = comparison.likeliest(a_case(readings[0], told), readings)
    assert best is not None
    assert number[id(best.reading)] == chosen
    assert comparison.likeliest(a_case(readings[0], told), readings[4:]) is None
    evidence["mse"][0] = evidence["mse"][1] = 0  # as much as for the one with which no loss goes
    best = comparison.likeliest(a_case(readings[0], told), [readings[0], readings[1], readings[4]])
    assert best is not None
    assert number[id(best.reading)] == 1


def test_readings_that_do_not_fit_do_not_end_the_look_at_the_others() -> None:
    good = Reading(a_problem(G), (SIGMOID, SIGMOID), 2**-52, 1e-7, {})
    turned = replace(good, problem=good.problem._replace(turned=(False, True)))
    other = Reading(good.problem, (SIGMOID, backprop.network.ACTIVATIONS["tanh"]), 2**-52, 1e-7, {})
    for told, loss in ((None, None), ([[SIGMOID], [SIGMOID]], "mse"), (None, "bce")):
        found = comparison.fitting(a_case(good, told, loss), [turned, other, good])
        assert [one.reading is good for one in found] == [True] * (loss != "bce")
    assert [one.loss.name for one in comparison.fitting(a_case(good), [good])] == ["mse"]


# What is added to an answer


def test_remarks_are_made_of_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    biases = (np.ones((1, 3)), np.zeros((1, 1)))
    problem = a_problem(G)._replace(convention="rows, (in, out)", biases=biases)
    mine = Activation("sigmoid", SIGMOID.value, SIGMOID.derivative)
    case = Case([problem._replace(convention="other"), problem], [[mine], [mine]], "mse", 1, 1, {}, True, True, 0.25)
    found = diagnose(W, X, Y, G, activations="sigmoid", loss="mse")
    seen: Any = []

    def remarks(*arguments: Any, **more: Any) -> tuple[str, ...]:
        seen.append((arguments, more))
        return ("a remark",)

    monkeypatch.setattr(diagnosis, "remarks", remarks)
    remarked = diagnosis.with_remarks(case, found, 0.75, 0.125, 0.5)
    assert vars(remarked) == vars(replace(found, remarks=cast(Any, ("a remark",))))
    (((model, x, y, loss), more),) = seen
    told = {"eta": 0.25, "printed_loss": 0.75, "weight_decay": 0.125, "momentum": 0.5}
    assert (x is problem.X, y is problem.y, loss, more) == (True, True, "mse", told)
    assert [phi is mine for phi in model.activations] == [True, True]
    assert np.array_equal(model.weights[0], W[0])
    assert np.array_equal(model.biases[0], biases[0])
    assert diagnosis.with_remarks(case._replace(told=None), found, None).remarks


@pytest.mark.parametrize(
    ("verdicts", "loss", "family"),
    [(["correct", "incorrect"], None, ""), (["incorrect", "not tested"], "bce sum", "binary_cross_entropy")],
)
def test_hints_are_added_to_what_is_unknown(
    monkeypatch: pytest.MonkeyPatch, verdicts: list[str], loss: str | None, family: str
) -> None:
    case = a_case(a_reading(), loss=loss)._replace(told=[[SIGMOID, RELU, MINE], [SIGMOID, RELU, MINE]], step=True)
    arrays = {f"W{i + 1}": Array(verdict, 0.5, None, None) for i, verdict in enumerate(verdicts)}
    found, seen, tried = nothing(2, "why", arrays=arrays), list[Any](), Hints(("one", "two"))
    found = replace(found, alternatives=(Alternative("mistake", (), "dW1", "mse", "a"),), place="dW1")

    def hints(*arguments: Any) -> Hints:
        seen.append(arguments)
        return tried

    monkeypatch.setattr(diagnosis, "hints", hints)
    for untouched in (replace(found, evidence="numbers"), replace(found, reason=TOO_SMALL_TO_TELL)):
        assert diagnosis.with_remarks(case, untouched, None) is untouched
    assert not seen
    assert vars(diagnosis.with_remarks(case, found, None)) == vars(replace(found, reason="why; one; two"))
    ((problems, networks, *rest),) = seen
    assert problems is case.problems
    assert networks == [(a, b) for a in (SIGMOID, RELU, MINE) for b in (SIGMOID, RELU, MINE)][:8]
    assert rest == [case.unit, True, "correct" in verdicts, family]
    tried = Hints(("one", "two"), everything=True)  # so that nothing else is to be said of the numbers
    expected = replace(found, reason="one; two", alternatives=(), place=None)
    assert vars(diagnosis.with_remarks(case, found, None)) == vars(expected)


def test_two_numbers_are_evidence_and_one_is_not() -> None:
    model = Model.random([2, 2, 1], seed=0, bias=True)
    g = model.backward(model.forward(X), Y)
    noise = tuple(np.random.default_rng(0).normal(size=w.shape) for w in g.weights)
    problem = Problem("", X, Y, model.weights, model.biases, noise, g.biases, (False, False))
    assert evidence_for(Reading(problem, model.activations, 1e-16, 1e-7, {}), "mse") == 2


def test_what_was_not_specified_is_listed() -> None:
    one, loss = a_reading(phis=("relu", "sigmoid")), losses(2, 1)[0]
    rows = "the convention rows, (in, out), that is Z = X W"
    phis, named = "the activations relu, sigmoid", "the loss mse, the mean squared error"
    relu, sigmoid = list(one.activations)
    case = a_case(one)
    assert list(assumed(case, one, loss)) == [phis, named]
    assert list(assumed(case._replace(convention=None), one, loss)) == [rows, phis, named]
    assert list(assumed(case._replace(problems=[one.problem] * 2), one, loss)) == [rows, phis, named]
    assert list(assumed(case._replace(told=[[relu], [sigmoid]], loss="mse"), one, loss)) == []
    assert list(assumed(case._replace(told=[[relu, sigmoid], [sigmoid]], loss="mse"), one, loss)) == [phis]


def test_nothing_but_rounding() -> None:
    vague, sure = block("W1", [1.0, 1.0], [1.0, 1.0], 1.0), block("W2", [1.0, 1.0], [1.0, 1.0], 0.01)
    for blocks, in_step, otherwise in (([vague], True, False), ([vague, sure], False, False)):
        one = a_reading(*blocks)
        base = Baseline(one, losses(2, 1)[0], 1.0, frozenset({"W1"}), frozenset({"W1"}))
        assert drowned(a_case(one, step=True), base) is in_step
        assert drowned(a_case(one), base) is otherwise
        assert drowned(a_case(one), base._replace(tested=frozenset()))


def test_what_nothing_can_be_said_of_agrees_all_the_same() -> None:
    one = a_reading(*(block(name, [1.1, 1.1], [1.0, 1.0], slack=1.0) for name in ("W1", "W2")))
    found = is_correct(a_case(one), [Baseline(one, losses(2, 1)[0], 1.0, frozenset({"W1", "W2"}), frozenset())])
    assert (found.verdict, found.reason) == (
        "unknown",
        "the gradient of layer 1, 2 is too small to be told from rounding",
    )


@pytest.mark.parametrize(("told", "fits"), [(None, 0), ([[SIGMOID], [SIGMOID]], 1)])
def test_a_quick_look_comes_first_where_much_is_to_be_tried(
    monkeypatch: pytest.MonkeyPatch, told: Any, fits: int
) -> None:
    one = a_reading(block("W1", np.ones((2, 3)), np.ones((2, 3))), block("W2", np.ones((3, 1)), np.ones((3, 1))))
    both = frozenset({"W1", "W2"})
    monkeypatch.setattr(comparison, "resembles", lambda reading, family: False)
    assert len(fitting(a_case(one, told, "mse_sum"), [one])) == 0
    monkeypatch.setattr(
        comparison,
        "comparisons",
        lambda case, reading, some: [Baseline(reading, loss, 1.0, both, frozenset({"W1"})) for loss in some],
    )
    assert len(fitting(a_case(one, told, "mse_sum"), [one])) == fits


def an_explanation(one: Reading, s: float) -> Explanation:
    loss = losses(2, 1)[0]
    return Explanation(one, loss, State(), 1, s / loss.factor, (), 0.0, 0.0, {})


def test_where_rounding_at_a_kink_hides_an_array_the_slopes_there_are_searched() -> None:
    given = {"W1": [1.1, 1.1], "W2": [0.0, 0.0]}
    one = a_reading(*(block(name, numbers, [1.0, 1.0], slack=1.0) for name, numbers in given.items()))
    kinked = replace(one, kinks=(np.array([[True]]),))
    for agree, tested, found in (
        ("W1 W2", "W1", []),
        ("W1 W2", "W2", [kinked]),
        ("W2", "W2", []),
        ("W1 W2", "", [kinked]),
    ):
        fit = Baseline(one, losses(2, 1)[0], 1.0, frozenset(agree.split()), frozenset(tested.split()))
        assert diagnosis.hiding(fit, [one, kinked]) == found
    assert diagnosis.hiding(fit, [one]) == []


@pytest.mark.parametrize(("found", "answer"), [([], "is_correct"), (["a mistake"], "is_mistake")])
def test_of_the_readings_at_a_kink_those_for_which_an_array_speaks_are_searched_once(
    monkeypatch: pytest.MonkeyPatch, found: list[str], answer: str
) -> None:
    case, told = a_case(a_reading()), list[Any]()

    def explained(which: Case, readings: Any, few: int, steps: Any) -> list[str]:
        told.append((which is case, readings, few, sum(1 for _ in steps)))
        return found

    monkeypatch.setattr(diagnosis, "fitting", lambda which, readings: ["a fit"])
    monkeypatch.setattr(diagnosis, "hiding", lambda fit, readings: [fit, "at a kink"])
    monkeypatch.setattr(diagnosis, "explained", explained)
    for name in ("is_correct", "is_mistake"):
        monkeypatch.setattr(diagnosis, name, lambda which, given, name=name: (name, which is case, given))
    answered: Any = diagnosed(case)
    assert answered == (answer, True, found or ["a fit"])
    assert told == [(True, ["a fit", "at a kink"], 0, diagnosis.STEPS)]


def test_what_explains_the_numbers_without_a_mistake_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    one, loss = a_reading(), losses(2, 1)[0]
    monkeypatch.setattr(diagnosis, "is_correct", lambda case, fits: fits)
    monkeypatch.setattr(diagnosis, "is_mistake", lambda case, found: "a mistake")
    bases = [Baseline(one, loss, s, *[frozenset[str]()] * 2) for s in (1.0, 1 + 2e-6, 1 + 1e-7, -1.0)]
    monkeypatch.setattr(diagnosis, "comparisons", lambda case, reading, candidates: bases)
    case, right = a_case(one), an_explanation(one, 1.0)
    answers: list[Any] = [
        diagnosis.concluded(case, [found, right]) for found in (right, replace(right, extra=("uphill",)))
    ]
    assert answers == [[bases[0], bases[2]], "a mistake"]
    assert diagnosis.concluded(case, [an_explanation(one, 2.0)]) == cast(Any, "a mistake")


def test_of_readings_that_differ_in_the_slope_at_a_kink_the_one_that_tests_the_most_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loss, other_loss = losses(2, 1)[:2]
    one = a_reading(block("W1", np.ones((2, 3)), np.ones((2, 3))), block("W2", np.ones((3, 1)), np.ones((3, 1))))
    kinked, apart = (
        replace(one, kinks=(np.array([[True]]),)),
        replace(one, problem=one.problem._replace(y=one.problem.y)),
    )

    def fit(reading: Reading, tested: str, of: LossReading = loss, s: float = 1.0) -> Baseline:
        return Baseline(reading, of, s, frozenset("ab"), frozenset(tested))

    given = [fit(one, "a"), fit(kinked, "ab"), fit(kinked, "b"), fit(one, "a", other_loss), fit(one, "a", s=2.0)]
    given += [fit(apart, "a"), fit(apart, "b")]
    monkeypatch.setattr(comparison, "comparisons", lambda case, reading, candidates: given)
    assert fitting(a_case(one, [[SIGMOID], [SIGMOID]]), [one]) == [given[i] for i in (1, 3, 4, 5)]


def test_the_layout_in_which_all_follows_from_one_delta_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    readings, loss = [a_reading() for _ in "1234"], losses(2, 1)[0]
    bases = [None if i == 1 else Baseline(one, loss, 1.0, *[frozenset[str]()] * 2) for i, one in enumerate(readings)]
    base_of = {id(one): base for one, base in zip(readings, bases, strict=True)}  # with the second no loss goes
    follows = {id(readings[i]): i == 3 for i in (0, 2, 3)}
    monkeypatch.setattr(unexplained, "likeliest", lambda case, some: base_of[id(some[0])])
    monkeypatch.setattr(unexplained, "_follows", lambda base, top: follows[id(base.reading)])
    case = a_case(readings[0], [[SIGMOID], [SIGMOID]])
    for some, best in ((readings, bases[3]), (readings[:3], bases[0])):
        assert unexplained._in_one_delta(case, some, cast(Baseline, bases[0])) is best


def test_without_a_change_only_the_likeliest_layout_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def judged(case: Case, readings: list[Reading]) -> Any:
        seen.append(len(readings))
        return nothing(2, "why")

    monkeypatch.setattr(unexplained, "is_unknown", judged)
    one = a_reading()
    case = a_case(one, [[SIGMOID], [SIGMOID]], "mse", step=True)._replace(problems=[one.problem] * 2)
    assert (unexplained.no_change(case).reason, seen) == ("why", [1])


def test_activations_that_were_not_specified_are_not_put_in_question(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Alternative("correct", (), None, "mse", "correct, if the activations are others")
    monkeypatch.setattr(unexplained, "_if_untold", lambda case: iter([other]))
    off = np.arange(6.0).reshape(2, 3)
    one = a_reading(block("W1", off, off + 1), block("W2", off[:1].T, off[:1].T + 1))
    for told, others in ((None, ()), ([[SIGMOID], [SIGMOID]], (other,))):
        assert is_unknown(a_case(one, told), [one]).alternatives == others


def test_why_nothing_can_be_said() -> None:
    vague = a_reading(block("W1", [1.0, 1.0], [1.0, 1.0], 1.0), block("W2", [1.0, 1.0], [1.0, 1.0], 1.0))
    told = [[SIGMOID], [SIGMOID]]
    drowned_ = is_unknown(a_case(vague, told, "mse", step=True), [vague])
    assert (drowned_.verdict, drowned_.reason) == ("unknown", TOO_SMALL_TO_TELL)
    none = is_unknown(a_case(vague, told, "cross_entropy"), [vague])
    assert none.reason == "no common loss goes with this output activation and these targets"


# Where a mistake can be, from the arrays that are incorrect alone


@pytest.mark.parametrize(
    ("wrong", "options", "places"),
    [
        ("W3", {}, ["dW3"]),
        ("b3", {}, ["db3"]),
        ("b1", {}, ["db1"]),
        ("W1", {}, ["dW1", "delta1"]),  # a δ whose examples are exchanged has the same sum
        ("W1", {"biases": False}, ["dW1"]),
        ("W2", {"biases": False}, ["dW2"]),
        ("W1 b1", {}, ["dW1", "delta1"]),
        ("W1 b1", {"step": True}, ["dW1", "delta1", "update"]),
        ("W1", {"row": True}, ["dW1", "delta1"]),
        ("W1 b1", {"row": True}, ["dW1", "delta1"]),
        ("W2 b2", {"row": True}, ["dW2", "db2"]),
        ("W2 b2", {}, ["dW2", "db2", "delta2"]),
        ("b1 b2", {}, ["db"]),  # every δ is correct
        ("W1 W2", {}, ["dW"]),
        ("W1 W2", {"untested": "b2"}, []),
        ("W1 b2", {}, []),
        ("W1 W2 b1 b2", {}, ["delta2"]),
        ("W1 W2 b1 b2", {"untested": "b1"}, ["delta2"]),
        ("W1 W2 b2", {"untested": "b1"}, ["delta2"]),
        ("W1 b1 W2", {"untested": "b2"}, ["delta2"]),
        ("W1 b1 W2 b2 W3 b3", {}, ["phi3", "forward"]),  # no one δ explains them
        ("W1 b1 W2 b2 W3 b3", {"step": True}, ["phi3", "forward", "update"]),
        ("W1 W2 W3", {"biases": False}, ["phi3", "dW", "forward"]),
        ("W1 b1", {"step": True, "moved": False}, ["dW1", "db1", "delta1"]),  # of δ both would be zero
        ("W1 b1 W2 b2 W3 b3", {"step": True, "moved": False}, []),
        ("W3", {"untested": "b3 W2 b2 W1 b1"}, ["dW3", "delta3", "db3"]),
        ("W3", {"untested": "b3 W2 b2 b1"}, ["dW3"]),
        ("W3 b3", {"untested": "W2 b2 W1 b1"}, []),
    ],
)
def test_where_a_mistake_can_be(wrong: str, options: dict[str, Any], places: list[str]) -> None:
    model = Model.random([2, 3, 4, 2], seed=0, bias=options.get("biases", True))
    rng = np.random.default_rng(1)
    x, y, away = rng.normal(size=(4, 2)), rng.random((4, 2)), wrong.split()
    g = model.backward(model.forward(x), y)
    by_name = {f"W{k}": w for k, w in enumerate(g.weights, start=1)}
    by_name |= {f"b{k}": b for k, b in enumerate(g.biases or (), start=1)}
    if options.get("moved", True):
        below = {name for name in by_name if name not in away}
        assert below | set(away) == set(by_name)
        if away in (["W1", "W2", "b1", "b2"], ["W1", "W2", "b2"], ["W1", "b1", "W2"]):  # they follow from one δ
            delta = rng.normal(size=(4, 4))
            trace = model.forward(x)
            lower = delta @ model.weights[1].T * trace.a[1] * (1 - trace.a[1])
            by_name |= {"W2": trace.a[1].T @ delta, "b2": delta.sum(axis=0, keepdims=True)}
            by_name |= {"W1": x.T @ lower, "b1": lower.sum(axis=0, keepdims=True)}
        else:
            by_name |= {name: rng.normal(size=by_name[name].shape) for name in away}
    else:
        by_name |= {name: 0 * by_name[name] for name in away}
    arrays = [tuple(by_name[f"{kind}{k}"] for k in (1, 2, 3) if f"{kind}{k}" in by_name) for kind in "Wb"]
    row = "last" if options.get("row") else ""
    problem = Problem("", x, y, model.weights, model.biases, arrays[0], arrays[1] or None, (False,) * 3, bias_row=row)
    reading = Reading(problem, model.activations, 1e-16, 1e-7, {})
    agree = frozenset(by_name) - set(away)
    base = Baseline(
        reading, losses(4, 2)[0], 0.25, agree, frozenset(by_name) - set(options.get("untested", "").split())
    )
    assert list(possible_places(a_case(reading, step=options.get("step", False)), base, away)) == places


@pytest.mark.parametrize(
    ("follows", "weighted", "options", "places"),
    [
        (True, True, {}, ["delta3", "sum"]),
        (True, True, {"n": 2, "step": True}, ["delta3", "sum"]),
        (True, True, {"n": 1}, ["delta3"]),  # one example has no sum
        (True, False, {}, ["delta3"]),
        (True, True, {"right": "W3 b3"}, ["delta2"]),  # the sum that is seen is that of the last layer
        (None, True, {}, ["delta3", "forward"]),
        (None, True, {"step": True}, ["delta3", "update", "forward"]),
        (None, True, {"right": "W3 b3"}, ["delta2"]),
        (None, True, {"right": "W3 b3 b2"}, ["delta2", "A1"]),
        (True, True, {"right": "W3 b3 b2", "step": True}, ["delta2", "A1", "update"]),  # b2 follows from no other δ
        (False, True, {}, ["phi3", "forward"]),
        (False, True, {"step": True}, ["phi3", "forward", "update"]),
        (True, True, {"right": "b1"}, []),
        (True, True, {"right": "b1", "step": True}, ["update"]),
    ],
)
def test_a_sum_in_which_examples_count_unequally_is_one_of_all_layers(
    monkeypatch: pytest.MonkeyPatch,
    follows: bool | None,
    weighted: bool,
    options: dict[str, Any],
    places: list[str],
) -> None:
    base = a_baseline(n=options.get("n", 4))
    names = ("W1", "b1", "W2", "b2", "W3", "b3")
    agree = frozenset(options.get("right", "").split())
    base = base._replace(agree=agree, tested=frozenset(names))
    monkeypatch.setattr(unexplained, "_follows", lambda best, top: follows)
    monkeypatch.setattr(unexplained, "_weighted", lambda best: best is base and weighted)
    case = a_case(base.reading, step=options.get("step", False))
    assert list(possible_places(case, base, [name for name in names if name not in agree])) == places


@pytest.mark.parametrize(
    ("place", "gradient", "step"),
    [
        ("update", "a mistake in the update", "a mistake in the update"),
        ("delta1", *["a mistake in delta1, or in what it is computed from"] * 2),
        (
            "phi2",
            *["a mistake in what all layers share, such as a function for the derivatives of the activations"] * 2,
        ),
        ("dW2", "a mistake in dW2", "a mistake in dW2, or in its update"),
        ("db", "a mistake in db of each of these layers", "a mistake in db of each of these layers, or in its update"),
        ("dW", "a mistake in dW of each of these layers", "a mistake in dW of each of these layers, or in its update"),
        (
            "dW1",
            "a mistake in dW1 or in delta1 (no other array shows which)",
            "a mistake in dW1 or in delta1, or in its update (no other array shows which)",
        ),
    ],
)
def test_a_place_in_words(place: str, gradient: str, step: str) -> None:
    one = a_reading()
    base = Baseline(one, losses(10, 1)[0], 1.0, frozenset(), frozenset())
    assert in_words(place, a_case(one), base) == gradient
    assert in_words(place, a_case(one, step=True), base) == step
    biased = replace(one, problem=one.problem._replace(bias_gradients=(np.ones((1, 3)), np.ones((1, 1)))))
    for agree, words in (("b1", "dW1"), ("W1", "dW1"), ("", "what makes dW1 and db1 from delta1")):
        base = base._replace(reading=biased, agree=frozenset([agree]))
        assert in_words("dW1", a_case(biased), base) == f"a mistake in {words}"


def fields(reading: Reading) -> Any:
    """List what a reading needs besides the problem."""
    return reading.activations, reading.unit, reading.coarse, reading.floors


def a_baseline(widths: tuple[int, ...] = (2, 3, 4, 2), n: int = 4, noise: float = 0.0) -> Baseline:
    """Compare arrays that follow from a δ of the second layer."""
    model, rng = Model.random(list(widths), seed=0, bias=True), np.random.default_rng(2)
    x, y = rng.normal(size=(n, widths[0])), rng.random((n, widths[-1]))
    trace = model.forward(x)
    delta = rng.normal(size=(n, widths[2]))
    lower = delta @ model.weights[1].T * trace.a[1] * (1 - trace.a[1])
    weights = (x.T @ lower, trace.a[1].T @ delta, 0 * model.weights[2])
    weights[0][0, 0] *= 1 + noise
    sums = (lower.sum(axis=0, keepdims=True), delta.sum(axis=0, keepdims=True), np.zeros((1, widths[-1])))
    problem = Problem("", x, y, model.weights, model.biases, weights, sums, (False,) * 3)
    reading = Reading(problem, model.activations, 1e-16, 1e-7, {})
    return Baseline(reading, losses(n, 2)[0], 1.0, frozenset(), frozenset(reading.given))


def test_whether_arrays_follow_from_one_delta() -> None:
    assert _follows(a_baseline(), 2) is True
    assert _follows(a_baseline(noise=1e-5), 2) is False
    assert _follows(a_baseline(noise=1e-9), 2) is True
    assert _follows(a_baseline(n=9), 2) is None  # 36 numbers for 25 equations
    assert _follows(a_baseline(widths=(2, 30, 101, 1), n=4), 2) is None  # too many
    assert _follows(a_baseline(widths=(2, 30, 40, 1), n=10), 2) is None
    assert _follows(a_baseline(widths=(2, 30, 5, 1), n=10), 2) is True

    def unsummed(base: Baseline) -> Baseline:
        biases = cast(Any, base.reading.problem.bias_gradients)
        problem = base.reading.problem._replace(bias_gradients=(np.ones((4, 3)), *biases[1:]))
        return base._replace(reading=replace(base.reading, problem=problem))

    assert _follows(unsummed(a_baseline()), 2) is None


@pytest.mark.parametrize(("n", "follows"), [(1, False), (2, None), (3, None)])
def test_two_equations_more_than_numbers_are_enough(n: int, follows: bool | None) -> None:
    model, rng = Model.random([2, 1], seed=0, bias=True), np.random.default_rng(3)
    x, y = rng.normal(size=(n, 2)), rng.random((n, 1))
    problem = Problem("", x, y, model.weights, model.biases, (np.array([[1.0], [7.0]]),), (np.ones((1, 1)),), (False,))
    reading = Reading(problem, model.activations, 1e-16, 1e-7, {})
    assert _follows(Baseline(reading, losses(n, 1)[0], 1.0, frozenset(), frozenset({"W1", "b1"})), 1) is follows


def test_an_array_of_small_numbers_must_follow_as_well() -> None:
    for noise, follows in ((0.0, True), (1e-5, False)):
        base = a_baseline(noise=noise)
        problem, small = base.reading.problem, 1e-4
        gradients = (small * problem.gradients[0], *problem.gradients[1:])
        reading = Reading(problem._replace(X=small * problem.X, gradients=gradients), *fields(base.reading))
        p = reading.exact("mse")
        whole = base.reading.exact("mse")
        vars(reading)["_exact"] = p._replace(a=[p.a[0], *whole.a[1:]], z=whole.z)
        assert _follows(base._replace(reading=reading), 2) is follows


def test_a_small_deviation_must_follow_as_closely_as_a_large_one() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    g = model.backward(model.forward(X[:4]), Y[:4], "mse")
    across = np.random.default_rng(0).normal(size=(2, 3))
    weights = (g.weights[0] + 1e-7 * across, g.weights[1])
    problem = Problem("", X[:4], Y[:4], model.weights, model.biases, weights, g.biases, (False, False))
    reading, mse = Reading(problem, model.activations, 1e-16, 1e-7, {}), losses(4, 1)[0]
    assert _follows(Baseline(reading, mse, mse.factor, frozenset(), frozenset(reading.given)), 2) is False


def test_examples_that_are_almost_the_same_count_once() -> None:
    model, y = Model.random([2, 1], seed=0, bias=True), np.array([[0.0], [1.0]])
    for apart, follows in ((1e-11, False), (1e-7, None)):
        x = np.array([[1.0, 2.0], [1.0 + apart, 2.0]])
        g, gb = np.array([[1.0], [7.0]]), np.ones((1, 1))
        problem = Problem("", x, y, model.weights, model.biases, (g,), (gb,), (False,))
        reading = Reading(problem, model.activations, 1e-16, 1e-7, {})
        base = Baseline(reading, losses(2, 1)[0], 1.0, frozenset(), frozenset({"W1", "b1"}))
        assert _follows(base, 1) is follows


@pytest.mark.parametrize(("apart", "follows"), [(2.01e-4, True), (1.99e-4, None)])
def test_a_delta_that_hardly_shows_may_be_ten_thousand_times_as_large(apart: float, follows: bool | None) -> None:
    x = np.array([[1.0, 0.0, 0.0, 0.0], [1.0, apart, 0.0, 0.0]])  # δ = (1, −1) is 2 / apart as large as what it makes
    w, identity = np.zeros((4, 1)), (backprop.network.ACTIVATIONS["identity"],)
    problem = Problem("", x, np.zeros((2, 1)), (w,), None, (x.T @ [[1.0], [-1.0]],), None, (False,))
    base = Baseline(Reading(problem, identity, 1e-16, 1e-7, {}), losses(2, 1)[0], 1.0, frozenset(), frozenset({"W1"}))
    assert _follows(base, 1) is follows


def test_nothing_is_said_of_each_layer() -> None:
    found = nothing(2, "why", place="dW1")
    assert (found.verdict, found.reason, found.place, found.loss, found.sign) == ("unknown", "why", "dW1", None, None)
    assert [layer[:3] for layer in found.layers] == [(1, "unknown", ()), (2, "unknown", ())]
    assert all(np.isnan(layer.relative_error) for layer in found.layers)


# Logarithms


def entropy_reading(plan: dict[str, str], scale: float = 1.0, unit: float = 2**-52) -> Reading:
    """Read a gradient of the binary cross-entropy that a changed backward pass gives."""
    model = Model([3 * W[0], 8 * W[1]])
    problem = Problem("rows, (in, out)", X, Y, model.weights, None, model.weights, None, (False, False))
    bare = Reading(problem, model.activations, unit, 1e-7, {})
    made = grammar.backward(bare.exact("binary_cross_entropy"), plan)
    return replace(bare, problem=problem._replace(gradients=(scale * made["W1"], scale * made["W2"])))


ENTROPY = next(loss for loss in losses(len(X), 1) if loss.name == "binary_cross_entropy")
TOLD_BCE: Any = {"told": [[SIGMOID], [SIGMOID]], "loss": "binary_cross_entropy"}


def clipped(p: Pass) -> Any:
    """Make the last layer's gradient, with predictions that are clipped at each of some bounds."""
    return lambda bounds: (p.a[-2].T @ grammar.error_with_clipping(p, bounds, "used")).reshape(len(bounds), -1)


def refined(p: Pass, g: np.ndarray, start: float) -> float:
    """Fit the bound of a clipping to the last layer's gradient."""
    [[[found]]] = _refined(clipped(p), g.ravel(), np.array([[[start]]]), logarithms.STEPS)
    return float(found)


@pytest.mark.parametrize(("epsilon", "start"), [(3.3e-6, 1e-5), (1e-4, 1e-4), (1.7e-9, 1e-9), (0.17, 0.05)])
@pytest.mark.parametrize("scale", [1.0, -0.5])
def test_an_epsilon_is_fitted(epsilon: float, start: float, scale: float) -> None:
    one = entropy_reading({"error": f"~epsilon:{epsilon!r}"}, scale)
    base = Baseline(one, ENTROPY, scale, frozenset(), frozenset())
    assert [*_fitted(base, [start])] == [pytest.approx(epsilon, rel=1e-5)]
    assert _near(one, "binary_cross_entropy") is (epsilon < 0.1)
    other = Baseline(entropy_reading({"error": "~clipped:used:0.3"}), ENTROPY, 1.0, frozenset(), frozenset())
    assert [*_fitted(other, [start])] == []


@pytest.mark.parametrize("epsilon", [1e-8, 2.3e-7, 0.003, 0.05, 0.2, 0.4, 1.0])
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_an_epsilon_that_changes_much_is_a_mistake(epsilon: float, output: str) -> None:
    rng, d = np.random.default_rng(0), 3
    x, model = rng.normal(size=(12, 3)), Model.random([3, 4, d], seed=0, activations=["tanh", output], bias=True)
    y = np.eye(d)[rng.integers(0, d, 12)] if output == "softmax" else rng.integers(0, 2, (12, d)) * 1.0
    loss = "cross_entropy" if output == "softmax" else "binary_cross_entropy"
    p = forward(Problem("", x, y, model.weights, model.biases, (), None, ()), model.activations, loss)
    factor = next(one.factor for one in losses(12, d) if one.name == loss)
    made = grammar.backward(p, {"error": f"~epsilon:{epsilon!r}"})
    given = ([factor * made[f"W{k}"] for k in (1, 2)], [factor * made[f"b{k}"] for k in (1, 2)])
    found = diagnose(model, x, y, given, loss=loss)
    off = max(array.relative_error for array in found.arrays.values())
    words = f"an ε of {epsilon:.3g} inside the logarithm"
    if epsilon == 1.0:
        assert (found.verdict, words in found.reason) == ("unknown", False)
    elif epsilon < 0.01:
        assert (found.verdict, found.reason, found.place) == ("correct", f"correct apart from {words}", None)
    else:
        told = ("mistake", f"your numbers fit {words}, which changes the gradient by {off:.0%}", "delta2")
        assert (found.verdict, found.reason, found.place) == told
        assert off > 0.1
        assert {layer.verdict for layer in found.layers} == {"incorrect"}
        assert "Mistake: δ of layer 2 is incorrect." in str(found)
    assert found.mistakes == ()


def test_an_epsilon_is_said_with_its_size_and_its_arrays() -> None:
    for epsilon in (1e-5, 3.3e-6):
        s = ENTROPY.factor
        one = entropy_reading({"error": f"~epsilon:{epsilon!r}"}, -s)
        found = with_epsilon(a_case(one, **TOLD_BCE), [entropy_reading({}, 5 * s), one])
        assert found is not None
        base, made, words, harmless = found
        assert (base.reading is one, base.s, words) == (True, -s, f"an ε of {epsilon:.3g} inside the logarithm")
        assert harmless == logarithms.HARMLESS
        assert all(block.off(base.s) <= 1 for block in made.values())
    changed = one.problem._replace(gradients=(0.5 * one.problem.gradients[0], one.problem.gradients[1]))
    assert with_epsilon(a_case(one, **TOLD_BCE), [replace(one, problem=changed)]) is None
    squares = entropy_reading({"error": "~epsilon:1e-05"}, 2 / len(X))
    assert with_epsilon(a_case(squares, [[SIGMOID], [SIGMOID]], "mse"), [squares]) is None


@pytest.mark.parametrize(("many", "size", "found"), [(3, 1.0, False), *((4, size, True) for size in (1e-6, 1.0, 1e6))])
def test_three_numbers_are_too_few_for_a_clipping(many: int, size: float, found: bool) -> None:
    rng = np.random.default_rng(1)
    x, y, w = rng.normal(size=(9, many)), (rng.random((9, 1)) < 0.5) * 1.0, 3 * rng.normal(size=(many, 1))
    problem = Problem("rows, (in, out)", size * x, y, (w / size,), None, (w,), None, (False,))
    one = Reading(problem, (SIGMOID,), 2**-52, 1e-7, {})
    loss = next(loss for loss in losses(9, 1) if loss.name == "binary_cross_entropy")
    made = grammar.backward(one.exact(loss.family), {"error": "~clipped:used:0.05"})["W1"]
    one = replace(one, problem=problem._replace(gradients=(loss.factor * made,)))
    assert (with_clipping(a_case(one, [[SIGMOID]], loss.name), one) is not None) is found


@pytest.mark.parametrize(
    ("place", "unseen", "looked"), [("phi1", set(), False), ("phi1", {"W2"}, True), ("phi2", set(), True)]
)
def test_a_clipping_is_looked_for_only_where_the_last_layer_is_not_seen_to_be_correct(
    monkeypatch: pytest.MonkeyPatch, place: str, unseen: set[str], looked: bool
) -> None:
    bounds, made = list[float](), grammar.error_with_clipping

    def seen(p: grammar.Pass, bound: float, which: str) -> np.ndarray:
        bounds.append(bound)
        return made(p, bound, which)

    def tested(*arguments: Any) -> list[Baseline]:
        return [one._replace(tested=one.tested - unseen) for one in comparisons(*arguments)]

    monkeypatch.setattr(grammar, "error_with_clipping", seen)
    monkeypatch.setattr(logarithms, "comparisons", tested)
    one = entropy_reading({place: "derivative-applied-twice"}, ENTROPY.factor)
    assert with_clipping(a_case(one, **TOLD_BCE), one) is None
    assert bool(bounds) is looked


@pytest.mark.parametrize(("share", "near"), [(0.0, True), (0.099, True), (0.101, False), (1.0, False)])
def test_nearly_the_correct_direction_is_within_a_tenth(share: float, near: bool) -> None:
    right = entropy_reading({})
    g = right.problem.gradients[1]
    across = np.array([[1.0], [-1.0], [0.5]])
    across -= g * np.vdot(across, g) / np.vdot(g, g)
    across *= share / np.sqrt(1 - share**2 + 1e-30) * np.linalg.norm(g) / np.linalg.norm(across)
    one = replace(right, problem=right.problem._replace(gradients=(right.problem.gradients[0], g + across)))
    assert _near(one, "binary_cross_entropy") is near


@pytest.mark.parametrize("which", ["used", "divided"])
@pytest.mark.parametrize(("bound", "many"), [(0.05, 6), (0.0371, 5), (0.11, 9)])
def test_clipped_predictions_are_counted(which: str, bound: float, many: int) -> None:
    s = ENTROPY.factor
    one = entropy_reading({"error": f"~clipped:{which}:{bound!r}"}, s)
    found = with_clipping(a_case(one, **TOLD_BCE), one)
    assert found is not None
    base, made, words, harmless = found
    assert harmless == np.inf
    p = one.exact("binary_cross_entropy").a[-1]
    assert many == np.sum((p < bound) | (p > 1 - bound))
    assert words == f"clipping of {many} predictions, at {bound:.3g} from 0 and 1: {grammar.CLIPPINGS[which]}"
    assert base.s == s
    assert all(block.off(s) <= 1 for block in made.values())


@pytest.mark.parametrize("which", ["used", "divided"])
@pytest.mark.parametrize(
    ("last", "bound", "many"),
    [
        (0.16, 0.2, None),  # all of them
        (0.45, 0.2, 8),
        (0.45, 0.2499, 8),
        (0.45, 0.2501, None),
        (0.498, 0.49, None),
    ],
)
def test_not_all_predictions_are_clipped_and_none_far_from_0_and_1(
    which: str, last: float, bound: float, many: int | None
) -> None:
    rng = np.random.default_rng(1)
    x, y, w = rng.normal(size=(9, 4)), (rng.random((9, 1)) < 0.5) * 1.0, rng.normal(size=(4, 1))
    away = np.append(np.linspace(0.02, 0.15, 8), last)[:, None]
    p = np.where(rng.random((9, 1)) < 0.5, away, 1 - away)
    x += (np.log(p / (1 - p)) - x @ w) * w.T / np.vdot(w, w)
    problem = Problem("rows, (in, out)", x, y, (w,), None, (w,), None, (False,))
    loss = next(loss for loss in losses(9, 1) if loss.name == "binary_cross_entropy")
    one = Reading(problem, (SIGMOID,), 2**-52, 1e-7, {})
    made = grammar.backward(one.exact(loss.family), {"error": f"~clipped:{which}:{bound!r}"})["W1"]
    one = replace(one, problem=problem._replace(gradients=(loss.factor * made,)))
    found = with_clipping(a_case(one, [[SIGMOID]], loss.name), one)
    assert (found is not None) is (many is not None)
    if found is not None:
        assert found[2].startswith(f"clipping of {many} predictions, at {bound:.3g} from 0 and 1: ")


@pytest.mark.parametrize(("wanted", "moved"), [(0.06, True), (0.7, False), (1.2, False), (-0.1, False)])
def test_a_bound_stays_between_zero_and_one_half(wanted: float, moved: bool) -> None:
    p = entropy_reading({}).exact("binary_cross_entropy")
    base, near = (p.a[-2].T @ grammar.error_with_clipping(p, bound, "used") for bound in (0.05, 0.05 + 5e-8))
    assert (refined(p, base + (near - base) / 5e-8 * (wanted - 0.05), 0.05) != 0.05) is moved


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("~epsilon:0.0001", "an ε of 0.0001 inside the logarithm"),
        ("~epsilon:0.00033", "an ε of 0.00033 inside the logarithm"),
        *(
            (f"~clipped:{which}:0.05", f"clipping of {{}} predictions, at 0.05 from 0 and 1: {text}")
            for which, text in list(grammar.CLIPPINGS.items())[:2]
        ),
    ],
)
def test_logarithms_of_several_classes(form: str, words: str) -> None:
    model, rng = Model.random([3, 4, 3], seed=2, activations=["tanh", "softmax"]), np.random.default_rng(3)
    w, phis = (model.weights[0], model.weights[1]), tuple(model.activations)
    x, y = rng.normal(size=(9, 3)), np.eye(3)[rng.integers(0, 3, 9)]
    problem = Problem("rows, (in, out)", x, y, w, None, w, None, (False, False))
    one = Reading(problem, phis, 2**-52, 1e-7, {})
    made = grammar.backward(one.exact("cross_entropy"), {"error": form})
    one = replace(one, problem=problem._replace(gradients=(made["W1"] / 9, made["W2"] / 9)))
    case = a_case(one, [[phi] for phi in phis], "cross_entropy")
    found = with_epsilon(case, [one]) if "epsilon" in form else with_clipping(case, one)
    away = one.exact("cross_entropy").a[-1]
    assert found is not None
    assert found[2] == words.format(np.sum((away < 0.05) | (away > 0.95)))


def test_large_and_small_inputs_are_compared_alike() -> None:
    for size in (1e-6, 1e6):
        model = Model([3 * W[0] / size, 8 * W[1]])
        problem = Problem("rows, (in, out)", size * X, Y, model.weights, None, model.weights, None, (False, False))
        one = Reading(problem, model.activations, 2**-52, 1e-7, {})
        made = grammar.backward(one.exact("binary_cross_entropy"), {"error": "~clipped:used:0.05"})
        gradients = (ENTROPY.factor * made["W1"], ENTROPY.factor * made["W2"])
        assert with_clipping(a_case(one, **TOLD_BCE), replace(one, problem=problem._replace(gradients=gradients)))
        w = (W[1][:1] / size,)
        single = Reading(Problem("", size * X[:, :1], Y, w, None, w, None, (False,)), (SIGMOID,), 2**-52, 1e-7, {})
        error = grammar.correct_error(single.exact("binary_cross_entropy"))
        near = replace(single, problem=single.problem._replace(gradients=(size * X[:, :1].T @ error,)))
        assert _near(near, "binary_cross_entropy")


def of_many_examples(form: str, size: float, seed: int) -> tuple[Case, Reading]:
    """Read a gradient of one layer, of 200 examples whose inputs are so large."""
    rng = np.random.default_rng(seed)
    x, y, w = rng.normal(size=(200, 4)), (rng.random((200, 1)) < 0.5) * 1.0, 3 * rng.normal(size=(4, 1))
    problem = Problem("rows, (in, out)", size * x, y, (w / size,), None, (w,), None, (False,))
    one = Reading(problem, (SIGMOID,), 2**-52, 1e-7, {})
    loss = next(loss for loss in losses(200, 1) if loss.name == "binary_cross_entropy")
    made = grammar.backward(one.exact(loss.family), {"error": form})["W1"]
    one = replace(one, problem=problem._replace(gradients=(loss.factor * made,)))
    return a_case(one, [[SIGMOID]], loss.name), one


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize(("seed", "many"), [(0, 111), (1, 136), (2, 135)])
def test_sums_of_many_examples_are_compared_beside_their_size(seed: int, many: int, size: float) -> None:
    found = with_clipping(*of_many_examples("~clipped:used:0.0537", size, seed))
    assert found is not None
    words = f"clipping of {many} predictions, at 0.0537 from 0 and 1: ŷ − y with the clipped predictions"
    assert found[2] == words
    case, one = of_many_examples("~epsilon:2.3e-07", size, seed)
    found = with_epsilon(case, [one])
    assert found is not None
    assert found[2] == "an ε of 2.3e-07 inside the logarithm"


def test_a_clipping_is_looked_for_along_the_same_direction_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []

    def unchanged(made: Any, g: np.ndarray, bounds: np.ndarray, times: int) -> np.ndarray:
        seen.append(g)
        return bounds

    monkeypatch.setattr(logarithms, "_refined", unchanged)
    case, one = of_many_examples("~clipped:used:0.0537", 1.0, 0)
    for _ in range(2):
        assert with_clipping(case, one) is None
    assert len(seen) % 2 == 0
    np.testing.assert_array_equal(seen[: len(seen) // 2], seen[len(seen) // 2 :])


@pytest.mark.parametrize(("n", "step"), [(1, 1), (7, 1), (59, 1), (60, 2), (119, 2), (120, 3)])
def test_a_bound_is_looked_for_between_the_predictions(monkeypatch: pytest.MonkeyPatch, n: int, step: int) -> None:
    seen: list[float] = []

    def unchanged(made: Any, g: np.ndarray, bounds: np.ndarray, times: int) -> np.ndarray:
        if times:
            seen.extend(bounds.ravel().tolist())
        return bounds

    rng = np.random.default_rng(0)
    away = np.sort(rng.uniform(0.01, 0.49, n))
    p = rng.permutation(np.where(rng.random(n) < 0.5, away, 1 - away))[:, None]
    x, w = np.hstack([np.log(p / (1 - p)), np.zeros((n, 3))]), np.eye(4)[:, :1]
    problem = Problem("", x, (p > 0.7) * 1.0, (w,), None, (w,), None, (False,))
    one = Reading(problem, (SIGMOID,), 2**-52, 1e-7, {})
    monkeypatch.setattr(logarithms, "comparisons", lambda *_: [Baseline(one, ENTROPY, 1.0, *[frozenset()] * 2)])
    monkeypatch.setattr(logarithms, "_refined", unchanged)
    assert with_clipping(a_case(one, [[SIGMOID]], "bce"), one) is None
    some = [*away[::step], 0.5]
    means = [np.sqrt(low * high) for low, high in pairwise(some)]
    assert len(means) <= 60
    starts = [*(bound for bound in logarithms.BOUNDS if bound >= away[0]), *means]
    np.testing.assert_allclose(seen[: len(starts)], starts, rtol=1e-9)
    assert "zeroed" in grammar.CLIPPINGS  # it shows only how many are clipped, so its bound is not fitted
    assert seen == seen[: len(starts)] * (len(grammar.CLIPPINGS) - 1)


@pytest.mark.parametrize(("share", "bound"), [(0.9999, 0.00849), (1.00005, 0.01)])
def test_a_bound_is_none_that_rounding_could_move_across_a_prediction(share: float, bound: float) -> None:
    rng, unit = np.random.default_rng(0), 1e-9
    p = np.array([0.004, 0.0072, 0.01 * (1 + share * 1e4 * unit), 0.2, 0.3, 0.7, 0.9])[:, None]
    x, y, w = np.hstack([np.log(p / (1 - p)), rng.normal(size=(7, 3))]), (p > 0.25) * 1.0, np.eye(4)[:, :1]
    one = Reading(Problem("", x, y, (w,), None, (w,), None, (False,)), (SIGMOID,), unit, 1e-7, {})
    loss = next(loss for loss in losses(7, 1) if loss.name == "binary_cross_entropy")
    made = grammar.backward(one.exact(loss.family), {"error": "~clipped:zeroed:0.01"})["W1"]
    one = replace(one, problem=one.problem._replace(gradients=(loss.factor * made,)))
    found = with_clipping(a_case(one, [[SIGMOID]], loss.name), one)
    assert found is not None
    assert found[2].startswith(f"clipping of 2 predictions, at about {bound} from 0 and 1: ")


@pytest.mark.parametrize(("third", "found"), [(0.0099, True), (0.0101, False)])
def test_where_examples_may_be_left_out_a_clipping_must_be_near(third: float, found: bool) -> None:
    rng = np.random.default_rng(0)
    p = np.array([0.002, 0.0036, third, 0.012, 0.3, 0.7, 0.9])[:, None]
    x, y, w = np.hstack([np.log(p / (1 - p)), rng.normal(size=(7, 3))]), (p > 0.25) * 1.0, np.eye(4)[:, :1]
    one = Reading(Problem("", x, y, (w,), None, (w,), None, (False,)), (SIGMOID,), 2**-52, 1e-7, {})
    loss = next(loss for loss in losses(7, 1) if loss.name == "binary_cross_entropy")
    made = grammar.backward(one.exact(loss.family), {"error": "~clipped:zeroed:0.011"})["W1"]
    one = replace(one, problem=one.problem._replace(gradients=(loss.factor * made,)))
    apart = with_clipping(a_case(one, [[SIGMOID]], loss.name), one)
    assert (apart is not None) is found
    if apart is not None:
        assert apart[2].endswith("which is zero where it acts, as if these examples were left out")
        assert apart[3] == logarithms.HARMLESS


def test_only_a_cross_entropy_has_a_logarithm_to_clip() -> None:
    rng = np.random.default_rng(0)
    predictions = rng.uniform(0.01, 0.99, (30, 1))
    x, y, w = np.hstack([predictions, rng.normal(size=(30, 3))]), (predictions > 0.5) * 1.0, np.eye(4)[:, :1]
    g = x.T @ (np.clip(predictions, 0.05, 0.95) - y) / 15
    problem, phis = Problem("", x, y, (w,), None, (g,), None, (False,)), (backprop.network.ACTIVATIONS["identity"],)
    squares = Reading(problem, phis, 2**-52, 1e-7, {})
    for name in (None, "mse"):
        assert with_clipping(a_case(squares, [[*phis]], name), squares) is None


def test_an_epsilon_in_use_is_tried_before_one_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    one, starts = entropy_reading({"error": "~epsilon:1e-05"}, ENTROPY.factor), list[float]()

    def fitted(base: Baseline, some: Sequence[float]) -> Iterator[float]:
        starts.extend(some)
        yield from ()

    monkeypatch.setattr(logarithms, "_fitted", fitted)
    found = with_epsilon(a_case(one, **TOLD_BCE), [one])
    assert found is not None
    assert (found[2], starts) == ("an ε of 1e-05 inside the logarithm", [])
    other = entropy_reading({"error": "~epsilon:0.2"}, ENTROPY.factor)
    assert with_large_epsilon(other, a_case(other, **TOLD_BCE)) is None
    assert starts == [*STARTS] * (len(starts) // len(STARTS))
    assert starts


@pytest.mark.parametrize("epsilon", [1e-7, 2e-6, 1e-4])
@pytest.mark.parametrize("how", ["inside", "clipped"])
def test_where_outputs_are_saturated_an_epsilon_or_a_bound_changes_the_gradient_and_is_found(
    epsilon: float, how: str
) -> None:
    """Some predictions differ from 0 and 1 by less than ε, many of which are wrong; others are not saturated."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(24, 5)), np.array([[2.0], [-1.0], [0.5], [1.0], [-2.0]])
    z = np.where(rng.random((24, 1)) < 0.5, 1, 6) * (x @ w)
    z += np.where(np.abs(z) > 6, np.sign(z) * (np.log(1 / epsilon) - 3), 0)
    x += (z - x @ w) * w.T / np.vdot(w, w)
    y = (rng.random((24, 1)) < 0.5) * 1.0
    model = Model([w], activations="sigmoid")
    p = model.forward(x).y_hat
    if how == "inside":
        dp = -y / (p + epsilon) + (1 - y) / (1 - p + epsilon)
        words = f"an ε of {epsilon:.3g} inside the logarithm"
    else:
        q = np.clip(p, epsilon, 1 - epsilon)
        dp, words = (q - y) / (q * (1 - q)), f"clipping of {np.sum(q != p)} predictions, at {epsilon:.3g} from 0 and 1"
    found = diagnose(model, x, y, [x.T @ (dp * p * (1 - p)) / 24], loss="bce")
    assert words in str(found)


@pytest.mark.parametrize(("fits", "named"), [([1e-7], True), ([1e-7, 2e-7], False), ([5e-8, 1e-7], False)])
def test_an_epsilon_that_changes_much_is_named_if_neither_half_of_it_nor_twice_as_much_would_do(
    monkeypatch: pytest.MonkeyPatch, fits: list[float], named: bool
) -> None:
    def made_with(one: Baseline, epsilon: float) -> dict[str, Block]:
        return one.reading.correct(one.loss.family) if any(abs(epsilon / e - 1) < 1e-9 for e in fits) else {}

    monkeypatch.setattr(logarithms, "_made_with", made_with)
    one = entropy_reading({"error": "~epsilon:0.2"}, ENTROPY.factor)
    assert with_large_epsilon(one, a_case(one, **TOLD_BCE)) == ("an ε of 1e-07 inside the logarithm" if named else None)


@pytest.mark.parametrize("bound", [1e-8, 3e-7])
def test_an_epsilon_is_not_named_where_many_would_do(bound: float) -> None:
    """Of the one prediction that is wrong, 1 − ŷ is 0, so that nothing tells one ε from another."""
    drawn, rng = Model.random([2, 4, 1], 23, ["tanh", "sigmoid"], bias=True), np.random.default_rng(23)
    model = Model([20 * w for w in drawn.weights], drawn.biases, drawn.activations)
    x, y = rng.normal(size=(rng.integers(4, 30), 2)), np.zeros((4, 1))
    y[:] = rng.random((4, 1)) < 0.5
    trace = model.forward(x)
    q = np.clip(trace.y_hat, bound, 1 - bound)
    delta = (q - y) / (q * (1 - q)) * trace.y_hat * (1 - trace.y_hat) / 4
    below = (delta @ model.weights[1].T) * (1 - trace.a[1] ** 2)
    sums = [one.sum(axis=0, keepdims=True) for one in (below, delta)]
    given = {"weights": [x.T @ below, trace.a[1].T @ delta], "biases": sums}
    assert "ε of" not in str(diagnose(model, x, y, given, loss="bce"))


@pytest.mark.parametrize("form", ["~epsilon:1e-05", "~clipped:used:0.05"])
@pytest.mark.parametrize(("off", "fits"), [(0.9, True), (1.1, False)])
def test_every_array_must_be_within_rounding(form: str, off: float, fits: bool) -> None:
    one = entropy_reading({"error": form}, ENTROPY.factor)
    first = one.blocks("binary_cross_entropy", {"error": form})["W1"]
    g, last = one.problem.gradients
    across = np.random.default_rng(0).normal(size=g.shape)
    g = g + off * ENTROPY.factor * first.slack * across / np.linalg.norm(across)
    changed = replace(one, problem=one.problem._replace(gradients=(g, last)))
    case = a_case(changed, **TOLD_BCE)
    found = with_epsilon(case, [changed]) if "epsilon" in form else with_clipping(case, changed)
    assert (found is not None) is fits


def test_no_clipping_where_nothing_is_clipped_or_an_array_is_off() -> None:
    s = ENTROPY.factor
    for which in ("used", "zeroed"):
        one = entropy_reading({"error": f"~clipped:{which}:0.05"}, s)
        changed = one.problem._replace(gradients=(1.001 * one.problem.gradients[0], one.problem.gradients[1]))
        assert with_clipping(a_case(one, **TOLD_BCE), replace(one, problem=changed)) is None
        squares = entropy_reading({"error": f"~clipped:{which}:0.05"}, 2 / len(X))
        assert with_clipping(a_case(squares, [[SIGMOID], [SIGMOID]], "mse"), squares) is None
    plain = entropy_reading({}, s)
    assert with_clipping(a_case(plain, **TOLD_BCE), plain) is None


@pytest.mark.parametrize("times", [0, 4, 12])
def test_a_fit_takes_as_many_steps_as_it_is_told(times: int) -> None:
    seen: list[np.ndarray] = []

    def made(numbers: np.ndarray) -> np.ndarray:
        seen.append(numbers)
        return np.array(np.cbrt(numbers[:, 0]))

    _refined(made, np.cbrt(np.array([0.2])), np.array([[[0.1]]]), times)
    assert len(seen) == 2 * times


@pytest.mark.parametrize(("entries", "calls"), [(1, [5]), (9999, [2, 2, 1]), (10_000, [2, 2, 1]), (10_001, [1] * 5)])
def test_fits_are_made_some_at_once_and_told_in_the_order_of_their_starts(entries: int, calls: list[int]) -> None:
    seen: list[int] = []

    def made(numbers: np.ndarray) -> np.ndarray:
        seen.append(len(numbers))
        return np.array((numbers[:, 0] - 0.2) * (numbers[:, 0] - 0.3))

    def fits(coarse: float) -> list[float]:
        return [*logarithms._agreeing(made, np.array([1e-9]), [0.4, 0.1, 0.3, 0.25, 0.2], 0, coarse, entries)]

    assert fits(1.001) == [0.3, 0.2]
    assert seen == calls
    assert fits(0.999) == []


@pytest.mark.parametrize(("vague", "found"), [(1, True), (2, False)])
def test_where_most_arrays_are_zero_anything_would_be_clipping(
    monkeypatch: pytest.MonkeyPatch, vague: int, found: bool
) -> None:
    one = entropy_reading({"error": "~clipped:used:0.05"}, ENTROPY.factor)
    blocks = one.blocks("binary_cross_entropy", {"error": "~clipped:used:0.05"})
    hidden = list(blocks)[:vague]
    monkeypatch.setattr(Block, "vague", lambda block, s: block.name in hidden)
    monkeypatch.setattr(
        logarithms, "comparisons", lambda *_: [Baseline(one, ENTROPY, ENTROPY.factor, *[frozenset()] * 2)]
    )
    assert (with_clipping(a_case(one, **TOLD_BCE), one) is not None) is found


@pytest.mark.parametrize("start", [0.036, 0.0371, 0.05])
def test_a_bound_is_refined(start: float) -> None:
    one = entropy_reading({"error": "~clipped:used:0.0371"})
    p = one.exact("binary_cross_entropy")
    assert refined(p, one.problem.gradients[1], start) == pytest.approx(0.0371, rel=1e-9)


# The factors with which a search begins


@pytest.mark.parametrize(
    ("blocks", "loss", "known", "factors"),
    [
        ([("W1", [7, 7], [1, 1], 0.1, 7.0)], None, True, []),
        ([("W1", [7, 7], [1, 1], 0.1, 7.0)], "mse", True, [0.5, -0.5]),  # the loss that was named, if nothing fits
        ([("W1", [1, 1], [1, 1], 1e-9, 1.0)], "mse", True, [1.0, 0.5, -0.5]),
        ([("W1", [1 / 6, 1 / 6], [1, 1], 1e-9, 1 / 6)], "mse", True, [0.5, -0.5]),  # a mean over three outputs
        ([("W1", [1.3, 1.3], [1, 1], 0.28, 1.3)], "mse", True, [0.5, -0.5]),  # 1.5 times what rounding allows
        ([("W1", [2, 2], [1, 1], 1e-9, 2.0)], None, True, [2.0]),
        ([("W1", [1], [1], 1.0, 1.0)], None, True, [0.5, 2.0, 1.0]),  # as far off as rounding allows
        ([("W1", [1], [1], 1.0, 1.0)], "mse", True, [0.5, 2.0, 1.0, 0.5, -0.5]),
        ([("W1", [-2, -2], [1, 1], 1e-9, -2.0), ("W2", [7, 7], [1, 1], 1e-9, 7.0)], None, True, [-2.0]),
        ([("W1", [0, 0], [0, 0], 1e-9, np.nan), ("W2", [7, 7], [1, 1], 1e-9, 7.0)], None, True, []),
        ([("W1", [7, 14], [1, 2], 0.1, 7.0), ("W2", [-3, -6], [1, 2], 0.1, -3.0)], None, False, [7.0, -3.0]),
        ([("W1", [7, 14], [1, 2], 0.1, 7.0), ("W2", [7, 14], [1, 2], 0.1, 7 * (1 + 0.9e-6))], None, False, [7.0]),
        (
            [("W1", [7, 14], [1, 2], 0.1, 7.0), ("W2", [7, 14], [1, 2], 0.1, 7 * (1 + 1.1e-6))],
            None,
            False,
            [7.0, 7 * (1 + 1.1e-6)],
        ),
        ([("W1", [0, 0], [1, 1], 0.1, 0.0), ("W2", [7, 3], [1, 1], 0.1, 5.0), ("b1", 3, 1, 0.1, 3.0)], None, False, []),
    ],
)
def test_the_factors_with_which_a_search_begins(blocks: Any, loss: Any, known: bool, factors: list[float]) -> None:
    one = a_reading(*(block(*parts) for parts in blocks), n=4)
    candidates = [found for found in told_losses(loss, 4, 1) if found.family == "mse"]
    assert diagnosis._scales_to_try(a_case(one, None, loss, known), one, candidates) == [None, *factors]


# In which order it is searched


@pytest.mark.parametrize(
    ("activations", "searches", "looks"),
    [
        # of the first networks those for which an array speaks, then the rest, and a few of the others
        (None, [(16, 0, False), (16, 16, True), (12, diagnosis.FEW, False)], (16, 0)),
        (
            [None, None],
            [(16, 16, False)],
            (16, 16),
        ),  # then predictions that are clipped, and activations that are left out
        ("sigmoid", [(1, 1, False)], (1, 1)),
    ],
)
def test_how_many_readings_are_searched(
    monkeypatch: pytest.MonkeyPatch, activations: Any, searches: Any, looks: tuple[int, int]
) -> None:
    found, others = [], Counter[str]()

    def explained(case: Case, readings: list[Reading], few: int, steps: Any, again: bool = False) -> list[Any]:
        found.append((len(readings), few, again))
        assert sum(1 for _ in steps) == diagnosis.STEPS * (len(found) == 1)  # one budget for all
        return []

    monkeypatch.setattr(diagnosis, "explained", explained)
    for name in ("with_clipping", "skipping"):
        monkeypatch.setattr(diagnosis, name, lambda case, reading, name=name: others.update([name]))
    noise = [np.random.default_rng(0).normal(size=w.shape) for w in W]
    assert diagnose(W, X, Y, noise, activations=activations).verdict == "unknown"
    assert found == searches
    assert (others["with_clipping"], others["skipping"]) == looks


def test_after_a_search_no_reading_keeps_the_disturbed_forward_pass_and_it_is_the_same_when_it_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched, explained = list[Reading](), diagnosis.explained

    def kept(case: Case, readings: list[Reading], *more: Any) -> Any:
        found = explained(case, readings, *more)
        searched.extend(readings)
        assert not [one for one in readings if "_disturbed" in vars(one)]
        return found

    monkeypatch.setattr(diagnosis, "explained", kept)
    noise = [np.random.default_rng(0).normal(size=w.shape) for w in W]
    assert diagnose(W, X, Y, noise).verdict == "unknown"
    before = searched[0].disturbed("mse")
    searched[0].forget()
    for one, other in zip(before.z, searched[0].disturbed("mse").z, strict=True):
        assert one is not other
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("many", "networks"), [(X.size, [20, 15]), (X.size - 1, [16, 15])])
def test_with_many_inputs_fewer_networks_are_read(
    monkeypatch: pytest.MonkeyPatch, many: int, networks: list[int]
) -> None:
    found = []

    def reading(case: Case, tried: list[Any]) -> list[Reading]:
        found.append(len(tried))
        return []

    monkeypatch.setattr(diagnosis, "MANY", many)
    monkeypatch.setattr(diagnosis, "read", reading)
    noise = [np.random.default_rng(0).normal(size=w.shape) for w in W]
    assert diagnose(W, X, Y, noise).verdict == "unknown"
    assert found == networks
    found.clear()
    assert diagnose(W, X, Y, noise, activations=[None, None]).verdict == "unknown"
    assert found == [20]


@pytest.mark.parametrize(("step", "searches"), [(True, 0), (False, 2)])
def test_a_step_that_is_only_rounding_is_not_searched(
    monkeypatch: pytest.MonkeyPatch, step: bool, searches: int
) -> None:
    noise = [np.random.default_rng(0).normal(size=w.shape) for w in W]
    found = []

    def explained(case: Case, readings: list[Reading], few: int, *more: Any) -> list[Any]:
        found.append(few)
        return []

    monkeypatch.setattr(diagnosis, "explained", explained)
    seen = list[Any]()

    def drowned(*arguments: Any) -> bool:
        seen.append(arguments)
        return True

    monkeypatch.setattr(diagnosis, "likeliest", lambda case, readings: "the likeliest" if case and readings else None)
    monkeypatch.setattr(diagnosis, "drowned", drowned)
    monkeypatch.setattr(diagnosis, "is_unknown", lambda case, readings: nothing(2, "unknown"))
    problem = a_problem(noise)._replace(convention="rows, (in, out)")
    one = Case([problem], [[SIGMOID], [SIGMOID]], "mse", 2**-52, 1e-7, {}, True, step)
    two = one._replace(told=None)
    answers = [diagnosed(one), diagnosed(two)]
    assert len(found) == searches * 2
    assert [answer.reason == TOO_SMALL_TO_TELL for answer in answers] == [step, step]
    assert seen == [(case, "the likeliest") for case in (one, two)] * step
    monkeypatch.setattr(diagnosis, "likeliest", lambda case, readings: None)
    assert (diagnosed(one).reason, len(seen)) == ("unknown", 2 * step)


@pytest.mark.parametrize(
    ("evidence", "few", "fruitful", "searched"),
    [
        ([0, 2, 1, 0, 3], 0, "", [4, 1, 2]),  # the most evidence first, those without not at all
        ([0, 2, 1, 0, 3], 1, "", [4, 1, 2, 0]),
        ([0, 2, 1, 0, 3], 2, "", [4, 1, 2, 0, 3]),
        ([0, 2, 1, 2, 3], 2, "1", [4, 1, 3]),  # less evidence cannot beat it
        ([3, 2, 1, 2, 3], 2, "0", [0, 4]),
        ([0, 0, 0, 0, 0], 3, "0", [0, 1, 2]),
        ([0, 0], 0, "", []),
        ([0, 1], 0, "", [1]),
        ([1] * 30, 1, "", list(range(24))),
    ],
)
def test_the_readings_with_the_most_evidence_are_searched_first(
    monkeypatch: pytest.MonkeyPatch, evidence: list[int], few: int, fruitful: str, searched: list[int]
) -> None:
    readings = [a_reading(n=4) for _ in evidence]
    number = {id(one): i for i, one in enumerate(readings)}
    found: list[tuple[int, str, float | None, int]] = []
    families, budget = ("mse", "binary_cross_entropy"), list[Any]()

    def steps(many: int = 999) -> Any:
        budget.append(iter(range(many)))
        return budget[-1]

    class Fake:
        def __init__(self, reading: Reading, family: str, named: list[float], steps: Any) -> None:
            self.reading, self.family, self.cost = reading, family, lambda state: -state
            assert (named, steps is budget[-1]) == (named_factors(reading), True)

        def explain(self, s: float | None, most: int) -> list[int]:
            found.append((number[id(self.reading)], self.family, s, most))
            return [len(found)]

    def explanations(search: Any, states: Any, candidates: Any, *told: bool) -> list[Any]:
        assert states == [len(found), len(found) - 1]  # of both factors, the cheapest first
        assert {loss.family for loss in candidates} == {search.family}
        assert told == (False, True, False)
        fits = str(number[id(search.reading)]) in fruitful.split() and found[-1][-1] == 2
        told_of = {"reading": search.reading, "hidden": False, "of": number[id(search.reading)]}
        return [SimpleNamespace(cost=cost, **told_of) for cost in (2.76, 2.75, 1.0)] * fits

    monkeypatch.setattr(diagnosis, "Search", Fake)
    monkeypatch.setattr(diagnosis, "explanations", explanations)
    monkeypatch.setattr(
        diagnosis, "evidence_for", lambda reading, family: evidence[number[id(reading)]] * (family in families)
    )
    monkeypatch.setattr(diagnosis, "_scales_to_try", lambda case, reading, candidates: [None, 0.5])
    case = a_case(readings[0])._replace(convention=None)
    costs = [(one.cost, cast(Any, one).of) for one in diagnosis.explained(case, readings, few, steps())]
    assert costs == [(cost, of) for cost in (1.0, 2.75) for of in map(int, fruitful.split()) for _ in "12"]
    assert found == [(i, f, s, most) for i in searched for f in families for most in (1, 2) for s in (None, 0.5)]
    some, many = [i for i in searched if evidence[i]], len(found)
    found.clear()
    diagnosis.explained(case, readings, few, steps(), again=True)
    assert list(dict.fromkeys(i for i, *_ in found)) == [i for i, one in enumerate(evidence) if not one][:few]
    for left in range(many + 1):  # what has been found so far is not told if another search would be one too many
        found.clear()
        told = diagnosis.explained(case, readings, few, steps(left))
        assert (len(found), bool(told)) == (left, bool(costs) and left == many)
    found.clear()
    for many_inputs, most in ((0, few), (1, 1)):  # with many inputs one at most
        found.clear()
        monkeypatch.setattr(diagnosis, "MANY", readings[0].problem.X.size - many_inputs)
        diagnosis.explained(case, readings, few, steps())
        assert list(dict.fromkeys(i for i, *_ in found)) == some + [i for i in searched if not evidence[i]][:most]


@pytest.mark.parametrize(("few", "searched"), [(0, 0), (1, 2)])
def test_one_reading_needs_no_evidence(monkeypatch: pytest.MonkeyPatch, few: int, searched: int) -> None:
    one, found = a_reading(n=4), list[str]()

    def explain(self: Search, s: float | None, most: int) -> list[Any]:
        found.append(self.family)
        return []

    monkeypatch.setattr(Search, "explain", explain)
    monkeypatch.setattr(diagnosis, "evidence_for", lambda reading, family: pytest.fail("there is no other"))
    assert diagnosis.explained(a_case(one), [one], few, iter(range(999))) == []
    assert len(set(found)) == searched


def test_where_no_loss_goes_with_the_output_nothing_is_searched() -> None:
    readings = [a_reading(phis=("sigmoid", "tanh")) for _ in "12"]
    assert diagnosis.explained(a_case(readings[0], loss="bce"), readings, 2, iter(range(999))) == []


@pytest.mark.parametrize(
    ("loss", "family"),
    [(None, ""), ("mse_sum", "mse"), ("bce", "binary_cross_entropy"), ("cross_entropy", "cross_entropy")],
)
def test_the_networks_that_are_tried_go_with_the_loss(
    monkeypatch: pytest.MonkeyPatch, loss: str | None, family: str
) -> None:
    found = []

    def networks(told: Any, depth: int, of: str) -> list[Any]:
        found.append((told, depth, of))
        return [[]]

    one = a_reading()
    monkeypatch.setattr(unexplained, "networks_for", networks)
    assert list(_if_untold(a_case(one, [[SIGMOID], [SIGMOID]], loss))) == []
    monkeypatch.setattr(diagnosis, "networks_for", networks)
    assert diagnosed(a_case(one, None, loss)).verdict == "unknown"
    assert found == [(None, 2, family)] * 2


def test_other_activations_are_told_with_the_first_loss_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [["first"], ["second"], ["never read"]]
    one, other = a_reading(phis=("tanh", "sigmoid")), a_reading(phis=("relu", "relu"))
    mse, half = losses(2, 1)[0], next(loss for loss in losses(2, 1) if loss.name == "mse_half")
    fits = [Baseline(at, loss, 1.0, frozenset(), frozenset()) for at, loss in ((one, half), (other, mse))]
    case, seen = a_case(one, [[SIGMOID], [SIGMOID]], "mse"), []

    def read(free: Case, group: Any) -> list[Any]:
        seen.append((free, group))
        return group * 6 * MIXED

    def fitting(free: Case, readings: Any) -> list[Baseline]:
        seen.append((free, readings))
        return fits if readings[0] == "second" else []

    monkeypatch.setattr(unexplained, "networks_for", lambda *_: groups)
    monkeypatch.setattr(unexplained, "read", read)
    monkeypatch.setattr(unexplained, "fitting", fitting)
    text = "correct for mse_half, if the activations are tanh, sigmoid"
    assert list(_if_untold(case)) == [Alternative("correct", (), None, "mse_half", text)]
    free = case._replace(told=None)
    assert seen == [(free, part) for group in groups[:2] for part in (group, group * 4 * MIXED)]


# What else may have been handed in


@pytest.mark.parametrize(
    ("given", "longer"),
    [
        ([1.0, 1.0, 1.0, 1.0], False),  # at 60 degrees
        ([1.001, 1.0, 1.0, 1.0], True),
        ([1.0, 0.0, 0.0, 0.0], False),  # no longer than the gradient
        ([1.001, 0.0, 0.0, 0.0], True),
        ([-9.0, 0.0, 0.0, 0.0], False),
        ([9.0, 0.0], False),
    ],
)
def test_a_step_with_earlier_gradients_is_longer_and_in_about_the_same_direction(given: Any, longer: bool) -> None:
    right = np.array([1.0, 0.0, 0.0, 0.0])
    assert accumulated({"W1": np.array(given)}, {"W1": right}) is longer
    assert not accumulated({"W1": np.array(given), "W2": right}, {"W1": right, "W2": right})  # all arrays, or none


def a_problem(gradients: Any, weights: Any = W) -> Problem:
    return Problem("", X, Y, tuple(weights), None, tuple(gradients), None, (False, False))


@pytest.mark.parametrize("eta", [1.0, 0.1, 2e-5, 10.0])
def test_a_difference_of_weights_is_seen_before_and_after(eta: float) -> None:
    new = [w - eta * g for w, g in zip(W, G, strict=True)]
    quotient = [(w - after) / eta for w, after in zip(W, new, strict=True)]
    assert _is_difference(a_problem(quotient))
    assert _is_difference(a_problem(quotient, new))
    assert not _is_difference(a_problem(G))
    assert not _is_difference(a_problem([0 * g for g in quotient]))


@pytest.mark.parametrize(("share", "seen"), [(1 / 64.5, True), (1 / 63.5, False)])
def test_a_difference_is_less_than_a_64th_of_the_weights(
    monkeypatch: pytest.MonkeyPatch, share: float, seen: bool
) -> None:
    monkeypatch.setattr(hints_module, "LEARNING_RATES", (1.0,))
    w = np.linspace(0.7, 0.71, 5)[None]
    assert _is_difference(a_problem([w - (w - share * w)], [w])) is seen


@pytest.mark.parametrize(
    ("exponent", "units", "seen"), [(-7, 0, True), (-6, 0, False), (-7, 4, True), (-7, -4, False), (-7, 5, False)]
)
def test_a_difference_is_rounded_by_four_units_at_most(
    monkeypatch: pytest.MonkeyPatch, exponent: int, units: int, seen: bool
) -> None:
    monkeypatch.setattr(hints_module, "LEARNING_RATES", (1.0,))
    w = np.array([[1.0, 2.0, 4.0, 8.0]])
    assert _is_difference(a_problem([w * 2.0**exponent * (1 + units * 2.0**-52)], [w])) is seen


def test_the_error_alone_is_tried_where_the_derivative_of_the_output_is_zero() -> None:
    x, w = np.array([[1.0], [2.0]]), np.array([[40.0, 41.0]])
    y = np.array([[0.0, 1.0], [1.0, 0.0]])
    a = SIGMOID.value(x @ w)
    assert (SIGMOID.derivative(x @ w, a) == 0).all()
    problem = Problem("", x, y, (w,), None, (3 * x.T @ (a - y),), None, (False,))
    p = forward(problem, (SIGMOID,), "mse")
    assert _deviation(problem, p, ["mse", "binary_cross_entropy"]) < 1e-15
    assert _deviation(problem, p, ["mse"]) == np.inf


def test_the_deviation_is_that_of_the_likeliest_loss_and_infinite_beyond_the_limit() -> None:
    x, w, y = np.array([[1.0], [2.0]]), np.array([[0.4, -0.3]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    problem = Problem("", x, y, (w,), None, (3 * x.T @ (SIGMOID.value(x @ w) - y),), None, (False,))
    p = forward(problem, (SIGMOID,), "mse")
    far = _deviation(problem, p, ["mse"])
    assert 1e-3 < far < 1
    for wanted in (["binary_cross_entropy", "mse"], ["mse", "binary_cross_entropy"]):
        assert _deviation(problem, p, wanted) < 1e-15
    assert (_deviation(problem, p, ["mse"], far), _deviation(problem, p, ["mse"], 0.999 * far)) == (far, np.inf)


def a_line(x: np.ndarray, examples: slice, after: float = 0.0) -> Problem:
    """Hand in the gradient of some examples, of one layer without activation, maybe with weights from after it."""
    w, b, y = np.array([[0.3], [-0.2]]), np.array([[0.1]]), np.resize([[1.0], [0.0], [2.0], [1.0]], (len(x), 1))
    delta = (x @ w + b - y)[examples]
    g, gb = x[examples].T @ delta, delta.sum(axis=0, keepdims=True)
    return Problem("", x, y, (w - after * g,), (b - after * gb,), (g,), (gb,), (False,))


def tried(problem: Problem, work: float, is_step: bool = False) -> list[str]:
    return list(_tried(problem, [backprop.network.ACTIVATIONS["identity"]], ["mse"], 2**-52, work, is_step))


def of_batch(words: str) -> list[str]:
    return [f"it is the gradient of the {words} only, so pass X and y of that mini-batch"]


def test_work_is_counted_to_the_last_multiplication() -> None:
    x = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0], [-2.0, 1.0]])
    line = np.array([[1.0], [2.0], [-1.0], [3.0]]) * x[:1]  # then the gradients of all mini-batches are parallel
    whole = 6.0 * 4 * 2  # of all examples; of k of them, k quarters
    for data, examples, work, words in (
        (x, slice(1), whole / 4, "first example"),  # only what agrees along two directions is tried
        (x, slice(1, 4), whole * 3 / 4, "last 3 examples"),
        (x, slice(2, 4), whole * 2 / 4, "last 2 examples"),
        (line, slice(2), whole * 3 / 4, "first 2 examples"),  # after one of one example, of which the biases are others
        (line, slice(1, 4), 2 * whole * 6 / 4, "last 3 examples"),
    ):
        assert tried(a_line(data, examples), work) == of_batch(words)
        assert tried(a_line(data, examples), work - 1) == []
    before = (
        "it is the gradient at the weights before an update with η = 1, but the weights are those after it, so pass "
    )
    before += "a copy of the weights that was made before the update"
    for data, work in ((x, whole), (line, 2 * whole * 6 / 4 + whole)):
        assert tried(a_line(data, slice(4), after=1.0), work) == [before]
        assert tried(a_line(data, slice(4), after=1.0), work - 1) == []
    assert tried(a_line(x, slice(4), after=1.0), 1e9, is_step=True) == []  # a step has both


def test_mini_batches_of_every_size_are_tried_but_not_all_examples() -> None:
    x = np.random.default_rng(5).normal(size=(199, 2))
    for k in (2, 51, 73, 101, 198):
        assert tried(a_line(x, slice(k)), 1e9) == of_batch(f"first {k} examples")
        assert tried(a_line(x, slice(199 - k, 199)), 1e9) == of_batch(f"last {k} examples")
    assert tried(a_line(x, slice(199)), 1e9) == []


def test_the_last_example_of_a_mini_batch_may_add_little() -> None:
    x = np.random.default_rng(6).normal(size=(60, 2))
    x[9::10] *= 1e-7  # what rounding may do is that of the whole sum
    for k in (10, 20, 30, 40, 50):
        assert tried(a_line(x, slice(k)), 1e9) == of_batch(f"first {k} examples")
        assert tried(a_line(x, slice(k - 1, 60)), 1e9) == of_batch(f"last {61 - k} examples")


@pytest.mark.parametrize("unit", [2.0**-52, 2.0**-23])
@pytest.mark.parametrize(("off", "agrees"), [(0.99, True), (1.01, False)])
@pytest.mark.parametrize("which", ["gradients", "bias_gradients"])
def test_how_closely_a_gradient_of_other_data_must_agree(which: str, off: float, agrees: bool, unit: float) -> None:
    x = np.random.default_rng(6).normal(size=(9, 2))
    problem, phis = a_line(x, slice(9)), [backprop.network.ACTIVATIONS["identity"]]
    p = forward(problem, phis, "mse")
    delta = np.abs(p.a[-1] - p.y)
    rows = np.abs(x) if which == "gradients" else np.ones((9, 1))
    closely = min(1e5 * unit, 1e-4)
    room = closely * np.linalg.norm(rows.T @ delta)  # what the terms of the sums could round to
    (g,) = cast(Any, getattr(problem, which))
    across = np.array([[g[1, 0]], [-g[0, 0]]]) / np.linalg.norm(g) if which == "gradients" else np.ones((1, 1))
    changed = problem._replace(**cast(Any, {which: (g + off * room * across,)}))
    assert _deviation(problem, p, ["mse"]) < 1e-15
    assert (_deviation(changed, p, ["mse"]) <= closely) is agrees


def test_where_an_array_is_correct_nothing_else_was_handed_in() -> None:
    problem, phis = (
        a_line(np.random.default_rng(6).normal(size=(9, 2)), slice(4)),
        [backprop.network.ACTIVATIONS["identity"]],
    )
    told = hints_module.hints([problem], [phis], 2**-52)
    assert told == Hints(tuple(of_batch("first 4 examples")), everything=True)
    assert hints_module.hints([problem], [phis], 2**-52, some_correct=True) == Hints(())


def test_the_work_of_all_networks_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[float] = []

    def nothing_found(problem: Problem, network: Any, wanted: Any, unit: float, work: float, is_step: bool) -> Any:
        left.append(work)
        return iter(())

    monkeypatch.setattr(hints_module, "_tried", nothing_found)
    cost = 6.0 * len(X) * 9 * len(hints_module.LEARNING_RATES)  # of 2 · 3 + 3 · 1 weights
    monkeypatch.setattr(hints_module, "MOST_WORK", 3.5 * cost)
    found = hints_module.hints([a_problem([w + 1 for w in W])], [[SIGMOID] * 2] * 9, 2**-52)
    assert found == Hints(("if the network has biases, pass them as well",))
    assert left == [3.5 * cost, 2.5 * cost, 1.5 * cost, 0.5 * cost]


def test_a_difference_across_a_power_of_two_is_one_from_either_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints_module, "LEARNING_RATES", (1.0,))
    below = 1 - (2.0 ** np.arange(10, 20) + 1) * 2.0**-53  # their last digit is half as large as above 1
    above = 1 + np.arange(1, 11) * 2.0**-40
    for before, after in ((below, above), (above, below)):
        assert _is_difference(a_problem([before - after], [before]))
        assert _is_difference(a_problem([before - after], [after]))


def test_three_numbers_are_too_few_for_a_difference_and_those_of_one_size_count_once() -> None:
    for many in (3, 4):
        w = np.full((1, many), 0.7)
        for g in (np.linspace(0.1, 0.123, many)[None], np.full((1, many), 0.123) * (-1) ** np.arange(many)):
            quotient = (w - (w - 0.01 * g)) / 0.01
            assert _is_difference(a_problem([quotient], [w])) is bool(many == 4 and g.min() > 0)


# What is said of a correct gradient


def test_apart_from_something_all_is_correct() -> None:
    small = block("W1", np.full((2, 3), 1.1), np.ones((2, 3)), slack=1.0)
    one = a_reading(small, block("W2", np.ones((3, 1)), np.ones((3, 1))))
    base = Baseline(one, losses(2, 1)[0], 1.0, frozenset({"W1", "W2"}), frozenset({"W2"}))
    found = is_correct(a_case(one), [base])
    assert (found.verdict, found.cannot_tell) == ("unknown", ())
    assert found.reason == "the gradient of layer 1 is too small to be told from rounding"
    assert found.evidence == "all 3 numbers agree to the last bit"
    made = {"W1": small._replace(made=small.given), "W2": one.correct("mse")["W2"]}
    apart = apart_from(a_case(one), base, made, "something", np.inf)
    assert (apart.verdict, apart.reason, apart.evidence) == ("correct", "correct apart from something", "")
    assert (apart.cannot_tell, apart.alternatives, apart.scale, apart.sign) == ((), (), 1.0, 1)
    assert set(apart.arrays.values()) == {Array("correct", 0.0, 1.0, 1)}
    assert [layer.verdict for layer in apart.layers] == ["correct", "correct"]


def test_an_array_too_small_beside_one_that_is_not() -> None:
    one = a_reading(block("W1", [1.1], [1.0], slack=1.0), block("b1", [1.0], [1.0]), block("W2", [1.0], [1.0]))
    base = Baseline(one, losses(2, 1)[0], 1.0, frozenset({"W1", "b1", "W2"}), frozenset({"b1", "W2"}))
    for case, word in ((a_case(one), "gradient"), (a_case(one, known=False, step=True), "change")):
        found = is_correct(case, [base])
        assert (found.verdict, found.reason) == ("correct", f"the {word} of W1 is too small to be told from rounding")


def test_nothing_is_fitted_to_a_dead_network() -> None:
    weights = (-np.ones((2, 3)), np.ones((3, 1)))
    problem = Problem("rows, (in, out)", X, Y, weights, None, tuple(0 * w for w in weights), None, (False, False))
    one = Reading(problem, (RELU, SIGMOID), 2**-52, 1e-7, {})
    p = one.exact("binary_cross_entropy")
    assert refined(p, problem.gradients[1], 0.05) == 0.05
    assert not _near(one, "binary_cross_entropy")


def test_what_is_named_comes_before_what_a_model_brings() -> None:
    model = Model.random([2, 3, 1], seed=0, bias=True)
    g = model.backward(model.forward(X), Y)
    assert diagnose(model, X, Y, g, loss="mse").verdict == "correct"
    assert diagnose(model, X, Y, g, loss="mse", activations=["tanh", "sigmoid"]).activations == ("tanh", "sigmoid")
    other = [b + 0.3 for b in cast(Any, model.biases)]
    assert diagnose(model, X, Y, g, loss="mse", biases=other).verdict == "unknown"


def test_losses_that_do_not_go_with_an_output_are_left_out() -> None:
    softmax = a_reading(phis=("sigmoid", "softmax"), d=2)
    names = [base.loss.name for base in comparisons(a_case(softmax, step=True), softmax, losses(2, 2))]
    assert "binary_cross_entropy" not in names
    assert names[-3:] == ["cross_entropy", "cross_entropy_entries", "cross_entropy_sum"]


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize("which", grammar.CLIPPINGS)
def test_clipped_predictions_are_seen_whatever_is_told(output: str, which: str) -> None:
    rng, d = np.random.default_rng(0), 3
    x, model = rng.normal(size=(20, 3)), Model.random([3, 4, d], seed=0, activations=["tanh", output], bias=True)
    w = tuple(3 * w for w in model.weights)
    y = np.eye(d)[rng.integers(0, d, 20)] if output == "softmax" else rng.integers(0, 2, (20, d)) * 1.0
    loss = "cross_entropy" if output == "softmax" else "binary_cross_entropy"
    p = forward(Problem("", x, y, w, model.biases, (), None, ()), model.activations, loss)
    factor = next(one.factor for one in losses(20, d) if one.name == loss)
    made = grammar.backward(p, {"error": f"~clipped:{which}:0.03"})
    given = ([factor * made[f"W{k}"] for k in (1, 2)], [factor * made[f"b{k}"] for k in (1, 2)])
    for told in ({}, {"loss": loss}, {"activations": ["tanh", output]}):
        found = diagnose(list(w), x, y, given, biases=model.biases, **cast(Any, told))
        left_out = (output, which) == ("softmax", "zeroed")  # where the clipping acts, the whole example is lost
        assert (found.verdict, found.loss) == ("mistake" if left_out else "correct", loss)
        said = "your numbers fit" if left_out else "correct apart from"
        assert found.reason.startswith(f"{said} clipping of ")
        assert ("as if these examples were left out, which changes" in found.reason) == left_out


def test_a_factor_is_no_large_epsilon() -> None:
    one = entropy_reading({"error": "~epsilon:0.2"}, ENTROPY.factor)
    base = a_case(one, **TOLD_BCE)
    assert with_epsilon(base, [one]) is None
    found = with_epsilon(base, [one], small=False)
    assert found is not None
    assert found[2] == "an ε of 0.2 inside the logarithm"
    lone = one.problem._replace(X=one.problem.X[:1], y=one.problem.y[:1])  # with one example, δ is a single number
    made = grammar.backward(Reading(lone, *fields(one)).exact("binary_cross_entropy"), {"error": "~epsilon:0.2"})
    lone = lone._replace(gradients=tuple(made[f"W{k}"] for k in (1, 2)))
    assert with_epsilon(base, [Reading(lone, *fields(one))], small=False) is None


def with_large_epsilon(one: Reading, case: Case) -> str | None:
    found = with_epsilon(case, [one], small=False)
    return None if found is None else found[2]


@pytest.mark.parametrize("epsilon", [0.002, 0.02, 0.1, 0.45])
def test_a_large_epsilon_is_found_near_and_far(epsilon: float) -> None:
    one = entropy_reading({"error": f"~epsilon:{epsilon!r}"}, ENTROPY.factor)
    assert with_large_epsilon(one, a_case(one, **TOLD_BCE)) == f"an ε of {epsilon:.3g} inside the logarithm"


def test_a_large_epsilon_is_looked_for_from_0_3_as_well() -> None:
    rng = np.random.default_rng(2)  # here Newton's method goes out of the range from 0.05 and from 0.001
    x, y, w = rng.normal(size=(9, 2)), (rng.random((9, 1)) < 0.5) * 1.0, rng.normal(size=(2, 1)) * 10
    problem = Problem("rows, (in, out)", x, y, (w,), None, (w,), None, (False,))
    one = Reading(problem, (SIGMOID,), 2**-52, 1e-7, {})
    loss = next(loss for loss in losses(9, 1) if loss.name == "binary_cross_entropy")
    made = grammar.backward(one.exact(loss.family), {"error": "~epsilon:0.45"})["W1"]
    one = replace(one, problem=problem._replace(gradients=(loss.factor * made,)))
    base = Baseline(one, loss, loss.factor, frozenset(), frozenset())
    assert [[*_fitted(base, [start])] for start in (1e-3, 0.05, 0.3)] == [[], [], [pytest.approx(0.45)]]
    assert with_large_epsilon(one, a_case(one, [[SIGMOID]], loss.name)) == "an ε of 0.45 inside the logarithm"


@pytest.mark.parametrize("most", [10, 60, 4000])
def test_a_narrow_network_takes_no_more_steps_than_any_other(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    rng, taken, down = np.random.default_rng(0), Counter[str](), Search._below

    def below(self: Search, *more: Any) -> Any:
        taken["steps"] += 1
        return down(self, *more)

    monkeypatch.setattr(Search, "_below", below)
    monkeypatch.setattr(diagnosis, "STEPS", most)
    model = Model.random([3, 1, 1, 4], seed=0)
    x, y = rng.normal(size=(5, 3)), rng.random((5, 4))
    noise = [rng.normal(size=w.shape) for w in model.weights]
    assert diagnose(list(model.weights), x, y, noise, activations=[None] * 3).verdict == "unknown"
    assert 0 < taken["steps"] <= most
    assert (taken["steps"] > 60) is (most == 4000)  # without a limit
