"""The functions of the derivation in the text: links to them, their code, the notes under them."""

from collections.abc import Mapping
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from builder import tree as html
from builder.source.code import undocumented
from builder.tree import Tree


def link_functions(tree: Tree, functions: Mapping[str, str], root: str) -> None:
    """Turn names of functions in code type into links; links, headings and listings stay as they are."""
    for code in tree.css("code:not(a *, pre *, h1 *, h2 *, h3 *, h4 *, h5 *, h6 *)"):
        name = code.inner_html or ""  # what has elements of its own is a name that is documented here
        if name in functions:
            html.wrap(code, f'<a class="function" href="{root}{functions[name]}"></a>')


def show_code(tree: Tree, package: Path) -> None:
    """Show the whole code of a step, highlighted, where only its signature stands."""
    for heading in tree.css('[id^="backprop.derivation."]'):
        *_, module, name = (heading.id or "").split(".")
        signature = html.element_after(heading)
        if html.classed(signature, "doc-signature"):
            code = {node.name: code for node, code in undocumented(package / f"{module}.py")}[name]
            listing = highlight(code, PythonLexer(), HtmlFormatter(cssclass="highlight", wrapcode=True))
            html.replace(signature, f'<div class="language-python step">{listing}</div>')


def set_notes(tree: Tree) -> None:
    """Set the notes under a function, Source and Next, as plain lines instead of boxes.

    Examples:
        >>> html.through('<details class="next" open><summary>Next</summary><p>The end.</p></details>', set_notes)
        '<p class="note"><span>Next</span> The end.</p>'
    """
    for box in tree.css("details.source[open], details.next[open]"):
        head, text = box.css_first("summary"), box.css("p")
        if head is not None and len(text) == 1:
            html.replace(box, f'<p class="note"><span>{head.inner_html}</span> {text[0].inner_html}</p>')
