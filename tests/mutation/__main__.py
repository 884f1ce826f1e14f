"""Change the package one small thing at a time, and see whether the tests notice: python -m tests.mutation.

The derivation is changed in full, and every other module in a sample. Exit status 0 if every mutant of the derivation
and at least 95% of those of each other module are killed; those that compute the same numbers are listed in
`equivalents.toml` and do not count. Every other survivor is printed.
"""

import argparse
import math
import random
import sys
import time
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mutation.mutants import ROOT, Change, Mutant, mutations
from tests.mutation.session import PATIENCE, Session
from tests.site.building import RESULTS, run

LIST = Path(__file__).with_name("equivalents.toml")
ENOUGH = 0.95
SAMPLE = 150
LEFT_OUT = {"citing", "lab"}  # addresses and texts; a program for readers, which is compared with the package
#: Tests of drawings, pages and kept results, most of which take long.
SKIPPED = {"diagrams", "figures", "prose", "open_world", "mistakes", "imports", "tables", "fuzz"}


def listed() -> dict[Change, str]:
    """Read the list of equivalent mutants, each with the reason."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["equivalent"]
    return {Change(e["function"], e["was"], e["becomes"]): e["reason"] for e in entries}


def modules() -> dict[str, list[Path]]:
    """Name what is changed: the derivation as one, each other module that computes or decides."""
    package = ROOT / "backprop"
    paths = [*package.glob("[!_]*.py"), *package.glob("verification/[!_]*.py")]
    found = {path.stem: [path.relative_to(ROOT)] for path in sorted(paths) if path.stem not in LEFT_OUT}
    return {"derivation": sorted(path.relative_to(ROOT) for path in package.glob("derivation/*.py"))} | found


class Tally(NamedTuple):
    """The verdicts on the mutants of a module.

    Attributes:
        known: how many mutants there are.
        tried: how many were tried.
        killed: how many the tests noticed.
        equivalent: how many survived and are listed.
        survivors: those that are not listed.
        revived: those that are listed and were killed.
    """

    known: int
    tried: int
    killed: int
    equivalent: int
    survivors: list[Change]
    revived: list[Change]

    @property
    def rate(self) -> float:
        """Divide the killed by those that are not listed."""
        return self.killed / max(1, self.killed + len(self.survivors))


def tally(known: int, verdicts: Iterable[tuple[Change, bool]], equivalents: Iterable[Change]) -> Tally:
    """Count the verdicts.

    Args:
        known: how many mutants there are.
        verdicts: for each mutant that was tried whether it was killed.
        equivalents: what is listed.

    Returns:
        The counts.
    """
    given, same = list(verdicts), set(equivalents)
    alive = [change for change, killed in given if not killed]
    dead = [change for change, killed in given if killed]
    survivors = sorted(change for change in alive if change not in same)
    revived = sorted(same.intersection(dead) - set(alive))
    return Tally(known, len(given), len(dead), len(alive) - len(survivors), survivors, revived)


def interval(killed: int, tried: int, known: int) -> tuple[float, float]:
    """Find where the rate of all mutants lies if a random sample has been tried (Wilson's 95% interval).

    Args:
        killed: how many of the sample were killed.
        tried: how many there are in the sample.
        known: how many there are in all; the interval has no width if all were tried.

    Returns:
        Lower and upper end.
    """
    if tried == 0 or tried >= known:
        return (killed / max(1, tried),) * 2
    z, p = 1.96 * math.sqrt((known - tried) / (known - 1)), killed / tried
    middle, half = p + z * z / (2 * tried), z * math.sqrt(p * (1 - p) / tried + (z / (2 * tried)) ** 2)
    width = 1 + z * z / tried
    return (middle - half) / width, (middle + half) / width


def problems(name: str, found: Tally) -> list[str]:
    """Say what is not as it should be with a module."""
    least = 1.0 if name == "derivation" else ENOUGH
    low = [f"{name}: {found.rate:.1%} are killed, expected at least {least:.0%}"] if found.rate < least else []
    return low + [f"{name}: listed as equivalent, but killed: {change}" for change in found.revived]


def main(arguments: Sequence[str]) -> int:
    """Run it; `--help` prints the options."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Mutation testing.")
    parser.add_argument("--module", action="append", choices=modules(), help="change this one; repeatable")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of each module but the derivation")
    parser.add_argument("--all", action="store_true", help="every mutant, which takes hours")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds of tests for each mutant")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    if failure := run("backprop.experiments", "--out", str(RESULTS)):  # the claims are judged by them
        print(failure, file=sys.stderr)
        return 1
    equivalents, chosen, known = listed(), list[tuple[str, Mutant]](), dict[str, int]()
    for name, paths in modules().items():
        if name in (options.module or modules()):
            found = [write for path in paths for write in mutations(path)]
            known[name] = len(found)
            if name != "derivation" and not options.all:
                found = random.Random(f"{options.seed} {name}").sample(found, min(options.sample, len(found)))
            chosen += [(name, write()) for write in found]
    verdicts: dict[str, list[tuple[Change, bool]]] = {name: [] for name in known}
    module_of = {id(mutant): name for name, mutant in chosen}

    def note(mutant: Mutant, verdict: str, by: str) -> None:
        verdicts[module_of[id(mutant)]].append((mutant.change, verdict == "killed"))
        if (verdict == "killed") == (mutant.change in equivalents):
            print(f"{verdict}{f' by {by}' if by else ''}: {mutant.change}", flush=True)

    tests = [path for path in sorted((ROOT / "tests").glob("test_*.py")) if path.stem[5:] not in SKIPPED]
    session = Session([mutant for _, mutant in chosen], options.processes, options.patience, note)
    status = pytest.main(
        ["-n", "0", "-q", "-p", "no:cacheprovider", "--no-summary", "--doctest-modules", *map(str, tests)]
        + [str(path) for paths in modules().values() for path in paths],
        plugins=[session],
    )
    print(f"{'module':16} mutants  tried  killed  equivalent  survived  killed of the rest (95% interval)")
    complaints = []
    for name, given in verdicts.items():
        found_ = tally(known[name], given, equivalents)
        low, high = interval(found_.killed, found_.killed + len(found_.survivors), found_.known - found_.equivalent)
        print(
            f"{name:16} {found_.known:7} {found_.tried:6} {found_.killed:7} {found_.equivalent:11} "
            f"{len(found_.survivors):9}  {found_.rate:6.1%} ({low:.1%} to {high:.1%})"
        )
        complaints += problems(name, found_)
    print(f"seed {options.seed}, {time.perf_counter() - start:.0f} s")
    print(*complaints, sep="\n")
    return 1 if complaints or status or not any(verdicts.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
