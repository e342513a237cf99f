"""What bandit found, and what the audited code asked it to overlook."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side

Level = Literal["LOW", "MEDIUM", "HIGH", "UNDEFINED"]


class BanditIssue(Fact, tag="bandit.issue", frozen=True, kw_only=True):
    """One finding of one of bandit's own tests, whatever `# nosec` says.

    test_id: "B103". name: bandit's name for it. severity, confidence: bandit's. role: what the file is for.
    plausible: for B105 to B107 (hard-coded passwords) whether the text could be one: neither empty nor a number, nor
    prose, a path, an address, a template or the name of a field; None for the other tests.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("test_id",)

    test_id: str
    name: str
    severity: Level
    confidence: Level
    role: str
    plausible: bool | None = None

    def describe(self) -> str:
        return f"bandit {self.test_id} ({self.name.replace('_', ' ')})"


class Suppression(Fact, tag="suppression", frozen=True, kw_only=True):
    """A comment by which the repository silences a scanner. It silences nothing here.

    tool: "bandit". tests: the ids or words it names; empty: all tests, which is also what words mean to bandit that
    are neither an id nor a name of a test.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("tool", "tests")

    tool: str
    tests: tuple[str, ...]
    role: str

    def describe(self) -> str:
        return f"{self.tool} silenced for {', '.join(self.tests) or 'every test'}"
