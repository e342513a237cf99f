"""environs: the values were measured with 15.2.0, marshmallow 4.4.0 and dj-database-url 3.1.2."""

import pytest

from tests.settings.following import Case, Why, cases, check, depending, followed

BOOLS = "\n\n".join(
    f"$ D={word}\nfrom environs import Env\nX = Env().bool('D')  {wanted}"
    for word, wanted in (
        ("true", "#= True"), ("T", "#= True"), ("On", "#= True"), ("Y", "#= True"), ("0", "#= False"),
        ("off", "#= False"), ("No", "#= False"), ("tRue", "#? call"), ("2", "#? call"), ("", "#? call"),
    )
)  # fmt: skip
CASES = cases(
    BOOLS
    + "\n\n"
    + r"""
from environs import Env
env = Env()
X = env.bool('D', False)  #= False
Y = env.list('L', ['a'])  #= ['a']
Z = env('M', default='x')  #= 'x'
W = env.int('N', default='5')  #= '5'
V = env('R')  #? env-required
U = env.dj_db_url('DB', default='sqlite:///a')['NAME']  #= 'a'
T = env.bool('D', default=None)  #= None

$ L=a, b
$ N=7
$ M=k=v,j = w
$ J={"a": [1]}
$ G=warning
$ S=60
$ P=/a/../b
$ U=https://www.example.com:8/
$ I=1,2
from environs import Env
env = Env()
X = env.list('L')  #= ['a', ' b']
Y = env.int('N')  #= 7
Z = env.dict('M')  #= {'k': 'v', 'j': 'w'}
W = env.json('J')  #= {'a': [1]}
V = env.log_level('G')  #= 30
T = env.timedelta('S')  #= timedelta(seconds=60)
R = env.path('P')  #= PurePosixPath('/a/../b')
Q = env.list('I', subcast=int)  #= [1, 2]
O = env.url('U').port  #= 8
K = env.list('I', subcast=lambda v: v + '!')  #= ['1!', '2!']
H = env.str('N', validate=lambda v: True)  #= '7'

$ A_B_X=1
$ X=0
from environs import Env
env = Env()
with env.prefixed('A_'):
    with env.prefixed('B_'):
        P = env.int('X')  #= 1
    Q = env.int('X', 5)  #= 5
R = env.int('X')  #= 0

$ A_X=1
from environs import env
with env.prefixed('A_'):
    P = env.int('X')  #= 1
Q = env('X', 'd')  #= 'd'

--- .env A=file\nB="q # q" # c\nC=${A}\nexport D=d\n
$ D=set
from environs import Env
env = Env()
env.read_env()
X = env('A')  #= 'file'
Y = env.str('B')  #= 'q # q'
Z = env('D')  #= 'set'
W = env('C', 'x')  #? call

--- .env A=file\n
import os
from environs import Env
env = Env(prefix='Q_')
env.read_env(os.path.join(os.path.dirname(__file__), 'sub', '.env'), recurse=True)
X = env('A', 'd')  #= 'd'

from environs import Env, EnvError
env = Env()
try:
    env('A')
except EnvError:
    X = 'caught'  #= 'caught'
"""
)


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("env = Env(expand_vars=True)\nX = env('A')", "call"),
        ("env = Env()\nenv.read_env(override=True)\nX = env('F')", "call"),
        ("env = Env()\nenv.read_env()\nimport os\nX = os.environ.get('G', 'd')", "branch"),
        ("env = Env(prefix=ext())\nX = env('A', 'd')", "call"),
        ("env = Env()\nX = env.enum('A', type=ext.E)", "call"),
        ("env = Env()\nX = env.mine('A', 'd')", "call"),
        ("env = Env(eager=False)\nX = env('NONE')", "env-required"),
        ("env = Env()\next.setup(env)\nX = env('A', 'd')", "call"),
    ],
)
def test_what_is_not_sure_is_not_known(text: str, reason: str) -> None:
    files = {"main.py": "from environs import Env\nimport ext\n" + text, ".env": "F=file\nG=1"}
    assert followed(files, {"A": "$B", "F": "set"})["X"] == Why(reason)


def test_values_say_on_which_variables_they_depend() -> None:
    text = "from environs import Env\nenv = Env()\nA = env.list('X', ['a'])\nB = env.dj_db_url('D', 'sqlite://')\n"
    assert depending({"main.py": text}) == {"A": ["X"], "B": ["D"]}
