"""The environment that production gives the application, from all that the deployment files of the repository say.

Pure: facts in, one value a variable out, or none where two places that could both be production disagree.
"""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
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
    """What production gives one variable. what: "text" (value), "secret" (length, distinct), "reference": it is set, to
    what is not known, because another place holds it or because places disagree.

    others: (text, place) of those that disagree and none of which goes before the others, MAX_OTHERS at the most; else
    empty. default: whoever deploys may set it, and it is what holds where nobody does. unless: files, ConfigMaps and
    Secrets that are not in the repository and would go before it.
    """

    what: What
    value: str | None
    location: Location
    by: str
    default: bool = False
    length: int = 0
    distinct: int = 0
    others: tuple[tuple[str, Location], ...] = ()
    unless: tuple[str, ...] = ()


Environment = Mapping[str, Given]


class _Candidate(NamedTuple):
    """rank: the lowest decides. perhaps: of a script that an image may run, then it has the last word."""

    rank: tuple[int, ...]
    what: What
    value: str
    measure: tuple[int, int]
    location: Location
    by: str
    default: bool
    perhaps: bool
    unless: tuple[str, ...] = ()


# A script that a service runs sets its variables after all others.
_STARTER, _ORCHESTRATION, _SCRIPT, _DOTENV, _IMAGE, _DEFAULT, _RUNNER = range(7)
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
    r"(?:^|[/_.-])(?:web(?:server|app)?|app|api|django|flask|fastapi|backend|server|u?wsgi|asgi|http|site|gunicorn|uvicorn|daphne)(?=[/_.-]|\d|$)"
)
_BACKEND_NAME = compiled(r"(?:^|[/_.-])(?:api|django|flask|fastapi|backend|wsgi|asgi|server)(?=[/_.:-]|\d|$)")
_WORKER_NAME = compiled(
    r"(?:^|[/_.-])(?:workers?|celery\w*|beat|flower|cron\w*|scheduler|jobs?|migrat\w+|release|init\w*|setup|tasks?|queue|consumer|rq)"
    r"(?=[/_.-]|\d|$)"
)
_NODE = frozenset({"node", "npm", "yarn", "pnpm", "next", "nginx", "caddy"})
_FRAMEWORKS = ("DJANGO_", "FLASK_", "GUNICORN_", "UVICORN_", "PYTHONPATH", "WEB_CONCURRENCY", "CELERY_")
_MOST_EXTENDS = 5
MAX_OTHERS = 20

_Key = tuple[str, str, str]  # path, by, service
# Services of one folder of which none goes before the others: (rank, by, folder).
_Peers = tuple[tuple[int, ...], str, str]


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
        return {"script": _SCRIPT, "package": _SCRIPT, "dotenv": _DOTENV, "dockerfile": _IMAGE}.get(by, _RUNNER)


def environment(facts: FactSet, near: str = "", local: AbstractSet[str] = frozenset()) -> Environment:
    """What production gives the application; as `Deployment.environment`."""
    return Deployment(facts, local).environment(near)


class Deployment:
    """The services of all deployment files. local: files that the repository does not track, the developer's own."""

    def __init__(self, facts: FactSet, local: AbstractSet[str] = frozenset()) -> None:
        self.variables: dict[_Key, list[EnvironmentVariable]] = {}
        self.services: dict[_Key, DeployedService] = {}
        for fact in facts.facts:
            if not isinstance(fact, EnvironmentVariable | DeployedService) or fact.location.path in local:
                continue
            key = (fact.location.path or "", fact.by, fact.service)
            if isinstance(fact, EnvironmentVariable):
                self.variables.setdefault(key, []).append(fact)
            else:
                self.services[key] = fact
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
        self.started = [service for service in self._all() if self._role(service) == "production"]

    def environment(self, near: str = "") -> Environment:
        """What production gives the application. near: a file of it, such as its settings module, to tell it from
        others beside it."""
        chosen = self._application(posixpath.dirname(near) if near else None)
        surely, perhaps = self._scripts(service for service, _ in chosen)
        candidates: dict[str, list[_Candidate]] = {}
        peers: dict[_Peers, list[set[str]]] = {}
        for service, score in chosen:
            path, by, _ = service.key
            called = posixpath.basename(path)
            held = list(self._candidates(service, score, starts=called in surely, perhaps=called in perhaps))
            for name, one in held:
                candidates.setdefault(name, []).append(one)
            if service.tier == _ORCHESTRATION and service.fact is not None and not _only_adds(service.fact):
                group = (_rank(service, service.tier, score), by, posixpath.dirname(path))
                peers.setdefault(group, []).append({name for name, _ in held})
        lacking: dict[str, set[tuple[int, ...]]] = {}
        for (rank, _, _), sets in peers.items():
            for name in set[str]().union(*sets).difference(sets[0].intersection(*sets)):
                lacking.setdefault(name, set()).add(rank)
        return {name: _decided(candidates[name], lacking.get(name, ())) for name in sorted(candidates)}

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

    def _application(self, near: str | None) -> list[tuple[_Service, int]]:
        """The services that may be the application, the surest ones only, with how sure each is. near: its folder."""
        scored = [(service, self._score(service, near)) for service in self.started]
        scored = [(service, score) for service, score in scored if score >= 0]
        own = [pair for pair in scored if near is None or _belongs(pair[0], near)]
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

    def _scripts(self, services: Iterable[_Service]) -> tuple[set[str], set[str]]:
        """(names of scripts that every service runs as it starts, names of those that an image may run besides)."""
        every: list[set[str]] = []
        perhaps: set[str] = set()
        for service in services:
            if service.fact is None or service.tier not in {_ORCHESTRATION, _IMAGE}:
                continue
            own = {name for name in service.fact.runs if name.endswith(".sh")}
            image = self.images.get(service.fact.dockerfile or "")
            built = {name for name in image.runs if name.endswith(".sh")} if image is not None else set()
            perhaps |= own | built
            if service.tier == _ORCHESTRATION and not _only_adds(service.fact):
                # A command of its own takes the place of the image's, or is handed to its entrypoint.
                every.append(own if service.fact.runs else built)
        surely = set.intersection(*every) if every else set()
        return surely, perhaps - surely

    def _score(self, service: _Service, near: str | None) -> int:
        """-1: not the application; 0: it may be; 1: it runs Python or is built here; 2: it is the web server."""
        fact, name = service.fact, service.key[2].lower()
        # A platform's own file without services is about the one thing that is deployed.
        whole = 1 if service.key[1] == "app" and not name else 0
        if fact is None or service.tier in {_SCRIPT, _RUNNER}:
            return whole
        if _only_adds(fact):
            return self._score_beside(service, near)
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
            if fact.context is not None and near is not None and not _inside(near, fact.context):
                return -1
        if fact.job or _WORKER_NAME.search(name):
            return 1 if python or fact.context is not None else 0
        if python or fact.context is not None:
            return 2 if _WEB_NAME.search(name) or service.tier == _IMAGE else 1
        if _WEB_NAME.search(name) or _BACKEND_NAME.search(fact.image.partition("@")[0].lower()):
            return 1
        return whole

    def _score_beside(self, service: _Service, near: str | None) -> int:
        """Of a service to which a compose file only adds: what the files beside it say it is."""
        path, _, name = service.key
        scores = [0]
        for key in self.called.get((posixpath.dirname(path), name), ()):
            fact = self.services[key]
            if not _only_adds(fact):
                scores.append(self._score(_Service(key, fact, tuple(self.variables.get(key, ()))), near))
        return min(scores) if min(scores) < 0 else max(scores)

    # What they are given.

    def _candidates(
        self, service: _Service, score: int, *, starts: bool, perhaps: bool
    ) -> Iterator[tuple[str, _Candidate]]:
        for variable, value, default, unless in self._given(service):
            tier = service.tier
            if tier == _SCRIPT:
                tier = _DEFAULT if default else _STARTER if starts else _SCRIPT
            what: What = variable.what
            text, measure = variable.value, (variable.length, variable.distinct)
            if value is not None and is_secret(variable.name, value):
                what, text, measure = "secret", "", (len(value), len(set(value)))
            elif value is not None:
                what, text = "text", value
            rank = _rank(service, tier, score)
            may = perhaps and tier == _SCRIPT
            yield (
                variable.name,
                _Candidate(rank, what, text, measure, variable.location, variable.by, default, may, unless),
            )

    def _given(self, service: _Service) -> Iterator[tuple[EnvironmentVariable, str | None, bool, tuple[str, ...]]]:
        """(the variable, its text where another place than the variable itself gives it, only a default, what is not in
        the repository and goes before it)."""
        held: dict[str, tuple[EnvironmentVariable, str | None, bool]] = {}
        unless: dict[str, tuple[str, ...]] = {}
        for one in self._layers(service, 0):
            if isinstance(one, str):
                unless = {name: tuple(dict.fromkeys((*unless.get(name, ()), one))) for name in held}
            else:
                held[one.name] = self._followed(one, service.key[0])
                unless.pop(one.name, None)
        for name, (variable, value, default) in held.items():
            yield variable, value, default or service.tier == _IMAGE, unless.get(name, ())

    def _layers(self, service: _Service, depth: int) -> Iterator[EnvironmentVariable | str]:
        """All variables of a service, those that hold last: what it extends, maps and files, its own; of a unit the
        files hold last. A text is the name of something that is not in the repository."""
        fact = service.fact
        if fact is not None and fact.by == "systemd":
            yield from self._unit(fact, service.variables)
            return
        if fact is not None:
            if fact.extends and depth < _MOST_EXTENDS:
                path, _, name = fact.extends.rpartition(":")
                key = (path, "compose", name)
                if key in self.services and key != service.key:
                    base = _Service(key, self.services[key], tuple(self.variables.get(key, ())))
                    yield from self._layers(base, depth + 1)
            for item in fact.maps:
                prefix, _, name = item.rpartition(":")
                if name not in self.maps:
                    yield name
                for variable in self._mapped(name, service.key[0]):
                    yield _renamed(variable, f"{prefix}{variable.name}")
            for file in fact.files:
                yield from self.files.get(file, (file,))
        yield from service.variables

    def _unit(
        self, fact: DeployedService, variables: Iterable[EnvironmentVariable]
    ) -> Iterator[EnvironmentVariable | str]:
        """systemd.exec(5), "Environment Variables in Spawned Processes": files go before `Environment=`, then some are
        taken away, and the command sets its own."""
        own = set(fact.sets)
        for one in (
            *(variable for variable in variables if variable.name not in own),
            *(found for file in fact.files for found in self.files.get(file, (file,))),
        ):
            if isinstance(one, str) or one.name not in fact.unsets:
                yield one if isinstance(one, str) else _unless_unset(one, fact)
        yield from (variable for variable in variables if variable.name in own)

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


def _only_adds(fact: DeployedService) -> bool:
    """Whether a service of a compose file only adds to what another file says of it."""
    return fact.by == "compose" and not (fact.image or fact.runs or fact.extends) and fact.context is None


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


def _belongs(service: _Service, near: str) -> bool:
    """Whether a file deploys the part of the repository that a folder is in."""
    if service.fact is not None and service.fact.context:
        return _inside(near, service.fact.context)
    folders: list[str] = []
    for part in posixpath.dirname(service.key[0]).split("/"):
        if part.lower() in _DEPLOYMENT_FOLDERS:
            break
        folders.append(part)
    return _inside(near, "/".join(folders))


def _rank(service: _Service, tier: int, score: int) -> tuple[int, ...]:
    return tier, 0 if PRODUCTION & words_of(service.key[0]) else 1, -score


def _decided(candidates: Iterable[_Candidate], lacking: Collection[tuple[int, ...]]) -> Given:
    """The value of the lowest rank; none where several of one rank disagree. lacking: ranks of which one has none."""
    ordered = sorted(candidates, key=lambda one: (one.rank, one.location.order))
    best = [one for one in ordered if one.rank == ordered[0].rank]
    first = next((one for one in best if one.what == "reference"), best[0])
    default = all(one.default for one in best)
    unknown = Given("reference", None, first.location, first.by, default)
    if first.what == "reference":
        return unknown
    if any(_says(one) != _says(first) for one in best):
        return unknown._replace(others=_others(best))
    if first.rank[0] != _STARTER and any(one.perhaps and _says(one) != _says(first) for one in ordered):
        return unknown
    below = next((one for one in ordered if one.rank != first.rank), None)
    lacks = first.rank in lacking and (below is None or _says(below) != _says(first))
    if lacks and first.what == "text":
        return unknown  # what one service is given, another is not; a secret is one wherever it is given
    value = first.value if first.what == "text" else None
    unless = tuple(sorted({name for one in best for name in one.unless}))
    return Given(first.what, value, first.location, first.by, default, *first.measure, unless=unless)


def _says(one: _Candidate) -> tuple[str, str, tuple[int, int]]:
    return one.what, one.value, one.measure


def _others(best: Iterable[_Candidate]) -> tuple[tuple[str, Location], ...]:
    """What each file says, once; of very many the first ones, one of each file first."""
    files: dict[str, dict[str, Location]] = {}
    for one in best:
        if one.what == "text":
            files.setdefault(one.location.path or "", {}).setdefault(one.value, one.location)
    said = [(number, value, place) for held in files.values() for number, (value, place) in enumerate(held.items())]
    kept = sorted(said, key=lambda item: (item[0], item[2].order))[:MAX_OTHERS]
    return tuple((value, place) for _, value, place in sorted(kept, key=lambda item: item[2].order))


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


def _unless_unset(variable: EnvironmentVariable, fact: DeployedService) -> EnvironmentVariable:
    """`UnsetEnvironment=NAME=value` takes away that value and no other: then it is not known what is left."""
    texts = [text.partition("=")[2] for text in fact.unsets if text.partition("=")[0] == variable.name]
    if not texts or (variable.what == "text" and variable.value not in texts):
        return variable
    return _changed(variable, variable, "reference")


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
