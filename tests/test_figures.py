"""How figures become pictures: a row of panels can be stacked, letters have their size, no file is left behind."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backprop.figures import __main__ as program
from backprop.figures import drawing
from backprop.figures.style import WIDE, Figure, canvas, house_style, page_svg, svg


def figure(rows: int = 1, columns: int = 1, name: str = "some") -> Figure:
    drawn = canvas(2, WIDE)
    for axes in drawn.subplots(rows, columns, squeeze=False).flat:
        shown = axes.contourf([[0, 1], [1, 0]])
        axes.set(xlabel="$x_1$", ylabel="height")
    drawn.colorbar(shown, ax=axes, label="answer")
    return Figure(name, drawn, "It rises.", "A line rises.")


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with house_style():
        yield


def on_page(one: Figure) -> str:
    return page_svg(one, svg(one))


def sizes(text: str) -> list[list[float]]:
    boxes = re.findall(r'viewBox="([^"]*)"', text)
    return [[float(number) for number in box.split()] for box in boxes]


@pytest.mark.parametrize(("rows", "columns", "pictures"), [(1, 1, 1), (3, 1, 1), (1, 2, 2), (2, 3, 6)])
def test_panels_in_a_row_are_one_picture_each(rows: int, columns: int, pictures: int) -> None:
    text = on_page(figure(rows, columns))
    assert len(sizes(text)) == pictures
    widths = [width for _, _, width, _ in sizes(text)]
    assert sum(widths[:columns]) == pytest.approx(72 * WIDE, abs=0.1)
    assert [float(w) for w in re.findall(r"--bp-width: ([\d.]+)", text)] == widths
    assert text.count(">height</text>") == rows * columns
    assert text.count(">answer</text>") == 1
    assert text.startswith('<div class="panels" ') == (pictures > 1)
    widest = [float(w) for w in re.findall(r"--bp-widest: ([\d.]+)", text)]
    assert widest == ([pytest.approx(max(widths), abs=0.01)] if pictures > 1 else [])


def test_the_first_picture_speaks_for_all_and_no_id_occurs_twice() -> None:
    text = on_page(figure(1, 2))
    assert text.count('role="img"') == text.count("<desc ") == text.count('aria-hidden="true"') == 1
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(ids) == len(set(ids)) > 2
    assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text)) <= set(ids)


def test_cutting_changes_neither_the_drawing_nor_a_second_cut() -> None:
    one = figure(1, 2)
    whole = svg(one)
    first = page_svg(one, whole)
    assert (svg(one), page_svg(one, whole)) == (whole, first)
    assert all(axes.get_visible() for axes in one.canvas.axes)
    assert svg(figure(1, 2)) == whole


def test_the_panels_of_a_row_end_at_one_height() -> None:
    drawn = canvas(2, WIDE)
    left, right = drawn.subplots(1, 2)
    left.set(xlabel="epoch", title="high")
    right.set(xticks=[])
    boxes = sizes(on_page(Figure("some", drawn, "It rises.", "A line rises.")))
    assert boxes[0][3] > boxes[1][3]  # the right one needs less room above


def test_raised_signs_are_four_fifths_of_the_letters() -> None:
    found = {float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg(figure()))}
    assert found == {8, 10}


def test_what_is_drawn_no_more_is_deleted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def result(*_: Any) -> dict[str, str]:
        return {"code_hash": "0"}

    monkeypatch.setattr(program, "read_result", result)
    monkeypatch.setattr(drawing, "drawings", lambda _: [lambda: figure(1, 2)])
    (tmp_path / "download").mkdir()
    for name in ("gone.html", "gone.json", "some.svg", "download/gone.png", "download/some.csv"):
        (tmp_path / name).touch()
    assert program.main(["--results", str(tmp_path), "--out", str(tmp_path), "--jobs", "1"]) == 0
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert left == {"some.html", "some.json", "download/some.svg", "download/some.png"}


def test_the_shares_of_two_processes_are_all_figures_to_the_last_byte(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    several = [partial(figure, 1, columns, name) for columns, name in ((1, "a"), (2, "b"), (1, "c"))]
    monkeypatch.setattr(drawing, "drawings", lambda _: iter(several))
    alone = drawing.draw(tmp_path, tmp_path / "alone", 0, 1)
    shares = [drawing.draw(tmp_path, tmp_path / "shares", part, 2) for part in (0, 1)]
    assert [len({path.name.partition(".")[0] for path in share}) for share in shares] == [2, 1]
    written = {path.name: path.read_bytes() for share in shares for path in share}
    assert written == {path.name: path.read_bytes() for path in alone}
