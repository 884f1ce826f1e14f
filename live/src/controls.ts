/** The fields of the microscope: each has a name and a text, and Python says what becomes of it. */

import { button, make } from "./dom";
import type { View } from "./protocol";

type Change = (changes: Record<string, string>) => void;
type Settings = View["settings"];

const NETS = ["2-2-2-1", "2-4-1", "2-4-4-1"];
const WORDS: Record<string, string> = {
  relu: "ReLU",
  mse: "mean squared error",
  binary_cross_entropy: "binary cross-entropy",
  cross_entropy: "categorical cross-entropy",
  xor: "XOR",
};
const said = (name: string): string => WORDS[name] ?? name;

/** A select whose options may change. */
export function select(label: string, act: (value: string) => void): { field: HTMLElement; set: Fill } {
  const made = make("select");
  made.addEventListener("change", () => act(made.value));
  let last = "";
  const set: Fill = (options, value) => {
    const key = JSON.stringify(options);
    if (key !== last) made.replaceChildren(...options.map(([name, words]) => new Option(words, name)));
    last = key;
    made.value = value;
  };
  return { field: make("label", "", make("span", "", label), made), set };
}
type Fill = (options: [string, string][], value: string) => void;

/** A field for a text or a number, which is sent when it is left or Enter is pressed. */
export function field(label: string, act: (value: string) => void): { field: HTMLLabelElement; input: HTMLInputElement } {
  const input = make("input");
  input.autocomplete = "off";
  input.spellcheck = false; // no inputMode "decimal": the keypad of some phones has no minus sign
  input.addEventListener("change", () => {
    shown.set(input, input.value);
    act(input.value.trim());
  });
  return { field: make("label", "", make("span", "", label), input), input };
}

/** What fields show that was put into them or has been sent. */
const shown = new WeakMap<HTMLInputElement, string>();

/** A number with no more digits than these, so that it can be read; what is computed has all of them. */
const short = (value: number, digits: number): string => String(Number(value.toPrecision(digits)));

/** Put a value into a field, unless the reader is writing there; what is selected for writing over stays selected. */
export function put(input: HTMLInputElement, value: string): void {
  const here = document.activeElement === input;
  if (here && input.value !== (shown.get(input) ?? "")) return;
  const { selectionStart: start, selectionEnd: end, value: { length } } = input;
  input.value = value;
  if (here && start === 0 && end === length) input.select();
  shown.set(input, value);
}

export class Controls {
  readonly element: HTMLElement;
  private readonly fills: ((settings: Settings) => void)[] = [];

  constructor(change: Change) {
    const net = field("Network", (value) => change({ net: value }));
    const list = make("datalist");
    list.id = "microscope-nets";
    list.append(...NETS.map((name) => new Option(name, name)));
    net.input.setAttribute("list", list.id);
    const hidden = select("Hidden units", (value) => change({ hidden: value }));
    const output = select("Output", (value) => change({ output: value }));
    const bias = select("Biases", (value) => change({ bias: value }));
    const loss = select("Loss", (value) => change({ loss: value }));
    const data = select("Data", (value) => change({ data: value }));
    const example = select("Example", (value) => change({ example: value }));
    const eta = field("Learning rate η", (value) => change({ eta: value }));
    const fresh = button("New weights", () => change({ seed: "next" }));
    const activations = ["sigmoid", "tanh", "relu", "identity"];
    const named = (names: string[]): [string, string][] => names.map((name) => [name, said(name)]);
    this.fills.push((s) => {
      put(net.input, s.net);
      hidden.set(named(activations), s.hidden);
      output.set(named([...activations, "softmax"]), s.output);
      bias.set([["0", "without"], ["1", "with"]], String(s.bias));
      loss.set(named(s.losses), s.loss);
      data.set(named(["xor", "linear"]), s.data);
      const numbers = Array.from({ length: s.count }, (_, n): [string, string] => [String(n + 1), `number ${n + 1}`]);
      example.set([["0", `all ${s.count}`], ...numbers], String(s.example));
      put(eta.input, String(s.eta));
    });
    this.element = make(
      "div",
      "microscope-fields",
      make("div", "", net.field, list),
      hidden.field,
      output.field,
      bias.field,
      loss.field,
      data.field,
      example.field,
      eta.field,
      fresh,
    );
    this.element.role = "group";
    this.element.ariaLabel = "Network and data";
  }

  show(settings: Settings): void {
    for (const fill of this.fills) fill(settings);
  }
}

/** A symbol such as w₁₃ from its name, as HTML. */
export function symbol(name: string): HTMLElement {
  const [, letter = "", index = ""] = /^([a-z])(.*)$/.exec(name) ?? [];
  const [i = "", j = ""] = index.split("-");
  const both = j && (i.length > 1 || j.length > 1) ? `${i},${j}` : i + j;
  return make("span", "microscope-symbol", make("i", "", letter), make("sub", "", both));
}

/** One number with a slider: the weight, input or target that was chosen in the drawing, or one of the list of all. */
export class Editor {
  readonly element = make("div", "microscope-editor");
  private readonly list = make("div", "microscope-weights");
  private readonly all: HTMLDetailsElement;
  private readonly one = make("div", "microscope-one");
  private readonly inputs = new Map<string, HTMLInputElement>();
  private chosen = "";
  private slider: HTMLInputElement | null = null;
  private number: HTMLInputElement | null = null;

  constructor(private readonly change: Change) {
    this.all = make("details", "", make("summary", "", "All weights, inputs and targets"), this.list);
    this.element.append(this.one, this.all);
  }

  /** Offer one number for editing, and put the keyboard there. */
  choose(name: string, values: Map<string, number>): void {
    this.chosen = values.has(name) ? name : "";
    this.slider = this.number = null;
    this.one.replaceChildren();
    if (!this.chosen) return;
    const { field: label, input } = field("", (value) => this.change({ [name]: value }));
    label.querySelector("span")!.replaceChildren(symbol(name), " =");
    const slider = make("input");
    slider.type = "range";
    slider.ariaLabel = `${name} on a slider`;
    [slider.min, slider.max, slider.step] = /^[xy]/.test(name) ? ["0", "1", "0.05"] : ["-6", "6", "0.05"];
    slider.addEventListener("input", () => this.change({ [name]: slider.value }));
    [this.slider, this.number] = [slider, input];
    this.one.append(label, slider);
    this.show(values);
    input.focus();
    input.select();
  }

  show(values: Map<string, number>): void {
    if (this.chosen && !values.has(this.chosen)) this.choose("", values);
    const value = values.get(this.chosen) ?? 0;
    if (this.number) put(this.number, short(value, 12));
    if (this.slider) this.slider.value = String(value);
    if ([...this.inputs.keys()].join() !== [...values.keys()].join()) {
      this.inputs.clear();
      for (const name of values.keys()) {
        const { field: label, input } = field("", (text) => this.change({ [name]: text }));
        label.querySelector("span")!.replaceChildren(symbol(name));
        this.inputs.set(name, input);
      }
      this.list.replaceChildren(...[...this.inputs.values()].map((input) => input.parentElement!));
    }
    for (const [name, number] of values) put(this.inputs.get(name)!, short(number, 6));
  }
}
