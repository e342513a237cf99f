"""Which collectors there are: our own by discovery, others by entry point when the user names them."""

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from hardencheck.collect import extract, joined, live, resolve
from hardencheck.collect.contract import Collector, Extractor, Joiner, Observer, Probe, Resolver, concrete
from hardencheck.errors import UnknownName, UsageError

GROUP = "hardencheck.collectors"


class Collectors(NamedTuple):
    extractors: tuple[Extractor, ...]
    resolvers: tuple[Resolver, ...]
    observers: tuple[Observer, ...]
    probes: tuple[Probe, ...]
    joiners: tuple[Joiner, ...] = ()

    def needed(self, kinds: frozenset[str] | None) -> "Collectors":
        """Those that have a part in facts of these kinds; all of them for None.

        A resolver that does not say what it reads may read what any extractor states that is not `apart`, so with it
        all of these run; of other resolvers it reads only those that it names in `after`.
        """
        if kinds is None:
            return self
        by_name = {item.name: item for item in self.resolvers}
        joiners = tuple(item for item in self.joiners if kinds & set(item.kinds()))
        wanted = kinds.union(fact.kind() for item in joiners for fact in item.reads)
        chosen, every = dict[str, Resolver](), False
        waiting = [item for item in self.resolvers if wanted & set(item.kinds())]
        while waiting:
            item = waiting.pop()
            if item.name in chosen:
                continue
            chosen[item.name] = item
            waiting.extend(by_name[name] for name in item.after if name in by_name)
            every = every or item.reads is None
            read = {fact.kind() for fact in item.reads or ()}
            wanted |= read
            waiting.extend(other for other in self.resolvers if read & set(other.kinds()))
        return self._replace(
            extractors=tuple(
                item for item in self.extractors if (every and not item.apart) or wanted & set(item.kinds())
            ),
            resolvers=tuple(item for item in self.resolvers if item.name in chosen),
            joiners=joiners,
        )


@cache
def _import_own() -> None:
    for package in (extract, resolve, live, joined):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.rpartition(".")[2].startswith("_"):
                importlib.import_module(module.name)


@cache
def load_plugin(name: str) -> type[Collector]:
    """The collector behind an entry point. Raises UnknownName, or UsageError when it cannot be imported."""
    from importlib.metadata import entry_points  # slow to import, and seldom needed

    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        raise UnknownName("--plugin", "collector plugin", name, known)
    try:
        loaded = known[name].load()
    except Exception as error:
        raise UsageError(f"plugin {name!r} cannot be imported: {type(error).__name__}: {error}") from error
    if not (isinstance(loaded, type) and issubclass(loaded, Collector)):
        raise UsageError(f"plugin {name!r} is not a Collector: see hardencheck.collect.contract")
    return loaded


@cache
def collectors(plugins: tuple[str, ...] = ()) -> Collectors:
    """All collectors, each kind in order of name; resolvers in order of need.

    Raises UsageError for two collectors of one name, and what `load_plugin` raises.
    """
    _import_own()
    named = {load_plugin(name) for name in plugins}
    by_name: dict[str, Collector] = {}
    for cls in {cls for base in (Extractor, Resolver, Observer, Probe, Joiner) for cls in concrete(base)}:
        if not cls.__module__.startswith("hardencheck.") and cls not in named:
            continue  # imported by somebody, but the user did not ask for it
        if cls.name in by_name:
            raise UsageError(f"two collectors are called {cls.name!r}")
        by_name[cls.name] = cls()
    ordered = [by_name[name] for name in sorted(by_name)]
    return Collectors(
        tuple(item for item in ordered if isinstance(item, Extractor)),
        _by_need([item for item in ordered if isinstance(item, Resolver)]),
        tuple(item for item in ordered if isinstance(item, Observer)),
        tuple(item for item in ordered if isinstance(item, Probe)),
        tuple(item for item in ordered if isinstance(item, Joiner)),
    )


def _by_need(resolvers: Iterable[Resolver]) -> tuple[Resolver, ...]:
    waiting = {resolver.name: resolver for resolver in resolvers}
    done: list[Resolver] = []
    while waiting:
        ready = [item for item in waiting.values() if not any(name in waiting for name in item.after)]
        if not ready:
            raise UsageError(f"resolvers wait for each other: {', '.join(sorted(waiting))}")
        done.extend(waiting.pop(item.name) for item in ready)
    return tuple(done)
