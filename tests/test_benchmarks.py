"""The benchmark runs, refuses contestants that compute something else, and its kept result says what the page needs."""

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop
from backprop.ensemble import stack
from backprop.experiments.store import KEPT, read_result
from backprop.figures import speed
from backprop.figures.style import Figure, house_style, svg
from benchmarks import __main__ as starting
from benchmarks import measure as program
from benchmarks import peers
from benchmarks.rewritings import REWRITINGS


def test_the_benchmark_measures_and_stores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = {"fast": peers.by_engine("fast"), "report style": peers.report_style}
    own["reference"] = peers.by_engine("reference")
    monkeypatch.setattr(peers, "contestants", lambda: (own, {"fast": own["fast"]}, {"PyTorch": "not asked"}))
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None, raising=False)
    assert program.main(["--quick", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert {"linear", "xor", "wide"} == set(result["single"])
    assert all(row["deviation"] < 1e-9 for race in result["single"].values() for row in race.values())
    assert result["machine"]["numpy"] == np.__version__
    assert result["facts"]["exponentials"] == 500
    assert result["facts"]["multiplications"] == 2800
    assert result["missing"] == {"PyTorch": "not asked"}


def test_it_measures_in_a_process_with_the_settings_of_one_thread(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").touch()  # so that it comes before any other of its name
    shown = "import json, os, sys\nprint(json.dumps([sys.argv[1:], dict(os.environ)]))\nsys.exit(7)\n"
    (tmp_path / "benchmarks" / "measure.py").write_text(shown, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    before = dict(os.environ)
    assert starting.main(["--quick"]) == 7
    words, variables = json.loads(capfd.readouterr().out)
    assert words == ["--quick"]
    assert "OPENBLAS_CORETYPE" not in variables
    assert starting.SETTINGS.items() <= variables.items()
    assert dict(os.environ) == before


def test_a_contestant_that_computes_something_else_is_refused() -> None:
    data = (*backprop.xor(), *backprop.Model.random([2, 4, 1]).weights)
    fast = peers.by_engine("fast")

    def wrong(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        return fast(X, y, w1, w2, 1.0001 * eta, epochs)

    with pytest.raises(ValueError, match=r"wrong ends .* off the specification"):
        program.race({"fast": fast, "wrong": wrong}, data, 1, 50, 1)


def test_the_report_in_its_own_style_and_c_compute_the_same() -> None:
    X, y = backprop.linear(30)
    weights = backprop.Model.random([2, 4, 1]).weights
    expected = peers.by_engine("reference")(X, y, *weights, 1.0, 200)
    report_style: peers.Contestant = peers.report_style
    np.testing.assert_allclose(report_style(X, y, *weights, 1.0, 200), expected, rtol=1e-12)
    try:
        compiled = peers.compiled()
    except RuntimeError as error:
        pytest.skip(str(error))
    stacked = stack([backprop.Model.random([2, 4, 1], seed) for seed in range(3)])
    many = backprop.train(stacked, X, y, 1.0, 200, engine="reference").losses
    for contestant in compiled.values():
        np.testing.assert_allclose(contestant(X, y, *weights, 1.0, 200), expected, rtol=1e-12)
        np.testing.assert_allclose(contestant(X, y, *stacked.weights, 1.0, 200), many, rtol=1e-12)


def test_a_missing_tool_is_skipped_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> Any:
        raise ModuleNotFoundError("No module named 'torch'")

    for tool in ("with_torch", "with_jax", "with_autograd", "with_numba"):
        monkeypatch.setattr(peers, tool, absent)
    monkeypatch.setattr("shutil.which", lambda _: None)
    single, many, missing = peers.contestants()
    assert set(single) == {"fast", "reference", "report style"}
    assert set(many) == {"fast"}
    assert set(missing) == {"PyTorch", "JAX", "HIPS autograd", "numba", "C"}
    assert missing["C"] == "RuntimeError: no C compiler on this machine"


def test_calls_are_counted_in_the_loop_over_the_epochs() -> None:
    counts = [program.calls_of(function) for function in REWRITINGS[1:-1]]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] > program.calls_of(backprop.fast._one) == 17


def test_ratios_are_taken_round_by_round() -> None:
    row = program.summary([2.0, 6.0, 3.0], [1.0, 2.0, 3.0], updates=10, fast_updates=20)
    assert (row["ratio"], row["ratio_low"], row["ratio_high"]) == (4.0, 2.0, 6.0)
    assert row["us"] == pytest.approx(3e5)


def test_the_kept_result_has_every_peer_and_equal_losses() -> None:
    kept = read_result(KEPT, "speed")
    assert kept["missing"] == {}
    assert kept["facts"]["largest_deviation"] < 1e-9
    assert {"linear-256", "linear-1000", "xor-256", "xor-1000"} == set(kept["many"])
    for race in (*kept["single"].values(), *kept["many"].values()):
        assert all(row["ratio_low"] <= row["ratio"] <= row["ratio_high"] for row in race.values())
        assert race["fast"]["ratio"] == 1


def test_compiled_loops_are_faster_where_the_page_says_so() -> None:
    single, many = (read_result(KEPT, "speed")[part] for part in ("single", "many"))
    for race in (single["linear"], single["xor"]):  # "compiled loops are faster", "compiled loops take less time"
        assert all(race[name]["ratio"] < 1 for name in ("numba, loops", "C", "C, vectorised"))
    for race in (single["wide"], *many.values()):
        assert race["C"]["ratio"] >= 2  # "at least twice as long"
    faster = {name for name, race in (("wide", single["wide"]), *many.items()) if race["C, vectorised"]["ratio"] < 1}
    assert faster == {"wide", "linear-256", "linear-1000"}  # "except for an ensemble on XOR"


@pytest.mark.parametrize("draw", [speed.rewritings, speed.peers])
def test_its_figures_are_drawn(draw: Callable[[dict[str, Any]], Figure]) -> None:
    kept = read_result(KEPT, "speed")
    with house_style():
        first, second = (svg(draw(kept)) for _ in range(2))
        figure = draw(kept)
    assert first == second
    assert ET.fromstring(first).attrib["role"] == "img"
    for words in (figure.title, figure.description, figure.caption):
        assert any(c.isdigit() for c in words)
        assert not {"nan", "inf"} & set(words.replace(",", " ").split())
