"""`exec`, `compile`, `glob` and files that an operator writes."""

import pytest

from tests.settings.following import Why, depending, followed, repository, worth

START = "import glob, os\nfrom pathlib import Path\nHERE = os.path.dirname(__file__)\n"
LOCAL = "the file local_settings.py"


def test_text_that_is_known_is_followed_and_never_run() -> None:
    assert followed({"main.py": "X = 1\nexec('X = X + 1')\nexec(compile('Y = X', 'y', 'exec'), globals())"}) == {
        "X": 2,
        "Y": 2,
    }


def test_files_of_the_repository_that_are_run_in_order() -> None:
    text = START + (
        "for f in sorted(glob.glob(os.path.join(HERE, '*.conf'))):\n"
        "    with open(f, 'rb') as g:\n        exec(compile(g.read(), f, 'exec'))\n"
        "for f in sorted(glob.glob('/overrides/*.conf')):\n    exec(open(f).read())\n"
    )
    files = {"main.py": text, "10.conf": "DEBUG = True\nX = 1", "20.conf": "DEBUG = False", "sub/30.conf": "DEBUG = 3"}
    assert followed(files)["DEBUG"] is False
    assert depending(files)["X"] == ["the file /overrides/*.conf"]


@pytest.mark.parametrize(
    "read",
    [
        "p = os.path.join(HERE, 'local_settings.py')\nif os.path.exists(p):\n    exec(open(p).read())",
        "p = os.path.join(HERE, 'local_settings.py')\ntry:\n    with open(p) as f:\n        exec(f.read(), globals())\n"
        "except IOError:\n    pass",
        "try:\n    exec((Path(__file__).parent / 'local_settings.py').read_text())\n"
        "except FileNotFoundError:\n    pass",
    ],
)
def test_settings_of_an_operator(read: str) -> None:
    """As far as the repository says there are none, and all that was set before says so; with it, they count."""
    files = {"main.py": f"{START}DEBUG = False\n{read}\nHSTS = 1\n"}
    assert followed(files) == {"HERE": followed(files)["HERE"], "DEBUG": False, "HSTS": 1}
    assert depending(files)["DEBUG"] == [LOCAL] and depending(files)["HSTS"] == []
    there = {**files, "local_settings.py": "DEBUG = True\n"}
    assert followed(there)["DEBUG"] is True and depending(there)["DEBUG"] == []


@pytest.mark.parametrize("scope", ["", ", {}", ", globals(), {}", ", ext.names"])
def test_what_is_run_elsewhere_or_not_known(scope: str) -> None:
    found = followed({"main.py": f"import ext\nX = 1\nexec(ext.text(){scope})"})
    assert isinstance(found["X"], Why)


def test_a_copy_of_the_environment_is_its_own() -> None:
    text = (
        "import os\nenv = os.environ.copy()\nenv['A'] = 'mine'\nX = env['A']\nY = os.environ.get('A')\n"
        "Z = env.get('B', 'b')\n"
    )
    assert followed({"main.py": text}) == {"X": "mine", "Y": None, "Z": "b"}
    assert followed({"main.py": text}, {"A": "a", "B": "c"}) == {"X": "mine", "Y": "a", "Z": "c"}
    assert depending({"main.py": text})["Z"] == ["B"]


def test_dynaconf_may_set_every_name() -> None:
    text = (
        "import dynaconf\nDEBUG = False\n"
        "settings = dynaconf.DjangoDynaconf(__name__, ENVVAR_PREFIX_FOR_DYNACONF='SHOP')\n"
    )
    made = dict.fromkeys(("DYNACONF", "DEFAULT_SETTINGS_PATHS", "LOAD_DOTENV"), Why("loader"))
    assert followed({"main.py": text}) == {"DEBUG": False, **made}
    assert depending({"main.py": text})["DEBUG"] == ["SHOP.settings", "SHOP_DEBUG"]
    assert followed({"main.py": text}, {"SHOP_DEBUG": "true"}) == {"DEBUG": Why("loader"), **made}
    assert followed({"main.py": text, "settings.toml": "DEBUG = true"}) == {"DEBUG": Why("tainted")}


def test_dynaconf_makes_lists_and_asks_hooks_and_validators() -> None:
    text = (
        "from dynaconf import DjangoDynaconf, Validator\n"
        "A = ('a',)\nB = {'x': ('t',)}\nC = '@format x'\nD = 1\nE = ['m']\nF = 5\n"
        "def more(settings):\n"
        "    data = {'dynaconf_merge': True}\n"
        "    if 'Q' not in settings:\n"
        "        data['G'] = settings.D + settings.get('NONE', 1)\n"
        "    if settings.F == 5:\n"
        "        data['E'] = ['n']\n"
        "    return data\n"
        "def last(settings):\n"
        "    return {'h': ('x',)}\n"
        "v = Validator('F', cast=str) | Validator('D', gt=0)\n"
        "DjangoDynaconf(__name__, validators=[v], post_hooks=(more, last))\n"
    )
    found = followed({"main.py": text})
    assert {name: found[name] for name in "ABDGH"} == {"A": ["a"], "B": {"x": ["t"]}, "D": 1, "G": 2, "H": ["x"]}
    assert {name: found[name] for name in "CEF"} == dict.fromkeys("CEF", Why("loader"))


def test_dynaconf_with_a_hook_that_is_not_followed_may_set_anything() -> None:
    text = (
        "from dynaconf import DjangoDynaconf\nfrom ext import hook\nA = 1\nDjangoDynaconf(__name__, post_hooks=hook)\n"
    )
    assert followed({"main.py": text})["A"] == Why("tainted")
    text = (
        "from dynaconf import DjangoDynaconf\nA = 1\ndef hook(settings):\n    settings.set('A', 2)\n    return {}\n"
        "DjangoDynaconf(__name__, post_hooks=[hook])\n"
    )
    assert followed({"main.py": text})["A"] == Why("loader")


def test_dataclasses() -> None:
    text = (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Point:\n    x: int\n    y: str = 'y'\n"
        "    @property\n    def both(self): return (self.x, self.y)\n"
        "X = Point(1).both\nY = Point(x=2, y='z').both\n@dataclass\nclass More(Point):\n    z: int = 3\n"
        "Z = More(5, 'q', 6).z\n"
    )
    assert followed({"main.py": text}) == {"X": (1, "y"), "Y": (2, "z"), "Z": 6}


def test_a_program_may_reach_for_its_own_globals() -> None:
    text = "X = 1\ndef reach():\n    reach.__globals__['X'] = 2\nreach()\n"
    assert worth(repository({"main.py": text}).program("main.py").namespace) == {"X": Why("tainted")}
