"""Draw how closely the report's XOR log can be reproduced, at other learning rates and by other networks."""

from typing import Any

import numpy as np
from matplotlib.ticker import NullLocator

from backprop.figures.style import INK, PAPER, Figure, canvas, stacked_rows
from backprop.tables.table import shown
from backprop.verification.words import listed


def misfit(result: dict[str, Any]) -> Figure:
    """Draw the worst deviation from the log against the learning rate at which it was fitted.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    fits = result["rates"]
    drawing = canvas(2.9)
    axes = drawing.subplots()
    axes.plot([fit["eta"] for fit in fits], [fit["worst"] for fit in fits], "-", color=INK)
    for fit in fits:
        fill = INK if fit["steps"] < result["most_steps"] else PAPER
        axes.plot(fit["eta"], fit["worst"], "o", color=INK, markerfacecolor=fill, markersize=5)
    axes.set(yscale="log", xlabel=r"learning rate $\eta$", ylabel="worst relative deviation")
    best = min(fits, key=lambda fit: fit["worst"])
    others = [fit["worst"] for fit in fits if fit is not best]
    return Figure(
        name="log-misfit",
        canvas=drawing,
        title=(
            f"At η = {best['eta']:g} the fit deviates from the log by at most {shown(best['worst'], '.1e')}, whereas "
            f"the fits at the other learning rates deviate by {shown(min(others), '.1e')} or more."
        ),
        description=(
            "The figure shows the worst relative deviation of a fit, on a logarithmic axis, against its learning rate: "
            + "; ".join(f"{shown(fit['worst'], '.1e')} at {fit['eta']:g}" for fit in fits)
            + "."
        ),
        caption=f"A hollow circle stands for a fit that used up its {result['most_steps']} steps before it converged.",
        experiment="log_fit",
        table={
            "eta": [fit["eta"] for fit in fits],
            "worst_deviation": [fit["worst"] for fit in fits],
            "typical_deviation": [fit["typical"] for fit in fits],
            "steps": [fit["steps"] for fit in fits],
        },
    )


def singular_values(result: dict[str, Any]) -> Figure:
    """Draw the singular values of the Jacobian at the weights that reproduce the log.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    values = result["back"]["singular_values"]
    numbers = list(range(1, len(values) + 1))
    drawing = canvas(2.6)
    axes = drawing.subplots()
    axes.plot(numbers, values, "o", color=INK, markersize=4)
    axes.set(yscale="log", xlabel="number", ylabel="singular value", xticks=numbers)
    powers = np.log10(values[0] / values[-1])
    return Figure(
        name="log-singular-values",
        canvas=drawing,
        title=f"The {len(values)} singular values of the Jacobian span {powers:.0f} powers of ten.",
        description=(
            "The figure shows the singular values on a logarithmic axis, the largest first: "
            + ", ".join(f"{value:.1e}" for value in values)
            + "."
        ),
        caption=(
            "Each singular value tells how much the log changes for a step of the weights in one of twelve directions."
        ),
        experiment="log_fit",
        table={"number": numbers, "singular_value": values},
    )


def plain(value: float) -> str:
    r"""Write a number with two digits, and as a power of ten if it is below a ten-thousandth.

    Args:
        value: the number.

    Returns:
        The text.

    Examples:
        >>> from backprop.figures.log_fit import plain
        >>> plain(4.31e-05), plain(0.0167), plain(11.3)
        ('4.3\xa0×\xa010⁻⁵', '0.017', '11')
    """
    if value < 1e-4:
        return shown(value, ".1e")
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")


def alternatives(result: dict[str, Any], matched: float) -> Figure:
    """Draw how closely each network reproduces the log, from each of its starting points.

    Args:
        result: what the experiment on alternative models stored.
        matched: the worst deviation of the weights that reproduce the log.

    Returns:
        The figure.
    """
    contenders = result["contenders"]
    drawing = canvas(3.3)
    axes = drawing.subplots()
    axes.axhline(matched, color=INK, linewidth=0.8, linestyle=":")
    axes.annotate("the weights found", (-0.4, matched), (0, 4), textcoords="offset points")
    for i, one in enumerate(contenders):
        for fits, side, fill, marker in ((one["random"], -0.13, INK, "o"), (one["near"], 0.13, PAPER, "D")):
            worst = [fit["worst"] for fit in fits]
            label = ("random starts" if marker == "o" else "starts near the weights found") if i == 0 else None
            axes.plot(
                [i + side] * len(worst), worst, marker, color=INK, markerfacecolor=fill, markersize=5, label=label
            )
    axes.set(yscale="log", ylabel="worst relative deviation", xlim=(-0.5, len(contenders) - 0.5))
    names = [f"{one['name']}\n{one['unknowns']}".replace("hidden ", "") for one in contenders]
    axes.set_xticks(range(len(contenders)), names)
    axes.set_xlabel("network, and its number of parameters")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    names = [one["name"].replace("report's", "report's network").removeprefix("with ") for one in contenders]
    best = [plain(min(fit["worst"] for fit in one["random"])) for one in contenders]
    return Figure(
        name="log-alternatives",
        canvas=drawing,
        title=(
            "If the fits start at random, the best of them deviates from the log by at most "
            + listed([f"{worst} with {name}" for worst, name in zip(best, names, strict=True)])
            + "."
        ),
        description=(
            "The figure shows the worst relative deviation from the log on a logarithmic axis, with one column for "
            "each network: "
            + "; ".join(
                f"{one['name']}, from random starts "
                + ", ".join(plain(fit["worst"]) for fit in one["random"])
                + " and from starts near the weights found "
                + ", ".join(plain(fit["worst"]) for fit in one["near"])
                for one in contenders
            )
            + f". A dotted line marks the deviation of the weights found, {plain(matched)}."
        ),
        caption="Each point stands for one fit, and the lower it lies, the nearer the fit comes to the log.",
        experiment="log_alternatives",
        table=stacked_rows(
            *(
                {
                    "network": one["name"],
                    "unknowns": one["unknowns"],
                    "start": kind,
                    "worst_deviation": [fit["worst"] for fit in one[kind]],
                    "typical_deviation": [fit["typical"] for fit in one[kind]],
                    "steps": [fit["steps"] for fit in one[kind]],
                }
                for one in contenders
                for kind in ("random", "near")
            )
        ),
    )
