"""What Django and the proxy in front of it agree on: https, the redirect to it, the host."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve import _nginx
from hardencheck.collect.resolve._django import SECURITY, Project, has_middleware, middleware, projects, setting
from hardencheck.collect.resolve._proxies import routes, troubles
from hardencheck.collect.resolve._routes import Route, of_client
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.settings import DeclaredRedirect, ForwardedHost, ForwardedTrust
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location


class Forwarding(Resolver):
    """Redirect to https, trusted forwarded headers, per Django project."""

    name = "django.forwarding"
    emits = (DeclaredRedirect, ForwardedTrust, ForwardedHost)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        found, _ = projects(facts, tree)
        found_routes = routes(facts, tree)
        broken = next((gap.location.path for gap in troubles(facts)), None) or ""
        unread = broken or ("" if any(route.hands_on for route in found_routes) else _nginx.other_proxy(tree))
        for project in found:
            yield from self._redirect(project, found_routes, unread)
            yield from self._scheme(project, found_routes, unread)
            yield from self._host(project)

    def _gap(self, kind: str, project: Project, where: Location, reason: Reason, text: str) -> Gap:
        about: dict[str, Scalar] = {"application": project.application}
        return Gap(kinds=(kind,), collector=self.name, reason=reason, detail=text, location=where, about=about)

    def _redirect(self, project: Project, found: list[Route], unread: str) -> Iterator[Found]:
        proxy = _redirects(found)
        held = setting(project, "SECURE_SSL_REDIRECT")
        present = has_middleware(project, SECURITY)
        where, text = held.location, "SECURE_SSL_REDIRECT"
        if proxy is not None:
            sent, where, text = True, proxy, f"the proxy does, at {proxy}"
        elif held.known and not held.value:
            sent, text = False, "SECURE_SSL_REDIRECT is False" + (" (the default)" if held.source == "default" else "")
        elif present is False:
            sent, where, text = False, middleware(project)[3], "SecurityMiddleware is not in MIDDLEWARE"
        elif not held.known or present is None:
            text = f"SECURE_SSL_REDIRECT is {held.text}" if not held.known else "MIDDLEWARE is not all literal"
            yield self._gap("redirect.declared", project, where, held.reason, text)
            return
        else:
            sent, text = True, "SECURE_SSL_REDIRECT is True"
        if not sent and unread:
            text = f"{text}, and {unread} may redirect and is not read"
            yield self._gap("redirect.declared", project, Location(path=unread), Reason.NOT_SUPPORTED, text)
            return
        yield DeclaredRedirect(
            location=where,
            application=project.application,
            present=sent,
            decided_by=text,
            same_as="security.W008" if not sent and present else "",
        )

    def _scheme(self, project: Project, found: list[Route], unread: str) -> Iterator[Found]:
        held = setting(project, "SECURE_PROXY_SSL_HEADER")
        if held.known and not held.value:
            return  # no header is trusted
        if not held.known or not isinstance(held.value, tuple):
            text = f"SECURE_PROXY_SSL_HEADER is {held.text or 'not a pair'}"
            yield self._gap("forwarded.trust", project, held.location, held.reason, text)
            return
        mistake = _mistake(*held.value) if len(held.value) == 2 else ""
        if mistake:
            name = held.value[0]
            yield ForwardedTrust(
                location=held.location,
                application=project.application,
                header=name,
                overwritten=False,
                mistake=mistake,
            )
            return
        header = held.value[0].removeprefix("HTTP_").replace("_", "-").lower()
        proxied = [route for route in found if route.hands_on]
        if not proxied:
            what = f"{unread} is not read" if unread else "no proxy configuration is in the repository to overwrite it"
            text = f"Django trusts {header}, and {what}"
            yield self._gap("forwarded.trust", project, held.location, Reason.NOT_SUPPORTED, text)
            return
        open_ = [route for route in proxied if _overwrites(route, header) is False]
        unsure = [route for route in proxied if _overwrites(route, header) is None]
        if unsure and not open_:
            text = f"whether the proxy sets {header}: {unsure[0].request_doubts[0].text}"
            yield self._gap("forwarded.trust", project, unsure[0].where, Reason.DYNAMIC, text)
            return
        yield ForwardedTrust(
            location=held.location, application=project.application, header=header, overwritten=not open_
        )

    def _host(self, project: Project) -> Iterator[Found]:
        trusted, hosts = setting(project, "USE_X_FORWARDED_HOST"), setting(project, "ALLOWED_HOSTS")
        if trusted.known and not trusted.value:
            any_host = False
        elif not trusted.known or not hosts.known:
            name, held = ("USE_X_FORWARDED_HOST", trusted) if not trusted.known else ("ALLOWED_HOSTS", hosts)
            yield self._gap("forwarded.host", project, held.location, held.reason, f"{name} is {held.text}")
            return
        else:
            any_host = isinstance(hosts.value, tuple) and "*" in hosts.value
        yield ForwardedHost(
            location=trusted.location,
            application=project.application,
            trusted=bool(trusted.value),
            any_host=any_host,
        )


def _mistake(name: str, value: str) -> str:
    """Why SECURE_PROXY_SSL_HEADER is never met: Django looks the name up in request.META and compares the value as it
    is, and no proxy that we know says "HTTPS"."""
    if not name.startswith("HTTP_") or not name.isupper() or "-" in name:
        meta = "HTTP_" + name.upper().replace("-", "_").removeprefix("HTTP_")
        return f"a request header is called {meta} in request.META, and not {name}"
    if value != value.lower():
        return f'the value is compared exactly, and proxies send "{value.lower()}" and not "{value}"'
    return ""


def _redirects(found: list[Route]) -> Location | None:
    """A place of the proxy that answers http with a redirect to https."""
    return next((route.where for route in found if route.redirects_to_https), None)


def _overwrites(route: Route, header: str) -> bool | None:
    """Whether a proxy sets a field of the request itself; None where something that is not here may do it."""
    for name, value, _ in route.request:
        if name == header:
            return not of_client(name, value)
    return None if route.request_doubts else False
