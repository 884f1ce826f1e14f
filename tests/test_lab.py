"""The lab's program stands by itself: it imports NumPy alone, and each of its formulas is held to the derivation."""

import contextlib
import copy
import inspect
import io
import re
import runpy
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt

import backprop
from backprop import derivation as step
from backprop import lab
from backprop.claims import CLAIMS, HOLDS, NOT
from backprop.experiments.program import imported

ROOT = Path(__file__).parents[1]
SOURCE = inspect.getsource(lab)
DATA = {"linear": backprop.linear(), "xor": backprop.xor()}


def program(source: str) -> types.ModuleType:
    module = types.ModuleType("lab")
    exec(compile(source, "lab.py", "exec"), module.__dict__)
    return module


def same(ours: Any, theirs: Any) -> bool:
    return np.shape(ours) == np.shape(theirs) and bool(np.allclose(ours, theirs, rtol=1e-15, atol=1e-15))


def agrees(lab: Any) -> bool:
    """Compare the program with the steps of the derivation: data, every function, and one step of a 2-3-5-1 network."""
    rng = np.random.default_rng(0)
    x, y, z = rng.uniform(size=(4, 2)), rng.uniform(size=(4, 1)), np.array([[-1000.0, -2.0, 0.0, 3.0, 1000.0]])
    y_hat = rng.uniform(size=(4, 1))
    right = [
        *(same(ours, theirs) for ours, theirs in zip(lab.xor(), backprop.xor(), strict=True)),
        *(same(ours, theirs) for ours, theirs in zip(lab.linear(50, 3), backprop.linear(50, 3), strict=True)),
        same(lab.sigmoid(z), step.sigmoid(z)),
        same(lab.derivative_sigmoid(y_hat), step.sigmoid_derivative_from_output(y_hat)),
        same(lab.mse(y, y_hat), step.total_loss(step.mse_contributions(y, y_hat))),
        same(lab.derivative_loss(y, y_hat), step.mse_derivative(y, y_hat)),
        same(lab.accuracy(y.round(), y_hat), step.binary_accuracy(y.round(), y_hat)),
        same(lab.accuracy(y.round(), np.full((4, 1), 0.5)), step.binary_accuracy(y.round(), np.full((4, 1), 0.5))),
    ]
    model = lab.Model([2, 3, 5, 1], 7)
    weights = [layer.w.copy() for layer in model.layers]
    right += [same(w, v) for w, v in zip(weights, backprop.Model.random([2, 3, 5, 1], seed=7).weights, strict=True)]
    a = [x]
    for w in weights:
        a.append(step.activation(step.preactivation(a[-1], w), step.sigmoid))
    derivatives = [step.sigmoid_derivative_from_output(out) for out in a[1:]]
    d3 = step.output_delta(derivatives[2], step.mse_derivative(y, a[3]))
    d2 = step.hidden_delta(derivatives[1], d3, weights[2])
    d1 = step.hidden_delta(derivatives[0], d2, weights[1])
    gradients = [step.weight_gradient(a[i], d) for i, d in enumerate([d1, d2, d3])]
    right.append(same(model.forward(x), a[3]))
    model.backward(lab.derivative_loss(y, a[3]))
    right += [same(layer.w, w) for layer, w in zip(model.layers, weights, strict=True)]
    right += [same(layer.backward_gradient, d) for layer, d in zip(model.layers, [d1, d2, d3], strict=True)]
    model.update(0.3)
    moved = step.simultaneous_update(weights, gradients, 0.3)
    right += [same(layer.w, w) for layer, w in zip(model.layers, moved, strict=True)]
    model = lab.Model([2, 3, 5, 1], 7)
    with contextlib.redirect_stdout(io.StringIO()):
        losses = lab.train(model, x, y, 0.3, 2)
    networks = [backprop.Model(weights), backprop.Model(moved)]
    right.append(same(losses, [network.loss(network.forward(x), y) for network in networks]))
    return all(right)


def test_every_formula_of_the_program_is_that_of_the_derivation() -> None:
    assert agrees(lab)


#: A piece of the program, and what somebody writes instead.
MISTAKES = {
    "no limit": ("np.minimum(-z, 700)", "-z"),
    "plus in the exponent": ("-z, 700", "z, 700"),
    "half the slope": ("return a * (1 - a)", "return a * (1 - a) / 2"),
    "slope fed z": ("derivative_sigmoid(self.a)", "derivative_sigmoid(self.forward_gradient @ self.w)"),
    "half the loss": ("** 2 / y.size", "** 2 / (2 * y.size)"),
    "sum for mean": ("** 2 / y.size", "** 2"),
    "the 2 forgotten": ("(2 / y.size)", "(1 / y.size)"),
    "sign turned twice": ("return (y_hat - y)", "return (y - y_hat)"),
    "a tie counts as 1": ("y_hat > 0.5", "y_hat >= 0.5"),
    "slope dropped": ("derivative_sigmoid(self.a) * derivative_C", "derivative_C"),
    "not sent through the weights": ("self.backward_gradient @ self.w.T", "derivative_C @ self.w.T"),
    "mean over the examples": (".T @ self.backward_gradient", ".T @ self.backward_gradient / len(self.a)"),
    "uphill": ("self.w - eta", "self.w + eta"),
    "the last layer only": ("in reversed(self.layers):", "in self.layers[-1:]:"),
    "first layer first": ("in reversed(self.layers):", "in self.layers:"),
    "a layer left out": ("in self.layers:\n            layer.update", "in self.layers[1:]:\n            layer.update"),
    "updated too early": (
        "derivative_C = layer.backward(derivative_C)",
        "derivative_C = layer.backward(derivative_C); layer.update_param(0.3); layer.update_param = lambda eta: None",
    ),
    "sent back through moved weights": (
        "        return self.backward_gradient @ self.w.T",
        "        before, _ = self.w, self.update_param(0.3)\n"
        "        sent, self.w = self.backward_gradient @ self.w.T, before\n"
        "        return sent",
    ),
    "one stream": ("streams(seed)[1]", "streams(seed)[0]"),
    "labels turned round": ("0.0, 1.0)", "1.0, 0.0)"),
    "the middle twice": ("if t != 0.5", "if True"),
    "loss after the update": ("model.update(eta)\n", "model.update(eta); losses[-1] = mse(y, model.forward(X))\n"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_planted_in_the_program_is_seen(name: str) -> None:
    right, wrong = MISTAKES[name]
    assert SOURCE.count(right) == 1
    with np.errstate(over="raise"):
        try:
            seen = not agrees(program(SOURCE.replace(right, wrong)))
        except (AttributeError, FloatingPointError, ValueError):  # nothing kept, an overflow, shapes that do not fit
            seen = True
    assert seen


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("widths", [[2, 4, 1], [2, 4, 4, 1]])
def test_the_program_trains_as_the_package_does_to_the_last_bit(
    data: str, widths: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    X, y = DATA[data]
    model = lab.Model(widths)
    losses = lab.train(model, X, y, epochs=600)
    run = backprop.train(backprop.Model.random(widths, seed=0), X, y, eta=1.0, epochs=600, engine="reference")
    assert losses == run.losses.tolist()
    assert all((layer.w == w).all() for layer, w in zip(model.layers, run.model.weights, strict=True))
    assert capsys.readouterr().out == f"epoch : 0 loss : {losses[0]}\nepoch : 500 loss : {losses[500]}\n"


def test_the_program_imports_numpy_and_the_standard_library_only() -> None:
    assert imported(SOURCE) == ["itertools", "numpy"]


def test_the_claim_sees_another_import(results: dict[str, Any]) -> None:
    judge = next(claim.judge for claim in CLAIMS if claim.check == "experiment:program")
    assert judge(results)[0] == HOLDS
    results = copy.deepcopy(results)
    results["program"]["imports"].append("backprop")
    assert judge(results)[0] == NOT


def test_a_copy_of_the_program_runs_where_nothing_is_installed_but_numpy(tmp_path: Path, results: Any) -> None:
    shutil.copy(lab.__file__, tmp_path / "lab.py")
    start = "import sys, runpy; sys.modules['backprop'] = None; runpy.run_path('lab.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", start], capture_output=True, encoding="utf-8", cwd=tmp_path, check=True
    )
    assert done.stderr == ""
    # The page's output comes from another process, perhaps with another BLAS kernel, so the last digits may differ.
    ours, pages = (re.split(r"(?<=loss : )(\S+)", text) for text in (done.stdout, results["program"]["printed"]))
    assert ours[::2] == pages[::2]
    assert [float(loss) for loss in ours[1::2]] == pytest.approx([float(loss) for loss in pages[1::2]], rel=1e-9)


def test_the_listing_of_the_page_draws_truth_prediction_and_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "implementation" / "program.md").read_text(encoding="utf-8")
    listings = re.findall(r"```python\n(import matplotlib.*?)```", page, re.DOTALL)
    (tmp_path / "draw.py").write_text(listings[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "lab", lab)
    plt.switch_backend("agg")
    made = runpy.run_path("draw.py")
    assert len(listings) == 1
    assert (tmp_path / "xor.png").stat().st_size > 10_000
    truth, prediction, curve = made["figure"].axes
    X, y = backprop.xor()
    assert (truth.collections[0].get_offsets() == X).all()
    assert (truth.collections[0].get_array() == y.ravel()).all()
    surface, points = prediction.collections
    assert (points.get_array() == y.ravel()).all()
    answers = made["model"].forward(np.array([[0.1, 0.9], [0.9, 0.1], [0.3, 0.3], [1.0, 0.0]]))
    drawn = surface.get_array().reshape(101, 101)
    assert np.allclose([drawn[90, 10], drawn[10, 90], drawn[30, 30], drawn[0, 100]], answers.ravel())
    assert len(curve.lines[0].get_ydata()) == 10_000
    assert all(axes.get_title() and axes.get_xlabel() and axes.get_ylabel() for axes in made["figure"].axes)
    capsys.readouterr()
    plt.close(made["figure"])
