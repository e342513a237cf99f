"""The table of settings of Flask, Quart and Sanic: an `Object` of kind "app.config" (see `flask.py`), and the ways to
fill it.

Sources: Flask 3.1 `flask.config`; Quart 0.20 `quart.config`; Sanic 24 `sanic.config`.
"""

import ast
import json
import tomllib

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.forking import fork
from hardencheck.collect.interpret.modelling import Call, Model
from hardencheck.collect.interpret.models.applications import (
    bind,
    held,
    places,
    text_of,
)
from hardencheck.collect.interpret.values import (
    ABSENT,
    NOTHING,
    Absent,
    Class,
    Const,
    Depends,
    Function,
    Instance,
    Joined,
    Library,
    Map,
    Module,
    Namespace,
    Object,
    Unknown,
    Value,
    depending,
    depends_of,
    join,
    lifted,
    perhaps_absent,
    truth,
)

# What `config["X"]` gives where nothing was set: those that code reads back.
DEFAULTS: dict[str, dict[str, object]] = {
    "flask": {
        "DEBUG": False, "TESTING": False, "SECRET_KEY": None, "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_SECURE": False, "SESSION_COOKIE_HTTPONLY": True, "SESSION_COOKIE_SAMESITE": None,
        "SESSION_COOKIE_DOMAIN": None, "SESSION_COOKIE_PATH": None, "MAX_CONTENT_LENGTH": None,
        "MAX_FORM_MEMORY_SIZE": 500_000, "MAX_FORM_PARTS": 1_000, "PREFERRED_URL_SCHEME": "http", "SERVER_NAME": None,
        "TRUSTED_HOSTS": None, "PROPAGATE_EXCEPTIONS": None, "APPLICATION_ROOT": "/", "SECRET_KEY_FALLBACKS": None,
        "SESSION_COOKIE_PARTITIONED": False, "SESSION_REFRESH_EACH_REQUEST": True, "USE_X_SENDFILE": False,
        "TEMPLATES_AUTO_RELOAD": None, "EXPLAIN_TEMPLATE_LOADING": False, "TRAP_BAD_REQUEST_ERRORS": None,
    },
    "quart": {
        "DEBUG": False, "TESTING": False, "SECRET_KEY": None, "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_SECURE": False, "SESSION_COOKIE_HTTPONLY": True, "SESSION_COOKIE_SAMESITE": None,
        "MAX_CONTENT_LENGTH": 16 * 1024 * 1024, "BODY_TIMEOUT": 60, "RESPONSE_TIMEOUT": 60,
        "PREFERRED_URL_SCHEME": "http", "SERVER_NAME": None, "PROPAGATE_EXCEPTIONS": None,
    },
    "sanic": {
        "REQUEST_MAX_SIZE": 100_000_000, "REQUEST_MAX_HEADER_SIZE": 8192, "REQUEST_TIMEOUT": 60, "RESPONSE_TIMEOUT": 60,
        "KEEP_ALIVE_TIMEOUT": 120, "PROXIES_COUNT": None, "FORWARDED_SECRET": None, "REAL_IP_HEADER": None,
        "ACCESS_LOG": False, "AUTO_RELOAD": False, "OAS": True, "FALLBACK_ERROR_FORMAT": "auto",
        "TLS_CERT_PASSWORD": "", "WEBSOCKET_MAX_SIZE": 1 << 20,
    },
}  # fmt: skip
_PREFIXES = {"flask": "FLASK", "quart": "QUART", "sanic": "SANIC_"}
_MAX_FILE = 256 * 1024
_MAX_NAMES = 2_000


# The table


def get(call: Call, config: Object, name: str) -> Value:
    found = held(config).get(name)
    framework = text_of(config.state["framework"])
    defaults = DEFAULTS[framework]
    if found is not None and not perhaps_absent(found.value):
        return found.value
    if name in defaults:
        usual = lifted(defaults[name], held(config).absent(name))
        if found is None:
            return usual
        assert isinstance(found.value, Joined)
        return join([usual if isinstance(option, Absent) else option for option in found.value.options])
    return Unknown("call", f"config[{name}]", call.frame.module.path, getattr(call.node, "lineno", 0))


def _item(call: Call) -> Value | None:
    config, name = call.owner, text_of(call.arguments[0])
    if not isinstance(config, Object) or not name:
        return None
    found = held(config).get(name)
    if found is None and name not in DEFAULTS[text_of(config.state["framework"])]:
        if call.interpreter.catching("KeyError", "LookupError"):
            raise Raised("KeyError")
    return get(call, config, name)


def _store(call: Call) -> Value:
    config, key, value = call.owner, call.arguments[0], call.arguments[1]
    assert isinstance(config, Object)
    name = text_of(key)
    if name:
        bind(call, held(config), name, value)
    else:
        _taint(call, config, "config[…]", depends_of(key))
    return Const(True)


def _taint(call: Call, config: Object, text: str, depends: Depends = NOTHING, reason: str = "tainted") -> None:
    where = getattr(call.node, "lineno", 0)
    call.interpreter.taint(held(config), Unknown(reason, text, call.frame.module.path, where, depends=depends))


def _method(call: Call) -> Value | None:
    config = call.owner
    if not isinstance(config, Object):
        return None
    given = call.arguments
    match call.name:
        case "get" | "pop":
            name = text_of(given[0]) if given else ""
            if not name:
                return Unknown("call", f"config.{call.name}", call.frame.module.path, getattr(call.node, "lineno", 0))
            fallback = given[1] if len(given) > 1 else call.keywords.get("default", Const(None))
            names, usual = held(config), DEFAULTS[text_of(config.state["framework"])]
            found = names.get(name)
            if found is None and name not in usual:
                value = fallback
            elif found is not None and perhaps_absent(found.value):
                other = lifted(usual[name]) if name in usual else fallback
                value = join([other if isinstance(option, Absent) else option for option in found.value.options])
            else:
                value = get(call, config, name)
            if call.name == "pop" and name in names.names:
                call.interpreter.touch(names)
                del names.names[name]
            return value
        case "setdefault" if given and (name := text_of(given[0])):
            found = held(config).get(name)
            if name in DEFAULTS[text_of(config.state["framework"])] or (
                found is not None and not perhaps_absent(found.value)
            ):
                return get(call, config, name)
            value = given[1] if len(given) > 1 else Const(None)
            if found is not None and isinstance(found.value, Joined):
                value = join([value if isinstance(option, Absent) else option for option in found.value.options])
            bind(call, held(config), name, value)
            return value
        case "from_mapping" | "update":
            return _mapping(call, config, upper=call.name == "from_mapping")
        case "from_object" | "update_config" if given or "obj" in call.keywords:
            return load(call, config, given[0] if given else call.keywords["obj"])
        case "from_pyfile" if given:
            return _python_file(call, config, given[0], _silent(call, 1))
        case "from_envvar" if given:
            return _named_file(call, config, given[0])
        case "from_prefixed_env":
            prefix = (
                given[0] if given else call.keywords.get("prefix", Const(_PREFIXES[text_of(config.state["framework"])]))
            )
            if not text_of(prefix):
                _taint(call, config, "config.from_prefixed_env()", depends_of(prefix))
                return Const(None)
            prefixed(call, config, f"{text_of(prefix)}_")
            return Const(True)
        case "from_file" | "from_json" if given:
            return _data_file(call, config, given[0], call.keywords.get("load", given[1] if len(given) > 1 else None))
        case "load_environment_vars" | "load":
            return load(call, config, given[0]) if given else Const(None)
        case "items" | "keys" | "values" | "copy" | "get_namespace" | "setdefault" | "clear":
            if call.name in {"clear", "setdefault"}:
                _taint(call, config, f"config.{call.name}()")
            return Unknown("call", f"config.{call.name}()", call.frame.module.path, getattr(call.node, "lineno", 0))
    _taint(call, config, f"config.{call.name}()")
    return Unknown("call", f"config.{call.name}()", call.frame.module.path, getattr(call.node, "lineno", 0))


def _silent(call: Call, place: int) -> bool:
    given = call.keywords.get("silent", call.arguments[place] if len(call.arguments) > place else None)
    return given is not None and truth(given) is True


def _mapping(call: Call, config: Object, *, upper: bool) -> Value:
    node = call.node
    lines: dict[str, int] = {}
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Dict):
        lines = {
            key.value: key.lineno
            for key in node.args[0].keys
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        }
    for given in call.arguments:
        if isinstance(given, Object) and given.kind == "app.config":
            continue
        if not isinstance(given, Map) or len(given.items) > _MAX_NAMES:
            _taint(call, config, "config.update()", depends_of(given))
            continue
        if not given.exact:
            _taint(call, config, "config.update()", depends_of(given))
        for key, value in given.items.items():
            if not isinstance(key, str) or (upper and not key.isupper()):
                continue
            if key in given.maybe:
                old = held(config).get(key)
                value = join([value, old.value if old is not None else ABSENT])
            bind(call, held(config), key, value, lines.get(key))
    for key, binding in places(call._replace(arguments=[]), ()).items():
        if key.isupper() or not upper:
            bind(call, held(config), key, binding.value, binding.line)
    return Const(None)


def load(call: Call, config: Value, given: Value) -> Value:
    """`from_object`: every name in capitals of a module, a class or an object."""
    if not isinstance(config, Object):
        return Const(None)
    depends = depends_of(given)
    if depends:
        # Another one may set what this one does not.
        call.interpreter.touch(held(config))
        held(config).unless |= depends
    if isinstance(given, Joined):
        arms = [_arm(call, config, option, depends) for option in given.options]
        fork(call.interpreter, arms, Unknown("branch", "from_object"), depends)
        return Const(None)
    if isinstance(given, Const) and isinstance(given.value, str):
        found = _imported(call, given.value)
        if found is None:
            _taint(call, config, f"config.from_object({given.value!r})", depends, "import")
            return Const(None)
        given = found
    match given:
        case Module(namespace=names):
            _take(call, config, names, depends)
        case Class():
            for one in reversed(given.order):
                _outside(call, config, one.outside, depends)
                _take(call, config, one.attributes, depends)
        case Instance(cls=cls, attributes=names):
            for one in reversed(cls.order) if cls is not None else ():
                _outside(call, config, one.outside, depends)
                _take(call, config, one.attributes, depends, given)
            _take(call, config, names, depends)
        case Map():
            _mapping(call._replace(arguments=[given], keywords={}), config, upper=True)
        case _:
            text = given.text if isinstance(given, Unknown) else "what cannot be followed"
            _taint(call, config, f"config.from_object({text})", depends)
    return Const(None)


def _arm(call: Call, config: Object, option: Value, depends: Depends):  # type: ignore[no-untyped-def]
    def run() -> None:
        load(call, config, option)

    return run


def _outside(call: Call, config: Object, bases: tuple[str, ...], depends: Depends) -> None:
    for base in bases:
        if base not in {"object", "builtins.object", "abc.ABC", "enum.Enum", "typing.Protocol"}:
            _taint(call, config, f"config.from_object(), through {base}", depends, "import")


def _take(call: Call, config: Object, names: Namespace, depends: Depends, owner: Instance | None = None) -> None:
    if names.rest is not None:
        call.interpreter.taint(held(config), names.rest)
    for name, binding in list(names.names.items())[:_MAX_NAMES]:
        if not name.isupper():
            continue
        value = binding.value
        if isinstance(value, Function):
            if value.how != "property":
                continue
            value = (
                call.interpreter.attribute(owner, name, call.node, call.frame)
                if owner is not None
                else Unknown("call", f"{name}, a property of a class", binding.path, binding.line)
            )
        if perhaps_absent(value):
            old = held(config).get(name)
            value = join(
                [
                    (old.value if old is not None else ABSENT) if isinstance(one, Absent) else one
                    for one in value.options
                ]
            )
        bind(call, held(config), name, depending(value, depends), binding.line, binding.path)


def _imported(call: Call, dotted: str) -> Value | None:
    """`import_string("pkg.module.Class")` or "pkg.module:Class"."""
    interpreter, near = call.interpreter, call.frame.module.path
    dotted = dotted.replace(":", ".")
    path = interpreter.source.find(dotted, near)
    if path is not None:
        return interpreter.module(path)
    module, _, name = dotted.rpartition(".")
    path = interpreter.source.find(module, near) if module else near
    if path is None:
        return None
    try:
        found = interpreter.attribute(interpreter.module(path), name, call.node, call.frame)
    except Raised:
        return None
    return found if isinstance(found, Module | Class | Instance | Map | Unknown) else None


def _python_file(call: Call, config: Object, given: Value, silent: bool) -> Value:
    names = [text_of(option) for option in given.options] if isinstance(given, Joined) else [text_of(given)]
    if any(not name for name in names):
        if isinstance(given, Const) and given.value is None:
            return Const(False)
        text = given.text if isinstance(given, Unknown) else "a path"
        _taint(call, config, f"config.from_pyfile({text})", depends_of(given), "loader")
        return Const(None)
    name = names[0]
    path = _file(call, config, name)
    if path is None or len(names) > 1:
        if not silent or len(names) > 1 or _elsewhere(config):
            _taint(call, config, f"{name}, a file that is not in the repository", depends_of(given), "loader")
        return Const(False)
    _take(call, config, call.interpreter.module(path).namespace, depends_of(given))
    return Const(True)


def _file(call: Call, config: Object, name: str) -> str | None:
    """A file of the repository, from the folder that the application's names of files are relative to."""
    base = config.state.get("base")
    if not isinstance(base, Const):
        return None
    folder = text_of(base)
    path = _normal(f"{folder}/{name}" if folder and not name.startswith("/") else name)
    return path if path is not None and call.interpreter.source.read(path) is not None else None


def _elsewhere(config: Object) -> bool:
    """Whether it is not known where the files of an application are."""
    return "base" not in config.state


def _normal(path: str) -> str | None:
    if path.startswith("/"):
        return None
    parts: list[str] = []
    for item in path.split("/"):
        if item == "..":
            if not parts:
                return None
            parts.pop()
        elif item not in {"", "."}:
            parts.append(item)
    return "/".join(parts) if parts else None


def _named_file(call: Call, config: Object, given: Value) -> Value:
    """`from_envvar("X")`: the operator's file, wherever X says."""
    name = text_of(given)
    if not name:
        _taint(call, config, "config.from_envvar()", depends_of(given), "loader")
        return Const(None)
    call.interpreter.reads.add(name)
    depends = frozenset({name})
    path = call.interpreter.environment.get(name)
    if path is not None and not isinstance(path, str):
        _taint(call, config, name, depends, "env-required")
        return Const(True, depends=depends)
    if path is None:
        if not _silent(call, 1):
            _taint(call, config, name, depends, "env-required")
        return Const(False, depends=depends)
    return _python_file(call, config, Const(path, depends=depends), silent=False)


def prefixed(call: Call, config: Object, prefix: str) -> None:
    """Every variable that begins with the prefix is a setting; those that are there already may be set by one."""
    names = held(config)
    call.interpreter.touch(names)
    for name in dict.fromkeys((*names.names, *DEFAULTS[text_of(config.state["framework"])])):
        names.mark_name(name, frozenset({prefix + name}))
    for variable, text in list(call.interpreter.environment.items()):
        if not variable.startswith(prefix) or "__" in variable:
            continue
        call.interpreter.reads.add(variable)
        if not isinstance(text, str):
            bind(call, names, variable.removeprefix(prefix), depending(text, frozenset({variable})))
            continue
        try:
            value: object = json.loads(text) if len(text) < _MAX_FILE else text
        except (ValueError, RecursionError):
            value = text
        bind(call, names, variable.removeprefix(prefix), lifted(value, frozenset({variable})))


def _data_file(call: Call, config: Object, given: Value, load: Value | None) -> Value:
    name = text_of(given)
    loader = load.dotted if isinstance(load, Library) else "json.load" if call.name == "from_json" else ""
    path = _file(call, config, name) if name else None
    if path is None:
        if not (name and _silent(call, 9)) or _elsewhere(config):
            _taint(call, config, f"{name or 'a file'}, which is not in the repository", depends_of(given), "loader")
        return Const(False)
    data = call.interpreter.source.read(path)
    try:
        if data is None or len(data) > _MAX_FILE:
            raise ValueError
        if loader in {"json.load", "flask.json.load"}:
            found = json.loads(data)
        elif loader in {"tomllib.load", "toml.load", "tomli.load"}:
            found = tomllib.loads(data.decode())
        else:
            raise ValueError
        values = {key: lifted(value) for key, value in found.items() if isinstance(key, str) and key.isupper()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        _taint(call, config, f"config.{call.name}({name!r})", reason="loader")
        return Const(None)
    for key, value in values.items():
        bind(call, held(config), key, value, 1, path)
    return Const(True)


def _attribute(call: Call) -> Value | None:
    """Sanic: `app.config.X`; for Flask an attribute is a method."""
    config = call.owner
    if not isinstance(config, Object) or not call.name.isupper():
        return None
    return get(call, config, call.name)


def _set(call: Call) -> Value:
    config = call.owner
    if isinstance(config, Object) and text_of(config.state["framework"]) == "sanic" and call.name.isupper():
        bind(call, held(config), call.name, call.arguments[0])
    return Const(None)


def _spoiled(call: Call) -> Value | None:
    """Whoever is given the table itself may write into it."""
    config, why = call.owner, call.arguments[0]
    if isinstance(config, Object) and isinstance(why, Unknown):
        call.interpreter.taint(held(config), why)
    return None


METHODS: dict[str, Model] = {"app.config": _method}
ITEMS: dict[str, Model] = {"app.config": _item}
STORES: dict[str, Model] = {"app.config": _store}
ATTRIBUTES: dict[str, Model] = {"app.config": _attribute}
SETTERS: dict[str, Model] = {"app.config": _set}
SPOILS: dict[str, Model] = {"app.config": _spoiled}
