"""Servers that Python code starts itself, as far as it decides their logs: uvicorn, aiohttp, Sanic.

Sources: uvicorn 0.32 "Settings"; aiohttp 3.10, `web.run_app`; Sanic 24, "Configuration" (ACCESS_LOG).
"""

import ast
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._branches import Values, branches_of
from hardencheck.collect.extract._logging_names import level_name, server_format
from hardencheck.collect.extract._python import NotLiteral, PythonFile, argument, parse, role, spreads, unread
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact, Scalar
from hardencheck.model.facts.logging import ServerFormat, ServerLevel, ServerLog
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

_TOKENS = compiled(rb"(?:import|from)\s+(?:uvicorn|aiohttp|sanic)\b")
_UVICORN = frozenset({"uvicorn.run", "uvicorn.Config", "uvicorn.config.Config", "uvicorn.main.run"})


class ServerCalls(Extractor):
    """Access logs, levels and formats that a call gives to a server."""

    name = "logging.server-calls"
    emits = (ServerLog, ServerLevel, ServerFormat)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not _TOKENS.search(data):
            return
        try:
            file = parse(data)
        except Unreadable as error:
            yield unread(self, error, path, role(path))
            return
        yield from _File(self.name, path, file).found()


class _File:
    def __init__(self, collector: str, path: str, file: PythonFile) -> None:
        self._collector, self._file = collector, file
        self._here, self._role = Location(path=path), role(path)
        self._branches, self._values = branches_of(file), Values(file)

    def found(self) -> Iterator[Found]:
        sanic = self._file.imports("sanic")
        for call in self._file.calls:
            name = self._file.name(call.func)
            if name in _UVICORN:
                yield from self._uvicorn(call)
            elif name in {"aiohttp.web.run_app", "aiohttp.web.AppRunner", "aiohttp.web.ServerRunner"}:
                yield from self._aiohttp(call)
            elif sanic and isinstance(call.func, ast.Attribute) and call.func.attr in {"run", "prepare"}:
                given = argument(call, None, "access_log")
                if given is not None:
                    yield from self._access("sanic", call, given, False)
        for node in self._file.assigns if sanic else ():
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            match target:
                case ast.Attribute(attr="ACCESS_LOG") | ast.Subscript(slice=ast.Constant(value="ACCESS_LOG")):
                    if node.value is not None:
                        yield from self._access("sanic", node, node.value, False)

    def _gap(self, kind: type[Fact], detail: str, node: ast.AST, **about: Scalar) -> Gap:
        return Gap(
            kinds=(kind.kind(),),
            collector=self._collector,
            reason=Reason.NOT_LITERAL,
            detail=detail,
            location=self._here.at(getattr(node, "lineno", 1)),
            about={"role": self._branches.role(node, self._role), **about},
        )

    def _uvicorn(self, call: ast.Call) -> Iterator[Found]:
        reload = argument(call, None, "reload")
        access, level = argument(call, None, "access_log"), argument(call, None, "log_level")
        what_for = self._branches.role(call, self._role)
        try:
            if reload is not None and what_for == "production" and bool(self._values.constant(reload)):
                what_for = "development"
        except NotLiteral:
            pass
        yield from self._access("uvicorn", call, access, spreads(call), what_for)
        try:
            if level is None and spreads(call):
                raise NotLiteral("hidden in an unpacked argument")
            name = None if level is None else self._values.constant(level)
            plain = level_name(name) if isinstance(name, int) else name
            lowered = str(plain).lower() if plain is not None else None
            here = self._here.at((level or call).lineno)
            yield ServerLevel(location=here, server="uvicorn", level=lowered, role=what_for)
        except NotLiteral as error:
            detail = f"log_level of uvicorn is {error}: not a literal"
            yield self._gap(ServerLevel, detail, call, server="uvicorn")

    def _aiohttp(self, call: ast.Call) -> Iterator[Found]:
        """`access_log=None` switches it off; a format of its own may hold any header."""
        given = argument(call, None, "access_log")
        off = isinstance(given, ast.Constant) and given.value is None
        what_for = self._branches.role(call, self._role)
        if off or (given is None and not spreads(call)):
            here = self._here.at((given or call).lineno)
            yield ServerLog(location=here, server="aiohttp", access_log=not off, role=what_for)
        text = argument(call, None, "access_log_format")
        if text is not None:
            try:
                value = self._values.constant(text)
            except NotLiteral as error:
                detail = f"access_log_format of aiohttp is {error}: not a literal"
                yield self._gap(ServerFormat, detail, text, server="aiohttp")
                return
            leaks, query = server_format(str(value))
            here = self._here.at(text.lineno)
            yield ServerFormat(location=here, server="aiohttp", leaks=leaks, query=query, role=what_for)

    def _access(
        self,
        server: str,
        node: ast.Call | ast.stmt,
        given: ast.expr | None,
        hidden: bool,
        what_for: str | None = None,
    ) -> Iterator[Found]:
        what_for = what_for or self._branches.role(node, self._role)
        try:
            if given is None and hidden:
                raise NotLiteral("hidden in an unpacked argument")
            on = True if given is None else bool(self._values.constant(given))
            here = self._here.at((given if given is not None and not on else node).lineno)
            yield ServerLog(location=here, server=server, access_log=on, role=what_for)
        except NotLiteral as error:
            detail = f"access_log of {server} is {error}: not a literal"
            yield self._gap(ServerLog, detail, node, server=server)
