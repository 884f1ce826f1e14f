"""Stored numbers in the text: looked up by their keys, never typed."""

from pathlib import Path
from typing import Any

import numpy as np

from backprop.experiments.store import read_result
from backprop.tables.table import lookup, shown
from builder.errors import SiteError


def number(results: Path, key: str, form: str) -> str:
    """Look up a stored result and format it by a format specification, if there is one.

    The key is the experiment, a dot, and the way to the value, such as "xor.one.final_loss". An array that is given a
    format is written row by row, with commas, as the addresses of the microscope have it.

    Raises:
        SiteError: if there is no such value.
    """
    name, _, way = key.partition(".")
    try:
        value: Any = lookup(read_result(results, name), way)
    except (FileNotFoundError, KeyError):
        raise SiteError("no result has this name") from None
    if isinstance(value, list) and form:
        return ",".join(shown(entry, form) for entry in np.ravel(value).tolist())
    if isinstance(value, dict | list):
        raise SiteError(f"this is a {type(value).__name__}; expected one value")
    return shown(value, form)
