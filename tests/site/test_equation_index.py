"""The index of equations, as plain functions; each check is shown to fail."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from builder.beside.search import entries
from builder.errors import SiteError
from builder.insert.equation_index import checks_page, index
from builder.source.equations import Equation, checks, equations
from builder.state import read

ROOT = Path(__file__).parents[2]
PACKAGE, PLANTED = ROOT / "backprop" / "derivation", ROOT / "tests" / "test_planted_mistakes.py"
BUILD = read(ROOT, None)
ALL = BUILD.equations


def test_every_equation_has_its_entry_with_everything_one_click_away() -> None:
    mistakes: list[Any] = [SimpleNamespace(slug="lost-slope", title="Lost slope", equations=("hidden-delta", "delta"))]
    claims: list[Any] = [SimpleNamespace(number=7, equations=("hidden-delta",))]
    text = index(replace(BUILD, titles={"derivation/loss/": "3 Loss"}, home="https://example.org/"), mistakes, claims)
    labels = re.findall(r'<div class="equation-entry" id="entry-([^"]*)".*?</p></div>\n', text, re.DOTALL)
    assert labels == sorted(ALL, key=lambda label: [int(part) for part in ALL[label].tag.split(".")])
    assert "## 3 Loss" in text
    entry = text[text.index('id="entry-hidden-delta"') :].partition("\n")[0]
    page = "../../derivation/hidden-to-hidden/#"
    for words in (
        f'href="{page}eq-hidden-delta"',
        f'href="{page}backprop.derivation.hidden_to_hidden.hidden_delta"',
        'href="../checks/#check-hidden-delta"',
        r'data-clipboard-text="\Delta_l = \phi',
        "https://example.org/derivation/hidden-to-hidden/#eq-hidden-delta",
        "(8.4)",
        '<a href="../../verification/mistakes/#lost-slope">Lost slope</a>',
        '<a href="../../results/claims/#claim-7">7</a>',
        r'<div class="arithmatex">\[\Delta_l = \phi',
    ):
        assert words in entry, words
    assert re.search(r"\d+ examples? · \d+ planted mistakes? · in the catalogue of mistakes:", entry)


def test_every_equation_has_a_check_on_the_page_of_checks() -> None:
    text = checks_page(BUILD)
    assert re.findall(r"\{ #check-([a-z-]+) \}", text) == [e.label for e in sorted(ALL.values(), key=number)]
    assert set(checks(PLANTED)) == set(ALL)
    assert checks(PLANTED)["gradient-descent-step"].mistakes[0] == "plus instead of minus"
    assert checks(PLANTED)["gradient-descent-step"].source.startswith("@planted(")


def number(equation: Equation) -> list[int]:
    return [int(part) for part in equation.tag.split(".")]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('def f():\n    """No equation.\n\n    >>> 1\n    1\n    """\n', r"module\.py:1: f has no equation"),
        ('x = 1\n\n\ndef f():\n    r"""$$x \\tag{1.1}\\label{eq:a}$$"""\n', r"module\.py:4: f has no example"),
        ('r"""$$x \\tag{1.1}\\label{eq:a}$$"""\n', r"module\.py:1: equation \(1\.1\), eq:a, belongs to no function"),
    ],
)
def test_an_orphan_stops_the_build_with_its_line(tmp_path: Path, source: str, words: str) -> None:
    (tmp_path / "module.py").write_text(source)
    with pytest.raises(SiteError, match=words):
        equations(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("mistakes", "claims", "words"),
    [
        (
            [SimpleNamespace(slug="m", title="M", equations=("gone",))],
            [],
            "mistake m: no equation has the label eq:gone",
        ),
        ([], [SimpleNamespace(number=3, equations=("gone",))], "claim 3: no equation has the label eq:gone"),
    ],
)
def test_who_names_an_equation_that_is_none_stops_the_build(mistakes: list[Any], claims: list[Any], words: str) -> None:
    with pytest.raises(SiteError, match=words):
        index(BUILD, mistakes, claims)


def test_a_check_of_an_unknown_label_stops_the_build(tmp_path: Path) -> None:
    tests = tmp_path / "tests" / "test_planted_mistakes.py"
    tests.parent.mkdir()
    tests.write_text('@planted("gone", "f", {"wrong": f})\ndef check(fn): ...\n')
    with pytest.raises(SiteError, match=r"test_planted_mistakes\.py: no equation has the label eq:gone"):
        index(replace(BUILD, root=tmp_path), [], [])


def test_search_knows_every_equation_by_number_label_and_words() -> None:
    found = {entry["location"]: entry for entry in entries(ALL)}
    assert len(found) == len(ALL)
    entry = found["derivation/activations/#eq-sigmoid-derivative"]
    assert "4.2" in entry["title"]
    assert "sigmoid-derivative" in entry["title"]
    assert "sigma prime" in entry["text"]
    assert "sigmoid_derivative" in entry["text"]
