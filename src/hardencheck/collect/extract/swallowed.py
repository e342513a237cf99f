"""Handlers that catch everything and do nothing: what went wrong is lost."""

import ast
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._branches import Branches, branches_of
from hardencheck.collect.extract._logging_names import is_security_call
from hardencheck.collect.extract._python import NotLiteral, PythonFile, literal, parse, role, unread
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging import Swallowed
from hardencheck.model.location import Location

_TOKENS = compiled(
    rb"except\s*(?::|\(?[\w., ]*(?:Base)?Exception\b[^\n]*:)\s*(?:#[^\n]*\s*)*(?:pass|continue|break|\.\.\.|[\"'])"
    rb"|except\s*(?::|\(?[\w., ]*(?:Base)?Exception\b[^\n]*:)\s*(?:#[^\n]*\s*)*(?:return\b|\w+\s*=)"
    rb"|suppress\((?:Base)?Exception\b"
)
_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})
_EVERYTHING = frozenset({"BaseException", "builtins.BaseException"})
_ANSWERS = frozenset({
    "HttpResponse", "JsonResponse", "Response", "JSONResponse", "PlainTextResponse", "HTMLResponse", "json_response",
    "jsonify", "make_response",
})  # fmt: skip
_TROUBLE = compiled(
    r"err|fail|invalid|could not|cannot|unable|wrong|bad|problem|not found|denied|sorry|try again", re.I
)
_FAILED = 400  # the first status of those for what went wrong
# What is only tidied up or tried out: that it fails is of no interest.
_TIDYING = frozenset({
    "close", "aclose", "remove", "unlink", "rmtree", "rmdir", "removedirs", "flush", "shutdown", "cancel", "disconnect",
    "terminate", "kill", "wait", "join", "stop", "release", "rollback", "cleanup", "quit", "logout", "delete_message",
    "setlocale", "print", "write", "import_module", "__import__", "getattr", "int", "float", "str", "len", "isatty",
    "fileno", "exists", "is_file", "get_terminal_size", "version", "collect", "set_start_method", "unregister",
})  # fmt: skip


class SwallowedExceptions(Extractor):
    """`except:` and `except Exception:` with nothing in them, `suppress(Exception)`."""

    name = "logging.swallowed"
    version = 2
    emits = (Swallowed,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not _TOKENS.search(data):
            return
        here, what_for = Location(path=path), role(path)
        try:
            file = parse(data)
        except Unreadable as error:
            yield unread(self, error, path, what_for)
            return
        branches: Branches | None = None
        for node in ast.walk(file.tree):
            if isinstance(node, ast.With | ast.AsyncWith) and (found := _suppressed(file, node)) is not None:
                calls = [call for one in node.body for call in _calls(one)]
                names = [_last(call) for call in calls]
                if calls and not all(name in _TIDYING for name in names):
                    branches = branches or branches_of(file)
                    yield Swallowed(
                        location=here.at(found.lineno),
                        caught="Exception",
                        security=any(is_security_call(name) for name in names),
                        role=branches.role(calls[0], what_for),
                    )
            if not isinstance(node, ast.Try | ast.TryStar):
                continue
            for handler in node.handlers:
                everything = _everything(file, handler.type)
                if not _broad(file, handler.type) or not all(_nothing(file, one, everything) for one in handler.body):
                    continue
                calls = [call for one in node.body for call in _calls(one)]
                names = [_last(call) for call in calls]
                if not calls or all(name in _TIDYING for name in names) or _optional(node):
                    continue
                branches = branches or branches_of(file)
                yield Swallowed(
                    location=here.at(handler.lineno),
                    caught="everything" if everything else "Exception",
                    security=any(is_security_call(name) for name in names),
                    role=branches.role(calls[0], what_for),
                )


def _broad(file: PythonFile, node: ast.expr | None) -> bool:
    if node is None:
        return True
    if isinstance(node, ast.Tuple):
        return any(file.name(one) in _BROAD for one in node.elts)
    return file.name(node) in _BROAD


def _suppressed(file: PythonFile, node: ast.With | ast.AsyncWith) -> ast.expr | None:
    """`with contextlib.suppress(Exception):`"""
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and file.name(call.func) in {"contextlib.suppress", "suppress"}:
            if any(file.name(given) in _BROAD for given in call.args):
                return call
    return None


def _everything(file: PythonFile, node: ast.expr | None) -> bool:
    """Whether the end of the process is caught too."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(one is None or file.name(one) in _EVERYTHING for one in parts)


def _nothing(file: PythonFile, node: ast.stmt, everything: bool) -> bool:
    """Whether a statement of a handler does nothing about what was caught.

    A value for "it did not work" is an answer to an Exception, but none to the end of the process, which it stops.
    """
    match node:
        case ast.Pass() | ast.Continue() | ast.Break():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=None | ast.Constant()) | ast.Assign(value=ast.Constant()):
            return everything
        case ast.Return(value=ast.Call() as call):
            return _last(call) in _ANSWERS and _all_is_well(call)
    return False


def _all_is_well(call: ast.Call) -> bool:
    """Whether an answer says that it worked: `HttpResponse("ok")`."""
    for keyword in call.keywords:
        if keyword.arg in {"status", "status_code"}:
            value = keyword.value
            if not isinstance(value, ast.Constant) or not isinstance(value.value, int) or value.value >= _FAILED:
                return False
    try:
        given = [literal(node) for node in (*call.args, *(one.value for one in call.keywords))]
    except NotLiteral:
        return False
    # A number by position is a status, and what is false or names trouble says that it did not work.
    numbers = (one for one in given if isinstance(one, int) and one >= _FAILED)
    said = repr(given)
    return next(numbers, None) is None and _TROUBLE.search(said) is None and "False" not in said


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """Calls of a statement, not those of functions that it only defines."""
    stack: list[ast.AST] = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(one, ast.Call):
            yield one
        stack.extend(ast.iter_child_nodes(one))


def _last(call: ast.Call) -> str:
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _optional(node: ast.Try | ast.TryStar) -> bool:
    """Whether something is only imported if it is there."""
    return all(isinstance(one, ast.Import | ast.ImportFrom) for one in node.body)
