"""Exercises in the pages: each where it is named, a table of all, and a sentence at the end of a chapter."""

import re
from pathlib import Path
from textwrap import indent

from builder.errors import SiteError
from builder.state import Build

PLACEHOLDER = re.compile(r"^\[=exercise:([\w-]+)=\]$", re.MULTILINE)
#: The exercises that are the lab itself.
LAB = ("gradient-check", "hidden-delta", "activation-gradient", "backward-pass", "weight-gradient", "update-order")


def exercise(name: str, build: Build) -> str:
    """Write an exercise for its page: title, task, and hint, stub and solution in closed boxes.

    Raises:
        SiteError: if it is not there.
    """
    if name not in build.exercises:
        raise SiteError(f"exercises/{name.replace('-', '_')}.py is missing")
    found = build.exercises[name]
    chapter = f"[{chapter_title(build.docs, found.chapter)}](../derivation/{found.chapter}.md)"
    stub = found.stub_url.removeprefix("exercises/")
    download = f'<a href="../{stub}" download>{Path(stub).name}</a>'
    return "\n".join(
        [
            f"## {found.title} {{ #{found.name} }}\n",
            f"*{found.time.capitalize()}. Chapter {chapter}.*\n",
            f"{found.task}\n",
            box("hint-box", "Hint", found.hint) if found.hint else "",
            box("stub-box", "Stub, with its check", f"{download}\n\n```python\n{found.to_write}\n```"),
            box("solution-box", "Solution", f"{found.solution}\n\n```python\n{found.code}\n```"),
        ]
    )


def box(kind: str, title: str, text: str) -> str:
    """Write a box of some class that is closed until the reader opens it."""
    return f'??? {kind} "{title}"\n\n{indent(text, "    ")}\n'


def chapter_title(docs: Path, chapter: str) -> str:
    """Look up the title of a chapter, with its number, by the name of its page."""
    path = docs / "derivation" / f"{chapter}.md"
    if not path.is_file():
        raise SiteError(f"Chapter: {chapter}: no such page in {docs / 'derivation'}", snippet=f"Chapter: {chapter}")
    return path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")


def table(build: Build) -> str:
    """List the exercises chapter by chapter in a Markdown table; those that are the lab in bold."""
    rows = []
    for name, page in shown(build.docs).items():
        found = build.exercises[name]
        title = chapter_title(build.docs, found.chapter)
        mark = "**" if name in LAB else ""
        link = f"{mark}[{found.title}]({page.name}#{name}){mark}"
        rows.append((int(title.split()[0]), f"| {link} | {found.time} | [{title}](../derivation/{found.chapter}.md) |"))
    rows.sort(key=lambda numbered: numbered[0])  # stable: within a chapter the short ones come first
    return "\n".join(["| exercise | time | chapter |", "|---|---|---|", *(row for _, row in rows)])


def shown(docs: Path) -> dict[str, Path]:
    """Find which page shows which exercise, in the order of reading.

    Raises:
        SiteError: if an exercise is shown twice.
    """
    found: dict[str, Path] = {}
    for page in (docs / "exercises" / f"{kind}.md" for kind in ("short", "derive", "implement")):
        for name in PLACEHOLDER.findall(page.read_text(encoding="utf-8")):
            if name in found:
                raise SiteError(f"{page}: exercise {name} is shown twice", snippet=f"[=exercise:{name}=]")
            found[name] = page
    return found


def links(chapter: str, build: Build) -> str:
    """List the exercises of a chapter in one sentence, for the chapter's page.

    Raises:
        SiteError: if the chapter has no exercise.
    """
    of_it = [
        f"[{found.title}](../exercises/{page.name}#{name}) ({found.time})"
        for name, page in shown(build.docs).items()
        if (found := build.exercises[name]).chapter == chapter
    ]
    if not of_it:
        raise SiteError("no exercise has this chapter")
    return f"Exercises: {'; '.join(of_it)}."
