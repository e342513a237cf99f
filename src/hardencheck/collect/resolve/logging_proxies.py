"""Logs of proxies: which sites keep none, how much of what goes wrong is kept, and what the formats write.

Sources: nginx manual, ngx_http_log_module (access_log, log_format) and core functionality (error_log); Apache HTTP
Server 2.4, mod_log_config, core (ErrorLog, LogLevel), mod_dumpio; Caddy documentation, "log", "Global options"; Traefik
documentation, "Logs", "Access logs"; ingress-nginx, "ConfigMaps", "Annotations".
"""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._templates import TEMPLATED
from hardencheck.collect.resolve import _apache, _caddy, _nginx, _traefik
from hardencheck.collect.resolve._caddy import Level
from hardencheck.collect.resolve._held import Held
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.collect.resolve.logging import handed_on
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging import LogFileMode, ProxyLog
from hardencheck.model.facts.proxies import (
    ApacheFile,
    CaddyFile,
    Directive,
    IngressConfiguration,
    NginxFile,
    TraefikConfiguration,
)
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

_TOKENS = r"(?:token|password|secret|api_?key|access_token|code)"
_NGINX = (
    (compiled(r"\$\{?(?:http_authorization|http_proxy_authorization|http_x_(?:api_key|auth_token|access_token))\b"),
     "authorization header"),
    (compiled(r"\$\{?(?:http_cookie\b|sent_http_set_cookie\b|upstream_http_set_cookie\b|cookie_\w+)"), "cookies"),
    (compiled(r"\$\{?request_body\b"), "request body"),
    (compiled(r"\$\{?remote_passwd\b"), "password"),
    (compiled(rf"\$\{{?arg_{_TOKENS}\b"), "token"),
)  # fmt: skip
_NGINX_SERVES = {"location", "root", "proxy_pass", "try_files"}
_NGINX_QUERY = compiled(r"\$\{?(?:args|query_string)\b")
_VARIABLE = compiled(r"\$\{?(\w+)")
_APACHE = (
    (compiled(r"(?i)%[^{\s]*\{(?:proxy-)?authorization\}"), "authorization header"),
    (compiled(r"(?i)%[^{\s]*\{x-(?:api-key|auth-token|access-token)\}"), "authorization header"),
    (compiled(r"(?i)%[^{\s]*\{(?:set-)?cookie\}|%[^{\s]*\{[^}]*\}C"), "cookies"),
)  # fmt: skip
_APACHE_QUERY = compiled(r"%[<>!0-9,]*q\b")
_NOWHERE = {"off", "/dev/null", "discard", "none"}
_TOO_HIGH = {"emerg", "alert", "crit", "panic", "fatal"}
_SERVES = {"proxypass", "proxypassmatch", "wsgiscriptalias", "wsgiscriptaliasmatch", "documentroot"}
_CADDY_SERVES = ("reverse_proxy", "php_fastcgi", "file_server")
_HEADERS = {"authorization": "authorization header", "cookie": "cookies", "set-cookie": "cookies"}


class ProxyLogs(Resolver):
    """The access log of each site, every error log with its level, and the formats that are in use."""

    name = "logging.proxies"
    emits = (ProxyLog, LogFileMode)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        sources = (NginxFile, ApacheFile, CaddyFile, TraefikConfiguration, IngressConfiguration)
        yield from handed_on(self, facts, sources, (ProxyLog,))
        yield from self._nginx(facts)
        yield from self._apache(facts)
        yield from self._caddy(facts)
        yield from self._traefik(facts)
        yield from self._ingress(facts)

    def _gap(self, reason: Reason, detail: str, where: Location, directive: str) -> Gap:
        return Gap(
            kinds=(ProxyLog.kind(),),
            collector=self.name,
            reason=reason,
            detail=detail,
            location=where,
            about={"role": "production", "directive": directive},
        )

    def _log(
        self,
        product: str,
        directive: str,
        place: str,
        where: Location,
        target: str,
        level: str = "",
        default: bool = False,
    ) -> ProxyLog | Gap:
        """One log. target: where it writes, as written, "" for a default; level: of an error log; default: as in
        `ProxyLog`."""
        if TEMPLATED in target or TEMPLATED in level:
            return self._gap(Reason.TEMPLATED, f"{directive} is put in by a template", where, directive)
        level = level.lower()
        off = target.lower() in _NOWHERE or (directive == "error_log" and level in _TOO_HIGH)
        return ProxyLog(
            location=where,
            product=product,
            directive=directive,
            place=place,
            off=off,
            level=level,
            leaks=(),
            role="production",
            default=default,
        )

    def _format(self, product: str, place: str, where: Location, leaks: tuple[str, ...], query: bool) -> ProxyLog:
        return ProxyLog(
            location=where,
            product=product,
            directive="log_format",
            place=place,
            off=False,
            level="",
            leaks=leaks,
            role="production",
            query=query,
        )

    # nginx

    def _nginx(self, facts: FactSet) -> Iterator[Found]:
        files, _ = _nginx.files(facts)
        used = {log.args[1] for file in files for log in _all(file.directives, "access_log") if len(log.args) > 1}
        variables = _variables(files)
        for file in files:
            # A location of its own may be quiet: a health check, an icon.
            for errors in _all(file.directives, "error_log", ("location",)):
                place = "the whole" if errors in file.directives else "a block"
                level = errors.args[1] if len(errors.args) > 1 else ""
                target = errors.args[0] if errors.args else ""
                yield self._log("nginx", "error_log", place, file.location.at(errors.line), target, level)
            for kind in _all(file.directives, "log_format"):
                if kind.args and kind.args[0] in used:
                    leaks, query = _nginx_format(_written_out(" ".join(kind.args[1:]), variables))
                    yield self._format("nginx", kind.args[0], file.location.at(kind.line), leaks, query)
        nothing = {item.args[1] for file in files for item in _all(file.directives, "map") if _to_nothing(item)}
        places = _nginx.places(facts)
        roots = {place.server: place for place in places if place.name == "location /"}
        said: set[tuple[str, Location]] = set()
        for server in places:
            own = [held.directive for held in server.levels[-1]]
            if server.name != "server" or not any(item.name in _NGINX_SERVES for item in own) or _only_answers(own):
                continue  # the rest only redirects or refuses
            name = " ".join(_names(own)) or "the server"
            log, doubt = _access_log(roots.get(server.where, server))
            where = log.location if log is not None else server.where
            if (name, where) in said:
                continue
            said.add((name, where))
            if doubt is not None:
                yield self._gap(doubt.reason, f"access_log of {name} is not known: {doubt.text}", where, "access_log")
                continue
            # Without a directive nginx writes logs/access.log.
            target = log.args[0] if log is not None and log.args else ""
            if log is not None and any(f"if={one}" in log.args for one in nothing):
                target = "off"
            yield self._log("nginx", "access_log", name, where, target, default=log is None)

    # Apache

    def _apache(self, facts: FactSet) -> Iterator[Found]:
        said: set[Location] = set()
        formats: dict[str, tuple[str, Location]] = {}
        used: dict[str, None] = {}
        for site in _apache.sites(facts):
            name = " ".join(site.address) or "the server"
            for held in site.of("logformat"):
                formats[held.args[1] if len(held.args) > 1 else ""] = (held.args[0] if held.args else "", held.location)
            logs = [*site.of("customlog"), *site.of("globallog"), *site.of("transferlog")]
            for held in logs:
                used.update(dict.fromkeys(held.args[1:2]))
                if len(held.args) > 1 and "%" in held.args[1]:
                    formats.setdefault(held.args[1], (held.args[1], held.location))
            serves = any(held.name in _SERVES for held in site.own) or any(
                held.name in _SERVES for section in site.sections for held in section.content
            )
            kept = [held for held in logs if not held.args or held.args[0] not in _NOWHERE]
            if serves and (kept or logs):
                held = (kept or logs)[-1]
                if held.location not in said:
                    said.add(held.location)
                    target = held.args[0] if held.args else ""
                    yield self._log("Apache", "access_log", name, held.location, target)
            elif serves and (site.where.line is not None or site.last("listen") or site.last("servername")):
                yield self._log("Apache", "access_log", name, site.where, "off")
            for held in (*site.of("errorlog"), *site.of("loglevel"), *site.of("dumpioinput"), *site.of("dumpiooutput")):
                if held.location not in said and held.args:
                    said.add(held.location)
                    yield from self._apache_errors(held.name, held.args, name, held.location)
        for format_name in used:
            if format_name in formats:
                text, where = formats[format_name]
                leaks = tuple(what for pattern, what in _APACHE if pattern.search(text))
                query = _APACHE_QUERY.search(text) is not None
                shown = format_name if "%" not in format_name else "CustomLog"
                yield self._format("Apache", shown, where, tuple(dict.fromkeys(leaks)), query)

    def _apache_errors(self, name: str, args: tuple[str, ...], place: str, where: Location) -> Iterator[Found]:
        if name == "errorlog":
            yield self._log("Apache", "error_log", place, where, args[0])
        elif name == "loglevel":
            plain = [word for word in args if ":" not in word]
            modules = [word.rpartition(":")[2].lower() for word in args if ":" in word]
            level = plain[0].lower() if plain else "warn"
            loud = [word for word in (level, *modules) if word == "debug" or word.startswith("trace")]
            yield self._log("Apache", "error_log", place, where, "", "debug" if loud else level)
        elif args[0].lower() == "on":
            yield self._format("Apache", "mod_dumpio", where, ("request body",), False)

    # Caddy

    def _caddy(self, facts: FactSet) -> Iterator[Found]:
        seen: set[Location] = set()
        for site in _caddy.sites(facts):
            logs = [level for level in site.block if level.name == "log"]
            if not _inside(site.block, _CADDY_SERVES):
                continue
            name = " ".join(one for one in site.addresses if TEMPLATED not in one) or "the site"
            if site.where in seen:
                continue
            seen.add(site.where)
            if not logs:
                yield self._log("Caddy", "access_log", name, site.where, "off")
            for log in logs:
                output = next(iter(log.inside("output")), None)
                where = output.where if output is not None else log.where
                target = output.args[0] if output is not None and output.args else ""
                yield self._log("Caddy", "access_log", name, where, target)
                yield from self._caddy_log(log)
        for _, block, _ in _caddy.options(facts):
            for level in block:
                if level.name == "debug":
                    yield self._log("Caddy", "error_log", "the whole", level.where, "", "debug")
                elif level.name == "log":
                    output = next(iter(level.inside("output")), None)
                    target = output.args[0] if output is not None and output.args else ""
                    if output is not None:
                        yield self._log("Caddy", "error_log", "the whole", output.where, target)
                    yield from self._caddy_log(level)
                elif level.name == "servers":
                    for inner in level.inside("log_credentials"):
                        leaks = ("authorization header", "cookies")
                        yield self._format("Caddy", "log_credentials", inner.where, leaks, False)

    def _caddy_log(self, log: Level) -> Iterator[Found]:
        for inner in log.inside("level"):
            if inner.args:
                yield self._log("Caddy", "error_log", "a log", inner.where, "", inner.args[0])
        for output in log.inside("output"):
            for mode in output.inside("mode"):
                if mode.args and re.fullmatch(r"0?[0-7]{3,4}", mode.args[0]):
                    number = int(mode.args[0], 8)
                    yield LogFileMode(location=mode.where, mode=number, how="Caddy's output file", role="production")

    # Traefik

    def _traefik(self, facts: FactSet) -> Iterator[Found]:
        found = _traefik.read(facts)
        if not found.has_static:
            return
        static = found.static
        access = {name: value for name, value in static.items() if name.partition(".")[0] == "accesslog"}
        places = [value.where for value in static.values()]
        places += [value.where for entry in found.entries.values() for value in entry.values.values()]
        if not places:
            return
        files = [one.location.at(1) for one in _traefik.configurations(facts) if one.source == "static"]
        first = min(files or places, key=lambda place: place.order)
        on = static.get("accesslog")
        if not access or (on is not None and on.text.strip().lower() == "false"):
            where = on.where if on is not None else first
            if not found.templated:
                yield self._log("Traefik", "access_log", "the whole", where, "off")
        else:
            path = static.get("accesslog.filepath")
            where = path.where if path is not None else next(iter(access.values())).where
            yield self._log("Traefik", "access_log", "the whole", where, path.text if path is not None else "")
        level = static.get("log.level")
        if level is not None:
            yield self._log("Traefik", "error_log", "the whole", level.where, "", level.text)
        prefix = "accesslog.fields.headers."
        for name, value in access.items():
            if value.text.strip().lower() != "keep" or not name.startswith(prefix):
                continue
            rest = name.removeprefix(prefix)
            header = rest.removeprefix("names.")
            if rest == "defaultmode":
                yield self._format("Traefik", "fields.headers", value.where, ("authorization header", "cookies"), False)
            elif header in _HEADERS:
                yield self._format("Traefik", "fields.headers", value.where, (_HEADERS[header],), False)

    # ingress-nginx

    def _ingress(self, facts: FactSet) -> Iterator[Found]:
        for fact in facts.of("ingress.configuration"):
            if not isinstance(fact, IngressConfiguration) or fact.role != "production":
                continue
            for setting in fact.settings:
                where, value = fact.location.at(setting.line), setting.value.strip().lower()
                switches = {
                    "enable-access-log": "false",
                    "disable-access-log": "true",
                    "disable-http-access-log": "true",
                }
                if setting.name in switches:
                    off = value == switches[setting.name]
                    yield self._log("ingress-nginx", "access_log", fact.name, where, "off" if off else "")
                elif setting.name in {"access-log-path", "http-access-log-path"}:
                    yield self._log("ingress-nginx", "access_log", fact.name, where, value)
                elif setting.name == "error-log-path":
                    yield self._log("ingress-nginx", "error_log", fact.name, where, value)
                elif setting.name == "error-log-level":
                    yield self._log("ingress-nginx", "error_log", fact.name, where, "", value)
                elif setting.name == "log-format-upstream":
                    leaks, query = _nginx_format(setting.value)
                    yield self._format("ingress-nginx", setting.name, where, leaks, query)


def _inside(block: Iterable[Level], names: tuple[str, ...]) -> bool:
    """Whether a directive stands anywhere in a block."""
    return any(level.name in names or _inside(level.block or (), names) for level in block)


def _all(directives: Iterable[Directive], name: str, but: tuple[str, ...] = ()) -> Iterator[Directive]:
    """Directives of a name at any depth, but not in blocks of these names, unless that is for all paths."""
    for item in directives:
        if item.name == name:
            yield item
        if item.name not in but or item.args == ("/",):
            yield from _all(item.block or (), name, but)


def _to_nothing(item: Directive) -> bool:
    """Whether a map gives "0" or nothing whatever comes: what is logged under its condition is never logged."""
    entries = [inner for inner in item.block or () if inner.name not in {"hostnames", "volatile"}]
    return len(item.args) == 2 and all(inner.args in {("0",), ("",)} for inner in entries)


def _only_answers(block: Iterable[Directive]) -> bool:
    """Whether all locations of a server answer themselves: its state, a plain text."""
    locations = [item for item in block if item.name == "location"]
    other = any(item.name in {"root", "proxy_pass", "try_files", "include"} for item in block)
    own = {"return", "stub_status", "access_log", "error_log", "allow", "deny", "add_header", "default_type"}
    return bool(locations) and not other and all(inner.name in own for item in locations for inner in item.block or ())


def _access_log(place: _nginx.Place) -> tuple[Held | None, Doubt | None]:
    """The one that holds, and why another may. Several of one level all write, unless one of them is `off`: it cancels
    them."""
    found, doubt = _nginx.innermost_or_doubt(place, "access_log")
    for level in reversed(place.levels):
        if found in level:
            off = (held for held in level if held.name == "access_log" and held.args[:1] == ("off",))
            return next(off, found), doubt
    return found, doubt


def _variables(files: Iterable[NginxFile]) -> dict[str, list[str]]:
    """What `map` and `set` may put into a variable, by its name."""
    found: dict[str, list[str]] = {}
    for file in files:
        for item in _all(file.directives, "map"):
            name = item.args[-1].lstrip("$") if len(item.args) > 1 else ""
            found.setdefault(name, []).extend(one.args[-1] for one in item.block or () if one.args)
        for item in _all(file.directives, "set"):
            if len(item.args) > 1:
                found.setdefault(item.args[0].lstrip("$"), []).append(item.args[1])
    return found


def _written_out(text: str, variables: dict[str, list[str]]) -> str:
    """A format with what its variables stand for behind it."""
    said = [text]
    seen: set[str] = set()
    for part in said:
        for name in _VARIABLE.findall(part):
            if name in variables and name not in seen:
                seen.add(name)
                said.extend(variables[name])
    return " ".join(said)


def _nginx_format(text: str) -> tuple[tuple[str, ...], bool]:
    """(what secrets a log_format writes, whether it names the query string)."""
    leaks = tuple(what for pattern, what in _NGINX if pattern.search(text))
    return leaks, _NGINX_QUERY.search(text) is not None


def _names(block: Iterable[Directive]) -> tuple[str, ...]:
    return next((item.args for item in block if item.name == "server_name" and item.args != ("_",)), ())
