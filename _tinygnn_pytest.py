"""The pytest plug-in of `tinygnn.conformance`, which pytest finds by itself where tinygnn is installed.

It marks the tests that `parametrize` makes, so that `pytest -m conformance` runs them alone; chooses among
them with --conformance-layer, --conformance-flag and --conformance-quick; gives the fixture
`assert_conforms`; and ends the run with a line for each backend. A file with a testcase for each case, as
JUnit writes it, is made by pytest's own --junitxml.

It stands beside the package and imports it only when it is used: other tests start as fast as without it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

CASE, BACKEND, VERDICT = "conformance_case", "conformance_backend", "conformance_verdict"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "tinygnn's conformance suite")
    group.addoption(
        "--conformance-layer", action="append", default=[], metavar="NAME",
        help="of the suite's cases run those of this layer or operation; several times: any of them",
    )  # fmt: skip
    group.addoption(
        "--conformance-flag", action="append", default=[], metavar="NAME",
        help="of the suite's cases run those that set this trap; several times: all of them",
    )  # fmt: skip
    group.addoption(
        "--conformance-quick", action="store_true",
        help="of the suite's cases run a few that have everything once",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "conformance: a case of tinygnn's conformance suite")
    config.pluginmanager.register(Counting(), "tinygnn-conformance-counts")


def is_case(item: pytest.Item) -> bool:
    """Whether `parametrize` made the test."""
    return hasattr(getattr(item, "function", None), BACKEND)


def pytest_itemcollected(item: pytest.Item) -> None:
    if is_case(item):
        item.add_marker("conformance")


def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    layer, flag, quick = (config.getoption(f"conformance_{name}") for name in ("layer", "flag", "quick"))
    cases = {item: item.callspec.params[CASE] for item in items if is_case(item)}
    if not cases or not (layer or flag or quick):
        return
    from tinygnn.conformance.selection import choose

    try:
        chosen = {case.id for case in choose([*cases.values()], "", layer, flag, quick)}
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    left_out = {item: None for item, case in cases.items() if case.id not in chosen}
    config.hook.pytest_deselected(items=[*left_out])
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(name="assert_conforms")
def assert_conforms_fixture(record_property: Any) -> Any:
    """`tinygnn.conformance.assert_conforms`, whose counts stand in JUnit's file."""
    return telling(record_property)


def telling(record_property: Any) -> Any:
    """`assert_conforms`, which tells what ran."""
    from tinygnn.conformance import assert_conforms

    def conforms(*args: Any, **settings: Any) -> Any:
        found = assert_conforms(*args, **settings)
        record_property("conformance_like", found.like)
        record_property("conformance_counts", ", ".join(f"{n} {name}" for name, n in found.counts.items()))
        return found

    return conforms


class Counting:
    """Counts verdicts from the reports, which arrive here from other processes too (pytest-xdist)."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = dict(report.user_properties)
        if report.when == "call" and VERDICT in found:
            self._counts.setdefault(str(found[BACKEND]), Counter())[str(found[VERDICT])] += 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self._counts:
            return
        from tinygnn import __version__

        terminalreporter.section(f"conformance, tinygnn {__version__}")
        for backend, verdicts in self._counts.items():
            cases = verdicts.total()
            parts = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.most_common())
            terminalreporter.line(f"{backend}: {cases} cases, {cases - verdicts['skipped']} ran: {parts}")
