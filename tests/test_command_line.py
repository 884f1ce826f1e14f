"""The command line: its version, files that are missing, pictures, and progress on a terminal only."""

import importlib.metadata
import io
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import backprop
from backprop.__main__ import Progress, main
from backprop.figures import training
from backprop.figures.style import house_style

ROOT = Path(__file__).parents[1]
X, Y = backprop.xor()


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must fail before it prints anything, with one line and status 2."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("backprop: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err[len("backprop: ") : -1]


def test_the_command_is_called_backprop_and_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts == {"backprop": "backprop.__main__:main"}
    assert importlib.metadata.EntryPoint("backprop", scripts["backprop"], "console_scripts").load() is main
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"backprop {backprop.__version__}\n"


def test_a_file_that_is_missing_or_a_folder_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing = tmp_path / "nothing.npz"
    assert complaint(capsys, "diagnose", str(missing)) == f"{missing}: there is no such file"
    assert complaint(capsys, "diagnose", str(tmp_path)).startswith(f"{tmp_path} cannot be read: ")


# Pictures


@pytest.mark.parametrize("ending", ["png", "svg", "PDF"])
def test_a_picture_is_written(ending: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    picture = tmp_path / f"xor.{ending}"
    assert main(["train", "xor", "--epochs", "30", "--log-every", "20", "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith({"png": b"\x89PNG", "svg": b"<?xml", "PDF": b"%PDF"}[ending])
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["epoch", "epoch", "accuracy"]
    assert err == ""


def test_the_picture_shows_every_loss_the_surface_and_the_labels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drawn: list[Any] = []
    draw: Any = training.drawing

    def kept(*data: Any) -> Any:
        drawn.append(draw(*data))
        return drawn[0]

    monkeypatch.setattr(training, "drawing", kept)
    options = ["--epochs", "2500", "--log-every", "1000", "--plot", str(tmp_path / "a.png")]
    assert main(["train", "xor", *options]) == 0
    run = backprop.train(backprop.Model.random([2, 4, 1], seed=0), X, Y, 1.0, 2500, engine="reference")
    curve, plane = drawn[0].axes
    np.testing.assert_array_equal(curve.lines[0].get_ydata(), run.losses)
    zeros, ones = (np.column_stack(line.get_data()) for line in plane.lines)
    assert zeros.tolist() == X[Y.ravel() == 0].tolist()
    assert ones.tolist() == X[Y.ravel() == 1].tolist()
    (at_half,) = (lines for lines in plane.collections if lines.levels.tolist() == [0.5])
    for x in at_half.get_paths()[0].vertices[::10]:
        assert run.model.forward(x[None]).y_hat.item() == pytest.approx(0.5, abs=0.01)
    assert all(axes.get_title("left") and axes.get_xlabel() and axes.get_ylabel() for axes in drawn[0].axes)


def test_the_picture_of_softmax_shows_the_second_class() -> None:
    model = backprop.Model([np.array([[-9.0, 9.0], [0.0, 0.0]])], [np.array([4.5, -4.5])], "softmax")
    with house_style():
        _, plane = training.drawing(np.ones(3), model, X, np.hstack([1 - Y, Y])).axes
    ones = np.column_stack(plane.lines[1].get_data())
    assert ones.tolist() == X[Y.ravel() == 1].tolist()
    contours: Any = plane.collections
    (at_half,) = (lines for lines in contours if getattr(lines, "levels", np.zeros(2)).tolist() == [0.5])
    assert np.allclose(at_half.get_paths()[0].vertices[:, 0], 0.5, atol=0.01)


def test_a_prediction_beyond_the_labels_is_shaded_as_they_are() -> None:
    model = backprop.Model([np.array([[9.0], [0.0]])], activations="identity")
    with house_style():
        _, plane = training.drawing(np.ones(3), model, X, Y).axes
    shades: Any = plane.collections[0]
    x = [path.vertices[:, 0].max() for path in shades.get_paths() if len(path.vertices)]
    assert max(x) == 1  # the blue reaches the right side, where the predictions are 9


def test_without_matplotlib_it_says_what_to_install_before_it_trains(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "backprop.figures.training")
    monkeypatch.delattr("backprop.figures.training")
    for name in [name for name in sys.modules if name.startswith("backprop.figures.")]:
        monkeypatch.delitem(sys.modules, name)
    words = complaint(capsys, "train", "xor", "--plot", str(tmp_path / "xor.png"))
    assert words == "--plot needs matplotlib; install it with: python -m pip install matplotlib"
    assert main(["train", "xor", "--epochs", "1"]) == 0  # and trains without it


def test_a_picture_that_cannot_be_is_refused_before_it_trains(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = complaint(capsys, "train", "xor", "--plot", str(tmp_path / "xor.doc"))
    assert "xor.doc" in words
    assert "png" in words
    words = complaint(capsys, "train", "xor", "--plot", str(tmp_path / "nowhere" / "xor.png"))
    assert words.endswith("expected a file in a folder that exists")


def test_a_picture_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "xor.png").mkdir()
    assert main(["train", "xor", "--epochs", "1", "--plot", str(tmp_path / "xor.png")]) == 2
    assert capsys.readouterr().err.startswith(f"backprop: {tmp_path / 'xor.png'} cannot be written: ")


def test_drawing_leaves_matplotlib_as_it_was(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    training.write(tmp_path / "a.png", np.ones(3), backprop.Model.random([2, 4, 1]), X, Y)
    assert dict(mpl.rcParams) == before


# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def screen(self) -> str:
        """What is seen on the last line."""
        seen = ""
        for part in self.getvalue().split("\r"):
            seen = part + seen[len(part) :]
        return seen.rstrip()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_progress_appears_after_two_seconds_and_goes_away(clock: list[float]) -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    for now, share in ((0.5, 0.0625), (2.0, 0.25)):
        clock[0] = now
        progress.show(share)
    progress.clear()
    assert terminal.getvalue() == ""
    clock[0] = 2.5
    progress.show(0.25)
    assert terminal.screen() == "25% trained, about 8 s left"
    clock[0] = 2.6  # too soon for another
    progress.show(0.26)
    assert terminal.screen() == "25% trained, about 8 s left"
    clock[0] = 10.0
    progress.show(1.0)
    assert terminal.screen() == "100% trained, about 0 s left"
    progress.clear()
    assert terminal.screen() == ""
    assert "\n" not in terminal.getvalue()


def test_progress_is_silent_in_a_pipe(clock: list[float]) -> None:
    pipe = io.StringIO()
    progress = Progress(pipe)
    clock[0] = 10.0
    progress.show(0.5)
    progress.clear()
    assert pipe.getvalue() == ""


def test_a_long_training_shows_its_progress_between_the_lines_of_the_log(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", terminal)
    loss: Any = backprop.Model.loss

    def slow(*data: Any) -> Any:
        clock[0] += 3.0
        return loss(*data)

    monkeypatch.setattr(backprop.Model, "loss", slow)
    assert main(["train", "xor", "--epochs", "400", "--log-every", "200"]) == 0
    seen = terminal.getvalue()
    assert "25% trained, about 9 s left" in seen
    *log, last = [line.rpartition("\r")[2].split()[0] for line in seen.split("\n")[:-1]]
    assert log == ["epoch", "epoch"]
    assert last == "accuracy"
