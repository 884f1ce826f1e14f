"""The language of the pages stays the reader's: words, sentences, spelling."""

import subprocess
import sys
from pathlib import Path

import pytest
from proselint.checks import __register__
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

from tests import prose

FILES = {str(path.relative_to(prose.ROOT)): path.read_text(encoding="utf-8") for path in prose.files()}


@pytest.mark.parametrize("name", FILES)
def test_no_word_has_a_better_one(name: str) -> None:
    assert [f"line {line}: {came!r}; say {better}" for line, came, better in prose.replaced(FILES[name], name)] == []


def test_every_exception_is_needed() -> None:
    """A file that may use a word does use it; otherwise the exception goes."""
    for word in prose.words():
        alone = prose.Word(word.pattern, word.better, {})
        for name, reason in word.allowed.items():
            assert reason, f"{name} may use {word.pattern} without a reason"
            assert prose.replaced(FILES[name], name, [alone]), f"{name} does not use {word.pattern}"


def test_a_word_of_the_old_dialect_is_found_across_a_line() -> None:
    assert prose.replaced("It is\nsent\nback.", "docs/x.md")[0][:2] == (2, "sent back")


def test_sentences_are_those_of_a_teacher() -> None:
    """Neither a telegram nor a proof: the fractions that well-known course notes have. Exercises ask and instruct."""
    teaching = [text for name, text in prose.pages().items() if not name.startswith("exercises/")]
    f = prose.figures([s for text in teaching for s in prose.sentences(text)])
    assert f.sentences > 1000
    assert 15 <= f.words <= 20
    assert f.short < 0.10
    assert f.colon < 0.12
    assert f.reasons > 0.12


CheckRegistry().register_many(__register__)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prose alone, a file for each page, for tools that know nothing of formulas and code."""
    folder = tmp_path_factory.mktemp("prose")
    for name, text in prose.pages().items():
        (folder / (name.replace("/", "-") + ".txt")).write_text(text.replace('"', "’") + "\n", encoding="utf-8")
    return folder


def proselint(place: Path) -> list[str]:
    """What proselint says, but of "very", of words twice (a formula is one), and of "for ever" (in "for every")."""
    checks = DEFAULT["checks"] | {"lexical_illusions": False, "weasel_words": False, "archaism": False}
    return [
        f"{path.name}:{result.pos[0]}: {result.check_result.message}"
        for path in sorted(place.glob("*.txt"))
        for result in LintFile(path).lint({"max_errors": 1000, "checks": checks})
    ]


def codespell(place: Path) -> str:
    command = [sys.executable, "-m", "codespell_lib", str(place)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_proselint_finds_nothing(plain: Path) -> None:
    assert proselint(plain) == []


def test_no_word_is_misspelt(plain: Path) -> None:
    assert codespell(plain) == ""


def test_both_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("In actual fact, it is very unique and seperate.\n", encoding="utf-8")
    assert any("actual fact" in said for said in proselint(tmp_path))
    assert "separate" in codespell(tmp_path)
