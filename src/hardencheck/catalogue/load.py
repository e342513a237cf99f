"""checks/<area>/<name>.toml -> Check. Every name a rule uses is resolved here; what is not known is refused."""

import hashlib
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from importlib.resources.abc import Traversable
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, get_args, get_origin

import msgspec

from hardencheck import __version__
from hardencheck._resources import data_root
from hardencheck.catalogue.predicates import predicates
from hardencheck.catalogue.vocabulary import OPERATORS, compiled
from hardencheck.errors import CatalogueError, ConfigError, UnknownName, WrongType
from hardencheck.model.check import Check, Condition, Operator, Quantifier, Rule
from hardencheck.model.facts import Fact, Value, fact_types

T = TypeVar("T")

AREAS = (
    "permissions", "secrets", "settings", "uploads", "logging", "headers", "transport", "exposure", "practice",
)  # fmt: skip
PROSE = ("title", "owner", "expected", "why", "fix", "rollback", "bypass")
_AS_IS = ("severity", "confidence", "controls", "aliases", "lifecycle", "references", "parameters")
_KEYS = {"schema", "rule", "example", *PROSE, *_AS_IS}
_SIZE = re.compile(r"(\d+)\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)?")
_UNITS = {
    "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3,
}  # fmt: skip


class Catalogue(NamedTuple):
    """checks by id, sorted. also: alias -> id. digest: SHA-256 (hex) over everything that can change a verdict."""

    checks: dict[str, Check]
    also: dict[str, str]
    digest: str

    def resolve(self, name: str) -> str:
        """The id behind an id or alias. Raises UnknownName."""
        if name in self.checks:
            return name
        if name in self.also:
            return self.also[name]
        raise UnknownName("checks", "check", name, [*self.checks, *self.also])


class Memo(Protocol):
    """Where parsed checks may be kept between runs (`collect.cache.Cache` is one)."""

    def get(self, key: bytes) -> bytes | None: ...

    def put(self, key: bytes, payload: bytes) -> None: ...


def load_catalogue(
    extra: Iterable[Traversable] = (),
    parameters: Mapping[str, Mapping[str, object]] | None = None,
    memo: Memo | None = None,
) -> Catalogue:
    """All checks that ship with hardencheck, then those of the directories the user named.

    parameters: check id -> parameter -> value, from the configuration. memo: reading TOML takes longer than judging
    an unchanged repository, so the parsed checks are kept, keyed by every byte they come from.
    Raises CatalogueError for a file that cannot be understood, ConfigError for a parameter nobody has.
    """
    overrides = dict(parameters or {})
    digest = hashlib.sha256()
    sources: dict[str, tuple[str, str]] = {}
    for root in (data_root("checks"), *extra):
        for check_id, where, text in _files(root):
            if check_id in sources:
                raise CatalogueError(f"{where}: the check {check_id} exists already", hint="choose another file name")
            sources[check_id] = (where, text)
            digest.update(f"{check_id}\0{text}\0{sorted(overrides.get(check_id, {}).items())}\0".encode())
    for name in overrides:
        if name not in sources:
            raise UnknownName("configuration", "check", name, sources)
    checks = _remembered(memo, digest.digest())
    if checks is None:
        checks = {
            check_id: parse_check(check_id, text, where=where, overrides=overrides.get(check_id))
            for check_id, (where, text) in sources.items()
        }
        if memo is not None:
            memo.put(_memo_key(digest.digest()), msgspec.msgpack.encode(checks))
    also: dict[str, str] = {}
    for check in checks.values():
        for alias in check.aliases:
            if alias in checks or also.setdefault(alias, check.id) != check.id:
                raise CatalogueError(f"{check.id}: the alias {alias!r} means another check already")
    return Catalogue(dict(sorted(checks.items())), also, digest.hexdigest())


def _memo_key(digest: bytes) -> bytes:
    """Checks are resolved against the fact classes, so these are part of the key."""
    shape = repr([(kind, fact.__struct_fields__, fact.__annotations__) for kind, fact in fact_types().items()])
    return hashlib.sha256(b"catalogue\0" + digest + __version__.encode() + shape.encode()).digest()


def _remembered(memo: Memo | None, digest: bytes) -> dict[str, Check] | None:
    payload = memo.get(_memo_key(digest)) if memo is not None else None
    if payload is None:
        return None
    try:
        return msgspec.msgpack.decode(payload, type=dict[str, Check])
    except msgspec.MsgspecError:
        return None


def _files(root: Traversable) -> Iterator[tuple[str, str, str]]:
    for area in sorted(root.iterdir(), key=lambda item: item.name):
        if not area.is_dir() or area.name.startswith((".", "_")):
            continue
        for file in sorted(area.iterdir(), key=lambda item: item.name):
            if file.name.endswith(".toml"):
                check_id = f"{area.name}.{file.name.removesuffix('.toml')}"
                yield check_id, f"{area.name}/{file.name}", file.read_text(encoding="utf-8")


def parse_check(check_id: str, text: str, *, where: str, overrides: Mapping[str, object] | None = None) -> Check:
    """One check from the text of its file; `overrides` are values for its parameters.

    Raises CatalogueError naming `where` and the key, ConfigError for an override that does not fit.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{where}: not TOML: {error}") from None
    for key in table:
        if key not in _KEYS:
            raise UnknownName(where, "key", key, _KEYS)
    if table.get("schema") != 1:
        raise CatalogueError(f"{where}: schema must be 1, it is {table.get('schema')!r}")
    area = check_id.partition(".")[0]
    if area not in AREAS:
        raise UnknownName(where, "area", area, AREAS)
    if not re.fullmatch(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*", check_id):
        raise CatalogueError(f"{where}: an id is area.name in lower case with dashes, not {check_id!r}")
    for key in PROSE:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise CatalogueError(f"{where}: {key} is required and must not be empty")
    built = _convert(
        {
            "id": check_id,
            "area": area,
            **{key: table[key].strip() for key in PROSE},
            **{key: table[key] for key in _AS_IS if key in table},
            "examples": table.get("example", []),
        },
        Check,
        where,
    )
    values = _parameter_values(built, overrides or {})
    rules = tuple(
        _rule(f"{where}: rule {number}", rule, values) for number, rule in enumerate(table.get("rule", []), start=1)
    )
    changed = ", ".join(f"{name} = {value}" for name, value in (overrides or {}).items())
    expected = f"{built.expected} (The configuration sets {changed}.)" if changed else built.expected
    return msgspec.structs.replace(built, rules=rules, expected=expected)


def _convert(value: object, wanted: type[T], where: str) -> T:
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise CatalogueError(f"{where}: {error}") from None


def parse_bytes(text: str | int) -> int:
    """Bytes in "10MiB", "10 MB", "512" or 512: decimal units are powers of 1000, binary ones of 1024.

    Raises ValueError for anything else ("10m" means two things in two proxies, so it is refused).
    """
    if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
        return text
    match = _SIZE.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f'expected a size such as "10MiB" or 10485760, not {text!r}')
    return int(match[1]) * _UNITS[match[2] or "B"]


def _parameter_values(check: Check, overrides: Mapping[str, object]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, parameter in check.parameters.items():
        default = parameter.default
        values[name] = parse_bytes(default) if parameter.unit == "bytes" and isinstance(default, str) else default
    for name, value in overrides.items():
        if name not in values:
            error = UnknownName(check.id, "parameter", name, values)
            raise ConfigError(str(error), hint=error.hint)
        try:
            if check.parameters[name].unit == "bytes" and isinstance(value, str | int):
                value = parse_bytes(value)
            elif isinstance(value, list):
                value = tuple(map(str, value))
        except ValueError as error:
            raise ConfigError(f"{check.id}: {name}: {error}") from None
        if type(value) is not type(values[name]):
            wanted = "a size such as 10MiB" if check.parameters[name].unit == "bytes" else _WORDS[type(values[name])]
            raise ConfigError(f"{check.id}: {name}: expected {wanted}, got {_WORDS.get(type(value), 'something else')}")
        values[name] = value
    return values


_WORDS: Mapping[type, str] = {
    str: "text", int: "a whole number", float: "a number with a fraction", bool: "true or false", tuple: "a list",
}  # fmt: skip


def _rule(where: str, table: object, values: Mapping[str, Value]) -> Rule:
    if not isinstance(table, dict):
        raise CatalogueError(f"{where}: expected a table")
    for key in table:
        if key not in {"fact", "where", "otherwise", *Quantifier}:
            raise UnknownName(where, "key", key, ["fact", "where", "otherwise", *Quantifier])
    kinds = fact_types()
    name = table.get("fact")
    if name not in kinds:
        raise UnknownName(where, "fact", str(name), kinds)
    quantifiers = [quantifier for quantifier in Quantifier if quantifier in table]
    if len(quantifiers) != 1:
        raise CatalogueError(f"{where}: give exactly one of every, none and some")
    otherwise = table.get("otherwise", "")
    if not isinstance(otherwise, str):
        raise WrongType(f"{where}.otherwise: expected text, got {otherwise!r}")
    return Rule(
        otherwise=otherwise,
        fact=name,
        quantifier=quantifiers[0],
        where=_conditions(f"{where}: where", kinds[name], table.get("where", {}), values),
        conditions=_conditions(f"{where}: {quantifiers[0]}", kinds[name], table[quantifiers[0]], values),
    )


def _conditions(where: str, fact: type[Fact], table: object, values: Mapping[str, Value]) -> tuple[Condition, ...]:
    if not isinstance(table, dict):
        raise CatalogueError(f"{where}: expected a table of fields")
    found: list[Condition] = []
    fields = _fields(fact)
    for field, asked in table.items():
        if field == "satisfies":
            found.extend(_predicate(where, fact, name) for name in ([asked] if isinstance(asked, str) else asked))
            continue
        if field not in fields:
            raise UnknownName(where, f"field of {fact.kind()}", field, [*fields, "satisfies"])
        tests = asked if isinstance(asked, dict) and "parameter" not in asked else {"equals": asked}
        for name, operand in tests.items():
            if name not in list(Operator):
                raise UnknownName(f"{where}.{field}", "operator", name, list(Operator))
            found.append(_condition(f"{where}.{field}", fields[field], field, Operator(name), operand, values))
    return tuple(found)


def _predicate(where: str, fact: type[Fact], name: str) -> Condition:
    known = predicates()
    if name not in known:
        raise UnknownName(where, "predicate", name, known)
    if not issubclass(fact, known[name].fact):
        raise WrongType(f"{where}: {name!r} judges {known[name].fact.kind()}, not {fact.kind()}")
    return Condition(predicate=name)


def _condition(
    where: str, field_type: Any, field: str, operator: Operator, operand: object, values: Mapping[str, Value]
) -> Condition:
    if isinstance(operand, dict):
        name = str(operand.get("parameter"))
        if set(operand) != {"parameter"} or name not in values:
            raise UnknownName(where, "parameter", name, values)
        operand = values[name]
    if isinstance(operand, list):
        operand = tuple(operand)
    accepted, allowed = _flatten(field_type)
    meaning = OPERATORS[operator]
    if not accepted & meaning.fields:
        raise WrongType(f"{where}: {operator} does not apply to {_names(accepted)}")
    if type(operand) not in meaning.operands:
        raise WrongType(f"{where}.{operator}: expected {_names(meaning.operands)}, got {operand!r}")
    if operator in {Operator.EQUALS, Operator.ONE_OF}:
        options = operand if operator is Operator.ONE_OF and isinstance(operand, tuple) else (operand,)
        for option in options:
            if type(option) not in accepted:
                raise WrongType(f"{where}.{operator}: the field is {_names(accepted)}, it can never be {option!r}")
            if allowed and isinstance(option, str) and option not in allowed:
                raise UnknownName(f"{where}.{operator}", "value", option, allowed)
    if operator is Operator.MATCHES:
        try:
            compiled(str(operand))
        except re.error as error:
            raise WrongType(f"{where}.matches: not a regular expression: {error}") from None
    return Condition(field=field, operator=operator, operand=operand)  # type: ignore[arg-type]


def _fields(fact: type[Fact]) -> dict[str, Any]:
    hints = typing.get_type_hints(fact)
    return {name: hints[name] for name in fact.__struct_fields__ if name != "location"}


def _flatten(hint: Any) -> tuple[set[type], tuple[str, ...]]:
    """The plain types a field may hold, and the strings it is limited to (Literal or StrEnum), if any."""
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        accepted: set[type] = set()
        allowed: list[str] = []
        for part in get_args(hint):
            inner, words = _flatten(part)
            accepted |= inner
            allowed.extend(words)
        return accepted, tuple(allowed)
    if origin is Literal:
        return {str}, get_args(hint)
    if origin is tuple:
        return {tuple}, ()
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {str}, tuple(str(member.value) for member in hint)
    return ({hint}, ()) if isinstance(hint, type) else (set(), ())


def _names(kinds: Iterable[type]) -> str:
    names = {bool: "yes or no", int: "a whole number", float: "a number", str: "text", tuple: "a list"}
    return " or ".join(sorted(names.get(kind, kind.__name__) for kind in kinds if kind is not type(None)))
