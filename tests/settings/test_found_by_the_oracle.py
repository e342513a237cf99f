"""What tests/oracle found: each was a value that was said to be known and was another, or a crash."""

import pytest

from hardencheck.collect.interpret.values import Absent, Joined, Seq, depends_of
from tests.settings.following import Case, Why, cases, check, depending, followed, repository

CASES = cases(r"""
--- base.py MODE = 'base'\n
--- part.py import os\ntry:\n    READ = os.environ['REGION']\nexcept KeyError:\n    MODE = 'part'\n
$ REGION=x
from base import *
from part import *
X = MODE  #= 'base'

--- base.py import ext\nREGION = 'base'\nif ext.f():\n    REGION = 'perhaps'\n    ONLY = 1\n
REGION = 'mine'
ONLY = 'mine'
from base import *
X = REGION  #? branch
Y = ONLY  #? branch

--- base.py import ext\n__all__ = ext.names\nREGION = 'base'\n
REGION = 'mine'
from base import *
X = REGION  #? branch

--- base.py import os\n__all__ = ['A'] + (['B'] if os.environ.get('MORE') else [])\nA = 1\nB = 2\n
B = 'mine'
from base import *
X = [A, B]  #= [1, 'mine']

--- parts/one.py import ext\ndef f(a):\n    return a\nX = ext.call(f)\n
from split_settings.tools import include
include('parts/one.py')
Y = 1  #= 1

import functools
@functools.lru_cache
def f(v):
    return [v]
f('a').append('b')
X = f('a')  #= ['a', 'b']
Y = f('b')  #= ['b']

import functools
from ext import thing
@functools.lru_cache
def f(v):
    return [1]
f(thing()).append('b')
X = f(thing())  #? call

$ REGION=x
import os
del os.environ['REGION']
X = os.environ.get('REGION', 'none')  #= 'none'
Y = 'REGION' in os.environ  #= False
try:
    Z = os.environ['REGION']
except KeyError:
    Z = 'gone'  #= 'gone'

import os, ext
if ext.f():
    os.environ.pop('REGION', None)
X = os.environ.get('REGION', 'none')  #? branch
$ REGION=x

class Base:
    __hidden = 'base'
    def hidden(self):
        return self.__hidden
    def __name(self):
        return 'base'
    def called(self, __x=1):
        return [self.__name(), __x]
class Live(Base):
    __hidden = 'live'
    def __name(self):
        return 'live'
X = Live().hidden()  #= 'base'
Z = Live().called()  #= ['base', 1]
W = Live._Live__hidden  #= 'live'

def given(**words):
    return list(words)
class Live:
    def names(self):
        return given(__x=1)
X = Live().names()  #= ['__x']

""")


@pytest.mark.parametrize("case", CASES)
def test_what_a_real_import_gives(case: Case) -> None:
    check(case)


def test_names_that_another_module_perhaps_sets() -> None:
    files = {
        "main.py": "ONLY = 'mine'\nfrom base import *\n",
        "base.py": "import ext\nif ext.f():\n    ONLY = 1\n    OTHER = 2\n",
    }
    names = repository(files).module("main.py").namespace.names
    for name, values in (("ONLY", {1, "mine"}), ("OTHER", {2, None})):
        held = names[name].value
        assert isinstance(held, Joined)
        assert {None if isinstance(one, Absent) else one.value for one in held.options} == values  # type: ignore[attr-defined]


def test_what_another_environment_exports_depends_on_it() -> None:
    files = {
        "main.py": "B = 'mine'\nfrom base import *\n",
        "base.py": "import os\n__all__ = ['B'] if os.environ.get('MORE') else []\nB = 2\n",
    }
    assert followed(files)["B"] == "mine" and depending(files)["B"] == ["MORE"]


def test_a_name_that_anything_may_have_set_is_not_absent() -> None:
    text = "import os\nfrom ext import names\nvars().update(names)\n"
    text += "try:\n    A = os.environ['A']\nexcept KeyError:\n    MODE = 1\n"
    assert followed({"main.py": text}, {"A": "x"})["MODE"] == Why("tainted")


def test_one_of_two_lists_that_have_names_of_their_own() -> None:
    text = "import ext\nA = ['a']\nB = ['b']\nX = A if ext.f() else B\nX += ['c']\nA += ['d']\n"
    found = followed({"main.py": text})
    assert not any(found[name] in (["a"], ["b"], ["a", "c"], ["a", "d"], ["b", "c"]) for name in "ABX")


def test_a_list_that_is_not_known_takes_in_a_tuple() -> None:
    text = "import ext\nX = ext.f()\nX += ('t',)\n"
    held = repository({"main.py": text}).module("main.py").namespace.names["X"].value
    assert isinstance(held, Joined)
    assert {one.kind for one in held.options if isinstance(one, Seq)} == {"list", "tuple"}


def test_options_of_a_database_depend_on_what_decides_them() -> None:
    text = (
        "import os, dj_database_url\nSECURE = bool(os.environ.get('TLS'))\n"
        "X = dj_database_url.parse('sqlite:///x', ssl_require=SECURE)\n"
    )
    names = repository({"main.py": text}).module("main.py").namespace.names
    assert depends_of(names["X"].value) == {"TLS"}
    unknown = text.replace("bool(os.environ.get('TLS'))", "ext.f()").replace("import os", "import ext, os")
    held = repository({"main.py": unknown}).module("main.py").namespace.names["X"].value
    assert "OPTIONS" in held.maybe  # type: ignore[attr-defined]
