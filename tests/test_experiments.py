"""Experiments: run when their code has changed and only then, stored whole or not at all, failing with one line."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from backprop.experiments import EXPERIMENTS
from backprop.experiments import __main__ as program
from backprop.experiments.report import LINEAR_LOG, XOR_LOG
from backprop.experiments.store import code_hash, code_of, holds, read_result, write_text
from backprop.figures import __main__ as drawing


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the experiments by one that only counts."""
    done: list[str] = []

    def load(module: str) -> SimpleNamespace:
        def run() -> dict[str, float]:
            done.append(module.split(".")[-1])
            return {"value": 1.5}

        return SimpleNamespace(run=run)

    monkeypatch.setattr(importlib, "import_module", load)
    return done


def test_all_run_once_and_then_not_again(runs: list[str], tmp_path: Path) -> None:
    assert program.main(["--out", str(tmp_path)]) == 0
    assert runs == list(EXPERIMENTS)
    assert read_result(tmp_path, "xor")["value"] == 1.5
    assert program.main(["--out", str(tmp_path)]) == 0
    assert runs == list(EXPERIMENTS)


def test_a_result_of_other_code_runs_again(runs: list[str], tmp_path: Path) -> None:
    (tmp_path / "xor.json").write_text(json.dumps({"code_hash": "of yesterday", "value": 0}))
    assert program.main(["xor", "--out", str(tmp_path)]) == 0
    assert runs == ["xor"]
    assert read_result(tmp_path, "xor")["value"] == 1.5


def test_quick_keeps_what_is_stored_says_so_and_runs_what_is_missing(
    runs: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "xor.json").write_text(json.dumps({"code_hash": "of yesterday", "value": 0}))
    assert program.main(["xor", "linear", "--out", str(tmp_path), "--quick"]) == 0
    assert runs == ["linear"]
    assert read_result(tmp_path, "xor")["value"] == 0
    assert "code has changed: xor\n" in capsys.readouterr().err


def test_progress_names_the_experiment_and_the_time_left(
    runs: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert program.main(["linear", "xor", "--out", str(tmp_path)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("experiment 1 of 2: linear (about 1 s left) …")
    assert second.startswith("experiment 2 of 2: xor (about ")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"value": 1}'])
def test_a_damaged_result_does_not_hold(text: str, tmp_path: Path) -> None:
    (tmp_path / "xor.json").write_text(text)
    assert not holds(tmp_path, "xor", "mark")


def test_prose_is_not_code(tmp_path: Path) -> None:
    first, second, third = tmp_path / "a.py", tmp_path / "b.py", tmp_path / "c.py"
    first.write_text('"""One."""\n\ndef f(x):\n    """Two."""\n    return x  # three\n')
    second.write_text('"""Un."""\n\ndef f(x):\n    """Deux."""\n\n    return x  # trois\n')
    third.write_text('"""One."""\n\ndef f(x):\n    """Two."""\n    return -x  # three\n')
    one, two, three = (ast.dump(code_of(path)) for path in (first, second, third))
    assert one == two
    assert one != three


def test_a_formula_is_part_of_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_hash("backprop.experiments.xor")
    path = Path(sys.modules["backprop.derivation"].__file__ or "").with_name("loss.py")
    changed = path.read_text(encoding="utf-8").replace("(2.0 / (n * d))", "(1.0 / (n * d))")
    read = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda self, encoding=None: changed if self == path else read(self, encoding=encoding)
    )
    assert code_hash("backprop.experiments.xor") != before


def test_an_unknown_experiment_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert program.main(["xro", "--out", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert "'xro'" in message
    assert "linear, xor" in message
    assert message.count("\n") == 1


def test_a_failing_experiment_is_named_and_the_old_result_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "xor.json").write_text("old")

    def fail() -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(importlib, "import_module", lambda _: SimpleNamespace(run=fail))
    assert program.main(["xor", "--out", str(tmp_path)]) == 1
    assert "experiment xor failed: ZeroDivisionError: by nothing" in capsys.readouterr().err
    assert (tmp_path / "xor.json").read_text() == "old"


def test_nan_is_no_result(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.setattr(importlib, "import_module", lambda _: SimpleNamespace(run=lambda: {"value": float("nan")}))
    assert program.main(["xor", "--out", str(tmp_path)]) == 1
    assert "experiment xor failed" in capsys.readouterr().err
    assert not (tmp_path / "xor.json").exists()


def test_an_interrupt_ends_with_status_130_and_leaves_nothing_half_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib, "import_module", lambda _: SimpleNamespace(run=interrupted))
    assert program.main(["xor", "--out", str(tmp_path)]) == 130
    assert "interrupted in experiment xor" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named_before_anything_runs(
    runs: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    assert program.main(["xor", "--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err
    assert runs == []


def test_a_file_is_written_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "figure.svg"
    write_text(path, "old")
    write = Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        write(self, content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_figures_without_results_say_what_to_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert drawing.main(["--results", str(tmp_path), "--out", str(tmp_path / "figures")]) == 2
    assert "run python -m backprop.experiments first" in capsys.readouterr().err


def test_the_same_experiment_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        command = [sys.executable, "-m", "backprop.experiments", "worked_example", "--out", str(tmp_path / folder)]
        subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "one" / "worked_example.json").read_bytes() == (
        tmp_path / "two" / "worked_example.json"
    ).read_bytes()


def test_the_transcribed_logs_have_the_reports_lines() -> None:
    assert list(LINEAR_LOG) == list(range(0, 10_000, 500))
    assert list(XOR_LOG) == [epoch for epoch in range(0, 10_000, 500) if epoch != 7000]
    for log in (LINEAR_LOG, XOR_LOG):
        assert sorted(log.values(), reverse=True) == list(log.values())
