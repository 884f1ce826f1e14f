/** Training, live: the worker trains while the page draws what it trained before. */

import { Curve, Surface } from "./charts";
import { button, make, still } from "./dom";
import { ask, took } from "./page";
import type { Trained } from "./protocol";
import { select } from "./controls";

const CELLS = 41;
const TASK = 10; // milliseconds of work in the worker for one frame
const SPEEDS: [string, string][] = [
  ["fast", "as fast as possible"],
  ["100", "100 epochs a frame"],
  ["10", "10 epochs a frame"],
  ["1", "1 epoch a frame"],
];

/** What of an address the charts depend on. */
const network = (address: string): string => address.replace(/&?(step|example|x|y|eta)=[^&]*/g, "").replace(/^&/, "");

export class Training {
  readonly element: HTMLElement;
  private readonly curve = new Curve();
  private readonly surface = new Surface();
  private readonly words = make("p", "microscope-status");
  private readonly count = make("span", "microscope-place"); // seen while it trains, and not read aloud
  private readonly starting: HTMLButtonElement;
  private readonly once: HTMLButtonElement;
  private wanted = false; // the reader has pressed Train
  private single = 0; // how many times One epoch was pressed that have not been trained yet
  running = false; // it may be halted for a moment, while something changes
  private driving = false;
  private over: Promise<void> = Promise.resolve(); // what is under way
  private beside: unknown = {};
  private speed = "fast";
  private expected = "nothing"; // the address that this training has led to

  /**
   * @param address - gives the state when everything that was changed is in it
   * @param moved - is told the new one; with `true` when the training pauses
   */
  constructor(
    private readonly address: () => Promise<string>,
    private readonly moved: (address: string, paused: boolean) => void,
  ) {
    this.starting = button("Train", () => (this.wanted ? this.pause() : this.run()));
    this.once = button("One epoch", () => {
      if (this.wanted) return;
      this.single++;
      void this.drive();
    });
    const speed = select("Speed", (value) => {
      this.speed = value;
    });
    speed.set(SPEEDS, "fast");
    this.words.role = "status";
    const bar = make("div", "microscope-bar", this.starting, this.once, speed.field, this.count);
    const curve = make("figure", "", this.curve.element, make("figcaption", "", "Loss over the epochs, logarithmic, up to 10¹²"));
    const surface = make(
      "figure",
      "",
      this.surface.element,
      make("figcaption", "", "Prediction over both inputs: orange near 0, blue near 1; the line is ½. A filled dot has the target 1, an open one 0."),
    );
    this.element = make("section", "microscope-training", bar, this.words, make("div", "microscope-charts", curve, surface));
    this.element.ariaLabel = "Training";
    new MutationObserver(() => {
      this.curve.draw();
      this.surface.draw();
    }).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  }

  /** Begin anew if it is another network, with other data or other weights, than this training has led to. */
  async show(address: string): Promise<void> {
    const before = this.expected;
    this.expected = address;
    if (network(address) === network(before)) return;
    this.beside = {};
    this.curve.clear();
    const answer = await ask("points", { address });
    if (typeof answer === "string" || this.expected !== address) return;
    this.surface.set(answer);
    this.surface.draw(answer.surface);
    this.curve.draw();
    if (!this.wanted) this.words.textContent = `The loss of all ${answer.label.length} examples is ${answer.loss.toPrecision(4)}.`;
  }

  /** Stop, and wait until what was under way has come; it goes on when the address is known again. */
  async halt(): Promise<void> {
    this.running = false;
    await this.over;
  }

  /** Train until it is paused. */
  private run(): void {
    this.wanted = true;
    this.starting.textContent = "Pause";
    void this.drive();
  }

  /** Do what was asked for, one after the other, each when it is known from where. */
  private async drive(): Promise<void> {
    if (this.driving) return;
    this.driving = true;
    try {
      while (this.wanted || this.single) {
        const address = await this.address();
        if (this.wanted) this.over = this.loop(address);
        else if (this.single) this.over = this.step(address);
        await this.over;
      }
    } finally {
      this.driving = false;
    }
  }

  pause(): void {
    this.wanted = this.running = false;
    this.single = 0;
    this.starting.textContent = "Train";
  }

  private asked(address: string, epochs: number): Promise<Trained | string> {
    return ask("train", { address, epochs, cells: CELLS, beside: this.beside });
  }

  private take(answer: Trained): void {
    this.expected = answer.address;
    this.beside = answer.beside;
    this.curve.add(answer.epoch - answer.losses.length, answer.losses, answer.wrong_losses);
    const last = answer.losses.at(-1);
    if (last !== undefined) this.element.dataset.loss = String(last);
    this.element.dataset.epoch = String(answer.epoch);
    this.moved(answer.address, false);
  }

  private draw(answer: Trained): void {
    const loss = answer.losses.at(-1)?.toPrecision(4);
    this.count.textContent = this.wanted && loss ? `epoch ${answer.epoch.toLocaleString("en")}, loss ${loss}` : "";
    this.curve.draw();
    this.surface.draw(answer.surface);
  }

  private async step(address: string): Promise<void> {
    this.single--;
    const answer = await this.asked(address, 1);
    if (typeof answer === "string") return this.say(answer);
    this.take(answer);
    this.draw(answer);
    this.end(answer);
  }

  private say(words: string): void {
    this.words.textContent = words;
  }

  private end(answer: Trained): void {
    const last = answer.losses.at(-1);
    this.say(answer.words || `Epoch ${answer.epoch.toLocaleString("en")}, loss ${last?.toPrecision(4) ?? "unknown"}.`);
    this.moved(answer.address, true);
  }

  private async loop(address: string): Promise<void> {
    this.running = true;
    this.say("Training.");
    let epochs = 10;
    let frames = 0;
    let working = 0; // seconds that the worker has trained
    const begun = performance.now();
    let from = 0;
    let reached = address;
    const quiet = still();
    let next = this.asked(address, epochs);
    for (;;) {
      const answer = await next;
      if (typeof answer === "string") {
        this.pause();
        this.say(answer);
        return this.moved(reached, true); // what was trained before is shown
      }
      reached = answer.address;
      if (!frames) from = answer.epoch;
      this.take(answer);
      frames++;
      const over = !this.running || !this.wanted || answer.words !== "";
      working += took() / 1000;
      const wanted = (epochs * TASK) / Math.max(took(), 1);
      const near = Math.round(Math.max(epochs / 2, Math.min(2 * epochs, 5000, wanted)));
      epochs = this.speed === "fast" ? Math.max(1, near) : Number(this.speed);
      if (!over) {
        next = this.asked(answer.address, epochs);
      }
      if (!quiet || over || frames % 30 === 0) await new Promise(requestAnimationFrame);
      if (!quiet || over || frames % 30 === 0) this.draw(answer);
      const seconds = (performance.now() - begun) / 1000;
      this.element.dataset.rate = String((answer.epoch - from) / seconds);
      this.element.dataset.frames = String(frames / seconds);
      this.element.dataset.share = String(working / seconds);
      if (over) {
        if (answer.words) this.pause();
        return this.end(answer);
      }
    }
  }
}
