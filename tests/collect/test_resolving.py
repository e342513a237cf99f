"""What resolvers said is remembered by all that they looked at, and by nothing less."""

from pathlib import Path

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.resolve.django import DjangoSettings
from hardencheck.model.facts.settings import FrameworkSetting
from tests.collect.repos import look, repository

FILES: dict[str, str | bytes] = {
    "shop/settings.py": (
        "import json, os\nROOT_URLCONF = 'shop.urls'\nHERE = os.path.dirname(__file__)\n"
        "with open(os.path.join(HERE, 'flags.data')) as f:\n    FLAGS = json.load(f)\n"
        "DEBUG = FLAGS['debug']\ntry:\n    from .local_settings import *\nexcept ImportError:\n    pass\n"
    ),
    "shop/flags.data": '{"debug": false}',
}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One item for each time that the settings are resolved."""
    found: list[int] = []
    real = DjangoSettings.resolve

    def counting(self: DjangoSettings, facts, tree):  # type: ignore[no-untyped-def]
        found.append(1)
        return real(self, facts, tree)

    monkeypatch.setattr(DjangoSettings, "resolve", counting)
    return found


def debug(root: Path, cache: Path) -> object:
    collected = look(root, options=Options(jobs=0, cache=cache, history="none"))
    (only,) = [
        fact
        for fact in collected.facts.of("framework.setting")
        if isinstance(fact, FrameworkSetting) and fact.name == "DEBUG"
    ]
    return only.value


def test_it_is_not_asked_again_where_nothing_has_changed(tmp_path: Path, runs: list[int]) -> None:
    root, cache = repository(tmp_path / "r", FILES), tmp_path / "cache"
    assert (debug(root, cache), debug(root, cache)) == (False, False)
    assert len(runs) == 1
    assert debug(root, tmp_path / "other") is False
    assert len(runs) == 2


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("shop/settings.py", "ROOT_URLCONF = 'shop.urls'\nDEBUG = True\n", True),
        ("shop/flags.data", '{"debug": true}', True),  # the same size is no sign
        ("shop/flags.data", '{"debug":  null}', None),
        ("shop/local_settings.py", "DEBUG = 7\n", 7),
    ],
)
def test_every_file_that_it_read_counts(
    tmp_path: Path, runs: list[int], path: str, text: str, expected: object
) -> None:
    root, cache = repository(tmp_path / "r", FILES), tmp_path / "cache"
    assert debug(root, cache) is False
    (root / path).write_text(text)
    assert debug(root, cache) == expected
    assert len(runs) == 2
    (root / path).unlink()
    if path in FILES:
        (root / path).write_bytes(str(FILES[path]).encode())
    assert debug(root, cache) is False


def test_another_file_does_not_change_what_is_said(tmp_path: Path, runs: list[int]) -> None:
    root, cache = repository(tmp_path / "r", {**FILES, "readme.txt": "one"}), tmp_path / "cache"
    assert debug(root, cache) is False
    (root / "readme.txt").write_text("two")
    assert debug(root, cache) is False


def test_what_is_kept_holds_no_secret(tmp_path: Path) -> None:
    token = "ghp_" + "R8kQ2vLx7NwT4mZp9sYd" + "3HfJ6bCg1aEu5oWi"
    text = f"ROOT_URLCONF = 'x'\nHOSTS = ['{token[:20]}', '{token[20:]}']\nADMIN_URL = ''.join(HOSTS)\n"
    root, cache = repository(tmp_path / "r", {"shop/settings.py": text}), tmp_path / "cache"
    collected = look(root, options=Options(jobs=0, cache=cache, history="none"))
    assert any(getattr(fact, "name", "") == "ADMIN_URL" for fact in collected.facts.of("setting.production"))
    kept = b"".join(path.read_bytes() for path in cache.rglob("*") if path.is_file())
    assert token.encode() not in kept and b"ADMIN_URL" in kept
    assert token not in repr(collected)
