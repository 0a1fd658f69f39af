"""The cases of the forty edge cases that are operations, losses, readouts and poolings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import inf, nan
from typing import Any

from tinygnn.conformance import aggregate_table, modules_table
from tinygnn.conformance.case import Case
from tinygnn.conformance.data import numbers
from tinygnn.conformance.ops_table import BINARY, UNARY
from tinygnn.conformance.rows_table import OF_A_ROW

COTANGENT = 1.3125
# 0.1 as float32 has it, so that it is exact there; three of them do not add up to three times it.
TENTH = 13421773.0 / 2.0**27
LONG = 4096

# name: aggregation, the numbers of one group, flags
GROUPS: dict[str, tuple[str, list[float], tuple[str, ...]]] = {
    "08-tie": ("max", [2.5, -1.0, 2.5, 0.5], ("tie",)),
    "08-tie-of-three": ("max", [1.5, 1.5, 1.5], ("tie",)),
    "08-tie-below-zero": ("max", [-0.5, -0.5, -2.0], ("tie",)),
    "08-tie-of-the-smallest": ("min", [2.5, -1.0, -1.0], ("tie",)),
    "10-negative-infinite": ("max", [-inf, -inf], ("infinite", "tie")),
    "10-one-negative-infinite": ("max", [-inf, 0.5], ("infinite",)),
    "11-nan": ("max", [0.5, nan, 2.5], ("nan",)),
    "11-nan-under-a-minimum": ("min", [nan, 0.5], ("nan",)),
    "13-one-zero": ("mul", [0.0, 2.0, 3.0], ()),
    "13-two-zeros": ("mul", [0.0, 2.0, 0.0], ()),
    "14-small-spread": ("std", [1.0, 1.0 + 2.0**-8], ()),
    "14-smaller-spread": ("std", [1.0, 1.0 + 2.0**-20], ()),
    "15-equal": ("std", [TENTH] * 3, ()),
    "15-equal-powers": ("std", [0.5] * 4, ()),
    "16-far-from-zero": ("var", [10000.0, 10001.0], ()),
    "16-farther-from-zero": ("var", [2.0**30, 2.0**30 + 128.0], ()),
    "17-negative-infinite-weights": ("softmax", [-inf, -inf], ("infinite",)),
}


def edge_op_cases() -> Iterator[Case]:
    """Operations, losses and readouts of the forty edge cases."""
    yield from aggregations()
    yield from functions()
    yield from losses()
    yield from readouts()


def aggregations() -> Iterator[Case]:
    """Rows 8 to 16 and 37."""
    for name, (aggr, own, flags) in GROUPS.items():
        yield group(name, aggr, [[x] for x in own], [0] * len(own), [[COTANGENT]], flags)
    rows = [[0.5, -1.25], [1.5, 0.75]]
    cotangent = [[1.3125, -0.4375], [0.8125, 0.1875]]
    for number, aggr in (("09", "max"), ("09", "min"), ("12", "mul"), ("12", "sum"), ("12", "mean")):
        yield group(f"{number}-nothing-{aggr}", aggr, rows, [1, 1], cotangent, ("empty",))
    column = numbers("edge/37/x", LONG)
    half = LONG // 2
    for name, order in (("in-order", column), ("in-another-order", column[half:] + column[half - 1 :: -1])):
        long = [[x] for x in order]
        yield group(f"37-long-sum-{name}", "sum", long, [0] * LONG, [[COTANGENT]], ("long",))


def functions() -> Iterator[Case]:
    """Rows 8 and 17 to 19: functions of one number, of two, and of a row."""
    equations = {name: equation for name, _, _, equation in UNARY}
    for name in ("relu", "leaky_relu", "abs", "elu"):
        yield op(f"18-{name.replace('_', '-')}", name, {"x": 0.0}, {}, equations[name], ("kink",))
    bounds = {"min": 0.0, "max": 1.0}
    yield op("18-clamp", "clamp", {"x": 0.0}, bounds, "x moved into [0, 1]", ("kink",))
    yield op(
        "18-maximum-with-zero", "maximum", {"x": 0.0}, {"y": 0.0}, BINARY["maximum"], ("tie", "constant")
    )
    yield op("08-tie-of-two", "maximum", {"x": 1.5, "y": 1.5}, {}, BINARY["maximum"], ("tie",))
    yield op("18-sqrt", "sqrt", {"x": 0.0}, {}, equations["sqrt"], ("domain-edge",))
    for name, options in (("default", {}), ("tanh", {"approximate": "tanh"})):
        yield op(
            f"19-gelu-{name}", "gelu", {"x": 1.0}, options, equations["gelu" if not options else "gelu-tanh"]
        )
    for call in ("softmax", "log_softmax", "logsumexp"):
        several, equation = OF_A_ROW[call]
        cotangent = [1.3125, 0.4375] if several else COTANGENT
        name = f"17-{call.replace('_', '-')}"
        yield op(name, call, {"values": [-inf, -inf]}, {}, equation, ("infinite",), cotangent)


def losses() -> Iterator[Case]:
    """Row 35."""
    logits, mask = [[0.5, -1.25], [1.5, 0.0]], {"mask": [False, False]}
    targets: dict[str, Any] = {"cross_entropy": [1, 0], "mse_loss": [[0.25, 1.0], [0.0, 0.5]]}
    equations = {
        "cross_entropy": "-Σ log p_target / n over the rows of the mask",
        "mse_loss": "Σ (p - t)² / n",
    }
    for call, target in targets.items():
        options = {"target": target, **mask}
        name = f"35-empty-mask-{call.replace('_', '-')}"
        yield op(name, call, {"prediction": logits}, options, equations[call], ("empty", "mask"))


def readouts() -> Iterator[Case]:
    """Rows 31 and 32: a batch that ends with an empty graph, and SAGPooling."""
    for call, equation in modules_table.POOLS.items():
        name = f"31-empty-graph-last-{call.split('_')[1]}"
        yield renamed(modules_table.module(name, call, {}, "empty-last", equation), name)
    settings = {"in_channels": 3}
    case = modules_table.module("32-score-sign", "SAGPooling", settings, "three", modules_table.SAG)
    yield renamed(case, "32-score-sign")


def renamed(case: Case, name: str) -> Case:
    """The same case with the id edge/NAME."""
    return replace(case, id=f"edge/{name}")


def group(name: str, aggr: str, rows: Any, index: list[int], cotangent: Any, flags: tuple[str, ...]) -> Case:
    """An aggregation with the id edge/NAME."""
    options = {"aggr": aggr, "index": index, "num_groups": len(cotangent)}
    return op(name, "aggregate", {"rows": rows}, options, aggregate_table.EQUATIONS[aggr], flags, cotangent)


def op(
    name: str,
    call: str,
    inputs: dict[str, Any],
    options: dict[str, Any],
    equation: str,
    flags: tuple[str, ...] = (),
    cotangent: Any = COTANGENT,
) -> Case:
    """An operation with the id edge/NAME."""
    return Case(f"edge/{name}", "op", call, inputs, options, cotangent, None, 1, flags, equation)
