"""The right answers of other conventions: so that another library's choice is told from a bug.

tinygnn runs the case with what another convention makes of it: other edges and weights, a flipped sign,
another formula. Values carry the gradients back to the case's own inputs, and so a convention is held to its
gradients as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tinygnn import linalg
from tinygnn.conformance.case import Case, Numbers
from tinygnn.conformance.compare import Convention
from tinygnn.conformance.convention_edges import (
    Given,
    attention_with,
    change_of,
    edges_of,
    given_edges,
    has_normalize,
    without_loops,
)
from tinygnn.conformance.profile import PROFILES, layer_of, profile_of
from tinygnn.conformance.recorded import RECORDED, Change, differentiated, read
from tinygnn.nn.module import leaves, shape
from tinygnn.value import Value

# Two answers are two where a number differs by this part of the largest; rounding is far below.
DIFFERENT = 1e-6
FIRST_WEIGHT = re.compile(r"(convs\.\d+\.)?nn\.(0\.|lins\.0\.)?weight")
EMPTY = {"max": ("-inf", -math.inf), "min": ("inf", math.inf), "mul": ("0", 0.0), "mean": ("nan", math.nan)}


Answer = Callable[[Case, Change | None], dict[str, Numbers]]


def answer(case: Case, change: Change | None = None) -> dict[str, Numbers]:
    """Outputs and gradients, with or without a change."""
    return read(differentiated(case, change))


def conventions(case: Case, answer: Answer = answer) -> list[Convention]:
    """The right answers of the other conventions that are known, each with all of its outputs.

    answer: computes outputs and gradients of a case, changed or not; in float64 if not told otherwise.
    One that gives the same numbers as the case's own profile, or as another one before it, is left out.
    """
    if not case.profile:
        case = replace(case, profile=profile_of(case))
    if not case.profile or case.kind not in RECORDED:
        return []
    seen, found = [answer(case, None)], []
    changed = [(name, answer(case, change)) for name, change in changes(case)]
    for name, outputs in [*changed, *of_empty_groups(case, seen[0])]:
        if all(differ(outputs, other) for other in seen):
            seen.append(outputs)
            found.append(Convention(name, outputs))
    return found


def differ(a: dict[str, Numbers], b: dict[str, Numbers]) -> bool:
    """Whether any number differs by more than rounding."""
    for name, numbers in a.items():
        if shape(numbers) != shape(b[name]):
            return True
        pairs = list(zip(leaves(numbers), leaves(b[name])))
        size = max([abs(x) for pair in pairs for x in pair if math.isfinite(x)], default=0.0)
        if any(x != y and not (x != x and y != y) and not abs(x - y) <= DIFFERENT * size for x, y in pairs):
            return True
    return False


def changes(case: Case) -> Iterator[tuple[str, Change]]:
    """Names, and what makes tinygnn follow them. A name says what is not as in the case's profile."""
    call = layer_of(case)
    if call in ("GATConv", "GATv2Conv"):
        if case.profile["self loops"] == "replaced":
            yield "self loops: none", without_loops
            if "edge_attr" not in (*case.inputs, *case.options):
                yield from ((f"self loops: {how}", attention_with(how)) for how in ("added", "completed"))
    elif "degree" in case.profile and call != "ChebConv":
        yield from of_edges(case)
    elif call == "EdgeConv":
        yield "edge difference: self minus neighbour", flipped
    elif "weighted mean" in case.profile:
        yield "weighted mean: sum of weights", by_sum_of_weights
    elif "gelu" in case.profile:
        other = "tanh" if case.profile["gelu"] == "erf" else "erf"
        yield f"gelu: {other}", other_gelu


def of_edges(case: Case) -> Iterator[tuple[str, Change]]:
    """Other self loops, other degrees, and both as in DGL and jraph; of a stack of layers only the loops."""
    loops = [how for how in PROFILES["self loops"] if how != case.profile.get("self loops")]
    if case.profile.get("self loops") == "kept":
        yield from ((f"self loops: {how}", change_of(case, how, None)) for how in loops)
    if has_normalize(case) and case.call != "GNN":
        for degree in ("both ends, weighted", "both ends, counted", "entering, counted"):
            yield f"degree: {degree}", change_of(case, None, degree)
        if case.call == "GCNConv" and case.profile.get("self loops") == "kept":
            for how in ("none", "added"):
                for degree in ("both ends, counted", "both ends, weighted"):
                    yield f"self loops: {how}; degree: {degree}", change_of(case, how, degree)
        elif case.call == "APPNP" and case.profile.get("self loops") == "kept":
            degree = "both ends, counted"
            yield f"self loops: none; degree: {degree}", change_of(case, "none", degree)


def flipped(case: Case, inputs: Given) -> tuple[Case, Given]:
    """nn(x_i ‖ x_i - x_j): in the first layer of each nn the second half of the weights changes its sign."""
    own = dict(inputs)
    for name, weight in inputs.items():
        if FIRST_WEIGHT.fullmatch(name):
            half = len(weight[0]) // 2
            own[name] = [row[:half] + [-w for w in row[half:]] for row in weight]
    return case, own


def by_sum_of_weights(case: Case, inputs: Given) -> tuple[Case, Given]:
    """Σ w x / Σ w: each weight times n / Σ w, for PyG divides by n."""
    edges = edges_of(case, inputs)
    entering: dict[int, list[Any]] = {}
    for _, target, weight in edges:
        entering.setdefault(target, []).append(weight)
    sums = {target: linalg.total(own) if isinstance(own[0], Value) else sum(own)
            for target, own in entering.items()}  # fmt: skip
    scaled = [(s, t, w * len(entering[t]) / sums[t]) for s, t, w in edges]
    return given_edges(case, inputs, scaled)


def other_gelu(case: Case, inputs: Given) -> tuple[Case, Given]:
    """The other one of erf and tanh."""
    approximate = "tanh" if case.profile["gelu"] == "erf" else "none"
    if case.kind == "op":
        return replace(case, options={**case.options, "approximate": approximate}), inputs
    settings = {**case.options.get("conv", {}), "approximate": approximate}
    return replace(case, options={**case.options, "conv": settings}), inputs


def of_empty_groups(case: Case, own: dict[str, Numbers]) -> Iterator[tuple[str, dict[str, Numbers]]]:
    """What the aggregate of nothing is elsewhere: of no rows no gradient depends on it."""
    if "empty neighbourhood" in case.profile:
        name, value = EMPTY[case.options["aggr"]]
        full = set(case.options["index"])
        out = [row if i in full else [value] * len(row) for i, row in enumerate(own["out"])]
        yield f"empty neighbourhood: {name}", {**own, "out": out}
