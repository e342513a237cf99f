"""django-environ: the values were measured with django-environ 0.14.0 and Django 5.2."""

import pytest

from tests.settings.following import Case, Why, cases, check, depending, followed

ENV = "import environ\nenv = environ.Env()\n"
CASES = cases(r"""
$ X=1
import environ
env = environ.Env()
env.prefix = 'P_'
A = env('Y') if 'X' not in env else 'there'  #= 'there'
B = env('Y') if 'Y' in env else 'none'  #= 'none'

import environ
env = environ.Env(DEBUG=(bool, False))
X = env('DEBUG')  #= False
Y = env.bool('DEBUG', True)  #= True

$ DEBUG= On
$ N=7
import environ
env = environ.Env(DEBUG=(bool, False), N=int)
X = env('DEBUG')  #= True
Y = env('N')  #= 7

$ H=b, c,
$ L=1,2
import environ
env = environ.Env(H=(list, ['a']), L=([int], []))
X = env('H')  #= ['b', ' c']
Y = env('L')  #= [1, 2]
Z = env.list('H')  #= ['b', ' c']

$ D=true
import environ
env = environ.Env()
X = env.bool('D', default=True)  #= True

$ D=T
import environ
env = environ.Env()
X = env.bool('D', default=True)  #= False

$ D=ok
import environ
env = environ.Env()
X = env.bool('D', default=True)  #= True

$ D=2
import environ
env = environ.Env()
X = env.bool('D', default=True)  #= True

$ D=0
import environ
env = environ.Env()
X = env.bool('D', default=True)  #= False

$ D=
import environ
env = environ.Env()
X = env.bool('D', default=True)  #= False

$ D=off
import environ
env = environ.Env()
X = env.bool('D', default=True)  #= False

$ D=y
import environ
env = environ.Env()
X = env.bool('D', default=True)  #= True

$ D=-1
import environ
env = environ.Env()
X = env.bool('D', default=True)  #= True

import environ
env = environ.Env()
X = env.bool('D', default='yes')  #= 'yes'
Y = env.int('N', default='5')  #= '5'
Z = env.list('L', default='a,b')  #= 'a,b'

$ L=a,b
$ M=False
import environ
env = environ.Env()
X = env.list('L', default='a,b')  #= 'a,b'
Y = env('M', default=False)  #= False

$ N=8
$ L=8
$ T=(1,2)
import environ
env = environ.Env()
X = env('N', default=5)  #= 8
Y = env('L', default=[])  #= ['8']
Z = env('T', default=('a',))  #= ('1', '2')

$ L=1,2
$ T=(a,b)
$ M=a=1,b=c=d
$ J={"k": [1]}
$ F=1,234.5
import environ
env = environ.Env()
X = env.list('L', cast=int)  #= [1, 2]
Y = env.tuple('T')  #= ('a', 'b')
Z = env.dict('M')  #= {'a': '1', 'b': 'c=d'}
W = env.json('J')  #= {'k': [1]}
V = env.float('F')  #= 1234.5

import environ
env = environ.Env()
X = env('A')  #? env-required

import environ
env = environ.Env()
X = env('A', default=env.NOTSET)  #? env-required
Y = env('A', default=environ.Env.NOTSET)  #? env-required

$ B=
import environ
env = environ.Env()
X = env('A', default=None)  #= None
Y = env('B', default=None)  #= None

$ B=there
$ N=$M
$ M=9
import environ
env = environ.Env()
X = env('A', default='$B')  #= 'there'
Y = env.int('N', default=1)  #= 9
Z = env('A', default='$C')  #? budget

$ D=0
$ APP_D=1
import environ
env = environ.Env()
env.prefix = 'APP_'
X = env.bool('D', default=False)  #= True

$ D=no
import environ
env = environ.Env()
env.smart_cast = False
X = env('D', default=False)  #= 'no'

$ D=\$a
import environ
env = environ.Env()
env.escape_proxy = True
X = env('D')  #= '$a'

from environ import Env, ImproperlyConfigured
env = Env()
try:
    X = env('A')  #= 1
except ImproperlyConfigured:
    X = 1  #= 1

$ A=yes
import environ
env = environ.Env()
def yes(v):
    return v == 'yes'
X = env('A', cast=yes, default=False)  #= True

$ DB=postgres://u:p%20w@h:5432/db?conn_max_age=60&sslmode=require
$ M=mysql://h/n
import environ
env = environ.Env()
X = env.db('DB')  #= {'NAME': 'db', 'USER': 'u', 'PASSWORD': 'p w', 'HOST': 'h', 'PORT': 5432, 'CONN_MAX_AGE': 60,
#  'OPTIONS': {'sslmode': 'require'}, 'ENGINE': 'django.db.backends.postgresql'}
Y = env.db(default='sqlite:///a.db')  #= {'NAME': 'a.db', 'USER': '', 'PASSWORD': '', 'HOST': '', 'PORT': '',
#  'ENGINE': 'django.db.backends.sqlite3'}
Z = env.db_url('M', engine='mine')  #= {'NAME': 'n', 'USER': '', 'PASSWORD': '', 'HOST': 'h', 'PORT': '', 'ENGINE':
#  'mine'}

import environ
env = environ.Env()
X = env.cache('C', default='locmemcache://')  #= {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache',
#  'LOCATION': ''}
Y = env.email('E', default='smtp+tls://u:p@h:587')  #= {'EMAIL_FILE_PATH': '', 'EMAIL_HOST_USER': 'u',
#  'EMAIL_HOST_PASSWORD': 'p', 'EMAIL_HOST': 'h', 'EMAIL_PORT': 587, 'EMAIL_BACKEND':
#  'django.core.mail.backends.smtp.EmailBackend', 'EMAIL_USE_TLS': True}
Z = env.cache('R', default='rediscache://h:1/0')['LOCATION']  #= 'redis://h:1/0'

$ T=a\nb
import environ
env = environ.Env()
X = env.url('U', default='https://h:8/a').hostname  #= 'h'
Y = env.str('T', multiline=True)  #= 'a\nb'
Z = env.bool('B')  #? env-required

$ S=set
--- .env D=on\n# no\nexport Q="a b"\nS='file'\nbad line\nC=1 # no\n
import environ, os
env = environ.Env()
env.read_env(os.path.join(os.path.dirname(os.path.abspath(__file__)), '.env'))
X = env.bool('D')  #= True
Y = env('Q')  #= 'a b'
Z = env('S')  #= 'set'
W = env('N', default='none')  #= 'none'
V = env('C')  #= '1 # no'

$ S=set
--- .env S=file
import environ
from pathlib import Path
BASE = Path(__file__).resolve().parent
environ.Env.read_env(BASE / '.env', overwrite=True)
env = environ.Env()
X = env('S')  #= 'file'

--- .env S=file
import environ
environ.Env.read_env()
env = environ.Env()
X = env('S')  #= 'file'
import os
Y = os.environ['S']  #= 'file'

--- conf/.env S=file
import environ
ROOT = environ.Path(__file__) - 1
env = environ.Env()
env.read_env(str(ROOT.path('conf/.env')))
X = env('S')  #= 'file'

--- .env S=file
import environ, os
from pathlib import Path
BASE = Path(__file__).parent
if os.environ.get('DOT', 'yes') == 'yes':
    environ.Env.read_env(f'{BASE}/.env')
X = environ.Env()('S', default='d')  #= 'file'

--- .env S=file
import environ
environ.Env.read_env('../.env')
X = environ.Env()('S', default='d')  #= 'd'

import environ
from pathlib import Path
environ.Env.read_env(Path(__file__).parent / '../../etc/passwd')
X = environ.Env()('S', default='d')  #= 'd'

import environ
env = environ.FileAwareEnv()
X = env('S', default='d')  #= 'd'

""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    check(case)


def test_values_say_on_which_variables_they_depend() -> None:
    text = ENV + (
        "env.prefix = 'P_'\nA = env('X', default='$Y')\nB = env.list('L', default=['a'])\n"
        "C = env.db(default='sqlite:///x')\nD = environ.FileAwareEnv()('K', default=1)\nE = environ.Env()('F')\n"
    )
    found = depending({"main.py": text}, {"F": "1"})
    assert found["B"] == ["P_L"] and found["C"] == ["P_DATABASE_URL"] and found["D"] == ["K", "K_FILE"]
    assert depending({"main.py": ENV + "A = 1\nif 'X' in env:\n    A = 2\n"})["A"] == ["X"]
    assert found["E"] == ["F"] and {"P_X", "P_Y"} <= set(found["A"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        # A file whose name depends on the working directory, one that may be read or not, one that cannot be read.
        ("env.read_env('.env')\nX = env('S')", "location"),
        ("import ext\nif ext.there:\n    env.read_env()\nX = env('S', default='d')", "branch"),
        ("env.read_env('.env', overwrite=ext())\nX = env('S', default='d')", "location"),
        ("from pathlib import Path\nenv.read_env(Path(__file__).parent / 'big')\nX = env('S', default='d')", "tainted"),
        # What is changed from outside, and a list of what is true that is not the library's.
        ("import ext\next.setup(env)\nX = env('S', default='d')", "call"),
        ("environ.Env.BOOLEAN_TRUE_STRINGS = ('t',)\nX = env.bool('B')", "call"),
        ("env = environ.FileAwareEnv()\nX = env('T', default='d')", "call"),
        ("X = env.db('DB', default='postgres://a,b/c')", "call"),
        ("X = env.str('B', choices=('a',))", "call"),
    ],
)
def test_what_is_not_sure_is_not_known(text: str, reason: str) -> None:
    files: dict[str, str | bytes] = {".env": "S=file\n", "big": b"A=1\n" * 400_000, "main.py": ENV + text}
    assert followed(files, {"B": "t", "T_FILE": "/run/secrets/t"})["X"] == Why(reason)


def test_hostile_files() -> None:
    text = (
        "import environ\nfrom pathlib import Path\nHERE = Path(__file__).parent\nfor name in ('a', 'b', 'c'):\n"
        "    environ.Env.read_env(HERE / name)\nX = environ.Env()('A', default='d')"
    )
    for data in (b"A=" + b"x" * 10_000_000, b"\xff\xfe" * 100, b"".join(b"K%d=1\n" % n for n in range(9_000))):
        assert followed({"main.py": text, "b": data})["X"] == Why("tainted")
    assert followed({"main.py": text, "b": b"'" * 900_000 + b"\nA='" + b"\\" * 90_000 + b"'"})["X"] == "\\" * 90_000
