"""The shop: Django behind nginx, in containers."""

from .base_container import COMPOSE, ENTRYPOINT, GUNICORN, IGNORED, dockerfile
from .sample import Base

DJANGO_SETTINGS = '''\
"""Settings of the shop, for production."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["shop.example.org"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "orders",
]

MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "shop.middleware.resource_policy",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "shop",
        "PASSWORD": os.environ["DATABASE_PASSWORD"],
        "HOST": "db",
        "OPTIONS": {"sslmode": "verify-full"},
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = "/srv/shop/static"
MEDIA_URL = "/media/"
MEDIA_ROOT = "/srv/shop/media"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2621440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 28800
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = ["https://shop.example.org"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"guid": {"()": "django_guid.log_filters.CorrelationId"}},
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(correlation_id)s %(message)s",
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["guid"]},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.security": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.request": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "django.db.backends": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
'''

NGINX = """\
user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log warn;
pid /run/nginx.pid;

events {
    worker_connections 1024;
}

http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;

    log_format main '$remote_addr [$time_iso8601] "$request_method $uri" $status $body_bytes_sent $request_id';
    access_log /var/log/nginx/access.log main;

    server_tokens off;
    client_max_body_size 10m;
    client_header_timeout 10s;
    client_body_timeout 10s;
    send_timeout 10s;
    keepalive_timeout 15s;
    large_client_header_buffers 4 8k;

    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;
    ssl_session_tickets off;

    limit_req_zone $binary_remote_addr zone=login:10m rate=5r/s;

    upstream app {
        server web:8000;
    }

    server {
        listen 80;
        server_name shop.example.org;
        return 301 https://shop.example.org$request_uri;
    }

    server {
        listen 443 ssl;
        server_name shop.example.org;

        ssl_certificate /etc/nginx/tls/shop.crt;
        ssl_certificate_key /etc/nginx/tls/shop.key;

        add_header Permissions-Policy "camera=(), microphone=()" always;

        location /static/ {
            alias /srv/shop/static/;
            add_header X-Content-Type-Options nosniff always;
            add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
            add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
            add_header X-Frame-Options DENY always;
            add_header Referrer-Policy same-origin always;
        }

        location /media/ {
            alias /srv/shop/media/;
            autoindex off;
            add_header X-Content-Type-Options nosniff always;
            add_header Content-Disposition attachment always;
            add_header Content-Security-Policy "default-src 'none'; sandbox; frame-ancestors 'none'" always;
            add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
            add_header X-Frame-Options DENY always;
            add_header Referrer-Policy same-origin always;
        }

        location / {
            proxy_pass http://app;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Request-ID $request_id;
            proxy_request_buffering on;
            proxy_read_timeout 30s;
        }
    }
}
"""

DJANGO_VIEWS = '''\
"""Views of the orders."""

import logging

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from orders.forms import InvoiceForm
from orders.models import Invoice

logger = logging.getLogger(__name__)


def health(request):
    return HttpResponse("ok")


@login_required
@require_http_methods(["GET", "POST"])
def upload(request):
    form = InvoiceForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if not form.is_valid():
            return HttpResponseBadRequest("not an invoice")
        invoice = Invoice.objects.create(owner=request.user, document=form.cleaned_data["document"])
        logger.info("invoice stored", extra={"invoice": invoice.pk, "owner": request.user.pk})
    return render(request, "orders/upload.html", {"form": form})
'''

DJANGO_MODELS = """\
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.db import models

MAX_BYTES = 5 * 1024 * 1024


def at_most_five_megabytes(file):
    if file.size > MAX_BYTES:
        raise ValidationError("too large")


class Invoice(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    document = models.FileField(
        upload_to="invoices/%Y/%m/",
        validators=[FileExtensionValidator(["pdf"]), at_most_five_megabytes],
    )
"""

DJANGO_FORMS = """\
from django import forms
from django.core.validators import FileExtensionValidator

from orders.models import at_most_five_megabytes


class InvoiceForm(forms.Form):
    document = forms.FileField(validators=[FileExtensionValidator(["pdf"]), at_most_five_megabytes])
"""

MIDDLEWARE = """\
def resource_policy(get_response):
    def middleware(request):
        response = get_response(request)
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return middleware
"""

MANAGE = """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""

DJANGO = Base(
    {
        ".gitignore": IGNORED,
        ".dockerignore": IGNORED,
        "requirements.txt": (
            "Django==5.2.8\ngunicorn==23.0.0\ndjango-csp==4.0\ndjango-axes==8.0.0\ndjango-guid==3.5.0\n"
            "python-json-logger==3.3.0\nargon2-cffi==25.1.0\npsycopg==3.2.9\n"
        ),
        "Dockerfile": dockerfile("gunicorn", "-c", "gunicorn.conf.py", "shop.wsgi:application"),
        "entrypoint.sh": ENTRYPOINT,
        "compose.yaml": COMPOSE,
        "deploy/nginx.conf": NGINX,
        "gunicorn.conf.py": GUNICORN,
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/settings.py": DJANGO_SETTINGS,
        "shop/urls.py": (
            "from django.contrib import admin\nfrom django.urls import path\n\nfrom orders import views\n\n"
            'urlpatterns = [\n    path("office-7f3a/", admin.site.urls),\n    path("health", views.health),\n'
            '    path("upload", views.upload),\n]\n'
        ),
        "shop/middleware.py": MIDDLEWARE,
        "shop/wsgi.py": (
            "import os\n\nfrom django.core.wsgi import get_wsgi_application\n\n"
            'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napplication = get_wsgi_application()\n'
        ),
        "orders/__init__.py": "",
        "orders/models.py": DJANGO_MODELS,
        "orders/forms.py": DJANGO_FORMS,
        "orders/views.py": DJANGO_VIEWS,
    },
    modes={"entrypoint.sh": "100755"},
)
