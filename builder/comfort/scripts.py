"""Scripts of our own: each is fetched only by the pages that have something for it to do."""

from collections.abc import Mapping
from html import escape

from builder import tree as html
from builder.tree import Tree


def add_scripts(tree: Tree, root: str, scripts: Mapping[str, str], facts: Mapping[str, str] | None = None) -> None:
    """Load the scripts that a page has something for, as modules, which wait for the text.

    Args:
        tree: the page.
        root: the way from it to the site's root.
        scripts: for each script below the site's root the CSS selector of what it works on.
        facts: what the scripts are to know, if anything: attributes of their elements.

    Examples:
        >>> tree = html.page('<div class="run"></div>')
        >>> add_scripts(tree, "../", {"assets/run.js": ".run", "assets/draw.js": ".draw"}, {"data-a": "b"})
        >>> tree.head.inner_html
        '<script type="module" src="../assets/run.js" data-a="b"></script>'
    """
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in (facts or {}).items())
    for address, selector in scripts.items():
        if tree.head is not None and tree.css_first(selector) is not None:
            html.put_last(tree.head, f'<script type="module" src="{root}{address}"{attributes}></script>')
