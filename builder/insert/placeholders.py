"""Placeholders in the pages: filled by the build, never by hand.

In Markdown, ``[=xor.one.accuracy:.0%=]`` becomes a stored number in Python's format (a power of ten is set as one);
``[=figure:NAME=]`` a figure; ``[=table:NAME=]``, ``[=file:PATH=]`` and ``[=output:NAME=]`` a table, a listing and what
a program printed; ``[=source:FUNCTION=]`` a step without docstring and types; ``[=mistakes:sections=]`` the sections of
the catalogue of mistakes. An unknown name stops the build.
"""

import re
from collections.abc import Callable
from pathlib import Path

from builder.errors import SiteError
from builder.insert import catalogue, figures, tables
from builder.insert.numbers import number
from builder.source.code import bare

PLACEHOLDER = re.compile(r"\[=([a-z]+:)?([\w./-]+)(?::([^\]\s]+))?=\]")


def mistakes(name: str) -> str:
    """Write the part of the catalogue of mistakes that there is: its sections.

    Raises:
        SiteError: if another is asked for.
    """
    if name != "sections":
        raise SiteError(f"[=mistakes:{name}=]: expected sections", snippet=f"[=mistakes:{name}=]")
    return catalogue.sections()


def fill(markdown: str, root: Path, results: Path) -> str:
    """Put numbers, tables and listings into a page; leave a mark where a figure goes.

    Raises:
        SiteError: if one names nothing.
    """
    kinds: dict[str, Callable[[str], str]] = {
        "figure:": figures.mark,
        "table:": lambda name: tables.insert(name, results),
        "mistakes:": mistakes,
        "file:": lambda name: f"```python\n{(root / name).read_text(encoding='utf-8').rstrip()}\n```",
        "source:": lambda name: f"```python\n{bare(root / 'backprop' / 'derivation', name)}\n```",
        "output:": lambda name: f"``` {{ .text .output }}\n{number(results, name, None).rstrip()}\n```",
    }

    def filled(match: re.Match[str]) -> str:
        kind, name, form = match.groups()
        if kind is None:
            return number(results, name, form)
        if kind not in kinds:
            expected = ", ".join(kinds)
            raise SiteError(f"{match.group()}: unknown kind {kind!r}; expected {expected}", snippet=match.group())
        try:
            return kinds[kind](name)
        except FileNotFoundError as error:
            raise SiteError(f"{match.group()}: {error.filename} is missing", snippet=match.group()) from None

    return PLACEHOLDER.sub(filled, markdown)
