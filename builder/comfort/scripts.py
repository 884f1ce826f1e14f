"""Scripts of our own: each is fetched only by the pages that have something for it to do."""

from collections.abc import Mapping

from builder import tree as html
from builder.tree import Tree

#: For each script below the site's root the CSS selector of what it works on; the file stands in docs/assets.
SCRIPTS: dict[str, str] = {}


def add_scripts(tree: Tree, root: str, scripts: Mapping[str, str] = SCRIPTS) -> None:
    """Load the scripts that a page has something for, as modules, which wait for the text.

    Examples:
        >>> tree = html.page('<div class="run"></div>')
        >>> add_scripts(tree, "../", {"assets/run.js": ".run", "assets/draw.js": ".draw"})
        >>> tree.head.inner_html
        '<script type="module" src="../assets/run.js"></script>'
    """
    for address, selector in scripts.items():
        if tree.head is not None and tree.css_first(selector) is not None:
            html.put_last(tree.head, f'<script type="module" src="{root}{address}"></script>')
