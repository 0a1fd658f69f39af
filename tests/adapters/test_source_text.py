"""The text of a source: values, arguments, slices."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.source_text import Call, parse_call


@pytest.mark.parametrize(
    "text, call",
    [
        ("KarateClub", Call("KarateClub")),
        ("KarateClub()[3]", Call("KarateClub", items=3)),
        ("P(name=Cora, root=/a b/c:d)", Call("P", named={"name": "Cora", "root": "/a b/c:d"})),
        (
            "P(1, -2.5, true, None, x='a,(b)', y=\"007\")",
            Call("P", [1, -2.5, True, None], {"x": "a,(b)", "y": "007"}),
        ),
        ("P[0:10]", Call("P", items=slice(0, 10))),
        ("P[-3:]", Call("P", items=slice(-3, None))),
        ("P[::2]", Call("P", items=slice(None, None, 2))),
    ],
)
def test_a_source_is_taken_apart(text, call):
    assert parse_call(text) == call


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "P(",
        "P(a=1",
        "P(a=1, 2)",
        "P(a=1, a=2)",
        "P(a='x)",
        "P[a]",
        "P[0:1:0]",
        "P(,)",
        "P[0](a=1)",
    ],
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(AdapterError):
        parse_call(text)


@given(st.text())
def test_any_text_is_a_call_or_an_adapter_error(text):
    with suppress(AdapterError):
        assert isinstance(parse_call(text), Call)
