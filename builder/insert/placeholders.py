"""Placeholders in the pages: filled by the build, never by hand.

In Markdown, ``[=xor.one.accuracy:.0%=]`` becomes a stored number in Python's format (a power of ten is set as one).
Where no dot is in what stands first, it names what is put in: ``[=figure:NAME=]`` a figure, ``[=file:PATH=]`` a
listing, ``[=exercises=]`` the table of all exercises, and so on through the two lists below. An unknown name stops the
build.
"""

import re
from collections.abc import Callable, Mapping

from backprop import __version__
from backprop.experiments.store import read_all
from builder.errors import SiteError
from builder.insert import catalogue, claims, equation_index, exercises, figures, tables
from builder.insert.numbers import number
from builder.source.code import bare
from builder.state import Build

PLACEHOLDER = re.compile(r"\[=([\w./-]+)(?::([^\]\s]+))?=\]")


def fill(markdown: str, build: Build, beside: Mapping[str, Callable[[], str]]) -> str:
    """Put numbers, tables, listings and whatever else is named into a page; leave a mark where a figure goes.

    Args:
        markdown: the page.
        build: what the build knows.
        beside: what else may be named: what leads to things beside the pages.

    Raises:
        SiteError: if a placeholder names nothing.
    """
    results = build.made / "results"
    kinds: dict[str, Callable[[str], str]] = {
        "figure": figures.mark,
        "table": lambda name: tables.insert(name, results),
        "exercise": lambda name: exercises.exercise(name, build),
        "exercises": lambda chapter: exercises.links(chapter, build),
        "file": lambda name: f"```python\n{(build.root / name).read_text(encoding='utf-8').rstrip()}\n```",
        "source": lambda name: f"```python\n{bare(build.derivation, name)}\n```",  # a step without docstring and types
        "output": lambda key: f"``` {{ .text .output }}\n{number(results, key, '').rstrip()}\n```",
    }
    wholes: dict[str, Callable[[], str]] = {
        "version": lambda: __version__,
        "exercises": lambda: exercises.table(build),
        "claims": lambda: claims.claims(read_all(results)),
        "claims:counts": lambda: claims.counts(read_all(results)),
        "mistakes:sections": catalogue.sections,
        "equations": lambda: equation_index.index(build),
        "checks": lambda: equation_index.checks_page(build),
        **beside,
    }

    def made(kind: str, name: str) -> str:
        if "." in kind:
            return number(results, kind, name)
        if (whole := f"{kind}:{name}" if name else kind) in wholes:
            return wholes[whole]()
        if kind in kinds:
            return kinds[kind](name)
        raise SiteError(f"unknown kind {kind!r}; expected {', '.join([*kinds, *wholes])}")

    def filled(match: re.Match[str]) -> str:
        try:
            return made(match[1], match[2] or "")
        except SiteError as error:
            raise SiteError(f"{match[0]}: {error}", snippet=error.snippet or match[0]) from None
        except FileNotFoundError as error:
            raise SiteError(f"{match[0]}: {error.filename} is missing", snippet=match[0]) from None

    return PLACEHOLDER.sub(filled, markdown)
