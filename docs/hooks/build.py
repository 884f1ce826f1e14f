"""What the build of the site adds: results and figures before it, mathematics and numbers in it, a check after it.

This file only connects the site builder to plain functions, which stand beside it.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import accessible
import cards
import citations
import equation_index
import exercise_pages
import glossary
import mathematics
import printed
import speed
import tables
from claims_page import fill_claims
from equations import Equation, SiteError, equations, functions_shown, place_of
from fonts import math_font
from listings import show_code
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.utils import get_relative_url
from placeholders import DOWNLOADS, fill, insert_figures
from typography import kept_together

from backprop.claims import CLAIMS
from backprop.verification.catalogue import MISTAKES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BUILD = ROOT / "build"
DERIVATION = ROOT / "backprop" / "derivation"
EXERCISES = ROOT / "exercises"
PLANTED = ROOT / "tests" / "test_planted_mistakes.py"
PDF = "backprop.pdf"
KEY = "hidden-delta"  # the equation that the first page shows
UNPRINTED = {"About"}  # sections that the printed edition leaves out

_equations: dict[str, Equation] = {}
_functions: dict[str, tuple[str, str]] = {}
_titles: dict[str, str] = {}
_words: dict[str, str] = {}
_formulas: dict[str, list[str]] = {}  # the numbered ones of each page
_pages: list[Any] = []
_cited: dict[str, dict[str, str]] = {}
_cards: dict[str, bytes] = {}
_glossary = glossary.Glossary({}, {})


def guarded(page: Any, work: Callable[[], str]) -> str:
    """Do work on a page; if the page is wrong, say in which file and line.

    Args:
        page: the builder's page.
        work: what to do.

    Returns:
        What it returned.

    Raises:
        PluginError: in place of a SiteError.
    """
    try:
        return work()
    except SiteError as error:
        place = place_of(
            error.snippet,
            [Path(page.file.abs_src_path), *sorted((ROOT / "backprop").rglob("*.py")), *sorted(EXERCISES.glob("*.py"))],
        )
        raise PluginError(f"{Path(place).relative_to(ROOT) if place else page.url}: {error}") from None


def root_of(page: Any) -> str:
    """Tell the way from a page to the site's root.

    Args:
        page: the builder's page.

    Returns:
        Such as "../../"; empty at the root.
    """
    root = get_relative_url(".", page.url) + "/"
    return "" if root == "./" else root


def run(module: str, *arguments: str) -> None:
    """Run a module of the package, showing what it prints.

    It does not see the site's address: results are kept, and would carry it into the next build.

    Args:
        module: its dotted name.
        *arguments: its command line.

    Raises:
        PluginError: if it fails.
    """
    environment = {name: value for name, value in os.environ.items() if name != "SITE_URL"}
    command = [sys.executable, "-m", module, *arguments]
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if status < 0:
        raise PluginError(f"python -m {module} was ended by signal {-status}; what it had stored before is intact")
    if status != 0:
        raise PluginError(f"python -m {module} failed with status {status}; its message stands above")


@event_priority(100)  # before mike, which adds the version to the address
def on_config(config: Any) -> Any:
    """Take the site's address, and show which version this is, where the site is published in versions.

    The builder would check its own setting before it loads this file, and would name neither file nor value.

    Args:
        config: the builder's configuration.

    Returns:
        The same.

    Raises:
        PluginError: if the address is none.
    """
    if config.extra.get("address"):
        try:
            config.site_url = citations.checked_address(config.extra["address"])
        except SiteError as error:
            place = Path(place_of(error.snippet, [Path(config.config_file_path)])).name
            raise PluginError(f"{place}: {error}") from None
    if os.environ.get("MIKE_DOCS_VERSION"):
        config.extra["version"] = {"provider": "mike"}
    return config


def on_pre_build(config: Any) -> None:
    """Compute results and draw figures that are out of date, and collect the equations.

    Args:
        config: the builder's configuration.
    """
    quick = ["--quick"] if os.environ.get("BACKPROP_QUICK") else []
    run("backprop.experiments", "--out", str(BUILD / "results"), *quick)
    run("backprop.figures", "--results", str(BUILD / "results"), "--out", str(BUILD / "figures"))
    try:
        citations.check_facts(ROOT / "CITATION.cff")
        _functions.update(functions_shown(DOCS))
        _equations.update(equations(DERIVATION, DOCS))
        for step in equation_index.steps(DERIVATION):
            for label, latex in step.formulas.items():
                _formulas.setdefault(_equations[label].url, []).append(latex)
                if label == KEY:
                    _formulas[""] = [latex]
        read = glossary.read(DOCS / "notation.md", _equations)
        _glossary.meanings.update(read.meanings)
        _glossary.formulas.update(read.formulas)
    except SiteError as error:
        raise PluginError(str(error)) from None


def on_nav(nav: Any, **_: Any) -> None:
    """Note what the pages are called.

    Args:
        nav: the builder's navigation.
        **_: what else the builder gives.
    """
    _titles.update({page.url: page.title for page in nav.pages if page.title})
    _pages[:] = nav.pages


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Fill in numbers, tables and listings, the index of equations and what depends on where the site is published.

    Args:
        markdown: the page's text.
        page: the builder's page.
        config: the builder's configuration.
        **_: what else the builder gives.

    Returns:
        The text without placeholders.
    """
    home = citations.home_of(config.site_url)
    marks: dict[str, Callable[[], str]] = {
        "<!-- equations -->": lambda: equation_index.index(
            _equations, DERIVATION, PLANTED, _titles, MISTAKES, CLAIMS, home
        ),
        "<!-- checks -->": lambda: equation_index.checks_page(_equations, PLANTED, _titles),
        "<!-- citation -->": lambda: citations.examples(home, _equations[KEY]),
        "<!-- printed edition -->": lambda: printed.sentence(
            bool(config.extra.get("printed_edition")), root_of(page) + PDF
        ),
    }

    def work() -> str:
        text = markdown
        for mark, made in marks.items():
            if mark in text:
                text = text.replace(mark, made())
        text = fill_claims(exercise_pages.insert(text, EXERCISES, DOCS), BUILD / "results")
        return fill(text, ROOT, BUILD)

    return guarded(page, work)


def on_page_content(html: str, page: Any, config: Any, **_: Any) -> str:
    """Typeset the mathematics, link the functions and show their code.

    Args:
        html: the page's content.
        page: the builder's page.
        config: the builder's configuration.
        **_: what else the builder gives.

    Returns:
        The content with MathML.
    """
    root = root_of(page)
    typeset = guarded(page, lambda: mathematics.typeset(html, _equations, root))
    explained = glossary.explain(typeset, _glossary)
    linked = mathematics.link_functions(explained, _functions, root)
    _words[page.url] = (citations.description(typeset) if page.url else "") or config.site_description
    return mathematics.set_notes(show_code(linked, DERIVATION))


def on_post_page(output: str, page: Any, config: Any, **_: Any) -> str:
    """Put in the figures, the citation and what machines read; they come last, so that search does not index them.

    Args:
        output: the whole page.
        page: the builder's page.
        config: the builder's configuration.
        **_: what else the builder gives.

    Returns:
        The page.
    """
    home = citations.home_of(config.site_url)
    html = guarded(page, lambda: insert_figures(output, BUILD / "figures", root_of(page)))
    html = tables.insert_sources(html, root_of(page))
    title = page.title if page.url else config.site_name
    cited = bool(page.ancestors) and page.ancestors[-1].title != "About"
    if cited:
        part = citations.page_part(title, page.url)
        _cited[page.url] = citations.files(part, home)
        html = citations.add_box(html, part, home)
    html = speed.preload(accessible.mend(html), root_of(page))
    with_pdf = bool(config.extra.get("printed_edition"))
    picture = None
    if home.root is not None:  # nobody previews a page that is published nowhere
        picture = cards.file_name(page.url)
        formula = cards.readable(_formulas.get(page.url, []))
        _cards[picture] = cards.card(BUILD / "cards", config.site_name, title, formula, _words[page.url])
    return citations.add_tags(html, title, _words[page.url], page.url, home, with_pdf, cited, picture)


def on_post_template(output: str, template_name: str, **_: Any) -> str:
    """Mend the page that is shown where there is none.

    Args:
        output: what the theme made.
        template_name: from which template.
        **_: what else the builder gives.

    Returns:
        The page.
    """
    return accessible.mend(output) if template_name == "404.html" else output


def on_post_build(config: Any) -> None:
    """Write what stands beside the pages: program, stubs, citations, search, font, PDF; look for left-over LaTeX.

    Args:
        config: the builder's configuration.

    Raises:
        PluginError: if LaTeX was left over in a page.
    """
    site = Path(config["site_dir"])
    shutil.copytree(BUILD / "figures" / "download", site / DOWNLOADS, dirs_exist_ok=True)
    tables.write_all(BUILD / "results", site / tables.FOLDER)
    characters: set[str] = set()
    for path in sorted(site.rglob("*.html")):
        root = "../" * (len(path.relative_to(site).parts) - 1)
        html = speed.inline_styles(path.read_text(encoding="utf-8"), site, root)
        html = kept_together(speed.fewer_tooltips(speed.script_after_text(html)))
        path.write_text(html, encoding="utf-8")
        characters |= set(unescape(html))
        left_over = mathematics.raw_latex(html)
        if left_over is not None:
            raise PluginError(f"{path.relative_to(site)}: LaTeX left over: {left_over}")
    for path in (site / "assets" / "stylesheets").glob("*.css"):
        path.write_text(speed.colours_switched_once(path.read_text(encoding="utf-8")), encoding="utf-8")
    for exercise in exercise_pages.all_exercises(EXERCISES).values():
        stub = site / exercise_pages.stub_url(exercise)
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(exercise.stub, encoding="utf-8")
    shutil.copy(ROOT / "backprop" / "lab.py", site / "implementation" / "lab.py")
    font = site / "assets" / "fonts" / "stix-two-math.woff2"
    font.parent.mkdir(parents=True, exist_ok=True)
    font.write_bytes(math_font({c for c in characters if c.isprintable()}))
    for url, files in _cited.items():
        for name, text in files.items():
            (site / url / name).write_text(text, encoding="utf-8")
    for name, picture in _cards.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(picture)
    search = site / "search" / "search_index.json"
    found = json.loads(search.read_text(encoding="utf-8"))
    for entry in found["docs"]:
        entry["text"] = equation_index.without_listings(entry["text"])
    found["docs"] += equation_index.search_entries(_equations, DERIVATION)
    search.write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    if config.extra.get("printed_edition"):
        pages = [
            printed.PrintedPage(page.ancestors[-1].title, page.title, page.url)
            for page in _pages
            if page.ancestors and page.ancestors[-1].title not in UNPRINTED and page.url != equation_index.CHECKS
        ]
        try:
            printed.make(site, pages, citations.home_of(config.site_url).root, mathematics.LATEX, site / PDF)
        except SiteError as error:
            raise PluginError(str(error)) from None
