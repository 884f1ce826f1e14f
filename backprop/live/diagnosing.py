"""Diagnose what a reader drops or pastes: an .npz or .mat file, or arrays as NumPy prints them."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import backprop
from backprop.verification import archive

NAMED = re.compile(r"^[ \t]*(?:>>>[ \t]*)?([A-Za-z]\w*)[ \t]*[=:]", re.MULTILINE)
TOKEN = re.compile(r"[\[\]]|[^\s,\[\]]+")
#: What surrounds the numbers of a printed array.
WRAPPING = re.compile(r"\b(?:np\.|numpy\.)?(?:array|asarray|tensor|float64|float32)\(|,?\s*dtype=[\w.']+|[()]")
#: NumPy prints 8 decimals unless it is told otherwise.
SHORT = 8


def printed_array(name: str, text: str) -> np.ndarray:
    r"""Read an array as NumPy, PyTorch or Python prints it.

    Args:
        name: its name in messages.
        text: what was printed.

    Returns:
        The array.

    Raises:
        ValueError: if the text is not an array of numbers. The message is one line.

    Examples:
        >>> from backprop.live.diagnosing import printed_array
        >>> printed_array("W1", "[[ 1.   2.5]\n [-3.e-2 0. ]]").tolist()
        [[1.0, 2.5], [-0.03, 0.0]]
        >>> printed_array("W1", "array([[1., 2.]], dtype=float32)").shape, printed_array("eta", "0.5").shape
        ((1, 2), ())
        >>> printed_array("W1", "[1. ... 2.]")
        Traceback (most recent call last):
        ValueError: W1 was printed with … in its middle; print all of it, after np.set_printoptions(threshold=10**6)
    """
    words = TOKEN.findall(WRAPPING.sub(" ", text))
    if any(word in ("...", "…") for word in words):
        raise ValueError(
            f"{name} was printed with … in its middle; print all of it, after np.set_printoptions(threshold=10**6)"
        )
    comma = re.search(r"\d+,\d+", text)
    if comma and re.search(r"\d[ \t]+[-\d]", text):  # blanks separate its numbers, so the comma is no separator
        raise ValueError(f"{name} has {comma[0]!r}; expected a decimal point instead of the comma")
    top: list[Any] = []
    open_lists = [top]
    for word in words:
        if word == "[":
            open_lists[-1].append([])
            open_lists.append(open_lists[-1][-1])
        elif word == "]":
            open_lists.pop()
            if not open_lists:
                raise ValueError(f"{name} has a ] too many")
        else:
            try:
                open_lists[-1].append(float(word))
            except ValueError:
                raise ValueError(
                    f"{name} contains {word!r}; expected numbers in brackets, as NumPy prints them"
                ) from None
    if len(open_lists) > 1:
        raise ValueError(f"{name} lacks a closing bracket")
    if len(top) != 1:
        raise ValueError(f"{name} has {len(top)} values side by side; expected one array in brackets, or one number")
    try:
        return np.array(top[0], dtype=float)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths") from None


def pasted(text: str) -> dict[str, np.ndarray]:
    r"""Read arrays that were printed one after the other, each after its name.

    Args:
        text: assignments such as "W1 = [[1. 2.]]", in which an array may be broken across lines.

    Returns:
        The arrays by name.

    Raises:
        ValueError: if there is no name, or one of them has no array.

    Examples:
        >>> from backprop.live.diagnosing import pasted
        >>> {name: array.tolist() for name, array in pasted("X = [[1. 2.]\n [3. 4.]]\neta: 0.5").items()}
        {'X': [[1.0, 2.0], [3.0, 4.0]], 'eta': 0.5}
    """
    names = list(NAMED.finditer(text))
    if not names:
        raise ValueError("There is no array in this text; expected lines such as W1 = [[0.1 0.2] [0.3 0.4]]")
    ends = [match.start() for match in names[1:]] + [len(text)]
    return {match[1]: printed_array(match[1], text[match.end() : end]) for match, end in zip(names, ends, strict=True)}


def was_shortened(text: str) -> bool:
    """Tell whether printed numbers were cut to the decimals that NumPy prints by default.

    Args:
        text: what was printed.

    Returns:
        Whether no number has more decimals than that, and some have as many.

    Examples:
        >>> from backprop.live.diagnosing import was_shortened
        >>> was_shortened("[0.12345678 1.]"), was_shortened("[0.1234567890123]"), was_shortened("[0.5]")
        (True, False, False)
    """
    longest = max((len(digits) for digits in re.findall(r"\.(\d+)", text)), default=0)
    return longest == SHORT


def diagnose_given(
    name: str = "", content: Any = None, text: str = "", activations: Sequence[str] = (), loss: str = ""
) -> dict[str, Any]:
    """Diagnose the gradient, or the step, in a file or in a text.

    Args:
        name: the file's name.
        content: its bytes; None if the text is to be read instead.
        text: printed arrays.
        activations: the names that the reader chose; none if they are to be inferred.
        loss: the name that the reader chose; "" if it is to be inferred.

    Returns:
        verdict: "correct", "mistake" or "unknown", or "" if nothing could be diagnosed; words: the diagnosis, or the
        sentence that says why there is none; note: what the reader should know besides, or "".

    Examples:
        >>> from backprop.live.diagnosing import diagnose_given
        >>> diagnose_given("run.npz", b"no archive")["words"]
        'run.npz is not an .npz file: File is not a zip file; expected what numpy.savez writes'
        >>> diagnose_given(text="W1 = [[1.]]")["words"]
        'The text has no X; it has W1; looked for X, y, W1, …, and g1, … or after1, …'
    """
    source = name or "The text"
    try:
        arrays = pasted(text) if content is None else from_bytes(name, bytes(content))
        function, arguments, left = archive.arguments(arrays, source)
        told: Any = (activations[0] if len(activations) == 1 else list(activations)) if activations else None
        diagnose = backprop.diagnose if function == "diagnose" else backprop.diagnose_step
        found = diagnose(**arguments, activations=told, loss=loss or None)
    except (OSError, TypeError, ValueError, MemoryError) as error:
        return {"verdict": "", "words": " ".join(str(error).split()), "note": ""}
    notes = [f"Not looked at: {', '.join(left)}."] if left else []
    if content is None and was_shortened(text) and found.verdict != "correct":
        notes.append(
            f"The numbers were printed with {SHORT} decimals, and the diagnosis compares to the last digit. Print them "
            "again after np.set_printoptions(precision=17), or drop an .npz or .mat file."
        )
    return {"verdict": found.verdict, "words": str(found), "note": " ".join(notes)}


def from_bytes(name: str, content: bytes) -> dict[str, np.ndarray]:
    """Read the arrays of a file from its bytes.

    Args:
        name: the file's name.
        content: its bytes.

    Returns:
        The arrays by name.

    Raises:
        ValueError: if it is neither kind of file, or is damaged.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name or "run.npz")
        path.write_bytes(content)
        try:
            return archive.read_arrays(path)
        except ValueError as error:
            raise ValueError(str(error).replace(str(path), name)) from None
