"""What Kubernetes resources and charts tell ingress-nginx, and of an Ingress of another class whether it has TLS.

Source: ingress-nginx documentation, "Annotations" and "ConfigMap"; Kubernetes API reference, Ingress.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._fields import RESPONSE, WITHHELD
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._templates import TEMPLATED, is_yaml, plain
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, Sequence, documents
from hardencheck.collect.extract.nginx import directives
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import Directive, IngressConfiguration, Setting
from hardencheck.model.location import Location

PREFIX = "nginx.ingress.kubernetes.io/"
MAX_BYTES = 1_000_000
_MAY = compiled(
    rb"nginx\.ingress\.kubernetes\.io/|ingressClassName:\s*[\"']?nginx|kubernetes\.io/ingress\.class"
    rb"|^[ \t]{2,20}(?:proxy-body-size|use-forwarded-headers|hsts|ssl-protocols|server-tokens|add-headers|ssl-redirect"
    rb"|http-snippet|server-snippet|location-snippet|hide-headers|log-format-upstream|allow-snippet-annotations)\s*:"
    rb"|^kind:\s*[\"']?Ingress\b|kind:\s*ConfigMap(?=(?:.|\n){0,2000}custom-headers)",
    re.MULTILINE,
)
_KEYS = frozenset({
    "proxy-body-size", "use-forwarded-headers", "hsts", "hsts-max-age", "hsts-include-subdomains", "hsts-preload",
    "ssl-protocols", "ssl-ciphers", "server-tokens", "add-headers", "proxy-set-headers", "ssl-redirect",
    "force-ssl-redirect", "http-snippet", "server-snippet", "location-snippet", "main-snippet", "hide-headers",
    "log-format-upstream", "log-format-escape-json", "allow-snippet-annotations", "client-body-timeout",
    "client-header-timeout", "proxy-read-timeout", "proxy-send-timeout", "proxy-connect-timeout", "keep-alive",
    "disable-access-log", "access-log-path", "error-log-path", "error-log-level", "enable-real-ip",
    "compute-full-forwarded-for", "proxy-real-ip-cidr", "client-body-buffer-size", "large-client-header-buffers",
    "enable-modsecurity", "enable-owasp-modsecurity-crs", "annotations-risk-level", "proxy-request-buffering",
    "skip-access-log-urls", "strict-validate-path-type", "use-proxy-protocol", "enable-underscores-in-headers",
})  # fmt: skip
_ANNOTATIONS = _KEYS | {
    "enable-cors",
    "cors-allow-origin",
    "cors-allow-credentials",
    "cors-allow-methods",
    "cors-allow-headers",
    "cors-expose-headers",
    "cors-max-age",
    "whitelist-source-range",
    "denylist-source-range",
    "limit-rps",
    "limit-rpm",
    "limit-connections",
    "backend-protocol",
    "configuration-snippet",
    "server-snippet",
    "rewrite-target",
    "use-regex",
    "proxy-buffering",
    "enable-access-log",
    "enable-rewrite-log",
    "permanent-redirect",
    "temporal-redirect",
    "auth-type",
    "auth-tls-verify-client",
    "proxy-ssl-verify",
    "ssl-passthrough",
    "app-root",
    "custom-http-errors",
    "default-backend",
    "canary",
    "affinity",
    "upstream-vhost",
    "x-forwarded-prefix",
    "custom-headers",
    "client-body-buffer-size",
    "session-cookie-secure",
    "session-cookie-samesite",
}
# Names of settings: an annotation by which TLS may end elsewhere; a `tls` that a template writes.
ELSEWHERE, OPEN = "tls.elsewhere", "tls.open"
# Certificates of a load balancer, routers of another controller.
_ENDS_TLS = compiled(r".*(?:cert|tls|ssl|https|cloudflare-proxied).*", re.IGNORECASE)
_AT_HTTPS = compiled(r".{0,200}(?:websecure|https).{0,200}", re.IGNORECASE)
# cert-manager fills what `tls` names and nothing else; ingress-nginx has no annotation for it.
_NOTHING_OF_TLS = compiled(
    r"(?:acme\.)?cert-manager\.io/.*|kubernetes\.io/tls-acme|nginx\.ingress\..*|.*(?:backend|health).*"
)
_SNIPPETS = {"http-snippet", "server-snippet", "location-snippet", "configuration-snippet"}


class IngressFiles(Extractor):
    """Ingress resources and ConfigMaps of ingress-nginx, and charts that annotate them."""

    name = "ingress.files"
    version = 2
    emits = (IngressConfiguration,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return size <= MAX_BYTES and is_yaml(path)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not _MAY.search(data):
            return
        read = plain(data.decode("utf-8-sig", "replace"), shell=False, alone=f": {TEMPLATED}")
        try:
            found = documents(read.text.encode(), templated=read.templated)
        except Unreadable:
            if read.templated:
                return  # a template that is no YAML before it is filled in
            raise
        for document in found:
            if isinstance(document, Mapping):
                for source, name, line, settings, snippets in _read(document):
                    yield IngressConfiguration(
                        location=Location(path=path, line=line),
                        role=role(path),
                        source=source,
                        name=name,
                        templated=read.templated,
                        settings=tuple(settings),
                        snippets=tuple(snippets),
                    )


_Read = tuple[str, str, int, list[Setting], list[Directive]]


def _read(document: Mapping) -> Iterator[_Read]:
    kind = _text(document.get("kind"))
    metadata = document.get("metadata")
    name = _text(metadata.get("name")) if isinstance(metadata, Mapping) else ""
    if kind == "Ingress":
        annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
        spec = document.get("spec")
        classes = [_text(spec.get("ingressClassName"))] if isinstance(spec, Mapping) else []
        settings: list[Setting] = []
        snippets: list[Directive] = []
        own = False
        if isinstance(annotations, Mapping):
            classes.append(_text(annotations.get("kubernetes.io/ingress.class")))
            settings, snippets = _settings(annotations, PREFIX, _ANNOTATIONS)
            own = any(key.startswith(PREFIX) for key in annotations.pairs)
        named = [word for word in classes if word and word != TEMPLATED]
        settings += [*rules(spec), *_of_tls(annotations, spec)]
        if own or any("nginx" in word for word in named):
            yield "ingress", name, document.line_of("kind"), settings, snippets
        elif settings:
            settings += [Setting(name="class", value=word, line=document.line_of("kind")) for word in named[:1]]
            yield "other", name, document.line_of("kind"), settings, []
    elif kind == "ConfigMap":
        data = document.get("data")
        known = set(data.pairs) & _KEYS if isinstance(data, Mapping) else set()
        if isinstance(data, Mapping) and known and ("nginx" in name or len(known) > 1):
            settings, snippets = _settings(data, "", _KEYS)
            yield "configmap", name, data.line, settings, snippets
        elif isinstance(data, Mapping) and name and all(key.lower() in RESPONSE for key in data.pairs):
            found = [
                Setting(name=key.lower(), value=_text(value), line=line)
                for key, (line, value) in data.pairs.items()
                if isinstance(value, Scalar)
            ]
            yield "headers", name, data.line, found, []
    elif not kind:
        yield from _charted(document, 0)


def _charted(node: Node, depth: int) -> Iterator[_Read]:
    """Annotations in the values of a chart, and the settings of the controller's ConfigMap."""
    if depth > 12:
        return
    if isinstance(node, Mapping):
        if any(key.startswith(PREFIX) for key in node.pairs):
            settings, snippets = _settings(node, PREFIX, _ANNOTATIONS)
            yield "values", "", node.line, settings, snippets
            return
        for key, (line, value) in node.pairs.items():
            if key == "config" and isinstance(value, Mapping) and set(value.pairs) & _KEYS:
                settings, snippets = _settings(value, "", _KEYS)
                yield "configmap", "", line, settings, snippets
            else:
                yield from _charted(value, depth + 1)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _charted(item, depth + 1)


def _settings(node: Mapping, prefix: str, known: frozenset[str] | set[str]) -> tuple[list[Setting], list[Directive]]:
    settings: list[Setting] = []
    snippets: list[Directive] = []
    for key, (line, value) in node.pairs.items():
        if not key.startswith(prefix) or not isinstance(value, Scalar):
            continue
        name = key.removeprefix(prefix)
        if name in _SNIPPETS:
            snippets.append(_snippet(name, value, line))
        elif name in known:
            settings.append(Setting(name=name, value=value.text, line=line))
        else:
            settings.append(Setting(name=name[:100], value=WITHHELD, line=line))
    return settings, snippets


def _snippet(name: str, value: Scalar, line: int) -> Directive:
    """What stands in a snippet, as nginx reads it. The text of a block begins on the line after its key."""
    first = value.line if "\n" in value.text else value.line - 1
    try:
        block = tuple(moved(one, first) for one in directives(value.text))
    except Unreadable:
        block = (Directive(name=TEMPLATED, line=line),)
    return Directive(name=name, line=line, block=block)


def moved(directive: Directive, by: int) -> Directive:
    """A directive of a text that begins further down in a file."""
    block = None if directive.block is None else tuple(moved(inner, by) for inner in directive.block)
    return replace(directive, line=directive.line + by, block=block)


def rules(spec: Node | None) -> Iterator[Setting]:
    """The hosts, paths and services of an Ingress, and whether it has TLS."""
    if not isinstance(spec, Mapping):
        return
    rules = spec.get("rules")
    for number, rule in enumerate(rules.items if isinstance(rules, Sequence) else []):
        if not isinstance(rule, Mapping):
            continue
        if "host" in rule.pairs:
            yield Setting(name=f"rules.{number}.host", value=_text(rule.get("host")), line=rule.line_of("host"))
        http = rule.get("http")
        paths = http.get("paths") if isinstance(http, Mapping) else None
        for index, path in enumerate(paths.items if isinstance(paths, Sequence) else []):
            if not isinstance(path, Mapping):
                continue
            start = f"rules.{number}.paths.{index}"
            line = path.line_of("path")
            yield Setting(name=f"{start}.path", value=_text(path.get("path")) or "/", line=line)
            backend = path.get("backend")
            if isinstance(backend, Mapping):
                yield Setting(name=f"{start}.service", value=_service(backend), line=path.line_of("backend"))
    tls = spec.get("tls")
    if isinstance(tls, Sequence) and tls.items:
        yield Setting(name="tls", value="true", line=spec.line_of("tls"))


def _of_tls(annotations: Node | None, spec: Node | None) -> Iterator[Setting]:
    """Why an Ingress without a list of certificates may have TLS all the same."""
    if isinstance(spec, Mapping) and (TEMPLATED in spec.pairs or TEMPLATED in _text(spec.get("tls"))):
        yield Setting(name=OPEN, value="", line=spec.line_of("tls"))
    if not isinstance(annotations, Mapping):
        return
    for key, (line, value) in annotations.pairs.items():
        if key == TEMPLATED:
            yield Setting(name=OPEN, value="", line=line)
            return
        if _NOTHING_OF_TLS.fullmatch(key) is None and (_ENDS_TLS.fullmatch(key) or _AT_HTTPS.fullmatch(_text(value))):
            yield Setting(name=ELSEWHERE, value=key[:100], line=line)
            return


def _service(backend: Mapping) -> str:
    service = backend.get("service")
    if isinstance(service, Mapping):
        port = service.get("port")
        number = _text(port.get("number")) or _text(port.get("name")) if isinstance(port, Mapping) else ""
        return f"{_text(service.get('name'))}:{number}".rstrip(":")
    return f"{_text(backend.get('serviceName'))}:{_text(backend.get('servicePort'))}".rstrip(":")


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
