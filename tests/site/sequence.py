"""From opening the microscope to ∂C/∂z of a hidden unit, in the four actions that its page lists; also as pictures.

`python -m tests.site.sequence --site site --out FOLDER` takes a picture after each action, wide and narrow.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from builder.beside import printed
from tests.site.conftest import PATIENCE, serving

#: The buttons, and the steps to which they lead.
ACTIONS = {
    "Open the microscope": "hidden-3",
    "Forward": "forward-3",
    "Output → hidden": "output-7",
    "Hidden → hidden": "hidden-5",
}
WIDTHS = {1280: 760, 390: 844}


def walk(tab: Any) -> Iterator[str]:
    """Take one action after the other in a tab that shows the page, and name the step that is then there."""
    for words, step in ACTIONS.items():
        tab.locator("#microscope").get_by_role("button", name=words, exact=True).click()
        tab.locator(f"#microscope[data-step='{step}']").wait_for()
        yield step


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="python -m tests.site.sequence", description="Take pictures of four actions.")
    parser.add_argument("--site", type=Path, default=Path("site"), help="the built site, with LIVE=self")
    parser.add_argument("--out", type=Path, required=True, help="a folder for the pictures")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    with serving(options.site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=printed.browser(), args=printed.ARGUMENTS)
        for width, height in WIDTHS.items():
            tab = browser.new_page(viewport={"width": width, "height": height})
            tab.set_default_timeout(PATIENCE)
            tab.goto(f"{address}microscope/", wait_until="networkidle")
            for number, step in enumerate(_pictures(tab)):
                tab.screenshot(path=options.out / f"{width}-{number}-{step}.png")
        browser.close()
    return 0


def _pictures(tab: Any) -> Iterator[str]:
    """Show the top of the microscope before the first action and after each one."""
    yield "before"
    for step in walk(tab):
        tab.locator("#microscope").evaluate("place => place.scrollIntoView()")
        yield step


if __name__ == "__main__":
    sys.exit(main())
