"""The printed edition: one PDF of the whole specification, made from the built pages by a headless Chromium.

Everything but `make` is a plain function from HTML to HTML. Chromium cannot tell a table of contents on which page a
heading will stand, so the edition is printed again with the numbers read from the print before.
"""

import functools
import re
import shutil
import threading
from collections.abc import Iterable, Mapping, Sequence
from html import escape, unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin

from equations import SiteError

import backprop
from backprop import citing

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
ARTICLE = re.compile(r"<article\b[^>]*>(.*)</article>", re.DOTALL)
DROPPED = re.compile(
    r'<a class="headerlink".*?</a>|<details class="cite">.*?</details>|<p class="equation-actions">.*?</p>'
    r'|<p class="figure-source">.*?</p>|<button\b.*?</button>|<script\b.*?</script>'
    r'|<details class="mkdocstrings-source">.*?</details>'
    r'|<div class="language-python doc-signature highlight">(?:(?!</div>).)*?<code[^>]*><span class="nf">\w+</span>'
    r"\s*</code></pre></div>",  # a signature that is only the name, below the name
    re.DOTALL,
)
LONG, WIDE = 40, 95  # lines, and characters in one of them
ANSWER = re.compile(
    r'<details open class="(?:solution-box|question)[^"]*">\s*<summary>(?P<kind>.*?)</summary>(?P<words>.*?)</details>',
    re.DOTALL,
)
MATH = re.compile(r"<math\b[^>]*>.*?</math>", re.DOTALL)
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
    """A page of the site as it goes into the edition.

    Attributes:
        section: the part of the site that it belongs to.
        title: its title.
        url: its address below the site's root.
    """

    section: str
    title: str
    url: str

    @property
    def anchor(self) -> str:
        """The id of the page in the edition."""
        return "page-" + self.url.strip("/").replace("/", "-")


def browser() -> str | None:
    """Find a Chromium, or a browser made from it; None if there is none on the search path."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def sentence(made: bool, address: str) -> str:
    """Say where the printed edition is.

    Args:
        made: whether this build makes it.
        address: its address, seen from the page on which the sentence stands.

    Returns:
        Markdown.

    Examples:
        >>> sentence(True, "../backprop.pdf")
        'The whole specification <a href="../backprop.pdf">as one PDF</a>, for reading offline and for paper.'
    """
    if not made:
        return "This copy of the site was built without the printed edition."
    return f'The whole specification <a href="{address}">as one PDF</a>, for reading offline and for paper.'


def chapter(html: str, page: PrintedPage, pages: Mapping[str, PrintedPage], root: str | None) -> str:
    """Take a page's article for the edition: ids made unique, links turned inward, what is for screens only left out.

    Args:
        html: the built page.
        page: which it is.
        pages: all pages of the edition, by address.
        root: where the site is published, for links that lead out of the edition; None: these become plain text.

    Returns:
        A section.

    Raises:
        SiteError: if the page has no article.

    Examples:
        >>> loss = PrintedPage("Derivation", "3 Loss", "derivation/loss/")
        >>> chapter('<article><a href="#a">up</a> <a href="../../x">data</a></article>', loss, {loss.url: loss}, None)
        '<section id="page-derivation-loss"><a href="#page-derivation-loss--a">up</a> data</section>'
    """
    found = ARTICLE.search(html)
    if found is None:
        raise SiteError(f"{page.url}: the built page has no article to print")
    body = DROPPED.sub("", found[1])

    def named(match: re.Match[str]) -> str:
        return match[0] if match[1] is None else f'{match[1]}id="{page.anchor}--{match[2]}"'

    def led(match: re.Match[str]) -> str:
        target, _, place = urljoin(SITE + page.url, unescape(match[2])).partition("#")
        if not target.startswith(SITE):
            return match[0]
        goal = pages.get(target.removeprefix(SITE))
        if goal is not None:
            href = f"#{goal.anchor}" + (f"--{unquote(place)}" if place else "")
        elif root is not None:
            href = target.replace(SITE, root, 1) + (f"#{place}" if place else "")
        else:
            return match[4]
        return f'<a{match[1]} href="{escape(href)}"{match[3]}>{match[4]}</a>'

    body = re.sub(r'<svg\b.*?</svg>|(<[a-z][^<>]*?\s)id="([^"]*)"', named, body, flags=re.DOTALL)
    body = re.sub(r'<a\b([^<>]*?)\s+href="([^"]*)"([^<>]*)>(.*?)</a>', led, body, flags=re.DOTALL)
    body = re.sub(r"<pre\b", functools.partial(mark_long, body), body)
    body = body.replace("<details", "<details open").replace("<details open open", "<details open")
    body = body.replace("<figure", '<figure role="group"')  # the picture in it is the figure, with its alternative
    return f'<section id="{page.anchor}">{body}</section>'


def solutions_apart(section: str, title: str, numbers: Mapping[str, int]) -> tuple[str, str]:
    """Take the answers out of a section, so that who reads a question does not read its answer below it.

    Args:
        section: a section of the edition.
        title: what the section is called.
        numbers: the page number of each anchor, as far as known.

    Returns:
        The section with a link in place of each answer, and the answers, each under the title of its exercise, linked
        back; links with the page where it is known. Where a chapter asks once, the title is the chapter's.

    Examples:
        >>> box = '<details open class="solution-box"><summary>Solution</summary>!</details>'
        >>> left, taken = solutions_apart(f'<h2 id="e">One</h2>{box}', "3 Loss", {})
        >>> left
        '<h2 id="e">One</h2><p class="to-solution" id="e--asked"><a href="#e--solution">Solution</a></p>'
        >>> taken
        '<h3 id="e--solution"><a href="#e--asked">One</a></h3>!'
        >>> solutions_apart(f'<h2 id="e">One</h2>{box}', "3 Loss", {"e--solution": 9})[0][-36:]
        '--solution">Solution: page 9</a></p>'
    """
    taken: list[str] = []

    def apart(match: re.Match[str]) -> str:
        heads = re.findall(r'<h2 id="([^"]*)"[^>]*>(.*?)</h2>', section[: match.start()], re.DOTALL)
        name, head = heads[-1]
        called = head if "solution-box" in match[0] else escape(title)
        there, back = (
            words.format(numbers[place]) if place in numbers else ""
            for words, place in ((": page {}", f"{name}--solution"), (" (page {})", f"{name}--asked"))
        )
        taken.append(f'<h3 id="{name}--solution"><a href="#{name}--asked">{called}{back}</a></h3>{match["words"]}')
        return f'<p class="to-solution" id="{name}--asked"><a href="#{name}--solution">{match["kind"]}{there}</a></p>'

    return ANSWER.sub(apart, section), "".join(taken)


def one_line(latex: str) -> str:
    """Write LaTeX without needless blanks."""
    return " ".join(latex.split())


def label_formulas(html: str, latex: Mapping[str, str]) -> str:
    r"""Give every formula its LaTeX as text alternative; Chromium tags no MathML, but it tags a labelled image.

    Args:
        html: a part of the edition.
        latex: the LaTeX of each math element.

    Returns:
        The same with roles and labels.

    Raises:
        SiteError: if the LaTeX of a formula is not known.

    Examples:
        >>> label_formulas("<math><mi>z</mi></math>", {"<math><mi>z</mi></math>": "z"})
        '<math role="img" aria-label="z"><mi>z</mi></math>'
    """

    def labelled(match: re.Match[str]) -> str:
        if match[0] not in latex:
            raise SiteError(f"a formula without LaTeX, so without a text alternative in the PDF: {match[0]}")
        return f'<math role="img" aria-label="{escape(one_line(latex[match[0]]))}"{match[0][5:]}'

    return MATH.sub(labelled, html)


def keep_punctuation(html: str) -> str:
    """Keep a full stop or comma on the line of the formula before it; Chromium breaks the line between them.

    Args:
        html: a part of the edition.

    Returns:
        The same with spans that are not broken.

    Examples:
        >>> keep_punctuation("If <math><mi>z</mi></math>, then")
        'If <span class="unbroken"><math><mi>z</mi></math>,</span> then'
    """
    math = r"<math\b[^>]*>(?:(?!</math>).)*</math>"
    formula = rf'((?:<span class="symbol"[^>]*>{math}</span>|{math})[.,;:?!)]+)'
    return re.sub(formula, r'<span class="unbroken">\1</span>', html, flags=re.DOTALL)


def mark_long(body: str, match: re.Match[str]) -> str:
    """Let a listing that may not fit on a page be broken, and set one with wide lines smaller; by a class for each."""
    listing = body[match.start() : body.index("</pre>", match.start())]
    lines = unescape(re.sub(r"<[^>]*>", "", listing.partition(">")[2])).split("\n")
    names = ["long"] * (len(lines) > LONG) + ["wide"] * (max(map(len, lines)) > WIDE)
    return f'<pre class="{" ".join(names)}"' if names else match[0]


def contents(pages: Sequence[PrintedPage], numbers: Mapping[str, int]) -> str:
    """Write the table of contents.

    Args:
        pages: the pages, in order.
        numbers: the page number of each anchor, as far as known.

    Returns:
        A section with a linked list for each part.
    """
    lines, section = ['<section class="contents"><h1>Contents</h1>'], None
    for page in pages:
        if page.section != section:
            lines.append(f'{"" if section is None else "</ul>"}<p class="part">{escape(page.section)}</p><ul>')
            section = page.section
        number = numbers.get(page.anchor, 0)
        lines.append(f'<li><a href="#{page.anchor}"><span>{escape(page.title)}</span> <span>{number}</span></a></li>')
    return "".join([*lines, "</ul></section>"])


def book(
    site: Path, pages: Sequence[PrintedPage], root: str | None, latex: Mapping[str, str], numbers: Mapping[str, int]
) -> str:
    """Put the edition together.

    Args:
        site: the folder of the built site.
        pages: the pages, in order.
        root: where the site is published.
        latex: the LaTeX of each math element.
        numbers: the page number of each anchor, as far as known.

    Returns:
        One HTML document.
    """
    home = (site / "index.html").read_text(encoding="utf-8")
    styles = re.findall(r'<link rel="stylesheet"[^>]*>|<style>.*?</style>', home, re.DOTALL)
    styles = [style.replace("font-display: optional", "font-display: block") for style in styles]  # paper can wait
    own = (Path(__file__).parent / "printed.css").read_text(encoding="utf-8")
    own = own.replace("FOOT", f"backprop, version {backprop.__version__}")
    by_url = {page.url: page for page in pages}
    chapters: list[str] = []
    to_questions: list[str] = []
    to_exercises: list[str] = []
    for page in pages:
        html = (site / page.url / "index.html").read_text(encoding="utf-8")
        section, taken = solutions_apart(chapter(html, page, by_url, root), page.title, numbers)
        chapters.append(section)
        (to_exercises if page.url.startswith("exercises/") else to_questions).append(taken)
    last = PrintedPage("Appendix", "Solutions", "solutions/")
    chapters.append(
        f'<section id="{last.anchor}" class="solutions"><h1>Solutions</h1>'
        f"<h2>To the questions that end the chapters</h2>{''.join(to_questions)}"
        f"<h2>To the exercises</h2>{''.join(to_exercises)}</section>"
    )
    content = keep_punctuation(label_formulas("".join(chapters), latex))
    name, _, subtitle = citing.TITLE.partition(": ")
    title = (
        f'<section class="title-page"><p class="title">{escape(name)}</p><p>{escape(subtitle)}</p>'
        f"<p>{escape(', '.join(citing.AUTHORS))}</p><p>Version {backprop.__version__}, {citing.DATE}</p>"
        f"<p>{escape(root) if root else ''}</p>"
        '<p class="licence">Text and figures: CC BY 4.0. Code: MIT licence. Numbers in brackets name equations: (8.4) '
        "is the fourth of chapter 8. Numbers and labels stay within a version.</p>"
        "</section>"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(citing.TITLE)}</title>'
        f"{''.join(styles)}<style>{own}</style></head>"
        '<body dir="ltr" data-md-color-scheme="default" data-md-color-primary="custom" class="printed-edition">'
        f'<main class="md-typeset">{title}{contents([*pages, last], numbers)}{content}</main></body></html>'
    )


class Quiet(SimpleHTTPRequestHandler):
    """A server that prints nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def page_numbers(pdf: Path) -> dict[str, int]:
    """Read on which page each linked anchor stands.

    Args:
        pdf: the file.

    Returns:
        The page numbers, from 1.
    """
    import pikepdf

    with pikepdf.open(pdf) as document:
        position: dict[Any, int] = {page.objgen: number for number, page in enumerate(document.pages, start=1)}
        return {str(name)[1:]: position[goal[0].objgen] for name, goal in document.Root.Dests.items()}


def check_complete(pages: Sequence[PrintedPage], numbers: Mapping[str, int]) -> None:
    """Make sure that no page was lost in printing.

    Args:
        pages: the pages, in order.
        numbers: the page number of each anchor.

    Raises:
        SiteError: if one has no number.
    """
    lost = [page.url for page in pages if page.anchor not in numbers]
    if lost:
        raise SiteError(f"the printed edition lacks {len(lost)} of {len(pages)} pages, the first of them {lost[0]}")


def pack(pdf: Path, latex: Iterable[str]) -> None:
    """Name title, authors and formulas in the file and make it smaller; what Chromium writes is three times as large.

    Args:
        pdf: the file.
        latex: the LaTeX of its formulas; what has one of them as text alternative is tagged as a formula.
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


def make(site: Path, pages: Sequence[PrintedPage], root: str | None, latex: Mapping[str, str], pdf: Path) -> None:
    """Print the edition.

    Args:
        site: the folder of the built site.
        pages: the pages, in order.
        root: where the site is published.
        latex: the LaTeX of each math element.
        pdf: the file to write.

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

    source = site / "printed-edition.html"
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            numbers: dict[str, int] = {}
            for _ in range(3):  # for the contents, then for the numbers beside the links, which may take a line
                source.write_text(book(site, pages, root, latex, numbers), encoding="utf-8")
                tab = chromium.new_page(viewport={"width": PAPER, "height": 900})
                tab.emulate_media(media="print")
                tab.goto(f"http://127.0.0.1:{server.server_port}/{source.name}", wait_until="load")
                tab.evaluate("document.fonts.ready")
                wide = tab.evaluate(FIT)
                if wide is not None:
                    raise SiteError(f"the printed edition is wider than its paper: {wide}")
                tab.pdf(path=pdf, prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
                tab.close()
                numbers = page_numbers(pdf)
                check_complete(pages, numbers)
            chromium.close()
        pack(pdf, latex.values())
    except SiteError:
        pdf.unlink(missing_ok=True)
        raise
    finally:
        server.shutdown()
        source.unlink(missing_ok=True)
