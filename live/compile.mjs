/**
 * Compile, in Pyodide itself, those modules of its standard library that a start of Python imports.
 *
 *     node live/compile.mjs FOLDER FILE    # the folder of Pyodide's files, and the archive to write
 *
 * Pyodide's own archive holds the sources, so every start would compile them. The other modules stay as they are. The
 * same archive gives the same bytes: Python's hashes are not random here, and a compiled module carries the hash of its
 * source in place of a time.
 */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What NumPy and the package import besides; what they import in turn is found. */
const IMPORTED = "ctypes datetime doctest email encodings.cp437 html importlib.metadata ipaddress numbers pickle platform secrets tarfile urllib.parse";
const PROGRAM = `
import importlib, importlib.util, io, sys, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc

for name in imported.split():
    importlib.import_module(name)
home = next(path for path in sys.path if path.endswith(".zip")) + "/"
loaded = {str(getattr(module, "__file__", "")).removeprefix(home) for module in list(sys.modules.values())}
made = io.BytesIO()
with zipfile.ZipFile(given) as sources, zipfile.ZipFile(made, "w") as compiled:
    for name in sources.namelist():
        content = sources.read(name)
        if name in loaded:
            code = compile(content, home + name, "exec", dont_inherit=True, optimize=2)  # without docstrings
            name, content = name + "c", _code_to_hash_pyc(code, importlib.util.source_hash(content), False)
        compiled.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
made.getvalue()
`;

const [folder, file] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: folder, env: { PYTHONHASHSEED: "0" } });
pyodide.FS.writeFile("/given.zip", readFileSync(`${folder}/python_stdlib.zip`));
const globals = pyodide.toPy({ given: "/given.zip", imported: IMPORTED });
writeFileSync(`${file}.part`, pyodide.runPython(PROGRAM, { globals }).toJs());
renameSync(`${file}.part`, file); // so that a stop leaves nothing half-written
