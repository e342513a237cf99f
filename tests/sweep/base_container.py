"""What the services have in common: an image, compose, gunicorn."""

DOCKERFILE = """\
FROM python:3.12-slim-bookworm@sha256:{digest} AS build
WORKDIR /build
COPY requirements.txt .
RUN pip install --no-cache-dir --prefix=/install -r requirements.txt

FROM python:3.12-slim-bookworm@sha256:{digest}
ENV PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --no-create-home app
COPY --from=build /install /usr/local
WORKDIR /app
COPY --chmod=0755 entrypoint.sh /entrypoint.sh
COPY . /app
USER 10001
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health')"]
ENTRYPOINT ["/entrypoint.sh"]
CMD {command}
"""

ENTRYPOINT = '#!/bin/sh\nset -eu\numask 027\nexec "$@"\n'

IGNORED = ".git\n.env\n.env.*\n*.pem\n*.key\n*.log\n*.sqlite3\n__pycache__\n"


def dockerfile(*command: str) -> str:
    words = "[" + ", ".join(f'"{word}"' for word in command) + "]"
    return DOCKERFILE.format(digest="4f" * 32, command=words)


COMPOSE = """\
services:
  web:
    build: .
    user: "10001:10001"
    read_only: true
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    environment:
      DATABASE_PASSWORD_FILE: /run/secrets/database_password
    secrets:
      - source: database_password
        mode: 0440
    tmpfs:
      - /tmp:size=64m,mode=1777,noexec,nosuid
    mem_limit: 512m
    pids_limit: 200
    restart: unless-stopped
    networks:
      - inside
  proxy:
    image: nginx:1.29-alpine
    read_only: true
    cap_drop:
      - ALL
    cap_add:
      - NET_BIND_SERVICE
      - CHOWN
      - SETUID
      - SETGID
    security_opt:
      - no-new-privileges:true
    ports:
      - "443:443"
      - "80:80"
    volumes:
      - ./deploy/nginx.conf:/etc/nginx/nginx.conf:ro
      - media:/srv/shop/media:ro
    mem_limit: 128m
    pids_limit: 100
    restart: unless-stopped
    networks:
      - inside
networks:
  inside: {}
volumes:
  media: {}
secrets:
  database_password:
    file: /etc/shop/database_password
"""

GUNICORN = """\
bind = "0.0.0.0:8000"
workers = 3
worker_class = "sync"
timeout = 30
graceful_timeout = 30
keepalive = 5
umask = 0o027
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190
forwarded_allow_ips = "127.0.0.1"
accesslog = "-"
errorlog = "-"
loglevel = "info"
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %({x-request-id}i)s'
"""
