"""The table of layers and backends, from outcomes made up for the purpose."""

from __future__ import annotations

from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.compare import Difference
from tinygnn.conformance.report import WIDTH, failures, known
from tinygnn.conformance.runner import Outcome
from tinygnn.conformance.selection import choose
from tinygnn.conformance.summary_table import LEGEND, rows_of, short, shorter, table

CASES = all_cases()
FIRST, SECOND, THIRD, FOURTH = choose(CASES, layer=["GCNConv"])[:4]
(OTHER,) = choose(CASES, "model/gat_conv/path")


def passing(case: object, ratio: float, ulps: float = 1.0) -> Outcome:
    return Outcome(case, "b", "pass", "", (Difference("out", ratio=ratio, bound=10.0, ulps=ulps),))  # type: ignore[arg-type]


RUN = [
    passing(FIRST, 0.5, 3.0),
    passing(SECOND, 2.25, 1.0),
    Outcome(THIRD, "b", "known", "because"),
    Outcome(FOURTH, "b", "wrong", "differs", (Difference("out", ratio=99.0, bound=10.0),)),
    Outcome(OTHER, "b", "skipped", "no"),
]


def test_a_row_counts_verdicts_and_shows_the_worst_that_passes() -> None:
    lines = list(table(["b 1"], [RUN]))
    (gcn,) = [line for line in lines if line.startswith("  GCNConv")]
    assert gcn.split("|")[1].split() == ["4", "2", "1", "1", "2.25", "1"]
    (gat,) = [line for line in lines if line.startswith("  GATConv")]
    assert gat.split("|")[1].split() == ["-"] * 6


def test_a_verdict_that_neither_passes_nor_fails_counts_as_known() -> None:
    for verdict in ("known", "valid-subgradient", "profile-difference"):
        (row,) = rows_of([[Outcome(FIRST, "b", verdict, "why")]])
        assert (row.cells[0].passed, row.cells[0].known, row.cells[0].failed) == (0, 1, 0)


def test_every_row_fits_beside_a_second_backend_and_a_third_gets_a_table_of_its_own() -> None:
    run = [passing(case, 123456.0, 9e99) for case in CASES]
    lines = list(table(["a", "b", "c"], [run, run, run]))
    assert max(map(len, lines)) <= WIDTH
    assert sum(line.startswith("layer ") for line in lines) == 2
    assert all(len(line) <= WIDTH + 8 for line in LEGEND.splitlines())


def test_numbers_keep_their_width() -> None:
    numbers = [0.0, 5e-324, 0.0049, 0.5, 999.994, 1e3, 9999.4, 1e4, 123456.0, 1.7e308, float("inf")]
    assert all(len(short(x)) <= 8 and len(shorter(x)) <= 6 for x in numbers)


def test_known_differences_are_gathered_by_reason_and_shortened() -> None:
    outcomes = [Outcome(case, "b", "known", "because") for case in CASES[:9]]
    lines = list(known(outcomes))
    assert "  b: because (9 cases)" in lines
    assert "    and 6 more (--verbose lists them)" in lines
    assert sum(line.startswith("    op/") for line in lines) == 3
    assert sum(line.startswith("    op/") for line in known(outcomes, verbose=True)) == 9


def test_a_failure_shows_numbers_and_how_to_see_it_again() -> None:
    lines = list(failures(RUN))
    assert f"wrong: {FOURTH.id} on b" in lines
    assert f"  reproduce: tinygnn conformance --backend b -k {FOURTH.id}" in lines
