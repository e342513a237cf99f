"""One fact for each secret: what the files show and what the objects remember, joined by the value's digest."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hardencheck.collect.contract import Found, Resolver, Tree, Unreadable
from hardencheck.collect.resolve._shipped import Shipped
from hardencheck.collect.secrets.context import role_of
from hardencheck.collect.secrets.sightings import RANK
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import ImageBuild
from hardencheck.model.facts.secrets import NOW, Exposure, Secret, SecretCandidate, SecretTrace, Standing
from hardencheck.model.gap import FactSet, Gap
from hardencheck.model.location import Location

MAX_PLACES = 50
MAX_OWNER_RULES = 5_000
_EXPOSURES: tuple[Exposure, ...] = (
    "at HEAD", "index", "work tree", "history", "other branch", "stash", "git configuration", "unreachable",
)  # fmt: skip
# Of several files that hold a value, the one that matters most decides.
_ROLES = ("production", "development", "migration", "example", "documentation", "test")
_CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_ENVIRONMENTS = compiled(
    r"(?:^|[./_-])(prod(?:uction)?|live|stag(?:e|ing)|uat|qa|preprod|sandbox|dev(?:elopment)?|test(?:ing)?|ci|local)(?=[./_-]|$)"
)
_ENVIRONMENT = {
    "prod": "production", "live": "production", "stage": "staging", "dev": "development", "testing": "test",
}  # fmt: skip
_LEVEL = {"high": 0, "medium": 1, "low": 2}


class Secrets(Resolver):
    """Every value once."""

    name = "secrets"
    emits = (Secret,)
    reads = (SecretCandidate, SecretTrace, ImageBuild)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        by_digest: dict[str, tuple[list[SecretCandidate], list[SecretTrace]]] = {}
        for fact in facts.facts:
            if isinstance(fact, SecretCandidate):
                by_digest.setdefault(fact.digest, ([], []))[0].append(fact)
            elif isinstance(fact, SecretTrace):
                by_digest.setdefault(fact.digest, ([], []))[1].append(fact)
        owners = _Owners(tree)
        shipped = Shipped(facts, tree)
        for digest in sorted(by_digest):
            candidates, past = by_digest[digest]
            yield _secret(candidates, past, tree, owners, shipped)
        for gap in facts.gaps:
            if SecretCandidate.kind() in gap.kinds and Secret.kind() not in gap.kinds and gap.collector != self.name:
                yield Gap(
                    kinds=(Secret.kind(),),
                    collector=self.name,
                    reason=gap.reason,
                    detail=gap.detail,
                    location=gap.location,
                )


class _Place(NamedTuple):
    """One place of a value. text: "path:line", or what it is when it is no file. now: in the tree that is audited."""

    path: str | None
    line: int | None
    text: str
    exposure: Exposure
    role: str

    @property
    def order(self) -> tuple[int, int, str, int]:
        return (_EXPOSURES.index(self.exposure), _ROLES.index(self.role), self.path or "~", self.line or 0)


def _secret(
    candidates: Sequence[SecretCandidate],
    past: Sequence[SecretTrace],
    tree: Tree,
    owners: "_Owners",
    shipped: Shipped,
) -> Secret:
    sightings: list[SecretCandidate | SecretTrace] = [*candidates, *past]
    best = min(
        sightings,
        key=lambda item: (
            item.placeholder,
            _aside(item),
            RANK[item.class_],
            _LEVEL[item.confidence],
            item.rule,
            item.length,
            item.inside,
        ),
    )
    places = _places(candidates, past, tree)
    exposure: Exposure = min((place.exposure for place in places), key=_EXPOSURES.index, default="history")
    # Where it is no secret by what stands around it (a docstring, say) it makes none of what a test holds.
    standing_at = {str(item.location) for item in candidates if not item.placeholder}
    aside = {str(item.location) for item in candidates if item.placeholder} - standing_at if standing_at else set()
    counted = [place for place in places if place.text not in aside]
    # Where it is what it is called, if a file that counts as much has it there.
    called = {str(item.location) for item in candidates if item.rule == best.rule}
    main = min(counted, key=lambda place: (*place.order[:2], place.text not in called, place.order), default=None)
    role = min((place.role for place in counted), key=_ROLES.index, default="production")
    standing, why = _standing(sightings, role, best.why)
    # Of a value that is in the index, too, the commits are known from the history.
    trace = min(past, key=lambda item: (not item.introduced, _EXPOSURES.index(item.reach)), default=None)
    now = [place.path for place in places if place.path is not None and place.exposure in NOW]
    kept = list(dict.fromkeys(place.text for place in places))
    head = exposure in NOW
    return Secret(
        location=Location(path=main.path, line=main.line) if main is not None and main.path else Location(),
        rule=best.rule,
        what=best.what,
        class_=best.class_,
        confidence=best.confidence,
        length=best.length,
        digest=best.digest,
        standing=standing,
        why=why,
        role=role,
        exposure=exposure,
        also=_also(exposure, places),
        key_file=head and any(item.whole_file for item in sightings),
        inside=best.inside,
        unsound=best.unsound,
        rotate=best.rotate,
        places=tuple(kept[:MAX_PLACES]),
        more_places=max(0, len(kept) - MAX_PLACES),
        refs=trace.refs if trace is not None and not head else (),
        introduced=trace.introduced if trace is not None else "",
        introduced_at=trace.introduced_at if trace is not None else "",
        removed=trace.removed if trace is not None and not head else "",
        removed_at=trace.removed_at if trace is not None and not head else "",
        commits=sum(item.commits for item in past),
        owners=owners.of(main.path if main is not None else None),
        deployed=shipped.by(dict.fromkeys(now)),
        environments=_environments(now),
    )


def _aside(item: SecretCandidate | SecretTrace) -> bool:
    """Whether only files of tests, developers and readers show it so: what it is called there says little of it."""
    if isinstance(item, SecretCandidate):
        return item.role != "production"
    return all(_from_text(text, "history").role != "production" for text in (*item.at_head, *item.past))


def _also(exposure: Exposure, places: Sequence[_Place]) -> Exposure | None:
    """Of what a commit would still have to bring, the best known of what has it already."""
    if exposure not in {"index", "work tree"}:
        return None
    rest = {place.exposure for place in places} - NOW
    return min(rest, key=_EXPOSURES.index, default=None)


def _places(candidates: Sequence[SecretCandidate], past: Sequence[SecretTrace], tree: Tree) -> list[_Place]:
    committed = {place for trace in past for place in trace.at_head}
    found: list[_Place] = []
    for candidate in candidates:
        path = candidate.location.path
        text = str(candidate.location)
        found.append(
            _Place(path, candidate.location.line, text, _exposure(path, text, committed, tree), candidate.role)
        )
    seen = {place.text for place in found}
    for trace in past:
        found.extend(_from_text(text, "at HEAD") for text in trace.at_head if text not in seen)
        before: Exposure = "history" if trace.at_head else trace.reach
        found.extend(_from_text(text, before) for text in trace.past)
    return sorted(dict.fromkeys(found), key=lambda place: place.order)


def _exposure(path: str | None, text: str, committed: set[str], tree: Tree) -> Exposure:
    """Of a place in the tree: whether a commit, the index or nothing but the disk holds it."""
    if text in committed or path is None:
        return "at HEAD"
    entry = tree.entries.get(path)
    if tree.subject.kind == "directory" or entry is None or not entry.tracked or path in tree.changed:
        return "work tree"
    return "index" if path in tree.staged else "at HEAD"


def _from_text(text: str, exposure: Exposure) -> _Place:
    path, _, line = text.rpartition(":")
    if line.isdigit():
        return _Place(path, int(line), text, exposure, role_of(path))
    words = (
        *("message of ", "author of ", "committer of ", "tagger of ", "header of "),
        *("name of ", "unreachable ", "the object of "),
    )
    if text.startswith(words):
        return _Place(None, None, text, exposure, "production")
    return _Place(text, None, text, exposure, role_of(text))


def _standing(sightings: Sequence[SecretCandidate | SecretTrace], role: str, why: str) -> tuple[Standing, str]:
    if all(item.placeholder for item in sightings):
        return "placeholder", why
    if role == "test":
        return "test", "only files of tests hold it"
    if role in {"documentation", "example"}:
        return "documentation", "only documentation and examples hold it"
    if role in {"development", "migration"} and all(_vague(item) for item in sightings):
        return (
            "development",
            "only files of development, CI or migrations hold it, and only its name tells",
        )
    return "secret", ""


def _vague(item: SecretCandidate | SecretTrace) -> bool:
    return item.class_ in {"generic", "high-entropy", "jwt"} or (
        item.confidence == "low" and item.class_ in {"provider-token", "cloud-credential"}
    )


def _environments(paths: Iterable[str]) -> tuple[str, ...]:
    found: set[str] = set()
    for path in paths:
        name = _ENVIRONMENTS.findall(path.lower())
        if name:
            found.add(_ENVIRONMENT.get(name[-1], name[-1]))
    return tuple(sorted(found))


class _Owners:
    """CODEOWNERS, the last pattern that matches decides. Source: GitHub documentation, "About code owners"."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._rules: list[tuple[object, tuple[str, ...]]] | None = None

    def of(self, path: str | None) -> tuple[str, ...]:
        if path is None:
            return ()
        if self._rules is None:
            self._rules = list(self._read())
        for spec, owners in reversed(self._rules):
            if spec.match_file(path):  # type: ignore[attr-defined]
                return owners
        return ()

    def _read(self) -> Iterator[tuple[object, tuple[str, ...]]]:
        entry = next((found for name in _CODEOWNERS if (found := self._tree.entries.get(name)) is not None), None)
        if entry is None or entry.link is not None:
            return
        import pathspec  # imports hyperscan where that is installed

        try:
            text = self._tree.read(entry)[: 3 << 20].decode("utf-8", "replace")
        except Unreadable:
            return
        for line in text.split("\n")[:MAX_OWNER_RULES]:
            words = re.split(r"(?<!\\)\s+", line.partition(" #")[0].strip())
            if not words[0] or words[0].startswith(("#", "[", "^[")) or len(words[0]) > 500:
                continue
            try:
                # Other than in .gitignore, "docs/*" is nothing below docs/a/.
                lines = [words[0], f"!{words[0]}/**"] if words[0].endswith("/*") else [words[0]]
                yield pathspec.GitIgnoreSpec.from_lines(lines), tuple(word[:100] for word in words[1:])
            except ValueError:
                continue
