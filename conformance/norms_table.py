"""The cases of norms. A graph's name stands for how many rows there are; what matters is the batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.convs_table import Layer, Row, cases
from tinygnn.conformance.data import numbers

# Batches of the six rows of "mixed": the arguments of forward, and the traps they set.
BATCHES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "three": ({"batch": [0, 0, 0, 1, 2, 2]}, ("batch", "one-node")),
    "unsorted": ({"batch": [1, 0, 2, 1, 1, 0]}, ("batch", "one-node")),
    "empty-between": ({"batch": [0, 0, 2, 2, 2, 2]}, ("batch", "empty")),
    "empty-last": ({"batch": [0, 0, 0, 1, 1, 1], "batch_size": 4}, ("batch", "empty")),
    "one": ({"batch": [0, 0, 0, 0, 0, 0]}, ()),
}
# A constant column, numbers far from 0, and equal rows.
CONSTANT = [[1.5, -0.5, 0.75], [1.5, 1.25, 0.5], [1.5, 0.25, -1.0], [1.5, 2.0, 0.125], [1.5, 0.5, 1.0],
            [1.5, -2.0, 0.25]]  # fmt: skip
FAR = [[1.984375, 2.0, -1.96875], [2.0, 1.96875, -2.0], [1.96875, 2.0, -1.96875], [2.0, 1.984375, -1.984375],
       [1.984375, 1.96875, -2.0], [2.0, 1.984375, -1.96875]]  # fmt: skip
EQUAL = [[0.5, -1.5, 0.25]] * 6
INPUTS = {"constant-column": CONSTANT, "far": FAR, "equal-rows": EQUAL}
WITH_BATCH = ("three", "unsorted", "empty-between", "empty-last", "one")


def steps(name: str, *sizes: int) -> list[dict[str, Any]]:
    """What a norm sees in training before the case: one x after the other."""
    return [{"x": numbers(f"{name}/before/{i}", size, 3)} for i, size in enumerate(sizes)]


def in_batches(settings: Mapping[str, Any], batches: tuple[str, ...] = WITH_BATCH) -> dict[str, Row]:
    """A row for each batch."""
    return {
        name: Row(settings, ("mixed",), given=BATCHES[name][0], flags=BATCHES[name][1]) for name in batches
    }


def named(option: str, rows: Mapping[str, Row]) -> dict[str, Row]:
    """The same rows under longer names."""
    return {f"{option}-{name}" if name else option: row for name, row in rows.items()}


def of_inputs(settings: Mapping[str, Any], batch: str = "one") -> dict[str, Row]:
    """A row for each of the awkward inputs."""
    [row] = in_batches(settings, (batch,)).values()
    return {name: replace(row, x=x) for name, x in INPUTS.items()}


BATCH_NORM = Layer(
    "batch_norm",
    "BatchNorm",
    "x'_ij = (x_ij - μ_j) / √(σ²_j + ε) γ_j + β_j over all rows "
    "(Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1)",
    sizes=(3,),
    out=3,
    edges=False,
)
MIXED = ("mixed",)
BATCH_ROWS: dict[str, Row] = {
    "": Row(graphs=("path", "mixed", "star")),
    "not-affine": Row({"affine": False}),
    "eps": Row({"eps": 0.25}),
    "no-running-statistics": Row({"track_running_stats": False}),
    "no-running-statistics-evaluation": Row({"track_running_stats": False}, training=False),
    "single-element": Row({"allow_single_element": True}, ("one-node", "mixed"), flags=("one-node",)),
    "single-element-after-steps": Row(
        {"allow_single_element": True},
        ("one-node",),
        before=steps("batch_norm", 4, 1, 5),
        flags=("one-node",),
    ),
    "fresh-evaluation": Row(graphs=("mixed", "one-node"), training=False),
    "evaluation": Row(before=steps("batch_norm", 4, 2), training=False),
    "evaluation-momentum": Row({"momentum": 0.75}, before=steps("batch_norm", 4, 2), training=False),
    "evaluation-average": Row({"momentum": None}, before=steps("batch_norm", 4, 2, 5), training=False),
    "evaluation-not-affine": Row({"affine": False}, before=steps("batch_norm", 4), training=False),
    "constant": Row(constant=("x",)),
    **{name: Row(graphs=MIXED, x=x) for name, x in INPUTS.items()},
}

LAYER_NORM = replace(
    BATCH_NORM,
    name="layer_norm",
    call="LayerNorm",
    equation="x'_ij = (x_ij - μ) / √(σ² + ε) γ_j + β_j over all of a graph, or of a node "
    "(Ba et al. 2016, arXiv:1607.06450, section 3)",
)
LAYER_ROWS: dict[str, Row] = {
    "": Row(graphs=("path", "one-node")),
    **in_batches({}),
    **named("not-affine", in_batches({"affine": False}, ("three", "unsorted"))),
    **named("eps", in_batches({"eps": 0.25}, ("three",))),
    **of_inputs({}),
    "constant": replace(in_batches({}, ("three",))["three"], constant=("x",)),
    "node": Row({"mode": "node"}, ("path", "mixed", "one-node")),
    "node-not-affine": Row({"mode": "node", "affine": False}),
    **named("node", in_batches({"mode": "node"}, ("three", "empty-last"))),
    **named("node", of_inputs({"mode": "node"})),
}

GRAPH_NORM = replace(
    BATCH_NORM,
    name="graph_norm",
    call="GraphNorm",
    equation="x'_ij = (x_ij - α_j μ_j) / √(E[(x_j - α_j μ_j)²] + ε) γ_j + β_j over each graph "
    "(Cai et al. 2021, arXiv:2009.03294, equation 6)",
)
GRAPH_ROWS: dict[str, Row] = {
    "": Row(graphs=("path", "mixed", "one-node")),
    **in_batches({}),
    **named("eps", in_batches({"eps": 0.25}, ("three",))),
    **of_inputs({}),
    "constant": replace(in_batches({}, ("three",))["three"], constant=("x",)),
}

INSTANCE_NORM = replace(
    BATCH_NORM,
    name="instance_norm",
    call="InstanceNorm",
    equation="x'_ij = (x_ij - μ_j) / √(σ²_j + ε) γ_j + β_j over each graph "
    "(Ulyanov et al. 2017, arXiv:1607.08022, equation 4)",
)
RUNNING = {"track_running_stats": True}
BATCHED_STEPS = [
    {"x": numbers("instance_norm/before/0", 5, 3), "batch": [0, 0, 1, 1, 1]},
    {"x": numbers("instance_norm/before/1", 6, 3), "batch": [1, 2, 2, 0, 1, 2]},
]
INSTANCE_ROWS: dict[str, Row] = {
    "": Row(graphs=("path", "mixed")),
    "affine": Row({"affine": True}),
    **in_batches({}),
    **named("affine", in_batches({"affine": True})),
    **named("eps", in_batches({"eps": 0.25}, ("three",))),
    **of_inputs({}),
    "constant": replace(in_batches({"affine": True}, ("three",))["three"], constant=("x",)),
    "training": Row({**RUNNING, "affine": True}),
    "evaluation": Row({**RUNNING, "affine": True}, before=steps("instance_norm", 4, 2), training=False),
    "evaluation-momentum": Row({**RUNNING, "momentum": 0.75}, before=BATCHED_STEPS, training=False),
    "evaluation-three": replace(
        in_batches(RUNNING, ("three",))["three"], before=BATCHED_STEPS, training=False
    ),
    "fresh-evaluation": Row(RUNNING, ("mixed", "one-node"), training=False),
}

PAIR_NORM = replace(
    BATCH_NORM,
    name="pair_norm",
    call="PairNorm",
    equation="x'_i = s (x_i - μ) / √(ε + Σ_k ‖x_k - μ‖² / n) "
    "(Zhao & Akoglu 2020, arXiv:1909.12223, equations 10 and 11)",
    sizes=(),
)
PAIR_ROWS: dict[str, Row] = {
    "": Row(graphs=("path", "mixed", "one-node")),
    "scale": Row({"scale": 2.5}),
    "eps": Row({"eps": 0.25}),
    "individually": Row({"scale_individually": True, "scale": 0.5}, ("path", "mixed", "one-node")),
    **in_batches({}),
    **named("individually", in_batches({"scale_individually": True})),
    **of_inputs({}),
    **named("individually", of_inputs({"scale_individually": True})),
}

GRAPH_SIZE_NORM = replace(
    BATCH_NORM,
    name="graph_size_norm",
    call="GraphSizeNorm",
    equation="x'_i = x_i / √n (Dwivedi et al. 2020, arXiv:2003.00982)",
    sizes=(),
)
GRAPH_SIZE_ROWS: dict[str, Row] = {"": Row(graphs=("path", "mixed", "one-node")), **in_batches({})}


def norm_cases() -> Iterator[Case]:
    """Every case of a norm."""
    for layer, rows in (
        (BATCH_NORM, BATCH_ROWS),
        (LAYER_NORM, LAYER_ROWS),
        (GRAPH_NORM, GRAPH_ROWS),
        (INSTANCE_NORM, INSTANCE_ROWS),
        (PAIR_NORM, PAIR_ROWS),
        (GRAPH_SIZE_NORM, GRAPH_SIZE_ROWS),
    ):
        yield from cases(layer, rows)
