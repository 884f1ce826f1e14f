"""How well the report's XOR log can be met at other learning rates."""

from typing import Any

import numpy as np

from backprop.figures.style import INK, PAPER, Figure, canvas


def misfit(result: dict[str, Any]) -> Figure:
    """Draw the worst deviation from the log against the learning rate at which it was fitted.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    rates = [fit["eta"] for fit in result["rates"]]
    worst = [fit["worst"] for fit in result["rates"]]
    singular = result["back"]["singular_values"]
    drawing = canvas(2.9)
    left, right = drawing.subplots(1, 2, width_ratios=[3, 2])
    left.plot(rates, worst, "-", color=INK)
    for fit in result["rates"]:
        left.plot(
            fit["eta"], fit["worst"], "o", color=INK, markerfacecolor=INK if fit["settled"] else PAPER, markersize=5
        )
    left.set(yscale="log", xlabel=r"learning rate $\eta$", ylabel="worst relative deviation")
    right.plot(range(1, len(singular) + 1), singular, "o", color=INK, markersize=4)
    right.set(yscale="log", xlabel="number", ylabel="singular value", xticks=[1, 4, 8, 12])
    best = min(result["rates"], key=lambda fit: fit["worst"])
    others = [fit["worst"] for fit in result["rates"] if fit is not best]
    return Figure(
        name="log-misfit",
        canvas=drawing,
        title=(
            f"At η = {best['eta']:g} the log is met to {best['worst']:.7f}; at the other rates tried, no better than "
            f"{min(others):.4f}."
        ),
        description=(
            "Left, the worst relative deviation of a fit against the learning rate held in it, on a logarithmic axis: "
            + "; ".join(f"{fit['worst']:.7f} at {fit['eta']:g}" for fit in result["rates"])
            + f". Right, the {len(singular)} singular values of the Jacobian at η = 1, falling from {singular[0]:.0f} "
            f"over {np.log10(singular[0] / singular[-1]):.0f} powers of ten."
        ),
        caption=(
            "A hollow circle is a fit that used up its steps before it settled. Right: the singular values of the "
            "Jacobian at η = 1; the smallest directions hardly change the log."
        ),
    )
