"""The catalogue of mistakes as Markdown: a section for each, and what training showed."""

from pathlib import Path
from typing import Any

from backprop.experiments.store import read_result
from backprop.verification.catalogue import MISTAKES, Mistake

#: The rows of the right gradient, one for each way in which mistakes were trained.
NONE = {"plain": "none", "with_biases": "none, with biases", "under_binary_cross_entropy": "none, under cross-entropy"}


def references(mistake: Mistake) -> str:
    r"""Refer to the equations that a mistake breaks.

    Args:
        mistake: the mistake.

    Returns:
        LaTeX references.

    Examples:
        >>> references(MISTAKES[2])
        '$\\eqref{eq:mse-derivative}$'
    """
    return ", ".join(rf"$\eqref{{eq:{label}}}$" for label in mistake.equations)


def heading(slug: str) -> str:
    """Turn a slug into words.

    Args:
        slug: the slug.

    Returns:
        The same with spaces and a capital letter.

    Examples:
        >>> heading("delta-without-derivative")
        'Delta without derivative'
    """
    return slug.replace("-", " ").capitalize()


def share(value: float) -> str:
    """Write a relative error.

    Args:
        value: the error.

    Returns:
        "0" for what rounding makes, otherwise two digits.

    Examples:
        >>> share(3e-15), share(0.0139), share(0.8)
        ('0', '0.014', '0.80')
    """
    return "0" if value < 1e-9 else f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"


def row(name: str, equations: str, trained: dict[str, Any], seeds: int) -> str:
    """Write a row of the table.

    Args:
        name: the first cell.
        equations: the second.
        trained: what the experiment stored.
        seeds: the number of seeds.

    Returns:
        The row.
    """
    loss = "nan" if trained["loss"] is None else f"{trained['loss']:.3f}" if trained["loss"] >= 0.001 else "< 0.001"
    if trained["finite"] < seeds:
        loss += f" ({seeds - trained['finite']} nan)" if trained["finite"] else ""
    right = "" if trained["accuracy"] is None else f"{trained['accuracy']:.2f}"
    return f"| {name} | {equations} | {share(trained['gradient'])} | {trained['solved']} | {loss} | {right} |"


def table(results: Path) -> str:
    """Write what training with each mistake showed.

    Args:
        results: the folder of the results.

    Returns:
        A Markdown table.
    """
    stored = read_result(results, "mistakes")
    rows = [
        "| mistake | breaks | first step off by | seeds solved | loss | accuracy |",
        "|---|---|---:|---:|---:|---:|",
        *(row(words, "", stored["correct"][group], stored["seeds"]) for group, words in NONE.items()),
    ]
    for mistake in (one for one in MISTAKES if one.slug in stored["mistakes"]):
        name = f"[{heading(mistake.slug)}](#{mistake.slug})"
        rows.append(row(name, references(mistake), stored["mistakes"][mistake.slug], stored["seeds"]))
    return "\n".join(rows)


def sections() -> str:
    """Write a section for each mistake.

    Returns:
        Markdown.
    """
    return "\n\n".join(section(mistake) for mistake in MISTAKES)


def section(mistake: Mistake) -> str:
    """Write the section of a mistake.

    Args:
        mistake: the mistake.

    Returns:
        Markdown; its anchor is the slug.
    """
    title = mistake.title[0].upper() + mistake.title[1:]
    return "\n\n".join(
        [
            f"### {heading(mistake.slug)} {{ #{mistake.slug} }}",
            f"{title}. It breaks {references(mistake)}.",
            f"```python\n# what people write\n{mistake.incorrect}\n\n# what it should be\n{mistake.correct}\n```",
            mistake.why,
            f"Seen by {mistake.seen}. Not seen by {mistake.unseen}.",
        ]
    )


def confusion_rows(results: Path) -> str:
    """Write the rates at which planted mistakes are named.

    Args:
        results: the folder of the results.

    Returns:
        A Markdown table.
    """
    stored = read_result(results, "confusion")
    ways = {
        "named": "loss named, float64",
        "unnamed": "loss not named, float64",
        "single": "loss named, float32",
    }
    rows = [
        "| tried | right gradients | not called correct | wrong gradients | called correct | answered as documented |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for way, words in ways.items():
        one = stored[way]
        rows.append(
            f"| {words} | {one['correct_asked']:,} | {one['false_alarms']} | {one['incorrect_asked']:,} "
            f"| {one['missed']} "
            f"| {one['share']:.2%} |"
        )
    return "\n".join(rows)
