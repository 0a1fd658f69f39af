"""`to_dot`: the autograd graph of a Value for graphviz."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tinygnn.explain.captions import captions, short
from tinygnn.explain.draw import MAX_NODES
from tinygnn.explain.value_graph import ValueGraph
from tinygnn.tape import Tape
from tinygnn.value import Value
from tinygnn.web_page import counted


def to_dot(
    value: Value,
    *,
    names: Mapping[Value, str] | None = None,
    tape: Tape | None = None,
    open: Collection[int] = (),
    max_nodes: int = MAX_NODES,
) -> str:
    """The graph that `draw` draws in the DOT language, for those who have graphviz.

    >>> print(to_dot(Value(2.0).tanh(), names={}))
    digraph {
      rankdir=LR; node [shape=box];
      v0 [label="tanh\\ndata 0.964028\\ngrad 0"];
      v1 [label="leaf\\ndata 2\\ngrad 0"];
      v1 -> v0 [label="0.0706508"];
    }
    <BLANKLINE>

    Args and Raises are those of `draw`.
    """
    graph = ValueGraph.of(value, names, tape, open, max_nodes)
    number = {box: k for k, box in enumerate(graph.boxes)}
    lines = ["digraph {", "  rankdir=LR; node [shape=box];"]
    for k, box in enumerate(graph.boxes):
        label = "\\n".join([_quoted(text) for text in captions(box, graph.names)])
        lines.append(f'  v{k} [label="{label}"];')
    for (source, target), partials in graph.lines.items():
        many = source.number or target.number
        for label in [counted(len(partials), "line")] if many else map(short, partials):
            lines.append(f'  v{number[source]} -> v{number[target]} [label="{label}"];')
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
