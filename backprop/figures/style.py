"""How figures look, and how they become SVG that belongs to a page.

Ink takes the colour of the text around it, so that one file serves light and dark pages. Two colours have a meaning,
everywhere: blue for what goes forward (values), orange for what goes backward (errors, gradients).
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas

# Colours that occur nowhere else, so that they can be found again in the SVG.
INK, PAPER, FORWARD, BACKWARD = "#010203", "#fdfcfb", "#1f5fa8", "#c2571a"
_CSS = {
    INK: "currentColor",
    PAPER: "var(--bp-paper, #ffffff)",
    FORWARD: f"var(--bp-forward, {FORWARD})",
    BACKWARD: f"var(--bp-backward, {BACKWARD})",
}

_PLAIN = {INK: "#1c1b19", PAPER: "#fffefb"}

_LONG = re.compile(r"-?\d+\.\d{3,}")

#: Width of a figure in inches; its text is set for this size.
WIDTH = 5.6

#: The columns that say where many runs lie.
SPREAD = ("low", "median", "high")

STYLE: Any = {
    "font.family": "STIXGeneral",
    "font.size": 10,
    "mathtext.fontset": "stix",
    "svg.fonttype": "none",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "patch.linewidth": 0.8,
}


@dataclass(frozen=True)
class Figure:
    """A drawing with the words that belong to it.

    Attributes:
        name: the stem of its file, and of its anchor on the page.
        canvas: the drawing.
        title: one sentence that states the finding.
        description: what is seen, for those who cannot see it.
        caption: what a reader needs to know besides the title; may be empty.
        experiment: the experiment whose numbers are drawn; empty for a diagram.
        table: what is drawn, as columns of equal length, for readers to download; empty for a diagram.
    """

    name: str
    canvas: Canvas
    title: str
    description: str
    caption: str = ""
    experiment: str = ""
    table: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a figure without words, or an experiment's without its numbers.

        Raises:
            ValueError: if the title or the description is empty, an experiment's table is missing, or its columns
                differ in length.
        """
        if bool(self.experiment) != bool(self.table):
            raise ValueError(f"figure {self.name!r} has experiment {self.experiment!r}; expected it with a table")
        lengths = {column: len(values) for column, values in self.table.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"figure {self.name!r}: the columns of its table differ in length: {lengths}")
        for word in ("title", "description"):
            if not getattr(self, word).strip():
                raise ValueError(f"figure {self.name!r} has an empty {word}; expected a sentence")


def canvas(height: float, width: float = WIDTH) -> Canvas:
    """Make an empty drawing in the house style.

    Args:
        height: in inches.
        width: in inches.

    Returns:
        The drawing.
    """
    return Canvas(figsize=(width, height))


def svg(figure: Figure) -> str:
    """Write a figure as SVG that can stand in a page.

    The same figure gives the same bytes. Its ids begin with its name, so that several figures can share a page.

    Args:
        figure: the figure, drawn inside ``mpl.rc_context(STYLE)``.

    Returns:
        An svg element with title and description.
    """
    buffer = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": figure.name}):
        figure.canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)  # it would style the page as well
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", text))
    used = {one or other for one, other in used}
    text = re.sub(r' id="([^"]*)"', lambda m: m.group() if m[1] in used else "", text)
    text = re.sub(r'\bid="', f'id="{figure.name}-', text)
    text = re.sub(r"(url\(#|href=\"#)", rf"\g<1>{figure.name}-", text)
    text = text.replace("'STIXGeneral'", "'STIX Two Text', 'STIX Two Math', STIXGeneral, serif")
    for colour, css in _CSS.items():
        text = text.replace(colour, css)
    text = re.sub(r"<[^>]*>", lambda tag: _LONG.sub(lambda n: f"{float(n.group()):.2f}", tag.group()), text)
    text = re.sub(r"\s+", " ", text)
    view_box = re.search(r'viewBox="[^"]*"', text)
    if view_box is None:
        raise ValueError(f"figure {figure.name!r}: the SVG has no viewBox; expected one from matplotlib")
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {view_box.group()} '
        f'role="img" aria-labelledby="{figure.name}-title {figure.name}-desc">\n'
        f'<title id="{figure.name}-title">{escape(figure.title)}</title>\n'
        f'<desc id="{figure.name}-desc">{escape(figure.description)}</desc>'
    )
    return re.sub(r"<svg.*?>", lambda _: opening, text, count=1, flags=re.DOTALL)


def standalone(text: str) -> str:
    """Give an SVG its own ink and paper, for places that have no page around it.

    Args:
        text: what `svg` returned.

    Returns:
        The same picture, dark on light whatever surrounds it, in plain colours that every program reads.
    """
    for colour, css in _CSS.items():
        text = text.replace(css, _PLAIN.get(colour, colour))
    return text.replace("<svg ", f'<svg style="background: {_PLAIN[PAPER]}" ', 1)


def png(figure: Figure) -> bytes:
    """Write a figure as PNG, dark on light, for documents that take no SVG.

    Args:
        figure: the figure, drawn inside ``mpl.rc_context(STYLE)``.

    Returns:
        The picture, 200 dots to the inch; the same figure gives the same bytes.
    """
    buffer = io.BytesIO()
    figure.canvas.savefig(buffer, format="png", dpi=200, facecolor=PAPER, metadata={"Software": None})
    return buffer.getvalue()


def csv_text(table: Mapping[str, Sequence[Any]]) -> str:
    """Write a figure's table as CSV.

    Args:
        table: columns of equal length; None where a number is missing.

    Returns:
        A line of names and a line for each row.

    Examples:
        >>> from backprop.figures.style import csv_text
        >>> print(csv_text({"epoch": [0, 500], "loss": [0.25, None]}), end="")
        epoch,loss
        0,0.25
        500,
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return buffer.getvalue()


def stacked_rows(*parts: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Put tables under one another.

    Args:
        *parts: tables with the same columns; a column may be one value that stands for all rows of its part.

    Returns:
        One table.

    Examples:
        >>> from backprop.figures.style import stacked_rows
        >>> stacked_rows({"eta": 0.1, "epoch": [0, 1]}, {"eta": 1.0, "epoch": [0]})
        {'eta': [0.1, 0.1, 1.0], 'epoch': [0, 1, 0]}
    """
    rows: dict[str, list[Any]] = {column: [] for column in parts[0]}
    for part in parts:
        length = max(len(values) for values in part.values() if isinstance(values, list | tuple))
        for column, values in part.items():
            rows[column] += values if isinstance(values, list | tuple) else [values] * length
    return rows
