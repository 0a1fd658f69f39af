"""`tinygnn info`: say what a source holds, or which engine runs."""

from __future__ import annotations

import argparse
import json
import platform
from typing import Any

import tinygnn
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
    if options.json:
        print(json.dumps({"source": options.source, "graphs": facts}))
        return 0
    print(f"{options.source}: {len(graphs)} graph{'s' if len(graphs) != 1 else ''}")
    for graph, fact in list(zip(graphs, facts))[:1]:
        print(repr(graph))
        for name, value in fact.items():
            print(f"  {name.replace('_', ' '):16} {value}")
    if len(graphs) > 1:
        print(f"  ... and {len(graphs) - 1} more; choose one by its number, as in '{options.source}[1]'")
    return 0


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
        "edge_weights": graph.edge_weight is not None,
        "masks": {name: sum(mask) for name, mask in masks.items() if mask is not None},
        "node_attributes": [str(name) for name in graph.node_attrs],
        "edge_attributes": [str(name) for name in graph.edge_attrs],
    }
