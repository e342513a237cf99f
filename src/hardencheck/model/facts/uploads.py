"""How much a request may bring, layer by layer."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.location import Location

Layer = Literal["proxy", "server", "framework"]
Counted = Literal[
    "fields", "files", "parts", "request-line", "header-fields", "header-size", "head", "message", "xml", "memory"
]
Step = Literal["head", "body", "answer", "send", "idle", "worker", "request"]


class UploadLimit(Fact, tag="upload.limit", frozen=True, kw_only=True):
    """The largest body one setting of one layer admits. max_bytes: None: no limit. default: not set, the product's own.

    counts: what is measured against it: "body" (all of it) or "fields" (everything but the files of a form).
    written: as the file has it, with its unit; "" where nothing sets it. backed: nobody set it, and another layer
    bounds the same bodies on every way to the application.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "setting", "application")

    layer: Layer
    product: str
    application: str
    setting: str
    counts: Literal["body", "fields"] = "body"
    max_bytes: int | None
    default: bool = False
    written: str = ""
    backed: bool = False

    def describe(self) -> str:
        size = "no limit" if self.max_bytes is None else f"at most {self.max_bytes} bytes"
        return f"{self.setting}: {size}" + (" (the default)" if self.default else "")


class RouteLimit(Fact, tag="upload.route-limit", frozen=True, kw_only=True):
    """A limit that code gives to one route, one form or one server. Raw material for resolvers, never judged by a rule.

    value None: no limit, where known. text: the expression.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "setting")

    product: str
    setting: str
    value: int | None
    known: bool
    text: str
    role: str


class RequestLimit(Fact, tag="request.limit", frozen=True, kw_only=True):
    """A limit on what a request consists of. limit: None: off. counts: "fields", "files", "parts" of a form (fields and
    files), "request-line", "header-fields", "header-size", "head" (bytes of all of it), "message" (bytes of one message
    of a WebSocket), "xml" (bytes of a body that is read as XML), "memory" (bytes of a file that are kept in memory)."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "setting", "application")

    layer: Layer
    product: str
    application: str
    setting: str
    counts: Counted
    limit: int | None
    default: bool = False

    def describe(self) -> str:
        shown = "no limit" if self.limit is None else f"at most {self.limit}"
        return f"{self.setting}: {shown}" + (" (the default)" if self.default else "")


class RequestTimeout(Fact, tag="request.timeout", frozen=True, kw_only=True):
    """How long one step of a request may take. seconds: None: no end.

    step: "head" and "body" are what the client sends, "answer" what the application takes, "send" what the client takes
    to read it, "idle" a connection between two requests, "worker" a worker that does not answer its master, "request"
    all of it. between: from one read or write to the next, not in all. websocket: the place hands on upgrades, whose
    connections are silent for long.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "setting", "application")

    layer: Layer
    product: str
    application: str
    setting: str
    step: Step
    seconds: float | None
    default: bool = False
    between: bool = False
    websocket: bool = False

    def describe(self) -> str:
        shown = "no end" if self.seconds is None else f"{self.seconds:g} s"
        return f"{self.setting}: {shown}" + (" (the default)" if self.default else "")


Content = Literal["multipart-file", "multipart-field", "urlencoded", "raw", "chunked"]
Measure = Literal["body", "fields", "field", "encoded"]


class BodyBound(Fact, tag="upload.bound", frozen=True, kw_only=True):
    """The effective limit of one kind of content on one way to an application: the smallest over all layers that count
    it.

    content: "chunked" is a raw body that does not say its length. route: the places of a proxy that treat bodies alike,
    "" where no proxy is in the repository. bounded: some layer stops it. max_bytes: the largest that passes; None where
    there is none, or where nothing of such a body is read. measures: what is counted, the whole body, all fields of a
    form together, one field, or a chunked body as it is sent. decided_by: the layer, setting and place that decide.
    status: the answer of that layer, None where it differs; 200: what is beyond the limit is cut off. or_502: that
    layer does not read the body before it answers, and a proxy that is still sending then may say 502 in its place.
    only: it is unbounded, and would be bounded if it said its length.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "application", "content", "route")

    framework: str
    application: str
    content: Content = "multipart-file"
    route: str = ""
    bounded: bool
    max_bytes: int | None
    measures: Measure = "body"
    decided_by: str
    status: int | None = None
    or_502: bool = False
    only: bool = False

    def describe(self) -> str:
        what = _CONTENTS[self.content]
        if not self.bounded:
            return f"no layer bounds {what} ({self.decided_by})"
        if self.max_bytes is None:
            return f"nothing of {what} is read: {self.decided_by}"
        return f"{what}: at most {self.max_bytes} bytes, by {self.decided_by}"


_CONTENTS = {
    "multipart-file": "an uploaded file",
    "multipart-field": "a field of a multipart form",
    "urlencoded": "an urlencoded form",
    "raw": "a raw body",
    "chunked": "a body without Content-Length",
}


class UnappliedLimit(Fact, tag="upload.unapplied", frozen=True, kw_only=True):
    """A limit on bodies in a place where it acts on no request that reaches an application. why: reads after "has no
    effect: "."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "setting")

    product: str
    setting: str
    written: str
    why: str

    def describe(self) -> str:
        return f"{self.setting} {self.written} has no effect: {self.why}"


class MixedUnits(Fact, tag="upload.mixed-units", frozen=True, kw_only=True):
    """The same number with the same letter in two products, to which it is two sizes. other: the place of the second
    one."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "written")

    product: str
    written: str
    max_bytes: int
    other: Location
    other_product: str
    other_bytes: int

    def describe(self) -> str:
        return (
            f"{self.written} is {self.max_bytes} bytes to {self.product} and {self.other_bytes} to {self.other_product}"
        )

    def elsewhere(self) -> tuple[Location, ...]:
        return (self.other,)


class RequestBuffering(Fact, tag="request.buffering", frozen=True, kw_only=True):
    """Whether a proxy reads the whole body before it hands it on, where a file says so."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product",)

    product: str
    buffers: bool

    def describe(self) -> str:
        return f"{self.product} {'reads the whole body first' if self.buffers else 'hands on a body while it comes'}"


class StoredFileMode(Fact, tag="upload.stored-mode", frozen=True, kw_only=True):
    """The permissions a framework gives stored uploads. permissions: None: left to the umask."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("setting", "application")

    application: str
    setting: str
    what: Literal["file", "directory"]
    permissions: int | None
    default: bool = False

    def describe(self) -> str:
        if self.permissions is None:
            return f"{self.setting} is None: the umask decides"
        return f"{self.setting} is 0o{self.permissions:o}" + (" (the default)" if self.default else "")
