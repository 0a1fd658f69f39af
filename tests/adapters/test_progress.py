"""Progress of conversions: a line where a person looks and waits, and nothing anywhere else."""

import io
import sys

import pytest

from tinygnn import Graph
from tinygnn.adapters import from_csv, from_networkx, to_csv, to_networkx
from tinygnn.adapters.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Tells the time it is set to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["plain", "rich"])
def with_rich(request, monkeypatch):
    """Whether rich can be imported; without it a count is shown."""
    if request.param == "plain":
        monkeypatch.setitem(sys.modules, "rich.console", None)
        return False
    pytest.importorskip("rich", reason="draws the bar")
    return True


def test_nothing_is_shown_within_a_second(with_rich):
    terminal, clock = Terminal(), Clock()
    with progress("graphs", 4, terminal, clock) as advance:
        for clock.now in (0.0, 0.5, 0.99):
            advance(1)
    assert terminal.getvalue() == ""


def test_after_a_second_a_line_says_how_many_of_how_many(with_rich):
    terminal, clock = Terminal(), Clock()
    with progress("graphs", 2000, terminal, clock) as advance:
        for clock.now in (0.5, 1.0, 1.05, 1.2):
            advance(500)
    shown = terminal.getvalue()
    assert "graphs" in shown and "100%" in shown
    if not with_rich:
        first = "1,000 of 2,000 (50%) graphs"
        assert shown == f"\r{first}\r2,000 of 2,000 (100%) graphs\r{' ' * 28}\r"


def test_without_a_total_it_counts(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    terminal, clock = Terminal(), Clock()
    with progress("lines", None, terminal, clock) as advance:
        clock.now = 7.0
        advance(12345)
    assert terminal.getvalue().startswith("\r12,345 lines\r")


def test_nothing_is_shown_where_nobody_looks(with_rich):
    file, clock = io.StringIO(), Clock()
    with progress("graphs", 4, file, clock) as advance:
        clock.now = 9.0
        advance(4)
    assert file.getvalue() == ""


def test_a_line_is_wiped_out_when_the_conversion_fails(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    terminal, clock = Terminal(), Clock()
    with pytest.raises(KeyError), progress("lines", None, terminal, clock) as advance:
        clock.now = 2.0
        advance(1)
        raise KeyError
    assert terminal.getvalue().endswith("\r       \r")


def test_reading_and_writing_csv_files_show_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr("tinygnn.adapters.progress.PATIENCE", 0.0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    to_csv(Graph(([0, 1], [1, 0])), tmp_path / "roads.csv")
    assert "2 of 2 (100%) lines of roads.csv" in sys.stderr.getvalue()
    monkeypatch.setattr(sys, "stderr", Terminal())
    from_csv(tmp_path / "roads.csv")
    assert "3 lines of roads.csv" in sys.stderr.getvalue()


def test_graphs_of_networkx_show_it(monkeypatch):
    pytest.importorskip("networkx", reason="converts graphs of networkx")
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr("tinygnn.adapters.progress.PATIENCE", 0.0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    graph = to_networkx(Graph(([0, 1], [1, 0])))
    assert "2 of 2 (100%) edges" in sys.stderr.getvalue()
    from_networkx(graph)
    assert "2 of 2 (100%) nodes with their edges" in sys.stderr.getvalue()
