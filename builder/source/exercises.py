"""Exercises: one file each, from which come the task on the page, the stub to download and the hidden solution.

A file of `exercises/` is the solved exercise. Its docstring has a title, the lines ``Time:`` and ``Chapter:``, the
task, perhaps a ``Hint:``, and the ``Solution:`` in words. Functions with examples are what the reader writes: the
examples are the check, and the stub is the same file without their bodies, without hint and solution.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from builder.errors import SiteError
from builder.source.code import undocumented

PARTS = re.compile(
    r"(?P<title>[^\n]+?)\.?\n\nTime: (?P<time>[^\n]+)\nChapter: (?P<chapter>[\w-]+)\n\n"
    r"(?P<task>.*?)\n\n(?:Hint:\n(?P<hint>    .*?)\n\n)?Solution:\n(?P<solution>    .*)",
    re.DOTALL,
)
LEFT_OUT = '    raise NotImplementedError("write this")'


@dataclass(frozen=True)
class Exercise:
    """An exercise, read from its file."""

    name: str  # its permanent name, such as "one-step": the anchor on its page
    title: str  # without full stop
    time: str  # how long it takes, in words
    chapter: str  # the page of the derivation that it belongs to, such as "gradient-descent"
    task: str  # what to do, in Markdown
    hint: str  # in Markdown, or ""
    solution: str  # in words, in Markdown
    code: str  # the solution in Python, without docstrings and examples
    to_write: str  # what the reader completes, below the docstring
    stub: str  # the file with it

    @property
    def stub_url(self) -> str:
        """Where the site keeps the stub, relative to its root."""
        return f"exercises/stubs/{self.name.replace('-', '_')}.py"


def read(path: Path) -> Exercise:
    """Read an exercise from its file.

    Raises:
        SiteError: if a part is missing.
    """
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    words = PARTS.fullmatch(ast.get_docstring(tree) or "")
    if words is None:
        raise SiteError(f"{path}: expected a docstring with title, Time, Chapter, task, perhaps Hint, and Solution")
    solved = [(node, code) for node, code in undocumented(path) if ">>> " in (ast.get_docstring(node) or "")]
    if not solved:
        raise SiteError(f"{path}: no function has an example, so nothing would be checked")
    lines = source.splitlines()
    for node, _ in reversed(solved):
        lines[node.body[1].lineno - 1 : node.end_lineno] = [LEFT_OUT]
    head = (
        f"{words['title']}{'' if words['title'].endswith('?') else '.'} Time: {words['time']}.\n\n{words['task']}\n\n"
        f"Check it with\n\n    python -m doctest {path.name}\n\nwhich prints nothing if every example passes."
    )
    below = "\n".join(lines[tree.body[0].end_lineno :])
    return Exercise(
        name=path.stem.replace("_", "-"),
        **{part: dedent(text or "") for part, text in words.groupdict().items()},
        code="\n\n\n".join(code for _, code in solved),
        to_write=below.strip("\n"),
        stub=f'r"""{head}\n"""\n{below}\n',
    )


def read_all(folder: Path) -> dict[str, Exercise]:
    """Read every exercise of a folder, by name."""
    return {exercise.name: exercise for exercise in map(read, sorted(folder.glob("*.py")))}
