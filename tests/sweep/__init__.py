"""The sweep: services with one violation each, over the whole catalogue, and the right twin of each."""

from importlib import import_module

from .sample import Sample

AREAS = (
    "settings_django",
    "settings_more",
    "settings_other",
    "uploads_asgi",
    "uploads_django",
    "uploads_flask",
    "uploads_orchestrated",
    "uploads_proxies",
    "uploads_servers",
    "headers_apache",
    "headers_asgi",
    "headers_caddy",
    "headers_django",
    "headers_flask",
    "headers_more",
    "headers_nginx",
    "headers_traefik",
    "headers_views",
    "logging_code",
    "logging_django",
    "logging_libraries",
    "logging_proxies",
    "logging_servers",
    "permissions_code",
    "permissions_compose",
    "permissions_docker",
    "permissions_git",
    "permissions_kubernetes",
    "permissions_systemd",
    "other_spellings",
    "second_look",
    "third_look",
)
SAMPLES: tuple[Sample, ...] = tuple(one for area in AREAS for one in import_module(f"{__name__}.{area}").SAMPLES)
