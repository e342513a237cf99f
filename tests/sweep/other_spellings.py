"""The same violations where a file has another name, another place or another form."""

from .base_django import DJANGO
from .base_fastapi import FASTAPI
from .base_flask import FLASK
from .sample import changed, sample
from .servers import UWSGI, WAITRESS
from .traefik import TRAEFIK

N, S, C, P = "deploy/nginx.conf", "shop/settings.py", "compose.yaml", "deploy/proxy_common"
ROLE = "ansible/roles/web/templates/"
ZERO = ("client_max_body_size 10m", "client_max_body_size 0")

_TEXT = DJANGO.files[N].replace("server web:8000", "server {{ app_host }}:8000")
_ERB = DJANGO.files[N].replace("server web:8000", "server <%= @app_host %>:8000")
JINJA = DJANGO.without(N).with_files({f"{ROLE}site.j2": _TEXT})
CONF = DJANGO.without(N).with_files({f"{ROLE}shop.conf.jinja2": _TEXT})
ERB = DJANGO.without(N).with_files({"modules/web/templates/vhost.erb": _ERB})
CADDY = FASTAPI.without("Caddyfile").with_files(
    {f"{ROLE}site.j2": FASTAPI.files["Caddyfile"].replace("web:8000", "{{ app_host }}:8000")}
)
PARTS = DJANGO.edited(
    N, "            proxy_pass http://app;\n", "            include proxy_common;\n            proxy_pass http://app;\n"
).with_files({P: "proxy_http_version 1.1;\nproxy_read_timeout 30s;\n"})
COMMON = DJANGO.edited(
    C, "  web:\n", "  web:\n    extends:\n      file: deploy/common.yml\n      service: base\n"
).with_files({"deploy/common.yml": "services:\n  base:\n    restart: always\n    init: true\n"})
STORAGES = DJANGO.edited(
    S,
    "FILE_UPLOAD_PERMISSIONS = 0o640\n",
    'STORAGES = {\n    "default": {\n        "BACKEND": "django.core.files.storage.FileSystemStorage",\n'
    '        "OPTIONS": {"file_permissions_mode": 0o640},\n    },\n    "staticfiles": {\n'
    '        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",\n    },\n}\nFILE_UPLOAD_PERMISSIONS = 0o640\n',
)
CODE = WAITRESS.with_files(
    {
        "serve.py": "from waitress import serve\n\nfrom photos.app import app\n\nOPTIONS = {\n"
        '    "port": 8000,\n    "ident": None,\n    "max_request_body_size": 10485760,\n}\n\nserve(app, **OPTIONS)\n'
    }
)
CONFIGS = DJANGO.edited(N, "    client_max_body_size 10m;\n", "    include /etc/nginx/conf.d/*.conf;\n").with_files(
    {
        C: DJANGO.files[C]
        .rstrip("\n")
        .replace(
            "  proxy:\n",
            "  proxy:\n    configs:\n      - source: upload\n        target: /etc/nginx/conf.d/upload.conf\n",
        )
        + "\nconfigs:\n  upload:\n    content: |\n      # merged into conf.d\n      client_max_body_size 10m;\n"
    }
)
YAML = UWSGI.without("uwsgi.ini").with_files(
    {
        "uwsgi.yaml": "uwsgi:\n"
        + "".join(f"  {line.replace(' = ', ': ')}\n" for line in UWSGI.files["uwsgi.ini"].splitlines()[1:])
    }
)
UNIT, F = "deploy/photos.service", "photos/app.py"
GIVEN = FLASK.edited(UNIT, "Restart=on-failure\n", "Environment=FLASK_MAX_FORM_PARTS=100\nRestart=on-failure\n").edited(
    F, "ALLOWED = {", "app.config.from_prefixed_env()\n\nALLOWED = {"
)
CLOUD = DJANGO.with_files({"deploy/cloud-init.yaml": "#cloud-config\nusers:\n  - name: deploy\n    sudo: false\n"})

SAMPLES = (
    sample("uploads/nginx-role-template-zero", JINJA, f"{ROLE}site.j2", *ZERO),
    sample("uploads/nginx-role-conf-template-zero", CONF, f"{ROLE}shop.conf.jinja2", *ZERO),
    sample("uploads/nginx-erb-zero", ERB, "modules/web/templates/vhost.erb", *ZERO),
    sample("uploads/caddy-role-template-huge", CADDY, f"{ROLE}site.j2", "max_size 10MiB", "max_size 20GB"),
    sample("uploads/django-storages-mode", STORAGES, S, '_mode": 0o640', '_mode": 0o777'),
    sample("uploads/waitress-table", CODE, "serve.py", "10485760", "1 << 40"),
    changed(
        "headers/nginx-hides-in-a-part",
        PARTS,
        PARTS.edited(P, "1.1;\n", "1.1;\nproxy_hide_header X-Frame-Options;\n"),
        P,
    ),
    sample(
        "permissions/compose-extended-host-network", COMMON, "deploy/common.yml", "init: true", "network_mode: host"
    ),
    sample(
        "headers/traefik-secure-unattached",
        TRAEFIK,
        C,
        "middlewares=body,secure",
        "middlewares=body",
        ["headers.stsSeconds", "middlewares=body"],
    ),
    sample(
        "logging/uwsgi-yaml-disable-logging",
        YAML,
        "uwsgi.yaml",
        "  master: true\n",
        "  master: true\n  disable-logging: true\n",
    ),
    sample(
        "logging/nginx-logs-if-never",
        DJANGO,
        N,
        "    access_log /var/log/nginx/access.log main;\n",
        "    map $status $loggable { default 0; }\n    access_log /var/log/nginx/access.log main if=$loggable;\n",
        "if=$loggable",
    ),
    sample(
        "uploads/filefield-size-alone",
        DJANGO,
        "orders/models.py",
        'validators=[FileExtensionValidator(["pdf"]), at_most_five_megabytes]',
        "validators=[at_most_five_megabytes]",
        "document = models",
    ),
    sample("settings/flask-debug-of-a-unit", GIVEN, UNIT, "FLASK_MAX_FORM_PARTS=100", "FLASK_DEBUG=1"),
    sample("uploads/flask-parts-of-a-unit", GIVEN, UNIT, "PARTS=100", "PARTS=1000000"),
    sample("uploads/compose-configs-zero", CONFIGS, C, *ZERO),
    sample(
        "permissions/cloud-init-sudo", CLOUD, "deploy/cloud-init.yaml", "sudo: false", "sudo: ALL=(ALL) NOPASSWD:ALL"
    ),
)
