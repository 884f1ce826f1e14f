"""Define the tables of what the benchmarks measured."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from backprop.tables.table import Column, Table

#: The comparisons, for one network or many, each with the key of its data.
RACES = {
    "single": ("linear", "xor", "wide"),
    "many": ("linear-256", "linear-1000", "xor-256", "xor-1000"),
}

_MACHINE = {
    "date": "date",
    "processor": "processor, one core of it",
    "python": "Python",
    "numpy": "NumPy",
    "blas": "NumPy's BLAS",
    "torch": "PyTorch",
    "jax": "JAX",
    "numba": "numba",
    "autograd": "HIPS autograd",
    "compiler": "compiler",
}


def racers(result: dict[str, Any], group: str, race: str) -> Iterator[dict[str, Any]]:
    """List the programs of a comparison, the slowest first.

    Args:
        result: what the benchmarks stored.
        group: "single" or "many".
        race: the data, and how many networks.

    Yields:
        The name, the time, and the ratio of this time to that of the fast path.
    """
    for name, row in sorted(result[group][race].items(), key=lambda item: -item[1]["us"]):
        yield {"name": name, **row} | ({"ratio_low": None, "ratio_high": None} if name == "fast" else {})


def machine(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List what the benchmarks ran on.

    Args:
        result: what the benchmarks stored.

    Yields:
        The component and its version; one that was not installed has none.
    """
    for key, what in _MACHINE.items():
        yield {"what": what, "which": result["machine"].get(key)}


TABLES = [
    Table(
        "speed-rewritings",
        ("speed",),
        (
            Column("rewriting", "name"),
            Column("calls of NumPy", "calls"),
            Column("µs per epoch", "us", ".1f"),
            Column("times as fast as the first", "gain", ".1f"),
        ),
        rows="rewritings",
    ),
    *(
        Table(
            f"speed-{group}-{race}",
            ("speed",),
            (
                Column("program", "name", lambda name: f"**{name}**" if name == "fast" else name),
                Column("µs per run and epoch", "us", ".2f"),
                Column("ratio to `fast`", "ratio", ".2f"),
                Column("smallest ratio", "ratio_low", ".2f"),
                Column("largest ratio", "ratio_high", ".2f"),
            ),
            rows=partial(racers, group=group, race=race),
        )
        for group, races in RACES.items()
        for race in races
    ),
    Table(
        "speed-machine",
        ("speed",),
        (Column("component", "what"), Column("version", "which", missing="–")),
        rows=machine,
    ),
]
