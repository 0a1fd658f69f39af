"""Running statistics: the means and variances that training leaves for evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygnn.constants import constant, detached
from tinygnn.nn.module import Module
from tinygnn.nn.norm.normalized import Rows
from tinygnn.value import Value, as_value


class RunningStatistics(Module):
    """A norm that may keep running_mean, running_var and num_batches_tracked as buffers.

    Without track_running_stats it has none of them: the attributes are None and not in the state_dict.
    """

    num_features: int
    track_running_stats: bool
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def reset_running_stats(self) -> None:
        """Set mean 0, variance 1, and forget all batches."""
        if self.track_running_stats:
            self.register_buffer("running_mean", [0.0] * self.num_features)
            self.register_buffer("running_var", [1.0] * self.num_features)
            self.register_buffer("num_batches_tracked", 0)
        else:
            self.running_mean = self.running_var = self.num_batches_tracked = None

    def running(self) -> tuple[Rows, Rows]:
        """Mean and variance as one row each, of constants."""
        return [list(map(as_value, self.running_mean))], [list(map(as_value, self.running_var))]

    def move(self, share: Value | float, means: Rows, variances: Rows, sizes: Sequence[int]) -> None:
        """running ← (1 - share) running + share new; new is the average over the graphs that have rows.

        The variance is corrected to σ² n / (n - 1), and is 0 for one row.
        """
        graphs = [g for g, size in enumerate(sizes) if size]
        corrections = [constant(float(sizes[g])) / max(sizes[g] - 1, 1) for g in graphs]
        new_mean = [[detached(m) for m in means[g]] for g in graphs]
        new_var = [[c * detached(v) for v in variances[g]] for c, g in zip(corrections, graphs)]
        share = constant(share)
        self.running_mean = _moved(self.running_mean, _average(new_mean), share)
        self.running_var = _moved(self.running_var, _average(new_var), share)


def _average(rows: list[list[Value | float]]) -> list[Value | float]:
    return [sum(column) / len(rows) for column in zip(*rows)]


def _moved(old: list[Value | float], new: list[Value | float], share: Value | float) -> list[Value | float]:
    return [(1.0 - share) * a + share * b for a, b in zip(old, new)]
