"""Everything in this directory is the integration tier."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The marker cannot be forgotten: what is in this directory has it."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)
