"""What a request may consist of, and how long it may take: heads, fields and files of forms, messages, timeouts.

Sources: gunicorn "Settings", section "Security"; uvicorn "Settings"; hypercorn "Configuring"; waitress "Arguments to
waitress.serve"; uWSGI "Options"; Django "Settings"; Werkzeug `Request`; aiohttp 3.14 `web.Application`; nginx
`ngx_http_core_module`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve import _apache, _caddy, _nginx
from hardencheck.collect.resolve._applications import Application, applications, production_modules
from hardencheck.collect.resolve._built import flask_settings, resolved
from hardencheck.collect.resolve._chain_frameworks import limit_of_server, of_django
from hardencheck.collect.resolve._chain_servers import Server, servers
from hardencheck.collect.resolve._chain_values import Held, Number, limit_of, worth_of
from hardencheck.collect.resolve._django import projects
from hardencheck.collect.resolve._modules import Modules
from hardencheck.collect.resolve._nginx_values import parse_size
from hardencheck.collect.resolve._proxies import routes
from hardencheck.collect.resolve._routes import Doubt, Route
from hardencheck.collect.resolve._setting import why_unknown
from hardencheck.collect.resolve.flask import DEFAULTS as FLASK_DEFAULTS
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.settings import Expression, PythonModule
from hardencheck.model.facts.uploads import Counted, Layer, RequestLimit, RequestTimeout, RouteLimit, Step
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location


class _Head(NamedTuple):
    """One limit of a server. zero: what 0 means, None: no limit."""

    counts: Counted
    default: int
    zero: int | None = None


_LIMITS: Mapping[str, Mapping[str, _Head]] = {
    "gunicorn": {
        "limit_request_line": _Head("request-line", 4094),
        "limit_request_fields": _Head("header-fields", 100, 32768),
        "limit_request_field_size": _Head("header-size", 8190),
    },
    "uvicorn": {
        "h11_max_incomplete_event_size": _Head("head", 64 << 10, 64 << 10), "ws_max_size": _Head("message", 16 << 20),
    },
    "hypercorn": {
        "h11_max_incomplete_size": _Head("head", 16 << 10), "websocket_max_message_size": _Head("message", 16 << 20),
    },
    "waitress": {"max_request_header_size": _Head("head", 256 << 10)},
    "uwsgi": {"buffer-size": _Head("head", 4096)},
}  # fmt: skip
_TIMEOUTS: Mapping[str, Mapping[str, tuple[Step, float | None]]] = {
    # setting: (step, default); 0 is none
    "gunicorn": {"timeout": ("worker", 30), "keepalive": ("idle", 2)},
    "hypercorn": {"read_timeout": ("body", None)},
    "waitress": {"channel_timeout": ("idle", 120)},
    "uvicorn": {"timeout_keep_alive": ("idle", 5)},
    "uwsgi": {"harakiri": ("request", None), "http-timeout": ("answer", 60), "socket-timeout": ("body", 4)},
}  # fmt: skip
_IN_MEMORY = "FILE_UPLOAD_MAX_MEMORY_SIZE"
# Where 0 is no end; elsewhere it is one that comes at once (a connection that is not kept).
_ZERO_LIFTS = frozenset({"timeout", "harakiri", "http-timeout", "socket-timeout", "read_timeout"})
_OF_TORNADO = ("max_body_size", "max_buffer_size", "idle_connection_timeout", "max_header_size")
_DJANGO: tuple[tuple[str, Counted], ...] = (
    ("DATA_UPLOAD_MAX_NUMBER_FIELDS", "fields"),
    ("DATA_UPLOAD_MAX_NUMBER_FILES", "files"),
)
# framework -> argument or setting, what it counts, default, whether 0 lifts it
_COUNTED: Mapping[str, tuple[str, Counted, int, bool]] = {
    "aiohttp": ("client_max_fields", "parts", 1000, True),
    "litestar": ("multipart_form_part_limit", "parts", 1000, False),
    "tornado": ("websocket_max_message_size", "message", 10 << 20, False),
}
# framework -> setting, step, default (Quart 0.23, Sanic 25.12)
_WAITING: Mapping[str, tuple[tuple[str, Step, Number], ...]] = {
    "quart": (("BODY_TIMEOUT", "body", 60),),
    "sanic": (("REQUEST_TIMEOUT", "body", 60), ("RESPONSE_TIMEOUT", "answer", 60), ("KEEP_ALIVE_TIMEOUT", "idle", 120)),
}
_STEPS: Mapping[str, Step] = {
    "client_header_timeout": "head", "client_body_timeout": "body", "send_timeout": "send",
    "keepalive_timeout": "idle", "proxy_read_timeout": "answer", "proxy_send_timeout": "answer",
    "uwsgi_read_timeout": "answer", "fastcgi_read_timeout": "answer", "grpc_read_timeout": "answer",
    "RequestReadTimeout header": "head", "RequestReadTimeout body": "body",
    "timeouts read_body": "body", "timeouts read_header": "head", "timeouts write": "send", "timeouts idle": "idle",
    "Timeout": "body", "KeepAliveTimeout": "idle", "ProxyTimeout": "answer", "ProxyPass timeout": "answer",
    "readTimeout": "body", "writeTimeout": "send", "idleTimeout": "idle",
    "proxy-read-timeout": "answer", "proxy-send-timeout": "answer", "client-body-timeout": "body",
    "client-header-timeout": "head", "keep-alive": "idle",
}  # fmt: skip


_APACHE: Mapping[str, tuple[str, Counted]] = {
    "limitrequestfields": ("LimitRequestFields", "header-fields"),
    "limitrequestfieldsize": ("LimitRequestFieldSize", "header-size"),
    "limitrequestline": ("LimitRequestLine", "request-line"),
    "limitxmlrequestbody": ("LimitXMLRequestBody", "xml"),
}
_OF_ROUTES: Mapping[str, tuple[Layer, Counted]] = {
    "max_files": ("framework", "files"), "max_fields": ("framework", "fields"),
    "h11_max_incomplete_size": ("server", "head"), "websocket_max_message_size": ("server", "message"),
}  # fmt: skip


class Requests(Resolver):
    """Limits and timeouts of proxies, gunicorn, uvicorn, hypercorn, waitress, uWSGI, Django, Flask, aiohttp ..."""

    name = "uploads.requests"
    emits = (RequestLimit, RequestTimeout)
    after = ("servers.defaults",)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        facts = resolved(facts, tree)
        said: set[tuple[Location, str]] = set()
        for server in servers(facts, tree):
            for found in self._server(server):
                if (found.location, getattr(found, "setting", "")) not in said:
                    said.add((found.location, getattr(found, "setting", "")))
                    yield found
        yield from self._gunicorn_files(facts, tree, said)
        yield from self._django(facts, tree)
        yield from self._applications(facts, tree)
        yield from self._nginx(facts)
        yield from self._apache(facts)
        yield from self._caddy(facts)
        yield from self._of_routes(facts)
        yield from self._proxies(facts, tree)
        yield from self._without_end(facts, tree)

    def _gap(self, kind: str, where: Location, reason: Reason, text: str, about: dict[str, Scalar]) -> Gap:
        return Gap(kinds=(kind,), collector=self.name, reason=reason, detail=text, location=where, about=about)

    def _said(
        self, layer: Layer, product: str, application: str, name: str, counts: Counted, held: Held, limit: int | None
    ) -> Found:
        if held.doubt is not None:
            about: dict[str, Scalar] = {
                "layer": layer, "product": product, "setting": name, "counts": counts, "application": application,
            }  # fmt: skip
            return self._gap("request.limit", held.doubt.where, held.doubt.reason, held.doubt.text, about)
        return RequestLimit(
            location=held.where,
            layer=layer,
            product=product,
            application=application,
            setting=name,
            counts=counts,
            limit=limit,
            default=held.default,
        )

    def _waits(
        self, layer: Layer, product: str, application: str, name: str, step: Step, held: Held, between: bool = False
    ) -> Found:
        if held.doubt is not None:
            about: dict[str, Scalar] = {
                "layer": layer, "product": product, "setting": name, "step": step, "application": application,
            }  # fmt: skip
            return self._gap("request.timeout", held.doubt.where, held.doubt.reason, held.doubt.text, about)
        return RequestTimeout(
            location=held.where,
            layer=layer,
            product=product,
            application=application,
            setting=name,
            step=step,
            seconds=_seconds(held.value, name),
            default=held.default,
            between=between,
        )

    def _server(self, server: Server) -> Iterator[Found]:
        for name, head in _LIMITS.get(server.product, {}).items():
            held = server.settings.get(name)
            if held is None:
                continue
            value = held.whole if held.value is not None else head.default
            yield self._said(
                "server", server.product, server.called, name, head.counts, held, value or head.zero
            )  # fmt: skip
        for name, (step, _) in _TIMEOUTS.get(server.product, {}).items():
            held = server.settings.get(name)
            if held is None or (held.default and not held.value):
                continue  # what has no end unless somebody sets one is not said to be wrong: a proxy may end it
            yield self._waits("server", server.product, server.called, name, step, held)

    def _gunicorn_files(self, facts: FactSet, tree: Tree, said: set[tuple[Location, str]]) -> Iterator[Found]:
        """Files that no command was seen to start gunicorn with."""
        from hardencheck.collect.extract.python_settings import GUNICORN_NAME

        modules = Modules(facts, tree)
        for fact in production_modules(facts):
            path = fact.location.path or ""
            if GUNICORN_NAME.fullmatch(path.lower()) is None or not isinstance(fact, PythonModule):
                continue
            state = modules.namespace(path)
            for name in (*_LIMITS["gunicorn"], *_TIMEOUTS["gunicorn"]):
                bound = state.get(name)
                head = _LIMITS["gunicorn"].get(name)
                usual = head.default if head is not None else _TIMEOUTS["gunicorn"][name][1]
                value = bound.expression if bound is not None else Expression(what="scalar", value=usual)
                where = bound.location if bound is not None else fact.location
                if (where, name) in said:
                    continue
                given = value.value
                count = given if isinstance(given, int) and not isinstance(given, bool) else None
                held = Held(count, where, "" if bound is None else repr(count), bound is None)
                if value.what != "scalar" or count is None:
                    text = f"{name} is {why_unknown(bound) if bound is not None else 'computed'}"
                    held = held._replace(doubt=_doubt(where, text))
                if head is not None:
                    yield self._said("server", "gunicorn", path, name, head.counts, held, count or head.zero)
                elif bound is not None:
                    yield self._waits("server", "gunicorn", path, name, _TIMEOUTS["gunicorn"][name][0], held)

    def _django(self, facts: FactSet, tree: Tree) -> Iterator[Found]:
        found, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=self.kinds(), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        for project in found:
            for name, counts in _DJANGO:
                held = of_django(project, name)
                yield self._said("framework", "django", project.application, name, counts, held, held.whole)
            if project.bound(_IN_MEMORY) is not None:
                held = of_django(project, _IN_MEMORY)
                yield self._said("framework", "django", project.application, _IN_MEMORY, "memory", held, held.whole)

    def _applications(self, facts: FactSet, tree: Tree) -> Iterator[Found]:
        flasks = applications(facts, "flask")
        for app in flasks:
            yield self._flask(app, facts, tree, alone=len(flasks) == 1)
        for app in applications(facts, *_COUNTED):
            name, counts, usual, lifts = _COUNTED[app.framework]
            held = limit_of(app, name, usual, facts, tree)
            limit = held.whole or None if lifts else held.whole
            yield self._said("framework", app.framework, app.name, name, counts, held, limit)
        for app in applications(facts, *_WAITING):
            for name, step, waits in _WAITING[app.framework]:
                held = limit_of(app, name, waits, facts, tree)
                yield self._waits("framework", app.framework, app.name, name, step, held)

    def _flask(self, app: Application, facts: FactSet, tree: Tree, alone: bool) -> Found:
        name = "MAX_FORM_PARTS"
        default = FLASK_DEFAULTS[name]
        bound = flask_settings(app, facts, tree, alone).get(name)
        if bound is None:
            held = Held(default if isinstance(default, int) else None, app.location, default=True)
        elif bound.binding is not None:
            held = worth_of(bound.binding, name, None, app.location)
        elif bound.expression.what == "scalar":
            number = bound.expression.value
            held = Held(number if isinstance(number, int | float) else None, bound.location, repr(number))
        else:
            held = Held(None, bound.location, doubt=_doubt(bound.location, f"{name} is {why_unknown(bound)}"))
        return self._said("framework", "flask", app.name, name, "parts", held, held.whole)

    def _apache(self, facts: FactSet) -> Iterator[Found]:
        """LimitRequestFields and its like: 0 lifts them."""
        seen: set[Location] = set()
        for site in _apache.sites(facts):
            for name, (written, counts) in _APACHE.items():
                held = site.last(name)
                if held is None or held.location in seen:
                    continue
                seen.add(held.location)
                text = held.args[0] if held.args else ""
                found = Held(int(text) if text.isdecimal() and len(text) < 18 else None, held.location, text)
                if found.value is None:
                    found = found._replace(doubt=_doubt(held.location, f"{written} is {text[:40]!r}"))
                yield self._said("proxy", "apache", held.path, written, counts, found, found.whole or None)

    def _caddy(self, facts: FactSet) -> Iterator[Found]:
        """A block of timeouts that forgets the body: without any of them nobody thought of it, and a proxy may."""
        for _, levels, _ in _caddy.options(facts):
            for servers_ in (level for level in levels if level.name == "servers"):
                for block in servers_.inside("timeouts"):
                    if block.block and not block.inside("read_body"):
                        held = Held(None, block.where, "not set")
                        yield self._waits(
                            "proxy", "caddy", block.where.path or "", "timeouts read_body", "body", held
                        )  # fmt: skip

    def _of_routes(self, facts: FactSet) -> Iterator[Found]:
        """`request.form(max_files=...)` and what code gives hypercorn."""
        for fact in facts.of("upload.route-limit"):
            if not isinstance(fact, RouteLimit) or fact.role != "production" or fact.setting not in _OF_ROUTES:
                continue
            layer, counts = _OF_ROUTES[fact.setting]
            held = Held(fact.value, fact.location, fact.text)
            if not fact.known:
                text = f"{fact.setting} is {fact.text}: not a literal"
                held = held._replace(doubt=_doubt(fact.location, text))
            yield self._said(
                layer, fact.product, fact.location.path or "", fact.setting, counts, held, fact.value
            )  # fmt: skip

    def _proxies(self, facts: FactSet, tree: Tree) -> Iterator[Found]:
        """The timeouts of the places where a proxy hands requests on."""
        seen: set[tuple[Location, str]] = set()
        for route in routes(facts, tree):
            if not route.hands_on or route.role != "production":
                continue
            websocket = any(name == "upgrade" for name, _, _ in route.request)
            for one in route.timeouts:
                if one.setting not in _STEPS or one.default or (one.where, one.setting) in seen:
                    continue
                seen.add((one.where, one.setting))
                held = Held(one.seconds, one.where, "set", doubt=one.doubt)
                found = self._waits(
                    "proxy", route.product, one.where.path or "", one.setting, _STEPS[one.setting], held, one.between
                )
                yield (
                    msgspec.structs.replace(found, websocket=True)
                    if (websocket and isinstance(found, RequestTimeout))
                    else found
                )

    def _without_end(self, facts: FactSet, tree: Tree) -> Iterator[Found]:
        """Servers that wait for a body as long as it takes, unless they are told otherwise: a proxy may end it."""
        reached = list(routes(facts, tree))
        if any(route.hands_on for route in reached) and all(map(_ends_bodies, reached)):
            return
        waiting = [
            (server.product, server.called, server.where)
            for server in servers(facts, tree)
            if server.product == "uvicorn"
            or (server.product == "hypercorn" and _unset(server.settings, "read_timeout"))
        ]
        for app in applications(facts, "tornado"):
            held = limit_of_server(app, "body_timeout", None, facts, tree)
            others = [limit_of_server(app, name, None, facts, tree) for name in _OF_TORNADO]
            if held.default and all(one.default for one in others):
                waiting.append(("tornado", app.name, held.where))
            else:  # who sets the others and not this one forgot it
                yield self._waits(
                    "framework", "tornado", app.name, "body_timeout", "body", held._replace(default=False)
                )
        for product, application, where in waiting:
            about: dict[str, Scalar] = {
                "layer": "server", "product": product, "step": "body", "application": application,
            }  # fmt: skip
            text = f"{product} waits for a body as long as it takes, and no proxy in the repository is known to end it"
            yield self._gap("request.timeout", where, Reason.NOT_SUPPORTED, text, about)

    def _nginx(self, facts: FactSet) -> Iterator[Found]:
        """The buffers for long heads; 4 of 8k unless something is set."""
        name = "large_client_header_buffers"
        seen: set[Location] = set()
        for place in _nginx.places(facts):
            held = _nginx.innermost(place, name)
            if held is None or held.location in seen or not place.proxied:
                continue
            seen.add(held.location)
            count, size = (*held.directive.args, "", "")[:2]
            path = held.path
            try:
                each = parse_size(size)
                found = Held(int(count) * (each or 0), held.location, f"{count} {size}")
            except ValueError:
                text = f"{name} is {' '.join(held.directive.args)[:60]}"
                found = Held(None, held.location, doubt=_doubt(held.location, text))
            yield self._said("proxy", "nginx", path, name, "head", found, found.whole)


def _seconds(value: Number, name: str) -> float | None:
    return None if value is None or (not value and name in _ZERO_LIFTS) else float(value)


def _ends_bodies(route: Route) -> bool:
    """Whether a proxy ends a body that does not come, wherever it hands requests on."""
    return not route.hands_on or any(
        _STEPS.get(one.setting) == "body" and one.seconds and one.doubt is None for one in route.timeouts
    )


def _unset(settings: Mapping[str, Held], name: str) -> bool:
    held = settings.get(name)
    return held is None or (held.default and held.value is None)


def _doubt(where: Location, text: str, reason: Reason = Reason.NOT_LITERAL) -> Doubt:
    return Doubt(where, text, reason)
