"""What a live service was seen to do with bodies that are too large, and with clients that are too slow."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side

Form = Literal["multipart", "urlencoded", "raw"]
How = Literal["declared", "uploaded"]


class MeasuredLimit(Fact, tag="http.upload-limit", frozen=True, kw_only=True):
    """The largest body that the outermost layer which checks lets through.

    how: "declared" (a length was promised and no body was sent) or "uploaded" (bodies were sent). form: what the body
    was said to be. max_bytes: the largest that was accepted, all of the body counted. refused: the smallest that was
    not; None where nothing was refused. exact: they are one byte apart. status: of the refusal, 0 for a connection that
    was closed. expect: only with Expect: 100-continue was it refused. outer, outer_from: another status that bodies of
    this size and above get. requests, sent: what it took, body bytes in `sent`. repeated: both sides were asked twice.
    bounded: something was refused. confirmed: the largest was really sent too.
    chunked: what became of a chunk that is too large and of which a byte was sent: "refused" or "awaited", which proves
    nothing; "" where none was.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("how", "method", "form")

    how: How
    method: str
    form: Form
    max_bytes: int
    refused: int | None
    exact: bool
    status: int = 0
    expect: bool = False
    outer: int = 0
    outer_from: int = 0
    requests: int
    sent: int
    repeated: bool = False
    bounded: bool = True
    confirmed: bool = False
    chunked: Literal["", "refused", "awaited"] = ""

    def describe(self) -> str:
        took = f"{self.requests} requests, {self.sent:,} body bytes"
        if self.refused is None:
            return f"measured: accepts at least {self.max_bytes:,} B ({self.how}, {took})"
        answer = str(self.status) if self.status else "connection closed"
        if self.exact:
            text = f"measured: {self.max_bytes:,} B exact ({answer}, {took})"
        else:
            text = f"measured: between {self.max_bytes:,} and {self.refused:,} B ({answer}, {took})"
        return (
            text
            if not self.outer
            else f"{text}; from {self.outer_from:,} B at the latest another layer says {self.outer}"
        )

    def proof(self) -> tuple[str, ...]:
        way = "with Expect: 100-continue" if self.expect else "without Expect"
        said = "the body was sent" if self.how == "uploaded" else f"the body was withheld, {way}"
        if self.confirmed:
            said += f"; then {self.max_bytes:,} B were sent and accepted"
        if self.chunked:
            said += f"; a chunk of {self.refused or 0:,} B is {self.chunked} before it comes"
            said += ", which proves nothing" if self.chunked == "awaited" else ""
        repeated = "both sides asked twice" if self.repeated else "not asked twice"
        return (f"{self.method}, {self.form} body: {said}; {repeated}; the outermost layer that checks",)

    def alternatives(self) -> "tuple[Fact, ...]":
        if self.exact or self.refused is None:
            return ()
        import msgspec

        return (msgspec.structs.replace(self, max_bytes=self.refused - 1, exact=True),)


class HeldConnection(Fact, tag="http.held-connection", frozen=True, kw_only=True):
    """A client that stops in the middle of a body. seconds: after which it was let go, or that it was held for.

    closed: it was let go. status: with which answer, 0 for none. sent: bytes of the body, of those promised.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("method",)

    method: str
    seconds: float
    closed: bool
    status: int = 0
    sent: int
    promised: int

    def describe(self) -> str:
        what = f"after {self.sent} of {self.promised:,} body bytes"
        if not self.closed:
            return f"still open after {self.seconds:g} s ({what})"
        return f"closed after {self.seconds:g} s ({what}, {self.status or 'no answer'})"
