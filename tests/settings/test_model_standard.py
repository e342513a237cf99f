"""The standard library, and files beside the one that is followed: the values were measured with Python 3.11."""

import pytest

from tests.settings.following import Case, Files, Why, cases, check, depending, followed, repository

CASES = cases(r"""
--- conf.ini [a]\nx = 1\nb = yes\np = %(x)s0\nraw = 5%%\n[empty]\n
import configparser, os
from os.path import dirname, join, abspath
config = configparser.ConfigParser()
config.read(join(dirname(abspath(__file__)), 'conf.ini'))
X = config.get('a', 'x')  #= '1'
Y = config.getboolean('a', 'b')  #= True
Z = config.getint('a', 'p')  #= 10
W = config.get('a', 'none', fallback='d')  #= 'd'
V = config['a']['raw']  #= '5%'
U = config.has_section('q')  #= False
T = config.has_option('a', 'B')  #= True
S = config.sections()  #= ['a', 'empty']
R = config['a'].getboolean('none', True)  #= True
Q = dict(config.items('empty'))  #= {}
try:
    P = config.get('q', 'x')
except (configparser.NoSectionError, configparser.NoOptionError):
    P = 'caught'  #= 'caught'
O = config.get('none', 'x', fallback=None)  #= None

--- conf.ini [a]\nx = %(y)s\n
from configparser import RawConfigParser
from pathlib import Path
BASE = Path(__file__).resolve().parent
c = RawConfigParser()
with open(BASE / 'conf.ini') as f:
    c.read_file(f)
X = c.get('a', 'x')  #= '%(y)s'

--- a.json {"DEBUG": false, "L": [1, "x"]}
--- a.toml [tool]\nx = 1\n
--- a.yaml debug: yes\nn: 1.5\nt: [a, ~]\n
--- VERSION 1.2.3\n
import json, tomllib, os, yaml
from pathlib import Path
BASE = Path(__file__).resolve().parent
with open(os.path.join(os.path.dirname(__file__), 'a.json')) as f:
    X = json.load(f)  #= {'DEBUG': False, 'L': [1, 'x']}
Y = json.loads((BASE / 'a.json').read_text())['DEBUG']  #= False
with (BASE / 'a.toml').open('rb') as f:
    Z = tomllib.load(f)['tool']  #= {'x': 1}
W = (BASE / 'VERSION').read_text().strip().split('.')  #= ['1', '2', '3']
V = yaml.safe_load(open(f'{BASE}/a.yaml'))  #= {'debug': True, 'n': 1.5, 't': ['a', None]}
U = [line.strip() for line in open(BASE / 'VERSION')]  #= ['1.2.3']
T = open(str(BASE) + '/VERSION').read()  #= '1.2.3\n'
S = (BASE / 'VERSION').exists()  #= True
R = os.path.isfile(os.path.join(BASE, 'a.json'))  #= True
Q = Path(__file__).name  #= 'main.py'
P = Path(__file__).with_name('VERSION').read_text()  #= '1.2.3\n'
O = os.path.basename(__file__)  #= 'main.py'
N = BASE / '/abs'  #= PurePosixPath('/abs')
M = os.path.join(BASE, '/abs', 'x')  #= '/abs/x'
L = (BASE / 'x.tar.gz').suffix  #= '.gz'

from urllib.parse import urlparse, unquote, quote
import ast, shlex, textwrap, operator
u = urlparse('redis://:p%40@h:6379/0?a=1')
A = (u.scheme, u.hostname, u.port, u.path, unquote(u.password), u.query)  #= ('redis', 'h', 6379, '/0', 'p@', 'a=1')
B = u.username  #= ''
C = u[1]  #= ':p%40@h:6379'
D = u.geturl()  #= 'redis://:p%40@h:6379/0?a=1'
E = ast.literal_eval("['a', {'b': 1}]")  #= ['a', {'b': 1}]
F = shlex.split("a 'b c'")  #= ['a', 'b c']
G = textwrap.dedent('  a\n  b')  #= 'a\nb'
H = operator.not_(0)  #= True
I = quote('a b')  #= 'a%20b'

from collections import OrderedDict, ChainMap, namedtuple, defaultdict
from functools import partial, lru_cache
from itertools import chain
from typing import cast
import os
P = namedtuple('P', 'x y', defaults=[2])
p = P(1)
A = p.x + p.y  #= 3
B = [item for item in p]  #= [1, 2]
C = OrderedDict([('a', 1)], b=2)['b']  #= 2
D = dict(ChainMap({'a': 1}, {'a': 2, 'b': 3}))  #= {'a': 1, 'b': 3}
E = list(chain(['a'], ('b',)))  #= ['a', 'b']
F = partial(int, base=2)('101')  #= 5
@lru_cache(maxsize=None)
def f(x):
    return x + 1
G = f(1)  #= 2
H = cast(int, 5)  #= 5
get = partial(os.environ.get, 'NONE')
I = get('d')  #= 'd'

import sys
A = sys.version_info >= (3, 8)  #= True
B = sys.version_info < (3,)  #= False
C = sys.version_info >= (3, 12)  #? call
D = sys.version_info[0] == 3  #= True
E = sys.version_info.major >= 3  #= True

--- pkg/__init__.py
--- pkg/prod.py DEBUG = False
import importlib
NAME = 'prod'
m = importlib.import_module(f'pkg.{NAME}')
X = m.DEBUG  #= False
Y = getattr(m, 'NONE', 'd')  #= 'd'

$ A=1
import os
os.environ.setdefault('A', '2')
os.environ.setdefault('B', '2')
os.environ['C'] = '3'
os.environ.update({'D': '4'}, E='5')
X = [os.environ[n] for n in 'ABCDE']  #= ['1', '2', '3', '4', '5']
Y = 'B' in os.environ  #= True
Z = os.environ.pop('Q', 'q')  #= 'q'
ZZ = os.environ.get('Q', 'gone')  #= 'gone'

from enum import Enum, IntEnum
class A(Enum):
    x = 1
    y = 2
class B(str, Enum):
    x = 'a'
class C(IntEnum):
    x = 5
P = A.x == 1  #= False
Q = B.x == 'a'  #= True
R = A.x == A.y  #= False
S = A.x.value  #= 1
T = A(2).name  #= 'y'
U = C.x == 5  #= True
V = f'{B.x}'  #? call
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_python_gives(case: Case) -> None:
    check(case)


HEAD = """\
import os, json, yaml, configparser, ext, importlib
from pathlib import Path
BASE = Path(__file__).resolve().parent
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        # Places are no texts, and what lies outside the repository is not read.
        ("X = str(BASE)", "location"),
        ("X = __file__ + '/x'", "location"),
        ("X = os.path.join(BASE, 'a')", "location"),
        ("X = '%s/x' % BASE", "location"),
        ("X = f'a {BASE}'", "location"),
        ("X = __file__.replace('a', 'b')", "location"),
        ("X = BASE.parent", "location"),
        ("X = BASE.name", "location"),
        ("X = (BASE / '../../etc/passwd').read_text()", "call"),
        ("X = open('/etc/passwd').read()", "call"),
        ("X = open(BASE / '..' / 'main.py').read()", "call"),
        ("X = open('main.py').read()", "call"),
        ("X = open(BASE / 'none').read()", "call"),
        ("f = open(BASE / 'a')\nY = f.read()\nX = f.read()", "call"),
        ("X = open(BASE / 'big').read()", "call"),
        ("X = json.load(open(BASE / 'deep'))", "budget"),
        # Documents that grow, or make objects.
        ("X = yaml.safe_load(open(BASE / 'bomb'))", "budget"),
        ("X = yaml.load('!!python/object/apply:os.system [id]', Loader=yaml.Loader)", "call"),
        ("X = yaml.safe_load('a: 2020-01-01')", "call"),
        ("X = json.loads('{')", "call"),
        # Readers of files that may say anything.
        ("c = configparser.ConfigParser()\nc.read([ext.place, BASE / 'a'])\nX = c.get('a', 'b', fallback=1)", "call"),
        ("c = configparser.ConfigParser()\nc.read_dict({'a': {'b': BASE}})\nX = c.get('a', 'b')", "location"),
        ("c = configparser.ConfigParser()\nc.optionxform = str\nX = c.get('a', 'b', fallback=1)", "call"),
        ("c = configparser.ConfigParser()\next.load(c)\nX = c.get('a', 'b', fallback=1)", "call"),
        ("c = configparser.ConfigParser()\nif ext:\n    c.read_string('[a]')\nX = c.has_section('a')", "call"),
        # Variables that may be set by the program or not.
        ("if ext:\n    os.environ['A'] = '1'\nX = os.environ.get('A', '2')", "branch"),
        ("ext and os.environ.setdefault('A', '1')\nX = os.environ.get('A', '2')", "branch"),
        ("os.environ[ext()] = '1'\nX = os.environ.get('A', '2')", "tainted"),
        ("os.getenv = ext.getenv\nX = os.getenv('A', '2')", "call"),
        ("X = importlib.import_module('elsewhere').A", "call"),
        ("import socket\nX = socket.gethostname()", "call"),
    ],
)
def test_what_is_not_known(text: str, reason: str) -> None:
    lines = "".join(
        f"{name}: &{name} [{', '.join(['*' + old] * 9)}]\n" for old, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    files: Files = {
        "main.py": HEAD + text, "a": "x", "big": b"x" * 10_000_000, "deep": "[" * 30_000, "bomb": "a: &a [1]\n" + lines,
    }  # fmt: skip
    interpreter = repository(files)
    interpreter.module("main.py")
    assert followed(files)["X"] == Why(reason)
    assert not any("passwd" in path for path in interpreter.files)


def test_a_module_that_the_operator_writes() -> None:
    text = """\
import importlib, os
path = os.environ.get('CONFIGURATION', 'shop.configuration')
try:
    configuration = importlib.import_module(path)
except ModuleNotFoundError as error:
    if error.name == path:
        raise RuntimeError('none')
    raise
for name in ('HOSTS', 'KEY'):
    if not hasattr(configuration, name):
        raise RuntimeError(name)
A = getattr(configuration, 'SECURE', False)
B = configuration.HOSTS
C = getattr(configuration, 'LIST', [])
"""
    files = {"main.py": text, "shop/__init__.py": ""}
    assert followed(files) == {"A": False, "B": Why("import"), "C": []}
    assert depending(files)["A"] == ["CONFIGURATION", "shop.configuration.SECURE"]


@pytest.mark.parametrize("handler", ["pass", "local = None"])
def test_an_optional_module(handler: str) -> None:
    text = "import importlib\nX = 1\ntry:\n    local = importlib.import_module('shop.local')\nexcept ImportError:\n    "
    found = followed({"main.py": f"{text}{handler}\nY = 2\n", "shop/__init__.py": ""})
    assert found == {"X": 1, "Y": 2}


def test_what_is_read_of_a_parser_depends_on_what_it_read() -> None:
    text = (
        "import configparser, os\nc = configparser.ConfigParser()\nc.read_dict({'a': {'b': '1'}})\n"
        "if os.getenv('F'):\n    c.read_dict({'a': {'b': '2'}})\n"
        "X = c.get('a', 'b')\nY = c.get('a', 'z', fallback='y')\nZ = c['a'].get('b')\nW = c.has_option('a', 'z')\n"
        "V = c['a']['b']\nc.read('/etc/a.ini')\nU = c.get('a', 'b')\n"
    )
    assert {name: found for name, found in depending({"main.py": text}).items() if found != ["F"]} == {
        "U": ["F", "the file /etc/a.ini"]
    }
    found = followed({"main.py": text})
    assert (found["X"], found["Y"], found["W"], found["V"], found["U"]) == ("1", "y", False, "1", "1")


def test_a_parser_passes_over_files_that_are_not_there() -> None:
    text = (
        "import configparser, pathlib\nc = configparser.ConfigParser()\nc.read_dict({'a': {'b': '1'}})\n"
        "READ = c.read(['/etc/a.ini', pathlib.Path(__file__).parent / 'local.ini'])\nX = c.get('a', 'b')\n"
        "Y = c.getint('a', 'z', fallback=2)\nc.read(pathlib.Path(__file__).parent / 'there.ini')\nZ = c.get('a', 'b')\n"
    )
    files = {"main.py": text, "there.ini": "[a]\nb = 3\n"}
    assert followed(files) == {"READ": [], "X": "1", "Y": 2, "Z": "3"}
    of = ["the file /etc/a.ini", "the file local.ini"]
    assert depending(files) == {"READ": of, "X": of, "Y": of, "Z": of}
