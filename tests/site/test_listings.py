"""The listings in the browser, in one tab whose Python runs already: its tests run in one process."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.site import axe
from tests.site.conftest import PATIENCE, Open, Served, open_in
from tests.site.listings import ALL, CHAPTER, STOPPED, edit, listings, press, result

pytestmark = pytest.mark.browser


class FirstRun(NamedTuple):
    """What was seen when the first run began and when it had ended."""

    tab: Any
    notes: list[str]
    before: list[str]
    said: str
    marks: list[str]
    after: list[str]


@pytest.fixture(scope="module")
def first_run(chromium: Any, ready: Served) -> Iterator[FirstRun]:
    """A page with listings, of which the second is run before anything else."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    tab = open_in(context, ready.address + CHAPTER)
    notes, before = tab.locator(".live-note").all_inner_texts(), list(tab.requests)
    press(tab, 1, "Run")
    said = result(tab, 1, "pass")
    marks = [listing.locator(".live-marks").inner_text() for listing in tab.locator(".live:has(.live-marks)").all()]
    yield FirstRun(tab, notes, before, said, marks, tab.requests[len(before) :])
    context.close()


@pytest.fixture(scope="module")
def warm(first_run: FirstRun) -> Any:
    """A tab whose Python runs already, on a page with listings; the tests leave it as it was."""
    return first_run.tab


def test_nothing_is_loaded_before_the_click_and_nothing_from_elsewhere_after_it(
    first_run: FirstRun, ready: Served
) -> None:
    assert first_run.notes[0].startswith("The first run loads Python, 10.")
    assert set(first_run.notes[1:]) == {""}  # which is said once
    folder = f"{ready.address}assets/live/"
    ours = [url.removeprefix(folder) for url in first_run.before if url.startswith(folder)]
    # some four kilobytes, and nothing to run
    assert {url.partition("-")[0] for url in ours} == {"listings.js", "shared"}
    assert "All 2 examples pass." in first_run.said
    # of the first listing too, which comes before the one that was run
    assert [marks.split() for marks in first_run.marks] == [["✓", "✓"], ["✓", "✓"]]
    assert first_run.tab.locator(".live-note").first.inner_text() == ""
    assert {url.rpartition("/")[2].partition("-")[0] for url in first_run.after} == {
        *("worker.js", "manifest.json", "backprop", "numpy", "python_stdlib.zip"),
        *("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm.gz"),
    }
    assert all(url.startswith(ready.address) for url in first_run.after)


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


@pytest.mark.usefixtures("compiled")
def test_a_start_compiles_no_module(warm: Any) -> None:
    """A module that Python has compiled itself carries the time of its source; one compiled before, a hash and a 1."""
    lines = (
        "import sys",
        "specs = [module.__spec__ for module in list(sys.modules.values()) if module.__spec__]",
        "specs = [spec for spec in specs if spec.has_location and not spec.origin.endswith('.so')]",
        "flag = lambda spec: open(spec.cached, 'rb').read(5)[4]",
        "before = lambda spec: spec.origin.endswith('.pyc') or spec.cached and flag(spec)",
        "print('ours:', sum(spec.name.startswith('backprop') for spec in specs))",
        "print('left:', [spec.name for spec in specs if not before(spec)])",
    )
    edit(warm, 0, "\n".join(lines))
    words = result(warm, 0, "left: ")
    assert "left: []" in words
    assert int(words.partition("ours: ")[2].split()[0]) > 40
    press(warm, 0, "Reset")


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


def test_what_was_reset_while_it_ran_has_no_result(warm: Any) -> None:
    edit(warm, 0, "print(6 * 7)")
    warm.locator(".live").nth(0).get_by_role("button", name="Reset").wait_for()
    button = "[...box.querySelectorAll('button')].find(button => button.textContent === '{}').click();"
    pressed = "box => { " + button.format("Run") + button.format("Reset") + " }"
    warm.locator(".live").nth(0).evaluate(pressed)
    warm.wait_for_function("document.querySelector('.live').ariaBusy === 'false'")
    assert warm.locator(".live").nth(0).locator(".live-result").inner_text() == ""
    assert warm.locator(".live").nth(0).locator(".live-marks").count() == 0
    edit(warm, 0, "while True: pass")
    warm.locator(".live").nth(0).evaluate(pressed)
    press(warm, 0, "Stop")
    warm.wait_for_function("document.querySelector('.live').ariaBusy === 'false'")
    assert warm.locator(".live").nth(0).locator(".live-result").inner_text() == ""


def test_stopped_while_it_loads_nothing_is_loaded_again(visit: Open) -> None:
    tab = visit("derivation/loss/")
    held = list[Any]()
    tab.context.route("**/numpy-*.whl*", lambda route: held.append(route))
    box = tab.locator(".live").nth(0)
    box.get_by_role("button", name="Run", exact=True).click()
    for _ in range(PATIENCE // 50):
        if held:
            break
        tab.wait_for_timeout(50)
    asked = len(tab.requests)
    box.get_by_role("button", name="Stop").click()
    box.locator(".live-result", has_text="Stopped.").wait_for()
    tab.wait_for_timeout(500)
    assert (len(held), len(tab.requests)) == (1, asked)
    tab.context.unroute("**/numpy-*.whl*")
    box.get_by_role("button", name="Run", exact=True).click()
    box.locator(".live-result", has_text="pass").wait_for()


def test_a_runaway_loop_is_stopped_at_once_and_the_next_run_works(warm: Any) -> None:
    """Measured up to ten times, because a core may be busy."""
    endless, took = "while True:\n    pass", list[float]()
    while len(took) < 10 and not any(one < 100 for one in took):
        edit(warm, 0, endless)
        warm.wait_for_timeout(300)
        took.append(warm.locator(".live").nth(0).evaluate(STOPPED))
        assert warm.locator("textarea").input_value() == endless
    assert min(took) < 100, took
    edit(warm, 0, "print(6 * 7)")
    result(warm, 0, "42")
    press(warm, 0, "Reset")


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


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_axe_finds_nothing_in_a_listing_with_results_or_being_edited(warm: Any, scheme: str) -> None:
    warm.evaluate("scheme => document.body.setAttribute('data-md-color-scheme', scheme)", scheme)
    edit(warm, 1, ">>> 1\n2\n>>> 1 / 0\n>>> 5\n")
    result(warm, 1, "differs")
    press(warm, 2, "Run")
    warm.locator(".live").nth(2).locator(".live-marks span").first.wait_for()
    assert axe.violations(warm, "article", colours=scheme == "slate")[0] == []
    assert warm.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    press(warm, 1, "Reset")
