"""`Batch`: several graphs side by side as one, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, overload

from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import MASKS, Graph
from tinygnn.union import united, united_attrs, united_names, united_y

PER_NODE = ("x", *MASKS)
PER_EDGE = ("edge_weight", "edge_attr")


@dataclass(frozen=True)
class Part:
    """What a Batch remembers of one of its graphs, beside its rows: what they alone cannot tell.

    present: which of the fields the graph had, also where it had no rows to put in them. y_in_list:
    whether its own y stood in a list of one. The rest is as in Graph, of the attributes the names.
    """

    num_nodes: int
    num_edges: int
    present: tuple[str, ...]
    y_level: str | None
    y_in_list: bool
    directed: bool
    node_attrs: tuple[Any, ...]
    edge_attrs: tuple[Any, ...]
    graph_attrs: tuple[Any, ...]
    origin: dict[str, Any]


@dataclass(repr=False)
class Batch(Graph):
    """B graphs as one graph, without an edge from one to another: their disjoint union.

    Made by `Batch.from_graphs` and given back by `to_graphs`, `batch[k]` or iteration. Nodes and edges
    stand in the order of the graphs, node i of graph k is node ptr[k] + i. batch: [N], the number of the
    graph that each node belongs to. ptr: [B+1], where the nodes of each graph begin, and N. parts: what
    else it takes to give the graphs back.

    The fields are those of Graph. y holds the graphs' y one below the other, or with y_level "graph"
    one entry for each graph. node_ids are pairs (k, name), for two graphs may use one name. node_attrs
    and edge_attrs have None where a graph lacks the column, graph_attrs a list with one entry per graph.
    directed is True if a graph is. Layers give each node bit for bit what they give it in its own graph,
    as far as they look at nothing but a node's neighbours.

    >>> batch = Batch.from_graphs([Graph(([0], [1]), x=[[1.0], [2.0]]), Graph(([0], [0]), x=[[3.0]])])
    >>> batch, batch.batch, batch.ptr
    (Batch(2 graphs, 3 nodes, 2 edges, x 1), [0, 0, 1], [0, 2, 3])
    >>> batch.edge_index, batch[1].edge_index
    (([0, 2], [1, 2]), ([0], [0]))
    """

    batch: list[int] = field(default_factory=list)
    ptr: list[int] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    @classmethod
    def from_graphs(cls, graphs: Sequence[Graph]) -> Batch:
        """Put graphs side by side; x stays constant where all of it is.

        Raises ValueError, naming graph and field, where graphs do not fit together: a field that one has
        and another lacks, rows of different lengths, y per node and per graph, different class_names.
        """
        graphs = list(graphs)
        _check_graphs(graphs)
        sizes = [graph.num_nodes for graph in graphs]
        ptr = list(accumulate(sizes, initial=0))
        level, y = united_y(graphs)
        edges = [EdgeIndex.of(graph.edge_index) for graph in graphs]
        return cls(
            EdgeIndex(tuple([node + at for pair, at in zip(edges, ptr) for node in pair[k]] for k in (0, 1))),
            y=y,
            y_level=level,
            num_nodes=ptr[-1],
            node_ids=united_names(graphs),
            directed=any(graph.directed for graph in graphs),
            node_attrs=united_attrs(graphs, "node_attrs", sizes),
            edge_attrs=united_attrs(graphs, "edge_attrs", [graph.num_edges for graph in graphs]),
            graph_attrs={
                name: [graph.graph_attrs.get(name) for graph in graphs]
                for name in dict.fromkeys(name for graph in graphs for name in graph.graph_attrs)
            },
            class_names=graphs[0].class_names,
            batch=[k for k, size in enumerate(sizes) for _ in range(size)],
            ptr=ptr,
            parts=list(map(_part, graphs)),
            **{name: united(graphs, name, "nodes") for name in PER_NODE},
            **{name: united(graphs, name, "edges") for name in PER_EDGE},
        )

    def to_graphs(self) -> list[Graph]:
        """The graphs, with what the fields hold now; columns added to node_attrs or edge_attrs come along."""
        return list(self)

    @property
    def num_graphs(self) -> int:
        """B."""
        return len(self.parts)

    def __len__(self) -> int:
        return self.num_graphs

    def __iter__(self) -> Iterator[Graph]:
        edges = 0
        for k, part in enumerate(self.parts):
            yield self._graph(k, slice(edges, edges + part.num_edges))
            edges += part.num_edges

    @overload
    def __getitem__(self, k: int) -> Graph: ...
    @overload
    def __getitem__(self, k: slice) -> list[Graph]: ...
    def __getitem__(self, k: int | slice) -> Graph | list[Graph]:
        """Graph k, counted from the end if negative; a list of graphs for a slice."""
        if isinstance(k, slice):
            return [self[i] for i in range(*k.indices(len(self)))]
        if not -len(self) <= k < len(self):
            raise IndexError(f"graph {k} of a batch of {len(self)} graphs")
        k %= len(self)
        before = sum([part.num_edges for part in self.parts[:k]])
        return self._graph(k, slice(before, before + self.parts[k].num_edges))

    def _graph(self, k: int, edges: slice) -> Graph:
        """Cut graph k out of the batch."""
        part = self.parts[k]
        start, end = self.ptr[k], self.ptr[k + 1]
        nodes = slice(start, end)
        ids = _cut(self.node_ids, nodes, part, "node_ids")
        if self.y_level == "graph" and self.y is not None:
            y = [self.y[k]] if part.y_in_list else self.y[k]
        else:
            y = _cut(self.y, nodes, part, "y")
        return Graph(
            EdgeIndex(tuple([node - start for node in row[edges]] for row in self.edge_index)),
            y=y,
            y_level=part.y_level if y is None else self.y_level,
            num_nodes=end - start,
            node_ids=[name for _, name in ids] if ids is not None and "node_ids" in part.present else None,
            directed=part.directed,
            node_attrs=self._cut_attrs("node_attrs", nodes, part.node_attrs),
            edge_attrs=self._cut_attrs("edge_attrs", edges, part.edge_attrs),
            graph_attrs={name: self.graph_attrs[name][k] for name in part.graph_attrs},
            class_names=self.class_names,
            origin=dict(part.origin),
            **{name: _cut(getattr(self, name), nodes, part, name) for name in PER_NODE},
            **{name: _cut(getattr(self, name), edges, part, name) for name in PER_EDGE},
        )

    def _cut_attrs(self, name: str, rows: slice, own: Sequence[Any]) -> dict[Any, list[Any]]:
        """The columns that a graph had of its own, and those that no graph had."""
        known = {key for part in self.parts for key in getattr(part, name)}
        columns = getattr(self, name)
        return {key: columns[key][rows] for key in [*own, *(key for key in columns if key not in known)]}

    def _validate_all_but_x(self) -> None:
        super()._validate_all_but_x()
        sizes = [part.num_nodes for part in self.parts]
        if self.ptr != [*accumulate(sizes, initial=0)] or self.ptr[-1] != self.num_nodes:
            raise ValueError(f"ptr is {self.ptr!r}: make a Batch with Batch.from_graphs")
        if self.batch != [k for k, size in enumerate(sizes) for _ in range(size)]:
            raise ValueError("batch does not say of each node which graph it is in, as ptr does")
        if sum([part.num_edges for part in self.parts]) != self.num_edges:
            raise ValueError(f"the graphs have other edges than the batch, which has {self.num_edges}")
        if self.y_level == "graph" and self.y is not None and len(self.y) != self.num_graphs:
            raise ValueError(f"y has {len(self.y)} entries for {self.num_graphs} graphs: they must agree")

    def __repr__(self) -> str:
        count = "1 graph" if self.num_graphs == 1 else f"{self.num_graphs} graphs"
        return super().__repr__().replace("Graph(", f"Batch({count}, ", 1)


def _check_graphs(graphs: Sequence[Graph]) -> None:
    if not graphs:
        raise ValueError("a batch of no graphs: give at least one")
    for k, graph in enumerate(graphs):
        if isinstance(graph, Batch):
            raise ValueError(f"graphs[{k}] is a Batch: give its graphs, batch.to_graphs()")
        if not isinstance(graph, Graph):
            raise ValueError(f"graphs[{k}] is {graph!r}: a batch is made of Graphs")
        if graph.class_names != graphs[0].class_names:
            raise ValueError(
                f"graphs[{k}] has the class_names {graph.class_names!r}, graphs[0] "
                f"{graphs[0].class_names!r}: labels mean the same in all graphs of a batch"
            )


def _part(graph: Graph) -> Part:
    fields = (*PER_NODE, *PER_EDGE, "y", "node_ids")
    return Part(
        graph.num_nodes,
        graph.num_edges,
        tuple(name for name in fields if getattr(graph, name) is not None),
        graph.y_level,
        isinstance(graph.y, list) and len(graph.y) == 1,
        graph.directed,
        tuple(graph.node_attrs),
        tuple(graph.edge_attrs),
        tuple(graph.graph_attrs),
        graph.origin,
    )


def _cut(column: list[Any] | None, rows: slice, part: Part, name: str) -> list[Any] | None:
    """Some rows of a column; of a graph that has no such rows, what it had."""
    if rows.start == rows.stop:
        return [] if name in part.present else None
    return None if column is None else column[rows]
