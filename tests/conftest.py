"""Shared by all tests: a cache of their own, never the user's."""

from pathlib import Path

import pytest

from hardencheck.collect.secrets.detectors import engine
from hardencheck.collect.secrets.ruleset import scanner


@pytest.fixture(scope="session")
def matchers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The automata of the detection rules, compiled once: that takes seconds, and every test has a cache of its own."""
    directory = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARDENCHECK_CACHE_DIR", str(directory))
        patch.setenv("HARDENCHECK_DATA_DIR", str(directory / "data"))
        scanner()
        engine()
    return directory / "matcher"


@pytest.fixture(autouse=True)
def own_directories(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, matchers: Path) -> Path:
    """The directories for cache, data and configuration of the user are temporary ones."""
    root = tmp_path_factory.mktemp("home")
    (root / "cache" / "matcher").mkdir(mode=0o700, parents=True)
    for file in matchers.glob("*.hs"):
        (root / "cache" / "matcher" / file.name).hardlink_to(file)
    monkeypatch.setenv("HARDENCHECK_CACHE_DIR", str(root / "cache"))
    monkeypatch.setenv("HARDENCHECK_DATA_DIR", str(root / "data"))
    monkeypatch.setenv("HARDENCHECK_CONFIG_DIR", str(root / "config"))
    return root


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files of tests/report anew")
