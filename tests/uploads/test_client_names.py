"""Paths made of the name that a client gives its file."""

import pytest

from hardencheck.collect.extract.upload_names import ClientNames
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.storage import ClientName
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

FLASK = "import os, shutil\nfrom pathlib import Path\nfrom flask import request\n"
FASTAPI = "import os, aiofiles\nfrom pathlib import Path\nfrom fastapi import UploadFile\n"
DJANGO = "import os\nfrom django.conf import settings\n"


def read(source: str) -> list[object]:
    return list(extract_file([ClientNames()], "app/a.py", 0o100644, source.encode()))


def names(source: str) -> list[tuple[int | None, str, bool]]:
    return [(fact.location.line, fact.sink, fact.cleaned) for fact in read(source) if isinstance(fact, ClientName)]


def flask(body: str) -> list[tuple[int | None, str, bool]]:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return names(f"{FLASK}def upload():\n    file = request.files['file']\n{lines}")


def test_a_whole_fact() -> None:
    source = FLASK + "def f():\n    up = request.files['a']\n    to = os.path.join(D, up.filename)\n    up.save(to)\n"
    assert read(source) == [
        ClientName(
            location=Location(path="app/a.py", line=6, column=10),
            source="up.filename",
            sink="up.save",
            lines=(7,),
            cleaned=False,
            role="production",
        )
    ]


@pytest.mark.parametrize(
    ("body", "sink"),
    [
        ("file.save(os.path.join(D, file.filename))", "file.save"),
        ("file.save(D + '/' + file.filename)", "file.save"),
        ("file.save(f'{D}/{file.filename}')", "file.save"),
        ("file.save('%s/%s' % (D, file.filename))", "file.save"),
        ("file.save('{}/{}'.format(D, file.filename))", "file.save"),
        ("file.save(Path(D) / file.filename)", "file.save"),
        ("file.save(dst=Path(D, file.filename))", "file.save"),
        ("file.save(file.filename or 'x')", "file.save"),
        ("open(os.path.join(D, file.filename.lower()), 'wb').write(file.read())", "open"),
        ("(Path(D) / file.filename).write_bytes(file.read())", "Path.write_bytes"),
        ("shutil.move(t, os.path.join(D, file.filename))", "shutil.move"),
        ("os.rename(t, os.path.join(D, file.filename))", "os.rename"),
        ("picture.save(os.path.join(D, file.filename))", "picture.save"),
    ],
)
def test_the_name_goes_into_a_path(body: str, sink: str) -> None:
    assert flask(body) == [(6, sink, False)]


@pytest.mark.parametrize(
    "body",
    [
        "file.save(os.path.join(D, secure_filename(file.filename)))",
        "file.save(os.path.join(D, os.path.basename(file.filename)))",
        "file.save(os.path.join(D, Path(file.filename).name))",
        "file.save(os.path.join(D, file.filename.replace('/', '_')))",
        "file.save(os.path.join(D, self.clean_name(file.filename)))",
        "name = secure_filename(file.filename)\nfile.save(os.path.join(D, name))",
        "if '/' in file.filename:\n    abort(400)\nfile.save(os.path.join(D, file.filename))",
        "to = Path(D) / file.filename\nif not to.resolve().is_relative_to(D):\n    abort(400)\nfile.save(to)",
        "to = safe_join(D, file.filename)\nfile.save(to)",
    ],
)
def test_the_name_is_cleaned_or_the_path_compared(body: str) -> None:
    assert [cleaned for _, _, cleaned in flask(body)] == [True]


@pytest.mark.parametrize(
    "body",
    [
        "file.save(os.path.join(D, uuid4().hex))",
        "file.save(os.path.join(D, uuid4().hex + os.path.splitext(file.filename)[1]))",
        "file.save(os.path.join(D, uuid4().hex + '.' + file.filename.rsplit('.', 1)[1]))",
        "name = file.filename\nname = uuid4().hex\nfile.save(os.path.join(D, name))",
        "open(os.path.join(D, file.filename), 'rb')",
        "open(os.path.join(D, file.filename))",
        "storage.save(file.filename, file)",
        "record = Upload(name=file.filename)\nrecord.save()",
        "log(file.filename)",
    ],
)
def test_nothing_is_written_under_the_name(body: str) -> None:
    assert flask(body) == []


def test_the_line_is_the_one_where_the_name_becomes_part_of_a_path() -> None:
    assert flask("name = file.filename\nfile.save(os.path.join(D, name))") == [(7, "file.save", False)]
    assert flask("name = file.filename\nto = Path(D) / name\nfile.save(to)") == [(7, "file.save", False)]
    assert flask("name = file.filename\nfile.save(name)") == [(7, "file.save", False)]
    assert flask("file.save(\n    os.path.join(D, file.filename)\n)") == [(6, "file.save", False)]


def test_other_frameworks() -> None:
    assert names(
        f"{FASTAPI}async def f(doc: UploadFile):\n    async with aiofiles.open(D / doc.filename, 'wb'): ...\n"
    ) == [(5, "aiofiles.open", False)]
    listed = (
        f"{FASTAPI}def f(docs: list[UploadFile] = File()):\n    for one in docs:\n        open(one.filename, 'wb')\n"
    )
    assert names(listed) == [(6, "open", False)]
    part = "from aiohttp import web\nasync def f(request):\n    form = await request.post()\n    field = form['a']\n"
    assert names(part + "    open(D + field.filename, 'wb')\n") == [(5, "open", False)]
    tornado = "import tornado.web\nclass H:\n    def post(self):\n        info = self.request.files['a'][0]\n"
    assert names(tornado + "        open(D + info['filename'], 'wb')\n") == [(5, "open", False)]
    assert names(f"{DJANGO}def f(request):\n    up = request.FILES['a']\n    open(D + up.name, 'wb+')\n") == [
        (5, "open", False)
    ]
    assert names(f"{DJANGO}def f(request):\n    up = request.FILES['a']\n    field.save(up.name, up)\n") == []
    handled = "from django.db import models\ndef handle_uploaded_file(f):\n    open(D + f.name, 'wb+')\n"
    assert names(handled) == [(3, "open", False)]
    assert names("import email\ndef f(part):\n    open(part.get_filename(), 'wb')\n") == [(3, "open", False)]


def test_what_only_has_the_name_of_a_file() -> None:
    # Members of an archive, rows of a table, files of a Django model.
    assert names(f"{FLASK}def f(z):\n    for f in z.infolist():\n        open(D + f.filename, 'wb')\n") == []
    assert names(f"{FLASK}def f():\n    file = File.query.get(1)\n    open(D + file.filename, 'wb')\n") == []
    assert names(f"{FLASK}def f(file: Record):\n    open(D + file.filename, 'wb')\n") == []
    assert (
        names(f"{FLASK}def f(uploads):\n    for up in uploads:\n        shutil.copy(up.path, D + up.filename)\n") == []
    )
    assert names(f"{DJANGO}def f(file):\n    open(D + file.filename, 'wb')\n") == []
    assert names(f"{DJANGO}def f(file):\n    open(D + file.name, 'wb')\n") == []


def test_hostile_source_ends() -> None:
    (gap,) = read("file.save(file.filename\n")
    assert isinstance(gap, Gap)
    assert gap.reason is Reason.PYTHON_SYNTAX
    deep = (
        FLASK
        + "def f():\n    file = request.files['a']\n    file.save("
        + "(" * 100
        + "file.filename"
        + ")" * 100
        + ")\n"
    )
    assert len(read(deep)) == 1
    long = (
        FLASK + "def f():\n    file = request.files['a']\n    file.save(" + " + ".join(["file.filename"] * 900) + ")\n"
    )
    assert not [item for item in read(long) if isinstance(item, Gap) and item.reason is Reason.CRASHED]
