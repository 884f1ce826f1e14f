"""Define the tables of the worked example: its forward pass and its update, with the products written out."""

from collections.abc import Iterator, Sequence
from typing import Any

from backprop.tables.table import Column, Table


def rounded(value: float) -> str:
    """Write a number with four decimals, as in a formula.

    Args:
        value: the number.

    Returns:
        LaTeX.
    """
    return f"${value:.4f}$"


def short(value: float) -> str:
    """Write a number that has few digits, as in a formula.

    Args:
        value: the number.

    Returns:
        LaTeX.
    """
    return f"${value:g}$"


def factor(value: float) -> str:
    """Write a factor: in full if it has four decimals or fewer, otherwise with four.

    Args:
        value: the number.

    Returns:
        The digits.

    Examples:
        >>> from backprop.tables.worked_example import factor
        >>> factor(0.6), factor(-1.5), factor(0.6899744811276125)
        ('0.6', '-1.5', '0.6900')
    """
    return f"{value:g}" if value == round(value, 4) else f"{value:.4f}"


def products(pairs: Sequence[tuple[float, float]]) -> str:
    r"""Write a sum of products.

    Args:
        pairs: the factors of each product.

    Returns:
        LaTeX.

    Examples:
        >>> from backprop.tables.worked_example import products
        >>> products([(0.6, 1.0), (0.4, -0.5)])
        '$0.6\\cdot(1) + 0.4\\cdot(-0.5)$'
    """
    return "$" + " + ".join(rf"{factor(a)}\cdot({factor(b)})" for a, b in pairs) + "$"


def units(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the units of the network, layer by layer.

    Args:
        result: what the experiment stored.

    Yields:
        The layer, the unit, the products that it adds up, the weighted sum z and the activation a.
    """
    inputs = result["x"]
    for layer, (weights, z, a) in enumerate(zip(result["w"], result["z"], result["a"], strict=True), start=1):
        for unit in range(len(z)):
            yield {
                "layer": "output" if layer == len(result["w"]) else f"hidden {layer}",
                "unit": unit + 1,
                "products": [(x, row[unit]) for x, row in zip(inputs, weights, strict=True)],
                "z": z[unit],
                "a": a[unit],
            }
        inputs = a


def weights(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the weights of the network, layer by layer.

    Args:
        result: what the experiment stored.

    Yields:
        The weight's name, the two factors of its gradient, the gradient, and the weight before and after the step.
    """
    values = [result["x"], *result["a"]]
    for layer, before in enumerate(result["w"]):
        for i, row in enumerate(before):
            for j, weight in enumerate(row):
                yield {
                    "name": f"$w_{{{i + 1}{j + 1}}}$ of $W_{layer + 1}$",
                    "product": [(values[layer][i], result["deltas"][layer][j])],
                    "gradient": result["gradients"][layer][i][j],
                    "before": weight,
                    "after": result["new_w"][layer][i][j],
                }


TABLES = [
    Table(
        "worked-example-forward",
        ("worked_example",),
        (
            Column("layer", "layer"),
            Column("unit", "unit"),
            Column("products", "products", products),
            Column("weighted sum $z$", "z", rounded),
            Column(r"activation $a = \sigma(z)$", "a", ".4f"),
        ),
        rows=units,
    ),
    Table(
        "worked-example-update",
        ("worked_example",),
        (
            Column("weight", "name"),
            Column("activation × δ", "product", products),
            Column("gradient", "gradient", rounded),
            Column("before", "before", short),
            Column("after", "after", rounded),
        ),
        rows=weights,
    ),
]
