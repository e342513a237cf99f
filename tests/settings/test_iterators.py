"""What goes through a list is gone through once, and is no list: the values were measured with Python 3.13."""

import pytest

from tests.settings.following import Case, cases, check, depending

CASES = cases(r"""
M = map(str, [1, 2])  #? call
A = list(M)  #= ['1', '2']
B = list(M)  #? call
C = bool(filter(None, []))  #= True
D = isinstance(map(str, []), list)  #? call
E = zip(('a',), ('b',))  #? call
F = dict(zip('ab', [1, 2, 3]))  #= {'a': 1, 'b': 2}
G = list(map(lambda a, b: a + b, [1, 2], [3, 4]))  #= [4, 6]
H = list(enumerate(['a'], 1))  #= [(1, 'a')]
I = list(reversed([1, 2]))  #= [2, 1]
J = sorted(x for x in (3, 1))  #= [1, 3]
K = max(len(x) for x in ['a', 'bb'])  #= 2
L = ','.join(str(x) for x in range(3))  #= '0,1,2'
N = 3 in (x for x in [1, 2, 3])  #= True
O = [*map(str, [1])]  #= ['1']

L = [1, 2, 3]
M = reversed(L)
L.append(4)
A = list(M)  #= [3, 2, 1]
L = [1, 2, 3]
M = reversed(L)
L.pop()
A = list(M)  #= []
L = [1, 2, 3]
M = reversed(L)
L.pop()
L.append(7)
A = list(M)  #= [7, 2, 1]
D = {1: 1, 2: 2}
M = reversed(D)
A = list(M)  #= [2, 1]
M = zip(D)
D[3] = 1
A = list(M)  #? call
D = {1: 1}
M = map(str, D.items())
D[3] = 1
A = list(M)  #? call
N = 'x'
def now(i):
    return globals().get('N', i)
for i in map(now, 'ab'):
    N = i + i
A = N  #? branch
N = 0
for i in map(lambda i: i + N, [1, 2]):
    N = i
A = N  #? branch
N = 0
for i in map(lambda i: i + 1, [1, 2]):
    N = i
A = N  #= 3
for i, j in ((i.upper(), str(j)) for i, j in {'a': 1}.items()):
    globals()[i] = j
A = A  #= '1'
L = [1]
def more(i):
    L.append(i)
    return i
N = []
for i in map(more, [2, 3]):
    N.append(len(L))
A = N  #? call
L = [1]
M = enumerate(L)
L.append(2)
A = list(M)  #= [(0, 1), (1, 2)]

L = [1]
G = (x + 1 for x in L)
L.append(5)
A = list(G)  #= [2, 6]
B = list(G)  #? call
I = iter([1, 2, 3])
C = next(I)  #? call
D = list(I)  #? call
E = next((x for x in [1, 2, 3] if x > 1), None)  #= 2
F = next((x for x in []), 'none')  #= 'none'

d = {'a': 1}
V = d.items()  #? call
d['b'] = 2
A = list(V)  #= [('a', 1), ('b', 2)]
B = len(V)  #= 2
C = 'a' in d.keys()  #= True
D = list(V)  #= [('a', 1), ('b', 2)]
E = bool({}.values())  #? branch
F = d.keys()  #? call

it = iter([1, 2, 3, 4])
A = [(a, next(it)) for a in it]  #? call
B = list(zip(*[iter([1, 2, 3, 4])] * 2))  #? call
it = iter([1, 2, 3])
for a in it:
    if a == 2:
        break
C = list(it)  #? call
seen = []
def note(x):
    seen.append(x)
    return x
D = any(note(x) for x in [1, 2])  #= True
E = seen  #? call
it = iter([1])
for a in unknown():
    list(it)
F = list(it)  #? call
it = iter([1, 0])
G = any(it)  #? branch
H = list(it)  #? call

from itertools import chain
A = list(chain([1], (x for x in [2])))  #= [1, 2]
B = tuple(chain.from_iterable([[1], [2]]))  #= (1, 2)
C = chain([1])  #? call
def g(): return (y for y in [1, 2])
D = list(g())  #= [1, 2]
first, *E = map(int, '1.2.3'.split('.'))
E = E  #= [2, 3]
F = [1]
F += (x for x in [2])
F = F  #= [1, 2]
G = {}
G.update((k, 1) for k in 'ab')
G = G  #= {'a': 1, 'b': 1}

from collections import ChainMap
a, b = {'x': 1}, {'x': 2, 'y': 3}
M = ChainMap(a, b)  #? call
A = M['x']  #= 1
B = M.get('y')  #= 3
a['y'] = 4
C = M['y']  #= 4
M['z'] = 5
D = a  #= {'x': 1, 'y': 4, 'z': 5}
E = dict(M)  #= {'x': 1, 'y': 4, 'z': 5}
""")


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_python_gives(case: Case) -> None:
    check(case)


def test_who_has_taken_from_it_depends_on_a_variable() -> None:
    text = "import os\nI = map(int, [1])\nif os.environ.get('Q'):\n    list(I)\nX = list(I)\n"
    assert depending({"main.py": text})["X"] == ["Q"]


def test_how_many_there_are_depends_on_a_variable() -> None:
    text = (
        "import os\nA = list(filter(None, os.environ.get('Q', '').split(',')))\n"
        "B = [*(x for x in os.environ.get('Q', '').split(',') if x)]\nC = [y for y in map(str, A)]\n"
        "D = 0\nfor i in filter(None, A):\n    D = 1\n"
    )
    assert depending({"main.py": text}) == {name: ["Q"] for name in "ABCD"}
