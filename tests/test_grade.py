"""A class of files: one line each, nothing executed, and the exit status of the worst."""

import csv
import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Diagnosis, Model
from backprop.__main__ import main
from backprop.verification import grading
from backprop.verification.findings import Alternative, Array
from backprop.verification.grading import (
    COLUMNS,
    Grade,
    diagnose_file,
    differing,
    files_in,
    grade_file,
    status_of,
    table,
    write_csv,
)

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
    (folder / "._correct.npz").write_bytes(b"what macOS adds to an archive")
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
    for path in files_in(tmp_path)[0]:
        grade = grade_file(path, tmp_path, activations="sigmoid", loss="mse")
        assert grade.status == main(["diagnose", str(path), *TOLD])
        out, err = capsys.readouterr()
        assert (grade.verdict.capitalize() in out + err) or grade.verdict in ("mistake", "unreadable")
        assert not grade.mistakes or all(slug in out for slug in grade.mistakes if not slug.startswith("in "))


def test_whole_lines(tmp_path: Path) -> None:
    a_class(tmp_path, "correct", "uphill", "noise", "slope", "damaged", "bias")
    path = tmp_path / "damaged.npz"
    damaged = f"{path} is not an .npz file: File is not a zip file; expected what numpy.savez writes"
    elsewhere = (
        "the gradient with respect to W2 is correct for mse, but no known mistake explains that with respect to W1"
    )
    nowhere = "no array is correct, and no known mistake explains the numbers; if the network has biases, pass them"
    expected = [
        ("bias", "unknown", ("W1",), "mse", f"{elsewhere}; there is a mistake in dW1 or in delta1", 1),
        ("correct", "correct", (), "mse", "", 0),
        ("damaged", "unreadable", (), "", damaged, 2),
        ("noise", "unknown", ("W1", "W2"), "", nowhere, 1),
        ("slope", "mistake", ("W1",), "mse", "", 1),
        ("uphill", "correct", (), "mse", "it is −∇L: correct, if it is added", 0),
    ]
    for path, (name, verdict, incorrect, loss, note, status) in zip(files_in(tmp_path)[0], expected, strict=True):
        grade = grade_file(path, tmp_path, activations="sigmoid", loss="mse")
        mistakes = ("in delta1",) if name == "slope" else ()  # a place, where nothing has a name
        assert grade == Grade(f"{name}.npz", verdict, mistakes, incorrect, loss, (), grade.note, status)
        assert grade.note.startswith(note)
        assert bool(grade.note) is bool(note)


def test_a_place_and_what_is_left_open_stand_in_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    found = backprop.diagnose(MODEL, X, Y, G, loss="mse")

    def graded_as(**changes: Any) -> Grade:
        monkeypatch.setattr(grading, "diagnose_file", lambda path, **options: (replace(found, **changes), []))
        return grade_file(Path("a/b.npz"), Path("a"))

    assert graded_as(verdict="mistake", place="dW1").mistakes == ("in dW1",)
    assert graded_as(verdict="mistake", place="dW1", mistakes=("uphill",)).mistakes == ("uphill",)
    assert graded_as(verdict="unknown", place="dW1").mistakes == ()
    assert graded_as(verdict="mistake", place=None).mistakes == ()
    note = "it is −∇L: correct, if it is added; these data cannot tell uphill"
    assert graded_as(sign=-1, cannot_tell=("uphill",)).note == note
    assert graded_as(sign=1, cannot_tell=("uphill",)).note == "these data cannot tell uphill"
    assert graded_as(sign=-1, verdict="unknown", reason="why").note == "why"
    assert graded_as(verdict="mistake", sign=-1, cannot_tell=("uphill",), reason="why").note == "why"
    other = Alternative("correct", (), None, "mse_half", "correct for mse_half")
    rival = Alternative("mistake", ("uphill",), None, "mse", "uphill")
    assert graded_as(verdict="mistake", alternatives=(rival, other), reason="why").note == "why; correct for mse_half"
    assert graded_as(verdict="mistake", alternatives=(rival,)).note == ""


def test_subfolders_and_links(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a_class(tmp_path / "a", "correct")
    np.savez(tmp_path / "b" / "x.NPZ.npz", **RUN)
    (tmp_path / "link.npz").symlink_to(tmp_path / "a" / "correct.npz")
    found, others = ([str(p.relative_to(tmp_path)) for p in part] for part in files_in(tmp_path))
    assert found == ["a/correct.npz", "b/x.NPZ.npz"]
    assert others == ["link.npz"]


def test_other_files_are_named_except_hidden_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_class(tmp_path, "correct")
    (tmp_path / "__MACOSX").mkdir()
    for name in (".DS_Store", "__MACOSX/x.npz", "late.zip", "net.py"):
        (tmp_path / name).write_bytes(b"")
    _, lines = graded(capsys, str(tmp_path), *TOLD)
    assert lines[-2:] == [
        "1 file: 1 correct.",
        "Not read, because only .npz and .mat files are, and no links: late.zip, net.py.",
    ]
    for number in range(9):
        (tmp_path / f"a{number}.txt").write_bytes(b"")
    _, lines = graded(capsys, str(tmp_path), *TOLD)
    assert lines[-1].endswith(f": {', '.join(f'a{number}.txt' for number in range(9))}, late.zip and 1 more.")


def test_a_file_with_other_data_than_those_given_out_is_not_graded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    given: dict[str, Any] = {name: RUN[name] for name in ("X", "y", "W1", "W2")}
    np.savez(tmp_path / "given.npz", **given, history=X)
    a_class(folder, "correct")
    turned: dict[str, Any] = {name: np.float32(np.transpose(array)) for name, array in RUN.items()}
    np.savez(folder / "columns.npz", **turned | {"y": Y.ravel()})
    own = Model.random([2, 3, 1], seed=1)
    gradients = own.backward(own.forward(X), Y).weights
    np.savez(folder / "own.npz", **RUN | dict(zip(("W1", "W2", "g1", "g2"), (*own.weights, *gradients), strict=True)))
    np.savez(folder / "small.npz", X=X, y=Y, W1=own.weights[0], g1=gradients[0])
    assert graded(capsys, str(folder), *TOLD)[1][-1] == "4 files: 3 correct, 1 unknown."
    status, lines = graded(capsys, str(folder), *TOLD, "--given", str(tmp_path / "given.npz"))
    assert status == 2
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "columns.npz correct yes mse",
        "correct.npz correct yes mse",
        "own.npz other data no not what was given out: W1, W2",
        "small.npz other data no not what was given out: W1, W2",
        "4 files: 2 correct, 2 other data.",
    ]
    assert main(["grade", str(folder), "--given", str(tmp_path / "absent.npz")]) == 2
    assert capsys.readouterr().err == f"backprop: --given is {tmp_path / 'absent.npz'}; there is no such file\n"


def test_identity_may_be_called_linear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = Model.random([2, 3, 1], 0, ["sigmoid", "identity"])
    g = model.backward(model.forward(X), Y).weights
    np.savez(tmp_path / "a.npz", X=X, y=Y, W1=model.weights[0], W2=model.weights[1], g1=g[0], g2=g[1])
    assert graded(capsys, str(tmp_path), "--activations", "sigmoid", "linear", "--loss", "mse")[0] == 0


def test_arrays_of_another_size_are_other_arrays() -> None:
    given = {"X": np.ones((2, 2)), "y": np.ones(4), "g1": np.ones(2)}
    assert differing({"X": np.ones((3, 2)), "y": np.ones(1)}, given) == ["X", "y"]
    assert differing({"X": np.ones(4), "y": np.ones((4, 1))}, given) == ["X"]
    assert differing({"X": np.ones((1, 2, 2)), "y": np.ones((4, 1))}, given) == []


@pytest.mark.parametrize(
    ("name", "array"), [("X", X.T.reshape(X.shape)), ("W1", RUN["W1"].T.reshape(2, 3)), ("W3", np.ones((1, 1)))]
)
def test_what_is_reshaped_or_added_was_not_given_out(name: str, array: np.ndarray) -> None:
    given = {key: RUN[key] for key in ("X", "y", "W1", "W2")}
    assert differing(RUN | {name: array}, given) == [name]
    assert differing(RUN | {name: array}, {"X": X, "y": Y}) == ([name] if name == "X" else [])


def test_biases_that_were_not_given_out_are_no_difference_if_they_are_0() -> None:
    given = {key: RUN[key] for key in ("X", "W1", "W2")}
    assert differing(RUN | {"b1": np.zeros((1, 3))}, given) == []
    assert differing(RUN | {"b1": np.ones((1, 3))}, given) == ["b1"]


@pytest.mark.parametrize("one_hot", [np.eye(3)[[0, 2, 1, 1]], np.eye(3)[[0, 2, 1, 1]].T])
def test_class_numbers_are_the_same_as_one_hot_targets(one_hot: np.ndarray) -> None:
    numbers = np.array([0, 2, 1, 1])
    assert differing({"y": one_hot}, {"y": numbers}) == differing({"y": numbers[:, None]}, {"y": one_hot}) == []
    assert differing({"y": one_hot}, {"y": numbers[::-1]}) == ["y"]
    assert differing({"y": one_hot / 2}, {"y": numbers}) == ["y"]


def test_the_file_that_was_given_out_is_no_student_s_and_must_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_class(tmp_path, "correct")
    given = tmp_path / "given.npz"
    np.savez(given, **{name: RUN[name] for name in ("X", "y", "W1", "W2")})
    status, lines = graded(capsys, str(tmp_path), *TOLD, "--given", str(given))
    assert (status, lines[-1]) == (0, "1 file: 1 correct.")
    np.savez(given, history=X)
    assert main(["grade", str(tmp_path), "--given", str(given)]) == 2
    said = f"backprop: --given is {given}, which has history; expected X, y, W1, …\n"
    assert capsys.readouterr().err == said
    assert main(["grade", str(tmp_path), "--given", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"backprop: --given is {tmp_path}, which cannot be read: Is a directory\n"


def test_what_a_file_writes_cannot_pass_for_a_line_of_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays: dict[str, Any] = {"\x1b[1Ga.npz  correct  yes\nCorrect": X}
    np.savez(tmp_path / "a.npz", **arrays)
    _, lines = graded(capsys, str(tmp_path))
    assert len(lines) == 3
    assert "\x1b" not in lines[1]
    assert r"\x1b[1Ga.npz" in lines[1]


def test_arrays_that_look_like_misspelled_ones_are_noted(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **RUN, dB1=X, dW1=X, seed=np.array(3))
    assert grade_file(tmp_path / "a.npz", tmp_path, loss="mse", activations="sigmoid").note.endswith(
        "not looked at: dB1, dW1"
    )


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--activations sigmod", "activations is 'sigmod'; expected one of 'sigmoid'"),
        ("--activations sigmoid relo", "activations is 'relo'; expected one of 'sigmoid'"),
        ("--activations relu --loss cross_entropy", "loss 'cross_entropy' is known for a softmax output"),
        ("--loss mes", "loss is 'mes'; expected one of 'mse'"),
        ("--convention foo", "convention is 'foo'; expected one of 'rows, (in, out)'"),
        ("--eta -1", "--eta is -1.0; expected a positive, finite number"),
        ("--optimizer foo", "optimizer is 'foo'; expected one of "),
        ("--weight-decay -1", "--weight-decay is -1.0; expected a number from 0 to below 1"),
    ],
)
def test_an_option_that_suits_no_file_is_refused_once(
    option: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_class(tmp_path, "correct", "uphill")
    assert main(["grade", str(tmp_path), *option.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"backprop: {words}")
    assert err.count("\n") == 1


def test_the_csv_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_class(tmp_path, "correct", "noise", "damaged")
    target = tmp_path / "grades.csv"
    _, lines = graded(capsys, str(tmp_path), *TOLD, "--csv", str(target))
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert [row["file"] for row in rows] == ["correct.npz", "damaged.npz", "noise.npz"]
    assert list(rows[0]) == list(COLUMNS)
    assert [row["verdict"] for row in rows] == [line.split()[1] for line in lines[1:-1]]


def test_a_table_that_cannot_be_written_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_class(tmp_path, "correct")
    missing = tmp_path / "missing.csv"
    missing.symlink_to(tmp_path / "nowhere" / "x.csv")
    assert main(["grade", str(tmp_path), *TOLD, "--csv", str(missing)]) == 2
    out, err = capsys.readouterr()
    assert "1 file: 1 correct." in out
    assert err == f"backprop: {missing} cannot be written: No such file or directory\n"
    (tmp_path / "folder").mkdir()
    assert main(["grade", str(tmp_path), "--csv", str(tmp_path / "folder")]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        f"backprop: --csv is {str(tmp_path / 'folder')!r}; expected a file in a folder that exists\n",
    )
    assert main(["grade", str(tmp_path), "--csv", str(tmp_path / "nowhere" / "x.csv")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.endswith("x.csv'; expected a file in a folder that exists\n")) == ("", True)


def test_output_that_cannot_be_written_as_it_is_is_escaped(tmp_path: Path) -> None:
    a_class(tmp_path, "correct")
    (tmp_path / "correct.npz").rename(tmp_path / "Ж.npz")
    environment, command = os.environ | {"PYTHONIOENCODING": "cp1252"}, [sys.executable, "-m", "backprop"]
    for words, shown in ((["diagnose", "--help"], "\\u03bb"), (["grade", str(tmp_path), *TOLD], "\\u0416.npz")):
        done = subprocess.run([*command, *words], env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert shown in done.stdout.decode("cp1252")
    target = tmp_path / "grades.csv"  # a name that is not UTF-8 is read with a half character in place of each byte
    write_csv(target, [Grade("Ren\udce9.npz", "correct", (), (), "mse", (), "", 0)])
    assert "Ren\\udce9.npz" in target.read_text(encoding="utf-8")


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
    assert found.left_open


def test_the_printed_loss_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_class(tmp_path, "correct")
    loss = float(MODEL.loss(MODEL.forward(X), Y))
    assert main(["diagnose", str(tmp_path / "correct.npz"), *TOLD, "--printed-loss", f"{loss / 2:.6f}"]) == 0
    assert "mse_half" in capsys.readouterr().out


# Whole lines

ARRAY = {name: Array(verdict, 0.0, 1.0, 1) for name, verdict in {"W1": "correct", "W2": "not tested"}.items()}
PART = Diagnosis("correct", (), "mse", 1.0, 1, "rows, (in, out)", ())


@pytest.mark.parametrize(
    ("found", "open_"),
    [
        (PART, ""),
        (replace(PART, unseen=("without eta nothing", "no biases")), "without eta nothing; no biases"),
        (replace(PART, reason="something else"), ""),
        (replace(PART, arrays=ARRAY), "not tested: W2"),
        (replace(PART, arrays=dict.fromkeys(("W1", "b1"), ARRAY["W2"])), "not tested: W1, b1"),
        (
            replace(PART, cannot_tell=("a", "b"), arrays=ARRAY, unseen=("not checked",)),
            "these data cannot tell a, b; not tested: W2; not checked",
        ),
    ],
)
def test_what_is_left_open(found: Diagnosis, open_: str) -> None:
    assert found.left_open == open_
    assert (status_of(found), status_of(found, strict=True)) == (0, 1 if open_ else 0)
    assert status_of(replace(found, verdict="unknown")) == status_of(replace(found, verdict="mistake")) == 1


GRADES = [
    Grade("a.npz", "correct", (), (), "mse", ("dead-units", "few"), "", 0),
    Grade("longer name.npz", "mistake", ("uphill", "other"), ("W1", "b1"), "", (), "two\n  lines", 1),
]


def test_the_table_is_aligned_and_leaves_empty_columns_out() -> None:
    assert list(table(GRADES)) == [
        "file             verdict  passed  mistakes      incorrect  loss  remarks         note",
        "a.npz            correct  yes                              mse   dead-units few",
        "longer name.npz  mistake  no      uphill other  W1 b1                            two lines",
        "2 files: 1 correct, 1 mistake.",
    ]
    assert list(table(GRADES[:1])) == [
        "file   verdict  passed  loss  remarks",
        "a.npz  correct  yes     mse   dead-units few",
        "1 file: 1 correct.",
    ]
    plain = Grade("a", "b", (), (), "", (), "", 0)
    assert list(table([plain])) == ["file  verdict  passed", "a     b        yes", "1 file: 1 b."]


def test_a_csv_file_is_written_as_it_is_read(tmp_path: Path) -> None:
    write_csv(tmp_path / "g.csv", [*GRADES, Grade("ß", "\tx", ("\ry",), (), "", (), "", 0)])
    assert (tmp_path / "g.csv").read_bytes().decode("utf-8") == (
        "file,verdict,passed,mistakes,incorrect,loss,remarks,note\r\n"
        "a.npz,correct,yes,,,mse,dead-units few,\r\n"
        'longer name.npz,mistake,no,uphill other,W1 b1,,,"two\n  lines"\r\n'
        "ß,'\tx,yes,\"'\ry\",,,,\r\n"
    )


def test_the_grades_of_a_class(tmp_path: Path) -> None:
    a_class(tmp_path, "correct", "uphill", "noise", "slope", "missing", "bias")
    told: Any = {"activations": "sigmoid", "loss": "mse"}
    found = {path.stem: grade_file(path, tmp_path, **told) for path in files_in(tmp_path)[0]}
    noise = found["noise"].note
    assert noise.startswith("no array is correct, and no known mistake explains the numbers")
    missing = f"{tmp_path / 'missing.npz'} has no g2; it has W1, W2, X, g1, y; its weights are W1 to W2"
    assert found == {
        "bias": Grade("bias.npz", "unknown", (), ("W1",), "mse", (), found["bias"].note, 1),
        "correct": Grade("correct.npz", "correct", (), (), "mse", (), "", 0),
        "missing": Grade("missing.npz", "unreadable", (), (), "", (), missing, 2),
        "noise": Grade("noise.npz", "unknown", (), ("W1", "W2"), "", (), noise, 1),
        "uphill": Grade("uphill.npz", "correct", (), (), "mse", (), "it is −∇L: correct, if it is added", 0),
    } | {"slope": found["slope"]}
    assert (found["slope"].verdict, found["slope"].incorrect, found["slope"].status) == ("mistake", ("W1",), 1)


def test_what_diagnose_refuses_is_told_in_the_names_of_the_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{**RUN, "g2": np.full((3, 1), np.nan)})
    with pytest.raises(ValueError, match=r"^g2 has nan at index \(0, 0\); expected finite numbers$"):
        diagnose_file(tmp_path / "a.npz")


def test_options_are_passed_on(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **RUN)
    path, loss = tmp_path / "a.npz", MODEL.loss(MODEL.forward(X), Y)
    found, left = diagnose_file(path, loss="mse", convention="rows", printed_loss=2 * loss)
    assert left == []
    assert [remark.slug for remark in found.remarks] == ["printed-loss"]
    assert not any("loss" in part for part in found.assumed)
    with pytest.raises(ValueError, match=r"^shapes fit not the convention 'columns"):
        diagnose_file(path, convention="columns, (out, in)")
    with pytest.raises(ValueError, match=f"^--eta is 0.5, but {path} has gradients; expected it with after1, …$"):
        diagnose_file(path, eta=0.5)
    after = {f"after{k}": w - 0.5 * g for k, (w, g) in enumerate(zip(MODEL.weights, G, strict=True), start=1)}
    np.savez(path, **{name: array for name, array in (RUN | after).items() if name[0] != "g"})
    assert diagnose_file(path)[0].scale == pytest.approx(0.5)
    told, _ = diagnose_file(path, eta=0.5, loss="mse")
    assert told.scale == pytest.approx(1.0)
    with pytest.raises(ValueError, match=r"^eta is -1\.0; expected a positive, finite number$"):
        diagnose_file(path, eta=-1.0)


@pytest.mark.parametrize(
    ("function", "told", "passed"),
    [
        ("diagnose", {"weight_decay": 0.1, "tolerance": 3}, {"weight_decay": 0.1, "tolerance": 3}),
        ("diagnose", {"activations": "relu"}, {"activations": "relu"}),
        (
            "diagnose_step",
            {"weight_decay": 0.1, "tolerance": 3, "eta": 0.5},
            {"optimizer": {"name": "sgd", "weight_decay": 0.1}, "tolerance": 3, "eta": 0.5},
        ),
        (
            "diagnose_step",
            {"weight_decay": 0.1, "optimizer": "momentum", "eta": 0.5},
            {"optimizer": {"name": "momentum", "weight_decay": 0.1}, "eta": 0.5},
        ),
        ("diagnose_step", {"optimizer": "adam", "eta": 0.5}, {"optimizer": "adam", "eta": 0.5}),
        (
            "diagnose_step",
            {"optimizer": "momentum", "weight_decay": 0.0},
            {"optimizer": {"name": "momentum", "weight_decay": 0.0}},
        ),
        ("diagnose_step", {"convention": "rows", "loss": "mse"}, {"convention": "rows", "loss": "mse"}),
    ],
)
def test_what_a_function_is_told(
    function: str, told: Any, passed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = (
        RUN
        if function == "diagnose"
        else {**{k: RUN[k] for k in ("X", "y", "W1", "W2")}, "after1": G[0], "after2": G[1]}
    )
    np.savez(tmp_path / "a.npz", **run)
    monkeypatch.setattr(grading, function, lambda **options: options)
    found: Any = diagnose_file(tmp_path / "a.npz", **told)[0]
    arrays = {"weights", "X", "y", "gradients", "biases", "before", "after", "after2"}
    nothing = dict.fromkeys(("activations", "loss", "convention", "printed_loss", *["eta"] * (function != "diagnose")))
    assert {name: value for name, value in found.items() if name not in arrays} == nothing | passed


def test_a_file_that_cannot_be_read_has_a_note_whatever_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, note in ((MemoryError(), "MemoryError"), (OSError("away"), "away")):

        def fail(path: Path, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(grading, "diagnose_file", fail)
        assert grade_file(tmp_path / "a.npz", tmp_path) == Grade("a.npz", "unreadable", (), (), "", (), note, 2)


def test_where_there_is_nothing_to_grade(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match=r"^.*/x is not a folder; expected one with \.npz or \.mat files$"):
        files_in(tmp_path / "x")
    (tmp_path / "a.npz.txt").touch()
    (tmp_path / "b.npz").mkdir()
    with pytest.raises(ValueError, match=r"^\S* has no \.npz or \.mat file; expected at least one$"):
        files_in(tmp_path)
    (tmp_path / "b.npz" / "Z.MAT").touch()
    (tmp_path / "a.npz").touch()
    assert [path.name for path in files_in(tmp_path)[0]] == ["a.npz", "Z.MAT"]


def test_an_option_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **RUN)
    with pytest.raises(TypeError, match="'tolerance'"):
        diagnose_file(tmp_path / "a.npz", tolerance=1.0)


def test_a_file_is_graded_strictly_only_if_asked(tmp_path: Path) -> None:
    one = MODEL.backward(MODEL.forward(X[4:5]), Y[4:5]).weights
    np.savez(tmp_path / "one.npz", **{**RUN, "X": X[4:5], "y": Y[4:5], "g1": one[0], "g2": one[1]})
    told: Any = {"activations": "sigmoid", "loss": "mse"}
    assert grade_file(tmp_path / "one.npz", tmp_path, **told).status == 0
    assert grade_file(tmp_path / "one.npz", tmp_path, strict=True, **told).status == 1
