"""`tinygnn convert`: write a source in another format."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from tinygnn.commands.source import add_source, load_graphs


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("convert", help="write a source as CSV, JSON, GraphML or a file of PyG")
    add_source(parser, nodes_option="--source-nodes")
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="what to write: EDGES.csv, or a file that ends in .json, .graphml or .pt; a folder for several "
        "graphs",
    )
    parser.add_argument(
        "--nodes", dest="out_nodes", metavar="NODES.csv", help="the file of nodes to write beside EDGES.csv"
    )
    parser.add_argument(
        "--format",
        metavar="NAME",
        help="csv, json, graphml, pt, planetoid or tudataset, where the name of TARGET does not say it",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the source's graphs: one to the file that is named, several to a folder, whole or not at all."""
    if options.out_nodes is not None and Path(options.out_nodes) == Path(options.target):
        raise ValueError(f"edges and nodes would both be written to {options.target}: name two files")
    graphs = load_graphs(options)
    save = import_module("tinygnn.adapters").save
    written = save(graphs, options.target, nodes=options.out_nodes, format=options.format)
    what = str(graphs[0]) if len(graphs) == 1 else f"{len(graphs)} graphs"
    where = ", ".join(written) if len(written) <= 2 else options.target
    print(f"{options.source}: {what} -> {where}")
    return 0
