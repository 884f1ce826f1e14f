"""Tables: put into the pages as Markdown, with a line below that offers them as CSV.

What stands in a table is defined in ``backprop.tables``.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backprop.experiments import MEASURED, SLOW
from backprop.experiments.store import read_result
from backprop.figures.style import csv_text
from backprop.tables import TABLES
from backprop.tables.table import Filled, TableError
from builder import tree as html
from builder.errors import SiteError
from builder.tree import Tree

#: Where the site keeps the tables for download.
FOLDER = "assets/tables"


def filled(name: str, results: Path) -> Filled:
    """Fill a table from the stored results."""
    if name not in TABLES:
        raise SiteError(f"no table has this name; expected one of {', '.join(TABLES)}")
    try:
        return TABLES[name].filled(*(read_result(results, experiment) for experiment in TABLES[name].experiments))
    except TableError as error:
        raise SiteError(str(error), snippet=f"[=table:{name}=]") from None


def markdown(table: Filled) -> str:
    """Write a table as Markdown; numbers that end at the same digit are set flush right.

    Examples:
        >>> table = Filled(["network", "loss"], [["2-4-1", 0.25]], [["2-4-1", "0.2500"]], [False, True])
        >>> print(markdown(table))
        | network | loss |
        |---|---:|
        | 2-4-1 | 0.2500 |
    """
    rule = "|".join("---:" if numeric else "---" for numeric in table.numeric)
    return "\n".join(
        [f"| {' | '.join(table.headings)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in table.texts)]
    )


def insert(name: str, results: Path) -> str:
    """Write a table for a page, and leave a mark below where its line of source goes."""
    return f'{markdown(filled(name, results))}\n\n<div data-table="{name}"></div>'


def made_by(experiments: Sequence[str]) -> str:
    """Say by which command the numbers of some experiments are computed.

    Examples:
        >>> made_by(["xor", "spread"])
        'computed by <code>python -m backprop.experiments xor spread --out build/results</code>'
    """
    if experiments[0] in MEASURED:
        return f"measured by <code>{MEASURED[experiments[0]]}</code>"
    folder = "backprop/experiments/kept" if experiments[0] in SLOW else "build/results"
    return f"computed by <code>python -m backprop.experiments {' '.join(experiments)} --out {folder}</code>"


def insert_sources(tree: Tree, root: str) -> None:
    """Put under each table of a page the line that offers it as CSV and says where its numbers come from."""
    for place in tree.css("div[data-table]"):
        name = place.attrs.sget("data-table")
        link = f'<a href="{root}{FOLDER}/{name}.csv" download>data (CSV)</a>'
        html.replace(place, f'<p class="figure-source">Download: {link}; {made_by(TABLES[name].experiments)}.</p>')


def plain(text: str) -> str:
    """Take the marks of Markdown and LaTeX, which are text, out of a heading or a cell.

    Examples:
        >>> plain("$w_{11}$ of $W_1$, `fast`")
        'w_11 of W_1, fast'
    """
    return re.sub(r"[$`*{}]", "", text)


def csv_file(table: Filled) -> str:
    """Write a table as CSV, with all digits; a cell that holds several numbers is written as JSON.

    Examples:
        >>> table = Filled(["$W_1$", "products"], [[1 / 3, [[0.6, 1.0]]]], [["0.33", ""]], [True, False])
        >>> print(csv_file(table), end="")
        W_1,products
        0.3333333333333333,"[[0.6, 1.0]]"
    """

    def cell(value: Any) -> Any:
        return plain(value) if isinstance(value, str) else json.dumps(value) if isinstance(value, list) else value

    columns = zip(table.headings, zip(*table.values, strict=True), strict=True)
    return csv_text({plain(heading): [cell(value) for value in column] for heading, column in columns})


def files(results: Path) -> dict[str, str]:
    """Write every table as a file, by address."""
    return {f"{FOLDER}/{name}.csv": csv_file(filled(name, results)) for name in TABLES}
