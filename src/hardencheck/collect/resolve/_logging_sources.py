"""Every logging configuration that production uses: of Django, of calls, of servers, of files."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract.logging_config import TABLE_NAMES
from hardencheck.collect.interpret.models.applications import held, number_of, text_of
from hardencheck.collect.interpret.models.records import NAMES
from hardencheck.collect.interpret.values import Binding, Const, Map, Object, Seq, Value
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._django import Project, projects
from hardencheck.collect.resolve._environment import Deployment
from hardencheck.collect.resolve._logging_tables import Configuration, of_file, read
from hardencheck.collect.resolve._modules import Modules
from hardencheck.model.facts.logging import GunicornFile
from hardencheck.model.facts.logging_written import LoggingFile, LoggingPlace
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

LIBRARIES = frozenset({"structlog", "sentry"})
_SERVERS = ("uvicorn.run", "uvicorn.Config")


class SetUp(NamedTuple):
    """A call that sets up logging. what: "dictConfig", "fileConfig", "basicConfig" or one of `LIBRARIES`. arguments: by
    name, None where the call was not seen to run. sure: it runs whatever the environment says. variable: the name that
    it is given, "settings.LOGGING" without what stands before the dot."""

    what: str
    where: Location
    arguments: Mapping[str, Binding] | None
    sure: bool
    names: tuple[str, ...] = ()
    variable: str = ""


class Sources(NamedTuple):
    """projects: Django's, each with its LOGGING, None where it is not set. setups: calls. configurations: all that is
    given to dictConfig, Django's among them. without: servers that are told to configure nothing. libraries: functions
    that are not in the repository, which a project starts with and which may set up logging."""

    projects: tuple[tuple[Project, Configuration | None], ...]
    setups: tuple[SetUp, ...]
    configurations: tuple[Configuration, ...]
    without: tuple[tuple[str, Location], ...]
    libraries: tuple[tuple[str, Location], ...]

    @property
    def alone(self) -> bool:
        """Whether Django's settings are all that sets up logging: the root logger has only what they give it."""
        calls = any(setup.what not in LIBRARIES for setup in self.setups)
        return len(self.projects) == 1 and not calls and len(self.configurations) < 2


_memory: "WeakKeyDictionary[Tree, Sources]" = WeakKeyDictionary()


def sources(facts: FactSet, tree: Tree) -> Sources:
    if tree not in _memory:
        _memory[tree] = _Sources(facts, tree).found()
    return _memory[tree]


class _Sources:
    def __init__(self, facts: FactSet, tree: Tree) -> None:
        self._facts, self._tree = facts, tree
        self._modules = Modules(facts, tree)
        places = [fact for fact in facts.of("logging.place") if isinstance(fact, LoggingPlace)]
        self._places = [fact for fact in places if fact.role == "production"]
        self._files = [fact for fact in facts.of("logging.configuration-file") if isinstance(fact, LoggingFile)]
        self._made: list[Configuration] = []
        self._deployment: Deployment | None = None

    def found(self) -> Sources:
        django = tuple(self._django())
        setups = tuple(self._setups([project for project, _ in django]))
        for setup in setups:
            if setup.what == "dictConfig" and setup.arguments is not None:
                self._given(setup)
        without = tuple(self._servers())
        self._gunicorn()
        self._written_files()
        self._tables([project for project, _ in django])
        return Sources(django, setups, tuple(self._made), without, tuple(self._libraries()))

    def _django(self) -> Iterator[tuple[Project, Configuration | None]]:
        for project in projects(self._facts, self._tree)[0]:
            bound = project.bound("LOGGING")
            switched = project.bound("LOGGING_CONFIG")
            off = switched is not None and switched.expression.what == "scalar" and switched.expression.value is None
            if bound is None or bound.binding is None or off or _empty(bound.binding.value):
                yield project, None
                continue
            where = Location(path=bound.path, line=bound.line or None)
            made = read(bound.binding.value, where, "django", "LOGGING", project.application)
            self._made.append(made)
            yield project, made

    def _setups(self, django: list[Project]) -> Iterator[SetUp]:
        """Calls as they were seen to run, in the settings or in what builds an application."""
        seen: dict[tuple[str, int, str], tuple[Object, bool]] = {}
        for project in django:
            for thing, sure in project.followed.calls:
                name = text_of(thing.state["name"])
                if name in NAMES:
                    seen.setdefault((text_of(thing.state["path"]), number_of(thing.state["line"]), name), (thing, sure))
        running = built(self._facts, self._tree)
        for place in self._places:
            if place.what in {"table", "uvicorn", "library"} or place.location.path is None:
                continue
            name = {"structlog": "configure", "sentry": "init"}.get(place.what, place.what)
            key = (place.location.path, place.location.line or 0, name)
            called = running.parts.get(key)
            found = seen.get(key) or ((called, not running.perhaps(called)) if called is not None else None)
            if found is None or held(found[0]).rest is not None:
                yield SetUp(place.what, place.location, None, False, place.names, place.name)
            else:
                arguments = held(found[0]).names
                yield SetUp(place.what, place.location, arguments, found[1], place.names, place.name)

    def _given(self, setup: SetUp) -> None:
        given = (setup.arguments or {}).get("config")
        if given is None:
            return
        made = read(given.value, Location(), "dictConfig", "", "")
        where = made.where if made.where.line is not None else setup.where
        made = made._replace(
            where=where, disable=made.disable._replace(where=made.disable.where if made.disable.where.line else where)
        )
        # The same table as Django's LOGGING, or one that a file holds, is judged there.
        if made.places and any(made.places <= other.places for other in self._made):
            return
        known = {one.variable for one in self._made} - {""}
        if not made.places and (self._of_a_file(setup) or setup.variable in known):
            return
        self._made.append(made)

    def _of_a_file(self, setup: SetUp) -> bool:
        names = {(fact.location.path or "").rpartition("/")[2] for fact in self._files}
        return not names.isdisjoint(setup.names)

    def _servers(self) -> Iterator[tuple[str, Location]]:
        """`log_config` of uvicorn in code."""
        for (path, line, name), thing in built(self._facts, self._tree).parts.items():
            if text_of(thing.state.get("dotted")) not in _SERVERS or "log_config" not in held(thing).names:
                continue
            given = held(thing).names["log_config"]
            where = Location(path=path, line=given.line or line)
            if isinstance(given.value, Const) and given.value.value is None:
                yield f"uvicorn.{name}", where
            elif isinstance(given.value, Map):
                self._keep(read(given.value, where, "uvicorn", "log_config"))

    def _libraries(self) -> Iterator[tuple[str, Location]]:
        for place in self._places:
            path = place.location.path
            if place.what != "library" or path is None:
                continue
            modules = (place.name.partition(".")[0], place.name.rpartition(".")[0])
            if not any(self._modules.imported(module, path) for module in modules):
                yield place.name, place.location

    def _gunicorn(self) -> None:
        for fact in self._facts.of("logging.gunicorn-file"):
            path = fact.location.path
            if not isinstance(fact, GunicornFile) or fact.role != "production" or path is None:
                continue
            if not any(place.name == "logconfig_dict" and place.location.path == path for place in self._places):
                continue
            bound = self._follow(path).get("logconfig_dict")
            if bound is not None and not _empty(bound.value):
                where = Location(path=bound.path, line=bound.line or None)
                self._keep(read(bound.value, where, "gunicorn", "logconfig_dict"))

    def _written_files(self) -> None:
        for fact in sorted(self._files, key=lambda fact: fact.location.order):
            path = fact.location.path
            if fact.role != "production" or path is None:
                continue
            kind = "fileConfig" if fact.format == "ini" else "dictConfig"
            name = path.rpartition("/")[2]
            self._keep(read(of_file(fact.table, path), fact.location, kind, name))

    def _tables(self, django: list[Project]) -> None:
        """Tables that no call was seen to use: judged as they are after their module ran."""
        followed = {path for project in django for path in project.followed.files}
        used = {place for made in self._made for place in made.places}
        for place in self._places:
            path, line = place.location.path, place.location.line or 0
            if place.what != "table" or path is None or (path in followed and place.name == "LOGGING"):
                continue
            if django and place.name == "LOGGING" and self._beside(path, django):
                continue  # settings that are not those of production
            if any(at == path and line <= number <= place.last for at, number in used):
                continue
            framework = TABLE_NAMES.get(place.name, "dictConfig")
            if place.scope:
                continue  # of a class: where something uses it, that is seen
            bound = self._follow(path).get(place.name)
            if bound is None or _empty(bound.value):
                continue
            where = Location(path=bound.path, line=bound.line or None)
            self._keep(read(bound.value, where, framework, place.name))

    def _beside(self, path: str, django: list[Project]) -> bool:
        folder = path.rpartition("/")[0]
        return any(project.path.rpartition("/")[0] == folder for project in django)

    def _keep(self, made: Configuration) -> None:
        if not made.places or not any(made.places <= other.places for other in self._made):
            self._made.append(made)

    def _follow(self, path: str) -> Mapping[str, Binding]:
        if self._deployment is None:
            self._deployment = Deployment(self._facts, self._modules.local())
        followed = self._modules.follow(path, self._deployment.environment(path))
        if followed.rest is not None:
            why = followed.rest
            return {name: Binding(why, why.path, why.line) for name in ("LOGGING", "logconfig_dict")} | dict(
                followed.names
            )
        return followed.names


def _empty(value: Value) -> bool:
    """Whether nothing is given: None, or an empty table."""
    match value:
        case Const(value=inner):
            return not inner
        case Map(items=items, exact=exact):
            return exact and not items
        case Seq(items=items, exact=exact):
            return exact and not items
    return False
