"""What a Python file says about the settings of a framework and the applications it builds."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._expressions import expression
from hardencheck.collect.extract._header_names import HEADERS, TELLING
from hardencheck.collect.extract._python import LEAVES, PythonFile, parse, role, shorten
from hardencheck.collect.extract._security_names import FLASK, GUNICORN, KNOWN
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import Call, Class, Expression, HeaderSet, PythonModule, Write
from hardencheck.model.gap import Gap
from hardencheck.model.location import Location

# A file without any of these (in lower case) says nothing about settings: it is not even parsed for us. Plain
# searches, since this runs over every Python file there is. A test holds them against the names that are known.
STRONG = tuple(word.encode() for word in (
    "secret_key", "allowed_hosts", "middleware", "installed_apps", "root_urlconf", "secure_", "x_frame_options",
    "use_x_forwarded_host", "session_cookie_", "session_serializer", "session_engine", "csrf_cookie_",
    "csrf_use_sessions", "csrf_trusted_origins", "auth_password_validators", "password_hashers",
    "silenced_system_checks", "debug_propagate_exceptions", "cors_allow_", "cors_origin_allow_all",
    "content_security_policy", "csp_default_src", "permissions_policy", "data_upload_max_", "file_upload_",
    "max_content_length", "max_form_", "wtf_csrf_enabled", "trusted_hosts",
    "flask(", "flask_cors", "talisman", "quart(", "openapi(", "fastapi(", "(fastapi", "(flask", "starlette(",
    "web.application", "client_max_size", "waitress",
    "pyramid.config", "tornado.web", "tornado.httpserver", "falcon", "sanic", "bottle(", "litestar", "cherrypy",
    ".config[", ".config.from_", ".config.update(", ".config.setdefault(", ".after_request", "debug=true", ".debug =",
    *sorted(HEADERS | TELLING - {"server"}),
))  # fmt: skip
_EXACT = (b"DEBUG", b"TESTING")  # frequent words in lower case
# What may write any name of a module. Only the statements of such a file matter.
_WEAK = (b"exec(", b"setattr(", b"globals(", b"vars(", b"locals(", b"__dict__", b"sys.modules")
_STAR = compiled(rb"\bimport[ \t(]{1,5}\*")
_LOADED = compiled(rb"\b[A-Z]\w*\.\w+\(__name__\)")  # Production.load_settings(__name__)
GUNICORN_NAME = compiled(r"(?:.*/)?gunicorn[^/]*\.py|(?:.*/)?[^/]*gunicorn[^/]*\.conf\.py")
_MENTIONS = {
    "flask": rb"\bFlask\(|\bapp\.config\b",
    "fastapi": rb"\b(?:FastAPI|Starlette)\(|add_middleware|CORSMiddleware|SessionMiddleware",
    "aiohttp": rb"\bweb\.Application\b",
}
_BUILDERS = {
    "flask.Flask", "quart.Quart", "apiflask.APIFlask", "flask_openapi3.OpenAPI",
    "fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette",
    "aiohttp.web.Application", "aiohttp.web_app.Application", "waitress.serve", "waitress.server.create_server",
    "waitress.create_server", "uvicorn.run",
    "pyramid.config.Configurator", "tornado.web.Application", "tornado.httpserver.HTTPServer",
    "falcon.App", "falcon.asgi.App", "falcon.API",
    "sanic.Sanic", "bottle.Bottle", "litestar.Litestar", "cherrypy.quickstart", "cherrypy.tree.mount",
    "starlette.middleware.Middleware", "fastapi.middleware.Middleware",
    "flask_cors.CORS", "flask_talisman.Talisman", "flask_talisman.talisman.Talisman",
}  # fmt: skip
_DERIVED = compiled(r"[A-Z]\w*(?:App|Application|Flask|Quart|A[Pp][Ii])")
# The arguments that are looked at; what else a call is given may be a secret.
_ARGUMENTS = {
    "debug", "docs_url", "redoc_url", "openapi_url", "allow_origins", "allow_origin_regex", "allow_credentials",
    "https_only", "secret_key", "same_site", "session_cookie", "client_max_size", "max_request_body_size",
    "max_body_size", "origins", "supports_credentials", "middleware",
    "force_https", "frame_options", "strict_transport_security", "strict_transport_security_max_age",
    "strict_transport_security_include_subdomains", "strict_transport_security_preload", "content_security_policy",
    "content_security_policy_report_only", "referrer_policy", "permissions_policy", "x_content_type_options",
    "session_cookie_secure", "session_cookie_http_only", "session_cookie_samesite",
}  # fmt: skip
_METHODS = {"add_middleware", "run", "init_app", "from_object", "from_pyfile", "from_envvar", "from_prefixed_env",
            "from_file", "from_mapping", "update", "from_json", "after_request", "listen"}  # fmt: skip
_LOADERS = {"from_object", "from_pyfile", "from_envvar", "from_prefixed_env", "from_file", "from_mapping", "from_json",
            "update"}  # fmt: skip
_ATTRIBUTES = {"secret_key": "SECRET_KEY", "debug": "DEBUG"}
# Nothing that is there for tests or to be read is what production runs; who imports it gets "unknown".
SKIPPED = frozenset({"test", "documentation", "example", "migration"})
# Builtins by which code may write any name of a module.
_REACHING = {"globals", "vars", "locals", "exec", "eval", "setattr"}
_SILENT = LEAVES - {ast.Name}
_OPEN = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match)

MAX_TABLES = 20


class PythonSettings(Extractor):
    """Settings, classes, calls, configuration writes and response headers of one file, as written."""

    name = "python.settings"
    version = 7
    emits = (PythonModule,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if role(path) in SKIPPED:
            return
        gunicorn = GUNICORN_NAME.fullmatch(path.lower()) is not None
        low = data.lower()
        strong = any(word in low for word in STRONG) or any(word in data for word in _EXACT)
        if not (
            gunicorn or strong or any(word in data for word in _WEAK) or _STAR.search(data) or _LOADED.search(data)
        ):
            return
        try:
            file = parse(data)
        except Unreadable as error:
            # What it mentions decides whose settings are unknown now.
            yield Gap(
                kinds=self.kinds(),
                collector=self.name,
                reason=error.reason,
                detail=error.detail,
                location=Location(path=path, line=error.line),
                about={name: re.search(pattern, data) is not None for name, pattern in _MENTIONS.items()},
            )
            return
        known = KNOWN | GUNICORN if gunicorn else KNOWN
        fact = module(file, path, known, whole=strong)
        if fact is not None:
            yield fact


def module(file: PythonFile, path: str, known: frozenset[str] = KNOWN, *, whole: bool = True) -> PythonModule | None:
    """The fact of one parsed file; None when it says nothing about settings. whole: look into functions as well."""
    around = Around(file.tree)
    settings = _names(file.tree.body, known)
    calls = tuple(_calls(file, around)) if whole else ()
    headers = tuple(_headers(file, around)) if whole else ()
    writes = tuple(_writes(file, around)) if whole else ()
    classes = tuple(
        Class(
            name=node.name,
            line=node.lineno,
            bases=tuple(name for base in node.bases if (name := file.name(base))),
            settings=_names(node.body, known),
        )
        for node in (file.classes if whole else ())
    )
    if not (
        settings or calls or headers or writes or any(item.settings for item in classes) or _middleware_like(classes)
    ):
        return None
    return PythonModule(
        location=Location(path=path),
        role=role(path),
        settings=settings,
        classes=classes,
        calls=calls,
        writes=writes,
        headers=headers,
    )


def _names(body: Sequence[ast.stmt], known: frozenset[str]) -> tuple[str, ...]:
    """The settings that a module or class body binds or changes, in any branch; "*" where it may be any of them."""
    found: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)  # a setting may be a property
                continue
            case ast.Name(id=name) if not isinstance(node.ctx, ast.Load):
                found.add(name)
            case ast.ImportFrom(names=aliases):
                found.update(alias.asname or alias.name for alias in aliases)
            case ast.Attribute(value=ast.Name(id=name)) | ast.Subscript(value=ast.Name(id=name)):
                found.add(name)  # `MIDDLEWARE.append(...)`
            case ast.Subscript(value=ast.Call(func=ast.Name(id=name)), slice=ast.Constant(value=str(key))) if (
                name in _REACHING
            ):
                found.add(key)
                continue
            case ast.Call(func=ast.Name(id=name)) if name in _REACHING:
                found.add("*")
        stack.extend(child for child in ast.iter_child_nodes(node) if type(child) not in _SILENT)
    return tuple(sorted(found & (known | {"*"})))


def _middleware_like(classes: tuple[Class, ...]) -> bool:
    return any("Middleware" in base or base.endswith((".Flask", ".FastAPI")) for item in classes for base in item.bases)


class _Place(NamedTuple):
    """conditional: inside an if, loop, try or match of its function. scope: names of the classes and functions
    around it, dotted. hook: a decorator of those that makes it run for every response."""

    conditional: bool = False
    scope: str = ""
    hook: str = ""


class Around:
    """Where the nodes of a file stand; computed when it is first asked for, since most files never ask."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._places: dict[int, _Place] = {}

    def __call__(self, node: ast.AST) -> _Place:
        if not self._places:
            self._walk()
        return self._places.get(id(node), _Place())

    def _walk(self) -> None:
        stack: list[tuple[ast.AST, _Place]] = [(self._tree, _Place())]
        while stack:
            node, place = stack.pop()
            self._places[id(node)] = place
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                scope = f"{place.scope}.{node.name}" if place.scope else node.name
                hook = place.hook if isinstance(node, ast.ClassDef) else hook_of(node) or place.hook
                place = _Place(False, scope, hook)
            elif isinstance(node, ast.Lambda):
                place = place._replace(conditional=False)
            elif isinstance(node, _OPEN) and not _is_main(node):
                place = place._replace(conditional=True)
            for field in node._fields:
                value = getattr(node, field, None)
                items = value if type(value) is list else (value,)
                stack.extend((item, place) for item in items if type(item) not in LEAVES and isinstance(item, ast.AST))


def _is_main(node: ast.AST) -> bool:
    """`if __name__ == "__main__":`"""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    return isinstance(node.test.left, ast.Name) and node.test.left.id == "__name__"


def hook_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The decorator that has a function run for every response, "" for none."""
    for decorator in node.decorator_list:
        inner = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(inner, ast.Attribute) and inner.attr in {"after_request", "after_app_request", "middleware"}:
            return inner.attr
    return ""


def _calls(file: PythonFile, around: Around) -> Iterator[Call]:
    targets = _targets(file)
    subclasses = {node.name for node in file.classes for base in node.bases if file.name(base) in _BUILDERS}
    for call in file.calls:
        name = file.name(call.func)
        method = name.rpartition(".")[2] if "." in name else ""
        if not name and isinstance(call.func, ast.Attribute) and call.func.attr == "listen":
            method = "listen"  # `make_app().listen(80)`
        # A class of another file that may be an application: whoever knows all files can tell.
        known = name in _BUILDERS or name in subclasses or ("." in name and _DERIVED.fullmatch(method) is not None)
        if not known:
            if method not in _METHODS or (method in _LOADERS and ".config." not in f".{name}"):
                continue
        receiver = name.rpartition(".")[0] if not known else ""
        yield Call(
            name=name if known else f".{method}",
            line=call.lineno,
            variable=targets.get(id(call), "") if not receiver else receiver,
            first=_first(file, call),
            arguments=_arguments(file, call),
            spread=any(item.arg is None for item in call.keywords)
            or any(isinstance(a, ast.Starred) for a in call.args),
            conditional=around(call).conditional,
            scope=around(call).scope,
        )


def _first(file: PythonFile, call: ast.Call) -> str:
    if not call.args:
        return ""
    first = call.args[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return f"'{first.value}'" if re.fullmatch(r"[\w.:/-]{1,100}", first.value) else ""
    return file.name(first)


def _arguments(file: PythonFile, call: ast.Call) -> dict[str, Expression]:
    given: dict[str, Expression] = {}
    for keyword in call.keywords:
        if keyword.arg in _ARGUMENTS:
            given[keyword.arg] = expression(file, keyword.value, keyword.arg)
    return given


def _targets(file: PythonFile) -> dict[int, str]:
    """Call node id -> the variable its result is assigned to."""
    found: dict[int, str] = {}
    for node in file.assigns:
        if isinstance(node.value, ast.Call):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found[id(node.value)] = file.name(target)
    return found


def _writes(file: PythonFile, around: Around) -> Iterator[Write]:
    """`x.config["NAME"] = v`, `x.secret_key = v`, `x.config.update(NAME=v)`, `x.config.from_mapping({"NAME": v})`."""
    for node in file.assigns:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Subscript):
                owner = file.name(target.value)
                if owner.endswith(".config"):
                    key = target.slice
                    name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else "*"
                    yield from _write(file, around, node, owner.removesuffix(".config"), name, node.value)
            elif isinstance(target, ast.Attribute) and target.attr in _ATTRIBUTES:
                yield from _write(file, around, node, file.name(target.value), _ATTRIBUTES[target.attr], node.value)
    for call in file.calls:
        owner, _, method = file.name(call.func).rpartition(".")
        if not owner.endswith(".config") or method not in {"update", "from_mapping", "setdefault"}:
            continue
        variable = owner.removesuffix(".config")
        if method == "setdefault":
            first = call.args[0] if call.args else None
            name = str(first.value) if isinstance(first, ast.Constant) else "*"
            yield from _write(file, around, call, variable, name, None)
            continue
        pairs: list[tuple[str, ast.expr]] = [(keyword.arg or "*", keyword.value) for keyword in call.keywords]
        given: list[ast.expr] = []
        for argument in call.args:
            if isinstance(argument, ast.Call) and file.name(argument.func) == "dict":  # update(dict({...}))
                given += argument.args
                pairs += [(keyword.arg or "*", keyword.value) for keyword in argument.keywords]
            else:
                given.append(argument)
        for argument in given:
            if isinstance(argument, ast.Dict):
                for key_node, value in zip(argument.keys, argument.values, strict=True):
                    plain = isinstance(key_node, ast.Constant) and isinstance(key_node.value, str)
                    pairs.append((str(key_node.value) if plain else "*", value))  # type: ignore[union-attr]
            else:
                pairs.append(("*", argument))
        for name, value in pairs:
            yield from _write(file, around, call, variable, name, value)


def _write(
    file: PythonFile, around: Around, node: ast.expr | ast.stmt, variable: str, name: str, value: ast.expr | None
) -> Iterator[Write]:
    if name != "*" and name not in FLASK:
        return
    if name == "*":
        given = Expression(what="unknown", text=shorten(node))
    elif value is None or isinstance(node, ast.AugAssign):
        given = Expression(what="unknown", text="computed")
    else:
        given = expression(file, value, name)
    place = around(node)
    line = value.lineno if isinstance(node, ast.Call) and value is not None else node.lineno
    yield Write(
        variable=variable,
        name=name,
        line=line,
        expression=given,
        conditional=place.conditional,
        scope=place.scope,
    )


def _headers(file: PythonFile, around: Around) -> Iterator[HeaderSet]:
    """`response["Name"] = v`, `response.headers["Name"] = v`, `.setdefault("Name", v)`, `.update({"Name": v})`."""

    def made(name: object, value: ast.expr, node: ast.AST) -> Iterator[HeaderSet]:
        text = name.decode("latin-1") if isinstance(name, bytes) else name
        if isinstance(text, str) and text.lower() in HEADERS | TELLING:
            given = expression(file, value)
            place = around(node)
            yield HeaderSet(
                name=text.lower(),
                line=value.lineno if isinstance(node, ast.Call) else getattr(node, "lineno", 0),
                expression=given,
                conditional=place.conditional,
                scope=place.scope,
                hook=place.hook,
            )

    # Headers set by a name that is computed, from a table: each name that the file spells may be one of them.
    tables: list[ast.stmt | ast.expr] = []
    for node in file.assigns:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                yield from made(target.slice.value, node.value, node)
            elif isinstance(target, ast.Subscript) and _response_headers(target.value):
                tables.append(node)
    for call in file.calls:
        if not isinstance(call.func, ast.Attribute):
            continue
        on_headers = _response_headers(call.func.value)
        if call.func.attr in {"setdefault", "append", "add", "set", "add_header"} and len(call.args) == 2:
            if isinstance(call.args[0], ast.Constant):
                yield from made(call.args[0].value, call.args[1], call)
            elif on_headers:
                tables.append(call)
        if call.func.attr in {"update", "extend"} and call.args:
            if isinstance(call.args[0], ast.Dict):
                for key, value in zip(call.args[0].keys, call.args[0].values, strict=True):
                    if isinstance(key, ast.Constant):
                        yield from made(key.value, value, call)
            elif on_headers:
                tables.append(call)
    for table in tables[:MAX_TABLES]:
        place = around(table)
        why = Expression(what="unknown", text="from a table")
        for name in (*_spelled(file.source), "*"):
            yield HeaderSet(
                name=name,
                line=table.lineno,
                expression=why,
                conditional=place.conditional,
                scope=place.scope,
                hook=place.hook,
            )


def _response_headers(node: ast.expr) -> bool:
    """`response.headers`, `resp.headers`: what a client sends is `request.headers` and is not written to."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "headers"
        and not (isinstance(node.value, ast.Name) and node.value.id in {"request", "req", "session", "client", "self"})
    )


def _spelled(source: str) -> list[str]:
    """The security headers whose names stand in quotes in a text, in lower case."""
    low = source.lower()
    return sorted(name for name in HEADERS if f'"{name}"' in low or f"'{name}'" in low)
