"""The `tinygnn` command: train, info, convert, conformance."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

import tinygnn
from tinygnn import optim
from tinygnn.gnn import CONVOLUTIONS, GNN
from tinygnn.graph import Graph
from tinygnn.linalg import COMPILED
from tinygnn.nn.activation import ACTIVATIONS
from tinygnn.progress import training_progress
from tinygnn.training import Masks, fit, random_split, split_masks

OPTIMIZERS = {"adam": optim.Adam, "adamw": optim.AdamW, "sgd": optim.SGD}
MAX_IDENTITY = 5000  # nodes: beyond it, one-hot features would fill the memory
SOURCE_HELP = (
    "karate; pyg:NAME or pyg:NAME(argument=value, ...), of PyG's datasets; "
    "nx:NAME, of networkx's graphs; PATH.csv, a file of edges"
)


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {' '.join(message.split())} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 (a check failed), 2 (wrong input)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    show_before = warnings.showwarning
    try:
        warnings.showwarning = show_warning
        try:
            options = make_parser(arguments).parse_args(arguments)
            status: int = options.run(options)
        finally:
            sys.stdout.flush()  # after --help too: a reader that has left is noticed here, not at exit
        return status
    except (ValueError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # the reader, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        print(f"tinygnn: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tinygnn: interrupted", file=sys.stderr)
        return 130
    finally:
        warnings.showwarning = show_before


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Show a warning in one line."""
    print(f"tinygnn: warning: {' '.join(str(message).split())}", file=sys.stderr)


def make_parser(arguments: Sequence[str]) -> Parser:
    """Build the parser; the conformance suite adds its own options where it is asked for."""
    parser = Parser(prog="tinygnn", description="Graph neural networks, to be read and checked.")
    parser.add_argument("--version", action="version", version=f"tinygnn {tinygnn.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    train = commands.add_parser("train", help="train a model on a graph")
    _add_source(train)
    train.add_argument("--model", choices=sorted(CONVOLUTIONS), default="gcn")
    train.add_argument("--hidden", type=_positive, default=16, metavar="N", help="hidden size (16)")
    train.add_argument("--layers", type=_positive, default=2, metavar="N", help="layers (2)")
    train.add_argument("--act", choices=sorted(ACTIVATIONS), default="relu")
    train.add_argument("--epochs", type=_natural, default=200, metavar="N", help="epochs (200)")
    train.add_argument("--lr", type=float, default=0.01, metavar="X", help="learning rate (0.01)")
    train.add_argument("--optimizer", choices=sorted(OPTIMIZERS), default="adam")
    train.add_argument("--weight-decay", type=float, default=0.0, metavar="X", help="(0)")
    train.add_argument("--dropout", type=float, default=0.0, metavar="P", help="(0)")
    train.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and splits (0)")
    train.add_argument("--json", action="store_true", help="print the result as one JSON object")
    train.set_defaults(run=run_train)

    info = commands.add_parser("info", help="say what a source holds, or which engine runs")
    _add_source(info, required=False)
    info.add_argument("--engine", action="store_true", help="say whether the engine is compiled")
    info.add_argument("--json", action="store_true", help="print it as one JSON object")
    info.set_defaults(run=run_info)

    convert = commands.add_parser("convert", help="write a source as CSV files")
    _add_source(convert, nodes_option="--source-nodes")
    convert.add_argument("edges", metavar="EDGES.csv", help="the file of edges to write, or a folder")
    convert.add_argument("--nodes", dest="out_nodes", metavar="NODES.csv", help="the file of nodes to write")
    convert.set_defaults(run=run_convert)

    conformance = commands.add_parser("conformance", help="check numbers and gradients against PyTorch")
    if "conformance" in arguments[:1]:
        suite = import_module("tinygnn.conformance.cli")
        suite.add_arguments(conformance)
        conformance.set_defaults(run=suite.main)
    return parser


def _add_source(
    parser: argparse.ArgumentParser, nodes_option: str = "--nodes", *, required: bool = True
) -> None:
    parser.add_argument("source", metavar="SOURCE", help=SOURCE_HELP, nargs=None if required else "?")
    parser.add_argument(
        nodes_option, dest="nodes", metavar="NODES.csv", help="the file of nodes beside a file of edges"
    )
    parser.add_argument("--label", metavar="NAME", help="the node attribute or column to predict")
    parser.add_argument("--features", metavar="A,B", help="the node attributes or columns to learn from")


# ---- train --------------------------------------------------------------------------------------------


def run_train(options: argparse.Namespace) -> int:
    """Train on the source's graph; print progress to stderr and the summary to stdout."""
    graph = load_one(options)
    labels, classes = node_classes(graph, options)
    notes = []
    if graph.x is None:
        notes.append(add_features(graph))
    masks = split_masks(graph)
    if "train" not in masks:
        masks = {name: mask for name, mask in random_split(labels, seed=options.seed).items() if any(mask)}
        notes.append(f"no train mask: a random split by class, 60/20/20, seed {options.seed}")
    model = GNN(
        options.model, graph.num_features, options.hidden, options.layers, classes,
        act=options.act, dropout=options.dropout, seed=options.seed,
    )  # fmt: skip
    optimizer = OPTIMIZERS[options.optimizer](
        model.parameters(), lr=options.lr, weight_decay=options.weight_decay
    )
    for note in notes:  # after the settings are known to be right: an error is one line
        print(note, file=sys.stderr)
    started = time.perf_counter()
    with training_progress(options.epochs) as show:
        history = fit(model, graph, optimizer, epochs=options.epochs, masks=masks, on_epoch=show)
    seconds = time.perf_counter() - started
    report_training(options, graph, model, masks, history, seconds)
    return 0


def report_training(
    options: argparse.Namespace, graph: Graph, model: GNN, masks: Masks, history: Any, seconds: float
) -> None:
    first, last = history[0], history[-1]
    if options.json:
        settings = {k: v for k, v in vars(options).items() if k not in ("run", "json")}
        result = {
            "settings": settings,
            "graph": repr(graph),
            "parameters": len(model.parameters()),
            "first_loss": first.loss,
            "loss": last.loss,
            "accuracy": last.accuracy,
            "nodes": {name: sum(mask) for name, mask in masks.items()},
            "seconds": round(seconds, 3),
            "history": [{"epoch": e.number, "loss": e.loss, **e.accuracy} for e in history],
        }
        print(json.dumps(_finite(result), allow_nan=False))
        return
    print(f"{options.source}: {graph}")
    print(f"{model!r}, {len(model.parameters())} parameters, seed {options.seed}")
    print(f"{options.epochs} epochs in {seconds:.2f} s: loss {first.loss:.4f} -> {last.loss:.4f}")
    for name, mask in masks.items():
        print(f"accuracy on {name:5} {last.accuracy[name]:.3f}  ({sum(mask)} nodes)")


def load_one(options: argparse.Namespace) -> Graph:
    """Load the source and insist that it is one graph."""
    graphs = load_graphs(options)
    if len(graphs) != 1:
        raise ValueError(
            f"{options.source} holds {len(graphs)} graphs: choose one, as in '{options.source}[0]'"
        )
    return graphs[0]


def load_graphs(options: argparse.Namespace) -> list[Graph]:
    """Load the source; the adapters are looked for only now."""
    load = import_module("tinygnn.adapters").load
    given: dict[str, Any] = {
        "nodes": options.nodes,
        "y": options.label,
        "x": options.features.split(",") if options.features else None,
    }
    graphs: list[Graph] = load(options.source, **{k: v for k, v in given.items() if v is not None})
    return graphs


def node_classes(graph: Graph, options: argparse.Namespace) -> tuple[list[int], int]:
    """The class of each node and their number, or ValueError if the labels are not classes."""
    if graph.y is None:
        known = list(map(str, graph.node_attrs))
        more = f" and {len(known) - 8} more" if len(known) > 8 else ""
        hint = f" (there are: {', '.join(known[:8])}{more})" if known else ""
        raise ValueError(f"{options.source} names no labels: say which with --label NAME{hint}")
    if graph.y_level != "node":
        raise ValueError(f"{options.source} has one label for the graph: train needs one for each node")
    for i, label in enumerate(graph.y):
        if label is not None and type(label) is not int:
            raise ValueError(f"the label of node {i} is {label!r}: train needs classes (0, 1, ... or names)")
    return graph.y, graph.num_classes


def add_features(graph: Graph) -> str:
    """Give a graph without features some, and say which."""
    n = graph.num_nodes
    if n <= MAX_IDENTITY:
        features = [[float(i == j) for j in range(n)] for i in range(n)]
        note = "no features: each node gets its own one-hot row (name others with --features A,B)"
    else:
        degrees = Counter(graph.edge_index[1])
        scale = n / max(graph.num_edges, 1)
        features = [[1.0, degrees[i] * scale] for i in range(n)]
        note = "no features: each node gets 1 and its in-degree over the mean (or name --features A,B)"
    graph.x = Graph(graph.edge_index, x=features).x
    return note


# ---- info and convert --------------------------------------------------------------------------------


def run_info(options: argparse.Namespace) -> int:
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


def run_convert(options: argparse.Namespace) -> int:
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


def _finite(value: Any) -> Any:
    """The value with null for every nan and inf, which JSON does not have."""
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _positive(text: str) -> int:
    return _whole(text, 1)


def _natural(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
    return number
