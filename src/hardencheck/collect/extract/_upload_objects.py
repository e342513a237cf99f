"""Which expressions of a function are files that a client has sent."""

import ast
from collections.abc import Iterator

from hardencheck.collect.extract._python import PythonFile
from hardencheck.lazily import compiled

Function = ast.FunctionDef | ast.AsyncFunctionDef
FRAMEWORKS = (
    "flask", "werkzeug", "flask_wtf", "quart", "fastapi", "starlette", "aiohttp", "sanic", "litestar", "tornado",
    "django", "rest_framework", "ninja", "bottle", "falcon", "pyramid", "cherrypy", "connexion", "apiflask",
    "flask_restful", "flask_restx", "cgi",
)  # fmt: skip
_FILES = frozenset({"files", "FILES"})
_OF_DJANGO = frozenset({"django", "rest_framework", "ninja"})
_ANNOTATIONS = frozenset({
    "UploadFile", "FileStorage", "UploadedFile", "InMemoryUploadedFile", "TemporaryUploadedFile", "FileField",
    "BodyPartReader", "FileUpload",
})  # fmt: skip
_OPEN = frozenset({"Any", "object", "File", "BinaryIO", "IO"})
_REQUEST = compiled(r"(?:\w*_)?(?:request|req)")
NAMED = compiled(
    r"(?:\w*_)?(?:upload|uploads|uploaded|file|files|photo|image|img|avatar|picture|pic|attachment|document|doc|part|"
    r"field|fileobj|video|audio|f)(?:_?(?:file|obj|storage|part|item))?\d?"
)
_READER_NAMES = compiled(r"(?:\w*_)?(?:reader|multipart|mp)")
_OF_ARCHIVES = frozenset({"infolist", "getmembers", "namelist", "getnames", "scandir", "iterdir", "glob"})


class UploadObjects:
    """Names are followed in the order in which a function's statements stand, the last assignment counts."""

    def __init__(self, file: PythonFile, function: Function | None) -> None:
        self.file = file
        self.web = any(file.imports(package) for package in FRAMEWORKS)
        # Uploads of Django have no `filename`; a model of that name has one.
        self.by_name = any(file.imports(package) for package in FRAMEWORKS if package not in _OF_DJANGO)
        self.names: dict[str, bool] = {}
        for name, annotation, default in _parameters(function) if function is not None else ():
            if annotation is not None and _mentions(annotation, _ANNOTATIONS):
                self.names[name] = True
            elif isinstance(default, ast.Call) and self.file.name(default.func).rpartition(".")[2] in {"File", "Body"}:
                # `data: bytes = File()` is the content, not the file.
                self.names[name] = annotation is None or not _mentions(annotation, frozenset({"bytes"}))
            elif annotation is not None and not _mentions(annotation, _OPEN):
                self.names[name] = False

    def assign(self, target: ast.expr, value: ast.expr | None, *, looped: bool = False) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self.assign(item, value, looped=looped)
        elif isinstance(target, ast.Name):
            if value is not None and looped and _of_an_archive(value):
                self.names[target.id] = False
            elif value is not None and self.is_certain(value):
                self.names[target.id] = True
            elif value is not None and isinstance(value, ast.Call | ast.Constant | ast.JoinedStr):
                # Something else is made here: what the name sounds like no longer counts, but for reading parts.
                self.names[target.id] = _reads_part(value)

    def enter(self, node: ast.stmt) -> None:
        """What the comprehensions of a statement go through, before its calls are looked at."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        for expression in expressions(node):
            for part in ast.walk(expression):
                if isinstance(part, ast.comprehension):
                    self.assign(part.target, part.iter, looped=True)

    def is_upload(self, node: ast.expr) -> bool:
        return self._is(node, self.by_name, 0)

    def is_certain(self, node: ast.expr) -> bool:
        """The same, and not because of what a name sounds like."""
        return self._is(node, False, 0)

    def _is(self, node: ast.expr, by_name: bool, depth: int) -> bool:
        if depth > 12:
            return False
        match node:
            case ast.Await(value=value) | ast.Subscript(value=value):
                return self._is(value, by_name, depth + 1)
            case ast.Name(id=name):
                known = self.names.get(name)
                return known if known is not None else by_name and NAMED.fullmatch(name) is not None
            case ast.Attribute(value=value, attr="files" | "FILES"):
                return self._is_request(value)
            case ast.Attribute(value=ast.Attribute(value=value), attr="data"):  # form.photo.data
                return isinstance(value, ast.Name) and "form" in value.id.lower() and self.web
            case ast.Attribute(attr="cleaned_data" | "validated_data"):
                return self.web
            case ast.Attribute(value=value, attr="file"):
                return self._is(value, by_name, depth + 1)
            case ast.Call(
                func=ast.Attribute(value=value, attr="get" | "getlist" | "pop" | "items" | "values" | "getall")
            ):
                return self._is(value, by_name, depth + 1)
            case ast.Call() if _reads_part(node):
                return self.web
            case ast.Call(func=ast.Attribute(value=value, attr="form")):  # await request.form()
                return self._is_request(value)
            case ast.BoolOp(values=values):
                return any(self._is(value, by_name, depth + 1) for value in values)
            case ast.NamedExpr(value=value):
                return self._is(value, by_name, depth + 1)
        return False

    def _is_request(self, node: ast.expr) -> bool:
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        return _REQUEST.fullmatch(name) is not None


def functions_with(file: PythonFile, words: tuple[bytes, ...]) -> Iterator[Function]:
    """The functions in whose text one of the words stands."""
    for function in file.functions:
        text = file.text_of(function)
        if any(word in text for word in words):
            yield function


def followed(file: PythonFile, function: Function) -> UploadObjects:
    """The names of a function after all of its statements."""
    uploads = UploadObjects(file, function)
    for node in statements(function.body):
        uploads.enter(node)
        for target, value, looped in assignments(node):
            uploads.assign(target, value, looped=looped)
    return uploads


def handles_uploads(file: PythonFile, function: Function) -> bool:
    """Whether a client hands the function a file for certain, not by what a name sounds like."""
    uploads = followed(file, function)
    if any(uploads.names.values()):
        return True
    by_request = (node for node in ast.walk(function) if isinstance(node, ast.Attribute) and node.attr in _FILES)
    return any(uploads.is_certain(node) for node in by_request)


def _reads_part(node: ast.expr) -> bool:
    """`await reader.next()` of a multipart reader."""
    if isinstance(node, ast.Await):
        node = node.value
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "next"
        and isinstance(node.func.value, ast.Name)
        and _READER_NAMES.fullmatch(node.func.value.id) is not None
    )


def _of_an_archive(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _OF_ARCHIVES


def _mentions(node: ast.expr, names: frozenset[str]) -> bool:
    for part in ast.walk(node):
        name = (
            part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute)
            else part.value if isinstance(part, ast.Constant) else None
        )  # fmt: skip
        if isinstance(name, str) and name.rpartition(".")[2].strip("[] ") in names:
            return True
    return False


def _parameters(function: Function) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    for one, default in zip(plain, [*defaults, *arguments.defaults], strict=True):
        yield one.arg, one.annotation, default
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield one.arg, one.annotation, default


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements in the order in which they stand, those of blocks too, but not those of functions and classes."""
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("finalbody", "orelse", "handlers", "cases", "body"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                for item in reversed(inner):
                    if isinstance(item, ast.stmt):
                        stack.append(item)
                    elif isinstance(item, ast.ExceptHandler | ast.match_case):
                        stack.extend(reversed(item.body))


def expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement itself, without its blocks."""
    for _, value in ast.iter_fields(node):
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, ast.expr):
                yield item
            elif isinstance(item, ast.withitem):
                yield item.context_expr


def calls(node: ast.stmt) -> Iterator[ast.Call]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for expression in expressions(node):
        for part in ast.walk(expression):
            if isinstance(part, ast.Call):
                yield part


def assignments(node: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """(target, value, whether the value is gone through) of a statement."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield target, value, False
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value, False
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            yield target, value, True
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is not None:
                    yield item.optional_vars, item.context_expr, False
        case _:
            pass
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        for expression in expressions(node):
            for part in ast.walk(expression):
                if isinstance(part, ast.NamedExpr):
                    yield part.target, part.value, False
