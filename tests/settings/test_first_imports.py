"""What an import runs first, and what stays of it: packages around a module, modules that one branch imports; and calls
that change nothing, which give something all the same."""

from pathlib import Path

import pytest

from hardencheck.model.gap import Reason
from tests.settings.following import followed, repository, worth
from tests.settings.test_evaluate import facts_of, value

BASE = "APPS = ['shop']\nTEMPLATES = [{'OPTIONS': {}}]\n"
DEVELOPMENT = "from .base import *\nAPPS += ['toolbar']\nTEMPLATES[0]['OPTIONS']['debug'] = True\n"


def test_the_packages_of_a_module_run_before_it() -> None:
    """And what they change in place is changed for it."""
    files = {
        "shop/__init__.py": "",
        "shop/settings/__init__.py": "from .development import *",
        "shop/settings/base.py": BASE,
        "shop/settings/development.py": DEVELOPMENT,
        "shop/settings/production.py": "from .base import *\nDEBUG = False",
    }
    wanted = {"APPS": ["shop", "toolbar"], "TEMPLATES": [{"OPTIONS": {"debug": True}}], "DEBUG": False}
    assert followed(files, start="shop/settings/production.py") == wanted
    without = {**files, "shop/settings/__init__.py": ""}
    wanted = {"APPS": ["shop"], "TEMPLATES": [{"OPTIONS": {}}], "DEBUG": False}
    assert followed(without, start="shop/settings/production.py") == wanted


def test_the_packages_of_a_module_that_is_imported_run_before_it() -> None:
    files = {
        "shop/__init__.py": "import os\nos.environ['MODE'] = 'live'",
        "shop/common/__init__.py": "",
        "shop/common/values.py": "import os\nX = os.environ.get('MODE')",
        "shop/settings/__init__.py": "",
        "shop/settings/main.py": "from ..common.values import X",
    }
    assert followed(files, start="shop/settings/main.py") == {"X": "live"}


def test_a_module_that_its_package_imports_runs_once() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/counted.py": "RUNS = []",
        "shop/settings/__init__.py": "from .main import RUNS as SEEN\nMORE = list(SEEN)",
        "shop/settings/main.py": "from ..counted import RUNS\nRUNS.append(1)",
    }
    made = repository(files)
    assert worth(made.module("shop/settings/main.py").namespace) == {"RUNS": [1]}
    assert worth(made.module("shop/settings/__init__.py").namespace) == {"SEEN": [1], "MORE": [1]}


@pytest.mark.parametrize("line", ["from base import A", "from base import *", "import base\n    A = base.A"])
def test_a_module_that_one_branch_imports_first_is_whole_in_the_other(line: str) -> None:
    text = f"from ext import thing\nif thing():\n    {line}\n    X = 1\nelse:\n    {line}\n    X = 2\nY = A\n"
    found = followed({"main.py": text, "base.py": "A = 5"})
    assert (found["A"], found["Y"]) == (5, 5)
    assert found["X"] not in (1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "from sentry_sdk.integrations.celery import CeleryIntegration\nX = CeleryIntegration()",
        "import mimetypes\nX = mimetypes.guess_type('a.txt')",
        "import logging\nX = logging.getLevelName('INFO')",
        "import logging\nX = logging.StreamHandler()",
        "import logging\nX = logging.getLogger('a').getEffectiveLevel()",
        "import locale\nX = locale.getlocale()",
        "from django.utils import translation\nX = translation.get_language()",
        "import logging\nX = 1\nif logging.getLogger('a').isEnabledFor(10):\n    X = 2",
    ],
)
def test_what_a_quiet_call_gives_is_not_known(text: str) -> None:
    assert not isinstance(followed({"main.py": text})["X"], int | str | None)


def test_a_quiet_call_changes_nothing() -> None:
    text = (
        "import logging, warnings\nlog = logging.getLogger(__name__)\nAPPS = ['a']\nlog.warning('apps: %s', APPS)\n"
        "log.setLevel(logging.INFO)\nlogging.getLogger('b').addHandler(logging.StreamHandler())\n"
        "NOTHING = warnings.filterwarnings('ignore')\n"
        "from django.utils.translation import gettext_lazy as _, pgettext_lazy\n"
        "NAMES = [_('English'), pgettext_lazy('a language', 'German')]\n"
    )
    assert followed({"main.py": text}) == {"APPS": ["a"], "NOTHING": None, "NAMES": ["English", "German"]}


def test_a_file_elsewhere_that_is_called_like_a_library_is_not_that_library(tmp_path: Path) -> None:
    """Nobody knows here whether the library is installed, so both ways are possible."""
    text = (
        "ROOT_URLCONF = 'shop.urls'\ntry:\n    from celery.schedules import crontab\n    SECURE_HSTS_SECONDS = 1\n"
        "except ImportError:\n    SECURE_HSTS_SECONDS = 2\nfrom celery import DEBUG\nUSE_X_FORWARDED_HOST = True\n"
    )
    files = {"shop/__init__.py": "", "shop/settings.py": text, "tools/celery.py": "DEBUG = True\n"}
    facts = facts_of(tmp_path, files)
    assert value(facts, "DEBUG") == (Reason.DYNAMIC, 7)
    assert value(facts, "SECURE_HSTS_SECONDS") == (["1", "2"], 6)
    assert value(facts, "USE_X_FORWARDED_HOST") == (True, 8)


def test_where_the_file_is_stays_known(tmp_path: Path) -> None:
    """Whatever may have been imported: and two ways that give one place give that place."""
    text = "from ext import *\nimport os\nPLACE = os.path.dirname(__file__)\nX = PLACE if thing() else PLACE\n"
    names = repository({"a/main.py": text}).module("a/main.py").namespace.names
    assert type(names["PLACE"].value).__name__ == type(names["X"].value).__name__ == "Object"
