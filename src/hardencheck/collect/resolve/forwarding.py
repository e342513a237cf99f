"""What Django and the proxy in front of it agree on: https, the redirect to it, the host."""

from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve import _nginx
from hardencheck.collect.resolve._django import SECURITY, Project, has_middleware, middleware, projects, setting
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
        places = _nginx.places(facts)
        unread = "" if any(place.proxied for place in places) else _nginx.other_proxy(tree)
        for project in found:
            yield from self._redirect(project, places, unread)
            yield from self._scheme(project, places, unread)
            yield from self._host(project)

    def _gap(self, kind: str, project: Project, where: Location, reason: Reason, text: str) -> Gap:
        about: dict[str, Scalar] = {"application": project.application}
        return Gap(kinds=(kind,), collector=self.name, reason=reason, detail=text, location=where, about=about)

    def _redirect(self, project: Project, places: list[_nginx.Place], unread: str) -> Iterator[Found]:
        proxy = _redirects(places)
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

    def _scheme(self, project: Project, places: list[_nginx.Place], unread: str) -> Iterator[Found]:
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
        proxied = [place for place in places if place.proxied]
        if not proxied:
            what = f"{unread} is not read" if unread else "no proxy configuration is in the repository to overwrite it"
            text = f"Django trusts {header}, and {what}"
            yield self._gap("forwarded.trust", project, held.location, Reason.NOT_SUPPORTED, text)
            return
        open_ = [place for place in proxied if _nginx.sets_header(place, header) is False]
        unsure = [place for place in proxied if _nginx.sets_header(place, header) is None]
        if unsure and not open_:
            text = f"whether the proxy sets {header} is in an include that is not in the repository"
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


def _redirects(places: list[_nginx.Place]) -> Location | None:
    """A server of the proxy that answers http with a redirect to https."""
    for place in places:
        for held in place.levels[-1]:
            args = held.directive.args
            if held.directive.name == "return" and len(args) == 2 and args[0] in {"301", "302", "307", "308"}:
                if args[1].startswith("https://"):
                    return held.location
    return None
