"""The shares of a tie, by hand."""

from __future__ import annotations

import pytest

from tinygnn.conformance.case import Case
from tinygnn.conformance.ties import shares_add_up

MAXIMUM = Case("op/maximum/equal", "op", "maximum", {"x": 1.5, "y": 1.5})
ROWS = Case("op/aggregate-max/tie", "op", "aggregate", {"rows": [[1.0, 2.0], [1.0, 0.0]]})


@pytest.mark.parametrize(
    ("shares", "right"), [([1.0, 0.0], True), ([0.25, 0.75], True), ([1.0, 1.0], False), ([0.5, 0.0], False)]
)
def test_the_shares_of_a_tie_have_to_add_up(shares: list[float], right: bool) -> None:
    expected = {"grad x": 0.5, "grad y": 0.5}
    got = {"grad x": shares[0], "grad y": shares[1]}
    assert shares_add_up(MAXIMUM, expected, got) is right


def test_columns_of_rows_add_up_by_themselves() -> None:
    expected = {"grad rows": [[0.5, 1.0], [0.5, 0.0]]}
    assert shares_add_up(ROWS, expected, {"grad rows": [[0.0, 1.0], [1.0, 0.0]]})
    assert not shares_add_up(ROWS, expected, {"grad rows": [[1.0, 0.5], [0.5, 0.0]]})
