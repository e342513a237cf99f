"""What looks like a credential in a file, and what a repository does to hide one. Never the value or a part of it."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side

SecretClass = Literal[
    "provider-token", "cloud-credential", "private-key", "password-in-url", "jwt", "keyword", "high-entropy"
]


class SecretCandidate(Fact, tag="secret.candidate", frozen=True, kw_only=True):
    """One value that a detector takes for a secret.

    rule: the detector ("github-token"). length: of the value, in characters. digest: the first 16 hexadecimal digits
    of HMAC-SHA-256 over the value under the user's fingerprint key: equal digests are equal values, and nobody can
    try values against it without that key. role: of the file ("production", "test", "documentation", "example",
    "development", "migration"). placeholder: not a credential that opens anything, and `why` says how that shows
    ("" for all others). whole_file: a private key that is a file of its own under a key file's name.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("rule", "digest")

    rule: str
    class_: SecretClass
    confidence: Literal["low", "medium", "high"]
    length: int
    digest: str
    role: str
    placeholder: bool
    why: str = ""
    whole_file: bool = False

    def describe(self) -> str:
        seen = f"{self.rule.replace('-', ' ')}, {self.length} characters, fingerprint {self.digest}"
        return f"{seen}; taken for a placeholder: {self.why}" if self.placeholder else seen


class SecretsLeftOut(Fact, tag="secret.left-out", frozen=True, kw_only=True):
    """A file in which keyword and high-entropy values were not judged. lines: how many had one. why: what the file is
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
