"""What loguru, Sentry and structlog are told to record.

Sources: loguru 0.7, `logger.add`; sentry-sdk 2.75, `sentry_sdk.init` ("Options") and `EventScrubber`.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._branches import Values, branches_of
from hardencheck.collect.extract._python import NotLiteral, PythonFile, argument, parse, role, spreads, unread
from hardencheck.model.facts import Fact, Scalar
from hardencheck.model.facts.logging import (
    LoggerSetting,
    LoguruCall,
    LoguruSink,
    Sentry,
    SentryScrubber,
    SentryVariables,
    StructlogSetup,
)
from hardencheck.model.facts.logging_written import LoggingPlace
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

# What must stand in a file for it to say anything of a kind: a file that cannot be parsed hides no more than that.
_TOKENS: tuple[tuple[re.Pattern[bytes], tuple[type[Fact], ...]], ...] = (
    (re.compile(rb"(?:import|from)\s+loguru"), (LoguruCall, LoguruSink)),
    (re.compile(rb"(?s)sentry_sdk.*\binit\b"), (Sentry, SentryScrubber, SentryVariables, LoggingPlace)),
    (re.compile(rb"structlog(?s:.)*(?:show_locals|dict_tracebacks|ExceptionDictTransformer)"), (StructlogSetup,)),
)
_TRACEBACKS = frozenset({"ExceptionDictTransformer", "RichTracebackFormatter"})
# ExceptionRenderer(ExceptionDictTransformer()), whose show_locals is on (structlog 25.5, structlog.tracebacks).
_DICT_TRACEBACKS = "structlog.processors.dict_tracebacks"


class LoggingLibraries(Extractor):
    """Handlers of loguru, options of Sentry, tracebacks of structlog."""

    name = "logging.libraries"
    version = 2
    emits = (
        LoguruCall,
        LoguruSink,
        Sentry,
        SentryScrubber,
        SentryVariables,
        StructlogSetup,
        LoggerSetting,
        LoggingPlace,
    )

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        kinds = [fact for tokens, facts in _TOKENS if tokens.search(data) for fact in facts]
        if not kinds:
            return
        try:
            file = parse(data)
        except Unreadable as error:
            yield unread(self, error, path, role(path), kinds)
            return
        yield from _File(self.name, path, file).found()


class _File:
    def __init__(self, collector: str, path: str, file: PythonFile) -> None:
        self._collector, self._file = collector, file
        self._here, self._role = Location(path=path), role(path)
        self._branches, self._values = branches_of(file), Values(file)

    def found(self) -> Iterator[Found]:
        for call in self._file.calls:
            name = self._file.name(call.func)
            if name.startswith("loguru.logger."):
                yield from self._loguru(call, name.rpartition(".")[2])
            elif name in {"sentry_sdk.init", "sentry_sdk.api.init"}:
                yield from self._sentry(call)
            elif name.rpartition(".")[2] in _TRACEBACKS and "structlog" in name:
                yield from self._traceback(call)
        yield from self._dict_tracebacks()
        if (line := self._imported("loguru")) is not None:
            yield LoguruCall(location=self._here.at(line), what="import", role=self._role)

    def _imported(self, package: str) -> int | None:
        """The line of the first import of a package."""
        if not self._file.imports(package):
            return None
        for node in ast.walk(self._file.tree):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else names
            if any(name.partition(".")[0] == package for name in names):
                return node.lineno  # type: ignore[attr-defined, no-any-return]
        return None

    def _gap(self, kinds: tuple[type[Fact], ...], detail: str, node: ast.expr, **about: Scalar) -> Gap:
        return Gap(
            kinds=tuple(kind.kind() for kind in kinds),
            collector=self._collector,
            reason=Reason.NOT_LITERAL,
            detail=detail,
            location=self._here.at(node.lineno),
            about={"role": self._branches.role(node, self._role), **about},
        )

    def _traceback(self, call: ast.Call) -> Iterator[Found]:
        """`ExceptionDictTransformer(show_locals=True)`, which is its default"""
        name = self._file.name(call.func).rpartition(".")[2]
        # The first argument of the other one is the width of colours; it is for a developer's terminal.
        given = argument(call, 0 if name == "ExceptionDictTransformer" else None, "show_locals")
        usual = name == "ExceptionDictTransformer" and given is None
        if usual and spreads(call):
            detail = "show_locals of ExceptionDictTransformer may be in an unpacked argument"
            yield self._gap((StructlogSetup,), detail, call)
        elif usual or (isinstance(given, ast.Constant) and given.value is True):
            yield self._shown(given or call)

    def _shown(self, node: ast.expr) -> StructlogSetup:
        what_for = self._branches.role(node, self._role)
        here = self._here.at(node.lineno)
        return StructlogSetup(location=here, console=False, filtered=True, variables=True, role=what_for)

    def _dict_tracebacks(self) -> Iterator[Found]:
        if "dict_tracebacks" in self._file.source and self._file.imports("structlog"):
            for node in ast.walk(self._file.tree):
                if isinstance(node, ast.Name | ast.Attribute) and self._file.name(node) == _DICT_TRACEBACKS:
                    yield self._shown(node)

    # loguru

    def _loguru(self, call: ast.Call, method: str) -> Iterator[Found]:
        what_for = self._branches.role(call, self._role)
        here = self._here.at(call.lineno)
        if method == "remove":
            yield LoguruCall(location=here, what="remove", role=what_for)
        elif method == "configure":
            handlers = argument(call, None, "handlers")
            if handlers is None:
                return
            yield LoguruCall(location=here, what="configure", role=what_for)
            handlers = self._values.resolve(handlers)
            for item in handlers.elts if isinstance(handlers, ast.List | ast.Tuple) else [handlers]:
                table, whole = self._values.table(item) or ({}, False)
                yield from self._sink(call, table.get("diagnose"), table.get("level"), not whole, item)
        elif method == "add":
            diagnose, level = argument(call, 6, "diagnose"), argument(call, None, "level")
            yield from self._sink(call, diagnose, level, spreads(call))

    def _sink(
        self,
        call: ast.Call,
        diagnose: ast.expr | None,
        level: ast.expr | None,
        hidden: bool,
        item: ast.expr | None = None,
    ) -> Iterator[Found]:
        """item: the table of a handler that `configure` is given."""
        what_for = self._branches.role(call, self._role)
        here = self._here.at((item or call).lineno)
        if level is not None and self._branches.when(call) == "always":
            yield from self._debug(level, what_for)
        try:
            if diagnose is None and hidden:
                raise NotLiteral("hidden in an unpacked argument")
            if diagnose is None:  # LOGURU_DIAGNOSE decides, and is on unless somebody sets it
                yield LoguruCall(location=here, what="sink", role=what_for)
                return
            enabled = bool(self._values.constant(diagnose))
        except NotLiteral as error:
            detail = f"diagnose of a loguru handler is {error}: not a literal"
            yield self._gap((LoguruSink,), detail, call, sink="added")
            return
        if enabled:
            here = self._here.at(diagnose.lineno)
        yield LoguruSink(location=here, sink="added", diagnose=enabled, role=what_for)

    def _debug(self, level: ast.expr, what_for: str, logger: str = "loguru") -> Iterator[Found]:
        try:
            value = self._values.constant(level) if logger == "loguru" else "DEBUG"
        except NotLiteral:
            return
        if value in {"DEBUG", "TRACE", 10, 5, 0}:
            yield LoggerSetting(
                location=self._here.at(level.lineno),
                logger=logger,
                level=value if isinstance(value, str) else "DEBUG",
                scope="root",
                security=False,
                sql=False,
                discards=False,
                debug=True,
                role=what_for,
            )

    # Sentry

    def _sentry(self, call: ast.Call) -> Iterator[Found]:
        tables = [self._values.table(keyword.value) for keyword in call.keywords if keyword.arg is None]
        whole = all(table is not None and table[1] for table in tables)
        options: dict[str, ast.expr] = {}
        for table in tables:
            options |= table[0] if table is not None else {}
        options |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
        what_for = self._branches.role(call, self._role)
        if "data_collection" in options:
            # It overrides send_default_pii, and the default scrubber goes with it (sentry-sdk 2.75).
            detail = "data_collection decides what is sent, not send_default_pii: read it"
            yield self._gap((Sentry,), detail, call)
        else:
            yield from self._personal(call, options, whole, what_for)
        debug = options.get("debug")
        if isinstance(debug, ast.Constant) and debug.value is True:
            yield from self._debug(debug, what_for, "sentry_sdk")
        yield from self._scrubber(call, options, what_for)
        yield from self._variables(call, options, whole, what_for)

    def _personal(self, call: ast.Call, options: Mapping[str, ast.expr], whole: bool, what_for: str) -> Iterator[Found]:
        pii, bodies = options.get("send_default_pii"), options.get("max_request_body_size")
        try:
            if pii is None and not whole:
                raise NotLiteral("hidden in an unpacked argument")
            value = False if pii is None else bool(self._values.constant(pii))
        except NotLiteral:
            yield LoggingPlace(
                location=self._here.at(call.lineno),
                what="sentry",
                name="",
                last=call.end_lineno or call.lineno,
                scope=self._file.within(call),
                role=what_for,
            )
            return
        try:
            size = "medium" if bodies is None else str(self._values.constant(bodies))
        except NotLiteral:
            size = "medium"
        at = pii if value and pii is not None else bodies if size == "always" and bodies is not None else call
        yield Sentry(location=self._here.at(at.lineno), send_default_pii=value, bodies=size, role=what_for)

    def _cleans(self, node: ast.expr) -> bool:
        """Whether a before_send may take local variables out: one of this file that never speaks of frames does not."""
        if isinstance(node, ast.Constant):
            return False
        if isinstance(node, ast.Name):
            for function in self._file.functions:
                if function.name == node.id:
                    text = ast.unparse(function)
                    return any(word in text for word in ("vars", "frames", "stacktrace", "exception"))
        return True

    def _scrubber(self, call: ast.Call, options: Mapping[str, ast.expr], what_for: str) -> Iterator[Found]:
        given = options.get("event_scrubber")
        collection = options.get("data_collection")
        replaced = collection is not None
        at: ast.expr = collection or given or call
        if given is not None and not replaced:
            known = self._replaces(self._values.resolve(given))
            if known is None:
                yield self._gap((SentryScrubber,), "event_scrubber is computed: not known", given)
                return
            replaced = known
        yield SentryScrubber(location=self._here.at(at.lineno), replaced=replaced, role=what_for)

    def _replaces(self, node: ast.expr) -> bool | None:
        """Whether a scrubber leaves out what the default one takes away; None where that is not known."""
        if isinstance(node, ast.Constant) and node.value is None:
            return False  # the default
        if not isinstance(node, ast.Call) or self._file.name(node.func).rpartition(".")[2] != "EventScrubber":
            return None
        if spreads(node):
            return None
        denied = argument(node, 0, "denylist")
        if denied is None or (isinstance(denied, ast.Constant) and denied.value is None):
            return False
        names = {part.id for part in ast.walk(self._values.resolve(denied)) if isinstance(part, ast.Name)}
        if "DEFAULT_DENYLIST" in names:
            return False
        return None if names else True

    def _variables(
        self, call: ast.Call, options: Mapping[str, ast.expr], whole: bool, what_for: str
    ) -> Iterator[Found]:
        """Local variables of each frame, which are sent unless they are switched off."""
        given = options.get("include_local_variables", options.get("with_locals"))
        before = options.get("before_send")
        cleaned = before is not None and self._cleans(before)
        try:
            if given is None and not whole:
                raise NotLiteral("hidden in an unpacked argument")
            sent = True if given is None else bool(self._values.constant(given))
        except NotLiteral as error:
            yield self._gap((SentryVariables,), f"include_local_variables is {error}: not a literal", call)
            return
        yield SentryVariables(
            location=self._here.at((given or call).lineno),
            sent=sent,
            # Said in so many words it is meant, whatever looks at events before they go.
            cleaned=cleaned and given is None,
            role=what_for,
        )
