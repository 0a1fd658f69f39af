"""Whether a layer of PyG's departs from tinygnn's only as this version of PyG is known to."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from tinygnn.adapters.errors import require_pyg
from tinygnn.conformance.case import Case
from tinygnn.conformance.checks import Check
from tinygnn.conformance.known_differences import Known, known_differences
from tinygnn.conformance.twins import Twin
from tinygnn.conformance.vectors import find_vector
from tinygnn.nn import Module


def known_reasons(twin: Twin, departs: Sequence[Check]) -> list[str]:
    """The reasons of the known differences that explain all quantities that depart; none where one is left.

    Those count that are recorded for the PyG that is installed, of a layer of this kind, or of a part or an
    aggregation of it, with the same settings. A class of one's own has none.
    """
    if not departs or not twin.is_pygs_own or twin.ours is None:
        return []
    recorded = known_differences("pyg", require_pyg("torch_geometric").__version__)
    parts = list(twin.ours.modules())
    meant = [
        known for id, known in recorded.items() if any(is_meant(find_vector(id).case, part) for part in parts)
    ]
    if not all(any(explains(known, check) for known in meant) for check in departs):
        return []
    reasons = [known.reason for known in meant if any(explains(known, check) for check in departs)]
    return list(dict.fromkeys(reasons))


def is_meant(case: Case, part: Module) -> bool:
    """Whether a case asks of a layer like this one, or of its aggregation."""
    if case.call == "aggregate":
        aggregators = getattr(part, "aggregators", [getattr(part, "aggr", None)])
        return case.options["aggr"] in aggregators
    if case.call != type(part).__name__:
        return False
    parameters = inspect.signature(type(part)).parameters.values()
    given = case.options.get("conv", {})
    settings = {p.name: p.default for p in parameters if isinstance(p.default, str)}
    settings |= {
        name: value
        for name, value in given.items()
        if name in settings or value is True or isinstance(value, str)
    }
    return all(getattr(part, name, value) == value for name, value in settings.items())


def explains(known: Known, check: Check) -> bool:
    """Whether a quantity may depart for this reason.

    Where a case's output differs everything may; where its gradient of x does, every gradient; else those
    gradients alone that differ in the case.
    """
    outputs = [name.replace("rows", "x") for name in known.outputs]
    if check.problem:
        return False
    if "out" in outputs:
        return True
    return check.what.startswith("gradient") and (
        "grad x" in outputs or any(check.what.startswith(f"gradient of {name[5:]}") for name in outputs)
    )
