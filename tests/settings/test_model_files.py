"""python-dotenv, dj-database-url, dj-email-url: the values were measured with 1.2.4, 3.1.2 and 1.0.6."""

import pytest

from tests.settings.following import Case, Why, cases, check, depending, followed

CASES = cases(r"""
--- .env A=file\nexport B="x\ty" # c\nC='it''s'\nD=plain # c\nE=\nF\nG = "two\nlines"\nH=#no\n
$ D=set
import os
from dotenv import load_dotenv
load_dotenv()
A = os.getenv('A')  #= 'file'
B = os.environ['B']  #= 'x\ty'
D = os.environ.get('D')  #= 'set'
E = os.environ.get('E', 'd')  #= ''
F = os.environ.get('F', 'd')  #= 'd'
G = os.environ.get('G')  #= 'two\nlines'
H = os.environ.get('H')  #= '#no'

--- conf/.env A=file\n
$ A=set
import os
from pathlib import Path
import dotenv
BASE = Path(__file__).resolve().parent
X = dotenv.dotenv_values(BASE / 'conf' / '.env')['A']  #= 'file'
dotenv.load_dotenv(dotenv_path=BASE / 'conf/.env', override=True)
Y = os.environ['A']  #= 'file'

--- .env A=file\nB=${A}\n
from dotenv import load_dotenv, find_dotenv
import os
load_dotenv(find_dotenv())
X = os.environ['A']  #= 'file'
Y = os.environ.get('B')  #? call

$ DATABASE_URL=postgresql://u:p@h/n?currentSchema=s&connect_timeout=5
import dj_database_url
X = dj_database_url.config(default='sqlite:///x', conn_max_age=600, ssl_require=True)  #= {'ENGINE':
#  'django.db.backends.postgresql', 'USER': 'u', 'PASSWORD': 'p', 'HOST': 'h', 'PORT': '', 'NAME': 'n', 'OPTIONS':
#  {'connect_timeout': 5, 'options': '-c search_path=s', 'sslmode': 'require'}, 'CONN_MAX_AGE': 600,
#  'CONN_HEALTH_CHECKS': False, 'DISABLE_SERVER_SIDE_CURSORS': False}
Y = dj_database_url.config(env='NONE')  #= {}
Z = dj_database_url.parse('sqlite://:memory:')  #= {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}
W = dj_database_url.config('NONE', default='mysql://h/n?ssl-ca=c')['OPTIONS']  #= {'ssl': {'ca': 'c'}}
V = dj_database_url.parse('oracle://h/n')  #? call

import dj_email_url
X = dj_email_url.parse('submission://u:p@h?timeout=5')  #= {'EMAIL_FILE_PATH': '', 'EMAIL_HOST_USER': 'u',
#  'EMAIL_HOST_PASSWORD': 'p', 'EMAIL_HOST': 'h', 'EMAIL_PORT': 587, 'EMAIL_USE_SSL': False, 'EMAIL_USE_TLS': True,
#  'EMAIL_TIMEOUT': 5, 'EMAIL_BACKEND': 'django.core.mail.backends.smtp.EmailBackend'}
Y = dj_email_url.config(default='smtp://')['EMAIL_HOST']  #= 'localhost'
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    check(case)


def test_values_say_on_which_variables_they_depend() -> None:
    text = "import dj_database_url, os, dotenv\ndotenv.load_dotenv()\nA = dj_database_url.config(default='sqlite://')\n"
    found = depending({"main.py": text + "B = os.environ['B']\nC = os.environ.get('C')\n", ".env": "B=1"})
    assert found == {"A": ["DATABASE_URL"], "B": ["B"], "C": ["C"]}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("dotenv.load_dotenv('.env')", "location"),
        ("dotenv.load_dotenv(stream=ext)", "tainted"),
        ("dotenv.load_dotenv(override=ext)", "branch"),
        ("if ext:\n    dotenv.load_dotenv()", "branch"),
    ],
)
def test_what_is_not_sure_is_not_known(line: str, reason: str) -> None:
    text = f"import os, ext, dotenv\n{line}\nA = os.environ.get('A', 'd')\n"
    known = {"A": "set"} if "override" in line else {}
    assert followed({"main.py": text, ".env": "A=1\n"}, known)["A"] == Why(reason)


@pytest.mark.parametrize(
    "data", [b"A=1\n" * 400_000, b"\xff", b"'a\nb'=1", b"".join(b"K%d=1\n" % n for n in range(3_000))]
)
def test_files_that_cannot_be_followed_may_set_anything(data: bytes) -> None:
    text = "import os, dotenv\ndotenv.load_dotenv()\nX = os.environ.get('Z', 'd')\n"
    assert followed({"main.py": text, ".env": data})["X"] == Why("tainted")


@pytest.mark.parametrize(
    "data", [b"A='" + b"\\'" * 200_000, b'A="' * 100_000, b" " * 500_000 + b"A=1", b"A=1 " + b"#" * 500_000]
)
def test_hostile_files_take_no_time(data: bytes) -> None:
    text = "import os, dotenv\ndotenv.load_dotenv()\nX = os.environ.get('Z', 'd')\n"
    assert followed({"main.py": text, ".env": data})["X"] == "d"
