"""What an explanation is called: losses, factors, mistakes, layers and places."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backprop import Model
from backprop.verification import explanation
from backprop.verification.catalogue import planted
from backprop.verification.explanation import (
    AHEAD,
    Explanation,
    _decays,
    _factor_slugs,
    _refit,
    _scales_of,
    _slug_of,
    between,
    equivalents,
    explanations,
    named_factors,
    scales,
)
from backprop.verification.intake import Problem
from backprop.verification.search import Block, Reading, State, Term, losses

TWO, HALF, SUM, AVERAGED = "extra-factor-two", "factor-two-missing", "sum-instead-of-mean", "averaged-twice"
MEAN, UNITS = "mean-instead-of-sum", "divided-by-units"


def reading(widths: list[int], n: int, turned: tuple[bool, ...] = ()) -> Reading:
    model = Model.random(widths, seed=0)
    x, y, depth = np.ones((n, widths[0])), np.ones((n, widths[-1])), len(widths) - 1
    problem = Problem("rows, (in, out)", x, y, model.weights, None, model.weights, None, turned or (False,) * depth)
    return Reading(problem, model.activations, 1e-16, 1e-7, {})


# Factors of the whole

LOSSES = {loss.name: loss for loss in losses(10, 3)}


def listed(name: str, named: bool, widths: list[int]) -> list[tuple[float, tuple[str, ...], float]]:
    """List the factors of `scales`, rounded."""
    loss = next(loss for loss in losses(10, widths[-1]) if loss.name == name)
    return [(round(f, 9), slugs, round(cost, 9)) for f, slugs, cost in scales(loss, reading(widths, 10), named)]


def test_the_factors_of_a_named_mean_of_one_output() -> None:
    assert listed("mse", True, [4, 5, 1]) == [
        (1.0, (), 0.0),
        (0.5, (HALF,), 0.8),
        (10.0, (SUM,), 0.8),
        (5.0, (HALF, SUM), 0.9),
        (2.0, (TWO,), 1.0),
        (0.5, (HALF,), 1.0),
        (0.1, (AVERAGED,), 1.0),
        (10.0, (SUM,), 1.0),
        (2.5, (UNITS,), 1.2),
        (5.0, (TWO, UNITS), 2.2),
        (2.0, (UNITS,), 1.2),
        (4.0, (TWO, UNITS), 2.2),
        (0.2, (TWO, AVERAGED), 2.0),
        (0.05, (HALF, AVERAGED), 2.0),
    ]


def test_the_factors_of_a_mean_that_was_not_named() -> None:
    assert listed("binary_cross_entropy", False, [4, 1]) == [
        (1.0, (), 0.0),
        (2.0, (TWO,), 1.0),
        (0.1, (AVERAGED,), 1.0),
        (2.5, (UNITS,), 1.2),
        (5.0, (TWO, UNITS), 2.2),
        (0.2, (TWO, AVERAGED), 2.0),
        (0.05, (HALF, AVERAGED), 2.0),
    ]


def test_with_several_outputs_a_mean_may_be_over_examples_or_over_all() -> None:
    assert listed("cross_entropy", False, [4, 3]) == [
        (1.0, (), 0.0),
        (2.0, (TWO,), 1.0),
        (0.1, (AVERAGED,), 1.0),
        (10.0, (SUM,), 1.0),
        (2.5, (UNITS,), 1.2),
        (5.0, (TWO, UNITS), 2.2),
        (0.2, (TWO, AVERAGED), 2.0),
        (0.05, (HALF, AVERAGED), 2.0),
        (round(1 / 30, 9), (AVERAGED,), 1.0),
        (7.5, (UNITS,), 1.2),
        (15.0, (TWO, UNITS), 2.2),
        (round(2 / 30, 9), (TWO, AVERAGED), 2.0),
        (round(0.5 / 30, 9), (HALF, AVERAGED), 2.0),
    ]


def test_the_factors_of_a_sum() -> None:
    assert listed("cross_entropy_sum", True, [4, 3]) == [
        (1.0, (), 0.0),
        (0.1, (MEAN,), 0.8),
        (round(1 / 30, 9), (MEAN,), 0.8),
        (2.0, (TWO,), 1.0),
        (0.1, (MEAN,), 1.0),
        (round(1 / 30, 9), (MEAN,), 1.0),
    ]
    assert listed("mse_sum", False, [4, 1]) == [(1.0, (), 0.0), (2.0, (TWO,), 1.0)]


@pytest.mark.parametrize(
    ("named", "other", "slugs"),
    [
        ("mse", "mse_half", (HALF,)),
        ("mse_half", "mse", (TWO,)),
        ("mse", "mse_sum", (SUM,)),
        ("mse_sum", "mse", (MEAN,)),
        ("mse", "mse_half_sum", (HALF, SUM)),
        ("mse_half_sum", "mse", (TWO, MEAN)),
        ("mse", "mse_examples", ()),
        ("mse_examples", "mse", ()),
        ("mse_examples", "mse_half", (HALF,)),
        ("mse_sum", "mse_half_sum", (HALF,)),
        ("mse_sum", "mse_examples", (MEAN,)),
    ],
)
def test_what_is_done_differently_if_a_gradient_belongs_to_another_loss(
    named: str, other: str, slugs: tuple[str, ...]
) -> None:
    assert between(LOSSES[named], LOSSES[other]) == slugs


def test_the_factors_with_a_name() -> None:
    assert named_factors(reading([2, 3], 10)) == pytest.approx([1 / 30, 0.1, 1 / 3, 0.5, 2, 3, 10, 30])
    assert named_factors(reading([2, 1], 10)) == pytest.approx([0.1, 0.5, 2, 10])
    assert named_factors(reading([2, 1], 1)) == [0.5, 2.0]


# Factors of one array


@pytest.mark.parametrize(
    ("place", "factor", "slugs"),
    [
        ("db1", 0.0, ["biases-not-updated"]),
        ("db1", 2.0, ["bias-scale"]),
        ("dW1", 0.0, ["layer-not-updated"]),
        ("dW1", -1.0, ["layer-sign"]),
        ("dW1", 2.0, [TWO]),
        ("dW1", 2 * (1 + 0.9e-6), [TWO]),
        ("dW1", 2 * (1 + 1.1e-6), ["layer-scale"]),
        ("dW1", -2.0, [TWO, "layer-sign"]),
        ("dW1", 0.5, [HALF]),
        ("dW1", 10.0, [SUM]),
        ("dW1", 30.0, [SUM]),
        ("dW1", 0.1, [AVERAGED]),
        ("delta2", 1 / 30, [AVERAGED]),
        ("delta2", -0.37, ["layer-scale", "layer-sign"]),
    ],
)
def test_the_name_of_a_factor(place: str, factor: float, slugs: list[str]) -> None:
    assert _factor_slugs(Term(place, "", factor), reading([2, 5, 3], 10)) == slugs


def test_one_example_makes_no_sum() -> None:
    assert _factor_slugs(Term("dW1", "", 1.0), reading([2, 1], 1)) == ["layer-scale"]


@pytest.mark.parametrize(
    ("name", "output", "slug"),
    [
        ("derivative-missing", True, "output-derivative-missing"),
        ("derivative-missing", False, "hidden-derivative-missing"),
        ("derivative-of-wrong-layer:below", False, "derivative-of-wrong-layer"),
        ("~ones", True, "~ones"),
    ],
)
def test_the_slug_of_a_form(name: str, output: bool, slug: str) -> None:
    assert _slug_of(name, output) == slug


# A whole explanation


def explained(*terms: Term, extra: tuple[str, ...] = (), turned: tuple[bool, ...] = ()) -> Explanation:
    at = reading([2, 3, 3, 1], 10, turned)
    return Explanation(at, losses(10, 1)[0], State(terms), -1, 3.0, extra, 0.0, 0.0, {})


MISSING = Term("phi1", "derivative-missing")


@pytest.mark.parametrize(
    ("one", "layers", "place"),
    [
        (explained(), {}, None),
        (explained(MISSING), {"hidden-derivative-missing": (1,)}, "phi1"),
        (explained(MISSING._replace(place="phi2"), MISSING), {"hidden-derivative-missing": (1, 2)}, "phi2"),
        (explained(Term("phi3", "derivative-missing")), {"output-derivative-missing": (3,)}, "phi3"),
        (explained(Term("error", "output-differentiated")), {"output-differentiated": (3,)}, "error"),
        (explained(extra=("uphill",)), {"uphill": (1, 2, 3)}, None),
        (
            explained(MISSING, extra=("uphill",)),
            {"hidden-derivative-missing": (1,), "uphill": (1, 2, 3)},
            "phi1",
        ),
        (explained(turned=(False, True, False)), {"gradient-transposed": (2,)}, None),
        (explained(Term("delta2", "", 0.37)), {"layer-scale": (1, 2)}, "delta2"),
        (explained(Term("dW2", "", 0.37)), {"layer-scale": (2,)}, "dW2"),
        (explained(Term("dW2", "", 0.37), Term("db2", "", 0.37)), {"layer-scale": (2,)}, None),
        (explained(Term("dW2", "", 0.37), Term("db2", "", 0.37 * (1 + 0.9e-6))), {"layer-scale": (2,)}, None),
        (
            explained(Term("dW2", "", -0.37), Term("db2", "", 0.37)),
            {"layer-scale": (2,), "layer-sign": (2,), "bias-scale": (2,)},
            None,
        ),
        (
            explained(Term("dW2", "", 0.37), Term("db2", "", 0.37 * (1 + 1.1e-6))),
            {"layer-scale": (2,), "bias-scale": (2,)},
            None,
        ),
        (
            explained(Term("dW2", "", 0.37), Term("db2", "", 0.0)),
            {"layer-scale": (2,), "biases-not-updated": (2,)},
            None,
        ),
        (
            explained(Term("dW2", "", 0.37), Term("db2", "", 0.38)),
            {"layer-scale": (2,), "bias-scale": (2,)},
            None,
        ),
        (explained(Term("dW2", "", 0.0), Term("db2", "", 0.0)), {"layer-not-updated": (2,)}, None),
        (
            explained(Term("dW2", "one-example-only"), Term("db2", "bias-not-summed")),
            {"one-example-only": (2,)},
            None,
        ),
        (
            explained(MISSING, Term("dW2", "input-missing")),
            {"hidden-derivative-missing": (1,), "input-missing": (2,)},
            None,
        ),
        (explained(Term("phi2", "~complement")), {}, "phi2"),  # it has no name
        (explained(Term("phi2", "derivative-applied-twice")), {"derivative-applied-twice": (2,)}, "delta2"),
        (explained(Term("phi3", "~complement")), {}, "delta3"),  # at the output δ, whatever it is made of
        (explained(Term("error", "~sign")), {}, "delta3"),
        (explained(Term("back2", "delta-without-derivative+one-path-only")), {}, "back2"),
        (explained(MISSING, Term("dW2", "~ones")), {}, None),
    ],
)
def test_the_names_the_layers_and_the_place(one: Explanation, layers: dict[str, Any], place: str | None) -> None:
    assert one.slugs == tuple(layers)
    assert one.layers == layers
    assert one.place == place
    assert one.correct is (not one.state.terms and not one.extra and not any(one.reading.problem.turned))


def test_a_mean_over_hidden_units_is_no_other_loss() -> None:
    one = Explanation(reading([4, 5, 1], 10), losses(10, 1)[0], State(), 1, 0.2, (UNITS,), 0.0, 0.0, {})
    assert one.other_loss is None


def test_what_follows_a_factor_of_both_arrays_is_listed_too() -> None:
    both = Term("dW2", "", 0.37), Term("db2", "", 0.37)
    assert explained(*both, MISSING).slugs == ("layer-scale", "hidden-derivative-missing")


@pytest.mark.parametrize(
    ("terms", "place", "in_one_array"),
    [
        ([Term("dW2", "", 0.37), Term("db2", "", 0.37)], None, "dW2"),
        ([Term("dW2", "~decay:0.1", 0.1), Term("db2", "~decay:0.1", 0.1)], None, "dW2"),
        ([Term("dW2", "one-example-only"), Term("db2", "bias-not-summed")], None, None),
        ([Term("delta2", "", 0.37), Term("dW2", "", 0.5)], None, None),
        ([Term("delta2", "", 0.37), Term("db2", "", 0.5)], None, None),
        ([Term("delta2", "", 0.37)], "delta2", "delta2"),
        ([Term("back1", "weights-missing"), Term("phi1", "derivative-given-a")], "delta1", "delta1"),
        ([Term("back1", "weights-missing"), MISSING, Term("delta1", "", 0.37)], "delta1", "delta1"),
    ],
)
def test_places_in_one_layer_and_in_one_array_are_one(
    terms: list[Term], place: str | None, in_one_array: str | None
) -> None:
    one = explained(*terms)
    assert one.place == place
    at = replace(one.reading, problem=one.reading.problem._replace(bias_row="last"))
    assert replace(one, reading=at).place == in_one_array


def test_mistakes_of_the_scale_are_named_last() -> None:
    one = explained(MISSING, extra=(TWO,))
    assert one.parts == ((TWO, "", (1, 2, 3)), ("hidden-derivative-missing", "phi1", (1,)))
    assert explained(turned=(False, True, False)).parts == (("gradient-transposed", "dW2", (2,)),)
    assert explained(Term("delta2", "", 0.37)).parts == (("layer-scale", "delta2", (1, 2)),)
    assert one.slugs == ("hidden-derivative-missing", TWO)


@pytest.mark.parametrize(("scale", "slugs"), [(5.0, ("uphill",)), (2.5, (HALF, SUM, "uphill"))])
def test_two_factors_that_make_another_loss_are_not_named(scale: float, slugs: tuple[str, ...]) -> None:
    extra = (HALF, SUM, "uphill")  # of the mean squared error, five times as long, is half the sum
    one = Explanation(reading([2, 3, 1], 10), losses(10, 1)[0], State((MISSING,)), -1, scale, extra, 0.0, 0.0, {})
    assert one.slugs == ("hidden-derivative-missing", *slugs)
    assert (one.other_loss is not None) is (len(slugs) == 1)
    single = replace(one, extra=(HALF,), scale=0.5)
    assert single.slugs == ("hidden-derivative-missing", HALF)


@pytest.mark.parametrize(("n", "passes"), [(100, [100]), (101, [100, 101])])
def test_every_mistake_that_gives_the_same_numbers_is_equivalent(
    monkeypatch: pytest.MonkeyPatch, n: int, passes: list[int]
) -> None:
    at, seen = reading([2, 3, 1], n), dict[tuple[Any, ...], list[int]]()
    one = Explanation(at, losses(n, 1)[0], State((MISSING,)), 1, 1.0, (), 0.0, 0.0, {})
    right = [slug for slug, plan, _ in planted(at.exact("mse"), n) if plan]

    def gives(p: Any, plan: dict[str, str], factors: dict[str, float], wanted: Any, tolerance: float, *_: Any) -> bool:
        assert (list(wanted), tolerance) == (["W1", "W2"], 1e-12)
        seen.setdefault((tuple(plan.items()), tuple(factors.items())), []).append(len(p.y))
        return True

    monkeypatch.setattr(explanation, "gives", gives)
    found = equivalents(one)
    expected = {*right, "layer-not-updated", "biases-not-updated"} - {"hidden-derivative-missing", "updated-too-early"}
    assert set(found) == expected
    assert found["weights-missing"] == "back1"
    assert found["layer-not-updated"] is None
    assert list(seen.values()) == [passes] * len(seen)


def test_the_factor_of_an_explanation() -> None:
    assert explained().s == pytest.approx(-3 * 2 / 10)


def test_terms_of_decay_are_sorted_by_their_multiple() -> None:
    a, b, c = Term("dW1", "~decay:0.1", 0.1), Term("dW2", "~decay:0.1", 0.1), Term("dW3", "~decay:0.2", 0.2)
    assert _decays(State((MISSING, a, b, c))) == {"~decay:0.1": [a, b], "~decay:0.2": [c]}


def array(name: str, factor: float, slack: float, given: float) -> tuple[str, Block]:
    return name, Block(name, np.array([[given]]), np.ones((1, 1)), slack, 0.0, factor)


@pytest.mark.parametrize(
    ("arrays", "factor"),
    [
        ([array("W1", 2.0, 0.1, 2.0), array("W2", 2.1, 0.2, 2.1)], 2.0),  # the surest decides
        ([array("W1", 2.0, 0.2, 2.0), array("W2", 2.1, 0.1, 2.1)], 2.1),
        ([array("W1", 2.0, 0.1, 2.0), array("W2", 3.0, 0.1, 3.0)], None),
        ([array("W1", 2.0, 0.25, 2.0), array("W2", 2.5, 0.3, 2.5)], 2.0),
        ([array("W1", 2.0, 0.25, 2.0), array("W2", 2.7, 0.3, 2.7)], None),
        ([array("W1", np.nan, 0.1, 2.0)], None),
        ([array("W1", 0.0, 0.1, 0.0)], None),
    ],
)
def test_one_factor_for_all_arrays(arrays: Any, factor: float | None) -> None:
    assert _refit(dict(arrays)) == factor


# Explanations of states


def listed_explanations(*states: State, s: float = 1.0, slack: float = 0.0, loss: str = "mse", **options: Any) -> Any:
    """Explain states of two arrays, each costs the first factor of its flow; whatever the loss, arrays are ones."""
    given = {"W1": np.full((2, 2), s), "b1": np.full((1, 2), s)}
    blocks = {name: Block(name, g, np.ones(g.shape), slack, 0.0, options.get("factor", s)) for name, g in given.items()}
    at: Any = SimpleNamespace(given=given, blocks=lambda *_: blocks, depth=1, n=3, widths=(2, 2))
    search: Any = SimpleNamespace(reading=at, family="mse", cost=lambda state: state.numbers / 100)
    told = {"named": True, "known": False, "step": False} | {
        key: value for key, value in options.items() if key != "factor"
    }
    candidates = [one for one in losses(3, 2) if one.name in loss.split()]
    return [
        (one.sign, round(one.scale, 9), one.extra, round(one.assumes, 9), round(one.unlikely, 9), one.loss.name)
        for one in explanations(search, states, candidates, **told)
    ]


def state(cost: float = 0.0, s: float | None = 1.0, *terms: Term) -> State:
    return State(terms, s=s, numbers=round(100 * cost))


WHOLE = 2 / 6  # the factor of the mean squared error of three examples and two outputs


@pytest.mark.parametrize(
    ("states", "options", "found"),
    [
        ([state()], {}, [(1, 3.0, (), 0.0, 0.0, "mse")]),
        ([state(s=None)], {}, []),
        # what may be assumed at most, 2.75, and beside a cheaper explanation, 0.65 more
        ([state(2.75)], {}, [(1, 3.0, (), 2.75, 0.0, "mse")]),
        ([state(2.76)], {}, []),
        ([state(1.0), state(1.65)], {}, [(1, 3.0, (), cost, 0.0, "mse") for cost in (1.0, 1.65)]),
        ([state(1.0), state(1.66)], {}, [(1, 3.0, (), 1.0, 0.0, "mse")]),
        ([state(1.66), state(1.0)], {}, [(1, 3.0, (), cost, 0.0, "mse") for cost in (1.66, 1.0)]),
        # the sign
        ([state(s=-1.0)], {"s": -1.0}, [(-1, 3.0, (), 0.0, 0.05, "mse")]),
        ([state(s=-1.0)], {"s": -1.0, "step": True}, [(-1, 3.0, ("uphill",), 0.6, 0.05, "mse")]),
        ([state(0, -1.0, Term("dW1", "", -1.0))], {"s": -1.0}, [(-1, 3.0, (), AHEAD, 0.05, "mse")]),
        ([state(0, -1.0, Term("dW1", "", -2.0))], {"s": -1.0}, [(-1, 3.0, (), 0.0, 0.05, "mse")]),
        ([state(0, 1.0, Term("dW1", "", -1.0))], {}, [(1, 3.0, (), 0.0, 0.0, "mse")]),
        # a factor of every array is one of the whole
        ([state(0, 1.0, Term("dW1", "", 2.0), Term("db1", "", 2.0))], {}, []),
        ([state(0, 1.0, Term("dW1", "", 2.0), Term("db2", "", 2.0))], {}, [(1, 3.0, (), 0.0, 0.0, "mse")]),
        # a multiple of the weights is seen in four numbers, not in two
        ([state(0, 1.0, Term("dW1", "~decay:0.1", 0.1))], {}, [(1, 3.0, (), 0.0, 0.0, "mse")]),
        ([state(0, 1.0, Term("db1", "~decay:0.1", 0.1))], {}, []),
        (
            [state(0, 1.0, Term("db1", "~decay:0.1", 0.1), Term("dW1", "~decay:0.1", 0.1))],
            {},
            [(1, 3.0, (), 0.0, 0.0, "mse")],
        ),
        ([state(0, 1.0, Term("dW1", "~decay:0.2", 0.2), Term("db1", "~decay:0.1", 0.1))], {}, []),
        # within one and a half times what rounding allows the factor stays, beyond it is fitted
        ([state(s=1.0)], {"s": 1.0 + 1.49e-6, "slack": 2e-6, "factor": 5.0}, [(1, 3.0, (), 0.0, 0.0, "mse")]),
        ([state(s=1.0)], {"s": 1.0 + 1.51e-6, "slack": 1e-6, "factor": np.nan}, []),
        ([state(s=1.0)], {"s": 2.0, "slack": 1e-6}, [(1, 6.0, (), 0.0, 0.0, "mse")]),
        ([state()], {"slack": 9.0}, []),  # rounding hides all
        # losses
        (
            [state()],
            {"loss": "mse mse_half"},
            [(1, 3.0, (), 0.0, 0.0, "mse")],  # without the factor, one loss is as good as another
        ),
        (
            [state(s=WHOLE)],
            {"s": WHOLE, "loss": "mse mse_half", "known": True, "slack": 1e-9},
            [(1, 1.0, (), 0.0, 0.0, "mse"), (1, 2.0, (TWO,), 0.8, 0.1, "mse_half")],
        ),
        (
            [state(s=WHOLE)],  # if no loss was named, one is almost as likely as the next
            {"s": WHOLE, "loss": "mse mse_half", "known": True, "slack": 1e-9, "named": False},
            [(1, 1.0, (), 0.0, 0.0, "mse"), (1, 2.0, (TWO,), 1.0, 0.01, "mse_half")],
        ),
        # a factor that has a name is taken for exactly that
        (
            [state(s=WHOLE * (1 + 1e-7))],
            {"s": WHOLE * (1 + 1e-7), "known": True, "slack": 1e-6},
            [(1, 1.0, (), 0.0, 0.0, "mse")],
        ),
        ([state()], {"loss": "binary_cross_entropy"}, [(1, 6.0, (), 0.0, 0.0, "binary_cross_entropy")]),
        (
            [state()],
            {"loss": "binary_cross_entropy", "named": False},
            [(1, 6.0, (), 0.0, 0.1, "binary_cross_entropy")],
        ),
    ],
)
def test_states_become_explanations(states: list[State], options: Any, found: Any) -> None:
    assert listed_explanations(*states, **options) == found


@pytest.mark.parametrize(
    ("passed_over", "options"),
    [
        (state(s=None), {}),
        (state(2.76), {}),
        (state(0, 1.0, Term("db1", "~decay:0.1", 0.1)), {}),
        (state(0, 1.0, Term("dW1", "", 2.0), Term("db1", "", 2.0)), {}),
        (state(s=5.0), {"factor": np.nan}),  # with which no array fits, and no other factor does
    ],
)
def test_a_state_that_explains_nothing_does_not_end_the_search(passed_over: State, options: Any) -> None:
    assert listed_explanations(passed_over, **options) == []
    assert listed_explanations(passed_over, state(), **options) == [(1, 3.0, (), 0.0, 0.0, "mse")]


def test_a_state_that_rounding_hides_does_not_end_the_search() -> None:
    hidden, seen = state(s=1.0), state(s=0.9)  # 0.22 is more than a tenth of 2, and 0.9 · 0.22 is less
    assert listed_explanations(hidden, slack=0.22) == []
    assert listed_explanations(hidden, seen, slack=0.22) == [(1, 2.7, (), 0.0, 0.0, "mse")]


# The scale of the whole


def scaled(factor: float, n: int, widths: list[int], *terms: Term, named: bool = True) -> list[Any]:
    """List the scales with which a gradient holds that is so many times that of the mean squared error."""
    at = reading(widths, n)
    loss = next(one for one in losses(n, widths[-1]) if one.name == "mse")
    s, made = factor * loss.factor, np.ones((widths[0], widths[1]))
    blocks = {"W1": Block("W1", s * made, made, 1e-9, 0.0, s)}
    return [(f and round(f, 9), *rest) for f, *rest in _scales_of(State(terms), blocks, s, loss, at, named)]


@pytest.mark.parametrize(
    ("arguments", "terms", "found"),
    [
        ((1.0, 2, [2, 2]), (), [(1.0, (), 0.0)]),
        ((-1.0, 2, [2, 2]), (), [(1.0, (), 0.0)]),
        ((2.0, 3, [2, 2]), (), [(2.0, (TWO,), 1.0)]),
        ((3.7, 2, [2, 2]), (), [(None, ("wrong-scale",), 1.8)]),  # two examples of two outputs
        ((-3.7, 2, [2, 2]), (), [(None, ("wrong-scale",), 1.8)]),
        ((3.7, 2, [3, 1]), (), []),  # three numbers
        ((3.7, 2, [4, 1]), (), [(None, ("wrong-scale",), 1.8)]),
        ((3.7, 1, [4, 1]), (), []),  # with one number for δ, every factor would do
        ((2.0, 1, [4, 1]), (), [(2.0, (TWO,), 1.0)]),
        ((2.0, 1, [4, 1]), (Term("error", "output-differentiated"),), []),
        ((3.7, 2, [2, 2]), (Term("error", "output-differentiated"),), [(None, (), 0.5)]),
        ((2.0, 2, [2, 2]), (Term("error", "loss-instead-of-derivative"),), [(2.0, (), 0.1)]),
        ((1.0, 2, [2, 2]), (Term("error", "loss-instead-of-derivative"),), [(1.0, (), 0.0)]),
        ((2.0, 3, [2, 2]), (Term("error", "targets-broadcast"),), [(2.0, (TWO,), 1.0)]),
        ((3.7, 2, [2, 2]), (Term("error", "~sign"),), [(None, (), 0.5)]),
        ((3.7, 2, [2, 2]), (Term("phi1", "~ones"),), []),
        ((3.7, 2, [2, 2]), (MISSING,), [(None, ("wrong-scale",), 1.8)]),
    ],
)
def test_the_scale_of_the_whole(arguments: Any, terms: Any, found: Any) -> None:
    assert scaled(*arguments, *terms) == found


@pytest.mark.parametrize(
    ("off", "slack", "found"),
    [
        (2.0**-8, 2.0**-6, [(1.0, (), 0.0)]),  # as far off as rounding allows
        (2.0**-8, 2.0**-6 * 0.99, [(None, ("wrong-scale",), 1.8)]),
        (2.0**-7, 2.0**-4, [(None, ("wrong-scale",), 1.8)]),  # more than a hundredth off, whatever rounding allows
    ],
)
def test_a_scale_is_near_and_within_rounding(off: float, slack: float, found: Any) -> None:
    at, loss = reading([2, 2], 2), losses(2, 2)[0]
    assert loss.factor == 0.5
    one = {"W1": Block("W1", np.full((2, 2), 0.5 + off), np.ones((2, 2)), slack, 0.0, 0.5 + off)}
    assert list(_scales_of(State(()), one, 0.5 + off, loss, at, True)) == found


@pytest.mark.parametrize(("off", "found"), [(0.4375, [(None, ("wrong-scale",), 1.8)]), (0.438, []), (0.5, [])])
def test_a_scale_without_a_name_fits_to_the_last_of_what_rounding_allows(off: float, found: Any) -> None:
    at, loss = reading([2, 2], 2), losses(2, 2)[0]
    one = {"W1": Block("W1", np.full((2, 2), 3.5 + off), np.ones((2, 2)), 0.25, 0.0, 3.5)}  # 2 · off of 3.5 · 0.25
    assert list(_scales_of(State(()), one, 3.5, loss, at, True)) == found


def test_a_scale_that_does_not_fit_all_arrays_is_none() -> None:
    at, loss = reading([2, 2], 2), losses(2, 2)[0]
    one = {"W1": Block("W1", np.full((2, 2), 3.7), np.ones((2, 2)), 1e-9, 0.0, 3.7)}
    one["b1"] = one["W1"]._replace(given=np.full((2, 2), 3.8))
    assert list(_scales_of(State(()), one, 3.7, loss, at, True)) == []
