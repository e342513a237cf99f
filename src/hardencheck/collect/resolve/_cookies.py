"""A cookie as the settings of a framework declare it: one fact a place, so that each flag is blamed at its own line."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hardencheck.model.facts import Value
from hardencheck.model.facts.declared import COOKIE_ATTRIBUTES, DeclaredCookie
from hardencheck.model.location import Location


class Flag(NamedTuple):
    """What an attribute is worth, and where that is said: its own line, or that of the application by default."""

    value: Value
    location: Location


def declared(
    flags: Mapping[str, Flag], *, role: str, name: str, layer: str, application: str = ""
) -> Iterator[DeclaredCookie]:
    """flags: by attribute, those alone that are known. The others say nothing."""
    same_site = flags["same_site"].value if "same_site" in flags else None
    for place in dict.fromkeys(flag.location for flag in flags.values()):
        yield DeclaredCookie(
            location=place,
            role=role,
            name=name,
            secure="secure" in flags and bool(flags["secure"].value),
            http_only="http_only" in flags and bool(flags["http_only"].value),
            same_site=same_site.lower() if isinstance(same_site, str) and same_site else None,
            layer=layer,
            application=application,
            known=tuple(one for one in COOKIE_ATTRIBUTES if one in flags and flags[one].location == place),
        )
