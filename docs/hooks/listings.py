"""Listings: a step's code, without its docstring, where the page explains it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

SIGNATURE = re.compile(
    r'(<h\d id="backprop\.derivation\.(?P<module>\w+)\.(?P<name>\w+)".*?</h\d>\s*)'
    r'<div class="language-python doc-signature highlight">.*?</div>',
    re.DOTALL,
)


def functions(path: Path) -> Iterator[tuple[ast.FunctionDef, list[str]]]:
    """List the functions of a module.

    Args:
        path: its file.

    Yields:
        For each function its syntax tree and the lines of its code, without docstring and the blank line after it.
    """
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            docstring = node.body[0]
            body = lines[docstring.end_lineno : node.end_lineno]
            yield node, [*lines[node.lineno - 1 : docstring.lineno - 1], *body]


def bare(package: Path, name: str) -> str:
    """Show a step of the derivation without docstring and types.

    Args:
        package: the folder of backprop.derivation.
        name: the function.

    Returns:
        Its code.

    Raises:
        FileNotFoundError: if there is no such function.
    """
    for path in sorted(package.glob("*.py")):
        for node, _ in functions(path):
            if node.name == name:
                node.body = node.body[1:]
                node.returns = None
                for argument in node.args.args:
                    argument.annotation = None
                return ast.unparse(node)
    raise FileNotFoundError(2, "no such function", name)


def show_code(html: str, package: Path) -> str:
    """Show the whole code of a step where only its signature stands.

    Args:
        html: the page, or a part of it.
        package: the folder of backprop.derivation.

    Returns:
        The same with the code, highlighted.
    """

    def replace(match: re.Match[str]) -> str:
        code = {node.name: lines for node, lines in functions(package / f"{match['module']}.py")}[match["name"]]
        listing = highlight("\n".join(code), PythonLexer(), HtmlFormatter(cssclass="highlight", wrapcode=True))
        return f'{match[1]}<div class="language-python step">{listing}</div>'

    return SIGNATURE.sub(replace, html)
