"""What makes a page show sooner: fonts early, small style sheets in the page, the script last, nothing styled twice.

Plain functions from HTML to HTML.
"""

import re
from pathlib import Path

SMALL = ("assets/_mkdocstrings.css", "assets/backprop.css")
EARLY = """<script>document.documentElement.className = "js js-focus-visible"</script>"""
DARK = """<script>if (!__md_get("__palette") && matchMedia("(prefers-color-scheme: dark)").matches) \
document.body.setAttribute("data-md-color-scheme", "slate")</script>"""
SWITCHING = ",".join(f"[data-md-color-switching] {part}" for part in ("*", "::after", "::before"))


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


def script_after_text(html: str) -> str:
    """Fetch the theme's script once the page is complete, so that the text does not wait for it.

    Two lines do at once what the theme's script would do later, when every element would have to be styled anew: the
    head says that scripts run, and a reader who prefers dark pages gets one from the first moment on. The theme's
    script also waits for an event that has passed by then, and gets it again.

    Args:
        html: the whole page.

    Returns:
        The page; without scripts it reads as before.

    Examples:
        >>> page = script_after_text('<head></head><script src="../assets/javascripts/bundle.js"></script>')
        >>> 'script.src = "../assets/javascripts/bundle.js"' in page
        True
    """
    late = (
        r'<script>addEventListener("load", () => { const script = document.createElement("script"); '
        r'script.src = "\1"; script.onload = () => setTimeout(() => '
        r'document.dispatchEvent(new Event("DOMContentLoaded"))); '
        r"document.body.append(script) })</script>"
    )
    html = re.sub(r'<script src="([^"]*/javascripts/bundle[^"]*)"></script>', late, html)
    html = re.sub(r"<body\b[^>]*>", rf"\g<0>{DARK}", html, count=1)
    return html.replace("<head>", f"<head>{EARLY}", 1)


def colours_switched_once(css: str) -> str:
    """Drop a rule of the theme that stops every fading while the colours change.

    The theme's script sets and clears the attribute on each page it opens, and the whole page is styled anew each time.
    Our style sheet lets no colour fade at all, so nothing is left to stop.

    Args:
        css: a style sheet of the theme.

    Returns:
        The style sheet.

    Examples:
        >>> colours_switched_once("a{b:c}" + SWITCHING + "{transition-duration:0ms!important}d{e:f}")
        'a{b:c}d{e:f}'
    """
    return re.sub(rf"{re.escape(SWITCHING)}\{{[^}}]*\}}".replace("::", "::?"), "", css)


def fewer_tooltips(html: str) -> str:
    """Leave the tooltips to formulas: the theme's script works on every element with a title before it is ready.

    Links to a heading keep their name for screen readers; the full names of types in signatures are dropped.

    Args:
        html: the whole page.

    Returns:
        The page.

    Examples:
        >>> fewer_tooltips('<a class="headerlink" href="#a" title="Permanent link">¶</a><span title="numpy">np</span>')
        '<a class="headerlink" href="#a" aria-label="Permanent link">¶</a><span>np</span>'
    """
    html = re.sub(r'(<a\b[^>]*class="headerlink"[^>]*) title=', r"\1 aria-label=", html)
    return re.sub(r'<span title="[\w.]+">', "<span>", html)
