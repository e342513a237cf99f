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
from hardencheck.model.facts.orchestration import ServerUmask, SocketMode
from hardencheck.model.facts.settings import ProductionDefault
from hardencheck.model.gap import FactSet, Gap, Reason

# (server, setting) -> whether it is the mode of a socket, or a umask of the whole service.
_SOCKETS = {("uwsgi", "chmod-socket"), ("waitress", "unix_socket_perms"), ("granian", "uds_permissions")}
_UMASKS = {("uwsgi", "umask")}
_SOCKET_MASKS = {("hypercorn", "umask")}
_OPEN_TO_ALL = 0o777  # what bind() makes of a socket before the umask: unix(7)
_UWSGI_USUAL = 0o666


class ServerSockets(Resolver):
    name = "servers.sockets"
    after = ("servers.defaults",)
    emits = (SocketMode, ServerUmask)
    reads = (ProductionDefault,)

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

    def _row(self, row: ProductionDefault, listens: str) -> Iterator[Found]:
        what = (row.framework, row.name)
        if what not in _SOCKETS | _UMASKS | _SOCKET_MASKS:
            return
        on_path = "/" in listens or ".sock" in listens or "unix:" in listens
        if (what in _SOCKET_MASKS and "unix:" not in listens) or (what == ("uwsgi", "chmod-socket") and not on_path):
            return  # it listens on a port
        mode = _mode(row)
        if mode is None:
            yield Gap(
                kinds=((ServerUmask if what in _UMASKS else SocketMode).kind(),),
                collector=self.name,
                reason=Reason.NOT_LITERAL,
                detail=f"{row.name} of {row.framework} is not known: {row.text or row.value or row.reason}"[:300],
                location=row.location,
                about={"role": "production", "server": row.framework},
            )
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


def _mode(row: ProductionDefault) -> int | None:
    """The number that a row comes to: texts are octal but for hypercorn's, numbers of code are what they are."""
    if row.state != "known":
        return None
    try:
        value = ast.literal_eval(row.value.partition(" (")[0])  # a row says a mode in both ways: "0o644 (420)"
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    if value is True or value == "true":
        return _UWSGI_USUAL if row.name == "chmod-socket" else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= 0o7777 else None
    if isinstance(value, str) and re.fullmatch(r"(?:0o)?[0-7]{1,6}", value.strip()):
        if row.framework == "hypercorn":
            return int(value) if value.isdecimal() else None
        return int(value.strip().removeprefix("0o"), 8)
    return None
