"""The command `tinygnn conformance`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

import tinygnn
from tinygnn.collector import pause_collector
from tinygnn.conformance import own_code, report
from tinygnn.conformance.api import every_case
from tinygnn.conformance.backends import BACKENDS, add_place, available, spread_lines
from tinygnn.conformance.case import Backend, Case
from tinygnn.conformance.case_list import listed
from tinygnn.conformance.doors import add_doors, ask, backend_behind, left_over
from tinygnn.conformance.html_report import check_folder, write_html
from tinygnn.conformance.jsonl_report import write_jsonl
from tinygnn.conformance.known_differences import known_of, no_records
from tinygnn.conformance.model_command import add_model, compare_model, insist_on_model
from tinygnn.conformance.progress import shown
from tinygnn.conformance.runner import Outcome, Reference, run_cases, unknown_ids
from tinygnn.conformance.selection import choose
from tinygnn.conformance.summary_table import LEGEND, table
from tinygnn.conformance.torch_backend import TorchBackend

Run = tuple[Backend, list[Outcome]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--backend", choices=BACKENDS, action="append",
        help="run this one only, or several, each with its own --backend (else tinygnn, torch, and pyg where "
        "installed)",
    )  # fmt: skip
    parser.add_argument(
        "--mutants",
        action="store_true",
        help="test the suite: plant mistakes into torch and say what catches them",
    )
    add_place(parser)
    add_doors(parser)
    add_model(parser)
    add_selection(parser)
    add_output(parser)
    own_code.add_arguments(parser)


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose cases; they combine."""
    group = parser.add_argument_group("which cases", "Without these options all of them run.")
    group.add_argument(
        "-k", dest="text", default="", metavar="TEXT", help="only the case of this id, or ids that hold TEXT"
    )
    group.add_argument(
        "--layer", action="append", default=[], metavar="NAME",
        help="only this layer or operation, such as GCNConv; several times: any of them",
    )  # fmt: skip
    group.add_argument(
        "--flag", action="append", default=[], metavar="NAME",
        help="only cases that set this trap, such as self-loop; several times: all of them",
    )  # fmt: skip
    group.add_argument(
        "--quick", action="store_true", help="a few seconds: of what is chosen, everything once and no more"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the report goes and how long it is."""
    group = parser.add_argument_group("the report")
    group.add_argument("-v", "--verbose", action="store_true", help="a line for every case")
    group.add_argument(
        "--list", action="store_true", help="run nothing: print how many cases each layer and trap has"
    )
    group.add_argument("--jsonl", type=Path, metavar="FILE", help="write one line of JSON for every outcome")
    group.add_argument(
        "--html", type=Path, metavar="FILE", help="write one page of HTML, to be opened from disk"
    )


def main(args: argparse.Namespace) -> int:
    """Run the suite and print the report; return 0, or 1 where anything failed.

    Raises ValueError where nothing can be run: a package is missing, no case is chosen.
    """
    if args.check is not None:
        return own_code.main(args)
    if args.like is not None or args.param or args.option:
        raise ValueError(
            "--like, --param and --option say what --check is to be like: give --check FILE.py:NAME"
        )
    if args.model is not None:
        return compare_model(args)
    insist_on_model(args)
    if (args.jsonl or args.html) and (args.list or args.questions):
        raise ValueError("--jsonl and --html report on cases that ran, and here none does: leave them out")
    if args.html is not None:
        check_folder(args.html)
    # Much of a quick run is imports, during which the collector looks at all of torch again and again.
    with pause_collector(look=False) if args.quick else nullcontext():
        return run_suite(args)


def run_suite(args: argparse.Namespace) -> int:
    """Choose cases, run them and print the report; the status of the command."""
    everything = every_case()
    cases = choose(everything, args.text, args.layer, args.flag, args.quick)
    if args.list:
        print("\n".join(listed(cases)))
        return 0
    theirs = backend_behind(args, everything)
    if args.mutants:
        return test_the_suite(args, cases, everything)
    if args.questions is not None:
        return ask(args.questions, cases)
    backends, notes = ([theirs], []) if theirs is not None else available(args)
    reference, problems, runs = Reference(), [], []
    for backend in backends:
        recorded = {} if backend is theirs else known_of(backend)
        problems += unknown_ids(everything, backend.name, recorded)
        if backend is not theirs:
            notes += [note for note in [no_records(backend.name, backend.version)] if note]
        outcomes = run_cases(cases, backend, reference, recorded, args.repeat)
        try:
            done = list(shown(outcomes, len(cases), backend.name))
        finally:
            problems += left_over(backend, cases)
        asked_for = backend is theirs or args.backend is not None
        if asked_for and all(outcome.verdict == "skipped" for outcome in done):
            problems.append(f"{backend.name}: no case ran")
        if len(done) != len(cases):
            problems.append(f"{backend.name}: {len(done)} outcomes for {len(cases)} cases")
        runs.append((backend, done))
        notes += spread_lines(backend.name, done, args.repeat)
    if args.jsonl is not None:
        write_jsonl(args.jsonl, runs)
    print_report(runs, problems, notes, args.verbose)
    if args.html is not None:
        write_html(args.html, runs, problems, notes)
    return int(bool(problems) or any(outcome.failed for _, done in runs for outcome in done))


def test_the_suite(args: argparse.Namespace, cases: Sequence[Case], everything: Sequence[Case]) -> int:
    """Plant mistakes; `tinygnn.conformance.mutants` says which.

    Raises ValueError where torch is missing, or options are given that mean nothing here.
    """
    if args.jsonl or args.html or args.backend not in (None, ["torch"]):
        raise ValueError(
            "--mutants changes the torch backend and prints a report of its own: leave out "
            "--backend, --jsonl and --html"
        )
    TorchBackend()
    return int(
        import_module("tinygnn.conformance.mutants.command").run_mutants(cases, everything, args.verbose)
    )


def print_report(runs: Sequence[Run], problems: Sequence[str], notes: Sequence[str], verbose: bool) -> None:
    """Print the table, then known differences, failures and the summary: what stands last counts most."""
    outcomes = [outcome for _, done in runs for outcome in done]
    print(f"tinygnn {tinygnn.__version__} conformance")
    if verbose:
        for backend, done in runs:
            print("", f"{backend.name} {backend.version}", *report.case_lines(done), sep="\n")
        print(report.CASE_LEGEND)
    for line in table(
        [f"{backend.name} {backend.version}" for backend, _ in runs], [done for _, done in runs]
    ):
        print(line)
    print(LEGEND)
    for line in (*report.known(outcomes, verbose), *report.failures(outcomes), ""):
        print(line)
    for backend, done in runs:
        print("\n".join(report.summary(backend.name, backend.version, done)))
    for line in (*notes, *problems):
        print(line)
    failed = len(problems) + sum(outcome.failed for outcome in outcomes)
    print(f"FAILED: {failed}" if failed else "all agree")


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
