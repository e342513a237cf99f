"""Configuration of Traefik wherever it stands: files, labels of compose services, flags, custom resources.

Source: Traefik documentation, "Configuration Introduction", providers file, Docker and Kubernetes CRD.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._fields import REQUEST, RESPONSE, WITHHELD
from hardencheck.collect.extract._python import role, without_credentials
from hardencheck.collect.extract._templates import TEMPLATED, Plain, is_yaml, plain, without_ending
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, Sequence, documents
from hardencheck.collect.extract.dockerfile import purpose
from hardencheck.collect.extract.ingress import rules
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import Setting, TraefikConfiguration
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_BYTES = 1_000_000
MAX_SETTINGS = 5_000
_MAY = compiled(rb"(?i)traefik|\bentrypoints\b")
_DYNAMIC = compiled(rb"(?i)\brouters\b|\bmiddlewares\b")
_VARIABLE = compiled(r"\$\{?[A-Za-z_]\w{0,99}(?::?-(?P<default>[^{}$\n]{0,200}))?(?:[^{}\n]{0,99})?\}?")
# The last part of a name whose value is kept. Everything else may be a password, a token, an address of a person.
_KEPT = frozenset({
    "rule", "entrypoints", "middlewares", "service", "tls", "certresolver", "options", "priority", "url", "port",
    "scheme", "maxrequestbodybytes", "memrequestbodybytes", "maxresponsebodybytes", "permanent", "regex",
    "replacement", "prefix", "prefixes", "sourcerange", "insecure", "dashboard", "debug", "address", "filepath",
    "level", "format", "minversion", "maxversion", "ciphersuites", "exposedbydefault", "to", "readtimeout",
    "writetimeout", "idletimeout", "trustedips", "insecureskipverify", "image", "defaultmode", "names",
    "passhostheader", "average", "burst", "amount", "enable", "network", "watch", "directory", "filename",
    "endpoint", "asdefault", "kind", "match", "name", "accesslog", "api", "ping", "metrics", "log", "providers",
    "statuscodes", "retryattempts", "minduration", "http", "https", "dialtimeout", "responseheadertimeout",
    "idleconntimeout", "snistrict", "statusbodytimeout", "strategy", "number", "web", "redirections", "stsseconds",
    "stsincludesubdomains", "stspreload", "forcestsheader", "framedeny", "customframeoptionsvalue",
    "contenttypenosniff", "browserxssfilter", "custombrowserxssvalue", "contentsecuritypolicy", "referrerpolicy",
    "contentsecuritypolicyreportonly", "permissionspolicy", "featurepolicy", "publickey", "isdevelopment",
    "sslredirect", "ssltemporaryredirect", "sslhost", "sslforcehost", "sslproxyheaders", "hostsproxyheaders",
    "allowedhosts", "accesscontrolallowcredentials", "accesscontrolallowheaders", "accesscontrolallowmethods",
    "addvaryheader", "accesscontrolalloworiginlist", "accesscontrolalloworiginlistregex",
    "accesscontrolexposeheaders", "accesscontrolmaxage", "docker", "file", "maxage", "entrypoint",
})  # fmt: skip


class TraefikFiles(Extractor):
    """YAML and TOML files that speak of Traefik, whatever they are called."""

    name = "traefik.files"
    version = 2
    emits = (TraefikConfiguration,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return size <= MAX_BYTES and (is_yaml(path) or _is_toml(path))

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not ("traefik" in path.lower() or _MAY.search(data) or (_DYNAMIC.search(data) and b"http" in data)):
            return
        text = data.decode("utf-8-sig", "replace")
        read = plain(text, shell=False, alone=f": {TEMPLATED}")
        try:
            found = list(self._toml(read.text) if _is_toml(path) else _yaml(read))
        except Unreadable:
            if "traefik" in path.lower():
                raise
            return  # a chart, say, that mentions it
        for source, service, image, settings in found:
            if settings:
                yield TraefikConfiguration(
                    location=Location(path=path, line=settings[0].line),
                    role=role(path) if source not in {"labels", "flags"} else purpose(path),
                    source=source,
                    templated=read.templated,
                    service=service,
                    image=image,
                    settings=tuple(settings[:MAX_SETTINGS]),
                )
            if len(settings) > MAX_SETTINGS:
                text = f"more than {MAX_SETTINGS} settings: the rest is not read"
                yield self.gap(Reason.BUDGET, text, Location(path=path, line=settings[MAX_SETTINGS].line))

    def _toml(self, text: str) -> Iterator[tuple[str, str, str, list[Setting]]]:
        try:
            tree = tomllib.loads(text)
            walked = list(_walked(tree, ""))
        except (ValueError, RecursionError) as error:  # a number without end is none of TOML's errors
            raise Unreadable(f"not TOML: {str(error)[:80]}") from None
        lines = _toml_lines(text)
        settings = [Setting(name=name, value=_value(name, value), line=_line(name, lines)) for name, value in walked]
        source = _source({key.lower() for key in tree}, {key.lower() for key in _table(tree.get("http"))})
        if source:
            yield source, "", "", settings


def _is_toml(path: str) -> bool:
    return without_ending(path).endswith(".toml")


def _yaml(read: Plain) -> Iterator[tuple[str, str, str, list[Setting]]]:
    # Its own files are read by Go's yaml.v3, resources of Kubernetes are not.
    unique = "apiVersion" not in read.text
    for document in documents(read.text.encode(), unique=unique, templated=read.templated):
        if not isinstance(document, Mapping):
            continue
        kind, api = _text(document.get("kind")), _text(document.get("apiVersion"))
        if "traefik" in api:
            yield "custom-resource", "", "", list(_resource(kind, document))
            continue
        if kind == "Ingress":
            yield "custom-resource", "", "", list(_ingress(document))
            continue
        services = document.get("services")
        if isinstance(services, Mapping) and any(isinstance(node, Mapping) for _, node in services.pairs.values()):
            yield from _compose(services)
            continue
        http = document.get("http")
        inside = {key.lower() for key in http.pairs} if isinstance(http, Mapping) else set()
        tls = document.get("tls")
        if isinstance(tls, Mapping) and {"options", "stores", "certificates"} & set(tls.pairs):
            inside.add("routers")
        source = _source({key.lower() for key in document.pairs}, inside)
        if source:
            yield source, "", "", list(_flat(document, ""))


def _source(keys: set[str], http: set[str]) -> str:
    if http & {"routers", "middlewares", "services", "serverstransports"}:
        return "dynamic"
    if "entrypoints" in keys or ("providers" in keys and keys & {"api", "log", "accesslog", "certificatesresolvers"}):
        return "static"
    return ""


def _compose(services: Mapping) -> Iterator[tuple[str, str, str, list[Setting]]]:
    for name, (line, node) in services.pairs.items():
        if not isinstance(node, Mapping):
            continue
        image = _text(node.get("image"))
        labels = [*_labels(node.get("labels"))]
        deploy = node.get("deploy")
        if isinstance(deploy, Mapping):
            labels += _labels(deploy.get("labels"))
        found = [
            Setting(name=key.lower().removeprefix("traefik."), value=_value(key.lower(), value), line=where)
            for key, value, where in labels
            if key.lower().startswith("traefik.")
        ]
        if found:
            yield "labels", name, "", found
        flags = list(_flags(node.get("command")))
        # A file that is put over another one may say what it starts with and not what it is.
        own = not image and any(flag.name.startswith(("entrypoints.", "providers.docker")) for flag in flags)
        if own or re.fullmatch(r"(?:.*/)?traefik(?::.*|@.*)?", image):
            flags += _environment(node.get("environment"))
            flags.append(Setting(name="image", value=image, line=node.line_of("image") or line))
            yield "flags", name, image, sorted(flags, key=lambda setting: setting.line)


def _labels(node: Node | None) -> Iterator[tuple[str, str, int]]:
    if isinstance(node, Mapping):
        for key, (line, value) in node.pairs.items():
            yield key, _text(value), line
    elif isinstance(node, Sequence):
        for item in node.items:
            if isinstance(item, Scalar):
                name, _, given = item.text.partition("=")
                yield name.strip(), given, item.line


def _flags(node: Node | None) -> Iterator[Setting]:
    words = node.items if isinstance(node, Sequence) else []
    if isinstance(node, Scalar):
        words = [Scalar(word, False, node.line) for word in node.text.split()]
    for item in words:
        if isinstance(item, Scalar) and item.text.startswith("--"):
            key, equals, value = item.text.removeprefix("--").partition("=")
            name = key.lower()
            yield Setting(name=name, value=_value(name, value if equals else "true"), line=item.line)


def _environment(node: Node | None) -> Iterator[Setting]:
    for key, value, line in _labels(node):
        if key.upper().startswith("TRAEFIK_"):
            name = key.lower().removeprefix("traefik_").replace("_", ".")
            yield Setting(name=name, value=_value(name, value), line=line)


def _resource(kind: str, document: Mapping) -> Iterator[Setting]:
    """A custom resource in the words of the file provider."""
    metadata, spec = document.get("metadata"), document.get("spec")
    name = _text(metadata.get("name")).lower() if isinstance(metadata, Mapping) else ""
    if not isinstance(spec, Mapping) or not name:
        return
    if kind == "Middleware":
        yield from _flat(spec, f"http.middlewares.{name}.")
    elif kind == "IngressRoute":
        routes = spec.get("routes")
        for number, route in enumerate(routes.items if isinstance(routes, Sequence) else []):
            if not isinstance(route, Mapping):
                continue
            prefix = f"http.routers.{name}-{number}."
            yield Setting(name=f"{prefix}rule", value=_text(route.get("match")), line=route.line_of("match"))
            entries = spec.get("entryPoints")
            if isinstance(entries, Sequence):
                text = ",".join(_text(item) for item in entries.items)
                yield Setting(name=f"{prefix}entrypoints", value=text, line=spec.line_of("entryPoints"))
            if "tls" in spec.pairs:
                yield Setting(name=f"{prefix}tls", value="true", line=spec.line_of("tls"))
            for key in ("middlewares", "services"):
                listed = route.get(key)
                every = listed.items if isinstance(listed, Sequence) else []
                items = [item for item in every if isinstance(item, Mapping)]
                if key == "middlewares" and items:
                    text = ",".join(_text(item.get("name")).lower() for item in items)
                    yield Setting(name=f"{prefix}middlewares", value=text, line=route.line_of(key))
                for item in items[:1] if key == "services" else []:
                    url = f"http://{_text(item.get('name'))}:{_text(item.get('port')) or '80'}"
                    yield Setting(name=f"{prefix}service", value=f"{name}-{number}", line=route.line_of(key))
                    at = f"http.services.{name}-{number}.loadbalancer.servers.0.url"
                    yield Setting(name=at, value=url, line=item.line_of("name"))


def _ingress(document: Mapping) -> Iterator[Setting]:
    """An Ingress that Traefik serves, in the words of the file provider."""
    metadata, spec = document.get("metadata"), document.get("spec")
    if not isinstance(metadata, Mapping) or not isinstance(spec, Mapping):
        return
    noted = metadata.get("annotations")
    notes = noted.pairs if isinstance(noted, Mapping) else {}
    prefix = "traefik.ingress.kubernetes.io/router."
    classes = (_text(spec.get("ingressClassName")), _text(notes.get("kubernetes.io/ingress.class", (0, None))[1]))
    if not any(key.startswith(prefix) for key in notes) and "traefik" not in classes:
        return
    told = {setting.name: setting for setting in rules(spec)}
    name = _text(metadata.get("name")).lower() or "ingress"
    for number, path in enumerate(key.removesuffix(".path") for key in list(told) if key.endswith(".path")):
        at = f"http.routers.{name}-{number}."
        host, where = told.get(f"{path.partition('.paths')[0]}.host"), told[f"{path}.path"]
        rule = f"PathPrefix(`{where.value}`)"
        rule = f"Host(`{host.value}`) && {rule}" if host is not None else rule
        yield Setting(name=f"{at}rule", value=rule, line=where.line)
        for key in ("entrypoints", "middlewares", "tls"):
            line, value = notes.get(f"{prefix}{key}", (0, None))
            if value is not None:
                yield Setting(name=f"{at}{key}", value=_value(key, _text(value)), line=line)
        if "tls" in told:
            yield Setting(name=f"{at}tls", value="true", line=told["tls"].line)
        service = told.get(f"{path}.service")
        if service is not None:
            yield Setting(name=f"{at}service", value=f"{name}-{number}", line=service.line)
            url = f"http.services.{name}-{number}.loadbalancer.servers.0.url"
            yield Setting(name=url, value=f"http://{service.value}", line=service.line)


def _flat(node: Node, prefix: str, line: int = 0) -> Iterator[Setting]:
    """A tree as settings with the lines of their keys. An empty mapping is one too: `tls: {}` switches it on."""
    if isinstance(node, Mapping):
        for key, (at, value) in node.pairs.items():
            yield from _flat(value, f"{prefix}{key.lower()}.", at)
        if not node.pairs and prefix:
            yield Setting(name=prefix.rstrip("."), value="true", line=line or node.line)
    elif isinstance(node, Sequence):
        scalars = [item for item in node.items if isinstance(item, Scalar)]
        if scalars:
            name = prefix.rstrip(".")
            yield Setting(name=name, value=_value(name, ",".join(item.text for item in scalars)), line=line)
        for number, item in enumerate(item for item in node.items if not isinstance(item, Scalar)):
            yield from _flat(item, f"{prefix}{number}.", item.line)
    else:
        name = prefix.rstrip(".")
        given = "true" if node.plain and node.text in {"", "~", "null"} else node.text
        yield Setting(name=name, value=_value(name, given), line=line or node.line)


def _walked(tree: Any, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _walked(value, f"{prefix}{str(key).lower()}.")
        if not tree and prefix:
            yield prefix.rstrip("."), "true"
    elif isinstance(tree, list):
        scalars = [item for item in tree if not isinstance(item, dict | list)]
        if scalars:
            yield prefix.rstrip("."), ",".join(map(str, scalars))
        for number, item in enumerate(item for item in tree if isinstance(item, dict | list)):
            yield from _walked(item, f"{prefix}{number}.")
    else:
        yield prefix.rstrip("."), str(tree).lower() if isinstance(tree, bool) else str(tree)


def _toml_lines(text: str) -> dict[str, int]:
    """The line of each key of a TOML text, by its name; tables of an array by their number."""
    found: dict[str, int] = {}
    table = ""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        header = re.match(r"\s*(\[\[?)([^\]\n]{1,300})\]", line)
        if header is not None:
            table = ".".join(part.strip().strip("\"'").lower() for part in header[2].split(".")) + "."
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}{counts[table]}."
            found.setdefault(table.rstrip("."), number)
            continue
        key = re.match(r"\s*([\w.\"'-]{1,200})\s*=", line)
        if key is not None:
            found.setdefault(table + key[1].replace('"', "").replace("'", "").lower(), number)
    return found


def _line(name: str, lines: dict[str, int]) -> int:
    while name:
        if name in lines:
            return lines[name]
        name = name.rpartition(".")[0]
    return 1


def _table(node: Any) -> dict[str, Any]:
    return node if isinstance(node, dict) else {}


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _value(name: str, value: str) -> str:
    """A value without what may be a secret, and with the defaults of the variables that it names."""
    parts = name.split(".")
    if len(parts) > 1 and parts[-2] in {"customresponseheaders", "customrequestheaders"}:
        if value and parts[-1] not in RESPONSE | REQUEST:
            return WITHHELD
    elif parts[-1] not in _KEPT and not set(parts) & {"redirections", "respondingtimeouts", "forwardedheaders"}:
        return WITHHELD if value.lower() not in {"true", "false", ""} and not value.isdecimal() else value
    return without_credentials(_VARIABLE.sub(_filled, value.replace("$$", "\0")).replace("\0", "$"))


def _filled(match: re.Match[str]) -> str:
    return match["default"] if match["default"] is not None else TEMPLATED
