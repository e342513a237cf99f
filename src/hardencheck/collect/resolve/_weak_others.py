"""What is weak in the configurations of Caddy, Traefik and ingress-nginx, by line."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve import _caddy, _routes_ingress, _traefik
from hardencheck.collect.resolve._caddy import Level
from hardencheck.collect.resolve._routes import of_client
from hardencheck.collect.resolve._tls_words import old_protocols, weak_suites
from hardencheck.collect.resolve._traefik import Value
from hardencheck.collect.resolve._weak import Doubtful, Weak
from hardencheck.model.gap import FactSet, Reason

_OLD = {"versiontls10": "TLS 1.0", "versiontls11": "TLS 1.1", "versionssl30": "SSLv3"}
_ANYBODY = {"0.0.0.0/0", "::/0"}
_LOCAL = ("localhost", "127.", "[::1]", "unix/", "off")


def caddy(facts: FactSet) -> Iterator[Weak | Doubtful]:
    for _, options, _ in _caddy.options(facts):
        for level in options:
            if level.name == "admin" and level.args:
                address = _caddy.filled(level.args[0])
                if TEMPLATED in address:
                    text = "the address of the admin interface is a placeholder"
                    yield Doubtful("control", "caddy", level.where, text, Reason.TEMPLATED)
                else:
                    open_ = not address.startswith(_LOCAL)
                    yield Weak("control", "caddy", level.where, open_, f"admin {address}")
            for trusted in level.inside("trusted_proxies"):
                anybody = bool(set(trusted.args) & _ANYBODY)
                yield Weak(
                    "forwarded", "caddy", trusted.where, anybody, " ".join(("trusted_proxies", *trusted.args))[:200]
                )
    for site in _caddy.sites(facts):
        yield from _blocks(site.block)


def _blocks(block: Iterable[Level]) -> Iterator[Weak | Doubtful]:
    for level in block:
        match level.name:
            case "file_server":
                listed = "browse" in level.args or bool(level.inside("browse"))
                yield Weak("listing", "caddy", level.where, listed, "file_server" + (" browse" if listed else ""))
            case "tls":
                for protocols in level.inside("protocols"):
                    old = old_protocols(word.replace("tls1", "tlsv1") for word in protocols.args)
                    yield Weak(
                        "protocols", "caddy", protocols.where, bool(old), " ".join(("protocols", *protocols.args))
                    )
                for ciphers in level.inside("ciphers"):
                    suites = weak_suites(" ".join(ciphers.args))
                    yield Weak(
                        "ciphers", "caddy", ciphers.where, bool(suites), ("ciphers " + " ".join(ciphers.args))[:200]
                    )
            case "reverse_proxy":
                yield from map(_trusting, level.inside("trusted_proxies"))
                for transport in level.inside("transport"):
                    for skipped in transport.inside("tls_insecure_skip_verify"):
                        yield Weak("backend-tls", "caddy", skipped.where, True, skipped.name)
                for up in level.inside("header_up"):
                    name = up.args[0].lower() if up.args else ""
                    if name.startswith("x-forwarded") or name == "x-real-ip":
                        given = up.args[1].lower() if len(up.args) > 1 else ""
                        weak = of_client(name, given)
                        yield Weak("forwarded", "caddy", up.where, weak, " ".join(("header_up", *up.args))[:200])
        if level.block is not None and level.name in {"handle", "handle_path", "route"}:
            yield from _blocks(level.block)


def _trusting(trusted: Level) -> Weak:
    value = " ".join(("trusted_proxies", *trusted.args))[:200]
    return Weak("forwarded", "caddy", trusted.where, bool(set(trusted.args) & _ANYBODY), value)


def traefik(facts: FactSet) -> Iterator[Weak | Doubtful]:
    read = _traefik.read(facts)
    insecure = read.static.get("api.insecure")
    if insecure is not None:
        yield from _switch("control", "api.insecure", insecure)
    for entry in read.entries.values():
        trusting = entry.get("forwardedheaders.insecure")
        if trusting is not None:
            yield from _switch("forwarded", "forwardedHeaders.insecure", trusting)
        for key in ("forwardedheaders.trustedips", "proxyprotocol.trustedips"):
            value = entry.get(key)
            if value is not None:
                yield Weak("forwarded", "traefik", value.where, bool(set(value.words()) & _ANYBODY), value.text[:200])
    for router in read.routers:
        service = router.get("service")
        if service is not None and service.text.partition("@")[0] in {"api", "dashboard"}:
            middlewares, missing = _traefik.attached(read, router)
            guards = ("basicauth.", "digestauth.", "forwardauth.", "ipallowlist.", "ipwhitelist.")
            guarded = any(key.startswith(guards) for thing in middlewares for key in thing.values)
            if guarded or not missing:
                shown = f"{service.text} {'behind a guard' if guarded else 'for all'}"
                yield Weak("control", "traefik", service.where, not guarded, shown)
    for fact in _traefik.configurations(facts):
        for setting in fact.settings:
            parts = setting.name.split(".")
            where = fact.location.at(setting.line)
            if parts[-1] == "insecureskipverify" and setting.value.lower() in {"true", "false"}:
                weak_ = setting.value.lower() == "true"
                yield Weak("backend-tls", "traefik", where, weak_, f"insecureSkipVerify {setting.value}")
            elif parts[:2] == ["tls", "options"] and parts[-1] == "minversion":
                old = _OLD.get(setting.value.lower())
                yield Weak("protocols", "traefik", where, old is not None, f"minVersion {setting.value}")
            elif parts[:2] == ["tls", "options"] and parts[-1] == "ciphersuites":
                weak = weak_suites(setting.value)
                yield Weak("ciphers", "traefik", where, bool(weak), f"cipherSuites {', '.join(weak)}"[:200])


def _switch(matter: str, name: str, value: Value) -> Iterator[Weak | Doubtful]:
    if value.known:
        yield Weak(matter, "traefik", value.where, value.text.lower() == "true", f"{name} {value.text}")  # type: ignore[arg-type]
    else:
        yield Doubtful(matter, "traefik", value.where, f"{name} is a placeholder", Reason.TEMPLATED)


def ingress(facts: FactSet) -> Iterator[Weak | Doubtful]:
    for fact in _routes_ingress.configurations(facts):
        named = {setting.name: setting for setting in fact.settings}
        for name, setting in named.items():
            where = fact.location.at(setting.line)
            value = setting.value
            if TEMPLATED in value or (fact.source != "configmap" and name in _routes_ingress.OF_CONFIGMAP):
                continue
            on = value.lower() == "true"
            match name:
                case "server-tokens":
                    yield Weak("version", "ingress-nginx", where, on, f"server-tokens {value}")
                case "ssl-protocols":
                    old = old_protocols(value.split())
                    yield Weak("protocols", "ingress-nginx", where, bool(old), f"ssl-protocols {value}"[:200])
                case "ssl-ciphers":
                    weak = weak_suites(value)
                    yield Weak("ciphers", "ingress-nginx", where, bool(weak), f"ssl-ciphers {', '.join(weak)}"[:200])
                case "use-forwarded-headers":
                    limited = "proxy-real-ip-cidr" in named and named["proxy-real-ip-cidr"].value not in _ANYBODY
                    yield Weak(
                        "forwarded", "ingress-nginx", where, on and not limited, f"use-forwarded-headers {value}"
                    )
                case "ssl-redirect" if not on and ("tls" in named or fact.source == "configmap"):
                    forced = "force-ssl-redirect" in named and named["force-ssl-redirect"].value.lower() == "true"
                    yield Weak("redirect", "ingress-nginx", where, not forced, f"ssl-redirect {value}")
