"""What the build of the site adds: results and figures before it, mathematics and numbers in it, a check after it.

This file only connects the site builder to plain functions, which stand beside it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import exercise_pages
import glossary
import mathematics
from claims_page import fill_claims
from equations import Equation, SiteError, equations, functions_shown, place_of
from fonts import math_font
from listings import show_code
from mkdocs.exceptions import PluginError
from mkdocs.utils import get_relative_url
from placeholders import DOWNLOADS, fill, insert_figures

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BUILD = ROOT / "build"
DERIVATION = ROOT / "backprop" / "derivation"
EXERCISES = ROOT / "exercises"

_equations: dict[str, Equation] = {}
_functions: dict[str, tuple[str, str]] = {}
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

    Args:
        module: its dotted name.
        *arguments: its command line.

    Raises:
        PluginError: if it fails.
    """
    status = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=False).returncode
    if status < 0:
        raise PluginError(f"python -m {module} was ended by signal {-status}; what it had stored before is intact")
    if status != 0:
        raise PluginError(f"python -m {module} failed with status {status}; its message stands above")


def on_pre_build(config: Any) -> None:
    """Compute results and draw figures that are out of date, and collect the equations.

    Args:
        config: the builder's configuration.
    """
    quick = ["--quick"] if os.environ.get("BACKPROP_QUICK") else []
    run("backprop.experiments", "--out", str(BUILD / "results"), *quick)
    run("backprop.figures", "--results", str(BUILD / "results"), "--out", str(BUILD / "figures"))
    try:
        _functions.update(functions_shown(DOCS))
        _equations.update(equations(DERIVATION, DOCS))
        read = glossary.read(DOCS / "notation.md", _equations)
        _glossary.meanings.update(read.meanings)
        _glossary.formulas.update(read.formulas)
    except SiteError as error:
        raise PluginError(str(error)) from None


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in numbers, tables and listings.

    Args:
        markdown: the page's text.
        page: the builder's page.
        **_: what else the builder gives.

    Returns:
        The text without placeholders.
    """

    def work() -> str:
        with_exercises = exercise_pages.insert(markdown, EXERCISES, DOCS)
        return fill(fill_claims(with_exercises, BUILD / "results"), ROOT, BUILD)

    return guarded(page, work)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Typeset the mathematics, link the functions and show their code.

    Args:
        html: the page's content.
        page: the builder's page.
        **_: what else the builder gives.

    Returns:
        The content with MathML.
    """
    root = root_of(page)
    typeset = guarded(page, lambda: mathematics.typeset(html, _equations, root))
    explained = glossary.explain(typeset, _glossary)
    linked = mathematics.link_functions(explained, _functions, root)
    return mathematics.set_notes(show_code(linked, DERIVATION))


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Put the figures in; they come last, so that search does not index them.

    Args:
        output: the whole page.
        page: the builder's page.
        **_: what else the builder gives.

    Returns:
        The page with its figures.
    """
    return guarded(page, lambda: insert_figures(output, BUILD / "figures", root_of(page)))


def on_post_build(config: Any) -> None:
    """Look for LaTeX that was left over, write the stubs of the exercises, and cut the font to what the pages show.

    Args:
        config: the builder's configuration.

    Raises:
        PluginError: if there is any.
    """
    site = Path(config["site_dir"])
    shutil.copytree(BUILD / "figures" / "download", site / DOWNLOADS, dirs_exist_ok=True)
    characters: set[str] = set()
    for path in sorted(site.rglob("*.html")):
        html = path.read_text(encoding="utf-8")
        characters |= set(unescape(html))
        left_over = mathematics.raw_latex(html)
        if left_over is not None:
            raise PluginError(f"{path.relative_to(site)}: LaTeX left over: {left_over}")
    for exercise in exercise_pages.all_exercises(EXERCISES).values():
        stub = site / exercise_pages.stub_url(exercise)
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(exercise.stub, encoding="utf-8")
    font = site / "assets" / "fonts" / "stix-two-math.woff2"
    font.parent.mkdir(parents=True, exist_ok=True)
    font.write_bytes(math_font({c for c in characters if c.isprintable()}))
