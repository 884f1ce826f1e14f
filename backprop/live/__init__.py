"""Answer the page's worker, which calls one verb with a request of plain data and gets an answer of plain data.

The scripts of the site (folder `live`) draw and take input; every number comes from here. `answer` runs in the
reader's browser exactly as it runs in the tests.
"""

from collections.abc import Callable, Mapping
from typing import Any

from backprop.live.descent import points, train
from backprop.live.diagnosing import diagnose_given
from backprop.live.examples import run_listings
from backprop.live.exercises import check_exercise, pack
from backprop.live.microscope import archive, examine, look, picture, update

__all__ = [
    "VERBS",
    "answer",
    "archive",
    "check_exercise",
    "diagnose_given",
    "examine",
    "look",
    "pack",
    "picture",
    "points",
    "run_listings",
    "train",
    "update",
]

#: What the page may ask for. The values take the request's fields as keyword arguments.
VERBS: dict[str, Callable[..., dict[str, Any]]] = {
    "run": run_listings,
    "check": check_exercise,
    "diagnose": diagnose_given,
    "pack": pack,
    "look": look,
    "update": update,
    "train": train,
    "points": points,
    "examine": examine,
    "archive": archive,
    "picture": picture,
}


def answer(verb: str, request: Mapping[str, Any]) -> dict[str, Any]:
    r"""Answer a request of the page.

    Args:
        verb: one of `VERBS`.
        request: its fields.

    Returns:
        The answer, made of numbers, texts, lists, dictionaries and arrays.

    Raises:
        ValueError: if there is no such verb.

    Examples:
        >>> from backprop.live import answer
        >>> [[example]] = answer("run", {"listings": [">>> 1 + 1\n2\n"]})["listings"]
        >>> example["verdict"]
        'pass'
        >>> answer("sing", {})
        Traceback (most recent call last):
        ValueError: the page asked for 'sing'; this package has no such verb
    """
    if verb not in VERBS:
        raise ValueError(f"the page asked for {verb!r}; this package has no such verb")
    return VERBS[verb](**request)
