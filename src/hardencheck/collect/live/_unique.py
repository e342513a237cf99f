"""The same thing seen twice is one thing."""

from collections.abc import Iterable

from hardencheck.collect.contract import Found


def unique(items: Iterable[Found]) -> list[Found]:
    """Facts and gaps in order, equal ones once. (A Gap has a mapping, so it has no hash.)"""
    return list({repr(item): item for item in items}.values())
