"""Logs of proxies; files of logs."""

from .base_aiohttp import AIOHTTP
from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .base_flask import APACHE_FLASK, FLASK
from .sample import WHOLE, At, Sample, sample
from .traefik import TRAEFIK_FILES

A = "deploy/apache/photos.conf"
N = "deploy/nginx.conf"
U = "deploy/photos.service"


def nginx(name: str, old: str, new: str, at: At | list[At] = "") -> Sample:
    return sample(f"logging/nginx-{name}", DJANGO, N, old, new, at)


def apache(name: str, old: str, new: str, at: At | list[At] = "") -> Sample:
    return sample(f"logging/apache-{name}", APACHE_FLASK, A, old, new, at)


LOGROTATE = DJANGO.with_files(
    {
        "deploy/logrotate.d/shop": "/var/log/shop/*.log {\n    daily\n    rotate 14\n    compress\n    missingok\n    create 0640 app adm\n}\n"
    }
)

PROXIES = (
    nginx("access-off", "access_log /var/log/nginx/access.log main", "access_log off"),
    nginx("access-off-server", "        ssl_certificate /etc", "        access_log off;\n        ssl_certificate /etc"),
    nginx("access-dev-null", "access_log /var/log/nginx/access.log main", "access_log /dev/null main"),
    nginx("error-off", "error_log /var/log/nginx/error.log warn", "error_log off"),
    nginx("error-dev-null", "error_log /var/log/nginx/error.log warn", "error_log /dev/null crit"),
    nginx("error-emerg", "error.log warn", "error.log emerg"),
    nginx("error-debug", "error.log warn", "error.log debug"),
    nginx("format-body", "$request_id';", "$request_body';"),
    nginx("format-authorization", "$request_id';", "$http_authorization';"),
    nginx("format-cookie", "$request_id';", "$http_cookie';"),
    nginx("format-named-cookie", "$request_id';", "$cookie_sessionid';"),
    nginx("format-set-cookie", "$request_id';", "$sent_http_set_cookie';"),
    nginx(
        "format-json-authorization",
        "    log_format main '",
        '    log_format full escape=json \'{"a":"$http_authorization"}\';\n    access_log /var/log/nginx/full.log full;\n    log_format main \'',
        "log_format full",
    ),
    apache("no-custom-log", '    CustomLog "/var/log/apache2/photos.log" short\n', "", "<VirtualHost *:443>"),
    apache("custom-log-null", '"/var/log/apache2/photos.log" short', '"/dev/null" short'),
    apache("error-null", '"/var/log/apache2/error.log"', '"/dev/null"'),
    apache("level-debug", "LogLevel warn", "LogLevel debug"),
    apache("level-emerg", "LogLevel warn", "LogLevel emerg"),
    apache("level-trace8", "LogLevel warn", "LogLevel warn ssl:trace8"),
    apache("format-authorization", '%>s %b" short', '%>s %b %{Authorization}i" short'),
    apache("format-cookie", '%>s %b" short', '%>s %b %{Cookie}i" short'),
    apache(
        "dumpio", "LogLevel warn\n", "LogLevel warn dumpio:trace7\nDumpIOInput On\n", ["DumpIOInput", "dumpio:trace7"]
    ),
    sample(
        "logging/caddy-no-log",
        FASTAPI,
        "Caddyfile",
        "\tlog {\n\t\toutput file /var/log/caddy/access.log {\n\t\t\troll_size 50MiB\n\t\t\troll_keep 5\n\t\t}\n\t}\n",
        "",
        "documents.example.org {",
    ),
    sample(
        "logging/caddy-log-discard",
        FASTAPI,
        "Caddyfile",
        "output file /var/log/caddy/access.log {\n\t\t\troll_size 50MiB\n\t\t\troll_keep 5\n\t\t}",
        "output discard",
    ),
    sample(
        "logging/caddy-credentials",
        FASTAPI,
        "Caddyfile",
        "\tservers {\n",
        "\tservers {\n\t\tlog_credentials\n",
        "log_credentials",
    ),
    sample("logging/caddy-debug", FASTAPI, "Caddyfile", "{\n\tservers", "{\n\tdebug\n\tservers", "\tdebug"),
    sample("logging/caddy-log-mode", FASTAPI, "Caddyfile", "roll_keep 5\n", "roll_keep 5\n\t\t\tmode 0666\n"),
    sample(
        "logging/traefik-no-access-log",
        TRAEFIK_FILES,
        "traefik/traefik.yml",
        "accessLog: {}\n",
        "",
        ["entryPoints:", "log:"],
    ),
    sample("logging/traefik-debug", TRAEFIK_FILES, "traefik/traefik.yml", "level: INFO", "level: DEBUG"),
    sample(
        "logging/traefik-keeps-headers",
        TRAEFIK_FILES,
        "traefik/traefik.yml",
        "accessLog: {}\n",
        "accessLog:\n  fields:\n    headers:\n      defaultMode: keep\n",
        "defaultMode: keep",
    ),
    sample(
        "logging/ingress-no-access-log",
        AIOHTTP,
        "k8s/ingress.yaml",
        '    nginx.ingress.kubernetes.io/ssl-redirect: "true"\n',
        '    nginx.ingress.kubernetes.io/ssl-redirect: "true"\n    nginx.ingress.kubernetes.io/enable-access-log: "false"\n',
        "enable-access-log",
    ),
    sample("logging/logrotate-create-0666", LOGROTATE, "deploy/logrotate.d/shop", "create 0640", "create 0666"),
    sample(
        "logging/logrotate-createolddir",
        LOGROTATE,
        "deploy/logrotate.d/shop",
        "    missingok\n",
        "    missingok\n    olddir /var/log/shop/old\n    createolddir 0777 app adm\n",
        "createolddir",
    ),
    sample("logging/log-in-git", DJANGO, "logs/app.log", "", "2026-01-01 INFO orders started\n", WHOLE),
    sample("logging/log-rotated-in-git", DJANGO, "logs/app.log.1", "", "2026-01-01 INFO orders started\n", WHOLE),
    sample(
        "logging/log-under-static",
        DJANGO,
        "orders/static/orders/debug.log",
        "",
        "2026-01-01 INFO orders started\n",
        WHOLE,
    ),
    sample(
        "logging/compose-no-driver",
        DJANGO,
        "compose.yaml",
        "    mem_limit: 512m\n",
        "    mem_limit: 512m\n    logging:\n      driver: none\n",
        ["driver: none", "    logging:"],
    ),
    sample("logging/systemd-output-null", FLASK, U, "MemoryMax=512M\n", "StandardError=null\nMemoryMax=512M\n"),
    sample("logging/log-directory-mode", FLASK, U, "LogsDirectoryMode=0750", "LogsDirectoryMode=0777"),
)

SAMPLES: tuple[Sample, ...] = (*PROXIES,)
