"""What one build knows: created for each build, and passed from stage to stage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.beside import live
from builder.beside.printed import PrintedPage
from builder.source import equations as found
from builder.source import exercises
from builder.source.equations import Equation
from builder.source.exercises import Exercise
from builder.typeset import glossary
from builder.typeset.glossary import Glossary

NOTHING = live.Offer("off")


@dataclass
class Build:
    """A build of the site."""

    root: Path  # the folder of the project
    offered: live.Offer  # what its pages compute
    edition: bool  # whether the printed edition is made as well
    home: str | None  # the address of the site, with a slash at its end; None if it is published nowhere
    equations: Mapping[str, Equation]  # the numbered equations, by label
    functions: Mapping[str, str]  # where each function is shown, relative to the site's root
    glossary: Glossary  # what symbols mean
    exercises: Mapping[str, Exercise]  # by name
    titles: dict[str, str] = field(default_factory=dict)  # what each page is called, by its address
    printed: list[PrintedPage] = field(default_factory=list)  # the pages of the printed edition
    words: dict[str, str] = field(default_factory=dict)  # the description of each page, by its address
    latex: dict[str, str] = field(default_factory=dict)  # the LaTeX of each math element
    files: dict[str, str | bytes] = field(default_factory=dict)  # what is to stand beside the pages, by address

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


def read(root: Path, home: str | None, offered: live.Offer = NOTHING, edition: bool = False) -> Build:
    """Read everything that the pages are made from.

    Raises:
        SiteError: if something that was read is wrong; with file and line.
    """
    docs = root / "docs"
    equations = found.equations(root / "backprop" / "derivation", docs)
    return Build(
        root=root,
        offered=offered,
        edition=edition,
        home=home,
        equations=equations,
        functions=found.functions_shown(docs),
        glossary=glossary.read(docs / "notation.md", equations),
        exercises=exercises.read_all(root / "exercises"),
    )
