"""Secrets in the names of files and branches. A report shows names everywhere, so these are the one thing that has to
be taken out of text that is not ours."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from hardencheck.collect.fingerprint_key import fingerprint_key
from hardencheck.collect.secrets.rules import confirmed
from hardencheck.collect.secrets.scan import Sighting, detection, scanner

_CLASSES = {"provider-token", "cloud-credential", "password-in-url", "jwt"}


class Named(NamedTuple):
    """shown: the name without the secret. sightings: what is in it, without a line."""

    shown: str
    sightings: tuple[Sighting, ...]


def secrets_in(names: Iterable[str]) -> dict[str, Named]:
    """Those names that hold a token or the password of a URL. One pass over all of them."""
    unique = list(dict.fromkeys(names))
    ordered = [name for name in unique if "\n" not in name]
    using = scanner()
    text = "\n".join(ordered).encode("utf-8", "surrogateescape")
    lines = sorted(
        {sighting.line for sighting in using.scan(text, "").sightings if _counts(sighting) and sighting.line}
    )
    found: dict[str, Named] = {}
    for name in (*(ordered[line - 1] for line in lines), *(name for name in unique if "\n" in name)):
        data = name.encode("utf-8", "surrogateescape")
        sightings = tuple(
            msgspec.structs.replace(item, line=None, column=None)
            for item in using.scan(data, "").sightings
            if _counts(item)
        )
        if sightings:
            found[name] = Named(_without(data), sightings)
    return found


def _counts(sighting: Sighting) -> bool:
    return not sighting.why and sighting.class_ in _CLASSES


def _without(name: bytes) -> str:
    key = fingerprint_key()
    for rule in detection().rules:
        if rule.class_ in _CLASSES:
            for hit in reversed(list(confirmed(rule, name))):
                mark = f"[secret {key.digest(hit.value)[:8]}]".encode()
                name = name[: hit.start] + mark + name[hit.stop :]
    return name.decode("utf-8", "backslashreplace")
