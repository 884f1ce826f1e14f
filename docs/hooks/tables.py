"""Tables: put into the pages as Markdown, with a line below that offers them as CSV; written beside the pages.

What stands in a table is defined in ``backprop.tables``.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from equations import SiteError

from backprop.experiments import MEASURED, SLOW
from backprop.experiments.store import read_result, write_text
from backprop.figures.style import csv_text
from backprop.tables import TABLES
from backprop.tables.table import Filled, TableError

#: Where the site keeps the tables for download.
FOLDER = "assets/tables"

SOURCE = re.compile(r'<div data-table="([\w-]+)"></div>')


def filled(name: str, results: Path) -> Filled:
    """Fill a table from the stored results.

    Args:
        name: the table.
        results: the folder of the results.

    Returns:
        The table.

    Raises:
        SiteError: if no table has this name, or it cannot be filled.
    """
    mark = f"[=table:{name}=]"
    if name not in TABLES:
        raise SiteError(f"{mark}: no table has this name; expected one of {', '.join(TABLES)}", snippet=mark)
    try:
        return TABLES[name].filled(*(read_result(results, experiment) for experiment in TABLES[name].experiments))
    except TableError as error:
        raise SiteError(f"{mark}: {error}", snippet=mark) from None


def markdown(table: Filled) -> str:
    """Write a table as Markdown; numbers that end at the same digit are set flush right.

    Args:
        table: the table.

    Returns:
        Its rows.

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
    """Write a table for a page, and leave a mark below where its line of source goes.

    Args:
        name: the table.
        results: the folder of the results.

    Returns:
        Markdown.

    Raises:
        SiteError: if no table has this name, or it cannot be filled.
    """
    return f'{markdown(filled(name, results))}\n\n<div data-table="{name}"></div>'


def made_by(experiments: Sequence[str]) -> str:
    """Say by which command numbers are computed.

    Args:
        experiments: the experiments that give the numbers.

    Returns:
        HTML.

    Examples:
        >>> made_by(["xor", "spread"])
        'computed by <code>python -m backprop.experiments xor spread --out build/results</code>'
    """
    if experiments[0] in MEASURED:
        return "measured by <code>python -m benchmarks --out backprop/experiments/kept</code>"
    folder = "backprop/experiments/kept" if experiments[0] in SLOW else "build/results"
    return f"computed by <code>python -m backprop.experiments {' '.join(experiments)} --out {folder}</code>"


def insert_sources(html: str, root: str) -> str:
    """Put under each table the line that offers it as CSV and says where its numbers come from.

    Args:
        html: the page.
        root: the way from this page to the site's root, such as "../../".

    Returns:
        The page.
    """

    def source(match: re.Match[str]) -> str:
        link = f'<a href="{root}{FOLDER}/{match[1]}.csv" download>data (CSV)</a>'
        return f'<p class="figure-source">Download: {link}; {made_by(TABLES[match[1]].experiments)}.</p>'

    return SOURCE.sub(source, html)


def plain(text: str) -> str:
    """Take the marks of Markdown and LaTeX out of a short text.

    Args:
        text: a heading or a cell.

    Returns:
        The words.

    Examples:
        >>> plain("$w_{11}$ of $W_1$, `fast`")
        'w_11 of W_1, fast'
    """
    return re.sub(r"[$`*{}]", "", text)


def csv_file(table: Filled) -> str:
    """Write a table as CSV, with all digits; a cell that holds several numbers is written as JSON.

    Args:
        table: the table.

    Returns:
        A line of headings and a line for each row.

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


def write_all(results: Path, folder: Path) -> None:
    """Write every table as a file.

    Args:
        results: the folder of the results.
        folder: where to put the files.

    Raises:
        SiteError: if a table cannot be filled.
    """
    for name in TABLES:
        write_text(folder / f"{name}.csv", csv_file(filled(name, results)))
