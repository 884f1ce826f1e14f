"""Define the tables of the reproduced log: the fitted run and the alternative models."""

from collections.abc import Iterator
from functools import partial
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


def deviation(value: float, form: str = ".0e") -> str:
    r"""Write a deviation with one digit, because its power of ten is what matters unless it is large.

    Args:
        value: the deviation.
        form: the format of a small one.

    Returns:
        The deviation, with a power of ten if it is small.

    Examples:
        >>> from backprop.tables.log_fit import deviation
        >>> deviation(4.317e-05), deviation(4.317e-05, ".1e"), deviation(0.231)
        ('4\xa0×\xa010⁻⁵', '4.3\xa0×\xa010⁻⁵', '0.2')
    """
    return shown(value, form if value < 0.1 else ".1f")


#: Where the fits to all lines ended, which the page compares.
end = partial(deviation, form=".1e")


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
                Column(
                    f"{sum(epoch <= until for epoch in XOR_LOG)} lines",
                    f"best.{stage}",
                    end if stage == len(STAGES) - 1 else deviation,
                )
                for stage, (until, *_) in enumerate(STAGES)
            ),
            Column("all lines, starts nearby", "near", end),
        ),
        rows=contenders,
    ),
]
