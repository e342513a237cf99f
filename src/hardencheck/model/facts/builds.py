"""What an image build and deployment scripts do besides: secrets that they leave in an image, what they run unseen."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side


class BuildVariable(Fact, tag="container.variable", frozen=True, kw_only=True):
    """ARG of a name that says it is a secret, or ENV of one in what becomes the final image.

    value: "none" (ARG alone), "variable" (of another variable), "placeholder" (changeme and the like), "text" (anything
    else: whether it is a secret is said elsewhere), "harmless" (a path, a number, on or off, nothing).
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("instruction", "name")

    instruction: Literal["ARG", "ENV"]
    name: str
    value: Literal["none", "variable", "placeholder", "text", "harmless"]
    role: str

    def describe(self) -> str:
        how = {
            "none": "is given when it is built", "variable": "is taken from a variable of the build",
            "placeholder": "is a placeholder", "text": "has a value", "harmless": "holds no secret",
        }  # fmt: skip
        return f"{self.instruction} {self.name} {how[self.value]}"


class CopiedSecret(Fact, tag="container.secret-copy", frozen=True, kw_only=True):
    """COPY or ADD of a file that by its name holds a secret, into what becomes the final image, as the Dockerfile says
    it. form: what it is."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("source",)

    source: str
    form: str
    role: str


class SecretInImage(Fact, tag="container.secret-file", frozen=True, kw_only=True):
    """The same, with what the repository knows of the file. holds: a secret; False where the file is there and has
    none."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("source",)

    source: str
    form: str
    holds: bool
    role: str

    def describe(self) -> str:
        return f"{self.source} ({self.form}{'' if self.holds else ', without a secret'}) is copied into the image"


class PipedShell(Fact, tag="script.piped-shell", frozen=True, kw_only=True):
    """What is fetched from another machine and handed to an interpreter in one go. place: "image build", "script" ...
    host: of the URL, "?" where it is not written there."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("host", "interpreter")

    place: str
    host: str
    interpreter: str
    encrypted: bool
    role: str

    def describe(self) -> str:
        return f"what {self.host} answers is run by {self.interpreter}{'' if self.encrypted else ', fetched in clear'}"


class PasswordlessSudo(Fact, tag="sudo.passwordless", frozen=True, kw_only=True):
    """A line of sudoers with NOPASSWD. everything: it allows all commands. place: as in `script.piped-shell`."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("place", "everything")

    place: str
    everything: bool
    role: str

    def describe(self) -> str:
        return f"NOPASSWD for {'all commands' if self.everything else 'some commands'}"


class ScriptMode(Fact, tag="script.mode", frozen=True, kw_only=True):
    """A mode that a script, a makefile, a workflow, a playbook, a unit or logrotate sets. place: which of them.

    decimal: a number of YAML without its 0, whose digits are those of an octal mode (777 is 01411). The other fields:
    see `container.mode`.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("command", "mode", "target")

    place: str
    command: str
    mode: str
    others_write: bool
    set_id: bool
    decimal: bool = False
    target: str
    role: str

    def describe(self) -> str:
        if self.decimal:
            return f"{self.command} {self.mode}: decimal, which is {int(self.mode):#o}"
        return f"{self.command} {self.mode} {self.target}".strip()
