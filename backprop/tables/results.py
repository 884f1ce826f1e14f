"""Define the tables of the two results: single runs, many seeds, the plateau and the log."""

from collections.abc import Iterator
from typing import Any

from backprop.experiments.report import LINEAR_LOG, XOR_LOG
from backprop.tables.table import Column, Table

_LOGS = {"linear": LINEAR_LOG, "xor": XOR_LOG}


def runs(result: dict[str, Any]) -> list[Any]:
    """List the training runs of the report's network and of the assignment's.

    Args:
        result: what the experiment "linear" or "xor" stored.

    Returns:
        The two runs.
    """
    return [result["one"], result["two"]]


def over_seeds(spread: dict[str, Any], name: str) -> list[Any]:
    """List what many seeds showed for each network.

    Args:
        spread: what the experiment "spread" stored.
        name: "linear" or "xor".

    Returns:
        The two networks; "below" is the fraction of seeds below the report's last printed loss.
    """
    return [network | {"below": network["below"][-1][1]} for network in runs(spread[name])]


def epochs(result: dict[str, Any], spread: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """List the printed epochs.

    Args:
        result: what the experiment "linear" or "xor" stored.
        spread: what the experiment "spread" stored.
        name: "linear" or "xor".

    Yields:
        The epoch, both networks' losses, the report's loss, and the fraction of seeds below that.
    """
    printed, below = dict(result["report"]), dict(spread[name]["one"]["below"])
    for (epoch, one), (_, two) in zip(result["one"]["log"], result["two"]["log"], strict=True):
        yield {"epoch": epoch, "one": one, "two": two, "report": printed.get(epoch), "below": below.get(epoch)}


def plateau(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the epochs at which both networks were looked at.

    Args:
        result: what the experiment "plateau" stored.

    Yields:
        The network and its medians.
    """
    for run in runs(result):
        yield from ({"network": run["network"], **at} for at in run["at"])


def tables_of(name: str) -> list[Table]:
    """Define the tables that both data sets have.

    Args:
        name: "linear" or "xor".

    Returns:
        The tables.
    """
    last = max(_LOGS[name])
    return [
        Table(
            f"{name}-runs",
            (name,),
            (
                Column("network", "network"),
                Column("initial loss", "initial_loss", ".4f"),
                Column("final loss", "final_loss", ".4f"),
                Column("first epoch with a loss below 0.05", "epoch_below_0_05", ","),
                Column("accuracy", "accuracy", ".0%"),
            ),
            rows=runs,
        ),
        Table(
            f"{name}-spread",
            ("spread",),
            (
                Column("network", "network"),
                Column("seeds with every prediction correct, of {seeds}", "solved"),
                Column("final loss, median", "final_loss.median.0", ".4f"),
                Column("final loss, 5th percentile", "final_loss.low.0", ".4f"),
                Column("final loss, 95th percentile", "final_loss.high.0", ".4f"),
                Column("accuracy, median", "accuracy.median.0", ".0%"),
                Column(f"fraction of seeds below the report's loss at epoch {last:,}", "below", ".0%"),
            ),
            rows=lambda spread: over_seeds(spread, name),
        ),
        Table(
            f"{name}-log",
            (name, "spread"),
            (
                Column("epoch", "epoch", ","),
                Column("{one[network]}, ours", "one"),
                Column("{two[network]}, ours", "two"),
                Column("{one[network]}, the report's", "report", missing="(missing)"),
                Column("fraction of seeds below the report's loss", "below", ".0%"),
            ),
            rows=lambda result, spread: epochs(result, spread, name),
        ),
    ]


TABLES = [
    *tables_of("linear"),
    *tables_of("xor"),
    Table(
        "plateau",
        ("plateau",),
        (
            Column("network", "network"),
            Column("epoch", "epoch", ","),
            Column("loss", "loss.median.0", ".4f"),
            Column("mean prediction", "mean.median.0", ".3f"),
            Column("smallest prediction", "smallest.median.0", ".2f"),
            Column("largest prediction", "largest.median.0", ".2f"),
            Column("R² of hidden layer 1", "r2.median.0", ".3f"),
            Column("root mean square of $W_1$", "weights.median.0", ".2f"),
        ),
        rows=plateau,
    ),
]
