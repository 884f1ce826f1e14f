"""Draw the figures: python -m backprop.figures --results FOLDER --out FOLDER."""

import argparse
import hashlib
import json
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import matplotlib as mpl

from backprop.__main__ import Parser
from backprop.experiments import EXPERIMENTS, MEASURED, SLOW
from backprop.experiments.__main__ import add_jobs
from backprop.experiments.store import code_hash, read_result, write_text
from backprop.figures.drawing import draw


def parser() -> Parser:
    """Describe the command line.

    Returns:
        The parser.
    """
    p = Parser(prog="python -m backprop.figures", description="Draw the figures that the pages show.")
    p.add_argument("--results", type=Path, required=True, metavar="FOLDER", help="where the results are")
    p.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to put the figures")
    add_jobs(p, "how many processes draw (default: 2, or 1 on one core)")
    return p


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw all figures, unless neither code nor results have changed.

    Args:
        arguments: the words after the program's name; None for those of the process.

    Returns:
        The exit status: 0, or 2 if results are missing.
    """
    options: argparse.Namespace = parser().parse_args(arguments)
    try:
        marks = [read_result(options.results, name)["code_hash"] for name in (*EXPERIMENTS, *SLOW, *MEASURED)]
    except FileNotFoundError as error:
        print(f"backprop: {error.filename} is missing; run python -m backprop.experiments first", file=sys.stderr)
        return 2
    code = [code_hash("backprop.figures.__main__"), mpl.__version__]
    mark = hashlib.sha256(json.dumps([marks, code]).encode()).hexdigest()[:16]
    stamp = options.out / "code_hash"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == mark:
        return 0
    share = partial(draw, options.results, options.out, parts=options.jobs)
    if options.jobs == 1:
        written = share(0)
    else:
        with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
            written = [path for files in pool.map(share, range(options.jobs)) for path in files]
    for path in (*options.out.glob("*.*"), *options.out.glob("download/*")):
        if path not in written:  # of a figure that is no longer drawn, which no page may find
            path.unlink()
    write_text(stamp, mark)
    return 0


if __name__ == "__main__":
    sys.exit(main())
