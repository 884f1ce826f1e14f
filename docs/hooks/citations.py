"""How pages are cited: the facts checked, the box below a page, its files, what the head of a page tells machines."""

import re
from dataclasses import dataclass
from datetime import date
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from cards import HEIGHT, WIDTH
from equations import Equation, SiteError

import backprop
from backprop import citing

FILES = {"bibtex": "citation.bib", "ris": "citation.ris", "csl-json": "citation.json"}
ADDRESS = re.compile(r"https?://[^\s/?#]+/([^\s?#]*/)?")
EXAMPLE = "https://example.org/backprop/"
NAMES = {"bibtex": "BibTeX", "ris": "RIS", "csl-json": "CSL-JSON"}


@dataclass(frozen=True)
class Home:
    """Where this version of the site is published.

    Attributes:
        root: its address, with a slash at its end; None if it is published nowhere.
    """

    root: str | None

    def cite(self, form: str, part: citing.Part | None) -> str:
        """Write a citation with this address."""
        return citing.cite(form, part, self.root)

    def equation(self, equation: Equation) -> citing.Part:
        """Take an equation as a part of the whole."""
        return citing.Part(f"Equation ({equation.tag})", f"{equation.url}#{equation.anchor}")


def home_of(site_url: str | None) -> Home:
    """Tell where the site is published; an address of the reader's own machine is none.

    Args:
        site_url: the builder's setting.

    Returns:
        The home.

    Examples:
        >>> home_of("https://example.org/backprop/0.1.0")
        Home(root='https://example.org/backprop/0.1.0/')
        >>> home_of("http://127.0.0.1:8000/")
        Home(root=None)
    """
    if not site_url or urlsplit(site_url).hostname in ("127.0.0.1", "localhost"):
        return Home(None)
    return Home(site_url.rstrip("/") + "/")


def checked_address(given: object) -> str:
    """Check the address at which the site is to be published.

    Args:
        given: what the environment says; a slash at its end may be missing.

    Returns:
        The address, with a slash at its end.

    Raises:
        SiteError: if it is none.

    Examples:
        >>> checked_address("https://example.org/backprop")
        'https://example.org/backprop/'
        >>> checked_address("example.org")
        Traceback (most recent call last):
            ...
        equations.SiteError: SITE_URL is 'example.org'; expected an address such as 'https://example.org/backprop/'
    """
    address = str(given).removesuffix("/") + "/"
    if not ADDRESS.fullmatch(address):
        raise SiteError(f"SITE_URL is {given!r}; expected an address such as {EXAMPLE!r}", snippet="SITE_URL")
    return address


def check_facts(path: Path) -> None:
    """Compare CITATION.cff with what the package says of itself.

    Args:
        path: the file.

    Raises:
        SiteError: if a field is missing, wrong, or other than in the package; with file and line.
    """
    text = path.read_text(encoding="utf-8")
    facts: dict[str, Any] = yaml.safe_load(text)
    expected = {
        "title": ("backprop.citing.TITLE", citing.TITLE),
        "version": ("backprop.citing.VERSION", citing.VERSION),
        "date-released": ("backprop.citing.DATE", date.fromisoformat(citing.DATE)),
        "authors": ("backprop.citing.AUTHORS", [{"name": author} for author in citing.AUTHORS]),
        "url": ("backprop.citing.ADDRESS", citing.ADDRESS),
    }
    for field, (constant, value) in expected.items():
        found = re.search(rf"^{field}:", text, re.MULTILINE)
        line = text[: found.start()].count("\n") + 1 if found else 1
        given = facts.get(field)
        if given is None and field != "url":
            raise SiteError(f"{path}:{line}: no {field}; a citation needs it")
        if field == "url" and given is not None and not ADDRESS.fullmatch(str(given)):
            raise SiteError(f"{path}:{line}: url is {given!r}; expected an address such as {EXAMPLE!r}")
        if (str(given) if field == "version" else given) != value:
            raise SiteError(f"{path}:{line}: {field} is {given!r}, but {constant} says {value!r}")


def page_part(title: str, url: str) -> citing.Part:
    """Take a page as a part of the whole.

    Args:
        title: its title.
        url: its address below the site's root.

    Returns:
        The part.
    """
    return citing.Part(f"{title}", url)


def examples(home: Home, equation: Equation) -> str:
    """Show every form of citation, for the page on citing.

    Args:
        home: where the site is published.
        equation: the equation to cite as an example.

    Returns:
        Markdown.
    """
    part = home.equation(equation)
    shown = [f"**The whole**, as a line in APA's style:\n\n> {home.cite('apa', None)}\n"]
    shown.append(f"**One equation**, likewise:\n\n> {home.cite('apa', part)}\n")
    for form, name in NAMES.items():
        language = "json" if form == "csl-json" else "text"
        shown.append(f'??? note "{name}"\n\n    ```{language}\n{indented(home.cite(form, None))}\n    ```\n')
    return "\n".join(shown)


def indented(text: str) -> str:
    """Indent every line by four spaces."""
    return "\n".join("    " + line for line in text.splitlines())


def files(part: citing.Part, home: Home) -> dict[str, str]:
    """Write the files that a reference manager reads.

    Args:
        part: the page.
        home: where the site is published.

    Returns:
        The contents by file name.
    """
    return {name: home.cite(form, part) + "\n" for form, name in FILES.items()}


def add_box(html: str, part: citing.Part, home: Home) -> str:
    """Put "Cite this page" at the end of a page.

    Args:
        html: the whole page.
        part: the page as a part of the whole.
        home: where the site is published.

    Returns:
        The page with a box that opens.
    """
    downloads = " · ".join(f'<a href="{FILES[form]}" download>{NAMES[form]}</a>' for form in FILES)
    unpublished = (
        "<p>This copy of the site is published nowhere, so the citation has a place in it instead of an address.</p>"
    )
    box = (
        '<details class="cite"><summary>Cite this page</summary>'
        f"<p>{escape(home.cite('apa', part))}</p><pre><code>{escape(home.cite('bibtex', part))}</code></pre>"
        f"<p>{downloads}</p>{unpublished if home.root is None else ''}</details>"
    )
    return html.replace("</article>", f"{box}</article>", 1)


def description(html: str) -> str:
    """Take a page's first sentences as its description.

    Args:
        html: the page's content.

    Returns:
        Up to 200 characters of its first paragraph, cut after a word; empty if it has none.

    Examples:
        >>> description("<h1>Loss</h1><p>A <em>loss</em> is one number. It falls.</p>")
        'A loss is one number. It falls.'
    """
    found = re.search(r"<p>(.*?)</p>", html, re.DOTALL)
    text = " ".join(unescape(re.sub(r"<[^>]*>", "", found[1])).split()) if found else ""
    return text if len(text) <= 200 else text[:200].rpartition(" ")[0] + " …"


def add_tags(
    html: str, title: str, words: str, url: str, home: Home, pdf: bool, cited: bool, card: str | None = None
) -> str:
    """Tell machines what the page is: for previews, and for indexes of literature.

    Args:
        html: the whole page.
        title: its title.
        words: its description.
        url: its address below the site's root.
        home: where the site is published.
        pdf: whether the printed edition stands beside it.
        cited: whether the page can be cited.
        card: the picture that previews show, below the site's root.

    Returns:
        The page with meta elements in its head.
    """
    address = None if home.root is None else home.root + url
    tags = [
        ("property", "og:type", "article" if url else "website"),
        ("property", "og:site_name", "backprop"),
        ("property", "og:title", title),
        ("property", "og:description", words),
        ("property", "og:url", address),
        ("name", "twitter:card", "summary"),
    ]
    if card is not None and home.root is not None:
        tags[-1:] = [
            ("property", "og:image", home.root + card),
            ("property", "og:image:width", str(WIDTH)),
            ("property", "og:image:height", str(HEIGHT)),
            ("property", "og:image:alt", f"{title}: {words}"),
            ("name", "twitter:card", "summary_large_image"),
        ]
    if cited:
        tags += [
            ("name", "citation_title", title),
            *(("name", "citation_author", author) for author in citing.AUTHORS),
            ("name", "citation_publication_date", citing.DATE.replace("-", "/")),
            ("name", "citation_inbook_title", citing.TITLE),
            ("name", "citation_version", backprop.__version__),
            ("name", "citation_language", "en"),
            ("name", "citation_public_url", address),
            ("name", "citation_pdf_url", f"{home.root}backprop.pdf" if pdf and home.root else None),
        ]
    lines = "".join(f'<meta {kind}="{name}" content="{escape(value)}">' for kind, name, value in tags if value)
    head = re.sub(r'<meta name="description"[^>]*>', "", html, count=1)
    return head.replace("</head>", f'<meta name="description" content="{escape(words)}">{lines}</head>', 1)
