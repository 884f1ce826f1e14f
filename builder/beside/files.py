"""Files beside the pages."""

from collections.abc import Mapping
from pathlib import Path

#: Files of the repository that readers can fetch, by their address; one more is one more line.
COPIED = {"implementation/lab.py": "backprop/lab.py"}


def copied(root: Path) -> dict[str, bytes]:
    """Read the files of the repository that readers can fetch, by address."""
    return {address: (root / name).read_bytes() for address, name in COPIED.items()}


def write(site: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, by address, into the folder of the built site."""
    for address, content in files.items():
        path = site / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
