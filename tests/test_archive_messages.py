"""What is said of a file that does not fit, word for word, and the limits of size."""

import io
import re
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprop.verification import archive, matlab
from backprop.verification.archive import _line, arguments, in_names_of_file, read_arrays

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
        (STEP | {"later2": ONE}, "r has later2 and no W2; its weights are W1 to W1"),
        (STEP | {"laterb2": ONE}, "r has laterb2 and no W2; its weights are W1 to W1"),
        (
            STEP | {"W2": ONE, "after2": ONE, "later2": ONE},
            "r has no later1; it has W1, W2, X, after1, after2, later2, y; its weights are W1 to W2",
        ),
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
    biased |= {"afterb1": 2 * ONE, "laterb1": 3 * ONE}
    two = found | {"after2": [3 * ONE], "biases": ([ONE], [2 * ONE], [3 * ONE])}
    assert arguments(biased | {"later1": 3 * ONE}, "r") == ("diagnose_step", two, [])
    assert arguments(STEP | {"later1": 3 * ONE}, "r") == ("diagnose_step", two | {"biases": None}, [])


def test_layers_are_counted_from_1() -> None:
    with pytest.raises(ValueError, match=r"^r has g0; layers count from 1, so expected W1, … and g1, "):
        arguments(PLAIN | {"W0": ONE, "dW0": ONE}, "r")


def test_gradients_may_be_called_as_in_programs() -> None:
    named = {"X": ONE, "y": ONE, "W1": ONE, "b1": ONE}
    called = arguments(named | {"dW1": 2 * ONE, "db1": 3 * ONE}, "r")
    assert called == ("diagnose", arguments(named | {"g1": 2 * ONE, "gb1": 3 * ONE}, "r")[1], [])
    assert arguments(named | {"g1": ONE, "dW1": ONE, "dWx": ONE}, "r")[2] == ["dW1", "dWx"]


def test_a_second_step_belongs_to_a_step_alone() -> None:
    more = {"later1": ONE, "laterb1": ONE, "afterb1": ONE}
    assert arguments(PLAIN | more, "r")[2] == ["afterb1", "later1", "laterb1"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("weights[0], weights[11] and weights", "W1, W12 and weights"),
        ("gradients[1] and gradients of biases[0]", "g2 and gb1"),
        ("biases[0][2] and biases[1][2] and biases[0]", "b3 and afterb3 and b1"),
        ("before[0] and after[1]", "W1 and after2"),
        ("after2[0], biases[2][1] and biases[1]", "later1, laterb2 and b2"),
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
    with warnings.catch_warnings(action="ignore", category=UserWarning), zipfile.ZipFile(path, "w") as file:
        for name, data in members:
            file.writestr(name, data)  # zipfile warns of a name that is there twice
    return path


def test_texts_and_objects_that_are_not_needed_are_left_out(tmp_path: Path) -> None:
    path = zipped(tmp_path, ("X.npy", npy(ONE)), ("name.npy", npy(np.array("Ann"))), ("W.npy", npy(np.array("a"))))
    assert list(read_arrays(path)) == ["X"]


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
    told = f"{path}: array 'X' is damaged: EOF: reading magic string, expected 8 bytes got 7"
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        read_arrays(path)
    path.write_bytes(b"nothing")
    told = f"{path} is not an .npz file: File is not a zip file; expected what numpy.savez writes"
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


def test_an_array_may_be_empty(tmp_path: Path) -> None:
    assert read_arrays(zipped(tmp_path, ("X.npy", npy(np.zeros((0, 2))))))["X"].shape == (0, 2)


def test_a_member_that_is_larger_than_it_says_is_not_decompressed_to_its_end(tmp_path: Path) -> None:
    path, says, holds = tmp_path / "r.npz", 200, 5_000_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("X.npy", npy(ONE).ljust(holds))
    true, false = (struct.pack("<I", size) for size in (holds, says))
    path.write_bytes(path.read_bytes().replace(true, false))  # before the member and in the directory
    tracemalloc.start()
    with pytest.raises(ValueError, match=rf"^{path}: array 'X' is damaged: Bad CRC-32 for file 'X.npy'$"):
        read_arrays(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < holds / 10


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


def element(kind: int, content: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def small(kind: int, content: bytes, order: str = "<") -> bytes:
    """An element of at most four bytes, as MATLAB writes it."""
    return struct.pack(f"{order}I", len(content) << 16 | kind) + content.ljust(4, b"\0")


def double(called: bytes = b"X", order: str = "<", **parts: bytes) -> bytes:
    """A variable, in which some parts may be others."""
    values = {
        "flags": element(6, struct.pack(f"{order}II", 6, 0), order),
        "shape": element(5, struct.pack(f"{order}ii", 1, 2), order),
        "name": small(1, called, order),
        "numbers": element(9, struct.pack(f"{order}dd", 3, 4), order),
    }
    return element(14, b"".join({**values, **parts}.values()), order)


def packed(content: bytes, order: str = "<") -> bytes:
    inside = zlib.compress(content)
    return struct.pack(f"{order}II", 15, len(inside)) + inside


def mat(*elements: bytes, order: str = "<") -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + (b"\0\1IM" if order == "<" else b"\1\0MI") + b"".join(elements)


def read(folder: Path, data: bytes, name: str = "r.mat") -> dict[str, np.ndarray]:
    (folder / name).write_bytes(data)
    return read_arrays(folder / name)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("name", ["r.mat", "R.MAT", "r.npz"])
def test_variables_of_both_byte_orders_are_read(order: str, name: str, tmp_path: Path) -> None:
    for elements in ([double(order=order)], [packed(double(order=order), order)]):
        found = read(tmp_path, mat(*elements, double(b"W1", order), order=order), name)
        assert {key: array.tolist() for key, array in found.items()} == {"X": [[3, 4]], "W1": [[3, 4]]}
        assert all(array.dtype == np.float64 for array in found.values())
        assert all(array.dtype.isnative for array in found.values())


def test_numbers_stored_in_less_get_their_class_and_their_columns(tmp_path: Path) -> None:
    square = element(5, struct.pack("<ii", 2, 2))
    found = read(tmp_path, mat(double(shape=square, numbers=small(2, bytes([1, 2, 3, 255])))))["X"]
    assert found.dtype == np.float64
    assert found.tolist() == [[1, 3], [2, 255]]


def test_the_workspace_of_functions_and_opaque_objects_are_left_alone(tmp_path: Path) -> None:
    opaque = element(14, element(6, struct.pack("<II", 17, 0)) + small(1, b"t") + small(1, b"MCOS"))
    assert set(read(tmp_path, mat(double(), opaque, double(b"")))) == {"X"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (mat()[:100], "{} is damaged: its header of 128 bytes is incomplete"),
        (mat()[:126] + b"??", "{} is damaged: its header of 128 bytes is incomplete"),
        (mat(double()[:-1]), "{} is damaged: it ends within a variable"),
        (mat(double(), b"1234567"), "{} is damaged: it ends within a variable"),
        (mat(double(name=struct.pack("<I", 5 << 16 | 1) + b"abcd")), "{} is damaged: it ends within a variable"),
        (mat(packed(double())[:-5]), "{} is damaged: it ends within a variable"),
        (mat(struct.pack("<II", 15, 20) + packed(double())[8:28]), "{} is damaged: a compressed variable is cut off"),
        (
            mat(element(15, b"nothing")),
            "{} is damaged: Error -3 while decompressing data: incorrect header check",
        ),
        (mat(double(flags=element(6, bytes(4)))), "{} is damaged: a variable has no class"),
        (mat(element(14, double()[8:24])), "{} is damaged: a variable has no shape"),
        (mat(double(name=small(9, b"X"))), "{} is damaged: a variable has no name"),
        (mat(element(14, double()[8:40])), "{} is damaged: a variable has no name"),
        (mat(double(numbers=b"")), "{} is damaged: variable 'X' says shape (1, 2), and 0 bytes follow"),
        (mat(double(numbers=element(1, b"abc"))), "{} is damaged: variable 'X' says shape (1, 2), and 3 bytes follow"),
        (
            mat(double(shape=small(5, bytes(4)))),
            "{} is damaged: variable 'X' says shape (0,), and 16 bytes follow",
        ),
        (
            mat(double(shape=element(5, struct.pack("<ii", -1, -2)))),
            "{} is damaged: variable 'X' says shape (-1, -2), and 16 bytes follow",
        ),
        (mat(double(), double()), "{} has 'X' twice; expected each array once"),
        (
            mat(double(flags=element(6, struct.pack("<II", 0x806, 0)))),
            "{}: array 'X' is of class complex double; expected real numbers, a full matrix",
        ),
        (
            mat(double(b"gb12", flags=element(6, struct.pack("<II", 1, 0)))),
            "{}: array 'gb12' is of class cell; expected real numbers, a full matrix",
        ),
        (
            mat(double(b"eta", flags=element(6, struct.pack("<II", 99, 0)))),
            "{}: array 'eta' is of class 99; expected real numbers, a full matrix",
        ),
        (mat(*[double(b"v")] * 201), "{} has 201 arrays; expected at most 200"),
        (
            mat(double(shape=element(5, struct.pack("<ii", 2**20, 9)), numbers=element(1, bytes(9 * 2**20)))),
            "{} holds 75,497,472 bytes of arrays; expected at most 67,108,864",
        ),
    ],
)
def test_what_is_wrong_with_a_mat_file_is_named(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message.format(tmp_path / 'r.mat'))}$"):
        read(tmp_path, data)


def test_other_kinds_of_parts_and_empty_variables_are_read_too(tmp_path: Path) -> None:
    for name in (small(2, b"W1"), small(16, b"W1")):
        assert set(read(tmp_path, mat(double(name=name), element(14, b"")))) == {"W1"}
    assert set(read(tmp_path, mat(double(shape=element(6, struct.pack("<II", 2, 1)))))) == {"X"}
    assert set(read(tmp_path, mat(double(called=b"\xff")))) == {"\ufffd"}
    longer = element(5, struct.pack("<ii", 1, 2) + b"12")
    assert set(read(tmp_path, mat(double(shape=longer)))) == {"X"}


def test_nothing_is_decompressed_beyond_the_limit() -> None:
    data = mat(packed(bytes(50_000_000)))
    assert len(data) < 100_000
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"^holds more than 1,000,000 bytes of arrays"):
        matlab.variables(data, 1_000_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3_000_000


def test_a_compressed_variable_that_is_cut_off_at_the_limit_is_cut_off() -> None:
    stream = zlib.compressobj(0)
    inside = stream.compress(bytes(80)) + stream.flush(zlib.Z_SYNC_FLUSH)  # without an end
    data = mat(struct.pack("<II", 15, len(inside)) + inside)
    for most in (80, 1000):
        with pytest.raises(ValueError, match=r"^is damaged: a compressed variable is cut off$"):
            matlab.variables(data, most)
    with pytest.raises(ValueError, match=r"^holds more than 79 bytes"):
        matlab.variables(data, 79)


def test_other_classes_are_left_alone_under_other_names(tmp_path: Path) -> None:
    others = [double(b"n", flags=element(6, struct.pack("<II", flags, 0))) for flags in (1, 2, 3, 4, 5, 16, 0x806)]
    assert set(read(tmp_path, mat(*others, double()))) == {"X"}


def test_more_axes_than_numpy_knows_are_damage(tmp_path: Path) -> None:
    for axes, fits in ((32, True), (33, False)):
        shape = element(5, struct.pack(f"<{axes}i", 2, *[1] * (axes - 1)))
        data = mat(double(shape=shape))
        if fits:
            assert read(tmp_path, data)["X"].ndim == 32
        else:
            with pytest.raises(ValueError, match="is damaged: variable 'X' says shape"):
                read(tmp_path, data)


def test_elements_are_added_up_and_refused_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = double()[8:]
    data = mat(double(), packed(double(b"y")), double(b"W1"))
    whole = 2 * len(content) + len(double())  # what is compressed counts with its tag
    monkeypatch.setattr(archive, "MOST_BYTES", max(whole, len(data)))
    assert len(read(tmp_path, data)) == 3
    assert len(matlab.variables(data, whole)) == 3
    for most in (whole - 1, len(content), len(content) - 1, 0):
        with pytest.raises(ValueError, match=f"^holds more than {most:,} bytes of arrays; expected at most that many$"):
            matlab.variables(data, most)


def test_two_hundred_arrays_of_sixteen_bytes_are_few_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = mat(packed(b"".join(double(b"%d" % i) for i in range(200))))
    assert len(read(tmp_path, data)) == 200


def test_numbers_stored_in_less_are_counted_as_the_array_that_they_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, numbers = element(5, struct.pack("<ii", 1, 1000)), element(2, bytes(1000))
    data = mat(double(shape=shape, numbers=numbers))
    monkeypatch.setattr(archive, "MOST_BYTES", 8000)
    assert read(tmp_path, data)["X"].nbytes == 8000
    monkeypatch.setattr(archive, "MOST_BYTES", 7999)
    told = f"{tmp_path / 'r.mat'} holds 8,000 bytes of arrays; expected at most 7,999"
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        read(tmp_path, data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"MATLAB 7.3 MAT-file", "is a .mat file of version 7.3; expected one of version 7: write it with save -v7"),
        (b"\x89HDF", "is a .mat file of version 7.3; expected one of version 7: write it with save -v7"),
        (b"# Octave", "is not a .mat file; expected what save -v6 or save -v7 writes"),
        (b"MATLAB 4", "is not a .mat file; expected what save -v6 or save -v7 writes"),
    ],
)
def test_other_versions_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'{tmp_path}/r.mat {message}')}$"):
        read(tmp_path, data)
