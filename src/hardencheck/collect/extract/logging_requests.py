"""Texts of a request that code puts into the message of a log record, where a line break would begin another line.

Header values are left out: servers let no line break through in them. Paths are decoded before a view sees them.
"""

import ast
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._assigned import Assigned
from hardencheck.collect.extract._branches import Branches, branches_of
from hardencheck.collect.extract._loggers import logging_method
from hardencheck.collect.extract._python import PythonFile, parse, role, unread
from hardencheck.collect.extract.logging_calls import is_request
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging_written import RequestLogged
from hardencheck.model.location import Location

_CALL = compiled(rb"\.(?:debug|info|warning|warn|error|critical|exception|fatal|log|trace|success)\s*\(")
_TOKENS = compiled(rb"request|\breq\b|filename|get_argument|\.(?:route|get|post|put|patch|delete|api_route)\(")
_TABLES = {
    "GET": "query", "POST": "form", "args": "query", "form": "form", "values": "form", "query_params": "query",
    "path_params": "path", "match_info": "path", "view_args": "path", "query": "query", "json": "body", "data": "body",
}  # fmt: skip
_TEXTS = {"path": "path", "path_info": "path", "full_path": "path"}
_READ = {"get_json": "body", "json": "body", "form": "form", "post": "form", "text": "body"}
_GETTERS = frozenset({"get", "getlist", "get_list", "getone", "getfirst", "pop", "get_argument", "get_query_argument"})
# Calls and methods that hand on what they are given with its line breaks.
_THROUGH = frozenset({"str", "list", "tuple", "dict", "sorted", "builtins.str"})
_METHODS = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "format", "join", "decode"})
_ROUTES = frozenset({"route", "get", "post", "put", "patch", "delete", "api_route", "websocket", "head", "options"})
_PLACE = compiled(r"%(?:\(\w+\))?[#0 +-]*[\d*]*(?:\.[\d*]+)?([a-zA-Z%])")
_IN_PATH = compiled(r"<(?:(?:string|path|default)(?:\([^)]*\))?:)?(\w+)>")
_IN_BRACES = compiled(r"\{(\w+)(?::path)?\}")
_TEXT_TYPES = compiled(
    r"(?:typing\.)?(?:Optional\[str\]|Annotated\[(?:str|str \| None)\b.*|str(?: \| None)?|None \| str)"
)
MAX_DEPTH = 30


class LoggedRequests(Extractor):
    """Log calls whose message holds a text that whoever sends the request chooses."""

    name = "logging.requests"
    emits = (RequestLogged,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not _CALL.search(data) or not _TOKENS.search(data):
            return
        here, what_for = Location(path=path), role(path)
        try:
            file = parse(data)
        except Unreadable as error:
            yield unread(self, error, path, what_for)
            return
        assigned: Assigned | None = None
        branches: Branches | None = None
        for call in file.calls:
            method = logging_method(file, call)
            if not method or method == "print":
                continue
            assigned = assigned or Assigned(file)
            found = next(_Message(file, assigned, call).sources(method), None)
            if found is None:
                continue
            branches = branches or branches_of(file)
            yield RequestLogged(
                location=here.at(call.lineno), what=found, call=method, role=branches.role(call, what_for)
            )


class _Message:
    """What of a request the message of one call holds."""

    def __init__(self, file: PythonFile, assigned: Assigned, call: ast.Call) -> None:
        self._file, self._assigned, self._call = file, assigned, call
        self._parameters = dict(_parameters(file, call))

    def sources(self, method: str) -> Iterator[str]:
        given = list(self._call.args)
        if method == "log" and given:
            given = given[1:]  # the level
        if not given or isinstance(given[0], ast.Starred):
            return
        message, *rest = given
        yield from self._of(message)
        places = self._places(message)
        for position, node in enumerate(rest):
            if isinstance(node, ast.Starred):
                return
            if position < len(places) and places[position] not in "sc":
                continue  # %r and %a escape, %d is a number
            for item in node.elts if isinstance(node, ast.Tuple) else [node]:
                yield from self._of(item)

    def _places(self, message: ast.expr) -> list[str]:
        if isinstance(message, ast.Constant) and isinstance(message.value, str):
            return [place for place in _PLACE.findall(message.value) if place != "%"]
        return []

    def _of(self, node: ast.expr, depth: int = 0) -> Iterator[str]:
        if depth > MAX_DEPTH:
            return
        match node:
            case ast.JoinedStr(values=parts):
                for part in parts:
                    if isinstance(part, ast.FormattedValue) and part.conversion in {-1, ord("s")}:
                        yield from self._of(part.value, depth + 1)
            case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mod(), right=right):
                places = [place for place in _PLACE.findall(text) if place != "%"]
                items = right.elts if isinstance(right, ast.Tuple) else [right]
                for position, item in enumerate(items):
                    if position >= len(places) or places[position] in "sc":
                        yield from self._of(item, depth + 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from self._of(left, depth + 1)
                yield from self._of(right, depth + 1)
            case ast.BoolOp(op=ast.Or(), values=parts):
                for part in parts:
                    yield from self._of(part, depth + 1)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._of(body, depth + 1)
                yield from self._of(orelse, depth + 1)
            case ast.Await(value=inner):
                yield from self._of(inner, depth + 1)
            case ast.Name(id=name):
                given = self._assigned.last(name, self._call)
                if given is not None:
                    yield from self._of(given, depth + 5)
                elif name in self._parameters:
                    yield self._parameters[name]
            case ast.Attribute(value=value, attr=attr):
                if attr in _TEXTS and is_request(value):
                    yield _TEXTS[attr]
                elif attr == "filename" and self._upload(value):
                    yield "file name"
            case ast.Subscript(value=value, slice=key) if not isinstance(key, ast.Slice):
                yield from self._element(value, depth)
            case ast.Call():
                yield from self._called(node, depth)

    def _called(self, node: ast.Call, depth: int) -> Iterator[str]:
        func = node.func
        if self._file.name(func) in _THROUGH:
            for given in node.args:
                yield from self._of(given, depth + 1)
        elif isinstance(func, ast.Attribute) and func.attr in _GETTERS:
            yield from self._element(func.value, depth)
            if func.attr.startswith("get_") and isinstance(func.value, ast.Name) and func.value.id == "self":
                yield "query"  # tornado
        elif isinstance(func, ast.Attribute) and func.attr in _METHODS:
            yield from self._of(func.value, depth + 1)
            if func.attr in {"format", "join"}:
                for given in (*node.args, *(keyword.value for keyword in node.keywords)):
                    yield from self._of(given, depth + 1)

    def _element(self, value: ast.expr, depth: int) -> Iterator[str]:
        """An entry of a table of the request: `request.GET["q"]`, `(await request.json())["name"]`."""
        while isinstance(value, ast.Await | ast.Subscript):
            value = value.value
        match value:
            case ast.Attribute(value=inner, attr=attr) if attr in _TABLES and is_request(inner):
                yield _TABLES[attr]
            case ast.Call(func=ast.Attribute(value=inner, attr=attr)) if attr in _READ and is_request(inner):
                yield _READ[attr]
            case ast.Name(id=name) if depth < MAX_DEPTH:
                given = self._assigned.last(name, self._call)
                if isinstance(given, ast.Await):
                    given = given.value
                if isinstance(given, ast.Attribute | ast.Call | ast.Subscript):
                    yield from self._table(given, depth + 5)

    def _table(self, node: ast.expr, depth: int) -> Iterator[str]:
        """What a name stands for that was given a whole table of the request."""
        plain = isinstance(node, ast.Call) and self._file.name(node.func) in {"dict", "json.loads"}
        if plain and isinstance(node, ast.Call) and node.args:
            node = node.args[0]
        if isinstance(node, ast.Attribute) and node.attr == "body" and is_request(node.value):
            yield "body"
        yield from self._element(node, depth)

    def _upload(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Subscript):
            value = value.value
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "get":
            value = value.func.value
        if isinstance(value, ast.Attribute):
            return value.attr in {"files", "FILES"} and is_request(value.value)
        if isinstance(value, ast.Name):
            given = self._assigned.last(value.id, self._call)
            return given is not None and not isinstance(given, ast.Name) and self._upload(given)
        return False


def _parameters(file: PythonFile, call: ast.Call) -> Iterator[tuple[str, str]]:
    """Parameters of the function around a call that a framework fills with texts of the request."""
    scope = file.scope(call)
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for decorator in scope.decorator_list:
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            continue
        if decorator.func.attr not in _ROUTES or not decorator.args:
            continue
        path = decorator.args[0]
        if not isinstance(path, ast.Constant) or not isinstance(path.value, str) or not path.value.startswith("/"):
            continue
        for name in _IN_PATH.findall(path.value):
            yield name, "path"
        braces = set(_IN_BRACES.findall(path.value))
        flask = decorator.func.attr == "route" or "<" in path.value
        for item in (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs):
            annotation = re.sub(r"\s+", " ", ast.unparse(item.annotation)) if item.annotation is not None else ""
            if (annotation and _TEXT_TYPES.fullmatch(annotation) and not flask) or (
                item.arg in braces and not annotation
            ):
                yield item.arg, "path" if item.arg in braces else "query"
