"""The parts of the search: losses, what an array allows, what an explanation costs, and every planted form is found."""

from typing import Any

import numpy as np
import pytest

from backprop import Activation, Model
from backprop.network import ACTIVATIONS
from backprop.verification import grammar, search
from backprop.verification.explanation import named_factors
from backprop.verification.grammar import Flow
from backprop.verification.intake import Problem
from backprop.verification.search import (
    Block,
    LossReading,
    Reading,
    Search,
    State,
    Term,
    _cost_of,
    distinct,
    families,
    forward,
    losses,
)

EPS = float(np.finfo(float).eps)

# Losses


def test_the_losses_of_three_outputs_and_ten_examples() -> None:
    squares, two, many = "mse", "binary_cross_entropy", "cross_entropy"
    assert losses(10, 3) == [
        LossReading("mse", squares, 2 / 30, True, "the mean squared error"),
        LossReading(
            *("mse_examples", squares, 0.2, True),
            "the squared error, averaged over the examples, summed over the outputs",
        ),
        LossReading("mse_half", squares, 1 / 30, True, "half the mean squared error"),
        LossReading("mse_half_examples", squares, 0.1, True, "half the squared error, averaged over the examples"),
        LossReading("mse_sum", squares, 2.0, False, "the sum of squared errors"),
        LossReading("mse_half_sum", squares, 1.0, False, "half the sum of squared errors"),
        LossReading(two, two, 1 / 30, True, "the mean binary cross-entropy"),
        LossReading(f"{two}_examples", two, 0.1, True, "the binary cross-entropy, averaged over the examples"),
        LossReading(f"{two}_sum", two, 1.0, False, "the sum of binary cross-entropies"),
        LossReading(many, many, 0.1, True, "the categorical cross-entropy"),
        LossReading(
            *(f"{many}_entries", many, 1 / 30, True),
            "the categorical cross-entropy, averaged over all entries",
        ),
        LossReading(f"{many}_sum", many, 1.0, False, "the sum of categorical cross-entropies"),
    ]
    assert [loss.name for loss in losses(10, 1) if "examples" in loss.name] == []


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("sigmoid", ("mse", "binary_cross_entropy")),
        ("softmax", ("cross_entropy", "mse")),
        ("identity", ("mse",)),
        ("tanh", ("mse",)),
    ],
)
def test_the_families_of_an_output(output: str, expected: tuple[str, ...]) -> None:
    assert families(output) == expected


# One array


def block(given: Any, made: Any, slack: float = 0.0, floor: float = 0.0, factor: float = 1.0) -> Block:
    return Block("W1", np.array(given, float), np.array(made, float), slack, floor, factor)


@pytest.mark.parametrize(
    ("given", "made", "slack", "floor", "s", "off"),
    [
        ([[3.0, 4.0]], [[0.0, 0.0]], 0.0, 2.5, 1.0, 2.0),
        ([[3.0, 4.0]], [[0.0, 0.0]], 2.5, 0.0, -2.0, 1.0),
        ([[3.0, 4.0]], [[0.0, 0.0]], 2.0, 1.0, 2.0, 1.0),
        ([[3.0, 4.0]], [[1.0, 2.0]], 1.0, 0.0, 2.0, 0.5),
        ([[2.0, 4.0]], [[1.0, 2.0]], 0.0, 0.0, 2.0, 0.0),
        ([[2.0, 4.1]], [[1.0, 2.0]], 0.0, 0.0, 2.0, np.inf),
    ],
)
def test_how_far_an_array_is_off(given: Any, made: Any, slack: float, floor: float, s: float, off: float) -> None:
    assert block(given, made, slack, floor).off(s) == pytest.approx(off)


@pytest.mark.parametrize(
    ("given", "made", "slack", "floor", "s", "vague"),
    [
        ([[0.0]], [[0.0]], 0.0, 0.0, 1.0, True),
        ([[0.0]], [[1.0]], 0.0, 0.0, 1.0, False),
        ([[1.0]], [[0.0]], 0.0, 0.0, 1.0, False),
        ([[10.0]], [[1.0]], 0.0, 1.0, 1.0, False),  # a tenth of the larger of the two, and no more, may be rounding
        ([[10.0]], [[1.0]], 0.0, 1.001, 1.0, True),
        ([[1.0]], [[5.0]], 0.5, 0.0, -2.0, False),
        ([[1.0]], [[5.0]], 0.5001, 0.0, -2.0, True),
        ([[1.0]], [[5.0]], 0.25, 0.5, -2.0, False),
        ([[1.0]], [[5.0]], 0.25, 0.501, 2.0, True),
        ([[0.9e-150]], [[1.0]], 0.0, 0.0, 1.0, True),
        ([[1e-150]], [[1.0]], 0.0, 0.0, 1.0, False),
    ],
)
def test_when_nothing_can_be_said_of_an_array(
    given: Any, made: Any, slack: float, floor: float, s: float, vague: bool
) -> None:
    assert block(given, made, slack, floor).vague(s) is vague


def test_the_doubt_of_a_factor_is_its_relative_error() -> None:
    assert block([[0.0]], [[3.0, 4.0]], 0.5, 1.0, -2.0).doubt == pytest.approx((2 * 0.5 + 1) / (2 * 5))
    for factor in (0.0, np.nan, np.inf):
        assert block([[1.0]], [[1.0]], factor=factor).doubt == np.inf


def test_one_number_is_proportional_to_everything_and_so_does_not_count() -> None:
    assert block([[2.0, 4.0]], [[1.0, 2.0]], factor=2.0).proportional is True
    assert block([[2.0, 5.0]], [[1.0, 2.0]], 1.0, factor=1.0).proportional is False
    assert block([[4.0, 6.0]], [[1.0, 2.0]], 5.0, factor=1.0).proportional is True
    assert block([[2.0]], [[1.0]], factor=2.0).proportional is False
    assert block([[2.0, -2.0, 0.0]], [[1.0, -1.0, 0.0]], factor=2.0).proportional is False
    assert block([[2.0, 4.0]], [[1.0, 2.0]], factor=np.nan).proportional is False


# Terms and what they cost


@pytest.mark.parametrize(
    ("term", "layer", "kind"),
    [
        (Term("error", "one-prediction-for-all:first"), 0, "one-prediction-for-all"),
        (Term("phi2", "derivative-missing"), 2, "derivative-missing"),
        (Term("phi12", "wrong-activation-derivative:tanh of a"), 12, "wrong-activation-derivative:tanh of a"),
        (Term("back2", "delta-without-derivative+~W1"), 2, "~back delta-without-derivative+~W1"),
        (Term("dW3", "~A1"), 3, "~dW ~A1"),
        (Term("dW1", "~decay:0.1", 0.1), 1, "~decay:0.1"),
        (Term("dW1", "", 0.5), 1, "×array0.5"),
        (Term("db1", "", 2.0), 1, "×array2"),
        (Term("delta1", "", 1 / 3), 1, "×delta0.333333"),
    ],
)
def test_the_layer_and_the_kind_of_a_term(term: Term, layer: int, kind: str) -> None:
    assert (term.layer, term.kind) == (layer, kind)


PLAIN, ODD = Term("phi1", "derivative-missing"), Term("dW1", "~ones")


@pytest.mark.parametrize(
    ("terms", "cost"),
    [
        ([], 0.0),
        ([PLAIN], 1.001),
        ([PLAIN, PLAIN._replace(place="phi2")], 1.002),  # the same in two layers is one mistake
        ([ODD], 1.301),
        ([ODD, ODD._replace(place="dW2")], 1.302),
        ([Term("dW1", "derivative-of-wrong-layer")], 1.101),
        ([Term("dW1", "one-example-only")], 1.101),
        ([Term("dW1", "one-example-only"), Term("db1", "bias-not-summed")], 1.102),
        ([Term("dW1", "", 2.0)], 1.201),
        ([Term("dW1", "", -2.0)], 1.201),
        ([Term("dW1", "", 1.0)], 1.201),
        ([Term("dW1", "", 0.0)], 1.201),
        ([Term("dW1", "", 2.1)], 1.501),
        ([Term("dW1", "", 2 * (1 + 0.9e-6))], 1.201),
        ([Term("dW1", "", 2 * (1 + 1.1e-6))], 1.501),
        ([Term("dW1", "~decay:0.1", 0.1), Term("dW2", "~decay:0.1", 0.1)], 1.402),
        ([Term("dW1", "~decay:0.1", 0.1), Term("dW2", "~decay:0.2", 0.2)], 2.802),
        ([Term("back1", "delta-without-derivative+one-path-only")], 2.001),
        ([PLAIN, Term("dW1", "", 2.0)], 2.202),
    ],
)
def test_what_an_explanation_costs(terms: list[Term], cost: float) -> None:
    assert _cost_of(terms, [2.0]) == pytest.approx(cost, abs=1e-12)


def test_a_state_sorts_its_terms() -> None:
    state = State((PLAIN, Term("dW1", "~decay:0.1", 0.1), Term("db2", "", 3.0)))
    assert state.plan == {"phi1": "derivative-missing"}
    assert state.factors == {"db2": 3.0}
    assert state.decays == {"W1": 0.1}
    assert State() == ((), grammar.Flow(), None, 0)


def test_of_equal_numbers_the_first_name_stays() -> None:
    zero = np.zeros(1)
    forms = [("a", zero), ("b", -zero), ("c", np.ones(1)), ("d", np.array([np.nan])), ("e", np.array([np.inf]))]
    assert [name for name, _ in distinct(iter(forms))] == ["a", "c"]
    assert [name for name, _ in distinct(iter([("", np.array([np.inf])), *forms]))] == ["", "a", "c"]


def test_below_a_gradient_that_overflows_nothing_is_tried() -> None:
    found = a_search()
    huge = grammar.delta_of(found.p, 2, {}, Flow())
    huge = Flow(huge.errors, tuple(np.inf * np.sign(delta) for delta in huge.deltas))
    with np.errstate(invalid="ignore"):
        for most in (1, 3):
            assert not np.isfinite(found._products(State((ODD,), huge), 1, most - 1).correct).any()
            assert list(found._below(State((ODD,), huge, s=1.0), 1, most)) == []


# Forward passes

N = 7


def fields(reading: Reading) -> Any:
    """List what a reading needs besides the problem."""
    return reading.activations, reading.unit, reading.coarse, reading.floors


def problem_of(model: Model, gradients: Any, biases: Any, n: int = N, family: str = "mse") -> Problem:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(n, model.widths[0]))
    y = rng.random((n, model.widths[-1]))
    depth = len(model.weights)
    return Problem("rows, (in, out)", x, y, model.weights, model.biases, gradients, biases, (False,) * depth)


def reading_of(widths: list[int], phi: str = "sigmoid", n: int = N) -> Reading:
    model = Model.random(widths, seed=1, activations=phi, bias=True)
    problem = problem_of(model, model.weights, model.biases, n)
    return Reading(problem, model.activations, EPS, 1e-7, {})


def test_without_a_disturbance_it_is_the_networks_own_forward_pass() -> None:
    reading = reading_of([2, 3, 1], "tanh")
    problem = reading.problem
    p = forward(problem, reading.activations, "mse")
    trace = Model(problem.weights, problem.biases, reading.activations).forward(problem.X)
    for mine, its in zip((*p.z, *p.a), (*trace.z, *trace.a), strict=True):
        assert np.array_equal(mine, its)
    assert (p.y is problem.y, p.after, p.family) == (True, None, "mse")
    assert p.weights == list(problem.weights)


@pytest.mark.parametrize(("n", "copies"), [(N, 6), (100_000, 6), (100_001, 2)])
def test_a_disturbance_makes_copies_that_differ_in_the_last_digits(n: int, copies: int) -> None:
    reading = reading_of([2, 1], "identity", n)
    unit = 1e-6
    p, exact = forward(reading.problem, reading.activations, "mse", unit), reading.exact("mse")
    assert p.a[0].shape == (copies, n, 2)
    assert p.z[0].shape == (copies, n, 1)
    for made, right in ((p.a[0], exact.a[0]), (p.weights[0], exact.weights[0])):
        off = (made - right) / np.abs(right) / unit
        assert 0.2 < np.sqrt(np.mean(off**2)) < 2  # each number by one unit of its own size
        assert np.abs(off).max() < 7
    assert 0 < np.abs(p.z[0] - exact.z[0]).max() < 1e-4


def test_the_weights_after_the_update_go_through_the_pass_and_are_disturbed_too() -> None:
    reading = reading_of([2, 3, 1])
    after = tuple(w + 1 for w in reading.problem.weights)
    problem = reading.problem._replace(after=after)
    exact = forward(problem, reading.activations, "mse").after
    copies = forward(problem, reading.activations, "mse", 1e-6).after
    assert exact is not None
    assert copies is not None
    for right, same, many in zip(after, exact, copies, strict=True):
        assert np.array_equal(same, right)
        assert many.shape == (search.COPIES, *right.shape)
        assert 0 < np.abs(many - right).max() < 1e-5


def test_a_sum_that_cancels_is_disturbed_by_what_was_added() -> None:
    problem = problem_of(Model([np.array([[1.0], [-1.0]])], activations="identity"), [np.ones((2, 1))], None)
    problem = problem._replace(X=np.full((N, 2), 1e8), biases=None)
    spread = forward(problem, [ACTIVATIONS["identity"]], "mse", 1e-9).z[0]
    assert 0.05 < np.abs(spread).max() < 3  # 1e8 - 1e8, each with a relative error of 1e-9


def test_a_weighted_sum_is_disturbed_by_the_size_of_its_terms() -> None:
    n, unit = 4000, 1e-6
    problem = problem_of(Model([np.array([[1.0], [-1.0]])], activations="identity"), [np.ones((2, 1))], None, n)
    problem = problem._replace(X=np.ones((n, 2)), biases=None)
    z = forward(problem, [ACTIVATIONS["identity"]], "mse", unit).z[0]
    # in each copy the two inputs, by one unit each, and the sum, by two, which is the size of what was added
    assert z.std(axis=1) / unit == pytest.approx(np.full((6, 1), np.sqrt(1 + 1 + 2**2)), rel=0.05)


def test_passes_are_made_once_and_take_the_family_that_is_asked_for() -> None:
    reading = reading_of([2, 3, 1])
    assert reading.exact("mse").z is reading.exact("binary_cross_entropy").z
    assert reading.disturbed("mse").z is reading.disturbed("binary_cross_entropy").z
    for run in (reading.exact, reading.disturbed):
        assert [run(name).family for name in ("mse", "binary_cross_entropy")] == ["mse", "binary_cross_entropy"]
    assert (reading.depth, reading.n, reading.widths) == (2, N, (2, 3, 1))
    assert list(reading.given) == ["W1", "W2", "b1", "b2"]
    assert reading.correct("mse") is reading.correct("mse")
    assert reading.correct("mse") is not reading.correct("binary_cross_entropy")


# Arrays beside a backward pass


def submitted(plan: dict[str, str], factors: dict[str, float], widths: list[int], phi: str = "sigmoid") -> Reading:
    reading = reading_of(widths, phi)
    made = grammar.backward(reading.exact("mse"), plan, factors)
    depth = reading.depth
    problem = reading.problem._replace(
        gradients=tuple(made[f"W{k + 1}"] for k in range(depth)),
        bias_gradients=tuple(made[f"b{k + 1}"] for k in range(depth)),
    )
    return Reading(problem, reading.activations, EPS, 1e-7, {})


def test_blocks_compare_with_the_plan_its_factors_and_decay() -> None:
    reading = submitted({}, {}, [2, 3, 1])
    plain = reading.blocks("mse", {})
    assert all(b.off(1.0) == 0 and b.factor == pytest.approx(1) and b.floor == 0 for b in plain.values())
    doubled = reading.blocks("mse", {}, {"dW1": 2.0})
    assert doubled["W1"].factor == pytest.approx(0.5)
    assert doubled["W2"].factor == pytest.approx(1.0)
    assert doubled["W1"].slack == pytest.approx(2 * plain["W1"].slack)
    decayed = reading.blocks("mse", {}, None, {"W2": 3.0, "b1": 5.0})
    w, b = reading.problem.weights, reading.problem.biases
    assert b is not None
    np.testing.assert_allclose(decayed["W2"].made, plain["W2"].made + 3 * w[1])
    np.testing.assert_allclose(decayed["b1"].made, plain["b1"].made + 5 * b[0])
    for name, found in plain.items():
        size = float(np.linalg.norm(found.made))
        assert found.name == name
        assert 100 * EPS * size < found.slack < 1000 * EPS * size  # a hundred units, and what the copies deviate
        assert decayed[name].slack < 10 * found.slack + 1000 * EPS * 20


def test_the_floor_of_a_block_is_that_of_the_reading() -> None:
    reading = submitted({}, {}, [2, 3, 1])
    reading.floors = {"W2": 0.25}
    assert {name: b.floor for name, b in reading.blocks("mse", {}).items()} == {"W1": 0, "W2": 0.25, "b1": 0, "b2": 0}


def test_a_block_is_broadcast_decayed_and_measured() -> None:
    reading = reading_of([2, 3, 1])
    reading.floors = {"b1": 0.25}
    biases = reading.problem.biases
    assert biases is not None
    copies = np.zeros((4, 1, 3))
    copies[1, 0, 2], copies[2, 0, 0] = 3.0, -4.0
    made = np.array([[0.0, 0.0, 0.0]])
    found = reading._block("b1", np.ones((1, 3)), made, copies, 0.0)
    assert (found.name, found.floor, found.slack) == ("b1", 0.25, 40 * 2.5)  # √((9 + 16) / 4)
    assert np.isnan(found.factor)
    row = np.array([[1.0, 2.0, 2.0]])
    found = reading._block("b1", 3 * row, row, np.stack([row] * 4), 0.0)
    assert found.slack == pytest.approx(100 * EPS * 3, rel=1e-9, abs=0)
    assert found.factor == pytest.approx(3)
    found = reading._block("b1", 3 * row, row, np.stack([row] * 4), 2.0)
    np.testing.assert_allclose(found.made, row + 2 * biases[0])
    assert found.slack == pytest.approx(100 * EPS * np.linalg.norm(found.made), rel=1e-9, abs=0)
    unsummed = np.arange(1.0, 13).reshape(4, 3)
    found = reading._block("b1", row, unsummed, np.stack([unsummed] * 4), 0.0)
    assert np.array_equal(found.given, np.repeat(row, 4, axis=0))
    assert np.array_equal(found.made, unsummed)
    found = reading._block("b1", unsummed, row, np.stack([row] * 4), 0.0)
    assert np.array_equal(found.made, np.repeat(row, 4, axis=0))
    assert np.array_equal(found.given, unsummed)
    assert found.factor == pytest.approx(np.vdot(unsummed, found.made) / (4 * 9))


# Every planted form is found

WIDTHS = [2, 3, 3, 1]


def all_plans() -> list[tuple[dict[str, str], dict[str, float]]]:
    p = reading_of(WIDTHS).exact("mse")
    flows = [grammar.Flow()]
    for k in (2, 1, 0):
        flows.append(grammar.delta_of(p, k, {}, flows[-1]))
    plans: list[tuple[dict[str, str], dict[str, float]]] = [({}, {})]
    plans += [({"error": name}, {}) for name, _ in grammar.errors(p) if name]
    for k in range(3):
        flow, below = flows[3 - k], flows[4 - k].deltas[-1] if k else None
        plans += [({f"phi{k + 1}": name}, {}) for name, _ in grammar.derivatives(p, k) if name]
        plans += [({f"dW{k + 1}": name}, {}) for name, *_ in grammar.weight_forms(p, k, flow, below) if name]
        plans += [({f"db{k + 1}": name}, {}) for name, *_ in grammar.bias_forms(p, k, flow, below) if name]
        if k < 2:
            plans += [({f"back{k + 1}": name}, {}) for name, _ in grammar.backs(p, k, flows[2 - k]) if name]
        plans += [({}, {f"d{letter}{k + 1}": f}) for letter in "Wb" for f in (0.0, -1.0, 2.0, 0.37)]
    return [*plans, ({}, {"delta2": 0.37}), ({}, {"delta2": 7.0})]


OF_SOFTPLUS = "wrong-activation-derivative:softplus of z"  # which is the sigmoid, so here it is the activation itself
PLANS = [
    plan for i, plan in enumerate(all_plans()) if (i % 4 == 0 or not plan[0]) and OF_SOFTPLUS not in plan[0].values()
]


@pytest.mark.parametrize(("plan", "factors"), PLANS, ids=lambda part: " ".join(f"{k}={v}" for k, v in part.items()))
def test_every_form_is_found_and_every_explanation_gives_the_numbers(
    plan: dict[str, str], factors: dict[str, float]
) -> None:
    reading = submitted(plan, factors, WIDTHS)
    found = Search(reading, "mse", named_factors(reading))
    states = found.explain(1.0)
    total = sum(g.size for g in reading.given.values())
    costs = [found.cost(state) for state in states]
    assert costs == sorted(costs)
    assert len(states) <= search.BEAM
    best = states[0]
    assert found.cost(best) <= _cost_of([Term(*item) for item in plan.items()], found.named) + FACTOR_COST * len(
        factors
    )
    for state in states:
        blocks = reading.blocks("mse", state.plan, state.factors, state.decays)
        vague = sum(b.given.size for b in blocks.values() if b.vague(1.0))
        assert total - vague <= state.numbers <= total
        assert all(b.off(1.0) <= 1.5 for b in blocks.values()) or any("~" in t.form for t in state.terms)


FACTOR_COST = search.ANY_FACTOR + 0.002


@pytest.mark.parametrize("s", [1.0, -1.0, 0.37, 1e-9, 1e9])
def test_the_factor_of_the_whole_is_found_from_the_arrays(s: float) -> None:
    names = ["W1", "W2", "W3", "b1", "b2", "b3"]
    for plan in ({}, {"phi1": "derivative-missing"}, {"dW2": "input-missing"}, {"error": "output-differentiated"}):
        reading = submitted(plan, dict.fromkeys([f"d{name}" for name in names], s), WIDTHS)
        states = Search(reading, "mse", named_factors(reading)).explain(None)
        best = [state for state in states if state.plan == plan and not state.factors]
        assert best, (plan, [state.terms for state in states[:3]])
        assert best[0].s == pytest.approx(s, rel=1e-6)


@pytest.mark.parametrize("place", ["phi", "back"])
def test_the_same_nameless_form_in_two_layers_is_one_mistake(place: str) -> None:
    form = "~a squared" if place == "phi" else "~weights alone"
    plan = {f"{place}1": form, f"{place}2": form}
    reading = submitted(plan, {}, WIDTHS)
    assert plan in [state.plan for state in Search(reading, "mse", []).explain(1.0, 1)]


def test_two_mistakes_need_a_search_for_two() -> None:
    plan = {"phi2": "derivative-missing", "back1": "weights-missing"}
    reading = submitted(plan, {}, WIDTHS)
    found = Search(reading, "mse", named_factors(reading))
    assert found.explain(1.0, 1) == []
    assert found.explain(1.0, 2)[0].plan == plan


@pytest.mark.parametrize("letter", "Wb")
@pytest.mark.parametrize("k", range(3))
def test_a_term_of_weight_decay_is_found(letter: str, k: int) -> None:
    reading = submitted({}, {}, WIDTHS)
    arrays = list((reading.problem.gradients if letter == "W" else reading.problem.bias_gradients) or ())
    its = (reading.problem.weights if letter == "W" else reading.problem.biases or ())[k]
    arrays[k] = arrays[k] + 0.25 * its
    changed: dict[str, Any] = {"gradients" if letter == "W" else "bias_gradients": tuple(arrays)}
    other = Reading(reading.problem._replace(**changed), reading.activations, EPS, 1e-7, {})
    states = [s for s in Search(other, "mse", named_factors(other)).explain(1.0) if s.decays]
    assert any(s.decays == {f"{letter}{k + 1}": pytest.approx(0.25)} for s in states)


def test_noise_is_not_explained() -> None:
    reading = submitted({}, {}, WIDTHS)
    rng = np.random.default_rng(9)
    noise = tuple(rng.normal(size=w.shape) for w in reading.problem.weights)
    other = Reading(reading.problem._replace(gradients=noise), reading.activations, EPS, 1e-7, {})
    assert Search(other, "mse", named_factors(other)).explain(1.0) == []


def test_an_activation_of_ones_own_is_searched_as_well() -> None:
    mine = Activation("mine", np.arctan, lambda z, a: 1 / (1 + z**2))
    model = Model.random([2, 3, 1], seed=1, bias=True)
    problem = problem_of(model, model.weights, model.biases)
    reading = Reading(problem, (mine, mine), EPS, 1e-7, {})
    made = grammar.backward(reading.exact("mse"), {"phi1": "derivative-missing"})
    problem = problem._replace(gradients=(made["W1"], made["W2"]), bias_gradients=(made["b1"], made["b2"]))
    reading = Reading(problem, (mine, mine), EPS, 1e-7, {})
    assert Search(reading, "mse", []).explain(1.0)[0].plan == {"phi1": "derivative-missing"}


# Thresholds


def a_search(floors: dict[str, float] | None = None, s: float = 1.0, coarse: float = 1e-7) -> Search:
    reading = submitted({}, {}, WIDTHS)
    if floors:
        reading.floors = floors
    reading.coarse = coarse
    return Search(reading, "mse", [2.0, 0.5])


def test_two_arrays_agree_roughly_to_the_last_of_what_is_allowed() -> None:
    given = np.array([[3.0, 4.0]])
    for floors, size, allowed in (
        ({}, 0.0, 0.5),
        ({"W1": 0.25, "W2": 0.125}, 0.0, 1.25),
        ({}, 10.0, 1.0),
        ({}, 4.0, 0.5),
    ):
        found = a_search(floors, coarse=0.1)
        for miss, fits in ((allowed, True), (allowed * (1 + 1e-12), False)):
            assert found._fits(given, given + np.array([[miss, 0.0]]), size) is fits
    assert a_search()._floor == 0.0
    assert a_search({"W1": 0.25, "W2": 0.125})._floor == 0.25


def test_an_array_drowns_in_what_is_more_than_a_tenth_of_it() -> None:
    size = float(np.linalg.norm(a_search().reading.given["W2"]))
    for floor, drowned in ((0.1 * size, False), (0.1 * size * (1 + 1e-12), True)):
        assert a_search({"W2": floor})._drowned("W2") is drowned
        assert a_search({"W1": floor})._drowned("W2") is False
    found = a_search()
    found.reading.given["W2"] = np.full((3, 3), search.TINY / 3)
    assert found._drowned("W2") is True
    found.reading.given["W2"] = np.full((3, 3), search.TINY / 3 * (1 + 1e-9))
    assert found._drowned("W2") is False


def test_how_large_an_array_could_be() -> None:
    found = a_search()
    delta = np.full((N, 3), 2.0)
    each, scale = 2 * np.sqrt(3 * N), 1e3 * EPS / 1e-7
    assert found._size("b2", 1, delta) == pytest.approx(scale * np.sqrt(N) * each)
    assert found._size("W2", 1, delta) == pytest.approx(scale * np.linalg.norm(found.p.a[1]) * each)


@pytest.mark.parametrize(
    ("f", "rounded", "named"),
    [
        (2.0, 2.0, True),
        (-2.0, -2.0, True),
        (2 * (1 + 0.9e-6), 2.0, True),
        (2 * (1 + 1.1e-6), 2 * (1 + 1.1e-6), False),
        (0.5 * (1 - 0.9e-6), 0.5, True),
        (1 + 0.9e-6, 1.0, False),
        (-1 + 0.9e-6, -1.0, False),
        (-1.0, -1.0, True),
        (-0.25, -0.25, True),
        (4.0, 4.0, False),
        (0.0, 0.0, True),
        (0.37, 0.37, False),
    ],
)
def test_a_factor_with_a_name_is_taken_for_exactly_that(f: float, rounded: float, named: bool) -> None:
    found = a_search()
    found.named = [*found.named, 0.25]  # without its inverse
    assert found._rounded(f) == rounded
    assert found._named(f) is named


def scaled(off: float = 0.0, s: float = 0.5, f: float = 3.0, other: float = 1.0, size: float | None = None) -> Any:
    """Scale δ of the second layer; each array may be a little off, and the biases may have a factor besides."""
    plain, rng = submitted({}, {}, WIDTHS), np.random.default_rng(4)
    p = plain.exact("mse")
    flow = grammar.delta_of(p, 1, {}, grammar.delta_of(p, 2, {}, grammar.Flow()))
    made = dict(zip(("W2", "b2"), grammar.gradients_of(p, 1, {}, flow), strict=True))
    given = {"W2": s * f * made["W2"], "b2": s * f * other * made["b2"]}
    for name, m in made.items():
        across = rng.normal(size=m.shape)
        across -= m * np.vdot(across, m) / np.vdot(m, m)
        given[name] = given[name] + off * across / np.linalg.norm(across) * np.linalg.norm(given[name])
    weights, biases = list(plain.problem.gradients), list(plain.problem.bias_gradients or ())
    weights[1], biases[1] = given["W2"], given["b2"]
    problem = plain.problem._replace(gradients=tuple(weights), bias_gradients=tuple(biases))
    whole = {name: (size or 0) * np.linalg.norm(m) / np.linalg.norm(flow.deltas[-1]) for name, m in made.items()}

    class Sized(Search):
        """A search in which arrays have the size that is given, relative to what is made, so that it grows with δ."""

        def _size(self, name: str, k: int, delta: np.ndarray) -> float:
            return float(whole[name] * np.linalg.norm(delta))

    kind = Search if size is None else Sized
    found = kind(Reading(problem, plain.activations, EPS, 1e-3, {}), "mse", [2.0, 0.5])
    state = State((PLAIN,), flow, s, 7)
    return state, list(found._scaled(state, 1, given, made, s))


@pytest.mark.parametrize(("s", "f", "named"), [(0.5, 3.0, 3.0), (-2.0, 2.0 + 1e-6, 2.0), (0.1, -0.5, -0.5)])
def test_a_delta_is_scaled_where_an_array_has_the_factor(s: float, f: float, named: float) -> None:
    before, states = scaled(s=s, f=f)
    assert 1 <= len(states) <= 2  # the factors of the two arrays may differ in their last digit
    for state in states:
        assert state.terms == (PLAIN, Term("delta2", "", state.terms[1].factor))
        assert state.terms[1].factor == pytest.approx(named, abs=1e-12)
        assert (state.s, state.numbers) == (s, 7 + 12)
        for kept, changed in ((before.flow.errors, state.flow.errors), (before.flow.deltas, state.flow.deltas)):
            assert len(changed) == len(kept) == 2
            assert changed[0] is kept[0]
            np.testing.assert_allclose(changed[1], named * kept[1])
    assert scaled(s=s, f=0.0)[1] == []
    # to the thousandth of each array, or of what it could be if nothing cancelled
    for size, allowed in ((None, 1e-3), (0.5, 1e-3), (100.0, 0.1)):
        for share, fits in ((0.99, True), (1.01, False)):
            assert bool(scaled(share * allowed, s, f, size=size)[1]) is fits


def test_where_one_array_has_the_factor_of_delta_the_other_has_one_of_its_own() -> None:
    _, states = scaled(other=1.25)
    told = [[(term.place, term.form, round(term.factor, 9)) for term in state.terms[1:]] for state in states]
    assert told == [
        [("delta2", "", 3.0), ("db2", "", 1.25)],
        [("delta2", "", 3.75), ("dW2", "", 0.8)],
    ]


def test_a_delta_that_is_not_the_correct_one_must_explain_an_array(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Search(submitted({"phi3": "derivative-missing"}, {}, WIDTHS), "mse", [])
    calls = []

    def arrays(self: Search, state: State, k: int, firm: bool = False) -> Any:
        calls.append(([term.form for term in state.terms], firm, k))
        return iter(())

    monkeypatch.setattr(Search, "_arrays", arrays)
    list(found._below(State(s=1.0), 2, 1))
    assert calls[0] == ([], False, 2)
    assert (["derivative-missing"], True, 2) in calls
    assert all(firm for terms, firm, _ in calls if terms)


@pytest.mark.parametrize("most", [0, 1, 2])
def test_no_more_kinds_of_mistakes_are_tried_than_asked_for(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Search(submitted({"error": "output-differentiated"}, {}, WIDTHS), "mse", [])
    seen = set()

    def matching(self: Search, sketch: Any, made: Any, at: Any, s: float | None) -> list[int]:
        return [int(i) for i in np.flatnonzero(at)]

    def arrays(self: Search, state: State, k: int, firm: bool = False) -> Any:
        seen.add(len(state.kinds))
        return iter(())

    monkeypatch.setattr(Search, "_matching", matching)
    monkeypatch.setattr(Search, "_arrays", arrays)
    list(found._below(State(s=1.0), 2, most))
    assert seen == set(range(most + 1))


def test_a_delta_that_rounding_hides_is_skipped_and_the_next_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = reading_of([2, 1], "identity")
    x = np.linspace(21, 22, N)[:, None] * [[0.5, 0.5]]  # the derivative of softplus is 1 there, but for 1e-9 of it
    problem = reading.problem._replace(X=x, weights=(np.ones((2, 1)),), biases=None, bias_gradients=None)
    reading = Reading(problem, *fields(reading))
    found, tried = Search(reading, "mse", []), list[str]()

    def matching(self: Search, sketch: Any, made: Any, at: Any, s: float | None) -> list[int]:
        return [int(i) for i in np.flatnonzero(at)]

    def arrays(self: Search, state: State, k: int, firm: bool = False) -> Any:
        tried.extend(term.form for term in state.terms)
        return iter(())

    monkeypatch.setattr(Search, "_matching", matching)
    monkeypatch.setattr(Search, "_arrays", arrays)
    list(found._below(State(s=1.0), 0, 1))
    forms = [form for form, _ in (*found._derivatives(0), *found._come(Flow(), 0, bool)) if form]
    assert "wrong-activation-derivative:softplus of a" in forms
    assert tried == [form for form in forms if form != "wrong-activation-derivative:softplus of a"]


def test_forms_are_made_once() -> None:
    found = a_search()
    assert found._derivatives(1) is found._derivatives(1)
    assert found._derivatives(1) is not found._derivatives(0)
    assert found._come(Flow(), 2, bool) is found._come(Flow(), 2, bool)
    flow = grammar.delta_of(found.p, 2, {}, Flow())
    assert [form for form, _ in found._come(flow, 1, lambda name: name in ("", "~ones"))] == ["", "~ones"]
    assert Search._new(Term("phi1", "a+b"), {"a"}) == 1
    assert Search._new(Term("phi1", "a+b"), {"a", "b"}) == 0
    assert Search._new(Term("phi1", ""), set()) == 0


@pytest.mark.parametrize("large", [False, True])
def test_what_is_tried_below_the_plain_state_is_made_once_where_it_takes_little_memory(
    monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    reading = a_search().reading
    monkeypatch.setattr(search, "MANY", reading.problem.X.size - large)
    found = Search(reading, "mse", [])
    top = found._products(State(), 2, 2)
    assert found._products(State(s=1.0), 2, 2) is top  # at the output it always does
    assert found._products(State(), 2, 1) is not top
    flow = grammar.delta_of(found.p, 2, {}, Flow())
    low = found._products(State(flow=flow), 1, 2)
    assert (found._products(State(s=0.5, flow=flow), 1, 2) is low) is not large
    assert found._products(State((ODD,), flow=flow), 1, 2) is not low


@pytest.mark.parametrize(("terms", "most", "alone"), [((), 2, False), ((), 0, True), (("~sign",), 1, True)])
def test_what_would_be_too_many_mistakes_is_not_computed(
    monkeypatch: pytest.MonkeyPatch, terms: tuple[str, ...], most: int, alone: bool
) -> None:
    found, computed, listed = a_search(), list[str](), grammar.backs

    def backs(*given: Any) -> Any:
        for name, made in listed(*given):
            computed.append(name)
            yield name, made

    monkeypatch.setattr(grammar, "backs", backs)
    state = State(tuple(Term("error", form) for form in terms), grammar.delta_of(found.p, 2, {}, Flow()))
    found._products(state, 1, most - len(terms))
    assert computed[0] == ""
    assert (len(computed) == 1) is alone


def test_states_that_say_the_same_are_kept_once_and_the_cheapest_first() -> None:
    found = a_search()
    one, other = State((PLAIN,), numbers=3), State((PLAIN,), numbers=5)
    dear = State((PLAIN, ODD))
    assert found._kept([dear, one, other]) == [other, dear]
    near = [State((Term("dW1", "", 0.37 + d),)) for d in (0.0, 1e-10, 1e-8)]
    assert found._kept(near) == [near[0], near[2]]
    many = [State((Term("dW1", "", float(k)),)) for k in range(3, 50)]
    assert found._kept(many) == many[: search.BEAM]
    assert search.BEAM == 40


def test_a_sketch_has_every_direction_of_few_inputs_and_three_of_many() -> None:
    found = a_search()
    for k, d in ((0, 2), (1, 3)):
        sketch = found._sketch(k)
        assert np.array_equal(sketch.directions, np.eye(d))
        assert np.array_equal(sketch.left, np.hstack([found.p.a[k], np.ones((N, 1))]))
        assert np.array_equal(sketch.targets[0], found.reading.given[f"W{k + 1}"])
        assert np.array_equal(sketch.targets[1], found.reading.given[f"b{k + 1}"])
    for d, columns in ((4, 4), (5, 3)):
        wide = Search(submitted({}, {}, [d, 2]), "mse", [])
        assert wide._sketch(0).directions.shape == (d, columns)
    del found.reading.given["b1"]
    assert found._sketch(0).left.shape == (N, 2)
    assert len(found._sketch(0).targets) == 1


def test_an_array_that_misses_by_more_than_rounding_is_not_explained() -> None:
    for off, explained in ((0.5, True), (1.5, False)):
        reading = submitted({}, {}, WIDTHS)
        slack = reading.correct("mse")["W2"].slack
        gradients = list(reading.problem.gradients)
        gradients[1] = gradients[1] + off * slack * np.eye(3) / np.sqrt(3)
        changed = Reading(reading.problem._replace(gradients=tuple(gradients)), reading.activations, EPS, 1e-7, {})
        found = Search(changed, "mse", named_factors(changed)).explain(1.0)
        assert (bool(found) and found[0].terms == ()) is explained


def test_a_factor_of_delta_is_followed_down_through_errors_too() -> None:
    plan, factors = {"back1": "delta-without-derivative"}, {"delta2": 0.37}
    reading = submitted(plan, factors, WIDTHS)
    states = Search(reading, "mse", named_factors(reading)).explain(1.0)
    assert any(s.plan == plan and s.factors == {"delta2": pytest.approx(0.37)} for s in states)
    for state in states:
        if state.factors == {"delta2": pytest.approx(0.37)}:
            assert state.numbers >= 3 + 1 + 9 + 3


@pytest.mark.parametrize(("size", "rows"), [(16, 16), (17, 3)])
def test_many_inputs_are_compared_along_three_directions(size: int, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = submitted({"dW1": "input-missing"}, {}, [size, 2, 1])
    shapes: set[tuple[int, ...]] = set()
    original: Any = Search._allowed

    def noting(self: Search, given: np.ndarray, *rest: Any) -> Any:
        shapes.add(given.shape)
        return original(self, given, *rest)

    monkeypatch.setattr(Search, "_allowed", noting)
    found = Search(reading, "mse", named_factors(reading)).explain(1.0)
    assert found[0].plan == {"dW1": "input-missing"}
    assert (rows, 2) in shapes
    assert ((3, 2) in shapes) is (rows == 3)


def test_deltas_are_matched_as_closely_as_rounding_of_the_sketch_allows() -> None:
    found = a_search()
    sketch, delta = found._sketch(2), grammar.delta_of(found.p, 2, {}, Flow()).deltas[-1]
    products = np.matmul(sketch.left.T, delta[None])
    weights, biases = sketch.targets
    across = np.random.default_rng(0).normal(size=weights.shape)
    across *= 0.25 / np.linalg.norm(across)  # beside which a ten-millionth of the target is nothing
    changed = sketch._replace(targets=(2 * weights + across, 0 * biases))
    for slack, fits in ((0.126, True), (0.124, False)):  # twice that, as the factor is 2
        assert found._matching(changed, (products, np.array([slack])), np.ones(1, bool), 2.0) == [0] * fits


def test_deltas_are_matched_by_what_they_give() -> None:
    found = a_search()
    correct, sketch = grammar.delta_of(found.p, 2, {}, grammar.Flow()).deltas[-1], found._sketch(2)
    deltas = np.stack([2 * correct, -correct, correct])
    made = np.matmul(sketch.left.T, deltas), np.zeros(3)
    for s, listed in ((1.0, [2]), (None, [0, 1, 2]), (0.5, [0])):
        assert found._matching(sketch, made, np.ones(3, bool), s) == listed
        assert found._matching(sketch, made, np.zeros(3, bool), s) == []


def test_a_delta_is_matched_by_the_weights_or_by_the_biases() -> None:
    found = a_search()
    sketch, delta = found._sketch(2), grammar.delta_of(found.p, 2, {}, Flow()).deltas[-1]
    made = np.matmul(sketch.left.T, delta[None]), np.zeros(1)
    weights, biases = sketch.targets
    for one, other, fits in ((1, 2, True), (2, 1, True), (2, 3, False)):
        changed = sketch._replace(targets=(one * weights, other * biases))
        assert found._matching(changed, made, np.ones(1, bool), 1.0) == [0] * fits


def test_biases_are_matched_where_the_gradient_of_the_weights_is_zero() -> None:
    found = a_search()
    correct, sketch = (
        grammar.delta_of(found.p, 1, {}, grammar.delta_of(found.p, 2, {}, grammar.Flow())),
        found._sketch(1),
    )
    deltas = np.stack([2 * correct.deltas[-1], correct.deltas[-1], correct.deltas[-1] ** 2])
    made = np.matmul(sketch.left.T, deltas), np.zeros(3)
    zero = sketch._replace(targets=(np.zeros((3, 3)), sketch.targets[1]))
    assert found._matching(zero, made, np.ones(3, bool), 1.0) == [1]
    assert found._matching(zero, made, np.ones(3, bool), None) == [0, 1]


@pytest.mark.parametrize("plan", [{"phi1": "derivative-missing"}, {"error": "output-differentiated"}])
def test_one_number_is_evidence_if_the_factor_is_known(plan: dict[str, str]) -> None:
    reading = submitted(plan, {}, [1, 1])
    assert plan in [state.plan for state in Search(reading, "mse", []).explain(1.0)]
    assert Search(reading, "mse", []).explain(None) == []


def test_beside_a_bias_another_delta_in_the_only_layer_is_seen() -> None:
    plan = {"dW1": "weight-gradient-without-derivative"}
    reading = submitted(plan, {}, [3, 2])
    assert plan in [state.plan for state in Search(reading, "mse", []).explain(1.0)]
    bare = reading.problem._replace(biases=None, bias_gradients=None)
    made = grammar.backward(Reading(bare, reading.activations, EPS, 1e-7, {}).exact("mse"), plan)
    alone = Reading(bare._replace(gradients=(made["W1"],)), reading.activations, EPS, 1e-7, {})
    assert plan not in [state.plan for state in Search(alone, "mse", []).explain(1.0)]


@pytest.mark.parametrize("k", [1, 2])
def test_what_rounding_does_to_a_sketch_grows_with_both_factors(k: int) -> None:
    found = a_search()
    sketch, error = found._sketch(k), 1e-3 * np.ones((N, WIDTHS[k + 1]))
    made, rounding = found._made(sketch, k, error)
    for one, slack, (_, derivative) in zip(made, rounding, found._derivatives(k), strict=True):
        np.testing.assert_allclose(one, sketch.left.T @ (derivative * error))
        size = np.linalg.norm(sketch.left) * np.linalg.norm(derivative * error)
        assert slack == pytest.approx(1e3 * EPS * size, rel=1e-9, abs=0)


def test_the_factor_of_weights_and_biases_is_one_number() -> None:
    reading = submitted({}, {"dW2": 0.37, "db2": 0.37}, WIDTHS)
    best = Search(reading, "mse", named_factors(reading)).explain(1.0)[0]
    assert set(best.factors) == {"dW2", "db2"}
    assert best.factors["dW2"] == best.factors["db2"] == pytest.approx(0.37)


@pytest.mark.parametrize("s", [0.37, -2.0])
def test_weights_that_were_made_in_another_way_fix_the_factor_alone(s: float) -> None:
    plan = {"dW2": "preactivation-instead-of-activation"}
    reading = submitted(plan, {"dW2": s, "dW1": s}, [2, 3, 2])
    bare = reading.problem._replace(biases=None, bias_gradients=None)
    model = Reading(bare, reading.activations, EPS, 1e-7, {})
    made = grammar.backward(model.exact("mse"), plan)
    changed = bare._replace(gradients=(s * made["W1"], s * made["W2"]))
    other = Reading(changed, reading.activations, EPS, 1e-7, {})
    found = [one for one in Search(other, "mse", named_factors(other)).explain(None) if one.plan == plan]
    assert found
    assert found[0].s == pytest.approx(s)
    assert found[0].numbers == 12


def flow_to(found: Search, k: int) -> Flow:
    """Propagate back correctly, down to a layer."""
    flow = Flow()
    for j in range(found.p.depth - 1, k - 1, -1):
        flow = grammar.delta_of(found.p, j, {}, flow)
    return flow


def ways(found: Search, g: np.ndarray, made: np.ndarray, s: float) -> list[tuple[Term, ...]]:
    return list(found._ways("W2", 1, g, made, s, flow_to(found, 1), 1.0, []))


def test_an_array_that_should_be_as_good_as_zero_has_no_factor() -> None:
    found = a_search()
    made = found.reading.correct("mse")["W2"].made
    assert ways(found, 2.0 * made, made, 1.0) == [(Term("dW2", "", 2.0),)]
    assert ways(found, 2e-76 * made, 1e-76 * made, 1.0) == []
    assert ways(found, 2.0 * made, made, 0.0) == []


def test_a_small_array_across_the_correct_one_is_not_zero() -> None:
    found, made = a_search(), np.eye(3)[:1] * np.ones((3, 1))
    assert ways(found, 1e-9 * np.eye(3)[1:2] * np.ones((3, 1)), made, 1.0) == []


def near_by(found: Search, g: np.ndarray, made: np.ndarray, size: float, beside: list[float]) -> list[float]:
    tried = found._ways("b2", 1, g, made, 0.5, flow_to(found, 1), size, beside)
    return [way[0].factor for way in tried if not way[0].form]


def test_a_factor_may_be_as_far_off_as_rounding_of_the_whole_allows() -> None:
    found, made = a_search(), np.array([[1.0, 2.0, 0.0]])
    for size, fits in ((1.01e4, True), (0.99e4, False)):  # of which a ten-millionth is allowed, times 0.5 and 3
        assert near_by(found, 1.5 * made + [[0.0, 0.0, 1.5e-3]], made, size, []) == [pytest.approx(3.0)] * fits


def test_a_single_number_has_a_factor_that_has_a_name_or_is_that_of_the_other_array() -> None:
    found = Search(submitted({}, {}, [2, 3, 1]), "mse", [2.0, 0.5])
    made = np.array([[1.0]])
    for factor, beside, factors in (
        (0.37, [], []),
        (2.0, [], [2.0]),
        (0.37, [0.5, 0.37], [0.37]),
        (0.37 * (1 + 0.9e-6), [0.37], [0.37]),
        (0.37 * (1 + 1.1e-6), [0.37], []),
        (0.37, [0.0, -0.37], []),
    ):
        assert near_by(found, 0.5 * factor * made, made, 1.0, beside) == factors


def test_what_is_zero_as_it_should_be_has_no_factor() -> None:
    found, zero = a_search(), np.zeros((3, 3))
    assert ways(found, zero, np.ones((3, 3)), 1.0) == [(Term("dW2", "", 0.0),)]
    assert ways(found, zero, zero, 1.0) == []


def test_a_decay_is_counted_in_gradients_of_the_loss() -> None:
    reading = submitted({}, {}, WIDTHS)
    found, w, made = Search(reading, "mse", []), reading.problem.weights[1], reading.correct("mse")["W2"].made
    (way,) = ways(found, 0.5 * (made + 0.25 * w), made, 0.5)
    assert [(term.place, term.form) for term in way] == [("dW2", "~decay:0.25")]
    assert way[0].factor == pytest.approx(0.25)


def test_the_gradient_of_the_biases_may_be_made_from_the_delta_below() -> None:
    reading = submitted({"db2": "~delta below"}, {}, WIDTHS)
    found, made = Search(reading, "mse", []), reading.correct("mse")["b2"].made
    tried = found._ways("b2", 1, reading.given["b2"], made, 1.0, flow_to(found, 1), 1.0, [])
    assert (Term("db2", "~delta below"),) in list(tried)


def test_what_is_as_good_as_zero_has_no_factor_and_no_decay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "TINY", 4.0)  # the square of a norm that is too small, so that it can be met exactly
    reading, row = reading_of([2, 1]), np.array([[0.6], [0.8]])
    for size, counts in ((2.0, False), (2.1, True)):
        for own, parameters, forms in (
            (3.0, size, ["", "~decay"][: 1 + counts]),
            (size, 3.0, ["", "~decay"][-1 - counts :]),
        ):
            found = Search(Reading(reading.problem._replace(weights=(parameters * row,)), *fields(reading)), "mse", [])
            tried = found._ways("W1", 0, 2.7 * own * row, own * row, 1.0, flow_to(found, 0), 1.0, [])
            assert [way[0].form[:6] for way in tried] == forms


@pytest.mark.parametrize(
    ("form", "fixed"),
    [("preactivation-instead-of-activation", True), ("delta-instead-of-activation", True), ("~derivative", False)],
)
def test_only_a_form_with_a_name_fixes_the_factor_of_the_whole(form: str, fixed: bool) -> None:
    reading = submitted({"dW2": form}, {}, WIDTHS)
    found = Search(reading, "mse", [])
    state = State((), flow=flow_to(found, 1))
    states: Any = [(one.s, one.terms) for one in found._formed(state, 1, reading.given)]
    assert states == [(pytest.approx(1.0), (Term("dW2", form),))] * fixed


def test_a_vector_of_three_numbers_has_a_decay_only_if_no_factor_fits() -> None:
    reading = submitted({}, {}, [3, 1])
    (w,) = reading.problem.weights
    found = Search(reading, "mse", [])
    forms = [way[0].form[:6] for way in found._ways("W1", 0, 2.7 * w, w, 1.0, flow_to(found, 0), 1.0, [])]
    assert forms == [""]


def test_each_line_of_a_sum_is_compared_with_the_array_that_it_uses() -> None:
    plan = {"dW2": "preactivation-instead-of-activation"}  # whose left array is not that of the forms before it
    reading = submitted(plan, {}, [2, 3, 2])
    found, flow = Search(reading, "mse", []), flow_to(Search(reading, "mse", []), 1)
    tried = found._ways("W2", 1, reading.given["W2"], reading.correct("mse")["W2"].made, 1.0, flow, 1.0, [])
    assert [way[0].form for way in tried] == list(plan.values())


@pytest.mark.parametrize(
    ("width", "coarse", "fixed"), [(1, 1e-7, False), (2, 1e-7, True), (2, 3e-3, False), (3, 3e-3, True)]
)
def test_in_single_precision_two_numbers_could_have_one_direction_by_chance(
    width: int, coarse: float, fixed: bool
) -> None:
    reading = submitted({"dW2": "preactivation-instead-of-activation"}, {}, [2, width, 1])
    reading.coarse = coarse
    found = Search(reading, "mse", [])
    assert bool(formed(found, 1)) is fixed


def formed(found: Search, k: int) -> list[State]:
    """Determine the factor of the whole from the weights of a layer."""
    state = State((), flow=flow_to(found, k))
    return list(found._formed(state, k, {f"W{k + 1}": found.reading.given[f"W{k + 1}"]}))


@pytest.mark.parametrize(
    ("above", "share", "n", "fixed"),
    [([3, 1], 1.0, N, False), ([2, 2, 1], 0.0, 50_000, True), ([3, 1], 0.0, 66_667, False)],
)
def test_a_form_fixes_no_factor_if_rounding_drowns_it_or_too_much_would_be_computed(
    above: list[int], share: float, n: int, fixed: bool
) -> None:
    reading = submitted({"dW2": "preactivation-instead-of-activation"}, {}, [2, *above])
    reading.floors = {"W2": share * float(np.linalg.norm(reading.given["W2"]))}
    found = Search(reading, "mse", [])
    state = State((), flow=flow_to(found, 1))
    found.p = found.p._replace(y=np.broadcast_to(found.p.y[:1], (n, 1)))  # 200,000 products at most
    assert bool(list(found._formed(state, 1, reading.given))) is fixed


def test_the_correct_form_is_not_one_that_fixes_the_factor() -> None:
    assert formed(a_search(), 1) == []


def test_below_the_first_layer_there_is_no_delta() -> None:
    found = Search(submitted({"dW1": "input-missing"}, {}, [3, 2]), "mse", [])
    assert [state.terms for state in formed(found, 0)] == [(Term("dW1", "input-missing"),)]
    x, (w,), flow = found.p.a[0], found.p.weights, flow_to(found, 0)
    lower = flow.deltas[-1] @ w.T * x * (1 - x)  # as if the inputs were the activations of a layer
    g = found.reading.given["W1"] = lower.T @ flow.deltas[-1]
    assert formed(found, 0) == []
    assert list(found._ways("W1", 0, g, found.correct["W1"].made, 1.0, flow, 1.0, [])) == []


@pytest.mark.parametrize(("inputs", "scaled"), [(1, False), (2, True)])
def test_two_numbers_show_the_factor_of_a_delta_and_one_does_not(inputs: int, scaled: bool) -> None:
    reading = submitted({}, {"delta1": 0.37}, [inputs, 1, 1])
    factors = [state.factors for state in Search(reading, "mse", []).explain(1.0)]
    assert ({"delta1": pytest.approx(0.37)} in factors) is scaled


def test_a_search_takes_one_step_for_each_layer_of_each_state() -> None:
    model, rng = Model.random([2, 3, 1], seed=0), np.random.default_rng(0)
    x, y = rng.normal(size=(5, 2)), rng.random((5, 1))
    right = model.backward(model.forward(x), y).weights
    reading = Reading(
        Problem("", x, y, model.weights, None, right, None, (False, False)), model.activations, EPS, 1e-7, {}
    )
    steps = iter(range(100))
    assert Search(reading, "mse", named_factors(reading), steps).explain(None, 1)
    assert next(steps) == 2  # only the correct δ of the output goes on to the layer below
