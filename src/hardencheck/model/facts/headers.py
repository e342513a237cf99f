"""What the predicted response headers come to: policies, copies, losses, and what code opens for single views."""

from typing import ClassVar

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.location import Location


class DeclaredPolicy(Fact, tag="csp.declared", frozen=True, kw_only=True):
    """The content security policy that pages of an application would carry; the fields are those of `http.csp`.

    layer: who sends it. usual: it is the policy that a library has by itself. places: further lines that have a part
    in it.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "layer")

    application: str
    layer: str
    usual: bool
    script_src: bool
    object_none: bool
    base_uri: str
    frame_ancestors: str
    script_holes: tuple[str, ...]
    object_holes: tuple[str, ...]
    mistakes: tuple[str, ...]
    places: tuple[Location, ...] = ()

    def describe(self) -> str:
        parts = [] if self.script_src else ["scripts are not restricted"]
        parts += [f"scripts may come from {', '.join(self.script_holes)}"] if self.script_holes else []
        parts += [] if self.object_none else ["object-src is not 'none'"]
        parts += [] if self.base_uri in {"none", "self"} else [f"base-uri {self.base_uri}"]
        parts += ["any site may frame it"] if self.frame_ancestors == "open" else []
        parts += self.mistakes
        return "; ".join(parts) or "scripts restricted, object-src 'none', base-uri restricted"

    def elsewhere(self) -> tuple[Location, ...]:
        return self.places


class DeclaredDuplicate(Fact, tag="header.duplicate", frozen=True, kw_only=True):
    """A header of which there should be one field, sent by two layers. differs: with different values."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "name")

    application: str
    name: str
    layers: tuple[str, ...]
    values: tuple[str, ...]
    differs: bool
    places: tuple[Location, ...] = ()

    def describe(self) -> str:
        sent = " and ".join(f"{value!r} by {layer}" for value, layer in zip(self.values, self.layers, strict=False))
        return f"{self.name} is sent as {sent}"

    def elsewhere(self) -> tuple[Location, ...]:
        return self.places


class ErrorHeaders(Fact, tag="header.on-errors", frozen=True, kw_only=True):
    """Security headers that pages of an application carry, by its own code. missing: those that its error responses do
    not, with statuses ("x-frame-options: 404, 500")."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application",)

    application: str
    layer: str
    missing: tuple[str, ...]
    places: tuple[Location, ...] = ()

    def describe(self) -> str:
        return f"not sent with errors: {'; '.join(self.missing)}" if self.missing else "errors carry the same headers"

    def elsewhere(self) -> tuple[Location, ...]:
        return self.places


class StrippedHeader(Fact, tag="header.stripped", frozen=True, kw_only=True):
    """A security header that an application sends, and a proxy takes away or its own code. by: the proxy, or "code"."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "name", "by")

    application: str
    name: str
    by: str
    places: tuple[Location, ...] = ()

    def describe(self) -> str:
        return f"{self.by} takes away {self.name}, which the application sends"

    def elsewhere(self) -> tuple[Location, ...]:
        return self.places


class UnappliedHeaders(Fact, tag="header.unapplied", frozen=True, kw_only=True):
    """What would set security headers, and nothing that lets it. what: "secure.Secure", "Talisman", "the middleware X"
    of Traefik."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("what",)

    what: str

    def describe(self) -> str:
        return f"{self.what} is made, and no response gets its headers"


class WrittenHeader(Fact, tag="header.written", frozen=True, kw_only=True):
    """A security header that code gives a literal value, wherever that is. view: the function, "" for a table that no
    function holds. Raw material for the resolver, never judged."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("view", "name", "value")

    view: str
    name: str
    value: str


class ViewOpening(Fact, tag="header.opening", frozen=True, kw_only=True):
    """A view that goes without a protection that the others have. opens: "framing", "the content policy", "plain http"
    ...; how: the decorator, or the field that it sends."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("view", "how")

    view: str
    opens: str
    how: str

    def describe(self) -> str:
        return f"{self.how} on {self.view} opens {self.opens}"


class OriginPattern(Fact, tag="cors.pattern", frozen=True, kw_only=True):
    """A regular expression for the origins that may read responses. faults: what it lets in besides; written: the
    expression."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "written")

    application: str
    setting: str
    written: str
    faults: tuple[str, ...]

    def describe(self) -> str:
        return f"{self.setting} {self.written!r}: {'; '.join(self.faults) or 'names its hosts'}"


class MiddlewareOrder(Fact, tag="middleware.order", frozen=True, kw_only=True):
    """Where a middleware of Django stands that has to see every response. which: "cors" (django-cors-headers),
    "security" (SecurityMiddleware). first: before what may answer in its place; before: what stands above it."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "which")

    application: str
    which: str
    first: bool
    before: str = ""

    def describe(self) -> str:
        called = {"cors": "CorsMiddleware", "security": "SecurityMiddleware"}[self.which]
        return f"{called} stands above all that may answer" if self.first else f"{called} stands below {self.before}"


class RedirectExempt(Fact, tag="redirect.exempt", frozen=True, kw_only=True):
    """A pattern of SECURE_REDIRECT_EXEMPT. everything: it is found in every path."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "pattern")

    application: str
    pattern: str
    everything: bool

    def describe(self) -> str:
        return f"SECURE_REDIRECT_EXEMPT has {self.pattern!r}" + (
            ", which every path matches" if self.everything else ""
        )


class CookieCall(Fact, tag="cookie.call", frozen=True, kw_only=True):
    """The same where an attribute is not a literal: an expression of names of its module, or "…" and what stands there
    in short; "" where it may be in **."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("name", "scope")

    name: str
    scope: str
    secure: bool | str
    http_only: bool | str

    def describe(self) -> str:
        return f"{self.scope} sets the cookie {self.name}"


class SetCookie(Fact, tag="cookie.in-code", frozen=True, kw_only=True):
    """A cookie that code sets whose name says that it lets somebody in. secure, http_only: None where not known."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("name", "scope")

    name: str
    scope: str
    secure: bool | None
    http_only: bool | None

    def describe(self) -> str:
        lacks = [text for text, on in (("Secure", self.secure), ("HttpOnly", self.http_only)) if on is False]
        return f"{self.scope} sets the cookie {self.name}" + (f" without {' and '.join(lacks)}" if lacks else "")
