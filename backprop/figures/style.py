"""Define how figures look, and turn them into SVG that belongs to a page.

Ink takes the colour of the text around it, so that one file serves light and dark pages. Two colours have a meaning in
every figure: blue stands for the forward pass (values) and orange for the backward pass (errors, gradients).
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any

import matplotlib as mpl
from matplotlib import _mathtext
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import StrMethodFormatter
from matplotlib.transforms import Bbox

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

_FAMILY = "'STIX Two Text', 'STIX Two Math', STIXGeneral, serif"

#: Width in inches of a plot, and of a diagram or several panels in a row. A page shows ten points as one em, so letters
#: of ten points are as large as those of the text, and they are still legible on a telephone, where a plot is shrunk.
WIDTH, WIDE = 4.8, 5.6

#: The columns that describe the spread of many runs.
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


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house style inside a ``with`` block.

    Superscripts and subscripts would have 0.7 of the size of the letters, which is too small on a telephone. There is
    no public setting for this factor.
    """
    before = _mathtext.SHRINK_FACTOR
    _mathtext.SHRINK_FACTOR = 0.8
    try:
        with mpl.rc_context(STYLE):
            yield
    finally:
        _mathtext.SHRINK_FACTOR = before


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
        """Reject a figure without words, or an experiment's figure without its numbers.

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

    def laid_out(self) -> Canvas:
        """Return the drawing with its axes laid out; this is done once, so that every picture of it is the same."""
        if isinstance(self.canvas.get_layout_engine(), ConstrainedLayoutEngine):
            self.canvas.draw_without_rendering()
            self.canvas.set_layout_engine("none")
        return self.canvas


def roomy(drawing: Canvas) -> None:
    """Leave room on the left for long labels: a page's letters are a little wider than those measured here.

    Args:
        drawing: what `canvas` returned.
    """
    engine: Any = drawing.get_layout_engine()
    engine.set(rect=(0.03, 0, 0.97, 1))


def canvas(height: float, width: float = WIDTH) -> Canvas:
    """Make an empty drawing in the house style.

    Args:
        height: the height in inches.
        width: the width in inches.

    Returns:
        The drawing.
    """
    return Canvas(figsize=(width, height))


def thousands(axes: Axes) -> None:
    """Write the numbers along a linear axis of epochs as the text does, 10,000.

    Args:
        axes: whose horizontal axis it is.
    """
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def svg(figure: Figure) -> str:
    """Write a figure as SVG that can stand in a page.

    The same figure gives the same bytes. Its ids begin with its name, so that several figures can share a page.

    Args:
        figure: the figure, drawn inside ``with house_style():``.

    Returns:
        An svg element with title and description.
    """
    view_box, content = _vector(figure, figure.name)
    return _spoken(figure, view_box, content)


def page_svg(figure: Figure, whole: str) -> str:
    """Write a figure for a page: several panels in a row as one picture each, so that a narrow page can stack them.

    Args:
        figure: the figure, drawn inside ``with house_style():``.
        whole: what `svg` returned for it, which need not be drawn again.

    Returns:
        The whole, or a div with an svg element for each panel. Only the first has the title and the
        description. Each has its width in points as the custom property ``--bp-width``, and the div has that of the
        widest as ``--bp-widest``.
    """
    panels = _panels(figure.laid_out())
    if len(panels) < 2:
        return _sized(whole)
    parts = []
    for n, (shown, box) in enumerate(panels):
        for axes in figure.canvas.axes:
            axes.set_visible(axes in shown)
        view_box, content = _vector(figure, f"{figure.name}-{n}", box)
        parts.append(_spoken(figure, view_box, content) if n == 0 else f'<svg {view_box} aria-hidden="true">{content}')
    for axes in figure.canvas.axes:
        axes.set_visible(True)
    widest = max(box.width for _, box in panels) * 72
    return f'<div class="panels" style="--bp-widest: {widest:g}">{"".join(map(_sized, parts))}</div>'


def _panels(drawing: Canvas) -> list[tuple[list[Axes], Bbox]]:
    """Cut a drawing between its panels; those of one row end at one height, so that a page can align them.

    Args:
        drawing: a drawing made with ``subplots``.

    Returns:
        Row by row, a panel with its colour bar and its box in inches; nothing if all panels stand in one column.
    """
    cells: dict[tuple[int, int], list[Axes]] = {}
    place = (0, 0)
    for axes in drawing.axes:
        spec = axes.get_subplotspec()
        place = place if spec is None else (spec.rowspan.start, spec.colspan.start)  # a colour bar follows its panel
        cells.setdefault(place, []).append(axes)
    inches = drawing.dpi_scale_trans.inverted()
    boxes = {
        place: Bbox.union([box for axes in cell if (box := axes.get_tightbbox())]).transformed(inches).padded(0.04)
        for place, cell in cells.items()
    }
    columns = sorted({column for _, column in cells})
    if len(columns) < 2:
        return []
    ends = {
        c: (min(boxes[p].x0 for p in boxes if p[1] == c), max(boxes[p].x1 for p in boxes if p[1] == c)) for c in columns
    }
    cuts = [(ends[here][1] + ends[there][0]) / 2 for here, there in pairwise(columns)]
    sides = dict(zip(columns, pairwise([0, *cuts, drawing.bbox_inches.x1]), strict=True))
    return [
        (
            cell,
            Bbox.from_extents(sides[c][0], min(boxes[p].y0 for p in boxes if p[0] == r), sides[c][1], boxes[r, c].y1),
        )
        for (r, c), cell in sorted(cells.items())
    ]


def _sized(text: str) -> str:
    """Tell the page how wide the picture is, and leave the choice of the font to it."""
    width = re.search(r'viewBox="\S+ \S+ (\S+)', text)
    if width is None:
        raise ValueError(f"the SVG begins {text[:60]!r}; expected a viewBox of four numbers")
    text = text.replace(f"; font-family: {_FAMILY}", "")
    return text.replace("<svg ", f'<svg style="--bp-width: {width[1]}" ', 1)


def _spoken(figure: Figure, view_box: str, content: str) -> str:
    """Open an svg element with title and description."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {view_box} '
        f'role="img" aria-labelledby="{figure.name}-title {figure.name}-desc">\n'
        f'<title id="{figure.name}-title">{escape(figure.title)}</title>\n'
        f'<desc id="{figure.name}-desc">{escape(figure.description)}</desc>{content}'
    )


def _vector(figure: Figure, name: str, box: Bbox | None = None) -> tuple[str, str]:
    """Write a drawing, or the part in a box given in inches, as its viewBox and what follows the opening tag."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": figure.name}):
        figure.laid_out().savefig(buffer, format="svg", bbox_inches=box, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)  # it would style the page as well
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", text))
    used = {one or other for one, other in used}
    text = re.sub(r' id="([^"]*)"', lambda m: m.group() if m[1] in used else "", text)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r"(url\(#|href=\"#)", rf"\g<1>{name}-", text)
    text = re.sub(r' transform="rotate\(-?0 [^"]*"', "", text)
    text = text.replace("'STIXGeneral'", _FAMILY)
    for colour, css in _CSS.items():
        text = text.replace(colour, css)
    text = re.sub(r"<[^>]*>", lambda tag: _LONG.sub(lambda n: f"{float(n.group()):.2f}", tag.group()), text)
    text = re.sub(r"\s+", " ", text)
    view_box = re.search(r'viewBox="[^"]*"', text)
    if view_box is None:
        raise ValueError(f"figure {name!r}: the SVG has no viewBox; expected one from matplotlib")
    return view_box.group(), text[text.index(">") + 1 :]


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
        figure: the figure, drawn inside ``with house_style():``.

    Returns:
        The picture, 200 dots to the inch; the same figure gives the same bytes.
    """
    buffer = io.BytesIO()
    figure.laid_out().savefig(buffer, format="png", dpi=200, facecolor=PAPER, metadata={"Software": None})
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
