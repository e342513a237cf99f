"""supervisord: umask and user of the programs it starts, and where it takes orders.

Source: supervisor 4, "Configuration File" (umask 022, unix_http_server.chmod 0700, both octal).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._environment_facts import role_of
from hardencheck.collect.extract._environment_text import IniLine, ini_lines, untemplated
from hardencheck.collect.extract._privileges import FOREIGN, changes_user, program_of
from hardencheck.collect.extract._templates import without_ending
from hardencheck.collect.extract._yaml_templates import OPEN
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact
from hardencheck.model.facts.orchestration import (
    ServerControl,
    ServerUmask,
    ServerUser,
    SocketMode,
    SupervisedProgram,
)
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 512 * 1024
MAX_LINES = 20_000
_SECTION = compiled(rb"^\[(?:program:|fcgi-program:|supervisord\]|(?:unix|inet)_http_server\])", re.MULTILINE)

_SOCKETS = {("unix_http_server", "chmod"), ("fcgi-program", "socket_mode")}
_PROGRAMS = ("program:", "fcgi-program:")
# Programs that start as root, and have their own way to another user.
_FOREIGN = FOREIGN | {"cron", "crond", "rsyslogd", "syslog-ng", "dockerd-entrypoint.sh", "php-fpm"}


class Supervisor(Extractor):
    """Whatever .conf or .ini has a program of supervisord."""

    name = "supervisor.modes"
    version = 2
    emits = (ServerUmask, SocketMode, SupervisedProgram, ServerUser, ServerControl)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return without_ending(path).endswith((".conf", ".ini"))

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if _SECTION.search(data) is None:
            return
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than is read of such a file", reason=Reason.TOO_LARGE)
        template = untemplated(data.decode("utf-8-sig", "replace").replace("\r\n", "\n"))
        role = role_of(path)
        lines = []
        for count, line in enumerate(ini_lines(template.text)):
            if count > MAX_LINES:
                raise Unreadable(f"more than {MAX_LINES} lines", reason=Reason.BUDGET)
            lines.append(line._replace(value=line.value.partition(" ;")[0].strip()))
        sure = {
            line.line: line.line not in template.unsure and OPEN.search(line.value) is None and "%(" not in line.value
            for line in lines
        }
        yield from self._modes(path, role, lines, sure)
        yield from self._users(path, role, lines, sure)
        yield from self._control(path, role, lines, sure)

    def _modes(self, path: str, role: str, lines: Sequence[IniLine], sure: Mapping[int, bool]) -> Iterator[Found]:
        for line in lines:
            section = line.section.partition(":")[0]
            is_mask = line.key == "umask" and section in {"supervisord", "program", "fcgi-program"}
            if not is_mask and (section, line.key) not in _SOCKETS:
                continue
            where = Location(path=path, line=line.line)
            if not sure[line.line] or not re.fullmatch(r"[0-7]{1,5}", line.value):
                yield self._gap(ServerUmask if is_mask else SocketMode, line, where, role)
                continue
            bits = int(line.value, 8)
            if is_mask:
                yield ServerUmask(
                    location=where, server="supervisord", mask=bits, others_write=not bits & 0o002, role=role
                )
            else:
                yield SocketMode(location=where, server="supervisord", mode=bits, others=bool(bits & 0o002), role=role)

    def _users(self, path: str, role: str, lines: Sequence[IniLine], sure: Mapping[int, bool]) -> Iterator[Found]:
        """Of each program the user it is given, else that of supervisord, where it says one."""
        shared = next((line for line in reversed(lines) if (line.section, line.key) == ("supervisord", "user")), None)
        for section in dict.fromkeys(line.section for line in lines if line.section.startswith(_PROGRAMS)):
            own = {line.key: line for line in lines if line.section == section}
            if "command" not in own or program_of(own["command"].value) in _FOREIGN:
                continue
            user = own.get("user", shared)
            if user is None:
                continue
            where = Location(path=path, line=user.line if user.section == section else own["command"].header)
            if not sure[user.line]:
                yield self._gap(ServerUser, user, where, role)
                continue
            command = own["command"].value
            yield SupervisedProgram(
                location=where,
                program=section.partition(":")[2][:100],
                user=user.value[:60],
                starts=program_of(command)[:100],
                changes=changes_user(command),
                role=role,
            )

    def _control(self, path: str, role: str, lines: Sequence[IniLine], sure: Mapping[int, bool]) -> Iterator[Found]:
        held = {line.key: line for line in lines if line.section == "inet_http_server"}
        port = held.get("port")
        if port is None:
            return
        where = Location(path=path, line=port.line)
        if not sure[port.line]:
            yield self._gap(ServerControl, port, where, role)
            return
        host = port.value.rpartition(":")[0]
        yield ServerControl(
            location=where,
            server="supervisord",
            address=port.value[:60],
            everywhere=host in {"", "*", "0.0.0.0", "::", "[::]"},  # noqa: S104 - what is looked for
            password="password" in held,
            role=role,
        )

    def _gap(self, kind: type[Fact], line: IniLine, where: Location, role: str) -> Gap:
        return Gap(
            kinds=(kind.kind(),),
            collector=self.name,
            reason=Reason.TEMPLATED,
            detail=f"{line.key} of [{line.section[:60]}] is filled in elsewhere",
            location=where,
            about={"role": role, "server": "supervisord"},
        )
