"""What the theme leaves undone for readers with a screen reader or a keyboard, put right in the finished page.

A theme that changes its own HTML so that one of these functions finds nothing is noticed by the browser tests.
"""

from builder import tree as html
from builder.tree import Tree

#: A button that opens and closes the menu, in place of a label that only a pointer can press.
MENU = (
    '<button type="button" class="menu" aria-label="Menu" '
    "onclick=\"document.getElementById('__drawer').click()\"></button>"
)


def name_search(tree: Tree) -> None:
    """Name the search dialog.

    Examples:
        >>> html.through('<div class="md-search" role="dialog"></div>', name_search)
        '<div class="md-search" role="dialog" aria-label="Search"></div>'
    """
    for dialog in tree.css('.md-search[role="dialog"]'):
        dialog.attrs["aria-label"] = "Search"


def name_menu(tree: Tree) -> None:
    """Put the icon that opens the menu in narrow windows into a button, which the keyboard reaches.

    Examples:
        >>> named = html.through('<header><label for="__drawer"><svg></svg></label></header>', name_menu)
        >>> named.partition(" onclick")[0]
        '<header><label for="__drawer"><button type="button" class="menu" aria-label="Menu"'
    """
    for icon in tree.css('header label[for="__drawer"] > svg'):
        html.wrap(icon, MENU)


def name_sections(tree: Tree) -> None:
    """Name every section of the navigation by its title; the theme points to a label that holds an icon only."""
    for nav in tree.css('nav[class="md-nav"]'):
        if "aria-label" in nav.attrs:
            del nav.attrs["aria-label"]
            nav.attrs["role"] = "presentation"
        elif nav.attrs.sget("aria-labelledby").startswith("__nav_"):
            title = nav.css_first("label.md-nav__title")
            if title is not None:
                del nav.attrs["aria-labelledby"]
                nav.attrs["aria-label"] = " ".join(title.text().split())


def hide_icons(tree: Tree) -> None:
    """Hide the theme's icons from screen readers; what they stand for is said in words beside them.

    Examples:
        >>> html.through('<svg viewBox="0 0 1 1"/></svg><svg role="img"/></svg>', hide_icons)
        '<svg viewBox="0 0 1 1" aria-hidden="true"></svg><svg role="img"></svg>'
    """
    for icon in tree.css("svg:not([role])"):
        icon.attrs["aria-hidden"] = "true"


def name_listings(tree: Tree) -> None:
    """Give every listing a button that copies it; the theme's script does the copying.

    The theme's own buttons are landmarks without a name, one for each listing.

    Examples:
        >>> html.through("<article><pre><code>x</code></pre></article>", name_listings).partition(" aria")[0]
        '<article><pre><button type="button" class="md-clipboard" data-clipboard-target="#code-1"'
    """
    for number, code in enumerate(tree.css("article pre > code:not([class])"), start=1):
        code.attrs["id"] = f"code-{number}"
        code.attrs["tabindex"] = "0"
        if code.prev is not None and code.prev.tag == "span":  # the theme's mark for line numbers
            code.prev.decompose()
        button = '<button type="button" class="md-clipboard" data-clipboard-target="#code-{}" aria-label="{}"></button>'
        html.put_before(code, button.format(number, "Copy this listing"))
