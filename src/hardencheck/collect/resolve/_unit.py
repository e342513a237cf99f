"""One service of systemd: what each of its directives comes to. Source: systemd.exec(5), systemd.service(5)."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.extract._privileges import CAPABILITIES, capability, is_root
from hardencheck.collect.extract.systemd import DIRECTORIES
from hardencheck.model.facts.orchestration import UnitDirective, UnitFile, UnitMatter

_TRUE = frozenset({"1", "yes", "y", "true", "t", "on"})
_FALSE = frozenset({"0", "no", "n", "false", "f", "off"})
_USUAL_MODE = 0o755  # systemd.exec(5), StateDirectoryMode
_SYSTEM = ("/", "/etc", "/usr", "/boot", "/efi", "/bin", "/sbin", "/lib", "/lib64", "/root", "/sys", "/proc", "/dev")
# systemd.exec(5): what PrivateDevices and its like take out of the bounding set.
_TAKES = {
    "PrivateDevices": {"MKNOD", "SYS_RAWIO"},
    "ProtectKernelModules": {"SYS_MODULE"},
    "ProtectKernelLogs": {"SYSLOG"},
    "ProtectClock": {"SYS_TIME", "WAKE_ALARM"},
}


_BOOLEANS = frozenset({
    "DynamicUser", "NoNewPrivileges", "PrivateDevices", "RestrictSUIDSGID", "PermissionsStartOnly", "ProtectClock",
    "ProtectKernelModules", "ProtectKernelLogs", "ProtectKernelTunables", "MemoryDenyWriteExecute", "RestrictRealtime",
    "LockPersonality",
})  # fmt: skip
_MORE = {
    "ProtectSystem": {"full", "strict"}, "ProtectHome": {"read-only", "tmpfs"}, "PrivateTmp": {"disconnected"},
}  # fmt: skip


def _valid(line: UnitDirective) -> bool:
    """Whether systemd takes a line: switches and modes that do not parse, empty ones too, are passed over with a
    warning, and what stood before holds. Lists and names may be empty."""
    low = line.value.lower()
    if line.key in _BOOLEANS or line.key in _MORE:
        return low in _TRUE or low in _FALSE or low in _MORE.get(line.key, ())
    if line.key == "UMask" or line.key.endswith("Mode"):
        return mode_of(line.value) is not None
    return True


class Judged(NamedTuple):
    """weak: None where it cannot be told; value then says why. dynamic: only running it tells."""

    setting: UnitMatter
    weak: bool | None
    value: str
    path: str
    line: int
    dynamic: bool = False


class Unit:
    """A unit with its drop-ins, in the order in which systemd reads them."""

    def __init__(self, file: UnitFile, layers: Sequence[UnitFile], lines: Sequence[UnitDirective]) -> None:
        self.name, self.role = file.unit, file.role
        self.path, self.header = file.location.path or "", file.location.line or 1
        self.lines = [line for line in lines if not line.sure or _valid(line)]
        self.layers = layers
        started = [layer for layer in layers if layer.program]
        self.program = started[-1].program if started else ""
        self.foreign = bool(started) and started[-1].foreign
        self.changes = started[-1].changes if started else ""
        self.full = started[-1] if started and started[-1].full else None
        managers = {layer.manager for layer in layers}
        self.of_user = "user" in managers
        # What only the user's manager or only that of the machine would mean.
        self.of_either = "either" in managers and all(line.key not in {"User", "DynamicUser"} for line in self.lines)
        self.open = any(layer.open for layer in layers)
        self.listens = any(layer.listens for layer in layers)

    def last(self, *keys: str) -> UnitDirective | None:
        """The line that holds; of names of one directive the last."""
        return next((line for line in reversed(self.lines) if line.key in keys), None)

    def all(self, *keys: str) -> list[UnitDirective]:
        """The lines that hold together; one without a value takes those before it back."""
        held: list[UnitDirective] = []
        for line in self.lines:
            if line.key in keys:
                held = [*held, line] if line.value else []
        return held

    def on(self, key: str) -> bool | None:
        """A switch; None where it cannot be told."""
        line = self.last(key)
        if line is None:
            return False
        if not line.sure:
            return None
        low = line.value.lower()
        return True if low in _TRUE else False if low in _FALSE else None

    @property
    def dynamic_user(self) -> bool:
        return self.on("DynamicUser") is True

    def unprivileged(self) -> bool:
        user = self.last("User")
        if user is None or not user.value:
            return self.dynamic_user
        return not is_root(user.value)


def mode_of(text: str) -> int | None:
    """A mode as systemd reads it: octal, whether it begins with 0 or not."""
    return int(text, 8) if re.fullmatch(r"[0-7]{1,5}", text) else None


def judged(unit: Unit) -> Iterator[Judged]:
    yield from _umask(unit)
    yield from _directory_modes(unit)
    yield from _readable(unit)
    if unit.of_user:
        return  # a user's manager can give nothing that its user has not, and take little
    if unit.of_either:
        found = _said(unit, "root", None, "default.target: of the machine, as root, or of a user's own manager", None)
        yield found._replace(dynamic=True)
        return
    yield from _user(unit)
    yield _no_new_privileges(unit)
    protected = "strict, by DynamicUser" if unit.dynamic_user else ""
    yield _level(unit, "protect-system", "ProtectSystem", protected)
    yield _level(unit, "protect-home", "ProtectHome", protected and "read-only, by DynamicUser")
    yield _level(unit, "private-tmp", "PrivateTmp", protected and "by DynamicUser")
    yield _level(unit, "private-devices", "PrivateDevices", "")
    yield _level(unit, "set-id", "RestrictSUIDSGID", protected and "by DynamicUser")
    yield from _ambient(unit)
    yield _bounding_set(unit)
    yield _system_calls(unit)
    yield from _writable(unit)
    yield from _start_only(unit)


def _said(unit: Unit, setting: UnitMatter, weak: bool | None, value: str, line: UnitDirective | None) -> Judged:
    if line is None:
        return Judged(setting, weak, value, unit.path, unit.header)
    return Judged(setting, weak, value, line.location.path or unit.path, line.location.line or unit.header)


def _lacks(unit: Unit, setting: UnitMatter, value: str, line: UnitDirective | None = None) -> Judged:
    """Nothing says it, unless the template of the unit does."""
    if unit.open and line is None:
        return _said(unit, setting, None, f"a template decides on {setting}", None)
    return _said(unit, setting, True, value, line)


def _filled(unit: Unit, setting: UnitMatter, line: UnitDirective) -> Judged:
    return _said(unit, setting, None, f"{line.key} is filled in elsewhere", line)


def _user(unit: Unit) -> Iterator[Judged]:
    line = unit.last("User")
    if unit.full is not None:
        path = unit.full.location.path or unit.path
        yield Judged("root", True, "ExecStart=+ runs as root whatever User= says", path, unit.full.full)
    elif unit.dynamic_user and not (line is not None and is_root(line.value)):
        # A name that there is goes before one that would be made: with User=root it is root.
        yield _said(unit, "root", False, "a user of its own, by DynamicUser", unit.last("DynamicUser"))
    elif unit.on("DynamicUser") is None:
        dynamic = unit.last("DynamicUser")
        assert dynamic is not None
        yield _filled(unit, "root", dynamic)
    elif line is not None and not line.sure:
        yield _filled(unit, "root", line)
    elif line is not None and line.value and not is_root(line.value):
        yield _said(unit, "root", False, f"User={line.value[:60]}", line)
    elif unit.changes:
        found = _said(unit, "root", None, f"starts as root and may change to another user ({unit.changes})", line)
        yield found._replace(dynamic=True)
    elif line is not None:
        yield _said(unit, "root", True, f"User={line.value[:60]}" if line.value else "User= takes the user back", line)
    else:
        yield _lacks(unit, "root", "no User=: it runs as root")


def _umask(unit: Unit) -> Iterator[Judged]:
    line = unit.last("UMask")
    if line is None or not line.value:
        yield _said(unit, "umask", False, "022, the default", line)
        yield _lacks(unit, "umask-readable", "no UMask=: what it makes is readable by everybody")
        return
    mask = mode_of(line.value)
    if mask is None or not line.sure:
        yield _filled(unit, "umask", line)
        yield _filled(unit, "umask-readable", line)
    else:
        yield _said(unit, "umask", not mask & 0o002, f"UMask={line.value}", line)
        # One that lets everybody write is said to be that, and no more.
        yield _said(unit, "umask-readable", mask & 0o006 == 0o002, f"UMask={line.value}", line)


def _no_new_privileges(unit: Unit) -> Judged:
    """Older versions took SystemCallFilter= and its like for it as well; newer ones, and `systemd-analyze`, do not."""
    line = unit.last("NoNewPrivileges")
    if unit.on("NoNewPrivileges") or unit.dynamic_user:
        return _said(unit, "no-new-privileges", False, "NoNewPrivileges=yes", line)
    if line is not None and unit.on("NoNewPrivileges") is None:
        return _filled(unit, "no-new-privileges", line)
    if line is not None and line.value:
        return _said(unit, "no-new-privileges", True, f"NoNewPrivileges={line.value[:20]}", line)
    return _lacks(unit, "no-new-privileges", "no NoNewPrivileges=")


def _level(unit: Unit, setting: UnitMatter, key: str, implied: str) -> Judged:
    """A switch that has other values besides. implied: what it comes to where it is off or not set; "" for nothing."""
    line = unit.last(key)
    if line is not None and (unit.on(key) or (line.sure and line.value.lower() in _MORE.get(key, ()))):
        return _said(unit, setting, False, f"{key}={line.value[:40]}", line)
    if implied:
        return _said(unit, setting, False, f"{key}: {implied}", None)
    if line is not None and unit.on(key) is None:
        return _filled(unit, setting, line)
    if line is not None and line.value:
        return _said(unit, setting, True, f"{key}={line.value[:40]}", line)
    return _lacks(unit, setting, f"no {key}=")


def _names(line: UnitDirective) -> frozenset[str]:
    return frozenset(capability(word) for word in line.value.lstrip("~").split())


def _ambient(unit: Unit) -> Iterator[Judged]:
    held = unit.all("AmbientCapabilities")
    for line in held:
        near = sorted(_names(line) & CAPABILITIES) if not line.value.startswith("~") else []
        if not line.sure:
            yield _filled(unit, "capabilities", line)
        elif near or line.value.startswith("~"):
            yield _said(unit, "capabilities", True, f"AmbientCapabilities={line.value[:100]}", line)
        else:
            yield _said(unit, "capabilities", False, f"AmbientCapabilities={line.value[:100]}", line)
    if not held:
        yield _said(unit, "capabilities", False, "no ambient capability", None)


def _bounding_set(unit: Unit) -> Judged:
    """The set as systemd merges it: an empty line is the empty set, "~" alone is all of them again."""
    lines = [line for line in unit.lines if line.key == "CapabilityBoundingSet"]
    every = frozenset(CAPABILITIES - {"ALL"})
    held: frozenset[str] | None = None  # None: all of them
    for line in lines:
        if not line.sure:
            return _filled(unit, "bounding-set", line)
        names = _names(line)
        if line.value.startswith("~"):
            held = None if not names else (every if held is None else held) - names
        else:
            held = names if held is None or not names else held | names
    taken = {name for key, names in _TAKES.items() if unit.on(key) for name in names}
    left = (every if held is None else held & every) - taken
    if held is None:
        last = lines[-1] if lines else None
        return _lacks(unit, "bounding-set", "no CapabilityBoundingSet=: a setuid program gets all of them", last)
    if left:
        return _said(unit, "bounding-set", True, f"the bounding set has {', '.join(sorted(left))}"[:200], lines[-1])
    return _said(unit, "bounding-set", False, "no capability near to root can be had", lines[-1])


def _system_calls(unit: Unit) -> Judged:
    held = unit.all("SystemCallFilter")
    if any(not line.sure for line in held):
        return _filled(unit, "system-calls", next(line for line in held if not line.sure))
    if held:
        return _said(unit, "system-calls", False, f"SystemCallFilter={held[0].value[:80]}", held[0])
    return _lacks(unit, "system-calls", "no SystemCallFilter=")


def _directory_modes(unit: Unit) -> Iterator[Judged]:
    weak = False
    for key in (f"{name}DirectoryMode" for name in DIRECTORIES):
        line = unit.last(key)
        if line is None or not line.value:
            continue
        mode = mode_of(line.value)
        if mode is None or not line.sure:
            yield _filled(unit, "directory-mode", line)
        elif mode & 0o4002:
            weak = True
            yield _said(unit, "directory-mode", True, f"{key}={line.value}", line)
    if not weak:
        yield _said(unit, "directory-mode", False, "no directory that everybody may write to", None)


def _readable(unit: Unit) -> Iterator[Judged]:
    """Directories of data that everybody may enter; that of the runtime holds the socket the proxy must reach. Those of
    a DynamicUser are below a directory of root's alone, but for the configuration."""
    weak = False
    for name in ("Configuration",) if unit.dynamic_user else ("State", "Cache", "Logs", "Configuration"):
        made = unit.all(f"{name}Directory")
        if not made:
            continue
        line = unit.last(f"{name}DirectoryMode")
        mode = mode_of(line.value) if line is not None else _USUAL_MODE
        if mode is None or (line is not None and not line.sure):
            yield _filled(unit, "directory-readable", line or made[-1])
        elif mode & 0o007 and not mode & 0o4002:
            weak = True
            value = (
                f"{name}DirectoryMode={line.value}" if line is not None else f"{name}Directory= without a mode: 0755"
            )
            yield _said(unit, "directory-readable", True, value, line or made[-1])
    if not weak:
        yield _said(unit, "directory-readable", False, "no directory of data that everybody may enter", None)


def _writable(unit: Unit) -> Iterator[Judged]:
    weak = False
    for line in unit.all("ReadWritePaths", "ReadWriteDirectories"):
        for word in line.value.split():
            path = word.strip("\"'").lstrip("-+")
            path = path.rstrip("/") or "/"
            if path in _SYSTEM:
                weak = True
                yield _said(unit, "writable-paths", True, f"{line.key}={word[:60]}", line)
    if not weak:
        yield _said(unit, "writable-paths", False, "nothing of the system", None)


def _start_only(unit: Unit) -> Iterator[Judged]:
    line = unit.last("PermissionsStartOnly")
    if line is not None and unit.on("PermissionsStartOnly") is None:
        yield _filled(unit, "start-only", line)
    elif line is not None and line.value:
        weak = bool(unit.on("PermissionsStartOnly")) and unit.unprivileged()
        yield _said(unit, "start-only", weak, f"PermissionsStartOnly={line.value[:10]}", line)
