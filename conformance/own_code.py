"""`tinygnn conformance --check FILE.py:NAME --like LAYER`: is the code in your own file right?"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import inspect
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from tinygnn.adapters.errors import did_you_mean
from tinygnn.conformance.api import every_case
from tinygnn.conformance.conforms import conformance_of
from tinygnn.conformance.html_report import write_html
from tinygnn.conformance.jsonl_report import write_jsonl
from tinygnn.conformance.own_report import SHOWN, Conformance
from tinygnn.conformance.report import case_lines
from tinygnn.conformance.subjects import subject_of

EXAMPLE = "FILE.py:NAME, such as my_layer.py:MyGCN"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a user's own code."""
    group = parser.add_argument_group(
        "your own code",
        "Hold a class or a function in a file of yours against a layer (GCNConv), an operation (op/tanh), an "
        "optimizer (optimizer/adam) or the chain rule (backward). The file is imported, which runs it: "
        "check files that you trust. -k, --flag, --quick, -v, --jsonl and --html work as without it.",
    )
    group.add_argument("--check", metavar="FILE.py:NAME", help="the file, and the name of what is in it")
    group.add_argument("--like", metavar="LAYER", help="what it is to be like; else what its name says")
    group.add_argument(
        "--param", action="append", default=[], metavar="OWN=NAME",
        help="a parameter of yours and the layer's name of it: W=lin.weight, W=lin.weight.T if transposed; "
        "several times",
    )  # fmt: skip
    group.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE",
        help="what your layer does without having an option for it, such as bias=False; several times",
    )  # fmt: skip


def main(args: argparse.Namespace) -> int:
    """Check the code and say right or wrong; return 0 or 1.

    Raises ValueError for a file that cannot be imported, a name that is not in it, options that do not fit.
    """
    others = {"--backend": args.backend, "--mutants": args.mutants, "--layer": args.layer}
    others |= {"--exec": args.harness, "--answers": args.answers, "--questions": args.questions}
    others |= {"--model": args.model}
    given = [name for name, value in others.items() if value]
    if given:
        raise ValueError(f"--check runs your own code: leave out {' and '.join(given)}")
    path, name = parts_of(args.check)
    params = dict(pair(text, "--param", "W=lin.weight") for text in args.param)
    options = {key: literal(value) for key, value in (pair(t, "--option", "bias=False") for t in args.option)}
    if args.like is not None:
        subject_of(args.like, every_case())  # before the file is run
    with importable(path.parent):
        made = named_in(imported(path), name, path)
        found = conformance_of(
            made,
            args.like,
            params=params,
            options=options,
            k=args.text,
            flags=args.flag,
            quick=args.quick,
            again=lambda id: again(args, id),
            shown=SHOWN if args.verbose else 1,
        )
    runs = [(Checked(found.backend, found.version), found.outcomes)]
    if args.jsonl is not None:
        write_jsonl(args.jsonl, runs)
    if args.html is not None:
        write_html(args.html, runs, [], found.problems)
    if args.verbose:
        print(*case_lines(found.outcomes), "", sep="\n")
    print(found)
    print(verdict(found, name))
    return int(bool(found.failures) or not found.ran)


def verdict(found: Conformance, name: str) -> str:
    """The last line: right, wrong, or not the same, for being right by another convention."""
    ran = f"{found.ran} case{'s' * (found.ran != 1)}"
    others = found.counts.get("profile-difference", 0)
    if others and not found.failures:
        return f"not the same: {name} follows another convention than {found.like} in {others} of the {ran}"
    if found.ran and not found.failures:
        return f"right: {name} agrees with {found.like} in all {ran} that ran, gradients too"
    if not found.ran:
        return f"wrong: {name} could run no case of {found.like}"
    return f"wrong: {name} differs from {found.like} in {len(found.failures)} of the {ran} that ran"


def again(args: argparse.Namespace, id: str) -> str:
    """The command that checks one case again."""
    words = ["tinygnn", "conformance", "--check", args.check]
    words += ["--like", args.like] if args.like is not None else []
    words += [word for text in args.param for word in ("--param", text)]
    words += [word for text in args.option for word in ("--option", text)]
    return shlex.join([*words, "-k", id])


@dataclass
class Checked:
    """What was checked, as reports name it."""

    name: str
    version: str


# ---- what the options say ---------------------------------------------------------------------------------


def parts_of(check: str, option: str = "--check") -> tuple[Path, str]:
    """The file and the name. Raises ValueError for what has not both."""
    file, colon, name = check.rpartition(":")
    if not colon or not file or not name:
        raise ValueError(f"{option} is {check!r}: give {EXAMPLE}")
    path = Path(file)
    if not path.is_file():
        near = sorted(p.name for p in path.parent.glob("*.py")) if path.parent.is_dir() else []
        hint = did_you_mean(path.name, near) or (f" (there are {', '.join(near[:8])})" if near else "")
        raise ValueError(f"{option}: there is no file {file}{hint}")
    return path, name


def pair(text: str, option: str, example: str) -> tuple[str, str]:
    """Both sides of an equals sign."""
    left, equals, right = text.partition("=")
    if not (left and equals and right):
        raise ValueError(f"{option} is {text!r}: give two names, such as {example}")
    return left.strip(), right.strip()


def literal(text: str) -> Any:
    """A Python number, string, list, True, False or None; a word that is none of these is a string."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


# ---- the file --------------------------------------------------------------------------------------------


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Let the file import what stands beside it, as `python FILE` would."""
    before = list(sys.path)
    sys.path.insert(0, str(folder.resolve()))
    try:
        yield
    finally:
        sys.path[:] = before


def imported(path: Path) -> ModuleType:
    """The file as a module, which runs it. Raises ValueError, naming the line, where it cannot be."""
    name = f"checked_{path.stem}"  # its own name may be that of a module that is there already
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} is no Python file: give {EXAMPLE}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        raise ValueError(
            f"{path}:{line_of(error, path)} cannot be imported, {said} (`python {path}` shows all of it)"
        ) from error
    return module


def line_of(error: BaseException, path: Path) -> int:
    """The last line of the file that the error went through."""
    file = str(path.resolve())
    if isinstance(error, SyntaxError) and error.lineno and str(Path(error.filename or "").resolve()) == file:
        return error.lineno
    line, trace = 1, error.__traceback__
    while trace is not None:
        if str(Path(trace.tb_frame.f_code.co_filename).resolve()) == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def named_in(module: ModuleType, name: str, path: Path) -> Any:
    """What the file calls by that name, dots allowed. Raises ValueError, naming what there is."""
    made: Any = module
    for part in name.split("."):
        if not hasattr(made, part):
            own = names_of(vars(made), module.__name__)
            hint = did_you_mean(part, own) or (
                f": it has {', '.join(own)}" if own else ": it defines nothing"
            )
            raise ValueError(f"{path} has no {name}{hint}")
        made = getattr(made, part)
    return made


def names_of(entries: Mapping[str, Any], home: str) -> Sequence[str]:
    """The classes, functions and instances that a file defines itself."""
    return [
        name
        for name, value in entries.items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and (
            callable(value) and getattr(value, "__module__", home) == home or not hasattr(value, "__module__")
        )
    ]
