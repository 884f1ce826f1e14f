/** Run, edit, reset, stop: the controls of each listing of examples. */

import { button, editor, make } from "./dom";
import { ask, note, possible, stop } from "./page";
import type { Example } from "./protocol";
import { marks, report } from "./report";

/** A docstring, or a page: its listings share their names, in order. */
interface Group {
  place: string;
  listings: Listing[];
}

class Listing {
  readonly pre: HTMLPreElement;
  private readonly original: string;
  private area: HTMLTextAreaElement | null = null;
  private readonly running: HTMLButtonElement;
  private readonly ending: HTMLButtonElement;
  private readonly editing: HTMLButtonElement;
  private readonly result: HTMLElement;
  private busy = false;
  private turn = 0; // counts the resets

  constructor(
    private readonly box: HTMLElement,
    private readonly group: Group,
  ) {
    this.pre = box.querySelector("pre")!;
    this.original = this.pre.querySelector("code")!.textContent ?? "";
    this.running = button("Run", () => void this.run());
    this.ending = button("Stop", stop);
    this.ending.hidden = true;
    this.editing = button("Edit", () => (this.area ? this.reset() : this.edit()));
    const bar = make("div", "live-bar", this.running, this.ending, this.editing, note());
    this.result = make("div", "live-result");
    this.result.role = "status";
    box.classList.add("live");
    box.append(bar, this.result);
    group.listings.push(this);
  }

  get text(): string {
    return this.area?.value ?? this.original;
  }

  private edit(): void {
    this.area = editor(this.original.replace(/\n$/, ""), "Examples, to be edited", () => void this.run());
    this.pre.hidden = true;
    this.pre.after(this.area);
    this.editing.textContent = "Reset";
    this.area.focus();
  }

  private reset(): void {
    this.turn++;
    this.area?.remove();
    this.area = null;
    this.pre.hidden = false;
    this.editing.textContent = "Edit";
    this.show([], []);
  }

  /** Run this listing, and those before it that share its names. */
  async run(): Promise<void> {
    if (this.busy) return;
    const { listings, place } = this.group;
    const before = listings.slice(0, listings.indexOf(this) + 1);
    this.wait(true);
    this.result.replaceChildren(make("p", "", "Running."));
    const turns = before.map((listing) => listing.turn);
    const answer = await ask("run", { listings: before.map((listing) => listing.text), place });
    before.forEach((listing, i) => {
      if (listing.turn !== turns[i]) return; // it was reset, so the answer is about another text
      if (typeof answer !== "string") listing.show(report(answer.listings[i]!), answer.listings[i]!);
      else if (listing === this) this.result.replaceChildren(make("p", "live-error", answer));
    });
    this.wait(false);
  }

  private wait(busy: boolean): void {
    this.busy = busy;
    const focused = document.activeElement === this.ending;
    this.ending.hidden = !busy;
    if (!busy && focused) this.running.focus();
    this.box.ariaBusy = String(busy);
  }

  private show(words: HTMLElement[], examples: Example[]): void {
    this.result.replaceChildren(...words);
    this.pre.querySelector(".live-marks")?.remove();
    if (examples.length) this.pre.append(marks(examples));
  }
}

/** Sort the listings of a page by docstring: which object it belongs to, and its boxes in order. */
export function sorted(page: ParentNode): { place: string; boxes: HTMLElement[] }[] {
  const groups = new Map<Element | null, { place: string; boxes: HTMLElement[] }>();
  for (const box of page.querySelectorAll<HTMLElement>("article .language-pycon")) {
    const object = box.closest(".doc-object");
    const place = object?.querySelector(".doc-heading[id]")?.id ?? "";
    const group = groups.get(object) ?? { place, boxes: [] };
    group.boxes.push(box);
    groups.set(object, group);
  }
  return [...groups.values()];
}

export { ask };

if (possible) {
  for (const { place, boxes } of sorted(document)) {
    const group: Group = { place, listings: [] };
    for (const box of boxes) new Listing(box, group);
  }
}
