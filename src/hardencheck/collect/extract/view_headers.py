"""Code that changes the headers of single views: decorators that open a protection, fields that are written there, and
origins that are let in."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._branches import Values
from hardencheck.collect.extract._python import NotLiteral, PythonFile, parse, role
from hardencheck.collect.extract._written_headers import MARKS, bodies, fields, in_statement, text, written
from hardencheck.collect.extract.python_settings import hook_of
from hardencheck.lazily import compiled
from hardencheck.model.facts.headers import ViewOpening, WrittenHeader
from hardencheck.model.facts.settings import CorsPolicy
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

_MARKS = compiled(
    rb"xframe_options_exempt|csp_exempt|csp_override|csp_replace|csp_update|talisman|allow.origin|cross_origin", 2
)
# Decorator -> what it opens; those with arguments open only what these say.
_EXEMPT = {"xframe_options_exempt": "framing", "csp_exempt": "the content policy"}
_POLICIES = {"csp_override", "csp_replace", "csp_update", "csp"}
_WIDE = ("'unsafe-inline'", "'unsafe-eval'", "*")
_DANGEROUS = frozenset({
    "script-src", "script-src-elem", "script-src-attr", "default-src", "object-src", "frame-ancestors", "base-uri",
})  # fmt: skip
_ALLOW_ORIGIN = "access-control-allow-origin"
_CREDENTIALS = "access-control-allow-credentials"
_CROSS_ORIGIN = frozenset({"flask_cors.cross_origin", "flask_cors.decorator.cross_origin"})
_ORIGIN = frozenset({"origin", "http_origin"})


class ViewHeaders(Extractor):
    """Decorators of views, literal values of headers, and code that lets every Origin in."""

    name = "python.view-headers"
    version = 3
    emits = (ViewOpening, WrittenHeader, CorsPolicy)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        headers = role(path) == "production" and MARKS.search(data) is not None
        if role(path) != "production" or not (headers or _MARKS.search(data)):
            return
        file = parse(data)
        yield from _openings(file, path)
        yield from _origins_let_in(file, path)
        yield from _shared(self.name, file, path)
        if headers:
            yield from written(file, path)


def _openings(file: PythonFile, path: str) -> Iterator[ViewOpening]:
    for node in (*file.functions, *file.classes):
        for decorator in node.decorator_list:
            for how, opens in _opened(file, decorator):
                line = decorator.lineno
                yield ViewOpening(location=Location(path=path, line=line), view=node.name, opens=opens, how=how)
    # `path("embed/", xframe_options_exempt(View.as_view()))`
    for call in file.calls:
        name = _last(file, call.func)
        if name in _EXEMPT and call.args and isinstance(call.args[0], ast.Call | ast.Name | ast.Attribute):
            shown = file.name(call.args[0].func if isinstance(call.args[0], ast.Call) else call.args[0]) or "a view"
            where = Location(path=path, line=call.lineno)
            yield ViewOpening(location=where, view=shown, opens=_EXEMPT[name], how=name)
    # `response.xframe_options_exempt = True`: what the decorator does
    for given in file.assigns:
        target = given.targets[0] if isinstance(given, ast.Assign) else given.target
        name = target.attr.removeprefix("_") if isinstance(target, ast.Attribute) else ""
        if name in _EXEMPT and isinstance(given.value, ast.Constant) and given.value.value is True:
            shown = getattr(file.scope(given), "name", "") or file.name(target).rpartition(".")[0]
            where = Location(path=path, line=given.lineno)
            yield ViewOpening(location=where, view=shown, opens=_EXEMPT[name], how=name)


def _opened(file: PythonFile, decorator: ast.expr) -> Iterator[tuple[str, str]]:
    """(decorator, what it opens); `method_decorator(x)` is x."""
    call = decorator if isinstance(decorator, ast.Call) else None
    name = _last(file, call.func if call is not None else decorator)
    if name == "method_decorator" and call is not None and call.args:
        listed = call.args[0].elts if isinstance(call.args[0], ast.List | ast.Tuple) else [call.args[0]]
        for one in listed[:20]:
            if not (isinstance(one, ast.Call) and _last(file, one.func) == "method_decorator"):
                yield from _opened(file, one)
    elif name in _EXEMPT:
        reports = call is not None and any(
            item.arg == "REPORT_ONLY" and isinstance(item.value, ast.Constant) and item.value.value
            for item in call.keywords
        )
        if not reports:
            yield name, _EXEMPT[name]
    elif name in _POLICIES and call is not None:
        if _empties(call) and name == "csp_override":
            yield name, "the content policy"
        elif any(word in texts for directive, texts in _directives(call) for word in _WIDE if directive in _DANGEROUS):
            yield name, "the content policy"
    elif name.lower() == "talisman" and call is not None:
        yield from ((f"{name}({option})", opens) for option, opens in _of_talisman(call))


def _of_talisman(call: ast.Call) -> Iterator[tuple[str, str]]:
    opens = {"content_security_policy": "the content policy", "frame_options": "framing", "force_https": "plain http"}
    for item in call.keywords:
        if item.arg not in opens:
            continue
        if isinstance(item.value, ast.Constant) and not item.value.value:
            yield item.arg, opens[item.arg]
        elif item.arg == "content_security_policy" and any(word in _texts(item.value) for word in _WIDE):
            yield item.arg, opens[item.arg]
        elif item.arg == "frame_options" and any("ALLOW" in text.upper() for text in _texts(item.value)):
            yield item.arg, opens[item.arg]


def _empties(call: ast.Call) -> bool:
    given = [*call.args, *(item.value for item in call.keywords if item.arg in {"config", None})]
    return len(given) == 1 and (
        (isinstance(given[0], ast.Dict) and not given[0].keys)
        or (isinstance(given[0], ast.Constant) and given[0].value is None)
    )


def _directives(call: ast.Call) -> Iterator[tuple[str, set[str]]]:
    """What a decorator says of each directive, as keywords (django-csp 3) or in a table."""
    for part in ast.walk(call):
        if isinstance(part, ast.Dict):
            for key, value in zip(part.keys, part.values, strict=True):
                if key is not None:
                    yield text(key), _texts(value)
    for item in call.keywords:
        if item.arg is not None:
            yield item.arg.lower().replace("_", "-"), _texts(item.value)


def _texts(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found |= {part.value, *part.value.split()}
        elif isinstance(part, ast.Attribute) and part.attr in {"UNSAFE_INLINE", "UNSAFE_EVAL"}:
            found.add(f"'{part.attr.lower().replace('_', '-')}'")
        elif isinstance(part, ast.Name) and part.id in {"UNSAFE_INLINE", "UNSAFE_EVAL"}:
            found.add(f"'{part.id.lower().replace('_', '-')}'")
    return found


def _last(file: PythonFile, node: ast.expr) -> str:
    return file.name(node).rpartition(".")[2]


# Origins


def _shared(collector: str, file: PythonFile, path: str) -> Iterator[Found]:
    """`@cross_origin(...)` of Flask-CORS on a view. Without origins it lets every one in."""
    values = Values(file)
    for function in file.functions:
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if file.name(called) not in _CROSS_ORIGIN:
                continue
            where = Location(path=path, line=decorator.lineno)
            given: dict[str, ast.expr] = {}
            whole = True
            for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
                table, all_of_it = ({keyword.arg: keyword.value}, True) if keyword.arg else _table(values, keyword)
                given, whole = given | table, whole and all_of_it
            listed = given.get("origins", ast.Constant("*"))
            allowed = given.get("supports_credentials", ast.Constant(False))
            try:
                if not whole:
                    raise NotLiteral("perhaps in **")
                with_them = bool(values.constant(allowed))
                origins = values.constant(listed)
            except NotLiteral as error:
                yield Gap(
                    kinds=(CorsPolicy.kind(),), collector=collector, reason=Reason.NOT_LITERAL,
                    detail=f"what cross_origin is given is not known: {error}", location=where,
                    about={"framework": "flask", "application": f"{path}:{function.name}"},
                )  # fmt: skip
                continue
            yield CorsPolicy(
                location=where,
                framework="flask",
                application=f"{path}:{function.name}",
                any_origin="*" in origins if isinstance(origins, tuple | frozenset) else origins == "*",
                credentials=with_them,
            )


def _table(values: Values, keyword: ast.keyword) -> tuple[dict[str, ast.expr], bool]:
    return values.table(keyword.value) or ({}, False)


def _origins_let_in(file: PythonFile, path: str) -> Iterator[CorsPolicy]:
    """`response["Access-Control-Allow-Origin"] = request.headers["Origin"]`, where nothing asks first who that is; or
    "*" for everybody, with credentials or with every response: of one view it is said on purpose."""
    for function in file.functions:
        sets = list(_sets(function, _ALLOW_ORIGIN))
        origins = _origins(function) if sets else set()
        asks = bool(sets) and _asks(function, origins)
        for line, value in sets:
            if _is_any(value):
                with_them = _with_credentials(function)
                let_in = with_them or bool(hook_of(function))
            else:
                with_them = any(map(_is_true, (one for _, one in _sets(function, _CREDENTIALS))))
                let_in = not asks and _is_origin(value, origins)
            if let_in:
                yield CorsPolicy(
                    location=Location(path=path, line=line),
                    framework="code",
                    application=f"{path}:{function.name}",
                    any_origin=True,
                    credentials=with_them,
                )
                break


def _is_any(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "*"


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and str(node.value).lower() == "true"


def _with_credentials(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether "*" and the permission to send cookies go with one response: one stands right beside the other."""
    for body in bodies(function):
        given = [(name, value) for statement in body for name, value, _ in in_statement(statement)]
        if any(name == _ALLOW_ORIGIN and _is_any(value) for name, value in given):
            if any(name == _CREDENTIALS and _is_true(value) for name, value in given):
                return True
    return False


def _sets(function: ast.AST, name: str) -> Iterator[tuple[int, ast.expr]]:
    """Where a header is given a value."""
    for node in ast.walk(function):
        for field, value, where in fields(node):
            if field == name:
                yield getattr(where, "lineno", 0), value


def _origins(function: ast.AST) -> set[str]:
    """The names that hold what the client sent as its Origin."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and _is_origin(node.value, set()):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.NamedExpr) and _is_origin(node.value, set()):
            found.add(node.target.id)
    return found


def _is_origin(node: ast.expr, names: set[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.BoolOp(values=values):
            return any(_is_origin(value, names) for value in values)
        case ast.IfExp(body=body):
            return _is_origin(body, names)
        case ast.Subscript(value=ast.Attribute(attr="headers" | "META" | "environ"), slice=key):
            return text(key) in _ORIGIN
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=held), attr="get"), args=args):
            return held in {"headers", "META", "environ"} and bool(args) and text(args[0]) in _ORIGIN
        case ast.Attribute(value=ast.Name(id="request" | "req"), attr="origin"):
            return True
    return False


def _asks(function: ast.AST, origins: set[str]) -> bool:
    """Whether a condition compares the origin with something, or hands it to something that may."""
    tests: list[ast.expr] = []
    for node in ast.walk(function):
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            tests.append(node.test)
        elif isinstance(node, ast.comprehension):
            tests.extend(node.ifs)
        elif isinstance(node, ast.Assert):
            tests.append(node.test)
    return any(_compares(test, origins) for test in tests)


def _compares(test: ast.expr, origins: set[str]) -> bool:
    for part in ast.walk(test):
        sides: Sequence[ast.expr] = ()
        if isinstance(part, ast.Compare):
            if isinstance(part.ops[0], ast.Is | ast.IsNot):
                continue
            sides = [part.left, *part.comparators]
        elif isinstance(part, ast.Call):
            owner = [part.func.value] if isinstance(part.func, ast.Attribute) else []
            sides = [*part.args, *owner] if not _is_origin(part, set()) else ()
        if any(_is_origin(side, origins) for one in sides for side in ast.walk(one) if isinstance(side, ast.expr)):
            return True
    # A condition on another name may be what a function said of the origin.
    names = {part.id for part in ast.walk(test) if isinstance(part, ast.Name)}
    return bool(names - origins - {"request", "req", "origin"})
