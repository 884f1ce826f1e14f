"""What all tests share: the built site and the results that it shows."""

import gc
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from backprop.experiments.store import read_all
from tests.shared import Shared
from tests.site.building import GIVEN, RESULTS, built, computed

ROOT = Path(__file__).parents[1]


def pytest_configure() -> None:
    """Let the garbage collector scan seldom, from the imports on."""
    gc.set_threshold(1_000_000)


def pytest_collection_finish() -> None:
    """Let it never scan what stays until the end, above all eight thousand tests."""
    gc.freeze()


def of_run(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """Find what the processes of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return Shared(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    return of_run(tmp_path_factory)


@pytest.fixture(scope="session", autouse=True)
def site_in_time(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Begin to build the site before the first test, if one of these tests will need it."""
    if not GIVEN and any("site" in getattr(item, "fixturenames", ()) for item in request.session.items):
        threading.Thread(target=built, args=[of_run(tmp_path_factory)], daemon=True).start()


@pytest.fixture(scope="session")
def results(shared: Shared) -> dict[str, dict[str, Any]]:
    """The results that the site shows; computed here only if the site was not built since the code changed."""
    failure = computed(shared)
    assert not failure, failure
    return read_all(RESULTS)
