"""Change the derivation one small thing at a time, and see whether the tests notice: python -m tests.mutation.

mutmut makes the mutants and runs the tests that `[tool.mutmut]` in pyproject.toml names. Here its verdicts are compared
with `equivalents.toml`: exit status 0 if exactly the listed mutants survive, else 1 and a list.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("equivalents.toml")


class Change(NamedTuple):
    """What a mutant changes: in which function which line becomes which."""

    function: str
    was: str
    becomes: str

    def __str__(self) -> str:
        """Show it as a difference."""
        return f"{self.function}\n  - {self.was}\n  + {self.becomes}"


def listed() -> dict[Change, str]:
    """Read the list of equivalent mutants, each with the reason."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["equivalent"]
    return {Change(e["function"], e["was"], e["becomes"]): e["reason"] for e in entries}


def judge(survivors: Iterable[Change], equivalents: Iterable[Change]) -> list[str]:
    """Say what is wrong: survivors that are not listed, and listed ones that do not survive."""
    survived, known = set(survivors), set(equivalents)
    problems = [f"survived, and is not listed: {change}" for change in sorted(survived - known)]
    return problems + [
        f"listed, but did not survive or does not exist: {change}" for change in sorted(known - survived)
    ]


def verdicts(output: str) -> dict[str, str]:
    """Read what `mutmut results --all true` prints: the verdict on each mutant."""
    found = re.findall(r"^\s*(backprop\.\S+): (.+)$", output, re.MULTILINE)
    return {name: verdict.strip() for name, verdict in found}


def change_of(name: str, difference: str) -> Change:
    """Read what `mutmut show` prints: the change that a mutant is."""
    module, _, mutant = name.rpartition(".")
    function = mutant.removeprefix("x_").partition("__mutmut_")[0]
    lines = [line for line in difference.splitlines() if not line.startswith(("---", "+++"))]
    was, becomes = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Change(f"{module.rpartition('.')[2]}.{function}", was, becomes)


def mutmut(*arguments: str) -> str:
    """Run mutmut and return what it prints."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, encoding="utf-8", errors="replace"
    ).stdout


def main(arguments: Sequence[str]) -> int:
    """Run it.

    Args:
        arguments: how many processes to use; none for two.

    Returns:
        The exit status: 0 if exactly the listed mutants survive, else 1.
    """
    start = time.perf_counter()
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    mutmut("run", "--max-children", *(arguments or ["2"]))
    found = verdicts(mutmut("results", "--all", "true"))
    alive = [name for name, verdict in found.items() if verdict != "killed"]
    survivors = [change_of(name, mutmut("show", name)) for name in alive]
    problems = judge(survivors, listed())
    print(
        f"{len(found)} mutants: {len(found) - len(alive)} killed, {len(alive)} not, "
        f"{len(listed())} listed as equivalent; {time.perf_counter() - start:.0f} s"
    )
    print(*problems, sep="\n")
    return 1 if problems or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
