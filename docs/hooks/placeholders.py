"""Numbers, tables and figures in the pages: put there by the build, never by hand.

In Markdown, ``[=xor.one.accuracy:.0%=]`` becomes a stored number in Python's format (a power of ten is set as one);
``[=figure:NAME=]`` a figure; ``[=table:NAME=]``, ``[=file:PATH=]`` and ``[=output:NAME=]`` a table, a listing and what
a program printed; ``[=source:FUNCTION=]`` a step without docstring and types; ``[=mistakes:PART=]`` a part of the
catalogue of mistakes. An unknown name stops the build.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import catalogue
from equations import SiteError
from listings import bare

from backprop import __version__
from backprop.experiments import MEASURED, SLOW
from backprop.experiments.report import XOR_LOG
from backprop.experiments.store import read_result

#: Where the site keeps what readers can download of the figures.
DOWNLOADS = "assets/figures"

PLACEHOLDER = re.compile(r"\[=([a-z]+:)?([\w./-]+)(?::([^\]\s]+))?=\]")
POWER = re.compile(r"^(-?[\d.]+)e([+-]\d+)$")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
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
    name, *way = key.split(".")
    try:
        value: Any = read_result(results, name)
        for part in way:
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (FileNotFoundError, KeyError, IndexError, ValueError):
        raise SiteError(f"[={key}=]: no result has this name", snippet=f"[={key}") from None
    if isinstance(value, dict | list):
        raise SiteError(f"[={key}=]: this is a {type(value).__name__}; expected one value", snippet=f"[={key}")
    text = format(value, form or "")
    return power(text) if form else text


def log_table(results: Path, name: str) -> str:
    """Write the training log beside the report's as a Markdown table.

    Args:
        results: the folder of the results.
        name: the experiment, "linear" or "xor".

    Returns:
        The table.
    """
    result = read_result(results, name)
    printed, below = dict(result["report"]), dict(read_result(results, "spread")[name]["one"]["below"])
    rows = ["| epoch | 2-4-1, ours | 2-4-4-1, ours | 2-4-1, the report's | seeds below it |", "|---:|---|---|---|---:|"]
    for (epoch, one), (_, two) in zip(result["one"]["log"], result["two"]["log"], strict=True):
        theirs = f"{printed[epoch]} | {below[epoch]:.0%}" if epoch in printed else "(missing) | "
        rows.append(f"| {epoch} | {one} | {two} | {theirs} |")
    return "\n".join(rows)


def match_table(results: Path) -> str:
    """Write the report's XOR log beside the fitted run as a Markdown table.

    Args:
        results: the folder of the results.

    Returns:
        The table.
    """
    rows = ["| epoch | the report's loss | from the fitted weights | relative deviation |", "|---:|---|---|---|"]
    for epoch, printed, ours, deviation in read_result(results, "log_match")["lines"]:
        seen = "(missing)" if printed is None else repr(printed)
        rows.append(f"| {epoch} | {seen} | {ours:.16f} | {'' if deviation is None else power(f'{deviation:.1e}')} |")
    return "\n".join(rows)


def rivals_table(results: Path) -> str:
    """Write how near each contender came to the report's XOR log, stage by stage, as a Markdown table.

    Args:
        results: the folder of the results.

    Returns:
        The table.
    """
    result = read_result(results, "log_rivals")
    lines = [sum(epoch <= until for epoch in XOR_LOG) for until, _, _ in result["stages"]]
    rows = [
        f"| network | unknowns | {' | '.join(f'{count} lines' for count in lines)} | all, from near |",
        f"|---|---:|{'---:|' * (len(lines) + 1)}",
    ]
    for one in result["contenders"]:
        best = [*(typical[0] for typical in one["stages"]), one["near"][0]["typical"]]
        shown = " | ".join(power(f"{x:.0e}") if x < 0.1 else f"{x:.1f}" for x in best)
        rows.append(f"| {one['name']} | {one['unknowns']} | {shown} |")
    return "\n".join(rows)


def speed_table(results: Path, name: str) -> str:
    """Write what a benchmark measured as a Markdown table.

    Args:
        results: the folder of the results.
        name: "rewritings", or one of the races, "single.linear" or "many.xor-256", say.

    Returns:
        The table.

    Raises:
        SiteError: if no benchmark has this name.
    """
    result: Any = read_result(results, "speed")
    if name == "rewritings":
        rows = ["| rewriting | calls of NumPy | µs for an epoch | times as fast as the first |", "|---|---:|---:|---:|"]
        return "\n".join(
            rows
            + [f"| {r['name']} | {r['calls'] or ''} | {r['us']:.1f} | {r['gain']:.1f} |" for r in result["rewritings"]]
        )
    group, _, race = name.partition(".")
    if race not in result.get(group, {}):
        raise SiteError(f"[=table:speed-{name}=]: no benchmark has this name", snippet=f"[=table:speed-{name}")
    rows = ["| | µs for a run and epoch | times `fast` (from–to) |", "|---|---:|---:|"]
    for who, row in sorted(result[group][race].items(), key=lambda item: -item[1]["us"]):
        if who == "fast":
            rows.append(f"| **fast** | {row['us']:.2f} | 1 |")
        else:
            of = f"{row['ratio']:.2f} ({row['ratio_low']:.2f}–{row['ratio_high']:.2f})"
            rows.append(f"| {who} | {row['us']:.2f} | {of} |")
    return "\n".join(rows)


def table(results: Path, name: str) -> str:
    """Write the table of this name.

    Args:
        results: the folder of the results.
        name: "log-match", "log-rivals", "linear-log", "xor-log", or "speed-" and what `speed_table` takes.

    Returns:
        The table.
    """
    tables = {"log-match": match_table, "log-rivals": rivals_table}
    if name in tables:
        return tables[name](results)
    if name.startswith("speed-"):
        return speed_table(results, name.removeprefix("speed-"))
    return log_table(results, name.removesuffix("-log"))


def power(text: str) -> str:
    """Set a power of ten as one.

    Args:
        text: a number as Python prints it, such as "7.1e-05".

    Returns:
        The number, such as "7.1·10⁻⁵"; any other text as it is.

    Examples:
        >>> power("7.1e-05"), power("0.25")
        ('7.1·10⁻⁵', '0.25')
    """
    return POWER.sub(lambda m: f"{m[1]}·10{str(int(m[2])).translate(RAISED)}", text)


def unknown_part(name: str) -> str:
    """Refuse a part of the catalogue that there is not.

    Args:
        name: what was asked for.

    Raises:
        SiteError: always.
    """
    raise SiteError(f"[=mistakes:{name}=]: expected table, sections or rates", snippet=f"[=mistakes:{name}=]")


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
        "table:": lambda name: table(results, name),
        "mistakes:": lambda name: (
            {
                "table": catalogue.table(results),
                "sections": catalogue.sections(),
                "rates": catalogue.confusion_rows(results),
            }.get(name)
            or unknown_part(name)
        ),
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
    made = "drawn by <code>python -m backprop.figures</code>"
    if experiment in MEASURED:
        made = "measured by <code>python -m benchmarks --out backprop/experiments/kept</code>"
    elif experiment:
        folder = "backprop/experiments/kept" if experiment in SLOW else "build/results"
        made = f"computed by <code>python -m backprop.experiments {experiment} --out {folder}</code>"
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
