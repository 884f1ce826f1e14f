"""The microscope: its first picture, drawn when the site is built, and the links to it from every step."""

from html import escape

import numpy as np

from backprop.data import xor
from backprop.experiments.worked_example import ETA, WEIGHTS, X
from backprop.live import look
from backprop.live.showing import CONTRIBUTIONS, DERIVATIVE, VALUE
from builder import tree as html
from builder.comfort.speed import short_styles
from builder.errors import SiteError
from builder.source.equations import Equation
from builder.state import Build
from builder.tree import Tree
from builder.typeset.mathematics import box, mathml

URL = "microscope/"

#: The network and the example of the page "Worked example", whose numbers are round.
WORKED = {
    "example": str(1 + int(np.argmin(np.abs(xor()[0] - X).sum(axis=1)))),
    "eta": f"{ETA:g}",
    "w": ",".join(f"{value:g}" for w in WEIGHTS for value in w.ravel()),
}

#: What the first picture shows: the key step of the derivation, in the worked example.
STEP = "step=hidden-3"

#: The equations and functions that a step may name, beside those of the activations and the losses.
STAGES = """weighted-sum preactivation total-loss mse-derivative output-delta-unit output-delta output-delta-sigmoid-bce
output-delta-softmax-cross-entropy output-delta-jacobian hidden-delta-unit hidden-delta weight-gradient-example
weight-gradient bias-gradient simultaneous-update gradient-descent-step"""
EQUATIONS = (*STAGES.split(), *CONTRIBUTIONS.values(), *VALUE.values(), *DERIVATIVE.values())

#: Where a chapter's steps lead, and where some of its functions lead instead.
CHAPTERS = {
    "gradient_descent": "step=update",
    "numerical_derivatives": "example=0&mistake=output-derivative-missing&step=weights",
    "loss": "step=loss",
    "activations": "step=forward",
    "forward_pass": "step=forward",
    "chain_rule": STEP,
    "output_to_hidden": "step=output",
    "hidden_to_hidden": STEP,
    "parameter_gradients": "step=weights",
    "consequences": "example=0&step=hidden",
}
LEADS = {
    "example=0&step=loss": "total_loss",
    "example=0&step=weights": "sum_gradients weight_gradient",
    "example=0&step=hidden": "hidden_delta activation_gradient",
    "example=0&step=output": "output_delta",
    "step=output": "mse_derivative",
    "step=update": "simultaneous_update",
    "bias=1&step=forward": "append_ones",
    "bias=1&example=0&step=weights": "bias_gradient",
    "loss=binary_cross_entropy&step=loss": "bce_contributions",
    "loss=binary_cross_entropy&step=output": "bce_derivative output_delta_sigmoid_bce",
    "net=2-3-2&output=softmax&loss=cross_entropy&step=loss": "cross_entropy_contributions",
    "net=2-3-2&output=softmax&loss=cross_entropy&step=output": (
        "cross_entropy_derivative output_delta_softmax_cross_entropy"
    ),
    "net=2-3-2&output=softmax&loss=cross_entropy&step=softmax": "softmax",
    "net=2-3-2&output=softmax&step=output": "softmax_jacobian output_delta_jacobian",
    STEP: "sigmoid_derivative sigmoid_derivative_from_output",
    "hidden=tanh": "tanh",
    f"hidden=tanh&{STEP}": "tanh_derivative tanh_derivative_from_output",
    "hidden=relu": "relu",
    f"hidden=relu&{STEP}": "relu_derivative",
    "hidden=identity": "identity",
    f"hidden=identity&{STEP}": "identity_derivative",
    "hidden=identity&output=identity&step=forward": "collapse_linear_layers",
    "hidden=relu&w=-0.5,0.4,-0.3,0.7,0.6,-0.8,0.9,0.5,-0.7,0.6&step=hidden": "dead_units dead_unit_probability",
    "net=2-4-1&w=0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5&step=weights": "units_identical",
}
FUNCTIONS = {name: query for query, names in LEADS.items() for name in names.split()}


def address(query: str) -> str:
    """Complete a query by the worked example, unless it names a network of its own.

    Examples:
        >>> address("step=loss").partition("&w=")[0], address("net=2-4-1&step=loss")
        ('example=13&eta=0.5', 'net=2-4-1&step=loss')
    """
    own = {part.partition("=")[0] for part in query.split("&")}
    if own & {"net", "w", "bias"}:
        return query
    return "&".join([*(f"{name}={value}" for name, value in WORKED.items() if name not in own), query])


def link_steps(tree: Tree, root: str) -> None:
    r"""Give every step of the derivation a quiet line that leads to the same step in numbers.

    Examples:
        >>> page = '<div class="doc-object"><h3 id="backprop.derivation.loss.total_loss"></h3><p>Text</p></div>'
        >>> linked = html.through(page, lambda tree: link_steps(tree, "../../"))
        >>> "microscope/?eta=0.5&amp;w=1,-1.5" in linked, "&amp;example=0&amp;step=loss\">See it" in linked
        (True, True)
    """
    for heading in tree.css('[id^="backprop.derivation."]'):
        *_, chapter, name = (heading.id or "").split(".")
        if chapter not in CHAPTERS or heading.parent is None:
            continue
        query = address(FUNCTIONS.get(name, CHAPTERS[chapter]))
        words = f'<a href="{root}{URL}?{escape(query)}">See it with numbers</a>'
        contents = heading.parent.css_first(".doc-contents", heading.parent)
        html.put_last(contents, f'<p class="note on-screen"><span>Numbers</span> {words}</p>')


def templates(build: Build, root: str) -> str:
    """Set the equations that a step may name, each with its number, and the links to the functions."""
    parts = []
    for label in dict.fromkeys(EQUATIONS):
        if label not in build.equations:
            raise SiteError(f"the microscope names eq:{label}; no equation has this label")
        parts.append(f'<div data-equation="{label}">{_equation(build.equations[label], root)}</div>')
    for name, place in build.functions.items():
        link = f'<a class="function" data-function="{name}" href="{root}{place}">'
        parts.append(f"{link}<code>{name}</code></a>")
    return f'<div class="microscope-parts" hidden>{"".join(parts)}</div>'


def _equation(equation: Equation, root: str) -> str:
    """Set an equation with its number, which leads to its page."""
    number = f'<a class="equation-number" href="{root}{equation.place}">({equation.tag})</a>'
    return box(mathml(equation.latex, True), number)


def first_view(build: Build, root: str) -> tuple[str, str]:
    """Make what is there before anything is loaded: the drawing, and the step with its numbers."""
    seen = look(address(STEP))
    step = seen["step"]
    shown = "".join(_equation(build.equations[label], root) for label in step["equations"][:1])
    code = "".join(f'<pre class="microscope-code"><code>{escape(text)}</code></pre>' for _, text in step["code"])
    panel = f'<p class="microscope-heading">{escape(step["heading"])}</p>{shown}{box(step["math"])}{code}'
    # before anything is loaded the parts of the drawing are no buttons
    drawing = seen["svg"].replace(' role="button"', "").replace('role="group"', 'role="img"')
    for order in ("0", "-1"):
        drawing = drawing.replace(f' tabindex="{order}"', "")
    return drawing, panel


def insert(tree: Tree, build: Build, root: str) -> None:
    """Fill the place of the microscope, and the place on the first page that leads to it.

    Raises:
        SiteError: if the microscope names an equation that there is not.
    """
    for place in tree.css("#microscope, #microscope-preview"):
        html.put_last(tree.head, f"<style>{short_styles(build.root / 'live' / 'microscope.css')}</style>")
        drawing, panel = first_view(build, root)
        body = (
            f'<div class="microscope-body"><figure class="microscope-graph" id="fig-microscope">{drawing}</figure>'
            f'<div class="microscope-panel">{panel}</div></div>'
        )
        if place.id == "microscope":
            start = '<div class="microscope-start"></div>' if build.offered.where != "off" else ""
            problems = '<div class="microscope-problems" role="alert"></div>'
            html.put_last(place, start + problems + body + templates(build, root))
            place.attrs["data-address"] = address(STEP)
        else:
            link = f'<p><a class="md-button" href="{root}{URL}">Look at this network under the microscope</a></p>'
            html.put_last(place, body + link)
