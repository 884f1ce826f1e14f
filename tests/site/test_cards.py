"""The pictures and tags that previews of links show."""

import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from builder import tree
from builder.beside.cards import HEIGHT, WIDTH, add, draw, file_name, readable
from builder.beside.citations import add_tags

ADDRESS = "https://example.org/backprop/0.1.0/"


def test_a_card_is_a_png_of_the_size_that_previews_ask_for() -> None:
    picture = Image.open(io.BytesIO(draw("backprop", "8 Hidden → hidden", r"\delta = \frac{a}{b}", "Few words.")))
    assert picture.format == "PNG"
    assert picture.size == (WIDTH, HEIGHT) == (1200, 630)
    assert picture.convert("L").getpixel((3, 3)) == 255


@pytest.mark.parametrize("formula", ["x", " + ".join([r"\frac{\partial C}{\partial w}"] * 12)])
def test_nothing_reaches_the_edge(formula: str) -> None:
    picture = Image.open(io.BytesIO(draw("backprop", "A title " * 8, formula, "many words " * 18))).convert("L")
    left, top, right, bottom = picture.point(lambda grey: 255 if grey < 200 else 0).getbbox() or (0, 0, 0, 0)
    assert left > 40
    assert top > 30
    assert right < WIDTH - 40
    assert bottom < HEIGHT - 40


def test_a_card_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build: Any = SimpleNamespace(made=tmp_path, words={"l/": "One."}, files={})

    def card() -> bytes:
        add(build, "backprop", "l/", "3 Loss", ["L"])
        return bytes(build.files[file_name("l/")])

    first = card()
    monkeypatch.setattr("builder.beside.cards.draw", lambda *_: b"drawn again")
    assert card() == first
    build.words["l/"] = "Two."
    assert card() == b"drawn again"


def test_a_formula_that_cannot_be_set_is_passed_over() -> None:
    assert readable([r"\begin{cases} 1 \end{cases}", "x^2"]) == "x^2"
    assert readable([r"\begin{cases} 1 \end{cases}"]) == ""


def test_a_page_tells_previews_everything_once_it_has_an_address() -> None:
    def tags(root: str | None) -> dict[str, str]:
        page = tree.page("<head></head>")
        build: Any = SimpleNamespace(home=root, words={"l/": "Words."}, edition=False, files={file_name("l/"): b""})
        add_tags(page, build, "l/", "3 Loss", False)
        found = r'<meta (?:property|name)="((?:og|twitter):[^"]*)" content="([^"]*)">'
        return dict(re.findall(found, tree.written(page)))

    assert tags(ADDRESS) == {
        "og:type": "article",
        "og:site_name": "backprop",
        "og:title": "3 Loss",
        "og:description": "Words.",
        "og:url": f"{ADDRESS}l/",
        "og:image": f"{ADDRESS}assets/cards/l.png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "3 Loss: Words.",
        "twitter:card": "summary_large_image",
    }
    assert "og:image" not in tags(None)
    assert "og:url" not in tags(None)
