"""What HTTP responses show. `location.url` is the URL that answered, without query and user information."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side

Content = Literal["html", "api", "other", "redirect", "empty"]
Scheme = Literal["http", "https"]
CookieRole = Literal["session", "csrf", "other"]
# Which hosts get a cookie: the one that set it; those below it too; a wider domain; none, since browsers refuse it.
CookieScope = Literal["host", "subdomains", "wider", "foreign"]
# What browsers keep at most (RFC 6265bis, sections 5.5 and 5.6).
MAX_COOKIE_BYTES = 4096
MAX_COOKIE_SECONDS = 400 * 86_400
SameSite = Literal["strict", "lax", "none", "none-without-secure", "invalid", "absent"]


class Response(Fact, frozen=True, kw_only=True):
    """Shared by all facts of a response.

    content: by Content-Type: "html" (a page), "api" (JSON, XML and their like), "other" (a file), "redirect" (3xx with
    Location: nothing of it is shown) or "empty" (1xx, 204, 205, 304). status: of the response; errors are judged too.
    """

    scheme: Scheme
    status: int
    content: Content

    def says(self) -> str:
        """What was seen; each fact puts it into words."""
        return Fact.describe(self)

    def describe(self) -> str:
        """With the status where it is no ordinary answer: nobody looks for a 404 behind the URL of a page."""
        said = self.says()
        return f"{said} (status {self.status})" if self.status >= 400 else said


class Hsts(Response, tag="http.hsts", frozen=True, kw_only=True):
    """Strict-Transport-Security as RFC 6797 reads it: the first field wins; one that breaks the grammar is absent.

    max_age: seconds, None when absent or invalid; 0 switches it off. fault: why a field that is there does not count.
    named: the host is a name; browsers ignore the header of an address. trusted: the certificate was accepted,
    without which browsers ignore it as well. preloadable: what the field says is what the preload list asks for.
    """

    side: ClassVar[Side] = Side.OBSERVED

    present: bool
    max_age: int | None
    include_subdomains: bool
    preload: bool
    fault: str
    named: bool
    trusted: bool
    preloadable: bool

    def says(self) -> str:
        if not self.present:
            return f"Strict-Transport-Security does not count: {self.fault}" if self.fault else "not sent"
        parts = [f"max-age={self.max_age}"]
        if self.include_subdomains:
            parts.append("includeSubDomains")
        if self.preload:
            parts.append("preload")
        if not self.trusted:
            parts.append("(ignored: the certificate is not valid)")
        return " ".join(parts)


class Csp(Response, tag="http.csp", frozen=True, kw_only=True):
    """All enforced content security policies of a response together (CSP Level 3).

    present: at least one that is not blank, in a header or a meta element. report_only: a policy only reports.
    A demand is met when one enforced policy meets it, since every one of them must allow what happens.
    script_src, object_src: restricted by one of them (script elements and event handlers both).
    object_none: object-src (or its fallback) is 'none'.
    base_uri, frame_ancestors, form_action: the strictest: "none", "self", "hosts", "open" (any site) or "absent".
    script_holes, object_holes: sources that make the restriction worthless, in every enforced policy.
    mistakes: what the author meant otherwise: an unknown directive, a keyword without quotes, hashes run together.
    nonce_reused: the same nonce in two responses. inert: default-src 'none' and frame-ancestors 'none'.
    reports_nowhere: reports that no endpoint gets, of enforced policies and of those that only report.
    """

    side: ClassVar[Side] = Side.OBSERVED

    present: bool
    report_only: bool
    policies: int
    script_src: bool
    object_src: bool
    object_none: bool
    base_uri: str
    frame_ancestors: str
    form_action: str
    script_holes: tuple[str, ...]
    object_holes: tuple[str, ...]
    mistakes: tuple[str, ...]
    nonce_reused: bool
    inert: bool = False
    reports_nowhere: tuple[str, ...] = ()

    def says(self) -> str:
        if self.content == "api":
            return "neither loads nor is framed" if self.inert else "as a document it could load, or be framed"
        if not self.present:
            return "only Content-Security-Policy-Report-Only: nothing is enforced" if self.report_only else "not sent"
        parts = []
        if not self.script_src:
            parts.append("scripts are not restricted")
        if self.script_holes:
            parts.append(f"scripts may come from {', '.join(self.script_holes)}")
        if not self.object_none:
            parts.append("object-src is not 'none'")
        if self.base_uri not in ("none", "self"):
            parts.append(f"base-uri {self.base_uri}")
        if self.form_action in ("absent", "open"):
            parts.append(f"form-action {self.form_action}")
        if self.nonce_reused:
            parts.append("the nonce is the same in two responses")
        parts.extend(self.mistakes)
        parts.extend(self.reports_nowhere)
        return "; ".join(parts) or "scripts restricted, object-src 'none', base-uri restricted"


class Nosniff(Response, tag="http.nosniff", frozen=True, kw_only=True):
    """X-Content-Type-Options: whether its first token is nosniff, any case (Fetch standard)."""

    side: ClassVar[Side] = Side.OBSERVED

    nosniff: bool
    value: str | None

    def says(self) -> str:
        return "not sent" if self.value is None else f"X-Content-Type-Options: {self.value}"


class Framing(Response, tag="http.framing", frozen=True, kw_only=True):
    """Who may show the page in a frame.

    frame_ancestors: "none", "self", "hosts", "open" or "absent"; it overrides X-Frame-Options.
    x_frame_options: "deny", "sameorigin", "invalid" (ALLOW-FROM, ALLOWALL: browsers ignore it), "conflicting" or
    "absent".
    """

    side: ClassVar[Side] = Side.OBSERVED

    frame_ancestors: str
    x_frame_options: str

    def says(self) -> str:
        return f"frame-ancestors {self.frame_ancestors}, X-Frame-Options {self.x_frame_options}"


class ReferrerPolicy(Response, tag="http.referrer-policy", frozen=True, kw_only=True):
    """The policy in effect: the last token that is known; None when no field or meta element sets one."""

    side: ClassVar[Side] = Side.OBSERVED

    policy: str | None
    value: str | None

    def says(self) -> str:
        if self.policy is not None:
            return self.policy
        return "not sent" if self.value is None else f"no known policy in: {self.value}"


class PermissionsPolicy(Response, tag="http.permissions-policy", frozen=True, kw_only=True):
    """A structured dictionary (RFC 9651): one syntax error voids it all. open: features granted to every site."""

    side: ClassVar[Side] = Side.OBSERVED

    present: bool
    valid: bool
    open: tuple[str, ...]
    fault: str

    def says(self) -> str:
        if not self.present:
            return "not sent"
        if not self.valid:
            return f"void: {self.fault}"
        return f"granted to every site: {', '.join(self.open)}" if self.open else "valid"


class Coop(Response, tag="http.coop", frozen=True, kw_only=True):
    """Cross-Origin-Opener-Policy in effect; a repeated or malformed field means unsafe-none (HTML standard)."""

    side: ClassVar[Side] = Side.OBSERVED

    policy: str
    value: str | None

    def says(self) -> str:
        return "not sent" if self.value is None else f"{self.policy} (sent: {self.value})"


class Coep(Response, tag="http.coep", frozen=True, kw_only=True):
    """Cross-Origin-Embedder-Policy in effect: "require-corp", "credentialless" or "unsafe-none" (HTML standard)."""

    side: ClassVar[Side] = Side.OBSERVED

    policy: str
    value: str | None

    def says(self) -> str:
        return "not sent" if self.value is None else f"{self.policy} (sent: {self.value})"


class OriginAgentCluster(Response, tag="http.origin-agent-cluster", frozen=True, kw_only=True):
    """Origin-Agent-Cluster, where it is sent: on only for the structured boolean ?1 (HTML standard)."""

    side: ClassVar[Side] = Side.OBSERVED

    on: bool
    value: str

    def says(self) -> str:
        return f"{'on' if self.on else 'off'} (sent: {self.value})"


class Corp(Response, tag="http.corp", frozen=True, kw_only=True):
    """Cross-Origin-Resource-Policy: "same-origin", "same-site", "cross-origin", or None (absent or invalid)."""

    side: ClassVar[Side] = Side.OBSERVED

    policy: str | None
    value: str | None

    def says(self) -> str:
        return "not sent" if self.value is None else f"Cross-Origin-Resource-Policy: {self.value}"


class Cookie(Response, tag="http.cookie", frozen=True, kw_only=True):
    """One Set-Cookie field; its value is never kept. Deletions are marked, not judged.

    role: by its name: "session" (a login or session), "csrf" (script-readable by design), "other".
    same_site: "strict", "lax", "none", "none-without-secure" (browsers drop it), "invalid" or "absent".
    prefixed: the name begins with __Host- or __Secure-. honoured: it keeps what its prefix promises (RFC 6265bis);
    true without a prefix. size: bytes of name and value together. scope: which hosts get it.
    lifetime: seconds, None for the session or where it is not known.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    role: CookieRole
    secure: bool
    http_only: bool
    same_site: SameSite
    prefixed: bool
    honoured: bool
    deletion: bool
    size: int
    scope: CookieScope
    domain: str
    lifetime: int | None

    def says(self) -> str:
        parts = [
            "Secure" if self.secure else "no Secure",
            "HttpOnly" if self.http_only else "no HttpOnly",
            f"SameSite {self.same_site}",
        ]
        parts += [] if self.honoured else ["not what its prefix promises"]
        parts += [f"Domain={self.domain}"] if self.domain else []
        parts += [f"{self.size} bytes"] if self.size > MAX_COOKIE_BYTES else []
        parts += (
            [f"kept for {(self.lifetime or 0) // 86_400} days"] if (self.lifetime or 0) > MAX_COOKIE_SECONDS else []
        )
        return f"cookie {self.name}: {', '.join(parts)}"


class CacheControl(Response, tag="http.cache-control", frozen=True, kw_only=True):
    """Whether a response may be stored.

    sensitive: sets a login cookie or holds a password field. sets_cookie: sets any cookie (deletions aside).
    no_store: nobody stores it. shared: a shared cache is told that it may keep it (public, s-maxage, max-age without
    private).
    """

    side: ClassVar[Side] = Side.OBSERVED

    sensitive: bool
    sets_cookie: bool
    no_store: bool
    shared: bool
    value: str | None

    def says(self) -> str:
        return "Cache-Control is not sent" if self.value is None else f"Cache-Control: {self.value}"


class Leak(Response, tag="http.leak", frozen=True, kw_only=True):
    """One header that names software. versioned: with a version; a bare "nginx" has none."""

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    value: str
    versioned: bool

    def says(self) -> str:
        return f"{self.name}: {self.value}"


class Deprecated(Response, tag="http.deprecated", frozen=True, kw_only=True):
    """One header, or value, that browsers dropped and that does nothing, or harm."""

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    value: str

    def says(self) -> str:
        return f"{self.name}: {self.value}"


class Duplicate(Response, tag="http.duplicate", frozen=True, kw_only=True):
    """A header that must come once and came more often. differs: the copies say different things."""

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    differs: bool
    values: tuple[str, ...]

    def says(self) -> str:
        return f"{self.name} sent {len(self.values)} times: {' | '.join(self.values)}"


class Redirect(Fact, tag="http.redirect", frozen=True, kw_only=True):
    """What plain http does.

    outcome: "https" (the first hop is https on the same host), "https-elsewhere" (another host first, so the host
    asked never gets HSTS), "http" (another http URL first), "served" (an answer in clear), "refused" (an error without
    a page), "closed" (nothing listens), "back-to-http" (an https URL that sends the browser to http).
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("outcome",)

    outcome: Literal["https", "https-elsewhere", "http", "served", "refused", "closed", "back-to-http"]
    status: int
    content: Content

    def describe(self) -> str:
        return {
            "https": f"{self.status} to https on the same host",
            "https-elsewhere": f"{self.status} to https on another host",
            "http": f"{self.status} to another http URL",
            "served": f"answered in clear with {self.status}",
            "refused": f"refused with {self.status}",
            "closed": "nothing listens",
            "back-to-http": f"{self.status} from https to http",
        }[self.outcome]
