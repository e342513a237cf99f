"""What code does to a response: its header fields while somebody runs a piece of middleware.

A response is an `Object` of kind "http.response": status (a `Const`), headers (an `Object` of kind "http.headers",
whose state has held, an `Instance`: field name in lower case -> value, each with its place; a second field of one name
stands under the name, "\\0" and a number). "http.next" gives the response that comes from further in, or raises;
"http.asgi" is the same for an ASGI application, and "http.send" what it was given to answer with.

Nothing of this is there unless `resolve/_ran.py` makes it. Sources: Django 5.2 `HttpResponseBase`, Werkzeug 3.1
`Headers`, Starlette 1.0 `MutableHeaders`, aiohttp 3.14.
"""

import re

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.foreign import of_library
from hardencheck.collect.interpret.modelling import Call, Model
from hardencheck.collect.interpret.models.applications import bind, held, text_of
from hardencheck.collect.interpret.values import (
    ABSENT,
    Absent,
    Const,
    Joined,
    Map,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
    join,
    perhaps_absent,
)
from hardencheck.lazily import compiled

RESPONSE, HEADERS, NEXT, ASGI, SEND = "http.response", "http.headers", "http.next", "http.asgi", "http.send"
PARSED = "http.parsed-field"
TAKEN = "http.taken"  # what was taken away last, by name
SETTINGS = "django.conf.settings"
MORE = "\0"
MAX_FIELDS = 200
# A function of a library that is handed a response looks at it; one with such a name sets headers.
_TELLING = compiled(r"secur|header|csp|policy|cors|helmet|talisman|vary|cache", re.IGNORECASE)
_LOOKING = frozenset({
    "get", "get_all", "getlist", "getall", "items", "keys", "values", "has_key", "has_header", "copy", "multi_items",
    "raw_items", "to_wsgi_list",
})  # fmt: skip
_QUIET = frozenset({
    "set_cookie", "delete_cookie", "set_signed_cookie", "del_cookie", "set_data", "get_data", "write", "close",
    "render", "add_post_render_callback", "set_etag", "add_etag", "make_conditional", "calculate_content_length",
    "call_on_close", "freeze", "get_json", "enable_compression", "enable_chunked_encoding", "json", "flush",
    "background", "stream", "body_iterator",
})  # fmt: skip


def unknown(call: Call, text: str) -> Unknown:
    return Unknown("call", text, call.frame.module.path, getattr(call.node, "lineno", 0))


def fields(store: Value | None) -> Namespace | None:
    """The header fields of a response or of what holds them."""
    if isinstance(store, Object) and store.kind == RESPONSE:
        store = store.state["headers"]
    return held(store) if isinstance(store, Object) and store.kind == HEADERS else None


def named(names: Namespace, name: str) -> list[str]:
    """The keys of all fields of one name."""
    return [key for key in names.names if key.partition(MORE)[0] == name]


def text_in(value: Value) -> str:
    """A field name, or a value, as ASGI has it in bytes too; "" where it is not known."""
    if isinstance(value, Const) and isinstance(value.value, bytes):
        return value.value.decode("latin-1")
    return text_of(value)


def taint(call: Call, names: Namespace, why: Unknown) -> None:
    call.interpreter.taint(names, why)


# One field


def put(call: Call, names: Namespace, name: Value, value: Value, line: int | None = None) -> None:
    """One field of this name, whatever was there."""
    key = text_in(name).strip().lower()
    if not key:
        taint(call, names, unknown(call, "a header whose name is not known"))
        return
    _drop(call, names, [one for one in named(names, key) if one != key])
    bind(call, names, key, _value(call, value), line)


def add(call: Call, names: Namespace, name: Value, value: Value) -> None:
    """One field more."""
    key = text_in(name).strip().lower()
    if not key or len(names.names) >= MAX_FIELDS:
        taint(call, names, unknown(call, "a header whose name is not known"))
        return
    there = [one for one in named(names, key) if not isinstance(names.names[one].value, Absent)]
    bind(call, names, f"{key}{MORE}{len(there)}" if there else key, _value(call, value))


def usual(call: Call, names: Namespace, name: Value, value: Value) -> None:
    """This value where there is no field of the name."""
    key = text_in(name).strip().lower()
    if not key:
        taint(call, names, unknown(call, "a header whose name is not known"))
        return
    found = names.get(key)
    if found is None:
        bind(call, names, key, _value(call, value))
    elif perhaps_absent(found.value):
        given = _value(call, value)
        options = [given if isinstance(one, Absent) else one for one in found.value.options]
        bind(call, names, key, join(options))


def remove(call: Call, names: Namespace, name: Value) -> None:
    key = text_in(name).strip().lower()
    if not key:
        taint(call, names, unknown(call, "a header whose name is not known"))
    else:
        _note(call, key)
        _drop(call, names, named(names, key))


def _drop(call: Call, names: Namespace, keys: list[str]) -> None:
    for key in keys:
        if call.interpreter.perhaps:
            bind(call, names, key, ABSENT)
        else:
            call.interpreter.touch(names)
            del names.names[key]


def _note(call: Call, key: str) -> None:
    """Where a field was taken away: it has no binding any more that would say so."""
    taken = call.interpreter.shared.get(TAKEN)
    if isinstance(taken, Object):
        line = getattr(call.node, "lineno", 0)
        taken.state[key] = Seq("tuple", [Const(call.frame.module.path), Const(line)])


def _value(call: Call, value: Value) -> Value:
    """As it is sent: numbers become texts, bytes too."""
    if isinstance(value, Joined):
        return join([_value(call, one) for one in value.options])
    if isinstance(value, Const) and isinstance(value.value, bytes):
        return Const(value.value.decode("latin-1"), depends=value.depends)
    if isinstance(value, Const) and isinstance(value.value, int | float):
        return Const(str(value.value), depends=value.depends)
    if isinstance(value, Const | Unknown | Absent):
        return value
    return unknown(call, "what cannot be followed")


# Many fields


def lay(call: Call, names: Namespace, given: Value, *, more: bool = False) -> None:
    """`update`, `extend`: a table, a list of pairs, or the fields of another response. more: beside what is there."""
    way = add if more else put
    given = call.interpreter.listed(given)
    if isinstance(given, Map):
        for key, value in given.items.items():
            if isinstance(key, str | bytes):
                at = ABSENT if key in given.maybe else None
                way(call, names, Const(key), join([value, at]) if at is not None else value)
        if not given.exact:
            taint(call, names, unknown(call, "a table that is not followed"))
        return
    items = call.interpreter.items(given) if isinstance(given, Seq) else None
    pairs = [call.interpreter.items(one) for one in items] if items is not None else None
    if pairs is None or any(pair is None or len(pair) != 2 for pair in pairs):
        if isinstance(given, Object) and given.kind == HEADERS:
            return
        taint(call, names, unknown(call, "a table that is not followed"))
        return
    for pair in pairs:
        assert pair is not None
        way(call, names, pair[0], pair[1])


# Responses and their fields


def _store(call: Call) -> Value:
    names = fields(call.owner)
    if names is not None:
        put(call, names, call.arguments[0], call.arguments[1])
    return Const(True)


def _method(call: Call) -> Value | None:
    names = fields(call.owner)
    if names is None:
        return None
    given, name = call.arguments, call.name
    value = given[1] if len(given) > 1 else call.keywords.get("value", call.keywords.get("default", Const(None)))
    raw = isinstance(call.owner, Object) and call.owner.kind == HEADERS
    match name:
        case "__setitem__" | "set" if given:
            put(call, names, given[0], value)
        case "append" if given and len(given) == 1 and isinstance(given[0], Seq):
            lay(call, names, Seq("list", [given[0]]), more=True)  # a pair of bytes, of ASGI
        case "add" | "append" | "add_header" if given:
            add(call, names, given[0], value)
        case "setdefault" if given:
            usual(call, names, given[0], value)
        case "update" | "extend" | "set_headers":
            for one in given:
                lay(call, names, one, more=name == "extend")
            for key, one in call.keywords.items():
                put(call, names, Const(key.replace("_", "-")), one)
        case "pop" | "remove" | "discard" | "delete" | "__delitem__" | "popall" | "popone" if given:
            remove(call, names, given[0])
            return unknown(call, "a header")
        case "clear" if raw:
            for key in list(names.names):
                remove(call, names, Const(key))
        case "get" if given:
            return _read(call, names, given[0], value)
        case "has_header" if given:
            return _there(names, given[0])
        case "add_vary_header" if given:
            add(call, names, Const("vary"), given[0])
        case _ if name in _LOOKING or name in _QUIET or not raw:
            return unknown(call, f"{name} of a response")
        case _:
            taint(call, names, unknown(call, f"{name}() of the headers"))
    return Const(None)


def _read(call: Call, names: Namespace, name: Value, fallback: Value) -> Value:
    key = text_in(name).strip().lower()
    found = names.get(key) if key else None
    if not key or (found is None and names.rest is not None):
        return unknown(call, "a header")
    if found is None:
        return fallback
    if perhaps_absent(found.value):
        return join([fallback if isinstance(one, Absent) else one for one in found.value.options])
    return found.value


def _item(call: Call) -> Value | None:
    names = fields(call.owner)
    return _read(call, names, call.arguments[0], unknown(call, "a header")) if names is not None else None


def _there(names: Namespace, name: Value) -> Value | None:
    key = text_in(name).strip().lower()
    found = names.get(key)
    if not key or (found is None and names.rest is not None) or (found is not None and perhaps_absent(found.value)):
        return None
    if found is not None and isinstance(found.value, Unknown) and names.rest is not None:
        return None
    return Const(found is not None)


def _contains(call: Call) -> Value | None:
    names = fields(call.owner)
    return _there(names, call.arguments[0]) if names is not None else None


def _deleted(call: Call) -> Value:
    names = fields(call.owner)
    if names is not None:
        remove(call, names, call.arguments[0])
    return Const(None)


def _attribute(call: Call) -> Value | None:
    response = call.owner
    if not isinstance(response, Object):
        return None
    match call.name:
        case "headers" | "raw_headers" | "_headers":
            return response.state["headers"]
        case "status_code" | "status" | "code":
            return response.state["status"]
        case name if name in _PARSED:
            return Object(kind=PARSED, state={"response": response, "name": Const(name.replace("_", "-"))})
    return None


def _parsed(call: Call) -> Value | None:
    """A header as an object of its own: whatever is done to it changes this header and no other."""
    owner = call.owner
    names = fields(owner.state["response"]) if isinstance(owner, Object) else None
    if names is None or not isinstance(owner, Object):
        return None
    put(call, names, owner.state["name"], unknown(call, text_of(owner.state["name"])))
    return Const(None)


def _set_attribute(call: Call) -> Value:
    response, value = call.owner, call.arguments[0]
    if isinstance(response, Object) and call.name == "headers":
        names = fields(response)
        if names is not None and not (isinstance(value, Object) and value.kind == HEADERS):
            for key in list(names.names):
                remove(call, names, Const(key))
            lay(call, names, value)
    elif isinstance(response, Object) and (header := _ATTRIBUTES.get(call.name)):
        names = fields(response)
        if names is not None:
            put(call, names, Const(header), value)
    return Const(None)


# Werkzeug: `response.vary.add("Cookie")`, `response.cache_control.no_store = True`.
_PARSED = frozenset({"vary", "cache_control", "allow", "content_language", "www_authenticate", "content_range"})
# Werkzeug writes these into the headers.
_ATTRIBUTES = {
    "content_security_policy": "content-security-policy",
    "content_security_policy_report_only": "content-security-policy-report-only",
    "cross_origin_opener_policy": "cross-origin-opener-policy",
    "cross_origin_embedder_policy": "cross-origin-embedder-policy",
    "access_control_allow_origin": "access-control-allow-origin",
    "access_control_allow_credentials": "access-control-allow-credentials",
}


def _spoiled(call: Call) -> Value | None:
    """A library that is given a response looks at it, unless its name says that it sets headers."""
    why, names = call.arguments[0], fields(call.owner)
    if names is None or not isinstance(why, Unknown):
        return None
    if why.reason == "call" and of_library(call.interpreter, why) and not _TELLING.search(why.text):
        return None
    taint(call, names, why)
    return None


# What comes from further in


def _now(call: Call) -> None:
    """A coroutine that is awaited where it is made gives its value at once."""
    if call.interpreter.awaits is call.node:
        call.interpreter.awaits = None


def _next(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    _now(call)
    raised = text_of(owner.state.get("raises"))
    if raised:
        raise Raised(raised)
    return owner.state["response"]


def _asgi(call: Call) -> Value | None:
    """An ASGI application: it sends the beginning of its response through what it was given."""
    owner = call.owner
    if not isinstance(owner, Object) or len(call.arguments) < 3:
        return None
    interpreter = call.interpreter
    _now(call)
    raised = text_of(owner.state.get("raises"))
    if raised:
        raise Raised(raised)
    response = owner.state["response"]
    assert isinstance(response, Object)
    message = Map(
        {
            "type": Const("http.response.start"),
            "status": response.state["status"],
            "headers": response.state["headers"],
        }
    )
    _sent(call, call.arguments[2], message)
    body = Map({"type": Const("http.response.body"), "body": Const(b""), "more_body": Const(False)})
    _sent(call, call.arguments[2], body)
    interpreter.awaits = None
    return Const(None)


def _sent(call: Call, send: Value, message: Map) -> None:
    call.interpreter.awaits = call.node
    call.interpreter.call(send, [message], {}, call.node, call.frame)
    call.interpreter.awaits = None


def _send(call: Call) -> Value | None:
    """The outermost `send`: the fields are those of the message now."""
    owner = call.owner
    if not isinstance(owner, Object) or not call.arguments:
        return None
    _now(call)
    message = call.arguments[0]
    store = owner.state["headers"]
    names = fields(store)
    kind = message.items.get("type") if isinstance(message, Map) else None
    if names is None or not isinstance(message, Map) or text_of(kind) != "http.response.start":
        return Const(None)
    given = message.items.get("headers")
    if given is store:
        return Const(None)
    if isinstance(given, Seq) and given.exact:
        for one in given.items:
            if not (isinstance(one, Object) and one.kind == HEADERS):
                lay(call, names, Seq("list", [one]), more=True)
    else:
        taint(call, names, unknown(call, "a table that is not followed"))
    return Const(None)


def _mutable(call: Call) -> Value | None:
    """`MutableHeaders(scope=message)`, `MutableHeaders(raw=message["headers"])`: the very fields of the message."""
    given = call.keywords.get("scope", call.keywords.get("raw"))
    if given is None and call.arguments:
        given = call.arguments[-1]
    if isinstance(given, Map):
        given = given.items.get("headers")
    return given if isinstance(given, Object) and given.kind == HEADERS else None


CALLS: dict[str, Model] = {"starlette.datastructures.MutableHeaders": _mutable}
METHODS: dict[str, Model] = {RESPONSE: _method, HEADERS: _method, PARSED: _parsed}
STORES: dict[str, Model] = {RESPONSE: _store, HEADERS: _store}
ITEMS: dict[str, Model] = {RESPONSE: _item, HEADERS: _item}
CONTAINS: dict[str, Model] = {RESPONSE: _contains, HEADERS: _contains}
ATTRIBUTES: dict[str, Model] = {RESPONSE: _attribute}
DELETES: dict[str, Model] = {RESPONSE: _deleted, HEADERS: _deleted}
SETTERS: dict[str, Model] = {RESPONSE: _set_attribute, PARSED: _parsed}
SPOILS: dict[str, Model] = {
    RESPONSE: _spoiled, HEADERS: _spoiled, NEXT: lambda call: None, ASGI: lambda call: None, SEND: lambda call: None,
}  # fmt: skip
OBJECTS: dict[str, Model] = {NEXT: _next, ASGI: _asgi, SEND: _send}
