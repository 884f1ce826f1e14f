"""Stored numbers in the text: looked up by their keys, never typed."""

import re
from pathlib import Path
from typing import Any

from backprop import __version__
from backprop.experiments.store import read_result
from builder.errors import SiteError

POWER = re.compile(r"^(-?[\d.]+)e([+-]\d+)$")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(results: Path, key: str, form: str | None) -> str:
    """Look up a stored result and format it.

    Raises:
        SiteError: if there is no such value.
    """
    if key == "version":
        return __version__
    name, *way = key.split(".")
    try:
        value: Any = read_result(results, name)
        for part in way:
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (FileNotFoundError, KeyError, IndexError, ValueError):
        raise SiteError(f"[={key}=]: no result has this name", snippet=f"[={key}") from None
    if isinstance(value, dict | list):
        raise SiteError(f"[={key}=]: this is a {type(value).__name__}; expected one value", snippet=f"[={key}")
    text = format(value, form or "")
    return power(text) if form else text


def power(text: str) -> str:
    """Set a power of ten as one, as Python prints it; any other text stays as it is.

    Examples:
        >>> power("7.1e-05"), power("0.25")
        ('7.1·10⁻⁵', '0.25')
    """
    return POWER.sub(lambda m: f"{m[1]}·10{str(int(m[2])).translate(RAISED)}", text)
