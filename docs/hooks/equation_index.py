"""The index of equations and the page of their checks: written from the docstrings and the tests, as Markdown."""

import ast
import doctest
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from citations import Home
from equations import LABELLED, Equation, SiteError
from mathematics import mathml

DISPLAYED = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)
INDEX, CHECKS = "reference/equations/", "reference/checks/"
COMMAND = re.compile(r"\\([A-Za-z]+)")
NOT_SPOKEN = {
    *(
        "frac",
        "left",
        "right",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "big",
        "Big",
        "quad",
        "qquad",
        "mathrm",
        "text",
        "begin",
    ),
    *("end", "lVert", "rVert", "lvert", "rvert", "operatorname", "displaystyle", "substack", "top", "vphantom"),
}


@dataclass(frozen=True)
class Step:
    """A function of the derivation, as far as the index needs it.

    Attributes:
        name: its name.
        chapter: its module.
        place: its file and line.
        formulas: the LaTeX of its equations by label, without tag and label.
        examples: how many examples it has.
    """

    name: str
    chapter: str
    place: str
    formulas: Mapping[str, str]
    examples: int


@dataclass(frozen=True)
class Check:
    """A check of an equation with the mistakes that it must catch.

    Attributes:
        name: the function that checks.
        mistakes: what the planted mistakes are called.
        source: its source, decorator included.
    """

    name: str
    mistakes: tuple[str, ...]
    source: str


def steps(package: Path) -> Iterator[Step]:
    """Read the functions of the derivation.

    Args:
        package: the folder of backprop.derivation.

    Yields:
        The functions, in the order of files and lines.

    Raises:
        SiteError: if a function has no equation or no example, or if an equation stands outside the functions.
    """
    for path in sorted(package.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for tag, label in LABELLED.findall(ast.get_docstring(tree) or ""):
            raise SiteError(f"{path}:1: equation ({tag}), eq:{label}, belongs to no function")
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            place, text = f"{path}:{node.lineno}", ast.get_docstring(node) or ""
            formulas = {
                found[2]: LABELLED.sub("", latex).strip()
                for latex in DISPLAYED.findall(text)
                if (found := LABELLED.search(latex)) is not None
            }
            if not formulas:
                raise SiteError(f"{place}: {node.name} has no equation with tag and label")
            examples = len(doctest.DocTestParser().get_examples(text))
            if not examples:
                raise SiteError(f"{place}: {node.name} has no example")
            yield Step(node.name, path.stem, place, formulas, examples)


def checks(path: Path) -> dict[str, Check]:
    """Find the check of every equation: the function below a decorator `@planted(label, function, mistakes)`.

    Args:
        path: the file of the tests.

    Returns:
        The checks by label.
    """
    text = path.read_text(encoding="utf-8")
    found: dict[str, Check] = {}
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "planted":
                label, _, wrong = call.args
                names = tuple(ast.literal_eval(key) for key in getattr(wrong, "keys", ()))
                lines = text.splitlines()[call.lineno - 1 : node.end_lineno]
                found[ast.literal_eval(label)] = Check(node.name, names, "\n".join(lines))
    return found


def known(labels: Iterable[str], equations: Mapping[str, Equation], who: str) -> None:
    """Demand that labels exist.

    Args:
        labels: the labels that something names.
        equations: the equations of the site.
        who: what names them, with its place.

    Raises:
        SiteError: if one does not.
    """
    for label in labels:
        if label not in equations:
            raise SiteError(f"{who}: no equation has the label eq:{label}")


def spoken(latex: str) -> str:
    r"""Name what stands in a formula, so that a search for words finds it.

    Args:
        latex: the formula.

    Returns:
        The names of its symbols, in their order, each run of letters once.

    Examples:
        >>> spoken(r"\sigma'(z) = \sigma(z)\,\bigl(1 - \sigma(z)\bigr)")
        'sigma prime z'
        >>> spoken(r"\Delta_l = \phi'(Z_l)")
        'Delta l phi prime Z'
    """
    text = COMMAND.sub(lambda m: " " if m[1] in NOT_SPOKEN else f" {m[1]} ", latex)
    words = re.findall(r"[A-Za-z]+", re.sub(r"''|''", " double prime ", text).replace("'", " prime "))
    return " ".join(dict.fromkeys(words))


def order(equations: Mapping[str, Equation]) -> list[Equation]:
    """Sort equations by their numbers.

    Args:
        equations: the equations by label.

    Returns:
        The equations, (2.1) before (10.1).
    """
    return sorted(equations.values(), key=lambda e: [int(part) for part in e.tag.split(".")])


def index(
    equations: Mapping[str, Equation],
    package: Path,
    tests: Path,
    titles: Mapping[str, str],
    mistakes: Iterable[Any],
    claims: Iterable[Any],
    home: Home,
) -> str:
    """Write the index of equations.

    Args:
        equations: the equations by label.
        package: the folder of backprop.derivation.
        tests: the file of the planted mistakes.
        titles: the title of each page by its address.
        mistakes: the entries of the catalogue, with slug, title and equations.
        claims: the claims of the report, with number and equations.
        home: where this site is published.

    Returns:
        Markdown: a heading for each page, and below it an entry for each equation.

    Raises:
        SiteError: if a function lacks equation or example, or something names an equation that does not exist.
    """
    home_of = {label: step for step in steps(package) for label in step.formulas}
    tested = checks(tests)
    known(tested, equations, str(tests))
    touching: dict[str, list[str]] = {label: [] for label in equations}
    stated: dict[str, list[str]] = {label: [] for label in equations}
    for mistake in mistakes:
        known(mistake.equations, equations, f"mistake {mistake.slug}")
        for label in mistake.equations:
            touching[label].append(f'<a href="../../verification/mistakes/#{mistake.slug}">{escape(mistake.title)}</a>')
    for claim in claims:
        known(claim.equations, equations, f"claim {claim.number}")
        for label in claim.equations:
            stated[label].append(f'<a href="../../results/claims/#claim-{claim.number}">{claim.number}</a>')
    lines, url = [], ""
    for equation in order(equations):
        if equation.url != url:
            url = equation.url
            lines.append(f"## {titles.get(url, url)}\n")
        lines.append(
            entry(
                equation,
                home_of[equation.label],
                tested.get(equation.label),
                touching[equation.label],
                stated[equation.label],
                home,
            )
        )
    return "\n".join(lines)


def entry(
    equation: Equation, step: Step, check: Check | None, mistakes: list[str], claims: list[str], home: Home
) -> str:
    """Write one entry of the index, as a block of HTML without blank lines.

    Args:
        equation: the equation.
        step: its function.
        check: its check, if it has one.
        mistakes: links to the mistakes that touch it.
        claims: links to the claims that touch it.
        home: where this site is published.

    Returns:
        The block.
    """
    latex, link = step.formulas[equation.label], f"../../{equation.url}#{equation.anchor}"
    function = f"../../{equation.url}#backprop.derivation.{step.chapter}.{step.name}"
    facts = [f"<code>{step.name}</code>", counted(step.examples, "example")]
    if check is not None:
        facts.append(counted(len(check.mistakes), "planted mistake"))
    if mistakes:
        facts.append(f"in the catalogue: {'; '.join(mistakes)}")
    if claims:
        facts.append(f"claims: {', '.join(claims)}")
    actions = [
        f'<a href="{link}">Permanent link</a>',
        copy_button("Copy LaTeX", latex, equation.tag),
        f'<a href="{function}">Source</a>',
        *([f'<a href="../checks/#check-{equation.label}">Check</a>'] if check is not None else []),
        copy_button("Copy citation", home.cite("apa", home.equation(equation)), equation.tag),
    ]
    return (
        f'<div class="equation-entry" id="entry-{equation.label}" data-search-exclude>'
        f'<p class="equation-name"><a href="{link}">({equation.tag})</a> {equation.label}</p>'
        f'<div class="equation"><div class="equation-body" tabindex="0">{mathml(latex, display=True)}</div></div>'
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


def copy_button(words: str, text: str, tag: str) -> str:
    """Write a button that the theme's own script makes copy a text.

    Args:
        words: what stands on it.
        text: what it copies.
        tag: the number of the equation, for those who hear the button without its surroundings.

    Returns:
        The button.
    """
    copied = escape(" ".join(text.split()))
    return f'<button type="button" data-clipboard-text="{copied}" aria-label="{words} of ({tag})">{words}</button>'


def checks_page(equations: Mapping[str, Equation], tests: Path, titles: Mapping[str, str]) -> str:
    """Write the page of the checks.

    Args:
        equations: the equations by label.
        tests: the file of the planted mistakes.
        titles: the title of each page by its address.

    Returns:
        Markdown: for each equation the mistakes planted and the source of the check.
    """
    tested, lines, url = checks(tests), [], ""
    for equation in order(equations):
        check = tested.get(equation.label)
        if check is None:
            continue
        if equation.url != url:
            url = equation.url
            lines.append(f"## {titles.get(url, url)}\n")
        lines.append(
            f"### ({equation.tag}) {equation.label} {{ #check-{equation.label} }}\n\n"
            f"$\\eqref{{eq:{equation.label}}}$ must hold for `{equation.function}` and fail with each of these "
            f"in its place: {'; '.join(check.mistakes)}.\n\n```python\n{check.source}\n```\n"
        )
    return "\n".join(lines)


def without_listings(text: str) -> str:
    """Leave listings out of what search knows: they are a third of its index, which every page loads.

    Args:
        text: the text of an entry, with its HTML.

    Returns:
        The text without listings; names of functions stay, in headings and in sentences.

    Examples:
        >>> without_listings("<p>See <code>update</code>.</p><pre><code>import numpy</code></pre>")
        '<p>See <code>update</code>.</p>'
    """
    return re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL)


def search_entries(equations: Mapping[str, Equation], package: Path) -> list[dict[str, str]]:
    """Make an entry of the search index for every equation, so that numbers, labels and names of symbols are found.

    Args:
        equations: the equations by label.
        package: the folder of backprop.derivation.

    Returns:
        The entries, in the builder's form.
    """
    home_of = {label: step for step in steps(package) for label in step.formulas}
    return [
        {
            "location": f"{equation.url}#{equation.anchor}",
            "title": f"Equation {equation.tag} {equation.label}",
            "text": f"<p>{escape(spoken(home_of[equation.label].formulas[equation.label]))}; {equation.function}</p>",
        }
        for equation in order(equations)
    ]
