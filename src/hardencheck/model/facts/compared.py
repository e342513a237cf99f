"""What one deployment answers other than another."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side

Subject = Literal["status", "redirect", "header", "cookie", "http", "tls", "upload"]


class Difference(Fact, tag="http.difference", frozen=True, kw_only=True):
    """One thing of two deployments of a service, asked for the same page: do they agree?

    The location is the page of the audited one, other: that of the one it is compared with. subject: what is compared;
    name: of the header or cookie, "" where there is one alone. here, there: what each says, in words; never a value of
    a cookie.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("subject", "name")
    drifts: ClassVar[bool] = True

    subject: Subject
    name: str
    agrees: bool
    here: str
    there: str
    other: str

    def describe(self) -> str:
        what = " ".join(word for word in (_WORDS[self.subject], self.name) if word)
        if self.agrees:
            return f"{what}: {self.here}, as {self.other} has it"
        return f"{what}: {self.here}; {self.other}: {self.there}"


_WORDS: dict[Subject, str] = {
    "status": "status",
    "redirect": "redirects",
    "header": "",
    "cookie": "cookie",
    "http": "plain http",
    "tls": "TLS",
    "upload": "upload limit",
}
