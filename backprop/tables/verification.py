"""Define the tables of verification: step sizes, kinks, plateaus, the catalogue of mistakes and the diagnosis."""

from collections.abc import Iterable, Iterator
from typing import Any

from backprop.tables.table import Column, Table
from backprop.verification.catalogue import MISTAKES

#: The rows of the correct gradient, one for each way in which mistakes were trained.
CORRECT = {
    "plain": "none",
    "with_biases": "none, with biases",
    "under_binary_cross_entropy": "none, under binary cross-entropy",
}


def references(labels: Iterable[str]) -> str:
    r"""Refer to equations.

    Args:
        labels: their labels, without "eq:".

    Returns:
        LaTeX references.

    Examples:
        >>> from backprop.tables.verification import references
        >>> references(["delta", "output-delta"])
        '$\\eqref{eq:delta}$, $\\eqref{eq:output-delta}$'
    """
    return ", ".join(rf"$\eqref{{eq:{label}}}$" for label in labels)


def in_words(slug: str) -> str:
    """Turn the slug of a mistake into words.

    Args:
        slug: the slug.

    Returns:
        The same with spaces and a capital letter.

    Examples:
        >>> from backprop.tables.verification import in_words
        >>> in_words("layer-sign")
        'Layer sign'
    """
    return slug.replace("-", " ").capitalize()


def linked(name: str) -> str:
    """Link a mistake to its section.

    Args:
        name: its slug, or one of the texts of `CORRECT`.

    Returns:
        Markdown.

    Examples:
        >>> from backprop.tables.verification import linked
        >>> linked("uphill"), linked("none, with biases")
        ('[Uphill](#uphill)', 'none, with biases')
    """
    return name if name in CORRECT.values() else f"[{in_words(name)}](#{name})"


def error(value: float) -> str:
    """Write a relative error.

    Args:
        value: the error.

    Returns:
        "0" for an error that rounding alone makes, otherwise two digits.

    Examples:
        >>> from backprop.tables.verification import error
        >>> error(3e-15), error(0.0139), error(0.8)
        ('0', '0.014', '0.80')
    """
    return "0" if value < 1e-9 else f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"


def loss(value: float) -> str:
    """Write a loss with three decimals.

    Args:
        value: the loss.

    Returns:
        The digits, or "< 0.001" for a smaller loss.

    Examples:
        >>> from backprop.tables.verification import loss
        >>> loss(0.2494), loss(0.00003)
        ('0.249', '< 0.001')
    """
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def trained(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the correct gradients and the mistakes, each with what training showed.

    Args:
        result: what the experiment "mistakes" stored.

    Yields:
        The slug, the labels of the equations that are broken, and the medians; the number of seeds that ended with a
        loss that is not finite, or None if there are none.
    """

    def row(name: str, equations: Iterable[str], stored: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "equations": list(equations), **stored, "nan": result["seeds"] - stored["finite"] or None}

    for group, words in CORRECT.items():
        yield row(words, (), result["correct"][group])
    for mistake in MISTAKES:
        if mistake.slug in result["mistakes"]:  # some cannot be made in the network that was trained
            yield row(mistake.slug, mistake.equations, result["mistakes"][mistake.slug])


def methods(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the ways to compute a numerical gradient.

    Args:
        result: what the experiment "step_size" stored.

    Yields:
        The method, with its predicted and its measured errors; no error is predicted for the complex step.
    """
    predicted = {"best_h": None, "best_error": None}
    for name, words in {
        "forward": "forward difference",
        "central": "central difference",
        "complex": "complex step",
    }.items():
        yield {"method": words, **(predicted if name == "complex" else {}), **result[name]}


def ways(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the ways in which planted mistakes were diagnosed.

    Args:
        result: what the experiment "confusion" stored.

    Yields:
        The way and the counts.
    """
    for key, words in {
        "named": "loss specified, float64",
        "unnamed": "loss not specified, float64",
        "single": "loss specified, float32",
    }.items():
        yield {"way": words, **result[key]}


def handed_in(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the ways in which the changed programs of the open world were handed in.

    Args:
        result: what the benchmark "open_world" stored.

    Yields:
        The way in words, its counts and its rates.
    """
    for key, words in {
        "named": "gradient, float64",
        "float32": "gradient, float32",
        "step": "step, learning rate not specified",
        "step-eta": "step, learning rate specified",
    }.items():
        yield {"way": words, **result[key]["counts"], **result[key]["rates"]}


TABLES = [
    Table(
        "step-size",
        ("step_size",),
        (
            Column("method", "method"),
            Column("predicted optimal step size", "best_h", ".1e", missing="any small one"),
            Column("predicted error there", "best_error", ".0e", missing="none"),
            Column("smallest error measured", "least_error", ".0e"),
            Column("step size of that error", "least_h", ".1e"),
        ),
        rows=methods,
    ),
    Table(
        "kinks",
        ("step_size",),
        (
            Column("step size h", "h", "g"),
            Column("entries", "entries", ","),
            Column("entries with a kink within reach", "left_out"),
            Column("largest relative error with them", "error_with", ".0e"),
            Column("largest relative error without them", "error", ".0e"),
        ),
        rows="kinks",
    ),
    Table(
        "stuck",
        ("stuck",),
        (
            Column("what is wrong", "what"),
            Column("final loss", "loss", ".6f"),
            Column("verdict", "verdict"),
            Column("known losses", "known"),
        ),
        rows="cases",
    ),
    Table(
        "mistakes",
        ("mistakes",),
        (
            Column("mistake", "name", linked),
            Column("breaks equation", "equations", references),
            Column("first step off by", "gradient", error),
            Column("seeds solved", "solved"),
            Column("loss", "loss", loss, missing="NaN"),
            Column("seeds that end with NaN", "nan"),
            Column("accuracy", "accuracy", ".2f"),
        ),
        rows=trained,
    ),
    Table(
        "diagnosis-rates",
        ("confusion",),
        (
            Column("gradients given", "way"),
            Column("correct gradients", "correct_asked", ","),
            Column("not called correct (false alarms)", "false_alarms"),
            Column("incorrect gradients", "incorrect_asked", ","),
            Column("called correct (missed)", "missed"),
            Column("diagnosed as documented", "share", ".2%"),
        ),
        rows=ways,
    ),
    Table(
        "open-world",
        ("open_world",),
        (
            Column("handed in as", "way"),
            Column("programs asked about", "asked", ","),
            Column("incorrect ones", "differ", ","),
            Column("false name", "false_name", ".2%"),
            Column("silent", "silent", ".2%"),
            Column("located", "located", ".1%"),
            Column("named", "named", ".1%"),
        ),
        rows=handed_in,
    ),
]
