"""The plug-in's hooks, without a pytest of their own; `test_third_party` has them in one."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from _tinygnn_pytest import pytest_collection_modifyitems, telling
from tinygnn.conformance.api import every_case

CASES = [case for case in every_case() if case.call in ("tanh", "relu")]


def item(case: Any = None) -> Any:
    function: Callable[[], None] = lambda: None  # noqa: E731
    if case is not None:
        function.conformance_backend = "mine"  # type: ignore[attr-defined]
    return SimpleNamespaceWithHash(
        function=function, callspec=SimpleNamespace(params={"conformance_case": case})
    )


class SimpleNamespaceWithHash(SimpleNamespace):
    __hash__ = object.__hash__  # type: ignore[assignment]


def chosen(layer: Any = (), flag: Any = (), quick: bool = False) -> tuple[list[Any], list[Any]]:
    options = {"conformance_layer": layer, "conformance_flag": flag, "conformance_quick": quick}
    left_out: list[Any] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: left_out.extend(items))
    config: Any = SimpleNamespace(getoption=options.get, hook=hook)
    items = [item(), *map(item, CASES)]
    pytest_collection_modifyitems(config, items)
    assert len(items) + len(left_out) == len(CASES) + 1
    assert items[0].callspec.params["conformance_case"] is None  # a test of another kind stays
    return [one.callspec.params["conformance_case"] for one in items[1:]], left_out


def test_without_options_all_cases_stay() -> None:
    assert chosen() == (CASES, [])


def test_layer_flag_and_quick_choose_among_the_cases() -> None:
    kept, _ = chosen(layer=["tanh"])
    assert kept == [case for case in CASES if case.call == "tanh"]
    kept, _ = chosen(layer=["tanh"], flag=["nan"])
    assert kept == [case for case in CASES if case.call == "tanh" and "nan" in case.flags]
    kept, left_out = chosen(quick=True)
    assert {case.call for case in kept} == {"tanh", "relu"}
    assert left_out


def test_a_layer_that_there_is_not_is_a_usage_error() -> None:
    with pytest.raises(pytest.UsageError, match="there is no layer or operation 'tahn'"):
        chosen(layer=["tahn"])


def test_the_fixture_checks_a_torch_module_and_tells_what_ran() -> None:
    pytest.importorskip("torch_geometric")
    from torch_geometric.nn import GCNConv

    told: dict[str, str] = {}
    telling(told.__setitem__)(GCNConv, like="GCNConv", k="model/gcn_conv/path")
    assert told == {"conformance_like": "GCNConv", "conformance_counts": "1 pass"}
