"""What Django's own deployment checks ask of the settings, and what speaks for or against it in a repository."""

from typing import ClassVar

from hardencheck.model.facts._base import Fact, Side


class DjangoProtection(Fact, tag="django.protection", frozen=True, kw_only=True):
    """One thing that `manage.py check --deploy` asks of a settings module, where it applies.

    name: "hsts", "hsts-subdomains", "hsts-preload", "nosniff", "referrer-policy", "opener-policy", "frame-deny",
    "session-cookie-secure", "session-cookie-http-only", "csrf-cookie-secure", "allowed-hosts", "fallback-keys".
    on: the settings do it. elsewhere_by: where the proxy of the repository sends the same header, "" for nowhere.
    held: one of them does.
    same_as: the id that Django gives when it is off. setting, value: what decides, for people.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "name")

    application: str
    name: str
    on: bool
    same_as: str
    setting: str
    value: str
    held: bool
    elsewhere_by: str = ""

    def describe(self) -> str:
        seen = f"{self.setting} is {self.value}"
        if self.on:
            return seen
        if self.elsewhere_by:
            return f"{seen}, and {self.elsewhere_by} does it"
        return f"{seen} (Django: {self.same_as})"
