"""How many processes run the tests: three or two for all of them, one for some of them."""

import os

import pytest


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
