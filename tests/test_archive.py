"""Files from strangers: read without trust."""

import io
import pickle
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse

import backprop
from backprop.__main__ import main
from backprop.verification import archive

X, Y = backprop.xor()
MODEL = backprop.Model.random([2, 3, 1], seed=0, bias=True)
GRADIENTS = MODEL.backward(MODEL.forward(X), Y)
NEW = MODEL.update(GRADIENTS, eta=0.5)
assert MODEL.biases is not None
assert GRADIENTS.biases is not None
assert NEW.biases is not None

RUN = {
    "X": X,
    "y": Y,
    **{f"W{i}": w for i, w in enumerate(MODEL.weights, 1)},
    **{f"b{i}": b for i, b in enumerate(MODEL.biases, 1)},
    **{f"g{i}": g for i, g in enumerate(GRADIENTS.weights, 1)},
    **{f"gb{i}": g for i, g in enumerate(GRADIENTS.biases, 1)},
}
STEP = {name: array for name, array in RUN.items() if name[0] != "g"} | {
    **{f"after{i}": w for i, w in enumerate(NEW.weights, 1)},
    **{f"afterb{i}": b for i, b in enumerate(NEW.biases, 1)},
}

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]


def saved(folder: Path, **arrays: Any) -> Path:
    path = folder / "run.npz"
    np.savez(path, **arrays)
    return path


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must fail with one line and status 2."""
    assert main(["diagnose", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("backprop: ")
    assert err.count("\n") == 1
    return err


def test_a_gradient_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(saved(tmp_path, **RUN, notes=np.zeros(3)))
    assert main(["diagnose", path]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Correct: this is the gradient of mse.")
    assert "Not looked at: notes." in out
    assert main(["diagnose", path, "--loss", "mse_half", "--activations", "sigmoid"]) == 1
    assert "extra-factor-two" in capsys.readouterr().out


def test_a_step_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(saved(tmp_path, **STEP, eta=0.5))
    assert main(["diagnose", path]) == 0
    assert capsys.readouterr().out.startswith("Correct: this is the gradient of mse.")
    assert main(["diagnose", path, "--eta", "0.25", "--loss", "mse"]) == 1
    assert "extra-factor-two" in capsys.readouterr().out
    compressed = tmp_path / "small.npz"
    np.savez_compressed(compressed, allow_pickle=False, **STEP)
    assert main(["diagnose", str(compressed)]) == 0
    assert "eta × scale" in capsys.readouterr().out


def test_rows_of_matlab(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turned = {name: np.asfortranarray(array.T) for name, array in RUN.items()}
    turned["W2"], turned["g2"] = turned["W2"].ravel(), turned["g2"].ravel()  # MATLAB hands vectors over like this
    assert main(["diagnose", str(saved(tmp_path, **turned))]) == 0
    assert "columns, (out, in)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"X": None}, "has no X"),
        ({"W1": None}, "has no W1"),
        ({"W2": None}, "its weights are W1 to W1|shapes|W1"),
        ({"g2": None}, "has no g2"),
        ({"g1": None, "g2": None}, "looked for g1, … or after1, …"),
        ({"b2": None}, "has no b2"),
        ({"b1": None, "b2": None}, "no b1"),
        ({"W3": np.ones((1, 1))}, "has no b3|has no g3"),
        ({"after1": np.ones((2, 3))}, "one or the other"),
        ({"X": X * np.nan}, "X has nan"),
        ({"X": np.ones((21, 7))}, "shapes fit no convention"),
        ({"X": X.astype(complex)}, "complex128"),
        ({"X": np.array(["a"])}, "<U1"),
        ({name: 0 * RUN[name] for name in ("g1", "g2", "gb1", "gb2")}, "all zero"),
        ({name: RUN[name].T for name in ("X", "y")} | {"y": np.ones((5, 1))}, "y"),
    ],
)
def test_arrays_that_are_missing_or_wrong(
    changes: dict[str, Any], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays = {name: array for name, array in {**RUN, **changes}.items() if array is not None}
    assert re.search(words, complaint(capsys, str(saved(tmp_path, **arrays))))


class Bomb:
    """A pickle that would leave a trace."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("import pathlib; pathlib.Path('unpickled').touch()",))


def test_nothing_is_unpickled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    objects = np.empty(1, dtype=object)
    objects[0] = Bomb()
    path = tmp_path / "run.npz"
    np.savez(path, allow_pickle=True, **{**RUN, "X": objects})
    assert "never objects" in complaint(capsys, str(path))
    (tmp_path / "plain.npz").write_bytes(pickle.dumps(Bomb()))
    complaint(capsys, str(tmp_path / "plain.npz"))
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("X.npy", pickle.dumps(Bomb()))
    complaint(capsys, str(path))
    assert not (tmp_path / "unpickled").exists()


def header(shape: str, dtype: str = "<f8") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def test_what_is_too_large_is_not_decompressed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("X.npy", bytes(archive.MOST_BYTES + 1))
    assert path.stat().st_size < 100_000
    assert "expected at most 67,108,864" in complaint(capsys, str(path))
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("X.npy", header("(10000000000000,)") + bytes(8))
    assert "80000000000000 bytes; 8 bytes follow" in complaint(capsys, str(path))
    with zipfile.ZipFile(path, "w") as z:
        for i in range(archive.MOST_ARRAYS + 1):
            z.writestr(f"a{i}.npy", b"")
    assert "201 arrays" in complaint(capsys, str(path))


def test_odd_archives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.npz"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("X.npy", header("(1,)") + bytes(8))
        with pytest.warns(UserWarning, match="Duplicate name"):
            z.writestr("X.npy", header("(1,)") + bytes(8))
    assert "twice" in complaint(capsys, str(path))
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("../X.txt", b"")
    assert "'../X.txt'" in complaint(capsys, str(path))
    for shape in ("(-1,)", "(1.5,)", "('a',)", "__import__('os')", "(" * 300):
        with zipfile.ZipFile(path, "w") as z:
            z.writestr("X.npy", header(shape) + bytes(8))
        complaint(capsys, str(path))
    path.write_bytes(b"")
    complaint(capsys, str(path))
    complaint(capsys, str(tmp_path / "absent.npz"))
    complaint(capsys, str(tmp_path))
    np.save(tmp_path / "one.npy", X)
    assert "is not an .npz file" in complaint(capsys, str(tmp_path / "one.npy"))


def test_bad_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(saved(tmp_path, **RUN))
    assert "loss is 'mes'" in complaint(capsys, path, "--loss", "mes")
    assert "--eta" in complaint(capsys, path, "--eta", "1")
    assert "eta" in complaint(capsys, str(saved(tmp_path, **STEP)), "--eta", "-1")
    assert "eta has shape" in complaint(capsys, str(saved(tmp_path, **STEP, eta=np.ones(3))))


def test_messages_use_the_names_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "g1 has shape (4, 3); expected (2, 3), as W1 has" in complaint(
        capsys, str(saved(tmp_path, **{**RUN, "g1": np.ones((4, 3))}))
    )
    assert "looked for 2 columns in X, as W1 takes 2 inputs" in complaint(
        capsys, str(saved(tmp_path, **{**RUN, "X": np.ones((21, 7))}))
    )
    assert "afterb1" in complaint(capsys, str(saved(tmp_path, **{**STEP, "afterb1": np.full((1, 3), np.nan)})))


@pytest.mark.parametrize("name", ["g3", "b3", "gb3"])
def test_arrays_of_a_layer_without_weights(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = complaint(capsys, str(saved(tmp_path, **RUN, **{name: np.ones(1)})))
    assert f"has {name} and no W3; its weights are W1 to W2" in message


def test_biases_after_the_update_may_be_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step = {name: array for name, array in STEP.items() if not name.startswith("afterb")}
    path = str(saved(tmp_path, **step, eta=0.5))
    assert main(["diagnose", path]) == 0
    assert "not checked" in capsys.readouterr().out
    assert main(["diagnose", path, "--strict"]) == 1


# Files of MATLAB


def untyped(arrays: Any) -> Any:
    return arrays


def mat_file(folder: Path, name: str = "run.mat", **arrays: Any) -> Path:
    scipy.io.savemat(folder / name, arrays)
    return folder / name


def test_a_mat_file_is_read_whatever_its_name_and_extra_variables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = np.empty(2, dtype=object)
    cells[:] = ["a", np.ones(2)]
    path = mat_file(tmp_path, "run.npz.mat", **RUN, notes="a text", settings={"eta": 1.0}, cells=cells)
    assert main(["diagnose", str(path)]) == 0
    capsys.readouterr()
    renamed = path.rename(tmp_path / "run.npz")
    assert main(["diagnose", str(renamed)]) == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512), "save -v7"),
        (b"\x89HDF\r\n\x1a\n".ljust(512, b"\0"), "save -v7"),
        (b"# Created by Octave 7.3.0\n# name: X\n", "expected what save -v6 or save -v7 writes"),
        (b"", "expected what save -v6 or save -v7 writes"),
    ],
)
def test_other_mat_files_are_refused_with_advice(
    data: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.mat").write_bytes(data)
    assert words in complaint(capsys, str(tmp_path / "run.mat"))


@pytest.mark.parametrize("compressed", [False, True], ids=["v6", "v7"])
def test_what_scipy_has_written_is_read_to_the_last_bit(compressed: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "X": rng.normal(size=(5, 2)),
        "y": np.array([[1.0], [0.0], [300.0], [-70000.0], [2.0**40]]),  # whole numbers are stored in less
        "W1": rng.normal(size=(2, 3)).astype(np.float32),
        "row": np.arange(3.0),
        "cube": rng.normal(size=(2, 3, 4)),
        "empty": np.zeros((0, 3)),
        "eta": np.array(0.5),
        "a_name_of_more_than_four_letters": np.ones((1, 1)),
        "flags": np.array([[True, False]]),
        **{f"{dtype}": np.array([[1, 100]], dtype=dtype) for dtype in INTEGERS},
    }
    others = {"text": "W1", "struct": {"W1": 1.0}, "complex": 1j * np.ones(2), "sparse": scipy.sparse.eye_array(3)}
    scipy.io.savemat(tmp_path / "run.mat", {**arrays, **others}, do_compression=compressed)
    found, expected = archive.read_arrays(tmp_path / "run.mat"), scipy.io.loadmat(tmp_path / "run.mat", spmatrix=False)
    assert set(found) == set(arrays)
    for name, array in found.items():
        assert np.array_equal(array, expected[name]), name
        assert array.shape == expected[name].shape
        assert array.dtype == expected[name].dtype or name == "flags"


def test_a_mat_file_that_would_be_too_large_is_not_decompressed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = zlib.compress(bytes(archive.MOST_BYTES + 100))
    data = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + struct.pack("<II", 15, len(packed)) + packed
    (tmp_path / "run.mat").write_bytes(data)
    assert "more than 67,108,864 bytes" in complaint(capsys, str(tmp_path / "run.mat"))


def test_arrays_of_another_class_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = mat_file(tmp_path, **untyped({**RUN, "W1": "a text"}))
    assert "array 'W1' is of class char" in complaint(capsys, str(path))
    path = mat_file(tmp_path, **untyped({**RUN, "X": X + 1j}))
    assert "array 'X' is of class complex double" in complaint(capsys, str(path))
    path = mat_file(tmp_path, **untyped({**RUN, "g1": scipy.sparse.csc_array(RUN["g1"])}))
    assert "array 'g1' is of class sparse" in complaint(capsys, str(path))


# Fuzzing


def whole_file() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **RUN)
    return buffer.getvalue()


def whole_mat_file(compressed: bool) -> bytes:
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {**RUN, "notes": "a text", "settings": {"eta": 1.0}}, do_compression=compressed)
    return buffer.getvalue()


WHOLE, MATS = whole_file(), [whole_mat_file(False), whole_mat_file(True)]


def some(rng: np.random.Generator, most: int, least: int = 0) -> bytes:
    """Draw bytes, of which about half are 0 or 255."""
    drawn = rng.integers(0, 256, rng.integers(least, most + 1), dtype=np.uint8)
    return np.where(rng.random(drawn.size) < 0.5, drawn, rng.choice([0, 255], drawn.size)).astype(np.uint8).tobytes()


def damaged(rng: np.random.Generator, whole: bytes) -> bytes:
    """Take a good file and cut it, repeat parts of it, or overwrite some of its bytes."""
    data = bytearray(whole)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, max(1, len(data))))
        match rng.choice(["overwrite", "overwrite", "cut", "insert", "repeat"]):
            case "cut":
                del data[at : at + int(rng.choice([1, 4, 40, 400]))]
            case "overwrite":
                piece = some(rng, 8, 1)
                data[at : at + len(piece)] = piece
            case "insert":
                data[at:at] = some(rng, 40, 1)
            case "repeat":
                data += data[at : at + 200]
    return bytes(data)


def outcome(path: Path) -> str:
    """Read a file: the complaint, or nothing if it was read and holds numbers alone."""
    try:
        arrays = archive.read_arrays(path)
    except ValueError as error:
        return str(error)
    return "" if all(array.dtype.kind in "biuf" for array in arrays.values()) else "not numbers\n"


def test_no_file_breaks_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "fuzzed.npz"
    for seed in range(1500):
        rng = np.random.default_rng(seed)
        path.write_bytes(damaged(rng, WHOLE) if seed % 10 else some(rng, 200))
        assert "\n" not in outcome(path), seed


def test_no_mat_file_breaks_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "fuzzed.mat"
    for seed in range(1500):
        rng = np.random.default_rng(seed)
        path.write_bytes(damaged(rng, MATS[seed % 2]) if seed % 10 else MATS[0][:128] + some(rng, 300))
        assert "\n" not in outcome(path), seed


@pytest.mark.parametrize("compressed", [False, True], ids=["v6", "v7"])
def test_a_mat_file_that_is_cut_off_is_read_up_to_there_or_refused(compressed: bool, tmp_path: Path) -> None:
    path, whole = tmp_path / "cut.mat", MATS[compressed]
    path.write_bytes(whole)
    full = archive.read_arrays(path)
    read = 0
    for length in range(128, len(whole)):
        path.write_bytes(whole[:length])
        if outcome(path):
            assert re.search(r"is damaged: .*(ends within|cut off)", outcome(path))
            continue
        found = archive.read_arrays(path)
        read += len(found) < len(full)  # it ends between two variables, or in what fills up the last
        assert all(np.array_equal(array, full[name]) for name, array in found.items())
    assert 0 < read < 100 * len(full)


def test_no_header_breaks_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "header.npz"
    for seed in range(500):
        rng = np.random.default_rng(seed)
        shape = "".join(rng.choice([*"0123456789,()-. '"], rng.integers(0, 21)))
        dtype = "".join(rng.choice([*"<>|fiuObSUVM0123456789,[]() "], rng.integers(0, 9)))
        with zipfile.ZipFile(path, "w") as z:
            z.writestr("X.npy", header(shape, dtype) + some(rng, 64))
        assert "\n" not in outcome(path), seed
