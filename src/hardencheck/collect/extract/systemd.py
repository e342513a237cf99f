"""Units of systemd and their drop-ins: who a service runs as, and what it may do on the machine."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._environment_facts import role_of
from hardencheck.collect.extract._environment_text import IniLine, Template, ini_lines, untemplated
from hardencheck.collect.extract._privileges import FOREIGN, changes_user, program_of
from hardencheck.collect.extract._templates import COPIED, FILLED_IN
from hardencheck.lazily import compiled
from hardencheck.model.facts.orchestration import Manager, UnitDirective, UnitFile, UnitSetting
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_BYTES = 256 * 1024
MAX_DIRECTIVES = 2_000
_TEMPLATE = rf"(?:{'|'.join(map(re.escape, (*FILLED_IN, *COPIED)))})?"
_UNIT = compiled(
    rf"(?P<unit>[^/]+\.(?:service|socket)){_TEMPLATE}|"
    rf"(?:.*/)?(?P<above>[^/]+\.(?:service|socket))\.d/[^/]+\.conf{_TEMPLATE}"
)
_SECTION = compiled(rb"^\[(?:Service|Socket)\]", re.MULTILINE)
DIRECTORIES = ("Runtime", "State", "Cache", "Logs", "Configuration")
# Directives that the resolver puts together; nothing else of a unit is kept.
_KEPT = frozenset({
    "User", "Group", "DynamicUser", "UMask", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp",
    "PrivateDevices", "CapabilityBoundingSet", "AmbientCapabilities", "SystemCallFilter", "RestrictSUIDSGID",
    "ReadWritePaths", "ReadWriteDirectories", "PermissionsStartOnly", "SocketMode", "SystemCallArchitectures",
    "RestrictAddressFamilies", "RestrictNamespaces", "ProtectKernelTunables", "ProtectKernelModules",
    "ProtectKernelLogs", "ProtectClock", "MemoryDenyWriteExecute", "RestrictRealtime", "LockPersonality",
    "RootDirectory", "RootImage", "PrivateUsers", "InaccessiblePaths", "InaccessibleDirectories",
    *(f"{name}DirectoryMode" for name in DIRECTORIES), *(f"{name}Directory" for name in DIRECTORIES),
    "StandardOutput", "StandardError",
})  # fmt: skip
# Filled in when it is installed, or by systemd for an instance (a specifier).
_OPEN = compiled(r"\{\{|<%|\$\{?\w|@\w+@|__\w+__|(?<!%)%[A-Za-z]|^<[^>]*>$")
_BARE = compiled(r"^\s*\{\{|^\s*\{%-?\s*(?:include|import|extends|call)\b|[%}]\}\s*[A-Z][A-Za-z]+\s*=")


class SystemdUnits(Extractor):
    """NAME.service, NAME.socket and what stands in NAME.service.d/, templates of them too."""

    name = "systemd.units"
    version = 3
    emits = (UnitFile, UnitDirective, UnitSetting)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return unit_name(path) != ""

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if _SECTION.search(data) is None:
            return
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than a unit has", reason=Reason.TOO_LARGE)
        text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
        template = untemplated(text)
        unit = unit_name(path)
        section = "Socket" if unit.endswith(".socket") else "Service"
        lines = [line for line in ini_lines(template.text, backslash=True) if line.section == section]
        header = next((line.header for line in lines), 0)
        if not header:
            return
        if len(lines) > MAX_DIRECTIVES:
            raise Unreadable(f"more than {MAX_DIRECTIVES} lines of a unit", reason=Reason.BUDGET)
        start = _start(lines)
        yield UnitFile(
            location=Location(path=path, line=header),
            unit=unit,
            drop_in=is_drop_in(path),
            program=start.program,
            foreign=start.program in FOREIGN,
            changes=start.changes,
            full=start.full,
            listens=any(_path_of(line) for line in lines),
            manager=_manager(path, template.text, lines),
            open=_opens(text, template),
            role=placed_role(path),
        )
        for line in lines:
            if line.key in _KEPT:
                yield UnitDirective(
                    location=Location(path=path, line=line.line),
                    unit=unit,
                    key=line.key,
                    value=line.value[:2000],
                    sure=line.line not in template.unsure and _OPEN.search(line.value) is None,
                )


def unit_name(path: str) -> str:
    """ "web.service" for that file, for a template of it, and for a drop-in of it; "" for anything else."""
    if ".service" not in path and ".socket" not in path:
        return ""
    match = _named(path)
    return (match["unit"] or match["above"]) if match is not None else ""


def is_drop_in(path: str) -> bool:
    """Whether a unit's file only adds to it: web.service.d/x.conf, but not units.d/web.service."""
    match = _named(path)
    return match is not None and match["above"] is not None


def _named(path: str) -> re.Match[str] | None:
    folder, _, name = path.rpartition("/")
    return _UNIT.fullmatch(name) or _UNIT.fullmatch(f"{folder.rpartition('/')[2]}/{name}")


def placed_role(path: str) -> str:
    """What a unit is for, by where it is: `systemctl edit` calls every drop-in override.conf, which says nothing."""
    return role_of(path.replace(".d/override.conf", ".d/x.conf"))


class _Start(NamedTuple):
    program: str
    changes: str
    full: int


def _start(lines: list[IniLine]) -> _Start:
    """What ExecStart starts; of several (oneshot) the last, and one with all privileges wherever it stands. An empty
    one takes those before it back."""
    program = changes = ""
    full = 0
    for line in lines:
        if line.key != "ExecStart":
            continue
        command = line.value.lstrip("@-:+!|")
        if not command:
            program, changes, full = "", "", 0
            continue
        prefix = line.value[: len(line.value) - len(command)]
        program = program_of(command)
        changes = changes_user(command)
        full = full or (line.line if "+" in prefix else 0)
    return _Start(program[:100], changes, full)


def _path_of(line: IniLine) -> bool:
    listens = line.key in {"ListenStream", "ListenDatagram", "ListenSequentialPacket", "ListenFIFO"}
    return listens and line.value[:1] in {"/", "%", "{"}


def _manager(path: str, text: str, lines: list[IniLine]) -> Manager:
    """Which manager a unit is for. That of a user takes no User=; default.target is of both."""
    if any(line.key in {"User", "DynamicUser"} for line in lines):
        return "system"
    if re.search(r"systemd/user/|\.config/systemd/|\.local/share/systemd/", path):
        return "user"
    wanted = (line for line in ini_lines(text, backslash=True) if line.section == "Install" and line.key == "WantedBy")
    return "either" if any("default.target" in line.value.split() for line in wanted) else "system"


def _opens(text: str, template: Template) -> bool:
    lines = text.split("\n")
    return any(_BARE.search(lines[number - 1]) for number in template.actions if number <= len(lines))
