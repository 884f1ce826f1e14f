"""The page computes: scripts, the package's own wheel and the files of Pyodide, beside the pages that need them.

Where the files of Pyodide come from is one setting: `extra: live` of `mkdocs.yml`, or the environment variable
`LIVE`. "self": beside the site, from the folder that `python -m live.fetch` fills; "cdn": from Pyodide's official
host, at the reader's first click; "off": no control. "auto" is "self" where the folder is full, and otherwise a
control that says how to fill it.
"""

import base64
import hashlib
import io
import json
import re
import shutil
import zipfile
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from equations import SiteError
from mkdocs.exceptions import PluginError
from mkdocs.utils import get_relative_url

from backprop import __version__
from live import fetch

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "live" / "built"
FOLDER = "assets/live"  # in the site
SETTINGS = ("auto", "self", "cdn", "off")
#: What the page does not need: it computes no results, draws no figures and reads no claims.
LEFT_OUT = ("experiments", "figures", "claims.py")
#: What stands on a page though it is no part of the package.
ADDED = ("benchmarks/__init__.py", "benchmarks/rewritings.py")
#: Each script, and what a page has that needs it.
NEEDED = {
    "listings": re.compile(r'<div class="language-pycon'),
    "exercises": re.compile(r'<details class="stub-box"|<h1 id="exercises"'),
}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes at every build


def mode(setting: str, cache: Path) -> str:
    """Tell what the pages offer.

    Args:
        setting: one of `SETTINGS`; "" is "auto".
        cache: the folder that `python -m live.fetch` fills.

    Returns:
        "self", "cdn", "off", or "missing": the files are not there yet.

    Raises:
        SiteError: if there is no such setting, or "self" is wanted and the files are not there.

    Examples:
        >>> from pathlib import Path
        >>> from live_pages import mode
        >>> mode("", Path("/nowhere")), mode("cdn", Path("/nowhere"))
        ('missing', 'cdn')
    """
    wanted = setting or "auto"
    if wanted not in SETTINGS:
        raise SiteError(f"extra: live: {wanted!r} is none of {', '.join(SETTINGS)}", snippet="live:")
    if wanted in ("cdn", "off"):
        return wanted
    lacking = fetch.missing(cache)
    if not lacking:
        return "self"
    if wanted == "self":
        raise SiteError(f"extra: live: self, but {cache} lacks {', '.join(lacking)}; run python -m live.fetch")
    return "missing"


def loaded() -> list[dict[str, Any]]:
    """List the files of Pyodide that a page loads.

    Returns:
        For each its name, hash and size, in the order in which they are needed.
    """
    return [{"name": name, **facts} for name, facts in fetch.PINS["files"].items() if name != fetch.LOCK]


def wheel(root: Path, version: str) -> bytes:
    """Make the package's wheel, without what the page does not need.

    Args:
        root: the folder of the package's folder.
        version: its version.

    Returns:
        The content of the file; the same for the same sources.
    """
    package = root / "backprop"
    paths = [path for path in sorted(package.rglob("*.py")) if path.relative_to(package).parts[0] not in LEFT_OUT]
    paths += [root / name for name in ADDED]
    kept = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    about = f"backprop_spec-{version}.dist-info"
    kept[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: backprop-spec\nVersion: {version}\n".encode()
    kept[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: backprop\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    lines = []
    for name, content in kept.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    kept[f"{about}/RECORD"] = "".join([*lines, f"{about}/RECORD,,\n"]).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, content in kept.items():
            packed.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED, 9)
    return made.getvalue()


def manifest(where: str, cache: Path, name: str, content: bytes) -> dict[str, Any]:
    """Say what the worker loads, from where, with which hashes.

    Args:
        where: "self" or "cdn".
        cache: the folder that `python -m live.fetch` fills; it is not read for "cdn".
        name: the file name of the package's wheel.
        content: its content.

    Returns:
        What `live/src/protocol.ts` calls a Manifest.
    """
    files = []
    for file in loaded():
        packed = where == "self" and file["name"] in fetch.PACKED
        sent = (cache / f"{file['name']}.gz").stat().st_size if packed else file["bytes"]
        files.append({**file, "sent": sent, "packed": packed})
    return {
        "base": "pyodide/" if where == "self" else fetch.PINS["official"],
        "files": files,
        "wheel": {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)},
        "lock": fetch.PINS["lock"],
    }


def megabytes(where: str, cache: Path) -> str:
    """Say how much a page loads at the first click.

    Args:
        where: "self" or "cdn".
        cache: the folder that `python -m live.fetch` fills.

    Returns:
        Megabytes, with one decimal.
    """
    if where == "cdn":
        return fetch.PINS["official_megabytes"]
    return f"{sum(file['sent'] for file in manifest(where, cache, '', b'')['files']) / 1e6:.1f}"


def add_script(html: str, root: str, where: str, cost: str) -> str:
    """Add scripts and styles to a page that has something to run.

    Args:
        html: the whole page.
        root: the way from this page to the site's root, such as "../../".
        where: what `mode` says.
        cost: what `megabytes` says.

    Returns:
        The page; without listings and exercises, or with the setting "off", as it was.

    Examples:
        >>> from live_pages import add_script
        >>> page = '<head></head><div class="language-pycon">'
        >>> add_script(page, "../", "off", "") == page
        True
        >>> print(add_script(page, "../", "self", "9.3").partition("</style>")[2])
        <script type="module" src="../assets/live/listings.js" data-live="self" data-megabytes="9.3"></script>
        </head><div class="language-pycon">
    """
    needed = [name for name, found in NEEDED.items() if found.search(html)]
    if where == "off" or not needed:
        return html
    host = f' data-host="{escape(fetch.PINS["official"].split("/")[2])}"' if where == "cdn" else ""
    facts = f'data-live="{where}" data-megabytes="{cost}"{host}'
    tags = "".join(f'<script type="module" src="{root}{FOLDER}/{name}.js" {facts}></script>\n' for name in needed)
    return html.replace("</head>", f"<style>{styles()}</style>{tags}</head>", 1)


def styles() -> str:
    """Read the style sheet of the controls.

    Returns:
        Its rules without comments and line breaks; it is so short that a page carries it.
    """
    text = re.sub(r"/\*.*?\*/", "", (ROOT / "live" / "live.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\s+", " ", text).strip()


def write(site: Path, where: str, cache: Path, version: str) -> None:
    """Put beside the pages what their scripts load.

    Args:
        site: the folder of the built site.
        where: what `mode` says.
        cache: the folder that `python -m live.fetch` fills.
        version: the package's version.
    """
    if where == "off":
        return
    folder = site / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for path in SCRIPTS.glob("*.js"):
        shutil.copy(path, folder)
    if where == "missing":
        return
    content = wheel(ROOT, version)
    name = f"backprop_spec-{version}-py3-none-any.whl"
    (folder / name).write_bytes(content)
    facts: Mapping[str, Any] = manifest(where, cache, name, content)
    (folder / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    if where == "self":
        (folder / "pyodide").mkdir(exist_ok=True)
        for file in facts["files"]:
            sent = f"{file['name']}.gz" if file["packed"] else file["name"]
            shutil.copy(cache / sent, folder / "pyodide" / sent)


def on_config(config: Any) -> Any:
    """Decide, once for a build, what the pages offer.

    Args:
        config: the builder's configuration.

    Returns:
        The same.

    Raises:
        PluginError: if the setting is wrong.
    """
    try:
        config.extra["live_mode"] = mode(config.extra.get("live") or "", fetch.cache())
    except SiteError as error:
        raise PluginError(f"mkdocs.yml: {error}") from None
    return config


def on_post_page(output: str, page: Any, config: Any, **_: Any) -> str:
    """Add the script to the pages that have something to run.

    Args:
        output: the whole page.
        page: the builder's page.
        config: the builder's configuration.
        **_: what else the builder gives.

    Returns:
        The page.
    """
    root = get_relative_url(".", page.url) + "/"
    where = config.extra["live_mode"]
    cost = "" if where in ("off", "missing") else megabytes(where, fetch.cache())
    return add_script(output, "" if root == "./" else root, where, cost)


def on_post_build(config: Any) -> None:
    """Put beside the pages what their scripts load.

    Args:
        config: the builder's configuration.
    """
    write(Path(config["site_dir"]), config.extra["live_mode"], fetch.cache(), __version__)
