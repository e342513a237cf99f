"""supervisord: the umask of the programs it starts, and the socket by which it is told what to do.

Source: supervisor 4, "Configuration File" (umask 022, unix_http_server.chmod 0700, both octal).
"""

import re
from collections.abc import Iterable

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._environment_facts import role_of
from hardencheck.collect.extract._environment_text import ini_lines, untemplated
from hardencheck.collect.extract._yaml_templates import OPEN, without_endings
from hardencheck.lazily import compiled
from hardencheck.model.facts.orchestration import ServerUmask, SocketMode
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 512 * 1024
MAX_LINES = 20_000
_SECTION = compiled(rb"^\[(?:program:|fcgi-program:|supervisord\]|unix_http_server\])", re.MULTILINE)


class Supervisor(Extractor):
    """Whatever .conf or .ini has a program of supervisord."""

    name = "supervisor.modes"
    emits = (ServerUmask, SocketMode)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return without_endings(path).endswith((".conf", ".ini"))

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if _SECTION.search(data) is None:
            return
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than is read of such a file", reason=Reason.TOO_LARGE)
        template = untemplated(data.decode("utf-8-sig", "replace").replace("\r\n", "\n"))
        role = role_of(path)
        for count, line in enumerate(ini_lines(template.text)):
            if count > MAX_LINES:
                raise Unreadable(f"more than {MAX_LINES} lines", reason=Reason.BUDGET)
            section = line.section.partition(":")[0]
            is_mask = line.key == "umask" and section in {"supervisord", "program", "fcgi-program"}
            if not is_mask and (section, line.key) not in {
                ("unix_http_server", "chmod"),
                ("fcgi-program", "socket_mode"),
            }:
                continue
            where = Location(path=path, line=line.line)
            text = line.value.partition(";")[0].strip()
            if line.line in template.unsure or OPEN.search(text) or not re.fullmatch(r"[0-7]{1,5}", text):
                yield Gap(
                    kinds=((ServerUmask if is_mask else SocketMode).kind(),),
                    collector=self.name,
                    reason=Reason.TEMPLATED,
                    detail=f"{line.key} of [{line.section[:60]}] is filled in elsewhere",
                    location=where,
                    about={"role": role, "server": "supervisord"},
                )
                continue
            bits = int(text, 8)
            if is_mask:
                yield ServerUmask(
                    location=where, server="supervisord", mask=bits, others_write=not bits & 0o002, role=role
                )
            else:
                yield SocketMode(location=where, server="supervisord", mode=bits, others=bool(bits & 0o002), role=role)
