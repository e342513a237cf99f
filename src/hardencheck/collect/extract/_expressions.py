"""What an expression that is written for a setting says by itself."""

import ast

from hardencheck.collect.extract._python import NotLiteral, PythonFile, literal, shorten, without_credentials
from hardencheck.collect.extract._security_names import SECRETS
from hardencheck.model.facts.settings import Expression

_GENERATORS = {
    "secrets.token_hex", "secrets.token_urlsafe", "secrets.token_bytes", "os.urandom", "uuid.uuid4",
    "django.core.management.utils.get_random_secret_key",
}  # fmt: skip
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
