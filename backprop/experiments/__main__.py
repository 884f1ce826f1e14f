"""Run the experiments: python -m backprop.experiments [NAME ...] --out FOLDER."""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from backprop.__main__ import Parser
from backprop.experiments import EXPERIMENTS, SLOW
from backprop.experiments.store import fingerprint, holds, write_text


def parser() -> Parser:
    """Describe the command line.

    Returns:
        The parser.
    """
    p = Parser(prog="python -m backprop.experiments", description="Compute the results that the pages show.")
    names = f"of {', '.join(EXPERIMENTS)} (default: all of these), or, slow, {', '.join(SLOW)}"
    p.add_argument("names", nargs="*", metavar="NAME", help=names)
    p.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to store them")
    return p


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments whose code has changed, and store their results.

    Args:
        arguments: the words after the program's name; None for those of the process.

    Returns:
        The exit status: 0, 1 if one failed, 2 for bad arguments, 130 after an interrupt. Results stored before stay.
    """
    options: argparse.Namespace = parser().parse_args(arguments)
    unknown = [name for name in options.names if name not in EXPERIMENTS + SLOW]
    if unknown:
        names = ", ".join(EXPERIMENTS + SLOW)
        print(f"backprop: experiment {unknown[0]!r} is unknown; expected one of {names}", file=sys.stderr)
        return 2
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        write_text(options.out / ".writable", "")
        (options.out / ".writable").unlink()
    except OSError as error:
        print(f"backprop: cannot write to {options.out}: {error}", file=sys.stderr)
        return 1
    wanted = options.names or list(EXPERIMENTS)
    for number, name in enumerate(wanted, start=1):
        module = f"backprop.experiments.{name}"
        mark = fingerprint(module)
        if holds(options.out, name, mark):
            continue
        print(f"experiment {number} of {len(wanted)}: {name} …", end=" ", flush=True)
        start = time.perf_counter()
        try:
            result = importlib.import_module(module).run()
            write_text(options.out / f"{name}.json", json.dumps({"fingerprint": mark, **result}, allow_nan=False))
        except KeyboardInterrupt:
            print(f"\nbackprop: interrupted in experiment {name}", file=sys.stderr)
            return 130
        except OSError as error:
            print(f"\nbackprop: cannot store experiment {name} in {options.out}: {error}", file=sys.stderr)
            return 1
        except Exception as error:
            print(f"\nbackprop: experiment {name} failed: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
        print(f"{time.perf_counter() - start:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
