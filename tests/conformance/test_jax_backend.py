"""The backend jax: what it says where jax is not installed, what it runs, and what is recorded of it."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from tinygnn.conformance import cli, jax_ops
from tinygnn.conformance.api import every_case
from tinygnn.conformance.case import Case
from tinygnn.conformance.jax_backend import JaxBackend
from tinygnn.conformance.known_differences import known_differences, no_records
from tinygnn.conformance.runner import unknown_ids
from tinygnn.conformance.vectors import find_vector


def test_without_jax_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    jax_ops.import_jax.cache_clear()
    monkeypatch.setitem(sys.modules, "jax", None)
    assert cli.run(["--backend", "jax"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "pip install jax" in err


def test_its_records_are_of_cases_that_there_are() -> None:
    known = known_differences("jax", "0.10.2")
    assert len(known) >= 50
    assert unknown_ids(every_case(), "jax", known) == []
    assert all(record.reason and record.upstream for record in known.values())
    assert no_records("jax", "0.10.2") == "" and "none for 0.11.0" in no_records("jax", "0.11.0")


def unmade() -> JaxBackend:
    """What it lacks it says without jax."""
    return JaxBackend.__new__(JaxBackend)


def case(id: str, **options: object) -> Case:
    given = find_vector(id).case
    return replace(given, options={**given.options, **options})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (case("model/gcn_conv/path"), ""),
        (case("model/gatv2_conv/path"), "GATv2Conv"),
        (
            case("model/gin_conv/path", conv={"nn": {"call": "MLP"}}),
            "an nn of MLP is not written in jax here",
        ),
        (case("model/gcn/star-relu", kind="edge"), "only plain stacks of GCNConv, SAGEConv and GATConv"),
        (case("optimizer/adam/amsgrad"), "only operations and layers are written in jax here"),
    ],
)
def test_it_says_what_it_lacks(given: Case, said: str) -> None:
    reason = unmade().lacks(given)
    assert reason == said or (said and said in reason)
