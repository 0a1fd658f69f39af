"""JSON node-link files, as networkx and D3 have them, to `Graph`; the way out is json_output.py.

    {"directed": true, "multigraph": false, "graph": {"title": "t"},
     "nodes": [{"id": "a", "age": 7}, {"id": "b"}],
     "edges": [{"source": "a", "target": "b", "weight": 0.5}]}

"links" may stand for "edges". Ids that are lists are read as tuples, as networkx does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from tinygnn.adapters.errors import AdapterError, did_you_mean
from tinygnn.adapters.json_text import read_json
from tinygnn.adapters.records import Records, columns_of, graph_of, listed
from tinygnn.collector import pause_collector
from tinygnn.graph import Graph

EDGES = ("edges", "links")
KNOWN = ("directed", "multigraph", "graph", "nodes", *EDGES)


@pause_collector(look=False)
def from_json(
    path: str | PathLike[str],
    *,
    x: Iterable[str] | None = None,
    y: str | None = None,
    edge_weight: str | None = None,
    edge_attr: Iterable[str] | None = None,
    masks: Mapping[str, str] | None = None,
    label_map: Mapping[Any, int] | None = None,
    fill: Any = None,
    source: str = "source",
    target: str = "target",
    node_id: str = "id",
    key: str = "key",
    directed: bool = False,
    multigraph: bool = False,
    allow_nonfinite: bool = False,
) -> Graph:
    """Read a graph from a JSON file in node-link form, packed by gzip or not.

    x: names of node attributes, numbers or lists of them, that become the features. y: the node attribute,
    or else the graph attribute, that holds the label; text becomes classes numbered by first appearance,
    or by label_map. edge_weight, edge_attr: edge attributes likewise. masks: {"train_mask": attribute};
    by default train_mask, val_mask and test_mask where all their entries are true or false. Everything
    else stays in node_attrs, edge_attrs and graph_attrs. fill: what stands for a named attribute where it
    is missing, one value or a dict by name. source, target, node_id, key: what the file calls these.
    directed, multigraph: what holds where the file does not say it. allow_nonfinite: take NaN, Infinity.

    >>> from tinygnn.adapters import to_json
    >>> to_json(Graph(([0, 1], [1, 2]), y=[0, 1, 1], edge_weight=[0.5, 2.0]), "graph.json")
    >>> graph = from_json("graph.json", y="y", edge_weight="edge_weight")
    >>> graph, graph.edge_weight
    (Graph(3 nodes, 2 edges, y 2 classes), [0.5, 2.0])

    Raises AdapterError naming the line, the node or the edge for whatever cannot be read exactly.
    """
    path = Path(path)
    held = read_json(path, allow_nonfinite)
    if not isinstance(held, dict):
        raise AdapterError(
            "expected an object with nodes and edges, as networkx's node_link_data makes it", path=path
        )
    directed, multigraph = (
        _flag(held, "directed", directed, path),
        _flag(held, "multigraph", multigraph, path),
    )
    called = _edge_list(held, path)
    nodes, edges = _rows(held, "nodes", path), _rows(held, called, path)
    index: dict[Any, int] = {}
    for i, node in enumerate(nodes):
        name = _id(node.pop(node_id, i), f"nodes[{i}]", path)
        if index.setdefault(name, i) != i:
            raise AdapterError(f"nodes[{index[name]}] and nodes[{i}] are both {name!r}", path=path, node=name)
    sources, targets, keys = [], [], []
    for e, edge in enumerate(edges):
        ends = []
        for end in (source, target):
            if end not in edge:
                raise AdapterError(
                    f"{called}[{e}] has no {end!r}; it has {listed(edge)}{did_you_mean(end, edge)}", path=path
                )
            ends.append(_id(edge.pop(end), f"{called}[{e}]", path))
        for node in ends:
            if node not in index:
                raise AdapterError(
                    f"{called}[{e}]: node {node!r} is not among the {len(index)} nodes: add it there",
                    path=path,
                    node=node,
                    edge=(ends[0], ends[1]),
                )
        sources.append(index[ends[0]])
        targets.append(index[ends[1]])
        if multigraph:
            keys.append(_id(edge.pop(key, None), f"{called}[{e}]", path))
    graph = held.get("graph", {})
    if not isinstance(graph, dict):
        raise AdapterError("graph is no object of attributes", path=path)
    further = {name: value for name, value in held.items() if name not in KNOWN}
    names = {"source": source, "target": target, "node_id": node_id, "key": key, "edges": called}
    records = Records(
        "json", list(index), sources, targets, columns_of(nodes), columns_of(edges), graph,
        directed=directed, keys=keys if multigraph else None, path=path,
        origin={"names": names, **({"further": further} if further else {})},
    )  # fmt: skip
    return graph_of(
        records, x=x, y=y, edge_weight=edge_weight, edge_attr=edge_attr, masks=masks, label_map=label_map,
        fill=fill, allow_nonfinite=allow_nonfinite,
    )  # fmt: skip


def _flag(held: dict[str, Any], name: str, default: bool, path: Path) -> bool:
    flag = held.get(name, default)
    if not isinstance(flag, bool):
        raise AdapterError(f"{name} is {str(flag)[:80]}: it is true or false", path=path)
    return flag


def _edge_list(held: dict[str, Any], path: Path) -> str:
    found = [name for name in EDGES if name in held]
    if len(found) == 2:
        raise AdapterError('it holds "edges" and "links": remove one', path=path)
    return found[0] if found else "edges"


def _rows(held: dict[str, Any], name: str, path: Path) -> list[dict[str, Any]]:
    rows = held.get(name)
    if not isinstance(rows, list):
        found = f"found: {listed(held)}{did_you_mean(name, held)}"
        raise AdapterError(f"there is no list {name!r}; {found}", path=path)
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            raise AdapterError(f"{name}[{i}] is no object but a {type(row).__name__}", path=path)
    return rows


def _id(given: Any, where: str, path: Path) -> Any:
    """An id: a list is a tuple, as networkx writes and reads it."""
    if isinstance(given, list):
        return tuple(_id(part, where, path) for part in given)
    if isinstance(given, dict) or given != given:
        raise AdapterError(f"the id in {where} is no text, number or list of them", path=path)
    return given
