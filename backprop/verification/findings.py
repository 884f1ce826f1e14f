"""The result of a diagnosis: verdicts on the gradient, its layers and its arrays, and other explanations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from backprop.network import Gradients
from backprop.verification import words
from backprop.verification.remarks import Remark


class Array(NamedTuple):
    """The verdict on one array that was passed.

    Attributes:
        verdict: "correct", "incorrect", or "not tested" if nothing can be said about it, because it is zero, as it
            should be, or smaller than its rounding error.
        relative_error: the relative error against the correct gradient.
        factor: the factor between the array and the correct one, 1 if it is correct; None if no factor relates them.
        sign: the sign of that factor; None if the factor is None.
    """

    verdict: str
    relative_error: float
    factor: float | None
    sign: int | None


class Layer(NamedTuple):
    """The verdict on one layer of weights, which follows from those on its arrays.

    Attributes:
        number: its number, from 1.
        verdict: "correct", "incorrect" or "unknown".
        mistakes: the names of the mistakes made here. An incorrect layer without any is incorrect because of a mistake
            in a layer above.
        relative_error: the relative error against the correct gradient; NaN if that is not known.
    """

    number: int
    verdict: str
    mistakes: tuple[str, ...]
    relative_error: float


class Alternative(NamedTuple):
    """Another explanation of the same numbers.

    Attributes:
        verdict: "correct" or "mistake".
        mistakes: their names in the catalogue.
        place: where the mistake is, such as "dW2"; None if there is no single place.
        loss: the loss.
        text: the explanation in words.
    """

    verdict: str
    mistakes: tuple[str, ...]
    place: str | None
    loss: str
    text: str

    def __str__(self) -> str:
        """Return the explanation in words."""
        return self.text


@dataclass(frozen=True, eq=False)  # because arrays have no single truth value
class Diagnosis:
    """The diagnosis of a gradient: what is incorrect, or that it is correct.

    Print it to read the explanation.

    Attributes:
        verdict: "correct", "mistake" or "unknown".
        mistakes: their names in the catalogue. A mistake that has no name there is described in the text, with its
            place.
        loss: the loss that the gradient belongs to, such as "mse", "mse_half", "mse_sum" or
            "binary_cross_entropy"; None if unknown.
        scale: the factor by which the gradient is larger than that loss's gradient; None if unknown. In a
            step without eta it is multiplied by the learning rate.
        sign: 1, or −1 if the gradient has the opposite direction; None if unknown.
        convention: how the arrays were read, such as "rows, (in, out)"; None if unknown.
        layers: the verdict on each layer of weights.
        alternatives: other explanations of the same numbers.
        activations: the activation of each layer; None if unknown.
        correct: the correct gradient, in the layout of the weights that were passed; None if unknown.
        reason: why the verdict is "unknown", or what else you should know; may be empty.
        assumed: what was inferred because it was not specified.
        evidence: how many numbers agree, and how closely.
        arrays: the verdict on each array, by name: "W1", "b1", …
        place: where the mistake is: "error" (∂L/∂ŷ), "phi2" (the derivative of layer 2's activation), "back1" (what is
            propagated back to layer 1), "delta1", "dW2", "db1", "update"; the uppermost if a mistake with a name is in
            several layers; "dW" or "db" if one without a name is in every layer; None if that is not known.
        cannot_tell: names of mistakes that would give the same numbers on these data.
        weight_decay: λ, if a term λW has been added; otherwise None.
        lines: for each mistake its place, a line of code that gives the numbers, and the correct line.
        remarks: what else keeps the network from learning, or would if the gradient were correct.
        unseen: sentences on what was not passed and therefore could not be judged.
    """

    verdict: str
    mistakes: tuple[str, ...]
    loss: str | None
    scale: float | None
    sign: int | None
    convention: str | None
    layers: tuple[Layer, ...]
    alternatives: tuple[Alternative, ...] = ()
    activations: tuple[str, ...] | None = None
    correct: Gradients | None = None
    reason: str = ""
    assumed: tuple[str, ...] = ()
    evidence: str = ""
    arrays: Mapping[str, Array] = field(default_factory=dict)
    place: str | None = None
    cannot_tell: tuple[str, ...] = ()
    weight_decay: float | None = None
    lines: tuple[tuple[str, str, str], ...] = ()
    remarks: tuple[Remark, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def left_open(self) -> str:
        """What the data leave open even if the verdict is "correct", as a phrase; empty if nothing is left open."""
        untested = [name for name, array in self.arrays.items() if array.verdict == "not tested"]
        parts = [f"these data cannot tell {', '.join(self.cannot_tell)}"] if self.cannot_tell else []
        parts += [f"not tested: {', '.join(untested)}"] if untested else []
        return "; ".join([*parts, *self.unseen])

    def __str__(self) -> str:
        """Write the diagnosis as text."""
        return "\n".join(words.text(self))
