"""What code does with what it is sent: the names and places of stored uploads, archives, reads without a bound."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.location import Location


class ClientName(Fact, tag="upload.client-name", frozen=True, kw_only=True):
    """A path to write to, made of the name that the client gave its file. The place is where it becomes part of it.

    source: the expression, as "file.filename". sink: what writes. lines: where else, the name is taken or written to.
    cleaned: the name goes through
    something that leaves no directory in it (secure_filename, basename), or the path is compared with the folder.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("source", "sink")

    source: str
    sink: str
    lines: tuple[int, ...]
    cleaned: bool
    role: str

    def describe(self) -> str:
        how = "cleaned before it goes" if self.cleaned else "goes as it is"
        return f"{self.source} {how} into the path of {self.sink}"

    def elsewhere(self) -> tuple[Location, ...]:
        return tuple(self.location.at(line) for line in self.lines)


class ArchiveExtraction(Fact, tag="archive.extraction", frozen=True, kw_only=True):
    """An archive that is unpacked. format: "tar", "zip", "any" (what shutil.unpack_archive is given).

    guard: what keeps its members inside the folder: "filter" (data or tar), "members" (chosen by the code), "zipfile"
    (which removes absolute paths and ".." itself), "fully_trusted", "" for nothing. uploaded: the function around it
    is handed the archive by a client. measured: that function asks for the sizes of the members.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("function",)

    function: str
    format: Literal["tar", "zip", "any"]
    guard: Literal["filter", "members", "zipfile", "fully_trusted", ""]
    guarded: bool
    uploaded: bool = False
    measured: bool = False
    role: str

    def describe(self) -> str:
        what = "an archive" if self.format == "any" else f"a {self.format} archive"
        return f"{self.function} of {what}{f', guard: {self.guard}' if self.guard else ' without a filter'}"


class StoredUpload(Fact, tag="upload.stored-call", frozen=True, kw_only=True):
    """A view that keeps an upload by itself, without a form; its place is the line of its def.

    asked: it asks for the type, the extension or the content somewhere, or for something that sounds like it.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("function",)

    function: str
    call: str
    asked: bool
    role: str

    def describe(self) -> str:
        return (
            f"{self.function} keeps an upload ({self.call}) {'after' if self.asked else 'without'} a look at what it is"
        )


class ServedUpload(Fact, tag="upload.served", frozen=True, kw_only=True):
    """Code that hands out what was uploaded. how: the function. attachment: the answer says that it is to be saved."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("how",)

    how: str
    attachment: bool
    role: str

    def describe(self) -> str:
        return f"{self.how} sends an upload {'as an attachment' if self.attachment else 'for the browser to show'}"


class UploadRead(Fact, tag="upload.read-call", frozen=True, kw_only=True):
    """Code that reads what a client sends, past the limit of the framework or where that has none, as one file says it;
    `upload.read` adds what stands in front.

    counted: the function compares the size, or what it has read, with something.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("call",)

    framework: str
    call: str
    counted: bool
    role: str


class BoundedRead(Fact, tag="upload.read", frozen=True, kw_only=True):
    """Code that reads what a client sends. by: what bounds it: "the code", a setting with its place; "" for nothing."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("call",)

    framework: str
    call: str
    bounded: bool
    by: str
    role: str

    def describe(self) -> str:
        return f"{self.call}: {f'bounded by {self.by}' if self.bounded else 'as much as the client sends'}"


class ViewLimit(Fact, tag="upload.view-limit", frozen=True, kw_only=True):
    """A limit on requests that a view or a Request class sets for itself. limit: bytes or parts; None: lifted."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("setting",)

    setting: str
    counts: Literal["bytes", "parts"]
    limit: int | None
    role: str

    def describe(self) -> str:
        return f"{self.setting} = {'None: no limit' if self.limit is None else self.limit}"


class FileFields(Fact, tag="upload.fields-seen", frozen=True, kw_only=True):
    """The file fields of one model or form, as its file says it. library: "django", "wtforms".

    unchecked: names of fields without validators, in lines. checkers: names of methods of the file that check a field
    (clean_document, validate_document), whoever's they are. owner: the class; "" for a file that only has checkers.
    """

    side: ClassVar[Side] = Side.DECLARED

    library: str
    owner: str
    fields: tuple[str, ...]
    unchecked: tuple[str, ...]
    lines: tuple[int, ...]
    checkers: tuple[str, ...]
    role: str


class FileField(Fact, tag="upload.fields", frozen=True, kw_only=True):
    """The file fields of the models or forms of one file. unchecked: those that nothing checks ("Invoice.document"): no
    validator, no clean_ or validate_ method of that name anywhere in the repository."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("library",)

    library: str
    unchecked: tuple[str, ...]
    role: str

    def describe(self) -> str:
        if not self.unchecked:
            return "each file field is checked"
        return f"{', '.join(self.unchecked)}: no validator asks what it is"


class UploadFolder(Fact, tag="upload.folder-setting", frozen=True, kw_only=True):
    """A setting or constant that says where uploads go (UPLOAD_FOLDER, UPLOAD_DIR ...), as its file says it; raw
    material for `upload.place`.

    anchor: what path is seen from: "module" (the folder of the file), "absolute", "static" (the folder of static files
    of the application), "relative" (where the service is started).
    """

    side: ClassVar[Side] = Side.DECLARED

    name: str
    anchor: Literal["module", "absolute", "static", "relative"]
    path: str
    role: str


class StoredPlace(Fact, tag="upload.place", frozen=True, kw_only=True):
    """Where uploads are kept. place: relative to the root of the repository, or as written where it is absolute.

    within: "static" (in, around or equal to a folder of static files), "code" (a package, or the folder the project
    starts from), "" for neither. of: that folder.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("setting", "application")

    framework: str
    application: str
    setting: str
    place: str
    within: Literal["static", "code", ""]
    of: str
    role: str = "production"

    def describe(self) -> str:
        if not self.within:
            return f"{self.setting}: {self.place}"
        what = "static files" if self.within == "static" else "code"
        return f"{self.setting}: {self.place}, within {what} ({self.of or 'the root of the project'})"


class ServedMedia(Fact, tag="upload.media-served", frozen=True, kw_only=True):
    """A place of a proxy that sends uploads from the disk. nosniff: X-Content-Type-Options goes with them. confined: so
    does Content-Disposition: attachment, or a policy under which no script runs. internal: an application has it sent
    (X-Accel-Redirect): of its own fields nginx keeps Content-Disposition, not X-Content-Type-Options."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "route")

    product: str
    route: str
    nosniff: bool
    confined: bool
    internal: bool = False

    def describe(self) -> str:
        missing = [
            name
            for name, there in (("nosniff", self.nosniff), ("Content-Disposition or a policy", self.confined))
            if not there
        ]
        return f"{self.route}: {'without ' + ' and '.join(missing) if missing else 'as it should be'}"


class UploadHandler(Fact, tag="upload.handler", frozen=True, kw_only=True):
    """A place of a proxy where scripts in a folder of uploads are run. handler: the directive that does."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "route")

    product: str
    route: str
    handler: str
    folder: str

    def describe(self) -> str:
        return f"{self.route}: {self.handler} runs scripts in {self.folder}"
