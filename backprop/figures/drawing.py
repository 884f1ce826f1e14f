"""Draw every figure of the pages and write it to files."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from backprop.experiments.store import read_result, write_bytes, write_text
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
from backprop.figures.style import Figure, csv_text, house_style, page_svg, png, standalone, svg


def drawings(folder: Path) -> Iterator[Callable[[], Figure]]:
    """List the functions that draw the figures, without calling them.

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
    yield partial(
        log_fit.alternatives, read_result(folder, "log_alternatives"), read_result(folder, "log_reproduction")["worst"]
    )
    yield partial(speed.rewritings, read_result(folder, "speed"))
    yield partial(speed.peers, read_result(folder, "speed"))
    yield partial(consequences.vanishing, read_result(folder, "vanishing"))
    yield partial(consequences.linear_collapse, read_result(folder, "collapse"))
    yield partial(consequences.dead_units, read_result(folder, "dead_units"))
    yield partial(consequences.symmetry, read_result(folder, "symmetry"))
    yield partial(verification.step_size, read_result(folder, "step_size"))
    yield partial(confusion.confusion, read_result(folder, "confusion"))


def write(figure: Figure, folder: Path) -> list[Path]:
    """Write a figure for the pages, and beside it, in the folder "download", the files for readers.

    Args:
        figure: the figure, drawn inside ``with house_style():``.
        folder: where the figures are.

    Returns:
        The files.
    """
    words = {"title": figure.title, "caption": figure.caption, "experiment": figure.experiment}
    whole = svg(figure)
    files: dict[str, str | bytes] = {
        f"download/{figure.name}.svg": standalone(whole),
        f"download/{figure.name}.png": png(figure),
        f"{figure.name}.json": json.dumps(words, ensure_ascii=False),
        f"{figure.name}.html": page_svg(figure, whole),
    }
    if figure.table:
        files[f"download/{figure.name}.csv"] = csv_text(figure.table)
    for name, content in files.items():
        if isinstance(content, str):
            write_text(folder / name, content)
        else:
            write_bytes(folder / name, content)
    return [folder / name for name in files]


def draw(folder: Path, out: Path, part: int, parts: int) -> list[Path]:
    """Draw the figures that belong to one process, and write them.

    Args:
        folder: where the results are.
        out: where to put the figures.
        part: the number of the process's first figure, from 0.
        parts: the number of processes, and so the distance from one of its figures to the next.

    Returns:
        The files.
    """
    written = []
    with house_style():
        for drawn in islice(drawings(folder), part, None, parts):
            figure = drawn()
            print(f"figure {figure.name}", flush=True)
            written += write(figure, out)
    return written
