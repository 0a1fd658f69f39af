"""The cases of GNN with several layers of each kind, and with readouts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.data import GRAPHS, numbers
from tinygnn.conformance.layer_weights import EQUATIONS, PARAMETERS
from tinygnn.conformance.models_table import LOSS_COTANGENT


def gnn_cases() -> Iterator[Case]:
    """Every case of GNN other than those of models_table."""
    yield from stack_cases()
    yield from readout_cases()


def stack_cases() -> Iterator[Case]:
    """Models of several SAGEConv or GATConv."""
    for graph in ("star", "mixed", "no-edges", "one-node-loop"):
        for act in ("relu", "tanh"):
            yield stack("sage", f"sage/{graph}-{act}", graph, [3, 4, 2], act)
            yield stack("gat", f"gat/{graph}-{act}", graph, [3, 4, 2], act, {"heads": 2})
    for settings in ({"aggr": "max"}, {"project": True}, {"normalize": True}):
        (option,) = settings
        yield stack("sage", f"sage/mixed-{option}", "mixed", [3, 4, 4, 2], "tanh", settings)
    yield stack("sage", "sage/mixed-one-layer", "mixed", [3, 2], "relu")
    yield stack("gat", "gat/mixed-one-layer", "mixed", [3, 2], "relu", {"heads": 3})
    yield stack("gat", "gat/mixed-one-head", "mixed", [3, 4, 2], "elu")
    yield stack("gat", "gat/mixed-three-layers", "mixed", [3, 4, 4, 2], "elu", {"heads": 2, "residual": True})
    yield stack("gat", "gat/mixed-without-concat", "mixed", [3, 4, 2], "elu", {"heads": 2, "concat": False})
    for kind in ("sage", "gat"):
        yield stack(kind, f"{kind}/mixed-cross_entropy", "mixed", [3, 4, 3], "relu", loss="cross_entropy")


def readout_cases() -> Iterator[Case]:
    """Models that give one row for the whole graph."""
    for kind in EQUATIONS:
        for readout in ("mean", "sum", "max"):
            for graph in ("mixed", "one-node"):
                yield stack(
                    kind, f"{kind}/{graph}-readout-{readout}", graph, [3, 4, 2], "tanh", readout=readout
                )
    name = "gcn/mixed-readout-mean-cross_entropy"
    yield stack("gcn", name, "mixed", [3, 4, 3], "relu", readout="mean", loss="cross_entropy")


def stack(
    kind: str,
    name: str,
    graph: str,
    sizes: list[int],
    act: str,
    settings: dict[str, Any] | None = None,
    *,
    readout: str | None = None,
    loss: str | None = None,
) -> Case:
    """A case of GNN."""
    num_nodes, edges, flags = GRAPHS[graph]
    settings, rows = settings or {}, num_nodes if readout is None else 1
    inputs: dict[str, Any] = {"x": numbers(f"{name}/x", num_nodes, sizes[0])}
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        here = settings
        if kind == "gat":
            concat = settings.get("concat", True) and i < len(sizes) - 2
            here, b = {**settings, "concat": concat}, b // settings.get("heads", 1) if concat else b
        named = PARAMETERS[kind](f"{name}/{i}", a, b, here)
        inputs.update({f"convs.{i}.{key}": values for key, values in named.items()})
    options = {"sizes": sizes, "act": act, "kind": kind, "conv": settings, "readout": readout}
    if loss:
        options.update(loss=loss, target=[(2 * i + 1) % sizes[-1] for i in range(rows)], mask=None)
    return Case(
        id=f"model/{name}",
        kind="model",
        call="GNN",
        inputs=inputs,
        options=options,
        cotangent=LOSS_COTANGENT if loss else numbers(f"{name}/cotangent", rows, sizes[-1]),
        edge_index=edges,
        flags=flags,
        equation=EQUATIONS[kind],
    )
