"""What the processes of one run of the tests share."""

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from backprop.experiments.store import write_text


class Shared:
    """What the processes of one run of pytest share: a folder, and in it texts that the first that needs them makes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def once(self, name: str, make: Callable[[], str]) -> str:
        """Make a text, unless another process has made it; meanwhile the others wait.

        Args:
            name: the name of its file.
            make: makes it.

        Returns:
            The text.
        """
        path = self.folder / name
        with FileLock(path.with_name(f"{name}.lock")):
            if not path.exists():
                write_text(path, make())
            return path.read_text(encoding="utf-8")
