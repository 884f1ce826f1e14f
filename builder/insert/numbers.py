"""Stored numbers in the text: looked up by their keys, never typed."""

from pathlib import Path
from typing import Any

import numpy as np

from backprop import __version__
from backprop.experiments.store import read_result
from backprop.tables.table import lookup, shown
from builder.errors import SiteError


def number(results: Path, key: str, form: str | None) -> str:
    """Look up a stored result and format it by a format specification.

    The key is the experiment, a dot, and the way to the value, such as "xor.one.final_loss"; or "version". An array
    that is given a format is written row by row, with commas, as the addresses of the microscope have it.

    Raises:
        SiteError: if there is no such value.
    """
    if key == "version":
        return __version__
    name, _, way = key.partition(".")
    try:
        value: Any = lookup(read_result(results, name), way)
    except (FileNotFoundError, KeyError):
        raise SiteError(f"[={key}=]: no result has this name", snippet=f"[={key}") from None
    if isinstance(value, list) and form:
        return ",".join(shown(entry, form) for entry in np.ravel(value).tolist())
    if isinstance(value, dict | list):
        raise SiteError(f"[={key}=]: this is a {type(value).__name__}; expected one value", snippet=f"[={key}")
    return shown(value, form or "")
