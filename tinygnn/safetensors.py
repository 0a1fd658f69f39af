"""Weights in a file: the safetensors format, read and written with the standard library.

    8 bytes    N, little-endian
    N bytes    JSON: {"NAME": {"dtype": "F64", "shape": [2, 3], "data_offsets": [0, 48]}, ...}
    the rest   the numbers, little-endian, row by row, without holes

A tensor is a number or nested lists, as in a `state_dict`. Nothing in such a file can run; whatever is
wrong with one is a ValueError that names it. Format: https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Callable, Mapping
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any

from tinygnn.files import write_atomically

Tensors = dict[str, Any]
Metadata = dict[str, str]

MAX_HEADER = 100_000_000  # bytes: what the safetensors package allows
MAX_DIMENSIONS = 16
MAX_EMPTY = 65_536  # rows of a tensor without numbers, which cost nothing in the file but do in memory


def _bfloat16(data: bytes) -> list[float]:
    """The upper halves of float32 numbers."""
    halves = struct.unpack(f"<{len(data) // 2}H", data)
    return list(
        struct.unpack(f"<{len(halves)}f", struct.pack(f"<{len(halves)}I", *[h << 16 for h in halves]))
    )


def _bools(data: bytes) -> list[bool]:
    if data.strip(b"\0\1"):
        raise ValueError("a BOOL is neither 0 nor 1")
    return [byte == 1 for byte in data]


def _doubles(data: bytes) -> list[float]:
    """Bit for bit, the payload of a nan too."""
    numbers = array("d", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _unpack(code: str) -> Callable[[bytes], list[Any]]:
    size = struct.calcsize(f"<{code}")
    return lambda data: list(struct.unpack(f"<{len(data) // size}{code}", data))


# For each kind of number: its size in bytes, and how to read many of them.
KINDS: dict[str, tuple[int, Callable[[bytes], list[Any]]]] = {
    "F64": (8, _doubles),
    "F32": (4, _unpack("f")),
    "F16": (2, _unpack("e")),
    "BF16": (2, _bfloat16),
    "I64": (8, _unpack("q")),
    "U64": (8, _unpack("Q")),
    "I32": (4, _unpack("i")),
    "U32": (4, _unpack("I")),
    "I16": (2, _unpack("h")),
    "U16": (2, _unpack("H")),
    "I8": (1, _unpack("b")),
    "U8": (1, _unpack("B")),
    "BOOL": (1, _bools),
}


# ---- writing ------------------------------------------------------------------------------------------


def save_file(
    tensors: Mapping[str, Any], path: str | Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors to a file, which appears whole or not at all."""
    write_atomically(path, save(tensors, metadata))


def save(tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a file: floats as F64, bit for bit; whole numbers alone as I64; True and False as BOOL.

    >>> load(save({"weight": [[1.0, -0.0]], "steps": 7}))
    {'weight': [[1.0, -0.0]], 'steps': 7}

    Raises ValueError for ragged lists and for whole numbers beyond 64 bits, TypeError for what is no number.
    """
    header: dict[str, Any] = {}
    if metadata:
        for key, text in metadata.items():
            if not isinstance(key, str) or not isinstance(text, str):
                raise TypeError(f"metadata {key!r} is {text!r}: both must be text")
        header["__metadata__"] = dict(metadata)
    parts = []
    for name, tensor in tensors.items():
        if not isinstance(name, str) or name == "__metadata__":
            raise ValueError(f"{name!r} cannot be the name of a tensor")
        sizes, numbers = _flattened(name, tensor)
        parts.append((name, sizes, *_packed(name, numbers)))
    parts.sort(key=lambda part: -KINDS[part[2]][0])  # the larger first, so that all are aligned
    end = 0
    for name, sizes, kind, data in parts:
        header[name] = {"dtype": kind, "shape": sizes, "data_offsets": [end, end + len(data)]}
        end += len(data)
    head = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    head += b" " * (-len(head) % 8)
    if len(head) > MAX_HEADER:
        raise ValueError(f"the header takes {len(head)} bytes: at most {MAX_HEADER} are allowed")
    return b"".join([struct.pack("<Q", len(head)), head, *[data for *_, data in parts]])


def _flattened(name: str, tensor: Any) -> tuple[list[int], list[Any]]:
    """The shape of nested lists, and all their numbers in a row; a dimension at a time."""
    sizes: list[int] = []
    level = [tensor]
    while any(issubclass(kind, (list, tuple)) for kind in set(map(type, level))):
        try:
            [size] = set(map(len, level))
        except (TypeError, ValueError):  # a number beside a list; several lengths
            raise ValueError(f"{name!r} is ragged: its rows have different lengths") from None
        sizes.append(size)
        level = list(chain.from_iterable(level))
    return sizes, level


def _packed(name: str, numbers: list[Any]) -> tuple[str, bytes]:
    """The kind of a tensor's numbers, and their bytes."""
    kinds = set(map(type, numbers))
    try:
        if kinds == {bool}:
            return "BOOL", bytes(numbers)
        if kinds == {int}:
            return "I64", struct.pack(f"<{len(numbers)}q", *numbers)
    except struct.error:
        raise ValueError(f"{name!r} has a whole number beyond 64 bits") from None
    if not kinds <= {int, float}:
        found = next(number for number in numbers if type(number) not in (int, float))
        raise TypeError(f"{name!r} holds {found!r}: a tensor is made of numbers")
    if int in kinds and any(type(n) is int and abs(n) > 2**53 for n in numbers):
        raise ValueError(f"{name!r} has a whole number beyond 2**53 beside floats")
    doubles = array("d", numbers)
    if sys.byteorder == "big":
        doubles.byteswap()
    return "F64", doubles.tobytes()


# ---- reading ------------------------------------------------------------------------------------------


def load_file(path: str | Path) -> Tensors:
    """The tensors of a file by name, ready for `load_state_dict`. Raises ValueError if it is none."""
    return load(Path(path).read_bytes(), str(path))


def load(data: bytes, name: str = "these bytes") -> Tensors:
    """The tensors in the bytes of a file; `name` is what an error calls it."""
    return parse(data, name)[0]


def parse(data: bytes, name: str = "these bytes") -> tuple[Tensors, Metadata]:
    """The tensors and the metadata in the bytes of a file, every byte of which is accounted for."""
    try:
        header, body = _split(data)
        metadata = _metadata(header.pop("__metadata__", {}))
        entries = {key: _entry(key, entry) for key, entry in header.items()}
        end = 0
        for key, (_, _, start, stop) in sorted(entries.items(), key=lambda item: item[1][2:]):
            if start != end:
                raise ValueError(
                    f"{key!r} starts at byte {start} where {end} is expected: a hole or an overlap"
                )
            end = stop
        if end != len(body):
            raise ValueError(f"its tensors take {end} bytes, but {len(body)} follow the header")
        return {key: _tensor(key, entry, body) for key, entry in entries.items()}, metadata
    except ValueError as error:
        raise ValueError(f"{name} is no sound safetensors file: {error}") from None


def _split(data: bytes) -> tuple[dict[str, Any], memoryview]:
    """The header, read, and the bytes after it."""
    if len(data) < 8:
        raise ValueError(f"it has {len(data)} bytes, which is too short")
    [size] = struct.unpack("<Q", data[:8])
    if size > MAX_HEADER or size > len(data) - 8:
        raise ValueError(f"its header is said to take {size} bytes: it is cut off, or something else")
    text = data[8 : 8 + size]
    if text[:1] != b"{":
        raise ValueError("its header does not begin with '{'")
    try:
        header = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise ValueError(f"its header is not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise ValueError("its header is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"its header is not JSON: {error}") from None
    return header, memoryview(data)[8 + size :]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in its header")
    return entries


def _no_constant(name: str) -> Any:
    raise ValueError(f"its header holds {name}, which JSON does not have")


def _metadata(given: Any) -> Metadata:
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise ValueError("its __metadata__ is not an object of texts")
    return given


def _entry(key: str, entry: Any) -> tuple[str, list[int], int, int]:
    """The kind, shape, start and end of a tensor, which fit each other."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{key!r} needs exactly dtype, shape and data_offsets")
    kind, sizes, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"{key!r} has dtype {kind!r}: known are {', '.join(KINDS)}")
    if not _is_list_of_naturals(sizes) or len(sizes) > MAX_DIMENSIONS:
        raise ValueError(f"the shape of {key!r} is not a list of at most {MAX_DIMENSIONS} whole numbers")
    if not _is_list_of_naturals(offsets) or len(offsets) != 2:
        raise ValueError(f"data_offsets of {key!r} are not two whole numbers")
    start, stop = offsets
    size = prod(sizes) * KINDS[kind][0]
    if stop - start != size:
        raise ValueError(f"{key!r} needs {size} bytes for {kind} {sizes}, but has {stop - start}")
    if size == 0 and prod(sizes[: sizes.index(0)]) > MAX_EMPTY:
        raise ValueError(f"{key!r} of shape {sizes} has more than {MAX_EMPTY} empty rows")
    return kind, sizes, start, stop


def _is_list_of_naturals(given: Any) -> bool:
    return isinstance(given, list) and all(type(n) is int and 0 <= n < 2**63 for n in given)


def _tensor(key: str, entry: tuple[str, list[int], int, int], body: memoryview) -> Any:
    """The numbers of one tensor in nested lists of its shape."""
    kind, sizes, start, stop = entry
    try:
        rows: list[Any] = KINDS[kind][1](bytes(body[start:stop]))
    except ValueError as error:
        raise ValueError(f"{key!r}: {error}") from None
    if not sizes:
        return rows[0]
    if 0 in sizes:
        return _empty(sizes)
    for length in reversed(sizes[1:]):
        rows = [rows[i : i + length] for i in range(0, len(rows), length)]
    return rows


def _empty(sizes: list[int]) -> list[Any]:
    """Nested lists of a shape that has a 0, as far as it."""
    return [_empty(sizes[1:]) for _ in range(sizes[0])] if sizes[0] else []
