"""AdapterError: where it points, what it says, and the packages it asks for."""

import pickle
from pathlib import Path

import pytest

from tinygnn.adapters.errors import AdapterError, did_you_mean, require


def test_an_error_carries_its_place_and_says_it_first():
    error = AdapterError("no", path=Path("e.csv"), line=3, column=2, node="a", edge=("a", "b"), attribute="w")
    assert str(error) == "e.csv:3:2: no" and isinstance(error, ValueError)
    assert (error.path, error.line, error.column) == ("e.csv", 3, 2)
    assert (error.node, error.edge, error.attribute) == ("a", ("a", "b"), "w")
    assert str(AdapterError("no", path="e.csv")) == "e.csv: no" and str(AdapterError("no")) == "no"
    assert str(AdapterError("'w' is no", edge=(1, "b"), attribute="w")) == "edge (1, 'b'): 'w' is no"


def test_an_error_can_be_pickled():
    error = pickle.loads(pickle.dumps(AdapterError("no", path="e.csv", line=3, edge=(1, 2))))
    assert str(error) == "e.csv:3: no" and error.edge == (1, 2)


def test_a_missing_package_and_a_broken_one_are_told_apart(tmp_path, monkeypatch):
    with pytest.raises(AdapterError, match="absent_package, which is not installed: pip install this that$"):
        require("absent_package.part", "this that")
    (tmp_path / "broken_package.py").write_text("import absent_package")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AdapterError, match="broken_package is installed but cannot be imported"):
        require("broken_package", "it")


def test_a_hint_does_not_take_long_among_many_or_long_names():
    import time

    names = [f"name number {i}" for i in range(200_000)] + ["x" * 10_000_000]
    started = time.perf_counter()
    assert "did you mean" in did_you_mean("name numbr 7", names)
    did_you_mean("y" * 10_000_000, names)
    assert time.perf_counter() - started < 2  # seconds; without a bound it takes far more
