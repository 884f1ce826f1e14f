"""The site in a real browser: what a reader with eyes, a keyboard, a screen reader, a phone or a printer meets."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pikepdf
import pypdfium2
import pytest
from playwright.sync_api import TimeoutError as TookTooLong

import backprop
from backprop import citing
from builder import tree
from builder.beside import printed
from builder.source.equations import page_url
from tests.shared import Shared
from tests.site import axe
from tests.site.conftest import MEASURED, ROOT, Served, compressed

pytestmark = pytest.mark.browser

PAGES = [page_url(path, ROOT / "docs") for path in sorted((ROOT / "docs").rglob("*.md"))] + ["404.html"]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
KILOBYTE = 1000
#: The sum of all layout shifts so far, and whether the theme's script was asked for after everything else was there.
SHIFTS = """new PerformanceObserver(list => list.getEntries().forEach(entry => window.shift += entry.value))
    .observe({type: "layout-shift", buffered: true}); window.shift = 0"""
SCRIPT = """performance.getEntriesByType("resource").find(entry => entry.name.includes("/bundle."))"""
WAITS = f"""{SCRIPT}.startTime
    >= performance.getEntriesByType("navigation")[0].loadEventStart"""

#: Whether every listing that is seen and wider than its place can be reached by keyboard.
REACHABLE = """() => [...document.querySelectorAll("pre > code")].every(
    code => !code.checkVisibility() || code.scrollWidth <= code.clientWidth || code.tabIndex >= 0)"""

#: The labels of all figures: where each stands, how large its largest and its smallest letters are, in pixels. What
#: counts of a label's height is the part that every letter takes, not the room above and below.
LABELS = """() => [...document.querySelectorAll("article figure svg text")].map(text => {
    const svg = text.ownerSVGElement, scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    const parts = text.children.length ? [...text.children] : [text];
    const sizes = parts.map(part => scale * parseFloat(getComputedStyle(part).fontSize));
    const {left, right, top, bottom} = text.getBoundingClientRect(), inset = 0.25 * Math.max(...sizes);
    const level = bottom - top < 2.5 * Math.max(...sizes);
    const [aside, above] = level ? [0, inset] : [inset, 0];
    return {figure: text.closest("figure").id, says: text.textContent, large: Math.max(...sizes),
        small: Math.min(...sizes), box: [left + aside, right - aside, top + above, bottom - above]}; })"""

#: The equations, and the tables of text, that are wider than their place; columns of numbers are set flush right.
CUT = """() => [...document.querySelectorAll("article :is(.equation-body, .table-scroll)")]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && !e.querySelector("td[style*=right]"))
    .map(e => e.textContent.trim().slice(0, 80))"""

#: How far the text of a page may move while it loads, as a cumulative layout shift.
STEADY = 0.05

#: Violations that the theme makes and that cannot be mended from here: a rule and a selector each.
THEMES_OWN: list[tuple[str, str]] = []

every_page = pytest.mark.parametrize("url", PAGES, ids=lambda url: url or "home")


@dataclass
class Visit:
    """What was seen on a page, at 1280 px in the light scheme and at 390 px in the dark one."""

    violations: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    too_wide: int = 0
    cut: list[str] = field(default_factory=list)
    shift: float = 0.0
    script_waits: bool = False
    wide_labels: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="module")
def tab(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(15_000)
    tab = context.new_page()
    yield tab
    context.close()


class Visits(Mapping[str, Visit]):
    """Visits every page once, in one tab, when it is first asked for; the processes of a run share what was seen."""

    def __init__(self, chromium: Any, served: Served, shared: Shared) -> None:
        self._chromium, self._address, self._shared = chromium, served.address, shared
        self._found: dict[str, Visit] = {}
        self._tab: Any = None
        self._seen = Visit()
        self._kinds: dict[str, list[str]] = {"light": [], "dark": []}

    def __iter__(self) -> Iterator[str]:
        return iter(PAGES)

    def __len__(self) -> int:
        return len(PAGES)

    def __getitem__(self, url: str) -> Visit:
        if url not in PAGES:
            raise KeyError(url)
        if url not in self._found:
            name = f"visit-{PAGES.index(url)}.json"
            seen = json.loads(self._shared.once(name, lambda: json.dumps(asdict(self._visit(url)))))
            self._found[url] = Visit(**seen)
        return self._found[url]

    def _open(self) -> Any:
        context = self._chromium.new_context(viewport=WIDE)
        context.add_init_script(SHIFTS)
        tab = context.new_page()
        tab.on("console", lambda m: self._seen.complaints.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: self._seen.complaints.append(str(error)))
        tab.on("request", lambda request: self._seen.requests.append(request.url))
        return tab

    def _violations(self, scheme: str) -> list[str]:
        """List what axe finds: in the light scheme in colours alone, in the dark one in everything."""
        found, kinds = axe.violations(self._tab, colours=scheme == "light", seen=self._kinds[scheme])
        self._kinds[scheme] += kinds
        return found

    def _visit(self, url: str) -> Visit:
        tab = self._tab = self._tab or self._open()
        tab.evaluate("document.documentElement.hidden = true")  # so that the page before is not laid out again
        tab.emulate_media(color_scheme="light")
        tab.set_viewport_size(WIDE)
        visit = self._seen = Visit()
        for _ in range(
            3
        ):  # a busy machine brings a font late now and then, and the text moves; a page that moves always does
            tab.goto(self._address + url, wait_until="networkidle")
            tab.wait_for_function(SCRIPT)  # it is asked for late, on a busy machine after the network was idle
            tab.wait_for_load_state("networkidle")
            visit.shift, visit.script_waits = tab.evaluate("window.shift"), tab.evaluate(WAITS)
            if visit.shift < STEADY:
                break
        visit.violations += self._violations("light")
        visit.links = tab.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
        visit.wide_labels = tab.evaluate(LABELS)
        visit.ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        tab.emulate_media(color_scheme="dark")
        tab.set_viewport_size(PHONE)
        with suppress(TookTooLong):  # the theme's script makes wide listings reachable once it knows how wide they are
            tab.wait_for_function(REACHABLE, timeout=3000)
        visit.violations += self._violations("dark")
        visit.labels = tab.evaluate(LABELS)
        visit.cut = tab.evaluate(CUT)
        visit.too_wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        return visit


@pytest.fixture(scope="module")
def visits(chromium: Any, served: Served, shared: Shared) -> Visits:
    return Visits(chromium, served, shared)


@every_page
def test_axe_finds_no_violation_in_either_scheme(url: str, visits: Visits) -> None:
    ours = [v for v in visits[url].violations if not any(v.startswith(rule) and s in v for rule, s in THEMES_OWN)]
    assert not ours


PALE = """<html lang="en"><style>p { color: #222; background: #fff }
    @media (prefers-color-scheme: dark) { p { color: #ddd; background: #111 } PLANTED }</style>
    <p>one</p><p>two</p><p>three <em>four</em></p><p class="own">five</p></html>"""
SEEN = [
    ("", []),
    ("em { color: #333 }", ["em <em>four</em>"]),
    (".own { background: #bbb }", ['.own <p class="own">five</p>']),
    (".own { opacity: 0.3 }", ['.own <p class="own">five</p>']),
]


def test_a_wrong_colour_in_the_text_is_seen_though_what_stands_before_it_has_the_same(tab: Any) -> None:
    tab.set_content(
        PALE.replace("<p>one</p>", '<p class="own">one</p>')
        .replace(".own {", "")
        .replace("p { color: #222", ".own { color: #ccc !important } p { color: #222")
        .replace("<p>two", "<article><p>two")
    )
    assert axe.violations(tab, "article", colours=True)[0] == ['color-contrast: .own <p class="own">five</p>']


@pytest.mark.parametrize(("planted", "seen"), SEEN)
def test_a_colour_that_is_wrong_in_the_dark_only_is_seen(planted: str, seen: list[str], tab: Any) -> None:
    tab.set_content(PALE.replace("PLANTED", planted))
    tab.emulate_media(color_scheme="light")
    found, kinds = axe.violations(tab, colours=True)
    assert found == []
    assert axe.violations(tab, colours=True, seen=kinds) == ([], [])
    tab.emulate_media(color_scheme="dark")
    assert axe.violations(tab, colours=True, seen=kinds)[0] == [f"color-contrast: {words}" for words in seen]
    tab.emulate_media(color_scheme="light")


def test_a_wrong_colour_is_told_on_the_page_that_comes_first(
    tab: Any, chromium: Any, served: Served, shared: Shared
) -> None:
    visits = Visits(chromium, served, shared)
    visits._tab = tab
    pale = PALE.replace("PLANTED", "em { color: #333 }").replace(
        "p { color: #222", "em { color: #ccc } p { color: #222"
    )
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        for first in (True, False):
            tab.set_content(pale)
            told = [one for one in visits._violations(scheme) if one.startswith("color-contrast")]
            assert told == ["color-contrast: em <em>four</em>"] * first
        tab.set_content(pale.replace("<em>", '<em style="font-size: 30px">'))  # of another kind
        assert any(one.startswith("color-contrast: em") for one in visits._violations(scheme))
    tab.emulate_media(color_scheme="light")


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        ("<span>one</span>", []),
        ("<span role=nonsense>one</span>", ["aria-roles"]),
        ("<span tabindex=5>one</span>", ["tabindex"]),
        ("<span><span style='color: #ccc'>one</span></span>", ["color-contrast"]),
        ("<span>one</span><img src=''>", ["image-alt"]),
    ],
)
@pytest.mark.parametrize("box", ["<pre><code>{}</code></pre>", "<math><mtext>{}</mtext></math>"])
def test_what_is_wrong_in_a_listing_or_a_formula_is_seen_and_nothing_is_changed(
    box: str, planted: str, seen: list[str], tab: Any
) -> None:
    shown = box.format("<span>text</span>") + box.format(planted)  # the second has no text of another kind
    tab.set_content(f'<html lang="en"><title>a page</title><main><h1>words</h1>{shown}</main></html>')
    before = tab.content()
    found, _ = axe.violations(tab)
    assert [one.partition(":")[0] for one in found] == seen
    assert re.sub(' data-(kind|link)=""', "", tab.content()) == before


def test_a_colour_that_is_wrong_in_the_light_is_seen(tab: Any) -> None:
    tab.set_content(PALE.replace("p { color: #222", "em { color: #ccc } .own { opacity: 0.3 } p { color: #222", 1))
    found, _ = axe.violations(tab, colours=True)
    assert found == ['color-contrast: em <em>four</em> | .own <p class="own">five</p>']


LINKED = """<html lang="en"><style>p { color: #222; background: #fff } a { color: #333; PLANTED }</style>
    <nav><a href="#">alone</a></nav><p>some words <a href="#">one</a></p><p>more words <a href="#">two</a></p></html>"""


def test_a_link_that_does_not_stand_out_from_its_text_is_seen(tab: Any) -> None:
    for colours in (True, False):
        tab.set_content(LINKED.replace("PLANTED", "text-decoration: none"))
        found, kinds = axe.violations(tab, colours=colours)
        told = [one for one in found if one.startswith("link-in-text-block")]
        assert told == ['link-in-text-block: p:nth-child(2) > a <a href="#">one</a>']
        assert "link-in-text-block" not in str(axe.violations(tab, colours=colours, seen=kinds)[0])
        tab.set_content(LINKED.replace("PLANTED", "text-decoration: underline"))
        assert "link-in-text-block" not in str(axe.violations(tab, colours=colours, seen=kinds)[0])


@every_page
def test_the_browser_does_not_complain(url: str, visits: Visits) -> None:
    assert not visits[url].complaints


@every_page
def test_no_other_host_is_asked(url: str, visits: Visits, served: Served) -> None:
    assert not [request for request in visits[url].requests if not request.startswith((served.address, "data:"))]


@every_page
def test_a_phone_need_not_scroll_sideways(url: str, visits: Visits) -> None:
    assert visits[url].too_wide <= 0


@every_page
def test_a_phone_shows_every_equation_and_every_table_of_text_whole(url: str, visits: Visits) -> None:
    assert visits[url].cut == []


FADES = """() => [...document.querySelectorAll(".md-typeset pre > code, .table-scroll")]
    .filter(e => e.checkVisibility())
    .map(e => [e.scrollWidth > e.clientWidth + 1, getComputedStyle(e).getPropertyValue("--bp-fade") !== "0px"])"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_what_is_wider_than_its_box_fades_out_until_its_end_is_there(tab: Any, served: Served, motion: Any) -> None:
    tab.emulate_media(reduced_motion=motion)
    tab.set_viewport_size(PHONE)
    tab.goto(served.address + "derivation/loss/", wait_until="networkidle")
    found = tab.evaluate(FADES)
    assert {wide for wide, _ in found} == {True, False}
    assert all(wide == fades for wide, fades in found)
    tab.evaluate("document.querySelectorAll('.table-scroll, pre > code').forEach(e => { e.scrollLeft = 1e4; })")
    tab.wait_for_timeout(200)
    assert not any(fades for _, fades in tab.evaluate(FADES))
    tab.emulate_media(reduced_motion="no-preference")
    tab.set_viewport_size(WIDE)


@every_page
def test_text_comes_first_and_stays_where_it_is(url: str, visits: Visits) -> None:
    assert visits[url].script_waits
    assert visits[url].shift < STEADY


@every_page
def test_the_letters_of_figures_are_legible_on_a_phone(url: str, visits: Visits) -> None:
    """Letters of 11 px at least, what is raised or lowered beside them of 8.8, and all on the screen."""
    for label in visits[url].labels:
        assert label["large"] >= 11, label
        assert label["small"] >= 8.8, label
        assert label["box"][0] >= 0, label
        assert label["box"][1] <= PHONE["width"], label


@every_page
def test_no_label_of_a_figure_runs_into_another(url: str, visits: Visits) -> None:
    for labels in (visits[url].labels, visits[url].wide_labels):
        for one, other in combinations(labels, 2):
            (left, right, top, bottom), (from_, to, high, low) = one["box"], other["box"]
            apart = right <= from_ + 0.5 or to <= left + 0.5 or bottom <= high + 0.5 or low <= top + 0.5
            assert apart or one["figure"] != other["figure"], (one, other)


def test_every_figure_was_looked_at(visits: Visits) -> None:
    seen = {label["figure"] for visit in visits.values() for label in visit.labels}
    drawn = {f"fig-{path.stem}" for path in (ROOT / "build" / "figures").glob("*.html")}
    assert len(drawn) > 35
    assert drawn | {"fig-microscope"} == seen


@every_page
def test_a_page_weighs_300_kilobytes_at_most(url: str, visits: Visits, served: Served) -> None:
    """As sent by a host that compresses, with all that it loads, for a reader who comes for the first time."""
    paths = {served.folder / unquote(r.removeprefix(served.address).partition("?")[0]) for r in visits[url].requests}
    files = [path / "index.html" if path.is_dir() else path for path in paths if path != served.folder / "data:"]
    weight = sum(len(compressed(f)) if f.suffix in MEASURED else f.stat().st_size for f in files)
    assert 100 * KILOBYTE < weight <= 300 * KILOBYTE


@every_page
def test_every_link_leads_somewhere(url: str, visits: Visits, served: Served) -> None:
    lost = []
    for link in visits[url].links:
        target, _, anchor = link.partition("#")
        if not target.startswith(served.address):
            assert link.startswith(("https://", "mailto:")), link
            continue
        place = unquote(target.removeprefix(served.address).partition("?")[0])  # a query is read by the page itself
        if place in visits:
            if anchor and unquote(anchor) not in visits[place].ids:
                lost.append(link)
        elif not (served.folder / place).is_file():
            lost.append(link)
    assert not lost


# Equations and figures, as they are spoken


def spoken(tab: Any) -> list[tuple[str, str, str]]:
    """List role, name and description of what a screen reader meets, in its order."""
    session = tab.context.new_cdp_session(tab)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id = {node["nodeId"]: node for node in nodes}
    found: list[tuple[str, str, str]] = []

    def walk(node: dict[str, Any]) -> None:
        if not node.get("ignored"):
            words = [node.get(key, {}).get("value", "") for key in ("role", "name", "description")]
            found.append((words[0], words[1], words[2]))
        for child in node.get("childIds", []):
            if child in by_id:
                walk(by_id[child])

    walk(nodes[0])
    return found


def test_equations_and_figures_are_spoken_in_their_place(tab: Any, served: Served) -> None:
    tab.goto(f"{served.address}derivation/hidden-to-hidden/")
    heard = spoken(tab)
    numbers = [i for i, (_, _, says) in enumerate(heard) if says.startswith("Permanent link to equation")]
    assert [heard[i][1] for i in numbers] == [f"(8.{k})" for k in range(1, len(numbers) + 1)]
    for i in numbers:  # the formula is spoken right before its number
        assert heard[i - 1][0] in ("StaticText", "InlineTextBox")
        start = max(j for j in range(i) if heard[j][0] == "MathMLMath")
        assert "paragraph" not in {role for role, _, _ in heard[start:i]}
        assert {"∂", "𝜕", "Δ", "𝛥", "𝛿", "δ"} & {name for role, name, _ in heard[start:i] if role == "StaticText"}
    pictures = [name for role, name, _ in heard if role in ("image", "img")]
    assert pictures
    assert all(len(name) > 10 for name in pictures), pictures
    headings = [name for role, name, _ in heard if role == "heading"]
    assert headings[0].startswith("8 Hidden")
    tops = tab.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => h.getBoundingClientRect().top)")
    assert tops == sorted(tops)


def test_nothing_jumps_the_queue_of_the_tab_key(tab: Any, served: Served) -> None:
    for url in ("", "derivation/loss/", "reference/equations/"):
        tab.goto(served.address + url)
        assert tab.evaluate("[...document.querySelectorAll('[tabindex]')].every(e => e.tabIndex <= 0)")
        assert tab.evaluate("[...document.querySelectorAll('article *')].every(e => getComputedStyle(e).order === '0')")


# The keyboard


def test_the_first_tab_offers_to_skip_to_the_text(tab: Any, served: Served) -> None:
    tab.goto(f"{served.address}derivation/loss/")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.matches('.md-skip')")
    tab.keyboard.press("Enter")
    tab.wait_for_function("location.hash !== ''")
    assert tab.evaluate("document.getElementById(location.hash.slice(1)).closest('article') !== null")


def test_the_menu_of_a_narrow_window_is_opened_by_keyboard_and_closed_takes_no_part(
    chromium: Any, served: Served
) -> None:
    context = chromium.new_context(viewport={"width": 640, "height": 800})  # a laptop at 200%
    tab = context.new_page()
    tab.goto(f"{served.address}derivation/loss/")
    stops = []
    for _ in range(30):
        tab.keyboard.press("Tab")
        stops.append(
            tab.evaluate("document.activeElement.closest('article') ? 'text' : document.activeElement.className")
        )
        if stops[-1] == "text":
            break
    assert any(stop.startswith("menu") for stop in stops)
    assert stops[-1] == "text"
    assert not any("md-nav__link" in stop for stop in stops)
    tab.locator("button.menu").press("Enter")
    tab.wait_for_function("document.getElementById('__drawer').checked")
    tab.locator(".md-sidebar--primary a.md-nav__link:visible").first.wait_for()
    tab.locator("button.menu").press("Enter")
    tab.wait_for_function("!document.getElementById('__drawer').checked")
    context.close()


def test_everything_in_the_text_is_reached_by_the_tab_key_and_seen(tab: Any, served: Served) -> None:
    tab.goto(f"{served.address}reference/equations/")
    tab.evaluate("document.querySelector('#entry-theta a').focus()")
    seen = []
    for _ in range(7):
        tab.keyboard.press("Tab")
        seen.append(
            tab.evaluate(
                "[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle]"
            )
        )
    words = [text for text, _ in seen]
    assert [w for w in words if w in ("Permanent link", "Copy LaTeX", "Source", "Check", "Copy citation")] == [
        "Permanent link",
        "Copy LaTeX",
        "Source",
        "Check",
        "Copy citation",
    ]
    assert all(outline != "none" for _, outline in seen)


# Search

FOUND = [
    ("8.4", "derivation/hidden-to-hidden/#eq-hidden-delta"),
    ("6.2", "derivation/chain-rule/#eq-multivariable-chain-rule"),
    ("equation 10.1", "derivation/consequences/#eq-collapse-linear-layers"),
    ("hidden_delta", "derivation/hidden-to-hidden/#"),
    ("hidden-delta", "derivation/hidden-to-hidden/#eq-hidden-delta"),
    ("sigma prime", "derivation/activations/#"),
    ("sigmoid_derivative", "derivation/activations/#"),
    ("complex step", "derivation/numerical-derivatives/#"),
    ("nabla", "derivation/gradient-descent/#eq-"),
]


FOUND_LINKS = "[...document.querySelectorAll('.md-search-result__link')].map(a => a.href)"


def open_search(tab: Any) -> None:
    """Open the search by its key, which would be lost before the theme's script listens."""
    tab.wait_for_function("self.keyboard$")
    tab.keyboard.press("/")
    tab.wait_for_selector(".md-search__input:focus")


def results_of(tab: Any, query: str) -> list[str]:
    open_search(tab)
    tab.locator(".md-search__input").fill("")
    # until the index has been read and nothing is searched for; a key that is pressed before may be lost
    tab.locator(".md-search-result__meta", has_text="Type to start searching").wait_for()
    tab.keyboard.insert_text(query[:-1])  # a search begins when a key is released; these are not searched for
    tab.keyboard.type(query[-1])
    tab.wait_for_function("document.querySelectorAll('.md-search-result__item').length > 0")
    seen: list[str] | None = None
    while seen != (links := tab.evaluate(FOUND_LINKS)):  # on a busy machine the list goes on growing for a while
        seen = links
        tab.wait_for_timeout(150)
    return links


def test_a_question_leads_to_the_page_that_answers_it_and_no_result_fills_the_screen(tab: Any, served: Served) -> None:
    tab.goto(served.address, wait_until="networkidle")
    for query in ("why is my loss not decreasing", "my network does not learn", "nan loss"):
        assert results_of(tab, query)[0].startswith(f"{served.address}verification/loss-plateaus/")
        heights = (
            "[...document.querySelectorAll('.md-search-result__article')].map(e => e.getBoundingClientRect().height)"
        )
        assert max(tab.evaluate(heights)) < 200
        tab.keyboard.press("Escape")
    assert results_of(tab, "xor")[0].startswith(f"{served.address}results/xor/")
    tab.keyboard.press("Escape")


def test_search_finds(tab: Any, served: Served) -> None:
    """One word after the other, as each page that is opened reads the whole index again."""
    tab.goto(served.address, wait_until="networkidle")
    lost = {}
    for query, wanted in FOUND:
        links = [link.partition("?")[0] + "#" + link.partition("#")[2] for link in results_of(tab, query)]
        if not any(link.startswith(served.address + wanted) for link in links[:5]):
            lost[query] = links[:8]
        tab.keyboard.press("Escape")
    assert not lost


def test_the_index_is_fetched_when_the_search_is_opened_and_words_are_marked_on_the_page(
    tab: Any, served: Served
) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{served.address}derivation/loss/", wait_until="networkidle")
    tab.wait_for_timeout(300)
    assert not [url for url in asked if "search_index" in url]
    assert results_of(tab, "upstream")
    assert [url for url in asked if "search_index" in url]
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("article mark[data-md-highlight]", state="attached")


def test_search_works_without_a_mouse(tab: Any, served: Served) -> None:
    tab.goto(served.address, wait_until="networkidle")
    assert results_of(tab, "8.4")
    for _ in range(5):
        tab.keyboard.press("ArrowDown")
        if "#eq-hidden-delta" in tab.evaluate("document.activeElement.href"):
            break
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/derivation/hidden-to-hidden/**")
    assert tab.evaluate("location.hash") == "#eq-hidden-delta"
    tab.goto(served.address, wait_until="networkidle")
    open_search(tab)
    tab.keyboard.press("Escape")
    tab.wait_for_function(
        "document.activeElement === document.body || !document.activeElement.matches('.md-search__input')"
    )


# From a printed citation to the equation


def test_a_long_equation_goes_on_in_the_next_line_on_a_phone(tab: Any, served: Served) -> None:
    tab.set_viewport_size({"width": 390, "height": 900})
    tab.goto(f"{served.address}derivation/hidden-to-hidden/", wait_until="networkidle")
    tops = tab.locator("#eq-unrolled math > mrow").evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")
    assert tops[1] - tops[0] > 15  # the second formula stands in a line of its own
    tab.set_viewport_size({"width": 1280, "height": 900})
    tops = tab.locator("#eq-unrolled math > mrow").evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")
    assert abs(tops[1] - tops[0]) < 10


def test_a_printed_number_is_two_clicks_from_the_equation(tab: Any, served: Served) -> None:
    tab.goto(served.address, wait_until="networkidle")
    tab.locator("article a", has_text="index of equations").first.click()
    tab.wait_for_url("**/reference/equations/")
    tab.locator(".equation-name a", has_text="(6.2)").click()
    tab.wait_for_url("**/derivation/chain-rule/#eq-multivariable-chain-rule")
    tab.wait_for_selector("#eq-multivariable-chain-rule", state="visible")


def test_an_equation_is_previewed_on_hover(tab: Any, served: Served) -> None:
    tab.goto(served.address, wait_until="networkidle")
    tab.locator("article a.equation-reference").first.hover()
    tab.wait_for_selector(".md-tooltip2--active math, .md-tooltip2 math")
    assert "Δ" in tab.locator(".md-tooltip2").first.inner_text()


def test_latex_citations_and_listings_are_copied(tab: Any, served: Served) -> None:
    def copied() -> str:
        tab.wait_for_timeout(50)
        text: str = tab.evaluate("navigator.clipboard.readText()")
        return text

    tab.goto(f"{served.address}reference/equations/", wait_until="networkidle")
    entry = tab.locator("#entry-hidden-delta")
    entry.get_by_role("button", name="Copy LaTeX of (8.4)").click()
    assert copied().startswith(r"\Delta_l = ")
    entry.get_by_role("button", name="Copy citation of (8.4)").click()
    assert "Equation (8.4)" in copied()
    tab.goto(f"{served.address}derivation/loss/", wait_until="networkidle")
    tab.get_by_role("button", name="Copy this listing").first.click()
    assert copied().startswith("def ")


# Without JavaScript, without a page, on paper


def test_text_equations_and_figures_need_no_javascript(chromium: Any, served: Served) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    tab = context.new_page()
    for url in ("", "derivation/hidden-to-hidden/", "results/xor/", "reference/equations/"):
        tab.goto(served.address + url)
        for what in (
            "article h1",
            "article p",
            "article figure svg" if url != "reference/equations/" else "article h2",
        ):
            assert tab.locator(what).first.is_visible(), (url, what)
        box = tab.locator("article math").first.bounding_box()
        assert box is None or box["height"] > 8
        assert not tab.locator("article button").first.is_visible()
    context.close()


def test_a_page_that_does_not_exist_helps(tab: Any, served: Served) -> None:
    answer = tab.goto(f"{served.address}derivation/gone/")
    assert answer.status == 404
    tab.locator("article a", has_text="index of equations").click()
    tab.wait_for_url(f"{served.address}reference/equations/")


def test_on_paper_the_screen_is_gone_and_no_answer_is_given_away(tab: Any, served: Served) -> None:
    tab.goto(f"{served.address}derivation/loss/")
    tab.emulate_media(media="print")
    try:
        for gone in (".md-header", ".md-tabs", ".md-sidebar", ".md-footer", ".headerlink", "article button", ".cite"):
            assert not tab.locator(gone).first.is_visible(), gone
        assert tab.evaluate("getComputedStyle(document.querySelector('article pre')).breakInside") == "avoid"
        assert tab.locator(".question").count() == 1
        assert not tab.locator(".question").is_visible()
        tab.goto(f"{served.address}exercises/short/")
        assert tab.locator(".stub-box pre").first.bounding_box()["height"] > 10
        assert tab.locator(".solution-box, .hint-box").count() > 10
        assert not tab.locator(".solution-box:visible, .hint-box:visible").count()
    finally:
        tab.emulate_media(media="screen")


def test_paper_is_white_for_a_reader_in_the_dark(tab: Any, served: Served) -> None:
    tab.emulate_media(color_scheme="dark")
    tab.goto(f"{served.address}results/xor/", wait_until="networkidle")
    colours = """["article h1", "article pre code", "article figure svg"].map(s => document.querySelector(s))
        .map(e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor])"""
    dark = tab.evaluate(colours)
    tab.emulate_media(media="print")
    on_paper = tab.evaluate(colours)
    tab.emulate_media(color_scheme="light")
    on_light_paper = tab.evaluate(colours)
    tab.emulate_media(media="screen")
    assert dark != on_paper
    assert on_paper == on_light_paper


def test_a_reader_in_the_dark_is_not_shown_a_white_page_first(chromium: Any, served: Served) -> None:
    context = chromium.new_context(color_scheme="dark")
    try:
        tab = context.new_page()
        tab.route("**/bundle*.js", lambda route: route.abort())
        tab.goto(served.address)
        assert tab.evaluate("document.body.dataset.mdColorScheme") == "slate"
        assert tab.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    finally:
        context.close()


def test_no_style_of_the_theme_makes_its_script_restyle_the_whole_page(tab: Any, served: Served) -> None:
    tab.goto(served.address, wait_until="networkidle")
    rules = "[...document.styleSheets].flatMap(s => [...s.cssRules]).map(r => r.cssText)"
    assert tab.evaluate(f"{rules}.some(r => r.includes('data-md-color-scheme'))")
    assert not tab.evaluate(f"{rules}.some(r => r.includes('data-md-color-switching'))")


def test_a_symbol_in_a_note_stands_in_its_line(tab: Any, served: Served) -> None:
    tab.goto(f"{served.address}derivation/gradient-descent/")
    symbols = "[...document.querySelectorAll('p.note .symbol')].map(s => getComputedStyle(s))"
    assert tab.evaluate(f"{symbols}.length") > 0
    assert tab.evaluate(f"{symbols}.every(s => s.display === 'inline' && s.fontVariantCaps === 'normal')")


# The printed edition


@pytest.fixture(scope="module")
def pdf(chromium: Any, served: Served) -> Path:
    return served.folder / "backprop.pdf"


def elements(pdf: Path) -> Iterator[tuple[str, set[int]]]:
    """List the kind of every element of the tagged structure, with the pages that it stands on."""
    with pikepdf.open(pdf) as document:
        number: dict[Any, int] = {page.objgen: n for n, page in enumerate(document.pages, start=1)}
        found: list[tuple[str, set[int]]] = []

        def walk(element: Any, page: Any) -> set[int]:
            page = element.get("/Pg", page)
            children = element.get("/K", [])
            pages: set[int] = set()
            for child in children if isinstance(children, pikepdf.Array) else [children]:
                if isinstance(child, int):
                    pages.add(number[page.objgen])
                elif child.get("/Type") == "/MCR":
                    pages.add(number[child.get("/Pg", page).objgen])
                elif child.get("/Type") != "/OBJR":
                    pages |= walk(child, page)
            found.append((str(element.get("/S", "")), pages))
            return pages

        roots = document.Root.StructTreeRoot.K
        for root in roots if isinstance(roots, pikepdf.Array) else [roots]:
            walk(root, None)
        yield from found


def test_no_figure_and_no_example_is_broken_by_the_end_of_a_page(pdf: Path, served: Served) -> None:
    found = list(elements(pdf))
    kinds = [kind for kind, _ in found]
    assert kinds.count("/Figure") > 20
    assert not [pages for kind, pages in found if kind == "/Figure" and len(pages) > 1]
    listings = re.findall(
        r"<pre\b.*?</pre>", "".join(p.read_text(encoding="utf-8") for p in served.folder.rglob("*.html")), re.S
    )
    long = [listing for listing in listings if listing.count("\n") > printed.LONG]
    broken = [pages for kind, pages in found if kind == "/Code" and len(pages) > 1]
    assert len(broken) <= len(long)


def test_every_formula_and_every_figure_has_a_text_alternative(pdf: Path, served: Served) -> None:
    with pikepdf.open(pdf) as document:
        sections = {str(name)[1:] for name in document.Root.Dests}
        tagged = [
            (str(element.S), str(element.get("/Alt", "")))
            for element in document.objects
            if isinstance(element, pikepdf.Dictionary) and element.get("/S") in ("/Formula", "/Figure")
        ]
    wanted = 0
    for page in served.folder.rglob("index.html"):
        url = page.parent.relative_to(served.folder).as_posix() + "/"
        if printed.PrintedPage("", "", url).anchor in sections:
            article = tree.page(page.read_text(encoding="utf-8")).css_first("article")
            assert article is not None
            for dropped in article.css(printed.DROPPED):
                dropped.decompose()
            wanted += len(article.css("math"))
    formulas = [alternative for kind, alternative in tagged if kind == "/Formula"]
    assert len(formulas) == wanted > 1000
    assert r"\delta^n = \frac{\partial C^n}{\partial z^n}" in formulas
    assert [kind for kind, alternative in tagged if not alternative] == []


class Edition(NamedTuple):
    """The printed edition as it is read: the text of each page, and the page of each chapter, the first being 0."""

    texts: list[str]
    pages: dict[str, int]


@pytest.fixture(scope="module")
def edition(pdf: Path) -> Edition:
    with pypdfium2.PdfDocument(pdf) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
        chapters = [entry for entry in document.get_toc() if entry.level == 0]
        return Edition(texts, {entry.get_title(): entry.get_dest().get_index() for entry in chapters})


def test_solutions_stand_at_the_end_of_the_edition_and_are_linked_both_ways(pdf: Path, edition: Edition) -> None:
    words = "The distance to the minimum has halved"
    assert [words in " ".join(text.split()) for text in edition.texts].index(True) >= edition.pages["Solutions"]
    with pikepdf.open(pdf) as document:
        links = {str(a.Dest)[1:] for page in document.pages for a in page.get("/Annots", []) if "/Dest" in a}
    there = {link.removesuffix("--solution") for link in links if link.endswith("--solution")}
    back = {link.removesuffix("--asked") for link in links if link.endswith("--asked")}
    assert there == back
    numbers = printed.page_numbers(pdf)
    for name in there:  # each link says the page it leads to
        assert f": page {numbers[f'{name}--solution']}" in edition.texts[numbers[f"{name}--asked"] - 1]
        assert f"(page {numbers[f'{name}--asked']})" in edition.texts[numbers[f"{name}--solution"] - 1]
    assert len(there) == len(list((ROOT / "exercises").glob("*.py"))) + 10  # and one question for each chapter


def test_the_edition_is_tagged_outlined_numbered_and_has_selectable_text(pdf: Path, edition: Edition) -> None:
    with pikepdf.open(pdf) as document:
        assert document.Root.MarkInfo.Marked
        assert document.Root.Lang == "en"
        assert backprop.__version__ in str(document.docinfo["/Title"])
    assert "8 Hidden → hidden" in edition.pages
    assert "Index of equations" in edition.pages
    for words in (f"Version {backprop.__version__}", citing.DATE, *citing.AUTHORS):
        assert words in edition.texts[0]
    contents = "".join((edition.texts[1] + edition.texts[2]).split())
    for title in ("The derivation", "3 Loss", "8 Hidden → hidden", "XOR"):
        assert f"{title}{edition.pages[title] + 1}".replace(" ", "") in contents
    second = edition.texts[edition.pages["8 Hidden → hidden"] + 1]
    assert second.splitlines()[0].endswith(f" {edition.pages['8 Hidden → hidden'] + 2}")  # its page number
    assert "(8.2)" in second
    assert "Parameters" in second


def test_what_is_wider_than_paper_is_made_smaller_or_named(chromium: Any) -> None:
    tab = chromium.new_page(viewport={"width": printed.PAPER, "height": 900})
    math = f"<math><mrow>{'<mi>x</mi><mo>=</mo>' * 22}</mrow></math>"
    number = '<a class="equation-number" href="#">(1.1)</a>'
    equation = f'<div class="equation" style="display: flex"><div class="equation-body">{math}</div>{number}</div>'
    tab.set_content(f'<section id="page-loss">{equation}</section>')
    assert tab.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert tab.evaluate(printed.FIT) is None
    assert 70 <= float(tab.locator("math").evaluate("math => parseFloat(math.style.fontSize)")) < 100
    tab.set_content(f'<section id="page-loss">{equation.replace("</mrow>", "<mi>x</mi>" * 50 + "</mrow>")}</section>')
    assert str(tab.evaluate(printed.FIT)).startswith("page-loss: ")
    tab.set_content('<section id="page-loss"><p style="width: 300mm">too wide</p></section>')
    assert tab.evaluate(printed.FIT) == "page-loss: too wide"
    tab.close()


def test_links_in_the_edition_lead_to_places_in_it(pdf: Path) -> None:
    with pikepdf.open(pdf) as document:
        places = {str(name) for name in document.Root.Dests}
        links = [a for page in document.pages for a in page.get("/Annots", []) if a.Subtype == "/Link"]
        inward = [str(a.Dest) for a in links if "/Dest" in a]
        assert len(inward) > 300
        assert set(inward) <= places
        assert not [str(a.A.URI) for a in links if "/A" in a and "127.0.0.1" in str(a.A.get("/URI", ""))]
