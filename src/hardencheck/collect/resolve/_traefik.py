"""The configuration of Traefik as one: routers, middlewares, services and entry points of every place that has some."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import TraefikConfiguration
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_IMAGE = compiled(r"(?:.*/)?traefik:v?(\d+)(?:\.(\d+))?.*")
_MAX_MIDDLEWARES = 200
_LIST = re.compile(r"\s*,\s*")


class Value(NamedTuple):
    text: str
    where: Location

    @property
    def known(self) -> bool:
        return TEMPLATED not in self.text

    def words(self) -> list[str]:
        return [word for word in _LIST.split(self.text.strip()) if word]


class Thing(NamedTuple):
    """A router, middleware, service or entry point. values: its settings by what follows its name."""

    name: str
    where: Location
    values: dict[str, Value]
    service: str = ""

    def get(self, name: str) -> Value | None:
        return self.values.get(name)

    def starting(self, prefix: str) -> Iterator[tuple[str, Value]]:
        for name, value in self.values.items():
            if name.startswith(prefix):
                yield name.removeprefix(prefix), value


class Traefik(NamedTuple):
    """version: of Traefik, None where nothing says it. static: settings of the whole by their names."""

    routers: list[Thing]
    middlewares: dict[str, Thing]
    services: dict[str, Thing]
    entries: dict[str, Thing]
    static: dict[str, Value]
    version: int | None
    has_static: bool
    templated: bool


def configurations(facts: FactSet) -> list[TraefikConfiguration]:
    """What is there for production."""
    found = [fact for fact in facts.of("traefik.configuration") if isinstance(fact, TraefikConfiguration)]
    return [fact for fact in found if fact.role == "production"]


def read(facts: FactSet) -> Traefik:
    routers: list[Thing] = []
    groups: dict[str, dict[str, Thing]] = {"middlewares": {}, "services": {}, "entrypoints": {}}
    static: dict[str, Value] = {}
    version: int | None = None
    found = configurations(facts)
    for fact in found:
        own: dict[str, Thing] = {}
        for setting in fact.settings:
            value = Value(setting.value, fact.location.at(setting.line))
            first, _, rest = setting.name.partition(".")
            kind, _, inner = rest.partition(".")
            name, _, key = inner.partition(".")
            if first == "http" and kind == "routers" and name:
                thing = own.setdefault(name, Thing(name, value.where, {}, fact.service))
                thing.values[key] = value
            elif first == "http" and kind in {"middlewares", "services"} and name:
                group = groups[kind]
                if name not in group or group[name].where.path == value.where.path:
                    group.setdefault(name, Thing(name, value.where, {}, fact.service)).values[key] = value
            elif first == "entrypoints" and kind:
                key = ".".join(part for part in (name, key) if part)
                entry = groups["entrypoints"].setdefault(kind, Thing(kind, value.where, {}))
                entry.values[key] = value
            elif fact.source in {"static", "flags"}:
                static.setdefault(setting.name, value)
            elif fact.source == "labels":
                own.setdefault("", Thing("", value.where, {}, fact.service)).values[setting.name] = value
        alone = own.pop("", None)
        routers.extend(own.values())
        if fact.source == "labels" and not own and alone is not None:
            enabled = alone.get("enable")
            if enabled is None or enabled.text.lower() != "false":
                # Without a router of its own a container gets one for its name.
                routers.append(Thing(fact.service, alone.where, {}, fact.service))
        tag = _IMAGE.fullmatch(fact.image)
        if tag is not None:
            version = int(tag[1])
    return Traefik(
        [router for router in routers if router.values or router.service],
        groups["middlewares"],
        groups["services"],
        groups["entrypoints"],
        static,
        version,
        any(fact.source in {"static", "flags"} for fact in found),
        any(fact.templated for fact in found),
    )


def attached(traefik: Traefik, router: Thing) -> tuple[list[Thing], list[Doubt]]:
    """The middlewares of a router and its entry points, chains followed, in order; those that are not to be found."""
    names: list[tuple[str, Location]] = []
    for entry in entries(traefik, router):
        for key in ("http.middlewares", "middlewares"):
            value = entry.get(key)
            names += [(word, value.where) for word in value.words()] if value is not None else []
    value = router.get("middlewares")
    names += [(word, value.where) for word in value.words()] if value is not None else []
    found: list[Thing] = []
    doubts: list[Doubt] = []
    waiting = list(reversed(names))
    steps = 0
    while waiting:
        steps += 1
        if steps > _MAX_MIDDLEWARES:
            text = f"more than {_MAX_MIDDLEWARES} middlewares: the rest is not looked at"
            doubts.append(Doubt(waiting[-1][1], text, Reason.BUDGET))
            break
        word, where = waiting.pop()
        name = word.partition("@")[0].lower()
        if TEMPLATED in name:
            doubts.append(Doubt(where, "which middleware it is, is a placeholder", Reason.TEMPLATED))
            continue
        thing = traefik.middlewares.get(name)
        if thing is None:
            # In Kubernetes the namespace stands before the name.
            thing = next((one for key, one in traefik.middlewares.items() if name.endswith(f"-{key}")), None)
        if thing is None:
            doubts.append(Doubt(where, f"the middleware {word[:60]} is not in the repository"))
            continue
        chain = thing.get("chain.middlewares")
        if chain is not None:
            waiting.extend((inner, chain.where) for inner in reversed(chain.words()))
        elif any(key.startswith("chain.middlewares.") for key in thing.values):
            inner_names = [value for key, value in sorted(thing.starting("chain.middlewares."))]
            waiting.extend((value.text, value.where) for value in reversed(inner_names))
        found.append(thing)
    return found, doubts


def unattached(traefik: Traefik) -> list[Thing]:
    """Middlewares that neither a router nor an entry point names. None of them where there is no router, or where a
    placeholder may name one."""
    found: set[Location] = set()
    for router in traefik.routers:
        things, doubts = attached(traefik, router)
        if any(doubt.reason in {Reason.TEMPLATED, Reason.BUDGET} for doubt in doubts):
            return []
        found |= {thing.where for thing in things}
    return [one for one in traefik.middlewares.values() if traefik.routers and one.where not in found]


def entries(traefik: Traefik, router: Thing) -> list[Thing]:
    """The entry points of a router; without any of its own all that are a default."""
    value = router.get("entrypoints")
    if value is not None:
        names = [word.lower() for word in value.words()]
        return [traefik.entries[name] for name in names if name in traefik.entries]
    defaults = [one for one in traefik.entries.values() if (got := one.get("asdefault")) and got.text.lower() == "true"]
    return defaults or [one for one in traefik.entries.values() if one.name != "traefik"]
