"""`PNAConv`: the principal neighbourhood aggregation of Corso et al."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tinygnn.edge_index import EdgeIndex
from tinygnn.graph import Graph
from tinygnn.linalg import Matrix, linear, total
from tinygnn.message_passing import tell_messages
from tinygnn.nn.activation_modules import Identity
from tinygnn.nn.conv.degree_scaler import DegreeScalerAggregation
from tinygnn.nn.conv.edge_rows import edge_rows
from tinygnn.nn.linear import Linear, rows_of_width
from tinygnn.nn.module import Module
from tinygnn.nn.names import activation_resolver
from tinygnn.nn.sequential import Sequential
from tinygnn.tape import tapes
from tinygnn.value import Value


class PNAConv(Module):
    """x'_i = W (γ_1 ‖ ... ‖ γ_T)(x_i ‖ ⊕_{j -> i} h_t(x_i ‖ x_j ‖ W_e e_ji)): all aggregations, all scalers.

    Gabriele Corso, Luca Cavalleri, Dominique Beaini, Pietro Liò and Petar Veličković, "Principal
    Neighbourhood Aggregation for Graph Nets", 2020, arXiv:2004.05718, equations 7 and 8. ⊕ puts the
    aggregations side by side, each scaled by functions of the degree: see `DegreeScalerAggregation`.

    Args: aggregators, names of `tinygnn.aggregate`. scalers, names of `degree_scaler.SCALERS`. deg, the
    histogram of the in-degrees of the training set: see `get_degree_histogram`. edge_dim, the number of
    edge features, if there are any. towers, how many pairs h_t and γ_t there are, whose outputs stand
    side by side; divide_input=True gives each its share of x instead of all of it. pre_layers and
    post_layers, how many Linear layers h_t and γ_t have, with the activation act (and its arguments
    act_kwargs) between them. train_norm learns the mean degrees.

    Parameters: pre_nns.t.k and post_nns.t.k (Linear at even positions k if there is an activation, from
    U(±1/√in)), lin.weight [out][out] and lin.bias [out], with edge_dim edge_encoder.weight [F][edge_dim]
    and .bias [F], F being in_channels or a tower's share of it; aggr_module.avg_deg_lin and avg_deg_log
    [1], buffers unless train_norm. Shapes: x [N][in_channels], edge_index a pair of [E], edge_attr
    [E][edge_dim] or [E] for edge_dim 1 -> [N][out_channels].

    Departures: the paper's attenuation of isolated nodes is not defined, here as in PyG log 2 stands for
    log 1. The first layer of h_t is applied to each node instead of each edge, which is the same number up
    to rounding and less work. From PyG: the mean degrees are float64, not rounded to float32; var and std
    as in `tinygnn.aggregate`.

    >>> conv = PNAConv(2, 3, ["mean", "max"], ["identity", "amplification"], deg=[0, 2, 1])
    >>> len(conv([[1.0, 0.0], [0.0, 1.0]], ([0, 1], [1, 0]))[0])
    3

    Raises ValueError for unknown names, for sizes that the towers cannot share, for rows of another
    length, for an edge to a node that is not there, and for edge_attr where there is no edge_dim or the
    other way round.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        aggregators: Sequence[str],
        scalers: Sequence[str],
        deg: Sequence[int],
        edge_dim: int | None = None,
        towers: int = 1,
        pre_layers: int = 1,
        post_layers: int = 1,
        divide_input: bool = False,
        act: str | Module | None = "relu",
        act_kwargs: Mapping[str, Any] | None = None,
        train_norm: bool = False,
        *,
        rng: random.Random | None = None,
    ) -> None:
        if divide_input and in_channels % towers or out_channels % towers:
            raise ValueError(
                f"{towers} towers cannot share {in_channels} input and {out_channels} output channels"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.aggregators = list(aggregators)
        self.scalers = list(scalers)
        self.edge_dim = edge_dim
        self.towers = towers
        self.pre_layers = pre_layers
        self.post_layers = post_layers
        self.divide_input = divide_input
        self.act = act
        self.act_kwargs = act_kwargs
        self.train_norm = train_norm
        self.F_in = in_channels // towers if divide_input else in_channels
        self.F_out = out_channels // towers
        self.aggr_module = DegreeScalerAggregation(aggregators, scalers, deg, train_norm)
        self.edge_encoder = None if edge_dim is None else Linear(edge_dim, self.F_in, rng=rng)
        heard = (3 if edge_dim else 2) * self.F_in
        gathered = (len(self.aggregators) * len(self.scalers) + 1) * self.F_in
        self.pre_nns = []
        self.post_nns = []
        for _ in range(towers):
            self.pre_nns.append(self._network(heard, self.F_in, pre_layers, rng))
            self.post_nns.append(self._network(gathered, self.F_out, post_layers, rng))
        self.lin = Linear(out_channels, out_channels, rng=rng)

    def _network(self, size: int, out: int, layers: int, rng: random.Random | None) -> Sequential:
        modules: list[Module] = [Linear(size, out, rng=rng)]
        for _ in range(layers - 1):
            act = activation_resolver(self.act, self.act_kwargs) or Identity()
            modules += [act, Linear(out, out, rng=rng)]
        return Sequential(*modules)

    def forward(
        self, x: Matrix, edge_index: object, edge_attr: Sequence[Any] | None = None
    ) -> list[list[Value]]:
        x, edges = rows_of_width("PNAConv", x, self.in_channels), EdgeIndex.of(edge_index)
        entering = edges.entering(len(x))
        features = edge_rows(edge_attr, self.edge_dim, edges.num_edges)
        encoded = None if features is None or self.edge_encoder is None else self.edge_encoder(features)
        outputs = []
        for t, (pre_nn, post_nn) in enumerate(zip(self.pre_nns, self.post_nns)):
            own = [row[t * self.F_in : (t + 1) * self.F_in] for row in x] if self.divide_input else x
            # 1. Messages h_t(x_i ‖ x_j ‖ W_e e_ji).
            messages = self._messages(pre_nn, own, edges, encoded)
            # 2. Every aggregation of them, times every scaler.
            gathered = self.aggr_module(messages, entering, self.F_in)
            if tapes:
                tell_messages(", ".join(self.aggregators), messages, *edges, gathered, name=f"tower {t}")
            # 3. γ_t(x_i ‖ all that).
            outputs.append(post_nn([[*row, *heard] for row, heard in zip(own, gathered)]))
        # 4. W of the towers' outputs side by side.
        return list(self.lin([[value for row in node for value in row] for node in zip(*outputs)]))

    def _messages(self, pre_nn: Sequential, x: Matrix, edges: EdgeIndex, encoded: Matrix | None) -> Matrix:
        """pre_nn of x_i ‖ x_j ‖ e for each edge; its first weight is split, and applied to nodes."""
        first, *rest = pre_nn
        assert isinstance(first, Linear)
        size = self.F_in
        parts = [[row[k : k + size] for row in first.weight] for k in range(0, len(first.weight[0]), size)]
        heard, sent = linear(x, parts[0], first.bias), linear(x, parts[1])
        terms: list[Any] = [[heard[i] for i in edges[1]], [sent[j] for j in edges[0]]]
        if encoded is not None:
            terms.append(linear(encoded, parts[2]))
        messages: Matrix = [[total(entries) for entries in zip(*rows)] for rows in zip(*terms)]
        for module in rest:
            messages = module(messages)
        return messages

    @staticmethod
    def get_degree_histogram(graphs: Iterable[Graph]) -> list[int]:
        """How many nodes of the graphs have in-degree 0, 1, 2 ...: what deg takes.

        >>> PNAConv.get_degree_histogram([Graph(([0, 1], [2, 2]))])
        [2, 0, 1]
        """
        counts: list[int] = [0]
        for graph in graphs:
            for entering in graph.edge_index.entering(graph.num_nodes):
                counts += [0] * (len(entering) + 1 - len(counts))
                counts[len(entering)] += 1
        return counts

    def __repr__(self) -> str:
        return f"PNAConv({self.in_channels} -> {self.out_channels}, towers {self.towers})"
