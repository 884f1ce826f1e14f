"""The way of a page, as mkdocs calls for it: this module connects, and the stages do the work."""

import functools
import gc
import os
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment
from mkdocs.config.base import LegacyConfig
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from backprop import __version__, citing
from builder import tree as html
from builder.beside import cards, citations, files, live, microscope, printed, search
from builder.beside.fonts import math_font
from builder.comfort import names, speed
from builder.comfort.tables import scroll_tables
from builder.errors import SiteError, place_of
from builder.home import checked_address, home_of
from builder.insert import tables
from builder.insert.equation_index import CHECKS
from builder.insert.figures import DOWNLOADS, insert_figures
from builder.insert.placeholders import fill
from builder.source import results
from builder.state import Build, read
from builder.tree import Tree
from builder.typeset.functions import link_functions, set_notes, show_code
from builder.typeset.glossary import explain
from builder.typeset.mathematics import raw_latex, typeset
from builder.typeset.typography import keep_punctuation, keep_together, set_subscripts
from live import fetch

ROOT = Path(__file__).parents[1]
PDF = "backprop.pdf"
BUNDLE = "javascripts/bundle.*.js"  # the theme's script
KEY = "hidden-delta"  # the equation that the first page shows
ASIDE = "About"  # the part of the site that is neither cited nor printed

T = TypeVar("T")


@event_priority(100)  # before mike, which adds the version to the address
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Take the site's address, show which version this is if it is published in versions, and give the build a site.

    mkdocs would check its own setting before it loads hooks, and would name neither file nor value.

    Raises:
        PluginError: if it is not an address.
    """
    if config.extra.get("address"):
        try:
            config.site_url = checked_address(config.extra["address"])
        except SiteError as error:
            place = Path(place_of(error.snippet, [Path(config.config_file_path)])).name
            raise PluginError(f"{place}: {error}") from None
    if os.environ.get("MIKE_DOCS_VERSION"):
        config.extra["version"] = {"provider": "mike"}
    config.plugins["builder"] = Site()
    gc.set_threshold(200_000)  # most of what a build makes stays until its end, so scanning it often finds nothing
    return config


def root_of(page: Page) -> str:
    """Tell the way from a page to the site's root, such as "../../"; empty at the root."""
    return "../" * page.url.count("/")


def section_of(page: Page) -> str:
    """Tell to which part of the site a page belongs; the first page is cited and printed as little as the last part."""
    above = list(page.ancestors)
    return above[-1].title or "" if above else ASIDE


def guarded(method: Callable[..., T]) -> Callable[..., T]:
    """If something is wrong, let mkdocs say so with file and line: for the page that a method is given, or the whole.

    Raises:
        PluginError: in place of a SiteError.
    """

    @functools.wraps(method)
    def work(*given: Any, **named: Any) -> T:
        try:
            return method(*given, **named)
        except SiteError as error:
            if named.get("page") is None:
                raise PluginError(str(error)) from None
            sources = [*sorted((ROOT / "backprop").rglob("*.py")), *sorted((ROOT / "exercises").glob("*.py"))]
            place = place_of(error.snippet, [Path(named["page"].file.abs_src_path or ""), *sources])
            raise PluginError(f"{Path(place).relative_to(ROOT)}: {error}") from None

    return work


class Site(BasePlugin[LegacyConfig]):  # type: ignore[no-untyped-call]  # mkdocs has no types in __init_subclass__
    """One build of the site: mkdocs calls its methods from top to bottom, some of them for each page."""

    build: Build
    wait_for_figures: Callable[[], None]

    @guarded
    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Source: bring results and figures up to date, and read what the pages are made from."""
        self.wait_for_figures = results.refresh(ROOT, ROOT / "build", quick=bool(os.environ.get("BACKPROP_QUICK")))
        citations.check_facts(ROOT / "CITATION.cff")
        pack = functools.partial(live.package, ROOT, fetch.cache(), ROOT / "build")
        offered = live.offer(config.extra.get("live"), fetch.cache(), pack)
        self.build = read(ROOT, home_of(config.site_url), offered, bool(config.extra.get("printed_edition")))
        results.drop_outdated(Path(config.site_dir), [ROOT / "mkdocs.yml", *map(Path, config.watch)])

    def on_nav(self, nav: Navigation, **_: Any) -> None:
        """Note what the pages are called, and which of them are printed."""
        for page in nav.pages:
            if page.title:
                self.build.titles[page.url] = page.title
            if (section := section_of(page)) != ASIDE and page.url != CHECKS:
                self.build.printed.append(printed.PrintedPage(section, page.title or "", page.url))

    @guarded
    def on_page_markdown(self, markdown: str, *, page: Page, **_: Any) -> str:
        """Insert: numbers, tables, listings, exercises, claims, index, catalogue; links to what stands beside."""
        build, pdf = self.build, root_of(page) + PDF if self.build.edition else None
        beside: dict[str, Callable[[], str]] = {
            "citation": lambda: citations.examples(build.home, build.equations[KEY]),
            "printed-edition": lambda: printed.sentence(pdf),
        }
        return fill(markdown, build, beside)

    @guarded
    def on_page_content(self, content: str, *, page: Page, config: MkDocsConfig, **_: Any) -> str:
        """Typeset: mathematics, glossary, links to functions and their code."""
        build, root, tree = self.build, root_of(page), html.fragment(content)
        typeset(tree, build.equations, root, build.latex)
        build.words[page.url] = (citations.description(tree) if page.url else "") or config.site_description or ""
        explain(tree, build.glossary)
        link_functions(tree, build.functions, root)
        set_notes(tree)
        microscope.link_steps(tree, root)
        show_code(tree, build.derivation)
        return html.written(tree)

    @guarded
    def on_env(self, env: Environment, **_: Any) -> Environment:
        """Wait for the figures, which were drawn while the text of the pages was made."""
        self.wait_for_figures()
        return env

    @guarded
    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        """Put in figures and citation, which search does not read; comfort; and tell machines what the page is."""
        build, root, tree, url = self.build, root_of(page), html.page(output), page.url
        insert_figures(tree, build.made / "figures", root)
        microscope.insert(tree, build, root)
        tables.insert_sources(tree, root)
        title = (page.title if url else config.site_name) or ""
        cited = section_of(page) != ASIDE
        if cited:
            part = citing.Part(title, url)
            build.files |= {f"{url}{name}": text for name, text in citations.files(part, build.home).items()}
            citations.add_box(tree, part, build.home)
        speed.preload(tree, root)
        speed.inline_styles(tree, Path(config.site_dir), root)
        live.add(tree, root, build.offered, speed.short_styles(ROOT / "live" / "live.css"))
        if build.home is not None:  # nobody previews a page that is published nowhere
            shown = [e for e in build.equations.values() if e.url == url] if url else [build.equations[KEY]]
            cards.add(build, config.site_name, url, title, (equation.latex for equation in shown))
        citations.add_tags(tree, build, url, title, cited)
        return finished(tree, page.file.dest_uri)

    def on_post_template(self, output: str, *, template_name: str, **_: Any) -> str:
        """Finish the page that is shown where there is none."""
        return finished(html.page(output), template_name) if template_name == "404.html" else output

    @guarded
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Beside: downloads, stubs, citations, cards, font, search, the printed edition."""
        build, site = self.build, Path(config.site_dir)
        shutil.copytree(build.made / "figures" / "download", site / DOWNLOADS, dirs_exist_ok=True)
        characters = {c for path in site.rglob("*.html") for c in unescape(path.read_text(encoding="utf-8"))}
        build.files |= tables.files(build.made / "results")
        build.files["implementation/lab.py"] = (ROOT / "backprop" / "lab.py").read_bytes()
        build.files |= live.files(ROOT, build.offered, fetch.cache(), __version__)
        build.files |= {exercise.stub_url: exercise.stub for exercise in build.exercises.values()}
        build.files["assets/fonts/stix-two-math.woff2"] = math_font(characters, build.made / "fonts")
        files.write(site, build.files)
        for part, change in (("stylesheets/*.css", speed.colours_switched_once), (BUNDLE, speed.index_on_demand)):
            for path in (site / "assets").glob(part):
                path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        search.complete(site / "search" / "search_index.json", build.equations)
        if build.edition:
            printed.make(site, build.printed, build.home, build.latex, site / PDF)


def finished(tree: Tree, name: str) -> str:
    """Comfort: names, tables, speed, typography.

    Raises:
        PluginError: if LaTeX was left over.
    """
    names.name_search(tree)
    names.name_menu(tree)
    names.name_sections(tree)
    names.hide_icons(tree)
    names.name_listings(tree)
    scroll_tables(tree)
    speed.script_after_text(tree)
    speed.fewer_tooltips(tree)
    keep_together(tree)
    set_subscripts(tree)
    keep_punctuation(tree)
    left_over = raw_latex(tree)
    if left_over is not None:
        raise PluginError(f"{name}: LaTeX left over: {left_over}")
    return html.written(tree)
