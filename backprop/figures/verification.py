"""Draw the error of a numerical gradient against its step size."""

from typing import Any

import numpy as np

from backprop.figures.style import INK, PAPER, Figure, canvas, stacked_rows
from backprop.tables.table import shown


def step_size(result: dict[str, Any]) -> Figure:
    """Draw the error of three numerical gradients against the step size, with the error models that predict it.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    drawing = canvas(3.6)
    axes = drawing.subplots()
    looks: dict[str, tuple[str, dict[str, Any]]] = {
        "forward": ("forward difference", {"marker": "s", "markerfacecolor": PAPER}),
        "central": ("central difference", {"marker": "o", "markerfacecolor": INK}),
        "complex": ("complex step", {"marker": "^", "markerfacecolor": PAPER}),
    }
    for name, (label, look) in looks.items():
        h, error, law = (np.array(result[name][key]) for key in ("h", "error", "law"))
        axes.plot(h, error, linestyle="none", color=INK, markersize=3.2, markeredgewidth=0.7, label=label, **look)
        seen = law > np.min(error) / 4
        axes.plot(h[seen], law[seen], "-", color=INK, linewidth=0.6, alpha=0.8)
    for name, place, side in (("forward", (-4, -16), "right"), ("central", (4, -16), "left")):
        best = (result[name]["best_h"], result[name]["best_error"])
        axes.plot(*best, "+", color=INK, markersize=11, markeredgewidth=1.0)
        digit, exponent = f"{best[0]:.0e}".split("e")
        words = rf"$h^* = {digit} \times 10^{{{int(exponent)}}}$"
        axes.annotate(words, best, place, textcoords="offset points", ha=side, va="top")
    axes.set(xscale="log", yscale="log", xlim=(1e-20, 3), ylim=(2e-17, 30))
    axes.set(xlabel="step size $h$", ylabel="relative error of the gradient")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, columnspacing=1.2, handletextpad=0.1)
    forward, central, exact = (
        tuple(shown(result[name][key], ".0e") for key in ("least_error", "least_h")) for name in looks
    )
    return Figure(
        name="step-size",
        canvas=drawing,
        title=(
            "A finite difference is inaccurate if its step size is too large or too small. The best central difference "
            f"is off by {central[0]}, but the complex step by {exact[0]} at any small step size."
        ),
        description=(
            "The figure shows the relative error of the numerical gradient against the step size h, with both axes "
            "logarithmic. The error of the forward difference falls with 1/h from the left, reaches "
            f"{forward[0]} near h = {forward[1]} and rises in proportion to h. That of the central difference falls "
            f"with 1/h, reaches {central[0]} near {central[1]} and rises with the square of h, so both form a U. The "
            f"complex step remains near {exact[0]} for every h below a ten-millionth, and above it its error rises "
            "with the square of h. Thin lines, the error models c times h to the power p plus r over h, run through "
            "or just above the points, and crosses mark their minima."
        ),
        caption=(
            f"The network {result['network']} has {result['weights']} weights and is evaluated on XOR. Points compare "
            "the numerical with the analytic gradient. Lines are the error model E(h), whose constants come from "
            "higher derivatives and ε, and crosses mark the optimal step size."
        ),
        experiment="step_size",
        table=stacked_rows(
            *(
                {"method": label, "h": result[name]["h"], "error": result[name]["error"], "law": result[name]["law"]}
                for name, (label, _) in looks.items()
            )
        ),
    )
