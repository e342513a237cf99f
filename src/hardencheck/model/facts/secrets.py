"""What looks like a credential, where it is and was, and what a repository does to hide one. Never the value or a
part of it."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.location import Location
from hardencheck.model.words import plural

SecretClass = Literal[
    "provider-token", "cloud-credential", "private-key", "password-in-url", "login", "jwt", "generic", "high-entropy"
]
Level = Literal["low", "medium", "high"]
# From what anybody reads first to what hardly anybody can read.
Exposure = Literal[
    "at HEAD", "work tree", "index", "history", "other branch", "stash", "git configuration", "unreachable"
]
# Of these, what the files have that are audited, or are about to be committed.
NOW: frozenset[Exposure] = frozenset({"at HEAD", "work tree", "index"})

Standing = Literal["secret", "placeholder", "test", "documentation", "development"]


class SecretCandidate(Fact, tag="secret.candidate", frozen=True, kw_only=True):
    """One value in one file that a detector takes for a secret.

    rule: the detector ("github-token"); what: the same in words; rotate: where a new one is made and this one revoked.
    length: of the value, in bytes. digest: the first 32 hexadecimal digits of HMAC-SHA-256 over the value under the
    repository's fingerprint key: equal digests are equal values, and nobody can try values against it without that key.
    role: of the file ("production", "test", "documentation", "example", "development", "migration"). placeholder: not a
    credential that opens anything, and `why` says how that shows ("" for all others). whole_file: a private key that is
    a file of its own under a key file's name. inside: how it is wrapped ("base64", "archive"), "" for plain text.
    unsound: the value carries a checksum, and it is wrong.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("rule", "digest")

    rule: str
    what: str
    class_: SecretClass
    confidence: Level
    length: int
    digest: str
    role: str
    placeholder: bool
    why: str = ""
    whole_file: bool = False
    inside: str = ""
    unsound: bool = False
    rotate: str = ""


class SecretTrace(Fact, tag="secret.trace", frozen=True, kw_only=True):
    """One value as the objects of the repository hold it: everywhere, and over time.

    rule to unsound: as in SecretCandidate; whole_file is False once no file at HEAD is the key.
    at_head: places in the commit that is audited. past: places in its history, or in what else was looked at.
    (Both "path:line"; a text that is no file is named, such as "message of commit 1f2e3d4".)
    reach: of the best reachable of them. refs: branches and tags that reach it, where HEAD does not.
    introduced, removed: commit ids, "" where not known or not so; with the dates of their committers (ISO 8601, UTC),
    which are "" where they cannot be read. Of a tag whose message has it there is only the date.
    commits: how many commits brought it in or changed a file that holds it.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("rule", "digest")

    rule: str
    what: str
    class_: SecretClass
    confidence: Level
    length: int
    digest: str
    placeholder: bool
    why: str = ""
    whole_file: bool = False
    inside: str = ""
    unsound: bool = False
    rotate: str = ""
    at_head: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    reach: Exposure
    refs: tuple[str, ...] = ()
    introduced: str = ""
    introduced_at: str = ""
    removed: str = ""
    removed_at: str = ""
    commits: int = 0


class Secret(Fact, tag="secret", frozen=True, kw_only=True):
    """One secret, however many files and commits carry it. The location is where it is read first.

    standing: "secret", or why it is not counted as one: "placeholder" (says so itself), "test" (only in tests),
    "documentation" (only in prose and examples). why: how that shows, "" for a secret. role: of the file that matters
    most. exposure: see `Exposure`. also: of a value that is in the index or the work tree and not at HEAD, what else
    holds it. places: "path:line", those at HEAD first. environments: names of environments in the paths of these.
    deployed: what takes the file along ("image Dockerfile", "Python package"). owners: of the file, by CODEOWNERS.
    introduced, removed, refs, commits: as in SecretTrace. key_file: a tracked file is nothing but this key.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("rule", "digest")
    placeless: ClassVar[bool] = True

    rule: str
    what: str
    class_: SecretClass
    confidence: Level
    length: int
    digest: str
    standing: Standing
    why: str = ""
    role: str
    exposure: Exposure
    also: Exposure | None = None
    key_file: bool = False
    inside: str = ""
    unsound: bool = False
    rotate: str = ""
    places: tuple[str, ...] = ()
    more_places: int = 0
    refs: tuple[str, ...] = ()
    introduced: str = ""
    introduced_at: str = ""
    removed: str = ""
    removed_at: str = ""
    commits: int = 0
    owners: tuple[str, ...] = ()
    deployed: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

    def describe(self) -> str:
        where = _EXPOSURE[self.exposure]
        if self.exposure == "other branch" and self.removed:
            where = "in the history of another branch"
        if self.also is not None:
            where += f" ({_ALSO[self.also]})"
        parts = [f"{self.what}, {plural(self.length, 'character')}, {where}"]
        if self.introduced_at:
            since = self.introduced_at[:10]
            until = f"{since} to {self.removed_at[:10]}" if self.removed_at else f"from {since}"
            parts.append(until if self.removed else f"since {since}")
        if len(self.places) > 1:
            parts.append(f"{len(self.places) + self.more_places} places")
        if self.standing != "secret":
            parts.append(f"taken for {_STANDING[self.standing]}: {self.why}")
        return ", ".join(parts)

    def proof(self) -> tuple[str, ...]:
        """What a person wants to know before acting, one thing a line."""
        lines = [f"rule {self.rule}, confidence {self.confidence}, fingerprint {self.digest}, unverified"]
        if self.inside:
            lines.append(f"found inside {self.inside}")
        if self.unsound:
            lines.append("its checksum is wrong: a mistyped or made-up value, or a newer format")
        if self.places:
            more = len(self.places[_NAMED:]) + self.more_places
            lines.append(f"in {', '.join(self.places[:_NAMED])}{f' and {more} more' if more else ''}")
        if self.introduced:
            lines.append(f"introduced by {self.introduced[:12]} {_on(self.introduced_at)}")
        if self.removed:
            lines.append(f"removed by {self.removed[:12]} {_on(self.removed_at)}; every clone still has it")
        if self.refs:
            lines.append(f"reached by {', '.join(self.refs)}")
        if self.key_file:
            lines.append("the file is nothing but this key: take it out of git, too (permissions.private-key-tracked)")
        if self.deployed:
            lines.append(f"deployed with {', '.join(self.deployed)}")
        if len(self.environments) > 1:
            lines.append(f"the same value in several environments: {', '.join(self.environments)}")
        if self.owners:
            lines.append(f"CODEOWNERS: {' '.join(self.owners)}")
        if self.rotate and self.standing == "secret":
            lines.append(f"rotate first: {self.rotate}")
        return tuple(lines)

    def elsewhere(self) -> tuple[Location, ...]:
        found = []
        for place in self.places:
            path, _, line = place.rpartition(":")
            if line.isdigit():
                found.append(Location(path=path, line=int(line)))
        return tuple(at for at in found if at != self.location.at(self.location.line))

    def aside(self) -> bool:
        return self.standing != "secret"


def _on(date: str) -> str:
    """A commit may claim a date that no calendar has, or none."""
    return f"on {date[:10]}" if date else "(date not readable)"


_NAMED = 10  # places in one line of the evidence
_EXPOSURE = {
    "at HEAD": "at HEAD", "work tree": "in the work tree, not at HEAD", "index": "staged, not at HEAD",
    "history": "in history only", "other branch": "on another branch or tag", "stash": "in a stash",
    "git configuration": "in the configuration of the clone", "unreachable": "in an unreachable object",
}  # fmt: skip
_ALSO = {
    "history": "history has it", "other branch": "another branch has it", "stash": "a stash has it",
    "git configuration": "the configuration of the clone has it", "unreachable": "an unreachable object has it",
}  # fmt: skip
_STANDING = {
    "secret": "a secret", "placeholder": "a placeholder", "test": "a test value",
    "documentation": "an example of the documentation", "development": "a value for development",
}  # fmt: skip


class SecretsLeftOut(Fact, tag="secret.left-out", frozen=True, kw_only=True):
    """A file in which generic and high-entropy values were not judged. lines: how many had one. why: what the file is
    ("lock file", "translations", "minified or generated"). Tokens of a known format, private keys and URLs were."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("why",)

    lines: int
    why: str


class SecretSuppression(Fact, tag="suppression.secret", frozen=True, kw_only=True):
    """A place where the repository asks a secret scanner to look away. It has no effect here.

    tool: whose ("detect-secrets", "gitleaks", "trufflehog", "semgrep"). how: "comment", or "file" for a baseline or
    configuration. role: as in SecretCandidate.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("tool", "how")

    tool: str
    how: Literal["comment", "file"]
    role: str

    def describe(self) -> str:
        return f"a {self.how} that makes {self.tool} look away"
