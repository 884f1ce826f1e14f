"""The form of the specification: docstrings, equations, bodies, and which module may know which."""

import ast
import doctest
import re
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import backprop
from backprop import derivation

PACKAGE = Path(backprop.__file__).parent
ROOT = PACKAGE.parent
CHAPTERS = {name: PACKAGE / "derivation" / f"{name}.py" for name in derivation.CHAPTERS}
OUTSIDE = [p for p in PACKAGE.rglob("*.py") if p.relative_to(PACKAGE).parts[0] not in ("derivation", "verification")]


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


class Step:
    """A function of the specification, as it stands in the file."""

    def __init__(self, path: Path, node: ast.FunctionDef) -> None:
        self.node, self.name = node, node.name
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.doc = ast.get_docstring(node) or ""

    @property
    def tags(self) -> list[tuple[str, str]]:
        """The equations: number and label."""
        return re.findall(r"\\tag\{([^}]*)\}\\label\{eq:([^}]*)\}", self.doc)

    def section(self, title: str) -> str:
        """The text of a section of the docstring."""
        found = re.search(rf"^{title}:\n((?:    .*\n?|\n)+)", self.doc, re.MULTILINE)
        return found.group(1).strip() if found else ""


STEPS = [
    Step(path, node) for path in CHAPTERS.values() for node in parsed(path).body if isinstance(node, ast.FunctionDef)
]
every_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
every_chapter = pytest.mark.parametrize("chapter", CHAPTERS)
every_module_outside = pytest.mark.parametrize("path", OUTSIDE, ids=name_of)


# Docstrings


@every_step
def test_a_docstring_has_all_its_parts_in_order(step: Step) -> None:
    assert step.tags, "no labelled equation"
    summary, blank, *_ = step.doc.splitlines()
    assert re.fullmatch(r"[A-Z].*\.", summary)
    assert blank == ""
    titles = re.findall(r"^([A-Z][a-z]+):$", step.doc, re.MULTILINE)
    source = ["Source"] if "Source" in titles else []  # where the report has the step, or says something about it
    assert titles == ["Args", "Returns", "Examples", *source, "Next"]
    assert all(step.section(title) for title in titles)
    assert not re.fullmatch(r"Not in the (source )?report\.", step.section("Source"))
    assert step.doc.index(r"\tag") < step.doc.index("\nArgs:")


@every_step
def test_a_docstring_is_raw(step: Step) -> None:
    assert step.lines[step.node.body[0].lineno - 1].strip().startswith('r"""')


@every_step
def test_a_docstring_tells_of_every_argument(step: Step) -> None:
    arguments = step.node.args
    told = re.findall(r"^(\w+): ", textwrap.dedent("    " + step.section("Args")), re.MULTILINE)
    assert told == [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    assert all(a.annotation for a in arguments.args)
    assert step.node.returns is not None


@every_step
def test_examples_call_the_function_and_none_is_skipped(step: Step) -> None:
    examples = doctest.DocTestParser().get_examples(step.doc)
    assert any(re.search(rf"\b{step.name}\(", example.source) for example in examples)
    assert any(example.want for example in examples)
    assert not any(example.options for example in examples)


@every_step
def test_next_leads_to_the_following_step(step: Step) -> None:
    position = STEPS.index(step)
    if position + 1 < len(STEPS):
        assert f"`{STEPS[position + 1].name}`" in step.section("Next")


def test_the_chapters_are_all_there_is() -> None:
    assert len(set(derivation.CHAPTERS)) == len(derivation.CHAPTERS)
    assert {p.stem for p in (PACKAGE / "derivation").glob("*.py")} == {"__init__", *derivation.CHAPTERS}


@every_chapter
def test_a_chapter_has_a_raw_docstring_and_public_functions_only(chapter: str) -> None:
    assert CHAPTERS[chapter].read_text(encoding="utf-8").startswith('r"""')
    body = parsed(CHAPTERS[chapter]).body[1:]
    assert {type(node) for node in body} <= {ast.Import, ast.ImportFrom, ast.FunctionDef}
    assert not any(node.name.startswith("_") for node in body if isinstance(node, ast.FunctionDef))


def test_every_step_is_a_public_name_and_documented() -> None:
    assert sorted(derivation.__all__) == sorted(["CHAPTERS", *(step.name for step in STEPS)])
    for name in set(derivation.__all__) - {"CHAPTERS"}:
        function = getattr(derivation, name)
        assert function.__doc__
        assert function.__module__.rpartition(".")[2] in derivation.CHAPTERS


@pytest.mark.parametrize("name", sorted(set(backprop.__all__) - {"__version__"}))
def test_every_public_name_has_a_docstring(name: str) -> None:
    thing = getattr(backprop, name)
    assert thing.__doc__
    if isinstance(thing, type):
        assert thing.__doc__ != f"{name}({', '.join(getattr(thing, '_fields', ()))})"  # what NamedTuple writes itself
        methods = [m for key, m in vars(thing).items() if callable(m) and not key.startswith("_")]
        assert all(m.__doc__ for m in methods)


# Equations


def test_labels_and_numbers_are_unique() -> None:
    numbers, labels = zip(*(tag for step in STEPS for tag in step.tags), strict=True)
    assert len(set(labels)) == len(labels)
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", label) for label in labels)


@every_chapter
def test_equations_are_numbered_through_in_their_chapter(chapter: str) -> None:
    text = CHAPTERS[chapter].read_text(encoding="utf-8")
    count = len(re.findall(r"\\tag\{", text))
    assert count > 0
    assert len(re.findall(r"\\label\{", text)) == count
    position = derivation.CHAPTERS.index(chapter) + 1
    numbers = re.findall(r"\\tag\{([^}]*)\}\\label\{eq:", text)
    assert numbers == [f"{position}.{k}" for k in range(1, count + 1)]


def test_every_reference_has_an_equation() -> None:
    labels = {label for step in STEPS for _, label in step.tags}
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"\\eqref\{eq:([^{}]*)\}", text)) <= labels
        assert all(target.startswith("eq:") for target in re.findall(r"\\(?:eq)?ref\{([^{}]*)\}", text))


@every_step
def test_every_displayed_equation_is_closed(step: Step) -> None:
    assert step.doc.count("$$") % 2 == 0
    assert step.doc.replace("$$", "").count("$") % 2 == 0


# Bodies


@every_step
def test_a_body_has_ten_lines_or_fewer_and_none_is_crammed(step: Step) -> None:
    first, last = step.node.body[1].lineno, step.node.end_lineno
    assert last is not None
    lines = [line for line in step.lines[first - 1 : last] if line.strip()]
    assert len(lines) <= 10
    assert max(map(len, lines)) <= 120
    starts = [node.lineno for node in ast.walk(step.node) if isinstance(node, ast.stmt)]
    assert len(starts) == len(set(starts)), "two statements on one line"


# Which module may know which


def imports(path: Path) -> Iterator[str]:
    """The modules that a module imports, with their full names."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import: `python -m doctest FILE` could not run it"
            yield from (
                [f"backprop.{a.name}" for a in node.names] if node.module == "backprop" else [node.module or ""]
            )


@every_chapter
def test_a_chapter_knows_numpy_and_earlier_chapters_only(chapter: str) -> None:
    earlier = derivation.CHAPTERS[: derivation.CHAPTERS.index(chapter)]
    allowed = {"numpy", *(f"backprop.derivation.{name}" for name in earlier)}
    for module in imports(CHAPTERS[chapter]):
        assert module in allowed or module.partition(".")[0] in sys.stdlib_module_names


@every_module_outside
def test_matplotlib_is_imported_by_figures_only(path: Path) -> None:
    known = {"backprop", "numpy"} | ({"matplotlib"} if path.relative_to(PACKAGE).parts[0] == "figures" else set())
    assert {module.partition(".")[0] for module in imports(path)} <= known | sys.stdlib_module_names


ORDER = [
    *("checks", "derivation", "data", "network", "fast", "training", "ensemble", "verification", "experiments"),
    *("claims", "figures"),
]


@every_module_outside
def test_the_arrows_run_one_way(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part not in ORDER:
        return
    for module in imports(path):
        parts = module.split(".")
        if parts[0] == "backprop" and len(parts) > 1 and parts[1] in ORDER:
            assert ORDER.index(parts[1]) <= ORDER.index(part), f"{part} knows {parts[1]}"


FORMULAS = {
    *("exp", "exp2", "expm1", "log", "log1p", "log2", "tanh", "sinh", "cosh", "square", "power", "maximum", "multiply"),
    *("dot", "vdot", "matmul", "inner", "outer", "einsum", "tensordot"),
}
# A figure may draw any curve; the fast path and the lab's program are held to the specification by their own tests.
# The fit of the log measures how far a loss is from a printed one; that is no formula of the network.
MEASURING = {"experiments/log_fit.py": {"log", "expm1"}}
CALCULATING = [p for p in OUTSIDE if p.relative_to(PACKAGE).parts[0] not in ("figures", "fast.py", "lab.py")]


@pytest.mark.parametrize("path", CALCULATING, ids=name_of)
def test_no_formula_stands_outside_the_derivation(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.BinOp | ast.AugAssign):
            assert not isinstance(node.op, ast.MatMult), f"line {node.lineno}: a product of matrices"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy"):
            assert node.attr not in FORMULAS - MEASURING.get(name_of(path), set()), (
                f"line {node.lineno}: np.{node.attr}"
            )
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "numpy":
            assert not FORMULAS & {alias.name for alias in node.names}, f"line {node.lineno}"


# The doctests under plain Python, as in readers' browsers


#: What `python -m doctest` does, for one file after the other, so that NumPy is imported once.
DOCTEST = """
import runpy, sys
for path in sys.argv[1:]:
    sys.argv = ["doctest", path]
    try:
        runpy.run_module("doctest", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise SystemExit(f"{path} fails") from None
"""


def test_doctests_pass_under_plain_python() -> None:
    files = [*CHAPTERS.values(), *(p for p in PACKAGE.glob("*.py") if p.name != "__main__.py")]
    assert len({path.name for path in files}) == len(files)  # a name that was imported would not be imported again
    assert output_of(DOCTEST, *map(str, files)) == ""


# What is written for those who work on it


def test_every_test_that_a_text_names_exists() -> None:
    texts = [ROOT / "CONTRIBUTING.md", ROOT / "live" / "README.md", ROOT / "docs" / "decisions.md"]
    files = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}
    there = {path.stem for path in files} | {
        name for text in files.values() for name in re.findall(r"def (test_\w+)", text)
    }
    named = {name for path in texts for name in re.findall(r"\btest_\w+", path.read_text(encoding="utf-8"))}
    assert len(named) > 15
    assert named - there == set()


# The import


def output_of(program: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_the_import_brings_numpy_and_nothing_else() -> None:
    program = (
        "import sys, numpy.random; before = set(sys.modules); import backprop; print(*(set(sys.modules) - before))"
    )
    packages = {module.partition(".")[0] for module in output_of(program).split()}
    assert "backprop" in packages
    assert packages - sys.stdlib_module_names <= {"backprop", "numpy"}


def test_the_import_takes_150_ms_over_numpys_at_most() -> None:
    # The processor's time, so that another program's turn does not count; and it need only be possible once.
    program = "import time, numpy; start = time.process_time(); import backprop; print(time.process_time() - start)"
    assert any(float(output_of(program)) < 0.150 for _ in range(20))


def test_the_sigmoid_neither_overflows_nor_warns() -> None:
    z = np.array([-np.inf, -1e308, -1000.0, -745.0, -710.0, -700.0, 0.0, 700.0, 1000.0, 1e308, np.inf])
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        a = derivation.sigmoid(z)
        derivatives = [derivation.sigmoid_derivative(z), derivation.sigmoid_derivative_from_output(a)]
    assert np.all(np.diff(a) >= 0)
    assert np.all(a[:3] < 1e-300)
    assert np.all(a[-4:] == 1)
    assert all(np.all((s >= 0) & (s <= 0.25)) for s in derivatives)


def test_softmax_neither_overflows_nor_warns() -> None:
    z = np.array([[-1000.0, 0.0, 1000.0], [1e300, 1e300, -1e300], [-1e300, -1e300, -1e300], [710.0, 709.0, 708.0]])
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        a, total, jacobian = derivation.softmax(z), derivation.logsumexp(z), derivation.softmax_jacobian
        derivatives = jacobian(a)
    assert np.allclose(a.sum(axis=-1), 1, rtol=1e-15)
    assert np.allclose(a[:3], [[0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-15)
    assert np.all((total >= z.max(axis=-1)) & (total <= z.max(axis=-1) + np.log(3)))
    assert np.all(np.abs(derivatives) <= 0.25)
