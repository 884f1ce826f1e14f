"""The page of claims: every claim of the report with its verdict, its reason and what decides it."""

import re
from collections import Counter
from itertools import groupby
from typing import Any

from backprop.claims import HOLDS, NOT, WHEN, Claim, Judgement, judged
from backprop.tables.table import power

#: Where the site shows an experiment, or a part of it.
PAGES = {
    "program": ("the whole program", "../implementation/program.md"),
    "spread.linear": ("the results over many seeds", "linear.md"),
    "spread.xor": ("the results over many seeds", "xor.md"),
    "log_reproduction": ("the reproduction of the log", "log.md"),
    "start_weights": ("the experiment `start_weights`", ""),
    "learning_rates": ("the results on learning rates", "learning-rates.md"),
    "thresholds": ("the results on learning rates", "learning-rates.md"),
    "timing": ("the results on hidden units", "hidden-units.md"),
    "no_activation": ("the results without activation", "no-activation.md"),
    "relu": ("the results with ReLU", "relu.md"),
}


def decided_by(check: str) -> str:
    """Say what decides a claim, "doctest:STEP", "experiment:NAME" or "experiment:NAME.PART", as a link."""
    kind, name = check.split(":")
    if kind == "doctest":
        return f"the examples of `{name}`"
    words, page = PAGES[name]
    return f"[{words}]({page})" if page else words


def capital(words: str) -> str:
    """Begin with a capital letter, unless the first word is a symbol.

    Examples:
        >>> capital("the derivative"), capital("z is linear")
        ('The derivative', 'z is linear')
    """
    return words if words[1] == " " else words[0].upper() + words[1:]


def entry(claim: Claim, judgement: Judgement) -> str:
    """Write one claim with its verdict and reason, in Markdown."""
    verdict, why = judgement
    # A reason is plain text: minus signs and powers of ten are set by patterns.
    why = re.sub(r"(?<!\w)-(?=\d)", "−", re.sub(r"[\d.]+e[+-]\d+", lambda number: power(number[0]), why))
    references = ", ".join(rf"$\eqref{{eq:{label}}}$" for label in claim.equations)
    badge = f'<span class="verdict">{verdict.capitalize()}{"" if verdict == WHEN else "."}</span>'
    reason = why if verdict == WHEN else capital(why)
    foot = f"Decided by {decided_by(claim.check)}" + (f"; concerns {references}." if references else ".")
    return (
        f'<div class="claim {verdict.replace(" ", "-")}" id="claim-{claim.number}" markdown>\n\n'
        f'<a class="claim-number" href="#claim-{claim.number}" title="Permanent link to claim {claim.number}">'
        f"{claim.number}</a> {claim.statement}\n\n{badge} {reason}.\n\n{foot}\n\n</div>"
    )


def claims(results: dict[str, Any]) -> str:
    """Write all claims, part by part, from what each experiment stored."""
    parts = groupby(judged(results), key=lambda pair: pair[0].part)
    return "\n\n".join(f"## {part}\n\n" + "\n\n".join(entry(*pair) for pair in pairs) for part, pairs in parts)


def counts(results: dict[str, Any]) -> str:
    """Say in a sentence how many claims hold."""
    found = Counter(verdict for _, (verdict, _) in judged(results))
    return (
        f"Of {sum(found.values())} claims {found[HOLDS]} hold, {found[WHEN]} hold under a condition, and "
        f"{found[NOT]} do not hold."
    )
