"""The header fields of one response as they grow from layer to layer, the innermost first."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hardencheck.collect.resolve._routes import Change, Doubt
from hardencheck.model.location import Location


class Seen(NamedTuple):
    """What an application sees of how a request came. secure: whether it takes it for https, None where that is not
    known. forwarded: X-Forwarded-Proto as it arrives, "" where none does, None where that is not known."""

    secure: bool | None = None
    forwarded: str | None = None


class Field(NamedTuple):
    """One header field. name: in lower case. value: None where it is not known, and doubt says why. where: the line
    that decides it. perhaps: it may as well not be there, and doubt says when."""

    name: str
    value: str | None
    where: Location
    layer: str
    doubt: Doubt | None = None
    perhaps: bool = False


class Sent(NamedTuple):
    """A response. status: 200, 302, 404, 500. doubts: (name, why) of headers that may be there besides or not be what
    they are; "" for any name, but for those that are `settled`: written or taken away since then. taken: headers that
    code took away again, and where."""

    status: int
    fields: tuple[Field, ...] = ()
    doubts: tuple[tuple[str, Doubt], ...] = ()
    taken: tuple[tuple[str, Location], ...] = ()
    settled: frozenset[str] = frozenset()

    def named(self, name: str) -> list[Field]:
        return [field for field in self.fields if field.name == name]

    def doubt(self, name: str) -> Doubt | None:
        """Why it is not known whether a header is there."""
        wanted = {name} if name in self.settled else {name, ""}
        return next((doubt for held, doubt in self.doubts if held in wanted), None)

    def names(self) -> list[str]:
        return sorted({field.name for field in self.fields} | {name for name, _ in self.doubts if name})

    def without(self, name: str) -> "Sent":
        return self._replace(fields=tuple(field for field in self.fields if field.name != name))

    def cleared(self, name: str) -> "Sent":
        """Without any field of a name, those that may be there too."""
        doubts = tuple(one for one in self.doubts if one[0] != name)
        return self.without(name)._replace(doubts=doubts, settled=self.settled | {name})

    def plus(self, *fields: Field) -> "Sent":
        return self._replace(fields=(*self.fields, *fields))

    def unsure(self, name: str, doubt: Doubt) -> "Sent":
        settled = self.settled - {name} if name else frozenset[str]()
        doubts = self.doubts if (name, doubt) in self.doubts else (*self.doubts, (name, doubt))
        return self._replace(doubts=doubts, settled=settled)

    def put(self, field: Field) -> "Sent":
        """One field of this name, whatever was there."""
        return self.cleared(field.name).plus(field)

    def usual(self, field: Field) -> "Sent":
        """This one where there is none of the name."""
        there = self.named(field.name)
        if any(not one.perhaps for one in there):
            return self
        doubt = self.doubt(field.name) or (there[0].doubt if there else None)
        if doubt is not None:  # it is there, but nobody knows whether with this value
            return self.without(field.name).plus(field._replace(value=None, doubt=doubt))
        return self.plus(field)


def changed(sent: Sent, changes: Iterable[Change], layer: str, *, own: bool = False) -> Sent:
    """What a layer makes of a response, change by change. own: the layer answers itself."""
    for change in changes:
        if (change.statuses is not None and sent.status not in change.statuses) or not (
            change.own if own else change.upstream
        ):
            continue
        name = change.name.lower()
        field = Field(name, change.value, change.where, layer, change.doubt if change.value is None else None)
        conditional = change.doubt is not None and change.value is not None
        match change.does:
            case _ if not name:
                sent = sent.unsure("", change.doubt or Doubt(change.where, "a header whose name is not known"))
            case "remove" if conditional or change.doubt is not None:
                sent = _perhaps(sent, name, change.doubt)
            case "remove":
                sent = sent.cleared(name)
            case "edit":
                doubt = change.doubt or Doubt(change.where, f"{name} is edited here")
                sent = sent._replace(
                    fields=tuple(
                        one._replace(value=None, doubt=doubt, where=change.where) if one.name == name else one
                        for one in sent.fields
                    )
                )
            case "add" | "set" | "default" if conditional and change.value:
                sent = sent.plus(field._replace(perhaps=True, doubt=change.doubt))
            case "add" if field.value == "":
                pass  # a line of a proxy that sends nothing
            case "add":
                sent = sent.plus(field)
            case "set":
                sent = sent.put(field)
            case "default":
                sent = sent.usual(field)
    return sent


def _perhaps(sent: Sent, name: str, doubt: Doubt | None) -> Sent:
    return sent._replace(
        fields=tuple(one._replace(perhaps=True, doubt=doubt) if one.name == name else one for one in sent.fields)
    )


def joined(fields: Sequence[Field]) -> str | None:
    """As a browser reads several fields of one name; None where a value is not known."""
    values = [field.value for field in fields]
    return ", ".join(dict.fromkeys(value or "" for value in values)) if None not in values else None
