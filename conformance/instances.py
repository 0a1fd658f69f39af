"""Which cases an instance can run: those whose constructor arguments are its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygnn.conformance.case import Case


def cases_of_instance(
    module: Any, like: str, cases: Sequence[Case], params: Mapping[str, str], options: Mapping[str, Any]
) -> tuple[list[Case], list[str]]:
    """The cases for it and notes on how they were chosen."""
    return list(cases), []
