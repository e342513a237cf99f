"""python-decouple: the values were measured with 3.8."""

import pytest

from tests.settings.following import Case, Why, cases, check, depending, followed

CASES = cases(r"""
from decouple import config, Csv
X = config('D', default=False, cast=bool)  #= False
Y = config('H', default='a, b', cast=Csv())  #= ['a', 'b']
Z = config('N', default='7', cast=int)  #= 7
W = config('E', default='', cast=bool)  #= False
V = config('M')  #? env-required
U = config('S', default=None)  #= None
T = config('T', default='on', cast=bool)  #= True

$ D=Off
$ H='a b', c
$ P=1;2
$ B=maybe
from decouple import config, Csv, Choices
X = config('D', cast=bool)  #= False
Y = config('H', cast=Csv())  #= ['a b', 'c']
Z = config('P', cast=Csv(int, delimiter=';', post_process=tuple))  #= (1, 2)
W = config('B', cast=bool)  #? call
V = config('D', cast=Choices(['On', 'Off']))  #= 'Off'
U = config('B', cast=lambda v: v == 'maybe')  #= True
T = config('D', default='x', cast=Choices(flat=['x']))  #? call

--- .env # c\nA=file\nB = "quoted"\nE=no\nC=a=b # x\n
$ B=environment
from decouple import config
X = config('A')  #= 'file'
Y = config('B')  #= 'environment'
Z = config('E', default=True, cast=bool)  #= False
W = config('C')  #= 'a=b # x'
V = config('Q', default='d')  #= 'd'

--- settings.ini [settings]\nDEBUG=True\nNAME=%%x\n
--- .env DEBUG=no\nOTHER=1\n
from decouple import config
X = config('DEBUG', cast=bool)  #= True
Y = config('name')  #= '%x'
Z = config('OTHER', default='none')  #= 'none'

--- conf/prod.env A=1\n
import os
from decouple import AutoConfig, Config, RepositoryEnv, UndefinedValueError
BASE = os.path.dirname(os.path.abspath(__file__))
config = Config(RepositoryEnv(os.path.join(BASE, 'conf/prod.env')))
X = config('A', cast=int)  #= 1
Y = config.get('B', default=2)  #= 2
try:
    config('C')
except UndefinedValueError:
    Z = 'caught'  #= 'caught'
W = AutoConfig(search_path=BASE)('A', default='d')  #= 'd'
V = Config({'A': '5'})('A')  #= '5'
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    check(case)


def test_values_say_on_which_variables_they_depend() -> None:
    text = "from decouple import config, Csv\nA = config('X', default='a', cast=Csv())\nB = config('Y')\n"
    assert depending({"main.py": text, ".env": "Y=1"}) == {"A": ["X"], "B": ["Y"]}


@pytest.mark.parametrize("data", [b"A=1\n" * 400_000, b"\xff\xfe", b"K%d=1\n" * 1 + b"\0", b"[settings\nA=1"])
def test_files_that_cannot_be_read(data: bytes) -> None:
    text = "from decouple import config\nX = config('A', default='d')\n"
    assert followed({"main.py": text, "settings.ini": data})["X"] == Why("call")


def test_the_file_closest_to_the_caller_counts() -> None:
    files = {"a/b/main.py": "from decouple import config\nX = config('A')\n", "a/.env": "A=near", ".env": "A=far"}
    assert followed(files, start="a/b/main.py")["X"] == "near"
