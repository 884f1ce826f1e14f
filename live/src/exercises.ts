/** Exercises: write, check, keep, and take home. */

import { button, editor, fill, make } from "./dom";
import { begun, concerns, keep, recall, save } from "./kept";
import { ask, note, possible, stop } from "./page";
import { verdict } from "./report";

const FORBIDDEN = "This browser does not keep your text: its storage is full or forbidden. Save it as a file before you leave.";
const file = (name: string): string => `${name.replaceAll("-", "_")}.py`;
const state = (name: string): string => {
  const work = recall(name);
  return work ? (work.passed ? "✓ passed" : "begun") : "";
};
/** Who shows how far the reader has come; called after each change. */
const shown: (() => void)[] = [];
const changed = (): void => shown.forEach((show) => show());

/** The stub as a file, with the reader's functions in place of the empty ones. */
async function whole(name: string, text: string): Promise<string> {
  const answer = await fetch(new URL(`../../exercises/stubs/${file(name)}`, import.meta.url)).catch(() => null);
  const head = answer?.ok ? /^r"""[\s\S]*?\n"""\n/.exec(await answer.text())?.[0] : undefined;
  return head ? `${head}\n${text.trim()}\n` : `${text.trim()}\n`;
}

class Exercise {
  private readonly name: string;
  private readonly stub: string;
  private readonly bar: HTMLElement;
  private readonly result = make("div", "live-result");
  private readonly unkept = make("p", "live-error");
  private readonly checking = button("Check", () => void this.check());
  private readonly ending = button("Stop", stop);
  private readonly resetting = button("Reset", () => this.reset());
  private readonly saving = button("Save as a file", () => void this.save());
  private readonly opening: HTMLButtonElement;
  private area: HTMLTextAreaElement | null = null;
  private discarded: string | null = null;
  private busy = false;
  private turn = 0; // counts the texts that were put in place of another

  constructor(heading: HTMLElement, box: HTMLElement) {
    this.name = heading.id;
    this.stub = box.querySelector("code[id]")!.textContent!.trimEnd();
    this.opening = button(recall(this.name) ? "Continue here" : "Write it here", () => this.open());
    const mark = make("span", "live-progress");
    shown.push(() => mark.replaceChildren(state(this.name)));
    for (const later of [this.checking, this.ending, this.resetting, this.saving]) later.hidden = true;
    this.bar = make("div", "live-bar", this.opening, this.checking, this.ending, this.resetting, this.saving, mark, note());
    this.result.role = this.unkept.role = "status";
    box.before(this.bar, this.unkept, this.result);
    box.classList.add("live");
  }

  private open(): void {
    const text = recall(this.name)?.text ?? this.stub;
    this.area = editor(text, "Your solution, in Python", () => void this.check());
    this.area.addEventListener("input", () => this.written());
    addEventListener("storage", (event) => {
      const { key } = event as StorageEvent;
      if (key === null || concerns(key, this.name)) this.elsewhere();
    });
    this.bar.before(this.area);
    this.opening.hidden = true;
    for (const later of [this.checking, this.resetting, this.saving]) later.hidden = false;
    this.area.focus();
  }

  /** Another tab has written: its text is the newest, so it is taken over. If it has been reset, this text is kept. */
  private elsewhere(): void {
    const text = recall(this.name)?.text;
    if (text === undefined && this.discarded === null && this.area!.value !== this.stub) return this.written();
    if (text !== undefined && text !== this.area!.value) this.put(text);
    changed();
  }

  private put(text: string): void {
    this.turn++; // what is being checked is another text
    fill(this.area!, text);
  }

  private written(passed = false): void {
    const kept = keep(this.name, { text: this.area!.value, passed });
    if (kept === (this.unkept.textContent !== "")) this.unkept.textContent = kept ? "" : FORBIDDEN;
    changed();
  }

  private say(sentence: string): void {
    this.result.replaceChildren(make("p", "live-error", sentence));
  }

  private reset(): void {
    const before = this.area!.value;
    this.put(this.discarded ?? this.stub);
    if (this.discarded === null) {
      this.discarded = before;
      this.resetting.textContent = "Undo the reset";
      keep(this.name, null);
      this.result.replaceChildren();
      changed();
    } else {
      this.settled();
      this.written();
    }
  }

  /** What was discarded is not wanted any more. */
  private settled(): void {
    this.discarded = null;
    this.resetting.textContent = "Reset";
  }

  private async check(): Promise<void> {
    if (this.busy || !this.area) return;
    this.busy = true;
    this.ending.hidden = false;
    this.result.replaceChildren(make("p", "", "Checking."));
    const text = this.area.value;
    const { turn } = this;
    const answer = await ask("check", { exercise: this.name, text, stub: this.stub });
    if (document.activeElement === this.ending) this.checking.focus();
    this.ending.hidden = true;
    this.busy = false;
    if (turn !== this.turn) return this.result.replaceChildren();
    if (typeof answer === "string") return this.say(answer);
    if (text !== this.area.value) return this.say("The text was changed while it was checked. Check it again.");
    this.result.replaceChildren(...verdict(answer));
    if (text === this.stub) return;
    this.settled();
    this.written(answer.passed);
  }

  private async save(): Promise<void> {
    save(file(this.name), await whole(this.name, this.area!.value));
  }
}

/** Below the exercises: how many are done, and all of them as files. */
function overview(article: HTMLElement): void {
  const words = make("span");
  let busy = false;
  const saving = button("Save all as files", async () => {
    if (busy) return;
    busy = true;
    const files: Record<string, string> = {};
    for (const name of begun()) files[file(name)] = await whole(name, recall(name)?.text ?? "");
    const answer = await ask("pack", { files });
    busy = false;
    said.textContent = typeof answer === "string" ? answer : "";
    if (typeof answer !== "string") save("exercises.zip", answer.zip);
  });
  const said = make("p", "live-error");
  said.role = "status";
  const bar = make("div", "live-bar live-overview", words, saving, note());
  shown.push(() => {
    const names = begun();
    const passed = names.filter((name) => recall(name)?.passed).length;
    const one = names.length === 1 ? "exercise" : "exercises";
    const tally = names.length
      ? `In this browser you have begun ${names.length} ${one} and passed ${passed}.`
      : "You have not begun an exercise in this browser yet.";
    words.textContent = `${tally} Your text stays in this browser and is sent nowhere.`;
    saving.hidden = names.length === 0;
  });
  const cite = article.querySelector("details.cite");
  if (cite) cite.before(bar, said);
  else article.append(bar, said);
}

/** In the list of all exercises: a mark behind each that was begun. */
function list(article: HTMLElement): void {
  for (const link of article.querySelectorAll<HTMLAnchorElement>("table a[href*='#']")) {
    const mark = make("span", "live-progress");
    link.after(mark);
    shown.push(() => mark.replaceChildren(state(link.hash.slice(1))));
  }
}

function begin(article: HTMLElement): void {
  let heading: HTMLElement | null = null;
  for (const element of article.querySelectorAll<HTMLElement>("h2[id], details.stub-box")) {
    if (element.matches("h2")) heading = element;
    else if (heading) new Exercise(heading, element);
  }
  list(article);
  overview(article);
  changed();
}

const article = document.querySelector("article");
if (possible && article) begin(article);
