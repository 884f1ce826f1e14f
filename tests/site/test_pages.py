"""The pages: their examples run, their links lead somewhere, their figures speak."""

import doctest
import functools
import re
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin

import pytest

from backprop.derivation import CHAPTERS
from builder import tree
from builder.source.equations import equations
from builder.typeset.mathematics import raw_latex

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
STEPS = [ROOT / "docs" / "derivation" / f"{chapter.replace('_', '-')}.md" for chapter in CHAPTERS]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "docs"))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_the_examples_of_a_page_run(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    text = "\n".join("" if line.strip().startswith("```") else line for line in lines)  # a fence is no output
    test = doctest.DocTestParser().get_doctest(text, {}, name_of(path), str(path), 0)
    failures: list[str] = []
    doctest.DocTestRunner().run(test, out=failures.append)
    assert not failures, "".join(failures)


def test_a_wrong_example_would_be_seen() -> None:
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    failures: list[str] = []
    doctest.DocTestRunner().run(test, out=failures.append)
    assert failures


@pytest.mark.parametrize("path", STEPS, ids=name_of)
def test_every_step_page_has_all_its_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    chapter = path.stem.replace("-", "_")
    parts = [
        f"# {CHAPTERS.index(chapter) + 1} ",
        f"::: backprop.derivation.{chapter}\n",
        "[=figure:",
        f"::: backprop.derivation.{chapter}.",
        "## The common mistake",
        "```pycon",
        "## Check yourself",
        '??? question "Answer"',
        "    ```pycon",
        "## Next",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places, [part for part, place in zip(parts, places, strict=True) if place == -1]
    assert places[:5] == sorted(places[:5])


class Anatomy(NamedTuple):
    """What a page offers and what it asks for."""

    ids: list[str]
    links: list[str]
    loads: list[str]
    images_without_alt: int


@functools.cache
def anatomy(path: Path) -> Anatomy:
    page = tree.page(path.read_text(encoding="utf-8"))

    def all_of(selector: str, name: str) -> list[str]:
        return [node.attrs.sget(name) for node in page.css(selector)]

    loads = all_of(":is(script, img, iframe, source)[src]", "src")
    loads += all_of("link:is([rel=stylesheet], [rel=preload], [rel=icon], [rel=preconnect])", "href")
    unspoken = sum(not words for words in all_of("img", "alt"))
    return Anatomy(all_of("[id]", "id"), all_of("a[href]", "href"), loads, unspoken)


def test_every_link_and_anchor_leads_somewhere(site: Path) -> None:
    base = "http://site/"
    pages = {f"{base}{p.relative_to(site).as_posix()}".removesuffix("index.html"): p for p in site.rglob("*.html")}
    read = {url: anatomy(path) for url, path in pages.items() if path.name == "index.html"}
    lost = []
    for url, page in read.items():
        for link in page.links:
            if link.startswith(("http", "mailto:")):
                continue
            target, _, anchor = urljoin(url, link).partition("#")
            target, anchor = unquote(target.partition("?")[0]), unquote(anchor)  # a query is read by the page itself
            if target in read:
                if anchor and anchor not in read[target].ids and anchor != "__skip":
                    lost.append(f"{url} -> {link}: no such anchor")
            elif not (site / target.removeprefix(base)).is_file():
                lost.append(f"{url} -> {link}: no such page")
    assert not lost, "\n".join(lost)
    assert len(read) > 20


def test_ids_are_unique_on_every_page(site: Path) -> None:
    for path in site.rglob("index.html"):
        ids = anatomy(path).ids
        twice = {i for i in ids if ids.count(i) > 1}
        assert not twice, f"{path.relative_to(site)}: {twice}"


def test_no_page_asks_another_host(site: Path) -> None:
    for path in site.rglob("*.html"):
        foreign = [load for load in anatomy(path).loads if load.startswith(("http", "//"))]
        assert not foreign, f"{path.relative_to(site)}: {foreign}"
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", path.read_text(encoding="utf-8")), path


def test_every_equation_of_the_derivation_stands_on_its_page(site: Path) -> None:
    for equation in equations(ROOT / "backprop" / "derivation", ROOT / "docs").values():
        html = (site / equation.url / "index.html").read_text(encoding="utf-8")
        assert html.count(f'id="{equation.anchor}"') == 1, equation
        assert f">({equation.tag})</a>" in html, equation


def test_no_page_shows_latex_a_traceback_or_a_placeholder(site: Path) -> None:
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert raw_latex(tree.page(html)) is None, path
        text = unescape(re.sub(r"<pre\b.*?</pre>|<[^>]*>", " ", html, flags=re.DOTALL))
        assert "Traceback" not in text, path
        assert "[=" not in text, path


def test_every_picture_has_a_text_alternative(site: Path) -> None:
    figures = 0
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        for svg in re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL):
            figures += 1
            assert 'role="img"' in svg, path
            assert re.search(r"<desc [^>]*>[^<]{40,}</desc>", svg), path
        assert anatomy(path).images_without_alt == 0, path
    assert figures > 10


def test_the_index_shows_every_formula_as_its_chapter_does(site: Path) -> None:
    displayed = re.compile(r'<math display="block"[^>]*>.*?</math>', re.DOTALL)
    chapters = "".join(path.read_text(encoding="utf-8") for path in (site / "derivation").rglob("index.html"))
    formulas = displayed.findall((site / "reference" / "equations" / "index.html").read_text(encoding="utf-8"))
    assert len(formulas) > 40
    assert set(formulas) <= set(displayed.findall(chapters))


def test_what_a_function_returns_is_one_thing(site: Path) -> None:
    """A sentence that goes on in a second line is not taken for a second value."""
    returned = re.compile(r"(?:Returns|Yields):</span></p>\s*<ul>(.*?)</ul>", re.DOTALL)
    for path in site.rglob("*.html"):
        for values in returned.findall(path.read_text(encoding="utf-8")):
            assert values.count("<li") == 1, (path, values)


def test_the_program_to_download_is_the_program_of_the_page(site: Path) -> None:
    program = (ROOT / "backprop" / "lab.py").read_bytes()
    assert (site / "implementation" / "lab.py").read_bytes() == program


def test_kept_results_do_not_carry_the_address_of_a_build(site: Path) -> None:
    """The site of the tests has an address with a port of its own; a result that shows it would show it for good."""
    html = (site / "verification" / "diagnose" / "index.html").read_text(encoding="utf-8")
    listings = re.findall(r"<pre\b.*?</pre>", html, re.DOTALL)
    assert any("derivation/hidden-to-hidden/#eq-hidden-delta" in listing for listing in listings)
    assert not [listing for listing in listings if "127.0.0.1" in listing]
