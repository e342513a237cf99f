"""What a Django project makes of the header fields of its responses: middleware after middleware, the innermost first.

Sources: Django 2.2 to 6.0 `django.middleware`, django-csp 3.8 and 4.0, django-cors-headers 4.9,
django-permissions-policy 4.
"""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._header_names import TELLING_MIDDLEWARE
from hardencheck.collect.interpret.attributes import bound_to
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import OutOfBudget
from hardencheck.collect.interpret.inheritance import class_attribute
from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.models import responses
from hardencheck.collect.interpret.run import Source
from hardencheck.collect.interpret.values import (
    Absent,
    Binding,
    Class,
    Function,
    Instance,
    Namespace,
    Unknown,
    Value,
    lifted,
)
from hardencheck.collect.resolve._django import (
    DEFAULTS,
    OTHER_MIDDLEWARE,
    OWN_MIDDLEWARE,
    SECURITY,
    Project,
    middleware,
    setting,
    usual,
)
from hardencheck.collect.resolve._django_effects import CSP, EFFECTS, LAYER, Told
from hardencheck.collect.resolve._follow import Files, is_off, taken
from hardencheck.collect.resolve._ran import Stage, called, run
from hardencheck.collect.resolve._routes import Doubt, Route
from hardencheck.collect.resolve._sent import Field, Seen, Sent
from hardencheck.lazily import compiled
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_QUIET = compiled(
    r"django\.|whitenoise\.|allauth\.|debug_toolbar\.|rest_framework\.|social_django\.|simple_history\.|axes\.|waffle\."
    r"|django_otp\.|django_prometheus\.|django_structlog\.|django_guid\.|compression_middleware\.|reversion\.|hijack\."
    r"|auditlog\.|django_htmx\.|user_sessions\.|impersonate\.|silk\.|querycount\.|sesame\.|easyaudit\.|crum\."
)
_SAYS = compiled(rb"header|policy|csp|get_response|x-frame|hsts|http_response", re.IGNORECASE)
_TOUCHES = compiled(rb"header|response\[|setdefault|policy|csp|patch_\w{1,30}\(", re.IGNORECASE)
# What sets a field of a response, and does not only read one of the request.
_SETS = compiled(
    rb"(?<!request)(?<!\bself)\.headers\b|\bres(?:p|ponse)?\w{0,30}\[|\bheaders[ \t]{0,9}=(?!=)|\.setdefault\("
    rb"|_headers\(|setattr\("
)
_IMPORTS = compiled(rb"^[ \t]{0,99}(?:from|import)[ \t]{1,9}([A-Za-z_.][\w.]{0,200})", re.MULTILINE)
_CSPS = (OWN_MIDDLEWARE["csp"], OTHER_MIDDLEWARE["django-csp"])


class _Item(NamedTuple):
    """An entry of MIDDLEWARE. perhaps: nobody knows whether it is there."""

    dotted: str
    perhaps: bool = False


class DjangoApplication:
    """One project, asked for its responses."""

    def __init__(self, project: Project, facts: FactSet, tree: Tree) -> None:
        self.project = project
        self.name = project.application
        self.framework = "django"
        self._facts, self._tree = facts, tree
        self._interpreter: Interpreter | None = None
        self._made: dict[str, Value | None] = {}
        self._relevant: dict[str, bool] = {}
        surely, maybe, complete, where = middleware(project)
        self._complete, self.where = complete, where
        self._told = Told(project, facts, where)
        self._items = [*(_Item(one) for one in surely), *(_Item(one, True) for one in sorted(maybe))]
        # The entries that a settings file writes one a line have lines of their own.
        self.lines = lines_of(project, tree)

    def at(self, status: int, seen: Seen) -> Sent:
        """Its response. A redirect is the one to https, which SecurityMiddleware makes."""
        items = self._items
        if status in {301, 302, 307, 308}:
            cut = next((n for n, item in enumerate(items) if self._is(item.dotted, SECURITY)), None)
            items = items[: cut + 1] if cut is not None else []
        sent = Sent(status)
        for item in reversed(items):
            sent = self._through(item, sent, seen)
        if not self._complete:
            bound = self.project.bound("MIDDLEWARE")
            text = bound.expression.text if bound is not None else "computed"
            doubt = Doubt(self.where, f"not all of MIDDLEWARE is literal: {text}", Reason.NOT_LITERAL)
            sent = sent.unsure("", doubt)
        return sent

    def believes(self, seen: Seen, route: Route | None) -> Seen:
        """SECURE_PROXY_SSL_HEADER goes before the scheme of the server, where the proxy sets that header."""
        held = setting(self.project, "SECURE_PROXY_SSL_HEADER")
        if not held.known:
            return seen._replace(secure=None)
        if not isinstance(held.value, tuple) or len(held.value) != 2:
            return seen
        header = held.value[0].removeprefix("HTTP_").replace("_", "-").lower()
        if header == "x-forwarded-proto" and seen.forwarded is not None:
            return seen._replace(secure=seen.forwarded == held.value[1]) if seen.forwarded else seen
        given = [value for name, value, _ in (route.request if route is not None else ()) if name == header]
        return seen._replace(secure=True if given[-1:] == [held.value[1]] else None)

    def redirects(self, seen: Seen) -> int | None:
        """The status of the redirect to https, where it is known that there is one."""
        held = setting(self.project, "SECURE_SSL_REDIRECT")
        on = held.known and bool(held.value) and any(self._is(item.dotted, SECURITY) for item in self._items)
        return 301 if on and seen.secure is False else None

    def should(self, name: str) -> Location:
        """Where a header that is not sent would be set."""
        policies = ("CSP_EXCLUDE_URL_PREFIXES", "CONTENT_SECURITY_POLICY", "SECURE_CSP") if name == CSP else ()
        policy_set = next((found for one in policies if (found := self._told.value(one)) is not None), None)
        if policy_set is not None and any(self._is(item.dotted, dotted) for item in self._items for dotted in _CSPS):
            return self._excluded(policy_set)
        held = {
            "strict-transport-security": "SECURE_HSTS_SECONDS", "x-content-type-options": "SECURE_CONTENT_TYPE_NOSNIFF",
            "referrer-policy": "SECURE_REFERRER_POLICY", "x-frame-options": "X_FRAME_OPTIONS",
            "cross-origin-opener-policy": "SECURE_CROSS_ORIGIN_OPENER_POLICY",
        }.get(name)  # fmt: skip
        dotted = OWN_MIDDLEWARE["clickjacking"] if name == "x-frame-options" else SECURITY
        seconds = setting(self.project, "SECURE_HSTS_SECONDS")
        if held == "SECURE_HSTS_SECONDS" and seconds.known and seconds.value:
            # It is sent to whom Django takes to come by https: nobody, here.
            trusted = setting(self.project, "SECURE_PROXY_SSL_HEADER")
            return trusted.location if trusted.source != "default" else seconds.location
        if held is not None and any(self._is(item.dotted, dotted) for item in self._items):
            return setting(self.project, held).location
        return self.where

    def entry(self, name: str) -> Location:
        """The entry of MIDDLEWARE that sends a header although no setting says so; without a line where it is not
        written out."""
        wanted = OWN_MIDDLEWARE["clickjacking"] if name == "x-frame-options" else SECURITY
        bound = self.project.bound("MIDDLEWARE")
        item = next((item.dotted for item in self._items if self._is(item.dotted, wanted)), "")
        return Location(path=bound.path, line=self.lines.get(item)) if bound is not None else self.where

    def why_not(self, name: str) -> str:
        seconds = setting(self.project, "SECURE_HSTS_SECONDS")
        here = any(self._is(item.dotted, SECURITY) for item in self._items)
        if name == "strict-transport-security" and here and seconds.known and seconds.value:
            return "behind its proxy it does not see that a request came by https"
        if name == CSP and self.should(name) != self.where:
            return "its policy is empty, or excludes every path"
        return ""

    def _excluded(self, binding: Binding) -> Location:
        """The line of a policy that is not sent, or the one in it that keeps it from every path."""
        data = Files(self._tree).text(binding.path) or b""
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
            if number >= binding.line and "EXCLUDE_URL_PREFIXES" in line:
                return Location(path=binding.path, line=number)
        return Location(path=binding.path, line=binding.line or None)

    def _is(self, item: str, dotted: str) -> bool:
        return item == dotted or dotted in self._bases(item)

    def _bases(self, item: str, depth: int = 0) -> list[str]:
        found = self.project.modules.class_of(item, self.project.path)
        if found is None or depth > 5:
            return []
        bases: list[str] = []
        for base in found[1].bases:
            bases.append(base)
            inner = base if "." in base else f"{item.rpartition('.')[0]}.{base}"
            bases.extend(self._bases(inner, depth + 1))
        return bases

    def _through(self, item: _Item, sent: Sent, seen: Seen) -> Sent:
        after = self._one(item.dotted, sent, seen)
        if not item.perhaps or after == sent:
            return after
        doubt = Doubt(self.where, f"{item.dotted} is in MIDDLEWARE under a condition")
        kept = [field if field in sent.fields else field._replace(perhaps=True, doubt=doubt) for field in after.fields]
        gone = [field._replace(perhaps=True, doubt=doubt) for field in sent.fields if field not in after.fields]
        return after._replace(fields=(*kept, *gone))

    def _one(self, item: str, sent: Sent, seen: Seen) -> Sent:
        for dotted, effect in EFFECTS.items():
            if item == dotted or dotted in self._bases(item):
                after = effect(self._told, sent, seen)
                return after if item == dotted else self._own(item, after, seen)
        after = self._own(item, sent, seen)
        if after is not sent:
            return after
        if not self._ours(item) and not _QUIET.match(item) and TELLING_MIDDLEWARE.search(item):
            doubt = Doubt(self.where, f"{item} is not in the repository and may send it")
            return sent.unsure("", doubt)
        return sent

    # Middleware of the repository

    def _ours(self, item: str) -> bool:
        return self._path(item) is not None

    def _path(self, item: str) -> str | None:
        module = item.rpartition(".")[0]
        return self.project.modules.find(module, self.project.path) if module else None

    def _own(self, item: str, sent: Sent, seen: Seen) -> Sent:
        path = self._path(item)
        if path is None:
            return sent
        data = Files(self._tree).text(path) or b""
        # A package hands on what its modules have.
        if not path.endswith("__init__.py") and not _TOUCHES.search(data) and not self._derived(item):
            return sent
        what = self._thing(item, path)
        where = Location(path=path, line=1)
        if what is None:
            return self._as_written(item, path, sent, Doubt(where, f"{item} cannot be followed"))
        if isinstance(what, Class | Function):
            where = Location(path=what.path, line=getattr(what, "line", 0) or getattr(what.node, "lineno", 0) or 1)
        interpreter = self._running()

        def act(stage: Stage) -> Value | None:
            return _respond(interpreter, what, stage)

        after = run(interpreter, sent, seen, LAYER, act, where=where).sent
        lost = after.doubt("") if sent.doubt("") is None else None
        return self._as_written(item, path, sent, lost) if lost is not None else after

    def _as_written(self, item: str, path: str, sent: Sent, why: Doubt) -> Sent:
        """What middleware may do that could not be followed: what its file is seen to set, else any header."""
        fact = self.project.modules.known.get(path)
        written = fact.headers if fact is not None else ()
        mine = [one for one in written if one.scope.split(".")[0] == item.rpartition(".")[2]]
        for one in mine or written:
            where = Location(path=path, line=one.line)
            if one.name == "*":
                return sent.unsure("", Doubt(where, "headers are set here from a table"))
            value = one.expression.value
            if mine and not one.conditional and one.expression.what == "scalar" and isinstance(value, str):
                sent = sent.put(Field(one.name, value, where, LAYER))
            else:
                sent = sent.unsure(one.name, Doubt(where, f"{one.name} is set here in a way that is not followed"))
        if written:
            return sent
        return sent.unsure("", why) if any(map(_SETS.search, self._reached(path))) else sent

    def _reached(self, path: str) -> Iterator[bytes]:
        """The text of a module, and of those of the repository that it imports."""
        files = Files(self._tree)
        data = files.text(path) or b""
        yield data
        for module in dict.fromkeys(_IMPORTS.findall(data)):
            found = self._found(module.decode("ascii", "replace"), path)
            if found is not None and found != path:
                yield files.text(found) or b""

    def _derived(self, item: str) -> bool:
        """Whether it is a class that derives from one of the repository."""
        found = self.project.modules.class_of(item, self.project.path)
        return found is not None and any(
            self.project.modules.find(base.rpartition(".")[0], found[0]) is not None
            for base in found[1].bases
            if "." in base
        )

    def _thing(self, item: str, path: str) -> Value | None:
        """What MIDDLEWARE names: a class, or a function that gives one."""
        if item not in self._made:
            self._made[item] = None
            try:
                module = self._running().module(path)
                found = module.namespace.names.get(item.rpartition(".")[2])
                self._made[item] = found.value if found is not None else None
            except (Raised, OutOfBudget, RecursionError, MemoryError):
                pass
            if isinstance(self._made[item], Unknown):
                self._made[item] = None
        return self._made[item]

    def _running(self) -> Interpreter:
        if self._interpreter is None:
            modules = self.project.modules
            source = Source(
                Files(self._tree).text, self._found, lambda module, near: False, lambda: self._tree.entries,
                modules.unreadable, modules.versions, modules.rewritten,
            )  # fmt: skip
            given = {name: taken(name, one) for name, one in self.project.environment.items()}
            self._interpreter = Interpreter(source, given, is_off)
            self._interpreter.calm = True
            self._interpreter.shared[responses.SETTINGS] = Instance(None, self._settings())
        return self._interpreter

    def _found(self, module: str, near: str) -> str | None:
        """The file of a module that is imported, where it may have a say in headers; else it is like a library's: what
        a middleware imports is half of a project, as a rule."""
        path = self.project.modules.imported(module, near)
        if path is None or path.endswith("__init__.py"):
            return path
        if path not in self._relevant:
            data = Files(self._tree).text(path)
            self._relevant[path] = data is None or _SAYS.search(data) is not None
        return path if self._relevant[path] else None

    def _settings(self) -> Namespace:
        followed = self.project.followed
        names: dict[str, Binding] = {}
        for name in DEFAULTS:
            known, value = usual(name, self.project.version)
            try:
                default: Value = lifted(value) if known else Unknown("call", name)
            except TypeError:
                continue
            names[name] = Binding(default, self.project.path, 0)
        names.update({name: one for name, one in followed.names.items() if not isinstance(one.value, Absent)})
        return Namespace(names, followed.rest)


def _respond(interpreter: Interpreter, what: Value, stage: Stage) -> Value | None:
    """A middleware as Django runs it: made with `get_response`, then called with the request."""
    node, frame = ast.Pass(lineno=0), stage.frame
    try:
        made = called(interpreter, what, [stage.further], frame)
    except Raised as error:
        if error.name is None or error.name.rpartition(".")[2] != "MiddlewareNotUsed":
            raise
        return stage.response  # Django goes on without it
    if isinstance(made, Instance) and made.cls is not None:
        own = class_attribute(interpreter, made.cls, "__call__")
        if not isinstance(own, Function):
            before = class_attribute(interpreter, made.cls, "process_response")
            if not isinstance(before, Function):
                return stage.response
            bound = bound_to(interpreter, before, made, made.cls, node, frame)
            return called(interpreter, bound, [stage.request, stage.response], frame)
        bound = bound_to(interpreter, own, made, made.cls, node, frame)
        return called(interpreter, bound, [stage.request], frame)
    return called(interpreter, made, [stage.request], frame)


def lines_of(project: Project, tree: Tree) -> dict[str, int]:
    """The line of every entry of MIDDLEWARE, as far as it is written as a text in the file that sets it."""
    bound = project.bound("MIDDLEWARE")
    data = Files(tree).text(bound.path) if bound is not None else None
    found: dict[str, int] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines() if data else (), start=1):
        for item in bound.expression.items if bound is not None else ():
            if f'"{item}"' in line or f"'{item}'" in line:
                found.setdefault(item, number)
    return found


def applications(found: list[Project], facts: FactSet, tree: Tree) -> Iterator[DjangoApplication]:
    for project in found:
        yield DjangoApplication(project, facts, tree)
