"""The diagrams: words, bytes, and the rule of colour and line."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch

from backprop.derivation import CHAPTERS
from backprop.experiments import worked_example
from backprop.figures import diagrams
from backprop.figures.style import BACKWARD, FORWARD, INK, PAPER, Figure, house_style, standalone, svg

RESULT = worked_example.run()
DRAW: list[Callable[[], Figure]] = [
    *diagrams.DIAGRAMS,
    partial(diagrams.worked_example_forward, RESULT),
    partial(diagrams.worked_example_backward, RESULT),
]


@pytest.fixture(scope="module", autouse=True)
def style() -> Iterator[None]:
    with house_style():
        yield


class Drawn(NamedTuple):
    """A diagram, how it is drawn, and the text of its picture."""

    draw: Callable[[], Figure]
    figure: Figure
    text: str


@pytest.fixture(params=DRAW, ids=[getattr(draw, "func", draw).__name__ for draw in DRAW], scope="module")
def drawn(request: pytest.FixtureRequest) -> Drawn:
    """Each diagram, drawn once; the tests change nothing in it."""
    figure = request.param()
    return Drawn(request.param, figure, svg(figure))


def test_every_chapter_has_its_diagram() -> None:
    names = [draw().name for draw in DRAW]
    assert len(set(names)) == len(names)
    assert names[: len(CHAPTERS)] == [f"diagram-{chapter.replace('_', '-')}" for chapter in CHAPTERS]


def test_says_what_is_seen(drawn: Drawn) -> None:
    figure, text = drawn.figure, drawn.text
    assert figure.title.endswith(".")
    assert len(figure.description) > 150
    assert f'<title id="{figure.name}-title">' in text
    assert f'<desc id="{figure.name}-desc">' in text


def test_same_bytes_twice(drawn: Drawn) -> None:
    assert svg(drawn.draw()) == drawn.text == svg(drawn.figure)


def test_light_enough(drawn: Drawn) -> None:
    assert len(drawn.text.encode()) < 25_000


def test_colours_are_the_pages(drawn: Drawn) -> None:
    text = re.sub(r"var\([^)]*\)", "", drawn.text)
    for sentinel in (INK, PAPER, FORWARD, BACKWARD):
        assert sentinel not in text
    assert not re.findall(r"(?:fill|stroke): #\w+", text)


def test_forward_is_solid_and_backward_dashed(drawn: Drawn) -> None:
    axes = drawn.figure.canvas.axes[0]
    arrows = [p for p in axes.patches if isinstance(p, PathPatch) and not p.get_fill()]
    lines = [line for line in axes.lines if line.get_linestyle() != "None" and np.size(line.get_xdata()) > 1]
    styles = [(to_hex(p.get_edgecolor()), p.get_linestyle()) for p in arrows]
    styles += [(to_hex(line.get_color()), line.get_linestyle()) for line in lines]
    assert styles
    for colour, line_style in styles:
        assert colour in (INK, FORWARD, BACKWARD)
        if colour != INK:
            assert (line_style in ("solid", "-")) == (colour == FORWARD), (colour, line_style)


def test_stays_on_the_sheet(drawn: Drawn) -> None:
    figure = drawn.figure
    axes = figure.canvas.axes[0]
    sheet = figure.canvas.bbox
    for text in axes.texts:
        box = text.get_window_extent()
        assert sheet.x0 <= box.x0, text.get_text()
        assert box.x1 <= sheet.x1, text.get_text()
        assert sheet.y0 <= box.y0, text.get_text()
        assert box.y1 <= sheet.y1, text.get_text()


def test_worked_example_shows_its_numbers() -> None:
    forward, backward = (svg(draw()) for draw in DRAW[-2:])
    for weight in (w for layer in RESULT["w"] for row in layer for w in row):
        assert f">{diagrams.number(weight)}<" in forward
    for value in (v for layer in (*RESULT["z"], *RESULT["a"]) for v in layer):
        assert f">{diagrams.fixed(value, 4)}<" in forward
    for value in (v for layer in RESULT["deltas"] for v in layer):
        assert f">{diagrams.fixed(value, 4)}<" in backward
    for value in (g for layer in RESULT["gradients"] for row in layer for g in row):
        assert f">{diagrams.fixed(value, 4)}<" in backward


def test_labels_do_not_overlap(drawn: Drawn) -> None:
    figure = drawn.figure
    boxes = [(t.get_text(), t.get_window_extent()) for t in figure.canvas.axes[0].texts]
    for i, (text, box) in enumerate(boxes):
        for other, other_box in boxes[:i]:
            assert not box.padded(-1).overlaps(other_box.padded(-1)), (text, other)


def test_the_picture_of_the_readme_is_the_one_that_the_code_draws() -> None:
    kept = (Path(__file__).parents[1] / "docs" / "assets" / "network.svg").read_text(encoding="utf-8")
    with house_style():
        assert kept == standalone(svg(diagrams.home()))
