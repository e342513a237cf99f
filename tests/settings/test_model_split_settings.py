"""django-split-settings: the values were measured with 1.3.2."""

import pytest

from tests.settings.following import Case, Why, cases, check, depending, followed, repository

START = "from split_settings.tools import include, optional\n"
CASES = cases(r"""
--- components/base.py DEBUG = False\nX = 1\nHERE = __name__\n
--- components/db.py X = X + 1\n
from split_settings.tools import include, optional
X = 0
include('components/base.py', 'components/db.py', optional('components/none.py'), scope=globals())
Y = X  #= 2
Z = DEBUG  #= False
W = HERE  #= 'main'

--- components/a.py A = ['a']\nimport os\n
--- components/b.py B = ['b']\nimport os\n
--- components/.hidden.py A = 1\n
--- components/deep/c.py A = 2\n
from split_settings.tools import include
include('components/*.py')
X = A + B  #= ['a', 'b']

--- environments/production.py DEBUG = False\nfrom split_settings.tools import include\ninclude('parts/more.py')\n
--- environments/parts/more.py MORE = [DEBUG]\n
import os
from split_settings.tools import optional, include
ENV = os.environ.get('DJANGO_ENV') or 'production'
_base = ('environments/{0}.py'.format(ENV), optional('environments/local.py'), optional(None))
include(*_base)
X = DEBUG  #= False
Y = MORE  #= [False]

--- a.py X = 1\nfrom split_settings.tools import include\ninclude('b.py')\n
--- b.py Y = X + 1\nfrom split_settings.tools import include\ninclude('a.py')\ninclude('main.py')\n
from split_settings.tools import include
if 'X' not in globals():
    include('a.py', 'a.py')
A = X  #= 1
B = Y  #= 2

--- a.py LIST += ['b']\ndef f(x):\n    return [x, LIST[0]]\n
import os
from split_settings.tools import include
LIST = ['a']
include(os.path.join(os.path.dirname(__file__), 'a.py'))
X = LIST  #= ['a', 'b']
Y = f('q')  #= ['q', 'a']

from split_settings.tools import include, optional
try:
    include('none.py')
except IOError:
    X = 'caught'  #= 'caught'

--- a.py from pathlib import Path\nimport environ\nenviron.Env.read_env()\nA = Path(__file__).name\nimport other
--- other.py Q = 5
from split_settings.tools import include
include('a.py')
X = A  #= 'main.py'
Y = other.Q  #= 5
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    check(case)


def test_the_order_of_a_pattern_is_not_known() -> None:
    files = {"p/a.py": "X = 1\nY = 1\nA = 1", "p/b.py": "X = 2\nY = 1", "p/c.py": "Y = 1\nX = 1\nB = A"}
    found = followed({**files, "main.py": START + "include('p/*.py')"})
    assert found["X"] == Why("branch") and found["Y"] == 1 and found["A"] == 1


def test_each_file_makes_its_own_reader() -> None:
    files = {
        f"p/f{n}.py": "import environ\nenv = environ.Env()\nSAME = 1\n"
        f"LAST = {n % 2}\nN{n} = env.bool('V{n}', default=False)\n"
        for n in range(30)
    }
    found = followed({**files, "main.py": START + "include('p/*.py')"})
    assert found == {**{f"N{n}": False for n in range(30)}, "SAME": 1, "LAST": Why("branch")}
    # What one file binds on some way only may be another's.
    more = {"p/g.py": "import ext\nif ext.a:\n    SAME = 2\nOTHER = SAME\n", "p/h.py": "SAME = 3\n"}
    assert isinstance(followed({**more, "main.py": START + "include('p/*.py')"})["OTHER"], Why)


@pytest.mark.parametrize(
    "what",
    [
        "'../../../etc/passwd'",
        "ext()",
        "'none.py'",
        "'bad.py'",
        "optional(ext())",
        "ext and 'a.py'",
    ],
)
def test_what_is_not_in_the_repository_may_set_anything(what: str) -> None:
    files = {"main.py": f"import ext\n{START}DEBUG = False\ninclude({what})\nHSTS = 1", "bad.py": "X = (", "a.py": ""}
    interpreter = repository(files)
    names = interpreter.module("main.py").namespace
    assert isinstance(found := followed(files)["DEBUG"], Why) and found.reason != "location"
    assert followed(files)["HSTS"] == 1 and names.rest is not None
    assert not any("passwd" in path for path in interpreter.files)


def test_a_file_of_an_operator_may_say_otherwise() -> None:
    files = {"main.py": f"{START}DEBUG = False\ninclude('/etc/shop/settings.py')\nHSTS = 1"}
    assert followed(files) == {"DEBUG": False, "HSTS": 1}
    assert depending(files) == {"DEBUG": ["the file /etc/shop/settings.py"], "HSTS": []}


def test_an_include_that_may_not_happen() -> None:
    files = {"a.py": "X = 1\nY = 1", "main.py": f"import ext\n{START}X = 1\nY = 2\nif ext.a:\n    include('a.py')"}
    found = followed(files)
    assert found["X"] == 1 and found["Y"] == Why("branch")
    late = {**files, "main.py": f"import ext\n{START}Y = 2\next.a and include('a.py')"}
    assert followed(late)["Y"] == Why("branch")


def test_names_keep_the_place_in_the_included_file() -> None:
    files = {"conf/main.py": START + "DEBUG = True\ninclude('p/a.py')", "conf/p/a.py": "\nDEBUG = False"}
    binding = repository(files).module("conf/main.py").namespace.names["DEBUG"]
    assert (binding.path, binding.line, binding.chain) == ("conf/p/a.py", 2, (("conf/main.py", 2),))


def test_relative_imports_are_those_of_the_module_that_includes() -> None:
    files = {
        "conf/__init__.py": "", "conf/main.py": START + "include('p/a.py')", "conf/p/a.py": "from .b import X\nY = X",
        "conf/b.py": "X = 'right'", "conf/p/b.py": "X = 'wrong'",
    }  # fmt: skip
    assert followed(files, start="conf/main.py")["Y"] == "right"
