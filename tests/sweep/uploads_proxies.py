"""Upload limits and timeouts of nginx, Apache and Caddy, and what they serve of the uploads."""

from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .base_flask import APACHE_FLASK
from .sample import At, Base, Sample, sample

A = "deploy/apache/photos.conf"
N = "deploy/nginx.conf"

BODY = "    client_max_body_size 10m;\n"


def nginx(name: str, old: str, new: str, at: str = "") -> Sample:
    return sample(f"uploads/nginx-{name}", DJANGO, N, old, new, at)


def _nginx() -> tuple[Sample, ...]:
    cgi = "            autoindex off;\n            location ~ \\.(cgi|py)$ {\n                fastcgi_pass unix:/run/cgi.sock;\n            }\n"
    php = (
        "        location ~ \\.php$ {\n            root /srv/shop/media;\n            fastcgi_pass unix:/run/php.sock;\n"
        "            include fastcgi_params;\n        }\n\n        location / {\n"
    )
    upload = "        location = /upload {\n            client_max_body_size 0;\n            proxy_pass http://app;\n        }\n\n        location / {\n"
    disposition = (
        "            add_header Content-Disposition attachment always;\n"
        "            add_header Content-Security-Policy \"default-src 'none'; sandbox; frame-ancestors 'none'\" always;\n"
    )
    nosniff = "            autoindex off;\n            add_header X-Content-Type-Options nosniff always;\n"
    template = DJANGO.without(N).with_files(
        {"deploy/templates/nginx.conf.template": DJANGO.files[N].replace("server web:8000", "server ${APP_HOST}:8000")}
    )
    crlf = DJANGO.with_files({N: DJANGO.files[N].replace("\n", "\r\n")})
    snippets = (
        DJANGO.edited(N, BODY, "")
        .edited(
            N, "        ssl_certificate /etc", "        include snippets/limits.conf;\n        ssl_certificate /etc"
        )
        .with_files({"deploy/snippets/limits.conf": "client_max_body_size 10m;\nclient_body_timeout 10s;\n"})
    )
    return (
        nginx("body-zero", "client_max_body_size 10m", "client_max_body_size 0"),
        nginx("body-huge", "client_max_body_size 10m", "client_max_body_size 20g"),
        nginx("body-huge-bytes", "client_max_body_size 10m", "client_max_body_size 10737418240"),
        nginx("body-kilo-capital", "client_max_body_size 10m", "client_max_body_size 20971520K"),
        nginx("body-zero-with-unit", "client_max_body_size 10m", "client_max_body_size 0m"),
        nginx(
            "location-lifts",
            "            proxy_pass http://app;\n",
            "            client_max_body_size 0;\n            proxy_pass http://app;\n",
        ),
        nginx(
            "server-lifts",
            "        ssl_certificate /etc",
            "        client_max_body_size 0;\n        ssl_certificate /etc",
        ),
        nginx("inner-location-lifts", "        location / {\n", upload, "client_max_body_size 0"),
        sample("uploads/nginx-crlf-zero", crlf, N, "client_max_body_size 10m", "client_max_body_size 0"),
        sample(
            "uploads/nginx-include-zero",
            snippets,
            "deploy/snippets/limits.conf",
            "client_max_body_size 10m",
            "client_max_body_size 0",
        ),
        sample(
            "uploads/nginx-template-zero",
            template,
            "deploy/templates/nginx.conf.template",
            "client_max_body_size 10m",
            "client_max_body_size 0",
        ),
        nginx("body-timeout-hour", "client_body_timeout 10s", "client_body_timeout 1h"),
        nginx("body-timeout-seconds", "client_body_timeout 10s", "client_body_timeout 3600"),
        nginx("header-timeout", "client_header_timeout 10s", "client_header_timeout 60m"),
        nginx("send-timeout", "send_timeout 10s", "send_timeout 1d"),
        nginx("read-timeout-hour", "proxy_read_timeout 30s", "proxy_read_timeout 3600s"),
        nginx("keepalive-hour", "keepalive_timeout 15s", "keepalive_timeout 1h"),
        nginx("header-buffers", "large_client_header_buffers 4 8k", "large_client_header_buffers 64 1m"),
        nginx("request-buffering-off", "proxy_request_buffering on", "proxy_request_buffering off"),
        nginx("media-autoindex", "autoindex off", "autoindex on"),
        nginx("media-no-nosniff", nosniff, "            autoindex off;\n", "location /media/ {"),
        nginx("media-no-disposition", disposition, "", "location /media/ {"),
        nginx("media-php", "        location / {\n", php, "fastcgi_pass unix:/run/php.sock"),
        sample(
            "uploads/nginx-media-cgi",
            DJANGO,
            N,
            "            autoindex off;\n",
            cgi,
            ["location ~ \\.(cgi|py)$", "fastcgi_pass"],
        ),
    )


def apache(name: str, old: str, new: str, at: str = "") -> Sample:
    return sample(f"uploads/apache-{name}", APACHE_FLASK, A, old, new, at)


APACHE = (
    apache("body-zero", "LimitRequestBody 10485760", "LimitRequestBody 0"),
    apache("body-huge", "LimitRequestBody 10485760", "LimitRequestBody 10737418240"),
    apache("fields-zero", "LimitRequestFields 100", "LimitRequestFields 0"),
    apache("field-size", "LimitRequestFieldSize 8190", "LimitRequestFieldSize 1048576"),
    apache("line", "LimitRequestLine 8190", "LimitRequestLine 1048576"),
    apache(
        "read-timeout-zero",
        "RequestReadTimeout header=10-20,MinRate=500 body=20,MinRate=500",
        "RequestReadTimeout header=0 body=0",
    ),
    apache("body-read-timeout-zero", "body=20,MinRate=500", "body=0"),
    apache("timeout-hour", "Timeout 30\nRequest", "Timeout 3600\nRequest"),
    apache("xml-body-zero", "LimitRequestLine 8190\n", "LimitRequestLine 8190\nLimitXMLRequestBody 0\n"),
    apache(
        "media-exec",
        "    ProxyRequests Off\n",
        "    ProxyRequests Off\n    Alias /uploads/ /srv/photos/uploads/\n    <Directory /srv/photos/uploads>\n"
        "        Require all granted\n        Options +ExecCGI\n        AddHandler cgi-script .py .cgi\n    </Directory>\n",
        "Options +ExecCGI",
    ),
    apache(
        "media-indexes",
        "    ProxyRequests Off\n",
        "    ProxyRequests Off\n    Alias /uploads/ /srv/photos/uploads/\n    <Directory /srv/photos/uploads>\n"
        "        Require all granted\n        Options +Indexes\n        Header always set X-Content-Type-Options nosniff\n        Header always set Content-Disposition attachment\n    </Directory>\n",
        "Options +Indexes",
    ),
)


def caddy(name: str, old: str, new: str, at: At | list[At] = "", base: Base = FASTAPI) -> Sample:
    return sample(f"uploads/caddy-{name}", base, "Caddyfile", old, new, at)


CADDY_BODY = "\trequest_body {\n\t\tmax_size 10MiB\n\t}\n"

CADDY = (
    caddy("no-body", CADDY_BODY, "", "documents.example.org {"),
    caddy("body-zero", "max_size 10MiB", "max_size 0"),
    caddy("body-huge", "max_size 10MiB", "max_size 20GB"),
    caddy("body-env-default-zero", "max_size 10MiB", "max_size {$MAX_BODY:0}"),
    caddy(
        "body-only-one-path",
        "\trequest_body {\n",
        "\t@api path /api/*\n\trequest_body @api {\n",
        ["request_body @api", "max_size 10MiB", "documents.example.org {"],
    ),
    caddy(
        "body-in-handle",
        CADDY_BODY,
        "\thandle /other/* {\n\t\trequest_body {\n\t\t\tmax_size 10MiB\n\t\t}\n\t\trespond 204\n\t}\n",
        "documents.example.org {",
    ),
    caddy("read-body-none", "\t\t\tread_body 30s\n", "", "timeouts {"),
    caddy("read-body-hour", "read_body 30s", "read_body 1h"),
    caddy(
        "browse",
        "\treverse_proxy web:8000\n",
        "\thandle_path /media/* {\n\t\troot * /srv/documents\n\t\tfile_server browse\n\t}\n\treverse_proxy web:8000\n",
        "file_server browse",
    ),
)

SAMPLES: tuple[Sample, ...] = (
    *_nginx(),
    *APACHE,
    *CADDY,
)
