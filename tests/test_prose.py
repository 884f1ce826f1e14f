"""The language of the pages stays the reader's: words, sentences, spelling."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from proselint.checks import __register__
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

import backprop
from backprop import derivation
from backprop.experiments import EXPERIMENTS, SLOW
from backprop.tables import TABLES
from backprop.verification.catalogue import MISTAKES
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


#: Words of the old dialect within names and addresses. A rate is a learning rate, or that of diagnoses.
OLD = re.compile(
    r"(?:^|-)(?:slopes?|neurons?|rivals?|twins?|shares?|sent|fingerprints?|floor|steepest|dropped|right|fed)(?:-|$)"
    r"|(?<!learning)(?<!diagnosis)(?:^|-)rates?(?:-|$)"
)


def addresses() -> list[str]:
    """Whatever people type or link to: pages, anchors, figures, tables, results, mistakes, exercises, functions."""
    docs = [name for name in FILES if name.startswith("docs/") and name != "docs/decisions.md"]
    headings = [h for name in docs for h in re.findall(r"^#+ (.+)$", FILES[name], re.MULTILINE)]
    anchors = [match[1] for h in headings if (match := re.search(r"\{ #([\w-]+)", h))]
    drawn = [
        figure for name, text in FILES.items() if "figures/" in name for figure in re.findall(r'name="([\w-]+)"', text)
    ]
    names = [name.removeprefix("docs/").removesuffix(".md").replace("/", "-") for name in docs]
    names += [h.lower().replace(" ", "-") for h in headings] + anchors + drawn + [*TABLES, *EXPERIMENTS, *SLOW]
    names += [mistake.slug for mistake in MISTAKES] + [Path(name).stem for name in FILES if "exercises/" in name]
    return [name.replace("_", "-") for name in [*names, *backprop.__all__, *derivation.__all__]]


def test_no_name_and_no_address_has_a_word_of_the_old_dialect() -> None:
    assert len(addresses()) > 400
    assert [name for name in addresses() if OLD.search(name)] == []
    for old in ("with-the-right-slope", "log-rivals", "no-activation-rates", "sent-back", "at-the-reports-two-rates"):
        assert OLD.search(old)


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
