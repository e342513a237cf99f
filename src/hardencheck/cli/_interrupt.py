"""Signals that end an audit, remembered: it then writes no report, even if a library swallowed the exception.

Ctrl-C, SIGTERM (a CI job that is cancelled, `timeout`, a container that stops) and SIGHUP (a terminal that is closed).
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Windows has no SIGHUP.
_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_pressed: signal.Signals | None = None


@contextmanager
def noticed() -> Iterator[None]:
    """Within the body each of them raises KeyboardInterrupt and is remembered; one that is ignored (nohup) stays so."""
    global _pressed
    _pressed = None
    previous = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in _ENDING:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None: not Python's to put back
                    previous[number] = signal.signal(number, _remember)
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _remember(number: int, frame: FrameType | None) -> None:
    global _pressed
    again = _pressed is not None
    _pressed = _pressed or signal.Signals(number)
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


def pressed() -> signal.Signals | None:
    """The first of them that came, whose name and code the end has."""
    return _pressed


def refuse_if_pressed() -> None:
    """Called before anything is written. Raises KeyboardInterrupt."""
    if _pressed:
        raise KeyboardInterrupt
