"""pydantic-settings: the values were measured with pydantic-settings 2.16.3 and pydantic 2.14.4."""

import pytest

from tests.settings.following import Case, Files, Why, cases, check, depending, followed, repository

CASES = cases(r"""
$ app_debug=Off
$ APP_HOSTS=["a", "b"]
$ APP_PORT=8000
$ APP_MODE=prod
$ APP_LEVEL=10
$ OTHER=alias
$ APP_KEY=s
$ second=2
from enum import Enum
from pathlib import Path
from typing import Literal, Optional, ClassVar, Annotated
from pydantic import AliasChoices, Field, SecretStr, computed_field
from pydantic_settings import BaseSettings, SettingsConfigDict
class Level(str, Enum):
    low = '10'
    high = '20'
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix='APP_', extra='ignore')
    debug: bool = True
    hosts: list[str] = ['*']
    port: int = 1
    mode: Literal['dev', 'prod'] = 'dev'
    level: Level = Level.high
    aliased: str = Field(default='d', validation_alias='OTHER')
    chosen: int = Field(1, validation_alias=AliasChoices('FIRST', 'SECOND'))
    key: SecretStr
    text_default: bool = 'no'
    number: float = 1
    items: list[int] = Field(default_factory=lambda: [1])
    maybe: Optional[int] = None
    where: Path = '/a/b'
    fixed: ClassVar[int] = 9
    said: Annotated[int, Field(ge=0)] = 4
    @property
    def secure(self) -> bool:
        return not self.debug
    @computed_field
    @property
    def url(self) -> str:
        return f'x:{self.port}'
    def method(self):
        return self.hosts + ['c']
settings = Settings()
A = settings.debug  #= False
B = settings.hosts  #= ['a', 'b']
C = settings.port  #= 8000
D = settings.mode  #= 'prod'
E = settings.level == Level.low  #= True
F = settings.aliased  #= 'alias'
G = settings.chosen  #= 2
H = settings.key.get_secret_value()  #= 's'
I = settings.text_default  #= False
J = settings.number  #= 1.0
K = settings.items  #= [1]
L = settings.maybe  #= None
M = settings.where  #= PurePosixPath('/a/b')
N = settings.fixed  #= 9
O = settings.said  #= 4
P = settings.secure  #= True
Q = settings.url  #= 'x:8000'
R = settings.method()  #= ['a', 'b', 'c']
S = settings.level.value  #= '10'
T = settings.level is Level.low  #? branch
U = settings.level == 'x'  #= False

$ DB__HOST=h
$ CASED=1
from functools import lru_cache
from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict
class Db(BaseModel):
    host: str = 'local'
    port: int = 5
class Base(BaseSettings):
    model_config = SettingsConfigDict(env_nested_delimiter='__')
    db: Db = Db()
    other: Db = Db(host='o')
    name: str = 'base'
class Settings(Base):
    model_config = SettingsConfigDict(case_sensitive=True)
    name: str = 'mine'
    cased: int = 0
    given: int = 1
@lru_cache
def get_settings() -> Settings:
    return Settings(given='5')
settings = get_settings()
A = settings.name  #= 'mine'
B = settings.cased  #= 0
C = settings.given  #= 5
D = settings.other.host  #= 'o'
E = settings.other.port  #= 5
F = Base().name  #= 'base'

--- .env DEBUG=true\nNAME="file"\nBOTH=file\n
$ BOTH=set
from pathlib import Path
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    debug: bool = False
    name: str = 'x'
    both: str = 'x'
    none: str = 'x'
    class Config:
        env_file = Path(__file__).parent / '.env'
settings = Settings()
A = settings.debug  #= True
B = settings.name  #= 'file'
C = settings.both  #= 'set'
D = settings.none  #= 'x'

$ X_A=
$ X_B=
from typing import Any, Dict, List, Union
from pydantic import Field
from pydantic_settings import BaseSettings
class Settings(BaseSettings, env_prefix='X_', env_ignore_empty=True):
    a: int = 3
    b: str = 'd'
    c: Dict[str, int] = {'a': '1'}
    d: 'bool' = Field(default=True, description='x')
    e: List[bool] = ('yes', 0)
    f: str | None = None
    g: Any = 5
    h: Union[int, str] = 'x'
settings = Settings()
A = settings.a  #= 3
B = settings.b  #= 'd'
C = settings.c  #= {'a': 1}
D = settings.d  #= True
E = settings.e  #= [True, False]
F = settings.f  #= None
G = settings.g  #= 5

$ A=x
from pydantic import field_validator, model_validator
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    a: str = 'a'
    b: str = 'b'
    c: str = 'c'
    d: int = 1
    @field_validator('a', 'b')
    @classmethod
    def upper(cls, v):
        return v.upper()
    def check(self, value):
        if value == 'none':
            raise ValueError(value)
    @model_validator(mode='after')
    def whole(self):
        self.check(self.c)
        self.d = self.d + 1
        return self
settings = Settings()
A = settings.a  #= 'X'
B = settings.b  #= 'B'
C = settings.c  #= 'c'
D = settings.d  #= 2
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    check(case)


HEAD = """\
from typing import Optional, Annotated
from pydantic import (BaseModel, Field, SecretStr, field_validator, model_validator, validator, BeforeValidator,
                      PostgresDsn)
from pydantic_settings import BaseSettings, SettingsConfigDict
import ext
"""
AFTER = "x: str = 'a'\n    @model_validator(mode='after')\n    def v(self):\n        "


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x: int", "env-required"),
        ("x: int = Field(...)", "env-required"),
        ("x: Optional[int]", "env-required"),
        ("x: str = 'a'\n    @field_validator('x', mode='before')\n    def v(cls, v):\n        return 'b'", "loader"),
        ("x: str = 'a'\n    @validator('*')\n    def v(cls, v):\n        return 'b'", "loader"),
        (AFTER + "self.x = ext()\n        return self", "call"),
        (AFTER + "return ext(self)", "loader"),
        (AFTER + "ext(self)\n        return self", "loader"),
        ("x: str = 'a'\n    @model_validator(mode='before')\n    def v(cls, data):\n        return data", "loader"),
        ("x: str = 'a'\n    @classmethod\n    def settings_customise_sources(cls, *a):\n        return a", "loader"),
        ("x: str = 'a'\n    def __init__(self, **k):\n        super().__init__(x='b')", "loader"),
        ("x: Annotated[str, BeforeValidator(ext)] = 'a'", "call"),
        ("x: PostgresDsn = 'postgres://a/b'", "call"),
        ("x: str = 'a'\n    model_config = SettingsConfigDict(alias_generator=ext)", "loader"),
        ("x: str = 'a'\n    model_config = SettingsConfigDict(str_to_upper=True)", "loader"),
        ("x: str = 'a'\n    model_config = ext()", "loader"),
        ("x: str = 'a'\n    model_config = SettingsConfigDict(env_prefix=ext())", "call"),
        ("if ext():\n        x: str = 'a'", "branch"),
        ("x: int = 'z'", "call"),
        ("x: int = ext()", "call"),
        ("z: str = 'a'", "call"),
        ("z: str = 'a'\n    @property\n    def x(self):\n        return ext(self.z)", "call"),
    ],
)
def test_what_is_not_followed(body: str, reason: str) -> None:
    text = f"{HEAD}class Settings(BaseSettings):\n    {body}\nsettings = Settings()\nX = settings.x\n"
    assert followed({"main.py": text}, {"Z": "1"})["X"] == Why(reason)


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({"X": "a,b"}, Why("call")),
        ({"X": "null"}, Why("call")),
        ({"X": "[" * 50_000}, Why("budget")),
        ({"x": "[]", "X": "[1]"}, Why("call")),
        ({}, ["d"]),
    ],
)
def test_lists_are_json(env: dict[str, str], wanted: object) -> None:
    text = HEAD + "class Settings(BaseSettings):\n    x: list[str] = ['d']\nX = Settings().x\n"
    assert followed({"main.py": text}, env)["X"] == wanted


def test_parents_that_are_not_in_the_repository() -> None:
    text = HEAD + "class Settings(ext.Mixin, BaseSettings):\n    x: str = 'd'\nX = Settings().x\nY = Settings().y\n"
    found = followed({"main.py": text})
    assert isinstance(found["X"], Why | str) and isinstance(found["Y"], Why)


def test_a_file_of_the_working_directory_may_be_read_or_not() -> None:
    text = (
        HEAD + "class Settings(BaseSettings):\n    x: str = 'd'\n    y: str = 'd'\n"
        "    class Config:\n        env_file = '.env'\n"
    )
    files: Files = {"main.py": text + "X = Settings().x\nY = Settings().y\n", ".env": "X=f\n"}
    assert followed(files) == {"X": Why("branch"), "Y": "d"}


def test_values_say_where_they_are_set_and_on_what_they_depend() -> None:
    text = (
        HEAD + "class Settings(BaseSettings):\n    x: str = 'd'\n    y: str = Field('d', validation_alias='A')\n"
        "s = Settings()\nX = s.x\nY = s.y\n"
    )
    assert depending({"main.py": text}) == {"X": ["X"], "Y": ["A"]}
    made = repository({"main.py": text}).module("main.py").namespace.names["s"].value
    assert [binding.line for binding in made.attributes.names.values()] == [7, 8]  # type: ignore[attr-defined]


def test_pydantic_1() -> None:
    text = """\
from typing import Optional
from pydantic import BaseSettings, Field
class Settings(BaseSettings):
    debug: bool = Field(False, env='APP_DEBUG')
    name: Optional[str]
    port: int = Field('5', env=['PORT', 'P'])
    class Config:
        env_prefix = 'X_'
s = Settings()
A, B, C = s.debug, s.name, s.port
"""
    assert followed({"main.py": text}, {"APP_DEBUG": "yes", "P": "7"}) == {"A": True, "B": None, "C": 7}
    assert depending({"main.py": text})["B"] == ["X_NAME"]


def test_validators_of_pydantic_1() -> None:
    text = """\
from pydantic import BaseSettings, root_validator, validator
class Settings(BaseSettings):
    a: str = 'a'
    b: str = 'b'
    c: str = 'c'
    d: str = 'd'
    @validator('a')
    def one(cls, v):
        return v + '1'
    @validator('b')
    def two(cls, v):
        return v + '2'
    @validator('c', always=True)
    def three(cls, v, values):
        return v + values['a']
    @validator('d', pre=True)
    def four(cls, v):
        return v
    @root_validator
    def last(cls, values):
        values['b'] = values['b'] + '!'
        return values
    class Config:
        fields = {'b': {'env': 'OTHER'}}
s = Settings()
A, B, C, D = s.a, s.b, s.c, s.d
"""
    assert followed({"main.py": text}, {"OTHER": "o"}) == {"A": "a1", "B": "o2!", "C": "ca1", "D": Why("loader")}
    assert followed({"main.py": text}, {"A": "x"})["C"] == "cx1"
