"""A time limit on work in this process, for regular expressions and parsers that may never end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self


class DeadlineExceeded(BaseException):
    """Not an Exception: a library's `except Exception` must not swallow it."""


class Deadlines:
    """Time limits for many short works, one after the other: the handler is set once for all of them.

    Needs the main thread of a POSIX process; elsewhere it does nothing, and the parent of a worker kills it instead.
    """

    def __enter__(self) -> Self:
        self._works = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        if self._works:
            self._previous = signal.signal(signal.SIGALRM, _expired)
        return self

    def __exit__(self, *error: object) -> None:
        if self._works:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._previous)

    def start(self, seconds: float) -> None:
        """From now on; raises DeadlineExceeded in whatever runs then, until `stop`."""
        if self._works:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def stop(self) -> None:
        if self._works:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _expired(signum: int, frame: FrameType | None) -> None:
    raise DeadlineExceeded


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise DeadlineExceeded in the body after `seconds`, where `Deadlines` work."""
    with Deadlines() as limit:
        limit.start(seconds)
        yield
