"""Everything in this directory is of the integration tier: it installs Django from the package index."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.install import VERSIONS, installed
from tests.oracle.world import World

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The marker cannot be forgotten: what is in this directory has it."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda wanted: f"django {wanted.django}")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A child process with one version of Django, in which settings are really imported."""
    folders = installed(request.param, tmp_path_factory)
    if isinstance(folders, str):
        pytest.skip(folders)  # this Python is too old for that Django, which the text says: nothing could be imported
    with World(request.param.django, folders) as made:
        yield made
