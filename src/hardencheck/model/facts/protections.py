"""What Django's own deployment checks ask of the settings, and what speaks for or against it in a repository."""

from typing import ClassVar

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.facts.settings import unless


class DjangoProtection(Fact, tag="django.protection", frozen=True, kw_only=True):
    """One thing that `manage.py check --deploy` asks of a settings module, where it applies.

    name: "hsts", "hsts-subdomains", "hsts-preload", "nosniff", "referrer-policy", "opener-policy", "frame-deny",
    "session-cookie-secure", "session-cookie-http-only", "csrf-cookie-secure", "allowed-hosts", "signing-key",
    "fallback-keys", "cache-place", "async-safe", "csp-table".
    on: the settings do it. elsewhere_by: where the proxy of the repository sends the same header, "" for nowhere.
    held: one of them does.
    same_as: the id that Django gives when it is off. setting, value: what decides, for people. depends_on: variables of
    the environment that may change it.
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
    depends_on: tuple[str, ...] = ()

    def describe(self) -> str:
        seen = f"{self.setting} is {self.value}{unless(self.depends_on)}"
        if self.on:
            return seen
        if self.elsewhere_by:
            return f"{seen}, and {self.elsewhere_by} does it"
        return f"{seen} (Django: {self.same_as})"


class DjangoStore(Fact, tag="django.store", frozen=True, kw_only=True):
    """Where a Django project keeps what every process of it has to see: sessions, counters of a throttle.

    use: "sessions" or "throttling". engine: of sessions the last word of the engine's module ("db", "cache",
    "signed_cookies"); of throttling what counts ("rest_framework"). backend: class of the cache, "" where none is used.
    shared: all processes see the same.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "use", "engine")

    application: str
    use: str
    engine: str
    backend: str
    shared: bool
    depends_on: tuple[str, ...] = ()

    def describe(self) -> str:
        what = f"{self.use} by {self.engine}" + (f", in the cache {self.backend}" if self.backend else "")
        return what + unless(self.depends_on)


class DebugTools(Fact, tag="django.debug-tools", frozen=True, kw_only=True):
    """Tools of developers that are installed in the settings of production. tools: their entries; present: any is."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "setting")

    application: str
    setting: str
    tools: tuple[str, ...]
    present: bool
    depends_on: tuple[str, ...] = ()

    def describe(self) -> str:
        return f"{self.setting} holds {', '.join(self.tools) or 'no tool of developers'}{unless(self.depends_on)}"


class AdminRoute(Fact, tag="django.admin-route", frozen=True, kw_only=True):
    """A route to Django's admin as a file writes it; raw material. parts: texts, and "$NAME" for a setting; empty where
    it is computed otherwise. conditional: under an if."""

    side: ClassVar[Side] = Side.DECLARED

    parts: tuple[str, ...]
    conditional: bool


class CsrfExempt(Fact, tag="csrf.exempt", frozen=True, kw_only=True):
    """A view whose requests need no CSRF token. framework: "django" or "flask". view: its name, for people."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("view",)

    framework: str
    view: str

    def describe(self) -> str:
        return f"{self.view} takes requests without a CSRF token"


class AdminUrl(Fact, tag="django.admin-url", frozen=True, kw_only=True):
    """Where the admin of a project answers. usual: at the address that every tutorial gives it."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application",)

    application: str
    route: str
    usual: bool
    depends_on: tuple[str, ...] = ()

    def describe(self) -> str:
        return f"the admin answers at /{self.route}{unless(self.depends_on)}"
