"""Flask, Quart and Sanic: an application with a table of settings, and all the ways to fill it.

An `Object` of kind "application" like the others, with config: an `Object` of kind "app.config", whose state has held
(an `Instance`: the settings that code gave it, each with its place; what is not in it has the framework's default),
and framework.

Sources: Flask 3.1 `flask.config`, `flask.app`; Quart 0.20; Sanic 24 `sanic.config`; Flask-Talisman 1.1 `init_app`.
"""

from hardencheck.collect.interpret.modelling import Call, Model
from hardencheck.collect.interpret.models.app_config import get, load, prefixed
from hardencheck.collect.interpret.models.applications import (
    CALLS_LATE,
    application,
    applied,
    attribute,
    bind,
    held,
    hook,
    initialised,
    method,
    part,
    partly,
    record,
    spoil,
    start,
    text_of,
)
from hardencheck.collect.interpret.values import (
    Class,
    Const,
    Instance,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    truth,
)

_POSITIONAL = ("import_name",)
BUILDERS = {
    "flask.Flask": "flask", "flask.app.Flask": "flask", "apiflask.APIFlask": "flask", "flask_openapi3.OpenAPI": "flask",
    "connexion.FlaskApp": "flask", "quart.Quart": "quart", "quart.app.Quart": "quart", "sanic.Sanic": "sanic",
    "sanic.app.Sanic": "sanic",
}  # fmt: skip
_ATTRIBUTES = {"secret_key": "SECRET_KEY", "testing": "TESTING", "debug": "DEBUG"}


def config_of(thing: Object) -> Namespace:
    """The settings that code gave an application."""
    found = thing.state["config"]
    assert isinstance(found, Object)
    return held(found)


def build(call: Call, framework: str, cls: Class | None = None) -> Object:
    thing = application(call, framework, ("name",) if framework == "sanic" else _POSITIONAL, cls)
    config = Object(kind="app.config", state={"held": Instance(None), "framework": Const(framework)})
    base = None if framework == "sanic" else _base(call, thing)
    if base is not None:
        config.state["base"] = Const(base)
    thing.kind = "flask"
    thing.state["config"] = config
    record(call, thing)
    if framework in {"flask", "quart"}:  # Quart begins with the table that Flask makes
        _debug_flag(call, config)
    if framework == "sanic":
        prefixed(call, config, "SANIC_")  # load_env: every SANIC_ variable is a setting
    return thing


def _base(call: Call, thing: Object) -> str | None:
    """The folder that names of files are relative to: of the application's module, or its folder of instances, which is
    beside its outermost package. None: not known.

    Source: `flask.sansio.app.App.make_config` and `auto_find_instance_path`.
    """
    given = held(thing).names
    if any(name in given for name in ("instance_path", "root_path")):
        return None
    named = given.get("import_name")
    name = text_of(named.value) if named is not None else ""
    near = call.frame.module.path
    own = near.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
    path = (call.interpreter.source.find(name, near) if name else None) or (
        near if name.rpartition(".")[2] == own else None
    )
    if path is None:
        return None
    folder = path.rpartition("/")[0]
    relative = given.get("instance_relative_config")
    beside = truth(relative.value) if relative is not None else False
    if not beside:
        return folder if beside is False else None
    while folder and call.interpreter.source.read(f"{folder}/__init__.py") is not None:
        folder = folder.rpartition("/")[0]
    return f"{folder}/instance" if folder else "instance"


def _debug_flag(call: Call, config: Object) -> None:
    """`Flask.make_config`: DEBUG begins as FLASK_DEBUG says, also where another server starts the application."""
    names = held(config)
    variables = frozenset({"FLASK_DEBUG"})
    value = _get_debug_flag(call)
    if "FLASK_DEBUG" in call.interpreter.environment:
        bind(call, names, "DEBUG", value)
    else:
        call.interpreter.touch(names)
        names.mark_name("DEBUG", variables)


def _get_debug_flag(call: Call) -> Value:
    """`flask.helpers.get_debug_flag()`: FLASK_DEBUG, off where it is not set."""
    variables = frozenset({"FLASK_DEBUG"})
    call.interpreter.asks("FLASK_DEBUG", Const(""), "bool")
    text = call.interpreter.environment.get("FLASK_DEBUG", "")
    if isinstance(text, Unknown):
        return depending(text, variables)
    if not isinstance(text, str):
        return Unknown("env-required", "FLASK_DEBUG", depends=variables)
    return Const(bool(text) and text.lower() not in {"0", "false", "no"}, depends=variables)


def _builder(framework: str) -> Model:
    return lambda call: build(call, framework)


def _derived(framework: str) -> Model:
    def make(call: Call) -> Value | None:
        cls = call.owner
        if not isinstance(cls, Class):
            return None
        thing = build(call, framework, cls)
        start(call, thing, cls)
        return thing

    return make


def _attribute(call: Call) -> Value | None:
    thing = call.owner
    if not isinstance(thing, Object):
        return None
    if call.name == "config":
        return thing.state["config"]
    if call.name in _ATTRIBUTES:
        config = thing.state["config"]
        assert isinstance(config, Object)
        return get(call, config, _ATTRIBUTES[call.name])
    return attribute(call)


def _set_attribute(call: Call) -> Value:
    thing = call.owner
    if not isinstance(thing, Object):
        return Const(None)
    name = _ATTRIBUTES.get(call.name)
    if name is not None:
        bind(call, config_of(thing), name, call.arguments[0])
        return Const(None)
    if call.name == "config" and isinstance(given := call.arguments[0], Object) and given.kind == "app.config":
        thing.state["config"] = given
        return Const(None)
    bind(call, held(thing), call.name, call.arguments[0])
    return Const(None)


def _method(call: Call) -> Value | None:
    thing = call.owner
    if not isinstance(thing, Object):
        return None
    if call.name == "run":
        run = part("flask.run", ("host", "port", "debug"))(call)
        assert isinstance(run, Object)
        run.state["app"] = thing
        return Const(None)
    if call.name == "register_blueprint" and call.arguments and _is_blueprint(call.arguments[0]):
        return _registered(call, thing, call.arguments[0])
    if call.name in {"update_config", "config_from_object"} and call.arguments:
        return load(call, thing.state["config"], call.arguments[0])
    return method(call)


def _blueprint(call: Call) -> Value | None:
    """What is put around responses through a blueprint counts once an application has it."""
    return Object(kind="flask.blueprint", state={"middleware": Seq("list"), "held": Instance(None)})


def _is_blueprint(value: Value) -> bool:
    return isinstance(value, Object) and value.kind == "flask.blueprint"


def _registered(call: Call, thing: Object, blueprint: Value) -> Value:
    """Its hooks count from here on, those too that are added later."""
    hook(call, thing, "blueprint", blueprint)
    return Const(None)


def _blueprint_member(call: Call) -> Value | None:
    owner = call.owner
    return Object(kind="app.member", state={"app": owner, "name": Const(call.name)}) if owner is not None else None


def _blueprint_method(call: Call) -> Value | None:
    return Unknown("call", f"{call.name} of a blueprint", call.frame.module.path, getattr(call.node, "lineno", 0))


def _talisman(call: Call) -> Value | None:
    """Talisman writes the flags of the session cookie over what was set."""
    found = call.owner
    if not isinstance(found, Object):
        return None
    options = held(found).names
    app = options.get("app")
    if app is None or not isinstance(app.value, Object) or "config" not in app.value.state:
        return None
    names, rest = config_of(app.value), held(found).rest
    hook(call, app.value, "talisman", found)
    for option, name, usual in (
        ("session_cookie_secure", "SESSION_COOKIE_SECURE", True),
        ("session_cookie_http_only", "SESSION_COOKIE_HTTPONLY", True),
        ("session_cookie_samesite", "SESSION_COOKIE_SAMESITE", "Lax"),
    ):
        given = options.get(option)
        value: Value = given.value if given is not None else rest or Const(usual)
        known = truth(value)
        if known is None:
            bind(call, names, name, Unknown("call", f"{option} of Talisman", call.frame.module.path))
        elif known or name == "SESSION_COOKIE_SAMESITE":
            bind(call, names, name, value, given.line if given is not None else None)
    return None


def _cors(call: Call) -> Value | None:
    """Flask-CORS answers after what was put around the application before it."""
    found = call.owner
    app = held(found).names.get("app") if isinstance(found, Object) else None
    if found is not None and app is not None and isinstance(app.value, Object) and "config" in app.value.state:
        hook(call, app.value, "cors", found)
    return None


def _filled(call: Call) -> Value | None:
    """An extension that fills the table from files and variables of its own."""
    found = call.owner
    app = held(found).names.get("app") if isinstance(found, Object) else None
    if isinstance(found, Object) and app is not None and isinstance(app.value, Object) and "config" in app.value.state:
        line = getattr(call.node, "lineno", 0)
        why = Unknown("loader", text_of(found.state.get("name")), call.frame.module.path, line)
        call.interpreter.taint(config_of(app.value), why)
    return None


def _spoiled(call: Call) -> Value | None:
    spoil(call)
    return None


def _unbound(call: Call) -> Value | None:
    if call.arguments and isinstance(call.arguments[0], Object) and "config" in call.arguments[0].state:
        initialised(call, call.arguments[0], 1)
    return Const(None)


_CONFIGURING = (
    "dynaconf.FlaskDynaconf", "dynaconf.contrib.FlaskDynaconf", "flask_appconfig.AppConfig",
    "flask_appconfig.HerokuConfig",
)  # fmt: skip
CALLS_LATE["Talisman"] = _talisman
CALLS_LATE["CORS"] = _cors
CALLS_LATE.update({name.rpartition(".")[2]: _filled for name in _CONFIGURING})
CALLS: dict[str, Model] = {
    **dict.fromkeys(("flask.Blueprint", "flask.blueprints.Blueprint", "quart.Blueprint"), _blueprint),
    "flask.helpers.get_debug_flag": _get_debug_flag,
    **{name: applied(part(name, ("app",))) for name in _CONFIGURING},
    **{name: _builder(framework) for name, framework in BUILDERS.items()},
    **{f"{name}.__init__": _unbound for name in BUILDERS},
}
PARTLY: dict[str, Model] = {name: partly(_builder(framework)) for name, framework in BUILDERS.items()}
BASES: dict[str, Model] = {name: _derived(framework) for name, framework in BUILDERS.items()}
METHODS: dict[str, Model] = {"flask": _method, "flask.blueprint": _blueprint_method}
ATTRIBUTES: dict[str, Model] = {"flask": _attribute, "flask.blueprint": _blueprint_member}
SETTERS: dict[str, Model] = {"flask": _set_attribute, "flask.blueprint": lambda call: Const(None)}
SPOILS: dict[str, Model] = {"flask": _spoiled, "flask.blueprint": lambda call: None}
