"""django-configurations: the values were measured with 2.5.1, dj-database-url 3.1.2 and Django 5.2."""

import pytest

from hardencheck.collect.interpret.models.configurations import configured
from hardencheck.collect.interpret.values import Namespace, depends_of
from tests.settings.following import Case, Files, Why, cases, repository, shown

CASES = cases(r"""
$ DJANGO_SECURE_SSL_REDIRECT= Yes
$ DJANGO_ALLOWED_HOSTS=a , b,
$ HSTS=3600
$ DJANGO_SITE_NAME=
from configurations import Configuration, values
class Base(Configuration):
    DEBUG = values.BooleanValue(True)
    BASE_ONLY = 1
    INSTALLED_APPS = ['a']
class Prod(Base):
    DEBUG = values.BooleanValue(False)  #= False
    SECURE_SSL_REDIRECT = values.BooleanValue(False)  #= True
    ALLOWED_HOSTS = values.ListValue([])  #= ['a', 'b']
    SECURE_HSTS_SECONDS = values.IntegerValue(0, environ_name='HSTS', environ_prefix=None)  #= 3600
    SITE_NAME = values.Value('x')  #= ''
    ADMINS = values.TupleValue(('a',), environ=False)  #= ('a',)
    PORTS = values.ListValue(['1', '2'], converter=int)  #= [1, 2]
    OPTIONS = values.DictValue({'a': 1})  #= {'a': 1}
    INSTALLED_APPS = Base.INSTALLED_APPS + ['b']  #= ['a', 'b']
    PLAIN = 'p'  #= 'p'
    @property
    def CSRF_COOKIE_SECURE(self):  #= True
        return not self.DEBUG
    def METHOD(self):  #= ['a', 'b', 'p']
        return self.ALLOWED_HOSTS + [self.PLAIN]
    def LATE(self):  #= 5
        return values.IntegerValue(5)
    lower = 1
AFTER = Prod.BASE_ONLY  #= 1

$ DJANGO_ADMINS=A , a@x; B,b@x ;
$ DJANGO_PAIRS=1|2;3|4
from configurations import Configuration, values
class Prod(Configuration):
    ADMINS = values.SingleNestedListValue([])  #= [['A', 'a@x'], ['B', 'b@x']]
    MANAGERS = values.SingleNestedTupleValue((('C', 'c@x'),))  #= (('C', 'c@x'),)
    NOBODY = values.SingleNestedListValue()  #= []
    PAIRS = values.SingleNestedTupleValue(separator='|', converter=int)  #= ((1, 2), (3, 4))
    KNOWN = values.SingleNestedListValue([['1']], converter=int)  #? call

$ DATABASE_URL=postgres://u:p@h:5/n?sslmode=require
from configurations import Configuration
from configurations import values
class Prod(Configuration):
    DATABASES = values.DatabaseURLValue('sqlite:///x', conn_max_age=60)  #= {'default': {'ENGINE':
#  'django.db.backends.postgresql', 'USER': 'u', 'PASSWORD': 'p', 'HOST': 'h', 'PORT': 5, 'NAME': 'n', 'OPTIONS':
#  {'sslmode': 'require'}, 'CONN_MAX_AGE': 60, 'CONN_HEALTH_CHECKS': False, 'DISABLE_SERVER_SIDE_CURSORS': False}}
    CACHES = values.CacheURLValue()  #= {}
    EMAIL = values.EmailURLValue('submission://u:p@h')
    X = 1  #= 1

--- .env DJANGO_A='f'\nDJANGO_B=f\nbad\n
$ DJANGO_B=e
import os
from configurations import Configuration, values
BASE_DIR = os.path.dirname(os.path.abspath(__file__))
class Mixin:
    A = 'mixin'
    M = 'mixin'
class Prod(Mixin, Configuration):
    DOTENV = os.path.join(BASE_DIR, '.env')
    A = values.Value('d')  #= 'f'
    B = values.Value('d')  #= 'e'
    N = values.Value('d', environ_prefix='APP_')  #= 'd'
    TEST_RUNNER = Mixin.M  #= 'mixin'
    @classmethod
    def pre_setup(cls):
        super().pre_setup()
        cls.FROM_HOOK = 1
    @classmethod
    def post_setup(cls):
        super().post_setup()
        cls.LIST.append('b')
    LIST = ['a']  #= ['a', 'b']

from configurations import Configuration, values
class Base(Configuration):
    DEBUG = True
    MINE = 'base'
    TIME_ZONE = 'X'
class Extra(Configuration):
    MINE_TOO = 'extra'
class Prod(Base, Extra):
    A = 1  #= 1
    TIME_ZONE = 'Y'  #= 'Y'
    @property
    def B(self):  #= ['base', 'extra', True]
        return [self.MINE, self.MINE_TOO, self.DEBUG]
""")


def settings(files: Files, env: dict[str, str] | None = None) -> Namespace:
    found = configured(repository(files, env), "main.py", "Prod")
    assert found is not None
    return found


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_the_library_gives(case: Case) -> None:
    names = settings({"main.py": case.text, **case.files}, case.env)
    found = {name: shown(names.names[name].value) if name in names.names else "absent" for name in case.wanted}
    assert found == case.wanted
    if "FROM_HOOK" in case.text:
        assert shown(names.names["FROM_HOOK"].value) == 1


START = "from configurations import Configuration, values\n"


def test_names_without_a_value_are_the_defaults_of_the_framework() -> None:
    """Of two parents, the first one's defaults hide what the second sets."""
    text = (
        START + "DEBUG = True\nOTHER = 1\nclass A(Configuration):\n    DEBUG = True\n    MINE = 1\n    STORAGES = {}\n"
        "class B(Configuration):\n    X = 1\nclass Prod(B, A):\n    Y = 2\n"
    )
    names = settings({"main.py": text}).names
    assert "DEBUG" not in names and shown(names["STORAGES"].value) == Why("branch")
    assert {name: shown(names[name].value) for name in ("MINE", "X", "Y", "OTHER")} == {
        "MINE": 1,
        "X": 1,
        "Y": 2,
        "OTHER": 1,
    }


def test_what_comes_from_outside_may_set_anything() -> None:
    text = START + "from ext import Mixin\nclass Base(Configuration):\n    A = 1\nclass Prod(Mixin, Base):\n    B = 2\n"
    names = settings({"main.py": text})
    assert shown(names.names["A"].value) == Why("import") and shown(names.names["B"].value) == 2
    assert names.rest is not None


def test_places_and_variables() -> None:
    text = (
        START + "class Base(Configuration):\n    A = 1\nclass Prod(Base):\n    B = values.ListValue(['a'])\n"
        "    C = values.Value('x', environ_prefix='P', environ_name='Q')\n"
    )
    names = settings({"main.py": text}).names
    assert (names["A"].path, names["A"].line, names["B"].line) == ("main.py", 3, 5)
    assert depends_of(names["B"].value) == {"DJANGO_B"} and depends_of(names["C"].value) == {"P_Q"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("X = values.IntegerValue(1)", "call"),
        ("X = values.DecimalValue(1)", "call"),
        ("KEY = X = values.SecretValue(environ_name='KEY')", "env-required"),
        ("KEY = X = values.Value(environ_required=True, environ_prefix=None, environ_name='KEY')", "env-required"),
        ("X = values.CacheURLValue('locmem://')", "call"),
        ("X = values.PathValue('a')", "location"),
        ("X = values.Value('a', environ_name=ext())", "call"),
        ("X = ext.Value('a')", "call"),
        ("X = property(lambda self: 1)", "call"),
    ],
)
def test_what_is_not_followed(line: str, reason: str) -> None:
    names = settings(
        {"main.py": START + f"import ext\nclass Prod(Configuration):\n    {line}\n"}, {"DJANGO_X": "?"}
    ).names
    assert shown(names["X"].value) in (Why(reason), {"default": Why(reason)})


@pytest.mark.parametrize(
    "text",
    ["Prod = 1", "class Prod:\n    A = 1", "class Prod(Prod):\n    pass", "class Prod(object, metaclass=M): pass", ""],
)
def test_what_is_no_configuration(text: str) -> None:
    assert configured(repository({"main.py": START + text}), "main.py", "Prod") is None


def test_a_chain_of_very_many_classes() -> None:
    text = (
        START
        + "class C0(Configuration):\n    A = 1\n"
        + "".join(f"class C{n}(C{n - 1}):\n    B{n} = {n}\n" for n in range(1, 60))
    )
    found = configured(repository({"main.py": text}), "main.py", "C59")
    assert found is not None and shown(found.names["A"].value) == 1


def test_what_stands_behind_the_library_is_not_asked() -> None:
    """The order of Python: Prod, Base, Configuration, Mixin. Measured with 2.5.1."""
    text = (
        "from configurations import Configuration\n"
        "class Mixin:\n    ALLOWED_HOSTS = ['mixin']\n    MORE = 1\n"
        "    @classmethod\n    def setup(cls):\n        super().setup()\n        cls.SITE = 'mixin'\n"
        "class Base(Configuration):\n    SITE = 'base'\n"
        "class Prod(Base, Mixin):\n"
        "    @classmethod\n    def setup(cls):\n        super().setup()\n        cls.NAME = 'prod'\n"
        "    @property\n    def ALLOWED_HOSTS(self):\n        return list(super().ALLOWED_HOSTS) + ['more']\n"
        "class Front(Mixin, Base):\n    pass\n"
    )
    run = repository({"main.py": text})
    prod = configured(run, "main.py", "Prod")
    assert isinstance(prod, Namespace)
    assert (shown(prod.names["SITE"].value), shown(prod.names["NAME"].value)) == ("base", "prod")
    assert isinstance(shown(prod.names["ALLOWED_HOSTS"].value), Why)
    front = configured(run, "main.py", "Front")
    assert isinstance(front, Namespace)
    assert shown(front.names["SITE"].value) == "mixin"


def test_what_stands_behind_a_class_from_outside_may_be_hidden() -> None:
    text = "from ext import Thing\nclass A(Thing):\n    pass\nclass B:\n    X = 1\n"
    text += "class C(A, B):\n    Y = 2\nZ = C.X\nY = C.Y\n"
    found = repository({"main.py": text}).module("main.py").namespace
    assert isinstance(shown(found.names["Z"].value), Why) and shown(found.names["Y"].value) == 2
