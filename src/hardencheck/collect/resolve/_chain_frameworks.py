"""What each framework counts of a request, in its own units: Django, Flask, Quart, Starlette, FastAPI, aiohttp,
Litestar, Sanic, Tornado.

Sources, read in the released code: Django 5.2 and 6.1 `http.request`, `http.multipartparser`; Werkzeug 3.1
`formparser`, `wsgi.get_input_stream`; Starlette 1.10 `middleware.body_limit`, `formparsers`; FastAPI 0.165; aiohttp
3.14 `web_request`; Quart 0.23, Litestar 2.25, Sanic 25.12, Tornado 6.6 `HTTP1ConnectionParameters`.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.interpret.models.applications import held, number_of, text_of
from hardencheck.collect.resolve._applications import UNREAD, Application
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._chain import Cap, Caps, Station, everywhere
from hardencheck.collect.resolve._chain_values import Held, Number, is_size, limit_of, worth_of
from hardencheck.collect.resolve._django import Project, setting
from hardencheck.collect.resolve._modules import Namespace
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.collect.resolve._setting import why_unknown
from hardencheck.collect.resolve._versions import Version, lowest
from hardencheck.collect.resolve.flask import DEFAULTS as FLASK_DEFAULTS
from hardencheck.model.facts.uploads import Layer
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

DJANGO_MEMORY = "DATA_UPLOAD_MAX_MEMORY_SIZE"
AIOHTTP_BODY = 1 << 20
WERKZEUG_PIECE = 1 << 16  # what is given to the parser of forms at once
_PART = 1 << 20  # Starlette: one part of a form that is no file, unless request.form() is told otherwise
TORNADO_BODY = 100 << 20
# framework -> the setting that limits a body, and its default.
_ONE_LIMIT: Mapping[str, tuple[str, Number]] = {
    "quart": ("MAX_CONTENT_LENGTH", 16 << 20), "sanic": ("REQUEST_MAX_SIZE", 100_000_000),
    "litestar": ("request_max_body_size", 10_000_000),
}  # fmt: skip
# Since when the argument `max_body_size` is there.
BODY_LIMIT_SINCE: Mapping[str, Version] = {"starlette": (1, 6), "fastapi": (0, 164)}


class Stated(NamedTuple):
    """One limit on bodies as a rule judges it. max_bytes: what it comes to (0 may mean that there is none)."""

    layer: Layer
    product: str
    setting: str
    held: Held
    max_bytes: int | None
    counts: Literal["body", "fields"] = "body"


class Own(NamedTuple):
    """An application: what it states, and what it counts behind a server (None: which one is not known)."""

    framework: str
    name: str
    location: Location
    stated: tuple[Stated, ...]
    caps: Callable[[Station | None], Caps]

    def station(self, server: Station | None) -> Station:
        return Station("framework", self.framework, self.location, self.caps(server), name=self.name)


def _cap(product: str, name: str, found: Held, max_bytes: int | None, status: int, **more: object) -> Cap:
    note = f"{name} is {found.written or 'None (the default)'} at {found.where}" if max_bytes is None else ""
    return Cap(
        "framework", product, found.where, max_bytes, name, found.written, found.default, status=status,
        note=note if found.doubt is None else "", doubt=found.doubt, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _nothing(product: str, where: Location, note: str) -> Cap:
    return Cap("framework", product, where, note=note)


def django(project: Project) -> Own:
    name, where = DJANGO_MEMORY, project.location
    found = of_django(project, name)
    size = found.whole
    body = _cap("django", name, found, size, 400)
    fields = _cap("django", name, found, size, 400, measures="fields")

    files = _nothing("django", where, "Django counts no file parts")
    handlers = setting(project, "FILE_UPLOAD_HANDLERS") if project.bound("FILE_UPLOAD_HANDLERS") is not None else None
    if handlers is not None and not _built_in(handlers.value if handlers.known else None):
        text = "FILE_UPLOAD_HANDLERS has a handler of its own, which may limit files"
        files = files._replace(doubt=Doubt(handlers.location, text), where=handlers.location)

    def caps(server: Station | None) -> Caps:
        return {
            "multipart-file": (files,),
            "multipart-field": (fields,),
            "urlencoded": (body,),
            "raw": (body,),
            "chunked": (_django_chunked(project, server, body),),
        }

    return Own(
        "django", project.application, where, (Stated("framework", "django", name, found, size, "fields"),), caps
    )


def _built_in(handlers: object) -> bool:
    return isinstance(handlers, tuple) and all(
        str(name).startswith("django.core.files.uploadhandler.") for name in handlers
    )


def _django_chunked(project: Project, server: Station | None, body: Cap) -> Cap:
    """WSGI: a body without Content-Length is taken for empty. ASGI: counted since 4.2.30, 5.2.13 and 6.0.4."""
    interface = server.interface if server is not None else ""
    if interface == "wsgi":
        return body._replace(max_bytes=None, ignores=True, note="Django reads nothing without Content-Length")
    at = project.version
    if interface == "asgi" and at is not None:
        fixed: Version = (6, 0, 4) if at >= (6,) else (5, 2, 13) if at >= (5,) else (4, 2, 30)
        if at >= fixed:
            return body
        note = f"Django {'.'.join(map(str, at))} does not count what has no Content-Length (CVE-2026-33034)"
        return body._replace(max_bytes=None, note=note)
    text = "whether a body without Content-Length is counted depends on the server and the version of Django"
    return body._replace(doubt=Doubt(body.where, text))


def of_django(project: Project, name: str) -> Held:
    found = setting(project, name)
    if not found.known:
        return Held(None, found.location, doubt=Doubt(found.location, f"{name} is {found.text}", found.reason))
    value = found.value if isinstance(found.value, int | float) else None
    return Held(value, found.location, "" if found.source == "default" else repr(value), found.source == "default")


def flask(app: Application, state: Namespace, facts: FactSet) -> Own:
    total = _of_flask(app, state, "MAX_CONTENT_LENGTH")
    form = _of_flask(app, state, "MAX_FORM_MEMORY_SIZE")
    body = _cap("flask", "MAX_CONTENT_LENGTH", total, total.whole, 413)
    at = lowest(facts, "flask")
    if at is not None and at < (3, 1):
        field = _nothing("flask", app.location, "Flask before 3.1 has no setting for the size of a field")
    else:
        field = _cap("flask", "MAX_FORM_MEMORY_SIZE", form, form.whole, 413, measures="field")
    of_file: tuple[Cap, ...] = (body,)
    if field.max_bytes is not None and field.max_bytes < WERKZEUG_PIECE:
        # The parser refuses a piece of the body that is larger, whatever is in it.
        field = field._replace(measures="body")
        of_file = (body, field)

    def caps(server: Station | None) -> Caps:
        return {
            "multipart-file": of_file,
            "multipart-field": (body, field),
            "urlencoded": (body,),
            "raw": (body,),
            "chunked": (_flask_chunked(server, body),),
        }

    stated = (
        Stated("framework", "flask", "MAX_CONTENT_LENGTH", total, total.whole),
        Stated("framework", "flask", "MAX_FORM_MEMORY_SIZE", form, form.whole, "fields"),
    )
    return Own("flask", app.name, app.location, stated, caps)


def _flask_chunked(server: Station | None, body: Cap) -> Cap:
    """`werkzeug.wsgi.get_input_stream`: an empty stream, unless the server says that the input ends; then one that ends
    at the limit (measured: `get_data()` of Werkzeug 3.1 gives the first part of it, and no error)."""
    if server is None or server.terminates is None:
        text = "whether a body without Content-Length is read depends on the server (wsgi.input_terminated)"
        return body._replace(doubt=body.doubt or Doubt(body.where, text))
    if not server.terminates:
        note = f"Flask reads nothing without Content-Length behind {server.product}"
        return body._replace(max_bytes=None, ignores=True, note=note, doubt=None)
    return body._replace(status=200)


def _of_flask(app: Application, state: Namespace, name: str) -> Held:
    bound = state.get(name)
    if bound is None:
        value = FLASK_DEFAULTS[name]
        return Held(value if isinstance(value, int) else None, app.location, default=True)
    if bound.binding is not None:
        return worth_of(bound.binding, name, None, app.location)
    if is_size(bound.expression):
        number = bound.expression.value
        return Held(number if isinstance(number, int | float) else None, bound.location, repr(number))
    return Held(None, bound.location, doubt=Doubt(bound.location, f"{name} is {why_unknown(bound)}", bound.reason))


def starlette(app: Application, facts: FactSet, tree: Tree) -> Own:
    """Starlette and FastAPI; a version without `max_body_size` takes the argument and does nothing with it."""
    product, name = app.framework, "max_body_size"
    found = limit_of(app, name, None, facts, tree)
    at = lowest(facts, product)
    lacks = at is not None and at < BODY_LIMIT_SINCE[product]
    body = _cap(product, name, found, found.whole, 413)
    if lacks:
        since = ".".join(map(str, BODY_LIMIT_SINCE[product]))
        why = "has no limit on bodies" if found.default else f"does nothing with {name}"
        body = _nothing(product, found.where, f"{product} {why} before {since}")
    part = Cap(
        "framework", product, app.location, _PART, "max_part_size of request.form()", "", True, "field", 400
    )  # fmt: skip
    caps = {**everywhere(body), "multipart-field": (body, part), "urlencoded": (body, *_urlencoded(app, part, facts))}
    stated = (
        () if lacks and found.default else (Stated("framework", product, name, found, None if lacks else found.whole),)
    )
    return Own(product, app.name, app.location, stated, lambda server: caps)


def _urlencoded(app: Application, part: Cap, facts: FactSet) -> tuple[Cap, ...]:
    """Starlette holds the fields of urlencoded forms to the limit of a part since 1.3.1."""
    at = lowest(facts, "starlette")
    if at is None and (fastapi := lowest(facts, "fastapi")) is not None:
        at = BODY_LIMIT_SINCE["starlette"] if fastapi >= BODY_LIMIT_SINCE["fastapi"] else None
    if at is None:
        text = "whether the fields of an urlencoded form are limited depends on the version of Starlette (since 1.3.1)"
        return (part._replace(doubt=Doubt(app.location, text)),)
    return (part,) if at >= (1, 3, 1) else ()


def aiohttp(app: Application, facts: FactSet, tree: Tree) -> Own:
    name = "client_max_size"
    found = limit_of(app, name, AIOHTTP_BODY, facts, tree)
    size = found.whole or None
    body = _cap("aiohttp", name, found, size, 413)
    stated = (Stated("framework", "aiohttp", name, found, size),)
    return Own("aiohttp", app.name, app.location, stated, lambda server: everywhere(body))


def other(app: Application, facts: FactSet, tree: Tree) -> Own:
    """A framework with one limit on all bodies, or one whose limits are not read."""
    if app.framework == "tornado":
        return _tornado(app, facts, tree)
    if app.framework not in _ONE_LIMIT or (app.path, app.call.line) not in built(facts, tree).calls:
        text = f"{app.framework} is in use, whose limits are not read"
        cap = Cap("framework", app.framework, app.location, doubt=Doubt(app.location, text, Reason.NOT_SUPPORTED))
        return Own(app.framework, app.name, app.location, (), lambda server: everywhere(cap))
    name, default = _ONE_LIMIT[app.framework]
    found = limit_of(app, name, default, facts, tree)
    body = _cap(app.framework, name, found, found.whole, 413)
    stated = (Stated("framework", app.framework, name, found, found.whole),)
    return Own(app.framework, app.name, app.location, stated, lambda server: everywhere(body))


def _tornado(app: Application, facts: FactSet, tree: Tree) -> Own:
    """`HTTPServer(app, max_body_size=...)` and `app.listen(...)`: as large as the buffer where it is not said."""
    name = "max_body_size"
    buffer = limit_of_server(app, "max_buffer_size", TORNADO_BODY, facts, tree)
    found = limit_of_server(app, name, buffer.value, facts, tree)
    if found.default and not buffer.default:
        found, name = buffer, "max_buffer_size"
    body = _cap("tornado", name, found, found.whole, 400)
    stated = (Stated("framework", "tornado", name, found, found.whole),)
    return Own("tornado", app.name, app.location, stated, lambda server: everywhere(body))


def limit_of_server(app: Application, name: str, default: Number, facts: FactSet, tree: Tree) -> Held:
    """An argument of the first `HTTPServer` of Tornado; the default where none is in sight."""
    for (path, line, called), part in sorted(built(facts, tree).parts.items()):
        if called == "HTTPServer" and role(path) == "production":
            where = Location(path=text_of(part.state["path"]), line=number_of(part.state["line"]) or line)
            return worth_of(held(part).get(name), name, default, where)
    return Held(default, app.location, default=True)


def known() -> tuple[str, ...]:
    """Frameworks that are no Django, in the order in which they are told."""
    return ("flask", "fastapi", "starlette", "aiohttp", *UNREAD)
