"""Functions that answer requests: what they print, and tracebacks that they send to whoever asked."""

import ast
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._assigned import Assigned
from hardencheck.collect.extract._branches import Branches, branches_of
from hardencheck.collect.extract._python import PythonFile, parse, role, unread
from hardencheck.collect.extract.logging_calls import Carried
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging import TracebackSent, ViewPrint
from hardencheck.model.location import Location

_PRINT = compiled(rb"\bprint\s*\(")
_TRACEBACK = compiled(rb"format_exc|format_exception|errorhandler|exception_handler|add_exception_handler")
_VIEW = compiled(rb"\brequest\b|\.(?:route|get|post|put|patch|delete|api_route)\(")
_ROUTES = frozenset({"route", "get", "post", "put", "patch", "delete", "api_route", "websocket"})
_HANDLERS = frozenset({"errorhandler", "app_errorhandler", "exception_handler"})
_FORMATTED = frozenset({
    "traceback.format_exc", "traceback.format_exception", "traceback.format_tb", "traceback.format_stack",
    "format_exc", "format_exception",
})  # fmt: skip
_ANSWERS = compiled(
    r"(?:.*\.)?(?:HttpResponse\w*|JsonResponse|Response|PlainTextResponse|HTMLResponse|JSONResponse|ORJSONResponse"
    r"|jsonify|make_response|json_response|HTTPException|abort|render_template_string|text|html|json)"
)
_MAX_DEPTH = 25


class LoggingViews(Extractor):
    """print() in a view, and traceback.format_exc() in an answer."""

    name = "logging.views"
    emits = (ViewPrint, TracebackSent)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        prints = _PRINT.search(data) is not None and _VIEW.search(data) is not None
        traces = _TRACEBACK.search(data) is not None
        if not prints and not traces:
            return
        here, what_for = Location(path=path), role(path)
        try:
            file = parse(data)
        except Unreadable as error:
            kinds = [kind for kind, there in ((ViewPrint, prints), (TracebackSent, traces)) if there]
            yield unread(self, error, path, what_for, kinds)
            return
        branches: Branches | None = None
        assigned: Assigned | None = None
        if prints:
            for call in file.calls:
                named = isinstance(call.func, ast.Name) and call.func.id == "print" and "print" not in file.aliases
                if named and not any(keyword.arg == "file" for keyword in call.keywords) and is_view(file, call):
                    assigned = assigned or Assigned(file)
                    if next(Carried(file, assigned, call).arguments("print"), None) is not None:
                        continue  # a secret: that is what is wrong with it
                    branches = branches or branches_of(file)
                    yield ViewPrint(location=here.at(call.lineno), role=branches.role(call, what_for))
        if traces:
            branches = branches or branches_of(file)
            for node, what in _sent(file):
                yield TracebackSent(location=here.at(node.lineno), what=what, role=branches.role(node, what_for))


def is_view(file: PythonFile, call: ast.Call) -> bool:
    """Whether a call stands in a function that answers requests, as far as its parameters and decorators say."""
    scope = file.scope(call)
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    names = [item.arg for item in (*scope.args.posonlyargs, *scope.args.args)]
    if {"request", "req"} & set(names[:2]):
        return True
    return any(name in _ROUTES for name, _ in _decorators(scope))


def _decorators(scope: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.Call]]:
    for decorator in scope.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
            yield decorator.func.attr, decorator


def _sent(file: PythonFile) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    assigned = Assigned(file)
    seen: set[int] = set()
    for call in file.calls:
        if not _ANSWERS.fullmatch(file.name(call.func)):
            continue
        for given in (*call.args, *(keyword.value for keyword in call.keywords)):
            if call.lineno not in seen and _formatted(file, assigned, call, given):
                seen.add(call.lineno)
                yield call, "traceback"
    for function in file.functions:
        decorators = list(_decorators(function))
        routed = any(name in _ROUTES for name, _ in decorators)
        for name, decorator in decorators:
            if name not in _HANDLERS or not _everything(file, decorator):
                continue
            routed = True
            parameters = {item.arg for item in (*function.args.posonlyargs, *function.args.args)}
            for node in _returns(function):
                if node.value is not None and node.lineno not in seen and _shows(file, node.value, parameters):
                    seen.add(node.lineno)
                    yield node, "exception"
        for node in _returns(function) if routed else ():
            if node.value is not None and node.lineno not in seen and _formatted(file, assigned, node, node.value):
                seen.add(node.lineno)
                yield node, "traceback"


def _everything(file: PythonFile, decorator: ast.Call) -> bool:
    """Whether an error handler is for any exception: `errorhandler(Exception)`, `errorhandler(500)`."""
    given = decorator.args[0] if decorator.args else None
    if isinstance(given, ast.Constant):
        return given.value == 500
    return given is not None and file.name(given) in {"Exception", "BaseException", "InternalServerError"}


def _returns(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Return]:
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))


def _shows(file: PythonFile, node: ast.expr, parameters: set[str], depth: int = 0) -> bool:
    """Whether the text of an exception is in an answer: `str(error)`, `f"{error}"`."""
    if depth > _MAX_DEPTH:
        return False
    match node:
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)]):
            return name in parameters
        case ast.FormattedValue(value=ast.Name(id=name)):
            return name in parameters
        case ast.Call() | ast.Tuple() | ast.Dict() | ast.JoinedStr() | ast.BinOp() | ast.List() | ast.Await():
            inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
            inner += [one.value for one in getattr(node, "keywords", ())]
            return any(_shows(file, one, parameters, depth + 1) for one in inner)
    return False


def _formatted(file: PythonFile, assigned: Assigned, at: ast.AST, node: ast.expr, depth: int = 0) -> bool:
    """Whether a traceback is in a value that is sent."""
    if depth > _MAX_DEPTH:
        return False
    match node:
        case ast.Call(func=func) if file.name(func) in _FORMATTED:
            return True
        case ast.Name(id=name):
            given = assigned.last(name, at)
            return given is not None and _formatted(file, assigned, at, given, depth + 5)
        case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.FormattedValue(value=value):
            return _formatted(file, assigned, at, value, depth + 1)
        case ast.Call() | ast.Tuple() | ast.Dict() | ast.JoinedStr() | ast.BinOp() | ast.List() | ast.Await():
            inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
            inner += [one.value for one in getattr(node, "keywords", ())]
            return any(_formatted(file, assigned, at, one, depth + 1) for one in inner)
    return False
