"""Where the site is published."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from backprop import citing
from builder.errors import SiteError
from builder.source.equations import Equation

ADDRESS = re.compile(r"https?://[^\s/?#]+/([^\s?#]*/)?")
EXAMPLE = "https://example.org/backprop/"


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
    """Tell from mkdocs' setting where the site is published; an address of the reader's own machine is none.

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

    Raises:
        SiteError: if it is none.

    Examples:
        >>> checked_address("https://example.org/backprop")
        'https://example.org/backprop/'
        >>> checked_address("example.org")
        Traceback (most recent call last):
            ...
        builder.errors.SiteError: SITE_URL is 'example.org'; expected an address such as 'https://example.org/backprop/'
    """
    address = str(given).removesuffix("/") + "/"
    if not ADDRESS.fullmatch(address):
        raise SiteError(f"SITE_URL is {given!r}; expected an address such as {EXAMPLE!r}", snippet="SITE_URL")
    return address
