"""What axe finds on a page that is open in a browser."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

LIBRARY = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

#: Contrast takes most of the time, and follows from colour, ground, size, weight and opacity: of all elements with text
#: that have them in common the first is looked at. What stands fixed, or on a picture, is looked at by itself.
SCRIPT = """async ([within, contrast, seen]) => {
    const moving = document.getAnimations().filter(animation => animation.timeline === document.timeline);
    await Promise.all(moving.map(animation => animation.finished)); // colours change slowly
    const first = new Map(), known = new Map([[null, ["", ""]]]);
    const around = e => { if (known.has(e)) return known.get(e);
        const s = getComputedStyle(e), [behind, through] = around(e.parentElement);
        const ground = s.backgroundImage !== "none" || ["fixed", "sticky"].includes(s.position)
            ? [s.backgroundImage, s.position, s.backgroundColor, e.tagName, e.className].join()
            : s.backgroundColor !== "rgba(0, 0, 0, 0)" ? s.backgroundColor : behind;
        known.set(e, [ground, s.opacity < 1 ? `${through} ${s.opacity}` : through, s]);
        return known.get(e); };
    document.querySelectorAll("[data-kind]").forEach(e => e.removeAttribute("data-kind"));
    for (const e of document.querySelectorAll("body *")) {
        if (![...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
        const [ground, through, s] = around(e);
        const kind = [s.color, ground, s.fontSize, s.fontWeight, through, s.textShadow, s.visibility, s.display].join();
        if (!first.has(kind)) first.set(kind, e); }
    seen.forEach(kind => first.delete(kind));
    if (contrast && !first.size) return [[], []];
    first.forEach(e => e.setAttribute("data-kind", ""));
    axe.configure({rules: [{id: "color-contrast", selector: "[data-kind]", enabled: first.size > 0}]});
    const options = {resultTypes: ["violations"], preload: false, ...(contrast && {runOnly: ["color-contrast"]})};
    return [(await axe.run(within, options)).violations.map(
        v => v.id + ": " + v.nodes.map(n => n.target.join(" ") + " "
            + n.html.replace(' data-kind=""', "").slice(0, 120)).join(" | ")), [...first.keys()]]; }"""


def violations(
    tab: Any, within: str = "html", *, contrast: bool = False, seen: Sequence[str] = ()
) -> tuple[list[str], list[str]]:
    """List what axe finds.

    Args:
        tab: the tab.
        within: the part of the page, as a selector.
        contrast: whether contrast alone is looked at, which is what differs between schemes.
        seen: the kinds of text that need not be looked at again.

    Returns:
        The violations, each as a rule and places; and the kinds that were looked at.
    """
    if tab.evaluate("!self.axe"):
        tab.evaluate(LIBRARY)
    found, kinds = tab.evaluate(SCRIPT, [within, contrast, list(seen)])
    return list(found), list(kinds)
