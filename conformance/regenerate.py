"""Writing the vectors: `python -m tinygnn.conformance.regenerate [--changed] [FOLDER]`.

It needs mpmath. The same tables of cases give the same bytes on every CPython: right answers are computed at
50 digits and rounded correctly, and magnitudes from these. That takes minutes; with --changed only cases that
are new, or ask something else than their line in the folder, are computed, and the other lines stay; where an
equation alone has changed, its words do.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, fields
from pathlib import Path

from tinygnn.conformance.case import KINDS, Case
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.compare import Expected
from tinygnn.conformance.flags import ALL_FLAGS
from tinygnn.conformance.true_answers import true_answer
from tinygnn.conformance.vector_format import Record, record_of
from tinygnn.conformance.vectors import FOLDER, FORMAT, VERSION, read


def file_of(case: Case) -> str:
    """The file that holds a case: that of its layer, or of its kind where it is none.

    >>> from tinygnn.conformance.case import Case
    >>> file_of(Case("model/gcn_conv/path", "model", "GCNConv", {}))
    'model-gcnconv.json'
    >>> file_of(Case("op/tanh/zero", "op", "tanh", {}))
    'op.json'
    """
    of_layer = case.kind in ("model", "module") or case.call == "aggregate" or case.call.endswith("_loss")
    parts = [case.kind, case.call] if of_layer else [case.kind]
    return re.sub("[^a-z0-9]+", "-", " ".join(parts).lower()) + ".json"


def contents(records: Iterable[tuple[Case, Record]]) -> dict[str, str]:
    """The text of every file by its name, `index.json` among them."""
    lines: dict[str, list[str]] = {}
    for case, record in records:
        lines.setdefault(file_of(case), []).append(
            json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        )
    head = f'{{"format": "{FORMAT}", "version": {VERSION}'
    files = {name: head + ', "cases": [\n' + ",\n".join(cases) + "\n]}\n" for name, cases in lines.items()}
    flags = {name: asdict(flag) for name, flag in ALL_FLAGS.items()}
    index = {"format": FORMAT, "version": VERSION, "files": list(lines), "kinds": KINDS, "flags": flags}
    return {"index.json": json.dumps(index, ensure_ascii=False, indent=1) + "\n", **files}


def write(folder: Path, records: Iterable[tuple[Case, Record]]) -> None:
    """Write all files into the folder and remove those of earlier layers."""
    files = contents(records)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def generate(cases: Sequence[Case]) -> list[tuple[Case, Record]]:
    """Compute the right answer of every case, on all cores: that takes minutes."""
    with ProcessPoolExecutor() as pool:
        return list(zip(cases, pool.map(generated, cases, chunksize=8)))


def generated(case: Case) -> Record:
    """The line of a case."""
    return record_of(case, true_answer(case))


def updated(cases: Sequence[Case], folder: Path) -> tuple[list[tuple[Case, Record]], int]:
    """The lines of the cases: those in the folder that ask the same, and new ones; how many are new."""
    files = read(folder / "index.json")["files"]
    stored = {record["id"]: record for name in files for record in read(folder / name)["cases"]}
    nothing = Expected({}, {}, 0.0)
    changed = [case for case in cases if asks(record_of(case, nothing)) != asks(stored.get(case.id, {}))]
    lines = {**stored, **{case.id: record for case, record in generate(changed)}}
    return [(case, {**lines[case.id], "equation": case.equation}) for case in cases], len(changed)


def asks(record: Record) -> Record:
    """The question of a line, without its answer, and of the equation whether there is one."""
    asked = {field.name: record[field.name] for field in fields(Case) if field.name in record}
    return {**asked, "equation": "equation" in record}


def main(argv: Sequence[str]) -> None:
    """Write the vectors of all cases into the folder that is named, or where they are read from."""
    parser = argparse.ArgumentParser(prog="python -m tinygnn.conformance.regenerate")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="else where they are read from")
    parser.add_argument("--changed", action="store_true", help="compute only cases that are new or changed")
    args = parser.parse_args(argv)
    cases = all_cases()
    records, new = updated(cases, args.folder) if args.changed else (generate(cases), len(cases))
    write(args.folder, records)
    print(f"{len(records)} cases written to {args.folder}, {new} of them computed")


if __name__ == "__main__":
    main(sys.argv[1:])
