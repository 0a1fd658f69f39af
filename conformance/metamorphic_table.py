"""Metamorphic cases: what may happen to a graph without a change to what each node computes.

Of every convolution on the graph "mixed" there is a case with the nodes relabelled, one with the edges in
another order, and one beside a second graph; of some also one with a node apart whose features are nan. Their
right answers follow from those of the case they come from, and the tests hold the vectors to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tinygnn.conformance.case import Case, Numbers
from tinygnn.conformance.data import GRAPHS, numbers

NODES, EDGES, _ = GRAPHS["mixed"]
# Node i gets the name RELABELLED[i]; the edges stand in the order REORDERED.
RELABELLED = (3, 5, 0, 4, 1, 2)
REORDERED = (6, 2, 7, 0, 4, 1, 5, 3)
OF_NODES = ("x", "x_0")
OF_EDGES = ("edge_weight", "edge_attr", "edge_type")
WITH_NAN = ("GCNConv", "SAGEConv", "GATConv", "GATv2Conv", "GINConv", "GraphConv", "TAGConv")


def metamorphic_cases(cases: Sequence[Case]) -> Iterator[Case]:
    """The cases that come from those of `cases` with one convolution on the graph "mixed"."""
    for word, case in bases(cases).items():
        yield relabelled(case, f"edge/relabelled-{word}")
        yield reordered(case, f"edge/reordered-{word}")
        yield beside_another(case, f"edge/beside-another-{word}")
        if case.call in WITH_NAN:
            yield with_nan_apart(case, f"edge/nan-apart-{word}")


def bases(cases: Sequence[Case]) -> dict[str, Case]:
    """By the layer's word, the case that others come from: the one with edge weights where there is one."""
    found = {}
    for case in cases:
        kind, word, *rest = case.id.split("/")
        convolution = kind == "model" and (word.endswith("_conv") or word == "appnp")
        if convolution and rest in (["mixed"], ["mixed-weighted"]):
            found[word.replace("_", "-")] = case
    return found


def relabelled(case: Case, name: str) -> Case:
    """Node i is called RELABELLED[i]; its row moves there."""
    sources, targets = EDGES
    edges = [RELABELLED[i] for i in sources], [RELABELLED[i] for i in targets]
    order = [RELABELLED.index(i) for i in range(NODES)]
    return made_from(case, name, order, range(len(sources)), edges)


def reordered(case: Case, name: str) -> Case:
    """The same edges in another order."""
    sources, targets = EDGES
    edges = [sources[e] for e in REORDERED], [targets[e] for e in REORDERED]
    return made_from(case, name, range(NODES), REORDERED, edges)


def made_from(
    case: Case, name: str, nodes: Sequence[int], edges: Sequence[int], index: tuple[list[int], list[int]]
) -> Case:
    """The case with the rows of those nodes and edges, in that order."""

    def picked(values: dict[str, Any]) -> dict[str, Any]:
        order = {**dict.fromkeys(OF_NODES, nodes), **dict.fromkeys(OF_EDGES, edges)}
        return {key: [own[i] for i in order[key]] if key in order else own for key, own in values.items()}

    return replace(
        case,
        id=name,
        inputs=picked(dict(case.inputs)),
        options=picked(dict(case.options)),
        cotangent=[case.cotangent[i] for i in nodes],
        edge_index=index,
    )


def beside_another(case: Case, name: str) -> Case:
    """A second graph in the same batch: the first one turned upside down, with other numbers."""
    sources, targets = EDGES
    edges = (
        [*sources, *[2 * NODES - 1 - i for i in sources]],
        [*targets, *[2 * NODES - 1 - i for i in targets]],
    )

    def doubled(values: dict[str, Any]) -> dict[str, Any]:
        return {
            key: [*own, *others(f"{name}/{key}", own)] if key in OF_NODES + OF_EDGES else own
            for key, own in values.items()
        }

    return replace(
        case,
        id=name,
        inputs=doubled(dict(case.inputs)),
        options=doubled(dict(case.options)),
        cotangent=[*case.cotangent, *others(f"{name}/cotangent", case.cotangent)],
        edge_index=edges,
        flags=(*case.flags, "batch"),
    )


def others(name: str, own: list[Any]) -> list[Any]:
    """As many rows drawn anew; of integers, such as relations, the same ones backwards."""
    if own and isinstance(own[0], int):
        return own[::-1]
    if own and isinstance(own[0], list):
        return numbers(name, len(own), len(own[0]))
    return numbers(name, len(own), positive=True)


def with_nan_apart(case: Case, name: str) -> Case:
    """One more node, without edges, whose features are nan and whose output does not count."""
    nan = float("nan")
    x: Numbers = case.inputs["x"]
    return replace(
        case,
        id=name,
        inputs={**case.inputs, "x": [*x, [nan] * len(x[0])]},
        cotangent=[*case.cotangent, [0.0] * len(case.cotangent[0])],
        flags=(*case.flags, "nan"),
    )
