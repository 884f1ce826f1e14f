"""Read arrays from an .npz or .mat file that another program has written, without trusting the file.

Nothing in the file is executed or unpickled, and nothing is decompressed beyond a limit that is checked first.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from backprop.verification import matlab

#: The largest total size of the decompressed arrays of a file, in bytes, and the largest number of arrays.
MOST_BYTES, MOST_ARRAYS = 64 * 2**20, 200

#: The names of the arrays that are used, with their meanings; l counts layers from 1.
NAMES: Mapping[str, str] = {
    "X": "inputs",
    "y": "targets",
    "W{l}": "weights of layer {l}",
    "b{l}": "its biases, if it has any",
    "g{l}": "the gradient of its weights",
    "gb{l}": "the gradient of its biases",
    "after{l}": "in place of a gradient: its weights after one update",
    "afterb{l}": "its biases after the update",
    "later{l}": "its weights after a second update",
    "laterb{l}": "its biases after the second update",
    "eta": "the learning rate of the update",
}

#: Other names by which programs call their gradients, such as dW1 for g1.
ALIASES: Mapping[str, str] = {"dW": "g", "db": "gb"}

#: The arguments of the functions that take these arrays, each with the prefix that its arrays have in a file.
ARGUMENTS: Mapping[str, str] = {
    r"gradients of biases": "gb",
    r"biases\[0\]": "b",
    r"biases\[1\]": "afterb",
    r"biases\[2\]": "laterb",
    "biases": "b",
    "gradients": "g",
    "weights": "W",
    "before": "W",
    "after2": "later",
    "after": "after",
}


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of an .npz file, or of a .mat file as MATLAB's and Octave's `save -v6` and `-v7` write it.

    Args:
        path: the file.

    Returns:
        The arrays by name.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is neither kind of file, is damaged or too large, or an array of `NAMES` is not of real
            numbers; other arrays that are not, such as texts, are left out. The message is one line.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes; expected at most {MOST_BYTES:,}")
    data = path.read_bytes()
    if data[:6] == b"MATLAB" or path.suffix.lower() == ".mat":
        return _read_mat(path, data)
    with _opened(path, io.BytesIO(data)) as archive:
        members = archive.infolist()
        _check_sizes(path, members)
        found = {_name(path, info): _array(path, info, archive) for info in members}
        return {name: array for name, array in found.items() if array is not None}


def _opened(path: Path, data: io.BytesIO) -> zipfile.ZipFile:
    """Open an archive, or raise an error if the data are not one."""
    try:
        return zipfile.ZipFile(data)
    except Exception as error:  # no list says which exceptions damage can cause; OSError is one
        raise ValueError(f"{path} is not an .npz file: {_line(error)}; expected what numpy.savez writes") from None


def _read_mat(path: Path, data: bytes) -> dict[str, np.ndarray]:
    """Read the arrays of a .mat file of MATLAB 5 to 7."""
    if b"MATLAB 7.3" in data[:128] or data.startswith(b"\x89HDF"):
        raise ValueError(f"{path} is a .mat file of version 7.3; expected one of version 7: write it with save -v7")
    if not data.startswith(b"MATLAB 5.0"):
        raise ValueError(f"{path} is not a .mat file; expected what save -v6 or save -v7 writes")
    try:
        found = matlab.variables(data, MOST_BYTES)
    except ValueError as error:
        raise ValueError(f"{path} {error}") from None
    if len(found) > MOST_ARRAYS:
        raise ValueError(f"{path} has {len(found)} arrays; expected at most {MOST_ARRAYS}")
    numbers = [variable for variable in found if variable.type]
    size = sum(8 * prod(variable.shape) for variable in numbers)
    if size > MOST_BYTES:
        raise ValueError(f"{path} holds {size:,} bytes of arrays; expected at most {MOST_BYTES:,}")
    names = [variable.name for variable in found]
    for name, kind, *_ in found:
        if _is_ours(name) and names.count(name) > 1:
            raise ValueError(f"{path} has {name!r} twice; expected each array once")
        if _is_ours(name) and name not in [variable.name for variable in numbers]:
            raise ValueError(f"{path}: array {name!r} is of class {kind}; expected real numbers, a full matrix")
    return {variable.name: variable.array for variable in numbers}


def _is_ours(name: str) -> bool:
    """Tell whether an array is one of `NAMES`."""
    return any(re.fullmatch(pattern.replace("{l}", r"\d+"), name) for pattern in NAMES)


def _line(error: Exception) -> str:
    """Write an error as a short line."""
    return " ".join(str(error).split())[:120] or type(error).__name__


def _check_sizes(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Reject too many, too large or duplicate arrays before anything is decompressed."""
    if len(members) > MOST_ARRAYS:
        raise ValueError(f"{path} has {len(members)} arrays; expected at most {MOST_ARRAYS}")
    size = sum(info.file_size for info in members)
    if size > MOST_BYTES:
        raise ValueError(f"{path} holds {size:,} bytes of arrays; expected at most {MOST_BYTES:,}")
    names = [info.filename for info in members]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{path} has {name!r} twice; expected each array once")


def _name(path: Path, info: zipfile.ZipInfo) -> str:
    """Derive the name of an array from the name of its member."""
    if not info.filename.endswith(".npy"):
        raise ValueError(f"{path} has a member {info.filename!r}; expected arrays alone, named such as 'W1.npy'")
    return info.filename.removesuffix(".npy")


def _array(path: Path, info: zipfile.ZipInfo, archive: zipfile.ZipFile) -> np.ndarray | None:
    """Read one array, whose header must fit the data that follow it; None for one of texts that is not needed."""
    name = _name(path, info)
    try:
        with archive.open(info) as member:
            data = member.read(info.file_size + 1)
        stream = io.BytesIO(data)
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
    except Exception as error:  # as in _opened; NumPy's header is a Python literal, which can be incorrect in many ways
        raise ValueError(f"{path}: array {name!r} is damaged: {_line(error)}") from None
    if dtype.kind not in "biuf" and not _is_ours(name):
        return None
    if dtype.kind not in "biuf":
        raise ValueError(f"{path}: array {name!r} has entries of type {dtype}; expected real numbers, never objects")
    expected, came = prod(shape) * dtype.itemsize, len(data) - stream.tell()
    if any(length < 0 for length in shape) or expected != came:
        raise ValueError(f"{path}: array {name!r} says shape {shape}, {expected} bytes; {came} bytes follow")
    stream.seek(0)
    return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))


def arguments(arrays: Mapping[str, np.ndarray], source: str) -> tuple[str, dict[str, Any], list[str]]:
    """Sort arrays by name into the arguments of `diagnose` or `diagnose_step`.

    Args:
        arrays: the arrays by name, as in NAMES.
        source: the name of the file, for messages.

    Returns:
        The name of the function, its arguments, and the names of arrays that were not used.

    Raises:
        ValueError: if arrays are missing or do not go together. The message is one line and names those that were
            expected.

    Examples:
        >>> import numpy as np
        >>> from backprop.verification.archive import arguments
        >>> one = np.ones((1, 1))
        >>> name, found, left = arguments({"X": one, "y": one, "W1": one, "g1": one, "loss": one}, "run.npz")
        >>> name, sorted(found), left
        ('diagnose', ['X', 'biases', 'gradients', 'weights', 'y'], ['loss'])
    """
    there = ", ".join(sorted(arrays)) or "nothing"
    ours = {name: re.sub(r"^d[Wb](?=\d+$)", lambda found: ALIASES[found[0]], name) for name in arrays}
    arrays = {name if own in arrays else own: arrays[name] for name, own in ours.items()}
    for name in ("X", "y", "W1"):
        if name not in arrays:
            raise ValueError(f"{source} has no {name}; it has {there}; looked for X, y, W1, …, and g1, … or after1, …")
    for name in ("g0", "after0"):  # W0 alone may be the initial weights
        if name in arrays:
            raise ValueError(f"{source} has {name}; layers count from 1, so expected W1, … and g1, … or after1, …")
    layers = _count(arrays, "W")
    for prefix in ("g", "after", "b", "gb", "afterb", "later", "laterb"):
        if (highest := _count(arrays, prefix)) > layers:
            raise ValueError(f"{source} has {prefix}{highest} and no W{highest}; its weights are W1 to W{layers}")
    steps = "after1" in arrays
    if steps and any(re.fullmatch(r"gb?\d+", name) for name in arrays):
        raise ValueError(f"{source} has gradients g… and weights after…; expected one or the other")
    groups = {"W": "W", "b": "b", "g": "after" if steps else "g", "gb": "afterb" if steps else "gb"}
    groups |= {"later": "later", "laterb": "laterb"} if steps else {}
    found: dict[str, list[np.ndarray] | None] = {}
    for key, prefix in groups.items():
        names = [f"{prefix}{layer}" for layer in range(1, layers + 1)]
        missing = [name for name in names if name not in arrays]
        if missing and (key in "Wg" or len(missing) < layers):
            looked = "; looked for g1, … or after1, …" if key == "g" and len(missing) == layers else ""
            raise ValueError(f"{source} has no {missing[0]}; it has {there}; its weights are W1 to W{layers}{looked}")
        found[key] = None if missing else [arrays[name] for name in names]
    if found["gb"] is not None and found["b"] is None:
        raise ValueError(f"{source} has {groups['gb']}1 and no b1; expected the biases themselves as well")
    used = {"X", "y", *(f"{prefix}{layer}" for prefix in groups.values() for layer in range(1, layers + 1))}
    used |= {"eta"} if steps else set()
    left = sorted(set(arrays) - used)
    data: dict[str, Any] = {"X": arrays["X"], "y": arrays["y"]}
    if not steps:
        both = found["g"] if found["gb"] is None else (found["g"], found["gb"])
        return "diagnose", {"weights": found["W"], "gradients": both, "biases": found["b"], **data}, left
    later, laterb = found["later"], found["laterb"]
    biases = None if found["b"] is None else (found["b"], found["gb"], laterb)[: 2 + (later is not None)]
    eta = None
    if "eta" in arrays:
        if arrays["eta"].size != 1:
            raise ValueError(f"{source}: eta has shape {arrays['eta'].shape}; expected one number")
        eta = float(arrays["eta"].item())
    more = {"eta": eta, "biases": biases} | ({} if later is None else {"after2": later})
    return "diagnose_step", {"before": found["W"], "after": found["g"], **more, **data}, left


def _count(arrays: Mapping[str, np.ndarray], prefix: str) -> int:
    """Count the layers, from 1 up to the highest number given; 0 if there is none."""
    numbers = [int(m[1]) for name in arrays if (m := re.fullmatch(rf"{prefix}([1-9]\d{{0,3}})", name, re.ASCII))]
    return max(numbers, default=0)


def in_names_of_file(message: str) -> str:
    """Replace the names of arguments in an error message by those of the file's arrays.

    Args:
        message: the error message of `diagnose` or `diagnose_step`.

    Returns:
        The message with W1, g1, … in place of weights[0], gradients[0], …

    Examples:
        >>> from backprop.verification.archive import in_names_of_file
        >>> in_names_of_file("gradients[1] has shape (3, 2); expected (2, 3), as weights[1] has")
        'g2 has shape (3, 2); expected (2, 3), as W2 has'
    """
    for argument, name in ARGUMENTS.items():
        parts = re.split(rf"\b{argument}\[(\d+)\]", message)
        numbered = [f"{name}{int(part) + 1}" if odd % 2 else part for odd, part in enumerate(parts)]
        message = "".join(numbered)
    return message
