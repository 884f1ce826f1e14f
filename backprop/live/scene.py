r"""The state of the microscope: a network, data and a step, as one line of text that a URL can carry.

A `Scene` is read from the query string of a URL and written to one. Fields that have their default are left out.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np

from backprop import data
from backprop.derivation import parameter_vector
from backprop.network import Gradients, Model
from backprop.verification.catalogue import BY_SLUG, layers_for

#: The largest numbers of hidden layers and of units in a layer.
MOST_LAYERS, MOST_UNITS = 3, 6

HIDDEN = ("sigmoid", "tanh", "relu", "identity")
OUTPUT = (*HIDDEN, "softmax")

#: The losses that go with an activation of the output.
LOSSES = {"sigmoid": ("mse", "binary_cross_entropy"), "softmax": ("mse", "cross_entropy")}
DATA: Mapping[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {"xor": data.xor, "linear": data.linear}


@dataclass(frozen=True)
class Scene:
    """A network, its data, and the step that is looked at.

    Attributes:
        net: the numbers of units, inputs first.
        hidden: the activation of the hidden units.
        output: the activation of the output.
        bias: 1 with biases, 0 without.
        loss: the name of the loss.
        data: "xor" or "linear".
        example: the number of the example that is looked at, from 1; 0 for all of them together.
        x: the inputs, if the reader has changed those of the example.
        y: the targets, likewise.
        eta: the learning rate.
        seed: the seed of the initial weights.
        w: all weights and then all biases, row by row, if they are not those of the seed.
        epoch: how many updates have been made.
        mistake: the mistake that is planted, or "".
        step: the name of a step, or of a stage, which stands for its first step.
    """

    net: tuple[int, ...] = (2, 2, 2, 1)
    hidden: str = "sigmoid"
    output: str = "sigmoid"
    bias: int = 0
    loss: str = "mse"
    data: str = "xor"
    example: int = 4
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    eta: float = 1.0
    seed: int = 0
    w: tuple[float, ...] = ()
    epoch: int = 0
    mistake: str = ""
    step: str = "forward"

    @cached_property
    def model(self) -> Model:
        """The network."""
        phi = [self.hidden] * (len(self.net) - 2) + [self.output]
        if not self.w:
            return Model.random(list(self.net), self.seed, phi, bool(self.bias))
        shapes = [*pairwise(self.net), *((1, d) for d in self.net[1:] if self.bias)]
        ends = list(accumulate((a * b for a, b in shapes), initial=0))
        flat = np.array(self.w)
        arrays = [flat[i:j].reshape(shape) for (i, j), shape in zip(pairwise(ends), shapes, strict=True)]
        depth = len(self.net) - 1
        return Model(arrays[:depth], arrays[depth:] if self.bias else None, phi)

    @cached_property
    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        """All examples: X, shape (N, 2), and Y, shape (N, d_L); several outputs are classes, in one-hot rows."""
        X, y = DATA[self.data]()
        return X, y if self.net[-1] == 1 else np.eye(self.net[-1])[y[:, 0].astype(int)]

    @cached_property
    def seen(self) -> tuple[np.ndarray, np.ndarray]:
        """The examples that are looked at: one, whose N is 1, or all."""
        X, y = self.whole
        if not self.example:
            return X, y
        row = slice(self.example - 1, self.example)
        return (np.array([self.x]) if self.x else X[row]), (np.array([self.y]) if self.y else y[row])

    @property
    def starts(self) -> list[int]:
        """The number of the first unit of each layer; all units are numbered from 1, the inputs first."""
        return [1, *(1 + n for n in accumulate(self.net[:-1]))]

    def place(self, unit: int) -> tuple[int, int]:
        """Return the layer of a unit, 0 for the inputs, and its place there, from 0."""
        layer = max(i for i, start in enumerate(self.starts) if start <= unit)
        return layer, unit - self.starts[layer]


def parameters_of(model: Model | Gradients) -> tuple[float, ...]:
    """List all weights and then all biases of a network, or their gradients, row by row."""
    return tuple(parameter_vector(model.parameters).tolist())


# Reading


def _one_of(*names: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"expected {', '.join(names[:-1])} or {names[-1]}")
        return text

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or not least <= int(text) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(text)

    return read


def _number(text: str) -> float:
    try:
        value = float(text.replace("−", "-"))
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise ValueError("expected a number")
    return value


def _positive(text: str) -> float:
    if not (value := _number(text)) > 0:
        raise ValueError("expected a number above 0")
    return value


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(_number(part) for part in text.split(",")) if text else ()


def _net(text: str) -> tuple[int, ...]:
    if not re.fullmatch(rf"2(-[1-{MOST_UNITS}]){{1,{MOST_LAYERS + 1}}}", text, re.ASCII):
        raise ValueError(
            f"expected 2 inputs, at most {MOST_LAYERS} hidden layers, and outputs, up to {MOST_UNITS} units each, such "
            "as 2-4-1"
        )
    return tuple(map(int, text.split("-")))


def _mistake(text: str) -> str:
    if text and text not in BY_SLUG:
        raise ValueError("expected a name from the catalogue of mistakes")
    return text


def _step(text: str) -> str:
    if not re.fullmatch(r"(forward|output|hidden|weights|update)(-\d{1,2})?|loss|softmax", text, re.ASCII):
        raise ValueError("expected a step such as forward, loss, output, hidden, weights, update or hidden-3")
    return text


READERS: Mapping[str, Callable[[str], Any]] = {
    "net": _net,
    "hidden": _one_of(*HIDDEN),
    "output": _one_of(*OUTPUT),
    "bias": _whole(0, 1),
    "loss": _one_of("mse", "binary_cross_entropy", "cross_entropy"),
    "data": _one_of(*DATA),
    "example": _whole(0, 100),
    "x": _numbers,
    "y": _numbers,
    "eta": _positive,
    "seed": _whole(0, 10**9),
    "w": _numbers,
    "epoch": _whole(0, 10**10 - 1),
    "mistake": _mistake,
    "step": _step,
}


def losses_for(output: str) -> tuple[str, ...]:
    """List the losses that go with an activation of the output."""
    return LOSSES.get(output, ("mse",))


def possible(slug: str, scene: Scene) -> bool:
    """Tell whether a mistake can be made in a network with its whole data set."""
    biased = slug.startswith("bias")
    if biased and not scene.bias:
        return False
    if (slug == "output-derivative-not-cancelled") != (scene.loss != "mse") and slug in (
        "output-derivative-not-cancelled",
        "output-derivative-missing",
    ):
        return False
    if scene.output == "softmax" and scene.loss == "mse" and slug in ("derivative-given-a", "derivative-given-z"):
        return False  # there a Jacobian matrix takes the place of a derivative that could be given either
    return bool(layers_for(slug, scene.net, len(scene.whole[0])))


def _consistent(scene: Scene) -> tuple[Scene, list[str]]:
    """Replace the fields that do not fit the others, and say so."""
    problems = []

    def reset(problem: str, **values: Any) -> None:
        nonlocal scene
        scene = replace(scene, **values)
        problems.append(problem)

    if scene.output == "softmax" and scene.net[-1] == 1:
        reset("output: softmax needs two outputs or more, so sigmoid is shown.", output="sigmoid", loss="mse")
    if scene.loss not in losses_for(scene.output):
        reset(f"loss: {scene.loss} does not go with the output {scene.output}, so mse is shown.", loss="mse")
    count, size = len(scene.whole[0]), sum(a * b for a, b in pairwise(scene.net)) + scene.bias * sum(scene.net[1:])
    if scene.w and len(scene.w) != size:
        problem = (
            f"w: there are {len(scene.w)} numbers; expected {size}, so the weights of seed {scene.seed} are shown."
        )
        reset(problem, w=(), epoch=0)
    if scene.example > count:
        reset(f"example: there are {count}, so number 4 is shown.", example=4)
    if (scene.x and len(scene.x) != 2) or (scene.x and not scene.example):
        reset("x: expected two numbers, for one example, so those of the data are shown.", x=())
    low, high = (0, 1) if scene.loss != "mse" else (-np.inf, np.inf)
    wrong = len(scene.y) != scene.net[-1] or not all(low <= t <= high for t in scene.y)
    wrong |= scene.loss == "cross_entropy" and abs(sum(scene.y) - 1) > 1e-8
    if scene.y and (wrong or not scene.example):
        reset("y: these targets do not fit the network and its loss, so those of the data are shown.", y=())
    if scene.mistake and not possible(scene.mistake, scene):
        reset(f"mistake: {scene.mistake} cannot be made in this network, so none is planted.", mistake="")
    return scene, problems


def read(address: str) -> tuple[Scene, list[str]]:
    """Read a scene from the query string of a URL.

    Args:
        address: such as "net=2-4-1&step=hidden"; a field that is missing has its default.

    Returns:
        The scene, and a sentence for everything that could not be used.

    Examples:
        >>> from backprop.live.scene import read
        >>> read("net=2-4-1&eta=0.5")[0].net
        (2, 4, 1)
        >>> read("net=2-9-1&colour=red")[1][0]
        "net is '2-9-1'; expected 2 inputs, at most 3 hidden layers, and outputs, up to 6 units each, such as 2-4-1."
    """
    found: dict[str, Any] = {}
    problems = []
    for name, text in parse_qsl(address.lstrip("?")[:10_000], keep_blank_values=True, errors="replace"):
        if name not in READERS:
            problems.append(f"{name[:30]!r} is not a setting of the microscope.")
            continue
        try:
            found[name] = READERS[name](text)
        except ValueError as error:
            problems.append(f"{name} is {text[:40]!r}; {error}.")
    scene, more = _consistent(Scene(**found))
    return scene, problems + more


def write(scene: Scene) -> str:
    """Write a scene as the query string of a URL, in which numbers keep all their digits.

    Args:
        scene: the scene.

    Returns:
        The query string, without the question mark.

    Examples:
        >>> from backprop.live.scene import read, write
        >>> write(read("step=hidden&net=2-4-1&eta=1")[0])
        'net=2-4-1&step=hidden'
    """
    pairs = []
    for field in fields(Scene):
        value = getattr(scene, field.name)
        if value == field.default:
            continue
        if isinstance(value, tuple):
            value = ("-" if field.name == "net" else ",").join(f"{part!r}".removesuffix(".0") for part in value)
        pairs.append((field.name, str(value).removesuffix(".0")))
    return urlencode(pairs, safe=",-")


# Changing

#: If one of these fields changes, the weights are those of the seed again.
FRESH = ("net", "bias", "seed", "data")


def changed(scene: Scene, name: str, text: str) -> Scene:
    r"""Change one field, or one number, of a scene.

    Args:
        scene: the scene.
        name: a field; or a weight such as "w1-3", a bias "b3", an input "x1", a target "y1".
        text: what the reader has entered; for the seed, "next" is allowed as well.

    Returns:
        The new scene. Fields that no longer fit have their defaults again.

    Raises:
        ValueError: if the text is not what is expected there; the message is one sentence.

    Examples:
        >>> from backprop.live.scene import Scene, changed
        >>> changed(Scene(), "w1-3", "0.5").model.weights[0][0, 0]
        np.float64(0.5)
        >>> changed(Scene(), "eta", "-1")
        Traceback (most recent call last):
        ValueError: eta is '-1'; expected a number above 0.
    """
    if (name, text) == ("seed", "next"):
        text = str(scene.seed + 1)
    try:
        values = {name: READERS[name](text)} if name in READERS else _entry(scene, name, _number(text))
    except ValueError as error:
        raise ValueError(f"{name} is {text[:40]!r}; {error}.") from None
    if name in FRESH:
        values |= {"w": (), "epoch": 0}
    if name in ("example", "data", "net", "output", "loss"):
        values |= {"x": (), "y": ()}
    new = replace(scene, **values)
    if new.output == "softmax" and new.net[-1] == 1:
        classes = new.net if name == "net" else (*new.net[:-1], 2)
        output = "sigmoid" if name == "net" else "softmax"
        new = replace(new, net=classes, output=output, loss=losses_for(output)[-1], w=(), epoch=0)
    if name == "output":
        new = replace(new, loss=losses_for(new.output)[-1] if new.output == "softmax" else "mse")
    return _consistent(new)[0]


def _entry(scene: Scene, name: str, value: float) -> dict[str, Any]:
    """Change one weight, bias, input or target."""
    match = re.fullmatch(r"(w)(\d+)-(\d+)|([bxy])(\d+)", name)
    if match is None:
        raise ValueError("expected a weight such as w1-3, a bias, an input or a target")
    if match[1]:
        (below, i), (above, j) = scene.place(int(match[2])), scene.place(int(match[3]))
        weights = [w.copy() for w in scene.model.weights]
        if above != below + 1 or i >= scene.net[below] or j >= scene.net[above]:
            raise ValueError("expected the units of two neighbouring layers")
        weights[below][i, j] = value
        return {"w": parameters_of(scene.model._like(tuple(weights), scene.model.biases))}
    kind, number = match[4], int(match[5])
    if kind == "b":
        layer, j = scene.place(number)
        if scene.model.biases is None or layer == 0 or j >= scene.net[layer]:
            raise ValueError("expected the bias of a unit that has one")
        biases = [b.copy() for b in scene.model.biases]
        biases[layer - 1][0, j] = value
        return {"w": parameters_of(scene.model._like(scene.model.weights, tuple(biases)))}
    old = scene.seen["xy".index(kind)][0].tolist()
    if not scene.example or not 1 <= number <= len(old):
        raise ValueError("expected an input or a target of one example")
    if kind == "y" and scene.loss != "mse" and not 0 <= value <= 1:
        raise ValueError("expected a target from 0 to 1")
    old[number - 1] = value
    if kind == "y" and scene.loss == "cross_entropy":  # the targets of an example sum to 1
        rest = np.delete(old, number - 1)
        share = rest / rest.sum() if rest.sum() else np.full(len(rest), 1 / len(rest))
        old = np.insert((1 - value) * share, number - 1, value).tolist()
    return {kind: tuple(old)}
