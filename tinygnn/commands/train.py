"""`tinygnn train`: train a model on a graph."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from typing import Any

from tinygnn import optim
from tinygnn.commands.arguments import finite, natural, positive
from tinygnn.commands.source import add_source, load_one
from tinygnn.gnn import CONVOLUTIONS, GNN
from tinygnn.graph import Graph
from tinygnn.history import History
from tinygnn.nn.activation import ACTIVATIONS
from tinygnn.progress import training_progress
from tinygnn.splits import Masks, random_split, split_masks
from tinygnn.training import fit

OPTIMIZERS = {"adam": optim.Adam, "adamw": optim.AdamW, "sgd": optim.SGD}
MAX_IDENTITY = 5000  # nodes: beyond it, one-hot features would fill the memory


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("train", help="train a model on a graph")
    add_source(parser)
    parser.add_argument("--model", choices=sorted(CONVOLUTIONS), default="gcn")
    parser.add_argument("--hidden", type=positive, default=16, metavar="N", help="hidden size (16)")
    parser.add_argument("--layers", type=positive, default=2, metavar="N", help="layers (2)")
    parser.add_argument("--act", choices=sorted(ACTIVATIONS), default="relu")
    parser.add_argument("--epochs", type=natural, default=200, metavar="N", help="epochs (200)")
    parser.add_argument("--lr", type=float, default=0.01, metavar="X", help="learning rate (0.01)")
    parser.add_argument("--optimizer", choices=sorted(OPTIMIZERS), default="adam")
    parser.add_argument("--weight-decay", type=float, default=0.0, metavar="X", help="(0)")
    parser.add_argument("--dropout", type=float, default=0.0, metavar="P", help="(0)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and splits (0)")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
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
        history = fit(model, graph, optimizer, epochs=options.epochs, masks=masks, callbacks=[show])
    seconds = time.perf_counter() - started
    report_training(options, graph, model, masks, history, seconds)
    return 0


def report_training(
    options: argparse.Namespace, graph: Graph, model: GNN, masks: Masks, history: History, seconds: float
) -> None:
    first, last = history[0], history.best or history[-1]
    accuracy = {name: metrics["accuracy"] for name, metrics in last.metrics.items()}
    if options.json:
        settings = {k: v for k, v in vars(options).items() if k not in ("run", "json")}
        result = {
            "settings": settings,
            "graph": repr(graph),
            "parameters": len(model.parameters()),
            "first_loss": first.loss,
            "loss": last.loss,
            "accuracy": accuracy,
            "best_epoch": history.best_epoch,
            "nodes": {name: sum(mask) for name, mask in masks.items()},
            "seconds": round(seconds, 3),
            "history": [{k: v for k, v in e.row().items() if k != "seconds"} for e in history],
        }
        print(json.dumps(finite(result), allow_nan=False))
        return
    print(f"{options.source}: {graph}")
    print(f"{model!r}, {len(model.parameters())} parameters, seed {options.seed}")
    print(f"{options.epochs} epochs in {seconds:.2f} s: loss {first.loss:.4f} -> {last.loss:.4f}")
    for name, mask in masks.items():
        print(f"accuracy on {name:5} {accuracy[name]:.3f}  ({sum(mask)} nodes)")


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
