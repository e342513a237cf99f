"""Which version of a framework is installed, as far as requirements say, and defaults that changed over time."""

import re
from collections.abc import Sequence

from hardencheck.model.facts import Value
from hardencheck.model.facts.container import ComposeService, ImageBuild
from hardencheck.model.facts.settings import PackageRequirement
from hardencheck.model.gap import FactSet

Version = tuple[int, ...]
NEWEST: Version = (10_000,)


def version(text: str) -> Version:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def of_image(facts: FactSet, name: str) -> Version | None:
    """The lowest version of a program that runs in its own image ("caddy:2.10-alpine"), as far as the repository says;
    a tag that moves with the newest one is NEWEST."""
    pattern = re.compile(rf"(?:[\w.:/-]{{1,200}}/)?{re.escape(name)}(?::([\w.-]{{1,128}}))?(?:@.*)?")
    images = [fact.image for fact in facts.of("compose.service") if isinstance(fact, ComposeService)]
    images += [fact.base for fact in facts.of("container.build") if isinstance(fact, ImageBuild)]
    found: list[Version] = []
    for image in images:
        if (match := pattern.fullmatch(image or "")) is not None:
            tag = re.match(r"v?(\d+(?:\.\d+)+)", match[1] or "")
            found.append(version(tag[1]) if tag is not None else NEWEST)
    return min(found) if found else None


def lowest(facts: FactSet, package: str) -> Version | None:
    """The lowest version of a package that the repository admits; None when nothing says.

    A lock file decides. A requirement without bounds installs the newest version there is.
    """
    found = [
        fact
        for fact in facts.of("package.requirement")
        if isinstance(fact, PackageRequirement) and fact.package == package
    ]
    pinned = [version(fact.lowest) for fact in found if fact.exact and fact.lowest]
    if pinned:
        return min(pinned)
    if not found:
        return None
    lows = [version(fact.lowest) if fact.lowest else NEWEST for fact in found if fact.lowest or not fact.bounded]
    return min(lows) if lows else None


def admitted(facts: FactSet, package: str) -> tuple[Version, Version]:
    """The lowest and the highest version of a package that may be installed, as far as the repository says."""
    found = [
        fact
        for fact in facts.of("package.requirement")
        if isinstance(fact, PackageRequirement) and fact.package == package
    ]
    pinned = [version(fact.lowest) for fact in found if fact.exact and fact.lowest]
    if pinned:
        return min(pinned), max(pinned)
    lows = [version(fact.lowest) for fact in found if fact.lowest]
    if found and not lows and not any(fact.bounded for fact in found):
        return NEWEST, NEWEST  # the newest there is
    return (min(lows) if lows else ()), NEWEST


def version_text(at: Version | None) -> str:
    """For people; "" where nothing says, or it is the newest there is."""
    return ".".join(map(str, at)) if at is not None and at != NEWEST else ""


Since = Sequence[tuple[Version, Value]]


def default(history: Since, at: Version | None) -> tuple[bool, Value]:
    """(known, value) of a default, from its history: the value since each version, the oldest first."""
    if len(history) == 1:
        return True, history[0][1]
    if at is None:
        return False, None
    value = history[0][1]
    for since, changed in history:
        if at >= since:
            value = changed
    return True, value
