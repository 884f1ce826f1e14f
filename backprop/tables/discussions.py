"""Define the tables of the discussions: learning rates, hidden units, no activation and ReLU."""

from collections.abc import Iterator
from typing import Any

from backprop.tables.table import Column, Table

_ACTIVATIONS = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "silu": "SiLU"}


def seven_digits(value: float) -> str:
    """Write a learning rate with six decimals, or with seven where it is small.

    Args:
        value: the learning rate.

    Returns:
        The digits.
    """
    return f"{value:.6f}" if value >= 0.1 else f"{value:.7f}"


def thresholds(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the losses and their largest stable learning rates.

    Args:
        result: what the experiment "thresholds" stored.

    Yields:
        The loss and the learning rate.
    """
    for key, loss in {
        "mean": "mean, without bias",
        "mean_with_bias": "mean, with bias",
        "sum": "sum, without bias",
    }.items():
        yield {"loss": loss, "threshold": result[key]["threshold"]}


def warnings(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List what NumPy warned of, for each data set.

    Args:
        result: what the experiment "no_activation" stored.

    Yields:
        The data set and the fractions of seeds.
    """
    for key, data in {"xor": "XOR", "linear": "linear"}.items():
        square, multiply, matmul = (fraction for _, fraction in result[key]["warned"])
        yield {"data": data, **result[key], "square": square, "multiply": multiply, "matmul": matmul}


def rates_without_activation(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the learning rates tried without activation.

    Args:
        result: what the experiment "no_activation" stored.

    Yields:
        The learning rate, and what happened with each derivative.
    """
    cases = ("kept", "without_bias", "with_bias")
    for at in zip(*(result[case] for case in cases), strict=True):
        yield {"eta": at[0]["eta"], **dict(zip(cases, at, strict=True))}


def two_hidden_without_activation(result: dict[str, Any]) -> list[Any]:
    """List the learning rates tried without activation with two hidden layers.

    Args:
        result: what the experiment "two_hidden" stored.

    Returns:
        The learning rates, with the fractions of seeds that overflow.
    """
    return [result["small"], result["middle"], result["large"]]


def relu_runs(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the ReLU networks at the report's two learning rates.

    Args:
        result: what the experiment "relu" stored.

    Yields:
        The data set, and what training showed.
    """
    for key, data in {"xor": "XOR", "linear": "linear"}.items():
        for runs in (result[key]["one"], result[key]["two"]):
            yield from ({"data": data, **run} for run in (runs[0], runs[-1]))


TABLES = [
    Table(
        "learning-rates",
        ("learning_rates",),
        (
            Column("learning rate η", "eta", "g"),
            Column("seeds that reach a loss of {enough}", "reached"),
            Column("median epoch at which they do", "first", ",.0f", missing="none"),
            Column("seeds that end with every prediction correct", "solved"),
            Column("seeds whose loss rises", "unsteady"),
        ),
        rows="rates",
    ),
    Table(
        "stable-learning-rates",
        ("thresholds",),
        (Column("loss", "loss"), Column("largest stable learning rate", "threshold", seven_digits)),
        rows=thresholds,
    ),
    Table(
        "learning-rates-two-hidden",
        ("two_hidden",),
        (
            Column("learning rate η", "eta", "g"),
            Column("seeds that reach a loss of {enough}", "reached"),
            Column("median epoch at which they do", "first", ",.0f", missing="none"),
        ),
        rows="rates",
    ),
    Table(
        "hidden-units-time",
        ("timing",),
        (
            Column("hidden units", "hidden", ","),
            Column("our time, s", "seconds", ".2f"),
            Column("the report's time, s", "report", "g"),
        ),
        rows="training_runs",
    ),
    Table(
        "hidden-units-steps",
        ("timing",),
        (
            Column("hidden units", "hidden", ","),
            Column("forward, µs", "forward", ",.1f"),
            Column("backward, µs", "backward", ",.1f"),
            Column("update, µs", "update", ",.1f"),
            Column("multiplications", "multiplications", ","),
            Column("exponentials", "exponentials", ","),
        ),
        rows="steps",
    ),
    Table(
        "hidden-units-loss",
        ("hidden_units",),
        (
            Column("hidden units", "hidden", ","),
            Column("seeds that solve XOR", "solved"),
            Column("seeds that reach a loss of {enough}", "reached"),
            Column("final loss, median", "final_loss.median.0", ".4f"),
        ),
        rows="units",
    ),
    Table(
        "no-activation-warnings",
        ("no_activation",),
        (
            Column("data", "data"),
            Column("loss NaN at epoch {epoch}", "nan", ".1%"),
            Column("overflow in `square`", "square", ".1%"),
            Column("overflow in `multiply`", "multiply", ".1%"),
            Column("invalid value in `matmul`", "matmul", ".1%"),
            Column("all three", "all_three", ".1%"),
        ),
        rows=warnings,
    ),
    Table(
        "no-activation-learning-rates",
        ("no_activation",),
        (
            Column("learning rate η", "eta", "g"),
            Column("overflow, derivative kept", "kept.diverged", ".1%"),
            Column("overflow, correct derivative, without bias", "without_bias.diverged", ".1%"),
            Column("at the minimum, without bias", "without_bias.reached", ".1%"),
            Column("overflow, correct derivative, with bias", "with_bias.diverged", ".1%"),
            Column("at the minimum, with bias", "with_bias.reached", ".1%"),
        ),
        rows=rates_without_activation,
    ),
    Table(
        "no-activation-two-hidden",
        ("two_hidden",),
        (
            Column("learning rate η", "eta", "g"),
            Column("overflow, derivative kept", "kept", ".1%"),
            Column("overflow, correct derivative", "right", ".1%"),
        ),
        rows=two_hidden_without_activation,
    ),
    Table(
        "relu",
        ("relu",),
        (
            Column("network", "network"),
            Column("data", "data"),
            Column("learning rate η", "eta", "g"),
            Column("final loss, median", "losses.median.-1", ".3f"),
            Column("hidden units dead", "hidden_dead", ".0%"),
            Column("outputs dead", "layers.-1.end", ".0%"),
        ),
        rows=relu_runs,
    ),
    Table(
        "activations",
        ("activations",),
        (
            Column("activation of the hidden units", "name", lambda name: _ACTIVATIONS.get(name, name)),
            Column("seeds that solve XOR", "solved"),
            Column("seeds that reach a loss of {enough}", "reached"),
            Column("median epoch at which they do", "first", ",.0f", missing="none"),
        ),
        rows="training_runs",
    ),
]
