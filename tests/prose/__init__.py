"""The language of the pages, measured: sentences of the teaching prose, and words that have a better one.

``python -m tests.prose`` prints the figures page by page, and every word that the list `words.toml` replaces.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent

#: Pages that list rather than teach: indexes, references, the record of decisions and changes.
LISTS = {"reference/equations.md", "reference/checks.md", "changelog.md", "decisions.md", "versions.md", "notation.md"}

#: Words that join one thought to another by a reason.
REASONS = re.compile(
    r"\b(because|so|therefore|since|hence|thus|however|although|whereas|which is why|that is why|as a result|"
    r"for this reason)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Figures:
    """What was counted in some prose.

    Attributes:
        sentences: their number.
        words: the mean number of words in one.
        short: the fraction with six words or fewer.
        colon: the fraction with a colon.
        reasons: the fraction with a connective such as "because".
    """

    sentences: int
    words: float
    short: float
    colon: float
    reasons: float


def plain(text: str) -> str:
    r"""Take from Markdown what is not prose: listings, tables, headings, formulas in display, placeholders.

    Args:
        text: a page or a docstring.

    Returns:
        Paragraphs, separated by blank lines; a formula within a sentence counts as one word.

    Examples:
        >>> plain("# Title\n\nThe sum $a + b$ is [a link](x.md).\n\n| a | b |\n")
        'The sum x is a link.'
    """
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"^( *)(```|~~~).*?^\1\2 *$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\$\$.*?\$\$", "\n\n", text, flags=re.DOTALL)
    text = re.sub(
        r"^(\s*(?:[-*]|\d+\.)?\s*)\*\*[^*\n]+[.?]\*\*", r"\1", text, flags=re.MULTILINE
    )  # headings within a line
    text = re.sub(r"\s*\$\\eqref\{[^}]*\}\$", "", text)
    text = re.sub(r"\$[^$]+\$", "x", text)
    text = re.sub(r"\[=(?:figure|table|exercise|source|file|output|mistakes):[^\]]*=\]", "", text)
    text = re.sub(r"\[=[^\]]*=\]", "1", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)(\{[^}]*\})?", r"\1", text)
    text = re.sub(r"`[^`]*`", "x", text)
    text = re.sub(r"<[^>]+>", "", text)
    lines = []
    for line in text.split("\n"):
        bare = line.strip()
        if re.match(r"#|\||:::|!!!|\?\?\?|\{|\*\[|\[\^", bare) or re.match(r"[a-z_]+: (true|false|\d+)$", bare):
            lines.append("")
        elif re.match(r"([-*]|\d+\.) ", bare):
            lines += ["", re.sub(r"^([-*]|\d+\.) ", "", bare)]
        else:
            lines.append(bare)
    paragraphs = (" ".join(p.split()) for p in "\n".join(lines).split("\n\n"))
    return "\n\n".join(p.replace("**", "").replace("*", "") for p in paragraphs if len(p.split()) > 2)


def sentences(text: str) -> list[str]:
    """Split prose into sentences.

    Args:
        text: what `plain` returns.

    Returns:
        The sentences of two words or more.

    Examples:
        >>> sentences("It is so. See eq. 3, e.g. here. Then it stops.")
        ['It is so.', 'See eq. 3, e.g. here.', 'Then it stops.']
    """
    found = []
    for paragraph in text.split("\n\n"):
        guarded = re.sub(r"\b(e\.g|i\.e|eq|vs|cf|etc|approx)\.", r"\1․", paragraph)
        for one in re.split(r"(?<=[.?!…])[\"”)]*\s+(?=[A-Z“\"(ΔδηφσWx0-9])", guarded):
            if len(one.split()) > 1:
                found.append(one.replace("․", ".").strip())
    return found


def figures(found: list[str]) -> Figures:
    """Count.

    Args:
        found: sentences.

    Returns:
        The figures; of nothing they are 0.

    Examples:
        >>> figures(["It holds.", "It holds because the sum of seven numbers is zero."]).short
        0.5
    """
    n = max(1, len(found))
    lengths = [len(s.split()) for s in found]
    return Figures(
        len(found),
        sum(lengths) / n,
        sum(length <= 6 for length in lengths) / n,
        sum(":" in s for s in found) / n,
        sum(bool(REASONS.search(s)) for s in found) / n,
    )


def docstrings(path: Path) -> Iterator[str]:
    """Yield the prose of a module's docstrings: what stands before Args, Returns and Examples.

    Args:
        path: a Python file.

    Yields:
        One text for each docstring.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            text = ast.get_docstring(node)
            if text:
                yield re.split(
                    r"^(?:Args|Attributes|Returns|Yields|Raises|Examples|Source|Next):", text, flags=re.MULTILINE
                )[0]


def pages() -> dict[str, str]:
    """Collect the teaching prose.

    Returns:
        For each page, by its place in docs, and each chapter of the derivation, its plain text.
    """
    found = {
        str(path.relative_to(ROOT / "docs")): plain(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "docs").rglob("*.md"))
        if str(path.relative_to(ROOT / "docs")) not in LISTS
    }
    for path in sorted((ROOT / "backprop" / "derivation").glob("*.py")):
        found[f"backprop/derivation/{path.name}"] = "\n\n".join(plain(text) for text in docstrings(path))
    for path in sorted((ROOT / "exercises").glob("*.py")):
        task = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        task = re.sub(r"^(Time|Chapter):.*$", "", task, flags=re.MULTILINE)
        found[f"exercises/{path.name}"] = plain(re.sub(r"^(Hint|Solution):", "", task, flags=re.MULTILINE))
    return found


@dataclass(frozen=True)
class Word:
    """A word with a better one.

    Attributes:
        pattern: a regular expression.
        better: what to say.
        allowed: files in which it may stand, each with the reason.
    """

    pattern: str
    better: str
    allowed: dict[str, str]


def words() -> list[Word]:
    """Read the list of words.

    Returns:
        The words of `words.toml`.
    """
    stored = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
    return [Word(one["pattern"], one["better"], one.get("allowed", {})) for one in stored["words"]]


def files() -> list[Path]:
    """List what readers see: pages and their names, docstrings, messages, figures, exercises, the two first files.

    Returns:
        The files.
    """
    return [
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "backprop").rglob("*.py")),
        *sorted((ROOT / "exercises").glob("*.py")),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "mkdocs.yml",
        ROOT / "tests" / "test_planted_mistakes.py",  # a page shows these checks
    ]


def replaced(text: str, name: str, listed: list[Word] | None = None) -> list[tuple[int, str, str]]:
    r"""Find words that have a better one.

    Args:
        text: a file's text.
        name: its name, for the exceptions.
        listed: the words; None for those of `words.toml`.

    Returns:
        For each its line, what stands there and what to say. Words may be broken over two lines.

    Examples:
        >>> replaced("The slope of\nthe loss", "docs/x.md")[0][0]
        1
    """
    found = []
    for word in words() if listed is None else listed:
        if name in word.allowed:
            continue
        pattern = re.compile(word.pattern.replace(" ", r"\s+"), re.IGNORECASE)
        for match in pattern.finditer(text):
            found.append((text.count("\n", 0, match.start()) + 1, " ".join(match[0].split()), word.better))
    return sorted(found)
