"""What the diagnosis says, word for word."""

import re
from typing import Any

import pytest

from tests.reports import steps
from tests.reports.cases import REASONS, REFUSALS, answers, cases, reasons, refusals, report

CASES, ANSWERS = cases(), answers()
STEPS, STEP_ANSWERS = steps.cases(), answers(steps.ANSWERS)


@pytest.mark.parametrize("title", CASES)
def test_the_report_is_the_reviewed_one(title: str) -> None:
    assert report(CASES[title]) == ANSWERS[title]


@pytest.mark.parametrize("title", STEPS)
def test_the_answer_about_a_step_is_the_reviewed_one(title: str) -> None:
    assert steps.report(STEPS[title]) == STEP_ANSWERS[title]


def test_no_answer_is_left_over() -> None:
    assert list(ANSWERS) == list(CASES)
    assert list(STEP_ANSWERS) == list(STEPS)


def test_bad_input_is_refused_word_for_word() -> None:
    assert refusals().splitlines() == REFUSALS.read_text(encoding="utf-8").splitlines()


def test_the_reasons_for_the_verdicts_on_the_claims_are_the_reviewed_ones(results: dict[str, Any]) -> None:
    """Another processor rounds otherwise, and a run or two of hundreds may then end otherwise."""
    found, reviewed = reasons(results), REASONS.read_text(encoding="utf-8")
    number = re.compile(r"\d[\d,.]*(?:e-?\d+)?")
    assert number.sub("#", found) == number.sub("#", reviewed)
    pairs = zip(*(map(read, number.findall(text)) for text in (found, reviewed)), strict=True)
    assert all(one == pytest.approx(other, rel=0.03) for one, other in pairs)


def read(number: str) -> float:
    return float(number.rstrip(".,").replace(",", ""))
