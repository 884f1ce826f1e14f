"""Draw four consequences: vanishing δ, linear collapse, dead units and symmetry."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from backprop.figures.style import BACKWARD, FORWARD, INK, PAPER, SPREAD, WIDE, Figure, canvas, stacked_rows, thousands

#: Solid, dashed, and dotted with dashes, so that lines can be distinguished without colour.
_STYLES = ("-", (0, (5, 2)), (0, (5, 1.5, 1, 1.5)))


def _curve(axes: Axes, x: list[int], spread: dict[str, list[float]], style: Any, colour: str, label: str) -> None:
    """Draw a median as a line in the band of nine tenths of the runs."""
    axes.fill_between(x, spread["low"], spread["high"], color=colour, alpha=0.15, linewidth=0)
    axes.plot(x, spread["median"], linestyle=style, color=colour, label=label)


def _epochs(axes: Axes, last: int) -> None:
    """Set a logarithmic axis of epochs that begins with 0."""
    axes.set_xscale("symlog", linthresh=1, linscale=0.3)
    ticks = [0, *(10**k for k in range(len(str(last - 1))))]
    axes.set(xlabel="epoch", xlim=(0, last), xticks=ticks, xticklabels=[f"{tick:,}" for tick in ticks])
    axes.minorticks_off()


def vanishing(result: dict[str, Any]) -> Figure:
    """Draw the norm of δ against the number of layers it has been propagated back through, beside its bound.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    sigmoid, tanh, back = result["sigmoid"], result["tanh"], result["back"]
    drawing = canvas(3.1)
    axes = drawing.subplots()
    _curve(axes, back, tanh, _STYLES[2], BACKWARD, "tanh")
    axes.plot(back, sigmoid["bound"], "-", color=INK, linewidth=1, label="bound for sigmoid")
    _curve(axes, back, sigmoid, _STYLES[1], BACKWARD, "sigmoid")
    axes.set(
        yscale="log",
        xlabel="layers propagated back through, $L - l$",
        ylabel=r"norm of $\delta$, $\Vert\Delta_l\Vert$",
        xticks=back,
        xlim=(0, back[-1]),
    )
    axes.minorticks_off()
    axes.legend(loc="lower left")
    fold, steps = float(f"{1 / sigmoid['end_to_end']:.2g}"), back[-1]
    return Figure(
        name="vanishing",
        canvas=drawing,
        title=(
            f"Through {steps} sigmoid layers δ becomes {fold:,.0f} times smaller, by a factor of "
            f"{sigmoid['per_layer']:.2f} per layer, whereas with tanh its median does not vanish."
        ),
        description=(
            f"The figure shows the norm of δ, on a logarithmic axis, against the number of layers that δ has been "
            f"propagated back through, from 0 at the output to {steps} at the first layer. For the sigmoid (orange, "
            f"dashed) the median falls in a straight line from {sigmoid['median'][0]:.3f} to "
            f"{sigmoid['median'][-1]:.7f}, and its band ends between {sigmoid['low'][-1]:.7f} and "
            f"{sigmoid['high'][-1]:.6f}. The bound (solid) lies above it and falls more slowly, to "
            f"{sigmoid['bound'][-1]:.4f}. For tanh (orange, dash-dotted) the median goes from {tanh['median'][0]:.2f} "
            f"to {tanh['median'][-1]:.2f}, while its band widens and reaches from {tanh['low'][-1]:.3f} to "
            f"{tanh['high'][-1]:.1f} at the first layer."
        ),
        caption=(
            f"The networks {result['network']} have {result['weight_layers']} layers of weights from N(0, 1) and are "
            f"not trained. Lines are medians of {result['seeds']} seeds on XOR, and bands contain nine tenths of them. "
            f"The norm is taken over all {result['points']} points. In {sigmoid['within']:,} of {sigmoid['checked']:,} "
            "cases the norm in a sigmoid network stays within that network's bound, and the line is the median of the "
            "bounds."
        ),
        experiment="vanishing",
        table=stacked_rows(
            *(
                {"activation": name, "layers": back, "bound": bound, **{k: one[k] for k in SPREAD}}
                for name, one, bound in (("sigmoid", sigmoid, sigmoid["bound"]), ("tanh", tanh, None))
            )
        ),
    )


def linear_collapse(result: dict[str, Any]) -> Figure:
    """Draw the loss of a network without activations, and its predictions, which lie on one line.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    x, y, y_hat = np.array(result["X"]).sum(axis=1), np.array(result["y"]), np.array(result["y_hat"])
    derivative, ends = result["w"][0], np.array([0.0, 2.0])
    ones, correct_predictions = int(np.sum(y == 1)), round(result["accuracy"] * len(y))
    drawing = canvas(2.9, WIDE)
    left, right = drawing.subplots(1, 2)
    _curve(left, result["logged"], result["losses"], "-", INK, result["network"])
    left.axhline(result["floor"], color=INK, linestyle=":", label=f"minimum ${result['floor']:.4f}$")
    left.set(yscale="log", ylabel="loss $L$ (mean squared error)")
    left.set(yticks=[0.3, 1, 3, 10, 30], yticklabels=["0.3", "1", "3", "10", "30"])
    _epochs(left, result["epochs"])
    left.legend()
    right.plot(ends, derivative * ends, "-", color=FORWARD, label=f"${derivative:.3f}\\,(x_1 + x_2)$")
    right.axhline(0.5, color=INK, linestyle=":", linewidth=1)
    for label, marker, fill in ((0, "o", PAPER), (1, "D", INK)):
        which = y == label
        right.plot(
            x[which], y_hat[which], marker, color=INK, markerfacecolor=fill, markersize=5, label=f"label {label}"
        )
    right.annotate(f"{ones} points", (1, derivative), (8, -11), textcoords="offset points")
    right.set(
        xlabel="$x_1 + x_2$", ylabel=r"prediction $\hat y$", xticks=[0, 0.5, 1, 1.5, 2], yticks=[0, 0.25, 0.5, 0.75, 1]
    )
    right.set(ylim=(-0.03, 1))
    right.legend()
    return Figure(
        name="linear-collapse",
        canvas=drawing,
        title=(
            f"Without activations, {result['reached']} of {result['seeds']} networks end at the same loss, "
            f"{result['floor']:.4f}, because three layers are one matrix."
        ),
        description=(
            f"The first panel shows the loss over {result['epochs']:,} epochs, with both axes logarithmic. The median "
            f"falls from {result['losses']['median'][0]:.1f} to the minimum, {result['floor']:.4f}, and so does the "
            f"whole band. The second panel shows the {len(y)} predictions of a trained network against the sum of the "
            f"inputs. They all lie on one straight line through 0 with slope {derivative:.3f}. The {ones} points of "
            f"label 1 (diamonds) coincide at the sum 1 and the prediction {derivative:.3f}, below the dotted line at "
            f"½, and those of label 0 (circles) reach from 0 to {2 * derivative:.3f}. {correct_predictions} of "
            f"{len(y)} predictions are on the correct side of ½."
        ),
        caption=(
            f"The network {result['network']} is trained on XOR with η = {result['eta']:g} and the identity in every "
            f"unit. The first panel shows the median of {result['seeds']} seeds and a band with nine tenths of them, "
            "and the second panel shows seed 0. With biases the minimum would be "
            f"{result['minimum_with_bias']:.4f}, and the prediction would be a constant."
        ),
        experiment="collapse",
        table={"epoch": result["logged"], **result["losses"]},
    )


def dead_units(result: dict[str, Any]) -> Figure:
    """Draw the fraction of dead units over the epochs, for several learning rates and two kinds of output.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    drawing = canvas(2.9, WIDE)
    panels = drawing.subplots(1, 2, sharey=True)
    for axes, output, words in zip(panels, ("sigmoid", "identity"), ("sigmoid output", "linear output"), strict=True):
        axes.axhline(
            100 * result["predicted"], color=INK, linestyle=":", linewidth=1, label="expected at initialisation"
        )
        for training, style in zip(result[output], (_STYLES[2], _STYLES[1], _STYLES[0]), strict=True):
            percent, label = 100 * np.array(training["dead"]), rf"$\eta = {training['eta']:g}$"
            axes.plot(result["counted"], percent, linestyle=style, color=INK, label=label)
        axes.set(title=words, ylim=(0, 80), yticks=[0, 25, 50, 75], ylabel="dead units of the first layer (%)")
        axes.tick_params(labelleft=True)  # each stands alone on a narrow page
        _epochs(axes, result["epochs"])
    handles, labels = panels[0].get_legend_handles_labels()
    panels[0].legend(handles[::-1], labels[::-1], loc="upper left")
    bent, straight = result["sigmoid"], result["identity"]
    before, units = bent[0]["dead_at_initialisation"], result["units"]
    return Figure(
        name="dead-units",
        canvas=drawing,
        title=(
            f"{before / units:.0%} of the ReLU units are dead at initialisation. With a linear output and η = "
            f"{straight[-1]['eta']:g}, {straight[-1]['end']:.0%} are dead after training, and none recovers."
        ),
        description=(
            f"The figure shows the fraction of dead first-layer units over {result['epochs']:,} epochs on a "
            f"logarithmic axis, with a dotted line at the expected {result['predicted']:.0%}. All curves start at "
            f"{bent[0]['start']:.1%} and never fall. In the first panel, with a sigmoid output, they rise to "
            + ", ".join(f"{t['end']:.1%} at η = {t['eta']:g}" for t in bent)
            + ". In the second panel, with a linear output, they rise to "
            + ", ".join(f"{t['end']:.1%} at η = {t['eta']:g}" for t in straight)
            + f", and the last jumps to {straight[-1]['dead'][1]:.1%} with the first update."
        ),
        caption=(
            f"The network {result['network']} is trained on XOR with ReLU in the hidden units and without biases. "
            f"Among the {units} hidden units of {result['seeds']} networks, {before} are dead at initialisation, and "
            "all of these keep exactly their initial weights at every learning rate."
        ),
        experiment="dead_units",
        table=stacked_rows(
            *(
                {
                    "output": output,
                    "eta": training["eta"],
                    "epoch": result["counted"],
                    "fraction_dead": training["dead"],
                }
                for output in ("sigmoid", "identity")
                for training in result[output]
            )
        ),
    )


def symmetry(result: dict[str, Any]) -> Figure:
    """Draw the loss, and the distance between the hidden units, from equal, nearly equal and random weights.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    epochs = list(range(0, result["epochs"] + 1, result["every"]))
    equal, noise, random = result["equal"], result["noise"], result["random"]
    drawing = canvas(2.9, WIDE)
    left, right = drawing.subplots(1, 2)
    kinds = ((equal, f"all {result['weight']:g}"), (noise, f"{result['weight']:g} + noise"), (random, "random"))
    for (training, words), style in zip(kinds, _STYLES, strict=True):
        _curve(left, epochs, training["losses"], style, INK, words)
        _curve(right, epochs, training["apart"], style, INK, words)
    left.set(xlabel="epoch", ylabel="loss $L$ (mean squared error)", ylim=(0, 0.4), yticks=[0, 0.1, 0.2, 0.3, 0.4])
    right.set(xlabel="epoch", ylabel="difference between hidden units")
    right.set_yscale("symlog", linthresh=0.01, linscale=0.6)
    for axes in (left, right):
        axes.set(xlim=(0, result["epochs"]), xticks=[0, result["epochs"] // 2, result["epochs"]])
        thousands(axes)
    left.legend()
    return Figure(
        name="symmetry",
        canvas=drawing,
        title=(
            f"From equal weights the network does not learn XOR, because the loss plateaus at "
            f"{equal['final_loss']:.4f}. Noise of {result['noise_deviation']:g} is enough for {noise['solved']} of "
            f"{noise['seeds']} networks."
        ),
        description=(
            f"The first panel shows the loss over {result['epochs']:,} epochs. From equal weights (solid) it is level "
            f"from the first epochs on and ends at {equal['final_loss']:.4f}. With noise (dashed) the median "
            f"plateaus there as well, falls below 0.1 after {_below(epochs, noise, 0.1):,} epochs and ends at "
            f"{noise['final_loss']:.3f}. From random weights (dash-dotted) it falls below 0.1 after "
            f"{_below(epochs, random, 0.1):,} epochs and ends at {random['final_loss']:.4f}. The second panel shows, "
            "on a logarithmic axis, the largest difference between two hidden units in one weight. From equal weights "
            f"it is {max(equal['apart']['high']):.3g} throughout. With noise the median grows from "
            f"{noise['apart']['median'][0]:.3f} to {noise['apart']['median'][-1]:.0f}, and from random weights it "
            f"grows from {random['apart']['median'][0]:.1f} to {random['apart']['median'][-1]:.0f}."
        ),
        caption=(
            f"The network {result['network']} is trained on XOR with η = {result['eta']:g} and without biases. It "
            f"starts with every weight at {result['weight']:g}, with noise from N(0, {result['noise_deviation']:g}²) "
            "added to these weights, or with weights from N(0, 1). Lines are medians of "
            f"{noise['seeds']} seeds, and bands contain nine tenths of them. From random weights {random['solved']} of "
            f"{random['seeds']} solve XOR."
        ),
        experiment="symmetry",
        table=stacked_rows(
            *(
                {"start": words, "epoch": epochs}
                | {f"loss_{k}": training["losses"][k] for k in SPREAD}
                | {f"difference_{k}": training["apart"][k] for k in SPREAD}
                for training, words in kinds
            )
        ),
    )


def _below(epochs: list[int], training: dict[str, Any], level: float) -> int:
    """Find the first recorded epoch at which the median loss is below a level."""
    return epochs[int(np.argmax(np.array(training["losses"]["median"]) < level))]
