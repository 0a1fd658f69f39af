"""Ctrl-C while a run has a folder: stop after this epoch, so that a checkpoint can be written."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STDERR = 2  # its file descriptor
SAYS = b"tinygnn: stopping after this epoch; Ctrl-C once more stops at once\n"


class Interrupt:
    """Whether Ctrl-C was pressed. Pressed once more, it stops the program at once."""

    def __init__(self) -> None:
        self.pressed = False

    def __call__(self) -> bool:
        return self.pressed

    def press(self, number: int, frame: FrameType | None) -> None:
        """What the signal calls."""
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True
        os.write(STDERR, SAYS)  # not print: the signal may come amid a print, which cannot be entered twice


@contextmanager
def interrupt() -> Iterator[Interrupt]:
    """Give an `Interrupt` that Ctrl-C presses, where it would raise KeyboardInterrupt otherwise."""
    pressed = Interrupt()
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    signal.signal(signal.SIGINT, pressed.press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
