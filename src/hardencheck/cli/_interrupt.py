"""Ctrl-C, remembered: an interrupted audit writes no report, even if a library swallowed the exception."""

import signal
import sys
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
    again, _pressed = _pressed, True
    if again or not _cancelled():
        raise KeyboardInterrupt


def _cancelled() -> bool:
    """Whether an event loop is running here, whose tasks are then told to stop: raising in the middle of one leaves
    the others to complain. asyncio does the same, but only under Python's own handler."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return False

    def cancel() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()

    # Between two callbacks, not in the midst of one: it may be about to set the result of what is cancelled here.
    loop.call_soon_threadsafe(cancel)
    return True


def pressed() -> bool:
    return _pressed


def refuse_if_pressed() -> None:
    """Called before anything is written. Raises KeyboardInterrupt."""
    if _pressed:
        raise KeyboardInterrupt
