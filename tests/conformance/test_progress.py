"""Progress on a terminal, and silence elsewhere."""

from __future__ import annotations

from io import StringIO

from tinygnn.conformance.progress import shown


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_sees_nothing() -> None:
    stream = StringIO()
    assert list(shown([1, 2, 3], 3, "pyg", stream)) == [1, 2, 3]
    assert stream.getvalue() == ""


def test_a_terminal_sees_how_many_are_done_and_how_long_it_takes() -> None:
    stream, ticks = Terminal(), iter(range(100))
    assert list(shown("abcd", 4, "pyg", stream, lambda: float(next(ticks)))) == list("abcd")
    assert "pyg: 1 of 4 cases, 3 s left" in stream.getvalue()
    assert "pyg: 3 of 4 cases, 1 s left" in stream.getvalue()


def test_the_line_is_gone_afterwards_and_when_it_is_given_up() -> None:
    stream, ticks = Terminal(), iter(range(100))
    some = shown("abcd", 4, "pyg", stream, lambda: float(next(ticks)))
    next(some), next(some)
    some.close()  # type: ignore[attr-defined]
    assert stream.getvalue().endswith("\r\033[K")


def test_it_does_not_write_more_often_than_anyone_can_read() -> None:
    stream, ticks = Terminal(), iter(range(10000))
    list(shown(range(1000), 1000, "pyg", stream, lambda: next(ticks) / 1000))
    assert stream.getvalue().count("left") == 9
