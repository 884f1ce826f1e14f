"""Define what a table is: columns with heading, key and format, and the source of its rows."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

_POWER = re.compile(r"^(-?)([\d.]+)e([+-]\d+)$")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class TableError(ValueError):
    """A table that cannot be filled: its result has no such value, or the value does not suit its format."""


def power(text: str) -> str:
    r"""Set a power of ten as people write it.

    Args:
        text: a number as Python prints it, such as "7.1e-05".

    Returns:
        The number, such as "7.1 × 10⁻⁵", with blanks that do not break; any other text as it is.

    Examples:
        >>> from backprop.tables.table import power
        >>> power("7.1e-05"), power("-2e+03"), power("0.25")
        ('7.1\xa0×\xa010⁻⁵', '−2\xa0×\xa010³', '0.25')
    """

    def set_as_power(match: re.Match[str]) -> str:
        sign, digits, exponent = match.groups()
        return f"{'−' if sign else ''}{digits}\xa0×\xa010{str(int(exponent)).translate(_RAISED)}"

    return _POWER.sub(set_as_power, text)


def shown(value: Any, form: str = "") -> str:
    r"""Write a value as the pages show it.

    Args:
        value: a number or a text.
        form: Python's format specification; without one, a number keeps all the digits that Python prints.

    Returns:
        The text; a number that a format writes with an exponent is set as a power of ten.

    Examples:
        >>> from backprop.tables.table import shown
        >>> shown(10000, ","), shown(0.97, ".0%"), shown(4.2e-7, ".0e"), shown(1e-10)
        ('10,000', '97%', '4\xa0×\xa010⁻⁷', '1e-10')
    """
    text = format(value, form)
    return power(text) if form else text


def counted(part: int, whole: int) -> str:
    """Write a count of things out of a whole, with "none" for 0 and "all 47" for the whole of 47.

    Args:
        part: how many of them.
        whole: how many there are in all.

    Returns:
        The words for the middle of a sentence, before "of them" or a verb.

    Raises:
        ValueError: if the part is not between 0 and the whole.

    Examples:
        >>> from backprop.tables.table import counted
        >>> counted(47, 47), counted(0, 47), counted(1200, 2000)
        ('all 47', 'none', '1,200')
    """
    if not 0 <= part <= whole:
        raise ValueError(f"part is {part}; expected 0 to {whole}, the whole")
    if part == 0:
        return "none"
    return f"all {part:,}" if part == whole else f"{part:,}"


def lookup(value: Any, key: str) -> Any:
    """Follow a key into a result.

    Args:
        value: dictionaries and lists, as an experiment stored them.
        key: names and places, joined by dots.

    Returns:
        The value there.

    Raises:
        KeyError: if there is none; it names the part of the key that was not found.

    Examples:
        >>> from backprop.tables.table import lookup
        >>> lookup({"rates": [{"loss": 0.3}, {"loss": 0.2}]}, "rates.-1.loss")
        0.2
    """
    for part in key.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise KeyError(part) from None
    return value


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        heading: what stands above it, in Markdown. Braces stand for a value from the table's first experiment, as in
            "seeds that reach a loss of {enough}".
        key: where its value is in each row, as `lookup` reads it.
        format: how the value is shown: Python's format specification, or a function from the value to Markdown.
        missing: what is shown where the value is None.
    """

    heading: str
    key: str
    format: str | Callable[[Any], str] = ""
    missing: str = ""

    def text(self, value: Any) -> str:
        """Write a value of this column.

        Args:
            value: the value, or None.

        Returns:
            Markdown.
        """
        if value is None:
            return self.missing
        return self.format(value) if callable(self.format) else shown(value, self.format)


class Filled(NamedTuple):
    """A table with its values.

    Attributes:
        headings: one for each column, in Markdown.
        values: a row of values for each row of the table, with all digits; None where there is none.
        texts: the same, as a page shows them.
        numeric: for each column, whether it holds numbers that end at the same digit, so that they are set flush right.
    """

    headings: list[str]
    values: list[list[Any]]
    texts: list[list[str]]
    numeric: list[bool]


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Attributes:
        name: its name in the pages, and the stem of its file.
        experiments: the experiments whose results it shows.
        columns: its columns, from left to right; no two have the same heading.
        rows: the key of a list in the result of the first experiment; or a function that takes the results, one
            argument for each experiment, and returns a dictionary for each row.
    """

    name: str
    experiments: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: str | Callable[..., Iterable[Any]]

    def filled(self, *results: Any) -> Filled:
        """Fill the table.

        Args:
            *results: what each of its experiments stored, in their order.

        Returns:
            Headings, values and texts.

        Raises:
            TableError: if a value is missing or does not suit the format of its column. It names the column.

        Examples:
            >>> from backprop.tables.table import Column, Table
            >>> columns = Column("rate", "eta"), Column("fraction of {seeds}", "solved", ".0%", missing="none")
            >>> table = Table("rates", ("demo",), columns, rows="rates")
            >>> result = {"seeds": 8, "rates": [{"eta": 0.1, "solved": None}, {"eta": 1.0, "solved": 0.875}]}
            >>> table.filled(result).headings, table.filled(result).texts
            (['rate', 'fraction of 8'], [['0.1', 'none'], ['1.0', '88%']])
        """
        try:
            rows = list(lookup(results[0], self.rows) if isinstance(self.rows, str) else self.rows(*results))
        except (KeyError, IndexError, TypeError) as error:
            raise TableError(f"its rows cannot be made: {type(error).__name__}: {error}") from None
        if not rows:
            raise TableError("it has no rows")
        headings = [self._heading(column, results[0]) for column in self.columns]
        if len(set(headings)) < len(headings):
            raise TableError(f"two columns have the same heading: {headings}")
        values = [[self._value(column, row, place) for column in self.columns] for place, row in enumerate(rows)]
        texts = [[self._text(*pair) for pair in zip(self.columns, row, strict=True)] for row in values]
        return Filled(headings, values, texts, [self._numeric(*pair) for pair in self._columns_of(values)])

    def _heading(self, column: Column, result: Any) -> str:
        try:
            return column.heading.format_map(result)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise TableError(f"heading {column.heading!r}: {type(error).__name__}: {error}") from None

    def _value(self, column: Column, row: Any, place: int) -> Any:
        try:
            return lookup(row, column.key)
        except KeyError as error:
            raise TableError(
                f"column {column.heading!r}, row {place}: there is no {error} in the key {column.key!r}"
            ) from None

    def _text(self, column: Column, value: Any) -> str:
        try:
            return column.text(value)
        except (ValueError, TypeError) as error:
            raise TableError(f"column {column.heading!r}: {value!r} cannot be shown: {error}") from None

    def _columns_of(self, values: Sequence[Sequence[Any]]) -> Iterable[tuple[Column, list[Any]]]:
        return ((column, [row[place] for row in values]) for place, column in enumerate(self.columns))

    def _numeric(self, column: Column, values: Sequence[Any]) -> bool:
        numbers = [value for value in values if value is not None]
        aligned = bool(column.format) or all(isinstance(number, int) for number in numbers)
        return aligned and bool(numbers) and all(isinstance(number, int | float) for number in numbers)
