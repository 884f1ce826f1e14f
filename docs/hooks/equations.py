"""Which equation stands where: found in the docstrings and in the pages, written down nowhere."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LABELLED = re.compile(r"\\tag\{([^}]*)\}\s*\\label\{eq:([^}]*)\}")
SHOWN = re.compile(r"^::: (backprop\.derivation\.(\w+)\.(\w+))\s*$", re.MULTILINE)


class SiteError(Exception):
    """Something on the site is wrong.

    Args:
        problem: what is wrong.
        snippet: a piece of the source by which its file and line can be found.
    """

    def __init__(self, problem: str, snippet: str = "") -> None:
        super().__init__(problem)
        self.snippet = snippet


def place_of(snippet: str, files: Iterable[Path]) -> str:
    """Find where a piece of source stands.

    Args:
        snippet: the piece; its first line is searched.
        files: the files to search, likeliest first.

    Returns:
        "file:line", or the first file alone if it is in none.
    """
    paths = list(files)
    first_line = snippet.strip().split("\n")[0]
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if first_line and first_line in line:
                return f"{path}:{number}"
    return str(paths[0])


@dataclass(frozen=True)
class Equation:
    """A numbered equation.

    Attributes:
        label: its permanent name, without "eq:".
        tag: its number, such as "8.4".
        function: the function whose docstring it stands in.
        url: the page that shows this function, relative to the site's root.
    """

    label: str
    tag: str
    function: str
    url: str

    @property
    def anchor(self) -> str:
        """The id of the equation on its page."""
        return f"eq-{self.label}"


def page_url(path: Path, docs: Path) -> str:
    """Tell the address of a page.

    Args:
        path: its Markdown file.
        docs: the folder of the pages.

    Returns:
        The address relative to the site's root, such as "derivation/loss/".
    """
    relative = path.relative_to(docs).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "index" else relative.parts
    return "/".join(parts) + "/" if parts else ""


def functions_shown(docs: Path) -> dict[str, tuple[str, str]]:
    """Find which page shows which function of the derivation.

    Args:
        docs: the folder of the pages.

    Returns:
        For each function's name the address of its page and its id there.

    Raises:
        SiteError: if two pages show the same function.
    """
    shown: dict[str, tuple[str, str]] = {}
    for path in sorted(docs.rglob("*.md")):
        for identifier, _, name in SHOWN.findall(path.read_text(encoding="utf-8")):
            if name in shown:
                raise SiteError(f"{path}: {identifier} is shown twice, on {shown[name][0]} as well")
            shown[name] = (page_url(path, docs), identifier)
    return shown


def equations(package: Path, docs: Path) -> dict[str, Equation]:
    """Collect the equations of the derivation.

    Args:
        package: the folder of backprop.derivation.
        docs: the folder of the pages.

    Returns:
        The equations by label, in the order of files and lines.

    Raises:
        SiteError: if a label or a number occurs twice, or a function with an equation is on no page.
    """
    shown = functions_shown(docs)
    found: dict[str, Equation] = {}
    for path in sorted(package.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            for tag, label in LABELLED.findall(ast.get_docstring(node) or ""):
                place = f"{path}:{node.lineno}"
                if label in found:
                    raise SiteError(f"{place}: label eq:{label} is used twice, in {found[label].function} as well")
                if tag in {equation.tag for equation in found.values()}:
                    raise SiteError(f"{place}: number {tag} is used twice")
                if node.name not in shown:
                    raise SiteError(f"{place}: {node.name} has an equation but is on no page of {docs}")
                found[label] = Equation(label, tag, node.name, shown[node.name][0])
    return found
