/** What page and worker say to each other. The worker's Python side is `backprop.live`. */

/** One example of a listing, as `backprop.live.examples.run_example` reports it. */
export interface Example {
  line: number;
  source: string;
  want: string;
  got: string;
  verdict: "pass" | "differs" | "output" | "error";
  warnings: string[];
}

/** How an exercise came out, as `backprop.live.exercises.check_exercise` reports it. */
export interface Check {
  passed: boolean;
  error: string;
  printed: string;
  functions: { name: string; written: boolean; examples: Example[]; diagnosis: string }[];
}

/** The verbs that `backprop.live.answer` knows: what each takes, and what it answers. */
export interface Verbs {
  run: { request: { listings: string[]; place: string }; answer: { listings: Example[][] } };
  check: { request: { exercise: string; text: string; stub: string }; answer: Check };
  pack: { request: { files: Record<string, string> }; answer: { zip: Uint8Array<ArrayBuffer> } };
  diagnose: {
    request: { name?: string; content?: Uint8Array; text?: string; activations: string[]; loss: string };
    answer: { verdict: "correct" | "mistake" | "unknown" | ""; words: string; note: string };
  };
}
export type Verb = keyof Verbs;

/** The page asks. Numbers tell which answer belongs to which question. */
export interface Question {
  id: number;
  verb: string;
  request: unknown;
}

/** The worker tells how far its own start has come, that it is ready, or why it cannot be; or it answers a question. */
export type Message =
  | { kind: "progress"; words: string }
  | { kind: "ready" }
  | { kind: "failed"; words: string }
  | { kind: "answer"; id: number; answer: unknown }
  | { kind: "error"; id: number; words: string; broken: boolean };

/** `manifest.json`, written by the build of the site: what the worker loads, from where, with which hashes. */
export interface Manifest {
  /** Where the files of Pyodide are: a folder beside the manifest, or the official host. */
  base: string;
  /** The files that are loaded. `packed` ones are compressed with gzip; the hash is that of the content. */
  files: { name: string; sha256: string; bytes: number; sent: number; packed?: boolean }[];
  /** The wheel of the package itself, beside the manifest. */
  wheel: { name: string; sha256: string; bytes: number };
  /** The part of Pyodide's lock file that concerns NumPy. */
  lock: { info: Record<string, string>; packages: Record<string, unknown> };
}
