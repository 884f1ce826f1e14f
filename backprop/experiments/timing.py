"""Measure training time against the number of hidden units, and where the time goes (discussion B).

What is measured differs from run to run and from machine to machine. Everything runs alone, one after the other, and
the repeats are interleaved, so that a slow moment of the machine affects all widths alike. We keep the medians.
"""

import platform
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from backprop.data import linear
from backprop.derivation import backpropagation_cost
from backprop.experiments.report import TRAINING_SECONDS
from backprop.network import Model
from backprop.training import train

#: Whole training runs, as in the report: 100 points of linear data, the report's numbers of hidden units, one more.
HIDDEN, ETA, EPOCHS, REPEATS = (4, 8, 16, 64, 128), 1.0, 10_000, 3

#: Single steps, for more widths: how often each is timed, and how many calls make one timing.
STEP_HIDDEN, TIMINGS, CALLS = (1, 4, 16, 64, 256, 1024), 15, 50


def seconds(work: Callable[[], Any], calls: int = 1) -> float:
    """Time a function.

    Args:
        work: the function to time.
        calls: how often to call it.

    Returns:
        The seconds that one call took, on average over the calls.
    """
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def interleaved(works: list[Callable[[], Any]], repeats: int, calls: int = 1, warm: bool = False) -> list[float]:
    """Time several functions in turn, and repeat that.

    Args:
        works: the functions to time.
        repeats: how often each is timed.
        calls: how many calls make one timing.
        warm: whether all have been called before; otherwise each is called once first, because the first call is
            slower.

    Returns:
        For each the median of its timings, in seconds for one call.
    """
    for work in () if warm else works:
        work()  # once without the clock: the first call is slower
    return np.median([[seconds(work, calls) for work in works] for _ in range(repeats)], axis=0).tolist()


def machine() -> dict[str, str]:
    """Describe the machine on which the time was measured.

    Returns:
        "processor", "system", "python" and "numpy".
    """
    names = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", names.read_text(encoding="utf-8")) if names.exists() else None
    return {
        "processor": found[1] if found else platform.processor() or platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def steps(hidden: int, X: np.ndarray, y: np.ndarray) -> list[Callable[[], Any]]:
    """Prepare the forward pass, the backward pass and the update of a network for timing.

    Args:
        hidden: the number of hidden units.
        X: the inputs, shape (N, 2).
        y: the targets, shape (N, 1).

    Returns:
        Three functions without arguments, as training calls them.
    """
    model = Model.random([2, hidden, 1])
    trace = model.forward(X)
    gradients = model.backward(trace, y)
    return [
        lambda: model._forward(X),
        lambda: model._backward(trace, y, "mse"),
        lambda: model._update(gradients, ETA),
    ]


def multiplications(widths: list[int], examples: int) -> int:
    """Count the multiplications of a forward pass, one for each weight and example, and of a backward pass.

    Args:
        widths: the numbers of units, inputs first.
        examples: the number of examples.

    Returns:
        Their number.

    Examples:
        >>> from backprop.experiments.timing import multiplications
        >>> multiplications([2, 16, 1], examples=1), multiplications([2, 64, 1], examples=1)
        (112, 448)
    """
    weights = sum(w.size for w in Model.random(widths).weights)
    return examples * weights + backpropagation_cost(widths, examples)


def doubled_from(widths: Sequence[int], times: Sequence[float]) -> int | None:
    """Find the first width from which on every time is more than twice the first one.

    A single time decides nothing, because it may be too long if something else was running.

    Args:
        widths: the numbers of hidden units, in increasing order.
        times: the time for each.

    Returns:
        The width, or None if the last time is no more than twice the first.

    Examples:
        >>> from backprop.experiments.timing import doubled_from
        >>> doubled_from([1, 4, 16, 64], [32.0, 66.4, 51.3, 104.5])
        64
        >>> doubled_from([1, 4], [32.0, 40.0]) is None
        True
    """
    return next((width for k, width in enumerate(widths) if min(times[k:]) > 2 * times[0]), None)


def run() -> dict[str, Any]:
    """Time whole training runs and single steps.

    Returns:
        The settings and "machine"; "training_runs", for each number of hidden units the median "seconds", and that of
        the "report", or None; "steps", for each number the medians in microseconds of "forward", "backward" and
        "update", and the numbers of "multiplications" and of "exponentials" in an epoch; "doubled", the first of these
        numbers from which on an epoch takes more than twice as long as with one unit; "jump", how many times as long 64
        units take as 16, and "report_jump", the same for the report; "work" and "work_two", how many times as many
        multiplications they need, with one hidden layer and with two.
    """
    X, y = linear(100)
    networks = [Model.random([2, hidden, 1]) for hidden in HIDDEN]
    trainers = [partial(train, m, X, y, ETA, engine="reference") for m in networks]
    for trainer in trainers:
        trainer(epochs=100)
    training_runs = interleaved([partial(trainer, epochs=EPOCHS) for trainer in trainers], REPEATS, warm=True)
    parts = [[1e6 * t for t in interleaved(steps(hidden, X, y), TIMINGS, CALLS)] for hidden in STEP_HIDDEN]
    by_hidden = dict(zip(HIDDEN, training_runs, strict=True))
    epochs = [sum(part) for part in parts]
    return {
        "examples": len(X),
        "eta": ETA,
        "epochs": EPOCHS,
        "repeats": REPEATS,
        "timings": TIMINGS,
        "machine": machine(),
        "training_runs": [
            {"hidden": hidden, "seconds": by_hidden[hidden], "report": TRAINING_SECONDS.get(hidden)}
            for hidden in HIDDEN
        ],
        "steps": [
            {
                "hidden": hidden,
                "forward": forward,
                "backward": backward,
                "update": update,
                "multiplications": multiplications([2, hidden, 1], len(X)),
                "exponentials": len(X) * (hidden + 1),
            }
            for hidden, (forward, backward, update) in zip(STEP_HIDDEN, parts, strict=True)
        ],
        "doubled": doubled_from(STEP_HIDDEN, epochs),
        "jump": by_hidden[64] / by_hidden[16],
        "report_jump": TRAINING_SECONDS[64] / TRAINING_SECONDS[16],
        "work": multiplications([2, 64, 1], 1) / multiplications([2, 16, 1], 1),
        "work_two": multiplications([2, 64, 64, 1], 1) / multiplications([2, 16, 16, 1], 1),
    }
