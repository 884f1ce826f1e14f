"""The printed edition, as plain functions; each check is shown to fail."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from builder import tree
from builder.beside import printed
from builder.beside.printed import PrintedPage, contents, one_line
from builder.errors import SiteError
from builder.tree import Node
from builder.typeset import typography

LOSS = PrintedPage("Derivation", "3 Loss", "derivation/loss/")
XOR = PrintedPage("Results", "XOR", "results/xor/")
PAGES = {page.url: page for page in (LOSS, XOR)}


def chapter(html: str, page: PrintedPage, pages: dict[str, PrintedPage], root: str | None = None) -> Node:
    return printed.chapter(page, tree.page(html), pages, root)


def article(body: str, root: str | None = None) -> str:
    return chapter(f"<article>{body}</article>", LOSS, PAGES, root).inner_html or ""


class Somewhere(dict[str, int]):
    """Page numbers, of which no test asks."""

    def __missing__(self, place: str) -> int:
        return 1


def solutions_apart(node: Node, title: str, numbers: dict[str, int]) -> tuple[str, str]:
    answers = printed.solutions_apart(node, title, numbers)
    return tree.written(node), answers


def label_formulas(html: str, latex: dict[str, str]) -> str:
    return tree.through(html, lambda read: printed.label_formulas(read, latex))


def keep_punctuation(html: str) -> str:
    return tree.through(html, typography.keep_punctuation)


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
    assert '<details class="x" open="">' in html
    assert "secret" not in article(
        '<details class="cite"><p>secret</p></details><p class="equation-actions">secret</p>'
    )


def test_only_a_listing_longer_than_a_page_may_be_broken() -> None:
    html = article(f"<pre>{'x' * 80}\n</pre><pre>{chr(10) * 60}</pre><pre>z</pre>")
    assert html.count("<pre>") == 2
    assert html.count('<pre class="long">') == 1


def test_a_page_without_an_article_is_seen() -> None:
    with pytest.raises(SiteError, match="derivation/loss/: the built page has no article"):
        chapter("<p>nothing</p>", LOSS, PAGES, None)


def test_the_contents_have_parts_and_page_numbers() -> None:
    html = contents([LOSS, XOR], {LOSS.anchor: 7, XOR.anchor: 120})
    assert html.count('class="part"') == 2
    assert '<a href="#page-results-xor"><span>XOR</span> <span>120</span></a>' in html


def test_a_page_that_was_lost_in_printing_is_named() -> None:
    printed.check_complete([LOSS, XOR], {LOSS.anchor: 7, XOR.anchor: 120})
    with pytest.raises(SiteError, match="lacks 1 of 2 pages, the first of them results/xor/"):
        printed.check_complete([LOSS, XOR], {LOSS.anchor: 7})


def test_without_a_browser_one_line_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(printed, "BROWSERS", ("no-such-browser",))
    with pytest.raises(SiteError, match="needs Chromium; none of no-such-browser"):
        printed.make(tmp_path, [LOSS], None, {}, tmp_path / "x.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("found", "prints"),
    [([12, 12], 2), ([12, 13, 13], 3), ([12, 13, 12, 12], 4), ([12, 13, 12, 13], None)],
)
def test_it_is_printed_until_its_page_numbers_are_right(found: list[int], prints: int | None) -> None:
    printed_with: list[dict[str, int]] = []

    def printing(numbers: Mapping[str, int]) -> dict[str, int]:
        printed_with.append(dict(numbers))
        return {"page-loss": found[len(printed_with) - 1]}

    if prints is None:
        with pytest.raises(SiteError, match="still change after four prints"):
            printed.settle(printing)
    else:
        printed.settle(printing)
        assert len(printed_with) == prints
        assert printed_with[-1] == {"page-loss": found[prints - 1]}


# Solutions, formulas, signatures

SHORT = PrintedPage("Exercises", "Short checks", "exercises/short/")
EXERCISES = """<article><h1 id="short">Short</h1>
<h2 id="one">One</h2><p>First?</p><details class="hint-box"><summary>Hint</summary><p>So.</p></details>
<details class="solution-box"><summary>Solution</summary><p>It is 1.</p></details>
<h2 id="two">Two <em>of</em> them</h2><p>Second?</p>
<details class="solution-box"><summary>Solution</summary><p>It is 2.</p></details></article>"""


def test_solutions_are_taken_out_and_linked_both_ways() -> None:
    section, answers = solutions_apart(chapter(EXERCISES, SHORT, {}), SHORT.title, Somewhere())
    assert "It is" not in section
    assert "So." in section
    for name, title, answer in (("one", "One", "It is 1."), ("two", "Two <em>of</em> them", "It is 2.")):
        place = f"page-exercises-short--{name}"
        assert f'id="{place}--asked"><a href="#{place}--solution">Solution: page 1</a>' in section
        assert (
            f'<h3 id="{place}--solution"><a href="#{place}--asked">{title} (page 1)</a></h3><p>{answer}</p>' in answers
        )


def test_a_chapters_answer_is_called_after_the_chapter() -> None:
    page = '<h2 id="check">Check yourself</h2><details class="question"><summary>Answer</summary>4</details>'
    _, answers = solutions_apart(chapter(f"<article>{page}</article>", LOSS, PAGES), LOSS.title, Somewhere())
    assert ">3 Loss (page 1)</a></h3>4" in answers


def test_links_to_and_from_a_solution_say_the_page() -> None:
    place = "page-exercises-short--two"
    section, answers = solutions_apart(
        chapter(EXERCISES, SHORT, {}), SHORT.title, Somewhere({f"{place}--solution": 31, f"{place}--asked": 7})
    )
    assert section.count("Solution: page 31</a>") == 1
    assert answers.count("Two <em>of</em> them (page 7)</a>") == 1


def test_wide_and_long_listings_are_marked() -> None:
    def marked(code: str) -> str:
        return article(f"<pre><code><span>{code}</span></code></pre>").partition("<pre")[2].partition("><code")[0]

    assert marked("a &lt; b\n" * 30 + "x" * 80) == ""
    assert marked("&lt;" * 80) == ""
    assert marked("x" * 96) == ' class="wide"'
    assert marked("x\n" * 41) == ' class="long"'


def test_the_edition_says_its_direction(tmp_path: Path) -> None:
    """The theme indents lists only where a direction is said; without it the marks fall off the paper."""
    for page in (tmp_path / "index.html", tmp_path / LOSS.url / "index.html"):
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("<article><ul><li>one</li></ul></article>", encoding="utf-8")
    assert '<body dir="ltr"' in printed.book(tmp_path, [LOSS], None, {}, Somewhere())


def test_a_formula_without_latex_is_refused() -> None:
    with pytest.raises(SiteError, match="without a text alternative"):
        label_formulas("<p><math><mi>q</mi></math></p>", {})


def test_latex_becomes_the_label_of_its_formula() -> None:
    math = '<math display="block"><mi>a</mi><mo>&lt;</mo></math>'
    html = label_formulas(f"{math} and {math}", {math: "a\n  < b"})
    assert html.count('<math display="block" role="img" aria-label="a &lt; b">') == 2
    assert one_line(" a\n  < b ") == "a < b"


def test_punctuation_stays_with_its_formula() -> None:
    symbol = '<span class="symbol" title="z: x"><math><mi>z</mi></math></span>'
    assert keep_punctuation(f"{symbol}.") == f'<span class="unbroken">{symbol}.</span>'
    assert keep_punctuation(f"{symbol} is") == f"{symbol} is"


def test_a_signature_that_is_only_a_name_is_left_out() -> None:
    def signature(code: str) -> str:
        pre = f'<pre><button type="button"></button><code id="code-4" tabindex="0">{code}\n</code></pre>'
        return f'<article><div class="language-python doc-signature highlight">{pre}</div></article>'

    assert "only" not in tree.written(chapter(signature('<span class="nf">only</span>'), SHORT, {}))
    more = signature('<span class="nf">more</span><span class="p">()</span>')
    assert "more" in tree.written(chapter(more, SHORT, {}))
