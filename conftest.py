"""How many processes run the tests, three or two for all of them, one for some of them; and which of them."""

import os
import re

import pytest
from execnet import XSpec
from xdist.scheduler import LoadScopeScheduling

from backprop.experiments.__main__ import ENVIRONMENT

#: Files that take longer than the others: their tests are given out one by one.
LONG = re.compile(
    r"tests/(test_(diagnosis|fuzz|gradients|mistakes|open_world|reports|results)|site/test_(browser|citing|live))\.py"
)
#: Tests of a page of the site, except for those that ask for the other pages as well.
OF_A_PAGE = re.compile(r"tests/site/test_browser\.py::(?!test_every_)\w+\[(.*)\]")
#: Tests that measure the speed of the page, by one process at the end, when the others have little left to do.
MEASURED = re.compile(r".*::test_training_is_fast_")


class Together(LoadScopeScheduling):
    """Give to one process the tests of a file, as they share what takes long to make; or those of a page."""

    def _split_scope(self, nodeid: str) -> str:
        page = OF_A_PAGE.match(nodeid)
        if page:
            return f"page {page[1]}"
        if MEASURED.match(nodeid):
            return "speed"
        return nodeid if LONG.match(nodeid) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    """Choose how the tests are given to the processes."""
    return Together(config, log)


def pytest_xdist_setupnodes(specs: list[XSpec]) -> None:
    """Give each process the environment of the experiments; BLAS threads would keep busy the cores of the others."""
    for spec in specs:
        spec.env.update(ENVIRONMENT)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Choose the number for ``-n auto``, with which pyproject.toml calls pytest.

    Args:
        config: pytest's.

    Returns:
        3 where all tests run and there are two cores, as the tests in the browser wait for it now and then; one less
        without them, or with one core; 0 where some tests run, which is this process alone.
    """
    last_failed = getattr(config.option, "lf", False)  # there is no such option without pytest's cache
    chosen = config.args_source is pytest.Config.ArgsSource.ARGS or config.option.keyword or last_failed
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    waiting = config.option.markexpr != "not browser"
    return 0 if chosen else min(2, cores) + waiting
