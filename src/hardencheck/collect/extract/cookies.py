"""Cookies that code sets by itself, and what it says of their attributes."""

import ast
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._assigned import Assigned
from hardencheck.collect.extract._branches import Values, debug_off
from hardencheck.collect.extract._python import NotLiteral, PythonFile, parse, role, shorten
from hardencheck.collect.extract._written_headers import text
from hardencheck.lazily import compiled
from hardencheck.model.facts.headers import CookieCall, SetCookie
from hardencheck.model.location import Location

_SENSITIVE = compiled(r"sess|auth|token|jwt|(?:^|[_.-])sid$|login|credential|remember|api_?key", re.IGNORECASE)
_SCRIPTS = compiled(r"csrf|xsrf", re.IGNORECASE)  # scripts of the page read these
_PLAIN = (
    ast.Name, ast.Attribute, ast.Constant, ast.UnaryOp, ast.Not, ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.Eq,
    ast.NotEq, ast.Load, ast.In, ast.NotIn, ast.Is, ast.IsNot, ast.IfExp,
)  # fmt: skip
_MAX_EXPRESSION = 200


class Cookies(Extractor):
    """`response.set_cookie("session_token", ...)`: no framework sends a flag that is not asked for."""

    name = "python.cookies"
    emits = (SetCookie, CookieCall)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if b"set_cookie" not in data or role(path) != "production":
            return
        file = parse(data)
        values, assigned = Values(file), Assigned(file)
        for call in file.calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "set_cookie":
                yield from _cookie(file, values, assigned, path, call)


def _cookie(file: PythonFile, values: Values, assigned: Assigned, path: str, call: ast.Call) -> Iterator[Found]:
    given: dict[str, ast.expr] = {}
    whole = True
    for item in call.keywords:
        if item.arg is not None:
            given[item.arg] = item.value
            continue
        options = item.value
        own = assigned.last(options.id, call) if isinstance(options, ast.Name) else None
        table, all_of_it = values.table(own if own is not None else options) or ({}, False)
        given |= table
        whole = whole and all_of_it
    name = given.get("key") or given.get("name") or (call.args[0] if call.args else None)
    called = text(values.resolve(name)) if name is not None else ""
    if not _SENSITIVE.search(called) or _SCRIPTS.search(called):
        return
    scope = getattr(file.scope(call), "name", path)
    flags: dict[str, bool | str] = {}
    for flag in ("secure", "httponly"):
        node = given.get(flag)
        if node is None:
            flags[flag] = False if whole else ""
            continue
        try:
            known = debug_off(file, node)
            flags[flag] = bool(values.constant(node)) if known is None else known
        except NotLiteral:
            flags[flag] = _expression(file, assigned, call, node) or f"…{shorten(node)}"
    where = Location(path=path, line=call.lineno)
    secure, http_only = flags["secure"], flags["httponly"]
    if isinstance(secure, bool) and isinstance(http_only, bool):
        yield SetCookie(location=where, name=called, scope=scope, secure=secure, http_only=http_only)
    else:
        yield CookieCall(location=where, name=called, scope=scope, secure=secure, http_only=http_only)


def _expression(file: PythonFile, assigned: Assigned, call: ast.Call, node: ast.expr) -> str:
    """An expression of names of the module, to be looked up there; "" for any other, and one with names of its own."""
    if isinstance(node, ast.Name) and (own := assigned.last(node.id, call)) is not None:
        node = own
    function = file.scope(call)
    own_names: set[str] = set()
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = function.args
        own_names = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    for part in ast.walk(node):
        if not isinstance(part, _PLAIN) or (isinstance(part, ast.Constant) and isinstance(part.value, bytes)):
            return ""
        if isinstance(part, ast.Name) and (part.id in own_names or assigned.last(part.id, call) is not None):
            if function is not file.tree:
                return ""
    written = ast.unparse(node)
    return written if len(written) <= _MAX_EXPRESSION and "\n" not in written else ""
