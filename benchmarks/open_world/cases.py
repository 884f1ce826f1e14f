"""Everything that is handed in: each changed program's numbers, beside the truth about them."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from benchmarks.open_world import truth
from benchmarks.open_world.mutate import Mutant, compiled, mutants
from benchmarks.open_world.programs import Data, Program
from benchmarks.open_world.running import ETA, Broken, Inputs, Outcome, drawn, laid_out, parted, run
from benchmarks.open_world.truth import Compared

#: The ways in which everything is handed in.
SETTINGS = ("named", "float32", "step", "step-eta")


class Case(NamedTuple):
    """One changed program, or one as it was, run on data.

    Attributes:
        program: the program.
        data: what it was run with.
        inputs: the numbers that this gives.
        mutant: the change, or None for the program as it was.
        setting: one of SETTINGS.
        outcome: what is handed in.
        numbers: by array, as the truth sees it: in float64, with the sign of the program and the learning rate taken
            out; in a step without it, only up to a common factor.
        right: by array, the gradient of the loss that the program names.
        places: what the changed line computes, and what is computed by other lines whose change gives these numbers.
    """

    program: Program
    data: Data
    inputs: Inputs
    mutant: Mutant | None
    setting: str
    outcome: Outcome
    numbers: dict[str, np.ndarray]
    right: dict[str, np.ndarray]
    places: frozenset[str]

    @property
    def rounding(self) -> tuple[float, float]:
        """Below the first relative difference arrays agree, above the second they differ."""
        return truth.ROUNDING["single" if self.setting == "float32" else "double"]

    def compared(self, right: dict[str, np.ndarray]) -> dict[str, Compared]:
        """Compare each array with a gradient.

        Args:
            right: the gradient, by array.

        Returns:
            How they differ.
        """
        return {name: truth.compare(self.numbers[name], g, self.rounding[0]) for name, g in right.items()}


@lru_cache(maxsize=4096)
def gradient_of(program: Program, data: Data, single: bool, loss: str) -> dict[str, np.ndarray]:
    """Differentiate a loss at a program's numbers, without the program.

    Args:
        program: the program.
        data: what it is run with.
        single: whether the numbers are rounded to those of float32.
        loss: a name of `truth.LOSSES`.

    Returns:
        The gradient by array, as the program lays it out.
    """
    weights, biases = truth.gradient(loss, program.activations, drawn(program, data, single))
    return parted(program, laid_out(program, weights, biases))


def numbers_of(program: Program, outcome: Outcome, setting: str) -> dict[str, np.ndarray]:
    """Say what was handed in, as a gradient.

    Args:
        program: the program.
        outcome: what it computed.
        setting: one of SETTINGS.

    Returns:
        By array: the gradient that its author would believe to have.
    """
    if setting.startswith("step"):
        moved = {name: (w - outcome.after[name]) / ETA for name, w in outcome.before.items()}
        return parted(program, moved)
    return parted(program, {name: program.sign * g for name, g in outcome.gradients.items()})


def _key(numbers: dict[str, np.ndarray], scale_free: bool) -> tuple[float, ...]:
    """Sum numbers up, so that equal ones have equal sums."""
    flat = np.concatenate([array.ravel() for array in numbers.values()])
    size = float(np.linalg.norm(flat))
    if size == 0:
        return ()
    length = 0.0 if scale_free else round(float(np.log(size)), 7)
    sides = np.random.default_rng(0).normal(size=(3, flat.size))
    return (length, *(round(float(x), 7) for x in sides @ flat / size))


def cases_of(program: Program, data: Data, setting: str, changed: Sequence[Mutant]) -> tuple[list[Case], Counter[str]]:
    """Run every changed version of a program.

    Args:
        program: the program.
        data: what to run it with.
        setting: one of SETTINGS.
        changed: the changed versions.

    Returns:
        The cases, the unchanged program first; and how many broke, by reason.
    """
    single = setting == "float32"
    inputs = drawn(program, data, single)
    right = gradient_of(program, data, single, program.loss)
    found: list[Case] = []
    broken: Counter[str] = Counter()
    groups: dict[tuple[float, ...], set[str]] = {}
    original: tuple[float, ...] | None = None
    for mutant in (None, *changed):
        code = compiled(program) if mutant is None else mutant.code
        try:
            outcome = run(program, code, inputs)
            numbers = numbers_of(program, outcome, setting)
            if single:
                outcome = run(program, code, inputs, np.float32)
        except Broken as reason:
            broken[reason.args[0]] += 1
            continue
        key = _key(numbers, scale_free=setting == "step")
        original = key if mutant is None else original
        if mutant is not None and mutant.region == "update" and key == original and not setting.startswith("step"):
            continue
        groups.setdefault(key, set()).update(() if mutant is None else mutant.places)
        found.append(Case(program, data, inputs, mutant, setting, outcome, numbers, right, frozenset([str(key)])))
    by_text = {str(key): frozenset(places) for key, places in groups.items()}
    return [case._replace(places=by_text[next(iter(case.places))]) for case in found], broken


def all_cases(
    programs: Sequence[Program], setting: str, change: Callable[[Program], list[Mutant]] = mutants
) -> tuple[list[Case], Counter[str]]:
    """Run every changed version of every program on all of its data.

    Args:
        programs: the programs.
        setting: one of SETTINGS.
        change: lists the changed versions of a program.

    Returns:
        The cases, and how many broke, by reason.
    """
    found: list[Case] = []
    broken: Counter[str] = Counter()
    for program in programs:
        changed = change(program)
        for data in program.data:
            cases, more = cases_of(program, data, setting, changed)
            found += cases
            broken += more
    return found, broken
