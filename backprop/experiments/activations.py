"""Compare six activation functions in the hidden units of the report's network."""

from typing import Any

import numpy as np

from backprop.experiments.curves import on_xor
from backprop.network import ACTIVATIONS, Model

NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu")
WIDTHS, ETA, SEEDS, EPOCHS, EVERY, ENOUGH = [2, 4, 1], 1.0, 64, 10_000, 50, 0.05


def training(name: str) -> dict[str, Any]:
    """Train the network with one activation in its hidden units and a sigmoid at the output.

    Args:
        name: the activation.

    Returns:
        "name"; "losses" over the epochs; "solved", how many seeds end with every prediction correct; "reached", how
        many reach the loss ENOUGH, and "first", the median epoch at which they do, or None; the
        "value" and the "derivative" of the activation at the places "z" of `run`.
    """
    models = [Model.random(WIDTHS, seed, [name, "sigmoid"]) for seed in range(SEEDS)]
    curves, _ = on_xor(models, ETA, EPOCHS, EVERY, ENOUGH)
    z, phi = np.array(places()), ACTIVATIONS[name]
    return {
        "name": name,
        **curves,
        "value": phi.value(z).tolist(),
        "derivative": phi.derivative(z, phi.value(z)).tolist(),
    }


def places() -> list[float]:
    """List the pre-activations at which the activations are drawn, with one on either side of the kink.

    Returns:
        Numbers from −4 to 4.
    """
    return [*np.linspace(-4, 0, 41), *np.linspace(1e-9, 4, 41)]


def run() -> dict[str, Any]:
    """Train with each activation.

    Returns:
        The settings; "z", where the activations are drawn; and "training_runs", what `training` returns for each.
    """
    return {
        "network": "-".join(map(str, WIDTHS)),
        "eta": ETA,
        "seeds": SEEDS,
        "epochs": EPOCHS,
        "every": EVERY,
        "enough": ENOUGH,
        "z": places(),
        "training_runs": [training(name) for name in NAMES],
    }
