"""The index of equations and the page of their checks: written from the docstrings and the tests, as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from backprop.claims import Claim
from backprop.verification.catalogue import Mistake
from builder.errors import SiteError
from builder.home import Home
from builder.source.equations import Check, Equation, Step, checks, in_order

INDEX, CHECKS = "reference/equations/", "reference/checks/"


def index(
    equations: Mapping[str, Equation],
    steps: Iterable[Step],
    tests: Path,
    titles: Mapping[str, str],
    mistakes: Iterable[Mistake],
    claims: Iterable[Claim],
    home: Home,
) -> str:
    """Write the index of equations.

    Raises:
        SiteError: if something names an equation that does not exist.
    """
    step_of = {label: step for step in steps for label in step.formulas}
    tested = checks(tests)
    _demand(tested, equations, str(tests))
    touching: dict[str, list[str]] = {label: [] for label in equations}
    stated: dict[str, list[str]] = {label: [] for label in equations}
    for mistake in mistakes:
        _demand(mistake.equations, equations, f"mistake {mistake.slug}")
        for label in mistake.equations:
            touching[label].append(f'<a href="../../verification/mistakes/#{mistake.slug}">{escape(mistake.title)}</a>')
    for claim in claims:
        _demand(claim.equations, equations, f"claim {claim.number}")
        for label in claim.equations:
            stated[label].append(f'<a href="../../results/claims/#claim-{claim.number}">{claim.number}</a>')
    lines, url = [], ""
    for equation in in_order(equations.values()):
        if equation.url != url:
            url = equation.url
            lines.append(f"## {titles.get(url, url)}\n")
        label = equation.label
        lines.append(entry(equation, step_of[label], tested.get(label), touching[label], stated[label], home))
    return "\n".join(lines)


def _demand(labels: Iterable[str], equations: Mapping[str, Equation], who: str) -> None:
    for label in labels:
        if label not in equations:
            raise SiteError(f"{who}: no equation has the label eq:{label}")


def entry(
    equation: Equation, step: Step, check: Check | None, mistakes: Sequence[str], claims: Sequence[str], home: Home
) -> str:
    """Write one entry of the index, as a block of HTML without blank lines."""
    latex, link = step.formulas[equation.label], f"../../{equation.url}#{equation.anchor}"
    function = f"../../{equation.url}#backprop.derivation.{step.chapter}.{step.name}"
    facts = [f"<code>{step.name}</code>", counted(step.examples, "example")]
    if check is not None:
        facts.append(counted(len(check.mistakes), "planted mistake"))
    if mistakes:
        facts.append(f"in the catalogue of mistakes: {'; '.join(mistakes)}")
    if claims:
        facts.append(f"claims: {', '.join(claims)}")
    actions = [
        f'<a href="{link}">Permanent link</a>',
        _copy_button("Copy LaTeX", latex, equation.tag),
        f'<a href="{function}">Source</a>',
        *([f'<a href="../checks/#check-{equation.label}">Check</a>'] if check is not None else []),
        _copy_button("Copy citation", home.cite("apa", home.equation(equation)), equation.tag),
    ]
    return (
        f'<div class="equation-entry" id="entry-{equation.label}" data-search-exclude>'
        f'<p class="equation-name"><a href="{link}">({equation.tag})</a> {equation.label}</p>'
        f'<div class="arithmatex">\\[{_line(latex)}\\]</div>'
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


def checks_page(equations: Mapping[str, Equation], tests: Path, titles: Mapping[str, str]) -> str:
    """Write the page of the checks."""
    tested, lines, url = checks(tests), [], ""
    for equation in in_order(equations.values()):
        check = tested.get(equation.label)
        if check is None:
            continue
        if equation.url != url:
            url = equation.url
            lines.append(f"## {titles.get(url, url)}\n")
        lines.append(
            f"### ({equation.tag}) {equation.label} {{ #check-{equation.label} }}\n\n"
            f"The check of $\\eqref{{eq:{equation.label}}}$ must pass for `{equation.function}`, and it must fail for "
            f"each of these mistakes: {'; '.join(check.mistakes)}.\n\n```python\n{check.source}\n```\n"
        )
    return "\n".join(lines)
