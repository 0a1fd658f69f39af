"""The SOURCE of a command: where its graphs come from."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from tinygnn.graph import Graph

SOURCE_HELP = (
    "karate; planetoid:Cora or tudataset:MUTAG, raw files in the folder that TINYGNN_DATA names, or as in "
    "planetoid:Cora(root=DIR), or the path of their folder; "
    "pyg:NAME or pyg:NAME(argument=value, ...), of PyG's datasets; "
    "nx:NAME, of networkx's graphs; PATH.csv, a file of edges; PATH.json, PATH.graphml, PATH.pt"
)


def add_source(
    parser: argparse.ArgumentParser, nodes_option: str = "--nodes", *, required: bool = True
) -> None:
    parser.add_argument("source", metavar="SOURCE", help=SOURCE_HELP, nargs=None if required else "?")
    parser.add_argument(
        nodes_option, dest="nodes", metavar="NODES.csv", help="the file of nodes beside a file of edges"
    )
    parser.add_argument("--label", metavar="NAME", help="the node attribute or column to predict")
    parser.add_argument("--features", metavar="A,B", help="the node attributes or columns to learn from")


def load_graphs(options: Any) -> list[Graph]:
    """Load what `source`, `nodes`, `label` and `features` name; the adapters are looked for only now."""
    load = import_module("tinygnn.adapters").load
    given: dict[str, Any] = {
        "nodes": options.nodes,
        "y": options.label,
        "x": options.features.split(",") if options.features else None,
    }
    graphs: list[Graph] = load(options.source, **{k: v for k, v in given.items() if v is not None})
    return graphs
