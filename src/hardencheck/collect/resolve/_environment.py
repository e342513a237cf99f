"""The environment that production gives the application, from all that the deployment files of the repository say.

Pure: facts in, one value a variable out, or none where two places that could both be production disagree.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from hardencheck.collect.extract._environment_facts import (
    PRODUCTION,
    SERVERS,
    is_secret,
    named_for_production,
    words_of,
)
from hardencheck.collect.extract._environment_text import interpolated
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import DeployedService, EnvironmentVariable
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

What = Literal["text", "secret", "reference"]


class Given(NamedTuple):
    """value: None for a secret, for what another place holds, and where places disagree. others: (value, place) of
    every one of those that disagree with none of them going before the others, "" for what is not a text; else empty.
    default: whoever deploys may set it, and it is what holds where nobody does."""

    value: str | None
    what: What
    location: Location
    by: str
    default: bool
    others: tuple[tuple[str, Location], ...] = ()


class Environment(NamedTuple):
    """given: variables of production by name. examples: what only files of development, tests and examples say."""

    given: Mapping[str, Given]
    examples: Mapping[str, Given]

    def get(self, name: str) -> Given | None:
        return self.given.get(name)


class _Candidate(NamedTuple):
    """rank: the lowest decides."""

    rank: tuple[int, ...]
    what: What
    value: str
    measure: tuple[int, int]
    location: Location
    by: str
    default: bool


_ORCHESTRATION, _SCRIPT, _DOTENV, _IMAGE, _DEFAULT, _RUNNER = range(6)
_STARTED = frozenset({"compose", "kubernetes", "systemd", "procfile", "app", "supervisor", "uwsgi"})
# Folders that say how something is deployed, not which part of the repository it is.
_DEPLOYMENT_FOLDERS = frozenset({
    "docker", "deploy", "deployment", "deployments", "compose", "k8s", "kubernetes", "kube", "helm", "charts", "chart",
    "infra", "infrastructure", "ops", "devops", ".github", "etc", "config", "configs", "conf", "scripts", "script",
    "bin", "systemd", "supervisor", "contrib", ".envs", "envs", "env", "environments", "manifests", "overlays", "base",
    "prod", "production", "ansible", "roles", "terraform", ".do", ".platform", ".ebextensions", "containers",
    "container", "services", "packaging", "stack", "stacks", "setup", "deploys", "dockerfiles", "containerfiles",
    "rootfs", "build", "images", "image", ".docker", "install", "tools", "cloud", "aws", "gcp", "heroku",
})  # fmt: skip
# Images, and names of services, that are never the Python application itself.
_UNRELATED = compiled(
    r"(?:^|[/_.-])(?:postgres(?:ql)?|postgis|mysql|mariadb|mongo(?:db)?|redis|valkey|memcached?|rabbitmq|kafka|zookeeper|"
    r"elasticsearch|opensearch|kibana|clickhouse|nginx|traefik|caddy|haproxy|envoy|minio|mailhog|mailpit|maildev|"
    r"pgbouncer|pgadmin|adminer|grafana|prometheus|loki|jaeger|certbot|selenium|busybox|alpine|cloudflared|"
    r"meilisearch|typesense|solr|etcd|consul|vault|node|portainer|watchtower|keycloak|localstack|letsencrypt|proxy|"
    r"db|database|cache|frontend|webpack|storybook|front)(?=[:/_.@-]|\d|$)"
)
_PYTHON = compiled(
    r"python[\d.]*|manage\.py|django-admin|celery|rq|rqworker|dramatiq|huey|arq|[\w-]{1,60}\.py|runserver\w*"
)
_WEB_NAME = compiled(
    r"(?:^|[/_.-])(?:web|app|api|django|flask|fastapi|backend|server|u?wsgi|asgi|http|site|gunicorn|uvicorn|daphne)(?=[/_.-]|\d|$)"
)
_BACKEND_NAME = compiled(r"(?:^|[/_.-])(?:api|django|flask|fastapi|backend|wsgi|asgi|server)(?=[/_.:-]|\d|$)")
_WORKER_NAME = compiled(
    r"(?:^|[/_.-])(?:workers?|celery\w*|beat|flower|cron\w*|scheduler|jobs?|migrat\w+|release|init\w*|setup|tasks?|queue|consumer|rq)"
    r"(?=[/_.-]|\d|$)"
)
_NODE = frozenset({"node", "npm", "yarn", "pnpm", "next", "nginx", "caddy"})
_FRAMEWORKS = ("DJANGO_", "FLASK_", "GUNICORN_", "UVICORN_", "PYTHONPATH", "WEB_CONCURRENCY", "CELERY_")
_MOST_EXTENDS = 5

_Key = tuple[str, str, str]  # path, by, service


class _Service(NamedTuple):
    """One thing that is started, with its variables, the ones that hold last. fact: None where only variables are
    known of it."""

    key: _Key
    fact: DeployedService | None
    variables: tuple[EnvironmentVariable, ...]

    @property
    def tier(self) -> int:
        by = self.key[1]
        if by in _STARTED:
            return _ORCHESTRATION
        return {"script": _SCRIPT, "dotenv": _DOTENV, "dockerfile": _IMAGE}.get(by, _RUNNER)


def environment(facts: FactSet, near: str = "") -> Environment:
    """What production gives the application. near: path of its settings module, to tell it from others beside it."""
    return _Reading(facts, near).environment()


class _Reading:
    def __init__(self, facts: FactSet, near: str) -> None:
        self.near = posixpath.dirname(near) if near else None
        self.variables: dict[_Key, list[EnvironmentVariable]] = {}
        self.services: dict[_Key, DeployedService] = {}
        for fact in facts.facts:
            if isinstance(fact, EnvironmentVariable):
                key = (fact.location.path or "", fact.by, fact.service)
                self.variables.setdefault(key, []).append(fact)
            elif isinstance(fact, DeployedService):
                self.services[(fact.location.path or "", fact.by, fact.service)] = fact
        self.files = {path: found for (path, by, _), found in self.variables.items() if by == "dotenv"}
        self.maps: dict[str, list[_Key]] = {}
        for key in (*self.variables, *self.services):
            if key[2].startswith(("configmap/", "secret/")) and key not in self.maps.get(key[2], ()):
                self.maps.setdefault(key[2], []).append(key)
        self.fillings: dict[str, tuple[dict[str, str], dict[str, EnvironmentVariable]]] = {}
        self.loading: dict[str, set[str]] = {}
        self.composed: set[str] = set()
        self.called: dict[tuple[str, str], list[_Key]] = {}
        for key, service in self.services.items():
            for file in service.files:
                self.loading.setdefault(file, set()).add(service.role)
            if key[1] == "compose":
                folder = posixpath.dirname(key[0])
                self.composed.add(folder)
                self.called.setdefault((folder, key[2]), []).append(key)
        self.images = {path: fact for (path, by, _), fact in self.services.items() if by == "dockerfile"}

    def environment(self) -> Environment:
        started = [service for service in self._all() if self._role(service) == "production"]
        chosen = self._application(started)
        candidates: dict[str, list[_Candidate]] = {}
        for service, score in chosen:
            for name, candidate in self._candidates(service, score):
                candidates.setdefault(name, []).append(candidate)
        given = {name: _decided(candidates[name]) for name in sorted(candidates)}
        return Environment(given, self._examples(given))

    # Which services there are.

    def _all(self) -> Iterator[_Service]:
        for key in sorted({*self.variables, *self.services}):
            if not key[2].startswith(("configmap/", "secret/")):
                yield _Service(key, self.services.get(key), tuple(self.variables.get(key, ())))

    def _role(self, service: _Service) -> str:
        if service.fact is not None:
            return service.fact.role
        roles = {variable.role for variable in service.variables}
        role = "production" if "production" in roles else "development"
        path = service.key[0]
        if service.key[1] == "dotenv" and role == "production":
            loading = self.loading.get(path, set())
            if "production" in loading:
                return "loaded"  # it counts where it is loaded
            # Beside a compose file that does not load it, it only fills in what that file says.
            composed = posixpath.dirname(path) in self.composed
            if loading or composed or not named_for_production(path):
                return "development"
        return role

    def _application(self, services: list[_Service]) -> list[tuple[_Service, int]]:
        """The services that may be the application, the surest ones only, with how sure each is."""
        scored = [(service, self._score(service)) for service in services]
        scored = [(service, score) for service, score in scored if score >= 0]
        own = [pair for pair in scored if self._belongs(pair[0])]
        scored = own or scored
        scored = _without_plain(scored)
        best = max((score for service, score in scored if service.tier == _ORCHESTRATION), default=0)
        surest: dict[tuple[str, str], int] = {}
        for service, score in scored:
            surest[service.key[:2]] = max(score, surest.get(service.key[:2], 0))
        kept: list[tuple[_Service, int]] = []
        for service, score in scored:
            if service.tier == _ORCHESTRATION and (score < surest[service.key[:2]] or (best > 0 and score == 0)):
                continue
            kept.append((service, score))
        used = {service.fact.dockerfile for service, _ in kept if service.fact is not None and service.fact.dockerfile}
        built = used & self.images.keys()
        return [
            (service, score)
            for service, score in kept
            if service.tier != _IMAGE or not built or service.key[0] in built
        ]

    def _score(self, service: _Service) -> int:
        """-1: not the application; 0: it may be; 1: it runs Python or is built here; 2: it is the web server."""
        fact, name = service.fact, service.key[2].lower()
        if fact is None or service.tier in {_SCRIPT, _RUNNER}:
            return 0
        if fact.by == "compose" and _only_adds(fact):
            return self._score_beside(service)
        runs = set(fact.runs)
        image = self.images.get(fact.dockerfile or "")
        base = fact.image if fact.dockerfile is None or image is None else image.image
        if not runs and image is not None:
            runs = set(image.runs)
        if SERVERS & runs:
            return 2 if not fact.job else 1
        framework = any(variable.name.startswith(_FRAMEWORKS) for variable in service.variables)
        python = framework or any(map(_PYTHON.fullmatch, runs)) or "python" in base
        if not python:
            if _NODE & runs or (base and _UNRELATED.search(base.lower().partition("@")[0])):
                return -1
            if _UNRELATED.search(name) or _UNRELATED.search((fact.dockerfile or "").lower()):
                return -1
            if fact.context is not None and self.near is not None and not _inside(self.near, fact.context):
                return -1
        if fact.job or _WORKER_NAME.search(name):
            return 1 if python or fact.context is not None else 0
        if python or fact.context is not None:
            return 2 if _WEB_NAME.search(name) or service.tier == _IMAGE else 1
        return 1 if _BACKEND_NAME.search(name) or _BACKEND_NAME.search(fact.image.partition("@")[0].lower()) else 0

    def _score_beside(self, service: _Service) -> int:
        """Of a service to which a compose file only adds: what the files beside it say it is."""
        path, _, name = service.key
        scores = [0]
        for key in self.called.get((posixpath.dirname(path), name), ()):
            fact = self.services[key]
            if not _only_adds(fact):
                scores.append(self._score(_Service(key, fact, tuple(self.variables.get(key, ())))))
        return min(scores) if min(scores) < 0 else max(scores)

    def _belongs(self, service: _Service) -> bool:
        """Whether a file deploys the part of the repository that the settings module is in."""
        if self.near is None:
            return True
        fact = service.fact
        if fact is not None and fact.context:
            return _inside(self.near, fact.context)
        folders: list[str] = []
        for part in posixpath.dirname(service.key[0]).split("/"):
            if part.lower() in _DEPLOYMENT_FOLDERS:
                break
            folders.append(part)
        return _inside(self.near, "/".join(folders))

    # What they are given.

    def _candidates(self, service: _Service, score: int) -> Iterator[tuple[str, _Candidate]]:
        path = service.key[0]
        explicit = 0 if PRODUCTION & words_of(path) else 1
        for variable, value, default in self._given(service):
            tier = service.tier
            if tier == _SCRIPT and default:
                tier = _DEFAULT
            what: What = variable.what
            text = variable.value
            if value is not None:
                secret = is_secret(variable.name, value)
                what, text = ("secret", "") if secret else ("text", value)
            rank = (tier, explicit, -score)
            measure = (variable.length, variable.distinct)
            place = variable.location
            yield variable.name, _Candidate(rank, what, text, measure, place, variable.by, default)

    def _given(self, service: _Service) -> Iterator[tuple[EnvironmentVariable, str | None, bool]]:
        """(the variable, its text where another place than the variable itself gives it, only a default)."""
        held: dict[str, tuple[EnvironmentVariable, str | None, bool]] = {}
        for variable in self._layers(service, 0):
            held[variable.name] = self._followed(variable, service.key[0])
        if service.tier == _IMAGE:
            held = {name: (variable, value, True) for name, (variable, value, _) in held.items()}
        yield from held.values()

    def _layers(self, service: _Service, depth: int) -> Iterator[EnvironmentVariable]:
        """All variables of a service, those that hold last: what it extends, maps and files, its own."""
        fact = service.fact
        if fact is not None:
            if fact.extends and depth < _MOST_EXTENDS:
                path, _, name = fact.extends.rpartition(":")
                key = (path, "compose", name)
                if key in self.services and key != service.key:
                    base = _Service(key, self.services[key], tuple(self.variables.get(key, ())))
                    yield from self._layers(base, depth + 1)
            for item in fact.maps:
                prefix, _, name = item.rpartition(":")
                for variable in self._mapped(name, service.key[0]):
                    yield _renamed(variable, f"{prefix}{variable.name}")
            for file in fact.files:
                yield from self.files.get(file, ())
        yield from service.variables

    def _mapped(self, name: str, path: str) -> Iterator[EnvironmentVariable]:
        """The keys of a ConfigMap or Secret: of the one in the nearest folder, where several have its name."""
        keys = [key for key in self.maps.get(name, ()) if self._map_role(key) == "production"]
        near = sorted(keys, key=lambda key: -len(posixpath.commonprefix([key[0], path])))
        for key in near[:1]:
            fact = self.services.get(key)
            for file in fact.files if fact is not None else ():
                yield from self.files.get(file, ())
            yield from self.variables.get(key, ())

    def _map_role(self, key: _Key) -> str:
        held = self.variables.get(key)
        return held[0].role if held else self.services[key].role if key in self.services else "production"

    def _filling(self, file: str) -> tuple[dict[str, str], dict[str, EnvironmentVariable]]:
        """(texts, all variables) of the environment file that compose fills a file in from."""
        if file not in self.fillings:
            held = {item.name: item for item in self.files.get(file, ()) if item.role == "production"}
            self.fillings[file] = ({n: item.value for n, item in held.items() if item.what == "text"}, held)
        return self.fillings[file]

    def _followed(self, variable: EnvironmentVariable, path: str) -> tuple[EnvironmentVariable, str | None, bool]:
        """What `${NAME}` of a compose file, or a key of a ConfigMap, stands for, where the repository holds that."""
        if variable.by == "compose" and variable.written:
            known, hidden = self._filling(posixpath.join(posixpath.dirname(path), ".env"))
            named = set(re.findall(r"\$\{?([A-Za-z_]\w*)", variable.written)) & hidden.keys()
            if not named:
                return variable, None, variable.default
            found = interpolated(variable.written, known, doubled=True)
            first = hidden[min(named)]
            if any(hidden[name].what != "text" for name in named) or found.value is None:
                what: What = first.what if len(named) == 1 and first.what == "secret" else "reference"
                return _changed(variable, first, what), None, variable.default
            return _changed(variable, first, "text"), found.value, found.default
        if variable.what == "reference" and variable.by == "kubernetes" and variable.value.startswith("configmap/"):
            for item in self._mapped(variable.value, path):
                if item.name == variable.written and item.what == "text":
                    return _changed(variable, item, "text"), item.value, variable.default
        return variable, None, variable.default

    def _examples(self, given: Mapping[str, Given]) -> dict[str, Given]:
        """Of files of examples before those of development, the first path first."""
        held: dict[str, tuple[tuple[int, str, int], EnvironmentVariable]] = {}
        for key, variables in self.variables.items():
            for variable in variables:
                if variable.name in given or key[2].startswith(("configmap/", "secret/")):
                    continue
                order = (0 if variable.role == "example" else 1, key[0], variable.location.line or 0)
                if variable.name not in held or order < held[variable.name][0]:
                    held[variable.name] = (order, variable)
        return {
            name: Given(
                variable.value if variable.what == "text" else None,
                variable.what,
                variable.location,
                variable.by,
                variable.default,
            )
            for name, (_, variable) in sorted(held.items())
        }


def _only_adds(fact: DeployedService) -> bool:
    return not (fact.image or fact.runs or fact.extends) and fact.context is None


def _without_plain(scored: list[tuple[_Service, int]]) -> list[tuple[_Service, int]]:
    """A compose file beside one for production is for something else, unless the latter only adds to it."""
    files = {service.key[0] for service, _ in scored if service.key[1] == "compose"}
    explicit = {path for path in files if PRODUCTION & words_of(path)}
    if not explicit or explicit == files:
        return scored
    whole = any(
        service.fact is not None and (service.fact.image or service.fact.context is not None)
        for service, _ in scored
        if service.key[0] in explicit
    )
    plain = files - explicit if whole else set[str]()
    return [(service, score) for service, score in scored if service.key[0] not in plain]


def _decided(candidates: Iterable[_Candidate]) -> Given:
    """The value of the lowest rank; none where several of one rank disagree."""
    ordered = sorted(candidates, key=lambda one: (one.rank, one.location.order))
    best = [one for one in ordered if one.rank == ordered[0].rank]
    first = best[0]
    if any(one.what == "reference" for one in best):
        first = next(one for one in best if one.what == "reference")
        return Given(None, "reference", first.location, first.by, all(one.default for one in best))
    default = all(one.default for one in best)
    if len({(one.what, one.value, one.measure) for one in best}) > 1:
        different: dict[tuple[str, str], _Candidate] = {}
        for one in best:
            different.setdefault((one.value, one.location.path or ""), one)
        others = tuple((one.value, one.location) for one in different.values())
        what: What = "secret" if all(one.what == "secret" for one in best) else "text"
        return Given(None, what, first.location, first.by, default, others if what == "text" else ())
    return Given(first.value if first.what == "text" else None, first.what, first.location, first.by, default)


def _changed(variable: EnvironmentVariable, place: EnvironmentVariable, what: What) -> EnvironmentVariable:
    return EnvironmentVariable(
        location=place.location,
        name=variable.name,
        what=what,
        value=variable.value if what == "reference" else "",
        length=place.length,
        distinct=place.distinct,
        by=variable.by,
        service=variable.service,
        role=variable.role,
        default=variable.default,
    )


def _renamed(variable: EnvironmentVariable, name: str) -> EnvironmentVariable:
    if name == variable.name:
        return variable
    return EnvironmentVariable(
        location=variable.location,
        name=name,
        what=variable.what,
        value=variable.value,
        length=variable.length,
        distinct=variable.distinct,
        by=variable.by,
        service=variable.service,
        role=variable.role,
        default=variable.default,
    )


def _inside(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
