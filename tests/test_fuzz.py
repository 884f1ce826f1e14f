"""Random arguments and files: a diagnosis, or one line that says what is wrong."""

import warnings
from collections import Counter
from pathlib import Path

import pytest

from tests.fuzzing import try_one

#: How many are tried here, in four parts; `python -m tests.fuzzing 200000` tries more.
COUNT = 800
#: What once failed, further on: a division by zero and two squares beyond what float64 holds.
FAILED = (6968, 17592, 31397, 34680)


@pytest.mark.parametrize("part", range(4))
def test_nothing_breaks_the_diagnosis(part: int, tmp_path: Path) -> None:
    seeds = (*range(part * COUNT // 4, (part + 1) * COUNT // 4), FAILED[part])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Counter(try_one(seed, tmp_path / "run.npz") for seed in seeds)
    assert sum(found.values()) == len(seeds)
    assert set(found) == {"diagnosed", "refused", "status 0", "status 1", "status 2"}  # every outcome is reached
