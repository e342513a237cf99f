"""The environment that the deployment files of a repository give to its service in production: the file that wins."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from hardencheck.model.facts.settings import EnvironmentFile, EnvironmentVariable
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

# What starts the service decides, then its scripts, then files of variables, then what the image was built with.
_RANKS = {
    "compose": 0, "kubernetes": 0, "systemd": 0, "procfile": 0, "supervisor": 0, "uwsgi": 0, "app": 0, "workflow": 3,
    "script": 1, "dotenv": 2, "dockerfile": 4,
}  # fmt: skip
_DEFAULT_RANK = 5
# Folders of deployment files belong to no part of the repository.
_DEPLOYMENT = frozenset({
    "docker", "deploy", "deployment", "deployments", "k8s", "kubernetes", "helm", "charts", "ops", "infra", "compose",
    "contrib", "config", "conf", "etc", "systemd", "scripts", "bin", ".github", ".docker", "envs", ".envs", "env",
    "container", "containers", "build", "production", "prod", "ansible", "install",
})  # fmt: skip
_MAIN = ("web", "app", "django", "api", "server", "backend", "wsgi", "uwsgi", "gunicorn", "www")


class Given(NamedTuple):
    """what: "text" (value), "secret" (length, distinct), "reference" (set, to what is not known). others: places that
    say something else and weigh as much: then nobody knows, and what is "reference"."""

    what: str
    value: str | None
    location: Location
    by: str
    length: int = 0
    distinct: int = 0
    others: tuple[EnvironmentVariable, ...] = ()
    first: EnvironmentVariable | None = None


Environment = Mapping[str, Given]


def environment(facts: FactSet, near: str = "", local: AbstractSet[str] = frozenset()) -> Environment:
    """What production is given, as far as the repository says. near: the settings module, in a repository of many.
    local: files that the repository does not track, which are the developer's own."""
    named: dict[str, list[EnvironmentVariable]] = {}
    for fact in production(facts, near, local):
        named.setdefault(fact.name, []).append(fact)
    return {name: _decided(found) for name, found in named.items()}


def production(facts: FactSet, near: str = "", local: AbstractSet[str] = frozenset()) -> list[EnvironmentVariable]:
    """The variables of files that production may use, without those that another compose file overrides."""
    found = [fact for fact in facts.of("deployment.environment") if isinstance(fact, EnvironmentVariable)]
    files = [fact for fact in facts.of("deployment.environment-file") if isinstance(fact, EnvironmentFile)]
    loaded = {fact.file for fact in files if fact.role == "production"}
    elsewhere = {fact.file for fact in files} - loaded
    kept = [
        fact
        for fact in found
        if fact.role == "production"
        and _belongs(fact, near)
        and (fact.location.path or "") not in elsewhere
        and (fact.location.path or "") not in local
    ]
    composed = {fact.location.path or "" for fact in kept if fact.by == "compose"}
    meant = {path for path in composed if "prod" in path.lower()}
    if meant:
        kept = [fact for fact in kept if fact.by != "compose" or fact.location.path in meant]
    return kept


def _belongs(fact: EnvironmentVariable, near: str) -> bool:
    """Whether a file is of the part of the repository that the settings are in."""
    if fact.folder and near:
        return near.startswith(f"{fact.folder}/") or not _is_part(fact.folder)
    parts = (fact.location.path or "").split("/")[:-1]
    mine = near.split("/")[:-1]
    for number, part in enumerate(parts):
        if part.lower() in _DEPLOYMENT:
            return True
        if number >= len(mine) or part != mine[number]:
            return not near
    return True


def _is_part(folder: str) -> bool:
    return folder.split("/")[0].lower() not in _DEPLOYMENT


def _decided(found: Sequence[EnvironmentVariable]) -> Given:
    best = min(_rank(fact) for fact in found)
    first = [fact for fact in found if _rank(fact) == best]
    main = [fact for fact in first if fact.service.lower() in _MAIN]
    first = main or first
    said = {(fact.what, fact.value, fact.length, fact.distinct) for fact in first}
    one = min(first, key=lambda fact: fact.location.order)
    if len(said) > 1:
        others = tuple(fact for fact in first if fact is not one)
        return Given("reference", None, one.location, one.by, others=others, first=one)
    return Given(one.what, one.value if one.what == "text" else None, one.location, one.by, one.length, one.distinct)


def _rank(fact: EnvironmentVariable) -> int:
    return _DEFAULT_RANK if fact.default and fact.by != "dockerfile" else _RANKS.get(fact.by, _DEFAULT_RANK)
