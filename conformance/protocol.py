"""The messages between the suite and a harness in any language: one line of JSON each.

The suite writes to the harness's standard input and reads its standard output:

    -> {"type": "hello", "protocol": 1, "suite": "tinygnn 0.1.0"}
    <- {"type": "hello", "protocol": 1, "name": "mine", "version": "1.0"}
    -> {"type": "run", "id": "op/tanh/positive", "outputs": ["out", "grad x"], "case": {...}}
    <- {"type": "result", "id": "op/tanh/positive", "outputs": {"out": 0.5, "grad x": "0x1.8p+0"}}
    -> {"type": "bye"}

In place of a result the harness may say {"type": "skip", "id": ..., "reason": ...} or
{"type": "error", "id": ..., "message": ...}. A float of a question is a number with as many decimal digits as
it needs to be read back exactly, or "nan", "inf", "-inf". A float of an answer may be that, or a
hexadecimal float of C99 in a string. `schema/protocol.schema.json` says the same to a program, and
docs/protocol.md to a reader.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import tinygnn
from tinygnn.conformance.case import Case, Failed, Numbers, Result, Unsupported
from tinygnn.conformance.harness_process import plain

PROTOCOL = 1
SUITE = f"tinygnn {tinygnn.__version__}"
HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]+(\.[0-9a-fA-F]*)?([pP][+-]?[0-9]+)?")
DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "infinity": math.inf}
SHOWN = 80  # characters of a line that are quoted in a message
ANSWERS = ("result", "skip", "error")

Message = dict[str, Any]


class ProtocolError(ValueError):
    """A line that is no message, or not the one that was due."""


def line_of(message: Mapping[str, Any]) -> str:
    """A message as a line, its end included."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":"), allow_nan=False) + "\n"


def hello() -> Message:
    """What the suite says first."""
    return {"type": "hello", "protocol": PROTOCOL, "suite": SUITE}


def question(case: Case, outputs: Iterable[str]) -> Message:
    """A case as a question; outputs: the names of what is to be answered."""
    described = {field.name: encoded(getattr(case, field.name)) for field in fields(Case)}
    return {"type": "run", "id": case.id, "outputs": list(outputs), "case": described}


def encoded(entry: Any) -> Any:
    """What JSON can hold: lists for tuples, "nan", "inf" and "-inf" for floats that are not finite."""
    if isinstance(entry, float):
        return entry if math.isfinite(entry) else str(entry)
    if isinstance(entry, (list, tuple)):
        return [encoded(part) for part in entry]
    if isinstance(entry, Mapping):
        return {name: encoded(part) for name, part in entry.items()}
    return entry


def message_of(line: str | bytes) -> Message:
    """The message of a line. Raises ProtocolError for what is no JSON object with a type."""
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        message = json.loads(text)
    except UnicodeDecodeError as error:
        raise ProtocolError(f"not UTF-8: {quoted(line)}") from error
    except json.JSONDecodeError as error:
        raise ProtocolError(f"not JSON ({error.msg} in column {error.colno}): {quoted(line)}") from error
    except RecursionError as error:
        raise ProtocolError(f"JSON nested too deeply: {quoted(line)}") from error
    except ValueError as error:  # an integer of thousands of digits
        raise ProtocolError(f"not JSON that can be read ({error}): {quoted(line)}") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ProtocolError(f'not an object with a "type": {quoted(line)}')
    return message


def quoted(given: Any) -> str:
    """The beginning of a line, or of what stood in it, to be shown."""
    if isinstance(given, bytes):
        given = given.decode("utf-8", "backslashreplace").rstrip("\r\n")
    text = repr(given)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


@dataclass(frozen=True)
class Greeting:
    """What a harness's hello says. calls: the operations and layers that it has, None for all of them."""

    name: str
    version: str
    calls: frozenset[str] | None = None


def greeting(message: Message, name: str) -> Greeting:
    """The hello of a harness; name: what it is called where it does not say.

    Raises ProtocolError unless it is a hello of this protocol, and made for the cases of this suite.
    """
    if message["type"] != "hello":
        raise ProtocolError(f"the first message is {quoted(message['type'])}, not 'hello'")
    protocol = message.get("protocol")
    if protocol != PROTOCOL or isinstance(protocol, bool):
        raise ProtocolError(f"it speaks protocol {quoted(protocol)}, this suite speaks {PROTOCOL}")
    if message.get("suite", SUITE) != SUITE:
        raise ProtocolError(f"it answers {quoted(message['suite'])}, this suite is {SUITE}: ask it again")
    calls = message.get("calls")
    if calls is not None and not (isinstance(calls, list) and all(isinstance(call, str) for call in calls)):
        raise ProtocolError(f'the "calls" of its hello are {quoted(calls)}, not a list of names')
    return Greeting(
        plain(message.get("name") or name, length=40),
        plain(message.get("version") or "without a version", length=40),
        None if calls is None else frozenset(calls),
    )


def result_of(message: Message, id: str) -> Result:
    """The result in an answer to the question of that id.

    Raises Unsupported for a skip, Failed for an error, ProtocolError for anything else that is no result.
    """
    if message["type"] not in ANSWERS:
        raise ProtocolError(f"a message {quoted(message['type'])} in place of an answer to {id!r}")
    if message.get("id") != id:
        raise ProtocolError(f"an answer to {quoted(message.get('id'))}, while {id!r} was asked")
    if message["type"] == "skip":
        raise Unsupported(plain(message.get("reason") or "the harness gives no reason"))
    if message["type"] == "error":
        raise Failed(plain(message.get("message") or "the harness gives no message"))
    outputs = message.get("outputs")
    if not isinstance(outputs, dict):
        raise ProtocolError('"outputs" is not an object of names and numbers')
    named = {plain(name): entry for name, entry in outputs.items()}
    return Result({name: numbers(entry, f'outputs["{name}"]') for name, entry in named.items()})


def numbers(entry: Any, place: str) -> Numbers:
    """Nested lists of floats. Raises ProtocolError that names the place of what is no number."""
    if isinstance(entry, list):
        return [numbers(part, f"{place}[{i}]") for i, part in enumerate(entry)]
    found = number(entry)
    if found is None:
        raise ProtocolError(f"{place} is {plain(json.dumps(entry), length=SHOWN)}, not a number")
    return found


def number(entry: Any) -> float | None:
    """A float of an answer, or None for what is none.

    >>> number("0x1.8p+1"), number("-inf"), number(0.1), number("1e-3"), number("one")
    (3.0, -inf, 0.1, 0.001, None)
    """
    try:
        if isinstance(entry, (int, float)) and not isinstance(entry, bool):
            return float(entry)
        if not isinstance(entry, str):
            return None
        sign, word = (-1.0, entry[1:]) if entry[:1] == "-" else (1.0, entry.removeprefix("+"))
        if word.lower() in NOT_FINITE:
            return sign * NOT_FINITE[word.lower()]
        if HEXADECIMAL.fullmatch(entry):
            return float.fromhex(entry)
        return float(entry) if DECIMAL.fullmatch(entry) else None
    except OverflowError:  # an integer or a hexadecimal float beyond all floats
        return None
