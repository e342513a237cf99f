"""Modes, umask and temporary names in Python code."""

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._constants import Constants
from hardencheck.collect.extract._mode_values import ModeValues
from hardencheck.collect.extract._program_calls import command_lines
from hardencheck.collect.extract._python import NotLiteral, PythonFile, argument, parse, role, shorten
from hardencheck.collect.extract._shell import mode_changes
from hardencheck.lazily import compiled
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.oscalls import ModeCall, TemporaryName, Umask
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

# A file without any of these cannot have a fact of this module, so it is not even parsed.
_TOKENS = (
    b"chmod",
    b"umask",
    b"mkdir",
    b"makedirs",
    b"mkfifo",
    b"mknod",
    b"touch",
    b"mktemp",
    b"tempnam",
    b"tmpnam",
    b"/tmp",
    b"/dev/shm",
    b"os.open",
    b"O_CREAT",
    b"DaemonContext",
    b"setfacl",
    b"install",
)


class _Takes(NamedTuple):
    """Where a function takes its mode, whether the umask takes bits away from it, and the mode when none is given."""

    position: int
    masked: bool
    default: int | None = None


FUNCTIONS = {
    "os.chmod": _Takes(1, False),
    "os.fchmod": _Takes(1, False),
    "os.lchmod": _Takes(1, False),
    "os.mkdir": _Takes(1, True, 0o777),
    "os.makedirs": _Takes(1, True, 0o777),
    "os.open": _Takes(2, True, 0o777),
    "os.mkfifo": _Takes(1, True, 0o666),
    "os.mknod": _Takes(1, True, 0o600),
    "aiofiles.os.mkdir": _Takes(1, True, 0o777),
    "aiofiles.os.makedirs": _Takes(1, True, 0o777),
}
METHODS = {
    "chmod": _Takes(0, False),
    "lchmod": _Takes(0, False),
    "mkdir": _Takes(0, True, 0o777),
    "touch": _Takes(0, True, 0o666),
}
_OPEN = frozenset({"open", "io.open", "codecs.open", "aiofiles.open"})
NAMES_ONLY = frozenset({"tempfile.mktemp", "os.tempnam", "os.tmpnam"})
SHARED = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108
_WRITERS = frozenset({"write_text", "write_bytes"})
_COPIES = frozenset({"shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.move"})
_COPIES_MODE = frozenset({"shutil.copy", "shutil.copy2", "shutil.copymode", "shutil.copystat"})
# Take the umask of the process they start: subprocess since 3.9, python-daemon (its default is 0).
_TAKE_UMASK = frozenset({
    "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen",
    "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell",
})  # fmt: skip
_DAEMON = frozenset({"daemon.DaemonContext", "daemon.daemon.DaemonContext"})
# On a directory setgid only hands its group down.
_DIRECTORY = compiled(r"dir|folder|parent|root|spool|tree|mount|volume", re.IGNORECASE)


class OsCalls(Extractor):
    """os.chmod, mkdir, open, umask ..., tempfile.mktemp and fixed names under /tmp."""

    name = "python.os-calls"
    version = 2
    emits = (ModeCall, Umask, TemporaryName)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not any(word in data for word in _TOKENS):
            return
        yield from _File(path, parse(data)).found()


class _File:
    def __init__(self, path: str, file: PythonFile) -> None:
        self.file, self.path, self.role = file, path, role(path)
        self.constants = Constants(file)
        self.values = ModeValues(self.constants)
        # Names that hold a umask to put back, and the umask that is in force where a directory is made.
        self.keeps = {
            id(node.value): {self._text(target) for target in node.targets}
            for node in file.assigns
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and self._is_umask(node.value)
        }
        self.kept = {name for names in self.keeps.values() for name in names}
        self.umasks: dict[int, list[tuple[int, int | None]]] = {}
        for call in file.calls:
            if self._is_umask(call) and call.args:
                mask: int | None
                try:
                    mask = self._bits(call.args[0], call)
                except NotLiteral:
                    mask = None  # put back, or not known: then the usual one
                self.umasks.setdefault(id(file.scope(call)), []).append((call.lineno, mask))
        for held in self.umasks.values():
            held.sort(key=lambda one: one[0])

    def _bits(self, node: ast.expr, call: ast.Call) -> int:
        return self.values.bits(node, self.file.scope(call))

    def _text(self, node: ast.expr) -> str:
        return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""

    def _is_umask(self, call: ast.Call) -> bool:
        return self.file.name(call.func) == "os.umask"

    def found(self) -> Iterator[Found]:
        for call in self.file.calls:
            function = self.file.name(call.func)
            if function == "os.umask":
                yield from self._umask(call)
            elif function in FUNCTIONS:
                yield from self._mode(call, function, FUNCTIONS[function])
            elif function in NAMES_ONLY:
                yield self._temporary(call, "name without file", function, "")
            elif isinstance(call.func, ast.Attribute) and call.func.attr in METHODS and not function.startswith("sh."):
                yield from self._method(call, call.func.attr)
            elif function in _OPEN and self._writes(argument(call, 1, "mode")):
                yield from self._default(call, function, 0o666)
            if function in _TAKE_UMASK or function in _DAEMON:
                yield from self._umask_of_another(call, function)
            if function in _COPIES_MODE:
                yield from self._copied(call, function)
            yield from self._command(call, function)
            yield from self._fixed(call, function)

    def _here(self, node: ast.expr) -> Location:
        return Location(path=self.path, line=node.lineno, column=node.col_offset + 1)

    def _mode(self, call: ast.Call, function: str, takes: _Takes) -> Iterator[Found]:
        node = argument(call, takes.position, "mode")
        if node is None:
            hidden = any(isinstance(item, ast.Starred) for item in call.args)
            if not takes.masked and (len(call.args) < takes.position + 1 or hidden):
                yield self._gap(call, function, takes.masked, "its mode is not among the arguments seen")
            elif takes.default is not None and not hidden:
                if function != "os.open" or self._creates(argument(call, 1, "flags")):
                    yield from self._default(call, function, takes.default)
            return
        yield from self._asked(call, function, takes.masked, node)

    def _creates(self, flags: ast.expr | None) -> bool:
        return flags is not None and any(
            isinstance(node, ast.Attribute | ast.Name) and self.file.name(node).endswith("O_CREAT")
            for node in ast.walk(flags)
        )

    def _default(self, call: ast.Call, function: str, mode: int) -> Iterator[Found]:
        """What is made without a mode matters only where the same function has cleared the umask before."""
        own = self._own_umask(call)
        if own is not None and not own & 0o002:
            yield self._made(call, function, mode, masked=True, directory="dir" in function)

    def _asked(self, call: ast.Call, function: str, masked: bool, node: ast.expr) -> Iterator[Found]:
        try:
            bits = self._bits(node, call)
        except NotLiteral:
            yield self._gap(call, function, masked, f"{function}: its mode is {shorten(node)}: not a literal")
            return
        yield self._made(
            call,
            function,
            bits & 0o7777 if bits >= 0 else 0,
            masked=masked,
            decimal=self.values.is_decimal_mode(node, self.file.scope(call)),
            directory=masked or self._on_a_directory(call),
        )

    def _made(
        self, call: ast.Call, function: str, bits: int, *, masked: bool, decimal: bool = False, directory: bool = False
    ) -> ModeCall:
        return ModeCall(
            location=self._here(call),
            function=function,
            bits=bits,
            masked=masked,
            own_umask=self._own_umask(call) if masked else None,
            decimal=decimal,
            directory=directory,
            role=self.role,
        )

    def _on_a_directory(self, call: ast.Call) -> bool:
        target = call.args[0] if call.args else argument(call, 0, "path")
        if isinstance(call.func, ast.Attribute) and self.file.name(call.func) not in FUNCTIONS:
            target = call.func.value
        text = shorten(target) if target is not None else ""
        written = self.constants.text(target, self.file.scope(call)) if target is not None else None
        return (
            _DIRECTORY.search(text) is not None
            or (written is not None and (written.endswith("/") or _DIRECTORY.search(written) is not None))
            or text in self._made_directories
        )

    @cached_property
    def _made_directories(self) -> set[str]:
        """The paths that this file makes or knows as directories, as it writes them."""
        found = set()
        for call in self.file.calls:
            name = self.file.name(call.func)
            last = call.func.attr if isinstance(call.func, ast.Attribute) else name
            if name.endswith(("os.mkdir", "os.makedirs", "path.isdir")) and call.args:
                found.add(shorten(call.args[0]))
            elif last in {"mkdir", "is_dir"} and isinstance(call.func, ast.Attribute):
                found.add(shorten(call.func.value))
        return found

    def _method(self, call: ast.Call, method: str) -> Iterator[Found]:
        """`path.chmod(mode)`, and `client.chmod(path, mode)` of remote file systems where the mode is a literal."""
        takes = METHODS[method]
        function = f"Path.{method}"
        node = argument(call, takes.position, "mode")
        named = any(keyword.arg == "mode" for keyword in call.keywords)
        if len(call.args) >= 2 and isinstance(call.args[1], ast.Constant) and type(call.args[1].value) is int:
            node = call.args[1]
        elif takes.masked and not named:
            # mkdir and touch are names of many methods: only a number, or a name of one, is a mode for certain.
            if node is None and not call.args and takes.default is not None:
                yield from self._default(call, function, takes.default)
                return
            held = self.constants.value(node, self.file.scope(call)).node if node is not None else None
            if not (isinstance(held, ast.Constant) and type(held.value) is int):
                return
        elif len(call.args) > 1:
            return
        if node is not None and not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield from self._asked(call, function, takes.masked, node)

    def _umask(self, call: ast.Call) -> Iterator[Found]:
        node = argument(call, 0, "mask")
        if node is not None and self._text(node) not in self.kept:
            yield from self._mask(call, "os.umask", node, self._is_restored(call))

    def _umask_of_another(self, call: ast.Call, function: str) -> Iterator[Found]:
        node = argument(call, None, "umask")
        if node is not None and not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)):
            yield from self._mask(call, function, node, False)
        elif node is None and function in _DAEMON and not any(keyword.arg is None for keyword in call.keywords):
            yield Umask(
                location=self._here(call),
                function=function,
                mask=0,
                others_write=True,
                restored=False,
                decimal=False,
                role=self.role,
            )

    def _mask(self, call: ast.Call, function: str, node: ast.expr, restored: bool) -> Iterator[Found]:
        try:
            mask = self._bits(node, call)
        except NotLiteral:
            about: dict[str, Scalar] = {"role": self.role, "restored": restored}
            yield Gap(
                kinds=(Umask.kind(),),
                collector=OsCalls.name,
                reason=Reason.NOT_LITERAL,
                detail=f"{function}({shorten(node)}): not a literal",
                location=self._here(call),
                about=about,
            )
            return
        yield Umask(
            location=self._here(call),
            function=function,
            mask=mask & 0o777,
            others_write=not mask & 0o002,
            restored=restored,
            decimal=self.values.is_decimal_umask(node, self.file.scope(call)),
            role=self.role,
        )

    def _is_restored(self, call: ast.Call) -> bool:
        return not self._given_back.isdisjoint(self.keeps.get(id(call), ()))

    @cached_property
    def _given_back(self) -> set[str]:
        """The names that umask is called with."""
        return {self._text(call.args[0]) for call in self.file.calls if self._is_umask(call) and call.args} - {""}

    def _own_umask(self, call: ast.Call) -> int | None:
        """The umask that the same function has set last before a call; None where it has set none or put it back."""
        held = self.umasks.get(id(self.file.scope(call)), [])
        at = bisect_right(held, call.lineno, key=lambda one: one[0])
        last = held[at - 1][1] if at else None
        return None if last is None else last & 0o777

    def _copied(self, call: ast.Call, function: str) -> Iterator[Found]:
        """The copy of a file has the mode that the same function gave the file before."""
        source = argument(call, 0, "src")
        if source is None:
            return
        for line, bits in self._loosened.get((id(self.file.scope(call)), ast.dump(source)), ()):
            if line < call.lineno:
                yield self._made(call, function, bits & 0o7777, masked=False)
                return

    @cached_property
    def _loosened(self) -> dict[tuple[int, str], list[tuple[int, int]]]:
        """(function, the file as written) -> line and bits of each os.chmod that gives others, or an owner's rights."""
        found: dict[tuple[int, str], list[tuple[int, int]]] = {}
        for call in self.file.calls:
            node = argument(call, 1, "mode") if self.file.name(call.func) == "os.chmod" and call.args else None
            if node is None:
                continue
            try:
                bits = self._bits(node, call)
            except NotLiteral:
                continue
            if bits & 0o4002:
                key = (id(self.file.scope(call)), ast.dump(call.args[0]))
                found.setdefault(key, []).append((call.lineno, bits))
        return {key: sorted(places) for key, places in found.items()}

    def _command(self, call: ast.Call, function: str) -> Iterator[Found]:
        """chmod, install and mkdir run as programs."""
        for words in command_lines(call, function, self.file.scope(call), self.constants):
            for change in mode_changes(words, {}):
                name = f"{function or 'run'} {change.command}"
                if change.bits is None:
                    text = f"{name}: its mode is not a literal"
                    yield self._gap(call, name, False, text)
                    continue
                directory = any(_DIRECTORY.search(target) or target.endswith("/") for target in change.targets)
                yield self._made(
                    call, name, change.bits, masked=False, directory=directory or change.command == "mkdir"
                )

    def _fixed(self, call: ast.Call, function: str) -> Iterator[Found]:
        """A literal path in a shared directory, opened for writing without O_EXCL."""
        node: ast.expr | None = None
        scope = self.file.scope(call)
        if function in _OPEN:
            if self._writes(argument(call, 1, "mode")):
                node = argument(call, 0, "file")
        elif function in _COPIES:
            node = argument(call, 1, "dst")
        elif isinstance(call.func, ast.Attribute):
            method = call.func.attr
            opens = method == "open" and self._writes(argument(call, 0, "mode"))
            if method in _WRITERS or opens or method == "touch":
                base, scope = self.constants.value(call.func.value, scope)
                if isinstance(base, ast.Call) and self.file.name(base.func) in {"pathlib.Path", "pathlib.PosixPath"}:
                    node = base.args[0] if len(base.args) == 1 else None
                    function = f"Path.{method}"
        value = self.constants.value(node, scope).node if node is not None else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.startswith(SHARED):
            yield self._temporary(call, "fixed name", function, value.value[:100])

    def _writes(self, mode: ast.expr | None) -> bool:
        return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(set(mode.value) & set("wa+"))

    def _temporary(self, call: ast.Call, how: str, function: str, path: str) -> TemporaryName:
        return TemporaryName(
            location=self._here(call),
            how="fixed name" if how == "fixed name" else "name without file",
            function=function,
            path=path,
            role=self.role,
        )

    def _gap(self, call: ast.Call, function: str, masked: bool, detail: str) -> Gap:
        return Gap(
            kinds=(ModeCall.kind(),),
            collector=OsCalls.name,
            reason=Reason.NOT_LITERAL,
            detail=detail,
            location=self._here(call),
            about={"role": self.role, "function": function, "masked": masked},
        )
