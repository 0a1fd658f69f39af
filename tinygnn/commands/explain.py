"""`tinygnn explain`: a page of HTML on one node, its numbers, gradients and the next step of the weights."""

from __future__ import annotations

import argparse
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tinygnn.commands.subject import add_subject, subjects_of
from tinygnn.explain.agreement import Compare
from tinygnn.explain.page import page_of
from tinygnn.explain.picture import picture
from tinygnn.files import write_atomically


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("explain", help="a page on which every number of a node can be followed")
    add_subject(parser)
    parser.add_argument(
        "-o", "--output", metavar="PAGE.html", type=Path, default=Path("explain.html"),
        help="where the page goes (explain.html); a name that ends in .svg asks for one picture instead",
    )  # fmt: skip
    parser.add_argument(
        "--no-pyg", dest="pyg", action="store_false",
        help="do not compare the messages with PyG's, where that is installed",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the page."""
    subject, others = subjects_of(options, beside_pyg() if options.pyg else None)
    node, title = subject.node(options.node), subject.title
    drawn = options.output.suffix == ".svg"
    page = (picture(subject, node) if drawn else page_of(subject, node, others)).encode()
    write_atomically(options.output, page)
    print(f"node {subject.label(node)} of {title} -> {options.output} ({len(page) / 1000:.0f} kB)")
    return 0


def beside_pyg() -> Compare | None:
    """What compares messages with PyG's; None where PyG is not installed."""
    if find_spec("torch_geometric") is None or find_spec("torch") is None:
        return None
    compare: Compare = import_module("tinygnn.adapters.pyg_agreement").beside_pyg
    return compare
