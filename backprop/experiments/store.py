"""Keep results, and tell whether they still hold.

A result is a JSON file that carries a code_hash of the code that made it: the module and all of this package that it
imports, without docstrings and comments. While the code_hash is the same, the experiment need not run again, so
editing prose reruns nothing.
"""

import ast
import functools
import hashlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from backprop.experiments import EXPERIMENTS, MEASURED, SLOW

#: Where the results of slow experiments are kept.
KEPT = Path(__file__).with_name("kept")


def code_of(text: str) -> ast.Module:
    """Parse a module and drop its docstrings; comments are dropped by parsing.

    Args:
        text: the module's source.

    Returns:
        The syntax tree.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return tree


def imports_of(tree: ast.Module) -> set[str]:
    """Name the modules of this package that a syntax tree imports.

    Args:
        tree: the syntax tree.

    Returns:
        Candidates: for ``from a import b`` both ``a`` and ``a.b``.
    """
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == "backprop"}


@functools.cache
def code_and_imports(text: str) -> tuple[str, set[str]]:
    """Parse a module, once for all the experiments that use it.

    Args:
        text: the module's source.

    Returns:
        Its code as text, and what `imports_of` finds in it.
    """
    tree = code_of(text)
    return ast.dump(tree), imports_of(tree)


def code_hash(module: str) -> str:
    """Compute a hash of the code that a module runs.

    Args:
        module: its dotted name.

    Returns:
        A hash of its code and of all modules of this package that it imports, and of the versions of Python and NumPy.

    Examples:
        >>> from backprop.experiments.store import code_hash
        >>> code_hash("backprop.experiments.xor") == code_hash("backprop.experiments.xor")
        True
        >>> code_hash("backprop.experiments.xor") == code_hash("backprop.experiments.linear")
        False
    """
    seen: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        try:
            spec = importlib.util.find_spec(name)
        except ModuleNotFoundError:  # a function or class, whose module is in the list as well
            continue
        if spec is not None and spec.origin is not None:
            seen[name], imported = code_and_imports(Path(spec.origin).read_text(encoding="utf-8"))
            waiting += imported
    text = json.dumps([sorted(seen.items()), sys.version_info[:2], np.__version__])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Args:
        path: the file.
        content: its bytes.

    Raises:
        OSError: if it cannot be written; an older file stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, in UTF-8.

    Args:
        path: where to.
        text: its content; line ends stay as they are.

    Raises:
        OSError: if it cannot be written; an older file stays as it was.
    """
    write_bytes(path, text.encode("utf-8"))


def read_result(folder: Path, name: str) -> dict[str, Any]:
    """Read a stored result.

    Args:
        folder: where the results are.
        name: the experiment.

    Returns:
        What its ``run()`` returned, and "code_hash". Results that are slow to compute or depend on the machine are kept
        with the package.

    Raises:
        FileNotFoundError: if it was never stored.
    """
    path = KEPT / f"{name}.json" if name in (*SLOW, *MEASURED) else folder / f"{name}.json"
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def read_all(folder: Path) -> dict[str, dict[str, Any]]:
    """Read every stored result.

    Args:
        folder: where the results are.

    Returns:
        The results by experiment, the slow ones among them.

    Raises:
        FileNotFoundError: if one was never stored.
    """
    return {name: read_result(folder, name) for name in (*EXPERIMENTS, *SLOW)}


def holds(folder: Path, name: str, mark: str) -> bool:
    """Tell whether a stored result exists and was computed by the present code.

    Args:
        folder: where the results are.
        name: the experiment.
        mark: the code_hash of its code.

    Returns:
        True if the experiment need not run again.
    """
    try:
        return bool(read_result(folder, name)["code_hash"] == mark)
    except (OSError, ValueError, KeyError, TypeError):  # absent, damaged, or of another shape
        return False
