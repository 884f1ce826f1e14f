"""The index of equations and the page of their checks: written from the docstrings and the tests, as Markdown."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from html import escape
from itertools import groupby

from backprop import citing
from backprop.claims import CLAIMS, Claim
from backprop.verification.catalogue import MISTAKES, Mistake
from builder.errors import SiteError
from builder.source.equations import Check, Equation, checks, in_order
from builder.state import Build

CHECKS = "reference/checks/"


def index(build: Build, mistakes: Collection[Mistake] = MISTAKES, claims: Collection[Claim] = CLAIMS) -> str:
    """Write the index of equations.

    Raises:
        SiteError: if something names an equation that does not exist.
    """
    tested = checks(build.planted)
    naming: dict[str, Iterable[str]] = {str(build.planted): tested}
    naming |= {f"mistake {mistake.slug}": mistake.equations for mistake in mistakes}
    naming |= {f"claim {claim.number}": claim.equations for claim in claims}
    for who, labels in naming.items():
        for label in labels:
            if label not in build.equations:
                raise SiteError(f"{who}: no equation has the label eq:{label}")

    def write(equation: Equation) -> str:
        label = equation.label
        broken = [
            f'<a href="../../verification/mistakes/#{mistake.slug}">{escape(mistake.title)}</a>'
            for mistake in mistakes
            if label in mistake.equations
        ]
        stated = [
            f'<a href="../../results/claims/#claim-{claim.number}">{claim.number}</a>'
            for claim in claims
            if label in claim.equations
        ]
        return entry(equation, tested.get(label), broken, stated, build)

    return _by_page(build.equations.values(), build.titles, write)


def _by_page(equations: Iterable[Equation], titles: Mapping[str, str], write: Callable[[Equation], str]) -> str:
    """Write something for some equations, in their order, below the titles of their pages."""
    lines = []
    for url, of_page in groupby(in_order(equations), key=lambda equation: equation.url):
        lines += [f"## {titles.get(url, url)}\n", *map(write, of_page)]
    return "\n".join(lines)


def entry(equation: Equation, check: Check | None, mistakes: Sequence[str], claims: Sequence[str], build: Build) -> str:
    """Write one entry of the index, as a block of HTML without blank lines."""
    tag, link = equation.tag, f"../../{equation.place}"
    part = citing.Part(f"Equation ({tag})", equation.place)
    facts = [f"<code>{equation.function}</code>", counted(equation.examples, "example")]
    if check is not None:
        facts.append(counted(len(check.mistakes), "planted mistake"))
    if mistakes:
        facts.append(f"in the catalogue of mistakes: {'; '.join(mistakes)}")
    if claims:
        facts.append(f"claims: {', '.join(claims)}")
    actions = [
        f'<a href="{link}">Permanent link</a>',
        _copy_button("Copy LaTeX", equation.latex, tag),
        f'<a href="../../{build.functions[equation.function]}">Source</a>',
        *([f'<a href="../checks/#check-{equation.label}">Check</a>'] if check is not None else []),
        _copy_button("Copy citation", citing.cite("apa", part, build.home), tag),
    ]
    return (
        f'<div class="equation-entry" id="entry-{equation.label}">'
        f'<p class="equation-name"><a href="{link}">({tag})</a> {equation.label}</p>'
        f'<div class="arithmatex">\\[{_line(equation.latex)}\\]</div>'
        f'<p class="equation-facts">{" · ".join(facts)}</p>'
        f'<p class="equation-actions">{" ".join(actions)}</p></div>\n'
    )


def counted(number: int, noun: str) -> str:
    """Say how many.

    Examples:
        >>> counted(1, "example"), counted(3, "example")
        ('1 example', '3 examples')
    """
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _copy_button(words: str, text: str, tag: str) -> str:
    """Write a button that the theme's own script makes copy a text; those who only hear it hear the number as well."""
    return f'<button type="button" data-clipboard-text="{_line(text)}" aria-label="{words} of ({tag})">{words}</button>'


def _line(text: str) -> str:
    return escape(" ".join(text.split()))


def checks_page(build: Build) -> str:
    """Write the page of the checks."""
    tested = checks(build.planted)

    def section(equation: Equation) -> str:
        check = tested[equation.label]
        return (
            f"### ({equation.tag}) {equation.label} {{ #check-{equation.label} }}\n\n"
            f"The check of $\\eqref{{eq:{equation.label}}}$ must pass for `{equation.function}`, and it must fail for "
            f"each of these mistakes: {'; '.join(check.mistakes)}.\n\n"
            '<details class="quote" markdown="1"><summary>Listing</summary>\n\n'
            f"```python\n{check.source}\n```\n</details>\n"
        )

    return _by_page((e for e in build.equations.values() if e.label in tested), build.titles, section)
