"""Limits on what a request may bring: proxy, server, framework, and the one that decides for an uploaded file."""

from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.interpret.models.applications import held
from hardencheck.collect.interpret.models.flask import config_of
from hardencheck.collect.interpret.values import Const
from hardencheck.collect.resolve import _nginx, _routes_nginx
from hardencheck.collect.resolve._applications import (
    UNREAD,
    Application,
    applications,
    production_modules,
    server_name,
    unread,
)
from hardencheck.collect.resolve._built import built, flask_settings, resolved
from hardencheck.collect.resolve._django import Project, projects, setting
from hardencheck.collect.resolve._modules import Modules, Namespace
from hardencheck.collect.resolve._setting import why_unknown
from hardencheck.collect.resolve.flask import DEFAULTS as FLASK_DEFAULTS
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.logging import ServerCommand
from hardencheck.model.facts.settings import Expression, PythonModule
from hardencheck.model.facts.uploads import BodyBound, Layer, RequestLimit, StoredFileMode, UploadLimit
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_GUNICORN = {
    # name: (what it counts, default, what 0 means); gunicorn documentation, "Settings", section "Security".
    "limit_request_line": ("request-line", 4094, None),
    "limit_request_fields": ("header-fields", 100, 32768),
    "limit_request_field_size": ("header-size", 8190, None),
}
WAITRESS_BODY = 1 << 30
AIOHTTP_BODY = 1 << 20


class Bound(NamedTuple):
    """What one layer says about the size of an uploaded file. known False: text says why."""

    known: bool
    max_bytes: int | None
    by: str
    where: Location
    reason: Reason = Reason.DYNAMIC
    text: str = ""


class Uploads(Resolver):
    """nginx, gunicorn, waitress, aiohttp, Flask, Starlette and Django, each in its own units."""

    name = "uploads.limits"
    emits = (UploadLimit, RequestLimit, StoredFileMode, BodyBound)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        facts = resolved(facts, tree)
        proxy = yield from self._proxy(facts)
        yield from self._gunicorn(facts, tree)
        yield from self._gunicorn_commands(facts)
        server = yield from self._waitress(facts)
        found, troubles = projects(facts, tree)
        for text in troubles:
            yield Gap(kinds=self.kinds(), collector=self.name, reason=Reason.DYNAMIC, detail=text)
        others = _nginx.other_proxy(tree)
        for project in found:
            yield from self._django(project)
            none = Bound(True, None, "Django counts no file parts", project.location)
            yield from self._bound("django", project.application, none, proxy, server, others)
        flasks = applications(facts, "flask")
        for app in flasks:
            state = flask_settings(app, facts, tree, alone=len(flasks) == 1)
            own = yield from self._flask(app, state)
            yield from self._bound("flask", app.name, own, proxy, server, others)
        for app in applications(facts, "fastapi", "starlette"):
            own = yield from self._argument(app, "max_body_size", None)
            yield from self._bound(app.framework, app.name, own, proxy, server, others)
        for app in applications(facts, "aiohttp"):
            own = yield from self._argument(app, "client_max_size", AIOHTTP_BODY, zero_lifts=True)
            yield from self._bound("aiohttp", app.name, own, proxy, server, others)
        for app in applications(facts, *UNREAD):
            text = f"{app.framework} is in use, whose limits are not read"
            own = _followed(app, facts, tree) or Bound(
                False, None, app.framework, app.location, Reason.NOT_SUPPORTED, text
            )
            yield from self._bound(app.framework, app.name, own, proxy, server, others)
        for framework, gap in unread(facts):
            yield self._gap(("upload.bound",), gap.location, gap.reason, gap.detail, {"framework": framework})

    def _gap(self, kinds: tuple[str, ...], where: Location, reason: Reason, text: str, about: dict[str, Scalar]) -> Gap:
        return Gap(kinds=kinds, collector=self.name, reason=reason, detail=text, location=where, about=about)

    def _proxy(self, facts: FactSet) -> Generator[Found, None, Bound | None]:
        """One fact for each limit that holds where requests reach an application; returns the loosest of them."""
        about: dict[str, Scalar] = {"layer": "proxy", "product": "nginx", "setting": "client_max_body_size"}
        _, broken = _nginx.files(facts)
        for gap in broken:
            yield self._gap(("upload.limit",), gap.location, gap.reason, gap.detail, about)
        loosest: Bound | None = None
        if broken:
            first = broken[0]
            loosest = Bound(False, None, "nginx", first.location, first.reason, first.detail)
        seen: set[tuple[Location, int | None]] = set()
        for route in _routes_nginx.routes(facts):
            if not route.hands_on:
                continue
            limit = route.body
            if limit.doubt is not None:
                if (limit.where, None) not in seen:
                    yield self._gap(("upload.limit",), limit.where, limit.doubt.reason, limit.doubt.text, about)
                seen.add((limit.where, None))
                loosest = Bound(False, None, "nginx", limit.where, limit.doubt.reason, limit.doubt.text)
                continue
            by = f"client_max_body_size at {limit.where}"
            if loosest is None or (loosest.known and _looser(limit.max_bytes, loosest.max_bytes)):
                loosest = Bound(True, limit.max_bytes, by, limit.where)
            if (limit.where, limit.max_bytes) not in seen:
                seen.add((limit.where, limit.max_bytes))
                yield UploadLimit(
                    location=limit.where,
                    layer="proxy",
                    product="nginx",
                    application=limit.where.path or "",
                    setting="client_max_body_size",
                    max_bytes=limit.max_bytes,
                    default=limit.default,
                )
        return loosest

    def _gunicorn(self, facts: FactSet, tree: Tree) -> Iterator[Found]:
        modules = Modules(facts, tree)
        for fact in production_modules(facts):
            path = fact.location.path or ""
            if not _is_gunicorn(path) or not isinstance(fact, PythonModule):
                continue
            state = modules.namespace(path)
            for name, (counts, default, zero) in _GUNICORN.items():
                bound = state.get(name)
                value = bound.expression if bound is not None else Expression(what="scalar", value=default)
                where = bound.location if bound is not None else fact.location
                if value.what != "scalar" or not isinstance(value.value, int) or isinstance(value.value, bool):
                    about: dict[str, Scalar] = {"layer": "server", "product": "gunicorn", "setting": name}
                    text = f"{name} is {why_unknown(bound) if bound is not None else 'computed'}"
                    yield self._gap(("request.limit",), where, Reason.NOT_LITERAL, text, about)
                    continue
                yield RequestLimit(
                    location=where,
                    layer="server",
                    product="gunicorn",
                    application=path,
                    setting=name,
                    counts=counts,  # type: ignore[arg-type]
                    limit=value.value or zero,
                    default=bound is None,
                )

    def _gunicorn_commands(self, facts: FactSet) -> Iterator[Found]:
        """The same three limits where a command line says them; else the defaults, where no file may say more."""
        read = {fact.location.path or "" for fact in facts.of("logging.gunicorn-file")}
        told = {fact.location.path or "" for fact in production_modules(facts)}
        for fact in facts.of("logging.server-command"):
            if not isinstance(fact, ServerCommand) or fact.server != "gunicorn" or fact.role != "production":
                continue
            if fact.source != "command":
                continue
            given = dict(limit.split("=", 1) for limit in fact.limits)
            config = fact.config.rpartition("/")[2] if fact.config else "gunicorn.conf.py"
            named = [path for path in read if path.rpartition("/")[2] == config]
            # A file that is read, and says nothing of limits, leaves the defaults.
            silent = not any(path in told for path in named) and (bool(named) or fact.config is None)
            for name, (counts, default, zero) in _GUNICORN.items():
                value = given.get(name)
                about: dict[str, Scalar] = {"layer": "server", "product": "gunicorn", "setting": name, "counts": counts}
                if value is None and not silent:
                    if not named:
                        text = f"{name} may be set in {(fact.config or '')[:80]}, which is not in this repository"
                        yield self._gap(("request.limit",), fact.location, Reason.DYNAMIC, text, about)
                    continue
                if value == "$":
                    text = f"{name} on the command line is known only when it starts"
                    yield self._gap(("request.limit",), fact.location, Reason.NOT_LITERAL, text, about)
                    continue
                yield RequestLimit(
                    location=fact.location,
                    layer="server",
                    product="gunicorn",
                    application=server_name(fact, facts),
                    setting=name,
                    counts=counts,  # type: ignore[arg-type]
                    limit=(int(value) if value is not None and len(value) < 18 else default) or zero,
                    default=value is None,
                )

    def _waitress(self, facts: FactSet) -> Generator[Found, None, Bound | None]:
        decided: Bound | None = None
        name = "max_request_body_size"
        for app in applications(facts, "waitress"):
            decided = yield from self._argument(app, name, WAITRESS_BODY, layer="server")
        for fact in facts.of("logging.server-command"):
            if not isinstance(fact, ServerCommand) or fact.server != "waitress" or fact.role != "production":
                continue
            given = dict(option.partition("=")[::2] for option in fact.options).get(name)
            path = server_name(fact, facts)
            if given is not None and (not given.isdecimal() or len(given) > 17):
                about: dict[str, Scalar] = {
                    "layer": "server", "product": "waitress", "setting": name, "application": path,
                }  # fmt: skip
                text = f"{name} on the command line is known only when it starts"
                yield self._gap(("upload.limit",), fact.location, Reason.NOT_LITERAL, text, about)
                decided = Bound(False, None, "waitress", fact.location, Reason.NOT_LITERAL, text)
                continue
            size = int(given) if given is not None else WAITRESS_BODY
            yield UploadLimit(
                location=fact.location,
                layer="server",
                product="waitress",
                application=path,
                setting=name,
                max_bytes=size,
                default=given is None,
            )
            decided = Bound(True, size, f"{name} at {fact.location}", fact.location)
        return decided

    def _argument(
        self, app: Application, name: str, default: int | None, *, layer: Layer = "framework", zero_lifts: bool = False
    ) -> Generator[Found, None, Bound]:
        """A limit that a call gives as an argument."""
        given = app.call.arguments.get(name)
        product = app.framework
        about: dict[str, Scalar] = {"layer": layer, "product": product, "setting": name, "application": app.name}
        if (given is None and app.call.spread) or (given is not None and not _is_size(given)):
            text = f"{name} is {given.text if given is not None else 'perhaps in **'}: not a literal"
            yield self._gap(("upload.limit",), app.location, Reason.NOT_LITERAL, text, about)
            return Bound(False, None, product, app.location, Reason.NOT_LITERAL, text)
        value = default if given is None else given.value
        size = int(value) if isinstance(value, int | float) else None
        if size == 0 and zero_lifts:
            size = None
        yield UploadLimit(
            location=app.location,
            layer=layer,
            product=product,
            application=app.name,
            setting=name,
            max_bytes=size,
            default=given is None,
        )
        return Bound(True, size, f"{name} at {app.location}", app.location)

    def _flask(self, app: Application, state: Namespace) -> Generator[Found, None, Bound]:
        decided: list[Bound] = []
        for name, counts in (("MAX_CONTENT_LENGTH", "body"), ("MAX_FORM_MEMORY_SIZE", "fields")):
            held = state.get(name)
            about: dict[str, Scalar] = {
                "layer": "framework", "product": "flask", "setting": name, "application": app.name, "counts": counts,
            }  # fmt: skip
            where = held.location if held is not None else app.location
            if held is not None and not _is_size(held.expression):
                text = f"{name} is {why_unknown(held)}"
                yield self._gap(("upload.limit",), where, held.reason, text, about)
                outcome = Bound(False, None, "flask", where, held.reason, text)
            else:
                value = held.expression.value if held is not None else FLASK_DEFAULTS[name]
                size = int(value) if isinstance(value, int | float) else None
                yield UploadLimit(
                    location=where,
                    layer="framework",
                    product="flask",
                    application=app.name,
                    setting=name,
                    counts=counts,  # type: ignore[arg-type]
                    max_bytes=size,
                    default=held is None,
                )
                outcome = Bound(True, size, f"{name} at {where}", where)
            decided.append(outcome)
        return decided[0]

    def _django(self, project: Project) -> Iterator[Found]:
        name = "DATA_UPLOAD_MAX_MEMORY_SIZE"
        about: dict[str, Scalar] = {
            "layer": "framework", "product": "django", "setting": name, "application": project.application,
            "counts": "fields",
        }  # fmt: skip
        held = setting(project, name)
        if held.known:
            yield UploadLimit(
                location=held.location,
                layer="framework",
                product="django",
                application=project.application,
                setting=name,
                counts="fields",
                max_bytes=int(held.value) if isinstance(held.value, int | float) else None,
                default=held.source == "default",
            )
        else:
            yield self._gap(("upload.limit",), held.location, held.reason, f"{name} is {held.text}", about)
        for name, counts in (("DATA_UPLOAD_MAX_NUMBER_FIELDS", "fields"), ("DATA_UPLOAD_MAX_NUMBER_FILES", "files")):
            held = setting(project, name)
            about = {"product": "django", "setting": name, "application": project.application, "counts": counts}
            if held.known:
                yield RequestLimit(
                    location=held.location,
                    layer="framework",
                    product="django",
                    application=project.application,
                    setting=name,
                    counts=counts,  # type: ignore[arg-type]
                    limit=int(held.value) if isinstance(held.value, int | float) else None,
                    default=held.source == "default",
                )
            else:
                yield self._gap(("request.limit",), held.location, held.reason, f"{name} is {held.text}", about)
        for name, what in (("FILE_UPLOAD_PERMISSIONS", "file"), ("FILE_UPLOAD_DIRECTORY_PERMISSIONS", "directory")):
            held = setting(project, name)
            about = {"setting": name, "application": project.application, "what": what}
            if held.known:
                yield StoredFileMode(
                    location=held.location,
                    application=project.application,
                    setting=name,
                    what=what,  # type: ignore[arg-type]
                    permissions=held.value if isinstance(held.value, int) else None,
                    default=held.source == "default",
                )
            else:
                yield self._gap(("upload.stored-mode",), held.location, held.reason, f"{name} is {held.text}", about)

    def _bound(
        self, framework: str, application: str, own: Bound, proxy: Bound | None, server: Bound | None, others: str
    ) -> Iterator[Found]:
        """The smallest limit over the layers that count a file; a layer that does not is infinity."""
        layers = [one for one in (proxy, server, own) if one is not None]
        about: dict[str, Scalar] = {"framework": framework, "application": application}
        known = [one for one in layers if one.known and one.max_bytes is not None]
        if known:
            least = min(known, key=lambda one: one.max_bytes or 0)
            yield BodyBound(
                location=least.where,
                framework=framework,
                application=application,
                bounded=True,
                max_bytes=least.max_bytes,
                decided_by=least.by,
            )
            return
        for one in layers:
            if not one.known:
                yield self._gap(("upload.bound",), one.where, one.reason, one.text, about)
                return
        if proxy is None:
            what = f"{others} is not read" if others else "no proxy configuration is in the repository"
            text = f"no layer that was read bounds an uploaded file ({own.by}), and {what}"
            yield self._gap(("upload.bound",), own.where, Reason.NOT_SUPPORTED, text, about)
            return
        yield BodyBound(
            location=proxy.where,
            framework=framework,
            application=application,
            bounded=False,
            max_bytes=None,
            decided_by="; ".join(one.by for one in layers),
        )


# framework -> the setting that limits a body, and its default (Quart 0.20, Sanic 24, Litestar 2).
_LIMITS = {
    "quart": ("MAX_CONTENT_LENGTH", 16 << 20), "sanic": ("REQUEST_MAX_SIZE", 100_000_000),
    "litestar": ("request_max_body_size", 10_000_000),
}  # fmt: skip


def _followed(app: Application, facts: FactSet, tree: Tree) -> Bound | None:
    """The limit of an application that was seen to be built; None where it was not, or its value is not known."""
    if app.framework not in _LIMITS:
        return None
    name, default = _LIMITS[app.framework]
    seen = built(facts, tree)
    thing = seen.calls.get((app.path, app.call.line))
    if thing is None:
        return None
    binding = (config_of(thing) if "config" in thing.state else held(thing)).get(name)
    if binding is None:
        return Bound(True, default, f"{name} at {app.location}", app.location)
    value = binding.value
    where = Location(path=binding.path, line=binding.line or None)
    if not isinstance(value, Const) or not (value.value is None or isinstance(value.value, int)):
        return None
    return Bound(True, value.value, f"{name} at {where}", where)


def _looser(one: int | None, other: int | None) -> bool:
    return other is not None and (one is None or one > other)


def _is_size(given: Expression) -> bool:
    return given.what == "scalar" and (given.value is None or (isinstance(given.value, int | float)))


def _is_gunicorn(path: str) -> bool:
    from hardencheck.collect.extract.python_settings import GUNICORN_NAME

    return GUNICORN_NAME.fullmatch(path.lower()) is not None
