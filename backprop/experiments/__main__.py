"""Run the experiments: python -m backprop.experiments [NAME ...] --out FOLDER [--quick]."""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from backprop.__main__ import Parser
from backprop.experiments import EXPERIMENTS, SLOW
from backprop.experiments.store import code_hash, holds, write_text


def parser() -> Parser:
    """Describe the command line.

    Returns:
        The parser.
    """
    p = Parser(prog="python -m backprop.experiments", description="Compute the results that the pages show.")
    names = f"of {', '.join(EXPERIMENTS)} (default: all of these), or, slow, {', '.join(SLOW)}"
    p.add_argument("names", nargs="*", metavar="NAME", help=names)
    p.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to store them")
    p.add_argument(
        "--quick",
        action="store_true",
        help="keep every stored result, even of code that has changed since: for those who edit prose",
    )
    return p


def time_left(waiting: Sequence[str], done: Sequence[str], elapsed: float) -> str:
    """Estimate how long the rest takes, from how long the part before took here and elsewhere.

    Args:
        waiting: the experiments not yet finished.
        done: those that ran.
        elapsed: the seconds they took.

    Returns:
        Such as "about 40 s left".

    Examples:
        >>> from backprop.experiments.__main__ import time_left
        >>> time_left(["spread"], done=[], elapsed=0.0)
        'about 20 s left'
        >>> time_left(["spread"], done=["learning_rates"], elapsed=16.0)
        'about 40 s left'
    """
    expected = sum(EXPERIMENTS.get(name, 600.0) for name in done)
    pace = elapsed / expected if expected else 1.0
    return f"about {pace * sum(EXPERIMENTS.get(name, 600.0) for name in waiting):.0f} s left"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments whose code has changed, and store their results.

    Args:
        arguments: the words after the program's name; None for those of the process.

    Returns:
        The exit status: 0, 1 if one failed, 2 for bad arguments, 130 after an interrupt. Results stored before stay.
    """
    options: argparse.Namespace = parser().parse_args(arguments)
    unknown = [name for name in options.names if name not in (*EXPERIMENTS, *SLOW)]
    if unknown:
        names = ", ".join((*EXPERIMENTS, *SLOW))
        print(f"backprop: experiment {unknown[0]!r} is unknown; expected one of {names}", file=sys.stderr)
        return 2
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        write_text(options.out / ".writable", "")
        (options.out / ".writable").unlink()
    except OSError as error:
        print(f"backprop: cannot write to {options.out}: {error}", file=sys.stderr)
        return 1
    marks = {name: code_hash(f"backprop.experiments.{name}") for name in options.names or EXPERIMENTS}
    waiting = [name for name, mark in marks.items() if not holds(options.out, name, mark)]
    if options.quick:
        old = [name for name in waiting if (options.out / f"{name}.json").exists()]
        waiting = [name for name in waiting if name not in old]
        if old:
            print(f"backprop: kept as they were, though their code has changed: {', '.join(old)}", file=sys.stderr)
    begin = time.perf_counter()
    for number, name in enumerate(waiting):
        start = time.perf_counter()
        left = time_left(waiting[number:], waiting[:number], start - begin)
        print(f"experiment {number + 1} of {len(waiting)}: {name} ({left}) …", end=" ", flush=True)
        try:
            result = importlib.import_module(f"backprop.experiments.{name}").run()
            content = {"code_hash": marks[name], **result}
            write_text(options.out / f"{name}.json", json.dumps(content, allow_nan=False))
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
