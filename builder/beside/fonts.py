"""Fonts: one subset of STIX Two Math with just the characters that the site shows."""

import io
from importlib.metadata import distribution, version
from pathlib import Path
from unicodedata import normalize

from fontTools import subset

from builder.beside.files import kept


def italics(characters: set[str]) -> set[str]:
    """Find the mathematical italics of letters: the browser shows a lone letter in mathematics as its italic.

    Examples:
        >>> sorted(italics(set("ab7")))
        ['𝑎', '𝑏']
    """
    latin, greek = range(0x1D434, 0x1D468), [*range(0x1D6E2, 0x1D6FB), *range(0x1D6FC, 0x1D716)]  # with 𝜕, without 𝛻
    return {c for c in map(chr, [*latin, ord("ℎ"), *greek]) if normalize("NFKC", c) in characters}


def math_font(characters: set[str], folder: Path) -> bytes:
    """Cut STIX Two Math down to the characters that are printed among some, or take it from an earlier build."""
    shown = "".join(sorted(c for c in characters if c.isprintable()))
    program = Path(__file__).read_text(encoding="utf-8")
    made_from = (program, version("ziamath"), version("fonttools"), version("brotli"), shown)
    return kept(folder, ".woff2", made_from, lambda: cut(set(shown)))


def cut(characters: set[str]) -> bytes:
    """Cut STIX Two Math, which the package ziamath brings, down to some characters.

    Brackets, radicals and accents keep their larger variants, so that they can stretch.

    Raises:
        importlib.metadata.PackageNotFoundError: if the package is not installed.
    """
    options = subset.Options(flavor="woff2", layout_features=["math", "ssty", "dtls", "flac", "kern", "ccmp", "mark"])
    options.name_IDs = [1, 2, 13, 14]  # family, style, licence
    options.hinting = False
    options.recalc_bounds = True
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(characters | italics(characters)))
    buffer = io.BytesIO()
    path = distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf")
    with subset.load_font(path, options) as font:
        cutter.subset(font)
        subset.save_font(font, buffer, options)
    return buffer.getvalue()
