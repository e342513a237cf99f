"""What is weak in Apache's configuration, by line. Source: Apache HTTP Server 2.4 documentation."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve import _apache
from hardencheck.collect.resolve._held import Held, nested
from hardencheck.collect.resolve._tls_words import old_of_httpd, weak_suites
from hardencheck.collect.resolve._weak import Doubtful, Weak
from hardencheck.model.facts.proxies import Directive
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_MATTERS = {
    "servertokens": "version", "traceenable": "trace", "options": "listing", "sslprotocol": "protocols",
    "sslciphersuite": "ciphers",
}  # fmt: skip
_ANYBODY = {"0.0.0.0/0", "::/0"}


def found(facts: FactSet) -> Iterator[Weak | Doubtful]:
    for file in _apache.files(facts):
        path = file.location.path or ""
        always = {
            held.args[2].rstrip(":").lower()
            for held in nested(path, file.directives)
            if held.name == "header" and len(held.args) > 2 and held.args[0].lower() == "always"
        }
        yield from _directives(path, file.directives, always)
        yield from _removed(path, file.directives)
    for site in _apache.sites(facts):
        yield from _tokens(site)


def _tokens(site: _apache.Site) -> Iterator[Weak | Doubtful]:
    """A server that tells its version because nothing says otherwise: ServerTokens is Full by default."""
    if site.last("servertokens") is not None:
        return  # it speaks for itself
    whole = next(iter((*site.of("serverroot"), *site.of("loadmodule"))), None)
    if site.doubts:
        doubt = site.doubts[0]
        yield Doubtful("version", "apache", site.where, f"ServerTokens is not known: {doubt.text}", doubt.reason)
    elif whole is None:
        text = "ServerTokens may stand in the httpd.conf that includes this file and is not in the repository"
        yield Doubtful("version", "apache", site.where, text, Reason.DYNAMIC)
    else:
        where = Location(path=whole.path, line=1)
        yield Weak("version", "apache", where, True, "no ServerTokens, which is Full by default")


def _directives(path: str, directives: tuple[Directive, ...], always: set[str]) -> Iterator[Weak | Doubtful]:
    for one in directives:
        held = Held(path, one)
        if one.block is not None:
            yield from _directives(path, one.block, always)
            continue
        args = tuple(word.lower() for word in one.args)
        if one.name in _MATTERS and any(TEMPLATED in word or "${" in word for word in one.args):
            text = f"{one.name} is a placeholder"
            yield Doubtful(_MATTERS[one.name], "apache", held.location, text, Reason.TEMPLATED)
            continue
        first = args[0] if args else ""
        written = " ".join((_SPELT.get(one.name, one.name), *one.args))[:200]
        match one.name:
            case "servertokens":
                yield Weak("version", "apache", held.location, first not in {"prod", "productonly"}, written)
            case "serversignature":
                yield Weak("version", "apache", held.location, first in {"on", "email"}, written)
            case "traceenable":
                yield Weak("trace", "apache", held.location, first != "off", written)
            case "options":
                lists = any(word in {"indexes", "+indexes"} for word in args) or (
                    "all" in args and "-indexes" not in args
                )
                if lists or "-indexes" in args:
                    yield Weak("listing", "apache", held.location, lists, written)
            case "sslprotocol":
                old = old_of_httpd(one.args)
                shown = f"{written} ({', '.join(old)})" if old else written
                yield Weak("protocols", "apache", held.location, bool(old), shown)
            case "sslciphersuite":
                suites = weak_suites(one.args[-1] if one.args else "")
                shown = f"SSLCipherSuite ({', '.join(suites)})" if suites else "SSLCipherSuite"
                yield Weak("ciphers", "apache", held.location, bool(suites), shown[:200])
            case "sslproxyverify":
                yield Weak("backend-tls", "apache", held.location, first == "none", written)
            case "proxyrequests":
                yield Weak("open-proxy", "apache", held.location, first == "on", written)
            case "sethandler" if first == "server-status":
                closed = any(
                    other.name in {"require", "deny", "authtype"} and " ".join(other.args).lower() != "all granted"
                    for other in directives
                ) or any(other.name.startswith("<require") for other in directives)
                yield Weak(
                    "status-page", "apache", held.location, not closed, written + ("" if closed else ", for all")
                )
            case "remoteipinternalproxy" | "remoteiptrustedproxy":
                yield Weak("forwarded", "apache", held.location, bool(set(args) & _ANYBODY), written)
            case "requestheader" if len(args) > 2 and first == "set":
                name = args[1].rstrip(":")
                weak = f"%{{{name}" in args[2].replace("_", "-") or f"req('{name}')" in args[2]
                if name.startswith("x-forwarded") or name == "x-real-ip":
                    yield Weak("forwarded", "apache", held.location, weak, written)
            case "header":
                yield from _always(held, args, always)


def _removed(path: str, directives: Iterable[Directive]) -> Iterator[Weak]:
    """A security header that is set for all responses, and taken away by a later line."""
    last: dict[str, Held] = {}
    set_: set[str] = set()
    for held in nested(path, directives):
        args = tuple(word.lower() for word in held.args)
        if held.name != "header" or len(args) < 3 or args[0] != "always":
            continue
        name = args[2].rstrip(":")
        if args[1] == "unset" and name in set_:
            last[name] = held
        elif args[1] in {"set", "add", "append", "merge", "setifempty"}:
            last.pop(name, None)
            set_.add(name)
    for name, held in last.items():
        if name in HEADERS:
            yield Weak("removed", "apache", held.location, True, f"Header always unset {name}")


_SPELT = {
    "servertokens": "ServerTokens", "serversignature": "ServerSignature", "traceenable": "TraceEnable",
    "options": "Options", "sslprotocol": "SSLProtocol", "proxyrequests": "ProxyRequests", "sethandler": "SetHandler",
    "requestheader": "RequestHeader", "sslproxyverify": "SSLProxyVerify",
}  # fmt: skip


def _always(held: Held, args: tuple[str, ...], always: set[str]) -> Iterator[Weak]:
    """A security header that only responses of the handler carry, not the errors that httpd makes."""
    words = args[1:] if args[:1] in {("onsuccess",), ("always",)} else args
    if len(words) < 3 or words[0] not in {"set", "add", "setifempty"}:
        return
    name = words[1].rstrip(":")
    if name in HEADERS:
        lacks = args[0] != "always" and name not in always
        if lacks or args[0] == "always":
            yield Weak("always", "apache", held.location, lacks, f"{name} {'without' if lacks else 'with'} always")
