"""What the theme leaves undone for readers with a keyboard or a screen reader, put right in the finished page.

Plain functions from HTML to HTML. A theme that changes its own HTML so that one of them finds nothing any more is
noticed by the browser tests.
"""

import re
from itertools import count

ARTICLE = re.compile(r"(<article\b[^>]*>)(.*)(</article>)", re.DOTALL)
SECTION = re.compile(
    r'(<nav class="md-nav"[^>]*?)aria-labelledby="(?P<id>__nav_[\d_]+)_label"'
    r'(?P<rest>[^>]*>\s*<label class="md-nav__title" for="(?P=id)">\s*<span[^>]*></span>(?P<title>[^<]*)</label>)'
)


def mend(html: str) -> str:
    """Put everything right.

    Args:
        html: the whole page.

    Returns:
        The page.
    """
    html = hide_icons(name_sections(name_search(html)))
    return ARTICLE.sub(lambda m: m[1] + copy_buttons(scrolling_tables(m[2])) + m[3], html)


def name_search(html: str) -> str:
    """Name the search dialog.

    Args:
        html: the whole page.

    Returns:
        The page.

    Examples:
        >>> name_search('<div class="md-search" role="dialog">')
        '<div class="md-search" role="dialog" aria-label="Search">'
    """
    return re.sub(r'(<div class="md-search"[^>]*role="dialog")>', r'\1 aria-label="Search">', html)


def name_sections(html: str) -> str:
    """Name every section of the navigation by its title; the theme points to a label that holds an icon only.

    Args:
        html: the whole page.

    Returns:
        The page.
    """

    def named(match: re.Match[str]) -> str:
        return f'{match[1]}aria-label="{" ".join(match["title"].split())}"{match["rest"]}'

    nested = re.sub(r'<nav class="md-nav" aria-label="[^"]*"', '<nav class="md-nav" role="presentation"', html)
    return SECTION.sub(named, nested)


def hide_icons(html: str) -> str:
    """Hide the theme's icons from screen readers; what they stand for is said in words beside them.

    Args:
        html: the whole page.

    Returns:
        The page.

    Examples:
        >>> hide_icons('<svg viewBox="0 0 1 1"/><svg role="img"/>')
        '<svg aria-hidden="true" viewBox="0 0 1 1"/><svg role="img"/>'
    """
    return re.sub(r"<svg (?![^>]*\brole=)", '<svg aria-hidden="true" ', html)


def scrolling_tables(html: str) -> str:
    """Let a wide table scroll in a box of its own that the keyboard reaches.

    Args:
        html: the page's content.

    Returns:
        The same with each table in a box.

    Examples:
        >>> scrolling_tables("<table><tr><td>1</td></tr></table>")
        '<div class="table-scroll" tabindex="0"><table class="data"><tr><td>1</td></tr></table></div>'
    """
    html = re.sub(r"<th( [^>]*)?></th>", r"<td\1></td>", html)  # a corner that heads nothing
    opened = html.replace("<table>", '<div class="table-scroll" tabindex="0"><table class="data">')
    return re.sub(r'(<table class="data">.*?</table>)', r"\1</div>", opened, flags=re.DOTALL)


def copy_buttons(html: str) -> str:
    """Give every listing a button that copies it; the theme's script does the copying.

    The theme's own buttons are landmarks without a name, one for each listing.

    Args:
        html: the page's content.

    Returns:
        The same with buttons.

    Examples:
        >>> copy_buttons("<pre><code>x</code></pre>").partition(" aria")[0]
        '<pre><button type="button" class="md-clipboard" data-clipboard-target="#code-1"'
    """
    number = count(1)

    def with_button(match: re.Match[str]) -> str:
        name = f"code-{next(number)}"
        button = (
            f'<button type="button" class="md-clipboard" data-clipboard-target="#{name}" '
            'aria-label="Copy this listing"></button>'
        )
        return f'<pre>{button}<code id="{name}" tabindex="0">'

    return re.sub(r"<pre>(?:<span></span>)?<code>", with_button, html)
