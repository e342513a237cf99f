"""Starlette's Config: the values were measured with Starlette 1.10.0."""

import pytest

from tests.settings.following import Case, Why, cases, check, followed

CASES = cases(r"""
$ D=True
$ H=a, 'b c'
$ E=1
$ P_X=9
--- .env F="file"\nD=false\n# H=x\n
from pathlib import Path
from starlette.config import Config
from starlette.datastructures import CommaSeparatedStrings, Secret
config = Config(Path(__file__).parent / '.env')
X = config('D', cast=bool, default=False)  #= True
Y = list(config('H', cast=CommaSeparatedStrings))  #= ['a', 'b c']
Z = config('F')  #= 'file'
W = config('N', cast=bool, default='0')  #= False
V = config('N', default=None, cast=bool)  #= None
U = config('N', cast=int, default='7')  #= 7
T = str(config('F', cast=Secret))  #= 'file'
S = config.get('E', cast=int)  #= 1
R = Config(env_prefix='P_')('X', cast=int)  #= 9
Q = config('N')  #? env-required
P = config('H', cast=bool)  #? call
O = [item for item in config('H', cast=CommaSeparatedStrings)]  #= ['a', 'b c']

from starlette.config import Config
config = Config()
try:
    config('A')
except KeyError:
    X = 'caught'  #= 'caught'
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("where", ["'.env'", "'../.env'", "ext()"])
def test_a_file_that_may_be_another(where: str) -> None:
    text = f"import ext\nfrom starlette.config import Config\nc = Config({where})\n"
    text += "X = c('A', default='d')\nY = c('B', default='d')"
    found = followed({"main.py": text, ".env": "A=f"})
    assert found["Y"] == "d" and found["X"] == (Why("branch") if where == "'.env'" else "d")
