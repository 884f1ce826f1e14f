"""How figures become pictures: a row of panels can be stacked, letters have their size, no file is left behind."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from backprop.figures import __main__ as drawing
from backprop.figures.style import STYLE, WIDE, Figure, canvas, page_svg, svg


def figure(rows: int = 1, columns: int = 1) -> Figure:
    drawn = canvas(2, WIDE)
    for axes in drawn.subplots(rows, columns, squeeze=False).flat:
        shown = axes.contourf([[0, 1], [1, 0]])
        axes.set(xlabel="$x_1$", ylabel="height")
    drawn.colorbar(shown, ax=axes, label="answer")
    return Figure("some", drawn, "It rises.", "A line rises.")


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with mpl.rc_context(STYLE):
        yield


def sizes(text: str) -> list[list[float]]:
    boxes = re.findall(r'viewBox="([^"]*)"', text)
    return [[float(number) for number in box.split()] for box in boxes]


@pytest.mark.parametrize(("rows", "columns", "pictures"), [(1, 1, 1), (3, 1, 1), (1, 2, 2), (2, 3, 6)])
def test_panels_in_a_row_are_one_picture_each(rows: int, columns: int, pictures: int) -> None:
    text = page_svg(figure(rows, columns))
    assert len(sizes(text)) == pictures
    widths = [width for _, _, width, _ in sizes(text)]
    assert sum(widths[:columns]) == pytest.approx(72 * WIDE, abs=0.1)
    assert [float(w) for w in re.findall(r"--bp-width: ([\d.]+)", text)] == widths
    assert text.count(">height</text>") == rows * columns
    assert text.count(">answer</text>") == 1
    assert text.startswith('<div class="panels">') == (pictures > 1)


def test_the_first_picture_speaks_for_all_and_no_id_occurs_twice() -> None:
    text = page_svg(figure(1, 2))
    assert text.count('role="img"') == text.count("<desc ") == text.count('aria-hidden="true"') == 1
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(ids) == len(set(ids)) > 2
    assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text)) <= set(ids)


def test_cutting_changes_neither_the_drawing_nor_a_second_cut() -> None:
    one = figure(1, 2)
    first, whole = page_svg(one), svg(one)
    assert (page_svg(one), svg(one)) == (first, whole)
    assert all(axes.get_visible() for axes in one.canvas.axes)
    assert svg(figure(1, 2)) == whole


def test_the_panels_of_a_row_end_at_one_height() -> None:
    drawn = canvas(2, WIDE)
    left, right = drawn.subplots(1, 2)
    left.set(xlabel="epoch", title="high")
    right.set(xticks=[])
    boxes = sizes(page_svg(Figure("some", drawn, "It rises.", "A line rises.")))
    assert boxes[0][3] > boxes[1][3]  # the right one needs less room above


def test_raised_signs_are_four_fifths_of_the_letters() -> None:
    found = {float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg(figure()))}
    assert found == {8, 10}


def test_what_is_drawn_no_more_is_deleted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def result(*_: Any) -> dict[str, str]:
        return {"code_hash": "0"}

    monkeypatch.setattr(drawing, "read_result", result)
    monkeypatch.setattr(drawing, "drawings", lambda _: [lambda: figure(1, 2)])
    (tmp_path / "download").mkdir()
    for name in ("gone.html", "gone.json", "some.svg", "download/gone.png", "download/some.csv"):
        (tmp_path / name).touch()
    assert drawing.main(["--results", str(tmp_path), "--out", str(tmp_path)]) == 0
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert left == {"some.html", "some.json", "download/some.svg", "download/some.png"}
