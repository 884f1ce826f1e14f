"""What is said when something on the site is wrong, and where it stands."""

from collections.abc import Sequence
from pathlib import Path


class SiteError(Exception):
    """Something on the site is wrong; a snippet of the source is that by which its file and line can be found."""

    def __init__(self, problem: str, snippet: str = "") -> None:
        super().__init__(problem)
        self.snippet = snippet


def place_of(snippet: str, files: Sequence[Path]) -> str:
    """Find where a piece of source stands; the first file is named if it stands nowhere."""
    first_line = snippet.strip().split("\n")[0]
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if first_line and first_line in line:
                return f"{path}:{number}"
    return str(files[0])
