"""Archives, reads without a bound, fields for files, and the folders that uploads are kept in."""

from pathlib import Path

import pytest

from hardencheck.collect.contract import Extractor
from hardencheck.collect.extract.archives import Archives
from hardencheck.collect.extract.upload_fields import UploadFields
from hardencheck.collect.extract.upload_folders import UploadFolders
from hardencheck.collect.extract.upload_reads import UploadReads
from hardencheck.collect.extract.upload_views import UploadViews
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.storage import (
    ArchiveExtraction,
    BoundedRead,
    FileField,
    FileFields,
    ServedUpload,
    StoredPlace,
    StoredUpload,
    UploadFolder,
    UploadRead,
    ViewLimit,
)
from hardencheck.model.gap import Gap
from tests.collect.repos import look, repository


def read(extractor: Extractor, source: str) -> list[object]:
    return list(extract_file([extractor], "app/a.py", 0o100644, source.encode()))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("tarfile.open(p).extractall(d)", [(3, "tar", "")]),
        ("with tarfile.open(p) as t:\n    t.extractall(d)", [(4, "tar", "")]),
        ("t = tarfile.TarFile(p)\nt.extractall(d)", [(4, "tar", "")]),
        ("self.t = tarfile.open(p)\nself.t.extractall(d)", [(4, "tar", "")]),
        ("def f(t: tarfile.TarFile):\n    t.extractall(d)", [(4, "tar", "")]),
        ("with contextlib.closing(tarfile.open(p)) as t:\n    t.extractall(d)", [(4, "tar", "")]),
        ("t = tarfile.open(p)\nt.extractall(d, members=t.getmembers())", [(4, "tar", "")]),
        ("t = tarfile.open(p)\nfor m in t:\n    t.extract(m, d)", [(5, "tar", "")]),
        ("t = tarfile.open(p)\nt.extractall(d, filter=None)", [(4, "tar", "")]),
        ("t = tarfile.open(p)\nt.extractall(d, filter='fully_trusted')", [(4, "tar", "fully_trusted")]),
        ("t = tarfile.open(p)\nt.extractall(d, filter='data')", [(4, "tar", "filter")]),
        ("t = tarfile.open(p)\nt.extractall(d, filter=tarfile.tar_filter)", [(4, "tar", "filter")]),
        ("t = tarfile.open(p)\nt.extraction_filter = tarfile.data_filter\nt.extractall(d)", [(5, "tar", "filter")]),
        ("t = tarfile.open(p)\nt.extractall(d, members=checked(t))", [(4, "tar", "members")]),
        ("t = tarfile.open(p)\nt.extract('one.txt', d)", [(4, "tar", "members")]),
        ("t = tarfile.open(p)\nfor m in t:\n    check(m.name)\n    t.extract(m, d)", [(6, "tar", "members")]),
        ("zipfile.ZipFile(p).extractall(d)", [(3, "zip", "zipfile")]),
        ("shutil.unpack_archive(p, d)", [(3, "any", "")]),
        ("shutil.unpack_archive(p, d, filter='data')", [(3, "any", "filter")]),
        ("shutil.unpack_archive(p, d, 'zip')", [(3, "zip", "zipfile")]),
        ("soup.extract(x)", []),
    ],
)
def test_archives(body: str, expected: list[tuple[int, str, str]]) -> None:
    head = "import contextlib, shutil\nimport tarfile, zipfile\n"
    facts = [fact for fact in read(Archives(), head + body) if isinstance(fact, ArchiveExtraction)]
    assert [(fact.location.line, fact.format, fact.guard) for fact in facts] == expected


def test_arguments_of_an_extraction_that_are_not_seen() -> None:
    (gap,) = read(Archives(), "import tarfile\ntarfile.open(p).extractall(**options)\n")
    assert isinstance(gap, Gap)
    assert gap.kinds == ("archive.extraction",)


def test_reads_of_starlette() -> None:
    def found(body: str) -> list[tuple[str, bool]]:
        source = f"from fastapi import UploadFile\nasync def f(doc: UploadFile):\n    {body}\n"
        return [(fact.call, fact.counted) for fact in read(UploadReads(), source) if isinstance(fact, UploadRead)]

    assert found("data = await doc.read()") == [("doc.read()", False)]
    assert found("data = doc.file.read()") == [("doc.file.read()", False)]
    assert found("await doc.read(4096)") == []
    assert found("x = doc.size > LIMIT\n    await doc.read()") == [("doc.read()", True)]
    assert found("with open(p) as other:\n        other.read()") == []


def test_reads_in_a_comprehension() -> None:
    head = "from fastapi import UploadFile\nasync def f(docs: list[UploadFile]):\n"
    source = f"{head}    return [await d.read() for d in docs]\n"
    assert [fact.location.line for fact in read(UploadReads(), source) if isinstance(fact, UploadRead)] == [3]


def test_reads_of_aiohttp() -> None:
    def found(body: str) -> list[tuple[str, bool]]:
        source = f"from aiohttp import web\nasync def f(request):\n{body}"
        return [(fact.call, fact.counted) for fact in read(UploadReads(), source) if isinstance(fact, UploadRead)]

    part = "    reader = await request.multipart()\n    part = await reader.next()\n"
    assert found("    await request.content.read()\n") == [("request.content.read()", False)]
    assert found(f"{part}    while chunk := await part.read_chunk():\n        out.write(chunk)\n") == [
        ("part.read_chunk()", False)
    ]
    counted = (
        f"{part}    while chunk := await part.read_chunk():\n        n += len(chunk)\n        if n > LIMIT: raise E\n"
    )
    assert found(counted) == [("part.read_chunk()", True)]
    assert found("    await request.content.read(100)\n") == []
    assert found("    await request.post()\n") == []


def test_limits_of_a_view() -> None:
    def found(source: str) -> list[tuple[str, int | None]]:
        return [(fact.setting, fact.limit) for fact in read(UploadReads(), source) if isinstance(fact, ViewLimit)]

    assert found("request.max_content_length = None\n") == [("max_content_length", None)]
    assert found("BIG = 5 * 1024\nrequest.max_content_length = BIG\n") == [("max_content_length", 5120)]
    assert found("from flask import Request\nclass R(Request):\n    max_form_parts = 10\n") == [("max_form_parts", 10)]
    assert found("settings.max_content_length = None\nclass R:\n    max_content_length = 1\n") == []
    (gap,) = read(UploadReads(), "request.max_content_length = limit()\n")
    assert isinstance(gap, Gap)


@pytest.mark.parametrize(
    ("field", "unchecked"),
    [
        ("models.FileField(upload_to='x')", ("a",)),
        ("models.FileField('A', validators=[])", ("a",)),
        ("models.FileField(validators=[FileExtensionValidator(['pdf'])])", ()),
        ("models.FileField(validators=CHECKS)", ()),
        ("models.FileField(**options)", ()),
    ],
)
def test_fields_of_django(field: str, unchecked: tuple[str, ...]) -> None:
    (fact,) = read(UploadFields(), f"from django.db import models\nclass M(models.Model):\n    a = {field}\n")
    assert isinstance(fact, FileFields)
    assert (fact.unchecked, fact.lines) == (unchecked, (3,) if unchecked else ())


def test_one_line_for_the_fields_of_a_file(tmp_path: Path) -> None:
    models = (
        "from django.db import models\n"
        "class A(models.Model):\n    one = models.FileField()\n    two = models.FileField()\n"
        "class B(models.Model):\n    three = models.FileField()\n    picture = models.ImageField()\n"
        "class C(models.Model):\n    four = models.FileField(editable=False)\n"
        "class D(models.Model):\n    five = models.FileField()\n    def clean(self): check(self.five)\n"
    )
    forms = "class Form:\n    def clean_one(self): ...\n"
    facts = look(repository(tmp_path, {"shop/models.py": models, "shop/forms.py": forms})).facts
    (fact,) = facts.of("upload.fields")
    assert isinstance(fact, FileField)
    assert (fact.location.line, fact.unchecked) == (4, ("A.two", "B.three"))


READING = (
    "from fastapi import FastAPI, UploadFile\napp = FastAPI({})\nasync def f(doc: UploadFile):\n    await doc.read()\n"
)


@pytest.mark.parametrize(
    ("files", "by"),
    [
        ({"app.py": READING.format("")}, ""),
        ({"app.py": READING.format("max_body_size=1000")}, "max_body_size at app.py:2"),
        (
            {"app.py": READING.format(""), "nginx.conf": "server { location / { proxy_pass http://a; } }"},
            "client_max_body_size",
        ),
    ],
)
def test_what_bounds_a_read(files: dict[str, str | bytes], by: str, tmp_path: Path) -> None:
    (fact,) = look(repository(tmp_path, files)).facts.of("upload.read")
    assert isinstance(fact, BoundedRead)
    assert fact.by.startswith(by)
    assert fact.bounded is bool(by)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("UPLOAD_FOLDER = 'static/uploads'", ("relative", "static/uploads")),
        ("UPLOAD_FOLDER = '/srv/uploads'", ("absolute", "/srv/uploads")),
        ("app.config['UPLOAD_FOLDER'] = os.path.join(app.root_path, 'static', 'x')", ("module", "static/x")),
        ("app.config['UPLOAD_FOLDER'] = os.path.join(app.static_folder, 'x')", ("static", "x")),
        ("HERE = os.path.dirname(__file__)\nUPLOAD_DIR = os.path.join(HERE, 'up')", ("module", "up")),
        ("HERE = Path(__file__).resolve().parent\nUPLOAD_DIR = HERE / 'static' / 'up'", ("module", "static/up")),
        ("UPLOAD_DIR = HERE.joinpath('static')", None),
        ("UPLOAD_DIR = f'{HERE}/static/up'", ("relative", "static/up")),
        ("UPLOAD_DIR = os.environ.get('UPLOAD_DIR', 'static/up')", ("relative", "static/up")),
        ("UPLOAD_DIR = os.environ['UPLOAD_DIR']", None),
        ("app.config.update(UPLOAD_FOLDER='static/up')", ("relative", "static/up")),
        ("app.config.from_mapping({'UPLOAD_FOLDER': 'static/up'})", ("relative", "static/up")),
        ("class TestConfig:\n    UPLOAD_FOLDER = 'static/up'", None),
        ("MAX_UPLOAD = 'static/up'", None),
    ],
)
def test_folders(source: str, expected: tuple[str, str] | None) -> None:
    text = f"import os\nfrom pathlib import Path\n{source}"
    facts = [fact for fact in read(UploadFolders(), text) if isinstance(fact, UploadFolder)]
    found = [(fact.anchor, fact.path) for fact in facts]
    assert found == ([expected] if expected is not None else [])


SETTINGS = "from pathlib import Path\nBASE = Path(__file__).resolve().parent.parent\nROOT_URLCONF = 'shop.urls'\n"


@pytest.mark.parametrize(
    ("settings", "within", "of"),
    [
        ("STATIC_ROOT = BASE / 'static'\nMEDIA_ROOT = BASE / 'static' / 'media'\n", "static", "static"),
        ("STATICFILES_DIRS = [('x', BASE / 'a'), BASE / 'b']\nMEDIA_ROOT = BASE / 'a/m'\n", "static", "a"),
        ("STATIC_ROOT = '/srv/s'\nMEDIA_ROOT = '/srv/s/'\n", "static", "/srv/s"),
        ("STATIC_ROOT = '/srv/s'\nMEDIA_ROOT = '/srv/stored'\n", "", ""),
        ("STATIC_ROOT = BASE / 'media' / 'static'\nMEDIA_ROOT = BASE / 'media'\n", "", ""),
        ("MEDIA_ROOT = BASE / 'shop' / 'templates' / 'x'\n", "code", "shop"),
        ("MEDIA_ROOT = BASE\n", "code", ""),
        ("MEDIA_ROOT = BASE.parent / 'media'\n", "", ""),
    ],
)
def test_places_of_django(settings: str, within: str, of: str, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"manage.py": "", "shop/__init__.py": "", "shop/settings.py": SETTINGS + settings}
    (fact,) = look(repository(tmp_path, files)).facts.of("upload.place")
    assert isinstance(fact, StoredPlace)
    assert (fact.within, fact.of) == (within, of)


def test_a_project_that_is_a_package_itself(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "back/manage.py": "", "back/__init__.py": "", "back/shop/__init__.py": "",
        "back/shop/settings.py": SETTINGS + "MEDIA_ROOT = BASE / 'media'\n",
    }  # fmt: skip
    (fact,) = look(repository(tmp_path, files)).facts.of("upload.place")
    assert isinstance(fact, StoredPlace)
    assert (fact.place, fact.within) == ("back/media", "")


def stored(body: str, head: str = "from flask import jsonify, request") -> list[tuple[int | None, bool]]:
    source = f"{head}\ndef upload():\n    file = request.files['a']\n{body}\n    return jsonify(ok=True)\n"
    facts = read(UploadViews(), source)
    return [(fact.location.line, fact.asked) for fact in facts if isinstance(fact, StoredUpload)]


def test_views_that_keep_an_upload() -> None:
    assert stored("    file.save('/srv/x')") == [(2, False)]
    assert stored("    if file.mimetype == 'image/png':\n        file.save('/srv/x')") == [(2, True)]
    assert stored("    if allowed_file(file.filename):\n        file.save('/srv/x')") == [(2, True)]
    assert stored("    data = file.read()\n    with open('x', 'wb') as out:\n        out.write(data)") == [(2, False)]
    assert stored("    shutil.copyfileobj(file.stream, out)", "import shutil\nfrom flask import jsonify, request") == [
        (3, False)
    ]
    assert stored("    storage.save('x', file)") == [(2, False)]
    # A form has looked at it; another function may; what is not kept needs no look.
    assert stored("    if form.validate_on_submit():\n        file.save('x')") == []
    assert stored("    keep(file)") == []
    assert stored("    return len(file.read())") == []


def test_what_hands_uploads_out() -> None:
    def found(call: str) -> list[tuple[str, bool]]:
        head = (
            "from flask import send_file, send_from_directory\nfrom django.http import FileResponse as Django\n"
            "from fastapi.responses import FileResponse\nfrom fastapi.staticfiles import StaticFiles\n"
        )
        return [(f.how, f.attachment) for f in read(UploadViews(), head + call) if isinstance(f, ServedUpload)]

    assert found("send_from_directory(UPLOADS, name)") == [("send_from_directory", False)]
    assert found("send_from_directory(UPLOADS, name, as_attachment=True)") == [("send_from_directory", True)]
    assert found("send_from_directory(UPLOADS, name, as_attachment=inline)") == [("send_from_directory", True)]
    assert found("send_file(REPORT)") == []
    assert found("Django(row.document.open())") == [("FileResponse", False)]
    assert found("Django(row.document.open(), as_attachment=True)") == [("FileResponse", True)]
    assert found("FileResponse(UPLOAD_DIR / name)") == [("FileResponse", False)]
    assert found("FileResponse(UPLOAD_DIR / name, filename=name)") == [("FileResponse", True)]
    assert found("FileResponse(UPLOAD_DIR / name, filename=name, content_disposition_type='inline')") == [
        ("FileResponse", False)
    ]
    assert found("StaticFiles(directory='/srv/uploads')") == [("StaticFiles", False)]
    assert found("StaticFiles(directory='static')") == []


@pytest.mark.parametrize(
    ("body", "uploaded", "measured"),
    [
        ("    zipfile.ZipFile(request.files['a']).extractall(d)", True, False),
        (
            "    z = zipfile.ZipFile(request.files['a'])\n    if big(z.infolist()): return\n    z.extractall(d)",
            True,
            True,
        ),
        ("    zipfile.ZipFile(path).extractall(d)", False, False),
    ],
)
def test_archives_of_clients(body: str, uploaded: bool, measured: bool) -> None:
    source = f"import zipfile\nfrom flask import request\ndef load(path):\n{body}\n"
    (fact,) = [fact for fact in read(Archives(), source) if isinstance(fact, ArchiveExtraction)]
    assert (fact.uploaded, fact.measured) == (uploaded, measured)
