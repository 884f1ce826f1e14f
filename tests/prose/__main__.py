"""Print the figures of the prose, page by page, and the words that have a better one."""

import sys

from tests.prose import ROOT, figures, files, pages, replaced, sentences


def main(only: list[str]) -> int:
    """Print.

    Args:
        only: parts of names; empty for everything.

    Returns:
        The number of words to replace, at most 1.
    """
    total: list[str] = []
    for name, text in pages().items():
        if only and not any(part in name for part in only):
            continue
        found = sentences(text)
        total += found
        f = figures(found)
        sys.stdout.write(
            f"{name:45} {f.sentences:4} sentences, {f.words:4.1f} words; six or fewer {f.short:4.0%}, "
            f"colon {f.colon:4.0%}, connective {f.reasons:4.0%}\n"
        )
    f = figures(total)
    sys.stdout.write(f"{'all':45} {f}\n")
    count = 0
    for path in files():
        name = str(path.relative_to(ROOT))
        if only and not any(part in name for part in only):
            continue
        for line, came, better in replaced(path.read_text(encoding="utf-8"), name):
            count += 1
            sys.stdout.write(f"{name}:{line}: {came!r}: say {better}\n")
    sys.stdout.write(f"{count} words to replace\n")
    return min(count, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
