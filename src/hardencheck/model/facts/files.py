"""Files as the tree lists them, and those whose content is a key or a credential."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side

Leads = Literal["inside", "missing", "outside", "absolute", "loop"]


class FileMode(Fact, tag="file.mode", frozen=True, kw_only=True):
    """One file or directory. permissions: the mode bits (0o7777) of a live directory; None for a clone, where only
    `executable` says anything. what: "file" or "directory". data: by its name a file that nobody executes, and it
    does not start with an interpreter line.

    below_group, below_world: the directory above is writable by the same class already, so the finding is there.
    role: what the file is for ("production", "test" ...).
    entries: how many files and directories below share the loosest of this directory's write bits.
    acl: an access control list stands beside the mode; its mask is what the group bits say. foreign: a file of another
    user than the directory it is in. Both of live directories only.
    """

    side: ClassVar[Side] = Side.DECLARED

    what: str
    permissions: int | None
    executable: bool
    data: bool
    tracked: bool
    role: str = "production"
    below_group: bool = False
    below_world: bool = False
    entries: int = 0
    acl: bool = False
    foreign: bool = False

    def describe(self) -> str:
        if self.permissions is not None:
            more = f", and {self.entries} below it" if self.entries else ""
            more += ", with an access control list" if self.acl else ""
            more += ", not of the owner of its directory" if self.foreign else ""
            return f"{self.what} of mode {self.permissions:04o}{more}"
        return "mode 100755" if self.executable else "mode 100644"


class Symlink(Fact, tag="file.symlink", frozen=True, kw_only=True):
    """A symbolic link, followed on paper only: by the text of the links of the tree, never on the disk.

    target: its text; of an absolute path only the first directory, since the rest may name people and machines.
    leads: "inside"; "missing" (inside, but nothing is there: ignored by git, say); "outside" (relative, above the
    root); "absolute"; "loop" (or more than 40 links, where Linux gives up: path_resolution(7)).
    """

    side: ClassVar[Side] = Side.DECLARED

    target: str
    leads: Leads

    def describe(self) -> str:
        return f"link to {self.target!r}: {self.leads}"


class KeyMaterial(Fact, tag="file.key-material", frozen=True, kw_only=True):
    """A private key or keystore found in the bytes of a file. `file.private-key` adds what the tree knows of it.

    form: "RSA PRIVATE KEY" and the like (PEM label), "PuTTY", "JWK", "PKCS#12", "Java keystore", "DER".
    encrypted: a passphrase guards it; None when the form does not tell. embedded: the file is not a file of keys, the
    key stands inside other text (code, settings, YAML).
    """

    side: ClassVar[Side] = Side.DECLARED

    form: str
    encrypted: bool | None
    embedded: bool = False


class PrivateKey(Fact, tag="file.private-key", frozen=True, kw_only=True):
    """A private key or keystore. With present false: none in any tracked file, one fact for the whole clone.

    permissions: mode bits of the file, live directories only. role: what the file is for ("production", "test" ...).
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("form",)

    present: bool
    form: str = ""
    encrypted: bool | None = None
    embedded: bool = False
    tracked: bool
    permissions: int | None = None
    role: str

    def describe(self) -> str:
        if not self.present:
            return "no private key in a tracked file"
        guarded = {True: ", with a passphrase", False: ", without a passphrase", None: ""}[self.encrypted]
        mode = f", mode {self.permissions:04o}" if self.permissions is not None else ""
        return f"{self.form}{guarded}{mode}"


class CredentialMaterial(Fact, tag="file.credential-material", frozen=True, kw_only=True):
    """What a file that is made to hold credentials (by name or content) really holds.

    form: ".env", ".netrc", "service account" ... values: how many settings look like a secret and have a value.
    name: the first of those settings (never its value).
    """

    side: ClassVar[Side] = Side.DECLARED

    form: str
    values: int
    name: str


class CredentialsFile(Fact, tag="file.credentials", frozen=True, kw_only=True):
    """A file made to hold credentials. With present false: no such file is tracked, one fact for the whole clone.

    secrets: how many of its settings look like a secret and have a value. permissions: live directories only.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("form",)

    present: bool
    form: str = ""
    secrets: int = 0
    name: str = ""
    tracked: bool
    permissions: int | None = None
    role: str

    def describe(self) -> str:
        if not self.present:
            return "no environment or credentials file is tracked"
        held = (
            f"{self.secrets} values that look secret, the first is {self.name}" if self.secrets else "no secret value"
        )
        mode = f", mode {self.permissions:04o}" if self.permissions is not None else ""
        return f"{self.form} file: {held}{mode}"


class TrackedDatabase(Fact, tag="file.database", frozen=True, kw_only=True):
    """A database, or a dump with rows in it, that git tracks. form: "SQLite database" ..."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("form",)

    form: str
    role: str

    def describe(self) -> str:
        return f"{self.form} is tracked"


class EnvironmentIgnored(Fact, tag="file.env-ignored", frozen=True, kw_only=True):
    """Whether a .gitignore keeps out the .env that is expected in a folder (its template is there, compose reads it).

    path: of the .env. ignored: it would not be added by `git add .`.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("path",)

    path: str
    ignored: bool

    def describe(self) -> str:
        return f"{self.path} is {'ignored' if self.ignored else 'not ignored'} by git"
