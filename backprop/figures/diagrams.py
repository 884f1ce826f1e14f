r"""A diagram for every chapter, the network of the home page, and the network of the worked example.

The diagrams share one language. A unit is a capsule with its pre-activation $z$ on the left, its activation $a$ on the
right and the activation function between them. The forward pass is blue and solid, and the backward pass is orange and
dashed. If both lie along one connection, the same weight serves in both passes. Coordinates are points, counted from
the lower left corner. Every curve and every number is computed by the steps of the derivation.
"""

from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from matplotlib.patches import Circle, PathPatch, Polygon
from matplotlib.path import Path

import backprop
from backprop import derivation as step
from backprop.figures.style import BACKWARD, FORWARD, INK, PAPER, WIDE, Figure, canvas

_DASHES: Any = (0, (4, 2.2))
_DOTS: Any = (0, (1, 2))
_THIN = 0.6


class Unit(NamedTuple):
    """The place of a unit: a capsule, or a circle if it is no wider than high.

    Attributes:
        x: its centre, in points.
        y: its centre, in points.
        half: half of its width.
        r: half its height, which is the radius of its ends.
    """

    x: float
    y: float
    half: float = 15
    r: float = 15


def sheet(height: float) -> tuple[Canvas, Axes]:
    """Make an empty drawing whose coordinates are points.

    Args:
        height: the height in points.

    Returns:
        The drawing and the axes that fill it.
    """
    drawing, (axes,) = sheets(height, 1)
    return drawing, axes


def sheets(height: float, count: int) -> tuple[Canvas, list[Axes]]:
    """Make an empty drawing of equal panels side by side, which a narrow page stacks; coordinates run through all.

    Args:
        height: the height in points.
        count: how many panels.

    Returns:
        The drawing and the panels' axes.
    """
    drawing = canvas(height / 72, WIDE)
    drawing.set_layout_engine("none")
    fills = {"left": 0, "right": 1, "bottom": 0, "top": 1, "wspace": 0}
    panels = list(drawing.subplots(1, count, squeeze=False, gridspec_kw=fills).flat)
    for n, axes in enumerate(panels):
        axes.set(xlim=(n / count * WIDE * 72, (n + 1) / count * WIDE * 72), ylim=(0, height))
        axes.set_axis_off()
    return drawing, panels


def scale(low: float, high: float, start: float, end: float) -> Callable[[Any], Any]:
    """Make a ruler that turns numbers into points.

    Args:
        low: a number.
        high: a larger one.
        start: the point of `low`.
        end: the point of `high`.

    Returns:
        The ruler, a function.
    """
    return lambda value: start + (np.asarray(value, dtype=float) - low) * (end - start) / (high - low)


def number(value: float, decimals: int = 4) -> str:
    """Write a number with a proper minus.

    Args:
        value: the number.
        decimals: the largest number of decimals; zeros at the end are left out.

    Returns:
        The text.
    """
    return np.format_float_positional(value, decimals, trim="-").replace("-", "−")


def fixed(value: float, decimals: int) -> str:
    """Write a number with a proper minus and a given number of decimals.

    Args:
        value: the number.
        decimals: how many.

    Returns:
        The text.
    """
    return f"{value:.{decimals}f}".replace("-", "−")


def label(
    axes: Axes, x: float, y: float, text: str, colour: str = INK, size: float = 12, ha: Any = "center", box: float = 0
) -> None:
    """Write a word, a number or a symbol.

    Args:
        axes: where.
        x: the position in points of the left end, the middle or the right end of the text, as `ha` specifies.
        y: the position in points of half the height of its letters.
        text: plain, or mathematics between dollars.
        colour: the colour of the text.
        size: the size of the letters in points.
        ha: "left", "center" or "right".
        box: the width of the margin around it that is cleared, in letters; 0 for none.
    """
    ground = {"boxstyle": f"square,pad={box}", "facecolor": PAPER, "edgecolor": "none"} if box else None
    axes.text(x, y - 0.27 * size, text, color=colour, size=size, ha=ha, va="baseline", bbox=ground)


def labels(axes: Axes, x: float, y: float, parts: Sequence[tuple[str, str]], size: float = 12) -> None:
    """Write a centred line of several colours.

    Args:
        axes: where.
        x: the middle of the line, in points.
        y: the position in points of half the height of its letters.
        parts: texts with their colours.
        size: the size of the letters in points.
    """
    parser, font = MathTextParser("path"), FontProperties(family="STIXGeneral", size=size)
    widths = [parser.parse(text, 72, font).width for text, _ in parts]
    left = x - sum(widths) / 2
    for (text, colour), width in zip(parts, widths, strict=True):
        label(axes, left, y, text, colour, size, ha="left")
        left += width


def line(axes: Axes, x: Any, y: Any, width: float = _THIN, colour: str = INK, style: Any = "solid") -> None:
    """Draw a line through points.

    Args:
        axes: where.
        x: coordinates in points.
        y: coordinates in points.
        width: the width of the line.
        colour: the colour of the line.
        style: "solid" or dashes.
    """
    axes.plot(x, y, color=colour, linewidth=width, linestyle=style)


def arrow(axes: Axes, start: Any, end: Any, colour: str = FORWARD, width: float = 1.1, head: float = 5.5) -> None:
    """Draw a straight arrow, dashed in the backward pass.

    Args:
        axes: where.
        start: two coordinates in points.
        end: two coordinates in points.
        colour: `FORWARD`, `BACKWARD` or `INK`.
        width: the width of the line in points.
        head: the length of the head; 0 for none.
    """
    p, q = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    along = (q - p) / np.hypot(*(q - p))
    across = np.array([-along[1], along[0]])
    path = Path(np.array([p, q - 0.8 * head * along]))
    style = _DASHES if colour == BACKWARD else "solid"
    axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=width, linestyle=style, clip_on=False))
    if head:
        base = q - head * along
        corners = [q, base + 0.36 * head * across, base - 0.36 * head * across]
        axes.add_patch(Polygon(corners, facecolor=colour, edgecolor="none", clip_on=False))


def edge(axes: Axes, tail: Unit, tip: Unit, shift: float = 0, **how: Any) -> np.ndarray:
    """Draw the connection of two units.

    Args:
        axes: where.
        tail: the unit on the left.
        tip: the unit on the right.
        shift: how far to move it upwards, in points.
        how: further arguments of `arrow`; in the colour `BACKWARD` it runs from tip to tail.

    Returns:
        Its two ends, the left one first, in points.
    """
    p = np.array([tail.x + tail.half - tail.r, tail.y])
    q = np.array([tip.x - tip.half + tip.r, tip.y])
    along = (q - p) / np.hypot(*(q - p))
    aside = shift * np.array([-along[1], along[0]])
    gap = 2.5 if how.get("head", 1) else 0
    ends = np.array([p + (tail.r + gap) * along + aside, q - (tip.r + gap) * along + aside])
    arrow(axes, *(ends[::-1] if how.get("colour") == BACKWARD else ends), **how)
    return ends


def lanes(axes: Axes, tail: Unit, tip: Unit, weight: str = "", upper: str = FORWARD) -> None:
    """Draw the connection of two units with both its directions, and the weight that serves both.

    Args:
        axes: where.
        tail: the unit on the left.
        tip: the unit on the right.
        weight: its symbol; may be empty.
        upper: which direction is the upper one.
    """
    lower = BACKWARD if upper == FORWARD else FORWARD
    ends = [edge(axes, tail, tip, 3.5, colour=upper), edge(axes, tail, tip, -3.5, colour=lower)]
    if weight:
        x, y = np.mean(ends, axis=(0, 1))
        axes.add_patch(Circle((x, y), 10, facecolor=PAPER, edgecolor="none"))
        label(axes, x, y, weight)


def circle(axes: Axes, unit: Unit, text: str = "", size: float = 12) -> Unit:
    """Draw a unit, or a number, as a circle.

    Args:
        axes: where.
        unit: its place.
        text: what stands in it.
        size: the size of the text.

    Returns:
        Its place.
    """
    axes.add_patch(Circle((unit.x, unit.y), unit.r, facecolor=PAPER, edgecolor=INK, linewidth=_THIN))
    if text:
        label(axes, unit.x, unit.y, text, size=size)
    return unit


def capsule(axes: Axes, unit: Unit, z: str, a: str, bend: str = r"$\sigma$", size: float = 14) -> Unit:
    """Draw a unit with its pre-activation, its activation function and its activation.

    Args:
        axes: where.
        unit: its place.
        z: its pre-activation.
        a: its activation.
        bend: the name of its activation function; if empty, a line stands between z and a.
        size: the size of z and a.

    Returns:
        Its place.
    """
    x, y, half, r = unit
    k = 0.5523 * r  # makes the curve a circle
    right = [(half - r, r), (half - r + k, r), (half, k), (half, 0), (half, -k), (half - r + k, -r), (half - r, -r)]
    left = [(-dx, -dy) for dx, dy in right]
    corners = np.add([*right, *left, right[0]], (x, y))
    codes = [Path.MOVETO, *[Path.CURVE4] * 6, Path.LINETO, *[Path.CURVE4] * 6, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(corners, codes), facecolor=PAPER, edgecolor=INK, linewidth=_THIN))
    label(axes, x - half / 2, y, z, size=size)
    label(axes, x + half / 2, y, a, size=size)
    if bend:
        arrow(axes, (x - half / 2 + 11, y), (x + half / 2 - 10, y))
        label(axes, x, y + 9, bend)
    else:
        line(axes, (x, x), (y - r, y + r), 0.4)
    return unit


def derivative_back(axes: Axes, unit: Unit, dc_dz: str, derivative: str, dc_da: str, left: float = 24) -> None:
    """Write below a unit how its derivative leads from the gradient with respect to a to that with respect to z.

    Args:
        axes: where.
        unit: its place.
        dc_dz: what stands below z.
        derivative: what stands at the arrow.
        dc_da: what stands below a.
        left: the width of `dc_dz` to the right of its middle, in points.
    """
    x, y, half, r = unit
    y -= r + 14
    label(axes, x - half / 2, y, dc_dz, BACKWARD)
    label(axes, x + half / 2, y, dc_da, BACKWARD)
    start, end = x + half / 2 - 24, x - half / 2 + left
    arrow(axes, (start, y), (end, y), BACKWARD, 1.3)
    label(axes, (start + end) / 2, y - 13, derivative, BACKWARD)


def columns(
    widths: Sequence[int], xs: Sequence[float], y: float, gap: float, sizes: Sequence[tuple[float, float]]
) -> list[list[Unit]]:
    """Place the units of a network in columns.

    Args:
        widths: the numbers of units, such as `Model.widths`.
        xs: the columns' centres, in points.
        y: the middle of every column.
        gap: between the centres of neighbours.
        sizes: half width and half height of each column's units.

    Returns:
        The places, column by column, each from top to bottom.
    """
    return [
        [Unit(x, y + gap * ((d - 1) / 2 - i), *size) for i in range(d)]
        for d, x, size in zip(widths, xs, sizes, strict=True)
    ]


def network(axes: Axes, places: Sequence[Sequence[Unit]], texts: Any = None, at: float = 0.3, **how: Any) -> None:
    """Connect every unit with every unit of the next column.

    Args:
        axes: where.
        places: what `columns` returned.
        texts: for each layer a matrix of labels, (in, out), or None for none.
        at: how far along a slanting connection its label stands, from 0 (left) to 1 (right).
        how: further arguments of `arrow`.
    """
    colour = BACKWARD if how.get("colour") == BACKWARD else INK
    marks = []
    for layer, (here, there) in enumerate(pairwise(places)):
        for i, j in np.ndindex(len(here), len(there)):
            start, end = edge(axes, here[i], there[j], **how)
            if texts:
                level = start[1] == end[1]
                marks.append((start + (0.5 if level else at) * (end - start) + (0, 8 * level), texts[layer][i][j]))
    for (x, y), text in marks:
        label(axes, x, y, text, colour, 12, box=0.15)


def gradient_descent() -> Figure:
    """Draw steps of gradient descent, each proportional to the derivative of the loss.

    Returns:
        The figure.
    """

    def bowl(theta: Any) -> Any:
        return theta**2 + 0.9

    theta = [2.0]
    for _ in range(3):
        derivative = step.complex_step(bowl, np.array(theta[-1]))
        theta.append(float(step.gradient_descent_step(np.array(theta[-1]), derivative, eta=0.2)))
    derivative = step.complex_step(bowl, np.array(theta[0]))
    drawing, axes = sheet(222)
    px, py = scale(-2.2, 3.2, 14, 385), scale(0, 6.6, 36, 212)
    t = np.linspace(-2.1, 2.35, 60)
    line(axes, px(t), py(bowl(t)), 1.2)
    label(axes, px(-1.75), py(bowl(2.1)), r"$L(\theta)$", ha="left")
    arrow(axes, (14, 36), (385, 36), INK, _THIN, 5)
    label(axes, 394, 36, r"$\theta$")
    t = np.array([1.35, 2.45])
    line(axes, px(t), py(bowl(theta[0]) + derivative * (t - theta[0])), 1.5, BACKWARD, _DASHES)
    label(axes, px(2.3), py(5.4), r"slope $\partial L/\partial\theta$", BACKWARD, ha="left")
    for k, place in enumerate(theta):
        x, y = float(px(place)), float(py(bowl(place)))
        line(axes, (x, x), (36, y), 0.5, style=_DOTS)
        axes.plot(x, y, "o", color=INK, markersize=5)
        label(axes, x, 22, rf"$\theta^{k}$")
    for here, there in pairwise(theta):
        arrow(axes, (px(here), 46), (px(there), 46), INK)
    words = [(r"$-\eta\,$", INK), (r"$\partial L/\partial\theta$", BACKWARD)]
    labels(axes, px((theta[0] + theta[1]) / 2), 59, words)
    return Figure(
        name="diagram-gradient-descent",
        canvas=drawing,
        title="Each step goes in the direction of the negative gradient, and it shrinks as the gradient shrinks.",
        description=(
            "A bowl-shaped curve shows the loss L as a function of one parameter θ. From θ⁰, high on the right, three "
            "arrows above the axis lead left to θ¹, θ² and θ³, each shorter than the one before, towards the minimum. "
            "At θ⁰ a tangent, dashed and orange, has the slope ∂L/∂θ. The first arrow is marked −η ∂L/∂θ."
        ),
    )


def numerical_derivatives() -> Figure:
    """Draw the slope of a secant, a numerical derivative, beside that of the tangent.

    Returns:
        The figure.
    """
    f, x, h = np.exp, np.array(0.0), 0.9
    left, right, end = x - h, x + h, 1.42
    true = f(x) + step.complex_step(f, x) * (np.array([-1.2, end]) - x)
    measured = f(left) + step.central_difference(f, x, h) * (np.array([-1.2, end]) - left)
    drawing, axes = sheet(212)
    px, py = scale(-1.35, 1.45, 24, 288), scale(-0.4, 4.2, 34, 202)
    t = np.linspace(-1.35, 1.4, 60)
    line(axes, px(t), py(f(t)), 1.3, FORWARD)
    label(axes, px(end) + 4, py(f(1.4)), "$f$", FORWARD, ha="left")
    arrow(axes, (14, 34), (390, 34), INK, _THIN, 5)
    line(axes, px([-1.2, end]), py(true), 0.9)
    line(axes, px([-1.2, end]), py(measured), 1.5, BACKWARD, _DASHES)
    label(axes, px(end) + 6, py(measured[1]) + 1, "secant: numerical", BACKWARD, ha="left")
    label(axes, px(end) + 6, py(true[1]) + 1, "tangent: exact", ha="left")
    line(axes, px([left, right, right]), py(f([left, left, right])), 0.5)
    label(axes, px(h / 2), py(f(left)) - 9, "$2h$")
    label(axes, px(right) + 6, py(1.15), r"$f\,(x+h)-f\,(x-h)$", ha="left")
    for place, name, colour in ((left, "$x-h$", FORWARD), (x, "$x$", INK), (right, "$x+h$", FORWARD)):
        line(axes, px([place, place]), (34, py(f(place))), 0.5, style=_DOTS)
        axes.plot(px(place), py(f(place)), "o", color=colour, markersize=5)
        label(axes, px(place), 20, name)
    return Figure(
        name="diagram-numerical-derivatives",
        canvas=drawing,
        title="The secant through two neighbouring points has almost the same slope as the tangent.",
        description=(
            "A rising curve f is drawn in blue, with the points x − h, x and x + h on the axis below. The tangent at x "
            "is a thin line. The secant through the two outer points, dashed and orange, runs above it and is slightly "
            "steeper, and a right angle under it shows its run 2h and its rise f(x + h) − f(x − h)."
        ),
    )


def loss() -> Figure:
    """Draw three errors and the contributions that add up to the loss.

    Returns:
        The figure.
    """
    y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.3], [0.4], [0.1]])
    contributions = step.mse_contributions(y, y_hat)
    total = float(step.total_loss(contributions))
    ends = np.cumsum([0.0, *contributions])
    drawing, axes = sheet(176)
    px, pc = scale(0, 1, 60, 180), scale(0, total, 246, 356)
    words = [(r"prediction $\hat y^{\,n}$", FORWARD), (", target $y^n$", INK)]
    labels(axes, 120, 164, words)
    label(axes, 301, 164, "contribution $C^n$")
    for n, contribution in enumerate(contributions):
        row = 134 - 32 * n
        label(axes, 12, row, f"$n={n + 1}$", ha="left")
        line(axes, px([0, 1]), (row, row), 0.4)
        line(axes, px([y_hat[n, 0], y[n, 0]]), (row, row), 1.8, BACKWARD, (0, (2.2, 1.2)))
        axes.plot(px(y[n]), row, "D", color=INK, markersize=6, markerfacecolor=PAPER)
        axes.plot(px(y_hat[n]), row, "o", color=FORWARD, markersize=6.5)
        _bar(axes, pc(ends[n]), pc(ends[n + 1]), row)
        line(axes, pc(ends[[n + 1, n + 1]]), (row - 8, row - 24), 0.5, style=_DOTS)
        label(axes, 366, row, number(float(contribution)), ha="left")
    label(axes, 60, 50, "0")
    label(axes, 180, 50, "1")
    label(axes, 234, 24, "$L=C^1+C^2+C^3$", ha="right")
    _bar(axes, pc(0), pc(total), 24)
    line(axes, pc([total, total]), (32, 62), 0.5, style=_DOTS)
    label(axes, 366, 24, number(total), ha="left")
    return Figure(
        name="diagram-loss",
        canvas=drawing,
        title="Each example adds its contribution to the loss, and a large error adds far more than a small one.",
        description=(
            "There are three rows, one for each example. On the left, a line from 0 to 1 shows the prediction (blue "
            "dot) and the target (diamond), with the error between them dashed in orange. The error grows from row to "
            f"row. On the right, the contributions are bars of {_row(contributions.tolist(), number)}, each beginning "
            f"where the one above ends. A last bar, the loss, is as long as all three together, {number(total)}."
        ),
    )


def _bar(axes: Axes, left: float, right: float, y: float) -> None:
    corners = [(left, y - 7), (right, y - 7), (right, y + 7), (left, y + 7)]
    axes.add_patch(Polygon(corners, facecolor=FORWARD, alpha=0.22, edgecolor="none"))
    axes.add_patch(Polygon(corners, fill=False, edgecolor=FORWARD, linewidth=0.9))


def activations() -> Figure:
    """Draw the four activation functions beside their derivatives.

    Returns:
        The figure.
    """
    z, ends, tiny = np.linspace(-4, 4, 81), np.array([-4.0, 4.0]), 1e-9
    jump = np.array([-4, 0, np.nan, tiny, 4])
    curves: tuple[tuple[Any, np.ndarray, Any, np.ndarray, float, Any], ...] = (
        (step.identity, np.array([-1.3, 2.1]), step.identity_derivative, ends, 0.6, "solid"),
        (step.relu, np.array([-4, 0, 2.1]), step.relu_derivative, jump, 1.6, (0, (5, 2))),
        (step.tanh, z, step.tanh_derivative, z, 1.2, (0, (6, 1.5, 1.2, 1.5))),
        (step.sigmoid, z, step.sigmoid_derivative, z, 1.8, "solid"),
    )
    drawing, (values, derivatives) = sheets(226, 2)
    left, right = scale(-4, 4, 24, 190), scale(-4, 4, 230, 396)
    value, derivative = scale(-1.3, 2.1, 28, 194), scale(-0.12, 1.2, 28, 194)
    for axes, px, py, ticks in ((values, left, value, (-1, 0, 1)), (derivatives, right, derivative, (0, 0.25, 1))):
        line(axes, px(ends), py([0, 0]), 0.4)
        line(axes, px([0, 0]), py([ticks[0], ticks[2]]), 0.4)
        for tick in ticks:
            label(axes, px(-4) - 6, py(tick), {0.25: "¼"}.get(tick, number(tick)), size=10.5, ha="right")
        for tick in (-4, 0, 4):
            label(axes, px(tick), 10, "$z=0$" if tick == 0 else number(tick), size=10.5)
    line(derivatives, right([-4, 0]), derivative([0.25, 0.25]), 0.5, style=_DOTS)
    for phi, z_value, phi_derivative, z_derivative, width, style in curves:
        line(values, left(z_value), value(phi(z_value)), width, style=style)
        line(derivatives, right(z_derivative), derivative(phi_derivative(z_derivative)), width, style=style)
    derivatives.plot(right(0), derivative(step.sigmoid_derivative(np.array(0.0))), "o", color=INK, markersize=5)
    label(values, 24, 214, r"value $\varphi(z)$", size=11, ha="left")
    label(derivatives, 230, 214, r"derivative $\varphi′(z)$", size=11, ha="left")
    for axes, px, py, x, y, text, ha in (
        (values, left, value, -1.1, 0.44, r"$\sigma$", "right"),
        (values, left, value, -1.9, -0.72, "tanh", "right"),
        (values, left, value, 1.3, 1.75, "ReLU", "right"),
        (values, left, value, -0.85, -1.2, "identity", "left"),
        (derivatives, right, derivative, -1.9, 0.19, r"$\sigma\,′$", "right"),
        (derivatives, right, derivative, -1.05, 0.6, "tanh′", "right"),
        (derivatives, right, derivative, 2.4, 0.92, "ReLU′", "center"),
        (derivatives, right, derivative, -2.5, 1.08, "identity′", "center"),
    ):
        label(axes, px(x), py(y), text, size=10.5, ha=ha)
    return Figure(
        name="diagram-activations",
        canvas=drawing,
        title="The derivative of the sigmoid never exceeds ¼, whereas those of tanh, ReLU and the identity reach 1.",
        description=(
            "Two panels have z from −4 to 4 on the axis. The left one shows the values: the sigmoid (thick) climbs "
            "from 0 to 1, tanh (dash-dotted) from −1 to 1, and ReLU (dashed) is 0 and then rises along the identity "
            "(thin straight line). The right one shows the derivatives. That of the identity is 1 everywhere, that of "
            "ReLU jumps from 0 to 1, that of tanh is a bell of height 1, and that of the sigmoid is a low bell of "
            "height ¼, marked at z = 0."
        ),
    )


def forward_pass() -> Figure:
    """Draw one unit that computes a weighted sum and applies its activation function.

    Returns:
        The figure.
    """
    drawing, axes = sheet(164)
    unit = capsule(axes, Unit(254, 90, 76, 22), "$z_j$", "$a_j$", r"$\varphi$", 15)
    for i, y in ((1, 138), (2, 42)):
        tail = circle(axes, Unit(32, y, 18, 18), f"$a_{i}$", 14)
        x, y = edge(axes, tail, unit).mean(axis=0)
        label(axes, x, y, f"$w_{{{i}j}}$", size=13, box=0.18)
    x = unit.x - unit.half / 2
    arrow(axes, (x, 32), (x, 65))
    label(axes, x, 20, "$b_j$", size=13)
    arrow(axes, (333, 90), (390, 90))
    label(axes, x - 8, 126, "weighted sum")
    label(axes, unit.x + unit.half / 2 + 8, 126, "activation function")
    return Figure(
        name="diagram-forward-pass",
        canvas=drawing,
        title="A unit computes the weighted sum of its inputs and then applies its activation function.",
        description=(
            "Two inputs, a₁ and a₂, stand on the left. Solid blue arrows over the weights w₁ⱼ and w₂ⱼ lead from them "
            "into one unit, and a third arrow brings the bias bⱼ from below. In the unit an arrow marked φ goes from "
            "the weighted sum zⱼ to the activation aⱼ, which leaves to the right."
        ),
    )


def chain_rule() -> Figure:
    """Draw one path, whose derivatives are multiplied, beside two paths, whose products are added.

    Returns:
        The figure.
    """
    drawing, (one, two) = sheets(168, 2)
    label(one, 88, 154, "one path: multiply", size=11)
    label(two, 306, 154, "two paths: add", size=11)
    w, z, c = (circle(one, Unit(x, 70), text, 13) for x, text in ((18, "$w$"), (89, "$z$"), (160, "$C$")))
    lanes(one, w, z)
    lanes(one, z, c)
    label(one, 53, 49, r"$\partial z/\partial w$", BACKWARD, 11)
    label(one, 124, 49, r"$\partial C/\partial z$", BACKWARD, 11)
    a, c = circle(two, Unit(226, 70), "$a$", 13), circle(two, Unit(386, 70), "$C$", 13)
    for k, y, side, upper in ((1, 110, 1, BACKWARD), (2, 30, -1, FORWARD)):
        z = circle(two, Unit(306, y), f"$z_{k}$", 13)
        lanes(two, a, z, upper=upper)
        lanes(two, z, c, upper=upper)
        label(two, 252, y + 3 * side, rf"$\partial z_{k}/\partial a$", BACKWARD, 11)
        label(two, 362, y + 3 * side, rf"$\partial C/\partial z_{k}$", BACKWARD, 11)
    return Figure(
        name="diagram-chain-rule",
        canvas=drawing,
        title="Derivatives along a path are multiplied, and where paths meet, the products are added.",
        description=(
            "The left half shows one path. In it, w, z and C stand in a row and are joined by solid blue arrows to "
            "the right, while dashed orange arrows lead back with the derivatives ∂C/∂z and ∂z/∂w. The right half "
            "shows two paths. There, a leads to z₁ above and to z₂ below, and both lead to C. Orange arrows lead "
            "back along both paths, each with its two derivatives, and meet at a."
        ),
    )


def output_to_hidden() -> Figure:
    """Draw where the backward pass starts.

    Returns:
        The figure.
    """
    drawing, axes = sheet(118)
    hidden = circle(axes, Unit(26, 68, 18, 18), "$a$", 14)
    unit = capsule(axes, Unit(198, 68, 92, 20), "$z$", r"$\hat y$")
    cost = circle(axes, Unit(376, 68, 18, 18), "$C$", 14)
    lanes(axes, hidden, unit, "$w$")
    lanes(axes, unit, cost)
    arrow(axes, (376, 114), (376, 89))
    label(axes, 384, 106, "$y$", ha="left")
    derivatives = (r"$\delta=\partial C/\partial z$", r"$\sigma\,′(z)$", r"$\partial C/\partial\hat y$")
    derivative_back(axes, unit, *derivatives, left=40)
    return Figure(
        name="diagram-output-to-hidden",
        canvas=drawing,
        title="The backward pass starts at the loss and first multiplies by the derivative of the output unit.",
        description=(
            "Solid blue arrows lead from left to right, from a hidden activation a over the weight w into the output "
            "unit with z, σ and ŷ, and on to C, which the target y enters from above. Dashed orange arrows show the "
            "backward pass from C to ∂C/∂ŷ below ŷ, times σ′(z) to δ = ∂C/∂z below z, and on over w."
        ),
    )


def hidden_to_hidden() -> Figure:
    """Draw the report's picture of a hidden unit that leads to two others.

    Returns:
        The figure.
    """
    drawing, axes = sheet(226)
    unit = capsule(axes, Unit(112, 120, 74, 21), "$z$", "$a$", size=15)
    for y, weight, k in ((192, "$w_3$", 1), (48, "$w_4$", 2)):
        ahead = capsule(axes, Unit(316, y, 50, 18), f"$z_{k}$", f"$a_{k}$")
        lanes(axes, unit, ahead, weight)
        lanes(axes, ahead, Unit(414, y))
        label(axes, 291, y - 32, rf"$\partial C/\partial z_{k}$", BACKWARD)
    lanes(axes, Unit(-10, 120), unit)
    derivative_back(axes, unit, r"$\partial C/\partial z$", r"$\sigma\,′(z)$", r"$\partial C/\partial a$")
    return Figure(
        name="diagram-hidden-to-hidden",
        canvas=drawing,
        title="The activation goes forward over w₃ and w₄, and the gradient is propagated back over the same weights.",
        description=(
            "A hidden unit, with z, σ and a, stands on the left. Solid blue arrows lead from a over the weight w₃ up "
            "to a unit with z₁ and over w₄ down to one with z₂. Beside each runs a dashed orange arrow in the other "
            "direction. They bring ∂C/∂z₁ over w₃ and ∂C/∂z₂ over w₄ to the unit, where the products add up to ∂C/∂a "
            "below a. One more orange arrow, marked σ′(z), leads from there to ∂C/∂z below z."
        ),
    )


def parameter_gradients() -> Figure:
    """Draw how the activation from the left and the δ from the right meet at a weight.

    Returns:
        The figure.
    """
    drawing, axes = sheet(124)
    here = capsule(axes, Unit(64, 90, 56, 20), "$z_i$", "$a_i$")
    there = capsule(axes, Unit(339, 90, 56, 20), "$z_j$", "$a_j$")
    middle = (here.x + there.x) / 2
    arrow(axes, (here.x + here.half + 3, 90), (middle - 16, 90), FORWARD, 1.4)
    arrow(axes, (there.x - there.half - 3, 90), (middle + 16, 90), BACKWARD, 1.4)
    label(axes, middle, 90, "$w_{ij}$", size=15)
    label(axes, middle - 48, 103, "$a_i$", FORWARD, 13)
    label(axes, middle + 48, 103, r"$\delta_j$", BACKWARD, 13)
    line(axes, (middle, middle), (74, 46))
    words = [(r"$\partial C/\partial w_{ij}\;=\;$", INK), ("$a_i$", FORWARD), (r"$\,\delta_j$", BACKWARD)]
    labels(axes, middle, 26, words, 15)
    return Figure(
        name="diagram-parameter-gradients",
        canvas=drawing,
        title=(
            "At every weight an activation from the left meets a δ from the right, and their product is the gradient."
        ),
        description=(
            "Two units, i on the left and j on the right, are joined by the weight wᵢⱼ in the middle. A solid blue "
            "arrow brings aᵢ from the left to the weight, and a dashed orange arrow brings δⱼ from the right. Below "
            "the weight stands their product, ∂C/∂wᵢⱼ = aᵢ δⱼ."
        ),
    )


def consequences() -> Figure:
    """Draw a network without activation functions, and the one matrix that it is.

    Returns:
        The figure.
    """
    model = backprop.Model.random([2, 3, 5, 1], activations="identity")
    one = step.collapse_linear_layers(model.weights).shape
    drawing, axes = sheet(172)
    deep = columns(model.widths, (14, 88, 162, 236), 74, 31, [(7, 7)] * 4)
    flat = columns(one, (314, 388), 74, 31, [(7, 7)] * 2)
    for places in (deep, flat):
        network(axes, places, width=0.9, head=0)
        for unit in chain.from_iterable(places):
            circle(axes, unit)
    for layer, (here, there) in enumerate(pairwise(deep), start=1):
        label(axes, (here[0].x + there[0].x) / 2, 158, f"$W_{layer}$")
    label(axes, 350, 158, "$W=W_1W_2W_3$")
    label(axes, 275, 74, "$=$", size=16)
    return Figure(
        name="diagram-consequences",
        canvas=drawing,
        title=(
            f"Without activation functions the network {'-'.join(map(str, model.widths))} computes the same as "
            f"{'-'.join(map(str, one))}."
        ),
        description=(
            f"On the left stands a fully connected network of {', '.join(map(str, model.widths))} units without "
            "activation functions, whose layers of blue lines are marked W₁, W₂ and W₃. An equals sign leads to a "
            f"network of {one[0]} inputs and {one[1]} output with a single layer of lines, marked W = W₁W₂W₃."
        ),
    )


def home() -> Figure:
    """Draw the report's network with the values of one example and one path of the backward pass.

    Returns:
        The figure.
    """
    X, y = backprop.xor()
    X, y = X[12:13], y[12:13]
    model = backprop.Model.random([2, 4, 1], seed=0)
    trace = model.forward(X)
    cost = model.loss(trace, y)
    drawing, axes = sheet(252)
    places = [
        *columns(model.widths[:1], (24,), 142, 64, [(18, 18)]),
        *columns(model.widths[1:], (156, 288), 142, 40, [(40, 13)] * 2),
        [Unit(382, 142, 18, 18)],
    ]
    network(axes, places, width=0.9, head=5)
    bottom = [column[-1] for column in places]
    for tail, tip in pairwise(bottom[1:]):
        edge(axes, tail, tip, -5, colour=BACKWARD, width=1.5)
        arrow(axes, (tail.x + 20, tail.y - 19), (tail.x - 20, tail.y - 19), BACKWARD, 1.5)
    for unit, value in zip(places[0], trace.a[0][0], strict=True):
        circle(axes, unit, number(value))
    for column, z, a in zip(places[1:], trace.z, trace.a[1:], strict=False):
        for unit, z_j, a_j in zip(column, z[0], a[0], strict=True):
            capsule(axes, unit, fixed(z_j, 2), fixed(a_j, 2), "", 12)
    circle(axes, places[-1][0], fixed(cost, 2))
    for x, text in zip((24, 136, 176, 268, 308, 382), ("X", "Z_1", "A_1", "Z_2", r"\hat Y", "L"), strict=True):
        label(axes, x, 238, f"${text}$", size=13)
    arrow(axes, (24, 30), (400, 30), FORWARD, 1.5, 7)
    arrow(axes, (400, 10), (116, 10), BACKWARD, 1.5, 7)
    label(axes, 258, 30, "forward: values", FORWARD, box=0.5)
    label(axes, 258, 10, "backward: δ", BACKWARD, box=0.5)
    return Figure(
        name="diagram-network",
        canvas=drawing,
        title="Values go forward through the network, and δ is propagated back over the same connections.",
        description=(
            f"The figure shows the report's {'-'.join(map(str, model.widths))} network. The inputs "
            f"{' and '.join(map(number, X[0]))} stand on the left. Solid blue arrows lead from each of them to all "
            "four hidden units and from these to one output unit. Each of these units shows its z and its a. The "
            f"prediction is {fixed(float(trace.y_hat[0, 0]), 2)}, and the loss, on the right, is {fixed(cost, 2)}. "
            "Dashed orange arrows lead back from the loss through the output unit to one hidden unit. Below, a blue "
            "arrow to the right is labelled forward: values, and an orange one to the left is labelled backward: δ."
        ),
        caption=(
            f"The network {'-'.join(map(str, model.widths))} is the report's, with one example of XOR; the worked "
            "example has a network of its own."
        ),
    )


def worked_example_forward(result: dict[str, Any]) -> Figure:
    """Draw the worked example's network with its values.

    Args:
        result: what the experiment stored; of it "x", "y", "w", "z", "a" and "loss".

    Returns:
        The figure.
    """
    drawing, axes, places = _worked(result)
    network(axes, places, [[[number(w) for w in row] for row in layer] for layer in result["w"]], 0.24, width=0.9)
    for column, z, a in zip(places[1:], result["z"], result["a"], strict=True):
        for unit, *values in zip(column, z, a, strict=True):
            _box(axes, unit, ("z", r"\hat y" if column is places[-1] else "a"), values, (INK, INK))
    label(axes, 365, 57, f"$y$ = {number(result['y'])}")
    label(axes, 365, 39, f"$C$ = {fixed(result['loss'], 4)}")
    layers = (
        f"Layer {n} has the weights {'; '.join(_row(row, number) for row in w)}, and computes z = {_row(z)} and a = "
        f"{_row(a)}."
        for n, (w, z, a) in enumerate(zip(result["w"], result["z"], result["a"], strict=True), start=1)
    )
    return Figure(
        name="worked-example-forward",
        canvas=drawing,
        title="The forward pass computes z and a of every unit, from the weights at the connections.",
        description=(
            f"In a network of {_widths(places)} units, solid blue arrows that are labelled with their weights lead "
            f"from left to right. The inputs are {_row(result['x'], number)}. {' '.join(layers)} The target y is "
            f"{number(result['y'])} and the loss C is {fixed(result['loss'], 4)}."
        ),
    )


def worked_example_backward(result: dict[str, Any]) -> Figure:
    """Draw the worked example's network with its δ and its gradients.

    Args:
        result: what the experiment stored; of it "x", "z", "a", "deltas" and "gradients".

    Returns:
        The figure.
    """
    drawing, axes, places = _worked(result)
    texts = [[[fixed(g, 4) for g in row] for row in layer] for layer in result["gradients"]]
    for n, at, head in ((0, 0.7, 0), (1, 0.7, 5.5), (2, 0.5, 5.5)):  # no heads at the inputs: the data needs no δ
        network(axes, places[n : n + 2], texts[n : n + 1], at, colour=BACKWARD, head=head)
    for column, a, delta in zip(places[1:], result["a"], result["deltas"], strict=True):
        for unit, *values in zip(column, a, delta, strict=True):
            names = (r"\hat y" if column is places[-1] else "a", r"\delta")
            _box(axes, unit, names, values, (INK, BACKWARD))
    layers = (
        f"Layer {n} has δ = {_row(d)} and the gradients {'; '.join(map(_row, g))}."
        for n, (d, g) in enumerate(zip(result["deltas"], result["gradients"], strict=True), start=1)
    )
    return Figure(
        name="worked-example-backward",
        canvas=drawing,
        title="The backward pass computes δ, and each gradient is the a on the left times the δ on the right.",
        description=(
            f"The figure shows the same network of {_widths(places)} units. Dashed orange arrows lead from right to "
            "left, as far as the first hidden layer, and at every connection stands the gradient with respect to its "
            f"weight. {' '.join(layers)}"
        ),
    )


def _worked(result: dict[str, Any]) -> tuple[Canvas, Axes, list[list[Unit]]]:
    """Prepare the worked example's network: a sheet, the inputs and the places of the units."""
    drawing, axes = sheet(192)
    widths = [len(result["x"]), *map(len, result["z"])]
    places = columns(widths, (19, 124, 247, 365), 96, 120, [(17, 17), *[(39, 7)] * 3])
    for unit, value in zip(places[0], result["x"], strict=True):
        circle(axes, unit, number(value))
    return drawing, axes, places


def _box(axes: Axes, unit: Unit, names: Sequence[str], values: Sequence[float], colours: Sequence[str]) -> None:
    """Draw a unit as a box with two named numbers, one above the other."""
    x, y, half, high = unit.x, unit.y, unit.half - 3, 19
    corners = [(x - half, y - high), (x + half, y - high), (x + half, y + high), (x - half, y + high)]
    axes.add_patch(Polygon(corners, facecolor=PAPER, edgecolor=INK, linewidth=_THIN))
    for row, name, value, colour in zip((y + 9, y - 9), names, values, colours, strict=True):
        label(axes, x - half + 5, row, f"${name}$", colour, ha="left")
        label(axes, x + half - 5, row, fixed(value, 4), colour, ha="right")


def _row(values: Sequence[float], write: Callable[[float], str] = lambda value: fixed(value, 4)) -> str:
    return ", ".join(map(write, values))


def _widths(places: Sequence[Sequence[Unit]]) -> str:
    return "-".join(str(len(column)) for column in places)


#: The diagrams in the order of the chapters; that of the home page comes last.
DIAGRAMS: tuple[Callable[[], Figure], ...] = (
    gradient_descent,
    numerical_derivatives,
    loss,
    activations,
    forward_pass,
    chain_rule,
    output_to_hidden,
    hidden_to_hidden,
    parameter_gradients,
    consequences,
    home,
)
