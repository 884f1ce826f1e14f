"""Results and figures: computed before the pages and drawn beside them, by programs, when anything has changed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from builder.errors import SiteError


def refresh(root: Path, made: Path, quick: bool) -> Callable[[], None]:
    """Compute results that are out of date, and begin to draw figures; nothing is started if nothing has changed.

    Returns:
        A function that waits until the figures are drawn. If it is not called, Python waits at its end.

    Raises:
        SiteError: if a program fails; the function raises it for the figures.
    """
    mark, results = made / "made.txt", made / "results"
    if mark.is_file() and mark.read_text(encoding="utf-8") == summary(root, made, quick):
        return lambda: None
    run(root, "backprop.experiments", "--out", str(results), *(["--quick"] if quick else []))

    def draw() -> None:
        run(root, "backprop.figures", "--results", str(results), "--out", str(made / "figures"))
        mark.write_text(summary(root, made, quick), encoding="utf-8")

    return ThreadPoolExecutor(1).submit(draw).result


def drop_outdated(site: Path, sources: Iterable[Path]) -> None:
    """Drop the built pages if anything in some files and folders has changed since.

    `mkdocs serve --dirty` builds those pages whose Markdown has changed, and those that are not there.
    """
    pages = list(site.rglob("*.html"))
    files = [file for path in sources for file in (path.rglob("*.*") if path.is_dir() else [path])]
    changed = max((f.stat().st_mtime for f in files if f.suffix in (".py", ".json", ".css", ".yml")), default=0.0)
    if changed > min((page.stat().st_mtime for page in pages), default=changed):
        for page in pages:
            page.unlink()


def summary(root: Path, made: Path, quick: bool) -> str:
    """Compute a hash of what the results depend on, by content, and of the results that exist, by size and time."""

    def parts() -> Iterator[bytes]:
        yield repr((sys.version, version("numpy"), version("matplotlib"), quick)).encode()
        for path in sorted((root / "backprop").rglob("*.*")):
            if path.suffix in (".py", ".json"):
                yield path.as_posix().encode() + path.read_bytes()
        for path in sorted(file for part in ("results", "figures") for file in (made / part).rglob("*.*")):
            yield repr((path.name, path.stat().st_size, path.stat().st_mtime_ns)).encode()

    return sha256(b"\0".join(parts())).hexdigest()


def run(root: Path, module: str, *arguments: str) -> None:
    """Run a module of the package, showing what it prints.

    It does not see the site's address: results are kept, and would carry it into the next build.
    """
    environment = {name: value for name, value in os.environ.items() if name != "SITE_URL"}
    status = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=root, env=environment, check=False
    ).returncode
    if status < 0:
        raise SiteError(f"python -m {module} was ended by signal {-status}; what it had stored before is intact")
    if status != 0:
        raise SiteError(f"python -m {module} failed with status {status}; its message stands above")
