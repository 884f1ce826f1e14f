"""The site that the tests look at: built once for all processes of a run, while they are busy with other tests."""

import os
import subprocess
import sys
from pathlib import Path

from builder.beside import printed
from tests.shared import Shared

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "results"
#: The site that is there already, which is not built again.
GIVEN = os.environ.get("BUILT_SITE")
#: Where the site believes it is: the setting of mkdocs.yml, which is used where no address is given. The browser is led
#: from here to the server of the tests, whatever its port is.
ADDRESS = "http://127.0.0.1:8000/"


def run(*command: str, **variables: str) -> str:
    """Run a module of Python.

    Args:
        command: its name and arguments.
        variables: of the environment; the others are this process's.

    Returns:
        What it said if it failed; otherwise nothing.
    """
    environment = {name: value for name, value in os.environ.items() if name != "SITE_URL"} | variables
    line = [sys.executable, "-m", *command]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def computed(shared: Shared) -> str:
    """Compute the results that the site shows, where the code has changed, unless another process has.

    Args:
        shared: what the processes share.

    Returns:
        What the program said if it failed; otherwise nothing.
    """
    return shared.once("experiments", lambda: run("backprop.experiments", "--out", str(RESULTS)))


def build(folder: Path) -> str:
    """Build the site as the README's first command does, but strictly, and with its printed edition.

    Args:
        folder: where to.

    Returns:
        What the builder said if it failed; otherwise nothing.
    """
    edition = "false" if printed.browser() is None else "true"
    return run(
        "mkdocs", "build", "--strict", "--site-dir", str(folder), NO_MKDOCS_2_WARNING="1", PRINTED_EDITION=edition
    )


def built(shared: Shared) -> str:
    """Build the site, unless another process has; if one is at it, wait.

    Args:
        shared: what the processes share.

    Returns:
        What the builder said if it failed; otherwise nothing.
    """
    return computed(shared) or shared.once("built", lambda: build(shared.folder / "site"))
