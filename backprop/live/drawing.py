"""Draw the network of a scene as SVG: values forward in blue, δ and gradients backward in orange."""

from collections.abc import Iterator
from html import escape

import numpy as np

from backprop.live import mathml
from backprop.live.scene import Scene
from backprop.live.showing import View, a_name, index_of
from backprop.live.steps import stage_of, steps_of, units_of
from backprop.live.values import Numbers

#: The radius of a unit, and the margins above and beside the network.
R, TOP, SIDE = 23, 46, 34

#: The height of the line of words under a drawing of all examples, and half the width that the ticks in a unit span.
LINE, HALF = 22, 15

#: The range of an activation, which the ticks span from left to right; others span the range of their layer.
RANGE = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}

#: With more weights than this, only those at work are labelled with their numbers.
MOST_LABELS = 12

#: The style of a drawing that stands alone, in the colours of the site by day.
ALONE = """
svg { background: #fffefb; font-family: "STIX Two Text", "Times New Roman", serif; }
text { fill: #1c1b19; font-size: 13.5px; text-anchor: middle; } .sub { font-size: 10.8px; } .it { font-style: italic; }
circle { fill: #fffefb; stroke: #5f5b54; stroke-width: 1; } .wire { fill: none; stroke: #b9b3a6; stroke-width: 1; }
.spread { stroke: #1f5fa8; stroke-opacity: .6; } text.means { fill: #5f5b54; font-size: 13.5px; text-anchor: start; }
.hit { stroke: none; } .ground { fill: #fffefb; } .forward text.value, text.forward { fill: #1f5fa8; }
text.backward { fill: #b84e12; } .working.forward .wire { stroke: #1f5fa8; stroke-width: 1.8; }
.working.backward .wire { stroke: #b84e12; stroke-width: 1.8; stroke-dasharray: 5 3; }
.working.forward circle { stroke: #1f5fa8; stroke-width: 2.4; }
.working.backward circle { stroke: #b84e12; stroke-width: 2.4; }
""".replace("\n", " ")


def spot(scene: Scene, unit: int) -> tuple[float, float]:
    """Compute the position of a unit.

    Args:
        scene: the scene.
        unit: its number.

    Returns:
        The centre, in the units of the drawing.
    """
    width, _ = size(scene)
    layer, place = scene.place(unit)
    middle = TOP + (max(scene.net) - 1) * spacing(scene) / 2
    x = SIDE + layer * (width - 2 * SIDE) / (len(scene.net) - 1)
    return x, middle + (place - (scene.net[layer] - 1) / 2) * spacing(scene)


def spacing(scene: Scene) -> float:
    """Compute the distance between the units of a layer."""
    return {1: 100, 2: 100, 3: 92}.get(max(scene.net), 86)


def size(scene: Scene) -> tuple[float, float]:
    """Compute the width and the height of the drawing, with a line of words below it if it shows all examples."""
    height = 2 * TOP + (max(scene.net) - 1) * spacing(scene)
    return 430 if len(scene.net) < 5 else 530, height if scene.example else height + LINE


def digits(value: float) -> str:
    """Write a number for a drawing, with three significant digits, or with two if it is below 0.01."""
    return mathml.digits(value, 3 if abs(value) >= 0.01 else 2)


def symbol(letter: str, index: str) -> str:
    """Write a symbol with its index, as SVG."""
    sub = f'<tspan class="sub" dy="3">{index}</tspan><tspan dy="-3">&#8203;</tspan>' if index else ""
    return f'<tspan class="it">{letter}</tspan>{sub}'


def draw(numbers: Numbers, shown: View, name: str, focus: str = "") -> str:
    """Draw the network at a step, with the numbers that are known by then.

    Args:
        numbers: the numbers of the scene.
        shown: the view of the step.
        name: the step.
        focus: the part that the keyboard reaches first, such as "w1-3" or "u3"; "" for the unit at work.

    Returns:
        An svg element, whose parts carry a `data-name` and their numbers with all digits.

    Examples:
        >>> from backprop.live.drawing import draw
        >>> from backprop.live.scene import Scene
        >>> from backprop.live.showing import view
        >>> from backprop.live.values import Numbers
        >>> numbers = Numbers(Scene())
        >>> draw(numbers, view(numbers, "hidden-3"), "hidden-3").count("data-name=")
        17
    """
    width, height = size(numbers.scene)
    names = steps_of(numbers.scene)
    known = set(names[: names.index(name) + 1])
    first = focus or f"u{shown.unit or 1}"
    parts = [*_edges(numbers, shown, name, known, first), *_units(numbers, shown, name, known, first)]
    if not numbers.scene.example:
        parts.append(f'<text class="means" x="{SIDE - R}" y="{height - 8:g}">{escape(_means(numbers))}</text>')
    label = f"The network {'-'.join(map(str, numbers.scene.net))}. {shown.heading}."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="group" '
        f'aria-label="{escape(label)}" aria-describedby="network-words" class="network">'
        f'<desc id="network-words">{escape(shown.words)}</desc>{"".join(parts)}</svg>'
    )


def _means(numbers: Numbers) -> str:
    """Explain the numbers and the ticks in a drawing of all examples."""
    return f"Numbers are means over {len(numbers.scene.whole[0])} examples; each tick in a unit is one example."


def _passing(name: str) -> str:
    """Tell in which direction a step goes."""
    return "forward" if stage_of(name) in ("forward", "loss") else "backward"


def _edges(numbers: Numbers, shown: View, name: str, known: set[str], first: str) -> Iterator[str]:
    """Draw the connections, those at work last, so that they lie above the others."""
    scene = numbers.scene
    layers = range(1, len(scene.net))
    pairs = [(i, j) for k in layers for i in units_of(scene, k - 1) for j in units_of(scene, k)]
    stage, few = stage_of(name), len(pairs) <= MOST_LABELS
    new = numbers.updated if stage == "update" else None
    for i, j in sorted(pairs, key=lambda pair: pair in shown.edges):
        (x1, y1), (x2, y2) = spot(scene, i), spot(scene, j)
        (layer, row), (_, column) = scene.place(i), scene.place(j)
        working = (i, j) in shown.edges
        value, gradient = numbers.weight(i, j), numbers.gradient(i, j)
        text, kind = digits(value), ""
        if f"weights-{j}" in known and stage in ("weights", "update"):
            text, kind = digits(gradient), "backward"
        if new is not None and f"update-{layer + 1}" in known:
            text, kind = digits(float(new.weights[layer][row, column])), ""
        t = 0.34 if scene.net[layer] >= scene.net[layer + 1] else 0.66
        if not few and working and stage == "hidden":
            t = 0.62
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        line = f'x1="{x1 + R * ux:.1f}" y1="{y1 + R * uy:.1f}" x2="{x2 - R * ux:.1f}" y2="{y2 - R * uy:.1f}"'
        label = f"w {index_of(i, j)}: {digits(value)}; gradient {digits(gradient)}"
        written = _label(x1 + R * ux + t * (length - 2 * R) * ux, y1 + R * uy + t * (length - 2 * R) * uy, text, kind)
        yield (
            f'<g class="weight {_passing(name)}{" working" if working else ""}" data-name="w{i}-{j}" '
            f'data-w="{value!r}" data-gradient="{gradient!r}" role="button" aria-label="{label}" '
            f'tabindex="{0 if first == f"w{i}-{j}" else -1}"><title>{label}</title>'
            f'<line class="hit" {line}/><line class="wire" {line}/>{written if few or working else ""}</g>'
        )


def _label(x: float, y: float, text: str, kind: str) -> str:
    """Write a number on its own background."""
    half = 3.3 * len(text) + 2
    return (
        f'<rect class="ground" x="{x - half:.1f}" y="{y - 8:.1f}" width="{2 * half:.1f}" height="16"/>'
        f'<text class="number {kind}" x="{x:.1f}" y="{y + 4:.1f}">{text}</text>'
    )


def _units(numbers: Numbers, shown: View, name: str, known: set[str], first: str) -> Iterator[str]:
    """Draw the units: the value inside, the symbol above, δ or the bias beneath."""
    scene, last = numbers.scene, len(numbers.scene.net) - 1
    for unit in range(1, sum(scene.net) + 1):
        layer, place = scene.place(unit)
        x, y = spot(scene, unit)
        working = unit == shown.unit
        reached = layer == 0 or f"forward-{unit}" in known
        if layer == last and scene.output == "softmax":
            reached = "softmax" in known
        letter = "x" if layer == 0 else "ŷ" if layer == last else "a"
        index = index_of(unit) if letter != "ŷ" else str(place + 1) if scene.net[-1] > 1 else ""
        a = numbers.a(unit)
        facts = f'data-a="{float(a[0])!r}"' if len(a) == 1 else ""
        label, below = f"Unit {unit}, {a_name(scene, unit)}: {digits(float(a.mean()))}", ""
        if layer:
            delta = numbers.delta(unit)
            facts += f' data-z="{float(numbers.z(unit)[0])!r}" data-delta="{float(delta[0])!r}"' if len(a) == 1 else ""
            if f"output-{unit}" in known or f"hidden-{unit}" in known:
                text = f"{symbol('δ', index_of(unit))} {digits(float(delta.mean()))}"
                below = _beneath(x, y, text, 2 + len(digits(float(delta.mean()))), "backward")
                label += f"; delta {digits(float(delta.mean()))}"
            elif scene.bias:
                text = f"{symbol('b', index_of(unit))} {digits(numbers.bias(unit))}"
                below = _beneath(x, y, text, 2 + len(digits(numbers.bias(unit))))
        if layer == last and name == "loss":
            target = f"y {digits(float(scene.seen[1][:, place].mean()))}"
            below = _beneath(x, y, target, len(target))
        mean, value = "mean " if len(a) > 1 else "", digits(float(a.mean())) if reached else ""
        state = f"unit {_passing(name)}{' working' if working else ''}"
        yield (
            f'<g class="{state}" data-name="u{unit}" {facts} role="button" '
            f'aria-label="{escape(label)}" tabindex="{0 if first == f"u{unit}" else -1}">'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{R}"/>'
            f'<text x="{x:.1f}" y="{y - R - 6:.1f}">{mean}{symbol(letter, index)}</text>'
            f'<text class="value forward" x="{x:.1f}" y="{y + 4.5:.1f}">{value}</text>'
            f"{_spread(numbers, unit, x, y) if len(a) > 1 and reached else ''}{below}</g>"
        )


def _spread(numbers: Numbers, unit: int, x: float, y: float) -> str:
    """Draw a tick for the activation of each example, on a scale from the smallest possible one to the largest."""
    layer, _ = numbers.scene.place(unit)
    phi = numbers.model.activations[layer - 1].name if layer else ""
    of_layer = numbers.trace.a[layer]
    low, high = RANGE.get(phi, (min(0.0, float(of_layer.min())), max(0.0, float(of_layer.max()))))
    at = HALF * (2 * (numbers.a(unit) - low) / ((high - low) or 1) - 1)
    ticks = "".join(f"M{x + place:.1f} {y + 9:.1f}v6" for place in np.clip(np.nan_to_num(at), -HALF, HALF).tolist())
    return f'<path class="spread" d="{ticks}"/>'


def _beneath(x: float, y: float, text: str, length: int, kind: str = "") -> str:
    """Write a number under a unit, on a background as wide as a given number of letters."""
    half = 3.2 * length
    return (
        f'<rect class="ground" x="{x - half:.1f}" y="{y + R + 4:.1f}" width="{2 * half:.1f}" height="14"/>'
        f'<text class="{kind}" x="{x:.1f}" y="{y + R + 15:.1f}">{text}</text>'
    )


def alone(svg: str) -> str:
    """Make a drawing that can stand outside the page.

    Args:
        svg: what `draw` made.

    Returns:
        The content of an SVG file.
    """
    head, end, rest = svg.partition('class="network">')
    return f"{head}{end}<style>{ALONE}</style>{rest}"
