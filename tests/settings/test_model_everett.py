"""everett: the values were measured with everett 3.5.0."""

import pytest

from tests.settings.following import Case, Why, cases, check, depending, followed

START = "from everett.manager import ChoiceOf, ConfigManager, ListOf\nconfig = ConfigManager.basic_config()\n"
CASES = cases(r"""
$ DEBUG=Yes
$ HOSTS=a, b ,c
$ EMPTY=
$ ADMIN_PORT=81
from everett.manager import ChoiceOf, ConfigManager, ListOf
config = ConfigManager.basic_config()
A = config("DEBUG", parser=bool, default="false")  #= True
B = config("OTHER", parser=bool, default="false")  #= False
C = config("hosts", parser=ListOf(str), default="")  #= ['a', 'b', 'c']
D = config("NONE", parser=ListOf(int, delimiter=":"), default="1:2")  #= [1, 2]
E = config("NONE", parser=ListOf(str), default="")  #= []
F = config("EMPTY", default="d")  #= 'd'
G = config("EMPTY", default="d", default_if_empty=False)  #= ''
H = config("PORT", namespace="admin", parser=int, default="80")  #= 81
I = config.with_namespace("admin")("port", parser=int, default="80")  #= 81
J = config("NEW", alternate_keys=["NONE", "root:HOSTS"], default="x")  #= 'a, b ,c'
K = config("LEVEL", parser=ChoiceOf(str, ["INFO", "DEBUG"]), default="INFO")  #= 'INFO'
L = config("LEVEL", parser=ChoiceOf(str, ["INFO", "DEBUG"]), default="NONE")  #? call
M = config("NONE")  #? env-required
N = config("NONE", default=1)  #? call
O = config("HOSTS", parser=bool, default="no")  #? call
P = config("DEBUG", parser=bool, raw_value=True)  #= 'Yes'
Q = config("HOSTS", parser=lambda text: text.upper(), default="")  #= 'A, B ,C'
R = config("ADMIN_PORT", parser=ListOf(str, allow_empty=False))  #= ['81']

from everett.manager import ConfigDictEnv, ConfigEnvFileEnv, ConfigManager, ConfigOSEnv
config = ConfigManager([ConfigOSEnv(), ConfigDictEnv({"a_b": "1"}), ConfigEnvFileEnv("/etc/x.env")])
A = config.with_namespace("a")("b", parser=int)  #= 1
B = ConfigManager.from_dict({"B": "true"})("b", parser=bool)  #= True
C = config("C", default="c")  #= 'c'

$ A=1
--- .env A=2\nB = "3"\n# C=4\n
from everett.manager import ConfigEnvFileEnv, ConfigManager, ConfigOSEnv
from pathlib import Path
HERE = Path(__file__).parent
config = ConfigManager([ConfigOSEnv(), ConfigEnvFileEnv([str(HERE / "none"), str(HERE / ".env")])])
A = config("A", parser=int)  #= 1
B = config("B", parser=int)  #= 3
C = config("C", default="c")  #= 'c'
D = ConfigManager.basic_config()("B", default="d")  #? env-required

try:
    from everett.manager import ConfigManager, ConfigurationMissingError
    A = ConfigManager.basic_config()("A")
except ConfigurationMissingError:
    A = "none"  #= 'none'
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    check(case)


def test_on_which_variables_they_depend() -> None:
    found = depending({"main.py": START + "A = config('a', alternate_keys=['B'], namespace='n', default='1')\n"})
    assert found["A"] == ["N_A", "N_B"]


@pytest.mark.parametrize(
    "text",
    [
        "A = config(ext(), default='x')",
        "A = config('A', namespace=ext(), default='x')",
        "A = config('A', default=ext())",
        "A = config('A', parser=ext(), default='x')",
        "A = config.with_options(ext())('A', default='x')",
        "A = ConfigManager([ext()])('A', default='x')",
        "A = ConfigManager.from_dict(ext())('A', default='x')",
        "A = config('A', raise_error=False)",
    ],
)
def test_what_is_not_sure_is_not_known(text: str) -> None:
    assert isinstance(followed({"main.py": START + "import ext\n" + text})["A"], Why)
