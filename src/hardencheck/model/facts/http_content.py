"""What the content of HTTP responses is and loads, and the file that tells where to report a weakness."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.facts.http import Response

Asked = Literal["stranger", "null", "begins-like", "ends-like", "http", "preflight"]


class ContentType(Response, tag="http.content-type", frozen=True, kw_only=True):
    """Content-Type as browsers read it (Fetch standard, extract a MIME type), of responses that have content.

    essence: type and subtype; "" when there is none that is one, and the browser guesses. textual: a kind whose
    encoding has to be said (text/*, XML). charset: "" when not said. known: the charset is one that browsers know.
    """

    side: ClassVar[Side] = Side.OBSERVED

    essence: str
    textual: bool
    charset: str
    known: bool

    def says(self) -> str:
        if not self.essence:
            return "no valid Content-Type"
        return self.essence + (f" in {self.charset}" if self.charset else " without charset")


class ClearSiteData(Response, tag="http.clear-site-data", frozen=True, kw_only=True):
    """Clear-Site-Data, where it is sent, and on the way out of a session.

    logout: the path is one that ends a session. clears: "cookies", "storage", "cache" ...; * is all of them.
    ends: cookies are among them. faults: parts that browsers leave out, since they are no quoted word that they know.
    """

    side: ClassVar[Side] = Side.OBSERVED

    logout: bool
    present: bool
    ends: bool
    clears: tuple[str, ...]
    faults: tuple[str, ...]

    def says(self) -> str:
        if not self.present:
            return "not sent"
        said = f"clears {', '.join(self.clears) or 'nothing'}"
        return f"{said}; not understood: {', '.join(self.faults)}" if self.faults else said


class Markup(Response, tag="http.markup", frozen=True, kw_only=True):
    """What the HTML of a page loads, and where its forms go.

    insecure: what a page over https takes from http, or sends there. unpinned: scripts and style sheets of hosts of
    other owners without an integrity that counts. refused: those with one, that browsers refuse for want of
    crossorigin.
    password: it asks for a password. clear: and that goes, or came, over http.
    """

    side: ClassVar[Side] = Side.OBSERVED

    insecure: tuple[str, ...]
    unpinned: tuple[str, ...]
    refused: tuple[str, ...]
    password: bool
    clear: bool

    def says(self) -> str:
        parts = ["a password is asked for over http"] if self.clear else []
        parts += [f"over http: {', '.join(self.insecure)}"] if self.insecure else []
        parts += [f"without integrity: {', '.join(self.unpinned)}"] if self.unpinned else []
        parts += [f"integrity without crossorigin: {', '.join(self.refused)}"] if self.refused else []
        return "; ".join(parts) or "nothing over http, nothing of others without integrity"


class InternalAddress(Response, tag="http.internal-address", frozen=True, kw_only=True):
    """One header that names an address or a host that only an inside network knows."""

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("name", "address")

    name: str
    address: str

    def says(self) -> str:
        return f"{self.name} names {self.address}"


class Cors(Response, tag="http.cors", frozen=True, kw_only=True):
    """What one other site's page may do with an answer (Fetch standard, CORS check).

    asked: whose: "stranger" (a site of no relation), "null" (a sandboxed frame), "begins-like", "ends-like" (a host
    whose name begins or ends like the service's), "http" (its own name without TLS), "preflight" (a stranger's page
    before a request that changes something). origin: what was sent; allowed: Access-Control-Allow-Origin.
    reads: the page may read the answer. credentials: to a request with the visitor's cookies. sensitive: the answer
    sets a login cookie or asks for a password. varies: where the origin is sent back, Vary says so.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("asked",)

    asked: Asked
    origin: str
    allowed: str
    reads: bool
    credentials: bool
    sensitive: bool
    varies: bool

    def says(self) -> str:
        if not self.reads:
            return f"{self.origin} may not read it"
        how = "with the visitor's cookies" if self.credentials else "without cookies"
        said = f"{self.origin} may read it {how} (Access-Control-Allow-Origin: {self.allowed})"
        return said if self.varies else f"{said}, and Vary does not name Origin"


class SecurityTxt(Fact, tag="http.security-txt", frozen=True, kw_only=True):
    """/.well-known/security.txt (RFC 9116). faults: what it breaks, nothing when it is absent."""

    side: ClassVar[Side] = Side.OBSERVED

    scheme: Literal["http", "https"]
    present: bool
    faults: tuple[str, ...]

    def describe(self) -> str:
        return "; ".join(self.faults) or ("valid" if self.present else "there is none")
