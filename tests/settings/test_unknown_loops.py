"""A loop over what nobody knows spoils what it may write, and nothing that it only reads."""

import pytest

from tests.settings.following import Case, cases, check

CASES = cases(r"""
import copy, sys
from ext import thing
A = ['a']
B = {'b': A}
SNAP = {'x': A}
module = sys.modules[__name__]
for s in thing():
    SNAP[s] = copy.deepcopy(getattr(module, s))
    len(A)
X = A  #= ['a']
Y = B  #= {'b': ['a']}
Z = SNAP  #? call

from ext import thing
A = ['a']
B = {'b': A}
for s in thing():
    B['b'].append(s)
X = A  #? call

from ext import thing
A = ['a']
def change():
    A.append('b')
for s in thing():
    sorted(s, key=lambda one: change())
X = A  #? call

from ext import thing
A = ['a']
class C:
    @property
    def p(self):
        A.append('b')
c = C()
for s in thing():
    getattr(c, s)
X = A  #? call
""")


@pytest.mark.parametrize("case", CASES)
def test_what_is_only_read_stays_as_it_is(case: Case) -> None:
    check(case)
