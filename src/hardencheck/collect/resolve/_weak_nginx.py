"""What is weak in nginx's configuration, by line.

Source: nginx manual; the traversal by alias is described in its documentation of `alias` and by many since 2018.
"""

from collections.abc import Iterable, Iterator, Sequence

from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve import _nginx
from hardencheck.collect.resolve._held import Held
from hardencheck.collect.resolve._nginx import Place
from hardencheck.collect.resolve._nginx_headers import lost
from hardencheck.collect.resolve._routes import of_client
from hardencheck.collect.resolve._tls_words import old_protocols, weak_suites
from hardencheck.collect.resolve._weak import Doubtful, Weak
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import Directive
from hardencheck.model.gap import FactSet, Reason

_FORWARDING = {
    "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-real-ip", "forwarded",
    "x-forwarded-ssl", "x-forwarded-scheme", "x-forwarded-protocol", "x-scheme", "front-end-https",
    "x-forwarded-server",
}  # fmt: skip
# The security headers that matter where files are served.
_ON_FILES = {"strict-transport-security", "x-content-type-options", "content-security-policy", "x-frame-options"}
_CHOSEN = compiled(r"(?:https?://)?\$(?:\{)?(?:http_host|host|arg_\w+|http_\w+|cookie_\w+|1|2)\b.*")
_ANYBODY = {"0.0.0.0/0", "::/0"}


def found(facts: FactSet) -> Iterator[Weak | Doubtful]:
    files, _ = _nginx.files(facts)
    for file in files:
        yield from _directives(file.location.path or "", file.directives)
    places = _nginx.places(facts)
    yield from _tokens([place for place in places if place.name == "server"])
    for place in places:
        yield from _inheritance(place)
        yield from _lost_on_the_way(place)
        for held in place.levels[-1]:
            if held.name == "if" and held.directive.block is not None:
                inside = tuple(Held(held.path, one) for one in held.directive.block)
                yield from _inheritance(place._replace(levels=(*place.levels, inside)))
        yield from _alias(place)


def _directives(path: str, directives: Iterable[Directive], within: str = "") -> Iterator[Weak | Doubtful]:
    """Each directive that is a matter by itself."""
    listed = list(directives)
    hidden = any(one.name == "internal" for one in listed)
    for one in listed:
        held = Held(path, one)
        args = one.args
        if one.block is not None and one.name not in {"map", "types"}:
            yield from _directives(path, one.block, one.name)
            continue
        if any(TEMPLATED in word for word in args) and one.name in _MATTERS:
            text = f"{one.name} is a placeholder"
            yield Doubtful(_MATTERS[one.name], "nginx", held.location, text, Reason.TEMPLATED)
            continue
        written = " ".join((one.name, *args))
        match one.name:
            case "server_tokens":
                yield Weak("version", "nginx", held.location, args[:1] in {("on",), ("build",)}, written)
            case "autoindex" if not hidden:
                yield Weak("listing", "nginx", held.location, args[:1] == ("on",), written)
            case "ssl_protocols":
                old = old_protocols(args)
                yield Weak("protocols", "nginx", held.location, bool(old), _with(written, old))
            case "ssl_ciphers":
                suites = weak_suites(" ".join(args))
                yield Weak("ciphers", "nginx", held.location, bool(suites), _with("ssl_ciphers", suites))
            case "proxy_set_header" | "grpc_set_header" | "uwsgi_param" | "fastcgi_param" if len(args) > 1:
                yield from _forwarded(held)
            case "proxy_ssl_verify":
                yield Weak("backend-tls", "nginx", held.location, args[:1] == ("off",), written)
            case "set_real_ip_from":
                yield Weak("forwarded", "nginx", held.location, args[0] in _ANYBODY if args else False, written)
            case "proxy_pass" if args:
                if _CHOSEN.fullmatch(args[0]) and not args[0].startswith(("$1", "$2")):
                    # $host is what the server answers to; alone it is a name that the client sends.
                    yield Weak("open-proxy", "nginx", held.location, True, written)
            case "stub_status":
                closed = any(other.name in {"deny", "auth_basic", "auth_request", "internal"} for other in listed)
                yield Weak(
                    "status-page", "nginx", held.location, not closed, "stub_status" + ("" if closed else ", for all")
                )
            case "add_header" if len(args) > 1 and args[0].lower() in HEADERS and args[1]:
                lacks = "always" not in args[2:]
                yield Weak(
                    "always", "nginx", held.location, lacks, f"{args[0]} {'without' if lacks else 'with'} always"
                )


def _tokens(servers: Sequence[Place]) -> Iterator[Weak | Doubtful]:
    """Servers that tell their version because nothing says otherwise: server_tokens is on by default."""
    said = {place.http for place in servers if _nginx.innermost(place, "server_tokens") is not None}
    for place in servers:
        held, doubt = _nginx.innermost_or_doubt(place, "server_tokens")
        if held is not None:
            continue  # it speaks for itself
        if doubt is not None:
            text = f"server_tokens is not known: {doubt.text}"
            yield Doubtful("version", "nginx", place.where, text, doubt.reason)
        elif place.http is None:
            text = "server_tokens may stand in the nginx.conf that includes this file and is not in the repository"
            yield Doubtful("version", "nginx", place.where, text, Reason.DYNAMIC)
        else:
            where = place.where if place.http in said else place.http
            yield Weak("version", "nginx", where, True, "no server_tokens, which is on by default")


_MATTERS = {
    "server_tokens": "version", "autoindex": "listing", "ssl_protocols": "protocols", "ssl_ciphers": "ciphers",
}  # fmt: skip


def _with(written: str, names: list[str]) -> str:
    return f"{written[:200]} ({', '.join(names)})" if names else written[:200]


def _forwarded(held: Held) -> Iterator[Weak]:
    """A field of the request that says who the client is, or by what it came: from the client itself?"""
    name = held.args[0].lower().removeprefix("http_").replace("_", "-")
    value = held.args[1]
    if name in _FORWARDING and value and value != "…":
        weak = of_client(name, value)
        yield Weak("forwarded", "nginx", held.location, weak, f"{held.args[0]} {held.args[1]}"[:200])


def _inheritance(place: Place) -> Iterator[Weak]:
    """A level with fields of its own, and what it takes away from the levels around it."""
    if len(place.levels) < 2:
        return
    if any(held.name == "return" and held.args[:1] != ("200",) for held in place.levels[-1]):
        return  # an answer to a preflight, a redirect: nothing that is shown
    judged = HEADERS if place.proxied else _ON_FILES
    gone = [(held.args[0], by) for held, by in lost(place.levels) if held.args[0].lower() in judged]
    own = [held for held in place.levels[-1] if held.name == "add_header" and held.args]
    if gone:
        by = gone[0][1]
        names = ", ".join(dict.fromkeys(name for name, _ in gone))
        what = by.args[0] if by.name == "add_header" and by.args else by.name
        yield Weak("inheritance", "nginx", by.location, True, f"{what} takes away {names}"[:200])
    elif own and any(held.name == "add_header" for level in place.levels[:-1] for held in level):
        yield Weak("inheritance", "nginx", own[0].location, False, "nothing is taken away")


def _lost_on_the_way(place: Place) -> Iterator[Weak]:
    """A level with request fields of its own loses those of the levels around: what clients send in them goes on."""
    own = [held for held in place.levels[-1] if held.name == "proxy_set_header" and held.args]
    if not own or not place.proxied:
        return
    above = next(
        (
            found
            for level in reversed(place.levels[:-1])
            if (found := [h for h in level if h.name == "proxy_set_header"])
        ),
        [],
    )
    names = {held.args[0].lower() for held in own}
    lost = [held.args[0] for held in above if held.args and held.args[0].lower() in _FORWARDING - names]
    if lost and not any(_nginx.absent(place.levels[-1])):
        value = f"{own[0].args[0]} takes away {', '.join(dict.fromkeys(lost))}"[:200]
        yield Weak("forwarded", "nginx", own[0].location, True, value)


def _alias(place: Place) -> Iterator[Weak | Doubtful]:
    alias = next((held for held in place.levels[-1] if held.name == "alias" and held.args), None)
    if alias is None or not place.name.startswith("location "):
        return
    words = place.name.removeprefix("location ").split()
    if words[0] in {"~", "~*", "="} or words[0].startswith(("~", "=")):
        return
    path = words[-1]
    if path.endswith(TEMPLATED) or alias.args[0].endswith(TEMPLATED):
        text = "how the path or the alias ends, a placeholder says"
        yield Doubtful("alias", "nginx", place.where, text, Reason.TEMPLATED)
        return
    weak = not path.endswith("/") and alias.args[0].endswith("/")
    yield Weak("alias", "nginx", place.where, weak, f"location {path}, alias {alias.args[0]}"[:200])
