/** The worker: loads Python, NumPy and the package, each file checked, and then answers the page's questions. */

import type { Lockfile, PyodideAPI } from "pyodide";
import type { Manifest, Message, Question } from "./protocol";

const STALLED = 30_000; // milliseconds without a byte

type Loader = { loadPyodide(options: object): Promise<PyodideAPI> };
type Answer = (verb: string, request: unknown) => unknown;

const tell = (message: Message): void => self.postMessage(message);
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** An error whose words are meant for the reader. */
class Sentence extends Error {}

/** Read an answer to its end, telling the number of bytes of each piece. */
async function read(answer: Response, name: string, count: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const reader = answer.body!.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    let timer = 0;
    const late = new Promise<never>((_, reject) => {
      timer = self.setTimeout(() => reject(new Sentence(`${name} stopped coming. Are you still online?`)), STALLED);
    });
    const { done, value } = await Promise.race([reader.read(), late]).finally(() => clearTimeout(timer));
    if (done) break;
    pieces.push(value);
    length += value.length;
    count(value.length);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes; // the host has said that it is compressed, and the browser knew
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Load a file and compare its hash with the pinned one. */
async function load(
  url: URL,
  name: string,
  sha256: string,
  count: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  let content: Uint8Array<ArrayBuffer>;
  try {
    const answer = await fetch(url, { credentials: "omit" });
    if (!answer.ok) throw new Sentence(`${name} is missing: ${url.host} answers ${answer.status}.`);
    content = await unpacked(await read(answer, name, count));
  } catch (error) {
    if (error instanceof Sentence) throw error;
    throw new Sentence(`${name} could not be loaded from ${url.host}. Are you online?`);
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const found = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256) {
    throw new Sentence(`${name} is not the file that this site was built with (its SHA-256 is different), so it is not run.`);
  }
  return content;
}

/** Load everything, start Python in it, and give the function that answers. */
async function start(): Promise<(verb: string, request: unknown) => unknown> {
  if (!crypto.subtle) {
    throw new Sentence("The loaded files cannot be checked, because this page does not come over https, so nothing is run.");
  }
  const beside = new URL("./", self.location.href);
  const answer = await fetch(new URL("manifest.json", beside)).catch(() => null);
  const manifest = answer?.ok ? ((await answer.json().catch(() => null)) as Manifest | null) : null;
  if (!manifest) throw new Sentence("manifest.json could not be loaded. Are you online?");
  const base = new URL(manifest.base, beside);
  const total = manifest.files.reduce((sum, file) => sum + file.sent, manifest.package.sent);
  let loaded = 0;
  let told = 0;
  const count = (bytes: number): void => {
    loaded += bytes;
    if (loaded - told < 2e5 || loaded > total) return; // a host may compress more, or nothing
    told = loaded;
    tell({ kind: "progress", words: `Loading Python and NumPy: ${megabytes(loaded)} of ${megabytes(total)} MB` });
  };
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  const { name: archive, sha256 } = manifest.package;
  const [ours] = await Promise.all([
    load(new URL(`${archive}.gz`, beside), archive, sha256, count),
    ...manifest.files.map(async ({ name, sha256, packed }) => {
      const url = new URL(packed ? `${name}.gz` : name, base);
      contents.set(new URL(name, base).href, await load(url, name, sha256, count));
    }),
  ]);
  tell({ kind: "progress", words: "Starting Python" });

  // Pyodide asks for its files by name; it gets those that were checked, and nothing else goes out.
  const network = self.fetch;
  self.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input), self.location.href);
    const content = contents.get(url.href);
    if (content === undefined) return network(input, init);
    const type = url.pathname.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return new Response(content, { headers: { "Content-Type": type } });
  };
  // Scripts can only be imported by their address; the browser has the checked file in its cache.
  const { loadPyodide } = (await import(new URL("pyodide.mjs", base).href)) as Loader;
  const pyodide = await loadPyodide({
    indexURL: base.href,
    lockFileContents: manifest.lock as unknown as Lockfile,
    packageBaseUrl: base.href,
    stdLibURL: new URL("python_stdlib.zip", base).href,
    stdout: () => {},
    stderr: () => {},
  });
  await pyodide.loadPackage("numpy", { messageCallback: () => {}, errorCallback: () => {} });
  pyodide.unpackArchive(ours, "wheel");
  tell({ kind: "progress", words: "Starting NumPy and this package" });
  const python = pyodide.pyimport("backprop.live").answer as Answer;
  self.fetch = () => Promise.reject(new Sentence("Nothing can be loaded in here."));
  return (verb, request) => {
    const given = pyodide.toPy(request);
    const result = python(verb, given) as { toJs(options: object): unknown; destroy(): void };
    try {
      return result.toJs({ dict_converter: Object.fromEntries });
    } finally {
      given.destroy();
      result.destroy();
    }
  };
}

/** The last line of a Python traceback, or what else an error says. */
function lastLine(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return words.trim().split("\n").at(-1) ?? words;
}

const started = start();
started.then(
  () => tell({ kind: "ready" }),
  (error: unknown) => {
    const words = error instanceof Sentence ? error.message : `Python did not start: ${lastLine(error)}`;
    tell({ kind: "failed", words });
  },
);

self.addEventListener("message", async (event: MessageEvent<Question>) => {
  const { id, verb, request } = event.data;
  const answer = await started.catch(() => null);
  if (answer === null) return; // the page has been told why
  try {
    const begun = performance.now();
    const given = answer(verb, request);
    tell({ kind: "answer", id, answer: given, took: performance.now() - begun });
  } catch (error) {
    const broken = !(error instanceof Error && error.name === "PythonError"); // Python itself has come to its end
    const words = broken ? `Python had to stop: ${lastLine(error)}. It starts anew.` : lastLine(error);
    tell({ kind: "error", id, words, broken });
  }
});
