"""Which equation stands where: found in the docstrings, in the pages and in the tests, written down nowhere."""

import ast
import doctest
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from backprop.citing import LABELLED
from builder.errors import SiteError

# LaTeX and Markdown are text, so patterns find what is needed of them.
SHOWN = re.compile(r"^::: (backprop\.derivation\.\w+\.(\w+))\s*$", re.MULTILINE)
DISPLAYED = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)


@dataclass(frozen=True)
class Equation:
    """A numbered equation, and the function of the derivation whose docstring it stands in."""

    label: str  # its permanent name, without "eq:"
    tag: str  # its number, such as "8.4"
    latex: str
    function: str
    examples: int  # how many the function has
    url: str  # the page that shows the function, relative to the site's root

    @property
    def anchor(self) -> str:
        """The id of the equation on its page."""
        return f"eq-{self.label}"

    @property
    def place(self) -> str:
        """Where it stands, relative to the site's root."""
        return f"{self.url}#{self.anchor}"


@dataclass(frozen=True)
class Check:
    """A check of an equation."""

    mistakes: tuple[str, ...]  # those that it must catch
    source: str  # decorator included


def functions(path: Path) -> list[ast.FunctionDef]:
    """Read the functions of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def page_url(path: Path, docs: Path) -> str:
    """Tell the address of a page, relative to the site's root, from its Markdown file.

    Examples:
        >>> page_url(Path("docs/derivation/loss.md"), Path("docs"))
        'derivation/loss/'
    """
    relative = path.relative_to(docs).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "index" else relative.parts
    return "/".join(parts) + "/" if parts else ""


def functions_shown(docs: Path) -> dict[str, str]:
    """Find where each function of the derivation is shown, relative to the site's root.

    Raises:
        SiteError: if two pages show the same function.
    """
    shown: dict[str, str] = {}
    for path in sorted(docs.rglob("*.md")):
        for identifier, name in SHOWN.findall(path.read_text(encoding="utf-8")):
            if name in shown:
                raise SiteError(f"{path}: {identifier} is shown twice, at {shown[name]} as well")
            shown[name] = f"{page_url(path, docs)}#{identifier}"
    return shown


def equations(package: Path, docs: Path) -> dict[str, Equation]:
    """Collect the equations of the derivation, by label.

    Raises:
        SiteError: if a label or a number occurs twice, an equation stands outside the functions, or a function has no
            equation, no example or no page; with file and line.
    """
    shown = functions_shown(docs)
    found: dict[str, Equation] = {}
    for path in sorted(package.glob("*.py")):
        head = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        for tag, label in LABELLED.findall(head):
            raise SiteError(f"{path}:1: equation ({tag}), eq:{label}, belongs to no function")
        for node in functions(path):
            place, text = f"{path}:{node.lineno}", ast.get_docstring(node) or ""
            labelled = [latex for latex in DISPLAYED.findall(text) if LABELLED.search(latex)]
            examples = len(doctest.DocTestParser().get_examples(text))
            if not labelled:
                raise SiteError(f"{place}: {node.name} has no equation with tag and label")
            if not examples:
                raise SiteError(f"{place}: {node.name} has no example")
            if node.name not in shown:
                raise SiteError(f"{place}: {node.name} has an equation but is on no page of {docs}")
            for latex in labelled:
                tag, label = LABELLED.findall(latex)[0]
                if label in found:
                    raise SiteError(f"{place}: label eq:{label} is used twice, in {found[label].function} as well")
                if tag in {equation.tag for equation in found.values()}:
                    raise SiteError(f"{place}: number {tag} is used twice")
                bare, url = LABELLED.sub("", latex).strip(), shown[node.name].partition("#")[0]
                found[label] = Equation(label, tag, bare, node.name, examples, url)
    return found


def in_order(equations: Iterable[Equation]) -> list[Equation]:
    """Sort equations by their numbers, (2.1) before (10.1)."""
    return sorted(equations, key=lambda e: [int(part) for part in e.tag.split(".")])


def checks(path: Path) -> dict[str, Check]:
    """Find the check of every equation: the function below a decorator `@planted(label, function, mistakes)`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found: dict[str, Check] = {}
    for node in functions(path):
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "planted":
                label, _, wrong = call.args
                names = tuple(ast.literal_eval(key) for key in getattr(wrong, "keys", ()))
                found[ast.literal_eval(label)] = Check(names, "\n".join(lines[call.lineno - 1 : node.end_lineno]))
    return found
