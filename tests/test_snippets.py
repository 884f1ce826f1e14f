"""The snippets of the page "Diagnose my network" are files, and here they run in the tools that they are for."""

import importlib
import importlib.util
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import scipy.io

import backprop
from backprop import Model
from backprop.__main__ import main
from backprop.verification.grading import diagnose_file

SNIPPETS = Path(__file__).parents[1] / "docs" / "snippets"
REQUIRED = os.environ.get("TOOL_TESTS") == "required"
X, Y = backprop.xor()
MODEL = Model.random([2, 3, 1], seed=0)
GRADIENTS = MODEL.backward(MODEL.forward(X), Y).weights


def tool(name: str, reason: str) -> Any:
    """Import a tool, or skip the test; with TOOL_TESTS=required, as in .ci/run, a missing tool fails it."""
    if REQUIRED:
        return importlib.import_module(name)
    return pytest.importorskip(name, reason=reason)


def snippet(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SNIPPETS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_snippet_is_on_the_page_and_run_here() -> None:
    page = (SNIPPETS.parent / "verification" / "diagnose.md").read_text(encoding="utf-8")
    here = Path(__file__).read_text(encoding="utf-8")
    for path in SNIPPETS.iterdir():
        assert f'--8<-- "docs/snippets/{path.name}"' in page
        assert path.stem in here


def test_a_test_that_grades_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    student = ModuleType("student")
    monkeypatch.setitem(sys.modules, "student", student)
    for factor, context in (
        (1, nullcontext()),
        (-1, nullcontext()),
        (2, pytest.raises(AssertionError, match="Mistake")),
    ):

        def backward(weights: Any, x: Any, y: Any, factor: int = factor) -> Any:
            model = Model(weights)
            return [factor * g for g in model.backward(model.forward(x), y).weights]

        student.__dict__["backward"] = backward
        with context:
            snippet("grade_student").test_backward()


def test_a_class_with_weights_that_were_given_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(SNIPPETS / "give_out.py"))
    given: Any = dict(np.load("given.npz"))
    model = Model([given[f"W{k}"] for k in (1, 2, 3)])
    gradients = model.backward(model.forward(given["X"]), given["y"]).weights
    (tmp_path / "class").mkdir()
    held: Any = given | {f"g{k}": g for k, g in enumerate(gradients, start=1)}
    np.savez(tmp_path / "class" / "ann.npz", **held)
    told = ["--activations", "sigmoid", "--loss", "mse", "--strict"]
    assert main(["grade", "class", "--given", "given.npz", "--csv", "grades.csv", *told]) == 0


def test_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"X": X, "y": Y, "W1": MODEL.weights[0], "W2": MODEL.weights[1], "dW1": GRADIENTS[0], "dW2": GRADIENTS[1]}
    runpy.run_path(str(SNIPPETS / "save_numpy.py"), init_globals=names)
    assert main(["diagnose", "run.npz", "--loss", "mse"]) == 0


# PyTorch


def torch_models(torch: Any) -> dict[str, tuple[Any, Any, Any, str]]:
    """Models of three kinds, each with its loss and targets, and how the diagnosis calls the loss."""
    nn = torch.nn

    class Classifier(nn.Module):  # type: ignore[misc,name-defined]  # PyTorch need not be there, so it is of type Any
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.last = nn.Linear(4, 6), nn.Linear(6, 5), nn.Linear(5, 3)

        def forward(self, x: Any) -> Any:
            return self.last(torch.tanh(self.second(torch.relu(self.first(x)))))

    regression = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1))
    binary = nn.Sequential(nn.Linear(4, 3, bias=False), nn.Sigmoid(), nn.Linear(3, 1, bias=False), nn.Sigmoid())
    numbers = torch.arange(12) % 3
    return {
        "regression": (regression, nn.MSELoss(), torch.linspace(0, 1, 12)[:, None], "mse"),
        "two classes, without bias": (binary, nn.BCELoss(), (numbers[:, None] > 0).float(), "binary_cross_entropy"),
        "three classes, a module of one's own": (Classifier(), nn.CrossEntropyLoss(), numbers, "cross_entropy"),
    }


@pytest.mark.parametrize("kind", ["regression", "two classes, without bias", "three classes, a module of one's own"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_pytorch(kind: str, precision: str, tmp_path: Path) -> None:
    torch = tool("torch", "PyTorch is not installed (extra [bench])")
    torch.manual_seed(0)
    model, loss, y, name = torch_models(torch)[kind]
    dtype = getattr(torch, precision)
    model, x = model.to(dtype), torch.randn(12, 4, dtype=dtype)
    y = y if kind.startswith("three") else y.to(dtype)
    loss(model(x), y).backward()
    path = tmp_path / "run.npz"
    snippet("save_torch").save_run(path, model, x, y)
    found, left = diagnose_file(path, activations=["relu", "tanh", "softmax"] if kind.startswith("three") else None)
    assert (found.verdict, found.sign, left) == ("correct", 1, [])
    assert found.loss in (name, "mse" if precision == "float32" and name != "cross_entropy" else name)
    first = next(module for module in model.modules() if isinstance(module, torch.nn.Linear))
    first.weight.grad *= 2
    snippet("save_torch").save_run(path, model, x, y)
    found, _ = diagnose_file(path, activations=found.activations, loss=name)
    assert found.verdict == "mistake"
    assert found.arrays["W1"].verdict == "incorrect"


# JAX


def test_jax(tmp_path: Path) -> None:
    jax = tool("jax", "JAX is not installed (extra [bench])")
    rng = np.random.default_rng(0)
    params = [(rng.normal(size=s).astype(np.float32), np.zeros(s[1], np.float32)) for s in ((2, 3), (3, 1))]

    def loss(params: Any) -> Any:
        (w1, b1), (w2, b2) = params
        a = jax.numpy.tanh(X @ w1 + b1)
        return ((jax.nn.sigmoid(a @ w2 + b2) - Y) ** 2).mean()

    path = tmp_path / "run.npz"
    snippet("save_jax").save_run(path, params, jax.grad(loss)(params), X, Y)
    found, _ = diagnose_file(path, activations=["tanh", "sigmoid"], loss="mse")
    assert found.verdict == "correct"
    wrong = [(2 * w, b) for w, b in jax.grad(loss)(params)]
    snippet("save_jax").save_run(path, params, wrong, X, Y)
    found, _ = diagnose_file(path, activations=["tanh", "sigmoid"], loss="mse")
    assert {name for name, array in found.arrays.items() if array.verdict == "incorrect"} == {"W1", "W2"}


# MATLAB and GNU Octave


def write_with_scipy(folder: Path, compressed: bool) -> Path:
    path = folder / "run.mat"
    names = {"X": X, "y": Y, "W1": MODEL.weights[0], "W2": MODEL.weights[1], "g1": GRADIENTS[0], "g2": GRADIENTS[1]}
    scipy.io.savemat(path, names, do_compression=compressed)
    return path


def write_with_octave(folder: Path, compressed: bool) -> Path:
    octave = shutil.which("octave-cli")
    if octave is None:
        assert not REQUIRED, "GNU Octave is missing"
        pytest.skip("GNU Octave is not installed (Debian's package octave)")
    script = (SNIPPETS / "save_matlab.m").read_text(encoding="utf-8")
    script = script if compressed else script.replace("'-v7'", "'-v6'")
    program = "\n".join(
        [
            f"X = [{'; '.join(' '.join(map(repr, map(float, row))) for row in X)}];",
            f"y = [{'; '.join(repr(float(v)) for v in Y.ravel())}];",
            f"W1 = [{'; '.join(' '.join(map(repr, map(float, row))) for row in MODEL.weights[0])}];",
            f"W2 = [{'; '.join(repr(float(v)) for v in MODEL.weights[1].ravel())}];",
            "s = @(z) 1 ./ (1 + exp(-z));",
            "a = s(X * W1); p = s(a * W2);",
            "d2 = 2 * (p - y) / rows(X) .* p .* (1 - p);",
            "dW2 = a' * d2; dW1 = X' * ((d2 * W2') .* a .* (1 - a));",
            script,
        ]
    )
    subprocess.run([octave, "--no-init-file", "--quiet", "--eval", program], cwd=folder, check=True, timeout=60)
    return folder / "run.mat"


@pytest.mark.parametrize("compressed", [False, True], ids=["v6", "v7"])
@pytest.mark.parametrize(
    "write", [write_with_scipy, pytest.param(write_with_octave, marks=pytest.mark.octave)], ids=["SciPy", "Octave"]
)
def test_matlab(write: Callable[[Path, bool], Path], compressed: bool, tmp_path: Path) -> None:
    """The file save_matlab.m runs in Octave; without Octave, SciPy writes what it would write."""
    path = write(tmp_path, compressed)
    found, left = diagnose_file(path, activations="sigmoid", loss="mse")
    assert (found.verdict, left) == ("correct", [])
    assert main(["diagnose", str(path)]) == 0
