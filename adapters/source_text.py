"""The text of a source such as `Planetoid(name=Cora, root=data)[0:10]`, taken apart without `eval`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tinygnn.adapters.errors import AdapterError

CALL = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*)\s*(?:\((.*)\))?\s*(?:\[([^\[\]]*)\])?\s*", re.DOTALL)
ARGUMENT = re.compile(r"\s*(?:([A-Za-z_][A-Za-z0-9_]*)\s*=)?\s*(\"[^\"]*\"|'[^']*'|[^,\"']+?)\s*(?:,|\Z)")
INDEX = re.compile(r"\s*(-?[0-9]{1,18})\s*")
SLICE = re.compile(r"\s*(-?[0-9]{1,18})?\s*:\s*(-?[0-9]{1,18})?\s*(?::\s*(-?[0-9]{1,18})?\s*)?")
WORDS: dict[str, Any] = {"True": True, "true": True, "False": False, "false": False, "None": None}


@dataclass
class Call:
    """A name, the arguments in parentheses and the index or slice in brackets."""

    name: str
    arguments: list[Any] = field(default_factory=list)
    named: dict[str, Any] = field(default_factory=dict)
    items: int | slice | None = None


def parse_call(text: str) -> Call:
    """Take a source apart.

    >>> parse_call("Planetoid(name=Cora, root='a b', split=public)[0:10]")
    Call(name='Planetoid', arguments=[], named={'name': 'Cora', 'root': 'a b', 'split': 'public'},
         items=slice(0, 10, None))

    Raises AdapterError where it cannot be read.
    """
    match = CALL.fullmatch(text)
    if match is None:
        raise AdapterError(
            f"{text!r} cannot be read: write NAME, NAME(argument=value, ...) or NAME(...)[0:10]"
        )
    call = Call(match.group(1))
    arguments = (match.group(2) or "").strip()
    at = 0
    while at < len(arguments):
        found = ARGUMENT.match(arguments, at)
        if found is None:
            raise AdapterError(
                f"{text!r}: {arguments[at:]!r} cannot be read: write argument=value, "
                "quoted if it holds a comma"
            )
        name, value = found.groups()
        if name is None and call.named:
            raise AdapterError(f"{text!r}: {value!r} needs a name, as in argument={value}")
        if name in call.named:
            raise AdapterError(f"{text!r}: {name} is given twice")
        if name is None:
            call.arguments.append(parse_value(value))
        else:
            call.named[name] = parse_value(value)
        at = found.end()
    if match.group(3) is not None:
        call.items = _items(text, match.group(3))
    return call


def parse_value(text: str) -> Any:
    """A bare word, a quoted string, an int, a float, True, False or None.

    >>> [parse_value(text) for text in ("Cora", "'007'", "7", "0.5", "None")]
    ['Cora', '007', 7, 0.5, None]
    """
    if text[:1] in ("'", '"'):
        return text[1:-1]
    if text in WORDS:
        return WORDS[text]
    if re.fullmatch(r"-?[0-9]{1,1000}", text):
        return int(text)
    if re.fullmatch(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", text):
        return float(text)
    return text


def _items(text: str, items: str) -> int | slice:
    if index := INDEX.fullmatch(items):
        return int(index.group(1))
    found = SLICE.fullmatch(items)
    if found is None or found.group(3) in ("0", "-0"):
        raise AdapterError(f"{text!r}: [{items}] is no index or slice: write [3] or [0:10]")
    return slice(*(None if part is None else int(part) for part in found.groups()))
