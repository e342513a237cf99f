"""The same setting with different values in files that production may both use: nobody can say which one holds.

What is compared has to be one thing: the same server name or the same application behind a proxy, the same application
behind a server, the same service of two compose files. A file for another stage or for developers never counts, and one
beside which another of the same name is for production is not what production uses.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._security_names import relevant
from hardencheck.collect.resolve._alternatives import about, for_a_platform, other_stage, preferred, unit, words
from hardencheck.collect.resolve._django import Project, projects, settings_modules
from hardencheck.collect.resolve._environment import Given
from hardencheck.collect.resolve._nginx import PASSES, Place, innermost, places
from hardencheck.collect.resolve._proxies import routes
from hardencheck.collect.resolve._routes import Route
from hardencheck.collect.resolve._rows import is_secret
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import ComposeSetting
from hardencheck.model.facts.hidden import Contradiction
from hardencheck.model.facts.logging import GunicornFile, ServerCommand
from hardencheck.model.facts.settings import SettingsModuleName
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

_NGINX = ("client_max_body_size", "ssl_protocols", "server_tokens", "client_body_timeout", "client_header_timeout")
# Options of servers that two files may set differently, as a command line and as gunicorn's file call them.
_COMPARED = {
    "timeout": "timeout", "keep_alive": "keepalive", "keepalive": "keepalive", "user": "user", "bind": "bind",
    "forwarded_allow_ips": "forwarded_allow_ips", "host": "host", "timeout_keep_alive": "timeout_keep_alive",
    "h11_max_incomplete_event_size": "h11_max_incomplete_event_size", "limit_concurrency": "limit_concurrency",
    "ws_max_size": "ws_max_size", "limit_request_line": "limit_request_line", "--log-level": "--log-level",
    "limit_request_fields": "limit_request_fields", "limit_request_field_size": "limit_request_field_size",
}  # fmt: skip
_NOBODY = {"_", "localhost", "default_server", "127.0.0.1", "::1", "example.com", "www.example.com", '""', ""}
_SWITCHES = {
    **dict.fromkeys(("1", "true", "yes", "on", "t", "y"), "on"),
    **dict.fromkeys(("0", "false", "no", "off", "f", "n", ""), "off"),
}
# Names of variables that say something of security, not of what is used.
_KIND = compiled(
    r"DEBUG|HOST|SECUR|SSL|TLS|HTTPS|COOKIE|CSRF|XSRF|CORS|HSTS|CSP|ORIGIN|FORWARD|PROXY|UPLOAD|MAX_|LIMIT|TIMEOUT|LOG_?LEVEL"
    r"|AUTH|PASSWORD|SESSION|FRAME|REFERRER|THROTTLE|SIGNUP|REGISTRATION|INSECURE|VERIFY|ADMIN|FLASK_ENV|ENVIRONMENT|SENTRY",
    re.IGNORECASE,
)
MAX_PLACES = 20
MAX_GROUPS = 200


class _Said(NamedTuple):
    """known: what it comes to, where two spellings say the same."""

    value: str
    where: Location
    known: str = ""


class Contradictions(Resolver):
    """Limits and protocols of nginx, options of servers, variables behind security settings, settings modules."""

    name = "settings.contradictions"
    emits = (Contradiction,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from _nginx(facts)
        yield from _limits(routes(facts, tree))
        yield from _servers(facts)
        yield from _services(facts)
        found, _ = projects(facts, tree)
        for project in found:
            yield from _variables(project)
        local = found[0].modules.local() if found else frozenset[str]()
        yield from _modules(facts, local)


def _contradiction(product: str, name: str, said: Iterable[_Said]) -> Iterator[Contradiction]:
    """What files say of one thing. One that says two things itself has a reason to, and agrees with either."""
    by_file: dict[str, list[_Said]] = {}
    for one in said:
        by_file.setdefault(one.where.path or "", []).append(one)
    kept = {path for path in preferred(by_file) if not other_stage(path)}
    held = {path: {one.known or one.value for one in by_file[path]} for path in kept}
    ordered = sorted((by_file[path][0] for path in kept), key=lambda one: one.where.order)
    first = ordered[0] if ordered else None
    clash = [one for one in ordered if any(not held[one.where.path or ""] & other for other in held.values())]
    if first is not None and clash:
        shown = clash[:MAX_PLACES]
        yield Contradiction(
            location=shown[0].where,
            product=product,
            name=name,
            values=tuple(one.value for one in shown),
            places=tuple(one.where for one in shown),
        )


class _Role(NamedTuple):
    """What a place of a proxy is for. names: of hosts. target: the application behind it."""

    names: frozenset[str]
    target: str
    unit: str
    about: frozenset[str]

    def same(self, other: "_Role") -> bool:
        if self.names and other.names:
            return bool(self.names & other.names)
        if self.unit != other.unit or self.names or other.names:
            return False
        # Nobody names a host: the same application, or files whose names say no more than what they are.
        return self.about == other.about or (self.target != "" and self.target == other.target)


def _nginx(facts: FactSet) -> Iterator[Contradiction]:
    """What each file says of its main place: a location for uploads may have a limit of its own."""
    groups: list[tuple[_Role, list[Place]]] = []
    for place in sorted(places(facts), key=lambda place: (not _main(place.name), place.where.order)):
        if not place.proxied or place.templated:
            continue
        role = _role(place)
        found = next((held for known, held in groups if known.same(role)), None)
        if found is not None:
            found.append(place)
        elif len(groups) < MAX_GROUPS:
            groups.append((role, [place]))
    for _, members in groups:
        for name in _NGINX:
            yield from _contradiction("nginx", name, _directive(members, name))


def _limits(found: Sequence[Route]) -> Iterator[Contradiction]:
    """The largest body that the files of one product other than nginx admit for one site or application."""
    groups: list[tuple[str, _Role, list[Route]]] = []
    for route in sorted(found, key=lambda route: (route.path != "/", route.where.order)):
        if route.product == "nginx" or not route.hands_on or route.templated:
            continue
        path = route.where.path or ""
        target = route.upstream.rpartition("//")[2].lower()
        role = _Role(frozenset(route.hosts) - _NOBODY, target, unit(path), about(path))
        held = next((held for product, known, held in groups if product == route.product and known.same(role)), None)
        if held is not None:
            held.append(route)
        elif len(groups) < MAX_GROUPS:
            groups.append((route.product, role, [route]))
    for product, _, members in groups:
        first: dict[str, Route] = {}
        for route in members:
            first.setdefault(route.where.path or "", route)
        stated = [route.body for route in first.values() if route.body.written and route.body.doubt is None]
        said = [_Said(body.written, body.where, str(body.max_bytes)) for body in stated]
        if said:
            yield from _contradiction(product, stated[0].setting, said)


def _directive(members: Sequence[Place], name: str) -> Iterator[_Said]:
    """Of each file the place that comes first: the main one, where there is one."""
    seen: set[str] = set()
    for place in members:
        held = innermost(place, name)
        path = place.where.path or ""
        if path in seen or held is None or not held.directive.args:
            continue
        seen.add(path)
        value = " ".join(held.directive.args)
        if "$" not in value and "__templated__" not in value:
            yield _Said(value, held.location, " ".join(sorted(word.lower() for word in held.directive.args)))


def _role(place: Place) -> _Role:
    path = place.where.path or ""
    named = innermost(place, "server_name")
    given = named.directive.args if named is not None else ()
    names = frozenset(word.lower() for word in given if "$" not in word and "__templated__" not in word) - _NOBODY
    target = next(
        (held.directive.args[0] for held in place.levels[-1] if held.directive.name in PASSES and held.directive.args),
        "",
    )
    # "http://app/" and "app" are one; a directory of nginx files for several applications names them.
    host = target.rpartition("//")[2].partition("/")[0].lower()
    return _Role(names, host, unit(path), about(path))


def _main(name: str) -> bool:
    return name in {"location /", "location @app", "server"} or name.startswith("location @")


def _servers(facts: FactSet) -> Iterator[Contradiction]:
    """Options of the command lines and of gunicorn's files, for each application.

    What compose or a platform starts has the last word over the image.
    """
    commands = [fact for fact in facts.of("logging.server-command") if isinstance(fact, ServerCommand)]
    commands = [fact for fact in commands if fact.role == "production"]
    images = [fact for fact in commands if _is_image(fact.location.path or "")]
    said: dict[tuple[str, str, str, str], list[_Said]] = {}
    for fact in commands if len(images) == len(commands) else [fact for fact in commands if fact not in images]:
        part = unit(fact.location.path or "")
        level = (f"--log-level={fact.level}",) if fact.level not in {None, "$"} else ()
        for option in (*fact.limits, *fact.options, *level):
            name, _, value = option.partition("=")
            name = _COMPARED.get(name, name)
            if name not in _COMPARED.values():
                continue
            if value not in {"$", ""} and _compared(name, fact.location.path or ""):
                key = (fact.server, name, part, fact.application)
                said.setdefault(key, []).append(_option(name, value, fact.location))
    files = [fact for fact in facts.of("logging.gunicorn-file") if isinstance(fact, GunicornFile)]
    for file in (file for file in files if file.role == "production"):
        part = unit(file.location.path or "")
        for option, line in zip(file.flags, file.flag_lines, strict=True):
            name, _, value = option.partition("=")
            where = Location(path=file.location.path, line=line)
            for key in (
                [key for key in said if key[:3] == ("gunicorn", name, part)] if file.role == "production" else []
            ):
                if _compared(name, file.location.path or ""):
                    said[key].append(_option(name, value, where))
    for (server, name, _, _), found in said.items():
        yield from _contradiction(server, name, found)


def _option(name: str, value: str, where: Location) -> _Said:
    if name in {"bind", "host"}:
        host = value.rpartition(":")[0] if ":" in value else value
        alone = value.startswith("unix:") or host.strip("[]") in {"localhost", "::1"} or host.startswith("127.")
        return _Said(value, where, "this machine" if alone else "every interface")
    return _Said(value, where, value.lower())


def _compared(name: str, path: str) -> bool:
    """Where a server listens is settled by what it runs in; on one machine it should be one answer."""
    return name not in {"bind", "host"} or path.endswith(".service") or "supervisor" in path.lower()


def _services(facts: FactSet) -> Iterator[Contradiction]:
    """The user of a service, in compose files of one folder."""
    said: dict[tuple[str, str], list[_Said]] = {}
    for fact in facts.of("compose.setting"):
        if isinstance(fact, ComposeSetting) and fact.role == "production" and fact.setting == "user":
            folder = (fact.location.path or "").rpartition("/")[0]
            one = _Said(fact.value, fact.location, "root" if fact.weak else "not root")
            said.setdefault((folder, fact.service), []).append(one)
    for (_, service), found in said.items():
        yield from _contradiction("compose", f"{service}: user", found)


def _is_image(path: str) -> bool:
    return "dockerfile" in path.lower() or "containerfile" in path.lower()


def _variables(project: Project) -> Iterator[Contradiction]:
    """Variables that a security setting depends on, and that two files give different values."""
    asked = {name for setting in project.namespace if relevant(setting) for name in project.unless(setting)}
    for name, given in sorted(project.environment.items()):
        if name in asked and given.others and _KIND.search(name) and not is_secret(name):
            yield from _contradiction("environment", name, _given(given))


def _given(given: Given) -> Iterator[_Said]:
    """What files say. Secrets, hosts and addresses of two deployments are two; a switch, a number or a star is one.

    compose.mariadb.yaml gives what it is called for.
    """
    for text, place in given.others:
        value = text.strip().lower()
        if value and value in words(place.path or ""):
            continue
        known = _SWITCHES.get(value, value)
        if value not in _SWITCHES and not value.isdecimal():
            known = "any" if "*" in re.split(r"[\s,]+", value) else "named"
        yield _Said(repr(text), place, known)


def _modules(facts: FactSet, local: AbstractSet[str]) -> Iterator[Contradiction]:
    """Two deployment files that name two settings modules of one project."""
    said: dict[str, list[_Said]] = {}
    for fact in settings_modules(facts, local):
        if _names_production(fact):
            said.setdefault(fact.module.partition(".")[0], []).append(_Said(fact.module, fact.location))
    for found in said.values():
        yield from _contradiction("django", "DJANGO_SETTINGS_MODULE", found)


def _names_production(fact: SettingsModuleName) -> bool:
    return fact.source == "environment" and not other_stage(fact.module) and not for_a_platform(fact.module)
