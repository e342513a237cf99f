"""The limits that were measured, as a table of the picture of the chain. Pure."""

from collections.abc import Sequence

import msgspec

from hardencheck.model.facts.exhibit import EXHIBITS, Cell, Exhibit, Table
from hardencheck.model.facts.measured import HeldConnection
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location
from hardencheck.model.measured_limits import Comparison, comparisons

CHAIN = "uploads.chain"
_COLUMNS = ("Address", "Seen", "Declared", "Both")


def with_measured(exhibits: Sequence[Exhibit], facts: FactSet) -> tuple[Exhibit, ...]:
    """The pictures, with what was measured in the one of the chain; it is made where there is none."""
    table = _table(facts)
    if table is None:
        return tuple(exhibits)
    made = []
    for exhibit in exhibits:
        if exhibit.id == CHAIN:
            about = exhibit.about.replace(
                " Worked out from the files, not measured.", " Worked out from the files; below is what was measured."
            )
            exhibit = msgspec.structs.replace(exhibit, about=about, tables=(*exhibit.tables, table))
        made.append(exhibit)
    if not any(exhibit.id == CHAIN for exhibit in exhibits):
        here = next(one.location for one in comparisons(facts)) if comparisons(facts) else Location()
        about = "What was measured; no application was found in files that declares a limit."
        made.append(Exhibit(location=here, id=CHAIN, title=EXHIBITS[CHAIN], about=about, tables=(table,)))
    return tuple(made)


def _table(facts: FactSet) -> Table | None:
    rows = []
    for one in comparisons(facts):
        address = Cell(text=str(one.location))
        said = "; ".join(dict.fromkeys(item.words() for item in one.declared[:3])) or "nothing"
        places = tuple(dict.fromkeys(item.location for item in one.declared))
        rows.append(
            (
                address,
                Cell(text=one.seen, mark="" if one.known else "unknown"),
                Cell(text=said, places=places),
                _verdict(one),
            )
        )
    for fact in facts.of(HeldConnection.kind()):
        if isinstance(fact, HeldConnection):
            text = f"a client that stops: {fact.describe()}"
            rows.append((Cell(text=str(fact.location)), Cell(text=text), Cell(), Cell()))
    if not rows:
        return None
    note = (
        "The outermost layer that checks is what is measured: one behind it may refuse less, and a body without a "
        "length is another matter."
    )
    return Table(title="Measured", columns=_COLUMNS, rows=tuple(rows), notes=(note,))


def _verdict(one: Comparison) -> Cell:
    if one.agrees:
        return Cell(text="the same")
    if one.agrees is None:
        return Cell(text=one.reason)
    return Cell(text=f"drift: {one.reason}", mark="weak")
