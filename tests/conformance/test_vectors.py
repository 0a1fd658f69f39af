"""The vectors: nothing is lost on the way into the files and back, and the files are those of the tables."""

from __future__ import annotations

import json
import math
import random
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.conformance.case import FLAGS, Case
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.compare import Convention, Expected
from tinygnn.conformance.regenerate import contents, file_of, generate, generated, updated, write
from tinygnn.conformance.vector_format import (
    FLOAT,
    case_of,
    decode,
    encode,
    expected_of,
    hex_float,
    record_of,
    three_digits,
)
from tinygnn.conformance.vectors import FOLDER, find_vector, load_vectors, read, read_vectors

CASES = all_cases()
# All of them take minutes: `python -m tinygnn.conformance.regenerate` and `git diff` say it of all.
SAMPLE = random.Random("some of the cases").sample([case for case in CASES if case.kind != "training"], 60)


def bits(x: float) -> bytes:
    return struct.pack("<d", x)


@given(st.floats())
def test_a_float_is_the_same_after_its_way_through_hex(x: float) -> None:
    text = hex_float(x)
    assert FLOAT.fullmatch(text)
    assert bits(decode(text)) == bits(x) or (x != x and decode(text) != decode(text))
    assert float.fromhex(text) == x or x != x


@given(st.floats(min_value=0.0, allow_nan=False))
def test_a_magnitude_is_rounded_up_to_three_digits(x: float) -> None:
    rounded = float(three_digits(x))
    assert x * (1.0 - 1e-9) <= rounded <= x * 1.011 or rounded == math.inf or x < 1e-300
    assert float(f"{rounded:.2e}") == rounded


def test_integers_floats_and_names_stay_apart() -> None:
    entry = {"K": 2, "lr": 2.0, "act": "relu", "none": None, "flag": True, "sizes": [3, -0.0]}
    assert encode(entry) == {
        "K": 2, "lr": "0x1p+1", "act": "relu", "none": None, "flag": True, "sizes": [3, "-0x0p+0"],
    }  # fmt: skip
    back = decode(encode(entry))
    assert repr(back) == repr(entry)


@pytest.mark.parametrize("entry", ["inf", "0x1p+1", object()])
def test_what_would_not_come_back_is_refused(entry: object) -> None:
    with pytest.raises(TypeError, match="a case holds"):
        encode({"name": [entry]})


def test_intervals_and_conventions_come_back() -> None:
    case = Case("op/abs/made-up", "op", "abs", {"x": [0.0]}, cotangent=[0.5], flags=("kink",))
    expected = Expected(
        {"out": [0.0], "grad x": [0.0]},
        {"out": [0.0], "grad x": [0.5]},
        9.0,
        {"grad x": [[-0.5, 0.5]]},
        [Convention("right slope", {"grad x": [0.5]})],
    )
    record = json.loads(json.dumps(record_of(case, expected)))
    assert (case_of(record), expected_of(record)) == (case, expected)


def test_every_case_of_the_tables_has_its_vector_and_no_other_has() -> None:
    recorded: dict[str, list[str]] = {}
    for vector in load_vectors():
        recorded.setdefault(file_of(vector.case), []).append(vector.case.id)
    tables: dict[str, list[str]] = {}
    for case in CASES:
        tables.setdefault(file_of(case), []).append(case.id)
    assert recorded == tables, "run python -m tinygnn.conformance.regenerate"
    assert list(recorded) == list(tables)


def test_the_cases_in_the_vectors_are_those_of_the_tables() -> None:
    nothing = Expected({}, {}, 0.0)
    for case in CASES:
        recorded = find_vector(case.id).case
        assert record_of(recorded, nothing) == record_of(case, nothing), "run tinygnn.conformance.regenerate"


def test_regenerating_gives_the_same_lines() -> None:
    """A sample, drawn once and for all."""
    lines = {}
    for name in read(FOLDER / "index.json")["files"]:
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
            if line.startswith('{"id":'):
                lines[json.loads(line.rstrip(","))["id"]] = line.rstrip(",")
    for case, record in [*((case, generated(case)) for case in SAMPLE), *generate(CASES[:2])]:
        assert json.dumps(record, ensure_ascii=False, separators=(",", ":")) == lines[case.id]


def test_writing_and_reading_is_a_round_trip(tmp_path: Path) -> None:
    records = [(v.case, record_of(v.case, v.expected)) for v in load_vectors()]
    (tmp_path / "model-gone.json").write_text("{}")
    write(tmp_path, records)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in FOLDER.iterdir()
    }
    assert [v.case.id for v in read_vectors(tmp_path)] == [v.case.id for v in load_vectors()]


def test_files_of_another_version_are_refused(tmp_path: Path) -> None:
    index = json.loads(contents([])["index.json"])
    (tmp_path / "index.json").write_text(json.dumps({**index, "version": 1}))
    with pytest.raises(ValueError, match="version 1: expected 'tinygnn-conformance-vectors', version 2"):
        read_vectors(tmp_path)


def test_the_index_has_the_legend_of_the_flags() -> None:
    assert read(FOLDER / "index.json")["flags"].keys() == FLAGS.keys()


def test_an_unknown_id_says_how_to_record_it() -> None:
    with pytest.raises(KeyError, match="no right answer is recorded for 'op/gone'"):
        find_vector("op/gone")


def test_every_file_is_as_the_published_schema_says() -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    schema = json.loads((FOLDER.parent / "schema" / "vectors.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator, known = jsonschema.Draft202012Validator(schema), set(schema["$defs"]["case"]["properties"])
    for path in sorted(FOLDER.iterdir()):
        content = json.loads(path.read_text(encoding="utf-8"))
        if path.name != "index.json":
            assert all(set(case) <= known for case in content["cases"])
            some = content["cases"][:: max(1, len(content["cases"]) // 5)]  # each of them takes its time
            content["cases"] = [shortened(case) for case in some]
        error = jsonschema.exceptions.best_match(validator.iter_errors(content))
        assert error is None, f"{path.name}: {error.json_path}: {error.message}"


def shortened(nested: Any) -> Any:
    """The same with lists cut behind their third entry."""
    if isinstance(nested, dict):
        return {name: shortened(part) for name, part in nested.items()}
    return list(map(shortened, nested[:3])) if isinstance(nested, list) else nested


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"bound": -1.0}, "bound"),
        ({"inputs": {"x": [0.5]}}, "inputs"),
        ({"expected": {}}, "expected"),
        ({"unknown": 1}, "unknown"),
        ({"id": "No Such Id"}, "id"),
        ({"edge_index": [[0], [-1]]}, "edge_index"),
    ],
)
def test_the_schema_refuses_what_is_none_of_it(change: dict[str, Any], where: str) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    schema = json.loads((FOLDER.parent / "schema" / "vectors.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator({**schema["$defs"]["case"], "$defs": schema["$defs"]})
    case = read(FOLDER / "op.json")["cases"][0]
    assert validator.is_valid(case)
    assert not validator.is_valid({**case, **change}), where


def test_only_what_is_new_or_asks_something_else_is_computed_again(tmp_path: Path) -> None:
    same, other, new = (replace(CASES[k], id=f"op/made-up/{k}") for k in (0, 1, 2))
    worded = replace(same, equation="x; in other words")
    records = dict(zip(("same", "other"), map(generated, (same, other))))
    records["same"]["bound"] = 99.0  # a mark: who computes it again loses it
    write(tmp_path, [(same, records["same"]), (other, records["other"])])
    changed = replace(other, inputs={"x": 2.5})
    lines, count = updated([worded, changed, new], tmp_path)
    assert count == 2
    assert [(case.id, record["bound"]) for case, record in lines] == [
        (same.id, 99.0), (other.id, 9.0), (new.id, 9.0),
    ]  # fmt: skip
    assert lines[1][1]["inputs"] == {"x": "0x1.4p+1"}
    assert lines[0][1] == {**records["same"], "equation": "x; in other words"}
