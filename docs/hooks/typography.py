"""Typography: what belongs together stays on one line. A plain function from HTML to HTML."""

import re

PROSE = re.compile(r"<(script|style|title|pre|code|svg|math|textarea)\b.*?</\1>|<[^>]*>|(?P<prose>[^<]+)", re.DOTALL)
WIDTHS = re.compile(r"(?<![\w-])\d+(?:-\d+){2,}(?![\w-])")


def kept_together(html: str) -> str:
    r"""Keep numbers with their per cent signs and Greek letters, and the widths of a network, from being broken.

    Args:
        html: a finished page, or a part of it.

    Returns:
        The same with blanks that do not break, none before a per cent sign, and spans around widths.

    Examples:
        >>> kept_together('<b title="7%">η = 0.1: 24.6% or 25 %</b> <code>7%</code>')
        '<b title="7%">η\xa0=\xa00.1: 24.6% or 25%</b> <code>7%</code>'
        >>> kept_together("<i>η</i> = 1")
        '<i>η</i>\xa0=\xa01'
        >>> kept_together("of 2-4-1")
        'of <span class="unbroken">2-4-1</span>'
    """

    def kept(match: re.Match[str]) -> str:
        if match["prose"] is None:
            return match[0]
        text = re.sub(r"(?<=\d)[ \xa0]%", "%", match["prose"])
        text = re.sub(r"(^|[ηεδλ]) = (?=[\d−])", "\\1\xa0=\xa0", text)  # a letter may stand in a tag of its own
        return WIDTHS.sub(r'<span class="unbroken">\g<0></span>', text)

    return PROSE.sub(kept, html)
