"""pydantic-settings, and BaseSettings of pydantic 1: fields that read variables.

A field is worth what the call gives, else the variable (in any case of letters), else the `.env` file, else its
default, which is validated as well. Validators of the program that come after those of the types are followed; others,
other sources and options that change values make what they may touch unknown. Source:
pydantic-settings documentation ("Environment variable names", "Dotenv"), pydantic 1
documentation ("Settings management"); measured with pydantic-settings 2.16 and pydantic 2.14.
"""

import ast
from dataclasses import replace
from typing import NamedTuple

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _annotations as types
from hardencheck.collect.interpret.models import _dotenv, dotenv
from hardencheck.collect.interpret.models._common import asked, depending, failing, missing, note, text, unknown
from hardencheck.collect.interpret.values import (
    Binding,
    Class,
    Const,
    Function,
    Instance,
    Joined,
    Map,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    join,
    truth,
)

_SETTINGS = ("pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings")
_OLD = ("pydantic.BaseSettings", "pydantic.env_settings.BaseSettings", "pydantic.v1.BaseSettings")
_MODELS = ("pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel")
_KNOWN = {*_SETTINGS, *_OLD, *_MODELS, "abc.ABC", "typing.Generic"}
_HARMLESS = {
    "extra", "frozen", "env_file_encoding", "arbitrary_types_allowed", "validate_assignment", "title", "secrets_dir",
    "protected_namespaces", "allow_mutation", "json_schema_extra", "schema_extra", "from_attributes", "orm_mode",
    "revalidate_instances", "hide_input_in_errors", "regex_engine", "json_encoders", "ser_json_timedelta",
    "loc_by_alias", "use_attribute_docstrings", "nested_model_default_partial_update", "hashable", "defer_build",
}  # fmt: skip
_HANDLED = {
    "env_prefix", "case_sensitive", "env_file", "env_nested_delimiter", "env_ignore_empty", "validate_default",
    "validate_all", "populate_by_name", "fields", "validate_by_name", "allow_population_by_field_name",
}  # fmt: skip
_VALIDATORS = {"field_validator", "validator"}
_WHOLE = {"model_validator", "root_validator"}
_SOURCES = {
    "settings_customise_sources",
    "customise_sources",
    "__init__",
    "model_post_init",
    "__new__",
    "parse_env_var",
}


class Field(NamedTuple):
    """One field: its type, what its body says (None: nothing), and where."""

    name: str
    kind: types.Kind
    value: Value | None
    binding: Binding


def _field(call: Call) -> Value | None:
    """pydantic.Field(...)."""
    state = dict(call.keywords)
    node = call.node
    required = isinstance(node, ast.Call) and any(
        isinstance(item, ast.Constant) and item.value is ...
        for item in (*node.args[:1], *(word.value for word in node.keywords if word.arg == "default"))
    )
    if call.arguments and not required:
        state["default"] = call.arguments[0]
    if required:
        state.pop("default", None)
    return Object(kind="pydantic.field", state=state)


def _options(call: Call) -> Value | None:
    return Map({name: item for name, item in call.keywords.items()}) if not call.arguments else None


def _choices(call: Call) -> Value | None:
    return Object(kind="pydantic.choices", state={"of": Seq("tuple", list(call.arguments))})


def _instance(call: Call) -> Value | None:
    """A class of settings is called."""
    cls = call.owner
    if not isinstance(cls, Class) or call.arguments:
        return None
    outside = {base for one in cls.order for base in one.outside}
    if outside - _KNOWN:
        return None
    reads = bool(outside & {*_SETTINGS, *_OLD})
    old = bool(outside & set(_OLD))
    options = _config(cls)
    fields = _fields(call, cls)
    words = {name: item for name, item in call.keywords.items() if not name.startswith("_")}
    special = call.keywords.keys() - words.keys()
    if special - {"_env_file", "_env_file_encoding"}:
        options = None
    elif options is not None and "_env_file" in call.keywords:
        options = {**options, "env_file": call.keywords["_env_file"]}
    lost = unknown(call, "loader", f"{cls.name} has other sources or validators")
    checks = _checks(cls, old, reads)
    made = Instance(cls)
    before = Map()
    for field in fields.values():
        if options is None or checks is None or field.name in checks.lost or "*" in checks.lost:
            value: Value = lost
        else:
            at = call._replace(node=ast.Pass(lineno=field.binding.line, col_offset=0))
            value = _value(at, field, options, words, reads, old)
            for check in checks.fields.get(field.name, ()):
                value = _followed(at, check, cls, value, before, options, lost)
        made.attributes.names[field.name] = field.binding._replace(value=value)
        before.items[field.name] = value
    for whole in checks.whole if checks is not None else ():
        if not _ran(call, whole, made, before, old):
            for name, binding in made.attributes.names.items():
                made.attributes.names[name] = binding._replace(value=lost)
    return made


class _Check(NamedTuple):
    """A validator of the program that comes after those of the types. always: for defaults too."""

    function: Function
    always: bool = True
    more: int = 0  # parameters after the value


class _Checks(NamedTuple):
    """fields: by name, in order. whole: of the object. lost: fields that others may change."""

    fields: dict[str, list[_Check]]
    whole: list[_Check]
    lost: set[str]


def _followed(
    call: Call, check: _Check, cls: Class, value: Value, before: Map, options: dict[str, Value], lost: Value
) -> Value:
    """What a validator of a field makes of its value."""
    if isinstance(value, Unknown):
        return value
    if not check.always or not all(flag_of(options, name, True) for name in ("validate_default", "validate_all")):
        return lost  # nobody asks it about a default
    rest: list[Value] = [Map(dict(before.items))] if check.more else []
    found = _called(call, replace(check.function, owner=cls), [value, *rest])
    return depending(found, depends_of(value)) if found is not None else lost


def _called(call: Call, function: Function, arguments: list[Value]) -> Value | None:
    try:
        return call.interpreter.call(function, arguments, {}, call.node, call.frame)
    except Raised:
        failing(call, "ValidationError")
        return None


def _ran(call: Call, check: _Check, made: Instance, before: Map, old: bool) -> bool:
    """A validator of the whole object is run over it; whether what came of it is known."""
    if not old:
        found = _called(call, replace(check.function, owner=made), [])
        return isinstance(found, Instance) and found.attributes is made.attributes and found.attributes.rest is None
    found = _called(call, replace(check.function, owner=made.cls), [Map(dict(before.items))])
    if not isinstance(found, Map) or not found.exact or found.maybe:
        return False
    for name, value in found.items.items():
        held = made.attributes.names.get(str(name))
        if held is not None and held.value is not value:
            made.attributes.names[str(name)] = held._replace(value=value)
    return True


def _body(cls: Class) -> list[ast.stmt]:
    return list(cls.node.body) if isinstance(cls.node, ast.ClassDef) else []


def _config(cls: Class) -> dict[str, Value] | None:
    """The options of a class with those it inherits; None when they are not known, or change values in other ways."""
    found: dict[str, Value] = {}
    for one in reversed(cls.order):
        if isinstance(one.node, ast.ClassDef) and one.node.keywords:
            for word in one.node.keywords:
                if not isinstance(word.value, ast.Constant) or word.arg is None or word.value.value is ...:
                    return None
                found[word.arg] = Const(word.value.value)
        held = one.attributes.names.get("model_config")
        if held is not None:
            if not isinstance(held.value, Map) or not held.value.exact or held.value.maybe:
                return None
            found.update({str(name): item for name, item in held.value.items.items()})
        inner = one.attributes.names.get("Config")
        if inner is not None:
            if not isinstance(inner.value, Class) or any(base.outside for base in inner.value.order):
                return None
            for base in reversed(inner.value.order):
                found.update({name: item.value for name, item in base.attributes.names.items() if name[:1] != "_"})
    if found.keys() - _HARMLESS - _HANDLED:
        return None
    fields = found.get("fields", Map())
    if not isinstance(fields, Map) or not fields.exact or fields.maybe:
        return None
    if any(not isinstance(one, Map) or not one.exact or one.items.keys() - {"env"} for one in fields.items.values()):
        return None
    return found


def _fields(call: Call, cls: Class) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for one in reversed(cls.order):
        frame = one.frame if isinstance(one.frame, Frame) else call.frame
        inside = Frame(one.attributes, frame.module, frame)
        for node in _body(one):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name = node.target.id
                kind = types.kind_of(
                    call._replace(frame=inside if name not in _builtin(node) else frame), node.annotation
                )
                if kind.name == "class" or name.startswith("_"):
                    continue
                binding = one.attributes.names.get(name) or Binding(Const(None), one.path, node.lineno)
                ellipsis = isinstance(node.value, ast.Constant) and node.value.value is ...
                value = binding.value if node.value is not None and not ellipsis else None
                found[name] = Field(name, kind, value, binding)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name) and target.id in found:
                        binding = one.attributes.names.get(target.id) or Binding(Const(None), one.path, node.lineno)
                        found[target.id] = found[target.id]._replace(value=binding.value, binding=binding)
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Expr | ast.Pass):
                for part in ast.walk(node):
                    if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                        binding = Binding(unknown(call, "branch", "a field"), one.path, part.lineno)
                        found[part.target.id] = Field(part.target.id, types.OTHER, binding.value, binding)
    return found


def _builtin(node: ast.AnnAssign) -> set[str]:
    """Names of an annotation: a field of the name of its own type does not hide it."""
    return {part.id for part in ast.walk(node.annotation) if isinstance(part, ast.Name)}


def _checks(cls: Class, old: bool, reads: bool) -> _Checks | None:
    """The validators of the program; None where they may change any field."""
    found = _Checks({}, [], set())
    seen: set[str] = set()
    for one in reversed(cls.order):
        for node in _body(one):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.name in _SOURCES:
                return None
            for decorator in node.decorator_list:
                target = decorator.func if isinstance(decorator, ast.Call) else decorator
                name = (
                    target.attr
                    if isinstance(target, ast.Attribute)
                    else target.id
                    if isinstance(target, ast.Name)
                    else ""
                )
                if name in _VALIDATORS or name in _WHOLE:
                    check = _check(one, node, decorator, name, old, reads) if node.name not in seen else None
                    seen.add(node.name)
                    if name in _WHOLE:
                        if check is None:
                            return None
                        found.whole.append(check)
                        continue
                    args = decorator.args if isinstance(decorator, ast.Call) else []
                    names = [
                        item.value for item in args if isinstance(item, ast.Constant) and isinstance(item.value, str)
                    ]
                    if len(names) != len(args):
                        return None
                    for field in names:
                        if check is None or field == "*":
                            found.lost.add(field)
                        else:
                            found.fields.setdefault(field, []).append(check)
                elif name not in {
                    "property", "cached_property", "computed_field", "classmethod", "staticmethod", "lru_cache",
                    "cache", "override", "field_serializer", "model_serializer", "abstractmethod", "setter",
                }:  # fmt: skip
                    return None
    return found


def _check(
    cls: Class, node: ast.FunctionDef | ast.AsyncFunctionDef, decorator: ast.expr, name: str, old: bool, reads: bool
) -> _Check | None:
    """A validator that can be followed: one that is called with the value of a field, or the object, at the end."""
    held = cls.attributes.names.get(node.name)
    function = held.value if held is not None else None
    spec = node.args
    others = [one for one in node.decorator_list if one is not decorator]
    if (
        not isinstance(function, Function)
        or not isinstance(node, ast.FunctionDef)
        or any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(node))
        or any(not (isinstance(one, ast.Name) and one.id == "classmethod") for one in others)
        or spec.vararg or spec.kwarg or spec.kwonlyargs or spec.posonlyargs or spec.defaults
    ):  # fmt: skip
        return None
    options: dict[str, object] = {}
    for word in decorator.keywords if isinstance(decorator, ast.Call) else ():
        if word.arg is None or not isinstance(word.value, ast.Constant):
            return None
        options[word.arg] = word.value.value
    count = len(spec.args)
    plain = replace(function, how="", owner=None)
    if old and name == "validator" and not options.keys() - {"always", "allow_reuse"}:
        third = spec.args[2].arg if count == 3 else ""
        if count == 2 or third == "values":
            return _Check(plain, reads or bool(options.get("always")), count - 2)
    if old and name == "root_validator" and not options.keys() - {"skip_on_failure", "allow_reuse"} and count == 2:
        return _Check(plain)
    if not old and reads and name == "field_validator" and options.get("mode", "after") == "after" and count == 2:
        return _Check(plain) if not options.keys() - {"mode", "check_fields"} else None
    if not old and name == "model_validator" and options == {"mode": "after"} and count == 1 and not others:
        return _Check(plain)
    return None


def _info(field: Field, options: dict[str, Value]) -> dict[str, Value]:
    """What Field() says of a field; of pydantic 1, also what its class Config says in `fields`."""
    info = dict(field.value.state) if isinstance(field.value, Object) and field.value.kind == "pydantic.field" else {}
    held = options.get("fields")
    more = held.items.get(field.name) if isinstance(held, Map) else None
    if isinstance(more, Map):
        info.update({str(name): item for name, item in more.items.items() if str(name) not in info})
    return info


def _value(
    call: Call, field: Field, options: dict[str, Value], words: dict[str, Value], reads: bool, old: bool
) -> Value:
    info = field.value.state if isinstance(field.value, Object) and field.value.kind == "pydantic.field" else None
    default = info.get("default") if info is not None else field.value
    kind = field.kind
    for extra in kind.metadata:
        found = call.interpreter.value(extra, call.frame)
        if not isinstance(found, Object) or found.kind != "pydantic.field" or info is not None:
            return unknown(call, "call", "a type with a validator")
        info = found.state
        default = default if default is not None else info.get("default")
    names = _env_names(field, (info or {}) | (_info(field, options) if old else {}), options, old)
    given = [words[name] for name in (field.name, *(names.alias if names is not None else ())) if name in words]
    if names is None:
        return unknown(call, "call", f"the variable of {field.name}")
    checks = flag_of(options, "validate_default", True) if reads else flag_of(options, "validate_all", False)
    if given:
        return types.validated(call, kind, given[0])
    if default is None and info is not None and "default_factory" in info:
        default = call.interpreter.call(info["default_factory"], [], {}, call.node, call.frame)
    if not reads:
        return default if default is not None else unknown(call, "call", f"{field.name} is not given")
    depends = frozenset(names.variables)
    for one in names.variables:
        note(call, one, default, kind.name)
    raw = _asked(call, names.variables, options)
    nested = text(options.get("env_nested_delimiter")) if "env_nested_delimiter" in options else None
    if nested and _has_nested(call, names.variables, nested):
        return unknown(call, "call", f"parts of {field.name} in variables", depends)
    if raw is not None:
        return depending(types.from_text(call, kind, raw), depends)
    if default is None and old and field.kind.name == "optional" and info is None:
        default = Const(None)
    fallback = _default(call, field, default, checks, depends, names.variables[0])
    for item in _files(options):
        fallback = _from_file(call, item, kind, names.variables, fallback, options, depends)
    return fallback


def flag_of(options: dict[str, Value], name: str, default: bool) -> bool:
    known = truth(options[name]) if name in options else default
    return default if known is None else known


def _default(
    call: Call, field: Field, default: Value | None, checks: bool, depends: frozenset[str], name: str
) -> Value:
    if default is None:
        return missing(call, name, "ValidationError")
    if not checks or isinstance(default, Joined):
        return depending(default, depends)
    return depending(types.validated(call, field.kind, default), depends)


class _Variables(NamedTuple):
    variables: tuple[str, ...]
    alias: tuple[str, ...]


def _env_names(field: Field, info: dict[str, Value], options: dict[str, Value], old: bool) -> _Variables | None:
    """The variables of a field, in the order they are looked for, and its names in a call."""
    prefix = text(options.get("env_prefix", Const("")))
    if prefix is None:
        return None
    usual = f"{prefix}{field.name}"
    if old:
        chosen = info.get("env")
        if chosen is None:
            return _Variables((_shown(usual, options),), ())
        names = [text(chosen)] if not isinstance(chosen, Seq) else [text(item) for item in chosen.items]
        if None in names or not names:
            return None
        return _Variables(tuple(_shown(name, options) for name in names if name), ())
    alias = info.get("validation_alias", info.get("alias"))
    if alias is None:
        return _Variables((_shown(usual, options),), ())
    items = alias.state["of"].items if isinstance(alias, Object) and alias.kind == "pydantic.choices" else [alias]  # type: ignore[attr-defined]
    found = [text(item) for item in items]
    if None in found or not found:
        return None
    several = [name for name in found if name is not None]
    variables = [_shown(name, options) for name in several]
    if any(flag_of(options, name, False) for name in ("populate_by_name", "validate_by_name")):
        variables.append(_shown(usual, options))
    return _Variables(tuple(variables), tuple(several))


def _shown(name: str, options: dict[str, Value]) -> str:
    return name if flag_of(options, "case_sensitive", False) else name.upper()


def _asked(call: Call, names: tuple[str, ...], options: dict[str, Value]) -> Value | None:
    """The first variable that is set, in any case of letters."""
    exact = flag_of(options, "case_sensitive", False)
    empty = flag_of(options, "env_ignore_empty", False)
    interpreter = call.interpreter
    for name in names:
        held = asked(call, name)
        if not exact:
            others = {*interpreter.environment, *(str(key) for key in interpreter.exported.items)} - {name}
            if any(other.upper() == name for other in others):
                same = [other for other in others if other.upper() == name]
                held = asked(call, same[0]) if held is None and len(same) == 1 else unknown(call, "call", name)
        if held is None or (empty and text(held) == ""):
            continue
        return held
    return None


def _has_nested(call: Call, names: tuple[str, ...], delimiter: str) -> bool:
    starts = tuple(f"{name}{delimiter}".upper() for name in names)
    held = {*call.interpreter.environment, *(str(key) for key in call.interpreter.exported.items)}
    return any(name.upper().startswith(starts) for name in held)


def _files(options: dict[str, Value]) -> list[Value]:
    held = options.get("env_file")
    if held is None or (isinstance(held, Const) and held.value is None):
        return []
    return list(held.items) if isinstance(held, Seq) else [held]


def _from_file(
    call: Call, item: Value, kind: types.Kind, names: tuple[str, ...], fallback: Value, options: dict[str, Value],
    depends: frozenset[str],
) -> Value:  # fmt: skip
    """The value of a file that the repository tracks, where it has one; the last file counts."""
    found = _dotenv.values(call, _dotenv.where(item), dotenv.parse)
    if found is None:
        return unknown(call, "call", "a file of variables", depends)
    exact = flag_of(options, "case_sensitive", False)
    held = {name if exact else name.upper(): value for name, value in found.items() if value is not None}
    nested = text(options.get("env_nested_delimiter")) if "env_nested_delimiter" in options else None
    if nested and any(key.upper().startswith(f"{name}{nested}".upper()) for key in held for name in names):
        return unknown(call, "call", "parts of a field in a file", depends)
    name = next((name for name in names if name in held), None)
    if name is None or (held[name] == "" and flag_of(options, "env_ignore_empty", False)):
        return fallback
    made = depending(types.from_text(call, kind, dotenv.as_value(name, held[name])), depends)
    return made if _dotenv.sure(item) else join([made, fallback])


def _set(call: Call) -> Value | None:
    """A field is set after the object was made: it is what it is given, where assignments are not validated."""
    made = call.owner
    options = _config(made.cls) if isinstance(made, Instance) and made.cls is not None else None
    if not isinstance(made, Instance) or made.cls is None or options is None or call.name not in made.attributes.names:
        return None
    if any("__setattr__" in one.attributes.names for one in made.cls.order):
        return None
    if any(flag_of(options, name, False) for name in ("validate_assignment", "frozen")):
        return None
    line = getattr(call.node, "lineno", 0)
    call.interpreter.bind_in(made.attributes, call.name, call.arguments[0], call.frame.module.path, line)
    return Const(None)


def _secret(call: Call) -> Value | None:
    owner = call.owner
    return owner.state["of"] if isinstance(owner, Object) and call.name == "get_secret_value" else None


def _secret_made(call: Call) -> Value | None:
    if len(call.arguments) != 1 or call.keywords:
        return None
    return Object(kind="secret", state={"of": call.arguments[0]}, depends=depends_of(call.arguments[0]))


CALLS = {
    **dict.fromkeys(("pydantic.Field", "pydantic.fields.Field", "pydantic.v1.Field"), _field),
    **dict.fromkeys(("pydantic_settings.SettingsConfigDict", "pydantic.ConfigDict"), _options),
    "pydantic.AliasChoices": _choices,
    **dict.fromkeys(("pydantic.SecretStr", "pydantic.types.SecretStr"), _secret_made),
}  # fmt: skip
BASES = dict.fromkeys((*_SETTINGS, *_OLD, *_MODELS), _instance)
METHODS = {"secret": _secret}
SETTERS = dict.fromkeys((*_SETTINGS, *_OLD, *_MODELS), _set)
