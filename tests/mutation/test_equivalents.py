"""The list of equivalent mutants, and the judgement that is made with it; the mutants themselves are not run here."""

import inspect
from importlib import import_module

import pytest

from tests.mutation.__main__ import Change, change_of, judge, listed, verdicts

EQUIVALENTS = listed()


@pytest.mark.parametrize("change", EQUIVALENTS, ids=str)
def test_what_is_listed_stands_in_the_code_and_has_a_reason(change: Change) -> None:
    module, _, function = change.function.partition(".")
    source = inspect.getsource(getattr(import_module(f"backprop.derivation.{module}"), function))
    assert change.was in source
    assert change.becomes not in source
    assert EQUIVALENTS[change].endswith(".")


def test_a_survivor_that_is_not_listed_is_a_problem_and_so_is_a_listed_one_that_died() -> None:
    one, other = Change("loss.f", "a + b", "a - b"), Change("loss.g", "a * b", "a / b")
    assert judge([one], [one]) == []
    assert len(judge([one, other], [one])) == 1
    assert len(judge([], [one])) == 1
    assert len(judge([other], [one])) == 2


def test_mutmut_is_understood() -> None:
    name = "backprop.derivation.loss.x_f__mutmut_"
    assert verdicts(f"    {name}1: killed\n    {name}2: survived\n") == {f"{name}1": "killed", f"{name}2": "survived"}
    shown = [
        "# " + name,
        "--- a.py",
        "+++ a.py",
        "@@ -1,2 +1,2 @@",
        " def f(a):",
        "-    return +a",
        "+    return -a",
        "",
    ]
    assert change_of(f"{name}2", "\n".join(shown)) == Change("loss.f", "return +a", "return -a")
