"""Views that keep what they are sent without asking what it is, and those that hand it out again."""

import ast
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._branches import Branches
from hardencheck.collect.extract._python import PythonFile, argument, parse, role, shorten, spreads
from hardencheck.collect.extract._upload_objects import (
    Function,
    UploadObjects,
    assignments,
    calls,
    functions_with,
    statements,
)
from hardencheck.lazily import compiled
from hardencheck.model.facts.storage import ServedUpload, StoredUpload
from hardencheck.model.location import Location

_TOKENS = (
    b".files",
    b"FILES",
    b"UploadFile",
    b"multipart",
    b"send_file",
    b"send_from_directory",
    b"FileResponse",
    b"StaticFiles",
    b"static import serve",
    b"views.static",
)
_KEEPS = (b"save", b"write", b"copyfileobj")
_STORES = frozenset({"save", "save_as", "asave"})
# Words of a name that ask for the type of a file, or that look at its content.
_ASKS = frozenset({
    "valid", "validate", "validated", "validator", "validators", "validation", "allow", "allowed", "check", "checked",
    "verify", "verified", "sniff", "magic", "guess", "mime", "mimetype", "mimetypes", "imghdr", "splitext", "suffix",
    "suffixes", "extension", "extensions", "ext", "endswith", "detect", "scan", "type", "types", "accept", "accepted",
    "pillow", "pil", "parse", "parser", "decode", "process", "transform", "convert", "resize",
    "thumbnail", "filetype", "clean", "inspect", "analyze", "identify", "allowlist", "whitelist",
})  # fmt: skip
_WORD = compiled(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_UPLOADS = compiled(r"upload|media|attachment|avatar|user_?files", re.IGNORECASE)
_FILE_OF_MODEL = compiled(
    r"\.(?:file|document|attachment|upload|image|photo|picture|avatar|media)(?:\.(?:path|open|file|name))?\b"
)
_SENDERS = {
    "flask.send_file": "as_attachment", "flask.send_from_directory": "as_attachment",
    "quart.send_file": "as_attachment", "quart.send_from_directory": "as_attachment",
    "flask.helpers.send_file": "as_attachment", "flask.helpers.send_from_directory": "as_attachment",
    "django.http.FileResponse": "as_attachment", "django.http.response.FileResponse": "as_attachment",
    "fastapi.responses.FileResponse": "filename", "starlette.responses.FileResponse": "filename",
}  # fmt: skip
_MOUNTS = frozenset({"fastapi.staticfiles.StaticFiles", "starlette.staticfiles.StaticFiles"})
_SERVE = "django.views.static.serve"


class UploadViews(Extractor):
    """Sources: Flask documentation, send_file; Starlette documentation, FileResponse; Django documentation,
    FileResponse and "Serving files in development"."""

    name = "python.upload-views"
    emits = (StoredUpload, ServedUpload)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not any(word in data for word in _TOKENS):
            return
        file = parse(data)
        for function in functions_with(file, _KEEPS):
            yield from _stored(path, file, function)
        yield from _served(path, file)


def _stored(path: str, file: PythonFile, function: Function) -> Iterator[StoredUpload]:
    """The first call of a view that keeps an upload. One that hands it to another function leaves the rest to that."""
    uploads = UploadObjects(file, function)
    contents: set[str] = set()
    found: ast.Call | None = None
    for node in statements(function.body):
        uploads.enter(node)
        for call in calls(node):
            if found is None and _stores(call, file, uploads, contents):
                found = call
        for target, value, looped in assignments(node):
            uploads.assign(target, value, looped=looped)
            if isinstance(target, ast.Name) and _content_of(value, uploads):
                contents.add(target.id)
    if found is None or _by_form(function):
        return
    yield StoredUpload(
        location=Location(path=path, line=function.lineno, column=function.col_offset + 1),
        function=function.name,
        call=shorten(found.func),
        asked=_asks(function),
        role=role(path),
    )


def _stores(call: ast.Call, file: PythonFile, uploads: UploadObjects, contents: set[str]) -> bool:
    name = file.name(call.func)
    if name == "shutil.copyfileobj":
        return bool(call.args) and _certain(call.args[0], uploads)
    if not isinstance(call.func, ast.Attribute):
        return False
    method, receiver = call.func.attr, call.func.value
    if method in _STORES and call.args:
        return _certain(receiver, uploads) or (len(call.args) > 1 and _certain(call.args[1], uploads))
    if method in {"write", "write_bytes"} and len(call.args) == 1:
        data = call.args[0]
        return (isinstance(data, ast.Name) and data.id in contents) or _content_of(data, uploads)
    return False


def _certain(node: ast.expr, uploads: UploadObjects) -> bool:
    while isinstance(node, ast.Attribute) and node.attr in {"file", "stream"}:
        node = node.value
    return uploads.is_certain(node)


def _content_of(node: ast.expr, uploads: UploadObjects) -> bool:
    """`await file.read()`, a chunk of `file.chunks()`."""
    if isinstance(node, ast.Await):
        node = node.value
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"read", "chunks", "getvalue", "read_chunk"}
        and _certain(node.func.value, uploads)
    )


def _by_form(function: Function) -> bool:
    """A form or serializer has looked at it: its fields are judged by themselves."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in {"cleaned_data", "validated_data", "validate_on_submit", "is_valid", "full_clean"}
        for node in ast.walk(function)
    )


def _asks(function: Function) -> bool:
    for node in ast.walk(function):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)):
                if name == "Image" or any(word.lower() in _ASKS for word in _WORD.findall(name)):
                    return True
    return False


def _served(path: str, file: PythonFile) -> Iterator[ServedUpload]:
    branches: Branches | None = None
    for call in file.calls:
        name = file.name(call.func)
        how, attachment = "", False
        if name in _SENDERS:
            how = name.rpartition(".")[2]
            if not _of_uploads(call, path):
                continue
            attachment = _attached(call, _SENDERS[name])
        elif name in _MOUNTS:
            directory = argument(call, 0, "directory")
            if directory is None or not _UPLOADS.search(_written(directory)):
                continue
            how = "StaticFiles"
        elif name.rpartition(".")[2] in {"path", "re_path", "url"} and len(call.args) >= 2:
            if file.name(call.args[1]) != _SERVE or not _UPLOADS.search(_written(call)):
                continue
            how = "django.views.static.serve"
        else:
            continue
        branches = branches or Branches(file)
        yield ServedUpload(
            location=Location(path=path, line=call.lineno, column=call.col_offset + 1),
            how=how,
            attachment=attachment,
            # `if settings.SERVE_MEDIA:` is for whoever has no proxy in front: a developer.
            role="development" if branches.when(call) != "always" else branches.role(call, role(path)),
        )


def _of_uploads(call: ast.Call, path: str) -> bool:
    """Whether what is sent comes from where uploads are: by the words of the path, or as the field of a model."""
    text = " ".join(_written(node) for node in (*call.args, *(keyword.value for keyword in call.keywords)))
    return _UPLOADS.search(text) is not None or _FILE_OF_MODEL.search(text) is not None


def _written(node: ast.expr) -> str:
    try:
        return ast.unparse(node)[:2_000]
    except (RecursionError, ValueError):
        return ""


def _attached(call: ast.Call, by: str) -> bool:
    """Whether the answer says that it is to be saved, not shown."""
    if spreads(call):
        return True
    given = argument(call, None, by)
    if by == "filename":
        kind = argument(call, None, "content_disposition_type")
        headers = argument(call, None, "headers")
        if isinstance(kind, ast.Constant):
            return kind.value == "attachment" and given is not None
        return given is not None or (headers is not None and "isposition" in _written(headers))
    return given is not None and not (isinstance(given, ast.Constant) and not given.value)
