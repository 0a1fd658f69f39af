"""The options of `tinygnn conformance` by which implementations in other languages come in."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tinygnn.conformance.answers import AnswersBackend, write_questions
from tinygnn.conformance.case import Backend, Case
from tinygnn.conformance.exec_backend import TIMEOUT, ExecBackend
from tinygnn.conformance.runner import Reference


def add_doors(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("another language", "The protocol is described in docs/protocol.md.")
    group.add_argument(
        "--exec", dest="harness", metavar="COMMAND",
        help="run this harness instead, which speaks JSON lines on its standard input and output; its words "
        "are split as a shell does, but no shell runs it",
    )  # fmt: skip
    group.add_argument(
        "--timeout", type=float, metavar="SECONDS",
        help=f"for each answer of --exec ({TIMEOUT:g}); one that takes longer is ended and started again",
    )  # fmt: skip
    group.add_argument("--questions", type=Path, metavar="FILE", help="write the cases as questions and end")
    group.add_argument("--answers", type=Path, metavar="FILE", help="check the answers in this file instead")


def backend_behind(args: argparse.Namespace, everything: Sequence[Case]) -> Backend | None:
    """The harness or the file of answers that is asked for, if one is.

    Raises ValueError where options contradict each other, or what is asked for is not there.
    """
    given = {"--backend": args.backend, "--exec": args.harness}
    given |= {"--answers": args.answers, "--questions": args.questions}
    chosen = [name for name, value in given.items() if value is not None] + ["--mutants"] * args.mutants
    if len(chosen) > 1 and chosen != ["--backend", "--mutants"]:
        raise ValueError(f"{' and '.join(chosen)} are given: give one of them")
    if args.timeout is not None and args.harness is None:
        raise ValueError("--timeout is the time of a harness: give --exec too")
    if args.harness is not None:
        return ExecBackend(args.harness, TIMEOUT if args.timeout is None else args.timeout)
    if args.answers is not None:
        return AnswersBackend(args.answers, [case.id for case in everything])
    return None


def ask(path: Path, cases: Sequence[Case]) -> int:
    """Write the questions and say how many there are; the status of the command."""
    write_questions(path, cases, Reference())
    print(f"{path}: {len(cases)} question{'s' * (len(cases) != 1)}")
    return 0


def left_over(backend: Backend, cases: Sequence[Case]) -> list[str]:
    """End a harness; what is wrong with a file of answers as a whole."""
    if isinstance(backend, ExecBackend):
        backend.close()
    return backend.problems(cases) if isinstance(backend, AnswersBackend) else []
