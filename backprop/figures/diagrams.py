r"""A diagram for every chapter, the network of the home page, and the network of the worked example.

They share one language. A unit is a capsule: its pre-activation $z$ on the left, its activation $a$ on the right, the
bend between them. What goes forward is blue and solid, what goes backward is orange and dashed, and a lane of each along
one connection means that the same weight serves both ways. Coordinates are points, counted from the lower left corner.
Every curve and every number is computed by the steps of the derivation.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

import backprop
from backprop import derivation as step
from backprop.figures.style import BACKWARD, FORWARD, INK, PAPER, WIDTH, Figure, canvas

_DASH = (0, (4, 2.2))
_DOTS = (0, (1, 2))
_THIN = 0.6


class Unit(NamedTuple):
    """Where a unit stands: a capsule, or a circle if it is no wider than high.

    Attributes:
        x: its centre, in points.
        y: its centre, in points.
        half: half its width.
        r: half its height, which is the radius of its ends.
    """

    x: float
    y: float
    half: float = 14
    r: float = 14


def sheet(height: float) -> tuple[Canvas, Axes]:
    """Make an empty drawing whose coordinates are points.

    Args:
        height: in points.

    Returns:
        The drawing and the axes that fill it.
    """
    drawing = canvas(height / 72)
    drawing.set_layout_engine("none")
    axes = drawing.add_axes((0, 0, 1, 1), xlim=(0, WIDTH * 72), ylim=(0, height))
    axes.set_axis_off()
    axes.patch.set_visible(False)
    return drawing, axes


def label(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    colour: str = INK,
    size: float = 11,
    ha: Any = "center",
    box: bool = False,
) -> None:
    """Write a word or a symbol.

    Args:
        axes: where.
        x: in points, what `ha` says of the text.
        y: in points, half the height of a small letter.
        text: plain, or mathematics between dollars.
        colour: its colour.
        size: in points.
        ha: "left", "center" or "right".
        box: whether to clear the ground behind it.
    """
    ground = {"boxstyle": "square,pad=0.18", "facecolor": PAPER, "edgecolor": "none"} if box else None
    axes.text(x, y - 0.27 * size, text, color=colour, size=size, ha=ha, va="baseline", bbox=ground)


def labels(axes: Axes, x: float, y: float, parts: Sequence[tuple[str, str]], size: float = 11) -> None:
    """Write words of several colours in one centred line.

    Args:
        axes: where.
        x: the middle of the line, in points.
        y: in points, half the height of a small letter.
        parts: texts with their colours.
        size: in points.
    """
    measure = MathTextParser("path")
    widths = [measure.parse(text, 72, FontProperties("STIXGeneral", size=size)).width for text, _ in parts]
    left = x - sum(widths) / 2
    for (text, colour), width in zip(parts, widths, strict=True):
        label(axes, left, y, text, colour, size, ha="left")
        left += width


def arrow(axes: Axes, start: Any, end: Any, colour: str = FORWARD, width: float = 1.1, head: float = 5.5) -> None:
    """Draw a straight arrow, dashed if it goes backward.

    Args:
        axes: where.
        start: two coordinates in points.
        end: two coordinates in points.
        colour: `FORWARD`, `BACKWARD` or `INK`.
        width: of the line, in points.
        head: the length of the head; 0 for none.
    """
    p, q = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    along = (q - p) / np.hypot(*(q - p))
    across = np.array([-along[1], along[0]])
    style = _DASH if colour == BACKWARD else "solid"
    path = Path([tuple(p), tuple(q - 0.8 * head * along)])
    axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=width, linestyle=style, clip_on=False))
    if head:
        base = q - head * along
        corners = [q, base + 0.36 * head * across, base - 0.36 * head * across]
        axes.add_patch(Polygon(corners, facecolor=colour, edgecolor="none", clip_on=False))


def edge(axes: Axes, tail: Unit, tip: Unit, shift: float = 0, **how: Any) -> np.ndarray:
    """Draw the connection from one unit to the next, or back.

    Args:
        axes: where.
        tail: the unit on the left.
        tip: the unit on the right.
        shift: how far to the upper side to move it, in points.
        how: the rest for `arrow`; with the colour `BACKWARD` it runs from tip to tail.

    Returns:
        Its two ends, left one first, in points.
    """
    p = np.array([tail.x + tail.half - tail.r, tail.y], dtype=float)
    q = np.array([tip.x - tip.half + tip.r, tip.y], dtype=float)
    along = (q - p) / np.hypot(*(q - p))
    aside = shift * np.array([-along[1], along[0]])
    ends = np.array([p + (tail.r + 2.5) * along + aside, q - (tip.r + 2.5) * along + aside])
    arrow(axes, *(ends[::-1] if how.get("colour") == BACKWARD else ends), **how)
    return ends


def lanes(axes: Axes, tail: Unit, tip: Unit, weight: str = "", upper: str = FORWARD) -> None:
    """Draw a connection with both its directions, and its weight between them.

    Args:
        axes: where.
        tail: the unit on the left.
        tip: the unit on the right.
        weight: its symbol; may be empty.
        upper: which direction takes the upper lane.
    """
    lower = BACKWARD if upper == FORWARD else FORWARD
    ends = [edge(axes, tail, tip, 3.5, colour=upper), edge(axes, tail, tip, -3.5, colour=lower)]
    middle = np.mean(ends, axis=(0, 1))
    if weight:
        label(axes, *middle, weight, box=True)


def circle(axes: Axes, unit: Unit, text: str = "", size: float = 11) -> Unit:
    """Draw a unit, or a number, as a circle.

    Args:
        axes: where.
        unit: its place.
        text: what stands in it.
        size: of the text.

    Returns:
        Its place.
    """
    axes.add_patch(Circle((unit.x, unit.y), unit.r, facecolor=PAPER, edgecolor=INK, linewidth=_THIN, clip_on=False))
    if text:
        label(axes, unit.x, unit.y, text, size=size)
    return unit


def capsule(axes: Axes, unit: Unit, z: str, a: str, bend: str = r"$\sigma$", size: float = 12) -> Unit:
    """Draw a unit with its pre-activation, its bend and its activation.

    Args:
        axes: where.
        unit: its place.
        z: the name of its pre-activation.
        a: the name of its activation.
        bend: the name of its activation function; if empty, a line stands between z and a.
        size: of the names.

    Returns:
        Its place.
    """
    x, y, half, r = unit
    shape = f"round,pad=0,rounding_size={r}"
    low = (x - half, y - r)
    axes.add_patch(
        FancyBboxPatch(
            low, 2 * half, 2 * r, boxstyle=shape, facecolor=PAPER, edgecolor=INK, linewidth=_THIN, clip_on=False
        )
    )
    label(axes, x - half / 2, y, z, size=size)
    label(axes, x + half / 2, y, a, size=size)
    if bend:
        arrow(axes, (x - half / 2 + 10, y), (x + half / 2 - 9, y))
        label(axes, x, y + 8, bend, FORWARD)
    else:
        axes.plot((x, x), (y - r, y + r), color=INK, linewidth=0.4)
    return unit


def slope_back(axes: Axes, unit: Unit, dc_dz: str, slope: str, dc_da: str) -> None:
    """Write below a unit how its slopes go from a back to z.

    Args:
        axes: where.
        unit: its place.
        dc_dz: what stands below z.
        slope: what stands at the arrow.
        dc_da: what stands below a.
    """
    x, y, half, r = unit
    y -= r + 13
    label(axes, x - half / 2, y, dc_dz, BACKWARD)
    label(axes, x + half / 2, y, dc_da, BACKWARD)
    arrow(axes, (x + half / 2 - 20, y), (x - half / 2 + 20, y), BACKWARD)
    label(axes, x, y - 10, slope, BACKWARD)


def columns(widths: Sequence[int], xs: Sequence[float], y: float, gap: float, sizes: Sequence[Any]) -> list[list[Unit]]:
    """Place the units of a network in columns.

    Args:
        widths: the numbers of units, as `Model.widths`.
        xs: the columns' places, in points.
        y: the middle of every column.
        gap: between the centres of neighbours.
        sizes: half width and half height of the units of each column.

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
        texts: for each layer a matrix of labels, (in, out), or None for no labels.
        at: how far along the connection its label stands, from 0 (left) to 1 (right).
        how: the rest for `arrow`.
    """
    marks = []
    for layer, (here, there) in enumerate(pairwise(places)):
        for i, j in np.ndindex(len(here), len(there)):
            ends = edge(axes, here[i], there[j], **how)
            if texts is not None:
                marks.append((ends[0] + at * (ends[1] - ends[0]), texts[layer][i][j]))
    for place, text in marks:
        label(axes, *place, text, how.get("colour", FORWARD), size=9, box=True)


def number(value: float, digits: int = 4) -> str:
    """Write a number, rounded, with a proper minus.

    Args:
        value: the number.
        digits: decimals at most; zeros at the end are left out.

    Returns:
        The text.
    """
    return np.format_float_positional(value, digits, trim="-").replace("-", "−")


def scale(low: float, high: float, left: float, right: float) -> Callable[[Any], Any]:
    """Make a ruler that turns numbers into points.

    Args:
        low: a number.
        high: another.
        left: the point of `low`.
        right: the point of `high`.

    Returns:
        The ruler.
    """
    return lambda value: left + (np.asarray(value, dtype=float) - low) * (right - left) / (high - low)


def gradient_descent() -> Figure:
    """Draw steps down a bowl, each as long as the slope says.

    Returns:
        The figure.
    """

    def loss(theta: Any) -> Any:
        return theta**2

    eta, theta = 0.15, [2.0]
    for _ in range(3):
        theta.append(float(step.update(theta[-1], step.complex_step(loss, theta[-1]), eta)))
    slope = float(step.complex_step(loss, theta[0]))
    drawing, axes = sheet(196)
    px, py = scale(-1.15, 3.05, 14, 390), scale(0, 5.2, 34, 178)
    t = np.linspace(-1.15, 2.25, 60)
    axes.plot(px(t), py(loss(t)), color=INK, linewidth=1.2)
    label(axes, float(px(-1.1)) + 10, float(py(loss(1.15))) + 8, "$L(\\theta)$", ha="left")
    arrow(axes, (14, 34), (385, 34), INK, _THIN, 5)
    label(axes, 394, 34, r"$\theta$")
    t = np.array([1.42, 2.3])
    axes.plot(px(t), py(loss(theta[0]) + slope * (t - theta[0])), color=BACKWARD, linewidth=1.4, linestyle=_DASH)
    labels(axes, float(px(2.62)), float(py(4.55)), [("slope ", BACKWARD), (r"$\partial L/\partial\theta$", BACKWARD)])
    for k, place in enumerate(theta):
        x, y = float(px(place)), float(py(loss(place)))
        axes.plot((x, x), (34, y), color=INK, linewidth=0.5, linestyle=_DOTS)
        axes.plot(x, y, "o", color=INK, markersize=5)
        label(axes, x, 21, rf"$\theta^{k}$")
    for here, there in pairwise(theta):
        arrow(axes, (px(here) - 2, 46), (px(there) + 2, 46), INK)
    labels(
        axes,
        float(px((theta[0] + theta[1]) / 2)),
        57,
        [("$-\\eta\\,$", INK), (r"$\partial L/\partial\theta$", BACKWARD)],
        10,
    )
    return Figure(
        name="diagram-gradient-descent",
        canvas=drawing,
        title="Each step goes against the slope, and shortens as the slope does.",
        description=(
            "A bowl-shaped curve of the loss over one parameter θ. From θ⁰, high on the right, three arrows along the "
            "axis lead left to θ¹, θ² and θ³, each shorter than the one before, towards the lowest point. At θ⁰ the "
            "tangent, dashed and orange, shows the slope; the first arrow is minus η times that slope."
        ),
    )


def numerical_derivatives() -> Figure:
    """Draw a measured slope beside the true one.

    Returns:
        The figure.
    """
    x, h = 0.0, 0.9
    left, right = x - h, x + h
    measured = float(step.central_difference(lambda v: float(np.exp(v)), np.array(x), h))
    true = float(step.complex_step(np.exp, np.array(x)))
    drawing, axes = sheet(206)
    px, py = scale(-1.35, 1.45, 30, 292), scale(-0.4, 4.2, 32, 196)
    t = np.linspace(-1.35, 1.4, 60)
    axes.plot(px(t), py(np.exp(t)), color=FORWARD, linewidth=1.3)
    label(axes, float(px(1.42)) + 4, float(py(np.exp(1.4))) - 2, "$f$", FORWARD, ha="left")
    arrow(axes, (14, 32), (385, 32), INK, _THIN, 5)
    t = np.array([-1.2, 1.42])
    axes.plot(px(t), py(np.exp(x) + true * (t - x)), color=INK, linewidth=0.9)
    axes.plot(px(t), py((np.exp(left) + np.exp(right)) / 2 + measured * (t - x)), color=BACKWARD, lw=1.4, ls=_DASH)
    label(axes, float(px(1.42)) + 6, float(py(np.exp(x) + true * 1.42)), "tangent: true slope", ha="left", size=10)
    end = float(py((np.exp(left) + np.exp(right)) / 2 + measured * 1.42))
    label(axes, float(px(1.42)) + 6, end + 1, "secant: measured slope", BACKWARD, 10, ha="left")
    low, high = float(py(np.exp(left))), float(py(np.exp(right)))
    axes.plot(px([left, right, right]), (low, low, high), color=INK, linewidth=0.5)
    label(axes, float(px(0.45)), low - 8, "$2h$", size=10)
    label(axes, float(px(right)) + 5, float(py(1.15)), "$f(x+h)-f(x-h)$", ha="left", size=10)
    for place, name in ((left, "$x-h$"), (x, "$x$"), (right, "$x+h$")):
        axes.plot((px(place), px(place)), (32, py(np.exp(place))), color=INK, linewidth=0.5, linestyle=_DOTS)
        axes.plot(px(place), py(np.exp(place)), "o", color=FORWARD if place != x else INK, markersize=5)
        label(axes, float(px(place)), 19, name)
    return Figure(
        name="diagram-numerical-derivatives",
        canvas=drawing,
        title="The secant through two neighbours is almost as steep as the tangent.",
        description=(
            "A rising curve f over x, with the points x − h, x and x + h. The tangent at x is a thin line. The secant "
            "through the two outer points, dashed and orange, runs above it and is slightly steeper. A right angle "
            "under the secant shows its run 2h and its rise f(x + h) − f(x − h)."
        ),
    )


def loss() -> Figure:
    """Draw three errors and the shares that add up to the loss.

    Returns:
        The figure.
    """
    y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.3], [0.4], [0.1]])
    shares = step.squared_error(y, y_hat)
    total = float(step.total_loss(shares))
    drawing, axes = sheet(188)
    px, pc = scale(0, 1, 62, 178), scale(0, total, 242, 352)
    label(axes, 120, 174, r"answer $\hat y^{\,n}$ and target $y^n$", size=10)
    label(axes, 297, 174, "share $C^n$", size=10)
    done = 0.0
    for n, share in enumerate(shares):
        row = 146 - 32 * n
        label(axes, 20, row, f"$n={n + 1}$", size=10)
        axes.plot((62, 178), (row, row), color=INK, linewidth=0.4)
        axes.plot(px([y_hat[n, 0], y[n, 0]]), (row, row), color=BACKWARD, linewidth=2, linestyle=(0, (2, 1.1)))
        axes.plot(px(y[n]), row, "D", color=INK, markersize=6, markerfacecolor=PAPER)
        axes.plot(px(y_hat[n]), row, "o", color=FORWARD, markersize=6)
        _bar(axes, float(pc(done)), float(pc(done + share)), row)
        done += float(share)
        axes.plot((pc(done), pc(done)), (row + 8, row - 40), color=INK, linewidth=0.5, linestyle=_DOTS)
        label(axes, 362, row, number(float(share)), size=10, ha="left")
    label(axes, 62, 60, "0", size=10)
    label(axes, 178, 60, "1", size=10)
    _bar(axes, 242, 352, 42)
    label(axes, 230, 42, "$L$", ha="right")
    label(axes, 362, 42, number(total), size=10, ha="left")
    return Figure(
        name="diagram-loss",
        canvas=drawing,
        title="Each example adds its share to the loss; a large error adds far more than a small one.",
        description=(
            "Three rows, one for each example. Left, on a line from 0 to 1, the answer (blue dot) and the target "
            "(diamond), with the error between them dashed in orange: it grows from row to row. Right, the shares as "
            f"bars of {', '.join(number(float(c)) for c in shares)}, each beginning where the one above ends. A last "
            f"bar, the loss, is as long as all three: {number(total)}."
        ),
    )


def _bar(axes: Axes, left: float, right: float, y: float) -> None:
    corners = [(left, y - 7), (right, y - 7), (right, y + 7), (left, y + 7)]
    axes.add_patch(Polygon(corners, facecolor=FORWARD, alpha=0.25, edgecolor="none"))
    axes.add_patch(Polygon(corners, fill=False, edgecolor=FORWARD, linewidth=1))


def activations() -> Figure:
    """Draw the four activation functions beside their slopes.

    Returns:
        The figure.
    """
    z, tiny, straight = np.linspace(-4, 4, 81), 1e-9, np.array([-4.0, 4.0])
    curves: tuple[tuple[Any, Any, Any, Any, float, Any], ...] = (
        (step.identity, np.array([-1.3, 2.1]), step.identity_slope, straight, 0.6, "solid"),
        (step.relu, np.array([-4, 0, 2.1]), step.relu_slope, np.array([-4, 0, tiny, 4]), 1.5, (0, (5, 2))),
        (step.tanh, z, step.tanh_slope, z, 1.2, (0, (6, 1.5, 1.2, 1.5))),
        (step.sigmoid, z, step.sigmoid_slope, z, 1.8, "solid"),
    )
    drawing, axes = sheet(216)
    left, right = scale(-4, 4, 26, 188), scale(-4, 4, 232, 394)
    value, slope = scale(-1.3, 2.1, 14, 186), scale(-0.05, 1.2, 14, 186)
    for px, py, ticks in ((left, value, (-1, 0, 1)), (right, slope, (0, 0.25, 1))):
        axes.plot(px(straight), py([0, 0]), color=INK, linewidth=0.4)
        axes.plot(px([0, 0]), py([ticks[0], ticks[2]]), color=INK, linewidth=0.4)
        for tick in ticks:
            words = {0.25: "¼"}.get(tick, number(tick))
            label(axes, float(px(-4)) - 6, float(py(tick)), words, size=10, ha="right")
    axes.plot(right([-4, 0]), slope([0.25, 0.25]), color=INK, linewidth=0.5, linestyle=_DOTS)
    for phi, z_value, phi_slope, z_slope, width, style in curves:
        axes.plot(left(z_value), value(phi(z_value)), color=INK, linewidth=width, linestyle=style)
        axes.plot(right(z_slope), slope(phi_slope(z_slope)), color=INK, linewidth=width, linestyle=style)
    axes.plot(right(0), slope(step.sigmoid_slope(np.array(0.0))), "o", color=INK, markersize=4.5)
    label(axes, 26, 204, r"value $\phi(z)$", FORWARD, ha="left")
    label(axes, 232, 204, r"slope $\phi^{\prime}(z)$", BACKWARD, ha="left")
    for px, py, x, y, text, ha in (
        (left, value, -1.15, 0.42, r"$\sigma$", "right"),
        (left, value, -1.9, -0.72, "tanh", "right"),
        (left, value, 1.35, 1.75, "ReLU", "right"),
        (left, value, -0.9, -1.2, "identity", "left"),
        (right, slope, -1.75, 0.2, r"$\sigma^{\prime}$", "right"),
        (right, slope, -1.0, 0.6, "tanh′", "right"),
        (right, slope, 2.4, 0.92, "ReLU′", "center"),
        (right, slope, -2.4, 1.08, "identity′", "center"),
    ):
        label(axes, float(px(x)), float(py(y)), text, size=10, ha=ha)
    return Figure(
        name="diagram-activations",
        canvas=drawing,
        title="Four bends and their slopes; the sigmoid's is never steeper than ¼.",
        description=(
            "Two panels over z from −4 to 4. Left, the values: the sigmoid (thick) climbs from 0 to 1, tanh (dash-dot) "
            "from −1 to 1, ReLU (dashed) is 0 and then rises along the identity (thin straight line). Right, their "
            "slopes: the identity's is 1 everywhere, ReLU's jumps from 0 to 1, tanh's is a bell of height 1, and the "
            "sigmoid's a low bell of height ¼, marked at z = 0."
        ),
    )


def forward_pass() -> Figure:
    """Draw one unit that adds up its inputs and bends the sum.

    Returns:
        The figure.
    """
    drawing, axes = sheet(172)
    unit = capsule(axes, Unit(252, 96, 74, 22), "$z_j$", "$a_j$", r"$\phi$", 14)
    for i, y in ((1, 146), (2, 46)):
        tail = circle(axes, Unit(34, y, 17, 17), f"$a_{i}$", 13)
        ends = edge(axes, tail, unit)
        label(axes, *ends.mean(axis=0), f"$w_{{{i}j}}$", FORWARD, 12, box=True)
    x = unit.x - unit.half / 2
    arrow(axes, (x, 36), (x, 71))
    label(axes, x, 26, "$b_j$", FORWARD, 12)
    arrow(axes, (329, 96), (386, 96))
    label(axes, x, 131, "sum", size=10)
    label(axes, unit.x + unit.half / 2, 131, "bend", size=10)
    return Figure(
        name="diagram-forward-pass",
        canvas=drawing,
        title="A unit adds up its weighted inputs, then bends the sum.",
        description=(
            "Two inputs, a₁ and a₂, stand on the left. Solid blue arrows over the weights w₁ⱼ and w₂ⱼ lead from them "
            "into one unit, and a third arrow brings the bias bⱼ from below. In the unit an arrow marked φ goes from "
            "the sum zⱼ to the activation aⱼ, which leaves to the right."
        ),
    )


def chain_rule() -> Figure:
    """Draw one path, whose slopes multiply, beside two paths, which add.

    Returns:
        The figure.
    """
    drawing, axes = sheet(178)
    label(axes, 88, 164, "one path: multiply", size=10)
    label(axes, 306, 164, "two paths: add", size=10)
    w, z, c = (circle(axes, Unit(x, 94), text, 12) for x, text in ((20, "$w$"), (88, "$z$"), (156, "$C$")))
    lanes(axes, w, z)
    lanes(axes, z, c)
    label(axes, 54, 76, r"$\partial z/\partial w$", BACKWARD, 10)
    label(axes, 122, 76, r"$\partial C/\partial z$", BACKWARD, 10)
    a, c = circle(axes, Unit(228, 90), "$a$", 12), circle(axes, Unit(384, 90), "$C$", 12)
    for k, y, upper in ((1, 126, BACKWARD), (2, 54, FORWARD)):
        z = circle(axes, Unit(306, y), f"$z_{k}$", 12)
        lanes(axes, a, z, upper=upper)
        lanes(axes, z, c, upper=upper)
        y = y + 4 if k == 1 else y - 4
        label(axes, 257, y, rf"$\partial z_{k}/\partial a$", BACKWARD, 10)
        label(axes, 355, y, rf"$\partial C/\partial z_{k}$", BACKWARD, 10)
    return Figure(
        name="diagram-chain-rule",
        canvas=drawing,
        title="Along a path the slopes multiply; where paths meet, they add.",
        description=(
            "Left, one path: w, z and C in a row, joined by solid blue arrows to the right; dashed orange arrows lead "
            "back with the slopes ∂C/∂z and ∂z/∂w. Right, two paths: a feeds z₁ above and z₂ below, and both feed C. "
            "Orange arrows lead back along both paths, each with its two slopes, and meet at a."
        ),
    )


def output_to_hidden() -> Figure:
    """Draw where the backward pass starts.

    Returns:
        The figure.
    """
    drawing, axes = sheet(150)
    hidden = circle(axes, Unit(28, 94, 17, 17), "$a$", 13)
    unit = capsule(axes, Unit(192, 94, 76, 20), "$z$", r"$\hat y$", size=14)
    cost = circle(axes, Unit(368, 94, 17, 17), "$C$", 13)
    lanes(axes, hidden, unit, "$w$")
    lanes(axes, unit, cost)
    arrow(axes, (368, 138), (368, 114))
    label(axes, 378, 133, "$y$", FORWARD, ha="left")
    slope_back(axes, unit, r"$\delta=\partial C/\partial z$", r"$\sigma^{\prime}(z)$", r"$\partial C/\partial\hat y$")
    return Figure(
        name="diagram-output-to-hidden",
        canvas=drawing,
        title="The backward pass starts at the loss and first passes the output unit's own slope.",
        description=(
            "From left to right, solid and blue: a hidden activation a, over the weight w into the output unit with z, "
            "σ and ŷ, and on to C, which the target y enters from above. Dashed and orange, the way back: from C to "
            "∂C/∂ŷ below ŷ, times σ′(z) to δ = ∂C/∂z below z, and on over w."
        ),
    )


def hidden_to_hidden() -> Figure:
    """Draw the report's picture: a hidden unit that feeds two others.

    Returns:
        The figure.
    """
    drawing, axes = sheet(238)
    unit = capsule(axes, Unit(118, 126, 70, 20), "$z$", "$a$", size=14)
    for y, weight, prime in ((204, "$w_3$", "′"), (56, "$w_4$", "″")):
        ahead = capsule(axes, Unit(326, y, 50, 17), f"$z{prime}$", f"$a{prime}$", size=13)
        lanes(axes, unit, ahead, weight)
        lanes(axes, ahead, Unit(420, y, 14, 14))
        label(axes, 301, y - 31, rf"$\partial C/\partial z{prime}$", BACKWARD)
    lanes(axes, Unit(-8, 126), unit)
    slope_back(axes, unit, r"$\partial C/\partial z$", r"$\sigma^{\prime}(z)$", r"$\partial C/\partial a$")
    return Figure(
        name="diagram-hidden-to-hidden",
        canvas=drawing,
        title="What a hidden unit sent forward over w₃ and w₄ comes back over w₃ and w₄.",
        description=(
            "A hidden unit, with z, σ and a, stands on the left. Solid blue arrows lead from a over the weight w₃ up "
            "to a unit with z′ and over w₄ down to one with z″. Beside each runs a dashed orange arrow back: it brings "
            "∂C/∂z′ over w₃ and ∂C/∂z″ over w₄ to the unit, where they add up to ∂C/∂a below a. One more orange arrow, "
            "marked σ′(z), leads from there to ∂C/∂z below z."
        ),
    )


def parameter_gradients() -> Figure:
    """Draw how the value from the left and the error from the right meet at a weight.

    Returns:
        The figure.
    """
    drawing, axes = sheet(138)
    here = capsule(axes, Unit(62, 98, 54, 18), "$z_i$", "$a_i$", size=13)
    there = capsule(axes, Unit(341, 98, 54, 18), "$z_j$", "$a_j$", size=13)
    middle = (here.x + there.x) / 2
    arrow(axes, (here.x + here.half + 3, 98), (middle - 22, 98), FORWARD, 1.5)
    arrow(axes, (there.x - there.half - 3, 98), (middle + 22, 98), BACKWARD, 1.5)
    label(axes, middle, 98, "$w_{ij}$", size=14)
    label(axes, middle - 50, 110, "$a_i$", FORWARD, 12)
    label(axes, middle + 50, 110, r"$\delta_j$", BACKWARD, 12)
    axes.plot((middle, middle), (84, 54), color=INK, linewidth=_THIN)
    words = [(r"$\partial C/\partial w_{ij}\;=\;$", INK), ("$a_i$", FORWARD), (r"$\,\delta_j$", BACKWARD)]
    labels(axes, middle, 36, words, 14)
    return Figure(
        name="diagram-parameter-gradients",
        canvas=drawing,
        title="At every weight a value from the left meets a δ from the right; its gradient is their product.",
        description=(
            "Two units, i on the left and j on the right, joined by the weight wᵢⱼ in the middle. A solid blue arrow "
            "brings aᵢ from the left to the weight, a dashed orange arrow brings δⱼ from the right. Below the weight "
            "stands what they make: ∂C/∂wᵢⱼ = aᵢ δⱼ."
        ),
    )


def consequences() -> Figure:
    """Draw a network without bends, and the one matrix that it is.

    Returns:
        The figure.
    """
    model = backprop.Model.random([2, 3, 5, 1], activations="identity")
    one = step.linear_collapse(model.weights)
    drawing, axes = sheet(176)
    deep = columns(model.widths, (22, 94, 166, 238), 76, 30, [(7, 7)] * 4)
    flat = columns(one.shape, (314, 386), 76, 30, [(7, 7)] * 2)
    for places in (deep, flat):
        network(axes, places, width=0.8, head=4)
        for unit in (unit for column in places for unit in column):
            circle(axes, unit)
    for layer, (here, there) in enumerate(pairwise(deep), start=1):
        label(axes, (here[0].x + there[0].x) / 2, 162, f"$W_{layer}$", FORWARD, 12)
    label(axes, 350, 162, "$W=W_1W_2W_3$", FORWARD, 12)
    label(axes, 276, 76, "$=$", size=16)
    return Figure(
        name="diagram-consequences",
        canvas=drawing,
        title=f"Without bends, {'-'.join(map(str, model.widths))} is {'-'.join(map(str, one.shape))} in disguise.",
        description=(
            f"Left, a fully connected network of {', '.join(map(str, model.widths))} units without activation "
            "functions, its layers of arrows marked W₁, W₂ and W₃. An equals sign. Right, a network of "
            f"{one.shape[0]} inputs and {one.shape[1]} output with a single layer of arrows, marked W = W₁W₂W₃."
        ),
    )


def home() -> Figure:
    """Draw the report's network with the values of one example and one way back.

    Returns:
        The figure.
    """
    X, y = backprop.xor()
    model = backprop.Model.random([2, 4, 1], seed=0)
    example = slice(7, 8)
    trace = model.forward(X[example])
    drawing, axes = sheet(248)
    places = columns(model.widths, (24, 156, 290), 136, 40, [(17, 17), (40, 13), (40, 13)])
    cost = Unit(382, 136, 17, 17)
    network(axes, places, width=0.9, head=5)
    edge(axes, places[-1][0], cost, width=0.9, head=5)
    back = [places[0][-1], places[1][-1], places[2][-1], cost]
    for tail, tip in pairwise(back):
        edge(axes, tail, tip, -5, colour=BACKWARD, width=1.5)
    for unit, value in zip(places[0], trace.a[0][0], strict=True):
        circle(axes, unit, number(value), 10)
    for column, z, a in zip(places[1:], trace.z, trace.a[1:], strict=True):
        for unit, one, two in zip(column, z[0], a[0], strict=True):
            capsule(axes, unit, f"{one:.2f}".replace("-", "−"), f"{two:.2f}", "", 10)
    circle(axes, cost, f"{model.loss(trace, y[example]):.2f}", 10)
    for x, text in ((24, "$X$"), (156, "$Z_1\\,|\\,A_1$"), (290, "$Z_2\\,|\\,\\hat Y$"), (382, "$L$")):
        label(axes, x, 232, text, size=12)
    labels(axes, 112, 36, [("forward: values", FORWARD)])
    arrow(axes, (24, 24), (382, 24), FORWARD, 1.5, 7)
    labels(axes, 112, 10, [("backward: ", BACKWARD), (r"$\delta$", BACKWARD)])
    arrow(axes, (382, 12), (24, 12), BACKWARD, 1.5, 7)
    return Figure(
        name="diagram-network",
        canvas=drawing,
        title="Values go forward through the network; errors come back the same way.",
        description="todo",
    )


def worked_example_forward(result: dict[str, Any]) -> Figure:
    """Draw the worked example's network with its values.

    Args:
        result: what the experiment stored: "x", "w", "z", "a", "y", "loss".

    Returns:
        The figure.
    """
    raise NotImplementedError


def worked_example_backward(result: dict[str, Any]) -> Figure:
    """Draw the worked example's network with its errors and gradients.

    Args:
        result: what the experiment stored: "x", "w", "deltas", "gradients".

    Returns:
        The figure.
    """
    raise NotImplementedError


#: In the order of the chapters; the home page's comes last.
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
