"""What an installed app changes when the service starts is not what the settings modules say."""

from pathlib import Path

import pytest

from hardencheck.model.facts.settings import FrameworkSetting, ProductionDefault
from hardencheck.model.gap import FactSet
from tests.uploads.test_limits import facts_of

SETTINGS = "ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = [{apps}]\nDEBUG = False\n"
HEAD = "from django.apps import AppConfig\nfrom django.conf import settings\n\n\n"
CONFIG = HEAD + "class Shop(AppConfig):\n    name = 'shop'\n\n    def ready(self):\n"


def debug(facts: FactSet) -> tuple[str, object]:
    """The row's value, and what a rule sees: the value, or why it is not known."""
    [row] = [
        fact for fact in facts.of("setting.production") if isinstance(fact, ProductionDefault) and fact.name == "DEBUG"
    ]
    for fact in facts.of("framework.setting"):
        if isinstance(fact, FrameworkSetting) and fact.name == "DEBUG":
            return row.value, fact.value
    [gap] = [gap for gap in facts.gaps if gap.about.get("name") == "DEBUG"]
    return row.value, gap.detail


WHY = "DEBUG is not known: may have been written by Shop.ready, which runs when the service starts, at shop/apps.py:9"


@pytest.mark.parametrize(
    ("apps", "code", "expected"),
    [
        ("'shop'", CONFIG + "        settings.DEBUG = True\n", WHY),
        ("'shop.apps.Shop'", CONFIG + "        settings.DEBUG = True\n", WHY),
        ("'shop.apps.Shop'", CONFIG + "        setattr(settings, 'DEBUG', not settings.DEBUG)\n", WHY),
        ("'shop'", CONFIG + "        settings.DEBUG = False\n", False),
        ("'other'", CONFIG + "        settings.DEBUG = True\n", False),
        ("'shop'", CONFIG + "        if self.x:\n            settings.DEBUG = True\n", False),
        ("'shop'", CONFIG + "        pass\n\n    def other(self):\n        settings.DEBUG = True\n", False),
        (
            "'shop'",
            HEAD + "settings.DEBUG = True\n",
            "DEBUG is not known: may have been written by a module of an installed app, which runs when the service "
            "starts, at shop/apps.py:5",
        ),
    ],
)
def test_an_app_that_is_ready(tmp_path: Path, apps: str, code: str, expected: object) -> None:
    files = {"shop/settings.py": SETTINGS.format(apps=apps), "shop/__init__.py": "", "shop/apps.py": code}
    assert debug(facts_of(tmp_path, files)) == ("False", expected)


def test_what_is_not_set_can_be_changed_too(tmp_path: Path) -> None:
    files = {
        "shop/settings.py": SETTINGS.format(apps="'shop'").replace("DEBUG = False\n", ""),
        "shop/apps.py": CONFIG + "        settings.DEBUG = True\n        settings.CORS_ALLOW_ALL_ORIGINS = True\n",
    }
    facts = facts_of(tmp_path, files)
    assert debug(facts) == ("False", WHY)
    names = {fact.name for fact in facts.of("setting.production") if isinstance(fact, ProductionDefault)}
    assert "CORS_ALLOW_ALL_ORIGINS" not in names  # no settings module sets it
