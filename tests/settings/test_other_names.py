"""An object that gets another name where nobody knows what runs: what is done through that name is done to it."""

import itertools

import pytest

from tests.settings.following import followed

REGIONS = {
    "a loop that goes on, or not": "for i in (1, 2):\n    if unknown():\n        continue\n    ",
    "a loop over what is not known": "for i in unknown():\n    ",
    "a loop as long as it is not known": "while unknown():\n    ",
    "a function that returns, or not": "def f():\n    if unknown():\n        return\n    ",
}
TABLE = [
    "d = TABLE; d['k'] = 1",
    "for d in [TABLE]: d['k'] = 1",
    "d, e = TABLE, 1; d['k'] = 1",
    "(d := TABLE)['k'] = 1",
    "x = {'d': TABLE}; x['d']['k'] = 1",
    "x = lambda: TABLE\n    x()['k'] = 1",
    "def g(d): d['k'] = 1\n    g(TABLE)",
    "def g(): TABLE['k'] = 1\n    g()",
    "class C: d = TABLE\n    C.d['k'] = 1",
    "g = TABLE.update; g(k=1)",
    "given()['k'] = 1",
    "change()",
    "g = change; g()",
    "thing.name",
    "with thing: pass",
    "@change\n    def g(): pass",
    "d = TABLE if i is not None else {}; d |= {'k': 1}",
]
LIST = [
    "for d in ROWS: d.append(1)",
    "[d.append(1) for d in ROWS]",
    "list(map(lambda d: d.append(1), ROWS))",
    "ROWS[0].append(1)",
    "list(ROWS)[0].append(1)",
    "d = ROWS[:]; d[0].append(1)",
    "d = ROWS; d += [1]",
]
OTHER = [
    "import other\n    other.NAMES.append(1)",
    "import other as o\n    o.NAMES.append(1)",
    "from other import NAMES as e\n    e.append(1)",
    "from other import *\n    NAMES.append(1)",
    "import importlib\n    importlib.import_module('other').NAMES.append(1)",
    "import sys\n    sys.modules['other'].NAMES.append(1)",
    "import third",
    "import other\n    other.NAMES = [1]",
]
BEFORE = """\
from ext import unknown
i = 0
TABLE = {}
ROWS = [[]]
def given():
    return TABLE
def change(f=None):
    TABLE['k'] = 1
class Thing:
    def __enter__(self): change()
    def __exit__(self, *why): pass
    @property
    def name(self): change()
thing = Thing()
"""
FILES = {"other.py": "NAMES = []\n", "third.py": "import other\nother.NAMES.append(1)\n"}


@pytest.mark.parametrize(
    ("region", "written", "spoiled"),
    [
        (region, written, spoiled)
        for region, (spoiled, rows) in itertools.product(
            REGIONS, {"TABLE": TABLE, "ROWS": LIST, "NAMES": OTHER}.items()
        )
        for written in rows
        if "import *" not in written or not region.startswith("a function")
    ],
)
def test_it_is_not_known_afterwards(region: str, written: str, spoiled: str) -> None:
    called = "f()\n" if region.startswith("a function") else ""
    text = f"{BEFORE}import other\n{REGIONS[region]}{written}\n{called}A = TABLE\nB = ROWS\nC = other.NAMES\n"
    found = followed({"main.py": text, **FILES})
    known: dict[str, object] = {"A": {}, "B": [[]], "C": []}
    lost = {"TABLE": "A", "ROWS": "B", "NAMES": "C"}[spoiled]
    assert found.get(lost) != known[lost]
    kept = known.keys() - {lost}
    assert {name: found.get(name) for name in kept} == {name: known[name] for name in kept}


@pytest.mark.parametrize(
    "after",
    [
        "for i in unknown(): x = TABLE\nx['k'] = 1",
        "for i in unknown(): ROWS[0] = TABLE\nROWS[0]['k'] = 1",
        "c = {'a': TABLE}\nfor i in unknown(): c['b'] = 1\nc['a']['k'] = 1",
        "c = {'a': TABLE}\nc[unknown()] = 1\nc['a']['k'] = 1",
        "c = {}\nc[unknown()] = TABLE\nc['a']['k'] = 1",
        "c = unknown()\nc.name = TABLE\nc.name['k'] = 1",
        "x = TABLE if unknown() else unknown()\nx['k'] = 1",
        "def f():\n    for x in unknown():\n        return TABLE\nf()['k'] = 1",
        "def f():\n    for x in unknown():\n        yield TABLE\nfor x in f(): x['k'] = 1",
        "x = [TABLE for x in unknown()]\nx[0]['k'] = 1",
        "for x in unknown(): g = change\ng()",
        "for x in unknown():\n    def g(): TABLE['k'] = 1\ng()",
        "for x in unknown():\n    class C:\n        def m(self): TABLE['k'] = 1\nC().m()",
        "d = [TABLE, {}][unknown():]\nd[0]['k'] = 1",
        "class C: pass\nC.t = TABLE\nsetattr(C, unknown(), 1)\nC.t['k'] = 1",
    ],
)
def test_what_has_got_another_name_may_be_changed_later(after: str) -> None:
    found = followed({"main.py": f"{BEFORE}{after}\nA = TABLE\n"})
    assert found.get("A") != {}


def test_a_name_that_anything_may_have_set_is_perhaps_not_set() -> None:
    main = (
        "from ext import unknown\ntry:\n    from missing import *\nexcept ImportError:\n    pass\n"
        "try:\n    if unknown():\n        pass\nexcept KeyError:\n    NAME = unknown.what\n"
    )
    use = "import main\nA = hasattr(main, 'NAME')\nB = getattr(main, 'NAME', 1)\n"
    found = followed({"main.py": main, "use.py": use}, start="use.py")
    assert not isinstance(found.get("A"), bool)
    assert found.get("B") != 1


@pytest.mark.parametrize(
    ("written", "there"),
    [
        ("NAME = 1", False),
        ("NAME = 1", True),
        ("del NAME", True),
        ("for NAME in (1,): pass", False),
        ("def NAME(): pass", False),
    ],
)
@pytest.mark.parametrize("region", REGIONS)
def test_a_name_that_is_perhaps_set_is_perhaps_not_set(region: str, written: str, there: bool) -> None:
    before = f"{BEFORE}{'NAME = 0' if there else ''}\n"
    region = REGIONS[region].replace("def f():\n    ", "def f():\n    global NAME\n    ")
    called = "f()\n" if region.startswith("def") else ""
    text = f"{before}{region}{written}\n{called}A = 'NAME' in globals()\n"
    known = followed({"main.py": text, "use.py": "import main\nA = hasattr(main, 'NAME')\n"}, start="use.py").get("A")
    if there and written == "NAME = 1":
        assert known is True
    else:
        assert not isinstance(known, bool)
