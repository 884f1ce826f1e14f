"""One session of pytest, which imports and collects once, records which test runs which function, and then forks.

A process that was forked for a mutant runs the tests of the changed function, first those that run few other functions
and those that killed others of its mutants, until one fails.
"""

import gc
import hashlib
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import ROOT, Mutant

SLOW = 3.0  # seconds: no mutant is tried with a test that takes longer
PATIENCE = 15.0  # seconds: of the tests of a function those that fit into this time, unless another is given
RECORD = ROOT / "build" / "mutation.json"
KILLED, SURVIVED = 1, 0


class Record(NamedTuple):
    """What is known about a test: seconds it took (None if it failed or was too slow), and functions that it ran."""

    seconds: float | None
    functions: Sequence[str]


class TooSlow(BaseException):
    """A test takes too long to be run for each mutant; no `except Exception` shall catch it."""


@cache
def contents(path: Path) -> bytes:
    """Digest the contents of a file."""
    return hashlib.sha256(path.read_bytes()).digest()


def digest(paths: Iterable[Path]) -> str:
    """Digest the contents of files."""
    return hashlib.sha256(b"".join(map(contents, sorted(paths)))).hexdigest()[:16]


def in_children(jobs: Iterable[Callable[[], int]], processes: int) -> Iterator[tuple[int, int]]:
    """Run each job in a forked process of its own.

    Args:
        jobs: each returns an exit status.
        processes: how many run at a time.

    Yields:
        For each job that ended its number and its exit status, negative if a signal ended it.
    """
    running: dict[int, int] = {}

    def ended() -> tuple[int, int]:
        child, status = os.wait()
        return running.pop(child), os.waitstatus_to_exitcode(status)

    gc.collect()
    gc.freeze()  # so that a collection in a child does not copy the memory it shares
    for number, job in enumerate(jobs):
        child = os.fork()
        if child == 0:
            status = 2
            try:
                quiet = os.open(os.devnull, os.O_WRONLY)
                os.dup2(quiet, 1)
                status = job()
            finally:
                os._exit(status)
        running[child] = number
        if len(running) == processes:
            yield ended()
    while running:
        yield ended()


class Chosen(NamedTuple):
    """A test of a function: its name, the seconds that it takes, and how many functions it runs."""

    name: str
    seconds: float
    functions: int


def order(function: str, kills: Counter[tuple[str, str]], test: Chosen) -> float:
    """Put tests of few functions first, which are about this one, and those that have killed mutants of it."""
    return (test.seconds + 0.01) * test.functions**2 / (1 + 3 * kills[function, test.name])


def verdict(status: int) -> str:
    """Put an exit status into words; a signal that ended a process that computed without end counts as a test."""
    return {SURVIVED: "survived", -signal.SIGALRM: "waits without end"}.get(status, "killed")


class Session:
    """A plugin for pytest: instead of running all tests it tries mutants.

    Args:
        mutants: what to try.
        processes: how many run at a time.
        patience: seconds for a mutant; of the tests of its function those that fit into it are run.
        progress: called with each mutant, its verdict and the test that killed it, if one did.
    """

    def __init__(
        self,
        mutants: Sequence[Mutant],
        processes: int,
        patience: float,
        progress: Callable[[Mutant, str, str], None],
    ) -> None:
        self.mutants, self.processes, self.patience, self.progress = mutants, processes, patience, progress
        self.folder = tempfile.TemporaryDirectory()
        self.patch = pytest.MonkeyPatch()

    def pytest_collection(self, session: pytest.Session) -> None:
        """Take the results of the experiments from the last build: no mutant runs them again."""
        from tests.shared import Shared  # pytest wants to import the tests' modules first: it rewrites their asserts

        self.patch.setattr(Shared, "once", lambda self, name, make: "")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try the mutants."""
        if session.testsfailed:
            raise pytest.UsageError("tests cannot be collected")
        items = {item.nodeid: item for item in session.items}
        records = self.record(items)
        tests: dict[str, list[Chosen]] = {}
        for name, (seconds, functions) in records.items():
            for function in functions if seconds is not None else ():
                tests.setdefault(function, []).append(Chosen(name, seconds or 0.0, len(functions)))

        kills = Counter[tuple[str, str]]()

        def jobs() -> Iterator[Callable[[], int]]:
            for number, mutant in enumerate(self.mutants):
                proven = partial(order, mutant.key, kills)
                chosen = sorted(tests.get(mutant.key, []), key=proven)
                yield partial(self.run, mutant, chosen, items, self.killer(number))

        for number, status in in_children(jobs(), self.processes):
            mutant = self.mutants[number]
            if status == 2:
                raise RuntimeError(f"cannot be made: {mutant.change}")
            noted = self.killer(number)
            by = noted.read_text(encoding="utf-8") if noted.exists() else ""
            kills[mutant.key, by] += 1
            self.progress(mutant, verdict(status) if mutant.key in tests else "no test", by)
        self.folder.cleanup()
        self.patch.undo()
        return True

    def killer(self, number: int) -> Path:
        """Find the file in which the process of a mutant notes the test that killed it."""
        return Path(self.folder.name) / f"{number}.txt"

    def run(self, mutant: Mutant, chosen: Sequence[Chosen], items: Mapping[str, pytest.Item], note: Path) -> int:
        """Run tests on a mutant, in a process that was forked for it.

        Args:
            mutant: is made first.
            chosen: the tests of the function, in the order in which they are run.
            items: the tests by name.
            note: where the name of the test that fails is written.

        Returns:
            `KILLED` or `SURVIVED`. An endless loop is ended by a signal, when the process has used so much time of a
            processor as no loop that ends would; time in which others work does not count.
        """
        os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.mkdtemp(dir=self.folder.name)
        mutant.apply()
        selected, total = list[pytest.Item](), 0.0
        for test in chosen:
            if (total := total + test.seconds) > self.patience and selected:
                break
            selected.append(items[test.name])
        limit = int(time.process_time() + 3 * total) + 5
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        signal.alarm(900)
        for number, item in enumerate(selected, start=1):
            following = selected[number] if number < len(selected) else None
            if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                note.write_text(item.nodeid, encoding="utf-8")
                return KILLED
        return SURVIVED

    def record(self, items: Mapping[str, pytest.Item]) -> dict[str, Record]:
        """Find out which functions each test runs, and how long it takes.

        What an earlier run found counts where neither the test's file, nor a helper of the tests, nor a module of which
        it ran a function has changed.
        """
        helpers = [path for path in (ROOT / "tests").glob("*.py") if path.name[:5] != "test_"]

        def state(name: str, functions: Iterable[str]) -> str:
            """Digest what a test depends on."""
            modules = {ROOT / f"{function.partition(':')[0].replace('.', '/')}.py" for function in functions}
            return digest([items[name].path, *helpers, *(path for path in modules if path.exists())])

        kept = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
        known = {
            name: Record(*rest)
            for name, (before, *rest) in kept.items()
            if name in items and before == state(name, rest[1])
        }
        missing = [item for name, item in items.items() if name not in known]
        outputs = [Path(self.folder.name) / f"{part}.jsonl" for part in range(self.processes)]
        jobs = [
            lambda part=part, output=output: watch(missing[part :: self.processes], output)
            for part, output in enumerate(outputs)
        ]
        statuses = [status for _, status in in_children(jobs, self.processes)]
        if any(statuses):
            raise RuntimeError(f"the tests could not be watched: {statuses}")
        for output in outputs:
            for line in output.read_text(encoding="utf-8").splitlines():
                name, seconds, functions = json.loads(line)
                known[name] = Record(seconds, functions)
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(
            json.dumps({name: (state(name, record.functions), *record) for name, record in known.items()}),
            encoding="utf-8",
        )
        return known


def caches() -> list[Any]:
    """Find what remembers results, in the package and in the tests: it would hide that a test needs a function."""
    modules = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in {"backprop", "tests"}]
    return [thing for module in modules for thing in list(vars(module).values()) if hasattr(thing, "cache_clear")]


def used() -> float:
    """Return the seconds of a processor that this process has used, and those that it started and that ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def watch(items: Iterable[pytest.Item], output: Path) -> int:
    """Run each test alone, with fixtures of its own, and write what it ran; in a process that was forked for it."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    signal.signal(signal.SIGPROF, stop)
    package, remembered = ROOT / "backprop", caches()
    with output.open("w", encoding="utf-8") as lines:
        for item in items:
            for cache in remembered:
                cache.cache_clear()
            codes.clear()
            start = used()
            signal.setitimer(signal.ITIMER_PROF, 2 * SLOW)  # it is slower while it is watched
            threading.setprofile(note)
            sys.setprofile(note)
            try:
                reports = runtestprotocol(item, log=False, nextitem=None)
                passed = all(report.passed for report in reports)
            except TooSlow:
                passed = False
            finally:
                sys.setprofile(None)
                threading.setprofile(None)
                signal.setitimer(signal.ITIMER_PROF, 0)
            seconds = used() - start
            names = {
                f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}:{code.co_qualname.partition('.<locals>')[0]}"
                for code in codes
                if (path := Path(code.co_filename)).is_relative_to(package)
            }
            lines.write(json.dumps([item.nodeid, seconds if passed else None, sorted(names)]) + "\n")
    return 0
