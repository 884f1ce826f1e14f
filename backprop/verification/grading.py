"""Diagnose the files of a whole class, and write one line for each.

Nothing in a file is executed; see `archive`.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from backprop import checks
from backprop.verification import archive
from backprop.verification.diagnosis import diagnose
from backprop.verification.findings import Diagnosis
from backprop.verification.steps import diagnose_step

#: The endings of the files that are read.
ENDINGS = (".npz", ".mat")

#: The columns of a table with one line for each file.
COLUMNS = ("file", "verdict", "mistakes", "incorrect", "loss", "remarks", "note")


class Grade(NamedTuple):
    """The result for one file.

    Attributes:
        file: its name, relative to the folder.
        verdict: "correct", "mistake", "unknown" or "unreadable".
        mistakes: the slugs, or the place of a mistake that has no name.
        incorrect: the arrays that are incorrect, such as "W1".
        loss: the loss that the gradient belongs to.
        remarks: the slugs of the remarks.
        note: why it is unknown or unreadable, or what these data leave open.
        status: the exit status that `backprop diagnose` returns for the file: 0, 1 or 2.
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


def left_open(found: Diagnosis) -> str:
    """Say what a diagnosis of "correct" leaves open.

    Args:
        found: the diagnosis.

    Returns:
        A phrase; empty if nothing is left open.

    Examples:
        >>> import backprop
        >>> from backprop.verification.grading import left_open
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 4, 1], seed=0)
        >>> g = model.backward(model.forward(X[4:9]), y[4:9]).weights
        >>> left_open(backprop.diagnose(model.weights, X[4:9], y[4:9], g, activations="sigmoid", loss="mse"))
        ''
    """
    parts = []
    if found.cannot_tell:
        parts.append(f"these data cannot tell {', '.join(found.cannot_tell)}")
    untested = [name for name, array in found.arrays.items() if array.verdict == "not tested"]
    if untested:
        parts.append(f"not tested: {', '.join(untested)}")
    if "not checked" in found.reason or "without eta" in found.reason:
        parts.append(found.reason)
    return "; ".join(parts)


def status_of(found: Diagnosis, strict: bool = False) -> int:
    """Return the exit status of a diagnosis.

    Args:
        found: the diagnosis.
        strict: whether a correct gradient must leave nothing open.

    Returns:
        0 if the gradient is correct; 1 if it is incorrect or unknown or if, with strict, something is left open.
    """
    return 0 if found.verdict == "correct" and not (strict and left_open(found)) else 1


def grade_file(path: Path, folder: Path, strict: bool = False, **options: Any) -> Grade:
    """Diagnose a file for a table.

    Args:
        path: the file.
        folder: the folder that its name is relative to.
        strict: as for `status_of`.
        **options: as for `diagnose_file`.

    Returns:
        The line of the table; a file that cannot be read has the verdict "unreadable".
    """
    name = str(path.relative_to(folder))
    try:
        found, _ = diagnose_file(path, **options)
    except (OSError, TypeError, ValueError, MemoryError) as error:
        return Grade(name, "unreadable", (), (), "", (), str(error) or type(error).__name__, 2)
    incorrect = tuple(name for name, array in found.arrays.items() if array.verdict == "incorrect")
    mistakes = found.mistakes or ((f"in {found.place}",) if found.verdict == "mistake" and found.place else ())
    note = found.reason if found.verdict == "unknown" else left_open(found) if found.verdict == "correct" else ""
    if found.verdict == "correct" and found.sign == -1:
        note = "; ".join(filter(None, ["it is −∇L: correct, if it is added", note]))
    remarks = tuple(remark.slug for remark in found.remarks)
    return Grade(name, found.verdict, mistakes, incorrect, found.loss or "", remarks, note, status_of(found, strict))


def files_in(folder: Path) -> list[Path]:
    """List the files of a class.

    Args:
        folder: the folder; its subfolders are searched as well, but links are not followed.

    Returns:
        The .npz and .mat files, sorted by name.

    Raises:
        NotADirectoryError: if it is not a folder.
        ValueError: if it has no such file.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder; expected one with .npz or .mat files")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file() and not p.is_symlink())
    if not found:
        raise ValueError(f"{folder} has no .npz or .mat file; expected at least one")
    return found


def cells(grade: Grade) -> list[str]:
    """Write a grade as the cells of a line.

    Args:
        grade: the grade.

    Returns:
        One text for each of `COLUMNS`.

    Examples:
        >>> from backprop.verification.grading import Grade, cells
        >>> cells(Grade("a.npz", "mistake", ("uphill",), ("W1", "W2"), "mse", (), "", 1))
        ['a.npz', 'mistake', 'uphill', 'W1 W2', 'mse', '', '']
    """
    lists = (" ".join(part) for part in (grade.mistakes, grade.incorrect))
    return [grade.file, grade.verdict, *lists, grade.loss, " ".join(grade.remarks), grade.note]


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
    shown = [c for c in range(len(COLUMNS)) if c < 2 or any(cells(grade)[c] for grade in grades)]
    rows = [list(COLUMNS), *([" ".join(cell.split()) for cell in cells(grade)] for grade in grades)]
    widths = {c: max(len(row[c]) for row in rows) for c in shown[:-1]}
    for row in rows:
        yield "  ".join(row[c].ljust(widths.get(c, 0)) for c in shown).rstrip()
    verdicts = [grade.verdict for grade in grades]
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(sorted(verdicts)))
    yield f"{len(grades)} file{'s' * (len(grades) != 1)}: {counts}."
