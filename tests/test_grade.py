"""A class of files: one line each, nothing executed, and the exit status of the worst."""

import csv
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Model
from backprop.__main__ import main
from backprop.verification.grading import COLUMNS, Grade, files_in, grade_file, left_open, write_csv

X, Y = backprop.xor()
MODEL = Model.random([2, 3, 1], seed=0)
G = MODEL.backward(MODEL.forward(X), Y).weights
RUN: dict[str, Any] = {"X": X, "y": Y, "W1": MODEL.weights[0], "W2": MODEL.weights[1], "g1": G[0], "g2": G[1]}
TOLD = ["--activations", "sigmoid", "--loss", "mse"]


def a_class(folder: Path, *names: str) -> Path:
    """Write the files of a class, each named after what it holds."""
    held = {
        "correct": RUN,
        "uphill": RUN | {"g1": -G[0], "g2": -G[1]},
        "bias": {**RUN, "g1": 3.7 * G[0] + 1},
        "slope": {**RUN, "g1": X.T @ (2 / 21 * (MODEL.forward(X).y_hat - Y) @ MODEL.weights[1].T)},
        "noise": {**RUN, "g1": np.random.default_rng(0).normal(size=(2, 3)), "g2": G[1] + 1},
    }
    for name in names:
        if name == "damaged":
            (folder / "damaged.npz").write_bytes(b"PK\x03\x04 nothing")
        elif name == "missing":
            np.savez(folder / "missing.npz", **{k: v for k, v in RUN.items() if k != "g2"})
        else:
            np.savez(folder / f"{name}.npz", **held[name])
    (folder / "notes.txt").write_text("not a run", encoding="utf-8")
    return folder


def graded(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    status = main(["grade", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    return status, out.splitlines()


def test_one_line_for_each_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_class(tmp_path, "correct", "noise", "damaged", "missing")
    status, lines = graded(capsys, str(tmp_path), *TOLD)
    assert status == 2
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["file", "verdict"],
        ["correct.npz", "correct"],
        ["damaged.npz", "unreadable"],
        ["missing.npz", "unreadable"],
        ["noise.npz", "unknown"],
    ]
    assert lines[-1] == "4 files: 1 correct, 1 unknown, 2 unreadable."


@pytest.mark.parametrize(
    ("names", "status"),
    [(["correct"], 0), (["correct", "uphill"], 0), (["correct", "noise"], 1), (["noise", "damaged"], 2)],
)
def test_the_exit_status_is_that_of_the_worst(
    names: list[str], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert graded(capsys, str(a_class(tmp_path, *names)), *TOLD)[0] == status


def test_each_file_is_graded_as_diagnose_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_class(tmp_path, "correct", "uphill", "noise", "slope", "damaged", "bias")
    for path in files_in(tmp_path):
        grade = grade_file(path, tmp_path, activations="sigmoid", loss="mse")
        assert grade.status == main(["diagnose", str(path), *TOLD])
        out, err = capsys.readouterr()
        assert (grade.verdict.capitalize() in out + err) or grade.verdict in ("mistake", "unreadable")
        assert not grade.mistakes or all(slug in out for slug in grade.mistakes if not slug.startswith("in "))


def test_subfolders_and_links(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a_class(tmp_path / "a", "correct")
    np.savez(tmp_path / "b" / "x.NPZ.npz", **RUN)
    (tmp_path / "link.npz").symlink_to(tmp_path / "a" / "correct.npz")
    assert [str(p.relative_to(tmp_path)) for p in files_in(tmp_path)] == ["a/correct.npz", "b/x.NPZ.npz"]


def test_the_csv_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_class(tmp_path, "correct", "noise", "damaged")
    target = tmp_path / "grades.csv"
    _, lines = graded(capsys, str(tmp_path), *TOLD, "--csv", str(target))
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert [row["file"] for row in rows] == ["correct.npz", "damaged.npz", "noise.npz"]
    assert list(rows[0]) == list(COLUMNS)
    assert [row["verdict"] for row in rows] == [line.split()[1] for line in lines[1:-1]]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    names = ["=1+1.npz", "+1.npz", "-1.npz", "@x.npz", "plain.npz"]
    write_csv(tmp_path / "g.csv", [Grade(name, "correct", (), (), "mse", (), "", 0) for name in names])
    with (tmp_path / "g.csv").open(encoding="utf-8", newline="") as stream:
        cells = [row["file"] for row in csv.DictReader(stream)]
    assert cells == ["'=1+1.npz", "'+1.npz", "'-1.npz", "'@x.npz", "plain.npz"]


def test_progress_is_shown_in_a_terminal_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    a_class(tmp_path, "correct", "uphill")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    main(["grade", str(tmp_path), *TOLD])
    out, err = capsys.readouterr()
    assert "2 of 2: uphill.npz" in err
    assert "of 2:" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent"], "is not a folder"),
        (["empty"], "has no .npz or .mat file"),
        (["empty", "--csv"], "--csv"),
        ([], "FOLDER"),
    ],
)
def test_bad_arguments_are_one_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    try:
        status = main(["grade", *arguments])
    except SystemExit as stop:
        status = int(stop.code or 0)
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_a_csv_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_class(tmp_path, "correct")
    assert main(["grade", str(tmp_path), "--csv", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_strict_wants_nothing_left_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One example cannot tell a sum from a mean, so a correct gradient of it leaves much open."""
    one = MODEL.backward(MODEL.forward(X[4:5]), Y[4:5]).weights
    np.savez(tmp_path / "one.npz", **{**RUN, "X": X[4:5], "y": Y[4:5], "g1": one[0], "g2": one[1]})
    path = str(tmp_path / "one.npz")
    assert main(["diagnose", path, *TOLD]) == 0
    assert main(["diagnose", path, *TOLD, "--strict"]) == 1
    assert "because of --strict" in capsys.readouterr().out
    assert main(["grade", str(tmp_path), *TOLD]) == 0
    assert main(["grade", str(tmp_path), *TOLD, "--strict"]) == 1
    found = backprop.diagnose(MODEL.weights, X[4:5], Y[4:5], one, activations="sigmoid", loss="mse")
    assert left_open(found)


def test_the_printed_loss_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_class(tmp_path, "correct")
    loss = float(MODEL.loss(MODEL.forward(X), Y))
    assert main(["diagnose", str(tmp_path / "correct.npz"), *TOLD, "--printed-loss", f"{loss / 2:.6f}"]) == 0
    assert "mse_half" in capsys.readouterr().out
