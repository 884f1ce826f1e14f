"""The page that computes: every listing of the site run by the page's own runner, in Python here and in the browser."""

import _imp
import functools
import json
import os
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from http.server import ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

import backprop
from backprop import __version__
from backprop.live import answer
from backprop.live.scene import read
from backprop.live.steps import steps_of
from builder.beside import live
from live import fetch
from tests.shared import Shared
from tests.site.conftest import PATIENCE, ROOT, Handler, Open, Served

CHAPTER = "derivation/chain-rule/"  # a page with listings
POLICY = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"
AXE = """async () => (await axe.run(document.querySelector("article"), {resultTypes: ["violations"], preload: false}))
    .violations.map(v => v.id + ": " + v.nodes.map(n => n.target.join(" ")).join(" | "))"""
#: Run every listing of the given pages, sorted as the page's controls sort them, by the page's own client.
ALL = """async ([root, urls]) => {
    const page = await import(root + "assets/live/listings.js"), out = [];
    for (const url of urls) {
        const text = await (await fetch(root + url)).text();
        for (const {place, boxes} of page.sorted(new DOMParser().parseFromString(text, "text/html"))) {
            const listings = boxes.map(box => box.querySelector("code").textContent);
            const answer = await page.ask("run", {place, listings});
            out.push([url, place, listings, typeof answer === "string" ? answer : answer.listings.flat()]);
        }
    }
    return out; }"""
STOPPED = """listing => new Promise(done => {
    const result = listing.querySelector(".live-result"), begin = performance.now();
    new MutationObserver(() => result.textContent.startsWith("Stopped") && done(performance.now() - begin))
        .observe(result, {childList: true});
    [...listing.querySelectorAll("button")].find(button => button.textContent === "Stop").click(); })"""


class Listings(HTMLParser):
    """Collect the listings of a page, by the docstring that they stand in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[tuple[int, str], list[str]] = {}
        self.open: list[str] = []  # for each open <div> the class
        self.objects: list[list[Any]] = []  # for each open docstring its number and the dotted name
        self.count, self.within = 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        kinds = values.get("class", "").split()
        if tag == "div":
            self.open.append(values.get("class", ""))
            if "doc-object" in kinds:
                self.count += 1
                self.objects.append([self.count, ""])
        elif "doc-heading" in kinds and self.objects and not self.objects[-1][1]:
            self.objects[-1][1] = values.get("id", "")
        elif tag == "code" and self.open and "language-pycon" in self.open[-1]:
            self.within = "code"
            self.found.setdefault(self.key(), []).append("")

    def key(self) -> tuple[int, str]:
        number, name = self.objects[-1] if self.objects else (0, "")
        return int(number), str(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and "doc-object" in self.open.pop().split():
            self.objects.pop()
        elif tag == "code":
            self.within = ""

    def handle_data(self, data: str) -> None:
        if self.within:
            self.found[self.key()][-1] += data


@functools.cache
def listings(site: Path) -> dict[str, dict[tuple[int, str], list[str]]]:
    """Collect the listings of the whole site by page."""
    found = {}
    for path in sorted(site.rglob("index.html")):
        reader = Listings()
        reader.feed(path.read_text(encoding="utf-8"))
        if reader.found:
            found[path.relative_to(site).as_posix().removesuffix("index.html")] = reader.found
    return found


def test_every_listing_of_the_site_passes_by_the_page_s_runner(site: Path) -> None:
    wrong, count = [], 0
    for url, page in listings(site).items():
        for (_, place), texts in page.items():
            for examples in answer("run", {"listings": texts, "place": place})["listings"]:
                assert examples, (url, place)
                count += len(examples)
                wrong += [(url, place, example) for example in examples if example["verdict"] != "pass"]
    assert not wrong
    assert count > 700


def test_a_page_loads_the_scripts_that_it_needs_and_no_other(site: Path) -> None:
    with_listings = set(listings(site))
    for path in site.rglob("index.html"):
        url, html = path.relative_to(site).as_posix().removesuffix("index.html"), path.read_text(encoding="utf-8")
        assert ("/listings.js" in html) == (url in with_listings), url
        exercises = url in ("exercises/", "exercises/short/", "exercises/derive/", "exercises/implement/")
        assert ("/exercises.js" in html) == exercises, url


# In the browser


@pytest.fixture(scope="module")
def warm(chromium: Any, ready: Served) -> Iterator[Any]:
    """A tab whose Python runs already, on a page with listings; the tests leave it as it was."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.goto(ready.address + CHAPTER)
    press(tab, 0, "Run")
    tab.locator(".live").nth(0).locator(".live-marks span").first.wait_for()
    yield tab
    context.close()


def press(tab: Any, number: int, words: str) -> None:
    tab.locator(".live").nth(number).get_by_role("button", name=words).click()


def result(tab: Any, number: int, words: str) -> str:
    """Wait until the result of a listing has these words, and give all of it."""
    found = tab.locator(".live").nth(number).locator(".live-result").filter(has_text=words)
    found.wait_for()
    return str(found.inner_text())


def edit(tab: Any, number: int, text: str) -> None:
    if tab.locator(".live").nth(number).locator("textarea").count() == 0:
        press(tab, number, "Edit")
    tab.locator(".live").nth(number).locator("textarea").fill(text)
    press(tab, number, "Run")


@pytest.mark.browser
def test_every_listing_of_the_site_passes_in_the_browser(warm: Any, ready: Served) -> None:
    expected = listings(ready.folder)
    found = warm.evaluate(ALL, [ready.address, list(expected)])
    wrong = [
        (url, place, examples)
        for url, place, _, examples in found
        if isinstance(examples, str) or [e for e in examples if e["verdict"] != "pass"]
    ]
    assert not wrong
    sorted_here = [(url, place, texts) for url, page in expected.items() for (_, place), texts in page.items()]
    assert sorted(map(repr, sorted_here)) == sorted(repr((url, place, texts)) for url, place, texts, _ in found)


@pytest.fixture(scope="module")
def compiled(ready: Served) -> None:
    """Where there was no Node, the site has Pyodide's own library, and what is said of another is not tested."""
    if not fetch.compiled(fetch.cache()).is_file():
        reason = "the standard library is not compiled; python -m live.fetch does it where there is Node"
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.usefixtures("compiled")
def test_the_library_beside_the_site_is_pyodide_s_with_modules_compiled(ready: Served) -> None:
    """A compiled module carries the hash of its source, which is keyed with the number of Python's bytecode."""
    given = zipfile.ZipFile(fetch.cache() / fetch.LIBRARY)
    made = zipfile.ZipFile(ready.folder / "assets/live/pyodide" / fetch.LIBRARY)
    names = {name: name.removesuffix("c") if name.endswith(".pyc") else name for name in made.namelist()}
    assert list(names.values()) == given.namelist()
    assert sum(name != source for name, source in names.items()) > 140
    for name, source in names.items():
        content = made.read(name)
        if name == source:
            assert content == given.read(source)
        else:
            magic, flags = (int.from_bytes(content[at : at + 4], "little") for at in (0, 4))
            assert flags == 1  # a hash in place of a time, which Python does not compare at each start
            assert content[8:16] == _imp.source_hash(magic, given.read(source)), name


@pytest.mark.browser
@pytest.mark.usefixtures("compiled")
def test_a_start_compiles_no_module_of_the_library(warm: Any) -> None:
    lines = (
        "import sys",
        "files = [str(getattr(module, '__file__', '')) for module in list(sys.modules.values())]",
        "print('left:', [file for file in files if '.zip/' in file and not file.endswith('.pyc')])",
    )
    edit(warm, 0, "\n".join(lines))
    assert "left: []" in result(warm, 0, "left: ")
    press(warm, 0, "Reset")


@pytest.mark.browser
def test_nothing_is_loaded_before_the_click_and_nothing_from_elsewhere_after_it(visit: Open, ready: Served) -> None:
    tab = visit(CHAPTER)
    assert tab.locator(".live-note").first.inner_text().startswith("The first run loads Python, 10.")
    assert {note.inner_text() for note in tab.locator(".live-note").all()[1:]} == {""}  # which is said once
    before = [url.removeprefix(ready.address) for url in tab.requests]
    ours = [url.removeprefix("assets/live/").partition("-")[0] for url in before if url.startswith("assets/live/")]
    assert set(ours) == {"listings.js", "shared"}  # some four kilobytes, and nothing to run
    press(tab, 1, "Run")
    assert "All 2 examples pass." in result(tab, 1, "pass")
    assert tab.locator(".live").nth(0).locator(".live-marks").inner_text().split() == ["✓", "✓"]  # it came first
    assert tab.locator(".live").nth(2).locator(".live-marks").count() == 0
    assert tab.locator(".live-note").first.inner_text() == ""
    after = tab.requests[len(before) :]
    assert {url.rpartition("/")[2].partition("-")[0] for url in after} == {
        *("worker.js", "manifest.json", "backprop", "numpy", "python_stdlib.zip"),
        *("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm.gz"),
    }
    assert all(url.startswith(ready.address) for url in after)


@pytest.mark.browser
def test_an_edited_example_shows_expected_and_got_and_is_reset(warm: Any) -> None:
    before = warm.locator(".live code").nth(0).inner_text()
    edit(warm, 0, ">>> 6 * 7\n43\n>>> [][0]\n>>> print('a' * 10)\n")
    words = result(warm, 0, "differs").split("\n")
    assert [words[words.index(title) + 1] for title in ("Expected", "Got", "Output")] == ["43", "42", "a" * 10]
    assert "IndexError: list index out of range" in words
    press(warm, 0, "Reset")
    assert warm.locator(".live code").nth(0).inner_text() == before
    press(warm, 0, "Run")
    result(warm, 0, "All 2 examples pass.")


@pytest.mark.browser
def test_a_runaway_loop_is_stopped_at_once_and_the_next_run_works(warm: Any) -> None:
    endless = "while True:\n    pass"
    edit(warm, 0, endless)
    warm.wait_for_timeout(300)
    took = warm.locator(".live").nth(0).evaluate(STOPPED)
    assert took < 100, took
    assert warm.locator("textarea").input_value() == endless
    edit(warm, 0, "print(6 * 7)")
    result(warm, 0, "42")
    press(warm, 0, "Reset")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f(:", "SyntaxError: invalid syntax (line 1: def f(:)"),
        ("a = bytearray(2**31 - 1)", "MemoryError"),
        ("import os\nos._exit(3)", "Python had to stop: Program terminated with exit(3). It starts anew."),
        (
            "import sys\nsys.setrecursionlimit(10**6)\ndef f(): return f()\nf()",
            "Python had to stop: Maximum call stack size exceeded. It starts anew.",
        ),
        ("print('x' * 10**8)", "more characters are not shown."),
    ],
)
def test_what_goes_wrong_in_the_reader_s_code_is_said_and_the_next_run_works(warm: Any, text: str, words: str) -> None:
    edit(warm, 0, text)
    assert len(result(warm, 0, words)) < 10_000
    assert warm.locator("textarea").input_value() == text
    edit(warm, 0, "print(6 * 7)")
    result(warm, 0, "42")
    press(warm, 0, "Reset")


@pytest.mark.browser
def test_the_keyboard_is_enough(warm: Any) -> None:
    first = warm.locator(".live").nth(0)
    first.get_by_role("button", name="Edit").focus()
    warm.keyboard.press("Enter")
    assert warm.evaluate("document.activeElement.matches('textarea')")
    warm.keyboard.press("Control+A")
    warm.keyboard.type("for i in [7]:\nprint(i)")  # the second line is indented by itself
    warm.keyboard.press("Control+Enter")
    result(warm, 0, "7")
    warm.keyboard.press("Tab")
    assert warm.evaluate("document.activeElement.textContent") == "Run"
    press(warm, 0, "Reset")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_axe_finds_nothing_in_a_listing_with_results_or_being_edited(warm: Any, scheme: str) -> None:
    warm.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    warm.evaluate("scheme => document.body.setAttribute('data-md-color-scheme', scheme)", scheme)
    edit(warm, 1, ">>> 1\n2\n>>> 1 / 0\n>>> 5\n")
    result(warm, 1, "differs")
    press(warm, 2, "Run")
    warm.locator(".live").nth(2).locator(".live-marks span").first.wait_for()
    assert warm.evaluate(AXE) == []
    assert warm.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    press(warm, 1, "Reset")


def answering(given: dict[str, Any] | None) -> Callable[[Any], None]:
    """Answer every request with this, or with nothing at all."""
    return lambda route: route.fulfill(**given) if given else route.abort()


#: What is asked for, what comes instead, what the page says.
MISSING: list[tuple[str, dict[str, Any] | None, str]] = [
    ("**/worker.js", {"status": 404}, "The script that runs Python could not be loaded"),
    ("**/manifest.json", {"status": 500}, "manifest.json could not be loaded"),
    ("**/numpy-*.whl", {"status": 404}, "is missing: 127.0.0.1"),
    ("**/python_stdlib.zip", {"body": b"cut off"}, "python_stdlib.zip is not the file that this site was built with"),
    ("**/pyodide.asm.wasm.gz", None, "pyodide.asm.wasm could not be loaded from 127.0.0.1"),
    ("**/numpy-*.whl", None, "Is the network there?"),
]


@pytest.mark.browser
def test_a_file_that_is_missing_or_wrong_is_named_and_where_the_network_is_back_the_next_run_works(visit: Open) -> None:
    tab = visit(CHAPTER)
    text = ">>> 6 * 7\n42\n"
    for broken, given, sentence in MISSING:
        tab.context.route(broken, answering(given))
        edit(tab, 0, text)
        assert sentence in result(tab, 0, sentence)
        assert tab.locator("textarea").input_value() == text
        tab.context.unroute(broken)
    edit(tab, 0, text)
    result(tab, 0, "passes")


@pytest.mark.browser
def test_a_network_that_is_lost_in_the_middle_of_a_file_is_told_and_the_next_run_works(
    chromium: Any, ready: Served
) -> None:
    lost: list[str] = []

    class Losing(Handler):
        def do_GET(self) -> None:
            if not any(part in self.path for part in lost):
                return super().do_GET()
            whole = Path(self.translate_path(self.path)).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole[: len(whole) // 2])
            self.wfile.flush()
            self.close_connection = True
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Losing, directory=str(ready.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.goto(f"http://127.0.0.1:{server.server_port}/{CHAPTER}", wait_until="networkidle")
    sentences = {"worker.js": "The script that runs Python", "manifest.json": "manifest.json", "numpy-": "numpy-"}
    for name, words in sentences.items():
        lost[:] = [name]
        edit(tab, 0, "print(6 * 7)")
        said = result(tab, 0, words)
        assert said.startswith(words)
        assert "could not be loaded" in said
    lost.clear()
    edit(tab, 0, tab.locator("textarea").input_value())
    result(tab, 0, "42")
    context.close()
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_from_the_official_host_the_same_files_are_run(visit: Open) -> None:
    """What the host would answer is answered here, from the cache, at its own addresses."""
    host = fetch.PINS["official"]
    there = live.files(ROOT, live.Offer("cdn"), fetch.cache(), __version__)
    types = {".mjs": "text/javascript", ".wasm": "application/wasm"}

    def answered(route: Any) -> None:
        path = fetch.cache() / route.request.url.removeprefix(host)
        headers = {
            "access-control-allow-origin": "*",
            "content-type": types.get(path.suffix, "application/octet-stream"),
        }
        route.fulfill(body=path.read_bytes(), headers=headers)

    tab = visit(CHAPTER)
    tab.context.route(f"{host}**", answered)
    tab.context.route("**/manifest.json", lambda route: route.fulfill(body=there["assets/live/manifest.json"]))
    press(tab, 0, "Run")
    result(tab, 0, "All 2 examples pass.")
    asked = {url.removeprefix(host) for url in tab.requests if url.startswith(host)}
    assert asked == set(fetch.PINS["files"]) - {fetch.LOCK}


@pytest.mark.browser
def test_our_scripts_need_no_inline_script_and_no_eval(visit: Open) -> None:
    tab = visit(CHAPTER, policy=POLICY)  # the theme's own scripts are inline, and do not run here
    press(tab, 0, "Run")
    result(tab, 0, "pass")


@pytest.mark.browser
def test_without_scripts_or_webassembly_only_the_control_is_missing(visit: Open) -> None:
    for tab in (visit(CHAPTER, java_script_enabled=False), visit(CHAPTER, script="delete self.WebAssembly")):
        assert tab.locator(".language-pycon pre").count() > 5
        assert tab.locator(".live-bar").count() == 0


@pytest.mark.browser
def test_the_control_says_how_to_get_the_files_where_there_are_none(visit: Open, ready: Served) -> None:
    tab = visit(
        CHAPTER,
        script="document.addEventListener('readystatechange', () => "
        "document.querySelector('script[data-live]')?.setAttribute('data-live', 'missing'))",
    )
    press(tab, 0, "Run")
    assert "python -m live.fetch" in result(tab, 0, "not beside this site")
    assert not [url for url in tab.requests if "live/worker" in url]


# Exercises in the browser

WORK = "exercises/implement/"


def parts(tab: Any, name: str = "backward-pass") -> tuple[Any, Any]:
    return tab.locator(f"#{name} ~ .live-bar").first, tab.locator(f"#{name} ~ .live-result").first


def solution(name: str) -> str:
    text = (ROOT / "exercises" / f"{name}.py").read_text(encoding="utf-8")
    return text[text.index("\nimport numpy") + 1 :]


@pytest.mark.browser
def test_an_exercise_is_written_checked_kept_and_saved(visit: Open, ready: Served, tmp_path: Path) -> None:
    tab = visit(WORK, viewport={"width": 390, "height": 844}, color_scheme="dark")
    bar, said = parts(tab)
    bar.get_by_role("button", name="Write it here").click()
    area = tab.locator(".live-editor")
    check = bar.get_by_role("button", name="Check")
    check.click()
    said.filter(has_text="loss_and_gradients is not written yet.").wait_for()
    right = solution("backward_pass")
    line = "            delta = (delta @ weights[i].T) * a[i] * (1 - a[i])"
    assert line in right
    area.fill(right.replace(line, "            delta = delta @ weights[i].T"))
    check.click()
    said.filter(has_text="Expected").wait_for()
    said.get_by_text("What the diagnosis says").click()
    assert "hidden-derivative-missing" in said.inner_text()
    assert "begun" in bar.inner_text()
    tab.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    assert tab.evaluate(AXE) == []
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    area.fill("def loss_and_gradients(:")
    check.click()
    said.filter(has_text="SyntaxError").wait_for()
    area.fill(right)
    check.click()
    said.filter(has_text="Every check passes.").wait_for()
    assert "✓ passed" in bar.inner_text()
    tab.reload()
    parts(tab)[0].get_by_role("button", name="Continue here").click()
    assert tab.locator(".live-editor").input_value() == right
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save all as files").click()
    download.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        assert packed.namelist() == ["backward_pass.py"]
        saved = packed.read("backward_pass.py").decode()
    assert saved.endswith(right.rstrip() + "\n")
    assert 'r"""The whole backward pass' in saved
    tab.goto(ready.address + "exercises/")
    tab.locator(".live-progress", has_text="✓ passed").wait_for()
    assert [mark for mark in tab.locator(".live-progress").all_inner_texts() if mark] == ["✓ passed"]
    assert all(url.startswith((ready.address, "blob:")) for url in tab.requests)


@pytest.mark.browser
def test_an_exercise_that_never_ends_is_stopped_its_text_stays_and_a_reset_can_be_undone(visit: Open) -> None:
    tab = visit(WORK)
    bar, said = parts(tab)
    bar.get_by_role("button", name="Write it here").click()
    area = tab.locator(".live-editor")
    area.fill("while True: pass")
    bar.get_by_role("button", name="Check").click()
    said.filter(has_text="Checking").wait_for()
    bar.get_by_role("button", name="Stop").click()
    said.filter(has_text="Stopped. Python starts anew; your text is still here.").wait_for()
    assert area.input_value() == "while True: pass"
    bar.get_by_role("button", name="Reset").click()
    assert area.input_value() != "while True: pass"
    bar.get_by_role("button", name="Undo the reset").click()
    assert area.input_value() == "while True: pass"


@pytest.mark.browser
@pytest.mark.parametrize(
    "script",
    [
        "Object.defineProperty(self, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }",
    ],
    ids=["forbidden", "full"],
)
def test_where_storage_is_forbidden_or_full_the_page_says_so_and_works(visit: Open, script: str) -> None:
    tab = visit(WORK, script=script)
    bar, said = parts(tab)
    bar.get_by_role("button", name="Write it here").click()
    tab.locator(".live-editor").fill(solution("backward_pass"))
    tab.get_by_text("does not keep your text").wait_for()
    bar.get_by_role("button", name="Check").click()
    said.filter(has_text="Every check passes.").wait_for()


# The diagnosis in the browser


@pytest.mark.browser
def test_a_file_and_pasted_arrays_are_diagnosed(visit: Open, ready: Served, tmp_path: Path) -> None:
    X, y = backprop.xor()
    model = backprop.Model.random([2, 3, 1], seed=0)
    w1, w2 = model.weights
    trace = model.forward(X)
    right = model.backward(trace, y).weights
    delta = 2 * (trace.y_hat - y) / len(y) * trace.y_hat * (1 - trace.y_hat)
    np.savez(tmp_path / "run.npz", X=X, y=y, W1=w1, W2=w2, g1=X.T @ (delta @ w2.T), g2=right[1])
    (tmp_path / "no.npz").write_text("no archive")
    run = {"X": X, "y": y, "W1": w1, "W2": w2, "g1": right[0], "g2": right[1]}
    for name, compressed in (("v6.mat", False), ("v7.mat", True)):
        scipy.io.savemat(tmp_path / name, run | {"notes": "a text"}, do_compression=compressed)
    (tmp_path / "cut.mat").write_bytes((tmp_path / "v7.mat").read_bytes()[:300])
    tab = visit("verification/diagnose/", viewport={"width": 390, "height": 844})
    said = tab.locator("#live-diagnose .live-result")
    tab.locator("#live-diagnose input[type=file]").set_input_files(tmp_path / "run.npz")
    said.filter(has_text="hidden-derivative-missing").wait_for()
    tab.locator("#live-diagnose input[type=file]").set_input_files(tmp_path / "no.npz")
    said.filter(has_text="no.npz is not an .npz file").wait_for()
    for name, words in (("v6.mat", "Correct"), ("cut.mat", "cut.mat is damaged"), ("v7.mat", "Correct")):
        tab.locator("#live-diagnose input[type=file]").set_input_files(tmp_path / name)
        said.filter(has_text=words).wait_for()
    with np.printoptions(precision=17):
        text = "\n".join(
            f"{n} = {a}" for n, a in zip(("X", "y", "W1", "W2", "g1", "g2"), (X, y, w1, w2, *right), strict=True)
        )
    tab.get_by_label("Arrays, as NumPy prints them").fill(text)
    tab.get_by_role("button", name="Diagnose").click()
    said.filter(has_text="Correct").wait_for()
    tab.get_by_label("Arrays, as NumPy prints them").fill("nonsense")
    tab.get_by_role("button", name="Diagnose").click()
    said.filter(has_text="There is no array in this text").wait_for()
    tab.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    assert tab.evaluate(AXE) == []
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert all(url.startswith(ready.address) for url in tab.requests)


# Firefox, which nothing here steers: a page does everything by itself, in a frame, and reports

REPORT = """<!doctype html><article></article><iframe width="1280" height="900"></iframe><script type="module">
const report = found => fetch("/report", {method: "POST", body: JSON.stringify(found)});
(RUN)([location.origin + "/", GIVEN]).then(report, error => report(String(error)));
</script>"""
#: Open a page in the frame; `wait` waits until something is there; `button` finds one by its words.
FRAME = """
    const frame = document.querySelector("iframe");
    const open = url => new Promise(done => { frame.onload = done; frame.src = root + url; });
    const find = selector => [...frame.contentDocument.querySelectorAll(selector)];
    const button = (place, words) => find(place + " button").find(one => one.textContent === words);
    const wait = async there => { for (;;) {
        const found = there();
        if (found) return found;
        await new Promise(done => setTimeout(done, 20)); } };
    const result = words => wait(() => {
        const text = find(".live-result")[0]?.textContent ?? "";
        return text.includes(words) && text; });
    const run = async (text, words) => {
        const area = find(".live textarea")[0];
        area.value = text;
        area.dispatchEvent(new Event("input", {bubbles: true}));
        button(".live", "Run").click();
        return words && await result(words); };
"""
EDITED = f"""async ([root, url]) => {{ {FRAME}
    await open(url);
    (await wait(() => button(".live", "Edit"))).click();
    const out = {{differs: await run(">>> 6 * 7\\n43\\n", "differs")}};
    await run("while True:\\n    pass");
    await new Promise(done => setTimeout(done, 300));
    out.stopped = await ({STOPPED})(find(".live")[0]);
    out.after = await run("print(2 ** 10)", "1024");
    return out; }}"""
FULL_PASS = f"""async ([root, url]) => {{ {FRAME}
    await open(url);
    const place = () => find("#microscope")[0], out = [];
    (await wait(() => button("#microscope", "Open the microscope"))).click();
    await wait(() => place().dataset.step);
    for (let next; (next = button("#microscope", "Next")); ) {{
        const {{step, numbers}} = place().dataset;
        out.push([step, JSON.parse(numbers)]);
        next.click();
        await wait(() => place().dataset.step !== step);
    }}
    button("#microscope", "Update the weights").click();
    await wait(() => frame.contentWindow.location.search.includes("epoch=1"));
    const address = frame.contentWindow.location.search.slice(1);
    button("#microscope", "Train").click();
    const trained = await wait(() => Number(find(".microscope-training")[0].dataset.frames) > 5);
    button("#microscope", "Pause").click();
    return {{steps: out, address, trained}}; }}"""


STATE = "net=2-4-1&bias=1&example=8&eta=0.5"
#: All three, one after the other, as Firefox takes long to start; of what fails there is the message.
ALL_THREE = f"""async ([root, [pages, chapter, microscope]]) => {{
    const said = one => one.catch(String);
    return [await said(({ALL})([root, pages])), await said(({EDITED})([root, chapter])),
        await said(({FULL_PASS})([root, microscope]))]; }}"""


def in_firefox(ready: Served, folder: Path, run: str, given: object) -> Any:
    """Let a page in Firefox call a function with the root of the site and something else, and give what it returns."""
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        pytest.skip("there is no Firefox on the search path")
    came, reports = threading.Event(), []
    page = REPORT.replace("RUN", run).replace("GIVEN", json.dumps(given)).encode()

    class Reporting(Handler):
        def do_GET(self) -> None:
            if self.path != "/report":
                return super().do_GET()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)
            return None

        def do_POST(self) -> None:
            reports.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            came.set()

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Reporting, directory=str(ready.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [firefox, "--headless", "--no-remote", "--profile", str(folder)]
    command.append(f"http://127.0.0.1:{server.server_port}/report")
    home, nowhere = os.environ | {"HOME": str(folder)}, subprocess.DEVNULL
    with subprocess.Popen(command, env=home, stdout=nowhere, stderr=nowhere) as process:
        came.wait(3 * PATIENCE / 1000)
        process.terminate()
    server.shutdown()
    server.server_close()
    assert reports, "Firefox has reported nothing"
    [found] = reports
    assert not isinstance(found, str), found
    return found


@pytest.fixture(scope="module")
def firefox(ready: Served, shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What Firefox reports, which is started once in a run."""
    given = [list(listings(ready.folder)), CHAPTER, f"microscope/?{STATE}"]
    folder = tmp_path_factory.mktemp("firefox")
    found: list[Any] = json.loads(
        shared.once("firefox.json", lambda: json.dumps(in_firefox(ready, folder, ALL_THREE, given)))
    )
    return found


@pytest.mark.browser
def test_every_listing_of_the_site_passes_in_firefox(firefox: list[Any]) -> None:
    found = firefox[0]
    assert not isinstance(found, str), found
    wrong = [e for _, _, _, examples in found for e in examples if isinstance(e, str) or e["verdict"] != "pass"]
    assert not wrong
    assert sum(len(texts) for _, _, texts, _ in found) > 200


@pytest.mark.browser
def test_in_firefox_an_edit_differs_and_a_runaway_loop_is_stopped_and_the_next_run_works(firefox: list[Any]) -> None:
    found = firefox[1]
    assert not isinstance(found, str), found
    assert "Expected43" in found["differs"]
    assert "Got42" in found["differs"]
    assert found["stopped"] < 100
    assert "1024" in found["after"]


@pytest.mark.browser
def test_in_firefox_a_full_pass_of_the_microscope_has_the_package_s_numbers(firefox: list[Any]) -> None:
    found = firefox[2]
    assert not isinstance(found, str), found
    scene = read(STATE)[0]
    assert [step for step, _ in found["steps"]] == steps_of(scene)[:-1]  # from the last one the update is made
    expected = answer("look", {"address": STATE})["numbers"]
    for _, numbers in found["steps"]:
        assert numbers == pytest.approx(expected, rel=0, abs=1e-12)
    after = read(answer("update", {"address": STATE})["address"])[0]
    np.testing.assert_allclose(read(found["address"])[0].w, after.w, rtol=0, atol=1e-12)
    assert found["trained"]
