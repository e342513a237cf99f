"""Frameworks that are seen and whose settings nothing here reads: what they do is said to be unknown."""

from collections.abc import Iterable

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve._applications import WITH_SESSIONS, applications
from hardencheck.model.facts.declared import DeclaredCookie, DeclaredCookieName
from hardencheck.model.facts.settings import SecretKey
from hardencheck.model.gap import FactSet, Gap, Reason


class UnreadFrameworks(Resolver):
    """The session cookie and the signing key of Pyramid, Tornado, Quart and CherryPy."""

    name = "frameworks.unread"
    emits = (DeclaredCookie, DeclaredCookieName, SecretKey)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        for app in applications(facts, *WITH_SESSIONS):
            yield Gap(
                kinds=self.kinds(),
                collector=self.name,
                reason=Reason.NOT_SUPPORTED,
                detail=f"{app.framework} is in use, whose sessions are not read",
                location=app.location,
                about={"framework": app.framework, "application": app.name},
            )
            return
