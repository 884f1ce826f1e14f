"""Where the site is published."""

import re
from urllib.parse import urlsplit

from builder.errors import SiteError

ADDRESS = re.compile(r"https?://[^\s/?#]+/([^\s?#]*/)?")
EXAMPLE = "https://example.org/backprop/"


def home_of(site_url: str | None) -> str | None:
    """Tell from mkdocs' setting where the site is published, if anywhere; the reader's own machine is no such place.

    Examples:
        >>> home_of("https://example.org/backprop/0.1.0")
        'https://example.org/backprop/0.1.0/'
        >>> home_of("http://127.0.0.1:8000/") is None
        True
    """
    if not site_url or urlsplit(site_url).hostname in ("127.0.0.1", "localhost"):
        return None
    return site_url.rstrip("/") + "/"


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
