"""Draw the figures: python -m backprop.figures --results FOLDER --out FOLDER."""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import matplotlib as mpl

from backprop.__main__ import Parser
from backprop.experiments import EXPERIMENTS, MEASURED, SLOW
from backprop.experiments.store import code_hash, read_result, write_bytes, write_text
from backprop.figures import (
    confusion,
    consequences,
    diagrams,
    discussions,
    learning_rates,
    log_fit,
    results,
    speed,
    verification,
)
from backprop.figures.style import STYLE, Figure, csv_text, page_svg, png, standalone, svg


def drawings(folder: Path) -> Iterator[Callable[[], Figure]]:
    """List the figures, none drawn yet.

    Args:
        folder: where the results are.

    Yields:
        Functions that draw one figure each.
    """
    yield from diagrams.DIAGRAMS
    worked_example = read_result(folder, "worked_example")
    yield partial(diagrams.worked_example_forward, worked_example)
    yield partial(diagrams.worked_example_backward, worked_example)
    for name in ("linear", "xor"):
        result = read_result(folder, name)
        yield partial(results.learning_curve, name, result)
        yield partial(results.prediction, name, result)
        yield partial(results.spread, name, read_result(folder, "spread"))
    yield partial(learning_rates.learning_rates, read_result(folder, "learning_rates"))
    yield partial(discussions.threshold, read_result(folder, "thresholds"))
    yield partial(discussions.hidden_units_loss, read_result(folder, "hidden_units"))
    yield partial(discussions.hidden_units_time, read_result(folder, "timing"))
    yield partial(discussions.no_activation, read_result(folder, "no_activation"))
    yield partial(discussions.relu, read_result(folder, "relu"))
    yield partial(discussions.activation_curves, read_result(folder, "activations"))
    yield partial(discussions.activations, read_result(folder, "activations"))
    yield partial(log_fit.misfit, read_result(folder, "log_fit"))
    yield partial(log_fit.singular_values, read_result(folder, "log_fit"))
    yield partial(log_fit.rivals, read_result(folder, "log_rivals"), read_result(folder, "log_match")["worst"])
    yield partial(speed.rewritings, read_result(folder, "speed"))
    yield partial(speed.peers, read_result(folder, "speed"))
    yield partial(consequences.vanishing, read_result(folder, "vanishing"))
    yield partial(consequences.linear_collapse, read_result(folder, "collapse"))
    yield partial(consequences.dead_units, read_result(folder, "dead_units"))
    yield partial(consequences.symmetry, read_result(folder, "symmetry"))
    yield partial(verification.step_size, read_result(folder, "step_size"))
    yield partial(confusion.confusion, read_result(folder, "confusion"))


def parser() -> Parser:
    """Describe the command line.

    Returns:
        The parser.
    """
    p = Parser(prog="python -m backprop.figures", description="Draw the figures that the pages show.")
    p.add_argument("--results", type=Path, required=True, metavar="FOLDER", help="where the results are")
    p.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to put the figures")
    return p


def write(figure: Figure, folder: Path) -> list[Path]:
    """Write a figure for the pages, and beside it, in the folder "download", what readers can take with them.

    Args:
        figure: the figure, drawn inside ``mpl.rc_context(STYLE)``.
        folder: where the figures are.

    Returns:
        The files.
    """
    words = {"title": figure.title, "caption": figure.caption, "experiment": figure.experiment}
    files: dict[str, str | bytes] = {
        f"download/{figure.name}.svg": standalone(svg(figure)),
        f"download/{figure.name}.png": png(figure),
        f"{figure.name}.json": json.dumps(words, ensure_ascii=False),
        f"{figure.name}.html": page_svg(figure),
    }
    if figure.table:
        files[f"download/{figure.name}.csv"] = csv_text(figure.table)
    for name, content in files.items():
        if isinstance(content, str):
            write_text(folder / name, content)
        else:
            write_bytes(folder / name, content)
    return [folder / name for name in files]


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
    written: set[Path] = set()
    with mpl.rc_context(STYLE):
        for draw in drawings(options.results):
            figure = draw()
            print(f"figure {figure.name}", flush=True)
            written.update(write(figure, options.out))
    for path in (*options.out.glob("*.*"), *options.out.glob("download/*")):
        if path not in written:  # of a figure that is drawn no more: a page must not find it
            path.unlink()
    write_text(stamp, mark)
    return 0


if __name__ == "__main__":
    sys.exit(main())
