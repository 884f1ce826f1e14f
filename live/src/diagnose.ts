/** The diagnosis of a file that is dropped, or of arrays that are pasted. */

import { button, editor, linked, make } from "./dom";
import { ask, note, possible, stop } from "./page";

const LARGEST = 64e6; // bytes; the package refuses more
const EXAMPLE = "X = [[0. 0.] [0. 1.] …]\ny = …\nW1 = …\nW2 = …\ng1 = …\ng2 = …";

function begin(place: HTMLElement): void {
  const file = make("input");
  file.type = "file";
  file.accept = ".npz,.mat";
  const area = editor("", "Arrays, as NumPy prints them", () => void pasted());
  area.placeholder = EXAMPLE;
  area.rows = 7;
  const activations = make("input");
  activations.placeholder = "inferred";
  const loss = activations.cloneNode() as HTMLInputElement;
  const ending = button("Stop", stop);
  ending.hidden = true;
  const result = make("div", "live-result");
  result.role = "status";
  const pasting = button("Diagnose", () => void pasted());
  let asked = 0;

  async function diagnose(request: { name?: string; content?: Uint8Array; text?: string }): Promise<void> {
    const number = ++asked;
    ending.hidden = false;
    result.replaceChildren(make("p", "", "Diagnosing."));
    const names = activations.value.split(/[\s,]+/).filter(Boolean);
    const answer = await ask("diagnose", { ...request, activations: names, loss: loss.value.trim() });
    if (number !== asked) return; // another question came meanwhile
    if (document.activeElement === ending) pasting.focus();
    ending.hidden = true;
    if (typeof answer === "string") return say(answer);
    if (!answer.verdict) return say(answer.words);
    result.replaceChildren(make("pre", "", ...linked(answer.words)));
    if (answer.note) result.append(make("p", "", answer.note));
  }

  function say(sentence: string): void {
    asked++; // an answer to an earlier question is about something else
    ending.hidden = true;
    result.replaceChildren(make("p", "live-error", sentence));
  }

  async function pasted(): Promise<void> {
    await diagnose({ text: area.value });
  }

  async function given(chosen: File | undefined): Promise<void> {
    if (!chosen) return say("Only a file can be dropped here; paste arrays into the field.");
    if (chosen.size > LARGEST) return say(`${chosen.name} has ${chosen.size.toLocaleString("en")} bytes; expected at most 64 million.`);
    const number = ++asked;
    const content = await chosen.arrayBuffer().catch(() => null);
    if (number !== asked) return;
    if (content) await diagnose({ name: chosen.name, content: new Uint8Array(content) });
    else say(`${chosen.name} could not be read.`);
  }

  file.addEventListener("change", () => {
    if (file.files?.length) void given(file.files[0]);
    file.value = ""; // the same file may be chosen again
  });
  for (const kind of ["dragover", "dragleave", "drop"] as const) {
    place.addEventListener(kind, (event) => {
      if (event.target === area && !event.dataTransfer?.types.includes("Files")) return; // text
      event.preventDefault();
      place.classList.toggle("live-drop", kind === "dragover");
      if (kind === "drop") void given(event.dataTransfer?.files[0]);
    });
  }
  place.replaceChildren(
    make("p", "live-field", make("label", "", "A file, chosen or dropped here: ", file)),
    area,
    make("p", "live-field", make("label", "", "Activations: ", activations), " ", make("label", "", "Loss: ", loss)),
    make("div", "live-bar", pasting, ending, note()),
    result,
  );
}

const place = document.getElementById("live-diagnose");
if (place && possible) begin(place);
else place?.replaceChildren(make("p", "", "This needs WebAssembly, which this browser does not offer."));
