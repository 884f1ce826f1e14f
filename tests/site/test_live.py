"""The page that computes: the page's own runner in Python here, and in browsers that have not been here before."""

import _imp
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

import backprop
from backprop import __version__
from backprop.live import answer
from builder.beside import live
from live import fetch
from tests.site import axe
from tests.site.conftest import ROOT, Handler, Open, Served, open_in, serving
from tests.site.listings import CHAPTER, edit, listings, press, result

POLICY = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"


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


FOR_COMPILERS = (".pyi", ".pxd", ".c", ".h", ".a")


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(("archive", "least"), [(fetch.LIBRARY, 140), (fetch.WHEEL, 80)])
def test_an_archive_beside_the_site_is_pyodide_s_with_modules_compiled(archive: str, least: int, ready: Served) -> None:
    """A compiled module carries the hash of its source, which is keyed with the number of Python's bytecode."""
    given = zipfile.ZipFile(fetch.cache() / archive)
    made = zipfile.ZipFile(ready.folder / "assets/live/pyodide" / archive)
    names = {name: name.removesuffix("c") if name.endswith(".pyc") else name for name in made.namelist()}
    assert list(names.values()) == [name for name in given.namelist() if not name.endswith(FOR_COMPILERS)]
    assert sum(name != source for name, source in names.items()) > least
    for name, source in names.items():
        content = made.read(name)
        if name == source:
            assert content == given.read(source)
        else:
            magic, flags = (int.from_bytes(content[at : at + 4], "little") for at in (0, 4))
            assert flags == 1  # a hash in place of a time, which Python does not compare at each start
            assert content[8:16] == _imp.source_hash(magic, given.read(source)), name


@pytest.mark.usefixtures("compiled")
def test_the_package_beside_the_site_is_compiled_and_keeps_the_sources_that_are_shown(ready: Served) -> None:
    [path] = (ready.folder / "assets/live").glob("backprop-*.zip.gz")
    assert path.stat().st_size < 420_000
    given = zipfile.ZipFile(io.BytesIO(live.archive(ROOT)))
    made = zipfile.ZipFile(io.BytesIO(gzip.decompress(path.read_bytes())))
    names: list[str] = []
    for name in given.namelist():
        shown = name.startswith("backprop/derivation/")
        beside = re.sub(r"(\w+)\.py$", r"__pycache__/\1.cpython-314.pyc", name) if shown else f"{name}c"
        content = made.read(beside)
        assert content[4:8] == b"\1\0\0\0"
        assert content[8:16] == _imp.source_hash(int.from_bytes(content[:4], "little"), given.read(name)), name
        assert not shown or made.read(name) == given.read(name)
        names += [name] * shown + [beside]
    assert made.namelist() == names


# In the browser


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
    ("**/numpy-*.whl", None, "Are you online?"),
]


@pytest.mark.browser
def test_what_is_missing_wrong_or_cut_off_is_named_and_where_the_network_is_back_the_next_run_works(
    chromium: Any, ready: Served
) -> None:
    cut_off: list[str] = []

    class Losing(Handler):
        def end_headers(self) -> None:
            self.send_header("Cache-Control", "no-store")  # what a browser has kept cannot be lost
            super().end_headers()

        def do_GET(self) -> None:
            if not any(part in self.path for part in cut_off):
                return super().do_GET()
            whole = Path(self.translate_path(self.path)).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole[: len(whole) // 2])
            self.wfile.flush()
            self.close_connection = True
            return None

    with serving(ready.folder, Losing) as address:
        context = chromium.new_context()
        tab = open_in(context, address + CHAPTER)
        text = ">>> 6 * 7\n42\n"
        for broken, given, sentence in MISSING:
            context.route(broken, answering(given))
            edit(tab, 0, text)
            assert sentence in result(tab, 0, sentence)
            assert tab.locator("textarea").input_value() == text
            context.unroute(broken)
        sentences = {"worker.js": "The script that runs Python", "manifest.json": "manifest.json", "numpy-": "numpy-"}
        for name, words in sentences.items():
            cut_off[:] = [name]
            edit(tab, 0, text)
            said = result(tab, 0, words)
            assert said.startswith(words)
            assert "could not be loaded" in said
        cut_off.clear()
        edit(tab, 0, tab.locator("textarea").input_value())
        result(tab, 0, "passes")
        context.close()


@pytest.mark.browser
def test_from_the_official_host_the_same_files_are_run(visit: Open) -> None:
    """What the host would answer is answered by another server here, from the cache."""

    class Host(Handler):
        def end_headers(self) -> None:
            self.send_header("Access-Control-Allow-Origin", "*")
            super().end_headers()

    offered = live.Offer("cdn", package=live.package(ROOT, fetch.cache(), ROOT / "build"))
    there = live.files(ROOT, offered, fetch.cache(), __version__)
    manifest = json.loads(there["assets/live/manifest.json"])
    assert manifest["base"] == fetch.PINS["official"]
    with serving(fetch.cache(), Host) as host:
        tab = visit(CHAPTER)
        tab.context.route("**/manifest.json", lambda route: route.fulfill(json=manifest | {"base": host}))
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
    assert "python -m live.fetch" in result(tab, 0, "built without the files")
    assert not [url for url in tab.requests if "live/worker" in url]


# Exercises in the browser


WORK = "exercises/implement/"


def parts(tab: Any, name: str = "backward-pass") -> tuple[Any, Any]:
    return tab.locator(f"#{name} ~ .live-bar").first, tab.locator(f"#{name} ~ .live-result").first


def solution(name: str) -> str:
    text = (ROOT / "exercises" / f"{name}.py").read_text(encoding="utf-8")
    return text[text.index("\nimport numpy") + 1 :]


@pytest.mark.browser
def test_an_exercise_is_stopped_reset_written_checked_kept_and_saved(
    visit: Open, ready: Served, tmp_path: Path
) -> None:
    tab = visit(WORK, viewport={"width": 390, "height": 844}, color_scheme="dark")
    bar, said = parts(tab)
    bar.get_by_role("button", name="Write it here").click()
    area = tab.locator(".live-editor")
    check = bar.get_by_role("button", name="Check")
    given = area.input_value()
    area.fill("while True: pass")
    check.click()
    said.filter(has_text="Checking").wait_for()
    bar.get_by_role("button", name="Stop").click()
    said.filter(has_text="Stopped. Python starts anew; your text is still here.").wait_for()
    assert area.input_value() == "while True: pass"
    bar.get_by_role("button", name="Reset").click()
    assert area.input_value() == given
    bar.get_by_role("button", name="Undo the reset").click()
    assert area.input_value() == "while True: pass"
    bar.get_by_role("button", name="Reset").click()
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
    assert axe.violations(tab, "article")[0] == []
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
    downloads = list[Any]()
    tab.on("download", lambda one: downloads.append(one))
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save all as files").evaluate("button => { button.click(); button.click(); }")
    download.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        assert packed.namelist() == ["backward_pass.py"]
        saved = packed.read("backward_pass.py").decode()
    assert saved.endswith(right.rstrip() + "\n")
    assert 'r"""The whole backward pass' in saved
    assert len(downloads) == 1
    tab.goto(ready.address + "exercises/")
    tab.locator(".live-progress", has_text="✓ passed").wait_for()
    assert [mark for mark in tab.locator(".live-progress").all_inner_texts() if mark] == ["✓ passed"]
    assert all(url.startswith((ready.address, "blob:")) for url in tab.requests)


def at_once(tab: Any, *names: str) -> None:
    """Press buttons of the first exercise one after the other, before anything else can happen."""
    script = (
        "(bar, names) => names.forEach(n => [...bar.querySelectorAll('button')].find(b => b.textContent === n).click())"
    )
    parts(tab)[0].evaluate(script, list(names))


@pytest.mark.browser
def test_of_a_text_that_is_no_longer_there_nothing_is_said_and_no_tab_overwrites_another(visit: Open) -> None:
    tab = visit(WORK)
    bar, said = parts(tab)
    bar.get_by_role("button", name="Write it here").click()
    area, right = tab.locator(".live-editor"), solution("backward_pass")
    given = area.input_value()
    area.fill(right)
    at_once(tab, "Check", "Reset")
    bar.get_by_role("button", name="Stop").wait_for(state="hidden")
    assert (area.input_value(), said.inner_text()) == (given, "")
    assert int(area.get_attribute("rows")) == given.count("\n") + 2
    area.press("x")  # by mistake
    bar.get_by_role("button", name="Undo the reset").click()
    assert area.input_value() == right
    bar.evaluate("""bar => {
        [...bar.querySelectorAll('button')].find(button => button.textContent === 'Check').click();
        const area = document.querySelector('.live-editor');
        area.value += '\\n';
        area.dispatchEvent(new Event('input'));
    }""")
    said.filter(has_text="The text was changed while it was checked. Check it again.").wait_for()
    assert "begun" in bar.inner_text()

    other = tab.context.new_page()
    other.goto(tab.url)
    parts(other)[0].get_by_role("button", name="Continue here").click()
    other.locator(".live-editor").fill("of the other tab")
    tab.wait_for_function("document.querySelector('.live-editor').value === 'of the other tab'")
    area.press("Control+End")
    area.press("!")
    other.wait_for_function("document.querySelector('.live-editor').value === 'of the other tab!'")
    parts(other)[0].get_by_role("button", name="Reset").click()  # there; what is here is kept again
    other.wait_for_function("document.querySelector('.live-editor').value === 'of the other tab!'")
    assert area.input_value() == "of the other tab!"
    assert "begun" in bar.inner_text()


FORBIDDEN = "Object.defineProperty(self, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"


@pytest.mark.browser
@pytest.mark.parametrize("script", [FORBIDDEN, FULL], ids=["forbidden", "full"])
def test_where_storage_is_forbidden_or_full_the_page_says_so_and_works(visit: Open, script: str) -> None:
    tab = visit(WORK, script=script)
    bar, said = parts(tab)
    bar.get_by_role("button", name="Write it here").click()
    tab.locator(".live-editor").fill(solution("backward_pass"))
    tab.get_by_text("does not keep your text").wait_for()
    bar.get_by_role("button", name="Check").click()
    said.filter(has_text="Every check passes.").wait_for()


@pytest.mark.browser
def test_a_text_that_is_not_kept_is_not_replaced_because_something_else_is_stored(visit: Open) -> None:
    tab = visit(WORK)
    parts(tab)[0].get_by_role("button", name="Write it here").click()
    area = tab.locator(".live-editor")
    area.fill("kept")
    name = "Object.keys(localStorage).find((key) => key.startsWith('backprop:exercise:'))"
    tab.wait_for_function(f"JSON.parse(localStorage.getItem({name}) ?? '{{}}').text === 'kept'")
    tab.evaluate(f"void ({FULL})")
    area.fill("not kept")
    tab.get_by_text("does not keep your text").wait_for()
    tab.evaluate("dispatchEvent(new StorageEvent('storage', { key: 'of another page' }))")
    assert area.input_value() == "not kept"
    tab.evaluate(f"dispatchEvent(new StorageEvent('storage', {{ key: {name} }}))")
    tab.wait_for_function("document.querySelector('.live-editor').value === 'kept'")


# The diagnosis in the browser


@pytest.mark.browser
def test_what_is_said_of_a_file_is_not_replaced_by_an_earlier_answer(visit: Open, tmp_path: Path) -> None:
    with (tmp_path / "large.npz").open("wb") as large:
        large.truncate(64_000_001)
    tab = visit("verification/diagnose/")
    said = tab.locator("#live-diagnose .live-result")
    tab.get_by_label("Arrays, as NumPy prints them").fill("nonsense")
    tab.get_by_role("button", name="Diagnose").click()  # which loads Python first
    tab.locator("#live-diagnose input[type=file]").set_input_files(tmp_path / "large.npz")
    words = "large.npz has 64,000,001 bytes; expected at most 64 million."
    said.filter(has_text=words).wait_for()
    tab.wait_for_function("[...document.querySelectorAll('.live-note')].every(note => note.textContent === '')")
    tab.wait_for_timeout(300)
    assert said.inner_text() == words
    tab.get_by_role("button", name="Diagnose").click()
    said.filter(has_text="There is no array in this text").wait_for()


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
    assert axe.violations(tab, "article")[0] == []
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert all(url.startswith(ready.address) for url in tab.requests)
