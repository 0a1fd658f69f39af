"""The `tinygnn` command, and what goes wrong in it as one line."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import tinygnn
from tinygnn.commands import convert, evaluate, explain, export, info, predict, recipe, report, trace, train

COMMANDS = (train, evaluate, predict, explain, trace, report, export, recipe, info, convert)


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
    for command in COMMANDS:
        command.add_parser(commands)
    conformance = commands.add_parser("conformance", help="check numbers and gradients against PyTorch")
    if "conformance" in arguments[:1]:
        suite = import_module("tinygnn.conformance.cli")
        suite.add_arguments(conformance)
        conformance.set_defaults(run=suite.main)
    return parser
