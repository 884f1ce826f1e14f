"""How planted mistakes are answered, as a picture."""

from typing import Any

from backprop.figures.style import BACKWARD, INK, Figure, canvas


def confusion(result: dict[str, Any]) -> Figure:
    """Draw which mistake was planted against which was named, the loss named, in float64.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    one = result["named"]
    rows = ["correct", *(slug for slug in result["slugs"] if slug in one["matrix"])]
    columns = [*rows, "unknown"]
    drawing = canvas(6.4)
    axes = drawing.subplots()
    table: dict[str, list[Any]] = {"planted": [], "answered": [], "times": []}
    elsewhere = []
    for y, planted in enumerate(rows):
        total = sum(one["matrix"][planted].values())
        for answered, times in one["matrix"][planted].items():
            x, right = columns.index(answered), planted == answered
            axes.plot(
                x,
                y,
                "s" if right else "o",
                color=INK if right else BACKWARD,
                markersize=max(2.5, 5.5 * (times / total) ** 0.5),
            )
            for column, value in zip(table, (planted, answered, times), strict=True):
                table[column].append(value)
            if not right:
                elsewhere.append(f"{planted}, {times} of {total} answered {answered}")
                axes.annotate(answered, (x, y), (-4, 0), textcoords="offset points", ha="right", va="center")
    axes.set_xticks(range(len(columns)), [""] * len(rows) + ["unknown"], ha="right")
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel="answered, in the same order", ylabel="planted")
    axes.yaxis.labelpad = 14  # the site's letters are wider than those measured here
    axes.set(xlim=(-0.7, len(columns) - 0.3), ylim=(len(rows) - 0.3, -0.7))
    axes.grid(color=INK, alpha=0.12, linewidth=0.4)
    axes.set_axisbelow(True)
    return Figure(
        name="confusion",
        canvas=drawing,
        title=(
            f"Of {one['incorrect_asked']:,} planted mistakes {one['named']:,} are answered as documented; "
            f"none of {one['correct_asked']:,} right gradients is called wrong."
            if one["called_incorrect"] == 0
            else f"{one['called_incorrect']} right gradients are called wrong."
        ),
        description=(
            f"A grid with a row for each of {len(rows)} things planted, the right gradient first, and a column for "
            "each answer. Squares on the diagonal: answered as documented. Circles off it: "
            + ("; ".join(elsewhere) or "none")
            + "."
        ),
        caption=(
            "Squares: answered as documented. Circles: anything else. The area is the share of the row. The loss was "
            "named; float64."
        ),
        experiment="confusion",
        table=table,
    )
