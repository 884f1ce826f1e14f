"""Draw the report's discussions: learning rates, hidden units, no activation, ReLU and its relatives."""

from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from backprop.figures.style import BACKWARD, FORWARD, INK, PAPER, SPREAD, WIDE, Figure, canvas, stacked_rows

_DASHED: Any = (0, (5, 2))
_CIRCLES: Any = {"linewidth": 0.8, "marker": "o", "markersize": 4, "markevery": 0.12}
#: Line styles that can be distinguished without colour, even where lines cross.
_STYLES: tuple[Any, ...] = (
    {"linestyle": "-"},
    {"linestyle": _DASHED},
    {"linestyle": (0, (5, 1.5, 1, 1.5))},
    {"linestyle": (0, (1, 2.5))},
    {"linestyle": "-", **_CIRCLES},
    {"linestyle": _DASHED, **_CIRCLES, "markerfacecolor": PAPER},
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
    """Set the ticks of a logarithmic axis and label them with plain numbers."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(ticks, [f"{tick:,g}" for tick in ticks])
    axis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis=which, which="minor", length=0)


def threshold(result: dict[str, Any]) -> Figure:
    """Draw the loss of one linear layer above its minimum, at learning rates around the largest stable one.

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
    axes.set(xlabel="epoch", ylabel="loss above the minimum")
    axes.legend(title="learning rate / largest stable one", loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    below, above = case["rates"][2], case["rates"][3]
    return Figure(
        name="threshold",
        canvas=drawing,
        title=(
            f"One linear layer converges at {below['part']:.0%} of the largest stable learning rate, "
            f"η = {case['threshold']:.6f}, and diverges at {above['part']:.0%} of it."
        ),
        description=(
            f"The figure shows the loss above its minimum, on a logarithmic axis, over {result['epochs']} epochs. The "
            "five learning rates are given as fractions of the largest stable one: "
            + ", ".join(f"{rate['part']:g}" for rate in case["rates"])
            + ". Every line is straight. Below 1 the lines (blue) fall, and they fall more slowly close to 1. Above 1 "
            f"they (orange) rise, and at 1 (thin) the loss does not change. At {below['part']:g} the final value is "
            f"{below['excess'][-1]:.1e} and at {above['part']:g} it is {above['excess'][-1]:.0f}, both from "
            f"{below['excess'][0]:.2f}."
        ),
        caption=(
            "A linear layer without bias is trained on XOR with the mean squared error, and all weights start at 1."
        ),
        experiment="thresholds",
        table=stacked_rows(
            *(
                {
                    "fraction_of_limit": rate["part"],
                    "eta": rate["eta"],
                    "epoch": epochs,
                    "loss_above_minimum": rate["excess"],
                }
                for rate in case["rates"]
            )
        ),
    )


def hidden_units_time(result: dict[str, Any]) -> Figure:
    """Draw the time of each part of an epoch against the number of hidden units, and the report's times beside ours.

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
            f"Going from 16 to 64 hidden units makes training {result['jump']:.1f} times as long here and "
            f"{result['report_jump']:.1f} times as long in the report."
        ),
        description=(
            "The first panel shows the time of forward pass, backward pass and update in one epoch against the number "
            f"of hidden units, with both axes logarithmic. With one unit an epoch takes {start:.0f} microseconds; "
            + "; ".join(
                f"with {one['hidden']:,} units the forward pass takes {one['forward']:.0f}, the backward pass "
                f"{one['backward']:.0f} and the update {one['update']:.0f}"
                for one in steps[1:]
            )
            + ". Forward pass and backward pass take nearly the same time throughout, and the update hardly grows. The "
            "second panel shows the seconds of a whole training run, here "
            + ", ".join(f"{time:.2f} with {units}" for units, time in ours)
            + ", and in the report "
            + ", ".join(f"{time:.2f} with {units}" for units, time in theirs)
            + "."
        ),
        caption=(
            f"The times were measured on {machine['processor']}, {machine['system']}, with Python {machine['python']} "
            f"and NumPy {machine['numpy']}, when this page was made, on {result['examples']} points. They are medians "
            f"of {result['timings']} timings in the first panel, and of {result['repeats']} training runs of "
            f"{result['epochs']:,} epochs in the second."
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
        left.plot(epochs, losses["median"], color=INK, label=f"{hidden}", **style)
    left.set(yscale="log", xlabel="epoch", ylabel="loss $L$ (mean squared error)", xlim=(0, result["epochs"]))
    left.set(xticks=[0, 5000, 10000], xticklabels=["0", "5,000", "10,000"])
    left.legend(title="hidden units", loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    right.plot([one["hidden"] for one in units], [one["solved"] for one in units], "-o", color=INK, markersize=4)
    right.set(xscale="log", xlabel="hidden units", ylabel=f"seeds that solve XOR, of {seeds}")
    right.set(ylim=(-2, seeds + 2), yticks=[0, seeds // 4, seeds // 2, 3 * seeds // 4, seeds])
    _plain(right, "x", [1, 2, 4, 8, 16, 64])
    two, three, four = by_hidden[2], by_hidden[3], by_hidden[4]
    return Figure(
        name="hidden-units-loss",
        canvas=drawing,
        title=(
            f"Without biases, two hidden units solve XOR for {two['solved']} of {seeds} seeds, three for "
            f"{three['solved']}, four for {four['solved']} and eight for {by_hidden[8]['solved']}."
        ),
        description=(
            "The first panel shows the loss over the epochs on a logarithmic axis, as the median and the middle nine "
            "tenths. The median ends at "
            + ", ".join(f"{by_hidden[h]['final_loss']['median'][0]:.4f} with {h}" for h in (2, 3, 4, 16, 64))
            + " hidden units. The second panel shows how many seeds end with every prediction correct: "
            + ", ".join(f"{one['solved']} with {one['hidden']}" for one in units)
            + "."
        ),
        caption=(
            f"Networks 2-h-1 without biases are trained on XOR for {result['epochs']:,} epochs with "
            f"η = {result['eta']:g} and {seeds} seeds."
        ),
        experiment="hidden_units",
        table=stacked_rows(
            *(
                {"hidden": one["hidden"], "epoch": epochs, **one["losses"], "seeds_solving": one["solved"]}
                for one in units
            )
        ),
    )


def no_activation(result: dict[str, Any]) -> Figure:
    """Draw the fraction of seeds that overflow without activations, by derivative and learning rate.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    drawing = canvas(2.8)
    axes = drawing.subplots()
    kinds = (
        ("kept", "the sigmoid's derivative", (0, (1, 1.5)), BACKWARD),
        ("without_bias", "correct derivative", "-", INK),
        ("with_bias", "correct, with biases", "--", PAPER),
    )
    for key, words, style, fill in kinds:
        rates = result[key]
        x, percent = [one["eta"] for one in rates], [100 * one["diverged"] for one in rates]
        ink = BACKWARD if key == "kept" else INK
        axes.plot(x, percent, linestyle=style, marker="o", color=ink, markerfacecolor=fill, markersize=5, label=words)
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
            f"With the sigmoid's derivative {least['diverged']:.0%} of seeds overflow even at η = {least['eta']:g}. "
            f"With the correct one none overflows there, but {fastest['diverged']:.1%} do at η = {fastest['eta']:g}."
        ),
        description=(
            "The figure shows the fraction of seeds whose loss overflows, against the learning rate on a logarithmic "
            "axis. With the derivative of the sigmoid (dotted) it is "
            + ", ".join(f"{one['diverged']:.1%} at {one['eta']:g}" for one in kept)
            + ". With the correct derivative and without biases (solid) it is "
            + ", ".join(f"{one['diverged']:.1%} at {one['eta']:g}" for one in bare)
            + ". With the correct derivative and with biases (dashed) it rises sooner and is "
            + ", ".join(f"{one['diverged']:.1%} at {one['eta']:g}" for one in biased)
            + "."
        ),
        caption=(
            f"The network {result['network']} with a = z in every unit is trained on XOR for "
            f"{result['rate_epochs']:,} epochs with {result['rate_seeds']} seeds. Unless biases are mentioned, there "
            "are none."
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
    """Draw the loss of ReLU networks at the report's two learning rates, and the fraction of dead units against them.

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
        left.plot(looked, losses["median"], color=INK, label=rf"$\eta = {training['eta']:g}$", **style)
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
    for layer, (words, look, fill) in enumerate(zip(layers, ("--o", ":s", "-o"), (PAPER, PAPER, INK), strict=True)):
        percent = [100 * training["layers"][layer]["end"] for training in deep]
        right.plot(etas, percent, look, color=INK, markerfacecolor=fill, markersize=4.5, label=words)
    right.set(xscale="log", ylim=(0, 100), xlabel=r"learning rate $\eta$", ylabel="dead after training (%)")
    _plain(right, "x", etas)
    right.legend(title="layer", loc="upper left")
    output = deep[-1]["layers"][-1]
    return Figure(
        name="relu",
        canvas=drawing,
        title=(
            f"At η = {deep[-1]['eta']:g}, mainly the output dies: it is dead in {output['end']:.0%} of the "
            f"{deep[-1]['network']} networks after training, and in {output['start']:.0%} before it."
        ),
        description=(
            f"The first panel shows the loss of {slow['network']} with ReLU in every unit, with both axes logarithmic, "
            f"as the median and the middle nine tenths. At η = {slow['eta']:g} (dashed) the median ends at "
            f"{slow['losses']['median'][-1]:.3f}, and at η = {fast['eta']:g} (solid) at "
            f"{fast['losses']['median'][-1]:.3f}. The upper end of both bands is {result['constant']:.4f}, the dotted "
            "line, which is the loss of a network whose output is dead. The second panel shows the fraction of dead "
            f"units of {deep[0]['network']} after training against the learning rate: "
            + "; ".join(
                f"{words} layer " + ", ".join(f"{t['layers'][layer]['end']:.0%} at {t['eta']:g}" for t in deep)
                for layer, words in enumerate(layers)
            )
            + "."
        ),
        caption=(
            f"The networks {slow['network']} and {deep[0]['network']} are trained on XOR for {result['epochs']:,} "
            f"epochs with {result['seeds']} seeds and without biases. The output is a ReLU as well, as in the report's "
            "class."
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
    """Draw six activation functions with their derivatives.

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
            f"The derivative of the sigmoid is at most {max_derivative['sigmoid']:.2f}, whereas that of each of the "
            f"others reaches {min(v for k, v in max_derivative.items() if k != 'sigmoid'):.2f} or more."
        ),
        description=(
            f"Six panels show the value (blue, solid) and the derivative (orange, dashed) from z = {z[0]:g} to "
            f"{z[-1]:g}. The sigmoid rises from 0 to 1, and its derivative is a low hump. tanh rises from −1 to 1, and "
            "its derivative is a hump of height 1. ReLU is 0 and then a line, so its derivative is a step from 0 to 1. "
            "Leaky ReLU looks the same, but is a little below 0 on the left. Softplus rounds the kink, and its "
            "derivative is the sigmoid. SiLU dips below 0 before it rises, so its derivative, between "
            f"{min(result['training_runs'][-1]['derivative']):.2f} and "
            f"{max_derivative['silu']:.2f}, leaves the range from 0 to 1 on both sides."
        ),
        caption="The forward pass uses the value and the backward pass the derivative. Each is derived in chapter 4.",
        experiment="activations",
        table={"z": z}
        | {f"{one['name']}_{kind}": one[kind] for one in result["training_runs"] for kind in ("value", "derivative")},
    )


def activations(result: dict[str, Any]) -> Figure:
    """Draw learning curves with six activation functions in the hidden units.

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
        axes.plot(epochs[1:], one["losses"]["median"][1:], color=INK, label=words, **style)
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
            f"With {_WORDS[best['name']]} in the hidden units, {best['solved']} of {seeds} seeds solve XOR, but only "
            f"{worst['solved']} with {_WORDS[worst['name']]}."
        ),
        description=(
            "The figure shows the median loss over the epochs, with both axes logarithmic, for six activation "
            "functions in the hidden units and a sigmoid at the output. "
            + "; ".join(
                f"{_WORDS[one['name']]} ends at {one['losses']['median'][-1]:.4f}, and {one['solved']} of {seeds} seeds"
                " end with every prediction correct"
                for one in training_runs
            )
            + "."
        ),
        caption=(
            f"The network {result['network']} is trained on XOR with η = {result['eta']:g} and without biases. Lines "
            f"are medians of {seeds} seeds."
        ),
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
