"""What Python code asks the operating system for: modes, umask, temporary names."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side


class ModeCall(Fact, tag="code.mode-call", frozen=True, kw_only=True):
    """A mode given to the operating system, as one file says it; `code.mode` adds what the umask makes of it.

    function: "os.chmod", "Path.mkdir" ... bits: those the call sets for certain (0o7777). masked: the umask takes bits
    away (mkdir, open); chmod is not masked. own_umask: set by the same function before the call. decimal: written
    without 0o although its digits are those of an octal mode (777 is 0o1411). directory: it is given to what is seen
    to be a directory. role: what the file is for.
    """

    side: ClassVar[Side] = Side.DECLARED

    function: str
    bits: int
    masked: bool
    own_umask: int | None
    decimal: bool
    directory: bool = False
    role: str


class CodeMode(Fact, tag="code.mode", frozen=True, kw_only=True):
    """A mode that code sets. mode: the bits it asks for; effective: what is left of them under the umask of the code
    (022 unless some production code sets a looser one).

    others_write: everybody may write afterwards, and it is no sticky directory. set_id: setuid, or setgid on what is
    not seen to be a directory (there it only hands the group down). The other fields: see
    `code.mode-call`.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("function", "mode")

    function: str
    mode: int
    effective: int
    others_write: bool
    set_id: bool
    masked: bool
    decimal: bool
    role: str

    def describe(self) -> str:
        if self.decimal:
            return f"{self.function} with the decimal number {self.mode}, which is {self.mode:#o}"
        under = f", {self.effective:#05o} under the umask" if self.effective != self.mode else ""
        return f"{self.function} with {self.mode:#05o}{under}"


class Umask(Fact, tag="code.umask", frozen=True, kw_only=True):
    """`os.umask(mask)`, or the umask that `function` gives the process it starts. others_write: files made from then on
    may be writable by everybody (bit 0o002 is missing). restored: the result is kept and given back in the same
    function, so the looseness does not last. decimal: as in `code.mode-call`.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("mask",)

    function: str = "os.umask"
    mask: int
    others_write: bool
    restored: bool
    decimal: bool
    role: str

    def describe(self) -> str:
        if self.decimal:
            return f"{self.function} with the decimal number {self.mask}, which is {self.mask:#o}"
        return f"{self.function} with {self.mask:#05o}{', put back afterwards' if self.restored else ''}"


class TemporaryName(Fact, tag="code.temporary-name", frozen=True, kw_only=True):
    """A temporary file under a name that somebody else can know or take first.

    how: "name without file" (tempfile.mktemp: the name is made, the file is not), "fixed name" (a literal path in a
    directory everybody may write to, opened for writing).
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("how", "function")

    how: Literal["name without file", "fixed name"]
    function: str
    path: str
    role: str

    def describe(self) -> str:
        return f"{self.function}: {self.how}{f' {self.path}' if self.path else ''}"
