"""Configuration files of reverse proxies, as written: raw material for `collect/resolve/_routes*.py`."""

from typing import ClassVar, Literal

import msgspec

from hardencheck.model.facts._base import Fact, Side


class Directive(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One directive. block: the directives in its braces or section, None when it has none. conditional: it stands
    inside a condition of a template, so that it may not be there."""

    name: str
    line: int
    args: tuple[str, ...] = ()
    block: tuple["Directive", ...] | None = None
    conditional: bool = False


class NginxFile(Fact, tag="nginx.file", frozen=True, kw_only=True):
    """An nginx configuration file, arguments only of the directives that are looked at. names: what it is called on the
    machine, where the text stands in another file (an image's build, a compose file) that says so."""

    side: ClassVar[Side] = Side.DECLARED

    role: str
    templated: bool
    directives: tuple[Directive, ...] = ()
    names: tuple[str, ...] = ()


class ApacheFile(Fact, tag="apache.file", frozen=True, kw_only=True):
    """A configuration file of Apache httpd, .htaccess too. The names of directives are in lower case, those of sections
    with their "<"; arguments only of the directives that are looked at."""

    side: ClassVar[Side] = Side.DECLARED

    role: str
    templated: bool
    directives: tuple[Directive, ...] = ()


class CaddyFile(Fact, tag="caddy.file", frozen=True, kw_only=True):
    """A Caddyfile. At the top stand "{global}" (its options), "{snippet}" and "{site}" (arguments: its name, its
    addresses) and imports; arguments only of the directives that are looked at. `{$NAME:default}` is as written."""

    side: ClassVar[Side] = Side.DECLARED

    role: str
    templated: bool
    directives: tuple[Directive, ...] = ()


class Setting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One value of a configuration that is a tree. name: the keys to it in lower case, joined by dots, places in a
    list by number; value: as written, a list of scalars joined by commas."""

    name: str
    value: str
    line: int


class TraefikConfiguration(Fact, tag="traefik.configuration", frozen=True, kw_only=True):
    """Settings of Traefik in one place. source: "dynamic" and "static" (files), "labels" (of a compose service: its
    name is `service`), "flags" (of Traefik's own service), "custom-resource". image: of Traefik's service."""

    side: ClassVar[Side] = Side.DECLARED

    role: str
    source: str
    templated: bool
    service: str = ""
    image: str = ""
    settings: tuple[Setting, ...] = ()


class IngressConfiguration(Fact, tag="ingress.configuration", frozen=True, kw_only=True):
    """Settings of ingress-nginx. source: "ingress" (a resource), "values" (annotations in the values of a chart),
    "configmap" (of the controller), "other" (a resource of another class, or of none: its rules and TLS alone). Names
    of settings are those of annotations without their prefix, "rules.0.host" and so on, and the keys of the ConfigMap.
    snippets: what it gives nginx, by the name of the annotation or key."""

    side: ClassVar[Side] = Side.DECLARED

    role: str
    source: str
    name: str
    templated: bool
    settings: tuple[Setting, ...] = ()
    snippets: tuple[Directive, ...] = ()


Matter = Literal[
    "version", "trace", "listing", "protocols", "ciphers", "inheritance", "always", "alias", "forwarded", "control",
    "status-page", "open-proxy", "redirect", "removed", "backend-tls", "plain",
]  # fmt: skip


class ProxySetting(Fact, tag="proxy.setting", frozen=True, kw_only=True):
    """What a proxy's configuration says on one matter, at one place.

    "version": its version is told; "trace": TRACE is answered; "listing": directories are listed; "protocols",
    "ciphers": of TLS; "inheritance": fields that a level takes away from what it inherits; "always": fields that errors
    lack; "alias": a path that leads out of its directory; "forwarded": what clients say of themselves is passed on;
    "control": its own interface is open; "status-page": so is its page of figures; "open-proxy": clients say where
    it goes; "redirect": plain http reaches the application beside https;
    "removed": a security header is set and taken away again; "backend-tls": the certificate behind is not verified;
    "plain": an Ingress without TLS.
    weak: it is as the matter fears. value: what stands there. role: of the file.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("matter", "product", "value")

    matter: Matter
    product: str
    weak: bool
    value: str
    role: str = "production"

    def describe(self) -> str:
        return f"{self.product}: {self.value}"
