"""Run the lab's program as a student runs it, and record what it imports and prints."""

import ast
import contextlib
import inspect
import io
from typing import Any

from backprop import lab


def imported(source: str) -> list[str]:
    r"""List the packages that a program imports.

    Args:
        source: the program.

    Returns:
        Their names, sorted. A relative import is named ".".

    Examples:
        >>> from backprop.experiments.program import imported
        >>> imported("import numpy as np, os.path\nfrom backprop.data import xor\nfrom . import lab")
        ['.', 'backprop', 'numpy', 'os']
    """
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." if node.level else str(node.module).partition(".")[0])
    return sorted(names)


def runs(printed: str) -> list[dict[str, Any]]:
    r"""Read what the program printed.

    Args:
        printed: its output.

    Returns:
        For each run the data set in small letters, the network, and the log as [epoch, loss].

    Examples:
        >>> from backprop.experiments.program import runs
        >>> runs("XOR, 2-4-1\nepoch : 0 loss : 0.25\naccuracy : 52%\n\n")
        [{'data': 'xor', 'network': '2-4-1', 'log': [[0, 0.25]]}]
    """
    found = []
    for block in printed.strip().split("\n\n"):
        title, *lines, _ = block.split("\n")
        data, network = title.split(", ")
        log = [[int(line.split()[2]), float(line.split()[5])] for line in lines]
        found.append({"data": data.lower(), "network": network, "log": log})
    return found


def run() -> dict[str, Any]:
    """Run the program and keep what it printed.

    Returns:
        "imports"; "lines", the length of the program; "printed", its output; and "runs", the losses read from that.
    """
    source = inspect.getsource(lab)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        lab.main()
    return {
        "imports": imported(source),
        "lines": len(source.splitlines()),
        "printed": printed.getvalue(),
        "runs": runs(printed.getvalue()),
    }
