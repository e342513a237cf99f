"""What the classes of pydantic-settings take where the environment does not say: debug mode, and secrets.

Source: pydantic-settings 2.11 documentation, "Settings Management": a field with a default needs no variable.
"""

import ast
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._python import NotLiteral, PythonFile, argument, literal, parse, role
from hardencheck.collect.extract.credentialfiles import names_a_secret
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import FieldDefault
from hardencheck.model.location import Location

_BASE = "BaseSettings"
_FIELDS = ("pydantic.Field", "pydantic.fields.Field")
_HIDDEN = ("SecretStr", "SecretBytes")
_NOT_PRODUCTION = compiled(r"(?i)(?:^|(?<=[a-z_]))(?:test|dev|local|debug)")
_KEY = compiled(r"(?:\w{1,40}_)?(?:session|signing|encryption|cookie|jwt|hmac|fernet)_key")
_DEBUG = frozenset({"debug", "debug_mode", "app_debug", "is_debug"})


class SettingsClasses(Extractor):
    """Fields of subclasses of BaseSettings, those of the same file that derive from one of them included."""

    name = "python.settings-classes"
    emits = (FieldDefault,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if b"BaseSettings" not in data or role(path) != "production":
            return
        file = parse(data)
        known = {_BASE}
        for cls in file.classes:
            if not any(file.name(base).rpartition(".")[2] in known for base in cls.bases):
                continue
            known.add(cls.name)
            if _NOT_PRODUCTION.search(cls.name):
                continue
            for name, line, what, given in _defaults(file, cls):
                yield FieldDefault(
                    location=Location(path=path, line=line), owner=cls.name, name=name, what=what, on=given
                )


def _defaults(file: PythonFile, cls: ast.ClassDef) -> Iterator[tuple[str, int, str, bool]]:
    """(name, line, "debug" or "secret", whether its default is on, or a text)."""
    for node in cls.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        name = node.target.id
        if name.startswith("_"):
            continue  # an attribute, and no field
        secret = names_a_secret(name) or _KEY.fullmatch(name.lower())
        what = "debug" if name.lower() in _DEBUG else "secret" if secret else ""
        if not what:
            continue
        value = _default(file, node.value) if node.value is not None else None
        if what == "debug":
            yield name, node.lineno, what, value is True
        else:
            yield name, node.lineno, what, isinstance(value, str | bytes) and bool(value)


def _default(file: PythonFile, node: ast.expr) -> object:
    """The value of a default, through `Field(...)` and `SecretStr(...)`; None where it is computed or there is none."""
    if isinstance(node, ast.Call):
        name = file.name(node.func)
        if name in _FIELDS:
            given = argument(node, 0, "default")
            return _default(file, given) if given is not None else None
        if name.rpartition(".")[2] in _HIDDEN:
            given = argument(node, 0, "secret_value")
            return _default(file, given) if given is not None else None
    try:
        return literal(node)
    except NotLiteral:
        return None
