"""Typography: what belongs together stays on one line, and a subscript stands below it."""

import re

from builder import tree as html
from builder.tree import Tree

UNTOUCHED = {"script", "style", "title", "pre", "code", "svg", "math", "textarea"}
WIDTHS = re.compile(r"(?<![\w-])\d+(?:-\d+){2,}(?![\w-])")
INDEXED = re.compile(r"(?<![\w.])([dHΔ])_([0-9A-Za-z])(?!\w)")


def keep_together(tree: Tree) -> None:
    r"""Keep numbers with units, per cent, Greek letters and factors, and the widths of a network, from being broken.

    Text gets blanks that do not break, none before a per cent sign, and spans around widths.

    Examples:
        >>> html.through('<b title="7%">η = 0.1: 24.6% or 25 %</b> <code>7%</code>', keep_together)
        '<b title="7%">η&nbsp;=&nbsp;0.1: 24.6% or 25%</b> <code>7%</code>'
        >>> html.through("<i>η</i> =\n1", keep_together)
        '<i>η</i>&nbsp;=&nbsp;1'
        >>> html.through("2-4-1 in 0.4 s, 4 × 10⁻⁷", keep_together)
        '<span class="unbroken">2-4-1</span> in 0.4&nbsp;s, 4&nbsp;×&nbsp;10⁻⁷'
    """

    def kept(text: str) -> str:
        text = re.sub(r"(?<=\d)(?: |&nbsp;)%", "%", text)
        text = re.sub(r"(?<=\d) (?=(?:s|ms|µs|MB|kB|px)\b)", "\xa0", text)
        text = re.sub(r"(^|[ηεδλ])\s=\s(?=[\d−])", "\\1\xa0=\xa0", text)  # a letter may stand in an element of its own
        text = re.sub(r"(?<=\d)\s×\s(?=\d)", "\xa0×\xa0", text)
        text = re.sub("/(?=∂)", "/\u2060", text)  # between a fraction's stroke and what is below it no line ends
        return WIDTHS.sub(r'<span class="unbroken">\g<0></span>', text)

    html.rewrite(tree, UNTOUCHED, kept)


def set_subscripts(tree: Tree) -> None:
    """Set the index of a width in a shape as a subscript; docstrings write it so that `help()` is readable.

    Examples:
        >>> html.through("<p>shape (..., N, d_L) or (H_m,), Δ_L, <code>d_L</code>, d_in</p>", set_subscripts)
        '<p>shape (..., N, d<sub>L</sub>) or (H<sub>m</sub>,), Δ<sub>L</sub>, <code>d_L</code>, d_in</p>'
    """
    html.rewrite(tree, UNTOUCHED, lambda text: INDEXED.sub(r"\1<sub>\2</sub>", text))


def keep_punctuation(tree: Tree) -> None:
    """Keep a full stop or comma on the line of the formula before it; Chromium breaks the line between them.

    Examples:
        >>> html.through("If <math><mi>z</mi></math>, then", keep_punctuation)
        'If <span class="unbroken"><math><mi>z</mi></math>,</span> then'
    """
    for math in tree.css("math"):
        node = math.parent if html.classed(math.parent, "symbol") else math
        after = node.next
        if after is None or after.tag != "-text":
            continue
        marks = re.match(r"[.,;:?!)]*", after.text())
        if marks is not None and marks[0]:
            rest = after.text()[marks.end() :]
            html.replace(node, f'<span class="unbroken">{html.written(node)}{marks[0]}</span>')
            after.replace_with(rest)
