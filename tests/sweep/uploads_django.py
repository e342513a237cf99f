"""Upload limits of Django, and where its uploads land."""

from .base_django import DJANGO
from .sample import Sample, changed, sample
from .uploads_proxies import BODY

N = "deploy/nginx.conf"
S = "shop/settings.py"


def dj(name: str, old: str, new: str, at: str = "") -> Sample:
    return sample(f"uploads/django-{name}", DJANGO, S, old, new, at)


FORM = "orders/forms.py"

VIEWS = DJANGO.edited("orders/views.py", "import logging\n", "import logging\nimport os\nimport tarfile\n")

URLS = DJANGO.edited(
    "shop/urls.py",
    "from django.contrib import admin\nfrom django.urls import path\n",
    "from django.conf import settings\nfrom django.contrib import admin\nfrom django.urls import path, re_path\nfrom django.views.static import serve\n",
)

DJANGO_SAMPLES = (
    dj("memory-none", "DATA_UPLOAD_MAX_MEMORY_SIZE = 2621440", "DATA_UPLOAD_MAX_MEMORY_SIZE = None"),
    dj("memory-huge", "DATA_UPLOAD_MAX_MEMORY_SIZE = 2621440", "DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024**3"),
    dj("fields-none", "DATA_UPLOAD_MAX_NUMBER_FIELDS = 500", "DATA_UPLOAD_MAX_NUMBER_FIELDS = None"),
    dj("fields-huge", "DATA_UPLOAD_MAX_NUMBER_FIELDS = 500", "DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000_000"),
    dj("files-none", "DATA_UPLOAD_MAX_NUMBER_FILES = 20", "DATA_UPLOAD_MAX_NUMBER_FILES = None"),
    dj("files-huge", "DATA_UPLOAD_MAX_NUMBER_FILES = 20", "DATA_UPLOAD_MAX_NUMBER_FILES = 100000"),
    dj(
        "file-memory-huge",
        "FILE_UPLOAD_PERMISSIONS",
        "FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**3\nFILE_UPLOAD_PERMISSIONS",
    ),
    dj("media-in-static", 'MEDIA_ROOT = "/srv/shop/media"', 'MEDIA_ROOT = "/srv/shop/static/media"'),
    dj("media-is-static", 'MEDIA_ROOT = "/srv/shop/media"', "MEDIA_ROOT = STATIC_ROOT"),
    dj("media-in-code", 'MEDIA_ROOT = "/srv/shop/media"', 'MEDIA_ROOT = BASE_DIR / "orders" / "uploads"'),
    dj(
        "media-in-staticfiles-dirs",
        'MEDIA_ROOT = "/srv/shop/media"',
        'MEDIA_ROOT = BASE_DIR / "assets" / "media"\nSTATICFILES_DIRS = [BASE_DIR / "assets"]',
        "MEDIA_ROOT =",
    ),
    changed(
        "uploads/django-no-proxy-file-limit",
        DJANGO,
        DJANGO.edited(N, BODY, "    client_max_body_size 0;\n"),
        N,
    ),
    changed(
        "uploads/django-field-without-validators",
        DJANGO,
        DJANGO.edited(
            "orders/models.py", '        validators=[FileExtensionValidator(["pdf"]), at_most_five_megabytes],\n', ""
        ).edited(
            FORM,
            'forms.FileField(validators=[FileExtensionValidator(["pdf"]), at_most_five_megabytes])',
            "forms.FileField()",
        ),
        FORM,
        ["forms.FileField()", ("orders/models.py", "document = models.FileField(")],
    ),
    sample(
        "uploads/django-model-field-without-validators",
        DJANGO,
        "orders/models.py",
        '        validators=[FileExtensionValidator(["pdf"]), at_most_five_megabytes],\n',
        "",
        "document = models.FileField(",
    ),
    sample(
        "uploads/django-serve-media",
        URLS,
        "shop/urls.py",
        '    path("upload", views.upload),\n]\n',
        '    path("upload", views.upload),\n    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),\n]\n',
        "document_root",
    ),
    sample(
        "uploads/django-client-name",
        VIEWS,
        "orders/views.py",
        "        invoice = Invoice",
        '        upload = request.FILES["document"]\n        with open(os.path.join("/srv/shop/media", upload.name), "wb") as out:\n            out.write(upload.read(1_000_000))\n        invoice = Invoice',
        "with open(",
    ),
    sample(
        "uploads/django-extractall",
        VIEWS,
        "orders/views.py",
        "        invoice = Invoice",
        '        tarfile.open(fileobj=request.FILES["document"]).extractall("/srv/shop/unpacked")\n        invoice = Invoice',
        "extractall",
    ),
)

SAMPLES: tuple[Sample, ...] = (*DJANGO_SAMPLES,)
