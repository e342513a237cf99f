"""dbca-utils, code that looks at itself, and small functions of libraries: measured with the libraries themselves."""

import pytest

from tests.settings.following import Case, Files, Why, cases, check, followed

CASES = cases(r"""
$ L=a, b,
$ N=0x10
$ T=True
$ W=word
$ Q=["x", 1]
from dbca_utils.utils import env
A = env('NONE', False)  #= False
B = env('L', [])  #= ['a', 'b']
C = env('N')  #= 16
D = env('T', False)  #= True
E = env('W', 'd')  #= 'word'
F = env('Q', ())  #= ('x', 1)
G = env('NONE', None)  #= None
H = env('W', False)  #? call
I = env('NONE', required=True)  #? env-required
J = env('N', 'text')  #= '16'
K = env('N', value_type=float)  #= 16.0

from typing import Literal, get_args
from pydantic_settings import BaseSettings
Name = Literal['a', 'b']
A = get_args(Name)  #= ('a', 'b')
B = 'a' in get_args(Name)  #= True
class Settings(BaseSettings):
    x: Name = 'b'
C = Settings().x  #= 'b'

import requests
from email.utils import getaddresses
from pytimeparse import parse
A = requests.utils.quote('a b')  #= 'a%20b'
B = getaddresses(['a@b.c, Name <d@e.f>'])  #= [('', 'a@b.c'), ('Name', 'd@e.f')]
C = parse('7 days')  #= 604800
D = parse('5 minutes')  #= 300
E = parse('1:30')  #? call

class Base:
    NAME = 'base'
    def __init__(self):
        self.seen = ['base']
    @property
    def LIST(self):
        return [self.NAME]
    def more(self, by=1):
        return by
class Mixin:
    @property
    def LIST(self):
        return super().LIST + ['mixin']
class Child(Mixin, Base):
    NAME = 'child'
    def __init__(self):
        super().__init__()
        self.seen.append('child')
    @property
    def LIST(self):
        return super().LIST + ['own']
    def more(self, by=1):
        return super().more(by=5) + by
    @classmethod
    def made(cls):
        return super().NAME
A = Child().LIST  #= ['child', 'mixin', 'own']
B = Child().seen  #= ['base', 'child']
C = Child().more()  #= 6
D = Child.made()  #= 'base'

from typing import NamedTuple
class Paths(NamedTuple):
    'Where.'
    root: str
    media: str = 'm'
p = Paths('r')
A = p.media + p[0]  #= 'mr'
B = list(p)  #= ['r', 'm']
root, C = Paths(root='r', media='x')
C = C  #= 'x'

import random, string
from django.http.request import split_domain_port
A = ''.join([random.SystemRandom().choice(string.printable) for i in range(5)])  #? generated
B = split_domain_port('Example.com.:80')  #= ('example.com', '80')
C = split_domain_port('localhost')  #= ('localhost', '')
D = split_domain_port('[::1]:80')  #? call

import ext
E = 1
if ext.thing():
    F = 2
A = 'E' in globals()  #= True
B = 'NONE' not in locals()  #= True
C = 'F' in globals()  #? branch
def f():
    x = 1
    return 'x' in locals()
D = f()  #? branch

import ext
class Child(ext.Mixin):
    def get(self):
        return super().value
A = Child().get()  #? call
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_python_gives(case: Case) -> None:
    check(case)


def test_places_beside_the_repository_and_of_the_running_code() -> None:
    text = (
        "import inspect, os\nfrom pathlib import Path\n"
        "HERE = os.path.dirname(os.path.abspath(inspect.getfile(inspect.currentframe())))\n"
        "X = open(os.path.join(HERE, 'a.txt')).read()\n"
        "BESIDE = Path(__file__).resolve().parent.parent\n"
        "try:\n    with (BESIDE / 'conf' / 'x.json').open() as f:\n        Y = f.read()\n"
        "except OSError:\n    Y = 'none'\n"
        "Z = Path(__file__).resolve().parent.parent.parent\n"
        "W = os.path.join(HERE, 'media/').rstrip('/') + '/x'\n"
    )
    files: Files = {"main.py": text, "a.txt": "a"}
    found = followed(files)
    assert (found["X"], found["Y"], found["Z"], found["W"]) == ("a", "none", Why("location"), Why("location"))
