"""Diagnose the files of a whole class, and write one line for each.

Nothing in a file is executed; see `archive`.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from backprop import checks
from backprop.verification import archive
from backprop.verification.diagnosis import diagnose
from backprop.verification.findings import Diagnosis
from backprop.verification.intake import told_conventions
from backprop.verification.optimizers import told_fraction, told_optimizer
from backprop.verification.steps import diagnose_step
from backprop.verification.told import told_activations

#: The endings of the files that are read.
ENDINGS = (".npz", ".mat")

#: The columns of a table with one line for each file.
COLUMNS = ("file", "verdict", "passed", "mistakes", "incorrect", "loss", "remarks", "note")


#: The arrays that are compared with those that were given out, and those that a student may have misspelled.
GIVEN, MISSPELLED = re.compile(r"X|y|[Wb]\d+"), re.compile(r"(?i)d?(x|y|w|b|g|gb|after|afterb|later|laterb)\d*")


class Grade(NamedTuple):
    """The result for one file.

    Attributes:
        file: its name, relative to the folder.
        verdict: "correct", "mistake", "unknown", "other data" or "unreadable".
        mistakes: the slugs, or the place of a mistake that has no name.
        incorrect: the arrays that are incorrect, such as "W1".
        loss: the loss that the gradient belongs to.
        remarks: the slugs of the remarks.
        note: as `note_on` writes it, with the arrays that look like misspelled ones; or why the file was not diagnosed.
        status: the exit status that `backprop diagnose` returns for the file: 0 if it passed, 1, or 2 if it was not
            diagnosed.
    """

    file: str
    verdict: str
    mistakes: tuple[str, ...]
    incorrect: tuple[str, ...]
    loss: str
    remarks: tuple[str, ...]
    note: str
    status: int


def diagnose_file(
    path: Path,
    *,
    activations: Any = None,
    loss: str | None = None,
    convention: str | None = None,
    eta: float | None = None,
    printed_loss: float | None = None,
    weight_decay: float | None = None,
    **more: Any,
) -> tuple[Diagnosis, list[str]]:
    """Diagnose the gradient or the step in a file.

    Args:
        path: an .npz or .mat file with the arrays that `archive.NAMES` lists.
        activations: as for `diagnose`.
        loss: as for `diagnose`.
        convention: as for `diagnose`.
        eta: the learning rate, if the file holds a step; None takes the one in the file.
        printed_loss: as for `diagnose`.
        weight_decay: λ, as for `diagnose`, or as a parameter of the optimizer if the file holds a step; None for 0.
        **more: further options of `diagnose` and `diagnose_step`.

    Returns:
        The diagnosis, and the names of arrays that were not used.

    Raises:
        OSError: if the file cannot be read.
        TypeError: as `diagnose`.
        ValueError: as `diagnose`, and if the file is damaged or arrays are missing. The message names the arrays as the
            file does.
    """
    name, arguments, left = archive.arguments(archive.read_arrays(path), str(path))
    if eta is not None:
        if name == "diagnose":
            raise ValueError(f"--eta is {eta}, but {path} has gradients; expected it with after1, …")
        arguments["eta"] = checks.positive_number("eta", eta)
    if "optimizer" in more and name == "diagnose":
        raise ValueError(f"--optimizer is {more['optimizer']}, but {path} has gradients; expected it with after1, …")
    adam = more.get("optimizer") == "adam"
    if (weight_decay or adam) and name == "diagnose_step" and arguments["eta"] is None:
        option = "--optimizer adam" if adam else "--weight-decay"
        raise ValueError(f"{option} is given without --eta, and {path} has no eta; expected the learning rate")
    if weight_decay is not None:
        decay = {"weight_decay": weight_decay}
        more |= decay if name == "diagnose" else {"optimizer": {"name": more.get("optimizer", "sgd"), **decay}}
    function: Any = diagnose if name == "diagnose" else diagnose_step
    try:
        found = function(
            **arguments, activations=activations, loss=loss, convention=convention, printed_loss=printed_loss, **more
        )
    except (TypeError, ValueError) as error:
        raise type(error)(archive.in_names_of_file(str(error))) from None
    return found, left


def status_of(found: Diagnosis, strict: bool = False) -> int:
    """Return the exit status of a diagnosis.

    Args:
        found: the diagnosis.
        strict: whether a correct gradient must leave nothing open.

    Returns:
        0 if the gradient is correct; 1 if it is incorrect or unknown or if, with strict, something is left open.
    """
    return 0 if found.verdict == "correct" and not (strict and found.left_open) else 1


def check_options(
    activations: Any = None,
    loss: str | None = None,
    convention: str | None = None,
    eta: float | None = None,
    optimizer: str | None = None,
    weight_decay: float | None = None,
) -> None:
    """Refuse options that no file can be diagnosed with, before the first one is.

    Args:
        activations: as for `diagnose_file`.
        loss: as for `diagnose_file`.
        convention: as for `diagnose_file`.
        eta: as for `diagnose_file`.
        optimizer: as for `diagnose_step`.
        weight_decay: as for `diagnose_file`.

    Raises:
        ValueError: if a name is unknown, the loss does not go with the output, or a number is out of range.
    """
    told_activations(activations, 1 if isinstance(activations, str) else len(activations or [0]), loss)
    told_conventions(convention)
    if eta is not None:
        checks.positive_number("--eta", eta)
    if optimizer is not None:
        told_optimizer(optimizer, 1.0 if eta is None else eta)
    if weight_decay is not None:
        told_fraction("--weight-decay", weight_decay)
    if optimizer == "adam":
        if weight_decay is not None:
            raise ValueError(f"--weight-decay is {weight_decay}; expected none with --optimizer adam")
        if activations is None or loss is None:
            raise ValueError("--optimizer adam is given without --activations and --loss; expected both")


def read_given(path: Path) -> dict[str, np.ndarray]:
    """Read the file that was given out.

    Args:
        path: the .npz or .mat file.

    Returns:
        Its arrays by name.

    Raises:
        ValueError: if it cannot be read, or has none of X, y, W1, …, b1, ….
    """
    try:
        arrays = archive.read_arrays(path)
    except FileNotFoundError:
        raise ValueError(f"--given is {path}; there is no such file") from None
    except OSError as error:
        raise ValueError(f"--given is {path}, which cannot be read: {error.strerror or error}") from None
    if not any(map(GIVEN.fullmatch, arrays)):
        raise ValueError(f"--given is {path}, which has {', '.join(arrays) or 'nothing'}; expected X, y, W1, …")
    return arrays


def differing(arrays: Mapping[str, np.ndarray], given: Mapping[str, np.ndarray]) -> list[str]:
    """List the data and weights of a file that are not those that were given out.

    Args:
        arrays: the arrays of the file.
        given: those that were given out; of these, X, y, W1, …, b1, … are compared.

    Returns:
        The names of arrays that are missing or have other numbers, and of weights and biases that were not given out,
        if some were. Rounding to single precision, a transpose, axes of length 1, class numbers in place of one-hot
        targets and added biases of 0 are no difference.

    Examples:
        >>> import numpy as np
        >>> from backprop.verification.grading import differing
        >>> given = {"X": np.eye(2), "W1": np.array([[0.1, 0.2]])}
        >>> differing({"X": np.eye(2), "W1": np.float32([[0.1], [0.2]])}, given)
        []
        >>> differing({"X": np.ones((2, 2)), "W2": np.ones((2, 1))}, given)
        ['X', 'W1', 'W2']
    """
    names = [name for name in given if GIVEN.fullmatch(name)]
    others = [name for name in names if name not in arrays or not _same(arrays[name], given[name], name == "y")]
    if any(name[0] == "W" for name in names):
        more = sorted(name for name in arrays if GIVEN.fullmatch(name) and name[0] in "Wb" and name not in given)
        others += [name for name in more if name[0] == "W" or arrays[name].any()]
    return others


def _same(one: np.ndarray, other: np.ndarray, targets: bool) -> bool:
    """Tell whether two arrays hold the same numbers in the same order, as rows or as columns."""
    one, other = np.squeeze(one), np.squeeze(other)
    if targets and one.ndim != other.ndim:
        one, other = _class_numbers(one), _class_numbers(other)
    return any(one.shape == way.shape and np.allclose(one, way, 1e-6, 1e-12) for way in (other, other.T))


def _class_numbers(y: np.ndarray) -> np.ndarray:
    """Turn one-hot targets, as rows or as columns, into class numbers; other targets stay as they are."""
    if y.ndim == 2 and np.isin(y, (0, 1)).all():
        for axis in (1, 0):
            if (y.sum(axis=axis) == 1).all():
                return np.argmax(y, axis=axis)
    return y


def grade_file(
    path: Path, folder: Path, strict: bool = False, given: Mapping[str, np.ndarray] | None = None, **options: Any
) -> Grade:
    """Diagnose a file for a table.

    Args:
        path: the file.
        folder: the folder that its name is relative to.
        strict: as for `status_of`.
        given: the arrays that were given out, if the file must have the same data and weights.
        **options: as for `diagnose_file`.

    Returns:
        The line of the table; a file that cannot be read has the verdict "unreadable", and one with other data or
        weights than those given out the verdict "other data".
    """
    name = str(path.relative_to(folder))
    try:
        if given is not None and (others := differing(archive.read_arrays(path), given)):
            note = f"not what was given out: {', '.join(others)}"
            return Grade(name, "other data", (), (), "", (), note, 2)
        found, left = diagnose_file(path, **options)
    except (OSError, TypeError, ValueError, MemoryError) as error:
        return Grade(name, "unreadable", (), (), "", (), str(error) or type(error).__name__, 2)
    incorrect = tuple(name for name, array in found.arrays.items() if array.verdict == "incorrect")
    mistakes = found.mistakes or ((f"in {found.place}",) if found.verdict == "mistake" and found.place else ())
    remarks = tuple(remark.slug for remark in found.remarks)
    unread = ", ".join(filter(MISSPELLED.fullmatch, left))
    note = "; ".join(filter(None, [note_on(found), f"not looked at: {unread}" * bool(unread)]))
    return Grade(name, found.verdict, mistakes, incorrect, found.loss or "", remarks, note, status_of(found, strict))


def note_on(found: Diagnosis) -> str:
    """Say in one line what else a lecturer should know about a diagnosis.

    Args:
        found: the diagnosis.

    Returns:
        For "correct" whether the sign is reversed and what the data leave open; otherwise the reason and, if there is
        one, the loss for which the gradient is correct. It may be empty.
    """
    if found.verdict == "correct":
        return "; ".join(filter(None, ["it is −∇L: correct, if it is added" * (found.sign == -1), found.left_open]))
    other = next((one.text for one in found.alternatives if one.verdict == "correct"), "")
    return "; ".join(filter(None, [found.reason, other]))


def files_in(folder: Path, given: Path | None = None) -> tuple[list[Path], list[Path]]:
    """List the files of a class.

    Args:
        folder: the folder; its subfolders are searched as well, but links are not followed.
        given: the file that was given out, which may lie there as well and is no student's.

    Returns:
        The .npz and .mat files, and the other files and links, both sorted by name. Hidden files, and those that macOS
        adds to an archive, are in neither.

    Raises:
        NotADirectoryError: if it is not a folder.
        ValueError: if it has no such file.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder; expected one with .npz or .mat files")
    parts = {path: path.relative_to(folder).parts for path in sorted(folder.rglob("*")) if not path.is_dir()}
    files = [path for path, names in parts.items() if not any(n.startswith((".", "__MACOSX")) for n in names)]
    files = [path for path in files if given is None or path.resolve() != given.resolve()]
    found = [path for path in files if path.suffix.lower() in ENDINGS and not path.is_symlink()]
    if not found:
        raise ValueError(f"{folder} has no .npz or .mat file; expected at least one")
    return found, [path for path in files if path not in found]


def cells(grade: Grade) -> list[str]:
    """Write a grade as the cells of a line.

    Args:
        grade: the grade.

    Returns:
        One text for each of `COLUMNS`.

    Examples:
        >>> from backprop.verification.grading import Grade, cells
        >>> cells(Grade("a.npz", "mistake", ("uphill",), ("W1", "W2"), "mse", (), "", 1))
        ['a.npz', 'mistake', 'no', 'uphill', 'W1 W2', 'mse', '', '']
    """
    mistakes, incorrect, remarks = (" ".join(part) for part in (grade.mistakes, grade.incorrect, grade.remarks))
    passed = "no" if grade.status else "yes"
    return [grade.file, grade.verdict, passed, mistakes, incorrect, grade.loss, remarks, grade.note]


def write_csv(path: Path, grades: Sequence[Grade]) -> None:
    """Write a table to a CSV file, in UTF-8.

    A cell that a spreadsheet would take for a formula, such as a file named "=1+1.npz", begins with an apostrophe.

    Args:
        path: the file; it is overwritten.
        grades: the lines.
    """
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for grade in grades:
            writer.writerow(
                [f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell for cell in cells(grade)]
            )


def table(grades: Sequence[Grade]) -> Iterator[str]:
    """Write a table for a terminal.

    Args:
        grades: the lines.

    Yields:
        A line for the names of the columns, one for each file, and one with the counts.
    """
    shown = [c for c in range(len(COLUMNS)) if c < 3 or any(cells(grade)[c] for grade in grades)]
    rows = [list(COLUMNS), *(list(map(checks.plain, cells(grade))) for grade in grades)]
    widths = {c: max(len(row[c]) for row in rows) for c in shown[:-1]}
    for row in rows:
        yield "  ".join(row[c].ljust(widths.get(c, 0)) for c in shown).rstrip()
    verdicts = [grade.verdict for grade in grades]
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(sorted(verdicts)))
    yield f"{len(grades)} file{'s' * (len(grades) != 1)}: {counts}."
