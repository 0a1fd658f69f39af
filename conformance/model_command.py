"""`tinygnn conformance --model FILE.py:NAME`: a user's own torch module on a user's own graph."""

from __future__ import annotations

import argparse
from pathlib import Path

import tinygnn
from tinygnn.adapters.errors import require_pyg
from tinygnn.conformance.jsonl_report import write_lines
from tinygnn.conformance.model_check import check_layers
from tinygnn.conformance.model_file import load_model
from tinygnn.conformance.model_graph import model_graph
from tinygnn.conformance.model_jsonl import model_lines
from tinygnn.conformance.model_report import lines
from tinygnn.conformance.torch_ops import import_torch

DEFAULT_DATA = "karate"


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group(
        "a model of your own",
        "Compare every message, aggregate, output and gradient of the PyG layers in a model with tinygnn's.",
    )
    group.add_argument(
        "--model", metavar="FILE.py:NAME",
        help="a torch.nn.Module, or a class or function without arguments that makes one; the file is run",
    )  # fmt: skip
    group.add_argument("--weights", type=Path, metavar="FILE", help="its weights, as safetensors")
    group.add_argument(
        "--data", metavar="SOURCE", help=f"the graph, as in `tinygnn info SOURCE` ({DEFAULT_DATA})"
    )


def insist_on_model(args: argparse.Namespace) -> None:
    """Raise ValueError for options that go with --model alone."""
    given = [f"--{name}" for name in ("weights", "data") if getattr(args, name) is not None]
    if given:
        raise ValueError(
            f"{' and '.join(given)} belong to a model of your own: give --model FILE.py:NAME too"
        )


def compare_model(args: argparse.Namespace) -> int:
    """Compare and print; 0, or 1 where a layer departs or none could be compared.

    Raises ValueError for a model, weights or data that cannot be used.
    """
    others = {"--backend": args.backend, "--mutants": args.mutants, "--exec": args.harness, "-k": args.text}
    others |= {"--answers": args.answers, "--questions": args.questions}
    others |= {"--html": args.html, "--list": args.list}
    others |= {"--layer": args.layer, "--flag": args.flag, "--quick": args.quick}
    given = [name for name, value in others.items() if value]
    if given:
        raise ValueError(
            f"--model runs a model of your own and none of the cases: leave out {' and '.join(given)}"
        )
    pyg = require_pyg("torch_geometric")
    source = DEFAULT_DATA if args.data is None else args.data
    graph = model_graph(source)
    module = load_model(args.model, args.weights)
    print(f"tinygnn {tinygnn.__version__} conformance of {args.model} on {graph.text}")
    print(f"torch {import_torch().__version__}, torch_geometric {pyg.__version__}, float64, in evaluation")
    reports = check_layers(module, graph.run, graph.data.edge_index)
    if args.jsonl is not None:
        write_lines(args.jsonl, model_lines(reports, args.model, args.weights, source, pyg.__version__))
    for line in lines(reports):
        print(line)
    return int(not any(r.checks for r in reports) or any(r.failed for r in reports))
