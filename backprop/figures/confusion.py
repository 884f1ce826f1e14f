"""Draw how planted mistakes are diagnosed."""

from typing import Any

from backprop.figures.style import BACKWARD, INK, Figure, canvas
from backprop.verification.words import listed


def confusion(result: dict[str, Any]) -> Figure:
    """Draw which mistake was planted against which was diagnosed, with the loss specified, in float64.

    Args:
        result: what the experiment stored.

    Returns:
        The figure.
    """
    one = result["named"]
    rows = ["correct", *(slug for slug in result["slugs"] if slug in one["matrix"])]
    others = {diagnosed for planted in rows for diagnosed in one["matrix"][planted]} - {*rows, "unknown"}
    columns = [*rows, *sorted(others), "unknown"]  # the others have several explanations
    drawing = canvas(6.4)
    axes = drawing.subplots()
    table: dict[str, list[Any]] = {"planted": [], "diagnosed": [], "times": []}
    elsewhere, answered = [], []
    for y, planted in enumerate(rows):
        total = sum(one["matrix"][planted].values())
        for diagnosed, times in one["matrix"][planted].items():
            x, correct = columns.index(diagnosed), planted == diagnosed
            axes.plot(
                x,
                y,
                "s" if correct else "o",
                color=INK if correct else BACKWARD,
                markersize=max(2.5, 5.5 * (times / total) ** 0.5),
            )
            for column, value in zip(table, (planted, diagnosed, times), strict=True):
                table[column].append(value)
            if not correct:
                words = "incorrect by several explanations" if diagnosed in others else diagnosed
                elsewhere.append(f"{planted}, {times} of {total} as {words}")
                if diagnosed != "unknown":  # that column has its name below it
                    what = "several explanations" if diagnosed in others else diagnosed
                    answered.append(f"{what} for {times} of {total} gradients with {planted}")
    below = "several, unknown" if others else "unknown"
    axes.set_xticks(range(len(columns)), [""] * (len(columns) - 1) + [below], ha="right")
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel="diagnosed, in the same order", ylabel="planted")
    axes.yaxis.labelpad = 14  # the site's letters are wider than those measured here
    axes.set(xlim=(-0.7, len(columns) - 0.3), ylim=(len(rows) - 0.3, -0.7))
    axes.grid(color=INK, alpha=0.12, linewidth=0.4)
    axes.set_axisbelow(True)
    return Figure(
        name="confusion",
        canvas=drawing,
        title=(
            f"Of {one['incorrect_asked']:,} planted mistakes, {one['named']:,} are diagnosed as documented, and none "
            f"of {one['correct_asked']:,} correct gradients is called incorrect."
            if one["called_incorrect"] == 0
            else f"{one['called_incorrect']} correct gradients are called incorrect."
        ),
        description=(
            f"A grid has a row for each of {len(rows)} planted cases, the correct gradient first, and a column for "
            "each diagnosis. Squares on the diagonal show mistakes that are diagnosed as documented. The circles off "
            "it show " + ("; ".join(elsewhere) or "none") + "."
        ),
        caption=(
            "A square stands for mistakes that are diagnosed as documented, and a circle for any other diagnosis. The "
            "area of a mark is proportional to its fraction of the row, down to a smallest size. The loss was "
            "specified, and the gradients are in float64."
            + (f" Apart from unknown, the answers off the diagonal are {listed(answered)}." if answered else "")
        ),
        experiment="confusion",
        table=table,
    )
