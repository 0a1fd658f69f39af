"""`DegreeScalerAggregation`: several aggregations, scaled by functions of the degree; PNAConv's."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinygnn.aggregate import aggregate, check_aggr
from tinygnn.constants import constant, logarithm, quotient
from tinygnn.linalg import Matrix, linear_combination, plain
from tinygnn.nn.conv.neighbours import aggr_module
from tinygnn.nn.module import Module
from tinygnn.value import Value

SCALERS = ("identity", "amplification", "attenuation", "linear", "inverse_linear")


class DegreeScalerAggregation(Module):
    """Several aggregations side by side, each scaled by functions of a node's degree d.

    Corso et al. 2020, arXiv:2004.05718, equation 5, with the means δ of d and of log(d + 1) over the
    training set, of whose in-degrees deg is the histogram:

        identity 1, amplification log(d + 1)/δ_log, attenuation δ_log/log(max(d, 1) + 1),
        linear d/δ_lin, inverse_linear δ_lin/max(d, 1)

    avg_deg_lin and avg_deg_log [1] are buffers, with train_norm parameters. Shapes: rows [E][F], groups
    [N][d] -> [N][scalers·aggregators·F], the columns ordered in this way.

    Raises ValueError for unknown names, and for a histogram that is empty or has negative counts.
    """

    def __init__(
        self, aggr: Sequence[str], scaler: Sequence[str], deg: Sequence[int], train_norm: bool = False
    ) -> None:
        for name in scaler:
            if name not in SCALERS:
                raise ValueError(f"scaler is {name!r}: choose from {', '.join(SCALERS)}")
        self.names = [check_aggr(name) for name in aggr]
        self.scaler = list(scaler)
        self.train_norm = train_norm
        counts = [float(count) for count in plain(deg)]
        nodes = sum(counts)
        if not nodes > 0.0 or min(counts) < 0.0:
            raise ValueError(f"deg is {plain(deg)!r}: give the number of nodes of degree 0, 1, 2 ...")
        means = {
            "avg_deg_lin": sum([d * count for d, count in enumerate(counts)]) / nodes,
            "avg_deg_log": sum([math.log(d + 1) * count for d, count in enumerate(counts)]) / nodes,
        }
        for name, mean in means.items():
            if train_norm:
                setattr(self, name, [Value(mean)])
            else:
                self.register_buffer(name, [mean])
        self.aggr = _Aggregations(self.names)

    def forward(
        self, rows: Matrix, groups: Sequence[Sequence[int]], width: int | None = None
    ) -> list[list[Value | float]]:
        parts = [aggregate(name, rows, groups, width) for name in self.names]
        out = []
        for i, group in enumerate(groups):
            row = [entry for part in parts for entry in part[i]]
            out.append([scaled(entry, self.factor(s, len(group))) for s in self.scaler for entry in row])
        return out

    def factor(self, scaler: str, degree: int) -> Value | float:
        """What a scaler makes of a degree; a Value if the means are learned."""
        mean_degree = constant(self.avg_deg_lin[0])  # type: ignore[attr-defined]
        mean_log = constant(self.avg_deg_log[0])  # type: ignore[attr-defined]
        found: Value | float = 1.0
        if scaler == "amplification":
            found = quotient(logarithm(constant(degree + 1.0)), mean_log)
        elif scaler == "attenuation":
            found = mean_log / logarithm(constant(max(degree, 1) + 1.0))
        elif scaler == "linear":
            found = quotient(float(degree), mean_degree)
        elif scaler == "inverse_linear":
            found = mean_degree / max(degree, 1)
        return found


class _Aggregations(Module):
    """The parts of the aggregations that have a state, at their positions, as PyG keeps them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.aggrs = [aggr_module(name) or Module() for name in names]


def scaled(entry: Value | float, factor: Value | float) -> Value | float:
    """entry · factor; times the number 1 it is the entry itself."""
    if isinstance(factor, Value):
        return factor * entry
    if factor == 1.0:
        return entry
    return linear_combination((factor,), (entry,)) if isinstance(entry, Value) else factor * entry
