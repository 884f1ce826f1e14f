/** What all controls of a page share: one client, what a start costs, and who is told how far it has come. */

import { type Client, connect, Refused, Stopped } from "./client";
import { make } from "./dom";
import type { Verb, Verbs } from "./protocol";

const settings = document.querySelector<HTMLScriptElement>("script[data-live]")?.dataset ?? {};
const from = settings.host ? ` from ${settings.host}` : "";
const notes = new Set<HTMLElement>();

export const MISSING =
  "This site was built without the files that run Python. The command “python -m live.fetch” downloads them; " +
  "then build the site again. Or build it with LIVE=cdn, which loads them from Pyodide's own host.";

/** Whether this browser can run anything at all. */
export const possible = typeof WebAssembly === "object" && typeof Worker === "function";

let clicked: Node | null = null;
document.addEventListener("click", (event) => { clicked = event.target as Node; }, true);

const client: Client = connect((words) => {
  const all = [...notes];
  const near = all.find((note) => note.parentElement?.contains(clicked)) ?? all[0]; // elsewhere nothing moves
  for (const note of all) note.textContent = (note === near && words) || (client.ready ? "" : cost(note));
});

/** What a start costs, which the first note of a page says for all. */
function cost(note: HTMLElement): string {
  const [first] = notes;
  return settings.live === "missing" || note !== first ? "" : `The first run loads Python, ${settings.megabytes} MB${from}.`;
}

/** Make a note that says what a start costs, then how far it has come, and then nothing. */
export function note(): HTMLElement {
  const made = make("span", "live-note");
  notes.add(made);
  made.textContent = cost(made);
  return made;
}

/** Ask the package; where it has no answer, give the sentence that says why. */
export async function ask<V extends Verb>(verb: V, request: Verbs[V]["request"]): Promise<Verbs[V]["answer"] | string> {
  if (settings.live === "missing") return MISSING;
  try {
    return await client.ask(verb, request);
  } catch (error) {
    if (error instanceof Stopped) return "Stopped. Python starts anew; your text is still here.";
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

/** How many milliseconds the package took for the last answer. */
export const took = (): number => client.took;

export const stop = (): void => client.stop();
