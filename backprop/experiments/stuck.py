"""Train networks that get stuck, each at a loss that tells why."""

import warnings
from typing import Any

import numpy as np

from backprop.data import linear, xor
from backprop.derivation import binary_accuracy
from backprop.network import Model
from backprop.training import train
from backprop.verification.loss_diagnosis import diagnose_loss, known_losses

EPOCHS, SEED = 4000, 0

#: XOR's four corners, and a seed of 2-2-1 with biases that ends at a local minimum on them.
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
CORNER_SEED = 4

#: A seed of 2-4-4-1 that lingers on a plateau, and an epoch at which it is still there.
SLOW_SEED, PLATEAU = 20, 300


def cases() -> list[tuple[str, Model, float]]:
    """List networks that cannot learn XOR, or cannot learn it from where they start.

    Returns:
        For each the reason why it cannot learn, the network, and the learning rate.
    """
    down, up = np.full((2, 4), -1.0), np.ones((4, 1))
    zero = [np.zeros((2, 4)), np.zeros((4, 1))]
    return [
        (
            "tanh hidden units, every weight 0",
            Model(zero, None, ["tanh", "sigmoid"]),
            1.0,
        ),
        ("sigmoid hidden units, every weight 0", Model(zero), 1.0),
        ("no activation, no bias", Model.random([2, 4, 1], SEED, "identity"), 0.1),
        ("no activation, with bias", Model.random([2, 4, 1], SEED, "identity", bias=True), 0.1),
        ("ReLU hidden units, all dead; linear output", Model([down, up], None, ["relu", "identity"]), 0.1),
        ("a saturated sigmoid output", Model([np.ones((2, 4)), 30 * up]), 1.0),
    ]


def run() -> dict[str, Any]:
    """Train the networks of `cases`, and diagnose their losses.

    Returns:
        "known": the losses that have a name, on XOR's examples and on the linear data; "tie", the accuracy of
        predicting ½ for everything on XOR; "cases": for each the reason, the final loss, the verdict, the names of
        the known predictions and the words; "example", the words for one of them, "learning", the words for a network
        that is still learning, "converged", those for the same network at the end, "diverged", those for one that
        diverged, and "corners", those for two hidden units at a local minimum of the four corners; "corner_epochs", its
        epochs.
    """
    X, y = xor()
    stuck = []
    for what, model, eta in cases():
        losses = train(model, X, y, eta, EPOCHS).losses
        found = diagnose_loss(losses, X, y)
        stuck.append(
            {
                "what": what,
                "loss": found.final_loss,
                "verdict": found.verdict,
                "known": ", ".join(known.name for known in found.known),
                "words": str(found),
            }
        )
    healthy = train(Model.random([2, 4, 4, 1], SLOW_SEED), X, y, 1.0, 10_000).losses
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is meant to diverge
        diverging = train(Model.random([2, 4, 1], SEED, "identity"), X, y, 3.0, EPOCHS)
    on_linear = linear(100, SEED)
    small = train(Model.random([2, 2, 1], CORNER_SEED, bias=True), *CORNERS, 2.0, 6000).losses
    return {
        "epochs": EPOCHS,
        "known": {reading.name: [reading.loss, reading.accuracy] for reading in known_losses()},
        "tie": float(binary_accuracy(y, np.full_like(y, 0.5))),
        "known_linear": {reading.name: [reading.loss, reading.accuracy] for reading in known_losses(*on_linear)},
        "cases": stuck,
        "example": stuck[2]["words"],
        "slow_seed": SLOW_SEED,
        "plateau": PLATEAU,
        "learning": str(diagnose_loss(healthy[:PLATEAU], X, y)),
        "diverged_at": diverging.diverged_at,
        "diverged": str(diagnose_loss([*diverging.losses, np.inf], X, y)),
        "corners": str(diagnose_loss(small, *CORNERS, "mse")),
        "corner_seed": CORNER_SEED,
        "corner_epochs": len(small),
        "converged": str(diagnose_loss(healthy, X, y)),
    }
