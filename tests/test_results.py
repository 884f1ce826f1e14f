"""The results over seeds, and the printed log that was matched."""

import numpy as np
import pytest

import backprop
from backprop.derivation import accuracy, largest_stable_rate, with_ones
from backprop.experiments import learning_rates, log_fit, log_match, spread
from backprop.experiments.report import XOR_LOG
from backprop.experiments.store import KEPT, read_result


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
        float(accuracy(y, backprop.train(run.model, X, y, 1.0, 0).model.forward(X).y_hat)) == 1
        for run, (X, y) in zip(runs, data, strict=True)
    )


def test_the_share_of_seeds_below_a_printed_value_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "EPOCHS", 100)
    data = [backprop.xor()] * 4
    below = spread.over_seeds(data, [2, 4, 1], {0: 0.0, 100: 1.0})["below"]
    assert below == [[0, 0.0], [100, 1.0]]


def test_the_fitted_weights_meet_every_legible_line_and_no_other_weights_do() -> None:
    result = log_match.run()
    assert result["lines_compared"] == len(XOR_LOG) == 19
    assert result["worst"] < 4e-7
    assert round(result["missing"], 7) == 0.0085123
    X, y = backprop.xor()
    w1, w2 = log_match.WEIGHTS
    losses = backprop.train(backprop.Model([1.001 * w1, w2]), X, y, eta=1.0, epochs=10_000).losses
    assert max(abs(losses[epoch] / value - 1) for epoch, value in XOR_LOG.items()) > 1e-4


def test_the_jacobian_of_the_log_is_the_measured_one() -> None:
    theta = np.concatenate([w.ravel() for w in log_match.WEIGHTS])
    _, jacobian = log_fit.deviations(theta, 1.0)
    h = 1e-7 * np.eye(12)[5]
    measured = (log_fit.deviations(theta + h, 1.0)[0] - log_fit.deviations(theta - h, 1.0)[0]) / 2e-7
    np.testing.assert_allclose(jacobian[:, 5], measured, rtol=1e-4, atol=1e-7)


def test_the_kept_fits_are_as_good_as_they_say() -> None:
    kept = read_result(KEPT, "log_fit")
    for fit in [*kept["rates"], kept["back"]]:
        r, _ = log_fit.deviations(np.array(fit["theta"]), fit["eta"])
        assert np.max(np.abs(r)) == pytest.approx(fit["worst"], rel=1e-3)
    assert kept["back"]["worst"] < 4.1e-7
    assert min(fit["worst"] for fit in kept["rates"] if fit["eta"] != 1) > 1e-3


def test_a_larger_rate_is_faster_until_it_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_rates, "SEEDS", 8)
    monkeypatch.setattr(learning_rates, "EPOCHS", 3000)
    monkeypatch.setattr(learning_rates, "RATES", (0.1, 3.0, 10.0, 100.0))
    slow, fast, faster, wild = learning_rates.run()["rates"]
    assert slow["first"] is None
    assert fast["first"] > 2 * faster["first"] > 0
    assert wild["solved"] < fast["solved"] == 8


@pytest.mark.parametrize("bias", [False, True])
def test_the_exact_threshold_divides_convergence_from_divergence(bias: bool) -> None:
    X, y = backprop.xor()
    threshold = largest_stable_rate(with_ones(X) if bias else X)
    model = backprop.Model([np.ones((2, 1))], [np.ones(1)] if bias else None, activations="identity")
    assert backprop.train(model, X, y, eta=0.999 * threshold, epochs=20_000).diverged_at is None
    with pytest.warns(RuntimeWarning, match="training diverged"):
        run = backprop.train(model, X, y, eta=1.05 * threshold, epochs=20_000)
    assert run.diverged_at is not None
