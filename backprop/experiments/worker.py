"""Run one experiment and print its result as JSON: python -m backprop.experiments.worker NAME.

This is what `backprop.experiments.__main__` starts, once for each experiment.
"""

import contextlib
import importlib
import json
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment. What it prints meanwhile, such as its progress, goes to standard error.

    Args:
        arguments: the name of the experiment; None for the words after the program's name.

    Returns:
        The exit status: 0 after a result; 1 after an exception, of which one line is printed; 130 after an interrupt.
    """
    (name,) = sys.argv[1:] if arguments is None else arguments
    try:
        with contextlib.redirect_stdout(sys.stderr):
            text = json.dumps(importlib.import_module(f"backprop.experiments.{name}").run(), allow_nan=False)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        sys.stdout.write(" ".join(f"{type(error).__name__}: {error}".split()))
        return 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
