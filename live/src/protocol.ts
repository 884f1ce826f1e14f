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

/** A step of the microscope, as `backprop.live.microscope.look` shows it. */
export interface View {
  /** The query of the address; it is the whole state. */
  address: string;
  /** A sentence for everything that could not be used. */
  problems: string[];
  settings: {
    net: string;
    hidden: string;
    output: string;
    bias: number;
    loss: string;
    losses: string[];
    data: string;
    example: number;
    count: number;
    x: number[];
    y: number[];
    eta: number;
    seed: number;
    epoch: number;
    mistake: string;
    mistakes: [slug: string, title: string][];
    weights: [name: string, value: number][];
  };
  svg: string;
  numbers: Record<string, number>;
  step: {
    name: string;
    stage: string;
    stages: [key: string, words: string][];
    heading: string;
    math: string;
    equations: string[];
    code: [name: string, body: string][];
    words: string;
    place: string;
    previous: string;
    next: string;
  };
}

/** What some epochs of training gave. */
export interface Trained {
  address: string;
  losses: Float64Array;
  wrong_losses: Float64Array;
  surface: Float32Array;
  epoch: number;
  beside: unknown;
  words: string;
}

/** A planted mistake beside the correct gradient. */
export interface Examined {
  title: string;
  incorrect: string;
  correct: string;
  why: string;
  arrays: [name: string, correct: string[][], mistaken: string[][]][];
  check: string;
  diagnosis: string;
  verdicts: [check: string, diagnosis: string];
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
  look: { request: { address: string; changes?: Record<string, string>; focus?: string }; answer: View };
  update: { request: { address: string }; answer: View };
  train: { request: { address: string; epochs: number; cells: number; beside: unknown }; answer: Trained };
  points: {
    request: { address: string };
    answer: { x: Float64Array; label: Float64Array; surface: Float32Array; loss: number };
  };
  examine: { request: { address: string }; answer: Examined };
  archive: { request: { address: string }; answer: { name: string; content: Uint8Array<ArrayBuffer> } };
  picture: { request: { address: string }; answer: { name: string; content: string } };
}
export type Verb = keyof Verbs;

/** The page asks. Numbers tell which answer belongs to which question. */
export interface Question {
  id: number;
  verb: string;
  request: unknown;
}

/** The worker tells how far its own start has come, that it is ready, or why it cannot be; or it answers a question, and tells how many milliseconds that took. */
export type Message =
  | { kind: "progress"; words: string }
  | { kind: "ready" }
  | { kind: "failed"; words: string }
  | { kind: "answer"; id: number; answer: unknown; took: number }
  | { kind: "error"; id: number; words: string; broken: boolean };

/** `manifest.json`, written by the build of the site: what the worker loads, from where, with which hashes. */
export interface Manifest {
  /** Where the files of Pyodide are: a folder beside the manifest, or the official host. */
  base: string;
  /** The files that are loaded. `packed` ones are compressed with gzip; the hash is that of the content. */
  files: { name: string; sha256: string; bytes: number; sent: number; packed?: boolean }[];
  /** The archive of the package itself, beside the manifest, compressed with gzip. */
  package: { name: string; sha256: string; sent: number };
  /** The part of Pyodide's lock file that concerns NumPy. */
  lock: { info: Record<string, string>; packages: Record<string, unknown> };
}
