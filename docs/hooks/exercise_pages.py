"""Exercises: one file each, from which come the task on the page, the stub to download and the hidden solution.

A file of `exercises/` is the solved exercise. Its docstring has a title, the lines ``Time:`` and ``Chapter:``, the
task, perhaps a ``Hint:``, and the ``Solution:`` in words. Functions with examples are what the reader writes: the
examples are the check, and the stub is the same file without their bodies, without hint and solution.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

from equations import SiteError
from listings import functions

PLACEHOLDER = re.compile(r"^\[=exercise:([\w-]+)=\]$", re.MULTILINE)
TABLE = "[=exercises=]"
OF_CHAPTER = re.compile(r"^\[=exercises:([\w-]+)=\]$", re.MULTILINE)
DOCSTRING = re.compile(
    r"(?P<title>[^\n]+?)\.?\n\nTime: (?P<time>[^\n]+)\nChapter: (?P<chapter>[\w-]+)\n\n"
    r"(?P<task>.*?)\n\n(?:Hint:\n(?P<hint>    .*?)\n\n)?Solution:\n(?P<solution>    .*)",
    re.DOTALL,
)
#: The exercises that are the lab itself.
LAB = ("gradient-check", "hidden-delta", "activation-gradient", "backward-pass", "weight-gradient", "update-order")
LEFT_OUT = 'raise NotImplementedError("write this")'


@dataclass(frozen=True)
class Exercise:
    """An exercise, read from its file.

    Attributes:
        name: its permanent name, such as "one-step": the anchor on its page.
        title: its title, without full stop.
        time: how long it takes, in words.
        chapter: the page of the derivation that it belongs to, such as "gradient-descent".
        task: what to do, in Markdown.
        hint: a hint, in Markdown, or "".
        solution: the solution in words, in Markdown.
        code: the solution in Python, without docstrings and examples.
        stub: the file that the reader completes.
    """

    name: str
    title: str
    time: str
    chapter: str
    task: str
    hint: str
    solution: str
    code: str
    stub: str


def read(path: Path) -> Exercise:
    """Read an exercise from its file.

    Args:
        path: the file of the solved exercise.

    Returns:
        The exercise with its stub.

    Raises:
        SiteError: if a part is missing.
    """
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    words = DOCSTRING.fullmatch(ast.get_docstring(tree) or "")
    if words is None:
        raise SiteError(f"{path}: expected a docstring with title, Time, Chapter, task, perhaps Hint, and Solution")
    to_write = [node for node, _ in functions(path) if ">>> " in (ast.get_docstring(node) or "")]
    if not to_write:
        raise SiteError(f"{path}: no function has an example, so nothing would be checked")
    lines = source.splitlines()
    for node in reversed(to_write):
        lines[node.body[1].lineno - 1 : node.end_lineno] = [f"    {LEFT_OUT}"]
    head = (
        f"{words['title']}{'' if words['title'].endswith('?') else '.'} Time: {words['time']}.\n\n{words['task']}\n\n"
    )
    head += f"Check it with\n\n    python -m doctest {path.name}\n\nwhich prints nothing when every function is right."
    stub = [f'r"""{head}', '"""', *lines[tree.body[0].end_lineno or 0 :]]
    written = {node.name for node in to_write}
    code = "\n\n\n".join("\n".join(lines) for node, lines in functions(path) if node.name in written)
    return Exercise(
        name=path.stem.replace("_", "-"),
        title=words["title"],
        time=words["time"],
        chapter=words["chapter"],
        task=words["task"],
        hint=dedent(words["hint"] or ""),
        solution=dedent(words["solution"]),
        code=code,
        stub="\n".join(stub) + "\n",
    )


def all_exercises(folder: Path) -> dict[str, Exercise]:
    """Read every exercise.

    Args:
        folder: the folder of their files.

    Returns:
        The exercises by name.

    Raises:
        SiteError: if a part of one is missing.
    """
    return {exercise.name: exercise for exercise in map(read, sorted(folder.glob("*.py")))}


def stub_url(exercise: Exercise) -> str:
    """Tell where the site keeps the stub of an exercise.

    Args:
        exercise: the exercise.

    Returns:
        The address relative to the site's root.
    """
    return f"exercises/stubs/{exercise.name.replace('-', '_')}.py"


def chapter_title(docs: Path, chapter: str) -> str:
    """Look up the title of a chapter.

    Args:
        docs: the folder of the pages.
        chapter: the name of its page, such as "gradient-descent".

    Returns:
        The title with its number.

    Raises:
        SiteError: if there is no such page.
    """
    path = docs / "derivation" / f"{chapter}.md"
    if not path.is_file():
        raise SiteError(f"Chapter: {chapter}: no such page in {docs / 'derivation'}", snippet=f"Chapter: {chapter}")
    return path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")


def box(kind: str, title: str, text: str) -> str:
    """Write a box that is closed until the reader opens it.

    Args:
        kind: its CSS class.
        title: its title.
        text: what is in it, in Markdown.

    Returns:
        The Markdown.
    """
    return f'??? {kind} "{title}"\n\n{indent(text, "    ")}\n'


def render(exercise: Exercise, docs: Path) -> str:
    """Write an exercise for its page: title, task, and hint, stub and solution in closed boxes.

    Args:
        exercise: the exercise.
        docs: the folder of the pages.

    Returns:
        The Markdown.
    """
    chapter = f"[{chapter_title(docs, exercise.chapter)}](../derivation/{exercise.chapter}.md)"
    stub = stub_url(exercise).removeprefix("exercises/")
    download = f'<a href="../{stub}" download>{Path(stub).name}</a>'
    return "\n".join(
        [
            f"## {exercise.title} {{ #{exercise.name} }}\n",
            f"*{exercise.time[0].upper()}{exercise.time[1:]}. Chapter {chapter}.*\n",
            f"{exercise.task}\n",
            box("hint-box", "Hint", exercise.hint) if exercise.hint else "",
            box("stub-box", "Stub, with its check", f"{download}\n\n```python\n{after_docstring(exercise.stub)}\n```"),
            box("solution-box", "Solution", f"{exercise.solution}\n\n```python\n{exercise.code}\n```"),
        ]
    )


def after_docstring(source: str) -> str:
    """Leave out a file's docstring.

    Args:
        source: the file.

    Returns:
        The code after it.
    """
    return "\n".join(source.splitlines()[ast.parse(source).body[0].end_lineno :]).strip("\n")


def table(exercises: dict[str, Exercise], docs: Path) -> str:
    """List the exercises chapter by chapter; those that are the lab in bold.

    Args:
        exercises: the exercises by name.
        docs: the folder of the pages.

    Returns:
        A Markdown table.
    """
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
    """Find which page shows which exercise.

    Args:
        docs: the folder of the pages.

    Returns:
        The pages by name of the exercise, in the order of reading.

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


def links(chapter: str, exercises: dict[str, Exercise], docs: Path) -> str:
    """List the exercises of a chapter in one sentence, for the chapter's page.

    Args:
        chapter: the name of the page, such as "gradient-descent".
        exercises: the exercises by name.
        docs: the folder of the pages.

    Returns:
        The Markdown.

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


def insert(markdown: str, folder: Path, docs: Path) -> str:
    """Put the exercises into a page.

    Args:
        markdown: the page.
        folder: the folder of the exercises.
        docs: the folder of the pages.

    Returns:
        The page without placeholders of exercises.

    Raises:
        SiteError: if one names no exercise, or a part of an exercise is missing.
    """

    def replace(match: re.Match[str]) -> str:
        path = folder / f"{match[1].replace('-', '_')}.py"
        if not path.is_file():
            raise SiteError(f"{match.group()}: {path} is missing", snippet=match.group())
        return render(read(path), docs)

    def of_chapter(match: re.Match[str]) -> str:
        return links(match[1], all_exercises(folder), docs)

    markdown = OF_CHAPTER.sub(of_chapter, markdown)
    if TABLE in markdown:
        markdown = markdown.replace(TABLE, table(all_exercises(folder), docs))
    return PLACEHOLDER.sub(replace, markdown)
