"""The results over seeds, and the printed log that was matched."""

import contextlib
import functools
import io
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import lab
from backprop.__main__ import main as command
from backprop.derivation import append_ones, binary_accuracy, max_stable_learning_rate, parameter_vector, sigmoid
from backprop.experiments import learning_rates, log_alternatives, log_fit, log_reproduction, result, spread
from backprop.experiments.report import XOR_LOG
from backprop.experiments.store import KEPT, read_result
from backprop.training import log_line


def test_a_seed_of_the_spread_is_the_single_run_of_that_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "EPOCHS", 200)
    data = [backprop.linear(100, seed) for seed in range(3)]
    many = spread.over_seeds(data, [2, 4, 1], {})
    runs = [
        backprop.train(backprop.Model.random([2, 4, 1], seed), *data[seed], eta=1.0, epochs=201) for seed in range(3)
    ]
    alone = np.array([run.losses[::100] for run in runs])
    np.testing.assert_allclose(many["losses"]["median"], np.median(alone, axis=0), rtol=1e-12)
    assert many["solved"] == sum(
        float(binary_accuracy(y, backprop.train(run.model, X, y, 1.0, 0).model.forward(X).y_hat)) == 1
        for run, (X, y) in zip(runs, data, strict=True)
    )


@functools.cache
def printed_by_the_lab() -> str:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        lab.main()
    return printed.getvalue()


@pytest.mark.parametrize("data", ["linear", "xor"])
@pytest.mark.parametrize(("kind", "options"), [("one", []), ("two", ["--hidden", "4", "4"])])
def test_the_command_prints_the_table_of_the_page_digit_for_digit(
    results: dict[str, Any], capsys: pytest.CaptureFixture[str], data: str, kind: str, options: list[str]
) -> None:
    """What makes the page's table, the command and the program in NumPy alone all run in this process.

    They must agree to the last digit because readers compare them so. They can, because one process has one kernel of
    BLAS. The stored results may come from a process with another one, so they are compared with a tolerance.
    """
    assert command(["train", data, *options]) == 0
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("epoch")]
    points, widths = backprop.linear() if data == "linear" else backprop.xor(), [2, 4, *[4] * (kind == "two"), 1]
    computed = result.training_result(*points, widths)["log"]
    assert printed == [log_line(epoch, loss) for epoch, loss in computed]
    heading = f"{'XOR' if data == 'xor' else data}, {'-'.join(map(str, widths))}"
    lines = printed_by_the_lab().splitlines()
    begin = lines.index(heading) + 1
    assert printed == lines[begin : begin + len(printed)]
    np.testing.assert_allclose(results[data][kind]["log"], computed, rtol=1e-9)


def test_both_networks_get_every_answer_right(results: dict[str, Any]) -> None:
    for data in ("linear", "xor"):  # "both networks solve it", "learn it"
        assert results[data]["one"]["accuracy"] == results[data]["two"]["accuracy"] == 1


def test_the_loss_rests_where_the_network_is_nearly_linear(results: dict[str, Any]) -> None:
    p = results["plateau"]
    assert p["floor"] == pytest.approx(110 / 441, abs=1e-12)
    for name in ("one", "two"):
        start, rests, leaves, learned = (
            {key: value["median"][0] for key, value in at.items() if key != "epoch"} for at in p[name]["at"]
        )
        assert abs(rests["loss"] - p["floor"]) < 1e-3
        assert abs(rests["mean"] - p["mean_label"]) < 1e-3
        assert 0.42 < rests["smallest"] < rests["largest"] < 0.53  # "near ½ as well"
        assert min(start["r2"], rests["r2"]) > 0.98
        assert rests["r2"] > leaves["r2"] > learned["r2"]
        assert rests["weights"] < leaves["weights"] < learned["weights"]
        larger = p[f"{name}_larger"]
        assert larger["at"][0]["r2"]["median"][0] < 0.9
        assert larger["first"] < 0.5 * p[name]["first"]  # "sooner"
        assert min(larger["reached"], p[name]["reached"]) > 0.9 * p["seeds"]
    assert round(p["one"]["at"][1]["r2"]["median"][0], 3) == round(p["two"]["at"][1]["r2"]["median"][0], 3) == 0.987


def test_the_share_of_seeds_below_a_printed_value_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "EPOCHS", 100)
    data = [backprop.xor()] * 4
    below = spread.over_seeds(data, [2, 4, 1], {0: 0.0, 100: 1.0})["below"]
    assert below == [[0, 0.0], [100, 1.0]]


def test_the_fitted_weights_meet_every_legible_line_and_no_other_weights_do() -> None:
    result = log_reproduction.run()
    assert result["lines_compared"] == len(XOR_LOG) == 19 < result["unknowns_two"] == 28  # "a fit would prove nothing"
    assert result["worst"] < 4e-7
    assert round(result["missing"], 7) == 0.0085123
    X, y = backprop.xor()
    w1, w2 = log_reproduction.WEIGHTS
    losses = backprop.train(backprop.Model([1.001 * w1, w2]), X, y, eta=1.0, epochs=10_000).losses
    assert max(abs(losses[epoch] / value - 1) for epoch, value in XOR_LOG.items()) > 1e-4


@pytest.mark.parametrize("network", [{"hidden": 3}, {"hidden": 4}, {"hidden": 5}, {"hidden": 4, "bias": True}])
def test_the_jacobian_of_the_log_is_the_measured_one(network: dict[str, Any]) -> None:
    theta = np.random.default_rng(3).normal(size=(2, 3 * network["hidden"] + 5 * network.get("bias", False)))
    r, jacobian = log_fit.deviations(theta, np.array([1.0, 0.5]), until=500, **network)
    assert r.shape == (2, 2)
    for s, eta in enumerate((1.0, 0.5)):
        h = 1e-6 * np.eye(theta.shape[1])
        sides = log_fit.printed_losses(np.vstack([theta[s] + h, theta[s] - h]), eta, until=500, **network)
        ahead, behind = np.split(np.log(sides), 2)
        np.testing.assert_allclose(jacobian[s].T, (ahead - behind) / 2e-6, rtol=1e-5, atol=1e-7)


def test_the_jacobian_holds_through_all_epochs() -> None:
    theta = parameter_vector(log_reproduction.WEIGHTS)[None]
    _, jacobian = log_fit.deviations(theta, 1.0)
    h = 1e-7 * np.eye(12)[5]
    measured = (log_fit.deviations(theta + h, 1.0)[0] - log_fit.deviations(theta - h, 1.0)[0]) / 2e-7
    np.testing.assert_allclose(jacobian[..., 5], measured, rtol=1e-4, atol=1e-7)


def test_the_carried_sigmoid_is_the_sigmoid_of_the_complex_step() -> None:
    z = np.linspace(-40, 40, 81) + 1j * log_fit.H * np.linspace(-3, 5, 81)
    carried, exact = log_fit._SIGMOID.value(z), sigmoid(z)
    np.testing.assert_allclose(carried.real, exact.real, rtol=1e-14)
    np.testing.assert_allclose(carried.imag, exact.imag, rtol=1e-12, atol=1e-35)


@pytest.mark.parametrize(("hidden", "bias"), [(3, False), (5, False), (4, True)])
def test_the_parameters_of_a_fit_are_those_of_the_network(hidden: int, bias: bool) -> None:
    model = backprop.Model.random([2, hidden, 1], seed=2, bias=bias)
    theta = parameter_vector(model.parameters)
    losses = backprop.train(model, *backprop.xor(), eta=1.0, epochs=1001).losses
    read = log_fit.printed_losses(theta[None], 1.0, hidden, bias, until=1000)
    np.testing.assert_allclose(read, [losses[[0, 500, 1000]]], rtol=1e-12)


def test_a_fit_finds_weights_that_meet_the_first_lines() -> None:
    start = log_alternatives.near_starts(3, bias=False)[:2]
    fits = log_fit.fit(start, 1.0, steps=15, hidden=3, until=1000)
    assert all(fit["worst"] < 1e-6 < 1e-2 < fit["first"] for fit in fits)
    assert [len(fit["singular_values"]) for fit in fits] == [3, 3]
    assert start.tolist() == log_alternatives.near_starts(3, bias=False)[:2].tolist()


def test_a_correction_takes_out_the_bend_of_the_valley() -> None:
    theta, one = parameter_vector(log_reproduction.WEIGHTS)[None] + 0.05, np.ones(1)
    r, jacobian = log_fit.deviations(theta, 1.0, until=500)
    step = log_fit.damped_step(r[0], jacobian[0], 1e-9)[None]
    correction = log_fit.corrections(theta, step, r, jacobian, 1e-9 * one, one, until=500)
    straight, _ = log_fit.deviations(theta + step, 1.0, until=500)
    bent, _ = log_fit.deviations(theta + step + correction, 1.0, until=500)
    assert 0 < np.linalg.norm(bent) < 0.2 * np.linalg.norm(straight) < 0.2 * np.linalg.norm(r)


def test_a_start_that_is_not_finite_spoils_no_other() -> None:
    start = np.stack([np.full(9, np.nan), log_alternatives.near_starts(3, bias=False)[0]])
    (fit,) = log_fit.fit(start, 1.0, steps=3, hidden=3, until=500)
    assert fit["worst"] < fit["first"]


def test_the_kept_fits_are_as_good_as_they_say() -> None:
    kept = read_result(KEPT, "log_fit")
    for fit in [*kept["rates"], kept["back"]]:
        losses = log_fit.printed_losses(np.array([fit["theta"]]), fit["eta"])
        assert worst(losses) == pytest.approx([fit["worst"]], rel=1e-3)
    assert kept["back"]["worst"] < 4.1e-7
    beside = [fit for fit in kept["rates"] if fit["eta"] != 1]
    assert [fit["steps"] for fit in beside] == 6 * [kept["most_steps"]]  # as the page says: still moving
    assert min(fit["worst"] for fit in beside) > 1e-3


def worst(losses: np.ndarray) -> list[float]:
    """The largest relative deviation from the log, for each run."""
    return np.max(np.abs(losses / list(XOR_LOG.values()) - 1), axis=1).tolist()


def test_the_kept_alternatives_are_as_good_as_they_say() -> None:
    kept = read_result(KEPT, "log_alternatives")
    assert [one["unknowns"] for one in kept["contenders"]] == [12, 9, 15, 17, 12]
    for one in kept["contenders"]:
        fits = one["random"] + one["near"]
        assert len(one["random"]) == kept["stages"][-1][1]
        losses = log_fit.printed_losses(
            np.array([fit["theta"] for fit in fits]), one["eta"], one["hidden"], one["bias"]
        )
        if one["eta"] == 1:
            assert worst(losses) == pytest.approx([fit["worst"] for fit in fits], rel=1e-3)
        else:  # rounding decides where a run at so large a rate goes: it is far off, but not the same again
            assert min(worst(losses)) > 0.9


def test_what_the_page_says_of_the_alternatives_is_so() -> None:
    control, three, five, biased, summed = read_result(KEPT, "log_alternatives")["contenders"]
    ends = [[fit["typical"] for fit in one["random"]] for one in (control, three, five, biased, summed)]
    assert not control["random"][0]["settled"]
    assert min(ends[0]) < min(ends[2]) < max(ends[2]) < max(ends[0])  # five units: within the control's range
    assert min(ends[0]) < min(ends[3]) < max(ends[0])  # with biases: the best within it
    floor = [*ends[1], *(fit["typical"] for fit in three["near"][:3])]
    assert max(ends[0]) < min(floor) < max(floor) < 1.1 * min(floor)  # three units: above it, at one floor
    assert not any(fit["settled"] for fit in [*three["random"], *three["near"]])
    near = [fit["typical"] for fit in control["near"]]
    assert near == sorted(near)
    assert (
        near[0] < 1e-3 < max(ends[0]) < near[1]
    )  # of the control's fits that start nearby one comes near, three do not
    assert control["stages"][2][0] < 1e-2 * three["stages"][2][0]
    assert summed["nearest"] > 10 * max(one["nearest"] for one in (control, three, five, biased))
    assert min(ends[4]) > 10 * max(ends[0])


def test_contenders_are_drawn_fitted_and_sorted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(log_alternatives, "DRAWS", 8)
    monkeypatch.setattr(log_alternatives, "STAGES", ((500, 4, 3), (500, 2, 3)))
    monkeypatch.setattr(log_alternatives, "NEAR_STEPS", 0)
    one = log_alternatives.contend("small", 3, False, 1.0)
    assert [len(stage) for stage in one["stages"]] == [4, 2]
    assert one["unknowns"] == 9
    assert one["random"][0]["typical"] <= one["random"][1]["typical"] < 1e-3
    assert [fit["worst"] for fit in one["near"]] == [fit["first"] for fit in one["near"]]
    assert capsys.readouterr().out.count("small, to epoch 500") == 2


def test_a_start_for_three_units_drops_another_unit_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_alternatives, "DISTANCE", 0.0)
    assert len(np.unique(log_alternatives.near_starts(3, bias=False), axis=0)) == 4
    five, biased = log_alternatives.near_starts(5, bias=False)[0], log_alternatives.near_starts(4, bias=True)[0]
    assert five.tolist().count(0.0) == 3
    assert biased.tolist() == [*parameter_vector(log_reproduction.WEIGHTS), *[0.0] * 5]


def test_a_larger_rate_is_faster_until_it_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_rates, "SEEDS", 8)
    monkeypatch.setattr(learning_rates, "EPOCHS", 3000)
    monkeypatch.setattr(learning_rates, "RATES", (0.1, 1.0, 3.0, 10.0, 100.0))
    slow, _, fast, faster, wild = learning_rates.run()["rates"]
    assert slow["first"] is None
    assert fast["first"] > 2 * faster["first"] > 0
    assert wild["solved"] < fast["solved"] == 8


@pytest.mark.parametrize("bias", [False, True])
def test_the_exact_threshold_divides_convergence_from_divergence(bias: bool) -> None:
    X, y = backprop.xor()
    threshold = max_stable_learning_rate(append_ones(X) if bias else X)
    model = backprop.Model([np.ones((2, 1))], [np.ones(1)] if bias else None, activations="identity")
    assert backprop.train(model, X, y, eta=0.999 * threshold, epochs=20_000).diverged_at is None
    with pytest.warns(RuntimeWarning, match="training diverged"):
        run = backprop.train(model, X, y, eta=1.05 * threshold, epochs=20_000)
    assert run.diverged_at is not None
