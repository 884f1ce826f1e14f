"""What is said of a file that does not fit, word for word, and the limits of size; SciPy is played by a stand-in."""

import io
import re
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backprop.verification import archive
from backprop.verification.archive import _check_elements, _line, arguments, in_names_of_file, read_arrays

ONE = np.ones((1, 1))
PLAIN = {"X": ONE, "y": ONE, "W1": ONE, "W2": ONE, "g1": ONE, "g2": ONE}
BIASED = PLAIN | {"b1": ONE, "b2": ONE, "gb1": ONE, "gb2": ONE}
STEP = {"X": ONE, "y": ONE, "W1": ONE, "after1": 2 * ONE}


def without(arrays: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: array for name, array in arrays.items() if name not in names}


# Names of arrays


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "r has no X; it has nothing; looked for X, y, W1, …, and g1, … or after1, …"),
        ({"b": ONE, "X": ONE}, "r has no y; it has X, b; looked for X, y, W1, …, and g1, … or after1, …"),
        ({"X": ONE, "y": ONE}, "r has no W1; it has X, y; looked for X, y, W1, …, and g1, … or after1, …"),
        (PLAIN | {"g3": ONE}, "r has g3 and no W3; its weights are W1 to W2"),
        (PLAIN | {"b4": ONE}, "r has b4 and no W4; its weights are W1 to W2"),
        (PLAIN | {"gb3": ONE}, "r has gb3 and no W3; its weights are W1 to W2"),
        (STEP | {"after2": ONE}, "r has after2 and no W2; its weights are W1 to W1"),
        (STEP | {"afterb2": ONE}, "r has afterb2 and no W2; its weights are W1 to W1"),
        (STEP | {"g1": ONE}, "r has gradients g… and weights after…; expected one or the other"),
        (STEP | {"gb12": ONE}, "r has gb12 and no W12; its weights are W1 to W1"),
        (STEP | {"gb1": ONE}, "r has gradients g… and weights after…; expected one or the other"),
        (
            without(PLAIN, "g1", "g2"),
            "r has no g1; it has W1, W2, X, y; its weights are W1 to W2; looked for g1, … or after1, …",
        ),
        (without(PLAIN, "g2"), "r has no g2; it has W1, W2, X, g1, y; its weights are W1 to W2"),
        (PLAIN | {"W4": ONE}, "r has no W3; it has W1, W2, W4, X, g1, g2, y; its weights are W1 to W4"),
        (PLAIN | {"b2": ONE}, "r has no b1; it has W1, W2, X, b2, g1, g2, y; its weights are W1 to W2"),
        (PLAIN | {"gb1": ONE, "gb2": ONE}, "r has gb1 and no b1; expected the biases themselves as well"),
        (STEP | {"afterb1": ONE}, "r has afterb1 and no b1; expected the biases themselves as well"),
        (STEP | {"eta": np.ones(2)}, "r: eta has shape (2,); expected one number"),
    ],
)
def test_what_is_missing_is_named(arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        arguments(arrays, "r")


def test_a_gradient_is_sorted_into_the_arguments_of_diagnose() -> None:
    assert arguments(PLAIN | {"eta": ONE, "notes": ONE, "W01": ONE, "b10000": ONE}, "r") == (
        "diagnose",
        {"weights": [ONE, ONE], "gradients": [ONE, ONE], "biases": None, "X": ONE, "y": ONE},
        ["W01", "b10000", "eta", "notes"],
    )
    name, found, left = arguments(BIASED, "r")
    assert (name, left) == ("diagnose", [])
    assert found["gradients"] == ([ONE, ONE], [ONE, ONE])
    assert found["biases"] == [ONE, ONE]
    assert arguments(without(BIASED, "gb1", "gb2"), "r")[1]["gradients"] == [ONE, ONE]


def test_a_step_is_sorted_into_the_arguments_of_diagnose_step() -> None:
    found = {"before": [ONE], "after": [2 * ONE], "eta": None, "biases": None, "X": ONE, "y": ONE}
    assert arguments(STEP | {"a": ONE, "W0": ONE}, "r") == ("diagnose_step", found, ["W0", "a"])
    assert arguments(STEP | {"eta": np.array([[0.5]])}, "r") == ("diagnose_step", found | {"eta": 0.5}, [])
    biased = STEP | {"b1": ONE}
    assert arguments(biased, "r") == ("diagnose_step", found | {"biases": ([ONE], None)}, [])
    assert arguments(biased | {"afterb1": ONE}, "r") == ("diagnose_step", found | {"biases": ([ONE], [ONE])}, [])


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("weights[0], weights[11] and weights", "W1, W12 and weights"),
        ("gradients[1] and gradients of biases[0]", "g2 and gb1"),
        ("biases[0][2] and biases[1][2] and biases[0]", "b3 and afterb3 and b1"),
        ("before[0] and after[1]", "W1 and after2"),
    ],
)
def test_arrays_are_called_as_in_the_file(message: str, expected: str) -> None:
    assert in_names_of_file(message) == expected


# Files


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def zipped(folder: Path, *members: tuple[str, bytes]) -> Path:
    path = folder / "r.npz"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members:
            file.writestr(name, data)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("X.txt", b"")], "{} has a member 'X.txt'; expected arrays alone, named such as 'W1.npy'"),
        ([("X.npy", npy(ONE))] * 2, "{} has 'X.npy' twice; expected each array once"),
        (
            [("X.npy", npy(np.array(["a"])))],
            "{}: array 'X' has entries of type <U1; expected real numbers, never objects",
        ),
        ([("X.npy", npy(ONE)[:-3])], "{}: array 'X' says shape (1, 1), 8 bytes; 5 bytes follow"),
        ([("X.npy", npy(ONE) + b"12")], "{}: array 'X' says shape (1, 1), 8 bytes; 10 bytes follow"),
        (
            [("X.npy", npy(ONE).replace(b"(1, 1)", b"(-1,1)"))],
            "{}: array 'X' says shape (-1, 1), -8 bytes; 8 bytes follow",
        ),
        (
            [("X.npy", npy(ONE).replace(b"(1, 1)", b"(1, 0)"))],
            "{}: array 'X' says shape (1, 0), 0 bytes; 8 bytes follow",
        ),
    ],
)
def test_what_is_wrong_with_an_archive_is_named(members: list[tuple[str, bytes]], message: str, tmp_path: Path) -> None:
    path = zipped(tmp_path, *members)
    with pytest.raises(ValueError, match=f"^{re.escape(message.format(path))}$"):
        read_arrays(path)


def test_damage_is_told_in_one_line(tmp_path: Path) -> None:
    path = zipped(tmp_path, ("X.npy", b"nothing"))
    with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}: array 'X' is damaged: \S.*$"):
        read_arrays(path)
    path.write_bytes(b"nothing")
    told = f"{path} is no .npz file: File is not a zip file; expected what numpy.savez writes"
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        read_arrays(path)
    assert _line(ValueError("a\n  b" + "c" * 200)) == "a b" + "c" * 117
    assert _line(ValueError()) == "ValueError"


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_arrays_are_read_as_they_were_written(version: tuple[int, int], tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array([[1, 2]], dtype=np.int8), version)
    found = read_arrays(zipped(tmp_path, ("X.npy", stream.getvalue()), ("W1.npy", npy(ONE))))
    assert {name: array.tolist() for name, array in found.items()} == {"X": [[1, 2]], "W1": [[1.0]]}
    assert found["X"].dtype == np.int8


def test_limits_are_kept_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path, ("X.npy", npy(ONE)), ("y.npy", npy(ONE)))
    inside, outside = 2 * len(npy(ONE)), path.stat().st_size
    assert inside < outside
    monkeypatch.setattr(archive, "MOST_BYTES", outside)
    assert len(read_arrays(path)) == 2
    monkeypatch.setattr(archive, "MOST_BYTES", outside - 1)
    with pytest.raises(ValueError, match=f"^{path} has {outside:,} bytes; expected at most {outside - 1:,}$"):
        read_arrays(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("X.npy", npy(np.zeros((10, 200))))
    inside = len(npy(np.zeros((10, 200))))
    monkeypatch.setattr(archive, "MOST_BYTES", inside)
    assert len(read_arrays(path)) == 1
    monkeypatch.setattr(archive, "MOST_BYTES", inside - 1)
    with pytest.raises(ValueError, match=f"^{path} holds {inside:,} bytes of arrays; expected at most {inside - 1:,}$"):
        read_arrays(path)
    monkeypatch.setattr(archive, "MOST_ARRAYS", 1)
    monkeypatch.setattr(archive, "MOST_BYTES", inside)
    assert len(read_arrays(path)) == 1
    monkeypatch.setattr(archive, "MOST_ARRAYS", 0)
    with pytest.raises(ValueError, match=f"^{path} has 1 arrays; expected at most 0$"):
        read_arrays(path)


# Files of MATLAB


def mat(*elements: tuple[int, bytes], order: str = "<") -> bytes:
    head = b"MATLAB 5.0 MAT-file".ljust(124) + (b"\0\1IM" if order == "<" else b"\1\0MI")
    return head + b"".join(struct.pack(f"{order}II", kind, len(data)) + data for kind, data in elements)


@pytest.mark.parametrize("order", "<>")
def test_the_elements_of_a_mat_file_are_added_up(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = zlib.compress(bytes(60))
    data = mat((14, bytes(30)), (15, packed), (14, bytes(10)), order=order)
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    _check_elements(Path("r"), data)
    _check_elements(Path("r"), data + b"short")
    monkeypatch.setattr(archive, "MOST_BYTES", 99)
    with pytest.raises(ValueError, match=r"^r holds more than 99 bytes of arrays; expected at most that many$"):
        _check_elements(Path("r"), data)
    with pytest.raises(ValueError, match=r"^r is damaged: Error -3 while decompressing data: \S.*$"):
        _check_elements(Path("r"), mat((15, b"nothing"), order=order))


class Reader(SimpleNamespace):
    """Plays scipy.io."""

    def __init__(self, *variables: tuple[str, Any, str], damaged: str = "") -> None:
        self.variables, self.damaged, self.asked = variables, damaged, list[list[str]]()

    def whosmat(self, data: io.BytesIO) -> list[tuple[str, Any, str]]:
        if self.damaged == "whosmat":
            raise ValueError("a\nb")
        assert data.read(6) == b"MATLAB"
        return [(name, np.shape(value) if kind != "huge" else value, kind) for name, value, kind in self.variables]

    def loadmat(self, data: io.BytesIO, variable_names: list[str]) -> dict[str, Any]:
        if self.damaged == "loadmat":
            raise ValueError("c\nd")
        assert data.read(6) == b"MATLAB"
        self.asked.append(variable_names)
        return {name: value for name, value, _ in self.variables if name in variable_names}


def read(reader: Reader, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str = "r.mat", data: bytes = b"") -> Any:
    monkeypatch.setitem(sys.modules, "scipy.io", reader)
    (folder / name).write_bytes(data or mat((14, b"")))
    return read_arrays(folder / name)


def test_numbers_are_read_and_other_variables_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(("X", ONE, "double"), ("n", np.ones((1, 1), np.int8), "int8"), ("notes", "a", "char"))
    for name in ("r.mat", "R.MAT", "r.npz"):
        assert read(reader, tmp_path, monkeypatch, name) == {"X": ONE, "n": ONE}
    assert reader.asked == [["X", "n"]] * 3
    assert read(Reader(("notes", "a", "char")), tmp_path, monkeypatch) == {}


@pytest.mark.parametrize(
    ("reader", "message"),
    [
        (Reader(damaged="whosmat"), "{} is damaged: a b"),
        (Reader(("X", ONE, "double"), damaged="loadmat"), "{} is damaged: c d"),
        (Reader(*[("X", ONE, "double")] * 201), "{} has 201 arrays; expected at most 200"),
        (Reader(("X", (2**20, 9), "huge")), "{} holds 75,497,472 bytes of arrays; expected at most 67,108,864"),
        (Reader(("X", (2, -1), "huge")), "{} holds -16 bytes of arrays; expected at most 67,108,864"),
        (Reader(("X", ONE + 1j, "double")), "{}: array 'X' has entries of type complex128; expected real numbers"),
        (Reader(("gb12", ONE, "cell")), "{}: array 'gb12' is of class cell; expected numbers, a full matrix"),
        (Reader(("eta", ONE, "char")), "{}: array 'eta' is of class char; expected numbers, a full matrix"),
    ],
)
def test_what_is_wrong_with_a_mat_file_is_named(
    reader: Reader, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message.format(tmp_path / 'r.mat'))}$"):
        read(reader, tmp_path, monkeypatch)


def test_elements_that_are_too_large_are_refused_with_the_name_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = mat((15, zlib.compress(bytes(2000))))
    monkeypatch.setattr(archive, "MOST_BYTES", 1999)
    told = f"{tmp_path / 'r.mat'} holds more than 1,999 bytes of arrays; expected at most that many"
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        read(Reader(), tmp_path, monkeypatch, data=data)


def test_two_hundred_arrays_of_eight_bytes_are_few_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(*[(f"v{i}", ONE, "double") for i in range(200)])
    monkeypatch.setattr(archive, "MOST_BYTES", 1600)
    assert len(read(reader, tmp_path, monkeypatch)) == 200
    monkeypatch.setattr(archive, "MOST_BYTES", 1599)
    with pytest.raises(ValueError, match="holds 1,600 bytes of arrays; expected at most 1,599"):
        read(reader, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"MATLAB 7.3 MAT-file", "is a .mat file of version 7.3; expected one of version 7: write it with save -v7"),
        (b"\x89HDF", "is a .mat file of version 7.3; expected one of version 7: write it with save -v7"),
        (b"# Octave", "is no .mat file; expected what save -v6 or save -v7 writes"),
        (b"MATLAB 4", "is no .mat file; expected what save -v6 or save -v7 writes"),
    ],
)
def test_other_versions_are_refused(data: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'{tmp_path}/r.mat {message}')}$"):
        read(Reader(), tmp_path, monkeypatch, data=data)


def test_without_scipy_the_whole_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    path = tmp_path / "r.mat"
    path.write_bytes(mat((14, b"")))
    told = (
        f"{path} is a .mat file, which is read with SciPy; expected SciPy to be installed: "
        "python -m pip install scipy, or this package with its extra [matlab]"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        read_arrays(path)
