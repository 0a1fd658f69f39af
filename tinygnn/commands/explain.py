"""`tinygnn explain`: a page of HTML on one node, its numbers, gradients and the next step of the weights."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tinygnn.commands.subject import add_subject, subject_of
from tinygnn.explain.page import page_of
from tinygnn.files import write_atomically


def add_parser(commands: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("explain", help="a page on which every number of a node can be followed")
    add_subject(parser)
    parser.add_argument(
        "-o", "--output", metavar="PAGE.html", type=Path, default=Path("explain.html"),
        help="where the page goes (explain.html)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the page."""
    subject = subject_of(options)
    node = subject.node(options.node)
    page = page_of(subject, node).encode()
    write_atomically(options.output, page)
    print(f"node {subject.label(node)} of {subject.title} -> {options.output} ({len(page) / 1000:.0f} kB)")
    return 0
