"""The picture of the predicted response headers: a table for each application and kind of way to it."""

from collections.abc import Sequence

from hardencheck.collect.extract._fields import RESPONSE
from hardencheck.collect.extract._header_names import HEADERS
from hardencheck.collect.resolve._predicted import BROKEN, MISSING, PAGE, Predicted
from hardencheck.collect.resolve._sent import Field, Sent
from hardencheck.model.facts.exhibit import Cell, Exhibit, Table
from hardencheck.model.location import Location

MAX_TABLES = 12
MAX_TEXT = 200
_COLUMNS = ("header", "page (200)", "not found (404)", "server error (500)")
_ABOUT = (
    "What the repository says each answer carries: application, server, then the proxy in front, in that order. "
    "Date, Content-Type, Content-Length, ETag, cookies and what the connection needs are left out: they depend on the "
    "request and on the page."
)
_SKIPPED = frozenset({
    "date", "content-type", "content-length", "etag", "last-modified", "set-cookie", "connection", "keep-alive",
    "transfer-encoding", "content-encoding", "accept-ranges",
})  # fmt: skip


def headers(found: Sequence[Predicted]) -> Exhibit | None:
    """None where there is nothing to predict."""
    groups: dict[tuple[object, ...], list[Predicted]] = {}
    for one in found:
        groups.setdefault(_key(one), []).append(one)
    tables = [_table(group) for group in groups.values()][:MAX_TABLES]
    if not tables:
        return None
    first = found[0]
    where = first.application.where if first.application is not None else first.should("")
    return Exhibit(
        location=where, id="headers.predicted", title="Predicted response headers", about=_ABOUT, tables=tuple(tables)
    )


def _key(one: Predicted) -> tuple[object, ...]:
    """Ways that come to the same."""
    name = one.application.name if one.application is not None else ""
    seen = tuple(
        (
            status,
            tuple((f.name, f.value, f.where, f.perhaps) for f in sent.fields if f.name not in _SKIPPED),
            sent.doubts,
        )
        for status, sent in one.answers.items()
    )
    redirect = tuple(field.name for field in one.redirect.fields) if one.redirect is not None else ()
    cases = one.route.cases if one.route is not None else ()
    return (name, seen, redirect, cases)


def _table(group: list[Predicted]) -> Table:
    one = group[0]
    sent_names = {field.name for sent in one.answers.values() for field in sent.fields} - _SKIPPED
    names = sorted(sent_names | HEADERS) if sent_names else []
    rows = [_row(name, one) for name in names]
    notes = [*_notes(one)]
    if len(group) > 1:
        others = ", ".join(other.route.name for other in group[1:6] if other.route is not None)
        more = f" and {len(group) - 6} more" if len(group) > 6 else ""
        notes.append(f"The same by {others}{more}.")
    if not rows:
        rows = [(Cell(text="(none)"), *(Cell(text="not sent") for _ in _COLUMNS[1:]))]
    return Table(title=_title(one), columns=_COLUMNS, rows=tuple(rows), notes=tuple(notes))


def _title(one: Predicted) -> str:
    parts = [one.application.name] if one.application is not None else ["(no application was found)"]
    if one.server.name:
        parts.append(f"run by {one.server.name}")
    if one.route is not None:
        parts.append(f"behind {one.route.product} ({one.route.name})")
    return ", ".join(parts)


def _row(name: str, one: Predicted) -> tuple[Cell, ...]:
    page = _cell(name, one.answers[PAGE])
    cells = [page]
    for status in (MISSING, BROKEN):
        cell = _cell(name, one.answers[status])
        if cell.text == page.text:
            cell = Cell(text="the same" if page.text != "not sent" else "not sent")
        elif cell.text == "not sent" and name in HEADERS:
            cell = Cell(text=cell.text, places=cell.places, mark="weak")
        cells.append(cell)
    places = tuple(dict.fromkeys(place for cell in cells for place in cell.places))
    return (Cell(text=name, places=places[:4]), *cells)


def _cell(name: str, sent: Sent) -> Cell:
    fields, doubt = sent.named(name), sent.doubt(name)
    if not fields:
        if doubt is not None:
            return Cell(text=f"not known: {doubt.text}", places=_placed(doubt.where), mark="unknown")
        return Cell(text="not sent")
    texts = [_text(field) for field in fields]
    unsure = any(field.perhaps or field.value is None for field in fields)
    values = {field.value for field in fields}
    twice = "sent twice: " if len(fields) == 2 else f"sent {len(fields)} times: " if len(fields) > 2 else ""
    places = tuple(dict.fromkeys(place for field in fields for place in _placed(field.where)))
    mark = "unknown" if unsure else "weak" if len(values) > 1 else ""
    return Cell(text=twice + " | ".join(texts), places=places, mark=mark)  # type: ignore[arg-type]


def _text(field: Field) -> str:
    by = f" [{field.layer}]"
    if field.value is None:
        why = f": {field.doubt.text}" if field.doubt is not None else ""
        return f"not known{', and perhaps not sent' if field.perhaps else ''}{why}{by}"
    shown = field.value[:MAX_TEXT] if field.name in RESPONSE else "(a value that is not shown)"
    if field.perhaps:
        why = f" ({field.doubt.text})" if field.doubt is not None else ""
        return f"perhaps {shown}{why}{by}"
    return f"{shown or '(empty)'}{by}"


def _placed(where: Location) -> tuple[Location, ...]:
    return (where,) if where.path else ()


def _notes(one: Predicted) -> list[str]:
    doubts = dict.fromkeys(doubt for sent in one.answers.values() for name, doubt in sent.doubts if not name)
    notes = [f"Any of these may be otherwise: {doubt.text} ({doubt.where})." for doubt in doubts]
    if one.redirect is not None:
        names = ", ".join(sorted({field.name for field in one.redirect.fields} - _SKIPPED)) or "none of these"
        notes.append(f"A request by http is answered with a redirect ({one.redirect.status}), which carries {names}.")
    notes += one.route.cases if one.route is not None else ()
    return notes[:8]
