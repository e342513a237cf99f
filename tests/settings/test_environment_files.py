"""A `.env` file that code reads with a library holds what that library makes of it, not what compose would.

Measured: django-environ 0.14, python-decouple 3.8, python-dotenv 1.2.
"""

from pathlib import Path

import pytest

from tests.settings.test_applications import rows
from tests.uploads.test_limits import facts_of

_ENVIRON = (
    "import environ\nfrom pathlib import Path\nenv = environ.Env()\n"
    "environ.Env.read_env(Path(__file__).parent.parent / '.env')\nread = env\n"
)
_DECOUPLE = "from decouple import config as read\n"
_DOTENV = (
    "import os\nfrom pathlib import Path\nfrom dotenv import load_dotenv\n"
    "load_dotenv(Path(__file__).parent.parent / '.env')\nread = os.environ.get\n"
)
_PLAIN = "import os\nread = os.environ.get\n"


@pytest.mark.parametrize(
    ("start", "line", "expected"),
    [
        (_ENVIRON, "A= x ", "' x '"),
        (_ENVIRON, "A=x # note", "'x # note'"),
        (_DECOUPLE, "A=x # note", "'x # note'"),
        (_DOTENV, "A=x # note", "'x'"),
        (_DOTENV, "B=y\nA=${B}x", "'yx'"),
        (_PLAIN, "A=x # note", "'x'"),
    ],
)
def test_what_a_library_reads(tmp_path: Path, start: str, line: str, expected: str) -> None:
    settings = start + "ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = []\nX_FRAME_OPTIONS = read('A')\n"
    files = {"shop/__init__.py": "", "shop/settings.py": settings, "requirements.txt": "django==5.2\n"}
    found = rows(facts_of(tmp_path, {**files, ".env": line + "\n"}), "django")["X_FRAME_OPTIONS"]
    assert (found.state, found.value) == ("known", expected)
    [variable] = found.depends_on
    assert (variable.name, str(variable.given_at)) == ("A", f".env:{line.count(chr(10)) + 1}")


def test_an_application_reads_it(tmp_path: Path) -> None:
    code = f"from fastapi import FastAPI\n{_DECOUPLE}app = FastAPI(root_path=read('A'))\n"
    found = rows(facts_of(tmp_path, {"web.py": code, ".env": "A=/x # note\n"}), "fastapi")
    assert found["root_path"].value == "'/x # note'"
