"""Read the loss and the activations that the caller specified, and list what to try if there are none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from backprop import checks
from backprop.network import ACTIVATIONS, LOSSES, Activation
from backprop.verification.loss_values import usual_name
from backprop.verification.search import LossReading, losses

#: The activations that are tried in hidden layers and at the output if none are specified.
HIDDEN, OUTPUT = ("sigmoid", "tanh", "relu", "identity"), ("sigmoid", "identity", "softmax", "tanh", "relu")
#: The largest number of networks with mixed activations that are tried.
MIXED = 320


def told_losses(loss: str | None, n: int, d: int) -> list[LossReading]:
    """List the losses that agree with what the caller specified."""
    known = losses(n, d)
    if loss is None:
        return known
    name = usual_name(loss)
    if d == 1:
        name = name.removesuffix("_examples")  # the mean over all entries is then the mean over the examples
    found = [reading for reading in known if reading.name in (name, f"{name}_examples")]
    if not found:
        names = ", ".join(repr(reading.name) for reading in losses(2, 2))
        raise ValueError(f"loss is {loss!r}; expected one of {names}, or None")
    return found


def _one(name: Any) -> Activation:
    """Look up one activation."""
    if isinstance(name, Activation):
        return _tried(name)
    return ACTIVATIONS[checks.one_of("activations", "identity" if name == "linear" else name, list(ACTIVATIONS))]


def _tried(phi: Activation) -> Activation:
    """Call an activation of the caller's own once, so that an error in it is told as such.

    If it is named like one of the package but is another function, its name is changed.
    """
    z = np.array([[-0.5, 0.25]])
    with np.errstate(all="ignore"):
        a = _called(phi, "value", (z,), z.shape)
        made = _called(phi, "derivative", (z, a), z.shape if phi.elementwise else (1, 2, 2))
        known = ACTIVATIONS.get(phi.name, phi)
        same = np.allclose(a, known.value(z)) and np.allclose(made, known.derivative(z, known.value(z)))
    return phi if same else replace(phi, name=f"own_{phi.name}")


def _called(phi: Activation, part: str, arguments: tuple[np.ndarray, ...], shape: tuple[int, ...]) -> np.ndarray:
    """Call a function of an activation, and check the shape of what it returns."""
    try:
        made: np.ndarray = getattr(phi, part)(*arguments)
    except TypeError as error:
        call = {"value": "value(z)", "derivative": "derivative(z, a)"}[part]
        raise TypeError(f"activation {phi.name!r}: {call} raises TypeError: {error}") from error
    if np.shape(made) != shape:
        raise ValueError(
            f"activation {phi.name!r}: {part} returns shape {np.shape(made)} for z of shape {arguments[0].shape}; "
            f"expected {shape}"
        )
    return made


def told_activations(activations: Any, depth: int, loss: str | None) -> list[list[Activation]] | None:
    """List the activations that each layer may have; None if none were specified. Check that the loss suits them."""
    family = told_losses(loss, 2, 2)[0].family
    if activations is None:
        return None
    if isinstance(activations, str | Activation):
        activations = [activations] * depth
    if not isinstance(activations, Sequence):
        raise TypeError(
            f"activations is {checks.shown(activations)}; expected a name or a sequence of one for each layer"
        )
    for i, activation in enumerate(activations):
        checks.of_type(f"activations[{i}]", activation, str | Activation | None, "a name")
    if len(activations) != depth:
        raise ValueError(f"activations has {len(activations)} entries; expected {depth}, one for each layer of weights")
    everything = [ACTIVATIONS[name] for name in HIDDEN]
    told = [everything if a is None else [_one(a)] for a in activations]
    if activations[-1] is None:
        told[-1] = [*everything, ACTIVATIONS["softmax"]]
    for i, layer in enumerate(told[:-1]):
        if not layer[0].elementwise:
            raise ValueError(f"activations[{i}] is {layer[0].name!r}, which is allowed at the output only")
    wanted = LOSSES[family].output
    names = [a.name for a in told[-1]]
    if loss is not None and wanted and wanted not in names:
        raise ValueError(f"loss {loss!r} is known for a {wanted} output; the output activation is {names[0]!r}")
    return told


def networks_for(
    told: list[list[Activation]] | None, depth: int, family: str
) -> Iterator[list[tuple[Activation, ...]]]:
    """Yield groups of activations to try, a likely one first and then a larger one, in case the first fails."""
    own = LOSSES[family].output if family else None
    outputs = [ACTIVATIONS[name] for name in (OUTPUT if own is None else (own,))]
    if told is not None:
        yield list(product(*told))
        return
    if depth == 1:
        yield [(out,) for out in outputs]
        return
    yield [(*(ACTIVATIONS[h],) * (depth - 1), out) for h, out in product(HIDDEN, outputs)]
    others = [a.name for a in ACTIVATIONS.values() if a.elementwise and a.name not in HIDDEN]
    alike = [(*(ACTIVATIONS[h],) * (depth - 1), out) for h, out in product(others, outputs)]
    mixed = [
        (*(ACTIVATIONS[name] for name in names), out)
        for names in product(HIDDEN, repeat=depth - 1)
        if len(set(names)) > 1
        for out in outputs
    ]
    yield [*alike, *mixed][:MIXED]
