"""Numbers, tables and figures in the pages: put there by the build, never by hand.

In Markdown, ``[=xor.one.accuracy:.0%=]`` becomes a stored number in Python's format (a power of ten is set as one);
``[=figure:NAME=]`` a figure; ``[=table:NAME=]``, ``[=file:PATH=]`` and ``[=output:NAME=]`` a table, a listing and what
a program printed; ``[=source:FUNCTION=]`` a step without docstring and types; ``[=mistakes:sections=]`` the sections of
the catalogue of mistakes. An unknown name stops the build.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import catalogue
import tables
from equations import SiteError
from listings import bare

from backprop import __version__
from backprop.experiments.store import read_result
from backprop.tables.table import lookup, shown

#: Where the site keeps what readers can download of the figures.
DOWNLOADS = "assets/figures"

PLACEHOLDER = re.compile(r"\[=([a-z]+:)?([\w./-]+)(?::([^\]\s]+))?=\]")
FIGURE = re.compile(r'<div data-figure="([\w-]+)"></div>')


def number(results: Path, key: str, form: str | None) -> str:
    """Look up a stored result and format it.

    Args:
        results: the folder of the results.
        key: the experiment, a dot, and the way to the value, such as "xor.one.final_loss"; or "version".
        form: a format specification, or None.

    Returns:
        The text.

    Raises:
        SiteError: if there is no such value.
    """
    if key == "version":
        return __version__
    name, _, way = key.partition(".")
    try:
        value: Any = lookup(read_result(results, name), way)
    except (FileNotFoundError, KeyError):
        raise SiteError(f"[={key}=]: no result has this name", snippet=f"[={key}") from None
    if isinstance(value, dict | list):
        raise SiteError(f"[={key}=]: this is a {type(value).__name__}; expected one value", snippet=f"[={key}")
    return shown(value, form or "")


def unknown_part(name: str) -> str:
    """Refuse a part of the catalogue that there is not.

    Args:
        name: what was asked for.

    Raises:
        SiteError: always.
    """
    raise SiteError(f"[=mistakes:{name}=]: expected sections", snippet=f"[=mistakes:{name}=]")


def fill(markdown: str, root: Path, build: Path) -> str:
    """Put numbers, tables and listings into a page; leave a mark where a figure goes.

    Args:
        markdown: the page.
        root: the folder of the project.
        build: the folder of what was generated.

    Returns:
        The page without placeholders.

    Raises:
        SiteError: if one names nothing.
    """
    results = build / "results"
    kinds: dict[str, Callable[[str], str]] = {
        "figure:": lambda name: f'<div data-figure="{name}"></div>',
        "table:": lambda name: tables.insert(name, results),
        "mistakes:": lambda name: catalogue.sections() if name == "sections" else unknown_part(name),
        "file:": lambda name: f"```python\n{(root / name).read_text(encoding='utf-8').rstrip()}\n```",
        "source:": lambda name: f"```python\n{bare(root / 'backprop' / 'derivation', name)}\n```",
        "output:": lambda name: f"```text\n{number(results, name, None).rstrip()}\n```",
    }

    def replace(match: re.Match[str]) -> str:
        kind, name, form = match.groups()
        if kind is None:
            return number(results, name, form)
        if kind not in kinds:
            raise SiteError(
                f"{match.group()}: unknown kind {kind!r}; expected {', '.join(kinds)}", snippet=match.group()
            )
        try:
            return kinds[kind](name)
        except FileNotFoundError as error:
            raise SiteError(f"{match.group()}: {error.filename} is missing", snippet=match.group()) from None

    return PLACEHOLDER.sub(replace, markdown)


def downloads(name: str, experiment: str, figures: Path, root: str) -> str:
    """Write the line under a figure that offers its data and its picture, and says where they come from.

    Args:
        name: the figure.
        experiment: the experiment whose numbers it shows; empty for a diagram.
        figures: the folder of the figures.
        root: the way from this page to the site's root, such as "../../".

    Returns:
        A paragraph.
    """
    kinds = [("csv", "data (CSV)"), ("svg", "SVG"), ("png", "PNG")]
    links = ", ".join(
        f'<a href="{root}{DOWNLOADS}/{name}.{ending}" download>{words}</a>'
        for ending, words in kinds
        if (figures / "download" / f"{name}.{ending}").exists()
    )
    made = tables.made_by([experiment]) if experiment else "drawn by <code>python -m backprop.figures</code>"
    return f'<p class="figure-source">Download: {links}; {made}.</p>'


def insert_figures(html: str, figures: Path, root: str) -> str:
    """Put the figures in where their marks are.

    Args:
        html: the page.
        figures: the folder of the figures.
        root: the way from this page to the site's root, such as "../../".

    Returns:
        The page with the figures, their captions and what can be downloaded.

    Raises:
        SiteError: if a figure is missing or has no text alternative.
    """

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        try:
            picture = (figures / f"{name}.html").read_text(encoding="utf-8")
            words = json.loads((figures / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SiteError(f"[=figure:{name}=]: no figure has this name", snippet=f"[=figure:{name}=]") from None
        if not re.search(r"<title[^>]*>[^<]+</title>", picture) or not re.search(r"<desc[^>]*>[^<]+</desc>", picture):
            raise SiteError(f"figure {name} has no text alternative", snippet=f"[=figure:{name}=]")
        caption = f"<strong>{words['title']}</strong> {words['caption']}".strip()
        source = downloads(name, words["experiment"], figures, root)
        return f'<figure id="fig-{name}">{picture}<figcaption>{caption}{source}</figcaption></figure>'

    return FIGURE.sub(replace, html)
