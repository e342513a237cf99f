"""Settings and constants that say where uploads are kept: UPLOAD_FOLDER of Flask, UPLOAD_DIR and their like."""

import ast
import posixpath
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._constants import UNKNOWN, Constants
from hardencheck.collect.extract._python import PythonFile, parse, role
from hardencheck.lazily import compiled
from hardencheck.model.facts.storage import UploadFolder
from hardencheck.model.location import Location

_TOKENS = (b"UPLOAD", b"upload_", b"MEDIA_", b"ATTACHMENT", b"AVATAR")
_NAME = compiled(
    r"(?:\w+_)?(?:UPLOADS?|UPLOADED|MEDIA|ATTACHMENTS?|AVATARS?)_(?:\w+_)?(?:FOLDER|DIR|DIRECTORY|PATH|DEST|LOCATION|ROOT)"
    r"|upload_(?:folder|dir|directory|path|root)"
)
# Django's own are followed as settings.
_NOT = frozenset({"MEDIA_ROOT", "FILE_UPLOAD_TEMP_DIR", "FILE_UPLOAD_DIRECTORY"})
_JOINS = frozenset({"os.path.join", "posixpath.join", "pathlib.Path", "pathlib.PurePath", "anyio.Path"})
_SAME = frozenset({"os.path.abspath", "os.path.realpath", "os.path.normpath", "str", "os.fspath"})
_DEVELOPMENT = compiled(r"(?:Test|Testing|Dev|Development|Debug|Local)(?=[A-Z_\d]|$)")
_Anchor = Literal["module", "absolute", "static", "relative"]


class _Path(NamedTuple):
    anchor: _Anchor
    path: str


class UploadFolders(Extractor):
    """Where a name in capitals says that uploads go, as far as the file itself tells."""

    name = "python.upload-folders"
    emits = (UploadFolder,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not any(word in data for word in _TOKENS):
            return
        yield from _File(path, parse(data)).found()


class _File:
    def __init__(self, path: str, file: PythonFile) -> None:
        self.path, self.file = path, file
        self.constants = Constants(file)

    def found(self) -> Iterator[UploadFolder]:
        seen: set[tuple[str, str]] = set()
        for name, value, line, scope in self._given():
            if isinstance(scope, ast.ClassDef) and _DEVELOPMENT.match(scope.name):
                continue
            path = self._path(value, scope, 0)
            if path is None or (name, path.path) in seen:
                continue
            seen.add((name, path.path))
            yield UploadFolder(
                location=Location(path=self.path, line=line),
                name=name,
                anchor=path.anchor,
                path=posixpath.normpath(path.path)[:200],
                role=role(self.path),
            )

    def _given(self) -> Iterator[tuple[str, ast.expr, int, ast.AST]]:
        """Name, value, line, scope: `NAME = ...`, `config["NAME"] = ...`, `config.NAME = ...`, `update(NAME=...)`."""
        for node in self.file.assigns:
            if node.value is None or isinstance(node, ast.AugAssign):
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                name = _called(target)
                if name:
                    yield name, node.value, node.lineno, self.file.scope(node)
        for call in self.file.calls:
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if method in {"update", "from_mapping", "setdefault"}:
                for keyword in call.keywords:
                    if keyword.arg is not None and _is_folder(keyword.arg):
                        yield keyword.arg, keyword.value, keyword.value.lineno, self.file.scope(call)
                for argument in call.args:
                    if isinstance(argument, ast.Dict):
                        for key, value in zip(argument.keys, argument.values, strict=True):
                            if isinstance(key, ast.Constant) and _is_folder(str(key.value)):
                                yield str(key.value), value, value.lineno, self.file.scope(call)

    def _path(self, node: ast.expr, scope: ast.AST, depth: int) -> _Path | None:
        if depth > 20:
            return None
        node, scope = self.constants.value(node, scope)
        match node:
            case ast.Attribute(attr="static_folder"):
                return _Path("static", "")
            case ast.Attribute(attr="root_path"):
                return _Path("module", "")
            case ast.Attribute(value=value, attr="parent"):
                inner = self._path(value, scope, depth + 1)
                return inner._replace(path=posixpath.join(inner.path, "..")) if inner is not None else None
            case ast.Name(id="__file__"):
                return _Path("module", "__file__.py")
            case ast.Call():
                return self._call(node, scope, depth)
            case ast.BinOp(left=left, op=ast.Div() | ast.Add(), right=right):
                slash = "/" if isinstance(node.op, ast.Div) else ""
                first = self._path(left, scope, depth + 1)
                more = self.constants.text(right, scope)
                if first is None or more is None or (not slash and first.anchor != "relative" and more[:1] != "/"):
                    return None
                return _joined(first, more if slash else more.lstrip("/") if first.anchor != "relative" else more)
        text = self.constants.text(node, scope)
        if text is None or not text or text.startswith(UNKNOWN):
            return self._tail(text)
        return _Path("absolute" if text.startswith("/") else "relative", text)

    def _tail(self, text: str | None) -> _Path | None:
        """`f"{BASE}/static/uploads"`: where that begins is not known, but a folder of static files shows."""
        if text is None or "/static/" not in f"{text}/":
            return None
        return _Path("relative", text.lstrip(UNKNOWN).lstrip("/"))

    def _call(self, node: ast.Call, scope: ast.AST, depth: int) -> _Path | None:
        function = self.file.name(node.func)
        if function in _JOINS and node.args:
            found = self._path(node.args[0], scope, depth + 1)
            for argument in node.args[1:]:
                more = self.constants.text(argument, scope)
                if found is None and more is not None:
                    found = self._tail(f"{UNKNOWN}/{more}")
                elif found is not None:
                    found = _joined(found, more) if more is not None else None
            return found
        if function in _SAME and len(node.args) == 1:
            return self._path(node.args[0], scope, depth + 1)
        if function == "os.path.dirname" and len(node.args) == 1:
            inner = self._path(node.args[0], scope, depth + 1)
            return inner._replace(path=posixpath.join(inner.path, "..")) if inner is not None else None
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in {"resolve", "absolute", "expanduser", "as_posix"}:
                return self._path(node.func.value, scope, depth + 1)
            if node.func.attr == "joinpath":
                found = self._path(node.func.value, scope, depth + 1)
                for argument in node.args:
                    more = self.constants.text(argument, scope)
                    found = _joined(found, more) if found is not None and more is not None else None
                return found
        # os.environ.get("UPLOAD_FOLDER", "static/uploads"), env.str(..., default=...): what holds unless it is set.
        default = next((keyword.value for keyword in node.keywords if keyword.arg == "default"), None)
        if function in {"os.environ.get", "os.getenv"} and len(node.args) == 2:
            default = node.args[1]
        return self._path(default, scope, depth + 1) if default is not None else None


def _joined(base: _Path, more: str) -> _Path:
    if more.startswith("/"):
        return _Path("absolute", more)
    return base._replace(path=posixpath.join(base.path, more))


def _called(target: ast.expr) -> str:
    name = ""
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            pass
    return name if _is_folder(name) else ""


def _is_folder(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name not in _NOT
