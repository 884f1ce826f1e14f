"""Files beside the pages: written, and kept from one build to the next."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path


def write(site: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, by address, into the folder of the built site."""
    for address, content in files.items():
        path = site / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def kept(folder: Path, ending: str, made_from: object, make: Callable[[], bytes]) -> bytes:
    """Take what takes long to make from a folder of earlier builds, or make it, if what it is made from has changed."""
    path = folder / (sha256(repr(made_from).encode()).hexdigest() + ending)
    if not path.is_file():
        write(folder, {f"{path.stem}.part": make()})
        path.with_suffix(".part").replace(path)  # so that a build that is stopped leaves nothing half-written
    return path.read_bytes()
