"""Draw the report's two results."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.contour import ContourSet

from backprop.figures.style import FORWARD, INK, PAPER, WIDE, Figure, canvas, stacked_rows, thousands

_NAMES = {"linear": "linear data", "xor": "XOR"}
_DEPTH = LinearSegmentedColormap.from_list("forward", [(FORWARD, 0.0), (FORWARD, 0.8)])


def learning_curve(name: str, result: dict[str, Any]) -> Figure:
    """Draw the loss over the epochs, with the report's printed values.

    Args:
        name: "linear" or "xor".
        result: what the experiment stored.

    Returns:
        The figure.
    """
    one, two = result["one"], result["two"]
    drawing = canvas(3.0)
    axes = drawing.subplots()
    for run, style in ((one, "-"), (two, "--")):
        epochs = np.arange(len(run["curve"])) * run["curve_every"]
        axes.plot(epochs, run["curve"], style, color=INK, label=f"{run['network']}, seed {run['seed']}")
    epochs, losses = zip(*result["report"], strict=True)
    axes.plot(epochs, losses, "o", color=INK, markerfacecolor="none", markersize=4, label="printed in the report")
    axes.set(yscale="log", xlabel="epoch", ylabel="loss $L$ (mean squared error)", xlim=(-150, one["epochs"] + 150))
    thousands(axes)
    axes.legend()
    return Figure(
        name=f"{name}-learning-curve",
        canvas=drawing,
        title=(
            f"On {_NAMES[name]} the loss of {one['network']} falls from {one['initial_loss']:.2f} to "
            f"{one['final_loss']:.4f} in {one['epochs']:,} epochs."
        ),
        description=(
            f"The figure shows the loss on a logarithmic axis over {one['epochs']:,} epochs. With the "
            f"{one['network']} network (solid) it falls from {one['initial_loss']:.3f} to {one['final_loss']:.4f} and "
            f"is below 0.05 from epoch {one['epoch_below_0_05']} on. With the {two['network']} network (dashed) it "
            f"falls from {two['initial_loss']:.3f} to {two['final_loss']:.4f}. The {len(losses)} values that the "
            f"report printed (circles) run from {losses[0]:.3f} to {losses[-1]:.4f}."
        ),
        caption="Our runs start from a different seed than the report's run, whose seed is not known.",
        experiment=name,
        table=stacked_rows(
            *(
                {
                    "run": f"{run['network']}, seed {run['seed']}",
                    "epoch": list(range(0, run["epochs"], run["curve_every"])),
                    "loss": run["curve"],
                }
                for run in (one, two)
            ),
            {"run": "printed in the report", "epoch": epochs, "loss": losses},
        ),
    )


def points(axes: Axes, x: np.ndarray, ones: np.ndarray) -> None:
    """Draw points of the unit square, circles for 0 and filled diamonds for 1.

    Args:
        axes: where.
        x: the points, shape (N, 2).
        ones: which of them are 1, shape (N,).
    """
    axes.plot(*x[~ones].T, "o", color=INK, markerfacecolor=PAPER, markersize=5, label="0", clip_on=False)
    axes.plot(*x[ones].T, "D", color=INK, markersize=4, label="1", clip_on=False)
    axes.set(xlabel="$x_1$", xlim=(0, 1), ylim=(0, 1), aspect="equal", ylabel="$x_2$")
    axes.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])


def surface(axes: Axes, ticks: Any, predictions: Any, x: np.ndarray, ones: np.ndarray) -> ContourSet:
    """Draw a decision surface, from clear at 0 to blue at 1 with a line at ½, and points on it.

    Args:
        axes: where.
        ticks: the coordinates of the grid, the same along both axes.
        predictions: the network's predictions on the grid.
        x: the points, shape (N, 2).
        ones: which of them are 1, shape (N,).

    Returns:
        The shades, for a colour bar.
    """
    shades = axes.contourf(ticks, ticks, predictions, levels=np.linspace(0, 1, 11), cmap=_DEPTH)
    axes.contour(ticks, ticks, predictions, levels=[0.5], colors=[INK], linewidths=1)
    points(axes, x, ones)
    return shades


def prediction(name: str, result: dict[str, Any]) -> Figure:
    """Draw the labels, and beside them the predictions on the decision surface.

    Args:
        name: "linear" or "xor".
        result: what the experiment stored.

    Returns:
        The figure.
    """
    run = result["one"]
    x, y, y_hat = np.array(run["X"]), np.array(run["y"]), np.array(run["y_hat"])
    drawing = canvas(3.1, WIDE)
    left, right = drawing.subplots(1, 2, sharey=True)
    points(left, x, y > 0.5)
    shades = surface(right, run["ticks"], run["surface"], x, y_hat > 0.5)
    for axes, words in ((left, "ground truth"), (right, "prediction")):
        axes.set_title(words, pad=9)  # above the points that lie on the frame
        axes.tick_params(labelleft=True)  # each stands alone on a narrow page
    bar = drawing.colorbar(shades, cax=right.inset_axes((1.1, 0, 0.08, 1)), ticks=[0, 0.5, 1])  # as high as the panel
    bar.set_label(r"prediction $\hat y$", labelpad=6)
    correct_predictions = round(run["accuracy"] * len(y))
    return Figure(
        name=f"{name}-prediction",
        canvas=drawing,
        title=(
            f"After training on {_NAMES[name]}, {correct_predictions} of {len(y)} predictions are on the correct side "
            "of ½."
        ),
        description=(
            f"The first panel shows the {len(y)} points with their labels, circles for 0 and filled diamonds for 1. "
            "The second panel shows the same points with the rounded predictions of the network, on a surface that "
            f"shades from the prediction 0 (clear) to 1 (blue), with a line at ½. {correct_predictions} of {len(y)} "
            "predictions agree with the labels."
        ),
        caption=(
            "Circles have label 0 and diamonds label 1. The line is the decision boundary, where the prediction is ½. "
            f"The network {run['network']} was trained for {run['epochs']:,} epochs with η = {run['eta']:g}."
        ),
        experiment=name,
        table={"x1": x[:, 0].tolist(), "x2": x[:, 1].tolist(), "label": run["y"], "prediction": run["y_hat"]},
    )


def spread(name: str, result: dict[str, Any]) -> Figure:
    """Draw where the losses of many seeds lie, with the report's printed values.

    Args:
        name: "linear" or "xor".
        result: what the experiment on spread stored.

    Returns:
        The figure.
    """
    both, seeds = result[name], result["seeds"]
    one, two = both["one"], both["two"]
    epochs = np.arange(len(one["losses"]["median"])) * result["every"]
    drawing = canvas(3.0)
    axes = drawing.subplots()
    for run, style, shade in ((one, "-", 0.16), (two, "--", 0.08)):
        axes.fill_between(epochs, run["losses"]["low"], run["losses"]["high"], color=INK, alpha=shade, linewidth=0)
        axes.plot(epochs, run["losses"]["median"], style, color=INK, label=f"{run['network']}, median")
    printed = zip(*both["report"], strict=True)
    axes.plot(*printed, "o", color=INK, markerfacecolor=PAPER, markersize=4, label="the report's run")
    axes.set(yscale="log", xlabel="epoch", ylabel="loss $L$ (mean squared error)", xlim=(-150, result["epochs"] + 150))
    thousands(axes)
    axes.legend()
    within, printed_values = sum(0.05 <= below <= 0.95 for _, below in one["below"]), len(one["below"])
    values = f"{'all' if within == printed_values else f'{within} of'} the report's {printed_values} values"
    low, high = (one["final_loss"][end][0] for end in ("low", "high"))
    return Figure(
        name=f"{name}-spread",
        canvas=drawing,
        title=(
            f"On {_NAMES[name]}, {one['solved']} of {seeds} seeds end with every prediction correct, and {values} lie "
            "between the 5th and the 95th percentile."
        ),
        description=(
            f"The figure shows the loss on a logarithmic axis over {result['epochs']:,} epochs. A solid line is the "
            f"median of {seeds} seeds of the {one['network']} network, and a grey band contains their middle nine "
            f"tenths, which end between {low:.4f} and {high:.4f}. A dashed line with a lighter band, lower at the end, "
            f"shows the {two['network']} network. The circles are the report's {printed_values} printed values, and "
            f"{'all' if within == printed_values else within} of them lie inside the first band."
        ),
        caption=(
            f"Lines are medians of {seeds} seeds at η = {result['eta']:g}, and bands reach from the 5th to the 95th "
            "percentile."
        ),
        experiment="spread",
        table=stacked_rows(
            *({"network": run["network"], "epoch": epochs.tolist(), **run["losses"]} for run in (one, two)),
            {
                "network": "the report's run",
                "epoch": [epoch for epoch, _ in both["report"]],
                "low": None,
                "median": [value for _, value in both["report"]],
                "high": None,
            },
        ),
    )
