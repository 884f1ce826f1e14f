"""Exercises in the pages: each where it is named, a table of all, and a sentence at the end of a chapter."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent

from builder.errors import SiteError
from builder.source.exercises import Exercise

PLACEHOLDER = re.compile(r"^\[=exercise:([\w-]+)=\]$", re.MULTILINE)
TABLE = "[=exercises=]"
OF_CHAPTER = re.compile(r"^\[=exercises:([\w-]+)=\]$", re.MULTILINE)
#: The exercises that are the lab itself.
LAB = ("gradient-check", "hidden-delta", "activation-gradient", "backward-pass", "weight-gradient", "update-order")


def insert(markdown: str, exercises: Mapping[str, Exercise], docs: Path) -> str:
    """Put the exercises into a page.

    Raises:
        SiteError: if one names no exercise, or a chapter that has none.
    """

    def one(match: re.Match[str]) -> str:
        if match[1] not in exercises:
            raise SiteError(f"{match[0]}: exercises/{match[1].replace('-', '_')}.py is missing", snippet=match[0])
        return render(exercises[match[1]], docs)

    markdown = OF_CHAPTER.sub(lambda match: links(match[1], exercises, docs), markdown)
    if TABLE in markdown:
        markdown = markdown.replace(TABLE, table(exercises, docs))
    return PLACEHOLDER.sub(one, markdown)


def render(exercise: Exercise, docs: Path) -> str:
    """Write an exercise for its page: title, task, and hint, stub and solution in closed boxes."""
    chapter = f"[{chapter_title(docs, exercise.chapter)}](../derivation/{exercise.chapter}.md)"
    stub = exercise.stub_url.removeprefix("exercises/")
    download = f'<a href="../{stub}" download>{Path(stub).name}</a>'
    code = "\n".join(exercise.stub.splitlines()[ast.parse(exercise.stub).body[0].end_lineno :]).strip("\n")
    return "\n".join(
        [
            f"## {exercise.title} {{ #{exercise.name} }}\n",
            f"*{exercise.time[0].upper()}{exercise.time[1:]}. Chapter {chapter}.*\n",
            f"{exercise.task}\n",
            box("hint-box", "Hint", exercise.hint) if exercise.hint else "",
            box("stub-box", "Stub, with its check", f"{download}\n\n```python\n{code}\n```"),
            box("solution-box", "Solution", f"{exercise.solution}\n\n```python\n{exercise.code}\n```"),
        ]
    )


def box(kind: str, title: str, text: str) -> str:
    """Write a box of some class that is closed until the reader opens it."""
    return f'??? {kind} "{title}"\n\n{indent(text, "    ")}\n'


def chapter_title(docs: Path, chapter: str) -> str:
    """Look up the title of a chapter, with its number, by the name of its page.

    Raises:
        SiteError: if there is no such page.
    """
    path = docs / "derivation" / f"{chapter}.md"
    if not path.is_file():
        raise SiteError(f"Chapter: {chapter}: no such page in {docs / 'derivation'}", snippet=f"Chapter: {chapter}")
    return path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")


def table(exercises: Mapping[str, Exercise], docs: Path) -> str:
    """List the exercises chapter by chapter in a Markdown table; those that are the lab in bold."""
    rows = []
    for name, page in shown(docs).items():
        exercise = exercises[name]
        title = chapter_title(docs, exercise.chapter)
        link = f"[{exercise.title}]({page.name}#{name})"
        mark = "**" if name in LAB else ""
        row = f"| {mark}{link}{mark} | {exercise.time} | [{title}](../derivation/{exercise.chapter}.md) |"
        rows.append((int(title.split()[0]), row))
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


def links(chapter: str, exercises: Mapping[str, Exercise], docs: Path) -> str:
    """List the exercises of a chapter in one sentence, for the chapter's page.

    Raises:
        SiteError: if the chapter has no exercise.
    """
    of_it = [
        f"[{exercises[name].title}](../exercises/{page.name}#{name}) ({exercises[name].time})"
        for name, page in shown(docs).items()
        if exercises[name].chapter == chapter
    ]
    if not of_it:
        raise SiteError(f"[=exercises:{chapter}=]: no exercise has this chapter", snippet=f"[=exercises:{chapter}=]")
    return f"Exercises: {'; '.join(of_it)}."
