"""What takes long to make is kept from one build to the next, as long as nothing that it is made from has changed."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path


def kept(folder: Path, ending: str, made_from: object, make: Callable[[], bytes]) -> bytes:
    """Take something from a folder of what was made before, or make it."""
    path = folder / (sha256(repr(made_from).encode()).hexdigest() + ending)
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".part").write_bytes(make())
        path.with_suffix(".part").replace(path)
    return path.read_bytes()
