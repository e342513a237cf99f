"""CPU time by name: each moment counted once, nothing where nobody asks."""

import time

import pytest

from hardencheck.collect.meter import measured, metering


def work(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_what_runs_inside_is_its_own() -> None:
    start = time.process_time()
    with metering() as meter:
        with measured("outer"):
            work(0.02)
            for _ in range(3):
                with measured("inner"):
                    work(0.02)
            work(0.04)
        with measured("outer"):
            time.sleep(0.01)  # waiting is no work
    spent = time.process_time() - start
    assert meter.seconds["inner"] >= 0.06
    assert meter.seconds["outer"] >= 0.06
    assert sum(meter.seconds.values()) <= spent
    assert meter.calls == {"everything else": 1, "outer": 2, "inner": 3}


def test_what_raises_is_counted_and_left() -> None:
    with metering() as meter:
        with pytest.raises(ValueError, match="broken"), measured("raises"):
            raise ValueError("broken")
        with measured("next"):
            work(0.01)
    assert meter.calls["raises"] == 1
    assert meter.seconds["next"] >= 0.01


def test_nobody_asked() -> None:
    with measured("alone"):
        pass
    with metering() as meter:
        pass
    with measured("after"):
        pass
    assert set(meter.calls) == {"everything else"}
