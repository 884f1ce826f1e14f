"""The catalogue of mistakes as Markdown: a section for each."""

import re

from backprop.tables.verification import in_words, references
from backprop.verification.catalogue import MISTAKES, Mistake


def sections() -> str:
    """Write a section for each mistake, in Markdown."""
    whole = "\n\n".join(section(mistake) for mistake in MISTAKES)
    return re.sub(" {2,}#", "  #", whole)  # on a phone a remark that stands far to the right is not seen


def section(mistake: Mistake) -> str:
    """Write the section of a mistake, in Markdown; its anchor is the slug."""
    first = mistake.title[0]
    title = (first.upper() if first.isascii() else first) + mistake.title[1:]  # Δ would be another symbol than δ
    broken = " and ".join(references([label]) for label in mistake.equations)
    return "\n\n".join(
        [
            f"### {in_words(mistake.slug)} {{ #{mistake.slug} }}",
            f"{title}. It breaks {broken}.",
            f"```python\n# what people write\n{mistake.incorrect}\n\n# what it should be\n{mistake.correct}\n```",
            mistake.why,
            f"Caught by {mistake.seen}. Missed by {mistake.unseen}.",
        ]
    )
