"""The listings of the site: what they are, and how a reader runs and edits them in a browser."""

import functools
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

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
