"""Figures: put into the finished page, where Markdown left a mark, so that search does not read their labels."""

import json
from pathlib import Path

from builder import tree as html
from builder.errors import SiteError
from builder.insert.tables import made_by
from builder.tree import Tree

#: Where the site keeps what readers can download of the figures.
DOWNLOADS = "assets/figures"


def mark(name: str) -> str:
    """Write the mark that keeps a figure's place."""
    return f'<div data-figure="{name}"></div>'


def insert_figures(tree: Tree, figures: Path, root: str) -> None:
    """Put the figures in where their marks are, with captions and what can be downloaded.

    Raises:
        SiteError: if a figure is missing or has no text alternative.
    """
    for place in tree.css("div[data-figure]"):
        name = place.attrs.sget("data-figure")
        snippet = f"[=figure:{name}=]"
        try:
            picture = (figures / f"{name}.html").read_text(encoding="utf-8")
            words = json.loads((figures / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SiteError(f"{snippet}: no figure has this name", snippet) from None
        drawn = html.fragment(picture)
        if not all(drawn.css(f"svg {part}:not(:empty)") for part in ("title", "desc")):
            raise SiteError(f"figure {name} has no text alternative", snippet)
        caption = f"<strong>{words['title']}</strong> {words['caption']}".strip()
        source = downloads(name, words["experiment"], figures, root)
        html.replace(place, f'<figure id="fig-{name}">{picture}<figcaption>{caption}{source}</figcaption></figure>')


def downloads(name: str, experiment: str, figures: Path, root: str) -> str:
    """Write the line under a figure that offers its data and its picture, and says where they come from."""
    kinds = [("csv", "data (CSV)"), ("svg", "SVG"), ("png", "PNG")]
    links = ", ".join(
        f'<a href="{root}{DOWNLOADS}/{name}.{ending}" download>{words}</a>'
        for ending, words in kinds
        if (figures / "download" / f"{name}.{ending}").exists()
    )
    made = made_by([experiment]) if experiment else "drawn by <code>python -m backprop.figures</code>"
    return f'<p class="figure-source">Download: {links}; {made}.</p>'
