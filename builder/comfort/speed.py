"""What makes a page show sooner: fonts early, small style sheets in the page, the script last, nothing styled twice."""

import re
from pathlib import Path

from builder import tree as html
from builder.tree import Tree

SMALL = ("assets/_mkdocstrings.css", "assets/backprop.css")
FONTS = ("stix-two-text-latin-400-normal", "stix-two-math")
EARLY = """<script>document.documentElement.className = "js js-focus-visible"</script>"""
DARK = """<script>if (!__md_get("__palette") && matchMedia("(prefers-color-scheme: dark)").matches) \
document.body.setAttribute("data-md-color-scheme", "slate")</script>"""
LATE = """<script>addEventListener("load", () => { const script = document.createElement("script"); \
script.src = "ADDRESS"; script.onload = () => setTimeout(() => \
document.dispatchEvent(new Event("DOMContentLoaded"))); \
document.body.append(script) })</script>"""
SWITCHING = ",".join(f"[data-md-color-switching] {part}" for part in ("*", "::after", "::before"))


def preload(tree: Tree, root: str) -> None:
    """Ask for the two fonts that every page needs before the style sheets do, so that no line moves when they come."""
    for name in reversed(FONTS):
        place = f'href="{root}assets/fonts/{name}.woff2"'
        html.put_first(tree.head, f'<link rel="preload" {place} as="font" type="font/woff2" crossorigin>')


def short_styles(path: Path) -> str:
    """Read a style sheet, which is text, without comments and line ends, as a page carries it."""
    return " ".join(re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL).split())


def inline_styles(tree: Tree, site: Path, root: str) -> None:
    """Put the small style sheets into the page; one that is not there stays a link."""
    for name in SMALL:
        for link in tree.css(f'link[rel="stylesheet"][href="{root}{name}"]'):
            if (site / name).is_file():
                css = short_styles(site / name).replace('url("fonts/', f'url("{root}assets/fonts/')
                html.replace(link, f"<style>{css}</style>")


def script_after_text(tree: Tree) -> None:
    """Fetch the theme's script once the page is complete, so that the text does not wait for it.

    Two lines do at once what the theme's script would do later, when every element would have to be styled anew: the
    head says that scripts run, and a reader who prefers dark pages gets one from the first moment on. The theme's
    script also waits for an event that has passed by then, and gets it again. Without scripts a page reads as before.
    """
    for script in tree.css('script[src*="/javascripts/bundle"]'):
        html.replace(script, LATE.replace("ADDRESS", script.attrs.sget("src")))
    html.put_first(tree.body, DARK)
    html.put_first(tree.head, EARLY)


def fewer_tooltips(tree: Tree) -> None:
    """Leave the tooltips to formulas: the theme's script works on every element with a title before it is ready.

    Links to a heading keep their name for screen readers; the full names of types in signatures are dropped.

    Examples:
        >>> html.through('<a class="headerlink" href="#a" title="Permanent link">¶</a>', fewer_tooltips)
        '<a class="headerlink" href="#a" aria-label="Permanent link">¶</a>'
        >>> html.through('<span title="numpy.ndarray">array</span>', fewer_tooltips)
        '<span>array</span>'
    """
    for link in tree.css("a.headerlink[title]"):
        link.attrs["aria-label"] = link.attrs.sget("title")
        del link.attrs["title"]
    for name in tree.css("span[title]:not([class])"):
        if re.fullmatch(r"[\w.]+", name.attrs.sget("title")):
            del name.attrs["title"]


def colours_switched_once(css: str) -> str:
    """Drop a rule of a style sheet of the theme that stops every fading while the colours change.

    The theme's script sets and clears the attribute on each page it opens, and the whole page is styled anew each time.
    Our style sheet lets no colour fade at all, so nothing is left to stop.

    Examples:
        >>> colours_switched_once("a{b:c}" + SWITCHING + "{transition-duration:0ms!important}d{e:f}")
        'a{b:c}d{e:f}'
    """
    # A style sheet is text, and this pattern knows the one rule; no parser of CSS is loaded for it.
    return re.sub(rf"{re.escape(SWITCHING)}\{{[^}}]*\}}".replace("::", "::?"), "", css)


def index_on_demand(script: str) -> str:
    """Let the theme's script fetch the index of the search when it is needed, not with every page.

    It is needed when the reader opens the search, until when the script waits already for pages opened as files, and
    when a page is opened from a result, whose words are then marked.

    Examples:
        >>> index_on_demand('a($(location.protocol!=="file:"),b("search"))')
        'a($(!1),b("search"))'
        >>> index_on_demand('f("search.highlight")?g(e,{index$:h}):y')
        'f("search.highlight")&&location.search?g(e,{index$:h}):y'
    """
    # A script is text, and these patterns know the two places.
    script = re.sub(r'location\.protocol!=="file:"(?=\),\w+\("search"\))', "!1", script)
    return re.sub(r'(?<=\("search\.highlight"\))(?=\?\w+\(\w+,\{index\$)', "&&location.search", script)
