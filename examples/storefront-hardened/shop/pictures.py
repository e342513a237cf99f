"""Product pictures: small, of two kinds, named by us."""

import uuid
from pathlib import PurePosixPath

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models import Model

MAX_PICTURE_BYTES = 5 * 1024 * 1024
SIGNATURES = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff"}


def validate_picture(picture: File) -> None:
    """Size, extension and first bytes have to agree; the browser's Content-Type is hearsay."""
    if picture.size > MAX_PICTURE_BYTES:
        raise ValidationError("A picture has at most 5 MiB.", code="too-large")
    signature = SIGNATURES.get(PurePosixPath(picture.name or "").suffix.lower())
    if signature is None:
        raise ValidationError("A picture is a .png or .jpg file.", code="extension")
    picture.seek(0)
    start = picture.read(len(signature))
    picture.seek(0)
    if start != signature:
        raise ValidationError("This file is not what its name says.", code="content")


def picture_path(product: Model, filename: str) -> str:
    """A name of our own; of the sender's only the extension, already validated."""
    return f"products/{uuid.uuid4().hex}{PurePosixPath(filename).suffix.lower()}"
