"""Modes of Unix sockets and umasks that application servers are started with, where they are written.

gunicorn's umask is left out: it is 0 by default and touches its socket and a temporary file of workers alone.

Sources: uWSGI 2.0 "Options" (chmod-socket without a value is 666, umask is octal); waitress 3 `adjustments` (asoctal);
granian 2 README (--uds-permissions is octal); hypercorn 0.18 `config`, `__main__` (--umask is a decimal number, the
mask of the socket).
"""

import ast
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._privileges import is_root
from hardencheck.model.facts import Fact
from hardencheck.model.facts.orchestration import ServerUmask, ServerUser, SocketMode, SupervisedProgram
from hardencheck.model.facts.settings import ProductionDefault
from hardencheck.model.gap import FactSet, Gap, Reason

# (server, setting) -> whether it is the mode of a socket, or a umask of the whole service.
_SOCKETS = {("uwsgi", "chmod-socket"), ("waitress", "unix_socket_perms"), ("granian", "uds_permissions")}
_UMASKS = {("uwsgi", "umask")}
_SOCKET_MASKS = {("hypercorn", "umask")}
_USERS = {("uwsgi", "uid"), ("gunicorn", "user")}
_OPEN_TO_ALL = 0o777  # what bind() makes of a socket before the umask: unix(7)
_UWSGI_USUAL = 0o666


class ServerSockets(Resolver):
    name = "servers.sockets"
    after = ("servers.defaults",)
    emits = (SocketMode, ServerUmask, ServerUser)
    reads = (ProductionDefault, SupervisedProgram)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        rows = [fact for fact in facts.facts if isinstance(fact, ProductionDefault)]
        listens: dict[tuple[str, str], str] = {}
        for row in rows:
            if row.name in {"bind", "socket", "http-socket"}:
                key = (row.framework, row.application)
                listens[key] = f"{listens.get(key, '')} {row.value if row.state == 'known' else '/'}"
        seen: set[object] = set()
        for row in rows:
            if row.source != "set" or (row.location, row.name) in seen:
                continue
            seen.add((row.location, row.name))
            yield from self._row(row, listens.get((row.framework, row.application), ""))

        drop = {row.framework for row in rows if _drops(row)}
        for program in facts.facts:
            if isinstance(program, SupervisedProgram):
                yield self._program(program, drop)

    def _program(self, program: SupervisedProgram, drop: set[str]) -> Found:
        root = is_root(program.user)
        how = program.changes or (f"{program.starts}'s configuration" if program.starts in drop else "")
        if root and how:
            return Gap(
                kinds=(ServerUser.kind(),),
                collector=self.name,
                reason=Reason.DYNAMIC,
                detail=f"program {program.program} starts as root and may change to another user ({how})",
                location=program.location,
                about={"role": program.role, "server": "supervisord"},
            )
        return ServerUser(
            location=program.location,
            server="supervisord",
            program=program.program,
            user=program.user,
            root=root,
            role=program.role,
        )

    def _row(self, row: ProductionDefault, listens: str) -> Iterator[Found]:
        what = (row.framework, row.name)
        if what in _USERS:
            if row.value != "None":
                yield self._user(row)
            return
        if what not in _SOCKETS | _UMASKS | _SOCKET_MASKS:
            return
        on_path = "/" in listens or ".sock" in listens or "unix:" in listens
        if (what in _SOCKET_MASKS and "unix:" not in listens) or (what == ("uwsgi", "chmod-socket") and not on_path):
            return  # it listens on a port
        mode = _mode(row)
        if mode is None:
            yield self._gap(row, ServerUmask if what in _UMASKS else SocketMode)
        elif what in _UMASKS:
            yield ServerUmask(
                location=row.location,
                server=row.framework,
                mask=mode,
                others_write=not mode & 0o002,
                role="production",
            )
        else:
            mode = _OPEN_TO_ALL & ~mode if what in _SOCKET_MASKS else mode
            yield SocketMode(
                location=row.location, server=row.framework, mode=mode, others=bool(mode & 0o002), role="production"
            )

    def _user(self, row: ProductionDefault) -> Found:
        user = _value(row)
        if not isinstance(user, int | str):
            return self._gap(row, ServerUser)
        return ServerUser(
            location=row.location,
            server=row.framework,
            program="",
            user=str(user)[:60],
            root=is_root(str(user)),
            role="production",
        )

    def _gap(self, row: ProductionDefault, kind: type[Fact]) -> Gap:
        return Gap(
            kinds=(kind.kind(),),
            collector=self.name,
            reason=Reason.NOT_LITERAL,
            detail=f"{row.name} of {row.framework} is not known: {row.text or row.value or row.reason}"[:300],
            location=row.location,
            about={"role": "production", "server": row.framework},
        )


def _drops(row: ProductionDefault) -> bool:
    """Whether a server's configuration gives root up."""
    if (row.framework, row.name) not in _USERS or row.source != "set" or row.value == "None":
        return False
    value = _value(row)
    return not isinstance(value, int | str) or not is_root(str(value))


def _value(row: ProductionDefault) -> object:
    """None for one that is not known."""
    if row.state != "known":
        return None
    try:
        return ast.literal_eval(row.value.partition(" (")[0])  # a row says a mode in both ways: "0o644 (420)"
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _mode(row: ProductionDefault) -> int | None:
    """The number that a row comes to: texts are octal but for hypercorn's, numbers of code are what they are."""
    value = _value(row)
    if value is True or value == "true":
        return _UWSGI_USUAL if row.name == "chmod-socket" else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= 0o7777 else None
    if isinstance(value, str) and re.fullmatch(r"(?:0o)?[0-7]{1,6}", value.strip()):
        if row.framework == "hypercorn":
            return int(value) if value.isdecimal() else None
        return int(value.strip().removeprefix("0o"), 8)
    return None
