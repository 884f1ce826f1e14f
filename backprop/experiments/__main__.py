"""Run the experiments: python -m backprop.experiments [NAME ...] --out FOLDER [--jobs N] [--quick].

Each experiment runs in a process of its own, and by default two of them run at a time if there are at least two cores.
A process returns its result and writes no file, so whatever happens to it, the results of the others are complete.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from backprop import checks
from backprop.__main__ import Parser
from backprop.experiments import ALONE, EXPERIMENTS, SLOW
from backprop.experiments.store import code_hash, holds, write_text

#: The command that computes an experiment, to which its name is appended.
WORKER = (sys.executable, "-m", "backprop.experiments.worker")

#: The environment variables of this command. NumPy's BLAS uses one thread, so that results do not depend on the number
#: of cores and two experiments do not compete for them. The allocator of Linux keeps up to 32 MiB of freed memory;
#: otherwise some experiments give theirs back and ask for it again in every epoch.
ENVIRONMENT = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    **dict.fromkeys(("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"), str(2**25)),
}


def cores() -> int:
    """Count the cores that this process may use.

    Returns:
        Their number.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def add_jobs(p: Parser, words: str) -> None:
    """Add the option to a command line that sets how many processes work at a time.

    Args:
        p: its parser.
        words: what the option's help says.
    """

    def jobs(text: str) -> int:
        return checks.whole_number("jobs", int(text), least=1)

    p.add_argument("--jobs", type=jobs, default=min(2, cores()), metavar="N", help=words)


def parser() -> Parser:
    """Describe the command line.

    Returns:
        The parser.
    """
    p = Parser(prog="python -m backprop.experiments", description="Compute the results that the pages show.")
    names = f"of {', '.join(EXPERIMENTS)} (default: all of these), or, slow, {', '.join(SLOW)}"
    p.add_argument("names", nargs="*", metavar="NAME", help=names)
    p.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to store them")
    add_jobs(p, "how many run at a time (default: 2, or 1 on one core); what measures time runs alone")
    p.add_argument(
        "--quick",
        action="store_true",
        help="keep every stored result, even of code that has changed since: for those who edit prose",
    )
    return p


def expected(name: str) -> float:
    """Tell how long an experiment is expected to take.

    Args:
        name: the experiment.

    Returns:
        Seconds.
    """
    return EXPERIMENTS.get(name, 600.0)


def time_left(waiting: Sequence[str], running: Mapping[str, float], done: Mapping[str, float], jobs: int) -> str:
    """Estimate the time left from the times that experiments have taken here and where they were measured.

    Args:
        waiting: the experiments that have not started.
        running: those that are running, each with the seconds since it started.
        done: those that have ended, each with the seconds it took.
        jobs: how many run at a time.

    Returns:
        A phrase such as "about 40 s left".

    Examples:
        >>> from backprop.experiments.__main__ import time_left
        >>> time_left(["spread", "xor", "timing"], running={}, done={}, jobs=2)
        'about 38 s left'
        >>> time_left(["spread"], running={}, done={"learning_rates": 20.0}, jobs=1)
        'about 40 s left'
        >>> time_left([], running={"spread": 15.0, "xor": 3.0}, done={"learning_rates": 10.0}, jobs=2)
        'about 5 s left'
    """
    pace = sum(done.values()) / sum(map(expected, done)) if done else 1.0
    rest = [max(0.0, pace * expected(name) - seconds) for name, seconds in running.items()]
    rest += [pace * expected(name) for name in waiting if name not in ALONE]
    beside = max(max(rest, default=0.0), sum(rest) / jobs)
    return f"about {beside + pace * sum(expected(name) for name in waiting if name in ALONE):.0f} s left"


class Failed(Exception):
    """An experiment has no result; the message says why."""


class Crew:
    """The processes that compute experiments.

    Attributes:
        running: the process of each experiment that runs, and when it started.
        done: for each experiment that has a result, the seconds that it took.
    """

    def __init__(self) -> None:
        self.running: dict[str, tuple[subprocess.Popen[str], float]] = {}
        self.done: dict[str, float] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def compute(self, name: str) -> dict[str, Any]:
        """Compute an experiment in a process of its own, and wait for it.

        Args:
            name: the experiment.

        Returns:
            Its result.

        Raises:
            Failed: if there is none.
        """
        with self._lock:
            if self._stopped:
                raise Failed("was not started")
            start = time.perf_counter()
            try:
                process = subprocess.Popen(
                    [*WORKER, name],
                    env=os.environ | ENVIRONMENT,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    encoding="utf-8",
                    start_new_session=True,  # an interrupt reaches this process only, which ends the others
                )
            except OSError as error:
                raise Failed(f"could not be started: {error}") from None
            self.running[name] = process, start
        text, _ = process.communicate()
        with self._lock:
            del self.running[name]
        status = process.returncode
        if status == 1 and text:
            raise Failed(f"failed: {text}")
        if status < 0:
            raise Failed(f"was ended by {signal.Signals(-status).name}")
        if status != 0:
            raise Failed("was interrupted" if status == 130 else f"ended with status {status}")
        result: dict[str, Any] = json.loads(text)
        self.done[name] = time.perf_counter() - start
        return result

    def since(self) -> dict[str, float]:
        """Tell for how long each experiment has been running.

        Returns:
            Seconds by experiment.
        """
        with self._lock:
            return {name: time.perf_counter() - start for name, (_, start) in self.running.items()}

    def stop(self) -> list[str]:
        """End all processes, and start no more.

        Returns:
            The experiments that were running.
        """
        with self._lock:
            self._stopped = True
            for process, _ in self.running.values():
                process.kill()
            return list(self.running)


def run(marks: Mapping[str, str], folder: Path, jobs: int) -> int:
    """Compute experiments and store their results; those that measure time run one by one at the end.

    Args:
        marks: the experiments, each with the code_hash of its code.
        folder: where to store the results.
        jobs: how many run at a time.

    Returns:
        The exit status: 0, 1 if a result is missing, 130 after an interrupt.
    """
    longest_first = sorted(marks, key=expected, reverse=True)
    beside, alone = ([name for name in longest_first if (name in ALONE) == part] for part in (False, True))
    jobs = max(1, min(jobs, len(beside)))
    if len(marks) > 1:
        processes = "one process" if jobs == 1 else f"{jobs} processes"
        print(f"{len(marks)} experiments in {processes}: {time_left(longest_first, {}, {}, jobs)}", flush=True)
    crew, status, ended = Crew(), 0, 0
    for names, at_a_time in ((beside, jobs), (alone, 1)):
        with ThreadPoolExecutor(at_a_time) as pool:
            waiting = {pool.submit(crew.compute, name): name for name in names}
            try:
                while waiting:
                    for future in wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED).done:
                        name = waiting.pop(future)
                        ended += 1
                        running = crew.since()
                        later = [*(set(waiting.values()) - set(running)), *(alone if names is beside else ())]
                        try:
                            content = {"code_hash": marks[name], **future.result()}
                            write_text(folder / f"{name}.json", json.dumps(content, allow_nan=False))
                        except Failed as error:
                            print(f"backprop: experiment {name} {error}", file=sys.stderr, flush=True)
                            status = 1
                            continue
                        print(
                            f"experiment {ended} of {len(marks)}: {name} took {crew.done[name]:.1f} s "
                            f"({time_left(later, running, crew.done, jobs)})",
                            flush=True,
                        )
            except OSError as error:
                crew.stop()
                print(f"backprop: cannot store experiment {name} in {folder}: {error}", file=sys.stderr)
                return 1
            except KeyboardInterrupt:
                running_then = ", ".join(sorted(crew.stop()))
                print(f"backprop: interrupted in experiment {running_then}", file=sys.stderr)
                return 130
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments whose code has changed, and store their results.

    Args:
        arguments: the words after the program's name; None for those of the process.

    Returns:
        The exit status: 0, 1 if one failed, 2 for bad arguments, 130 after an interrupt. Earlier results are kept.
    """
    options: argparse.Namespace = parser().parse_args(arguments)
    unknown = [name for name in options.names if name not in (*EXPERIMENTS, *SLOW)]
    if unknown:
        names = ", ".join((*EXPERIMENTS, *SLOW))
        print(f"backprop: experiment {unknown[0]!r} is unknown; expected one of {names}", file=sys.stderr)
        return 2
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        write_text(options.out / ".writable", "")
        (options.out / ".writable").unlink()
    except OSError as error:
        print(f"backprop: cannot write to {options.out}: {error}", file=sys.stderr)
        return 1
    marks = {name: code_hash(f"backprop.experiments.{name}") for name in options.names or EXPERIMENTS}
    marks = {name: mark for name, mark in marks.items() if not holds(options.out, name, mark)}
    if options.quick:
        old = [name for name in marks if (options.out / f"{name}.json").exists()]
        if old:
            print(f"backprop: kept as they were, though their code has changed: {', '.join(old)}", file=sys.stderr)
        marks = {name: mark for name, mark in marks.items() if name not in old}
    return run(marks, options.out, options.jobs)


if __name__ == "__main__":
    for ending in ("SIGTERM", "SIGHUP"):  # a process that is told to end also ends those that it started
        if hasattr(signal, ending):
            signal.signal(getattr(signal, ending), signal.default_int_handler)
    sys.exit(main())
