"""Where layers add up or aggregate what nodes hear; with a tape open, message by message.

Without one each function is the n-ary operation it stands for: one node for each number of the output.
While a tape records, each message is a Value of its own between what is sent and the sum. The outputs
have the same bits; gradients are the same sums, whose terms may come in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from tinygnn.aggregate import aggregate
from tinygnn.constants import constants_are_recorded
from tinygnn.edge_index import EdgeIndex, Weights, add_remaining_self_loops, weights_of
from tinygnn.linalg import Matrix, Row, is_constant, total, value_weighted_sums, weighted_sums
from tinygnn.marked import Ones
from tinygnn.modes import no_grad
from tinygnn.sparse import Parents, SparseRow
from tinygnn.tape import Passing, Rows, by_name, tapes, tell
from tinygnn.value import Value, as_value

# Says where coefficients come from: a formula, and for each message the numbers in it.
Why = Callable[[], tuple[str, list[dict[str, Any]]]]


def sums(
    rows: Sequence[SparseRow],
    table: Matrix,
    senders: int,
    terms: Sequence[str] = (),
    *,
    sources: Sequence[int] | None = None,
    why: Why | None = None,
    parents: Sequence[Parents] | None = None,
) -> list[list[Value]]:
    """`weighted_sums` of messages, constant coefficients times rows, and of what a node adds to them.

    The first `senders` rows of the table are sent, row k by node sources[k] (by node k where sources is
    None). Behind them stand blocks of N rows for each name in terms, of which the last, "bias", may be one
    row. Shapes: rows [N], table [senders + ...][F] -> [N][F].
    """
    if constants_are_recorded():
        return value_weighted_sums([(indices, coefficients) for indices, coefficients, _ in rows], table)
    if not tapes:
        return weighted_sums(rows, table, parents)
    with no_grad():
        data = weighted_sums(rows, table)
    return _recorded(rows, table, senders, terms, data, sources, why)


def value_sums(
    rows: Sequence[tuple[Sequence[int], Row]],
    table: Matrix,
    senders: int,
    terms: Sequence[str] = (),
    *,
    bias: Row | None = None,
    why: Why | None = None,
    name: str = "",
) -> list[list[Value]]:
    """The same where coefficients are Values, plus b_j."""
    if not tapes:
        return value_weighted_sums(rows, table, bias)
    with no_grad():
        data = value_weighted_sums(rows, table, bias)
    if bias is not None:
        last, one = len(table), Value(1.0)
        rows = [([*indices, last], [*coefficients, one]) for indices, coefficients in rows]
        table, terms = [*table, bias], [*terms, "bias"]
    return _recorded(rows, table, senders, terms, data, why=why, name=name)


def aggregated(
    aggr: str,
    rows: Matrix,
    groups: Sequence[Sequence[int]],
    width: int | None = None,
    *,
    sources: Sequence[int] | None = None,
    nodes: Sequence[int] | None = None,
    name: str = "",
) -> Rows:
    """`aggregate` of rows of nodes: groups[k] are the rows that node nodes[k] hears, of nodes sources[...].

    Where nodes or sources is None, node k has the group, or the row, of that number.
    """
    if not tapes:
        return aggregate(aggr, rows, groups, width)
    heard = [k for group in groups for k in group]
    sent: Any = [rows[k] for k in heard]
    messages = [row if is_constant(row) else [_times(1.0, entry) for entry in row] for row in sent]
    ends = list(accumulate(map(len, groups), initial=0))
    out = aggregate(aggr, messages, [range(a, b) for a, b in zip(ends, ends[1:])], width)
    hearers = range(len(groups)) if nodes is None else nodes
    told: Rows = [[] for _ in range(max(hearers, default=-1) + 1)]
    for node, row in zip(hearers, out):
        told[node] = row
    tell_messages(
        aggr, messages,
        heard if sources is None else [sources[k] for k in heard],
        [node for node, group in zip(hearers, groups) for _ in group],
        told, sent=sent, name=name,
    )  # fmt: skip
    return out


def per_edge(
    aggr: str,
    messages: Matrix,
    edges: EdgeIndex,
    num_nodes: int,
    width: int | None = None,
    *,
    rows: Matrix | None = None,
    coefficients: Weights | None = None,
) -> Rows:
    """`aggregate` of messages that have a row for each edge: coefficients times rows of nodes, or neither."""
    out = aggregate(aggr, messages, edges.entering(num_nodes), width)
    if tapes:
        sent = None if rows is None else [rows[j] for j in edges[0]]
        tell_messages(aggr, messages, *edges, out, coefficients=coefficients, sent=sent)
    return out


def tell_messages(
    aggr: str,
    messages: Matrix,
    sources: Sequence[int],
    targets: Sequence[int],
    out: Rows,
    *,
    coefficients: Weights | None = None,
    sent: Matrix | None = None,
    name: str = "",
) -> None:
    """Tell the tapes of messages that have rows of their own, and of what came of them for each node."""
    rows: Any = messages
    carried: Any = messages if sent is None else sent
    factors: list[Value | float] = [1.0] * len(rows) if coefficients is None else list(coefficients)
    tell(Passing(list(sources), list(targets), carried, factors, rows, out, out, aggr=aggr, name=name))


def constant_sums(
    rows: Sequence[SparseRow], table: Matrix, senders: int, terms: Sequence[str], out: Rows, why: Why | None
) -> None:
    """Tell the tapes of sums of constants, which are floats: nothing has a gradient."""
    _recorded(rows, table, senders, terms, out, why=why, constant=True)


def gcn_numbers(
    edges: EdgeIndex,
    edge_weight: Weights | None,
    num_nodes: int,
    *,
    improved: bool = False,
    add_self_loops: bool = True,
    normalize: bool = True,
) -> tuple[str, list[dict[str, Any]]]:
    """The `Why` of `gcn_norm`: w, and the degrees d_j and d_i, of each edge in the order of the nodes."""
    weights = weights_of(edges, edge_weight)
    if add_self_loops:
        edges, weights = add_remaining_self_loops(edges, weights, num_nodes, 2.0 if improved else 1.0)
    entering = edges.entering(num_nodes)
    order = [e for es in entering for e in es]
    w = [weights[e] for e in order]
    if not normalize:
        return "w", by_name(["w"], [w])
    degrees = [sum([float(weights[e]) for e in es]) for es in entering]
    d_j, d_i = [degrees[edges[0][e]] for e in order], [degrees[edges[1][e]] for e in order]
    return "w / √(d_j d_i)", by_name(["w", "d_j", "d_i"], [w, d_j, d_i])


def mean_numbers(edges: EdgeIndex, num_nodes: int, weights: Weights | None, aggr: str) -> Any:
    """The `Why` of sums and means: w, and the number n of messages to the same node."""
    entering = edges.entering(num_nodes)
    w = [1.0 if weights is None else weights[e] for es in entering for e in es]
    if aggr != "mean":
        return "w", by_name(["w"], [w])
    n = [len(es) for es in entering for _ in es]
    return ("w / n", by_name(["w", "n"], [w, n])) if weights is not None else ("1 / n", by_name(["n"], [n]))


# ---- message by message ---------------------------------------------------------------------------------


def _recorded(
    rows: Sequence[Any],
    table: Matrix,
    senders: int,
    terms: Sequence[str],
    data: Any,
    sources: Sequence[int] | None = None,
    why: Why | None = None,
    name: str = "",
    *,
    constant: bool = False,
) -> Rows:
    """Tell the tapes of every message and return the sums, whose numbers are those of `data`.

    Each message and sum is a Value; where all is constant they are floats, and the sums are `data`.
    """
    formula, numbers = ("", []) if why is None else why()
    found = Passing([], [], [], [], [], [], [], formula=formula, numbers=numbers, name=name)
    width = len(table[0]) if table else 0
    added: list[Rows] = [[] for _ in terms]
    for i, (indices, coefficients, *_) in enumerate(rows):
        heard: Rows = []
        own: dict[int, list[Any]] = {}
        for k, c in zip(indices, coefficients):
            carried: Any = table[k]
            if constant:
                row = carried if c == 1.0 else [c * entry for entry in carried]
            elif k >= senders and float(c) == 1.0:
                row = [as_value(entry) for entry in carried]
            else:
                row = [_times(c, entry) for entry in carried]
            if k >= senders:
                own[(k - senders) // len(rows)] = row
                continue
            heard.append(row)
            found.sources.append(k if sources is None else sources[k])
            found.targets.append(i)
            found.sent.append(carried)
            found.coefficients.append(c)
        found.messages += heard
        columns = list(zip(*heard)) if heard else [()] * width
        numbers_of_i = [entry if constant else entry.data for entry in data[i]]
        if constant:
            sums_of_i: list[Any] = [sum(column, 0.0) for column in columns] if own else list(numbers_of_i)
            outputs: list[Any] = numbers_of_i
        elif own:
            sums_of_i = [total(column) for column in columns]
            outputs = [
                _made_of(number, parts) for number, parts in zip(numbers_of_i, zip(sums_of_i, *own.values()))
            ]
        else:
            sums_of_i = outputs = [_made_of(number, column) for number, column in zip(numbers_of_i, columns)]
        found.aggregates.append(sums_of_i)
        found.outputs.append(outputs)
        for place, rows_of_term in enumerate(added):
            rows_of_term.append(own.get(place, []))
    found.terms = [(term, rows_of_term) for term, rows_of_term in zip(terms, added) if any(rows_of_term)]
    tell(found)
    return found.outputs


def _times(c: Any, v: Any) -> Any:
    """c v as a Value of its own."""
    v = as_value(v)
    if isinstance(c, Value):
        return Value(c.data * v.data, (c, v), (v.data, c.data), "*")
    return Value(c * v.data, (v,), (c,), ("linear_combination", (c,)))


def _made_of(number: float, parts: Sequence[Value]) -> Value:
    """The sum of Values, whose number is known."""
    return Value(number, tuple(parts), Ones((1.0,) * len(parts)), "total")
