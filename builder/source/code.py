"""Python as it is shown: without docstrings, for these become text."""

import ast
from collections.abc import Iterator
from pathlib import Path

from builder.source.equations import functions


def undocumented(path: Path) -> Iterator[tuple[ast.FunctionDef, str]]:
    """List the functions of a module, each with its code without docstring and the blank line after it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for node in functions(path):
        docstring = node.body[0]
        head, body = lines[node.lineno - 1 : docstring.lineno - 1], lines[docstring.end_lineno : node.end_lineno]
        yield node, "\n".join([*head, *body])


def bare(package: Path, name: str) -> str:
    """Show a step of the derivation without docstring and types.

    Raises:
        FileNotFoundError: if there is no such function.
    """
    for path in sorted(package.glob("*.py")):
        for node in functions(path):
            if node.name == name:
                node.body = node.body[1:]
                node.returns = None
                for argument in node.args.args:
                    argument.annotation = None
                return ast.unparse(node)
    raise FileNotFoundError(2, "no such function", name)
