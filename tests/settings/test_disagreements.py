"""Where generated settings once were worth something else than the resolver said (tests/oracle), made small."""

from pathlib import Path

import pytest

from hardencheck.collect.interpret.values import depends_of, plain
from hardencheck.model.gap import Reason
from tests.settings.following import Case, Why, cases, check, followed, repository
from tests.settings.test_evaluate import facts_of, value

SAID = r"""
import not_installed_package
H = []
if not_installed_package.on():
    H = ['a']
    H.append('b')
else:
    H = ['a', 'b']
A = H  #= ['a', 'b']

import library, os
for key in library.names():
    globals()[key] = 1
try:
    int(os.environ.get('ONE', '1'))
except ValueError:
    A = 2
B = A  #? branch

import library
if library.on():
    for key in library.names():
        globals()[key] = 1
else:
    A = 2
B = A  #? branch

--- package/base.py Y = 1
try:
    from .local_settings import SOMETHING
except ModuleNotFoundError:
    A = 'not there'  #= 'not there'

--- other.py A = 1\nB = 2\n__all__ = [name for name in ['A'] if name in globals()]
B = 7  #= 7
from other import *
C = A  #= 1

--- other.py import os\nA = 1\nB = 2\n__all__ = os.listdir('x')
A = 1  #= 1
B = 7  #? branch
from other import *

--- other.py import os\ntry:\n    A = os.environ['ONE']\nexcept KeyError:\n    A = 'unset'\nelse:\n    B = 3
B = 2  #= 2
from other import *

--- other.py import os\nif os.path.exists('/x'):\n    B = 3
B = 2  #? branch
from other import *

$ ONE=1
import os
os.environ.pop('ONE', None)
A = {key: value for key, value in os.environ.items() if key == 'ONE'}  #= {}
B = 'ONE' in os.environ  #= False
C = os.environ.get('ONE', 'gone')  #= 'gone'

--- .env ONE=1
import os
from environs import Env
env = Env()
env.read_env('.env')
A = 'ONE' in os.environ  #? branch

--- package/__init__.py import os
--- package/stage.py import os\nos.environ.setdefault('ONE', 'set')\nX = 3
import os
stage = __import__('package.stage', fromlist=['*'])
A = os.environ.get('ONE')  #= 'set'
B = stage.X  #= 3
C = __import__('package.stage').stage.X  #= 3
"""
# Lists that are one of several, and are changed through another name.
ALIASES = r"""
import library
A = ['a']  #? call
B = ['b']  #? call
T = A if library.on() else B
T += ['c']

import library
A = ['a']  #? call
B = ['a']  #? call
if library.on():
    T = A
else:
    T = B
T.append('c')

import library
A = ['a']  #= ['a']
B = ['a']  #= ['a', 'c']
T = A if library.on() else B  #? branch
B.append('c')

import library
A = ['a']  #= ['a']
B = ['a']  #? call
if library.on():
    T = A
else:
    T = B
    B.append('c')

import library
A = {'a': 1}  #? call
B = {'b': 1}  #? call
T = A if library.on() else B
T |= {'c': 1}

A = ['a']  #= ['a', 'a']
B = A
B *= 2
C = {'a', 'b'}  #= {'b'}
D = C
D -= {'a'}

import library
if library.on():
    A = ['a']
else:
    A = ['a']
A.append('c')
A += ['d']
B = A  #= ['a', 'c', 'd']
C = len(A)  #= 3

import library
A = ['a'] if library.on() else ['b']
A.insert(0, 'c')
B = A[0]  #= 'c'

import library
if library.on():
    A = {'a': 1}
else:
    A = {'b': 1}
A['c'] = 2
B = A['c']  #= 2
"""
MATCHES = r"""
$ ONE=shop
import os
match os.environ.get('ONE', 'x'):
    case 'production' | 'live':
        A = 'p'
    case 'shop':
        A = 's'  #= 's'
    case _:
        A = 'o'
match os.environ.get('TWO', 'x'):
    case 'production':
        B = 'p'
    case other:
        B = other
C = B  #= 'x'

import library
C = 1  #? branch
match library.stage():
    case 'production':
        C = 'p'
    case {'stage': C}:
        pass

import library
match library.stage():
    case 'production':
        C = 'p'
    case _:
        C = 'p'
D = C  #= 'p'

--- stages/__init__.py A = 1
--- stages/live.py A = 1
--- stages/test.py import os\nos.environ['TWO'] = 'yes'
import importlib, os
stage = importlib.import_module('stages.' + os.environ.get('ONE', 'live'))
A = os.environ.get('TWO', 'no')  #= 'no'
"""
# text, and the variables that X depends on.
DEPENDING = [
    ("if 'ONE' in os.environ:\n    Y = 1\nelse:\n    Y = os.environ.get('TWO', 'b')\nX = Y", {"ONE", "TWO"}),
    ("X = 1\nmatch os.environ.get('ONE'):\n    case 'a':\n        X = 2", {"ONE"}),
    ("X = ['a']\nX.insert(int('ONE' in os.environ), 'b')", {"ONE"}),
    ("L = [os.environ.get('ONE', 'a'), 'a']\nL.remove('a')\nX = L[0]", {"ONE"}),
    ("L = ['b', os.environ.get('ONE', 'a')]\nL.sort()\nX = L[1]", {"ONE"}),
    ("L = ['b', 'a']\nL.pop(int('ONE' in os.environ))\nX = L[0]", {"ONE"}),
    ("X, L = ['a'], ['b']\nT = X if 'ONE' in os.environ else L\nT.append('c')", {"ONE"}),
    ("X, L = ['a'], ['b']\nT = {'x': X, 'l': L}[os.environ.get('ONE', 'l')]\nT.append('c')", {"ONE"}),
    ("X = len({os.environ.get('ONE', 'a'), 'b'})", {"ONE"}),
    ("X = len({i for i in (os.environ.get('ONE', 'a'), 'b')})", {"ONE"}),
    ("X = 'a' in dict([(os.environ.get('ONE', 'a'), 1)])", {"ONE"}),
    # A variable that is set under a condition says nothing of the others, but of itself it does.
    ("if 'ONE' in os.environ:\n    os.environ['TWO'] = 'b'\nX = os.environ.get('THREE', 'a')", {"THREE"}),
    ("if 'ONE' in os.environ:\n    os.environ['TWO'] = 'b'\nX = os.environ.get('TWO', 'a')", {"ONE", "TWO"}),
    ("if 'ONE' in os.environ:\n    os.environ['TWO'] = 'b'\nX = 'TWO' in os.environ", {"ONE", "TWO"}),
    (
        "from everett.manager import ConfigManager, ConfigOSEnv\nc = ConfigManager([ConfigOSEnv()])\n"
        "if c('ONE', default=''):\n    os.environ['TWO'] = 'b'\nX = c('THREE', default='a')",
        {"THREE"},
    ),
]


@pytest.mark.parametrize(
    "case", [*cases(SAID), *cases(ALIASES), *cases(MATCHES)], ids=lambda case: case.text.split("\n", 1)[0]
)
def test_what_was_wrong(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(("text", "wanted"), DEPENDING)
def test_what_did_not_say_on_which_variable_it_depends(text: str, wanted: set[str]) -> None:
    value = repository({"main.py": f"import os\n{text}\n"}).module("main.py").namespace.names["X"].value
    plain(value)
    assert depends_of(value) == wanted


def test_a_module_that_a_variable_names_sets_all_that_any_may_set() -> None:
    files = {
        "one.py": "A = 1\n",
        "two.py": "B = 2\n",
        "main.py": "import importlib, os\nm = importlib.import_module(os.environ.get('STAGE', 'one'))\n"
        "for key in dir(m):\n    if key.isupper():\n        globals()[key] = getattr(m, key)\n",
    }
    assert followed(files) == {"A": 1}
    assert repository(files).module("main.py").namespace.absent("B") == {"STAGE"}


def test_what_a_branch_imported_first_is_not_its_own() -> None:
    files = {
        "base.py": "L = ['a']\n",
        "main.py": "import missing_library\nif missing_library.on():\n    import base\n    base.L.append('b')\n"
        "import base\nX = base.L\n",
    }
    found = followed(files)["X"]
    assert isinstance(found, Why), found


def test_a_module_that_a_variable_names_may_write_variables() -> None:
    files = {
        "stages/live.py": "A = 1\n",
        "stages/test.py": "import os\nos.environ['TWO'] = 'yes'\n",
        "main.py": "import importlib, os\nimportlib.import_module('stages.' + os.environ.get('ONE', 'live'))\n"
        "X = os.environ.get('TWO', 'no')\n",
    }
    value = repository(files).module("main.py").namespace.names["X"].value
    assert plain(value) == "no"
    assert depends_of(value) == {"ONE", "TWO"}


def test_functions_of_files_that_are_included_are_looked_through() -> None:
    files = {
        "main.py": "from split_settings.tools import include\ninclude('part.py')\nimport os\n"
        "def g():\n    if 'ONE' in os.environ:\n        return 1\n    f([])\nX = g()\n",
        "part.py": "def f(items):\n    items.append(1)\n",
    }
    assert followed(files) == {"X": None}


def test_deployment_files_count_in_a_directory_that_is_no_repository(tmp_path: Path) -> None:
    files = {
        "shop/settings.py": "import os\nROOT_URLCONF = 'x'\nSECURE_HSTS_SECONDS = int(os.environ.get('HSTS', 3))\n",
        "compose.yaml": "services:\n  web:\n    build: .\n    environment:\n      HSTS: '60'\n",
    }
    assert value(facts_of(tmp_path, files), "SECURE_HSTS_SECONDS") == (60, 3)


def test_the_hashers_that_a_project_has_that_names_none(tmp_path: Path) -> None:
    files = {"shop/settings.py": "ROOT_URLCONF = 'x'\nDEBUG = False\n", "requirements.txt": "django==5.2.1\n"}
    first = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    hashers = value(facts_of(tmp_path, files), "PASSWORD_HASHERS")
    assert isinstance(hashers, tuple)
    assert (len(hashers[0]), hashers[0][0], hashers[1]) == (5, first, None)


def test_of_several_values_one_that_perhaps_has_more_in_it_is_not_named(tmp_path: Path) -> None:
    text = (
        "import missing_library\nROOT_URLCONF = 'x'\n"
        "if missing_library.on():\n    ALLOWED_HOSTS = ['a.example']\n"
        "    if missing_library.more():\n        ALLOWED_HOSTS.append('*')\n"
    )
    found = facts_of(tmp_path, {"shop/settings.py": text})
    assert value(found, "ALLOWED_HOSTS") == (Reason.NOT_LITERAL, 4)
