"""`BatchNorm`: the batch normalization of Ioffe & Szegedy."""

from __future__ import annotations

from collections.abc import Sequence

from tinygnn.constants import constant
from tinygnn.linalg import Matrix
from tinygnn.nn.init import ones, zeros
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.nn.norm.normalized import Rows, inverse_roots, moments, normalized_rows
from tinygnn.nn.norm.running import RunningStatistics


class BatchNorm1d(RunningStatistics):
    """x'_ij = (x_ij - μ_j) / √(σ²_j + ε) γ_j + β_j: PyTorch's `torch.nn.BatchNorm1d`, of rows.

    Sergey Ioffe and Christian Szegedy, "Batch Normalization: Accelerating Deep Network Training by
    Reducing Internal Covariate Shift", 2015, arXiv:1502.03167, algorithm 1. In training μ and σ² are mean
    and variance (Σ (x - μ)² / N) of each column over all rows; with track_running_stats they move

        running ← (1 - momentum) running + momentum new          (new: μ, and σ² N / (N - 1))

    and evaluation takes the running ones instead.

    Args: eps is ε. momentum None gives all batches so far the same share, 1/num_batches_tracked.
    affine=False leaves γ and β out.

    Parameters: weight [F], ones, and bias [F], zeros. Buffers: running_mean [F], zeros; running_var [F],
    ones; num_batches_tracked, a count. Shapes: x [N][F] -> [N][F].

    Departure from PyTorch: no rows change no running statistics and are not counted.

    >>> [row[0].data for row in BatchNorm1d(1, eps=0.0)([[1.0], [3.0]])]
    [-1.0, 1.0]

    Raises ValueError for rows of another length, and for a single row where the statistics are its own:
    it would always become β.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.weight = ones(num_features) if affine else None
        self.bias = zeros(num_features) if affine else None
        self.track_running_stats = track_running_stats
        self.reset_running_stats()

    def forward(self, x: Matrix) -> Rows:
        x = rows_of_width("BatchNorm1d", x, self.num_features)
        if self.training or not self.track_running_stats:
            if len(x) == 1:
                raise ValueError(
                    "BatchNorm of a single row, by its own mean and variance: give it more rows, or call "
                    "eval() on the model; BatchNorm(..., allow_single_element=True) does so by itself"
                )
            means, variances = moments(x, [range(len(x))], self.num_features)
            if self.track_running_stats and len(x) > 0:
                self.num_batches_tracked += 1
                share = constant(1.0) / self.num_batches_tracked if self.momentum is None else self.momentum
                self.move(share, means, variances, [len(x)])
        else:
            means, variances = self.running()
        inverses = inverse_roots(variances, self.eps)
        return normalized_rows(x, means, inverses, [0] * len(x), self.weight, self.bias)

    def __repr__(self) -> str:
        return f"BatchNorm1d({self.num_features})"


class BatchNorm(Module):
    """`BatchNorm1d` of the features of all nodes of all graphs: PyG's `torch_geometric.nn.BatchNorm`.

    Args: those of `BatchNorm1d`. With allow_single_element a single row in training is treated as in
    evaluation, by the running statistics, which it does not move.

    Parameters and buffers: those of `BatchNorm1d`, under "module.". Shapes: x [N][F] -> [N][F]. batch and
    batch_size may be given as to the other norms and change nothing.

    >>> BatchNorm(16, affine=False).state_dict()["module.num_batches_tracked"]
    0

    Raises ValueError as `BatchNorm1d` does, and for allow_single_element without track_running_stats.
    """

    takes_batch = True

    def __init__(
        self,
        in_channels: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        allow_single_element: bool = False,
    ) -> None:
        if allow_single_element and not track_running_stats:
            raise ValueError("allow_single_element=True needs track_running_stats=True: it uses them")
        self.module = BatchNorm1d(in_channels, eps, momentum, affine, track_running_stats)
        self.in_channels = in_channels
        self.allow_single_element = allow_single_element

    def reset_running_stats(self) -> None:
        """Set mean 0, variance 1, and forget all batches."""
        self.module.reset_running_stats()

    def forward(self, x: Matrix, batch: Sequence[int] | None = None, batch_size: int | None = None) -> Rows:
        x = rows_of_width("BatchNorm", x, self.in_channels)
        if self.allow_single_element and len(x) == 1 and self.module.training:
            means, variances = self.module.running()
            inverses = inverse_roots(variances, self.module.eps)
            return normalized_rows(x, means, inverses, [0], self.module.weight, self.module.bias)
        out: Rows = self.module(x)
        return out

    def __repr__(self) -> str:
        return f"BatchNorm({self.in_channels})"
