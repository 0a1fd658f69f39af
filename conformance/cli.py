"""The command `tinygnn conformance`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

import tinygnn
from tinygnn.conformance import report
from tinygnn.conformance.case import Backend
from tinygnn.conformance.cases import all_cases, select
from tinygnn.conformance.known_differences import known_differences
from tinygnn.conformance.pyg_backend import PygBackend
from tinygnn.conformance.runner import Outcome, Reference, run_cases, unknown_ids
from tinygnn.conformance.torch_backend import TorchBackend

BACKENDS: dict[str, Callable[[], Backend]] = {"torch": TorchBackend, "pyg": PygBackend}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--backend", choices=BACKENDS, help="compare with this one only (torch, and pyg where installed)"
    )
    parser.add_argument(
        "-k", dest="text", default="", metavar="TEXT", help="only the case of this id, or ids that hold TEXT"
    )
    parser.add_argument("--quick", action="store_true", help="leave whole training runs out")


def main(args: argparse.Namespace) -> int:
    """Run the suite and print the report; return 0, or 1 where anything failed.

    Raises ValueError where nothing can be run: a package is missing, no id holds the text.
    """
    everything = all_cases()
    cases = select(everything, args.text, args.quick)
    if not cases:
        raise ValueError(f"no case's id holds {args.text!r}: without -k the command prints them all")
    backends, notes = available(args.backend)
    reference, problems, outcomes = Reference(), [], []
    for backend in backends:
        recorded = known_differences(backend.name)
        problems += unknown_ids(everything, backend.name, recorded)
        done = list(run_cases(cases, backend, reference, recorded))
        if len(done) != len(cases):
            problems.append(f"{backend.name}: {len(done)} outcomes for {len(cases)} cases")
        print(f"{backend.name} {backend.version} beside tinygnn {tinygnn.__version__}")
        print("\n".join(report.table(done)), end="\n\n")
        outcomes.append((backend, done))
    print(report.LEGEND)
    print_end(outcomes, problems, notes)
    return int(bool(problems) or any(outcome.failed for _, done in outcomes for outcome in done))


def print_end(
    outcomes: Sequence[tuple[Backend, list[Outcome]]], problems: Sequence[str], notes: Sequence[str]
) -> None:
    """Print known differences, failures and the summary: what a reader sees last counts most."""
    everything = [outcome for _, done in outcomes for outcome in done]
    for line in (*report.known(everything), *report.failures(everything), ""):
        print(line)
    for backend, done in outcomes:
        print("\n".join(report.summary(backend.name, backend.version, done)))
    for line in (*notes, *problems):
        print(line)
    failed = len(problems) + sum(outcome.failed for outcome in everything)
    print(f"FAILED: {failed}" if failed else "all agree")


def available(name: str | None) -> tuple[list[Backend], list[str]]:
    """The backends to run, and notes on those that are not installed.

    Raises AdapterError when a backend that was asked for, or torch, is not installed.
    """
    if name is not None:
        return [BACKENDS[name]()], []
    backends: list[Backend] = [TorchBackend()]
    try:
        backends.append(PygBackend())
    except ValueError as error:
        return backends, [f"pyg: not run, {error}"]
    return backends, []


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command by itself; wrong input is one line on stderr and status 2."""
    parser = argparse.ArgumentParser(
        prog="tinygnn conformance", description="Check numbers and gradients against other implementations."
    )
    add_arguments(parser)
    try:
        return main(parser.parse_args(argv))
    except ValueError as error:
        print(f"tinygnn: error: {error}", file=sys.stderr)
        return 2
