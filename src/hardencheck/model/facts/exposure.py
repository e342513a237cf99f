"""What the service hands out that nobody should get. Judged by content, never by status alone."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side


class ExposedFile(Fact, tag="exposure.file", frozen=True, kw_only=True):
    """One path that holds a secret where it is served. what: "git", "svn", "hg" (a repository) or "env" (an
    environment file).

    exposed: the answer is what such a file holds, and a path that cannot exist answers otherwise.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("what",)

    what: Literal["git", "svn", "hg", "env"]
    exposed: bool
    status: int

    def describe(self) -> str:
        return "served, with the content of such a file" if self.exposed else f"not served (status {self.status})"


class Interface(Fact, tag="exposure.interface", frozen=True, kw_only=True):
    """One path of what is for the people who run or write the service. what: "api-docs" (interactive documentation, the
    schema), "metrics" (Prometheus) or "status" (the server's page of figures).

    exposed: the answer is such a page, and a path that cannot exist answers otherwise.
    """

    side: ClassVar[Side] = Side.OBSERVED
    identity: ClassVar[tuple[str, ...]] = ("what",)

    what: Literal["api-docs", "metrics", "status"]
    exposed: bool
    status: int

    def describe(self) -> str:
        return "served, with the content of such a page" if self.exposed else f"not served (status {self.status})"


class Listing(Fact, tag="exposure.listing", frozen=True, kw_only=True):
    """One directory, and whether its files are listed. server: whose listing it looks like, "" for none."""

    side: ClassVar[Side] = Side.OBSERVED

    exposed: bool
    server: str
    status: int

    def describe(self) -> str:
        return f"directory listing ({self.server})" if self.exposed else f"no listing (status {self.status})"


class DebugPage(Fact, tag="exposure.debug-page", frozen=True, kw_only=True):
    """One response, and whether it is the debug page of a framework ("django", "werkzeug" ..., "" for none)."""

    side: ClassVar[Side] = Side.OBSERVED

    exposed: bool
    framework: str
    status: int

    def describe(self) -> str:
        return f"debug page of {self.framework}" if self.exposed else f"no debug page (status {self.status})"


class Trace(Fact, tag="exposure.trace", frozen=True, kw_only=True):
    """The answer to TRACE. echoed: 200 with our own marker in it; an Allow field proves nothing."""

    side: ClassVar[Side] = Side.OBSERVED

    echoed: bool
    status: int

    def describe(self) -> str:
        return "TRACE echoes the request" if self.echoed else f"TRACE is refused (status {self.status})"
