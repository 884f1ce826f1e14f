"""What makes a page show sooner: fonts asked for early, and the two small style sheets in the page itself.

Plain functions from HTML to HTML.
"""

import re
from pathlib import Path

SMALL = ("assets/_mkdocstrings.css", "assets/backprop.css")


def preload(html: str, root: str) -> str:
    """Ask for the two fonts that every page needs before the style sheets do, so that no line moves when they arrive.

    Args:
        html: the whole page.
        root: the way from this page to the site's root, such as "../../".

    Returns:
        The page.

    Examples:
        >>> preload("<head></head>", "../").count('href="../assets/fonts/stix-two-')
        2
    """
    links = "".join(
        f'<link rel="preload" href="{root}assets/fonts/{name}.woff2" as="font" type="font/woff2" crossorigin>'
        for name in ("stix-two-text-latin-400-normal", "stix-two-math")
    )
    return html.replace("<head>", f"<head>{links}", 1)


def inline_styles(html: str, site: Path, root: str) -> str:
    """Put the small style sheets into the page.

    Args:
        html: the whole page.
        site: the folder of the built site.
        root: the way from this page to the site's root.

    Returns:
        The page; a style sheet that is not there stays a link.
    """
    for name in SMALL:
        link = f'<link rel="stylesheet" href="{root}{name}">'
        path = site / name
        if link in html and path.is_file():
            text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            text = re.sub(r"\s+", " ", text).replace('url("fonts/', f'url("{root}assets/fonts/')
            html = html.replace(link, f"<style>{text.strip()}</style>")
    return html
