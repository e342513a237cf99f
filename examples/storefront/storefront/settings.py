"""Settings of the weak storefront. Every value that looks wrong is wrong on purpose: see README.md."""

DEBUG = True
ALLOWED_HOSTS = ["*"]
SECRET_KEY = "django-insecure-sample"
ROOT_URLCONF = "storefront.urls"
WSGI_APPLICATION = "storefront.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "shop",
]

# No SecurityMiddleware, no CsrfViewMiddleware, no XFrameOptionsMiddleware.
MIDDLEWARE = [
    "storefront.branding.BrandingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/storefront/db.sqlite3"}}
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = "/srv/storefront/media"
USE_TZ = True
TIME_ZONE = "UTC"

# Transport and headers.
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
SECURE_CONTENT_TYPE_NOSNIFF = False
SECURE_REFERRER_POLICY = None
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # and no proxy overwrites that header
USE_X_FORWARDED_HOST = True
X_FRAME_OPTIONS = "ALLOWALL"
CSRF_TRUSTED_ORIGINS = ["http://localhost"]
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W018"]

# Cookies and passwords.
SESSION_COOKIE_SECURE = False
SESSION_COOKIE_HTTPONLY = False
SESSION_COOKIE_SAMESITE = False
CSRF_COOKIE_SECURE = False
CSRF_COOKIE_SAMESITE = False
AUTH_PASSWORD_VALIDATORS = []
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Uploads.
DATA_UPLOAD_MAX_MEMORY_SIZE = None
DATA_UPLOAD_MAX_NUMBER_FIELDS = None
DATA_UPLOAD_MAX_NUMBER_FILES = None
FILE_UPLOAD_PERMISSIONS = 0o666
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o777

LOGGING = {
    "version": 1,
    "disable_existing_loggers": True,
    "handlers": {
        "console": {"class": "logging.StreamHandler", "level": "DEBUG"},
        "file": {"class": "logging.FileHandler", "filename": "/srv/storefront/logs/app.log"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console", "file"], "level": "DEBUG"},
    "loggers": {
        "django.security": {"handlers": ["nowhere"], "level": "CRITICAL", "propagate": False},
        "django.db.backends": {"handlers": ["file"], "level": "DEBUG", "propagate": False},
    },
}
