"""Measure, in a process that `benchmarks.__main__` started with the variables that one thread needs."""

import argparse
import ast
import contextlib
import importlib.metadata
import inspect
import json
import os
import platform
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from backprop import Model, fast, linear, xor
from backprop.__main__ import Parser
from backprop.derivation import backpropagation_cost
from backprop.ensemble import stack
from backprop.experiments.store import code_hash, write_text
from benchmarks import peers
from benchmarks.rewritings import REWRITINGS

ETA = 1.0

#: Contestants that take seconds for what others do in a tenth: they train for so many times fewer epochs.
SLOWER = {"PyTorch, autograd": 10, "HIPS autograd": 10}

#: Epochs for one network of 4 and of 64 hidden units, runs and epochs of the ensembles, and how often each is timed.
FULL: dict[str, Any] = {"epochs": 10_000, "wide": 2000, "ensembles": {256: 400, 1000: 100}, "rounds": 7}
SHORT: dict[str, Any] = {"epochs": 2500, "wide": 500, "ensembles": {256: 400, 1000: 100}, "rounds": 5}
QUICK: dict[str, Any] = {"epochs": 100, "wide": 100, "ensembles": {8: 20}, "rounds": 2}


def timed(works: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Time several things in turn, several times, after each has been done once.

    It is the processor's time that counts, so that another program's turn does not.

    Args:
        works: what to time.
        rounds: how often each is timed.

    Returns:
        For each the seconds of every round.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            start = time.process_time()
            work()
            seconds[name].append(time.process_time() - start)
    return seconds


def summary(
    seconds: Sequence[float], of_fast: Sequence[float], updates: float, fast_updates: float
) -> dict[str, float]:
    """Sum up the rounds of one contestant.

    Args:
        seconds: its time in every round.
        of_fast: the fast path's.
        updates: the runs times the epochs that it trains.
        fast_updates: the fast path's.

    Returns:
        Microseconds for one run and epoch, median, least and most; and how many times the fast path's that is, by
        round: median, least and most.
    """
    times = [1e6 * t / updates for t in seconds]
    ratios = [t / (1e6 * f / fast_updates) for t, f in zip(times, of_fast, strict=True)]
    return {
        "us": median(times),
        "us_low": min(times),
        "us_high": max(times),
        "ratio": median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
    }


def race(
    contestants: Mapping[str, peers.Contestant], data: tuple[Any, ...], runs: int, epochs: int, rounds: int
) -> dict[str, dict[str, Any]]:
    """Let contestants train the same, first compare their last losses, then time them.

    Args:
        contestants: by name; "fast" is among them.
        data: X, y, w1 and w2.
        runs: how many networks that is.
        epochs: the number of updates.
        rounds: how often each is timed.

    Returns:
        For each what `summary` says, and the largest relative deviation of a last loss from the specification's.

    Raises:
        ValueError: if a last loss is not the specification's to a relative 1e-9.
    """
    X, y, w1, w2 = data
    reference = peers.by_engine("reference")(X, y, w1, w2, ETA, epochs)
    works: dict[str, Callable[[], np.ndarray]] = {}
    deviations, length = {}, {}
    for name, train in contestants.items():
        length[name] = max(1, epochs // SLOWER.get(name, 1))
        works[name] = partial(train, X, y, w1, w2, ETA, length[name])
        losses = works[name]()
        deviations[name] = float(np.max(np.abs(losses[..., -1] / reference[..., length[name] - 1] - 1)))
        if not deviations[name] < 1e-9:
            raise ValueError(f"{name} ends {deviations[name]:.1e} off the specification's loss; expected below 1e-9")
    seconds = timed(works, rounds)
    return {
        name: summary(seconds[name], seconds["fast"], runs * length[name], runs * length["fast"])
        | {"deviation": deviations[name]}
        for name in contestants
    }


def calls_of(function: Callable[..., Any]) -> int:
    """Count the calls and operators of an epoch with two layers, each of which is one call of NumPy.

    Args:
        function: one of the rewritings, or the fast path.

    Returns:
        The number in the loop that has most of them. A loop within it goes over further layers and is not counted.
    """
    kinds = (ast.Call, ast.BinOp, ast.UnaryOp)
    loops = [n for n in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))) if isinstance(n, ast.For)]
    own = ([statement for statement in loop.body if not isinstance(statement, ast.For)] for loop in loops)
    return max(sum(isinstance(node, kinds) for part in body for node in ast.walk(part)) for body in own)


def machine() -> dict[str, str]:
    """Say on what the time was taken, and with which versions.

    Returns:
        Texts for the page.
    """
    names = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", names.read_text(encoding="utf-8")) if names.exists() else None
    blas: list[dict[str, Any]] = []
    with contextlib.suppress(ImportError):
        import threadpoolctl

        blas = [p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas" and "numpy" in p["filepath"]]
    versions = {}
    for name in ("torch", "jax", "numba", "autograd"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    compiler = ""
    with contextlib.suppress(OSError):
        version = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=False).stdout
        compiler = version.split("\n")[0]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": found[1] if found else platform.processor() or platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": ", ".join(f"{p['internal_api']} {p['version']} ({p['architecture']})" for p in blas),
        "compiler": compiler,
        **versions,
    }


def rewritings(data: tuple[Any, ...], epochs: int, rounds: int) -> list[dict[str, Any]]:
    """Time the way from the specification's steps to the fast path.

    Args:
        data: X, y, w1 and w2.
        epochs: the number of updates.
        rounds: how often each is timed.

    Returns:
        For each rewriting its "name", its "calls" of NumPy in an epoch, its time, and how many times the first one's
        speed it has.
    """
    works = {f.__name__: partial(f, *data, ETA, epochs) for f in REWRITINGS}
    seconds = timed(works, rounds)
    first = seconds[REWRITINGS[0].__name__]
    counts: list[int | None] = [calls_of(f) for f in REWRITINGS[1:-1]]
    counts = [None, *counts, calls_of(fast._one)]  # the steps make more, in the functions that they call
    return [
        {
            "name": name.replace("_", " "),
            "calls": count,
            "us": 1e6 * median(times) / epochs,
            "gain": median(a / b for a, b in zip(first, times, strict=True)),
        }
        for (name, times), count in zip(seconds.items(), counts, strict=True)
    ]


def growth(epochs: int, rounds: int) -> dict[str, list[list[float]]]:
    """Time the fast path for more epochs, more examples and more runs.

    Args:
        epochs: the number of updates where it is not what grows.
        rounds: how often each is timed.

    Returns:
        "epochs", "examples" and "runs": pairs of a number and the seconds it takes; "examples" for one epoch.
    """
    model = Model.random([2, 4, 1])
    stacked = {runs: stack([Model.random([2, 4, 1], seed) for seed in range(runs)]) for runs in (125, 500, 2000)}
    points = {n: linear(n) for n in (1, 10, 100, 1000, 10_000)}
    works: dict[str, Callable[[], Any]] = {}
    for n in (epochs // 10, epochs, 10 * epochs):
        works[f"epochs {n}"] = partial(fast.train, model, *xor(), ETA, n)
    updates = {n: epochs if n <= 100 else epochs // 10 for n in points}
    for n, data in points.items():
        works[f"examples {n}"] = partial(fast.train, model, *data, ETA, updates[n])
    for n, networks in stacked.items():
        works[f"runs {n}"] = partial(fast.train, networks, *xor(), ETA, epochs // 100)
    grown: dict[str, list[list[float]]] = {"epochs": [], "examples": [], "runs": []}
    for name, seconds in timed(works, rounds).items():
        what, number = name.split()
        grown[what].append([int(number), median(seconds) / (updates[int(number)] if what == "examples" else 1)])
    return grown


def facts(result: Mapping[str, Any]) -> dict[str, Any]:
    """Pick out and derive what the page says in its sentences.

    Args:
        result: what was measured.

    Returns:
        Numbers by name; those about C only if C took part.
    """
    n, widths = 100, (2, 4, 1)
    examples = {int(n): 1e6 * seconds for n, seconds in result["growth"]["examples"]}
    calls = result["rewritings"][-1]["calls"]
    races = [*result["single"].values(), *result["many"].values()]
    single = result["single"]["linear"]
    derived = {
        "rewritings": len(REWRITINGS) - 1,
        "multiplications": n * sum(a * b for a, b in pairwise(widths)) + backpropagation_cost(widths, n),
        "exponentials": n * sum(widths[1:]),
        "calls": calls,
        "one_example_us": examples[1],
        "hundred_examples_us": examples[100],
        "call_us": examples[1] / calls,
        "specification_us": single["reference"]["us"],
        "specification_of_report": single["reference"]["ratio"] / single["report style"]["ratio"],
        "block": fast.BLOCK // (n * widths[1]),
        "largest_deviation": max(row["deviation"] for race in races for row in race.values()),
    }
    vectorised = "C, vectorised"
    if vectorised in single:
        last = [race for name, race in result["many"].items() if name.startswith("linear")][-1]
        derived["limit_us"] = single[vectorised]["us"]
        derived["limit_many"] = 1 / last[vectorised]["ratio"]
    return derived


def measure(size: Mapping[str, Any]) -> dict[str, Any]:
    """Measure everything.

    Args:
        size: how long and how often.

    Returns:
        What is stored.
    """
    single, many, missing = peers.contestants()
    for tool, why in missing.items():
        print(f"skipped: {tool}: {why}", flush=True)
    rounds = size["rounds"]
    result: dict[str, Any] = {
        "rounds": rounds,
        "eta": ETA,
        "machine": machine(),
        "missing": missing,
        "single": {},
        "many": {},
    }
    data: tuple[Any, ...]
    for name, data in (("linear", linear(100)), ("xor", xor())):
        weights = Model.random([2, 4, 1]).weights
        print(f"one network, {name}", flush=True)
        result["single"][name] = race(single, (*data, *weights), 1, size["epochs"], rounds)
        for runs, epochs in size["ensembles"].items():
            print(f"{runs} networks, {name}", flush=True)
            stacked = stack([Model.random([2, 4, 1], seed) for seed in range(runs)])
            if name == "linear":
                data = tuple(np.stack(arrays) for arrays in zip(*(linear(100, s) for s in range(runs)), strict=True))
            result["many"][f"{name}-{runs}"] = race(many, (*data, *stacked.weights), runs, epochs, rounds)
    print("one network of 64 hidden units", flush=True)
    wide = Model.random([2, 64, 1]).weights
    result["single"]["wide"] = race(single, (*linear(100), *wide), 1, size["wide"], rounds)
    print("rewritings", flush=True)
    result["rewritings"] = rewritings((*linear(100), *Model.random([2, 4, 1]).weights), size["epochs"], rounds)
    print("growth", flush=True)
    result["growth"] = growth(size["epochs"], rounds)
    return result | {"facts": facts(result)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and store the result.

    Args:
        arguments: the words after the program's name; None for those of the process.

    Returns:
        The exit status: 0; 1 if a contestant computes something else or nothing could be stored; 130 if interrupted.
    """
    p = Parser(prog="python -m benchmarks", description="Measure training side by side with peers, on one thread.")
    p.add_argument("--out", type=Path, metavar="FOLDER", help="where to store speed.json (default: nowhere)")
    p.add_argument("--short", action="store_true", help="fewer epochs and rounds, for a busy machine")
    p.add_argument("--quick", action="store_true", help="a few epochs only, to see that everything runs")
    options: argparse.Namespace = p.parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, whatever a tool thinks of threads
    try:
        result = measure(QUICK if options.quick else SHORT if options.short else FULL)
        for name, table in {**result["single"], **result["many"]}.items():
            print(f"\n{name}: microseconds for a run and epoch, and times the fast path's")
            for who, row in table.items():
                ratios = f"{row['ratio']:6.2f} ({row['ratio_low']:.2f} to {row['ratio_high']:.2f})"
                print(f"  {who:30} {row['us']:9.3f} {ratios}  deviation {row['deviation']:.0e}")
        for row in result["rewritings"]:
            print(f"  {row['name']:30} {row['us']:9.2f} {row['gain']:6.2f}  calls {row['calls'] or ''}")
        if options.out is not None:
            stored = {"code_hash": code_hash("backprop.fast"), **result}
            write_text(options.out / "speed.json", json.dumps(stored, indent=1, allow_nan=False) + "\n")
    except (ValueError, OSError) as error:
        print(f"backprop: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("backprop: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
