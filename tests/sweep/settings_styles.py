"""Settings of Django in other styles: packages, classes, environment."""

from .base_django import DJANGO

S = "shop/settings.py"

PACKAGE_BASE = DJANGO.files[S]

PRODUCTION = """\
from .base import *  # noqa: F403

SECURE_HSTS_SECONDS = 63072000
"""

DEVELOPMENT = """\
from .base import *  # noqa: F403

DEBUG = True
ALLOWED_HOSTS = ["*"]
SESSION_COOKIE_SECURE = False
SECURE_SSL_REDIRECT = False
"""

PACKAGE = DJANGO.without(S).with_files(
    {
        "shop/settings/__init__.py": "",
        "shop/settings/base.py": PACKAGE_BASE.replace("parent.parent\n", "parent.parent.parent\n"),
        "shop/settings/production.py": PRODUCTION,
        "shop/settings/development.py": DEVELOPMENT,
        "manage.py": DJANGO.files["manage.py"].replace("shop.settings", "shop.settings.development"),
        "shop/wsgi.py": DJANGO.files["shop/wsgi.py"].replace("shop.settings", "shop.settings.production"),
    }
)

_environ = PACKAGE_BASE.replace("import os\n", "import os\n\nimport environ\n", 1).replace(
    "DEBUG = False", 'env = environ.Env()\nDEBUG = env.bool("DEBUG", default=False)'
)

ENVIRON = DJANGO.with_files(
    {S: _environ, "requirements.txt": DJANGO.files["requirements.txt"] + "django-environ==0.12.0\n"}
)

_decouple = PACKAGE_BASE.replace("import os\n", "import os\n\nfrom decouple import Csv, config\n", 1)

DECOUPLE = DJANGO.with_files(
    {
        S: _decouple.replace("DEBUG = False", 'DEBUG = config("DEBUG", default=False, cast=bool)').replace(
            'ALLOWED_HOSTS = ["shop.example.org"]',
            'ALLOWED_HOSTS = config("ALLOWED_HOSTS", default="shop.example.org", cast=Csv())',
        ),
        "requirements.txt": DJANGO.files["requirements.txt"] + "python-decouple==3.8\n",
    }
)

COMPOSE_ENV = DJANGO.edited(S, "DEBUG = False", 'DEBUG = os.environ.get("DJANGO_DEBUG", "0") == "1"').edited(
    "compose.yaml",
    "      DATABASE_PASSWORD_FILE: /run/secrets/database_password\n",
    '      DATABASE_PASSWORD_FILE: /run/secrets/database_password\n      DJANGO_DEBUG: "0"\n',
)

# A configuration in classes.
_classes = "import os\nfrom pathlib import Path\n\nfrom configurations import Configuration, values\n\n\nclass Base(Configuration):\n"

_body = PACKAGE_BASE.split("from pathlib import Path\n", 1)[1]

_classes += "".join(f"    {line}\n" if line else "\n" for line in _body.splitlines())

_classes += '\n\nclass Dev(Base):\n    DEBUG = True\n    ALLOWED_HOSTS = ["*"]\n\n\nclass Prod(Base):\n    SESSION_COOKIE_AGE = 14400\n'

CLASSES = DJANGO.with_files(
    {
        S: _classes,
        "requirements.txt": DJANGO.files["requirements.txt"] + "django-configurations==2.5.1\n",
        "shop/wsgi.py": (
            'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
            'os.environ.setdefault("DJANGO_CONFIGURATION", "Prod")\n\n'
            "from configurations.wsgi import get_wsgi_application\n\napplication = get_wsgi_application()\n"
        ),
        "manage.py": (
            'import os\nimport sys\n\nif __name__ == "__main__":\n'
            '    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
            '    os.environ.setdefault("DJANGO_CONFIGURATION", "Dev")\n'
            "    from configurations.management import execute_from_command_line\n\n"
            "    execute_from_command_line(sys.argv)\n"
        ),
    }
)

# Django 6 with its own Content-Security-Policy.
DJANGO6 = DJANGO.with_files(
    {
        "requirements.txt": DJANGO.files["requirements.txt"]
        .replace("Django==5.2.8", "Django==6.0.1")
        .replace("django-csp==4.0\n", ""),
        S: PACKAGE_BASE.replace("csp.middleware.CSPMiddleware", "django.middleware.csp.ContentSecurityPolicyMiddleware")
        .replace('CONTENT_SECURITY_POLICY = {\n    "DIRECTIVES": {', "SECURE_CSP = {")
        .replace(
            """        "frame-ancestors": ["'none'"],\n    }\n}""", """        "frame-ancestors": ["'none'"],\n}"""
        ),
    }
)
