"""What one build knows: made anew for each build, and passed from station to station."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mkdocs.structure.pages import Page

from builder.beside.citations import check_facts
from builder.home import Home
from builder.source import equations as found
from builder.source import exercises
from builder.source.equations import Equation, Step
from builder.source.exercises import Exercise
from builder.typeset import glossary
from builder.typeset.glossary import Glossary


@dataclass
class Build:
    """A build of the site.

    Attributes:
        root: the folder of the project.
        home: where the site is published.
        equations: the numbered equations, by label.
        steps: the functions of the derivation.
        functions: for each of them the address of its page and its id there.
        glossary: what symbols mean.
        exercises: the exercises, by name.
        titles: what each page is called, by its address.
        printed: the pages of the printed edition.
        words: the description of each page, by its address.
        latex: the LaTeX of each math element.
        files: what is to stand beside the pages, by address.
    """

    root: Path
    home: Home
    equations: Mapping[str, Equation]
    steps: Sequence[Step]
    functions: Mapping[str, tuple[str, str]]
    glossary: Glossary
    exercises: Mapping[str, Exercise]
    titles: dict[str, str] = field(default_factory=dict)
    printed: list[Page] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    latex: dict[str, str] = field(default_factory=dict)
    files: dict[str, str | bytes] = field(default_factory=dict)

    @property
    def docs(self) -> Path:
        """The folder of the pages."""
        return self.root / "docs"

    @property
    def derivation(self) -> Path:
        """The folder of the derivation."""
        return self.root / "backprop" / "derivation"

    @property
    def planted(self) -> Path:
        """The file of the planted mistakes."""
        return self.root / "tests" / "test_planted_mistakes.py"

    @property
    def made(self) -> Path:
        """The folder of what is computed and drawn: results, figures, cards, fonts."""
        return self.root / "build"

    @property
    def formulas(self) -> dict[str, str]:
        """The LaTeX of the numbered equations, by label."""
        return {label: latex for step in self.steps for label, latex in step.formulas.items()}


def read(root: Path, home: Home) -> Build:
    """Read everything that the pages are made from.

    Raises:
        SiteError: if something that was read is wrong; with file and line.
    """
    docs, package = root / "docs", root / "backprop" / "derivation"
    check_facts(root / "CITATION.cff")
    equations = found.equations(package, docs)
    return Build(
        root=root,
        home=home,
        equations=equations,
        steps=list(found.steps(package)),
        functions=found.functions_shown(docs),
        glossary=glossary.read(docs / "notation.md", equations),
        exercises=exercises.read_all(root / "exercises"),
    )
