"""NumPy arrays and SciPy matrices in a pickle, read without NumPy, SciPy or `pickle`.

A pickle is a program that may call anything. This machine knows a few of its instructions and a few
names, each of which stands for a small class of its own; every other is refused before it does
anything. Instructions: Python's Lib/pickletools.py.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.text_files import open_bytes

MAX_BYTES = 1 << 26  # of a file, and of its arrays: the largest of Planetoid's have a few million
NUMBERS = {
    "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q",
    "f2": "e", "f4": "f", "f8": "d", "b1": "?",
}  # fmt: skip
NAMES = {
    ("collections", "defaultdict"): "dict",
    ("__builtin__", "list"): "list",
    ("builtins", "list"): "list",
    ("_codecs", "encode"): "bytes",
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("numpy.core.multiarray", "_reconstruct"): "array",
    ("numpy._core.multiarray", "_reconstruct"): "array",
    ("scipy.sparse.csr", "csr_matrix"): "csr",
    ("scipy.sparse._csr", "csr_matrix"): "csr",
}


class Name:
    """A name that a pickle may use; nothing is imported."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


class Kind:
    """The dtype of an array: the code of its numbers and their order of bytes."""

    def __init__(self, code: Any) -> None:
        self.code = code
        self.order = "<"

    def build(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise ValueError("a dtype that is no plain number")
        self.order = ">" if state[1] == ">" else "<"


class Array:
    """An array: its shape and its numbers in a row."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.numbers: list[Any] = []

    def build(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise ValueError("an array whose state is no NumPy array's")
        _, shape, kind, column_major, data = state
        if isinstance(data, str):  # as Python 2 wrote it
            data = data.encode("latin-1")
        naturals = isinstance(shape, tuple) and all(type(size) is int and size >= 0 for size in shape)
        if not naturals or not isinstance(kind, Kind) or not isinstance(data, bytes):
            raise ValueError("an array whose state is no NumPy array's")
        code = NUMBERS.get(kind.code) if isinstance(kind.code, str) else None
        if code is None:
            raise ValueError("an array of something else than numbers")
        if column_major and len(shape) > 1:
            raise ValueError("an array in Fortran's order, which is not supported")
        count = prod(shape)
        if count * struct.calcsize(f"<{code}") != len(data):
            raise ValueError(f"an array of shape {list(shape)} with {len(data)} bytes")
        self.shape = shape
        self.numbers = list(struct.unpack(f"{kind.order}{count}{code}", data))


class Matrix:
    """A sparse matrix by rows: row i has the entries indptr[i] to indptr[i + 1]."""

    def __init__(self) -> None:
        self.shape = (0, 0)
        self.indptr: list[int] = [0]
        self.indices: list[int] = []
        self.numbers: list[Any] = []

    def build(self, state: Any) -> None:
        if not isinstance(state, dict):
            raise ValueError("a matrix whose state is no dict")
        shape: Any = state.get("_shape", state.get("shape"))
        parts: list[Any] = [state.get(name) for name in ("indptr", "indices", "data")]
        pair = isinstance(shape, tuple) and len(shape) == 2 and all(type(n) is int and n >= 0 for n in shape)
        if not pair or not all(isinstance(part, Array) and len(part.shape) == 1 for part in parts):
            raise ValueError("a sparse matrix without shape, indptr, indices and data")
        self.shape = shape
        self.indptr, self.indices, self.numbers = [part.numbers for part in parts]
        entries = len(self.numbers)
        if any(set(map(type, part)) - {int} for part in (self.indptr, self.indices)):
            raise ValueError("a sparse matrix whose indices are no integers")
        rising = all(map(int.__le__, self.indptr, self.indptr[1:]))
        if len(self.indptr) != shape[0] + 1 or not rising or self.indptr[0] != 0:
            raise ValueError("a sparse matrix whose indptr does not fit its shape")
        if self.indptr[-1] != entries or len(self.indices) != entries:
            raise ValueError("a sparse matrix with more or fewer entries than it says")
        if entries and not 0 <= min(self.indices) <= max(self.indices) < shape[1]:
            raise ValueError("a sparse matrix with entries outside its columns")


def read_arrays(path: Path) -> Any:
    """What a pickle file holds: None, numbers, text, lists, dicts, tuples, Arrays and Matrices.

    Raises AdapterError at the first instruction or name that those do not need.
    """
    try:
        with open_bytes(path) as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise AdapterError(f"it cannot be read ({error}): fetch it again", path=path) from None
    if len(data) > MAX_BYTES:
        raise AdapterError(f"it has more than {MAX_BYTES} bytes, which no Planetoid file has", path=path)
    machine = Machine(data)
    try:
        return machine.run()
    except (IndexError, struct.error):
        reason = "it ends in the middle, or is no pickle"
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        reason = str(error) or type(error).__name__
    raise AdapterError(
        f"byte {machine.start}: {reason}; only pickled numbers, lists, NumPy arrays and SciPy's csr_matrix "
        "are read, and nothing is run",
        path=path,
    ) from None


class Machine:
    """A stack, a memo and the instructions that put plain data together."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0  # the byte to be read next
        self.start = 0  # the byte of the instruction that runs
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.copied = 0  # bytes that arrays were made of; one piece of text may be used many times

    def run(self) -> Any:
        while True:
            self.start = self.at
            code = self.data[self.at]
            self.at += 1
            if code == 0x2E:  # STOP
                return self.stack.pop()
            instruction = INSTRUCTIONS.get(code)
            if instruction is None:
                raise ValueError(f"the instruction {bytes([code])!r}")
            instruction(self)

    # ---- what instructions are made of ----------------------------------------------------------------

    def number(self, code: str) -> Any:
        size = struct.calcsize(f"<{code}")
        [number] = struct.unpack(f"<{code}", self.take(size))
        return number

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise IndexError
        self.at += size
        return self.data[self.at - size : self.at]

    def text(self, code: str, encoding: str) -> None:
        self.stack.append(self.take(self.number(code)).decode(encoding))

    def raw(self, code: str) -> None:
        self.stack.append(self.take(self.number(code)))

    def line(self) -> str:
        end = self.data.index(b"\n", self.at)
        line = self.take(end - self.at).decode("utf-8")
        self.at += 1
        return line

    def since_mark(self) -> list[Any]:
        mark = self.marks.pop()
        items = self.stack[mark:]
        del self.stack[mark:]
        return items

    def remember(self, key: int) -> None:
        self.memo[key] = self.stack[-1]

    def pack(self, count: int) -> None:
        items = self.stack[-count:]
        if len(items) != count:
            raise IndexError
        del self.stack[-count:]
        self.stack.append(tuple(items))

    # ---- instructions ---------------------------------------------------------------------------------

    def append(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise ValueError("entries for something that is no list")
        self.stack[-1].extend(items)

    def set_items(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not dict:
            raise ValueError("entries for something that is no dict")
        keys = items[::2]
        if len(items) % 2 or not set(map(type, keys)) <= {int, str}:
            raise ValueError("a dict with keys that are neither numbers nor text")
        self.stack[-1].update(zip(keys, items[1::2]))

    def name(self, module: Any, attribute: Any) -> None:
        kind = (
            NAMES.get((module, attribute)) if isinstance(module, str) and isinstance(attribute, str) else None
        )
        if kind is None:
            raise ValueError(f"the name {str(module)[:80]}.{str(attribute)[:80]}")
        self.stack.append(Name(kind))

    def reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        kind = function.kind if isinstance(function, Name) else None
        if not isinstance(arguments, tuple):
            raise ValueError("a call without arguments")
        if kind == "dict":
            self.stack.append({})
        elif kind == "array":
            self.stack.append(Array())
        elif kind == "dtype" and arguments:
            self.stack.append(Kind(arguments[0]))
        elif kind == "bytes" and len(arguments) == 2 and arguments[1] == "latin1":
            self.count(arguments[0])
            self.stack.append(arguments[0].encode("latin-1"))
        else:
            raise ValueError("a call of something that makes no array")

    def new(self) -> None:
        _, kind = self.stack.pop(), self.stack.pop()
        if not isinstance(kind, Name) or kind.kind != "csr":
            raise ValueError("an object that is no csr_matrix")
        self.stack.append(Matrix())

    def build(self) -> None:
        state = self.stack.pop()
        if not isinstance(self.stack[-1], (Array, Kind, Matrix)):
            raise ValueError("a state for something that has none")
        if isinstance(self.stack[-1], Array) and isinstance(state, tuple) and state:
            self.count(state[-1])
        self.stack[-1].build(state)

    def count(self, data: Any) -> None:
        self.copied += len(data)
        if self.copied > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes of arrays")


def _pushed(make: Callable[[Machine], Any]) -> Callable[[Machine], None]:
    return lambda machine: machine.stack.append(make(machine))


INSTRUCTIONS: dict[int, Callable[[Machine], None]] = {
    code[0]: act
    for code, act in {
        b"\x80": lambda m: m.take(1) and None,  # PROTO
        b"\x95": lambda m: m.number("Q") and None,  # FRAME
        b"(": lambda m: m.marks.append(len(m.stack)),
        b"N": _pushed(lambda m: None),
        b"\x88": _pushed(lambda m: True),
        b"\x89": _pushed(lambda m: False),
        b"J": _pushed(lambda m: m.number("i")),
        b"K": _pushed(lambda m: m.number("B")),
        b"M": _pushed(lambda m: m.number("H")),
        b"\x8a": _pushed(lambda m: int.from_bytes(m.take(m.number("B")), "little", signed=True)),
        b"G": _pushed(lambda m: struct.unpack(">d", m.take(8))[0]),
        b"U": lambda m: m.text("B", "latin-1"),
        b"T": lambda m: m.text("I", "latin-1"),
        b"\x8c": lambda m: m.text("B", "utf-8"),
        b"X": lambda m: m.text("I", "utf-8"),
        b"C": lambda m: m.raw("B"),
        b"B": lambda m: m.raw("I"),
        b"]": _pushed(lambda m: []),
        b"}": _pushed(lambda m: {}),
        b")": _pushed(lambda m: ()),
        b"\x85": lambda m: m.pack(1),
        b"\x86": lambda m: m.pack(2),
        b"\x87": lambda m: m.pack(3),
        b"t": _pushed(lambda m: tuple(m.since_mark())),
        b"a": lambda m: m.append([m.stack.pop()]),
        b"e": lambda m: m.append(m.since_mark()),
        b"s": lambda m: m.set_items([m.stack.pop(), m.stack.pop()][::-1]),
        b"u": lambda m: m.set_items(m.since_mark()),
        b"q": lambda m: m.remember(m.number("B")),
        b"r": lambda m: m.remember(m.number("I")),
        b"\x94": lambda m: m.remember(len(m.memo)),
        b"h": _pushed(lambda m: m.memo[m.number("B")]),
        b"j": _pushed(lambda m: m.memo[m.number("I")]),
        b"c": lambda m: m.name(m.line(), m.line()),
        b"\x93": lambda m: m.name(*[m.stack.pop(), m.stack.pop()][::-1]),
        b"R": lambda m: m.reduce(),
        b"\x81": lambda m: m.new(),
        b"b": lambda m: m.build(),
    }.items()
}
