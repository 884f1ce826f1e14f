"""Mathematics: LaTeX in HTML becomes MathML, when the site is built.

Plain functions from HTML to HTML, which can run after any site builder.
"""

import re
from collections.abc import Mapping
from functools import cache
from html import unescape

from equations import LABELLED, Equation, SiteError
from math_core import LatexError, LatexToMathML

BLOCK = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL)
INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
SUB_PRIME = re.compile(
    r"<msubsup>(<mi[^>]*>[^<]*</mi>)(<mi>[^<]*</mi>|<mn>[^<]*</mn>|<mrow>(?:(?!<mrow>).)*?</mrow>)<mo>([′″‴])</mo></msubsup>"
)
REFERENCE = re.compile(r"\s*\\eqref\{eq:([^}]*)\}\s*")
HAT = r'<mover accent="true"><mi>[^<]*</mi><mo stretchy="false">ˆ</mo></mover>'
NAME = r"<mrow><mspace/><mi>\w+</mi></mrow>"
PRIME = re.compile(rf"<msup>(<mi[^>]*>[^<]*</mi>|{HAT}|{NAME})<mo>([′″‴])</mo></msup>")
LOW_HAT = re.compile(r'<mover accent="true"><mi>([A-Z])</mi>')
RAW = re.compile(r"\$\$|\\\(|\\\[|\\(?:eqref|frac|partial|begin|label|tag|sigma|delta)\b")
NOT_TEXT = re.compile(r"<(script|style|pre|code)\b.*?</\1>|<[^>]*>", re.DOTALL)

#: The LaTeX of every math element made so far; pages do not carry it, the printed edition needs it.
LATEX: dict[str, str] = {}

_CONVERTER = LatexToMathML(fancy_error=False)


@cache
def mathml(latex: str, display: bool) -> str:
    r"""Convert LaTeX to MathML.

    Args:
        latex: the formula, without delimiters.
        display: whether it stands on its own.

    Returns:
        A math element. A prime stays beside its letter instead of flying above it, and a capital is made a little
        taller than it is, so that its hat does not sit in it.

    Raises:
        SiteError: if the LaTeX is broken or a command unknown.

    Examples:
        >>> mathml("z'", display=False)
        "<math><mrow><mi>z</mi><mo lspace='0' rspace='0'>′</mo></mrow></math>"
        >>> "mspace" in mathml(r"\hat Y", display=False), "mspace" in mathml(r"\hat y", display=False)
        (True, False)
        >>> mathml(r"\foo", display=False)
        Traceback (most recent call last):
            ...
        equations.SiteError: \foo: unknown command "\foo"
    """
    try:
        text = _CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        words = str(error).strip().splitlines()[0]
        words = re.sub(r"^\d+(-\d+)?:\s*", "", re.sub(r"\x1b\[[\d;]*m", "", words)).removeprefix("Error: ").rstrip(".")
        raise SiteError(f"{latex.strip()}: {words[:1].lower()}{words[1:]}", snippet=latex.strip()) from None
    text = SUB_PRIME.sub(r"<msub><mrow>\1<mo lspace='0' rspace='0'>\3</mo></mrow>\2</msub>", text)
    made = PRIME.sub(r"<mrow>\1<mo lspace='0' rspace='0'>\2</mo></mrow>", text)
    made = LOW_HAT.sub(r'<mover accent="true"><mrow><mi>\1</mi><mspace height="0.74em"/></mrow>', made)
    LATEX[made] = latex
    return made


def typeset(html: str, equations: Mapping[str, Equation], root: str) -> str:
    """Convert all mathematics of a page.

    Args:
        html: the page, or a part of it, as the Markdown extension left it.
        equations: the equations of the whole site, by label.
        root: the way from this page to the site's root, such as "../../".

    Returns:
        The same with MathML, numbered equations and references to them.

    Raises:
        SiteError: if the LaTeX is broken or a label unknown.
    """

    def block(match: re.Match[str]) -> str:
        latex = unescape(match[1])
        labelled = LABELLED.search(latex)
        body = f'<div class="equation-body" tabindex="0">{mathml(LABELLED.sub("", latex), display=True)}</div>'
        if labelled is None:
            return f'<div class="equation">{body}</div>'
        tag, label = labelled.groups()
        if label not in equations:
            problem = f"label eq:{label} stands outside the derivation; every equation has its home there"
            raise SiteError(problem, snippet=f"eq:{label}")
        anchor = equations[label].anchor
        number = f'<a class="equation-number" href="#{anchor}" title="Permanent link to equation {tag}">({tag})</a>'
        return f'<div class="equation" id="{anchor}">{body}{number}</div>'

    def inline(match: re.Match[str]) -> str:
        latex = unescape(match[1])
        reference = REFERENCE.fullmatch(latex)
        if reference is None:
            return mathml(latex, display=False)
        if reference[1] not in equations:
            raise SiteError(f"\\eqref{{eq:{reference[1]}}}: no equation has this label", snippet=f"eq:{reference[1]}}}")
        equation = equations[reference[1]]
        place = f"{root}{equation.url}#{equation.anchor}"
        return f'<a class="equation-reference" href="{place}" data-preview>({equation.tag})</a>'

    return INLINE.sub(inline, BLOCK.sub(block, html))


def link_functions(html: str, functions: Mapping[str, tuple[str, str]], root: str) -> str:
    """Turn names of functions in code type into links.

    Args:
        html: the page, or a part of it.
        functions: for each name the page that shows it and its id there.
        root: the way from this page to the site's root.

    Returns:
        The same with links; what is a link, a heading or a listing already stays as it is.
    """

    def link(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in functions:
            return match.group()
        url, identifier = functions[name]
        return f'<a class="function" href="{root}{url}#{identifier}"><code>{name}</code></a>'

    skip = r"<a\b.*?</a>|<pre\b.*?</pre>|<h[1-6]\b.*?</h[1-6]>"
    return re.sub(rf"{skip}|<code>(?P<name>\w+)</code>", link, html, flags=re.DOTALL)


def set_notes(html: str) -> str:
    """Set the notes under a function, Source and Next, as plain lines instead of boxes.

    Args:
        html: the page, or a part of it.

    Returns:
        The same with a paragraph for each note.

    Examples:
        >>> set_notes('<details class="next" open><summary>Next</summary><p>The end.</p></details>')
        '<p class="note"><span>Next</span> The end.</p>'
    """
    box = r'<details class="(?:source|next)" open>\s*<summary>(.*?)</summary>\s*<p>(.*?)</p>\s*</details>'
    return re.sub(box, r'<p class="note"><span>\1</span> \2</p>', html, flags=re.DOTALL)


def raw_latex(html: str) -> str | None:
    """Look for LaTeX that nobody converted.

    Args:
        html: a finished page.

    Returns:
        The first piece found with its surroundings, or None.

    Examples:
        >>> raw_latex("<p>so $$ x $$</p>")
        'so $$ x $$'
        >>> raw_latex("<pre>$$ x $$</pre>") is None
        True
    """
    text = unescape(NOT_TEXT.sub(" ", html))
    found = RAW.search(text)
    return " ".join(text[max(0, found.start() - 40) : found.end() + 40].split()) if found else None
