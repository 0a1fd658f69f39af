"""networkx graphs to `Graph` and back.

What comes in goes out: node ids and their order, the order of neighbours, keys of parallel edges, all
attributes with their Python types, and which of them were not there. Node, edge and graph attributes
are kept apart. An undirected edge is two columns of edge_index, a self loop one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from copy import deepcopy
from itertools import chain, repeat
from typing import Any

from tinygnn.adapters.attributes import Attributes, refuse_lookalikes, refuse_unknown
from tinygnn.adapters.columns import exact_floats, feature_rows, labels, weight_column
from tinygnn.adapters.errors import AdapterError, distinct, name_list
from tinygnn.adapters.progress import progress
from tinygnn.collector import pause_collector
from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import Graph

Numbers = Callable[[Iterable[Any]], list[int]]
NODES_AT_ONCE = 512  # whose edges are read together


@pause_collector(look=False)
def from_networkx(
    G: Any,
    node_attrs: Iterable[Any] | None = None,
    edge_attrs: Iterable[Any] | None = None,
    graph_attrs: Iterable[Any] | None = None,
    *,
    x: Iterable[Any] | None = None,
    y: Any = None,
    edge_weight: Any = None,
    edge_attr: Iterable[Any] | None = None,
    label_map: Mapping[Any, int] | None = None,
    fill: Any = None,
    group_node_attrs: Any = None,
    group_edge_attrs: Any = None,
) -> Graph:
    """Convert a networkx graph, directed or not, with parallel edges or not.

    x: names of node attributes, numbers or rows of numbers, that become the features, in this order.
    y: the node attribute that holds the label; text becomes classes numbered by first appearance, or by
    label_map, and its names `Graph.class_names`. edge_weight: the edge attribute that is the weight.
    edge_attr: names of edge attributes that become the edge features. Nothing else is promoted: all
    other attributes stay in node_attrs, edge_attrs and graph_attrs, or those of them that are named
    here. An attribute that is named must be on every node or edge, unless fill, one value or a dict by
    name, says what stands for it where it is missing. group_node_attrs and group_edge_attrs are PyG's
    names of x and edge_attr; "all", or Python's `all`, means all.

    Columns of edge_index are in the order in which networkx lists neighbours, as PyG's are.

    Raises AdapterError naming the node or edge and the attribute that cannot be converted exactly.
    """
    if not (hasattr(G, "adjacency") and hasattr(G, "is_multigraph")):
        raise AdapterError(f"expected a networkx graph, got a {type(G).__name__}")
    ids = list(G.nodes)
    numbers_of = _numbering(ids)
    sources: list[int] = []
    targets: list[int] = []

    def at_node(name: Any, i: int) -> dict[str, Any]:
        return {"node": ids[i], "attribute": name}

    def at_edge(name: Any, e: int) -> dict[str, Any]:
        return {"edge": (ids[sources[e]], ids[targets[e]]), "attribute": name}

    nodes, edges = Attributes("node", at_node), Attributes("edge", at_edge)
    nodes.add([data for _, data in G.nodes(data=True)])
    keys = _read_edges(G, numbers_of, sources, targets, edges)
    nodes.finish()
    edges.finish()
    kind = {(False, False): "Graph", (True, False): "DiGraph", (False, True): "MultiGraph"}
    origin: dict[str, Any] = {
        "format": "networkx",
        "graph_class": kind.get((G.is_directed(), G.is_multigraph()), "MultiDiGraph"),
    }
    fields: dict[str, Any] = {}
    features = _either("x", x, "group_node_attrs", group_node_attrs, nodes)
    if features is not None:
        chosen = {name: nodes.take(name, fill) for name in features}
        rows, origin["x"] = feature_rows(chosen, at_node)
        places = [name for name, width, _ in origin["x"] for _ in range(width or 1)]
        fields["x"] = exact_floats(rows or [[] for _ in ids], lambda i, j: at_node(places[j], i))
    if y is not None:
        shared = isinstance(y, Hashable) and y in nodes.taken
        fields["y"], fields["class_names"], origin["y"] = labels(y, nodes.take(y, fill), label_map, at_node)
        fields["y_level"] = "node"
        if not origin["y"].get("one_to_one", True):  # the labels cannot be told from the classes
            origin["y"]["kept"] = True
            nodes.columns[y] = nodes.read(y, fill)
        if shared:
            origin["y"]["kept"] = True
    if edge_weight is not None:
        weights = weight_column(edge_weight, edges.take(edge_weight, fill), at_edge)
        fields["edge_weight"], origin["edge_weight"] = weights
    edge_features = _either("edge_attr", edge_attr, "group_edge_attrs", group_edge_attrs, edges)
    if edge_features is not None:
        chosen = {name: edges.take(name, fill) for name in edge_features}
        rows, origin["edge_attr"] = feature_rows(chosen, at_edge)
        fields["edge_attr"] = rows or [[] for _ in sources]
        if edge_weight is not None and edge_weight in edge_features:
            origin["edge_weight"]["kept"] = True
    origin["node_columns"], origin["edge_columns"] = list(nodes.names), list(edges.names)
    fields["node_attrs"] = nodes.rest(name_list("node_attrs", node_attrs), fill)
    fields["edge_attrs"] = edges.rest(name_list("edge_attrs", edge_attrs), fill)
    origin["absent_node_attrs"], origin["absent_edge_attrs"] = nodes.absent, edges.absent
    if keys is not None:
        origin["edge_keys"] = keys
    entering = _entering(G, numbers_of) if G.is_directed() else None
    if entering is not None:
        origin["entering"] = entering
    if numpy_ids := _numpy_ids(ids):
        origin["numpy_ids"] = numpy_ids
    kept = name_list("graph_attrs", graph_attrs)
    refuse_lookalikes("graph", G.graph)
    refuse_unknown("graph", kept, G.graph)
    fields["graph_attrs"] = {
        name: deepcopy(value) for name, value in G.graph.items() if kept is None or name in kept
    }
    return Graph(
        EdgeIndex.numbered(sources, targets, len(ids)),
        num_nodes=len(ids),
        node_ids=ids,
        directed=G.is_directed(),
        origin=origin,
        **fields,
    )


def _numbering(ids: list[Any]) -> Numbers:
    """What gives the numbers of nodes; where ids are small integers it need not look in a dict."""
    index = {node: i for i, node in enumerate(ids)}

    def by_index(nodes: Iterable[Any]) -> list[int]:
        return list(map(index.__getitem__, nodes))

    if not ids or set(map(type, ids)) != {int} or min(ids) < 0 or max(ids) >= 4 * len(ids):
        return by_index
    numbers = [-1] * (max(ids) + 1)
    for i, node in enumerate(ids):
        numbers[node] = i

    def by_list(nodes: Iterable[Any]) -> list[int]:
        nodes = list(nodes)
        try:
            return list(map(numbers.__getitem__, nodes))
        except TypeError:  # an edge to 1.0, which networkx takes for the node 1
            return by_index(nodes)

    def as_they_are(nodes: Iterable[Any]) -> list[int]:
        nodes = list(nodes)
        return nodes if set(map(type, nodes)) <= {int} else by_index(nodes)

    return as_they_are if ids == list(range(len(ids))) else by_list


def _read_edges(
    G: Any, numbers_of: Numbers, sources: list[int], targets: list[int], edges: Attributes
) -> list[Any] | None:
    """Fill sources, targets and attributes in the order of adjacency; return a multigraph's keys."""
    adjacency = [neighbours for _, neighbours in G.adjacency()]
    keys: list[Any] | None = [] if G.is_multigraph() else None
    with progress("nodes with their edges", len(adjacency)) as advance:
        for start in range(0, len(adjacency), NODES_AT_ONCE):
            some = adjacency[start : start + NODES_AT_ONCE]
            ends = numbers_of(chain.from_iterable(some))
            begins = _repeated(range(start, start + len(some)), map(len, some))
            data: list[Any] = list(chain.from_iterable(neighbours.values() for neighbours in some))
            if keys is not None:
                begins, ends = (_repeated(numbers, map(len, data)) for numbers in (begins, ends))
                keys.extend(chain.from_iterable(data))
                data = list(chain.from_iterable(parallel.values() for parallel in data))
            sources.extend(begins)
            targets.extend(ends)
            edges.add(data)
            advance(len(some))
    return keys


def _repeated(numbers: Iterable[int], times: Iterable[int]) -> list[int]:
    return list(chain.from_iterable(map(repeat, numbers, times)))


def _either(name: str, names: Any, alias: str, aliased: Any, attributes: Attributes) -> list[Any] | None:
    if names is not None and aliased is not None:
        raise AdapterError(f"{alias} is another name of {name}: give one of them")
    option, chosen = (name, names) if aliased is None else (alias, aliased)
    if chosen is all or (aliased is not None and isinstance(aliased, str) and aliased == "all"):
        return list(attributes.names)
    return distinct(option, name_list(option, chosen))


def _entering(G: Any, numbers_of: Numbers) -> list[int] | None:
    """The sources of the edges that enter each node, node by node, where networkx lists them in an order
    that is not that of the nodes."""
    predecessors = getattr(G, "_pred", G.pred)  # G.pred wraps each list anew, which takes long
    entering = [numbers_of(nodes) for nodes in predecessors.values()]
    if all(sources == sorted(sources) for sources in entering):
        return None
    return list(chain.from_iterable(entering))


def _numpy_ids(ids: list[Any]) -> list[list[Any]]:
    """[position, type] of each id that is a NumPy scalar: the Graph holds it as Python's own number."""
    if all(kind.__module__ != "numpy" for kind in set(map(type, ids))):
        return []
    return [[i, type(node).__name__] for i, node in enumerate(ids) if type(node).__module__ == "numpy"]
