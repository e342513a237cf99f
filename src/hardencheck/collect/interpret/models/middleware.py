"""Requests, and the classes that middleware derives from, while somebody runs a piece of middleware.

A request is an `Object` of kind "http.request": secure, scheme and forwarded (X-Forwarded-Proto) of its state are all
that is known of it. `interpreter.shared["http.seen"]` has the one that `resolve/_ran.py` makes.
"""

from hardencheck.collect.interpret.assigning import set_in
from hardencheck.collect.interpret.attributes import bound_to
from hardencheck.collect.interpret.modelling import Call, Model
from hardencheck.collect.interpret.models.responses import text_in, unknown
from hardencheck.collect.interpret.values import Binding, Class, Const, Function, Instance, Library, Object, Value

REQUEST = "http.request"
SEEN = "http.seen"


def _request(call: Call) -> Value | None:
    """What is the same for every request that is looked at; nothing else is known of it."""
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    match call.name:
        case "method":
            return Const("GET")
        case "scheme":
            return owner.state["scheme"]
        case "url" | "rel_url":
            return Object(kind="http.url", state=owner.state)
        case "is_secure":
            return Object(kind="http.answer", state={"value": owner.state["secure"]})
        case "secure":
            return owner.state["secure"]
        case "headers" | "META" | "GET" | "args" | "query_params" | "cookies" | "COOKIES":
            return Object(kind="http.given", state=owner.state)
    return unknown(call, f"request.{call.name}")


def _url(call: Call) -> Value | None:
    owner = call.owner
    if isinstance(owner, Object) and call.name == "scheme":
        return owner.state["scheme"]
    return unknown(call, f"request.url.{call.name}")


def _answer(call: Call) -> Value | None:
    return call.owner.state["value"] if isinstance(call.owner, Object) else None


_FORWARDED = frozenset({"x-forwarded-proto", "http_x_forwarded_proto"})


def _of_request(call: Call) -> Value | None:
    """A header that a client sends: any, but for what says by which scheme the request came."""
    owner = call.owner
    name = text_in(call.arguments[0]).lower() if call.arguments else ""
    if isinstance(owner, Object) and name in _FORWARDED and "forwarded" in owner.state:
        return owner.state["forwarded"]
    return unknown(call, f"request.headers[{name}]")


def _nothing(call: Call) -> Value | None:
    return unknown(call, "of a request")


def _shared_request(call: Call) -> Value | None:
    """`flask.request.x`"""
    seen = call.interpreter.shared.get(SEEN)
    if not isinstance(seen, Object):
        return None
    name = call.name.rpartition(".")[2]
    if name == "is_secure":
        return seen.state["secure"]
    return _request(call._replace(owner=seen, name=name))


# Classes of middleware


def _middleware(first: str) -> Model:
    """An object of a class that derives from a framework's middleware: its own __init__ runs, and `super()` keeps what
    is further in under the name that the framework has for it."""

    def make(call: Call) -> Value | None:
        cls = call.owner
        if not isinstance(cls, Class):
            return None
        thing = Instance(cls)
        given = call.arguments[0] if call.arguments else call.keywords.get(first)
        if given is not None:
            place = (call.frame.module.path, getattr(call.node, "lineno", 0))
            thing.attributes.names[first] = Binding(given, *place)
        maker = next(
            (one.attributes.names["__init__"] for one in cls.order if "__init__" in one.attributes.names), None
        )
        if maker is not None and isinstance(maker.value, Function):
            bound = bound_to(call.interpreter, maker.value, thing, cls, call.node, call.frame)
            call.interpreter.call(bound, call.arguments, call.keywords, call.node, call.frame)
        return thing

    return make


def _inherited(call: Call) -> Value | None:
    """`super().__init__(get_response)` of a framework's middleware. What `process_response` of one that sends headers
    does is done where its class is known: here the response is handed back."""
    if call.name == "__init__":
        return Library(dotted="builtins.object.__init__")
    if call.name in {"process_response", "process_request", "process_view"}:
        return Object(kind="http.passing", state={})
    return None


def _passing(call: Call) -> Value | None:
    return call.arguments[1] if len(call.arguments) == 2 else Const(None)


def _set_plainly(call: Call) -> Value | None:
    """None of these bases does anything when an attribute is set."""
    owner = call.owner
    if not isinstance(owner, Instance):
        return None
    set_in(call.interpreter, owner.attributes, call.name, call.arguments[0], False, call.node, call.frame)
    return Const(None)


_BASES = {
    "django.middleware.security.SecurityMiddleware": "get_response",
    "django.middleware.clickjacking.XFrameOptionsMiddleware": "get_response",
    "django.middleware.csp.ContentSecurityPolicyMiddleware": "get_response",
    "django.middleware.locale.LocaleMiddleware": "get_response",
    "django.middleware.common.CommonMiddleware": "get_response",
    "django.contrib.sessions.middleware.SessionMiddleware": "get_response",
    "csp.middleware.CSPMiddleware": "get_response",
    "corsheaders.middleware.CorsMiddleware": "get_response",
    "django.utils.deprecation.MiddlewareMixin": "get_response",
    "starlette.middleware.base.BaseHTTPMiddleware": "app",
    "fastapi.middleware.BaseHTTPMiddleware": "app",
}
BASES: dict[str, Model] = {name: _middleware(first) for name, first in _BASES.items()}
SUPERS: dict[str, Model] = dict.fromkeys(_BASES, _inherited)
METHODS: dict[str, Model] = {"http.given": _of_request, "http.url": _nothing, REQUEST: _nothing}
ITEMS: dict[str, Model] = {"http.given": _of_request}
ATTRIBUTES: dict[str, Model] = {REQUEST: _request, "http.url": _url}
SETTERS: dict[str, Model] = {REQUEST: lambda call: Const(None), **dict.fromkeys(_BASES, _set_plainly)}
SPOILS: dict[str, Model] = {REQUEST: lambda call: None}
OBJECTS: dict[str, Model] = {"http.answer": _answer, "http.passing": _passing}
CONSTANTS: dict[str, Model] = {
    f"flask.request.{name}": _shared_request for name in ("is_secure", "scheme", "method", "headers")
}
