"""What the page's worker calls, and what it loads: runner, exercises, package, files with pinned hashes."""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprop.live import VERBS, answer
from backprop.live.diagnosing import printed_array
from backprop.live.examples import LONGEST_OUTPUT
from builder import tree as html
from builder.beside import live
from builder.errors import SiteError
from builder.source.exercises import read_all
from live import fetch
from tests.test_exercises import MISTAKES

ROOT = Path(__file__).parents[1]
EXERCISES = read_all(ROOT / "exercises")


def ran(text: str, place: str = "") -> list[dict[str, object]]:
    return answer("run", {"listings": [text], "place": place})["listings"][0]


# The runner


def test_what_differs_is_told_with_expected_and_got() -> None:
    [wrong, right] = ran(">>> 1 + 1\n3\n>>> 1 + 1\n2\n")
    assert (wrong["verdict"], wrong["want"], wrong["got"]) == ("differs", "3\n", "2\n")
    assert right["verdict"] == "pass"


def test_the_listings_of_a_docstring_share_names_and_a_new_run_begins_anew() -> None:
    listings = [">>> a = 1\n", ">>> a += 1\n>>> a\n2\n"]
    for _ in range(2):
        assert answer("run", {"listings": listings})["listings"][1][1]["verdict"] == "pass"
    assert ran(">>> a\n")[0]["got"] == "NameError: name 'a' is not defined"


def test_options_of_doctest_hold() -> None:
    assert [e["verdict"] for e in ran(">>> list(range(20))  # doctest: +ELLIPSIS\n[0, ..., 19]\n")] == ["pass"]
    expected = ">>> int('x')  # doctest: +IGNORE_EXCEPTION_DETAIL\nTraceback (most recent call last):\nValueError: y\n"
    assert [e["verdict"] for e in ran(expected)] == ["pass"]
    assert [e["verdict"] for e in ran(expected.replace("ValueError", "TypeError"))] == ["error"]


@pytest.mark.parametrize(
    ("text", "verdict", "last"),
    [
        (">>> f(\n", "error", "SyntaxError: '(' was never closed (line 1: f()"),
        (">>> [][1]\n", "error", "IndexError: list index out of range"),
        (">>> raise SystemExit(3)\n", "error", "SystemExit: 3"),
        (">>> input()\n", "error", "EOFError: EOF when reading a line"),
        ("x = 1\nx +\n", "error", "SyntaxError: invalid syntax (line 2: x +)"),
        ("print(6 * 7)", "output", "42"),
        (">>>1\n", "error", "line 1 of the listing lacks blank after >>>: >>>1"),
        (">>> 1  # doctest: +NO_SUCH\n", "error", "has an invalid option"),
    ],
)
def test_bad_input_gives_a_sentence(text: str, verdict: str, last: str) -> None:
    example = ran(text)[-1]
    assert example["verdict"] == verdict
    assert last in str(example["got"]).strip().splitlines()[-1]


@pytest.mark.parametrize("text", ["{}", ">>> {}\n"])
def test_what_goes_to_standard_error_is_shown_and_long_messages_are_cut(text: str) -> None:
    def shown(line: str) -> dict[str, Any]:
        [[example]] = answer("run", {"listings": [text.format(line)]})["listings"]
        return dict(example)

    assert shown("import sys; _ = sys.stderr.write('a' * 3)")["warnings"] == ["aaa"]
    assert shown("import traceback; traceback.print_exc()")["warnings"] == ["NoneType: None\n"]
    assert shown("import warnings; warnings.warn('old'); warnings.warn('old')")["warnings"] == ["UserWarning: old"]
    for line in ("raise ValueError('x' * 10**6)", "import warnings; warnings.warn('x' * 10**6)"):
        example = shown(line)
        (long,) = example["warnings"] or [example["got"]]
        assert len(long) < LONGEST_OUTPUT + 100
        assert "more characters are not shown." in long


def test_what_an_exercise_writes_to_standard_error_is_printed() -> None:
    stub = 'def one():\n    """Return 1.\n\n    >>> one()\n    1\n    """\n'
    text = "import sys\nprint('begun', file=sys.stderr)\ndef one():\n    return 1\n"
    checked = answer("check", {"exercise": "one", "text": text, "stub": stub})
    assert (checked["passed"], checked["printed"]) == (True, "begun\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("X = [[0,5 1,5]]", "X has '0,5'; expected a decimal point instead of the comma"),
        ("X = [0,25 -1]", "X has '0,25'; expected a decimal point instead of the comma"),
    ],
)
def test_a_decimal_comma_is_no_separator(text: str, said: str) -> None:
    assert said in answer("diagnose", {"text": text})["words"]


@pytest.mark.parametrize("text", ["[[0,1],[1,0]]", "[0, 1, -2]", "[[0. 1.]\n [1. 0.]]", "[[0,1],\n [1,0]]"])
def test_commas_that_separate_numbers_are_read(text: str) -> None:
    assert np.isfinite(printed_array("X", text)).all()


def test_a_huge_output_is_cut() -> None:
    [example] = ran("for i in range(10**6): print(i)")
    assert len(str(example["got"])) < LONGEST_OUTPUT + 100
    assert str(example["got"]).endswith("more characters are not shown.\n")


def test_warnings_are_told_and_nothing_stays_changed() -> None:
    import builtins
    import warnings

    import numpy as np

    had = hasattr(builtins, "_")  # pytest's own doctests may have left one
    before = np.get_printoptions(), np.geterr(), sys.stdout, sys.displayhook, list(warnings.filters)
    [_, example, *_] = ran(
        ">>> import numpy as np\n>>> np.exp(np.array(1000.0))\nnp.float64(inf)\n"
        ">>> np.set_printoptions(precision=1)\n>>> _ = np.seterr(all='raise')\n>>> import sys; sys.stdout = None\n"
    )
    assert example["warnings"] == ["RuntimeWarning: overflow encountered in exp"]
    assert before == (np.get_printoptions(), np.geterr(), sys.stdout, sys.displayhook, list(warnings.filters))
    assert hasattr(builtins, "_") == had


def test_answers_are_plain_data() -> None:
    request = {"listings": [">>> 1 / 0\n"], "place": "backprop.Model.random"}
    assert json.loads(json.dumps(answer("run", request))) == answer("run", request)


# Exercises


@pytest.mark.parametrize("name", EXERCISES)
def test_the_page_checks_an_exercise_as_doctest_does(name: str) -> None:
    exercise = EXERCISES[name]
    source = (ROOT / "exercises" / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")
    right, wrong = MISTAKES[name.replace("-", "_")]

    def passes(text: str) -> bool:
        return bool(answer("check", {"exercise": name, "text": text, "stub": exercise.stub})["passed"])

    assert passes(source)
    assert not passes(exercise.stub)
    assert not passes(source.replace(right, wrong))


def test_the_examples_of_the_stub_count_and_not_those_of_the_text() -> None:
    stub = "def two():\n    '''>>> two()\n    2\n    '''\n"
    check = answer("check", {"exercise": "two", "text": "def two():\n    '''no example'''\n    return 3", "stub": stub})
    assert not check["passed"]


def test_the_diagnosis_names_the_mistake_of_a_whole_backward_pass() -> None:
    stub = EXERCISES["backward-pass"].stub
    source = (ROOT / "exercises" / "backward_pass.py").read_text(encoding="utf-8")
    wrong = source.replace(*MISTAKES["backward_pass"])
    [function] = answer("check", {"exercise": "backward-pass", "text": wrong, "stub": stub})["functions"]
    assert "hidden-derivative-missing" in function["diagnosis"]
    [function] = answer("check", {"exercise": "backward-pass", "text": source, "stub": stub})["functions"]
    assert function["diagnosis"] == ""


# What is loaded


def test_the_package_is_small_and_complete_and_always_the_same(tmp_path: Path) -> None:
    content = live.archive(ROOT)
    assert content == live.archive(ROOT)
    assert len(gzip.compress(content)) < 210_000
    (tmp_path / "package.zip").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "package.zip") as packed:
        assert not [name for name in packed.namelist() if re.search("/(experiments|figures)/|/grading", name)]
        packed.extractall(tmp_path / "there")
    code = (
        "import sys, backprop, backprop.live, benchmarks.rewritings; "
        f"assert backprop.__file__.startswith({str(tmp_path)!r}), backprop.__file__; "
        "assert not {'pdb', 'matplotlib'} & set(sys.modules); print(sorted(backprop.live.VERBS))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path / "there", capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(sorted(VERBS)), done.stderr


def test_the_types_of_the_page_know_every_verb() -> None:
    protocol = (ROOT / "live" / "src" / "protocol.ts").read_text(encoding="utf-8")
    verbs = protocol.partition("export interface Verbs {")[2].partition("\n}")[0]
    assert {line.split(":")[0].strip() for line in verbs.splitlines() if line[:2] == "  " and line[2] != " "} >= {
        *VERBS
    }


def test_a_lock_of_scripts_names_no_host_and_has_every_hash() -> None:
    lock = json.loads((ROOT / "live" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: facts for name, facts in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in facts and "resolved" not in facts for facts in packages.values())
    assert packages["node_modules/pyodide"]["version"] == fetch.PINS["version"]


def test_numpy_is_pinned_as_pyodide_locks_it() -> None:
    entry = fetch.PINS["lock"]["packages"]["numpy"]
    assert entry["sha256"] == fetch.PINS["files"][entry["file_name"]]["sha256"]
    assert entry["version"] == fetch.PINS["numpy"]


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Small files in place of Pyodide's."""
    lock = json.dumps({"packages": {"numpy": {"file_name": "numpy-1.whl", "sha256": hashlib.sha256(b"n").hexdigest()}}})
    contents = {"pyodide.asm.wasm": b"w", "numpy-1.whl": b"n", fetch.LOCK: lock.encode()}
    files = {name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in contents.items()}
    monkeypatch.setitem(fetch.PINS, "files", files)
    return contents


def test_files_are_taken_from_archives_and_checked(pinned: dict[str, bytes], tmp_path: Path) -> None:
    given, kept = tmp_path / "given", tmp_path / "kept"
    given.mkdir()
    (given / "pyodide.asm.wasm").write_bytes(b"w")
    with zipfile.ZipFile(given / "carrier.whl", "w") as packed:
        packed.writestr("deep/inside/numpy-1.whl", b"n")
    with pytest.raises(fetch.FetchError, match=r"still missing: pyodide-lock\.json"):
        fetch.fetch(kept, given)
    (given / fetch.LOCK).write_bytes(pinned[fetch.LOCK])
    fetch.fetch(kept, given)
    assert fetch.missing(kept) == []
    assert gzip.decompress((kept / "pyodide.asm.wasm.gz").read_bytes()) == b"w"


def test_a_file_with_another_hash_is_not_kept(pinned: dict[str, bytes], tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    for name, content in pinned.items():
        (given / name).write_bytes(content)
    (given / "numpy-1.whl").write_bytes(b"another")
    with pytest.raises(fetch.FetchError, match=r"numpy-1.whl: 7 bytes with another hash"):
        fetch.fetch(tmp_path / "kept", given)
    assert not (tmp_path / "kept" / "numpy-1.whl").exists()


def test_a_wheel_that_the_lock_does_not_know_is_refused(pinned: dict[str, bytes], tmp_path: Path) -> None:
    other = pinned[fetch.LOCK].replace(hashlib.sha256(b"n").hexdigest().encode(), b"0" * 64)
    fetch.PINS["files"][fetch.LOCK] = {"sha256": hashlib.sha256(other).hexdigest()}
    for name, content in (pinned | {fetch.LOCK: other}).items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(fetch.FetchError, match=r"pyodide-lock\.json wants numpy-1\.whl"):
        fetch.check_lock(tmp_path)


def test_without_node_the_archives_stay_as_they_are(
    pinned: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in (pinned | {fetch.LIBRARY: b"sources"}).items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(fetch, "cache", lambda: tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["live.fetch"])
    fetch.main()
    [sentence, done] = capsys.readouterr().out.splitlines()
    assert sentence.endswith("are not compiled, so each start takes longer: there is no node here")
    assert done.startswith("3 files, ")
    assert live.source(fetch.LIBRARY, tmp_path).read_bytes() == b"sources"
    for name in fetch.COMPILED:
        fetch.compiled(tmp_path, name).write_bytes(b"compiled")
    (tmp_path / f"compiled-before-{fetch.LIBRARY}").touch()
    assert live.source(fetch.LIBRARY, tmp_path).read_bytes() == b"compiled"
    fetch.compile_archives(tmp_path)  # which has nothing to compile
    assert len(list(tmp_path.glob("compiled-*"))) == len(fetch.COMPILED)


def test_the_package_is_compiled_once_and_without_node_it_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str]) -> None:
        commands.append(command)
        given, made = map(Path, command[-2:])
        made.write_bytes(b"compiled" + given.read_bytes()[:4])

    monkeypatch.setattr(fetch, "run", run)
    assert [live.package(ROOT, Path("there"), tmp_path) for _ in range(2)] == [b"compiledPK\3\4"] * 2
    assert [command[:4] for command in commands] == [["node", str(fetch.COMPILER), "there", "--package"]]
    monkeypatch.setattr(live, "archive", lambda _: b"other sources")
    assert live.package(ROOT, Path("there"), tmp_path) == b"compiledothe"
    monkeypatch.undo()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert live.package(ROOT, Path("there"), tmp_path / "fresh") == live.archive(ROOT)


@pytest.mark.parametrize(("lacking", "said"), [([], ["live: The package could not be compiled"]), (["a file"], [])])
def test_where_node_fails_the_sources_are_sent_and_a_warning_says_so(
    lacking: list[str],
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def run(command: list[str]) -> None:
        raise fetch.FetchError(f"{command[0]}: too old")

    monkeypatch.setattr(fetch, "run", run)
    monkeypatch.setattr(fetch, "missing", lambda _: lacking)
    monkeypatch.setattr(shutil, "which", str)
    assert live.package(ROOT, Path("there"), tmp_path) == live.archive(ROOT)
    assert [message.partition(",")[0] for message in caplog.messages] == said
    assert all(message.endswith("instead: node: too old") for message in caplog.messages)


def test_the_setting_decides_what_the_page_offers(pinned: dict[str, bytes], tmp_path: Path) -> None:
    assert live.offer("auto", tmp_path).where == "missing"
    with pytest.raises(SiteError, match=r"run python -m live\.fetch"):
        live.offer("self", tmp_path)
    with pytest.raises(SiteError, match="none of auto, self, cdn, off"):
        live.offer("always", tmp_path)
    for name, content in pinned.items():
        (tmp_path / name).write_bytes(content)
        fetch.PINS["files"][name]["bytes"] = 10**6
    fetch.pack(tmp_path)
    assert live.offer("auto", tmp_path) == live.offer("self", tmp_path) == live.Offer("self", "1.0")
    half = np.random.default_rng(0).bytes(500_000)  # which cannot be compressed
    assert live.offer("self", tmp_path, lambda: half) == live.Offer("self", "1.5", half)
    assert live.offer("cdn", tmp_path, lambda: half) == live.Offer("cdn", fetch.PINS["official_megabytes"], half)


def test_what_is_written_beside_the_pages_follows_the_setting(tmp_path: Path) -> None:
    def written(where: str) -> set[str]:
        return {address.removeprefix("assets/live/") for address in live.files(ROOT, live.Offer(where), tmp_path, "1")}

    assert written("off") == set()
    assert {"listings.js", "worker.js"} <= written("missing")
    assert written("cdn") - written("missing") == {"manifest.json", "backprop-1.zip.gz"}


def test_a_page_with_nothing_to_run_stays_as_it_is() -> None:
    page = html.page("<p>text</p>")
    live.add(page, "", live.Offer("self", "10.3"), "a{}")
    assert page.head is not None
    assert page.head.inner_html == ""
