"""Rows of production defaults made from the facts that the rules judge, so that the command is tested apart from the
resolver that states the rows: what a repository says of a setting has a row, and the judge's own facts beside it."""

from collections.abc import Iterator

import msgspec

from hardencheck.collect.options import Options
from hardencheck.collect.run import Collected, collect
from hardencheck.model.facts import Fact
from hardencheck.model.facts.settings import DjangoMiddleware, FrameworkSetting, ProductionDefault, SecretKey, Variable
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location
from hardencheck.model.target import Target

DEPENDS = {
    "SECURE_HSTS_SECONDS": (
        Variable(
            name="HSTS",
            default="0",
            cast="int",
            given="3600",
            given_at=Location(path="compose.yaml", line=4),
        ),
    ),
}
CHAINS = {"DEBUG": (Location(path="shop/settings/base.py", line=5),)}


def rows(facts: FactSet) -> Iterator[ProductionDefault]:
    listed: set[str] = set()
    for fact in facts.facts:
        match fact:
            case FrameworkSetting():
                yield ProductionDefault(
                    location=fact.location,
                    framework=fact.framework,
                    application=fact.application,
                    name=fact.name,
                    state="known",
                    source="default" if fact.source == "default" else "set",
                    value=repr(fact.value),
                    depends_on=DEPENDS.get(fact.name, ()),
                    chain=CHAINS.get(fact.name, ()),
                    version="5.2",
                )
            case SecretKey():
                yield ProductionDefault(
                    location=fact.location,
                    framework=fact.framework,
                    application=fact.application,
                    name=fact.name,
                    state="known",
                    source="set",
                    value=f"(a secret of {fact.length} characters)",
                )
            case DjangoMiddleware() if fact.application not in listed:
                listed.add(fact.application)
                yield ProductionDefault(
                    location=fact.location,
                    framework="django",
                    application=fact.application,
                    name="MIDDLEWARE",
                    state="known",
                    source="set",
                    value="[...]",
                )
    for gap in facts.gaps:
        if "framework.setting" in gap.kinds and "name" in gap.about:
            yield ProductionDefault(
                location=gap.location,
                framework=str(gap.about["framework"]),
                application=str(gap.about["application"]),
                name=str(gap.about["name"]),
                state="unknown",
                source="set",
                reason="call",
                text=gap.detail,
            )


def collected(target: Target, options: Options) -> Collected:
    """`collect` with these rows in place of those of the resolver."""
    found = collect(target, options)
    kept: list[Fact] = [fact for fact in found.facts.facts if not isinstance(fact, ProductionDefault)]
    facts = msgspec.structs.replace(found.facts, facts=(*kept, *rows(found.facts)))
    return found._replace(facts=facts)
