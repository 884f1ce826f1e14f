"""The glossary: every symbol of the text is in it, and the pages show it where the pointer rests."""

import re
from html import unescape
from pathlib import Path

import pytest

from backprop.citing import LABELLED
from builder import tree
from builder.errors import SiteError
from builder.source.equations import equations
from builder.typeset import glossary
from builder.typeset.glossary import Glossary, Symbol, read, symbols
from builder.typeset.mathematics import REFERENCE, mathml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EQUATIONS = equations(ROOT / "backprop" / "derivation", DOCS)
GLOSSARY = read(DOCS / "notation.md", EQUATIONS)

#: Functions, and letters that stand for nothing outside the sentence or the figure that explains them.
NOT_EXPLAINED = {"Im", "argmax", "diag", "ln", "max", "min", "tanh", "v", "B"}


def titles(html: str) -> list[list[str]]:
    return [unescape(title).split("\n") for title in re.findall(r'title="([^"]*)"', html)]


def explain(html: str, known: Glossary) -> str:
    return tree.through(html, lambda read: glossary.explain(read, known))


def inline(latex: str) -> str:
    return explain(f"<p>{mathml(latex, display=False)}</p>", GLOSSARY)


def test_a_formula_in_a_line_explains_its_symbols_once_each() -> None:
    (lines,) = titles(inline(r"\Delta_{l+1}W_{l+1}^\top\Delta_l"))
    assert [line.split(":")[0] for line in lines] == ["Δ", "W", "ᵀ"]
    assert lines[0] == "Δ: gradient ∂C/∂z, or error term; the report's backward gradient (6.3); N × d_l"


def test_a_displayed_formula_carries_the_title_itself() -> None:
    math = mathml(r"\hat y = \sigma(z)", display=True)
    html = explain(f'<div class="equation-body" tabindex="0">{math}</div>', GLOSSARY)
    assert html.startswith('<div class="equation-body" tabindex="0" title="ŷ: predictions')
    assert "<span" not in html


def test_a_prime_an_index_and_a_bracket_change_the_meaning() -> None:
    def names(latex: str) -> list[str]:
        return [line.split(":")[0] for line in GLOSSARY.lines(mathml(latex, display=False))]

    assert names(r"\sigma'(z)") == ["σ′", "z"]
    assert names(r"R'_\alpha(z)") == ["R′", "z"]
    assert GLOSSARY.line(Symbol("d", indexed=True)) != GLOSSARY.line(Symbol("d"))
    assert GLOSSARY.line(Symbol("P", called=True)) != GLOSSARY.line(Symbol("P"))
    assert names(r"C^n") == ["C"]  # an index is no symbol of its own
    assert names("e^{-z}") == ["e", "z"]  # an exponent is one
    assert names(r"\partial z/\partial w") == ["∂z/∂w"]


def test_greek_letters_in_the_text_are_explained_and_links_headings_and_listings_left_alone() -> None:
    html = explain('<h2>δ</h2><p>Here δ, <a href="#">η</a>, <code>η</code>, δs and <em>η</em>.</p>', GLOSSARY)
    assert html.count('<span class="symbol"') == 2
    assert "<h2>δ</h2>" in html
    assert '<a href="#">η</a>' in html
    assert "<code>η</code>" in html
    assert "δs" in html
    assert 'title="φ: activation function' in explain("<p>φ</p>", GLOSSARY)


def test_what_the_glossary_does_not_know_stays_as_it_is() -> None:
    html = f"<p>{mathml('q + 1', display=False)}</p>"
    assert explain(html, GLOSSARY) == html
    assert explain(html, Glossary({}, {})) == html


def test_nothing_but_titles_is_added() -> None:
    html = f"<p>δ: {mathml('x < y', display=False)} &amp; σ</p>"
    bare = re.sub(r'<span class="symbol" title="[^"]*">(.*?)</span>', r"\1", explain(html, GLOSSARY))
    assert bare == html


def test_a_symbol_in_two_rows_stops_the_build(tmp_path: Path) -> None:
    page = tmp_path / "notation.md"
    page.write_text("| symbol | meaning |\n|---|---|\n| $q$ | one |\n| $p$, $q$ | two |\n")
    with pytest.raises(SiteError, match=r"the symbol \$q\$ stands in two rows"):
        read(page, {})


def test_no_line_of_the_glossary_shows_latex() -> None:
    for line in [*GLOSSARY.meanings.values(), *GLOSSARY.formulas.values()]:
        assert not re.search(r"[\\{}$]", line), line
        assert len(line) < 160, line


def test_every_symbol_of_derivation_and_exercises_is_in_the_glossary() -> None:
    unknown = set()
    sources = [*(ROOT / "backprop" / "derivation").glob("*.py"), *(ROOT / "exercises").glob("*.py")]
    sources += [*(DOCS / "derivation").glob("*.md"), *(DOCS / "consequences").glob("*.md")]
    formulas = 0
    for path in sources:
        text = re.sub(r"`[^`]*`|^ *```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for latex in re.findall(r"\$\$(.+?)\$\$|(?<!\$)\$([^$]+)\$(?!\$)", text, flags=re.DOTALL):
            latex = LABELLED.sub("", "".join(latex))
            if REFERENCE.fullmatch(latex) or "[=" in latex:
                continue
            formulas += 1
            for symbol in symbols(mathml(latex, display=False)):
                if symbol.letter not in NOT_EXPLAINED and GLOSSARY.line(symbol) is None:
                    unknown.add((path.name, latex, symbol.letter))
    assert formulas > 300
    assert not unknown
