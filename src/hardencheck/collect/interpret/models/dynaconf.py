"""dynaconf.DjangoDynaconf(__name__, ...): the module's names are defaults that settings files, variables, validators
and hooks change; then all of them are set again, as dynaconf holds them.

Files that are not in the repository are taken to say nothing: what they may change depends on them. Settings files of
the repository and hooks in files are not followed. Source: dynaconf documentation ("Django", "Advanced usage", hooks,
validation); measured with dynaconf 3.3.5, which makes lists of tuples.
"""

import ast
import posixpath

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models._common import depending, text, unknown
from hardencheck.collect.interpret.values import (
    ABSENT,
    Absent,
    Const,
    Depends,
    Function,
    Joined,
    Map,
    Module,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    perhaps_absent,
    truth,
)

_FILES = {
    f"{stem}.{end}"
    for stem in ("settings", ".secrets", "settings.local")
    for end in ("toml", "yaml", "yml", "json", "ini")
} | {"dynaconf_hooks.py"}  # fmt: skip
_TOKENS = ("@", "dynaconf_merge")
_SETTING = ("default", "cast", "apply_default_on_none")  # of a validator: it also changes the value
_LOADS = ("PRELOAD_FOR_DYNACONF", "preload", "SETTINGS_FILE_FOR_DYNACONF", "settings_files", "settings_file",
          "INCLUDES_FOR_DYNACONF", "includes", "SECRETS_FOR_DYNACONF", "secrets")  # fmt: skip


def _loaded(call: Call) -> Value | None:
    interpreter, module = call.interpreter, call.frame.module
    prefix = text(call.keywords.get("ENVVAR_PREFIX_FOR_DYNACONF", call.keywords.get("envvar_prefix", Const("DJANGO"))))
    paths = interpreter.source.paths
    own = [path for path in (paths() if paths is not None else ()) if posixpath.basename(path) in _FILES]
    names = module.namespace
    hooks, validated = _hooks(call), _validated(call)
    if prefix is None or paths is None or own or interpreter.perhaps or hooks is None or validated is None:
        return None
    interpreter.touch(names)
    lost = unknown(call, "loader", "dynaconf")
    for name, binding in list(names.names.items()):
        if name.isupper() and not isinstance(binding.value, Absent):
            names.names[name] = binding._replace(value=_held(binding.value, lost))
            names.mark_name(name, frozenset({f"{prefix}_{name}"}))
    names.mark_all(frozenset({f"{prefix}.settings"}))
    for name in ("DYNACONF", "DEFAULT_SETTINGS_PATHS", "LOAD_DOTENV", *(word.upper() for word in call.keywords)):
        if not name.endswith("_FOR_DYNACONF"):
            interpreter.set_attribute(module, name, lost, call.node, call.frame)
    for variable in interpreter.environment:
        if variable.startswith(f"{prefix}_"):
            why = unknown(call, "loader", variable, frozenset({variable}))
            name = variable.removeprefix(f"{prefix}_").partition("__")[0]
            interpreter.set_attribute(module, name, why, call.node, call.frame)
    rest: Unknown | None = None
    for word in _LOADS:
        given = call.keywords.get(word)
        if given is not None and truth(given) is not False:
            names.mark_all(frozenset({f"{prefix}.{word}"}))
            rest = unknown(call, "loader", "other settings that dynaconf loads")
    for name in validated:
        interpreter.set_attribute(module, name, lost, call.node, call.frame)
    for hook in hooks:
        _run(call, hook, lost)
    names.rest = names.rest or rest
    return lost


def _held(value: Value, lost: Unknown) -> Value:
    """A value as dynaconf holds it."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return lost if value.value.strip().startswith("@") else value
    if isinstance(value, Seq):
        if any(_token(item) for item in value.items):
            return lost
        kind = "list" if value.kind == "tuple" else value.kind
        items, extra = ([_held(item, lost) for item in part] for part in (value.items, value.extra))
        return Seq(kind, items, extra, value.exact, value.open, depends=value.depends)
    if isinstance(value, Map):
        if any(isinstance(key, str) and key.startswith(_TOKENS) for key in value.items):
            return lost
        held = {key: _held(item, lost) for key, item in value.items.items()}
        return Map(held, set(value.maybe), value.exact, depends=value.depends)
    if isinstance(value, Joined):
        return Joined(tuple(_held(item, lost) for item in value.options), depends=value.depends)
    return value


def _token(value: Value) -> bool:
    return (text(value) or "").startswith(_TOKENS)


def _hooks(call: Call) -> list[Function] | None:
    """Functions that are asked for more settings at the end; None where they are not all known."""
    if any(_decorated(item.value) for item in call.frame.module.namespace.names.values()):
        return None
    if isinstance((held := call.frame.module.namespace.get("post")), tuple) and isinstance(held.value, Function):
        return None
    given = call.keywords.get("post_hooks", Const(None))
    if truth(given) is False:
        return []
    found = [given] if isinstance(given, Function) else call.interpreter.items(given)
    hooks = [item for item in found or [] if isinstance(item, Function) and item.how == ""]
    return hooks if found is not None and len(hooks) == len(found) else None


def _decorated(value: Value) -> bool:
    decorators = value.node.decorator_list if isinstance(value, Function) and isinstance(
        value.node, ast.FunctionDef | ast.AsyncFunctionDef
    ) else []  # fmt: skip
    return any("hook" in ast.unparse(decorator) for decorator in decorators)


def _run(call: Call, hook: Function, lost: Unknown) -> None:
    """A hook gives a table of settings: they are set, or merged with those there are."""
    interpreter, module = call.interpreter, call.frame.module
    settings = Object(kind="dynaconf.settings", state={"module": module})
    try:
        given = interpreter.call(hook, [settings], {}, call.node, call.frame)
    except Raised:
        return  # the service does not start
    if not isinstance(given, Map):
        if truth(given) is not False:
            interpreter.taint(module.namespace, lost)
        return
    merged = truth(given.items.get("dynaconf_merge", Const(False))) is not False
    merged = merged or "dynaconf_merge_unique" in given.items
    for key, item in given.items.items():
        name = str(key).upper()
        whole = "." not in name and "__" not in name.strip("_")
        name = name.replace("__", ".").partition(".")[0]
        if not name or key in {"dynaconf_merge", "dynaconf_merge_unique"}:
            continue
        there = module.namespace.get(name) is not None
        sure = whole and key not in given.maybe and not (merged and there) and not _has_token(item)
        interpreter.set_attribute(module, name, _held(item, lost) if sure else lost, call.node, call.frame)
    if given.depends:
        module.namespace.mark_all(given.depends)
    if not given.exact:
        interpreter.taint(module.namespace, lost)


def _has_token(value: Value) -> bool:
    if isinstance(value, Map):
        return any(isinstance(key, str) and key.startswith(_TOKENS) for key in value.items)
    return _token(value) or (isinstance(value, Seq) and any(_token(item) for item in value.items))


# The settings that a hook is given


def _setting(call: Call, name: str) -> tuple[Value | None, Depends]:
    """(value, None: not set; what that depends on)"""
    owner = call.owner
    module = owner.state["module"] if isinstance(owner, Object) else None
    if not isinstance(module, Module):
        return None, frozenset()
    found = module.namespace.get(name.upper())
    if found is not None and name.upper() not in module.namespace.names:
        return Joined((found.value, ABSENT)), frozenset()
    return (found.value if found is not None else None), module.namespace.absent(name.upper())


def _attribute(call: Call) -> Value | None:
    if call.name.islower():
        return None  # get, exists, set: methods
    value, depends = _setting(call, call.name)
    return value if value is not None else unknown(call, "loader", f"the setting {call.name}", depends)


def _item(call: Call) -> Value | None:
    name = text(call.arguments[0])
    return _attribute(call._replace(name=name.upper())) if name is not None and "." not in name else None


def _method(call: Call) -> Value | None:
    name = text(call.arguments[0]) if call.arguments else None
    if call.name not in {"get", "exists"} or name is None or "." in name or "__" in name or len(call.arguments) > 2:
        return None
    value, depends = _setting(call, name)
    if perhaps_absent(value):
        return unknown(call, "branch", name, depends_of(value))
    if call.name == "exists":
        return Const(value is not None, depends=depends)
    default = call.arguments[1] if len(call.arguments) == 2 else call.keywords.get("default", Const(None))
    return value if value is not None else depending(default, depends)


def _contains(call: Call) -> Value | None:
    name = text(call.arguments[0])
    if name is None:
        return None
    return _method(call._replace(name="exists", keywords={}))


def _spoiled(call: Call) -> Value | None:
    """A hook changes the settings themselves."""
    module = call.owner.state["module"] if isinstance(call.owner, Object) else None
    if isinstance(module, Module):
        call.interpreter.taint(module.namespace, unknown(call, "loader", "a hook of dynaconf"))
    return None


# Validators


def _validator(call: Call) -> Value | None:
    """A validator looks at settings; with a default or a cast it sets them."""
    if any(not isinstance(text(name), str) for name in call.arguments):
        return None
    sets = [*call.arguments] if any(word in call.keywords for word in _SETTING) else []
    return Object(kind="dynaconf.validator", state={"sets": Seq("tuple", sets), "messages": Map()})


def _messages(call: Call) -> Value | None:
    return call.owner.state["messages"] if isinstance(call.owner, Object) and call.name == "messages" else None


def _combined(call: Call) -> Value | None:
    sets: list[Value] = []
    for side in call.arguments:
        held = side.state["sets"] if isinstance(side, Object) and side.kind == "dynaconf.validator" else None
        if not isinstance(held, Seq):
            return None
        sets.extend(held.items)
    return Object(kind="dynaconf.validator", state={"sets": Seq("tuple", sets), "messages": Map()})


def _validated(call: Call) -> list[str] | None:
    """The names that validators may set; None where that is not known."""
    given = call.keywords.get("validators", Seq("list"))
    found: list[str] = []
    for item in (call.interpreter.items(given) if isinstance(given, Seq) and given.exact else None) or ():
        held = item.state["sets"] if isinstance(item, Object) and item.kind == "dynaconf.validator" else None
        if not isinstance(held, Seq):
            return None
        found.extend((text(name) or "").upper().replace("__", ".").partition(".")[0] for name in held.items)
    return found if isinstance(given, Seq) and given.exact else None


CALLS = {
    **dict.fromkeys(("dynaconf.DjangoDynaconf", "dynaconf.contrib.DjangoDynaconf"), _loaded),
    "dynaconf.Validator": _validator,
}  # fmt: skip
ATTRIBUTES = {"dynaconf.settings": _attribute, "dynaconf.validator": _messages}
ITEMS = {"dynaconf.settings": _item}
METHODS = {"dynaconf.settings": _method}
CONTAINS = {"dynaconf.settings": _contains}
OPERATORS = {"dynaconf.validator": _combined}
SPOILS = {"dynaconf.settings": _spoiled}
