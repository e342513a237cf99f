"""The same setting with different values in files that production may both use: nobody can say which one holds."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._security_names import relevant
from hardencheck.collect.resolve._django import Project, projects, settings_modules
from hardencheck.collect.resolve._environment import Given
from hardencheck.collect.resolve._nginx import innermost, places
from hardencheck.collect.resolve._rows import is_secret, measured
from hardencheck.model.facts.hidden import Contradiction
from hardencheck.model.facts.logging import ServerCommand
from hardencheck.model.facts.settings import EnvironmentVariable
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_NGINX = ("client_max_body_size", "ssl_protocols", "server_tokens", "client_body_timeout")
MAX_PLACES = 20


class _Said(NamedTuple):
    value: str
    where: Location


class Contradictions(Resolver):
    """Limits and protocols of nginx, options of servers, variables behind security settings, settings modules."""

    name = "settings.contradictions"
    emits = (Contradiction,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from _nginx(facts)
        yield from _servers(facts)
        found, _ = projects(facts, tree)
        for project in found:
            yield from _variables(project)
        yield from _modules(facts)


def _contradiction(product: str, name: str, said: Iterable[_Said]) -> Iterator[Contradiction]:
    """One for each file; nothing where all say the same."""
    by_file: dict[str, _Said] = {}
    for one in said:
        by_file.setdefault(one.where.path or "", one)
    ordered = sorted(by_file.values(), key=lambda one: one.where.order)[:MAX_PLACES]
    if len({one.value for one in ordered}) > 1:
        yield Contradiction(
            location=ordered[0].where,
            product=product,
            name=name,
            values=tuple(one.value for one in ordered),
            places=tuple(one.where for one in ordered),
        )


def _nginx(facts: FactSet) -> Iterator[Contradiction]:
    """What each file says of its main place: a location for uploads may have a limit of its own."""
    for name in _NGINX:
        said: dict[str, _Said] = {}
        for place in sorted(places(facts), key=lambda place: (not _main(place.name), place.where.order)):
            held = innermost(place, name)
            if place.proxied and held is not None and not place.templated and held.directive.args:
                value = " ".join(held.directive.args)
                if "$" not in value:
                    said.setdefault(place.where.path or "", _Said(value, held.location))
        yield from _contradiction("nginx", name, said.values())


def _main(name: str) -> bool:
    return name in {"location /", "location @app", "server"} or name.startswith("location @")


def _servers(facts: FactSet) -> Iterator[Contradiction]:
    """Options of the command lines; what compose or a platform starts has the last word over the image."""
    commands = [fact for fact in facts.of("logging.server-command") if isinstance(fact, ServerCommand)]
    commands = [fact for fact in commands if fact.role == "production"]
    images = [fact for fact in commands if _is_image(fact.location.path or "")]
    said: dict[tuple[str, str], list[_Said]] = {}
    for fact in commands if len(images) == len(commands) else [fact for fact in commands if fact not in images]:
        for limit in fact.limits:
            name, _, value = limit.partition("=")
            if value != "$":
                said.setdefault((fact.server, name), []).append(_Said(value, fact.location))
        if fact.level not in {None, "$"}:
            said.setdefault((fact.server, "--log-level"), []).append(_Said(str(fact.level), fact.location))
    for (server, name), found in said.items():
        yield from _contradiction(server, name, found)


def _is_image(path: str) -> bool:
    return "dockerfile" in path.lower() or "containerfile" in path.lower()


def _variables(project: Project) -> Iterator[Contradiction]:
    """Variables that a security setting depends on, and that two files give different values."""
    asked = {name for setting in project.namespace if relevant(setting) for name in project.unless(setting)}
    for name, given in sorted(project.environment.items()):
        if name in asked and given.others:
            yield from _contradiction("environment", name, _given(name, given))


def _given(name: str, given: Given) -> Iterator[_Said]:
    facts: Sequence[EnvironmentVariable] = (*((given.first,) if given.first is not None else ()), *given.others)
    for fact in facts:
        if fact.what == "text":
            yield _Said(measured(fact.value) if is_secret(name) else repr(fact.value), fact.location)
        elif fact.what == "secret":
            yield _Said(f"(a secret of {fact.length} characters)", fact.location)


def _modules(facts: FactSet) -> Iterator[Contradiction]:
    """Two deployment files that name two settings modules."""
    named = [fact for fact in settings_modules(facts) if fact.source == "environment"]
    yield from _contradiction("django", "DJANGO_SETTINGS_MODULE", [_Said(fact.module, fact.location) for fact in named])
