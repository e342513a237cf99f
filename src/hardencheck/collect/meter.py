"""Where the time of a run goes, for whoever asks: CPU seconds of each collector, what it waits for left out."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

_active: "Meter | None" = None


class Meter:
    """seconds: CPU time of this process by name, each moment counted once: what runs inside another is its own.

    calls: how many files an extractor read, how often anything else ran. It sees one process: run without workers.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._running: list[str] = []
        self._since = 0.0

    def _turn(self) -> None:
        now = time.process_time()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now

    def enter(self, name: str) -> None:
        self._turn()
        self._running.append(name)
        self.calls[name] += 1

    def leave(self) -> None:
        self._turn()
        self._running.pop()


@contextmanager
def metering() -> Iterator[Meter]:
    """Measure what happens in the body."""
    global _active
    outer, _active = _active, Meter()
    try:
        with measured("everything else"):
            yield _active
    finally:
        _active = outer


@contextmanager
def measured(name: str) -> Iterator[None]:
    """The body is the work of `name`. Costs next to nothing where nobody asked."""
    meter = _active
    if meter is None:
        yield
        return
    meter.enter(name)
    try:
        yield
    finally:
        meter.leave()
