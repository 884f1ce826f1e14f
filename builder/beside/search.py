"""The search index: every equation found by number, label and names of symbols; no listings."""

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from builder import tree as html
from builder.source.equations import Equation, in_order
from builder.tree import Tree

COMMAND = re.compile(r"\\([A-Za-z]+)")
DERIVATION = "derivation/"
ARGUMENTS = {"Parameters:", "Attributes:", "Returns:", "Yields:", "Raises:"}
SILENT = """frac left right bigl bigr Bigl Bigr big Big quad qquad mathrm text begin end lVert rVert lvert rvert
operatorname displaystyle substack top vphantom"""
NOT_SPOKEN = frozenset(SILENT.split())


def complete(path: Path, equations: Mapping[str, Equation]) -> None:
    """Leave listings and lists of arguments out of the index, which every page loads; add the equations.

    They were half of it. The page that lists all equations is left out, because each equation has an entry of its own.
    """
    index = json.loads(path.read_text(encoding="utf-8"))
    for entry in index["docs"]:
        tree = html.fragment(entry["text"])
        tree.strip_tags(["pre"], recursive=True)
        drop_arguments(tree)
        # Plain text is enough, and a tag is a blank. A blank that does not break stays one.
        entry["text"] = re.sub(r"[ \n]+", " ", escape(tree.text(separator=" "), quote=False)).strip(" ")
        if entry["location"].startswith(DERIVATION):
            entry["boost"] = 2  # where something is derived comes before where it is used
    index["docs"] += entries(equations)
    path.write_text(json.dumps(index, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def drop_arguments(tree: Tree) -> None:
    """Drop what a docstring says of each argument, result and error; readers search for the function.

    Examples:
        >>> html.through("<p>Add.</p> <p>Parameters:</p> <ul><li>z</li></ul><p>Examples:</p>", drop_arguments)
        '<p>Add.</p>  <p>Examples:</p>'
    """
    for paragraph in tree.css("p"):
        listed = html.element_after(paragraph)
        if paragraph.text().strip() in ARGUMENTS and listed is not None and listed.tag == "ul":
            listed.decompose()
            paragraph.decompose()


def entries(equations: Mapping[str, Equation]) -> list[dict[str, str]]:
    """Make an entry for every equation, so that numbers, labels and names of symbols are found."""
    return [
        {
            "location": equation.place,
            "title": f"Equation {equation.tag} {equation.label}",
            "text": f"<p>{escape(spoken(equation.latex))}; {equation.function}</p>",
        }
        for equation in in_order(equations.values())
    ]


def spoken(latex: str) -> str:
    r"""Name what stands in a formula, in its order, each run of letters once, so that a search for words finds it.

    Examples:
        >>> spoken(r"\sigma'(z) = \sigma(z)\,\bigl(1 - \sigma(z)\bigr)")
        'sigma prime z'
        >>> spoken(r"\Delta_l = \phi'(Z_l)")
        'Delta l phi prime Z'
    """
    # LaTeX is text, and only its words are wanted: patterns.
    text = COMMAND.sub(lambda m: " " if m[1] in NOT_SPOKEN else f" {m[1]} ", latex)
    text = text.replace("''", " double prime ").replace("'", " prime ")
    return " ".join(dict.fromkeys(re.findall(r"[A-Za-z]+", text)))
