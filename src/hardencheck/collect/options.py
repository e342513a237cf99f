"""How to collect: what the person running the audit allows and wants."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from hardencheck.collect.contract import Endpoint
from hardencheck.collect.extraction import SECONDS_PER_FILE

History = Literal["all", "reachable", "none"]


class Options(NamedTuple):
    """How to collect. jobs: worker processes, None: one a core. cache: directory, None: none.

    excludes: patterns as in .gitignore, counted and reported. plugins: entry points the user named.
    seconds: deadline for one extractor on one file.
    probe, active: tiers of live probing allowed; i_own: hosts the user named for the active tier, which asks no other.
    endpoints: where uploads of a URL go, for those of which it is known.
    history: which objects are looked at for secrets: "reachable" from HEAD, refs and stashes, "all" (reflogs and what
    nothing reaches, too) or "none" (HEAD, the index and the clone's configuration). head_only: only what the audited
    commit reaches. since: a revision; only what is not reachable from it.
    rules: directories of checks whose `secrets/rules` are added to ours.
    kinds: of fact that are wanted; collectors that have no part in them do not run. None: all.
    progress: called with what is being done and how far it is (done, total).
    """

    jobs: int | None = None
    cache: Path | None = None
    excludes: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    probe: bool = False
    active: bool = False
    i_own: tuple[str, ...] = ()
    endpoints: Mapping[str, Endpoint] = {}
    ca_file: str | None = None
    seconds: float = SECONDS_PER_FILE
    history: History = "none"
    head_only: bool = False
    since: str | None = None
    kinds: frozenset[str] | None = None
    rules: tuple[Path, ...] = ()
    progress: Callable[[str, int, int], None] = lambda what, done, total: None
