"""`InstanceNorm`: the instance normalization of Ulyanov, Vedaldi & Lempitsky."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.linalg import Matrix
from tinygnn.nn.groups import graph_numbers, groups_of
from tinygnn.nn.init import ones, zeros
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.norm.normalized import Rows, inverse_roots, moments, normalized_rows
from tinygnn.nn.norm.running import RunningStatistics


class InstanceNorm(RunningStatistics):
    """x'_ij = (x_ij - μ_j) / √(σ²_j + ε) γ_j + β_j; μ and σ² over the nodes of each graph.

    Dmitry Ulyanov, Andrea Vedaldi and Victor Lempitsky, "Instance Normalization: The Missing Ingredient for
    Fast Stylization", 2017, arXiv:1607.08022, equation 4.

    Args: eps is ε. affine=True learns γ and β. With track_running_stats the mean over the graphs of μ and
    of σ² n / (n - 1) move running statistics in training, as in `BatchNorm1d`, and evaluation takes those
    for every graph; without, evaluation is as training.

    Parameters: with affine weight [F], ones, and bias [F], zeros. Buffers: with track_running_stats
    running_mean [F], zeros; running_var [F], ones; num_batches_tracked, which stays 0 as in PyG. Shapes:
    x [N][F] -> [N][F]. batch [N] says of each node which graph it is in, None that all are in one; of
    batch_size graphs the last may have no nodes.

    Departures from PyG: graphs without nodes do not move the running statistics, where PyG counts their
    mean and variance as 0; a single node without a batch becomes β, as with one, where PyG raises.

    >>> [row[0].data for row in InstanceNorm(1, eps=0.0)([[1.0], [3.0], [5.0], [9.0]], [0, 0, 1, 1])]
    [-1.0, 1.0, -1.0, 1.0]

    Raises ValueError for rows of another length, and for a batch that does not fit.
    """

    takes_batch = True

    def __init__(
        self,
        in_channels: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
    ) -> None:
        self.in_channels = self.num_features = in_channels
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.weight = ones(in_channels) if affine else None
        self.bias = zeros(in_channels) if affine else None
        self.track_running_stats = track_running_stats
        self.reset_running_stats()

    def forward(self, x: Matrix, batch: Sequence[int] | None = None, batch_size: int | None = None) -> Rows:
        x = rows_of_width("InstanceNorm", x, self.in_channels)
        groups, graphs = groups_of(batch, len(x), batch_size), graph_numbers(batch, len(x))
        if self.training or not self.track_running_stats:
            means, variances = moments(x, groups, self.in_channels)
            if self.track_running_stats and len(x) > 0:
                self.move(self.momentum, means, variances, list(map(len, groups)))
        else:
            means, variances = self.running()
            graphs = [0] * len(x)
        inverses = inverse_roots(variances, self.eps)
        return normalized_rows(x, means, inverses, graphs, self.weight, self.bias)

    def __repr__(self) -> str:
        return f"InstanceNorm({self.in_channels})"
