"""getattr with a default, and hasattr: of an object that surely lacks the attribute it is the default."""

import pytest

from hardencheck.collect.interpret.values import Joined, plain
from tests.settings.following import Case, cases, check, repository

CASES = cases(r"""
class A:
    x = 1
class B(A):
    def __init__(self):
        self.y = 2
b = B()
X = [getattr(b, 'x', 0), getattr(b, 'y', 0), getattr(b, 'z', 0), getattr(B, 'z', 0)]  #= [1, 2, 0, 0]
Y = [hasattr(b, 'x'), hasattr(b, 'z'), hasattr(None, 'z'), getattr(None, 'z', 5)]  #= [True, False, False, 5]
Z = [getattr('a', 'z', 5), hasattr('a', 'upper')]  #= [5, True]

class A:
    def __getattr__(self, name):
        return 7
X = getattr(A(), 'z', 0)  #? call

import ext
class A(ext.Base):
    pass
X = getattr(A(), 'z', 0)  #? call

import ext
from nowhere import Base
class A(Base):
    pass
X = getattr(A(), 'z', 0)  #? call

import ext
class A:
    pass
a = A()
ext.change(a)
X = getattr(a, 'z', 0)  #? call

import ext
class A:
    pass
a = A()
setattr(a, ext.name(), 1)
X = getattr(a, 'z', 0)  #? tainted

class A:
    pass
a = A()
a.__dict__['z'] = 4
X = getattr(a, 'z', 0)  #= 4

import ext
class A:
    pass
a = A()
if ext.there():
    a.z = 4
X = getattr(a, 'z', 0)  #? branch
Y = hasattr(a, 'z')  #? branch

import ext
class A:
    z = 1
class B(A):
    pass
if ext.there():
    B.z = 2
    B.y = 3
X = getattr(B, 'y', 0)  #? branch
Y = getattr(B(), 'z', 0)  #? branch
Z = hasattr(B, 'z')  #= True

--- other.py OLD = 1\n
import ext, other
if ext.there():
    other.NEW = 2
X = getattr(other, 'NEW', 3)  #? branch
Y = getattr(other, 'NO', 3)  #= 3
""")


def test_an_attribute_that_is_perhaps_there() -> None:
    text = "import ext\nclass A:\n    pass\nif ext.there():\n    A.y = 3\nX = getattr(A(), 'y', 0)\n"
    held = repository({"main.py": text}).module("main.py").namespace.names["X"].value
    assert isinstance(held, Joined)
    assert sorted(plain(option) for option in held.options) == [0, 3]  # type: ignore[type-var]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_attributes(case: Case) -> None:
    check(case)
