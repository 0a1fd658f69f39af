"""DGL's graphs to `Graph` and back, by what they can do: DGL is imported on the way out only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygnn.adapters.errors import AdapterError, did_you_mean, require
from tinygnn.adapters.tensors import exact_tensor, put_together, take_apart
from tinygnn.collector import pause_collector
from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import MASKS, Graph

NODE_PLACES = ("x", "y", *MASKS)
EDGE_PLACES = ("edge_weight", "edge_attr")


@pause_collector(look=False)
def from_dgl(
    g: Any, *, x: str | None = None, y: str | None = None, edge_weight: str | None = None,
    edge_attr: str | None = None, masks: Mapping[str, str] | None = None,
) -> Graph:  # fmt: skip
    """Convert a homogeneous DGL graph; edges in the order of their ids.

    x, y, edge_weight, edge_attr: the names in `g.ndata` and `g.edata` of what becomes these fields; masks:
    {"train_mask": name}, by default boolean ones of that name. All else stays in node_attrs and edge_attrs,
    numbers exact, and goes back with its dtype and shape.

    Raises AdapterError for several types of nodes or edges, and naming data that cannot be converted.
    """
    wanted = ("num_nodes", "edges", "ndata", "edata", "ntypes", "etypes")
    if not all(hasattr(g, name) for name in wanted):
        raise AdapterError(f"expected a graph of DGL, got a {type(g).__name__}")
    if len(g.ntypes) > 1 or len(g.etypes) > 1:
        raise AdapterError(
            f"the graph has {len(g.ntypes)} types of nodes and {len(g.etypes)} of edges: "
            "from_dgl(dgl.to_homogeneous(g)) converts it"
        )
    sources, targets = (part.tolist() for part in g.edges(order="eid"))
    n = int(g.num_nodes())
    if masks is None:
        masks = {m: m for m in MASKS if m in g.ndata and str(g.ndata[m].dtype).endswith("bool")}
    named = {"x": x, "y": y, "edge_weight": edge_weight, "edge_attr": edge_attr, **masks}
    fields: dict[str, Any] = {"node_attrs": {}, "edge_attrs": {}}
    keys: list[list[Any]] = []
    for scope, data, places in (("node", g.ndata, NODE_PLACES), ("edge", g.edata, EDGE_PLACES)):
        chosen = {named[place]: place for place in places if named.get(place) is not None}
        for name in chosen:
            if name not in data:
                raise AdapterError(
                    f"{chosen[name]}: the {scope}s have no {name!r}{did_you_mean(name, data)}", attribute=name
                )
        for name, tensor in data.items():
            plain, spec = take_apart(tensor, name)
            place = chosen.get(name, f"{scope}_attrs")
            if place in ("x", "edge_attr") and len(spec["shape"]) == 1:
                plain = [[entry] for entry in plain]
            if place in fields:
                fields[place][name] = plain
            else:
                fields[place] = plain
            keys.append([scope, name, place, spec])
    pairs = set(zip(sources, targets))
    try:
        return Graph(
            EdgeIndex((sources, targets)),
            num_nodes=n,
            y_level="node" if y is not None else None,
            directed=any((t, s) not in pairs for s, t in pairs),
            origin={"format": "dgl", "keys": keys},
            **fields,
        )
    except (ValueError, TypeError) as error:
        raise AdapterError(str(error)) from None


@pause_collector(look=False)
def to_dgl(graph: Graph) -> Any:
    """Convert a Graph to a DGL graph: x, y, masks and node attributes in ndata, the others in edata.

    What came from DGL goes back with its names, dtypes and shapes; other numbers as in `to_pyg`. Text,
    node ids and the graph's own attributes have no place in a DGL graph.

    Raises AdapterError naming an attribute that is no numbers.
    """
    dgl = require("dgl", "dgl")
    g = dgl.graph(tuple(map(list, graph.edge_index)), num_nodes=graph.num_nodes)
    known = graph.origin.get("keys", []) if graph.origin.get("format") == "dgl" else []
    written: set[tuple[str, Any]] = set()
    for scope, name, place, spec in known:
        value = getattr(graph, place)
        if place in ("node_attrs", "edge_attrs"):
            value = value.get(name)
            written.add((place, name))
        else:
            written.add((place, None))
        if value is not None:
            (g.ndata if scope == "node" else g.edata)[name] = put_together(value, spec)
    for data, places in ((g.ndata, NODE_PLACES), (g.edata, EDGE_PLACES)):
        for place in places:
            value = getattr(graph, place)
            if (
                value is not None
                and (place, None) not in written
                and (place != "y" or graph.y_level == "node")
            ):
                _put(data, place, value)
    for data, attrs in ((g.ndata, "node_attrs"), (g.edata, "edge_attrs")):
        for name, column in getattr(graph, attrs).items():
            if (attrs, name) not in written:
                _put(data, name, column)
    return g


def _put(data: Any, name: Any, value: Any) -> None:
    tensor = exact_tensor(value)
    if isinstance(tensor, list) or type(name) is not str:
        raise AdapterError(
            f"{name!r} is no column of numbers, which DGL needs: encode or remove it", attribute=name
        )
    if name in data:
        raise AdapterError(f"there is {name!r} twice: rename the attribute", attribute=name)
    data[name] = tensor
