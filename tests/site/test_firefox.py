"""The page that computes, in Firefox, which nothing steers: a page does everything by itself and reports."""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprop.live import answer
from backprop.live.scene import read
from backprop.live.steps import steps_of
from tests.site.conftest import PATIENCE, Handler, Served, serving
from tests.site.listings import ALL, CHAPTER, STOPPED, listings

pytestmark = pytest.mark.browser

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
#: All three, one after the other, as Firefox takes long to start; of what fails there is the message. The listings are
#: run by the page in the frame, whose Python runs already.
ALL_THREE = f"""async ([root, [pages, chapter, microscope]]) => {{
    const said = one => one.catch(String);
    const edited = await said(({EDITED})([root, chapter]));
    const all = document.querySelector("iframe").contentWindow.eval({json.dumps(f"({ALL})")});
    return [await said(all([root, pages])), edited, await said(({FULL_PASS})([root, microscope]))]; }}"""


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

    home, nowhere = os.environ | {"HOME": str(folder)}, subprocess.DEVNULL
    with serving(ready.folder, Reporting) as address:
        command = [firefox, "--headless", "--no-remote", "--profile", str(folder), f"{address}report"]
        with subprocess.Popen(command, env=home, stdout=nowhere, stderr=nowhere) as process:
            came.wait(3 * PATIENCE / 1000)
            process.terminate()
    assert reports, "Firefox has reported nothing"
    [found] = reports
    assert not isinstance(found, str), found
    return found


@pytest.fixture(scope="module")
def firefox(ready: Served, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What Firefox reports, which is started once: these tests run in one process."""
    given = [list(listings(ready.folder)), CHAPTER, f"microscope/?{STATE}"]
    found: list[Any] = in_firefox(ready, tmp_path_factory.mktemp("firefox"), ALL_THREE, given)
    return found


def test_every_listing_of_the_site_passes_in_firefox(firefox: list[Any]) -> None:
    found = firefox[0]
    assert not isinstance(found, str), found
    wrong = [e for _, _, _, examples in found for e in examples if isinstance(e, str) or e["verdict"] != "pass"]
    assert not wrong
    assert sum(len(texts) for _, _, texts, _ in found) > 200


def test_in_firefox_an_edit_differs_and_a_runaway_loop_is_stopped_and_the_next_run_works(firefox: list[Any]) -> None:
    found = firefox[1]
    assert not isinstance(found, str), found
    assert "Expected43" in found["differs"]
    assert "Got42" in found["differs"]
    assert found["stopped"] < 100
    assert "1024" in found["after"]


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
