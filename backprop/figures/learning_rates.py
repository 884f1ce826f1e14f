"""Draw the learning rates of the report's discussion A."""

from typing import Any

import numpy as np
from matplotlib.ticker import NullFormatter

from backprop.figures.style import INK, PAPER, WIDE, Figure, canvas, stacked_rows, thousands


def learning_rates(result: dict[str, Any]) -> Figure:
    """Draw learning curves at four learning rates, and how many epochs each learning rate needs.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    rates, seeds = result["rates"], result["seeds"]
    by_eta = {rate["eta"]: rate for rate in rates}
    epochs = np.arange(len(rates[0]["losses"]["median"])) * result["every"]
    drawing = canvas(3.3, WIDE)
    left, right = drawing.subplots(1, 2, width_ratios=[5, 4])
    for eta, style in ((0.1, ":"), (1.0, "-"), (10.0, "--"), (100.0, "-.")):
        losses = by_eta[eta]["losses"]
        left.fill_between(epochs, losses["low"], losses["high"], color=INK, alpha=0.08, linewidth=0.8)
        left.plot(epochs, losses["median"], style, color=INK, label=rf"$\eta$ = {eta:g}")
    left.set(yscale="log", xlabel="epoch", ylabel="loss $L$ (mean squared error)", ylim=(2e-5, 0.6))
    thousands(left)
    left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    reaching = [rate for rate in rates if rate["first"] is not None]
    right.plot([rate["eta"] for rate in reaching], [rate["first"] for rate in reaching], "-", color=INK)
    fastest = min(reaching, key=lambda rate: rate["first"])
    for rate in reaching:
        place = (rate["eta"], rate["first"])
        fill = INK if rate["reached"] == seeds else PAPER
        right.plot(*place, "o", color=INK, markerfacecolor=fill, markersize=5)
        aside = (-18, -6) if rate is fastest else (6, 4)  # the lowest place has the line on both sides above it
        right.annotate(f"{rate['reached']}", place, aside, textcoords="offset points")
    right.set(xscale="log", yscale="log", xlabel=r"learning rate $\eta$")
    right.set(ylabel=f"epochs to a loss of {result['enough']}", ylim=(100, 15000))
    right.set(xticks=[0.1, 1, 10, 100], xticklabels=["0.1", "1", "10", "100"], xlim=(0.15, 220))
    right.set(yticks=[200, 500, 1000, 2000, 5000], yticklabels=["200", "500", "1,000", "2,000", "5,000"])
    right.xaxis.set_minor_formatter(NullFormatter())
    right.yaxis.set_minor_formatter(NullFormatter())
    one, ten, hundred = by_eta[1.0], by_eta[10.0], by_eta[100.0]
    return Figure(
        name="learning-rates",
        canvas=drawing,
        title=(
            f"At η = 10, training is {one['first'] / ten['first']:.1f} times as fast as at η = 1, but at η = 100, only "
            f"{hundred['solved']} of {seeds} seeds solve XOR."
        ),
        description=(
            "The first panel shows the loss over the epochs on a logarithmic axis at four learning rates, as the "
            f"median and the middle nine tenths. At 0.1 it barely leaves ¼, at 1 it ends near "
            f"{one['losses']['median'][-1]:.4f}, at 10 near {ten['losses']['median'][-1]:.5f}, and at 100 it remains "
            "high with a wide band. The second panel shows the median number of epochs to a loss of "
            f"{result['enough']} against the learning rate, with both axes logarithmic: "
            + ", ".join(f"{rate['first']:,.0f} at {rate['eta']:g}" for rate in reaching)
            + f". The number beside each circle tells how many of the {seeds} seeds reach it."
        ),
        caption=(
            f"The network {result['network']} is trained on XOR with {seeds} seeds. The number at a circle tells how "
            "many of them reach the loss, and the circle is filled if all of them do."
        ),
        experiment="learning_rates",
        table=stacked_rows(
            *(
                {
                    "eta": rate["eta"],
                    "epoch": epochs.tolist(),
                    **rate["losses"],
                    "seeds_reaching": rate["reached"],
                    "median_epoch": rate["first"],
                }
                for rate in rates
            )
        ),
    )
