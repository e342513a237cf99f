"""Module and class bodies as statements that can change a setting: what `python.module` facts are made of."""

import ast
import re
from collections.abc import Iterator, Sequence

import msgspec

from hardencheck.collect.extract._python import NotLiteral, PythonFile, literal, shorten, without_credentials
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import Expression, Statement

SECRETS = frozenset({"SECRET_KEY", "SECRET_KEY_FALLBACKS", "secret_key"})
DJANGO = frozenset({
    "DEBUG", "ALLOWED_HOSTS", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "MIDDLEWARE", "INSTALLED_APPS", "ROOT_URLCONF",
    "SECURE_SSL_REDIRECT", "SECURE_SSL_HOST", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD", "SECURE_CONTENT_TYPE_NOSNIFF", "SECURE_REFERRER_POLICY", "SECURE_CROSS_ORIGIN_OPENER_POLICY",
    "SECURE_CSP", "SECURE_PROXY_SSL_HEADER", "SECURE_REDIRECT_EXEMPT", "X_FRAME_OPTIONS", "USE_X_FORWARDED_HOST",
    "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_AGE", "SESSION_SERIALIZER", "SESSION_ENGINE",
    "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE", "CSRF_USE_SESSIONS",
    "CSRF_TRUSTED_ORIGINS", "AUTH_PASSWORD_VALIDATORS", "PASSWORD_HASHERS", "SILENCED_SYSTEM_CHECKS",
    "DEBUG_PROPAGATE_EXCEPTIONS",
    "CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_CREDENTIALS",
    "CONTENT_SECURITY_POLICY", "CSP_DEFAULT_SRC", "PERMISSIONS_POLICY",
    "DATA_UPLOAD_MAX_MEMORY_SIZE", "DATA_UPLOAD_MAX_NUMBER_FIELDS", "DATA_UPLOAD_MAX_NUMBER_FILES",
    "FILE_UPLOAD_MAX_MEMORY_SIZE", "FILE_UPLOAD_PERMISSIONS", "FILE_UPLOAD_DIRECTORY_PERMISSIONS",
    "FILE_UPLOAD_HANDLERS",
})  # fmt: skip
# Shown in the production defaults where they are set.
SECURITY = DJANGO | frozenset({
    "LOGGING", "LOGGING_CONFIG", "CACHES", "STORAGES", "DEFAULT_FILE_STORAGE", "AUTHENTICATION_BACKENDS",
    "SESSION_EXPIRE_AT_BROWSER_CLOSE", "SESSION_SAVE_EVERY_REQUEST", "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH",
    "SESSION_CACHE_ALIAS", "CSRF_COOKIE_DOMAIN", "CSRF_COOKIE_PATH", "CSRF_COOKIE_AGE", "CSRF_HEADER_NAME",
    "CSRF_FAILURE_VIEW", "LANGUAGE_COOKIE_SECURE", "LANGUAGE_COOKIE_HTTPONLY", "LANGUAGE_COOKIE_SAMESITE",
    "PASSWORD_RESET_TIMEOUT", "USE_X_FORWARDED_PORT", "PREPEND_WWW", "APPEND_SLASH", "INTERNAL_IPS", "ADMINS",
    "MEDIA_URL", "MEDIA_ROOT", "STATIC_URL", "SECURE_BROWSER_XSS_FILTER", "SECURE_CSP_REPORT_ONLY",
    "CORS_ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_WHITELIST", "CORS_ALLOW_HEADERS",
    "CORS_ALLOW_METHODS", "CORS_URLS_REGEX", "CORS_EXPOSE_HEADERS", "CORS_ALLOW_PRIVATE_NETWORK",
    "REST_FRAMEWORK", "ADMIN_URL", "WSGI_APPLICATION", "ASGI_APPLICATION", "TEMPLATES",
})  # fmt: skip
FLASK = frozenset({
    "DEBUG", "TESTING", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "MAX_CONTENT_LENGTH", "MAX_FORM_MEMORY_SIZE",
    "MAX_FORM_PARTS", "WTF_CSRF_ENABLED", "TRUSTED_HOSTS",
})  # fmt: skip
GUNICORN = frozenset({"limit_request_line", "limit_request_fields", "limit_request_field_size"})
KNOWN = DJANGO | FLASK
_CSP_CONSTANTS = {
    "SELF": "'self'", "NONE": "'none'", "UNSAFE_INLINE": "'unsafe-inline'", "UNSAFE_EVAL": "'unsafe-eval'",
    "STRICT_DYNAMIC": "'strict-dynamic'", "REPORT_SAMPLE": "'report-sample'", "UNSAFE_HASHES": "'unsafe-hashes'",
    "WASM_UNSAFE_EVAL": "'wasm-unsafe-eval'", "NONCE": "'nonce-…'",
}  # fmt: skip
_POLICIES = {"SECURE_CSP", "CONTENT_SECURITY_POLICY", "PERMISSIONS_POLICY"}
_GENERATORS = {
    "secrets.token_hex", "secrets.token_urlsafe", "secrets.token_bytes", "os.urandom", "uuid.uuid4",
    "django.core.management.utils.get_random_secret_key",
}  # fmt: skip
_HARMLESS = {
    "len", "list", "tuple", "set", "frozenset", "sorted", "print", "bool", "str", "any", "all", "isinstance", "dict",
    "int", "min", "max", "sum", "enumerate", "zip", "map", "filter", "repr", "os.path.join", "reversed",
}  # fmt: skip
# What code calls a developer's machine or a test run, where it asks before it changes settings.
DEVELOPMENT = compiled(
    r"(?:is_|in_|running_|enable_)*(?:dev|develop|development|local|local_?dev|tests?|testing|pytest|debug_toolbar)"
    r"(?:_?(?:mode|env|environment|enabled|server|run|running))?",
    re.IGNORECASE,
)
_TEST_RUN = compiled(r"(?:py)?test|runserver|makemigrations")
MAX_DEPTH = 20
MAX_ITEMS = 500


def expression(file: PythonFile, node: ast.expr, name: str = "") -> Expression:
    """What an expression is worth, for the setting it is given to. Contents of secrets are measured, never kept."""
    text = shorten(node)
    secret = name in SECRETS
    special = _environment(file, node) or _reference(node)
    if special is not None and not (special.what == "environment-text" and secret):
        return Expression(what=special.what, value=special.value, negated=special.negated, text=text)
    if secret:
        return _secret(file, node, text)
    if name in _POLICIES:
        return _policy(file, node, name, text)
    try:
        value = literal(node)
    except NotLiteral:
        return _partial(node, text)
    if value is None or isinstance(value, bool | int | float | str):
        if isinstance(value, int) and abs(value) >= 1 << 63:
            return Expression(what="unknown", text=text)
        kept = without_credentials(value) if isinstance(value, str) else value
        return Expression(what="scalar", value=kept, text=text)
    if isinstance(value, tuple | frozenset):
        items = [_item(item) for item in (sorted(map(str, value)) if isinstance(value, frozenset) else value)]
        known = tuple(item for item in items if item is not None)[:MAX_ITEMS]
        return Expression(what="list", items=known, complete=len(known) == len(items), text=text)
    return Expression(what="unknown", text=text)


def _item(value: object) -> str | None:
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, dict) and isinstance(value.get("NAME"), str):
        return str(value["NAME"])
    return None


def _partial(node: ast.expr, text: str) -> Expression:
    """A list with some elements that are computed: the texts that surely are in it, and other settings spliced in."""
    items: list[str] = []
    splices: list[str] = []
    if not _collect(node, items, splices, 0):
        if not isinstance(node, ast.List | ast.Tuple | ast.Set | ast.BinOp) or not (items or splices):
            return Expression(what="unknown", text=text)
        return Expression(what="list", items=tuple(items), splices=tuple(splices), complete=False, text=text)
    return Expression(what="list", items=tuple(items), splices=tuple(splices), text=text)


def _collect(node: ast.expr, items: list[str], splices: list[str], depth: int) -> bool:
    """Whether every element of a list expression was understood."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < MAX_DEPTH:
        left = _collect(node.left, items, splices, depth + 1)
        return _collect(node.right, items, splices, depth + 1) and left
    if isinstance(node, ast.Name) and node.id in KNOWN:
        splices.append(node.id)
        return True
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return False
    whole = len(node.elts) <= MAX_ITEMS
    for element in node.elts[:MAX_ITEMS]:
        inner: ast.expr | None = element
        if isinstance(element, ast.Dict):
            pairs = zip(element.keys, element.values, strict=True)
            inner = next((v for k, v in pairs if isinstance(k, ast.Constant) and k.value == "NAME"), None)
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            items.append(without_credentials(inner.value))
        elif isinstance(inner, ast.Starred) and isinstance(inner.value, ast.Name) and inner.value.id in KNOWN:
            splices.append(inner.value.id)
        else:
            whole = False
    return whole


def _environment(file: PythonFile, node: ast.expr) -> Expression | None:
    if isinstance(node, ast.Subscript) and file.name(node.value) == "os.environ":
        return Expression(what="environment")
    if isinstance(node, ast.Call) and file.name(node.func) in {"os.getenv", "os.environ.get"}:
        default = node.args[1] if len(node.args) == 2 else next((k.value for k in node.keywords), None)
        if isinstance(default, ast.Constant) and isinstance(default.value, str) and default.value:
            return Expression(what="environment-text")
    return None


def _reference(node: ast.expr) -> Expression | None:
    negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    inner = node.operand if isinstance(node, ast.UnaryOp) and negated else node
    if isinstance(inner, ast.Name) and inner.id in KNOWN:
        return Expression(what="name", value=inner.id, negated=negated)
    return None


def _secret(file: PythonFile, node: ast.expr, text: str) -> Expression:
    if any(isinstance(part, ast.Constant) and isinstance(part.value, str | bytes) for part in ast.walk(node)):
        text = "an expression"  # any text in it may be the key
    # A default in the source is a literal in the repository: it is the key of whoever forgets the variable.
    if isinstance(node, ast.Call):
        if file.name(node.func) in _GENERATORS:
            return Expression(what="generated", text=text)
        if file.name(node.func) in {"os.getenv", "os.environ.get"}:
            if len(node.args) == 1 and not node.keywords:
                return Expression(what="environment", value="optional", text=text)
            if len(node.args) == 2:
                node = node.args[1]
                if isinstance(node, ast.Call) and file.name(node.func) in _GENERATORS:
                    return Expression(what="generated", text=text)
        elif _required(file, node):
            return Expression(what="environment", text=text)
    if isinstance(node, ast.List | ast.Tuple):
        return _measured(file, node)
    try:
        value = literal(node)
    except NotLiteral:
        return Expression(what="unknown", text=text)
    if value is None:
        return Expression(what="scalar", value=None, text=text)
    if isinstance(value, str | bytes):
        plain = value if isinstance(value, str) else value.decode("latin-1")
        if not plain:
            return Expression(what="scalar", value="", text=text)
        return Expression(
            what="secret",
            length=len(plain),
            distinct=len(set(plain)),
            prefixed=plain.startswith("django-insecure-"),
            text="a text in the source",
        )
    return Expression(what="unknown", text=text)


def _measured(file: PythonFile, node: ast.List | ast.Tuple) -> Expression:
    """A list of secrets (SECRET_KEY_FALLBACKS): of each its source, length, different characters and whether it has
    Django's prefix, as "secret:50:31:0"; never the text."""
    given = [_secret(file, element, "an expression") for element in node.elts[:MAX_ITEMS]]
    items = tuple(f"{one.what}:{one.length}:{one.distinct}:{int(one.prefixed)}" for one in given)
    whole = len(node.elts) <= MAX_ITEMS and all(one.what != "unknown" for one in given)
    return Expression(what="list", items=items, complete=whole, text="a list of keys")


def _required(file: PythonFile, call: ast.Call) -> bool:
    """django-environ's env("KEY") and env.str("KEY"), decouple's config("KEY"): without a default they need it."""
    if len(call.args) != 1 or not isinstance(call.args[0], ast.Constant):
        return False
    if any(keyword.arg != "cast" for keyword in call.keywords):
        return False
    if file.name(call.func) == "decouple.config":
        return True
    if isinstance(call.func, ast.Name) or (isinstance(call.func, ast.Attribute) and call.func.attr == "str"):
        owner = call.func.id if isinstance(call.func, ast.Name) else file.name(call.func.value)
        return any(
            isinstance(made, ast.Assign | ast.AnnAssign)
            and isinstance(made.value, ast.Call)
            # A scheme, Env(SECRET_KEY=(str, "x")), may give a default.
            and not made.value.keywords
            and file.name(made.value.func) == "environ.Env"
            and owner
            in {
                t.id
                for t in (made.targets if isinstance(made, ast.Assign) else [made.target])
                if isinstance(t, ast.Name)
            }
            for made in file.assigns
        )
    return False


def _policy(file: PythonFile, node: ast.expr, name: str, text: str) -> Expression:
    """A table of directives as the header it becomes."""
    unknown = Expression(what="unknown", text=text)
    if isinstance(node, ast.Constant) and node.value is None:
        return Expression(what="scalar", value=None, text=text)
    if not isinstance(node, ast.Dict):
        return unknown
    pairs: list[tuple[str, ast.expr]] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            return unknown
        pairs.append((key.value, value))
    if name == "CONTENT_SECURITY_POLICY":
        if any(word == "EXCLUDE_URL_PREFIXES" for word, _ in pairs):
            return unknown
        inner = [value for word, value in pairs if word == "DIRECTIVES"]
        return _policy(file, inner[0], "SECURE_CSP", text) if inner else unknown
    parts: list[str] = []
    for word, value in pairs:
        sources = _sources(file, value)
        if sources is None:
            return unknown
        if name == "PERMISSIONS_POLICY":
            # django-permissions-policy: quoted keywords lose their quotes, origins get them.
            allowed = " ".join(source.strip("'") if source.startswith("'") else source for source in sources)
            parts.append(f"{word}=({allowed})")
        else:
            parts.append(" ".join((word, *sources)))
    return Expression(what="scalar", value=(", " if name == "PERMISSIONS_POLICY" else "; ").join(parts), text=text)


def _sources(file: PythonFile, node: ast.expr) -> list[str] | None:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        found: list[str] = []
        for element in node.elts:
            inner = _sources(file, element)
            if inner is None:
                return None
            found.extend(inner)
        return found
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return [node.value]
        return [] if node.value is True else None
    dotted = file.name(node)
    module, _, constant = dotted.rpartition(".")
    if module in {"django.utils.csp.CSP", "csp.constants"} and constant in _CSP_CONSTANTS:
        return [_CSP_CONSTANTS[constant]]
    return None


def statements(file: PythonFile, body: Sequence[ast.stmt], known: frozenset[str] = KNOWN) -> tuple[Statement, ...]:
    """The body of a module or class, without what cannot change a known setting.

    What a function may write through `global` is said again at the end: nobody here knows when it is called.
    """
    reader = _Reader(file, known)
    found = tuple(reader.read(body, 0))
    return (*found, *reader.late) if body is file.tree.body else found


class _Reader:
    def __init__(self, file: PythonFile, known: frozenset[str]) -> None:
        self._file, self._known = file, known
        self.late: list[Statement] = []
        # Names that the file itself switches on: `LOCAL = True` is no choice of a developer's machine.
        self._on = {
            target.id
            for node in file.assigns
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self._loaded_names = {
            target.id
            for node in file.assigns
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self._globals_used = "global" in file.source

    def read(self, body: Sequence[ast.stmt], depth: int) -> Iterator[Statement]:
        if depth > MAX_DEPTH:
            if body:
                yield Statement(do="taint", line=body[0].lineno, expression=_why("nested too deeply to be followed"))
            return
        for node in body:
            yield from self._calls(node)
            yield from self._statement(node, depth)

    def _block(self, body: Sequence[ast.stmt], depth: int) -> tuple[Statement, ...]:
        return tuple(self.read(body, depth + 1))

    def _statement(self, node: ast.stmt, depth: int) -> Iterator[Statement]:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from self._assign(target, value, node.lineno)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                yield from self._assign(target, value, node.lineno)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value) if name in self._known:
                add = isinstance(op, ast.Add)
                given = expression(self._file, value, name)
                yield Statement(
                    do="extend" if add else "taint", line=node.lineno, name=name, names=(name,), expression=given
                )
            case ast.AugAssign(target=target):
                yield from self._assign(target, None, node.lineno)
            case ast.Delete(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name) and target.id in self._known:
                        yield Statement(do="delete", line=node.lineno, name=target.id)
            case ast.ImportFrom():
                yield from self._import(node)
            case ast.If() if self._operators(node):
                pass
            case ast.If():
                body = _narrowed(node.test, self._block(node.body, depth))
                branches = (body, self._block(node.orelse, depth))
                if any(branches):
                    off = self._off(node.test)
                    test = expression(self._file, node.test) if off is None else Expression(what="scalar", value=off)
                    decided = test if test.what in {"scalar", "name"} else _why(test.text)
                    yield Statement(do="if", line=node.lineno, expression=decided, branches=branches)
            case ast.Try() | ast.TryStar():
                yield from self._try(node, depth)
            case ast.For() | ast.AsyncFor() | ast.While():
                inner = self._block([*node.body, *node.orelse], depth)
                if not isinstance(node, ast.While):
                    yield from self._targets(node.target, node.lineno)
                if inner:
                    yield Statement(do="maybe", line=node.lineno, branches=(inner,))
            case ast.With() | ast.AsyncWith():
                inner = self._block(node.body, depth)
                for item in node.items:
                    if item.optional_vars is not None:
                        yield from self._targets(item.optional_vars, node.lineno)
                if inner:
                    yield Statement(do="maybe", line=node.lineno, branches=(inner,))
            case ast.Match(cases=cases):
                for case in cases:
                    inner = self._block(case.body, depth)
                    if inner:
                        yield Statement(do="maybe", line=node.lineno, branches=(inner,))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if node.name in self._known:
                    yield from self._defined(node, depth)
                if self._globals_used:
                    yield from self._globals(node)

    def _defined(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, depth: int) -> Iterator[Statement]:
        """A setting that is a definition: a property that returns an expression, or a list that it builds."""
        match _property_body(self._file, node):
            case [ast.Return(value=ast.expr() as returned)]:
                given = expression(self._file, returned, node.name)
                yield Statement(do="set", line=returned.lineno, name=node.name, expression=given)
                return
            case [*body, ast.Return(value=ast.Name(id=local))] if not any(
                isinstance(part, ast.Return) for one in body for part in ast.walk(one)
            ):
                inner = _Reader(self._file, frozenset({local}))
                built = tuple(inner.read(body, depth + 1))
                if any(one.do == "set" and one.name == local for one in built):
                    yield from (_renamed(one, local, node.name) for one in built)
                    return
        yield _taint((node.name,), node.lineno, "computed by a definition")

    def _operators(self, node: ast.If) -> bool:
        """`if hasattr(x, key): globals()[key] = getattr(x, key)`, with x from a call: what an operator's module says.

        That is not in the repository, like a local_settings.py that is not there: what the repository says holds.
        """
        match node:
            case ast.If(
                test=ast.Call(func=ast.Name(id="hasattr"), args=[ast.Name(id=module), key]),
                body=[
                    ast.Assign(
                        targets=[ast.Subscript(value=ast.Call(func=ast.Name(id="globals")), slice=written)],
                        value=ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id=source), read, *_]),
                    )
                ],
                orelse=[],
            ):
                same = ast.dump(key) == ast.dump(written) == ast.dump(read)
                return same and module == source and module in self._loaded_names
        return False

    def _off(self, test: ast.expr, depth: int = 0) -> bool | None:
        """What a condition on development or tests is worth in production; None for every other condition.

        DEBUG alone is left to whoever knows its value.
        """
        match test:
            case _ if depth > MAX_DEPTH:
                return None
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._off(operand, depth + 1)
                return None if inner is None else not inner
            case ast.BoolOp(op=op, values=values):
                parts = [self._off(value, depth + 1) for value in values]
                decisive = isinstance(op, ast.Or)
                if decisive in parts:
                    return decisive
                return None if None in parts else not decisive
            case ast.Compare(left=ast.Constant(value=str(word)), ops=[ast.In()], comparators=[place]):
                if self._file.name(place) in {"sys.argv", "sys.modules"} and _TEST_RUN.fullmatch(word):
                    return False
            case ast.Name() | ast.Attribute():
                name = self._file.name(test).rpartition(".")[2]
                if name not in self._known and DEVELOPMENT.fullmatch(name) and name not in self._on:
                    return False
        return None

    def _globals(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Statement]:
        """What the functions of a definition may do to names of the module, here and whenever they are called."""
        if not self._file.globals:
            return
        inside = list(ast.walk(node))
        for name in sorted({n for one in inside if isinstance(one, ast.Global) for n in one.names} & self._known):
            stored = [
                one
                for one in inside
                if isinstance(one, ast.Name) and one.id == name and not isinstance(one.ctx, ast.Load)
            ]
            called = [
                (one.func.attr, one)
                for one in inside
                if isinstance(one, ast.Call)
                and isinstance(one.func, ast.Attribute)
                and isinstance(one.func.value, ast.Name)
                and one.func.value.id == name
            ]
            changes = [(method, call) for method, call in called if method not in {"index", "count"}]
            only_grows = not stored and {method for method, _ in changes} <= {"append", "insert", "extend"}
            why = _why(f"{node.name}() may {'add to' if only_grows else 'set'} it")
            do = "grow" if only_grows else "taint"
            statement = Statement(do=do, line=node.lineno, name=name, names=(name,), expression=why)
            added = [_added(method, call) for method, call in changes]
            if only_grows and all(added):
                # All that it may add is written out: perhaps in the list, and nothing else is.
                several = tuple(
                    Statement(
                        do="extend", line=node.lineno, name=name, expression=Expression(what="list", items=(str(text),))
                    )
                    for text in added
                )
                statement = Statement(do="maybe", line=node.lineno, branches=(several,))
            self.late.append(statement)
            yield statement

    def _targets(self, target: ast.expr, line: int) -> Iterator[Statement]:
        names = tuple(sorted({n.id for n in ast.walk(target) if isinstance(n, ast.Name)} & self._known))
        if names:
            yield _taint(names, line, "set by a loop, a with or an unpacking")

    def _try(self, node: ast.Try | ast.TryStar, depth: int) -> Iterator[Statement]:
        body = self._block([*node.body, *node.orelse], depth)
        handlers = tuple(self._block(handler.body, depth) for handler in node.handlers)
        caught = {self._file.name(kind) for handler in node.handlers for kind in _kinds(handler)}
        missing = bool(caught & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException", ""})
        if body or any(handlers):
            yield Statement(
                do="try", line=node.lineno, branches=(body, *handlers), names=("import",) if missing else ()
            )
        yield from self._block(node.finalbody, depth)

    def _assign(self, target: ast.expr, value: ast.expr | None, line: int) -> Iterator[Statement]:
        match target:
            case ast.Name(id=name) if name in self._known:
                given = expression(self._file, value, name) if value is not None else _why("computed")
                yield Statement(do="set", line=line, name=name, expression=given)
            case ast.Tuple() | ast.List() | ast.Starred():
                yield from self._targets(target, line)
            case ast.Subscript(value=ast.Name(id=name)) if name in self._known:
                yield _taint((name,), line, f"an element of {name} is assigned")
            case ast.Subscript(value=ast.Call(func=ast.Name(id="globals" | "vars" | "locals"))):
                match target.slice:
                    case ast.Constant(value=str(name)) if value is not None:
                        if name in self._known:
                            yield Statement(
                                do="set", line=line, name=name, expression=expression(self._file, value, name)
                            )
                    case _:
                        yield _taint((), line, shorten(target))

    def _import(self, node: ast.ImportFrom) -> Iterator[Statement]:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                yield Statement(do="star", line=node.lineno, module=module)
            elif (alias.asname or alias.name) in self._known:
                name = alias.asname or alias.name
                yield Statement(do="import", line=node.lineno, module=module, name=name, names=(alias.name,))

    def _calls(self, node: ast.stmt) -> Iterator[Statement]:
        """Calls in a statement that may write any name of the module: `vars().update(x)`, `exec`, `f(locals())`."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        heads = [node] if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign) else _heads(node)
        for head in heads:
            for call in ast.walk(head):
                if isinstance(call, ast.NamedExpr) and call.target.id in self._known:
                    yield _taint((call.target.id,), node.lineno, "assigned inside an expression")
                if isinstance(call, ast.Call):
                    yield from self._call(call, node)

    def _call(self, call: ast.Call, node: ast.stmt) -> Iterator[Statement]:
        func = call.func
        if isinstance(func, ast.Attribute) and isinstance(node, ast.Expr) and node.value is call:
            loaded = self._file.name(func.value)
            if loaded.rpartition(".")[2][:1].isupper() and any(_this_module(self._file, part) for part in call.args):
                # `Production.load_settings(__name__)`: what the class holds becomes the settings of this module.
                yield Statement(do="class", line=node.lineno, module=loaded, expression=_why(shorten(call)))
                return
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id in self._known:
            name = func.value.id
            item = expression(self._file, call.args[-1]) if call.args else _why("computed")
            whole = isinstance(node, ast.Expr) and node.value is call
            match func.attr:
                case "append" | "insert" if whole:
                    items = (str(item.value),) if item.what == "scalar" and isinstance(item.value, str) else ()
                    added = Expression(what="list", items=items, complete=bool(items), text=item.text)
                    yield Statement(do="extend", line=node.lineno, name=name, expression=added)
                case "extend" if whole:
                    yield Statement(do="extend", line=node.lineno, name=name, expression=item)
                case "remove" if whole:
                    yield Statement(do="remove", line=node.lineno, name=name, expression=item)
                case (
                    "index" | "count" | "copy" | "get" | "items" | "keys" | "values" | "split" | "strip" | "startswith"
                ):
                    pass
                case (
                    "append"
                    | "insert"
                    | "extend"
                    | "remove"
                    | "pop"
                    | "clear"
                    | "sort"
                    | "reverse"
                    | "update"
                    | "setdefault"
                ):
                    yield _taint((name,), node.lineno, shorten(call))
            return
        called = self._file.name(func)
        if called in {"exec", "eval", "builtins.exec"} or called in {"split_settings.tools.include", "setattr"}:
            if called == "setattr" and len(call.args) == 3 and isinstance(call.args[1], ast.Constant):
                if str(call.args[1].value) in self._known:
                    yield _taint((str(call.args[1].value),), node.lineno, "set by setattr()")
                return
            yield _taint((), node.lineno, f"{called.rpartition('.')[2]}()")
            return
        if called not in _HARMLESS:
            given = {part.id for part in call.args if isinstance(part, ast.Name)} & self._known
            if given:
                yield Statement(do="lend", line=node.lineno, names=tuple(sorted(given)), expression=_why(shorten(call)))
        # vars(), globals(), locals() handed to something or updated; reading one key out of it changes nothing.
        inside = [func.value] if isinstance(func, ast.Attribute) else []
        reads = isinstance(func, ast.Attribute) and func.attr in {"get", "keys", "items", "values", "copy"}
        for part in (*call.args, *(keyword.value for keyword in call.keywords), *([] if reads else inside)):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and not part.args:
                if part.func.id in {"globals", "vars", "locals"}:
                    yield _taint((), node.lineno, shorten(call))
            elif isinstance(part, ast.Attribute) and part.attr == "__dict__":
                yield _taint((), node.lineno, shorten(call))
            elif isinstance(part, ast.Subscript) and self._file.name(part.value) == "sys.modules":
                yield _taint((), node.lineno, shorten(call))


def _property_body(file: PythonFile, node: ast.stmt) -> list[ast.stmt]:
    """What a property does, without its docstring; nothing for any other definition."""
    if not isinstance(node, ast.FunctionDef) or [file.name(one) for one in node.decorator_list] != ["property"]:
        return []
    return [one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]


def _renamed(statement: Statement, old: str, new: str) -> Statement:
    return msgspec.structs.replace(
        statement,
        name=new if statement.name == old else statement.name,
        names=tuple(new if name == old else name for name in statement.names),
        branches=tuple(tuple(_renamed(one, old, new) for one in branch) for branch in statement.branches),
    )


def _this_module(file: PythonFile, node: ast.expr) -> bool:
    """`__name__`, `globals()`, `sys.modules[__name__]`"""
    match node:
        case ast.Name(id="__name__"):
            return True
        case ast.Call(func=ast.Name(id="globals" | "vars" | "locals"), args=[]):
            return True
        case ast.Subscript(value=value):
            return file.name(value) == "sys.modules"
    return False


def _added(method: str, call: ast.Call) -> str | None:
    """The text that `.append("x")` or `.insert(0, "x")` adds to a list; None for anything else."""
    last = call.args[-1] if call.args and not call.keywords else None
    if method in {"append", "insert"} and isinstance(last, ast.Constant) and isinstance(last.value, str):
        return last.value
    return None


def _narrowed(test: ast.expr, body: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """`if key.startswith("SOCIAL_"): globals()[key] = ...` writes only names that start so."""
    match test:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=key), attr="startswith"), args=[ast.Constant(value=str(prefix))]
        ) if len(body) == 1 and body[0].do == "taint" and not body[0].names:
            why = body[0].expression
            if why is None or why.text != f"globals()[{key}]":
                return body
            names = tuple(sorted(name for name in KNOWN if name.startswith(prefix)))
            return (_taint(names, body[0].line, why.text),) if names else ()
    return body


def _heads(node: ast.stmt) -> list[ast.expr]:
    """The expressions a compound statement evaluates itself; its bodies are read on their own."""
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _kinds(handler: ast.ExceptHandler) -> list[ast.expr]:
    if handler.type is None:
        return [ast.Name(id="BaseException")]
    return list(handler.type.elts) if isinstance(handler.type, ast.Tuple) else [handler.type]


def _why(text: str) -> Expression:
    return Expression(what="unknown", text=text)


def _taint(names: tuple[str, ...], line: int, text: str) -> Statement:
    return Statement(do="taint", line=line, names=names, expression=_why(text))
