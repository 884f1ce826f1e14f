"""The program in the lab's shape, run as a student would run it."""

import contextlib
import io
from typing import Any

from backprop.lab import main


def run() -> dict[str, Any]:
    """Run the program and keep what it printed.

    Returns:
        "printed", its output, and "last_loss".
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        losses = main()
    return {"printed": printed.getvalue(), "last_loss": losses[-1]}
