"""What applications of Flask, Quart, Starlette, FastAPI, aiohttp and Sanic make of the header fields of responses: the
hooks and middleware that code puts around them, run from the inside out.

Sources: Flask 3.1 `Flask.process_response`, Quart 0.20, Starlette 1.0 `build_middleware_stack`, aiohttp 3.14 `web_app`,
Sanic 25 `Sanic.middleware`, Flask-Talisman 1.1, Flask-CORS 6, secure 2.0.
"""

import ast
import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._header_names import HEADERS, TELLING, TELLING_MIDDLEWARE
from hardencheck.collect.interpret.attributes import bound_to
from hardencheck.collect.interpret.inheritance import class_attribute
from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.models import responses
from hardencheck.collect.interpret.models.applications import held, number_of, text_of
from hardencheck.collect.interpret.models.secure_headers import KIND as SECURE
from hardencheck.collect.interpret.values import (
    Binding,
    Class,
    Const,
    Function,
    Instance,
    Library,
    Map,
    Object,
    Seq,
    Unknown,
    Value,
    truth,
)
from hardencheck.collect.resolve._applications import Application, applications, production_modules
from hardencheck.collect.resolve._built import Built, built
from hardencheck.collect.resolve._ran import Stage, called, run, scope
from hardencheck.collect.resolve._routes import Doubt, Route
from hardencheck.collect.resolve._sent import Field, Seen, Sent
from hardencheck.collect.resolve._talisman import OPTIONS, talisman
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

MAX_FILES = 300
READ = ("flask", "quart", "fastapi", "starlette", "aiohttp", "sanic")
_ASGI = ("fastapi", "starlette")
# As a rule what stands before them sends the headers: without a hook of their own nothing is said of them.
_SELDOM = frozenset({"quart", "sanic"})
LAYERS = {"fastapi": "starlette", "quart": "quart"}
_BASE = ("starlette.middleware.base.BaseHTTPMiddleware", "fastapi.middleware.BaseHTTPMiddleware")
# Of libraries, and no page gets a header of theirs that is predicted here.
_QUIET = frozenset({
    "CORSMiddleware", "SessionMiddleware", "GZipMiddleware", "TrustedHostMiddleware", "HTTPSRedirectMiddleware",
    "ProxyHeadersMiddleware", "AuthenticationMiddleware", "RequestIDMiddleware", "CorrelationIdMiddleware",
    "BrotliMiddleware", "PrometheusMiddleware", "SentryAsgiMiddleware", "ExceptionMiddleware", "ServerErrorMiddleware",
})  # fmt: skip
_SECURES = ("secure.middleware.SecureASGIMiddleware", "secure.middleware.asgi.SecureASGIMiddleware",
            "secure.middleware.SecureWSGIMiddleware", "secure.middleware.wsgi.SecureWSGIMiddleware")  # fmt: skip


class _Layer(NamedTuple):
    """One piece that a response comes through. how: "after_request", "middleware" ...; perhaps: nobody knows whether it
    is in use."""

    how: str
    value: Value
    where: Location
    given: Mapping[str, Binding] = {}
    perhaps: bool = False


class PythonApplication:
    """One application object, asked for its responses."""

    def __init__(self, app: Application, thing: Object, seen: Built, facts: FactSet) -> None:
        self.name, self.framework, self.where = app.name, LAYERS.get(app.framework, app.framework), app.location
        self._kind = app.framework
        self.thing = thing
        self.started = seen.started.get((app.path, app.call.line))
        assert seen.interpreter is not None
        self._interpreter: Interpreter = seen.interpreter
        self._facts = facts
        self._loose: list[tuple[str, Location, tuple[str, str]]] | None = None
        self._dead: dict[tuple[str, str], bool] = {}
        self._texts: dict[str, bytes] = {}
        self.layers = list(_layers(self._kind, thing))
        stack = thing.state.get("middleware")
        self._open = isinstance(stack, Seq) and stack.open

    def believes(self, seen: Seen, route: Route | None) -> Seen:
        """ProxyFix, ProxyHeadersMiddleware: what they believe is the scheme."""
        names = {layer.how for layer in self.layers}
        fixed = held(self.thing).names.get("wsgi_app")
        if (
            fixed is not None
            and isinstance(fixed.value, Object)
            and text_of(fixed.value.state.get("name")) == "ProxyFix"
        ):
            number = held(fixed.value).names.get("x_proto")
            if seen.forwarded and (number is None or truth(number.value)):
                return seen._replace(secure=seen.forwarded == "https")
        if "ProxyHeadersMiddleware" in names and seen.forwarded:
            return seen._replace(secure=None if seen.secure is None else seen.forwarded == "https")
        return seen

    def redirects(self, seen: Seen) -> int | None:
        for layer in self.layers:
            if layer.how == "talisman":
                options = held(layer.value).names if isinstance(layer.value, Object) else {}
                on = options.get("force_https")
                forced = on is None or truth(on.value) is True
                permanent = options.get("force_https_permanent")
                if forced and seen.secure is False and seen.forwarded != "https":
                    return 301 if permanent is not None and truth(permanent.value) else 302
            if layer.how == "HTTPSRedirectMiddleware" and seen.secure is False:
                return 307
        return None

    def forces_https(self) -> tuple[bool, Location] | None:
        """Whether Talisman redirects http to https, and the line that says so; None without Talisman."""
        for layer in self.layers:
            if layer.how == "talisman" and isinstance(layer.value, Object):
                found = held(layer.value).names.get("force_https")
                on = truth(found.value) if found is not None else True
                if on is None or layer.perhaps or (found is None and held(layer.value).rest is not None):
                    return None
                where = Location(path=found.path, line=found.line or None) if found is not None else layer.where
                return on, where
        return None

    def should(self, name: str) -> Location:
        """Where a header is missing: what is to send it and does not, else the application."""
        for layer in self.layers:
            if layer.how == "of a blueprint" and self._sets(layer, name):
                return layer.where
            if layer.how == "talisman" and isinstance(layer.value, Object):
                found = held(layer.value).names.get(OPTIONS.get(name, ""))
                return Location(path=found.path, line=found.line or None) if found is not None else layer.where
        return self.where

    def why_not(self, name: str) -> str:
        partial = any(layer.how == "of a blueprint" and self._sets(layer, name) for layer in self.layers)
        return "a hook sends it for the views of one blueprint" if partial else ""

    def _sets(self, layer: _Layer, name: str) -> bool:
        """Whether a function is seen to set a header."""
        function = layer.value
        return isinstance(function, Function) and any(
            one.name == name and function.name in one.scope.split(".")
            for module in production_modules(self._facts)
            if module.location.path == function.path
            for one in module.headers
        )

    def at(self, status: int, seen: Seen) -> Sent:
        sent = Sent(status)
        if self._kind == "aiohttp":  # before any hook has it
            doubt = Doubt(self.where, "aiohttp with its version and that of Python", Reason.DYNAMIC)
            sent = sent.plus(Field("server", None, self.where, "aiohttp", doubt))
        raises = ""
        if self._kind in _ASGI and status == 500:
            raises = "Exception"
        if self._kind == "aiohttp" and status >= 400:
            raises = "HTTPNotFound" if status == 404 else "Exception"
        for layer in self.layers:
            if layer.how == "on_response_prepare":
                raises = ""
            after, raises = self._through(layer, sent, seen, raises)
            sent = _perhaps(layer, sent, after) if layer.perhaps else after
        if self._open:
            sent = sent.unsure("", Doubt(self.where, "what is put around the application is not followed to its end"))
        return self._elsewhere(sent)

    def _through(self, layer: _Layer, sent: Sent, seen: Seen, raises: str) -> tuple[Sent, str]:
        if layer.how == "talisman" and isinstance(layer.value, Object):
            return talisman(layer.value, layer.where, sent, seen, self._facts, self.framework), raises
        if layer.how == "cors" and isinstance(layer.value, Object):
            return _cors(layer.value, layer.where, sent, self.framework), raises
        if isinstance(layer.value, Library):
            return self._library(layer, sent), raises
        if layer.how == "of a blueprint" or not isinstance(layer.value, Function | Class | Instance):
            return sent, raises
        further = responses.ASGI if self._asgi(layer) else responses.NEXT

        def act(stage: Stage) -> Value | None:
            return self._act(layer, stage, seen)

        found = run(
            self._interpreter, sent, seen, self.framework, act, further=further, raises=raises, where=layer.where
        )
        return found.sent, raises if found.raised else ""

    def _asgi(self, layer: _Layer) -> bool:
        """Whether it is an ASGI application around another; else it is asked for a response."""
        if layer.how != "middleware" or self._kind not in _ASGI:
            return False
        return not (isinstance(layer.value, Class) and any(base in _BASE for base in _outside(layer.value)))

    def _act(self, layer: _Layer, stage: Stage, seen: Seen) -> Value | None:
        interpreter, value, frame = self._interpreter, layer.value, stage.frame
        given = {name: one.value for name, one in layer.given.items() if name not in {"app", "dispatch"}}
        if layer.how in {"after_request", "after_app_request"}:
            return called(interpreter, value, [stage.response], frame)
        if layer.how in {"on_response", "middleware:response"}:
            called(interpreter, value, [stage.request, stage.response], frame)
            return stage.response
        if layer.how == "on_response_prepare":
            called(interpreter, value, [stage.request, stage.response], frame)
            return stage.response
        if layer.how in {"middlewares", "middleware:http"}:
            return called(interpreter, value, [stage.request, stage.further], frame)
        made = called(interpreter, value, [stage.further], frame, **given)
        node = ast.Pass(lineno=0)
        if isinstance(made, Instance) and made.cls is not None:
            name = "__call__" if self._asgi(layer) else "dispatch"
            method = class_attribute(interpreter, made.cls, name)
            if not isinstance(method, Function):
                return made
            made = bound_to(interpreter, method, made, made.cls, node, frame)
        if not self._asgi(layer):
            return called(interpreter, made, [stage.request, stage.further], frame)
        send = Object(kind=responses.SEND, state={"headers": stage.response.state["headers"]})
        receive = Unknown("call", "receive")
        called(interpreter, made, [scope(seen), receive, send], frame)
        return stage.response

    def _library(self, layer: _Layer, sent: Sent) -> Sent:
        assert isinstance(layer.value, Library)
        dotted = layer.value.dotted
        if dotted in _SECURES:
            given = layer.given.get("secure")
            table: Value | None = None
            if given is not None and isinstance(given.value, Object) and given.value.kind == SECURE:
                given.value.state["used"] = Const(True)
                table = given.value.state["headers"]
                where = Location(path=text_of(given.value.state["path"]), line=number_of(given.value.state["line"]))
                return _laid(sent, table, where, self.framework)
            doubt = Doubt(layer.where, f"what {dotted.rpartition('.')[2]} is given is not followed")
            return sent.unsure("", doubt)
        name = dotted.rpartition(".")[2]
        if name in _QUIET or not TELLING_MIDDLEWARE.search(dotted):
            return sent
        return sent.unsure("", Doubt(layer.where, f"{name} is not in the repository and may send it"))

    def _source(self) -> dict[str, bytes]:
        """The texts of the files that speak of applications and headers."""
        if not self._texts:
            paths = sorted({module.location.path or "" for module in production_modules(self._facts)})
            self._texts = {one: self._interpreter.source.read(one) or b"" for one in paths[:MAX_FILES]}
        return self._texts

    def _unused(self, path: str, name: str) -> bool:
        """Whether a function is seen to be named nowhere but where it is defined, and no decorator keeps it."""
        if not name.isidentifier():
            return False
        if (path, name) not in self._dead:
            texts = self._source()
            word = re.compile(rb"\b%s\b" % name.encode())
            own = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+%s\b" % name.encode(), re.MULTILINE)
            found = own.search(texts.get(path, b""))
            above = texts[path][: found.start()].rstrip().rpartition(b"\n")[2] if found is not None else b"@"
            times = sum(len(word.findall(text)) for text in texts.values())
            kept = above.lstrip().startswith((b"@", b")")) or len(texts) >= MAX_FILES
            self._dead[path, name] = times == 1 and not kept
        return self._dead[path, name]

    def _elsewhere(self, sent: Sent) -> Sent:
        """Headers that code sets where nobody ran it: in a view, or in a function that views share."""
        if self._loose is None:
            self._loose = [
                (one.name, Location(path=module.location.path, line=one.line), (module.location.path or "", one.scope))
                for module in production_modules(self._facts)
                for one in module.headers
                # Middleware of aiohttp that is in no list of an application does nothing.
                if one.name in HEADERS | TELLING and not (self._kind == "aiohttp" and one.hook == "middleware")
            ]
        ran: set[tuple[str, str]] = getattr(self._interpreter, "entered", set())
        partial = {
            (one.value.path, one.value.name)
            for one in self.layers
            if one.how == "of a blueprint" and isinstance(one.value, Function)
        }
        for name, where, (path, inside) in self._loose:
            if any((path, part) in partial for part in inside.split(".")):
                continue  # it is known for which responses that is
            if self._unused(path, inside):
                continue
            if sent.named(name) or any((path, part) in ran for part in inside.split(".")):
                continue
            if sent.status == 200 or self._kind not in _ASGI:
                text = f"{name} is set here, and whether for every response is not followed"
                sent = sent.unsure(name, Doubt(where, text))
        return sent


def _outside(cls: Class) -> list[str]:
    return [base for one in cls.order for base in one.outside]


def _perhaps(layer: _Layer, before: Sent, after: Sent) -> Sent:
    doubt = Doubt(layer.where, "it is put around the application under a condition")
    kept = [one if one in before.fields else one._replace(perhaps=True, doubt=doubt) for one in after.fields]
    gone = [one._replace(perhaps=True, doubt=doubt) for one in before.fields if one not in after.fields]
    return after._replace(fields=(*kept, *gone))


def _layers(framework: str, thing: Object) -> Iterator[_Layer]:
    """What a response comes through, in that order."""
    hooks = [(one, False) for one in _hooks(thing)[0]] + [(one, True) for one in _hooks(thing)[1]]
    if framework in {"flask", "quart"}:
        for one, perhaps in reversed(hooks):
            if text_of(one.state["how"]) in {"after_request", "talisman", "cors", "of a blueprint"}:
                yield _of_hook(one, perhaps)
        wrapped = held(thing).names.get("wsgi_app") or held(thing).names.get("asgi_app")
        if wrapped is not None and isinstance(wrapped.value, Instance) and wrapped.value.cls is not None:
            yield _Layer("wsgi", wrapped.value, Location(path=wrapped.path, line=wrapped.line or None))
    elif framework == "sanic":
        for one, perhaps in reversed(hooks):
            if text_of(one.state["how"]) in {"on_response", "middleware:response", "register_middleware:response"}:
                yield _of_hook(one, perhaps)
    elif framework == "aiohttp":
        listed = held(thing).names.get("middlewares")
        items = listed.value.items if listed is not None and isinstance(listed.value, Seq) else []
        later = [one for one, _ in hooks if text_of(one.state["how"]) == "middlewares"]
        for value in reversed(items):
            if listed is not None:
                yield _Layer("middlewares", value, Location(path=listed.path, line=listed.line or None))
        yield from (_of_hook(one, False) for one in reversed(later))
        for one, perhaps in hooks:
            if text_of(one.state["how"]) == "on_response_prepare":
                yield _of_hook(one, perhaps)
    else:
        yield from _of_starlette(thing)


def _of_starlette(thing: Object) -> Iterator[_Layer]:
    """The list of the constructor, the first one outermost; then each that is added, outside of all before."""
    listed = held(thing).names.get("middleware")
    if listed is not None and isinstance(listed.value, Seq):
        for one in reversed(listed.value.items):
            if isinstance(one, Object) and one.kind == "part":
                yield _of_part(one, False)
        for one in listed.value.extra:
            if isinstance(one, Object) and one.kind == "part":
                yield _of_part(one, True)
    added: list[tuple[Object, bool]] = []
    stack = thing.state.get("middleware")
    if isinstance(stack, Seq):
        added += [(one, False) for one in stack.items if isinstance(one, Object)]
        added += [(one, True) for one in stack.extra if isinstance(one, Object)]
    surely, perhaps = _hooks(thing)
    added += [(one, False) for one in surely] + [(one, True) for one in perhaps]
    # `@app.middleware("http")` is `add_middleware` as well; in one file they come in the order of their lines.
    first = text_of(thing.state["path"])
    alike = all(text_of(one.state["path"]) == first for one, _ in added)
    if alike:
        added.sort(key=lambda pair: number_of(pair[0].state["line"]))
    for one, unsure in added:
        yield _of_part(one, unsure) if one.kind == "part" else _of_hook(one, unsure)


def _hooks(thing: Object) -> tuple[list[Object], list[Object]]:
    """(surely, perhaps) what runs for every response, in the order of the calls; those of blueprints where these are
    registered."""
    stack = thing.state.get("hooks")
    if not isinstance(stack, Seq):
        return [], []
    surely = [inner for one in stack.items if isinstance(one, Object) for inner in _expanded(one)]
    return surely, [inner for one in stack.extra if isinstance(one, Object) for inner in _expanded(one)]


def _expanded(one: Object) -> list[Object]:
    if text_of(one.state["how"]) != "blueprint":
        return [one]
    blueprint = one.state["function"]
    hooks = blueprint.state.get("hooks") if isinstance(blueprint, Object) else None
    found = [inner for inner in hooks.items if isinstance(inner, Object)] if isinstance(hooks, Seq) else []
    # What is `after_request` of a blueprint is for its own views.
    names = {"after_app_request": "after_request", "after_request": "of a blueprint"}
    return [
        dataclasses.replace(inner, state={**inner.state, "how": Const(names.get(text_of(inner.state["how"]), ""))})
        for inner in found
    ]


def _of_hook(one: Object, perhaps: bool) -> _Layer:
    how, value = text_of(one.state["how"]), one.state["function"]
    where = Location(path=text_of(one.state["path"]), line=number_of(one.state["line"]) or None)
    return _Layer(how, value, where, perhaps=perhaps)


def _of_part(one: Object, perhaps: bool) -> _Layer:
    where = Location(path=text_of(one.state["path"]), line=number_of(one.state["line"]) or None)
    value = one.state.get("class", Unknown("call", text_of(one.state.get("name"))))
    given = {name: binding for name, binding in held(one).names.items() if name != "class"}
    how = "middleware"
    if isinstance(value, Library):
        how = value.dotted.rpartition(".")[2]
        dispatch = given.get("dispatch")
        if value.dotted in _BASE and dispatch is not None:
            return _Layer("middleware:http", dispatch.value, where, perhaps=perhaps)
    return _Layer(how, value, where, given, perhaps)


def _laid(sent: Sent, table: Value, where: Location, layer: str) -> Sent:
    """The headers of secure.py over those that are there; policies stand beside others."""
    if not isinstance(table, Map):
        return sent.unsure("", Doubt(where, "the headers of secure.py are not followed"))
    for name, value in table.items.items():
        text = value.value if isinstance(value, Const) and isinstance(value.value, str) else None
        doubt = None if text is not None else Doubt(where, f"{name} is computed", Reason.NOT_LITERAL)
        field = Field(str(name), text, where, layer, doubt)
        sent = sent.plus(field) if name == "content-security-policy" else sent.put(field)
    return sent


def _cors(part: Object, where: Location, sent: Sent, layer: str) -> Sent:
    """Flask-CORS answers every request, also one that does not ask for another origin."""
    names = held(part).names
    credentials, always = names.get("supports_credentials"), names.get("always_send")
    origins = names.get("origins")
    name = "access-control-allow-origin"
    if any(one in names for one in ("resources",)) or held(part).rest is not None:
        return sent.unsure(name, Doubt(where, "Flask-CORS answers for some paths"))
    if always is not None and truth(always.value) is not True:
        return sent
    everybody = origins is None or (isinstance(origins.value, Const) and origins.value.value == "*")
    if isinstance(origins.value if origins is not None else None, Seq):
        assert origins is not None and isinstance(origins.value, Seq)
        everybody = any(isinstance(one, Const) and one.value == "*" for one in origins.value.items)
    if everybody:
        if credentials is not None and truth(credentials.value) is not False:
            return sent
        return sent.plus(Field(name, "*", where, layer))
    value = origins.value if origins is not None else None
    listed = value.items if isinstance(value, Seq) and value.exact else [value] if isinstance(value, Const) else []
    texts = [one.value for one in listed if isinstance(one, Const) and isinstance(one.value, str)]
    if not texts or len(texts) < len(listed):
        return sent.unsure(name, Doubt(where, "the origins of Flask-CORS are not known"))
    for text in sorted(texts):
        sent = sent.plus(Field(name, text, where, layer))
    return sent


def python_applications(facts: FactSet, tree: Tree) -> Iterator[tuple[Application, PythonApplication | None]]:
    """Each application of production code; None where the code that builds it was not run."""
    seen = built(facts, tree)
    for app in applications(facts, *READ):
        thing = seen.calls.get((app.path, app.call.line))
        if thing is None or seen.interpreter is None:
            yield app, None
            continue
        made = PythonApplication(app, thing, seen, facts)
        if made.layers or app.framework not in _SELDOM:
            yield app, made
