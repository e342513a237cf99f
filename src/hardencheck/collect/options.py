"""How to collect: what the person running the audit allows and wants."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from hardencheck.collect.extraction import SECONDS_PER_FILE


class Options(NamedTuple):
    """How to collect. jobs: worker processes, None: one a core. cache: directory, None: none.

    excludes: patterns as in .gitignore, counted and reported. plugins: entry points the user named.
    seconds: deadline for one extractor on one file.
    probe, active: tiers of live probing allowed; i_own: hosts the user named for the active tier.
    progress: called with what is being done and how far it is (done, total).
    """

    jobs: int | None = None
    cache: Path | None = None
    excludes: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    probe: bool = False
    active: bool = False
    i_own: tuple[str, ...] = ()
    ca_file: str | None = None
    seconds: float = SECONDS_PER_FILE
    progress: Callable[[str, int, int], None] = lambda what, done, total: None
