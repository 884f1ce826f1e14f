"""The glossary: what a symbol means, shown where the pointer rests on a formula.

Its one source is the page of notation: every table whose first two columns are *symbol* and *meaning*.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple

from builder import tree as html
from builder.errors import SiteError
from builder.source.equations import Equation
from builder.tree import Tree
from builder.typeset.mathematics import REFERENCE, mathml, parsed

# Short formulas are rewritten as text, from LaTeX that is text: patterns.
FORMULA = re.compile(r"\$([^$]+)\$")
INDEX = re.compile(r"[_^](?:\{[\w-]*\}|\w)")
LETTER = re.compile(r"(?<!\w)[α-ωΔ](?!\w)")
MARKS = {"′", "″", "‴", "∗"}
OPERATORS = {"⊙", "‖"}
LEFT_ALONE = {"h1", "h2", "h3", "h4", "h5", "h6", "a", "pre", "code", "svg", "script", "style"}
COMMAND = re.compile(r"\\[a-zA-Z]+(?:\{[^}]*\})?\s*")
#: What is not written with the signs of its MathML.
NAMES = {r"\hat y": "ŷ", r"\hat Y": "Ŷ", r"\tilde g": "g̃", r"\mathbf ": "", r"\quad": " ", r"\,": " "}
NAMES |= {"^{*}": "*", "''": "″", "'": "′"}
SIGNS = str.maketrans("⊤⋅", "ᵀ·")
LOWERED = str.maketrans("0123456789ijkmn", "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₘₙ")  # the small l exists and cannot be read
RAISED = str.maketrans("0123456789nT", "⁰¹²³⁴⁵⁶⁷⁸⁹ⁿᵀ")


class Symbol(NamedTuple):
    """A symbol as it occurs in a formula."""

    letter: str  # with its accent
    mark: str = ""  # a prime or a star, or ""
    indexed: bool = False  # whether it has an index below
    called: bool = False  # whether a bracket follows it


def raised_is_index(node: ET.Element) -> bool:
    """Tell whether a superscript only counts: a single letter or number, primes aside."""
    words = [child for child in node.iter() if child.tag in ("mi", "mn", "mo", "mtext") and child.text not in MARKS]
    return len(words) == 0 or (len(words) == 1 and words[0].text != "⊤")


def symbols(math: str) -> list[Symbol]:
    r"""List the symbols of a formula. Indices are left out, exponents are not.

    Examples:
        >>> [s.letter + s.mark for s in symbols(mathml(r"\sigma'(z_{l+1}) W^\top", display=False))]
        ['σ′', 'z', 'W', '⊤']
    """
    return list(dict.fromkeys(_symbols(parsed(math))))


def _symbols(node: ET.Element, indexed: bool = False, follows: str = "") -> Iterator[Symbol]:
    children = list(node)
    if node.tag in ("msub", "msup", "msubsup"):
        has_index = node.tag != "msup" or indexed
        found = list(_symbols(children[0], has_index, follows))
        raised = None if node.tag == "msub" else children[-1]
        marks = [] if raised is None else [mo.text for mo in raised.iter("mo") if mo.text in MARKS]
        if marks and found:
            found[-1] = found[-1]._replace(mark=marks[0] or "")
        yield from found
        if raised is not None and not raised_is_index(raised):
            yield from _symbols(raised)
    elif node.tag == "mover":
        yield Symbol("".join(node.itertext()), "", indexed, follows == "(")
    elif node.tag in ("munder", "munderover"):
        yield from _symbols(children[0])
    elif node.tag == "mi" or (node.tag == "mo" and node.text in OPERATORS):
        yield Symbol(node.text or "", "", indexed, follows == "(")
    elif node.tag == "mrow" and [c.tag for c in children] == ["mi", "mo"] and children[1].text in MARKS:
        yield Symbol(children[0].text or "", children[1].text or "", indexed, follows == "(")
    else:
        for child, next_one in zip(children, [*children[1:], None], strict=False):
            text = "" if next_one is None else next_one.text or ""
            yield from _symbols(child, indexed, text if len(children) > 1 else follows)


def plain(latex: str) -> str:
    r"""Write a short formula as text.

    Examples:
        >>> plain(r"N \times d_{l-1}"), plain(r"\partial C/\partial z"), plain("d_L")
        ('N × d_(l−1)', '∂C/∂z', 'd_L')
    """
    for name, text in NAMES.items():
        latex = latex.replace(name, text)
    latex = COMMAND.sub(lambda command: "".join(parsed(mathml(command[0], display=False)).itertext()), latex)
    latex = re.sub(r"×(?=\S)", "× ", latex.translate(SIGNS))

    def shift(match: re.Match[str]) -> str:
        index, table = match[2] or match[3], LOWERED if match[1] == "_" else RAISED
        if all(ord(character) in table for character in index):
            return index.translate(table)
        return match[1] + (index if len(index) == 1 else f"({index.replace('-', '−')})")

    return re.sub(r"([_^])(?:\{([^}]*)\}|(\w|ᵀ))", shift, latex)


class Glossary(NamedTuple):
    """What symbols mean."""

    meanings: dict[Symbol, str]  # for each symbol a line of text
    formulas: dict[str, str]  # the same for whole formulas, such as that of ∂z/∂w, by their math element

    def line(self, symbol: Symbol) -> str | None:
        """Look up a symbol: first just as it stands, then without what follows it, without its index, its mark."""
        bare = symbol._replace(called=False)
        other = bare._replace(indexed=not bare.indexed)
        candidates = (symbol, bare, other, bare._replace(mark=""), other._replace(mark=""))
        return next((self.meanings[candidate] for candidate in candidates if candidate in self.meanings), None)

    def lines(self, math: str) -> list[str]:
        """Explain a math element: a line for each symbol that the glossary has, each once."""
        if math in self.formulas:
            return [self.formulas[math]]
        found = [self.line(symbol) for symbol in symbols(math)]
        return list(dict.fromkeys(line for line in found if line is not None))


def rows(markdown: str) -> Iterator[list[str]]:
    """List the rows of the glossary's tables, each as its cells."""
    inside = False
    for line in markdown.splitlines():
        inside = line.startswith("| symbol | meaning") or (inside and line.startswith("|"))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if inside and cells[0] != "symbol" and not set(cells[0]) <= set("-: "):
            yield cells


def read(path: Path, equations: Mapping[str, Equation]) -> Glossary:
    """Read the glossary from the page of notation.

    Raises:
        SiteError: if a symbol stands in two rows.
    """

    def text(cell: str) -> str:
        def formula(match: re.Match[str]) -> str:
            reference = REFERENCE.fullmatch(match[1])
            return plain(match[1]) if reference is None else f"({equations[reference[1]].tag})"

        return FORMULA.sub(formula, cell).strip()

    glossary = Glossary({}, {})
    for cells in rows(path.read_text(encoding="utf-8")):
        meaning = "; ".join(text(cell) for cell in cells[1:3] if cell)
        for latex in FORMULA.findall(cells[0]):
            name = latex.split("=")[0].strip()
            math = mathml(name, display=False)
            found = symbols(math)
            if len(found) > 1:
                glossary.formulas[math] = f"{plain(name)}: {meaning}"
                continue
            if found[0] in glossary.meanings:
                raise SiteError(f"{path}: the symbol ${name}$ stands in two rows", snippet=cells[0])
            glossary.meanings[found[0]] = f"{plain(INDEX.sub('', name))}: {meaning}"
    return glossary


def explain(tree: Tree, glossary: Glossary) -> None:
    """Say in a title what the symbols of each formula mean.

    A displayed formula can be reached by keyboard, and its box gets the title. A formula in a line, or a Greek letter
    in the text, gets a span. Headings, links and listings stay as they are.
    """

    def letter(match: re.Match[str]) -> str:
        line = glossary.line(Symbol(match[0]))
        return match[0] if line is None else f'<span class="symbol" title="{escape(line)}">{match[0]}</span>'

    html.rewrite(tree, {*LEFT_ALONE, "math"}, lambda text: LETTER.sub(letter, text))
    for math in tree.css(f"math:not({', '.join(f'{tag} *' for tag in LEFT_ALONE)})"):
        lines = glossary.lines(html.written(math))
        if not lines:
            continue
        if html.classed(math.parent, "equation-body"):
            math.parent.attrs["title"] = "\n".join(lines)
        else:
            html.wrap(math, f'<span class="symbol" title="{escape(chr(10).join(lines))}"></span>')
