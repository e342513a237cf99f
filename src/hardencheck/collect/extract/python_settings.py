"""What a Python file says about the settings of a framework and the applications it builds."""

import ast
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._python import PythonFile, parse, role, shorten
from hardencheck.collect.extract._statements import FLASK, GUNICORN, KNOWN, expression, statements
from hardencheck.model.facts.settings import Call, Class, Expression, HeaderSet, PythonModule, Write
from hardencheck.model.gap import Gap
from hardencheck.model.location import Location

HEADERS = frozenset({
    "strict-transport-security", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy",
    "content-security-policy", "x-frame-options", "permissions-policy", "cross-origin-resource-policy",
})  # fmt: skip
# Headers that tell too much or that browsers dropped: said only where code sends them.
TELLING = frozenset({"x-xss-protection", "expect-ct", "public-key-pins", "feature-policy", "x-powered-by", "server"})
# A file without any of these cannot change a setting: it is not even parsed for us.
_TOKENS = re.compile(
    b"|".join(
        (
            rb"\b(?:" + "|".join(sorted(KNOWN - {"DEBUG", "TESTING"})).encode() + rb")\b",
            rb"\bDEBUG\s*[:=]|[\"']DEBUG[\"']|\bdebug\s*=",
            rb"import\s*\(?\s*\*|\bexec\(|\bsetattr\(|\b(?:globals|vars|locals)\(\)|__dict__|sys\.modules",
            rb"\b(?:Flask|FastAPI|Starlette|Quart|APIFlask|OpenAPI)\b|\bClient_?max_?size\b|client_max_size|web\.Application",
            rb"\bclass\s+\w+\([^)\n]*Middleware",
            rb"waitress|CORSMiddleware|SessionMiddleware|flask_cors|[Tt]alisman|add_middleware|\.config\b",
            rb"(?i:" + "|".join(sorted(HEADERS | TELLING - {"server"})).encode() + rb")",
        )
    )
)
GUNICORN_NAME = re.compile(r"(?:.*/)?gunicorn[^/]*\.py|(?:.*/)?[^/]*gunicorn[^/]*\.conf\.py")
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
    "starlette.middleware.Middleware", "fastapi.middleware.Middleware",
    "flask_cors.CORS", "flask_talisman.Talisman", "flask_talisman.talisman.Talisman",
}  # fmt: skip
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
            "from_file", "from_mapping", "update", "from_json", "after_request"}  # fmt: skip
_LOADERS = {"from_object", "from_pyfile", "from_envvar", "from_prefixed_env", "from_file", "from_mapping", "from_json",
            "update"}  # fmt: skip
_BUILTINS_OPEN = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match)


class PythonSettings(Extractor):
    """Statements, classes, calls, configuration writes and response headers of one file, as written."""

    name = "python.settings"
    version = 1
    emits = (PythonModule,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        gunicorn = GUNICORN_NAME.fullmatch(path.lower()) is not None
        if not gunicorn and not _TOKENS.search(data):
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
        fact = module(file, path, known)
        if fact is not None:
            yield fact


def module(file: PythonFile, path: str, known: frozenset[str] = KNOWN) -> PythonModule | None:
    """The fact of one parsed file; None when it says nothing about settings."""
    conditional = _conditional(file.tree)
    scopes = _scopes(file.tree)
    body = statements(file, file.tree.body, known)
    calls = tuple(_calls(file, conditional, scopes))
    headers = tuple(_headers(file, conditional, scopes))
    writes = tuple(_writes(file, conditional, scopes))
    classes = tuple(
        Class(
            name=node.name,
            line=node.lineno,
            bases=tuple(name for base in node.bases if (name := file.name(base))),
            body=statements(file, node.body, known),
        )
        for node in file.classes
    )
    if not (body or calls or headers or writes or any(item.body for item in classes) or _middleware_like(classes)):
        return None
    return PythonModule(
        location=Location(path=path),
        role=role(path),
        statements=body,
        classes=classes,
        functions=tuple(
            node.name for node in file.tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
        calls=calls,
        writes=writes,
        headers=headers,
    )


def _middleware_like(classes: tuple[Class, ...]) -> bool:
    return any("Middleware" in base or base.endswith((".Flask", ".FastAPI")) for item in classes for base in item.bases)


def _conditional(tree: ast.Module) -> set[int]:
    """Ids of nodes inside an if, loop, try or match; a function starts anew."""
    inside: set[int] = set()
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, held = stack.pop()
        if held:
            inside.add(id(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            held = False
        if isinstance(node, _BUILTINS_OPEN) and not _is_main(node):
            held = True
        stack.extend((child, held) for child in ast.iter_child_nodes(node))
    return inside


def _is_main(node: ast.AST) -> bool:
    """`if __name__ == "__main__":`"""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    return isinstance(node.test.left, ast.Name) and node.test.left.id == "__name__"


def _scopes(tree: ast.Module) -> dict[int, tuple[str, str]]:
    """Node id -> (dotted names of the classes and functions around it, decorators of the outermost function)."""
    found: dict[int, tuple[str, str]] = {}
    stack: list[tuple[ast.AST, str, str]] = [(tree, "", "")]
    while stack:
        node, scope, hook = stack.pop()
        found[id(node)] = (scope, hook)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scope = f"{scope}.{node.name}" if scope else node.name
            if not isinstance(node, ast.ClassDef):
                hook = _hook(node) or hook
        stack.extend((child, scope, hook) for child in ast.iter_child_nodes(node))
    return found


def _hook(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    for decorator in node.decorator_list:
        inner = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(inner, ast.Attribute) and inner.attr in {"after_request", "after_app_request", "middleware"}:
            return inner.attr
    return ""


def _calls(file: PythonFile, conditional: set[int], scopes: dict[int, tuple[str, str]]) -> Iterator[Call]:
    targets = _targets(file)
    subclasses = {node.name for node in file.classes for base in node.bases if file.name(base) in _BUILDERS}
    for call in file.calls:
        name = file.name(call.func)
        method = name.rpartition(".")[2] if "." in name else ""
        if name not in _BUILDERS and name not in subclasses:
            if method not in _METHODS or (method in _LOADERS and ".config." not in f".{name}"):
                continue
        receiver = name.rpartition(".")[0] if name not in _BUILDERS else ""
        yield Call(
            name=name if name in _BUILDERS or name in subclasses else f".{method}",
            line=call.lineno,
            variable=targets.get(id(call), "") if not receiver else receiver,
            first=_first(file, call),
            arguments=_arguments(file, call),
            spread=any(item.arg is None for item in call.keywords)
            or any(isinstance(a, ast.Starred) for a in call.args),
            conditional=id(call) in conditional,
            scope=scopes.get(id(call), ("", ""))[0],
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


def _writes(file: PythonFile, conditional: set[int], scopes: dict[int, tuple[str, str]]) -> Iterator[Write]:
    for node in file.assigns:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            held, scope = id(node) in conditional, scopes.get(id(node), ("", ""))[0]
            unknown = Expression(what="unknown", text=shorten(node.value) if node.value is not None else "computed")
            augmented = isinstance(node, ast.AugAssign) or node.value is None
            if isinstance(target, ast.Subscript):
                owner = file.name(target.value)
                if not owner.endswith(".config"):
                    continue
                variable = owner.removesuffix(".config")
                key = target.slice
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    if key.value in FLASK and node.value is not None:
                        value = unknown if augmented else expression(file, node.value, key.value)
                        yield Write(
                            variable=variable,
                            name=key.value,
                            line=node.lineno,
                            expression=value,
                            conditional=held,
                            scope=scope,
                        )
                else:
                    why = Expression(what="unknown", text=shorten(target))
                    yield Write(
                        variable=variable, name="*", line=node.lineno, expression=why, conditional=held, scope=scope
                    )
            elif (
                isinstance(target, ast.Attribute) and target.attr in {"secret_key", "debug"} and node.value is not None
            ):
                name = {"secret_key": "SECRET_KEY", "debug": "DEBUG"}[target.attr]
                value = unknown if augmented else expression(file, node.value, name)
                yield Write(
                    variable=file.name(target.value),
                    name=name,
                    line=node.lineno,
                    expression=value,
                    conditional=held,
                    scope=scope,
                )
    for call in file.calls:
        name = file.name(call.func)
        owner, _, method = name.rpartition(".")
        if not owner.endswith(".config") or method not in {"update", "from_mapping", "setdefault"}:
            continue
        held, scope = id(call) in conditional, scopes.get(id(call), ("", ""))[0]
        variable = owner.removesuffix(".config")
        if method == "setdefault":
            if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value in FLASK:
                why = Expression(what="unknown", text=shorten(call))
                yield Write(
                    variable=variable, name=str(call.args[0].value), line=call.lineno, expression=why, scope=scope
                )
            continue
        pairs: list[tuple[str | None, ast.expr]] = [(keyword.arg, keyword.value) for keyword in call.keywords]
        for argument in call.args:
            if isinstance(argument, ast.Dict):
                for key_node, value_node in zip(argument.keys, argument.values, strict=True):
                    constant = isinstance(key_node, ast.Constant) and isinstance(key_node.value, str)
                    pairs.append((str(key_node.value) if constant else None, value_node))  # type: ignore[union-attr]
            else:
                pairs.append((None, argument))
        for key_name, value_node in pairs:
            if key_name is None:
                why = Expression(what="unknown", text=shorten(call))
                yield Write(
                    variable=variable, name="*", line=call.lineno, expression=why, conditional=held, scope=scope
                )
            elif key_name in FLASK:
                yield Write(
                    variable=variable,
                    name=key_name,
                    line=value_node.lineno,
                    expression=expression(file, value_node, key_name),
                    conditional=held,
                    scope=scope,
                )


def _headers(file: PythonFile, conditional: set[int], scopes: dict[int, tuple[str, str]]) -> Iterator[HeaderSet]:
    """`response["Name"] = v`, `response.headers["Name"] = v`, `.setdefault("Name", v)`, `.update({"Name": v})`."""

    def made(name: object, value: ast.expr, node: ast.AST) -> Iterator[HeaderSet]:
        text = name.decode("latin-1") if isinstance(name, bytes) else name
        if isinstance(text, str) and text.lower() in HEADERS | TELLING:
            given = expression(file, value)
            scope, hook = scopes.get(id(node), ("", ""))
            yield HeaderSet(
                name=text.lower(),
                line=value.lineno if isinstance(node, ast.Call) else getattr(node, "lineno", 0),
                expression=given,
                conditional=id(node) in conditional,
                scope=scope,
                hook=hook,
            )

    for node in file.assigns:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                yield from made(target.slice.value, node.value, node)
    for call in file.calls:
        if not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr in {"setdefault", "append", "add", "set", "add_header"} and len(call.args) == 2:
            if isinstance(call.args[0], ast.Constant):
                yield from made(call.args[0].value, call.args[1], call)
        if call.func.attr in {"update", "extend"} and call.args and isinstance(call.args[0], ast.Dict):
            for key, value in zip(call.args[0].keys, call.args[0].values, strict=True):
                if isinstance(key, ast.Constant):
                    yield from made(key.value, value, call)
