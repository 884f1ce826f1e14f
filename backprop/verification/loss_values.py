"""Compute every common loss of given predictions, each a number that a program may have printed.

The names are those that `diagnose` uses. The value of a loss is its scale times the sum of the squared errors or
of the cross-entropies over all examples and outputs; only "rmse" is the root of another loss.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from backprop import checks
from backprop.derivation import bce_contributions


class LossName(NamedTuple):
    """The name of a loss and its scale.

    Attributes:
        words: its name in words.
        family: "mse", "binary_cross_entropy" or "cross_entropy".
        factor: the number by which the sum over examples and outputs is multiplied, besides 1/N and 1/d_L.
        per_example: whether it is divided by the number of examples N.
        per_output: whether it is divided by the number of outputs d_L.
    """

    words: str
    family: str
    factor: float
    per_example: bool
    per_output: bool

    def scale(self, n: int, d: int) -> float:
        """Return the factor for N examples and d_L outputs."""
        return self.factor / ((n if self.per_example else 1) * (d if self.per_output else 1))


_MSE, _TWO, _MANY = "mse", "binary_cross_entropy", "cross_entropy"
_EXAMPLES = "averaged over the examples"
#: The losses by name, the likelier first. With one output, those that end in "_examples" equal the ones before them.
LOSS_NAMES: Mapping[str, LossName] = {
    _MSE: LossName("the mean squared error", _MSE, 1.0, True, True),
    "mse_examples": LossName(f"the squared error, {_EXAMPLES}, summed over the outputs", _MSE, 1.0, True, False),
    "mse_half": LossName("half the mean squared error", _MSE, 0.5, True, True),
    "mse_half_examples": LossName(f"half the squared error, {_EXAMPLES}", _MSE, 0.5, True, False),
    "mse_sum": LossName("the sum of squared errors", _MSE, 1.0, False, False),
    "mse_half_sum": LossName("half the sum of squared errors", _MSE, 0.5, False, False),
    "rmse": LossName("the root of the mean squared error", _MSE, 1.0, True, True),
    _TWO: LossName("the mean binary cross-entropy", _TWO, 1.0, True, True),
    f"{_TWO}_examples": LossName(f"the binary cross-entropy, {_EXAMPLES}", _TWO, 1.0, True, False),
    f"{_TWO}_sum": LossName("the sum of binary cross-entropies", _TWO, 1.0, False, False),
    _MANY: LossName("the categorical cross-entropy", _MANY, 1.0, True, False),
    f"{_MANY}_entries": LossName("the categorical cross-entropy, averaged over all entries", _MANY, 1.0, True, True),
    f"{_MANY}_sum": LossName("the sum of categorical cross-entropies", _MANY, 1.0, False, False),
}

#: Other names of these losses.
ALIASES = {
    "mse_mean": "mse",
    "mean_squared_error": "mse",
    "half_mse": "mse_half",
    "mse_half_mean": "mse_half",
    "sse": "mse_sum",
    "sum_squared_error": "mse_sum",
    "half_sse": "mse_half_sum",
    "bce": "binary_cross_entropy",
    "binary_cross_entropy_mean": "binary_cross_entropy",
    "bce_sum": "binary_cross_entropy_sum",
    "categorical_cross_entropy": "cross_entropy",
    "categorical_cross_entropy_sum": "cross_entropy_sum",
    "softmax_cross_entropy": "cross_entropy",
}


def usual_name(loss: Any) -> str:
    """Return the name that a loss has here; other common names are known as well.

    Args:
        loss: a name.

    Returns:
        The name in LOSS_NAMES if there is one, otherwise what came.

    Raises:
        TypeError: if it is not text.

    Examples:
        >>> from backprop.verification.loss_values import usual_name
        >>> usual_name("MSE"), usual_name("bce"), usual_name("hinge")
        ('mse', 'binary_cross_entropy', 'hinge')
    """
    checks.of_type("loss", loss, str, "a name")
    name = loss.strip().lower().replace("-", "_").replace(" ", "_")
    return ALIASES.get(name, name)


def are_distributions(values: np.ndarray) -> bool:
    """Tell whether each row is a distribution over several classes, as one-hot targets and softmax outputs are.

    Args:
        values: shape (N, d_L).

    Returns:
        Whether the entries are not negative and each row sums to 1; False for one output.

    Examples:
        >>> import numpy as np
        >>> from backprop.verification.loss_values import are_distributions
        >>> are_distributions(np.array([[0.0, 1.0], [0.3, 0.7]])), are_distributions(np.array([[1.0]]))
        (True, False)
    """
    if values.shape[1] < 2 or values.min() < 0 or values.max() > 2:  # sums of huge numbers would overflow
        return False
    return np.allclose(values.sum(axis=1), 1, rtol=0, atol=1e-6)


def loss_values(y: Any, y_hat: Any) -> dict[str, float]:
    """Compute every common loss of the predictions.

    Args:
        y: the targets, shape (N, d_L).
        y_hat: the predictions, same shape.

    Returns:
        The values by name, in the order of `LOSS_NAMES`: the squared errors always; the binary cross-entropies if
        targets and predictions lie between 0 and 1; the categorical ones if their rows are distributions over classes.

    Raises:
        TypeError: if y or y_hat is not of real numbers.
        ValueError: if the shapes differ.

    Examples:
        >>> from backprop.verification.loss_values import loss_values
        >>> found = loss_values([[0.0], [1.0]], [[0.5], [0.5]])
        >>> found["mse"], found["mse_half"], found["mse_sum"], found["rmse"]
        (0.25, 0.125, 0.5, 0.5)
        >>> round(found["binary_cross_entropy"], 6), "cross_entropy" in found
        (0.693147, False)
    """
    targets = checks.matrix("y", y)
    predictions = checks.matrix("y_hat", y_hat, rows=targets.shape[0], columns=targets.shape[1])
    n, d = targets.shape
    with np.errstate(divide="ignore", over="ignore"):
        sums = {"mse": float(np.sum((targets - predictions) ** 2))}
        if min(targets.min(), predictions.min()) >= 0 and max(targets.max(), predictions.max()) <= 1:
            sums["binary_cross_entropy"] = float(np.sum(bce_contributions(targets, predictions))) * n * d
        if are_distributions(targets) and are_distributions(predictions):
            logs = np.log(predictions, out=np.zeros_like(predictions), where=targets > 0)
            sums["cross_entropy"] = float(-np.sum(targets * logs))
    found = {
        name: loss.scale(n, d) * sums[loss.family]
        for name, loss in LOSS_NAMES.items()
        if loss.family in sums and (d > 1 or not name.endswith("_examples"))
    }
    found["rmse"] = float(np.sqrt(found["mse"]))
    return found
