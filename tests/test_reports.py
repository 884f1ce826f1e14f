"""What the diagnosis says, word for word."""

import pytest

from tests.reports.cases import answers, cases, report

CASES, ANSWERS = cases(), answers()


@pytest.mark.parametrize("title", CASES)
def test_the_report_is_the_reviewed_one(title: str) -> None:
    assert report(CASES[title]) == ANSWERS[title]


def test_no_answer_is_left_over() -> None:
    assert list(ANSWERS) == list(CASES)
