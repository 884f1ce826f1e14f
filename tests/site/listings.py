"""The listings of the site: what they are, and how a reader runs and edits them in a browser."""

import functools
from pathlib import Path
from typing import Any

from builder import tree

CHAPTER = "derivation/chain-rule/"  # a page with listings
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


def of_page(html: str) -> dict[tuple[int, str], list[str]]:
    """Collect the listings of a page, by number and dotted name of the docstring that they stand in."""
    found: dict[tuple[int, str], list[str]] = {}
    page = tree.page(html)
    numbers = {place.mem_id: number for number, place in enumerate(page.css("div.doc-object"), start=1)}
    for code in page.css("div.language-pycon code"):
        place = code.parent
        while place is not None and place.mem_id not in numbers:
            place = place.parent
        heading = None if place is None else place.css_first(".doc-heading")
        key = (0 if place is None else numbers[place.mem_id], "" if heading is None else heading.id or "")
        found.setdefault(key, []).append(code.text())
    return found


@functools.cache
def listings(site: Path) -> dict[str, dict[tuple[int, str], list[str]]]:
    """Collect the listings of the whole site by page."""
    found = {}
    for path in sorted(site.rglob("index.html")):
        of_it = of_page(path.read_text(encoding="utf-8"))
        if of_it:
            found[path.relative_to(site).as_posix().removesuffix("index.html")] = of_it
    return found


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
