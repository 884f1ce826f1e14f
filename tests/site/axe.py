"""What axe finds on a page that is open in a browser."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

LIBRARY = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

#: Contrast takes most of the time, and follows from colour, ground, weight, opacity, and whether letters are large (24
#: pixels, or 18.66 if they are bold): of all elements with text that have these in common the first is looked at. What
#: stands fixed, or on a picture, is looked at by itself. Whether a link stands out from the text around it follows from
#: the same of both, and from how it is underlined. Of a listing or a formula that has nothing more to be looked at axe
#: is shown the text alone, because its time grows with the number of elements, and most of them are there.
SCRIPT = """async ([within, colours, seen]) => {
    const moving = document.getAnimations().filter(animation => animation.timeline === document.timeline);
    moving.forEach(animation => animation.finish()); // colours change slowly
    const first = new Map(), known = new Map([[null, ["", ""]]]);
    const around = e => { if (known.has(e)) return known.get(e);
        const s = getComputedStyle(e), [behind, through] = around(e.parentElement);
        const ground = s.backgroundImage !== "none" || ["fixed", "sticky"].includes(s.position)
            ? [s.backgroundImage, s.position, s.backgroundColor, e.tagName, e.className].join()
            : s.backgroundColor !== "rgba(0, 0, 0, 0)" ? s.backgroundColor : behind;
        known.set(e, [ground, s.opacity < 1 ? `${through} ${s.opacity}` : through, s]);
        return known.get(e); };
    const kind = e => { const [ground, through, s] = around(e), size = parseFloat(s.fontSize);
        const sizes = [18.66, 24].map(least => size >= least);
        return [s.color, ground, ...sizes, s.fontWeight, through, s.textShadow, s.visibility, s.display].join(); };
    const note = (name, e) => first.has(name) || first.set(name, e);
    const scope = within === "html" ? document.body : document.querySelector(within);
    for (const e of scope.querySelectorAll("*"))
        if ([...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) note(kind(e), e);
    const letters = e => e.textContent.replace(/\\s/g, "").length;
    const places = new Map();
    const place = block => { if (!places.has(block)) {
            const others = [...block.querySelectorAll("a[href]")].reduce((sum, one) => sum + letters(one), 0);
            places.set(block, [block.tagName, block.className, letters(block) > others, kind(block)].join()); }
        return places.get(block); };
    for (const link of scope.querySelectorAll("a[href]")) {
        let block = link.parentElement;
        while (around(block)[2].display.startsWith("inline")) block = block.parentElement;
        const s = around(link)[2], own = [link.className, s.textDecorationLine, s.borderBottom, s.fontStyle];
        note(["link", kind(link), ...own, place(block)].join(), link); }
    for (const name of ["kind", "link"])
        document.querySelectorAll(`[data-${name}]`).forEach(e => { delete e.dataset[name]; });
    seen.forEach(name => first.delete(name));
    if (colours && !first.size) return [[], []];
    first.forEach((e, name) => { e.dataset[name.startsWith("link") ? "link" : "kind"] = ""; });
    const looked = /^(id|role|tabindex|href|lang|title|alt|name|aria-.*|data-.*)$/;
    const bare = e => (e.localName === "span" || e.namespaceURI.endsWith("MathML"))
        && !e.getAttributeNames().some(name => looked.test(name));
    const whole = [...scope.querySelectorAll("pre > code, math")].filter(e => [...e.querySelectorAll("*")].every(bare))
        .map(e => [e, [...e.childNodes]]);
    whole.forEach(([e]) => { e.textContent = e.textContent; });
    axe.configure({rules: [{id: "color-contrast", selector: "[data-kind]"},
        {id: "link-in-text-block", selector: "a[href][data-link]"}]});
    const options = {resultTypes: ["violations"], preload: false,
        ...(colours && {runOnly: ["color-contrast", "link-in-text-block"]})};
    const found = (await axe.run(within, options)).violations;
    whole.forEach(([e, nodes]) => e.replaceChildren(...nodes));
    return [found.map(
        v => v.id + ": " + v.nodes.map(n => (n.target.join(" ") + " " + n.html)
            .replace(/[[ ]data-(kind|link)=""\\]?/g, "").slice(0, 160)).join(" | ")), [...first.keys()]]; }"""


def violations(
    tab: Any, within: str = "html", *, colours: bool = False, seen: Sequence[str] = ()
) -> tuple[list[str], list[str]]:
    """List what axe finds.

    Args:
        tab: the tab.
        within: the part of the page, as a selector.
        colours: whether contrast and links in text alone are looked at, which is what differs between schemes.
        seen: the kinds of text and of links that need not be looked at again.

    Returns:
        The violations, each as a rule and places; and the kinds that were looked at.
    """
    if tab.evaluate("!self.axe"):
        tab.evaluate(LIBRARY)
    found, kinds = tab.evaluate(SCRIPT, [within, colours, list(seen)])
    return list(found), list(kinds)
