"""Random arguments and files: a diagnosis, or one line that says what is wrong."""

import warnings
from collections import Counter
from pathlib import Path

from tests.fuzzing import try_one

#: How many are tried here; `python -m tests.fuzzing 200000` tries more.
COUNT = 800
#: What once failed, further on: a division by zero and two squares beyond what float64 holds.
FAILED = (6968, 17592, 31397, 34680)


def test_nothing_breaks_the_diagnosis(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Counter(try_one(seed, tmp_path / "run.npz") for seed in (*range(COUNT), *FAILED))
    assert sum(found.values()) == COUNT + len(FAILED)
    assert set(found) == {"diagnosed", "refused", "status 0", "status 1", "status 2"}  # every outcome is reached
