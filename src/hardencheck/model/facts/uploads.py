"""How much a request may bring, layer by layer."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side

Layer = Literal["proxy", "server", "framework"]


class UploadLimit(Fact, tag="upload.limit", frozen=True, kw_only=True):
    """The largest body one setting of one layer admits. max_bytes: None: no limit. default: not set, the product's own.

    counts: what is measured against it: "body" (all of it) or "fields" (everything but the files of a form).
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "setting", "application")

    layer: Layer
    product: str
    application: str
    setting: str
    counts: Literal["body", "fields"] = "body"
    max_bytes: int | None
    default: bool = False

    def describe(self) -> str:
        size = "no limit" if self.max_bytes is None else f"at most {self.max_bytes} bytes"
        return f"{self.setting}: {size}" + (" (the default)" if self.default else "")


class RequestLimit(Fact, tag="request.limit", frozen=True, kw_only=True):
    """A limit on what a request consists of. limit: None: off. counts: "fields", "files", "request-line" (bytes),
    "header-fields", "header-size" (bytes)."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "setting", "application")

    layer: Layer
    product: str
    application: str
    setting: str
    counts: Literal["fields", "files", "request-line", "header-fields", "header-size"]
    limit: int | None
    default: bool = False

    def describe(self) -> str:
        shown = "no limit" if self.limit is None else f"at most {self.limit}"
        return f"{self.setting}: {shown}" + (" (the default)" if self.default else "")


class BodyBound(Fact, tag="upload.bound", frozen=True, kw_only=True):
    """The effective limit of an uploaded file: the smallest over all layers that count it.

    bounded: some layer stops it. max_bytes: the limit. decided_by: the layer, setting and place that decide.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "application")

    framework: str
    application: str
    bounded: bool
    max_bytes: int | None
    decided_by: str

    def describe(self) -> str:
        if not self.bounded:
            return f"no layer bounds an uploaded file ({self.decided_by})"
        return f"at most {self.max_bytes} bytes, by {self.decided_by}"


class StoredFileMode(Fact, tag="upload.stored-mode", frozen=True, kw_only=True):
    """The permissions a framework gives stored uploads. permissions: None: left to the umask."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("setting", "application")

    application: str
    setting: str
    what: Literal["file", "directory"]
    permissions: int | None
    default: bool = False

    def describe(self) -> str:
        if self.permissions is None:
            return f"{self.setting} is None: the umask decides"
        return f"{self.setting} is 0o{self.permissions:o}" + (" (the default)" if self.default else "")
