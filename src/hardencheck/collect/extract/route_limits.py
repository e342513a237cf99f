"""Limits that code gives to one route, one form or one server: Starlette, FastAPI, Litestar, hypercorn.

Sources: Starlette 1.10 `Route`, `Mount`, `Request.form`; FastAPI 0.165 `APIRouter`, `form_limits`; Litestar 2.25
"Request body size"; hypercorn 0.18 `Config`.
"""

import ast
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._branches import Values
from hardencheck.collect.extract._python import NotLiteral, PythonFile, parse, role, shorten
from hardencheck.collect.extract.python_settings import SKIPPED
from hardencheck.lazily import compiled
from hardencheck.model.facts.uploads import RouteLimit
from hardencheck.model.location import Location

_MENTIONS = compiled(
    rb"max_body_size|max_part_size|max_files|max_fields|h11_max_incomplete_size|websocket_max_message_size"
)
# A function that looks at how long a request says it is, and refuses.
_LENGTH = compiled(rb"content[-_]length", re.IGNORECASE)
_REFUSES = compiled(rb"\b413\b|TOO_LARGE|TooLarge|too large", re.IGNORECASE)
_ASKED = compiled(rb"\b(?:request|req|scope|environ|META)\b")
OWN = "content-length"
_APPLICATIONS = frozenset({"FastAPI", "Starlette", "Litestar"})  # followed elsewhere, with all that they are given
_OF_FORMS = frozenset({"max_files", "max_fields", "max_part_size"})
_OF_HYPERCORN = frozenset({"wsgi_max_body_size", "h11_max_incomplete_size", "websocket_max_message_size"})
_INFINITE = frozenset({"float('inf')", "math.inf", "inf", "sys.maxsize"})


class RouteLimits(Extractor):
    """`@router.post("/", max_body_size=...)`, `request.form(max_files=...)`, `config.wsgi_max_body_size = ...`"""

    name = "uploads.route-limits"
    emits = (RouteLimit,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        what_for = role(path)
        refuses = _REFUSES.search(data) is not None and _LENGTH.search(data) is not None
        if what_for in SKIPPED or not (refuses or _MENTIONS.search(data)):
            return
        file = parse(data)
        values = Values(file)
        if refuses:
            yield from _own(file, path, what_for)
        seen: set[tuple[int, str]] = set()
        for product, name, node in _found(file):
            if (node.lineno, name) in seen:
                continue
            seen.add((node.lineno, name))
            value, known = _worth(values, node)
            yield RouteLimit(
                location=Location(path=path, line=node.lineno),
                product=product,
                setting=name,
                value=value,
                known=known,
                text=shorten(node),
                role=what_for,
            )


def _own(file: PythonFile, path: str, what_for: str) -> Iterator[RouteLimit]:
    """Code of the repository that refuses by Content-Length: what it takes for too long is not known."""
    lines = file.source.splitlines()
    for function in file.functions:
        text = "\n".join(lines[function.lineno - 1 : function.end_lineno]).encode("utf-8", "replace")
        match = _LENGTH.search(text)
        if match is not None and _REFUSES.search(text) and _ASKED.search(text):
            line = function.lineno + text.count(b"\n", 0, match.start())
            yield RouteLimit(
                location=Location(path=path, line=line),
                product="",
                setting=OWN,
                value=None,
                known=False,
                text=function.name,
                role=what_for,
            )
            return


def _found(file: PythonFile) -> Iterator[tuple[str, str, ast.expr]]:
    """(product, name, value) of everything that is given as a limit."""
    starlette = "fastapi" if file.imports("fastapi") else "starlette" if file.imports("starlette") else ""
    litestar, hypercorn = file.imports("litestar"), file.imports("hypercorn")
    for call in file.calls:
        called = call.func.attr if isinstance(call.func, ast.Attribute) else file.name(call.func)
        if called.rpartition(".")[2] in _APPLICATIONS:
            continue
        for keyword in call.keywords:
            if keyword.arg == "max_body_size" and starlette:
                yield starlette, keyword.arg, keyword.value
            elif keyword.arg == "request_max_body_size" and litestar:
                yield "litestar", keyword.arg, keyword.value
            elif keyword.arg in _OF_FORMS and starlette and called == "form":
                yield starlette, keyword.arg, keyword.value
    for call in file.calls if starlette else ():
        for keyword in call.keywords:
            if keyword.arg == "form_limits" and isinstance(keyword.value, ast.Dict):
                for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value in _OF_FORMS:
                        yield starlette, str(key.value), value
    for node in file.assigns:
        if node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Attribute) and target.attr in _OF_HYPERCORN and hypercorn:
                yield "hypercorn", target.attr, node.value
            elif isinstance(target, ast.Name) and target.id == "request_max_body_size" and litestar:
                if isinstance(file.scope(node), ast.ClassDef):  # of a Controller
                    yield "litestar", target.id, node.value


def _worth(values: Values, node: ast.expr) -> tuple[int | None, bool]:
    """(limit, whether it is known); no limit where it is infinite."""
    if ast.unparse(node).replace('"', "'") in _INFINITE:
        return None, True
    try:
        value = values.constant(node)
    except NotLiteral:
        return None, False
    if value is None:
        return None, True
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1 << 62:
        return int(value), True
    return None, isinstance(value, float) and value == float("inf")
