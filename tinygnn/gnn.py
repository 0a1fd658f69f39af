"""`GNN`: a stack of graph convolutions."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping, Sequence
from typing import Any

from tinygnn.aggregate import aggregate
from tinygnn.batch import Batch
from tinygnn.convolutions import CONVOLUTIONS as CONVOLUTIONS
from tinygnn.convolutions import Context
from tinygnn.edge_index import EdgeIndex, Weights
from tinygnn.graph import Graph
from tinygnn.linalg import Matrix
from tinygnn.nn import APPNP, Dropout, Identity, JumpingKnowledge, Linear, Module
from tinygnn.nn.activation import Activation
from tinygnn.nn.groups import groups_of
from tinygnn.nn.names import activation_resolver, apply_norm, normalization_resolver
from tinygnn.value import Value, as_value

READOUTS = ("mean", "sum", "max")
JUMPS = ("last", "cat", "max", "lstm")


class GNN(Module):
    """conv -> norm -> act -> dropout -> conv ... -> conv: PyG's GCN, GraphSAGE, GIN, GAT, PNA, EdgeCNN.

    conv: the kind of convolution, a name in `CONVOLUTIONS`; options go to its constructor, as heads=8, and
    those that a GNN has too in conv_kwargs, as {"num_layers": 2}. in_channels -> hidden_channels -> ... ->
    out_channels over num_layers convolutions; without out_channels the last one gives hidden_channels.

    act: a name ("relu", "LeakyReLU", ...), with act_kwargs its options; a Module, a function of a Value, or
    None; act_first puts it before norm. norm: a name ("batch_norm", "graph_norm", ...), with norm_kwargs its
    options; a Module, of which each layer gets a copy; or None. dropout: the probability to drop a hidden
    number in training, and GAT's attention; input_dropout: a number of x. jk: act, norm and dropout follow
    the last convolution too, and a Linear `lin` makes the output from it ("last") or from all layers
    ("cat", "max", "lstm": see `JumpingKnowledge`). readout: None gives a row for each node; "mean", "sum" or
    "max" over the nodes gives a row for each graph; so does a Module, called as readout(x, index=batch,
    dim_size=batch_size): AttentionalAggregation, Set2Set (whose rows are twice as wide), or your own. seed:
    of the initial weights and of dropout; without it they come from `tinygnn.manual_seed`'s generator.

    "gin", "gine" and "edge" make an MLP of two layers for each convolution, with act and norm; "nn" a
    Linear from edge_dim features to the weights. "gcn2" and "gated", whose convolutions keep the width, have
    a Linear `lin_in` and act before them and the Linear `lin` behind. "appnp" is a stack of Linear whose
    output APPNP propagates (options: K, alpha).

    Shapes: x [N][in_channels] -> [N][out_channels], with a readout [B][out_channels]. Of a Graph it reads
    x, edge_index and what its convolutions take: edge_weight ("gcn", "graph", "cheb", "sg", "tag", "arma",
    "appnp", "gcn2", "gated"), edge_attr ("gine", "nn", and with edge_dim "gat", "gatv2", "pna"),
    edge_attrs["edge_type"] ("rgcn"); of a Batch the graph of each node, for norms and readouts. Its
    state_dict has the keys of PyG's model.

    As in PyG norm="pair_norm" has the scale hidden_channels, and a norm inside of an MLP of "gin", "gine" or
    "edge" is not told which graph a row is in. "gatv2" is PyG's GAT(v2=True); so is "gat" with v2=True.
    Departure: norm="graph_size_norm" is possible.

    >>> GNN("gcn", in_channels=34, hidden_channels=16, num_layers=2, out_channels=4)
    GNN(GCNConv(34 -> 16), GCNConv(16 -> 4))

    Raises ValueError for an unknown name or for fewer than one layer.
    """

    def __init__(
        self,
        conv: str,
        in_channels: int,
        hidden_channels: int,
        num_layers: int,
        out_channels: int | None = None,
        act: str | Activation | Module | None = "relu",
        dropout: float = 0.0,
        readout: str | Module | None = None,
        *,
        act_first: bool = False,
        act_kwargs: Mapping[str, Any] | None = None,
        norm: str | Module | None = None,
        norm_kwargs: Mapping[str, Any] | None = None,
        jk: str | None = None,
        input_dropout: float = 0.0,
        seed: int | None = None,
        conv_kwargs: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        options.update(conv_kwargs or {})
        if conv == "gat" and options.pop("v2", False):
            conv = "gatv2"
        if readout is not None and not isinstance(readout, Module) and readout not in READOUTS:
            raise ValueError(f"readout is {readout!r}: choose from {', '.join(READOUTS)}, a Module, or None")
        if jk is not None and jk not in JUMPS:
            raise ValueError(f"jk is {jk!r}: choose from {', '.join(JUMPS)}, or None")
        if conv not in CONVOLUTIONS:
            raise ValueError(f"conv is {conv!r}: choose from {', '.join(CONVOLUTIONS)}")
        if num_layers < 1:
            raise ValueError(f"num_layers is {num_layers}: a GNN has at least one layer")
        kind, rng = CONVOLUTIONS[conv], None if seed is None else random.Random(seed)
        self.kind = conv
        self.in_channels = in_channels
        self.hidden_channels = hidden_channels
        self.num_layers = num_layers
        self.out_channels = hidden_channels if out_channels is None else out_channels
        self.third = kind.third_for(options)
        # 1. What stands between the convolutions.
        self.input_dropout = Dropout(input_dropout, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.act = activation_resolver(act, act_kwargs)
        self.act_first = act_first
        self.jk_mode = jk
        # 2. The convolutions: the last one gives the output, unless a Linear does.
        propagation = _propagation(options, rng) if conv == "appnp" else None
        ends_in_linear = jk is not None or (kind.constant_width and out_channels is not None)
        self.has_last_step = jk is not None or kind.constant_width  # norm, act, dropout behind all of them
        last = hidden_channels if ends_in_linear or out_channels is None else out_channels
        first = hidden_channels if kind.constant_width else in_channels
        sizes = [first, *[hidden_channels] * (num_layers - 1), last]
        self.lin_in = Linear(in_channels, hidden_channels, rng=rng) if kind.constant_width else None
        self.convs: list[Module] = []
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            to_output = i == num_layers - 1 and not ends_in_linear and out_channels is not None
            inner = norm if isinstance(norm, str) else None
            context = Context(i, to_output, self.act, act_first, inner, norm_kwargs, dropout, rng)
            self.convs.append(kind.make(a, b, dict(options), context))
        # 3. Norms, one for each convolution that is followed by any.
        made = normalization_resolver(norm, hidden_channels, norm_kwargs) or Identity()
        followed = num_layers if self.has_last_step else num_layers - 1
        self.norms = [copy.deepcopy(made) for _ in range(followed)]
        # 4. From the layers to the output.
        jumps = jk is not None and jk != "last"
        self.jk = JumpingKnowledge(str(jk), hidden_channels, num_layers, rng=rng) if jumps else None
        wide = num_layers * hidden_channels if jk == "cat" else hidden_channels
        self.lin = Linear(wide, self.out_channels, rng=rng) if ends_in_linear else None
        self.propagation = propagation
        self.readout = readout

    def forward(
        self,
        x: Graph | Matrix,
        edge_index: object = None,
        edge_weight: Weights | None = None,
        edge_attr: Sequence[Any] | None = None,
        batch: Sequence[int] | None = None,
        batch_size: int | None = None,
        edge_type: Sequence[int] | None = None,
    ) -> list[list[Value]]:
        """Take a Graph or Batch, or x, edge_index and all else as PyG's models do."""
        given = {"edge_weight": edge_weight, "edge_attr": edge_attr, "edge_type": edge_type}
        if isinstance(x, Graph):
            if edge_index is not None or batch is not None:
                raise ValueError(f"GNN takes a Graph, or x and edge_index: {x!r} has its own edges")
            if isinstance(x, Batch):
                batch, batch_size = x.batch, x.num_graphs
            edge_index, given = x.edge_index, self._of_edges(x)
            if x.x is None:
                raise ValueError(f"{x!r} has no node features x: give it x, one row per node")
            x = x.x
        third = () if self.third is None else (given[self.third],)
        # 1. The convolutions; norm, act and dropout behind each, the last one only if it gives no output.
        h, edges, rows = self.input_dropout(x), EdgeIndex.of(edge_index), []
        if self.lin_in is not None:
            h = self.lin_in(h)
            h = h if self.act is None else self.act(h)
        initial = (h,) if self.kind == "gcn2" else ()
        for i, conv in enumerate(self.convs):
            h = conv(h) if self.kind == "appnp" else conv(h, *initial, edges, *third)
            if i < len(self.norms):
                h = self._after(i, h, batch, batch_size)
                rows.append(h)
        # 2. The output of each node.
        h = h if self.jk is None else self.jk(rows)
        h = h if self.lin is None else self.lin(h)
        h = h if self.propagation is None else self.propagation(h, edges, *third)
        # 3. The output of each graph.
        if self.readout is None:
            return h  # type: ignore[no-any-return]  # rows of Values from the first layer on
        if isinstance(self.readout, Module):
            pooled = self.readout(h, index=batch, dim_size=batch_size)
        else:
            pooled = aggregate(self.readout, h, groups_of(batch, len(h), batch_size), self.out_channels)
        return [list(map(as_value, row)) for row in pooled]

    def _after(self, i: int, h: Matrix, batch: Sequence[int] | None, batch_size: int | None) -> Matrix:
        """Norm, act and dropout behind convolution i."""
        if self.act is not None and self.act_first:
            h = self.act(h)
        h = apply_norm(self.norms[i], h, batch, batch_size)
        if self.act is not None and not self.act_first:
            h = self.act(h)
        dropped: Matrix = self.dropout(h)
        return dropped

    def _of_edges(self, graph: Graph) -> dict[str, Any]:
        """What the graph knows of its edges."""
        found = {"edge_weight": graph.edge_weight, "edge_attr": graph.edge_attr}
        if self.third in ("edge_attr", "edge_type"):
            found["edge_type"] = graph.edge_attrs.get("edge_type")
            if found[self.third] is None and graph.num_edges:
                where = self.third if self.third == "edge_attr" else "edge_attrs['edge_type']"
                raise ValueError(f"{graph!r} has no {where}, which {self.convs[0]!r} needs")
        return found

    def __repr__(self) -> str:
        parts = [repr(conv) for conv in self.convs]
        if self.norms and not isinstance(self.norms[0], Identity):
            parts.append(f"norm={self.norms[0]!r}")
        parts += [f"jk={self.jk_mode}"] if self.jk_mode else []
        parts += [f"readout={self.readout!r}"] if isinstance(self.readout, Module) else []
        return f"GNN({', '.join(parts)})"


def _propagation(options: dict[str, Any], rng: random.Random | None) -> Module:
    """APPNP with all options, which none of the layers before it takes."""
    taken = dict(options)
    options.clear()
    return APPNP(**taken, rng=rng)
