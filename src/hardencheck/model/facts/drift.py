"""What a response should carry by the files, what it carried, and where the two disagree."""

from typing import ClassVar, Literal

import msgspec

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.location import Location

Cause = Literal[
    "", "other-server", "bypassed", "cached", "cdn", "not-always", "wrong-settings", "wrong-scheme", "second-field",
    "stripped", "not-reloaded", "undescribed-proxy", "another-version",
]  # fmt: skip
Outcome = Literal["same", "not-served", "differs", "not-declared", "unknown"]


class PredictedField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One header field. value: None where it is not known or not kept. sure: it is there whatever happens."""

    name: str
    value: str | None = None
    sure: bool = True
    layer: str = ""
    where: Location = Location()


class PredictedAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of one response. status: 200, 404 or 500, each for its class. own: the proxy answers by itself, and
    what is behind it was not asked. unknown: (header name or "" for any, why nobody knows whether it is there)."""

    status: int
    https: bool
    own: bool = False
    fields: tuple[PredictedField, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()


class PredictedWay(Fact, tag="response.predicted", frozen=True, kw_only=True):
    """The responses that come by one way through a proxy (product "": none) from one application ("": none, the proxy
    answers or nobody knows who does). Raw material for the comparison with a URL, never judged.

    server: what tells the virtual hosts of the proxy apart. default: it takes the requests of no name. hosts: names
    that it answers to, () for any. path: as in the configuration. tls: None where not known, or both. ports: on which
    it listens. runs: the application server behind it. redirects: the line that sends http to https. written: fields
    that code writes where the prediction does not say so: those of single views. opened: names of headers that a view
    goes without.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "way", "path")

    application: str
    framework: str
    way: str
    product: str
    server: str
    default: bool = False
    hosts: tuple[str, ...] = ()
    path: str = "/"
    tls: bool | None = None
    ports: tuple[str, ...] = ()
    runs: str = ""
    redirects: Location | None = None
    answers: tuple[PredictedAnswer, ...] = ()
    written: tuple[PredictedField, ...] = ()
    opened: tuple[str, ...] = ()


class ObservedResponse(Fact, tag="response.observed", frozen=True, kw_only=True):
    """A response as it came, for the comparison with what was predicted; never judged by itself.

    fields: (name in lower case, value; "" of a value that is not kept) in order. cache: the field that says that a
    cache answered, "" without one. cdn: who stands in front, by marks of its own. own: the proxy whose own page this
    is. missing: the path was made up, so that it cannot exist.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("status",)

    status: int
    fields: tuple[tuple[str, str], ...]
    cache: str = ""
    cdn: str = ""
    own: str = ""
    missing: bool = False

    def named(self, name: str) -> list[str]:
        return [value for held, value in self.fields if held == name]


class Drift(Fact, tag="drift", frozen=True, kw_only=True):
    """One thing that the files of the repository say of a response, beside what the URL shows of it.

    subject: "header", "cookie", "redirect" or "limit" (of uploads). name: of the header; "sessionid: Secure" of a
    cookie. agrees: nothing has drifted; what is served and not declared, and protects, does not count. cause: what is
    likely to be the reason; likely: the same as a sentence. places: the lines that declare it, the decisive one first.
    urls: how many URLs show the same.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("subject", "name", "status")
    drifts: ClassVar[str] = "declared and observed differ"

    subject: Literal["header", "cookie", "redirect", "limit"]
    name: str
    status: int
    outcome: Outcome
    agrees: bool
    declared: str
    observed: str
    layer: str = ""
    cause: Cause = ""
    likely: str = ""
    places: tuple[Location, ...] = ()
    urls: int = 1

    def describe(self) -> str:
        at = f" ({self.places[0]})" if self.places else ""
        more = f", and so at {self.urls - 1} more URLs" if self.urls > 2 else ", and so at 1 more URL"
        text = f"{self.name}: declared {self.declared}{at}, observed {self.observed}{self._with()}"
        text += more if self.urls > 1 else ""
        if not self.likely:
            return text
        return f"{text}; {self.likely}" if self.agrees else f"{text}; likely: {self.likely}"

    def proof(self) -> tuple[str, ...]:
        if self.agrees:
            return ()
        at = f" ({', '.join(map(str, self.places[:3]))})" if self.places else ""
        lines = (f"declared: {self.declared}{at}", f"observed: {self.observed}{self._with()}")
        return (*lines, f"likely: {self.likely}") if self.likely else lines

    def _with(self) -> str:
        """What was measured says itself what it was answered with."""
        return "" if self.subject == "limit" else f" with {self.status}"

    def elsewhere(self) -> tuple[Location, ...]:
        return self.places

    def aside(self) -> bool:
        return self.outcome in {"not-declared", "unknown"} and self.agrees
