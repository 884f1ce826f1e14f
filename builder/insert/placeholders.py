"""Placeholders in the pages: filled by the build, never by hand.

In Markdown, ``[=xor.one.accuracy:.0%=]`` becomes a stored number in Python's format (a power of ten is set as one),
and ``[=count:xor.solved/xor.seeds=]`` a number of all, in words where it is none or all of them.
Where no dot is in what stands first, it names what is put in: ``[=figure:NAME=]`` a figure, ``[=exercises=]`` the
table of all exercises, and so on through the two lists below. An unknown name stops the build.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from backprop import __version__
from backprop.experiments.store import read_all, read_result
from backprop.tables.table import counted, lookup, shown
from builder.errors import SiteError
from builder.insert import catalogue, claims, equation_index, exercises, figures, tables
from builder.source.code import bare
from builder.state import Build

PLACEHOLDER = re.compile(r"\[=([\w./-]+)(?::([^\]\s]+))?=\]")


def number(results: Path, key: str, form: str) -> str:
    """Look up a stored number, never typed, and format it by a format specification, if there is one.

    The key is the experiment, a dot, and the way to the value, such as "xor.one.final_loss". An array that is given a
    format is written row by row, with commas, as the addresses of the microscope have it.
    """
    value = _stored(results, key)
    if isinstance(value, list) and form:
        return ",".join(shown(entry, form) for entry in np.ravel(value).tolist())
    if isinstance(value, dict | list):
        raise SiteError(f"this is a {type(value).__name__}; expected one value")
    return shown(value, form)


def count(results: Path, keys: str) -> str:
    """Write a stored count in comparison with the stored total: "none", "12" or "all 47"."""
    part, slash, whole = keys.partition("/")
    numbers = [_stored(results, key) for key in (part, whole)] if slash else []
    if not numbers or not all(isinstance(n, int) for n in numbers):
        raise SiteError("expected two whole numbers, as count:PART/WHOLE")
    try:
        return counted(*numbers)
    except ValueError as error:
        raise SiteError(str(error)) from None


def _stored(results: Path, key: str) -> Any:
    name, _, way = key.partition(".")
    try:
        return lookup(read_result(results, name), way)
    except (FileNotFoundError, KeyError):
        raise SiteError("no result has this name") from None


def fill(markdown: str, build: Build, beside: Mapping[str, Callable[[], str]]) -> str:
    """Put numbers, tables and whatever else is named into a page; leave a mark where a figure goes.

    What the page may name of the things beside it is given as `beside`.

    Raises:
        SiteError: if a placeholder names nothing.
    """
    results = build.made / "results"
    kinds: dict[str, Callable[[str], str]] = {
        "figure": figures.mark,
        "count": lambda keys: count(results, keys),
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
