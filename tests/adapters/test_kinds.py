"""Kinds: what a number was, so that it comes back as it was."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.adapters.kinds import as_row, kinds_of, restore_column

NUMBERS = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.floats())


@given(st.lists(st.one_of(NUMBERS, st.lists(NUMBERS), st.lists(NUMBERS).map(tuple))))
def test_floats_and_kinds_give_the_column_back(column):
    kinds = json.loads(json.dumps(kinds_of(column)))
    floats = [list(map(float, as_row(e))) if isinstance(e, (list, tuple)) else float(e) for e in column]
    assert repr(restore_column(kinds, floats)) == repr(column)


def test_a_number_that_was_changed_and_no_longer_fits_its_kind_stays_a_float():
    assert restore_column({"each": ["int", "bool", "int"]}, [0.5, 2.0, float("inf")]) == [
        0.5,
        2.0,
        float("inf"),
    ]


@pytest.mark.parametrize("entry", ["1", None, 1j, [[1.0]], {}])
def test_what_is_no_number_has_no_kind(entry):
    with pytest.raises(TypeError):
        kinds_of([1.0, entry])
