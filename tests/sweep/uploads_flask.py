"""Upload limits of Flask, and where its uploads land."""

from .base_flask import FLASK
from .sample import At, Sample, sample

A = "deploy/apache/photos.conf"
F = "photos/app.py"

STORING = (
    FLASK.edited(F, "import os\n", "import os\nimport shutil\nimport tarfile\n")
    .edited(F, "import uuid\n", "import uuid\nimport zipfile\n")
    .edited(F, "jsonify, request\n", "jsonify, request, send_file\n")
)


def fl(name: str, old: str, new: str, at: At | list[At] = "") -> Sample:
    return sample(f"uploads/flask-{name}", STORING, F, old, new, at)


SAVE = '    file.save(Path(app.config["UPLOAD_FOLDER"]) / name)\n'

TYPE_CHECK = (
    "    suffix = ALLOWED.get(file.mimetype)\n    if suffix is None:\n        abort(415)\n"
    '    name = f"{uuid.uuid4().hex}{suffix}"\n'
)

PLAIN = FLASK.without("deploy/nginx.conf")  # nothing in front: Flask's own limit is all there is

FLASK_SAMPLES = (
    fl("length-none", "MAX_CONTENT_LENGTH=10 * 1024 * 1024", "MAX_CONTENT_LENGTH=None"),
    sample(
        "uploads/flask-length-missing",
        PLAIN,
        F,
        "    MAX_CONTENT_LENGTH=10 * 1024 * 1024,\n",
        "",
        "app = Flask(__name__)",
    ),
    fl("length-huge", "10 * 1024 * 1024", "10 * 1024 * 1024 * 1024"),
    sample(
        "uploads/flask-length-none-bare", PLAIN, F, "MAX_CONTENT_LENGTH=10 * 1024 * 1024", "MAX_CONTENT_LENGTH=None"
    ),
    fl("form-memory-none", "MAX_FORM_MEMORY_SIZE=500_000", "MAX_FORM_MEMORY_SIZE=None"),
    fl("form-memory-huge", "MAX_FORM_MEMORY_SIZE=500_000", "MAX_FORM_MEMORY_SIZE=1024**3"),
    fl("form-parts-none", "MAX_FORM_PARTS=100", "MAX_FORM_PARTS=None"),
    fl("form-parts-huge", "MAX_FORM_PARTS=100", "MAX_FORM_PARTS=1_000_000"),
    fl(
        "view-lifts",
        '    file = request.files["photo"]\n',
        '    request.max_content_length = None\n    file = request.files["photo"]\n',
    ),
    fl(
        "folder-static",
        'UPLOAD_FOLDER="/srv/photos/uploads"',
        'UPLOAD_FOLDER=os.path.join(app.root_path, "static", "uploads")',
    ),
    fl("folder-static-literal", 'UPLOAD_FOLDER="/srv/photos/uploads"', 'UPLOAD_FOLDER="photos/static/uploads"'),
    fl("client-name", SAVE, '    file.save(os.path.join(app.config["UPLOAD_FOLDER"], file.filename))\n'),
    fl(
        "client-name-variable",
        SAVE,
        '    original = file.filename\n    file.save(Path(app.config["UPLOAD_FOLDER"]) / original)\n',
        ["file.save(", "original = file.filename"],
    ),
    fl("client-name-fstring", SAVE, '    file.save(f"/srv/photos/uploads/{file.filename}")\n'),
    fl(
        "no-type-check",
        TYPE_CHECK,
        "    name = uuid.uuid4().hex\n",
        ['request.files["photo"]', "def store", "file.save("],
    ),
    fl("zip-extractall", SAVE, '    zipfile.ZipFile(file).extractall(app.config["UPLOAD_FOLDER"])\n'),
    fl(
        "tar-extractall-variable",
        SAVE,
        '    with tarfile.open(fileobj=file.stream) as archive:\n        archive.extractall("/srv/photos/unpacked")\n',
        "archive.extractall",
    ),
    fl("unpack-archive", SAVE, '    shutil.unpack_archive(name, "/srv/photos/unpacked")\n'),
    fl(
        "send-inline",
        '@app.post("/photos")\n',
        '@app.get("/photos/<name>")\ndef photo(name):\n    return send_file(os.path.join(app.config["UPLOAD_FOLDER"], name))\n\n\n@app.post("/photos")\n',
        "return send_file",
    ),
)

SAMPLES: tuple[Sample, ...] = (*FLASK_SAMPLES,)
