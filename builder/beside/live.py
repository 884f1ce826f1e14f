"""The page computes: scripts, the package itself and the files of Pyodide, beside the pages that need them.

Where the files of Pyodide come from is one setting: `extra: live` of `mkdocs.yml`, or the environment variable
`LIVE`. "self": beside the site, from the folder that `python -m live.fetch` fills; "cdn": from Pyodide's official
host, at the reader's first click; "off": no control. "auto" is "self" where the folder is full, and otherwise a
control that says how to fill it.
"""

import gzip
import hashlib
import io
import json
import shutil
import tokenize
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mkdocs.plugins import get_plugin_logger

from builder import tree as html
from builder.beside.files import kept
from builder.errors import SiteError
from builder.tree import Tree
from live import fetch

LOG = get_plugin_logger("live")
FOLDER = "assets/live"  # in the site
SETTINGS = ("auto", "self", "cdn", "off")
#: What the page does not need: it computes no results, draws no figures, reads no claims and no folders of files, and
#: has no command line.
LEFT_OUT = ("experiments/", "figures/", "tables/", "claims.py", "__main__.py", "verification/grading.py")
#: What stands on a page though it is no part of the package.
ADDED = ("benchmarks/__init__.py", "benchmarks/rewritings.py")
#: The entry scripts, and for each the CSS selector of what it works on.
SCRIPTS = {
    f"{FOLDER}/listings.js": ".language-pycon",
    f"{FOLDER}/exercises.js": ".stub-box, h1#exercises",
    f"{FOLDER}/diagnose.js": "#live-diagnose",
    f"{FOLDER}/microscope.js": "#microscope",
}


@dataclass(frozen=True)
class Offer:
    """What the pages of a build offer."""

    where: str  # "self", "cdn", "off", or "missing": the files are not there yet
    cost: str = ""  # what a page loads at the first click, in megabytes
    package: bytes = b""  # the archive of the package


def offer(setting: object, cache: Path, pack: Callable[[], bytes] = bytes) -> Offer:
    """Tell what the pages offer, by the setting and the folder that `python -m live.fetch` fills.

    `pack` makes the archive of the package.

    Raises:
        SiteError: if there is no such setting, or "self" is wanted and the files are not there.

    Examples:
        >>> [offer(setting, Path("/nowhere")).where for setting in ("auto", "cdn", "off", False)]
        ['missing', 'cdn', 'off', 'off']
    """
    wanted = "off" if setting is False else str(setting or "auto")  # YAML reads the word off as false
    if wanted not in SETTINGS:
        raise SiteError(f"mkdocs.yml: extra: live: {wanted!r} is none of {', '.join(SETTINGS)}", snippet="live:")
    if wanted == "off":
        return Offer(wanted)
    if wanted == "cdn":
        return Offer(wanted, fetch.PINS["official_megabytes"], pack())
    lacking = fetch.missing(cache)
    if not lacking:
        package = pack()
        sent = len(_sent(package)) + sum(file["sent"] for file in loaded("self", cache))
        return Offer("self", f"{sent / 1e6:.1f}", package)
    if wanted == "self":
        raise SiteError(f"LIVE is self, but {cache} lacks {', '.join(lacking)}; run python -m live.fetch")
    return Offer("missing")


def source(name: str, cache: Path) -> Path:
    """Find a file that a page brings, with its modules compiled if there is such a one."""
    better = fetch.compiled(cache, name)
    return better if better.is_file() else cache / name


def loaded(where: str, cache: Path) -> list[dict[str, Any]]:
    """List the files of Pyodide that a page loads, with hash and size; those beside the site may be sent packed."""
    files = []
    for name, facts in fetch.PINS["files"].items():
        if where == "self" and name in fetch.COMPILED:
            content = source(name, cache).read_bytes()
            facts = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        if name != fetch.LOCK:
            is_packed = where == "self" and name in fetch.PACKED
            sent = (cache / f"{name}.gz").stat().st_size if is_packed else facts["bytes"]
            files.append({"name": name, **facts, "sent": sent, "packed": is_packed})
    return files


def archive(root: Path) -> bytes:
    """Pack the package, without what the page does not need; the same bytes for the same sources.

    Its files are not compressed one by one, because they are sent compressed all together, in 15% less.
    """
    package = root / "backprop"
    wanted = (p for p in package.rglob("*.py") if not p.relative_to(package).as_posix().startswith(LEFT_OUT))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        # Large files first in each folder, so that gzip, which looks back 32 KiB, finds more of the small ones again.
        in_order = sorted(wanted, key=lambda path: (path.parent, -path.stat().st_size, path))
        for path in [*in_order, *(root / name for name in ADDED)]:
            undated = zipfile.ZipInfo(path.relative_to(root).as_posix())  # so that every build makes the same bytes
            packed.writestr(undated, uncommented(path.read_bytes()))
    return made.getvalue()


def uncommented(source: bytes) -> bytes:
    r"""Leave out the comments that have lines of their own; these stay, so that the numbers of the others do.

    Examples:
        >>> uncommented(b"#: The rate.\nRATE = 1.0  # of the report\nTEXT = '''\n# no comment'''\n")
        b"\nRATE = 1.0  # of the report\nTEXT = '''\n# no comment'''\n"
    """
    lines = source.splitlines(keepends=True)
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            lines[token.start[0] - 1] = b"\n"
    return b"".join(lines)


def package(root: Path, cache: Path, made: Path) -> bytes:
    """Pack the package, compiled unless there is no Node; `made` keeps what was compiled until something changes.

    Where Node and Pyodide's files are there and it fails all the same, a warning says so.
    """
    sources, program = archive(root), fetch.COMPILER.read_text(encoding="utf-8")
    try:
        return kept(made / "live", ".zip", (program, sources), lambda: fetch.compile_package(cache, sources))
    except fetch.FetchError as error:
        if shutil.which("node") and not fetch.missing(cache):
            LOG.warning("The package could not be compiled, and its sources are sent instead: %s", error)
        return sources


def _sent(package: bytes) -> bytes:
    return gzip.compress(package, mtime=0)  # the same bytes for the same sources


def add(tree: Tree, root: str, offered: Offer, styles: str) -> None:
    r"""Give scripts and styles to a page that has something to run.

    Examples:
        >>> page = html.page('<div class="language-pycon"></div>')
        >>> add(page, "../", Offer("off"), "")
        >>> page.head.inner_html
        ''
        >>> add(page, "../", Offer("cdn", "8.6"), "a{b:c}")
        >>> print(page.head.inner_html.replace(" data", "\n  data"))
        <style>a{b:c}</style><script type="module" src="../assets/live/listings.js"
          data-live="cdn"
          data-megabytes="8.6"
          data-host="cdn.jsdelivr.net"></script>
    """
    needed = [address for address, selector in SCRIPTS.items() if tree.css_first(selector) is not None]
    if offered.where == "off" or not needed:
        return
    html.put_last(tree.head, f"<style>{styles}</style>")
    facts = f'data-live="{offered.where}" data-megabytes="{offered.cost}"'
    if offered.where == "cdn":
        facts += f' data-host="{urlsplit(fetch.PINS["official"]).hostname}"'
    for address in needed:  # as modules, which wait for the text
        html.put_last(tree.head, f'<script type="module" src="{root}{address}" {facts}></script>')


def files(root: Path, offered: Offer, cache: Path, version: str) -> dict[str, bytes]:
    """Collect what the scripts of the pages load, by address."""
    if offered.where == "off":
        return {}
    found = {f"{FOLDER}/{path.name}": path.read_bytes() for path in (root / "live" / "built").glob("*.js")}
    if offered.where == "missing":
        return found
    content, name = offered.package, f"backprop-{version}.zip"
    packed = _sent(content)
    manifest = {
        "base": "pyodide/" if offered.where == "self" else fetch.PINS["official"],
        "files": loaded(offered.where, cache),
        "package": {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "sent": len(packed)},
        "lock": fetch.PINS["lock"],
    }
    found |= {f"{FOLDER}/{name}.gz": packed, f"{FOLDER}/manifest.json": json.dumps(manifest).encode()}
    if offered.where == "self":
        for file in loaded("self", cache):
            sent = f"{file['name']}.gz" if file["packed"] else file["name"]
            found[f"{FOLDER}/pyodide/{sent}"] = source(sent, cache).read_bytes()
    return found
