"""Ctrl-C, remembered: an interrupted audit writes no report, even if a library swallowed the exception."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_pressed = False


@contextmanager
def noticed() -> Iterator[None]:
    """Within the body Ctrl-C raises KeyboardInterrupt and is remembered. An ignored SIGINT (nohup) stays ignored."""
    global _pressed
    _pressed = False
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    previous = signal.signal(signal.SIGINT, _remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _remember(number: int, frame: FrameType | None) -> None:
    global _pressed
    _pressed = True
    raise KeyboardInterrupt


def refuse_if_pressed() -> None:
    """Called before anything is written. Raises KeyboardInterrupt."""
    if _pressed:
        raise KeyboardInterrupt
