"""How a case and its right answer stand in a JSON file: one object, with floats that lose nothing.

A float is a string in the hexadecimal form of C99 and IEEE 754, such as "-0x1.8p+1" for -3, or "nan",
"inf", "-inf"; -0 is "-0x0p+0". No other string looks like that, and numbers without quotes are integers. A
magnitude needs no more than three digits, which are rounded up: like the bound it is a decimal number,
or "inf" or "nan". What a case leaves at its default is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from decimal import ROUND_UP, Context, Decimal
from functools import cache
from typing import Any

from tinygnn.conformance.case import Case, Numbers
from tinygnn.conformance.compare import Convention, Expected

Record = dict[str, Any]

# The fields of a case that hold numbers; the others are names and small integers.
NUMERIC = ("inputs", "options", "cotangent")
FLOAT = re.compile(r"-?0x[01](\.[0-9a-f]{1,13})?p[+-][0-9]{1,4}|nan|-?inf")
THREE_DIGITS = Context(prec=3, rounding=ROUND_UP)
# Rounding up starts this much above a number of three digits: which of two ways of adding up the terms was
# taken must not decide on the digit.
NOISE = 2.0**-30


def hex_float(x: float) -> str:
    """The shortest hexadecimal form of a float.

    >>> hex_float(-3.0), hex_float(0.1), hex_float(0.0), hex_float(float("nan"))
    ('-0x1.8p+1', '0x1.999999999999ap-4', '0x0p+0', 'nan')
    """
    if not math.isfinite(x):
        return "nan" if x != x else "inf" if x > 0.0 else "-inf"
    mantissa, _, exponent = x.hex().partition("p")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}p{exponent}"


def encode(entry: Any) -> Any:
    """Nested lists and dicts with every float as a string; tuples become lists."""
    if isinstance(entry, float):
        return hex_float(entry)
    if isinstance(entry, (list, tuple)):
        return [encode(part) for part in entry]
    if isinstance(entry, Mapping):
        return {name: encode(part) for name, part in entry.items()}
    if entry is None or isinstance(entry, (bool, int)):
        return entry
    if isinstance(entry, str) and not FLOAT.fullmatch(entry):
        return entry
    raise TypeError(f"a case holds {entry!r}: only numbers, names, lists and dicts of these can be written")


def decode(entry: Any) -> Any:
    """What `encode` was given, with lists for tuples."""
    if isinstance(entry, str):
        return decoded_text(entry)
    if isinstance(entry, list):
        return [decoded_text(part) if type(part) is str else decode(part) for part in entry]
    if isinstance(entry, dict):
        return {name: decode(part) for name, part in entry.items()}
    return entry


@cache
def decoded_text(text: str) -> Any:
    """The float that a text says, else the text; many of the suite's numbers occur again and again."""
    return float.fromhex(text) if FLOAT.fullmatch(text) else text


def three_digits(x: float) -> float | str:
    """A magnitude, which is never negative, rounded up to three digits.

    >>> three_digits(2.5), three_digits(1.0001), three_digits(float("inf"))
    (2.5, 1.01, 'inf')
    """
    if not math.isfinite(x):
        return "nan" if x != x else "inf"
    rounded = float(THREE_DIGITS.create_decimal(Decimal(x * (1.0 - NOISE))))
    return rounded if math.isfinite(rounded) else "inf"


def nested(entry: Any, change: Callable[[Any], Any]) -> Any:
    """The same nested lists with every number changed."""
    if not isinstance(entry, list):
        return change(entry)
    if entry and not isinstance(entry[0], list):
        return list(map(change, entry))
    return [nested(part, change) for part in entry]


def record_of(case: Case, expected: Expected) -> Record:
    """One line of a file."""
    record: Record = {}
    for field in fields(Case):
        value = getattr(case, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if not (type(value) is type(default) and value == default):
            record[field.name] = encode(value) if field.name in NUMERIC else plain(value)
    record["bound"] = float(expected.bound)
    record["expected"] = encode(expected.outputs)
    record["magnitudes"] = {name: nested(x, three_digits) for name, x in expected.magnitudes.items()}
    if expected.subgradients:
        record["subgradients"] = encode(expected.subgradients)
    if expected.conventions:
        record["conventions"] = [{"name": c.name, "outputs": encode(c.outputs)} for c in expected.conventions]
    return record


def plain(value: Any) -> Any:
    """Lists for tuples."""
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def case_of(record: Record) -> Case:
    """The case of a line."""
    known = {field.name: record[field.name] for field in fields(Case) if field.name in record}
    for name, value in known.items():
        known[name] = decode(value) if name in NUMERIC else tuple(value) if isinstance(value, list) else value
    return Case(**known)


def expected_of(record: Record) -> Expected:
    """The right answer of a line."""
    magnitudes: dict[str, Numbers] = {name: nested(x, float) for name, x in record["magnitudes"].items()}
    conventions = [Convention(c["name"], _floats(c["outputs"])) for c in record.get("conventions", [])]
    bound = float(record["bound"])
    return Expected(
        _floats(record["expected"]), magnitudes, bound, _floats(record.get("subgradients", {})), conventions
    )


def _floats(outputs: Record) -> dict[str, Numbers]:
    return {name: nested(x, float.fromhex) for name, x in outputs.items()}
