"""`Graph` to a networkx graph; the way in is networkx_graphs.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tinygnn.adapters.adjacency_order import columns_to_add
from tinygnn.adapters.attributes import copied
from tinygnn.adapters.columns import ABSENT, edge_columns, node_columns
from tinygnn.adapters.errors import AdapterError, did_you_mean, name_list, require_networkx
from tinygnn.adapters.kinds import restore
from tinygnn.adapters.pairs import named_edge, reverse_columns
from tinygnn.adapters.progress import counted
from tinygnn.collector import pause_collector
from tinygnn.graph import Graph


@pause_collector(look=False)
def to_networkx(
    graph: Graph,
    node_attrs: Iterable[Any] | None = None,
    edge_attrs: Iterable[Any] | None = None,
    graph_attrs: Iterable[Any] | None = None,
    to_undirected: bool | str | None = None,
    to_multi: bool | None = None,
    remove_self_loops: bool = False,
) -> Any:
    """Convert a Graph to a networkx graph, with all attributes or those that are named.

    Attributes have the names and types they came with; features that came without names are one
    attribute "x", the label is "y", weights are "edge_weight". to_undirected: None as `graph.directed`
    says; True joins each edge with its reverse; "upper" keeps the columns with source <= target and
    "lower" those with source >= target. to_multi: None makes a multigraph where the graph came from one
    or holds an edge twice.

    Raises AdapterError where an edge has no equal reverse, or stands there twice and to_multi is False.
    """
    nx = require_networkx()
    undirected = not graph.directed if to_undirected is None else bool(to_undirected)
    columns = edge_columns(graph)
    keys = graph.origin.get("edge_keys")
    if keys is not None and len(keys) != graph.num_edges:
        keys = None
    chosen = _chosen_columns(graph, to_undirected, undirected, columns, keys)
    sources, targets = graph.edge_index
    if remove_self_loops:
        chosen = [c for c in chosen if sources[c] != targets[c]]
    multi = _is_multi(graph, chosen, undirected, to_multi)
    kind = {(False, False): nx.DiGraph, (True, False): nx.Graph, (False, True): nx.MultiDiGraph}
    converted = kind.get((undirected, multi), nx.MultiGraph)()

    nodes = dict(node_columns(graph))
    if graph.y is not None and graph.y_level == "graph":
        converted.graph["y"] = copied([graph.y])[0]
    ids = _node_ids(graph)
    every_node = range(graph.num_nodes)
    converted.add_nodes_from(zip(ids, _dicts(_select("node_attrs", nodes, node_attrs), every_node)))
    ends = [(ids[sources[c]], ids[targets[c]]) for c in chosen]
    data = _dicts(_select("edge_attrs", columns, edge_attrs), chosen)
    if multi:
        own_keys = [None] * len(chosen) if keys is None else [keys[c] for c in chosen]
        edges: Iterable[Any] = ((u, v, key, d) for (u, v), key, d in zip(ends, own_keys, data))
    else:
        edges = ((u, v, d) for (u, v), d in zip(ends, data))
    converted.add_edges_from(counted(edges, "edges", len(chosen)))
    for name, column in _select("graph_attrs", _graph_columns(graph), graph_attrs).items():
        converted.graph[name] = copied(column)[0]
    return converted


def _node_ids(graph: Graph) -> list[Any]:
    """The nodes' names, NumPy's scalars among them as such."""
    ids = list(range(graph.num_nodes)) if graph.node_ids is None else list(graph.node_ids)
    for i, kind in graph.origin.get("numpy_ids", []):
        if i < len(ids) and type(ids[i]) in (int, float, bool, str, bytes):
            ids[i] = restore(f"numpy.{kind}", ids[i])
    return ids


def _graph_columns(graph: Graph) -> dict[Any, list[Any]]:
    return {name: [value] for name, value in graph.graph_attrs.items()}


def _chosen_columns(
    graph: Graph, to_undirected: bool | str | None, undirected: bool, columns: dict[Any, list[Any]], keys: Any
) -> list[int]:
    """The columns of edge_index that become edges, in the order of adding them."""
    sources, targets = graph.edge_index
    every = range(graph.num_edges)
    if to_undirected == "upper":
        return [c for c in every if sources[c] <= targets[c]]
    if to_undirected == "lower":
        return [c for c in every if sources[c] >= targets[c]]
    if to_undirected not in (None, True, False):
        raise AdapterError(
            f"to_undirected is {to_undirected!r}: it is True, False, 'upper' or 'lower'"
            f"{did_you_mean(to_undirected, ['upper', 'lower'])}"
        )
    order = columns_to_add(graph) if undirected != graph.directed else None
    if not undirected:
        return list(every) if order is None else order
    reverse = reverse_columns(graph, list(columns.values()), keys)
    first = [c for c in every if c <= reverse[c]]
    if order is not None and sorted(min(c, reverse[c]) for c in order) == first:
        return order
    return first


def _is_multi(graph: Graph, chosen: list[int], undirected: bool, to_multi: bool | None) -> bool:
    if to_multi or (to_multi is None and graph.origin.get("graph_class", "").startswith("Multi")):
        return True
    sources, targets = graph.edge_index
    pairs = ((sources[c], targets[c]) for c in chosen)
    if len({(t, s) if undirected and t < s else (s, t) for s, t in pairs}) == len(chosen):
        return False
    seen: set[tuple[int, int]] = set()
    for c in chosen:
        u, v = sources[c], targets[c]
        ends = (v, u) if undirected and v < u else (u, v)
        if ends in seen:
            if to_multi is None:
                return True
            edge = named_edge(graph, c)
            raise AdapterError(
                f"column {c} of edge_index, edge {edge}, stands there twice: only a multigraph holds both, "
                "to_multi=True",
                edge=edge,
            )
        seen.add(ends)
    return False


def _select(option: str, columns: dict[Any, list[Any]], names: Iterable[Any] | None) -> dict[Any, list[Any]]:
    kept = name_list(option, names)
    if kept is None:
        return columns
    for name in kept:
        if name not in columns:
            found = ", ".join(map(repr, columns)) or "none"
            raise AdapterError(
                f"{option}: the graph has no {name!r}; found: {found}{did_you_mean(name, columns)}",
                attribute=name,
            )
    return {name: columns[name] for name in kept}


def _dicts(columns: dict[Any, list[Any]], positions: Iterable[int]) -> list[dict[Any, Any]]:
    """One dict of attributes for each position; what is absent is left out."""
    names = list(columns)
    rows = [copied([columns[name][i] for i in positions]) for name in names]
    if not rows:
        return [{} for _ in positions]
    complete = all(entry is not ABSENT for row in rows for entry in row)
    if complete:
        return [dict(zip(names, entries)) for entries in zip(*rows)]
    return [
        {name: entry for name, entry in zip(names, entries) if entry is not ABSENT} for entries in zip(*rows)
    ]
