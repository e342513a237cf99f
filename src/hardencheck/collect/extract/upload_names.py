"""Paths made of the name that a client gives its file, followed inside a function."""

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._python import PythonFile, argument, parse, role, shorten
from hardencheck.collect.extract._upload_objects import (
    NAMED,
    Function,
    UploadObjects,
    assignments,
    calls,
    expressions,
    functions_with,
    statements,
)
from hardencheck.lazily import compiled
from hardencheck.model.facts.storage import ClientName
from hardencheck.model.location import Location

_TOKENS = (b"filename", b"FILES", b"UploadedFile", b"upload")
_WRITES = compiled(rb"\.save\b|open|write_bytes|write_text|\bmove\b|\bcopy|rename|replace|imwrite")

_JOINS = frozenset({
    "os.path.join", "posixpath.join", "os.path.normpath", "os.path.abspath", "os.path.realpath", "os.path.expanduser",
    "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath", "anyio.Path", "trio.Path", "str",
    "os.fspath", "urllib.parse.unquote", "urllib.parse.unquote_plus",
})  # fmt: skip
_THROUGH = frozenset({
    "joinpath", "format", "lower", "upper", "title", "strip", "lstrip", "rstrip", "encode", "decode", "join", "resolve",
    "absolute", "as_posix", "with_name", "removeprefix", "removesuffix", "expanduser", "get", "casefold",
})  # fmt: skip
_CLEANERS = compiled(r"secure|sanit|safe|clean|valid|slug|normal|basename|uuid|hash|escape|quote")
_OPENERS = frozenset({"open", "io.open", "aiofiles.open", "anyio.open_file", "codecs.open", "trio.open_file"})
_MOVERS = frozenset({
    "shutil.move", "shutil.copy", "shutil.copy2", "shutil.copyfile", "os.rename", "os.replace", "os.renames",
    "aiofiles.os.rename", "aiofiles.os.replace",
})  # fmt: skip
_WRITERS = frozenset({"cv2.imwrite", "numpy.save", "imageio.imwrite", "soundfile.write"})
_GUARDS = frozenset({"is_relative_to", "relative_to", "commonpath", "commonprefix", "safe_join", "send_from_directory"})


class _Name(NamedTuple):
    """Where the client's name comes from. cleaned: no directory is left in it. sure: of an upload that was seen to be
    one, not of something that is only called so. joined: where it becomes part of a path."""

    origin: ast.expr
    cleaned: bool
    sure: bool
    joined: ast.expr | None = None


class ClientNames(Extractor):
    """`file.save(os.path.join(folder, file.filename))` and its like."""

    name = "python.client-names"
    emits = (ClientName,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not any(word in data for word in _TOKENS) or _WRITES.search(data) is None:
            return
        file = parse(data)
        for function in (None, *functions_with(file, _TOKENS)):
            yield from _Flow(path, file, function).found()


class _Flow:
    def __init__(self, path: str, file: PythonFile, function: Function | None) -> None:
        self.path, self.file, self.function = path, file, function
        self.uploads = UploadObjects(file, function)
        self.names: dict[str, _Name | None] = {}
        self.body = function.body if function is not None else file.tree.body

    def found(self) -> Iterator[ClientName]:
        seen: set[tuple[int, int]] = set()
        inside: set[int]
        guarded: bool | None = None
        for node in statements(self.body):
            self.uploads.enter(node)
            for call in calls(node):
                for target, sink in self._sinks(call):
                    name = self._name(target)
                    if name is not None and not name.sure and sink in _MOVERS:
                        continue  # a file that is somewhere already, of a model that has a name
                    if name is None or (key := (name.origin.lineno, name.origin.col_offset)) in seen:
                        continue
                    seen.add(key)
                    if guarded is None:
                        guarded = self._is_guarded()
                    inside = {id(part) for part in ast.walk(call)}
                    at = call if name.joined is None or id(name.joined) in inside else name.joined
                    yield ClientName(
                        location=Location(path=self.path, line=at.lineno, column=at.col_offset + 1),
                        source=shorten(name.origin),
                        sink=sink,
                        lines=tuple(sorted({name.origin.lineno, call.lineno} - {at.lineno})),
                        cleaned=name.cleaned or guarded,
                        role=role(self.path),
                    )
            for target, value, looped in assignments(node):
                self.uploads.assign(target, value, looped=looped)
                if isinstance(target, ast.Name) and not looped:
                    self.names[target.id] = self._name(value)
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                more = self._name(node.value)
                if more is not None:
                    self.names[node.target.id] = more

    def _sinks(self, call: ast.Call) -> Iterator[tuple[ast.expr, str]]:
        """(the path that is written to, what writes)."""
        function = self.file.name(call.func)
        if function in _OPENERS:
            mode = argument(call, 1, "mode")
            where = argument(call, 0, "file")
            if where is not None and isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax+"):
                yield where, function
        elif function in _MOVERS:
            where = argument(call, 1, "dst")
            if where is not None:
                yield where, function
        elif function in _WRITERS:
            if call.args:
                yield call.args[0], function
        elif function == "os.open":
            if call.args:
                yield call.args[0], function
        elif isinstance(call.func, ast.Attribute):
            yield from self._methods(call, call.func.attr, call.func.value)

    def _methods(self, call: ast.Call, method: str, receiver: ast.expr) -> Iterator[tuple[ast.expr, str]]:
        where = argument(call, 0, "dst") or argument(call, 0, "fp") or argument(call, 0, "path")
        if method == "save" and where is not None:
            # A storage of Django is given the file as well, and makes the name safe itself.
            if len(call.args) < 2 or isinstance(call.args[1], ast.Constant):
                yield where, f"{shorten(receiver)}.save"
        elif method in {"write_bytes", "write_text"}:
            yield receiver, f"Path.{method}"
        elif method == "open":
            mode = argument(call, 0, "mode")
            if isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax+"):
                yield receiver, "Path.open"
        elif method in {"rename", "replace"} and len(call.args) == 1:
            yield call.args[0], f"Path.{method}"

    def _name(self, node: ast.expr, depth: int = 0) -> _Name | None:
        """The client's name in an expression; the one that is not cleaned where there are several."""
        if depth > 25:
            return None
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=value, attr="filename" | "raw_filename"):
                return self._of(node, value)
            case ast.Attribute(value=value, attr="name" | "stem"):
                inner = self._name(value, depth + 1)  # Path(file.filename).name
                if inner is not None:
                    return inner._replace(cleaned=True)
                return _Name(node, False, True) if node.attr == "name" and self._is_django_file(value) else None
            case ast.Attribute(value=value, attr="parent"):
                return self._name(value, depth + 1)
            case ast.Subscript(value=value, slice=ast.Constant(value="filename")):
                return self._of(node, value)
            case ast.Await(value=value) | ast.NamedExpr(value=value) | ast.FormattedValue(value=value):
                return self._name(value, depth + 1)
            case ast.BinOp(left=left, right=right):
                return self._join(node, self._worst((left, right), depth))
            case ast.JoinedStr(values=values):
                return self._join(node, self._worst(values, depth)) if len(values) > 1 else self._worst(values, depth)
            case ast.BoolOp(values=values) | ast.Tuple(elts=values):
                return self._worst(values, depth)
            case ast.IfExp(body=body, orelse=other):
                return self._worst((body, other), depth)
            case ast.Call():
                return self._call(node, depth)
        return None

    def _call(self, node: ast.Call, depth: int) -> _Name | None:
        function = self.file.name(node.func)
        last = node.func.attr if isinstance(node.func, ast.Attribute) else function.rpartition(".")[2]
        if function in _JOINS:
            found = self._worst(node.args, depth)
            return self._join(node, found) if len(node.args) > 1 else found
        if last == "get_filename" and self.file.imports("email"):
            return _Name(node, False, True)
        given = self._worst(node.args, depth)
        if isinstance(node.func, ast.Attribute):
            receiver = self._name(node.func.value, depth + 1)
            if last in _THROUGH:
                found = _worse(receiver, given)
                return self._join(node, found) if last in {"joinpath", "format", "with_name"} else found
            if last == "replace" and receiver is not None:
                gone = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
                return receiver._replace(cleaned=receiver.cleaned or gone in {"/", "..", "../", "\\"})
            given = _worse(receiver, given)
        if given is not None and _CLEANERS.search(last.lower()):
            return given._replace(cleaned=True)
        return None  # some other name comes back: how much of the client's is in it is not known

    def _join(self, node: ast.expr, name: _Name | None) -> _Name | None:
        return name._replace(joined=node) if name is not None and name.joined is None else name

    def _of(self, node: ast.expr, upload: ast.expr) -> _Name | None:
        if not self.uploads.is_upload(upload):
            return None
        return _Name(node, False, self.uploads.is_certain(upload))

    def _worst(self, nodes: Iterable[ast.expr], depth: int) -> _Name | None:
        found: _Name | None = None
        for node in nodes:
            found = _worse(found, self._name(node, depth + 1))
        return found

    def _is_django_file(self, node: ast.expr) -> bool:
        if not self.file.imports("django") and not self.file.imports("sanic"):
            return False
        if isinstance(node, ast.Name) and node.id not in self.uploads.names:
            # A name alone is too little for `.name`.
            return (
                self.function is not None and "upload" in self.function.name.lower() and bool(NAMED.fullmatch(node.id))
            )
        return self.uploads.is_upload(node)

    def _is_guarded(self) -> bool:
        """Whether the function looks at the path before it uses it: compares it, or asks for "/" or ".." in it."""
        for node in statements(self.body):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            for expression in expressions(node):
                for part in ast.walk(expression):
                    match part:
                        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in _GUARDS:
                            return True
                        case ast.Call(func=ast.Attribute(value=value, attr="startswith")) if self._name(value):
                            return True
                        case ast.Compare(left=ast.Constant(value=str(text)), ops=[ast.In() | ast.NotIn()]):
                            if text in {"/", "..", "../", "\\"}:
                                return True
                        case ast.Compare(left=ast.Attribute() as left, ops=[ast.In() | ast.NotIn()]):
                            if self.file.name(left) in {"os.sep", "os.path.sep", "os.pardir"}:
                                return True
        return False


def _worse(one: _Name | None, other: _Name | None) -> _Name | None:
    if one is None or other is None:
        return one or other
    return other if one.cleaned and not other.cleaned else one
