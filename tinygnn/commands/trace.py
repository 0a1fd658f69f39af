"""`tinygnn trace`: the arithmetic of one node, line by line."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tinygnn.commands.subject import add_subject, subject_of
from tinygnn.commands.summary import finite
from tinygnn.explain.trace import trace_facts, trace_text, weight_text
from tinygnn.explain.weight import weight_steps


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("trace", help="the arithmetic of one node, to be checked with a calculator")
    add_subject(parser)
    parser.add_argument("--layer", metavar="K", help="its number from 0 on, or its name as convs.1 (all)")
    parser.add_argument("--entry", type=int, metavar="K", help="one column of the rows alone")
    parser.add_argument(
        "--weight",
        metavar="NAME",
        help="a weight too, as 'convs.1.lin.weight[0][1]': its gradient and next step",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, with all digits")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the arithmetic of the node in one layer, or in all one after the other."""
    subject = subject_of(options)
    node = subject.node(options.node)
    count = len(subject.layers)
    layers = range(count) if options.layer is None else [subject.layer(options.layer)]
    if options.entry is not None:
        passings = [passing for k in layers for passing in subject.layers[k].passings]
        widest = max([len(row) for passing in passings for row in (*passing.sent, *passing.outputs)])
        if not 0 <= options.entry < widest:
            raise ValueError(f"--entry {options.entry}: rows here have {widest} columns at most, from 0 on")
    if options.json:
        facts = [trace_facts(subject, node, layer, options.entry) for layer in layers]
        steps = [] if options.weight is None else weight_steps(subject, options.weight)
        weight = (
            {"weight": {"name": options.weight, "steps": [step.facts() for step in steps]}} if steps else {}
        )
        print(json.dumps(finite({"layers": facts, **weight}), allow_nan=False))
        return 0
    texts = [trace_text(subject, node, layer, options.entry) for layer in layers]
    texts += [] if options.weight is None else [weight_text(subject, options.weight)]
    print("\n".join(texts), end="")
    return 0
