/** Small things for building elements. */

/** Make an element with a class and content. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** A text in which what stands between backquotes is code, as Markdown has it. */
export function coded(text: string): (Node | string)[] {
  return text.split("`").map((part, k) => (k % 2 ? make("code", "", part) : part));
}

/** A text in which the addresses of pages of this site are links. */
export function linked(text: string): (Node | string)[] {
  return text.split(/((?:consequences|derivation|results|verification)\/[\w/-]*(?:#[\w-]+)?)/).map((part, k) => {
    if (k % 2 === 0) return part;
    const link = make("a", "", part);
    link.href = new URL(`../../${part}`, import.meta.url).href;
    return link;
  });
}

/** Whether the reader wants little to move. */
export const still = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Make a button. */
export function button(words: string, act: () => void): HTMLButtonElement {
  const made = make("button", "", words);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** Make a text field for Python that is as high as its text. Ctrl+Enter runs; Enter keeps the indentation. */
export function editor(text: string, label: string, run: () => void): HTMLTextAreaElement {
  const area = make("textarea", "live-editor");
  area.value = text;
  area.spellcheck = false;
  area.autocapitalize = "off";
  area.setAttribute("aria-label", label);
  const fit = (): void => {
    area.rows = area.value.split("\n").length + 1;
  };
  area.addEventListener("input", fit);
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      run();
    } else if (!event.shiftKey && !event.altKey) {
      const before = area.value.slice(0, area.selectionStart);
      const line = before.slice(before.lastIndexOf("\n") + 1);
      const indent = /^\s*/.exec(line)![0] + (/:\s*$/.test(line) ? "    " : "");
      if (!indent || line.startsWith(">>>")) return;
      event.preventDefault();
      area.setRangeText(`\n${indent}`, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  fit();
  return area;
}

/** Put another text into such a field, without saying that the reader wrote it. */
export function fill(area: HTMLTextAreaElement, text: string): void {
  area.value = text;
  area.rows = text.split("\n").length + 1;
}
