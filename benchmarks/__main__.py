"""The command: `python -m benchmarks [NAME ...]`, in the repository root."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import machine, table
from benchmarks.contenders import CONTENDERS
from benchmarks.interpreters import Interpreter, probe
from benchmarks.measure import Entrant, Result, Row, measure
from benchmarks.process import CHECKOUT, benchmarks_alone, environment
from benchmarks.results import sentence, write
from benchmarks.targets import Verdict, judge
from benchmarks.workloads import WORKLOADS

DERIVED = ("median", "measured")  # of a row: in the file for its readers


def main(arguments: list[str]) -> int:
    """Measure, print, write; return 1 if a contender turned out to train another model."""
    if arguments[:1] == ["recipes"]:
        from benchmarks import recipes

        return recipes.main(arguments[1:])
    if arguments[:1] == ["stages"]:
        from benchmarks import stages

        return stages.main(arguments[1:])
    if arguments[:1] == ["recording"]:
        from benchmarks import recording

        return recording.main(arguments[1:])
    options = parse(arguments)
    with benchmarks_alone() as folder:
        try:
            found = [probe(path, environment(folder)) for path in (sys.executable, *options.python)]
        except ValueError as error:
            print(f"benchmarks: error: {error}", file=sys.stderr)
            return 2
        entrants = enter(found[0], found[1:], folder, options.contender)
        results = earlier(options.update)
        command = command_line(options, found)
        for name in options.names:
            results[name] = measure(WORKLOADS[name], entrants, options.rounds, log)
            results[name].measured = f"{datetime.date.today().isoformat()}, {command}"
            print(f"\n{name}: {sentence(results[name])}\n")
            print(table.as_text(table.measurements(results[name])), flush=True)
    results = {name: results[name] for name in WORKLOADS if name in results}
    verdicts = judge(results)
    print(f"\ntargets\n\n{table.as_text(table.verdicts(verdicts))}")
    about = facts(command, found, list(results.values()))
    for path in filter(None, (options.json, options.update)):
        document = as_json(about, options.rounds, list(results.values()), verdicts)
        Path(path).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if options.write_results:
        for path in write(CHECKOUT / "benchmarks", list(results.values()), verdicts, about):
            log(f"wrote {path.relative_to(CHECKOUT)}")
    return int(any(row.disagrees for result in results.values() for row in result.rows))


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure tinygnn beside other engines."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"workloads: {', '.join(WORKLOADS)} (all)")
    parser.add_argument("--json", metavar="FILE", help="write every number to a file")
    parser.add_argument(
        "--update",
        metavar="FILE",
        help="take other workloads' results from that file of --json, and write all there",
    )
    parser.add_argument(
        "--python", nargs="+", action="extend", default=[], metavar="PATH",
        help="further interpreters to run tinygnn with",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="turns of each contender (7)")
    parser.add_argument(
        "--contender", nargs="+", action="extend", default=[], choices=list(CONTENDERS), metavar="NAME",
        help=f"only these contenders: {', '.join(CONTENDERS)} (all)",
    )  # fmt: skip
    parser.add_argument(
        "--write-results", action="store_true", help="write benchmarks/RESULTS.md and its plot"
    )
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in WORKLOADS:
            parser.error(f"there is no workload {name!r}: choose from {', '.join(WORKLOADS)}")
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    options.names = list(dict.fromkeys(options.names)) or list(WORKLOADS)
    return options


def enter(own: Interpreter, others: list[Interpreter], folder: str, only: list[str]) -> list[Entrant]:
    """All contenders in the interpreter that runs this, and tinygnn in the others.

    The compiled build may be installed in another interpreter of the same version.
    """
    entrants = []
    hosts = [other for other in (own, *others) if other.compiled and other.label == own.label]
    for name, contender in CONTENDERS.items():
        if contender.installed:
            entrants.append(Entrant(name, (hosts or [own])[0].path, folder))
        else:
            entrants.append(Entrant(name, own.path))
        seen = {own.label}
        for other in others:
            wanted = name == "tinygnn" or (contender.installed and other.compiled)
            if wanted and other.label not in seen:
                seen.add(other.label)
                entrants.append(
                    Entrant(f"{name} {other.label}", other.path, folder if contender.installed else CHECKOUT)
                )
    return [entrant for entrant in entrants if not only or entrant.contender in only]


def earlier(path: str | None) -> dict[str, Result]:
    """The results in a file that --json wrote; none where there is no file."""
    if path is None or not Path(path).exists():
        return {}
    found = {}
    for result in json.loads(Path(path).read_text(encoding="utf-8"))["workloads"]:
        rows = [
            Row(**{name: value for name, value in row.items() if name not in DERIVED})
            for row in result["rows"]
        ]
        found[result["workload"]] = Result(**{**result, "rows": rows})
    return found


def command_line(options: argparse.Namespace, found: list[Interpreter]) -> str:
    """The command of a run. Paths of the machine are left out: they help nobody elsewhere."""
    uses_data = (
        any("cora" in name or "pyg" in name for name in options.names) and "TINYGNN_DATA" in os.environ
    )
    command = ["TINYGNN_DATA=DIR python -m benchmarks" if uses_data else "python -m benchmarks"]
    command += [] if options.names == list(WORKLOADS) else options.names
    command += [f"--rounds {options.rounds}"]
    command += [f"--contender {' '.join(options.contender)}"] if options.contender else []
    command += [f"--python {' '.join(f'python{other.label}' for other in found[1:])}"] if found[1:] else []
    command += ["--update FILE"] if options.update else []
    command += ["--write-results"] if options.write_results else []
    return f"`{' '.join(command)}`"


def facts(command: str, found: list[Interpreter], results: list[Result]) -> dict[str, str]:
    """What to say of a run."""
    used = {row.name: row for result in results for row in result.rows if row.measured}
    versions = {name: version for row in used.values() for name, version in sorted(row.packages.items())}
    about = machine.describe()
    if found[1:]:
        about["further interpreters"] = ", ".join(
            f"{other.version} with a compiled tinygnn" if other.compiled else other.version
            for other in found[1:]
        )
    return {
        "command": command,
        "date": datetime.date.today().isoformat(),
        **about,
        "packages": ", ".join(f"{name} {version}" for name, version in versions.items()) or "none",
    }


def as_json(
    about: dict[str, str], rounds: int, results: list[Result], verdicts: list[Verdict]
) -> dict[str, Any]:
    """Everything that was measured. Times are in seconds, memory in bytes."""
    workloads = []
    for result in results:
        rows = [
            {**asdict(row), "median": row.median if row.rounds else None, "measured": row.measured}
            for row in result.rows
        ]
        workloads.append({**asdict(result), "rows": rows})
    targets = [asdict(verdict) for verdict in verdicts]
    return {"about": about, "rounds": rounds, "workloads": workloads, "targets": targets}


def log(text: str) -> None:
    """What goes on, beside what is printed."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
