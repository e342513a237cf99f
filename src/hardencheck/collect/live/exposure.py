"""What is handed out that nobody should get: repositories, environment files, listings, debug pages, TRACE."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urljoin, urlsplit

from hardencheck.collect.contract import Client, Found, Observer, Probe, Unreadable
from hardencheck.collect.exchange import Exchange, origin, place
from hardencheck.collect.live._html import read_page
from hardencheck.collect.live._unique import unique
from hardencheck.collect.live.responses import blocked, content_of
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact
from hardencheck.model.facts.exposure import DebugPage, ExposedFile, Interface, Listing, Trace
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MARKER = "X-Hardencheck-Marker"
FILES = {"/.git/HEAD": "git", "/.git/config": "git", "/.env": "env", "/.svn/wc.db": "svn", "/.hg/requires": "hg"}
# Where they are by default: FastAPI's documentation, Prometheus, mod_status, stub_status in nginx's own examples.
INTERFACES = {
    "/docs": "api-docs", "/redoc": "api-docs", "/openapi.json": "api-docs", "/metrics": "metrics",
    "/server-status": "status", "/nginx_status": "status",
}  # fmt: skip
DIRECTORIES = ("/static/", "/media/", "/uploads/")
MAX_DIRECTORIES = 6

_GIT_HEAD = compiled(rb"(?:ref: refs/[^\s]{1,200}|[0-9a-f]{40}|[0-9a-f]{64})\s*")
_GIT_CONFIG = compiled(rb"\s*\[[a-zA-Z]+(?: \"[^\"\n]*\")?\]\s*[\r\n]")
# A quoted value may go over many lines, as a key in PEM does.
_VALUE = compiled(rb"""=[ \t]*(?:"(?:[^"\\]|\\.)*+"|'[^']*+')""", re.DOTALL)
_ASSIGNMENT = compiled(rb"\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=")
_MERCURIAL = compiled(
    rb"(?:[a-z0-9][a-z0-9.=,_-]{0,60}\r?\n)*(?:revlogv1|generaldelta|store|dotencode)\r?\n?[a-z0-9.=,_\r\n-]{0,2000}"
)
_SHOWN = {
    "api-docs": (
        re.compile(rb"swagger-ui|SwaggerUIBundle|<redoc[ >]|redoc(?:\.standalone)?(?:\.min)?\.js", re.IGNORECASE),
        re.compile(rb"\A\s*\{.{0,4096}?\"(?:openapi|swagger)\"\s*:\s*\"[23]\.", re.DOTALL),
    ),
    "metrics": (re.compile(rb"^# (?:HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* \S", re.MULTILINE),),
    "status": (
        re.compile(rb"<title>Apache Status</title>|Apache Server Status for ", re.IGNORECASE),
        re.compile(rb"\AActive connections: \d+\s+server accepts handled requests"),
    ),
}
_LISTINGS = (
    (re.compile(rb"<title>\s*Index of (?:/[^<]{0,500}|[^<]{0,500}/\s*)</title>", re.IGNORECASE), "Index of"),
    (re.compile(rb"<title>\s*Directory listing for ", re.IGNORECASE), "Directory listing for"),
    (re.compile(rb"<title>\s*Directory: /", re.IGNORECASE), "Directory"),
    (re.compile(rb"\[To Parent Directory\]"), "To Parent Directory"),
)
_DEBUG = (
    ("django", (b"<code>DEBUG = True</code>",)),
    ("django", (b"Django settings file", b"DEBUG=True")),
    ("django-debug-toolbar", (b'id="djDebug"',)),
    ("werkzeug", (b"Werkzeug Debugger</title>",)),
    ("werkzeug", (b"EVALEX", b"__debugger__")),
    ("starlette", (b"<title>Starlette Debugger</title>",)),
    ("pyramid", (b"pDebugToolbar",)),
    ("python (a traceback)", (b"Traceback (most recent call last)",)),
)


def missing_path(here: str, kind: str) -> str:
    """A path segment that no service has, the same in every audit of an origin, so that reports can be compared."""
    return f"hardencheck-{hashlib.sha256(f'{kind} {here}'.encode()).hexdigest()[:16]}"


class Exposures(Observer):
    """By content, never by status alone; an answer that a path which cannot exist gets as well proves nothing."""

    name = "exposure.facts"
    emits = (ExposedFile, Interface, Listing, DebugPage, Trace)

    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]:
        siblings = {(str(origin(item.url)), item.body) for item in exchanges if item.purpose in {"missing", "sibling"}}
        return unique(
            found
            for exchange in exchanges
            if not exchange.failed and not exchange.malformed
            for found in self._facts(exchange, (str(origin(exchange.url)), exchange.body) in siblings)
        )

    def _facts(self, exchange: Exchange, usual: bool) -> Iterator[Found]:
        where, purpose = Location(url=place(exchange.url)), exchange.purpose
        kinds: dict[str, tuple[type[Fact], ...]] = {
            "missing": (DebugPage,), "debugger": (DebugPage,), "exposure": (ExposedFile,), "listing": (Listing,),
            "trace": (Trace,), "interface": (Interface,),
        }  # fmt: skip
        wall = blocked(exchange) if purpose in kinds and purpose != "trace" else ""
        if wall:
            yield self._gap(kinds[purpose], wall, where)
            return
        path = urlsplit(exchange.url).path
        file = next((file for file in FILES if path.endswith(file)), None)
        if file is not None:
            exposed = exchange.status in {200, 206} and not usual and holds_secret_file(file, exchange.body)
            what = FILES[file]
            if exposed or purpose == "exposure":
                yield ExposedFile(location=where, what=what, exposed=exposed, status=exchange.status)  # type: ignore[arg-type]
        what = next((what for end, what in INTERFACES.items() if path.endswith(end)), "")
        if what and purpose in {"page", "interface"}:
            shown = exchange.status == 200 and not usual and is_interface(what, exchange.body)
            if shown or purpose == "interface":
                yield Interface(location=where, what=what, exposed=shown, status=exchange.status)  # type: ignore[arg-type]
        if purpose == "trace":
            marker = next((value for name, value in exchange.request_headers if name == MARKER), "")
            echoed = exchange.status == 200 and bool(marker) and marker.encode() in exchange.body
            yield Trace(location=where, echoed=echoed, status=exchange.status)
            return
        if purpose in {"page", "listing"}:
            server = listing(exchange)
            if server or purpose == "listing":
                yield Listing(location=where, exposed=bool(server), server=server, status=exchange.status)
        if purpose in {"page", "missing", "debugger"}:
            framework = debug_page(exchange)
            if purpose == "missing" and content_of(exchange) == "redirect":
                detail = "a path that cannot exist is redirected (a login?): a debug page may be behind it"
                yield self._gap((DebugPage,), detail, where)
            elif framework or purpose != "page":
                yield DebugPage(location=where, exposed=bool(framework), framework=framework, status=exchange.status)

    def _gap(self, kinds: Sequence[type[Fact]], detail: str, where: Location) -> Gap:
        names = tuple(kind.kind() for kind in kinds)
        return Gap(kinds=names, collector=self.name, reason=Reason.BLOCKED, detail=detail, location=where)


def holds_secret_file(file: str, body: bytes) -> bool:
    """Whether a body is what FILES[...] hold: a ref or hash, a git configuration, assignments and nothing else."""
    if file == "/.git/HEAD":
        return _GIT_HEAD.fullmatch(body) is not None
    if file == "/.svn/wc.db":
        return body.startswith(b"SQLite format 3\0")
    if file == "/.hg/requires":
        return _MERCURIAL.fullmatch(body) is not None
    if file == "/.git/config":
        return _GIT_CONFIG.match(body) is not None and b"[core]" in body[:4096]
    body = _VALUE.sub(b"=x", body[:65536].removeprefix(b"\xef\xbb\xbf"))
    lines = [line for line in body.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    good = sum(_ASSIGNMENT.match(line) is not None for line in lines)
    return b"<" not in body[:64].lstrip()[:1] and bool(lines) and good * 2 > len(lines)


def is_interface(what: str, body: bytes) -> bool:
    """Whether a body is such a page, by marks of its own."""
    return any(pattern.search(body[:65536]) for pattern in _SHOWN[what])


def listing(exchange: Exchange) -> str:
    """Whose directory listing a page is, "" when it is none."""
    if exchange.status != 200 or content_of(exchange) != "html":
        return ""
    return next((who for pattern, who in _LISTINGS if pattern.search(exchange.body[:16384])), "")


def debug_page(exchange: Exchange) -> str:
    """Whose debug page a response is, "" when it is none.

    Django writes `<code>DEBUG = True</code>` on its technical pages; Werkzeug's debugger serves its own script.
    """
    if exchange.status == 200 and exchange.purpose == "page" and b"djDebug" not in exchange.body:
        return ""  # a manual about debugging shows tracebacks too
    return next((name for name, texts in _DEBUG if all(text in exchange.body for text in texts)), "")


class ExposureProbe(Probe):
    """A dozen requests on the origin of the page: a path that cannot exist first, then those that must not."""

    name = "exposure.probe"
    emits = (ExposedFile, Interface, Listing, DebugPage, Trace)
    tier = "probe"

    async def probe(self, url: str, client: Client) -> Iterable[Exchange | Found]:
        page = next((item for item in reversed(client.seen) if item.purpose == "page"), None)
        base = str(origin(page.url if page is not None else url))
        if not client.once(f"exposure {base}"):
            return ()
        found: list[Exchange | Found] = []
        odd = missing_path(base, "page")
        asked: list[tuple[str, str, type[Fact]]] = [
            (f"/{odd}", "missing", DebugPage),
            ("/?__debugger__=yes&cmd=resource&f=debugger.js", "debugger", DebugPage),
            (f"/.{missing_path(base, 'file')}", "sibling", ExposedFile),
            *((file, "exposure", ExposedFile) for file in FILES),
            *((path, "interface", Interface) for path in INTERFACES),
            *((directory, "listing", Listing) for directory in directories(base, page)),
        ]
        within = urlsplit(page.url if page is not None else url).path.rpartition("/")[0]
        if within and re.fullmatch(r"[A-Za-z0-9/._~-]{1,200}", within):
            asked.extend((within + file, "exposure", ExposedFile) for file in FILES)
        for path, purpose, kind in asked:
            found.append(await self._ask(client, base + path, purpose, kind))
        found.append(await self._ask(client, f"{base}/", "trace", Trace, ((MARKER, odd),)))
        return found

    async def _ask(
        self, client: Client, url: str, purpose: str, kind: type[Fact], headers: tuple[tuple[str, str], ...] = ()
    ) -> Exchange | Found:
        try:
            method = "TRACE" if purpose == "trace" else "GET"
            return await client.fetch(url, method=method, headers=headers, purpose=purpose)
        except Unreadable as error:
            where = Location(url=place(url))
            return Gap(
                kinds=(kind.kind(),), collector=self.name, reason=error.reason, detail=error.detail, location=where
            )


def directories(base: str, page: Exchange | None) -> list[str]:
    """Directories worth asking for: those of files the page names on this origin, then the usual ones."""
    found: dict[str, None] = {}
    for link in read_page(page.body).links if page is not None and content_of(page) == "html" else ():
        try:
            there = urljoin(page.url if page is not None else base, link)
            if str(origin(there)) != base:
                continue
        except ValueError:
            continue
        path = urlsplit(there).path
        name = path.rpartition("/")[2]
        if "." in name and re.fullmatch(r"[A-Za-z0-9/._~-]{1,200}", path):
            parts = path.split("/")[1:-1]
            if parts:
                found[f"/{parts[0]}/"] = None
                found["/" + "/".join(parts) + "/"] = None
    return list(dict.fromkeys((*list(found)[: MAX_DIRECTORIES - 3], *DIRECTORIES)))[:MAX_DIRECTORIES]
