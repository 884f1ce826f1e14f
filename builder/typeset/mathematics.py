"""Mathematics: LaTeX becomes MathML, when the site is built."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, MutableMapping
from functools import cache
from html import unescape

from math_core import LatexError, LatexToMathML

from backprop.citing import LABELLED
from builder import tree as html
from builder.errors import SiteError
from builder.source.equations import Equation
from builder.tree import Tree

# LaTeX is text, so what is looked for in it is a pattern.
REFERENCE = re.compile(r"\s*\\eqref\{eq:([^}]*)\}\s*")
RAW = re.compile(r"\$\$|\\\(|\\\[|\\(?:eqref|frac|partial|begin|label|tag|sigma|delta)\b")
PRIMES = {"′", "″", "‴"}
#: Where a formula may go on in the next line: before these.
RELATIONS = {"=", "≤", "≥", "≈", "→", "⟶", "⟺"}
CONSEQUENCES = {"⟹"}
OPENING, CLOSING = {"(", "[", "{", "⟨"}, {")", "]", "}", "⟩"}

_CONVERTER = LatexToMathML(fancy_error=False)


@cache
def mathml(latex: str, display: bool) -> str:
    r"""Convert LaTeX to MathML.

    Raises:
        SiteError: if the LaTeX is broken or a command unknown.

    Examples:
        >>> mathml("z'", display=False)
        '<math><mrow><mi>z</mi><mo lspace="0" rspace="0">′</mo></mrow></math>'
        >>> "mspace" in mathml(r"\hat Y", display=False), "mspace" in mathml(r"\hat y", display=False)
        (True, False)
        >>> mathml(r"\foo", display=False)
        Traceback (most recent call last):
            ...
        builder.errors.SiteError: \foo: unknown command "\foo"
    """
    try:
        text = _CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        words = str(error).partition(": ")[2].rstrip(".")  # without the number of the character
        raise SiteError(f"{latex.strip()}: {words[:1].lower()}{words[1:]}", snippet=latex.strip()) from None
    math = parsed(text.replace("ϕ", "φ"))  # the letter of the text, in both
    for parent in math.iter():
        for place, child in enumerate(parent):
            parent[place] = _prime_beside(child)
    for accented in math.iter("mover"):
        if accented.get("accent") and accented[0].tag == "mi" and re.fullmatch("[A-Z]", accented[0].text or ""):
            accented[0] = _row(accented[0], ET.Element("mspace", height="0.74em"))
    return html.written(html.fragment(ET.tostring(math, encoding="unicode")))


def parsed(math: str) -> ET.Element:
    """Read a math element as the XML that it is, but for characters by names that only HTML has."""
    return ET.fromstring(re.sub(r"&(?!amp;|lt;|gt;)\w+;", lambda name: unescape(name[0]), math))


def _row(*children: ET.Element) -> ET.Element:
    row = ET.Element("mrow")
    row.extend(children)
    return row


def wrapping(math: str) -> str:
    r"""Group a displayed equation into formulas and these into parts, between which a narrow page can begin a new line.

    A browser breaks no line within mathematics, so the style sheet sets the parts as boxes that wrap. Formulas are
    separated by a comma, a wide space or an implication, and a part begins with a relation.

    Examples:
        >>> wrapping(mathml("a = b = c", display=True)).count("<mrow>")
        3
        >>> wrapping(mathml(r"a = b, \qquad c", display=True)).count("<mrow>")  # two formulas, the first in two parts
        5
        >>> wrapping(mathml("f(a = b)", display=True)) == mathml("f(a = b)", display=True)
        True
    """
    whole = parsed(math)
    formulas: list[list[ET.Element]] = [[_row()]]
    depth, ended = 0, False
    for child in whole:
        base = child[0] if child.tag in ("msub", "msup", "msubsup") else child  # a bracket may have an index
        sign = base.text if base.tag == "mo" else None
        depth += (sign in OPENING) - (sign in CLOSING)
        part = formulas[-1][-1]
        space = float((child.get("width") or "0").removesuffix("em")) if child.tag == "mspace" else 0
        begun = any(one.tag != "mspace" and one.text not in CONSEQUENCES for one in part)
        follows = any(one.text in CONSEQUENCES for one in formulas[-1][0])  # and so does what stands after its commas
        next_one = space >= 1 or (ended and child.tag != "mspace")
        if depth == 0 and begun and (sign in CONSEQUENCES or space >= 2 or (next_one and not follows)):
            formulas.append([_row()])
        elif depth == 0 and begun and (sign in RELATIONS or next_one):
            formulas[-1].append(_row())
        formulas[-1][-1].append(child)
        ended = depth == 0 and (sign == "," or (ended and child.tag == "mspace"))
    if sum(map(len, formulas)) == 1:
        return math
    whole[:] = [_row(*parts) for parts in formulas] if len(formulas) > 1 else formulas[0]
    whole.set("class", "formulas" if len(formulas) > 1 else "formula")
    return html.written(html.fragment(ET.tostring(whole, encoding="unicode")))


def _prime_beside(node: ET.Element) -> ET.Element:
    """Bring a raised prime down beside its letter, its letter with a hat, or its name in upright letters."""
    if node.tag not in ("msup", "msubsup") or node[-1].tag != "mo" or node[-1].text not in PRIMES:
        return node
    base = node[0]
    if base.tag not in ("mi", "mover") and [child.tag for child in base] != ["mspace", "mi"]:
        return node
    prime = ET.Element("mo", lspace="0", rspace="0")
    prime.text = node[-1].text
    beside = _row(base, prime)
    if node.tag == "msup":
        return beside
    below = ET.Element("msub")
    below.extend([beside, node[1]])
    return below


def box(math: str, number: str = "", anchor: str = "") -> str:
    """Write the box of a displayed formula, with its number and its id if it has them."""
    name = f' id="{anchor}"' if anchor else ""
    return f'<div class="equation"{name}><div class="equation-body" tabindex="0">{math}</div>{number}</div>'


def typeset(tree: Tree, equations: Mapping[str, Equation], root: str, made: MutableMapping[str, str]) -> None:
    """Convert all mathematics of a page.

    Raises:
        SiteError: if the LaTeX is broken or a label unknown.
    """

    def converted(latex: str, display: bool) -> str:
        math = wrapping(mathml(latex, display)) if display else mathml(latex, display)
        made[math] = latex
        return math

    for node in tree.css("div.arithmatex"):
        latex = node.text().strip().removeprefix(r"\[").removesuffix(r"\]")
        number = anchor = ""
        if (labelled := LABELLED.search(latex)) is not None:
            tag, label = labelled.groups()
            if label not in equations:
                problem = f"label eq:{label} stands outside the derivation; every equation has its home there"
                raise SiteError(problem, snippet=f"eq:{label}")
            anchor = equations[label].anchor
            number = f'<a class="equation-number" href="#{anchor}" title="Permanent link to equation {tag}">({tag})</a>'
        html.replace(node, box(converted(LABELLED.sub("", latex), True), number, anchor))
    for node in tree.css("span.arithmatex"):
        latex = node.text().removeprefix(r"\(").removesuffix(r"\)")
        reference = REFERENCE.fullmatch(latex)
        if reference is None:
            html.replace(node, converted(latex, False))
            continue
        if reference[1] not in equations:
            raise SiteError(f"\\eqref{{eq:{reference[1]}}}: no equation has this label", snippet=f"eq:{reference[1]}}}")
        equation = equations[reference[1]]
        link = f'<a class="equation-reference" href="{root}{equation.place}" data-preview>({equation.tag})</a>'
        html.replace(node, link)


def raw_latex(tree: Tree) -> str | None:
    """Look for LaTeX that nobody converted.

    Examples:
        >>> raw_latex(html.fragment("<p>so $$ x $$</p>"))
        'so $$ x $$'
        >>> raw_latex(html.fragment("<pre>$$ x $$</pre>")) is None
        True
    """
    text = " ".join(part.text() for part in html.texts(tree.root, {"script", "style", "pre", "code"}))
    found = RAW.search(text)
    return " ".join(text[max(0, found.start() - 40) : found.end() + 40].split()) if found else None
