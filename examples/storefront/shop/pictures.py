"""Product pictures: whatever arrives is kept, wherever it says, readable and writable by everyone."""

import os
import shutil
import tempfile

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

os.umask(0)


def keep_original(upload: UploadedFile) -> str:
    """Keeps the file as it was sent, beside the copy that the model stores. Returns its path."""
    os.makedirs(settings.MEDIA_ROOT, mode=0o777, exist_ok=True)
    os.chmod(settings.MEDIA_ROOT, 0o777)
    scratch = tempfile.mktemp(suffix=".upload")
    with open(scratch, "wb") as target:
        for chunk in upload.chunks():
            target.write(chunk)
    path = os.path.join(settings.MEDIA_ROOT, upload.name)
    shutil.move(scratch, path)
    os.chmod(path, 0o777)
    return path
