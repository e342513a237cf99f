"""Which class of django-configurations holds the settings, whatever it sets and wherever it is written."""

from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.settings import ProductionDefault
from hardencheck.model.target import Target

_START = "from configurations import Configuration\n"
_TWO = _START + "class Dev(Configuration):\n    DEBUG = True\nclass Shop(Dev):\n    X_FRAME_OPTIONS = 'SAMEORIGIN'\n"
_NAMED = "import os\nos.environ.setdefault('DJANGO_CONFIGURATION', 'Shop')\n"
_WSGI = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nfrom configurations import wsgi\n"


def _rows(root: Path, files: dict[str, str]) -> dict[str, tuple[str, str]]:
    for path, text in {"requirements.txt": "django==5.2\n", "shop/__init__.py": "", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    facts = collect(Target(repository=str(root)), Options(jobs=0)).facts
    found = [fact for fact in facts.of("setting.production") if isinstance(fact, ProductionDefault)]
    return {fact.name: (fact.state, fact.value) for fact in found if fact.framework == "django"}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"shop/settings.py": _TWO}, id="no-class-has-INSTALLED_APPS"),
        pytest.param({"shop/settings.py": _TWO + "INSTALLED_APPS = []\n"}, id="the-module-has-INSTALLED_APPS"),
        pytest.param(
            {"shop/settings/__init__.py": "from .live import Shop\n", "shop/settings/live.py": _TWO},
            id="the-package-takes-it-over",
        ),
    ],
)
def test_the_class_that_the_deployment_names(tmp_path: Path, files: dict[str, str]) -> None:
    rows = _rows(tmp_path, {**files, "shop/wsgi.py": _NAMED + _WSGI})
    assert rows["DEBUG"] == ("known", "True")
    assert rows["X_FRAME_OPTIONS"] == ("known", "'SAMEORIGIN'")


def test_two_classes_are_named(tmp_path: Path) -> None:
    asgi = "import os\nos.environ.setdefault('DJANGO_CONFIGURATION', '{}')\n"
    files = {"shop/settings.py": _TWO.replace("Dev", "Desk"), "shop/wsgi.py": _NAMED + _WSGI}
    rows = _rows(tmp_path / "a", {**files, "shop/asgi.py": asgi.format("Desk")})
    assert {rows[name][0] for name in ("DEBUG", "X_FRAME_OPTIONS", "SECRET_KEY")} == {"unknown"}
    # One that by its name is a developer's says nothing against the other.
    files["shop/settings.py"] = _TWO
    rows = _rows(tmp_path / "b", {**files, "shop/asgi.py": asgi.format("Dev")})
    assert rows["X_FRAME_OPTIONS"] == ("known", "'SAMEORIGIN'")
