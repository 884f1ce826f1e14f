"""How pages are cited: the facts checked, the box below a page, its files, what the head of a page tells machines."""

import re
from datetime import date
from html import escape
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from backprop import citing
from builder import tree as html
from builder.beside.cards import HEIGHT, WIDTH, file_name
from builder.errors import SiteError
from builder.home import ADDRESS, EXAMPLE
from builder.source.equations import Equation
from builder.state import Build
from builder.tree import Tree

FILES = {"bibtex": "citation.bib", "ris": "citation.ris", "csl-json": "citation.json"}
NAMES = {"bibtex": "BibTeX", "ris": "RIS", "csl-json": "CSL-JSON"}


def check_facts(path: Path) -> None:
    """Compare CITATION.cff with what the package says of itself.

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


def examples(home: str | None, equation: Equation) -> str:
    """Show every form of citation, for the page on citing."""
    part = citing.equation_part(equation.tag)
    shown = [f"**The whole work**, as a line in APA style:\n\n> {citing.cite('apa', None, home)}\n"]
    shown.append(f"**One equation**, in the same style:\n\n> {citing.cite('apa', part, home)}\n")
    for form, name in NAMES.items():
        language = "json" if form == "csl-json" else "text"
        text = indent(citing.cite(form, None, home), "    ")
        shown.append(f'??? note "{name}"\n\n    ```{language}\n{text}\n    ```\n')
    return "\n".join(shown)


def files(part: citing.Part, home: str | None) -> dict[str, str]:
    """Write the files that a reference manager reads, by name, for a page that is published somewhere or nowhere."""
    return {name: citing.cite(form, part, home) + "\n" for form, name in FILES.items()}


def add_box(tree: Tree, part: citing.Part, home: str | None) -> None:
    """Put "Cite this page" at the end of a page, in a box that opens."""
    downloads = " · ".join(f'<a href="{FILES[form]}" download>{NAMES[form]}</a>' for form in FILES)
    unpublished = (
        "<p>This copy of the site has not been published, so the citation has a place in it instead of an address.</p>"
    )
    apa, bibtex = citing.cite("apa", part, home), citing.cite("bibtex", part, home)
    html.put_last(
        tree.css_first("article"),
        '<details class="cite"><summary>Cite this page</summary>'
        f"<p>{escape(apa)}</p><pre><code>{escape(bibtex)}</code></pre>"
        f"<p>{downloads}</p>{unpublished if home is None else ''}</details>",
    )


def description(tree: Tree) -> str:
    """Take a page's first paragraph as its description: up to 200 characters, cut after a word.

    Examples:
        >>> description(html.fragment("<h1>Loss</h1><p>A <em>loss</em> is one number. It falls.</p>"))
        'A loss is one number. It falls.'
    """
    first = tree.css_first("p:not([class])")
    text = " ".join(first.text().split()) if first is not None else ""
    return text if len(text) <= 200 else text[:200].rpartition(" ")[0] + " …"


def add_tags(tree: Tree, build: Build, url: str, title: str, cited: bool) -> None:
    """Tell machines what the page is: for previews, and for indexes of literature."""
    home, words, card = build.home, build.words[url], file_name(url)
    address = None if home is None else home + url
    tags = [
        ("property", "og:type", "article" if url else "website"),
        ("property", "og:site_name", "backprop"),
        ("property", "og:title", title),
        ("property", "og:description", words),
        ("property", "og:url", address),
    ]
    pictured = home is not None and card in build.files
    if pictured:
        tags += [
            ("property", "og:image", f"{home}{card}"),
            ("property", "og:image:width", str(WIDTH)),
            ("property", "og:image:height", str(HEIGHT)),
            ("property", "og:image:alt", f"{title}: {words}"),
        ]
    tags.append(("name", "twitter:card", "summary_large_image" if pictured else "summary"))
    if cited:
        tags += [
            ("name", "citation_title", title),
            *(("name", "citation_author", author) for author in citing.AUTHORS),
            ("name", "citation_publication_date", citing.DATE.replace("-", "/")),
            ("name", "citation_inbook_title", citing.TITLE),
            ("name", "citation_version", citing.VERSION),
            ("name", "citation_language", "en"),
            ("name", "citation_public_url", address),
            ("name", "citation_pdf_url", f"{home}backprop.pdf" if build.edition and home else None),
        ]
    lines = "".join(f'<meta {kind}="{name}" content="{escape(value)}">' for kind, name, value in tags if value)
    for other in tree.css('meta[name="description"]'):
        other.decompose()
    html.put_last(tree.head, f'<meta name="description" content="{escape(words)}">{lines}')
