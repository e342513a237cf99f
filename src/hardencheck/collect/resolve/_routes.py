"""What a reverse proxy does with the requests that reach it, in one form for every product.

A route is a place of a configuration where a request is answered or handed on: a location of nginx, a section of
Apache, a handler of Caddy, a router of Traefik, a path of an Ingress. What holds there is worked out by the rules of
the product (inheritance, order, units), so that whoever joins layers needs to know none of them.
"""

import re
from typing import Literal, NamedTuple

from hardencheck.lazily import compiled
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_ROUTES = 500  # of one product
Product = Literal["nginx", "apache", "caddy", "traefik", "ingress-nginx"]


_ECHO = compiled(
    r"\$\{?http_(\w{1,60})\}?|\{(?:http\.request\.)?header\.([\w-]{1,60})\}|%\{([\w-]{1,60})\}[ie]", re.IGNORECASE
)


def echoed(value: str) -> str:
    """The field of the request that a value of a response is, in lower case; "" where it is none."""
    match = _ECHO.fullmatch(value.strip())
    return next((name for name in match.groups() if name), "").lower().replace("_", "-") if match is not None else ""


def of_client(name: str, value: str) -> bool:
    """Whether what a proxy sets on a request, a field of Route.request, is what the client sent in it."""
    text = value.lower().replace("{", "").replace("}", "").replace("_", "-")
    return f"$http-{name}" in text or f"header.{name}" in text or value == "appended" or BESIDE in value


BESIDE = "(beside what the client sent)"


class Doubt(NamedTuple):
    """Why something is not known: a sentence without a full stop, and the line it is about."""

    where: Location
    text: str
    reason: Reason = Reason.DYNAMIC


class Limit(NamedTuple):
    """The largest request body at a route. max_bytes: None: no limit. written: as in the file, with its unit, "" where
    nothing sets it. setting: the directive that does or would. doubt: then max_bytes says nothing.

    status: the answer to a body that is larger, None where it differs. counts_chunked: whether a body without a
    Content-Length is held to it as well (where it is held to another limit, that is Route.body_chunked).
    """

    max_bytes: int | None
    setting: str
    where: Location
    written: str = ""
    default: bool = False
    status: int | None = 413
    counts_chunked: bool = True
    doubt: Doubt | None = None


class Timeout(NamedTuple):
    """How long one step of a request may take. seconds: None: no end. between: from one read to the next, not in
    all."""

    setting: str
    seconds: float | None
    where: Location
    between: bool = True
    default: bool = False
    doubt: Doubt | None = None


class Change(NamedTuple):
    """One change of the response's header fields, in the order in which the product makes them.

    does: "set" (one field, whatever was there), "add" (one more), "default" (only where none is), "remove", "edit"
    (what comes out is not known). value: None where not known, and doubt says why. statuses: on which it acts, None:
    on all. own: also on answers that the proxy makes itself (an error page of its own, a redirect). upstream: also on
    answers that come from behind it. echoes: the field of the request whose value it sends back, in lower case, "" for
    none.
    """

    does: Literal["set", "add", "default", "remove", "edit"]
    name: str
    value: str | None
    where: Location
    statuses: frozenset[int] | None = None
    own: bool = True
    upstream: bool = True
    doubt: Doubt | None = None
    echoes: str = ""


class Route(NamedTuple):
    """name: for people: "server shop.example, location /media/". hosts: names it answers to, () for any. path: as
    written ("/", "~ \\.php$", "PathPrefix(`/api`)"). role: of the file. templated: its file has placeholders.

    hands_on: to an application; upstream: where ("http://app:8000", "uwsgi://app:3031", "unix:/run/app.sock"), "" where
    it does not or that is not known; upstreams: all of them, where there are several. serves: the directory of files
    that it answers from, "" where it does not. answers: the status that it gives by itself (return, redirect), None
    where it does not. tls: None where not known, or both. listens: as written. request: fields that it sets on the
    request that it hands on, lower-case name -> value as written, "" takes the field out; request_doubts: what may add
    to them or drop them. lost_headers: response fields that are added further out, and the line that keeps each from
    being sent here. header_doubts: what may add response fields or drop them. doubts: what else may change any of
    this (a file that is included and is not there). body_chunked: the limit of a body without a Content-Length, where
    it is not that of body. inside: the line of the server or site that it is part of. buffers_request: it reads the
    whole body before it hands on. replaces_errors: the line by which it puts pages of its own in the place of errors
    that come from behind it. elsewhere: what it leads to, where that is clearly not the application of the
    repository (a store, a product, a front end); it hands nothing on then. internal: only an application can have it
    answered (X-Accel-Redirect), which says how the file is to be saved. cases: where the response fields are others,
    in words.
    """

    product: Product
    name: str
    where: Location
    body: Limit
    hosts: tuple[str, ...] = ()
    path: str = "/"
    role: str = "production"
    templated: bool = False
    hands_on: bool = False
    upstream: str = ""
    upstreams: tuple[str, ...] = ()
    serves: str = ""
    answers: int | None = None
    redirects_to_https: bool = False
    tls: bool | None = None
    listens: tuple[str, ...] = ()
    headers: tuple[Change, ...] = ()
    lost_headers: tuple[tuple[str, Location], ...] = ()
    header_doubts: tuple[Doubt, ...] = ()
    request: tuple[tuple[str, str, Location], ...] = ()
    request_doubts: tuple[Doubt, ...] = ()
    timeouts: tuple[Timeout, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    body_chunked: Limit | None = None
    inside: Location | None = None
    buffers_request: bool = True
    replaces_errors: Location | None = None
    elsewhere: str = ""
    cases: tuple[str, ...] = ()
    internal: bool = False


def beyond(product: Product, setting: str, where: Location) -> Route:
    """What stands for the places of a configuration that are too many to look at."""
    text = f"it has more than {MAX_ROUTES} places: the rest is not looked at"
    return unseen(product, "all other places", setting, Doubt(where, text, Reason.BUDGET), where)


def unseen(product: Product, name: str, setting: str, doubt: Doubt, where: Location) -> Route:
    """What may hand requests on, and nothing of it is known. setting: that of its limit on bodies."""
    return Route(
        product, name, where, Limit(None, setting, where, default=True, doubt=doubt), hands_on=True, inside=where,
        header_doubts=(doubt,), request_doubts=(doubt,), doubts=(doubt,),
    )  # fmt: skip
