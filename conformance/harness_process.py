"""A harness's process: lines to it and from it, each within a time, and its end with all its children.

Nothing that it does stops the suite: it may exit, crash, hang, stop reading, or write without end. Each of
its three pipes has a thread of its own, so that none that is full holds up another.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO

LONGEST_LINE = 64 * 2**20  # bytes of one answer
CHUNK = 2**16
WAITING = 64  # chunks that are read before they are asked for; a harness that writes on has to wait
KEPT = 2**12  # bytes of standard error
GRACE = 2.0  # seconds to end in
MOMENT = 0.05  # seconds in which the last words arrive


class HarnessError(Exception):
    """The harness did not answer, and how that came."""


class HungError(HarnessError):
    """It did not answer in time."""


class HarnessProcess:
    """A running harness, in a session of its own. Raises HarnessError where it cannot be started."""

    def __init__(self, command: Sequence[str], longest_line: int = LONGEST_LINE) -> None:
        self._longest_line = longest_line
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=os.name == "posix",
            )
        except OSError as error:
            raise HarnessError(f"it cannot be started: {error}") from error
        self.pid = self._process.pid
        self._unread, self._searched = bytearray(), 0
        self._read: queue.Queue[bytes] = queue.Queue(maxsize=WAITING)
        self._to_write: queue.Queue[bytes | None] = queue.Queue()
        self._told = b""
        self._ended = threading.Event()
        self._telling = _started(self._keep_stderr)
        _started(self._read_stdout)
        _started(self._write_stdin)

    def write(self, line: str) -> None:
        """Send a line; where the harness does not read, that is noticed when no answer comes."""
        self._to_write.put(line.encode("utf-8"))

    def read(self, timeout: float) -> bytes:
        """The next line that is not blank.

        Raises HungError where there is none in that time, HarnessError where there will be none.
        """
        deadline = time.monotonic() + timeout
        while True:
            line = self._next_line()
            if line is not None and line.strip():
                return line
            left = deadline - time.monotonic()
            if line is not None and left > 0.0:
                continue
            try:
                chunk = self._read.get(timeout=max(0.0, left)) if left > 0.0 else None
            except queue.Empty:
                chunk = None
            if chunk is None:
                part = " but a part of a line" if self._unread.strip() else ""
                raise HungError(f"no answer within {timeout:g} s{part}{self._last_words()}")
            if not chunk:
                part = " in the middle of a line" if self._unread.strip() else ""
                raise HarnessError(f"{self._how_it_ended()}{part}{self._last_words()}")
            self._unread += chunk

    def kill(self) -> None:
        """End it and every process of its session, if they are still there."""
        self._ended.set()
        self._to_write.put(None)
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def close(self, line: str) -> None:
        """Send the last line, give it a moment to end, and end it."""
        self.write(line)
        self._to_write.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        self.kill()

    def _next_line(self) -> bytes | None:
        """A line that has arrived, without its end."""
        end = self._unread.find(b"\n", self._searched)
        if max(end, len(self._unread) * (end < 0)) > self._longest_line:
            raise HarnessError(f"it wrote more than {self._longest_line} bytes without an end of line")
        if end < 0:
            self._searched = len(self._unread)
            return None
        line = bytes(self._unread[:end])
        del self._unread[: end + 1]
        self._searched = 0
        return line

    def _last_words(self) -> str:
        """The end of what it wrote to standard error, as the end of a message."""
        self._telling.join(MOMENT)
        text = plain(self._told.decode("utf-8", "replace"), last=True)
        return f"; on standard error: {text}" if text else ""

    def _how_it_ended(self) -> str:
        try:
            status = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return "it closed its standard output"
        if status >= 0:
            return f"it exited with status {status}"
        try:
            return f"it was killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"it was killed by signal {-status}"

    def _read_stdout(self) -> None:
        for chunk in _chunks(self._process.stdout):
            if not self._keep(chunk):
                return
        self._keep(b"")

    def _keep(self, chunk: bytes) -> bool:
        """Put a chunk where `read` finds it; False where nobody will read it."""
        while not self._ended.is_set():
            with contextlib.suppress(queue.Full):
                self._read.put(chunk, timeout=0.2)
                return True
        return False

    def _write_stdin(self) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError, ValueError), stdin:  # where it reads no more no answer will come
            while (line := self._to_write.get()) is not None:
                view = memoryview(line)
                while view:
                    view = view[stdin.write(view) or 0 :]

    def _keep_stderr(self) -> None:
        for chunk in _chunks(self._process.stderr):
            self._told = (self._told + chunk)[-KEPT:]


def plain(text: object, last: bool = False, length: int = 300) -> str:
    """What a harness says, as a part of a message: one line, no control characters, the end of it if `last`.

    >>> plain("no" + chr(27) + "[1m memory" + chr(10) * 3 + "left")
    'no?[1m memory left'
    """
    line = "".join(letter if letter.isprintable() else "?" for letter in " ".join(str(text).split()))
    if len(line) <= length:
        return line
    return f"...{line[-length:]}" if last else f"{line[:length]}..."


def _started(run: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def _chunks(stream: IO[bytes] | None) -> Iterator[bytes]:
    """What a pipe holds, as it comes, until its other end is closed."""
    assert stream is not None
    with contextlib.suppress(OSError, ValueError), stream:
        while chunk := stream.read(CHUNK):
            yield chunk
