"""Configuration files of reverse proxies, as written: raw material for `collect/resolve/_routes*.py`."""

from typing import ClassVar

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
    """An nginx configuration file, arguments only of the directives that are looked at."""

    side: ClassVar[Side] = Side.DECLARED

    role: str
    templated: bool
    directives: tuple[Directive, ...] = ()


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
