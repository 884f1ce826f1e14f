"""What all tests share: Hypothesis draws the same examples every time, and the results are those of the site."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from backprop.experiments import __main__ as program
from backprop.experiments.store import read_all

ROOT = Path(__file__).parents[1]

settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def results() -> dict[str, dict[str, Any]]:
    """The results that the site shows; computed here only if the site was not built since the code changed."""
    folder = ROOT / "build" / "results"
    assert program.main(["--out", str(folder)]) == 0
    return read_all(folder)
