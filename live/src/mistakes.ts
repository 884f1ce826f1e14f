/** A planted mistake: its gradient beside the correct one, and what gradient check and diagnosis say. */

import { select } from "./controls";
import { coded, linked, make } from "./dom";
import { ask } from "./page";
import type { Examined, View } from "./protocol";

export class Mistakes {
  readonly element: HTMLElement;
  private readonly result = make("div", "microscope-mistake");
  private readonly said = make("p"); // this alone is read aloud
  private readonly choice: ReturnType<typeof select>;
  private shown = "";

  constructor(change: (changes: Record<string, string>) => void) {
    this.choice = select("Plant a mistake", (value) => change({ mistake: value }));
    this.said.role = "status";
    this.element = make("section", "microscope-mistakes", make("div", "microscope-bar", this.choice.field), this.said, this.result);
    this.element.ariaLabel = "Mistakes";
  }

  choose(settings: View["settings"], chosen = settings.mistake): void {
    this.choice.set([["", "none"], ...settings.mistakes], chosen);
  }

  async show({ settings, address }: View): Promise<void> {
    if (!settings.mistake) {
      this.shown = "";
      this.said.replaceChildren();
      return this.result.replaceChildren();
    }
    const key = address.replace(/&?step=[^&]*/, "");
    if (key === this.shown) return;
    this.shown = key;
    await new Promise((later) => setTimeout(later, 250)); // a weight may be on its way along a slider
    if (key !== this.shown) return;
    const answer = await ask("examine", { address });
    if (key !== this.shown) return;
    const focused = this.result.contains(document.activeElement);
    if (typeof answer === "string") this.result.replaceChildren(make("p", "live-error", answer));
    else this.draw(answer, settings.mistake);
    if (focused) this.choice.field.querySelector("select")!.focus();
  }

  private draw(found: Examined, slug: string): void {
    const link = make("a", "", "the catalogue");
    link.href = `../verification/mistakes/#${slug}`;
    const title = `${found.title[0]?.toUpperCase() ?? ""}${found.title.slice(1)}.`;
    const listing = (words: string, text: string): HTMLElement => {
      const code = make("pre", "", make("code", "", ...linked(text)));
      code.tabIndex = 0;
      return make("div", "", make("p", "", words), code);
    };
    const words = `${title} ${found.why} (`;
    const said = make("span", "", ...coded(words));
    if (!this.said.textContent!.startsWith(said.textContent!)) this.said.replaceChildren(said, link, ")");
    const same = found.arrays.every(([, right, wrong]) => JSON.stringify(right) === JSON.stringify(wrong));
    const where = "The gradient at these weights is correct, so the gradient check agrees. The mistake is in the step.";
    this.result.replaceChildren(
      make("div", "microscope-two", listing("What people write", found.incorrect), listing("What is correct", found.correct)),
      make("div", "microscope-arrays", ...found.arrays.flatMap(([name, right, wrong]) => table(name, right, wrong))),
      ...(same ? [make("p", "", where)] : []),
      make(
        "div",
        "microscope-two",
        listing("The gradient check", found.check),
        listing("The diagnosis", found.diagnosis),
      ),
      make("p", "", "Train, and the dashed curve is the loss with this mistake."),
    );
  }
}

/** The gradient of one array: the correct one beside the one with the mistake. */
function table(name: string, right: string[][], wrong: string[][]): HTMLElement {
  const rows = (numbers: string[][], kind: string): HTMLElement => {
    const body = make("tbody");
    for (const line of numbers) body.append(make("tr", "", ...line.map((text) => make("td", kind, text))));
    return make("table", "data", body);
  };
  const same = JSON.stringify(right) === JSON.stringify(wrong);
  const sign = make("span", "", same ? "=" : "≠");
  const head = make("span", "", "∂L/∂", make("i", "", name[0] ?? ""), make("sub", "", name.slice(1)));
  const array = make("div", "microscope-array", head, rows(right, ""), sign, rows(wrong, same ? "" : "mistaken"));
  array.tabIndex = 0;
  array.role = "group";
  array.ariaLabel = `The gradient of ${name}: correct, and with the mistake`;
  return array;
}
