"""Pictures of the service that a report shows beside its lines: tables, worked out by a resolver."""

from typing import ClassVar, Literal

import msgspec

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.location import Location


class Cell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """text: in a few words; "" where there is nothing to say. places: lines that say so, the decisive one first.
    mark: "weak" (a reader should look), "unknown" (not known, and the text says why), "" for all else."""

    text: str = ""
    places: tuple[Location, ...] = ()
    mark: Literal["", "weak", "unknown"] = ""


class Table(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """columns: their headings. rows: each as wide as columns. notes: sentences below it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


class Exhibit(Fact, tag="exhibit", frozen=True, kw_only=True):
    """One picture. id: "uploads.chain", "logging.picture", "headers.predicted" ... as a user names it to `explain`.

    about: one sentence on what the tables show and how they were made.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("id",)

    id: str
    title: str
    about: str
    tables: tuple[Table, ...]


EXHIBITS = {
    "uploads.chain": "The limits of an upload, layer by layer, and the one that decides",
    "logging.picture": "Which records end where, at which level, and what is lost",
    "headers.predicted": "The response headers that the layers would send, and which line sends each",
}
"""What `explain` knows by name, and what each shows. None of them may be the id of a check."""
