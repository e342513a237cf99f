"""The base of every fact."""

from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from hardencheck.model.location import Location

Scalar = bool | int | float | str | None
Value = Scalar | tuple[str, ...]


class Side(StrEnum):
    """Whether the repository says so or the URL shows it."""

    DECLARED = "declared"
    OBSERVED = "observed"


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One thing that is so, at one place. A collector states it; it never says whether it is good.

    A concrete fact gives its kind as the struct's tag and its side as a class variable::

        class UploadLimit(Fact, tag="upload.limit", frozen=True, kw_only=True):
            side: ClassVar[Side] = Side.DECLARED
            identity: ClassVar[tuple[str, ...]] = ("layer",)
            layer: str
            max_bytes: int | None        # None: no limit

    Fields are scalars, strings, or tuples of strings, so that a rule in TOML can name and compare them.
    `identity` names the fields that tell two facts of one kind at one path apart; with the check's id and
    the path (without line) they make the fingerprint, so never put a line number or a secret there.
    """

    side: ClassVar[Side]
    identity: ClassVar[tuple[str, ...]] = ()
    placeless: ClassVar[bool] = False  # the same thing wherever it is: its path is no part of the fingerprint
    drifts: ClassVar[str] = ""  # of a comparison: what is so where a line fails by it

    location: Location

    @classmethod
    def kind(cls) -> str:
        return str(cls.__struct_config__.tag)

    def describe(self) -> str:
        """What was seen, in a few words for the report's "observed"; override it where that reads better."""
        parts = [
            f"{name.replace('_', ' ')} {_show(getattr(self, name))}"
            for name in self.__struct_fields__
            if name != "location"
        ]
        return ", ".join(parts)

    def proof(self) -> tuple[str, ...]:
        """Short lines of evidence for the report, free of secrets; nothing where `describe` says it all."""
        return ()

    def elsewhere(self) -> tuple[Location, ...]:
        """Other places that belong to the same thing."""
        return ()

    def alternatives(self) -> "tuple[Fact, ...]":
        """The same thing as it may be as well: it is as it should be where all of them are, and wrong where none is."""
        return ()

    def aside(self) -> bool:
        """Whether a reader should be shown it although it is no failure (a value taken for a placeholder)."""
        return False


def _show(value: Any) -> str:
    match value:
        case None:
            return "not set"
        case True:
            return "yes"
        case False:
            return "no"
        case tuple() | list():
            return ", ".join(map(str, value)) or "nothing"
        case _:
            return str(value)
