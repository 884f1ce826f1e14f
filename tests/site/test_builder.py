"""What the build adds, as plain functions; each check is shown to fail on a broken page."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from builder import tree
from builder.beside.fonts import cut, math_font
from builder.errors import SiteError, place_of
from builder.insert import figures, placeholders
from builder.source.equations import Equation, equations, functions_shown, page_url
from builder.typeset import functions, mathematics

ROOT = Path(__file__).parents[2]
EQUATION = Equation("hidden-delta", "8.4", "x", "hidden_delta", 1, "derivation/hidden-to-hidden/")
KNOWN = {"hidden-delta": EQUATION}


def typeset(html: str, known: dict[str, Equation], root: str) -> str:
    return tree.through(html, lambda read: mathematics.typeset(read, known, root, {}))


def raw_latex(html: str) -> str | None:
    return mathematics.raw_latex(tree.fragment(html))


def fill(markdown: str, root: Path, made: Path) -> str:
    build: Any = SimpleNamespace(root=root, made=made, derivation=root / "backprop" / "derivation")
    return placeholders.fill(markdown, build, {})


def insert_figures(html: str, folder: Path, root: str) -> str:
    return tree.through(html, lambda read: figures.insert_figures(read, folder, root))


def block(latex: str) -> str:
    return f'<div class="arithmatex">\\[{latex}\\]</div>'


def inline(latex: str) -> str:
    return f'<span class="arithmatex">\\({latex}\\)</span>'


def test_every_equation_has_a_page() -> None:
    found = equations(ROOT / "backprop" / "derivation", ROOT / "docs")
    assert len(found) > 40
    assert found["hidden-delta"].url == "derivation/hidden-to-hidden/"
    assert found["hidden-delta"].tag == "8.4"


def test_a_numbered_equation_has_number_anchor_and_no_latex() -> None:
    html = typeset(block(r"x = \frac{1}{2} \tag{8.4}\label{eq:hidden-delta}"), KNOWN, "")
    assert 'id="eq-hidden-delta"' in html
    assert ">(8.4)</a>" in html
    assert "<mfrac>" in html
    assert "\\" not in html


def test_a_reference_leads_to_the_page_of_its_equation() -> None:
    html = typeset(inline(r"\eqref{eq:hidden-delta}"), KNOWN, "../../")
    place = "../../derivation/hidden-to-hidden/#eq-hidden-delta"
    assert html == f'<a class="equation-reference" href="{place}" data-preview="">(8.4)</a>'


@pytest.mark.parametrize(
    ("html", "words"),
    [
        (block(r"\foo"), "unknown command"),
        (block(r"\frac{1}{"), "closing token"),
        (inline(r"\eqref{eq:nowhere}"), "no equation has this label"),
        (block(r"x \tag{1.1}\label{eq:stray}"), "outside the derivation"),
    ],
)
def test_wrong_mathematics_stops_the_build(html: str, words: str) -> None:
    with pytest.raises(SiteError, match=words):
        typeset(html, KNOWN, "")


def test_the_place_of_a_mistake_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one\ntwo $\\foo$\n")
    assert place_of(r"\foo", [tmp_path / "a.md"]) == f"{tmp_path / 'a.md'}:2"


def package_with(folder: Path, *docstrings: str) -> tuple[Path, Path]:
    package, docs = folder / "derivation", folder / "docs"
    package.mkdir()
    docs.mkdir()
    lines, page = [], []
    for number, docstring in enumerate(docstrings):
        lines.append(f'def f{number}():\n    r"""{docstring}\n\n    >>> 1\n    1\n    """\n')
        page.append(f"::: backprop.derivation.module.f{number}\n")
    (package / "module.py").write_text("\n".join(lines))
    (docs / "page.md").write_text("\n".join(page))
    return package, docs


def test_a_label_or_number_used_twice_stops_the_build(tmp_path: Path) -> None:
    package, docs = package_with(tmp_path, r"$$x \tag{1.1}\label{eq:a}$$", r"$$x \tag{1.2}\label{eq:a}$$")
    with pytest.raises(SiteError, match=r"module\.py:8: label eq:a is used twice"):
        equations(package, docs)


def test_a_number_used_twice_stops_the_build(tmp_path: Path) -> None:
    package, docs = package_with(tmp_path, r"$$x \tag{1.1}\label{eq:a}$$", r"$$x \tag{1.1}\label{eq:b}$$")
    with pytest.raises(SiteError, match=r"number 1\.1 is used twice"):
        equations(package, docs)


def test_an_equation_on_no_page_stops_the_build(tmp_path: Path) -> None:
    package, docs = package_with(tmp_path, r"$$x \tag{1.1}\label{eq:a}$$")
    (docs / "page.md").write_text("nothing\n")
    with pytest.raises(SiteError, match="f0 has an equation but is on no page"):
        equations(package, docs)


def test_a_function_on_two_pages_stops_the_build(tmp_path: Path) -> None:
    _, docs = package_with(tmp_path, "")
    (docs / "second.md").write_text("::: backprop.derivation.module.f0\n")
    with pytest.raises(SiteError, match="shown twice"):
        functions_shown(docs)


def test_page_addresses() -> None:
    docs = Path("docs")
    assert page_url(docs / "index.md", docs) == ""
    assert page_url(docs / "derivation" / "index.md", docs) == "derivation/"
    assert page_url(docs / "derivation" / "loss.md", docs) == "derivation/loss/"


def test_function_names_become_links_except_in_links_listings_and_headings() -> None:
    known = {"update": "derivation/gradient-descent/#backprop.derivation.gradient_descent.gradient_descent_step"}
    html = "<p><code>update</code></p><pre><code>update</code></pre><h2><code>update</code></h2><code>other</code>"
    linked = tree.through(html, lambda read: functions.link_functions(read, known, "../"))
    assert linked.count("<a ") == 1
    assert 'href="../derivation/gradient-descent/#backprop.derivation.gradient_descent.gradient_descent_step"' in linked


def test_a_step_shows_its_code_without_its_docstring() -> None:
    heading = '<h3 id="backprop.derivation.loss.total_loss" class="doc">total_loss</h3>'
    html = f'{heading}<div class="language-python doc-signature highlight">signature</div><p>why</p>'
    shown = tree.through(html, lambda read: functions.show_code(read, ROOT / "backprop" / "derivation"))
    assert "signature" not in shown
    assert "Add the examples" not in shown
    words = re.sub("<[^>]*>", "", shown)
    assert "def total_loss(c: np.ndarray)" in words
    assert "return c.sum(axis=-1)" in words


@pytest.mark.parametrize("text", ["$$ x $$", r"\( x \)", r"\[ x \]", r"see \eqref{eq:a}", r"\frac{1}{2}"])
def test_left_over_latex_is_seen(text: str) -> None:
    assert raw_latex(f"<p>{text}</p>") is not None
    assert raw_latex(f"<pre>{text}</pre>") is None


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    (tmp_path / "figures").mkdir()
    (tmp_path / "results" / "run.json").write_text(
        json.dumps({"accuracy": 0.75, "tiny": 7.08e-5, "log": [[0, 0.5]], "few": 3, "many": 1200, "no": 0})
    )
    return tmp_path


def test_numbers_are_filled_in_and_formatted(generated: Path) -> None:
    assert fill("[=run.accuracy=] [=run.accuracy:.0%=] [=run.log.0.1=]", ROOT, generated) == "0.75 75% 0.5"
    assert fill("[=run.tiny:.1e=]", ROOT, generated) == "7.1\xa0×\xa010⁻⁵"
    assert fill("w=[=run.log:.2f=]", ROOT, generated) == "w=0.00,0.50"
    assert fill("e^{{-z}} and [[0.0]]", ROOT, generated) == "e^{{-z}} and [[0.0]]"


def test_none_and_all_of_a_number_are_filled_in_as_words(generated: Path) -> None:
    assert fill("[=count:run.few/run.many=]", ROOT, generated) == "3"
    assert fill("[=count:run.no/run.many=] and [=count:run.many/run.many=]", ROOT, generated) == "none and all 1,200"


@pytest.mark.parametrize(
    "text",
    ["[=count:run.few=]", "[=count:run.many/run.few=]", "[=count:run.few/run.all=]", "[=count:run.few/run.tiny=]"],
)
def test_a_count_needs_two_whole_numbers_of_which_the_first_is_not_larger(text: str, generated: Path) -> None:
    with pytest.raises(SiteError):
        fill(text, ROOT, generated)


@pytest.mark.parametrize(
    "text",
    ["[=run.loss=]", "[=gone.loss=]", "[=run.log.7=]", "[=run.log=]", "[=file:gone.py=]", "[=source:gone=]", "[=x:y=]"],
)
def test_an_unknown_placeholder_stops_the_build(text: str, generated: Path) -> None:
    with pytest.raises(SiteError):
        fill(text, ROOT, generated)


def test_a_figure_needs_a_file_and_a_text_alternative(generated: Path) -> None:
    mark = '<div data-figure="one"></div>'
    with pytest.raises(SiteError, match="no figure has this name"):
        insert_figures(mark, generated / "figures", "../")
    (generated / "figures" / "download").mkdir()
    (generated / "figures" / "download" / "one.csv").write_text("epoch,loss\n")
    words = {"title": "It falls.", "caption": "Seed 0.", "experiment": "xor"}
    (generated / "figures" / "one.json").write_text(json.dumps(words))
    (generated / "figures" / "one.html").write_text("<svg><title>It falls.</title></svg>")
    with pytest.raises(SiteError, match="no text alternative"):
        insert_figures(mark, generated / "figures", "../")
    (generated / "figures" / "one.html").write_text("<svg><title>It falls.</title><desc>A line falls.</desc></svg>")
    html = insert_figures(mark, generated / "figures", "../")
    assert html.startswith('<figure id="fig-one"><svg>')
    assert "<strong>It falls.</strong> Seed 0." in html
    assert '<a href="../assets/figures/one.csv" download="">data (CSV)</a>; computed by' in html
    assert "python -m backprop.experiments xor --out build/results" in html


def test_the_font_subset_is_small_reproducible_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    font = cut(set("abz∂σδΣ()′"))
    assert font[:4] == b"wOF2"
    assert len(font) < 60_000
    assert math_font(set("abz∂σδΣ()′\n"), tmp_path) == font
    monkeypatch.setattr("builder.beside.fonts.cut", lambda _: b"cut again")
    assert math_font(set("abz∂σδΣ()′"), tmp_path) == font
    assert math_font(set("abz"), tmp_path) == b"cut again"
