"""Where URL configurations put Django's admin."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._python import PythonFile, parse, role
from hardencheck.model.facts.protections import AdminRoute
from hardencheck.model.location import Location

_ROUTES = {"path", "re_path", "url"}
MAX_DEPTH = 20
MAX_PARTS = 10


class AdminRoutes(Extractor):
    """`path("admin/", admin.site.urls)` and its older spellings in URL configurations."""

    name = "django.admin-routes"
    emits = (AdminRoute,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        folder, _, name = path.rpartition("/")
        return path.endswith(".py") and ("urls" in name or "routes" in name or folder.endswith("urls"))

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if b".urls" not in data or b"admin" not in data or role(path) != "production":
            return
        file = parse(data)
        for call, conditional in _calls(file.tree.body, False, 0):
            if len(call.args) >= 2 and _name(call.func) in _ROUTES and _is_admin(file, call.args[1]):
                yield AdminRoute(
                    location=Location(path=path, line=call.lineno),
                    parts=tuple(_parts(file, call.args[0])),
                    conditional=conditional,
                )


def _calls(body: Sequence[ast.stmt], conditional: bool, depth: int) -> Iterator[tuple[ast.Call, bool]]:
    """The calls of a module with whether they stand under a condition; without those under `if settings.DEBUG`."""
    for node in body if depth <= MAX_DEPTH else ():
        match node:
            case ast.If(test=test, body=inner, orelse=orelse):
                if not _is_debug(test):
                    yield from _calls(inner, True, depth + 1)
                yield from _calls(orelse, True, depth + 1)
            case ast.Try(body=inner, handlers=handlers):
                yield from _calls(inner, True, depth + 1)
                for handler in handlers:
                    yield from _calls(handler.body, True, depth + 1)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                yield from ((part, conditional) for part in ast.walk(node) if isinstance(part, ast.Call))


def _is_debug(test: ast.expr) -> bool:
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return any(_name(part).endswith("DEBUG") for part in parts)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_admin(file: PythonFile, node: ast.expr) -> bool:
    """`admin.site.urls`, `include(admin.site.urls)`, `admin_site.urls`"""
    if isinstance(node, ast.Call) and _name(node.func) == "include" and node.args:
        node = node.args[0]
    if not isinstance(node, ast.Attribute) or node.attr != "urls":
        return False
    words = file.name(node.value).lower().split(".")
    return words[-1] in {"site", "admin_site", "adminsite"} and any("admin" in word for word in words)


def _parts(file: PythonFile, node: ast.expr, depth: int = 0) -> Iterator[str]:
    """The route in pieces: nothing at all where one of them is computed."""
    found = list(_pieces(file, node, depth))
    if None not in found and len(found) <= MAX_PARTS:
        yield from (piece for piece in found if piece is not None)


def _pieces(file: PythonFile, node: ast.expr, depth: int) -> Iterator[str | None]:
    match node:
        case ast.Constant(value=str(text)):
            yield text[:200]
        case ast.Attribute(attr=name) if file.name(node.value).rpartition(".")[2] == "settings":
            yield f"${name}"
        case ast.JoinedStr(values=values) if depth < MAX_PARTS:
            for value in values:
                yield from _pieces(file, value, depth + 1)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            yield from _pieces(file, value, depth + 1)
        case ast.BinOp(op=ast.Add(), left=left, right=right) if depth < MAX_PARTS:
            yield from _pieces(file, left, depth + 1)
            yield from _pieces(file, right, depth + 1)
        case _:
            yield None
