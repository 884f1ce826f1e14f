"""The picture that previews show beside a link to a page: its title, an equation, its first words."""

import io
from collections.abc import Iterable
from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser

from builder.beside.files import kept
from builder.state import Build

INK, QUIET, FORWARD = "#1c1b19", "#5f5b54", "#1f5fa8"
FONT = "STIXGeneral"
WIDTH, HEIGHT = 1200, 630


def file_name(url: str) -> str:
    """Name the file of a page's card; both addresses are relative to the site's root.

    Examples:
        >>> file_name("derivation/loss/"), file_name("")
        ('assets/cards/derivation-loss.png', 'assets/cards/home.png')
    """
    return f"assets/cards/{url.strip('/').replace('/', '-') or 'home'}.png"


def readable(formulas: Iterable[str]) -> str:
    r"""Choose the first formula that Matplotlib can set, written on one line; "" if there is none.

    Examples:
        >>> readable([r"\begin{cases} 1 \end{cases}", r"\delta =" "\n" r"\partial C/\partial z"])
        '\\delta = \\partial C/\\partial z'
    """
    for formula in formulas:
        line = " ".join(formula.split())
        try:
            MathTextParser("path").parse(f"${line}$")
        except ValueError:
            continue
        return line
    return ""


def draw(name: str, title: str, formula: str, words: str) -> bytes:
    """Draw a card."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)  # so that it can measure its letters

    def write(x: float, y: float, text: str, size: float, color: str, **place: Any) -> None:
        written = figure.text(x, y, text, size=size, color=color, family=FONT, math_fontfamily="stix", **place)
        width = written.get_window_extent().width
        written.set_fontsize(size * min(1, 0.88 * WIDTH / width))

    if title != name:
        write(0.06, 0.87, name, 28, QUIET)
    write(0.06, 0.79, fill(title, 32), 50, INK, va="top", parse_math=False)
    if formula:
        write(0.5, 0.45, f"${formula}$", 44, FORWARD, ha="center", va="center")
    write(0.06, 0.09, fill(words, 76), 24, QUIET, va="bottom", parse_math=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def add(build: Build, name: str, url: str, title: str, formulas: Iterable[str]) -> None:
    """Add a page's card to the files beside the pages: drawn, or kept from a build that drew the same."""
    seen = (name, title, readable(formulas), build.words[url])
    made_from = (Path(__file__).read_text(encoding="utf-8"), *seen)
    build.files[file_name(url)] = kept(build.made / "cards", ".png", made_from, lambda: draw(*seen))
