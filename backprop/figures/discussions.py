"""The report's discussions as pictures: rates, hidden units, no activation, ReLU and its relatives."""

from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from backprop.figures.style import BACKWARD, FORWARD, INK, PAPER, SPREAD, WIDE, Figure, canvas, stacked_rows

#: Told apart without colour.
_STYLES: tuple[Any, ...] = (
    "-",
    (0, (5, 2)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (1, 2.5)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (9, 3)),
)
_WORDS = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "softplus": "softplus",
    "silu": "SiLU",
}


def _plain(axes: Axes, which: Literal["x", "y"], ticks: list[float]) -> None:
    """Give a logarithmic axis these ticks, written out."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(ticks, [f"{tick:,g}" for tick in ticks])
    axis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis=which, which="minor", length=0)


def threshold(result: dict[str, Any]) -> Figure:
    """Draw how far one linear layer is from the floor, at rates around its threshold.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    case = result["mean"]
    epochs = list(range(0, result["epochs"] + 1, result["every"]))
    drawing = canvas(3.1)
    axes = drawing.subplots()
    for rate, style in zip(case["rates"], (":", (0, (5, 1.5, 1, 1.5)), "-", "-", (0, (5, 2))), strict=True):
        colour = FORWARD if rate["part"] < 1 else BACKWARD
        shown = [value if value > 1e-13 else np.nan for value in rate["excess"]]
        axes.plot(epochs, shown, linestyle=style, color=colour, label=f"{rate['part']:g}")
    axes.axhline(case["rates"][0]["excess"][0], color=INK, linewidth=0.6, label="1")
    axes.set(yscale="log", ylim=(1e-12, 1e12), xlim=(0, result["epochs"]))
    axes.set(xlabel="epoch", ylabel="loss above the floor")
    axes.legend(title="rate, as a part of the threshold", loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    below, above = case["rates"][2], case["rates"][3]
    return Figure(
        name="threshold",
        canvas=drawing,
        title=(
            f"At {below['part']:.0%} of η = {case['threshold']:.6f} one linear layer converges; at {above['part']:.0%} "
            "of it, it diverges."
        ),
        description=(
            f"The loss above its smallest possible value, on a logarithmic axis, over {result['epochs']} epochs, at "
            "five learning rates given as parts of the threshold: "
            + ", ".join(f"{rate['part']:g}" for rate in case["rates"])
            + ". Every line is straight. Below the threshold (blue) they fall, the more slowly the closer; above it "
            f"(orange) they rise; at 1 (thin) the loss stays. At {below['part']:g} the last value is "
            f"{below['excess'][-1]:.1e}, at {above['part']:g} it is {above['excess'][-1]:.0f}, from "
            f"{below['excess'][0]:.2f}."
        ),
        caption="One linear layer without bias on XOR, mean squared error, all weights 1 at the start.",
        experiment="thresholds",
        table=stacked_rows(
            *(
                {"part": rate["part"], "eta": rate["eta"], "epoch": epochs, "loss_above_minimum": rate["excess"]}
                for rate in case["rates"]
            )
        ),
    )


def hidden_units_time(result: dict[str, Any]) -> Figure:
    """Draw where the time of an epoch goes, against the number of hidden units, and the report's times beside ours.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    steps, training_runs = result["steps"], result["training_runs"]
    hidden = [one["hidden"] for one in steps]
    drawing = canvas(3.0, WIDE)
    left, right = drawing.subplots(1, 2)
    for part, style, colour in (
        ("forward", "-", FORWARD),
        ("backward", (0, (5, 2)), BACKWARD),
        ("update", ":", INK),
    ):
        times = [one[part] for one in steps]
        left.plot(hidden, times, linestyle=style, color=colour, marker="o", markersize=3, label=part)
    left.set(xscale="log", yscale="log", xlabel="hidden units", ylabel="time for one epoch (µs)")
    _plain(left, "x", hidden)
    left.legend()
    ours = [(one["hidden"], one["seconds"]) for one in training_runs]
    theirs = [(one["hidden"], one["report"]) for one in training_runs if one["report"] is not None]
    right.plot(*zip(*ours, strict=True), "-o", color=INK, markersize=4, label="here")
    right.plot(*zip(*theirs, strict=True), "--o", color=INK, markerfacecolor=PAPER, markersize=4, label="the report")
    right.set(xscale="log", yscale="log", xlabel="hidden units", ylabel="time to train (s)")
    _plain(right, "x", [one["hidden"] for one in training_runs])
    _plain(right, "y", [0.2, 0.5, 1, 2, 4])
    right.legend()
    first, machine = steps[0], result["machine"]
    start = first["forward"] + first["backward"] + first["update"]
    return Figure(
        name="hidden-units-time",
        canvas=drawing,
        title=(
            f"From 16 to 64 hidden units training takes {result['jump']:.1f} times as long here, not "
            f"{result['report_jump']:.1f} times as in the report."
        ),
        description=(
            "Left, the time of forward pass, backward pass and update in one epoch against the number of hidden units, "
            f"both axes logarithmic. With one unit an epoch takes {start:.0f} microseconds; "
            + "; ".join(
                f"with {one['hidden']:,} units forward takes {one['forward']:.0f}, backward {one['backward']:.0f} and "
                f"update {one['update']:.0f}"
                for one in steps[1:]
            )
            + ". Forward and backward are nearly alike throughout; the update hardly grows. Right, the seconds of a "
            "whole training: here "
            + ", ".join(f"{time:.2f} with {units}" for units, time in ours)
            + "; in the report "
            + ", ".join(f"{time:.2f} with {units}" for units, time in theirs)
            + "."
        ),
        caption=(
            f"Measured on {machine['processor']}, {machine['system']}, Python {machine['python']}, NumPy "
            f"{machine['numpy']}, when this page was made. {result['examples']} points; left, medians of "
            f"{result['timings']} timings, right of {result['repeats']} trainings of {result['epochs']:,} epochs."
        ),
        experiment="timing",
        table={
            key: [one[key] for one in steps]
            for key in ("hidden", "forward", "backward", "update", "multiplications", "exponentials")
        },
    )


def hidden_units_loss(result: dict[str, Any]) -> Figure:
    """Draw how many seeds solve XOR, and how fast, against the number of hidden units.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    units, seeds = result["units"], result["seeds"]
    epochs = list(range(0, result["epochs"] + 1, result["every"]))
    drawing = canvas(3.0, WIDE)
    left, right = drawing.subplots(1, 2, width_ratios=[3, 2])
    by_hidden = {one["hidden"]: one for one in units}
    for hidden, style in zip((2, 3, 4, 16, 64), _STYLES, strict=False):
        losses = by_hidden[hidden]["losses"]
        left.fill_between(epochs, losses["low"], losses["high"], color=INK, alpha=0.07, linewidth=0)
        left.plot(epochs, losses["median"], linestyle=style, color=INK, label=f"{hidden}")
    left.set(yscale="log", xlabel="epoch", ylabel="loss $L$ (mean squared error)", xlim=(0, result["epochs"]))
    left.set(xticks=[0, 5000, 10000], xticklabels=["0", "5,000", "10,000"])
    left.legend(title="hidden units", loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    right.plot([one["hidden"] for one in units], [one["solved"] for one in units], "-o", color=INK, markersize=4)
    right.set(xscale="log", xlabel="hidden units", ylabel=f"of {seeds} seeds, those that solve XOR")
    right.set(ylim=(-2, seeds + 2), yticks=[0, seeds // 4, seeds // 2, 3 * seeds // 4, seeds])
    _plain(right, "x", [1, 2, 4, 8, 16, 64])
    two, three, four = by_hidden[2], by_hidden[3], by_hidden[4]
    return Figure(
        name="hidden-units-loss",
        canvas=drawing,
        title=(
            f"Without biases two hidden units solve XOR for {two['solved']} of {seeds} seeds, three for "
            f"{three['solved']}, four for {four['solved']}, eight for {by_hidden[8]['solved']}."
        ),
        description=(
            "Left, the loss over the epochs on a logarithmic axis, median and middle nine tenths. It ends at "
            + ", ".join(f"{by_hidden[h]['final_loss']['median'][0]:.4f} with {h}" for h in (2, 3, 4, 16, 64))
            + " hidden units. Right, how many seeds end with every answer right: "
            + ", ".join(f"{one['solved']} with {one['hidden']}" for one in units)
            + "."
        ),
        caption=f"2-h-1 on XOR, without biases, η = {result['eta']:g}, {result['epochs']:,} epochs, {seeds} seeds.",
        experiment="hidden_units",
        table=stacked_rows(
            *(
                {"hidden": one["hidden"], "epoch": epochs, **one["losses"], "seeds_solving": one["solved"]}
                for one in units
            )
        ),
    )


def no_activation(result: dict[str, Any]) -> Figure:
    """Draw, for a network without activations, which share of the seeds overflows, by slope and rate.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    drawing = canvas(2.8)
    axes = drawing.subplots()
    kinds = (
        ("kept", "slope kept", (0, (1, 1.5)), BACKWARD),
        ("without_bias", "right slope", "-", INK),
        ("with_bias", "right slope, with bias", "--", PAPER),
    )
    for key, words, style, fill in kinds:
        rates = result[key]
        x, share = [one["eta"] for one in rates], [100 * one["diverged"] for one in rates]
        ink = BACKWARD if key == "kept" else INK
        axes.plot(x, share, linestyle=style, marker="o", color=ink, markerfacecolor=fill, markersize=5, label=words)
    axes.set(xscale="log", ylim=(-4, 104), yticks=[0, 25, 50, 75, 100])
    axes.set(xlabel=r"learning rate $\eta$", ylabel="seeds that overflow (%)")
    _plain(axes, "x", [one["eta"] for one in result["kept"]])
    axes.legend(loc="center left")
    kept, bare, biased = (result[key] for key, *_ in kinds)
    least, fastest = kept[0], bare[-1]
    return Figure(
        name="no-activation",
        canvas=drawing,
        title=(
            f"With the kept slope {least['diverged']:.0%} of the seeds overflow even at η = {least['eta']:g}; with the "
            f"right one none does there, and at η = {fastest['eta']:g}, {fastest['diverged']:.1%}."
        ),
        description=(
            "The share of seeds whose loss overflows, against the learning rate on a logarithmic axis. With the kept "
            "slope (dotted): "
            + ", ".join(f"{100 * one['diverged']:.1f} % at {one['eta']:g}" for one in kept)
            + ". With the right slope, without bias (solid): "
            + ", ".join(f"{100 * one['diverged']:.1f} % at {one['eta']:g}" for one in bare)
            + ". With the right slope and biases (dashed) it rises sooner: "
            + ", ".join(f"{100 * one['diverged']:.1f} % at {one['eta']:g}" for one in biased)
            + "."
        ),
        caption=(
            f"{result['network']} with a = z in every unit, on XOR; {result['rate_seeds']} seeds, "
            f"{result['rate_epochs']:,} epochs. Where nothing is said of biases there are none."
        ),
        experiment="no_activation",
        table=stacked_rows(
            *(
                {"variant": words}
                | {column: [one[column] for one in result[key]] for column in ("eta", "diverged", "reached")}
                for key, words, _, _ in kinds
            )
        ),
    )


def relu(result: dict[str, Any]) -> Figure:
    """Draw the loss of ReLU networks at the report's two rates, and the share of dead units against the rate.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    slow, *_, fast = result["xor"]["one"]
    deep = result["xor"]["two"]
    drawing = canvas(3.1, WIDE)
    left, right = drawing.subplots(1, 2)
    for training, style in ((slow, _STYLES[1]), (fast, _STYLES[0])):
        losses, looked = training["losses"], training["looked"]
        left.fill_between(looked, losses["low"], losses["high"], color=INK, alpha=0.1, linewidth=0)
        left.plot(looked, losses["median"], linestyle=style, color=INK, label=rf"$\eta = {training['eta']:g}$")
    left.axhline(result["constant"], color=INK, linestyle=":", linewidth=1, label="dead output")
    left.set_xscale("symlog", linthresh=1, linscale=0.3)
    left.set(yscale="log", xlim=(0, result["epochs"]), xlabel="epoch", ylabel="loss $L$ (mean squared error)")
    left.set_xticks([0, 1, 10, 100, 1000, 10000], ["0", "1", "10", "100", "1,000", "10,000"])
    left.tick_params(axis="x", which="minor", length=0)
    _plain(left, "y", [0.03, 0.1, 0.3, 1, 3])
    left.set(ylim=(0.025, 4))
    left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    layers = ("first hidden", "second hidden", "output")
    etas = [training["eta"] for training in deep]
    for layer, (words, style) in enumerate(zip(layers, (_STYLES[1], _STYLES[2], _STYLES[0]), strict=True)):
        share = [100 * training["layers"][layer]["end"] for training in deep]
        right.plot(etas, share, linestyle=style, marker="o", markersize=4, color=INK, label=words)
    right.set(xscale="log", ylim=(0, 100), xlabel=r"learning rate $\eta$", ylabel="dead after training (%)")
    _plain(right, "x", etas)
    right.legend(title="layer", loc="upper left")
    output = deep[-1]["layers"][-1]
    return Figure(
        name="relu",
        canvas=drawing,
        title=(
            f"At η = {deep[-1]['eta']:g} it is the output that dies: {output['end']:.0%} of {deep[-1]['network']} "
            f"networks end so, {output['start']:.0%} began so."
        ),
        description=(
            f"Left, the loss of {slow['network']} with ReLU in every unit, both axes logarithmic, median and middle "
            f"nine tenths. At η = {slow['eta']:g} (dashed) the median ends at {slow['losses']['median'][-1]:.3f}, at "
            f"η = {fast['eta']:g} (solid) at {fast['losses']['median'][-1]:.3f}; the upper end of both bands is "
            f"{result['constant']:.4f}, the dotted line, the loss of a network whose output is dead. Right, the share "
            f"of dead units of {deep[0]['network']} after training, against the rate: "
            + "; ".join(
                f"{words} layer " + ", ".join(f"{100 * t['layers'][layer]['end']:.0f} % at {t['eta']:g}" for t in deep)
                for layer, words in enumerate(layers)
            )
            + "."
        ),
        caption=(
            f"XOR, {result['seeds']} seeds, {result['epochs']:,} epochs, no biases, ReLU at the output too, as the "
            "report's class would have it."
        ),
        experiment="relu",
        table=stacked_rows(
            *(
                {
                    "network": training["network"],
                    "eta": training["eta"],
                    "epoch": training["looked"],
                    **training["losses"],
                    "output_dead_at_end": training["layers"][-1]["end"],
                    "hidden_dead_at_end": training["hidden_dead"],
                }
                for kind in ("one", "two")
                for training in result["xor"][kind]
            )
        ),
    )


def activation_curves(result: dict[str, Any]) -> Figure:
    """Draw six activations with their slopes.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    z = result["z"]
    drawing = canvas(3.6, WIDE)
    panels = drawing.subplots(2, 3, sharex=True, sharey=True)
    for axes, one in zip(panels.flat, result["training_runs"], strict=True):
        axes.axhline(0, color=INK, linewidth=0.4)
        axes.plot(z, one["value"], "-", color=FORWARD, label="value $a$")
        axes.plot(z, one["derivative"], linestyle=(0, (4, 1.5)), color=BACKWARD, label="derivative")
        axes.set(title=_WORDS[one["name"]], ylim=(-1.2, 2.2), yticks=[-1, 0, 1, 2], xticks=[-4, 0, 4], xlabel="$z$")
        axes.tick_params(labelbottom=True, labelleft=True)  # each stands alone on a narrow page
    panels[0, 0].legend(loc="upper left", borderaxespad=0, labelspacing=0.2, handlelength=1.5)
    max_derivative = {one["name"]: max(one["derivative"]) for one in result["training_runs"]}
    return Figure(
        name="activation-curves",
        canvas=drawing,
        title=(
            f"The sigmoid passes back at most {max_derivative['sigmoid']:.2f} of δ; each of the others, where it is "
            f"steepest, {min(v for k, v in max_derivative.items() if k != 'sigmoid'):.2f} or more."
        ),
        description=(
            f"Six panels, each with the value (blue, solid) and the slope (orange, dashed) from z = {z[0]:g} to "
            f"{z[-1]:g}. Sigmoid rises from 0 to 1, its slope is a low hump. tanh rises from −1 to 1, its slope is a "
            "hump of height 1. ReLU is 0 and then a line, its slope a step from 0 to 1. Leaky ReLU looks the same, a "
            "little below 0 on the left. Softplus rounds the kink, its slope is the sigmoid. SiLU dips below 0 before "
            f"it rises, and its slope, between {min(result['training_runs'][-1]['derivative']):.2f} and "
            f"{max_derivative['silu']:.2f}, leaves the range from 0 to 1 on both sides."
        ),
        caption="Each is derived in chapter 4; value forward, slope backward.",
        experiment="activations",
        table={"z": z}
        | {f"{one['name']}_{kind}": one[kind] for one in result["training_runs"] for kind in ("value", "derivative")},
    )


def activations(result: dict[str, Any]) -> Figure:
    """Draw learning curves with six activations in the hidden units.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    training_runs, seeds = result["training_runs"], result["seeds"]
    epochs = list(range(0, result["epochs"] + 1, result["every"]))
    drawing = canvas(3.4)
    axes = drawing.subplots()
    for one, style in zip(training_runs, _STYLES, strict=True):
        words = f"{_WORDS[one['name']]}: {one['solved']} of {seeds} solve"
        axes.plot(epochs[1:], one["losses"]["median"][1:], linestyle=style, color=INK, label=words)
    axes.set(xscale="log", yscale="log", xlabel="epoch", ylabel="median loss $L$ (mean squared error)")
    axes.set(xlim=(epochs[1], epochs[-1]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.legend(loc="lower left")
    best = max(training_runs, key=lambda one: (one["solved"], -(one["first"] or np.inf)))
    worst = min(training_runs, key=lambda one: one["solved"])
    return Figure(
        name="activations",
        canvas=drawing,
        title=(
            f"In the hidden units {_WORDS[best['name']]} solves XOR for {best['solved']} of {seeds} seeds, "
            f"{_WORDS[worst['name']]} for {worst['solved']}."
        ),
        description=(
            "The median loss over the epochs, both axes logarithmic, with six activations in the hidden units and a "
            "sigmoid at the output. "
            + "; ".join(
                f"{_WORDS[one['name']]} ends at {one['losses']['median'][-1]:.4f}, and {one['solved']} of {seeds} seeds"
                " end with every answer right"
                for one in training_runs
            )
            + "."
        ),
        caption=f"{result['network']} on XOR, η = {result['eta']:g}, no biases, medians of {seeds} seeds.",
        experiment="activations",
        table=stacked_rows(
            *(
                {"activation": one["name"], "epoch": epochs}
                | {column: one["losses"][column] for column in SPREAD}
                | {"seeds_solving": one["solved"]}
                for one in training_runs
            )
        ),
    )
