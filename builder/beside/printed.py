"""The printed edition: one PDF of the whole specification, made from the built pages by a headless Chromium.

Chromium cannot tell a table of contents on which page a heading will stand, so the edition is printed again with the
numbers read from the print before.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin

import backprop
from backprop import citing
from builder import tree as html
from builder.errors import SiteError
from builder.tree import Node, Tree

FOLDER = Path(__file__).parent
#: The first has no window, so that it starts sooner and opens a page in a third of the time.
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
#: How it is started. Letters are as wide as they are drawn; without a window they would be rounded to whole pixels.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--font-render-hinting=none")
#: What is for screens only.
DROPPED = "a.headerlink, details.cite, .equation-actions, .figure-source, button, script, details.mkdocstrings-source"
LONG, WIDE = 40, 95  # lines, and characters in one of them
SITE = "http://site/"
PAPER = 620  # pixels between the margins: 210 mm less twice 23 mm
#: Make a formula smaller that is a little wider than the paper; then name what still is. One thing too wide would make
#: Chromium print everything smaller.
FIT = """() => { for (const math of document.querySelectorAll(".equation-body > math")) {
    const row = math.closest(".equation").getBoundingClientRect(), number = math.parentElement.nextElementSibling;
    const room = row.width - (number ? number.getBoundingClientRect().width + 12 : 0);
    const share = room / math.getBoundingClientRect().width;
    if (0.7 < share && share < 1) math.style.fontSize = `${Math.floor(100 * share)}%`; }
  if (document.documentElement.scrollWidth <= innerWidth) return null;
  const wide = [...document.querySelectorAll("section *")].filter(e => e.getBoundingClientRect().right > innerWidth);
  return wide.length ? `${wide[0].closest("section").id}: ${wide.at(-1).textContent.slice(0, 60)}` : "something"; }"""


class PrintedPage(NamedTuple):
    """A page of the site as it goes into the edition."""

    section: str  # the part of the site that it belongs to
    title: str
    url: str  # below the site's root

    @property
    def anchor(self) -> str:
        """The id of the page in the edition."""
        return "page-" + self.url.strip("/").replace("/", "-")


def browser() -> str | None:
    """Find a Chromium, or a browser made from it; None if there is none on the search path."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def sentence(address: str | None) -> str:
    """Say where the printed edition is, if this build makes it; the address is seen from where the sentence stands.

    Examples:
        >>> sentence("../backprop.pdf")
        'You can read the whole specification <a href="../backprop.pdf">as one PDF</a>, offline or on paper.'
    """
    if address is None:
        return "This copy of the site was built without the printed edition."
    return f'You can read the whole specification <a href="{address}">as one PDF</a>, offline or on paper.'


def chapter(page: PrintedPage, tree: Tree, pages: Mapping[str, PrintedPage], root: str | None) -> Node:
    """Take a page's article for the edition: ids made unique, links turned inward, what is for screens only left out.

    Raises:
        SiteError: if the page has no article.

    Examples:
        >>> loss = PrintedPage("Derivation", "3 Loss", "derivation/loss/")
        >>> tree = html.page('<article><a href="#a">up</a> <a href="../../x">data</a></article>')
        >>> chapter(loss, tree, {loss.url: loss}, None).inner_html
        '<a href="#page-derivation-loss--a">up</a> data'
    """
    article = tree.css_first("article")
    if article is None:
        raise SiteError(f"{page.url}: the built page has no article to print")
    for signature in article.css(".doc-signature"):
        name = signature.css_first("code > .nf:only-child")
        if name is not None and name.text() == signature.text().strip():
            signature.decompose()  # it is only the name, below the name
    for dropped in article.css(DROPPED):
        dropped.decompose()
    for named in article.css("[id]:not(svg, svg *)"):
        named.attrs["id"] = f"{page.anchor}--{named.id}"
    for link in article.css("a[href]"):
        href = printed_link(urljoin(SITE + page.url, link.attrs.sget("href")), pages, root)
        if href is None:
            link.unwrap()
        else:
            link.attrs["href"] = href
    for listing in article.css("pre"):
        mark_long(listing)
    for box in article.css("details"):
        box.attrs["open"] = None
    for figure in article.css("figure"):
        figure.attrs["role"] = "group"  # the picture in it is the figure, with its alternative
    return article


def printed_link(address: str, pages: Mapping[str, PrintedPage], root: str | None) -> str | None:
    """Tell where a link leads in the edition: to a page of it, out of it, or, for what is published nowhere, None."""
    target, _, place = address.partition("#")
    if not target.startswith(SITE):
        return address
    goal = pages.get(target.removeprefix(SITE))
    if goal is not None:
        return f"#{goal.anchor}" + (f"--{unquote(place)}" if place else "")
    return None if root is None else address.replace(SITE, root, 1)


def solutions_apart(article: Node, title: str, numbers: Mapping[str, int]) -> str:
    """Take the answers out of an article, so that a reader of a question does not see its answer below it.

    Answers are returned under the titles of their exercises, or of the chapter where it asks once, and linked back;
    links say the page.

    Examples:
        >>> box = '<details open class="solution-box"><summary>Solution</summary>!</details>'
        >>> article = html.page(f'<article><h2 id="e">One</h2>{box}</article>').css_first("article")
        >>> solutions_apart(article, "3 Loss", {"e--solution": 9, "e--asked": 7})
        '<h3 id="e--solution"><a href="#e--asked">One (page 7)</a></h3>!'
        >>> article.inner_html
        '<h2 id="e">One</h2><p class="to-solution" id="e--asked"><a href="#e--solution">Solution: page 9</a></p>'
    """
    taken: list[str] = []
    name, head = "", ""
    for node in article.css("h2[id], details.solution-box, details.question"):
        if node.tag == "h2":
            name, head = node.id or "", node.inner_html or ""
            continue
        called = head if html.classed(node, "solution-box") else escape(title)
        there, back = f"{name}--solution", f"{name}--asked"
        kind = ""
        for summary in node.css("summary"):
            kind = summary.inner_html or ""
            summary.decompose()
        called += f" (page {numbers[back]})"
        taken.append(f'<h3 id="{there}"><a href="#{back}">{called}</a></h3>{node.inner_html}')
        link = f'<a href="#{there}">{kind}: page {numbers[there]}</a>'
        html.replace(node, f'<p class="to-solution" id="{back}">{link}</p>')
    return "".join(taken)


def one_line(latex: str) -> str:
    """Write LaTeX without needless blanks."""
    return " ".join(latex.split())


def label_formulas(article: Tree | Node, latex: Mapping[str, str]) -> None:
    """Give every formula its LaTeX as text alternative; Chromium tags no MathML, but it tags a labelled image."""
    for math in article.css("math"):
        formula = html.written(math)
        if formula not in latex:
            raise SiteError(f"a formula without LaTeX, so without a text alternative in the PDF: {formula}")
        math.attrs["role"] = "img"
        math.attrs["aria-label"] = one_line(latex[formula])


def mark_long(listing: Node) -> None:
    """Let a listing that may not fit on a page be broken, and set one with wide lines smaller; by a class for each."""
    lines = listing.text().split("\n")
    names = ["long"] * (len(lines) > LONG) + ["wide"] * (max(map(len, lines)) > WIDE)
    if names:
        listing.attrs["class"] = " ".join(names)


def contents(pages: Sequence[PrintedPage], numbers: Mapping[str, int]) -> str:
    """Write the table of contents: a linked list for each part, with page numbers."""
    lists = ""
    for section, of_section in groupby(pages, key=lambda page: page.section):
        lists += f'<p class="part">{escape(section)}</p><ul>'
        for page in of_section:
            entry = f"<span>{escape(page.title)}</span> <span>{numbers[page.anchor]}</span>"
            lists += f'<li><a href="#{page.anchor}">{entry}</a></li>'
        lists += "</ul>"
    return f'<section class="contents"><h1>Contents</h1>{lists}</section>'


def book(
    site: Path, pages: Sequence[PrintedPage], root: str | None, latex: Mapping[str, str], numbers: Mapping[str, int]
) -> str:
    """Put the edition together as one HTML document, with page numbers."""
    home = html.page((site / "index.html").read_text(encoding="utf-8"))
    styles = "".join(html.written(style) for style in home.css('link[rel="stylesheet"], style'))
    styles = styles.replace("font-display: optional", "font-display: block")  # paper can wait
    own = (FOLDER / "printed.css").read_text(encoding="utf-8")
    own = own.replace("FOOT", f"backprop, version {backprop.__version__}")
    by_url = {page.url: page for page in pages}
    chapters: list[str] = []
    to_questions: list[str] = []
    to_exercises: list[str] = []
    for page in pages:
        built = html.page((site / page.url / "index.html").read_text(encoding="utf-8"))
        article = chapter(page, built, by_url, root)
        label_formulas(article, latex)
        taken = solutions_apart(article, page.title, numbers)
        chapters.append(f'<section id="{page.anchor}">{article.inner_html}</section>')
        (to_exercises if page.url.startswith("exercises/") else to_questions).append(taken)
    last = PrintedPage("Appendix", "Solutions", "solutions/")
    name, _, subtitle = citing.TITLE.partition(": ")
    return Template((FOLDER / "printed.html").read_text(encoding="utf-8")).substitute(
        title=escape(citing.TITLE),
        styles=f"{styles}<style>{own}</style>",
        name=escape(name),
        subtitle=escape(subtitle),
        authors=escape(", ".join(citing.AUTHORS)),
        version=backprop.__version__,
        date=citing.DATE,
        root=escape(root or ""),
        contents=contents([*pages, last], numbers),
        chapters="".join(chapters),
        solutions=last.anchor,
        to_questions="".join(to_questions),
        to_exercises="".join(to_exercises),
    )


def page_numbers(pdf: Path) -> dict[str, int]:
    """Read on which page of the file each linked anchor stands, from 1."""
    import pikepdf

    with pikepdf.open(pdf) as document:
        position: dict[Any, int] = {page.objgen: number for number, page in enumerate(document.pages, start=1)}
        return {str(name)[1:]: position[goal[0].objgen] for name, goal in document.Root.Dests.items()}


def check_complete(pages: Sequence[PrintedPage], numbers: Mapping[str, int]) -> None:
    """Make sure that no page was lost in printing: that each has a number."""
    lost = [page.url for page in pages if page.anchor not in numbers]
    if lost:
        raise SiteError(f"the printed edition lacks {len(lost)} of {len(pages)} pages, the first of them {lost[0]}")


def pack(pdf: Path, latex: Iterable[str]) -> None:
    """Name title, authors and formulas in the file and make it a third of what Chromium writes.

    What has the LaTeX of a formula as its text alternative is tagged as a formula.
    """
    import pikepdf

    formulas = {one_line(formula) for formula in latex}

    with pikepdf.open(pdf, allow_overwriting_input=True) as document:
        document.docinfo["/Title"] = f"{citing.TITLE}, version {backprop.__version__}"
        document.docinfo["/Author"] = ", ".join(citing.AUTHORS)
        document.docinfo["/Creator"] = "mkdocs"
        for element in document.objects:
            if isinstance(element, pikepdf.Dictionary) and str(element.get("/Alt", "")) in formulas:
                element.S = pikepdf.Name.Formula
        document.save(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True)


def settle(printing: Callable[[Mapping[str, int]], dict[str, int]]) -> None:
    """Print until the printed page numbers are correct, which takes two prints if nothing moves.

    Before any page number is known, every place shows the same one, which is as wide as most.

    Raises:
        SiteError: if they still change after four prints.

    Examples:
        >>> settle(lambda numbers: print(numbers["loss"]) or {"loss": 12})
        100
        12
    """
    numbers: dict[str, int] = defaultdict(lambda: 100)
    for _ in range(4):
        found = printing(numbers)
        if found == numbers:
            return
        numbers = found
    raise SiteError("the page numbers of the printed edition still change after four prints")


def make(site: Path, pages: Sequence[PrintedPage], root: str | None, latex: Mapping[str, str], pdf: Path) -> None:
    """Print the edition.

    Raises:
        SiteError: if there is no browser to print with, something is too wide, a page is missing, or a formula has
            no LaTeX. No file is left behind then.
    """
    path = browser()
    if path is None:
        raise SiteError(f"the printed edition needs Chromium; none of {', '.join(BROWSERS)} is on the search path")
    if find_spec("pikepdf") is None or find_spec("playwright") is None:
        raise SiteError('the printed edition needs Playwright and pikepdf: python -m pip install -e ".[printed]"')
    from playwright.sync_api import sync_playwright

    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)

            def printing(numbers: Mapping[str, int]) -> dict[str, int]:
                edition = book(site, pages, root, latex, numbers)
                tab = chromium.new_page(viewport={"width": PAPER, "height": 900})
                tab.emulate_media(media="print")
                tab.route(f"{SITE}**", lambda route: route.fulfill(path=site / route.request.url.removeprefix(SITE)))
                tab.route(SITE, lambda route: route.fulfill(body=edition, content_type="text/html"))
                tab.goto(SITE, wait_until="load")
                tab.evaluate("document.fonts.ready")
                wide = tab.evaluate(FIT)
                if wide is not None:
                    raise SiteError(f"the printed edition is wider than its paper: {wide}")
                tab.pdf(path=pdf, prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
                tab.close()
                found = page_numbers(pdf)
                check_complete(pages, found)
                return found

            settle(printing)
            chromium.close()
        pack(pdf, latex.values())
    except SiteError:
        pdf.unlink(missing_ok=True)
        raise
