"""Train with each mistake of the catalogue, because a network that learns may still have one."""

from itertools import islice
from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import binary_accuracy, mse_contributions, parameter_vector, relative_error, total_loss
from backprop.ensemble import stack
from backprop.network import Model
from backprop.verification.catalogue import MISTAKES, states_with

WIDTHS, SEEDS, ETA, EPOCHS = [2, 4, 4, 1], 32, 1.0, 3000

#: Mistakes that are trained under binary cross-entropy, because they are made there.
UNDER_CROSS_ENTROPY = ("output-derivative-not-cancelled", "extra-factor-two")

#: Mistakes that cannot be made in this network, because the shapes do not allow it.
NOT_HERE = ("activation-not-transposed", "arrays-aliased")

#: How each mistake is trained: without biases, with them, or under binary cross-entropy.
GROUPS = ("plain", "with_biases", "under_binary_cross_entropy")


def group_of(slug: str) -> str:
    """Tell how a mistake is trained, and therefore with which correct training run it is compared.

    Args:
        slug: the mistake.

    Returns:
        One of GROUPS.

    Examples:
        >>> from backprop.experiments.mistakes import group_of
        >>> group_of("uphill"), group_of("bias-averaged"), group_of("output-derivative-not-cancelled")
        ('plain', 'with_biases', 'under_binary_cross_entropy')
    """
    if slug in UNDER_CROSS_ENTROPY:
        return "under_binary_cross_entropy"
    return "with_biases" if slug.startswith("bias") else "plain"


def trained(slug: str, group: str) -> dict[str, Any]:
    """Train with a mistake from many seeds, on XOR.

    Args:
        slug: the mistake, or "" for none.
        group: one of GROUPS.

    Returns:
        "slug" and "group"; "gradient", the median over the seeds of the gradient's relative error at initialisation;
        after training the median "loss" (mean squared error) and "accuracy", and "solved", the number of seeds with
        every prediction correct; "finite", the number of seeds without NaN.
    """
    X, y = xor()
    planted = "" if slug == "mean-instead-of-sum" else slug  # for a mean it is not a mistake
    loss = "binary_cross_entropy" if group == "under_binary_cross_entropy" else "mse"
    models = [Model.random(WIDTHS, seed, bias=group == "with_biases") for seed in range(SEEDS)]
    errors = []
    for model in models:
        states = states_with(planted, model, X, y, ETA, loss)
        (start, _), (new, _) = next(states), next(states)
        right = model.backward(model.forward(X), y, loss)
        moved = (parameter_vector(start.parameters) - parameter_vector(new.parameters)) / ETA
        errors.append(relative_error(moved, parameter_vector(right.parameters)))
    with np.errstate(all="ignore"):
        states = states_with(planted, stack(models), X, y, ETA, loss)
        last, _ = next(islice(states, EPOCHS, None))
        answers = last._forward(X).y_hat
        losses = total_loss(mse_contributions(y, answers))
        correct_predictions = binary_accuracy(y, answers)
    finite = np.isfinite(losses)
    return {
        "slug": slug,
        "group": group,
        "gradient": float(np.median(errors)),
        "loss": float(np.median(losses[finite])) if finite.any() else None,
        "accuracy": float(np.median(correct_predictions[finite])) if finite.any() else None,
        "solved": int(np.sum(correct_predictions[finite] == 1)),
        "finite": int(finite.sum()),
    }


def run() -> dict[str, Any]:
    """Train without a mistake and with each of the catalogue.

    Returns:
        The settings; "correct", for each group the training run without a mistake; "mistakes", what `trained` returns
        for each; "silent", how many of them solve at least half as many seeds as the correct gradient of their group.
        The mistake "mean-instead-of-sum" is not counted, because it is not a mistake if the loss is a mean.
    """
    right = {group: trained("", group) for group in GROUPS}
    mistakes = [trained(mistake.slug, group_of(mistake.slug)) for mistake in MISTAKES if mistake.slug not in NOT_HERE]
    wrong = [mistake for mistake in mistakes if mistake["slug"] != "mean-instead-of-sum"]
    return {
        "network": "-".join(map(str, WIDTHS)),
        "seeds": SEEDS,
        "eta": ETA,
        "epochs": EPOCHS,
        "count": len(MISTAKES),
        "correct": right,
        "mistakes": {mistake["slug"]: mistake for mistake in mistakes},
        "silent": sum(mistake["solved"] >= right[mistake["group"]]["solved"] / 2 for mistake in wrong),
    }
