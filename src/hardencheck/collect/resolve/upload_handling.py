"""What becomes of uploads once they are there: what bounds the code that reads them, what checks them."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.storage import BoundedRead, FileField, FileFields, UploadRead
from hardencheck.model.facts.uploads import UploadLimit
from hardencheck.model.gap import FactSet, Gap


class UploadHandling(Resolver):
    """Reads joined with the limits in front of them, fields with the methods that check them."""

    name = "uploads.handling"
    after = ("uploads.limits",)
    emits = (BoundedRead, FileField)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        fronts = {
            framework: _front(facts, framework)
            for framework in {fact.framework for fact in facts.facts if isinstance(fact, UploadRead)}
        }
        unsure = next(
            (gap for gap in facts.gaps if UploadLimit.kind() in gap.kinds and gap.about.get("layer") == "proxy"), None
        )
        for fact in facts.facts:
            if isinstance(fact, UploadRead):
                by = "the code" if fact.counted else fronts[fact.framework]
                if not by and unsure is not None:
                    about: dict[str, Scalar] = {"framework": fact.framework, "call": fact.call, "role": fact.role}
                    text = f"{fact.call} has no bound of its own, and the one in front is not known: {unsure.detail}"
                    yield Gap(
                        kinds=(BoundedRead.kind(),),
                        collector=self.name,
                        reason=unsure.reason,
                        detail=text,
                        location=fact.location,
                        about=about,
                    )
                    continue
                yield BoundedRead(
                    location=fact.location,
                    framework=fact.framework,
                    call=fact.call,
                    bounded=bool(by),
                    by=by,
                    role=fact.role,
                )
        checked = {name for fact in facts.facts if isinstance(fact, FileFields) for name in fact.checkers}
        yield from _fields(facts, checked)
        yield from self.passed_on(facts, UploadRead, BoundedRead)
        yield from self.passed_on(facts, FileFields, FileField)


def _fields(facts: FactSet, checked: AbstractSet[str]) -> Iterator[FileField]:
    """One fact for the fields of a file."""
    files: dict[tuple[str | None, str], list[FileFields]] = {}
    for fact in facts.facts:
        if isinstance(fact, FileFields) and fact.owner:
            files.setdefault((fact.location.path, fact.library), []).append(fact)
    for (_, library), owners in files.items():
        unchecked = [
            (line, f"{owner.owner}.{name}")
            for owner in owners
            for name, line in zip(owner.unchecked, owner.lines, strict=True)
            if name not in checked
        ]
        where = owners[0].location
        yield FileField(
            location=where.at(unchecked[0][0]) if unchecked else where,
            library=library,
            unchecked=tuple(name for _, name in unchecked[:20]),
            role=owners[0].role,
        )


def _front(facts: FactSet, framework: str) -> str:
    """What bounds a body before code of this framework reads it: every proxy does, or the application itself. What
    aiohttp limits is not what is read past it."""
    limits = [fact for fact in facts.facts if isinstance(fact, UploadLimit) and fact.counts == "body"]
    proxies = [fact for fact in limits if fact.layer == "proxy"]
    own = [fact for fact in limits if fact.product in {"fastapi", "starlette"}] if framework == "starlette" else []
    for layer in (proxies, own):
        if layer and all(fact.max_bytes is not None for fact in layer):
            loosest = max(layer, key=lambda fact: fact.max_bytes or 0)
            return f"{loosest.setting} at {loosest.location}"
    return ""
