/** The instrument itself, loaded at the first click: Python shows the state, and every control changes a word of it. */

import { Controls, Editor } from "./controls";
import { button, make, still } from "./dom";
import { Graph } from "./graph";
import { save } from "./kept";
import { Mistakes } from "./mistakes";
import { ask, took } from "./page";
import { Panel } from "./panel";
import type { Verbs, View } from "./protocol";
import { Training } from "./training";

const FOLLOW = 1000; // milliseconds from one drawing to the next while it trains, and no less than
const SHARE = 19; // times as long as a drawing takes, so that training has most of the time

export class Microscope {
  private view: View | null = null;
  private address = "";
  private opened = false;
  private opening: string | null = null; // an address that is to be shown in place of this one
  private waiting: Record<string, string> | null = null;
  private updating = false;
  private busy = false;
  private done: Promise<void> = Promise.resolve(); // resolved when nothing waits for Python
  private written = -Infinity;
  private later = 0;
  private due = 0; // when the drawing is to follow the training again; 0 if it has not begun
  private search = ""; // what the address bar is known to say
  private readonly words = make("p", "microscope-words");
  private readonly stages = make("div", "microscope-stages");
  private readonly place = make("span", "microscope-place");
  private readonly graph: Graph;
  private readonly panel: Panel;
  private readonly controls = new Controls((changes) => this.change(changes));
  private readonly editor = new Editor((changes) => this.change(changes));
  private readonly mistakes = new Mistakes((changes) => this.change(changes));
  private readonly training: Training;
  private readonly previous = button("Previous", () => this.go(this.view?.step.previous));
  private readonly next = button("Next", () => this.forward());

  /**
   * @param root - the place of the microscope, with its first picture
   * @param start - what began it, which is taken away
   */
  constructor(
    private readonly root: HTMLElement,
    private readonly start: HTMLElement,
    private readonly problems: HTMLElement,
  ) {
    const figure = root.querySelector<HTMLElement>(".microscope-graph")!;
    this.graph = new Graph(figure, (name) => this.choose(name));
    this.panel = new Panel(root.querySelector<HTMLElement>(".microscope-panel")!, this.words, root);
    this.training = new Training(() => this.current(), (address, paused) => this.trained(address, paused));
    this.words.ariaLive = "polite";
    addEventListener("popstate", () => {
      if (location.search === this.search) return; // only the part of the page is another
      if (this.opened || this.busy) void this.open(location.search.slice(1) || root.dataset.address!);
    });
  }

  /** Ask Python for the state of an address, and show it; the first time everything is loaded. */
  open(address: string): Promise<void> {
    this.opening = address;
    this.waiting = null; // it was meant for what is left
    this.updating = false;
    clearTimeout(this.later);
    this.search = location.search;
    this.training.pause();
    return this.begin();
  }

  /** Write the state into the address bar, because another one follows. */
  leave(): void {
    if (this.opened && this.opening === null) this.write();
  }

  private build(): void {
    this.opened = true;
    const focused = this.start.contains(document.activeElement);
    this.start.remove();
    const bar = make("div", "microscope-bar", this.previous, this.next, this.place);
    const body = this.root.querySelector(".microscope-body")!;
    this.root.classList.add("live");
    body.before(this.stages, bar);
    this.root.querySelector(".microscope-graph")!.after(this.editor.element);
    const saving = make(
      "div",
      "microscope-bar",
      button("Save the drawing (SVG)", () => void this.download("picture")),
      button("Save for diagnose (.npz)", () => void this.download("archive")),
    );
    body.after(this.words, this.controls.element, this.training.element, this.mistakes.element, saving);
    this.root.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest("input, select, textarea")) return;
      if (event.key === "j") this.forward();
      else if (event.key === "k") this.go(this.view?.step.previous);
    });
    if (focused) this.next.focus();
  }

  private say(sentences: string[]): void {
    this.problems.replaceChildren(...sentences.map((sentence) => make("p", "live-error", sentence)));
  }

  /** Change something; while Python is busy the newest changes wait, and those of the same name replace each other. */
  private change(changes: Record<string, string>): void {
    this.waiting = { ...this.waiting, ...changes };
    if (Object.keys(changes).join() !== "eta") this.training.pause(); // with another learning rate it goes on
    void this.begin();
  }

  private begin(): Promise<void> {
    if (!this.busy) this.done = this.work();
    return this.done;
  }

  private async work(): Promise<void> {
    this.busy = true;
    try {
      while (this.opening !== null || this.waiting || this.updating) await this.answered();
    } finally {
      this.busy = false;
    }
  }

  /** Ask for what was wanted last, and show the answer, unless the reader has gone elsewhere meanwhile. */
  private async answered(): Promise<void> {
    await this.training.halt();
    const { opening } = this;
    const changes = opening === null ? this.waiting : null;
    if (opening !== null) this.address = opening;
    else if (changes) this.waiting = null;
    else this.updating = false;
    const { address } = this;
    const answer =
      opening === null && !changes
        ? await ask("update", { address })
        : await ask("look", changes ? { address, changes, focus: this.graph.focused } : { address });
    if (this.opening !== opening) return;
    this.opening = null;
    if (typeof answer === "string") {
      this.say([answer]);
      if (this.view) this.fill(this.view);
      return;
    }
    if (!this.opened) this.build();
    this.show(answer);
  }

  /** The address with all that the reader has changed, such as a number that was written just before a click. */
  private async current(): Promise<string> {
    while (this.busy) await this.done;
    return this.address;
  }

  private go(step: string | undefined): void {
    if (step) this.change({ step });
  }

  /** To the next step; after the last one the update is made, and it begins anew. */
  private forward(): void {
    if (this.view?.step.next) return this.go(this.view.step.next);
    this.updating = true;
    this.training.pause();
    void this.begin();
  }

  /** A part of the drawing was chosen: a connection or an input is edited, a unit is looked at. */
  private choose(name: string): void {
    if (!this.view || !this.opened) return;
    const values = this.values(this.view);
    const unit = name.slice(1);
    const input = name.startsWith("u") && values.has(`x${unit}`) ? `x${unit}` : "";
    if (name.startsWith("w") || input) return this.editor.choose(input || name, values);
    if (values.has(`b${unit}`) && this.view.step.name.endsWith(`-${unit}`)) return this.editor.choose(`b${unit}`, values);
    this.change({ unit });
  }

  private values({ settings }: View): Map<string, number> {
    const numbered = (letter: string, list: number[]): [string, number][] => list.map((v, k) => [`${letter}${k + 1}`, v]);
    return new Map([...settings.weights, ...numbered("x", settings.x), ...numbered("y", settings.y)]);
  }

  /** Show what moves while it trains: the drawing and the numbers. */
  private draw(view: View): void {
    const { step, settings } = view;
    const epochs = settings.epoch ? `, after ${settings.epoch.toLocaleString("en")} update${settings.epoch === 1 ? "" : "s"}` : "";
    this.view = view;
    this.place.textContent = `Step ${step.place}${epochs}`;
    this.graph.show(view.svg);
    this.panel.show(step);
    this.root.dataset.numbers = JSON.stringify(view.numbers);
  }

  private show(view: View): void {
    const focused = this.root.contains(document.activeElement);
    const { step } = view;
    this.address = view.address;
    this.remember();
    this.say(view.problems);
    this.draw(view);
    this.panel.say(step);
    if (this.stages.children.length !== step.stages.length) {
      this.stages.replaceChildren(...step.stages.map(([key, words]) => stage(key, words, () => this.go(key))));
    }
    for (const made of this.stages.querySelectorAll("button")) {
      made.ariaPressed = String(made.dataset.stage === step.stage);
    }
    this.previous.disabled = !step.previous;
    this.next.textContent = step.next ? "Next" : "Update the weights";
    this.fill(view);
    this.root.dataset.step = step.name;
    void this.training.show(view.address);
    void this.mistakes.show(view);
    const now = document.activeElement;
    const lost = now === this.previous ? this.previous.disabled : !this.root.contains(now);
    if (focused && lost) this.next.focus();
  }

  /** Fill the fields; what was changed since, and waits, stays as it is. */
  private fill(view: View): void {
    const values = this.values(view);
    for (const [name, text] of Object.entries(this.waiting ?? {})) {
      const value = Number(text.replace("−", "-"));
      if (values.has(name) && Number.isFinite(value)) values.set(name, value);
    }
    this.controls.show({ ...view.settings, ...this.waiting } as View["settings"]);
    this.mistakes.choose(view.settings, this.waiting?.mistake);
    this.editor.show(values);
  }

  private write(): void {
    clearTimeout(this.later);
    this.written = performance.now();
    history.replaceState(null, "", `?${this.address}`);
    this.search = location.search;
  }

  /** Write the state into the address bar, but not more often than browsers like it. */
  private remember(): void {
    clearTimeout(this.later);
    if (performance.now() - this.written > 400) this.write();
    else this.later = window.setTimeout(() => this.write(), 400);
  }

  /** Training has led to another network; the drawing follows now and then, and when it pauses. */
  private trained(address: string, paused: boolean): void {
    this.address = address;
    const now = performance.now();
    if (!paused) this.due ||= now + FOLLOW;
    if (this.busy || (!paused && (still() || now < this.due))) return; // a change brings its own drawing
    this.due = Infinity;
    this.remember();
    void ask("look", { address, focus: this.graph.focused }).then((answer) => {
      this.due = this.training.running ? performance.now() + Math.max(FOLLOW, SHARE * took()) : 0;
      if (typeof answer === "string" || this.busy) return;
      if (this.training.running) {
        this.draw(answer);
        this.editor.show(this.values(answer));
      } else if (this.address === address) this.show(answer);
    });
  }

  private async download(verb: "picture" | "archive"): Promise<void> {
    const answer: Verbs["picture"]["answer"] | Verbs["archive"]["answer"] | string = await ask(verb, { address: await this.current() });
    if (typeof answer === "string") this.say([answer]);
    else save(answer.name, answer.content);
  }
}

function stage(key: string, words: string, act: () => void): HTMLButtonElement {
  const made = button(words, act);
  made.dataset.stage = key;
  return made;
}
