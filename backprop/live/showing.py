r"""Views of a step: its equation with numbers inserted, its code, and the same in words.

Every number comes from `backprop.live.values`, and so from `Model` and the derivation; this module only selects and
writes them.
"""

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from backprop import derivation as step
from backprop.live import mathml as m
from backprop.live.scene import Scene
from backprop.live.steps import units_of
from backprop.live.values import Numbers
from backprop.network import LOSSES

PHI = {"sigmoid": "σ", "tanh": "tanh", "relu": "R", "identity": "id", "softmax": "softmax"}

#: For each activation the equation of its value, and that of the derivative that the backward pass uses.
VALUE = {name: name for name in PHI}
DERIVATIVE = {
    "sigmoid": "sigmoid-derivative-from-output",
    "tanh": "tanh-derivative-from-output",
    "relu": "relu-derivative",
    "identity": "identity-derivative",
    "softmax": "softmax-jacobian",
}
CONTRIBUTIONS = {
    "mse": "mse-contributions",
    "binary_cross_entropy": "binary-cross-entropy",
    "cross_entropy": "cross-entropy",
}


@dataclass
class View:
    """What is shown of a step.

    Attributes:
        heading: what the step does.
        rows: its equation with numbers, as pairs for `mathml.aligned`.
        equations: the labels of the equations at work.
        code: the functions at work.
        words: the equation in words, for a reader who cannot see it.
        unit: the unit at work, or 0.
        edges: the connections at work.
    """

    heading: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    equations: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    words: str = ""
    unit: int = 0
    edges: list[tuple[int, int]] = field(default_factory=list)


# Writing


def index_of(*units: int) -> str:
    """Write the index of a symbol: 13, or 9,14 where it would be ambiguous."""
    return ("," if max(units) > 9 else "").join(map(str, units))


def a_symbol(scene: Scene, unit: int) -> str:
    """Write the activation of a unit: x for an input, ŷ for an output, a for a hidden unit."""
    layer, place = scene.place(unit)
    if layer == 0:
        return m.symbol("x", index_of(unit))
    if layer == len(scene.net) - 1:
        return m.symbol("ŷ", str(place + 1) if scene.net[-1] > 1 else "")
    return m.symbol("a", index_of(unit))


def a_name(scene: Scene, unit: int) -> str:
    """Write the activation of a unit in words."""
    layer, place = scene.place(unit)
    if layer == 0:
        return f"x {unit}"
    if layer == len(scene.net) - 1:
        return "the prediction" if scene.net[-1] == 1 else f"prediction {place + 1}"
    return f"a {unit}"


def y_symbol(scene: Scene, k: int) -> str:
    """Write target k, from 0."""
    return m.symbol("y", str(k + 1) if scene.net[-1] > 1 else "")


def said(values: np.ndarray) -> str:
    """Write a single number or, for several, the smallest and the largest."""
    if len(values) == 1:
        return m.digits(float(values[0]))
    return f"from {m.digits(float(values.min()))} to {m.digits(float(values.max()))}"


@cache
def body(name: str) -> str:
    """Return the body of a function of the derivation, without its docstring.

    Examples:
        >>> from backprop.live.showing import body
        >>> body("hidden_delta")
        'return backward_gradient(derivative, activation_gradient(delta_next, w_next))'
    """
    function: Callable[..., Any] = getattr(step, name)
    [tree] = ast.parse(inspect.getsource(function)).body
    assert isinstance(tree, ast.FunctionDef)
    return "\n".join(map(ast.unparse, tree.body[1:]))


# The steps


def view(numbers: Numbers, name: str) -> View:
    """Show a step.

    Args:
        numbers: the numbers of the scene.
        name: the step, one of `steps_of`.

    Returns:
        What is shown.

    Examples:
        >>> from backprop.live.scene import Scene
        >>> from backprop.live.showing import view
        >>> from backprop.live.values import Numbers
        >>> view(Numbers(Scene()), "hidden-5").words
        'The bracket: w 57 times δ 7 is 0.1096. δ 5 is the derivative 0.2457 times 0.1096, which is 0.02693.'
    """
    stage, _, number = name.partition("-")
    if stage in ("loss", "softmax"):
        return {"loss": _loss, "softmax": _softmax}[stage](numbers)
    return {
        "forward": _forward,
        "output": _output,
        "hidden": _hidden,
        "weights": _weights,
        "update": _update,
    }[stage](numbers, int(number))


def _value_rows(phi: str, z: np.ndarray, argument: str) -> list[str]:
    """Write φ(z) with its definition, and with numbers."""
    shown = m.numbers(z, "forward")
    if phi == "sigmoid":
        if len(z) > 1:
            return [m.call("σ", argument), m.call("σ", shown)]
        minus = '<mo form="prefix" lspace="0" rspace="0">−</mo>'
        power = f"<msup><mi>e</mi><mrow>{minus}{m.factor(z, 'forward')}</mrow></msup>"
        return [m.call("σ", argument), f"<mfrac><mn>1</mn><mrow><mn>1</mn><mo>+</mo>{power}</mrow></mfrac>"]
    if phi == "relu":
        return [m.call("R", argument), m.call("max", f"<mn>0</mn>{m.comma()}{shown}")]
    return [argument, shown] if phi == "identity" else [m.call(PHI[phi], argument), m.call(PHI[phi], shown)]


def _forward(numbers: Numbers, unit: int) -> View:
    scene, many = numbers.scene, not numbers.scene.example
    layer, _ = scene.place(unit)
    phi = numbers.model.activations[layer - 1].name
    below = list(units_of(scene, layer - 1))
    z, index = m.symbol("z", index_of(unit)), index_of(unit)
    symbols = [f"{m.symbol('w', index_of(i, unit))}{m.row('')}{a_symbol(scene, i)}" for i in below]
    terms = [f"{m.factor([numbers.weight(i, unit)])}{m.times()}{m.factor(numbers.a(i), 'forward')}" for i in below]
    if scene.bias:
        symbols.append(m.symbol("b", index))
        terms.append(m.factor([numbers.bias(unit)]))
    rows = _lines(z, m.total(symbols)) + _lines("", m.total(terms, 2))
    rows += [("", m.equals() + m.numbers(numbers.z(unit), "forward"))]
    equations: tuple[str, ...] = ("preactivation" if many else "weighted-sum",)
    code: tuple[str, ...] = ("preactivation",)
    words = f"z {unit} is {said(numbers.z(unit))}, the sum of " + ", ".join(
        f"weight {m.digits(numbers.weight(i, unit))} times {a_name(scene, i)} {said(numbers.a(i))}" for i in below
    )
    if scene.bias:
        words += f", and the bias {m.digits(numbers.bias(unit))}"
    if phi != "softmax":
        first, second = _value_rows(phi, numbers.z(unit), z)
        rows += [
            (a_symbol(scene, unit), m.equals() + first + m.equals() + second),
            ("", m.equals() + m.numbers(numbers.a(unit), "forward")),
        ]
        equations += (VALUE[phi],)
        code += (phi,)
        words += f". {a_name(scene, unit)[0].upper()}{a_name(scene, unit)[1:]} is {phi} of it, {said(numbers.a(unit))}"
    kind = "output" if layer == len(scene.net) - 1 else "hidden unit"
    return View(
        f"Forward through unit {unit}, {'an' if kind == 'output' else 'a'} {kind}",
        rows,
        equations,
        code,
        words + ".",
        unit,
        [(i, unit) for i in below],
    )


def _lines(left: str, right: list[str]) -> list[tuple[str, str]]:
    """Set the lines of a sum below each other."""
    return [(left if k == 0 else "", (m.equals() if k == 0 else "") + line) for k, line in enumerate(right)]


def _softmax(numbers: Numbers) -> View:
    scene = numbers.scene
    outputs = list(units_of(scene, len(scene.net) - 1))
    rows, words = [], []
    for unit in outputs:
        z = m.numbers(numbers.z(unit), "forward")
        power = f"<msup><mi>e</mi>{m.row(z)}</msup>" if scene.example else m.call("exp", z)
        below = "<mo>+</mo>".join(f"<msup><mi>e</mi>{m.symbol('z', index_of(k))}</msup>" for k in outputs)
        rows.append((a_symbol(scene, unit), f"{m.equals()}<mfrac>{m.row(power)}{m.row(below)}</mfrac>"))
        rows.append(("", m.equals() + m.numbers(numbers.a(unit), "forward")))
        words.append(f"{a_name(scene, unit)} is {said(numbers.a(unit))}")
    return View("Softmax over the outputs", rows, ("softmax",), ("softmax",), f"Softmax: {', '.join(words)}.")


def _loss(numbers: Numbers) -> View:
    scene = numbers.scene
    y = scene.seen[1]
    y_hat, many = numbers.trace.y_hat, not scene.example
    contributions = LOSSES[scene.loss].contributions(y, y_hat)
    n, d = y.shape
    left = m.symbol("C", "") if not many else f"<msup>{m.symbol('C')}<mn>1</mn></msup>"
    terms = [
        _loss_term(scene.loss, m.numbers(y_hat[:1, k], "forward"), m.factor(y[:1, k]), float(y[0, k])) for k in range(d)
    ]
    counted = n if scene.loss == "cross_entropy" else n * d
    front = f"<mfrac><mn>1</mn><mn>{counted}</mn></mfrac>" if counted > 1 else ""
    minus = "" if scene.loss == "mse" else '<mo form="prefix" lspace="0" rspace="0.1em">−</mo>'
    inner = m.total(terms)
    if (front or minus) and d > 1:
        inner = [f"{m.opened('(')}{line}" if k == 0 else line for k, line in enumerate(inner)]
        inner[-1] += m.closed(")")
    inner[0] = minus + front + inner[0]
    rows = [*_lines(left, inner), ("", m.equals() + m.number(contributions[0], "forward"))]
    words = f"The loss of this example is {m.digits(numbers.loss)}."
    equations: tuple[str, ...] = (CONTRIBUTIONS[scene.loss],)
    code: tuple[str, ...] = (LOSSES[scene.loss].contributions.__name__,)
    if many:
        some = [m.number(c, "forward") for c in contributions[:2]]
        rows += [
            (m.symbol("L"), f"{m.equals()}{'<mo>+</mo>'.join(some)}<mo>+</mo><mo>⋯</mo>"),
            ("", m.equals() + m.number(numbers.loss, "forward")),
        ]
        words = f"The loss of all {n} examples is {m.digits(numbers.loss)}, the sum of their contributions."
        equations, code = (*equations, "total-loss"), (*code, "total_loss")
    outputs = units_of(scene, len(scene.net) - 1)
    return View("The loss", rows, equations, code, words, outputs[0] if d == 1 else 0)


def _loss_term(loss: str, y_hat: str, y: str, target: float) -> str:
    """Write what one output contributes, with numbers."""
    minus = '<mo lspace="0.2222em" rspace="0.2222em">−</mo>'
    if loss == "mse":
        return f"<msup>{m.row(m.fenced(f'{y_hat}{minus}{y}'))}<mn>2</mn></msup>"
    certain = f"{y}{m.times()}{m.call('ln', y_hat)}"
    if loss == "cross_entropy":
        return certain
    other = f"{m.fenced(f'<mn>1</mn>{minus}{y}')}{m.times()}{m.call('ln', f'<mn>1</mn>{minus}{y_hat}')}"
    return m.fenced(f"{certain}<mo>+</mo>{other}", "[]")


def _derivative_rows(numbers: Numbers, unit: int) -> str:
    """Write φ′ of a unit with its number inserted."""
    layer, _ = numbers.scene.place(unit)
    phi, a = numbers.model.activations[layer - 1].name, numbers.a(unit)
    minus = '<mo lspace="0.2222em" rspace="0.2222em">−</mo>'
    if phi == "sigmoid" and len(a) == 1:
        shown = m.factor(a, "forward")
        return shown + m.fenced(f"<mn>1</mn>{minus}{shown}")
    if phi == "tanh" and len(a) == 1:
        return m.fenced(f"<mn>1</mn>{minus}<msup>{m.row(m.factor(a, 'forward'))}<mn>2</mn></msup>")
    return m.factor(numbers.derivative(unit), "forward")


def _phi(numbers: Numbers, unit: int) -> str:
    """Write φ′(z) of a unit, by the name of its activation."""
    layer, _ = numbers.scene.place(unit)
    name = {"sigmoid": "σ′", "tanh": "tanh′", "relu": "R′"}.get(numbers.model.activations[layer - 1].name, "φ′")
    return m.call(name, m.symbol("z", index_of(unit)))


def _c(scene: Scene) -> str:
    return "C" if scene.example else "L"


def _output(numbers: Numbers, unit: int) -> View:
    scene = numbers.scene
    _, k = scene.place(unit)
    y, y_hat = scene.seen[1], numbers.trace.y_hat
    n, d = y.shape
    delta, left = numbers.delta(unit), m.derivative(_c(scene), m.symbol("z", index_of(unit)))
    minus = '<mo lspace="0.2222em" rspace="0.2222em">−</mo>'
    symbols = f"{a_symbol(scene, unit)}{minus}{y_symbol(scene, k)}"
    shown = f"{m.numbers(y_hat[:, k], 'forward')}{minus}{m.factor(y[:, k])}"
    result = ("", m.equals() + m.numbers(delta, "backward"))
    head, defined = m.symbol("δ", index_of(unit)), left + m.equals()
    heading = f"δ of the output, unit {unit}"
    words = f"δ {unit} is {said(delta)}"
    cancelled = scene.loss != "mse"
    if cancelled:
        counted = n if scene.loss == "cross_entropy" else n * d
        front = f"<mfrac><mn>1</mn><mn>{counted}</mn></mfrac>" if counted > 1 else ""
        rows = [
            (head, m.equals() + defined + front + (m.fenced(symbols) if front else symbols)),
            ("", m.equals() + front + (m.fenced(shown) if front else shown)),
            result,
        ]
        name = "output-delta-softmax-cross-entropy" if scene.loss == "cross_entropy" else "output-delta-sigmoid-bce"
        words += f", the error: prediction {said(y_hat[:, k])} minus target {said(y[:, k])}."
        return View(heading, rows, (name,), (name.replace("-", "_"),), words, unit)
    upstream = LOSSES["mse"].derivative(y, y_hat)
    by = m.derivative(_c(scene), a_symbol(scene, unit))
    count = f"<mfrac><mn>2</mn><mn>{n * d}</mn></mfrac>" if n * d > 1 else "<mn>2</mn>"
    rows = [
        (by, m.equals() + count + m.fenced(shown) + m.equals() + m.numbers(upstream[:, k], "backward")),
    ]
    if scene.output == "softmax":
        jacobian = step.softmax_jacobian(y_hat)
        outputs = list(units_of(scene, len(scene.net) - 1))
        terms = [
            f"{m.factor(jacobian[:, i, k], 'forward')}{m.times(n > 1)}{m.factor(upstream[:, i], 'backward')}"
            for i in range(d)
        ]
        z, first = m.symbol("z", index_of(unit)), a_symbol(scene, outputs[0])
        paths = f"<mfrac><mrow><mi>∂</mi>{first}</mrow><mrow><mi>∂</mi>{z}</mrow></mfrac>"
        paths += m.derivative(_c(scene), first)
        rows += [(head, f"{m.equals()}{defined}{paths}" + ("<mo>+</mo><mo>⋯</mo>" if d > 1 else ""))]
        rows += _lines("", m.total(terms, 2))
        words += ", the sum over all predictions: for each, its derivative times the derivative of the loss."
        equations: tuple[str, ...] = ("output-delta-jacobian", "mse-derivative")
        return View(heading, [*rows, result], equations, ("output_delta_jacobian", "mse_derivative"), words, unit)
    rows += [
        (head, f"{m.equals()}{defined}{_phi(numbers, unit)}{m.times(n > 1)}{by}"),
        ("", f"{m.equals()}{_derivative_rows(numbers, unit)}{m.times(n > 1)}{m.factor(upstream[:, k], 'backward')}"),
        result,
    ]
    sigmoid = scene.output == "sigmoid"
    name = "output-delta-unit" if sigmoid and scene.example else "output-delta"
    words += (
        f", the derivative {said(numbers.derivative(unit))} of its activation times the derivative "
        f"{said(upstream[:, k])} of the loss with respect to the prediction."
    )
    return View(
        heading,
        rows,
        (name, "mse-derivative", DERIVATIVE[scene.output]),
        ("output_delta", "mse_derivative"),
        words,
        unit,
    )


def _hidden(numbers: Numbers, unit: int) -> View:
    scene, many = numbers.scene, not numbers.scene.example
    layer, j = scene.place(unit)
    above = list(units_of(scene, layer + 1))
    upstream = step.activation_gradient(numbers.deltas[layer], numbers.model.weights[layer])[:, j]
    left = m.symbol("δ", index_of(unit))
    defined = m.derivative(_c(scene), m.symbol("z", index_of(unit))) + m.equals()
    symbols = [f"{m.symbol('w', index_of(unit, k))}{m.row('')}{m.symbol('δ', index_of(k))}" for k in above]
    terms = [f"{m.factor([numbers.weight(unit, k)])}{m.times()}{m.factor(numbers.delta(k), 'backward')}" for k in above]

    def bracket(lines: list[str], front: str) -> list[str]:
        inside = list(lines)
        inside[0] = f"{front}{m.times(many)}{m.opened('[')}{inside[0]}"
        inside[-1] += m.closed("]")
        return inside

    rows = _lines(left, bracket(m.total(symbols), defined + _phi(numbers, unit)))
    rows += _lines("", bracket(m.total(terms, 1), _derivative_rows(numbers, unit)))
    product = f"{m.factor(numbers.derivative(unit), 'forward')}{m.times(many)}{m.factor(upstream, 'backward')}"
    rows += [("", m.equals() + product), ("", m.equals() + m.numbers(numbers.delta(unit), "backward"))]
    paths = " plus ".join(f"w {index_of(unit, k)} times δ {k}" for k in above)
    words = (
        f"The bracket: {paths} is {said(upstream)}. δ {unit} is the derivative {said(numbers.derivative(unit))} times "
        f"{said(upstream)}, which is {said(numbers.delta(unit))}."
    )
    name = "hidden-delta-unit" if scene.hidden == "sigmoid" and not many else "hidden-delta"
    heading = f"δ of unit {unit}, a hidden unit"
    equations = (name, DERIVATIVE[scene.hidden])
    return View(heading, rows, equations, (name.replace("-", "_"),), words, unit, [(unit, k) for k in above])


def _weights(numbers: Numbers, unit: int) -> View:
    scene, many = numbers.scene, not numbers.scene.example
    layer, _ = scene.place(unit)
    below, delta = list(units_of(scene, layer - 1)), numbers.delta(unit)
    rows, words = [], []

    def summed(factors: list[str]) -> str:
        return "<mo>+</mo>".join(factors) + ("<mo>+</mo><mo>⋯</mo>" if many else "")

    for i in below:
        weight = m.symbol("w", index_of(i, unit))
        symbols = f"{a_symbol(scene, i)}{m.row('')}{m.symbol('δ', index_of(unit))}"
        if many:
            symbols = (
                f"<munder><mo>∑</mo><mi>n</mi></munder><msubsup>{_letter(scene, i)}<mi>n</mi></msubsup>"
                f"<msubsup><mi>δ</mi><mn>{index_of(unit)}</mn><mi>n</mi></msubsup>"
            )
        pairs = list(zip(numbers.a(i), delta, strict=True))[:2]
        shown = summed([f"{m.factor([a], 'forward')}{m.times()}{m.factor([d], 'backward')}" for a, d in pairs])
        value = numbers.gradient(i, unit)
        rows.append((m.derivative(_c(scene), weight), m.equals() + symbols))
        rows.append(("", m.equals() + shown + ("" if many else m.equals() + m.number(value, "backward"))))
        if many:
            rows.append(("", m.equals() + m.number(value, "backward")))
        words.append(f"the gradient with respect to w {index_of(i, unit)} is {m.digits(value)}")
        if numbers.mistaken is not None:
            other = numbers.gradient(i, unit, numbers.mistaken)
            rows.append(("", f"<mtext>with the mistake</mtext><mo>:</mo>{m.number(other, 'mistaken')}"))
    equations: tuple[str, ...] = ("weight-gradient" if many else "weight-gradient-example",)
    code: tuple[str, ...] = ("weight_gradient" if many else "weight_gradient_example",)
    if scene.bias:
        value = numbers.bias_gradient(unit)
        rows.append((m.derivative(_c(scene), m.symbol("b", index_of(unit))), m.equals() + m.number(value, "backward")))
        words.append(f"with respect to its bias it is {m.digits(value)}")
        equations, code = (*equations, "bias-gradient"), (*code, "bias_gradient")
    sentence = ", ".join(words)
    return View(
        f"The gradient with respect to the weights into unit {unit}",
        rows,
        equations,
        code,
        f"Input times δ {unit}: {sentence}.",
        unit,
        [(i, unit) for i in below],
    )


def _letter(scene: Scene, unit: int) -> str:
    """Write the letter and the index of an activation, to which a superscript is added."""
    layer, _ = scene.place(unit)
    return f"<mi>{'a' if layer else 'x'}</mi><mn>{index_of(unit)}</mn>"


def _update(numbers: Numbers, layer: int) -> View:
    scene = numbers.scene
    edges = [(i, j) for j in units_of(scene, layer) for i in units_of(scene, layer - 1)]
    minus = '<mo lspace="0.2222em" rspace="0.2222em">−</mo>'
    eta = m.number(scene.eta)
    weight = m.symbol("w", "ij").replace("<mn>ij</mn>", "<mrow><mi>i</mi><mi>j</mi></mrow>")
    rows = [
        (
            f"<msup>{m.row(weight)}<mo>new</mo></msup>".replace("<mo>new</mo>", "<mtext>new</mtext>"),
            f"{m.equals()}{weight}{minus}<mi>η</mi>{m.derivative(_c(scene), weight)}",
        )
    ]

    def line(symbol: str, old: float, gradient: float, new: float) -> tuple[str, str]:
        step_taken = f"{m.number(old)}{minus}{eta}{m.times()}{m.factor([gradient], 'backward')}"
        return f"<msup>{m.row(symbol)}<mtext>new</mtext></msup>", m.equals() + step_taken + m.equals() + m.number(new)

    new = Numbers(scene).updated
    for i, j in edges:
        (_, row), (_, column) = scene.place(i), scene.place(j)
        after = float(new.weights[layer - 1][row, column])
        rows.append(line(m.symbol("w", index_of(i, j)), numbers.weight(i, j), numbers.gradient(i, j), after))
    if new.biases is not None:
        for k, j in enumerate(units_of(scene, layer)):
            after = float(new.biases[layer - 1][0, k])
            rows.append(line(m.symbol("b", index_of(j)), numbers.bias(j), numbers.bias_gradient(j), after))
    first = edges[0]
    words = (
        f"Each weight of layer {layer} loses η = {m.digits(scene.eta)} times its gradient: w {index_of(*first)} "
        f"goes from {m.digits(numbers.weight(*first))} to {m.digits(float(new.weights[layer - 1][0, 0]))}, and so on."
    )
    equations = ("simultaneous-update", "gradient-descent-step")
    return View(f"Update of layer {layer}", rows, equations, ("gradient_descent_step",), words, 0, edges)
