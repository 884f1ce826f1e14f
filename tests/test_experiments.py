"""Experiments: run when their code has changed and only then, stored whole or not at all, failing with one line."""

import ast
import contextlib
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backprop.experiments import ALONE, EXPERIMENTS, worker
from backprop.experiments import __main__ as program
from backprop.experiments.report import LINEAR_LOG, XOR_LOG
from backprop.experiments.store import code_hash, code_of, holds, read_result, write_text
from backprop.figures import __main__ as drawing

#: Stands in for the process that computes an experiment: what it does depends on the experiment's name.
STAND_IN = """
import os, signal, sys, time
from pathlib import Path

folder, name, start = Path(sys.argv[1]), sys.argv[2], time.monotonic()
with (folder / "started").open("a") as file:
    print(name, os.getpid(), os.environ["OPENBLAS_NUM_THREADS"], file=file)
(folder / f"{name} runs").touch()
if (folder / f"{name} fails").exists():
    print("ZeroDivisionError: by nothing", end="")
    sys.exit(1)
if (folder / f"{name} is killed").exists():
    print('{"value": 1.', end="", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
while (folder / f"{name} goes on").exists():
    time.sleep(0.01)
time.sleep(0.05)
beside = len(list(folder.glob("* runs")))
while (folder / f"{name} waits").exists() and beside < 2 and time.monotonic() < start + 60:
    time.sleep(0.01)
    beside = len(list(folder.glob("* runs")))
print('{"value": 1.5, "beside": %d}' % beside, end="")
(folder / f"{name} runs").unlink()
"""


class Runs:
    """The stand-in, and what it noted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "worker.py").write_text(STAND_IN, encoding="utf-8")
        self.worker = (sys.executable, str(folder / "worker.py"), str(folder))

    def that(self, does: str) -> None:
        (self.folder / does).touch()

    @property
    def started(self) -> list[str]:
        path = self.folder / "started"
        return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runs:
    """Replace the process that computes an experiment by one that only counts."""
    runs = Runs(tmp_path / "runs")
    monkeypatch.setattr(program, "WORKER", runs.worker)
    return runs


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "results"


def test_all_run_once_and_then_not_again(runs: Runs, out: Path) -> None:
    assert program.main(["--out", str(out)]) == 0
    assert sorted(runs.started) == sorted(EXPERIMENTS)
    assert read_result(out, "xor")["value"] == 1.5
    assert program.main(["--out", str(out)]) == 0
    assert len(runs.started) == len(EXPERIMENTS)


def test_two_run_at_a_time_and_what_measures_time_runs_alone(runs: Runs, out: Path) -> None:
    runs.that("relu waits")
    assert program.main(["xor", "timing", "relu", "vanishing", "--out", str(out), "--jobs", "2"]) == 0
    assert read_result(out, "relu")["beside"] == 2
    assert runs.started[-1] == "timing"
    assert read_result(out, "timing")["beside"] == 1


def test_one_at_a_time_in_order(runs: Runs, out: Path) -> None:
    assert program.main(["--out", str(out), "--jobs", "1"]) == 0
    assert runs.started == [*sorted(set(EXPERIMENTS) - set(ALONE), key=order), *ALONE]
    assert {read_result(out, name)["beside"] for name in EXPERIMENTS} == {1}


def order(name: str) -> tuple[float, int]:
    return -EXPERIMENTS[name], list(EXPERIMENTS).index(name)


def test_each_starts_with_one_thread_and_this_process_stays_as_it_is(runs: Runs, out: Path) -> None:
    before = dict(os.environ)
    assert program.main(["xor", "--out", str(out)]) == 0
    assert (runs.folder / "started").read_text().split()[2] == "1"
    assert dict(os.environ) == before


def test_a_result_of_other_code_runs_again(runs: Runs, out: Path) -> None:
    write_text(out / "xor.json", json.dumps({"code_hash": "of yesterday", "value": 0}))
    assert program.main(["xor", "--out", str(out)]) == 0
    assert runs.started == ["xor"]
    assert read_result(out, "xor")["value"] == 1.5


def test_quick_keeps_what_is_stored_says_so_and_runs_what_is_missing(
    runs: Runs, capsys: pytest.CaptureFixture[str], out: Path
) -> None:
    write_text(out / "xor.json", json.dumps({"code_hash": "of yesterday", "value": 0}))
    assert program.main(["xor", "linear", "--out", str(out), "--quick"]) == 0
    assert runs.started == ["linear"]
    assert read_result(out, "xor")["value"] == 0
    assert "code has changed: xor\n" in capsys.readouterr().err


def test_progress_names_the_experiment_and_the_time_left(
    runs: Runs, capsys: pytest.CaptureFixture[str], out: Path
) -> None:
    assert program.main(["linear", "spread", "timing", "--out", str(out), "--jobs", "2"]) == 0
    first, *lines, last = capsys.readouterr().out.splitlines()
    assert first == f"3 experiments in 2 processes: about {EXPERIMENTS['spread'] + EXPERIMENTS['timing']:.0f} s left"
    for number, line in enumerate([*lines, last], 1):
        assert re.fullmatch(rf"experiment {number} of 3: \w+ took \d+\.\d s \(about \d+ s left\)", line)
    assert last.startswith("experiment 3 of 3: timing took ")
    assert last.endswith("(about 0 s left)")
    assert program.main(["linear", "spread", "timing", "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""


def test_the_results_are_those_of_one_process_to_the_last_byte(tmp_path: Path) -> None:
    names = ["diagnoses", "log_reproduction", "vanishing", "worked_example"]
    for jobs in ("1", "2"):
        assert program.main([*names, "--out", str(tmp_path / jobs), "--jobs", jobs]) == 0
    in_one = (
        "import importlib, json, sys\n"
        "for name in sys.argv[1:]: print(json.dumps(importlib.import_module('backprop.experiments.' + name).run()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", in_one, *names],
        env=os.environ
        | program.ENVIRONMENT,  # the same settings, because another kernel or more threads may round otherwise
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    for name, text in zip(names, done.stdout.splitlines(), strict=True):
        stored = [(tmp_path / jobs / f"{name}.json").read_bytes() for jobs in ("1", "2")]
        assert stored[0] == stored[1]
        result = json.loads(stored[0])
        del result["code_hash"]
        assert json.dumps(result) == text


@pytest.mark.parametrize("text", ["", "{", "[]", '{"value": 1}'])
def test_a_damaged_result_does_not_hold(text: str, tmp_path: Path) -> None:
    (tmp_path / "xor.json").write_text(text)
    assert not holds(tmp_path, "xor", "mark")


def test_prose_is_not_code() -> None:
    first = '"""One."""\n\ndef f(x):\n    """Two."""\n    return x  # three\n'
    second = '"""Un."""\n\ndef f(x):\n    """Deux."""\n\n    return x  # trois\n'
    third = '"""One."""\n\ndef f(x):\n    """Two."""\n    return -x  # three\n'
    one, two, three = (ast.dump(code_of(text)) for text in (first, second, third))
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


def test_a_failing_experiment_is_named_and_the_results_of_the_others_are_stored(
    runs: Runs, capsys: pytest.CaptureFixture[str], out: Path
) -> None:
    write_text(out / "xor.json", "old")
    runs.that("xor fails")
    assert program.main(["linear", "xor", "vanishing", "--out", str(out)]) == 1
    assert capsys.readouterr().err == "backprop: experiment xor failed: ZeroDivisionError: by nothing\n"
    assert (out / "xor.json").read_text() == "old"
    assert {path.name for path in out.iterdir()} == {"linear.json", "vanishing.json", "xor.json"}
    assert read_result(out, "vanishing")["value"] == 1.5


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_process_that_is_killed_is_named_and_the_results_of_the_others_are_stored(
    runs: Runs, capsys: pytest.CaptureFixture[str], out: Path
) -> None:
    write_text(out / "xor.json", "old")
    runs.that("xor is killed")
    assert program.main(["linear", "xor", "vanishing", "--out", str(out)]) == 1
    assert capsys.readouterr().err == "backprop: experiment xor was ended by SIGKILL\n"
    assert (out / "xor.json").read_text() == "old"
    assert {path.name for path in out.iterdir()} == {"linear.json", "vanishing.json", "xor.json"}
    assert read_result(out, "linear")["value"] == 1.5


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: Path
) -> None:
    write = Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        if "xor" not in self.name:
            return write(self, content)
        write(self, content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    runs.that("vanishing goes on")  # it may have started before xor is stored, and is ended
    names = ["linear", "xor", "vanishing", "worked_example", "timing"]
    assert program.main([*names, "--out", str(out), "--jobs", "1"]) == 1
    assert capsys.readouterr().err == (
        f"backprop: cannot store experiment xor in {out}: [Errno 28] No space left on device\n"
    )
    assert {path.name for path in out.iterdir()} == {"linear.json"}
    assert set(runs.started) <= {"linear", "xor", "vanishing"}


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to another process")
def test_an_interrupt_ends_all_processes_and_keeps_what_is_stored(runs: Runs, out: Path) -> None:
    runs.that("xor goes on")
    runs.that("linear goes on")
    start = (
        "import signal, sys\nfrom backprop.experiments import __main__ as program\n"
        # what a shell starts in the background ignores interrupts, and so do the programs that it starts
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"program.WORKER = {runs.worker!r}\nsys.exit(program.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", start, "relu", "xor", "linear", "--out", str(out), "--jobs", "2"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stderr=pipe, stdout=pipe, encoding="utf-8", start_new_session=True) as running:
        try:
            deadline = time.monotonic() + 60
            while len(runs.started) < 3:
                assert running.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            os.killpg(running.pid, signal.SIGINT)  # as a terminal does, to all processes that it knows
            _, message = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == 130
    assert message == "backprop: interrupted in experiment linear, xor\n"
    assert {path.name for path in out.iterdir()} == {"relu.json"}
    for line in (runs.folder / "started").read_text().splitlines():
        with pytest.raises(ProcessLookupError):
            os.kill(int(line.split()[1]), 0)


def test_a_process_that_cannot_be_started_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: Path
) -> None:
    monkeypatch.setattr(program, "WORKER", (str(out / "nothing"),))
    assert program.main(["xor", "--out", str(out)]) == 1
    message = capsys.readouterr().err
    assert message.startswith("backprop: experiment xor could not be started: ")
    assert message.count("\n") == 1


@pytest.mark.parametrize("jobs", ["0", "-1", "1.5", "many"])
def test_a_bad_number_of_jobs_is_named(jobs: str, capsys: pytest.CaptureFixture[str], out: Path) -> None:
    with contextlib.suppress(SystemExit):
        assert program.main(["--out", str(out), f"--jobs={jobs}"]) == 2
    message = capsys.readouterr().err
    assert "--jobs" in message
    assert jobs in message
    assert message.count("\n") == 1


# The process that computes an experiment


def computing(monkeypatch: pytest.MonkeyPatch, run: Callable[[], Any]) -> int:
    monkeypatch.setattr(importlib, "import_module", lambda _: SimpleNamespace(run=run))
    return worker.main(["xor"])


def test_the_worker_prints_the_result_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def talking() -> dict[str, float]:
        sys.stdout.write("step 1 of 2")
        return {"value": 1.5}

    assert computing(monkeypatch, talking) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ('{"value": 1.5}', "step 1 of 2")


def test_the_worker_says_in_one_line_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("by\nnothing")

    assert computing(monkeypatch, fail) == 1
    assert capsys.readouterr().out == "ZeroDivisionError: by nothing"


def test_nan_is_no_result(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert computing(monkeypatch, lambda: {"value": float("nan")}) == 1
    assert capsys.readouterr().out.startswith("ValueError: ")


def test_an_interrupted_worker_has_its_own_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert computing(monkeypatch, interrupted) == 130
    assert capsys.readouterr().out == ""


# Storing


def test_a_folder_that_cannot_be_written_is_named_before_anything_runs(
    runs: Runs, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    assert program.main(["xor", "--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err
    assert runs.started == []


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


def test_the_transcribed_logs_have_the_reports_lines() -> None:
    assert list(LINEAR_LOG) == list(range(0, 10_000, 500))
    assert list(XOR_LOG) == [epoch for epoch in range(0, 10_000, 500) if epoch != 7000]
    for log in (LINEAR_LOG, XOR_LOG):
        assert sorted(log.values(), reverse=True) == list(log.values())
