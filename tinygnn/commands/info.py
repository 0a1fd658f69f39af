"""`tinygnn info`: say what a source holds, or which engine runs."""

from __future__ import annotations

import argparse
import json
import platform
from collections import Counter
from typing import Any

import tinygnn
from tinygnn.commands.estimate import estimate
from tinygnn.commands.source import SOURCE_HELP, add_source, load_graphs
from tinygnn.graph import Graph
from tinygnn.linalg import COMPILED


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("info", help="say what a source holds, or which engine runs")
    add_source(parser, required=False)
    parser.add_argument("--engine", action="store_true", help="say whether the engine is compiled")
    parser.add_argument("--json", action="store_true", help="print it as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what the source holds, before anything is trained, or which engine runs."""
    if options.engine:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        engine = "compiled by mypyc" if COMPILED else "interpreted"
        if options.json:
            print(json.dumps({"version": tinygnn.__version__, "engine": engine, "python": python}))
        else:
            print(f"tinygnn {tinygnn.__version__}, {engine}, {python}")
        return 0
    if options.source is None:
        raise ValueError(f"info needs a SOURCE ({SOURCE_HELP}) or --engine")
    graphs = load_graphs(options)
    facts = [graph_facts(graph) for graph in graphs]
    expected = estimate(graphs)
    if options.json:
        print(json.dumps({"source": options.source, "graphs": facts, "estimate": expected}))
        return 0
    print(f"{options.source}: {len(graphs)} graph{'s' if len(graphs) != 1 else ''}")
    for graph, fact in list(zip(graphs, facts))[:1]:
        print(repr(graph))
        for name, value in fact.items():
            print(f"  {name.replace('_', ' '):16} {shown(value)}")
    if len(graphs) > 1:
        print(f"  ... and {len(graphs) - 1} more; choose one by its number, as in '{options.source}[1]'")
    if expected is not None:
        seconds, megabytes = expected["seconds_per_epoch"], expected["megabytes"]
        print(f"estimated for {expected['model']}: {in_time(seconds)} per epoch, {megabytes:,} MB of memory")
    return 0


def shown(value: Any) -> str:
    """A fact as people read it: a number with a point has three digits after it, nothing is a dash."""
    if isinstance(value, float):
        return f"{value:.3f}"
    return "-" if value is None else str(value)


def in_time(seconds: float) -> str:
    """
    >>> in_time(0.0021), in_time(0.35), in_time(7200.0)
    ('2.1 ms', '0.35 s', '7200 s')
    """
    return f"{seconds * 1e3:g} ms" if seconds < 0.1 else f"{seconds:g} s"


def homophily(graph: Graph) -> float | None:
    """The share of edges between nodes of one class, of all edges whose two ends have a class.

    Zhu et al. 2020, arXiv:2006.11468, definition 1. A negative label is none. None where no edge counts.
    """
    y = graph.y
    if graph.y_level != "node" or not isinstance(y, list) or not graph.num_classes:
        return None
    pairs = [(y[s], y[t]) for s, t in zip(*graph.edge_index)]
    alike = [a == b for a, b in pairs if type(a) is type(b) is int and a >= 0 and b >= 0]
    return sum(alike) / len(alike) if alike else None


def class_sizes(graph: Graph) -> list[int]:
    """How many nodes (or graphs) have each class."""
    if not graph.num_classes:
        return []
    labels = graph.y if isinstance(graph.y, list) else [graph.y]
    sizes = Counter([label for label in labels if type(label) is int])
    return [sizes[k] for k in range(graph.num_classes)]


def graph_facts(graph: Graph) -> dict[str, Any]:
    """Count what a graph holds."""
    sources, targets = graph.edge_index
    pairs = list(zip(sources, targets))
    masks = {"train": graph.train_mask, "val": graph.val_mask, "test": graph.test_mask}
    return {
        "nodes": graph.num_nodes,
        "edges": graph.num_edges,
        "directed": graph.directed,
        "self_loops": sum(s == t for s, t in pairs),
        "duplicate_edges": len(pairs) - len(set(pairs)),
        "isolated_nodes": graph.num_nodes - len(set(sources) | set(targets)),
        "features": graph.num_features,
        "classes": graph.num_classes,
        "class_sizes": class_sizes(graph),
        "homophily": homophily(graph),
        "edge_weights": graph.edge_weight is not None,
        "masks": {name: sum(mask) for name, mask in masks.items() if mask is not None},
        "node_attributes": [str(name) for name in graph.node_attrs],
        "edge_attributes": [str(name) for name in graph.edge_attrs],
    }
