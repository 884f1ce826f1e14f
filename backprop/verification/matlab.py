"""Read the variables of a .mat file of MATLAB 5 to 7: full matrices of real numbers, and of others the name and class.

Nothing is executed, no stated length is trusted beyond the bytes that are present, and nothing is decompressed beyond a
limit. The format is MathWorks' "MAT-File Format", Level 5.
"""

import struct
import zlib
from collections.abc import Iterator
from math import prod
from typing import NamedTuple

import numpy as np

#: The kinds of elements that hold numbers, with their NumPy types.
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
MATRIX, COMPRESSED = 14, 15

#: The numeric classes of MATLAB, with their NumPy types.
NUMBERS = {
    6: ("double", "f8"),
    7: ("single", "f4"),
    8: ("int8", "i1"),
    9: ("uint8", "u1"),
    10: ("int16", "i2"),
    11: ("uint16", "u2"),
    12: ("int32", "i4"),
    13: ("uint32", "u4"),
    14: ("int64", "i8"),
    15: ("uint64", "u8"),
}
OTHERS = {1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 16: "function", 17: "opaque"}
OPAQUE = 17

#: The bit of a variable's flags that marks complex numbers.
IS_COMPLEX = 0x0800

#: The largest number of axes that NumPy 1 gives an array.
MOST_AXES = 32


class Variable(NamedTuple):
    """A variable of a file.

    Attributes:
        name: its name.
        kind: its class, such as "double", "complex double" or "char".
        shape: its shape; () if it is not a full matrix of real numbers.
        type: NumPy's type for its class; "" if it is not such a matrix.
        stored: the type of the numbers in the file, which may be smaller.
        content: these numbers, column by column.
    """

    name: str
    kind: str
    shape: tuple[int, ...] = ()
    type: str = ""
    stored: str = ""
    content: bytes = b""

    @property
    def array(self) -> np.ndarray:
        """The matrix, of the shape and the class that it has in MATLAB."""
        values = np.frombuffer(self.content, self.stored).astype(self.type)
        return values.reshape(self.shape, order="F")


def variables(data: bytes, most: int) -> list[Variable]:
    """List the variables of a file.

    Args:
        data: the whole file, whose first bytes are "MATLAB 5.0".
        most: the largest total size of all elements after decompression, in bytes.

    Returns:
        The variables in their order.

    Raises:
        ValueError: if the file is damaged or exceeds `most`; the message continues a sentence that begins with the
            file's name.

    Examples:
        >>> import struct
        >>> from backprop.verification.matlab import variables
        >>> parts = {6: struct.pack("<II", 6, 0), 5: struct.pack("<ii", 1, 2), 1: b"W1", 9: struct.pack("<dd", 3, 4)}
        >>> inside = b"".join(struct.pack("<II", k, len(p)) + p + bytes(-len(p) % 8) for k, p in parts.items())
        >>> head = b"MATLAB 5.0".ljust(124) + struct.pack("<H", 256) + b"IM"
        >>> [found] = variables(head + struct.pack("<II", 14, len(inside)) + inside, most=1000)
        >>> found.name, found.kind, found.array.tolist()
        ('W1', 'double', [[3.0, 4.0]])
    """
    if len(data) < 128 or data[126:128] not in (b"IM", b"MI"):
        raise ValueError("is damaged: its header of 128 bytes is incomplete")
    order = "<" if data[126:128] == b"IM" else ">"
    found, left = [], most
    for kind, content in _elements(data[128:], order):
        if kind == COMPRESSED:
            content = _decompressed(content, left)
        left -= len(content)
        if left < 0:
            raise ValueError(f"holds more than {most:,} bytes of arrays; expected at most that many")
        inside = _elements(content, order) if kind == COMPRESSED else [(kind, content)]
        found += [_variable(part, order) for which, part in inside if which == MATRIX and part]
    return [variable for variable in found if variable.name]  # MATLAB's own workspace has no name


def _decompressed(content: bytes, most: int) -> bytes:
    """Decompress an element, but no further than one byte beyond the limit."""
    stream = zlib.decompressobj()
    try:
        inside = stream.decompress(content, most + 1)
    except zlib.error as error:
        raise ValueError(f"is damaged: {error}") from None
    if not stream.eof and len(inside) <= most:
        raise ValueError("is damaged: a compressed variable is cut off")
    return inside


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the content of each element; one of at most four bytes shares eight bytes with its tag."""
    at = 0
    while at < len(data):
        if len(data) - at < 8:
            raise ValueError("is damaged: it ends within a variable")
        kind, length = struct.unpack_from(f"{order}II", data, at)
        begin, after = at + 8, length if kind == COMPRESSED else length + -length % 8
        if kind >> 16:
            kind, length, begin, after = kind & 0xFFFF, kind >> 16, at + 4, 0
        if begin + length > len(data) or (begin == at + 4 and length > 4):
            raise ValueError("is damaged: it ends within a variable")
        yield kind, data[begin : begin + length]
        at += 8 + after


def _variable(content: bytes, order: str) -> Variable:
    """Read a variable: its flags, its shape, its name and, if it is a full matrix of real numbers, its numbers."""
    parts = _elements(content, order)
    flags = struct.unpack(f"{order}II", _part(parts, (6,), 8, "class"))[0]
    dimensions = b"" if flags & 0xFF == OPAQUE else _part(parts, (5, 6), None, "shape")
    name = _part(parts, (1, 2, 16), None, "name").decode("ascii", "replace")
    if flags & 0xFF not in NUMBERS:
        return Variable(name, OTHERS.get(flags & 0xFF, str(flags & 0xFF)))
    kind, dtype = NUMBERS[flags & 0xFF]
    if flags & IS_COMPLEX:
        return Variable(name, f"complex {kind}")
    shape = struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions[: len(dimensions) // 4 * 4])
    number, numbers = next(parts, (0, b""))
    stored = order + STORED.get(number, "V1")  # any other kind does not hold numbers
    expected = prod(shape) * np.dtype(stored).itemsize
    if number not in STORED or not 2 <= len(shape) <= MOST_AXES or min(shape) < 0 or expected != len(numbers):
        raise ValueError(f"is damaged: variable {name!r} says shape {shape}, and {len(numbers)} bytes follow")
    return Variable(name, kind, shape, dtype, stored, numbers)


def _part(parts: Iterator[tuple[int, bytes]], kinds: tuple[int, ...], length: int | None, what: str) -> bytes:
    """Take the next part of a variable, and check its kind and, if a length is given, its length."""
    kind, content = next(parts, (0, b""))
    if kind not in kinds or (length is not None and len(content) != length):
        raise ValueError(f"is damaged: a variable has no {what}")
    return content
