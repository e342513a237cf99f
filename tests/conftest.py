"""Shared by all tests: a cache of their own, never the user's."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_directories(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directories for cache, data and configuration of the user are temporary ones."""
    root = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HARDENCHECK_CACHE_DIR", str(root / "cache"))
    monkeypatch.setenv("HARDENCHECK_DATA_DIR", str(root / "data"))
    monkeypatch.setenv("HARDENCHECK_CONFIG_DIR", str(root / "config"))
    return root


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files of tests/report anew")
