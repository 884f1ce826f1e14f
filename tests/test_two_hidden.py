"""The discussions with two hidden layers: counted again by the lab's program, and with an update written out here."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import lab
from backprop.experiments import two_hidden
from backprop.experiments.no_activation import DERIVATIVE_KEPT


def test_the_counts_are_those_of_the_lab_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_hidden, "SEEDS", 9)
    monkeypatch.setattr(two_hidden, "EPOCHS", 200)
    found = two_hidden.trained([2, 4, 4, 1], eta=10.0)
    X, y = backprop.xor()
    first, solved = [], 0
    for seed in range(9):
        model = lab.Model([2, 4, 4, 1], seed)
        with contextlib.redirect_stdout(io.StringIO()):
            losses = lab.train(model, X, y, eta=10.0, epochs=200)
        looked = [*losses[::50], lab.mse(y, model.forward(X))]
        first += [50 * k for k, loss in enumerate(looked) if loss < two_hidden.ENOUGH][:1]
        solved += lab.accuracy(y, model.forward(X)) == 1
    assert 0 < found["reached"] < 9
    assert found == {
        "eta": 10.0,
        "network": "2-4-4-1",
        "reached": len(first),
        "first": float(np.median(first)),
        "solved": solved,
    }


@pytest.mark.parametrize(("derivative", "eta"), [("identity", 0.1), (DERIVATIVE_KEPT, 0.01)])
def test_the_overflows_are_those_of_an_update_written_out(
    derivative: Any, eta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_hidden, "LINEAR_SEEDS", 16)
    monkeypatch.setattr(two_hidden, "LINEAR_EPOCHS", 1000)
    X, y = backprop.xor()
    overflown = 0
    with np.errstate(all="ignore"):
        for seed in range(16):
            w1, w2, w3 = (layer.w for layer in lab.Model([2, 4, 4, 1], seed).layers)
            for _ in range(1000):
                a1 = X @ w1
                a2 = a1 @ w2
                a3 = a2 @ w3
                s1, s2, s3 = (np.ones_like(a) if derivative == "identity" else a * (1 - a) for a in (a1, a2, a3))
                d3 = s3 * (a3 - y) * 2 / 21
                d2 = s2 * (d3 @ w3.T)
                d1 = s1 * (d2 @ w2.T)
                w1, w2, w3 = w1 - eta * X.T @ d1, w2 - eta * a1.T @ d2, w3 - eta * a2.T @ d3
            overflown += not np.isfinite(np.mean((X @ w1 @ w2 @ w3 - y) ** 2))
    assert 0 < overflown < 16
    assert two_hidden.diverged([2, 4, 4, 1], eta, derivative) == overflown / 16


def test_what_the_pages_say_of_two_hidden_layers(results: dict[str, Any]) -> None:
    two, seeds = results["two_hidden"], two_hidden.SEEDS
    slow, *others = two["rates"]
    assert [rate["eta"] for rate in two["rates"]] == [0.1, 1.0, 10.0, 30.0]
    assert slow["reached"] < 0.1 * seeds
    assert all(rate["reached"] >= seeds - 2 for rate in others)
    assert others[0]["first"] > others[1]["first"] > others[2]["first"]
    few, many = two["units"]
    assert few["solved"] < 0.25 * seeds < many["solved"]
    small, middle, large = (two[name] for name in ("small", "middle", "large"))
    assert small["right"] == 0 < 0.9 < small["kept"] < middle["kept"] == large["kept"] == 1
    assert 0.2 < middle["right"] < 0.7 < large["right"] < 1
    one = {run["eta"]: run["diverged"] for run in results["no_activation"]["without_bias"]}
    assert one[middle["eta"]] < middle["right"]  # both causes are stronger
