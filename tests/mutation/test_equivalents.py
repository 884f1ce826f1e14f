"""The list of equivalent mutants, and what is made, counted and judged; the mutants of the package are not run here."""

import inspect
import signal
import sys
from collections import Counter
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutation.__main__ import ENOUGH, interval, listed, modules, problems, tally
from tests.mutation.mutants import ROOT, Change, Mutant, function_of, mutations
from tests.mutation.session import KILLED, SURVIVED, Chosen, order, verdict

EQUIVALENTS = listed()
MODULES = {path.stem: path for paths in modules().values() for path in paths}


@pytest.mark.parametrize("change", EQUIVALENTS, ids=str)
def test_what_is_listed_stands_in_the_code_and_has_a_reason(change: Change) -> None:
    name, _, function = change.function.partition(".")
    thing = import_module(".".join(MODULES[name].with_suffix("").parts))
    for part in function.split("."):
        thing = inspect.getattr_static(thing, part)
    source = " ".join(line.strip() for line in inspect.getsource(function_of(thing)).splitlines())
    assert change.was in source
    assert EQUIVALENTS[change].endswith(".")


def test_every_listed_change_of_the_loss_is_one_that_is_made() -> None:
    wanted = {change for change in EQUIVALENTS if change.function.startswith("loss.")}
    assert wanted <= {write().change for write in mutations(MODULES["loss"])}


def test_all_that_computes_or_decides_is_changed() -> None:
    package = {path.relative_to(ROOT) for path in (ROOT / "backprop").glob("*.py")}
    package |= {
        path.relative_to(ROOT)
        for part in ("derivation", "verification")
        for path in (ROOT / "backprop" / part).glob("*.py")
    }
    left = {path.stem for path in package - set(MODULES.values())}
    assert left == {"__init__", "__main__", "citing", "lab"}


EXAMPLE = '''
from functools import cache

@cache
def f(a, b=2):
    """One text."""
    if a < b:
        return f"{a} is less"
    return zip([a], [b], strict=True)

class C:
    @property
    def g(self):
        return "one" + "two"
'''


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Mutant]:
    (tmp_path / "changed_example.py").write_text(EXAMPLE)
    monkeypatch.setattr("tests.mutation.mutants.ROOT", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "changed_example", raising=False)
    return [write() for write in mutations(Path("changed_example.py"))]


def test_every_change_that_a_test_could_see_is_made_once(example: list[Mutant]) -> None:
    assert [change for _, *change in (mutant.change for mutant in example)] == [
        ["def f(a, b=2):", "def f(a, b=3):"],
        ["if a < b:", "if a <= b:"],
        ['return f"{a} is less"', 'return f"{a}XX is lessXX"'],
        ["return zip([a], [b], strict=True)", "return zip(None, [b], strict=True)"],
        ["return zip([a], [b], strict=True)", "return zip([a], None, strict=True)"],
        ["return zip([a], [b], strict=True)", "return zip([b], strict=True)"],
        ["return zip([a], [b], strict=True)", "return zip([a], strict=True)"],
        ['return "one" + "two"', 'return "one" - "two"'],
        ['return "one" + "two"', 'return "XXoneXX" + "two"'],
        ['return "one" + "two"', 'return "one" + "XXtwoXX"'],
    ]
    assert {mutant.change.function for mutant in example} == {"changed_example.f", "changed_example.C.g"}


def test_a_change_is_seen_by_those_who_imported_the_function_before(example: list[Mutant]) -> None:
    module: ModuleType = import_module("changed_example")
    f, instance = module.f, module.C()
    assert (f(1), instance.g) == ("1 is less", "onetwo")
    f.cache_clear()
    example[2].apply()
    example[-1].apply()
    assert (f(1), instance.g) == ("1XX is lessXX", "oneXXtwoXX")
    example[0].apply()
    assert f(2) == "2 is less"


def test_who_reads_the_source_of_a_changed_function_reads_it_as_it_was(example: list[Mutant]) -> None:
    f = inspect.unwrap(import_module("changed_example").f)
    before = inspect.getsource(f)
    example[2].apply()
    assert f(1) == "1XX is lessXX"
    assert inspect.getsource(f) == before


def test_tests_of_few_functions_come_first_and_before_them_those_that_killed() -> None:
    unit, whole, slow = Chosen("unit", 0.2, 3), Chosen("whole", 0.02, 100), Chosen("slow", 0.9, 3)
    kills = Counter[tuple[str, str]]()
    assert sorted([whole, slow, unit], key=partial(order, "f", kills)) == [unit, slow, whole]
    kills["f", "slow"] += 2
    kills["g", "whole"] += 100  # of another function
    assert sorted([whole, slow, unit], key=partial(order, "f", kills)) == [slow, unit, whole]


def test_a_process_that_only_waited_has_not_noticed_the_mutant() -> None:
    statuses = (SURVIVED, KILLED, -signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL, -signal.SIGSEGV)
    assert [verdict(status) for status in statuses] == ["survived", "killed", "waits without end", *["killed"] * 3]


# What is counted


ONE, OTHER = Change("loss.f", "a + b", "a - b"), Change("loss.g", "a * b", "a / b")


def test_an_equivalent_one_does_not_count_and_a_listed_one_that_died_is_a_problem() -> None:
    verdicts = [(ONE, False), (OTHER, True)]
    assert tally(9, verdicts, [ONE]) == (9, 2, 1, 1, [], [])
    assert tally(9, verdicts, []) == (9, 2, 1, 0, [ONE], [])
    assert tally(9, verdicts, [OTHER]) == (9, 2, 1, 0, [ONE], [OTHER])
    assert problems("loss", tally(9, verdicts, [ONE])) == []
    assert problems("loss", tally(9, verdicts, [])) == ["loss: 50.0% are killed, expected at least 95%"]
    assert len(problems("loss", tally(9, verdicts, [ONE, OTHER]))) == 1


@pytest.mark.parametrize(("survivors", "complaints"), [(0, 0), (1, 1)])
def test_the_derivation_needs_all(survivors: int, complaints: int) -> None:
    verdicts = [(Change("f", str(i), ""), i >= survivors) for i in range(1000)]
    assert len(problems("derivation", tally(1000, verdicts, []))) == complaints
    assert problems("loss", tally(1000, verdicts, [])) == []
    assert ENOUGH < 0.999


def test_the_interval_holds_the_rate_and_ends_at_it_when_all_were_tried() -> None:
    assert interval(95, 100, 100) == (0.95, 0.95)
    low, high = interval(95, 100, 10**9)  # Wilson's interval of 95 of 100
    assert (low, high) == pytest.approx((0.8882, 0.9785), abs=1e-4)
    near = interval(95, 100, 120)
    assert low < near[0] < 0.95 < near[1] < high
    assert interval(0, 0, 0) == (0.0, 0.0)
