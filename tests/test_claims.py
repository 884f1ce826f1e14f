"""The claims: each has a check that exists, and a verdict that another result, or a wrong formula, would turn round."""

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprop import Model, claims, derivation
from backprop.claims import CLAIMS, HOLDS, NOT, WHEN, Claim
from backprop.data import linear
from backprop.experiments import EXPERIMENTS, SLOW
from builder.insert import claims as claims_page

ROOT = Path(__file__).parents[1]
LABELS = set(
    re.findall(r"\\label\{eq:([^}]*)\}", "".join(p.read_text("utf-8") for p in ROOT.glob("backprop/derivation/*.py")))
)
every_claim = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.number}-{claim.judge.__name__}")

#: What was found. A verdict that changes is news, and is to be looked at.
FOUND = {
    **dict.fromkeys([2, 3, 4, 5, 7, 8, 9, 11, 17, 18, 21, 23, 24, 28, 31, 32, 33, 34, 37], HOLDS),
    **dict.fromkeys([1, 14, 15, 16, 20, 22, 25, 29, 30, 35, 36], WHEN),
    **dict.fromkeys([6, 10, 12, 13, 19, 26, 27], NOT),
}


def times(factor: float) -> Any:
    """Make a function that scales what a step returns."""
    return lambda step: lambda *arguments, **named: factor * step(*arguments, **named)


def put(path: str, value: Any) -> Any:
    """Make a function that changes one stored number."""

    def change(results: dict[str, Any]) -> None:
        *way, last = path.split(".")
        place: Any = results
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place[part]
        place[int(last) if isinstance(place, list) else last] = value

    return change


#: For each claim one thing that would turn its verdict: a step made wrong, or results that came out otherwise.
TURNED: dict[int, Any] = {
    1: ("weight_gradient", times(-1)),
    2: ("sum_gradients", times(2)),
    3: ("chain_rule", times(-1)),
    4: ("forward_gradient", times(2)),
    5: ("backward_gradient", times(2)),
    6: ("output_delta", times(2)),
    7: ("hidden_delta_unit", times(0.5)),
    8: ("hidden_delta", times(2)),
    9: [put("program.runs.3.log.19.1", 0.5)],
    10: [lambda results: None],
    11: ("weight_gradient", times(2)),
    12: [put("start_weights.miss", 0.0)],
    13: [put("spread.xor.one.solved", 3)],
    14: ("gradient_descent_step", times(2)),
    15: ("sigmoid_derivative_from_output", times(2)),
    16: ("mse_contributions", times(3)),
    17: [put(f"spread.linear.one.below.{k}.1", 1.0) for k in range(5)],
    18: [put(f"spread.xor.one.below.{k}.1", 0.0) for k in range(5)],
    19: [put("log_reproduction.lines.11.2", 0.021311195887315112), put("log_reproduction.lines.10.2", 0.02)],
    20: [put("learning_rates.rates.5.first", 9000.0)],
    21: ("gradient_descent_step", times(2)),
    22: [put("thresholds.mean.rates.3.excess.-1", 0.0)],
    23: [put("learning_rates.rates.0.reached", 64)],
    24: [put("timing.training_runs.4.seconds", 0.001)],
    25: [put("timing.doubled", 4)],
    26: [put("timing.jump", 4.9)],
    27: [put("timing.steps.1.forward", 1e6)],
    28: [put("no_activation.xor.nan", 0.5)],
    29: [put("no_activation.xor.all_three", 1.0)],
    30: [put("no_activation.without_bias.6.diverged", 0.0)],
    31: ("relu_derivative", times(0.5)),
    32: ("relu", times(-1)),
    33: ("relu_derivative", lambda step: np.ones_like),
    34: [put("relu.xor.two.4.layers.0.end", 0.1)],
    35: [put(f"relu.xor.two.{k}.layers.1.revived", 0) for k in range(5)],
    36: [put("relu.xor.two.4.hidden_dead", 0.9)],
    37: [put("relu.xor.two.0.hidden_dead", 0.9)],
}


def test_a_judge_becomes_a_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(results: claims.Results) -> claims.Judgement:
        """Nothing is
        new.
        """
        return HOLDS, str(results)

    def silent(results: claims.Results) -> claims.Judgement:
        return NOT, str(results)

    monkeypatch.setattr(claims, "CLAIMS", [])
    assert claims.claim("a part", "doctest:relu", "relu", "tanh")(judge) is judge
    claims.claim("another", "experiment:relu")(silent)
    assert [
        Claim(1, "a part", "Nothing is new.", ("relu", "tanh"), "doctest:relu", judge),
        Claim(2, "another", "", (), "experiment:relu", silent),
    ] == claims.CLAIMS


@every_claim
def test_a_claim_is_judged_as_it_was_found(claim: Claim, results: dict[str, Any]) -> None:
    verdict, why = claim.judge(results)
    assert verdict == FOUND[claim.number], why
    assert len(why) > 20
    assert not {"nan", "inf"} & set(re.findall(r"\w+", why)) or claim.part == claims.BARE


@every_claim
def test_a_verdict_can_turn(claim: Claim, results: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    turned = TURNED[claim.number]
    if claim.number == 10:
        monkeypatch.setattr(claims, "LAYERS", ((2, 4), (4, 4), (4, 1)))
    if isinstance(turned, tuple):
        name, wrong = turned
        monkeypatch.setattr(derivation, name, wrong(getattr(derivation, name)))
    else:
        results = copy.deepcopy(results)
        for change in turned:
            change(results)
    with np.errstate(all="ignore"):
        assert claim.judge(results)[0] != FOUND[claim.number]


def test_the_missing_activation_is_judged_at_both_rates(results: dict[str, Any]) -> None:
    judge = CLAIMS[29].judge
    results = copy.deepcopy(results)
    put("no_activation.without_bias.2.diverged", 1.0)(results)
    assert judge(results)[0] == HOLDS
    put("no_activation.without_bias.6.diverged", 0.0)(results)
    assert judge(results)[0] == NOT


def test_a_claim_that_holds_without_its_condition_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "weight_gradient", times(1e-5)(derivation.weight_gradient))
    assert CLAIMS[0].judge({})[0] == HOLDS  # then even a large step lowers the loss
    monkeypatch.setattr(derivation, "weight_gradient", times(-1)(derivation.weight_gradient))
    assert CLAIMS[0].judge({})[0] == NOT


def named(name: str) -> Claim:
    """Find a claim by the function that judges it."""
    return next(claim for claim in CLAIMS if claim.judge.__name__ == name)


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("time_grows", {"timing.training_runs.0.seconds": 1.0, "timing.training_runs.-1.seconds": 1.25}, HOLDS),
        ("time_grows", {"timing.training_runs.0.seconds": 1.0, "timing.training_runs.-1.seconds": 1.2}, NOT),
        ("nan_at_500", {"no_activation.xor.nan": 0.96, "no_activation.linear.nan": 0.96}, HOLDS),
        ("nan_at_500", {"no_activation.xor.nan": 0.95}, NOT),
        ("nan_at_500", {"no_activation.linear.nan": 0.95}, NOT),
        ("larger_is_faster", {"learning_rates.rates.1.first": 8.0}, WHEN),
        ("larger_is_faster", {"learning_rates.rates.1.first": 9.0}, NOT),
        ("larger_is_faster", {"learning_rates.rates.1.first": 9.0, "learning_rates.rates.1.reached": 90}, WHEN),
        ("larger_is_faster", {"learning_rates.rates.2.reached": 90}, NOT),
        ("xor_result", {f"spread.xor.one.below.{k}.1": 0.5 * (k > 1) for k in range(20)}, HOLDS),
        ("xor_result", {f"spread.xor.one.below.{k}.1": 0.5 * (k > 2) for k in range(20)}, NOT),
        ("linear_result", {f"spread.linear.one.below.{k}.1": 0.5 * (k > 1) for k in range(20)}, HOLDS),
        ("linear_result", {f"spread.linear.one.below.{k}.1": 0.5 * (k > 2) for k in range(20)}, NOT),
        ("bias_in_the_text", {"spread.xor.one.solved": 499}, HOLDS),
        ("bias_in_the_text", {"spread.xor.one.solved": 500}, NOT),
        ("the_jump", {"timing.jump": 4.01}, HOLDS),
        ("the_jump", {"timing.jump": 4.0}, NOT),
        ("the_missing_activation", {"no_activation.without_bias.-1.diverged": 0.5}, NOT),
        ("the_missing_activation", {"no_activation.without_bias.2.diverged": 0.5}, WHEN),
        ("the_missing_activation", {"no_activation.without_bias.2.diverged": 0.51}, HOLDS),
    ],
)
def test_a_result_is_judged_on_either_side_of_its_bound(
    name: str, changes: dict[str, float], expected: str, results: dict[str, Any]
) -> None:
    results = copy.deepcopy(results)
    for kind in ("xor", "linear"):
        results["spread"][kind]["one"]["below"] = [[0, 0.5] for _ in range(20)]
    rates = [{"eta": eta, "first": 9.0, "reached": 91} for eta in (1.0, 2.0)]
    results["spread"]["seeds"] = 1000
    results["learning_rates"].update(seeds=100, rates=[*rates, {"eta": 3.0, "first": None, "reached": 89}])
    for path, value in changes.items():
        put(path, value)(results)
    assert named(name).judge(results)[0] == expected


def test_the_first_and_the_last_time_are_compared(results: dict[str, Any]) -> None:
    results = copy.deepcopy(results)
    for k, run in enumerate(results["timing"]["training_runs"]):
        run.update(seconds=10.0 + k, hidden=k)
    last = len(results["timing"]["training_runs"]) - 1
    why = named("time_grows").judge(results)[1]
    assert why == f"training takes 10.00 s with 0 units and {10 + last}.00 s with {last} units"


def test_too_small_rates_are_those_up_to_a_tenth(results: dict[str, Any]) -> None:
    results = copy.deepcopy(results)
    rates = [{"eta": eta, "reached": reached} for eta, reached in ((0.01, 3), (0.05, 7), (0.1, 5), (0.2, 9))]
    results["learning_rates"].update(seeds=10, rates=rates, enough=0.125, epochs=2500)
    expected = "at η = 0.1 and below, 7 of 10 seeds reach a loss of 0.125 within 2,500 epochs"
    assert named("too_small").judge(results) == (NOT, expected)
    for rate in rates[:3]:
        rate["reached"] = 0
    assert named("too_small").judge(results) == (HOLDS, expected.replace("7 of", "none of"))


def test_the_missing_activation_is_told_with_the_rates_that_are_compared(results: dict[str, Any]) -> None:
    results = copy.deepcopy(results)
    n = results["no_activation"]
    for kind, offset in (("without_bias", 0.0), ("kept", 0.001)):
        for k, one in enumerate(n[kind]):
            one.update(eta=k + 1, diverged=k / 100 + offset)
    n["floor"] = 0.125
    last = len(n["without_bias"]) - 1
    assert named("the_missing_activation").judge(results)[1] == (
        f"the learning rate is large. At η = {last + 1}, the report's, {last}.0% of the seeds overflow even with the "
        "correct derivative of a = z, which is 1. At η = 3, 2% overflow, and all converge to the minimum 0.125000. "
        "However, with the derivative a(1 − a) that the report kept, 2.1% overflow at this learning rate, and 0% still "
        "do at η = 1"
    )


def test_the_example_has_distinct_widths_and_a_seed() -> None:
    for seed in (0, 3):
        model, X, y = claims.example(seed) if seed else claims.example()
        assert model.widths == (2, 3, 5, 1)
        np.testing.assert_array_equal(model.weights[1], Model.random([2, 3, 5, 1], seed).weights[1])
        np.testing.assert_array_equal(X, linear(7, seed)[0])
        np.testing.assert_array_equal(y, linear(7, seed)[1])


def test_dead_units_are_counted_by_layer(results: dict[str, Any]) -> None:
    results = copy.deepcopy(results)
    runs = results["relu"]["xor"]["two"]
    for run in runs:
        run.update(stuck=3, zero_gradients=2)
        for layer, dead in enumerate((10, 20, 30)):
            run["layers"][layer].update(dead_at_initialisation=dead, revived=dead // 10)
    n = len(runs)
    why = named("irreversible").judge(results)[1]
    assert f"{n} of {10 * n} dead units of the first layer and {3 * n} of {30 * n} dead outputs recovered" in why
    assert f"{2 * n} of {3 * n} networks with a dead output have" in why
    assert f"However, {2 * n} of {20 * n} dead units of the second layer recovered" in why


def test_a_step_that_changes_nothing_does_not_descend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "weight_gradient", times(0)(derivation.weight_gradient))
    monkeypatch.setattr(derivation, "bias_gradient", times(0)(derivation.bias_gradient))
    assert named("descends").judge({})[0] == NOT


def test_the_derivative_of_relu_is_compared_with_the_numerical_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "central_difference", times(2)(derivation.central_difference))
    assert named("relu_formula").judge({})[0] == NOT


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, WHEN),
        ({f"{k}.layers.1.revived": 0 for k in range(5)}, HOLDS),
        ({"0.layers.0.revived": 1}, NOT),
        ({"0.layers.2.revived": 1}, NOT),
        ({"0.stuck": 10_000}, NOT),
        ({"0.zero_gradients": 10_000}, NOT),
    ],
)
def test_a_dead_unit_recovers_in_the_second_layer_alone(changes: Any, expected: str, results: Any) -> None:
    results = copy.deepcopy(results)
    for path, value in changes.items():
        put(f"relu.xor.two.{path}", value)(results)
    assert CLAIMS[34].judge(results)[0] == expected


@pytest.mark.parametrize(
    ("below", "above", "solved", "expected"),
    [
        ([1.0, 2.0, 0.5], [1.0, 0.5, 2.0], 9, WHEN),  # the last excess counts, beside the first
        ([1.0, 0.5, 2.0], [1.0, 0.5, 2.0], 9, NOT),
        ([1.0, 0.5, 1.0], [1.0, 0.5, 2.0], 9, NOT),
        ([1.0, 2.0, 0.5], [1.0, 2.0, 0.5], 9, NOT),
        ([1.0, 2.0, 0.5], [1.0, 2.0, 1.0], 9, NOT),
        ([1.0, 2.0, 0.5], [1.0, 0.5, 2.0], 10, NOT),
    ],
)
def test_too_large_is_judged_on_either_side_of_the_threshold(
    below: list[float], above: list[float], solved: int, expected: str
) -> None:
    rates: list[Any] = [{}, {}, {"excess": below}, {"excess": above}, {}]
    learning_rates = {"rates": [{"eta": 1.0, "solved": 1}, {"eta": 100.0, "solved": solved}], "seeds": 10}
    results = {"thresholds": {"mean": {"rates": rates, "threshold": 2.5}}, "learning_rates": learning_rates}
    verdict, why = CLAIMS[21].judge(results)
    assert verdict == expected
    assert "exactly if η > 2.500000. With sigmoids" in why
    assert why.endswith(f"At η = 100, {solved} of 10 seeds still solve XOR")


@pytest.mark.parametrize(("many", "expected"), [(1.9, HOLDS), (2.0, HOLDS), (2.1, NOT)])
def test_a_forward_pass_that_grows_with_the_units_can_be_timed(many: float, expected: str) -> None:
    parts = [{"forward": forward, "hidden": hidden} for forward, hidden in ((9, 1), (2.0, 4), (9, 16), (many, 64))]
    assert CLAIMS[26].judge({"timing": {"steps": parts, "timings": 5}})[0] == expected


@pytest.mark.parametrize(("doubled", "expected"), [(None, NOT), (4, NOT), (8, WHEN)])
def test_the_arithmetic_of_one_unit_is_the_sum_of_its_parts(doubled: int | None, expected: str) -> None:
    parts = [{part: k + i for i, part in enumerate(("forward", "backward", "update"))} for k in (1.0, 10.0)]
    verdict, why = CLAIMS[24].judge({"timing": {"steps": parts, "doubled": doubled}})
    assert verdict == expected
    assert f"already takes 6 µs. From {doubled} units upwards, every width" in why


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, WHEN),
        ({"two.4.layers.0.start": 0.1}, HOLDS),  # of the first layer, not many units were dead before training
        ({"two.4.layers.0.start": 0.101}, WHEN),
        ({"one.4.hidden_dead": 0.3, "two.4.hidden_dead": 0.5}, WHEN),
        ({"one.4.hidden_dead": 0.5, "two.4.hidden_dead": 0.3}, WHEN),
        ({"one.4.hidden_dead": 0.299}, NOT),
        ({"one.4.hidden_dead": 0.501}, NOT),
        ({"two.4.hidden_dead": 0.299}, NOT),
        ({"two.4.hidden_dead": 0.501}, NOT),
    ],
)
def test_about_forty_per_cent_is_from_30_to_50(changes: dict[str, float], expected: str, results: Any) -> None:
    results = copy.deepcopy(results)
    for path, value in changes.items():
        put(f"relu.xor.{path}", value)(results)
    assert CLAIMS[35].judge(results)[0] == expected


@every_claim
def test_a_claim_has_a_check_that_exists(claim: Claim) -> None:
    kind, name = claim.check.split(":")
    if kind == "doctest":
        assert ">>> " in (getattr(derivation, name).__doc__ or "")
    else:
        assert kind == "experiment"
        assert name.partition(".")[0] in (*EXPERIMENTS, *SLOW)
        assert name in claims_page.PAGES
    assert set(claim.equations) <= LABELS
    assert claim.statement.endswith(".")


def test_every_part_of_the_report_and_every_mark_is_there() -> None:
    assert [claim.number for claim in CLAIMS] == list(range(1, len(CLAIMS) + 1)) == sorted(FOUND) == sorted(TURNED)
    assert len({claim.part for claim in CLAIMS}) == 7


def test_the_page_shows_every_claim(results: dict[str, Any]) -> None:
    page = claims_page.claims(results)
    for claim in CLAIMS:
        assert f'id="claim-{claim.number}"' in page
        assert claim.statement in page
    assert claims_page.counts(results) == "Of 37 claims 19 hold, 11 hold under a condition, and 7 do not hold."
