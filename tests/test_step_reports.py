"""What the diagnosis says of a step, word for word and field by field."""

import pytest

from tests.reports.steps import answers, cases, report

CASES, ANSWERS = cases(), answers()


@pytest.mark.parametrize("title", CASES)
def test_the_answer_about_a_step_is_the_reviewed_one(title: str) -> None:
    assert report(CASES[title]) == ANSWERS[title]


def test_no_answer_is_left_over() -> None:
    assert list(ANSWERS) == list(CASES)
