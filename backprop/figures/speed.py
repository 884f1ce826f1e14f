"""Draw what each rewriting of the training loop saves, and how other programs compare."""

from typing import Any

from backprop.figures.style import INK, PAPER, Figure, canvas, roomy

#: The programs that are drawn for one network, and those for an ensemble.
ONE = (
    "PyTorch, autograd",
    "HIPS autograd",
    "JAX, jit of a step",
    "report style",
    "reference",
    "PyTorch, by hand in place",
    "numba, loops",
    "C",
    "JAX, scan",
    "C, vectorised",
)
MANY = ("PyTorch, bmm", "C", "JAX, vmap and scan", "C, vectorised")


def rewritings(result: dict[str, Any]) -> Figure:
    """Draw the time of an epoch for each rewriting, and that of vectorised C.

    Args:
        result: what the benchmark stored.

    Returns:
        The figure.
    """
    steps = result["rewritings"]
    limit = result["single"]["linear"].get("C, vectorised", {}).get("us")
    names, times = [row["name"] for row in steps], [row["us"] for row in steps]
    drawing = canvas(2.6)
    roomy(drawing)
    axes = drawing.subplots()
    places = range(len(names))[::-1]
    axes.barh(places, times, height=0.62, color=INK, alpha=0.25, edgecolor=INK)
    for place, row in zip(places, steps, strict=True):
        calls = f", {row['calls']} calls" if row["calls"] else ""
        axes.annotate(f"{row['us']:.1f} µs{calls}", (row["us"], place), (5, 0), textcoords="offset points", va="center")
    axes.set(yticks=list(places), yticklabels=names, xlabel="microseconds for an epoch", xlim=(0, 1.3 * max(times)))
    axes.tick_params(axis="y", length=0)
    if limit is not None:
        axes.axvline(limit, color=INK, linestyle="--", linewidth=1, label=f"vectorised C, {limit:.1f} µs")
        axes.legend(loc="lower right")
    return Figure(
        name="speed-rewritings",
        canvas=drawing,
        title=(
            f"Of {len(steps)} ways to write the same training loop, the last is {steps[-1]['gain']:.1f} times as fast "
            "as the first."
        ),
        description=(
            "Bars, one below the other, show the microseconds that an epoch takes: "
            + ", ".join(f"{row['name']} {row['us']:.1f}" for row in steps)
            + "."
            + ("" if limit is None else f" A dashed line marks the time of vectorised C, {limit:.1f} microseconds.")
        ),
        caption=(
            f"The network is 2-4-1 on 100 points, with one thread, and the times are medians of {result['rounds']} "
            "rounds."
        ),
        experiment="speed",
        table={"rewriting": names, "calls": [row["calls"] or "" for row in steps], "microseconds": times},
    )


def peers(result: dict[str, Any]) -> Figure:
    """Draw how long other programs take compared with the fast path, for one network and for a thousand.

    Args:
        result: what the benchmark stored.

    Returns:
        The figure.
    """
    most = max((name for name in result["many"] if name.startswith("linear")), key=lambda name: int(name.split("-")[1]))
    runs = int(most.split("-")[1])
    races = (("one network", ONE, result["single"]["linear"]), (f"{runs:,} networks", MANY, result["many"][most]))
    drawing = canvas(3.9)
    roomy(drawing)
    rows: dict[str, list[Any]] = {"race": [], "peer": [], "ratio": [], "low": [], "high": []}
    panels = drawing.subplots(2, 1, sharex=True, height_ratios=[len(ONE), len(MANY)])
    ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5}  # so that the line at 1 crosses no number
    for axes, (title, wanted, race) in zip(panels, races, strict=True):
        names = sorted((name for name in wanted if name in race), key=lambda name: -race[name]["ratio"])
        for place, name in zip(range(len(names))[::-1], names, strict=True):
            row = race[name]
            axes.plot([row["ratio_low"], row["ratio_high"]], [place, place], "-", color=INK, linewidth=1)
            axes.plot(
                row["ratio"], place, "o", color=INK, markerfacecolor=INK if row["ratio"] > 1 else PAPER, markersize=5
            )
            axes.annotate(
                f"{row['ratio']:.2g}",
                (row["ratio_high"], place),
                (6, 0),
                textcoords="offset points",
                va="center",
                bbox=ground,
            )
            for column, value in zip(
                rows, (title, name, row["ratio"], row["ratio_low"], row["ratio_high"]), strict=True
            ):
                rows[column].append(value)
        axes.axvline(1, color=INK, linestyle="--", linewidth=1)
        axes.set(xscale="log", yticks=list(range(len(names))[::-1]), yticklabels=names, ylim=(-0.7, len(names) - 0.3))
        axes.set_title(title)
        axes.tick_params(axis="y", length=0)
        axes.margins(x=0.12)
    panels[1].set(
        xlabel="time, as a multiple of the fast path's", xticks=[0.1, 1, 10, 100], xticklabels=["0.1", "1", "10", "100"]
    )
    single, many = races[0][2], races[1][2]
    behind = ", ".join(f"{name} {row['ratio']:.2g}" for name, row in single.items() if name in ONE)
    return Figure(
        name="speed-peers",
        canvas=drawing,
        title=(
            f"For one network, the reference engine takes {single['reference']['ratio']:.1f} times as long as the fast "
            "path, whereas compiled loops take less time."
        ),
        description=(
            "Two panels show times as multiples of the fast path's time, on a logarithmic axis, with the range over "
            f"the rounds as a line. For one network they are {behind}. For {runs:,} networks at once they are "
            + ", ".join(f"{name} {row['ratio']:.2g}" for name, row in many.items() if name in MANY)
            + ". A dashed line marks 1."
        ),
        caption=(
            "The network is 2-4-1 on 100 points. Circles are medians, and they are filled if the program is slower "
            "than the fast path. Lines reach from the smallest to the largest ratio."
        ),
        experiment="speed",
        table=rows,
    )
