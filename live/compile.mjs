/**
 * Compile, in Pyodide itself, the modules that a start of Python imports: of its standard library, of NumPy, of this
 * package.
 *
 *     node live/compile.mjs FOLDER FROM TO [FROM TO]...    # the folder of Pyodide's files; archives of modules
 *     node live/compile.mjs FOLDER --package FROM TO       # the archive of this package
 *
 * For each archive FROM it writes TO. The archives hold sources, so every start would compile them. Of the library and of
 * NumPy those modules are compiled that a start imports, and what only type checkers and compilers read is left out. All
 * modules of this package are compiled, so nothing is imported for it; those of the derivation keep their sources, which
 * the page shows. The same archive gives the same bytes: Python's hashes are not random here, and a compiled module
 * carries the hash of its source in place of a time.
 */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What a start and the examples of the pages import; what these import in turn is found. */
const IMPORTED = "doctest html ipaddress numpy numpy.ma numpy.random urllib.parse";
const PROGRAM = `
import importlib, importlib.util, io, sys, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc

SHOWN = "backprop/derivation/"
for name in imported.split():
    importlib.import_module(name)
loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
made = io.BytesIO()
with zipfile.ZipFile(given) as sources, zipfile.ZipFile(made, "w") as compiled:
    for name in sources.namelist():
        if name.endswith((".pyi", ".pxd", ".c", ".h", ".a")):
            continue
        content = sources.read(name)
        found = (f"{home}/{name}" for home in sys.path)
        path = f"{sys.path[-1]}/{name}" if ours else next((path for path in found if path in loaded), "")
        how = (zipfile.ZIP_STORED,) if ours else (zipfile.ZIP_DEFLATED, 9)  # ours are sent compressed all together
        if name.startswith(SHOWN) or not path.endswith(".py"):
            compiled.writestr(zipfile.ZipInfo(name), content, *how)
        if path.endswith(".py"):
            level = 0 if ours or name.startswith("numpy/") else 2  # 2 drops docstrings, some of which NumPy reads
            code = compile(content, path, "exec", dont_inherit=True, optimize=level)
            beside = importlib.util.cache_from_source(name) if name.startswith(SHOWN) else name + "c"
            bytecode = _code_to_hash_pyc(code, importlib.util.source_hash(content), False)
            compiled.writestr(zipfile.ZipInfo(beside), bytecode, *how)
made.getvalue()
`;

const [given, ...rest] = process.argv.slice(2);
const folder = resolve(given);
const ours = rest[0] === "--package";
const paths = ours ? rest.slice(1) : rest;
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const quiet = { messageCallback: () => {}, errorCallback: () => {} };
const env = { PYTHONHASHSEED: "0", PYTHONNODEBUGRANGES: "1" }; // without columns, which only underline in tracebacks
const pyodide = await loadPyodide({ indexURL: folder, packageBaseUrl: `${folder}/`, env });
if (!ours) await pyodide.loadPackage("numpy", quiet);
for (let at = 0; at < paths.length; at += 2) {
  const [from, to] = paths.slice(at);
  pyodide.FS.writeFile("/given.zip", readFileSync(from));
  const globals = pyodide.toPy({ given: "/given.zip", imported: ours ? "" : IMPORTED, ours });
  writeFileSync(`${to}.part`, pyodide.runPython(PROGRAM, { globals }).toJs());
  renameSync(`${to}.part`, to); // so that a stop leaves nothing half-written
}
