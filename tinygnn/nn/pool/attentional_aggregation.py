"""`AttentionalAggregation`: a readout that learns which nodes to look at."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.linalg import Matrix, dot, plain, softmax
from tinygnn.nn.conv.messages import output_width
from tinygnn.nn.mlp import MLP
from tinygnn.nn.module import Module
from tinygnn.nn.pool.glob import Rows, groups_of_either
from tinygnn.value import Value


class AttentionalAggregation(Module):
    """r_k = Σ_i softmax_i(gate_nn(x_i)) nn(x_i) over the nodes i of graph k.

    Yujia Li, Chenjie Gu, Thomas Dullien, Oriol Vinyals and Pushmeet Kohli, "Graph Matching Networks for
    Learning the Similarity of Graph Structured Objects", 2019, arXiv:1904.12787, equation 3, with a
    softmax in place of its sigmoid, as in PyG.

    Args: gate_nn maps [N][F] to [N][1], one score for each node, or to [N][F'], one for each number of
    nn(x_i). nn maps [N][F] to [N][F']; without it nn(x) = x.

    Parameters: gate_nn.* and nn.*, but those of an `MLP` gate_mlp.* and mlp.*, as in PyG; an MLP is told
    which rows are in which graph, for its norm. Shapes: x [N][F], index [N] or ptr [B+1] as in
    `SumAggregation` -> [B][F']; 0 for a graph without nodes.

    >>> from tinygnn.nn import Linear
    >>> readout = AttentionalAggregation(Linear(1, 1, bias=False))
    >>> readout.load_state_dict({"gate_nn.weight": [[0.0]]})
    >>> [row[0].data for row in readout([[3.0], [1.0], [5.0]], [0, 0, 1])]
    [2.0, 5.0]

    Raises ValueError where gate_nn's rows are neither of length 1 nor of that of nn's.
    """

    def __init__(self, gate_nn: Module, nn: Module | None = None) -> None:
        self.gate_nn = None if isinstance(gate_nn, MLP) else gate_nn
        self.gate_mlp = gate_nn if isinstance(gate_nn, MLP) else None
        self.nn = None if isinstance(nn, MLP) else nn
        self.mlp = nn if isinstance(nn, MLP) else None

    def forward(
        self,
        x: Matrix,
        index: Sequence[int] | None = None,
        ptr: Sequence[int] | None = None,
        dim_size: int | None = None,
    ) -> Rows:
        x = plain(x)
        groups = groups_of_either(len(x), index, ptr, dim_size)
        numbers = [0] * len(x)  # the graph of each row
        for k, group in enumerate(groups):
            for i in group:
                numbers[i] = k
        gate = _run(self.gate_nn, self.gate_mlp, x, numbers, len(groups))
        rows = _run(self.nn, self.mlp, x, numbers, len(groups))
        if not rows:
            return [[0.0] * self._width() for _ in groups]
        width, gates = len(rows[0]), len(gate[0])
        if gates not in (1, width):
            raise ValueError(f"gate_nn gives rows of {gates} for rows of {width}: it gives 1 or {width}")
        return [self._readout(group, gate, rows, width) for group in groups]

    def _width(self) -> int:
        """F' as the networks tell it, where there is no row to tell; 0 where they do not."""
        widths = [getattr(part, "in_channels", None) for part in self.modules()]
        width = next((found for found in widths if isinstance(found, int)), 0)  # gate_nn's or nn's input
        made_by = self.mlp if self.nn is None else self.nn
        return width if made_by is None else output_width(made_by, width)

    def _readout(self, group: list[int], gate: Matrix, rows: Matrix, width: int) -> list[Value | float]:
        """Σ_i α_i x_i of one graph, with an α for all columns or for each."""
        if not group:
            return [0.0] * width
        alphas = [softmax(column) for column in zip(*[gate[i] for i in group])]
        alphas = alphas * width if len(alphas) == 1 else alphas
        return [dot(alpha, column) for alpha, column in zip(alphas, zip(*[rows[i] for i in group]))]

    def __repr__(self) -> str:
        gate = self.gate_mlp if self.gate_nn is None else self.gate_nn
        return f"AttentionalAggregation(gate_nn={gate!r}, nn={self.mlp if self.nn is None else self.nn!r})"


def _run(nn: Module | None, mlp: MLP | None, x: Matrix, index: list[int], size: int) -> Matrix:
    """What a network makes of x: a Module, an MLP, or neither, which leaves x as it is."""
    if mlp is not None:
        x = mlp(x, batch=index, batch_size=size)
    return x if nn is None else nn(x)
