"""How to cite this work, one of its equations, or one page of its site.

The source of these facts is CITATION.cff. An installed package has no such file, so they are repeated here, and the
build of the site and a test compare the two.
"""

import json
import re
from typing import NamedTuple

from backprop import checks, derivation

VERSION = "0.1.0"
TITLE = "backprop, an executable specification of backpropagation"
AUTHORS = ("The backprop contributors",)
DATE = "2026-11-24"
ADDRESS: str | None = None  # the address of the published site, without the version; None before it is published

#: The number and the label of an equation, as a docstring has them.
LABELLED = re.compile(r"\\tag\{([^}]*)\}\s*\\label\{eq:([^}]*)\}")


class Part(NamedTuple):
    """A part of the work that is cited.

    Attributes:
        title: the name of the part, such as "Equation (8.4)".
        place: its address below the site's root, such as "derivation/hidden-to-hidden/#eq-hidden-delta".
    """

    title: str
    place: str


def equation_part(number: str) -> Part:
    """Find an equation by its number.

    Args:
        number: such as "8.4" or "(8.4)".

    Returns:
        The equation as a part of the work.

    Raises:
        ValueError: if there is no such equation.

    Examples:
        >>> from backprop.citing import equation_part
        >>> equation_part("8.4")
        Part(title='Equation (8.4)', place='derivation/hidden-to-hidden/#eq-hidden-delta')
    """
    wanted = number.strip("()") if isinstance(number, str) else None
    for name in derivation.__all__:
        function = getattr(derivation, name)
        for tag, label in LABELLED.findall(function.__doc__ or "") if callable(function) else ():
            if tag == wanted:
                page = function.__module__.rpartition(".")[2].replace("_", "-")
                return Part(f"Equation ({tag})", f"derivation/{page}/#eq-{label}")
    raise ValueError(f"equation is {checks.shown(number)}; expected the number of an equation, such as '8.4'")


def page_part(place: str) -> Part:
    """Find a page by its address.

    Args:
        place: the address below the site's root, such as "results/xor/".

    Returns:
        The page as a part of the work.

    Raises:
        ValueError: if place is not such an address.

    Examples:
        >>> from backprop.citing import page_part
        >>> page_part("results/xor/")
        Part(title='Page results/xor/', place='results/xor/')
    """
    if not isinstance(place, str) or not re.fullmatch(r"([a-z0-9-]+/)+", place):
        raise ValueError(
            f"page is {checks.shown(place)}; expected an address below the site's root, such as 'results/xor/'"
        )
    return Part(f"Page {place}", place)


def citation(form: str = "apa", *, equation: str | None = None, page: str | None = None) -> str:
    """Write a citation of this version of backprop, or of an equation or a page of it.

    Args:
        form: "apa", "bibtex", "csl-json" or "ris".
        equation: the number of an equation, such as "8.4".
        page: the address of a page below the site's root, such as "results/xor/".

    Returns:
        The citation, without a newline at its end.

    Raises:
        TypeError: if form is not text.
        ValueError: if there is no such form or equation, if page is not an address below the root, or if both equation
            and page are given.

    Examples:
        >>> import backprop
        >>> backprop.citation("bibtex", equation="8.4").splitlines()[:2]
        ['@misc{backprop-eq-hidden-delta,', '  author = {{The backprop contributors}},']
    """
    if equation is not None and page is not None:
        raise ValueError("equation and page are both given; expected one of them or none")
    part = None
    if equation is not None:
        part = equation_part(equation)
    if page is not None:
        part = page_part(page)
    return cite(form, part, None if ADDRESS is None else f"{ADDRESS}{VERSION}/")


def cite(form: str, part: Part | None, root: str | None) -> str:
    """Write a citation with a given address.

    Args:
        form: "apa", "bibtex", "csl-json" or "ris".
        part: the part that is cited; None for the whole work.
        root: the address of this version's site; None if it has none.

    Returns:
        The citation.

    Raises:
        TypeError: if form is not text.
        ValueError: if there is no such form.
    """
    return FORMS[checks.one_of("form", form, list(FORMS))](part, root)


def address(part: Part | None, root: str | None) -> str | None:
    """Join root and place; return None without a root."""
    return None if root is None else root + ("" if part is None else part.place)


def apa(part: Part | None, root: str | None) -> str:
    """Write a line in APA style, which contains the place if there is no address."""
    whole = f"{TITLE} (Version {VERSION}) [Computer software]"
    named = f"{whole}." if part is None else f"{part.title}. In {whole}."
    where = address(part, root) or ("" if part is None else f"{part.place}")
    return f"{' & '.join(AUTHORS)}. ({DATE[:4]}). {named} {where}".rstrip()


def bibtex(part: Part | None, root: str | None) -> str:
    """Write an entry for BibTeX and BibLaTeX."""
    where = address(part, root)
    fields = {
        "author": " and ".join(f"{{{escaped(author)}}}" for author in AUTHORS),
        "title": f"{{{escaped(TITLE if part is None else part.title)}}}",
        "howpublished": None if part is None else f"In: {escaped(TITLE)}",
        "year": DATE[:4],
        "month": DATE[5:7],
        "note": f"Version {VERSION}" + ("" if part is None or where else f", {escaped(part.place)}"),
        "url": where,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value is not None]
    return f"@misc{{{key(part)},\n" + ",\n".join(lines) + "\n}"


def csl_json(part: Part | None, root: str | None) -> str:
    """Write a list with one item in the format of citation processors."""
    item: dict[str, object] = {
        "id": key(part),
        "type": "software" if part is None else "webpage",
        "title": TITLE if part is None else part.title,
        "author": [{"literal": author} for author in AUTHORS],
        "issued": {"date-parts": [[int(number) for number in DATE.split("-")]]},
        "version": VERSION,
        "URL": address(part, root),
        "container-title": None if part is None else TITLE,
        "note": part.place if part is not None and root is None else None,
    }
    return json.dumps([{k: v for k, v in item.items() if v is not None}], ensure_ascii=False, indent=2)


def ris(part: Part | None, root: str | None) -> str:
    """Write a record for reference managers."""
    lines = [
        ("TY", "COMP" if part is None else "ELEC"),
        *(("AU", author) for author in AUTHORS),
        ("TI", TITLE if part is None else part.title),
        ("T2", None if part is None else TITLE),
        ("PY", DATE[:4]),
        ("DA", DATE.replace("-", "/")),
        ("ET", VERSION),
        ("UR", address(part, root)),
        ("N1", part.place if part is not None and root is None else None),
        ("ER", ""),
    ]
    return "\n".join(f"{tag}  - {value}" for tag, value in lines if value is not None)


def key(part: Part | None) -> str:
    """Name an entry by its label or page, or else by the version."""
    if part is None:
        return f"backprop-{VERSION}"
    return "backprop-" + part.place.rpartition("#")[2].strip("/").replace("/", "-")


def escaped(text: str) -> str:
    r"""Escape text so that LaTeX prints it unchanged.

    Examples:
        >>> from backprop.citing import escaped
        >>> print(escaped("100% & #eq_1"))
        100\% \& \#eq\_1
    """
    return re.sub(r"([&%$#_{}])", r"\\\1", text)


FORMS = {"apa": apa, "bibtex": bibtex, "csl-json": csl_json, "ris": ris}
