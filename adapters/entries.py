"""Entries of a CSV column: text to numbers, labels and masks, exactly or not at all."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Sequence
from itertools import repeat
from math import isfinite, isinf
from typing import Any

from tinygnn.adapters.errors import AdapterError

# Says where entry i stands: the keyword arguments of AdapterError.
Place = Callable[[int], dict[str, Any]]

WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,999}").fullmatch
DECIMAL_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,999})(\.[0-9]+)?([eE][-+]?[0-9]{1,9})?").fullmatch
LARGEST_EXACT = 2**53  # up to here a float holds every integer
TRUE, FALSE = {"True", "true", "TRUE", "1"}, {"False", "false", "FALSE", "0"}


def numbers(column: Sequence[str], place: Place, allow_nonfinite: bool = False) -> list[Any]:
    """Turn text into numbers: ints where it has neither point nor exponent, else floats.

    >>> numbers(["1", "2.5", "-3e2"], lambda i: {})
    [1, 2.5, -300.0]

    Raises AdapterError for anything else, for an int that no float holds, and, unless allow_nonfinite,
    for inf and nan.
    """
    text = "".join(column)
    if text.isascii() and "_" not in text:
        try:
            found = _convert(column)
        except ValueError:
            pass
        else:
            if all(map(isfinite, found)) and (_all_floats(found) or max(map(abs, found)) <= LARGEST_EXACT):
                return found
    return [_number(entry, place, i, allow_nonfinite) for i, entry in enumerate(column)]


def _all_floats(found: list[Any]) -> bool:
    return int not in set(map(type, found))


def _convert(column: Sequence[str]) -> list[Any]:
    whole = set(map(str.isdigit, map(str.lstrip, column, repeat("-+"))))
    if len(whole) < 2:
        return list(map(int if whole == {True} else float, column))
    return [int(entry) if entry.lstrip("-+").isdigit() else float(entry) for entry in column]


def _number(entry: str, place: Place, i: int, allow_nonfinite: bool) -> Any:
    """One number, slowly; or the AdapterError that says what is wrong with it."""
    if not entry:
        raise AdapterError("found nothing, expected a number: fill it in", **place(i))
    shown = reprlib.repr(entry)
    try:
        if not entry.isascii() or "_" in entry:
            raise ValueError
        number: Any = int(entry) if entry.lstrip("-+").isdigit() else float(entry)
    except ValueError:
        advice = "; write it without separators" if "," in entry else ""
        raise AdapterError(f"found {shown}, expected a number{advice}", **place(i)) from None
    try:
        exact = float(number) == number or number != number
    except OverflowError:
        exact = False
    if not exact or (isinf(number) and any(map(str.isdigit, entry))):
        raise AdapterError(f"found {shown}, which no float holds: scale the column", **place(i))
    if not allow_nonfinite and not isfinite(number):
        raise AdapterError(
            f"found {shown}, expected a finite number; allow_nonfinite=True takes inf and nan", **place(i)
        )
    return number


def label_values(column: Sequence[str], place: Place) -> list[Any]:
    """Labels as ints if all are whole numbers, as floats if all are numbers, else as text.

    >>> label_values(["1", "07"], lambda i: {})
    ['1', '07']
    """
    for i, entry in enumerate(column):
        if not entry:
            raise AdapterError(
                "found no label: give each node one, or a number such as -1 and a mask", **place(i)
            )
    if all(map(WHOLE_NUMBER, column)):
        return list(map(int, column))
    if all(map(DECIMAL_NUMBER, column)):
        return numbers(column, place)
    return list(column)


def mask_values(column: Sequence[str], place: Place) -> list[bool]:
    """A mask from True and False, true and false, or 1 and 0."""
    for i, entry in enumerate(column):
        if entry not in TRUE and entry not in FALSE:
            raise AdapterError(f"found {entry!r}, expected True or False, or 1 or 0", **place(i))
    return [entry in TRUE for entry in column]


def mask_words(column: Sequence[str]) -> list[str]:
    """The words for False and True that the column uses, to write them again."""
    words = set(column)
    falses, trues = sorted(words & FALSE), sorted(words & TRUE)
    if len(falses) > 1 or len(trues) > 1:
        return ["False", "True"]
    if falses:
        return [
            falses[0],
            trues[0] if trues else {"0": "1", "false": "true", "FALSE": "TRUE"}.get(falses[0], "True"),
        ]
    return (
        [{"1": "0", "true": "false", "TRUE": "FALSE"}.get(trues[0], "False"), trues[0]]
        if trues
        else ["False", "True"]
    )


def whole_numbers(column: Sequence[str], place: Place) -> list[int]:
    """Ids as integers."""
    for i, entry in enumerate(column):
        if not WHOLE_NUMBER(entry) and not re.fullmatch("[0-9]{1,999}", entry):
            raise AdapterError(
                f"found {reprlib.repr(entry)}, expected a whole number; id_type=str keeps ids as text",
                **place(i),
            )
    return list(map(int, column))
