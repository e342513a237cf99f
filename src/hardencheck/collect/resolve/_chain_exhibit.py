"""The chain as tables that people read: a row for each way and kind of content, a column for each layer."""

from collections.abc import Sequence
from typing import NamedTuple

from hardencheck.collect.resolve._chain import Cap, Outcome
from hardencheck.model.facts.exhibit import Cell, Exhibit, Table
from hardencheck.model.facts.uploads import Content, Layer
from hardencheck.model.location import Location

ID = "uploads.chain"
_COLUMNS = ("Way", "Content", "Proxy", "Server", "Framework", "Effective limit", "Who answers")
_LAYERS: tuple[Layer, ...] = ("proxy", "server", "framework")
_NAMES: dict[Content, str] = {
    "multipart-file": "file of a form", "multipart-field": "field of a form", "urlencoded": "urlencoded form",
    "raw": "raw body", "chunked": "raw body, chunked",
}  # fmt: skip
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
_MEASURES = {
    "body": "", "fields": ", all fields together", "field": ", one field", "encoded": " with the framing of chunks",
}  # fmt: skip
MAX_ROWS = 200


class Row(NamedTuple):
    way: str
    content: Content
    outcome: Outcome
    absent: str


class Chain(NamedTuple):
    """One application. absent of a row: why nothing is known of a proxy, "" where one is."""

    framework: str
    application: str
    location: Location
    rows: Sequence[Row]
    notes: tuple[str, ...] = ()


def exhibit(chains: Sequence[Chain]) -> Exhibit | None:
    if not chains:
        return None
    return Exhibit(
        location=chains[0].location,
        id=ID,
        title="How large a request may be, layer by layer",
        about="For each way to an application and each kind of content: what every layer admits, as it is written, and "
        "the smallest of it. A layer that does not count a kind bounds nothing of it. Worked out from the files, not "
        "measured.",
        tables=tuple(_table(chain) for chain in chains),
    )


def _table(chain: Chain) -> Table:
    rows = []
    last = None
    for row in chain.rows[:MAX_ROWS]:
        way = row.way or f"no proxy: {row.absent}"
        cells = [Cell(text=way if way != last else "", mark="unknown" if row.absent and way != last else "")]
        last = way
        cells.append(Cell(text=_NAMES[row.content]))
        cells += [_layer([cap for cap in row.outcome.caps if cap.layer == layer]) for layer in _LAYERS]
        cells += _effective(row)
        rows.append(tuple(cells))
    notes = list(chain.notes)
    if len(chain.rows) > MAX_ROWS:
        notes.append(f"{len(chain.rows) - MAX_ROWS} more rows are left out.")
    return Table(
        title=f"{chain.framework}: {chain.application}", columns=_COLUMNS, rows=tuple(rows), notes=tuple(notes)
    )


def _layer(caps: Sequence[Cap]) -> Cell:
    if not caps:
        return Cell()
    texts = [_said(cap) for cap in caps]
    places = tuple(dict.fromkeys(cap.where for cap in caps))
    return Cell(
        text="; ".join(dict.fromkeys(texts)),
        places=places,
        mark="unknown" if any(cap.doubt is not None for cap in caps) else "",
    )


def _said(cap: Cap) -> str:
    if cap.doubt is not None:
        return cap.doubt.text
    if cap.max_bytes is None:
        return cap.note or "no limit"
    written = cap.written or "the default"
    return f"{cap.setting} {written}: {size(cap.max_bytes)}{_MEASURES[cap.measures]}"


def _effective(row: Row) -> list[Cell]:
    outcome = row.outcome
    least = outcome.least
    unsure = [doubt.text for doubt in outcome.doubts] + ([row.absent] if row.absent else [])
    if least is None:
        if unsure:
            return [Cell(text="not known", mark="unknown"), Cell(text="")]
        return [Cell(text="no limit", mark="weak"), Cell(text="nobody", mark="weak")]
    if least.max_bytes is None:
        return [Cell(text="nothing of it is read"), Cell(text=least.product, places=(least.where,))]
    text = size(least.max_bytes) + _MEASURES[least.measures]
    mark = "unknown" if unsure else ""
    answer = f"{least.product}, {least.status}" if least.status is not None else least.product
    if least.status == 200:
        answer = f"{least.product} cuts off the rest"
    elif row.way and least.layer != "proxy" and not least.reads:
        answer += " (or 502 of a proxy that is still sending)"
    elif least.or_502:
        answer += " or 502, as the version is"
    return [
        Cell(text=f"at most {text}" if unsure else text, mark=mark),  # type: ignore[arg-type]
        Cell(text=answer, places=(least.where,)),
    ]


def size(count: int) -> str:
    """10485760 as "10 MiB", 10485761 as "10485761 bytes"."""
    for unit, name in _UNITS:
        if count >= unit and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} bytes"
