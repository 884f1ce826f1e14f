"""The tables that results fill."""

from pathlib import Path
from typing import Any

from backprop.experiments.report import XOR_LOG
from backprop.experiments.store import read_result
from builder.errors import SiteError
from builder.insert.numbers import power


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
