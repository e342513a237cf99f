"""Logging as it is in force: the resolved value of every configuration that production uses."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._logging_names import (
    ACCESS_LOGGERS,
    is_security,
    is_sql,
    level_name,
    level_number,
    scope,
)
from hardencheck.collect.extract._python import NotLiteral
from hardencheck.collect.interpret.models.records import FILTERING
from hardencheck.collect.interpret.values import Binding, Const, Object
from hardencheck.collect.resolve._follow import why_of
from hardencheck.collect.resolve._logging_flow import Flow
from hardencheck.collect.resolve._logging_sources import LIBRARIES, SetUp, Sources, sources
from hardencheck.collect.resolve._logging_tables import Configuration, places_in, plain_options
from hardencheck.collect.resolve.logging import handed_on
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact, Scalar
from hardencheck.model.facts.logging import (
    LoggerSetting,
    LoggingConfig,
    LoggingSetup,
    Sentry,
    ServerLog,
    StructlogSetup,
)
from hardencheck.model.facts.logging_written import LoggingFile, LoggingPlace
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

# Loggers of servers, which are there before the application is imported.
_OF_SERVERS = ("gunicorn", "uvicorn", "hypercorn", "daphne", "granian")
_FILTERS = compiled(r"(?i).*(?:redact|scrub|mask|censor|sanit|filter|strip|remove|drop|clean|hide|secret|sensitive).*")
_WITHOUT = (
    "LOGGING_CONFIG is None and nothing else sets up logging: records of WARNING and above go to stderr without time, "
    "logger or level"
)
_BY_DEFAULT = (
    "LOGGING is not set: with DEBUG off nothing of django.* below ERROR is kept, and errors are only mailed to ADMINS"
)


class LoggingConfigurations(Resolver):
    """Configurations, their loggers, and whether there is one at all."""

    name = "logging.configurations"
    emits = (LoggingConfig, LoggerSetting, LoggingSetup, Sentry, StructlogSetup, ServerLog)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from handed_on(self, facts, (LoggingPlace, LoggingFile), (LoggingConfig, LoggerSetting))
        found = sources(facts, tree)
        for configuration in found.configurations:
            yield from self._configuration(configuration, found.alone)
        known = {one.variable for one in found.configurations} - {""}
        for setup in found.setups:
            if setup.variable not in known:
                yield from self._setup(setup)
        yield from self._whether(found)

    def _gap(
        self,
        kinds: tuple[type[Fact], ...],
        detail: str,
        where: Location,
        about: dict[str, Scalar] | None = None,
        reason: Reason = Reason.NOT_LITERAL,
    ) -> Gap:
        return Gap(
            kinds=tuple(kind.kind() for kind in kinds),
            collector=self.name,
            reason=reason,
            detail=detail,
            location=where,
            about={"role": "production", **(about or {})},
        )

    def _configuration(self, made: Configuration, alone: bool) -> Iterator[Found]:
        named = made.variable or made.framework
        if made.why:
            yield self._gap((LoggingConfig, LoggerSetting), f"{named} is not known: {made.why}", made.where)
            return
        flow = Flow(made, alone)
        verdicts = {name: flow.verdict(name) for name in made.loggers}
        if made.framework != "fileConfig" and not made.incremental:
            yield from self._disabling(made, named, [verdicts.get(name) for name in ("django", "django.security")])
        if made.open_loggers:
            yield self._gap((LoggerSetting,), f"{named} holds loggers that are not known", made.where)
        for name, verdict in verdicts.items():
            if verdict.discards is None or verdict.debug is None:
                yield self._gap((LoggerSetting,), f"logger {name}: {verdict.why}", verdict.where, _about(name))
                continue
            number = level_number(verdict.level)
            if name in ACCESS_LOGGERS and (verdict.discards or (number is not None and number > 20)):
                yield ServerLog(
                    location=verdict.where, server=ACCESS_LOGGERS[name], access_log=False, role="production"
                )
            yield LoggerSetting(
                location=verdict.where,
                logger=name,
                level=verdict.level,
                scope=scope(name),
                security=is_security(name),
                sql=is_sql(name),
                discards=verdict.discards,
                debug=verdict.debug,
                role="production",
                depends_on=tuple(sorted(self._depends(flow, name, bool(verdict.debug)))),
            )

    def _depends(self, flow: Flow, name: str, debug: bool) -> frozenset[str]:
        """Variables that a level depends on; of debug records also those of the levels of handlers."""
        found = flow.loggers[name].level.depends
        if debug:
            handlers = [handler for _, handler in flow.reached(name) if handler is not None]
            found = found.union(*(handler.level.depends for handler in handlers))
        return found

    def _disabling(self, made: Configuration, named: str, django: list[object]) -> Iterator[Found]:
        if not made.disable.known:
            detail = f"disable_existing_loggers of {named} is not known: {made.disable.why or 'True or False'}"
            yield self._gap((LoggingConfig,), detail, made.disable.where)
            return
        written = [one for one in django if one is not None]
        keeps = bool(written) and not any(getattr(one, "discards", None) for one in written)
        disable = made.disable.value is True
        servers = any(name.partition(".")[0] in _OF_SERVERS for name in made.loggers)
        # gunicorn puts what it is given over a configuration of its own, which leaves existing loggers alone.
        if made.framework == "gunicorn" and not made.disable.given:
            disable = False
        yield LoggingConfig(
            location=made.disable.where,
            framework=made.framework,
            variable=made.variable,
            disable_existing=disable,
            keeps_security=keeps,
            # gunicorn's and uvicorn's loggers exist before the application does.
            silences=disable and not (servers and keeps and made.framework == "django"),
            role="production",
        )

    # Calls

    def _setup(self, setup: SetUp) -> Iterator[Found]:
        given = setup.arguments
        if setup.what in LIBRARIES:
            yield from _LIBRARIES[setup.what](self, setup)
        elif setup.what == "fileConfig":
            yield from self._file_config(setup)
        elif given is None:
            if setup.what == "dictConfig":
                detail = "dictConfig is called where nobody looked, or with arguments that are not known"
                yield self._gap((LoggingConfig, LoggerSetting), detail, setup.where, reason=Reason.DYNAMIC)
            elif setup.what == "basicConfig":
                detail = "basicConfig is called where nobody looked, or with arguments that are not known"
                yield self._gap((LoggerSetting,), detail, setup.where, _about("root"), Reason.DYNAMIC)
        elif setup.what == "basicConfig" and (level := given.get("level")) is not None:
            yield from self._level(setup, plain_options(level.value), why_of("level", level.value), level.value.depends)

    def _file_config(self, setup: SetUp) -> Iterator[Found]:
        given = setup.arguments
        options: tuple[object, ...] | None = None
        if given is not None:
            held = given.get("disable_existing_loggers")
            options = plain_options(held.value) if held is not None else (True,)
        if options is None or len({bool(one) for one in options}) > 1:
            detail = "fileConfig: disable_existing_loggers is not known"
            yield self._gap((LoggingConfig,), detail, setup.where)
            return
        disable = bool(options[0])
        yield LoggingConfig(
            location=setup.where,
            framework="fileConfig",
            variable="",
            disable_existing=disable,
            keeps_security=False,
            silences=disable,
            role="production",
        )

    def _level(
        self, setup: SetUp, options: tuple[object, ...] | None, why: str, depends: frozenset[str]
    ) -> Iterator[Found]:
        try:
            levels = {level_name(one) for one in options} if options is not None else set()
        except NotLiteral as error:
            levels, why = set(), str(error)
        numbers = [level_number(one) for one in levels]
        debugs = {number is not None and number <= 10 for number in numbers}
        if len(debugs) != 1 or (not setup.sure and debugs == {True}):
            detail = f"level of logger root is not known: {why or 'under a condition'}"
            yield self._gap((LoggerSetting,), detail, setup.where, _about("root"))
            return
        level = next(iter(levels))
        yield LoggerSetting(
            location=setup.where,
            logger="root",
            level=level,
            scope="root",
            security=False,
            sql=False,
            discards=(level_number(level) or 0) >= 50,
            debug=debugs == {True},
            role="production",
            depends_on=tuple(sorted(depends)),
        )

    def _sentry(self, setup: SetUp) -> Iterator[Found]:
        """What send_default_pii is worth where it is no literal."""
        given = setup.arguments
        held = given.get("send_default_pii") if given is not None else None
        options = plain_options(held.value) if held is not None else None
        if given is None or held is None or options is None or len({bool(one) for one in options}) > 1:
            why = why_of("send_default_pii", held.value) if held is not None else "its arguments are not known"
            yield self._gap((Sentry,), f"send_default_pii is not known: {why}", setup.where)
            return
        bodies = given.get("max_request_body_size")
        sizes = plain_options(bodies.value) if bodies is not None else ("medium",)
        size = str(sizes[0]) if sizes is not None and len(sizes) == 1 else "medium"
        on = bool(options[0])
        where = Location(path=held.path, line=held.line or setup.where.line) if on else setup.where
        yield Sentry(location=where, send_default_pii=on, bodies=size, role="production")

    def _structlog(self, setup: SetUp) -> Iterator[Found]:
        given = (setup.arguments or {}).get("processors")
        if given is None:
            return
        names = list(places_in(given.value))
        renderers = [(name, where) for name, where in names if name.rpartition(".")[2].endswith("Renderer")]
        console = [where for name, where in renderers if name.endswith("ConsoleRenderer")]
        others = [name for name, _ in renderers if name.endswith(("JSONRenderer", "LogfmtRenderer"))]
        filtered = any(_FILTERS.fullmatch(name.rpartition(".")[2]) for name, _ in names)
        only = bool(console) and not others
        wrapper = (setup.arguments or {}).get("wrapper_class")
        yield StructlogSetup(
            location=console[0] if only and console[0].line else setup.where,
            console=only,
            filtered=filtered,
            variables=False,
            role="production",
        )
        if wrapper is not None:
            yield from self._wrapper(wrapper)

    def _wrapper(self, wrapper: Binding) -> Iterator[Found]:
        """`make_filtering_bound_logger(logging.DEBUG)`"""
        value = wrapper.value
        if isinstance(value, Object) and value.kind == FILTERING and isinstance(level := value.state["level"], Const):
            if level.value in {10, 5, 0}:
                yield LoggerSetting(
                    location=Location(path=wrapper.path, line=wrapper.line or None),
                    logger="structlog",
                    level="DEBUG",
                    scope="root",
                    security=False,
                    sql=False,
                    discards=False,
                    debug=True,
                    role="production",
                    depends_on=tuple(sorted(level.depends)),
                )

    # Whether anything is set up

    def _whether(self, found: Sources) -> Iterator[Found]:
        calls = [one for one in found.setups if one.what not in LIBRARIES]
        others = [one for one in found.configurations if one.framework != "django"]
        for project, logging in found.projects:
            about: dict[str, Scalar] = {"framework": "django", "application": project.application}
            switched = project.bound("LOGGING_CONFIG")
            where = project.location
            if logging is not None or calls or others:
                how = f"LOGGING is set in {logging.where}" if logging is not None else "code sets up logging"
                fact = LoggingSetup(
                    location=logging.where if logging is not None else where,
                    framework="django",
                    application=project.application,
                    configured=True,
                    how=how,
                )
                yield fact
                continue
            lost = None if "LOGGING" in project.followed.names else project.followed.binding("LOGGING")
            if lost is not None:
                # What hides the rest of the settings hides this one.
                place = Location(path=lost.path or project.path, line=lost.line or None)
                yield self._gap((LoggingSetup,), why_of("LOGGING", lost.value), place, about, Reason.DYNAMIC)
                continue
            if switched is not None and not (switched.known and switched.expression.value is None):
                yield self._gap((LoggingSetup,), "LOGGING_CONFIG is a function of its own", switched.location, about)
                continue
            if unless := sorted(project.unless("LOGGING")):
                detail = f"LOGGING is not set, unless {' or '.join(unless)} says otherwise"
                yield self._gap((LoggingSetup,), detail, where, about)
                continue
            if switched is not None and found.libraries:
                # Who switches Django's configuration off has another, and it may be this one.
                name, place = found.libraries[0]
                detail = (
                    f"LOGGING_CONFIG is None, and {name} at {place} is not in the repository: it may set up logging"
                )
                yield self._gap((LoggingSetup,), detail, switched.location, about, Reason.DYNAMIC)
                continue
            yield LoggingSetup(
                location=switched.location if switched is not None else where,
                framework="django",
                application=project.application,
                configured=False,
                how=_WITHOUT if switched is not None else _BY_DEFAULT,
            )
        for server, where in found.without:
            configured = bool(calls or others or found.projects)
            yield LoggingSetup(
                location=where,
                framework="uvicorn",
                application=where.path or "",
                configured=configured,
                how="code sets up logging"
                if configured
                else f"{server} is told to configure nothing (log_config None), and nothing else does",
            )


_LIBRARIES = {
    "sentry": LoggingConfigurations._sentry,
    "structlog": LoggingConfigurations._structlog,
}


def _about(logger: str) -> dict[str, Scalar]:
    return {"logger": logger, "scope": scope(logger), "security": is_security(logger), "sql": is_sql(logger)}
