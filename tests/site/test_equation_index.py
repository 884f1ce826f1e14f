"""The index of equations and the printed edition, as plain functions; each check is shown to fail."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import printed
import pytest
from citations import Home
from equation_index import checks, checks_page, index, search_entries, steps
from equations import Equation, SiteError, equations

ROOT = Path(__file__).parents[2]
PACKAGE, PLANTED = ROOT / "backprop" / "derivation", ROOT / "tests" / "test_planted_mistakes.py"
ALL = equations(PACKAGE, ROOT / "docs")


def test_every_equation_has_its_entry_with_everything_one_click_away() -> None:
    mistakes = [SimpleNamespace(slug="lost-slope", title="Lost slope", equations=("hidden-delta", "delta"))]
    claims = [SimpleNamespace(number=7, equations=("hidden-delta",))]
    text = index(ALL, PACKAGE, PLANTED, {"derivation/loss/": "3 Loss"}, mistakes, claims, Home("https://example.org/"))
    entries = re.findall(r'<div class="equation-entry" id="entry-([^"]*)".*?</p></div>\n', text, re.DOTALL)
    assert entries == sorted(ALL, key=lambda label: [int(part) for part in ALL[label].tag.split(".")])
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
        "<math",
    ):
        assert words in entry, words
    assert re.search(r"\d+ examples? · \d+ planted mistakes? · mistakes:", entry)


def test_every_equation_has_a_check_on_the_page_of_checks() -> None:
    text = checks_page(ALL, PLANTED, {})
    assert re.findall(r"\{ #check-([a-z-]+) \}", text) == [e.label for e in sorted(ALL.values(), key=number)]
    assert set(checks(PLANTED)) == set(ALL)
    assert checks(PLANTED)["update"].mistakes[0] == "plus for minus"
    assert checks(PLANTED)["update"].source.startswith("@planted(")


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
        list(steps(tmp_path))


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
        index(ALL, PACKAGE, PLANTED, {}, mistakes, claims, Home(None))


def test_a_check_of_an_unknown_label_stops_the_build(tmp_path: Path) -> None:
    tests = tmp_path / "tests.py"
    tests.write_text('@planted("gone", "f", {"wrong": f})\ndef check(fn): ...\n')
    with pytest.raises(SiteError, match=r"tests\.py: no equation has the label eq:gone"):
        index(ALL, PACKAGE, tests, {}, [], [], Home(None))


def test_search_knows_every_equation_by_number_label_and_words() -> None:
    found = {entry["location"]: entry for entry in search_entries(ALL, PACKAGE)}
    assert len(found) == len(ALL)
    entry = found["derivation/activations/#eq-sigmoid-slope"]
    assert "4.2" in entry["title"]
    assert "sigmoid-slope" in entry["title"]
    assert "sigma prime" in entry["text"]
    assert "sigmoid_slope" in entry["text"]


# The printed edition

LOSS = printed.PrintedPage("Derivation", "3 Loss", "derivation/loss/")
XOR = printed.PrintedPage("Results", "XOR", "results/xor/")
PAGES = {page.url: page for page in (LOSS, XOR)}


def article(body: str, root: str | None = None) -> str:
    return printed.chapter(f"<article>{body}</article>", LOSS, PAGES, root)


def test_links_lead_into_the_edition_or_to_the_published_site() -> None:
    assert 'href="#page-results-xor--log"' in article('<a href="../../results/xor/#log">x</a>')
    assert 'href="#page-results-xor"' in article('<a class="b" href="../../results/xor/">x</a>')
    assert 'href="#page-derivation-loss--eq-a"' in article('<a href="#eq-a">x</a>')
    assert article('<a href="../../data.csv">data</a>').count("<a") == 0
    assert 'href="https://example.org/data.csv"' in article('<a href="../../data.csv">x</a>', "https://example.org/")
    assert 'href="https://elsewhere.example/"' in article('<a href="https://elsewhere.example/">x</a>')


def test_ids_are_unique_figures_untouched_and_screen_things_left_out() -> None:
    html = article(
        '<h2 id="a">A<a class="headerlink" href="#a">¶</a></h2><svg><path id="p"/></svg><details class="x">b</details>'
    )
    assert 'id="page-derivation-loss--a"' in html
    assert 'id="p"' in html
    assert "¶" not in html
    assert '<details open class="x">' in html
    assert "secret" not in article(
        '<details class="cite"><p>secret</p></details><p class="equation-actions">secret</p>'
    )


def test_only_a_listing_longer_than_a_page_may_be_broken() -> None:
    html = article(f"<pre>{'x' * 99}\n</pre><pre>{chr(10) * 60}</pre><pre>z</pre>")
    assert html.count("<pre>") == 2
    assert html.count('<pre class="long">') == 1


def test_a_page_without_an_article_is_seen() -> None:
    with pytest.raises(SiteError, match="derivation/loss/: the built page has no article"):
        printed.chapter("<p>nothing</p>", LOSS, PAGES, None)


def test_the_contents_have_parts_and_page_numbers() -> None:
    html = printed.contents([LOSS, XOR], {LOSS.anchor: 7, XOR.anchor: 120})
    assert html.count('class="part"') == 2
    assert '<a href="#page-results-xor"><span>XOR</span> <span>120</span></a>' in html


def test_without_a_browser_one_line_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(printed, "BROWSERS", ("no-such-browser",))
    with pytest.raises(SiteError, match="needs Chromium; none of no-such-browser"):
        printed.make(tmp_path, [LOSS], None, tmp_path / "x.pdf")
    assert not list(tmp_path.iterdir())
