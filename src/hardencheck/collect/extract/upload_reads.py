"""Reads of what a client sends that no limit of the framework stops, and limits that a view sets for itself."""

import ast
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._constants import Constants
from hardencheck.collect.extract._python import NotLiteral, PythonFile, literal, parse, role, shorten
from hardencheck.collect.extract._upload_objects import Function, UploadObjects, assignments, calls, statements
from hardencheck.lazily import compiled
from hardencheck.model.facts.storage import UploadRead, ViewLimit
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

_TOKENS = (
    b"UploadFile",
    b".content",
    b"read_chunk",
    b"multipart()",
    b"max_content_length",
    b"max_form_memory_size",
    b"max_form_parts",
)
_LIMITS = {"max_content_length": "bytes", "max_form_memory_size": "bytes", "max_form_parts": "parts"}
_ALL_AT_ONCE = frozenset({"read", "iter_chunked", "iter_any", "iter_chunks", "readany", "readchunk"})
_PARTS = frozenset({"read_chunk", "read"})
_SIZES = compiled(r"(?:.*_)?(?:size|len|length|total|count|bytes|written|limit|max|read)(?:_.*)?")


class UploadReads(Extractor):
    """`await file.read()` of FastAPI and Starlette, `request.content` and `part.read_chunk()` of aiohttp.

    Source: FastAPI documentation, "Request Files"; aiohttp documentation, "Web Server Advanced" (client_max_size).
    """

    name = "python.upload-reads"
    emits = (UploadRead, ViewLimit)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not any(word in data for word in _TOKENS):
            return
        file = parse(data)
        yield from _limits(path, file)
        for framework in ("starlette", "aiohttp"):
            packages = ("fastapi", "starlette") if framework == "starlette" else ("aiohttp",)
            if any(file.imports(package) for package in packages):
                for function in file.functions:
                    yield from _reads(path, file, function, framework)


def _reads(path: str, file: PythonFile, function: Function, framework: str) -> Iterator[UploadRead]:
    uploads = UploadObjects(file, function)
    counted: bool | None = None
    for node in statements(function.body):
        uploads.enter(node)
        for call in calls(node):
            if _is_unbounded(call, framework, uploads):
                if counted is None:
                    counted = _counts(function)
                yield UploadRead(
                    location=Location(path=path, line=call.lineno, column=call.col_offset + 1),
                    framework=framework,
                    call=shorten(call),
                    counted=counted,
                    role=role(path),
                )
        for target, value, looped in assignments(node):
            uploads.assign(target, value, looped=looped)


def _is_unbounded(call: ast.Call, framework: str, uploads: UploadObjects) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver, method = call.func.value, call.func.attr
    if framework == "starlette" and uploads.file.name(call.func) == "shutil.copyfileobj" and call.args:
        source = call.args[0]
        while isinstance(source, ast.Attribute) and source.attr == "file":
            source = source.value
        return isinstance(source, ast.Name) and uploads.names.get(source.id, False)
    if framework == "starlette":
        known = not isinstance(receiver, ast.Name) or receiver.id in uploads.names
        return method == "read" and not call.args and not call.keywords and known and uploads.is_upload(receiver)
    if method in _ALL_AT_ONCE and isinstance(receiver, ast.Attribute) and receiver.attr == "content":
        whole = not (method == "read" and call.args)
        return whole and isinstance(receiver.value, ast.Name | ast.Attribute) and _is_request(receiver.value)
    if method in _PARTS and isinstance(receiver, ast.Name) and receiver.id in uploads.names:
        return uploads.names[receiver.id]
    return False


def _is_request(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "request"


def _counts(function: Function) -> bool:
    """Whether the function compares a size with something: `if file.size > MAX`, `if total > LIMIT`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and any(
            isinstance(operator, ast.Gt | ast.GtE | ast.Lt | ast.LtE) for operator in node.ops
        ):
            for part in ast.walk(node):
                name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
                if name and _SIZES.fullmatch(name.lower()):
                    return True
    return False


def _limits(path: str, file: PythonFile) -> Iterator[Found]:
    constants = Constants(file)
    for node in file.assigns:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            name, ours = _limit_of(target, file, node)
            if not ours:
                continue
            here = Location(path=path, line=node.lineno, column=node.col_offset + 1)
            held = constants.value(node.value, file.scope(node)).node
            try:
                value = literal(held)
            except NotLiteral:
                value = node
            if value is not None and not (isinstance(value, int | float) and not isinstance(value, bool)):
                yield Gap(
                    kinds=(ViewLimit.kind(),),
                    collector=UploadReads.name,
                    reason=Reason.NOT_LITERAL,
                    detail=f"{name} is {shorten(node.value)}: not a literal",
                    location=here,
                    about={"role": role(path), "setting": name, "counts": _LIMITS[name]},
                )
                continue
            yield ViewLimit(
                location=here,
                setting=name,
                counts="parts" if _LIMITS[name] == "parts" else "bytes",
                limit=None if value is None else int(value),
                role=role(path),
            )


def _limit_of(target: ast.expr, file: PythonFile, node: ast.AST) -> tuple[str, bool]:
    """(the limit that is set, whether it is one of a request): `request.max_content_length`, or in a Request class."""
    if isinstance(target, ast.Attribute) and target.attr in _LIMITS:
        owner = target.value
        return target.attr, _is_request(owner) or (isinstance(owner, ast.Name) and owner.id in {"self", "req"})
    if isinstance(target, ast.Name) and target.id in _LIMITS:
        scope = file.scope(node)
        if isinstance(scope, ast.ClassDef):
            return target.id, any(file.name(base).rpartition(".")[2].endswith("Request") for base in scope.bases)
    return "", False
