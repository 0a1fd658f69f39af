"""`tinygnn convert`: write a source as CSV files."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from tinygnn.commands.source import add_source, load_graphs


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("convert", help="write a source as CSV files")
    add_source(parser, nodes_option="--source-nodes")
    parser.add_argument("edges", metavar="EDGES.csv", help="the file of edges to write, or a folder")
    parser.add_argument("--nodes", dest="out_nodes", metavar="NODES.csv", help="the file of nodes to write")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the source's graphs as CSV: one to the files named, several to a folder."""
    if options.out_nodes is not None and Path(options.out_nodes) == Path(options.edges):
        raise ValueError(f"edges and nodes would both be written to {options.edges}: name two files")
    graphs = load_graphs(options)
    to_csv = import_module("tinygnn.adapters").to_csv
    if len(graphs) == 1:
        to_csv(graphs[0], options.edges, options.out_nodes)
        written = [options.edges] + ([options.out_nodes] if options.out_nodes else [])
        print(f"{options.source}: {graphs[0]} -> {', '.join(written)}")
        return 0
    folder = Path(options.edges)
    if folder.suffix:
        raise ValueError(f"{options.source} holds {len(graphs)} graphs: name a folder, not {folder}")
    if options.out_nodes is not None:
        raise ValueError(
            f"{options.source} holds {len(graphs)} graphs, which go to a folder: leave out --nodes"
        )
    folder.mkdir(parents=True, exist_ok=True)
    width = len(str(len(graphs) - 1))
    for i, graph in enumerate(graphs):
        to_csv(graph, folder / f"{i:0{width}}_edges.csv", folder / f"{i:0{width}}_nodes.csv")
    print(f"{options.source}: {len(graphs)} graphs -> {folder}")
    return 0
