"""Measure the diagnosis in the open world: python -m benchmarks.open_world [--sample N] [--setting NAME]."""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from backprop.__main__ import Parser
from backprop.experiments.store import code_hash, write_text
from benchmarks.open_world.cases import SETTINGS, Case, all_cases
from benchmarks.open_world.judge import Answer, Judgement, ask, judge
from benchmarks.open_world.mutate import Mutant, mutants
from benchmarks.open_world.programs import PROGRAMS, Program

#: How many examples of bad answers are kept.
WORST = 10
#: How many lines of such an answer are kept.
LINES = 12
#: How many changed programs a test repeats, in each setting.
SMALL = 30


def rates(judged: Sequence[tuple[Case, Answer, Judgement]]) -> dict[str, Any]:
    """Compute the rates.

    Args:
        judged: cases, answers and judgements.

    Returns:
        Counts, and the rates "false_name", "silent" (of all), "located" and "named" (of those that differ).
    """
    count: Counter[str] = Counter()
    for case, answer, found in judged:
        count["asked"] += 1
        count["differ"] += found.differs
        count["false"] += bool(found.false)
        for reason in found.false:
            count[f"false_{reason}"] += 1
        count["false_under_unknown"] += bool(found.false) and answer.verdict == "unknown"
        count["false_alarms"] += bool(found.false) and not found.differs
        count["silent"] += found.silent
        count["located"] += found.located
        count["named"] += found.named
        count["first"] += found.first
        count["unjudged"] += bool(found.unjudged)
        count["unchanged_not_correct"] += case.mutant is None and answer.verdict != "correct"
        for verdict in ("correct", "mistake", "unknown", "refused", "traceback"):
            count[verdict] += answer.verdict == verdict
    asked, differ = max(1, count["asked"]), max(1, count["differ"])
    return {
        "rates": {
            "false_name": count["false"] / asked,
            "silent": count["silent"] / asked,
            "located": count["located"] / differ,
            "named": count["named"] / differ,
        },
        "counts": {key: int(value) for key, value in sorted(count.items())},
    }


def badness(answer: Answer, found: Judgement) -> int:
    """Say how bad an answer is.

    Args:
        answer: the answer.
        found: its judgement.

    Returns:
        0 for a good one, up to 6 for a traceback.
    """
    if answer.verdict == "traceback":
        return 6
    if found.silent:
        return 5
    if found.false:
        return 3 + ("array" in found.false)
    if found.differs and not found.located:
        return 2
    return int(found.differs and not found.named)


def worst(judged: Sequence[tuple[Case, Answer, Judgement]], most: int = WORST) -> list[dict[str, Any]]:
    """Pick the worst answers, from as many programs as possible.

    Args:
        judged: cases, answers and judgements.
        most: how many.

    Returns:
        For each the program, the line and its change, the truth and the answer.
    """
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int, int, Case, Answer, Judgement]] = []
    for case, answer, found in judged:
        bad = badness(answer, found)
        if bad > 1:
            ranked.append((-bad, seen[case.program.name], len(ranked), case, answer, found))
            seen[case.program.name] += 1
    ranked.sort(key=lambda one: one[:3])
    first = [told(case, answer, found) for *_, case, answer, found in ranked[:most]]
    return [{**one, "answer": "\n".join(one["answer"].splitlines()[:LINES])} for one in first]


def told(case: Case, answer: Answer, found: Judgement) -> dict[str, Any]:
    """Describe one judged answer.

    Args:
        case: what was handed in.
        answer: what was said.
        found: the judgement.

    Returns:
        The description, ready for JSON.
    """
    mutant = case.mutant
    return {
        "program": case.program.name,
        "widths": list(case.data.widths),
        "examples": len(case.inputs.X),
        "setting": case.setting,
        "operator": mutant.operator if mutant else "",
        "line": mutant.line if mutant else 0,
        "original": mutant.original if mutant else "",
        "changed": mutant.changed if mutant else "(unchanged)",
        "places": sorted(case.places),
        "truth": {name: [float(f"{c.error:.3g}"), c.factor] for name, c in case.compared(case.right).items()},
        "verdict": answer.verdict,
        "mistakes": list(answer.mistakes),
        "place": answer.place,
        "incorrect": sorted(answer.incorrect),
        "loss": answer.loss,
        "false": list(found.false),
        "silent": found.silent,
        "located": found.located,
        "named": found.named,
        "answer": answer.text,
    }


def measure(
    cases: Sequence[Case], progress: Callable[[str], object] = lambda _: None
) -> tuple[list[tuple[Case, Answer, Judgement]], bool]:
    """Hand cases in and judge the answers.

    Args:
        cases: the cases.
        progress: told how far it is, now and then.

    Returns:
        Cases, answers and judgements; and whether all were asked before an interrupt.
    """
    found: list[tuple[Case, Answer, Judgement]] = []
    start = last = time.monotonic()
    try:
        for number, case in enumerate(cases, start=1):
            answer = ask(case)
            found.append((case, answer, judge(case, answer)))
            now = time.monotonic()
            if now - last > 2:
                last = now
                left = (now - start) / number * (len(cases) - number)
                progress(f"{case.setting}: {number} of {len(cases)}, about {left:.0f} s left")
    except KeyboardInterrupt:
        return found, False
    return found, True


def sampled(cases: Sequence[Case], sample: int | None, seed: int) -> list[Case]:
    """Draw some of the cases; the unchanged programs are always among them.

    Args:
        cases: all of them.
        sample: how many changed ones; None for all.
        seed: for the drawing.

    Returns:
        The cases drawn, in their order.
    """
    changed = [i for i, case in enumerate(cases) if case.mutant is not None]
    if sample is None or sample >= len(changed):
        return list(cases)
    chosen = set(np.random.default_rng(seed).permutation(changed)[:sample].tolist())
    return [case for i, case in enumerate(cases) if case.mutant is None or i in chosen]


def small(setting: str) -> dict[str, int]:
    """Measure a few cases of three programs, for a test to repeat.

    Args:
        setting: one of SETTINGS.

    Returns:
        The counts.
    """
    programs = [replace(program, data=program.data[:1]) for program in PROGRAMS[:3]]
    cases, _ = all_cases(programs, setting)
    counts: dict[str, int] = rates(measure(sampled(cases, SMALL, 0))[0])["counts"]
    return counts


def parser() -> Parser:
    """Describe the command line.

    Returns:
        The parser.
    """
    p = Parser(prog="python -m benchmarks.open_world", description="Measure the diagnosis in the open world.")
    p.add_argument("--sample", type=int, default=None, metavar="N", help="changed programs for each setting (all)")
    p.add_argument("--seed", type=int, default=0, metavar="S", help="for the sample (0)")
    p.add_argument("--setting", action="append", choices=SETTINGS, help="one of the settings; may be repeated (all)")
    p.add_argument("--program", action="append", metavar="NAME", help="only this program; may be repeated")
    p.add_argument("--out", type=Path, metavar="FILE.json", help="where to store the result")
    p.add_argument("--list", type=Path, metavar="FILE.jsonl", help="where to store every judged answer, one a line")
    p.add_argument("--held-out", action="store_true", help="the programs and changes that are held out")
    p.add_argument("--seen", action="store_true", help="those that were held out before they were used")
    return p


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure.

    Args:
        arguments: the words after the program's name; None for those of the process.

    Returns:
        The exit status: 0, 2 for bad arguments, 130 after an interrupt; what was measured before it is kept.
    """
    options: argparse.Namespace = parser().parse_args(arguments)
    programs: Sequence[Program] = PROGRAMS
    change: Callable[[Program], list[Mutant]] = mutants
    if options.held_out or options.seen:
        from benchmarks.open_world import held_out

        programs, change = held_out.PROGRAMS if options.held_out else held_out.SEEN, held_out.mutants
    if options.program:
        unknown = set(options.program) - {program.name for program in programs}
        if unknown:
            names = ", ".join(repr(program.name) for program in programs)
            print(f"program {min(unknown)!r} is unknown; expected one of {names}", file=sys.stderr)
            return 2
        programs = [program for program in programs if program.name in options.program]
    about: dict[str, Any] = {
        "code_hash": code_hash("backprop.verification.diagnosis"),
        "programs": len(programs),
        "seed": options.seed,
        "sample": options.sample,
    }
    result = kept_before(options.out, about) if options.out and options.setting else dict(about)
    lines: list[str] = []
    whole = True
    for setting in options.setting or SETTINGS:
        cases, broken = all_cases(programs, setting, change)
        chosen = sampled(cases, options.sample, options.seed)
        judged, whole = measure(chosen, lambda text: print(f"\r{text}    ", end="", file=sys.stderr, flush=True))
        print(file=sys.stderr)
        by_program: dict[str, list[tuple[Case, Answer, Judgement]]] = defaultdict(list)
        for one in judged:
            by_program[one[0].program.name].append(one)
        result[setting] = {
            **rates(judged),
            "could_be_asked": len(cases),
            "broken": dict(sorted(broken.items())),
            "by_program": {name: rates(part) for name, part in by_program.items()},
            "worst": worst(judged),
            "small": {} if options.held_out or options.seen else small(setting),
        }
        lines += [json.dumps(told(*one)) for one in judged]
        show(setting, result[setting])
        result["complete"] = whole
        if options.out:
            write_text(options.out, json.dumps(result, allow_nan=False, ensure_ascii=False, indent=1) + "\n")
        if options.list:
            write_text(options.list, "\n".join(lines) + "\n")
        if not whole:
            print("interrupted; what was measured is kept", file=sys.stderr)
            return 130
    return 0


def kept_before(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Read what was measured before, so that the settings that are not measured again stay.

    Args:
        path: where it is stored.
        about: what must be the same: the code, the programs, the sample.

    Returns:
        What was stored, or, if it is about something else or absent, only what it is about.
    """
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return dict(about)
    return stored if {key: stored.get(key) for key in about} == about else dict(about)


def show(setting: str, found: dict[str, Any]) -> None:
    """Print what was found.

    Args:
        setting: the setting.
        found: its part of the result.
    """
    for one in found["worst"]:
        print(f"— {one['program']} {'-'.join(map(str, one['widths']))}, {one['examples']} examples, {one['setting']}")
        print(f"  line {one['line']}: {one['original']}  →  {one['changed']}   [{one['operator']}]")
        differ = {name: error for name, (error, _) in one["truth"].items() if error > 1e-7}
        print(f"  differ: {differ}; places {one['places']}; false {one['false']}, silent {one['silent']}")
        print("    " + "\n    ".join(one["answer"].splitlines()[:8]))
    counts, rate = found["counts"], found["rates"]
    print(f"{setting}: asked {counts['asked']}, of which {counts['differ']} differ; broken before: {found['broken']}")
    print("  " + ", ".join(f"{name} {100 * value:.2f} %" for name, value in rate.items()))
    print("  " + ", ".join(f"{name} {value}" for name, value in counts.items() if name not in ("asked", "differ")))


if __name__ == "__main__":
    sys.exit(main())
