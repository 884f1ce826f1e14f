"""The benchmark of the open world: its programs are correct, its truth is true, and its judge can say no."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import backprop
from backprop.experiments.store import KEPT, read_result
from backprop.tables import TABLES
from benchmarks.open_world import __main__ as program_line
from benchmarks.open_world import cases, held_out, judge, running, seen, truth
from benchmarks.open_world.cases import SETTINGS, Case
from benchmarks.open_world.judge import Answer
from benchmarks.open_world.mutate import Mutant, compiled, mutants, places
from benchmarks.open_world.programs import LAB, NEURONS, PROGRAMS, RELU, ROWS, SOFTMAX, Data, Program
from tests.oracle import BENDS, apart

EVERY = [
    pytest.param(p, d, id=f"{p.name} {'-'.join(map(str, d.widths))}")
    for p in (*PROGRAMS, *held_out.SEEN, *held_out.PROGRAMS)
    for d in p.data
]


def by_autograd(program: Program, inputs: running.Inputs) -> dict[str, np.ndarray]:
    """Differentiate the program's loss once more, written down once more."""
    depth, (n, d) = program.depth, inputs.y.shape

    def loss(parameters: Sequence[Any]) -> Any:
        a = inputs.X
        for k, name in enumerate(program.activations):
            z = anp.dot(a, parameters[k])
            z = z + parameters[depth + k] if program.bias else z
            a = z if name == "softmax" else BENDS[name](anp, z)
        y = inputs.y
        if name == "softmax" and program.loss.startswith("mse"):
            a = anp.exp(a) / anp.sum(anp.exp(a), axis=1, keepdims=True)
        elif name == "softmax":
            return anp.mean(anp.log(anp.sum(anp.exp(a), axis=1)) - anp.sum(a * y, axis=1))
        shared = 1 if "sum" in program.loss else n if "examples" in program.loss else n * d
        if program.loss.startswith("binary"):
            return anp.sum(anp.logaddexp(0, z) - y * z) / shared
        total = anp.sum((a - y) ** 2)
        return (total / 2 if "half" in program.loss else total) / shared

    found = autograd.grad(loss)([*inputs.weights, *inputs.biases])
    return running.parted(program, running.laid_out(program, found[:depth], found[depth:]))


@pytest.mark.parametrize(("program", "data"), EVERY)
def test_each_program_is_correct_by_two_independent_derivatives(program: Program, data: Data) -> None:
    inputs = running.drawn(program, data)
    outcome = running.run(program, compiled(program), inputs)
    by_complex_step = cases.gradient_of(program, data, False, program.loss)
    twice = by_autograd(program, inputs)
    for setting in SETTINGS:
        numbers = cases.numbers_of(program, outcome, setting)
        assert list(numbers) == list(by_complex_step) == list(twice)
        for name, array in numbers.items():
            assert apart(array, by_complex_step[name]) < 1e-11
            assert apart(array, twice[name]) < 1e-11


def test_the_programs_have_the_shapes_that_people_write() -> None:
    assert len(PROGRAMS) == len({program.name for program in PROGRAMS}) == 20
    assert {program.depth for program in PROGRAMS} == {2, 3}
    assert {program.bias for program in PROGRAMS} == {"", "flat", "row", "column", "last row", "first column"}
    assert {a for p in PROGRAMS for a in p.activations} == {"sigmoid", "tanh", "relu", "identity", "softmax"}
    assert {(p.rows, p.in_out) for p in PROGRAMS} >= {(True, True), (True, False), (False, False)}
    for program in PROGRAMS:
        wide = program.data[0].widths
        assert len(set(wide)) == len(wide)
        assert all(places(program)[n] for n, line in enumerate(program.source.splitlines(), 1) if "#:" in line)


def test_changes_are_many_and_always_the_same() -> None:
    for program in (ROWS, NEURONS, LAB):
        first, second = mutants(program), mutants.__wrapped__(program)  # not the list that is kept
        assert [m.source for m in first] == [m.source for m in second]
        assert len({m.source for m in first}) == len(first) > 150
        lines = program.source.splitlines()
        for m in first:
            assert m.places
            assert lines[m.line - 1].strip()
    assert {m.operator for m in mutants(ROWS)} >= {
        "line left out",
        "lines swapped",
        "operator",
        "operands swapped",
        "operand left out",
        "transpose removed",
        "transpose added",
        "constant",
        "another variable",
        "sign",
    }


@pytest.mark.parametrize("program", [*held_out.SEEN, *held_out.PROGRAMS], ids=lambda program: program.name)
def test_the_held_out_changes_are_other_changes(program: Program) -> None:
    assert program.name not in {p.name for p in PROGRAMS}
    others, usual = held_out.mutants(program), mutants(program)
    assert len(others) > 200
    assert not {m.source for m in others} <= {m.source for m in usual}
    assert not {m.operator for m in others} & {m.operator for m in usual}
    assert all(m.places and m.region in ("backward", "update") for m in others)
    if program in held_out.PROGRAMS:  # which were held out last
        assert program.name not in {p.name for p in held_out.SEEN}
        earlier = seen.mutants(program)
        assert not {m.source for m in others} & {m.source for m in (*earlier, *usual)}
        assert not {m.operator for m in others} & {m.operator for m in earlier}
    if program in held_out.PROGRAMS[::3]:  # all of them take 15 s
        (_, *changed), _ = cases.cases_of(program, program.data[0], "named", others)
        differ = [c for c in changed if any(found.error > c.rounding[1] for found in c.compared(c.right).values())]
        assert len({str(list(map(np.ndarray.tolist, c.numbers.values()))) for c in differ}) > 100


def test_the_held_out_changes_have_an_order() -> None:
    program = held_out.PROGRAMS[-1]
    assert [m.source for m in held_out.mutants(program)] == [m.source for m in held_out.mutants(program)]


def test_a_program_without_end_is_stopped() -> None:
    endless = compile("while True:\n    pass", "<program>", "exec")
    with pytest.raises(running.Broken, match="endless"):
        running.run(ROWS, endless, running.drawn(ROWS, ROWS.data[0]))


@lru_cache
def some(setting: str) -> list[Case]:
    """Cases of three programs, each on its first data."""
    return cases.all_cases([replace(p, data=p.data[:1]) for p in (ROWS, RELU, SOFTMAX)], setting)[0]


def perfect(case: Case) -> Answer:
    """Answer as the truth has it."""
    differ, _ = next(judge._sets(case, Answer("unknown"), None))
    if not differ:
        return Answer("correct", loss=case.program.loss)
    return Answer("mistake", place=min(case.places), incorrect=differ, loss=case.program.loss)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_perfect_answer_is_called_perfect(setting: str) -> None:
    judged = [(case, answer, judge.judge(case, answer)) for case in some(setting) for answer in [perfect(case)]]
    found = program_line.rates(judged)
    assert found["counts"]["differ"] > 200
    assert found["rates"] == {"false_name": 0, "silent": 0, "located": 1, "named": 1}
    assert program_line.worst(judged) == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_answers_that_lie_are_seen(setting: str) -> None:
    wrong = [case for case in some(setting) if next(judge._sets(case, Answer("unknown"), None))[0]]
    other_loss = {"mse_half": "mse", "mse": "mse_half"}
    every = frozenset(wrong[0].right)
    for case in wrong[::3]:
        assert judge.judge(case, Answer("correct", loss=case.program.loss)).silent
        assert not judge.judge(case, Answer("unknown")).located
        right = perfect(case)
        fewer = right._replace(incorrect=right.incorrect - {min(right.incorrect)})
        assert not judge.judge(case, fewer).located
        more = right._replace(incorrect=frozenset(case.right))
        if right.incorrect != more.incorrect:
            assert judge.judge(case, more).false == ("array",)
        elsewhere = {"dW1", "dW2", "db1", "db2", "delta1", "error"} - set(case.places)
        elsewhere = {place for place in elsewhere if not judge.at(place, case)}
        assert all(judge.judge(case, right._replace(place=place)).false for place in elsewhere)
    unchanged = next(case for case in some(setting) if case.mutant is None)
    assert judge.judge(unchanged, Answer("mistake", ("hidden-derivative-missing",), incorrect=every)).false == (
        "array",
        "name",
    )
    if setting != "step":  # without the learning rate half of it is the same
        loss = other_loss[unchanged.program.loss]
        assert not judge.judge(unchanged, Answer("correct", loss=loss)).silent  # the loss that was named
    assert not judge.judge(unchanged, Answer("correct", loss=unchanged.program.loss)).silent


def test_a_wrong_truth_would_be_seen() -> None:
    case = next(case for case in some("named") if case.mutant is None)
    for name, g in case.right.items():
        planted = case._replace(right={**case.right, name: 1.001 * g})
        assert judge.judge(planted, Answer("correct", loss=case.program.loss)).silent
        assert apart(planted.right[name], by_autograd(case.program, case.inputs)[name]) > 1e-4


def test_a_factor_of_all_arrays_can_be_another_loss() -> None:
    (case,) = [c for c in some("named") if c.mutant and c.mutant.changed == "e = 1 * (p - y) / y.size"][:1]
    assert judge.judge(case, Answer("correct", loss="mse")).silent
    assert not judge.judge(case, Answer("correct", loss="mse_half")).silent
    found = judge.judge(case, Answer("mistake", ("factor-two-missing",), incorrect=frozenset(case.right), loss="mse"))
    assert found.named
    assert not found.false
    assert judge.judge(case, Answer("mistake", ("sum-instead-of-mean",))).false == ("name",)
    assert judge.judge(case, Answer("mistake", ("sum-instead-of-mean",), (("factor-two-missing",),))).false == ()


def test_a_step_that_goes_uphill_has_every_sign_against_it() -> None:
    case = next(
        c for c in some("step") if c.program.name == "rows" and c.mutant and c.mutant.changed.startswith("e = -")
    )
    assert judge.judge(case, Answer("mistake", ("uphill",))).named
    assert judge.judge(case, Answer("mistake", ("factor-two-missing",))).false == ("name",)
    assert judge.judge(case, Answer("correct", loss="mse")).silent
    one = next(c for c in some("step") if c.mutant and c.mutant.changed == "W2 = W2 + eta * dW2")
    assert judge.judge(one, Answer("mistake", ("uphill",))).false == ("name",)
    assert judge.judge(one, Answer("mistake", ("layer-sign",))).named


@pytest.mark.parametrize(
    ("changed", "slug", "elsewhere"),
    [
        ("d1 = e1", "hidden-derivative-missing", "output-derivative-missing"),
        ("d2 = e", "output-derivative-missing", "hidden-derivative-missing"),
        ("e1 = e @ W2.T", "delta-without-derivative", "gradient-transposed"),
        ("dW2 = -(a1.T @ d2)", "layer-sign", "uphill"),
    ],
)
def test_a_name_is_compared_with_the_changed_place(changed: str, slug: str, elsewhere: str) -> None:
    case = next(c for c in some("named") if c.program.name == "rows" and c.mutant and c.mutant.changed == changed)
    assert judge.judge(case, Answer("mistake", (slug,))).named
    assert judge.judge(case, Answer("mistake", (elsewhere,))).false == ("name",)
    assert judge.judge(case, Answer("mistake", (slug, elsewhere))).false == ("name",)
    assert judge.judge(case, Answer("mistake", ("not-yet-known",))).unjudged == ("not-yet-known",)


def test_a_list_of_everything_names_nothing() -> None:
    case = next(c for c in some("named") if c.program.name == "rows" and c.mutant and c.mutant.changed == "d1 = e1")
    wrong, right = ("input-missing",), ("hidden-derivative-missing",)
    assert judge.judge(case, Answer("mistake", wrong, (right,))).named
    assert not judge.judge(case, Answer("mistake", wrong, (*8 * (wrong,), right))).named
    assert judge.judge(case, Answer("mistake", place="error", other_places=("phi1",))).named
    assert not judge.judge(case, Answer("mistake", place="error", other_places=("db2", "dW2", "back2", "phi1"))).named


def test_what_the_numbers_cannot_tell_is_not_asked() -> None:
    case = next(c for c in some("named") if c.program.name == "rows" and c.mutant and c.mutant.changed == "d1 = e1")
    assert {"dW1", "delta1", "phi1"} <= case.places  # dW1 = X.T @ e1 gives the same numbers
    assert judge.at("dW1", case)
    assert not judge.at("dW2", case)
    assert judge.at("dW", case)
    assert not judge.at("db", case)


def test_refusals_and_tracebacks_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    case = some("named")[0]

    def broken(*_: object, **__: object) -> backprop.Diagnosis:
        raise IndexError("list index out of range")

    monkeypatch.setattr(backprop, "diagnose", broken)
    answer = judge.ask(case)
    assert answer.verdict == "traceback"
    assert program_line.badness(answer, judge.judge(case, answer)) == 6

    def refused(*_: object, **__: object) -> backprop.Diagnosis:
        raise ValueError("shapes fit no convention")

    monkeypatch.setattr(backprop, "diagnose", refused)
    assert judge.ask(case).verdict == "refused"


def test_an_interrupt_keeps_what_was_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers = iter([Answer("unknown"), Answer("unknown")])

    def asked(case: Case) -> Answer:
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(program_line, "ask", asked)
    out = tmp_path / "found.json"
    assert program_line.main(["--program", "rows", "--setting", "named", "--out", str(out)]) == 130
    kept = json.loads(out.read_text(encoding="utf-8"))
    assert kept["complete"] is False
    assert kept["named"]["counts"]["asked"] == 2


def test_a_setting_measured_alone_keeps_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_line, "ask", lambda case: Answer("unknown"))
    monkeypatch.setattr(program_line, "small", lambda setting: {})
    out = tmp_path / "found.json"
    words = ["--program", "rows", "--sample", "3", "--out", str(out)]
    assert program_line.main([*words, "--setting", "named"]) == 0
    assert program_line.main([*words, "--setting", "step"]) == 0
    assert {"named", "step"} <= set(json.loads(out.read_text(encoding="utf-8")))
    assert program_line.main([*words, "--setting", "step", "--seed", "1"]) == 0  # another sample
    assert "named" not in json.loads(out.read_text(encoding="utf-8"))
    out.write_text("{", encoding="utf-8")
    assert program_line.main([*words, "--setting", "named"]) == 0


def test_the_command_measures_and_stores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_line, "small", lambda setting: {})
    out, lines = tmp_path / "found.json", tmp_path / "lines.jsonl"
    words = [
        "--program",
        "rows",
        "--program",
        "layer objects",
        "--sample",
        "12",
        "--out",
        str(out),
        "--list",
        str(lines),
    ]
    assert program_line.main(words) == 0
    kept = json.loads(out.read_text(encoding="utf-8"))
    assert kept["complete"] is True
    for setting in SETTINGS:
        assert kept[setting]["counts"]["asked"] == 12 + 4
        assert kept[setting]["counts"]["unchanged_not_correct"] == 0
        assert kept[setting]["counts"]["silent"] == 0
        assert kept[setting]["counts"]["traceback"] == 0
    assert len(lines.read_text(encoding="utf-8").splitlines()) == 64
    assert "false_name" in capsys.readouterr().out
    assert program_line.main(["--program", "nobody's"]) == 2


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_kept_rates_are_what_the_code_gives(setting: str) -> None:
    kept = read_result(KEPT, "open_world")
    assert kept["complete"] is True
    assert kept["programs"] == len(PROGRAMS)
    assert program_line.small(setting) == kept[setting]["small"]


def test_the_table_of_the_page_shows_the_kept_rates() -> None:
    kept = read_result(KEPT, "open_world")
    table = TABLES["open-world"].filled(kept)
    assert len(table.texts) == len(SETTINGS)
    for setting, (_, asked, differ, *shown) in zip(SETTINGS, table.texts, strict=True):
        counts, rates = kept[setting]["counts"], kept[setting]["rates"]
        assert (asked, differ) == (f"{counts['asked']:,}", f"{counts['differ']:,}")
        assert shown == [
            f"{counts['false'] / counts['asked']:.2%}",
            f"{counts['silent'] / counts['asked']:.2%}",
            f"{rates['located']:.1%}",
            f"{rates['named']:.1%}",
        ]


def test_a_sample_has_every_program_and_is_always_the_same() -> None:
    drawn = [program_line.sampled(some("named"), 20, seed) for seed in (1, 1, 2)]
    texts = [[case.mutant.source if case.mutant else "" for case in part] for part in drawn]
    assert texts[0] == texts[1] != texts[2]
    assert texts[0].count("") == 3
    assert len(program_line.sampled(some("named"), None, 0)) == len(some("named"))


def test_truth_compares() -> None:
    g = np.array([1.0, 2.0])
    assert truth.compare(g, g, 1e-10).error == 0
    assert truth.compare(-g, g, 1e-10).factor == pytest.approx(-1)
    assert truth.compare(g[::-1], g, 1e-10).factor is None
    assert truth.compare(0 * g, g, 1e-10) == (1.0, 0.0, False)
    assert truth.compare(0 * g, 0 * g, 1e-10) == (0.0, None, True)
    assert truth.compare(g, 0 * g, 1e-10) == (1.0, None, True)


def test_mutants_carry_their_line() -> None:
    m = next(m for m in mutants(ROWS) if m.operator == "transpose removed")
    assert isinstance(m, Mutant)
    assert m.original == ROWS.source.splitlines()[m.line - 1].partition("#")[0].strip()
