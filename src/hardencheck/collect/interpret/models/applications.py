"""Applications that code builds, and what is put around them: constructor arguments and middleware, recorded as they
are when the call runs. FastAPI, Starlette, Litestar, aiohttp, Tornado, Pyramid, Bottle, Falcon and server calls.

An `Object` of kind "application" has in its state: framework, path, line (constants), held (an `Instance` whose
attributes are the arguments, each with its place), middleware (a `Seq` of objects of kind "part"). A "part" is any
other recorded call: name (the last of its dotted name), held, path, line. An unknown middleware leaves the list open.
"""

import ast
from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

from hardencheck.collect.interpret import spoiling
from hardencheck.collect.interpret.attributes import bound_to
from hardencheck.collect.interpret.foreign import of_library
from hardencheck.collect.interpret.inheritance import class_attribute
from hardencheck.collect.interpret.modelling import Call, Model, modelled
from hardencheck.collect.interpret.values import (
    ABSENT,
    Absent,
    Binding,
    Class,
    Const,
    Function,
    Instance,
    Joined,
    Library,
    Map,
    Module,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
    join,
)

TYPE_KEY = "cls"
# Dotted name -> (framework, names of its positional arguments).
BUILDERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "fastapi.FastAPI": ("fastapi", ()),
    "fastapi.applications.FastAPI": ("fastapi", ()),
    "starlette.applications.Starlette": ("starlette", ("debug", "routes", "middleware")),
    "litestar.Litestar": ("litestar", ("route_handlers",)),
    "litestar.app.Litestar": ("litestar", ("route_handlers",)),
    "aiohttp.web.Application": ("aiohttp", ()),
    "aiohttp.web_app.Application": ("aiohttp", ()),
    "tornado.web.Application": ("tornado", ("handlers", "default_host", "transforms")),
    "pyramid.config.Configurator": ("pyramid", ("registry", "package", "settings")),
    "falcon.App": ("falcon", ("media_type", "request_type", "response_type", "middleware")),
    "falcon.asgi.App": ("falcon", ("media_type", "request_type", "response_type", "middleware")),
    "falcon.API": ("falcon", ("media_type", "request_type", "response_type", "middleware")),
    "bottle.Bottle": ("bottle", ("catchall", "autojson")),
}
# Calls that are written down, and what they give is not looked into.
PARTS: dict[str, tuple[str, ...]] = {
    "starlette.middleware.Middleware": ("class",),
    "fastapi.middleware.Middleware": ("class",),
    "litestar.middleware.DefineMiddleware": ("class",),
    "litestar.middleware.base.DefineMiddleware": ("class",),
    "litestar.config.cors.CORSConfig": ("allow_origins",),
    "litestar.config.csrf.CSRFConfig": ("secret",),
    "litestar.config.allowed_hosts.AllowedHostsConfig": ("allowed_hosts",),
    "litestar.config.compression.CompressionConfig": ("backend",),
    "litestar.openapi.OpenAPIConfig": ("title", "version"),
    "litestar.openapi.config.OpenAPIConfig": ("title", "version"),
    "litestar.middleware.session.client_side.CookieBackendConfig": ("secret",),
    "litestar.middleware.session.server_side.ServerSideSessionConfig": (),
    "pyramid.session.SignedCookieSessionFactory": ("secret",),
    "aiohttp_session.cookie_storage.EncryptedCookieStorage": ("secret_key",),
    "aiohttp_session.SimpleCookieStorage": (),
    "tornado.httpserver.HTTPServer": (
        "request_callback",
        "no_keep_alive",
        "xheaders",
        "ssl_options",
        "protocol",
        "decompress_request",
        "chunk_size",
        "max_header_size",
        "idle_connection_timeout",
        "body_timeout",
        "max_body_size",
        "max_buffer_size",
        "trusted_downstream",
    ),
    "waitress.serve": ("app",),
    "waitress.server.create_server": ("application",),
    "waitress.create_server": ("application",),
    "uvicorn.run": ("app",),
    "uvicorn.Config": ("app",),
    "hypercorn.run": (),
    "aiohttp.web.run_app": ("app",),
    "flask_cors.CORS": ("app",),
    "flask_cors.cross_origin": (),
    "quart_cors.cors": ("app",),
    "aiohttp_cors.setup": ("app",),
    "flask_wtf.CSRFProtect": ("app",),
    "flask_wtf.csrf.CSRFProtect": ("app",),
    "flask_wtf.CsrfProtect": ("app",),
    "flask_seasurf.SeaSurf": ("app",),
    "flask_session.Session": ("app",),
    "werkzeug.middleware.proxy_fix.ProxyFix": ("app", "x_for", "x_proto", "x_host", "x_port", "x_prefix"),
    "werkzeug.contrib.fixers.ProxyFix": ("app", "num_proxies"),
    "flask_talisman.Talisman": ("app",),
    "flask_talisman.talisman.Talisman": ("app",),
    "secure.middleware.SecureWSGIMiddleware": ("app",),
    "secure.middleware.SecureASGIMiddleware": ("app",),
}
# Members of an application that take a function which runs for every response: name -> whether `append` does it.
HOOKS = {
    "after_request": False, "after_app_request": False, "on_response": False, "middleware": False,
    "on_response_prepare": True, "middlewares": True, "register_middleware": False,
}  # fmt: skip
_PUT = frozenset({"append", "extend", "insert"})
_OF_LISTEN = frozenset({"port", "address", "family", "backlog", "flags", "reuse_port"})
INCLUDES = "pyramid.includes"
MAX_INCLUDES = 100
_LATE = (
    "CORS",
    "CSRFProtect",
    "CsrfProtect",
    "Talisman",
    "SeaSurf",
    "Session",
    "FlaskDynaconf",
    "AppConfig",
    "HerokuConfig",
)  # `init_app` puts them to work


class _Records(WeakKeyDictionary):  # type: ignore[type-arg]
    """What was built, by interpreter: a list whose state is put back with everything else."""

    def of(self, interpreter: object) -> Seq:
        found = self.get(interpreter)
        if found is None:
            found = self[interpreter] = Seq("list")
        assert isinstance(found, Seq)
        return found


_records = _Records()


def recorded(interpreter: object) -> tuple[list[Object], list[Object]]:
    """(surely, perhaps) built or called, in order."""
    held = _records.of(interpreter)
    surely = [item for item in held.items if isinstance(item, Object)]
    return surely, [item for item in held.extra if isinstance(item, Object)]


def record(call: Call, thing: Object) -> Object:
    held = _records.of(call.interpreter)
    call.interpreter.touch(held)
    if call.interpreter.perhaps:
        held.extra.append(thing)
        held.exact = False
    else:
        held.items.append(thing)
    return thing


def text_of(value: Value | None) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


def number_of(value: Value | None) -> int:
    return value.value if isinstance(value, Const) and isinstance(value.value, int) else 0


def held(thing: Object, key: str = "held") -> Namespace:
    found = thing.state[key]
    assert isinstance(found, Instance)
    return found.attributes


def parts_of(thing: Object) -> list[Object]:
    """The middleware around an application, the innermost first, and the configurations that it is given."""
    stack = thing.state.get("middleware")
    found = [*stack.items, *stack.extra] if isinstance(stack, Seq) else []
    for binding in held(thing).names.values():
        value = binding.value
        found.extend([*value.items, *value.extra] if isinstance(value, Seq) else [value])
    return [item for item in found if isinstance(item, Object) and item.kind == "part"]


def perhaps(thing: Object, part: Object) -> bool:
    """Whether it is not known that this middleware is in use."""
    stack = thing.state.get("middleware")
    if not isinstance(stack, Seq):
        return False
    sure = any(part is item for item in stack.items) and not stack.open
    return not sure and (stack.open or any(part is item for item in stack.extra))


def part_name(value: Value) -> str:
    """What a middleware class is called: of a class of the repository, the library's class that it derives from."""
    if isinstance(value, Library):
        return value.dotted.rpartition(".")[2]
    if isinstance(value, Class):
        outside = [base for one in value.order for base in one.outside]
        return outside[0].rpartition(".")[2] if outside and "." in outside[0] else value.name
    return ""


def places(call: Call, positional: Sequence[str], skip: int = 0) -> dict[str, Binding]:
    """The arguments of a call by name, each with its place."""
    node = call.node
    line = getattr(node, "lineno", 0)
    lines: dict[str, int] = {}
    if isinstance(node, ast.Call):
        lines = {item.arg: item.value.lineno for item in node.keywords if item.arg is not None}
    found: dict[str, Binding] = {}
    path = call.frame.module.path
    for name, value in zip(positional, call.arguments[skip:], strict=False):
        found[name] = Binding(value, path, line)
    spread = _spread(call)
    for name, value in call.keywords.items():
        found[name] = Binding(value, *spread.get(name, (path, lines.get(name, line))))
    return {name: item._replace(value=unless_library(call, item.value)) for name, item in found.items()}


def _spread(call: Call) -> dict[object, tuple[str, int]]:
    """Where the entries of tables are written that a call is given as `**NAME`."""
    found: dict[object, tuple[str, int]] = {}
    for item in call.node.keywords if isinstance(call.node, ast.Call) else ():
        if item.arg is None and isinstance(item.value, ast.Name):
            binding = call.interpreter.lookup(call.frame, item.value.id)
            if binding is not None and isinstance(binding.value, Map):
                found |= binding.value.places
    return found


def made(call: Call, kind: str, name: str, arguments: Mapping[str, Binding]) -> Object:
    here = {"path": Const(call.frame.module.path), "line": Const(getattr(call.node, "lineno", 0))}
    return Object(
        kind=kind,
        state={"name": Const(name), **here, "held": Instance(None, Namespace(dict(arguments)))},
    )


def application(call: Call, framework: str, positional: Sequence[str], cls: Class | None = None) -> Object:
    thing = made(call, "application", framework, places(call, positional))
    thing.state["framework"] = Const(framework)
    thing.state["middleware"] = Seq("list")
    if cls is not None:
        thing.state[TYPE_KEY] = cls
    if framework == "pyramid":
        _own_settings(thing)
    return thing


def _own_settings(thing: Object) -> None:
    """Pyramid copies what it is given: what is written to that later does not count. Its switches are what they are
    then (`made`), whatever is set later under their names."""
    names = held(thing)
    given = names.names.get("settings")
    registry = names.names.get("registry")
    if registry is not None and not (isinstance(registry.value, Const) and registry.value.value is None):
        why = Unknown("call", "a registry that has settings of its own", registry.path, registry.line)
        names.names["settings"] = registry._replace(value=why)
    elif given is None or (isinstance(given.value, Const) and given.value.value is None):
        path, line = text_of(thing.state["path"]), number_of(thing.state["line"])
        names.names["settings"] = Binding(Map(), path, line)
    elif isinstance(given.value, Map):
        names.names["settings"] = given._replace(value=given.value.copied())
    table = names.names["settings"].value
    thing.state["made"] = table.copied() if isinstance(table, Map) else table


def _pyramid(call: Call, thing: Object) -> Value | None:
    """`add_settings`, `get_settings` and `include` of a Configurator, which hand on its settings."""
    found = held(thing).names.get("settings")
    table = found.value if found is not None else None
    if call.name == "__enter__":
        return thing
    if call.name == "get_settings":
        return table
    if call.name == "add_settings" and isinstance(table, Map):
        given = call.arguments[0] if call.arguments else Map()
        call.interpreter.call_method(table, "update", [given], dict(call.keywords), call.node, call.frame)
        return Const(None)
    if call.name == "include":
        _include(call, thing, call.arguments[0] if call.arguments else call.keywords.get("callable", Const(None)))
        return Const(None)
    return None


def _include(call: Call, thing: Object, what: Value) -> None:
    """What is included of the repository runs; what else is included is written down by its name, "" where that is not
    known."""
    function = _included(call, what)
    if isinstance(function, Function):
        call.interpreter.call(function, [thing], {}, call.node, call.frame)
        return
    if function is None:
        _unseen(call, thing, unknown_of(call, "include"))
        return
    name = function.dotted if isinstance(function, Library) else text_of(function)
    _put(call, thing, made(call, "part", name, {}))


def _unseen(call: Call, thing: Object, why: Unknown, name: str = "") -> None:
    """Something that nobody knows is included: it may also change the settings."""
    table = held(thing).names.get("settings")
    if table is not None:
        spoiling.spoil(call.interpreter, table.value, why)
    _put(call, thing, made(call, "part", name, {}))


def _includes(call: Call, thing: Object) -> None:
    """Pyramid includes what its settings list as soon as they are there."""
    found = held(thing).names.get("settings")
    table = found.value if found is not None else None
    if isinstance(table, Map) and INCLUDES not in table.items:
        if not table.exact:
            # Whoever starts the service may include more: a library's own, as a rule, which sets what is its own.
            _put(call, thing, made(call, "part", INCLUDES, {}))
        return
    listed = table.items[INCLUDES] if isinstance(table, Map) and INCLUDES not in table.maybe else None
    if isinstance(listed, Const) and isinstance(listed.value, str):
        names: list[Value] | None = [Const(name) for name in listed.value.split()]
    else:
        names = call.interpreter.items(listed) if isinstance(listed, Seq) else None
    if names is None or len(names) > MAX_INCLUDES:
        _unseen(call, thing, unknown_of(call, INCLUDES), INCLUDES)
        return
    for name in names:
        _include(call, thing, name)


def _included(call: Call, what: Value) -> Value | None:
    """What `include` calls; None where that is not known. A library's own sets what is its own."""
    text, name = text_of(what), "includeme"
    if text:
        dotted, _, named = text.partition(":")
        path = call.interpreter.source.find(dotted, call.frame.module.path)
        if path is None and "." in dotted.strip("."):  # a function by its dotted name
            dotted, _, named = dotted.rpartition(".")
            path = call.interpreter.source.find(dotted, call.frame.module.path)
        if path is None:
            return None if text.startswith(".") else what
        what, name = call.interpreter.module(path), named or name
    if isinstance(what, Module):
        found = what.namespace.get(name)
        return found.value if found is not None and isinstance(found.value, Function) else None
    return what if isinstance(what, Function | Library) else None


def unknown_of(call: Call, text: str) -> Unknown:
    return Unknown("call", text, call.frame.module.path, getattr(call.node, "lineno", 0))


def _builder(framework: str, positional: tuple[str, ...]) -> Model:
    def build(call: Call) -> Value:
        thing = record(call, application(call, framework, positional))
        _plugins(call, thing)
        return thing

    return build


def _derived(framework: str, positional: tuple[str, ...]) -> Model:
    """A class of the repository that derives from the framework's: its own __init__ runs, up to `super()`."""

    def build(call: Call) -> Value | None:
        cls = call.owner
        if not isinstance(cls, Class):
            return None
        thing = application(call, framework, positional, cls)
        thing.state["positional"] = Seq("tuple", [Const(name) for name in positional])
        record(call, thing)
        start(call, thing, cls)
        _plugins(call, thing)
        return thing

    return build


def start(call: Call, thing: Object, cls: Class) -> None:
    """Runs the __init__ of a derived class; without one the arguments are the framework's."""
    maker = class_attribute(call.interpreter, cls, "__init__")
    if isinstance(maker, Function):
        held(thing).names.clear()
        bound = Function(
            maker.node, maker.path, maker.frame, maker.name, maker.defaults, maker.keyword_defaults, thing, "bound"
        )
        call.interpreter.call_function(bound, call.arguments, call.keywords, call.node, call.frame)


def _instance(call: Call) -> Value | None:
    """An object of a class that derives from a library's mere interface: its own __init__ is all there is."""
    cls = call.owner
    if not isinstance(cls, Class):
        return None
    thing = Instance(cls)
    maker = next((one.attributes.names["__init__"] for one in cls.order if "__init__" in one.attributes.names), None)
    if maker is not None and isinstance(maker.value, Function):
        bound = bound_to(call.interpreter, maker.value, thing, cls, call.node, call.frame)
        call.interpreter.call(bound, call.arguments, call.keywords, call.node, call.frame)
    return thing


def _plugins(call: Call, thing: Object) -> None:
    """Litestar hands its configuration to `on_app_init` of every plugin; Pyramid itself to what its settings list."""
    if text_of(thing.state["framework"]) == "pyramid":
        _includes(call, thing)
    if text_of(thing.state["framework"]) != "litestar":
        return
    hooks: list[Value] = []
    for name in ("plugins", "on_app_init"):
        found = held(thing).names.get(name)
        for item in (call.interpreter.items(found.value) or []) if found is not None else []:
            if name == "on_app_init":
                hooks.append(item)
            elif isinstance(item, Instance) and item.cls is not None:
                hook = class_attribute(call.interpreter, item.cls, "on_app_init")
                if isinstance(hook, Function):
                    hooks.append(bound_to(call.interpreter, hook, item, item.cls, call.node, call.frame))
    for hook in hooks:
        if isinstance(hook, Function):
            call.interpreter.call(hook, [thing], {}, call.node, call.frame)


def attribute(call: Call) -> Value | None:
    thing = call.owner
    if not isinstance(thing, Object):
        return None
    found = held(thing).names.get(call.name)
    if found is not None and not isinstance(found.value, Absent):
        value = found.value
        if isinstance(value, Joined):
            return join([option for option in value.options if not isinstance(option, Absent)])
        return value
    cls = thing.state.get(TYPE_KEY)
    if isinstance(cls, Class):
        inherited = class_attribute(call.interpreter, cls, call.name)
        if isinstance(inherited, Function) or (inherited is not None and not isinstance(inherited, Unknown)):
            return bound_to(call.interpreter, inherited, thing, cls, call.node, call.frame)
    if "middleware" not in thing.state:
        return None
    return Object(kind="app.member", state={"app": thing, "name": Const(call.name)})


def _inner(call: Call) -> Value | None:
    """`app.cli.command`, `app.router.x`: what hangs on an application has no say in its configuration."""
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    thing = owner.state["app"]
    if isinstance(thing, Object) and text_of(thing.state.get("framework")) == "pyramid":
        names = held(thing).names
        if (text_of(owner.state["name"]), call.name) == ("registry", "settings") and "settings" in names:
            return names["settings"].value
    path = f"{text_of(owner.state.get('path')) or text_of(owner.state['name'])}.{call.name}"
    return Object(kind="app.member", state={"app": thing, "name": Const(""), "of": owner, "path": Const(path)})


def _member_called(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    thing, name = owner.state["app"], text_of(owner.state["name"])
    if isinstance(thing, Object) and (hooked := _hooked(call, owner, thing)) is not None:
        return hooked
    if name and isinstance(thing, Object):
        return modelled("METHODS", thing.kind, call._replace(name=name, owner=thing))
    return Unknown("call", "a member of the application", call.frame.module.path, getattr(call.node, "lineno", 0))


def _hooked(call: Call, owner: Object, thing: Object) -> Value | None:
    """`app.after_request(f)`, `app.middleware("http")(f)`, `app.on_response_prepare.append(f)`."""
    name, path = text_of(owner.state["name"]), text_of(owner.state.get("path"))
    listed, _, method = path.rpartition(".")
    if HOOKS.get(listed) and method in _PUT and call.arguments:
        return _hooked_by_list(call, thing, listed, method)
    if HOOKS.get(name) is not False:
        return None
    functions = [one for one in call.arguments if isinstance(one, Function)]
    if functions:
        word = call.arguments[1] if len(call.arguments) > 1 else call.keywords.get("attach_to")
        return hook(call, thing, f"{name}:{text_of(word)}" if text_of(word) else name, functions[0])
    word = call.arguments[0] if call.arguments else None
    called = f"{name}:{text_of(word)}" if text_of(word) else name
    return Object(kind="app.decorator", state={"app": thing, "name": Const(called)})


def _hooked_by_list(call: Call, thing: Object, how: str, method: str) -> Value | None:
    """One or several functions put into the list of those that run; at its beginning, with `insert(0, f)`."""
    given = call.arguments[-1]
    several = given.items if method == "extend" and isinstance(given, Seq) else [given]
    if method == "extend" and not (isinstance(given, Seq) and given.exact):
        return None
    for one in several:
        hook(call, thing, how, one)
    stack = thing.state.get("hooks")
    first = call.arguments[0]
    if method == "insert" and isinstance(first, Const) and first.value == 0 and isinstance(stack, Seq):
        if not call.interpreter.perhaps:
            stack.items.insert(0, stack.items.pop())
    return Const(None)


def hook(call: Call, thing: Object, how: str, function: Value) -> Value:
    """A function that runs for every response is written down, in the order of the calls."""
    stack = thing.state.get("hooks")
    if not isinstance(stack, Seq):
        stack = thing.state["hooks"] = Seq("list")
    place = {"path": Const(call.frame.module.path), "line": Const(getattr(call.node, "lineno", 0))}
    made_here = Object(kind="hook", state={"how": Const(how), "function": function, **place})
    call.interpreter.touch(stack)
    if call.interpreter.perhaps:
        stack.extra.append(made_here)
        stack.exact = False
    else:
        stack.items.append(made_here)
    return function


def _decorates(call: Call) -> Value | None:
    """`@app.after_request`, `@app.middleware("http")`."""
    owner = call.owner
    if not isinstance(owner, Object) or not isinstance(thing := owner.state["app"], Object):
        return None
    name = text_of(owner.state["name"])
    if owner.kind == "app.member" and HOOKS.get(name) is not False:
        return None
    return hook(call, thing, name, call.arguments[0])


def _decorated(call: Call) -> Value | None:
    owner = call.owner
    if isinstance(owner, Object) and isinstance(thing := owner.state["app"], Object) and call.arguments:
        return hook(call, thing, text_of(owner.state["name"]), call.arguments[0])
    return None


def _quiet(call: Call) -> Value | None:
    return Unknown("call", "a member of the application", call.frame.module.path, getattr(call.node, "lineno", 0))


def _nothing(call: Call) -> Value | None:
    return Const(None)


def set_attribute(call: Call) -> Value:
    thing = call.owner
    if isinstance(thing, Object):
        bind(call, held(thing), call.name, call.arguments[0])
    return Const(None)


def bind(call: Call, names: Namespace, name: str, value: Value, line: int | None = None, path: str = "") -> None:
    """Gives a name its value; where nobody knows whether this runs, it may also be what it was."""
    value = unless_library(call, value)
    if call.interpreter.perhaps:
        old = names.get(name)
        value = join([value, old.value if old is not None else ABSENT])
    where = line if line is not None else getattr(call.node, "lineno", 0)
    call.interpreter.bind_in(names, name, value, path or call.frame.module.path, where)


def unless_library(call: Call, value: Value) -> Value:
    """What comes from a library is not known, only what it is called."""
    if not isinstance(value, Library):
        return value
    path, line = call.frame.module.path, getattr(call.node, "lineno", 0)
    return Unknown("import", value.dotted, path, line, depends=value.depends)


def spoil(call: Call) -> None:
    """What an extension is given it does not configure against the application; a write that is not followed does."""
    why = call.arguments[0]
    thing = call.owner
    if not isinstance(why, Unknown) or not isinstance(thing, Object) or why.reason not in {"tainted", "call"}:
        return  # a branch or loop that hands it on: what is written to it there says so itself
    if harmless(call, why):
        return
    for key in ("held", "config"):
        inner = thing.state.get(key)
        if isinstance(inner, Object):
            inner = inner.state.get("held")
        if isinstance(inner, Instance):
            call.interpreter.taint(inner.attributes, why)
    stack = thing.state.get("middleware")
    if isinstance(stack, Seq):
        call.interpreter.touch(stack)
        stack.exact, stack.open = False, True


def harmless(call: Call, why: Unknown) -> bool:
    """An extension (`Migrate(app, db)`, `db.init_app(app)`) sets what is its own."""
    return why.reason == "call" and of_library(call.interpreter, why)


def method(call: Call) -> Value | None:
    thing = call.owner
    if not isinstance(thing, Object):
        return None
    if call.name == "add_middleware":
        if not call.arguments and "middleware_class" not in call.keywords:
            return Const(None)
        what = call.arguments[0] if call.arguments else call.keywords["middleware_class"]
        part = made(call, "part", part_name(what), places(call, (), 1))
        part.state["class"] = what
        _put(call, thing, part)
        return Const(None)
    if call.name == "__init__":
        return Const(None)
    if text_of(thing.state["framework"]) == "pyramid" and (answer := _pyramid(call, thing)) is not None:
        return answer
    if call.name == "listen" and text_of(thing.state["framework"]) == "tornado":
        return record(call, _listening(call))
    return Unknown("call", call.name, call.frame.module.path, getattr(call.node, "lineno", 0))


def _put(call: Call, thing: Object, part: Object) -> None:
    stack = thing.state["middleware"]
    assert isinstance(stack, Seq)
    call.interpreter.touch(stack)
    if call.interpreter.perhaps:
        stack.extra.append(part)
        stack.exact = False
    else:
        stack.items.append(part)


def _listening(call: Call) -> Object:
    """`tornado.web.Application.listen`: what it does not need for itself it hands on to an HTTPServer."""
    given = {name: one for name, one in places(call, ()).items() if name not in _OF_LISTEN}
    found = made(call, "part", "HTTPServer", given)
    found.state["dotted"] = Const("tornado.httpserver.HTTPServer")
    return found


def part(name: str, positional: tuple[str, ...]) -> Model:
    def build(call: Call) -> Value:
        found = made(call, "part", name.rpartition(".")[2], places(call, positional))
        found.state["dotted"] = Const(name)
        if name.endswith(("Middleware", "DefineMiddleware")) and call.arguments:
            found.state["class"] = call.arguments[0]
            found.state["name"] = Const(part_name(call.arguments[0]))
            return found
        return record(call, found)

    return build


def part_method(call: Call) -> Value | None:
    """`Talisman().init_app(app, ...)`: the same as giving the application at once."""
    owner = call.owner
    if isinstance(owner, Object) and call.name == "init_app" and text_of(owner.state["name"]) in _LATE:
        earlier = dict(held(owner).names)
        found = made(call, "part", text_of(owner.state["name"]), {**earlier, **places(call, ("app",))})
        found.state["dotted"] = owner.state.get("dotted", Const(""))
        _apply(call, record(call, found))
        return Const(None)
    return Unknown("call", call.name, call.frame.module.path, getattr(call.node, "lineno", 0))


CALLS_LATE: dict[str, Model] = {}  # what an extension does to an application, by its name


def _apply(call: Call, extension: Object) -> None:
    model = CALLS_LATE.get(text_of(extension.state["name"]))
    if model is not None:
        model(call._replace(owner=extension))


def applied(build: Model) -> Model:
    """An extension that is put to work on an application as soon as it is made."""

    def make(call: Call) -> Value | None:
        found = build(call)
        if isinstance(found, Object):
            _apply(call, found)
        return found

    return make


def _super(call: Call) -> Value | None:
    """`super()` in a class that derives from a framework's."""
    me = call.arguments[1] if len(call.arguments) == 2 else None
    if me is None:
        found = call.interpreter.lookup(call.frame, "self")
        me = found.value if found is not None else None
    if not isinstance(me, Object) or not isinstance(me.state.get(TYPE_KEY), Class):
        return None
    return Object(kind="application.super", state={"self": me})


def _super_method(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or not isinstance(me := owner.state["self"], Object):
        return None
    cls = me.state.get(TYPE_KEY)
    assert isinstance(cls, Class)
    here, line = call.frame.module.path, getattr(call.node, "lineno", 0)
    around = [one for one in cls.order if one.path == here and one.line <= line]
    current = max(around, key=lambda one: one.line, default=None)
    order = list(cls.order)
    rest = order[order.index(current) + 1 :] if current in order else []
    for one in rest:
        found = one.attributes.names.get(call.name)
        if found is not None and isinstance(found.value, Function):
            bound = bound_to(call.interpreter, found.value, me, cls, call.node, call.frame)
            return call.interpreter.call(bound, call.arguments, call.keywords, call.node, call.frame)
    if call.name == "__init__":
        initialised(call, me)
    return Const(None)


def initialised(call: Call, thing: Object, skip: int = 0) -> None:
    """The framework's own __init__ with these arguments."""
    positional = thing.state.get("positional")
    names = [text_of(item) for item in positional.items] if isinstance(positional, Seq) else []
    for name, binding in places(call, names, skip).items():
        bind(call, held(thing), name, binding.value, binding.line)
    if text_of(thing.state.get("framework")) == "pyramid":
        _own_settings(thing)


def _unbound(call: Call) -> Value | None:
    """`Flask.__init__(self, ...)`."""
    if call.arguments and isinstance(call.arguments[0], Object) and "held" in call.arguments[0].state:
        initialised(call, call.arguments[0], 1)
    return Const(None)


def partly(build: Model) -> Model:
    """With `**options` that are not known: what is not given by name may be in them."""

    def make(call: Call) -> Value | None:
        thing = build(call)
        if isinstance(thing, Object):
            why = call.interpreter.unknown(call.node, call.frame, "call", f"{call.name}(**…)")
            call.interpreter.touch(held(thing))
            held(thing).rest = why
            table = held(thing).names.get("settings")
            if text_of(thing.state.get("framework")) == "pyramid" and table is not None:
                _unseen(call, thing, why)  # they may be among the options, or a registry
                thing.state["made"] = why
        return thing

    return make


CALLS: dict[str, Model] = {
    **{name: _builder(framework, positional) for name, (framework, positional) in BUILDERS.items()},
    **{name: applied(part(name, positional)) for name, positional in PARTS.items()},
    **{f"{name}.__init__": _unbound for name in BUILDERS},
    "builtins.super": _super,
}
_INTERFACES = ("InitPluginProtocol", "InitPlugin", "CLIPluginProtocol", "CLIPlugin", "SerializationPluginProtocol")
BASES: dict[str, Model] = {
    **{name: _derived(framework, positional) for name, (framework, positional) in BUILDERS.items()},
    **{f"litestar.plugins.{name}": _instance for name in _INTERFACES},
    **{f"litestar.plugins.base.{name}": _instance for name in _INTERFACES},
}


def _partly_listening(call: Call) -> Value | None:
    """`app.listen(port, **options)`"""
    owner = call.owner
    thing = owner.state["app"] if isinstance(owner, Object) else None
    if not isinstance(owner, Object) or not isinstance(thing, Object) or text_of(owner.state["name"]) != "listen":
        return None
    if text_of(thing.state.get("framework")) != "tornado":
        return None
    return partly(lambda one: record(one, _listening(one)))(call._replace(name="listen", owner=thing))


PARTLY: dict[str, Model] = {
    "app.member": _partly_listening,
    **{name: partly(_builder(framework, positional)) for name, (framework, positional) in BUILDERS.items()},
    **{name: applied(partly(part(name, positional))) for name, positional in PARTS.items()},
}
OBJECTS: dict[str, Model] = {"app.member": _member_called, "app.decorator": _decorated}
DECORATES: dict[str, Model] = {"app.member": _decorates, "app.decorator": _decorates}
ITEMS: dict[str, Model] = {"app.member": _quiet}
STORES: dict[str, Model] = {"app.member": _nothing}
METHODS: dict[str, Model] = {
    "application": method,
    "app.member": _quiet,
    "part": part_method,
    "application.super": _super_method,
}
ATTRIBUTES: dict[str, Model] = {"application": attribute, "part": attribute, "app.member": _inner}
SETTERS: dict[str, Model] = {"application": set_attribute, "part": set_attribute, "app.member": _nothing}


def _spoiled(call: Call) -> Value | None:
    spoil(call)
    return None


SPOILS: dict[str, Model] = {
    "application": _spoiled, "part": _spoiled, "app.member": _nothing, "app.decorator": _nothing,
}  # fmt: skip
