"""Modes, umask and temporary names in Python code."""

import ast
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._python import NotLiteral, PythonFile, argument, parse, role, shorten
from hardencheck.collect.extract._shell import commands, mode_changes
from hardencheck.lazily import compiled
from hardencheck.model.facts.oscalls import ModeCall, TemporaryName, Umask
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

# A file without any of these cannot have a fact of this module, so it is not even parsed.
_TOKENS = compiled(
    rb"chmod|umask|mkdir|makedirs|mkfifo|mknod|\btouch\b|mktemp|tempnam|tmpnam|/tmp|/dev/shm|os\.open|O_CREAT"
)


class _Takes(NamedTuple):
    """Where a function takes its mode, and whether the umask takes bits away from it."""

    position: int
    masked: bool


FUNCTIONS = {
    "os.chmod": _Takes(1, False),
    "os.fchmod": _Takes(1, False),
    "os.lchmod": _Takes(1, False),
    "os.mkdir": _Takes(1, True),
    "os.makedirs": _Takes(1, True),
    "os.open": _Takes(2, True),
    "os.mkfifo": _Takes(1, True),
    "os.mknod": _Takes(1, True),
    "aiofiles.os.mkdir": _Takes(1, True),
    "aiofiles.os.makedirs": _Takes(1, True),
}
METHODS = {
    "chmod": _Takes(0, False),
    "lchmod": _Takes(0, False),
    "mkdir": _Takes(0, True),
    "touch": _Takes(0, True),
}
NAMES_ONLY = frozenset({"tempfile.mktemp", "os.tempnam", "os.tmpnam"})
RUNNERS = frozenset({
    "os.system", "os.popen", "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
    "subprocess.Popen", "subprocess.getoutput",
})  # fmt: skip
SHARED = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108
_WRITERS = frozenset({"write_text", "write_bytes"})
_COPIES = frozenset({"shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.move"})


class OsCalls(Extractor):
    """os.chmod, mkdir, open, umask ..., tempfile.mktemp and fixed names under /tmp."""

    name = "python.os-calls"
    emits = (ModeCall, Umask, TemporaryName)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if _TOKENS.search(data) is None:
            return
        yield from _File(path, parse(data)).found()


class _File:
    def __init__(self, path: str, file: PythonFile) -> None:
        self.file, self.path, self.role = file, path, role(path)
        self.values = self._values()
        # Names that hold a umask to put back, and the umask that is in force where a directory is made.
        self.kept = {
            target
            for node in file.assigns
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and self._is_umask(node.value)
            for target in map(self._text, node.targets)
        }
        self.umasks: dict[int, list[tuple[int, int]]] = {}
        for call in file.calls:
            if self._is_umask(call) and call.args:
                try:
                    mask = self.bits(call.args[0])
                except NotLiteral:
                    continue
                self.umasks.setdefault(id(file.scope(call)), []).append((call.lineno, mask))

    def _values(self) -> dict[str, ast.expr]:
        found: dict[str, ast.expr] = {}
        for node in self.file.assigns:
            if isinstance(node, ast.Assign):
                found.update((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                found[node.target.id] = node.value
        return found

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
            elif function in RUNNERS:
                yield from self._command(call, function)
            elif isinstance(call.func, ast.Attribute) and call.func.attr in METHODS:
                yield from self._method(call, call.func.attr)
            yield from self._fixed(call, function)

    def _here(self, node: ast.expr) -> Location:
        return Location(path=self.path, line=node.lineno, column=node.col_offset + 1)

    def _mode(self, call: ast.Call, function: str, takes: _Takes) -> Iterator[Found]:
        node = argument(call, takes.position, "mode")
        if node is None:
            if not takes.masked and (
                len(call.args) < takes.position + 1 or any(isinstance(a, ast.Starred) for a in call.args)
            ):
                yield self._gap(call, function, takes.masked, "its mode is not among the arguments seen")
            return  # the default of a masked function is the umask's business
        yield from self._asked(call, function, takes.masked, node)

    def _asked(self, call: ast.Call, function: str, masked: bool, node: ast.expr) -> Iterator[Found]:
        try:
            bits = self.bits(node)
        except NotLiteral:
            yield self._gap(call, function, masked, f"{function}: its mode is {shorten(node)}: not a literal")
            return
        yield ModeCall(
            location=self._here(call),
            function=function,
            bits=bits & 0o7777 if bits >= 0 else 0,
            masked=masked,
            own_umask=self._own_umask(call),
            decimal=self._is_decimal(node, _MODE_DIGITS),
            role=self.role,
        )

    def _method(self, call: ast.Call, method: str) -> Iterator[Found]:
        """`path.chmod(mode)`, and `client.chmod(path, mode)` of remote file systems where the mode is a literal."""
        takes = METHODS[method]
        function = f"Path.{method}"
        node = argument(call, takes.position, "mode")
        if len(call.args) >= 2 and isinstance(call.args[1], ast.Constant) and type(call.args[1].value) is int:
            node = call.args[1]
        elif takes.masked and not any(keyword.arg == "mode" for keyword in call.keywords):
            # mkdir and touch are names of many methods: only a number is a mode for certain.
            if not (isinstance(node, ast.Constant) and type(node.value) is int):
                return
        elif len(call.args) > 1:
            return
        if node is not None and not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield from self._asked(call, function, takes.masked, node)

    def _umask(self, call: ast.Call) -> Iterator[Found]:
        node = argument(call, 0, "mask")
        if node is None or self._text(node) in self.kept:
            return
        try:
            mask = self.bits(node)
        except NotLiteral:
            yield Gap(
                kinds=(Umask.kind(),),
                collector=OsCalls.name,
                reason=Reason.NOT_LITERAL,
                detail=f"os.umask({shorten(node)}): not a literal",
                location=self._here(call),
                about={"role": self.role},
            )
            return
        yield Umask(
            location=self._here(call),
            mask=mask & 0o777,
            others_write=not mask & 0o002,
            restored=self._is_restored(call),
            decimal=self._is_decimal(node, _UMASK_DIGITS),
            role=self.role,
        )

    def _is_restored(self, call: ast.Call) -> bool:
        names = {
            self._text(target)
            for node in self.file.assigns
            if isinstance(node, ast.Assign) and node.value is call
            for target in node.targets
        }
        return any(
            self._is_umask(other) and bool(other.args) and self._text(other.args[0]) in names
            for other in self.file.calls
        )

    def _own_umask(self, call: ast.Call) -> int | None:
        before = [mask for line, mask in self.umasks.get(id(self.file.scope(call)), []) if line <= call.lineno]
        return before[-1] & 0o777 if before else None

    def _command(self, call: ast.Call, function: str) -> Iterator[Found]:
        """chmod run as a program, its words literal."""
        node = argument(call, 0, "args") or argument(call, 0, "command")
        lines: list[list[str]]
        if isinstance(node, ast.List | ast.Tuple):
            lines = [
                [
                    item.value if isinstance(item, ast.Constant) and isinstance(item.value, str) else "?"
                    for item in node.elts
                ]
            ]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            lines = list(commands(node.value))
        else:
            return
        for words in lines:
            for change in mode_changes(words, {}):
                if change.bits is not None and change.command == "chmod":
                    yield ModeCall(
                        location=self._here(call),
                        function=f"{function} chmod",
                        bits=change.bits,
                        masked=False,
                        own_umask=None,
                        decimal=False,
                        role=self.role,
                    )

    def _fixed(self, call: ast.Call, function: str) -> Iterator[Found]:
        """A literal path in a shared directory, opened for writing without O_EXCL."""
        node: ast.expr | None = None
        if function in {"open", "io.open", "codecs.open", "aiofiles.open"}:
            if self._writes(argument(call, 1, "mode")):
                node = argument(call, 0, "file")
        elif function in _COPIES:
            node = argument(call, 1, "dst")
        elif isinstance(call.func, ast.Attribute):
            method = call.func.attr
            opens = method == "open" and self._writes(argument(call, 0, "mode"))
            if method in _WRITERS or opens or method == "touch":
                base = self._value_of(call.func.value)
                if isinstance(base, ast.Call) and self.file.name(base.func) in {"pathlib.Path", "pathlib.PosixPath"}:
                    node = base.args[0] if len(base.args) == 1 else None
                    function = f"Path.{method}"
        value = self._value_of(node) if node is not None else None
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

    @cached_property
    def _bindings(self) -> Counter[str]:
        """How often each name of the file is bound, by whatever: a wrong value is worse than none."""
        count = Counter(self.file.aliases.keys())
        for node in ast.walk(self.file.tree):
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                    count[name] += 1
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    count[name] += 1
                case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    count[name] += 1
        return count

    def _value_of(self, node: ast.expr) -> ast.expr:
        """What a name holds that is bound once in the whole file, by an assignment; anything else is itself."""
        for _ in range(5):
            if not isinstance(node, ast.Name) or node.id not in self.values or self._bindings[node.id] != 1:
                return node
            node = self.values[node.id]
        return node

    def bits(self, node: ast.expr, depth: int = 0) -> int:
        """The mode bits an expression sets for certain. What a file has already (`st_mode`) counts as nothing.

        Raises NotLiteral when a bit of it is not known.
        """
        if depth > 30:
            raise NotLiteral("nested too deeply")
        node = self._value_of(node)
        match node:
            case ast.Constant(value=int(value)) if not isinstance(value, bool):
                return value
            case ast.Name() | ast.Attribute():
                name = self.file.name(node)
                constant = name.rpartition(".")[2]
                known = getattr(stat, constant, None) if constant.startswith(("S_I", "S_E")) else None
                if isinstance(known, int):
                    return known
                if isinstance(node, ast.Attribute) and node.attr == "st_mode":
                    return 0
            case ast.BinOp(left=left, op=ast.BitOr() | ast.Add() | ast.BitXor(), right=right):
                return self.bits(left, depth + 1) | self.bits(right, depth + 1)
            case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
                return self._both(left, right, depth)
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return ~self.bits(operand, depth + 1)
            case ast.IfExp(body=body, orelse=other):
                return self.bits(body, depth + 1) | self.bits(other, depth + 1)
            case ast.Call(func=function, args=[only]) if self.file.name(function).endswith("S_IMODE"):
                return self.bits(only, depth + 1)
            case ast.Call(func=ast.Name(id="int"), args=[ast.Constant(value=str(text)), ast.Constant(value=8)]):
                if re.fullmatch(r"(?:0o)?[0-7]{1,6}", text):
                    return int(text, 8)
        raise NotLiteral(shorten(node))

    def _both(self, left: ast.expr, right: ast.expr, depth: int) -> int:
        """`a & b`: of an unknown side at most the bits of the other one, which is enough when those are harmless."""
        known: list[int] = []
        for side in (left, right):
            try:
                known.append(self.bits(side, depth + 1))
            except NotLiteral:
                continue
        if len(known) == 2:
            return known[0] & known[1]
        if len(known) == 1 and known[0] >= 0 and not known[0] & 0o6002:
            return known[0]
        raise NotLiteral(shorten(left))

    def _is_decimal(self, node: ast.expr, digits: re.Pattern[str]) -> bool:
        """Whether a number lacks its 0o: 777 is 0o1411. 420 and 511 are what 0o644 and 0o777 are in decimal."""
        node = self._value_of(node)
        if not (isinstance(node, ast.Constant) and type(node.value) is int and 0 < node.value < 10_000):
            return False
        if digits.fullmatch(str(node.value)) is None:
            return False
        return ast.get_source_segment(self.file.source, node) == str(node.value) and node.value != 511


# A mode in which group and others have no more than the class before them: how people write them.
_MODE_DIGITS = compiled(r"[0-7]?(?:7[0-7][0-7]|6[0246][0246]|5[0145][0145]|4[04][04])")
_UMASK_DIGITS = compiled(r"0?(?:22|27|26|37|77|222|227|277|777|177|137|117)")
