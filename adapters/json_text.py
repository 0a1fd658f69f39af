"""JSON text to Python's own types, strictly: no key twice, no nan, no depth or number beyond bounds."""

from __future__ import annotations

import gzip
import json
import zlib
from math import isfinite
from pathlib import Path
from typing import Any

from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.text_files import open_text, undecodable

MAX_DEPTH = 50
LONGEST_NUMBER = 1000  # digits


def read_json(path: Path, allow_nonfinite: bool = False) -> Any:
    """What a JSON file holds. Raises AdapterError with the line where there is one to name."""
    try:
        with open_text(path, "utf-8") as file:
            text = file.read()
    except UnicodeError as error:
        raise undecodable(path, "utf-8", error) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise AdapterError(f"the gzip data is damaged ({error}): pack it again", path=path) from None

    def constant(name: str) -> float:
        if allow_nonfinite:
            return float(name)
        raise ValueError(f"found {name}, which JSON does not have; allow_nonfinite=True takes it")

    try:
        held = json.loads(
            text, object_pairs_hook=_unique, parse_constant=constant, parse_int=_whole, parse_float=_decimal
        )
        refuse_depth(held)
    except json.JSONDecodeError as error:
        raise AdapterError(
            f"this is no JSON: {error.msg} (column {error.colno})", path=path, line=error.lineno
        ) from None
    except RecursionError:
        raise AdapterError(f"it is nested more than {MAX_DEPTH} deep", path=path) from None
    except ValueError as error:
        raise AdapterError(str(error), path=path) from None
    return held


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:80]!r} stands twice in one object: remove one")
    return entries


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"found a number of {len(text)} digits: at most {LONGEST_NUMBER} are read")
    return int(text)


def _decimal(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"found {text[:80]}, which no float holds: scale it")
    return number


def refuse_depth(held: Any) -> None:
    """Raise RecursionError where lists and objects stand more than MAX_DEPTH deep in each other."""
    level: list[Any] = [[held]]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for each in level:
            entries = each.values() if isinstance(each, dict) else each
            inner.extend([entry for entry in entries if type(entry) is list or type(entry) is dict])
        if not inner:
            return
        level = inner
    raise RecursionError


def json_problem(value: Any, allow_nonfinite: bool) -> str | None:
    """Why a value would not come back from JSON as it is; None if it would."""
    waiting = [(value, 0)]
    while waiting:
        entry, depth = waiting.pop()
        if entry is None or type(entry) in (bool, str):
            continue
        if type(entry) is int:
            if abs(entry) >= 10**LONGEST_NUMBER:
                return "a number of too many digits"
        elif type(entry) is float:
            if not (allow_nonfinite or isfinite(entry)):
                return f"{entry!r}, which JSON does not have; allow_nonfinite=True writes it all the same"
        elif depth >= MAX_DEPTH - 5:
            return "nested too deeply"
        elif type(entry) is list:
            waiting.extend([(each, depth + 1) for each in entry])
        elif type(entry) is dict:
            if any(type(key) is not str for key in entry):
                return "a dict with keys that are no text, which JSON would turn into text"
            waiting.extend([(each, depth + 1) for each in entry.values()])
        else:
            return f"a {type(entry).__name__}, which JSON does not have: turn it into text, numbers or lists"
    return None
