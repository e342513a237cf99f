"""What the repository says its responses will carry: the declared side of the join with the URL."""

from typing import ClassVar

from hardencheck.model.facts._base import Fact, Side


class DeclaredHeader(Fact, tag="header.declared", frozen=True, kw_only=True):
    """One response header of the service as its layers would send it, the outermost layer that decides it.

    name: lower-case field name. present: some layer sends it; False: a framework or proxy that was read could and
    does not (the location is where it should be set). value: as sent, None where it is not known or not present.
    max_age: seconds, for strict-transport-security. layer: "django", "flask", "starlette", "nginx" ... why: reads after
    "does not send it: ", where that is not plain.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("name", "layer")

    name: str
    present: bool
    value: str | None = None
    max_age: int | None = None
    layer: str
    why: str = ""

    def describe(self) -> str:
        if self.present:
            return f"{self.layer} sends {self.name}: {self.value}"
        return f"{self.layer} does not send {self.name}{f': {self.why}' if self.why else ''}"


COOKIE_ATTRIBUTES = ("secure", "http_only", "same_site")


class DeclaredCookie(Fact, tag="cookie.declared", frozen=True, kw_only=True):
    """The flags a framework's settings give one of its own cookies. role: "session" or "csrf"; same_site: "lax",
    "strict", "none", or None when the attribute is not sent; name: "" where only the service itself knows it.
    known: the attributes whose value is known and given here; the others say nothing: another fact has them, at the
    line that sets them, or a Gap says why not.
    application: as in `framework.setting`, "" where there is but one.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("role", "layer")

    role: str
    name: str
    secure: bool
    http_only: bool
    same_site: str | None
    layer: str
    known: tuple[str, ...] = COOKIE_ATTRIBUTES
    application: str = ""

    def describe(self) -> str:
        flags = [f"SameSite={self.same_site}"] if self.same_site and "same_site" in self.known else []
        lacking: list[str] = []
        for attribute, text, given in (("secure", "Secure", self.secure), ("http_only", "HttpOnly", self.http_only)):
            if attribute in self.known:
                (flags if given else lacking).append(text)
        called = f"{self.role} cookie {self.name}".rstrip()
        if not flags and set(self.known) != set(COOKIE_ATTRIBUTES):
            lacking += ["SameSite"] if "same_site" in self.known else []
            return f"the {called} has no {' nor '.join(lacking)}"
        lacks = f", not {' nor '.join(lacking)}" if lacking else ""
        return f"the {called} has {', '.join(flags) or 'no flag'}{lacks}"


class DeclaredCookieName(Fact, tag="cookie.declared-name", frozen=True, kw_only=True):
    """What a framework's settings call one of its own cookies; apart from the flags, which may be known without it.

    application: as in `framework.setting`, "" where there is but one.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("role", "layer")

    role: str
    name: str
    layer: str
    application: str = ""

    def describe(self) -> str:
        return f"the {self.role} cookie is called {self.name}"
