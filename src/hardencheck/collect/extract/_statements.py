"""The names of settings, and what an expression that is written for one says by itself."""

import ast
import re
from collections.abc import Sequence

from hardencheck.collect.extract._python import NotLiteral, PythonFile, literal, shorten, without_credentials
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import Expression

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
_REACHING = {"globals", "vars", "locals", "exec", "eval", "setattr"}
# What code calls a developer's machine or a test run, where it asks before it changes settings.
DEVELOPMENT = compiled(
    r"(?:is_|in_|running_|enable_)*(?:dev|develop|development|local|local_?dev|tests?|testing|pytest|debug_toolbar)"
    r"(?:_?(?:mode|env|environment|enabled|server|run|running))?",
    re.IGNORECASE,
)
MAX_DEPTH = 20
MAX_ITEMS = 500


def expression(file: PythonFile, node: ast.expr, name: str = "") -> Expression:
    """What an expression is worth, for the setting it is given to. Contents of secrets are measured, never kept."""
    text = shorten(node)
    secret = name in SECRETS
    special = _environment(file, node)
    if special and not (special == "environment-text" and secret):
        return Expression(what=special, text=text)
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
    """A list with some elements that are computed: the texts that surely are in it."""
    items: list[str] = []
    whole = _collect(node, items, 0)
    if not whole and not (isinstance(node, ast.List | ast.Tuple | ast.Set | ast.BinOp) and items):
        return Expression(what="unknown", text=text)
    return Expression(what="list", items=tuple(items), complete=whole, text=text)


def _collect(node: ast.expr, items: list[str], depth: int) -> bool:
    """Whether every element of a list expression was understood."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < MAX_DEPTH:
        left = _collect(node.left, items, depth + 1)
        return _collect(node.right, items, depth + 1) and left
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
        else:
            whole = False
    return whole


def _environment(file: PythonFile, node: ast.expr) -> str:
    if isinstance(node, ast.Subscript) and file.name(node.value) == "os.environ":
        return "environment"
    if isinstance(node, ast.Call) and file.name(node.func) in {"os.getenv", "os.environ.get"}:
        default = node.args[1] if len(node.args) == 2 else next((k.value for k in node.keywords), None)
        if isinstance(default, ast.Constant) and isinstance(default.value, str) and default.value:
            return "environment-text"
    return ""


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


def names(body: Sequence[ast.stmt], known: frozenset[str]) -> tuple[str, ...]:
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
        stack.extend(ast.iter_child_nodes(node))
    return tuple(sorted(found & (known | {"*"})))
