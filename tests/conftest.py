"""What all tests share: Hypothesis draws the same examples every time, and the results are those of the site."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from backprop.experiments import __main__ as program
from backprop.experiments.store import read_all, write_text

ROOT = Path(__file__).parents[1]

settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


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


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    folder = tmp_path_factory.getbasetemp()
    return Shared(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="session")
def results(shared: Shared) -> dict[str, dict[str, Any]]:
    """The results that the site shows; computed here only if the site was not built since the code changed."""
    folder = ROOT / "build" / "results"
    assert shared.once("experiments", lambda: str(program.main(["--out", str(folder)]))) == "0"
    return read_all(folder)
