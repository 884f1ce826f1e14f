/** How the results of examples are shown: a sentence, and below it what was expected and what came. */

import { make } from "./dom";
import type { Check, Example } from "./protocol";

const MARKS = { pass: "✓", differs: "✗", error: "✗", output: "·" };

function block(title: string, text: string): Node[] {
  const pre = make("pre", "", text.replace(/\n$/, ""));
  pre.tabIndex = 0; // it may be long, so that the keyboard has to scroll it
  return [make("dt", "", title), make("dd", "", pre)];
}

function shown(example: Example): HTMLElement {
  const list = make("dl");
  if (example.verdict === "differs") list.append(...block("Expected", example.want), ...block("Got", example.got || "nothing"));
  else if (example.verdict === "error" && example.want) list.append(...block("Expected", example.want), ...block("Got", example.got));
  else if (example.verdict === "error") list.append(...block("Stopped with", example.got));
  else if (example.verdict === "output") list.append(...block("Output", example.got));
  if (example.warnings.length) list.append(...block("Warned", example.warnings.join("\n")));
  const lines = example.source.trim().split("\n");
  const first = lines.length > 1 ? `${lines[0]} …` : lines[0]!;
  return make("div", "live-example", make("code", `live-${example.verdict}`, first), list);
}

/** Say in a sentence how the examples came out. */
export function summary(examples: Example[]): string {
  const count = (verdict: string): number => examples.filter((example) => example.verdict === verdict).length;
  const n = examples.length;
  if (n === 0) return "There is nothing to run.";
  if (count("pass") === n) return n === 1 ? "The example passes." : `All ${n} examples pass.`;
  const parts = [];
  const [differ, stopped, output] = [count("differs"), count("error"), count("output")];
  if (count("pass")) parts.push(`${count("pass")} of ${n} pass`);
  if (differ) parts.push(`${differ} ${differ === 1 ? "differs" : "differ"}`);
  if (stopped) parts.push(`${stopped} stopped with an error`);
  if (output) parts.push(`${output} ${output === 1 ? "shows" : "show"} output`);
  return n === 1 && output ? "It ran." : `${parts.join(", ")}.`;
}

/** Show the results: all that is worth more than the word "pass". */
export function report(examples: Example[]): HTMLElement[] {
  const worth = examples.filter((example) => example.verdict !== "pass" || example.warnings.length);
  return [make("p", "", summary(examples)), ...worth.map(shown)];
}

function checked({ name, written, examples, diagnosis }: Check["functions"][number]): HTMLElement[] {
  const title = make("code", "", name);
  if (!written) return [make("p", "", title, " is not written yet.")];
  const wrong = examples.filter((example) => example.verdict !== "pass");
  const [first, ...others] = wrong;
  if (!first) return [make("p", "", title, `: ${summary(examples)}`)];
  const rest = others.length === 1 ? "One more example fails." : `${others.length} more examples fail.`;
  const made = [make("p", "", title, ": this example fails."), shown(first)];
  if (others.length) made.push(make("p", "", rest));
  if (diagnosis) made.push(make("details", "", make("summary", "", "What the diagnosis says"), make("pre", "", diagnosis)));
  return made;
}

/** Show how an exercise came out. */
export function verdict(check: Check): HTMLElement[] {
  const made = check.passed ? [make("p", "live-passed", "Every check passes.")] : check.functions.flatMap(checked);
  if (check.error) made.unshift(make("p", "live-error", check.error));
  if (check.printed) made.push(make("div", "live-example", make("dl", "", ...block("Output", check.printed))));
  return made;
}

/** Put a mark beside each example of a listing. */
export function marks(examples: Example[]): HTMLElement {
  const made = make("span", "live-marks");
  made.ariaHidden = "true"; // the report says the same in words
  for (const { line, verdict } of examples) {
    const mark = make("span", `live-${verdict}`, MARKS[verdict]);
    mark.style.top = `${line * 1.5}em`; // the height of a line in a listing
    made.append(mark);
  }
  return made;
}
