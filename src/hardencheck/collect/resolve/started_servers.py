"""Which servers production is started with: those that are made for it, or the ones that come with a framework to try
things out.

Sources: Django "django-admin", runserver; Flask "Development Server"; Quart "Deployment"; FastAPI CLI, "fastapi dev".
"""

import posixpath
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.extract._environment_facts import MADE_FOR_PRODUCTION, PRODUCTION, SERVERS, words_of
from hardencheck.collect.resolve._applications import applications, setters
from hardencheck.model.facts.logging import ServerCommand
from hardencheck.model.facts.settings import DeployedService, StartedServer
from hardencheck.model.gap import FactSet
from hardencheck.model.location import Location

# Files that start what serves the visitors, whatever else the repository holds.
_SURE = frozenset({"systemd", "supervisor", "kubernetes", "app"})


class StartedServers(Resolver):
    """Servers that the deployment files of production start."""

    name = "servers.started"
    emits = (StartedServer,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        commands = [
            fact
            for fact in facts.of("logging.server-command")
            if isinstance(fact, ServerCommand) and fact.source == "command" and fact.placed == "production"
        ]
        for command in commands:
            yield StartedServer(location=command.location, server=command.server, development=False)
        services = [fact for fact in facts.of("deployment.service") if isinstance(fact, DeployedService)]
        served = bool(commands) or any(
            service.role == "production" and MADE_FOR_PRODUCTION.intersection(service.runs) for service in services
        )
        by_hand = _run_by_hand(facts)
        for service, program in _starts(services, by_hand):
            if _counts(service, services, served=served):
                where = Location(path=service.location.path, line=service.started)
                yield StartedServer(location=where, server=program, development=True)


def _starts(services: Iterable[DeployedService], by_hand: frozenset[str]) -> Iterator[tuple[DeployedService, str]]:
    """Services that start a server for development, with what they start."""
    for service in services:
        if service.server:
            yield service, service.server
        elif by_hand.intersection(service.runs) and not SERVERS.intersection(service.runs):
            yield service, "app.run()"


def _run_by_hand(facts: FactSet) -> frozenset[str]:
    """Names of files that run their application with the server that comes with Werkzeug or Quart."""
    return frozenset(
        posixpath.basename(path)
        for app in applications(facts, "flask", "quart")
        for path, _ in setters(facts, app, ".run")
    )


def _counts(service: DeployedService, services: Iterable[DeployedService], *, served: bool) -> bool:
    """Whether production is started by it. served: something else of the repository starts a server made for that; an
    image or a script is then what developers build and run."""
    path = service.location.path or ""
    if service.placed != "production" or service.job:
        return False
    if service.by == "procfile":
        return "/" not in path  # platforms read the one at the root
    if service.by in _SURE:
        return True
    if service.by == "compose":
        return bool(PRODUCTION & words_of(path))
    if served:
        return False
    if service.by == "dockerfile":
        # Started with a command of its own, or for developers only, it says nothing.
        users = [one for one in services if one.dockerfile == path]
        return not users or any(one.role == "production" and not one.runs for one in users)
    if service.by == "script":
        name = posixpath.basename(path)
        return any(name in one.runs and _counts(one, services, served=served) for one in services if one.by != "script")
    return False
