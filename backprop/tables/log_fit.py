"""Define the tables of the reproduced log: the fitted run and the alternative models."""

from collections.abc import Iterator
from typing import Any

from backprop.experiments.log_alternatives import STAGES
from backprop.experiments.report import XOR_LOG
from backprop.tables.table import Column, Table, shown


def lines(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the lines of the log.

    Args:
        result: what the experiment "log_reproduction" stored.

    Yields:
        The epoch, the printed loss, the fitted one and their relative deviation.
    """
    for line in result["lines"]:
        yield dict(zip(("epoch", "printed", "ours", "deviation"), line, strict=True))


def contenders(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the networks that were fitted to the log.

    Args:
        result: what the experiment "log_alternatives" stored.

    Yields:
        The network, its unknowns, and the typical deviation of its best fit after each stage.
    """
    for one in result["contenders"]:
        best = [typical[0] for typical in one["stages"]]
        yield {"name": one["name"], "unknowns": one["unknowns"], "best": best, "near": one["near"][0]["typical"]}


def deviation(value: float) -> str:
    r"""Write a deviation with two digits, and a large one with one.

    Args:
        value: the deviation.

    Returns:
        The deviation, with a power of ten if it is small.

    Examples:
        >>> from backprop.tables.log_fit import deviation
        >>> deviation(4.317e-05), deviation(0.231)
        ('4.3\xa0×\xa010⁻⁵', '0.2')
    """
    return shown(value, ".1e" if value < 0.1 else ".1f")


TABLES = [
    Table(
        "log-reproduction",
        ("log_reproduction",),
        (
            Column("epoch", "epoch", ","),
            Column("the report's loss", "printed", missing="(missing)"),
            Column("from the fitted weights", "ours", ".16f"),
            Column("relative deviation", "deviation", ".1e"),
        ),
        rows=lines,
    ),
    Table(
        "log-alternatives",
        ("log_alternatives",),
        (
            Column("network", "name"),
            Column("unknowns", "unknowns"),
            *(
                Column(f"{sum(epoch <= until for epoch in XOR_LOG)} lines", f"best.{stage}", deviation)
                for stage, (until, *_) in enumerate(STAGES)
            ),
            Column("all lines, starts nearby", "near", deviation),
        ),
        rows=contenders,
    ),
]
