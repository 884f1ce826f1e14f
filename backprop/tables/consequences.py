"""Define the tables of the consequences."""

from collections.abc import Iterator
from typing import Any

from backprop.tables.table import Column, Table


def dead(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the learning rates at which ReLU networks were trained.

    Args:
        result: what the experiment "dead_units" stored.

    Yields:
        The learning rate, and what happened with each output.
    """
    for sigmoid, identity in zip(result["sigmoid"], result["identity"], strict=True):
        yield {"eta": sigmoid["eta"], "sigmoid": sigmoid, "identity": identity}


TABLES = [
    Table(
        "dead-units",
        ("dead_units",),
        (
            Column("learning rate η", "eta", "g"),
            Column("dead, sigmoid output", "sigmoid.end", ".1%"),
            Column("dead, linear output", "identity.end", ".1%"),
        ),
        rows=dead,
    ),
]
