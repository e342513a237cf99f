"""What one deployment answers other than another."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.location import Location
from hardencheck.model.words import plural

Subject = Literal["status", "redirect", "header", "cookie", "http", "tls", "upload"]


class Difference(Fact, tag="http.difference", frozen=True, kw_only=True):
    """One thing of two deployments of a service, asked for the same page: do they agree?

    The location is the page of the audited one, other: that of the one it is compared with. subject: what is compared;
    name: of the header or cookie, "" where there is one alone. here, there: what each says, in words; never a value of
    a cookie. pages: how many say the same, this one the first of them.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("subject", "name")
    drifts: ClassVar[str] = "the deployments differ"

    subject: Subject
    name: str
    agrees: bool
    here: str
    there: str
    other: str
    pages: int = 1

    def describe(self) -> str:
        what = " ".join(word for word in (_WORDS[self.subject], self.name) if word)
        more = f" (and {plural(self.pages - 1, 'more page')})" if self.pages > 1 else ""
        if self.agrees:
            return f"{what}: {self.here}, as {self.other} has it{more}"
        return f"{what}: {self.here}; {self.other}: {self.there}{more}"

    def elsewhere(self) -> tuple[Location, ...]:
        return (Location(url=self.other),)


_WORDS: dict[Subject, str] = {
    "status": "status",
    "redirect": "redirects",
    "header": "",
    "cookie": "cookie",
    "http": "plain http",
    "tls": "TLS",
    "upload": "upload limit",
}
