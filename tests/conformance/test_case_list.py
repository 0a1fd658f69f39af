"""The table of cases per layer and trap, and how many cases differ in their numbers alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tinygnn.cli import main
from tinygnn.conformance.case import FLAGS, Case
from tinygnn.conformance.case_list import asked, listed, repeated
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.selection import layers

CASES = all_cases()
CASE = Case(
    "model/made-up", "model", "GCNConv", {"x": [[0.5, 0.0]]}, {"conv": {"eps": 0.5}}, flags=("directed",)
)


def test_the_table_counts_every_case_once_in_its_row_and_in_the_last_one() -> None:
    head, *lines = listed(CASES)
    rows = lines[: lines.index("")]
    assert head.split() == ["cases", "plain", *"abcdefghijklmnopqrstuvwxyz"[: len(FLAGS)]]
    names, counts = [row.split()[0] for row in rows], [int(row.split()[1]) for row in rows]
    assert names == [*layers(CASES), "all"]
    assert sum(counts[:-1]) == counts[-1] == len(CASES)


def test_the_table_counts_the_cases_with_a_trap() -> None:
    [gcn] = [line for line in listed(CASES) if line.startswith("GCNConv ")]
    column = 3 + list(FLAGS).index("self-loop")
    wanted = sum(case.call == "GCNConv" and "self-loop" in case.flags for case in CASES)
    assert gcn.split()[column] == str(wanted)
    assert wanted > 10


def test_every_trap_has_its_line_below_the_table() -> None:
    lines = list(listed(CASES))
    for flag, trap in FLAGS.items():
        assert any(line.endswith(f" = {flag}: {trap}") for line in lines)


def test_at_most_half_of_the_cases_differ_from_another_in_numbers_alone() -> None:
    assert len(CASES) >= 1000
    assert 2 * len(repeated(CASES)) <= len(CASES)


@pytest.mark.parametrize(
    "other",
    [
        replace(CASE, inputs={"x": [[0.5, 1.0]]}),
        replace(CASE, inputs={"x": [[0.5, -0.0]]}),
        replace(CASE, options={"conv": {"eps": 0.25}}),
        replace(CASE, edge_index=([0], [0])),
        replace(CASE, flags=()),
        replace(CASE, passes=2),
    ],
)
def test_another_zero_setting_graph_or_trap_is_another_question(other: Case) -> None:
    assert asked(other) != asked(CASE)
    assert repeated([CASE, other]) == []


def test_another_number_is_the_same_question() -> None:
    again = replace(CASE, id="model/made-up-again", inputs={"x": [[-2.5, 0.0]]}, cotangent=2.5)
    assert repeated([CASE, again]) == [again]


def test_the_command_prints_the_table_of_what_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "--list", "--layer", "GATConv", "--flag", "isolated"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[1].startswith("GATConv ")
    assert "cases; 0 of them ask what another one asks" in printed
