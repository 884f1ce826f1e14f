/**
 * Compile, in Pyodide itself, those modules of its standard library and of NumPy that a start of Python imports.
 *
 *     node live/compile.mjs FOLDER PREFIX NAME...    # the folder of Pyodide's files, and archives in it
 *
 * For each archive NAME it writes one beside it, whose name is PREFIX followed by NAME. Pyodide's own archives hold the
 * sources, so every start would compile them. The other modules stay as they are, and what only type checkers and
 * compilers read is left out. The same archive gives the same bytes: Python's hashes are not random here, and a compiled
 * module carries the hash of its source in place of a time.
 */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What a start and the examples of the pages import; what these import in turn is found. */
const IMPORTED = "doctest html ipaddress numpy numpy.ma numpy.random urllib.parse";
const PROGRAM = `
import importlib, importlib.util, io, sys, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc

for name in imported.split():
    importlib.import_module(name)
loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
made = io.BytesIO()
with zipfile.ZipFile(given) as sources, zipfile.ZipFile(made, "w") as compiled:
    for name in sources.namelist():
        if name.endswith((".pyi", ".pxd", ".c", ".h", ".a")):
            continue
        content = sources.read(name)
        path = next((f"{home}/{name}" for home in sys.path if f"{home}/{name}" in loaded), "")
        if path.endswith(".py"):
            level = 0 if name.startswith("numpy/") else 2  # 2 drops docstrings, some of which NumPy reads
            code = compile(content, path, "exec", dont_inherit=True, optimize=level)
            name, content = name + "c", _code_to_hash_pyc(code, importlib.util.source_hash(content), False)
        compiled.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
made.getvalue()
`;

const [given, prefix, ...names] = process.argv.slice(2);
const folder = resolve(given);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const quiet = { messageCallback: () => {}, errorCallback: () => {} };
const pyodide = await loadPyodide({ indexURL: folder, packageBaseUrl: `${folder}/`, env: { PYTHONHASHSEED: "0" } });
await pyodide.loadPackage("numpy", quiet);
for (const name of names) {
  pyodide.FS.writeFile("/given.zip", readFileSync(`${folder}/${name}`));
  const globals = pyodide.toPy({ given: "/given.zip", imported: IMPORTED });
  const written = `${folder}/${prefix}${name}`;
  writeFileSync(`${written}.part`, pyodide.runPython(PROGRAM, { globals }).toJs());
  renameSync(`${written}.part`, written); // so that a stop leaves nothing half-written
}
