"""The exercises: every solution passes its check, every untouched stub and every planted mistake fails it."""

import doctest
import re
import types
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import backprop
from builder.errors import SiteError
from builder.insert import placeholders
from builder.insert.exercises import shown
from builder.source.exercises import Exercise, read, read_all

ROOT = Path(__file__).parents[1]
FOLDER, DOCS = ROOT / "exercises", ROOT / "docs"
PATHS = sorted(FOLDER.glob("*.py"))


def insert(markdown: str, exercises: Mapping[str, Exercise]) -> str:
    build: Any = SimpleNamespace(exercises=exercises, docs=DOCS, root=ROOT, made=ROOT / "build")
    return placeholders.fill(markdown, build, {})


#: For each exercise a piece of its solution, and what somebody who has not understood writes instead.
MISTAKES = {
    "activation_gradient": ("delta @ w.T", "delta @ w if w.shape[0] == w.shape[1] else delta @ w.T"),
    "backward_pass": ("delta = (delta @ weights[i].T) * a[i] * (1 - a[i])", "delta = delta @ weights[i].T"),
    "best_constant": ("return 2 / 9", "return 1 / 4"),
    "bias_gradient": ("delta.sum(axis=0, keepdims=True)", "delta.mean(axis=0, keepdims=True)"),
    "cancelled_derivative": ("sigmoid(z) - y", "(sigmoid(z) - y) * sigmoid(z) * (1 - sigmoid(z))"),
    "central_difference": ("(f(x + h) - f(x - h)) / (2 * h)", "(f(x + h) - f(x)) / h"),
    "dead_units": ("return [2]", "return [1, 2, 3]"),
    "gradient_check": ("return max(errors)", "return errors[-1]"),
    "half_the_loss": ("(y_hat - y) / len(y)", "2 * (y_hat - y) / len(y)"),
    "hidden_delta": ("0.6 * (1 - 0.6) * (2", "(2"),
    "mini_batch": ("weights=sizes", "weights=None"),
    "momentum": ("mu * v - eta * gradient", "mu * v + eta * gradient"),
    "one_layer": ("return [3, -1, 1]", "return [1, 3]"),
    "one_step": ("5 - 0.25", "5 + 0.25"),
    "output_delta": ("return 0.8 * (1 - 0.8) * delta_of_the_text()", "return delta_of_the_text()"),
    "shapes": ('"W2": (3, 5)', '"W2": (5, 3)'),
    "softsign": ("return (1 - np.abs(a)) ** 2", "return 1 / (1 + np.abs(a)) ** 2"),
    "stable_learning_rate": ("return 2 / 10", "return 1 / 10"),
    "symmetry": ("return 1\n", "return 4\n"),
    "two_names": ("return 1.386 * (1 - 1.386)", "return 0.16"),
    "two_paths": ("2 * 3 * 0.5 * 3 - 4", "-4"),
    "update_order": ("    delta1 = ", "    w2 = w2 - eta * a1.T @ delta2\n    delta1 = "),
    "weight_gradient": ("return a.T @ delta", "return a.T @ delta / len(a)"),
    "which_sign": ("w + eta", "w - eta"),
}


def failures(source: str, name: str) -> int:
    """Run the examples of a file, as `python -m doctest` does, and count those that fail."""
    module = types.ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(module, name):
        runner.run(test, out=lambda _: None)
    assert runner.tries > 0
    return runner.failures


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_solution_passes_its_check(path: Path) -> None:
    assert failures(path.read_text(encoding="utf-8"), path.stem) == 0


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_stub_fails_its_check_and_gives_nothing_away(path: Path) -> None:
    exercise = read(path)
    assert failures(exercise.stub, path.stem) > 0
    assert "Solution:" not in exercise.stub
    for line in exercise.code.splitlines():
        assert not line.strip().startswith("return") or line.strip() not in exercise.stub, line


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_common_mistake_fails_the_check(path: Path) -> None:
    right, wrong = MISTAKES[path.stem]
    source = path.read_text(encoding="utf-8")
    head, code = source[: source.index('\n"""') + 4], source[source.index('\n"""') + 4 :]
    assert code.count(right) == 1
    assert failures(head + code.replace(right, wrong), path.stem) > 0


def test_the_mistake_to_be_found_learns_xor_all_the_same() -> None:
    listing = re.findall(r"```python\n(.*?)```", read(FOLDER / "update_order.py").task, flags=re.DOTALL)
    x, y = backprop.xor()
    w1, w2 = backprop.Model.random([2, 4, 1], seed=0).weights
    names: dict[str, Any] = {"x": x, "y": y, "w1": w1, "w2": w2, "eta": 1.0}
    forward = "a1 = sigmoid(x @ w1); y_hat = sigmoid(a1 @ w2)\n"
    code = compile(forward + listing[0], "listing", "exec")
    for _ in range(5000):
        exec(code, {"sigmoid": backprop.derivation.sigmoid, "len": len}, names)
    exec(compile(forward, "forward", "exec"), {"sigmoid": backprop.derivation.sigmoid}, names)
    assert backprop.derivation.binary_accuracy(y, names["y_hat"]) == 1.0


def test_a_limit_separates_the_incorrect_derivative_from_rounding() -> None:
    solution: dict[str, Any] = {}
    exec((FOLDER / "gradient_check.py").read_text(encoding="utf-8"), solution)
    incorrect = backprop.Activation("incorrect", backprop.derivation.sigmoid, solution["incorrect_derivative"])
    x, y = backprop.xor()
    errors, right = list[float](), list[float]()
    for seed in range(20):
        right.append(solution["largest_error"](backprop.Model.random([2, 3, 5, 1], seed), x, y))
        for layers in ((0,), (1,), (2,), (0, 1, 2)):
            phis: Any = [incorrect if k in layers else "sigmoid" for k in range(3)]
            errors.append(solution["largest_error"](backprop.Model.random([2, 3, 5, 1], seed, phis), x, y))
    assert max(right) < 1e-7
    assert min(errors) > 1e-3
    assert sum(error > 1e-2 for error in errors) >= 0.95 * len(errors)


@pytest.mark.parametrize(("sign", "size"), [(1, 1 / (1 - 0.9)), (-1, 1 / (1 + 0.9))])
def test_a_step_with_momentum_grows_or_shrinks_as_the_solution_says(sign: int, size: float) -> None:
    solution: dict[str, Any] = {}
    exec((FOLDER / "momentum.py").read_text(encoding="utf-8"), solution)
    theta, v, g = np.zeros(1), np.zeros(1), np.full(1, 2.0)
    for _ in range(1000):
        theta, v = solution["momentum_step"](theta, v, g, eta=0.1, mu=0.9)
        g = sign * g
    assert abs(v[0]) == pytest.approx(0.1 * 2.0 * size)


def test_every_exercise_stands_on_one_page() -> None:
    assert len(PATHS) >= 15
    assert set(shown(DOCS)) == set(read_all(FOLDER))


def test_every_chapter_lists_its_exercises() -> None:
    for exercise in read_all(FOLDER).values():
        page = (DOCS / "derivation" / f"{exercise.chapter}.md").read_text(encoding="utf-8")
        mark = f"[=exercises:{exercise.chapter}=]"
        assert mark in page
        assert f"#{exercise.name})" in insert(mark, read_all(FOLDER))
    with pytest.raises(SiteError, match="no exercise has this chapter"):
        insert("[=exercises:nowhere=]", read_all(FOLDER))


def test_an_exercise_on_two_pages_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "exercises").mkdir()
    for kind in ("short", "derive", "implement"):
        (tmp_path / "exercises" / f"{kind}.md").write_text("[=exercise:one-step=]\n")
    with pytest.raises(SiteError, match="one-step is shown twice"):
        shown(tmp_path)


def test_a_page_that_names_no_exercise_stops_the_build() -> None:
    with pytest.raises(SiteError, match=r"no_such\.py is missing"):
        insert("[=exercise:no-such=]", read_all(FOLDER))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("Time: one minute\n", "", "expected a docstring with title, Time"),
        ("Solution:\n", "Answer:\n", "and Solution"),
        (">>> ", "", "no function has an example"),
        ("Chapter: gradient-descent", "Chapter: nowhere", "no such page"),
    ],
)
def test_an_incomplete_exercise_stops_the_build(tmp_path: Path, before: str, after: str, words: str) -> None:
    source = (FOLDER / "one_step.py").read_text(encoding="utf-8")
    (tmp_path / "one_step.py").write_text(source.replace(before, after))
    with pytest.raises(SiteError, match=words):
        insert("[=exercise:one-step=]", read_all(tmp_path))


def test_the_page_hides_the_solution_and_offers_the_stub() -> None:
    markdown = insert("[=exercise:one-step=]", read_all(FOLDER))
    assert "## One step by hand { #one-step }" in markdown
    assert 'href="../stubs/one_step.py" download' in markdown
    before, after = markdown.split('??? solution-box "Solution"')
    assert "return 5 - 0.25" not in before
    assert "    return 5 - 0.25" in after
