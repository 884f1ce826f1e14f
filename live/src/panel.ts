/** What is shown of a step: its equation, the same with numbers, the code, and words for those who cannot see it. */

import { make } from "./dom";
import type { View } from "./protocol";

export class Panel {
  private readonly parts: HTMLElement;
  private readonly numbers = make("div", "equation-body");
  private lasting = ""; // what was shown of the step, except its numbers

  constructor(
    private readonly place: HTMLElement,
    private readonly words: HTMLElement,
    root: HTMLElement,
  ) {
    this.parts = root.querySelector<HTMLElement>(".microscope-parts")!;
    this.numbers.tabIndex = 0;
    this.numbers.role = "group";
    this.numbers.ariaLabel = "The equation with numbers";
  }

  private copy(selector: string): HTMLElement | null {
    return (this.parts.querySelector(selector)?.cloneNode(true) as HTMLElement | undefined) ?? null;
  }

  /** Show the numbers of a step; all that has stayed the same stays in its place, with the keyboard and what is marked. */
  show(step: View["step"]): void {
    this.numbers.innerHTML = step.math;
    const lasting = JSON.stringify([step.heading, step.equations, step.code]);
    if (lasting !== this.lasting) this.build(step);
    this.lasting = lasting;
  }

  /** Say in words what is shown, to those who cannot see it. */
  say(step: View["step"]): void {
    this.words.textContent = `${step.heading}. ${step.words}`;
  }

  private build(step: View["step"]): void {
    const heading = make("h2", "microscope-heading", step.heading);
    const [first = "", ...others] = step.equations;
    const content: Node[] = [heading];
    const equation = this.copy(`[data-equation="${first}"] > .equation`);
    if (equation) content.push(equation);
    content.push(make("div", "equation microscope-numbers", this.numbers));
    const links = others.map((label) => this.copy(`[data-equation="${label}"] .equation-number`));
    const found = links.filter((link) => link !== null);
    if (found.length) content.push(make("p", "microscope-also", "Also: ", ...found.flatMap((link) => [link, " "])));
    for (const [name, body] of step.code) {
      const link = this.copy(`[data-function="${name}"]`) ?? make("code", "", name);
      const code = make("pre", "", make("code", "", body));
      code.tabIndex = 0;
      content.push(make("div", "microscope-code", make("p", "", link), code));
    }
    this.place.replaceChildren(...content);
  }
}
