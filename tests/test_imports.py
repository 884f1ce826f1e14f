"""Importing a module changes nothing: environment, warnings, random numbers, working folder and search path stay."""

import ast
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]

#: Import what the modules take from elsewhere, which may do as it likes; then each module, and say what it changed.
PROGRAM = """
import contextlib, importlib, io, json, os, random, sys, warnings

foreign, own = json.load(sys.stdin)
for name in foreign:
    with contextlib.suppress(ImportError):  # an optional tool, or a function of a module
        importlib.import_module(name)
import matplotlib._mathtext, numpy

def state():
    kind, numbers, *rest = numpy.random.get_state()
    return {
        "the environment": dict(os.environ),
        "the filters of warnings": list(warnings.filters),
        "the state of random": random.getstate(),
        "the state of numpy.random": (kind, numbers.tolist(), rest),
        "numpy's handling of errors": numpy.geterr(),
        "matplotlib's settings": [dict(matplotlib.rcParams), matplotlib._mathtext.SHRINK_FACTOR],
        "the working folder": os.getcwd(),
        "the search path": list(sys.path),
    }

before = state()
for name in own:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            importlib.import_module(name)
        except SystemExit:
            sys.stdout.write("an end")
    if printed.getvalue():
        print(f"{name} does something: {printed.getvalue()[-100:]!r}")
    now = state()
    for what in before:
        if now[what] != before[what]:
            print(f"{name} changes {what}")
    before = now
print(f"{len(own)} imported")
"""


def imported(path: Path) -> set[str]:
    """Name the modules that a file imports, wherever it does so, and what it takes from them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def changes(folders: list[Path], search: list[Path]) -> list[str]:
    """Import every module of folders, or a file, in a process of its own, and list what that changes.

    A module's name is the way to it from the first folder of the search path that holds it.
    """
    files = [path for folder in folders for path in ([folder] if folder.is_file() else sorted(folder.rglob("*.py")))]
    own = []
    for path in files:
        base = next(base for base in search if path.is_relative_to(base))
        parts = path.relative_to(base).with_suffix("").parts
        own.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    heads = {name.partition(".")[0] for name in own}
    foreign = {name for path in files for name in imported(path) if name.partition(".")[0] not in heads}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([sorted(foreign), own]),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, search))},
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *found, last = done.stdout.splitlines()
    assert last == f"{len(own)} imported"
    return found


def test_no_import_has_a_side_effect() -> None:
    folders = [ROOT / name for name in SETTINGS["mypy"]["files"]]  # all Python of this repository
    search = [ROOT / name for name in SETTINGS["mypy"].get("mypy_path", "").split(":") if name]
    assert changes(folders, [*search, ROOT]) == []


def test_planted_side_effects_are_seen(tmp_path: Path) -> None:
    planted = {
        "drawing": "import matplotlib; matplotlib.rcParams['font.size'] = 7",
        "environment": "import os; os.environ.pop('PATH')",
        "folder": "import os; os.chdir('/')",
        "harmless": "import os, random; random.Random(0).random()",
        "numpy_errors": "import numpy; numpy.seterr(all='raise')",
        "numpy_random": "import numpy; numpy.random.seed(0)",
        "path": "import sys; sys.path.append('elsewhere')",
        "random_state": "import random; random.seed(0)",
        "runs": "print('1 of 3'); raise SystemExit",
        "warning_filters": "import warnings; warnings.simplefilter('ignore')",
    }
    (tmp_path / "planted").mkdir()
    for name, text in planted.items():
        (tmp_path / "planted" / f"{name}.py").write_text(text, encoding="utf-8")
    assert changes([tmp_path / "planted"], [tmp_path]) == [
        "planted.drawing changes matplotlib's settings",
        "planted.environment changes the environment",
        "planted.folder changes the working folder",
        "planted.numpy_errors changes numpy's handling of errors",
        "planted.numpy_random changes the state of numpy.random",
        "planted.path changes the search path",
        "planted.random_state changes the state of random",
        "planted.runs does something: '1 of 3\\nan end'",
        "planted.warning_filters changes the filters of warnings",
    ]
