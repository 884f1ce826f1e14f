/** The page's side: one worker, started at the first question, stopped and started anew when the reader wants. */

import type { Message, Question, Verb, Verbs } from "./protocol";

/** The reader stopped it; not an error. */
export class Stopped extends Error {}

/** A sentence for the reader: why there is no answer. */
export class Refused extends Error {}

export interface Client {
  /** Ask the package. The first question loads it. */
  ask<V extends Verb>(verb: V, request: Verbs[V]["request"]): Promise<Verbs[V]["answer"]>;
  /** End whatever is running, at once, and start anew; questions without an answer are rejected with `Stopped`. */
  stop(): void;
  /** Whether the package is there and can answer. */
  readonly ready: boolean;
  /** How many milliseconds the package took for the last answer. */
  readonly took: number;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/**
 * Connect a page with the package.
 *
 * @param progress - is told in words how far the start has come; "" when it is over
 */
export function connect(progress: (words: string) => void = () => {}): Client {
  let worker: Worker | null = null;
  let ready = false;
  let next = 0;
  let took = 0;
  const waiting = new Map<number, Waiting>();

  function rejectAll(error: Error): void {
    const all = [...waiting.values()];
    waiting.clear();
    all.forEach(({ reject }) => reject(error));
  }

  function end(error: Error): void {
    worker?.terminate();
    worker = null;
    ready = false;
    progress("");
    rejectAll(error);
  }

  function hear(message: Message): void {
    if (message.kind === "progress") progress(message.words);
    else if (message.kind === "ready") {
      ready = true;
      progress("");
    } else if (message.kind === "failed") end(new Refused(message.words));
    else {
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.kind === "answer") {
        took = message.took;
        asked?.resolve(message.answer);
      } else {
        asked?.reject(new Refused(message.words));
        if (message.broken) restart(new Refused(message.words));
      }
    }
  }

  function started(): Worker {
    if (worker) return worker;
    progress("Loading");
    const made = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    made.onmessage = (event: MessageEvent<Message>) => {
      if (made === worker) hear(event.data);
    };
    made.onerror = (event) => {
      event.preventDefault();
      if (made === worker) end(new Refused("The script that runs Python could not be loaded, or broke down."));
    };
    worker = made;
    return made;
  }

  function restart(error: Error): void {
    end(error);
    started();
  }

  return {
    get ready() {
      return ready;
    },
    get took() {
      return took;
    },
    ask(verb, request) {
      return new Promise((resolve, reject) => {
        const question: Question = { id: next++, verb, request };
        waiting.set(question.id, { resolve: resolve as (answer: unknown) => void, reject });
        started().postMessage(question);
      });
    },
    stop() {
      if (ready) restart(new Stopped("stopped"));
      else if (worker) end(new Stopped("stopped")); // what is being loaded is not asked for again
    },
  };
}
