"""Traefik before the document service: in labels of compose, and in files."""

from .base_fastapi import FASTAPI

LABELS = """\
services:
  traefik:
    image: traefik:v3.5
    command:
      - --providers.docker=true
      - --providers.docker.exposedbydefault=false
      - --entrypoints.web.address=:80
      - --entrypoints.web.http.redirections.entrypoint.to=websecure
      - --entrypoints.websecure.address=:443
      - --entrypoints.websecure.transport.respondingTimeouts.readTimeout=60s
      - --accesslog=true
    user: "65532:65532"
    read_only: true
    cap_drop: [ALL]
    cap_add: [NET_BIND_SERVICE]
    security_opt: ["no-new-privileges:true"]
    ports: ["443:443", "80:80"]
    mem_limit: 128m
    pids_limit: 100
  web:
    build: .
    user: "10001:10001"
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 256m
    pids_limit: 100
    tmpfs:
      - /tmp:size=64m,mode=1777,noexec,nosuid
    labels:
      - traefik.enable=true
      - traefik.http.routers.documents.rule=Host(`documents.example.org`)
      - traefik.http.routers.documents.entrypoints=websecure
      - traefik.http.routers.documents.tls=true
      - traefik.http.routers.documents.middlewares=body,secure
      - traefik.http.middlewares.body.buffering.maxRequestBodyBytes=10485760
      - traefik.http.middlewares.secure.headers.stsSeconds=31536000
      - traefik.http.middlewares.secure.headers.stsIncludeSubdomains=true
      - traefik.http.middlewares.secure.headers.contentTypeNosniff=true
      - traefik.http.middlewares.secure.headers.frameDeny=true
      - traefik.http.middlewares.secure.headers.referrerPolicy=same-origin
      - traefik.http.middlewares.secure.headers.contentSecurityPolicy=default-src 'none'; frame-ancestors 'none'; base-uri 'none'
      - traefik.http.middlewares.secure.headers.permissionsPolicy=camera=()
      - traefik.http.middlewares.secure.headers.customResponseHeaders.Cross-Origin-Opener-Policy=same-origin
      - traefik.http.services.documents.loadbalancer.server.port=8000
"""

TRAEFIK = FASTAPI.without("Caddyfile").with_files({"compose.yaml": LABELS})

DYNAMIC = """\
http:
  routers:
    documents:
      rule: Host(`documents.example.org`)
      entryPoints: [websecure]
      service: documents
      middlewares: [body, secure]
      tls: {}
  middlewares:
    body:
      buffering:
        maxRequestBodyBytes: 10485760
    secure:
      headers:
        stsSeconds: 31536000
        stsIncludeSubdomains: true
        contentTypeNosniff: true
        frameDeny: true
        referrerPolicy: same-origin
        contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
        permissionsPolicy: camera=()
        customResponseHeaders:
          Cross-Origin-Opener-Policy: same-origin
  services:
    documents:
      loadBalancer:
        servers:
          - url: http://web:8000
"""

STATIC = """\
entryPoints:
  web:
    address: ":80"
    http:
      redirections:
        entryPoint:
          to: websecure
          scheme: https
  websecure:
    address: ":443"
    transport:
      respondingTimeouts:
        readTimeout: 60s
providers:
  file:
    filename: /etc/traefik/dynamic.yml
accessLog: {}
log:
  level: INFO
"""

TRAEFIK_FILES = FASTAPI.without("Caddyfile", "compose.yaml").with_files(
    {"traefik/traefik.yml": STATIC, "traefik/dynamic.yml": DYNAMIC}
)
