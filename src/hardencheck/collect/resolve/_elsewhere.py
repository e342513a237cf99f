"""Which routes of a proxy lead to something else than the application of the repository: a store of files, a front end
of its own, a product that is run as it comes. Where that cannot be told a route counts."""

import posixpath
from collections.abc import Iterable, Iterator

from hardencheck.collect.resolve._routes import Route
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import ComposeService, ImageBuild
from hardencheck.model.facts.logging import GunicornFile, ServerCommand
from hardencheck.model.gap import FactSet

# Products that nobody writes and many run beside a service, as images and hosts are called.
_PRODUCTS = frozenset({
    "keycloak", "minio", "grafana", "prometheus", "adminer", "pgadmin", "pgadmin4", "phpmyadmin", "flower", "rabbitmq",
    "elasticsearch", "kibana", "opensearch", "opensearch-dashboards", "portainer", "mailhog", "mailpit", "jenkins",
    "gitlab", "onlyoffice", "documentserver", "collabora", "code", "imgproxy", "meilisearch", "typesense", "solr",
    "tika", "plausible", "umami", "metabase", "n8n", "hasura", "strapi", "directus", "ghost", "wordpress", "php",
    "php-fpm", "node", "nextcloud", "seaweedfs", "garage", "whoami", "dozzle", "netdata", "alertmanager", "loki",
    "jaeger", "zipkin", "vault", "consul", "authentik", "zitadel", "hydra", "kratos", "dex", "gotenberg",
    "redis-commander", "maildev", "smtp4dev", "localstack", "s3", "azurite", "martin", "pg_tileserv",
    "geoserver", "tileserver-gl",
})  # fmt: skip
_FRONT = compiled(
    r"(?:.*[-_])?(?:frontend|front|client|ui|spa|vite|webpack|next|nextjs|nuxt|angular|react|vue)(?:[-_].*)?"
)
_FRONT_PORTS = {"3000", "3001", "4200", "5173", "8080", "8081", "80", ""}
_STORES = compiled(
    r"(?:.*\.)?(?:amazonaws\.com|googleapis\.com|cloudfront\.net|github\.io|githubusercontent\.com|core\.windows\.net"
    r"|digitaloceanspaces\.com|backblazeb2\.com|r2\.cloudflarestorage\.com|cdn\.jsdelivr\.net|gravatar\.com"
    r"|plausible\.io|google-analytics\.com|googletagmanager\.com|posthog\.com|sentry\.io|segment\.io)"
)
_NOT_PYTHON = frozenset({"node", "php", "ruby", "golang", "openjdk", "eclipse-temurin", "bun", "deno"})
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def marked(routes: Iterable[Route], facts: FactSet) -> Iterator[Route]:
    """The routes; one that clearly leads elsewhere hands nothing on to the application, and says why."""
    found = list(routes)
    if not any(route.hands_on for route in found):
        yield from found
        return
    foreign = _services(facts)
    bound = _ports(facts)
    # Only where one of the ports is seen to be the application's, the others are another's.
    telling = any(_port(one) in bound for route in found for one in route.upstreams if _host(one) in _LOCAL)
    for route in found:
        reasons = [_why(route, one, foreign, bound if telling else set()) for one in route.upstreams]
        if route.hands_on and reasons and all(reasons):
            yield route._replace(hands_on=False, elsewhere=reasons[0])
        else:
            yield route


def _why(route: Route, upstream: str, foreign: dict[str, str], bound: set[str]) -> str:
    host, port = _host(upstream), _port(upstream)
    if upstream.startswith("unix:"):
        return "PHP" if "php" in upstream else ""
    if host in foreign:
        return foreign[host]
    if host.partition(".")[0] in _PRODUCTS and "." not in host.partition(".")[2].removesuffix(".svc.cluster.local"):
        return host
    if _STORES.fullmatch(host):
        return host
    if upstream.startswith(("fastcgi://", "fcgi://")) and ("php" in route.path or "php" in host):
        return "PHP"
    if _FRONT.fullmatch(host) and port in _FRONT_PORTS:
        return f"the front end {host}"
    if host in _LOCAL and bound and port and port not in bound:
        return f"port {port}, which no server of the application binds"
    return ""


def _host(upstream: str) -> str:
    rest = upstream.partition("://")[2]
    return rest if rest.endswith("]") else rest.rpartition(":")[0] if rest.rpartition(":")[2].isdecimal() else rest


def _port(upstream: str) -> str:
    last = upstream.rpartition(":")[2]
    return last if last.isdecimal() else ""


def _services(facts: FactSet) -> dict[str, str]:
    """Services of compose files that run a product as it comes, or are built on what is no Python: what they are."""
    builds = {fact.location.path or "": fact for fact in facts.of("container.build") if isinstance(fact, ImageBuild)}
    said: dict[str, set[str]] = {}
    for fact in facts.of("compose.service"):
        if isinstance(fact, ComposeService):
            said.setdefault(fact.service.lower(), set()).add(_what(fact, builds))
    return {name: next(iter(what)) for name, what in said.items() if len(what) == 1 and "" not in what}


def _what(fact: ComposeService, builds: dict[str, ImageBuild]) -> str:
    if fact.context is None:
        image = _name(fact.image or "")
        return image if image in _PRODUCTS or image in _NOT_PYTHON else ""
    folder = posixpath.dirname(fact.location.path or "")
    path = posixpath.normpath(posixpath.join(folder, fact.context, fact.dockerfile or "Dockerfile"))
    build = builds.get(path)
    base = _name(build.base or "") if build is not None else ""
    return f"{fact.service}, which is built on {base}" if base in _NOT_PYTHON else ""


def _name(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def _ports(facts: FactSet) -> set[str]:
    """The ports that servers of the application are told to bind."""
    found: set[str] = set()
    options: list[str] = []
    for fact in facts.facts:
        if isinstance(fact, ServerCommand) and fact.role == "production":
            options += fact.options
        elif isinstance(fact, GunicornFile) and fact.role == "production":
            options += fact.flags
    for option in options:
        name, _, value = option.partition("=")
        if name in {"bind", "port", "listen", "http", "http-socket", "socket"}:
            port = value.rpartition(":")[2]
            if port.isdecimal():
                found.add(port)
    return found
