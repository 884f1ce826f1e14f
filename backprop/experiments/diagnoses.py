"""Print three examples of the diagnosis for the pages."""

from typing import Any

from backprop.data import linear, xor
from backprop.network import Model
from backprop.verification.catalogue import early_step, incorrect_gradients
from backprop.verification.diagnosis import diagnose
from backprop.verification.steps import diagnose_step


def run() -> dict[str, Any]:
    """Diagnose a gradient with a mistake, the report's own gradient, and a step with a mistake.

    Returns:
        The texts, under "mistake", "report" and "step", and the slugs of the mistakes, under "mistake_slug" and so on.
    """
    X, y = xor()
    model = Model.random([2, 3, 1], seed=0)
    mistake = diagnose(
        model.weights, X, y, incorrect_gradients(model, X, y, "hidden-derivative-missing").weights, loss="mse"
    )
    X, y = linear(100, seed=0)
    model = Model.random([2, 4, 1], seed=0)
    trace = model.forward(X)
    negative = [-g for g in model.backward(trace, y).weights]
    report = diagnose(model.weights, X, y, negative)
    early = early_step(model, X, y, eta=1.0)
    step = diagnose_step(model.weights, early.weights, X, y, eta=1.0, activations="sigmoid", loss="mse")
    return {
        name: value
        for key, found in (("mistake", mistake), ("report", report), ("step", step))
        for name, value in ((key, str(found)), (f"{key}_slug", ", ".join(found.mistakes)))
    }
